//! Budgets: what is over is refused before anything is read, with questions that are within; what is kept costs nothing.

use futures::StreamExt;
use serde_json::{Value, json};
use tidemill::{Budget, Csv, DatasetName, ErrorKind, Limits, Mill, Scope, SemanticQuery, TenantId};

use crate::live::next;
use crate::ward::Ward;

/// Three segments of two rows, a month each.
pub(crate) async fn orders() -> Ward {
    let ward = Ward::new().await;
    for month in 1..=3 {
        let rows = format!("at,city,amount\n2013-0{month}-01T10:00:00,Rome,1\n2013-0{month}-01T10:00:00,Oslo,2\n");
        ward.mill.load("orders", Csv::bytes(rows)).await.unwrap();
    }
    ward
}

fn rows(rows: u64) -> Limits {
    Limits { budget: Budget { rows: Some(rows), bytes: None }, ..Limits::default() }
}

fn within(ward: &Ward, limits: Limits) -> Mill {
    ward.engine.mill(Scope::of(TenantId::parse("acme").unwrap()).with_limits(limits))
}

pub(crate) fn query(value: Value) -> SemanticQuery {
    serde_json::from_value(value).unwrap()
}

pub(crate) fn by_city() -> SemanticQuery {
    query(json!({"measures": ["orders.sum_amount"], "dimensions": ["orders.city"]}))
}

