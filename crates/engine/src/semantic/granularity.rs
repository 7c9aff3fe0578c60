//! What a question says of the buckets of a time: how wide they are, or the name that a model gives to such a width.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDateTime;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::grain::Grain;
use super::interval::{Interval, iso};
use crate::error::{Error, Result, near_names};

/// Longest name, in bytes.
const NAME_MAX_BYTES: usize = 100;
/// Granularities of a dimension at most.
const GRANULARITIES_MAX: usize = 50;

/// Which buckets are asked for: `"day"`, `"15 minutes"`, or a name that the dimension has for some.
///
/// ```
/// use tidemill::{Grain, Granularity};
///
/// assert_eq!("day".parse::<Granularity>()?, Grain::Day.into());
/// assert_eq!("sprint".parse::<Granularity>()?, Granularity::Named("sprint".into()));
/// # Ok::<(), tidemill::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Granularity {
    /// So wide.
    Every(Interval),
    /// As the dimension says.
    Named(String),
}

impl Granularity {
    /// The unit that it is, where it is one of it and counted as the calendar says.
    pub fn as_unit(&self) -> Option<Grain> {
        match self {
            Self::Every(interval) => interval.as_unit(),
            Self::Named(_) => None,
        }
    }
}

impl From<Interval> for Granularity {
    fn from(interval: Interval) -> Self {
        Self::Every(interval)
    }
}

impl From<Grain> for Granularity {
    fn from(unit: Grain) -> Self {
        Self::Every(unit.into())
    }
}

impl fmt::Display for Granularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every(interval) => interval.fmt(f),
            Self::Named(name) => f.write_str(name),
        }
    }
}

impl FromStr for Granularity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // No name begins with a digit or is a duration of ISO 8601, so what does or is one is meant as a number of units.
        let is_iso = text.split(" from ").next().is_some_and(|width| iso(width.trim()).is_some());
        if is_iso || Grain::named(text).is_some() || text.trim_start().starts_with(|first: char| first.is_ascii_digit()) {
            return text.parse().map(Self::Every);
        }
        if !is_name(text) {
            return Err(Error::invalid(format!("{text:?} is no granularity; write day, 15 minutes, or a name that the dimension has for its buckets")));
        }
        Ok(Self::Named(text.to_owned()))
    }
}

impl Serialize for Granularity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Granularity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Buckets of a time that have a name: sprints, shifts, fiscal years. Questions name it in `granularity`.
///
/// ```
/// let sprint: tidemill::NamedGranularity =
///     serde_json::from_str(r#"{"name": "sprint", "label": "Sprint", "interval": "2 weeks", "origin": "2024-01-02"}"#)?;
/// assert_eq!(sprint.buckets()?.to_string(), "2 weeks from 2024-01-02");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedGranularity {
    /// Name, unique in its dimension.
    pub name: String,
    /// What people read.
    pub label: String,
    /// How wide its buckets are.
    pub interval: Interval,
    /// When one of its buckets begins, on the wall clock of whoever asks: a day or, for buckets below a day, a time of day.
    /// Without it they are counted as those without a name are.
    #[serde(default, with = "origin", skip_serializing_if = "Option::is_none")]
    pub origin: Option<NaiveDateTime>,
}

impl NamedGranularity {
    /// Its buckets.
    ///
    /// # Errors
    /// `Invalid` for an origin with which no bucket of this width can begin, and for two origins.
    pub fn buckets(&self) -> Result<Interval> {
        match (self.interval.origin(), self.origin) {
            (_, None) => Ok(self.interval),
            (None, Some(origin)) => self.interval.counted_from(origin),
            (Some(_), Some(_)) => Err(Error::invalid(format!("{} is counted from somewhere already, and has an origin beside it; leave one out", self.interval))),
        }
    }
}

/// The width that is meant where a dimension has these names.
///
/// # Errors
/// `Invalid` for a name that it has not, with near ones.
pub(crate) fn interval_of(asked: &Granularity, dimension: &str, named: &[NamedGranularity]) -> Result<Interval> {
    let name = match asked {
        Granularity::Every(interval) => return Ok(*interval),
        Granularity::Named(name) => name,
    };
    if let Some(found) = named.iter().find(|known| known.name == *name) {
        return found.buckets().map_err(|error| error.context(format!("granularity {name}")));
    }
    let near = near_names(name, named.iter().map(|known| known.name.as_str()).chain(Grain::ALL.map(Grain::as_str)));
    Err(Error::invalid(format!("dimension {dimension} has no granularity {name:?}{near}; second to year are always there, and several of them such as 15 minutes or 2 weeks")))
}

