//! A real process over a real folder, killed without warning: at a random moment, or at the n-th call to the disk. What it was
//! told and what it has acknowledged it writes to a pipe, so that nothing of that is lost with it. After each cycle a checker
//! that shares no code with the engine counts the rows of each batch, reads those of the ledger and where its sources are, and
//! follows the log from one entry to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use object_store::PutPayload;
use serde_json::Value;
use tidemill::storage::{Disk, DurableLocalStore, Reason, SystemDisk};
use tidemill::{Csv, Engine, ErrorKind, Mill, Settings};

use crate::change::{Change, LEDGER, Loading, Mode, Part, Plans};
use crate::changing::Chore;
use crate::dice::Dice;
use crate::ledger::{Ended, Seen};
use crate::oracle::{Batch, Deletion, Oracle, Outcome, RowId};

/// Cycles of an ordinary run of the tests.
const CYCLES: u64 = 40;
/// Tests that share them.
const SHARES: u64 = 2;
const PYARROW: &str = "21.0.0";
/// What a worker says begins so; the rest is of the test's harness.
const MARK: &str = "@";

/// The disk of the machine, with an end to the process at some call.
#[derive(Debug)]
struct Doomed {
    calls: AtomicU64,
    last: u64,
}

impl Doomed {
    fn call(&self) {
        if self.calls.fetch_add(1, Ordering::SeqCst) + 1 == self.last {
            // As hard as by somebody else's hand: nothing is flushed, nothing dropped.
            std::process::abort();
        }
    }
}

#[async_trait]
impl Disk for Doomed {
    async fn create(&self, file: &Path, content: &PutPayload) -> std::io::Result<()> {
        self.call();
        SystemDisk.create(file, content).await
    }

    async fn link(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        self.call();
        SystemDisk.link(from, to).await
    }

    async fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        self.call();
        SystemDisk.rename(from, to).await
    }

    async fn remove(&self, file: &Path) -> std::io::Result<()> {
        self.call();
        SystemDisk.remove(file).await
    }

    async fn create_folder(&self, folder: &Path) -> std::io::Result<()> {
        self.call();
        SystemDisk.create_folder(folder).await
    }

    async fn sync(&self, path: &Path, reason: Reason) -> std::io::Result<()> {
        self.call();
        SystemDisk.sync(path, reason).await
    }

    fn lacks(&self, file: &Path) -> bool {
        SystemDisk.lacks(file)
    }

    fn drive(&self, work: BoxFuture<'static, object_store::Result<()>>) -> BoxFuture<'static, object_store::Result<()>> {
        SystemDisk.drive(work)
    }
}

/// Says something that the parent is to know, before anything else happens.
#[expect(clippy::print_stdout, reason = "the pipe to the parent")]
fn say(what: std::fmt::Arguments<'_>) {
    println!("\n{MARK}{what}");
    std::io::stdout().flush().unwrap();
}

/// The process that is killed. Does nothing unless it is started as one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn worker() {
    let Some(order) = std::env::var_os("TIDEMILL_WORKER") else { return };
    let order = order.into_string().unwrap();
    let [folder, first, seed, last] = order.split('|').collect::<Vec<_>>().try_into().unwrap();
    let (first, mut dice, last): (usize, Dice, u64) = (first.parse().unwrap(), Dice::new(seed.parse().unwrap()), last.parse().unwrap());
    let disk = Arc::new(Doomed { calls: AtomicU64::new(0), last });
    let store = Arc::new(DurableLocalStore::with_disk(folder, disk).unwrap());
    let settings = Settings { upkeep_seconds: 0, background_rollups: false, commit_interval_ms: 0, versions_kept_seconds: 0, query_partitions: 1, ..Settings::default() };
    let engine = Engine::builder().local_store(store).settings(settings).open().await.unwrap();
    let mill = engine.tenant("acme").unwrap();
    let load = |number: usize, rows: u64| Csv::bytes(Batch { rows, old: false, outcome: Outcome::default() }.csv(number)).idempotency_key(format!("b{number}"));
    // What was under way when the last one was killed is sent again, as a client does who had no answer.
    if let Ok(again) = std::env::var("TIDEMILL_AGAIN") {
        for (number, rows) in again.split_terminator(',').map(|pair| pair.split_once(':').unwrap()) {
            let number = number.parse().unwrap();
            mill.load("orders", load(number, rows.parse().unwrap())).await.unwrap();
            say(format_args!("loaded {number}"));
        }
    }
    let (mut plans, again) = told_of_the_ledger();
    for number in again {
        change(&mill, &mut plans, number).await;
    }
    let mut number = first;
    loop {
        if dice.one_in(2) {
            change_something(&mill, &mut plans, &mut dice).await;
        }
        let several: Vec<(usize, u64)> = (0..1 + dice.below(3))
            .map(|_| {
                number += 1;
                (number - 1, 1 + dice.below(5) as u64)
            })
            .collect();
        several.iter().for_each(|(number, rows)| say(format_args!("load {number} {rows}")));
        let loads = several.iter().map(|(number, rows)| {
            let loading = mill.load("orders", load(*number, *rows));
            async move {
                match loading.await {
                    Ok(_) => {
                        say(format_args!("loaded {number}"));
                        Some(*number)
                    }
                    // Of several loads that make a dataset one does.
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
                        None
                    }
                }
            }
        });
        let loaded: Vec<usize> = futures::future::join_all(loads).await.into_iter().flatten().collect();
        match dice.below(8) {
            0 => drop(mill.compact("orders").await.unwrap()),
            1 => drop(mill.checkpoint("orders").await.unwrap()),
            2 => drop(mill.vacuum("orders").await.unwrap()),
            3 => {
                let below = 1 + dice.below(3);
                let Some(batch) = loaded.first() else { continue };
                say(format_args!("delete {batch} {below}"));
                match mill.delete_rows("orders", &format!("batch = {batch} and n < {below}")).await {
                    Ok(_) => say(format_args!("deleted {batch} {below}")),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{error}"),
                }
            }
            _ => {}
        }
    }
}

