//! Subqueries beside missing values, held against what SQL says of them, and what is refused.

use std::sync::Arc;

use arrow::array::{AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use datafusion::prelude::SessionContext;

use super::*;
use crate::error::ErrorKind;

/// `t` has a row without an id, `s` too, `f` has none.
fn context() -> SessionContext {
    let context = SessionContext::new();
    let table = |name: &str, rows: &[(Option<i64>, i64)]| {
        let schema = Schema::new(vec![Field::new("id", DataType::Int64, true), Field::new("g", DataType::Int64, true)]);
        let (ids, groups): (Vec<Option<i64>>, Vec<i64>) = rows.iter().copied().unzip();
        let batch = RecordBatch::try_new(Arc::new(schema), vec![Arc::new(Int64Array::from(ids)), Arc::new(Int64Array::from(groups))]).unwrap();
        context.register_batch(name, batch).unwrap();
    };
    table("t", &[(Some(1), 10), (Some(2), 20), (None, 30), (Some(4), 40)]);
    table("s", &[(Some(1), 5), (None, 50), (Some(5), 10)]);
    table("f", &[(Some(1), 5), (Some(5), 10)]);
    context
}

async fn plan_of(context: &SessionContext, sql: &str) -> LogicalPlan {
    context.state().create_logical_plan(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// The groups of the rows that a statement picks, as it is made exact or as it stands.
async fn picked(sql: &str, made_exact: bool) -> Option<Vec<i64>> {
    let context = context();
    let plan = plan_of(&context, sql).await;
    let plan = if made_exact { exact(plan).unwrap_or_else(|error| panic!("{sql}: {error}")) } else { plan };
    let answer = context.execute_logical_plan(plan).await;
    let rows = match answer {
        Ok(frame) => frame.collect().await,
        Err(error) => Err(error),
    };
    match rows {
        Ok(rows) => Some(rows.iter().flat_map(|rows| rows.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()),
        Err(error) if made_exact => panic!("{sql}: {error}"),
        Err(_) => None,
    }
}

#[tokio::test]
async fn what_is_missing_is_neither_among_the_rows_nor_outside_of_them() {
    let mut otherwise = 0;
    for (condition, expected) in [
        ("id not in (select id from s)", vec![]),
        ("id not in (select id from f)", vec![20, 40]),
        ("g = 10 or id not in (select id from s)", vec![10]),
        ("g = 10 or id not in (select id from f)", vec![10, 20, 40]),
        ("g = 10 or id not in (select id from s where g > 100)", vec![10, 20, 30, 40]),
        ("g = 10 or id in (select id from s)", vec![10]),
        ("not (id in (select id from s) and g > 10)", vec![10]),
        ("not (id in (select id from f) and g > 10)", vec![10, 20, 40]),
        // Rows that go by the query around them.
        ("id not in (select id from s where s.g = t.g)", vec![10, 20, 30, 40]),
        ("id not in (select id from s where s.g = t.g + 40)", vec![20, 30, 40]),
        ("id not in (select id from s where s.g < t.g)", vec![20, 40]),
        ("g = 10 or id not in (select id from s where s.g < t.g)", vec![10, 20, 40]),
        // Of a constant.
        ("3 not in (select id from s)", vec![]),
        ("3 not in (select id from f)", vec![10, 20, 30, 40]),
        ("1 not in (select id from f)", vec![]),
        ("3 not in (select id from s where s.g = t.g + 40)", vec![20, 30, 40]),
        // Where it matters whether it is false or not known.
        ("case when id not in (select id from s) then false else g < 25 end", vec![10, 20]),
        ("(id in (select id from s)) is null", vec![20, 30, 40]),
        ("(id in (select id from f)) is null", vec![30]),
        // The same table on both sides.
        ("g = 20 or id not in (select id from t)", vec![20]),
        ("g = 10 or not id in (select t.id from t where t.g < 25)", vec![10, 40]),
        ("g >= all (select g from t)", vec![40]),
        ("g > any (select t.g from t)", vec![20, 30, 40]),
        // Aggregates. Of no rows the greatest is missing, so that nothing is known to be it.
        ("id in (select max(s.id) from s where s.g = t.g - 5)", vec![10]),
        ("not (id not in (select max(s.id) from s where s.g = t.g - 5))", vec![10]),
        ("id not in (select min(id) from f) or g = 10", vec![10, 20, 40]),
        ("g = 20 or id in (select max(s.id) from s where s.g = t.g - 5)", vec![10, 20]),
        ("g = 20 or not (id not in (select max(s.id) from s where s.g = t.g - 5))", vec![10, 20]),
        ("g = 20 or id in (select min(id) from f) or id in (select min(id) from f where g > 5)", vec![10, 20]),
        ("exists (select 1 from s where s.g = t.g having count(*) > 0)", vec![10]),
        ("exists (select 1 from s where s.g = t.g having 3 < max(id))", vec![10]),
        // Within each other.
        ("g = 40 or id not in (select id from f where g = 5 or id not in (select id from s))", vec![20, 40]),
    ] {
        let sql = format!("select g from t where {condition} order by g");
        assert_eq!(picked(&sql, true).await.as_ref(), Some(&expected), "{condition}");
        otherwise += usize::from(picked(&sql, false).await != Some(expected));
    }
    assert!(otherwise >= 5, "only {otherwise} of them are answered otherwise or not at all by the planner alone");
}

#[tokio::test]
async fn groups_are_asked_as_rows_are() {
    let sql = "select g from t group by g having g = 10 or max(id) not in (select id from f) order by g";
    assert_eq!(picked(sql, true).await, Some(vec![10, 20, 40]));
}

#[tokio::test]
async fn an_aggregate_of_rows_that_may_be_none_is_not_asked_for_its_rows() {
    let context = context();
    for condition in [
        "exists (select count(*) from s where s.g = t.g)",
        "not exists (select max(id) from s where s.g = t.g)",
        "exists (select 1 from s where s.g = t.g having count(*) = 0)",
        "exists (select 1 from s where s.g = t.g having count(*) < 0.5)",
        "0 in (select count(*) from s where s.g = t.g)",
        "id = 4 or 1 not in (select count(*) from s where s.g = t.g)",
        "0 >= all (select count(*) from s where s.g = t.g)",
        // The greatest of no rows is missing, and not nowhere.
        "id not in (select max(s.id) from s where s.g = t.g)",
        "(id in (select max(s.id) from s where s.g = t.g)) is null",
        "id in (select max(n) from (select count(*) as n from s where s.g = t.g) as a)",
    ] {
        let error = exact(plan_of(&context, &format!("select g from t where {condition}")).await).expect_err(condition);
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("sql")), "{condition}");
        assert!(error.message().contains("compare the aggregate itself"), "{condition}: {error}");
    }
}

#[tokio::test]
async fn rows_that_a_limit_leaves_out_are_not_asked_for() {
    let context = context();
    for condition in [
        "exists (select 1 from s where s.g = t.g offset 1)",
        "not exists (select 1 from s where s.g = t.g limit 1 offset 1)",
        "exists (select 1 from (select id, g from s where s.g = t.g) as a join (select id from f order by id limit 1) as b on a.id = b.id)",
    ] {
        let plan = plan_of(&context, &format!("select g from t where {condition}")).await;
        let error = exact(plan).expect_err(condition);
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("sql")), "{condition}");
        assert!(error.message().contains("compare a count"), "{condition}: {error}");
    }
    let error = exact(plan_of(&context, "select g from t where id not in (select id from s where s.g = t.g limit 1)").await).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("sql")), "{error}");
    assert_eq!(picked("select g from t where exists (select 1 from s where s.g = t.g limit 1) order by g", true).await, Some(vec![10]));
    assert_eq!(picked("select g from t where exists (select 1 from s order by g limit 1 offset 2) order by g", true).await, Some(vec![10, 20, 30, 40]));
    assert_eq!(picked("select g from t where g = 20 or id not in (select id from f order by g limit 1) order by g", true).await, Some(vec![20, 40]));
}

