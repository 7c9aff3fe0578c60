//! Maps of a Cube file. YAML lets names be written in camel case or with underscores; here they have underscores.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::origins::Spot;
use super::super::sql::Reason;
use crate::error::near_names;

/// A map with its keys in one spelling.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    map: Map<String, Value>,
    /// Where it stands; of what a member is made of, nobody asks.
    pub(super) spot: Spot,
}

impl Entry {
    /// A value as a map.
    pub(super) fn new(value: Value) -> Option<Self> {
        let Value::Object(map) = value else { return None };
        Some(Self { map: map.into_iter().map(|(key, value)| (underscored(&key), value)).collect(), spot: Spot::default() })
    }

    /// The same, standing somewhere.
    pub(super) fn standing(self, spot: Spot) -> Self {
        Self { spot, ..self }
    }

    /// The same map without some keys and with others.
    pub(super) fn with<const N: usize>(&self, without: &[&str], keys: [(&str, Value); N]) -> Self {
        let mut map = self.map.clone();
        map.retain(|key, _| !without.contains(&key.as_str()));
        map.extend(keys.map(|(key, value)| (key.to_owned(), value)));
        Self { map, spot: self.spot.clone() }
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.map.get("name").and_then(Value::as_str).filter(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.map.get(key).is_some_and(|value| !value.is_null())
    }

    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// Text; a number stands for its text, as in `sql: 1`.
    pub(super) fn text(&self, key: &str) -> Result<Option<String>, Reason> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(format!("{key} is no text")),
        }
    }

    /// A title, when there is one that is text.
    pub(super) fn title(&self) -> Option<String> {
        self.text("title").ok().flatten().filter(|title| !title.is_empty())
    }

    /// Whether Cube hides it. What is not a plain yes or no depends on who asks, so it is hidden.
    pub(super) fn is_hidden(&self) -> bool {
        ["public", "shown", "visible"].iter().any(|key| self.get(key).is_some_and(|value| *value != Value::Bool(true)))
    }

    /// The maps of a list, so many at most; what is no map is left out and told of.
    pub(super) fn list(&self, key: &str, most: usize, mut refused: impl FnMut(Spot, Reason)) -> Vec<Entry> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let Value::Array(list) = value else {
            refused(self.spot.part(key), "it is no list".to_owned());
            return Vec::new();
        };
        let mut seen = BTreeSet::new();
        let mut entries = Vec::new();
        if list.len() > most {
            refused(self.spot.part(key), format!("those behind the first {most}, which is as many as a model has"));
        }
        for (index, value) in list.iter().take(most).enumerate() {
            let at = format!("{key}[{index}]");
            let Some(entry) = Entry::new(value.clone()) else {
                refused(self.spot.part(&at), "it is no map".to_owned());
                continue;
            };
            match entry.name().map(str::to_owned) {
                None => refused(self.spot.part(&at), "it has no name of letters, digits and _".to_owned()),
                Some(name) if !seen.insert(name.clone()) => refused(self.spot.part(&at), "its name stands twice".to_owned()),
                Some(name) => entries.push(entry.standing(self.spot.inner(&at, &format!("{key}.{name}")))),
            }
        }
        entries
    }

    /// The keys that are there and among some.
    pub(super) fn among<'a>(&'a self, keys: &'a [&str]) -> impl Iterator<Item = &'a str> {
        keys.iter().copied().filter(|key| self.has(key))
    }

    /// Refuses a key that may change what the thing means: one that is not known.
    pub(super) fn known(&self, keys: &[&[&str]]) -> Result<(), Reason> {
        let known = || keys.iter().flat_map(|keys| keys.iter().copied());
        match self.map.keys().find(|key| self.has(key) && !known().any(|known| known == key.as_str())) {
            Some(key) => Err(format!("{key} may change what it means and is not known here{}", near_names(key, known()))),
            None => Ok(()),
        }
    }
}

/// `countDistinct` is `count_distinct`.
pub(in super::super) fn underscored(name: &str) -> String {
    let mut written = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_uppercase() && !written.is_empty() {
            written.push('_');
        }
        written.extend(character.to_lowercase());
    }
    written
}
