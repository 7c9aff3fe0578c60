//! Loads that put their rows in the place of others: atomic like all loads, once for each idempotency key, right beside
//! other writers, and visible in the history and in answers that were kept.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use object_store::memory::InMemory;
use proptest::prelude::*;
use serde_json::json;
use tidemill::{Csv, DatasetName, Engine, ErrorKind, Event, Json, Load, LoadMode, Mill, Operation, Scope, Settings, TenantId};
use tokio::io::AsyncWriteExt;

use crate::faults::{Failing, FaultyStore};
use crate::ward::{Ward, open};

fn by(columns: &[&str]) -> LoadMode {
    LoadMode::Upsert { key: columns.iter().map(|column| (*column).to_owned()).collect() }
}

fn range(from: &str, to: &str) -> LoadMode {
    LoadMode::ReplaceRange { from: from.parse().unwrap(), to: to.parse().unwrap() }
}

const FOUR: &str = "id,at,city,amount\n1,2013-01-30T10:00:00Z,Rome,1\n2,2013-01-31T23:59:59Z,Oslo,2\n3,2013-02-01T00:00:00Z,Rome,4\n4,2013-03-05T00:00:00Z,Rome,8\n";

async fn all(mill: &Mill) -> String {
    mill.sql("select id, city, amount from orders order by id, amount").await.unwrap().to_csv().unwrap().replace("\r\n", ";")
}

