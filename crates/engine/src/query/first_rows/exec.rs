//! The operator: reads waves of segments, keeps the first rows of all that it has read, ends when the rest cannot matter.

use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig, FileScanConfigBuilder, FileSource, ParquetSource};
use datafusion::datasource::source::{DataSource, DataSourceExec};
use datafusion::error::Result;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, IsNullExpr, lit};
use datafusion::physical_expr::projection::{ProjectionExpr, ProjectionExprs};
use datafusion::physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr, conjunction};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::filter_pushdown::FilterPushdown;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions, replace_children_if_necessary};
use datafusion::physical_plan::sorts::sort::{SortExec, sort_batch};
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, PlanProperties, SortOrderPushdownResult, execute_stream};
use datafusion::scalar::ScalarValue;
use futures::{TryStreamExt, stream};

use super::super::lookup::cannot_fail;
use super::super::reading::{ScannedSegment, segment_of};
use super::order::{Best, Order};

/// Values beside those of the key, of all rows of a wave, that take longer to decode than it takes to look at the keys
/// first: about a millisecond.
const VALUES_WORTH_A_LOOK: u64 = 256 << 10;

/// One row of so many that passes a filter is few: a decoder that runs the filter itself then saves more than it costs.
const FEW_PASS: u64 = 16;

/// A segment that may hold some of the rows.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub best: Best,
    pub rows: u64,
    pub file: PartitionedFile,
}

/// What is looked for, and where.
#[derive(Debug)]
pub(super) struct Search {
    /// The scan, without files.
    pub scan: FileScanConfig,
    pub source: ParquetSource,
    /// Filters and projections between scan and sort, from the top.
    pub above: Vec<Arc<dyn ExecutionPlan>>,
    pub ordering: LexOrdering,
    pub fetch: usize,
    /// The leading key as a column of the dataset.
    pub column: usize,
    pub order: Order,
    /// Sorted from the best.
    pub candidates: Vec<Candidate>,
    pub filtered: bool,
}

impl Search {
    /// Asks the source to begin with the row group that holds the best rows. It is a hint: the rows are sorted anyway.
    fn read_row_groups_in_order(&mut self) {
        let Some(field) = self.source.table_schema().table_schema().fields().get(self.column) else { return };
        let key = PhysicalSortExpr { expr: Arc::new(Column::new(field.name(), self.column)), options: self.order.options };
        if let Ok(SortOrderPushdownResult::Inexact { inner }) = self.scan.try_pushdown_sort(&[key])
            && let Some(source) = inner.downcast_ref::<FileScanConfig>().and_then(|scan| scan.file_source().downcast_ref::<ParquetSource>())
        {
            self.source = source.clone();
        }
    }

    async fn run(self: Arc<Self>, schema: SchemaRef, context: Arc<TaskContext>) -> Result<RecordBatch> {
        let reservation = MemoryConsumer::new("first rows").register(context.memory_pool());
        let mut kept = RecordBatch::new_empty(Arc::clone(&schema));
        let mut rest = self.candidates.as_slice();
        let mut size = self.first_wave(context.session_config().target_partitions());
        let mut looked_at = 0;
        loop {
            let last = self.last_key(&kept)?;
            let matter = rest.iter().take_while(|candidate| last.as_ref().is_none_or(|last| self.order.can_improve(&candidate.best, last))).take(size).count();
            let (wave, later) = rest.split_at(matter);
            if wave.is_empty() {
                return Ok(kept);
            }
            let reach = match last {
                Some(last) => Some(last),
                None => self.reach(wave, &context).await?,
            };
            let few_pass = (kept.num_rows() as u64).saturating_mul(FEW_PASS) < looked_at;
            looked_at += wave.iter().map(|candidate| candidate.rows).sum::<u64>();
            let mut batches = vec![kept];
            batches.extend(self.read(wave, reach.as_ref(), few_pass, &context).await?);
            kept = compact(&sort_batch(&concat_batches(&schema, &batches)?, &self.ordering, Some(self.fetch))?)?;
            reservation.try_resize(kept.get_array_memory_size())?;
            (rest, size) = (later, size.saturating_mul(2));
        }
    }

