//! What must be true of the rows, whatever happened: a batch that was acknowledged is there as a whole and once, one whose
//! outcome is unknown is there as a whole and once or not at all, one that was refused is not there, a deletion took all of its
//! rows or none, and nothing else is there. Appends and deletions by batch commute, so their order does not matter here; what
//! depends on it is in `ledger`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::ledger::Ledger;

/// A row that is told from all others.
pub(crate) type RowId = u64;

/// What is known of something that was tried, maybe several times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Somebody was told that it is done.
    pub acknowledged: bool,
    /// A try ended without an answer, or with one that does not say.
    pub unknown: bool,
    running: u32,
}

impl Outcome {
    /// Of something that was tried, and nobody knows more.
    pub(crate) fn unknown() -> Self {
        Self { unknown: true, ..Self::default() }
    }

    pub(crate) fn begin(&mut self) {
        self.running += 1;
    }

    /// How a try ended: done, certainly not done, or nobody knows.
    pub(crate) fn end(&mut self, done: Option<bool>) {
        self.running -= 1;
        match done {
            Some(true) => self.acknowledged = true,
            Some(false) => {}
            None => self.unknown = true,
        }
    }

    pub(crate) fn is_possible(self) -> bool {
        self.acknowledged || self.unknown || self.running > 0
    }
}

/// Rows that come together. Each has a number from 0 in `n`.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub rows: u64,
    /// Its rows are of January, else of February.
    pub old: bool,
    pub outcome: Outcome,
}

impl Batch {
    pub(crate) fn ids(&self, number: usize) -> impl Iterator<Item = RowId> {
        let first = number as u64 * 100;
        first..first + self.rows
    }

    /// The batch as a file.
    pub(crate) fn csv(&self, number: usize) -> String {
        let month = if self.old { "01" } else { "02" };
        let lines = self.ids(number).map(|id| format!("2013-{month}-{:02}T10:00:00Z,{id},{number},{},{}.5,r{}\n", id % 28 + 1, id % 100, id % 7, id % 3));
        format!("at,id,batch,n,amount,room\n{}", lines.collect::<String>())
    }
}

/// Rows that go together: those of some batches with a small `n`.
#[derive(Debug, Clone)]
pub(crate) struct Deletion {
    pub batches: Vec<usize>,
    pub below: u64,
    pub outcome: Outcome,
}

impl Deletion {
    pub(crate) fn predicate(&self) -> String {
        let batches: Vec<String> = self.batches.iter().map(ToString::to_string).collect();
        format!("batch in ({}) and n < {}", batches.join(", "), self.below)
    }
}

/// The batches of the second dataset, where it is there.
pub(crate) type Content = Option<BTreeSet<usize>>;
pub(crate) type Contents = BTreeSet<Content>;

#[derive(Debug, Clone, Default)]
pub(crate) struct Oracle {
    pub batches: Vec<Batch>,
    pub deletions: Vec<Deletion>,
    /// The batches that the second dataset may hold, and none where it may be gone.
    pub scratch: Contents,
    /// What it may have held before it was dropped: for some seconds an engine may not know that another one has dropped it.
    pub gone: Contents,
    /// The batches that belong to it.
    pub scratch_batches: BTreeSet<usize>,
    /// What the third dataset may hold.
    pub ledger: Ledger,
}

impl Oracle {
    /// Checks `id, count` pairs.
    pub(crate) fn check(&self, found: &BTreeMap<RowId, u64>) -> Result<(), String> {
        if let Some((id, count)) = found.iter().find(|(_, count)| **count != 1) {
            return Err(format!("row {id} is there {count} times"));
        }
        let known: BTreeSet<RowId> = self.batches.iter().enumerate().flat_map(|(number, batch)| batch.ids(number)).collect();
        if let Some(id) = found.keys().find(|id| !known.contains(id)) {
            return Err(format!("row {id} was never loaded"));
        }
        let unsure: Vec<&Deletion> = self.deletions.iter().filter(|deletion| !deletion.outcome.acknowledged && deletion.outcome.is_possible()).collect();
        let mut last = String::new();
        for chosen in 0..1_u64 << unsure.len().min(12) {
            let done = unsure.iter().enumerate().filter(|(index, _)| chosen >> index & 1 == 1).map(|(_, deletion)| *deletion);
            let gone: Vec<&Deletion> = self.deletions.iter().filter(|deletion| deletion.outcome.acknowledged).chain(done).collect();
            match self.compare(found, &gone) {
                Ok(()) => return Ok(()),
                // The first is the simplest.
                Err(error) if last.is_empty() => last = error,
                Err(_) => {}
            }
        }
        Err(last)
    }

