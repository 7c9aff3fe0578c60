//! Units of the calendar, which are the plain widths of time buckets.

use serde::{Deserialize, Serialize};

/// A unit of the calendar. Days and longer begin as the query's zone and calendar say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Grain {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Grain {
    /// All of them, the shortest first.
    pub(crate) const ALL: [Self; 8] = [Self::Second, Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// The name as SQL's `date_trunc` takes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The unit of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grain| grain.as_str() == name)
    }

    /// The unit of a name, be it of one or of several.
    pub(crate) fn counted(name: &str) -> Option<Self> {
        Self::named(name.strip_suffix('s').unwrap_or(name))
    }
}
