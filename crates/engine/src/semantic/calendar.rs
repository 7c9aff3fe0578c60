//! In which zone and when days, weeks, quarters and years begin, and which days are worked. What a calendar says nothing of is as the
//! next wider one says, field by field.

use std::fmt;
use std::str::FromStr;

use chrono::Weekday;
use chrono_tz::{TZ_VARIANTS, Tz};
use serde::{Deserialize, Serialize};

use super::business::{BusinessDays, Holidays, Weekend};
use super::grain::Grain;
use super::interval::Interval;
use super::weekday;
use crate::error::{Error, Result, near_names};

/// The last hour with which a day can begin.
pub(crate) const DAY_START_MAX: u32 = 23;

/// What a query says of its calendar. A field that it says nothing of is `None`.
///
/// ```
/// let query: tidemill::SemanticQuery = serde_json::from_str(
///     r#"{"measures": ["flights.count"], "calendar": {"weekStart": "sunday", "yearStart": 4},
///         "timeDimensions": [{"dimension": "flights.time_hour", "granularity": "week", "dateRange": "this year"}]}"#,
/// )?;
/// assert_eq!(query.calendar.unwrap().year_start, Some(4));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CalendarSettings {
    /// The zone in which days begin, where [`SemanticQuery::timezone`](crate::SemanticQuery::timezone) names none: a name of the IANA
    /// database. `None`: UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// The day on which weeks begin. `None`: Monday, as ISO 8601 has it.
    #[serde(with = "weekday::optional", skip_serializing_if = "Option::is_none")]
    pub week_start: Option<Weekday>,
    /// The month with which years begin, 1 to 12; quarters follow it. `None`: January. A year is named by its first day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year_start: Option<u32>,
    /// The hour with which days begin, 0 to 23, and with them weeks, months, quarters and years. `None`: 0, midnight. A day is
    /// named by the date on which it begins. Dates have no time of day: they belong to the day that they name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day_start: Option<u32>,
    /// The days of the week that are not worked. `None`: Saturday and Sunday.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekend: Option<Weekend>,
    /// The dates that are not worked, 2,000 at most. `None`: there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holidays: Option<Holidays>,
}

impl CalendarSettings {
    /// Checks zone, month, hour, weekend and holidays.
    ///
    /// # Errors
    /// `Invalid` at the field at fault, for instance `yearStart`; for a zone with near names.
    pub fn check(&self) -> Result<()> {
        if let Some(name) = &self.timezone {
            zone_named(name).map_err(|error| error.at("timezone"))?;
        }
        if let Some(month) = self.year_start.filter(|month| !(1..=12).contains(month)) {
            return Err(Error::invalid(format!("years begin with a month from 1 to 12, not {month}")).at("yearStart"));
        }
        if let Some(hour) = self.day_start.filter(|hour| *hour > DAY_START_MAX) {
            return Err(Error::invalid(format!("days begin with an hour from 0 to {DAY_START_MAX}, not {hour}")).at("dayStart"));
        }
        if self.weekend.is_some_and(|weekend| weekend.days().count() == 7) {
            return Err(Error::invalid("a weekend of seven days leaves no business day; name six at most").at("weekend"));
        }
        self.holidays.as_ref().map_or(Ok(()), |holidays| holidays.check().map_err(|error| error.at("holidays")))
    }

    /// The same, where each field that it says nothing of is that of a wider calendar: a dashboard that has its weeks begin on Sunday
    /// keeps the zone, the fiscal year and the holidays of its tenant.
    #[must_use]
    pub fn within(self, wider: &Self) -> Self {
        Self {
            timezone: self.timezone.or_else(|| wider.timezone.clone()),
            week_start: self.week_start.or(wider.week_start),
            year_start: self.year_start.or(wider.year_start),
            day_start: self.day_start.or(wider.day_start),
            weekend: self.weekend.or(wider.weekend),
            holidays: self.holidays.or_else(|| wider.holidays.clone()),
        }
    }

    /// The zone in which days begin where a question names none. A name that [`check`](Self::check) refuses is UTC.
    pub(crate) fn zone(&self) -> Tz {
        self.timezone.as_deref().and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC)
    }

    /// The same without its zone.
    pub(crate) fn without_zone(self) -> Self {
        Self { timezone: None, ..self }
    }

    /// The same without what says which days are worked.
    pub(crate) fn without_business_days(self) -> Self {
        Self { weekend: None, holidays: None, ..self }
    }

    pub(crate) fn business_days(&self) -> BusinessDays {
        BusinessDays::new(self.weekend, self.holidays.as_ref())
    }
}

/// The calendar by which an answer was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UsedCalendar {
    /// The day on which weeks begin.
    #[serde(serialize_with = "weekday::serialize")]
    pub week_start: Weekday,
    /// The month with which years begin.
    pub year_start: u32,
    /// The hour with which days begin.
    #[serde(skip_serializing_if = "is_zero")]
    pub day_start: u32,
    /// The days of the week that are not worked, where the answer is about business days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekend: Option<Weekend>,
    /// How many holidays were known, where the answer is about business days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holiday_count: Option<usize>,
}

