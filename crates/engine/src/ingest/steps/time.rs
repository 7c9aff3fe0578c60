//! The step that reads dates and times by a format. What a format does not say is not guessed: a day without a year, a zone by
//! its abbreviation and an hour that a change of clocks has left out are no times.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, TimestampMicrosecondArray};
use arrow::datatypes::{Date32Type, Int64Type, TimestampMicrosecondType};
use chrono::format::{Fixed, Item, Numeric, Parsed, StrftimeItems, parse};
use chrono::{DateTime, Datelike, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::frame::{Frame, array, text};
use super::op::{Op, Site};
use super::step::OnError;
use crate::catalog::{Column, ColumnType};
use crate::error::{Error, Result};
use crate::ingest::treatment::rows::{Fault, Rows};

/// Formats of a step at most.
const FORMATS_MAX: usize = 20;

/// How a text is written.
#[derive(Debug)]
enum Format {
    /// Numbers since 1970; each is so many microseconds.
    Unix(i64),
    Written {
        text: String,
        items: Vec<Item<'static>>,
        /// Whether it says an hour.
        time: bool,
        /// Whether it says how far it is from UTC.
        offset: bool,
    },
}

/// A time as it was written.
enum Written {
    Instant(DateTime<Utc>),
    Local(NaiveDateTime),
}

impl Format {
    fn new(text: &str) -> Result<Self> {
        let unix = match text {
            "unix" => Some(1_000_000),
            "unix_ms" => Some(1_000),
            "unix_us" => Some(1),
            _ => None,
        };
        if let Some(micros) = unix {
            return Ok(Self::Unix(micros));
        }
        let wrong = |what: &str| Error::invalid(format!("the format {text:?} {what}"));
        let items = StrftimeItems::new(text)
            .parse_to_owned()
            .map_err(|error| wrong("has a % that means nothing; write it like %d.%m.%Y or %Y-%m-%d %H:%M:%S").because(error))?;
        let has = |wanted: &dyn Fn(&Item<'static>) -> bool| items.iter().any(wanted);
        if has(&|item| matches!(item, Item::Fixed(Fixed::TimezoneName))) {
            return Err(wrong("has %Z, and the abbreviation of a zone does not say which zone it is; say it in \"zone\", or use %z for +01:00"));
        }
        let stamp = has(&|item| matches!(item, Item::Numeric(Numeric::Timestamp, _) | Item::Fixed(Fixed::RFC2822 | Fixed::RFC3339)));
        let year = has(&|item| matches!(item, Item::Numeric(Numeric::Year | Numeric::YearMod100 | Numeric::IsoYear | Numeric::IsoYearMod100, _)));
        if !stamp && !year {
            return Err(wrong("says no year, so that it is no day; it needs %Y or %y"));
        }
        let time = stamp || has(&|item| matches!(item, Item::Numeric(Numeric::Hour | Numeric::Hour12, _)));
        let offset = has(&|item| {
            matches!(
                item,
                Item::Fixed(
                    Fixed::TimezoneOffset
                        | Fixed::TimezoneOffsetColon
                        | Fixed::TimezoneOffsetColonZ
                        | Fixed::TimezoneOffsetZ
                        | Fixed::TimezoneOffsetDoubleColon
                        | Fixed::TimezoneOffsetTripleColon
                        | Fixed::RFC2822
                        | Fixed::RFC3339
                )
            )
        });
        Ok(Self::Written { text: text.to_owned(), items, time, offset })
    }

    fn says_time(&self) -> bool {
        matches!(self, Self::Unix(_) | Self::Written { time: true, .. })
    }

    fn shown(&self) -> &str {
        match self {
            Self::Unix(1_000_000) => "unix",
            Self::Unix(1_000) => "unix_ms",
            Self::Unix(_) => "unix_us",
            Self::Written { text, .. } => text,
        }
    }

    /// Reads a text without space around it; none when it is not of this form.
    fn read(&self, text: &str) -> Option<Written> {
        match self {
            Self::Unix(micros) => {
                let number: i64 = text.parse().ok()?;
                DateTime::from_timestamp_micros(number.checked_mul(*micros)?).map(Written::Instant)
            }
            Self::Written { items, time, offset, .. } => {
                let mut parsed = Parsed::new();
                parse(&mut parsed, text, items.iter()).ok()?;
                if parsed.timestamp().is_some() || *offset {
                    return parsed.to_datetime_with_timezone(&Utc).ok().or_else(|| Some(parsed.to_datetime().ok()?.to_utc())).map(Written::Instant);
                }
                // A month is its first day, an hour its first minute.
                if parsed.month().is_some() && parsed.day().is_none() {
                    parsed.set_day(1).ok()?;
                }
                if *time && parsed.minute().is_none() {
                    parsed.set_minute(0).ok()?;
                }
                let date = parsed.to_naive_date().ok()?;
                let clock = if *time { parsed.to_naive_time().ok()? } else { NaiveTime::MIN };
                Some(Written::Local(date.and_time(clock)))
            }
        }
    }
}

/// Reads texts or whole numbers as days or instants.
#[derive(Debug)]
struct ParseDate {
    from: usize,
    to: usize,
    target: Column,
    formats: Vec<Format>,
    zone: Tz,
    on_error: OnError,
}

/// What the step says, as it is written.
pub(super) struct Order<'a> {
    pub column: &'a str,
    pub formats: &'a [String],
    pub zone: Option<&'a str>,
    pub to: Option<ColumnType>,
    pub into: Option<&'a str>,
    pub on_error: OnError,
}

pub(super) fn parse_date(frame: &mut Frame, order: &Order<'_>) -> Result<Box<dyn Op>> {
    let (from, column) = frame.find(order.column)?;
    if matches!(column.column_type, ColumnType::Boolean | ColumnType::Float | ColumnType::Struct | ColumnType::List) {
        return Err(Error::invalid(format!("column {:?} is {column}; dates are read from text or whole numbers", column.name)));
    }
    if order.formats.is_empty() || order.formats.len() > FORMATS_MAX {
        return Err(Error::invalid(format!("it has {} formats; give 1 to {FORMATS_MAX} in \"formats\"", order.formats.len())));
    }
    let formats = order.formats.iter().map(|format| Format::new(format)).collect::<Result<Vec<_>>>()?;
    let zone = order.zone.unwrap_or("UTC");
    let zone: Tz = zone.parse().map_err(|_| Error::invalid(format!("unknown time zone {zone:?}; use an IANA name such as Europe/Berlin")))?;
    let says = if formats.iter().any(Format::says_time) { ColumnType::Timestamp } else { ColumnType::Date };
    let to = order.to.unwrap_or(says);
    if !matches!(to, ColumnType::Date | ColumnType::Timestamp) {
        return Err(Error::invalid(format!("\"to\" is {to}; it is date or timestamp")));
    }
    let target = Column::new(order.into.unwrap_or(order.column), to);
    let to = frame.put(target.clone())?;
    Ok(Box::new(ParseDate { from, to, target, formats, zone, on_error: order.on_error }))
}

impl ParseDate {
    /// Reads a text as a value of the target: days, or microseconds.
    fn read(&self, text: &str) -> Result<i64, String> {
        let text = text.trim();
        let mut wrong = None;
        for written in self.formats.iter().filter_map(|format| format.read(text)) {
            match self.value(&written) {
                Ok(value) => return Ok(value),
                Err(reason) => wrong = wrong.or(Some(reason)),
            }
        }
        Err(wrong.unwrap_or_else(|| match self.formats.as_slice() {
            [only] => format!("not a date of the form {}", only.shown()),
            several => format!("not a date of one of the forms {}", several.iter().map(Format::shown).collect::<Vec<_>>().join(", ")),
        }))
    }

    fn value(&self, written: &Written) -> Result<i64, String> {
        let local = match written {
            Written::Instant(instant) => instant.with_timezone(&self.zone).naive_local(),
            Written::Local(local) => *local,
        };
        if !(1_000..=9_999).contains(&local.year()) {
            return Err(format!("the year is {}; a year of two digits is read by %y", local.year()));
        }
        if self.target.column_type == ColumnType::Date {
            return Ok(i64::from(local.date().to_epoch_days()));
        }
        match written {
            Written::Instant(instant) => Ok(instant.timestamp_micros()),
            // Of an hour that comes twice, the first.
            Written::Local(local) => match self.zone.from_local_datetime(local) {
                LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => Ok(instant.timestamp_micros()),
                LocalResult::None => Err(format!("there is no such time in {}: clocks were put forward over it", self.zone)),
            },
        }
    }

    fn made(&self, values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
        if self.target.column_type == ColumnType::Date {
            return Arc::new(values.map(|days| days.and_then(|days| i32::try_from(days).ok())).collect::<Date32Array>());
        }
        Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
    }
}

impl Op for ParseDate {
    fn apply(&mut self, rows: &mut Rows, site: &Site) -> Result<()> {
        let mut faults = Vec::new();
        let mut keep = |row: usize, value: &dyn Fn() -> String, read: Result<i64, String>| match read {
            Ok(value) => Some(value),
            Err(reason) => {
                faults.push(Fault { row, column: None, value: Some(value()), reason });
                None
            }
        };
        let stored = array(&rows.batch, self.from)?;
        let utc = |micros: i64| DateTime::from_timestamp_micros(micros).ok_or_else(|| "beyond all calendars".to_owned());
        let midnight = |days: i32| NaiveDate::from_epoch_days(days).map(|day| day.and_time(NaiveTime::MIN)).ok_or_else(|| "beyond all calendars".to_owned());
        let values: Vec<Option<i64>> = if stored.as_string_view_opt().is_some() {
            text(&rows.batch, self.from)?
                .iter()
                .enumerate()
                .map(|(row, text)| text.and_then(|text| keep(row, &|| text.to_owned(), self.read(text))))
                .collect()
        } else if let Some(numbers) = stored.as_primitive_opt::<Int64Type>() {
            let read = |(row, number): (usize, Option<i64>)| number.and_then(|number| keep(row, &|| number.to_string(), self.read(&number.to_string())));
            numbers.iter().enumerate().map(read).collect()
        } else if let Some(days) = stored.as_primitive_opt::<Date32Type>() {
            // The source has read it already.
            let read =
                |(row, days): (usize, Option<i32>)| days.and_then(|days| keep(row, &|| days.to_string(), midnight(days).and_then(|local| self.value(&Written::Local(local)))));
            days.iter().enumerate().map(read).collect()
        } else if let Some(instants) = stored.as_primitive_opt::<TimestampMicrosecondType>() {
            let read = |(row, micros): (usize, Option<i64>)| {
                micros.and_then(|micros| keep(row, &|| micros.to_string(), utc(micros).and_then(|instant| self.value(&Written::Instant(instant)))))
            };
            instants.iter().enumerate().map(read).collect()
        } else {
            return Err(Error::internal(format!("dates are to be read from {}", stored.data_type())));
        };
        let name = rows.name(self.from);
        rows.put(self.to, &self.target, self.made(values.into_iter()))?;
        faults.iter_mut().for_each(|fault| fault.column = name.clone());
        site.settle(rows, faults, self.on_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(formats: &[&str], zone: &str, text: &str) -> Result<String, String> {
        let formats: Vec<Format> = formats.iter().map(|format| Format::new(format).unwrap()).collect();
        let column_type = if formats.iter().any(Format::says_time) { ColumnType::Timestamp } else { ColumnType::Date };
        let step = ParseDate { from: 0, to: 0, target: Column::new("d", column_type), formats, zone: zone.parse().unwrap(), on_error: OnError::Reject };
        step.read(text).map(|value| match column_type {
            ColumnType::Date => NaiveDate::from_epoch_days(value as i32).unwrap().to_string(),
            _ => DateTime::from_timestamp_micros(value).unwrap().to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
        })
    }

    #[test]
    fn dates_and_times_are_read_by_format_and_zone() {
        let cases: [(&[&str], &str, &str, &str); 21] = [
            (&["%d.%m.%Y", "%d.%m.%y"], "UTC", "31.01.13", "2013-01-31"),
            (&["%d.%m.%Y"], "UTC", "31.01.2013", "2013-01-31"),
            (&["%d.%m.%Y"], "UTC", " 1.1.2013 ", "2013-01-01"),
            (&["%m/%d/%y"], "UTC", "12/31/99", "1999-12-31"),
            (&["%d %b %Y"], "UTC", "5 Feb 2020", "2020-02-05"),
            (&["%Y%m%d"], "UTC", "20130131", "2013-01-31"),
            (&["%Y-%m"], "UTC", "2013-03", "2013-03-01"),
            (&["%Y-%j"], "UTC", "2013-032", "2013-02-01"),
            (&["%G-W%V-%u"], "UTC", "2013-W01-2", "2013-01-01"),
            (&["%d.%m.%Y", "%Y-%m-%d"], "UTC", "2013-01-31", "2013-01-31"),
            (&["%d.%m.%Y %H:%M"], "Europe/Berlin", "31.01.2013 05:00", "2013-01-31T04:00:00Z"),
            (&["%d.%m.%Y %H:%M"], "Europe/Berlin", "31.07.2013 05:00", "2013-07-31T03:00:00Z"),
            (&["%d.%m.%Y %H:%M"], "Europe/Berlin", "27.10.2013 02:30", "2013-10-27T00:30:00Z"),
            (&["%Y-%m-%d %I:%M %p"], "UTC", "2013-01-31 05:00 PM", "2013-01-31T17:00:00Z"),
            (&["%Y-%m-%d %H"], "UTC", "2013-01-31 05", "2013-01-31T05:00:00Z"),
            (&["%Y-%m-%dT%H:%M:%S%.f%z"], "Europe/Berlin", "2013-01-31T05:00:00.25+0200", "2013-01-31T03:00:00.250Z"),
            (&["%+"], "UTC", "2013-01-31T05:00:00+02:00", "2013-01-31T03:00:00Z"),
            (&["%a, %d %b %Y %H:%M:%S %z"], "UTC", "Thu, 31 Jan 2013 05:00:00 +0000", "2013-01-31T05:00:00Z"),
            (&["unix"], "Europe/Berlin", "1359604800", "2013-01-31T04:00:00Z"),
            (&["unix_ms"], "UTC", "1359604800123", "2013-01-31T04:00:00.123Z"),
            (&["%s"], "UTC", "1359604800", "2013-01-31T04:00:00Z"),
        ];
        for (formats, zone, text, expected) in cases {
            assert_eq!(read(formats, zone, text).as_deref(), Ok(expected), "{formats:?} {text}");
        }
    }

    #[test]
    fn what_a_format_does_not_say_is_not_guessed() {
        let cases: [(&[&str], &str, &str, &str); 8] = [
            (&["%d.%m.%Y"], "UTC", "2013-01-31", "not a date of the form %d.%m.%Y"),
            (&["%d.%m.%Y"], "UTC", "31.02.2013", "not a date of the form %d.%m.%Y"),
            (&["%d.%m.%Y"], "UTC", "31.01.13", "the year is 13; a year of two digits is read by %y"),
            (&["%d.%m.%Y"], "UTC", "31.01.2013 05:00", "not a date of the form %d.%m.%Y"),
            (&["%d.%m.%Y", "%Y-%m-%d"], "UTC", "soon", "not a date of one of the forms %d.%m.%Y, %Y-%m-%d"),
            (&["%a %d.%m.%Y"], "UTC", "Mon 31.01.2013", "not a date of the form %a %d.%m.%Y"),
            (&["%d.%m.%Y %H:%M"], "Europe/Berlin", "31.03.2013 02:30", "there is no such time in Europe/Berlin: clocks were put forward over it"),
            (&["unix"], "UTC", "1e9", "not a date of the form unix"),
        ];
        for (formats, zone, text, expected) in cases {
            assert_eq!(read(formats, zone, text), Err(expected.to_owned()), "{formats:?} {text}");
        }
        for (format, expected) in [("%Q", "has a % that means nothing"), ("%d.%m.", "says no year"), ("%Y-%m-%d %H:%M %Z", "%Z"), ("", "says no year")] {
            let error = Format::new(format).unwrap_err();
            assert!(error.message().contains(expected), "{error}");
        }
    }
}
