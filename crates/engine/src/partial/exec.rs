//! The operator that stands for scan, filter, projection and aggregate of one dataset: it merges partials.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool};
use datafusion::execution::session_state::SessionState;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, ChildrenPropertiesMode, EmissionType, ReplaceChildrenOptions};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::OnceCell;

use super::aggregator::Aggregator;
use super::best::Best;
use super::compute::{Aggregation, rows_of, work};
use super::fragment::Fragment;
use super::source::SegmentSource;

/// Merges the partials of an aggregation. One partition; segments are computed in parallel inside.
#[derive(Debug)]
pub(crate) struct SegmentAggregateExec {
    work: Arc<Work>,
    best: Option<Best>,
    properties: Arc<PlanProperties>,
}

/// What an operator computes.
#[derive(Debug)]
enum Work {
    Planned(Arc<Aggregation>),
    /// Out of bytes, which are read without waiting for anything: bound when it runs.
    Received(Box<Received>),
}

#[derive(Debug)]
struct Received {
    fragment: Fragment,
    source: SegmentSource,
    state: SessionState,
    bound: OnceCell<Arc<Aggregation>>,
}

impl Work {
    async fn aggregation(&self) -> crate::error::Result<Arc<Aggregation>> {
        match self {
            Self::Planned(aggregation) => Ok(Arc::clone(aggregation)),
            Self::Received(received) => {
                let bind = || async { Aggregation::new(received.fragment.clone(), received.source.clone(), &received.state).await.map(Arc::new) };
                received.bound.get_or_try_init(bind).await.map(Arc::clone)
            }
        }
    }
}

impl SegmentAggregateExec {
    /// `schema` is that of the aggregate: keys, then aggregates. `best`: groups that cannot be among these may be left out.
    pub(crate) fn new(aggregation: Arc<Aggregation>, schema: SchemaRef, best: Option<Best>) -> Self {
        Self::of(Work::Planned(aggregation), schema, best)
    }

    /// What another engine has planned.
    pub(crate) fn of_message(fragment: Fragment, source: SegmentSource, state: SessionState, schema: SchemaRef) -> Self {
        Self::of(Work::Received(Box::new(Received { fragment, source, state, bound: OnceCell::new() })), schema, None)
    }

    fn of(work: Work, schema: SchemaRef, best: Option<Best>) -> Self {
        let properties = PlanProperties::new(EquivalenceProperties::new(schema), Partitioning::UnknownPartitioning(1), EmissionType::Final, Boundedness::Bounded);
        Self { work: Arc::new(work), best, properties: Arc::new(properties) }
    }

    pub(crate) fn fragment(&self) -> &Fragment {
        match &*self.work {
            Work::Planned(aggregation) => &aggregation.fragment,
            Work::Received(received) => &received.fragment,
        }
    }

    pub(crate) fn source(&self) -> &SegmentSource {
        match &*self.work {
            Work::Planned(aggregation) => &aggregation.source,
            Work::Received(received) => &received.source,
        }
    }

    /// What is merged; of an operator of another engine it is known once it has run.
    pub(crate) fn aggregation(&self) -> Option<&Arc<Aggregation>> {
        match &*self.work {
            Work::Planned(aggregation) => Some(aggregation),
            Work::Received(received) => received.bound.get(),
        }
    }
}

impl DisplayAs for SegmentAggregateExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fragment = self.fragment();
        let list = |exprs: &[datafusion::logical_expr::Expr]| exprs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        write!(
            f,
            "SegmentAggregateExec: source=[{:?}], groups=[{}], aggregates=[{}], filters=[{}]{}",
            self.source(),
            list(&fragment.groups),
            list(&fragment.aggregates),
            list(&fragment.filters),
            self.best.map_or_else(String::new, |best| format!(", first={}", best.wanted))
        )
    }
}

impl ExecutionPlan for SegmentAggregateExec {
    fn name(&self) -> &'static str {
        "SegmentAggregateExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(&self, _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>, _: ReplaceChildrenOptions) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, _: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let (operator, schema, best, rows) = (Arc::clone(&self.work), self.schema(), self.best, context.session_config().batch_size());
        let of = Arc::clone(&schema);
        let answer = async move {
            let answered = async {
                let aggregation = operator.aggregation().await?;
                answer(aggregation, best, of, context.memory_pool(), context.session_config().target_partitions()).await
            };
            answered.await.map_err(|error| DataFusionError::External(Box::new(error)))
        };
        let batches = stream::once(answer).map_ok(move |batch| stream::iter(slices(&batch, rows)).map(Ok::<_, DataFusionError>)).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches.boxed())))
    }
}

/// The groups of an aggregation with their values, as `schema` has them.
pub(crate) async fn answer(
    aggregation: Arc<Aggregation>,
    best: Option<Best>,
    schema: SchemaRef,
    pool: &Arc<dyn MemoryPool>,
    concurrency: usize,
) -> crate::error::Result<RecordBatch> {
    let reservation = MemoryConsumer::new("merge of partials").register(pool);
    let states = aggregation.states(concurrency, pool).await?;
    aggregation.source.partials.weigh(&aggregation.source.prefix, &aggregation.fragment.groups, aggregation.kernel.layout.dictionaries()).await;
    let (rows, effort) = rows_of(&states);
    let held: usize = states.iter().map(|partial| partial.bytes()).sum();
    reservation.try_resize(held)?;
    let answer = work(effort, move || {
        let mut aggregator = Aggregator::new(&aggregation.kernel.layout, rows)?;
        for partial in &states {
            aggregator.merge(&partial.state)?;
            reservation.try_resize(held + aggregator.size_bytes())?;
        }
        aggregator.finish(&schema, best.as_ref())
    });
    answer.await
}

fn slices(batch: &RecordBatch, rows: usize) -> Vec<RecordBatch> {
    let rows = rows.max(1);
    (0..batch.num_rows()).step_by(rows).map(|from| batch.slice(from, rows.min(batch.num_rows() - from))).collect()
}
