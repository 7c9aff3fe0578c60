//! Names and ids that reach storage paths. They can only be made by parsing, so a path can never be escaped.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Longest tenant or dataset name, in bytes.
const NAME_MAX_LEN: usize = 63;

macro_rules! name_type {
    ($(#[$doc:meta])* $type:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// Parses a name: a lower-case letter, then lower-case letters, digits or `_`, at most 63 characters.
            ///
            /// # Errors
            /// `Invalid` with what is wrong.
            pub fn parse(text: &str) -> Result<Self> {
                check_name($what, text)?;
                Ok(Self(text.to_owned()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $type {
            type Error = Error;
            fn try_from(text: String) -> Result<Self> {
                Self::parse(&text)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }
    };
}

name_type!(
    /// Who owns data. Everything stored lies under the prefix of its tenant.
    TenantId,
    "tenant"
);
name_type!(
    /// A named table of one tenant.
    DatasetName,
    "dataset"
);

fn check_name(what: &str, text: &str) -> Result<()> {
    let mut bytes = text.bytes();
    let starts_well = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase());
    let goes_on_well = bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if starts_well && goes_on_well && text.len() <= NAME_MAX_LEN {
        return Ok(());
    }
    let shown: String = text.chars().take(NAME_MAX_LEN).collect();
    Err(Error::invalid(format!("{what} name {shown:?} is not valid: begin with a lower-case letter and use lower-case letters, digits and '_', at most {NAME_MAX_LEN}")).at("name"))
}

/// Makes a dataset name out of a file name: `Flights 2013.csv.gz` becomes `flights_2013`.
pub fn suggest_dataset_name(file_name: &str) -> DatasetName {
    let base = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    let stem = base.split('.').find(|part| !part.is_empty()).unwrap_or("dataset");
    let mut name = String::with_capacity(stem.len());
    for character in stem.chars() {
        if character.is_ascii_alphanumeric() {
            name.push(character.to_ascii_lowercase());
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    let trimmed = name.trim_matches('_');
    let mut name = if trimmed.starts_with(|c: char| c.is_ascii_lowercase()) { trimmed.to_owned() } else { format!("data_{trimmed}") };
    name.truncate(NAME_MAX_LEN);
    DatasetName(name.trim_end_matches('_').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_escape_their_prefix() {
        for bad in ["", "..", "a/b", "a b", "A", "1a", "_a", "a.b", "ä", "a\0", &"a".repeat(64)] {
            assert!(DatasetName::parse(bad).is_err(), "{bad:?}");
            assert!(TenantId::parse(bad).is_err(), "{bad:?}");
        }
        for good in ["a", "a1", "flights_2013", &"a".repeat(63)] {
            assert!(DatasetName::parse(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn a_name_is_suggested_for_any_file() {
        for (file, expected) in [
            ("flights.csv.gz", "flights"),
            ("Flights 2013 (final).csv", "flights_2013_final"),
            ("/tmp/x/Orders.parquet", "orders"),
            ("2013.csv", "data_2013"),
            ("...", "dataset"),
            ("日本.csv", "data"),
        ] {
            assert_eq!(suggest_dataset_name(file).as_str(), expected, "{file}");
            assert!(DatasetName::parse(suggest_dataset_name(file).as_str()).is_ok());
        }
    }
}
