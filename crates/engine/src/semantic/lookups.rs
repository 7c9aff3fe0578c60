//! What other models say of the rows or groups of one, put beside them along ways to at most one row.

use arrow::datatypes::DataType;
use datafusion::common::{Column, JoinType};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder};

use super::compose::World;
use super::join::{Step, way};
use super::member::Columns;
use super::model::Dimension;
use crate::error::{Error, Result};

/// Columns of a model's dataset that must tell its rows apart, or sums would count some of them twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UniqueKey {
    pub model: String,
    pub columns: Vec<String>,
}

/// The lookups of one model.
pub(super) struct Lookups<'a> {
    world: &'a World<'a>,
    root: &'a str,
    /// What their columns are called by: two such joins may stand in one plan.
    called: &'static str,
    tables: Vec<Table>,
}

/// One model that is joined, at the end of a way.
struct Table {
    way: Vec<Step>,
    /// What is shown of it: name in the joined plan, and its expression there.
    shown: Vec<(String, Expr)>,
}

impl<'a> Lookups<'a> {
    pub(super) fn new(world: &'a World<'a>, root: &'a str) -> Self {
        Self { world, root, called: "lookup", tables: Vec::new() }
    }

    /// Those that stand beside rows before others are joined.
    pub(super) fn beside_rows(world: &'a World<'a>, root: &'a str) -> Self {
        Self { called: "lookup of rows", ..Self::new(world, root) }
    }

    /// Those that stand in the place of functions of the rows' keys.
    pub(super) fn for_functions(world: &'a World<'a>, root: &'a str) -> Self {
        Self { called: "function of rows", ..Self::new(world, root) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// A dimension of what is called `prefix` from here, as a column of the joined plan.
    ///
    /// # Errors
    /// `Invalid` when no way or several lead there, or when there is no such dimension.
    pub(super) fn dimension(&mut self, prefix: &str, name: &str) -> Result<(Expr, &'a Dimension)> {
        let way = way(self.root, prefix, self.world.models)?;
        let target = way.last().map_or(self.root, |step| step.target.as_str());
        let model = self.world.model(target)?;
        let dimension = super::member::find_dimension(model, &format!("{target}.{name}"))?;
        let schema = self.world.source(target)?.schema();
        let expression = Columns { state: self.world.state, schema }.dimension(dimension)?;
        let table = self.table(&way);
        Ok((self.show(table, name, expression), dimension))
    }

    /// Columns of the root that lead to its lookups.
    pub(super) fn root_keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.tables.iter().filter_map(|table| table.way.first()).flat_map(|step| step.keys.iter().map(|(here, _)| here.clone())).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// What must be unique for the lookups to be right.
    pub(super) fn unique_keys(&self) -> impl Iterator<Item = UniqueKey> + '_ {
        self.tables.iter().filter_map(|table| {
            let step = table.way.last()?;
            Some(UniqueKey { model: step.target.clone(), columns: step.keys.iter().map(|(_, there)| there.clone()).collect() })
        })
    }

    /// Puts everything that was asked for beside the rows of `plan`; `key` tells which of its columns a column of the root is.
    pub(super) fn join(mut self, plan: LogicalPlan, key: impl Fn(&str) -> Column) -> Result<LogicalPlan> {
        let (mut plan, called) = (LogicalPlanBuilder::from(plan), self.called);
        // Nearer ones stand before those that are reached through them; these show the keys that lead on.
        for index in 0..self.tables.len() {
            let Some(Table { way, .. }) = self.tables.get(index) else { break };
            let way = way.clone();
            let Some((step, before)) = way.split_last() else { continue };
            let left: Vec<Column> = match before {
                [] => step.keys.iter().map(|(here, _)| key(here)).collect(),
                _ => step.keys.iter().map(|(here, _)| Column::new_unqualified(key_name(called, self.table(before), here))).collect(),
            };
            let source = self.world.source(&step.target)?.clone();
            let columns = Columns { state: self.world.state, schema: source.schema() };
            let right: Vec<String> = step.keys.iter().map(|(_, there)| key_name(called, index, there)).collect();
            let mut shown: Vec<(String, Expr)> = Vec::new();
            for ((_, there), name) in step.keys.iter().zip(&right) {
                shown.push((name.clone(), columns.column(there)?));
            }
            let led_on = self.tables.iter().filter(|table| table.way.len() == way.len() + 1 && table.way.starts_with(&way)).filter_map(|table| table.way.last());
            for (here, _) in led_on.flat_map(|step| &step.keys) {
                shown.push((key_name(called, index, here), columns.column(here)?));
            }
            shown.extend(self.tables.get(index).into_iter().flat_map(|table| table.shown.clone()));
            let mut seen = std::collections::HashSet::new();
            shown.retain(|(name, _)| seen.insert(name.clone()));
            let lookup = LogicalPlanBuilder::from(source).project(shown.into_iter().map(|(name, expression)| expression.alias(name)))?.build()?;
            let right: Vec<Column> = right.into_iter().map(Column::new_unqualified).collect();
            for (left, right) in left.iter().zip(&right) {
                let types = (Expr::Column(left.clone()).get_type(plan.schema())?, Expr::Column(right.clone()).get_type(lookup.schema())?);
                if types.0 != types.1 {
                    return Err(types_differ(&step.name, &left.name, &right.name, &types.0, &types.1));
                }
            }
            plan = plan.join(lookup, JoinType::Left, (left, right), None)?;
        }
        Ok(plan.build()?)
    }

    /// The same beside rows as they are read.
    pub(super) fn join_rows(self, rows: LogicalPlan) -> Result<LogicalPlan> {
        if self.is_empty() {
            return Ok(rows);
        }
        let schema = rows.schema().clone();
        self.join(rows, |column| schema.iter().find(|(_, field)| field.name() == column).map_or_else(|| Column::new_unqualified(column), Column::from))
    }

    /// The place of a way's end, and of everything on it.
    fn table(&mut self, way: &[Step]) -> usize {
        if let Some(known) = self.tables.iter().position(|table| table.way == way) {
            return known;
        }
        if let Some((_, before)) = way.split_last()
            && !before.is_empty()
        {
            self.table(before);
        }
        self.tables.push(Table { way: way.to_vec(), shown: Vec::new() });
        self.tables.len() - 1
    }

    /// A column of a lookup in the joined plan. No column of a dataset can be meant: they are never looked for without their dataset.
    fn show(&mut self, table: usize, name: &str, expression: Expr) -> Expr {
        let name = format!("{} {table}: {name}", self.called);
        if let Some(table) = self.tables.get_mut(table)
            && !table.shown.iter().any(|(known, _)| *known == name)
        {
            table.shown.push((name.clone(), expression));
        }
        Expr::Column(Column::new_unqualified(name))
    }
}

/// That a join compares what is never equal.
pub(super) fn types_differ(join: &str, here: &str, there: &str, of_here: &DataType, of_there: &DataType) -> Error {
    Error::invalid(format!("the join {join} compares {here} with {there}, which are of the types {of_here} and {of_there}; load one of them as the other's type"))
}

/// A key, which no dimension is called.
fn key_name(called: &str, table: usize, column: &str) -> String {
    format!("key of {called} {table}: {column}")
}
