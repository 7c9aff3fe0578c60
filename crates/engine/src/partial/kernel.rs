//! Computes the partial of one segment from decoded columns: filters, codes of the group keys, then all aggregates of our
//! own over one block of rows after the other. Everything that depends on one text column alone is evaluated once per
//! distinct value.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::{and, filter};
use arrow::datatypes::{DataType, Field, Int64Type, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::DFSchema;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, ExprSchemable};
use datafusion::physical_expr::aggregate::LoweredAggregateBuilder;

use super::aggregator::{Accumulator, Function, Layout};
use super::columns::Column;
use super::fold::{BLOCK_ROWS, Fold, Numbers, Values};
use super::fragment::Fragment;
use super::groups::Groups;
use super::source::SegmentSource;
use crate::error::{Error, Result};
use crate::functions::approx_quantile::ApproxQuantile;
use binding::{Binder, Bound, Key, Measure, function_of};
use rows::Rows;

mod binding;
mod rows;

/// How states hold keys that are text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextKeys {
    /// As numbers of a dictionary of this process, where there is room for one: merging compares numbers.
    Numbered,
    /// As text: for states that outlive the process.
    Written,
}

/// A fragment that is bound to the columns of its dataset: what a segment needs to be computed.
#[derive(Debug)]
pub(crate) struct Kernel {
    /// Columns of the dataset that are read, by their place in its schema.
    pub columns: Vec<usize>,
    filters: Vec<Bound>,
    groups: Arc<[Key]>,
    aggregates: Arc<[Measure]>,
    pub layout: Arc<Layout>,
}

/// A fold of ours and what it looks at.
type Folding<'a> = (&'a mut Box<dyn Fold>, Values);

impl Kernel {
    /// Binds a fragment to the columns of a dataset.
    pub(crate) async fn bind(fragment: &Fragment, source: &SegmentSource, text: TextKeys, session: &dyn Session) -> Result<Self> {
        let schema = &source.snapshot.arrow;
        let mut binder = Binder { schema, session, columns: Vec::new() };
        let filters = fragment.filters.iter().map(|filter| binder.bind(filter)).collect::<Result<Vec<_>>>()?;
        let groups = fragment.groups.iter().map(|group| binder.key(group)).collect::<Result<Vec<_>>>()?;
        let whole = DFSchema::try_from(Arc::clone(schema))?;
        let mut keys = Vec::with_capacity(fragment.groups.len());
        for (index, group) in fragment.groups.iter().enumerate() {
            let data_type = group.get_type(&whole)?;
            let numbered = data_type == DataType::Utf8View && text == TextKeys::Numbered;
            let dictionary = if numbered { source.partials.dictionary(&source.prefix, group).await } else { None };
            keys.push((Field::new(format!("key.{index}"), data_type, true), dictionary));
        }
        let (mut aggregates, mut functions) = (Vec::new(), Vec::new());
        for aggregate in &fragment.aggregates {
            let Expr::AggregateFunction(call) = aggregate else { return Err(Error::internal("a fragment with what is not an aggregate")) };
            let own = function_of(call, &whole)?;
            let arguments: &[Expr] = match (&own, call.params.args.as_slice()) {
                (Some((_, arguments)), _) => arguments,
                // What follows the values of a quantile is the same for all rows.
                (None, [values, ..]) if call.func.inner().downcast_ref::<ApproxQuantile>().is_some() => std::slice::from_ref(values),
                (None, all) => all,
            };
            let arguments = arguments.iter().map(|argument| binder.bind(argument)).collect::<Result<Vec<_>>>()?;
            let filter = call.params.filter.as_deref().map(|filter| binder.bind(filter)).transpose()?;
            aggregates.push(Measure { arguments, hashed: matches!(own, Some((Function::ApproxDistinct, _))), filter, nulls_alone: matches!(own, Some((Function::Count, _))) });
            functions.push(match own {
                Some((function, _)) => function,
                None => {
                    let planning = PhysicalPlanningContext::default();
                    Function::Any(LoweredAggregateBuilder::new(aggregate, &whole, schema, session.execution_props(), &planning).build()?.aggregate)
                }
            });
        }
        let mut layout = Layout::new(keys, functions)?;
        layout.state = source.partials.known_schema(layout.state);
        let layout = Arc::new(layout);
        Ok(Self { columns: binder.columns, filters, groups: groups.into(), aggregates: aggregates.into(), layout })
    }

