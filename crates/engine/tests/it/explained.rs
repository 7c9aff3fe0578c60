//! Answers that say how they were to be answered.

use serde_json::json;
use tidemill::{AsOf, Budget, DatasetName, ErrorKind, Limits, Mill, Scope, SemanticQuery, TenantId};

use crate::budgets::{by_city, orders, query};
use crate::ward::Ward;

fn explained() -> SemanticQuery {
    SemanticQuery { explain: true, ..by_city() }
}

fn as_seen(ward: &Ward, seen: impl FnOnce(Scope) -> Scope) -> Mill {
    ward.engine.mill(seen(Scope::of(TenantId::parse("acme").unwrap())))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_says_what_it_was_to_read_and_not_what_it_left_behind() {
    let ward = orders().await;
    let looked = ward.mill.explain(&explained()).await.unwrap();
    let first = ward.mill.query(&explained()).await.unwrap();
    let explanation = first.explanation.as_ref().unwrap();
    assert_eq!(explanation, &looked);
    assert_eq!((explanation.rows, explanation.segments_from_rows, explanation.version), (6, 3, 2));
    assert!(explanation.plan.contains("SegmentAggregateExec"), "{explanation}");
    assert_eq!(first.to_json()["explanation"], json!(looked));

    let again = ward.mill.query(&explained()).await.unwrap();
    let explanation = again.explanation.as_ref().unwrap();
    assert_eq!((explanation.rows, explanation.segments_kept), (0, 3));
    assert_eq!(again.batch, first.batch);

    // Without it the same is answered from the same that is kept, and nothing is said.
    let without = ward.mill.query(&by_city()).await.unwrap();
    assert_eq!((&without.batch, &without.columns, without.provenance.rows_scanned), (&first.batch, &first.columns, 0));
    assert!(without.explanation.is_none() && without.to_json().get("explanation").is_none());
    assert!(!serde_json::to_string(&by_city()).unwrap().contains("explain"));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_parts_and_older_states_are_explained() {
    let ward = orders().await;
    let shaped = ward.mill.query(&SemanticQuery { totals: query(json!({"totals": true})).totals, ..explained() }).await.unwrap();
    assert_eq!((shaped.explanation.unwrap().rows, shaped.totals.len()), (12, 1));
    let ward = orders().await;
    let older = ward.mill.query(&SemanticQuery { as_of: Some(AsOf::Version(0)), ..explained() }).await.unwrap();
    let explanation = older.explanation.unwrap();
    assert_eq!((explanation.version, explanation.rows, older.provenance.version), (0, 2, Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_the_budget_is_refused_as_without_an_explanation() {
    let ward = orders().await;
    let small = as_seen(&ward, |scope| scope.with_limits(Limits { budget: Budget { rows: Some(4), ..Budget::default() }, ..Limits::default() }));
    let plain = small.query(&by_city()).await.unwrap_err();
    let refused = small.query(&explained()).await.unwrap_err();
    assert_eq!((refused.kind(), refused.message(), refused.suggestions()), (ErrorKind::Exhausted, plain.message(), plain.suggestions()));
    assert_eq!(ward.mill.query(&explained()).await.unwrap().explanation.unwrap().rows, 6, "the refusal had read something");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_some_rows_is_told_of_these_alone() {
    let ward = orders().await;
    let part = as_seen(&ward, |scope| scope.with_row_filter(DatasetName::parse("orders").unwrap(), "city = 'Rome'"));
    let answer = part.query(&explained()).await.unwrap();
    assert_eq!(answer.to_json()["data"], json!([["Rome"], [3]]));
    let explanation = answer.explanation.unwrap();
    assert_eq!((explanation.rows, explanation.bytes, explanation.segments_total, explanation.estimated_ms, explanation.plan.as_str()), (3, 72, 0, None, ""));
    assert!(serde_json::to_value(&explanation).unwrap().get("estimated_ms").is_none());
    assert!(explanation.rollups.is_empty() && explanation.aggregates.is_empty());
    assert_eq!(explanation, part.explain(&by_city()).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_question_is_not_explained() {
    let ward = orders().await;
    let refused = ward.mill.subscribe(&explained()).await.unwrap_err();
    assert_eq!((refused.kind(), refused.field()), (ErrorKind::Invalid, Some("explain")));
    assert!(refused.message().contains("ask it once"), "{refused}");
    assert_eq!(ward.engine.live_queries(), 0);
}
