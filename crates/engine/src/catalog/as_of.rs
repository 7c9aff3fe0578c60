//! Which state of a dataset is meant: a version, or what was there at an instant.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A state of a dataset. In JSON a whole number is a version and an RFC 3339 text is a time.
///
/// ```
/// use tidemill::AsOf;
/// assert_eq!(serde_json::from_str::<AsOf>("12")?, AsOf::Version(12));
/// assert_eq!(serde_json::from_str::<AsOf>("\"2013-06-01T00:00:00Z\"")?, AsOf::Time("2013-06-01T00:00:00Z".parse().unwrap()));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AsOf {
    /// The version that a commit made. Versions are counted from 0, for each dataset by itself.
    Version(u64),
    /// The version that was the latest at an instant.
    Time(DateTime<Utc>),
}

impl From<u64> for AsOf {
    fn from(version: u64) -> Self {
        Self::Version(version)
    }
}

impl From<DateTime<Utc>> for AsOf {
    fn from(time: DateTime<Utc>) -> Self {
        Self::Time(time)
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(f, "version {version}"),
            Self::Time(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        }
    }
}

impl std::str::FromStr for AsOf {
    type Err = String;

    /// Reads what JSON would say, without quotes: for parameters of addresses and of commands.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(Self::Version).map_err(|_| format!("{text} is no version: it is too large"));
        }
        let time = DateTime::parse_from_rfc3339(text);
        time.map(|time| Self::Time(time.to_utc()))
            .map_err(|error| format!("{text:?} is neither a version nor a time such as 2013-06-01T00:00:00Z: {error}"))
    }
}

impl Serialize for AsOf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Version(version) => serializer.serialize_u64(*version),
            Self::Time(_) => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for AsOf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl Visitor<'_> for Reader {
    type Value = AsOf;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a version (a whole number) or a time (an RFC 3339 text)")
    }

    fn visit_u64<E: serde::de::Error>(self, version: u64) -> Result<AsOf, E> {
        Ok(AsOf::Version(version))
    }

    fn visit_i64<E: serde::de::Error>(self, version: i64) -> Result<AsOf, E> {
        u64::try_from(version).map(AsOf::Version).map_err(|_| E::custom(format!("{version} is no version: they begin with 0")))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<AsOf, E> {
        let time = DateTime::parse_from_rfc3339(text);
        time.map(|time| AsOf::Time(time.to_utc())).map_err(|error| E::custom(format!("{text:?} is no time such as 2013-06-01T00:00:00Z: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_versions_and_texts_are_times() {
        for (json, expected) in [
            ("0", Ok("version 0")),
            ("7", Ok("version 7")),
            ("\"2013-06-01T02:00:00+02:00\"", Ok("2013-06-01T00:00:00Z")),
            ("\"2013-06-01T00:00:00.25Z\"", Ok("2013-06-01T00:00:00.250Z")),
            ("-1", Err("begin with 0")),
            ("1.5", Err("whole number")),
            ("\"7\"", Err("no time")),
            ("\"2013-06-01\"", Err("no time")),
            ("true", Err("whole number")),
            ("{}", Err("whole number")),
        ] {
            match (serde_json::from_str::<AsOf>(json), expected) {
                (Ok(found), Ok(expected)) => {
                    assert_eq!(found.to_string(), expected);
                    assert_eq!(serde_json::from_str::<AsOf>(&serde_json::to_string(&found).unwrap()).unwrap(), found);
                }
                (Err(found), Err(expected)) => assert!(found.to_string().contains(expected), "{json}: {found}"),
                (found, _) => panic!("{json}: {found:?}"),
            }
        }
        assert_eq!("12".parse(), Ok(AsOf::Version(12)));
        assert!("".parse::<AsOf>().is_err() && "99999999999999999999".parse::<AsOf>().is_err());
    }
}
