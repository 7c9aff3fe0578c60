//! What models say in a statement: its measures as the planner needs them, and dimensions as columns where names in it are
//! nothing else. Models and rows are those that the scope sees.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider};
use datafusion::common::TableReference;
use datafusion::datasource::ViewTable;
use datafusion::execution::FunctionRegistry;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::sql::parser::Statement;

use super::Mill;
use super::planners::Turn;
use super::seen::Seen;
use super::sql_views::{Questions, ViewsInSql};
use crate::catalog::AsOf;
use crate::error::{Error, ErrorKind, Result};
use crate::functions::is_business_day::{IsBusinessDay, is_asked};
use crate::ids::DatasetName;
use crate::query::determined::Determined;
use crate::query::estimate::{self, Estimates};
use crate::query::matching::{self, Scan};
use crate::query::windows::{Windows, windows_of};
use crate::query::{gate, question_table, subqueries, total_order};
use crate::semantic::date::Reference;
use crate::semantic::in_sql::calls::{self, Call};
use crate::semantic::in_sql::columns;
use crate::semantic::in_sql::expand::{self, Ground};
use crate::semantic::in_sql::planner::Measures;
use crate::semantic::{Model, SemanticQuery};

/// Dimensions at most that one statement looks at. For each of them it is planned once more.
const DIMENSIONS_MAX: usize = 32;

/// Stack of the thread that plans SQL: plans are trees, and callers decide how deep they are (within the gate's bounds).
const PLANNING_STACK_BYTES: usize = 64 << 20;

/// How DataFusion says that a name is no column. Whoever changes it fails `tests/it/sql_models.rs`.
const UNKNOWN: &str = "No field named ";

/// What a statement is about.
#[derive(Clone, Copy)]
pub(super) struct Among<'s> {
    /// The datasets that it names.
    pub pinned: &'s [(DatasetName, Seen)],
    pub views: &'s ViewsInSql,
    pub questions: &'s Questions,
    /// Whether somebody asks who sees a part of what it reads: then the order of its rows must tell nothing of the rest.
    pub restricted: bool,
    /// Whether it is told where it reads rows.
    pub traced: bool,
}

/// What is made of the plan of a statement beside running it.
#[derive(Clone, Copy)]
struct Wanted {
    /// So many rows at most, in a total order.
    sorted: Option<usize>,
    /// Where it reads rows.
    traced: bool,
}

/// What a statement says in the words of models.
#[derive(Debug, Default)]
pub(super) struct Spoken {
    /// The measures that it calls, each with its dataset.
    pub measures: Vec<(String, String)>,
    /// Names in it that are dimensions of models and no columns.
    pub dimensions: BTreeSet<String>,
}

impl Mill {
    /// Plans a statement over the tables that are made known to it, with what their models say.
    pub(super) async fn plan_with_models(&self, sql: &str, mut statement: Statement, tables: Arc<MemorySchemaProvider>, among: Among<'_>, as_of: Option<AsOf>) -> Result<Planned> {
        let Among { pinned, views, questions, restricted, traced } = among;
        let wanted = Wanted { sorted: restricted.then_some(self.scope.limits().result_rows), traced };
        for (name, table) in &questions.tables {
            tables.register_table(name.clone(), Arc::clone(table) as _)?;
        }
        let queries = calls::queries_of(&statement)?;
        let calls = calls::number(&mut statement, &queries)?;
        let measures = self.measures_of_calls(&calls, &tables, pinned, as_of, questions.now).await.map_err(|error| error.at("sql"))?;
        let called: Vec<(String, String)> = calls.into_iter().map(|call| (call.table.dataset, call.measure)).collect();
        // One for all that is tried. Half of the time is left for the answer, and to say here what was waited for.
        let turn = Arc::new(self.shared.planners.turn(self.scope.tenant(), self.scope.limits().deadline / 2).await?);
        let mut failed = match self.plan_over(Arc::clone(&tables), &measures, statement, &turn, wanted).await {
            Err(error) if error.message().contains(UNKNOWN) => error,
            planned => return planned.map(|planned| Planned { spoken: Spoken { measures: called, dimensions: BTreeSet::new() }, ..planned }),
        };
        let mut models = Vec::new();
        for (dataset, seen) in pinned {
            models.push(self.model_of(dataset, seen).await?);
        }
        // One name after the other: what is known without it stays what it is.
        let mut named = BTreeSet::new();
        loop {
            let missing = missing_of(&failed);
            let is_dimension = models.iter().any(|model| model.dimensions.iter().any(|dimension| dimension.name == missing));
            if !is_dimension || !named.insert(missing) {
                return Err(explained(failed, &models));
            }
            if named.len() > DIMENSIONS_MAX {
                return Err(Error::exhausted(format!("the statement names more than {DIMENSIONS_MAX} dimensions that are no columns; ask a semantic query")).at("sql"));
            }
            let widened = Arc::new(MemorySchemaProvider::new());
            for (name, table) in &questions.tables {
                widened.register_table(name.clone(), Arc::clone(table) as _)?;
            }
            let mut shown = BTreeMap::new();
            for model in &models {
                let table = tables.table(&model.name).await?.ok_or_else(|| Error::internal("a dataset that is not bound"))?;
                let rows = rows_of(&tables, &model.name).await?;
                let table = match columns::with_dimensions(&rows, model, &named, self.shared.session.shared())? {
                    Some(wide) if !queries.has(&TableReference::bare(model.name.clone())) => {
                        shown.insert(model.name.clone(), rows.schema().fields().iter().map(|field| field.name().clone()).collect());
                        Arc::new(ViewTable::new(wide, None))
                    }
                    _ => table,
                };
                widened.register_table(model.name.clone(), table)?;
            }
            // Statements may be deep: reading one again takes less of this stack than a copy of it.
            let mut statement = gate::parse(sql, self.scope.limits())?;
            views.take_out(self, &mut statement)?;
            calls::number(&mut statement, &queries)?;
            columns::write_stars_out(&mut statement, &shown, &queries)?;
            failed = match self.plan_over(widened, &measures, statement, &turn, wanted).await {
                Err(error) if error.message().contains(UNKNOWN) => error,
                planned => return planned.map(|planned| Planned { spoken: Spoken { measures: called, dimensions: named }, ..planned }),
            };
        }
    }

