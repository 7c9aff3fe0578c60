//! What is done to the ledger, a dataset whose rows give way to others: loads that replace rows, widen or bring columns, reject rows,
//! go on from the position of a source or come under a key; corrected rows; deletions. A change says all of it, so that it can be
//! done again and told to another process; each row says which change has brought it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tidemill::{ColumnType, Csv, ErrorKind, FixedRow, Load, LoadMode, LoadReport, Mill};

use crate::dice::Dice;

/// The name of the dataset.
pub(crate) const LEDGER: &str = "ledger";
/// Items that rows may be of. Each has a day, half of them in January.
const ITEMS: u64 = 12;

/// Which rows go when others come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Mode {
    Append,
    /// Those of the same items.
    Upsert,
    Replace,
    /// Those of the days of some items.
    Range {
        from: u64,
        to: u64,
    },
}

/// A part of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub source: u8,
    pub from: Option<u64>,
    pub to: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Loading {
    pub mode: Mode,
    /// The items of its rows.
    pub items: Vec<u64>,
    /// Those of rows that are rejected.
    pub bad: Vec<u64>,
    /// Its values are no whole numbers, so the column is widened.
    pub halves: bool,
    /// A column that not all loads have.
    pub column: Option<u8>,
    /// The change after which its idempotency key is named: another one where the key is that of other content.
    pub key: Option<usize>,
    pub part: Option<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Change {
    Load(Loading),
    /// The rejected rows of a load come corrected.
    Replay {
        load: usize,
        items: Vec<u64>,
        mode: Mode,
    },
    Delete {
        from: u64,
        to: u64,
        erase: bool,
    },
}

/// What somebody does who takes no care: the proof that the ledger is looked at closely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naive {
    /// What is replaced goes by a commit, and what replaces it comes by another one.
    ReplacesInTwoCommits,
    /// What is loaded once more has no key.
    LoadsWithoutKey,
    /// A row of a part comes before the position of its source moves.
    MovesPositionsApart,
}

/// The day of an item.
fn day(item: u64) -> DateTime<Utc> {
    let first: DateTime<Utc> = "2013-01-26T00:00:00Z".parse().unwrap();
    first + TimeDelta::days(i64::try_from(item).unwrap())
}