    /// The same for the rows that pass more filters, with the fragment that it computes then. `fragment` is what it was
    /// bound to.
    pub(crate) fn narrowed(&self, fragment: &Fragment, more: Vec<Expr>, schema: &SchemaRef, session: &dyn Session) -> Result<(Fragment, Self)> {
        let mut binder = Binder { schema, session, columns: self.columns.clone() };
        let mut filters: Vec<(Expr, Bound)> = fragment.filters.iter().cloned().zip(self.filters.iter().cloned()).collect();
        for filter in more {
            let bound = binder.bind(&filter)?;
            filters.push((filter, bound));
        }
        filters.sort_by_cached_key(|(filter, _)| Fragment::order(filter));
        filters.dedup_by(|(one, _), (other, _)| one == other);
        let (exprs, filters) = filters.into_iter().unzip();
        let fragment = Fragment { filters: exprs, groups: fragment.groups.clone(), aggregates: fragment.aggregates.clone() };
        let kernel = Self { columns: binder.columns, filters, groups: Arc::clone(&self.groups), aggregates: Arc::clone(&self.aggregates), layout: Arc::clone(&self.layout) };
        Ok((fragment, kernel))
    }

    /// Which of [`Kernel::columns`] are looked at if only some filters are open.
    pub(crate) fn needed(&self, filters: &[usize]) -> Vec<bool> {
        let mut needed = vec![false; self.columns.len()];
        let filters = filters.iter().filter_map(|filter| self.filters.get(*filter));
        let groups = self.groups.iter().map(|(Key::Any(bound) | Key::Bucket { instant: bound, .. } | Key::Dates { date: bound, .. })| bound);
        let measures = self.aggregates.iter().flat_map(|measure| measure.arguments.iter().chain(&measure.filter));
        for place in filters.chain(groups).chain(measures).flat_map(|bound| &bound.columns) {
            if let Some(needed) = needed.get_mut(*place) {
                *needed = true;
            }
        }
        needed
    }

    /// The state of the rows of one segment. `columns` are those of [`Kernel::columns`] that are needed, `filters` the
    /// places of the filters that are not already known to be true for every row.
    pub(crate) fn compute(&self, columns: Vec<Option<Column>>, rows: usize, filters: &[usize]) -> Result<RecordBatch> {
        let mut segment = self.passing(Rows { columns, arrays: HashMap::new(), rows }, filters)?;
        if segment.rows == 0 {
            return Ok(RecordBatch::new_empty(Arc::clone(&self.layout.state)));
        }
        self.fold(&mut segment)
    }

    /// The rows that pass all filters. One that fails is asked again of the rows that the others let pass: what is wrong
    /// with a row that another filter hides, for instance that of a scope, must not be said and is no reason to fail.
    fn passing(&self, mut segment: Rows, filters: &[usize]) -> Result<Rows> {
        let mut open = filters.to_vec();
        while segment.rows > 0 {
            let mut passes: Option<BooleanArray> = None;
            let (mut failed, mut failure) = (Vec::new(), None);
            for place in &open {
                let Some(filter) = self.filters.get(*place) else { continue };
                match segment.mask(filter) {
                    Ok(mask) => {
                        passes = Some(match passes {
                            Some(before) => and(&before, &mask)?,
                            None => mask,
                        });
                    }
                    Err(error) => {
                        failed.push(*place);
                        failure = Some(error);
                    }
                }
            }
            if let Some(passes) = passes.filter(|passes| passes.true_count() < segment.rows) {
                // What only filters needed is not needed any more.
                for (column, needed) in segment.columns.iter_mut().zip(self.needed(&failed)) {
                    *column = column.take().filter(|_| needed);
                }
                segment = segment.filtered(&passes)?;
            }
            match failure {
                None => break,
                Some(_) if failed.len() < open.len() => open = failed,
                Some(error) if failed.len() == 1 => return Err(error),
                // Which of them hides rows is not known, so nothing is said of any row.
                Some(error) => return Err(Error::new(error.kind(), "several conditions cannot be computed for some rows")),
            }
        }
        Ok(segment)
    }

