//! What else looks at a dataset while it is rewritten: other engines, other readers of Delta tables, live questions, loads
//! that are repeated, upkeep.

use std::sync::Arc;
use std::time::Duration;

use deltalake_core::kernel::Action;
use futures::StreamExt;
use serde_json::json;
use tidemill::clock::ManualClock;
use tidemill::{ChangeKind, ColumnType, Csv, Engine, ErrorKind, Event, Json, LoadMode, Settings};
use url::Url;

use crate::ward::{Ward, open};

fn one(n: u64) -> tidemill::Load {
    Json::bytes(format!(r#"{{"at": "2013-01-{:02}T00:00:00Z", "n": {n}}}"#, n % 28 + 1))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_engines_that_append_and_compact_lose_nothing() {
    let ward = Ward::new().await;
    ward.mill.load("orders", one(0)).await.unwrap();
    let other = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    let work = |mill: tidemill::Mill, first: u64| async move {
        let mut conflicts = 0;
        for n in first..first + 40 {
            mill.load("orders", one(n).mode(LoadMode::Append)).await.unwrap();
            if n % 3 == 0 {
                match mill.compact("orders").await {
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::Conflict => conflicts += 1,
                    Err(error) => panic!("{error}"),
                }
            }
            if n % 10 == 0 {
                // What the other one may be rewriting at the same time.
                mill.delete_rows("orders", &format!("n = {}", n - 5)).await.unwrap();
            }
        }
        conflicts
    };
    let (mine, theirs) = futures::join!(tokio::spawn(work(ward.mill.clone(), 1_000)), tokio::spawn(work(other.clone(), 2_000)));
    let conflicts = mine.unwrap() + theirs.unwrap();
    // 995 and 1995 were never there.
    let deleted = [1_005, 1_015, 1_025, 2_005, 2_015, 2_025];
    let left: Vec<u64> = std::iter::once(0).chain(1_000..1_040).chain(2_000..2_040).filter(|n| !deleted.contains(n)).collect();
    let report = other.compact("orders").await.unwrap();
    for mill in [&ward.mill, &other] {
        let found = mill.sql("select n from orders order by n").await.unwrap().to_json()["data"].clone();
        assert_eq!(found, json!([left]), "{conflicts} conflicts");
    }
    assert!(report.segments_after < 20, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_delta_reader_counts_the_same_rows() {
    let ward = Ward::open_tables(Settings::default()).await;
    for n in 0..6 {
        ward.mill.load("orders", Csv::bytes(format!("at,n,s\n2013-01-{:02},{n},a b\n2013-02-01,{n},ü\n", n + 1))).await.unwrap();
    }
    let before = ward.mill.dataset("orders").await.unwrap().summary;
    let compacted = ward.mill.compact("orders").await.unwrap();
    assert_eq!((before.segments.unwrap(), compacted.segments_after, compacted.rows), (12, 2, 12));
    let deleted = ward.mill.delete_rows("orders", "n in (2, 3) and s = 'ü'").await.unwrap();
    assert_eq!((deleted.rows, deleted.version, compacted.version), (2, compacted.version + 1, before.version + 2));

    let folder = ward.folder.path().canonicalize().unwrap().join("acme/orders");
    let table = deltalake_core::open_table(Url::from_directory_path(&folder).unwrap()).await.unwrap();
    assert_eq!(table.version().unwrap().to_string(), deleted.version.to_string());
    assert_eq!(table.get_file_uris().unwrap().count(), 2);
    let actions = table.snapshot().unwrap().add_actions_table(true).unwrap();
    let rows: i64 = actions.column_by_name("num_records").unwrap().as_any().downcast_ref::<arrow::array::Int64Array>().unwrap().iter().flatten().sum();
    assert_eq!(rows, 10);
    for uri in table.get_file_uris().unwrap() {
        assert!(std::path::Path::new(uri.trim_start_matches("file://")).exists(), "{uri}");
    }

    // By Delta's own types: a compaction changes nothing, a deletion does.
    let actions = |version: u64| {
        let text = std::fs::read_to_string(folder.join(format!("_delta_log/{version:020}.json"))).unwrap();
        text.lines().map(|line| serde_json::from_str::<Action>(line).unwrap()).collect::<Vec<_>>()
    };
    for (versions, operation, change, removed) in [(before.version + 1..=compacted.version, "OPTIMIZE", false, 12), (deleted.version..=deleted.version, "DELETE", true, 1)] {
        let mut gone = 0;
        for action in versions.flat_map(actions) {
            match action {
                Action::Add(add) => assert_eq!(add.data_change, change),
                Action::Remove(remove) => {
                    assert_eq!((remove.data_change, remove.deletion_timestamp.is_some()), (change, true));
                    gone += 1;
                }
                Action::CommitInfo(info) => {
                    assert_eq!((info.operation.as_deref(), info.is_blind_append), (Some(operation), Some(false)));
                    // Whose rows were deleted is not told.
                    assert!(!format!("{info:?}").contains("(2, 3)"));
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(gone, removed, "{operation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_loads_and_rejected_rows_outlive_their_segments() {
    let ward = Ward::new().await;
    let load = |n: u64| Csv::bytes(format!("a,b\n{n},2\n{n},x\n")).column_type("b", ColumnType::Integer).idempotency_key(format!("k{n}"));
    let mut first = Vec::new();
    for n in 0..5 {
        first.push(ward.mill.load("orders", load(n)).await.unwrap());
    }
    let loads = ward.mill.dataset("orders").await.unwrap().loads;
    assert_eq!(ward.mill.compact("orders").await.unwrap().segments_after, 1);
    assert_eq!(ward.mill.delete_rows("orders", "a = 3").await.unwrap().rows, 1);
    let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    for mill in [&ward.mill, &again] {
        assert_eq!(mill.dataset("orders").await.unwrap().loads, loads);
        assert_eq!(mill.rejects("orders", 0, 10).await.unwrap().total, 5);
        for (n, first) in first.iter().enumerate() {
            let repeated = mill.load("orders", load(n as u64)).await.unwrap();
            assert!(repeated.replayed);
            assert_eq!((&repeated.load_id, repeated.version), (&first.load_id, first.version));
        }
    }
    // A row that was deleted does not come back by repeating its load.
    assert_eq!(ward.rows("select a from orders order by a").await, json!([[0, 1, 2, 4]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_question_learns_of_a_deletion() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("at,city,amount\n2013-01-01,Rome,1\n2013-01-02,Oslo,2\n2013-01-03,Rome,3\n")).await.unwrap();
    let query = serde_json::from_str(r#"{"measures": ["orders.sum_amount"], "dimensions": ["orders.city"], "order": [["orders.city", "asc"]]}"#).unwrap();
    let mut live = ward.mill.subscribe(&query).await.unwrap();
    let mut events = ward.engine.events();
    let first = tokio::time::timeout(Duration::from_secs(20), live.next()).await.unwrap().unwrap().unwrap();
    assert!(matches!(first.kind, ChangeKind::Snapshot(_)));
    ward.mill.delete_rows("orders", "amount = 3").await.unwrap();
    let change = tokio::time::timeout(Duration::from_secs(20), live.next()).await.unwrap().unwrap().unwrap().to_json();
    assert_eq!((&change["to"], &change["changed"]), (&json!(1), &json!({"indices": [1], "data": [["Rome"], [1]]})));
    let Event::SegmentCommitted(commit) = events.recv().await.unwrap() else { panic!("another event") };
    assert_eq!((commit.rows, commit.segments_added.len(), commit.segments_removed.len(), commit.version), (0, 1, 1, 1));
    let days = commit.time_range.map(|(from, to)| [from, to].map(|at| at.date_naive().to_string()));
    assert_eq!(days, Some(["2013-01-01".to_owned(), "2013-01-03".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_of_an_older_version_finds_its_segments_for_an_hour() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at("2014-01-15T12:00:00Z".parse().unwrap()));
    let settings = Settings { upkeep_seconds: 0, background_rollups: false, versions_kept_seconds: 0, ..Settings::default() };
    let engine = Engine::builder().path(folder.path()).settings(settings).clock(clock.clone()).open().await.unwrap();
    let mill = engine.tenant("acme").unwrap();
    for n in 0..4 {
        mill.load("orders", one(n)).await.unwrap();
    }
    mill.compact("orders").await.unwrap();
    assert_eq!(mill.vacuum("orders").await.unwrap().objects, 0);
    clock.advance(chrono::TimeDelta::minutes(59));
    mill.delete_rows("orders", "n = 1").await.unwrap();
    assert_eq!(mill.vacuum("orders").await.unwrap().objects, 0);
    clock.advance(chrono::TimeDelta::minutes(1));
    assert_eq!(mill.vacuum("orders").await.unwrap().objects, 4);
    clock.advance(chrono::TimeDelta::minutes(59));
    let swept = mill.vacuum("orders").await.unwrap();
    assert!(swept.objects == 1 && swept.bytes > 100, "{swept:?}");
    let found = mill.sql("select n from orders order by n").await.unwrap().to_json()["data"].clone();
    assert_eq!(found, json!([[0, 2, 3]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn upkeep_merges_what_loads_leave_and_ends_with_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { upkeep_seconds: 1, ..Settings::default() };
    let engine = Engine::builder().path(folder.path()).settings(settings).open().await.unwrap();
    let mill = engine.tenant("acme").unwrap();
    let mut events = engine.events();
    for n in 0..4 {
        mill.load("orders", one(n)).await.unwrap();
    }
    let merged = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            if let Event::SegmentCommitted(commit) = events.recv().await.unwrap()
                && !commit.segments_removed.is_empty()
            {
                return commit;
            }
        }
    });
    assert_eq!(merged.await.expect("nothing was merged").segments_removed.len(), 4);
    assert_eq!(mill.dataset("orders").await.unwrap().summary.segments, Some(1));
    engine.close().await;
    assert_eq!(mill.compact("orders").await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(mill.delete_rows("orders", "true").await.unwrap_err().kind(), ErrorKind::Unavailable);
    drop((engine, mill));
    // The task holds no engine, so the channel closes once the last handle is gone.
    let end = tokio::time::timeout(Duration::from_secs(30), async { while events.recv().await.is_ok() {} });
    end.await.expect("somebody still holds the engine");
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_bytes_are_not_sealed_under_new_checksums() {
    for bit in [40, 300, 900] {
        let ward = Ward::new().await;
        for n in 0..4_u64 {
            // Numbers that do not compress: a changed bit is a changed number, and nothing else notices.
            let rows: String = (0..400_u64).map(|row| format!("{},{}\n", n * 400 + row, (row + n).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 2)).collect();
            ward.mill.load("orders", Csv::bytes(format!("n,x\n{rows}"))).await.unwrap();
        }
        let segment = ward.objects("orders").into_iter().find(|path| path.extension().is_some_and(|extension| extension == "parquet")).unwrap();
        let mut bytes = std::fs::read(&segment).unwrap();
        bytes[bit] ^= 4;
        std::fs::write(&segment, &bytes).unwrap();
        let mill = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
        assert_eq!(mill.compact("orders").await.unwrap_err().kind(), ErrorKind::Corrupt, "bit {bit}");
        assert_eq!(mill.delete_rows("orders", "n >= 0 and x % 2 = 0").await.unwrap_err().kind(), ErrorKind::Corrupt, "bit {bit}");
        assert_eq!(mill.sql("select * from orders").await.unwrap_err().kind(), ErrorKind::Corrupt, "bit {bit}");
        assert_eq!(mill.dataset("orders").await.unwrap().summary.version, 3);
    }
}