/// Checks the names that a dimension has for buckets.
///
/// # Errors
/// `Invalid` with the place of the one at fault.
pub(crate) fn check(named: &[NamedGranularity]) -> Result<()> {
    if named.len() > GRANULARITIES_MAX {
        return Err(Error::exhausted(format!("a dimension has at most {GRANULARITIES_MAX} granularities")));
    }
    for (index, granularity) in named.iter().enumerate() {
        let name = granularity.name.as_str();
        let at = |error: Error| error.context(format!("granularity {name:?}")).at(format!("granularities[{index}]"));
        if !is_name(name) {
            return Err(at(Error::invalid(format!("a name has 1 to {NAME_MAX_BYTES} letters, digits and _, and begins with no digit"))));
        }
        if let Some(unit) = Grain::counted(&name.to_lowercase()) {
            return Err(at(Error::invalid(format!("it is called like the unit {}, which is always there; give it another name", unit.as_str()))));
        }
        if iso(name).is_some() {
            return Err(at(Error::invalid("it is called like a duration of ISO 8601, which is always there; give it another name")));
        }
        if named.iter().take(index).any(|before| before.name == name) {
            return Err(at(Error::invalid("its name stands twice")));
        }
        granularity.buckets().map_err(at)?;
    }
    Ok(())
}

fn is_name(text: &str) -> bool {
    text.len() <= NAME_MAX_BYTES && text.starts_with(|first: char| first.is_alphabetic() || first == '_') && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// An origin as text.
mod origin {
    use chrono::NaiveDateTime;
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::semantic::interval::{read_origin, shown};

    pub(super) fn serialize<S: Serializer>(origin: &Option<NaiveDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
        match origin {
            Some(origin) => serializer.collect_str(&shown(*origin)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDateTime>, D::Error> {
        Option::<String>::deserialize(deserializer)?.map(|text| read_origin(&text).map_err(de::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(name: &str, interval: &str, origin: Option<&str>) -> NamedGranularity {
        serde_json::from_value(json!({"name": name, "label": name, "interval": interval, "origin": origin})).unwrap()
    }

    #[test]
    fn a_granularity_is_a_width_or_a_name() {
        for text in ["day", "15 minutes", "2 weeks from 2024-01-02", "sprint", "fiscal_year"] {
            let read: Granularity = serde_json::from_value(json!(text)).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), json!(text));
            assert_eq!(matches!(read, Granularity::Named(_)), !text.contains(' ') && text != "day", "{text}");
        }
        for (text, same) in [("P1W", "week"), ("PT15M", "15 minutes"), (" P2W from 2024-01-02", "2 weeks from 2024-01-02")] {
            assert_eq!(text.parse::<Granularity>().unwrap(), same.parse().unwrap(), "{text}");
        }
        // What only looks like one is a name.
        assert_eq!("Pay2W".parse::<Granularity>().unwrap(), Granularity::Named("Pay2W".to_owned()));
        for text in ["", "7 minutes", "a b", "x.y", "2013", "PT7M", "P2Y"] {
            assert!(serde_json::from_value::<Granularity>(json!(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_means_what_its_dimension_says() {
        let known = [named("sprint", "2 weeks", Some("2024-01-02")), named("shift", "8 hours", Some("2024-01-01T06:00"))];
        let of = |text: &str| interval_of(&text.parse().unwrap(), "at", &known);
        assert_eq!(of("sprint").unwrap().to_string(), "2 weeks from 2024-01-02");
        assert_eq!(of("shift").unwrap().to_string(), "8 hours from 2024-01-01T06:00");
        assert_eq!(of("5 minutes").unwrap().to_string(), "5 minutes");
        assert!(of("sprnit").unwrap_err().message().contains("did you mean sprint?"));
        assert!(of("days").unwrap_err().message().contains("did you mean day?"));
    }

    #[test]
    fn names_that_mean_something_else_and_origins_that_do_not_fit_are_refused() {
        let good = named("sprint", "2 weeks", Some("2024-01-02"));
        check(std::slice::from_ref(&good)).unwrap();
        for (bad, told) in [
            (named("week", "2 weeks", None), "unit week"),
            (named("Days", "2 days", None), "unit day"),
            (named("2weeks", "2 weeks", None), "digit"),
            (named("P2W", "2 weeks", None), "ISO 8601"),
            (named("a b", "2 weeks", None), "letters"),
            (named("sprint", "3 weeks", None), "twice"),
            (named("late", "2 weeks", Some("2024-01-02T12:00")), "dayStart"),
            (named("twice", "2 weeks from 2024-01-02", Some("2024-01-02")), "leave one out"),
        ] {
            let error = check(&[good.clone(), bad]).unwrap_err();
            assert!(error.message().contains(told), "{error}");
            assert_eq!(error.field(), Some("granularities[1]"));
        }
    }
}
