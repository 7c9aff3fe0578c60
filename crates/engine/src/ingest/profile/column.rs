//! What the sampled values of one column look like: sorted once where they are numbers, counted by text where they are not.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, NaiveDate, SecondsFormat};
use serde_json::Value;

use super::{BUCKETS_MAX, Bucket, Deciles, Lengths, LoadColumnProfile, TOP_VALUES, TopValue};
use crate::catalog::ColumnType;
use crate::ingest::decode::tally::shorten_value;

const TENTHS: usize = 10;

/// What a sample tells of a column.
#[derive(Debug, Default)]
pub(super) struct Sampled {
    values: u64,
    distinct: u64,
    mean: Option<f64>,
    lengths: Option<Lengths>,
    top: Vec<TopValue>,
    histogram: Vec<Bucket>,
    deciles: Option<Deciles>,
    /// Its numbers in order, in the unit of deciles.
    pub numbers: Option<Vec<f64>>,
}

impl Sampled {
    pub(super) fn tell(self, profile: &mut LoadColumnProfile) {
        profile.sampled_values = self.values;
        profile.distinct = self.distinct;
        (profile.mean, profile.lengths, profile.top) = (self.mean, self.lengths, self.top);
        (profile.histogram, profile.deciles) = (self.histogram, self.deciles);
    }
}

/// Describes the values of a sample.
pub(super) fn describe(array: &ArrayRef, column_type: ColumnType) -> Sampled {
    match array.data_type() {
        DataType::Boolean => whole(array.as_boolean().iter().flatten().map(i64::from).collect(), column_type),
        DataType::Int64 => whole(array.as_primitive::<Int64Type>().iter().flatten().collect(), column_type),
        DataType::Date32 => whole(array.as_primitive::<Date32Type>().iter().flatten().map(i64::from).collect(), column_type),
        DataType::Timestamp(..) => match array.as_primitive_opt::<TimestampMicrosecondType>() {
            Some(values) => whole(values.iter().flatten().collect(), column_type),
            None => Sampled::default(),
        },
        DataType::Float64 => real(array.as_primitive::<Float64Type>().iter().flatten().filter(|value| value.is_finite()).map(|value| value + 0.0).collect()),
        DataType::Utf8View => texts(array),
        _ => Sampled::default(),
    }
}

/// A number, day or microsecond as JSON says it.
pub(super) fn json_of(column_type: ColumnType, value: i64) -> Value {
    let text = match column_type {
        ColumnType::Boolean => return Value::from(value != 0),
        ColumnType::Date => i32::try_from(value).ok().and_then(NaiveDate::from_epoch_days).map(|date| date.to_string()),
        ColumnType::Timestamp => DateTime::from_timestamp_micros(value).map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        _ => return Value::from(value),
    };
    text.map_or(Value::Null, Value::from)
}

fn whole(mut values: Vec<i64>, column_type: ColumnType) -> Sampled {
    values.sort_unstable();
    let json = |value: i64| json_of(column_type, value);
    let mut sampled = Sampled { values: values.len() as u64, ..Sampled::default() };
    (sampled.distinct, sampled.top) = frequent(&values, json);
    if column_type != ColumnType::Boolean {
        let numbers: Vec<f64> = values.iter().map(|value| *value as f64).collect();
        sampled.mean = (column_type == ColumnType::Integer).then(|| mean(&numbers)).flatten();
        sampled.histogram = whole_buckets(&values, json);
        sampled.deciles = deciles(&numbers);
        sampled.numbers = Some(numbers);
    }
    sampled
}

fn real(mut values: Vec<f64>) -> Sampled {
    values.sort_unstable_by(f64::total_cmp);
    let mut sampled = Sampled { values: values.len() as u64, mean: mean(&values), histogram: real_buckets(&values), deciles: deciles(&values), ..Sampled::default() };
    (sampled.distinct, sampled.top) = frequent(&values, Value::from);
    sampled.numbers = Some(values);
    sampled
}

fn texts(array: &ArrayRef) -> Sampled {
    let mut counts: HashMap<&str, u64, foldhash::fast::RandomState> = HashMap::default();
    let mut sampled = Sampled::default();
    let (mut shortest, mut longest, mut characters) = (u64::MAX, 0, 0_u64);
    for text in array.as_string_view().iter().flatten() {
        *counts.entry(text).or_default() += 1;
        let length = text.chars().count() as u64;
        (shortest, longest, characters) = (shortest.min(length), longest.max(length), characters + length);
        sampled.values += 1;
    }
    sampled.distinct = counts.len() as u64;
    if sampled.values > 0 {
        sampled.lengths = Some(Lengths { min: shortest, max: longest, mean: characters as f64 / sampled.values as f64 });
    }
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_unstable_by(|(left, many), (right, more)| more.cmp(many).then_with(|| left.cmp(right)));
    sampled.top = worth_telling(counts.into_iter().take(TOP_VALUES).map(|(text, count)| TopValue { value: Value::from(shorten_value(text.as_bytes())), count }), sampled.distinct);
    sampled
}

