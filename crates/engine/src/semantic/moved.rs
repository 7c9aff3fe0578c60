//! How a measure that looks at other times moves them: which rows are read, where their buckets count, and which are shown.
//!
//! ```text
//!   asked   [------------)            read by a shift    [------------) earlier, by whole units of the calendar
//!                                     read by a rolling  [---[------------)
//!   a bucket of what is read counts in a later one, or in several; only those that were asked for are shown
//! ```

use super::calendar::Calendar;
use super::compose::World;
use super::date::{self, Range};
use super::derived::Lens;
use super::grain::Grain;
use super::interval::Interval;
use super::model::{Measure, Span};
use super::query::{Filter, Operator};
use super::timed::Timed;
use crate::error::{Error, Result};
use crate::functions::bucket::{bucket_of, day_of, day_start, step};
use crate::functions::time_shift::shift;

/// Buckets that a rolling measure looks over at most: each group is there once for each of them.
const ROLLING_MAX: u32 = 400;
/// Buckets over which a stock is carried on at most: each of its rows is there once for each of them.
const CARRIED_MAX: usize = 400;

/// A time that a lens moves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moved<'a> {
    pub member: &'a str,
    /// Rows that are read.
    pub read: Range,
    /// `None`: there are no buckets, only the range moves.
    pub buckets: Option<Buckets>,
}

/// Buckets that are moved.
#[derive(Debug, Clone, Copy)]
pub(super) struct Buckets {
    /// Of the answer.
    pub interval: Interval,
    /// Of the states: each of them counts in one bucket of the answer when it is moved.
    pub fine: Interval,
    /// Those that are shown.
    pub shown: Range,
    /// Whether only the plan knows the latest row, with which they end.
    pub with_rows: bool,
}

/// A time that is grouped by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grouped<'a> {
    pub member: &'a str,
    pub interval: Interval,
    /// How it is looked at, where it is one of the model whose rows are counted.
    pub own: Option<Timed>,
}

/// What moves a lens: its measures by name, whether they are stocks, and until when there is data.
#[derive(Clone, Copy)]
pub(super) struct Mover<'a> {
    pub world: &'a World<'a>,
    pub lens: Lens,
    pub named: &'a str,
    pub balances: bool,
    /// The time by which a stock is carried on, where it is.
    pub carried_by: Option<&'a str>,
    /// Latest instant of the moved time, where it is known for everything that is asked.
    pub horizon: Option<i64>,
}

