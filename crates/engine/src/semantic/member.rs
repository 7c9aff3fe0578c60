//! Names in a query, found in its model.

use arrow::datatypes::DataType;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, SchemaError};
use datafusion::error::DataFusionError;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::{Expr, ExprSchemable, cast};

use super::calendar::Calendar;
use super::model::{Dimension, Measure, Model};
use super::timed::Timed;
use crate::catalog::ColumnType;
use crate::error::{Error, Result, near_names};

/// Longest SQL expression of a model, in bytes.
const EXPRESSION_MAX_BYTES: usize = 2_000;

/// What a name stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Member<'a> {
    Dimension(&'a Dimension),
    Measure(&'a Measure),
}

/// The part before the dot.
///
/// # Errors
/// `Invalid` when there is no dot.
pub(crate) fn model_of(member: &str) -> Result<&str> {
    member.split_once('.').map(|(model, _)| model).ok_or_else(|| Error::invalid(format!("member {member:?} has no model; write model.member")))
}

/// Finds a member of a model.
///
/// # Errors
/// `Invalid` with near names, or when the member is of another model.
pub(crate) fn find<'a>(model: &'a Model, member: &str) -> Result<Member<'a>> {
    let asked = model_of(member)?;
    if asked != model.name {
        return Err(Error::invalid(format!("member {member:?} is of model {asked:?}; one query asks one model, here {:?}", model.name)));
    }
    let name = member.get(asked.len() + 1..).unwrap_or_default();
    if let Some(dimension) = model.dimensions.iter().find(|dimension| dimension.name == name) {
        return Ok(Member::Dimension(dimension));
    }
    if let Some(measure) = model.measures.iter().find(|measure| measure.name == name) {
        return Ok(Member::Measure(measure));
    }
    let known = model.dimensions.iter().map(|dimension| dimension.name.as_str()).chain(model.measures.iter().map(|measure| measure.name.as_str()));
    let near = near_names(name, known);
    Err(Error::invalid(format!("model {} has no member {name:?}{near}", model.name)))
}

/// The dimension of that name.
pub(crate) fn find_dimension<'a>(model: &'a Model, member: &str) -> Result<&'a Dimension> {
    match find(model, member)? {
        Member::Dimension(dimension) => Ok(dimension),
        Member::Measure(_) => Err(Error::invalid(format!("{member:?} is a measure; only dimensions can be grouped by"))),
    }
}

/// Whether a member is, in the rows of a model, a column as it stands there: its own dimension, or one that is the same as the member.
pub(crate) fn is_column_of(model: &Model, member: &str, column: &str) -> bool {
    let own = find_dimension(model, member).ok();
    let dimension = own.or_else(|| model.dimensions.iter().find(|dimension| dimension.same_as.as_deref() == Some(member)));
    dimension.is_some_and(|dimension| dimension.expression.is_none() && dimension.column.as_ref().unwrap_or(&dimension.name) == column)
}

/// The measure of that name.
pub(crate) fn find_measure<'a>(model: &'a Model, member: &str) -> Result<&'a Measure> {
    match find(model, member)? {
        Member::Measure(measure) => Ok(measure),
        Member::Dimension(_) => Err(Error::invalid(format!("{member:?} is a dimension; put it into dimensions or timeDimensions"))),
    }
}

/// How a time dimension is compared and put into buckets.
///
/// # Errors
/// `Invalid` for one that is no time.
pub(crate) fn timed(dimension: &Dimension, calendar: Calendar) -> Result<Timed> {
    let found = Timed::of(dimension.column_type, calendar);
    found.ok_or_else(|| Error::invalid(format!("dimension {} is of type {}, not a time", dimension.name, dimension.column_type)))
}

/// Where expressions of a model are bound: the columns that the scope leaves visible.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns<'a> {
    pub state: &'a SessionState,
    pub schema: &'a datafusion::common::DFSchema,
}

