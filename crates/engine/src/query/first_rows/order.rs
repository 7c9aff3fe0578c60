//! What a segment can hold at best in an order by one of its columns, by its statistics alone, and whether that could
//! still replace a row that was found.

use std::cmp::Ordering;

use arrow::compute::SortOptions;
use arrow::datatypes::DataType;
use datafusion::scalar::ScalarValue;

use crate::storage::segment::Segment;

/// The first value of an order that a segment may hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Best {
    /// Nothing is known: it may hold whatever comes first.
    Unknown,
    /// A null: the first value where nulls come first, the only one where they come last.
    Null,
    Value(ScalarValue),
}

/// The leading key of an order.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub options: SortOptions,
    /// Whether further keys decide between rows that are equal in the leading one.
    pub has_more_keys: bool,
}

impl Order {
    /// The best that a segment may hold in a column of a type.
    pub(crate) fn best_of(&self, segment: &Segment, column: usize, data_type: &DataType) -> Best {
        let Some(statistics) = segment.statistics.get(column) else { return Best::Unknown };
        if self.options.nulls_first && statistics.nulls != Some(0) {
            return Best::Null;
        }
        match if self.options.descending { &statistics.max } else { &statistics.min } {
            // A column that was widened later has bounds of its former type in older segments.
            Some(bound) if bound.data_type() == *data_type && !bound.is_null() => Best::Value(bound.clone()),
            None if segment.rows > 0 && statistics.nulls == Some(segment.rows) => Best::Null,
            _ => Best::Unknown,
        }
    }

    /// Which of two comes first; what is unknown comes before everything.
    pub(crate) fn compare(&self, left: &Best, right: &Best) -> Ordering {
        let nulls = if self.options.nulls_first { Ordering::Less } else { Ordering::Greater };
        match (left, right) {
            (Best::Unknown, Best::Unknown) | (Best::Null, Best::Null) => Ordering::Equal,
            (Best::Unknown, _) => Ordering::Less,
            (_, Best::Unknown) => Ordering::Greater,
            (Best::Null, Best::Value(_)) => nulls,
            (Best::Value(_), Best::Null) => nulls.reverse(),
            (Best::Value(left), Best::Value(right)) => self.values(left, right).unwrap_or(Ordering::Equal),
        }
    }

    /// Whether a segment may hold a row that belongs before the last of the rows that were found, whose leading key is
    /// `last`.
    pub(crate) fn can_improve(&self, best: &Best, last: &ScalarValue) -> bool {
        let found = match (best, last.is_null()) {
            (Best::Unknown, _) => return true,
            (Best::Null, true) => Ordering::Equal,
            (Best::Null, false) if self.options.nulls_first => Ordering::Less,
            (Best::Null, false) => Ordering::Greater,
            (Best::Value(_), true) if self.options.nulls_first => Ordering::Greater,
            (Best::Value(_), true) => Ordering::Less,
            (Best::Value(value), false) => match self.values(value, last) {
                Some(ordering) => ordering,
                None => return true,
            },
        };
        match found {
            Ordering::Less => true,
            // Of rows that are equal in every key, any may be left out.
            Ordering::Equal => self.has_more_keys,
            Ordering::Greater => false,
        }
    }

    fn values(&self, left: &ScalarValue, right: &ScalarValue) -> Option<Ordering> {
        let ordering = left.partial_cmp(right)?;
        Some(if self.options.descending { ordering.reverse() } else { ordering })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::statistics::ColumnStatistics;

    fn segment(min: Option<i64>, max: Option<i64>, nulls: Option<u64>) -> Segment {
        let bound = |value: Option<i64>| value.map(|value| ScalarValue::Int64(Some(value)));
        let statistics = vec![ColumnStatistics { min: bound(min), max: bound(max), nulls, filtered: false }];
        Segment { path: "p".into(), rows: 10, bytes: 1, written_at: chrono::DateTime::UNIX_EPOCH, statistics }
    }

    fn value(value: i64) -> Best {
        Best::Value(ScalarValue::Int64(Some(value)))
    }

    fn order(descending: bool, nulls_first: bool, has_more_keys: bool) -> Order {
        Order { options: SortOptions { descending, nulls_first }, has_more_keys }
    }

    #[test]
    fn the_best_of_a_segment_depends_on_direction_and_nulls() {
        let cases = [
            (true, false, segment(Some(1), Some(5), Some(0)), value(5)),
            (false, false, segment(Some(1), Some(5), Some(3)), value(1)),
            (true, true, segment(Some(1), Some(5), Some(0)), value(5)),
            (true, true, segment(Some(1), Some(5), Some(3)), Best::Null),
            (true, true, segment(Some(1), Some(5), None), Best::Null),
            (true, false, segment(None, None, Some(10)), Best::Null),
            (true, false, segment(None, None, Some(3)), Best::Unknown),
            (true, false, segment(None, None, None), Best::Unknown),
        ];
        for (descending, nulls_first, segment, best) in cases {
            assert_eq!(order(descending, nulls_first, false).best_of(&segment, 0, &DataType::Int64), best, "{segment:?}");
        }
        let widened = order(true, false, false).best_of(&segment(Some(1), Some(5), Some(0)), 0, &DataType::Float64);
        assert_eq!((widened, order(true, false, false).best_of(&segment(None, None, None), 7, &DataType::Int64)), (Best::Unknown, Best::Unknown));
    }

    #[test]
    fn only_what_comes_before_the_last_row_improves_an_answer() {
        let (five, null) = (ScalarValue::Int64(Some(5)), ScalarValue::Int64(None));
        // Descending and nulls last: 6, 5, null.
        let latest = |ties| order(true, false, ties);
        assert!(latest(false).can_improve(&value(6), &five) && !latest(false).can_improve(&value(5), &five) && !latest(true).can_improve(&value(4), &five));
        assert!(latest(true).can_improve(&value(5), &five), "a further key may decide");
        assert!(latest(false).can_improve(&value(4), &null) && !latest(false).can_improve(&Best::Null, &five));
        assert!(!latest(false).can_improve(&Best::Null, &null) && latest(true).can_improve(&Best::Null, &null));
        // Ascending and nulls first: null, 5, 6.
        let first = |ties| order(false, true, ties);
        assert!(first(false).can_improve(&Best::Null, &five) && first(false).can_improve(&value(4), &five) && !first(false).can_improve(&value(6), &five));
        assert!(!first(true).can_improve(&value(4), &null) && !first(false).can_improve(&Best::Null, &null));
        assert!(first(false).can_improve(&Best::Unknown, &null), "what is unknown must be looked at");
    }

    #[test]
    fn segments_are_sorted_from_the_best() {
        let mut found = vec![Best::Null, value(1), value(3), Best::Unknown, value(2)];
        found.sort_by(|left, right| order(true, false, false).compare(left, right));
        assert_eq!(found, [Best::Unknown, value(3), value(2), value(1), Best::Null]);
        found.sort_by(|left, right| order(false, true, false).compare(left, right));
        assert_eq!(found, [Best::Unknown, Best::Null, value(1), value(2), value(3)]);
    }
}
