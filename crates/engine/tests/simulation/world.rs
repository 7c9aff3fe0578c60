//! One run: engines over one storage do what chance tells them, fail as chance tells them, and are held to the oracle
//! whenever nobody is at work, after every recovery, and at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use tidemill::clock::{Clock, ManualClock};
use tidemill::encryption::MasterKeys;
use tidemill::storage::Reason;
use tidemill::{Engine, ErrorKind, Mill, Settings};

use crate::change::{Change, LEDGER, Naive, Plans};
use crate::changing::Chore;
use crate::dice::Dice;
use crate::machine::{Bucket, Machine, Storage};
use crate::node::Node;
use crate::oracle::{Batch, Deletion, Oracle, Outcome, RowId};
use crate::script::Op;
use crate::tree::Tree;

/// The master key of encrypted runs.
pub(crate) const KEY: &str = "7f3c1a9e5d2b8046c1e7a3f95b0d2648ea71c3590f8b6d24a9e5037c1fd8b642";
/// Tries of an engine to open under faults, before they stop.
const OPENINGS: usize = 6;
/// Batches of a run at most, so that encoding never takes a thread and all is decided by the seed.
pub(crate) const BATCHES_MAX: usize = 18;

/// What a run is told beside its seed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Options {
    /// On a disk in any case.
    pub disk: bool,
    /// A kind of sync that is left out.
    pub omitted: Option<Reason>,
    /// How the ledger is treated without care.
    pub naive: Option<Naive>,
}

/// Whether there is a ledger in the run of a seed. In every second pair of them: they are in all shares alike.
pub(crate) fn has_ledger(seed: u64) -> bool {
    seed % 4 > 1
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub trace: Vec<String>,
    pub power_cuts: usize,
    pub acknowledged: usize,
    pub rows: usize,
}

pub(crate) struct World {
    pub machine: Arc<Machine>,
    pub dice: Mutex<Dice>,
    oracle: Mutex<Oracle>,
    encrypted: bool,
    pub rollups: bool,
    has_ledger: bool,
    pub naive: Option<Naive>,
    power_cuts: usize,
}

/// A clock that goes a little wrong.
struct Skewed(Arc<ManualClock>, TimeDelta);

impl Clock for Skewed {
    fn now(&self) -> DateTime<Utc> {
        self.0.now() + self.1
    }
}

/// An engine in its process.
pub(crate) struct Running {
    pub node: Node,
    pub engine: Engine,
    pub mill: Mill,
}

impl Running {
    pub(crate) fn is_alive(&self) -> bool {
        self.node.machine.is_alive(self.node.number)
    }
}

/// What a call that ended with this error has done: nothing, or nobody knows. Other errors have no place here.
pub(crate) fn meaning(error: &tidemill::Error) -> Result<Option<bool>, String> {
    match error.kind() {
        ErrorKind::Unavailable => Ok(None),
        ErrorKind::Conflict | ErrorKind::NotFound => Ok(Some(false)),
        kind => Err(format!("{kind:?}: {error}")),
    }
}

/// Runs a seed.
pub(crate) fn run(seed: u64, options: Options) -> Result<Ran, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut world = World::new(seed, options);
        let ended = world.live().await;
        let trace = world.machine.trace();
        let oracle = world.oracle();
        let (power_cuts, acknowledged) = (world.power_cuts, oracle.acknowledged() + oracle.ledger.acknowledged());
        match ended {
            Ok(rows) => Ok(Ran { trace, power_cuts, acknowledged, rows }),
            Err(error) => Err(format!("seed {seed}: {error}\n  last steps:\n    {}", trace[trace.len().saturating_sub(40)..].join("\n    "))),
        }
    })
}

