//! Computes the partial of one segment from decoded columns: filters, codes of the group keys, then all aggregates of our
//! own over one block of rows after the other. Everything that depends on one text column alone is evaluated once per
//! distinct value.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow::buffer::NullBuffer;
use arrow::compute::{and, filter, prep_null_mask_filter};
use arrow::datatypes::{DataType, Field, Int64Type, SchemaRef};
use chrono_tz::Tz;
use datafusion::catalog::Session;
use datafusion::common::DFSchema;
use datafusion::logical_expr::expr::{AggregateFunction, Cast};
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, ExprSchemable};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::LoweredAggregateBuilder;

use super::aggregator::{Accumulator, Function, Layout, is_count_of_rows};
use super::codes;
use super::columns::{Coded, Column};
use super::distinct::DistinctIntegers;
use super::distinct_texts::DistinctTexts;
use super::extremes;
use super::fold::{BLOCK_ROWS, Fold, Values};
use super::fragment::Fragment;
use super::groups::Groups;
use super::source::SegmentSource;
use crate::error::{Error, Result};
use crate::functions::approx_distinct::ApproxDistinct;
use crate::functions::approx_quantile::ApproxQuantile;
use crate::functions::sketch::hash;
use crate::functions::time_bucket::TimeBucket;
use crate::semantic::grain::Grain;

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

/// An expression over a few of the columns.
#[derive(Debug, Clone)]
struct Bound {
    expr: Arc<dyn PhysicalExpr>,
    schema: SchemaRef,
    /// Places in `Kernel::columns`.
    columns: Vec<usize>,
}

#[derive(Debug)]
enum Key {
    Bucket { instant: Bound, grain: Grain, zone: Tz },
    Any(Bound),
}

#[derive(Debug)]
struct Measure {
    arguments: Vec<Bound>,
    /// Whether the aggregate takes hashes of values: those of text are made once per distinct value.
    hashed: bool,
    filter: Option<Bound>,
    /// Whether only nulls among the values count.
    nulls_alone: bool,
}

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
        let groups = self.groups.iter().map(|(Key::Any(bound) | Key::Bucket { instant: bound, .. })| bound);
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
        let mut own: Vec<(&mut Box<dyn Fold>, Values)> = Vec::new();
        for (accumulator, measure) in accumulators.iter_mut().zip(self.aggregates.iter()) {
            let passes = measure.filter.as_ref().map(|filter| segment.mask(filter)).transpose()?;
            match accumulator {
                Accumulator::Own(fold) => {
                    fold.grow(groups.count());
                    own.push((fold, segment.values(measure, passes)?));
                }
                Accumulator::Any(accumulator) => {
                    let arguments = measure.arguments.iter().map(|argument| if measure.hashed { segment.hashes(argument) } else { segment.array(argument) });
                    let arguments = arguments.collect::<Result<Vec<_>>>()?;
                    accumulator.update_batch(&arguments, wide.get_or_insert_with(|| groups.wide(rows)), passes.as_ref(), groups.count())?;
                }
            }
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
                for number in numbers.unwrap_or_default() {
                    if let Some(present) = present.get_mut(*number as usize) {
                        *present = true;
                    }
                }
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

/// Our own way to compute an aggregate, where there is one, and what of its arguments is looked at.
fn function_of(call: &AggregateFunction, schema: &DFSchema) -> Result<Option<(Function, Vec<Expr>)>> {
    let (name, [argument]) = (call.func.name(), call.params.args.as_slice()) else { return Ok(None) };
    if call.func.inner().downcast_ref::<ApproxDistinct>().is_some() {
        return Ok(Some((Function::ApproxDistinct, vec![argument.clone()])));
    }
    let data_type = argument.get_type(schema)?;
    let whole_or_float = matches!(data_type, DataType::Int64 | DataType::Float64);
    let function = match (name, call.params.distinct) {
        // Rows are counted without a look at any column.
        ("count", false) if is_count_of_rows(call) => return Ok(Some((Function::Count, Vec::new()))),
        ("count", false) => Function::Count,
        ("count", true) if DistinctIntegers::takes(&data_type) => Function::DistinctIntegers,
        ("count", true) if DistinctTexts::takes(&data_type) => Function::DistinctTexts,
        ("sum", false) if whole_or_float => Function::Sum(data_type, argument.to_string().into()),
        ("avg", false) if data_type == DataType::Float64 => match argument {
            // Whole numbers are made floats by the planner; ours does it on the way.
            Expr::Cast(Cast { expr, .. }) if expr.get_type(schema)? == DataType::Int64 => return Ok(Some((Function::Average(DataType::Int64), vec![expr.as_ref().clone()]))),
            _ => Function::Average(data_type),
        },
        ("min" | "max", _) if extremes::takes(&data_type) => Function::Extreme { data_type, greatest: name == "max" },
        _ => return Ok(None),
    };
    Ok(Some((function, vec![argument.clone()])))
}

struct Binder<'a> {
    schema: &'a SchemaRef,
    session: &'a dyn Session,
    columns: Vec<usize>,
}