/// What was done to the ledger so far, and what of it is to be done again. The parent says it at once.
fn told_of_the_ledger() -> (Plans, Vec<usize>) {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}

/// Changes the ledger: most often by something new, now and then by two things at the same time.
async fn change_something(mill: &Mill, plans: &mut Plans, dice: &mut Dice) {
    match dice.below(8) {
        0 => Chore::Compact.of(mill, LEDGER).await.or_else(is_refusal).unwrap(),
        1 => Chore::Checkpoint.of(mill, LEDGER).await.or_else(is_refusal).unwrap(),
        2 => Chore::Vacuum.of(mill, LEDGER).await.or_else(is_refusal).unwrap(),
        3 => {
            let (first, second) = (plans.plan(dice), plans.plan(dice));
            let (mut one, mut other) = (plans.clone(), plans.clone());
            futures::join!(change(mill, &mut one, first), change(mill, &mut other, second));
            plans.load_ids.extend(one.load_ids.into_iter().chain(other.load_ids));
            plans.positions.extend(one.positions.into_iter().chain(other.positions));
        }
        4 if !plans.changes.is_empty() => {
            let known = dice.below(plans.changes.len());
            change(mill, plans, known).await;
        }
        _ => {
            let number = plans.plan(dice);
            change(mill, plans, number).await;
        }
    }
}

/// Whether an error says that nothing was done, as others were first or there is nothing to do it to.
fn is_refusal(error: tidemill::Error) -> tidemill::Result<()> {
    if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound) { Ok(()) } else { Err(error) }
}

/// Does a change of the ledger, says so before, and then what came of it.
async fn change(mill: &Mill, plans: &mut Plans, number: usize) {
    let change = plans.changes[number].clone();
    let load_id = change.replays().map(|load| plans.load_ids[&load].clone());
    say(format_args!("change {number} {}", serde_json::to_string(&change).unwrap()));
    match change.carry_out(mill, number, load_id.as_deref(), None).await {
        Ok(report) => {
            report.iter().for_each(|report| change.check(report).unwrap());
            plans.note(number, report.as_ref());
            say(format_args!("changed {number} {}", plans.load_ids.get(&number).map_or("-", String::as_str)));
        }
        Err(error) => {
            let (source, elsewhere) = (change.part().map(|part| part.source), error.position_conflict().map(|conflict| conflict.position));
            if let (Some(source), Some(Some(position))) = (source, elsewhere) {
                plans.positions.insert(source, position);
            }
            is_refusal(error).unwrap();
            // A list, because at its beginning a source has no position.
            say(format_args!("unchanged {number} {}", serde_json::to_string(elsewhere.as_slice()).unwrap()));
        }
    }
}

/// The checker, waiting for folders to look into.
struct Checker(Child);

impl Checker {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/simulation/check.py");
        let child = Command::new("python3").arg(script).env("PYTHONPATH", pyarrow()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        Self(child)
    }