#[tokio::test(flavor = "multi_thread")]
async fn all_rows_are_replaced_at_once() {
    let ward = Ward::new().await;
    let created = ward.mill.load("orders", Csv::bytes(FOUR).mode(LoadMode::Replace)).await.unwrap();
    assert_eq!((created.version, created.rows, created.replaced), (0, 4, 0));
    let load = || Csv::bytes("id,at,city,amount\n9,2013-05-05T00:00:00Z,Bern,16\n").mode(LoadMode::Replace).idempotency_key("whole");
    let report = ward.mill.load("orders", load()).await.unwrap();
    assert_eq!((report.version, report.rows, report.replaced), (1, 1, 4));
    assert_eq!(all(&ward.mill).await, "id,city,amount;9,Bern,16;");
    // Again with the same key: nothing goes.
    let again = ward.mill.load("orders", load()).await.unwrap();
    assert!(again.replayed && again.replaced == 4 && again.version == 1);
    // The version before is there, and the history says what happened.
    assert_eq!(ward.mill.sql_as_of("select sum(amount) from orders", 0).await.unwrap().to_json()["data"], json!([[15]]));
    let versions = ward.mill.versions("orders", None, 1).await.unwrap();
    let [version] = versions.items.as_slice() else { panic!() };
    assert_eq!((version.operation, version.rows_added, version.rows_removed, version.loads.len()), (Operation::Replacement, 1, Some(4), 1));
    // An empty replacement is one.
    let report = ward.mill.load("orders", Csv::bytes("id,at,city,amount\n").mode(LoadMode::Replace)).await.unwrap();
    assert_eq!((report.rows, report.replaced), (0, 1));
    assert_eq!(all(&ward.mill).await, "id,city,amount;");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_range_is_delivered_anew() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes(FOUR)).await.unwrap();
    let mut events = ward.engine.events();
    let january = range("2013-01-01T00:00:00Z", "2013-02-01T00:00:00Z");
    let report = ward.mill.load("orders", Csv::bytes("id,at,city,amount\n1,2013-01-30T10:00:00Z,Rome,32\n").mode(january.clone())).await.unwrap();
    assert_eq!((report.rows, report.replaced), (1, 2));
    assert_eq!(all(&ward.mill).await, "id,city,amount;1,Rome,32;3,Rome,4;4,Rome,8;");
    let Ok(Event::SegmentCommitted(commit)) = events.recv().await else { panic!() };
    assert_eq!((commit.rows, commit.segments_removed.is_empty()), (1, false));
    assert!(commit.time_range.unwrap().1 >= "2013-01-31T23:59:59Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    // A row outside of the range would be doubled by the next delivery.
    for (rows, message) in [("5,2013-02-01T00:00:00Z,Rome,1\n", "widen the range"), ("5,,Rome,1\n", "1 rows have no at")] {
        let error = ward.mill.load("orders", Csv::bytes(format!("id,at,city,amount\n{rows}")).mode(january.clone())).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Invalid && error.to_string().contains(message), "{error}");
    }
    assert_eq!(ward.mill.load("orders", Csv::bytes(FOUR).mode(range("2013-02-01T00:00:00Z", "2013-02-01T00:00:00Z"))).await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(all(&ward.mill).await, "id,city,amount;1,Rome,32;3,Rome,4;4,Rome,8;");
    // A dataset whose time is a day.
    ward.mill.load("days", Csv::bytes("day,n\n2013-01-01,1\n2013-01-02,2\n2013-01-03,3\n")).await.unwrap();
    let report = ward
        .mill
        .load("days", Csv::bytes("day,n\n2013-01-02,9\n").mode(range("2013-01-01T00:00:00.000001Z", "2013-01-02T00:00:00.000001Z")))
        .await
        .unwrap();
    assert_eq!(report.replaced, 1);
    assert_eq!(ward.rows("select n from days order by day").await, json!([[1, 9, 3]]));
    ward.mill.load("timeless", Csv::bytes("n\n1\n")).await.unwrap();
    let error = ward.mill.load("timeless", Csv::bytes("n\n1\n").mode(january)).await.unwrap_err().to_string();
    assert!(error.contains("no time column"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_that_ends_between_two_microseconds_is_stored_once() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("id,at\n0,2013-01-30T23:59:59.999999Z\n9,2013-02-01T00:00:00.000000Z\n")).await.unwrap();
    // The last instant of a day as some programs write it.
    let day = || Csv::bytes("id,at\n1,2013-01-31T00:00:00.000000Z\n2,2013-01-31T23:59:59.999999Z\n").mode(range("2013-01-31T00:00:00Z", "2013-01-31T23:59:59.999999999Z"));
    for replaced in [0, 2] {
        let report = ward.mill.load("orders", day()).await.unwrap();
        assert_eq!((report.rows, report.replaced), (2, replaced));
    }
    // A row before the first instant stays, however little before.
    let first = Csv::bytes("id,at\n1,2013-01-31T00:00:00.000000Z\n").mode(range("2013-01-30T23:59:59.9999995Z", "2013-01-31T00:00:00.0000005Z"));
    assert_eq!(ward.mill.load("orders", first).await.unwrap().replaced, 1);
    assert_eq!(ward.rows("select id from orders order by id").await, json!([[0, 1, 2, 9]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_the_same_key_give_way() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes(FOUR).mode(by(&["id"]))).await.unwrap();
    let report = ward
        .mill
        .load("orders", Json::bytes(r#"[{"id": 2, "at": "2013-01-31T23:59:59Z", "city": "Bern", "amount": 20}, {"id": 7, "at": "2013-04-01T00:00:00Z"}]"#).mode(by(&["id"])))
        .await
        .unwrap();
    assert_eq!((report.rows, report.replaced), (2, 1));
    assert_eq!(all(&ward.mill).await, "id,city,amount;1,Rome,1;2,Bern,20;3,Rome,4;4,Rome,8;7,,;");
    // Nothing to replace is an append.
    let report = ward.mill.load("orders", Csv::bytes("id,at,city,amount\n8,2013-04-01T00:00:00Z,Rome,1\n").mode(by(&["id", "city"]))).await.unwrap();
    assert_eq!((report.rows, report.replaced), (1, 0));
    assert_eq!(ward.mill.versions("orders", None, 1).await.unwrap().items[0].operation, Operation::Load);
    for (rows, mode, message) in [
        ("id,at\n5,2013-01-01T00:00:00Z\n,2013-01-01T00:00:00Z\n", by(&["id"]), "line 3: the key column \"id\" is empty"),
        ("id,at\n5,2013-01-01T00:00:00Z\n6,2013-01-01T00:00:00Z\n5,2013-01-02T00:00:00Z\n", by(&["id"]), "line 4: two rows have the key id = 5"),
        ("id,at\n5,2013-01-01T00:00:00Z\n", by(&["idd"]), "did you mean id?"),
        ("id,at\n5,2013-01-01T00:00:00Z\n", by(&[]), "a key has 1 to"),
    ] {
        let error = ward.mill.load("orders", Csv::bytes(rows).mode(mode)).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Invalid && error.to_string().contains(message), "{error}");
    }
    assert_eq!(ward.rows("select count(*) from orders").await, json!([[6]]));
    let limited = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("orders").unwrap(), "amount < 5");
    let error = ward.engine.mill(limited).load("orders", Csv::bytes(FOUR).mode(by(&["id"]))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_two_engines_leave_one_row_a_key() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("id,at,who\n0,2013-01-01T00:00:00Z,none\n")).await.unwrap();
    let other = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    let writes = (0..24).map(|n| {
        let mill = if n % 2 == 0 { ward.mill.clone() } else { other.clone() };
        let row = |id: usize| format!("{id},2013-01-01T00:00:00Z,w{n}\n");
        // Some append rows of keys of their own, in between.
        let (mode, rows) = if n % 3 == 0 { (LoadMode::Append, row(100 + n)) } else { (by(&["id"]), format!("{}{}", row(n % 4), row(4))) };
        async move {
            loop {
                match mill.load("orders", Csv::bytes(format!("id,at,who\n{rows}")).mode(mode.clone())).await {
                    Err(error) if error.kind() == ErrorKind::Conflict => {}
                    other => break other.unwrap(),
                }
            }
        }
    });
    let reports = join_all(writes).await;
    for mill in [&ward.mill, &other] {
        let found = mill.sql("select count(*), count(distinct id) from orders").await.unwrap().to_json();
        assert_eq!(found["data"], json!([[5 + 8], [5 + 8]]), "{reports:?}");
    }
    // Whatever came in and did not stay was replaced.
    let (came, went): (u64, u64) = reports.iter().fold((1, 0), |(came, went), report| (came + report.rows, went + report.replaced));
    assert_eq!(came - went, 13);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_load_holds_up_no_replacement_and_no_push() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes(FOUR)).await.unwrap();
    // A client that sends its file slowly.
    let (mut client, file) = tokio::io::duplex(64);
    let slow = tokio::spawn({
        let mill = ward.mill.clone();
        async move { mill.load("orders", Csv::reader(file)).await }
    });
    client.write_all(b"id,at,city,amount\n50,2013-01-01T00:00:00Z,Kiel,1\n").await.unwrap();
    let in_time = |load: Load| tokio::time::timeout(Duration::from_secs(30), ward.mill.load("orders", load));
    for id in [2, 3] {
        let row = || Csv::bytes(format!("id,at,city,amount\n{id},2013-01-31T00:00:00Z,Bern,3\n"));
        assert_eq!(in_time(row().mode(by(&["id"]))).await.unwrap().unwrap().replaced, 1);
        assert_eq!(in_time(row().mode(LoadMode::Append)).await.unwrap().unwrap().rows, 1);
    }
    assert!(!slow.is_finished());
    drop(client);
    assert_eq!(slow.await.unwrap().unwrap().rows, 1);
    assert_eq!(ward.rows("select count(*) from orders").await, json!([[7]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_load_holds_up_no_deletion_and_finds_its_dataset_gone() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes(FOUR)).await.unwrap();
    let (mut client, file) = tokio::io::duplex(64);
    let slow = tokio::spawn({
        let mill = ward.mill.clone();
        async move { mill.load("orders", Csv::reader(file)).await }
    });
    // More than waits on the way: it has been begun to be read.
    client.write_all(format!("id,at,city,amount\n{}", "50,2013-01-01T00:00:00Z,Kiel,1\n".repeat(9)).as_bytes()).await.unwrap();
    let limit = Duration::from_secs(30);
    tokio::time::timeout(limit, ward.mill.delete_dataset("orders")).await.unwrap().unwrap();
    tokio::time::timeout(limit, ward.mill.load("orders", Csv::bytes(FOUR))).await.unwrap().unwrap();
    assert!(!slow.is_finished());
    drop(client);
    let error = slow.await.unwrap().unwrap_err();
    assert!(error.kind() == ErrorKind::Conflict && error.message().contains("made anew"), "{error}");
    assert_eq!(all(&ward.mill).await, "id,city,amount;1,Rome,1;2,Oslo,2;3,Rome,4;4,Rome,8;");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_that_fails_anywhere_is_whole_or_not_there() {
    let old = "id,city,amount;1,Rome,1;2,Oslo,2;3,Rome,4;4,Rome,8;";
    let new = "id,city,amount;1,Rome,1;2,Bern,3;3,Rome,4;4,Rome,8;5,Bern,5;";
    for failing in [Failing::Before, Failing::After, Failing::BeforeAlways, Failing::AfterAlways] {
        for n in 1.. {
            let (memory, settings) = (Arc::new(InMemory::new()), Settings { upkeep_seconds: 0, background_rollups: false, ..Settings::default() });
            let store = FaultyStore::around(memory.clone());
            let mill = Engine::builder().object_store(Arc::new(store.clone())).settings(settings.clone()).open().await.unwrap().tenant("acme").unwrap();
            mill.load("orders", Csv::bytes(FOUR)).await.unwrap();
            store.arm(n, failing);
            let load = Csv::bytes("id,at,city,amount\n2,2013-01-31T00:00:00Z,Bern,3\n5,2013-04-01T00:00:00Z,Bern,5\n").mode(by(&["id"])).idempotency_key("k");
            let outcome = mill.load("orders", load).await;
            let reached = store.calls() >= n;
            // Another process looks at the same store.
            let fresh = Engine::builder().object_store(memory).settings(settings).open().await.unwrap().tenant("acme").unwrap();
            let found = all(&fresh).await;
            match &outcome {
                Ok(report) => assert_eq!((found.as_str(), report.replaced), (new, 1), "call {n}, {failing:?}"),
                Err(error) if error.to_string().contains("not known") => assert!(found == old || found == new, "call {n}, {failing:?}: {found}"),
                Err(error) => assert_eq!(found, old, "call {n}, {failing:?}: {error}"),
            }
            if !reached {
                break;
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Act {
    Append(Vec<(i64, i64)>),
    Upsert(BTreeMap<i64, i64>),
    Replace(Vec<(i64, i64)>),
    Day(i64, Vec<i64>),
    Compact,
}

fn act() -> impl Strategy<Value = Act> {
    let pair = || (0_i64..12, 0_i64..6);
    prop_oneof![
        3 => proptest::collection::vec(pair(), 1..6).prop_map(Act::Append),
        4 => proptest::collection::btree_map(0_i64..12, 0_i64..6, 1..5).prop_map(Act::Upsert),
        1 => proptest::collection::vec(pair(), 0..4).prop_map(Act::Replace),
        3 => (0_i64..6, proptest::collection::vec(0_i64..12, 0..4)).prop_map(|(day, ids)| Act::Day(day, ids)),
        1 => Just(Act::Compact),
    ]
}

fn csv(rows: &[(i64, i64)]) -> String {
    let lines = rows.iter().map(|(id, day)| format!("{id},2013-01-{:02}T12:00:00Z,{}\n", day + 1, id * 10 + day));
    format!("id,at,n\n{}", lines.collect::<String>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Rows are pairs of a key and a day; a list of them is the model. The kept answer is asked after each step.
    #[test]
    fn loads_of_every_mode_do_what_a_list_does(acts in proptest::collection::vec(act(), 1..10)) {
        tokio::runtime::Runtime::new().unwrap().block_on(async move {
            let ward = Ward::with(Settings { upkeep_seconds: 0, ..Settings::default() }).await;
            let mut model = vec![(0, 0)];
            ward.mill.load("orders", Csv::bytes(csv(&model))).await.unwrap();
            for act in acts {
                let before = model.len();
                let (rows, mode) = match act {
                    Act::Compact => {
                        ward.mill.compact("orders").await.unwrap();
                        continue;
                    }
                    Act::Append(rows) => (rows, LoadMode::Append),
                    Act::Upsert(rows) => {
                        model.retain(|(id, _)| !rows.contains_key(id));
                        (rows.into_iter().collect(), by(&["id"]))
                    }
                    Act::Replace(rows) => {
                        model.clear();
                        (rows, LoadMode::Replace)
                    }
                    Act::Day(day, ids) => {
                        model.retain(|(_, other)| *other != day);
                        let (from, to) = (format!("2013-01-{:02}T00:00:00Z", day + 1), format!("2013-01-{:02}T00:00:00Z", day + 2));
                        (ids.into_iter().map(|id| (id, day)).collect(), range(&from, &to))
                    }
                };
                let gone = before - model.len();
                let report = ward.mill.load("orders", Csv::bytes(csv(&rows)).mode(mode)).await.unwrap();
                model.extend(rows);
                assert_eq!(report.replaced, gone as u64);
                let sums = ward.rows("select count(*), sum(n), count(distinct id) from orders").await;
                let ids: std::collections::HashSet<i64> = model.iter().map(|(id, _)| *id).collect();
                let sum = (!model.is_empty()).then(|| model.iter().map(|(id, day)| id * 10 + day).sum::<i64>());
                assert_eq!(sums, json!([[model.len()], [sum], [ids.len()]]));
            }
        });
    }
}