impl World {
    fn new(seed: u64, options: Options) -> Self {
        let mut dice = Dice::new(seed);
        let storage = if !options.disk && dice.one_in(3) { Storage::Bucket(Bucket::default()) } else { Storage::Disk(Tree::default()) };
        let now = "2013-02-20T12:00:00Z".parse().unwrap();
        let machine = Machine::new(storage, Dice::new(seed ^ 0xd1ce), options.omitted, now);
        let (encrypted, rollups) = (dice.one_in(5), dice.one_in(4));
        let oracle = Mutex::new(Oracle { scratch: BTreeSet::from([None]), ..Oracle::default() });
        Self { machine, dice: Mutex::new(dice), oracle, encrypted, rollups, has_ledger: has_ledger(seed), naive: options.naive, power_cuts: 0 }
    }

    /// A world in which nothing happens by chance.
    pub(crate) fn over(storage: Storage) -> Self {
        let machine = Machine::new(storage, Dice::new(0), None, "2013-02-20T12:00:00Z".parse().unwrap());
        let oracle = Mutex::new(Oracle { scratch: BTreeSet::from([None]), ..Oracle::default() });
        Self { machine, dice: Mutex::new(Dice::new(0)), oracle, encrypted: false, rollups: true, has_ledger: true, naive: None, power_cuts: 0 }
    }

    /// Another one in which the same has happened so far.
    pub(crate) fn copy(&self) -> Self {
        let machine = Machine::new(self.machine.lock().storage.clone(), Dice::new(0), None, self.machine.clock.now());
        Self { machine, dice: Mutex::new(Dice::new(0)), oracle: Mutex::new(self.oracle().clone()), ..*self }
    }