impl UsedCalendar {
    /// What is told of settings. `usual`: whether it is also told where there are none, because the answer goes by the usual ones;
    /// `business`: whether it is about business days.
    pub(crate) fn of(settings: Option<&CalendarSettings>, usual: bool, business: bool) -> Option<Self> {
        let default = CalendarSettings::default();
        let settings = settings.or(usual.then_some(&default))?;
        Some(Self {
            week_start: settings.week_start.unwrap_or(Weekday::Mon),
            year_start: settings.year_start.unwrap_or(1),
            day_start: settings.day_start.unwrap_or(0),
            weekend: business.then(|| settings.weekend.unwrap_or_default()),
            holiday_count: business.then(|| settings.holidays.as_ref().map_or(0, Holidays::len)),
        })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// The zone of a name.
///
/// # Errors
/// `Invalid` for a name that is not in the IANA database, with those that are near to it or end with it.
pub(crate) fn zone_named(name: &str) -> Result<Tz> {
    name.parse().map_err(|_| {
        let names = || TZ_VARIANTS.iter().map(|zone| zone.name());
        let place = names().find(|known| known.rsplit('/').next().is_some_and(|place| place.eq_ignore_ascii_case(name)));
        let near = place.map_or_else(|| near_names(name, names()), |place| format!("; did you mean {place}?"));
        Error::invalid(format!("unknown time zone {name:?}; use an IANA name such as Europe/Berlin{near}"))
    })
}

/// A calendar: settings in a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Calendar {
    pub zone: Tz,
    pub week_start: Weekday,
    /// The month with which years begin, 1 to 12.
    pub year_start: u32,
    /// The hour with which days begin, 0 to 23.
    pub day_start: u32,
}

impl From<Tz> for Calendar {
    fn from(zone: Tz) -> Self {
        Self::new(zone, &CalendarSettings::default())
    }
}

impl Calendar {
    pub(crate) fn new(zone: Tz, settings: &CalendarSettings) -> Self {
        Self {
            zone,
            week_start: settings.week_start.unwrap_or(Weekday::Mon),
            year_start: settings.year_start.unwrap_or(1).clamp(1, 12),
            day_start: settings.day_start.unwrap_or(0).min(DAY_START_MAX),
        }
    }

    /// The calendar with which buckets of a width are the same, and no other is said: days are days whenever weeks begin.
    pub(crate) fn of(self, interval: Interval) -> Self {
        let plain = Self::from(self.zone);
        if interval.unit() < Grain::Day {
            return plain;
        }
        let days = Self { day_start: self.day_start, ..plain };
        match interval.months() {
            _ if interval.origin().is_some() => days,
            Some(months) => Self { year_start: (self.year_start - 1) % months.unsigned_abs() + 1, ..days },
            None if interval.unit() == Grain::Week => Self { week_start: self.week_start, ..days },
            None => days,
        }
    }
}

/// The name of the zone, and what is not as it is by default. [`FromStr`] reads it.
impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.zone.name())?;
        if self.week_start != Weekday::Mon {
            write!(f, " weeks-{}", self.week_start)?;
        }
        if self.year_start != 1 {
            write!(f, " years-{}", self.year_start)?;
        }
        if self.day_start != 0 {
            write!(f, " days-{}", self.day_start)?;
        }
        Ok(())
    }
}