fn moment(item: u64) -> String {
    (day(item) + TimeDelta::hours(10)).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(crate) fn source_name(source: u8) -> String {
    format!("source {source}")
}

pub(crate) fn column_name(column: u8) -> String {
    format!("extra{column}")
}

impl Mode {
    fn of_load(self) -> LoadMode {
        match self {
            Self::Append => LoadMode::CreateOrAppend,
            Self::Upsert => LoadMode::Upsert { key: vec!["item".to_owned()] },
            Self::Replace => LoadMode::Replace,
            Self::Range { from, to } => LoadMode::ReplaceRange { from: day(from), to: day(to) },
        }
    }

    /// Whether a row of an item goes when rows of some items come.
    pub(crate) fn takes(self, item: u64, coming: &[u64]) -> bool {
        match self {
            Self::Append => false,
            Self::Upsert => coming.contains(&item),
            Self::Replace => true,
            Self::Range { from, to } => (from..to).contains(&item),
        }
    }
}

impl Loading {
    /// Rows of some items, and nothing else that could be said.
    pub(crate) fn of(number: usize, mode: Mode, items: &[u64]) -> Self {
        Self { mode, items: items.to_vec(), bad: Vec::new(), halves: false, column: None, key: Some(number), part: None }
    }

    fn csv(&self, number: usize, items: &[u64], bad: &[u64]) -> String {
        let header = self.column.map(|column| format!(",{}", column_name(column))).unwrap_or_default();
        let extra = self.column.map(|_| format!(",{}", text_of(number))).unwrap_or_default();
        let line = |item: u64, value: &str| format!("{},{item},{number},{value}{extra}\n", moment(item));
        let good = items.iter().map(|item| {
            let doubled = doubled(number, *item, self.halves);
            line(*item, &format!("{}{}", doubled / 2, if doubled % 2 == 1 { ".5" } else { "" }))
        });
        let lines: String = good.chain(bad.iter().map(|item| line(*item, "many"))).collect();
        format!("at,item,op,v{header}\n{lines}")
    }

    fn load(&self, number: usize) -> Load {
        let load = self.plain(number, &self.items, &self.bad).mode(self.mode.of_load());
        let load = match self.key {
            Some(key) => load.idempotency_key(format!("c{key}")),
            None => load,
        };
        match self.part {
            Some(Part { source, from, to }) => load.position(source_name(source), from, to),
            None => load,
        }
    }

    /// The rows and nothing else.
    fn plain(&self, number: usize, items: &[u64], bad: &[u64]) -> Load {
        let column_type = if self.halves { ColumnType::Float } else { ColumnType::Integer };
        Csv::bytes(self.csv(number, items, bad)).column_type("v", column_type)
    }
}

/// Twice the value of a row, so that it is a whole number.
fn doubled(number: usize, item: u64, halves: bool) -> u64 {
    2 * (number as u64 * 16 + item) + u64::from(halves)
}

/// What rows of a change have in its column.
pub(crate) fn text_of(number: usize) -> String {
    format!("x{number}")
}

impl Change {
    pub(crate) fn part(&self) -> Option<Part> {
        if let Self::Load(loading) = self { loading.part } else { None }
    }

    /// The load whose rejected rows it brings.
    pub(crate) fn replays(&self) -> Option<usize> {
        if let Self::Replay { load, .. } = self { Some(*load) } else { None }
    }

    /// Whether its idempotency key is that of another one.
    pub(crate) fn has_key_of_another(&self, number: usize) -> bool {
        matches!(self, Self::Load(loading) if loading.key.is_some_and(|key| key != number))
    }

    /// The column that its rows have and others may not.
    pub(crate) fn column(&self) -> Option<u8> {
        if let Self::Load(loading) = self { loading.column } else { None }
    }

    /// Twice the value that its row of an item has.
    pub(crate) fn doubled(&self, number: usize, item: u64) -> u64 {
        doubled(number, item, matches!(self, Self::Load(loading) if loading.halves))
    }

    /// Whether a report is one of it.
    pub(crate) fn check(&self, report: &LoadReport) -> Result<(), String> {
        let expected = match self {
            // The same part may have come with other rows.
            Self::Load(loading) if report.replayed && loading.part.is_some() => return Ok(()),
            Self::Load(loading) => (loading.items.len() as u64, loading.bad.len() as u64),
            // So may the same rejected rows.
            Self::Replay { items, .. } => (items.len() as u64, 0),
            Self::Delete { .. } => return Err(format!("a deletion was reported as {report:?}")),
        };
        if (report.rows, report.rejected) == expected { Ok(()) } else { Err(format!("the ledger: {self:?} was reported as {report:?}")) }
    }

    /// Does it. `load_id` is of the load whose rejected rows it brings.
    pub(crate) async fn carry_out(&self, mill: &Mill, number: usize, load_id: Option<&str>, naive: Option<Naive>) -> tidemill::Result<Option<LoadReport>> {
        match self {
            Self::Load(loading) => {
                let load = match (naive, loading.part) {
                    (Some(Naive::ReplacesInTwoCommits), None) if loading.mode != Mode::Append => {
                        let gone: Vec<String> = (0..ITEMS).filter(|item| loading.mode.takes(*item, &loading.items)).map(|item| item.to_string()).collect();
                        match mill.delete_rows(LEDGER, &format!("item in ({})", gone.join(", "))).await {
                            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                            _ => loading.load(number).mode(LoadMode::CreateOrAppend),
                        }
                    }
                    (Some(Naive::LoadsWithoutKey), None) => loading.plain(number, &loading.items, &loading.bad).mode(loading.mode.of_load()),
                    (Some(Naive::MovesPositionsApart), Some(Part { source, from, to })) if loading.items.len() > 1 => {
                        let (first, rest) = loading.items.split_at(1);
                        mill.load(LEDGER, loading.plain(number, first, &[])).await?;
                        mill.load(LEDGER, loading.plain(number, rest, &loading.bad).position(source_name(source), from, to)).await?;
                        return Ok(None);
                    }
                    _ => loading.load(number),
                };
                mill.load(LEDGER, load).await.map(Some)
            }
            Self::Replay { items, .. } => {
                let row = |item: &u64| json!({"at": moment(*item), "item": item, "op": number, "v": doubled(number, *item, false) / 2}).as_object().unwrap().clone();
                let rows = items.iter().enumerate().map(|(place, item)| FixedRow { number: place as u64, row: row(item) }).collect();
                mill.replay_rejects(LEDGER, load_id.unwrap(), rows).await.map(Some)
            }
            Self::Delete { from, to, erase } => {
                let predicate = format!("item >= {from} and item < {to}");
                let deleted = if *erase { mill.erase_rows(LEDGER, &predicate).await } else { mill.delete_rows(LEDGER, &predicate).await };
                deleted.map(|_| None)
            }
        }
    }
}

/// All changes of a run, and what was told of them: what somebody knows who plans the next one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Plans {
    pub changes: Vec<Change>,
    /// The ids of loads that were acknowledged.
    pub load_ids: BTreeMap<usize, String>,
    /// Where sources are, as far as somebody was told.
    pub positions: BTreeMap<u8, u64>,
}

