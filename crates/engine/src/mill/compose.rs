//! Asking about several models at once, or for measures that are computed from measures: which models and versions there
//! are, whether lookups are what their joins say, and the answer with everything that it was made from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use datafusion::prelude::col;
use futures::{StreamExt, TryStreamExt};

use super::Mill;
use super::ask::{maybe_measures, measures_of};
use super::damage::Damage;
use super::mappings::{Mappings, repeated};
use super::provenance::{filled_until, running_from, told, told_stages, used_calendar};
use super::reach::Pinned;
use super::seen::Seen;
use crate::catalog::AsOf;
use crate::error::{Error, Result};
use crate::functions::count::count;
use crate::ids::DatasetName;
use crate::partial::source::ScanCounters;
use crate::query::allowance::Allowance;
use crate::query::result::{Bound, Provenance, QueryResult};
use crate::query::{execute, write};
use crate::semantic::compile;
use crate::semantic::compose::{self, Composed, Source, World};
use crate::semantic::date::{self, Reference};
use crate::semantic::join::{self, Models, way};
use crate::semantic::lookups::UniqueKey;
use crate::semantic::mapped::Mapped;
use crate::semantic::member::model_of;
use crate::semantic::{Filter, Model, SemanticQuery, check, inputs, joined};

/// Models that are looked for at the same time.
const CONCURRENCY: usize = 16;
/// Models that one question may lead to.
const MODELS_MAX: usize = 200;

/// The models of a question and those that their joins lead to, each with its pinned version.
pub(super) struct Gathered {
    pub models: Models,
    snapshots: BTreeMap<String, (DatasetName, Seen)>,
    pub reference: Reference,
}

impl Gathered {
    /// What is pinned.
    pub(super) fn pinned(&self) -> impl Iterator<Item = &(DatasetName, Seen)> {
        self.snapshots.values()
    }
}

/// How a question finds what other models say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LookupsBy {
    /// By functions of keys where lookups are small: only this process has them.
    Functions,
    /// By joins, which a plan can take elsewhere.
    Joins,
}

/// A question that can be run.
pub(super) struct PlannedQuestion {
    pub composed: Composed,
    /// With the limit, and one row more.
    pub page: LogicalPlan,
    pub counters: Arc<ScanCounters>,
    /// What it reads.
    pub used: Vec<(DatasetName, Seen)>,
    pub(super) mapped: Vec<Mapped>,
    sources: BTreeMap<String, Source>,
}

impl PlannedQuestion {
    /// Whether all that it looks up is known.
    pub(super) fn finds_lookups(&self, mappings: &Mappings) -> bool {
        self.mapped.iter().all(|mapped| mappings.knows(&mapped.name))
    }
}

