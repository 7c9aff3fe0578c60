//! How a time of rows is compared and put into buckets: as an instant, or as a date.
//!
//! A date has no time of day and lies in no zone: it belongs to the day that it names, wherever and whenever days begin. So it is
//! put into the bucket that this date has in the calendar, and a range of instants has it where its day begins inside of the
//! range. It is compared with dates and never made an instant of UTC, which would be one of the day before in half of the world.

use datafusion::logical_expr::{Expr, cast, lit};
use datafusion::scalar::ScalarValue;

use super::calendar::Calendar;
use super::date::Range;
use super::interval::Interval;
use crate::catalog::ColumnType;
use crate::functions::bucket::day_start;
use crate::functions::date_bucket::{DateBucket, first_date};
use crate::functions::time_bucket::TimeBucket;

/// Instants or dates, and the calendar that they are looked at with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timed {
    calendar: Calendar,
    dates: bool,
}

impl Timed {
    /// How values of a type are looked at; `None` for what is no time.
    pub(crate) fn of(column_type: ColumnType, calendar: Calendar) -> Option<Self> {
        match column_type {
            ColumnType::Timestamp => Some(Self::instants(calendar)),
            ColumnType::Date => Some(Self { calendar, dates: true }),
            _ => None,
        }
    }

    /// Instants, such as the beginnings of buckets are.
    pub(crate) fn instants(calendar: Calendar) -> Self {
        Self { calendar, dates: false }
    }

    /// An expression as values of the type that is looked at, where it may be another one.
    pub(crate) fn cast(self, expr: Expr) -> Expr {
        let column_type = if self.dates { ColumnType::Date } else { ColumnType::Timestamp };
        cast(expr, column_type.data_type())
    }

    /// The instant at which the bucket of a time begins.
    pub(crate) fn bucket(self, time: Expr, interval: Interval) -> Expr {
        let function = if self.dates { DateBucket::udf(interval, self.calendar) } else { TimeBucket::udf(interval, self.calendar) };
        function.call(vec![time])
    }

    /// At an instant or later.
    pub(crate) fn since(self, time: Expr, micros: i64) -> Expr {
        time.gt_eq(self.literal(micros))
    }

    /// Before an instant.
    pub(crate) fn before(self, time: Expr, micros: i64) -> Expr {
        time.lt(self.literal(micros))
    }

    /// Rows whose time lies in a range, as conditions that must all hold.
    pub(crate) fn bounds(self, time: &Expr, range: Range) -> impl Iterator<Item = Expr> {
        let from = range.from.map(|from| self.since(time.clone(), from));
        let to = range.to.map(|to| self.before(time.clone(), to));
        from.into_iter().chain(to)
    }

    /// The same as one condition; `None` for a range without ends.
    pub(crate) fn within(self, time: &Expr, range: Range) -> Option<Expr> {
        self.bounds(time, range).reduce(Expr::and)
    }

    /// The range that has the same times, with ends at which buckets may begin: of dates, those at which days begin.
    pub(crate) fn aligned(self, range: Range) -> Range {
        let begin = |micros: i64| day_start(first_date(micros, self.calendar), self.calendar).unwrap_or(micros);
        if self.dates { Range { from: range.from.map(begin), to: range.to.map(begin) } } else { range }
    }

    fn literal(self, micros: i64) -> Expr {
        if self.dates { lit(ScalarValue::Date32(Some(first_date(micros, self.calendar).to_epoch_days()))) } else { instant(micros) }
    }
}

/// An instant as it is compared with.
pub(crate) fn instant(micros: i64) -> Expr {
    lit(ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into())))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate, Utc};
    use datafusion::prelude::col;

    use super::*;

    #[test]
    fn a_range_has_the_dates_whose_days_begin_inside_of_it() {
        let micros = |text: &str| text.parse::<DateTime<Utc>>().unwrap().timestamp_micros();
        let date = |text: &str| lit(ScalarValue::Date32(Some(text.parse::<NaiveDate>().unwrap().to_epoch_days())));
        for (calendar, from, to, first, after) in [
            ("UTC", "2024-03-01T00:00:00Z", "2024-03-02T00:00:00Z", "2024-03-01", "2024-03-02"),
            ("America/New_York", "2024-03-01T05:00:00Z", "2024-03-02T05:00:00Z", "2024-03-01", "2024-03-02"),
            ("Pacific/Kiritimati", "2024-02-29T10:00:00Z", "2024-03-01T10:00:00Z", "2024-03-01", "2024-03-02"),
            ("UTC days-6", "2024-03-01T06:00:00Z", "2024-03-02T06:00:00Z", "2024-03-01", "2024-03-02"),
            ("UTC", "2024-03-01T00:00:01Z", "2024-03-05T15:00:00Z", "2024-03-02", "2024-03-06"),
            // A year has the day that the date line left out, and the next one has not.
            ("Pacific/Kiritimati", "1994-01-01T10:00:00Z", "1994-12-31T10:00:00Z", "1994-01-01", "1995-01-01"),
        ] {
            let timed = Timed::of(ColumnType::Date, calendar.parse().unwrap()).unwrap();
            let found: Vec<Expr> = timed.bounds(&col("day"), Range { from: Some(micros(from)), to: Some(micros(to)) }).collect();
            assert_eq!(found, [col("day").gt_eq(date(first)), col("day").lt(date(after))], "{calendar}");
        }
    }
}
