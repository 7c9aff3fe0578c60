//! Folds values, or states of other partials, into one state a group. The common aggregates are our own ([`Fold`]); all
//! others are DataFusion's vectorised accumulators, so every aggregate that DataFusion can merge can be a partial.
//! Nothing here skips, emits early or looks at limits: all rows that come in are in the state that comes out.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{EmitTo, Expr, GroupsAccumulator};
use datafusion::physical_expr::GroupsAccumulatorAdapter;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;

use super::average::Average;
use super::best::Best;
use super::count::Count;
use super::dictionary::Dictionary;
use super::distinct::DistinctIntegers;
use super::distinct_texts::DistinctTexts;
use super::extremes;
use super::fold::{BLOCK_ROWS, Fold, Values};
use super::groups::Groups;
use super::interner::Interner;
use super::sum::{SumFloats, SumWhole};
use crate::error::Result;
use crate::functions::approx_quantile::ApproxQuantile;
use crate::functions::sketch::distinct::CountHashes;
use crate::functions::sketch::{Sketched, Sketches, hash};

/// Whether an aggregate counts rows, whatever is in them.
pub(crate) fn is_count_of_rows(call: &AggregateFunction) -> bool {
    matches!(call.params.args.as_slice(), [Expr::Literal(value, _)] if call.func.name() == "count" && !call.params.distinct && !value.is_null())
}

/// What states look like: group keys first, then the state columns of each aggregate.
#[derive(Debug)]
pub(crate) struct Layout {
    keys: SchemaRef,
    /// Of keys that are text, where states hold their numbers.
    dictionaries: Vec<Option<Arc<Dictionary>>>,
    pub functions: Vec<Function>,
    /// Keys and states.
    pub state: SchemaRef,
    /// How many state columns each aggregate has.
    widths: Vec<usize>,
}

/// How an aggregate is computed.
#[derive(Debug, Clone)]
pub(crate) enum Function {
    /// By DataFusion.
    Any(Arc<AggregateFunctionExpr>),
    /// `count(*)`, or of what is not null.
    Count,
    /// `count(distinct)` of whole numbers, days or instants.
    DistinctIntegers,
    /// `count(distinct)` of texts.
    DistinctTexts,
    /// `approx_distinct` of values that are given as their hashes.
    ApproxDistinct,
    /// `sum` of `Int64` or `Float64`, and what is summed.
    Sum(DataType, Arc<str>),
    /// `avg` of `Int64` or `Float64`.
    Average(DataType),
    /// `min` or `max`.
    Extreme { data_type: DataType, greatest: bool },
}

impl Function {
    /// Whether its fold counts the rows that it is given: [`Fold::counts`].
    pub(crate) fn counts_rows(&self) -> bool {
        matches!(self, Self::Count | Self::Average(_) | Self::Sum(DataType::Float64, _))
    }

    /// Whether a state holds all values of its group, however many there are.
    fn grows(&self) -> bool {
        match self {
            Self::DistinctIntegers | Self::DistinctTexts => true,
            Self::Any(function) => function.is_distinct() || (function.fun().inner().downcast_ref::<ApproxQuantile>().is_some() && Sketched::by(function.fun().name()).is_none()),
            _ => false,
        }
    }

    fn state_fields(&self) -> Result<Vec<FieldRef>> {
        let field = |name: &str, data_type: &DataType| Arc::new(Field::new(name, data_type.clone(), true));
        Ok(match self {
            Self::Any(function) => function.state_fields()?,
            Self::Count => vec![field("rows", &DataType::Int64)],
            Self::ApproxDistinct => vec![field("sketch", &DataType::Binary)],
            Self::DistinctIntegers => vec![field("values", &DataType::Binary)],
            Self::DistinctTexts => vec![field("texts", &DistinctTexts::state_type())],
            Self::Sum(DataType::Int64, _) => vec![field("sum", &DataType::Int64)],
            Self::Sum(..) => SumFloats::state_fields(),
            Self::Average(data_type) => Average::state_fields(data_type),
            Self::Extreme { data_type, .. } => vec![field("extreme", data_type)],
        })
    }