    /// What a dataset holds in some columns, or in all.
    fn ask(&mut self, dataset: &Path, columns: &str) -> Result<Value, String> {
        writeln!(self.0.stdin.as_mut().unwrap(), "{}\t{columns}", dataset.display()).unwrap();
        // One answer is one line; nothing else is on its way.
        let mut line = Vec::new();
        let out = self.0.stdout.as_mut().unwrap();
        let mut byte = [0];
        while out.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
            line.push(byte[0]);
        }
        let answer: Value = serde_json::from_slice(&line).map_err(|error| format!("the checker said {:?}: {error}", String::from_utf8_lossy(&line)))?;
        match answer.get("error") {
            Some(error) => Err(format!("the checker: {error}")),
            None => Ok(answer),
        }
    }

    /// How often each row of a dataset is there.
    fn rows(&mut self, dataset: &Path) -> Result<BTreeMap<RowId, u64>, String> {
        let answer = self.ask(dataset, "id")?;
        let mut found = BTreeMap::new();
        for id in answer["columns"]["id"].as_array().into_iter().flatten() {
            *found.entry(id.as_u64().unwrap()).or_default() += 1;
        }
        Ok(found)
    }

    /// What the ledger shows: its rows, and where its sources are.
    fn ledger(&mut self, folder: &Path, plans: &Plans) -> Result<[Seen; 2], String> {
        let answer = self.ask(&folder.join("acme").join(LEDGER), "*")?;
        let columns: BTreeMap<String, Vec<Value>> = serde_json::from_value(answer["columns"].clone()).unwrap();
        let rows = if columns.is_empty() { Seen::no_rows() } else { Seen::rows(plans, &columns, answer["types"]["v"] == "double")? };
        let positions = answer["positions"].as_object().unwrap().iter().map(|(source, position)| (source.as_str(), position.as_u64().unwrap()));
        Ok([rows, Seen::positions(positions)?])
    }
}

impl Drop for Checker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// pyarrow from PyPI, kept beside what is built.
fn pyarrow() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target.join("tools").join(format!("pyarrow-{PYARROW}"));
    if folder.join("pyarrow").is_dir() {
        return folder;
    }
    // Another process may do the same: each in a folder of its own, and the first one stays.
    let own = tempfile::tempdir_in(target).unwrap();
    let wanted = format!("pyarrow=={PYARROW}");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--target"]).arg(own.path().join("all")).arg(&wanted);
    let output = pip.output().unwrap_or_else(|error| panic!("{pip:?}: {error}"));
    assert!(output.status.success(), "{pip:?}: {}\nThe checker needs {wanted} from PyPI", String::from_utf8_lossy(&output.stderr));
    std::fs::create_dir_all(target.join("tools")).unwrap();
    if let Err(error) = std::fs::rename(own.path().join("all"), &folder) {
        assert!(folder.join("pyarrow").is_dir(), "{error}");
    }
    folder
}

/// What a worker said becomes what the oracle knows. `tries` are those of the ledger that are under way, `open` the changes of it
/// that had no answer yet.
fn note(oracle: &mut Oracle, tries: &mut Tries, open: &mut BTreeSet<usize>, line: &str) -> Result<(), String> {
    let Some(said) = line.strip_prefix(MARK) else { return Ok(()) };
    let words: Vec<&str> = said.splitn(3, ' ').collect();
    let number = |at: usize| words[at].parse::<usize>().unwrap();
    match words[0] {
        "load" => {
            assert_eq!(oracle.batches.len(), number(1));
            oracle.batches.push(Batch { rows: number(2) as u64, old: false, outcome: Outcome::unknown() });
        }
        "loaded" => oracle.batches[number(1)].outcome.acknowledged = true,
        "delete" => oracle.deletions.push(Deletion { batches: vec![number(1)], below: number(2) as u64, outcome: Outcome::unknown() }),
        "deleted" => oracle.deletions.last_mut().unwrap().outcome.acknowledged = true,
        "change" => {
            let (number, ledger) = (number(1), &mut oracle.ledger);
            if number == ledger.plans.changes.len() {
                ledger.plans.add(serde_json::from_str(words[2]).unwrap());
            }
            let attempt = ledger.begin(Some(number));
            tries.insert(number, (attempt, ledger.begin(None)));
            open.insert(number);
        }
        "changed" => {
            let (attempt, look) = tries.remove(&number(1)).unwrap();
            open.remove(&number(1));
            oracle.ledger.plans.note(number(1), None);
            if words[2] != "-" {
                oracle.ledger.plans.load_ids.insert(number(1), words[2].to_owned());
            }
            oracle.ledger.forget(look);
            oracle.ledger.end(attempt, Ended::Done)?;
        }
        "unchanged" => {
            let (attempt, look) = tries.remove(&number(1)).unwrap();
            open.remove(&number(1));
            let part = oracle.ledger.plans.changes[number(1)].part();
            let elsewhere: Option<Option<u64>> = serde_json::from_str::<Vec<Option<u64>>>(words[2]).unwrap().first().copied();
            match (part, elsewhere) {
                (Some(part), Some(position)) => oracle.ledger.see(look, &Seen::Position(part.source, position), true)?,
                _ => oracle.ledger.forget(look),
            }
            oracle.ledger.end(attempt, Ended::Refused)?;
        }
        other => panic!("a worker said {other}"),
    }
    Ok(())
}

