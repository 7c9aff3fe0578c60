//! Decimals and whole numbers as floats. A float gives a number back where, written with as few digits as tell it from other floats or
//! with as many as the type of the number has, it is that number. Fifteen digits always come back, with or without zeros behind
//! them. A number that does not come back fits no float, unless somebody said that it may be rounded.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DecimalType, Float64Type, Int64Type, UInt64Type};

use super::column::FLOAT_EXACT_MAX;

/// What becomes of a number that no float gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rounding {
    /// It does not fit: it becomes null.
    Refused,
    /// It becomes the float that is nearest.
    Allowed,
}

/// What of a column may be rounded: what somebody has said to be a float.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Rounds {
    #[default]
    Nothing,
    All,
    /// Fields inside of it, by their ways: `zip`, `place.zip`. Lists are looked into.
    Inside(Vec<String>),
}

impl Rounds {
    /// What of a field may be.
    pub(crate) fn of_field(&self, name: &str) -> Self {
        let Self::Inside(ways) = self else { return self.clone() };
        let rests: Vec<&str> = ways.iter().filter_map(|way| way.strip_prefix(name)).collect();
        if rests.contains(&"") {
            return Self::All;
        }
        Self::inside(rests.into_iter().filter_map(|rest| rest.strip_prefix('.')))
    }

    /// Some fields.
    pub(crate) fn inside<'a>(ways: impl Iterator<Item = &'a str>) -> Self {
        let ways: Vec<String> = ways.map(str::to_owned).collect();
        if ways.is_empty() { Self::Nothing } else { Self::Inside(ways) }
    }

    /// What becomes of a number that is the value itself.
    pub(crate) fn here(&self) -> Rounding {
        if *self == Self::All { Rounding::Allowed } else { Rounding::Refused }
    }
}

impl From<Rounding> for Rounds {
    fn from(rounding: Rounding) -> Self {
        match rounding {
            Rounding::Refused => Self::Nothing,
            Rounding::Allowed => Self::All,
        }
    }
}

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];
/// Whole numbers below it are apart by more than floats of their size, whatever power of ten they are divided by.
const PLAIN_MAX: u128 = 1 << 52;
/// Zeros that are taken off a long number at a time.
const ZEROS: i128 = 1_000_000_000;
const ZEROS_SCALE: i8 = 9;

/// Whether a float may round values of a type, or of what is inside it.
pub(crate) fn may_be_rounded(stored: &DataType) -> bool {
    stored.is_decimal() || stored.is_nested() || matches!(stored, DataType::Int64 | DataType::UInt64 | DataType::Dictionary(..))
}

/// The floats of decimals, or of whole numbers of 64 bits; `None` for every other type.
pub(crate) fn floats(stored: &ArrayRef, rounding: Rounding) -> Option<ArrayRef> {
    Some(match stored.data_type() {
        DataType::Int64 => Arc::new(stored.as_primitive_opt::<Int64Type>()?.unary_opt::<_, Float64Type>(|value| whole(i128::from(value), rounding))),
        DataType::UInt64 => Arc::new(stored.as_primitive_opt::<UInt64Type>()?.unary_opt::<_, Float64Type>(|value| whole(i128::from(value), rounding))),
        DataType::Decimal32(_, scale) => Arc::new(stored.as_primitive_opt::<Decimal32Type>()?.unary_opt::<_, Float64Type>(|value| decimal(i128::from(value), *scale, rounding))),
        DataType::Decimal64(_, scale) => Arc::new(stored.as_primitive_opt::<Decimal64Type>()?.unary_opt::<_, Float64Type>(|value| decimal(i128::from(value), *scale, rounding))),
        DataType::Decimal128(_, scale) => Arc::new(stored.as_primitive_opt::<Decimal128Type>()?.unary_opt::<_, Float64Type>(|value| decimal(value, *scale, rounding))),
        DataType::Decimal256(_, scale) => Arc::new(stored.as_primitive_opt::<Decimal256Type>()?.unary_opt::<_, Float64Type>(|value| match value.to_i128() {
            Some(value) => decimal(value, *scale, rounding),
            None => written(&Decimal256Type::format_decimal(value, u8::MAX, *scale), rounding),
        })),
        _ => return None,
    })
}