impl<'a> Mover<'a> {
    /// How time moves; `None` where it does not.
    ///
    /// # Errors
    /// `Invalid` where no right number can be told, with the reason.
    pub(super) fn moved(&self, mut times: impl Iterator<Item = Grouped<'a>>, own: impl Fn(&str) -> Option<Timed>) -> Result<Option<Moved<'a>>> {
        let moved = match (times.next(), times.next()) {
            (time, other) if self.carried_by.is_some() => match self.carried(time, other)? {
                Some(carried) => carried,
                None => return Ok(None),
            },
            _ if matches!(self.lens, Lens::Own | Lens::Total | Lens::Within(_)) => return Ok(None),
            // As it is it does not move.
            (Some(Grouped { member, .. }), None) if self.world.query.tells_a_time_twice() => {
                return Err(self.refused(&format!("moves in time, and {member} is grouped by as it is too; leave it out of dimensions")));
            }
            (Some(time), None) => self.by_buckets(time)?,
            (None, _) => self.by_range(own)?,
            (Some(_), Some(_)) => return Err(self.refused("moves in time, and the question has several times to group by; leave one")),
        };
        if self.world.query.time_dimensions.iter().filter(|time| time.dimension == moved.member && time.date_range.is_some()).count() > 1 {
            return Err(self.refused(&format!("moves in time, and there are several ranges of {}; give it one", moved.member)));
        }
        Ok(Some(moved))
    }

    /// Refuses conditions on the time that moves, under whatever name: rows are read where it was then, and would be judged by it.
    /// `is_it` tells whether a member is that time.
    pub(super) fn refuse_conditions(&self, moved: Moved<'_>, measures: &[(&Measure, &str)], is_it: impl Fn(&str) -> bool) -> Result<()> {
        let (query, named, time) = (self.world.query, self.named, moved.member);
        let called = |member: &str| if member == time { time.to_owned() } else { format!("{member} (which is {time})") };
        if let Some(member) = query.filters.iter().flat_map(Filter::members).find(|member| is_it(member)) {
            return Err(Error::invalid(format!("{named} moves in time, so rows are not chosen by {} in filters; give it a dateRange", called(member))).at("filters"));
        }
        let others = query.time_dimensions.iter().filter(|other| other.dimension != time && other.date_range.is_some());
        if let Some(other) = others.map(|other| other.dimension.as_str()).find(|other| is_it(other)) {
            return Err(self.refused(&format!("moves in time, and {} has a range of its own; give it to {time}", called(other))));
        }
        for (measure, _) in measures {
            // Which days are worked is asked of each row where it is, however its bucket moves.
            let dated = measure.filters.iter().filter(|filter| !is_of_business_days(filter));
            if let Some(member) = dated.flat_map(Filter::members).find(|member| is_it(member)) {
                let why = format!("moves in time, and {} counts rows that it chooses by {}, which does not move; ask for it by another time", measure.name, called(member));
                return Err(self.refused(&why));
            }
        }
        Ok(())
    }

    fn refused(&self, why: &str) -> Error {
        Error::invalid(format!("{} {why}", self.named)).at("timeDimensions")
    }

    /// A stock that stays what it was: rows are read from the beginning, and stand for all buckets up to the next row.
    fn carried(&self, time: Option<Grouped<'a>>, other: Option<Grouped<'a>>) -> Result<Option<Moved<'a>>> {
        if matches!(self.lens, Lens::Before(_) | Lens::Rolling(_) | Lens::Cumulative) {
            return Err(self.refused("is a stock that is carried on, which is neither shifted nor added up over time; ask for it in another range"));
        }
        if other.is_some() {
            return Err(self.refused("is carried on in time, and the question has several times to group by; leave one"));
        }
        let (query, reference) = (self.world.query, &self.world.reference);
        let Some(Grouped { member, interval, own }) = time else {
            let ranged = query.time_dimensions.iter().find(|time| time.date_range.is_some() && self.carried_by == Some(time.dimension.as_str()));
            let range = ranged.and_then(|time| Some((time.dimension.as_str(), time.date_range.as_ref()?)));
            let read = |(member, asked)| Ok::<_, Error>(Moved { member, read: Range { from: None, ..date::resolve(asked, reference)? }, buckets: None });
            return range.map(read).transpose();
        };
        let Some(timed) = own.filter(|_| self.carried_by == Some(member)) else {
            return Err(self.refused(&format!("is carried on by the time of its model, and {member} is another one; leave it, or ask for that")));
        };
        let asked = query.time_dimensions.iter().find(|time| time.dimension == member && time.date_range.is_some());
        let asked = asked.and_then(|time| time.date_range.as_ref()).map(|range| date::resolve(range, reference)).transpose()?.unwrap_or_default();
        let asked = timed.aligned(asked);
        let Some(from) = asked.from else {
            return Err(self.refused("is carried on from bucket to bucket, so it must be known which is the first; give its time a dateRange with a beginning"));
        };
        // Nothing is known of what is to come. Of a time whose latest row the version does not tell, the rows of the range end it.
        let now = reference.now.timestamp_micros();
        let known = self.horizon.map_or_else(|| asked.to.unwrap_or(now), |latest| latest.saturating_add(1).max(now));
        let shown = Range { from: Some(bucket_of(from, interval, reference.calendar).0), to: Some(asked.to.map_or(known, |to| to.min(known))) };
        Ok(Some(Moved { member, read: Range { from: None, ..asked }, buckets: Some(Buckets { interval, fine: interval, shown, with_rows: false }) }))
    }

