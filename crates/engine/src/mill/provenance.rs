//! Where an answer comes from, told by what was pinned and what was counted while it was made: the same for all ways of asking.

use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};

use super::Mill;
use super::ask::maybe_measures;
use super::seen::Seen;
use crate::functions::bucket::bucket_of;
use crate::ids::DatasetName;
use crate::partial::source::{RollupCount, ScanCounters};
use crate::query::result::{ColumnRole, Provenance, ResultColumn, RollupUse, SourceVersion, Stage, TimeRange};
use crate::semantic::calendar::Calendar;
use crate::semantic::date::Range;
use crate::semantic::filter::{self, asks_business_days};
use crate::semantic::member::is_column_of;
use crate::semantic::{DateRange, Model, SemanticQuery, UsedCalendar, inputs};

/// Data seldom end with the last instant of a bucket: of one that is over, one part of so many may be missing.
const PARTS_OF_BUCKET: i64 = 20;

impl Mill {
    /// Learns how fast answers are.
    pub(super) fn learn_pace(&self, counters: &ScanCounters, stages: &[Stage]) {
        if let Some(execution) = stages.iter().find(|stage| stage.name == "execute") {
            self.shared.pace.learn(counters.rows.load(Ordering::Relaxed), counters.bytes.load(Ordering::Relaxed), execution.duration);
        }
    }

    /// What is known of an answer over these datasets. What it says of time, of exactness and of its own rows is left to who
    /// made it. `calendar`: when days begin, for datasets of dates. `now`: the clock by which it is made.
    pub(super) fn provenance(&self, pinned: &[(DatasetName, Seen)], counters: &ScanCounters, calendar: Calendar, now: DateTime<Utc>) -> Provenance {
        let [total, read, reused, rows, bytes] =
            [&counters.total, &counters.read, &counters.reused, &counters.rows, &counters.bytes].map(|counter| counter.load(Ordering::Relaxed));
        let rollups: Vec<RollupUse> = counters.rollups().into_iter().map(|(name, RollupCount { segments, lacks })| RollupUse { name, segments, lacks }).collect();
        let rolled = rollups.iter().map(|rollup| rollup.segments).sum();
        // How much was read tells of rows that are not seen, and of columns: segments are sorted by them, and a mask reads what it hides.
        let restricted = pinned.iter().any(|(_, seen)| seen.access().restricts());
        let [total, read, reused, rows, bytes, rolled] = if restricted { [0; 6] } else { [total, read, reused, rows, bytes, rolled] };
        let (only, several) = if let [only] = pinned { (Some(only), &[][..]) } else { (None, pinned) };
        Provenance {
            dataset: only.map(|(name, _)| name.to_string()),
            version: only.map(|(_, snapshot)| snapshot.version),
            sources: several
                .iter()
                .map(|(name, snapshot)| SourceVersion { dataset: name.to_string(), version: snapshot.version, complete_until: snapshot.complete_until(calendar, now) })
                .collect(),
            retained_from: pinned.iter().filter_map(|(_, snapshot)| snapshot.retained_from).max(),
            // A number is complete for as long as all that it was made of; a dataset without times has no say.
            complete_until: pinned.iter().filter_map(|(_, snapshot)| snapshot.complete_until(calendar, now)).min(),
            answered_at: Some(now),
            segments_total: total,
            segments_read: read,
            segments_reused: reused,
            segments_rolled: rolled,
            segments_pruned: total.saturating_sub(read + reused + rolled),
            rows_scanned: rows,
            bytes_read: bytes,
            // What a rollup lacks names the row filter and hidden columns.
            rollups: if restricted { Vec::new() } else { rollups },
            row_filter_applied: pinned.iter().any(|(_, seen)| seen.access().filters_rows()),
            restricted,
            access: pinned.iter().filter_map(|(name, seen)| seen.access().told(name)).collect(),
            ..Provenance::default()
        }
    }
}

