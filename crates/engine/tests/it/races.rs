//! Deletions, loads and other engines that get in each other's way: what was answered stays true, and no log is spoilt.

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use futures::future::{join, join_all};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};
use serde_json::json;
use tidemill::catalog::{Contract, Rule};
use tidemill::clock::ManualClock;
use tidemill::{Csv, Engine, ErrorKind, Json, Limits, LoadMode, Mill, Scope, Settings, TenantId};

use crate::faults::{Failing, FaultyStore};
use crate::ward::{Ward, open};

fn rows(from: usize, count: usize) -> String {
    (from..from + count).map(|n| format!("{{\"at\": \"2013-01-01T00:00:00Z\", \"n\": {n}}}\n")).collect()
}

async fn over(store: &FaultyStore) -> Engine {
    let settings = Settings { upkeep_seconds: 0, background_rollups: false, ..Settings::default() };
    Engine::builder().object_store(Arc::new(store.clone())).settings(settings).open().await.unwrap()
}

async fn count(mill: &Mill) -> Option<u64> {
    match mill.sql("select count(*), count(n) from orders").await {
        Ok(result) => result.to_json()["data"][1][0].as_u64(),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
            None
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_notices_that_another_has_made_a_dataset_anew() {
    let ward = Ward::new().await;
    for n in 0..6 {
        ward.mill.load("orders", Json::bytes(rows(n, 1))).await.unwrap();
    }
    let other = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    assert_eq!(count(&other).await, Some(6));
    ward.mill.delete_dataset("orders").await.unwrap();
    ward.mill.load("orders", Json::bytes(rows(100, 3))).await.unwrap();
    // The other one knows version 5 of a table that is gone.
    let report = other.load("orders", Json::bytes(rows(200, 2)).mode(LoadMode::Append)).await.unwrap();
    assert_eq!(report.version, 1);
    for mill in [&ward.mill, &other, &open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap()] {
        assert_eq!(count(mill).await, Some(5));
    }
    // And with as many versions as before: the table has the numbers, but it is another one.
    ward.mill.delete_dataset("orders").await.unwrap();
    for n in 0..4 {
        ward.mill.load("orders", Json::bytes(rows(n, 1))).await.unwrap();
    }
    other.load("orders", Json::bytes(rows(9, 1)).mode(LoadMode::Append)).await.unwrap();
    assert_eq!((count(&ward.mill).await, count(&other).await), (Some(5), Some(5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_makes_a_dataset_that_another_has_made_meanwhile_adds_to_it() {
    for (mode, rows_then) in [(LoadMode::CreateOrAppend, 5), (LoadMode::Replace, 2), (LoadMode::Upsert { key: vec!["n".to_owned()] }, 4)] {
        let disk: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let (store, slow) = (FaultyStore::around(Arc::clone(&disk)), FaultyStore::around(disk));
        let (mill, late) = (over(&store).await.tenant("acme").unwrap(), over(&slow).await.tenant("acme").unwrap());
        let release = slow.hold("_delta_log/00000000000000000000.json");
        let loading = tokio::spawn({
            let late = late.clone();
            async move { late.load("orders", Json::bytes(rows(2, 2)).mode(mode)).await }
        });
        slow.stopped().await;
        mill.load("orders", Json::bytes(rows(0, 3))).await.unwrap();
        release.notify_one();
        let report = loading.await.unwrap().unwrap();
        assert_eq!((report.version, report.rows, report.replaced), (1, 2, 5 - rows_then));
        assert_eq!((count(&mill).await, count(&late).await), (Some(rows_then), Some(rows_then)));
    }
    // Unless it was to be made by this load and by no other.
    let disk: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let (store, slow) = (FaultyStore::around(Arc::clone(&disk)), FaultyStore::around(disk));
    let (mill, late) = (over(&store).await.tenant("acme").unwrap(), over(&slow).await.tenant("acme").unwrap());
    let release = slow.hold("_delta_log/00000000000000000000.json");
    let loading = tokio::spawn(async move { late.load("orders", Json::bytes(rows(2, 2)).mode(LoadMode::Create)).await });
    slow.stopped().await;
    mill.load("orders", Json::bytes(rows(0, 3))).await.unwrap();
    release.notify_one();
    assert_eq!(loading.await.unwrap().unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(count(&mill).await, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unique_key_that_another_brings_while_columns_are_widened_rejects_its_row() {
    let disk: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let (store, slow) = (FaultyStore::around(Arc::clone(&disk)), FaultyStore::around(disk));
    let (mill, late) = (over(&store).await.tenant("acme").unwrap(), over(&slow).await.tenant("acme").unwrap());
    mill.load("orders", Csv::bytes("id,amount\n1,2\n2,3\n").contract(Contract::new(vec![Rule::unique(["id"])]))).await.unwrap();
    let release = slow.hold("_delta_log/00000000000000000001.json");
    let loading = tokio::spawn(async move { late.load("orders", Csv::bytes("id,amount\n3,2.5\n4,3.5\n5,4\n")).await });
    slow.stopped().await;
    mill.load("orders", Csv::bytes("id,amount\n4,9\n")).await.unwrap();
    release.notify_one();
    let report = loading.await.unwrap().unwrap();
    assert_eq!((report.rows, report.rejected, report.widened.len()), (2, 1, 1));
    let rows = mill.sql("select id, amount from orders order by id").await.unwrap().to_json()["data"].clone();
    assert_eq!(rows, json!([[1, 2, 3, 4, 5], [2.0, 3.0, 2.5, 9.0, 4.0]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_never_puts_a_new_log_behind_an_old_one() {
    // Asked a moment before, and opened from a checkpoint of the very version that is known.
    for checkpointed in [false, true] {
        let ward = Ward::with(Settings { upkeep_seconds: 0, ..Settings::default() }).await;
        ward.mill.load("orders", Json::bytes(rows(0, 6))).await.unwrap();
        if checkpointed {
            ward.mill.checkpoint("orders").await.unwrap();
        }
        let other = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
        assert_eq!(count(&other).await, Some(6));
        ward.mill.delete_dataset("orders").await.unwrap();
        for n in 0..3 {
            ward.mill.load("orders", Json::bytes(rows(100 + n, 1))).await.unwrap();
        }
        assert_eq!(count(&other).await, Some(3), "checkpointed: {checkpointed}");
        other.load("orders", Json::bytes(rows(200, 2)).mode(LoadMode::Append)).await.unwrap();
        assert_eq!((count(&ward.mill).await, count(&other).await), (Some(5), Some(5)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_comes_after_its_table_is_gone_is_nobodys() {
    // It takes the next number of the new table, or one far behind.
    for before in [1, 4] {
        let disk: Arc<dyn object_store::ObjectStore> = Arc::new(InMemory::new());
        let (store, slow) = (FaultyStore::around(Arc::clone(&disk)), FaultyStore::around(Arc::clone(&disk)));
        let (engine, late) = (over(&store).await, over(&slow).await);
        let (mill, late) = (engine.tenant("acme").unwrap(), late.tenant("acme").unwrap());
        for n in 0..before {
            mill.load("orders", Json::bytes(rows(n, 1))).await.unwrap();
        }
        assert_eq!(count(&late).await, Some(before as u64));
        let release = slow.hold(&format!("_delta_log/{before:020}.json"));
        let loading = tokio::spawn({
            let late = late.clone();
            async move { late.load("orders", Json::bytes(rows(50, 2))).await }
        });
        slow.stopped().await;
        mill.delete_dataset("orders").await.unwrap();
        mill.load("orders", Json::bytes(rows(100, 3))).await.unwrap();
        release.notify_one();
        let error = loading.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        // Whoever has it open, and whoever opens it, sees the new table and adds to it, until its numbers are past that of the late entry.
        for round in 0..6 {
            let again = over(&store).await.tenant("acme").unwrap();
            for mill in [&mill, &late, &again] {
                assert_eq!(count(mill).await, Some(3 + 2 * round), "{before} {round}");
            }
            for mill in [&late, &again] {
                mill.load("orders", Json::bytes(rows(200, 1))).await.unwrap();
            }
        }
        mill.delete_dataset("orders").await.unwrap();
        let again = over(&store).await.tenant("acme").unwrap();
        assert_eq!(again.load("orders", Json::bytes(rows(0, 1))).await.unwrap().version, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_comes_between_a_deletion_and_the_making_anew_is_nobodys() {
    for before in [1, 4] {
        let disk: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let (store, slow) = (FaultyStore::around(Arc::clone(&disk)), FaultyStore::around(Arc::clone(&disk)));
        let (mill, late) = (over(&store).await.tenant("acme").unwrap(), over(&slow).await.tenant("acme").unwrap());
        for n in 0..before {
            mill.load("orders", Json::bytes(rows(n, 1))).await.unwrap();
        }
        assert_eq!(count(&late).await, Some(before as u64));
        let release = slow.hold(&format!("_delta_log/{before:020}.json"));
        let loading = tokio::spawn({
            let late = late.clone();
            async move { late.load("orders", Json::bytes(rows(50, 2))).await }
        });
        slow.stopped().await;
        mill.delete_dataset("orders").await.unwrap();
        release.notify_one();
        let error = loading.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        let again = over(&store).await.tenant("acme").unwrap();
        for mill in [&mill, &late, &again] {
            assert_eq!(count(mill).await, None, "{before}");
        }
        // Whoever it is, the name is free.
        let anybody = if before == 1 { &again } else { &late };
        assert_eq!(anybody.load("orders", Json::bytes(rows(100, 3))).await.unwrap().version, 0);
        mill.load("orders", Json::bytes(rows(200, 1))).await.unwrap();
        for mill in [&mill, &late, &again, &over(&store).await.tenant("acme").unwrap()] {
            assert_eq!(count(mill).await, Some(4), "{before}");
        }
        // Other readers find a log without a gap, in which everything is of one table.
        let log: Vec<ObjectMeta> = disk.list(Some(&Path::from("acme/orders/_delta_log"))).try_collect().await.unwrap();
        let mut names: Vec<&str> = log.iter().filter_map(|object| object.location.filename()).collect();
        names.sort_unstable();
        assert_eq!(names, ["00000000000000000000.json", "00000000000000000001.json"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_sleeps_takes_nothing_of_what_was_made_anew() {
    let disk: Arc<dyn object_store::ObjectStore> = Arc::new(InMemory::new());
    let (store, slow) = (FaultyStore::around(Arc::clone(&disk)), FaultyStore::around(Arc::clone(&disk)));
    let (mill, late) = (over(&store).await.tenant("acme").unwrap(), over(&slow).await.tenant("acme").unwrap());
    mill.load("orders", Json::bytes(rows(0, 2))).await.unwrap();
    assert_eq!(count(&late).await, Some(2));
    let release = slow.hold("acme/orders");
    let deleting = tokio::spawn({
        let late = late.clone();
        async move { late.delete_dataset("orders").await }
    });
    slow.stopped().await;
    // It has its last word by now, so whoever loads under the name ends it first.
    mill.load("orders", Json::bytes(rows(100, 3))).await.unwrap();
    release.notify_one();
    deleting.await.unwrap().unwrap();
    let again = over(&store).await.tenant("acme").unwrap();
    for mill in [&mill, &late, &again] {
        assert_eq!(count(mill).await, Some(3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_up_that_sleeps_takes_nothing_of_a_log_that_was_made_anew() {
    let disk: Arc<dyn object_store::ObjectStore> = Arc::new(InMemory::new());
    let (store, slow) = (FaultyStore::around(Arc::clone(&disk)), FaultyStore::around(Arc::clone(&disk)));
    let clock = Arc::new(ManualClock::at("2014-01-15T12:00:00Z".parse().unwrap()));
    let settings = Settings { upkeep_seconds: 0, background_rollups: false, versions_kept_seconds: 0, ..Settings::default() };
    let late = Engine::builder().object_store(Arc::new(slow.clone())).settings(settings).clock(clock.clone()).open().await.unwrap().tenant("acme").unwrap();
    for n in 0..3 {
        late.load("orders", Json::bytes(rows(n, 1))).await.unwrap();
    }
    let report = late.checkpoint("orders").await.unwrap();
    assert_eq!((report.version, report.objects_removed), (Some(2), 0));
    clock.advance(chrono::TimeDelta::days(1));
    let release = slow.hold(".checkpoint.parquet");
    let cleaning = tokio::spawn({
        let late = late.clone();
        async move { late.checkpoint("orders").await }
    });
    slow.stopped().await;
    let mill = over(&store).await.tenant("acme").unwrap();
    mill.delete_dataset("orders").await.unwrap();
    for n in 0..4 {
        mill.load("orders", Json::bytes(rows(100 + n, 1))).await.unwrap();
    }
    release.notify_one();
    assert_eq!(cleaning.await.unwrap().unwrap().objects_removed, 0);
    let again = over(&store).await.tenant("acme").unwrap();
    for mill in [&mill, &late, &again] {
        assert_eq!(count(mill).await, Some(4));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn loads_and_deletions_leave_what_can_be_read() {
    let ward = Ward::new().await;
    // Small loads, and one that is too large to share its commit.
    let large = rows(0, 30_000);
    for round in 0..12 {
        let loads = (0..6).map(|n| {
            let (mill, body) = (ward.mill.clone(), if n == 0 { large.clone() } else { rows(n, 1) });
            async move {
                tokio::time::sleep(Duration::from_micros(300 * (n + round) as u64)).await;
                mill.load("orders", Json::bytes(body)).await
            }
        });
        let (loaded, deleted) = join(join_all(loads), async {
            tokio::time::sleep(Duration::from_millis(2 * round as u64)).await;
            ward.mill.delete_dataset("orders").await
        })
        .await;
        for error in loaded.into_iter().filter_map(Result::err) {
            assert!(matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound), "{error}");
        }
        assert!(deleted.is_ok() || deleted.is_err_and(|error| error.kind() == ErrorKind::NotFound));
        let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
        assert_eq!(count(&again).await, count(&ward.mill).await, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_committed_is_answered_whatever_becomes_of_its_model() {
    let disk = Arc::new(InMemory::new());
    for call in 1..40 {
        let store = FaultyStore::around(Arc::new(disk.fork()));
        let engine = over(&store).await;
        let mill = engine.tenant("acme").unwrap();
        store.arm(call, Failing::BeforeAlways);
        let ended = mill.load("orders", Json::bytes(rows(0, 2))).await;
        let done = store.calls() < call;
        store.arm(u64::MAX, Failing::Before);
        match ended {
            Ok(_) => assert_eq!(count(&mill).await, Some(2), "call {call}"),
            Err(error) if error.message().contains("not known") => {}
            Err(_) => assert_eq!(count(&over(&store).await.tenant("acme").unwrap()).await, None, "call {call}"),
        }
        if done {
            return;
        }
    }
    panic!("there is no end");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_the_store_ends_at_the_deadline() {
    let store = FaultyStore::around(Arc::new(InMemory::new()));
    let engine = over(&store).await;
    engine.tenant("acme").unwrap().load("orders", Json::bytes(rows(0, 20_000))).await.unwrap();
    // Another engine, so that nothing is in memory: not the log, not a footer, not a bloom filter.
    for call in 1..8 {
        let engine = over(&store).await;
        let limits = Limits { deadline: Duration::from_millis(200), ..Limits::default() };
        let mill = engine.mill(Scope::of(TenantId::parse("acme").unwrap()).with_limits(limits));
        store.arm(call, Failing::StopBefore);
        for _ in 0..2 {
            let ended = tokio::time::timeout(Duration::from_secs(20), mill.sql("select * from orders where n = 7")).await.expect("it ends");
            match ended {
                Ok(result) => assert_eq!(result.batch.num_rows(), 1),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Exhausted, "{error}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_what_several_questions_are_about_ends_at_the_deadline() {
    let store = FaultyStore::around(Arc::new(InMemory::new()));
    let engine = over(&store).await;
    engine.tenant("acme").unwrap().load("orders", Json::bytes(rows(0, 20))).await.unwrap();
    let query: tidemill::SemanticQuery = serde_json::from_value(json!({"measures": ["orders.count"]})).unwrap();
    let queries = [query.clone(), query];
    let mut waited = 0;
    for call in 1..5 {
        let engine = over(&store).await;
        let limits = Limits { deadline: Duration::from_millis(200), ..Limits::default() };
        let mill = engine.mill(Scope::of(TenantId::parse("acme").unwrap()).with_limits(limits));
        store.arm(call, Failing::StopBefore);
        match tokio::time::timeout(Duration::from_secs(20), mill.query_all(&queries)).await.expect("it ends") {
            Ok(answers) => assert_eq!(answers.len(), 2),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Exhausted, "{error}");
                waited += 1;
            }
        }
    }
    assert!(waited > 0, "no question waited for the store");
}

#[tokio::test(flavor = "multi_thread")]
async fn bounds_of_floats_hold_after_the_log_was_read_again() {
    let ward = Ward::new().await;
    // The neighbours of short decimals: readers that are in a hurry take them for these.
    let values = [976.390_000_000_000_1_f64, 0.1 + 0.2, 1e23, 123_456.789_012_345_67, -976.390_000_000_000_1, 5e-324, 1.797_693_134_862_315_7e308];
    for (n, value) in values.iter().enumerate() {
        ward.mill.load("orders", Json::bytes(format!("{{\"n\": {n}, \"x\": {value:?}}}"))).await.unwrap();
    }
    let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    for (n, value) in values.iter().enumerate() {
        for (sql, found) in [
            (format!("select n from orders where x = {value:e}"), json!([[n]])),
            (format!("select n from orders where x > {:e} and x <= {value:e}", value.next_down()), json!([[n]])),
            (format!("select count(*) from orders where x > {value:e} and n = {n}"), json!([[0]])),
        ] {
            assert_eq!(again.sql(&sql).await.unwrap().to_json()["data"], found, "{sql}");
        }
    }
    let greatest = again.sql("select n from orders order by x desc limit 2").await.unwrap();
    assert_eq!(greatest.to_json()["data"], json!([[6, 2]]));
}
