//! The engine over a bucket: the same answers as over a folder, each commit exactly once whatever becomes of the answers,
//! and no store that would lose commits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tidemill::encryption::MasterKeys;
use tidemill::{Csv, Engine, EngineBuilder, ErrorKind, Mill, Settings};

use crate::bucket::{Bucket, Fault};
use crate::harness::example;

const KEY: &str = "7f3c1a9e5d2b8046c1e7a3f95b0d2648ea71c3590f8b6d24a9e5037c1fd8b642";
const LOG: &str = "_delta_log";

fn builder() -> EngineBuilder {
    Engine::builder().settings(Settings { upkeep_seconds: 0, background_rollups: false, query_memory_bytes: 64 << 20, ..Settings::default() })
}

async fn open(bucket: &Bucket) -> Engine {
    builder().s3(bucket.store()).open().await.unwrap()
}

async fn rows(mill: &Mill, sql: &str) -> Value {
    mill.sql(sql).await.unwrap().to_json()["data"].clone()
}

const COUNT: &str = "select count(*), sum(amount) from orders";

/// Loads, asks, merges, deletes and rolls up; gives the answers.
async fn live_through(engine: &Engine) -> Vec<Value> {
    let mill = engine.tenant("acme").unwrap();
    let mut answers = Vec::new();
    mill.load("airports", Csv::path(example("airports.csv"))).await.unwrap();
    for part in 0..5 {
        let csv: String = (0..1_000).map(|row| format!("{},{}\n", ["Rome", "Oslo", "Lima"][row % 3], row + part)).collect();
        mill.load("orders", Csv::bytes(format!("city,amount\n{csv}bad,bad\n")).column_type("amount", tidemill::ColumnType::Integer)).await.unwrap();
    }
    answers.push(rows(&mill, "select city, count(*), sum(amount) from orders group by 1 order by 1").await);
    answers.push(rows(&mill, "select faa, lat from airports order by lat desc limit 7").await);
    let mut model = mill.model("orders").await.unwrap();
    model.rollups = serde_json::from_value(json!([{"name": "cities", "measures": ["count"], "dimensions": ["city"]}])).unwrap();
    let version = model.version;
    mill.update_model(model, version).await.unwrap();
    mill.build_rollups("orders").await.unwrap();
    let compacted = mill.compact("orders").await.unwrap();
    assert!(compacted.segments_after < compacted.segments_before);
    answers.push(rows(&mill, "select city, count(*) from orders group by 1 order by 1").await);
    mill.delete_rows("orders", "city = 'Oslo'").await.unwrap();
    answers.push(rows(&mill, COUNT).await);
    answers.push(json!(mill.rejects("orders", 0, 3).await.unwrap().total));
    mill.delete_dataset("airports").await.unwrap();
    answers.push(json!(mill.datasets().await.unwrap().len()));
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_answers_as_a_folder_does_encrypted_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let expected = live_through(&builder().path(folder.path()).open().await.unwrap()).await;
    for sealed in [false, true] {
        let bucket = Bucket::start().await;
        let open = async || {
            let builder = builder().s3(bucket.store());
            let keys = Arc::new(MasterKeys::parse(KEY).unwrap());
            if sealed { builder.encryption(keys) } else { builder }.open().await.unwrap()
        };
        assert_eq!(live_through(&open().await).await, expected, "sealed: {sealed}");
        let again = open().await;
        assert_eq!(rows(&again.tenant("acme").unwrap(), COUNT).await, expected[3]);
        let stored = bucket.objects("acme/").await;
        assert!(stored.len() > 5);
        assert_eq!(stored.iter().any(|(_, bytes)| bytes.starts_with(b"PAR1")), !sealed);
        // Who comes without the key does not get in, and the other way round.
        let other = builder().s3(bucket.store());
        assert_eq!(other.open().await.is_err(), sealed);
    }
}