impl FromStr for Calendar {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let mut parts = text.split(' ');
        let mut calendar = Self::from(parts.next().unwrap_or_default().parse::<Tz>().map_err(drop)?);
        for part in parts {
            match part.split_once('-') {
                Some(("weeks", day)) => calendar.week_start = day.parse().map_err(drop)?,
                Some(("years", month)) => calendar.year_start = month.parse().ok().filter(|month| (1..=12).contains(month)).ok_or(())?,
                Some(("days", hour)) => calendar.day_start = hour.parse().ok().filter(|hour| *hour <= DAY_START_MAX).ok_or(())?,
                _ => return Err(()),
            }
        }
        Ok(calendar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_is_read_back_from_its_name() {
        for text in ["UTC", "Europe/Berlin weeks-Sun", "Asia/Kolkata years-4", "UTC weeks-Sat years-10", "UTC days-6", "Europe/Berlin weeks-Sun years-4 days-23"] {
            assert_eq!(text.parse::<Calendar>().unwrap().to_string(), text);
        }
        for text in ["", "Atlantis", "UTC weeks-Xyz", "UTC years-13", "UTC days-24", "UTC hours-2"] {
            assert!(text.parse::<Calendar>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_width_keeps_only_what_matters_to_it() {
        let calendar: Calendar = "UTC weeks-Sun years-7 days-6".parse().unwrap();
        for (interval, name) in [
            ("hour", "UTC"),
            ("6 hours", "UTC"),
            ("day", "UTC days-6"),
            ("week", "UTC weeks-Sun days-6"),
            ("2 weeks", "UTC weeks-Sun days-6"),
            ("2 weeks from 2024-01-02", "UTC days-6"),
            ("month", "UTC days-6"),
            ("quarter", "UTC days-6"),
            ("4 months", "UTC years-3 days-6"),
            ("year", "UTC years-7 days-6"),
            ("1 year from 2024-10-01", "UTC days-6"),
        ] {
            assert_eq!(calendar.of(interval.parse().unwrap()).to_string(), name, "{interval}");
        }
    }

    #[test]
    fn settings_are_written_as_they_were_said() {
        for text in [r"{}", r#"{"weekStart":"sunday"}"#, r#"{"timezone":"Asia/Tokyo","weekStart":"monday","yearStart":1,"dayStart":0}"#, r#"{"yearStart":4,"weekend":[]}"#] {
            let settings: CalendarSettings = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&settings).unwrap(), text);
            assert!(settings.check().is_ok());
        }
        let nothing: CalendarSettings = serde_json::from_str(r#"{"weekStart": null, "yearStart": null, "timezone": null}"#).unwrap();
        assert_eq!(nothing, CalendarSettings::default());
    }

    #[test]
    fn what_a_calendar_says_nothing_of_is_that_of_the_wider_one() {
        let read = |text: &str| serde_json::from_str::<CalendarSettings>(text).unwrap();
        let wider = r#"{"timezone":"Asia/Tokyo","weekStart":"saturday","yearStart":4,"dayStart":6,"weekend":["friday"],"holidays":[{"date":"2026-12-25"}]}"#;
        assert_eq!(read("{}").within(&read(wider)), read(wider));
        for (narrow, kept) in [
            (r#"{"timezone":"UTC"}"#, r#""timezone":"Asia/Tokyo""#),
            (r#"{"weekStart":"sunday"}"#, r#""weekStart":"saturday""#),
            (r#"{"yearStart":1}"#, r#""yearStart":4"#),
            (r#"{"dayStart":0}"#, r#""dayStart":6"#),
            (r#"{"weekend":[]}"#, r#""weekend":["friday"]"#),
            (r#"{"holidays":[]}"#, r#""holidays":[{"date":"2026-12-25"}]"#),
        ] {
            let expected = wider.replace(kept, narrow.trim_matches(['{', '}']));
            assert_eq!(serde_json::to_string(&read(narrow).within(&read(wider))).unwrap(), expected, "{narrow}");
            assert_eq!(read(narrow).within(&CalendarSettings::default()), read(narrow));
        }
    }

    #[test]
    fn a_zone_that_is_not_known_is_refused_with_near_ones() {
        for (name, near) in [("Europe/Berln", "did you mean Europe/Berlin"), ("tokyo", "did you mean Asia/Tokyo?"), ("Mars/Olympus_Mons_Base", "such as Europe/Berlin")] {
            let settings = CalendarSettings { timezone: Some(name.to_owned()), ..CalendarSettings::default() };
            let refused = settings.check().unwrap_err();
            assert_eq!((refused.kind(), refused.field()), (crate::ErrorKind::Invalid, Some("timezone")));
            assert!(refused.message().contains(near), "{refused}");
        }
        let tokyo = CalendarSettings { timezone: Some("Asia/Tokyo".to_owned()), ..CalendarSettings::default() };
        assert_eq!((tokyo.zone(), CalendarSettings::default().zone()), (Tz::Asia__Tokyo, Tz::UTC));
    }

    #[test]
    fn days_that_are_not_worked_come_back_and_are_told_by_their_number() {
        let text = r#"{"weekStart":"monday","yearStart":1,"weekend":["friday","saturday"],"holidays":[{"date":"2026-12-25","name":"Christmas"}]}"#;
        let settings: CalendarSettings = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&settings).unwrap(), text);
        assert!(settings.check().is_ok());
        let told = |business| UsedCalendar::of(Some(&settings), false, business).map(|told| serde_json::to_string(&told).unwrap());
        assert_eq!(told(false).as_deref(), Some(r#"{"weekStart":"monday","yearStart":1}"#));
        assert_eq!(told(true).as_deref(), Some(r#"{"weekStart":"monday","yearStart":1,"weekend":["friday","saturday"],"holidayCount":1}"#));
        assert_eq!(UsedCalendar::of(None, false, false), None);
        assert_eq!(UsedCalendar::of(None, true, false).map(|told| (told.week_start, told.year_start, told.holiday_count)), Some((Weekday::Mon, 1, None)));
        let narrow: CalendarSettings = serde_json::from_str(r#"{"weekStart": "sunday", "weekend": []}"#).unwrap();
        let both = narrow.within(&settings);
        assert_eq!((both.week_start, both.weekend.map(|weekend| weekend.days().count()), both.holidays), (Some(Weekday::Sun), Some(0), settings.holidays));
        let all = r#"{"weekend": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]}"#;
        let refused = serde_json::from_str::<CalendarSettings>(all).unwrap().check().unwrap_err();
        assert_eq!(refused.field(), Some("weekend"));
    }
}