/// The stages of an answer as they are told. To who sees a part of the data none are: what took longer there are rows that are not seen,
/// or columns by which segments are sorted.
pub(super) fn told_stages(known: &Provenance, stages: Vec<Stage>) -> Vec<Stage> {
    if known.restricted { Vec::new() } else { stages }
}

/// The calendar of a question as it is told: its own, or the usual one where buckets or ranges of time go by it, with what says which days
/// are worked where that was asked: in a range, in a filter, or in one of a measure. `models`: those of its measures.
pub(super) fn used_calendar<'m>(query: &SemanticQuery, models: impl IntoIterator<Item = &'m Model>) -> Option<UsedCalendar> {
    let models: Vec<&Model> = models.into_iter().collect();
    let measures = inputs::all(maybe_measures(query), |name| models.iter().copied().find(|model| model.name == name));
    let measured = measures.iter().any(|(.., measure)| measure.filters.iter().any(asks_business_days));
    let ranges = query.time_dimensions.iter().filter_map(|time| time.date_range.as_ref());
    let business = ranges.into_iter().any(DateRange::counts_business_days) || query.filters.iter().any(asks_business_days) || measured;
    let in_time = query.time_dimensions.iter().any(|time| time.granularity.is_some() || time.date_range.is_some());
    let usual = business || in_time || query.filters.iter().any(|filter| filter::moves(filter) || filter::follows_data(filter));
    UsedCalendar::of(query.calendar.as_ref(), usual, business)
}

/// A range as it is told, where both of its ends are.
pub(super) fn told(range: Option<Range>) -> Option<TimeRange> {
    let range = range?;
    Some(TimeRange { from: DateTime::from_timestamp_micros(range.from?)?, to: DateTime::from_timestamp_micros(range.to?)? })
}

/// Until when the rows of a dataset fill the buckets of an answer. `None`: it is not known, as the buckets are of another time than that
/// which places its rows: when they are due, for instance, of which the latest row says nothing.
pub(super) fn filled_until(columns: &[ResultColumn], model: &Model, seen: &Seen, calendar: Calendar, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let time = columns.iter().find(|column| column.role == ColumnRole::Time)?;
    let column = seen.metadata.schema.time_column.as_deref()?;
    if is_column_of(model, member_of(time), column) { seen.complete_until(calendar, now) } else { None }
}

/// The member that a column of buckets is of: where its time is among the dimensions too, the width stands behind that.
fn member_of(time: &ResultColumn) -> &str {
    let width = time.granularity.as_ref().map(ToString::to_string).or_else(|| time.grain.map(|grain| grain.as_str().to_owned()));
    let member = width.and_then(|width| time.name.strip_suffix(width.as_str())?.strip_suffix('.'));
    // A time may be called as a width is: `orders.day` by day.
    member.filter(|member| member.contains('.')).unwrap_or(&time.name)
}