    pub(crate) fn oracle(&self) -> MutexGuard<'_, Oracle> {
        self.oracle.lock().unwrap()
    }

    fn roll<T>(&self, throw: impl FnOnce(&mut Dice) -> T) -> T {
        throw(&mut self.dice.lock().unwrap())
    }

    async fn live(&mut self) -> Result<usize, String> {
        for _ in 0..self.roll(|dice| 1 + dice.below(3)) {
            let (fault_every, cut) = self.roll(|dice| (*dice.pick(&[0, 0, 70, 25]), if dice.one_in(4) { None } else { Some(10 + dice.below(450) as u64) }));
            {
                let mut state = self.machine.lock();
                (state.fault_every, state.cut_at) = (fault_every, cut.map(|steps| state.steps + steps));
            }
            self.epoch().await?;
            self.end_epoch();
        }
        self.finish().await
    }

    async fn epoch(&self) -> Result<(), String> {
        let mut engines: Vec<Running> = Vec::new();
        for _ in 0..self.roll(|dice| 1 + dice.below(3)) {
            engines.retain(Running::is_alive);
            self.note_cut();
            while engines.len() < 2 {
                match self.open().await? {
                    Some(running) => engines.push(running),
                    None => return Ok(()),
                }
            }
            self.round(&engines).await?;
            for engine in &engines {
                self.audit(engine).await?;
            }
            self.jump();
        }
        if self.roll(|dice| dice.one_in(2)) {
            for engine in engines.iter().filter(|engine| engine.is_alive()) {
                self.until_death(engine, engine.engine.close()).await;
            }
        }
        Ok(())
    }

    /// An engine in a new process; `None` when the power fails meanwhile.
    pub(crate) async fn open(&self) -> Result<Option<Running>, String> {
        for attempt in 0.. {
            if attempt == OPENINGS {
                self.machine.lock().fault_every = 0;
            }
            let (node, builder) = Node::start(&self.machine);
            let skew = TimeDelta::minutes(self.roll(|dice| dice.below(20)) as i64 - 10);
            let settings = Settings {
                query_partitions: 1,
                segment_max_rows: 1_000,
                partial_cache_bytes: 4 << 20,
                column_cache_bytes: 4 << 20,
                background_rollups: false,
                commit_interval_ms: 0,
                upkeep_seconds: 0,
                replaced_kept_seconds: 3_600,
                versions_kept_seconds: 0,
                checkpoint_commits: 3,
                ..Settings::default()
            };
            let mut builder = builder.settings(settings).clock(Arc::new(Skewed(Arc::clone(&self.machine.clock), skew)));
            if self.encrypted {
                builder = builder.encryption(Arc::new(MasterKeys::parse(KEY).unwrap()));
            }
            let opened = tokio::select! {
                biased;
                () = self.machine.death(node.number) => return Ok(None),
                opened = builder.open() => opened,
            };
            match opened {
                Ok(engine) => {
                    let mill = engine.tenant("acme").unwrap();
                    return Ok(Some(Running { node, engine, mill }));
                }
                Err(error) if error.kind() == ErrorKind::Unavailable && attempt < OPENINGS => self.machine.kill(node.number),
                Err(error) => return Err(format!("an engine could not be opened: {error}")),
            }
        }
        Ok(None)
    }

    /// What the work gives, unless the process is gone before it ends.
    pub(crate) async fn until_death<T>(&self, engine: &Running, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.machine.death(engine.node.number) => None,
            ended = work => Some(ended),
        }
    }

    /// Both engines do something, each step by the turn.
    async fn round(&self, engines: &[Running]) -> Result<(), String> {
        let scripts: Vec<Vec<Op>> = (0..engines.len()).map(|player| self.roll(|dice| self.oracle().plan(dice, player, self.rollups, self.has_ledger))).collect();
        // What changes the whole dataset at once is done alone.
        let alone = scripts.iter().flatten().find(|op| matches!(op, Op::Retain(_))).cloned();
        let scripts = match alone {
            Some(op) => vec![vec![op]],
            None => scripts,
        };
        if self.roll(|dice| dice.one_in(6)) {
            let steps = self.roll(|dice| dice.below(60) as u64);
            self.machine.kill_after(engines[0].node.number, steps);
        }
        let players: Vec<usize> = engines.iter().take(scripts.len()).map(|engine| engine.node.number).collect();
        self.machine.play(&players);
        let played = engines.iter().zip(scripts).map(|(engine, ops)| async move {
            let mut ended = Ok(());
            for op in ops {
                if ended.is_ok() && engine.is_alive() {
                    ended = self.perform(engine, &op).await.map_err(|error| format!("{op:?}: {error}"));
                }
            }
            self.machine.rest(engine.node.number);
            ended
        });
        join_all(played).await.into_iter().collect()
    }

    /// Clocks go on, back, or far on where nobody is at work.
    fn jump(&self) {
        let minutes = self.roll(|dice| *dice.pick(&[0, 0, 1, 50, -50, 26 * 60]));
        if minutes > 60
            && let Storage::Bucket(bucket) = &mut self.machine.lock().storage
        {
            // No answer is late by a day.
            bucket.arrive(u64::MAX, self.machine.clock.now());
        }
        self.machine.clock.advance(TimeDelta::minutes(minutes));
    }

    fn end_epoch(&mut self) {
        self.power_cuts += 1;
        self.cut_power();
        // A new engine cannot have missed a deletion.
        self.oracle().gone.clear();
    }

    pub(crate) fn cut_power(&self) {
        self.machine.cut_power();
        self.note_cut();
    }

    /// Who knows what may be there learns that the power has failed, if it has, before anybody is at work again.
    fn note_cut(&self) {
        let (was_cut, forgets) = {
            let mut state = self.machine.lock();
            (std::mem::take(&mut state.was_cut), matches!(state.storage, Storage::Disk(_)))
        };
        if was_cut {
            self.oracle().ledger.cut_power(forgets);
        }
    }

    /// Asks without faults whether everything is as it must be. A power cut in between ends it.
    async fn audit(&self, engine: &Running) -> Result<(), String> {
        let faults = std::mem::take(&mut self.machine.lock().fault_every);
        let audited = if engine.is_alive() { self.until_death(engine, self.compare(&engine.mill)).await } else { None };
        self.machine.lock().fault_every = faults;
        audited.unwrap_or(Ok(BTreeMap::new())).map(drop)
    }

    /// The rows, and whether they, the aggregates over them and the other datasets are as they must be.
    pub(crate) async fn compare(&self, mill: &Mill) -> Result<BTreeMap<RowId, u64>, String> {
        if let Storage::Bucket(bucket) = &mut self.machine.lock().storage {
            // Nothing comes in between one question and the next.
            bucket.arrive(u64::MAX, self.machine.clock.now());
        }
        let found = self.compare_rows(mill).await?;
        let scratch = match mill.sql("select batch, count(*) from scratch group by batch").await {
            Ok(answer) => {
                let data = answer.to_json()["data"].clone();
                let numbers = |column: usize| -> Vec<u64> { data[column].as_array().unwrap().iter().filter_map(serde_json::Value::as_u64).collect() };
                let wrong = numbers(0).into_iter().zip(numbers(1)).find(|(batch, rows)| self.oracle().batches[usize::try_from(*batch).unwrap()].rows != *rows);
                if let Some((batch, rows)) = wrong {
                    return Err(format!("batch {batch} of the second dataset has {rows} rows"));
                }
                Some(numbers(0).into_iter().map(|batch| usize::try_from(batch).unwrap()).collect())
            }
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(format!("the second dataset: {error}")),
        };
        {
            let oracle = self.oracle();
            if !oracle.scratch.contains(&scratch) && !oracle.gone.contains(&scratch) {
                return Err(format!("the second dataset is {scratch:?}, it may be {:?}", oracle.scratch));
            }
        }
        self.compare_ledger(mill).await?;
        Ok(found)
    }

    /// The rows, and whether they and the aggregates over them are as they must be.
    async fn compare_rows(&self, mill: &Mill) -> Result<BTreeMap<RowId, u64>, String> {
        let sql = "select batch, count(*), sum(n), sum(amount) from orders group by batch order by batch";
        loop {
            let found = rows(mill, "orders").await?;
            self.oracle().check(&found)?;
            self.machine.lock().note(format!("{} rows are right", found.len()));
            if found.is_empty() {
                return Ok(found);
            }
            let answer = mill.sql(sql).await.map_err(|error| format!("{sql}: {error}"))?.to_json()["data"].clone();
            let expected = Oracle::by_batch(&found);
            if answer.as_array() == Some(&expected) {
                return Ok(found);
            }
            // A commit whose caller gave up goes on all the same, and may have come in between.
            if rows(mill, "orders").await? == found {
                return Err(format!("an aggregate is {answer}, its rows say {expected:?}"));
            }
        }
    }

    /// Everything ends well: without faults an engine opens, has all rows, nothing is left behind for long, and nothing that went comes back.
    pub(crate) async fn finish(&mut self) -> Result<usize, String> {
        self.heal();
        let lost = || "the power failed at the end".to_owned();
        let first = self.open().await?.ok_or_else(lost)?;
        // A new engine cannot have missed a deletion.
        self.oracle().gone.clear();
        let before = self.compare(&first.mill).await.map_err(|error| format!("at the end: {error}"))?;
        let mut datasets: Vec<&str> = if before.is_empty() { Vec::new() } else { vec!["orders"] };
        let has_ledger = self.oracle().ledger.is_begun();
        if has_ledger && self.is_there(&first.mill, LEDGER).await? {
            datasets.push(LEDGER);
        }
        if datasets.is_empty() {
            return Ok(0);
        }
        // What somebody left half done goes after a day, and only that.
        self.machine.clock.advance(TimeDelta::hours(27));
        for work in Chore::ALL {
            // What was merged just now is kept for those who read it.
            self.machine.clock.advance(TimeDelta::hours(2));
            for dataset in &datasets {
                work.of(&first.mill, dataset).await.map_err(|error| format!("{work:?} of {dataset} at the end: {error}"))?;
            }
        }
        self.is_unchanged(&first.mill, &before).await.map_err(|error| format!("after upkeep at the end: {error}"))?;
        // What a vacuum, or a clean-up of a log, has answered for is gone for good: rows that were erased are not on the disk again.
        let at_rest = first.node.names();
        self.cut_power();
        if let Some(name) = first.node.names().difference(&at_rest).next() {
            return Err(format!("{name} was removed, and a power cut brought it back"));
        }
        let second = self.open().await?.ok_or_else(lost)?;
        self.is_unchanged(&second.mill, &before).await.map_err(|error| format!("after a power cut at the end: {error}"))?;
        for dataset in datasets {
            let segments = second.mill.dataset(dataset).await.map_err(|error| error.to_string())?.summary.segments;
            let stored = first.node.segments(&format!("acme/{dataset}"));
            if Some(stored as u64) != segments {
                return Err(format!("{stored} segments of {dataset} are stored, {segments:?} are needed"));
            }
        }
        Ok(before.len())
    }

    async fn is_unchanged(&self, mill: &Mill, before: &BTreeMap<RowId, u64>) -> Result<(), String> {
        let after = self.compare(mill).await?;
        if after == *before { Ok(()) } else { Err(format!("upkeep changed rows: {before:?} became {after:?}")) }
    }

    async fn is_there(&self, mill: &Mill, dataset: &str) -> Result<bool, String> {
        match mill.dataset(dataset).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(format!("{dataset} at the end: {error}")),
        }
    }

    /// No call fails any more, and what was late is there.
    pub(crate) fn heal(&self) {
        let mut state = self.machine.lock();
        (state.fault_every, state.cut_at, state.failing, state.full_from) = (0, None, None, None);
        let now = self.machine.clock.now();
        if let Storage::Bucket(bucket) = &mut state.storage {
            bucket.arrive(u64::MAX, now);
        }
    }

    pub(crate) fn stop(&self, engine: &Running) {
        self.machine.kill(engine.node.number);
    }

    pub(crate) fn new_batch(&self, rows: u64, old: bool) -> usize {
        let mut oracle = self.oracle();
        oracle.batches.push(Batch { rows, old, outcome: Outcome::default() });
        oracle.batches.len() - 1
    }

    pub(crate) fn new_scratch_batch(&self) -> usize {
        let batch = self.new_batch(2, false);
        self.oracle().scratch_batches.insert(batch);
        batch
    }

    pub(crate) fn new_deletion(&self, batches: Vec<usize>, below: u64) -> usize {
        let mut oracle = self.oracle();
        oracle.deletions.push(Deletion { batches, below, outcome: Outcome::default() });
        oracle.deletions.len() - 1
    }

    /// Whether somebody was told that it is done.
    pub(crate) fn is_done(&self, op: &Op) -> Result<(), String> {
        let oracle = self.oracle();
        let done = match op {
            Op::Push(batches) => batches.iter().all(|batch| oracle.batches[*batch].outcome.acknowledged),
            Op::Delete(number, _) | Op::Retain(number) => oracle.deletions[*number].outcome.acknowledged,
            // Other content under a key that is taken is never done.
            Op::Change(number, _) => oracle.ledger.is_acknowledged(*number) != oracle.ledger.plans.changes[*number].has_key_of_another(*number),
            Op::Scratch(batch) => oracle.scratch.iter().all(|content| content.as_ref().is_some_and(|batches| batches.contains(batch))),
            _ => true,
        };
        if done { Ok(()) } else { Err(format!("{op:?} is not done")) }
    }

    /// A change of the ledger.
    pub(crate) fn new_change(&self, change: impl FnOnce(&Plans) -> Change) -> usize {
        let mut oracle = self.oracle();
        let change = change(&oracle.ledger.plans);
        oracle.ledger.plans.add(change)
    }

    pub(crate) fn outcome(&self, batch: usize, change: impl FnOnce(&mut Outcome)) {
        change(&mut self.oracle().batches[batch].outcome);
    }

    pub(crate) fn batch(&self, number: usize) -> Batch {
        self.oracle().batches[number].clone()
    }

    pub(crate) fn deletion(&self, number: usize) -> Deletion {
        self.oracle().deletions[number].clone()
    }
}

/// How often each row is there.
pub(crate) async fn rows(mill: &Mill, dataset: &str) -> Result<BTreeMap<RowId, u64>, String> {
    let sql = format!("select id from {dataset}");
    let answer = match mill.sql(&sql).await {
        Ok(answer) => answer.to_json()["data"][0].clone(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(format!("{sql}: {error}")),
    };
    let mut found = BTreeMap::new();
    for id in answer.as_array().into_iter().flatten() {
        *found.entry(id.as_u64().ok_or_else(|| format!("an id is {id}"))?).or_default() += 1;
    }
    Ok(found)
}