/// Tries of changes of the ledger by the number of the change, each with a look: who is refused may be told where a source is.
type Tries = BTreeMap<usize, (usize, usize)>;

/// One cycle: a worker lives for a while and is killed. Gives what it complained of.
///
/// # Errors
/// What cannot be, by what it said of the ledger.
async fn cycle(folder: &Path, oracle: &mut Oracle, open: &mut BTreeSet<usize>, dice: &mut Dice) -> Result<String, String> {
    // Half of them at a call, the others at a moment.
    let (last, moment) = if dice.one_in(2) { (1 + dice.below(300) as u64, None) } else { (u64::MAX, Some(Duration::from_micros(20_000 + dice.below(200_000) as u64))) };
    let order = format!("{}|{}|{}|{last}", folder.display(), oracle.batches.len(), dice.roll());
    let again: String = oracle
        .batches
        .iter()
        .enumerate()
        .filter(|(_, batch)| !batch.outcome.acknowledged)
        .map(|(number, batch)| format!("{number}:{},", batch.rows))
        .collect();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kills::worker", "--exact", "--nocapture", "--test-threads=1"])
        .env("TIDEMILL_WORKER", order)
        .env("TIDEMILL_AGAIN", again)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let told = serde_json::to_string(&(&oracle.ledger.plans, &*open)).unwrap();
    let mut input = child.stdin.take().unwrap();
    // One that was killed before has heard nothing.
    let telling = tokio::task::spawn_blocking(move || drop(writeln!(input, "{told}")));
    let (out, errors) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let lines = tokio::task::spawn_blocking(move || BufReader::new(out).lines().map_while(Result::ok).collect::<Vec<String>>());
    let complaint = tokio::task::spawn_blocking(move || std::io::read_to_string(errors).unwrap_or_default());
    if let Some(moment) = moment {
        tokio::time::sleep(moment).await;
        child.kill().unwrap();
    }
    let lines = tokio::time::timeout(Duration::from_secs(60), lines).await;
    if lines.is_err() {
        child.kill().unwrap();
    }
    child.wait().unwrap();
    telling.await.unwrap();
    let mut tries = Tries::new();
    for line in lines.expect("a worker ends").unwrap() {
        note(oracle, &mut tries, open, &line)?;
    }
    // Of what was under way nobody knows.
    for (attempt, look) in tries.into_values() {
        oracle.ledger.forget(look);
        oracle.ledger.end(attempt, Ended::Unknown)?;
    }
    Ok(complaint.await.unwrap())
}

/// Holds what the checker has found against what may have happened.
fn compare_ledger(checker: &mut Checker, folder: &Path, oracle: &mut Oracle) -> Result<(), String> {
    for seen in checker.ledger(folder, &oracle.ledger.plans)? {
        let look = oracle.ledger.begin(None);
        oracle.ledger.see(look, &seen, false)?;
    }
    oracle.ledger.settle();
    Ok(())
}

