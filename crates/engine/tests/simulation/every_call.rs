//! Every call fails once, and every call fails from some moment on: for each thing an engine does and each step it takes to the
//! storage. Afterwards all rows are as they must be, whoever tries again succeeds, and nothing is left behind for long.

use tidemill::{ErrorKind, Mill, Model};

use crate::change::{Change, Loading, Mode, Part};
use crate::machine::{Fault, Storage};
use crate::script::Op;
use crate::world::World;

/// More steps than any of these takes.
const STEPS_MAX: u64 = 600;

/// How a step fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failing {
    Once(Fault),
    /// And all after it.
    ForEver(Fault),
    /// And all after it, and then the power is cut.
    UntilDark(Fault),
    /// No byte can be written any more.
    Full,
}

/// Something to do over a storage that was prepared, with what is known of it.
struct Case {
    name: &'static str,
    op: fn(&World) -> Op,
    /// On an empty storage.
    fresh: bool,
}

const CASES: [Case; 13] = [
    Case { name: "create a dataset", op: |world| Op::Push(vec![world.new_batch(2, false)]), fresh: true },
    Case { name: "load", op: |world| Op::Push(vec![world.new_batch(2, false)]), fresh: false },
    Case { name: "load two at the same time", op: |world| Op::Push(vec![world.new_batch(2, false), world.new_batch(3, true)]), fresh: false },
    Case { name: "load once more", op: |_| Op::Push(vec![1]), fresh: false },
    Case { name: "delete rows", op: |world| Op::Delete(world.new_deletion(vec![0, 2], 1), false), fresh: false },
    Case { name: "erase rows", op: |world| Op::Delete(world.new_deletion(vec![3], 2), true), fresh: false },
    Case { name: "compact", op: |_| Op::Compact, fresh: false },
    Case { name: "checkpoint", op: |_| Op::Checkpoint, fresh: false },
    Case { name: "vacuum", op: |_| Op::Vacuum, fresh: false },
    Case { name: "build rollups", op: |_| Op::Rollups, fresh: false },
    Case { name: "take old rows out", op: |world| Op::Retain(world.new_deletion(vec![0, 1], 100)), fresh: false },
    Case { name: "load into the second dataset", op: |world| Op::Scratch(world.new_scratch_batch()), fresh: false },
    Case { name: "drop the second dataset", op: |_| Op::Drop, fresh: false },
];

fn upsert(world: &World) -> Op {
    Op::Change(world.new_change(|plans| Change::Load(Loading::of(plans.changes.len(), Mode::Upsert, &[1, 7, 11]))), None)
}

/// What is done to a ledger of four changes.
const CHANGES: [Case; 10] = [
    Case { name: "make a ledger by key", op: upsert, fresh: true },
    Case { name: "replace rows of a key", op: upsert, fresh: false },
    Case { name: "replace all rows", op: |world| Op::Change(world.new_change(|plans| Change::Load(Loading::of(plans.changes.len(), Mode::Replace, &[2, 3]))), None), fresh: false },
    Case {
        name: "replace a range of time",
        op: |world| Op::Change(world.new_change(|plans| Change::Load(Loading::of(plans.changes.len(), Mode::Range { from: 0, to: 6 }, &[2, 5]))), None),
        fresh: false,
    },
    Case {
        name: "widen a column",
        op: |world| Op::Change(world.new_change(|plans| Change::Load(Loading { halves: true, ..Loading::of(plans.changes.len(), Mode::Append, &[4]) })), None),
        fresh: false,
    },
    Case {
        name: "bring a column",
        op: |world| Op::Change(world.new_change(|plans| Change::Load(Loading { column: Some(1), ..Loading::of(plans.changes.len(), Mode::Upsert, &[1, 6]) })), None),
        fresh: false,
    },
    Case { name: "load corrected rows", op: |world| Op::Change(world.new_change(|plans| plans.corrected(REJECTING).unwrap()), None), fresh: false },
    Case {
        name: "go on with a source",
        op: |world| {
            let part = Some(Part { source: 0, from: Some(3), to: 5 });
            Op::Change(world.new_change(|plans| Change::Load(Loading { key: None, part, ..Loading::of(plans.changes.len(), Mode::Append, &[5, 6]) })), None)
        },
        fresh: false,
    },
    Case {
        name: "load other content under a key",
        op: |world| Op::Change(world.new_change(|plans| Change::Load(Loading { key: Some(0), ..Loading::of(plans.changes.len(), Mode::Append, &[5]) })), None),
        fresh: false,
    },
    Case { name: "erase rows of the ledger", op: |world| Op::Change(world.new_change(|_| Change::Delete { from: 1, to: 3, erase: true }), None), fresh: false },
];

