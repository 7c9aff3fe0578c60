//! Computes the partial of one segment from decoded columns: filters, codes of the group keys, groups by number, then
//! one pass an aggregate. Everything that depends on one text column alone is evaluated once per distinct value.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{and, prep_null_mask_filter, take};
use arrow::datatypes::{DataType, Field, SchemaRef};
use chrono_tz::Tz;
use datafusion::catalog::Session;
use datafusion::common::DFSchema;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, ExprSchemable};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::LoweredAggregateBuilder;

use super::aggregator::{Function, Layout, is_count_of_rows};
use super::codes;
use super::columns::{Coded, Column};
use super::distinct::DistinctIntegers;
use super::fragment::Fragment;
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
    /// As numbers of a dictionary of this process: merging compares numbers.
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
    groups: Vec<Key>,
    aggregates: Vec<Measure>,
    pub layout: Layout,
}

/// An expression over a few of the columns.
#[derive(Debug)]
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
            let dictionary = if numbered { Some(source.partials.dictionary(&source.prefix, group).await) } else { None };
            keys.push((Field::new(format!("key.{index}"), data_type, true), dictionary));
        }
        let (mut aggregates, mut functions) = (Vec::new(), Vec::new());
        for aggregate in &fragment.aggregates {
            let Expr::AggregateFunction(call) = aggregate else { return Err(Error::internal("a fragment with what is not an aggregate")) };
            let function = function_of(call, &whole)?;
            let arguments: &[Expr] = match (&function, call.params.args.as_slice()) {
                // Rows are counted without a look at any column.
                (Some(Function::CountRows), _) => &[],
                // What follows the values of a quantile is the same for all rows.
                (None, [values, ..]) if call.func.inner().downcast_ref::<ApproxQuantile>().is_some() => std::slice::from_ref(values),
                (_, all) => all,
            };
            let arguments = arguments.iter().map(|argument| binder.bind(argument)).collect::<Result<Vec<_>>>()?;
            let filter = call.params.filter.as_deref().map(|filter| binder.bind(filter)).transpose()?;
            let hashed = matches!(function, Some(Function::ApproxDistinct));
            functions.push(match function {
                Some(function) => function,
                None => {
                    let planning = PhysicalPlanningContext::default();
                    Function::Any(LoweredAggregateBuilder::new(aggregate, &whole, schema, session.execution_props(), &planning).build()?.aggregate)
                }
            });
            aggregates.push(Measure { arguments, hashed, filter });
        }
        let layout = Layout::new(keys, functions)?;
        Ok(Self { columns: binder.columns, filters, groups, aggregates, layout })
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
        let mut segment = Rows { columns, arrays: HashMap::new(), rows };
        let mut passes: Option<BooleanArray> = None;
        for filter in filters.iter().filter_map(|filter| self.filters.get(*filter)) {
            let mask = segment.mask(filter)?;
            passes = Some(match passes {
                Some(before) => and(&before, &mask)?,
                None => mask,
            });
        }
        if let Some(passes) = passes.filter(|passes| passes.true_count() < rows) {
            segment = segment.filtered(&passes)?;
        }
        if segment.rows == 0 {
            return Ok(RecordBatch::new_empty(Arc::clone(&self.layout.state)));
        }
        let keys = self.groups.iter().map(|key| segment.key(key)).collect::<Result<Vec<_>>>()?;
        let groups = codes::group(&keys, segment.rows)?;
        drop(keys);
        let mut accumulators = self.layout.accumulators()?;
        for (accumulator, measure) in accumulators.iter_mut().zip(&self.aggregates) {
            let arguments = measure.arguments.iter().map(|argument| if measure.hashed { segment.hashes(argument) } else { segment.array(argument) });
            let arguments = arguments.collect::<Result<Vec<_>>>()?;
            let passes = measure.filter.as_ref().map(|filter| segment.mask(filter)).transpose()?;
            accumulator.update_batch(&arguments, &groups.rows, passes.as_ref(), groups.count)?;
        }
        Ok(self.layout.state(self.layout.numbered(groups.keys), &mut accumulators, groups.count)?)
    }
}

/// Our own way to compute an aggregate, where there is one.
fn function_of(call: &AggregateFunction, schema: &DFSchema) -> Result<Option<Function>> {
    Ok(match call.params.args.as_slice() {
        _ if is_count_of_rows(call) => Some(Function::CountRows),
        [argument] if call.func.name() == "count" && call.params.distinct && DistinctIntegers::takes(&argument.get_type(schema)?) => Some(Function::DistinctIntegers),
        [_] if call.func.inner().downcast_ref::<ApproxDistinct>().is_some() => Some(Function::ApproxDistinct),
        _ => None,
    })
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
        let columns = self.columns.iter().map(|column| column.as_ref().map(|column| column.filtered(passes)).transpose()).collect::<Result<Vec<_>>>()?;
        Ok(Self { columns, arrays: HashMap::new(), rows: passes.true_count() })
    }

    /// Where a condition is true; null is not.
    fn mask(&mut self, condition: &Bound) -> Result<BooleanArray> {
        if let Some((coded, evaluated)) = self.by_value(condition) {
            let truth: Vec<bool> = boolean(&evaluated)?.iter().map(|value| value == Some(true)).collect();
            let codes = coded.codes.values();
            let bits = BooleanBuffer::collect_bool(codes.len(), |row| codes.get(row).and_then(|code| truth.get(*code as usize)).copied().unwrap_or(false));
            return Ok(BooleanArray::new(bits, None));
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
            return Ok(take(&hash::hashes(&evaluated)?, &coded.codes, None)?);
        }
        Ok(Arc::new(hash::hashes(&self.array(bound)?)?))
    }

    fn key(&mut self, key: &Key) -> Result<Coded> {
        match key {
            Key::Bucket { instant, grain, zone } => codes::buckets(&self.array(instant)?, *grain, *zone),
            Key::Any(bound) => {
                if let Some((coded, evaluated)) = self.by_value(bound) {
                    return if Arc::ptr_eq(&evaluated, &coded.values) { Ok(coded.clone()) } else { codes::encode_through(&coded.codes, &evaluated) };
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
