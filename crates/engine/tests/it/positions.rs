//! A source goes on from where its rows were committed: each of its rows is stored exactly once, whatever fails, whoever comes
//! first and however often a part is sent.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::future::join_all;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::{Value, json};
use tidemill::clock::ManualClock;
use tidemill::{Engine, ErrorKind, Json, Load, LoadMode, Mill, Settings};

use crate::faults::{Failing, FaultyStore};
use crate::ward::Ward;

/// More calls than a load makes.
const CALLS_MAX: u64 = 200;

/// The rows of a source that are numbered from `from` on and before `to`.
fn rows(from: u64, to: u64) -> Load {
    let rows: Vec<String> = (from..to).map(|n| format!(r#"{{"at": "2014-01-01T00:00:00Z", "n": {n}}}"#)).collect();
    Json::bytes(rows.join("\n"))
}

fn part(from: Option<u64>, to: u64) -> Load {
    rows(from.unwrap_or(0), to).position("shop", from, to)
}

async fn open(store: Arc<dyn ObjectStore>) -> Mill {
    let settings = Settings { upkeep_seconds: 0, background_rollups: false, versions_kept_seconds: 86_400, ..Settings::default() };
    let noon: DateTime<Utc> = "2014-01-15T12:00:00Z".parse().unwrap();
    Engine::builder()
        .object_store(store)
        .settings(settings)
        .clock(Arc::new(ManualClock::at(noon)))
        .open()
        .await
        .unwrap()
        .tenant("acme")
        .unwrap()
}

async fn stored(mill: &Mill) -> Value {
    mill.sql("select count(*), count(distinct n), min(n), max(n) from orders").await.unwrap().to_json()["data"].clone()
}

/// What `stored` gives when each of the first rows is there once.
fn once(rows: u64) -> Value {
    json!([[rows], [rows], [0], [rows - 1]])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_whose_load_is_cut_short_anywhere_is_stored_once() {
    let begun = Arc::new(InMemory::new());
    open(begun.clone()).await.load("orders", part(None, 3)).await.unwrap();
    // One that is small, one that replaces what has the same keys, one that brings a column.
    let by_key = || LoadMode::Upsert { key: vec!["n".to_owned()] };
    let wider = || Json::bytes(r#"{"at": "2014-01-01T00:00:00Z", "n": 3, "note": "x"}"#).position("shop", Some(3), 4);
    let loads: [&dyn Fn() -> Load; 3] = [&|| part(Some(3), 4), &|| part(Some(3), 4).mode(by_key()), &wider];
    for (kind, load) in loads.into_iter().enumerate() {
        for failing in Failing::ALL {
            for n in 1.. {
                assert!(n < CALLS_MAX, "{failing:?}: there is no end");
                let disk = Arc::new(begun.fork());
                let store = FaultyStore::around(disk.clone());
                let mill = open(Arc::new(store.clone())).await;
                store.arm(n, failing);
                let ended = tokio::select! {
                    ended = mill.load("orders", load()) => Some(ended),
                    () = store.stopped() => None,
                };
                let (reached, what) = (store.calls() >= n, format!("load {kind}, {failing:?} at call {n}"));
                drop(mill);
                // Another process takes over, and asks where the source is.
                let fresh = open(disk.clone()).await;
                let position = fresh.position("orders", "shop").await.unwrap();
                match ended {
                    Some(Ok(report)) => assert_eq!((report.rows, position), (1, Some(4)), "{what}"),
                    Some(Err(error)) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{what}: {error}"),
                    None => {}
                }
                assert_eq!(stored(&fresh).await, once(position.unwrap()), "{what}: the position is that of the rows");
                // Or it knows nothing, and sends the part again.
                let again = fresh.load("orders", load()).await.unwrap_or_else(|error| panic!("{what}, again: {error}"));
                assert_eq!(again.replayed, position == Some(4), "{what}");
                fresh.load("orders", part(Some(4), 6)).await.unwrap();
                assert_eq!((stored(&fresh).await, fresh.position("orders", "shop").await.unwrap()), (once(6), Some(6)), "{what}");
                if !reached {
                    break;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_begin_at_one_position_one_is_told_where_the_source_is() {
    let disk = Arc::new(InMemory::new());
    let (one, other) = (open(disk.clone()).await, open(disk.clone()).await);
    one.load("orders", part(None, 2)).await.unwrap();
    // The other engine has not looked since.
    let (small, large) = (other.load("orders", part(None, 5)).await, other.load("orders", part(Some(1), 5).mode(LoadMode::Replace)).await);
    for refused in [small, large] {
        let error = refused.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Conflict, Some("position.from")), "{error}");
        let conflict = error.position_conflict().unwrap();
        assert_eq!((conflict.source.as_str(), conflict.position), ("shop", Some(2)));
        assert!(error.message().contains("at position 2"), "{error}");
    }
    // What leaves a gap is refused as well, also where it would replace what is there or bring a column.
    let wider = Json::bytes(r#"{"at": "2014-01-01T00:00:00Z", "n": 3, "note": "x"}"#).position("shop", Some(3), 4);
    for gap in [part(Some(3), 5), part(Some(3), 5).mode(LoadMode::Replace), wider] {
        let error = other.load("orders", gap).await.unwrap_err();
        assert_eq!(error.position_conflict().unwrap_or_else(|| panic!("{error}")).position, Some(2));
    }
    assert_eq!(stored(&other).await, once(2));

    // At the same time, again and again: each round one of them has brought the part, and both are told so.
    for to in (4..20).step_by(2) {
        let (a, b) = tokio::join!(one.load("orders", part(Some(to - 2), to)), other.load("orders", part(Some(to - 2), to)));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert!(a.replayed != b.replayed && a.load_id == b.load_id, "{a:?} {b:?}");
    }
    assert_eq!(stored(&one).await, once(18));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_that_load_what_comes_next_store_each_row_once() {
    let disk = Arc::new(InMemory::new());
    let engines = [open(disk.clone()).await, open(disk.clone()).await];
    engines[0].load("orders", part(None, 1)).await.unwrap();
    let workers = (0..8).map(|worker| {
        let mill = engines[worker % 2].clone();
        async move {
            loop {
                let from = mill.position("orders", "shop").await.unwrap().unwrap();
                if from >= 60 {
                    break;
                }
                // They do not agree about how much comes next.
                match mill.load("orders", part(Some(from), from + 1 + worker as u64 % 3)).await {
                    Ok(report) => assert_eq!(report.rejected, 0),
                    Err(error) => assert!(error.position_conflict().is_some_and(|conflict| conflict.position > Some(from)), "{error}"),
                }
            }
        }
    });
    join_all(workers).await;
    let position = engines[0].position("orders", "shop").await.unwrap().unwrap();
    assert_eq!(stored(&engines[1]).await, once(position));
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_that_are_sent_at_once_are_stored_in_their_order() {
    let mill = open(Arc::new(InMemory::new())).await;
    mill.load("orders", part(None, 1)).await.unwrap();
    // Until all are told that they are stored, whoever was too early is sent again.
    let mut waiting: Vec<u64> = (1..40).collect();
    for _ in 0..40 {
        let ended = join_all(waiting.iter().map(|n| mill.load("orders", part(Some(*n), n + 1)))).await;
        let mut early = Vec::new();
        for (n, ended) in waiting.into_iter().zip(ended) {
            if let Err(error) = ended {
                let conflict = error.position_conflict().unwrap_or_else(|| panic!("{error}"));
                assert!(conflict.position < Some(n), "{n}: {error}");
                early.push(n);
            }
        }
        waiting = early;
        if waiting.is_empty() {
            break;
        }
    }
    assert_eq!((waiting, stored(&mill).await), (Vec::new(), once(40)));
    // Others that share their commits are none of their business.
    let loads = join_all((0..30).map(|n| mill.load("orders", if n % 3 == 0 { part(Some(99), 100) } else { rows(40, 41) }))).await;
    assert!(loads.iter().enumerate().all(|(n, ended)| ended.is_err() == (n % 3 == 0)), "{loads:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_outlive_checkpoints_and_are_told_of_older_states() {
    let disk = Arc::new(InMemory::new());
    let mill = open(disk.clone()).await;
    mill.load("orders", part(None, 1)).await.unwrap();
    for n in 1..30 {
        mill.load("orders", part(Some(n), n + 1)).await.unwrap();
    }
    // One that has not moved for a long time: nobody sees its load any more.
    let report = mill.load("orders", rows(30, 31).position("other shop", None, 7)).await.unwrap();
    for n in 31..60 {
        mill.load("orders", rows(n, n + 1)).await.unwrap();
    }
    let version = mill.checkpoint("orders").await.unwrap().version.unwrap();
    // All that is before the checkpoint is gone, as after a clean-up.
    for entry in 0..version {
        disk.delete(&Path::from(format!("acme/orders/_delta_log/{entry:020}.json"))).await.unwrap();
    }
    let fresh = open(disk.clone()).await;
    let told: Vec<_> = fresh.positions("orders").await.unwrap().into_iter().map(|told| (told.source, told.position)).collect();
    assert_eq!(told, [("other shop".to_owned(), 7), ("shop".to_owned(), 30)]);
    let again = fresh.load("orders", rows(30, 31).position("other shop", None, 7)).await.unwrap();
    assert!(again.replayed && again.load_id == report.load_id);
    fresh.load("orders", rows(60, 61).position("shop", Some(30), 31)).await.unwrap();
    let position = |told: &[tidemill::SourcePosition]| told.iter().find(|told| told.source == "shop").map(|told| told.position);
    assert_eq!(position(&fresh.positions_as_of("orders", version).await.unwrap()), Some(30));
    assert_eq!(position(&fresh.positions_as_of("orders", version + 1).await.unwrap()), Some(31));

    // A dataset of this name that is made anew begins anew.
    fresh.delete_dataset("orders").await.unwrap();
    assert_eq!(fresh.position("orders", "shop").await.unwrap(), None);
    let error = fresh.load("orders", part(Some(31), 32)).await.unwrap_err();
    assert_eq!(error.position_conflict().unwrap().position, None, "{error}");
    assert_eq!(fresh.load("orders", part(None, 3)).await.unwrap().version, 0);
    assert_eq!((stored(&fresh).await, fresh.position("orders", "shop").await.unwrap()), (once(3), Some(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_says_it_in_words_of_delta() {
    let ward = Ward::open_tables(Settings::default()).await;
    ward.mill.load("orders", part(None, 3)).await.unwrap();
    ward.mill.load("orders", part(Some(3), 5)).await.unwrap();
    let log = ward.folder.path().join("acme/orders/_delta_log");
    for (version, position) in [(0, 3), (1, 5)] {
        let entry = std::fs::read_to_string(log.join(format!("{version:020}.json"))).unwrap();
        let actions = entry.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let transactions: Vec<Value> = actions.filter_map(|action| action.get("txn").cloned()).collect();
        let [transaction] = transactions.as_slice() else { panic!("{transactions:?}") };
        assert_eq!((&transaction["appId"], &transaction["version"]), (&json!("shop"), &json!(position)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_cannot_be_is_refused_before_it_is_read() {
    let ward = Ward::new().await;
    for (load, field) in [
        (rows(0, 1).position("", None, 1), "position.source"),
        (rows(0, 1).position("tidemill.load/k", None, 1), "position.source"),
        (rows(0, 1).position("shop", Some(2), 2), "position.to"),
        (rows(0, 1).position("shop", None, u64::MAX), "position.to"),
    ] {
        let error = ward.mill.load("orders", load).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some(field)), "{error}");
    }
    assert!(ward.mill.datasets().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_some_rows_only_moves_no_position() {
    let ward = Ward::new().await;
    ward.mill.load("orders", part(None, 3)).await.unwrap();
    let scope = tidemill::Scope::of(ward.mill.scope().tenant().clone()).with_row_filter(tidemill::DatasetName::parse("orders").unwrap(), "n < 2");
    let some = ward.engine.mill(scope);
    assert_eq!(some.load("orders", part(Some(3), 4)).await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(some.position("orders", "shop").await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(some.positions("orders").await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(ward.mill.position("orders", "shop").await.unwrap(), Some(3));
}
