//! What a rule compares with, in the type of its column: bounds, a list of values, a pattern. Refuses literals that no value
//! of the column could equal.

use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::PATTERN_MAX_BYTES;
use crate::catalog::ColumnType;
use crate::error::{Error, Result};

/// Bytes that a compiled pattern may take, and as much again for what it remembers while it runs.
const PATTERN_COMPILED_MAX_BYTES: usize = 1 << 20;
const DAY_MICROS: i64 = 86_400_000_000;

/// Bounds of a column. Whole ones are inclusive and in the unit of the column: numbers, days since 1970, microseconds since
/// 1970.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Bounds {
    Whole { low: i64, high: i64 },
    Real { low: f64, high: f64, exclusive: bool },
}

impl Bounds {
    /// # Errors
    /// `Invalid` for a type that has no order here, a literal that is none of the type, and bounds between which nothing lies.
    pub(crate) fn new(column_type: ColumnType, min: Option<&Value>, max: Option<&Value>, exclusive: bool) -> Result<Self> {
        let bounds = match column_type {
            ColumnType::Float => {
                let bound = |value: Option<&Value>, field: &str, open: f64| match value {
                    None => Ok(open),
                    Some(value) => value.as_f64().ok_or_else(|| misfit(column_type, value).at(field)),
                };
                Self::Real { low: bound(min, "min", f64::NEG_INFINITY)?, high: bound(max, "max", f64::INFINITY)?, exclusive }
            }
            ColumnType::Integer | ColumnType::Date | ColumnType::Timestamp => {
                let bound = |value: Option<&Value>, field: &str| value.map(|value| span(column_type, value).map_err(|error| error.at(field))).transpose();
                let low = bound(min, "min")?.map_or(i64::MIN, |span| if exclusive { span.last.saturating_add(1) } else { span.first });
                let high = bound(max, "max")?.map_or(i64::MAX, |span| if exclusive { span.first.saturating_sub(1) } else { span.last });
                Self::Whole { low, high }
            }
            other => return Err(Error::invalid(format!("a column of type {other} has no range; list the allowed values, or give a pattern for a string")).at("column")),
        };
        let empty = match &bounds {
            Self::Whole { low, high } => low > high,
            Self::Real { low, high, exclusive } => low > high || (*exclusive && low == high),
        };
        if empty { Err(Error::invalid("nothing lies between the bounds; the least must be below the greatest").at("max")) } else { Ok(bounds) }
    }

    #[inline]
    pub(crate) fn holds_whole(low: i64, high: i64, value: i64) -> bool {
        low <= value && value <= high
    }

    #[inline]
    pub(crate) fn holds_real(low: f64, high: f64, exclusive: bool, value: f64) -> bool {
        // What is not a number is neither.
        if exclusive { (low < value || low == f64::NEG_INFINITY) && (value < high || high == f64::INFINITY) && !value.is_nan() } else { low <= value && value <= high }
    }
}

/// A list of values. Floats by their bits, with one zero.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Members {
    Booleans(HashSet<bool>),
    Whole(HashSet<i64>),
    Real(HashSet<u64>),
    Texts(HashSet<String>),
}

impl Members {
    /// # Errors
    /// `Invalid` for a literal that is none of the type.
    pub(crate) fn new(column_type: ColumnType, values: &[Value]) -> Result<Self> {
        fn all<T: std::hash::Hash + Eq>(column_type: ColumnType, values: &[Value], read: impl Fn(&Value) -> Option<T>) -> Result<HashSet<T>> {
            values
                .iter()
                .enumerate()
                .map(|(place, value)| read(value).ok_or_else(|| misfit(column_type, value).at(format!("values[{place}]"))))
                .collect()
        }
        Ok(match column_type {
            ColumnType::Boolean => Self::Booleans(all(column_type, values, Value::as_bool)?),
            ColumnType::Integer | ColumnType::Date | ColumnType::Timestamp => {
                // Of a day its first instant, which is what a day becomes when its column is widened.
                Self::Whole(all(column_type, values, |value| span(column_type, value).ok().filter(|span| span.first <= span.last).map(|span| span.first))?)
            }
            ColumnType::Float => Self::Real(all(column_type, values, |value| value.as_f64().map(float_bits))?),
            ColumnType::String => Self::Texts(all(column_type, values, |value| value.as_str().map(str::to_owned))?),
            ColumnType::Struct | ColumnType::List => return Err(Error::invalid(format!("values of a {column_type} are not compared")).at("column")),
        })
    }
}