const SHORTER: &str = "ask for orders.at from 2013-01-02T00:00:00Z to 2013-03-01T10:00:00Z only: that reads 4 rows";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_is_refused_before_anything_is_read_and_what_is_kept_is_free() {
    let ward = orders().await;
    let small = within(&ward, rows(4));
    let counted = SemanticQuery { total: true, ..by_city() };
    // Compiled and planned.
    for question in [by_city(), counted] {
        let error = small.query(&question).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exhausted);
        assert!(error.message().contains("would read 6 rows") && error.message().ends_with("its budget is 4 rows"), "{error}");
        assert!(error.suggestions()[0].starts_with(SHORTER), "{:?}", error.suggestions());
    }
    let explained = small.explain(&by_city()).await.unwrap();
    assert_eq!((explained.rows, explained.segments_kept, explained.within_budget), (6, 0, false));
    assert!(explained.bytes > 0 && explained.estimated_ms > 0.0 && explained.suggestions[0].starts_with(SHORTER), "{explained}");
    assert!(explained.to_string().contains("over its budget of 4 rows"), "{explained}");

    // What is suggested is answered.
    let shorter = query(json!({"measures": ["orders.count"], "timeDimensions": [{"dimension": "orders.at", "dateRange": ["2013-01-02T00:00:00Z", "2013-03-01T10:00:00Z"]}]}));
    assert_eq!(small.query(&shorter).await.unwrap().to_json()["data"], json!([[4]]));

    assert_eq!(ward.mill.query(&by_city()).await.unwrap().provenance.rows_scanned, 6, "the refusal had read something");
    assert_eq!(small.query(&by_city()).await.unwrap().provenance.rows_scanned, 0);
    let explained = small.explain(&by_city()).await.unwrap();
    assert!(explained.within_budget && explained.suggestions.is_empty(), "{explained}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_only_lowers_its_budget() {
    let ward = orders().await;
    let lowered = SemanticQuery { budget: Some(Budget { rows: Some(3), bytes: None }), ..by_city() };
    let raised = SemanticQuery { budget: Some(Budget { rows: Some(1_000), bytes: Some(1 << 40) }), ..by_city() };
    assert_eq!(within(&ward, rows(100)).query(&lowered).await.unwrap_err().kind(), ErrorKind::Exhausted);
    assert_eq!(ward.mill.query(&lowered).await.unwrap_err().kind(), ErrorKind::Exhausted);
    assert_eq!(within(&ward, rows(4)).query(&raised).await.unwrap_err().kind(), ErrorKind::Exhausted);
    let bytes = SemanticQuery { budget: Some(Budget { rows: None, bytes: Some(1) }), ..by_city() };
    assert!(ward.mill.query(&bytes).await.unwrap_err().message().ends_with("its budget is 1 bytes"));
    ward.mill.query(&raised).await.unwrap();
    assert!(serde_json::from_str::<SemanticQuery>(r#"{"budget": {"row": 1}}"#).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn measures_of_measures_have_a_budget() {
    let ward = orders().await;
    let mut model = ward.mill.model("orders").await.unwrap();
    model
        .measures
        .push(serde_json::from_value(json!({"name": "each", "label": "Each", "kind": "ratio", "measure": "sum_amount", "denominator": "count"})).unwrap());
    let version = model.version;
    ward.mill.update_model(model, version).await.unwrap();
    let (small, question) = (within(&ward, rows(4)), query(json!({"measures": ["orders.each"]})));
    let error = small.query(&question).await.unwrap_err();
    assert_eq!((error.kind(), error.suggestions().is_empty()), (ErrorKind::Exhausted, false), "{error}");
    assert!(!small.explain(&question).await.unwrap().within_budget);
    ward.mill.query(&question).await.unwrap();
    assert_eq!(small.query(&question).await.unwrap().to_json()["data"], json!([[1.5]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_have_a_budget() {
    let ward = orders().await;
    let small = within(&ward, rows(4));
    for sql in ["select city from orders", "select sum(amount) from orders", "select a.city from orders a join orders b on a.city = b.city"] {
        let error = small.sql(sql).await.unwrap_err();
        assert_eq!((error.kind(), error.suggestions().is_empty()), (ErrorKind::Exhausted, false), "{sql}: {error}");
    }
    let error = small.sql("select city from orders").await.unwrap_err();
    assert!(error.suggestions()[0].contains("at is 2013-01-02T00:00:00Z or later: they lie in 2 segments with 4 rows"), "{:?}", error.suggestions());
    let narrow = "select city from orders where at >= '2013-01-02T00:00:00Z'";
    assert_eq!(small.sql(narrow).await.unwrap().batch.num_rows(), 4);
    let (wide, narrow) = (small.explain_sql("select city from orders").await.unwrap(), small.explain_sql(narrow).await.unwrap());
    assert_eq!((wide.rows, wide.within_budget, narrow.rows, narrow.within_budget), (6, false, 4, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_question_pays_for_what_is_new() {
    let ward = orders().await;
    let mut live = within(&ward, rows(4)).subscribe(&by_city()).await.unwrap();
    let refused = live.next().await.unwrap().unwrap_err();
    assert_eq!((refused.kind(), refused.suggestions().is_empty()), (ErrorKind::Exhausted, false));
    ward.mill.query(&by_city()).await.unwrap();
    ward.mill.load("orders", Csv::bytes("at,city,amount\n2013-04-01T10:00:00,Rome,1\n2013-04-01T10:00:00,Oslo,2\n")).await.unwrap();
    while next(&mut live).await.version < 3 {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coarser_grain_that_a_rollup_keeps_is_suggested() {
    let ward = orders().await;
    let mut model = ward.mill.model("orders").await.unwrap();
    model.rollups = serde_json::from_value(json!([{"name": "daily", "measures": ["sum_amount"], "dimensions": [], "time_dimension": "at", "granularity": "day"}])).unwrap();
    let version = model.version;
    ward.mill.update_model(model, version).await.unwrap();
    ward.mill.build_rollups("orders").await.unwrap();
    let hourly = query(json!({"measures": ["orders.sum_amount"], "timeDimensions": [{"dimension": "orders.at", "granularity": "hour"}]}));
    let error = within(&ward, rows(1)).query(&hourly).await.unwrap_err();
    assert!(error.suggestions()[0].starts_with("ask by day and not by hour: that reads 0 rows"), "{:?}", error.suggestions());
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_values_have_a_budget_and_kept_ones_are_free() {
    let ward = orders().await;
    let small = within(&ward, rows(4));
    for search in [None, Some("o")] {
        let error = small.values("orders.city", search, 10, 0).await.unwrap_err();
        assert_eq!((error.kind(), error.suggestions().is_empty()), (ErrorKind::Exhausted, false), "{error}");
        assert!(error.message().contains("would read 6 rows"), "{error}");
    }
    ward.mill.values("orders.city", None, 10, 0).await.unwrap();
    assert_eq!(small.values("orders.city", None, 10, 0).await.unwrap().values, ["Oslo", "Rome"]);
    // What is new is paid for alone.
    ward.mill.load("orders", Csv::bytes("at,city,amount\n2013-04-01T10:00:00,Bari,1\n2013-04-01T10:00:00,Oslo,2\n")).await.unwrap();
    assert_eq!(small.values("orders.city", Some("b"), 10, 0).await.unwrap().values, ["Bari"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_parts_of_an_answer_are_explained_and_share_the_budget() {
    let shaped = [
        json!({"measures": ["orders.sum_amount"], "dimensions": ["orders.city"], "totals": true}),
        json!({"measures": ["orders.sum_amount"], "dimensions": ["orders.city"], "top": {"dimension": "orders.city", "limit": 1, "others": true}}),
        json!({"measures": ["orders.sum_amount"], "dimensions": ["orders.city"], "totals": [[]], "top": {"dimension": "orders.city", "limit": 1, "others": true}}),
    ];
    for (question, needed) in shaped.into_iter().zip([12, 18, 24]) {
        let question = query(question);
        // A part that was answered before another one was refused is kept, so each look is at orders of its own.
        let ward = orders().await;
        assert_eq!(ward.mill.explain(&question).await.unwrap().rows, needed, "{question:?}");
        let small = within(&ward, rows(needed - 1));
        assert!(!small.explain(&question).await.unwrap().within_budget, "{question:?}");
        assert_eq!(small.query(&question).await.unwrap_err().kind(), ErrorKind::Exhausted, "{question:?}");
        let ward = orders().await;
        let enough = within(&ward, rows(needed));
        assert!(enough.explain(&question).await.unwrap().within_budget, "{question:?}");
        enough.query(&question).await.unwrap();
        // All of it is kept now, and the greatest values are known.
        let none = within(&ward, rows(0));
        let explained = none.explain(&question).await.unwrap();
        assert!(explained.within_budget && explained.rows == 0, "{question:?}: {explained}");
        none.query(&question).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_count_behind_a_total_has_a_budget() {
    let ward = orders().await;
    // Rows, of which nothing is kept: the page is found in one segment, the count looks into all whose cities may be meant.
    let rome = json!([{"member": "orders.city", "operator": "contains", "values": ["o"]}]);
    let page = json!({"dimensions": ["orders.city"], "measures": ["orders.sum_amount"], "ungrouped": true, "filters": rome, "limit": 1, "total": true});
    let question = query(page);
    let needed = ward.mill.explain(&question).await.unwrap().rows;
    let answered = ward.mill.query(&SemanticQuery { total: false, ..question.clone() }).await.unwrap();
    assert!(answered.provenance.truncated);
    let page_alone = ward.mill.explain(&SemanticQuery { total: false, ..question.clone() }).await.unwrap().rows;
    assert!(page_alone < needed, "{page_alone} of {needed}");
    let small = within(&ward, rows(page_alone));
    small.query(&SemanticQuery { total: false, ..question.clone() }).await.unwrap();
    assert_eq!(small.query(&question).await.unwrap_err().kind(), ErrorKind::Exhausted);
    assert!(!small.explain(&question).await.unwrap().within_budget);
    assert_eq!(within(&ward, rows(needed)).query(&question).await.unwrap().provenance.total_rows, Some(6));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_row_that_is_seen_has_a_budget() {
    let ward = orders().await;
    let part = |limits: Limits| {
        let scope = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("orders").unwrap(), "city = 'Rome'");
        ward.engine.mill(scope.with_limits(limits))
    };
    let of_data = query(json!({"measures": ["orders.count"], "timeDimensions": [{"dimension": "orders.at", "dateRange": "last 1 day of data"}]}));
    let error = part(rows(5)).query(&of_data).await.unwrap_err();
    assert_eq!((error.kind(), error.suggestions().is_empty()), (ErrorKind::Exhausted, false), "{error}");
    assert!(!error.message().contains('6'), "{error}");
    // What is found once is kept.
    part(Limits::default()).query(&of_data).await.unwrap();
    assert_eq!(part(rows(2)).query(&of_data).await.unwrap().to_json()["data"], json!([[1]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_some_rows_learns_no_figures() {
    let ward = orders().await;
    let scope = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("orders").unwrap(), "city = 'Rome'").with_limits(rows(4));
    let part = ward.engine.mill(scope);
    for error in [part.query(&by_city()).await.unwrap_err(), part.sql("select city from orders").await.unwrap_err()] {
        assert_eq!((error.kind(), error.message()), (ErrorKind::Exhausted, "the question would read more than its budget of 4 rows"));
        assert!(!error.suggestions().is_empty() && !error.suggestions().iter().any(|said| said.contains(|letter: char| letter.is_ascii_digit())), "{:?}", error.suggestions());
    }
    let explained = part.explain(&by_city()).await.unwrap();
    assert_eq!((explained.rows, explained.bytes, explained.segments_total, explained.estimated_ms, explained.within_budget), (0, 0, 0, 0.0, false));
    // A budget of their own would be a scale.
    let own = SemanticQuery { budget: Some(Budget { rows: Some(5), bytes: None }), ..by_city() };
    for error in [part.query(&own).await.unwrap_err(), part.explain(&own).await.unwrap_err()] {
        assert_eq!((error.kind(), error.field()), (ErrorKind::Denied, Some("budget")));
    }
}