impl Mill {
    /// Collects what a question may touch: the models that it names, and where it names several, those that joins lead to.
    pub(super) async fn gather(&self, query: &SemanticQuery, damage: &Damage) -> Result<Gathered> {
        let mut mentioned: BTreeSet<String> = mentioned(query)?.into_iter().map(str::to_owned).collect();
        if mentioned.len() > MODELS_MAX {
            return Err(Error::exhausted(format!("the question names {} models; at most {MODELS_MAX} are asked at once", mentioned.len())));
        }
        let mut several = mentioned.len() > 1;
        let check_version = |several: bool| match query.as_of {
            Some(AsOf::Version(version)) if several => {
                Err(Error::invalid(format!("version {version} says nothing of which dataset, and the question is about several; give a time")).at("asOf"))
            }
            _ => Ok(()),
        };
        check_version(several)?;
        let (mut models, mut snapshots, mut seen) = (Models::new(), BTreeMap::new(), BTreeSet::new());
        let mut level: Vec<String> = mentioned.iter().cloned().collect();
        let mut led_to = BTreeSet::new();
        while !level.is_empty() {
            seen.extend(level.iter().cloned());
            let names: Vec<(String, bool)> = level.into_iter().map(|name| (name.clone(), mentioned.contains(name.as_str()))).collect();
            let found = futures::stream::iter(names).map(|(name, mentioned)| self.collect(name, query.as_of, mentioned));
            let found: Vec<_> = found.buffered(CONCURRENCY).try_collect().await?;
            for (name, model, snapshot) in found.into_iter().flatten() {
                if models.len() >= MODELS_MAX {
                    return Err(Error::exhausted(format!("the joins of this question lead to more than {MODELS_MAX} models")));
                }
                led_to.extend(model.joins.iter().map(|join| join.target().to_owned()));
                snapshots.insert(name.to_string(), (name.clone(), damage.out_of(snapshot)));
                models.insert(name.to_string(), model);
            }
            // What measures are computed from is asked with them, and so is what they choose rows by.
            mentioned.extend(inputs::models_of(maybe_measures(query), &models));
            let counted: BTreeSet<String> = mentioned.iter().filter_map(|name| models.get(name)).flat_map(|model| counted_by(query, model, &models)).collect();
            several |= mentioned.len() > 1 || !counted.is_empty();
            check_version(several)?;
            let mut next: BTreeSet<String> = mentioned.iter().cloned().chain(counted).collect();
            if several {
                next.extend(led_to.iter().cloned());
            }
            level = next.into_iter().filter(|name| !seen.contains(name)).collect();
        }
        if self.scope.may_restrict() {
            // There is no measure that chooses rows by what is hidden.
            let over_joins = |model: &&Arc<Model>| mentioned.contains(model.name.as_str()) && !counted_by(query, model, &models).is_empty();
            let counting: Vec<Model> = models.values().filter(over_joins).map(|model| Model::clone(model)).collect();
            for mut model in counting {
                check::retain_joined(&mut model, &models);
                models.insert(model.name.clone(), Arc::new(model));
            }
        }
        self.see_alike(&mut snapshots).await?;
        let reference = self.reference(query, self.told_by(query, &models, &snapshots)?)?;
        Ok(Gathered { models, snapshots, reference })
    }

    /// Makes policies look up in the versions that the question reads, where a commit came between.
    async fn see_alike(&self, snapshots: &mut Pinned) -> Result<()> {
        let read = |name: &str, version: u64| snapshots.get(name).is_none_or(|(_, seen)| seen.version == version);
        let differs = |seen: &Seen| seen.access().lookups().iter().any(|(name, version)| !read(name, *version));
        let differing: Vec<(String, DatasetName, Seen)> = snapshots
            .iter()
            .filter(|(_, (_, seen))| differs(seen))
            .map(|(name, (dataset, seen))| (name.clone(), dataset.clone(), seen.clone()))
            .collect();
        for (name, dataset, seen) in differing {
            let seen = self.see_among(&dataset, &seen, snapshots).await?;
            let seen = self.placed(&dataset, seen).await;
            snapshots.insert(name, (dataset, seen));
        }
        Ok(())
    }

    /// A model with the version that is asked. `None`: there is none of that name, or, of what is only led to, not then.
    async fn collect(&self, name: String, as_of: Option<AsOf>, mentioned: bool) -> Result<Option<(DatasetName, Arc<Model>, Seen)>> {
        let Ok(dataset) = DatasetName::parse(&name) else { return Ok(None) };
        let Some(latest) = self.look_for(&dataset).await? else { return Ok(None) };
        let model = self.model_of(&dataset, &latest).await?;
        match self.pin(&dataset, latest, as_of).await {
            Ok(snapshot) => {
                let snapshot = self.placed(&dataset, snapshot).await;
                Ok(Some((dataset, model, snapshot)))
            }
            Err(error) if mentioned => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// The dataset by whose latest row relative ranges are told: the one that the first time is of.
    fn told_by<'s>(&self, query: &SemanticQuery, models: &Models, snapshots: &'s BTreeMap<String, (DatasetName, Seen)>) -> Result<&'s Seen> {
        let members = query.measures.iter().chain(&query.dimensions).map(String::as_str);
        let root = members.filter_map(|member| model_of(member).ok()).find(|model| models.contains_key(*model));
        let time = query.time_dimensions.first().and_then(|time| model_of(&time.dimension).ok());
        let target = match (time, root) {
            (Some(time), _) if models.contains_key(time) => Some(time.to_owned()),
            // A time that is looked up is called as its join is.
            (Some(time), Some(root)) => way(root, time, models)?.pop().map(|step| step.target),
            (_, root) => root.map(str::to_owned),
        };
        let found = target.and_then(|target| snapshots.get(&target)).or_else(|| snapshots.values().next());
        found.map(|(_, snapshot)| snapshot).ok_or_else(|| Error::not_found("there is no model of those names"))
    }

