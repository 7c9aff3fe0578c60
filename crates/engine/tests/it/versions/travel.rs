//! Asking older states: what they share with the latest, what holds for them too, what is refused.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::json;
use tidemill::clock::ManualClock;
use tidemill::{AsOf, Csv, DatasetName, Engine, ErrorKind, Mill, Operation, Scope, SemanticQuery, Settings, TenantId};

use crate::ward::{Ward, example};

fn query(as_of: impl Into<Option<AsOf>>) -> SemanticQuery {
    let query = r#"{"measures": ["orders.count", "orders.sum_amount"], "dimensions": ["orders.city"], "order": [["orders.city", "asc"]]}"#;
    SemanticQuery { as_of: as_of.into(), ..serde_json::from_str(query).unwrap() }
}

async fn at_noon(folder: &std::path::Path, clock: &Arc<ManualClock>) -> Engine {
    let settings = Settings { upkeep_seconds: 0, versions_kept_seconds: 86_400, ..Settings::default() };
    Engine::builder().path(folder).settings(settings).clock(clock.clone()).open().await.unwrap()
}

fn noon() -> Arc<ManualClock> {
    Arc::new(ManualClock::at("2014-01-15T12:00:00Z".parse().unwrap()))
}

async fn sum(mill: &Mill, as_of: AsOf) -> Option<i64> {
    let answer = mill.sql_as_of("select sum(amount) as total from orders", as_of).await;
    answer.ok().and_then(|answer| answer.to_json()["data"][0][0].as_i64())
}

