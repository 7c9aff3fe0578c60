//! Folds values, or states of other partials, into one state a group. Groups are found by DataFusion's interning, states
//! are those of DataFusion's vectorised accumulators, so every aggregate that DataFusion can merge can be a partial.
//! Nothing here skips, emits early or looks at limits: all rows that come in are in the state that comes out.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::error::Result;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{EmitTo, Expr, GroupsAccumulator};
use datafusion::physical_expr::GroupsAccumulatorAdapter;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_plan::aggregates::group_values::{GroupValues, new_group_values};
use datafusion::physical_plan::aggregates::order::GroupOrdering;

use super::count::CountRows;
use super::dictionary::Dictionary;
use super::distinct::DistinctIntegers;
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
    /// Of keys that are text: states hold their numbers.
    dictionaries: Vec<Option<Arc<Dictionary>>>,
    functions: Vec<Function>,
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
    /// `count(*)`, or of anything that is never null.
    CountRows,
    /// `count(distinct)` of whole numbers, days or instants.
    DistinctIntegers,
    /// `approx_distinct` of values that are given as their hashes.
    ApproxDistinct,
}

impl Function {
    fn state_fields(&self) -> Result<Vec<FieldRef>> {
        Ok(match self {
            Self::Any(function) => function.state_fields()?,
            Self::CountRows => vec![Arc::new(Field::new("rows", DataType::Int64, true))],
            Self::DistinctIntegers => vec![Arc::new(Field::new("values", DataType::Binary, true))],
            Self::ApproxDistinct => vec![Arc::new(Field::new("sketch", DataType::Binary, true))],
        })
    }

    fn accumulator(&self) -> Result<Box<dyn GroupsAccumulator>> {
        match self {
            Self::CountRows => Ok(Box::new(CountRows::default())),
            Self::DistinctIntegers => Ok(Box::new(DistinctIntegers::default())),
            Self::ApproxDistinct => Ok(Box::new(Sketches::new(CountHashes))),
            Self::Any(function) if function.groups_accumulator_supported() => function.create_groups_accumulator(),
            Self::Any(function) => {
                let function = Arc::clone(function);
                Ok(Box::new(GroupsAccumulatorAdapter::new(move || function.create_accumulator())))
            }
        }
    }

    /// How it is computed, in words.
    fn kernel(&self) -> String {
        match self {
            Self::Any(function) if Sketched::by(function.fun().name()) == Some(Sketched::Quantile) => {
                "a histogram of the values of each group, exact up to 4,096 distinct values and within 0.4 % beyond".to_owned()
            }
            Self::Any(function) => format!("DataFusion's {}, over groups addressed by code", function.fun().name()),
            Self::CountRows => "rows of each group are counted, no column is read".to_owned(),
            Self::DistinctIntegers => "a compressed bitmap of the values of each group, exact".to_owned(),
            Self::ApproxDistinct => "hashes of the values of each group, exact up to 4,096 of them and HyperLogLog beyond".to_owned(),
        }
    }

    /// Values as its accumulator takes them.
    fn taken(&self, values: Vec<ArrayRef>) -> Result<Vec<ArrayRef>> {
        match self {
            Self::ApproxDistinct => values.iter().map(|values| Ok(Arc::new(hash::hashes(values)?) as ArrayRef)).collect(),
            Self::Any(_) | Self::CountRows | Self::DistinctIntegers => Ok(values),
        }
    }

    /// The value where there is no row.
    fn of_no_rows(&self) -> Result<ArrayRef> {
        match self {
            Self::Any(function) => function.create_accumulator()?.evaluate()?.to_array(),
            Self::CountRows | Self::DistinctIntegers | Self::ApproxDistinct => Ok(Arc::new(arrow::array::Int64Array::from(vec![0]))),
        }
    }
}

impl Layout {
    /// Keys are given as the plan has them; each that is text needs a dictionary.
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

    /// How each aggregate is computed, in words.
    pub(crate) fn kernels(&self) -> impl Iterator<Item = String> {
        self.functions.iter().map(Function::kernel)
    }

