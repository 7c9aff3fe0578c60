//! A question as a table of a statement. What the caller wrote is planned over its columns alone and held against the list of what
//! is allowed (`query::gate`); only then the plan of the question is put in its place, which is ours and was checked as questions are.

use std::any::Any;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::internal_err;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNodeRecursion};
use datafusion::datasource::{TableType, source_as_provider};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::ExecutionPlan;

use crate::error::{Error, Result};

/// Steps of all questions of a statement together; one is there as often as it is read. Optimising them takes time that nothing can stop.
const STEPS_MAX: usize = 5_000;

/// The groups of a question, all of them.
#[derive(Debug)]
pub(crate) struct QuestionTable {
    plan: LogicalPlan,
}

impl QuestionTable {
    pub(crate) fn new(plan: LogicalPlan) -> Self {
        Self { plan }
    }
}

/// A statement with its questions.
///
/// # Errors
/// `Exhausted` where the questions have too many steps together.
pub(crate) fn put_in(statement: LogicalPlan) -> Result<LogicalPlan> {
    let mut steps = 0_usize;
    let put = |node: LogicalPlan| -> datafusion::error::Result<Transformed<LogicalPlan>> {
        let LogicalPlan::TableScan(scan) = &node else { return Ok(Transformed::no(node)) };
        let Ok(provider) = source_as_provider(&scan.source) else { return Ok(Transformed::no(node)) };
        let Some(question) = (provider.as_ref() as &dyn Any).downcast_ref::<QuestionTable>() else { return Ok(Transformed::no(node)) };
        question.plan.apply_with_subqueries(|_| {
            steps += 1;
            Ok(TreeNodeRecursion::Continue)
        })?;
        if steps > STEPS_MAX {
            return Ok(Transformed::new(node, false, TreeNodeRecursion::Stop));
        }
        let plan = LogicalPlanBuilder::from(question.plan.clone()).alias(scan.table_name.clone())?.build()?;
        Ok(Transformed::new(plan, true, TreeNodeRecursion::Jump))
    };
    let statement = statement.transform_down_with_subqueries(put).data()?;
    if steps > STEPS_MAX {
        return Err(
            Error::exhausted(format!("the questions of the statement have more than {STEPS_MAX} steps together; read a view fewer times, or ask it for fewer measures")).at("sql")
        );
    }
    Ok(statement)
}

#[async_trait]
impl TableProvider for QuestionTable {
    fn schema(&self) -> SchemaRef {
        Arc::new(self.plan.schema().as_arrow().clone())
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(&self, _: &dyn Session, _: Option<&Vec<usize>>, _: &[Expr], _: Option<usize>) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        internal_err!("a question that was not put in")
    }
}

#[cfg(test)]
mod tests {
    use datafusion::datasource::provider_as_source;
    use datafusion::prelude::lit;

    use super::*;

    /// A statement that reads a question of so many steps so many times.
    fn statement(steps: usize, times: usize) -> LogicalPlan {
        let mut question = LogicalPlanBuilder::values(vec![vec![lit(1_i64)]]).unwrap();
        for _ in 1..steps {
            question = question.filter(lit(true)).unwrap();
        }
        let table = Arc::new(QuestionTable::new(question.build().unwrap()));
        let read = || LogicalPlanBuilder::scan("view 0", provider_as_source(Arc::clone(&table) as _), None).unwrap();
        let more = (1..times).map(|_| read().build().unwrap());
        more.fold(read(), |all, one| all.union(one).unwrap()).build().unwrap()
    }

    #[test]
    fn a_question_is_put_in_wherever_it_is_read() {
        let plan = put_in(statement(3, 2)).unwrap();
        let shown = plan.display_indent().to_string();
        assert_eq!((shown.matches("Values").count(), shown.matches("TableScan").count()), (2, 0), "{shown}");
    }

    #[test]
    fn questions_of_too_many_steps_together_are_refused_before_they_are_optimised() {
        assert!(put_in(statement(50, STEPS_MAX / 50)).is_ok());
        let error = put_in(statement(50, STEPS_MAX / 50 + 1)).unwrap_err();
        assert_eq!((error.kind(), error.field()), (crate::ErrorKind::Exhausted, Some("sql")));
    }
}
