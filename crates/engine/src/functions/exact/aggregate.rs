//! The aggregates of SQL that add fractions up, with sums without an error: `sum`, `avg`, variances, covariances,
//! correlation and regression. DataFusion's add in the order in which rows come and merge what partitions have got, so
//! their last digits tell how rows are cut, which rows that are not seen have a say in. Names, types and what is null are
//! DataFusion's. Averages of durations are in `durations`; all other types are left to it.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder, BooleanArray, Float64Array};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::{DFSchema, Result, internal_datafusion_err, internal_err};
use datafusion::functions_aggregate::average::avg_udaf;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{Accumulator, AggregateUDF, EmitTo, Expr, ExprSchemable, GroupsAccumulator};
use datafusion::scalar::ScalarValue;

use super::durations::{self, are_durations};
use super::statistic::{Gathered, Statistic, Sums};
use crate::functions::differing::{Differs, MakeFields, MakeMany, MakeOne, differing};

/// The function with sums without an error; itself where it adds nothing up.
pub(crate) fn exact(function: Arc<AggregateUDF>) -> Arc<AggregateUDF> {
    match Statistic::named(function.name()) {
        Some(statistic) => differing(function, Exact { statistic }),
        None => function,
    }
}

/// `avg(expr)`.
pub(crate) fn avg(expr: Expr) -> Expr {
    Expr::AggregateFunction(AggregateFunction::new_udf(exact(avg_udaf()), vec![expr], false, None, Vec::new(), None))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Exact {
    statistic: Statistic,
}

impl Exact {
    /// Whether it is an average of durations.
    fn averages(&self, fields: &[FieldRef], is_distinct: bool) -> bool {
        self.statistic == Statistic::Average && !is_distinct && are_durations(fields)
    }
}

/// Whether all of some arguments are floats.
pub(crate) fn are_floats(fields: &[FieldRef]) -> bool {
    !fields.is_empty() && fields.iter().all(|field| *field.data_type() == DataType::Float64)
}

/// Whether an aggregate adds fractions up.
pub(crate) fn adds_fractions(call: &AggregateFunction, schema: &DFSchema) -> bool {
    let adds = call.func.name() == "sum" || Statistic::named(call.func.name()).is_some();
    let is_float = |argument: &Expr| argument.get_type(schema).is_ok_and(|data_type| data_type == DataType::Float64);
    adds && call.params.args.iter().all(is_float)
}

/// Its accumulator.
pub(crate) fn accumulator(statistic: Statistic, is_distinct: bool) -> Box<dyn Accumulator> {
    if is_distinct { Box::new(Distinct { statistic, values: HashSet::new() }) } else { Box::new(One { statistic, gathered: Gathered::default() }) }
}

/// Its accumulator of many groups.
pub(crate) fn groups_accumulator(statistic: Statistic) -> Box<dyn GroupsAccumulator> {
    Box::new(Many::of(statistic))
}

/// What its states look like: a single column of bytes.
pub(crate) fn state_fields(name: &str) -> Vec<FieldRef> {
    vec![Arc::new(Field::new(format_state_name(name, "exact"), DataType::Binary, true))]
}

impl Differs for Exact {
    fn state_fields(&self, arguments: StateFieldsArgs<'_>, theirs: MakeFields<'_>) -> Result<Vec<FieldRef>> {
        if are_floats(arguments.input_fields) {
            Ok(state_fields(arguments.name))
        } else if self.averages(arguments.input_fields, arguments.is_distinct) {
            Ok(durations::state_fields(arguments.name))
        } else {
            theirs(arguments)
        }
    }

    fn accumulator(&self, arguments: AccumulatorArgs<'_>, theirs: MakeOne<'_>) -> Result<Box<dyn Accumulator>> {
        if are_floats(arguments.expr_fields) {
            Ok(accumulator(self.statistic, arguments.is_distinct))
        } else if self.averages(arguments.expr_fields, arguments.is_distinct) {
            Ok(Box::new(durations::Average::new(arguments.return_field.data_type().clone())))
        } else {
            theirs(arguments)
        }
    }

    fn has_groups(&self, arguments: &AccumulatorArgs<'_>) -> Option<bool> {
        if are_floats(arguments.expr_fields) {
            return Some(!arguments.is_distinct);
        }
        self.averages(arguments.expr_fields, arguments.is_distinct).then_some(false)
    }

    fn groups(&self, arguments: AccumulatorArgs<'_>, theirs: MakeMany<'_>) -> Result<Box<dyn GroupsAccumulator>> {
        if are_floats(arguments.expr_fields) { Ok(groups_accumulator(self.statistic)) } else { theirs(arguments) }
    }
}

/// Calls with the place and the values of each row that has them all; the second value is 0 where there is none.
fn each_row(values: &[ArrayRef], mut call: impl FnMut(usize, f64, f64)) -> Result<()> {
    match values {
        [one] => one.as_primitive::<Float64Type>().iter().enumerate().for_each(|(row, one)| {
            if let Some(one) = one {
                call(row, one, 0.0);
            }
        }),
        [one, other] => one.as_primitive::<Float64Type>().iter().zip(other.as_primitive::<Float64Type>()).enumerate().for_each(|(row, pair)| {
            if let (Some(one), Some(other)) = pair {
                call(row, one, other);
            }
        }),
        _ => return internal_err!("a statistic has one or two arguments"),
    }
    Ok(())
}

/// The states in a column of them, with their places.
fn each_state(states: &[ArrayRef], mut call: impl FnMut(usize, Gathered)) -> Result<()> {
    let [states] = states else { return internal_err!("a statistic has one state") };
    for (row, state) in states.as_binary::<i32>().iter().enumerate() {
        if let Some(state) = state {
            call(row, Gathered::read(state).ok_or_else(|| internal_datafusion_err!("the state of a statistic cannot be read"))?);
        }
    }
    Ok(())
}

fn bytes(gathered: &Gathered) -> Vec<u8> {
    let mut bytes = Vec::new();
    gathered.write(&mut bytes);
    bytes
}

/// One group, also one whose rows leave again as a window moves on.
#[derive(Debug)]
struct One {
    statistic: Statistic,
    gathered: Gathered,
}

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let (sums, gathered) = (self.statistic.sums(), &mut self.gathered);
        match values {
            [values] if sums == Sums::Values && values.null_count() == 0 => {
                let values = values.as_primitive::<Float64Type>().values();
                gathered.count += values.len() as u64;
                gathered.y.add_all(values);
                Ok(())
            }
            _ => each_row(values, |_, one, other| gathered.add(sums, one, other)),
        }
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        each_state(states, |_, state| self.gathered.join(&state))
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let sums = self.statistic.sums();
        each_row(values, |_, one, other| self.gathered.subtract(sums, one, other))
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Binary(Some(bytes(&self.gathered)))])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(self.gathered.value(self.statistic)))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.gathered.heap_bytes()
    }
}