#[expect(clippy::print_stdout, reason = "somebody who runs many cycles wants to see it")]
async fn share(number: u64) {
    let read = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let cycles = read("TIDEMILL_KILLS").unwrap_or(CYCLES).div_ceil(SHARES);
    let seed = read("TIDEMILL_KILL_SEED").unwrap_or(1);
    let mut dice = Dice::new(seed * SHARES + number);
    let mut checker = Checker::start();
    let (mut oracle, mut folder, mut rows) = (Oracle::default(), tempfile::tempdir().unwrap(), 0);
    let (mut acknowledged, mut changed, mut open) = (0, 0, BTreeSet::new());
    for cycle_number in 0..cycles {
        // A new folder now and then: what is young is killed too, and nothing grows without end.
        if cycle_number % 10 == 0 {
            acknowledged += oracle.acknowledged();
            changed += oracle.ledger.acknowledged();
            (oracle, folder, open) = (Oracle::default(), tempfile::tempdir().unwrap(), BTreeSet::new());
        }
        let complaint = cycle(folder.path(), &mut oracle, &mut open, &mut dice).await.unwrap_or_else(|error| panic!("cycle {cycle_number} of seed {seed}: {error}"));
        assert!(!complaint.contains("panicked"), "cycle {cycle_number} of seed {seed}: {complaint}");
        let found = checker.rows(&folder.path().join("acme/orders")).unwrap_or_else(|error| panic!("cycle {cycle_number} of seed {seed}: {error}"));
        oracle.check(&found).unwrap_or_else(|error| panic!("cycle {cycle_number} of seed {seed}: {error}"));
        compare_ledger(&mut checker, folder.path(), &mut oracle).unwrap_or_else(|error| panic!("cycle {cycle_number} of seed {seed}: {error}"));
        rows = found.len();
        if cycle_number % 100 == 99 {
            println!("{} cycles of {cycles}", cycle_number + 1);
        }
    }
    acknowledged += oracle.acknowledged();
    changed += oracle.ledger.acknowledged();
    println!("{cycles} kills, {acknowledged} batches and {changed} changes of the ledger acknowledged, {rows} rows at last, seed {seed}");
    assert!(acknowledged + changed > usize::try_from(cycles).unwrap() && acknowledged.min(changed) > 0, "the kills prove nothing: {acknowledged} batches, {changed} changes");
}

#[tokio::test(flavor = "multi_thread")]
async fn share_0_of_the_kills_loses_nothing() {
    share(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn share_1_of_the_kills_loses_nothing() {
    share(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checker_finds_a_log_that_contradicts_itself() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { upkeep_seconds: 0, background_rollups: false, ..Settings::default() };
    let engine = Engine::builder().path(folder.path()).settings(settings).open().await.unwrap();
    let mill = engine.tenant("acme").unwrap();
    let mut plans = Plans::default();
    let loads = [
        Change::Load(Loading::of(0, Mode::Append, &[1, 2, 3])),
        Change::Load(Loading { key: None, part: Some(Part { source: 0, from: None, to: 7 }), ..Loading::of(1, Mode::Append, &[4, 8]) }),
        Change::Load(Loading { bad: vec![9], halves: true, ..Loading::of(2, Mode::Upsert, &[2, 3]) }),
    ];
    let (corrected, deleted) = (Change::Replay { load: 2, items: vec![9], mode: Mode::Upsert }, Change::Delete { from: 8, to: 9, erase: false });
    for change in loads.into_iter().chain([corrected, deleted]) {
        let load_id = change.replays().map(|load| plans.load_ids[&load].clone());
        let number = plans.add(change.clone());
        let report = change.carry_out(&mill, number, load_id.as_deref(), None).await.unwrap();
        plans.note(number, report.as_ref());
    }
    engine.close().await;
    let mut checker = Checker::start();
    let [rows, positions] = checker.ledger(folder.path(), &plans).unwrap();
    let there = BTreeSet::from([(0, 1), (1, 4), (2, 2), (2, 3), (3, 9)]);
    assert_eq!((rows, positions), (Seen::Rows { rows: there, is_wide: true, columns: BTreeSet::new() }, Seen::Positions(BTreeMap::from([(0, 7)]))));

    let entry = |version: usize| folder.path().join("acme").join(LEDGER).join("_delta_log").join(format!("{version:020}.json"));
    let mut complains = |what: &str| {
        let error = checker.ledger(folder.path(), &plans).unwrap_err();
        assert!(error.contains(what), "{error}");
    };
    // Each entry once more, after all others.
    for (version, what) in [(0, "once more"), (1, "but the source is at 7"), (2, "once more"), (3, "came corrected twice"), (4, "which is not there")] {
        std::fs::copy(entry(version), entry(plans.changes.len())).unwrap();
        complains(what);
        std::fs::remove_file(entry(plans.changes.len())).unwrap();
    }
    for (version, old, new, what) in [(1, "\"to\":7", "\"to\":8", "tells others"), (2, "{\"remove\":", "{\"kept\":", "rows more"), (0, "\"rows\":3", "\"rows\":2", "rows more")] {
        let text = std::fs::read_to_string(entry(version)).unwrap();
        assert!(text.contains(old), "{text}");
        std::fs::write(entry(version), text.replace(old, new)).unwrap();
        complains(what);
        std::fs::write(entry(version), text).unwrap();
    }
    checker.ledger(folder.path(), &plans).unwrap();
}