    /// Plans a question over what was gathered.
    pub(super) fn plan_composed(&self, query: &SemanticQuery, gathered: &Gathered, lookups: LookupsBy) -> Result<PlannedQuestion> {
        self.plan_among(query, None, gathered, lookups)
    }

    /// The same as a part of something larger, which counts what is read.
    pub(super) fn plan_composed_within(&self, query: &SemanticQuery, gathered: &Gathered, lookups: LookupsBy, counters: &Arc<ScanCounters>) -> Result<PlannedQuestion> {
        self.plan_counted(query, None, gathered, lookups, Arc::clone(counters))
    }

    /// Puts versions in the place of those that were gathered, so that several questions are of the same. What is not among them yet
    /// is from now on.
    pub(super) fn agree(&self, query: &SemanticQuery, gathered: &mut Gathered, versions: &mut Vec<(DatasetName, Seen)>) -> Result<()> {
        for (dataset, seen) in gathered.snapshots.values_mut() {
            match versions.iter().find(|(known, _)| known == dataset) {
                Some((_, known)) => *seen = known.clone(),
                None => versions.push((dataset.clone(), seen.clone())),
            }
        }
        gathered.reference = self.reference(query, self.told_by(query, &gathered.models, &gathered.snapshots)?)?;
        Ok(())
    }

    /// The same, where one filter only chooses which groups are shown.
    fn plan_among(&self, query: &SemanticQuery, among: Option<usize>, gathered: &Gathered, lookups: LookupsBy) -> Result<PlannedQuestion> {
        self.plan_counted(query, among, gathered, lookups, Arc::default())
    }

    fn plan_counted(&self, query: &SemanticQuery, among: Option<usize>, gathered: &Gathered, lookups: LookupsBy, counters: Arc<ScanCounters>) -> Result<PlannedQuestion> {
        let state = self.shared.session.shared();
        let before = counters.total.load(Ordering::Relaxed);
        let mut sources = BTreeMap::new();
        for (name, (dataset, snapshot)) in &gathered.snapshots {
            let plan = self.source_of(dataset, snapshot, &counters);
            let column = snapshot.metadata.schema.time_column.clone();
            let latest = column.zip(snapshot.latest_in(gathered.reference.calendar).map(|latest| latest.timestamp_micros()));
            let (seen_as, snapshot) = (snapshot.access().fingerprint().to_owned(), Arc::clone(snapshot.snapshot()));
            sources.insert(name.clone(), Source { plan, latest, snapshot, seen_as, identity: OnceLock::new() });
        }
        let exact = SemanticQuery { exact: Some(true), ..query.clone() };
        let joins_rows = lookups == LookupsBy::Joins && self.from_rows;
        let world = World {
            query,
            exact: &exact,
            among,
            models: &gathered.models,
            times: query.time_columns(),
            sources: &sources,
            state,
            reference: gathered.reference.clone(),
            limits: self.scope.limits(),
            mapped_rows: if lookups == LookupsBy::Functions || joins_rows { self.shared.settings.mapped_lookup_rows } else { 0 },
            joins_rows,
            used: Default::default(),
            mappings: Default::default(),
        };
        let composed = compose::compose(&world)?;
        let mappings = world.mappings.into_inner();
        let mapped = if joins_rows { Vec::new() } else { mappings.into_values().collect() };
        let used = world.used.into_inner();
        let used: Vec<_> = gathered.snapshots.iter().filter(|(name, _)| used.contains(*name)).map(|(_, pinned)| pinned.clone()).collect();
        // Tables that were made and not used count for nothing.
        counters.total.store(before + used.iter().map(|(_, snapshot)| snapshot.segments.len() as u64).sum::<u64>(), Ordering::Relaxed);
        let page = LogicalPlanBuilder::from(composed.plan.clone()).limit(composed.offset, Some(composed.limit + 1))?.build()?;
        Ok(PlannedQuestion { composed, page, counters, used, mapped, sources })
    }

