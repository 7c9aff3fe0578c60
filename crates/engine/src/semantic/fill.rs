//! Buckets of time without rows, put into an answer: every combination of its other groups gets each bucket of the range.

pub(crate) mod formulas;

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, RecordBatch, RecordBatchOptions, UInt64Array};
use arrow::compute::{cast, interleave, take};
use arrow::datatypes::{DataType, Int64Type, Schema, TimestampMicrosecondType};

use super::calendar::Calendar;
use super::combinations::Combinations;
use super::date::Range;
use super::interval::Interval;
use super::shape::Empty;
use crate::error::{Error, Result};
use crate::functions::bucket::bucket_of;
use crate::query::result::{ColumnRole, ResultColumn};

/// Which buckets there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filling {
    pub interval: Interval,
    pub calendar: Calendar,
    /// The range that was asked for; where it is open, the answer says where it begins and ends.
    pub range: Range,
    /// Buckets that begin later are not there, unless they have rows.
    pub now: i64,
    /// Rows at most.
    pub rows_max: usize,
}

/// The rows of an answer with those of buckets that it lacks, combination by combination in the order in which they come.
/// `time` is the place of the buckets among the columns, `empty` what each column has where there are no rows.
///
/// # Errors
/// `Exhausted` where there would be too many rows.
pub(crate) fn fill(batch: &RecordBatch, columns: &[ResultColumn], time: usize, empty: &[Empty], filling: &Filling) -> Result<RecordBatch> {
    let lost = || Error::internal("an answer without the time that it is grouped by");
    let times = batch.columns().get(time).ok_or_else(lost)?;
    let micros = cast(&cast(times, &DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some("UTC".into())))?, &DataType::Int64)?;
    let micros = micros.as_primitive::<Int64Type>();
    let buckets = filling.buckets(micros)?;
    let others = columns.iter().zip(batch.columns()).enumerate().filter(|(index, (column, _))| *index != time && column.role != ColumnRole::Measure);
    let others: Vec<&ArrayRef> = others.map(|(_, (_, values))| values).collect();
    let series = Combinations::of(&others, batch.num_rows())?;
    // Where nothing else is grouped by there is one, with or without rows.
    let count = if others.is_empty() { 1 } else { series.firsts.len() };
    let rows = buckets.len().saturating_mul(count);
    if rows > filling.rows_max {
        return Err(Error::exhausted(format!(
            "with every {} there would be {rows} rows; at most {} are answered: ask for a narrower range, longer buckets or fewer groups",
            filling.interval, filling.rows_max
        )));
    }
    let places: HashMap<i64, usize> = buckets.iter().enumerate().map(|(place, bucket)| (*bucket, place)).collect();
    // Rows by series and bucket; those without a time, of which there is no bucket, come after.
    let mut found: Vec<Option<u64>> = vec![None; rows];
    let mut beside: Vec<(usize, u64)> = Vec::new();
    for (row, series_of) in series.of_row.iter().enumerate() {
        let place = if micros.is_null(row) { None } else { places.get(&micros.value(row)) };
        match place.and_then(|place| found.get_mut(series_of * buckets.len() + place)) {
            Some(slot) => *slot = Some(row as u64),
            None => beside.push((*series_of, row as u64)),
        }
    }
    let shown = |column: &ArrayRef, rows: Vec<Option<u64>>| take(column, &UInt64Array::from(rows), None);
    let beside_rows: Vec<Option<u64>> = beside.iter().map(|(_, row)| Some(*row)).collect();
    let mut filled = Vec::with_capacity(batch.num_columns());
    for (index, ((column, values), empty)) in columns.iter().zip(batch.columns()).zip(empty).enumerate() {
        let rows: Vec<Option<u64>> = match column.role {
            _ if index == time => Vec::new(),
            ColumnRole::Measure if matches!(empty, Empty::Previous | Empty::ZeroThenPrevious) => carried(&found, buckets.len(), values),
            ColumnRole::Measure => found.clone(),
            _ => series.firsts.iter().flat_map(|first| std::iter::repeat_n(Some(*first), buckets.len())).collect(),
        };
        let all = rows.into_iter().chain(beside_rows.iter().copied()).collect::<Vec<_>>();
        filled.push(if index == time {
            let starts = (0..count).flat_map(|_| buckets.iter().copied().map(Some)).chain(beside.iter().map(|(_, row)| of(micros, *row)));
            let starts: PrimitiveArray<TimestampMicrosecondType> = starts.collect();
            cast(&(Arc::new(starts.with_timezone("UTC")) as ArrayRef), values.data_type())?
        } else if column.role == ColumnRole::Measure && matches!(empty, Empty::Zero | Empty::ZeroThenPrevious) {
            with_zeros(values, &all)?
        } else {
            shown(values, all)?
        });
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows + beside.len()));
    // Whatever could not be missing before can be now.
    let fields = batch.schema().fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect::<Vec<_>>();
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), filled, &options)?)
}

