//! The names that a statement writes, as they stand in it: what is counted for the columns that it looks at where a plan must not be
//! asked. Which of them are columns of what is not followed.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{Expr, Join, JoinConstraint, JoinOperator, ObjectNamePart, Select, SelectItem, TableFactor, TableWithJoins, Visitor};

use super::meant;
use crate::error::{Error, Result};
use crate::query::walk::look_through;

/// Names in a statement.
#[derive(Debug, Default)]
pub(crate) struct Names {
    written: BTreeSet<String>,
    /// Whether something stands for columns that it does not name: a `*`, other names for all columns of a table, a natural join.
    all: bool,
}

/// The names of a statement.
///
/// # Errors
/// None: nothing in a statement breaks the look at it off.
pub(crate) fn names_of(statement: &Statement) -> Result<Names> {
    let mut names = Names::default();
    if let Statement::Statement(statement) = statement {
        look_through(&**statement, &mut names)?;
    }
    Ok(names)
}

impl Names {
    /// Whether a column may be looked at.
    pub(crate) fn has(&self, column: &str) -> bool {
        self.all || self.writes(column)
    }

    /// Whether a name is written.
    pub(crate) fn writes(&self, name: &str) -> bool {
        self.written.contains(name)
    }

    /// What joins compare that is no expression.
    fn add_joins(&mut self, table: &TableWithJoins) {
        for Join { join_operator, .. } in &table.joins {
            match constraint_of(join_operator) {
                Some(JoinConstraint::Using(columns)) => {
                    self.written.extend(columns.iter().flat_map(|column| &column.0).filter_map(ObjectNamePart::as_ident).map(meant));
                }
                Some(JoinConstraint::Natural) => self.all = true,
                Some(JoinConstraint::On(_) | JoinConstraint::None) | None => {}
            }
        }
    }
}

/// What a join compares.
fn constraint_of(join: &JoinOperator) -> Option<&JoinConstraint> {
    match join {
        JoinOperator::Join(on)
        | JoinOperator::Inner(on)
        | JoinOperator::Left(on)
        | JoinOperator::LeftOuter(on)
        | JoinOperator::Right(on)
        | JoinOperator::RightOuter(on)
        | JoinOperator::FullOuter(on)
        | JoinOperator::CrossJoin(on)
        | JoinOperator::Semi(on)
        | JoinOperator::LeftSemi(on)
        | JoinOperator::RightSemi(on)
        | JoinOperator::Anti(on)
        | JoinOperator::LeftAnti(on)
        | JoinOperator::RightAnti(on)
        | JoinOperator::AsOf { constraint: on, .. }
        | JoinOperator::StraightJoin(on) => Some(on),
        JoinOperator::CrossApply | JoinOperator::OuterApply | JoinOperator::ArrayJoin | JoinOperator::LeftArrayJoin | JoinOperator::InnerArrayJoin => None,
    }
}

impl Visitor for Names {
    type Break = Error;

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Error> {
        self.all |= select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)));
        select.from.iter().for_each(|table| self.add_joins(table));
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<Error> {
        match table {
            // By other names the columns are meant that stand there.
            TableFactor::Table { alias: Some(alias), .. } => self.all |= !alias.columns.is_empty(),
            TableFactor::NestedJoin { table_with_joins, alias } => {
                self.add_joins(table_with_joins);
                self.all |= alias.as_ref().is_some_and(|alias| !alias.columns.is_empty());
            }
            // What a subquery gives other names to is named in it.
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Error> {
        match expr {
            Expr::Identifier(name) => {
                self.written.insert(meant(name));
            }
            Expr::CompoundIdentifier(names) => self.written.extend(names.iter().map(meant)),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::gate;
    use crate::settings::Limits;

    fn names(sql: &str) -> Names {
        names_of(&gate::parse(sql, &Limits::default()).unwrap()).unwrap()
    }

    #[test]
    fn columns_are_named_wherever_they_stand() {
        let names = names("with a as (select Amount from sales s where s.\"At\" > '2013-01-01') select count(*), measure(profit) from a order by (select max(note) from sales)");
        for name in ["amount", "At", "profit", "note"] {
            assert!(names.has(name), "{name} in {names:?}");
        }
        assert!(!names.has("at") && !names.has("country"), "{names:?}");
    }

    #[test]
    fn a_star_is_all_columns_and_no_more() {
        for sql in ["select * from sales", "select s.* from sales s", "select 1 from (select * from sales) t"] {
            let names = names(sql);
            assert!(names.has("country") && !names.writes("country"), "{sql}");
        }
    }

    #[test]
    fn columns_that_no_expression_names_are_counted() {
        for sql in [
            "select count(a), max(b) from sales as s(a, b, c)",
            "select 1 from (select a from sales s(a, b)) t",
            "select a from (sales join lands using (code)) as t(a, b)",
            "select 1 where exists (select 1 from sales s(a, b) where a = 2)",
            "select count(*) from sales natural join lands",
            "select count(*) from sales s natural left join lands l",
            "select count(*) from (sales natural join lands)",
        ] {
            let names = names(sql);
            assert!(names.has("country") && !names.writes("country"), "{sql}");
        }
        for join in ["join", "inner join", "left join", "left outer join", "left semi join", "right anti join"] {
            let sql = format!("select count(*) from sales {join} lands using (country, \"At\")");
            let found = names(&sql);
            assert!(found.writes("country") && found.writes("At") && !found.has("amount"), "{sql}: {found:?}");
        }
        assert!(names("select count(*) from (sales join lands using (country))").writes("country"));
        // What a subquery answers is named in it, whatever it is called outside.
        let named = names("with c(x) as (select country from sales) select a from (select amount from sales) t(a), c as d");
        assert!(named.has("country") && named.has("amount") && !named.has("note"), "{named:?}");
    }
}
