//! What rows of another dataset say of a key, as a function of the key: the code of a value for each key. Where a lookup is
//! small enough to be one, a join is an expression over the columns of the rows that look up, and its aggregates are
//! partials like all others.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, UInt32Array, new_null_array};
use arrow::compute::{concat, take};
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, SortField};

use super::codes;
use super::columns::Coded;
use super::narrow::Codes;
use crate::error::Result;

/// Whole numbers are addressed by value if they lie at most so many times as far apart as there are keys.
const DENSE_FACTOR: u64 = 4;
/// As far apart as that they may always lie.
const DENSE_MIN: u64 = 1 << 16;

type Hashed<K> = HashMap<K, u32, foldhash::fast::RandomState>;

/// A function of keys.
pub(crate) struct Mapping {
    index: Index,
    /// What codes stand for, each once.
    values: ArrayRef,
    /// The code of null, which a key without a row has.
    missing: u32,
}

enum Index {
    /// By whole numbers that lie close together.
    Dense {
        first: i64,
        codes: Vec<u32>,
    },
    Whole(Hashed<i64>),
    /// By keys of other types, or of several columns.
    Rows {
        converter: RowConverter,
        codes: Hashed<Box<[u8]>>,
    },
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mapping to {} values", self.values.len())
    }
}

/// A row whose key another row before it has too.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Repeated(pub usize);

impl Mapping {
    /// The function that gives each key its value. A key with a null in it has none.
    pub(crate) fn new(keys: &[ArrayRef], values: &ArrayRef) -> Result<Result<Self, Repeated>> {
        let coded = codes::encode(values)?;
        let mut of_rows = vec![0_u32; values.len()];
        coded.codes.add_to(0..values.len(), 1, &mut of_rows);
        let null = (0..coded.values.len()).find(|code| coded.values.is_null(*code));
        let missing = null.unwrap_or(coded.values.len()) as u32;
        let values = match null {
            Some(_) => coded.values,
            None => concat(&[coded.values.as_ref(), new_null_array(values.data_type(), 1).as_ref()])?,
        };
        let index = match keys {
            [key] if *key.data_type() == DataType::Int64 => Index::of_whole(key.as_primitive(), &of_rows, missing),
            keys => Index::of_rows(keys, &of_rows)?,
        };
        if let Err(Repeated(row)) = index {
            return Ok(Err(Repeated(least_repeated(keys)?.unwrap_or(row))));
        }
        Ok(index.map(|index| Self { index, values, missing }))
    }

    /// The type of the values.
    pub(crate) fn data_type(&self) -> &DataType {
        self.values.data_type()
    }

    pub(crate) fn size_bytes(&self) -> usize {
        let index = match &self.index {
            Index::Dense { codes, .. } => codes.capacity() * 4,
            Index::Whole(codes) => codes.capacity() * 17,
            Index::Rows { codes, .. } => codes.capacity() * 25 + codes.keys().map(|key| key.len() + 16).sum::<usize>(),
        };
        index + self.values.get_array_memory_size()
    }

    /// The value of each key.
    pub(crate) fn look_up(&self, keys: &[ArrayRef]) -> Result<ArrayRef> {
        Ok(take(&self.values, &UInt32Array::from(self.codes(keys)?), None)?)
    }

    /// The same as codes into distinct values.
    pub(crate) fn coded(&self, keys: &[ArrayRef]) -> Result<Coded> {
        let (codes, values) = self.narrowed(self.codes(keys)?)?;
        Ok(Coded::new(Codes::from_iter(values.len(), codes.into_iter()), values, false))
    }

    /// The same for keys of which each distinct one is known.
    pub(crate) fn coded_through(&self, keys: &Coded, evaluated: &ArrayRef) -> Result<Coded> {
        let (meaning, values) = self.narrowed(self.codes(std::slice::from_ref(evaluated))?)?;
        Ok(Coded::new(keys.codes.translated(&meaning, values.len()), values, false))
    }