/// Where the first bucket begins that is still running: it ends after `now`, or more than a twentieth of it lies behind the end of the rows
/// that fill it or of the range that was asked for. `None`: the answer has no buckets.
pub(super) fn running_from(
    columns: &[ResultColumn],
    calendar: Calendar,
    now: DateTime<Utc>,
    filled_until: Option<DateTime<Utc>>,
    range: Option<TimeRange>,
) -> Option<DateTime<Utc>> {
    let width = columns.iter().find(|column| column.role == ColumnRole::Time)?.width()?;
    let by_clock = bucket_of(now.timestamp_micros(), width, calendar).0;
    let known = filled_until.into_iter().chain(range.map(|range| range.to)).min();
    let by_rows = known.map(|known| {
        let known = known.timestamp_micros();
        let (start, end) = bucket_of(known, width, calendar);
        if (end - known).saturating_mul(PARTS_OF_BUCKET) > end - start { start } else { end }
    });
    DateTime::from_timestamp_micros(by_rows.map_or(by_clock, |by_rows| by_rows.min(by_clock)))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::catalog::ColumnType;
    use crate::semantic::{Granularity, Interval};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn found(width: &str, zone: Tz, now: &str, until: Option<&str>, to: Option<&str>) -> String {
        let width: Interval = width.parse().unwrap();
        let columns = [ResultColumn::new("o.at", ColumnType::Timestamp, ColumnRole::Time).in_buckets(&Granularity::Every(width), width)];
        let range = to.map(|to| TimeRange { from: at("2000-01-01T00:00:00Z"), to: at(to) });
        running_from(&columns, zone.into(), at(now), until.map(at), range).unwrap().format("%FT%TZ").to_string()
    }

    #[test]
    fn a_column_of_buckets_is_of_its_time_whatever_it_is_called() {
        for (name, width, member) in
            [("o.at", "day", "o.at"), ("o.at.day", "day", "o.at"), ("o.at.15 minutes", "15 minutes", "o.at"), ("o.day", "day", "o.day"), ("o.day.day", "day", "o.day")]
        {
            let width: Interval = width.parse().unwrap();
            let column = ResultColumn::new(name, ColumnType::Timestamp, ColumnRole::Time).in_buckets(&Granularity::Every(width), width);
            assert_eq!(member_of(&column), member, "{name}");
        }
    }

    #[test]
    fn a_bucket_runs_until_the_clock_is_behind_it_and_its_rows_are_there() {
        for (width, now, until, to, expected) in [
            // It is the 30th of December, and what is missing of the month and of the year is little.
            ("month", "2013-12-30T13:00:00Z", Some("2013-12-30T13:00:00Z"), None, "2013-12-01T00:00:00Z"),
            ("year", "2013-12-20T00:00:00Z", Some("2013-12-20T00:00:00Z"), None, "2013-01-01T00:00:00Z"),
            ("day", "2013-12-30T23:59:59Z", Some("2013-12-30T23:59:59Z"), None, "2013-12-30T00:00:00Z"),
            // What is dated ahead says nothing of the time until then.
            ("month", "2013-12-30T13:00:00Z", Some("2030-01-01T00:00:00Z"), None, "2013-12-01T00:00:00Z"),
            // Without rows the clock alone counts.
            ("month", "2013-12-30T13:00:00Z", None, None, "2013-12-01T00:00:00Z"),
            // Of a month that is over a twentieth may be missing, and no more.
            ("month", "2014-02-10T00:00:00Z", Some("2013-12-31T20:00:00Z"), None, "2014-01-01T00:00:00Z"),
            ("month", "2014-02-10T00:00:00Z", Some("2013-12-20T20:00:00Z"), None, "2013-12-01T00:00:00Z"),
            ("month", "2014-02-10T00:00:00Z", Some("2014-01-01T00:00:00Z"), None, "2014-01-01T00:00:00Z"),
            // A range that ends within one cuts it.
            ("month", "2014-02-10T00:00:00Z", Some("2014-02-09T00:00:00Z"), Some("2013-06-16T00:00:00Z"), "2013-06-01T00:00:00Z"),
            ("month", "2014-02-10T00:00:00Z", Some("2014-02-09T00:00:00Z"), Some("2013-07-01T00:00:00Z"), "2013-07-01T00:00:00Z"),
            ("month", "2014-02-10T00:00:00Z", Some("2014-02-09T00:00:00Z"), Some("2014-03-01T00:00:00Z"), "2014-02-01T00:00:00Z"),
        ] {
            assert_eq!(found(width, Tz::UTC, now, until, to), expected, "{width} {now} {until:?} {to:?}");
        }
        // Days are those of the zone.
        assert_eq!(found("day", Tz::Asia__Tokyo, "2013-12-30T16:00:00Z", None, None), "2013-12-30T15:00:00Z");
        assert_eq!(running_from(&[ResultColumn::new("o.city", ColumnType::String, ColumnRole::Dimension)], Tz::UTC.into(), at("2013-12-30T13:00:00Z"), None, None), None);
    }
}
