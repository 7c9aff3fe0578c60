//! Widths of time buckets: a unit of the calendar or several of it, and where they are counted from.
//!
//! Several units are had where buckets begin with the next larger unit: minutes with the hour, hours with the day, months
//! with the year. Days and weeks divide nothing, so they are counted from a day: from an origin, or from the Monday
//! [`MONDAY`], weeks from the first day of its week.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::grain::Grain;
use crate::error::{Error, Result};

/// The day from which days and weeks are counted where nothing else is said, `2000-01-03`, in days since the beginning of
/// the common era. `DuckDB` and `TimescaleDB` count from it as well.
const MONDAY: i32 = 730_122;

/// So many seconds and minutes make buckets that begin with the minute and with the hour.
const OF_SIXTY: &[u16] = &[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
const OF_A_DAY: &[u16] = &[1, 2, 3, 4, 6, 8, 12];
const OF_A_YEAR: &[u16] = &[1, 2, 3, 4, 6];
const DAYS_MAX: u16 = 366;
const WEEKS_MAX: u16 = 53;
/// The last day that every month has.
const MONTH_DAY_MAX: u32 = 28;

/// How wide buckets of time are: `day`, `15 minutes`, or `2 weeks from 2024-01-02` where they are counted from a day of their own.
///
/// ```
/// use tidemill::{Grain, Interval};
///
/// let sprint: Interval = "2 weeks from 2024-01-02".parse()?;
/// assert_eq!((sprint.count(), sprint.unit()), (2, Grain::Week));
/// assert_eq!(Interval::every(1, Grain::Day)?.to_string(), "day");
/// assert!("7 minutes".parse::<Interval>().unwrap_err().message().contains("1, 2, 3, 4, 5, 6, 10"));
/// # Ok::<(), tidemill::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interval {
    unit: Grain,
    count: u16,
    /// On the wall clock of whoever asks.
    origin: Option<NaiveDateTime>,
}

impl From<Grain> for Interval {
    fn from(unit: Grain) -> Self {
        Self { unit, count: 1, origin: None }
    }
}

impl Interval {
    /// What every clock of today is made of: all zones are put by quarters of an hour.
    pub(crate) const QUARTER_OF_AN_HOUR: Self = Self { unit: Grain::Minute, count: 15, origin: None };

    /// So many of a unit.
    ///
    /// # Errors
    /// `Invalid` for a number that does not divide the next larger unit, with those that do.
    pub fn every(count: u32, unit: Grain) -> Result<Self> {
        let listed = |counts: &[u16]| counts.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
        let (counts, larger) = match unit {
            Grain::Second => (OF_SIXTY, "minute"),
            Grain::Minute => (OF_SIXTY, "hour"),
            Grain::Hour => (OF_A_DAY, "day"),
            Grain::Month => (OF_A_YEAR, "year"),
            Grain::Day | Grain::Week => {
                let most = if unit == Grain::Day { DAYS_MAX } else { WEEKS_MAX };
                return match u16::try_from(count) {
                    Ok(count) if (1..=most).contains(&count) => Ok(Self { unit, count, origin: None }),
                    _ => Err(Error::invalid(format!("buckets of {count} {}s cannot be had; 1 to {most} can", unit.as_str()))),
                };
            }
            Grain::Quarter | Grain::Year if count == 1 => return Ok(Self::from(unit)),
            Grain::Quarter | Grain::Year => {
                let unit = unit.as_str();
                return Err(Error::invalid(format!("buckets of {count} {unit}s cannot be had; {unit}s go one by one")));
            }
        };
        match u16::try_from(count).ok().filter(|count| counts.contains(count)) {
            Some(count) => Ok(Self { unit, count, origin: None }),
            None => Err(Error::invalid(format!("buckets of {count} {}s cannot be had, because they begin with the {larger}; {} can", unit.as_str(), listed(counts)))),
        }
    }