/// Whether a text is a whole number that no float gives back. One with a point was written as a float, and is what it says.
pub(crate) fn is_rounded(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let fits = || text.parse::<i128>().is_ok_and(|value| whole(value, Rounding::Refused).is_some());
    digits.len() > 15 && digits.bytes().all(|byte| byte.is_ascii_digit()) && !fits()
}

fn whole(value: i128, rounding: Rounding) -> Option<f64> {
    let float = value as f64;
    (value.unsigned_abs() <= u128::from(FLOAT_EXACT_MAX) || rounding == Rounding::Allowed || float as i128 == value).then_some(float)
}

/// The float of `value` divided by ten to the power of `scale`.
fn decimal(value: i128, scale: i8, rounding: Rounding) -> Option<f64> {
    let (short, places) = shortened(value, scale);
    match usize::try_from(places).ok().and_then(|places| POWERS.get(places)) {
        // Both are exact, so one division rounds as it should.
        Some(power) if short.unsigned_abs() < PLAIN_MAX => Some(short as f64 / power),
        _ => written(&Decimal128Type::format_decimal(value, u8::MAX, scale), rounding),
    }
}

/// The same number with fewer zeros at its end.
fn shortened(mut value: i128, mut scale: i8) -> (i128, i8) {
    if value == 0 {
        return (0, 0);
    }
    if value.unsigned_abs() < PLAIN_MAX && usize::try_from(scale).is_ok_and(|scale| scale < POWERS.len()) {
        return (value, scale);
    }
    while scale >= ZEROS_SCALE && value % ZEROS == 0 {
        (value, scale) = (value / ZEROS, scale - ZEROS_SCALE);
    }
    while scale > 0 && value % 10 == 0 {
        (value, scale) = (value / 10, scale - 1);
    }
    (value, scale)
}

/// The float of a number that is written out.
fn written(text: &str, rounding: Rounding) -> Option<f64> {
    let float = text.parse::<f64>().ok().filter(|float| float.is_finite())?;
    let places = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let comes_back = || significant(&float.to_string()) == significant(text) || format!("{float:.places$}") == text;
    (rounding == Rounding::Allowed || comes_back()).then_some(float)
}

