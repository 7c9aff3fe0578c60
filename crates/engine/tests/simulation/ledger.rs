//! What the ledger may hold, whatever happened to the changes of it: every order in which those that overlap may have taken place,
//! and no other. A change that was acknowledged has taken place between its call and its answer; one that was refused has not;
//! one of which nobody knows has or has not, as a whole, and may be undone by a power cut until somebody was told of it or of a later one.
//!
//! What is seen narrows it down. Where nothing that may have happened shows what was seen, something is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::change::{Change, Mode, Plans, column_name, source_name, text_of};

/// A row: the change that brought it, and its item.
type Row = (usize, u64);
/// In the place of a try: what came before all of them that can be undone.
const BASE: usize = 0;

/// All there is to know of the dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    rows: BTreeSet<Row>,
    /// Its values may have halves.
    is_wide: bool,
    columns: BTreeSet<u8>,
    positions: BTreeMap<u8, u64>,
    /// The change that has an idempotency key.
    keys: BTreeMap<usize, usize>,
    /// Loads whose rejected rows came corrected.
    replayed: BTreeSet<usize>,
}

/// What comes of a change.
enum Next {
    New(State),
    /// It was done before, and is answered with that.
    Before,
    /// It cannot be done.
    Refused,
}

impl State {
    fn bring(&mut self, number: usize, mode: Mode, items: &[u64]) {
        self.rows.retain(|(_, item)| !mode.takes(*item, items));
        self.rows.extend(items.iter().map(|item| (number, *item)));
    }

    fn after(&self, number: usize, change: &Change) -> Next {
        let mut next = self.clone();
        match change {
            Change::Load(loading) => {
                if let Some(owner) = loading.key.and_then(|key| self.keys.get(&key)) {
                    return if *owner == number { Next::Before } else { Next::Refused };
                }
                if let Some(part) = loading.part {
                    match self.positions.get(&part.source).copied() {
                        Some(position) if position == part.to => return Next::Before,
                        position if position != part.from => return Next::Refused,
                        _ => {}
                    }
                }
                next.bring(number, loading.mode, &loading.items);
                next.is_wide |= loading.halves;
                next.columns.extend(loading.column);
                next.keys.extend(loading.key.map(|key| (key, number)));
                next.positions.extend(loading.part.map(|part| (part.source, part.to)));
            }
            Change::Replay { load, items, mode } => {
                if !next.replayed.insert(*load) {
                    return Next::Before;
                }
                next.bring(number, *mode, items);
            }
            Change::Delete { from, to, .. } => next.rows.retain(|(_, item)| !(*from..*to).contains(item)),
        }
        Next::New(next)
    }

    /// Whether somebody who does a change now is told that it was done before.
    fn has(&self, number: usize, change: &Change) -> bool {
        !matches!(change, Change::Delete { .. }) && matches!(self.after(number, change), Next::Before)
    }

    fn shows(&self, seen: &Seen, plans: &Plans) -> bool {
        match seen {
            Seen::Rows { rows, is_wide, columns } => (rows, is_wide, columns) == (&self.rows, &self.is_wide, &self.columns),
            Seen::Sums(sums) => {
                let mut own: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
                for (number, item) in &self.rows {
                    let sum = own.entry(*number).or_default();
                    *sum = (sum.0 + 1, sum.1 + plans.changes[*number].doubled(*number, *item));
                }
                own == *sums
            }
            Seen::Positions(positions) => *positions == self.positions,
            Seen::Position(source, position) => self.positions.get(source) == position.as_ref(),
        }
    }
}

/// What somebody saw of the ledger.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen {
    Rows {
        rows: BTreeSet<Row>,
        is_wide: bool,
        columns: BTreeSet<u8>,
    },
    /// By change: how many rows it has, and twice the sum of their values.
    Sums(BTreeMap<usize, (u64, u64)>),
    Positions(BTreeMap<u8, u64>),
    /// Of one source.
    Position(u8, Option<u64>),
}

