//! Days of the week by their names.

use chrono::Weekday;
use serde::Serializer;

const NAMES: [(&str, Weekday); 7] = [
    ("monday", Weekday::Mon),
    ("tuesday", Weekday::Tue),
    ("wednesday", Weekday::Wed),
    ("thursday", Weekday::Thu),
    ("friday", Weekday::Fri),
    ("saturday", Weekday::Sat),
    ("sunday", Weekday::Sun),
];

/// All of them, from Monday on.
pub(super) fn all() -> impl Iterator<Item = Weekday> {
    NAMES.into_iter().map(|(_, day)| day)
}

pub(super) fn name(day: Weekday) -> &'static str {
    NAMES.iter().find(|(_, known)| *known == day).map_or("monday", |(name, _)| name)
}

/// The day of a name; an error names the field that it was read for.
pub(super) fn named(name: &str, field: &str) -> Result<Weekday, String> {
    let known = NAMES.iter().find(|(known, _)| *known == name);
    known.map(|(_, day)| *day).ok_or_else(|| format!("{field} {name:?} is not a day of the week; write monday, sunday, …"))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(super) fn serialize<S: Serializer>(day: &Weekday, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name(*day))
}

/// The same where there may be none.
pub(super) mod optional {
    use chrono::Weekday;
    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(in crate::semantic) fn serialize<S: Serializer>(day: &Option<Weekday>, serializer: S) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => super::serialize(day, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::semantic) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Weekday>, D::Error> {
        let name = Option::<String>::deserialize(deserializer)?;
        name.map(|name| super::named(&name, "weekStart").map_err(serde::de::Error::custom)).transpose()
    }
}
