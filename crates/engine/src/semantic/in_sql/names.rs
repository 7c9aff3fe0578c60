//! The names that a statement writes, as they stand in it: what is counted for the columns that it looks at where a plan must not be
//! asked. Which of them are columns of what is not followed.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{Expr, Select, SelectItem, Visitor};

use super::meant;
use crate::error::{Error, Result};
use crate::query::walk::look_through;

/// Names in a statement.
#[derive(Debug, Default)]
pub(crate) struct Names {
    written: BTreeSet<String>,
    /// Whether a `*` stands for columns somewhere.
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
}

impl Visitor for Names {
    type Break = Error;

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Error> {
        self.all |= select.projection.iter().any(|item| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)));
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
}
