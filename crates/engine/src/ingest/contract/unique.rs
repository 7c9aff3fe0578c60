//! Unique keys. Rows of a load are compared with each other by a table of their keys, and with the dataset by reading the
//! key columns of the segments that can hold one of them. What is in the dataset is only known for certain at the commit:
//! whoever commits rows with a unique key does so under the condition that the version is the one that was looked at, and
//! looks again when it is not. So no two rows with one key become visible, whoever loads them and through whichever engine.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::util::display::array_value_to_string;

use super::existing::Existing;
use super::keys::{Key, KeyEncoder};
use crate::catalog::{Contract, DatasetSchema, Reaction};
use crate::error::{Error, Result};
use crate::ingest::treatment::rows::{Fault, Rows};
use crate::storage::segment::Segment;

/// Keys that one load may have, and values of a column that is referred to. A table of them takes up to 180 MB.
pub(crate) const KEYS_MAX: usize = 7_000_000;

/// The unique keys of a contract, and the keys of the rows that a load has taken so far.
#[derive(Debug, Default)]
pub(crate) struct UniqueKeys {
    rules: Vec<UniqueKey>,
    /// What the load that is looked at has taken, by rule, where several loads come together.
    own: Option<Vec<(usize, Key)>>,
}

#[derive(Debug)]
struct UniqueKey {
    rule: u32,
    places: Vec<usize>,
    names: Vec<String>,
    reaction: Reaction,
    encoder: KeyEncoder,
    /// Keys of the load with the line where they stand; 0: of another load.
    taken: HashMap<Key, u32>,
}

/// Rows with their keys: one list a rule.
#[derive(Debug)]
pub(crate) struct KeyedRows {
    pub rows: Rows,
    keys: Vec<Vec<Option<Key>>>,
}

impl UniqueKeys {
    /// # Errors
    /// `Invalid`, naming the rule, for columns that are not there.
    pub(crate) fn new(contract: &Contract, schema: &DatasetSchema) -> Result<Self> {
        let mut rules = Vec::new();
        for (rule, names, reaction) in contract.keys() {
            let columns = names.iter().map(|name| schema.find(name)).collect::<Result<Vec<_>>>().map_err(|error| error.context(format!("rule {rule}")))?;
            let types: Vec<_> = columns.iter().map(|column| column.data_type()).collect();
            let places: Vec<usize> = names.iter().filter_map(|name| schema.columns.iter().position(|column| column.name == *name)).collect();
            let encoder = KeyEncoder::new(&types, places.clone())?;
            rules.push(UniqueKey { rule, places, names: names.to_vec(), reaction, encoder, taken: HashMap::new() });
        }
        Ok(Self { rules, own: None })
    }

    /// For several loads that share a commit: each is taken by itself, and ends with [`keep`](Self::keep) or
    /// [`take_back`](Self::take_back).
    pub(crate) fn of_several(self) -> Self {
        Self { own: Some(Vec::new()), ..self }
    }

    /// The load comes in; to the next one its keys are those of somebody else.
    pub(crate) fn keep(&mut self) {
        for (index, key) in self.own.iter_mut().flat_map(|own| own.drain(..)) {
            if let Some(rule) = self.rules.get_mut(index) {
                rule.taken.insert(key, 0);
            }
        }
    }