    fn fold(&self, segment: &mut Rows) -> Result<RecordBatch> {
        let rows = segment.rows;
        let mut accumulators = self.layout.accumulators()?;
        let keys = self.groups.iter().map(|key| segment.key(key)).collect::<Result<Vec<_>>>()?;
        let groups = Groups::of(keys, rows, accumulators.iter().any(|accumulator| matches!(accumulator, Accumulator::Any(_))))?;
        let mut wide: Option<Vec<usize>> = None;
        let (mut own, mut counts): (Vec<Folding>, Vec<Folding>) = Default::default();
        let mut teller = None;
        for ((accumulator, measure), function) in accumulators.iter_mut().zip(self.aggregates.iter()).zip(&self.layout.functions) {
            let passes = measure.filter.as_ref().map(|filter| segment.mask(filter)).transpose()?;
            match accumulator {
                Accumulator::Own(fold) => {
                    fold.grow(groups.count());
                    let values = segment.values(measure, passes.as_ref())?;
                    match function {
                        Function::Count if values.valid.is_none() => counts.push((fold, values)),
                        _ => {
                            if values.valid.is_none() && function.counts_rows() {
                                teller = Some(own.len());
                            }
                            own.push((fold, values));
                        }
                    }
                }
                Accumulator::Any(accumulator) => {
                    let counted = passes.as_ref();
                    let arguments = measure.arguments.iter().map(|argument| if measure.hashed { segment.hashes(argument, counted) } else { segment.counted(argument, counted) });
                    let arguments = arguments.collect::<Result<Vec<_>>>()?;
                    accumulator.update_batch(&arguments, wide.get_or_insert_with(|| groups.wide(rows)), passes.as_ref(), groups.count())?;
                }
            }
        }
        // All rows are counted once, and only by the way where another aggregate counts what it is given.
        let teller = teller.unwrap_or(own.len());
        if teller == own.len() {
            own.extend(counts.pop());
        }
        let mut present = if groups.complete() || self.counted().is_some() { Vec::new() } else { vec![false; groups.count()] };
        let mut block = Vec::new();
        for from in (0..rows).step_by(BLOCK_ROWS) {
            let rows = from..rows.min(from + BLOCK_ROWS);
            let numbers = groups.numbers(rows.clone(), &mut block);
            for (fold, values) in &mut own {
                fold.update(values, rows.clone(), numbers)?;
            }
            if !present.is_empty() {
                let numbers = match &numbers {
                    Numbers::Same(group) => std::slice::from_ref(group),
                    Numbers::Each(numbers) => numbers,
                };
                for number in numbers {
                    if let Some(present) = present.get_mut(*number as usize) {
                        *present = true;
                    }
                }
            }
        }
        if !counts.is_empty() {
            let told = own.get_mut(teller).and_then(|(fold, _)| fold.counts()).ok_or_else(|| Error::internal("rows that nobody counted"))?;
            let all: Vec<usize> = (0..groups.count()).collect();
            for (fold, _) in counts {
                fold.merge(&[Arc::new(told.clone())], &all)?;
            }
        }
        drop(own);
        let mut states = accumulators.iter_mut().map(Accumulator::state).collect::<Result<Vec<_>>>()?;
        let present = match self.counted() {
            _ if groups.complete() => None,
            // Groups that nobody counted have no row.
            Some(place) => states
                .get(place)
                .and_then(|state| state.first())
                .map(|counts| counts.as_primitive::<Int64Type>().values().iter().map(|count| *count > 0).collect()),
            None => Some(present),
        };
        let present = present.map(BooleanArray::from).filter(|present| present.true_count() < groups.count());
        if let Some(present) = &present {
            for state in states.iter_mut().flatten() {
                *state = filter(state, present)?;
            }
        }
        let count = present.as_ref().map_or(groups.count(), BooleanArray::true_count);
        let keys = groups.keys(present.as_ref(), self.layout.dictionaries())?;
        self.layout.state(keys, states, count)
    }

    /// The place of an aggregate that counts all rows of each group, where there is one.
    fn counted(&self) -> Option<usize> {
        self.aggregates
            .iter()
            .zip(&self.layout.functions)
            .position(|(measure, function)| matches!(function, Function::Count) && measure.arguments.is_empty() && measure.filter.is_none())
    }
}
