//! Planning without asking: the plan of a question, for a host that runs it in its own way or elsewhere. Versions are
//! pinned and the scope is inside, as in every plan. It is made within the deadline of the scope; how long it runs is for whoever runs
//! it to see.

use std::sync::Arc;

use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::ExecutionPlan;
use futures::future::BoxFuture;

use super::Mill;
use super::ask::How;
use super::compose::LookupsBy;
use super::damage::Damage;
use super::ground::Ground;
use crate::error::{Error, Result};
use crate::query::allowance::Allowance;
use crate::semantic::view::names::Names;
use crate::semantic::{SemanticQuery, shape};

impl Mill {
    /// The plan of a semantic query: the rows of its page and one more, which tells whether there are more.
    /// [`Engine::physical_codec`](crate::Engine::physical_codec) makes bytes of what is Tidemill's in it.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir()?;
    /// let engine = Engine::open(folder.path()).await?;
    /// let mill = engine.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let plan = mill.plan(&serde_json::from_str(r#"{"measures": ["orders.count"]}"#)?).await?;
    /// let rows = datafusion::physical_plan::collect(plan, engine.task_context()).await?;
    /// assert_eq!(rows[0].num_rows(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`query`](Self::query), apart from what happens while it runs. `Invalid` for a question with totals, greatest values,
    /// buckets to fill or columns of values, of which each part has a plan of its own.
    pub fn plan<'a>(&'a self, query: &'a SemanticQuery) -> BoxFuture<'a, Result<Arc<dyn ExecutionPlan>>> {
        Box::pin(async move {
            let planned = async {
                let words = self.words(query).await?;
                match self.page_in_models(words.query()).await {
                    Ok(page) => self.shared.session.physical(&called(page, words.names())?).await,
                    Err(error) => Err(self.told_error(&words, error).await),
                }
            };
            self.answering(planned).await
        })
    }

    /// The rows of the page of a question in the words of models.
    async fn page_in_models(&self, query: &SemanticQuery) -> Result<LogicalPlan> {
        let query = &*self.with_segments(query).await?;
        if shape::is_shaped(query) {
            return Err(Error::invalid("a plan is one of groups or rows alone; leave totals, top, fill and pivot out, or ask the question itself"));
        }
        Ok(match self.ground(query, &Damage::default()).await? {
            Ground::Several(gathered) => {
                let planned = self.plan_composed(query, &gathered, LookupsBy::Joins)?;
                self.check_unique(&planned).await?;
                planned.page
            }
            Ground::One { model, dataset, seen, reference, .. } => {
                self.open_rollups_of(&dataset, &seen, model.version).await?;
                self.page(query, &model, &seen, reference, &Arc::default())?.1
            }
        })
    }

    /// The plan of one read-only SQL query over the datasets of the scope. For a scope that sees a part of them it gives the rows of an
    /// answer and one more, as it has to sort them.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir()?;
    /// let engine = Engine::open(folder.path()).await?;
    /// let mill = engine.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let plan = mill.plan_sql("select sum(amount) as total from orders").await?;
    /// let rows = datafusion::physical_plan::collect(plan, engine.task_context()).await?;
    /// assert_eq!(rows[0].schema().field(0).name(), "total");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`sql`](Self::sql), apart from what happens while it runs.
    pub fn plan_sql<'a>(&'a self, sql: &'a str) -> BoxFuture<'a, Result<Arc<dyn ExecutionPlan>>> {
        Box::pin(async move {
            let physical = async {
                let how = How { as_of: None, lookups: LookupsBy::Joins, explained: false, traced: false };
                let planned = self.plan_statement(sql, how, &Damage::default(), &mut Vec::new(), &mut Allowance::default()).await?;
                self.check_looked_up(&planned.questions).await?;
                Ok(planned.planned.physical)
            };
            self.answering(physical).await
        })
    }
}

/// A plan whose columns have the names of the view that was asked.
fn called(page: LogicalPlan, names: Option<&Names>) -> Result<LogicalPlan> {
    let Some(names) = names else { return Ok(page) };
    let columns = page.schema().iter().map(|(qualifier, field)| {
        let mut name = field.name().clone();
        names.member(&mut name);
        Expr::Column((qualifier, field).into()).alias(name)
    });
    let columns: Vec<Expr> = columns.collect();
    Ok(LogicalPlanBuilder::from(page).project(columns)?.build()?)
}
