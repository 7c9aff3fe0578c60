//! The written grammar of dates, read into what it means and written again, one text for each meaning. What it comes to is in `date.rs`.
//!
//! ```text
//!   range    = "all" | "today" | "yesterday" | ("this" | "last") unit | "last" N units
//!            | "last" [N] "business days" | "from" N (units | "business days") "ago" "to" "now"
//!            | end "to" end | day | instant
//!   end      = anchor | day | instant
//!   anchor   = "now" [("-" | "+") N letter] ["/" letter]          letters: s m h d w M Q y, bd (counted only)
//!   any that is not absolute may end in " of data": then the clock stands at the end of the latest row
//! ```
//! A list of two ends is what `end "to" end` is. Words may be written large, anchors and `of data` may not.
//!
//! One text stands for all that mean the same whenever and wherever they are asked: of a day `today` and `yesterday`, of one unit
//! no number, of a range up to now `from N units ago to now`, of the latest unit of the data `last unit of data`; weeks that are
//! counted from now are days, quarters months, and months, seconds and minutes the wider unit of which they are whole ones. What most
//! days make equal and some do not, such as `yesterday` and `now-1d/d to now-1d/d`, stays apart.
//! There is no guessing: what does not fit is an error that lists the forms.

use std::fmt;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, Timelike};

use super::business::COUNTED_MAX;
use super::grain::Grain;
use super::query::DateRange;
use crate::error::{Error, Result};

const OF_DATA: &str = " of data";
const UNITS_MAX: i32 = 100_000;
/// Digits of a second that are stored.
const DIGITS_MAX: usize = 6;
const LETTERS: [(&str, Grain); 8] =
    [("s", Grain::Second), ("m", Grain::Minute), ("h", Grain::Hour), ("d", Grain::Day), ("w", Grain::Week), ("M", Grain::Month), ("Q", Grain::Quarter), ("y", Grain::Year)];

/// A range as it is meant, whichever way it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    pub words: Words,
    /// Whether it is counted from the latest row.
    pub of_data: bool,
}

/// What a range says, beside what it is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Words {
    All,
    /// The unit in which now lies.
    This(Grain),
    /// So many whole units before that one.
    Before(i32, Grain),
    /// So many whole units, two at least, of which that one is the last.
    UpTo(i32, Grain),
    /// From the first to the last of so many business days.
    BusinessDays(i32),
    /// From one end to the other, both included.
    Between(End, End),
}

/// A day, an instant, or what is counted from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Day(NaiveDate),
    Instant(DateTime<FixedOffset>, Digits),
    /// A time on the wall clock of the question's zone.
    Wall(NaiveDateTime, Digits),
    Now {
        offset: Option<Offset>,
        rounded: Option<Grain>,
    },
}

/// How far from now; earlier where it is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offset {
    Units(i32, Grain),
    BusinessDays(i32),
}

/// How many digits of its second an instant was written to; none where they say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digits(usize);

impl DateRange {
    /// The one text that stands for all ranges that mean the same, whenever and in whatever zone they are asked. It is a range itself
    /// ([`DateRange::Named`]), and its own canonical text.
    ///
    /// ```
    /// use tidemill::DateRange;
    ///
    /// let canonical = |text: &str| DateRange::Named(text.to_owned()).canonical();
    /// assert_eq!(canonical("Last 1 Days")?, "yesterday");
    /// assert_eq!(canonical("now/M to now/M")?, "this month");
    /// assert_eq!(canonical("now-1w to now")?, "from 7 days ago to now");
    /// let since = DateRange::Between(["2024-01-01".to_owned(), "now".to_owned()]);
    /// assert_eq!(since.canonical()?, "2024-01-01 to now");
    /// # Ok::<(), tidemill::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Invalid` for text outside the grammar, with its forms.
    pub fn canonical(&self) -> Result<String> {
        Written::of(self).map(|written| written.to_string())
    }

    /// The same, where the range means something else at another time or of other data.
    pub(crate) fn relative(&self) -> Option<String> {
        Written::of(self).ok().filter(|written| written.is_relative()).map(|written| written.to_string())
    }

