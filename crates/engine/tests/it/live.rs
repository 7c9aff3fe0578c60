//! Live questions: what changed, once for all that listen, and nothing when nothing did.

use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt};
use serde_json::{Value, json};
use tidemill::clock::{Clock, ManualClock};
use tidemill::{Change, ChangeKind, Csv, Result, Settings};

use crate::composed::change;
use crate::partials::{Dice, ask, assert_equal};
use crate::ward::{Ward, builder};

pub(crate) async fn next(live: &mut (impl Stream<Item = Result<Change>> + Unpin)) -> Change {
    tokio::time::timeout(Duration::from_secs(20), live.next()).await.expect("no change came").unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_pushes_what_it_changed() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("city,amount\nRome,1\nOslo,2\n")).await.unwrap();
    let by_city = serde_json::from_str(r#"{"measures": ["orders.sum_amount"], "dimensions": ["orders.city"], "order": [["orders.city", "asc"]]}"#).unwrap();
    let oslo = serde_json::from_str(r#"{"measures": ["orders.count"], "filters": [{"member": "orders.city", "operator": "equals", "values": ["Oslo"]}]}"#).unwrap();
    let mut live = ward.mill.subscribe(&by_city).await.unwrap();
    let mut same = ward.mill.subscribe(&by_city).await.unwrap();
    let mut other = ward.mill.subscribe(&oslo).await.unwrap();
    assert_eq!(ward.engine.live_queries(), 2);
    let first = next(&mut live).await;
    assert_eq!((first.from, first.version), (None, 0));
    assert_eq!(first.to_json()["result"]["data"], json!([["Oslo", "Rome"], [2, 1]]));
    next(&mut same).await;
    next(&mut other).await;

    ward.mill.load("orders", Csv::bytes("city,amount\nRome,5\n")).await.unwrap();
    let change = next(&mut live).await.to_json();
    assert_eq!((&change["type"], &change["from"], &change["to"]), (&json!("patch"), &json!(0), &json!(1)));
    assert_eq!((&change["row_count"], &change["changed"]), (&json!(2), &json!({"indices": [1], "data": [["Rome"], [6]]})));
    assert!(matches!(next(&mut other).await.kind, ChangeKind::Unchanged(_)));

    // A listener that did not look gets one change to the newest state.
    ward.mill.load("orders", Csv::bytes("city,amount\nRome,1\n")).await.unwrap();
    while next(&mut live).await.version < 2 {}
    let late = next(&mut same).await;
    assert_eq!((late.from, late.version), (Some(0), 2));

    drop((live, same, other));
    ward.mill.load("orders", Csv::bytes("city,amount\nRome,1\n")).await.unwrap();
    assert_eq!(ward.engine.live_queries(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_cannot_be_answered_is_refused_at_once() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("n\n1\n")).await.unwrap();
    assert!(ward.mill.subscribe(&serde_json::from_str(r#"{"measures": ["orders.nothing"]}"#).unwrap()).await.is_err());
    assert_eq!(ward.engine.live_queries(), 0);
}

/// What a listener holds: it never asks, it only applies changes.
#[derive(Default)]
struct Screen {
    version: Option<u64>,
    columns: Vec<Vec<Value>>,
}

impl Screen {
    fn apply(&mut self, change: &Change) {
        let message = change.to_json();
        let columns = |data: &Value| data.as_array().unwrap().iter().map(|column| column.as_array().unwrap().clone()).collect::<Vec<_>>();
        match &change.kind {
            ChangeKind::Snapshot(_) => self.columns = columns(&message["result"]["data"]),
            ChangeKind::Patch { .. } => {
                assert_eq!(change.from, self.version, "a patch against what was delivered before");
                let rows = usize::try_from(message["row_count"].as_u64().unwrap()).unwrap();
                let changed = columns(&message["changed"]["data"]);
                for (column, changed) in self.columns.iter_mut().zip(changed) {
                    column.resize(rows, Value::Null);
                    for (place, value) in message["changed"]["indices"].as_array().unwrap().iter().zip(changed) {
                        column[usize::try_from(place.as_u64().unwrap()).unwrap()] = value;
                    }
                }
            }
            ChangeKind::Unchanged(_) => {}
        }
        self.version = Some(change.version);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_that_only_applies_changes_shows_what_a_fresh_question_would() {
    let ward = Ward::new().await;
    let mut dice = Dice(99);
    ward.mill.load("orders", Csv::bytes(dice.rows(500))).await.unwrap();
    let questions: Vec<Value> = (0..8).map(|_| dice.query()).collect();
    let mut screens = Vec::new();
    for question in &questions {
        let live = ward.mill.subscribe(&serde_json::from_value(question.clone()).unwrap()).await.unwrap();
        screens.push((live, Screen::default()));
    }
    for _ in 0..25 {
        let rows = dice.pick(&[1, 3, 40, 400]);
        let version = ward.mill.load("orders", Csv::bytes(dice.rows(rows))).await.unwrap().version;
        for ((live, screen), question) in screens.iter_mut().zip(&questions) {
            while screen.version != Some(version) {
                screen.apply(&next(live).await);
            }
            let shown = json!(screen.columns);
            assert_equal(&shown, &ask(&ward.mill, question).await, &format!("version {version}: {question}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stock_that_is_carried_on_has_a_new_bucket_with_the_day() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at("2014-01-15T12:00:00Z".parse().unwrap()));
    let engine = builder(folder.path(), Settings::default()).clock(Arc::clone(&clock) as Arc<dyn Clock>).open().await.unwrap();
    let mill = engine.tenant("acme").unwrap();
    mill.load("stock", Csv::bytes("at,shop,pieces\n2014-01-13T09:00:00Z,north,7\n2014-01-14T09:00:00Z,north,5\n2014-01-14T10:00:00Z,south,4\n"))
        .await
        .unwrap();
    let kept = json!({"name": "kept", "label": "Kept", "kind": "balance", "column": "pieces", "by": ["shop"], "carry": true});
    change(&mill, "stock", json!({"measures": [kept]})).await;
    let days = json!([{"dimension": "stock.at", "granularity": "day", "dateRange": ["2014-01-14", "2014-01-31"]}]);
    let mut live = mill.subscribe(&serde_json::from_value(json!({"measures": ["stock.kept"], "timeDimensions": days})).unwrap()).await.unwrap();
    assert_eq!(next(&mut live).await.to_json()["result"]["data"], json!([["2014-01-14T00:00:00Z", "2014-01-15T00:00:00Z"], [9, 9]]));
    // Nothing is loaded: only the day is another one.
    clock.advance(chrono::TimeDelta::days(1));
    while !next(&mut live).await.to_json().to_string().contains("2014-01-16T00:00:00Z") {}
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rolled_over_days_has_a_new_one_with_the_day() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at("2014-01-15T12:00:00Z".parse().unwrap()));
    let engine = builder(folder.path(), Settings::default()).clock(Arc::clone(&clock) as Arc<dyn Clock>).open().await.unwrap();
    let mill = engine.tenant("acme").unwrap();
    mill.load("orders", Csv::bytes("at,amount\n2014-01-14T09:00:00Z,1\n2014-01-15T09:00:00Z,2\n")).await.unwrap();
    let total = json!({"name": "total", "label": "Total", "kind": "sum", "column": "amount"});
    let two_days = json!({"name": "two_days", "label": "Two days", "kind": "rolling", "measure": "total", "span": {"count": 2, "unit": "day"}});
    change(&mill, "orders", json!({"measures": [total, two_days]})).await;
    let days = json!([{"dimension": "orders.at", "granularity": "day", "dateRange": ["2014-01-14", "2014-01-31"]}]);
    let mut live = mill.subscribe(&serde_json::from_value(json!({"measures": ["orders.two_days"], "timeDimensions": days})).unwrap()).await.unwrap();
    assert_eq!(next(&mut live).await.to_json()["result"]["data"], json!([["2014-01-14T00:00:00Z", "2014-01-15T00:00:00Z"], [1, 3]]));
    // Nothing is loaded: only the day is another one, and yesterday's rows count in it.
    clock.advance(chrono::TimeDelta::days(1));
    while !next(&mut live).await.to_json().to_string().contains("2014-01-16T00:00:00Z") {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_filter_that_becomes_relative_follows_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at("2014-01-15T12:00:00Z".parse().unwrap()));
    let engine = builder(folder.path(), Settings::default()).clock(Arc::clone(&clock) as Arc<dyn Clock>).open().await.unwrap();
    let mill = engine.tenant("acme").unwrap();
    mill.load("orders", Csv::bytes("at,amount\n2014-01-15T09:00:00Z,1\n2014-01-16T09:00:00Z,2\n")).await.unwrap();
    let segment = |day: &str| json!({"segments": [{"name": "now", "label": "Now", "filters": [{"member": "orders.at", "operator": "inDateRange", "values": [day]}]}]});
    change(&mill, "orders", segment("2014-01-16")).await;
    let mut live = mill.subscribe(&serde_json::from_str(r#"{"measures": ["orders.sum_amount"], "segments": ["orders.now"]}"#).unwrap()).await.unwrap();
    assert_eq!(next(&mut live).await.to_json()["result"]["data"], json!([[2]]));
    change(&mill, "orders", segment("today")).await;
    while next(&mut live).await.to_json()["changed"]["data"] != json!([[1]]) {}
    // Nothing is loaded: only the day is another one.
    clock.advance(chrono::TimeDelta::days(1));
    while next(&mut live).await.to_json()["changed"]["data"] != json!([[2]]) {}
}
