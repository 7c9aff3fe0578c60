//! Profiles of loads and what is not as it was: on real data, with small loads, under scopes, after erasure and damage.

use serde_json::json;
use tidemill::{Csv, DatasetName, DriftKind, ErrorKind, LoadMode, Scope, Settings, Severity, TenantId};

use crate::ward::{Ward, example, open};

fn rows(count: u32, city: &str, amount: u32) -> String {
    let mut text = "city,amount\n".to_owned();
    (0..count).for_each(|row| text.push_str(&format!("{},{}\n", if row % 3 == 0 { city } else { "Oslo" }, amount + row % 10)));
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn real_data_is_profiled_and_the_same_again_has_no_drift() {
    let ward = Ward::new().await;
    let first = ward.mill.load("flights", Csv::path(example("flights.csv.gz"))).await.unwrap();
    assert!(first.profiled && first.drift.is_empty());
    let profile = ward.mill.load_profile("flights", &first.load_id).await.unwrap();
    assert_eq!((profile.rows, profile.compared_with.as_deref()), (first.rows, None));
    assert!(profile.sampled_rows <= 65_536 && profile.sampled_rows * 3 > first.rows.min(65_536));
    // All rows for these, whatever the sample.
    let detail = ward.mill.dataset("flights").await.unwrap();
    for column in &detail.columns {
        let found = profile.column(&column.name).unwrap();
        assert_eq!((Some(found.nulls), &found.min, &found.max), (column.nulls, &column.min, &column.max), "{}", column.name);
    }
    let carrier = profile.column("carrier").unwrap();
    assert_eq!((carrier.distinct, carrier.top.len(), carrier.lengths.unwrap().max), (16, 10, 2));
    let second = ward.mill.load("flights", Csv::path(example("flights.csv.gz"))).await.unwrap();
    assert_eq!(second.drift, []);
    let again = ward.mill.load_profile("flights", &second.load_id).await.unwrap();
    assert_eq!((again.compared_with.as_deref(), again.rows_before, again.columns), (Some(first.load_id.as_str()), vec![first.rows], profile.columns));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_is_reported_and_remembered() {
    let ward = Ward::new().await;
    let first = ward.mill.load("orders", Csv::bytes(rows(600, "Rome", 1))).await.unwrap();
    assert!(first.profiled && first.drift.is_empty());
    // Too small for a profile: the next one is compared with the one before.
    assert!(!ward.mill.load("orders", Csv::bytes(rows(20, "Rome", 1))).await.unwrap().profiled);
    let third = ward.mill.load("orders", Csv::bytes(rows(3_000, "Paris", 500)).idempotency_key("k")).await.unwrap();
    let kinds: Vec<_> = third.drift.iter().map(|drift| (drift.column.as_deref(), drift.kind, drift.severity)).collect();
    for expected in [
        (None, DriftKind::Rows, Severity::Notice),
        (Some("city"), DriftKind::NewCategory, Severity::Warning),
        (Some("city"), DriftKind::MissingCategory, Severity::Warning),
        (Some("amount"), DriftKind::Range, Severity::Warning),
        (Some("amount"), DriftKind::Distribution, Severity::Warning),
    ] {
        assert!(kinds.contains(&expected), "{expected:?} in {kinds:?}");
    }
    // Values stand in the profile, which can be erased, and not in the log.
    let told = serde_json::to_string(&third.drift).unwrap();
    assert!(!told.contains("Paris") && !told.contains("Rome"), "{told}");
    let profile = ward.mill.load_profile("orders", &third.load_id).await.unwrap();
    assert_eq!(profile.compared_with.as_deref(), Some(first.load_id.as_str()));
    assert!(profile.drift.iter().any(|drift| drift.message == r#""city": "Paris" is new and stands in 33.3 % of the rows"#), "{:?}", profile.drift);
    // The same key again, another engine: the same findings.
    let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    let repeated = again.load("orders", Csv::bytes(rows(3_000, "Paris", 500)).idempotency_key("k")).await.unwrap();
    assert_eq!((repeated.replayed, &repeated.drift), (true, &third.drift));
    assert_eq!(again.loads("orders").await.unwrap().iter().map(|load| load.profiled).collect::<Vec<_>>(), [true, false, true]);
    // From a checkpoint too.
    ward.mill.checkpoint("orders").await.unwrap();
    let later = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    let fourth = later.load("orders", Csv::bytes(rows(2_000, "Paris", 500))).await.unwrap();
    assert_eq!(fourth.drift, []);
    assert_eq!(later.load_profile("orders", &fourth.load_id).await.unwrap().rows_before, [600, 3_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_profile_does_no_harm() {
    let ward = Ward::new().await;
    let first = ward.mill.load("orders", Csv::bytes(rows(600, "Rome", 1))).await.unwrap();
    let profiles: Vec<_> = ward.objects("orders").into_iter().filter(|path| path.components().any(|part| part.as_os_str() == "_profiles")).collect();
    assert_eq!(profiles.len(), 1);
    std::fs::write(&profiles[0], b"{\"format\": 1, \"load").unwrap();
    assert_eq!(ward.mill.load_profile("orders", &first.load_id).await.unwrap_err().kind(), ErrorKind::Corrupt);
    let second = ward.mill.load("orders", Csv::bytes(rows(600, "Paris", 500))).await.unwrap();
    assert!(second.profiled && second.drift.is_empty());
    assert_eq!(ward.mill.load_profile("orders", &second.load_id).await.unwrap().compared_with, None);
    std::fs::remove_file(&profiles[0]).unwrap();
    assert_eq!(ward.mill.load_profile("orders", &first.load_id).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(ward.rows("select count(*) from orders").await, json!([[1_200]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_takes_the_profiles_along_and_a_failed_load_leaves_none() {
    let ward = Ward::new().await;
    let first = ward.mill.load("orders", Csv::bytes(rows(600, "Rome", 1))).await.unwrap();
    ward.mill.delete_rows("orders", "amount = 1").await.unwrap();
    assert!(ward.mill.load_profile("orders", &first.load_id).await.is_ok());
    ward.mill.erase_rows("orders", "city = 'Rome'").await.unwrap();
    assert_eq!(ward.mill.load_profile("orders", &first.load_id).await.unwrap_err().kind(), ErrorKind::NotFound);
    let second = ward.mill.load("orders", Csv::bytes(rows(600, "Paris", 500))).await.unwrap();
    assert!(second.profiled && second.drift.is_empty());
    let count = || ward.objects("orders").into_iter().filter(|path| path.components().any(|part| part.as_os_str() == "_profiles")).count();
    assert_eq!(count(), 1);
    assert!(ward.mill.load("orders", Csv::bytes(rows(600, "Paris", 500)).mode(LoadMode::Create)).await.is_err());
    assert_eq!(count(), 1);
    ward.mill.delete_dataset("orders").await.unwrap();
    assert_eq!(count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_see_of_profiles_what_they_see_of_rows() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes(rows(600, "Rome", 1))).await.unwrap();
    let orders = DatasetName::parse("orders").unwrap();
    let scope = || Scope::of(TenantId::parse("acme").unwrap());
    let hiding = ward.engine.mill(scope().hiding(orders.clone(), "city"));
    let report = hiding.load("orders", Csv::bytes(rows(600, "Paris", 500))).await.unwrap();
    assert!(report.drift.is_empty() && hiding.loads("orders").await.unwrap()[0].drift.is_empty());
    let profile = hiding.load_profile("orders", &report.load_id).await.unwrap();
    assert_eq!(profile.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["amount"]);
    assert!(!profile.drift.is_empty() && profile.drift.iter().all(|drift| drift.column.as_deref() != Some("city")));
    let filtered = ward.engine.mill(scope().with_row_filter(orders, "city = 'Oslo'"));
    assert_eq!(filtered.load_profile("orders", &report.load_id).await.unwrap_err().kind(), ErrorKind::Denied);
    let other = ward.engine.tenant("other").unwrap();
    assert_eq!(other.load_profile("orders", &report.load_id).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(ward.mill.load_profile("orders", "../x").await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_of_one_version_whatever_is_loaded_meanwhile() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("city\nc0\n")).await.unwrap();
    let loading = tokio::spawn({
        let mill = ward.mill.clone();
        async move {
            for number in 1..30 {
                mill.load("orders", Csv::bytes(format!("city\nc{number}\n"))).await.unwrap();
            }
        }
    });
    while !loading.is_finished() {
        let profile = ward.mill.profile("orders").await.unwrap();
        // Each load brings one row, with a city of its own.
        assert_eq!((profile.rows, profile.columns[0].distinct), (profile.version + 1, profile.version + 1));
    }
    loading.await.unwrap();
}