impl Plans {
    pub(crate) fn add(&mut self, change: Change) -> usize {
        self.changes.push(change);
        self.changes.len() - 1
    }

    /// Takes note of what a change has told.
    pub(crate) fn note(&mut self, number: usize, report: Option<&LoadReport>) {
        let change = &self.changes[number];
        if let Some(part) = change.part() {
            self.positions.insert(part.source, part.to);
        }
        // A part that was there before may be of another load, which has rejected other rows.
        if let Some(report) = report.filter(|report| change.part().is_none() || !report.replayed) {
            self.load_ids.insert(number, report.load_id.clone());
        }
    }

    /// A new change by chance. Gives its number.
    pub(crate) fn plan(&mut self, dice: &mut Dice) -> usize {
        let change = match dice.below(16) {
            0..2 => Change::Load(self.loading(dice, Mode::Append)),
            5 => Change::Load(self.loading(dice, Mode::Replace)),
            6..9 => {
                let from = dice.below(12) as u64;
                let to = from + 1 + dice.below(usize::try_from(ITEMS - from).unwrap()) as u64;
                Change::Load(self.loading(dice, Mode::Range { from, to }))
            }
            9 | 10 => {
                let from = dice.below(10) as u64;
                Change::Delete { from, to: from + 1 + dice.below(3) as u64, erase: dice.one_in(3) }
            }
            11..14 => {
                let mode = *dice.pick(&[Mode::Append, Mode::Upsert]);
                let source = dice.below(2) as u8;
                let told = self.positions.get(&source).copied();
                // Now and then from where it is not.
                let from = if dice.one_in(6) { Some(told.unwrap_or(0) + 1) } else { told };
                let part = Part { source, from, to: from.unwrap_or(0) + 1 + dice.below(2) as u64 };
                Change::Load(Loading { key: None, part: Some(part), ..self.loading(dice, mode) })
            }
            14 => self.replay(dice).unwrap_or_else(|| Change::Load(self.loading(dice, Mode::Upsert))),
            15 => self.other_content(dice).unwrap_or_else(|| Change::Load(self.loading(dice, Mode::Upsert))),
            _ => Change::Load(self.loading(dice, Mode::Upsert)),
        };
        self.add(change)
    }

    fn loading(&self, dice: &mut Dice, mode: Mode) -> Loading {
        let mut items: Vec<u64> = (0..ITEMS).filter(|item| !matches!(mode, Mode::Range { .. }) || mode.takes(*item, &[])).collect();
        let rows = 1 + dice.below(4);
        while items.len() > rows {
            items.remove(dice.below(items.len()));
        }
        let bad: Vec<u64> = if items.len() > 1 && dice.one_in(3) { items.pop().into_iter().collect() } else { Vec::new() };
        let (halves, column) = (dice.one_in(6), if dice.one_in(5) { Some(dice.below(2) as u8) } else { None });
        Loading { bad, halves, column, ..Loading::of(self.changes.len(), mode, &items) }
    }

    /// The rejected rows of a load, corrected.
    fn replay(&self, dice: &mut Dice) -> Option<Change> {
        let rejected: Vec<usize> = self.load_ids.keys().copied().filter(|load| self.corrected(*load).is_some()).collect();
        if rejected.is_empty() { None } else { self.corrected(*dice.pick(&rejected)) }
    }

    /// Corrected rows of a load, where it has rejected some. They come in as those of the load did.
    pub(crate) fn corrected(&self, load: usize) -> Option<Change> {
        let Change::Load(loading) = &self.changes[load] else { return None };
        let mode = if loading.mode == Mode::Upsert { Mode::Upsert } else { Mode::Append };
        (!loading.bad.is_empty()).then(|| Change::Replay { load, items: loading.bad.clone(), mode })
    }

    /// Other rows under the key of an earlier load.
    fn other_content(&self, dice: &mut Dice) -> Option<Change> {
        let keyed: Vec<(usize, Mode)> = (0..self.changes.len())
            .filter_map(|number| match &self.changes[number] {
                Change::Load(loading) if loading.key == Some(number) => Some((number, loading.mode)),
                _ => None,
            })
            .collect();
        if keyed.is_empty() {
            return None;
        }
        let (key, mode) = *dice.pick(&keyed);
        Some(Change::Load(Loading { key: Some(key), ..self.loading(dice, mode) }))
    }
}
