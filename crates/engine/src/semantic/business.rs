//! Business days: which days of the week are not worked, which dates are holidays, and counting by what is left.
//!
//! They are no part of a [`Calendar`](super::calendar::Calendar), which stands in the names of buckets: what is kept of plain days, weeks
//! and years is the same whatever days are worked, so a list of holidays never makes it unknown.

use std::fmt;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::weekday;
use crate::error::{Error, Result};

/// Holidays of one calendar at most.
pub(crate) const HOLIDAYS_MAX: usize = 2_000;
/// Characters of the name of a holiday at most.
const NAME_MAX_CHARS: usize = 120;
/// Business days that are counted at most: forty years of them.
pub(crate) const COUNTED_MAX: i32 = 10_000;

/// The days of the week that are not worked. Default: Saturday and Sunday.
///
/// ```
/// use tidemill::CalendarSettings;
///
/// let calendar: CalendarSettings = serde_json::from_str(r#"{"weekend": ["friday", "saturday"]}"#)?;
/// assert!(calendar.weekend.unwrap().has(chrono::Weekday::Fri));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Weekend(u8);

impl Default for Weekend {
    fn default() -> Self {
        [Weekday::Sat, Weekday::Sun].into_iter().collect()
    }
}

impl FromIterator<Weekday> for Weekend {
    fn from_iter<T: IntoIterator<Item = Weekday>>(days: T) -> Self {
        Self(days.into_iter().fold(0, |bits, day| bits | Self::bit(day)))
    }
}

impl Weekend {
    fn bit(day: Weekday) -> u8 {
        1 << day.num_days_from_monday()
    }

    /// Whether a day of the week is one of it.
    pub fn has(self, day: Weekday) -> bool {
        self.0 & Self::bit(day) != 0
    }

    /// Its days, from Monday on.
    pub fn days(self) -> impl Iterator<Item = Weekday> {
        weekday::all().filter(move |day| self.has(*day))
    }
}

impl Serialize for Weekend {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.days().map(weekday::name))
    }
}

impl<'de> Deserialize<'de> for Weekend {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        names.iter().map(|name| weekday::named(name, "weekend")).collect::<Result<_, _>>().map_err(serde::de::Error::custom)
    }
}

/// A date that is not worked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// The date.
    #[serde(serialize_with = "write_date", deserialize_with = "read_date")]
    pub date: NaiveDate,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn write_date<S: Serializer>(date: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

fn read_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    let text = String::deserialize(deserializer)?;
    // Years of other lengths are read by chrono, too, and would not be found again in a list that is sorted as text.
    let date = text.parse().ok().filter(|_| text.len() == 10);
    date.ok_or_else(|| serde::de::Error::custom(format!("holiday {text:?} is not a date; write 2026-12-25")))
}

/// Holidays in the order of their dates. Copies share the list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Holidays(Arc<[Holiday]>);

impl FromIterator<Holiday> for Holidays {
    fn from_iter<T: IntoIterator<Item = Holiday>>(holidays: T) -> Self {
        let mut holidays: Vec<Holiday> = holidays.into_iter().collect();
        holidays.sort();
        Self(holidays.into())
    }
}

impl Holidays {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One after another.
    pub fn iter(&self) -> impl Iterator<Item = &Holiday> {
        self.0.iter()
    }

    /// Whether a date is one of them.
    pub fn has(&self, date: NaiveDate) -> bool {
        self.0.binary_search_by_key(&date, |holiday| holiday.date).is_ok()
    }

    /// Checks how many there are, that each date stands once and that names can be read.
    ///
    /// # Errors
    /// `Invalid` or `Exhausted`, naming the date at fault.
    pub(crate) fn check(&self) -> Result<()> {
        if self.len() > HOLIDAYS_MAX {
            return Err(Error::invalid(format!("{} holidays are more than the {HOLIDAYS_MAX} that a calendar may have", self.len())));
        }
        for (holiday, next) in self.0.iter().zip(self.0.iter().skip(1)) {
            if holiday.date == next.date {
                return Err(Error::invalid(format!("holiday {} stands twice", holiday.date)));
            }
        }
        let wrong = |name: &str| name.trim().is_empty() || name.chars().count() > NAME_MAX_CHARS || name.chars().any(char::is_control);
        match self.0.iter().find(|holiday| holiday.name.as_deref().is_some_and(wrong)) {
            Some(holiday) => Err(Error::invalid(format!("the name of holiday {} is 1 to {NAME_MAX_CHARS} characters in one line", holiday.date))),
            None => Ok(()),
        }
    }
}

impl Serialize for Holidays {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter())
    }
}

impl<'de> Deserialize<'de> for Holidays {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Holiday>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// Which days are worked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct BusinessDays {
    weekend: Weekend,
    holidays: Holidays,
}

impl BusinessDays {
    pub(crate) fn new(weekend: Option<Weekend>, holidays: Option<&Holidays>) -> Self {
        Self { weekend: weekend.unwrap_or_default(), holidays: holidays.cloned().unwrap_or_default() }
    }

