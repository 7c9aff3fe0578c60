//! Asking: semantic queries and SQL. Each pins a version, puts the scope into the plan and says where its
//! numbers come from.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use chrono::{DateTime, Utc};
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider};
use datafusion::datasource::ViewTable;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use futures::future::BoxFuture;

use super::Mill;
use super::compose::LookupsBy;
use super::damage::Damage;
use super::ground::Ground;
use super::provenance::{filled_until, running_from, told, told_stages, used_calendar};
use super::seen::Seen;
use super::sql_models::{Among, Planned};
use super::sql_views::{Common, Questions, ViewsInSql};
use super::tiles::Asked;
use crate::catalog::AsOf;
use crate::error::{Error, Result, near_names};
use crate::ids::DatasetName;
use crate::partial::source::ScanCounters;
use crate::query::allowance::Allowance;
use crate::query::determined::Determined;
use crate::query::estimate::Estimates;
use crate::query::execute::Executed;
use crate::query::explanation::Explanation;
use crate::query::result::{Bound, ColumnRole, Provenance, QueryResult, ResultColumn, Stage};
use crate::query::table::{DatasetTable, scoped_plan};
use crate::query::{execute, gate, write};
use crate::semantic::calendar::Calendar;
use crate::semantic::compile::{self, Compiled};
use crate::semantic::date::{self, Reference};
use crate::semantic::in_sql::blocks::Shown;
use crate::semantic::in_sql::names::names_of;
use crate::semantic::join::Models;
use crate::semantic::{CalendarSettings, DateRange, Filter, Model, SemanticQuery, UsedCalendar, View, filter, inputs, member, segments};
use crate::storage::log::Snapshot;

impl Mill {
    /// Answers a semantic query.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nRome,3\nOslo,4\n")).await?;
    /// let query = serde_json::from_str(r#"{"measures": ["orders.sum_amount"], "dimensions": ["orders.city"]}"#)?;
    /// let answer = mill.query(&query).await?;
    /// assert_eq!(answer.to_json()["data"], serde_json::json!([["Rome", "Oslo"], [5, 4]]));
    /// assert_eq!(answer.provenance.version, Some(0));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Invalid` with the path of the field at fault and near names, `NotFound` for an unknown model, `Exhausted` at a
    /// limit of the scope.
    pub fn query<'a>(&'a self, query: &'a SemanticQuery) -> BoxFuture<'a, Result<QueryResult>> {
        self.answer_noting(query, &|_, _| ())
    }

