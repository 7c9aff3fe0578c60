//! A question that comes down to one merge of partials, compiled: planned once, asked again and again with other windows
//! of time. A dashboard asks the same few questions after every commit, and planning one takes longer than merging its
//! partials does. What is kept is a plan, never an answer; rows, versions and windows come with each question.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::{SortColumn, SortOptions, lexsort_to_indices, take};
use arrow::datatypes::SchemaRef;
use datafusion::logical_expr::{Expr, LogicalPlan};

use super::allowance::Allowance;
use super::execute::{Executed, within_deadline};
use super::result::Stage;
use super::session::Session;
use crate::error::{Error, Result};
use crate::partial::best::Best;
use crate::partial::compute::Aggregation;
use crate::partial::exec::answer;
use crate::partial::fragment::Fragment;
use crate::partial::kernel::{Kernel, TextKeys};
use crate::partial::rule::merge_of;
use crate::partial::source::SegmentSource;
use crate::settings::Limits;

/// What is left of a question after planning.
#[derive(Debug)]
pub(crate) struct Tile {
    /// Without the windows of time.
    fragment: Fragment,
    kernel: Kernel,
    /// Groups with their aggregates.
    merged: SchemaRef,
    /// Columns of the answer, by their place in what is merged.
    output: Vec<usize>,
    schema: SchemaRef,
    /// By their place in the answer.
    order: Vec<(usize, SortOptions)>,
    best: Option<Best>,
}

impl Tile {
    /// Compiles an optimised plan. `None`: it is not a sort of the groups of one merge.
    pub(crate) async fn compile(plan: &LogicalPlan, session: &Session) -> Result<Option<Self>> {
        let sort = match plan {
            LogicalPlan::Limit(limit) => limit.input.as_ref(),
            plan => plan,
        };
        let LogicalPlan::Sort(sort) = sort else { return Ok(None) };
        let place = |expr: &Expr, of: &LogicalPlan| if let Expr::Column(column) = expr { of.schema().index_of_column(column).ok() } else { None };
        let (merge, output) = match sort.input.as_ref() {
            LogicalPlan::Projection(projection) => {
                let columns = projection.expr.iter().map(|expr| place(&expr.clone().unalias_nested().data, &projection.input));
                (projection.input.as_ref(), columns.collect::<Option<Vec<_>>>())
            }
            merge => (merge, Some((0..merge.schema().fields().len()).collect())),
        };
        let order: Option<Vec<_>> = sort.expr.iter().map(|by| Some((place(&by.expr, &sort.input)?, SortOptions { descending: !by.asc, nulls_first: by.nulls_first }))).collect();
        let (Some((fragment, source, merged, best)), Some(output), Some(order)) = (merge_of(merge), output, order) else { return Ok(None) };
        let kernel = Kernel::bind(fragment, source, TextKeys::Numbered, session.shared()).await?;
        let (merged, schema) = (Arc::clone(merged.inner()), Arc::clone(sort.input.schema().inner()));
        Ok(Some(Self { fragment: fragment.clone(), kernel, merged, output, schema, order, best }))
    }

    /// Whether text keys still have the numbers that the tile was compiled for.
    pub(crate) async fn is_current(&self, source: &SegmentSource) -> bool {
        for (group, known) in self.fragment.groups.iter().zip(self.kernel.layout.dictionaries()) {
            if let Some(known) = known
                && source.partials.dictionary(&source.prefix, group).await.is_none_or(|current| current.id != known.id)
            {
                return false;
            }
        }
        true
    }

    /// The answer over one version for the rows that lie in the windows, if it reads no more than it may. The page: how many
    /// rows are left out first, and how many there are at most.
    pub(crate) async fn ask(&self, source: SegmentSource, windows: Vec<Expr>, session: &Session, limits: &Limits, page: (usize, usize), allowance: &Allowance) -> Result<Executed> {
        let started = Instant::now();
        let state = session.shared();
        let (fragment, kernel) = self.kernel.narrowed(&self.fragment, windows, &source.snapshot.arrow, state)?;
        let aggregation = Arc::new(Aggregation::bound(fragment, kernel, source, state));
        allowance.take(|| aggregation.survey())?;
        let planned = started.elapsed();
        let started = Instant::now();
        let pool = &state.runtime_env().memory_pool;
        let merged = within_deadline(limits, answer(aggregation, self.best, Arc::clone(&self.merged), pool, state.config().target_partitions())).await?;
        let (batch, truncated) = self.page(&merged, page.0, page.1)?;
        let stages = vec![Stage { name: "plan", duration: planned }, Stage { name: "execute", duration: started.elapsed() }];
        Ok(Executed { batch, truncated, stages })
    }

    /// The rows of a page in their order, and whether there are more.
    fn page(&self, merged: &RecordBatch, offset: usize, limit: usize) -> Result<(RecordBatch, bool)> {
        let column = |place: &usize| merged.columns().get(*place).cloned().ok_or_else(|| Error::internal("a column beyond those of its merge"));
        let columns = self.output.iter().map(column).collect::<Result<Vec<ArrayRef>>>()?;
        let rows = merged.num_rows();
        let order = self.order.iter().filter_map(|(place, options)| Some(SortColumn { values: Arc::clone(columns.get(*place)?), options: Some(*options) }));
        let wanted = offset.saturating_add(limit);
        let order = lexsort_to_indices(&order.collect::<Vec<_>>(), Some(wanted.min(rows)))?;
        let from = offset.min(order.len());
        let page = order.slice(from, limit.min(order.len() - from));
        let columns = columns.iter().map(|column| take(column, &page, None)).collect::<std::result::Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(page.values().len()));
        Ok((RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?, rows > wanted))
    }
}