    /// The same, counted from a day or, where it is shorter than a day, from a time of day.
    ///
    /// # Errors
    /// `Invalid` for an origin with which nothing of this width can begin.
    pub fn counted_from(self, origin: NaiveDateTime) -> Result<Self> {
        let refused = |why: String| Err(Error::invalid(format!("buckets of {self} cannot be counted from {}: {why}", shown(origin))));
        if !(1..=9_999).contains(&origin.year()) {
            return refused("it lies outside of the years 1 to 9999".to_owned());
        }
        if origin.nanosecond() != 0 {
            return refused("it lies between two seconds".to_owned());
        }
        if self.unit >= Grain::Day && origin.time() != NaiveTime::MIN {
            return refused("a day is enough, because days begin when the calendar says (dayStart)".to_owned());
        }
        if self.unit >= Grain::Month && origin.day() > MONTH_DAY_MAX {
            return refused(format!("not every month has that day; the last one that all have is the {MONTH_DAY_MAX}th"));
        }
        let counted = Self { origin: Some(origin), ..self };
        // Where it says nothing, it is none: equal buckets are kept once.
        let says = match self.unit {
            Grain::Second | Grain::Minute | Grain::Hour => counted.phase_seconds() != 0,
            Grain::Day => self.count != 1,
            Grain::Month => self.count != 1 || origin.day() != 1,
            Grain::Week | Grain::Quarter | Grain::Year => true,
        };
        Ok(if says { counted } else { Self { origin: None, ..self } })
    }

    /// How many units it is wide.
    pub fn count(self) -> u32 {
        self.count.into()
    }

    /// The unit that it is made of.
    pub fn unit(self) -> Grain {
        self.unit
    }

    /// What its buckets are counted from, on the wall clock; `None` where the calendar says.
    pub fn origin(self) -> Option<NaiveDateTime> {
        self.origin
    }

    /// The unit that it is, where it is one of it and counted as the calendar says.
    pub fn as_unit(self) -> Option<Grain> {
        (self.count == 1 && self.origin.is_none()).then_some(self.unit)
    }

    /// Its seconds, where it is shorter than a day.
    pub(crate) fn seconds(self) -> Option<i64> {
        let unit = match self.unit {
            Grain::Second => 1,
            Grain::Minute => 60,
            Grain::Hour => 3_600,
            _ => return None,
        };
        Some(unit * i64::from(self.count))
    }

    /// Its days, where it is made of days.
    pub(crate) fn days(self) -> Option<i64> {
        match self.unit {
            Grain::Day => Some(self.count.into()),
            Grain::Week => Some(7 * i64::from(self.count)),
            _ => None,
        }
    }

    /// Its months, where it is made of months.
    pub(crate) fn months(self) -> Option<i32> {
        match self.unit {
            Grain::Month => Some(self.count.into()),
            Grain::Quarter => Some(3),
            Grain::Year => Some(12),
            _ => None,
        }
    }

    /// Seconds from midnight to the first beginning of a bucket, where it is shorter than a day.
    pub(crate) fn phase_seconds(self) -> i64 {
        let Some((width, origin)) = self.seconds().zip(self.origin) else { return 0 };
        i64::from(origin.num_seconds_from_midnight()) % width
    }

    /// The day from which days are counted, weeks from the beginning of its week.
    pub(crate) fn counted_day(self) -> NaiveDate {
        self.origin.map(|origin| origin.date()).or_else(|| NaiveDate::from_num_days_from_ce_opt(MONDAY)).unwrap_or_default()
    }

    /// The longest unit up to a day whose buckets lie in one of these each.
    pub(crate) fn made_of(self) -> Grain {
        match (self.unit, self.phase_seconds()) {
            (Grain::Hour, phase) if phase % 3_600 != 0 => {
                if phase % 60 == 0 {
                    Grain::Minute
                } else {
                    Grain::Second
                }
            }
            (Grain::Minute, phase) if phase % 60 != 0 => Grain::Second,
            (unit, _) => unit.min(Grain::Day),
        }
    }