    /// Identities of the dictionaries that states refer to.
    pub(crate) fn dictionary_ids(&self) -> impl Iterator<Item = u64> {
        self.dictionaries.iter().flatten().map(|dictionary| dictionary.id)
    }

    /// Keys as states have them.
    pub(crate) fn numbered(&self, keys: Vec<ArrayRef>) -> Vec<ArrayRef> {
        let number = |(key, dictionary): (ArrayRef, &Option<Arc<Dictionary>>)| match dictionary {
            Some(dictionary) => Arc::new(dictionary.numbers(&key)) as ArrayRef,
            None => key,
        };
        keys.into_iter().zip(&self.dictionaries).map(number).collect()
    }

    /// Accumulators for all aggregates, empty.
    pub(crate) fn accumulators(&self) -> Result<Vec<Box<dyn GroupsAccumulator>>> {
        self.functions.iter().map(Function::accumulator).collect()
    }

    /// Puts keys and states together.
    pub(crate) fn state(&self, keys: Vec<ArrayRef>, accumulators: &mut [Box<dyn GroupsAccumulator>], groups: usize) -> Result<RecordBatch> {
        let mut columns = keys;
        for accumulator in accumulators {
            columns.extend(accumulator.state(EmitTo::All)?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(groups));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.state), columns, &options)?)
    }
}

/// Merges states.
pub(crate) struct Aggregator<'a> {
    layout: &'a Layout,
    keys: Option<Box<dyn GroupValues>>,
    accumulators: Vec<Box<dyn GroupsAccumulator>>,
    rows: Vec<usize>,
    merged: bool,
}

impl<'a> Aggregator<'a> {
    pub(crate) fn new(layout: &'a Layout) -> Result<Self> {
        let keys = if layout.keys.fields().is_empty() { None } else { Some(new_group_values(Arc::clone(&layout.keys), &GroupOrdering::None)?) };
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
            accumulator.merge_batch(own, &self.rows, groups)?;
            states = rest;
        }
        Ok(())
    }

    fn groups(&self) -> usize {
        self.keys.as_ref().map_or(usize::from(self.merged), |keys| keys.len())
    }

    /// Bytes held.
    pub(crate) fn size_bytes(&self) -> usize {
        self.keys.as_ref().map_or(0, |keys| keys.size()) + self.accumulators.iter().map(|accumulator| accumulator.size()).sum::<usize>()
    }

    fn emit_keys(&mut self) -> Result<Vec<ArrayRef>> {
        self.keys.as_mut().map_or(Ok(Vec::new()), |keys| keys.emit(EmitTo::All))
    }

    /// The merged state. Of no rows there is none: it has no group, also without keys.
    pub(crate) fn into_state(mut self) -> Result<RecordBatch> {
        let groups = self.groups();
        if groups == 0 {
            return Ok(RecordBatch::new_empty(Arc::clone(&self.layout.state)));
        }
        let keys = self.emit_keys()?;
        self.layout.state(keys, &mut self.accumulators, groups)
    }

    /// The values of the aggregates, as `schema` has them. Without keys there is one row, also of no rows.
    pub(crate) fn finish(mut self, schema: &SchemaRef) -> Result<RecordBatch> {
        let groups = self.groups();
        if groups == 0 && self.keys.is_some() {
            return Ok(RecordBatch::new_empty(Arc::clone(schema)));
        }
        let mut columns = self.emit_keys()?;
        for (column, dictionary) in columns.iter_mut().zip(&self.layout.dictionaries) {
            if let Some(dictionary) = dictionary {
                *column = dictionary.texts(column)?;
            }
        }
        if groups == 0 {
            // Accumulators of groups take every group for one that has rows.
            columns = self.layout.functions.iter().map(Function::of_no_rows).collect::<Result<_>>()?;
        } else {
            for accumulator in &mut self.accumulators {
                columns.push(accumulator.evaluate(EmitTo::All)?);
            }
        }
        for (column, field) in columns.iter_mut().zip(schema.fields()) {
            if column.data_type() != field.data_type() {
                *column = arrow::compute::cast(column, field.data_type())?;
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(groups.max(1)));
        Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
    }
}
