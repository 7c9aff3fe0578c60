//! Rows instead of groups: what is asked for by dimensions is shown for each row, and of a measure the value that it takes from it.

use datafusion::common::Column;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, lit, when};

use super::counting::Counting;
use super::{Part, Planned};
use crate::catalog::ColumnType;
use crate::error::{Error, Result};
use crate::semantic::compile::Compiler;
use crate::semantic::lookups::Lookups;
use crate::semantic::member::{Columns, find_measure};
use crate::semantic::model::{Measure, MeasureKind};

impl Part<'_> {
    /// The rows of the root that the conditions pick, and the types of the measures' values.
    pub(in crate::semantic) fn rows(&self) -> Result<(Planned, Vec<ColumnType>)> {
        let model = self.world.model(self.root)?;
        let source = self.world.source(self.root)?.clone();
        let schema = source.schema().clone();
        let columns = Columns { state: self.world.state, schema: &schema };
        let Counting { rows: source, joined, unique_keys: counted_by } = self.counting(model, source, columns)?;
        let compiler = Compiler { query: self.world.exact, model, columns, joined: Some(&joined), reference: self.world.reference.clone(), limits: self.world.limits };
        let mut lookups = Lookups::new(self.world, self.root);
        let groups = self.groups(model, &compiler, &mut lookups)?;
        let (before, after) = self.conditions(&compiler, &mut lookups, None)?;
        let unique_keys = lookups.unique_keys().chain(counted_by).collect();
        let mut shown: Vec<Expr> = groups
            .into_iter()
            .map(|group| match group.bucket {
                Some(width) => width.of(group.expr).alias(group.member),
                None => group.expr.alias(group.member),
            })
            .collect();
        let mut types = Vec::new();
        for (index, (name, column)) in self.measures.iter().enumerate() {
            let at = |error: Error| error.at(format!("measures[{index}]"));
            let measure = find_measure(model, &format!("{}.{name}", self.root)).map_err(at)?;
            let (value, column_type) = value(measure, &compiler).map_err(at)?;
            shown.push(value.alias(column));
            types.push(column_type);
        }
        let mut plan = source;
        if !lookups.is_empty() {
            plan = lookups.join(plan, |column| schema.iter().find(|(_, field)| field.name() == column).map_or_else(|| Column::new_unqualified(column), Column::from))?;
        }
        let mut plan = LogicalPlanBuilder::from(plan);
        if let Some(condition) = conjunction(before.into_iter().chain(after)) {
            plan = plan.filter(condition)?;
        }
        Ok((Planned { plan: plan.project(shown)?.build()?, unique_keys }, types))
    }
}

/// What a measure takes from a row: what it adds up, compares or counts, nothing where its own conditions leave the row out.
fn value(measure: &Measure, compiler: &Compiler<'_>) -> Result<(Expr, ColumnType)> {
    if measure.kind.is_derived() {
        return Err(Error::invalid(format!("measure {} is computed from measures of groups and has no value of one row; leave it out, or ungrouped", measure.name)));
    }
    let input = compiler.columns.measured(measure)?;
    let (value, column_type) = match (measure.kind, input) {
        // A count takes one from each row that it counts.
        (MeasureKind::Count, None) => (lit(1_i64), ColumnType::Integer),
        (MeasureKind::Count, Some(input)) => (when(input.is_not_null(), lit(1_i64)).end()?, ColumnType::Integer),
        (_, Some(input)) => {
            use datafusion::logical_expr::ExprSchemable;
            let data_type = input.get_type(compiler.columns.schema)?;
            let column_type = ColumnType::from_data_type(&data_type).ok_or_else(|| Error::invalid(format!("measure {} is of type {data_type}", measure.name)))?;
            (input, column_type)
        }
        (_, None) => return Err(Error::invalid(format!("measure {} needs a column or an expression", measure.name))),
    };
    Ok(match compiler.counted_in(measure)? {
        Some(condition) => (when(condition, value).end()?, column_type),
        None => (value, column_type),
    })
}
