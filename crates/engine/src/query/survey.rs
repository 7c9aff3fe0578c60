//! What running a plan would read: its merges of partials and its scans, looked at without fetching anything.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig, FileSource, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_plan::ExecutionPlan;

use super::first_rows;
use super::reading::{ScannedSegment, segment_of};
use crate::partial::exec::SegmentAggregateExec;
use crate::partial::tree::Survey;

/// Looks over a whole plan. Bytes of a scan are the share of its segments that the needed columns have.
pub(crate) fn survey(plan: &Arc<dyn ExecutionPlan>) -> Survey {
    let mut survey = Survey::default();
    look(plan, &mut survey);
    survey
}

/// All merges of partials in a plan.
pub(crate) fn merges<'a>(plan: &'a Arc<dyn ExecutionPlan>, found: &mut Vec<&'a SegmentAggregateExec>) {
    found.extend(plan.downcast_ref::<SegmentAggregateExec>());
    plan.children().into_iter().for_each(|child| merges(child, found));
}

fn look(plan: &Arc<dyn ExecutionPlan>, survey: &mut Survey) {
    if let Some(aggregation) = plan.downcast_ref::<SegmentAggregateExec>().and_then(SegmentAggregateExec::aggregation) {
        aggregation.look_over(survey);
    } else if let Some((segments, source)) = first_rows::segments_of(plan) {
        add(&segments, source, survey);
    } else if let Some((config, source)) = plan.downcast_ref::<DataSourceExec>().and_then(DataSourceExec::downcast_to_file_source::<ParquetSource>) {
        add(&scanned(config, source), source, survey);
    }
    plan.children().into_iter().for_each(|child| look(child, survey));
}

/// The segments of a scan; where it ends after some rows, those that each of its partitions comes to.
fn scanned(config: &FileScanConfig, source: &ParquetSource) -> Vec<Arc<ScannedSegment>> {
    let enough = config.limit.filter(|_| source.filter().is_none()).map_or(u64::MAX, |limit| limit as u64);
    let of_group = |group: &FileGroup| {
        let mut rows = 0_u64;
        let needed = group.iter().filter_map(segment_of).take_while(|scanned| {
            let wanted = rows < enough;
            rows = rows.saturating_add(scanned.segment.rows);
            wanted
        });
        needed.collect::<Vec<_>>()
    };
    config.file_groups.iter().flat_map(of_group).collect()
}

fn add(segments: &[Arc<ScannedSegment>], source: &ParquetSource, survey: &mut Survey) {
    let fields = source.table_schema().table_schema().fields().len();
    let mut columns: BTreeSet<usize> = match source.projection() {
        Some(projection) => projection.iter().flat_map(|column| collect_columns(&column.expr)).map(|column| column.index()).collect(),
        None => (0..fields).collect(),
    };
    columns.extend(source.filter().iter().flat_map(collect_columns).map(|column| column.index()));
    // A large segment may have been split between partitions.
    let mut seen = HashSet::new();
    for scanned in segments.iter().filter(|scanned| seen.insert(Arc::as_ptr(scanned))) {
        let bytes = scanned.segment.bytes * columns.len() as u64 / fields.max(1) as u64;
        survey.read(&scanned.segment, bytes);
    }
}
