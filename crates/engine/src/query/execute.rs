//! Runs a plan under the limits of a scope: deadline, memory pool, rows. Dropping the future stops the work.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::StreamExt;

use super::allowance::Allowance;
use super::result::Stage;
use super::row_bytes;
use super::session::Session;
use super::survey::survey;
use crate::error::{Error, Result};
use crate::settings::Limits;

/// Bytes of an answer at most; it is written as JSON or CSV after that, which is more.
const RESULT_BYTES_MAX: usize = 256 << 20;

/// What a plan gave.
#[derive(Debug)]
pub(crate) struct Executed {
    pub batch: RecordBatch,
    /// Whether rows beyond the cap were left unread.
    pub truncated: bool,
    pub stages: Vec<Stage>,
}

/// Plans and runs a query over datasets, keeping at most `max_rows` rows.
pub(crate) async fn run(session: &Session, plan: &LogicalPlan, limits: &Limits, max_rows: usize) -> Result<Executed> {
    run_allowed(session, plan, limits, max_rows, &Allowance::default()).await
}

/// The same, if the plan reads no more than it may.
pub(crate) async fn run_allowed(session: &Session, plan: &LogicalPlan, limits: &Limits, max_rows: usize, allowance: &Allowance) -> Result<Executed> {
    let started = Instant::now();
    // Planning reads footers and bloom filters.
    let physical = within_deadline(limits, session.physical(plan)).await?;
    allowance.take(|| survey(&physical))?;
    run_physical(session.shared(), physical, limits, max_rows, started.elapsed()).await
}

/// Runs a plan that is made already.
pub(crate) async fn run_physical(state: &SessionState, physical: Arc<dyn ExecutionPlan>, limits: &Limits, max_rows: usize, planned: Duration) -> Result<Executed> {
    let started = Instant::now();
    let context: Arc<TaskContext> = state.task_ctx();
    let (batch, truncated) = within_deadline(limits, collect(physical, context, max_rows)).await?;
    let stages = vec![Stage { name: "plan", duration: planned }, Stage { name: "execute", duration: started.elapsed() }];
    Ok(Executed { batch, truncated, stages })
}

/// Stops work that takes longer than a scope allows.
pub(crate) async fn within_deadline<T>(limits: &Limits, work: impl Future<Output = Result<T>>) -> Result<T> {
    let over = || Error::exhausted(format!("the query ran longer than its {} s; narrow the time range or ask for fewer groups", limits.deadline.as_secs_f64()));
    if limits.deadline.is_zero() {
        // A timer of no time lets through what never waits.
        return Err(over());
    }
    tokio::time::timeout(limits.deadline, work).await.map_err(|_| over())?
}

async fn collect(physical: Arc<dyn ExecutionPlan>, context: Arc<TaskContext>, max_rows: usize) -> Result<(RecordBatch, bool)> {
    let schema = physical.schema();
    let held = MemoryConsumer::new("rows of an answer").register(context.memory_pool());
    let mut bytes = 0_usize;
    let mut stream = execute_stream(physical, context)?;
    let (mut batches, mut rows, mut truncated) = (Vec::new(), 0, false);
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        let room = max_rows - rows;
        truncated = batch.num_rows() > room;
        let batch = if truncated { batch.slice(0, room) } else { batch };
        let more = row_bytes::of_batch(&batch);
        held.try_grow(more)?;
        bytes = bytes.saturating_add(more);
        if bytes > RESULT_BYTES_MAX {
            let error = format!("the answer has more than {} MiB; ask for fewer rows or columns, or for shorter texts", RESULT_BYTES_MAX >> 20);
            return Err(Error::exhausted(error));
        }
        rows += batch.num_rows();
        batches.push(batch);
        if truncated {
            break;
        }
    }
    Ok((concat_batches(&schema, &batches)?, truncated))
}