    /// Whether every bucket of `coarser` is made of whole buckets of this width, in a zone and a calendar whose days begin at midnight.
    pub(crate) fn divides(self, coarser: Self) -> bool {
        if let Some(width) = self.seconds() {
            return match coarser.seconds() {
                Some(whole) => whole % width == 0 && (coarser.phase_seconds() - self.phase_seconds()) % width == 0,
                None => self.phase_seconds() == 0,
            };
        }
        if self == Self::from(Grain::Day) {
            return coarser.unit >= Grain::Day;
        }
        if self == Self::from(Grain::Month) && coarser.months().is_some() {
            return coarser.origin.is_none_or(|origin| origin.day() == 1);
        }
        let whole = match (self.months(), coarser.months()) {
            (Some(part), Some(whole)) => whole % part == 0,
            (None, None) => self.unit == coarser.unit && coarser.count.is_multiple_of(self.count),
            _ => false,
        };
        whole && self.origin == coarser.origin
    }
}

/// As it is read by [`FromStr`]: a unit by its name, several with their number, an origin behind `from`. What is read of ISO 8601 is written
/// like this too, so equal widths have one text.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.count, self.origin) {
            (1, None) => f.write_str(self.unit.as_str())?,
            (1, _) => write!(f, "1 {}", self.unit.as_str())?,
            (count, _) => write!(f, "{count} {}s", self.unit.as_str())?,
        }
        self.origin.map_or(Ok(()), |origin| write!(f, " from {}", shown(origin)))
    }
}

impl FromStr for Interval {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let unknown = || {
            Error::invalid(format!(
                "{text:?} is no width of buckets; write second, minute, hour, day, week, month, quarter, year, or several of them such as 15 minutes, 6 hours or 2 weeks"
            ))
        };
        let (width, origin) = match text.split_once(" from ") {
            Some((width, origin)) => (width.trim(), Some(origin)),
            None => (text.trim(), None),
        };
        let interval = match width.split_once(' ') {
            Some((count, unit)) => {
                let unit = Grain::counted(unit.trim()).ok_or_else(unknown)?;
                Self::every(count.parse().map_err(|_| unknown())?, unit)?
            }
            None => match iso(width) {
                Some((count, unit)) => Self::every(count, unit)?,
                None => Self::from(Grain::named(width).ok_or_else(unknown)?),
            },
        };
        match origin {
            Some(origin) => interval.counted_from(read_origin(origin)?),
            None => Ok(interval),
        }
    }
}

/// A duration of ISO 8601 that is so many of one unit, such as `P2W` and `PT15M`. What is of several (`P1DT12H`) is no width of buckets.
pub(super) fn iso(text: &str) -> Option<(u32, Grain)> {
    let parts = text.strip_prefix('P')?;
    let (of_time, parts) = parts.strip_prefix('T').map_or((false, parts), |parts| (true, parts));
    let (place, unit) = parts.char_indices().next_back()?;
    let unit = match (of_time, unit) {
        (false, 'Y') => Grain::Year,
        (false, 'M') => Grain::Month,
        (false, 'W') => Grain::Week,
        (false, 'D') => Grain::Day,
        (true, 'H') => Grain::Hour,
        (true, 'M') => Grain::Minute,
        (true, 'S') => Grain::Second,
        _ => return None,
    };
    let count = parts.get(..place)?;
    if count.bytes().all(|byte| byte.is_ascii_digit()) { Some((count.parse().ok()?, unit)) } else { None }
}

/// A day, or a day and a time, on the wall clock.
pub(crate) fn read_origin(text: &str) -> Result<NaiveDateTime> {
    let text = text.trim();
    let day = || text.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN));
    let time = || {
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
    };
    day()
        .or_else(time)
        .ok_or_else(|| Error::invalid(format!("{text:?} is no origin of buckets; write a day such as 2024-01-02 or, for buckets below a day, 2024-01-02T06:00")))
}