    /// Answers a composed question. `among` is the place of the filter that only chooses which groups are shown.
    pub(super) async fn answer_composed(&self, query: &SemanticQuery, among: Option<usize>, gathered: &Gathered, allowance: &Allowance) -> Result<QueryResult> {
        let started = Instant::now();
        let planned = self.plan_among(query, among, gathered, if self.from_rows { LookupsBy::Joins } else { LookupsBy::Functions })?;
        self.take_lookups(&planned, allowance).await?;
        self.map(&planned).await?;
        for (dataset, snapshot) in planned.used.iter().filter(|_| !self.from_rows) {
            let version = gathered.models.get(dataset.as_str()).map_or(0, |model| model.version);
            self.open_rollups_of(dataset, snapshot, version).await?;
        }
        self.check_unique(&planned).await?;
        let physical = self.session().physical(&planned.page).await?;
        Self::take_plan(allowance, &physical)?;
        let executed = execute::run_physical(self.session().shared(), physical, self.scope.limits(), planned.composed.limit, started.elapsed()).await?;
        self.composed_result(query, gathered, executed, planned, allowance).await
    }

    async fn composed_result(
        &self,
        query: &SemanticQuery,
        gathered: &Gathered,
        executed: execute::Executed,
        planned: PlannedQuestion,
        allowance: &Allowance,
    ) -> Result<QueryResult> {
        let PlannedQuestion { composed, counters, used, .. } = planned;
        let (calendar, now) = (compile::calendar_of(query)?, gathered.reference.now);
        let mut stages = executed.stages;
        self.learn_pace(&counters, &stages);
        let seen = (composed.offset + executed.batch.num_rows()) as u64;
        let total_rows = match (executed.truncated, query.total) {
            (false, _) if executed.batch.num_rows() > 0 || composed.offset == 0 => Some(seen),
            (_, true) => Some(self.count(composed.plan, &mut stages, allowance).await?),
            _ => None,
        };
        let bounds: Vec<Bound> = composed.estimates.iter().filter_map(|estimate| estimate.bound(&executed.batch, executed.truncated || composed.offset > 0)).collect();
        let batch = write::normalised_as_told(&executed.batch)?;
        // A number is complete for as long as all that goes into it is; what only explains rows has no say.
        let counted = || used.iter().filter(|(name, _)| composed.roots.contains(name.as_str()));
        let complete_until = counted().filter_map(|(_, snapshot)| snapshot.complete_until(calendar, now)).min();
        let filled = |(name, seen): &(DatasetName, Seen)| filled_until(&composed.columns, gathered.models.get(name.as_str())?, seen, calendar, now);
        let filled_until = counted().filter_map(filled).min();
        let known = self.provenance(&used, &counters, calendar, now);
        let time_range = told(composed.range);
        let running_from = running_from(&composed.columns, calendar, now, filled_until, time_range);
        Ok(QueryResult {
            columns: composed.columns,
            batch,
            totals: Vec::new(),
            others: None,
            explanation: None,
            provenance: Provenance {
                complete_until,
                running_from,
                time_range,
                relative_range: date::asked_as(query),
                timezone: compile::zone_of(query)?.name().to_owned(),
                calendar: used_calendar(query, gathered.models.values().map(AsRef::as_ref)),
                exact: bounds.is_empty(),
                bounds,
                total_rows,
                truncated: executed.truncated,
                stages: told_stages(&known, stages),
                ..known
            },
        })
    }

    /// Looks whether lookups have one row for each key, as their joins say. Looked at once a version.
    ///
    /// # Errors
    /// `Invalid` with a key that stands for several rows: every number over that join would be too large.
    pub(super) async fn check_unique(&self, planned: &PlannedQuestion) -> Result<()> {
        for UniqueKey { model, columns } in &planned.composed.unique_keys {
            let Some((known, plan)) = self.unknown_key(planned, model, columns).await? else { continue };
            let found = self.run(&plan, 1).await?.batch;
            if found.num_rows() > 0 {
                let key: Vec<String> = found.columns().iter().map(|key| arrow::util::display::array_value_to_string(key, 0).unwrap_or_default()).collect();
                return Err(repeated(model, columns, &key));
            }
            self.shared.unique_keys.insert(known, ()).await;
        }
        Ok(())
    }

    /// What looking at keys would run.
    pub(super) async fn unique_plans(&self, planned: &PlannedQuestion) -> Result<Vec<LogicalPlan>> {
        let mut plans = Vec::new();
        for UniqueKey { model, columns } in &planned.composed.unique_keys {
            plans.extend(self.unknown_key(planned, model, columns).await?.map(|(_, plan)| plan));
        }
        Ok(plans)
    }