impl Columns<'_> {
    /// The expression of a dimension.
    pub(crate) fn dimension(&self, dimension: &Dimension) -> Result<Expr> {
        let expression =
            self.column_or_expression(Some(dimension.column.as_deref().unwrap_or(&dimension.name)).filter(|_| dimension.expression.is_none()), dimension.expression.as_deref());
        let expression = expression.map_err(|error| error.context(format!("dimension {}", dimension.name)))?;
        // What is computed and called a date is one wherever it stands: that of an instant is the one that it has in UTC. A column says
        // itself what it is, also when it becomes a wider one.
        let computed = dimension.column_type == ColumnType::Date && dimension.expression.is_some();
        let is_instant = computed && matches!(expression.get_type(self.schema)?, DataType::Timestamp(..));
        Ok(if is_instant { cast(expression, DataType::Date32) } else { expression })
    }

    /// A time dimension, instants in microseconds UTC or dates, and how it is compared and put into buckets.
    pub(crate) fn time(&self, dimension: &Dimension, calendar: Calendar) -> Result<(Expr, Timed)> {
        let timed = timed(dimension, calendar)?;
        let expression = self.dimension(dimension)?;
        let is_so = expression.get_type(self.schema)? == dimension.column_type.data_type();
        Ok((if is_so { expression } else { timed.cast(expression) }, timed))
    }

    /// What a measure aggregates; `None` for a count of rows.
    pub(crate) fn measured(&self, measure: &Measure) -> Result<Option<Expr>> {
        if measure.column.is_none() && measure.expression.is_none() {
            return Ok(None);
        }
        self.column_or_expression(measure.column.as_deref(), measure.expression.as_deref())
            .map(Some)
            .map_err(|error| error.context(format!("measure {}", measure.name)))
    }

    fn column_or_expression(&self, column: Option<&str>, expression: Option<&str>) -> Result<Expr> {
        match (column, expression) {
            (Some(name), None) => self.column(name),
            (None, Some(text)) => self.expression(text),
            _ => Err(Error::invalid("give either a column or an expression")),
        }
    }

    /// A column of the dataset.
    pub(crate) fn column(&self, name: &str) -> Result<Expr> {
        let (qualifier, field) = self
            .schema
            .iter()
            .find(|(_, field)| field.name() == name)
            .ok_or_else(|| Error::invalid(format!("unknown column {name:?}{}", near_names(name, self.schema.fields().iter().map(|field| field.name().as_str())))))?;
        Ok(Expr::Column(Column::from((qualifier, field))))
    }

    /// A SQL expression over the columns: bounded, without aggregates, windows and subqueries.
    pub(crate) fn expression(&self, text: &str) -> Result<Expr> {
        if text.len() > EXPRESSION_MAX_BYTES {
            return Err(Error::invalid(format!("the expression has {} bytes; at most {EXPRESSION_MAX_BYTES} are read", text.len())));
        }
        let expression = self.state.create_logical_expr(text, self.schema).map_err(|error| Error::invalid(format!("expression {text:?}: {}", self.unread(&error))))?;
        let mut refused = None;
        expression.apply(|node| {
            refused = match node {
                Expr::AggregateFunction(_) => Some("an aggregate; choose the measure's kind instead"),
                Expr::WindowFunction(_) => Some("a window function"),
                Expr::ScalarSubquery(_) | Expr::InSubquery(_) | Expr::Exists(_) => Some("a subquery"),
                _ => None,
            };
            Ok(if refused.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })?;
        match refused {
            Some(what) => Err(Error::invalid(format!("expression {text:?} holds {what}, which is not allowed"))),
            None => Ok(expression),
        }
    }

    /// Why an expression could not be read. Of a name that no column has, in the words of all other places.
    fn unread(&self, error: &DataFusionError) -> String {
        let DataFusionError::SchemaError(wrong, _) = error.find_root() else { return error.strip_backtrace() };
        let SchemaError::FieldNotFound { field, .. } = wrong.as_ref() else { return error.strip_backtrace() };
        let known = || self.schema.fields().iter().map(|column| column.name().as_str());
        // What does not stand in quotes is read in small letters.
        let near = match known().find(|column| *column != field.name && column.eq_ignore_ascii_case(&field.name)) {
            Some(column) => format!("; write \"{column}\", in double quotes"),
            None => near_names(&field.name, known()),
        };
        let dataset = self.schema.iter().next().and_then(|(dataset, _)| dataset);
        let place = dataset.map_or_else(|| "here".to_owned(), |dataset| format!("in dataset {}", dataset.table()));
        format!("there is no column {:?} {place}{near}", field.flat_name())
    }
}