    /// Whether the answer changes by the clock alone. What is no range is taken for one that does.
    pub(crate) fn follows_clock(&self) -> bool {
        Written::of(self).map_or(true, Written::follows_clock)
    }

    /// Whether it is counted from the latest row.
    pub(crate) fn follows_data(&self) -> bool {
        Written::of(self).is_ok_and(|written| written.of_data)
    }

    /// Whether it counts business days.
    pub(crate) fn counts_business_days(&self) -> bool {
        Written::of(self).is_ok_and(Written::counts_business_days)
    }
}

impl Written {
    /// Reads a range.
    ///
    /// # Errors
    /// `Invalid` for text outside the grammar.
    pub(crate) fn of(range: &DateRange) -> Result<Self> {
        match range {
            DateRange::Between([from, to]) => Ok(Self { words: Words::between(End::of(from)?, End::of(to)?), of_data: false }),
            DateRange::Named(text) => Self::named(text.trim()).ok_or_else(|| {
                Error::invalid(format!(
                    "date range {text:?} is not understood; write [\"2013-01-01\", \"2013-06-30\"], 2013-01-01, today, this month, last 7 days, last 5 business days, from 7 days ago to now, now-7d/d to now, 2013-01-01 to now or all, the relative ones also with 'of data'"
                ))
            }),
        }
    }

    /// Reads what a condition compares a time with: an end, or a range.
    pub(crate) fn of_value(text: &str) -> Option<Self> {
        Self::of_end(text).or_else(|| Self::named(text.trim()))
    }

    /// Reads an end, and no range.
    pub(crate) fn of_end(text: &str) -> Option<Self> {
        End::read(text).map(|end| Self { words: Words::between(end, end), of_data: false })
    }

    fn named(text: &str) -> Option<Self> {
        if text == "all" {
            return Some(Self { words: Words::All, of_data: false });
        }
        if let Some(end) = End::absolute(text) {
            return Some(Self { words: Words::Between(end, end), of_data: false });
        }
        let (text, of_data) = match text.strip_suffix(OF_DATA) {
            Some(words) => (words.trim(), true),
            None => (text, false),
        };
        let lower = text.to_ascii_lowercase();
        let parts: Vec<&str> = lower.split_whitespace().collect();
        let words = match parts.as_slice() {
            ["today"] => Words::This(Grain::Day),
            ["yesterday"] => Words::Before(1, Grain::Day),
            ["this", unit] => Words::This(Grain::counted(unit)?),
            ["last", "business", "day" | "days"] => Words::BusinessDays(1),
            ["last", count, "business", "day" | "days"] => Words::BusinessDays(business(count)?),
            ["last", unit] => Words::last(1, Grain::counted(unit)?, of_data),
            ["last", count, unit] => Words::last(number(count)?, Grain::counted(unit)?, of_data),
            ["from", count, "business", "day" | "days", "ago", "to", "now"] => Words::since(Offset::BusinessDays(-business(count)?)),
            ["from", count, unit, "ago", "to", "now"] => Words::since(Offset::units(-number(count)?, Grain::counted(unit)?)),
            _ => {
                let (from, to) = text.split_once(" to ")?;
                Words::between(End::read(from)?, End::read(to)?)
            }
        };
        let written = Self { words, of_data };
        (!of_data || !written.is_absolute()).then_some(written)
    }

    fn is_absolute(self) -> bool {
        match self.words {
            Words::All => true,
            Words::Between(from, to) => from.is_absolute() && to.is_absolute(),
            _ => false,
        }
    }

    /// Whether it means something else when it is asked at another time, or of other data.
    pub(crate) fn is_relative(self) -> bool {
        !self.is_absolute()
    }

    /// Whether what it means changes by the clock alone.
    pub(crate) fn follows_clock(self) -> bool {
        self.is_relative() && !self.of_data
    }

    /// Whether it counts business days.
    pub(crate) fn counts_business_days(self) -> bool {
        let counts = |end: End| matches!(end, End::Now { offset: Some(Offset::BusinessDays(_)), .. });
        match self.words {
            Words::BusinessDays(_) => true,
            Words::Between(from, to) => counts(from) || counts(to),
            _ => false,
        }
    }
}

