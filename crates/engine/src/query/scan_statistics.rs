//! What planning knows of a scan before it runs: how many rows there are and what their values lie between. Joins are put
//! in order by it, the smaller side being the one that is held in memory. All of it is said to be inexact, so that no
//! answer is ever taken from it.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, Statistics};
use datafusion::scalar::ScalarValue;

use crate::storage::segment::Segment;

/// Segments up to which the values of columns are looked at: beyond, planning would take longer than it gains.
const SEGMENTS_MAX: usize = 512;

/// The statistics of some segments of a dataset.
pub(crate) fn of_segments(segments: &[Arc<Segment>], schema: &SchemaRef) -> Statistics {
    let mut statistics = Statistics::new_unknown(schema);
    let total = |of: fn(&Segment) -> u64| Precision::Inexact(usize::try_from(segments.iter().map(|segment| of(segment)).sum::<u64>()).unwrap_or(usize::MAX));
    statistics.num_rows = total(|segment| segment.rows);
    statistics.total_byte_size = total(|segment| segment.bytes);
    if segments.len() <= SEGMENTS_MAX {
        statistics.column_statistics = (0..schema.fields().len()).map(|column| of_column(segments, column)).collect();
    }
    statistics
}

fn of_column(segments: &[Arc<Segment>], column: usize) -> ColumnStatistics {
    let mut statistics = ColumnStatistics::new_unknown();
    let known = || segments.iter().map(|segment| segment.statistics.get(column));
    if let Some(nulls) = known().map(|known| known?.nulls).sum::<Option<u64>>() {
        statistics.null_count = Precision::Inexact(usize::try_from(nulls).unwrap_or(usize::MAX));
    }
    // A bound that one segment does not tell is no bound of all.
    let bound = |of_one: fn(&crate::storage::statistics::ColumnStatistics) -> Option<&ScalarValue>, wanted: Ordering| {
        let mut best: Option<&ScalarValue> = None;
        for known in known() {
            let value = of_one(known?)?;
            if best.is_none_or(|best| value.partial_cmp(best) == Some(wanted)) {
                best = Some(value);
            }
        }
        best.cloned()
    };
    if let Some(min) = bound(|known| known.min.as_ref(), Ordering::Less) {
        statistics.min_value = Precision::Inexact(min);
    }
    if let Some(max) = bound(|known| known.max.as_ref(), Ordering::Greater) {
        statistics.max_value = Precision::Inexact(max);
    }
    statistics
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field, Schema};
    use chrono::DateTime;

    use super::*;
    use crate::storage::statistics::ColumnStatistics as Known;

    #[test]
    fn bounds_hold_all_segments_and_are_never_exact() {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true), Field::new("m", DataType::Int64, true)]));
        let segment = |rows: u64, bounds: Option<(i64, i64)>| {
            let of = |(min, max): (i64, i64)| Known { min: Some(min.into()), max: Some(max.into()), nulls: Some(1), filtered: false };
            let statistics = vec![of((rows as i64, 9)), bounds.map(of).unwrap_or_default()];
            Arc::new(Segment { path: "p".into(), rows, bytes: 10, written_at: DateTime::UNIX_EPOCH, statistics })
        };
        let found = of_segments(&[segment(5, Some((3, 4))), segment(3, Some((-1, 4)))], &schema);
        assert_eq!((found.num_rows, found.total_byte_size), (Precision::Inexact(8), Precision::Inexact(20)));
        let [n, m] = found.column_statistics.as_slice() else { panic!() };
        assert_eq!((n.min_value.clone(), n.max_value.clone(), n.null_count), (Precision::Inexact(3_i64.into()), Precision::Inexact(9_i64.into()), Precision::Inexact(2)));
        assert_eq!(m.min_value, Precision::Inexact((-1_i64).into()));
        // One that does not say.
        let found = of_segments(&[segment(5, Some((3, 4))), segment(3, None)], &schema);
        assert_eq!(found.column_statistics[1], ColumnStatistics::new_unknown());
    }
}