/// The change of the ledger that rejects a row.
const REJECTING: usize = 1;

/// A ledger in which every kind of change has something to do.
async fn prepare_ledger(world: World) -> Result<World, String> {
    let engine = world.open().await?.unwrap();
    let part = Part { source: 0, from: None, to: 3 };
    let changes = [
        Change::Load(Loading::of(0, Mode::Append, &[0, 1, 2, 7, 8])),
        Change::Load(Loading { bad: vec![9], ..Loading::of(REJECTING, Mode::Upsert, &[2, 8]) }),
        Change::Load(Loading { key: None, part: Some(part), ..Loading::of(2, Mode::Append, &[9, 11]) }),
        Change::Delete { from: 7, to: 8, erase: false },
    ];
    for change in changes {
        let number = world.new_change(|_| change);
        world.perform(&engine, &Op::Change(number, None)).await?;
    }
    world.compare(&engine.mill).await?;
    world.stop(&engine);
    Ok(world)
}

/// Six batches, two of them old, a deletion, so that there is something to vacuum, and a second dataset.
async fn prepare(world: World) -> Result<World, String> {
    let engine = world.open().await?.unwrap();
    for (rows, old) in [(2, true), (3, true), (2, false), (4, false), (2, false), (2, false)] {
        let batch = world.new_batch(rows, old);
        world.perform(&engine, &Op::Push(vec![batch])).await?;
    }
    let ops = [Op::Delete(world.new_deletion(vec![4], 1), false), Op::Scratch(world.new_scratch_batch()), Op::Checkpoint, Op::Push(vec![world.new_batch(1, false)])];
    for op in ops {
        world.perform(&engine, &op).await?;
    }
    let model = engine.mill.model("scratch").await.map_err(|error| error.to_string())?;
    let version = model.version;
    engine.mill.update_model(Model { label: BY_HAND.to_owned(), ..model }, version).await.map_err(|error| error.to_string())?;
    world.machine.clock.advance(chrono::TimeDelta::hours(27));
    world.stop(&engine);
    Ok(world)
}

/// The label of a model that somebody has changed.
const BY_HAND: &str = "Made by hand";

/// That the second dataset, where it is there, has the model that somebody has made for it.
async fn has_its_model(mill: &Mill) -> Result<(), String> {
    if mill.dataset("scratch").await.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Ok(());
    }
    let model = mill.model("scratch").await.map_err(|error| error.to_string())?;
    if model.label == BY_HAND { Ok(()) } else { Err(format!("the model of the second dataset is {:?} now", model.label)) }
}

