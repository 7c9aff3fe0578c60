//! Steps that compute by SQL: derive and filter. Expressions pass the gate that those of models pass, are planned once and
//! evaluated batch by batch. Where one fails, the batch is halved until the rows are found that it fails on.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, new_null_array};
use arrow::compute::concat;
use arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::execution::session_state::SessionState;
use datafusion::physical_expr::expressions;
use datafusion::physical_expr::{PhysicalExpr, ScalarFunctionExpr};

use super::frame::Frame;
use super::op::{Op, Site};
use super::step::OnError;
use crate::catalog::Column;
use crate::catalog::convert::{convert, misfits};
use crate::error::{Error, Result};
use crate::ingest::decode::batch::schema_of;
use crate::ingest::treatment::rows::{Fault, Rows, text_bytes};
use crate::query::alone;
use crate::semantic::member::Columns;

/// An expression over the columns at a step.
#[derive(Debug)]
struct Planned {
    expression: Arc<dyn PhysicalExpr>,
    schema: SchemaRef,
    data_type: DataType,
    /// The columns that it names, each as often as it does.
    named: Vec<usize>,
    /// How many times as long a text may become by replacing parts of it.
    growth: u64,
}

/// Bytes of text that an expression may be shown at a time, each as often as it names it: that is what it can put together.
const SHOWN_MAX_BYTES: u64 = 256 << 20;

/// Functions that put a text in the place of each letter, at worst.
const REPLACING: [&str; 2] = ["replace", "regexp_replace"];

impl Planned {
    fn new(text: &str, frame: &Frame, state: &SessionState) -> Result<Self> {
        let schema = schema_of(&frame.columns);
        let columns = DFSchema::try_from(Arc::clone(&schema))?;
        let expression = Columns { state, schema: &columns }.expression(text)?;
        if expression.is_volatile() {
            return Err(Error::invalid(format!("expression {text:?} gives another value each time; a load that is repeated must give the same rows")));
        }
        let wrong = |error: datafusion::error::DataFusionError| Error::invalid(format!("expression {text:?}: {}", error.strip_backtrace()));
        let expression = alone::planned(expression, &columns, state).map_err(wrong)?;
        let data_type = expression.data_type(&schema).map_err(wrong)?;
        let (mut named, mut growth) = (Vec::new(), 1_u64);
        let look = expression.apply(|node| {
            named.extend(node.downcast_ref::<expressions::Column>().map(expressions::Column::index));
            if let Some(function) = node.downcast_ref::<ScalarFunctionExpr>().filter(|function| REPLACING.contains(&function.name())) {
                let literals = function.args().iter().filter_map(|argument| argument.downcast_ref::<expressions::Literal>());
                let longest = literals.filter_map(|literal| literal.value().try_as_str().flatten().map(str::len)).max().unwrap_or(1);
                growth = growth.saturating_mul(longest.max(1) as u64);
            }
            Ok(TreeNodeRecursion::Continue)
        });
        look.map_err(wrong)?;
        Ok(Self { expression, schema, data_type, named, growth })
    }

    fn shown_bytes(&self, batch: &RecordBatch) -> u64 {
        let texts: u64 = self.named.iter().filter_map(|index| batch.columns().get(*index)?.as_string_view_opt()).map(text_bytes).sum();
        texts.saturating_mul(self.growth)
    }

    /// One value a row; null where it fails, with the reason.
    fn evaluate(&self, batch: &RecordBatch) -> Result<(ArrayRef, Vec<Fault>)> {
        // Names and types are those that it was planned for; what a batch says of nulls may differ.
        let batch = if *batch.schema_ref() == self.schema { batch.clone() } else { batch.clone().with_schema(Arc::clone(&self.schema))? };
        let mut faults = Vec::new();
        let values = self.evaluate_from(&batch, 0, &mut faults)?;
        Ok((values, faults))
    }

