//! The first rows of an order: `order by <column> … limit n`, with or without filters, reads segments from the one that can
//! hold the best row on, and ends when no other segment can hold a better row than those that were found.
//!
//! ```text
//!   order by at desc limit 100                      segments by their latest instant
//!
//!   s9 ──── 12:07 │ first wave: 100 rows            s9, s8 opened, the last row found is of 12:04
//!   s8 ──── 12:06 │
//!   s3 ──── 12:05   second wave: a late row?        12:05 is later than 12:04, so s3 is opened too
//!   s7 ──── 12:04   ends here                       none of s7, s6, … can hold a better one: they are not opened
//!   s6 ──── 12:01
//! ```
//! The bounds come from the log, so what is not opened costs nothing at all: neither a footer nor a place in the scan.
//! Waves double, so that a filter which few rows pass comes through all segments in a few waves, each on all cores. Where
//! a wave holds many values, the key is looked at first, and the other columns are decoded for the rows that reach it.
//!
//! DataFusion's own way to the same end is a dynamic filter that each file is checked against when its turn comes. It is
//! right as well, but a file that it skips costs an evaluated predicate and two sets of metrics, a filter between sort
//! and scan keeps the files out of order, and all files are in the plan. Inside of a wave it still prunes row groups.
//!
//! What has another shape (no limit, a key that is no column, a join below) is left as it is.

mod exec;
mod order;

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::config::ConfigOptions;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, FileSource, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};

use self::exec::{Candidate, FirstRowsExec, Search};
use self::order::{Best, Order};
use super::reading::{ScannedSegment, segment_of};
use super::whole_groups::WholeGroups;

/// Rows of a limit at most; more are better sorted in one go.
const FETCH_MAX: usize = 100_000;

/// Rules of DataFusion 55 that change answers. One answers aggregates from what plans say of their rows: the distinct values that a filter
/// `c = 'a'` leaves are said to be exactly one, also where no row passes it. One keeps as many groups as a limit wants, also beneath a
/// window, which counts the others too: `select g, count(*) over () … group by g order by g limit 1`. (Groups of a dataset know of limits
/// by `partial::rule::first_groups`, which goes through no window.)
const WRONG: [&str; 2] = ["aggregate_statistics", "LimitAggregation"];

/// DataFusion's rules, but for those, and with what sets right where one carries a limit.
pub(super) fn known_rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let mut rules = PhysicalOptimizer::new().rules;
    rules.retain(|rule| !WRONG.contains(&rule.name()));
    let place = rules.iter().position(|rule| rule.name() == "EnsureRequirements").map_or(rules.len(), |place| place + 1);
    rules.insert(place, Arc::new(WholeGroups));
    rules
}

/// These with ours at its place: after sorts have got their limits, before dynamic filters.
pub(crate) fn optimizer_rules() -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let mut rules = known_rules();
    let place = rules.iter().position(|rule| rule.name() == "PushdownSort").map_or(rules.len(), |place| place + 1);
    rules.insert(place, Arc::new(FirstRows));
    rules
}

/// The segments that such an operator comes to, and what it reads of them.
pub(crate) fn segments_of(plan: &Arc<dyn ExecutionPlan>) -> Option<(Vec<Arc<ScannedSegment>>, &ParquetSource)> {
    plan.downcast_ref::<FirstRowsExec>().map(FirstRowsExec::needed)
}

/// The rule.
#[derive(Debug)]
struct FirstRows;

impl PhysicalOptimizerRule for FirstRows {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_down(|node| {
            Ok(match find(&node) {
                Some(found) => Transformed::new(Arc::new(found) as Arc<dyn ExecutionPlan>, true, TreeNodeRecursion::Jump),
                None => Transformed::no(node),
            })
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "first_rows"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The operator for a sort with a limit over filters and projections of one scan of segments.
fn find(node: &Arc<dyn ExecutionPlan>) -> Option<FirstRowsExec> {
    let (sort, fetch) = match node.downcast_ref::<SortPreservingMergeExec>() {
        Some(merge) => {
            let sort = merge.input().downcast_ref::<SortExec>().filter(|sort| sort.expr() == merge.expr())?;
            (sort, [merge.fetch(), sort.fetch()].into_iter().flatten().min()?)
        }
        None => {
            let sort = node.downcast_ref::<SortExec>()?;
            (sort, sort.fetch()?)
        }
    };
    if node.output_partitioning().partition_count() != 1 || !(1..=FETCH_MAX).contains(&fetch) {
        return None;
    }
    let key = sort.expr().first();
    let mut column = key.expr.downcast_ref::<Column>()?.index();
    let mut above = Vec::new();
    let mut plan = sort.input();
    let scan = loop {
        if plan.fetch().is_some() {
            return None;
        }
        if let Some(scan) = plan.downcast_ref::<DataSourceExec>() {
            break scan;
        }
        if let Some(filter) = plan.downcast_ref::<FilterExec>() {
            if let Some(projection) = filter.projection() {
                column = *projection.get(column)?;
            }
            above.push(Arc::clone(plan));
            plan = filter.input();
        } else if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
            column = projection.expr().get(column)?.expr.downcast_ref::<Column>()?.index();
            above.push(Arc::clone(plan));
            plan = projection.input();
        } else if plan.downcast_ref::<RepartitionExec>().is_some() || plan.downcast_ref::<CoalescePartitionsExec>().is_some() || plan.downcast_ref::<CooperativeExec>().is_some() {
            // Only moves rows between partitions; each wave has partitions of its own.
            plan = plan.children().into_iter().next()?;
        } else {
            return None;
        }
    };
    let (config, source) = scan.downcast_to_file_source::<ParquetSource>()?;
    let column = source.projection()?.iter().nth(column)?.expr.downcast_ref::<Column>()?.index();
    let field = source.table_schema().table_schema().fields().get(column)?;
    let order = Order { options: key.options, has_more_keys: sort.expr().len() > 1 };
    let mut seen = HashSet::new();
    let mut candidates = Vec::new();
    for file in config.file_groups.iter().flat_map(FileGroup::iter) {
        // A large segment may have been split between partitions.
        let scanned = segment_of(file)?;
        if seen.insert(Arc::as_ptr(&scanned)) {
            let mut file = file.clone();
            file.range = None;
            candidates.push(Candidate { best: order.best_of(&scanned.segment, column, field.data_type()), rows: scanned.segment.rows, file });
        }
    }
    if candidates.len() < 2 || candidates.iter().all(|candidate| candidate.best == Best::Unknown) {
        return None;
    }
    candidates.sort_by(|left, right| order.compare(&left.best, &right.best));
    let filtered = source.filter().is_some() || above.iter().any(|node| node.downcast_ref::<FilterExec>().is_some());
    let scan = FileScanConfigBuilder::new(config.object_store_url.clone(), Arc::clone(config.file_source())).with_batch_size(config.batch_size).build();
    let search = Search { scan, source: source.clone(), above, ordering: sort.expr().clone(), fetch, column, order, candidates, filtered };
    Some(FirstRowsExec::new(search, Arc::clone(node.properties())))
}
