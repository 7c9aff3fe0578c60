//! Windows account for the rows that they hold.
//!
//! DataFusion's windows keep rows without asking the memory pool: one over a whole partition keeps all of it until its end, and
//! makes one batch of it then; one that goes from row to row keeps those that it cannot tell yet (of the same order, ahead by an
//! offset), and those that its frame still reaches. A statement of 80 bytes, a sum over a cross join, takes the process down with it.
//! So what a window takes in is asked for first, and given back with the rows that come out; not where they are kept all the same.
//! A window that goes from row to row copies what it keeps with every batch: it gets whole ones, also where a cross join makes one of
//! sixty rows for each of its other side.
//!
//! ```text
//!   Released  gives back what came out
//!   Window
//!   Held      asks for what goes in
//! ```

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Result, ScalarValue};
use datafusion::config::ConfigOptions;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{WindowFrameBound, WindowFrameUnits};
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_expr::window::{PlainAggregateWindowExpr, SlidingAggregateWindowExpr, StandardWindowExpr, WindowExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coalesce::LimitedBatchCoalescer;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec, WindowUDFExpr};
use futures::{Stream, StreamExt};

use super::passing::Passing;
use super::row_bytes;

/// Rows behind that are as good as none.
const ROWS_BEHIND: u64 = 10_000;
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
            let keeps = match node.downcast_ref::<BoundedWindowAggExec>() {
                Some(window) if window.window_expr().iter().any(reaches_back) => Keeps::All,
                Some(_) => Keeps::UntilTold,
                None if node.downcast_ref::<WindowAggExec>().is_some() => Keeps::AllAndOneBatch,
                None => return Ok(Transformed::no(node)),
            };
            let children = node.children();
            let [input] = children.as_slice() else { return Ok(Transformed::no(node)) };
            let held = held(Arc::clone(input), keeps);
            let Keeps::UntilTold = keeps else { return Ok(Transformed::yes(replace_children_if_necessary(Arc::clone(&node), vec![held.0])?)) };
            let window = replace_children_if_necessary(Arc::clone(&node), vec![held.0])?;
            Ok(Transformed::yes(released(window, held.1)))
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

/// Which of its rows a window keeps.
#[derive(Debug, Clone, Copy)]
enum Keeps {
    /// Those that it goes by from row to row, until they come out.
    UntilTold,
    /// Those, until its end.
    All,
    /// Those of a whole partition, and then the one batch that is made of them.
    AllAndOneBatch,
}

/// Whether a window that goes from row to row keeps rows that came out: its frame reaches back, or its state grows.
fn reaches_back(window: &Arc<dyn WindowExpr>) -> bool {
    let frame = window.get_window_frame();
    let reaches = match &frame.start_bound {
        WindowFrameBound::CurrentRow | WindowFrameBound::Following(_) => false,
        // What was added up, or found, is not looked at again.
        WindowFrameBound::Preceding(rows) if rows.is_null() => false,
        WindowFrameBound::Preceding(rows) => frame.units != WindowFrameUnits::Rows || !is_near(rows),
    };
    let aggregate = match (window.as_any().downcast_ref::<PlainAggregateWindowExpr>(), window.as_any().downcast_ref::<SlidingAggregateWindowExpr>()) {
        (Some(plain), _) => Some(plain.get_aggregate_expr()),
        (_, sliding) => sliding.map(SlidingAggregateWindowExpr::get_aggregate_expr),
    };
    reaches
        || match aggregate {
            Some(aggregate) => !CONSTANT.contains(&aggregate.fun().name()) || aggregate.is_distinct(),
            None => offset(window).is_some_and(|rows| !is_near(rows)),
        }
}

/// How far `lag`, `lead` and `nth_value` look: what they are called with, which is none of the expressions that they are computed from.
fn offset(window: &Arc<dyn WindowExpr>) -> Option<&ScalarValue> {
    let function = window.as_any().downcast_ref::<StandardWindowExpr>()?.get_standard_func_expr().as_any();
    Some(function.downcast_ref::<WindowUDFExpr>()?.args().get(1)?.downcast_ref::<Literal>()?.value())
}

fn is_near(rows: &ScalarValue) -> bool {
    let rows = rows.cast_to(&arrow::datatypes::DataType::Int64);
    matches!(rows, Ok(ScalarValue::Int64(Some(rows))) if rows.unsigned_abs() <= ROWS_BEHIND)
}

