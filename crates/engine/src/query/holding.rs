//! Windows account for the rows that they hold.
//!
//! DataFusion's windows keep rows without asking the memory pool: one over a whole partition keeps all of it until its end, and
//! makes one batch of it then; one that looks ahead, or an aggregate whose state grows with its rows, keeps them as long. A
//! statement of 80 bytes, a sum over a cross join, takes the process down with it. So what such a window takes in is asked for first.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::utils::memory::RecordBatchMemoryCounter;
use datafusion::config::ConfigOptions;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::WindowFrameBound;
use datafusion::physical_expr::window::{PlainAggregateWindowExpr, SlidingAggregateWindowExpr, WindowExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use futures::{Stream, StreamExt};

use super::passing::Passing;

/// A window over whole partitions makes one batch of all batches while it still has them.
const COPIES: usize = 2;
/// Aggregates whose state has a constant size, however many rows they have seen.
const CONSTANT: &[&str] = &[
    "approx_distinct",
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "count",
    "max",
    "mean",
    "min",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "var",
    "var_pop",
    "var_samp",
];

/// Adds the rule. Those that put something between a window and its input come after it.
pub(super) fn add_to(rules: &mut Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>>) {
    rules.push(Arc::new(HeldRows));
}

#[derive(Debug)]
struct HeldRows;

impl PhysicalOptimizerRule for HeldRows {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let holds = match node.downcast_ref::<BoundedWindowAggExec>() {
                Some(window) => window.window_expr().iter().any(holds_rows),
                None => node.downcast_ref::<WindowAggExec>().is_some(),
            };
            match node.children().as_slice() {
                [input] if holds => {
                    let held: Arc<dyn ExecutionPlan> = Arc::new(Passing { name: "Held", input: Arc::clone(input), hand: |rows, context| Box::pin(Held::of(rows, context)) });
                    Ok(Transformed::yes(replace_children_if_necessary(Arc::clone(&node), vec![held])?))
                }
                _ => Ok(Transformed::no(node)),
            }
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "held_rows"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// Whether a window that goes from row to row keeps rows all the same: it looks ahead or far back, or its state grows.
fn holds_rows(window: &Arc<dyn WindowExpr>) -> bool {
    let aggregate = match (window.as_any().downcast_ref::<PlainAggregateWindowExpr>(), window.as_any().downcast_ref::<SlidingAggregateWindowExpr>()) {
        (Some(plain), _) => Some(plain.get_aggregate_expr()),
        (_, sliding) => sliding.map(SlidingAggregateWindowExpr::get_aggregate_expr),
    };
    let Some(aggregate) = aggregate else {
        // What is no aggregate looks at the row, or at one that lies ahead or behind by some number.
        return !matches!(window.name().split('(').next(), Some("row_number" | "rank" | "dense_rank"));
    };
    let frame = window.get_window_frame();
    let is_here = |bound: &WindowFrameBound| matches!(bound, WindowFrameBound::CurrentRow);
    let runs = matches!(&frame.start_bound, WindowFrameBound::Preceding(rows) if rows.is_null()) || is_here(&frame.start_bound);
    let constant = CONSTANT.contains(&aggregate.fun().name()) && !aggregate.is_distinct();
    !(runs && is_here(&frame.end_bound) && constant)
}

struct Held {
    input: SendableRecordBatchStream,
    counter: RecordBatchMemoryCounter,
    /// As long as the window has this stream it has the rows.
    reservation: MemoryReservation,
}

impl Held {
    fn of(input: SendableRecordBatchStream, context: &TaskContext) -> Self {
        let reservation = MemoryConsumer::new("rows of a window").register(context.memory_pool());
        Self { input, counter: RecordBatchMemoryCounter::new(), reservation }
    }
}

impl Stream for Held {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let batch = ready!(this.input.poll_next_unpin(context));
        if let Some(Ok(batch)) = &batch {
            let bytes = this.counter.count_batch(batch);
            if let Err(error) = this.reservation.try_grow(bytes.saturating_mul(COPIES)) {
                return Poll::Ready(Some(Err(error)));
            }
        }
        Poll::Ready(batch)
    }
}

impl RecordBatchStream for Held {
    fn schema(&self) -> SchemaRef {
        self.input.schema()
    }
}