impl Seen {
    /// A ledger that is not there.
    pub(crate) fn no_rows() -> Self {
        Self::Rows { rows: BTreeSet::new(), is_wide: false, columns: BTreeSet::new() }
    }

    /// Rows as lists of values by name of the column, each value where it belongs.
    ///
    /// # Errors
    /// What is wrong with a row, whatever happened.
    pub(crate) fn rows(plans: &Plans, columns: &BTreeMap<String, Vec<Value>>, is_wide: bool) -> Result<Self, String> {
        let values = |name: &str| columns.get(name).ok_or_else(|| format!("the ledger has no column {name:?}: {:?}", columns.keys()));
        let (items, numbers, doubles) = (values("item")?, values("op")?, values("v")?);
        let extras: BTreeSet<u8> = (0..2).filter(|column| columns.contains_key(&column_name(*column))).collect();
        let mut rows = BTreeSet::new();
        for (place, ((item, number), double)) in items.iter().zip(numbers).zip(doubles).enumerate() {
            let row = number.as_u64().and_then(|number| usize::try_from(number).ok()).zip(item.as_u64());
            let Some((number, item)) = row.filter(|(number, _)| *number < plans.changes.len()) else {
                return Err(format!("the ledger has a row of item {item} that change {number} has brought, which nobody knows"));
            };
            if !rows.insert((number, item)) {
                return Err(format!("the ledger has the row of item {item} twice that change {number} has brought"));
            }
            let change = &plans.changes[number];
            let right = change.doubled(number, item);
            if double.as_f64() != Some(right as f64 / 2.0) {
                return Err(format!("the ledger: item {item} of change {number} has the value {double}, twice of which is not {right}"));
            }
            for column in &extras {
                let (found, right) = (&columns[&column_name(*column)][place], (change.column() == Some(*column)).then(|| text_of(number)));
                if found.as_str() != right.as_deref() {
                    return Err(format!("the ledger: item {item} of change {number} has {found} in {}, not {right:?}", column_name(*column)));
                }
            }
        }
        Ok(Self::Rows { rows, is_wide, columns: extras })
    }

    /// Positions by name of the source.
    pub(crate) fn positions<'a>(told: impl IntoIterator<Item = (&'a str, u64)>) -> Result<Self, String> {
        let known = |name: &str| (0..2).find(|source| source_name(*source) == name).ok_or_else(|| format!("the ledger knows a source {name:?}"));
        told.into_iter().map(|(name, position)| Ok((known(name)?, position))).collect::<Result<_, _>>().map(Self::Positions)
    }
}

/// How far a try has come.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Waiting,
    /// Somebody who asks has seen this.
    Looked(Arc<State>),
    /// A deletion has found these. What comes in after that stays.
    Picked(BTreeSet<Row>),
}

/// Something that may have happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Course {
    /// The latest is the last one. A power cut may lead back to any.
    states: Vec<(usize, Arc<State>)>,
    /// Tries that have not taken place yet.
    pending: BTreeMap<usize, Stage>,
}

impl Course {
    fn now(&self) -> Option<&Arc<State>> {
        self.states.last().map(|(_, state)| state)
    }

    fn at(&self, attempt: usize, stage: Stage) -> Self {
        let mut next = self.clone();
        next.pending.insert(attempt, stage);
        next
    }

    fn without(&self, attempt: usize) -> Self {
        let mut next = self.clone();
        next.pending.remove(&attempt);
        next
    }

    fn then(mut self, attempt: usize, state: Arc<State>) -> Self {
        self.states.push((attempt, state));
        self
    }

    /// Nothing of it, nor of what came before, can be undone any more.
    fn rely_on(&mut self, place: Option<usize>) {
        if let Some(place) = place {
            self.states.drain(..place);
            self.states[0].0 = BASE;
        }
    }

