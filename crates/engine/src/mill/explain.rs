//! Explaining: what a question would cost and how it would be answered, without asking it.

use std::fmt;
use std::sync::Arc;

use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::physical_plan::{ExecutionPlan, displayable};
use serde::Serialize;

use super::Mill;
use super::compose::{Gathered, LookupsBy};
use super::damage::Damage;
use super::ground::Ground;
use crate::error::Result;
use crate::partial::exec::SegmentAggregateExec;
use crate::partial::source::{RollupCount, ScanCounters};
use crate::query::execute;
use crate::query::result::RollupUse;
use crate::semantic::{SemanticQuery, compile, shape};

/// How a question would be answered now. Who sees some rows only is told the datasets and versions: the numbers are zero.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The dataset.
    pub dataset: String,
    /// The version that would be read.
    pub version: u64,
    /// Segments of the version.
    pub segments_total: u64,
    /// Segments that statistics rule out.
    pub segments_pruned: u64,
    /// Segments whose partials are in memory.
    pub segments_kept: u64,
    /// Segments that rollups could answer for.
    pub segments_by_rollup: u64,
    /// Segments whose rows would be read.
    pub segments_from_rows: u64,
    /// Rows of these.
    pub rows: u64,
    /// Bytes that would be fetched from the store: the share of the segments that the needed columns have, without what
    /// is decoded in memory. An estimate.
    pub bytes: u64,
    /// How each aggregate is computed.
    pub aggregates: Vec<AggregateExplanation>,
    /// Every rollup of the dataset: for how many segments it stands, or what it lacks.
    pub rollups: Vec<RollupUse>,
    /// The plan, an operator a line.
    pub plan: String,
}

/// How one aggregate is computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AggregateExplanation {
    /// The aggregate over the columns of the dataset.
    pub aggregate: String,
    /// The kernel, in words.
    pub kernel: String,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} at version {}: {} segments", self.dataset, self.version, self.segments_total)?;
        writeln!(
            f,
            "  {} ruled out, {} kept in memory, {} by rollups, {} from {} rows and about {} bytes",
            self.segments_pruned, self.segments_kept, self.segments_by_rollup, self.segments_from_rows, self.rows, self.bytes
        )?;
        for aggregate in &self.aggregates {
            writeln!(f, "  {}: {}", aggregate.aggregate, aggregate.kernel)?;
        }
        for rollup in &self.rollups {
            match &rollup.lacks {
                Some(lacks) => writeln!(f, "  rollup {}: {lacks}", rollup.name)?,
                None => writeln!(f, "  rollup {}: {} segments", rollup.name, rollup.segments)?,
            }
        }
        write!(f, "{}", self.plan)
    }
}

impl Explanation {
    /// Without what tells of rows that are not seen: how many there are and how they lie.
    fn untold(self) -> Self {
        Self { segments_total: 0, segments_from_rows: 0, rows: 0, bytes: 0, ..self }
    }
}

impl Mill {
    /// Says how a semantic query would be answered now, and what that would read: the answer itself, without what stands around
    /// it, whose parts are questions of their own. Nothing is computed; small lookups are read.
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
    pub async fn explain(&self, query: &SemanticQuery) -> Result<Explanation> {
        let words = self.words(query).await?;
        let explained = self.explain_in_models(words.query()).await;
        self.told(&words, explained).await
    }