/// Equal floats have equal bits here.
#[inline]
pub(crate) fn float_bits(value: f64) -> u64 {
    if value == 0.0 {
        0
    } else if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        value.to_bits()
    }
}

/// What a literal stands for in the unit of a column, from the first value to the last. One that lies between two whole numbers
/// stands for none: its first is the one above it, its last the one below.
struct Span {
    first: i64,
    last: i64,
}

impl Span {
    fn of(value: i64) -> Self {
        Self { first: value, last: value }
    }
}

/// A day is all of its instants in UTC, so that a range of days holds the same rows when their column becomes one of instants.
fn span(column_type: ColumnType, value: &Value) -> Result<Span> {
    let found = match (column_type, value) {
        (ColumnType::Integer, Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(value), _) => Some(Span::of(value)),
            // Beyond all integers: the cast goes to the last of them.
            (None, Some(value)) => Some(Span { first: value.ceil() as i64, last: value.floor() as i64 }),
            _ => None,
        },
        (ColumnType::Date, Value::String(text)) => day(text).map(Span::of),
        (ColumnType::Timestamp, Value::String(text)) => match day(text) {
            Some(day) => Some(Span { first: day.saturating_mul(DAY_MICROS), last: day.saturating_add(1).saturating_mul(DAY_MICROS).saturating_sub(1) }),
            None => micros(text).map(Span::of),
        },
        _ => None,
    };
    found.ok_or_else(|| misfit(column_type, value))
}

/// Days since 1970.
fn day(text: &str) -> Option<i64> {
    text.parse::<NaiveDate>().ok().map(|date| i64::from(date.to_epoch_days()))
}

/// An instant with a zone, or without one in UTC.
fn micros(text: &str) -> Option<i64> {
    let zoned = DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_micros());
    zoned.or_else(|| text.parse::<NaiveDateTime>().ok().map(|time| time.and_utc().timestamp_micros()))
}

fn misfit(column_type: ColumnType, value: &Value) -> Error {
    let expected = match column_type {
        ColumnType::Boolean => "true or false",
        ColumnType::Integer => "a whole number",
        ColumnType::Float => "a number",
        ColumnType::String => "a text",
        ColumnType::Date => "a date as \"2013-01-31\"",
        ColumnType::Timestamp => "a time as \"2013-01-31T12:00:00Z\"",
        ColumnType::Struct | ColumnType::List => "nothing",
    };
    Error::invalid(format!("{value} is no value of a column of type {column_type}; give {expected}"))
}

/// The pattern, for the whole of a text.
///
/// # Errors
/// `Invalid` for one that is too long, is not a regular expression, or becomes too large.
pub(crate) fn whole_pattern(pattern: &str) -> Result<Regex> {
    let known = || COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(compiled) = known().get(pattern) {
        return Ok(compiled.clone());
    }
    let compiled = compile(pattern)?;
    let mut known = known();
    if known.len() >= COMPILED_MAX {
        known.clear();
    }
    known.insert(pattern.to_owned(), compiled.clone());
    Ok(compiled)
}

/// Patterns that were compiled: each small load needs those of its contract, and compiling takes longer than matching.
static COMPILED: LazyLock<Mutex<HashMap<String, Regex>>> = LazyLock::new(Mutex::default);
const COMPILED_MAX: usize = 64;

fn compile(pattern: &str) -> Result<Regex> {
    if pattern.len() > PATTERN_MAX_BYTES {
        return Err(Error::invalid(format!("the pattern has {} bytes; {PATTERN_MAX_BYTES} are allowed", pattern.len())));
    }
    let build = |pattern: &str| RegexBuilder::new(pattern).size_limit(PATTERN_COMPILED_MAX_BYTES).dfa_size_limit(PATTERN_COMPILED_MAX_BYTES).build();
    let invalid = |error: regex::Error| {
        let what = match &error {
            regex::Error::CompiledTooBig(limit) => format!("it takes more than {limit} bytes once it is compiled; repeat less"),
            // The last line says what is wrong, those before it draw where.
            other => other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
        };
        Error::invalid(format!("the pattern {pattern:?} cannot be used: {what}")).because(error)
    };
    // By itself first: what only makes sense between our brackets is refused.
    build(pattern).map_err(invalid)?;
    build(&format!("^(?:{pattern})$")).map_err(invalid)
}
