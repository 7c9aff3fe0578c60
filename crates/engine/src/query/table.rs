//! A dataset as a query sees it: the segments of one pinned version, without what the scope hides.
//!
//! [`scoped_plan`] is the only way to read a dataset: it puts the scope's row filter and visible columns above the scan,
//! inside the logical plan, before anything else is planned. [`DatasetTable`] itself is never handed to a caller.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session as PlanSession, TableProvider};
use datafusion::common::DFSchema;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::{TableType, provider_as_source};
use datafusion::error::{DataFusionError, Result as DataFusionResult};
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::prelude::col;

use super::pruning;
use super::session::Session;
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::partial::source::{ScanCounters, SegmentSource};
use crate::scope::Scope;
use crate::storage::log::Snapshot;
use crate::storage::segment::Segment;
use crate::storage::writer::object_path;

/// One version of a dataset.
pub(crate) struct DatasetTable {
    snapshot: Arc<Snapshot>,
    prefix: object_store::path::Path,
    session: Session,
    counters: Arc<ScanCounters>,
}

impl std::fmt::Debug for DatasetTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DatasetTable({} at version {})", self.prefix, self.snapshot.version)
    }
}

impl DatasetTable {
    pub(crate) fn new(snapshot: Arc<Snapshot>, prefix: object_store::path::Path, session: Session, counters: Arc<ScanCounters>) -> Self {
        counters.total.fetch_add(snapshot.segments.len() as u64, Ordering::Relaxed);
        Self { snapshot, prefix, session, counters }
    }

    /// What partials are computed from.
    pub(crate) fn source(table: &dyn TableProvider) -> Option<SegmentSource> {
        let table = (table as &dyn Any).downcast_ref::<Self>()?;
        Some(SegmentSource {
            snapshot: Arc::clone(&table.snapshot),
            prefix: table.prefix.clone(),
            partials: Arc::clone(table.session.partials()),
            counters: Arc::clone(&table.counters),
        })
    }

    /// Segments spread over partitions, the largest first to the emptiest, so that all cores end together.
    fn groups(&self, mut segments: Vec<Arc<Segment>>, partitions: usize) -> Vec<FileGroup> {
        segments.sort_by_key(|segment| std::cmp::Reverse(segment.bytes));
        let mut groups: Vec<(u64, Vec<PartitionedFile>)> = vec![(0, Vec::new()); partitions.clamp(1, segments.len().max(1))];
        for segment in segments {
            if let Some((bytes, files)) = groups.iter_mut().min_by_key(|(bytes, _)| *bytes) {
                *bytes += segment.bytes;
                files.push(PartitionedFile::new_from_meta(object_store::ObjectMeta {
                    location: object_path(&self.prefix, &segment.path),
                    last_modified: segment.written_at,
                    size: segment.bytes,
                    e_tag: None,
                    version: None,
                }));
            }
        }
        groups.into_iter().map(|(_, files)| FileGroup::new(files)).collect()
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
        let segments = pruning::prune(&self.snapshot.segments, &schema, filter.as_ref());
        self.counters.read.fetch_add(segments.len() as u64, Ordering::Relaxed);
        self.counters.rows.fetch_add(segments.iter().map(|segment| segment.rows).sum(), Ordering::Relaxed);
        if segments.is_empty() {
            let schema = match projection {
                Some(projection) => Arc::new(schema.project(projection)?),
                None => schema,
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let runtime = state.runtime_env();
        let store = runtime.object_store(self.session.store_url())?;
        let footers = runtime.cache_manager.get_file_metadata_cache();
        let mut source = ParquetSource::new(schema)
            .with_table_parquet_options(state.table_options().parquet.clone())
            .with_enable_page_index(true)
            .with_parquet_file_reader_factory(Arc::new(CachedParquetFileReaderFactory::new(store, footers)));
        if let Some(filter) = filter {
            source = source.with_predicate(filter);
        }
        let config = FileScanConfigBuilder::new(self.session.store_url().clone(), Arc::new(source))
            .with_file_groups(self.groups(segments, state.config().target_partitions()))
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

/// The columns of a dataset that a scope sees.
pub(crate) fn visible_schema(schema: &SchemaRef, dataset: &DatasetName, scope: &Scope) -> Result<DFSchema> {
    let fields: Vec<_> = schema.fields().iter().filter(|field| !scope.hides(dataset, field.name())).cloned().collect();
    Ok(DFSchema::try_from_qualified_schema(dataset.as_str(), &arrow::datatypes::Schema::new(fields))?)
}

/// The plan that reads a dataset under a scope: scan, then the scope's rows, then the scope's columns.
pub(crate) fn scoped_plan(table: DatasetTable, dataset: &DatasetName, scope: &Scope, state: &SessionState) -> Result<LogicalPlan> {
    let schema = table.schema();
    let mut plan = LogicalPlanBuilder::scan(dataset.as_str(), provider_as_source(Arc::new(table)), None)?;
    if let Some(predicate) = scope.row_filter(dataset) {
        let predicate = state.create_logical_expr(predicate, plan.schema()).map_err(|error| policy_error(dataset, &error))?;
        plan = plan.filter(predicate)?;
    }
    let visible: Vec<Expr> = schema
        .fields()
        .iter()
        .filter(|field| !scope.hides(dataset, field.name()))
        .map(|field| col(datafusion::common::Column::new(Some(dataset.as_str()), field.name())))
        .collect();
    if visible.is_empty() {
        return Err(Error::denied(format!("every column of dataset {dataset} is hidden from this scope")));
    }
    if visible.len() < schema.fields().len() {
        plan = plan.project(visible)?;
    }
    Ok(plan.build()?)
}

/// A row filter that does not fit its dataset shows nothing rather than everything.
fn policy_error(dataset: &DatasetName, error: &DataFusionError) -> Error {
    Error::denied(format!("the row filter of dataset {dataset} does not fit its columns: {}", error.strip_backtrace()))
}