    /// The plan that looks for a row that has the key of another one, and under which name it is remembered. `None`: it was
    /// looked at.
    async fn unknown_key(&self, planned: &PlannedQuestion, model: &str, columns: &[String]) -> Result<Option<(String, LogicalPlan)>> {
        let Some(known_source @ Source { plan: Ok(source), .. }) = planned.sources.get(model) else { return Ok(None) };
        let known = format!("{}|{columns:?}", known_source.identity());
        if !self.from_rows && self.shared.unique_keys.get(&known).await.is_some() {
            return Ok(None);
        }
        let keys: Vec<Expr> = columns.iter().map(|column| col(datafusion::common::Column::new(Some(model), column))).collect();
        let present = conjunction(keys.iter().map(|key| key.clone().is_not_null())).unwrap_or_else(|| lit(true));
        let rows = "rows of the key";
        // Of several keys the least is told: which one comes first goes by rows that are not seen as well.
        let order: Vec<_> = keys.iter().map(|key| key.clone().sort(true, false)).collect();
        let plan = LogicalPlanBuilder::from(source.clone())
            .filter(present)?
            .aggregate(keys, vec![count(lit(1_i64)).alias(rows)])?
            .filter(Expr::Column(datafusion::common::Column::new_unqualified(rows)).gt(lit(1_i64)))?
            .sort(order)?
            .limit(0, Some(1))?
            .build()?;
        Ok(Some((known, plan)))
    }

    /// Checks joins of a model against the models that they lead to.
    ///
    /// # Errors
    /// `Invalid` with the join at fault.
    pub(super) async fn check_joins(&self, model: &Model, snapshot: &Seen) -> Result<()> {
        for (index, join) in model.joins.iter().enumerate() {
            let at = |error: Error| error.context(format!("join {}", join.name)).at(format!("joins[{index}]"));
            // A name that is a join here and a model there would mean one or the other by what else is asked.
            if join.name != join.target()
                && let Ok(other) = DatasetName::parse(&join.name)
                && self.shared.datasets.get(self.scope.tenant(), &other).await?.is_some()
            {
                return Err(at(Error::invalid(format!("{} is a model of its own; give the join another name", join.name))));
            }
            if join.name != join.target() {
                self.refuse_view_name(&join.name, "the join").await.map_err(at)?;
            }
            let target = if join.target() == model.name { snapshot.clone() } else { self.find(&DatasetName::parse(join.target()).map_err(at)?).await.map_err(at)? };
            for key in &join.on {
                let here = snapshot
                    .arrow
                    .field_with_name(&key.column)
                    .map_err(|_| at(Error::invalid(format!("dataset {} has no column {:?}", model.dataset, key.column))))?;
                let there = target
                    .arrow
                    .field_with_name(&key.other)
                    .map_err(|_| at(Error::invalid(format!("dataset {} has no column {:?}", join.target(), key.other))))?;
                if here.data_type() != there.data_type() {
                    return Err(at(Error::invalid(format!(
                        "{} and {} are of the types {} and {}, whose values are never equal",
                        key.column,
                        key.other,
                        here.data_type(),
                        there.data_type()
                    ))));
                }
            }
        }
        Ok(())
    }
}

/// What the measures of a question choose rows by over joins: what it is called there.
fn counted_by(query: &SemanticQuery, model: &Model, models: &Models) -> BTreeSet<String> {
    let measures = measures_of(query, model, models);
    let measures = model.measures.iter().filter(|measure| measures.contains(&measure.name));
    measures
        .flat_map(|measure| joined::members(model, &measure.filters))
        .filter_map(|member| model_of(member).ok())
        .map(str::to_owned)
        .collect()
}

/// What stands before the dots of a question.
fn mentioned(query: &SemanticQuery) -> Result<BTreeSet<&str>> {
    let filtered = query.filters.iter().flat_map(Filter::members);
    let members = query
        .measures
        .iter()
        .chain(&query.dimensions)
        .chain(query.time_dimensions.iter().map(|time| &time.dimension))
        .map(String::as_str)
        .chain(filtered);
    let mut names = BTreeSet::new();
    for member in members {
        names.extend(join::names(model_of(member)?));
    }
    Ok(names)
}
