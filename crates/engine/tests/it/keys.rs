//! Keys are changed over a store that fails, answers too late or never does: whatever was done of it, everybody's data can
//! be read as before, and doing it again ends it.

use std::sync::Arc;

use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use serde_json::json;
use tidemill::encryption::{KeyKeeper, MasterKeys};
use tidemill::{Csv, Engine, ErrorKind, Result, Settings};

use crate::faults::{Failing, FaultyStore};
use crate::ward::KEY;

const NEW_KEY: &str = "02b4c6d8eaf01325476981abcde0f1234c5b6a798897a6b5c4d3e2f10e1d2c3b";
const BOTH: &str = "02b4c6d8eaf01325476981abcde0f1234c5b6a798897a6b5c4d3e2f10e1d2c3b 7f3c1a9e5d2b8046c1e7a3f95b0d2648ea71c3590f8b6d24a9e5037c1fd8b642";
/// More calls than any change makes.
const CALLS_MAX: u64 = 200;

async fn open(store: Arc<dyn ObjectStore>, keys: &str) -> Engine {
    let settings = Settings { upkeep_seconds: 0, background_rollups: false, ..Settings::default() };
    Engine::builder().object_store(store).settings(settings).encryption(Arc::new(MasterKeys::parse(keys).unwrap())).open().await.unwrap()
}

async fn two_tenants() -> InMemory {
    let disk = Arc::new(InMemory::new());
    let engine = open(disk.clone(), KEY).await;
    for tenant in ["acme", "rival"] {
        engine.tenant(tenant).unwrap().load("orders", Csv::bytes("amount\n1\n2\n")).await.unwrap();
    }
    disk.fork()
}

async fn reads(engine: &Engine, tenant: &str) {
    let answer = engine.tenant(tenant).unwrap().sql("select sum(amount) from orders").await.unwrap();
    assert_eq!(answer.to_json()["data"], json!([[3]]), "{tenant}");
}

/// Objects that hold keys.
async fn rings(disk: &InMemory) -> Vec<String> {
    let listed: Vec<ObjectMeta> = disk.list(Some(&Path::from("_tidemill/keys"))).try_collect().await.unwrap();
    listed.iter().map(|object| object.location.to_string()).collect()
}

/// Changes keys with every fault at every call, then once more without.
async fn at_every_call(change: impl AsyncFn(&KeyKeeper) -> Result<()>, afterwards: impl AsyncFn(&Arc<InMemory>)) {
    let full = two_tenants().await;
    for failing in Failing::ALL {
        for n in 1.. {
            assert!(n < CALLS_MAX, "{failing:?}: there is no end");
            let disk = Arc::new(full.fork());
            let store = FaultyStore::around(disk.clone());
            let engine = open(Arc::new(store.clone()), BOTH).await;
            store.arm(n, failing);
            let ended = tokio::select! {
                ended = change(engine.keys().unwrap()) => Some(ended),
                () = store.stopped() => None,
            };
            let reached = store.calls() >= n;
            if let Some(Err(error)) = &ended {
                assert_eq!(error.kind(), ErrorKind::Unavailable, "{failing:?} at call {n}: {error}");
            }
            let fresh = open(disk.clone(), BOTH).await;
            reads(&fresh, "rival").await;
            change(fresh.keys().unwrap()).await.unwrap_or_else(|error| panic!("{failing:?} at call {n}, again: {error}"));
            afterwards(&disk).await;
            assert_eq!(rings(&disk).await.len(), 3, "{failing:?} at call {n}: {:?}", rings(&disk).await);
            if !reached {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_key_whose_rotation_is_cut_short_can_be_rotated_to_the_end() {
    at_every_call(
        async |keys| keys.rewrap().await.map(drop),
        async |disk| {
            let engine = open(disk.clone(), NEW_KEY).await;
            reads(&engine, "acme").await;
            reads(&engine, "rival").await;
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_key_whose_rotation_is_cut_short_loses_nothing() {
    at_every_call(
        async |keys| keys.rotate("acme").await.map(drop),
        async |disk| {
            let engine = open(disk.clone(), BOTH).await;
            reads(&engine, "acme").await;
            engine.tenant("acme").unwrap().load("orders", Csv::bytes("amount\n0\n")).await.unwrap();
            reads(&engine, "acme").await;
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_is_cut_short_can_be_done_to_the_end() {
    at_every_call(
        async |keys| keys.erase("acme").await.map(drop),
        async |disk| {
            let engine = open(disk.clone(), BOTH).await;
            let error = engine.tenant("acme").unwrap().sql("select * from orders").await.unwrap_err();
            assert!(error.message().contains("destroyed"), "{error}");
            let ring = rings(disk).await.into_iter().find(|name| name.contains("acme")).unwrap();
            let bytes = disk.get(&Path::from(ring)).await.unwrap().bytes().await.unwrap();
            assert!(!String::from_utf8_lossy(&bytes).contains("wrapped"));
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_keys_of_one_tenant_are_nobody_elses() {
    let disk = Arc::new(two_tenants().await);
    let ring = Path::from("_tidemill/keys/acme/00000000000000000001.json");
    let bytes = disk.get(&ring).await.unwrap().bytes().await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let wrapped = text.split("\"wrapped\": \"").nth(1).unwrap().split('"').next().unwrap();
    let flipped = if wrapped.starts_with('0') { "1" } else { "0" };
    let changed = text.replace(wrapped, &format!("{flipped}{}", &wrapped[1..]));
    for damaged in [changed, text[..text.len() / 2].to_owned(), text.replace("acme", "rival")] {
        disk.put(&ring, damaged.into()).await.unwrap();
        let engine = open(disk.clone(), KEY).await;
        let error = engine.tenant("acme").unwrap().sql("select * from orders").await.unwrap_err();
        assert!(error.kind() == ErrorKind::Corrupt && error.message().contains("acme"), "{error}");
        reads(&engine, "rival").await;
    }
}