    async fn measures_of_calls(
        &self,
        calls: &[Call],
        tables: &MemorySchemaProvider,
        pinned: &[(DatasetName, Seen)],
        as_of: Option<AsOf>,
        mut now: Option<DateTime<Utc>>,
    ) -> Result<Arc<Measures>> {
        let mut expressions = Vec::new();
        let query = SemanticQuery { as_of, calendar: Some(self.calendar.clone()), ..SemanticQuery::default() };
        for Call { table, measure, times } in calls {
            let found = pinned.iter().find(|(dataset, _)| dataset.as_str() == table.dataset);
            let (dataset, seen) = found.ok_or_else(|| Error::internal("a measure of a dataset that is not bound"))?;
            let rows = LogicalPlanBuilder::from(rows_of(tables, &table.dataset).await?).alias(table.name.clone())?.build()?;
            // All measures of a statement are of one time.
            let reference = self.reference(&query, seen)?;
            let now = *now.get_or_insert(reference.now);
            let ground = Ground {
                model: &self.model_of(dataset, seen).await?,
                rows,
                snapshot: seen.snapshot(),
                state: self.shared.session.shared(),
                reference: Reference { now, ..reference },
                limits: self.scope.limits(),
            };
            expressions.push((expand::expand(measure, ground)?, *times));
            expand::check_size(expressions.iter().map(|(expression, times)| (expression, *times)))?;
        }
        Ok(Arc::new(Measures::new(expressions.into_iter().map(|(expression, _)| expression).collect())))
    }

    async fn plan_over(&self, tables: Arc<MemorySchemaProvider>, measures: &Arc<Measures>, statement: Statement, turn: &Arc<Turn>, wanted: Wanted) -> Result<Planned> {
        let mut state: SessionState = measures.known_to(self.session().state())?;
        state.register_udf(Arc::new(IsBusinessDay::udf(&self.calendar)))?;
        let catalog = Arc::new(MemoryCatalogProvider::new());
        catalog.register_schema("public", tables)?;
        state.catalog_list().register_catalog("tidemill".to_owned(), catalog);
        plan_on_big_stack(state, statement, Arc::clone(turn), wanted).await
    }
}

/// A statement that can be run.
pub(super) struct Planned {
    pub(super) state: SessionState,
    pub(super) physical: Arc<dyn ExecutionPlan>,
    pub(super) estimates: Estimates,
    /// The windows of time that it looks through.
    pub(super) windows: Windows,
    /// Whether it asks which days are worked.
    pub(super) business: bool,
    /// What of its answer is determined.
    pub(super) determined: Determined,
    /// What it says in the words of models.
    pub(super) spoken: Spoken,
    /// Where it reads rows, where that was asked for.
    pub(super) scans: Vec<Scan>,
}