/// How many values are distinct among values in order, and the most frequent ones; of equally frequent ones the least.
fn frequent<T: Copy + PartialEq>(sorted: &[T], json: impl Fn(T) -> Value) -> (u64, Vec<TopValue>) {
    let mut runs: Vec<(T, u64)> = Vec::new();
    for value in sorted {
        match runs.last_mut() {
            Some((last, count)) if last == value => *count += 1,
            _ => runs.push((*value, 1)),
        }
    }
    let distinct = runs.len() as u64;
    // Stable: they are in order.
    runs.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    (distinct, worth_telling(runs.into_iter().take(TOP_VALUES).map(|(value, count)| TopValue { value: json(value), count }), distinct))
}

/// Where no value stands twice, a few of many mean nothing.
fn worth_telling(top: impl Iterator<Item = TopValue>, distinct: u64) -> Vec<TopValue> {
    let top: Vec<TopValue> = top.collect();
    if distinct > TOP_VALUES as u64 && top.iter().all(|value| value.count == 1) { Vec::new() } else { top }
}

fn mean(sorted: &[f64]) -> Option<f64> {
    // Halves, so that no sum grows large: the mean of numbers that fit fits.
    let count = sorted.len() as f64;
    (count > 0.0).then(|| sorted.iter().map(|value| value / count).sum::<f64>()).filter(|mean| mean.is_finite())
}

/// Buckets of a whole width, so that each holds as many values as the others can.
fn whole_buckets(sorted: &[i64], json: impl Fn(i64) -> Value) -> Vec<Bucket> {
    let (Some(min), Some(max)) = (sorted.first().copied(), sorted.last().copied()) else { return Vec::new() };
    let span = i128::from(max) - i128::from(min) + 1;
    let width = (span + BUCKETS_MAX as i128 - 1) / BUCKETS_MAX as i128;
    let clamped = |value: i128| i64::try_from(value).unwrap_or(i64::MAX);
    let mut buckets = Vec::new();
    let (mut low, mut from) = (i128::from(min), 0);
    while low <= i128::from(max) {
        let high = low + width;
        let end = sorted.partition_point(|value| i128::from(*value) < high);
        buckets.push(Bucket { from: json(clamped(low)), to: json(clamped(high.min(i128::from(max)))), count: (end - from) as u64 });
        (low, from) = (high, end);
    }
    buckets
}

fn real_buckets(sorted: &[f64]) -> Vec<Bucket> {
    let (Some(min), Some(max)) = (sorted.first().copied(), sorted.last().copied()) else { return Vec::new() };
    // Halved first: the distance of two floats may be none.
    let width = (max / BUCKETS_MAX as f64) - (min / BUCKETS_MAX as f64);
    if width <= 0.0 || !width.is_finite() || min + width == min {
        return vec![Bucket { from: Value::from(min), to: Value::from(max), count: sorted.len() as u64 }];
    }
    let edge = |number: usize| if number == BUCKETS_MAX { max } else { min + width * number as f64 };
    let mut from = 0;
    let bucket = |number: usize| {
        let (low, high) = (edge(number), edge(number + 1));
        let end = if number + 1 == BUCKETS_MAX { sorted.len() } else { sorted.partition_point(|value| *value < high).max(from) };
        let count = (end - from) as u64;
        from = end;
        Bucket { from: Value::from(low), to: Value::from(high), count }
    };
    (0..BUCKETS_MAX).map(bucket).collect()
}

fn deciles(sorted: &[f64]) -> Option<Deciles> {
    let mut edges: Vec<f64> = (1..TENTHS).filter_map(|tenth| sorted.get((sorted.len() * tenth / TENTHS).checked_sub(1)?).copied()).collect();
    // The greatest value is the end of the last bin, which has none.
    edges.retain(|edge| sorted.last().is_some_and(|last| edge < last));
    edges.dedup();
    if sorted.is_empty() {
        return None;
    }
    let mut deciles = Deciles { edges, counts: Vec::new() };
    deciles.counts = deciles.count(sorted);
    Some(deciles)
}
