//! Live questions: what changed, once for all that listen, and nothing when nothing did.

use std::time::Duration;

use futures::{Stream, StreamExt};
use serde_json::json;
use tidemill::{Change, ChangeKind, Csv, Result};

use crate::ward::Ward;

async fn next(live: &mut (impl Stream<Item = Result<Change>> + Unpin)) -> Change {
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
