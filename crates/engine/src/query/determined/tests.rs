//! What is refused, and what of a page is looked at.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::prelude::SessionContext;

use super::*;
use crate::query::result::{ColumnRole, Provenance, ResultColumn};

async fn determined(sql: &str) -> Determined {
    let context = SessionContext::new();
    let fields = [("city", DataType::Utf8), ("n", DataType::Int64), ("x", DataType::Float64)].map(|(name, data_type)| Field::new(name, data_type, true));
    let rows = RecordBatch::new_empty(Arc::new(Schema::new(fields.to_vec())));
    context.register_batch("t", rows.clone()).unwrap();
    context.register_batch("u", rows).unwrap();
    let plan = context.state().create_logical_plan(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let mut determined = Determined::of(&plan).unwrap();
    determined.tell_rows_apart(&plan);
    determined
}

/// An answer of so many rows.
fn answer(types: &[ColumnType], rows: usize) -> QueryResult {
    let columns = types.iter().enumerate().map(|(place, column_type)| ResultColumn::new(&format!("c{place}"), *column_type, ColumnRole::Column)).collect();
    let counted: arrow::array::ArrayRef = Arc::new(arrow::array::Int64Array::from(vec![0; rows]));
    let batch = RecordBatch::try_from_iter([("n", counted)]).unwrap();
    QueryResult { columns, batch, totals: Vec::new(), others: None, explanation: None, provenance: Provenance::default() }
}

#[tokio::test]
async fn what_is_taken_from_the_midst_of_others_is_refused() {
    for (sql, reason) in [
        ("select count(*) from (select * from t limit 5) as s", "LIMIT inside"),
        ("select count(*) from (select * from t order by city limit 5) as s", "LIMIT inside"),
        ("select * from t where n = (select n from u order by city limit 1)", "LIMIT inside"),
        ("with a as (select * from t offset 3) select count(*) from a", "LIMIT inside"),
        ("select city from t where exists (select 1, n from u limit 1)", "LIMIT inside"),
        // Rows that are all the same are not once they are numbered.
        ("select count(*) from (select rank() over () as r, row_number() over (order by one) as n from (select 1 as one from t) as a limit 3) as s", "LIMIT inside"),
        ("select distinct on (city) city, n from t order by city, n", "DISTINCT ON"),
        ("select row_number() over (order by city) from t", "row_number"),
        ("select row_number() over () from t", "row_number"),
        ("select first_value(n) from t", "first_value"),
        ("select n, lag(n) over (partition by city order by n) from t", "lag"),
        ("select sum(n) over (order by city rows between 1 preceding and current row) from t", "sum"),
        ("select city, first_value(n order by x) from t group by city", "first_value"),
        ("select first_value(n) over (order by city) from t", "first_value"),
    ] {
        let error = determined(sql).await.check().expect_err(sql);
        assert!(error.message().contains(reason), "{sql}: {error}");
        assert_eq!(error.field(), Some("sql"), "{sql}");
        let error = determined(sql).await.check_seen().expect_err(sql);
        assert!(error.message().contains(reason) && error.message().contains("you see a part"), "{sql}: {error}");
        assert_eq!(error.field(), Some("sql"), "{sql}");
    }
}

#[tokio::test]
async fn what_rows_determine_is_not() {
    for sql in [
        "select * from t",
        "select city, sum(x) from t group by city order by 2 desc limit 3",
        "select count(*) from (select city, sum(x) as s from t group by city order by s desc, city limit 5) as s",
        "select * from t where n = (select max(n) from u limit 1)",
        "select count(*) from (select city, n, x from t order by x, n, city limit 5) as s",
        "select city, rank() over (order by sum(x) desc) from t group by city",
        "select city, row_number() over (order by sum(x), city) from t group by city",
        "select n, sum(n) over (partition by city order by n) from t",
        "select n, sum(n) over (partition by city) from t",
        "select city, last_value(n order by x, n) from t group by city",
        "select first_value(n) over (order by city, n) from t",
        "select city from t union all select city from u",
        // Rows that are all the same are not told apart, and need not be.
        "select city from t where exists (select 1 from u where u.n = t.n limit 1)",
        "select city from t where exists (select 1, 'x' from u order by u.x limit 1 offset 2)",
        "select count(*) from (select 1 as one from t limit 3) as s",
        "select count(*) from (select city, 1 as one from t order by city limit 3) as s",
    ] {
        determined(sql).await.check().unwrap_or_else(|error| panic!("{sql}: {error}"));
        determined(sql).await.check_seen().unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

#[tokio::test]
async fn a_page_is_compared_by_its_order_where_it_shows_one() {
    use ColumnType::{Float, Integer, String};
    for (sql, types, rows, expected) in [
        // All rows, in no order.
        ("select city, n, x from t", &[String, Integer, Float][..], 5, Some((vec![], vec![0, 1], false))),
        ("select city, n, x from t limit 6", &[String, Integer, Float], 5, Some((vec![], vec![0, 1], false))),
        ("select city, n, x from t limit 5", &[String, Integer, Float], 5, None),
        ("select city, n, x from t offset 1", &[String, Integer, Float], 5, None),
        // By what is shown.
        ("select city, n from t order by n desc limit 5", &[String, Integer], 5, Some((vec![1], vec![0, 1], true))),
        ("select n as a, city as b from t order by a limit 5", &[Integer, String], 5, Some((vec![0], vec![0, 1], true))),
        ("select city from t order by n limit 5", &[String], 5, None),
        ("select city from t order by n", &[String], 5, Some((vec![], vec![0], false))),
        ("select n from t order by n + 1 limit 5", &[Integer], 5, None),
        // Groups tell rows apart, and what is not grouped by is compared row by row.
        ("select sum(n), city from t group by city order by city limit 5", &[Integer, String], 5, Some((vec![1], vec![1], true))),
        ("select sum(n) from t group by city", &[Integer], 5, Some((vec![], vec![0], false))),
        ("select count(*), max(city) from t limit 1", &[Integer, String], 1, Some((vec![], vec![], false))),
        ("select x, count(*) from (select sum(x) as x from t group by city) as s group by x", &[Float, Integer], 5, Some((vec![], vec![1], false))),
    ] {
        let found = determined(sql).await.comparable(&answer(types, rows)).ok();
        assert_eq!(found.map(|found| (found.order, found.keys, found.ends)), expected, "{sql}");
    }
    let mut cut = answer(&[String], 5);
    cut.provenance.truncated = true;
    assert!(determined("select city from t").await.comparable(&cut).is_err());
    assert!(determined("select city from t order by city").await.comparable(&cut).unwrap().ends);
}