impl Words {
    fn last(count: i32, grain: Grain, of_data: bool) -> Self {
        match (of_data, count) {
            (false, _) => Self::Before(count, grain),
            (true, 1) => Self::This(grain),
            (true, _) => Self::UpTo(count, grain),
        }
    }

    fn since(offset: Offset) -> Self {
        Self::Between(End::Now { offset: Some(offset), rounded: None }, End::NOW)
    }

    /// From the beginning of the unit in which now lies to its end is that unit.
    fn between(from: End, to: End) -> Self {
        match from {
            End::Now { offset: None, rounded: Some(grain) } if from == to => Self::This(grain),
            _ => Self::Between(from, to),
        }
    }
}

impl End {
    const NOW: Self = Self::Now { offset: None, rounded: None };

    /// Reads an end.
    ///
    /// # Errors
    /// `Invalid` for text outside the grammar.
    pub(crate) fn of(text: &str) -> Result<Self> {
        Self::read(text).ok_or_else(|| Error::invalid(format!("{text:?} is not a date; write 2013-01-31, 2013-01-31T12:00:00 or now-7d/d")))
    }

    pub(crate) fn is_absolute(self) -> bool {
        !matches!(self, Self::Now { .. })
    }

    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::absolute(text).or_else(|| Self::anchor(text))
    }

    fn absolute(text: &str) -> Option<Self> {
        if let Ok(day) = text.parse() {
            return Some(Self::Day(day));
        }
        let digits = Digits::of(text);
        if let Ok(written) = DateTime::parse_from_rfc3339(text) {
            let in_utc = DateTime::from_timestamp_micros(written.timestamp_micros())?;
            // A year there that has no four digits could not be read again.
            let at = if (0..=9_999).contains(&in_utc.year()) { in_utc.fixed_offset() } else { written };
            return Some(Self::Instant(at, digits));
        }
        let at = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
        Some(Self::Wall(at.with_nanosecond(at.nanosecond() / 1_000 * 1_000)?, digits))
    }

    /// `now-7d/d`: an instant, and the unit to which it is rounded.
    fn anchor(text: &str) -> Option<Self> {
        let letter = |text: &str| LETTERS.iter().find(|(letter, _)| *letter == text).map(|(_, grain)| *grain);
        let rest = text.strip_prefix("now")?;
        let (offset, rounded) = match rest.split_once('/') {
            Some((offset, unit)) => (offset, Some(letter(unit)?)),
            None => (rest, None),
        };
        if offset.is_empty() {
            return Some(Self::Now { offset: None, rounded });
        }
        let (sign, amount) = offset.strip_prefix('-').map(|amount| (-1, amount)).or_else(|| offset.strip_prefix('+').map(|amount| (1, amount)))?;
        let unit = amount.trim_start_matches(|character: char| character.is_ascii_digit());
        let count = amount.strip_suffix(unit)?;
        let offset = match unit {
            "bd" => Offset::BusinessDays(sign * business(count)?),
            _ => Offset::units(sign * number(count)?, letter(unit)?),
        };
        Some(Self::Now { offset: Some(offset), rounded })
    }

    /// `7 days`, where it is so long before now and no more.
    fn ago(self) -> Option<String> {
        let Self::Now { offset: Some(offset), rounded: None } = self else { return None };
        let (count, unit) = match offset {
            Offset::Units(count, grain) => (count, grain.as_str()),
            Offset::BusinessDays(count) => (count, "business day"),
        };
        (count < 0).then(|| several(-count, unit))
    }
}

impl Offset {
    /// So many units in the unit that stands for all that mean the same: the widest below a day, days for weeks, years and else months.
    fn units(count: i32, grain: Grain) -> Self {
        let whole = |unit: i32, wider: Grain| (count % unit == 0).then(|| (count / unit, wider));
        let narrower = |unit: i32, grain: Grain| count.checked_mul(unit).filter(|count| count.abs() <= UNITS_MAX).map(|count| (count, grain));
        let found = match grain {
            Grain::Second => whole(3_600, Grain::Hour).or_else(|| whole(60, Grain::Minute)),
            Grain::Minute => whole(60, Grain::Hour),
            Grain::Week => narrower(7, Grain::Day),
            Grain::Month => whole(12, Grain::Year),
            Grain::Quarter => whole(4, Grain::Year).or_else(|| narrower(3, Grain::Month)),
            Grain::Hour | Grain::Day | Grain::Year => None,
        };
        let (count, grain) = found.unwrap_or((count, grain));
        Self::Units(count, grain)
    }
}

