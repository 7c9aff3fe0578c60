//! Joins and windows look at their rows in short steps and give the processor back between them.
//!
//! One batch of rows can meet so many others that a join works on it for minutes: 8,192 rows beside 20,000 of the same
//! key are 160 million pairs. DataFusion's joins ask for the next batch only then, and return to the runtime no sooner:
//! whoever cancels, a deadline, and everybody else on that thread wait as long. A window that computes a median of all
//! rows so far looks at them again for each row of its batch. So what such an operator takes in comes in slices whose work
//! takes some milliseconds, which is measured between two of them. Slices begin small and double; rows that meet few
//! others are soon in whole batches again.
//!
//! The idea of DataFusion's `coop` module, <https://datafusion.apache.org/blog/2025/06/30/cancellation>, counts batches;
//! here they differ too much for that.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::windows::BoundedWindowAggExec;
use futures::{Stream, StreamExt};

use super::passing::Passing;

/// Rows of the first slice, and of every slice at least: time also passes where whoever takes the rows is slow.
const ROWS_MIN: usize = 32;
/// Work after which the processor is given back.
const STEP: Duration = Duration::from_millis(10);
/// A slice that took longer is followed by one of half its rows.
const STEP_MAX: Duration = Duration::from_millis(40);
/// Rows below which a slice is only cut where it took very long.
const ROWS_OF_SHORT_STEPS: usize = 512;
const STEP_FAR_TOO_LONG: Duration = Duration::from_millis(400);

/// Adds the rule at the end, when nothing moves any more.
pub(super) fn add_to(rules: &mut Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>>) {
    rules.push(Arc::new(ShortSteps));
}

#[derive(Debug)]
struct ShortSteps;

impl PhysicalOptimizerRule for ShortSteps {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            if node.downcast_ref::<CrossJoinExec>().is_some() {
                // Every batch that it makes is as long as the one that it probes with.
                return Ok(Transformed::yes(Arc::new(CooperativeExec::new(node)) as Arc<dyn ExecutionPlan>));
            }
            let works_long =
                node.downcast_ref::<HashJoinExec>().is_some() || node.downcast_ref::<NestedLoopJoinExec>().is_some() || node.downcast_ref::<BoundedWindowAggExec>().is_some();
            if !works_long {
                return Ok(Transformed::no(node));
            }
            // The last child is the only one, or what a join probes with; the other is only gathered.
            let mut children: Vec<_> = node.children().into_iter().cloned().collect();
            if let Some(input) = children.pop() {
                children.push(Arc::new(Passing { name: "Slices", input, hand: Arc::new(|rows, _, _| Box::pin(Sliced::of(rows))) }));
            }
            Ok(Transformed::yes(replace_children_if_necessary(node, children)?))
        })
        .data()
    }

    fn name(&self) -> &'static str {
        "short_steps"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The rows of its input, in slices.
struct Sliced {
    schema: SchemaRef,
    input: SendableRecordBatchStream,
    /// What was not handed out yet.
    rest: Option<RecordBatch>,
    /// Rows of the next slice.
    rows: usize,
    /// When the last slice was; it is worked through when another is asked for.
    handed_out: Option<Instant>,
    /// Since the processor was given back.
    worked: Duration,
}

impl Sliced {
    fn of(input: SendableRecordBatchStream) -> Self {
        Self { schema: input.schema(), input, rest: None, rows: ROWS_MIN, handed_out: None, worked: Duration::ZERO }
    }

    /// Learns from the slice before, and says whether it is time to give the processor back.
    fn is_over(&mut self) -> bool {
        let Some(took) = self.handed_out.take().map(|since| since.elapsed()) else { return false };
        self.rows = rows_after(self.rows, took);
        self.worked += took;
        let over = self.worked >= STEP;
        if over {
            self.worked = Duration::ZERO;
        }
        over
    }

    fn hand_out(&mut self, batch: &RecordBatch) -> RecordBatch {
        let rows = batch.num_rows().min(self.rows);
        let slice = batch.slice(0, rows);
        self.rest = (rows < batch.num_rows()).then(|| batch.slice(rows, batch.num_rows() - rows));
        self.handed_out = Some(Instant::now());
        slice
    }
}

/// Rows of the slice after one of so many that took so long.
fn rows_after(rows: usize, took: Duration) -> usize {
    if took > STEP_MAX {
        // On a busy machine time goes by without any work: that alone makes no slices of a few rows.
        let least = if took > STEP_FAR_TOO_LONG { ROWS_MIN } else { ROWS_MIN.max(rows.min(ROWS_OF_SHORT_STEPS)) };
        (rows / 2).max(least)
    } else if took < STEP {
        rows.saturating_mul(2)
    } else {
        rows
    }
}

impl Stream for Sliced {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.is_over() {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let batch = match this.rest.take() {
            Some(rest) => rest,
            None => match ready!(this.input.poll_next_unpin(context)) {
                Some(Ok(batch)) => batch,
                other => return Poll::Ready(other),
            },
        };
        Poll::Ready(Some(Ok(this.hand_out(&batch))))
    }
}

impl RecordBatchStream for Sliced {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::{DataType, Field, Int64Type, Schema};
    use datafusion::physical_plan::stream::RecordBatchStreamAdapter;

    use super::*;

    #[test]
    fn slices_grow_while_their_work_is_short_and_shrink_while_it_is_long() {
        assert_eq!(rows_after(32, Duration::from_millis(1)), 64);
        assert_eq!(rows_after(64, Duration::from_millis(20)), 64);
        assert_eq!(rows_after(2_048, Duration::from_millis(200)), 1_024);
        assert_eq!(rows_after(600, Duration::from_millis(200)), 512);
        assert_eq!(rows_after(64, Duration::from_millis(200)), 64);
        assert_eq!(rows_after(64, Duration::from_millis(500)), 32);
        assert_eq!(rows_after(33, Duration::from_secs(5)), 32);
    }

    fn batch(rows: std::ops::Range<i64>) -> RecordBatch {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]));
        RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from_iter_values(rows))]).unwrap()
    }

    #[tokio::test]
    async fn every_row_comes_once_and_in_order() {
        let batches = [batch(0..5), batch(5..5), batch(5..3_000), batch(3_000..3_001)];
        let schema = batches[0].schema();
        let input: SendableRecordBatchStream = Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::iter(batches.map(Ok))));
        let mut sliced = Sliced::of(input);
        let mut seen = Vec::new();
        let mut slices = 0;
        while let Some(slice) = sliced.next().await {
            // As if it had been long work: the stream is pending before the next slice.
            sliced.worked = STEP;
            slices += 1;
            seen.extend_from_slice(slice.unwrap().column(0).as_primitive::<Int64Type>().values());
        }
        assert_eq!(seen, (0..3_001).collect::<Vec<i64>>());
        assert!(slices > 3, "{slices}");
    }
}
