//! Upkeep of several datasets beside each other: what takes long for one of them keeps no other waiting, and stops when the engine is
//! closed.

use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use object_store::memory::InMemory;
use tidemill::{Chore, Csv, Engine, Settings};

use crate::faults::FaultyStore;

/// Longer than any of this takes.
const LONG: Duration = Duration::from_secs(60);

/// A dataset of eight small segments for each of two tenants, and an engine that begins to look after both; the first segment that it
/// merges is never stored until somebody is told.
async fn held() -> (Engine, FaultyStore, Arc<tokio::sync::Notify>) {
    let disk: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let settings = Settings { upkeep_seconds: 0, background_rollups: false, checkpoint_commits: 1_000, ..Settings::default() };
    let writer = Engine::builder().object_store(Arc::clone(&disk)).settings(settings.clone()).open().await.unwrap();
    for tenant in ["acme", "globex"] {
        let mill = writer.tenant(tenant).unwrap();
        for n in 0..8 {
            mill.load("orders", Csv::bytes(format!("at,n\n2013-01-01,{n}\n"))).await.unwrap();
        }
    }
    let store = FaultyStore::around(disk);
    let release = store.hold(".parquet");
    let settings = Settings { upkeep_seconds: 1, ..settings };
    let engine = Engine::builder().object_store(Arc::new(store.clone())).settings(settings).open().await.unwrap();
    tokio::time::timeout(LONG, store.stopped()).await.expect("upkeep begins");
    (engine, store, release)
}

/// Datasets that were merged.
fn merged(engine: &Engine) -> usize {
    engine.upkeep_report().records.iter().filter(|record| record.chore == Chore::Compaction && record.error.is_none()).count()
}

async fn until_merged(engine: &Engine, datasets: usize) {
    let waiting = async {
        while merged(engine) < datasets {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LONG, waiting).await.unwrap_or_else(|_| panic!("{:?}", engine.upkeep_report()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_of_one_dataset_keeps_no_other_waiting() {
    let (engine, _store, release) = held().await;
    until_merged(&engine, 1).await;
    release.notify_one();
    until_merged(&engine, 2).await;
    for tenant in ["acme", "globex"] {
        assert_eq!(engine.tenant(tenant).unwrap().dataset("orders").await.unwrap().summary.segments, Some(1), "{tenant}");
    }
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_being_done_stops_when_the_engine_is_closed() {
    let (engine, store, _release) = held().await;
    tokio::time::timeout(LONG, engine.close()).await.expect("it ends");
    drop(engine);
    // Nothing of it is seen, and another engine does it.
    let settings = Settings { upkeep_seconds: 0, ..Settings::default() };
    let again = Engine::builder().object_store(Arc::new(store)).settings(settings).open().await.unwrap();
    for tenant in ["acme", "globex"] {
        let report = again.tenant(tenant).unwrap().compact("orders").await.unwrap();
        assert_eq!(report.segments_after, 1, "{tenant}");
    }
}