    fn place_of(&self, attempt: usize) -> Option<usize> {
        self.states.iter().position(|(other, _)| *other == attempt)
    }

    /// Who looked has changed nothing.
    fn forget_look(&mut self, attempt: usize) {
        self.pending.remove(&attempt);
        if let Some(place) = self.place_of(attempt).filter(|place| *place > 0) {
            self.states.remove(place);
        }
    }
}

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Done,
    Refused,
    /// Nobody knows, and it is over.
    Unknown,
    /// Nobody waits for it any more, and it may still go on.
    GivenUp,
}

#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    pub plans: Plans,
    acknowledged: BTreeSet<usize>,
    courses: BTreeSet<Course>,
    /// What tries are of: a change, or a look.
    tries: BTreeMap<usize, Option<usize>>,
    /// Tries that are over, and nobody knows.
    lost: BTreeSet<usize>,
}

impl Default for Ledger {
    fn default() -> Self {
        let nothing = Course { states: vec![(BASE, Arc::default())], pending: BTreeMap::new() };
        Self { plans: Plans::default(), acknowledged: BTreeSet::new(), courses: BTreeSet::from([nothing]), tries: BTreeMap::new(), lost: BTreeSet::new() }
    }
}

impl Ledger {
    pub(crate) fn is_begun(&self) -> bool {
        !self.tries.is_empty()
    }

    /// Whether somebody was told that a change is done.
    pub(crate) fn is_acknowledged(&self, number: usize) -> bool {
        self.acknowledged.contains(&number)
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged.len()
    }

    /// Somebody tries a change, or looks. Gives the number of the try.
    pub(crate) fn begin(&mut self, change: Option<usize>) -> usize {
        let attempt = self.tries.last_key_value().map_or(BASE + 1, |(last, _)| last + 1);
        self.tries.insert(attempt, change);
        self.courses = std::mem::take(&mut self.courses).into_iter().map(|course| course.at(attempt, Stage::Waiting)).collect();
        attempt
    }

    /// What may happen next of a try.
    fn steps(&self, course: &Course, attempt: usize) -> Vec<Course> {
        let (Some(now), Some(stage)) = (course.now(), course.pending.get(&attempt)) else { return Vec::new() };
        let Some(number) = self.tries[&attempt] else {
            let looks = *stage == Stage::Waiting;
            return if looks { vec![course.at(attempt, Stage::Looked(Arc::clone(now))).then(attempt, Arc::clone(now))] } else { Vec::new() };
        };
        let change = &self.plans.changes[number];
        let Change::Delete { from, to, .. } = change else {
            return match now.after(number, change) {
                Next::New(state) => vec![course.without(attempt).then(attempt, Arc::new(state))],
                Next::Before => vec![course.without(attempt)],
                Next::Refused => Vec::new(),
            };
        };
        let mut next = Vec::new();
        // Where one of them is gone meanwhile it looks once more.
        if let Stage::Picked(gone) = stage
            && gone.is_subset(&now.rows)
        {
            let state = State { rows: now.rows.difference(gone).copied().collect(), ..State::clone(now) };
            next.push(course.without(attempt).then(attempt, Arc::new(state)));
        }
        let picked = Stage::Picked(now.rows.iter().copied().filter(|(_, item)| (*from..*to).contains(item)).collect());
        if *stage != picked {
            next.push(course.at(attempt, picked));
        }
        next
    }

