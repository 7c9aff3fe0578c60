//! Rows that were gathered, in the order of time and cut into pieces, each within one time chunk and the row limit. Only the time
//! column is looked at as a whole; the rows of a piece are put together when it is written, so that no second copy of
//! everything is ever held.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, RecordBatch, UInt32Array};
use arrow::compute::{self, SortOptions};
use arrow::datatypes::{DataType, Date32Type, SchemaRef, TimestampMicrosecondType};
use chrono::{DateTime, Datelike, TimeDelta, Utc};

use crate::catalog::TimeChunk;
use crate::error::{Error, Result};

/// Rows that a chunk should hold on average, so that a segment is worth opening.
const CHUNK_ROWS_WANTED: usize = 256 << 10;
/// Rows that a month or a year should hold, where there are many of them: each is a segment of its own.
const CHUNK_ROWS_MIN: usize = 1_000;
/// So many chunks are no harm, however few rows they hold.
const FEW_CHUNKS: f64 = 24.0;
/// The chunk of rows that are not cut by time.
const ALL: &str = "all";
const MICROS_OF_DAY: i64 = 86_400_000_000;

/// Batches of one schema and the order of their rows.
#[derive(Debug)]
pub(super) struct Arranged {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    /// The number of the first row of each batch, and of the one behind the last.
    starts: Vec<usize>,
    /// The rows in their order, by number. `None`: as they are.
    order: Option<UInt32Array>,
    /// Names of chunks, and places in the order.
    pieces: Vec<(String, Range<usize>)>,
}

impl Arranged {
    /// Sorts rows by time and cuts them. Rows without a time come last. Without a chunk one is chosen.
    pub(super) fn new(schema: SchemaRef, batches: Vec<RecordBatch>, time_index: Option<usize>, chunk: Option<TimeChunk>, max_rows: usize) -> Result<(Self, Option<TimeChunk>)> {
        let mut starts = vec![0];
        for batch in &batches {
            starts.push(starts.last().copied().unwrap_or(0) + batch.num_rows());
        }
        let mut arranged = Self { schema, batches, starts, order: None, pieces: Vec::new() };
        let Some(time_index) = time_index else {
            arranged.cut(ALL, 0..arranged.rows(), max_rows);
            return Ok((arranged, None));
        };
        let columns: Vec<&dyn Array> = arranged.batches.iter().map(|batch| batch.column(time_index).as_ref()).collect();
        let mut micros = micros_of(&compute::concat(&columns)?)?;
        if !is_sorted(&micros) {
            let order = compute::sort_to_indices(&micros, Some(SortOptions { descending: false, nulls_first: false }), None)?;
            micros = compute::take(&micros, &order, None)?.as_primitive::<TimestampMicrosecondType>().clone();
            arranged.order = Some(order);
        }
        let known = micros.len() - micros.null_count();
        let times = micros.values().get(..known).unwrap_or_default();
        let chunk = chunk.unwrap_or_else(|| choose_chunk(times));
        let mut start = 0;
        while let Some(first) = times.get(start) {
            let (name, end) = chunk_of(*first, chunk);
            let rest = times.get(start..).unwrap_or_default();
            // Behind the end of all chunks nothing is any more.
            let length = if end == i64::MAX { rest.len() } else { rest.partition_point(|time| *time < end).max(1) };
            arranged.cut(&name, start..start + length, max_rows);
            start += length;
        }
        arranged.cut("no-time", known..arranged.rows(), max_rows);
        Ok((arranged, Some(chunk)))
    }

    /// Names of chunks, and places of the rows.
    pub(super) fn pieces(&self) -> &[(String, Range<usize>)] {
        &self.pieces
    }