    /// Segments that hold enough rows if no other rows come between; with a filter, which may leave few of them, at least
    /// one for each core.
    fn first_wave(&self, partitions: usize) -> usize {
        let mut rows = 0;
        let enough = self.candidates.iter().position(|candidate| {
            rows += candidate.rows;
            rows >= self.fetch as u64
        });
        let enough = enough.map_or(self.candidates.len(), |place| place + 1);
        if self.filtered { enough.max(partitions) } else { enough }
    }

    /// The leading key of the last row, once there are as many rows as are wanted.
    fn last_key(&self, kept: &RecordBatch) -> Result<Option<ScalarValue>> {
        match kept.num_rows().checked_sub(1) {
            Some(last) if kept.num_rows() >= self.fetch => {
                let key = self.ordering.first().expr.evaluate(kept)?.into_array(kept.num_rows())?;
                ScalarValue::try_from_array(&key, last).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// A key that the first rows of a wave reach, found in the column of the key alone. `None`: all columns may as well be
    /// decoded at once.
    async fn reach(&self, wave: &[Candidate], context: &Arc<TaskContext>) -> Result<Option<ScalarValue>> {
        let columns = self.source.projection().map_or(0, |projection| projection.iter().count()) as u64;
        let values = wave.iter().map(|candidate| candidate.rows).sum::<u64>().saturating_mul(columns.saturating_sub(1));
        let Some(key) = self.ordering.first().expr.downcast_ref::<Column>().filter(|_| self.filters_inside() && values >= VALUES_WORTH_A_LOOK) else { return Ok(None) };
        let alone = ProjectionExprs::new([ProjectionExpr::new(Arc::new(key.clone()), key.name())]);
        let Some(source) = self.source.try_pushdown_projection(&alone)? else { return Ok(None) };
        let plan: Arc<dyn ExecutionPlan> = DataSourceExec::from_data_source(self.scan(wave, source, context).build());
        let key = PhysicalSortExpr { expr: Arc::new(Column::new(key.name(), 0)), options: self.order.options };
        let plan = self.sorted(plan, &LexOrdering::from([key]), context)?;
        let found: Vec<RecordBatch> = execute_stream(plan, Arc::clone(context))?.try_collect().await?;
        let rows = found.iter().map(RecordBatch::num_rows).sum::<usize>();
        match found.iter().rev().find(|batch| batch.num_rows() > 0) {
            Some(batch) if rows >= self.fetch => Ok(Some(ScalarValue::try_from_array(batch.column(0), batch.num_rows() - 1)?)),
            _ => Ok(None),
        }
    }

    /// All columns of the first rows of a wave. `reach`: a key that they are known to reach; `few_pass`: so did earlier waves.
    async fn read(&self, wave: &[Candidate], reach: Option<&ScalarValue>, few_pass: bool, context: &Arc<TaskContext>) -> Result<Vec<RecordBatch>> {
        let source = match reach.and_then(|reach| self.not_after(reach)) {
            Some(bound) => self.bounded(bound),
            None if few_pass && self.filter_may_move() => self.source.clone().with_pushdown_filters(true),
            None => self.source.clone(),
        };
        let mut plan: Arc<dyn ExecutionPlan> = DataSourceExec::from_data_source(self.scan(wave, Arc::new(source), context).build());
        for node in self.above.iter().rev() {
            plan = replace_children_if_necessary(Arc::clone(node), vec![plan])?;
        }
        execute_stream(self.sorted(plan, &self.ordering, context)?, Arc::clone(context))?.try_collect().await
    }

    fn scan(&self, wave: &[Candidate], source: Arc<dyn FileSource>, context: &TaskContext) -> FileScanConfigBuilder {
        let partitions = context.session_config().target_partitions().clamp(1, wave.len().max(1));
        let mut groups = vec![Vec::new(); partitions];
        for (group, candidate) in (0..partitions).cycle().zip(wave) {
            if let Some(group) = groups.get_mut(group) {
                group.push(candidate.file.clone());
            }
        }
        FileScanConfigBuilder::from(self.scan.clone()).with_source(source).with_file_groups(groups.into_iter().map(FileGroup::new).collect())
    }

    /// The first rows of a plan, with the filter that DataFusion hands down while it finds them.
    fn sorted(&self, plan: Arc<dyn ExecutionPlan>, ordering: &LexOrdering, context: &TaskContext) -> Result<Arc<dyn ExecutionPlan>> {
        let parallel = plan.output_partitioning().partition_count() > 1;
        let sort = SortExec::new(ordering.clone(), plan).with_preserve_partitioning(parallel).with_fetch(Some(self.fetch));
        let plan: Arc<dyn ExecutionPlan> =
            if parallel { Arc::new(SortPreservingMergeExec::new(ordering.clone(), Arc::new(sort)).with_fetch(Some(self.fetch))) } else { Arc::new(sort) };
        FilterPushdown::new_post_optimization().optimize(plan, context.session_config().options())
    }

    /// The source without rows that come after a bound. Few rows pass, so the other columns are decoded for these alone,
    /// unless there is a filter that must stay above the scan.
    fn bounded(&self, bound: Arc<dyn PhysicalExpr>) -> ParquetSource {
        // A filter that runs in the decoder already has nobody above who would do it.
        let inside = self.source.table_parquet_options().global.pushdown_filters;
        let late = inside || self.filters_inside() || self.filter_may_move();
        self.source.with_predicate(conjunction(self.source.filter().into_iter().chain([bound]))).with_pushdown_filters(late)
    }

    /// Whether what comes out of the scan has passed all filters.
    fn filters_inside(&self) -> bool {
        self.above.is_empty() && (self.source.filter().is_none() || self.source.table_parquet_options().global.pushdown_filters)
    }

    /// Whether the source may drop rows itself that the filters above it would drop: it knows them, for its statistics.
    fn filter_may_move(&self) -> bool {
        self.source.filter().is_some_and(|filter| cannot_fail(&filter, self.source.table_schema().table_schema()))
    }

    /// True for every row that does not come after one with this leading key. `None`: it is true for all of them.
    fn not_after(&self, last: &ScalarValue) -> Option<Arc<dyn PhysicalExpr>> {
        let field = self.source.table_schema().table_schema().fields().get(self.column)?;
        let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(field.name(), self.column));
        let null = || Arc::new(IsNullExpr::new(Arc::clone(&column))) as Arc<dyn PhysicalExpr>;
        let operator = if self.order.options.descending { Operator::GtEq } else { Operator::LtEq };
        let beside = || Arc::new(BinaryExpr::new(Arc::clone(&column), operator, lit(last.clone()))) as Arc<dyn PhysicalExpr>;
        match (self.order.options.nulls_first, last.is_null()) {
            (true, true) => Some(null()),
            (true, false) => Some(Arc::new(BinaryExpr::new(null(), Operator::Or, beside()))),
            (false, true) => None,
            (false, false) => Some(beside()),
        }
    }
}

/// The rows without the text of other rows, which would otherwise be held with them.
fn compact(rows: &RecordBatch) -> Result<RecordBatch> {
    let columns = rows.columns().iter().map(|column| match column.as_string_view_opt() {
        Some(texts) => Arc::new(texts.gc()) as ArrayRef,
        None => Arc::clone(column),
    });
    Ok(RecordBatch::try_new(rows.schema(), columns.collect())?)
}

/// The first rows of an order, in one partition.
#[derive(Debug)]
pub(super) struct FirstRowsExec {
    search: Arc<Search>,
    properties: Arc<PlanProperties>,
}

impl FirstRowsExec {
    /// `properties` are those of the sort in whose place it stands.
    pub(super) fn new(mut search: Search, properties: Arc<PlanProperties>) -> Self {
        search.read_row_groups_in_order();
        Self { search: Arc::new(search), properties }
    }

    /// The segments that it comes to, as far as that is known before: with a filter perhaps all of them, without one those
    /// that hold enough rows if no other rows come between.
    pub(super) fn needed(&self) -> (Vec<Arc<ScannedSegment>>, &ParquetSource) {
        let Search { candidates, source, filtered, .. } = &*self.search;
        let count = if *filtered { candidates.len() } else { self.search.first_wave(1) };
        (candidates.iter().take(count).filter_map(|candidate| segment_of(&candidate.file)).collect(), source)
    }
}

impl DisplayAs for FirstRowsExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FirstRowsExec: fetch={}, expr=[{}], segments={}", self.search.fetch, self.search.ordering, self.search.candidates.len())
    }
}

impl ExecutionPlan for FirstRowsExec {
    fn name(&self) -> &'static str {
        "FirstRowsExec"
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
        let schema = self.schema();
        let answer = Arc::clone(&self.search).run(Arc::clone(&schema), context);
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, stream::once(answer))))
    }
}