    /// All that may have happened, each no further than to where it stops.
    fn courses_until(&self, stops: impl Fn(&Course) -> bool) -> BTreeSet<Course> {
        let mut all = self.courses.clone();
        let mut open: Vec<Course> = all.iter().cloned().collect();
        while let Some(course) = open.pop() {
            if stops(&course) {
                continue;
            }
            for next in course.pending.keys().flat_map(|attempt| self.steps(&course, *attempt)) {
                if all.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        all
    }

    /// A try ended.
    ///
    /// # Errors
    /// When it cannot have ended so.
    pub(crate) fn end(&mut self, attempt: usize, ended: Ended) -> Result<(), String> {
        let Some(number) = self.tries[&attempt] else {
            self.forget(attempt);
            return Ok(());
        };
        let change = self.plans.changes[number].clone();
        let before = self.courses.clone();
        match ended {
            Ended::Done => {
                let is_over = |course: &Course| !course.pending.contains_key(&attempt);
                let done = self.courses_until(is_over).into_iter().filter(is_over);
                self.courses = done
                    .map(|mut course| {
                        // Where it was done before, that is what must stay.
                        let place = course.place_of(attempt).or_else(|| course.states.iter().position(|(_, state)| state.has(number, &change)));
                        course.rely_on(place);
                        course
                    })
                    .collect();
                self.acknowledged.insert(number);
            }
            Ended::Refused => {
                let undone = before.iter().filter(|course| course.pending.contains_key(&attempt));
                self.courses = undone.map(|course| course.without(attempt)).collect();
            }
            Ended::Unknown => drop(self.lost.insert(attempt)),
            Ended::GivenUp => {}
        }
        self.check(&before, &format!("change {number} ended as {ended:?} ({change:?})"))
    }

    /// Somebody who looked saw something. What was relied on is there after a power cut, too.
    ///
    /// # Errors
    /// When nothing that may have happened shows that.
    pub(crate) fn see(&mut self, attempt: usize, seen: &Seen, relied: bool) -> Result<(), String> {
        let before = self.courses.clone();
        let has_looked = |course: &Course| matches!(course.pending.get(&attempt), Some(Stage::Looked(_)));
        let mut courses = BTreeSet::new();
        for mut course in self.courses_until(has_looked) {
            let Some(Stage::Looked(state)) = course.pending.get(&attempt) else { continue };
            if !state.shows(seen, &self.plans) {
                continue;
            }
            if relied {
                course.rely_on(course.place_of(attempt));
            }
            course.forget_look(attempt);
            courses.insert(course);
        }
        self.courses = courses;
        self.check(&before, &format!("somebody saw {seen:?}"))
    }

    /// Whoever looked saw nothing.
    pub(crate) fn forget(&mut self, look: usize) {
        self.courses = std::mem::take(&mut self.courses)
            .into_iter()
            .map(|mut course| {
                course.forget_look(look);
                course
            })
            .collect();
    }

    /// Nobody is at work and nothing is on its way any more: what has not taken place does not.
    pub(crate) fn settle(&mut self) {
        let over = std::mem::take(&mut self.lost);
        let looks: Vec<usize> = self.courses.iter().flat_map(|course| course.pending.keys().copied()).filter(|attempt| self.tries[attempt].is_none()).collect();
        looks.into_iter().for_each(|look| self.forget(look));
        self.courses = std::mem::take(&mut self.courses)
            .into_iter()
            .map(|mut course| {
                course.pending.retain(|attempt, _| !over.contains(attempt));
                course
            })
            .collect();
    }

    /// The power fails, and every try is over. A disk may have forgotten what nobody relies on; a bucket forgets nothing, and
    /// what is on its way to it still comes.
    pub(crate) fn cut_power(&mut self, forgets: bool) {
        let all = self.courses_until(|_| false);
        self.lost = if forgets { BTreeSet::new() } else { self.tries.keys().copied().collect() };
        let mut courses = BTreeSet::new();
        for course in all {
            let kept = if forgets { 0 } else { course.states.len() - 1 };
            let pending: BTreeMap<usize, Stage> = if forgets { BTreeMap::new() } else { course.pending.into_iter().filter(|(attempt, _)| self.tries[attempt].is_some()).collect() };
            courses.extend(course.states.into_iter().skip(kept).map(|(_, state)| Course { states: vec![(BASE, state)], pending: pending.clone() }));
        }
        self.courses = courses;
    }

    fn check(&self, before: &BTreeSet<Course>, what: &str) -> Result<(), String> {
        if self.courses.is_empty() {
            let shown: Vec<String> = before.iter().take(3).map(|course| format!("{:?}, on their way {:?}", course.now(), course.pending.keys())).collect();
            return Err(format!("the ledger: {what}, but it may be one of {}, for instance\n    {}", before.len(), shown.join("\n    ")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{Loading, Part};

    fn load(ledger: &mut Ledger, mode: Mode, items: &[u64]) -> usize {
        let loading = Loading::of(ledger.plans.changes.len(), mode, items);
        ledger.plans.add(Change::Load(loading))
    }

    fn done(ledger: &mut Ledger, number: usize) {
        let attempt = ledger.begin(Some(number));
        ledger.end(attempt, Ended::Done).unwrap();
    }

    fn shows(ledger: &Ledger, rows: &[Row]) -> bool {
        let mut ledger = ledger.clone();
        let look = ledger.begin(None);
        ledger.see(look, &Seen::Rows { rows: rows.iter().copied().collect(), is_wide: false, columns: BTreeSet::new() }, false).is_ok()
    }

    #[test]
    fn rows_that_are_replaced_are_gone_and_those_that_replace_them_are_there() {
        let mut ledger = Ledger::default();
        for (mode, items) in [(Mode::Append, &[1, 2, 8][..]), (Mode::Append, &[2]), (Mode::Upsert, &[2, 3]), (Mode::Range { from: 0, to: 3 }, &[1])] {
            let number = load(&mut ledger, mode, items);
            done(&mut ledger, number);
        }
        assert!(shows(&ledger, &[(0, 8), (2, 3), (3, 1)]));
        for wrong in [&[(0, 8), (2, 3)][..], &[(0, 8), (2, 3), (3, 1), (2, 2)], &[(0, 8), (0, 1), (2, 3), (3, 1)], &[]] {
            assert!(!shows(&ledger, wrong), "{wrong:?}");
        }
        // The same once more changes nothing, although other rows have come since.
        done(&mut ledger, 2);
        assert!(shows(&ledger, &[(0, 8), (2, 3), (3, 1)]));
    }

    #[test]
    fn what_nobody_knows_has_two_outcomes_and_no_third() {
        let mut ledger = Ledger::default();
        let (first, second) = (load(&mut ledger, Mode::Append, &[1, 2]), load(&mut ledger, Mode::Upsert, &[2, 3]));
        done(&mut ledger, first);
        let attempt = ledger.begin(Some(second));
        ledger.end(attempt, Ended::Unknown).unwrap();
        assert!(shows(&ledger, &[(0, 1), (0, 2)]) && shows(&ledger, &[(0, 1), (1, 2), (1, 3)]));
        for half in [&[(0, 1)][..], &[(0, 1), (0, 2), (1, 2), (1, 3)], &[(0, 1), (1, 3)]] {
            assert!(!shows(&ledger, half), "{half:?}");
        }
        let mut refused = ledger.clone();
        let again = refused.begin(Some(second));
        refused.end(again, Ended::Refused).unwrap();
        assert!(shows(&refused, &[(0, 1), (1, 2), (1, 3)]), "the first try may still have been done");
        // Who has seen it knows, until the power fails; who was told of it knows for good.
        let look = ledger.begin(None);
        ledger.see(look, &Seen::Rows { rows: BTreeSet::from([(0, 1), (1, 2), (1, 3)]), is_wide: false, columns: BTreeSet::new() }, false).unwrap();
        ledger.settle();
        assert!(!shows(&ledger, &[(0, 1), (0, 2)]));
        let mut dark = ledger.clone();
        dark.cut_power(true);
        assert!(shows(&dark, &[(0, 1), (0, 2)]) && shows(&dark, &[(0, 1), (1, 2), (1, 3)]));
        done(&mut ledger, second);
        ledger.cut_power(true);
        assert!(!shows(&ledger, &[(0, 1), (0, 2)]) && shows(&ledger, &[(0, 1), (1, 2), (1, 3)]));
    }

    #[test]
    fn changes_at_the_same_time_take_place_in_some_order() {
        let mut ledger = Ledger::default();
        let (first, second, third) = (load(&mut ledger, Mode::Replace, &[1, 2]), load(&mut ledger, Mode::Replace, &[2, 3]), load(&mut ledger, Mode::Append, &[5]));
        let tries = [first, second].map(|number| ledger.begin(Some(number)));
        let look = ledger.begin(None);
        for attempt in tries {
            ledger.end(attempt, Ended::Done).unwrap();
        }
        assert!(shows(&ledger, &[(0, 1), (0, 2)]) && shows(&ledger, &[(1, 2), (1, 3)]));
        assert!(!shows(&ledger, &[(0, 1), (1, 2), (1, 3)]) && !shows(&ledger, &[]));
        // Who saw the second one in between knows which of them was the last.
        ledger.see(look, &Seen::Sums(BTreeMap::from([(1, (2, 2 * (18 + 19)))])), false).unwrap();
        done(&mut ledger, third);
        assert!(shows(&ledger, &[(0, 1), (0, 2), (2, 5)]) && shows(&ledger, &[(1, 2), (1, 3), (2, 5)]));
    }

    #[test]
    fn a_deletion_leaves_what_came_in_while_it_ran() {
        let mut ledger = Ledger::default();
        let (first, second) = (load(&mut ledger, Mode::Append, &[1, 7]), load(&mut ledger, Mode::Append, &[2]));
        let deletion = ledger.plans.add(Change::Delete { from: 0, to: 5, erase: false });
        done(&mut ledger, first);
        let deleting = ledger.begin(Some(deletion));
        done(&mut ledger, second);
        ledger.end(deleting, Ended::Done).unwrap();
        assert!(shows(&ledger, &[(0, 7)]) && shows(&ledger, &[(0, 7), (1, 2)]));
        assert!(!shows(&ledger, &[(0, 1), (0, 7), (1, 2)]) && !shows(&ledger, &[(0, 1), (0, 7)]));
        done(&mut ledger, deletion);
        assert!(!shows(&ledger, &[(0, 7), (1, 2)]));
    }

    #[test]
    fn positions_are_where_their_rows_are_and_a_key_has_one_content() {
        let mut ledger = Ledger::default();
        let part = |number: usize, from, to, item| Change::Load(Loading { key: None, part: Some(Part { source: 0, from, to }), ..Loading::of(number, Mode::Append, &[item]) });
        let (first, gap) = (ledger.plans.add(part(0, None, 2, 1)), ledger.plans.add(part(1, Some(3), 4, 2)));
        let attempt = ledger.begin(Some(first));
        ledger.end(attempt, Ended::Unknown).unwrap();
        let mut told = ledger.clone();
        let look = told.begin(None);
        told.see(look, &Seen::Positions(BTreeMap::from([(0, 2)])), true).unwrap();
        told.cut_power(true);
        assert!(shows(&told, &[(0, 1)]) && !shows(&told, &[]), "who is told of a position relies on its rows");
        let attempt = told.begin(Some(gap));
        assert!(told.end(attempt, Ended::Done).is_err(), "a gap was taken");

        let keyed = load(&mut ledger, Mode::Append, &[3]);
        done(&mut ledger, keyed);
        let other = ledger.plans.add(Change::Load(Loading { key: Some(keyed), ..Loading::of(3, Mode::Append, &[4]) }));
        let attempt = ledger.begin(Some(other));
        assert!(ledger.clone().end(attempt, Ended::Done).is_err(), "other content was taken for the same");
        ledger.end(attempt, Ended::Refused).unwrap();
        assert!(!shows(&ledger, &[(2, 3), (3, 4)]));
    }
}
