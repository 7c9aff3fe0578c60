//! Hashes of values for sketches that are kept: XXH64 with seed 0 over a canonical form of the value. Both are written
//! down in docs/formats/states.md and must never change: a state of years ago is merged with one of today.
//!
//! Not for hash tables of one process, which have faster ones, and not against an attacker.

use arrow::array::{Array, ArrayRef, AsArray, UInt64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type, UInt64Type};
use datafusion::common::plan_err;
use datafusion::error::Result;
use twox_hash::XxHash64;

const SEED: u64 = 0;

/// Whether values of a type can be hashed.
pub(crate) fn takes(data_type: &DataType) -> bool {
    match data_type {
        DataType::Null
        | DataType::Boolean
        | DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::Date32
        | DataType::Date64
        | DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Timestamp(..)
        | DataType::Decimal128(..) => true,
        DataType::Dictionary(_, values) => takes(values),
        other => other.is_integer() || other.is_floating(),
    }
}

/// One hash a value; null where the value is.
///
/// # Errors
/// A plan error for a type that has no canonical form here.
pub(crate) fn hashes(values: &ArrayRef) -> Result<UInt64Array> {
    Ok(match values.data_type() {
        DataType::Null => UInt64Array::new_null(values.len()),
        DataType::Utf8View => values.as_string_view().iter().map(|text| text.map(|text| of_bytes(text.as_bytes()))).collect(),
        DataType::Utf8 => values.as_string::<i32>().iter().map(|text| text.map(|text| of_bytes(text.as_bytes()))).collect(),
        DataType::LargeUtf8 => values.as_string::<i64>().iter().map(|text| text.map(|text| of_bytes(text.as_bytes()))).collect(),
        DataType::BinaryView => values.as_binary_view().iter().map(|bytes| bytes.map(of_bytes)).collect(),
        DataType::Binary => values.as_binary::<i32>().iter().map(|bytes| bytes.map(of_bytes)).collect(),
        DataType::LargeBinary => values.as_binary::<i64>().iter().map(|bytes| bytes.map(of_bytes)).collect(),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => cast(values, &DataType::Float64)?.as_primitive::<Float64Type>().unary::<_, UInt64Type>(of_float),
        DataType::UInt64 => values.as_primitive::<UInt64Type>().unary::<_, UInt64Type>(|value| of_bytes(&value.to_le_bytes())),
        DataType::Decimal128(..) => values.as_primitive::<Decimal128Type>().unary::<_, UInt64Type>(|value| of_bytes(&value.to_le_bytes())),
        DataType::Dictionary(_, of) => return hashes(&cast(values, of)?),
        // These are 32 bits wide and have no cast of their own to 64.
        DataType::Date32 | DataType::Time32(_) => return hashes(&cast(values, &DataType::Int32)?),
        other if takes(other) => cast(values, &DataType::Int64)?.as_primitive::<Int64Type>().unary::<_, UInt64Type>(|value| of_bytes(&value.to_le_bytes())),
        other => return plan_err!("distinct values of type {other} cannot be counted approximately"),
    })
}

fn of_bytes(bytes: &[u8]) -> u64 {
    XxHash64::oneshot(SEED, bytes)
}

/// Floats that are equal have one form: there is one zero and one value that is not a number.
fn of_float(value: f64) -> u64 {
    let canonical = if value.is_nan() {
        f64::NAN.to_bits() & !(1 << 63)
    } else if value == 0.0 {
        0
    } else {
        value.to_bits()
    };
    of_bytes(&canonical.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{BooleanArray, Date32Array, Float32Array, Float64Array, Int32Array, Int64Array, StringArray, StringViewArray, TimestampMicrosecondArray};

    use super::*;

    fn of(array: impl Array + 'static) -> Vec<Option<u64>> {
        hashes(&(Arc::new(array) as ArrayRef)).unwrap().iter().collect()
    }

    /// Values of the reference program of XXH64; they hold for ever.
    #[test]
    fn hashes_are_those_of_the_reference() {
        assert_eq!(
            of(StringViewArray::from(vec![Some(""), Some("a"), None, Some("abc")])),
            [Some(0xef46_db37_51d8_e999), Some(0xd24e_c4f1_a98c_6e5b), None, Some(0x44bc_2cf5_ad77_0999)]
        );
        assert_eq!(of(Int64Array::from(vec![Some(0), Some(1), Some(-1), None])), [Some(ZERO), Some(ONE), Some(MINUS_ONE), None]);
    }

    const ZERO: u64 = 0x34c9_6acd_cadb_1bbb;
    const ONE: u64 = 0x9f29_cb17_a2a4_9995;
    const MINUS_ONE: u64 = 0x85d1_36ad_b773_c6c9;

    #[test]
    fn one_value_has_one_hash_whatever_carries_it() {
        assert_eq!(of(StringArray::from(vec!["é", "a"])), of(StringViewArray::from(vec!["é", "a"])));
        assert_eq!(of(Int32Array::from(vec![7, -7])), of(Int64Array::from(vec![7, -7])));
        assert_eq!(of(Date32Array::from(vec![7, -7])), of(Int64Array::from(vec![7, -7])));
        assert_eq!(of(TimestampMicrosecondArray::from(vec![7]).with_timezone("UTC")), of(Int64Array::from(vec![7])));
        assert_eq!(of(BooleanArray::from(vec![true, false])), of(Int64Array::from(vec![1, 0])));
        assert_eq!(of(Float32Array::from(vec![0.5, -0.0])), of(Float64Array::from(vec![0.5, 0.0])));
        assert_eq!(of(Float64Array::from(vec![0.5])), [Some(0x48cb_5e11_8059_da42)]);
        assert_eq!(of(Float64Array::from(vec![f64::NAN])), of(Float64Array::from(vec![-f64::NAN])));
    }
}
