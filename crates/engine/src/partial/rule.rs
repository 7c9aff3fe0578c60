//! Finds aggregates over one dataset in logical plans and puts the merge of partials in their place. It runs before the
//! rules that rewrite distinct aggregates and common expressions, so that equal questions stay equal fragments. A second
//! rule tells the merge of a sort that only wants the first groups; partials themselves know nothing of limits.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchemaRef, Result};
use datafusion::datasource::source_as_provider;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, Extension, LogicalPlan, Projection, Sort, UserDefinedLogicalNode, UserDefinedLogicalNodeCore};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{Optimizer, OptimizerConfig, OptimizerRule};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, ExtensionPlanner, PhysicalPlanner};

use super::best::Best;
use super::compute::Aggregation;
use super::exec::SegmentAggregateExec;
use super::fragment::Fragment;
use super::source::SegmentSource;

/// Tells whether a table of a plan is a version of a dataset.
pub(crate) type FindSource = fn(&dyn TableProvider) -> Option<SegmentSource>;

/// The aggregate of a fragment over a version of a dataset, in a logical plan.
#[derive(Debug, Clone)]
struct SegmentAggregate {
    fragment: Fragment,
    source: SegmentSource,
    schema: DFSchemaRef,
    best: Option<Best>,
}

impl SegmentAggregate {
    /// What tells two nodes apart.
    fn identity(&self) -> (&Fragment, &object_store::path::Path, u64, &DFSchemaRef, Option<Best>) {
        (&self.fragment, &self.source.prefix, self.source.snapshot.version, &self.schema, self.best)
    }
}

impl PartialEq for SegmentAggregate {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for SegmentAggregate {}

impl Hash for SegmentAggregate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl PartialOrd for SegmentAggregate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self == other).then_some(Ordering::Equal)
    }
}

impl UserDefinedLogicalNodeCore for SegmentAggregate {
    fn name(&self) -> &'static str {
        "SegmentAggregate"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        Vec::new()
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        // A fragment is complete: no rule may rewrite what is inside.
        Vec::new()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SegmentAggregate: {:?}", self.source)
    }

    fn with_exprs_and_inputs(&self, _: Vec<Expr>, _: Vec<LogicalPlan>) -> Result<Self> {
        Ok(self.clone())
    }
}

/// The rule.
#[derive(Debug)]
struct AggregateBySegment {
    find: FindSource,
}

impl OptimizerRule for AggregateBySegment {
    fn name(&self) -> &'static str {
        "aggregate_by_segment"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Aggregate(aggregate) = &plan else { return Ok(Transformed::no(plan)) };
        let Some((fragment, scan)) = Fragment::lift(aggregate) else { return Ok(Transformed::no(plan)) };
        let Some(source) = source_as_provider(&scan.source).ok().and_then(|provider| (self.find)(provider.as_ref())) else { return Ok(Transformed::no(plan)) };
        let node = SegmentAggregate { fragment, source, schema: Arc::clone(&aggregate.schema), best: None };
        Ok(Transformed::yes(LogicalPlan::Extension(Extension { node: Arc::new(node) })))
    }
}

/// The fragment of an optimised plan that comes down to one.
pub(crate) fn fragment_of(plan: &LogicalPlan) -> Option<&Fragment> {
    match plan {
        LogicalPlan::Extension(extension) => extension.node.as_any().downcast_ref::<SegmentAggregate>().map(|node| &node.fragment),
        _ => match plan.inputs().as_slice() {
            [input] => fragment_of(input),
            _ => None,
        },
    }
}

/// The second rule.
#[derive(Debug)]
struct FirstGroups;

