//! Expressions of a fragment, bound to the columns of a dataset, and which aggregates have a fold of our own.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::{AggregateFunction, Cast, ScalarFunction};
use datafusion::logical_expr::{Expr, ExprSchemable};
use datafusion::physical_expr::PhysicalExpr;

use super::super::aggregator::{Function, is_count_of_rows};
use super::super::distinct::DistinctIntegers;
use super::super::distinct_texts::DistinctTexts;
use super::super::extremes;
use super::super::mapping::Mapping;
use crate::error::{Error, Result};
use crate::functions::approx_distinct::ApproxDistinct;
use crate::functions::date_bucket::DateBucket;
use crate::functions::time_bucket::TimeBucket;
use crate::functions::written;
use crate::partial::looked_up::LookedUp;
use crate::semantic::calendar::Calendar;
use crate::semantic::interval::Interval;

/// An expression over a few of the columns.
#[derive(Debug, Clone)]
pub(super) struct Bound {
    pub(super) expr: Arc<dyn PhysicalExpr>,
    pub(super) schema: SchemaRef,
    /// Places in `Kernel::columns`.
    pub(super) columns: Vec<usize>,
    /// The one thing that the expression is over, where that is looked up.
    pub(super) through: Option<Arc<Through>>,
}

/// A value that is looked up.
#[derive(Debug)]
pub(super) struct Through {
    pub(super) mapping: Arc<Mapping>,
    pub(super) keys: Vec<Bound>,
}

#[derive(Debug)]
pub(super) enum Key {
    Bucket { instant: Bound, interval: Interval, calendar: Calendar },
    Dates { date: Bound, interval: Interval, calendar: Calendar },
    Any(Bound),
}

#[derive(Debug)]
pub(super) struct Measure {
    pub(super) arguments: Vec<Bound>,
    /// Whether the aggregate takes hashes of values: those of text are made once per distinct value.
    pub(super) hashed: bool,
    pub(super) filter: Option<Bound>,
    /// Whether only nulls among the values count.
    pub(super) nulls_alone: bool,
}

impl Bound {
    pub(super) fn evaluate(&self, columns: Vec<ArrayRef>, rows: usize) -> Result<ArrayRef> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?;
        Ok(self.expr.evaluate(&batch)?.into_array(rows)?)
    }

    pub(super) fn is_column(&self) -> bool {
        self.through.is_none() && self.expr.downcast_ref::<datafusion::physical_expr::expressions::Column>().is_some()
    }
}

/// Our own way to compute an aggregate, where there is one, and what of its arguments is looked at.
pub(super) fn function_of(call: &AggregateFunction, schema: &DFSchema) -> Result<Option<(Function, Vec<Expr>)>> {
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
        ("sum", false) if whole_or_float => Function::Sum(data_type, written::of_expr(argument).into()),
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

/// The name of a looked-up value in what is evaluated over it.
const LOOKED_UP: &str = "looked up";

/// The one call of an expression that looks something up, and the expression over its value, where it looks at nothing else.
fn over_looked_up(expr: &Expr) -> Result<Option<(ScalarFunction, Expr)>> {
    let (mut call, mut others): (Option<ScalarFunction>, bool) = (None, false);
    let over = expr.clone().transform_down(|part| {
        Ok(match part {
            Expr::ScalarFunction(this) if this.func.inner().downcast_ref::<LookedUp>().is_some() => {
                others |= call.as_ref().is_some_and(|known| *known != this);
                call.get_or_insert(this);
                Transformed::new(Expr::Column(datafusion::common::Column::new_unqualified(LOOKED_UP)), true, TreeNodeRecursion::Jump)
            }
            Expr::Column(_) => {
                others = true;
                Transformed::no(part)
            }
            _ => Transformed::no(part),
        })
    })?;
    Ok(call.filter(|_| !others).map(|call| (call, over.data)))
}

pub(super) struct Binder<'a> {
    pub(super) schema: &'a SchemaRef,
    pub(super) session: &'a dyn Session,
    pub(super) columns: Vec<usize>,
}

impl Binder<'_> {
    pub(super) fn bind(&mut self, expr: &Expr) -> Result<Bound> {
        if let Some((call, over)) = over_looked_up(expr)? {
            return self.bind_through(&call, over);
        }
        let mut used: Vec<usize> = expr.column_refs().into_iter().map(|column| self.schema.index_of(&column.name)).collect::<std::result::Result<_, _>>()?;
        used.sort_unstable();
        let schema = Arc::new(self.schema.project(&used)?);
        let expr = self.session.create_physical_expr(expr.clone(), &DFSchema::try_from(Arc::clone(&schema))?)?;
        let columns = used.into_iter().map(|column| self.place(column)).collect();
        Ok(Bound { expr, schema, columns, through: None })
    }

    /// `over` is an expression over the value of a call alone.
    fn bind_through(&mut self, call: &ScalarFunction, over: Expr) -> Result<Bound> {
        let looked_up = call.func.inner().downcast_ref::<LookedUp>().ok_or_else(|| Error::internal("a value that is not looked up"))?;
        let mapping = Arc::clone(looked_up.mapping()?);
        let keys = call.args.iter().map(|key| self.bind(key)).collect::<Result<Vec<_>>>()?;
        let schema = Arc::new(Schema::new(vec![Field::new(LOOKED_UP, mapping.data_type().clone(), true)]));
        let expr = self.session.create_physical_expr(over, &DFSchema::try_from(Arc::clone(&schema))?)?;
        let mut columns: Vec<usize> = keys.iter().flat_map(|key| key.columns.iter().copied()).collect();
        columns.sort_unstable();
        columns.dedup();
        Ok(Bound { expr, schema, columns, through: Some(Arc::new(Through { mapping, keys })) })
    }

    pub(super) fn place(&mut self, column: usize) -> usize {
        self.columns.iter().position(|known| *known == column).unwrap_or_else(|| {
            self.columns.push(column);
            self.columns.len() - 1
        })
    }

    pub(super) fn key(&mut self, group: &Expr) -> Result<Key> {
        if let Expr::ScalarFunction(call) = group
            && let [time] = call.args.as_slice()
        {
            if let Some(bucket) = call.func.inner().downcast_ref::<TimeBucket>() {
                return Ok(Key::Bucket { instant: self.bind(time)?, interval: bucket.interval(), calendar: bucket.calendar() });
            }
            if let Some(bucket) = call.func.inner().downcast_ref::<DateBucket>() {
                return Ok(Key::Dates { date: self.bind(time)?, interval: bucket.interval(), calendar: bucket.calendar() });
            }
        }
        Ok(Key::Any(self.bind(group)?))
    }
}