    /// The same; `note` is told what is asked in the words of models, and of which ground, before it is answered.
    pub(super) fn answer_noting<'a>(&'a self, query: &'a SemanticQuery, note: &'a (dyn Fn(&SemanticQuery, &Ground) + Sync)) -> BoxFuture<'a, Result<QueryResult>> {
        Box::pin(async move {
            let answer = async {
                let words = self.words(query).await?;
                let answered = self.answer_in_models(words.query(), note).await;
                self.told(&words, answered).await
            };
            self.answering(answer).await
        })
    }

    /// Answers a question in the words of models.
    async fn answer_in_models(&self, query: &SemanticQuery, note: &(dyn Fn(&SemanticQuery, &Ground) + Sync)) -> Result<QueryResult> {
        let query = &*self.with_segments(query).await?;
        let (mut damage, mut explanation) = (Damage::default(), None);
        loop {
            let ground = self.ground(query, &damage).await?;
            note(query, &ground);
            match self.answer_explained(&ground, query, &mut explanation).await {
                Ok(answer) => return Ok(QueryResult { explanation, ..damage.told(answer) }),
                Err(error) => self.skip(&mut damage, error, &ground.pinned()).await?,
            }
        }
    }

    /// Answers a question of a ground, after it has said how, where the question asks for that. It says so once: what is kept of an
    /// answer that met a damaged segment would make the next one look free.
    async fn answer_explained(&self, ground: &Ground, query: &SemanticQuery, explanation: &mut Option<Explanation>) -> Result<QueryResult> {
        if query.explain && explanation.is_none() {
            // Few questions ask for it, and all others would carry the room that it takes.
            *explanation = Some(Box::pin(self.explain_on(ground, query)).await?);
        }
        self.answer_shaped(ground, query).await
    }

    /// The question with the conditions of the segments that it names.
    pub(super) async fn with_segments<'q>(&self, query: &'q SemanticQuery) -> Result<Cow<'q, SemanticQuery>> {
        if query.segments.is_empty() {
            return Ok(Cow::Borrowed(query));
        }
        let mut filters = query.filters.clone();
        for (index, member) in query.segments.iter().enumerate() {
            let at = |error: Error| error.at(format!("segments[{index}]"));
            let model = self.model(member::model_of(member).map_err(at)?).await.map_err(at)?;
            filters.extend(segments::conditions(&model, member).map_err(at)?);
        }
        Ok(Cow::Owned(SemanticQuery { filters, segments: Vec::new(), ..query.clone() }))
    }

    pub(super) async fn model_and_snapshot(&self, query: &SemanticQuery) -> Result<(Arc<Model>, Seen)> {
        let members = query.measures.iter().chain(&query.dimensions).chain(query.time_dimensions.iter().map(|time| &time.dimension));
        let mut first = None;
        // What a join is called is no model of its own.
        for member in members {
            let dataset = DatasetName::parse(member::model_of(member)?)?;
            if let Some(snapshot) = self.look_for(&dataset).await? {
                first = Some((dataset, snapshot));
                break;
            }
        }
        let (dataset, snapshot) = match first {
            Some(first) => first,
            None => return Err(self.no_model(query).await),
        };
        let model = self.model_of(&dataset, &snapshot).await?;
        let pinned = self.pin(&dataset, snapshot, query.as_of).await?;
        Ok((model, self.placed(&dataset, pinned).await))
    }

    /// Why a question begins nowhere.
    async fn no_model(&self, query: &SemanticQuery) -> Error {
        let first = query.measures.iter().chain(&query.dimensions).chain(query.time_dimensions.iter().map(|time| &time.dimension)).next();
        let Some(first) = first else { return Error::invalid("the query asks for nothing; name at least one measure or dimension").at("measures") };
        match member::model_of(first).and_then(DatasetName::parse) {
            Ok(dataset) => self.find(&dataset).await.err().unwrap_or_else(|| Error::internal("a dataset that is there and is not")),
            Err(error) => error,
        }
    }

    /// What relative ranges of a question are counted from: now, or the time of the state that is asked.
    pub(super) fn reference(&self, query: &SemanticQuery, snapshot: &Seen) -> Result<Reference> {
        let now = match query.as_of {
            None => self.now(),
            Some(AsOf::Time(time)) => time,
            Some(AsOf::Version(_)) => snapshot.updated_at,
        };
        let of_data = query.time_dimensions.iter().filter_map(|time| time.date_range.as_ref()).any(DateRange::follows_data) || query.filters.iter().any(filter::follows_data);
        let calendar = compile::calendar_of(query)?;
        let latest = if of_data { snapshot.latest_needed(calendar)? } else { snapshot.latest_in(calendar) };
        let business = query.calendar.as_ref().map(CalendarSettings::business_days).unwrap_or_default();
        Ok(Reference { now, latest, calendar, business })
    }

    /// A question as a plan over the rows that the scope sees, and the part of it that is asked for.
    pub(super) fn page(&self, query: &SemanticQuery, model: &Model, snapshot: &Seen, reference: Reference, counters: &Arc<ScanCounters>) -> Result<(Compiled, LogicalPlan)> {
        let dataset = DatasetName::parse(&model.dataset)?;
        let state = self.shared.session.shared();
        let source = self.source_of(&dataset, snapshot, counters)?;
        let compiled = compile::compile(query, model, source, state, reference, self.scope.limits())?;
        // One row more than asked for tells whether there are more.
        let page = LogicalPlanBuilder::from(compiled.plan.clone()).limit(compiled.offset, Some(compiled.limit + 1))?.build()?;
        Ok((compiled, page))
    }

    pub(super) async fn answer(&self, query: &SemanticQuery, model: &Arc<Model>, snapshot: Seen, reference: Reference, allowance: &Allowance) -> Result<QueryResult> {
        let started = Instant::now();
        let dataset = DatasetName::parse(&model.dataset)?;
        if !self.from_rows {
            self.open_rollups_of(&dataset, &snapshot, model.version).await?;
        }
        let zone = reference.zone();
        let mut counters = Arc::new(ScanCounters::default());
        let asked = match self.ask_tile(query, model, &snapshot, reference.clone(), &counters, allowance).await? {
            Some(asked) => (asked, None),
            None => {
                counters = Arc::new(ScanCounters::default());
                self.ask_planned(query, model, &snapshot, reference.clone(), &counters, allowance).await?
            }
        };
        let (Asked { mut executed, columns, estimates, range: first, offset }, plan) = asked;
        // What is kept of a question tells its first window alone.
        let range = first.map_or(Ok(None), |_| date::asked(query, &reference))?;
        if let [planned, execution] = executed.stages.as_mut_slice() {
            planned.duration = started.elapsed().saturating_sub(execution.duration);
        }
        self.learn_pace(&counters, &executed.stages);
        let known = self.provenance(&[(dataset.clone(), snapshot.clone())], &counters, reference.calendar, reference.now);
        // Rollups are kept for what people look at every day.
        if query.as_of.is_none() && !self.from_rows {
            self.learn(query, model, &dataset, &snapshot, reference.calendar, counters.rows.load(Ordering::Relaxed));
        }
        let seen = (offset + executed.batch.num_rows()) as u64;
        let total_rows = match (executed.truncated, plan.filter(|_| query.total)) {
            // A page beyond the end says nothing of how many there are before it.
            (false, _) if executed.batch.num_rows() > 0 || offset == 0 => Some(seen),
            (_, Some(plan)) => Some(self.count(plan, &mut executed.stages, allowance).await?),
            _ => None,
        };
        let bounds: Vec<Bound> = estimates.iter().filter_map(|estimate| estimate.bound(&executed.batch, executed.truncated || offset > 0)).collect();
        let shown = executed.batch.project(&(0..columns.len()).collect::<Vec<_>>())?;
        let batch = write::normalised_as_told(&shown)?;
        let time_range = told(range);
        let filled_until = filled_until(&columns, model, &snapshot, reference.calendar, reference.now);
        let running_from = running_from(&columns, reference.calendar, reference.now, filled_until, time_range);
        Ok(QueryResult {
            columns,
            batch,
            totals: Vec::new(),
            others: None,
            explanation: None,
            provenance: Provenance {
                time_range,
                running_from,
                relative_range: date::asked_as(query),
                timezone: zone.name().to_owned(),
                calendar: used_calendar(query, [model.as_ref()]),
                exact: bounds.is_empty(),
                bounds,
                total_rows,
                truncated: executed.truncated,
                stages: told_stages(&known, executed.stages),
                ..known
            },
        })
    }

    /// Plans a question and runs the plan, which is handed over without its limit.
    async fn ask_planned(
        &self,
        query: &SemanticQuery,
        model: &Model,
        snapshot: &Seen,
        reference: Reference,
        counters: &Arc<ScanCounters>,
        allowance: &Allowance,
    ) -> Result<(Asked, Option<LogicalPlan>)> {
        let dataset = DatasetName::parse(&model.dataset)?;
        let (state, limits) = (self.shared.session.shared(), self.scope.limits());
        let source = self.source_of(&dataset, snapshot, counters)?;
        let Compiled { columns, plan, estimates, offset, limit, range } = compile::compile(query, model, source, state, reference, limits)?;
        // One row more than asked for tells whether there are more.
        let page = LogicalPlanBuilder::from(plan.clone()).limit(offset, Some(limit + 1))?.build()?;
        let executed = execute::run_allowed(self.session(), &page, limits, limit, allowance).await?;
        Ok((Asked { executed, columns, estimates, range, offset }, Some(plan)))
    }

    /// The plan that reads a dataset as it is seen.
    pub(super) fn source_of(&self, dataset: &DatasetName, seen: &Seen, counters: &Arc<ScanCounters>) -> Result<LogicalPlan> {
        scoped_plan(self.table(dataset, seen.snapshot(), counters), dataset, seen.access(), self.shared.session.shared())
    }

    pub(super) fn table(&self, dataset: &DatasetName, snapshot: &Arc<Snapshot>, counters: &Arc<ScanCounters>) -> DatasetTable {
        let log = self.shared.datasets.log(self.scope.tenant(), dataset);
        DatasetTable::new(Arc::clone(snapshot), log.prefix().clone(), &self.shared.session, Arc::clone(counters))
    }

    /// How many rows a plan has.
    pub(super) async fn count(&self, plan: LogicalPlan, stages: &mut Vec<Stage>, allowance: &Allowance) -> Result<u64> {
        let started = Instant::now();
        let counted = execute::run_allowed(self.session(), &counting(plan)?, self.scope.limits(), 1, allowance).await?;
        stages.push(Stage { name: "count", duration: started.elapsed() });
        let column = counted.batch.columns().first().ok_or_else(|| Error::internal("a count without a column"))?;
        let counts = arrow::array::AsArray::as_primitive::<arrow::datatypes::Int64Type>(column);
        Ok(counts.values().first().copied().and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }

    /// Answers one read-only SQL query over the datasets of the scope and what their models say: `measure(x)` is a measure of the
    /// dataset that its SELECT reads, and dimensions are columns. A SELECT over a view is a question on it. [`sql_as_of`](Self::sql_as_of) asks an older state.
    ///
    /// For a scope that sees a part of what is read, rows come in an order that their values alone decide: by the ORDER BY, then by all
    /// columns. What inside of the statement would go by the order in which rows are read (a LIMIT, DISTINCT ON, `row_number()`,
    /// `first_value(x)`) is refused with what to write.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\nRome,3\nOslo,4\n")).await?;
    /// let answer = mill.sql("select city, measure(sum_amount) as amount from orders group by city order by 2 desc").await?;
    /// assert_eq!(answer.to_json()["data"], serde_json::json!([["Rome", "Oslo"], [5, 4]]));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Invalid` for text that is not SQL or names what is not there, `Denied` for anything but a query, `Exhausted` at a
    /// limit of the scope.
    pub fn sql<'a>(&'a self, sql: &'a str) -> BoxFuture<'a, Result<QueryResult>> {
        self.answer_sql(sql, None)
    }

    /// Answers one read-only SQL query over the datasets of the scope as they were. Row filters and hidden columns are
    /// those of the scope now.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// mill.load("orders", Csv::bytes("city,amount\nOslo,4\n")).await?;
    /// let answer = mill.sql_as_of("select sum(amount) as total from orders", 0).await?;
    /// assert_eq!((answer.to_csv()?.as_str(), answer.provenance.version), ("total\r\n2\r\n", Some(0)));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`sql`](Self::sql); `Invalid` at `asOf`, naming what there is, for a state that never was or cannot be read any
    /// more, and for a version where the statement reads more than one dataset: each counts its own.
    pub fn sql_as_of<'a>(&'a self, sql: &'a str, as_of: impl Into<AsOf>) -> BoxFuture<'a, Result<QueryResult>> {
        self.answer_sql(sql, Some(as_of.into()))
    }

    pub(super) fn answer_sql<'a>(&'a self, sql: &'a str, as_of: Option<AsOf>) -> BoxFuture<'a, Result<QueryResult>> {
        Box::pin(async move {
            let answer = async {
                let mut damage = Damage::default();
                loop {
                    let mut pinned = Vec::new();
                    match self.answer_whole(sql, as_of, &damage, &mut pinned, |_| Ok(())).await {
                        Ok((answer, _)) => return Ok(damage.told(answer)),
                        // Also what is met while planning, where filters of segments are read.
                        Err(error) => self.skip(&mut damage, error, &pinned).await?,
                    }
                }
            };
            self.answering(answer).await
        })
    }

    /// The answer to a statement without what is left out, and what of it is determined, which is looked at before anything is run.
    pub(super) async fn answer_whole(
        &self,
        sql: &str,
        as_of: Option<AsOf>,
        damage: &Damage,
        pinned: &mut Vec<(DatasetName, Seen)>,
        check: fn(&Determined) -> Result<()>,
    ) -> Result<(QueryResult, Determined)> {
        let started = Instant::now();
        let mut allowance = Allowance::default();
        let lookups = if self.from_rows { LookupsBy::Joins } else { LookupsBy::Functions };
        let planned = self.plan_statement(sql, How { as_of, lookups, explained: false, traced: false }, damage, pinned, &mut allowance).await;
        let PlannedSql { planned, counters, questions } = planned.map_err(|error| Self::with_words(error, &allowance, &[]))?;
        let Planned { state, physical, estimates, business, determined, .. } = planned;
        check(&determined)?;
        let named = if questions.are_none() { pinned.as_slice() } else { &[] };
        Self::take_plan(&allowance, &physical).map_err(|error| Self::with_words(error, &allowance, named))?;
        self.check_looked_up(&questions).await?;
        let max_rows = self.scope.limits().result_rows;
        let executed = execute::run_physical(&state, physical, self.scope.limits(), max_rows, started.elapsed()).await?;
        let mut answer = self.sql_result(executed, &estimates, &counters, pinned, &questions, self.answered_at(as_of, pinned))?;
        let calendar = self.calendar.clone().without_zone();
        answer.provenance.calendar = UsedCalendar::of(Some(&calendar).filter(|calendar| **calendar != CalendarSettings::default()), business, business);
        Ok((questions.told(answer), determined))
    }

    /// The clock by which a statement is answered: that of the engine or, of an older state, the time of the state.
    pub(super) fn answered_at(&self, as_of: Option<AsOf>, pinned: &[(DatasetName, Seen)]) -> DateTime<Utc> {
        match (as_of, pinned) {
            (Some(AsOf::Time(time)), _) => time,
            (Some(AsOf::Version(_)), [(_, seen), ..]) => seen.updated_at,
            _ => self.now(),
        }
    }

    fn sql_result(
        &self,
        executed: Executed,
        estimates: &Estimates,
        counters: &ScanCounters,
        pinned: &[(DatasetName, Seen)],
        questions: &Questions,
        now: DateTime<Utc>,
    ) -> Result<QueryResult> {
        self.learn_pace(counters, &executed.stages);
        let bounds: Vec<Bound> = estimates.columns.iter().filter_map(|estimate| estimate.bound(&executed.batch, executed.truncated)).collect();
        let (batch, types) = write::normalised(&executed.batch)?;
        let columns = batch.schema().fields().iter().zip(types).map(|(field, column_type)| sql_column(field.name(), column_type)).collect();
        let rows = batch.num_rows() as u64;
        let zone = self.calendar.zone();
        let calendar = Calendar::new(zone, &self.calendar);
        let known = self.provenance(pinned, counters, calendar, now);
        // What questions only look up has no say in until when their numbers are complete.
        let counted = pinned.iter().filter(|(name, _)| questions.counts(name));
        let complete_until = counted.filter_map(|(_, seen)| seen.complete_until(calendar, now)).min();
        Ok(QueryResult {
            columns,
            batch,
            totals: Vec::new(),
            others: None,
            explanation: None,
            provenance: Provenance {
                complete_until,
                timezone: zone.name().to_owned(),
                exact: bounds.is_empty() && !estimates.hidden,
                bounds,
                total_rows: (!executed.truncated).then_some(rows),
                truncated: executed.truncated,
                stages: told_stages(&known, executed.stages),
                ..known
            },
        })
    }

    /// Plans one read-only query over the datasets of the scope, each pinned to one version, which the caller learns in any case.
    pub(super) async fn plan_statement(
        &self,
        sql: &str,
        How { as_of, lookups, explained, traced }: How,
        damage: &Damage,
        pinned: &mut Vec<(DatasetName, Seen)>,
        allowance: &mut Allowance,
    ) -> Result<PlannedSql> {
        let mut statement = gate::parse(sql, self.scope.limits())?;
        let names = names_of(&statement)?;
        let state = self.shared.session.state();
        let references = state.resolve_table_references(&statement)?;
        let counters = Arc::new(ScanCounters::default());
        let schema = Arc::new(MemorySchemaProvider::new());
        let mut views = ViewsInSql::default();
        for reference in references {
            match self.bind_table(&reference, &schema, &counters, as_of, damage).await? {
                Named::Dataset(dataset, seen) => pinned.push((dataset, seen)),
                Named::View(view) => views.add(*view),
            }
        }
        let named = pinned.len();
        let blocks = views.take_out(self, &mut statement)?;
        let questions = self.questions(blocks, &views, Common { as_of, damage, counters: &counters, lookups, pinned, looks: Vec::new() }).await?;
        if let (Some(AsOf::Version(version)), [(first, _), (second, _), ..]) = (as_of, pinned.as_slice()) {
            return Err(Error::invalid(format!("version {version} says nothing of which dataset, and the statement reads {first} and {second}; give a time")).at("asOf"));
        }
        let granted = self.granted(self.scope.limits().budget);
        let restricted = pinned.iter().any(|(_, seen)| seen.access().restricts());
        let named = pinned.get(..named).unwrap_or_default();
        *allowance = match (restricted, questions.are_none()) {
            (false, _) => Allowance::new(granted),
            // What questions look up is allowed before the statement is planned, so nothing is known of windows yet.
            (true, false) if explained || granted.budget.is_bounded() => {
                let looks = [questions.looks.clone(), self.looks_of_statement(named, &names, None).await?].concat();
                Allowance::of_visible(granted, self.visible(&looks).await?)
            }
            (true, _) => Allowance::default(),
        };
        self.look_up(&questions, allowance).await?;
        let planned = self
            .plan_with_models(sql, statement, schema, Among { pinned: named, views: &views, questions: &questions, restricted, traced }, as_of)
            .await?;
        if restricted && questions.are_none() && (explained || granted.budget.is_bounded()) {
            let looks = self.looks_of_statement(named, &names, Some(&planned.windows)).await?;
            *allowance = Allowance::of_visible(granted, self.visible(&looks).await?);
        }
        Ok(PlannedSql { planned, counters, questions })
    }

    /// Makes a table of the statement known, as the scope sees it.
    async fn bind_table(
        &self,
        reference: &datafusion::common::TableReference,
        schema: &MemorySchemaProvider,
        counters: &Arc<ScanCounters>,
        as_of: Option<AsOf>,
        damage: &Damage,
    ) -> Result<Named> {
        let qualified = reference.schema().is_some_and(|schema| schema != "public") || reference.catalog().is_some_and(|catalog| catalog != "tidemill");
        let found = match DatasetName::parse(reference.table()) {
            Ok(name) if !qualified => self.look_for(&name).await?.map(|snapshot| (name, snapshot)),
            _ => None,
        };
        let Some((name, snapshot)) = found else {
            if let (false, Some(view)) = (qualified, self.view_in_sql(reference.table()).await?) {
                return Ok(Named::View(Box::new(view)));
            }
            let known = self.shared.datasets.names(self.scope.tenant()).await?;
            let views = self.stored_views().await?;
            let near = near_names(reference.table(), known.iter().map(DatasetName::as_str).chain(views.iter().map(|view| view.name.as_str())));
            return Err(Error::not_found(format!("there is no dataset {reference}{near}")).at("sql"));
        };
        // The first to ask about a dataset opens its rollups; a model that changes opens them anew.
        if self.rollup_set(&name).is_none_or(|set| set.identity.dataset_id != snapshot.metadata.id) {
            self.open_rollups(&name, &snapshot).await?;
        }
        let snapshot = damage.out_of(self.placed(&name, self.pin(&name, snapshot, as_of).await?).await);
        let plan = self.source_of(&name, &snapshot, counters)?;
        schema.register_table(name.to_string(), Arc::new(ViewTable::new(plan, None)))?;
        Ok(Named::Dataset(name, snapshot))
    }

    pub(super) fn check_query(&self, query: &SemanticQuery, model: &Model, snapshot: &Seen, dataset: &DatasetName) -> Result<()> {
        let state = self.shared.session.shared();
        let reference = self.reference(query, snapshot)?;
        let source = self.source_of(dataset, snapshot, &Arc::default())?;
        compile::compile(query, model, source, state, reference, self.scope.limits()).map(drop)
    }
}

