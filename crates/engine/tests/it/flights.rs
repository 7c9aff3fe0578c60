//! The facts of the flights of 2013, which another engine found, through semantic queries and SQL alike.

use serde_json::json;
use tidemill::{Csv, Limits, Scope, TenantId};

use crate::ward::{Ward, example};

#[tokio::test(flavor = "multi_thread")]
async fn the_facts_hold() {
    let ward = Ward::new().await;
    let report = ward.mill.load("flights", Csv::path(example("flights.csv.gz"))).await.unwrap();
    assert_eq!((report.rows, report.rejected, report.version), (336_776, 0, 0));
    assert_eq!(report.promotions, []);

    assert_eq!(ward.data(r#"{"measures": ["flights.count", "flights.sum_distance", "flights.distinct_tailnum"]}"#).await, json!([[336_776], [350_217_607], [4_043]]));
    let delay = ward.data(r#"{"measures": ["flights.avg_arr_delay"]}"#).await[0][0].as_f64().unwrap();
    assert!((delay - 6.895_377).abs() < 1e-6, "{delay}");
    assert_eq!(ward.data(r#"{"measures": ["flights.count"], "filters": [{"member": "flights.dep_delay", "operator": "notSet"}]}"#).await, json!([[8_255]]));
    assert_eq!(ward.data(r#"{"measures": ["flights.count"], "dimensions": ["flights.origin"]}"#).await, json!([["EWR", "JFK", "LGA"], [120_835, 111_279, 104_662]]));
    assert_eq!(ward.data(r#"{"measures": ["flights.count"], "dimensions": ["flights.carrier"], "limit": 1}"#).await, json!([["UA"], [58_665]]));
    let filters = r#"{"measures": ["flights.count"], "filters": [{"member": "flights.dest", "operator": "equals", "values": ["SFO"]}, {"member": "flights.month", "operator": "equals", "values": [7]}]}"#;
    assert_eq!(ward.data(filters).await, json!([[1_231]]));

    assert_eq!(ward.rows("select count(*), sum(distance), count(distinct tailnum) from flights").await, json!([[336_776], [350_217_607], [4_043]]));
    assert_eq!(ward.rows("select carrier, count(*) as n from flights group by 1 order by n desc limit 1").await, json!([["UA"], [58_665]]));

    time_is_pruned_and_bucketed(&ward).await;
    pages_and_totals(&ward).await;
    profile_and_preview(&ward).await;
}

async fn time_is_pruned_and_bucketed(ward: &Ward) {
    // Days of New York; every flight is in exactly one of them.
    let days = ward
        .ask(r#"{"measures": ["flights.count"], "timeDimensions": [{"dimension": "flights.time_hour", "granularity": "day"}], "timezone": "America/New_York"}"#)
        .await;
    assert_eq!(days.batch.num_rows(), 365);
    let data = days.to_json()["data"].clone();
    assert_eq!((&data[0][0], &data[1][0]), (&json!("2013-01-01T05:00:00Z"), &json!(842)));
    let independent = ward.rows("select count(*) from flights where year = 2013 and month = 1 and day = 1").await;
    assert_eq!(independent, json!([[842]]));

    let july = ward
        .ask(
            r#"{"measures": ["flights.count"], "timeDimensions": [{"dimension": "flights.time_hour", "dateRange": ["2013-07-01", "2013-07-31"]}], "timezone": "America/New_York"}"#,
        )
        .await;
    assert_eq!(july.to_json()["data"], ward.rows("select count(*) from flights where month = 7").await);
    let provenance = &july.provenance;
    assert_eq!(provenance.segments_total, provenance.segments_read + provenance.segments_pruned);
    // The night that New York's July ends in UTC's August is in a second segment.
    assert!(provenance.segments_read <= 2 && provenance.segments_pruned >= 10, "{provenance:?}");
    assert!(provenance.rows_scanned < 100_000);
    assert_eq!(provenance.time_range.unwrap().from.to_rfc3339(), "2013-07-01T04:00:00+00:00");
    assert_eq!(provenance.complete_until.unwrap().to_rfc3339(), "2014-01-01T04:00:00+00:00");

    let recent = ward
        .ask(r#"{"measures": ["flights.count"], "timeDimensions": [{"dimension": "flights.time_hour", "dateRange": "last 7 days of data"}], "timezone": "America/New_York"}"#)
        .await;
    assert_eq!(recent.to_json()["data"], ward.rows("select count(*) from flights where month = 12 and day >= 25").await);
    // Relative to the clock, which stands in January 2014, there is nothing.
    assert_eq!(ward.data(r#"{"measures": ["flights.count"], "timeDimensions": [{"dimension": "flights.time_hour", "dateRange": "last 7 days"}]}"#).await, json!([[0]]));
}

async fn pages_and_totals(ward: &Ward) {
    let page = ward.ask(r#"{"measures": ["flights.count"], "dimensions": ["flights.dest"], "limit": 10, "offset": 100, "total": true}"#).await;
    assert_eq!((page.batch.num_rows(), page.provenance.total_rows, page.provenance.truncated), (5, Some(105), false));
    let page = ward.ask(r#"{"measures": ["flights.count"], "dimensions": ["flights.dest"], "limit": 10, "total": true}"#).await;
    assert_eq!((page.batch.num_rows(), page.provenance.total_rows, page.provenance.truncated), (10, Some(105), true));
    let many = r#"{"measures": ["flights.count"], "dimensions": ["flights.dest"], "filters": [{"member": "flights.count", "operator": "gt", "values": [10000]}]}"#;
    assert_eq!(ward.ask(many).await.batch.num_rows(), 9);

    let small = Scope::of(TenantId::parse("acme").unwrap()).with_limits(Limits { result_rows: 3, ..Limits::default() });
    let cut = ward.engine.mill(small).sql("select * from flights").await.unwrap();
    assert_eq!((cut.batch.num_rows(), cut.provenance.truncated, cut.provenance.total_rows), (3, true, None));
}

async fn profile_and_preview(ward: &Ward) {
    let profile = ward.mill.profile("flights").await.unwrap();
    assert_eq!((profile.rows, profile.columns.len()), (336_776, 19));
    let column = |name: &str| profile.columns.iter().find(|column| column.name == name).unwrap();
    assert_eq!((column("dep_delay").nulls, column("carrier").distinct, column("carrier").distinct_exact), (8_255, 16, true));
    assert_eq!(column("carrier").top[0], tidemill::TopValue { value: json!("UA"), count: 58_665 });
    let estimate = column("tailnum").distinct as f64;
    assert!((estimate / 4_043.0 - 1.0).abs() < 0.1, "{estimate}");

    let preview = ward.mill.preview("flights", 5).await.unwrap();
    assert_eq!((preview.batch.num_rows(), preview.columns.len()), (5, 19));
    let detail = ward.mill.dataset("flights").await.unwrap();
    assert_eq!((detail.summary.rows, detail.loads.len()), (336_776, 1));
    let time = detail.columns.iter().find(|column| column.name == "time_hour").unwrap();
    assert_eq!((&time.min, &time.nulls), (&json!("2013-01-01T10:00:00Z"), &Some(0)));
}
