//! Small loads that come together share a commit, and each is answered for itself.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use object_store::memory::InMemory;
use object_store::throttle::{ThrottleConfig, ThrottledStore};
use serde_json::json;
use tidemill::{Engine, ErrorKind, Event, Json, Load, LoadMode, Settings};

use crate::faults::{Failing, FaultyStore};
use crate::ward::{Ward, open};

fn push(n: usize) -> Load {
    Json::bytes(format!(r#"{{"at": "2013-01-01T00:00:00Z", "n": {n}}}"#)).mode(LoadMode::Append)
}

async fn orders() -> Ward {
    let ward = Ward::new().await;
    ward.mill.load("orders", Json::bytes(r#"{"at": "2013-01-01T00:00:00Z", "n": 0}"#)).await.unwrap();
    ward
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_share_few_commits_and_segments() {
    let ward = orders().await;
    let mut events = ward.engine.events();
    let reports = join_all((1..=300).map(|n| ward.mill.load("orders", push(n)))).await;
    let reports: Vec<_> = reports.into_iter().map(Result::unwrap).collect();
    assert!(reports.iter().all(|report| (report.rows, report.rejected, report.segments) == (1, 0, 1) && !report.replayed));
    let versions: HashSet<u64> = reports.iter().map(|report| report.version).collect();
    let detail = ward.mill.dataset("orders").await.unwrap();
    assert_eq!(detail.summary.version, versions.len() as u64, "every version is somebody's");
    assert!(versions.len() < 100, "300 loads made {} commits", versions.len());
    assert_eq!(ward.rows("select count(*), sum(n), count(distinct n) from orders").await, json!([[301], [45_150], [301]]));
    let mut rows = 0;
    while rows < 300 {
        let Event::SegmentCommitted(commit) = events.recv().await.unwrap() else { panic!("nothing was deleted") };
        rows += commit.rows;
    }
    // An engine that reads the log sees the same.
    let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    assert_eq!(again.dataset("orders").await.unwrap().summary.rows, 301);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_counts_once_however_it_comes() {
    let ward = orders().await;
    let loads = (0..120).map(|n| ward.mill.load("orders", push(n % 6).idempotency_key(format!("k{}", n % 6))));
    let reports: Vec<_> = join_all(loads).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(reports.iter().filter(|report| !report.replayed).count(), 6);
    for key in 0..6 {
        let ids: HashSet<&str> = reports.iter().skip(key).step_by(6).map(|report| report.load_id.as_str()).collect();
        assert_eq!(ids.len(), 1, "all who brought key {key} are told of one load");
    }
    assert_eq!(ward.rows("select count(*), sum(n) from orders").await, json!([[7], [15]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_wrong_spoils_nothing_for_others() {
    let ward = orders().await;
    let loads = (1..=60).map(|n| {
        let load = match n % 3 {
            0 => Json::bytes(format!(r#"{{"at": "2013-01-01T00:00:00Z", "n": {n}, "N": 1}}"#)).mode(LoadMode::Append),
            1 => Json::bytes(format!("{{\"at\": \"2013-01-01T00:00:00Z\", \"n\": \"x{n}\"}}\n{{\"n\": {n}}}")).mode(LoadMode::Append),
            _ => push(n),
        };
        ward.mill.load("orders", load)
    });
    for (place, report) in join_all(loads).await.into_iter().enumerate() {
        match ((place + 1) % 3, report) {
            (0, Err(error)) => assert!(error.kind() == ErrorKind::Invalid && error.message().contains("case"), "{error}"),
            (1, Ok(report)) => assert_eq!((report.rows, report.rejected), (1, 1)),
            (2, Ok(report)) => assert_eq!((report.rows, report.rejected), (1, 0)),
            (_, other) => panic!("{place}: {other:?}"),
        }
    }
    let detail = ward.mill.dataset("orders").await.unwrap();
    assert_eq!(detail.summary.rows, 41);
    // The rejected rows of all of them are there, also of those that are not among the latest.
    let rejects = ward.mill.rejects("orders", 0, 100).await.unwrap();
    assert!(detail.loads.iter().any(|load| load.rejected == 1));
    assert_eq!((rejects.total, rejects.items.len()), (20, 20));
    assert!(rejects.items.iter().all(|row| row.reject.column.as_deref() == Some("n")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_fails_fails_for_all_and_leaves_nothing() {
    for failing in [Failing::BeforeAlways, Failing::Before] {
        let disk = Arc::new(InMemory::new());
        let store = FaultyStore::around(disk.clone());
        let settings = Settings { upkeep_seconds: 0, background_rollups: false, ..Settings::default() };
        let engine = Engine::builder().object_store(Arc::new(store.clone())).settings(settings).open().await.unwrap();
        let mill = engine.tenant("acme").unwrap();
        mill.load("orders", push(0).mode(LoadMode::Create)).await.unwrap();
        let before = disk.fork();
        for call in 1..8 {
            store.arm(call, failing);
            let ended = join_all((1..=20).map(|n| mill.load("orders", push(n)))).await;
            let stored = ended.iter().filter(|ended| ended.is_ok()).count();
            for error in ended.into_iter().filter_map(Result::err) {
                assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
            }
            store.arm(u64::MAX, Failing::Before);
            let rows = mill.dataset("orders").await.unwrap().summary.rows;
            if failing == Failing::BeforeAlways {
                assert_eq!((stored, rows), (0, 1), "call {call}");
            } else {
                mill.delete_rows("orders", "n > 0").await.unwrap();
                assert_eq!(rows, 1 + stored as u64, "call {call}");
            }
        }
        if failing == Failing::BeforeAlways {
            let again = Engine::builder().object_store(Arc::new(before)).open().await.unwrap().tenant("acme").unwrap();
            assert_eq!(again.dataset("orders").await.unwrap().summary.version, mill.dataset("orders").await.unwrap().summary.version);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_file_of_many_rows_does_not_wait_for_others_in_memory() {
    let ward = orders().await;
    // Some kilobytes that become 40 MB.
    let rows: String = (0..400_000).map(|n| format!("2013-01-01T00:00:00Z,{}\n", n % 2)).collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packed, format!("at,n\n{rows}").as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 1 << 20);
    let report = ward.mill.load("orders", tidemill::Csv::bytes(packed).mode(LoadMode::Append)).await.unwrap();
    assert_eq!((report.rows, report.rejected), (400_000, 0));
    assert_eq!(ward.rows("select count(*), sum(n) from orders").await, json!([[400_001], [200_000]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_that_ask_at_once_share_a_look_at_the_log() {
    let slow = ThrottledStore::new(InMemory::new(), ThrottleConfig { wait_get_per_call: Duration::from_millis(20), ..ThrottleConfig::default() });
    let store = FaultyStore::around(Arc::new(slow));
    let settings = Settings { upkeep_seconds: 0, background_rollups: false, ..Settings::default() };
    let engine = Engine::builder().object_store(Arc::new(store.clone())).settings(settings.clone()).open().await.unwrap();
    let mill = engine.tenant("acme").unwrap();
    mill.load("orders", push(0).mode(LoadMode::Create)).await.unwrap();
    // What another engine has stored before somebody asks is in what he gets.
    let other = Engine::builder().object_store(Arc::new(store.clone())).settings(settings).open().await.unwrap().tenant("acme").unwrap();
    other.load("orders", push(1)).await.unwrap();

    let count = "select count(*) from orders";
    mill.sql(count).await.unwrap();
    store.arm(u64::MAX, Failing::Before);
    mill.sql(count).await.unwrap();
    let alone = store.calls();
    store.arm(u64::MAX, Failing::Before);
    let counts = join_all((0..100).map(|_| mill.sql(count))).await;
    assert!(counts.into_iter().all(|count| count.unwrap().to_json()["data"] == json!([[2]])));
    // What is asked beside the log is asked by each of them.
    assert!(store.calls() < 100 * (alone - 1) + 50, "{} calls for 100 questions, and {alone} for one", store.calls());

    store.arm(u64::MAX, Failing::Before);
    let reports = join_all((2..102).map(|n| mill.load("orders", push(n)))).await;
    assert!(reports.into_iter().all(|report| report.unwrap().rows == 1));
    // Two of each would be two hundred, and those of commits.
    assert!(store.calls() < 200, "{} calls for the commits of 100 loads", store.calls());
    assert_eq!(other.dataset("orders").await.unwrap().summary.rows, 102);
}
