//! Granularities of a time dimension, taken over where their buckets begin at the same instants here.
//!
//! Cube counts from an origin, or from the beginning of the current year and, for weeks, from the Monday of its week. What is
//! counted from another day each year has no place in a model, unless the width divides a year and so hides it.

use chrono::{Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::super::sql::{self, Reason};
use super::entry::Entry;
use super::{Cube, HARMLESS};
use crate::error::Error;
use crate::semantic::generate::humanised;
use crate::semantic::grain::Grain;
use crate::semantic::granularity::{self, NamedGranularity};
use crate::semantic::interchange::notes::Notes;
use crate::semantic::interchange::origins::granularity_key;
use crate::semantic::interval::{Interval, read_origin};

/// Granularities of a dimension at most, as a model has them.
const GRANULARITIES_MAX: usize = 50;
/// Units of an interval at most.
const UNITS_MAX: u32 = 100_000;

/// Reads the granularities of a dimension, `of` its name.
pub(super) fn read(cube: &mut Cube, of: &str, dimension: &Entry, notes: &mut Notes) -> Vec<NamedGranularity> {
    let mut read: Vec<NamedGranularity> = Vec::new();
    let mut refused = Vec::new();
    for entry in dimension.list("granularities", GRANULARITIES_MAX, |spot, reason| refused.push((spot, reason))) {
        let Some(name) = entry.name().map(str::to_owned) else { continue };
        match granularity(&entry, &name) {
            Ok(found) => match granularity::check(&[read.as_slice(), std::slice::from_ref(&found)].concat()) {
                Ok(()) => {
                    cube.silent(&entry, &[], notes);
                    cube.read_from("granularities", &granularity_key(of, &name), &entry.spot);
                    read.push(found);
                }
                Err(error) => refused.push((entry.spot, error.message().to_owned())),
            },
            Err(reason) => refused.push((entry.spot, reason)),
        }
    }
    for (spot, reason) in refused {
        notes.left_out(&spot, reason);
    }
    read
}

fn granularity(entry: &Entry, name: &str) -> Result<NamedGranularity, Reason> {
    entry.known(&[&["name", "title", "interval", "origin", "offset"], HARMLESS])?;
    let (count, unit) = units(&entry.text("interval")?.ok_or("it has no interval")?)?;
    let interval = u32::try_from(count)
        .map_err(|_| "its interval goes back".to_owned())
        .and_then(|count| Interval::every(count, unit).map_err(|error| told(&error)))?;
    let origin = match (entry.text("origin")?, entry.text("offset")?) {
        (Some(_), Some(_)) => return Err("it has both origin and offset".to_owned()),
        (Some(origin), None) => Some(read_origin(&origin).map_err(|error| told(&error))?),
        (None, _) if is_counted(interval) => {
            return Err("Cube counts it from the beginning of the current year, which is another day each year; give it an origin".to_owned());
        }
        (None, Some(offset)) => Some(later(units(&offset)?, interval)?),
        (None, None) => None,
    };
    let buckets = origin.map_or(Ok(interval), |origin| interval.counted_from(origin)).map_err(|error| told(&error))?;
    let label = entry.title().unwrap_or_else(|| humanised(name));
    // An origin that changes nothing is left out.
    Ok(NamedGranularity { name: name.to_owned(), label, interval, origin: buckets.origin() })
}

/// Whether it matters from which day it is counted.
fn is_counted(interval: Interval) -> bool {
    matches!(interval.unit(), Grain::Day | Grain::Week) && interval.count() > 1
}

/// The beginning of a year, and of a week, some time later.
fn later((count, unit): (i32, Grain), interval: Interval) -> Result<NaiveDateTime, Reason> {
    let begins = |year: i32| match interval.unit() {
        Grain::Week => Some(interval.counted_day()),
        _ => NaiveDate::from_ymd_opt(year, 1, 1),
    };
    let moved = |year: i32| -> Option<NaiveDateTime> {
        let begins = begins(year)?.and_time(NaiveTime::MIN);
        let by = Interval::from(unit);
        match (by.seconds(), by.days(), by.months()) {
            (Some(seconds), ..) => begins.checked_add_signed(TimeDelta::try_seconds(seconds.checked_mul(count.into())?)?),
            (_, Some(days), _) => begins.checked_add_signed(TimeDelta::try_days(days.checked_mul(count.into())?)?),
            (.., Some(months)) => {
                let months = Months::new(months.checked_mul(count)?.unsigned_abs());
                if count < 0 { begins.checked_sub_months(months) } else { begins.checked_add_months(months) }
            }
            _ => None,
        }
    };
    // A year with a 29th of February and one without: of months and longer the same day must come out.
    let (one, other) = moved(2000).zip(moved(2001)).ok_or("its offset leads out of the calendar")?;
    let of_months = interval.months().is_some();
    if of_months && (one.month(), one.day(), one.time()) != (other.month(), other.day(), other.time()) {
        return Err("its offset leads to another day after a 29th of February".to_owned());
    }
    Ok(one)
}

/// `2 weeks`, `-3 days`.
fn units(text: &str) -> Result<(i32, Grain), Reason> {
    let unknown = || format!("{} is not so many of one unit of time", sql::shortened(text));
    let (count, unit) = text.split_once(' ').ok_or_else(unknown)?;
    let count: i32 = count.parse().ok().filter(|count: &i32| count.unsigned_abs() <= UNITS_MAX).ok_or_else(unknown)?;
    Ok((count, Grain::counted(unit.trim()).ok_or_else(unknown)?))
}

fn told(error: &Error) -> Reason {
    error.message().to_owned()
}