impl Digits {
    fn of(text: &str) -> Self {
        let fraction: &[u8] = text.split_once('.').map_or(&[], |(_, fraction)| fraction.as_bytes());
        let digits = || fraction.iter().take_while(|digit| digit.is_ascii_digit());
        // Those that are not stored say nothing either.
        Self(if digits().take(DIGITS_MAX).all(|digit| *digit == b'0') { 0 } else { digits().count().min(DIGITS_MAX) })
    }

    /// How many microseconds an instant lasts: a last one such as 23:59:59.999 means the whole of its last digit.
    pub(crate) fn lasts(self) -> i64 {
        if self.0 == 0 { 1 } else { self.dropped() }
    }

    fn dropped(self) -> i64 {
        (self.0..DIGITS_MAX).fold(1, |width, _| width * 10)
    }

    /// The digits, with their point.
    fn written(self, nanos: u32) -> String {
        let (micros, digits) = (i64::from(nanos % 1_000_000_000 / 1_000), self.0);
        if digits == 0 { String::new() } else { format!(".{:0digits$}", micros / self.dropped()) }
    }
}

impl fmt::Display for Written {
    /// The canonical text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.words, self.of_data) {
            (Words::All, _) => f.write_str("all"),
            (Words::This(Grain::Day), false) => f.write_str("today"),
            (Words::This(grain), false) => write!(f, "this {}", grain.as_str()),
            (Words::This(grain), true) => write!(f, "last {}", grain.as_str()),
            (Words::Before(1, Grain::Day), _) => f.write_str("yesterday"),
            (Words::Before(1, grain), _) => write!(f, "last {}", grain.as_str()),
            (Words::Before(count, grain) | Words::UpTo(count, grain), _) => write!(f, "last {}", several(count, grain.as_str())),
            (Words::BusinessDays(1), _) => f.write_str("last business day"),
            (Words::BusinessDays(count), _) => write!(f, "last {}", several(count, "business day")),
            (Words::Between(from, to), _) => match from.ago() {
                Some(ago) if to == End::NOW => write!(f, "from {ago} ago to now"),
                _ if from == to && from.is_absolute() => write!(f, "{from}"),
                _ => write!(f, "{from} to {to}"),
            },
        }?;
        if self.of_data { f.write_str(OF_DATA) } else { Ok(()) }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SECONDS: &str = "%Y-%m-%dT%H:%M:%S";
        match self {
            Self::Day(day) => write!(f, "{day}"),
            Self::Instant(at, digits) => {
                write!(f, "{}{}", at.format(SECONDS), digits.written(at.nanosecond()))?;
                if at.offset().local_minus_utc() == 0 { f.write_str("Z") } else { write!(f, "{}", at.format("%:z")) }
            }
            Self::Wall(at, digits) => write!(f, "{}{}", at.format(SECONDS), digits.written(at.nanosecond())),
            Self::Now { offset, rounded } => {
                let letter = |grain: Grain| LETTERS.iter().find(|(_, known)| *known == grain).map_or("", |(letter, _)| *letter);
                f.write_str("now")?;
                match offset {
                    Some(Offset::Units(count, grain)) => write!(f, "{count:+}{}", letter(*grain))?,
                    Some(Offset::BusinessDays(count)) => write!(f, "{count:+}bd")?,
                    None => {}
                }
                rounded.map_or(Ok(()), |grain| write!(f, "/{}", letter(grain)))
            }
        }
    }
}

fn several(count: i32, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn number(text: &str) -> Option<i32> {
    text.parse().ok().filter(|count| (1..=UNITS_MAX).contains(count))
}

fn business(text: &str) -> Option<i32> {
    number(text).filter(|count| *count <= COUNTED_MAX)
}

#[cfg(test)]
mod tests;
