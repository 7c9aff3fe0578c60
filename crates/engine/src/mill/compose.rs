//! Asking about several models at once, or for measures that are computed from measures: which models and versions there
//! are, whether lookups are what their joins say, and the answer with everything that it was made from.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use chrono::DateTime;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use datafusion::prelude::col;

use super::Mill;
use super::ask::Scanned;
use super::damage::Damage;
use crate::catalog::AsOf;
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::partial::source::ScanCounters;
use crate::query::result::{Provenance, QueryResult, SourceVersion, TimeRange};
use crate::query::table::scoped_plan;
use crate::query::{execute, write};
use crate::semantic::compile::{self, members_of};
use crate::semantic::compose::{self, Composed, World};
use crate::semantic::date::Reference;
use crate::semantic::join::Models;
use crate::semantic::lookups::UniqueKey;
use crate::semantic::member::model_of;
use crate::semantic::{Model, SemanticQuery};
use crate::storage::log::Snapshot;

/// Models that one question may lead to.
const MODELS_MAX: usize = 200;

/// The models of a question and those that their joins lead to, each with its pinned version.
pub(super) struct Gathered {
    pub models: Models,
    snapshots: BTreeMap<String, (DatasetName, Arc<Snapshot>)>,
    reference: Reference,
}

/// A question that can be run.
pub(super) struct PlannedQuestion {
    pub composed: Composed,
    /// With the limit, and one row more.
    pub page: LogicalPlan,
    pub counters: Arc<ScanCounters>,
    /// What it reads.
    pub used: Vec<(DatasetName, Arc<Snapshot>)>,
    sources: BTreeMap<String, LogicalPlan>,
}