impl Binder<'_> {
    fn bind(&mut self, expr: &Expr) -> Result<Bound> {
        let mut used: Vec<usize> = expr.column_refs().into_iter().map(|column| self.schema.index_of(&column.name)).collect::<std::result::Result<_, _>>()?;
        used.sort_unstable();
        let schema = Arc::new(self.schema.project(&used)?);
        let expr = self.session.create_physical_expr(expr.clone(), &DFSchema::try_from(Arc::clone(&schema))?)?;
        let columns = used.into_iter().map(|column| self.place(column)).collect();
        Ok(Bound { expr, schema, columns })
    }

    fn place(&mut self, column: usize) -> usize {
        self.columns.iter().position(|known| *known == column).unwrap_or_else(|| {
            self.columns.push(column);
            self.columns.len() - 1
        })
    }

    fn key(&mut self, group: &Expr) -> Result<Key> {
        if let Expr::ScalarFunction(call) = group
            && let Some(bucket) = call.func.inner().downcast_ref::<TimeBucket>()
            && let [instant] = call.args.as_slice()
        {
            return Ok(Key::Bucket { instant: self.bind(instant)?, grain: bucket.grain(), zone: bucket.zone() });
        }
        Ok(Key::Any(self.bind(group)?))
    }
}

/// The rows that a partial is computed from.
struct Rows {
    columns: Vec<Option<Column>>,
    /// Text columns that were written out, so that it happens once.
    arrays: HashMap<usize, ArrayRef>,
    rows: usize,
}

impl Rows {
    fn column(&self, place: usize) -> Result<&Column> {
        self.columns.get(place).and_then(Option::as_ref).ok_or_else(|| Error::internal("a kernel without its column"))
    }

    fn written_out(&mut self, place: usize) -> Result<ArrayRef> {
        let column = self.columns.get(place).and_then(Option::as_ref).ok_or_else(|| Error::internal("a kernel without its column"))?;
        match self.arrays.entry(place) {
            Entry::Occupied(known) => Ok(Arc::clone(known.get())),
            Entry::Vacant(free) => Ok(Arc::clone(free.insert(column.array()?))),
        }
    }

    /// The one text column of an expression that has no other, and the expression evaluated on its distinct values.
    /// `None` also where that fails: a value of a row that did not pass must not be the reason of an error.
    fn by_value(&self, bound: &Bound) -> Option<(&Coded, ArrayRef)> {
        let [place] = bound.columns.as_slice() else { return None };
        let Column::Coded(coded) = self.columns.get(*place)?.as_ref()? else { return None };
        let evaluated = bound.evaluate(vec![Arc::clone(&coded.values)], coded.values.len()).ok()?;
        Some((coded, evaluated))
    }

    fn filtered(&self, passes: &BooleanArray) -> Result<Self> {
        let rows = passes.true_count();
        let first = passes.values().set_slices().next();
        let part = |column: &Column| match first {
            // Rows that pass lie side by side where a window is cut out of rows that are sorted by time.
            Some((from, to)) if to - from == rows => Ok(column.slice(from, rows)),
            _ => column.filtered(passes),
        };
        let columns = self.columns.iter().map(|column| column.as_ref().map(part).transpose()).collect::<Result<Vec<_>>>()?;
        Ok(Self { columns, arrays: HashMap::new(), rows })
    }

    /// What an aggregate of our own looks at. Counts look at nulls alone.
    fn values(&mut self, measure: &Measure, passes: Option<BooleanArray>) -> Result<Values> {
        let mut values = Values { array: None, valid: passes.map(|passes| passes.values().clone()) };
        if let [argument] = measure.arguments.as_slice() {
            let by_value = match self.by_value(argument) {
                // Nothing but nulls has a type of its own, whose arrays have no mask of nulls.
                Some((coded, evaluated)) if measure.nulls_alone => match evaluated.logical_nulls().filter(|nulls| nulls.null_count() > 0) {
                    Some(nulls) => Some((None, Some(coded.codes.mask(&nulls.iter().collect::<Vec<_>>())))),
                    None => Some((None, None)),
                },
                Some((coded, evaluated)) => Some((Some(coded.codes.values(&evaluated)?), None)),
                None => None,
            };
            let (array, valid) = match by_value {
                Some(found) => found,
                None => (Some(self.array(argument)?), None),
            };
            let nulls = array.as_ref().and_then(|array| array.logical_nulls()).filter(|nulls| nulls.null_count() > 0);
            let valid = valid.or(nulls.map(NullBuffer::into_inner));
            values.array = array;
            values.valid = match (values.valid, valid) {
                (Some(passes), Some(valid)) => Some(&passes & &valid),
                (passes, valid) => passes.or(valid),
            };
        }
        Ok(values)
    }

