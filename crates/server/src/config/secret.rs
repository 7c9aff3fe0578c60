//! A text that must not be seen: it has no useful `Debug` and serialises as stars.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroize;

const SHORTEST: usize = 32;
const FEWEST_DISTINCT: usize = 12;
/// Parts of secrets that people copy from examples.
const WELL_KNOWN: [&str; 8] = ["changeme", "change-me", "change_me", "secret", "password", "tidemill", "example", "01234567"];

/// A secret from the configuration.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Refuses secrets that are short, well known or made of few characters.
    ///
    /// # Errors
    /// What is wrong, to follow the name of the setting.
    pub fn check_strength(&self) -> Result<(), String> {
        let length = self.0.len();
        if length < SHORTEST {
            return Err(format!("has {length} characters; use at least {SHORTEST} random ones, or leave it out"));
        }
        let lower = self.0.to_lowercase();
        if WELL_KNOWN.iter().any(|known| lower.contains(known)) {
            return Err("contains a well-known word; use random characters, or leave it out".to_owned());
        }
        let distinct = self.0.chars().collect::<std::collections::BTreeSet<_>>().len();
        if distinct < FEWEST_DISTINCT {
            return Err(format!("has only {distinct} different characters; use random ones, or leave it out"));
        }
        Ok(())
    }
}

/// Wiped when it goes, so that a core file or a swapped page holds fewer of them.
impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_secrets_are_refused() {
        let weak = [
            "",
            "changeme",
            "short-but-random-x8",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "abababababababababababababababababababab",
            "my-secret-is-very-very-long-and-has-words",
            "0123456789012345678901234567890123456789",
        ];
        for text in weak {
            assert!(Secret::from(text.to_owned()).check_strength().is_err(), "{text:?}");
        }
        Secret::from("pX7vQ2mZ9rT4kB8wL1nY6cH3jD5fG0sA".to_owned()).check_strength().unwrap();
    }

    #[test]
    fn a_secret_is_never_shown() {
        let secret = Secret::from("pX7vQ2mZ9rT4kB8wL1nY6cH3jD5fG0sA".to_owned());
        assert_eq!(format!("{secret:?}"), "***");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"***\"");
    }
}