    fn evaluate_from(&self, batch: &RecordBatch, first: usize, faults: &mut Vec<Fault>) -> Result<ArrayRef> {
        let rows = batch.num_rows();
        if self.shown_bytes(batch) > SHOWN_MAX_BYTES {
            if rows > 1 {
                return self.evaluate_halves(batch, first, faults);
            }
            faults.push(Fault { row: first, column: None, value: None, reason: "its texts are too long for this expression".to_owned() });
            return Ok(new_null_array(&self.data_type, rows));
        }
        match self.expression.evaluate(batch).and_then(|values| values.into_array(rows)) {
            Ok(values) => Ok(values),
            Err(error) if rows <= 1 => {
                let reason = error.strip_backtrace();
                let reason = reason.strip_prefix("Arrow error: ").unwrap_or(&reason).trim().to_owned();
                faults.push(Fault { row: first, column: None, value: None, reason });
                Ok(new_null_array(&self.data_type, rows))
            }
            Err(_) => self.evaluate_halves(batch, first, faults),
        }
    }

    fn evaluate_halves(&self, batch: &RecordBatch, first: usize, faults: &mut Vec<Fault>) -> Result<ArrayRef> {
        let (rows, half) = (batch.num_rows(), batch.num_rows() / 2);
        let left = self.evaluate_from(&batch.slice(0, half), first, faults)?;
        let right = self.evaluate_from(&batch.slice(half, rows - half), first + half, faults)?;
        Ok(concat(&[&*left, &*right])?)
    }
}

/// A column that is computed.
#[derive(Debug)]
struct Derive {
    planned: Planned,
    place: usize,
    target: Column,
    on_error: OnError,
}

pub(super) fn derive(frame: &mut Frame, column: &str, expression: &str, state: &SessionState, on_error: OnError) -> Result<Box<dyn Op>> {
    let planned = Planned::new(expression, frame, state)?;
    let target = Column::from_field(&Field::new(column, planned.data_type.clone(), true));
    let target = target.ok_or_else(|| Error::invalid(format!("expression {expression:?} gives values of the type {}, which no column has; cast them", planned.data_type)))?;
    let place = frame.put(target.clone())?;
    Ok(Box::new(Derive { planned, place, target, on_error }))
}

impl Op for Derive {
    fn apply(&mut self, rows: &mut Rows, site: &Site) -> Result<()> {
        let (values, mut faults) = self.planned.evaluate(&rows.batch)?;
        let made = convert(&values, &self.target)?;
        for misfit in misfits(&values, &made, &self.target) {
            let reason = format!("the value does not fit the type {}", misfit.column_type);
            faults.push(Fault { row: misfit.row, column: None, value: Some(misfit.value), reason });
        }
        faults.iter_mut().for_each(|fault| fault.column = Some(self.target.name.clone()));
        rows.put(self.place, &self.target, made)?;
        site.settle(rows, faults, self.on_error)
    }
}

/// Rows that are kept.
#[derive(Debug)]
struct Filter {
    planned: Planned,
    on_error: OnError,
}

pub(super) fn filter(frame: &Frame, condition: &str, state: &SessionState, on_error: OnError) -> Result<Box<dyn Op>> {
    let planned = Planned::new(condition, frame, state)?;
    if planned.data_type != DataType::Boolean {
        return Err(Error::invalid(format!("condition {condition:?} gives a {}; it must be true or false for each row", planned.data_type)));
    }
    Ok(Box::new(Filter { planned, on_error }))
}

impl Op for Filter {
    fn apply(&mut self, rows: &mut Rows, site: &Site) -> Result<()> {
        let (values, faults) = self.planned.evaluate(&rows.batch)?;
        let mut keep = values.as_boolean_opt().ok_or_else(|| Error::internal(format!("a condition gave {}", values.data_type())))?.clone();
        // A row that is rejected must be there to be rejected.
        if self.on_error != OnError::Null && !faults.is_empty() {
            let gone: std::collections::HashSet<usize> = faults.iter().map(|fault| fault.row).collect();
            site.settle(rows, faults, self.on_error)?;
            keep = keep.iter().enumerate().filter(|(row, _)| !gone.contains(row)).map(|(_, keep)| keep).collect();
        }
        rows.keep(&keep)
    }
}
