//! What is too old goes: rows by their chunk, on a setting of the dataset; and upkeep does it and says so.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::StreamExt;
use serde_json::json;
use tidemill::clock::ManualClock;
use tidemill::{ChangeKind, Chore, ColumnType, Csv, DatasetSettings, Engine, ErrorKind, Event, Mill, Operation, Settings};

use crate::ward::{Ward, open, plain};

fn keep(days: u32) -> DatasetSettings {
    DatasetSettings { keep_days: Some(days), ..DatasetSettings::default() }
}

/// A row a day for a year, in loads of a month.
async fn year(mill: &Mill) {
    for month in 1..=12 {
        let rows: String = (1..=28).map(|day| format!("2013-{month:02}-{day:02}T10:00:00Z,{month}\n")).collect();
        let load = Csv::bytes(format!("at,month\n{rows},0\n")).column_type("at", ColumnType::Timestamp).column_type("month", ColumnType::Integer);
        mill.load("orders", load).await.unwrap();
    }
}

const MONTHS: &str = "select month, count(*) from orders group by month order by month";

#[tokio::test(flavor = "multi_thread")]
async fn chunks_go_as_a_whole_when_all_of_them_is_too_old() {
    let ward = Ward::new().await;
    year(&ward.mill).await;
    assert_eq!(ward.mill.apply_retention("orders").await.unwrap().rows, 0);
    let mut events = ward.engine.events();
    ward.mill.update_dataset_settings("orders", keep(90)).await.unwrap();
    let Event::SegmentCommitted(commit) = events.recv().await.unwrap() else { panic!("another event") };
    assert_eq!((commit.version, commit.segments_added.len() + commit.segments_removed.len(), commit.time_range), (12, 0, None));
    let before = ward.mill.dataset("orders").await.unwrap().summary;
    let report = ward.mill.apply_retention("orders").await.unwrap();
    // 90 days before the 15th of January: the 17th of October. Rows without a time stay.
    let summary = ward.mill.dataset("orders").await.unwrap().summary;
    assert_eq!((report.version, report.segments, before.rows - report.rows), (13, before.segments.unwrap() - summary.segments.unwrap(), summary.rows));
    let oldest = summary.time_min.unwrap();
    assert!(
        oldest >= "2013-10-01T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap() && oldest <= "2013-10-17T12:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap(),
        "{oldest}"
    );
    let Event::SegmentCommitted(commit) = events.recv().await.unwrap() else { panic!("another event") };
    assert_eq!((commit.version, commit.segments_removed.len() as u64), (13, report.segments));
    assert_eq!(commit.time_range.unwrap().0.to_rfc3339(), "2013-01-01T10:00:00+00:00");
    let answer = ward.mill.sql(MONTHS).await.unwrap();
    let months = answer.to_json()["data"][0].clone();
    assert_eq!((months[0].clone(), months[1].clone()), (json!(0), json!(10)));
    assert_eq!(answer.to_json()["data"][1][0], 12);
    let from = report.retained_from.unwrap();
    assert!(answer.provenance.retained_from == Some(from) && from <= oldest, "{from}");
    let query = serde_json::from_str(r#"{"measures": ["orders.count"]}"#).unwrap();
    assert_eq!(ward.mill.query(&query).await.unwrap().to_json()["provenance"]["retained_from"], json!(from));
    // It is done.
    assert_eq!(ward.mill.apply_retention("orders").await.unwrap().version, 13);
    // Older versions have the rows still, and do not say that any went.
    let then = ward.mill.sql_as_of(MONTHS, 12).await.unwrap();
    assert_eq!((then.to_json()["data"][0].as_array().unwrap().len(), then.provenance.retained_from), (13, None));
    let versions = ward.mill.versions("orders", None, 2).await.unwrap().items;
    assert_eq!(
        versions.iter().map(|version| (version.operation, version.rows_removed)).collect::<Vec<_>>(),
        [(Operation::Retention, Some(report.rows)), (Operation::Settings, Some(0))]
    );
    // Another engine knows all of it, from the log as from a checkpoint.
    for _ in 0..2 {
        let other = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
        assert_eq!(other.dataset_settings("orders").await.unwrap(), keep(90));
        assert_eq!(other.sql(MONTHS).await.unwrap().provenance.retained_from, Some(from));
        other.checkpoint("orders").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_checked_and_do_not_run_over_each_other() {
    let ward = Ward::open_tables(Settings::default()).await;
    ward.mill.load("orders", Csv::bytes("at,n\n2013-01-01,1\n")).await.unwrap();
    ward.mill.load("cities", Csv::bytes("name\nRome\n")).await.unwrap();
    for (dataset, settings, field) in [
        ("orders", keep(0), "keep_days"),
        ("orders", keep(40_000), "keep_days"),
        ("orders", DatasetSettings { versions_kept_days: Some(4_000), ..DatasetSettings::default() }, "versions_kept_days"),
        ("cities", keep(10), "keep_days"),
    ] {
        let error = ward.mill.update_dataset_settings(dataset, settings).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some(field)));
    }
    let other = plain(ward.folder.path(), Settings::default()).open().await.unwrap().tenant("acme").unwrap();
    let (mine, theirs) = futures::join!(ward.mill.update_dataset_settings("orders", keep(10)), other.update_dataset_settings("orders", keep(20)));
    mine.unwrap();
    theirs.unwrap();
    let found = ward.mill.dataset_settings("orders").await.unwrap();
    assert!(found == other.dataset_settings("orders").await.unwrap() && (found == keep(10) || found == keep(20)), "{found:?}");
    assert_eq!(ward.mill.dataset("orders").await.unwrap().summary.version, 2);
    // A change of settings is no new dataset, and a load is none either.
    ward.mill.load("orders", Csv::bytes("at,n\n2013-01-02,2\n")).await.unwrap();
    assert_eq!(ward.mill.dataset_settings("orders").await.unwrap(), found);
    let days = DatasetSettings { versions_kept_days: Some(3), ..found };
    ward.mill.update_dataset_settings("orders", days).await.unwrap();
    let log = std::fs::read_to_string(ward.folder.path().join(format!("acme/orders/_delta_log/{:020}.json", 4))).unwrap();
    assert!(log.contains(r#""delta.deletedFileRetentionDuration":"interval 3 days""#) && log.contains("SET TBLPROPERTIES"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_kept_as_long_as_their_dataset_says() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at("2014-01-15T12:00:00Z".parse().unwrap()));
    let settings = Settings { upkeep_seconds: 0, versions_kept_seconds: 86_400, ..Settings::default() };
    let mill = Engine::builder().path(folder.path()).settings(settings).clock(clock.clone()).open().await.unwrap().tenant("acme").unwrap();
    for (dataset, days) in [("short", Some(0)), ("middle", None), ("long", Some(3))] {
        mill.load(dataset, Csv::bytes("n\n1\n2\n")).await.unwrap();
        mill.update_dataset_settings(dataset, DatasetSettings { versions_kept_days: days, ..DatasetSettings::default() }).await.unwrap();
        mill.delete_rows(dataset, "n = 1").await.unwrap();
    }
    for (hours, expected) in [(2, [1, 0, 0]), (24, [0, 1, 0]), (48, [0, 0, 1])] {
        clock.advance(TimeDelta::hours(hours));
        for (dataset, expected) in ["short", "middle", "long"].into_iter().zip(expected) {
            assert_eq!(mill.vacuum(dataset).await.unwrap().objects, expected, "{dataset} after {hours}");
        }
        let readable = mill.sql_as_of("select n from long", 0).await.is_ok();
        assert_eq!(readable, hours < 48);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_question_learns_of_a_retention() {
    let ward = Ward::new().await;
    year(&ward.mill).await;
    ward.mill.update_dataset_settings("orders", keep(60)).await.unwrap();
    let query = serde_json::from_str(r#"{"measures": ["orders.count"]}"#).unwrap();
    let mut live = ward.mill.subscribe(&query).await.unwrap();
    let mut next = async || tokio::time::timeout(Duration::from_secs(20), live.next()).await.unwrap().unwrap().unwrap();
    assert!(matches!(next().await.kind, ChangeKind::Snapshot(_)));
    let report = ward.mill.apply_retention("orders").await.unwrap();
    let change = next().await.to_json();
    assert_eq!((&change["to"], &change["changed"]["data"]), (&json!(report.version), &json!([[12 * 29 - report.rows]])));
}

#[tokio::test(flavor = "multi_thread")]
async fn upkeep_looks_after_datasets_that_it_was_not_told_of_and_says_what_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { upkeep_seconds: 0, ..Settings::default() };
    {
        let writer = Engine::builder().path(folder.path()).settings(settings.clone()).open().await.unwrap().tenant("acme").unwrap();
        for n in 0..8 {
            writer.load("orders", Csv::bytes(format!("at,n\n2013-01-0{},{n}\n2113-01-01,{n}\n", n + 1))).await.unwrap();
        }
        writer.update_dataset_settings("orders", keep(30)).await.unwrap();
    }
    let settings = Settings { upkeep_seconds: 1, checkpoint_commits: 4, ..settings };
    let engine = Engine::builder().path(folder.path()).settings(settings).open().await.unwrap();
    let mill = engine.tenant("acme").unwrap();
    let done = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            let report = engine.upkeep_report();
            let has = |chore: Chore| report.records.iter().any(|record| record.chore == chore);
            if has(Chore::Retention) && has(Chore::Compaction) && has(Chore::Checkpoint) {
                return report;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let report = done.await.unwrap_or_else(|_| panic!("{:?}", engine.upkeep_report()));
    assert!(report.enabled && report.listed_at.is_some() && report.datasets_waiting.is_some());
    let of = |chore: Chore| report.records.iter().find(|record| record.chore == chore).unwrap();
    assert_eq!((of(Chore::Retention).done.rows, of(Chore::Retention).error.clone()), (8, None));
    assert!(of(Chore::Compaction).done.rows == 8 && of(Chore::Checkpoint).done.bytes > 0);
    assert_eq!(mill.sql("select count(*), sum(n) from orders").await.unwrap().to_json()["data"], json!([[8], [28]]));
    assert_eq!(mill.dataset("orders").await.unwrap().summary.segments, Some(1));
    assert_eq!(mill.upkeep_report().await.unwrap().records.len(), report.records.len());
    assert_eq!(engine.tenant("other").unwrap().upkeep_report().await.unwrap().records, []);
    let hint = std::fs::read_to_string(folder.path().join("acme/orders/_delta_log/_last_checkpoint")).unwrap();
    assert!(hint.contains("\"version\":"), "{hint}");
    engine.close().await;
}