#[tokio::test]
async fn what_cannot_be_told_is_refused_and_so_is_too_much_of_it() {
    let context = context();
    let refused = "select g from t where g = 10 or (select max(id) from f) not in (select id from s)";
    let error = exact(plan_of(&context, refused).await).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("sql")), "{error}");
    // Columns of both sides that are called alike; under a name of their own they are not.
    let same = "select t.g from f, t where t.id not in (select t.g from t where t.id = f.id)";
    let error = exact(plan_of(&context, same).await).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("sql")), "{error}");
    let named = "select t.g from f, t where t.id not in (select u.id from t as u where u.g = f.g) order by t.g";
    assert_eq!(picked(named, true).await, Some(vec![10, 20, 20, 30, 40, 40]));
    // Each level is there three times in the one around it.
    let nested = (0..6).fold("select id from f".to_owned(), |inner, _| format!("select id from f where g = 5 or id not in ({inner})"));
    let error = exact(plan_of(&context, &nested).await).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Exhausted, Some("sql")), "{error}");
}

#[tokio::test]
async fn what_says_it_already_stays_as_it_is() {
    let context = context();
    for sql in [
        "select g from t where id not in (select id from s)",
        "select g from t where g = 10 or id in (select id from s)",
        "select g from t where not exists (select 1 from s where s.id = t.id)",
        "select g from t where g > (select avg(g) from s where s.id = t.id)",
    ] {
        let plan = plan_of(&context, sql).await;
        assert_eq!(exact(plan.clone()).unwrap(), plan, "{sql}");
    }
}