    /// The load fails: what it has taken of the keys counts for nobody.
    pub(crate) fn take_back(&mut self) {
        for (index, key) in self.own.iter_mut().flat_map(|own| own.drain(..)) {
            if let Some(rule) = self.rules.get_mut(index) {
                rule.taken.remove(&key);
            }
        }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Makes the keys of some rows.
    pub(crate) fn keyed(&self, rows: Rows) -> Result<KeyedRows> {
        let keys = self.rules.iter().map(|rule| rule.encoder.keys(&rows.batch)).collect::<Result<Vec<_>>>()?;
        Ok(KeyedRows { rows, keys })
    }

    /// Looks which keys of some rows the segments have, for [`take`](Self::take).
    ///
    /// # Errors
    /// `Corrupt` when a segment cannot be read.
    pub(crate) async fn find(&self, rows: &[KeyedRows], segments: &[Arc<Segment>], existing: &Existing<'_>) -> Result<Found> {
        let mut found = Vec::with_capacity(self.rules.len());
        for (index, rule) in self.rules.iter().enumerate() {
            let wanted = rows.iter().filter_map(|rows| rows.keys.get(index)).flatten().flatten().copied().collect();
            let batches: Vec<&RecordBatch> = rows.iter().map(|rows| &rows.rows.batch).collect();
            found.push(existing.find(segments, &rule.places, &rule.encoder, &wanted, &batches).await?);
        }
        Ok(Found(found))
    }

    /// The number of a rule of which segments have a key that the load has taken. Keys of the columns `except` are not looked
    /// for.
    ///
    /// # Errors
    /// `Corrupt` when a segment cannot be read.
    pub(crate) async fn clash(&self, segments: &[Arc<Segment>], existing: &Existing<'_>, except: &[&str]) -> Result<Option<u32>> {
        let is_same = |names: &[String]| names.len() == except.len() && names.iter().all(|name| except.contains(&name.as_str()));
        for rule in self.rules.iter().filter(|rule| !is_same(&rule.names)) {
            let wanted = rule.taken.keys().copied().collect();
            if !existing.find(segments, &rule.places, &rule.encoder, &wanted, &[]).await?.is_empty() {
                return Ok(Some(rule.rule));
            }
        }
        Ok(None)
    }

    /// Takes the keys of rows, and rejects the rows of which a key is taken.
    ///
    /// # Errors
    /// `Invalid`, naming line, key and rule, when a rule wants the load to fail; `Exhausted` for too many keys.
    pub(crate) fn take(&mut self, rows: KeyedRows, found: &Found) -> Result<Rows> {
        let KeyedRows { mut rows, keys } = rows;
        let mut faults = Vec::new();
        for row in 0..rows.batch.num_rows() {
            let key_of = |index: usize| keys.get(index).and_then(|keys| keys.get(row)).copied().flatten();
            // A row that is rejected for one key must not take another.
            let taken = self.rules.iter().enumerate().find_map(|(index, rule)| {
                let key = key_of(index)?;
                let line = rule.taken.get(&key).copied();
                (line.is_some() || found.has(index, &key)).then_some((rule, line))
            });
            if let Some((rule, line)) = taken {
                faults.push((Some(rule.rule), rule.fault(&rows.batch, row, line)));
                if rule.reaction == Reaction::Fail {
                    rows.reject_by(faults)?;
                    return Err(rows.failed());
                }
                continue;
            }
            let line = u32::try_from(rows.line(row)).unwrap_or(u32::MAX);
            for (index, rule) in self.rules.iter_mut().enumerate() {
                let Some(key) = key_of(index) else { continue };
                if let Entry::Vacant(vacant) = rule.taken.entry(key) {
                    vacant.insert(line);
                    if let Some(own) = &mut self.own {
                        own.push((index, key));
                    }
                }
                if rule.taken.len() > KEYS_MAX {
                    let columns = rule.names.join(", ");
                    return Err(Error::exhausted(format!("rule {} (unique of {columns}): a load may have at most {KEYS_MAX} keys; load the rows in parts", rule.rule)));
                }
            }
        }
        rows.reject_by(faults)?;
        Ok(rows)
    }
}

impl UniqueKey {
    fn fault(&self, batch: &RecordBatch, row: usize, line: Option<u32>) -> Fault {
        let values: Vec<String> = self.places.iter().filter_map(|place| array_value_to_string(batch.columns().get(*place)?, row).ok()).collect();
        let reason = match line {
            Some(0) | None => "the dataset has a row with this key".to_owned(),
            Some(line) => format!("line {line} has the same key"),
        };
        Fault { row, column: Some(self.names.join(", ")), value: Some(values.join(", ")), reason }
    }
}

/// Keys that segments have, a set a rule.
#[derive(Debug, Default)]
pub(crate) struct Found(Vec<std::collections::HashSet<Key>>);

impl Found {
    fn has(&self, index: usize, key: &Key) -> bool {
        self.0.get(index).is_some_and(|keys| keys.contains(key))
    }
}