    /// Codes into those values alone that occur, where there are fewer keys than values: what comes after costs as much as
    /// there are values, and a small segment must not pay for a large lookup.
    fn narrowed(&self, codes: Vec<u32>) -> Result<(Vec<u32>, ArrayRef)> {
        if self.values.len() <= codes.len() {
            return Ok((codes, Arc::clone(&self.values)));
        }
        let mut known: Hashed<u32> = Hashed::default();
        let mut used: Vec<u32> = Vec::new();
        let narrow = |code: u32| {
            *known.entry(code).or_insert_with(|| {
                used.push(code);
                used.len() as u32 - 1
            })
        };
        let codes = codes.into_iter().map(narrow).collect();
        Ok((codes, take(&self.values, &UInt32Array::from(used), None)?))
    }

    fn codes(&self, keys: &[ArrayRef]) -> Result<Vec<u32>> {
        let missing = self.missing;
        Ok(match (&self.index, keys) {
            (Index::Dense { first, codes }, [key]) => {
                let code = |key: i64| key.checked_sub(*first).and_then(|place| codes.get(usize::try_from(place).ok()?)).copied().unwrap_or(missing);
                of_whole(key.as_primitive(), missing, code)
            }
            (Index::Whole(codes), [key]) => of_whole(key.as_primitive(), missing, |key| codes.get(&key).copied().unwrap_or(missing)),
            (Index::Rows { converter, codes }, keys) => {
                let rows = converter.convert_columns(keys)?;
                rows.iter().map(|row| codes.get(row.data()).copied().unwrap_or(missing)).collect()
            }
            (_, keys) => vec![missing; keys.first().map_or(0, |key| key.len())],
        })
    }
}

impl Index {
    fn of_whole(keys: &Int64Array, codes: &[u32], missing: u32) -> Result<Self, Repeated> {
        let width = arrow::compute::min(keys).zip(arrow::compute::max(keys)).and_then(|(min, max)| Some((min, max.checked_sub(min)?.unsigned_abs())));
        let widest = (keys.len() as u64 * DENSE_FACTOR).max(DENSE_MIN);
        let known = keys.iter().zip(codes).enumerate().filter_map(|(row, (key, code))| Some((row, key?, *code)));
        if let Some((first, width)) = width.filter(|(_, width)| *width < widest) {
            let mut dense = vec![missing; width as usize + 1];
            let mut taken = vec![false; dense.len()];
            for (row, key, code) in known {
                let place = (key - first) as usize;
                if let (Some(cell), Some(taken)) = (dense.get_mut(place), taken.get_mut(place)) {
                    if std::mem::replace(taken, true) {
                        return Err(Repeated(row));
                    }
                    *cell = code;
                }
            }
            return Ok(Self::Dense { first, codes: dense });
        }
        let mut hashed = Hashed::with_capacity_and_hasher(keys.len(), Default::default());
        for (row, key, code) in known {
            if hashed.insert(key, code).is_some() {
                return Err(Repeated(row));
            }
        }
        Ok(Self::Whole(hashed))
    }

    fn of_rows(keys: &[ArrayRef], codes: &[u32]) -> Result<Result<Self, Repeated>> {
        let converter = RowConverter::new(keys.iter().map(|key| SortField::new(key.data_type().clone())).collect())?;
        let rows = converter.convert_columns(keys)?;
        let mut hashed = Hashed::with_capacity_and_hasher(codes.len(), Default::default());
        for (row, (key, code)) in rows.iter().zip(codes).enumerate() {
            if keys.iter().any(|key| key.is_null(row)) {
                continue;
            }
            match hashed.entry(key.data().into()) {
                Entry::Occupied(_) => return Ok(Err(Repeated(row))),
                Entry::Vacant(free) => free.insert(*code),
            };
        }
        Ok(Ok(Self::Rows { converter, codes: hashed }))
    }
}

/// A row of the least key that several have, so that it is the same one in whatever order they are read: that goes by rows which are not
/// seen as well.
fn least_repeated(keys: &[ArrayRef]) -> Result<Option<usize>> {
    let converter = RowConverter::new(keys.iter().map(|key| SortField::new(key.data_type().clone())).collect())?;
    let rows = converter.convert_columns(keys)?;
    let mut order: Vec<usize> = (0..rows.num_rows()).filter(|row| keys.iter().all(|key| key.is_valid(*row))).collect();
    order.sort_by_key(|row| rows.row(*row));
    let repeats = |pair: &[usize]| match pair {
        [before, row] => (rows.row(*before) == rows.row(*row)).then_some(*row),
        _ => None,
    };
    Ok(order.windows(2).find_map(repeats))
}

