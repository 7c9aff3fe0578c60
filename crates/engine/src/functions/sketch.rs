//! Sketches: small states that stand for many values and can be merged in any order. Here is what all of them share:
//! what a sketch can do, and the accumulators that DataFusion and partials fold them with.
//!
//! Two rules hold for every sketch of the house. Its state is a function of the values alone: however rows are split
//! and in whatever order parts are merged, the same bytes come out, so a raw scan, a fresh partial and a kept one give
//! the same answer. And the bytes are ours to keep: docs/formats/states.md describes them, each kind has a number, and
//! a number never changes its meaning. States of DataFusion's own sketches are never kept; those functions are not even
//! registered (`allowed`).

use std::fmt::Debug;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BooleanArray, PrimitiveArray};
use arrow::datatypes::{ArrowPrimitiveType, DataType, Field, FieldRef};
use datafusion::common::{ScalarValue, internal_err, resources_err};
use datafusion::error::Result;
use datafusion::logical_expr::function::StateFieldsArgs;
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};

pub(crate) mod distinct;
pub(crate) mod hash;
pub(crate) mod quantile;

/// What a column of an answer is an estimate of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sketched {
    /// The number of distinct values, exact up to [`distinct::EXACT_MAX`].
    Distinct,
    /// A quantile.
    Quantile,
}

impl Sketched {
    /// What an aggregate function estimates; `None` for one that is exact.
    pub(crate) fn by(function: &str) -> Option<Self> {
        match function {
            "approx_distinct" => Some(Self::Distinct),
            "approx_median" | "approx_percentile_cont" | "approx_quantile" => Some(Self::Quantile),
            _ => None,
        }
    }
}

/// A mergeable summary of values.
pub(crate) trait Sketch: Debug + Default + Send + Sync + 'static {
    /// What it is made of.
    type Item: ArrowPrimitiveType;

    /// Adds a value.
    fn add(&mut self, item: <Self::Item as ArrowPrimitiveType>::Native) -> Result<()>;

    /// Adds what another sketch was made of, by its state.
    fn merge(&mut self, state: &[u8]) -> Result<()>;

    /// The state, the same for the same values.
    fn state(&self) -> Vec<u8>;

    /// Bytes held.
    fn size_bytes(&self) -> usize;
}

/// How columns become items of a sketch, and a sketch becomes a value.
pub(crate) trait Estimate: Debug + Send + Sync + 'static {
    /// The sketch behind it.
    type Sketch: Sketch;

    /// The items of the rows; null where a row has none.
    fn items(&self, values: &ArrayRef) -> Result<PrimitiveArray<<Self::Sketch as Sketch>::Item>>;

    /// One value a sketch.
    fn values(&self, sketches: &[Self::Sketch]) -> ArrayRef;
}

/// The one state column that every sketch has.
pub(crate) fn state_fields(args: &StateFieldsArgs<'_>) -> Vec<FieldRef> {
    vec![Arc::new(Field::new(format_state_name(args.name, "sketch"), DataType::Binary, true))]
}

/// One sketch a group.
#[derive(Debug)]
pub(crate) struct Sketches<E: Estimate> {
    estimate: E,
    groups: Vec<E::Sketch>,
}

impl<E: Estimate> Sketches<E> {
    pub(crate) fn new(estimate: E) -> Self {
        Self { estimate, groups: Vec::new() }
    }

    fn group(&mut self, group: usize) -> Result<&mut E::Sketch> {
        match self.groups.get_mut(group) {
            Some(sketch) => Ok(sketch),
            None => internal_err!("a row of a group that is not there"),
        }
    }
}

/// Whether a row counts under the filter of an aggregate.
fn passes(filter: Option<&BooleanArray>, row: usize) -> bool {
    filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
}

/// States as one column, which holds 2 GiB.
pub(crate) fn binary(states: Vec<Vec<u8>>) -> Result<ArrayRef> {
    let total: usize = states.iter().map(Vec::len).sum();
    if i32::try_from(total).is_err() {
        return resources_err!("the states of {} groups take {total} bytes, at most {} fit one state; group by less or narrow the time range", states.len(), i32::MAX);
    }
    Ok(Arc::new(BinaryArray::from_iter_values(states)))
}

fn states_of(columns: &[ArrayRef]) -> Result<&BinaryArray> {
    match columns {
        [state] if *state.data_type() == DataType::Binary => Ok(state.as_binary()),
        _ => internal_err!("a sketch has one state"),
    }
}

impl<E: Estimate> GroupsAccumulator for Sketches<E> {
    fn update_batch(&mut self, values: &[ArrayRef], rows: &[usize], filter: Option<&BooleanArray>, groups: usize) -> Result<()> {
        self.groups.resize_with(groups, E::Sketch::default);
        let [values, ..] = values else { return internal_err!("a sketch of no column") };
        let items = self.estimate.items(values)?;
        for (row, (group, item)) in rows.iter().zip(&items).enumerate() {
            if let Some(item) = item.filter(|_| passes(filter, row)) {
                self.group(*group)?.add(item)?;
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef], rows: &[usize], groups: usize) -> Result<()> {
        self.groups.resize_with(groups, E::Sketch::default);
        for (group, state) in rows.iter().zip(states_of(states)?) {
            if let Some(state) = state {
                self.group(*group)?.merge(state)?;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        Ok(self.estimate.values(&emit_to.take_needed(&mut self.groups)))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let states = emit_to.take_needed(&mut self.groups).iter().map(Sketch::state).collect();
        Ok(vec![binary(states)?])
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let [values, ..] = values else { return internal_err!("a sketch of no column") };
        let one = |(row, item): (usize, Option<_>)| {
            let mut sketch = E::Sketch::default();
            if let Some(item) = item.filter(|_| passes(filter, row)) {
                sketch.add(item)?;
            }
            Ok(sketch.state())
        };
        let states = self.estimate.items(values)?.iter().enumerate().map(one).collect::<Result<_>>()?;
        Ok(vec![binary(states)?])
    }

    fn size(&self) -> usize {
        self.groups.iter().map(|sketch| sketch.size_bytes() + size_of::<E::Sketch>()).sum()
    }
}

/// One sketch, where there are no groups and in windows.
#[derive(Debug)]
pub(crate) struct OneSketch<E: Estimate> {
    estimate: E,
    /// Always one.
    sketch: [E::Sketch; 1],
}

impl<E: Estimate> OneSketch<E> {
    pub(crate) fn new(estimate: E) -> Self {
        Self { estimate, sketch: [E::Sketch::default()] }
    }
}

impl<E: Estimate> Accumulator for OneSketch<E> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let [values, ..] = values else { return internal_err!("a sketch of no column") };
        let [sketch] = &mut self.sketch;
        self.estimate.items(values)?.iter().flatten().try_for_each(|item| sketch.add(item))
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [sketch] = &mut self.sketch;
        states_of(states)?.iter().flatten().try_for_each(|state| sketch.merge(state))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let [sketch] = &self.sketch;
        Ok(vec![ScalarValue::Binary(Some(sketch.state()))])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        ScalarValue::try_from_array(&self.estimate.values(&self.sketch), 0)
    }

    fn size(&self) -> usize {
        let [sketch] = &self.sketch;
        size_of_val(self) + sketch.size_bytes()
    }
}
