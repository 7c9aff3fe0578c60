//! Text to values, byte by byte and without allocation. Strict readers decide what a column is; a declared column is
//! read leniently. Refuses what would change a value: leading zeros, `inf`, days that no calendar has.

use crate::catalog::ColumnType;
use crate::catalog::column::FLOAT_EXACT_MAX;

const DAY_MICROS: i64 = 86_400_000_000;

/// Whether a text means "no value" in a column of that type.
///
/// Strings keep what people may have meant: only an empty cell, `NA`, `NULL` and `\N` are null, and only unquoted, so that
/// `"NA"` is Namibia. Every other type has no use for such a text, so all tokens count there, quoted or not.
#[inline]
pub(crate) fn is_null(column_type: ColumnType, text: &[u8], quoted: bool) -> bool {
    match column_type {
        ColumnType::String => !quoted && matches!(text, b"" | b"NA" | b"NULL" | b"\\N"),
        _ => matches!(text, b"" | b"NA" | b"N/A" | b"NULL" | b"null" | b"\\N" | b"nan" | b"NaN" | b"-"),
    }
}

/// The text without spaces and tabs around it.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = text.iter().position(|byte| !blank(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    text.get(start..end).unwrap_or_default()
}

/// The narrowest type that holds the text.
pub(crate) fn classify(text: &[u8]) -> ColumnType {
    let text = trim(text);
    match text.first() {
        Some(b'0'..=b'9' | b'-' | b'.') => {
            if integer(text).is_some() {
                ColumnType::Integer
            } else if !is_whole(text) && float(text).is_some() {
                ColumnType::Float
            } else if date(text).is_some() {
                ColumnType::Date
            } else if timestamp(text).is_some() {
                ColumnType::Timestamp
            } else {
                ColumnType::String
            }
        }
        _ if boolean(text).is_some() => ColumnType::Boolean,
        _ => ColumnType::String,
    }
}

/// The type that holds a further text, given the type that holds the texts before it. The text is no null token.
pub(crate) fn widen(observed: Option<ColumnType>, text: &[u8]) -> ColumnType {
    let Some(observed) = observed else { return classify(text) };
    let reads = match observed {
        ColumnType::Boolean => boolean(text).is_some(),
        ColumnType::Integer => integer(text).is_some(),
        ColumnType::Float => float(text).is_some(),
        ColumnType::Date => date(text).is_some(),
        ColumnType::Timestamp => timestamp(text).is_some(),
        ColumnType::String => true,
        // Text is neither; JSON is looked at elsewhere.
        ColumnType::Struct | ColumnType::List => false,
    };
    if reads { observed } else { observed.promoted_with(classify(text)) }
}

/// Digits only: too long for an integer, and a float would lose some of them.
fn is_whole(text: &[u8]) -> bool {
    text.strip_prefix(b"-").unwrap_or(text).iter().all(u8::is_ascii_digit)
}

/// Whether a text is a whole number, however long it is: digits, and behind a point nothing but zeros.
pub(crate) fn is_whole_number(text: &[u8]) -> bool {
    let mut parts = text.strip_prefix(b"-").unwrap_or(text).splitn(2, |byte| *byte == b'.');
    let (digits, fraction) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) && fraction.iter().all(|byte| *byte == b'0')
}

/// Whether a text is a whole number beyond 2^53, of which a float would lose the last digits. One with a point was written as a
/// float, and is what it says.
pub(crate) fn is_beyond_floats(text: &[u8]) -> bool {
    text.len() > 15 && is_whole(text) && lenient::integer(text).is_none_or(|value| value.unsigned_abs() > FLOAT_EXACT_MAX)
}

/// `true`, `t`, `yes` and their opposites, in any case.
pub(crate) fn boolean(text: &[u8]) -> Option<bool> {
    if text.len() > 5 {
        return None;
    }
    let is = |word: &str| text.eq_ignore_ascii_case(word.as_bytes());
    if is("true") || is("t") || is("yes") {
        Some(true)
    } else if is("false") || is("f") || is("no") {
        Some(false)
    } else {
        None
    }
}

/// A 64-bit integer without `+` and without leading zeros.
#[inline]
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    match digits {
        [] => return None,
        [b'0', _, ..] => return None,
        _ if digits.len() > 19 => return None,
        _ => {}
    }
    let mut value = 0_u64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // Nineteen digits fit into 64 bits.
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    if negative { 0_i64.checked_sub_unsigned(value) } else { i64::try_from(value).ok() }
}