fn of_whole(keys: &Int64Array, missing: u32, code: impl Fn(i64) -> u32) -> Vec<u32> {
    match keys.null_count() {
        0 => keys.values().iter().map(|key| code(*key)).collect(),
        _ => keys.iter().map(|key| key.map_or(missing, &code)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::StringViewArray;
    use proptest::prelude::*;

    use super::*;

    fn texts(values: &[Option<&str>]) -> ArrayRef {
        Arc::new(StringViewArray::from(values.to_vec()))
    }

    fn written(array: &ArrayRef) -> Vec<Option<String>> {
        array.as_string_view().iter().map(|text| text.map(str::to_owned)).collect()
    }

    proptest! {
        #[test]
        fn each_key_has_the_value_of_its_row(
            rows in proptest::collection::btree_map(prop_oneof![-5_i64..40, any::<i64>()], proptest::option::of("[ab]{0,2}"), 0..40),
            asked in proptest::collection::vec(proptest::option::of(prop_oneof![-5_i64..40, any::<i64>()]), 0..60),
            several in any::<bool>(),
        ) {
            let keys: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.keys().copied()));
            let values: ArrayRef = Arc::new(rows.values().map(Option::as_deref).collect::<StringViewArray>());
            let looking: ArrayRef = Arc::new(Int64Array::from(asked.clone()));
            // The same key twice is a key of several columns.
            let (keys, looking) = if several { (vec![Arc::clone(&keys), keys], vec![Arc::clone(&looking), looking]) } else { (vec![keys], vec![looking]) };
            let mapping = Mapping::new(&keys, &values).unwrap().unwrap();
            let expected: Vec<Option<String>> = asked.iter().map(|key| key.and_then(|key| rows.get(&key).cloned().flatten())).collect();
            prop_assert_eq!(&written(&mapping.look_up(&looking).unwrap()), &expected);
            let coded = mapping.coded(&looking).unwrap();
            prop_assert_eq!(written(&coded.codes.values(&coded.values).unwrap()), expected);
            prop_assert!(coded.values.len() <= asked.len().max(rows.len() + 1));
            let distinct: std::collections::HashSet<_> = written(&coded.values).into_iter().collect();
            prop_assert_eq!(distinct.len(), coded.values.len());
        }
    }

    #[test]
    fn a_key_with_two_rows_is_told() {
        let values = texts(&[Some("a"), Some("b"), Some("a")]);
        for keys in [vec![Some(1), Some(2), Some(1)], vec![Some(1), Some(i64::MAX), Some(1)]] {
            let keys: ArrayRef = Arc::new(Int64Array::from(keys));
            assert_eq!(Mapping::new(&[keys], &values).unwrap().unwrap_err(), Repeated(2));
        }
        assert_eq!(Mapping::new(&[texts(&[Some("x"), Some("y"), Some("y")])], &values).unwrap().unwrap_err(), Repeated(2));
        // Of several the least, however rows are read.
        for keys in [vec![5, 3, 5, 3, 9, 9], vec![9, 9, 3, 5, 3, 5], vec![i64::MAX, i64::MAX, 3, 3, 5, 5]] {
            let values = texts(&[Some("a"); 6]);
            let Repeated(row) = Mapping::new(&[Arc::new(Int64Array::from(keys.clone())) as ArrayRef], &values).unwrap().unwrap_err();
            assert_eq!(keys[row], 3, "{keys:?}");
        }
        // What is missing is equal to nothing.
        assert!(Mapping::new(&[texts(&[None, None, Some("y")])], &values).unwrap().is_ok());
        assert!(Mapping::new(&[Arc::new(Int64Array::from(vec![None, None, Some(1)])) as ArrayRef], &values).unwrap().is_ok());
    }
}