/// What a window holds of a partition.
struct Tally {
    reservation: MemoryReservation,
    rows: usize,
    bytes: usize,
}

/// By partition, from when a window is started until what it gives is.
type Tallies = Arc<Mutex<HashMap<usize, Arc<Mutex<Tally>>>>>;

/// The input of a window, asked for.
fn held(input: Arc<dyn ExecutionPlan>, keeps: Keeps) -> (Arc<dyn ExecutionPlan>, Tallies) {
    let tallies = Tallies::default();
    let kept = Arc::clone(&tallies);
    let (copies, goes_by_rows) = match keeps {
        Keeps::UntilTold | Keeps::All => (1, true),
        Keeps::AllAndOneBatch => (2, false),
    };
    let hand = move |rows: SendableRecordBatchStream, partition: usize, context: &TaskContext| {
        let reservation = MemoryConsumer::new("rows of a window").register(context.memory_pool());
        let tally = Arc::new(Mutex::new(Tally { reservation, rows: 0, bytes: 0 }));
        let rows = if goes_by_rows { whole(rows, context.session_config().batch_size()) } else { rows };
        if matches!(keeps, Keeps::UntilTold) {
            kept.lock().unwrap_or_else(PoisonError::into_inner).insert(partition, Arc::clone(&tally));
        }
        Box::pin(Counted { input: rows, tally, count: move |tally: &mut Tally, batch: &RecordBatch| tally.add(batch, copies) }) as SendableRecordBatchStream
    };
    (Arc::new(Passing { name: "Held", input, hand: Arc::new(hand) }), tallies)
}

/// In batches of so many rows, but for the last.
fn whole(input: SendableRecordBatchStream, rows: usize) -> SendableRecordBatchStream {
    let schema = input.schema();
    let gathered = LimitedBatchCoalescer::new(Arc::clone(&schema), rows, None);
    let batches = futures::stream::try_unfold((input, gathered), async |(mut input, mut gathered)| {
        loop {
            if let Some(batch) = gathered.next_completed_batch() {
                return Ok(Some((batch, (input, gathered))));
            }
            match input.next().await {
                Some(batch) => drop(gathered.push_batch(batch?)?),
                None if gathered.is_empty() => return Ok(None),
                None => gathered.finish()?,
            }
        }
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, batches))
}

/// What a window gives, given back.
fn released(window: Arc<dyn ExecutionPlan>, tallies: Tallies) -> Arc<dyn ExecutionPlan> {
    let hand = move |rows: SendableRecordBatchStream, partition: usize, _: &TaskContext| {
        let tally = tallies.lock().unwrap_or_else(PoisonError::into_inner).remove(&partition);
        match tally {
            Some(tally) => Box::pin(Counted { input: rows, tally, count: Tally::take }) as SendableRecordBatchStream,
            None => rows,
        }
    };
    Arc::new(Passing { name: "Released", input: window, hand: Arc::new(hand) })
}

impl Tally {
    fn add(&mut self, batch: &RecordBatch, copies: usize) -> Result<()> {
        let bytes = row_bytes::of_batch(batch).saturating_mul(copies);
        self.reservation.try_grow(bytes)?;
        (self.rows, self.bytes) = (self.rows + batch.num_rows(), self.bytes + bytes);
        Ok(())
    }

    /// Rows are taken for as long as each other.
    fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        let rows = batch.num_rows().min(self.rows);
        let bytes = if rows == self.rows { self.bytes } else { self.bytes / self.rows * rows };
        self.reservation.shrink(bytes);
        (self.rows, self.bytes) = (self.rows - rows, self.bytes - bytes);
        Ok(())
    }
}

/// A stream whose batches are counted.
struct Counted<C> {
    input: SendableRecordBatchStream,
    tally: Arc<Mutex<Tally>>,
    count: C,
}

impl<C: FnMut(&mut Tally, &RecordBatch) -> Result<()> + Unpin> Stream for Counted<C> {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let batch = ready!(this.input.poll_next_unpin(context));
        if let Some(Ok(batch)) = &batch {
            let mut tally = this.tally.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = (this.count)(&mut tally, batch) {
                return Poll::Ready(Some(Err(error)));
            }
        }
        Poll::Ready(batch)
    }
}

impl<C: FnMut(&mut Tally, &RecordBatch) -> Result<()> + Unpin> RecordBatchStream for Counted<C> {
    fn schema(&self) -> SchemaRef {
        self.input.schema()
    }
}