    /// Whether a day is worked.
    pub(crate) fn has(&self, day: NaiveDate) -> bool {
        !self.weekend.has(day.weekday()) && !self.holidays.has(day)
    }

    /// The business day so many after a day, or before it where the count is negative. `None` beyond what dates can express.
    pub(crate) fn step(&self, day: NaiveDate, count: i32) -> Option<NaiveDate> {
        // Otherwise nothing would be found on the way to the end of all dates.
        if self.weekend.days().count() == 7 {
            return None;
        }
        let (mut day, mut left) = (day, count.unsigned_abs());
        while left > 0 {
            day = if count < 0 { day.pred_opt() } else { day.succ_opt() }?;
            left -= u32::from(self.has(day));
        }
        Some(day)
    }
}

/// A short name of exactly these days: what holidays are called is no part of it.
impl fmt::Display for BusinessDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut hash = Sha256::new_with_prefix([self.weekend.0]);
        for holiday in self.holidays.iter() {
            hash.update(holiday.date.num_days_from_ce().to_le_bytes());
        }
        hash.finalize().iter().take(16).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn days(weekend: &[Weekday], holidays: &[&str]) -> BusinessDays {
        let holidays: Holidays = holidays.iter().map(|date| Holiday { date: day(date), name: None }).collect();
        BusinessDays::new(Some(weekend.iter().copied().collect()), Some(&holidays))
    }

    #[test]
    fn business_days_are_counted_over_weekends_and_holidays() {
        let plain = BusinessDays::default();
        // The 25th of December 2026 is a Friday.
        let christmas = days(&[Weekday::Sat, Weekday::Sun], &["2026-12-25", "2026-12-26"]);
        let gulf = days(&[Weekday::Fri, Weekday::Sat], &[]);
        for (days, from, count, expected) in [
            (&plain, "2026-12-28", -1, "2026-12-25"),
            (&plain, "2026-12-27", -1, "2026-12-25"),
            (&plain, "2026-12-26", 1, "2026-12-28"),
            (&plain, "2026-12-28", -5, "2026-12-21"),
            (&plain, "2026-12-28", 0, "2026-12-28"),
            (&christmas, "2026-12-28", -1, "2026-12-24"),
            (&christmas, "2026-12-24", 1, "2026-12-28"),
            (&gulf, "2026-12-27", -1, "2026-12-24"),
            (&gulf, "2026-12-24", 1, "2026-12-27"),
        ] {
            assert_eq!(days.step(day(from), count), Some(day(expected)), "{count} from {from}");
        }
        assert_eq!(days(&weekday::all().collect::<Vec<_>>(), &[]).step(day("2026-12-28"), -1), None);
        assert_eq!(plain.step(NaiveDate::MIN, -1), None);
    }

    #[test]
    fn lists_are_read_in_any_order_and_written_in_that_of_their_dates() {
        let read = |text: &str| serde_json::from_str::<Holidays>(text).map_err(|error| error.to_string());
        let list = read(r#"[{"date": "2026-12-26"}, {"date": "2026-12-25", "name": "Christmas"}]"#).unwrap();
        assert_eq!(serde_json::to_string(&list).unwrap(), r#"[{"date":"2026-12-25","name":"Christmas"},{"date":"2026-12-26"}]"#);
        assert!(list.check().is_ok() && list.has(day("2026-12-26")) && !list.has(day("2026-12-27")));
        for (wrong, said) in [(r#"[{"date": "25.12.2026"}]"#, "write 2026-12-25"), (r#"[{"date": "2026-02-30"}]"#, "2026-02-30"), (r#"[{"day": "2026-12-25"}]"#, "day")] {
            assert!(read(wrong).unwrap_err().contains(said), "{wrong}");
        }
        let twice = read(r#"[{"date": "2026-12-25"}, {"date": "2026-12-25", "name": "Christmas"}]"#).unwrap();
        assert!(twice.check().unwrap_err().message().contains("2026-12-25 stands twice"));
        let many: Holidays = (0..=HOLIDAYS_MAX).map(|number| Holiday { date: day("2026-01-01") + chrono::Days::new(number as u64), name: None }).collect();
        assert!(many.check().unwrap_err().message().contains("2001"));
        assert!(read("[{\"date\": \"2026-12-25\", \"name\": \"a\\nb\"}]").unwrap().check().is_err());
    }

    #[test]
    fn names_tell_other_days_apart_and_nothing_else() {
        let one = |text: &str| BusinessDays::new(None, Some(&serde_json::from_str(text).unwrap())).to_string();
        assert_eq!(one(r#"[{"date": "2026-12-25"}]"#), one(r#"[{"date": "2026-12-25", "name": "Christmas"}]"#));
        assert_ne!(one(r#"[{"date": "2026-12-25"}]"#), one(r#"[{"date": "2026-12-26"}]"#));
        assert_ne!(one("[]"), days(&[Weekday::Fri, Weekday::Sat], &[]).to_string());
    }
}