    pub(super) fn rows(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// The chunk of a piece and its rows, put together.
    pub(super) fn piece(&self, piece: usize) -> Result<(String, RecordBatch)> {
        let (name, range) = self.pieces.get(piece).ok_or_else(|| Error::internal("a piece that was not cut"))?;
        let Some(order) = &self.order else {
            let parts = self.batches.iter().zip(&self.starts).filter_map(|(batch, start)| {
                let from = range.start.clamp(*start, start + batch.num_rows());
                let to = range.end.clamp(*start, start + batch.num_rows());
                (from < to).then(|| batch.slice(from - start, to - from))
            });
            let parts: Vec<RecordBatch> = parts.collect();
            let rows = if let [whole] = parts.as_slice() { whole.clone() } else { compute::concat_batches(&self.schema, &parts)? };
            return Ok((name.clone(), rows));
        };
        let place = |row: u32| {
            let batch = self.starts.partition_point(|start| *start <= row as usize).saturating_sub(1);
            (batch, row as usize - self.starts.get(batch).copied().unwrap_or(0))
        };
        let places: Vec<(usize, usize)> = order.values().get(range.clone()).unwrap_or_default().iter().map(|row| place(*row)).collect();
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        Ok((name.clone(), compute::interleave_record_batch(&batches, &places)?))
    }

    fn cut(&mut self, name: &str, rows: Range<usize>, max_rows: usize) {
        let max_rows = max_rows.max(1);
        for start in rows.clone().step_by(max_rows) {
            self.pieces.push((name.to_owned(), start..rows.end.min(start + max_rows)));
        }
    }
}

type Micros = PrimitiveArray<TimestampMicrosecondType>;

fn micros_of(column: &ArrayRef) -> Result<Micros> {
    match column.data_type() {
        DataType::Timestamp(..) => Ok(column.as_primitive::<TimestampMicrosecondType>().clone()),
        DataType::Date32 => Ok(column.as_primitive::<Date32Type>().unary(|days| i64::from(days).saturating_mul(MICROS_OF_DAY))),
        other => Err(Error::internal(format!("time column of type {other}"))),
    }
}

fn is_sorted(times: &Micros) -> bool {
    let known = times.len() - times.null_count();
    let nulls_last = (known..times.len()).all(|row| times.is_null(row));
    nulls_last && times.values().get(..known).is_some_and(<[i64]>::is_sorted)
}

/// The narrowest chunk that still holds enough rows on average, at the rate of the first rows. Where even months would be many and
/// hold few rows, as with dates of birth, a wider one.
fn choose_chunk(times: &[i64]) -> TimeChunk {
    let span_days = match (times.first(), times.last()) {
        (Some(first), Some(last)) => last.saturating_sub(*first) as f64 / MICROS_OF_DAY as f64,
        _ => 0.0,
    };
    let enough = |days: f64| times.len() as f64 * days >= CHUNK_ROWS_WANTED as f64 * span_days && span_days > 0.0;
    // One date that is far off says nothing of the others.
    let at = |share: usize| times.get(times.len().saturating_sub(1) * share / 20).copied().unwrap_or_default();
    let (inner_days, inner_rows) = (at(19).saturating_sub(at(1)) as f64 / MICROS_OF_DAY as f64, times.len() as f64 * 0.9);
    let bearable = |days: f64| inner_days <= FEW_CHUNKS * days || inner_rows * days >= CHUNK_ROWS_MIN as f64 * inner_days;
    if enough(1.0 / 24.0) {
        TimeChunk::Hour
    } else if enough(1.0) {
        TimeChunk::Day
    } else if enough(7.0) {
        TimeChunk::Week
    } else if bearable(30.0) {
        TimeChunk::Month
    } else if bearable(365.0) {
        TimeChunk::Year
    } else {
        TimeChunk::All
    }
}

/// Name of the chunk of an instant, and the first instant after it, both in UTC. What no calendar has lies before all chunks, or behind them.
pub(super) fn chunk_of(micros: i64, chunk: TimeChunk) -> (String, i64) {
    let Some(time) = DateTime::from_timestamp_micros(micros) else {
        return ("out-of-range".to_owned(), if micros < 0 { DateTime::<Utc>::MIN_UTC.timestamp_micros() } else { i64::MAX });
    };
    let day = time.date_naive();
    let (name, next) = match chunk {
        TimeChunk::Hour => {
            let end = micros.div_euclid(MICROS_OF_DAY / 24).saturating_add(1).saturating_mul(MICROS_OF_DAY / 24);
            return (time.format("%Y-%m-%dT%H").to_string(), end);
        }
        TimeChunk::Day => (day.to_string(), day.succ_opt()),
        TimeChunk::Week => {
            let monday = day.checked_sub_signed(TimeDelta::days(day.weekday().num_days_from_monday().into())).unwrap_or(day);
            (monday.format("%G-W%V").to_string(), monday.checked_add_signed(TimeDelta::weeks(1)))
        }
        TimeChunk::Month => (time.format("%Y-%m").to_string(), day.with_day(1).and_then(|first| first.checked_add_months(chrono::Months::new(1)))),
        TimeChunk::Year => (time.format("%Y").to_string(), chrono::NaiveDate::from_ymd_opt(day.year() + 1, 1, 1)),
        TimeChunk::All => (ALL.to_owned(), None),
    };
    (name, next.map_or(i64::MAX, |next| next.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros()))
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use arrow::array::{Date32Array, Int64Array, TimestampMicrosecondArray};
    use proptest::prelude::*;

    use super::*;
    use crate::catalog::{Column, ColumnType, DatasetSchema};

    /// Rows of these times, numbered.
    pub(in crate::storage) fn rows(times: Vec<Option<i64>>) -> RecordBatch {
        let columns = vec![Column::new("at", ColumnType::Timestamp), Column::new("n", ColumnType::Integer)];
        let numbers = Int64Array::from_iter_values(0..times.len() as i64);
        let times = TimestampMicrosecondArray::from(times).with_timezone("UTC");
        RecordBatch::try_new(DatasetSchema::new(columns, None).unwrap().arrow(), vec![Arc::new(times), Arc::new(numbers)]).unwrap()
    }

    fn micros(text: &str) -> Option<i64> {
        Some(text.parse::<DateTime<Utc>>().unwrap().timestamp_micros())
    }

    #[test]
    fn rows_go_to_their_chunk_in_order_and_none_is_lost() {
        let rows = rows(vec![micros("2013-02-01T00:00:00Z"), None, micros("2013-01-31T23:59:59.999999Z"), micros("1969-12-31T23:00:00Z")]);
        for (chunk, expected) in [
            (TimeChunk::All, ["all", "all", "all", "no-time"]),
            (TimeChunk::Year, ["1969", "2013", "2013", "no-time"]),
            (TimeChunk::Month, ["1969-12", "2013-01", "2013-02", "no-time"]),
            (TimeChunk::Day, ["1969-12-31", "2013-01-31", "2013-02-01", "no-time"]),
            (TimeChunk::Week, ["1970-W01", "2013-W05", "2013-W05", "no-time"]),
            (TimeChunk::Hour, ["1969-12-31T23", "2013-01-31T23", "2013-02-01T00", "no-time"]),
        ] {
            // In one batch and in several.
            for batches in [vec![rows.clone()], (0..4).map(|row| rows.slice(row, 1)).collect()] {
                let (arranged, _) = Arranged::new(rows.schema(), batches, Some(0), Some(chunk), 1).unwrap();
                let names: Vec<&str> = arranged.pieces().iter().map(|(name, _)| name.as_str()).collect();
                assert_eq!(names, expected, "{chunk:?}");
                let numbers = (0..4).map(|piece| arranged.piece(piece).unwrap().1.column(1).as_primitive::<arrow::datatypes::Int64Type>().values().to_vec());
                assert_eq!(numbers.collect::<Vec<_>>().concat(), [3, 2, 0, 1]);
            }
        }
    }

    #[test]
    fn what_no_calendar_has_lies_apart_from_what_has_a_time() {
        let times = vec![Some(i64::MAX), Some(-i64::MAX), micros("2013-01-31T00:00:00Z"), Some(i64::MAX), None, Some(i64::MAX - 1), Some(i64::MIN)];
        let rows = rows(times);
        for chunk in [TimeChunk::Month, TimeChunk::Week, TimeChunk::Day, TimeChunk::Hour] {
            let (arranged, _) = Arranged::new(rows.schema(), vec![rows.clone()], Some(0), Some(chunk), 100).unwrap();
            let lengths: Vec<usize> = arranged.pieces().iter().map(|(_, rows)| rows.len()).collect();
            assert_eq!(lengths, [2, 1, 3, 1], "{chunk:?}");
            let names = [0, 2, 3].map(|piece| arranged.pieces()[piece].0.as_str());
            assert_eq!(names, ["out-of-range", "out-of-range", "no-time"], "{chunk:?}");
            // The first and the last instant that there are.
            let (first, last) = (DateTime::<Utc>::MIN_UTC.timestamp_micros(), DateTime::<Utc>::MAX_UTC.timestamp_micros());
            assert!(chunk_of(first, chunk).1 > first && chunk_of(last, chunk).1 > last, "{chunk:?}");
        }
        let days: ArrayRef = Arc::new(Date32Array::from(vec![i32::MAX, 0, i32::MIN]));
        assert_eq!(micros_of(&days).unwrap().values().to_vec(), [i64::MAX, 0, i64::MIN]);
    }

    #[test]
    fn a_chunk_holds_enough_rows() {
        let hour = MICROS_OF_DAY / 24;
        for (count, step, expected) in
            [(10, hour, TimeChunk::Month), (600_000, hour / 300_000, TimeChunk::Hour), (1, 1, TimeChunk::Month), (600_000, 24 * hour / 300_000, TimeChunk::Day)]
        {
            let times: Vec<i64> = (0..count).map(|row| row * step).collect();
            assert_eq!(choose_chunk(&times), expected, "{count} rows, one each {step} us");
        }
    }

    #[test]
    fn few_rows_of_many_years_are_not_cut_into_a_segment_each() {
        let day = MICROS_OF_DAY;
        let every = |count: i64, days: i64| -> Vec<i64> { (0..count).map(|row| row * days * day).collect() };
        // A thousand dates of birth, from a hundred years.
        assert_eq!(choose_chunk(&every(1_000, 36)), TimeChunk::All);
        // Ten sales a day since ten years; two years of one a week.
        assert_eq!(choose_chunk(&every(36_500, 1).iter().map(|time| time / 10).collect::<Vec<_>>()), TimeChunk::Year);
        assert_eq!(choose_chunk(&every(104, 7)), TimeChunk::Month);
        // A date that somebody forgot to fill in makes no century of a year.
        let year: Vec<i64> = std::iter::once(-100 * 365 * day).chain(every(365, 1)).collect();
        assert_eq!(choose_chunk(&year), TimeChunk::Month);
        for few in [vec![], vec![0], vec![0, 400 * 365 * day]] {
            assert_eq!(choose_chunk(&few), TimeChunk::Month, "{few:?}");
        }
    }

    proptest! {
        #[test]
        fn pieces_are_the_rows_in_order(times in proptest::collection::vec(proptest::option::of(0_i64..100), 1..60), parts in 1_usize..5, max_rows in 1_usize..20, sorted in any::<bool>()) {
            let mut times = times;
            if sorted {
                times.sort_by_key(|time| (time.is_none(), *time));
            }
            let all = rows(times.iter().map(|time| time.map(|days| days * MICROS_OF_DAY)).collect());
            let length = all.num_rows().div_ceil(parts);
            let batches = (0..all.num_rows()).step_by(length).map(|from| all.slice(from, length.min(all.num_rows() - from))).collect();
            let (arranged, _) = Arranged::new(all.schema(), batches, Some(0), Some(TimeChunk::Week), max_rows).unwrap();
            let mut seen = Vec::new();
            for piece in 0..arranged.pieces().len() {
                let (_, rows) = arranged.piece(piece).unwrap();
                prop_assert!((1..=max_rows).contains(&rows.num_rows()));
                let numbers = rows.column(1).as_primitive::<arrow::datatypes::Int64Type>().values().to_vec();
                // Each number is that of its own time.
                let micros = micros_of(rows.column(0)).unwrap();
                for (number, time) in numbers.iter().zip(&micros) {
                    prop_assert_eq!(times[*number as usize].map(|days| days * MICROS_OF_DAY), time);
                }
                seen.extend(numbers);
            }
            let keys: Vec<_> = seen.iter().map(|number| (times[*number as usize].is_none(), times[*number as usize])).collect();
            prop_assert!(keys.is_sorted());
            seen.sort_unstable();
            prop_assert!(seen.into_iter().eq(0..times.len() as i64));
        }
    }
}