    /// Without buckets only a shift has a meaning: the one range that is asked for moves.
    fn by_range(&self, own: impl Fn(&str) -> Option<Timed>) -> Result<Moved<'a>> {
        let Lens::Before(span) = self.lens else {
            return Err(self.refused("is counted from bucket to bucket of time; ask for it with one time dimension that has a granularity"));
        };
        let mut ranges = self.world.query.time_dimensions.iter().filter_map(|time| Some((time.dimension.as_str(), time.date_range.as_ref()?)));
        let (Some((member, asked)), None) = (ranges.next(), ranges.next()) else {
            return Err(self.refused("moves in time; give one time dimension a granularity or a dateRange"));
        };
        let timed = own(member).ok_or_else(|| self.refused(&format!("moves in time, which must be one of its own model; {member} is looked up")))?;
        let reference = &self.world.reference;
        Ok(Moved { member, read: self.earlier(timed.aligned(date::resolve(asked, reference)?), span, reference.calendar)?, buckets: None })
    }

    fn by_buckets(&self, time: Grouped<'a>) -> Result<Moved<'a>> {
        let Grouped { member, interval, own } = time;
        let timed = own.ok_or_else(|| self.refused(&format!("moves in time, which must be one of its own model; {member} is looked up")))?;
        if self.balances && !matches!(self.lens, Lens::Before(_)) {
            return Err(self.refused("is a stock, which does not add up over time; use it as it is, or shift it"));
        }
        let reference = &self.world.reference;
        let asked = self.world.query.time_dimensions.iter().find(|time| time.dimension == member && time.date_range.is_some());
        let asked = asked.and_then(|time| time.date_range.as_ref()).map(|range| date::resolve(range, reference)).transpose()?.unwrap_or_default();
        let asked = timed.aligned(asked);
        let calendar = reference.calendar;
        // Whole buckets are shown, also where the range begins inside of one. What is moved beyond the data only where it is asked for.
        let first = asked.from.map(|from| bucket_of(from, interval, calendar).0);
        let beyond = || self.horizon.map(|latest| bucket_of(latest, interval, calendar).1);
        let (read, fine, to) = match self.lens {
            Lens::Before(span) => (self.earlier(asked, span, calendar)?, self.fine(interval, span)?, asked.to.or_else(beyond)),
            Lens::Rolling(span) => (self.over(Range { from: first, ..asked }, interval, span, calendar)?, interval, self.begun(asked.to, interval).or_else(beyond)),
            _ => (Range { from: None, ..asked }, interval, asked.to),
        };
        let ends = match self.lens {
            Lens::Before(_) => asked.to.is_none(),
            lens => matches!(lens, Lens::Rolling(_)),
        };
        let with_rows = ends && self.horizon.is_none();
        Ok(Moved { member, read, buckets: Some(Buckets { interval, fine, shown: Range { from: first, to }, with_rows }) })
    }

    /// An end without the buckets behind it that are still to come: the rows of today would count in them, and those of the days between
    /// would not be there. The latest row has begun in any case.
    fn begun(&self, to: Option<i64>, interval: Interval) -> Option<i64> {
        let reference = &self.world.reference;
        let known = self.horizon.map(|latest| bucket_of(latest.max(reference.now.timestamp_micros()), interval, reference.calendar).1);
        to.map(|to| known.map_or(to, |known| to.min(known)))
    }

    /// Buckets that lie in one bucket each when they are shifted.
    fn fine(&self, interval: Interval, span: Span) -> Result<Interval> {
        let fine = if stays_whole(interval, span) { interval } else { interval.made_of().min(span.unit).into() };
        // The last days of a long month all become the last day of a short one: sums add them up, stocks must not.
        let meets = fine != interval || (interval.unit() <= Grain::Day && span.unit >= Grain::Month);
        if self.balances && meets {
            return Err(self.refused(&format!("is a stock, and several buckets of it would meet in one {interval} when they are shifted; ask for it by {}", span.unit.as_str())));
        }
        Ok(fine)
    }

    fn over(&self, asked: Range, interval: Interval, span: Span, calendar: Calendar) -> Result<Range> {
        if interval.as_unit() != Some(span.unit) {
            return Err(self.refused(&format!("is over {} {}s; ask for it by {}", span.count, span.unit.as_str(), span.unit.as_str())));
        }
        if span.count > ROLLING_MAX {
            return Err(Error::exhausted(format!("{} is over {} buckets; at most {ROLLING_MAX} are rolled over", self.named, span.count)));
        }
        let first = |from: i64| Ok::<_, Error>(bucket_of(self.back(from, Span { count: span.count - 1, ..span })?, interval, calendar).0);
        Ok(Range { from: asked.from.map(first).transpose()?, to: asked.to })
    }

    /// The range some time before. Days stay days, and the last day of a range is the last one then: its end is not moved as an
    /// instant, which on the first day that a month does not have would leave that month's last day out.
    fn earlier(&self, range: Range, span: Span, calendar: Calendar) -> Result<Range> {
        let is_start = |micros: i64, grain: Grain| bucket_of(micros, grain, calendar).0 == micros;
        let start = |micros: i64| {
            let back = self.back_in(micros, span, calendar)?;
            // The day may have begun later, or earlier, than midnight then.
            Ok::<_, Error>(if is_start(micros, Grain::Day) && span.unit >= Grain::Day { bucket_of(back, Grain::Day, calendar).0 } else { back })
        };
        let end = |micros: i64| {
            if span.unit < Grain::Month || is_start(micros, Grain::Month) {
                return start(micros);
            }
            let last = self.back_in(micros.saturating_sub(1), span, calendar)?;
            Ok(if is_start(micros, Grain::Day) { bucket_of(last, Grain::Day, calendar).1 } else { last.saturating_add(1) })
        };
        Ok(Range { from: range.from.map(start).transpose()?, to: range.to.map(end).transpose()? })
    }

    /// An instant some time before. Where days begin later than midnight the hours after it are of the day before, and so they stay.
    fn back_in(&self, micros: i64, span: Span, calendar: Calendar) -> Result<i64> {
        if calendar.day_start == 0 || span.unit < Grain::Day {
            return self.back(micros, span);
        }
        let moved = || {
            let day = day_of(micros, calendar)?;
            let earlier = step(day, span.unit, i32::try_from(span.count).ok()?.checked_neg()?)?;
            let (begin, end) = (day_start(earlier, calendar)?, day_start(earlier.succ_opt()?, calendar)?);
            // A day with a change of clocks may be shorter.
            Some(begin.saturating_add(micros - day_start(day, calendar)?).min(end - 1))
        };
        moved().ok_or_else(|| self.refused("looks back further than the calendar goes"))
    }

    fn back(&self, micros: i64, span: Span) -> Result<i64> {
        let back = shift(micros, span.unit, -i64::from(span.count), self.world.reference.zone());
        back.ok_or_else(|| self.refused("looks back further than the calendar goes"))
    }
}

