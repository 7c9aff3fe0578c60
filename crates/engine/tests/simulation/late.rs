//! A process whose put is still on its way when it is killed, and another one that deletes the dataset and makes it anew. Wherever the
//! put arrives, before the last word, while the deletion goes on or after it, the name stays one that anybody can load under,
//! and nothing but what was loaded last is there.

use std::sync::Arc;

use serde_json::json;
use tidemill::clock::Clock;
use tidemill::{Csv, ErrorKind, Load, Mill, Settings};

use crate::dice::Dice;
use crate::machine::{Bucket, Fault, Machine, Storage};
use crate::node::Node;

/// How many calls later a put arrives, about: the last ones when the deletion has ended.
const DELAYS: [u64; 6] = [0, 12, 24, 36, 60, 1 << 40];
/// More calls than a load makes.
const CALLS_MAX: u64 = 100;

async fn open(machine: &Arc<Machine>) -> (usize, Mill) {
    let (node, builder) = Node::start(machine);
    let settings = Settings { upkeep_seconds: 0, background_rollups: false, commit_interval_ms: 0, query_partitions: 1, ..Settings::default() };
    let engine = builder.settings(settings).clock(machine.clock.clone()).open().await.unwrap();
    (node.number, engine.tenant("acme").unwrap())
}

fn rows(from: usize, count: usize) -> Load {
    let lines: String = (from..from + count).map(|n| format!("{n}\n")).collect();
    Csv::bytes(format!("n\n{lines}"))
}

/// Entries of the log of the dataset.
fn entries(machine: &Machine) -> Vec<String> {
    let state = machine.lock();
    let Storage::Bucket(bucket) = &state.storage else { panic!("it is a bucket") };
    bucket.objects.keys().filter_map(|name| Some(name.strip_prefix("acme/orders/_delta_log/")?.strip_suffix(".json")?.to_owned())).collect()
}

/// Decides about what is late; nothing else is from then on.
fn on_its_way(machine: &Machine, decide: impl FnOnce(&mut Bucket)) {
    let mut state = machine.lock();
    state.failing = None;
    let Storage::Bucket(bucket) = &mut state.storage else { panic!("it is a bucket") };
    decide(bucket);
}

/// The n-th call of a load is late, and its process is killed at the next one. Gives whether there was such a call, and whether
/// an entry was left by itself when the deletion had ended.
async fn one(delay: u64, n: u64) -> (bool, bool) {
    let machine = Machine::new(Storage::Bucket(Bucket::default()), Dice::new(delay), None, "2013-02-20T12:00:00Z".parse().unwrap());
    let (number, mill) = open(&machine).await;
    for load in 0..3 {
        mill.load("orders", rows(load, 1)).await.unwrap();
    }
    let (_, other) = open(&machine).await;
    assert_eq!(other.dataset("orders").await.unwrap().summary.rows, 3);
    let call = {
        let mut state = machine.lock();
        let call = state.steps + n;
        state.failing = Some((call, call + 1, Fault::Late));
        call
    };
    machine.kill_after(number, n + 1);
    let ended = tokio::select! {
        ended = mill.load("orders", rows(10, 2)) => Some(ended),
        () = machine.death(number) => None,
    };
    let reached = machine.lock().steps >= call;
    machine.kill(number);
    let what = format!("call {n}, {delay} calls late: {ended:?}");
    on_its_way(&machine, |bucket| bucket.delay(delay));

    other.delete_dataset("orders").await.unwrap_or_else(|error| panic!("{what}: {error}"));
    on_its_way(&machine, |bucket| bucket.arrive(u64::MAX, machine.clock.now()));
    let late = !entries(&machine).is_empty();
    let (_, third) = open(&machine).await;
    for mill in [&other, &third] {
        assert_eq!(mill.dataset("orders").await.unwrap_err().kind(), ErrorKind::NotFound, "{what}");
    }
    let report = third.load("orders", rows(100, 4)).await.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!((report.version, entries(&machine).len()), (0, 1), "{what}");
    let (_, fourth) = open(&machine).await;
    for mill in [&other, &third, &fourth] {
        let answer = mill.sql("select count(*), min(n), max(n) from orders").await.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(answer.to_json()["data"], json!([[4], [100], [103]]), "{what}");
    }
    (reached, late)
}

#[test]
fn a_put_that_arrives_after_its_dataset_was_deleted_harms_nobody() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut lates = 0;
        for delay in DELAYS {
            for n in 1.. {
                assert!(n < CALLS_MAX, "there is no end");
                let (reached, late) = one(delay, n).await;
                lates += u64::from(late);
                if !reached {
                    break;
                }
            }
        }
        assert!(lates > 0, "no entry came after the deletion, so nothing was tried");
    });
}