#[tokio::test(flavor = "multi_thread")]
async fn older_states_share_what_was_computed_for_the_latest() {
    let ward = Ward::new().await;
    for n in 0..6 {
        ward.mill.load("orders", Csv::bytes(format!("city,amount\nRome,{n}\nOslo,1\n"))).await.unwrap();
    }
    let now = ward.mill.query(&query(None)).await.unwrap();
    assert_eq!(now.provenance.segments_total, 6);
    for version in 0..6 {
        let then = ward.mill.query(&query(AsOf::Version(version))).await.unwrap();
        assert_eq!(then.to_json()["data"], json!([["Oslo", "Rome"], [version + 1, version + 1], [version + 1, (0..=version).sum::<u64>()]]));
        let provenance = then.provenance;
        assert_eq!((provenance.version, provenance.segments_total, provenance.segments_reused, provenance.rows_scanned), (Some(version), version + 1, version + 1, 0));
    }
    // And the other way round: what an older state needed is there for the latest, compacted or not.
    ward.mill.compact("orders").await.unwrap();
    let compacted = ward.mill.query(&query(None)).await.unwrap();
    assert_eq!((compacted.provenance.segments_total, compacted.to_json()["data"].clone()), (1, now.to_json()["data"].clone()));
    assert_eq!(ward.mill.explain(&query(AsOf::Version(2))).await.unwrap().segments_kept, 3);
    assert_eq!(ward.mill.plan(&query(AsOf::Version(2))).await.unwrap().schema().fields().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scope_of_now_holds_for_older_states() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("city,amount,margin\nRome,1,9\nOslo,2,8\n")).await.unwrap();
    ward.mill.delete_rows("orders", "city = 'Rome'").await.unwrap();
    let orders = || DatasetName::parse("orders").unwrap();
    let scope = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(orders(), "city = 'Rome'").hiding(orders(), "margin");
    let mill = ward.engine.mill(scope);
    let answer = mill.query(&query(AsOf::Version(0))).await.unwrap();
    assert_eq!((answer.to_json()["data"].clone(), answer.provenance.row_filter_applied), (json!([["Rome"], [1], [1]]), true));
    let rows = mill.sql_as_of("select * from orders", 0).await.unwrap();
    assert_eq!(rows.to_json()["data"], json!([["Rome"], [1]]));
    assert!(mill.sql_as_of("select margin from orders", 0).await.is_err());
    // How many rows came and went is told to nobody who does not see them.
    for kind in [
        mill.versions("orders", None, 10).await.unwrap_err().kind(),
        mill.changes("orders", 0, 1).await.unwrap_err().kind(),
        mill.erase_rows("orders", "true").await.unwrap_err().kind(),
        mill.checkpoint("orders").await.unwrap_err().kind(),
        mill.apply_retention("orders").await.unwrap_err().kind(),
        mill.update_dataset_settings("orders", Default::default()).await.unwrap_err().kind(),
    ] {
        assert_eq!(kind, ErrorKind::Denied);
    }
    let other = ward.engine.tenant("other").unwrap();
    for kind in [
        other.query(&query(AsOf::Version(0))).await.unwrap_err().kind(),
        other.sql_as_of("select * from orders", 0).await.unwrap_err().kind(),
        other.versions("orders", None, 10).await.unwrap_err().kind(),
        other.changes("orders", 0, 1).await.unwrap_err().kind(),
        other.erase_rows("orders", "true").await.unwrap_err().kind(),
        other.checkpoint("orders").await.unwrap_err().kind(),
        other.dataset_settings("orders").await.unwrap_err().kind(),
    ] {
        assert_eq!(kind, ErrorKind::NotFound);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_says_what_can() {
    let folder = tempfile::tempdir().unwrap();
    let clock = noon();
    let engine = at_noon(folder.path(), &clock).await;
    let mill = engine.tenant("acme").unwrap();
    for n in 1..=3 {
        mill.load("orders", Csv::bytes(format!("city,amount\nRome,{n}\n"))).await.unwrap();
        clock.advance(TimeDelta::hours(1));
    }
    mill.delete_rows("orders", "amount = 2").await.unwrap();
    let time = |text: &str| AsOf::Time(text.parse().unwrap());
    for (as_of, text) in [
        (AsOf::Version(4), "there is none yet; versions 0 (2014-01-15T12:00:00Z) to 3 (2014-01-15T15:00:00Z)"),
        (time("2014-01-15T11:59:59Z"), "before the first version"),
        (time("2014-01-15T15:00:01Z"), "in the future"),
    ] {
        let error = mill.query(&query(as_of)).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Invalid && error.field() == Some("asOf") && error.message().contains(text), "{error}");
    }
    for (as_of, total) in [("2014-01-15T12:00:00Z", 1), ("2014-01-15T12:59:59.999Z", 1), ("2014-01-15T13:00:00Z", 3), ("2014-01-15T14:30:00Z", 6), ("2014-01-15T15:00:00Z", 4)] {
        assert_eq!(sum(&mill, time(as_of)).await, Some(total), "{as_of}");
    }
    assert_eq!(mill.subscribe(&query(AsOf::Version(3))).await.unwrap_err().field(), Some("asOf"));

    // Version 0 was replaced 23 hours ago, 24 hours ago, ...; its segment is still part of the latest version.
    clock.advance(TimeDelta::hours(22));
    assert_eq!((sum(&mill, AsOf::Version(1)).await, sum(&mill, AsOf::Version(2)).await), (Some(3), Some(6)));
    clock.advance(TimeDelta::hours(2));
    assert_eq!(mill.vacuum("orders").await.unwrap().objects, 0);
    let gone = mill.query(&query(AsOf::Version(1))).await.unwrap_err();
    assert!(gone.message().contains("cannot be read any more; versions 3 (2014-01-15T15:00:00Z) to 3"), "{gone}");
    assert_eq!((sum(&mill, AsOf::Version(0)).await, sum(&mill, AsOf::Version(2)).await), (Some(1), None));
    // An hour is left to queries that have begun.
    clock.advance(TimeDelta::hours(1));
    assert_eq!(mill.vacuum("orders").await.unwrap().objects, 1);
    assert_eq!((sum(&mill, AsOf::Version(0)).await, sum(&mill, AsOf::Version(3)).await), (Some(1), Some(4)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_erased_is_in_no_version_of_any_engine() {
    let folder = tempfile::tempdir().unwrap();
    let clock = noon();
    let (engine, other) = (at_noon(folder.path(), &clock).await, at_noon(folder.path(), &clock).await);
    let (mill, other) = (engine.tenant("acme").unwrap(), other.tenant("acme").unwrap());
    for n in 1..=4 {
        mill.load("orders", Csv::bytes(format!("at,city,amount\n2014-01-01,c{n},{n}\n"))).await.unwrap();
    }
    mill.compact("orders").await.unwrap();
    mill.delete_rows("orders", "amount = 4").await.unwrap();
    assert_eq!((sum(&mill, AsOf::Version(3)).await, sum(&other, AsOf::Version(4)).await), (Some(10), Some(10)));
    // It is not there now, but it was.
    let report = mill.erase_rows("orders", "amount = 4").await.unwrap();
    assert_eq!((report.version, report.rows), (6, 0));
    let report = mill.erase_rows("orders", "amount = 3").await.unwrap();
    assert_eq!((report.version, report.rows), (7, 1));
    for version in 0..7 {
        assert_eq!((sum(&mill, AsOf::Version(version)).await, sum(&other, AsOf::Version(version)).await), (None, None), "{version}");
    }
    assert_eq!((sum(&mill, AsOf::Version(7)).await, sum(&other, AsOf::Version(7)).await), (Some(3), Some(3)));
    let versions = mill.versions("orders", None, 3).await.unwrap();
    assert_eq!(
        versions.items.iter().map(|item| (item.operation, item.readable)).collect::<Vec<_>>(),
        [(Operation::Erasure, true), (Operation::Erasure, false), (Operation::Deletion, false)]
    );
    // Four loads, what was made of them, and what was left of that without 4.
    clock.advance(TimeDelta::minutes(59));
    assert_eq!(mill.vacuum("orders").await.unwrap().objects, 0);
    clock.advance(TimeDelta::minutes(1));
    assert_eq!(mill.vacuum("orders").await.unwrap().objects, 6);
    assert_eq!(sum(&other, AsOf::Version(7)).await, Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_over_two_datasets_are_asked_by_time() {
    let folder = tempfile::tempdir().unwrap();
    let clock = noon();
    let mill = at_noon(folder.path(), &clock).await.tenant("acme").unwrap();
    mill.load("orders", Csv::bytes("amount\n1\n")).await.unwrap();
    mill.load("fees", Csv::bytes("fee\n10\n")).await.unwrap();
    clock.advance(TimeDelta::hours(1));
    mill.load("orders", Csv::bytes("amount\n2\n")).await.unwrap();
    mill.load("fees", Csv::bytes("fee\n20\n")).await.unwrap();
    let sql = "select (select sum(amount) from orders) + (select sum(fee) from fees) as total";
    let then = mill.sql_as_of(sql, AsOf::Time("2014-01-15T12:10:00Z".parse().unwrap())).await.unwrap();
    assert_eq!(then.to_csv().unwrap(), "total\r\n11\r\n");
    assert_eq!(mill.sql(sql).await.unwrap().to_csv().unwrap(), "total\r\n33\r\n");
    let error = mill.sql_as_of(sql, 0).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.message().contains("give a time"), "{error}");
    // A dataset that was not there yet.
    clock.advance(TimeDelta::hours(1));
    mill.load("taxes", Csv::bytes("tax\n1\n")).await.unwrap();
    let error = mill.sql_as_of("select * from taxes", AsOf::Time("2014-01-15T12:10:00Z".parse().unwrap())).await.unwrap_err();
    assert!(error.message().contains("taxes") && error.message().contains("before the first version"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn relative_ranges_are_counted_from_the_state_that_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let clock = noon();
    let mill = at_noon(folder.path(), &clock).await.tenant("acme").unwrap();
    mill.load("flights", tidemill::Load::path(example("flights.csv.gz"))).await.unwrap();
    let query = |as_of: &str| {
        serde_json::from_str(&format!(r#"{{"measures": ["flights.count"], "timeDimensions": [{{"dimension": "flights.time_hour", "dateRange": "last 30 days"}}]{as_of}}}"#))
            .unwrap()
    };
    let now = mill.query(&query("")).await.unwrap().to_json();
    clock.advance(TimeDelta::days(60));
    assert_eq!(mill.query(&query("")).await.unwrap().to_json()["data"], json!([[0]]));
    for as_of in [r#", "asOf": 0"#, r#", "asOf": "2014-01-15T12:00:00Z""#] {
        let then = mill.query(&query(as_of)).await.unwrap().to_json();
        assert_eq!((&then["data"], &then["provenance"]["time_range"]), (&now["data"], &now["provenance"]["time_range"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_about_an_older_state_is_of_the_time_of_that_state() {
    let folder = tempfile::tempdir().unwrap();
    let clock = noon();
    let mill = at_noon(folder.path(), &clock).await.tenant("acme").unwrap();
    for hours in [2, 1] {
        mill.load("orders", Csv::bytes("city,amount\nRome,1\n")).await.unwrap();
        clock.advance(TimeDelta::hours(hours));
    }
    let at = |hour: u32| format!("2014-01-15T{hour}:00:00+00:00");
    let sql = "select count(*) as n from orders";
    for (as_of, hour) in [(AsOf::Version(0), 12), (AsOf::Version(1), 14), (AsOf::Time(at(13).parse().unwrap()), 13)] {
        let answered_at = mill.sql_as_of(sql, as_of).await.unwrap().provenance.answered_at;
        assert_eq!(answered_at.map(|at| at.to_rfc3339()), Some(at(hour)), "{as_of:?}");
    }
    assert_eq!(mill.sql(sql).await.unwrap().provenance.answered_at.map(|at| at.to_rfc3339()), Some(at(15)));
}