    fn accumulator(&self) -> Result<Accumulator> {
        let own: Box<dyn Fold> = match self {
            Self::Count => Box::new(Count::default()),
            Self::Sum(DataType::Int64, of) => Box::new(SumWhole::new(Arc::clone(of))),
            Self::Sum(..) => Box::new(SumFloats::default()),
            Self::Average(data_type) => Box::new(Average::of(data_type)),
            Self::Extreme { data_type, greatest: true } => extremes::of::<true>(data_type)?,
            Self::Extreme { data_type, greatest: false } => extremes::of::<false>(data_type)?,
            Self::DistinctIntegers => Box::new(DistinctIntegers::default()),
            Self::DistinctTexts => Box::new(DistinctTexts::default()),
            Self::ApproxDistinct => return Ok(Accumulator::Any(Box::new(Sketches::new(CountHashes)))),
            Self::Any(function) if function.groups_accumulator_supported() => return Ok(Accumulator::Any(function.create_groups_accumulator()?)),
            Self::Any(function) => {
                let function = Arc::clone(function);
                return Ok(Accumulator::Any(Box::new(GroupsAccumulatorAdapter::new(move || function.create_accumulator()))));
            }
        };
        Ok(Accumulator::Own(own))
    }

    /// How it is computed, in words.
    fn kernel(&self) -> String {
        match self {
            Self::Any(function) if Sketched::by(function.fun().name()) == Some(Sketched::Quantile) => {
                "a histogram of the values of each group, exact up to 4,096 distinct values and within 0.4 % beyond".to_owned()
            }
            Self::Any(function) if function.fun().inner().downcast_ref::<ApproxQuantile>().is_some() => "a histogram of all values of each group, exact".to_owned(),
            Self::Any(function) => format!("DataFusion's {}, over groups addressed by code", function.fun().name()),
            Self::Count => "rows of each group are counted, no column is read but for its nulls".to_owned(),
            Self::DistinctIntegers => "a compressed bitmap of the values of each group, exact".to_owned(),
            Self::DistinctTexts => "texts are numbered once and counted by number in each group, exact".to_owned(),
            Self::ApproxDistinct => "hashes of the values of each group, exact up to 4,096 of them and HyperLogLog beyond".to_owned(),
            Self::Sum(DataType::Int64, _) => "a sum of each group in blocks of rows, checked for 64 bits".to_owned(),
            Self::Sum(..) => "an exact sum of each group in blocks of rows".to_owned(),
            Self::Average(_) => "an exact sum and a count of each group in blocks of rows".to_owned(),
            Self::Extreme { greatest, .. } => format!("the {} value of each group in blocks of rows", if *greatest { "greatest" } else { "least" }),
        }
    }

    /// Values as its accumulator takes them.
    fn taken(&self, values: Vec<ArrayRef>) -> Result<Vec<ArrayRef>> {
        match self {
            Self::ApproxDistinct => values.iter().map(|values| Ok(Arc::new(hash::hashes(values)?) as ArrayRef)).collect(),
            _ => Ok(values),
        }
    }

    /// The value where there is no row.
    fn of_no_rows(&self) -> Result<ArrayRef> {
        Ok(match self {
            Self::Any(function) => function.create_accumulator()?.evaluate()?.to_array()?,
            Self::Count | Self::DistinctIntegers | Self::DistinctTexts | Self::ApproxDistinct => Arc::new(Int64Array::from(vec![0])),
            Self::Sum(data_type, _) | Self::Extreme { data_type, .. } => new_null_array(data_type, 1),
            Self::Average(_) => new_null_array(&DataType::Float64, 1),
        })
    }
}

/// What an aggregate has gathered.
pub(crate) enum Accumulator {
    Own(Box<dyn Fold>),
    Any(Box<dyn GroupsAccumulator>),
}

impl Accumulator {
    /// Folds rows that are in groups, as DataFusion counts them too (`wide`).
    pub(crate) fn update(&mut self, arguments: &[ArrayRef], passes: Option<&BooleanArray>, groups: &Groups, wide: &[usize]) -> Result<()> {
        match self {
            Self::Any(accumulator) => Ok(accumulator.update_batch(arguments, wide, passes, groups.count())?),
            Self::Own(fold) => {
                fold.grow(groups.count());
                let values = Values::of(arguments.first(), passes);
                let mut block = Vec::new();
                for from in (0..wide.len()).step_by(BLOCK_ROWS) {
                    let rows = from..wide.len().min(from + BLOCK_ROWS);
                    fold.update(&values, rows.clone(), groups.numbers(rows, &mut block))?;
                }
                Ok(())
            }
        }
    }