/// Whether the step that was to fail was reached.
async fn fail(prepared: &World, case: &Case, n: u64, failing: Failing) -> Result<bool, String> {
    let mut world = prepared.copy();
    let engine = world.open().await?.unwrap();
    let op = (case.op)(&world);
    let first = {
        let mut state = world.machine.lock();
        let step = state.steps + n;
        state.failing = match failing {
            Failing::Once(fault) => Some((step, step + 1, fault)),
            Failing::ForEver(fault) | Failing::UntilDark(fault) => Some((step, u64::MAX, fault)),
            Failing::Full => None,
        };
        state.full_from = (failing == Failing::Full).then_some(step);
        step
    };
    world.perform(&engine, &op).await?;
    // Whoever drops a dataset knows of it.
    world.oracle().gone.clear();
    let reached = world.machine.lock().steps >= first;
    if failing == Failing::Full {
        // Whoever asks is answered, and what was refused is not there at all.
        let found = world.compare(&engine.mill).await.map_err(|error| format!("on a full disk: {error}"))?;
        if let Op::Push(batches) = &op {
            for batch in batches.iter().map(|batch| (*batch, world.batch(*batch))).filter(|(_, batch)| !batch.outcome.acknowledged) {
                if batch.1.ids(batch.0).any(|id| found.contains_key(&id)) {
                    return Err(format!("batch {} was refused and is there", batch.0));
                }
            }
        }
    }
    world.heal();
    // The engine that saw it goes on, unless the power was cut.
    let engine = if matches!(failing, Failing::UntilDark(_)) {
        world.cut_power();
        world.open().await?.unwrap()
    } else {
        world.compare(&engine.mill).await?;
        engine
    };
    world.compare(&engine.mill).await?;
    if !case.fresh && !matches!(op, Op::Scratch(_)) {
        has_its_model(&engine.mill).await?;
    }
    world.perform(&engine, &op).await.map_err(|error| format!("the second try: {error}"))?;
    world.is_done(&op).map_err(|error| format!("the second try: {error}"))?;
    world.cut_power();
    world.finish().await?;
    Ok(reached)
}

fn at_every_step(storage: fn() -> Storage, failings: &[Failing]) {
    block_on(async {
        let prepared = prepare(World::over(storage())).await.unwrap();
        try_all(&CASES, &World::over(storage()), &prepared, failings).await;
    });
}

/// The same with what is done to the ledger.
fn at_every_step_of_changes(storage: fn() -> Storage, failings: &[Failing]) {
    block_on(async {
        let prepared = prepare_ledger(World::over(storage())).await.unwrap();
        try_all(&CHANGES, &World::over(storage()), &prepared, failings).await;
    });
}

fn block_on(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}

async fn try_all(cases: &[Case], fresh: &World, prepared: &World, failings: &[Failing]) {
    for case in cases {
        for failing in failings {
            for n in 1.. {
                assert!(n < STEPS_MAX, "{}: there is no end", case.name);
                let tried = fail(if case.fresh { fresh } else { prepared }, case, n, *failing).await;
                match tried {
                    Ok(true) => {}
                    Ok(false) if n > 1 => break,
                    Ok(false) => panic!("{}: it takes no step", case.name),
                    Err(error) => panic!("{}, {failing:?} at step {n}: {error}", case.name),
                }
            }
        }
    }
}

fn disk() -> Storage {
    Storage::Disk(Default::default())
}

fn bucket() -> Storage {
    Storage::Bucket(Default::default())
}

#[test]
fn a_call_to_the_disk_that_fails_once_costs_nothing() {
    at_every_step(disk, &[Failing::Once(Fault::Before)]);
}

#[test]
fn a_disk_that_fails_from_some_call_on_costs_nothing() {
    at_every_step(disk, &[Failing::UntilDark(Fault::Before)]);
}

#[test]
fn a_full_disk_costs_nothing_and_needs_no_hand() {
    at_every_step(disk, &[Failing::Full]);
}

#[test]
fn a_call_to_a_bucket_that_fails_once_costs_nothing() {
    at_every_step(bucket, &[Failing::Once(Fault::Before), Failing::Once(Fault::After), Failing::Once(Fault::Late)]);
}

#[test]
fn a_bucket_that_fails_from_some_call_on_costs_nothing() {
    at_every_step(bucket, &[Failing::ForEver(Fault::Before), Failing::ForEver(Fault::After)]);
}

#[test]
fn a_call_to_the_disk_that_fails_once_leaves_a_change_of_the_ledger_whole() {
    at_every_step_of_changes(disk, &[Failing::Once(Fault::Before), Failing::Full]);
}

#[test]
fn a_disk_that_fails_from_some_call_on_leaves_a_change_of_the_ledger_whole() {
    at_every_step_of_changes(disk, &[Failing::UntilDark(Fault::Before)]);
}

#[test]
fn a_bucket_that_loses_answers_leaves_a_change_of_the_ledger_whole() {
    at_every_step_of_changes(bucket, &[Failing::Once(Fault::After), Failing::Once(Fault::Late)]);
}