fn of(micros: &PrimitiveArray<Int64Type>, row: u64) -> Option<i64> {
    let row = usize::try_from(row).ok().filter(|row| micros.is_valid(*row))?;
    micros.values().get(row).copied()
}

impl Filling {
    /// The first instants of all buckets, ascending.
    fn buckets(&self, found: &PrimitiveArray<Int64Type>) -> Result<Vec<i64>> {
        // An empty range may lie inside of a bucket, which is not asked for: that of data where there are none.
        if let (Some(from), Some(to)) = (self.range.from, self.range.to)
            && from >= to
        {
            return Ok(Vec::new());
        }
        let first = arrow::compute::min(found);
        let last = arrow::compute::max(found);
        let from = self.range.from.or(first);
        // A range may go on beyond now, where nothing can have happened yet.
        let end_of = |micros: i64| bucket_of(micros, self.interval, self.calendar).1;
        let reached = last.map(end_of).into_iter().chain(self.range.to.map(|to| to.min(end_of(self.now)))).max();
        let (Some(from), Some(to)) = (from, reached) else { return Ok(Vec::new()) };
        let mut buckets = Vec::new();
        let mut at = bucket_of(first.map_or(from, |first| first.min(from)), self.interval, self.calendar).0;
        while at < to {
            if buckets.len() >= self.rows_max {
                let wide = self.interval.as_unit().map_or_else(|| self.interval.to_string(), |unit| format!("a {}", unit.as_str()));
                return Err(Error::exhausted(format!("the range has more than {} buckets of {wide}; ask for a narrower one, or for longer buckets", self.rows_max)));
            }
            buckets.push(at);
            at = bucket_of(at, self.interval, self.calendar).1.max(at.saturating_add(1));
        }
        Ok(buckets)
    }
}

/// The rows of buckets, or of the last one before that has a value.
fn carried(found: &[Option<u64>], buckets: usize, values: &ArrayRef) -> Vec<Option<u64>> {
    let mut rows = Vec::with_capacity(found.len());
    for series in found.chunks(buckets.max(1)) {
        let mut last = None;
        rows.extend(series.iter().map(|row| {
            last = row.filter(|row| has_value(values, *row).is_some()).or(last);
            last
        }));
    }
    rows
}

/// The place of a row, where it has a value.
fn has_value(values: &ArrayRef, row: u64) -> Option<usize> {
    usize::try_from(row).ok().filter(|row| *row < values.len() && values.is_valid(*row))
}