/// Powers of ten that a double holds exactly.
const EXACT_POWERS: [f64; 23] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

/// A finite double, correctly rounded: short numbers by one exact division, the rest by the standard library.
#[inline]
pub(crate) fn float(text: &[u8]) -> Option<f64> {
    let (negative, body) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if matches!(body, [b'0', b'0'..=b'9', ..]) {
        return None;
    }
    let mut mantissa = 0_u64;
    let mut digits = 0_usize;
    let mut fraction = 0_usize;
    let mut point = false;
    let mut rest = body;
    while let [byte, tail @ ..] = rest {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
            digits += 1;
            fraction += usize::from(point);
        } else if *byte == b'.' && !point {
            point = true;
        } else {
            break;
        }
        rest = tail;
    }
    if digits == 0 {
        return None;
    }
    if rest.is_empty()
        && digits <= 19
        && mantissa <= 1 << 53
        && let Some(power) = EXACT_POWERS.get(fraction)
    {
        let value = mantissa as f64 / power;
        return Some(if negative { -value } else { value });
    }
    match rest {
        [] | [b'e' | b'E', ..] => std::str::from_utf8(text).ok()?.parse::<f64>().ok().filter(|value| value.is_finite() && (*value != 0.0 || is_zero(body))),
        _ => None,
    }
}

/// Whether a number says nothing but zeros: one that is too small for a float is none of them.
fn is_zero(number: &[u8]) -> bool {
    !number.iter().take_while(|byte| !matches!(byte, b'e' | b'E')).any(|byte| matches!(byte, b'1'..=b'9'))
}

/// Whether a float holds a whole number as it is.
pub(crate) fn is_exact(value: i128) -> bool {
    value as f64 as i128 == value
}

/// Whether a text is a whole number of which a float would lose digits.
pub(crate) fn is_rounded(text: &[u8]) -> bool {
    let value = || std::str::from_utf8(text).ok().and_then(|text| text.parse::<i128>().ok());
    text.len() > 15 && is_whole(text) && value().is_none_or(|value| !is_exact(value))
}

/// The same as [`float`], without whole numbers that it would round.
#[inline]
pub(crate) fn exact_float(text: &[u8]) -> Option<f64> {
    float(text).filter(|_| !is_rounded(text))
}

#[inline]
fn two(text: &[u8]) -> Option<i64> {
    match text {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some(i64::from(a - b'0') * 10 + i64::from(b - b'0')),
        _ => None,
    }
}

/// `YYYY-MM-DD` as days since 1970.
#[inline]
pub(crate) fn date(text: &[u8]) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let year = two(&[*y1, *y2])? * 100 + two(&[*y3, *y4])?;
    let month = two(&[*m1, *m2])?;
    let day = two(&[*d1, *d2])?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if year == 0 || day == 0 || day > last {
        return None;
    }
    // Years counted from March, so that the leap day is the last of its year.
    let (from_march_year, from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * from_march_year + from_march_year / 4 - from_march_year / 100 + from_march_year / 400 + (153 * from_march + 2) / 5 + day - 1;
    i32::try_from(days - 719_468).ok()
}

/// Of a time of day behind a day: whether it says a zone. None for a day alone.
pub(crate) fn says_zone(text: &[u8]) -> Option<bool> {
    let time = text.get(11..).filter(|time| !time.is_empty())?;
    Some(time.iter().any(|byte| matches!(byte, b'Z' | b'z' | b'+' | b'-')) || time.ends_with(b"UTC"))
}

/// Whether a time has a fraction that microseconds do not hold.
pub(crate) fn is_finer_than_micros(text: &[u8]) -> bool {
    let fraction = text.get(19..).and_then(|rest| rest.strip_prefix(b".").or_else(|| rest.strip_prefix(b",")));
    fraction.is_some_and(|digits| digits.iter().take_while(|byte| byte.is_ascii_digit()).skip(6).any(|digit| *digit != b'0'))
}

