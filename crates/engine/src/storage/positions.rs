//! How far each source of a dataset has been loaded. A position moves in the commit that brings the rows, and only from where it
//! was: a source that goes on from its position is loaded exactly once, whatever was cut short, repeated or done by two at once.
//!
//! ```text
//!   load (source, from 10, to 20)     position is 10: committed, and the position is 20
//!                                     position is 20: done before, answered with the report of the load that did it
//!                                     any other:      Conflict, which says where the source is
//! ```
//! Positions are numbers that a source gives; what they count is its own affair. They belong to the dataset: one that is deleted and made
//! anew knows none.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::entry::LoadRecord;
use super::keys::Keyed;
use super::layered::Layered;
use crate::error::{Error, ErrorKind, PositionConflict, Result};

/// Longest name of a source.
const SOURCE_MAX_LEN: usize = 128;
/// Sources of one dataset, about: loads that come at the same moment do not count each other. All of them are in every checkpoint.
const SOURCES_MAX: usize = 10_000;
/// Delta's log has them in 64 bits with a sign.
const POSITION_MAX: u64 = i64::MAX.unsigned_abs();
/// How ids of application transactions begin that are no sources.
const RESERVED: &str = "tidemill.";

/// The part of a source that a load brings: all of it after one position up to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Advance {
    pub source: String,
    /// Where the source was before it; `None` at its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    pub to: u64,
}

impl Advance {
    /// Refuses what no commit can say.
    pub(crate) fn check(&self) -> Result<()> {
        let Self { source, from, to } = self;
        if source.is_empty() || source.len() > SOURCE_MAX_LEN || source.chars().any(char::is_control) || source.starts_with(RESERVED) {
            let message = format!("the name of a source has 1 to {SOURCE_MAX_LEN} bytes without control characters and does not begin with {RESERVED:?}");
            return Err(Error::invalid(message).at("position.source"));
        }
        if *to > POSITION_MAX {
            return Err(Error::invalid(format!("a position is at most {POSITION_MAX}, not {to}")).at("position.to"));
        }
        if let Some(from) = from.filter(|from| from >= to) {
            return Err(Error::invalid(format!("a load brings source {source:?} from position {from} to {to}, which must come after it")).at("position.to"));
        }
        Ok(())
    }

    /// Why it is not committed where the source is elsewhere.
    pub(crate) fn refused(&self, position: Option<u64>) -> Error {
        let Self { source, from, to } = self;
        let told = |position: Option<u64>| position.map_or_else(|| "at its beginning".to_owned(), |position| format!("at position {position}"));
        let message =
            format!("source {source:?} is {} in this dataset, not {}, so the load that brings it to {to} was not stored; go on from where it is", told(position), told(*from));
        Error::new(ErrorKind::Conflict, message).at("position.from").because(PositionConflict { source: source.clone(), position })
    }
}

/// How the part of a source that a load brings stands to what a dataset has of it.
#[derive(Debug, PartialEq)]
pub(crate) enum Standing<'a> {
    /// It is the next one.
    Next,
    /// The source is there already: this load has brought it.
    Done(&'a Keyed),
    /// It depends on what becomes of loads before it, which are committed in the same moment.
    Later,
    /// The source is elsewhere.
    Elsewhere(Option<u64>),
}

/// The positions of all sources of a dataset, each with the load that has brought it there. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Positions(Layered);

impl Positions {
    fn find(&self, source: &str) -> Option<(u64, &Keyed)> {
        let keyed = self.0.get(source)?;
        Some((keyed.1.advance.as_ref()?.to, keyed))
    }

    /// Where a source is; `None` at its beginning.
    pub(crate) fn get(&self, source: &str) -> Option<u64> {
        self.find(source).map(|(position, _)| position)
    }

    /// Sources by name, where they are, and the load that has brought them there with its version.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, u64, &Keyed)> {
        let mut all: Vec<_> = self.0.all().into_iter().filter_map(|(source, keyed)| Some((source, keyed.1.advance.as_ref()?.to, keyed))).collect();
        all.sort_unstable_by_key(|(source, ..)| *source);
        all.into_iter()
    }

    /// The load that has brought a source where another one would bring it.
    pub(crate) fn done(&self, advance: &Advance) -> Option<&Keyed> {
        self.find(&advance.source).filter(|(position, _)| *position == advance.to).map(|(_, keyed)| keyed)
    }

    /// Remembers where a load has brought its source. Positions never go back.
    pub(crate) fn remember(&mut self, version: u64, load: &LoadRecord) {
        let Some(Advance { source, to, .. }) = &load.advance else { return };
        if self.get(source).is_none_or(|known| known < *to) {
            self.0.extend(HashMap::from([(Arc::from(source.as_str()), Arc::new((version, load.clone())))]));
        }
    }

    /// Compares loads with the positions, each after those before it.
    pub(crate) fn following(&self) -> Following<'_> {
        Following { positions: self, ahead: HashMap::new() }
    }

    /// Looks whether loads of one commit go on from where their sources are; gives a load that has done it before.
    ///
    /// # Errors
    /// `Conflict`, saying where the source is, when one of them does not.
    pub(crate) fn follow(&self, loads: &[LoadRecord]) -> Result<Option<&Keyed>> {
        let mut following = self.following();
        for advance in loads.iter().filter_map(|load| load.advance.as_ref()) {
            match following.take(advance) {
                Standing::Next => {}
                Standing::Done(keyed) => return Ok(Some(keyed)),
                Standing::Later => return Err(advance.refused(self.get(&advance.source))),
                Standing::Elsewhere(position) => return Err(advance.refused(position)),
            }
        }
        Ok(None)
    }

    /// Refuses what can never be committed, because the source has gone on, or because there is no room for one more. What lies ahead may be the next when its turn comes.
    ///
    /// # Errors
    /// `Conflict`, saying where the source is; `Invalid` for a new source where there are very many.
    pub(crate) fn refuse_passed(&self, advance: &Advance) -> Result<()> {
        match self.get(&advance.source) {
            // They are only counted for a new one.
            None if self.0.all().len() >= SOURCES_MAX => {
                let message =
                    format!("this dataset has {SOURCES_MAX} sources already, too many for one more, {:?}; a source is what is read on and on, not one file of it", advance.source);
                Err(Error::invalid(message).at("position.source"))
            }
            Some(position) if position != advance.to && advance.from.is_none_or(|from| from < position) => Err(advance.refused(Some(position))),
            _ => Ok(()),
        }
    }
}