    /// Merges states, each into its group.
    pub(crate) fn merge(&mut self, states: &[ArrayRef], rows: &[usize], groups: usize) -> Result<()> {
        match self {
            Self::Own(fold) => {
                fold.grow(groups);
                fold.merge(states, rows)
            }
            Self::Any(accumulator) => Ok(accumulator.merge_batch(states, rows, groups)?),
        }
    }

    pub(crate) fn state(&mut self) -> Result<Vec<ArrayRef>> {
        match self {
            Self::Own(fold) => fold.state(),
            Self::Any(accumulator) => Ok(accumulator.state(EmitTo::All)?),
        }
    }

    fn evaluate(&mut self) -> Result<ArrayRef> {
        match self {
            Self::Own(fold) => fold.evaluate(),
            Self::Any(accumulator) => Ok(accumulator.evaluate(EmitTo::All)?),
        }
    }

    fn size_bytes(&self) -> usize {
        match self {
            Self::Own(fold) => fold.size_bytes(),
            Self::Any(accumulator) => accumulator.size(),
        }
    }
}

impl Layout {
    /// Keys are given as the plan has them; one that is text comes with a dictionary if states hold its numbers.
    pub(crate) fn new(keys: Vec<(Field, Option<Arc<Dictionary>>)>, functions: Vec<Function>) -> Result<Self> {
        let (keys, dictionaries): (Vec<Field>, Vec<_>) = keys
            .into_iter()
            .map(|(key, dictionary)| (if dictionary.is_some() { key.with_data_type(DataType::UInt32) } else { key }, dictionary))
            .unzip();
        let mut fields: Vec<FieldRef> = keys.iter().cloned().map(Arc::new).collect();
        let mut widths = Vec::with_capacity(functions.len());
        for (index, function) in functions.iter().enumerate() {
            let states = function.state_fields()?;
            widths.push(states.len());
            fields.extend(states.into_iter().map(|field| Arc::new(field.as_ref().clone().with_name(format!("{index}.{}", field.name())).with_nullable(true))));
        }
        Ok(Self { keys: Arc::new(Schema::new(keys)), dictionaries, functions, state: Arc::new(Schema::new(fields)), widths })
    }

    /// The state columns of an aggregate.
    pub(crate) fn states_of(&self, aggregate: usize) -> Option<Range<usize>> {
        let width = *self.widths.get(aggregate)?;
        let from = self.keys.fields().len() + self.widths.iter().take(aggregate).sum::<usize>();
        Some(from..from + width)
    }

    /// The arguments of an aggregate as its accumulator takes them.
    pub(crate) fn taken(&self, aggregate: usize, values: Vec<ArrayRef>) -> Result<Vec<ArrayRef>> {
        self.functions.get(aggregate).map_or_else(|| Ok(Vec::new()), |function| function.taken(values))
    }

    /// Whether some of its states have no bound.
    pub(super) fn grows(&self) -> bool {
        self.functions.iter().any(Function::grows)
    }

    /// How each aggregate is computed, in words.
    pub(crate) fn kernels(&self) -> impl Iterator<Item = String> {
        self.functions.iter().map(Function::kernel)
    }

    /// The dictionary of each key, where it is text.
    pub(crate) fn dictionaries(&self) -> &[Option<Arc<Dictionary>>] {
        &self.dictionaries
    }

    /// Identities of the dictionaries that states refer to.
    pub(crate) fn dictionary_ids(&self) -> impl Iterator<Item = u64> {
        self.dictionaries.iter().flatten().map(|dictionary| dictionary.id)
    }

    /// Accumulators for all aggregates, empty.
    pub(crate) fn accumulators(&self) -> Result<Vec<Accumulator>> {
        self.functions.iter().map(Function::accumulator).collect()
    }

    /// Puts keys and states together.
    pub(crate) fn state(&self, keys: Vec<ArrayRef>, states: Vec<Vec<ArrayRef>>, groups: usize) -> Result<RecordBatch> {
        let columns = keys.into_iter().chain(states.into_iter().flatten()).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(groups));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.state), columns, &options)?)
    }
}

