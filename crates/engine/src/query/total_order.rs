//! The rows of a statement in an order that their values alone decide, for who sees a part of the data.
//!
//! Without ORDER BY rows come as they are read: larger segments first, rows of a segment by its time column. Rows and columns that
//! are hidden decide how large a segment is and what it is sorted by, so the order tells of them, and with a LIMIT so does which rows
//! there are. Here they are sorted by all that is seen of them, after what the statement itself orders by. What a statement takes by
//! an order from inside of itself cannot be mended from outside; it is refused (`Determined::check_seen`).

use std::sync::Arc;

use datafusion::common::DFSchema;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Sort, SortExpr};

use crate::error::Result;

/// Rows of an answer at most that a plan can be told of: its numbers are signed.
const ROWS_MAX: usize = i64::MAX as usize;

/// The statement with its rows in a total order, and one more than `rows` of them at most: whoever sorts them holds no more.
///
/// # Errors
/// None that are known.
pub(crate) fn in_total_order(statement: LogicalPlan, rows: usize) -> Result<LogicalPlan> {
    if statement.schema().fields().is_empty() {
        return Ok(statement);
    }
    let ordered = ordered(statement, false)?;
    Ok(LogicalPlanBuilder::from(ordered).limit(0, Some(rows.saturating_add(1).min(ROWS_MAX)))?.build()?)
}

/// Sorts beneath the LIMIT of the statement, and completes its ORDER BY where it has one.
fn ordered(plan: LogicalPlan, limited: bool) -> Result<LogicalPlan> {
    Ok(match plan {
        LogicalPlan::Limit(mut limit) if !limited => {
            limit.input = Arc::new(ordered(Arc::unwrap_or_clone(limit.input), true)?);
            LogicalPlan::Limit(limit)
        }
        // Of an order by what is not answered the columns are above it.
        LogicalPlan::Projection(mut projection) if says_order(&projection.input, limited) => {
            projection.input = Arc::new(ordered(Arc::unwrap_or_clone(projection.input), limited)?);
            LogicalPlan::Projection(projection)
        }
        LogicalPlan::Sort(mut sort) => {
            for column in by_all(sort.input.schema()) {
                if !sort.expr.iter().any(|known| known.expr == column.expr) {
                    sort.expr.push(column);
                }
            }
            LogicalPlan::Sort(sort)
        }
        // The builder would look among what the columns are made of for what they are called.
        whole => LogicalPlan::Sort(Sort { expr: by_all(whole.schema()), input: Arc::new(whole), fetch: None }),
    })
}

/// Whether an ORDER BY or a LIMIT stands there, beneath lists of columns.
fn says_order(plan: &LogicalPlan, limited: bool) -> bool {
    match plan {
        LogicalPlan::Sort(_) => true,
        LogicalPlan::Limit(_) => !limited,
        LogicalPlan::Projection(projection) => says_order(&projection.input, limited),
        _ => false,
    }
}

fn by_all(schema: &DFSchema) -> Vec<SortExpr> {
    schema.columns().into_iter().map(|column| Expr::Column(column).sort(true, false)).collect()
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray};
    use arrow::compute::concat_batches;
    use datafusion::prelude::SessionContext;
    use serde_json::{Value, json};

    use super::*;
    use crate::query::write::columns_to_json;

    /// Rows in two orders, as they may be read.
    fn read(backwards: bool) -> RecordBatch {
        let mut rows = [("a", 1), ("b", 2), ("b", 1), ("a", 3), ("c", 2), ("a", 2)];
        if backwards {
            rows.reverse();
        }
        let cities: ArrayRef = Arc::new(StringViewArray::from_iter_values(rows.iter().map(|(city, _)| *city)));
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|(_, number)| *number)));
        RecordBatch::try_from_iter([("city", cities), ("n", numbers)]).unwrap()
    }

    /// The columns of an answer as it is, and of one in a total order with so many rows and one more.
    async fn answered(sql: &str, backwards: bool, sorted: Option<usize>) -> Value {
        let context = SessionContext::new();
        context.register_batch("t", read(backwards)).unwrap();
        let plan = context.state().create_logical_plan(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let plan = match sorted {
            Some(rows) => in_total_order(plan, rows).unwrap(),
            None => plan,
        };
        let answer = context.execute_logical_plan(plan).await.unwrap().collect().await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let schema = answer.first().unwrap_or_else(|| panic!("{sql}: no rows")).schema();
        json!(columns_to_json(&concat_batches(&schema, &answer).unwrap()))
    }

    #[tokio::test]
    async fn rows_come_in_the_same_order_however_they_are_read() {
        let mut told = 0;
        for sql in [
            "select * from t",
            "select * from t limit 2",
            "select n from t limit 3 offset 1",
            "select n as city, city as n from t limit 2",
            "select city from t order by n",
            "select city, n from t order by n desc limit 4",
            "select city from t order by n limit 2",
            "select n + 1 as m from t order by city limit 2",
            "select a.city, b.city from t a join t b on a.n = b.n limit 5",
            "select city from t union all select city from t",
            "select * from (select city from t order by city) as s limit 1",
        ] {
            assert_eq!(answered(sql, false, Some(100)).await, answered(sql, true, Some(100)).await, "{sql}");
            told += usize::from(answered(sql, false, None).await != answered(sql, true, None).await);
        }
        assert!(told >= 4, "only {told} of them come otherwise when they are read otherwise");
    }

    #[tokio::test]
    async fn an_order_that_is_asked_for_comes_first() {
        for backwards in [false, true] {
            let shown = answered("select city, n from t order by n desc limit 4", backwards, Some(100)).await;
            assert_eq!(shown, json!([["a", "a", "b", "c"], [3, 2, 2, 2]]));
            // By a column that is not answered.
            assert_eq!(answered("select city from t order by n desc limit 3", backwards, Some(100)).await, json!([["a", "a", "b"]]));
        }
    }

    #[tokio::test]
    async fn no_more_is_sorted_than_is_answered() {
        for backwards in [false, true] {
            assert_eq!(answered("select * from t", backwards, Some(2)).await, json!([["a", "a", "a"], [1, 2, 3]]));
        }
    }
}