    /// Where a condition is true; null is not.
    fn mask(&mut self, condition: &Bound) -> Result<BooleanArray> {
        if let Some((coded, evaluated)) = self.by_value(condition) {
            let truth: Vec<bool> = boolean(&evaluated)?.iter().map(|value| value == Some(true)).collect();
            return Ok(BooleanArray::new(coded.codes.mask(&truth), None));
        }
        let evaluated = self.array(condition)?;
        let mask = boolean(&evaluated)?;
        Ok(if mask.null_count() > 0 { prep_null_mask_filter(mask) } else { mask.clone() })
    }

    fn array(&mut self, bound: &Bound) -> Result<ArrayRef> {
        let arrays = bound.columns.iter().map(|place| self.written_out(*place)).collect::<Result<Vec<_>>>()?;
        bound.evaluate(arrays, self.rows)
    }

    /// Hashes of values, null where the value is.
    fn hashes(&mut self, bound: &Bound) -> Result<ArrayRef> {
        if let Some((coded, evaluated)) = self.by_value(bound) {
            return coded.codes.values(&(Arc::new(hash::hashes(&evaluated)?) as ArrayRef));
        }
        Ok(Arc::new(hash::hashes(&self.array(bound)?)?))
    }

    fn key(&mut self, key: &Key) -> Result<Coded> {
        match key {
            Key::Bucket { instant, grain, zone } => {
                let sorted = match (instant.columns.as_slice(), instant.is_column()) {
                    ([place], true) => matches!(self.column(*place)?, Column::Plain(plain) if plain.is_sorted()),
                    _ => false,
                };
                codes::buckets(&self.array(instant)?, sorted, *grain, *zone)
            }
            Key::Any(bound) => {
                if let Some((coded, evaluated)) = self.by_value(bound) {
                    return if Arc::ptr_eq(&evaluated, &coded.values) { Ok(coded.clone()) } else { codes::encode_through(coded, &evaluated) };
                }
                if let ([place], true) = (bound.columns.as_slice(), bound.is_column()) {
                    return codes::of_column(self.column(*place)?);
                }
                codes::encode(&self.array(bound)?)
            }
        }
    }
}

impl Bound {
    fn evaluate(&self, columns: Vec<ArrayRef>, rows: usize) -> Result<ArrayRef> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?;
        Ok(self.expr.evaluate(&batch)?.into_array(rows)?)
    }

    fn is_column(&self) -> bool {
        self.expr.downcast_ref::<datafusion::physical_expr::expressions::Column>().is_some()
    }
}

fn boolean(array: &ArrayRef) -> Result<&BooleanArray> {
    array.as_boolean_opt().ok_or_else(|| Error::internal("a filter that is neither true nor false"))
}

#[cfg(test)]
mod tests {
    use arrow::array::StringViewArray;
    use arrow::datatypes::Schema;
    use datafusion::physical_expr::expressions::Literal;
    use datafusion::scalar::ScalarValue;

    use super::*;

    #[test]
    fn a_count_of_nothing_but_nulls_counts_no_row() {
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec!["a", "b", "a"]));
        let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::Utf8View, true)]));
        let count = |expr: Arc<dyn PhysicalExpr>| {
            let argument = Bound { expr, schema: Arc::clone(&schema), columns: vec![0] };
            let measure = Measure { arguments: vec![argument], hashed: false, filter: None, nulls_alone: true };
            let mut rows = Rows { columns: vec![Some(Column::of(&texts).unwrap())], arrays: HashMap::new(), rows: 3 };
            rows.values(&measure, None).unwrap().valid.map(|valid| valid.count_set_bits())
        };
        assert_eq!(count(Arc::new(Literal::new(ScalarValue::Null))), Some(0));
        assert_eq!(count(Arc::new(Literal::new(ScalarValue::Int64(Some(1))))), None, "all rows count");
    }
}
