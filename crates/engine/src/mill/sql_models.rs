//! What models say in a statement: its measures as the planner needs them, and dimensions as columns where names in it are
//! nothing else. Models and rows are those that the scope sees.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider};
use datafusion::datasource::ViewTable;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::sql::parser::Statement;

use super::Mill;
use super::ask::{Planned, plan_on_big_stack};
use super::seen::Seen;
use crate::catalog::AsOf;
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::query::gate;
use crate::semantic::in_sql::calls::{self, Call};
use crate::semantic::in_sql::columns;
use crate::semantic::in_sql::expand::{self, Ground};
use crate::semantic::in_sql::planner::Measures;
use crate::semantic::{Model, SemanticQuery};

/// How DataFusion says that a name is no column. Whoever changes it fails `tests/it/sql_models.rs`.
const UNKNOWN: &str = "No field named ";

impl Mill {
    /// Plans a statement over the tables that are made known to it, with what their models say.
    pub(super) async fn plan_with_models(
        &self,
        sql: &str,
        mut statement: Statement,
        tables: Arc<MemorySchemaProvider>,
        pinned: &[(DatasetName, Seen)],
        as_of: Option<AsOf>,
    ) -> Result<Planned> {
        let queries = calls::queries_of(&statement)?;
        let calls = calls::number(&mut statement, &queries)?;
        let measures = self.measures_of_calls(&calls, &tables, pinned, as_of).await.map_err(|error| error.at("sql"))?;
        let failed = match self.plan_over(Arc::clone(&tables), &measures, statement).await {
            Err(error) if error.message().contains(UNKNOWN) => error,
            planned => return planned,
        };
        let mut models = Vec::new();
        for (dataset, seen) in pinned {
            models.push(self.model_of(dataset, seen).await?);
        }
        let named = columns::names_in(sql);
        let widened = Arc::new(MemorySchemaProvider::new());
        let mut shown = BTreeMap::new();
        for model in &models {
            let table = tables.table(&model.name).await?.ok_or_else(|| Error::internal("a dataset that is not bound"))?;
            let is_query = queries.iter().any(|query| query.table() == model.name);
            let rows = rows_of(&tables, &model.name).await?;
            let table = match columns::with_dimensions(&rows, model, &named, self.shared.session.shared())? {
                Some(wide) if !is_query => {
                    shown.insert(model.name.clone(), rows.schema().fields().iter().map(|field| field.name().clone()).collect());
                    Arc::new(ViewTable::new(wide, None))
                }
                _ => table,
            };
            widened.register_table(model.name.clone(), table)?;
        }
        if shown.is_empty() {
            return Err(explained(failed, &models));
        }
        // Statements may be deep: reading one again takes less of this stack than a copy of it.
        let mut statement = gate::parse(sql, self.scope.limits())?;
        calls::number(&mut statement, &queries)?;
        columns::write_stars_out(&mut statement, &shown, &queries)?;
        self.plan_over(widened, &measures, statement).await.map_err(|error| explained(error, &models))
    }

    async fn measures_of_calls(&self, calls: &[Call], tables: &MemorySchemaProvider, pinned: &[(DatasetName, Seen)], as_of: Option<AsOf>) -> Result<Arc<Measures>> {
        let mut expressions = Vec::new();
        for Call { table, measure, times } in calls {
            let found = pinned.iter().find(|(dataset, _)| dataset.as_str() == table.dataset);
            let (dataset, seen) = found.ok_or_else(|| Error::internal("a measure of a dataset that is not bound"))?;
            let rows = LogicalPlanBuilder::from(rows_of(tables, &table.dataset).await?).alias(table.name.clone())?.build()?;
            let ground = Ground {
                model: &self.model_of(dataset, seen).await?,
                rows,
                snapshot: seen.snapshot(),
                state: self.shared.session.shared(),
                reference: self.reference(&SemanticQuery { as_of, ..SemanticQuery::default() }, seen)?,
                limits: self.scope.limits(),
            };
            expressions.push((expand::expand(measure, ground)?, *times));
            expand::check_size(expressions.iter().map(|(expression, times)| (expression, *times)))?;
        }
        Ok(Arc::new(Measures::new(expressions.into_iter().map(|(expression, _)| expression).collect())))
    }

    async fn plan_over(&self, tables: Arc<MemorySchemaProvider>, measures: &Arc<Measures>, statement: Statement) -> Result<Planned> {
        let state: SessionState = measures.known_to(self.shared.session.state())?;
        let catalog = Arc::new(MemoryCatalogProvider::new());
        catalog.register_schema("public", tables)?;
        state.catalog_list().register_catalog("tidemill".to_owned(), catalog);
        let turn = Arc::clone(&self.shared.planners).acquire_owned().await.map_err(|_| Error::internal("nobody plans any more"))?;
        plan_on_big_stack(state, statement, turn).await
    }
}

/// The rows of a table as the scope sees them.
async fn rows_of(tables: &MemorySchemaProvider, name: &str) -> Result<LogicalPlan> {
    let table = tables.table(name).await?;
    let rows = table.as_ref().and_then(|table| table.get_logical_plan());
    rows.map(std::borrow::Cow::into_owned).ok_or_else(|| Error::internal(format!("table {name} has no plan")))
}

/// An error about a name that is unknown as a column and known to a model, with what to write.
fn explained(error: Error, models: &[Arc<Model>]) -> Error {
    let Some((_, after)) = error.message().split_once(UNKNOWN) else { return error };
    let missing = after.split(['\n', '?']).next().unwrap_or_default();
    let missing = missing.split(". ").next().unwrap_or_default().trim_end_matches('.');
    let name = missing.rsplit('.').next().unwrap_or_default().trim_matches('"').to_owned();
    let of = |model: &&Arc<Model>| model.measures.iter().any(|measure| measure.name == name);
    if let Some(model) = models.iter().find(of) {
        return error.context(format!("{name} is a measure of {}; write measure({name})", model.name));
    }
    if let Some(model) = models.iter().find(|model| model.dimensions.iter().any(|dimension| dimension.name == name)) {
        return error.context(format!("{name} is a dimension of {}, which is there in a SELECT whose FROM names {0}, and only by its name", model.name));
    }
    error
}
