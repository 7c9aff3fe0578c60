//! Bytes of the rows of a batch by their own lengths. What arrays say of their memory is that of whole buffers, which slices and views
//! share: a hundred rows of texts may keep buffers of a million.

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::DataType;

use crate::functions::bounded_text::Size;

/// Bytes of a view of a text, and about those of an offset with what belongs to it.
const BYTES_OF_TEXT: usize = 16;

/// Bytes of the rows of a batch.
pub(super) fn of_batch(batch: &RecordBatch) -> usize {
    batch.columns().iter().fold(0, |bytes, column| bytes.saturating_add(of_column(column)))
}

fn of_column(column: &ArrayRef) -> usize {
    let data_type = column.data_type();
    match data_type.primitive_width() {
        Some(width) => width.saturating_mul(column.len()),
        None if *data_type == DataType::Boolean => column.len() / 8,
        None => Size::of_array(column).all.saturating_add(column.len().saturating_mul(BYTES_OF_TEXT)),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringViewArray};
    use arrow::datatypes::{Field, Schema};

    use super::*;

    #[test]
    fn a_slice_has_the_bytes_of_its_rows() {
        let texts = StringViewArray::from_iter_values((0..1_000).map(|row| format!("{row:040}")));
        let numbers = Int64Array::from_iter_values(0..1_000);
        let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::Utf8View, false), Field::new("n", DataType::Int64, false)]));
        let batch = RecordBatch::try_new(schema, vec![Arc::new(texts), Arc::new(numbers)]).unwrap();
        assert_eq!(of_batch(&batch), 1_000 * (40 + 16 + 8));
        assert_eq!(of_batch(&batch.slice(10, 3)), 3 * (40 + 16 + 8));
    }
}
