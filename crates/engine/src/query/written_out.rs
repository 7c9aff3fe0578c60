//! How large a statement is when everything that it names is written out. A few hundred bytes can say a tree of a million nodes:
//! `a1 as (select .. from a0 x, a0 y), a2 as (select .. from a1 x, a1 y), ..` doubles the tables with each name, and `n + n as n`
//! the condition that an outer filter becomes where it is pushed down. Neither the planner nor the optimiser can be stopped, so
//! both sizes are counted before they begin, without writing anything out.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, JoinType, Result as PlanResult};
use datafusion::logical_expr::expr::{Exists, InSubquery, SetComparison};
use datafusion::logical_expr::{Distinct, Expr, LogicalPlan};
use datafusion::sql::sqlparser::ast::{Ident, ObjectName, Query, Statement, TableFactor, Visitor};

use super::walk::look_through;
use crate::error::{Error, Result};

/// Tables of a statement at most; what a WITH names counts as often as it is read.
const TABLES_MAX: u64 = 250;
/// Parts of all expressions of a plan at most.
const PARTS_MAX: u64 = 50_000;
/// A constant is copied with the expression that it is in: so many bytes of it count as one part.
const BYTES_OF_A_PART: usize = 64;
/// A subquery becomes a join wherever it stands.
const PARTS_OF_A_SUBQUERY: u64 = 500;

/// # Errors
/// `Exhausted` for a statement that reads too many tables.
pub(super) fn check_tables(statement: &Statement) -> Result<()> {
    look_through(statement, &mut Tables::default())
}

/// Queries from the outermost to the one that is looked at.
#[derive(Default)]
struct Tables {
    open: Vec<Counted>,
}

#[derive(Default)]
struct Counted {
    tables: u64,
    /// Where the queries of its WITH are, and what they are called.
    to_come: HashMap<*const Query, String>,
    /// Tables of those that were looked at.
    named: HashMap<String, u64>,
}

impl Tables {
    fn read_by(&self, name: &ObjectName) -> u64 {
        let [part] = name.0.as_slice() else { return 1 };
        let name = part.as_ident().map(folded);
        name.and_then(|name| self.open.iter().rev().find_map(|query| query.named.get(&name)).copied()).unwrap_or(1)
    }

    fn add(&mut self, tables: u64) -> ControlFlow<Error> {
        let Some(query) = self.open.last_mut() else { return ControlFlow::Continue(()) };
        query.tables = query.tables.saturating_add(tables);
        if query.tables <= TABLES_MAX {
            return ControlFlow::Continue(());
        }
        let error = format!("the statement reads more than {TABLES_MAX} tables, those of a WITH counted as often as they are read; read each of them fewer times");
        ControlFlow::Break(Error::exhausted(error).at("sql"))
    }
}

