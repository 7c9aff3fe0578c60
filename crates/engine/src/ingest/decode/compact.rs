//! Texts that are views keep alive whatever they were read from: a page, a dictionary, a batch. Here they leave it when they are a small part
//! of it, so that rows which wait for their segment take about as much memory as their values.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StringViewArray, StructArray};
use arrow::datatypes::DataType;

use crate::error::Result;

/// What texts may keep alive at most: so many times their bytes, and a page or two in any case.
const KEPT_RATIO: usize = 4;
const KEPT_BYTES: usize = 4 << 20;

/// An array of a column, with texts that keep little more alive than themselves.
pub(super) fn compact(array: ArrayRef) -> Result<ArrayRef> {
    Ok(match array.data_type() {
        DataType::Utf8View => {
            let texts = array.as_string_view();
            if keeps_much(texts) { Arc::new(texts.gc()) } else { array }
        }
        DataType::Struct(fields) => {
            let structs = array.as_struct();
            let inner = structs.columns().iter().map(|inner| compact(Arc::clone(inner))).collect::<Result<Vec<_>>>()?;
            Arc::new(StructArray::try_new(fields.clone(), inner, structs.nulls().cloned())?)
        }
        DataType::List(element) => {
            let list = array.as_list::<i32>();
            Arc::new(ListArray::try_new(Arc::clone(element), list.offsets().clone(), compact(Arc::clone(list.values()))?, list.nulls().cloned())?)
        }
        _ => array,
    })
}

fn keeps_much(texts: &StringViewArray) -> bool {
    let kept = texts.data_buffers().iter().fold(0_usize, |kept, buffer| kept.saturating_add(buffer.len()));
    // Most have little: their lengths need not be looked at.
    kept > KEPT_BYTES && {
        let bytes = texts.lengths().fold(0_usize, |bytes, length| bytes.saturating_add(length as usize));
        kept > bytes.saturating_mul(KEPT_RATIO).saturating_add(KEPT_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use arrow::buffer::{Buffer, OffsetBuffer};
    use arrow::datatypes::Field;

    use super::*;

    /// Texts in a buffer of so many bytes.
    fn texts(bytes: usize) -> ArrayRef {
        let mut builder = arrow::array::StringViewBuilder::new();
        let block = builder.append_block(Buffer::from(vec![b'x'; bytes]));
        builder.try_append_view(block, 0, 20).unwrap();
        builder.append_null();
        builder.append_value("short");
        Arc::new(builder.finish())
    }

    fn kept(array: &ArrayRef) -> usize {
        match array.data_type() {
            DataType::Struct(_) => array.as_struct().columns().iter().map(kept).sum(),
            DataType::List(_) => kept(array.as_list::<i32>().values()),
            _ => array.as_string_view().data_buffers().iter().map(|buffer| buffer.len()).sum(),
        }
    }

    #[test]
    fn texts_leave_what_is_large_and_stay_in_what_is_small() {
        let (large, small) = (texts(64 << 20), texts(1 << 20));
        let field = |array: &ArrayRef| Arc::new(Field::new("a", array.data_type().clone(), true));
        let structs: ArrayRef = Arc::new(StructArray::from(vec![(field(&large), Arc::clone(&large))]));
        let lists: ArrayRef = Arc::new(ListArray::new(field(&structs), OffsetBuffer::from_lengths([1, 2]), Arc::clone(&structs), None));
        for array in [large, structs, lists] {
            let made = compact(Arc::clone(&array)).unwrap();
            assert_eq!(&made, &array);
            assert!(kept(&made) < 1_000, "{}", kept(&made));
        }
        assert_eq!(kept(&compact(small).unwrap()), 1 << 20);
    }
}
