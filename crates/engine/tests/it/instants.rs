//! Times of rows are microseconds of the years 1 to 9999. What is written finer than that is not cut off where it is compared with, and what
//! nanoseconds do not reach is no error: `query/instants.rs`, `functions/date_trunc.rs`.

use serde_json::json;
use tidemill::{Csv, Settings};

use crate::ward::Ward;

/// A time, the microsecond after it, one that is valid for ever, the first one of all, none.
const ROWS: &str = "id,at\n1,2024-01-01T00:00:00Z\n2,2024-01-01T00:00:00.000001Z\n3,9999-12-31T12:00:00Z\n4,0001-01-01T00:00:00Z\n5,\n";

async fn times(partial_cache_bytes: usize) -> Ward {
    let ward = Ward::with(Settings { partial_cache_bytes, ..Settings::default() }).await;
    ward.mill.load("times", Csv::bytes(ROWS)).await.unwrap();
    ward
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_finer_than_a_microsecond_is_not_cut_off() {
    for cache in [0, 32 << 20] {
        let ward = times(cache).await;
        let mut wrong = Vec::new();
        for (condition, expected) in [
            ("at >= timestamp '2024-01-01T00:00:00.0000001'", vec![2, 3]),
            ("at > timestamp '2024-01-01T00:00:00.0000001'", vec![2, 3]),
            ("at < timestamp '2024-01-01T00:00:00.0000001'", vec![1, 4]),
            ("at <= timestamp '2024-01-01T00:00:00.0000001'", vec![1, 4]),
            ("at = timestamp '2024-01-01T00:00:00.0000001'", vec![]),
            ("at <> timestamp '2024-01-01T00:00:00.0000001'", vec![1, 2, 3, 4]),
            ("not at = timestamp '2024-01-01T00:00:00.0000001'", vec![1, 2, 3, 4]),
            ("at is distinct from timestamp '2024-01-01T00:00:00.0000001'", vec![1, 2, 3, 4, 5]),
            ("timestamp '2024-01-01T00:00:00.0000001' > at", vec![1, 4]),
            ("at >= '2024-01-01T00:00:00.000000001Z'", vec![2, 3]),
            ("at >= timestamp '2023-12-31T00:00:00.0000001' + interval '1 day'", vec![2, 3]),
            ("at between timestamp '2024-01-01T00:00:00.0000001' and timestamp '2024-01-02'", vec![2]),
            ("at not between timestamp '2024-01-01T00:00:00.0000001' and timestamp '2024-01-02'", vec![1, 3, 4]),
            ("at in (timestamp '2024-01-01T00:00:00.0000001', timestamp '2024-01-01T00:00:00.000001')", vec![2]),
            ("at not in (timestamp '2024-01-01T00:00:00.0000001', timestamp '2024-01-01T00:00:00.0000002')", vec![1, 2, 3, 4]),
            ("case when at >= timestamp '2024-01-01T00:00:00.0000001' then id < 3 else false end", vec![2]),
            // What says no more than microseconds, and what nanoseconds do not reach.
            ("at = timestamp '2024-01-01T00:00:00.000001000'", vec![2]),
            ("at >= date '2024-01-01'", vec![1, 2, 3]),
            ("at = timestamp '9999-12-31T12:00:00'", vec![3]),
            ("at < '0001-01-01T00:00:00.000001Z'", vec![4]),
            ("case at when timestamp '9999-12-31T12:00:00' then true when timestamp '2024-01-01T00:00:00.0000001' then true else id > 4 end", vec![3, 5]),
            ("nullif(at, timestamp '9999-12-31T12:00:00') is null", vec![3, 5]),
            ("nullif(at, '2024-01-01T00:00:00Z') > timestamp '2023-01-01'", vec![2, 3]),
            ("nullif(at, timestamp '2024-01-01T00:00:00.0000001') < date '2025-01-01'", vec![1, 2, 4]),
        ] {
            let answer = ward.rows(&format!("select id from times where {condition} order by id")).await;
            if answer != json!([expected]) {
                wrong.push(format!("{condition}: {answer}, not {expected:?}"));
            }
        }
        assert!(wrong.is_empty(), "{cache}: {wrong:#?}");
        let counted = "select count(*) filter (where at >= timestamp '2024-01-01T00:00:00.0000001') as later, count(*) as n from times";
        assert_eq!(ward.rows(counted).await, json!([[2], [5]]));
        let grouped = "select at = timestamp '2024-01-01T00:00:00.0000001' as it, count(*) as n from times group by 1 order by 1";
        assert_eq!(ward.rows(grouped).await, json!([[false, null], [4, 1]]));
        assert_eq!(ward.mill.count_rows("times", "at >= timestamp '2024-01-01T00:00:00.0000001'").await.unwrap(), 2);
        let kept = ward.rows("select max(nullif(at, date '2024-01-01')) as latest, count(nullif(at, timestamp '0001-01-01')) as n from times").await;
        assert_eq!(kept, json!([["9999-12-31T12:00:00Z"], [3]]));
        assert_eq!(ward.mill.count_rows("times", "nullif(at, timestamp '9999-12-31T12:00:00') is null").await.unwrap(), 2);
        assert_eq!(ward.mill.count_rows("times", "case at when timestamp '2024-01-01' then true else at is null end").await.unwrap(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bounds_of_segments_are_held_against_times_however_fine() {
    let ward = times(0).await;
    ward.mill.load("days", Csv::bytes("id,at\n1,2024-01-01T00:00:00Z\n")).await.unwrap();
    ward.mill.load("days", Csv::bytes("id,at\n2,2024-03-01T00:00:00Z\n")).await.unwrap();
    for condition in [
        "at >= timestamp '2024-03-01'",
        "at > timestamp '2024-01-01T00:00:00.0000001'",
        "at >= timestamp '2024-01-01T00:00:00.0000001'",
        "at >= '2024-02-01T00:00:00Z'",
        "at between timestamp '2024-02-01' and timestamp '2024-04-01'",
        "at in (timestamp '2024-03-01', timestamp '2024-03-01T00:00:00.0000001')",
    ] {
        let answer = ward.mill.sql(&format!("select id from days where {condition}")).await.unwrap();
        assert_eq!((answer.to_json()["data"].clone(), answer.provenance.segments_pruned), (json!([[2]]), 1), "{condition}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_of_all_years_are_put_into_units() {
    for cache in [0, 32 << 20] {
        let ward = times(cache).await;
        for (unit, last, usual) in [
            ("second", "9999-12-31T12:00:00Z", "2024-01-01T00:00:00Z"),
            ("hour", "9999-12-31T12:00:00Z", "2024-01-01T00:00:00Z"),
            ("day", "9999-12-31T00:00:00Z", "2024-01-01T00:00:00Z"),
            ("week", "9999-12-27T00:00:00Z", "2024-01-01T00:00:00Z"),
            ("month", "9999-12-01T00:00:00Z", "2024-01-01T00:00:00Z"),
            ("quarter", "9999-10-01T00:00:00Z", "2024-01-01T00:00:00Z"),
            ("year", "9999-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
        ] {
            let sql = format!("select date_trunc('{unit}', at) as begins, count(*) as n from times group by 1 order by 1");
            assert_eq!(ward.rows(&sql).await, json!([["0001-01-01T00:00:00Z", usual, last, null], [1, 2, 1, 1]]), "{cache}: {unit}");
        }
        let picked = "select id from times where date_trunc('month', at) >= timestamp '2024-01-01T00:00:00.0000001' order by id";
        assert_eq!(ward.rows(picked).await, json!([[3]]));
    }
}
