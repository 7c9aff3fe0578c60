//! Explaining: what a question would cost and how it would be answered, without asking it.

use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::physical_plan::joins::NestedLoopJoinExec;
use datafusion::physical_plan::{ExecutionPlan, displayable};
use futures::future::BoxFuture;

use super::Mill;
use super::ask::{How, counting};
use super::budget::words;
use super::compose::LookupsBy;
use super::damage::{Damage, told_to};
use super::ground::{Asking, Ground};
use super::held::Held;
use super::lineage::AppliedRange;
use super::seen::Seen;
use crate::catalog::AsOf;
use crate::catalog::json::column_to_json;
use crate::error::Result;
use crate::functions::whole_arithmetic::with_signs;
use crate::ids::DatasetName;
use crate::partial::source::{RollupCount, ScanCounters};
use crate::partial::tree::Survey;
use crate::query::allowance::Allowance;
use crate::query::execute;
use crate::query::explanation::{AggregateExplanation, Explanation};
use crate::query::result::{QueryResult, RollupUse};
use crate::query::survey::{merges, survey};
use crate::query::zeros::as_written;
use crate::semantic::{SemanticQuery, shape};

/// What is told of a plan.
struct Told<'a> {
    pinned: &'a [(DatasetName, Seen)],
    /// `None`: it was not planned.
    physical: Option<&'a Arc<dyn ExecutionPlan>>,
    survey: Survey,
    /// What is read for all parts of the answer.
    rows: u64,
    bytes: u64,
    allowance: &'a Allowance,
    within_budget: bool,
}

type Pinned = Vec<(DatasetName, Seen)>;

/// A part of an answer, planned.
struct Planned {
    page: Arc<dyn ExecutionPlan>,
    /// With the count of its rows, where that is asked for.
    all: Arc<dyn ExecutionPlan>,
}

/// The parts of an answer, planned.
#[derive(Default)]
struct Parts {
    /// What the answer itself is of.
    used: Pinned,
    /// The answer itself. `None`: what it looks up is too much already.
    main: Option<Arc<dyn ExecutionPlan>>,
    /// What they read. What several of them need is in one survey, and counts once.
    looked: Vec<Survey>,
}