/// The plan that counts the rows of another one.
pub(super) fn counting(plan: LogicalPlan) -> Result<LogicalPlan> {
    let rows = datafusion::functions_aggregate::expr_fn::count(datafusion::logical_expr::lit(1_i64));
    Ok(LogicalPlanBuilder::from(plan).aggregate(Vec::<datafusion::logical_expr::Expr>::new(), vec![rows])?.build()?)
}

/// How a statement is planned.
#[derive(Clone, Copy)]
pub(super) struct How {
    pub as_of: Option<AsOf>,
    pub lookups: LookupsBy,
    /// Whether what it reads is told.
    pub explained: bool,
    /// Whether it is told where it reads that.
    pub traced: bool,
}

/// A statement that can be run, with what it reads.
pub(super) struct PlannedSql {
    pub(super) planned: Planned,
    counters: Arc<ScanCounters>,
    pub(super) questions: Questions,
}

/// What a name in FROM is.
enum Named {
    Dataset(DatasetName, Seen),
    View(Box<(View, Shown)>),
}

fn sql_column(name: &str, column_type: crate::catalog::ColumnType) -> ResultColumn {
    ResultColumn::new(name, column_type, ColumnRole::Column)
}

/// The members of a question that may be measures: what it asks for, and what it filters by.
pub(super) fn maybe_measures(query: &SemanticQuery) -> impl Iterator<Item = String> {
    query.measures.iter().map(String::as_str).chain(query.filters.iter().flat_map(Filter::members)).map(str::to_owned)
}

/// The measures of a model that a question asks for or filters by, and those that these are computed from, be it by way of `models`.
pub(super) fn measures_of(query: &SemanticQuery, model: &Model, models: &Models) -> Vec<String> {
    let named = |name: &str| if name == model.name { Some(model) } else { models.get(name).map(|model| &**model) };
    let found = inputs::all(maybe_measures(query), named);
    found.into_iter().filter(|(_, of, _)| of.name == model.name).map(|(_, _, measure)| measure.name.clone()).collect()
}