/// Many groups.
#[derive(Debug)]
struct Many {
    statistic: Statistic,
    groups: Vec<Gathered>,
    /// Bytes beside the groups. The size is asked for with each batch, so that looking at all groups then would be quadratic.
    heap_bytes: usize,
}

impl Many {
    fn of(statistic: Statistic) -> Self {
        Self { statistic, groups: Vec::new(), heap_bytes: 0 }
    }

    /// Groups that are given away.
    fn take(&mut self, emit_to: EmitTo) -> Vec<Gathered> {
        let taken = emit_to.take_needed(&mut self.groups);
        self.heap_bytes = self.heap_bytes.saturating_sub(taken.iter().map(Gathered::heap_bytes).sum());
        taken
    }
}

impl GroupsAccumulator for Many {
    fn update_batch(&mut self, values: &[ArrayRef], rows: &[usize], passes: Option<&BooleanArray>, groups: usize) -> Result<()> {
        self.groups.resize_with(groups, Gathered::default);
        let sums = self.statistic.sums();
        each_row(values, |row, one, other| {
            let passes = passes.is_none_or(|passes| passes.is_valid(row) && passes.value(row));
            if let (true, Some(group)) = (passes, rows.get(row).and_then(|group| self.groups.get_mut(*group))) {
                let before = group.heap_bytes();
                group.add(sums, one, other);
                self.heap_bytes += group.heap_bytes() - before;
            }
        })
    }