    async fn explain_in_models(&self, query: &SemanticQuery) -> Result<Explanation> {
        let query = &*self.with_segments(query).await?;
        let ground = self.ground(query, &Damage::default()).await?;
        shape::check(query, ground.models())?;
        let (model, dataset, snapshot, reference) = match &ground {
            Ground::Several(gathered) => return self.explain_composed(query, gathered).await,
            Ground::One { model, dataset, seen, reference, .. } => (model, dataset, seen, reference),
        };
        self.open_rollups_of(dataset, snapshot, model.version).await?;
        let (state, counters) = (self.shared.session.shared(), Arc::new(ScanCounters::default()));
        let source = self.source_of(dataset, snapshot, &counters)?;
        let compiled = compile::compile(query, model, source, state, *reference, self.scope.limits())?;
        let page = LogicalPlanBuilder::from(compiled.plan).limit(compiled.offset, Some(compiled.limit + 1))?.build()?;
        let physical = execute::within_deadline(self.scope.limits(), self.shared.session.physical(&page)).await?;
        // A plan and what a rollup lacks name the row filter and hidden columns.
        let restricted = snapshot.access().restricts();
        let mut explanation = Explanation {
            dataset: dataset.to_string(),
            version: snapshot.version,
            segments_total: snapshot.segments.len() as u64,
            segments_pruned: 0,
            segments_kept: 0,
            segments_by_rollup: 0,
            segments_from_rows: snapshot.segments.len() as u64,
            rows: snapshot.rows,
            bytes: snapshot.bytes,
            aggregates: Vec::new(),
            rollups: Vec::new(),
            plan: if restricted { String::new() } else { displayable(physical.as_ref()).indent(false).to_string() },
        };
        if snapshot.access().filters_rows() {
            return Ok(explanation.untold());
        }
        let Some(node) = find(&physical) else { return Ok(explanation) };
        let aggregation = node.downcast_ref::<SegmentAggregateExec>().and_then(|node| node.aggregation().cloned());
        let Some(aggregation) = aggregation else { return Ok(explanation) };
        let survey = aggregation.survey();
        explanation.segments_pruned = survey.pruned;
        explanation.segments_kept = survey.kept;
        explanation.segments_by_rollup = survey.by_rollup.values().sum();
        explanation.segments_from_rows = survey.from_rows;
        explanation.rows = survey.rows;
        explanation.bytes = survey.bytes;
        if restricted {
            // Aggregates are written in columns, and so name masks and what policies compare with.
            return Ok(explanation);
        }
        explanation.aggregates = aggregation
            .fragment
            .aggregates
            .iter()
            .zip(aggregation.kernel.layout.kernels())
            .map(|(aggregate, kernel)| AggregateExplanation { aggregate: aggregate.to_string(), kernel })
            .collect();
        let mut rollups = counters.rollups();
        for (name, segments) in survey.by_rollup {
            rollups.entry(name).or_default().segments = segments;
        }
        explanation.rollups = rollups.into_iter().map(|(name, RollupCount { segments, lacks })| RollupUse { name, segments, lacks }).collect();
        Ok(explanation)
    }
}

impl Mill {
    /// The same for a question about several models, or with measures that are computed from measures: all merges of its plan.
    async fn explain_composed(&self, query: &SemanticQuery, gathered: &Gathered) -> Result<Explanation> {
        let planned = self.plan_composed(query, gathered, LookupsBy::Functions)?;
        // Lookups are read, because what would be computed depends on them.
        let physical = async {
            for (dataset, snapshot) in &planned.used {
                let version = self.model_of(dataset, snapshot).await?.version;
                self.open_rollups_of(dataset, snapshot, version).await?;
            }
            self.map(&planned).await?;
            self.shared.session.physical(&planned.page).await
        };
        let physical = execute::within_deadline(self.scope.limits(), physical).await?;
        let restricted = planned.used.iter().any(|(_, seen)| seen.access().restricts());
        let names: Vec<&str> = planned.used.iter().map(|(dataset, _)| dataset.as_str()).collect();
        let mut explanation = Explanation {
            dataset: names.join(", "),
            version: if let [(_, only)] = planned.used.as_slice() { only.version } else { 0 },
            segments_total: planned.used.iter().map(|(_, snapshot)| snapshot.segments.len() as u64).sum(),
            segments_pruned: 0,
            segments_kept: 0,
            segments_by_rollup: 0,
            segments_from_rows: 0,
            rows: 0,
            bytes: 0,
            aggregates: Vec::new(),
            rollups: Vec::new(),
            plan: if restricted { String::new() } else { displayable(physical.as_ref()).indent(false).to_string() },
        };
        if planned.used.iter().any(|(_, seen)| seen.access().filters_rows()) {
            return Ok(explanation.untold());
        }
        let mut merges = Vec::new();
        find_all(&physical, &mut merges);
        for aggregation in merges.into_iter().filter_map(|node| node.downcast_ref::<SegmentAggregateExec>()?.aggregation().cloned()) {
            let survey = aggregation.survey();
            explanation.segments_pruned += survey.pruned;
            explanation.segments_kept += survey.kept;
            explanation.segments_by_rollup += survey.by_rollup.values().sum::<u64>();
            explanation.segments_from_rows += survey.from_rows;
            explanation.rows += survey.rows;
            explanation.bytes += survey.bytes;
            if restricted {
                continue;
            }
            let kernels = aggregation.fragment.aggregates.iter().zip(aggregation.kernel.layout.kernels());
            explanation.aggregates.extend(kernels.map(|(aggregate, kernel)| AggregateExplanation { aggregate: aggregate.to_string(), kernel }));
        }
        Ok(explanation)
    }
}

/// All merges of partials in a plan.
fn find_all<'a>(plan: &'a Arc<dyn ExecutionPlan>, found: &mut Vec<&'a Arc<dyn ExecutionPlan>>) {
    if plan.is::<SegmentAggregateExec>() {
        found.push(plan);
    }
    plan.children().into_iter().for_each(|child| find_all(child, found));
}

/// The merge of partials in a plan.
fn find(plan: &Arc<dyn ExecutionPlan>) -> Option<&Arc<dyn ExecutionPlan>> {
    if plan.is::<SegmentAggregateExec>() {
        return Some(plan);
    }
    plan.children().into_iter().find_map(find)
}
