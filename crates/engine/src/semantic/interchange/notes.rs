//! What came of reading the models of another tool: ours, and what of the others is not in them.

use std::collections::BTreeMap;
use std::fmt;

use super::origins::{Origin, Origins, Spot};
use crate::semantic::model::Model;
use crate::semantic::view::View;

/// Paths that a note about many things lists at most.
const LISTED_MAX: usize = 5;

/// Models read from another format, and what was left out of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imported {
    /// The models, in the order of the files.
    pub models: Vec<Model>,
    /// The views over them.
    pub views: Vec<View>,
    /// What is not in them, or is in them in another way, with the reason.
    pub notes: Vec<Note>,
    /// Where they were read from, to tell the line of what is wrong with them.
    pub origins: Origins,
}

/// Something that a model of another tool says and ours does not say, or says in another way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where it stands: names from the outermost to the innermost, for instance `orders.measures.revenue`.
    pub path: String,
    /// What became of it and why.
    pub text: String,
    /// The line, where one is known; of what is gathered, that of the first.
    pub place: Option<Origin>,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}: {}", self.path, self.text)
    }
}

/// Collects notes. What has no meaning for numbers (drill filters, say) is gathered into one note for a thing and key.
#[derive(Debug, Default)]
pub(super) struct Notes {
    notes: Vec<(Spot, String)>,
    /// (The outermost name, the key): what has it.
    silent: BTreeMap<(String, String), Vec<Spot>>,
}

impl Notes {
    /// Something is not in the model.
    pub(super) fn left_out(&mut self, spot: &Spot, reason: impl fmt::Display) {
        self.notes.push((spot.clone(), format!("left out: {reason}")));
    }

    /// Something is in the model and not quite as it was.
    pub(super) fn changed(&mut self, spot: &Spot, text: impl Into<String>) {
        self.notes.push((spot.clone(), text.into()));
    }

    /// A key whose value changes no number has no place in the model.
    pub(super) fn dropped(&mut self, root: &str, spot: &Spot, key: &str) {
        self.silent.entry((root.to_owned(), key.to_owned())).or_default().push(spot.clone());
    }

    /// All of them, with their lines; those about keys come last.
    pub(super) fn into_vec(self, origins: &Origins) -> Vec<Note> {
        let gathered = self.silent.into_iter().map(|((root, key), spots)| {
            let listed = spots.iter().take(LISTED_MAX).map(|spot| spot.path.as_str()).collect::<Vec<_>>().join(", ");
            let more = spots.len().saturating_sub(LISTED_MAX);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let place = spots.first().and_then(|spot| origins.place(&spot.part(&key)));
            Note { path: root, text: format!("{key} has no place in a model and changes no number: {listed}{more}"), place }
        });
        let told = self.notes.into_iter().map(|(spot, text)| Note { place: origins.place(&spot), path: spot.path, text });
        told.chain(gathered).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_without_meaning_are_gathered() {
        let mut origins = Origins::default();
        let file = origins.add_file("m.yml", "cubes:\n  - name: orders\n    dimensions:\n      - {name: a}\n      - {name: b, description: B}\n");
        let mut notes = Notes::default();
        for (index, member) in ["b", "c", "d", "e", "f", "g", "h"].into_iter().enumerate() {
            notes.dropped("orders", &Spot::new(file, format!("cubes[0].dimensions[{}]", index + 1), format!("orders.{member}")), "description");
        }
        notes.left_out(&Spot::new(file, "cubes[0].dimensions[0]", "orders.x"), "it is a subquery");
        let told: Vec<String> = notes.into_vec(&origins).iter().map(Note::to_string).collect();
        assert_eq!(told[0], "m.yml:4:9: orders.x: left out: it is a subquery");
        assert_eq!(told[1], "m.yml:5:32: orders: description has no place in a model and changes no number: orders.b, orders.c, orders.d, orders.e, orders.f and 2 more");
    }
}