impl Mill {
    /// Collects what a question may touch.
    pub(super) async fn gather(&self, query: &SemanticQuery, damage: &Damage) -> Result<Gathered> {
        let mut queue: VecDeque<String> = mentioned(query)?.into_iter().map(str::to_owned).collect();
        let named = queue.len();
        let (mut models, mut snapshots, mut seen) = (Models::new(), BTreeMap::new(), BTreeSet::new());
        while let Some(name) = queue.pop_front() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let Ok(dataset) = DatasetName::parse(&name) else { continue };
            let Some(snapshot) = self.shared.datasets.get(self.scope.tenant(), &dataset).await? else { continue };
            if models.len() >= MODELS_MAX {
                return Err(Error::exhausted(format!("the joins of this question lead to more than {MODELS_MAX} models")));
            }
            let model = self.model_of(&dataset, &snapshot).await?;
            let as_of = match query.as_of {
                // A version is one of the dataset that the question begins with; what it only might look up stays as it is.
                Some(AsOf::Version(_)) if !snapshots.is_empty() => None,
                as_of => as_of,
            };
            if let (Some(AsOf::Version(version)), true) = (query.as_of, named > 1) {
                return Err(Error::invalid(format!("version {version} says nothing of which dataset, and the question is about several; give a time")).at("asOf"));
            }
            let snapshot = damage.out_of(self.pin(&dataset, snapshot, as_of).await?);
            self.open_rollups_of(&dataset, &snapshot, model.version).await?;
            queue.extend(model.joins.iter().map(|join| join.target().to_owned()));
            snapshots.insert(name.clone(), (dataset, snapshot));
            models.insert(name, model);
        }
        let first = query.time_dimensions.first().map(|time| time.dimension.as_str()).or_else(|| query.measures.first().map(String::as_str));
        let first = first.and_then(|member| model_of(member).ok()).and_then(|model| snapshots.get(model)).or_else(|| snapshots.values().next());
        let reference = match first {
            Some((_, snapshot)) => self.reference(query, snapshot)?,
            None => return Err(Error::not_found(format!("there is no model {:?}", mentioned(query)?.into_iter().next().unwrap_or_default()))),
        };
        Ok(Gathered { models, snapshots, reference })
    }

    /// Plans a question over what was gathered.
    pub(super) fn plan_composed(&self, query: &SemanticQuery, gathered: &Gathered) -> Result<PlannedQuestion> {
        let state = self.shared.session.shared();
        let counters = Arc::new(ScanCounters::default());
        let mut sources = BTreeMap::new();
        for (name, (dataset, snapshot)) in &gathered.snapshots {
            // A model that leaves nothing to see cannot be named either.
            if let Ok(source) = scoped_plan(self.table(dataset, snapshot, &counters), dataset, &self.scope, state) {
                sources.insert(name.clone(), source);
            }
        }
        let exact = SemanticQuery { exact: Some(true), ..query.clone() };
        let world = World {
            query,
            exact: &exact,
            models: &gathered.models,
            sources: &sources,
            state,
            reference: gathered.reference,
            limits: self.scope.limits(),
            used: Default::default(),
        };
        let composed = compose::compose(&world)?;
        let used = world.used.into_inner();
        let used: Vec<_> = gathered.snapshots.iter().filter(|(name, _)| used.contains(*name)).map(|(_, pinned)| pinned.clone()).collect();
        // Tables that were made and not used count for nothing.
        counters.total.store(used.iter().map(|(_, snapshot)| snapshot.segments.len() as u64).sum(), std::sync::atomic::Ordering::Relaxed);
        let page = LogicalPlanBuilder::from(composed.plan.clone()).limit(composed.offset, Some(composed.limit + 1))?.build()?;
        Ok(PlannedQuestion { composed, page, counters, used, sources })
    }

    /// Answers a composed question.
    pub(super) async fn answer_composed(&self, query: &SemanticQuery) -> Result<QueryResult> {
        let mut damage = Damage::default();
        loop {
            let started = Instant::now();
            let gathered = self.gather(query, &damage).await?;
            let planned = self.plan_composed(query, &gathered)?;
            let answer = async {
                self.check_unique(&planned).await?;
                let physical = self.shared.session.composed(&planned.page).await?;
                execute::run_physical(self.shared.session.shared(), physical, self.scope.limits(), planned.composed.limit, started.elapsed()).await
            };
            match answer.await {
                Ok(executed) => return Ok(damage.told(self.composed_result(query, executed, planned).await?)),
                Err(error) => self.skip(&mut damage, error, &planned.used).await?,
            }
        }
    }

    async fn composed_result(&self, query: &SemanticQuery, executed: execute::Executed, planned: PlannedQuestion) -> Result<QueryResult> {
        let PlannedQuestion { composed, counters, used, .. } = planned;
        let mut stages = executed.stages;
        let seen = (composed.offset + executed.batch.num_rows()) as u64;
        let total_rows = match (executed.truncated, query.total) {
            (false, _) if executed.batch.num_rows() > 0 || composed.offset == 0 => Some(seen),
            (_, true) => Some(self.count_composed(composed.plan, &mut stages).await?),
            _ => None,
        };
        let scanned = Scanned::of(&counters);
        let (batch, _) = write::normalised(&executed.batch)?;
        let only = if let [only] = used.as_slice() { Some(only) } else { None };
        // A number is complete for as long as all that goes into it is; what only explains rows has no say.
        let complete = used
            .iter()
            .filter(|(name, _)| composed.roots.contains(name.as_str()))
            .filter_map(|(_, snapshot)| snapshot.time_range)
            .map(|(_, latest)| latest)
            .min();
        Ok(QueryResult {
            columns: composed.columns,
            batch,
            provenance: Provenance {
                dataset: only.map(|(name, _)| name.to_string()),
                version: only.map(|(_, snapshot)| snapshot.version),
                sources: if only.is_some() {
                    Vec::new()
                } else {
                    used.iter()
                        .map(|(name, snapshot)| SourceVersion {
                            dataset: name.to_string(),
                            version: snapshot.version,
                            complete_until: snapshot.time_range.map(|(_, latest)| latest),
                        })
                        .collect()
                },
                retained_from: used.iter().filter_map(|(_, snapshot)| snapshot.retained_from).max(),
                complete_until: complete,
                time_range: composed
                    .range
                    .and_then(|range| Some(TimeRange { from: DateTime::from_timestamp_micros(range.from?)?, to: DateTime::from_timestamp_micros(range.to?)? })),
                timezone: compile::zone_of(query)?.name().to_owned(),
                exact: true,
                bounds: Vec::new(),
                total_rows,
                truncated: executed.truncated,
                segments_total: scanned.total,
                segments_read: scanned.read,
                segments_reused: scanned.reused,
                segments_rolled: scanned.rolled,
                segments_pruned: scanned.total.saturating_sub(scanned.read + scanned.reused + scanned.rolled),
                rows_scanned: scanned.rows,
                bytes_read: scanned.bytes,
                rollups: if used.iter().any(|(name, _)| self.scope.restricts(name)) { Vec::new() } else { scanned.rollups },
                row_filter_applied: used.iter().any(|(name, _)| self.scope.row_filter(name).is_some()),
                damaged: Vec::new(),
                stages,
            },
        })
    }

    async fn count_composed(&self, plan: LogicalPlan, stages: &mut Vec<crate::query::result::Stage>) -> Result<u64> {
        let started = Instant::now();
        let plan = LogicalPlanBuilder::from(plan).aggregate(Vec::<Expr>::new(), vec![count(lit(1_i64))])?.build()?;
        let physical = self.shared.session.composed(&plan).await?;
        let counted = execute::run_physical(self.shared.session.shared(), physical, self.scope.limits(), 1, started.elapsed()).await?;
        stages.push(crate::query::result::Stage { name: "count", duration: started.elapsed() });
        let column = counted.batch.columns().first().ok_or_else(|| Error::internal("a count without a column"))?;
        let counts = arrow::array::AsArray::as_primitive::<arrow::datatypes::Int64Type>(column);
        Ok(counts.values().first().copied().and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }

    /// Looks whether lookups have one row for each key, as their joins say. Looked at once a version.
    ///
    /// # Errors
    /// `Invalid` with a key that stands for several rows: every number over that join would be too large.
    pub(super) async fn check_unique(&self, planned: &PlannedQuestion) -> Result<()> {
        for UniqueKey { model, columns } in &planned.composed.unique_keys {
            let (Some((_, snapshot)), Some(source)) = (planned.used.iter().find(|(name, _)| name.as_str() == model), planned.sources.get(model)) else { continue };
            let known = format!("{}|{}|{columns:?}|{}", snapshot.metadata.id, snapshot.version, self.scope.fingerprint());
            if self.shared.unique_keys.get(&known).await.is_some() {
                continue;
            }
            let keys: Vec<Expr> = columns.iter().map(|column| col(datafusion::common::Column::new(Some(model.as_str()), column))).collect();
            let present = conjunction(keys.iter().map(|key| key.clone().is_not_null())).unwrap_or_else(|| lit(true));
            let rows = "rows of the key";
            let plan = LogicalPlanBuilder::from(source.clone())
                .filter(present)?
                .aggregate(keys, vec![count(lit(1_i64)).alias(rows)])?
                .filter(Expr::Column(datafusion::common::Column::new_unqualified(rows)).gt(lit(1_i64)))?
                .limit(0, Some(1))?
                .build()?;
            let physical = self.shared.session.composed(&plan).await?;
            let found = execute::run_physical(self.shared.session.shared(), physical, self.scope.limits(), 1, std::time::Duration::ZERO).await?.batch;
            if found.num_rows() > 0 {
                let value = |index: usize| arrow::util::display::array_value_to_string(found.column(index), 0).unwrap_or_default();
                let shown: Vec<String> = columns.iter().enumerate().map(|(index, column)| format!("{column} {}", value(index))).collect();
                return Err(Error::invalid(format!(
                    "the join says that {} tells the rows of {model} apart, and there are {} with {}: each number would count them all. Remove the repeats, join by more columns, or turn the join round",
                    columns.join(", "),
                    value(columns.len()),
                    shown.join(", ")
                )));
            }
            self.shared.unique_keys.insert(known, ()).await;
        }
        Ok(())
    }

    /// Checks joins of a model against the models that they lead to.
    ///
    /// # Errors
    /// `Invalid` with the join at fault.
    pub(super) async fn check_joins(&self, model: &Model, snapshot: &Snapshot) -> Result<()> {
        for (index, join) in model.joins.iter().enumerate() {
            let at = |error: Error| error.context(format!("join {}", join.name)).at(format!("joins[{index}]"));
            let target = if join.target() == model.name { Arc::new(snapshot.clone()) } else { self.find(&DatasetName::parse(join.target()).map_err(at)?).await.map_err(at)? };
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

/// What stands before the dots of a question.
fn mentioned(query: &SemanticQuery) -> Result<BTreeSet<&str>> {
    let filtered = query.filters.iter().flat_map(members_of);
    let members = query
        .measures
        .iter()
        .chain(&query.dimensions)
        .chain(query.time_dimensions.iter().map(|time| &time.dimension))
        .map(String::as_str)
        .chain(filtered);
    members.map(model_of).collect()
}