/// A day, or a day and a time with or without zone, in microseconds; without zone it is UTC. Digits of a fraction beyond
/// the sixth are cut off.
#[inline]
pub(crate) fn timestamp(text: &[u8]) -> Option<i64> {
    let days = i64::from(date(text.get(..10)?)?);
    let rest = text.get(10..)?;
    if rest.is_empty() {
        return days.checked_mul(DAY_MICROS);
    }
    let [b'T' | b't' | b' ', h1, h2, b':', m1, m2, rest @ ..] = rest else { return None };
    let (hour, minute) = (two(&[*h1, *h2])?, two(&[*m1, *m2])?);
    let mut rest = rest;
    let mut second = 0;
    let mut micros = 0;
    if let [b':', s1, s2, tail @ ..] = rest {
        second = two(&[*s1, *s2])?;
        rest = tail;
        if let [b'.' | b',', tail @ ..] = rest {
            let length = tail.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(tail.len());
            if length == 0 || length > 12 {
                return None;
            }
            let mut unit = 100_000;
            for digit in tail.iter().take(length.min(6)) {
                micros += i64::from(digit - b'0') * unit;
                unit /= 10;
            }
            rest = tail.get(length..)?;
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let offset = zone(rest)?;
    let seconds = hour * 3_600 + minute * 60 + second - offset;
    Some(days * DAY_MICROS + seconds * 1_000_000 + micros)
}

/// Seconds east of UTC: nothing, `Z`, `UTC`, `+01`, `+0100`, `+01:00`.
#[inline]
fn zone(text: &[u8]) -> Option<i64> {
    if let [] | [b'Z' | b'z'] = text {
        return Some(0);
    }
    let text = trim(text);
    let (sign, hours, minutes) = match text {
        b"UTC" | b"Z" => return Some(0),
        [sign @ (b'+' | b'-'), h1, h2] => (sign, two(&[*h1, *h2])?, 0),
        [sign @ (b'+' | b'-'), h1, h2, m1, m2] | [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => (sign, two(&[*h1, *h2])?, two(&[*m1, *m2])?),
        _ => return None,
    };
    if hours > 18 || minutes > 59 {
        return None;
    }
    let seconds = hours * 3_600 + minutes * 60;
    Some(if *sign == b'-' { -seconds } else { seconds })
}

/// Readers of declared columns: whoever says that a column is an integer means 7 by `007`, `+7` and `7.0`.
pub(crate) mod lenient {
    use super::DAY_MICROS;

    fn unsigned_zeros(text: &[u8]) -> (bool, &[u8]) {
        let (negative, mut digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        while let [b'0', b'0'..=b'9', ..] = digits {
            digits = digits.get(1..).unwrap_or_default();
        }
        (negative, digits)
    }

    pub(crate) fn boolean(text: &[u8]) -> Option<bool> {
        match text {
            b"1" | b"y" | b"Y" => Some(true),
            b"0" | b"n" | b"N" => Some(false),
            _ => super::boolean(text),
        }
    }

    pub(crate) fn integer(text: &[u8]) -> Option<i64> {
        let (negative, digits) = unsigned_zeros(text);
        let digits = match digits.iter().position(|byte| *byte == b'.') {
            Some(point) if digits.get(point + 1..)?.iter().all(|byte| *byte == b'0') => digits.get(..point)?,
            _ => digits,
        };
        if digits.first() == Some(&b'-') || digits.len() > 19 {
            return None;
        }
        let mut signed = [0_u8; 20];
        *signed.first_mut()? = b'-';
        signed.get_mut(1..=digits.len())?.copy_from_slice(digits);
        if negative { super::integer(signed.get(..=digits.len())?) } else { super::integer(digits) }
    }

    pub(crate) fn float(text: &[u8]) -> Option<f64> {
        let (negative, digits) = unsigned_zeros(text);
        if digits.first() == Some(&b'-') {
            return None;
        }
        super::float(digits).map(|value| if negative { -value } else { value })
    }

    pub(crate) fn exact_float(text: &[u8]) -> Option<f64> {
        float(text).filter(|_| !super::is_rounded(unsigned_zeros(text).1))
    }

    pub(crate) fn date(text: &[u8]) -> Option<i32> {
        let micros = super::timestamp(text)?;
        (micros.rem_euclid(DAY_MICROS) == 0).then(|| i32::try_from(micros.div_euclid(DAY_MICROS)).ok()).flatten()
    }

    pub(crate) fn timestamp(text: &[u8]) -> Option<i64> {
        super::timestamp(text)
    }
}

/// Whether a text is digits with a point or without, and a float of that size is there.
fn is_plain_number(text: &[u8]) -> bool {
    let plain = text.strip_prefix(b"-").unwrap_or(text).iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    plain && std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok()).is_some_and(f64::is_finite)
}

/// What to tell somebody whose value does not fit.
pub(crate) fn misfit(column_type: ColumnType, text: &[u8]) -> &'static str {
    let digits = trim(text);
    match column_type {
        ColumnType::Integer if digits.len() > 18 && is_whole(digits) => "too large for a 64-bit integer; declare the column as string or float",
        ColumnType::Integer => "not an integer",
        ColumnType::Float if is_plain_number(digits) => "a float would round it; declare the column as string to keep all digits, or as float to have it rounded",
        ColumnType::Float => "not a finite number",
        ColumnType::Boolean => "not a boolean; write true or false",
        ColumnType::Date => "not a date; write YYYY-MM-DD",
        ColumnType::Timestamp => "not a timestamp; write it like 2013-01-31T05:00:00Z",
        ColumnType::String => "not text",
        ColumnType::Struct => "not an object of JSON that fits the column",
        ColumnType::List => "not an array of JSON that fits the column",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_narrowest_type_of_a_text() {
        use ColumnType::{Boolean, Date, Float, Integer, String, Timestamp};
        let cases = [
            ("true", Boolean),
            ("F", Boolean),
            ("Yes", Boolean),
            ("no", Boolean),
            ("y", String),
            ("0", Integer),
            ("1", Integer),
            ("-5", Integer),
            ("007", String),
            ("-007", String),
            ("+5", String),
            (" 5 ", Integer),
            ("9223372036854775807", Integer),
            ("-9223372036854775808", Integer),
            ("9223372036854775808", String),
            ("123456789012345678901", String),
            ("1.5", Float),
            ("-0.5", Float),
            (".5", Float),
            ("1.", Float),
            ("1e5", Float),
            ("1E-3", Float),
            ("1e999", String),
            ("1e-400", String),
            ("0e-400", Float),
            ("inf", String),
            ("-inf", String),
            ("infinity", String),
            ("00.5", String),
            ("1.2.3", String),
            ("1e", String),
            ("-", String),
            (".", String),
            ("1,5", String),
            ("0x1f", String),
            ("1_000", String),
            ("2013-01-31", Date),
            ("2013-02-29", String),
            ("2012-02-29", Date),
            ("1900-02-29", String),
            ("2000-02-29", Date),
            ("2013-13-01", String),
            ("0000-01-01", String),
            ("2013-1-1", String),
            ("2013-01-31T05:00:00Z", Timestamp),
            ("2013-01-31 05:00", Timestamp),
            ("2013-01-31 05:00:00.123", Timestamp),
            ("2013-01-31T05:00:00+01:00", Timestamp),
            ("2013-01-31 05:00:00+00", Timestamp),
            ("2013-01-31 24:00", String),
            ("2013-01-31 05:60", String),
            ("2013-01-31T05", String),
            ("2013-01-31 05:00:00 UTC", Timestamp),
            ("2013-01-31 05:00:00.", String),
            ("", String),
            ("N14228", String),
            ("\u{661}\u{662}", String),
        ];
        for (text, expected) in cases {
            assert_eq!(classify(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn long_numbers_are_told_from_fractions() {
        for (text, whole, beyond) in [
            ("7", true, false),
            ("7.0", true, false),
            ("-7", true, false),
            ("7.5", false, false),
            ("1e20", false, false),
            ("", false, false),
            (".", false, false),
            ("-", false, false),
            ("9007199254740992", true, false),
            ("-9007199254740993", true, true),
            ("9007199254740993.0", true, false),
            ("36893488147419103232", true, true),
            ("0000000000000000007", true, false),
        ] {
            assert_eq!((is_whole_number(text.as_bytes()), is_beyond_floats(text.as_bytes())), (whole, beyond), "{text:?}");
        }
    }

    #[test]
    fn instants_are_microseconds_utc() {
        let cases = [
            ("1970-01-01", 0),
            ("1970-01-01T00:00:01Z", 1_000_000),
            ("1970-01-01 00:00:00.5", 500_000),
            ("1970-01-01T00:00:00.1234567Z", 123_456),
            ("1970-01-01T01:00:00+01:00", 0),
            ("1969-12-31T19:00:00-0500", 0),
            ("1969-12-31 23:59:59.999999", -1),
            ("2013-01-01T10:00:00Z", 1_357_034_400_000_000),
        ];
        for (text, expected) in cases {
            assert_eq!(timestamp(text.as_bytes()), Some(expected), "{text}");
        }
        assert_eq!(date(b"0001-01-01"), Some(-719_162));
        assert_eq!(date(b"9999-12-31"), Some(2_932_896));
    }

    #[test]
    fn what_a_time_says_beside_the_instant_is_told() {
        for (text, zone, finer) in [
            ("2013-01-31", None, false),
            ("2013-01-31 05:00", Some(false), false),
            ("2013-01-31T05:00Z", Some(true), false),
            ("2013-01-31T05:00:00-05:00", Some(true), false),
            ("2013-01-31 05:00:00 UTC", Some(true), false),
            ("2013-01-31 05:00:00.123456000", Some(false), false),
            ("2013-01-31 05:00:00,1234560001Z", Some(true), true),
        ] {
            assert_eq!((says_zone(text.as_bytes()), is_finer_than_micros(text.as_bytes())), (zone, finer), "{text}");
        }
    }

    #[test]
    fn declared_columns_are_read_leniently() {
        for (text, expected) in [
            ("007", Some(7)),
            ("+7", Some(7)),
            ("-07", Some(-7)),
            ("7.0", Some(7)),
            ("7.5", None),
            ("--7", None),
            ("+-7", None),
            ("0", Some(0)),
            ("x", None),
            ("-9223372036854775808", Some(i64::MIN)),
            ("00000000000000000000000001", Some(1)),
            ("99999999999999999999", None),
            ("", None),
            (".", None),
        ] {
            assert_eq!(lenient::integer(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(lenient::float(b"+007.5"), Some(7.5));
        assert_eq!(lenient::float(b"-0.5"), Some(-0.5));
        for (text, expected) in [
            ("9007199254740992", Some(9_007_199_254_740_992.0)),
            ("-9007199254740993", None),
            ("1152921504606846976", Some((1_i64 << 60) as f64)),
            ("123456789012345678901234567890123456789012", None),
            ("0.1234567890123456789", Some(0.123_456_789_012_345_68)),
            ("7", Some(7.0)),
        ] {
            assert_eq!((exact_float(text.as_bytes()), lenient::exact_float(text.as_bytes())), (expected, expected), "{text}");
        }
        assert_eq!((lenient::exact_float(b"+0007"), lenient::exact_float(b"+09007199254740993")), (Some(7.0), None));
        assert_eq!(lenient::boolean(b"1"), Some(true));
        assert_eq!(lenient::date(b"2013-01-01T00:00:00Z"), date(b"2013-01-01"));
        assert_eq!(lenient::date(b"2013-01-01T01:00:00Z"), None);
    }

    #[test]
    fn null_tokens_depend_on_the_type() {
        for token in ["", "NA", "N/A", "NULL", "null", "\\N", "nan", "NaN", "-"] {
            assert!(is_null(ColumnType::Integer, token.as_bytes(), true), "{token}");
            assert_eq!(is_null(ColumnType::String, token.as_bytes(), false), ["", "NA", "NULL", "\\N"].contains(&token), "{token}");
            assert!(!is_null(ColumnType::String, token.as_bytes(), true), "{token}");
        }
        assert!(!is_null(ColumnType::Integer, b"x", false));
    }

    proptest! {
        #[test]
        fn numbers_are_read_as_the_standard_library_reads_them(value in any::<i64>(), float_value in any::<f64>(), short in -1_000_000_i64..1_000_000, scale in 0_u32..6) {
            prop_assert_eq!(integer(value.to_string().as_bytes()), Some(value));
            if float_value.is_finite() {
                prop_assert_eq!(float(format!("{float_value}").as_bytes()), Some(float_value));
                prop_assert_eq!(float(format!("{float_value:e}").as_bytes()), Some(float_value));
            }
            let text = format!("{:.*}", scale as usize, short as f64 / 10_f64.powi(scale as i32));
            prop_assert_eq!(float(text.as_bytes()), text.parse().ok());
        }

        #[test]
        fn days_agree_with_chrono(days in -719_162_i32..2_932_896) {
            let day = chrono::NaiveDate::from_num_days_from_ce_opt(days + 719_163).unwrap();
            prop_assert_eq!(date(day.format("%Y-%m-%d").to_string().as_bytes()), Some(days));
        }

        #[test]
        fn no_bytes_make_a_reader_fail(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = (classify(&bytes), lenient::integer(&bytes), lenient::float(&bytes), lenient::date(&bytes), lenient::boolean(&bytes));
        }
    }
}