    fn merge_batch(&mut self, states: &[ArrayRef], rows: &[usize], groups: usize) -> Result<()> {
        self.groups.resize_with(groups, Gathered::default);
        each_state(states, |row, state| {
            if let Some(group) = rows.get(row).and_then(|group| self.groups.get_mut(*group)) {
                let before = group.heap_bytes();
                group.join(&state);
                self.heap_bytes += group.heap_bytes() - before;
            }
        })
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let groups = self.take(emit_to);
        Ok(Arc::new(groups.iter().map(|group| group.value(self.statistic)).collect::<Float64Array>()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let mut states = BinaryBuilder::new();
        self.take(emit_to).iter().for_each(|group| states.append_value(bytes(group)));
        Ok(vec![Arc::new(states.finish())])
    }

    fn convert_to_state(&self, values: &[ArrayRef], passes: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = values.first().map_or(0, Array::len);
        let (sums, mut states, mut written) = (self.statistic.sums(), BinaryBuilder::new(), 0);
        each_row(values, |row, one, other| {
            if passes.is_none_or(|passes| passes.is_valid(row) && passes.value(row)) {
                states.append_nulls(row - written);
                let mut gathered = Gathered::default();
                gathered.add(sums, one, other);
                states.append_value(bytes(&gathered));
                written = row + 1;
            }
        })?;
        states.append_nulls(rows - written);
        Ok(vec![Arc::new(states.finish())])
    }

    fn size(&self) -> usize {
        self.groups.capacity() * size_of::<Gathered>() + self.heap_bytes
    }
}

/// One group whose values count once each. Its state is the bits of all of them.
#[derive(Debug)]
struct Distinct {
    statistic: Statistic,
    values: HashSet<[u64; 2]>,
}

impl Accumulator for Distinct {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        // Zero has two forms, and what is no number has many.
        let bits = |value: f64| if value.is_nan() { f64::NAN.to_bits() } else { (value + 0.0).to_bits() };
        each_row(values, |_, one, other| {
            self.values.insert([bits(one), bits(other)]);
        })
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [states] = states else { return internal_err!("a statistic has one state") };
        let states: &BinaryArray = states.as_binary();
        for state in states.iter().flatten() {
            let (pairs, []) = state.as_chunks::<16>() else { return internal_err!("the state of distinct values cannot be read") };
            for pair in pairs {
                let pair = u128::from_le_bytes(*pair);
                self.values.insert([pair as u64, (pair >> 64) as u64]);
            }
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let pairs = self.values.iter().map(|[one, other]| u128::from(*one) | u128::from(*other) << 64);
        Ok(vec![ScalarValue::Binary(Some(pairs.flat_map(u128::to_le_bytes).collect()))])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut gathered = Gathered::default();
        self.values.iter().for_each(|[one, other]| gathered.add(self.statistic.sums(), f64::from_bits(*one), f64::from_bits(*other)));
        Ok(ScalarValue::Float64(gathered.value(self.statistic)))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.values.capacity() * (size_of::<[u64; 2]>() + 1)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::SessionContext;

    use super::*;

    const CALLS: [&str; 15] = [
        "sum(x)",
        "avg(x)",
        "var(x)",
        "var_pop(x)",
        "stddev(x)",
        "stddev_pop(x)",
        "covar(x, y)",
        "covar_pop(x, y)",
        "corr(x, y)",
        "regr_slope(x, y)",
        "regr_intercept(x, y)",
        "regr_r2(x, y)",
        "regr_sxx(x, y)",
        "regr_avgy(x, y)",
        "sum(distinct x)",
    ];

    /// Rows in two orders, in one partition and in several.
    fn rows(reversed: bool) -> String {
        let values = "select i % 3 as g, (i * 7919 % 1000) / 7.0e0 + 1.0e3 as x, (i * 104729 % 997) / 11.0e0 as y from (select unnest(range(0, 4000)) as i)";
        format!("(select g, case when x > 1.0e3 + 140 then null else x end as x, y from ({values}) order by x * {})", if reversed { -1 } else { 1 })
    }

    async fn asked(exactly: bool, reversed: bool, partitions: usize, grouped: bool) -> Vec<Vec<Option<f64>>> {
        let context = SessionContext::new_with_config(datafusion::prelude::SessionConfig::new().with_target_partitions(partitions).with_batch_size(100));
        if exactly {
            for function in crate::functions::allowed::aggregate() {
                context.register_udaf(function.as_ref().clone());
            }
        }
        let group = if grouped { "group by g order by g" } else { "" };
        let sql = format!("select {} from {} as t {group}", CALLS.join(", "), rows(reversed));
        let batches = context.sql(&sql).await.unwrap().collect().await.unwrap();
        let batch = arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap();
        let columns: Vec<Vec<Option<f64>>> = batch.columns().iter().map(|column| column.as_primitive::<Float64Type>().iter().collect()).collect();
        (0..batch.num_rows()).map(|row| columns.iter().map(|column| column[row]).collect()).collect()
    }

    #[tokio::test]
    async fn they_are_those_of_datafusion_but_for_last_digits_and_the_same_in_any_order() {
        for grouped in [false, true] {
            let theirs = asked(false, false, 1, grouped).await;
            let ours = asked(true, false, 1, grouped).await;
            assert_eq!(theirs.len(), ours.len());
            for (theirs, ours) in theirs.iter().zip(&ours) {
                for ((call, theirs), ours) in CALLS.iter().zip(theirs).zip(ours) {
                    let (theirs, ours) = (theirs.unwrap(), ours.unwrap());
                    assert!((theirs - ours).abs() <= 1e-6 * theirs.abs(), "{call}: {theirs} and {ours}");
                }
            }
            for (reversed, partitions) in [(true, 1), (false, 4), (true, 4)] {
                assert_eq!(asked(true, reversed, partitions, grouped).await, ours, "{reversed} {partitions}");
            }
        }
    }

    #[test]
    fn the_size_of_groups_is_known_without_looking_at_all_of_them() {
        let held = |many: &Many| many.groups.iter().map(Gathered::heap_bytes).sum::<usize>();
        let mut many = Many::of(Statistic::Average);
        // The first group needs a wide sum, the second does not.
        let values: ArrayRef = Arc::new(Float64Array::from(vec![1e300, 1.0, 1e-300, 2.0]));
        many.update_batch(&[values], &[0, 0, 0, 1], None, 2).unwrap();
        assert!(many.heap_bytes > 0);
        assert_eq!(many.heap_bytes, held(&many));
        let state = many.state(EmitTo::First(1)).unwrap();
        assert_eq!((many.heap_bytes, many.groups.len()), (0, 1));
        many.merge_batch(&state, &[1], 2).unwrap();
        assert!(many.heap_bytes > 0);
        assert_eq!(many.heap_bytes, held(&many));
        many.evaluate(EmitTo::All).unwrap();
        assert_eq!(many.heap_bytes, 0);
    }

    #[tokio::test]
    async fn windows_that_move_on_keep_no_rest_of_what_has_left() {
        let context = SessionContext::new();
        for function in crate::functions::allowed::aggregate() {
            context.register_udaf(function.as_ref().clone());
        }
        let sql = "select sum(x) over w as s, avg(x) over w as a, var_pop(x) over w as v from (values (1, 1.0e20), (2, 0.1), (3, 0.2), (4, 0.3)) as t(i, x) window w as (order by i rows between 1 preceding and current row) order by s desc";
        let batches = context.sql(sql).await.unwrap().collect().await.unwrap();
        let batch = arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap();
        let column = |place: usize| batch.column(place).as_primitive::<Float64Type>().values().to_vec();
        assert_eq!(column(0)[2..], [0.5, 0.30000000000000004]);
        assert_eq!(column(1)[2..], [0.25, 0.15000000000000002]);
        assert!((column(2)[2] - 0.0025).abs() < 1e-15, "{:?}", column(2));
    }
}