impl OptimizerRule for FirstGroups {
    fn name(&self) -> &'static str {
        "first_groups"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let told = match &plan {
            LogicalPlan::Sort(sort) => sort.fetch.zip(sort.expr.first()).and_then(|(wanted, first)| {
                let best = Best { aggregate: 0, descending: !first.asc, nulls_first: first.nulls_first, wanted };
                let input = told(&sort.input, &first.expr, best)?;
                Some(LogicalPlan::Sort(Sort { expr: sort.expr.clone(), input: Arc::new(input), fetch: sort.fetch }))
            }),
            _ => None,
        };
        Ok(told.map_or_else(|| Transformed::no(plan), Transformed::yes))
    }
}

/// The plan with its merge told, if its rows are the groups of one merge and `order` is an aggregate of it.
fn told(plan: &LogicalPlan, order: &Expr, best: Best) -> Option<LogicalPlan> {
    let Expr::Column(column) = order else { return None };
    let place = plan.schema().index_of_column(column).ok()?;
    match plan {
        LogicalPlan::Projection(projection) => {
            let order = projection.expr.get(place)?.clone().unalias_nested().data;
            let input = told(&projection.input, &order, best)?;
            Projection::try_new_with_schema(projection.expr.clone(), Arc::new(input), Arc::clone(&projection.schema)).ok().map(LogicalPlan::Projection)
        }
        LogicalPlan::Extension(extension) => {
            let node = extension.node.as_any().downcast_ref::<SegmentAggregate>().filter(|node| node.best.is_none())?;
            let aggregate = place.checked_sub(node.fragment.groups.len())?;
            let node = SegmentAggregate { best: Some(Best { aggregate, ..best }), ..node.clone() };
            Some(LogicalPlan::Extension(Extension { node: Arc::new(node) }))
        }
        _ => None,
    }
}

/// What a plan that is a merge and nothing else computes: the fragment, its output, the groups that are wanted.
pub(crate) fn merge_of(plan: &LogicalPlan) -> Option<(&Fragment, &SegmentSource, &DFSchemaRef, Option<Best>)> {
    let LogicalPlan::Extension(extension) = plan else { return None };
    let node = extension.node.as_any().downcast_ref::<SegmentAggregate>()?;
    Some((&node.fragment, &node.source, &node.schema, node.best))
}

/// Tells merges of sorts that want few groups; limits must have been pushed into sorts before.
pub(crate) fn first_groups() -> Arc<dyn OptimizerRule + Send + Sync> {
    Arc::new(FirstGroups)
}

/// Our rule alone.
pub(crate) fn aggregate_by_segment(find: FindSource) -> Arc<dyn OptimizerRule + Send + Sync> {
    Arc::new(AggregateBySegment { find })
}

/// DataFusion's rules with ours at its place.
pub(crate) fn optimizer_rules(find: FindSource) -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let mut rules = Optimizer::new().rules;
    let place = rules.iter().position(|rule| rule.name() == "single_distinct_aggregation_to_group_by").unwrap_or(rules.len());
    rules.insert(place, aggregate_by_segment(find));
    rules.push(first_groups());
    rules
}

/// Plans queries; ours is one node more than DataFusion's.
#[derive(Debug)]
pub(crate) struct Planner;

#[async_trait]
impl datafusion::execution::context::QueryPlanner for Planner {
    async fn create_physical_plan(&self, plan: &LogicalPlan, session: &dyn Session) -> Result<Arc<dyn ExecutionPlan>> {
        DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(PlanSegments)]).create_physical_plan(plan, session).await
    }
}

struct PlanSegments;

#[async_trait]
impl ExtensionPlanner for PlanSegments {
    async fn plan_extension(
        &self,
        _: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _: &[&LogicalPlan],
        _: &[Arc<dyn ExecutionPlan>],
        session: &dyn Session,
        _: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let Some(node) = node.as_any().downcast_ref::<SegmentAggregate>() else { return Ok(None) };
        let aggregation = Aggregation::new(node.fragment.clone(), node.source.clone(), session).await.map_err(|error| DataFusionError::External(Box::new(error)))?;
        Ok(Some(Arc::new(SegmentAggregateExec::new(Arc::new(aggregation), Arc::clone(node.schema.inner()), node.best))))
    }
}
