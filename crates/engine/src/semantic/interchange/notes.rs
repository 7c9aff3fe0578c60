//! What came of reading the models of another tool: ours, and what of the others is not in them.

use std::collections::BTreeMap;

use crate::semantic::model::Model;
use crate::semantic::view::View;

/// Paths that a note about many places lists at most.
const PLACES_MAX: usize = 5;

/// Models read from another format, and what was left out of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imported {
    /// The models, in the order of the files.
    pub models: Vec<Model>,
    /// The views over them.
    pub views: Vec<View>,
    /// What is not in them, or is in them in another way, with the reason.
    pub notes: Vec<Note>,
}

/// Something that a model of another tool says and ours does not say, or says in another way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where it stands: names from the outermost to the innermost, for instance `orders.measures.revenue`.
    pub path: String,
    /// What became of it and why.
    pub text: String,
}

/// Collects notes. What has no meaning for numbers (descriptions, say) is gathered into one note for a thing and key.
#[derive(Debug, Default)]
pub(super) struct Notes {
    notes: Vec<Note>,
    /// (The outermost name, the key): where it stands.
    silent: BTreeMap<(String, String), Vec<String>>,
}

impl Notes {
    /// Something is not in the model.
    pub(super) fn left_out(&mut self, path: impl Into<String>, reason: impl std::fmt::Display) {
        self.notes.push(Note { path: path.into(), text: format!("left out: {reason}") });
    }

    /// Something is in the model and not quite as it was.
    pub(super) fn changed(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.notes.push(Note { path: path.into(), text: text.into() });
    }

    /// A key whose value changes no number has no place in the model.
    pub(super) fn dropped(&mut self, root: &str, place: &str, key: &str) {
        self.silent.entry((root.to_owned(), key.to_owned())).or_default().push(place.to_owned());
    }

    /// All of them; those about keys come last.
    pub(super) fn into_vec(self) -> Vec<Note> {
        let gathered = self.silent.into_iter().map(|((root, key), places)| {
            let listed = places.iter().take(PLACES_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = places.len().saturating_sub(PLACES_MAX);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            Note { path: root, text: format!("{key} has no place in a model and changes no number: {listed}{more}") }
        });
        self.notes.into_iter().chain(gathered).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_without_meaning_are_gathered() {
        let mut notes = Notes::default();
        for member in ["a", "b", "c", "d", "e", "f", "g"] {
            notes.dropped("orders", &format!("orders.{member}"), "description");
        }
        notes.left_out("orders.x", "it is a subquery");
        let notes = notes.into_vec();
        assert_eq!(notes[0].text, "left out: it is a subquery");
        assert_eq!(
            notes[1],
            Note { path: "orders".into(), text: "description has no place in a model and changes no number: orders.a, orders.b, orders.c, orders.d, orders.e and 2 more".into() }
        );
    }
}