    fn compare(&self, found: &BTreeMap<RowId, u64>, gone: &[&Deletion]) -> Result<(), String> {
        for (number, batch) in self.batches.iter().enumerate() {
            let deleted = |id: &RowId| gone.iter().any(|deletion| deletion.batches.contains(&number) && id % 100 < deletion.below);
            let expected: BTreeSet<RowId> = batch.ids(number).filter(|id| !deleted(id)).collect();
            let there: BTreeSet<RowId> = batch.ids(number).filter(|id| found.contains_key(id)).collect();
            let whole = there == expected && batch.outcome.is_possible();
            let absent = there.is_empty() && !batch.outcome.acknowledged;
            if !whole && !absent {
                return Err(format!("batch {number} has rows {there:?}, expected {expected:?}: {:?}; deletions {gone:?}", batch.outcome));
            }
        }
        Ok(())
    }

    /// What an aggregate by batch must say of these rows.
    pub(crate) fn by_batch(found: &BTreeMap<RowId, u64>) -> Vec<Value> {
        let mut groups: BTreeMap<u64, (u64, u64, f64)> = BTreeMap::new();
        for id in found.keys() {
            let group = groups.entry(id / 100).or_default();
            *group = (group.0 + 1, group.1 + id % 100, group.2 + (id % 7) as f64 + 0.5);
        }
        let column = |value: &dyn Fn(u64, (u64, u64, f64)) -> Value| Value::Array(groups.iter().map(|(batch, group)| value(*batch, *group)).collect());
        vec![column(&|batch, _| batch.into()), column(&|_, (count, _, _)| count.into()), column(&|_, (_, sum, _)| sum.into()), column(&|_, (_, _, amount)| amount.into())]
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.batches.iter().filter(|batch| batch.outcome.acknowledged).count()
    }
}

#[test]
fn the_oracle_finds_what_is_wrong() {
    let outcome = |acknowledged, unknown| Outcome { acknowledged, unknown, running: 0 };
    let batch = |outcome| Batch { rows: 3, old: false, outcome };
    let mut oracle = Oracle { batches: vec![batch(outcome(true, false)), batch(outcome(false, true)), batch(outcome(false, false))], ..Oracle::default() };
    let rows = |ids: &[RowId]| ids.iter().map(|id| (*id, 1)).collect::<BTreeMap<_, _>>();
    oracle.check(&rows(&[0, 1, 2])).unwrap();
    oracle.check(&rows(&[0, 1, 2, 100, 101, 102])).unwrap();
    for wrong in [&[0, 1][..], &[], &[0, 1, 2, 100], &[0, 1, 2, 200, 201, 202], &[0, 1, 2, 7], &[0, 1, 2, 900]] {
        oracle.check(&rows(wrong)).unwrap_err();
    }
    oracle.check(&BTreeMap::from([(0, 1), (1, 2), (2, 1)])).unwrap_err();
    oracle.deletions.push(Deletion { batches: vec![0, 1], below: 2, outcome: outcome(false, true) });
    oracle.check(&rows(&[2, 102])).unwrap();
    oracle.check(&rows(&[0, 1, 2, 100, 101, 102])).unwrap();
    oracle.check(&rows(&[2, 100, 101, 102])).unwrap_err();
    oracle.deletions[0].outcome.acknowledged = true;
    oracle.check(&rows(&[0, 1, 2])).unwrap_err();
    oracle.check(&rows(&[2])).unwrap();
}