/// An origin as it is written, without the parts that say nothing.
pub(crate) fn shown(origin: NaiveDateTime) -> String {
    let form = match (origin.time() == NaiveTime::MIN, origin.second()) {
        (true, _) => "%Y-%m-%d",
        (_, 0) => "%Y-%m-%dT%H:%M",
        _ => "%Y-%m-%dT%H:%M:%S",
    };
    origin.format(form).to_string()
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Interval {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn an_interval_is_read_back_from_its_name() {
        for text in [
            "second",
            "15 minutes",
            "12 hours",
            "day",
            "90 days",
            "2 weeks",
            "4 months",
            "quarter",
            "year",
            "2 weeks from 2024-01-02",
            "1 week from 2024-01-03",
            "8 hours from 2024-01-01T06:00",
            "30 seconds from 2024-01-01T00:00:05",
            "1 month from 2024-01-25",
            "1 year from 2024-10-01",
        ] {
            assert_eq!(read(text).to_string(), text);
        }
        for (text, same) in [
            ("1 day", "day"),
            ("15 minute", "15 minutes"),
            ("  6  hours ", "6 hours"),
            ("1 day from 2024-01-02", "day"),
            ("8 hours from 2024-01-01T16:00", "8 hours"),
            ("P1W", "week"),
            ("PT15M", "15 minutes"),
            ("P3M", "3 months"),
            ("PT30S", "30 seconds"),
            ("PT6H", "6 hours"),
            ("P1Y", "year"),
            ("P2W from 2024-01-02", "2 weeks from 2024-01-02"),
        ] {
            assert_eq!(read(text), read(same), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_had_is_refused_with_what_can() {
        for (text, told) in [
            ("7 minutes", "1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30"),
            ("60 minutes", "begin with the hour"),
            ("45 seconds", "begin with the minute"),
            ("5 hours", "1, 2, 3, 4, 6, 8, 12"),
            ("5 months", "1, 2, 3, 4, 6"),
            ("367 days", "1 to 366"),
            ("54 weeks", "1 to 53"),
            ("0 days", "1 to 366"),
            ("2 quarters", "one by one"),
            ("2 years", "one by one"),
            ("P2Y", "one by one"),
            ("PT7M", "begin with the hour"),
            ("P1DT12H", "15 minutes"),
            ("P15m", "15 minutes"),
            ("PT1D", "15 minutes"),
            ("P", "15 minutes"),
            ("PW", "15 minutes"),
            ("fortnight", "15 minutes"),
            ("2 fortnights", "15 minutes"),
            ("-2 weeks", "15 minutes"),
            ("2 weeks from yesterday", "2024-01-02"),
            ("2 weeks from 2024-01-02T12:00", "dayStart"),
            ("1 month from 2024-01-31", "28"),
        ] {
            let error = text.parse::<Interval>().unwrap_err();
            assert!(error.message().contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn intervals_nest_as_calendars_do() {
        for (finer, coarser, nests) in [
            ("day", "week", true),
            ("day", "year", true),
            ("hour", "hour", true),
            ("week", "month", false),
            ("month", "day", false),
            ("month", "quarter", true),
            ("hour", "6 hours", true),
            ("hour", "2 weeks", true),
            ("hour", "15 minutes", false),
            ("15 minutes", "30 minutes", true),
            ("15 minutes", "hour", true),
            ("15 minutes", "20 minutes", false),
            ("4 hours", "6 hours", false),
            ("4 hours", "day", true),
            ("day", "2 weeks from 2024-01-02", true),
            ("2 weeks", "4 weeks", true),
            ("2 weeks", "4 weeks from 2024-01-02", false),
            ("week", "1 month from 2024-01-25", false),
            ("month", "1 month from 2024-01-25", false),
            ("2 months", "6 months", true),
            ("2 months", "quarter", false),
            ("3 months", "year", true),
            ("8 hours from 2024-01-01T06:00", "day", false),
            ("2 hours", "8 hours from 2024-01-01T06:00", true),
            ("4 hours", "8 hours from 2024-01-01T06:00", false),
        ] {
            assert_eq!(read(finer).divides(read(coarser)), nests, "{finer} in {coarser}");
        }
    }

    #[test]
    fn the_monday_is_one() {
        assert_eq!(Interval::from(Grain::Week).counted_day().to_string(), "2000-01-03");
        assert_eq!(Interval::from(Grain::Week).counted_day().weekday(), chrono::Weekday::Mon);
    }
}
