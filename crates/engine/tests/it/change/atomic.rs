//! A store that fails at any call, or answers with an error after having done it: afterwards the rows are the old ones or
//! the new ones, never mixed, never doubled, and the next try succeeds.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::{ObjectMeta, ObjectStore};
use serde_json::{Value, json};
use tidemill::clock::ManualClock;
use tidemill::{Csv, Engine, ErrorKind, Load, LoadMode, Mill, Result, Settings};

use crate::faults::{Failing, FaultyStore};
use crate::ward::guarded;

/// More calls than any of these operations makes.
const CALLS_MAX: u64 = 500;

async fn mill_over(store: Arc<dyn ObjectStore>) -> Mill {
    mill_at(store, Arc::new(ManualClock::at(Utc::now()))).await
}

async fn mill_at(store: Arc<dyn ObjectStore>, clock: Arc<ManualClock>) -> Mill {
    let settings = Settings { upkeep_seconds: 0, versions_kept_seconds: 0, background_rollups: false, query_partitions: 1, ..Settings::default() };
    guarded(Engine::builder().object_store(store).settings(settings).clock(clock)).open().await.unwrap().tenant("acme").unwrap()
}

/// Six segments of five rows, `n` from 0 to 29.
async fn six_segments() -> InMemory {
    let disk = Arc::new(InMemory::new());
    let mill = mill_over(disk.clone()).await;
    for load in 0..6 {
        let lines: String = (load * 5..load * 5 + 5).map(|n| format!("2013-01-{:02},{n},r{}\n", n + 1, n % 3)).collect();
        mill.load("orders", Csv::bytes(format!("at,n,room\n{lines}"))).await.unwrap();
    }
    disk.fork()
}

/// Rows and segments, read by an engine that knows nothing of what was tried.
async fn state(disk: &Arc<InMemory>) -> (Value, u64) {
    let mill = mill_over(disk.clone()).await;
    let rows = mill.sql("select n, count(*), min(room), min(date_part('day', at)) from orders group by n order by n").await.unwrap();
    (rows.to_json()["data"].clone(), mill.dataset("orders").await.unwrap().summary.segments.unwrap())
}

async fn parquet_files(disk: &Arc<InMemory>) -> u64 {
    let listed: Vec<ObjectMeta> = disk.list(None).try_collect().await.unwrap();
    listed.iter().filter(|object| object.location.extension() == Some("parquet")).count() as u64
}

/// Runs an operation with every fault at every call.
async fn at_every_call(operation: impl AsyncFn(&Mill) -> Result<()>) {
    let full = six_segments().await;
    let old = state(&Arc::new(full.fork())).await;
    let new = {
        let disk = Arc::new(full.fork());
        operation(&mill_over(disk.clone()).await).await.unwrap();
        state(&disk).await
    };
    assert_ne!(old, new);
    for failing in Failing::ALL {
        let (mut olds, mut news) = (0, 0);
        for n in 1.. {
            assert!(n < CALLS_MAX, "{failing:?}: there is no end");
            let disk = Arc::new(full.fork());
            let store = FaultyStore::around(disk.clone());
            let mill = mill_over(Arc::new(store.clone())).await;
            store.arm(n, failing);
            // `None`: it was dropped where it stood, as if the process had been killed there.
            let ended = tokio::select! {
                ended = operation(&mill) => Some(ended),
                () = store.stopped() => None,
            };
            drop(mill);
            let reached = store.calls() >= n;
            let what = format!("{failing:?} at call {n}: {ended:?}");
            let found = state(&disk).await;
            match ended {
                Some(Ok(())) => assert_eq!(found, new, "{what}"),
                ended => {
                    assert!(found == old || found == new, "{what}: {found:?}");
                    assert!(ended.is_none_or(|ended| ended.is_err_and(|error| error.kind() == ErrorKind::Unavailable)), "{what}");
                }
            }
            if found == old {
                olds += 1;
            } else {
                news += 1;
            }

            // Whoever tries again succeeds, and what was left behind goes after a day.
            let clock = Arc::new(ManualClock::at(Utc::now()));
            let later = mill_at(disk.clone(), clock.clone()).await;
            operation(&later).await.unwrap();
            clock.advance(TimeDelta::hours(25));
            later.vacuum("orders").await.unwrap();
            assert_eq!(state(&disk).await, new, "{what}");
            assert_eq!(parquet_files(&disk).await, new.1, "{what}");
            if !reached {
                break;
            }
        }
        assert!(olds + news > 8, "{failing:?}: {olds} ended with the old rows, {news} with the new");
        assert!(news > 0 && (olds > 0 || failing == Failing::Before), "{failing:?}: {olds} ended with the old rows, {news} with the new");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compaction_that_fails_anywhere_changes_no_row() {
    at_every_call(async |mill| mill.compact("orders").await.map(drop)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_fails_anywhere_is_done_or_not_done() {
    // One segment goes, two are written anew, three are not touched.
    at_every_call(async |mill| mill.delete_rows("orders", "n < 5 or n = 7 or n in (12, 13)").await.map(drop)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_with_a_key_that_fails_anywhere_counts_once() {
    let load = || -> Load { Csv::bytes("at,n,room\n2013-01-31,100,x\n2013-02-01,101,y\n").mode(LoadMode::Append).idempotency_key("again") };
    at_every_call(async |mill| mill.load("orders", load()).await.map(drop)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_statistics_rule_out_is_not_read() {
    let store = FaultyStore::around(Arc::new(six_segments().await));
    let mill = mill_over(Arc::new(store.clone())).await;
    mill.dataset("orders").await.unwrap();
    for (predicate, touched) in [("n >= 1000", 0), ("n = 12 and room = 'r1x'", 1), ("n is null", 0), ("at < timestamp '2013-01-06T00:00:00' and n < 0", 0)] {
        store.arm(CALLS_MAX, Failing::Before);
        assert_eq!(mill.delete_rows("orders", predicate).await.unwrap().rows, 0);
        // Two looks for a next version; a segment takes a footer and its columns. Where the store is encrypted, a segment
        // takes its header too.
        let calls = store.calls();
        assert!(if touched == 0 { calls <= 3 } else { calls > 3 && calls <= 9 }, "{predicate}: {calls} calls");
    }
    assert_eq!(mill.dataset("orders").await.unwrap().summary.version, 5);
    assert_eq!(mill.sql("select count(*) from orders").await.unwrap().to_json()["data"], json!([[30]]));
}