/// Positions, and where loads bring their sources that are to be committed together.
#[derive(Debug)]
pub(crate) struct Following<'a> {
    positions: &'a Positions,
    ahead: HashMap<String, u64>,
}

impl<'a> Following<'a> {
    /// How a load stands to the positions and to the loads before it. One that is the next is among these from then on.
    pub(crate) fn take(&mut self, advance: &Advance) -> Standing<'a> {
        match self.ahead.get(&advance.source) {
            Some(ahead) if advance.from == Some(*ahead) => {}
            Some(_) => return Standing::Later,
            None => match self.positions.find(&advance.source) {
                Some((position, keyed)) if position == advance.to => return Standing::Done(keyed),
                found => {
                    let position = found.map(|(position, _)| position);
                    if position != advance.from {
                        return Standing::Elsewhere(position);
                    }
                }
            },
        }
        self.ahead.insert(advance.source.clone(), advance.to);
        Standing::Next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advance(source: &str, from: Option<u64>, to: u64) -> Advance {
        Advance { source: source.to_owned(), from, to }
    }

    fn load(source: &str, from: Option<u64>, to: u64) -> LoadRecord {
        LoadRecord { load_id: format!("{source} {to}"), advance: Some(advance(source, from, to)), ..LoadRecord::default() }
    }

    #[test]
    fn loads_of_one_commit_follow_each_other() {
        let mut positions = Positions::default();
        assert_eq!(positions.follow(&[load("a", None, 10), load("b", None, 1), load("a", Some(10), 20)]).unwrap(), None);
        positions.remember(3, &load("a", None, 10));
        positions.remember(3, &load("a", Some(10), 20));
        assert_eq!((positions.get("a"), positions.get("b")), (Some(20), None));
        // What is read again from a checkpoint may come in any order.
        positions.remember(3, &load("a", None, 10));
        assert_eq!(positions.get("a"), Some(20));

        let done = positions.follow(&[load("a", Some(10), 20)]).unwrap().unwrap();
        assert_eq!((done.0, done.1.load_id.as_str()), (3, "a 20"));
        for (loads, at) in [
            (vec![load("a", Some(10), 15)], Some(20)),
            (vec![load("a", None, 30)], Some(20)),
            (vec![load("b", Some(1), 2)], None),
            // A gap, and one part twice: neither is ever committed.
            (vec![load("a", Some(20), 30), load("a", Some(31), 40)], Some(20)),
            (vec![load("a", Some(20), 30), load("a", Some(20), 30)], Some(20)),
        ] {
            let error = positions.follow(&loads).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Conflict, "{loads:?}");
            assert_eq!(error.position_conflict().map(|conflict| conflict.position), Some(at), "{loads:?}");
        }
    }

    #[test]
    fn what_lies_ahead_may_wait_and_what_was_passed_may_not() {
        let mut positions = Positions::default();
        positions.remember(0, &load("a", None, 10));
        for (from, to, passed) in [(Some(10), 20, false), (Some(20), 30, false), (None, 10, false), (Some(5), 10, false), (Some(5), 20, true), (None, 5, true)] {
            assert_eq!(positions.refuse_passed(&advance("a", from, to)).is_err(), passed, "{from:?} {to}");
        }
        positions.refuse_passed(&advance("other", Some(7), 8)).unwrap();
    }

    #[test]
    fn there_are_not_more_sources_than_a_dataset_takes_along() {
        let all = (0..SOURCES_MAX).map(|number| (Arc::from(format!("s{number}")), Arc::new((0, load(&format!("s{number}"), None, 1))))).collect();
        let positions = Positions(Layered::of(all));
        let error = positions.refuse_passed(&advance("one more", None, 1)).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("position.source")));
        positions.refuse_passed(&advance("s7", Some(1), 2)).unwrap();
    }

    #[test]
    fn sources_are_told_by_name_at_their_latest() {
        let mut positions = Positions::default();
        for (source, from, to) in [("b", None, 1), ("c", None, 5), ("a", None, 2), ("b", Some(1), 3)] {
            positions.remember(0, &load(source, from, to));
        }
        assert_eq!(positions.all().map(|(source, position, _)| (source, position)).collect::<Vec<_>>(), [("a", 2), ("b", 3), ("c", 5)]);
    }

    #[test]
    fn names_and_numbers_that_no_log_can_hold_are_refused() {
        advance("orders/eu", Some(0), POSITION_MAX).check().unwrap();
        let long = "x".repeat(SOURCE_MAX_LEN + 1);
        for (wrong, field) in [
            (advance("", None, 1), "position.source"),
            (advance(&long, None, 1), "position.source"),
            (advance("a\nb", None, 1), "position.source"),
            (advance("tidemill.load/k", None, 1), "position.source"),
            (advance("a", Some(5), 5), "position.to"),
            (advance("a", Some(6), 5), "position.to"),
            (advance("a", None, POSITION_MAX + 1), "position.to"),
        ] {
            let error = wrong.check().unwrap_err();
            assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some(field)), "{wrong:?}");
        }
    }
}