/// The digits before and behind the point, without zeros that say nothing.
fn significant(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches('-');
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    (whole.trim_start_matches('0'), fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Decimal128Array, Decimal256Array, Float64Array, Int64Array, UInt64Array};
    use arrow::datatypes::i256;
    use proptest::prelude::*;

    use super::*;

    fn refused(value: i128, scale: i8) -> Option<f64> {
        decimal(value, scale, Rounding::Refused)
    }

    #[test]
    fn what_a_float_gives_back_fits_and_what_it_rounds_does_not() {
        for (value, scale, expected) in [
            (0, 38, Some(0.0)),
            (150, 2, Some(1.5)),
            (-1, 2, Some(-0.01)),
            (999_999_999_999_999, 15, Some(0.999_999_999_999_999)),
            // Many zeros, as programs write them that know no other scale.
            (100_000_000_000_000_000, 18, Some(0.1)),
            (12_500_000_000_000_000_000, 18, Some(12.5)),
            (10_i128.pow(37), 38, Some(0.1)),
            // Sixteen digits and more: some come back.
            (4_503_599_627_370_497, 0, Some(4_503_599_627_370_497.0)),
            (9_007_199_254_740_995, 1, Some(900_719_925_474_099.5)),
            (1 << 60, 0, Some((1_i64 << 60) as f64)),
            ((1 << 53) + 1, 0, None),
            (123_456_789_012_345_678, 2, None),
            (-123_456_789_012_345_678, 2, None),
            (1_234_567_890_123_456_789_012_345_678_901_234_567, 10, None),
            (7, -2, Some(700.0)),
            (123_456_789_012_345_678, -2, None),
        ] {
            assert_eq!(refused(value, scale), expected, "{value} at {scale}");
            assert!(decimal(value, scale, Rounding::Allowed).is_some_and(|float| expected.is_none_or(|expected| expected == float)), "{value} at {scale}");
        }
        assert_eq!(decimal(123_456_789_012_345_678, 2, Rounding::Allowed), Some(1_234_567_890_123_456.8));
    }

    #[test]
    fn what_is_said_of_a_field_is_said_of_no_other() {
        let ways = Rounds::Inside(["a", "b.c", "d.e"].map(str::to_owned).to_vec());
        for (way, expected) in [
            (vec!["a"], Rounding::Allowed),
            (vec!["a", "x"], Rounding::Allowed),
            (vec!["aa"], Rounding::Refused),
            (vec!["b"], Rounding::Refused),
            (vec!["b", "c"], Rounding::Allowed),
            (vec!["b", "x"], Rounding::Refused),
            // The name of a field may have a point.
            (vec!["d.e"], Rounding::Allowed),
        ] {
            assert_eq!(way.iter().fold(ways.clone(), |rounds, name| rounds.of_field(name)).here(), expected, "{way:?}");
        }
        assert_eq!((Rounds::All.of_field("a"), Rounds::Nothing.of_field("a"), ways.here()), (Rounds::All, Rounds::Nothing, Rounding::Refused));
    }

    #[test]
    fn each_type_goes_the_same_way() {
        let far = (1_i64 << 53) + 1;
        let long = i256::from_string("1234567890123456789012345678901234567890123").unwrap();
        let cases: [(ArrayRef, [Option<f64>; 3]); 4] = [
            (Arc::new(Int64Array::from(vec![Some(far), None, Some(i64::MIN)])), [None, None, Some(i64::MIN as f64)]),
            (Arc::new(UInt64Array::from(vec![Some(u64::MAX), None, Some(1 << 63)])), [None, None, Some((1_u64 << 63) as f64)]),
            (
                Arc::new(Decimal128Array::from(vec![Some(9_007_199_254_740_995), None, Some(25)]).with_precision_and_scale(20, 1).unwrap()),
                [Some(900_719_925_474_099.5), None, Some(2.5)],
            ),
            (Arc::new(Decimal256Array::from(vec![Some(long), None, Some(i256::from_i128(25))]).with_precision_and_scale(76, 1).unwrap()), [None, None, Some(2.5)]),
        ];
        for (stored, expected) in cases {
            let made = floats(&stored, Rounding::Refused).unwrap();
            assert_eq!(made.as_primitive::<Float64Type>(), &Float64Array::from(expected.to_vec()), "{}", stored.data_type());
            assert_eq!(floats(&stored, Rounding::Allowed).unwrap().null_count(), 1);
        }
        let other: ArrayRef = Arc::new(Float64Array::from(vec![0.5]));
        assert!(floats(&other, Rounding::Refused).is_none());
    }

    proptest! {
        #[test]
        fn fifteen_digits_always_come_back(value in -999_999_999_999_999_i128..=999_999_999_999_999, scale in 0_i8..=20, zeros in 0_i8..=15) {
            let text = Decimal128Type::format_decimal(value, 38, scale);
            let expected: f64 = text.parse().unwrap();
            prop_assert_eq!(refused(value, scale), Some(expected));
            // The same number of a longer type.
            prop_assert_eq!(refused(value * 10_i128.pow(zeros.unsigned_abs().into()), scale + zeros), Some(expected));
        }

        #[test]
        fn what_is_rounded_is_the_nearest_float(value in any::<i64>(), scale in 0_i8..=38) {
            let text = Decimal128Type::format_decimal(value.into(), 38, scale);
            prop_assert_eq!(decimal(value.into(), scale, Rounding::Allowed), text.parse().ok());
        }
    }
}
