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

use crate::error::Result;

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
/// None that are known.
pub(crate) fn put_in(statement: LogicalPlan) -> Result<LogicalPlan> {
    let put = |node: LogicalPlan| -> datafusion::error::Result<Transformed<LogicalPlan>> {
        let LogicalPlan::TableScan(scan) = &node else { return Ok(Transformed::no(node)) };
        let Ok(provider) = source_as_provider(&scan.source) else { return Ok(Transformed::no(node)) };
        let Some(question) = (provider.as_ref() as &dyn Any).downcast_ref::<QuestionTable>() else { return Ok(Transformed::no(node)) };
        let plan = LogicalPlanBuilder::from(question.plan.clone()).alias(scan.table_name.clone())?.build()?;
        Ok(Transformed::new(plan, true, TreeNodeRecursion::Jump))
    };
    Ok(statement.transform_down_with_subqueries(put).data()?)
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