/// A load with a key of its own, as a client sends it again and again until it is answered.
async fn load(mill: &Mill, key: &str) -> Result<tidemill::LoadReport, tidemill::Error> {
    mill.load("orders", Csv::bytes("amount\n1\n2\n").idempotency_key(key)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_commit_is_made_once_whatever_becomes_of_the_answer() {
    let bucket = Bucket::start().await;
    let mill = open(&bucket).await.tenant("acme").unwrap();
    load(&mill, "first").await.unwrap();
    let late = Fault::Late(Duration::from_secs(3));
    let faults = [Fault::Status(503), Fault::Status(500), Fault::Status(429), Fault::Cut, Fault::Lost, late];
    for (number, fault) in (1..).zip(faults) {
        for times in [1, 2] {
            bucket.spoil("PUT", LOG, fault, times);
            let report = load(&mill, &format!("{fault:?} {times}")).await.unwrap_or_else(|error| panic!("{fault:?} {times} times: {error}"));
            assert!(!report.replayed && report.rows == 2, "{fault:?}");
            assert!(bucket.heal() > 0, "{fault:?}");
        }
        let loads = 2 * number + 1;
        for engine in [mill.clone(), open(&bucket).await.tenant("acme").unwrap()] {
            assert_eq!(rows(&engine, COUNT).await, json!([[2 * loads], [3 * loads]]), "after {fault:?}");
        }
        assert_eq!(bucket.objects(LOG).await.len(), loads, "after {fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_never_answered_is_unknown_and_repeating_it_is_safe() {
    let bucket = Bucket::start().await;
    let mill = open(&bucket).await.tenant("acme").unwrap();
    load(&mill, "first").await.unwrap();
    for (fault, holds) in [(Fault::Lost, LOG), (Fault::Cut, LOG), (Fault::Status(503), LOG)] {
        let before = rows(&mill, "select count(*) from orders").await[0][0].as_i64().unwrap();
        let key = format!("{fault:?}");
        bucket.spoil("PUT", holds, fault, u64::MAX);
        let answered = load(&mill, &key).await;
        bucket.heal();
        if let Err(error) = answered {
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        }
        load(&mill, &key).await.unwrap();
        load(&mill, &key).await.unwrap();
        let after = rows(&open(&bucket).await.tenant("acme").unwrap(), "select count(*) from orders").await[0][0].as_i64().unwrap();
        assert_eq!(after, before + 2, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_are_repeated_and_end_when_the_budget_does() {
    let bucket = Bucket::start().await;
    let mill = open(&bucket).await.tenant("acme").unwrap();
    load(&mill, "first").await.unwrap();
    for (fault, times) in [(Fault::Status(503), 2), (Fault::Cut, 2), (Fault::Lost, 2), (Fault::Late(Duration::from_secs(3)), 1)] {
        bucket.spoil("GET", "", fault, times);
        // A fresh engine keeps nothing in memory.
        let fresh = open(&bucket).await.tenant("acme").unwrap();
        assert_eq!(rows(&fresh, COUNT).await, json!([[2], [3]]), "{fault:?}");
        assert_eq!(bucket.heal(), times);
    }
    let begun = Instant::now();
    bucket.spoil("GET", LOG, Fault::Status(503), u64::MAX);
    let error = mill.sql(COUNT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!((2..=5).contains(&bucket.heal()), "once, and four times again");
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_eq!(rows(&mill, COUNT).await, json!([[2], [3]]), "and all is well again");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_engines_on_one_bucket_lose_nothing() {
    let bucket = Bucket::start().await;
    let engines = [open(&bucket).await, open(&bucket).await];
    let first = engines[0].tenant("acme").unwrap();
    load(&first, "first").await.unwrap();
    let writers = engines.iter().enumerate().map(|(writer, engine)| {
        let mill = engine.tenant("acme").unwrap();
        tokio::spawn(async move {
            for number in 0..10 {
                load(&mill, &format!("{writer} {number}")).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    for engine in &engines {
        assert_eq!(rows(&engine.tenant("acme").unwrap(), COUNT).await, json!([[42], [63]]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_would_lose_commits_is_refused() {
    let bucket = Bucket::start_careless().await;
    let error = builder().s3(bucket.store()).open().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.message().contains("If-None-Match"), "{error}");
    let bucket = Bucket::start().await;
    let stranger = bucket.store().credentials("tidemill-test", "wrong");
    let error = builder().s3(stranger).open().await.unwrap_err();
    assert!(!error.message().contains("wrong"), "{error}");
}