/// Values of rows, and zero where there is none.
fn with_zeros(values: &ArrayRef, rows: &[Option<u64>]) -> Result<ArrayRef> {
    let zero = cast(&(Arc::new(arrow::array::Int64Array::from(vec![0])) as ArrayRef), values.data_type())?;
    let at = |row: &Option<u64>| row.and_then(|row| has_value(values, row)).map_or((1, 0), |row| (0, row));
    Ok(interleave(&[values.as_ref(), zero.as_ref()], &rows.iter().map(at).collect::<Vec<_>>())?)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringViewArray, TimestampMicrosecondArray};
    use chrono::{DateTime, Utc};
    use chrono_tz::Tz;
    use serde_json::{Value, json};

    use super::*;
    use crate::catalog::ColumnType;
    use crate::query::write::columns_to_json;
    use crate::semantic::grain::Grain;

    fn micros(text: &str) -> i64 {
        text.parse::<DateTime<Utc>>().unwrap().timestamp_micros()
    }

    fn column(name: &str, column_type: ColumnType, role: ColumnRole) -> ResultColumn {
        ResultColumn {
            name: name.to_owned(),
            label: name.to_owned(),
            column_type,
            role,
            grain: None,
            granularity: None,
            interval: None,
            format: None,
            pivot: Vec::new(),
            others: false,
        }
    }

    fn filled(rows: &[(Option<&str>, Option<&str>, Option<i64>)], empty: Empty, range: Range, now: &str, rows_max: usize) -> Result<Value> {
        let times: TimestampMicrosecondArray = rows.iter().map(|(time, ..)| time.map(micros)).collect();
        let cities: StringViewArray = rows.iter().map(|(_, city, _)| *city).collect();
        let counts: Int64Array = rows.iter().map(|(.., count)| *count).collect();
        let batch = RecordBatch::try_from_iter([("t", Arc::new(times.with_timezone("UTC")) as ArrayRef), ("c", Arc::new(cities)), ("n", Arc::new(counts))]).unwrap();
        let columns =
            [column("t", ColumnType::Timestamp, ColumnRole::Time), column("c", ColumnType::String, ColumnRole::Dimension), column("n", ColumnType::Integer, ColumnRole::Measure)];
        let filling = Filling { interval: Grain::Day.into(), calendar: Calendar::from(Tz::Europe__Berlin), range, now: micros(now), rows_max };
        let batch = fill(&batch, &columns, 0, &[Empty::Null, Empty::Null, empty], &filling)?;
        Ok(json!(columns_to_json(&batch)))
    }

    const ROWS: [(Option<&str>, Option<&str>, Option<i64>); 4] = [
        (Some("2024-03-29T23:00:00Z"), Some("Rome"), Some(1)),
        (Some("2024-03-31T22:00:00Z"), Some("Rome"), Some(2)),
        (Some("2024-03-30T23:00:00Z"), None, Some(3)),
        (None, Some("Rome"), Some(4)),
    ];

    #[test]
    fn every_combination_gets_every_bucket_of_the_zone_and_rows_without_a_time_stay() {
        let days = ["2024-03-29T23:00:00Z", "2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z"];
        for (empty, counts) in [
            (Empty::Null, json!([1, null, 2, null, 3, null, 4])),
            (Empty::Zero, json!([1, 0, 2, 0, 3, 0, 4])),
            (Empty::Previous, json!([1, 1, 2, null, 3, 3, 4])),
            (Empty::ZeroThenPrevious, json!([1, 1, 2, 0, 3, 3, 4])),
        ] {
            let found = filled(&ROWS, empty, Range::default(), "2024-06-01T00:00:00Z", 100).unwrap();
            let cities = json!(["Rome", "Rome", "Rome", null, null, null, "Rome"]);
            assert_eq!(found, json!([[days[0], days[1], days[2], days[0], days[1], days[2], null], cities, counts]));
        }
    }

    #[test]
    fn a_row_without_a_value_is_as_good_as_none() {
        // Another measure has a number there, or the measure's own conditions leave all rows out.
        let rows = [(Some("2024-03-01T23:00:00Z"), None, Some(1)), (Some("2024-03-02T23:00:00Z"), None, None), (Some("2024-03-04T23:00:00Z"), None, None)];
        for (empty, counts) in [(Empty::Null, json!([1, null, null, null])), (Empty::Zero, json!([1, 0, 0, 0])), (Empty::Previous, json!([1, 1, 1, 1]))] {
            assert_eq!(filled(&rows, empty, Range::default(), "2024-06-01T00:00:00Z", 100).unwrap()[2], counts);
        }
    }

    #[test]
    fn a_range_reaches_to_its_ends_but_not_beyond_now() {
        let range = |from: &str, to: &str| Range { from: Some(micros(from)), to: Some(micros(to)) };
        let days = |range: Range, now: &str| filled(&ROWS[..1], Empty::Zero, range, now, 100).unwrap()[2].as_array().unwrap().len();
        let march = range("2024-02-29T23:00:00Z", "2024-03-31T22:00:00Z");
        assert_eq!(days(march, "2024-06-01T00:00:00Z"), 31);
        assert_eq!(days(march, "2024-03-10T12:00:00Z"), 30, "up to the last row, which lies beyond now");
        assert_eq!(days(range("2024-03-29T23:00:00Z", "2024-04-30T22:00:00Z"), "2024-04-02T12:00:00Z"), 4);
    }

    #[test]
    fn an_empty_range_has_no_buckets() {
        // "last 7 days of data" of a dataset without rows. In Berlin the epoch is an hour after the beginning of a day.
        let range = Range { from: Some(0), to: Some(0) };
        let filling = Filling { interval: Grain::Day.into(), calendar: Calendar::from(Tz::Europe__Berlin), range, now: micros("2024-06-01T00:00:00Z"), rows_max: 100 };
        assert_eq!(filling.buckets(&Int64Array::from(Vec::<i64>::new())).unwrap(), Vec::<i64>::new());
    }

    #[test]
    fn too_many_rows_are_refused_before_they_are_made() {
        let error = filled(&ROWS, Empty::Zero, Range { from: Some(0), to: None }, "2024-06-01T00:00:00Z", 1_000).unwrap_err();
        assert!(error.message().contains("more than 1000 buckets of a day"), "{error}");
        let error = filled(&ROWS, Empty::Zero, Range::default(), "2024-06-01T00:00:00Z", 5).unwrap_err();
        assert!(error.message().contains("6 rows; at most 5"), "{error}");
    }
}