/// Merges states.
pub(crate) struct Aggregator<'a> {
    layout: &'a Layout,
    keys: Option<Interner>,
    accumulators: Vec<Accumulator>,
    rows: Vec<usize>,
    merged: bool,
}

impl<'a> Aggregator<'a> {
    /// Nothing merged yet; so many rows of states will be.
    pub(crate) fn new(layout: &'a Layout, rows: usize) -> Result<Self> {
        let keys = if layout.keys.fields().is_empty() { None } else { Some(Interner::new(&layout.keys, &layout.dictionaries, rows)?) };
        Ok(Self { layout, keys, accumulators: layout.accumulators()?, rows: Vec::new(), merged: false })
    }

    /// Merges the states of a batch.
    pub(crate) fn merge(&mut self, state: &RecordBatch) -> Result<()> {
        if state.num_rows() == 0 {
            return Ok(());
        }
        self.merged = true;
        let width = self.layout.keys.fields().len();
        let (keys, mut states) = state.columns().split_at_checked(width).unwrap_or((state.columns(), &[]));
        self.rows.clear();
        match &mut self.keys {
            Some(known) => known.intern(keys, &mut self.rows)?,
            None => self.rows.resize(state.num_rows(), 0),
        }
        let groups = self.groups();
        for (accumulator, width) in self.accumulators.iter_mut().zip(&self.layout.widths) {
            let (own, rest) = states.split_at_checked(*width).unwrap_or((states, &[]));
            accumulator.merge(own, &self.rows, groups)?;
            states = rest;
        }
        Ok(())
    }

    fn groups(&self) -> usize {
        self.keys.as_ref().map_or(usize::from(self.merged), Interner::len)
    }

    /// Bytes held.
    pub(crate) fn size_bytes(&self) -> usize {
        self.keys.as_ref().map_or(0, Interner::size_bytes) + self.accumulators.iter().map(Accumulator::size_bytes).sum::<usize>()
    }

    fn emit_keys(&mut self) -> Result<Vec<ArrayRef>> {
        self.keys.take().map_or(Ok(Vec::new()), Interner::keys)
    }

    /// The merged state. Of no rows there is none: it has no group, also without keys.
    pub(crate) fn into_state(mut self) -> Result<RecordBatch> {
        let groups = self.groups();
        if groups == 0 {
            return Ok(RecordBatch::new_empty(Arc::clone(&self.layout.state)));
        }
        let keys = self.emit_keys()?;
        let states = self.accumulators.iter_mut().map(Accumulator::state).collect::<Result<Vec<_>>>()?;
        self.layout.state(keys, states, groups)
    }

    /// The values of the aggregates, as `schema` has them. Without keys there is one row, also of no rows. `best` says that
    /// only groups are wanted that can be among the first ones of an order.
    pub(crate) fn finish(mut self, schema: &SchemaRef, best: Option<&Best>) -> Result<RecordBatch> {
        let groups = self.groups();
        if groups == 0 && self.keys.is_some() {
            return Ok(RecordBatch::new_empty(Arc::clone(schema)));
        }
        let mut keys = self.emit_keys()?;
        let mut values = if groups == 0 {
            // Accumulators of groups take every group for one that has rows.
            self.layout.functions.iter().map(Function::of_no_rows).collect::<Result<Vec<_>>>()?
        } else {
            self.accumulators.iter_mut().map(Accumulator::evaluate).collect::<Result<Vec<_>>>()?
        };
        let mut groups = groups.max(1);
        if let Some(wanted) = best.and_then(|best| best.of(&values, groups)) {
            groups = wanted.true_count();
            for column in keys.iter_mut().chain(&mut values) {
                *column = arrow::compute::filter(column, &wanted)?;
            }
        }
        for (column, dictionary) in keys.iter_mut().zip(&self.layout.dictionaries) {
            if let Some(dictionary) = dictionary {
                *column = dictionary.texts(column)?;
            }
        }
        let mut columns: Vec<ArrayRef> = keys.into_iter().chain(values).collect();
        for (column, field) in columns.iter_mut().zip(schema.fields()) {
            if column.data_type() != field.data_type() {
                *column = arrow::compute::cast(column, field.data_type())?;
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(groups));
        Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
    }
}
