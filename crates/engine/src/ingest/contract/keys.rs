//! Keys of rows, sixteen bytes each, whatever columns they are made of: short ones are the values themselves, long ones the
//! beginning of their SHA-256. Two different keys that look alike take 2^60 tries of somebody who looks for them.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow::row::{RowConverter, SortField};
use sha2::{Digest, Sha256};

use crate::catalog::contract::typed::float_bits;
use crate::error::{Error, Result};

/// The key of a row. Of four-byte words, so that a table of keys and lines has no gaps.
pub(crate) type Key = [u32; 4];

/// Bytes that a key holds as they are.
const PLAIN_MAX_BYTES: usize = 14;
/// The last byte of a key that is a hash.
const HASHED: u8 = 0xff;

/// Makes keys out of columns.
#[derive(Debug)]
pub(crate) struct KeyEncoder {
    places: Vec<usize>,
    /// For keys of several columns.
    rows: Option<RowConverter>,
}

impl KeyEncoder {
    /// Keys of the columns at these places, which are of these types.
    pub(crate) fn new(types: &[DataType], places: Vec<usize>) -> Result<Self> {
        let rows = match types {
            [_] => None,
            types => Some(RowConverter::new(types.iter().cloned().map(SortField::new).collect())?),
        };
        Ok(Self { places, rows })
    }

    /// One key a row; none for a row with a null in it.
    pub(crate) fn keys(&self, batch: &RecordBatch) -> Result<Vec<Option<Key>>> {
        let columns = self.places.iter().map(|place| batch.columns().get(*place).cloned().ok_or_else(|| Error::internal("a key of a column that is not there")));
        let columns = columns.collect::<Result<Vec<ArrayRef>>>()?;
        match (&self.rows, columns.as_slice()) {
            (None, [column]) => single(column),
            (Some(converter), columns) => {
                let columns: Vec<ArrayRef> = columns.iter().map(canonical).collect();
                let rows = converter.convert_columns(&columns)?;
                let whole = |row: usize| columns.iter().all(|column| column.is_valid(row));
                Ok(rows.iter().enumerate().map(|(row, bytes)| whole(row).then(|| key(bytes.as_ref()))).collect())
            }
            _ => Err(Error::internal("a key of no column")),
        }
    }
}

fn single(column: &ArrayRef) -> Result<Vec<Option<Key>>> {
    Ok(match column.data_type() {
        DataType::Boolean => column.as_boolean().iter().map(|value| value.map(|value| key(&[u8::from(value)]))).collect(),
        DataType::Int64 => column.as_primitive::<Int64Type>().iter().map(|value| value.map(|value| key(&value.to_le_bytes()))).collect(),
        DataType::Date32 => column.as_primitive::<Date32Type>().iter().map(|value| value.map(|value| key(&value.to_le_bytes()))).collect(),
        DataType::Timestamp(..) if column.as_primitive_opt::<TimestampMicrosecondType>().is_some() => {
            column.as_primitive::<TimestampMicrosecondType>().iter().map(|value| value.map(|value| key(&value.to_le_bytes()))).collect()
        }
        DataType::Float64 => column.as_primitive::<Float64Type>().iter().map(|value| value.map(|value| key(&float_bits(value).to_le_bytes()))).collect(),
        DataType::Utf8View => column.as_string_view().iter().map(|value| value.map(|value| key(value.as_bytes()))).collect(),
        other => return Err(Error::internal(format!("a key of type {other}"))),
    })
}

/// Floats that are equal get the same bits.
pub(crate) fn canonical(column: &ArrayRef) -> ArrayRef {
    match column.as_primitive_opt::<Float64Type>() {
        Some(floats) => std::sync::Arc::new(floats.unary::<_, Float64Type>(|value| f64::from_bits(float_bits(value)))),
        None => ArrayRef::clone(column),
    }
}

fn key(bytes: &[u8]) -> Key {
    let mut key = [0_u8; 16];
    if bytes.len() <= PLAIN_MAX_BYTES {
        key.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        // At most 14.
        key[15] = u8::try_from(bytes.len()).unwrap_or(HASHED);
    } else {
        key.copy_from_slice(&Sha256::digest(bytes)[..16]);
        key[15] = HASHED;
    }
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = key;
    [[a, b, c, d], [e, f, g, h], [i, j, k, l], [m, n, o, p]].map(u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use arrow::array::{BooleanArray, Date32Array, Float64Array, Int64Array, StringViewArray};

    use super::*;

    fn keys(columns: Vec<ArrayRef>) -> Vec<Option<Key>> {
        let types: Vec<DataType> = columns.iter().map(|column| column.data_type().clone()).collect();
        let batch = RecordBatch::try_from_iter(columns.into_iter().enumerate().map(|(place, column)| (format!("c{place}"), column))).unwrap();
        KeyEncoder::new(&types, (0..types.len()).collect()).unwrap().keys(&batch).unwrap()
    }

    #[test]
    fn equal_values_have_equal_keys_and_no_others() {
        let long = "a text that is longer than a key";
        let texts = vec![Some(""), Some("a"), Some("a\0"), Some("14 bytes long."), Some("15 bytes long.."), Some(long), Some(long), None];
        let found = keys(vec![Arc::new(StringViewArray::from(texts.clone()))]);
        assert_eq!((found[5], found[7]), (found[6], None));
        assert_eq!(found.iter().collect::<HashSet<_>>().len(), 7);

        let zeros = vec![Some(0.0), Some(-0.0), Some(f64::NAN), Some(-f64::NAN), Some(1.5), None];
        let found = keys(vec![Arc::new(Float64Array::from(zeros.clone()))]);
        assert_eq!((found[0], found[2], found[5]), (found[1], found[3], None));
        assert_eq!(found.iter().collect::<HashSet<_>>().len(), 4);

        let pairs = keys(vec![Arc::new(Float64Array::from(zeros)), Arc::new(Int64Array::from(vec![Some(1), Some(1), Some(1), Some(1), None, Some(1)]))]);
        assert_eq!((pairs[0], pairs[2], pairs[4], pairs[5]), (pairs[1], pairs[3], None, None));
        // What stands in which column counts.
        let texts = |texts: [&str; 2]| Arc::new(StringViewArray::from(texts.to_vec())) as ArrayRef;
        let found = keys(vec![texts(["ab", "a"]), texts(["c", "bc"])]);
        assert_ne!(found[0], found[1]);
        let small: Vec<ArrayRef> = vec![Arc::new(BooleanArray::from(vec![true, false])), Arc::new(Date32Array::from(vec![1, 2]))];
        for column in small {
            let found = keys(vec![column]);
            assert_ne!(found[0], found[1]);
        }
    }
}
