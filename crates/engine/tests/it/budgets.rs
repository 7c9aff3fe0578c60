//! Budgets: what is over is refused before anything is read, with questions that are within; what is kept costs nothing. For who
//! sees some rows only, these rows count and nothing else: `access/interference.rs` looks whether others have a part in it.

use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};
use tidemill::{AsOf, Budget, Csv, DatasetName, ErrorKind, Limits, Mill, Scope, SemanticQuery, Settings, TenantId};

use crate::composed::{change, shop};
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
    Limits { budget: Budget { rows: Some(rows), ..Budget::default() }, ..Limits::default() }
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
    assert!(explained.bytes > 0 && explained.estimated_ms.is_some_and(|milliseconds| milliseconds > 0.0) && explained.suggestions[0].starts_with(SHORTER), "{explained}");
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
    let lowered = SemanticQuery { budget: Some(Budget { rows: Some(3), ..Budget::default() }), ..by_city() };
    let raised = SemanticQuery { budget: Some(Budget { rows: Some(1_000), bytes: Some(1 << 40), cost: None }), ..by_city() };
    assert_eq!(within(&ward, rows(100)).query(&lowered).await.unwrap_err().kind(), ErrorKind::Exhausted);
    assert_eq!(ward.mill.query(&lowered).await.unwrap_err().kind(), ErrorKind::Exhausted);
    assert_eq!(within(&ward, rows(4)).query(&raised).await.unwrap_err().kind(), ErrorKind::Exhausted);
    let bytes = SemanticQuery { budget: Some(Budget { bytes: Some(1), ..Budget::default() }), ..by_city() };
    assert!(ward.mill.query(&bytes).await.unwrap_err().message().ends_with("its budget is 1 bytes"));
    ward.mill.query(&raised).await.unwrap();
    assert!(serde_json::from_str::<SemanticQuery>(r#"{"budget": {"row": 1}}"#).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn cost_is_one_number_of_rows_and_bytes() {
    let ward = Ward::with(Settings { rows_a_unit: 4, bytes_a_unit: 1_000_000_000_000, ..Settings::default() }).await;
    for month in 1..=3 {
        ward.mill
            .load("orders", Csv::bytes(format!("at,city,amount\n2013-0{month}-01T10:00:00,Rome,1\n2013-0{month}-01T10:00:00,Oslo,2\n")))
            .await
            .unwrap();
    }
    // Six rows of four a unit, and bytes that cost next to nothing: what is begun is paid.
    let explained = ward.mill.explain(&by_city()).await.unwrap();
    assert_eq!((explained.rows, explained.cost, explained.within_budget), (6, 2, true));
    assert!(explained.to_string().contains("2 units of cost"), "{explained}");
    let small = within(&ward, Limits { budget: Budget { cost: Some(1), ..Budget::default() }, ..Limits::default() });
    let error = small.query(&by_city()).await.unwrap_err();
    assert!(error.message().contains(", which cost 2 units") && error.message().ends_with("its budget is 1 unit of cost"), "{error}");
    assert!(error.suggestions()[0].starts_with("ask for orders.at from 2013-0"), "{:?}", error.suggestions());
    assert_eq!(small.sql("select city from orders").await.unwrap_err().kind(), ErrorKind::Exhausted);
    // The smaller one counts, and a question that lowers it is held to it.
    let own = SemanticQuery { budget: Some(Budget { cost: Some(1), ..Budget::default() }), ..by_city() };
    assert_eq!(ward.mill.query(&own).await.unwrap_err().kind(), ErrorKind::Exhausted);
    ward.mill.query(&by_city()).await.unwrap();
    // What is kept is free.
    let kept = small.explain(&by_city()).await.unwrap();
    assert_eq!((kept.cost, kept.within_budget), (0, true), "{kept}");
    small.query(&by_city()).await.unwrap();
    assert!(Settings { rows_a_unit: 0, ..Settings::default() }.validate().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explained_statement_says_what_it_was_to_read_of_the_versions_that_it_read() {
    let ward = orders().await;
    let sql = "select city, sum(amount) as total from orders group by city order by city";
    let looked = ward.mill.explain_sql(sql).await.unwrap();
    let answer = ward.mill.sql_explained(sql, None).await.unwrap();
    let told = answer.explanation.as_ref().unwrap();
    assert_eq!((told.rows, told.version, told.segments_from_rows), (looked.rows, 2, 3));
    assert_eq!(answer.to_json()["data"], json!([["Oslo", "Rome"], [6, 3]]));
    assert_eq!(answer.to_json()["explanation"]["rows"], json!(6));
    // Told before anything is read: the second time all is kept, and an older state has fewer segments.
    assert_eq!(ward.mill.sql_explained(sql, None).await.unwrap().explanation.unwrap().rows, 0);
    let older = ward.mill.sql_explained("select max(amount) from orders", Some(AsOf::Version(0))).await.unwrap();
    assert_eq!((older.explanation.unwrap().segments_total, older.provenance.version), (1, Some(0)));
    // What is over its budget is refused with what to ask instead, explained or not.
    let error = within(&ward, rows(4)).sql_explained("select min(amount) from orders", None).await.unwrap_err();
    assert_eq!((error.kind(), error.suggestions().is_empty()), (ErrorKind::Exhausted, false), "{error}");
    assert!(ward.mill.sql(sql).await.unwrap().explanation.is_none());
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

/// Who sees the three rows of Rome.
fn roman(ward: &Ward, limits: Limits) -> Mill {
    let scope = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("orders").unwrap(), "city = 'Rome'");
    ward.engine.mill(scope.with_limits(limits))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_some_rows_has_a_budget_of_these() {
    let ward = orders().await;
    let explained = roman(&ward, Limits::default()).explain(&by_city()).await.unwrap();
    // A number and a text of each row, whatever their segments are like.
    assert_eq!((explained.rows, explained.bytes, explained.within_budget), (3, 3 * (8 + 16), true));
    assert_eq!((explained.segments_total, explained.segments_from_rows, explained.estimated_ms, explained.plan.as_str()), (0, 0, None, ""));
    assert!(explained.to_string().contains("3 rows that are seen and about 72 bytes"), "{explained}");
    let own = SemanticQuery { budget: Some(Budget { rows: Some(2), ..Budget::default() }), ..by_city() };
    for _ in 0..2 {
        for (mill, question) in [(roman(&ward, rows(2)), by_city()), (roman(&ward, Limits::default()), own.clone()), (roman(&ward, rows(100)), own.clone())] {
            let error = mill.query(&question).await.unwrap_err();
            let told = "the question looks at 3 rows that you see and about 72 bytes of them, and its budget is 2 rows";
            assert_eq!((error.kind(), error.message()), (ErrorKind::Exhausted, told));
            let shorter = "ask for orders.at from 2013-01-31T00:00:00Z to 2013-03-01T10:00:00Z only: that looks at 2 rows and about 64 bytes";
            assert_eq!(error.suggestions()[0], shorter, "{:?}", error.suggestions());
            let explained = mill.explain(&question).await.unwrap();
            assert_eq!((explained.rows, explained.within_budget, explained.suggestions.as_slice()), (3, false, error.suggestions()));
        }
        // What others have asked, and what they have asked themselves, makes nothing cheaper.
        ward.mill.query(&by_city()).await.unwrap();
        roman(&ward, Limits::default()).query(&by_city()).await.unwrap();
    }
    // What is suggested is answered, and so is what is just within.
    let times = json!([{"dimension": "orders.at", "dateRange": ["2013-01-31T00:00:00Z", "2013-03-01T10:00:00Z"]}]);
    let shorter = query(json!({"measures": ["orders.sum_amount"], "dimensions": ["orders.city"], "timeDimensions": times}));
    assert_eq!(roman(&ward, rows(2)).query(&shorter).await.unwrap().to_json()["data"], json!([["Rome"], [2]]));
    for (bytes, answered) in [(71, false), (72, true)] {
        let bounded = SemanticQuery { budget: Some(Budget { bytes: Some(bytes), ..Budget::default() }), ..by_city() };
        assert_eq!(roman(&ward, Limits::default()).query(&bounded).await.is_ok(), answered, "{bytes}");
    }
    // Rows that are not seen have no part in it, and those that are have.
    ward.mill.load("orders", Csv::bytes("at,city,amount\n2013-04-01T10:00:00,Oslo,1\n2013-04-01T10:00:00,Oslo,2\n")).await.unwrap();
    assert_eq!(roman(&ward, rows(3)).explain(&by_city()).await.unwrap().rows, 3);
    ward.mill.load("orders", Csv::bytes("at,city,amount\n2013-04-02T10:00:00,Rome,1\n")).await.unwrap();
    assert!(!roman(&ward, rows(3)).explain(&by_city()).await.unwrap().within_budget);
}

#[tokio::test(flavor = "multi_thread")]
async fn for_who_sees_some_rows_an_answer_counts_once_and_by_the_range_that_it_is_of() {
    let ward = orders().await;
    let mut model = ward.mill.model("orders").await.unwrap();
    let more = json!([
        {"name": "each", "label": "Each", "kind": "ratio", "measure": "sum_amount", "denominator": "count"},
        {"name": "so_far", "label": "So far", "kind": "cumulative", "measure": "sum_amount"}
    ]);
    model.measures.extend(serde_json::from_value::<Vec<tidemill::Measure>>(more).unwrap());
    let version = model.version;
    ward.mill.update_model(model, version).await.unwrap();
    let march = json!([{"dimension": "orders.at", "dateRange": ["2013-03-01", "2013-03-31"], "granularity": "month"}]);
    for (question, rows_seen, bytes) in [
        // All parts together.
        (json!({"measures": ["orders.sum_amount"], "dimensions": ["orders.city"], "totals": true, "top": {"dimension": "orders.city", "limit": 1, "others": true}}), 3, 72),
        (json!({"measures": ["orders.sum_amount"], "timeDimensions": march.clone()}), 1, 16),
        (json!({"measures": ["orders.each"], "timeDimensions": march.clone()}), 1, 16),
        // What was before goes into it.
        (json!({"measures": ["orders.so_far"], "timeDimensions": march}), 3, 48),
        (json!({"measures": ["orders.count"]}), 3, 0),
        (json!({"measures": ["orders.count"], "timeDimensions": [{"dimension": "orders.at", "dateRange": "last 1 day of data"}]}), 1, 8),
    ] {
        let question = query(question);
        let explained = roman(&ward, Limits::default()).explain(&question).await.unwrap();
        assert_eq!((explained.rows, explained.bytes), (rows_seen, bytes), "{question:?}");
        let refused = roman(&ward, rows(rows_seen - 1)).query(&question).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Exhausted, "{question:?}");
        roman(&ward, rows(rows_seen)).query(&question).await.unwrap();
        // Both times.
        assert!(roman(&ward, rows(rows_seen)).verify(&question).await.unwrap().equal, "{question:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn for_who_sees_some_rows_a_ratio_counts_the_range_of_the_other_model_too() {
    let ward = orders().await;
    let visits = "at,city\n2013-01-02T00:00:00,Rome\n2013-02-02T00:00:00,Rome\n2013-03-02T00:00:00,Rome\n2013-03-03T00:00:00,Oslo\n";
    ward.mill.load("visits", Csv::bytes(visits)).await.unwrap();
    change(&ward.mill, "visits", json!({"same_as": {"at": "orders.at"}})).await;
    let measures = json!([
        {"name": "spent", "label": "Spent", "kind": "sum", "column": "amount"},
        {"name": "per_visit", "label": "Per visit", "kind": "ratio", "measure": "spent", "denominator": "visits.count"}
    ]);
    change(&ward.mill, "orders", json!({"measures": measures})).await;
    let march = json!([{"dimension": "orders.at", "dateRange": ["2013-03-01", "2013-03-31"]}]);
    let question = query(json!({"measures": ["orders.per_visit"], "timeDimensions": march}));
    // One order that is seen and two visits, each by its time; of the order the amount too.
    let explained = roman(&ward, Limits::default()).explain(&question).await.unwrap();
    assert_eq!((explained.rows, explained.bytes), (3, 8 + 3 * 8));
    assert_eq!(roman(&ward, rows(2)).query(&question).await.unwrap_err().kind(), ErrorKind::Exhausted);
    assert_eq!(roman(&ward, rows(3)).query(&question).await.unwrap().to_json()["data"], json!([[0.5]]));
    // All of both without a range.
    let always = query(json!({"measures": ["orders.per_visit"]}));
    assert_eq!(roman(&ward, Limits::default()).explain(&always).await.unwrap().rows, 3 + 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_looked_up_in_count_as_a_whole_though_their_own_measures_have_a_range() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    // Orders go by the time of returns, and not the other way round.
    change(&mill, "returns", json!({"same_as": {"returned_at": null}})).await;
    change(&mill, "orders", json!({"same_as": {"at": "returns.returned_at"}})).await;
    let scope = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("orders").unwrap(), "status = 'paid'");
    let paid = ward.engine.mill(scope);
    let march = json!([{"dimension": "returns.returned_at", "dateRange": ["2024-03-01", "2024-03-31"]}]);
    for (dimensions, seen) in [
        // Two orders of March, and two returns.
        (json!([]), 2 + 2),
        // Of which order a return is is looked up among all of them.
        (json!(["orders.status"]), 5 + 2),
    ] {
        let question = query(json!({"measures": ["orders.count", "returns.count"], "dimensions": dimensions, "timeDimensions": march}));
        assert_eq!(paid.explain(&question).await.unwrap().rows, seen, "{question:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn for_who_sees_some_rows_statements_lists_previews_and_live_questions_count_these() {
    let ward = orders().await;
    let (small, enough) = (roman(&ward, rows(2)), roman(&ward, rows(3)));
    for (sql, rows_seen, bytes) in [
        ("select city from orders", 3, 48),
        ("select count(*) from orders", 3, 0),
        ("select * from orders limit 1", 3, 3 * (8 + 16 + 8)),
        ("select sum(amount) from orders where at >= '2013-02-01T00:00:00Z'", 2, 32),
        ("select city from orders where at >= '2013-02-01T00:00:00Z' and at < '2013-03-01T00:00:00Z' order by 1", 1, 24),
        // One of the two looks at all of them.
        ("select (select count(*) from orders where at >= '2013-02-01T00:00:00Z') as late, (select count(*) from orders) as all_of_them", 3, 24),
        ("select measure(sum_amount) from orders", 3, 24),
    ] {
        let explained = small.explain_sql(sql).await.unwrap();
        assert_eq!((explained.rows, explained.bytes, explained.within_budget), (rows_seen, bytes, rows_seen < 3), "{sql}");
        let answered = small.sql(sql).await;
        assert_eq!(answered.is_ok(), rows_seen < 3, "{sql}");
        if let Err(error) = answered {
            assert_eq!((error.kind(), error.suggestions().is_empty()), (ErrorKind::Exhausted, false), "{sql}: {error}");
        }
        enough.sql(sql).await.unwrap();
    }
    assert_eq!(small.preview("orders", 1).await.unwrap_err().kind(), ErrorKind::Exhausted);
    // Also where the list is kept.
    assert_eq!(enough.values("orders.city", None, 10, 0).await.unwrap().values, ["Rome"]);
    let error = small.values("orders.city", None, 10, 0).await.unwrap_err();
    assert_eq!((error.kind(), error.suggestions().is_empty()), (ErrorKind::Exhausted, false), "{error}");
    let mut live = small.subscribe(&by_city()).await.unwrap();
    assert_eq!(live.next().await.unwrap().unwrap_err().kind(), ErrorKind::Exhausted);
    let mut live = enough.subscribe(&by_city()).await.unwrap();
    assert_eq!(next(&mut live).await.version, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deadline_of_a_list_of_values_counts_from_its_beginning() {
    let ward = orders().await;
    let hasty = within(&ward, Limits { deadline: Duration::ZERO, ..Limits::default() });
    // Before the list is read it is found what is seen and what it may read, which is within the deadline too.
    for member in ["orders.city", "orders.nothing"] {
        let error = hasty.values(member, None, 10, 0).await.unwrap_err();
        assert_eq!((error.kind(), error.suggestions().is_empty()), (ErrorKind::Exhausted, true), "{member}: {error}");
        assert!(error.message().contains("ran longer than its 0 s"), "{error}");
    }
    assert_eq!(ward.mill.values("orders.nothing", None, 10, 0).await.unwrap_err().kind(), ErrorKind::Invalid);
}