impl Mill {
    /// Says how a semantic query would be answered now, and what that would read. Plan and segments are those of the answer itself;
    /// rows, bytes and the budget are of all its parts: totals, the ranking of `top` and the others too. Nothing is read but small
    /// lookups. Where the ranking is not kept, parts about the greatest values count as those about all values would. Who sees some rows
    /// only is told how many of these the question looks at, and nothing of segments.
    /// A question with [`explain`](SemanticQuery::explain) has this said beside its answer.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nRome,3\nOslo,4\n")).await?;
    /// let query = serde_json::from_str(r#"{"measures": ["orders.sum_amount"], "dimensions": ["orders.city"]}"#)?;
    /// assert_eq!(mill.explain(&query).await?.rows, 3);
    /// mill.query(&query).await?;
    /// assert_eq!(mill.explain(&query).await?.rows, 0); // its partial is kept
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`query`](Self::query): what cannot be asked cannot be explained.
    pub fn explain<'a>(&'a self, query: &'a SemanticQuery) -> BoxFuture<'a, Result<Explanation>> {
        Box::pin(self.in_class(async move {
            let words = self.words(query).await?;
            let explained = self.explain_in_models(words.query()).await;
            self.told(&words, explained).await
        }))
    }

    async fn explain_in_models(&self, query: &SemanticQuery) -> Result<Explanation> {
        let query = &*self.with_segments(query).await?;
        let ground = self.ground(query, &Damage::default()).await?;
        self.explain_on(&ground, query).await.map_err(|error| told_to(error, ground.seen()))
    }

    /// Says how a question would be answered on what it stands on.
    pub(super) async fn explain_on(&self, ground: &Ground, query: &SemanticQuery) -> Result<Explanation> {
        shape::check(query, ground.models())?;
        let limits = self.scope.limits();
        let asking = Asking { ground, allowance: execute::within_deadline(limits, self.allowance(query, ground, true)).await? };
        if asking.allowance.visible().is_some() {
            return self.explain_visible(&asking, query).await;
        }
        let counters = Arc::new(ScanCounters::default());
        let Parts { used, main, looked } = execute::within_deadline(limits, self.look_at_parts(&asking, query, &counters)).await?;
        let within_budget = main.is_some() && looked.iter().all(|survey| asking.allowance.take_known(survey));
        let survey = main.as_ref().map(survey).or_else(|| asking.allowance.over().cloned()).unwrap_or_default();
        let read = |parts: &[Survey]| parts.iter().fold((0, 0), |(rows, bytes), part| (rows + part.rows, bytes + part.bytes));
        let (rows, bytes) = read(if main.is_some() { &looked } else { std::slice::from_ref(&survey) });
        let suggestions = if within_budget { Vec::new() } else { self.cheaper(query, ground, &asking.allowance).await };
        let told = Told { pinned: &used, physical: main.as_ref(), survey, rows, bytes, allowance: &asking.allowance, within_budget };
        let mut explanation = Explanation { suggestions, ..self.explanation_of(told) };
        let Ground::One { seen, .. } = ground else { return Ok(explanation) };
        if seen.access().restricts() {
            // What a rollup lacks names the row filter and hidden columns.
            return Ok(explanation);
        }
        let mut rollups = counters.rollups();
        for (name, segments) in std::mem::take(&mut explanation.by_rollup) {
            rollups.entry(name).or_default().segments = segments;
        }
        explanation.rollups = rollups.into_iter().map(|(name, RollupCount { segments, lacks })| RollupUse { name, segments, lacks }).collect();
        Ok(explanation)
    }

    /// The same to who sees some rows only: checked, and not planned over segments, which tell of rows that are not seen.
    async fn explain_visible(&self, asking: &Asking<'_>, query: &SemanticQuery) -> Result<Explanation> {
        let Asking { ground, allowance } = asking;
        if let Some(top) = &query.top {
            self.check_on(ground, &shape::ranking(query, top, ground.models())?).await?;
        }
        let main = shape::main(query, None).query;
        self.check_on(ground, &main).await?;
        let used = match ground {
            Ground::Several(gathered) => self.plan_composed(&main, gathered, LookupsBy::Joins)?.used,
            Ground::One { .. } => ground.pinned(),
        };
        let within_budget = allowance.take_known(&Survey::default());
        let suggestions = if within_budget { Vec::new() } else { self.cheaper(query, ground, allowance).await };
        let told = Told { pinned: &used, physical: None, survey: Survey::default(), rows: 0, bytes: 0, allowance, within_budget };
        Ok(Explanation { suggestions, ..self.explanation_of(told) })
    }

    /// Plans the answer and what stands around it, and looks at what they read. Nothing of it is run but the ranking of `top`, and
    /// that only where it is kept: it says which values the other parts are about.
    async fn look_at_parts(&self, asking: &Asking<'_>, query: &SemanticQuery, counters: &Arc<ScanCounters>) -> Result<Parts> {
        let (mut plans, mut values) = (Vec::new(), None);
        if let Some(top) = &query.top {
            let ranking = shape::ranking(query, top, asking.ground.models())?;
            let (_, Some(planned)) = self.plan_part(asking, &ranking, true, &Arc::default()).await? else {
                return Ok(Parts { used: asking.ground.pinned(), ..Parts::default() });
            };
            let free = survey(&planned.all).from_rows == 0;
            let greatest = if free { self.answer_on(asking, &ranking, None).await?.batch.columns().first().map(column_to_json) } else { None };
            (plans, values) = (vec![planned.all], Some(greatest));
        }
        let known = values.as_ref().is_none_or(Option::is_some);
        let values = values.map(Option::unwrap_or_default);
        let values = values.as_deref();
        let (used, main) = self.plan_part(asking, &shape::main(query, values).query, plans.is_empty(), counters).await?;
        let Some(main) = main else { return Ok(Parts { used, ..Parts::default() }) };
        plans.push(main.all);
        let others = query.top.as_ref().filter(|top| top.others).map(|top| shape::others(query, top, values.unwrap_or_default()));
        for part in others.into_iter().chain(shape::totals(query, asking.ground.models(), values)) {
            // No measure has a grand total.
            if part.by.is_empty() && part.query.measures.is_empty() {
                continue;
            }
            let (_, Some(planned)) = self.plan_part(asking, &part.query, false, &Arc::default()).await? else { return Ok(Parts { used, ..Parts::default() }) };
            plans.push(planned.all);
        }
        // Without the values these parts are looked at as if they were about all, and one of them is not to count for another.
        let looked = if known { together(plans)?.iter().map(survey).collect() } else { plans.iter().map(survey).collect() };
        Ok(Parts { used, main: Some(main.page), looked })
    }

    /// A part of an answer as it would be run, and what it is of. `None`: what it looks up is too much already.
    async fn plan_part(&self, asking: &Asking<'_>, query: &SemanticQuery, first: bool, counters: &Arc<ScanCounters>) -> Result<(Pinned, Option<Planned>)> {
        let (used, page, whole) = match asking.ground {
            Ground::One { model, dataset, seen, reference, .. } => {
                self.open_rollups_of(dataset, seen, model.version).await?;
                let (compiled, page) = self.page(query, model, seen, reference.clone(), counters)?;
                (vec![(dataset.clone(), seen.clone())], page, compiled.plan)
            }
            Ground::Several(gathered) => {
                let planned = self.plan_composed_within(query, gathered, LookupsBy::Functions, counters)?;
                for (dataset, seen) in &planned.used {
                    let version = gathered.models.get(dataset.as_str()).map_or(0, |model| model.version);
                    self.open_rollups_of(dataset, seen, version).await?;
                }
                // Lookups are read, because what would be computed depends on them; where they are too much, nothing is.
                if first || !planned.finds_lookups(&self.shared.mappings) {
                    match self.take_lookups(&planned, &asking.allowance).await {
                        Err(_) if asking.allowance.over().is_some() => return Ok((planned.used, None)),
                        taken => taken?,
                    }
                }
                self.map(&planned).await?;
                (planned.used, planned.page, planned.composed.plan)
            }
        };
        let page = self.session().physical(&page).await?;
        let count = if query.total { Some(self.session().physical(&counting(whole)?).await?) } else { None };
        let all = together(std::iter::once(Arc::clone(&page)).chain(count))?;
        Ok((used, all.map(|all| Planned { page, all })))
    }

    /// Checks a question as [`query`](Self::query) does, without planning what it reads, and says from when to when its times
    /// are now: those with a date range, in its order.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("at,amount\n2013-01-01T10:00:00Z,2\n2013-02-01T10:00:00Z,3\n")).await?;
    /// let times = r#"[{"dimension": "orders.at", "dateRange": "last 1 day of data"}]"#;
    /// let query = serde_json::from_str(&format!(r#"{{"measures": ["orders.count"], "timeDimensions": {times}}}"#))?;
    /// let ranges = mill.check(&query).await?;
    /// assert_eq!(ranges[0].from.unwrap().to_rfc3339(), "2013-02-01T00:00:00+00:00");
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`query`](Self::query), but for what is found out only by answering.
    pub fn check<'a>(&'a self, query: &'a SemanticQuery) -> BoxFuture<'a, Result<Vec<AppliedRange>>> {
        Box::pin(async move {
            let words = self.words(query).await?;
            let checked = async {
                let in_models = &*self.with_segments(words.query()).await?;
                let ground = self.ground(in_models, &Damage::default()).await?;
                shape::check(in_models, ground.models())?;
                self.check_on(&ground, &shape::main(in_models, None).query).await?;
                // In the names of the question, whatever its models call them.
                AppliedRange::all(query, ground.reference())
            };
            match self.answering(checked).await {
                Ok(ranges) => Ok(ranges),
                Err(error) => Err(self.told_error(&words, error).await),
            }
        })
    }

    /// Says how a SQL statement would be answered now, and what that would read.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nRome,3\nOslo,4\n")).await?;
    /// assert_eq!(mill.explain_sql("select city from orders").await?.rows, 3);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`sql`](Self::sql): what cannot be asked cannot be explained.
    pub fn explain_sql<'a>(&'a self, sql: &'a str) -> BoxFuture<'a, Result<Explanation>> {
        Box::pin(self.in_class(self.explain_statement(sql, None)))
    }

    /// The same of a statement over an older state.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// mill.load("orders", Csv::bytes("city,amount\nOslo,4\n")).await?;
    /// assert_eq!(mill.explain_sql_as_of("select city from orders", 0).await?.rows, 1);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`sql_as_of`](Self::sql_as_of).
    pub fn explain_sql_as_of<'a>(&'a self, sql: &'a str, as_of: impl Into<AsOf>) -> BoxFuture<'a, Result<Explanation>> {
        Box::pin(self.in_class(self.explain_statement(sql, Some(as_of.into()))))
    }

    /// Answers a statement as [`sql`](Self::sql) and [`sql_as_of`](Self::sql_as_of) do, and says beside the answer how it was to be
    /// answered: what [`explain_sql`](Self::explain_sql) says, of the same versions, before anything was read for it.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nRome,3\nOslo,4\n")).await?;
    /// let answer = mill.sql_explained("select sum(amount) as total from orders", None).await?;
    /// assert_eq!(answer.to_csv()?, "total\r\n9\r\n");
    /// assert_eq!(answer.explanation.map(|explanation| explanation.rows), Some(3));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`sql`](Self::sql) and [`sql_as_of`](Self::sql_as_of).
    pub fn sql_explained<'a>(&'a self, sql: &'a str, as_of: Option<AsOf>) -> BoxFuture<'a, Result<QueryResult>> {
        Box::pin(async move {
            // What is told is of the versions that are read, whatever is committed in between.
            let held = Held::since(self.shared.clock.now());
            let mill = Self { held: Some(held.into()), ..self.clone() };
            let answer = async {
                let explanation = mill.explain_statement(sql, as_of).await?;
                let answer = mill.answer_sql(sql, as_of).await?;
                Ok(QueryResult { explanation: Some(explanation), ..answer })
            };
            self.answering(answer).await
        })
    }

    async fn explain_statement(&self, sql: &str, as_of: Option<AsOf>) -> Result<Explanation> {
        let mut pinned = Vec::new();
        let damage = Damage::default();
        let mut allowance = Allowance::default();
        let planned = self.plan_statement(sql, How { as_of, lookups: LookupsBy::Functions, explained: true, traced: false }, &damage, &mut pinned, &mut allowance);
        let (physical, named) = match execute::within_deadline(self.scope.limits(), planned).await {
            Ok(planned) if planned.questions.are_none() => (Some(planned.planned.physical), pinned.as_slice()),
            Ok(planned) => (Some(planned.planned.physical), &[][..]),
            // What is looked up by questions on views is too much already.
            Err(_) if allowance.over().is_some() => (None, &[][..]),
            Err(error) => return Err(told_to(error, pinned.iter().map(|(_, seen)| seen))),
        };
        let (survey, within_budget) = match &physical {
            Some(physical) => {
                let survey = survey(physical);
                let within_budget = allowance.take_known(&survey);
                (survey, within_budget)
            }
            None => (allowance.over().cloned().unwrap_or_default(), false),
        };
        let suggestions = if within_budget { Vec::new() } else { words(&allowance, &survey, named) };
        let (rows, bytes) = (survey.rows, survey.bytes);
        let explanation = self.explanation_of(Told { pinned: &pinned, physical: physical.as_ref(), survey, rows, bytes, allowance: &allowance, within_budget });
        Ok(Explanation { suggestions, ..explanation })
    }

    fn explanation_of(&self, told: Told<'_>) -> Explanation {
        let Told { pinned, physical, survey, rows, bytes, allowance, within_budget } = told;
        let names: Vec<&str> = pinned.iter().map(|(dataset, _)| dataset.as_str()).collect();
        let restricted = pinned.iter().any(|(_, seen)| seen.access().restricts());
        let mut explanation = Explanation {
            dataset: names.join(", "),
            version: if let [(_, only)] = pinned { only.version } else { 0 },
            budget: allowance.granted().budget,
            within_budget,
            ..Explanation::default()
        };
        if let Some(visible) = allowance.visible() {
            // Everything else tells of rows that are not seen: how many there are and how they lie.
            (explanation.rows, explanation.bytes) = (visible.rows, visible.bytes);
            explanation.cost = allowance.granted().prices.cost(visible.rows, visible.bytes);
            return explanation;
        }
        (explanation.rows, explanation.bytes) = (rows, bytes);
        explanation.cost = allowance.granted().prices.cost(rows, bytes);
        explanation.estimated_ms = Some(self.shared.pace.estimate_ms(rows, bytes));
        if restricted {
            // How many segments there are depends on hidden columns; plans and aggregates are written in columns, and so name masks and what
            // policies compare with.
            return explanation;
        }
        let mut found = Vec::new();
        physical.into_iter().for_each(|plan| merges(plan, &mut found));
        explanation.segments_total = pinned.iter().map(|(_, snapshot)| snapshot.segments.len() as u64).sum();
        explanation.segments_kept = survey.kept;
        explanation.segments_by_rollup = survey.by_rollup.values().sum();
        explanation.segments_from_rows = survey.from_rows;
        explanation.segments_pruned = match found.as_slice() {
            // A scan has no segments in it that were ruled out.
            [] => explanation.segments_total.saturating_sub(survey.from_rows),
            _ => survey.pruned,
        };
        explanation.by_rollup = survey.by_rollup;
        explanation.plan = physical.map(|plan| displayable(plan.as_ref()).indent(false).to_string()).unwrap_or_default();
        for aggregation in found.into_iter().filter_map(|node| node.aggregation()) {
            let kernels = aggregation.fragment.aggregates.iter().zip(aggregation.kernel.layout.kernels());
            explanation
                .aggregates
                .extend(kernels.map(|(aggregate, kernel)| AggregateExplanation { aggregate: as_written(&with_signs(aggregate)).to_string(), kernel }));
        }
        explanation
    }
}

/// Plans as one, to be looked over: what several of them need counts once. It is never run.
fn together(plans: impl IntoIterator<Item = Arc<dyn ExecutionPlan>>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let mut plans = plans.into_iter();
    let Some(first) = plans.next() else { return Ok(None) };
    let join = |one, other| NestedLoopJoinExec::try_new(one, other, None, &JoinType::Inner, None).map(|joined| Arc::new(joined) as Arc<dyn ExecutionPlan>);
    Ok(Some(plans.try_fold(first, join)?))
}
