//! Checkpoints: a long log is opened by a few requests, whatever is wrong with a checkpoint changes no row, and nobody is left
//! behind by a clean-up.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::json;
use tidemill::clock::{Clock, ManualClock};
use tidemill::{AsOf, Engine, ErrorKind, Json, LoadMode, Mill, Settings};
use url::Url;

use crate::faults::{Failing, FaultyStore};
use crate::ward::{Ward, plain};

/// More calls than any of these operations makes.
const MANY: u64 = 100_000;

fn row(n: u64) -> tidemill::Load {
    Json::bytes(format!(r#"{{"at": "2014-01-{:02}T00:00:00Z", "n": {n}}}"#, n % 28 + 1)).idempotency_key(format!("k{n}"))
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(noon()))
}

fn noon() -> DateTime<Utc> {
    "2014-01-15T12:00:00Z".parse().unwrap()
}

async fn engine(store: Arc<dyn ObjectStore>, clock: &Arc<ManualClock>) -> Mill {
    let settings = Settings { upkeep_seconds: 0, background_rollups: false, partial_cache_bytes: 0, versions_kept_seconds: 86_400, ..Settings::default() };
    Engine::builder().object_store(store).settings(settings).clock(clock.clone()).open().await.unwrap().tenant("acme").unwrap()
}

async fn log_of(store: &Arc<InMemory>) -> Vec<String> {
    let listed: Vec<_> = store.list(Some(&Path::from("acme/orders/_delta_log"))).try_collect().await.unwrap();
    let mut names: Vec<String> = listed.iter().map(|object| object.location.filename().unwrap().to_owned()).collect();
    names.sort();
    names
}

async fn total(mill: &Mill) -> serde_json::Value {
    mill.sql("select count(*), sum(n) from orders").await.unwrap().to_json()["data"].clone()
}

fn checkpoint(version: u64) -> Path {
    Path::from(format!("acme/orders/_delta_log/{version:020}.checkpoint.parquet"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_commits_are_opened_by_a_few_requests() {
    let (disk, clock) = (Arc::new(InMemory::new()), clock());
    let mill = engine(disk.clone(), &clock).await;
    for n in 0..1_000 {
        mill.load("orders", row(n)).await.unwrap();
    }
    mill.compact("orders").await.unwrap();
    let summary = mill.dataset("orders").await.unwrap();
    let opened = async |what: &str| {
        let store = FaultyStore::around(disk.clone());
        store.arm(MANY, Failing::Before);
        let mill = engine(Arc::new(store.clone()), &clock).await;
        assert_eq!(mill.dataset("orders").await.unwrap(), summary, "{what}");
        store.calls()
    };
    let without = opened("without a checkpoint").await;
    let report = mill.checkpoint("orders").await.unwrap();
    assert_eq!((report.version, report.objects_removed), (Some(summary.summary.version), 0));
    let with = opened("with a checkpoint").await;
    // The hint, the checkpoint, its entry, and a look for a next one.
    assert!(without > 1_000 && with <= 5, "{without} calls without a checkpoint, {with} with one");

    // What was loaded before is known: a repeated load is answered, not done.
    let fresh = engine(disk.clone(), &clock).await;
    let repeated = fresh.load("orders", row(17)).await.unwrap();
    assert!(repeated.replayed && repeated.version == 17);
    assert_eq!(total(&fresh).await, json!([[1_000], [499_500]]));
    // A few entries after the checkpoint are read besides.
    for n in 1_000..1_020 {
        fresh.load("orders", row(n)).await.unwrap();
    }
    let store = FaultyStore::around(disk.clone());
    store.arm(MANY, Failing::Before);
    let late = engine(Arc::new(store.clone()), &clock).await;
    assert_eq!(late.dataset("orders").await.unwrap().summary.rows, 1_020);
    assert!(store.calls() <= 5 + 20 + 16, "{}", store.calls());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_cannot_be_used_is_left_aside() {
    let (disk, clock) = (Arc::new(InMemory::new()), clock());
    let mill = engine(disk.clone(), &clock).await;
    for n in 0..10 {
        mill.load("orders", row(n)).await.unwrap();
        if n == 4 || n == 9 {
            assert_eq!(mill.checkpoint("orders").await.unwrap().version, Some(n));
        }
    }
    let expected = json!([[10], [45]]);
    let hint = Path::from("acme/orders/_delta_log/_last_checkpoint");
    let whole = disk.get(&checkpoint(9)).await.unwrap().bytes().await.unwrap();
    let older = disk.get(&checkpoint(4)).await.unwrap().bytes().await.unwrap();
    let sound = disk.fork();
    for cut in [0, 1, 100, whole.len() / 2, whole.len() - 1] {
        disk.put(&checkpoint(9), whole.slice(..cut).into()).await.unwrap();
        assert_eq!(total(&engine(disk.clone(), &clock).await).await, expected, "cut at {cut}");
    }
    // One of another version, of another engine, of nobody; none at all.
    for other in [older, b"PAR1".to_vec().into()] {
        disk.put(&checkpoint(9), other.into()).await.unwrap();
        assert_eq!(total(&engine(disk.clone(), &clock).await).await, expected);
    }
    for bad in ["", "{", "{\"version\":9999,\"size\":1}", "{\"version\":-1}", "{\"version\":9}"] {
        disk.put(&hint, bad.to_owned().into()).await.unwrap();
        assert_eq!(total(&engine(disk.clone(), &clock).await).await, expected, "{bad}");
    }
    // What is damaged is put right by the next one.
    assert_eq!(engine(disk.clone(), &clock).await.checkpoint("orders").await.unwrap().version, Some(9));
    assert_eq!(disk.get(&checkpoint(9)).await.unwrap().bytes().await.unwrap().len(), whole.len());
    disk.delete(&checkpoint(9)).await.unwrap();
    disk.delete(&checkpoint(4)).await.unwrap();
    assert_eq!(total(&engine(disk.clone(), &clock).await).await, expected);

    // A dataset that is deleted stays so, although somebody was about to write a checkpoint of it; and the next dataset of that
    // name is another one.
    let disk = Arc::new(sound);
    engine(disk.clone(), &clock).await.delete_dataset("orders").await.unwrap();
    assert_eq!(log_of(&disk).await, [""; 0]);
    disk.put(&checkpoint(9), whole.clone().into()).await.unwrap();
    disk.put(&hint, "{\"version\":9,\"size\":12}".into()).await.unwrap();
    let mill = engine(disk.clone(), &clock).await;
    assert_eq!(mill.dataset("orders").await.unwrap_err().kind(), ErrorKind::NotFound);
    for n in 0..12 {
        mill.load("orders", row(100 + n)).await.unwrap();
        assert_eq!(total(&engine(disk.clone(), &clock).await).await[0], json!([n + 1]));
        disk.put(&checkpoint(9), whole.clone().into()).await.unwrap();
        disk.put(&hint, "{\"version\":9,\"size\":12}".into()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_ends_half_way_harms_nobody() {
    let (full, clock) = (Arc::new(InMemory::new()), clock());
    let mill = engine(full.clone(), &clock).await;
    for n in 0..8 {
        mill.load("orders", row(n)).await.unwrap();
        if n == 3 {
            mill.checkpoint("orders").await.unwrap();
        }
    }
    clock.advance(TimeDelta::days(3));
    mill.load("orders", row(8)).await.unwrap();
    let expected = total(&mill).await;
    for failing in Failing::ALL {
        for n in 1.. {
            let disk = Arc::new(full.fork());
            let store = FaultyStore::around(disk.clone());
            let mill = engine(Arc::new(store.clone()), &clock).await;
            store.arm(n, failing);
            tokio::select! {
                _ = mill.checkpoint("orders") => {}
                () = store.stopped() => {}
            }
            let reached = store.calls() >= n;
            let again = engine(disk.clone(), &clock).await;
            assert_eq!(total(&again).await, expected, "{failing:?} at call {n}");
            again.checkpoint("orders").await.unwrap();
            again.load("orders", row(9)).await.unwrap();
            let again = engine(disk.clone(), &clock).await;
            assert_eq!(total(&again).await, json!([[10], [45]]), "{failing:?} at call {n}");
            assert!(log_of(&disk).await.first().unwrap().starts_with("00000000000000000003"), "{failing:?} at call {n}");
            if !reached {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_slept_through_a_clean_up_loses_nothing() {
    let (disk, clock) = (Arc::new(InMemory::new()), clock());
    let (mill, asleep) = (engine(disk.clone(), &clock).await, engine(disk.clone(), &clock).await);
    for n in 0..4 {
        mill.load("orders", row(n)).await.unwrap();
    }
    assert_eq!(asleep.dataset("orders").await.unwrap().summary.version, 3);
    for n in 4..30 {
        mill.load("orders", row(n)).await.unwrap();
    }
    mill.checkpoint("orders").await.unwrap();
    // What it knows of when versions were made outlives their entries.
    let then = clock.now();
    assert_eq!(mill.versions("orders", None, 100).await.unwrap().first_readable, 0);
    clock.advance(TimeDelta::days(2));
    mill.load("orders", row(30)).await.unwrap();
    assert_eq!(mill.checkpoint("orders").await.unwrap().objects_removed, 29);
    let names = log_of(&disk).await;
    assert_eq!(names.len(), 5, "{names:?}");
    assert!(names[0].starts_with("00000000000000000029.checkpoint") && names[1].starts_with("00000000000000000029.json"), "{names:?}");
    // It knows version 3 and there is no version 4, but it asks whether version 3 is still there.
    let report = asleep.load("orders", row(31).mode(LoadMode::Append)).await.unwrap();
    assert_eq!(report.version, 31);
    assert_eq!(total(&mill).await, json!([[32], [496]]));
    assert_eq!(total(&asleep).await, total(&mill).await);
    assert!(asleep.load("orders", row(2)).await.unwrap().replayed);
    // What the log does not tell any more.
    let gone = mill.sql_as_of("select count(*) from orders", 5).await.unwrap_err();
    assert!(gone.message().contains("cannot be read any more") && gone.message().contains("to 31"), "{gone}");
    assert!(mill.changes("orders", 5, 31).await.unwrap_err().message().contains("from version 29 to version 31"));
    let versions = mill.versions("orders", None, 100).await.unwrap();
    assert_eq!((versions.items.len(), versions.next, versions.first_readable), (3, None, 29));
    assert_eq!(mill.versions("orders", Some(31), 100).await.unwrap().items.len(), 2);
    assert_eq!(mill.sql_as_of("select count(*) from orders", AsOf::Time(then + TimeDelta::days(1))).await.unwrap().to_json()["data"], json!([[30]]));
    assert_eq!(mill.sql_as_of("select count(*) from orders", AsOf::Version(30)).await.unwrap().to_json()["data"], json!([[31]]));
    assert_eq!(mill.sql_as_of("select count(*) from orders", AsOf::Version(29)).await.unwrap().to_json()["data"], json!([[30]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_delta_reader_opens_a_log_that_was_cleaned_up() {
    let ward = Ward::open_tables(Settings::default()).await;
    for n in 0..6 {
        ward.mill.load("orders", row(n)).await.unwrap();
    }
    ward.mill.delete_rows("orders", "n = 2").await.unwrap();
    let (one, other) = (ward.mill.clone(), plain(ward.folder.path(), Settings::default()).open().await.unwrap().tenant("acme").unwrap());
    // At the same time.
    let (first, second) = futures::join!(one.checkpoint("orders"), other.checkpoint("orders"));
    assert!(first.unwrap().version.is_some() || second.unwrap().version.is_some());
    ward.mill.load("orders", row(6)).await.unwrap();
    let folder = ward.folder.path().canonicalize().unwrap().join("acme/orders");
    for version in 0..6 {
        std::fs::remove_file(folder.join(format!("_delta_log/{version:020}.json"))).unwrap();
    }
    let table = deltalake_core::open_table(Url::from_directory_path(&folder).unwrap()).await.unwrap();
    assert_eq!(table.version().map(|version| version.to_string()), Some("7".to_owned()));
    let snapshot = table.snapshot().unwrap();
    assert_eq!(snapshot.schema().fields().count(), 2);
    let actions = snapshot.add_actions_table(true).unwrap();
    let numbers = |name: &str| {
        actions
            .column_by_name(name)
            .unwrap_or_else(|| panic!("{:?}", actions.schema()))
            .as_any()
            .downcast_ref::<arrow::array::Int64Array>()
            .unwrap()
            .clone()
    };
    assert_eq!((numbers("num_records").iter().flatten().sum::<i64>(), numbers("max.n").iter().flatten().max()), (6, Some(6)));
    let mut found: Vec<String> = table.get_file_uris().unwrap().map(|uri| uri.rsplit('/').next().unwrap().to_owned()).collect();
    found.sort();
    assert_eq!(found.len(), 6);
    // And so does an engine of ours, with all that it knew.
    let fresh = plain(ward.folder.path(), Settings::default()).open().await.unwrap().tenant("acme").unwrap();
    assert_eq!(fresh.dataset("orders").await.unwrap(), ward.mill.dataset("orders").await.unwrap());
}
