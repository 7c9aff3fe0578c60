//! Numbers groups by their keys while states are merged. A text key is a number of a dictionary already, so that groups of
//! one text key are found by address; everything else goes through DataFusion's hash tables.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, UInt32Array};
use arrow::datatypes::{SchemaRef, UInt32Type};
use datafusion::logical_expr::EmitTo;
use datafusion::physical_plan::aggregates::group_values::{GroupValues, new_group_values};
use datafusion::physical_plan::aggregates::order::GroupOrdering;

use super::dictionary::Dictionary;
use crate::error::{Error, Result};

/// A table of addresses that is no larger than this is worth its making, however few rows there are.
const SLOTS_AT_LEAST: usize = 4_096;
/// Else it has at most so many slots for each row that is looked up.
const SLOTS_PER_ROW: usize = 8;

/// The groups that were found so far.
pub(crate) enum Interner {
    Direct {
        /// Group of each number, plus one; 0: there is none.
        slots: Vec<u32>,
        null: Option<usize>,
        numbers: Vec<Option<u32>>,
    },
    Hashed(Box<dyn GroupValues>),
}

impl Interner {
    /// No groups yet; about so many rows will be looked up.
    pub(crate) fn new(keys: &SchemaRef, dictionaries: &[Option<Arc<Dictionary>>], rows: usize) -> Result<Self> {
        if let [Some(dictionary)] = dictionaries {
            let slots = dictionary.len();
            if slots <= SLOTS_AT_LEAST.max(rows.saturating_mul(SLOTS_PER_ROW)) {
                return Ok(Self::Direct { slots: vec![0; slots], null: None, numbers: Vec::new() });
            }
        }
        Ok(Self::Hashed(new_group_values(Arc::clone(keys), &GroupOrdering::None)?))
    }

    /// The group of each row, new ones included.
    pub(crate) fn intern(&mut self, keys: &[ArrayRef], groups: &mut Vec<usize>) -> Result<()> {
        match self {
            Self::Hashed(known) => Ok(known.intern(keys, groups)?),
            Self::Direct { slots, null, numbers } => {
                let [key] = keys else { return Err(Error::internal("one key with several columns")) };
                let key = key.as_primitive::<UInt32Type>();
                groups.reserve(key.len());
                for number in key {
                    let Some(number) = number else {
                        groups.push(*null.get_or_insert_with(|| {
                            numbers.push(None);
                            numbers.len() - 1
                        }));
                        continue;
                    };
                    let slot = number as usize;
                    // Numbers that were given since the table was made.
                    if slot >= slots.len() {
                        slots.resize(slot + 1, 0);
                    }
                    let Some(slot) = slots.get_mut(slot) else { continue };
                    if *slot == 0 {
                        numbers.push(Some(number));
                        *slot = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                    }
                    groups.push(*slot as usize - 1);
                }
                Ok(())
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Direct { numbers, .. } => numbers.len(),
            Self::Hashed(known) => known.len(),
        }
    }

    pub(crate) fn size_bytes(&self) -> usize {
        match self {
            Self::Direct { slots, numbers, .. } => slots.capacity() * size_of::<u32>() + numbers.capacity() * size_of::<Option<u32>>(),
            Self::Hashed(known) => known.size(),
        }
    }

    /// The keys, one row a group, in the order of their numbers.
    pub(crate) fn keys(self) -> Result<Vec<ArrayRef>> {
        Ok(match self {
            Self::Direct { numbers, .. } => vec![Arc::new(UInt32Array::from(numbers))],
            Self::Hashed(mut known) => known.emit(EmitTo::All)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::StringViewArray;
    use arrow::datatypes::{DataType, Field, Schema};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn groups_are_those_of_hash_tables(batches in proptest::collection::vec(proptest::collection::vec(proptest::option::weighted(0.9, 0_u32..5_000), 0..200), 1..4), known in 0_usize..6_000) {
            let dictionary = Arc::new(Dictionary::new());
            dictionary.numbers(&(Arc::new(StringViewArray::from_iter_values((0..known).map(|number| number.to_string()))) as ArrayRef));
            let schema: SchemaRef = Arc::new(Schema::new(vec![Field::new("key", DataType::UInt32, true)]));
            let mut direct = Interner::new(&schema, &[Some(dictionary)], 10_000).unwrap();
            let mut hashed = Interner::new(&schema, &[None], 10_000).unwrap();
            let both = matches!((&direct, &hashed), (Interner::Direct { .. }, Interner::Hashed(_)));
            prop_assert!(both);
            for batch in batches {
                let keys: [ArrayRef; 1] = [Arc::new(UInt32Array::from(batch))];
                let (mut ours, mut theirs) = (Vec::new(), Vec::new());
                direct.intern(&keys, &mut ours).unwrap();
                hashed.intern(&keys, &mut theirs).unwrap();
                prop_assert_eq!(ours, theirs);
            }
            prop_assert_eq!(direct.len(), hashed.len());
            prop_assert_eq!(direct.keys().unwrap(), hashed.keys().unwrap());
        }
    }
}
