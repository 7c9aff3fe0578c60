//! Idempotency keys are known for as many days as their dataset says, by its log: the same with every engine, whether it has read the log or
//! a checkpoint, and whatever clocks do.

use std::sync::Arc;

use chrono::TimeDelta;
use object_store::memory::InMemory;
use serde_json::json;
use tidemill::clock::{Clock, ManualClock};
use tidemill::{DatasetSettings, Engine, ErrorKind, Json, Load, Mill, Settings};
use uuid::{NoContext, Timestamp, Uuid};

async fn open(store: Arc<InMemory>, clock: &Arc<ManualClock>) -> Mill {
    let settings = Settings { upkeep_seconds: 0, background_rollups: false, ..Settings::default() };
    Engine::builder().object_store(store).settings(settings).clock(clock.clone()).open().await.unwrap().tenant("acme").unwrap()
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at("2014-01-15T12:00:00Z".parse().unwrap()))
}

fn load(n: u64) -> Load {
    Json::bytes(format!("{{\"n\": {n}}}")).idempotency_key(format!("k{n}"))
}

async fn rows(mill: &Mill) -> serde_json::Value {
    mill.sql("select count(*) from orders").await.unwrap().to_json()["data"][0][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_known_within_its_age_and_may_be_used_anew_beyond() {
    for (keys_kept_days, versions_kept_days, first_known) in [(Some(2), None, 38), (Some(2), Some(4), 36), (None, None, 0), (Some(30), None, 10), (Some(0), None, 0)] {
        let (disk, clock) = (Arc::new(InMemory::new()), clock());
        let mill = open(disk.clone(), &clock).await;
        mill.load("orders", load(0)).await.unwrap();
        mill.update_dataset_settings("orders", DatasetSettings { keys_kept_days, versions_kept_days, ..DatasetSettings::default() }).await.unwrap();
        for n in 1..=40 {
            clock.advance(TimeDelta::days(1));
            mill.load("orders", load(n)).await.unwrap();
        }
        for checkpointed in [false, true] {
            if checkpointed {
                mill.checkpoint("orders").await.unwrap();
            }
            let other = open(Arc::new(disk.fork()), &clock).await;
            let mut expected = 41;
            for n in [0, 9, 10, 35, 36, 37, 38, 40] {
                let what = format!("{keys_kept_days:?} {versions_kept_days:?} {checkpointed} {n}");
                let report = other.load("orders", load(n)).await.unwrap();
                assert_eq!(report.replayed, n >= first_known, "{what}");
                expected += u64::from(n < first_known);
                assert_eq!(rows(&other).await, json!(expected), "{what}");
                // It belongs to what came last under it.
                assert!(other.load("orders", load(n)).await.unwrap().replayed, "{what}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_loses_no_key() {
    let (disk, clock) = (Arc::new(InMemory::new()), clock());
    let mill = open(disk.clone(), &clock).await;
    mill.load("orders", load(0)).await.unwrap();
    let ahead = Arc::new(ManualClock::at(clock.now() + TimeDelta::days(4_000)));
    let other = open(disk.clone(), &ahead).await;
    for n in 1..20 {
        let mill = if n % 2 == 0 { &mill } else { &other };
        mill.load("orders", load(n)).await.unwrap();
        clock.advance(TimeDelta::hours(1));
    }
    for mill in [&mill, &other, &open(disk, &clock).await] {
        assert!(mill.load("orders", load(0)).await.unwrap().replayed);
        assert_eq!(rows(mill).await, json!(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_says_when_it_was_made_is_refused_when_it_may_be_forgotten() {
    let (disk, clock) = (Arc::new(InMemory::new()), clock());
    let mill = open(disk.clone(), &clock).await;
    let key = || Uuid::new_v7(Timestamp::from_unix(NoContext, clock.now().timestamp().unsigned_abs(), 0)).to_string();
    let with = |key: &str| Json::bytes("{\"n\": 1}").idempotency_key(key);
    let old = key();
    mill.load("orders", with(&old)).await.unwrap();
    mill.update_dataset_settings("orders", DatasetSettings { keys_kept_days: Some(1), ..DatasetSettings::default() }).await.unwrap();
    for _ in 0..3 {
        clock.advance(TimeDelta::days(1));
        mill.load("orders", with(&key())).await.unwrap();
    }
    mill.checkpoint("orders").await.unwrap();
    for mill in [&mill, &open(disk, &clock).await] {
        let error = mill.load("orders", with(&old)).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Conflict, Some("idempotency_key")), "{error}");
        assert_eq!(rows(mill).await, json!(4));
    }
}