impl Visitor for Tables {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Error> {
        let with = query.with.iter().flat_map(|with| &with.cte_tables);
        let to_come = with.map(|table| (std::ptr::from_ref(&*table.query), folded(&table.alias.name))).collect();
        self.open.push(Counted { to_come, ..Counted::default() });
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<Error> {
        let Some(counted) = self.open.pop() else { return ControlFlow::Continue(()) };
        let named = self.open.last_mut().and_then(|above| Some((above.to_come.remove(&std::ptr::from_ref(query))?, above)));
        match named {
            Some((name, above)) => {
                // One that reads no table is a step all the same.
                above.named.insert(name, counted.tables.max(1));
                ControlFlow::Continue(())
            }
            None => self.add(counted.tables),
        }
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<Error> {
        match table {
            TableFactor::Table { name, .. } => self.add(self.read_by(name)),
            // What is in them comes by itself.
            TableFactor::Derived { .. } | TableFactor::NestedJoin { .. } => ControlFlow::Continue(()),
            _ => self.add(1),
        }
    }
}

fn folded(name: &Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_ascii_lowercase() }
}

/// The plan must be one of few nodes: each is looked at.
///
/// # Errors
/// `Exhausted` for expressions that are too long when the columns of subqueries are written out in them.
pub(super) fn check_parts(plan: &LogicalPlan) -> Result<()> {
    let mut parts = Parts::default();
    parts.of_columns(plan, &[])?;
    if parts.all <= PARTS_MAX {
        return Ok(());
    }
    let error = format!("the expressions have more than {PARTS_MAX} parts when the columns of subqueries are written out in them; name each of those fewer times");
    Err(Error::exhausted(error).at("sql"))
}

/// Columns that expressions may name, with the parts of each.
type Named<'p> = (&'p DFSchema, &'p [u64]);

#[derive(Default)]
struct Parts {
    all: u64,
}

impl Parts {
    /// Parts of each column that a plan gives. `outer` are the columns of the queries around it.
    fn of_columns(&mut self, plan: &LogicalPlan, outer: &[Named<'_>]) -> PlanResult<Vec<u64>> {
        let mut inputs: Vec<Vec<u64>> = Vec::new();
        for input in plan.inputs() {
            // A LATERAL names columns of what stands before it.
            let before = plan.inputs().into_iter().map(|input| &**input.schema()).zip(inputs.iter().map(Vec::as_slice));
            let around: Vec<Named<'_>> = before.chain(outer.iter().copied()).collect();
            let columns = self.of_columns(input, &around)?;
            inputs.push(columns);
        }
        let named: Vec<Named<'_>> = plan.inputs().into_iter().map(|input| &**input.schema()).zip(inputs.iter().map(Vec::as_slice)).collect();
        let mut sizes = Vec::new();
        plan.apply_expressions(|expression| {
            sizes.push(self.of(expression, &named, outer)?);
            Ok(TreeNodeRecursion::Continue)
        })?;
        let width = plan.schema().fields().len();
        let input = |index: usize| inputs.get(index).cloned().unwrap_or_default();
        let mut columns = match plan {
            LogicalPlan::Projection(_) => sizes,
            LogicalPlan::Distinct(Distinct::On(on)) => sizes.into_iter().skip(on.on_expr.len()).take(on.select_expr.len()).collect(),
            // Conditions on groups are moved beneath them, those on aggregates are not.
            LogicalPlan::Aggregate(aggregate) => match aggregate.group_expr.as_slice() {
                [Expr::GroupingSet(_)] => vec![sizes.first().copied().unwrap_or(1); width],
                groups => sizes.into_iter().take(groups.len()).collect(),
            },
            LogicalPlan::Union(_) => (0..width).map(|column| inputs.iter().filter_map(|input| input.get(column)).copied().max().unwrap_or(1)).collect(),
            LogicalPlan::Join(join) => match join.join_type {
                JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => input(0),
                JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => input(1),
                _ => inputs.concat(),
            },
            LogicalPlan::Unnest(_) => vec![input(0).into_iter().max().unwrap_or(1); width],
            _ => input(0),
        };
        columns.resize(width, 1);
        Ok(columns)
    }

    /// Parts of an expression, which are added to all unless it only hands a column on; so is what subqueries in it have.
    fn of(&mut self, expression: &Expr, named: &[Named<'_>], outer: &[Named<'_>]) -> PlanResult<u64> {
        let mut size = 0_u64;
        let mut subqueries = Vec::new();
        let of_column = |known: &[Named<'_>], column: &Column| known.iter().find_map(|(schema, sizes)| sizes.get(schema.maybe_index_of_column(column)?)).copied();
        expression.apply(|part| {
            let own = match part {
                Expr::Column(column) => of_column(named, column).unwrap_or(1),
                Expr::OuterReferenceColumn(_, column) => of_column(outer, column).unwrap_or(1),
                Expr::Literal(value, _) => (value.size() / BYTES_OF_A_PART).max(1) as u64,
                Expr::ScalarSubquery(subquery)
                | Expr::Exists(Exists { subquery, .. })
                | Expr::InSubquery(InSubquery { subquery, .. })
                | Expr::SetComparison(SetComparison { subquery, .. }) => {
                    subqueries.push(Arc::clone(&subquery.subquery));
                    PARTS_OF_A_SUBQUERY
                }
                _ => 1,
            };
            size = size.saturating_add(own);
            Ok(TreeNodeRecursion::Continue)
        })?;
        let around = [named, outer].concat();
        for subquery in subqueries {
            self.of_columns(&subquery, &around)?;
        }
        self.all = self.all.saturating_add(if is_handed_on(expression) { 1 } else { size });
        Ok(size)
    }
}

/// Whether an expression is a column as it is, perhaps under another name.
fn is_handed_on(expression: &Expr) -> bool {
    match expression {
        Expr::Alias(alias) => is_handed_on(&alias.expr),
        Expr::Column(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::gate::parse;
    use crate::error::ErrorKind;
    use crate::settings::Limits;

    fn read(sql: &str) -> Option<ErrorKind> {
        parse(sql, &Limits::default()).err().map(|error| error.kind())
    }

    /// `of(name of the one before)` for each of so many names.
    fn chain(names: usize, of: impl Fn(&str) -> String) -> String {
        let each: Vec<String> = (1..=names).map(|number| format!("a{number} as ({})", of(&format!("a{}", number - 1)))).collect();
        format!("with a0 as (select 1 as n), {} select * from a{names}", each.join(", "))
    }

    #[test]
    fn what_a_with_names_counts_as_often_as_it_is_read() {
        let twice = |name: &str| format!("select x.n from {name} x, {name} y");
        assert_eq!(read(&chain(6, twice)), None);
        assert_eq!(read(&chain(20, twice)), Some(ErrorKind::Exhausted));
        assert_eq!(read(&chain(20, |name| format!("select n from {name} union all select n from {name}"))), Some(ErrorKind::Exhausted));
        assert_eq!(read(&chain(20, |name| format!("select n from {name} where n in (select n from {name})"))), Some(ErrorKind::Exhausted));
        assert_eq!(read(&chain(20, |name| format!("select (select max(n) from {name}) as n from \"{name}\""))), Some(ErrorKind::Exhausted));
        assert_eq!(read(&chain(20, |name| format!("select n from (select n from {name}) as x join lateral (select n from {name}) as y on true"))), Some(ErrorKind::Exhausted));
        // One after the other is as long as it looks.
        assert_eq!(read(&chain(100, |name| format!("select n from {name}"))), None);
        // An inner name hides an outer one, and what a name means in its own query is what it meant before.
        let hidden = "with a as (select 1 as n), b as (with a as (select n from a) select n from a) select n from b";
        assert_eq!(read(hidden), None);
    }
}
