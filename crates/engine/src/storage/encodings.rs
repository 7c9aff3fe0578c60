//! How the columns of a segment are encoded, told from some of its rows: as codes into a dictionary where values come again, as
//! differences where whole numbers and instants do not, as bytes one after the other where texts do not. Every encoding is one of
//! those that Parquet readers have had for years.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use parquet::basic::Encoding;
use parquet::file::properties::WriterPropertiesBuilder;
use parquet::schema::types::ColumnPath;

use super::distinct::count_distinct;

/// Rows that are looked at, from the middle of those that there are.
const SAMPLE_ROWS: usize = 16 << 10;
/// Bits that a number in a dictionary takes, about, once it is compressed.
const DICTIONARY_BITS: f64 = 32.0;
/// Floats are worth codes if at most one in so many is another one.
const ROWS_PER_FLOAT: u64 = 2;
/// Texts are long, so that a dictionary is worth more.
const ROWS_PER_TEXT_PERCENT: u64 = 90;
/// Bytes of the dictionary of a row group: beyond it the rest is written out, and the dictionary was for nothing.
pub(super) const DICTIONARY_MAX_BYTES: usize = 4 << 20;

/// Says of each column how it is encoded.
pub(super) fn choose(mut properties: WriterPropertiesBuilder, rows: &RecordBatch) -> WriterPropertiesBuilder {
    let length = rows.num_rows().min(SAMPLE_ROWS);
    let sample = rows.slice((rows.num_rows() - length) / 2, length);
    for (field, column) in sample.schema().fields().iter().zip(sample.columns()) {
        if let Some(encoding) = written_out(column) {
            let path = ColumnPath::new(vec![field.name().clone()]);
            properties = properties.set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, encoding);
        }
    }
    properties
}

/// The encoding of a column whose values do not come again often enough for a dictionary.
fn written_out(column: &ArrayRef) -> Option<Encoding> {
    let rows = column.len() - column.null_count();
    match column.data_type() {
        DataType::Int64 => differences(column.as_primitive::<Int64Type>().iter().flatten()),
        DataType::Timestamp(..) => differences(column.as_primitive_opt::<TimestampMicrosecondType>()?.iter().flatten()),
        DataType::Date32 => differences(column.as_primitive::<Date32Type>().iter().flatten().map(i64::from)),
        DataType::Float64 => {
            let distinct = count_distinct(column.as_primitive::<Float64Type>().iter().flatten().map(f64::to_bits), rows);
            (distinct * ROWS_PER_FLOAT > rows as u64).then_some(Encoding::PLAIN)
        }
        DataType::Utf8View => {
            (count_distinct(column.as_string_view().iter().flatten(), rows) * 100 > rows as u64 * ROWS_PER_TEXT_PERCENT).then_some(Encoding::DELTA_LENGTH_BYTE_ARRAY)
        }
        _ => None,
    }
}

/// Differences of whole numbers, where these take fewer bits than codes and their dictionary do.
fn differences(values: impl Iterator<Item = i64>) -> Option<Encoding> {
    let values: Vec<i64> = values.collect();
    let steps = values.windows(2).map(|pair| if let [one, next] = pair { next.wrapping_sub(*one) } else { 0 });
    let (least, most) = steps.fold((i64::MAX, i64::MIN), |(least, most), step| (least.min(step), most.max(step)));
    let bits = if least > most { 0.0 } else { ((most as f64 - least as f64) + 1.0).log2() };
    let distinct = count_distinct(values.iter().copied(), values.len()) as f64;
    let codes = distinct.max(1.0).log2().ceil() + DICTIONARY_BITS * distinct / values.len().max(1) as f64;
    (bits.ceil() < codes).then_some(Encoding::DELTA_BINARY_PACKED)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, Int64Array, StringViewArray, TimestampMicrosecondArray};

    use super::*;

    #[test]
    fn what_comes_again_is_written_as_codes() {
        let numbers = |of: fn(i64) -> i64| Arc::new(Int64Array::from_iter_values((0..1_000).map(of))) as ArrayRef;
        assert_eq!(written_out(&numbers(|row| row * row * 7_919 / 13 % 5)), None);
        assert_eq!(written_out(&numbers(|row| row)), Some(Encoding::DELTA_BINARY_PACKED));
        // Five numbers, and a hundred that are far apart; many numbers, all below 10,000; and what differs by more than there is room for.
        assert_eq!(written_out(&numbers(|row| (row * 7_919 % 100) << 40)), None);
        assert_eq!(written_out(&numbers(|row| row * 7_919 % 10_007)), Some(Encoding::DELTA_BINARY_PACKED));
        assert_eq!(written_out(&numbers(|row| if row % 2 == 0 { i64::MIN } else { i64::MAX })), None);
        let instants: ArrayRef = Arc::new(TimestampMicrosecondArray::from_iter_values(0..1_000).with_timezone("UTC"));
        assert_eq!(written_out(&instants), Some(Encoding::DELTA_BINARY_PACKED));
        let floats: ArrayRef = Arc::new(Float64Array::from_iter((0..1_000).map(|row| (row % 10 == 0).then_some(f64::from(row)))));
        assert_eq!(written_out(&floats), Some(Encoding::PLAIN), "nulls are no values");
        let texts = |of: fn(i64) -> i64| Arc::new(StringViewArray::from_iter_values((0..1_000).map(|row| format!("text {}", of(row))))) as ArrayRef;
        assert_eq!(written_out(&texts(|row| row / 2)), None);
        assert_eq!(written_out(&texts(|row| row)), Some(Encoding::DELTA_LENGTH_BYTE_ARRAY));
        assert_eq!(written_out(&texts(|row| row).slice(0, 0)), None, "of no rows nothing is known");
    }
}
