//! A dataset as a query sees it: the segments of one pinned version, without what the scope hides.
//!
//! [`scoped_plan`] is the only way to read a dataset: it puts the rows and columns that are seen above the scan,
//! inside the logical plan, before anything else is planned. [`DatasetTable`] itself is never handed to a caller.
//! How many rows there are decides which side of a join is kept in memory. Who does not see all of them gets plans that do not depend on it.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session as PlanSession, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{DFSchema, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::{TableType, provider_as_source};
use datafusion::error::{DataFusionError, Result as DataFusionResult};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;

use super::access::Access;
use super::pruning::Pruner;
use super::reading::{self, SegmentReaders};
use super::session::{FromRows, Session};
use super::{guard, lookup};
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::partial::memory::Partials;
use crate::partial::source::{ScanCounters, SegmentSource};
use crate::storage::log::Snapshot;
use crate::storage::segment::Segment;

/// One version of a dataset.
pub(crate) struct DatasetTable {
    snapshot: Arc<Snapshot>,
    prefix: object_store::path::Path,
    store_url: ObjectStoreUrl,
    partials: Arc<Partials>,
    counters: Arc<ScanCounters>,
    /// Whether plans may depend on how many rows there are.
    counts: bool,
}

impl std::fmt::Debug for DatasetTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DatasetTable({} at version {})", self.prefix, self.snapshot.version)
    }
}

impl DatasetTable {
    pub(crate) fn new(snapshot: Arc<Snapshot>, prefix: object_store::path::Path, session: &Session, counters: Arc<ScanCounters>) -> Self {
        counters.total.fetch_add(snapshot.segments.len() as u64, Ordering::Relaxed);
        Self { snapshot, prefix, store_url: session.store_url().clone(), partials: Arc::clone(session.partials()), counters, counts: false }
    }

    /// What partials are computed from.
    pub(crate) fn source(table: &dyn TableProvider) -> Option<SegmentSource> {
        (table as &dyn Any).downcast_ref::<Self>().map(Self::segments)
    }

    fn segments(&self) -> SegmentSource {
        SegmentSource { snapshot: Arc::clone(&self.snapshot), prefix: self.prefix.clone(), partials: Arc::clone(&self.partials), counters: Arc::clone(&self.counters) }
    }
}

#[async_trait]
impl TableProvider for DatasetTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.snapshot.arrow)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> DataFusionResult<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(&self, state: &dyn PlanSession, projection: Option<&Vec<usize>>, filters: &[Expr], limit: Option<usize>) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let schema = self.schema();
        let filter = conjunction(filters.iter().cloned())
            .map(|filter| state.create_physical_expr(filter, &DFSchema::try_from(Arc::clone(&schema))?))
            .transpose()?;
        let origin = self.segments();
        let mut segments = self.snapshot.segments.clone();
        let mut late = false;
        let prunes = state.config().get_extension::<FromRows>().is_none();
        if let Some(filter) = filter.as_ref().filter(|_| prunes)
            && let Some(pruner) = Pruner::new(filter, &schema)
        {
            segments = pruner.prune(&segments, &schema);
            let sought = lookup::sought(pruner.guarantees(), &segments, &schema);
            if !sought.is_empty() {
                segments = lookup::rule_out(segments, &sought, &origin).await.map_err(|error| DataFusionError::External(Box::new(error)))?;
            }
            late = lookup::decodes_late(&sought, filter, &schema, projection.map_or(schema.fields().len(), Vec::len));
        }
        if segments.is_empty() {
            let schema = match projection {
                Some(projection) => Arc::new(schema.project(projection)?),
                None => schema,
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let statistics = if self.counts { about(&segments, &schema) } else { Statistics::new_unknown(&schema) };
        // The filter itself is handed to the source by DataFusion's rule, which knows whether a filter is left above it.
        let source = ParquetSource::new(schema)
            .with_table_parquet_options(state.table_options().parquet.clone())
            .with_enable_page_index(true)
            .with_pushdown_filters(late)
            .with_parquet_file_reader_factory(Arc::new(SegmentReaders::new(&origin)));
        let config = FileScanConfigBuilder::new(self.store_url.clone(), Arc::new(source))
            .with_file_groups(groups(&origin, segments, state.config().target_partitions()))
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .with_statistics(statistics)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

/// How many rows segments have, as an estimate: answers are never made of it, only plans.
fn about(segments: &[Arc<Segment>], schema: &SchemaRef) -> Statistics {
    let rows: u64 = segments.iter().map(|segment| segment.rows).sum();
    Statistics::new_unknown(schema).with_num_rows(Precision::Inexact(usize::try_from(rows).unwrap_or(usize::MAX)))
}

/// Segments spread over partitions, the largest first to the emptiest, so that all cores end together.
fn groups(source: &SegmentSource, mut segments: Vec<Arc<Segment>>, partitions: usize) -> Vec<FileGroup> {
    segments.sort_by_key(|segment| std::cmp::Reverse(segment.bytes));
    let mut groups: Vec<(u64, Vec<PartitionedFile>)> = vec![(0, Vec::new()); partitions.clamp(1, segments.len().max(1))];
    for segment in segments {
        if let Some((bytes, files)) = groups.iter_mut().min_by_key(|(bytes, _)| *bytes) {
            *bytes += segment.bytes;
            files.push(reading::file_of(source, segment));
        }
    }
    groups.into_iter().map(|(_, files)| FileGroup::new(files)).collect()
}

/// The plan that reads a dataset as somebody sees it: scan, then the rows, then the columns, some of them masked.
pub(crate) fn scoped_plan(mut table: DatasetTable, dataset: &DatasetName, access: &Access, state: &SessionState) -> Result<LogicalPlan> {
    let schema = table.schema();
    table.counts = !access.filters_rows();
    let mut plan = LogicalPlanBuilder::scan(dataset.as_str(), provider_as_source(Arc::new(table)), None)?;
    if let Some(predicate) = access.row_filter(plan.schema(), dataset, state)? {
        let predicate = guard::marked(predicate, plan.schema(), state)?;
        plan = plan.filter(predicate)?;
    }
    if let Some(columns) = access.columns(&schema, dataset) {
        if columns.is_empty() {
            return Err(Error::denied(format!("every column of dataset {dataset} is hidden from this scope")));
        }
        plan = plan.project(columns)?;
    }
    Ok(plan.build()?)
}