impl Buckets {
    /// `now`, where buckets are shown that begin later.
    pub(super) fn beyond(&self, now: i64) -> Option<i64> {
        self.shown.to.is_some_and(|to| to > now).then_some(now)
    }

    /// When the buckets that are shown begin, where that is known.
    ///
    /// # Errors
    /// `Exhausted` for too many.
    pub(super) fn starts(&self, calendar: Calendar) -> Result<Vec<i64>> {
        let Range { from: Some(mut start), to: Some(to) } = self.shown else { return Ok(Vec::new()) };
        let mut starts = Vec::new();
        while start < to {
            if starts.len() >= CARRIED_MAX {
                return Err(Error::exhausted(format!("a stock is carried on over at most {CARRIED_MAX} buckets; ask for a shorter range, or wider buckets")).at("timeDimensions"));
            }
            starts.push(start);
            start = bucket_of(start, self.interval, calendar).1;
        }
        Ok(starts)
    }
}

/// Whether a condition asks for nothing but days that are worked, or are not.
fn is_of_business_days(filter: &Filter) -> bool {
    matches!(filter, Filter::Condition(condition) if matches!(condition.operator, Operator::OnBusinessDays | Operator::OffBusinessDays))
}

/// Whether what is shifted by a span begins where a bucket begins. Several hours follow the clock on the wall, so they are
/// only shifted as they are by days.
fn stays_whole(interval: Interval, span: Span) -> bool {
    let shifted = |unit: i64| i64::from(span.count) * unit;
    let by = Interval::from(span.unit);
    match (interval.seconds(), interval.days(), interval.months()) {
        (Some(_), ..) if by.seconds().is_none() => true,
        (Some(width), ..) => (interval.unit() < Grain::Hour || interval.count() == 1) && by.seconds().is_some_and(|unit| shifted(unit) % width == 0),
        (_, Some(1), _) => span.unit >= Grain::Day,
        (_, Some(width), _) => by.days().is_some_and(|unit| shifted(unit) % width == 0),
        (.., Some(width)) => by.months().is_some_and(|unit| shifted(unit.into()) % i64::from(width) == 0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_shifted_whole_where_they_meet_buckets() {
        for (interval, count, unit, whole) in [
            ("day", 1, Grain::Month, true),
            ("day", 1, Grain::Hour, false),
            ("week", 1, Grain::Week, true),
            ("week", 1, Grain::Year, false),
            ("week", 14, Grain::Day, true),
            ("2 weeks", 1, Grain::Week, false),
            ("2 weeks from 2024-01-02", 2, Grain::Week, true),
            ("month", 1, Grain::Year, true),
            ("quarter", 1, Grain::Month, false),
            ("quarter", 3, Grain::Month, true),
            ("4 months", 1, Grain::Quarter, false),
            ("4 months", 1, Grain::Year, true),
            ("15 minutes", 1, Grain::Hour, true),
            ("15 minutes", 1, Grain::Day, true),
            ("15 minutes", 20, Grain::Minute, false),
            ("6 hours", 1, Grain::Day, true),
            ("6 hours", 12, Grain::Hour, false),
            ("hour", 12, Grain::Hour, true),
        ] {
            assert_eq!(stays_whole(interval.parse().unwrap(), Span { count, unit }), whole, "{interval} by {count} {unit:?}");
        }
    }
}