/// Plans a statement on a thread of its own: the planner and the drop of its trees recurse. It ends when nobody waits for
/// it any more, and holds `turn` until then, which bounds how many there are.
async fn plan_on_big_stack(state: SessionState, statement: Statement, turn: Arc<Turn>, wanted: Wanted) -> Result<Planned> {
    let runtime = tokio::runtime::Handle::current();
    let (mut sender, receiver) = tokio::sync::oneshot::channel();
    let work = move || {
        let planning = async {
            let logical = state.statement_to_plan(statement).await.map_err(|error| in_statement(error.into()))?;
            gate::check_plan(&logical)?;
            let mut determined = Determined::of(&logical)?;
            let logical = match wanted.sorted {
                Some(rows) => {
                    determined.check_seen()?;
                    total_order::in_total_order(logical, rows)?
                }
                None => logical,
            };
            let logical = question_table::put_in(subqueries::exact(logical)?)?;
            determined.tell_rows_apart(&logical);
            let (estimates, business) = (estimate::of_plan(&logical)?, is_asked(&logical)?);
            let optimised = state.optimize(&logical).map_err(|error| in_statement(error.into()))?;
            let windows = windows_of(&optimised)?;
            let scans = if wanted.traced { matching::scans(&optimised, &state)? } else { Vec::new() };
            let physical = state.query_planner().create_physical_plan(&optimised, &state).await.map_err(|error| in_statement(error.into()))?;
            Ok::<_, Error>(move |state: SessionState| Planned { state, physical, estimates, windows, business, determined, spoken: Spoken::default(), scans })
        };
        let planned = runtime.block_on(async {
            tokio::select! {
                planned = planning => Some(planned),
                () = sender.closed() => None,
            }
        });
        if let Some(planned) = planned {
            drop(sender.send(planned.map(|planned| planned(state))));
        }
        drop(turn);
    };
    std::thread::Builder::new()
        .name("plan-sql".to_owned())
        .stack_size(PLANNING_STACK_BYTES)
        .spawn(work)
        .map_err(|error| Error::new(ErrorKind::Unavailable, format!("no thread to plan on: {error}")).because(error))?;
    receiver.await.map_err(|_| Error::internal("planning the statement failed"))?
}

/// What the planner does not like, at the statement, where it does not say itself where it is.
fn in_statement(error: Error) -> Error {
    let error = subqueries::explained(error);
    if error.kind() == ErrorKind::Invalid && error.field().is_none() { error.at("sql") } else { error }
}

/// The rows of a table as the scope sees them.
async fn rows_of(tables: &MemorySchemaProvider, name: &str) -> Result<LogicalPlan> {
    let table = tables.table(name).await?;
    let rows = table.as_ref().and_then(|table| table.get_logical_plan());
    rows.map(std::borrow::Cow::into_owned).ok_or_else(|| Error::internal(format!("table {name} has no plan")))
}

/// The name that is no column, without the table before it.
fn missing_of(error: &Error) -> String {
    let Some((_, after)) = error.message().split_once(UNKNOWN) else { return String::new() };
    last_part(after)
}

/// The last part of the name that a text begins with: parts are divided by dots, and what is no plain word stands in quotes,
/// where a quote is there twice.
fn last_part(text: &str) -> String {
    let (mut part, mut quoted) = (String::new(), false);
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        let next = signs.peek().copied();
        match sign {
            '"' if quoted && next == Some('"') => {
                signs.next();
                part.push('"');
            }
            '"' => quoted = !quoted,
            _ if quoted => part.push(sign),
            // The end of the sentence.
            '.' if next.is_none_or(char::is_whitespace) => break,
            '.' => part.clear(),
            _ if sign.is_whitespace() => break,
            _ => part.push(sign),
        }
    }
    part
}

/// An error about a name that is unknown as a column and known to a model, with what to write.
fn explained(error: Error, models: &[Arc<Model>]) -> Error {
    let name = missing_of(&error);
    let of = |model: &&Arc<Model>| model.measures.iter().any(|measure| measure.name == name);
    if let Some(model) = models.iter().find(of) {
        return error.context(format!("{name} is a measure of {}; write measure({name})", model.name));
    }
    if let Some(model) = models.iter().find(|model| model.dimensions.iter().any(|dimension| dimension.name == name)) {
        return error.context(format!("{name} is a dimension of {}, which is there in a SELECT whose FROM names {0}, and only by its name", model.name));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_no_column_is_read_as_it_was_written() {
        for (told, expected) in [
            ("size", "size"),
            ("size.", "size"),
            ("orders.size. Did you mean 'orders.amount'?", "size"),
            ("acme.public.orders.size.\nValid fields are orders.amount.", "size"),
            ("orders.\"Mixed\". Did you mean 'orders.mixed'?", "Mixed"),
            // One column, and not a field of another.
            ("\"address.city\".\nValid fields are address, size.", "address.city"),
            ("o.\"a. \"\"b\"\"? c\". Did you mean 'd'?", "a. \"b\"? c"),
            ("", ""),
        ] {
            assert_eq!(missing_of(&Error::invalid(format!("Schema error: {UNKNOWN}{told}"))), expected, "{told}");
        }
    }
}
