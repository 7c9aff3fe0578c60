//! Walks through the syntax of a statement. sqlparser compiles its walk anew for every type of visitor, some 700 functions
//! each time; so everything here that looks at statements goes by one type that looks at nothing itself.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, ObjectName, Query, Select, Statement, TableFactor, ValueWithSpan, Visit, VisitMut, Visitor, VisitorMut};

use crate::error::{Error, Result};

/// Looks at what is in a part of a statement.
///
/// # Errors
/// What the visitor breaks off with.
pub(crate) fn look_through(part: &impl Visit, visitor: &mut dyn Visitor<Break = Error>) -> Result<()> {
    ended(part.visit(&mut Looking(visitor)))
}

/// Changes what is in a part of a statement.
///
/// # Errors
/// What the visitor breaks off with; what it has changed until then stays so.
pub(crate) fn change_through(part: &mut impl VisitMut, visitor: &mut dyn VisitorMut<Break = Error>) -> Result<()> {
    ended(part.visit(&mut Changing(visitor)))
}

fn ended(flow: ControlFlow<Error>) -> Result<()> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Looking<'a>(&'a mut dyn Visitor<Break = Error>);

struct Changing<'a>(&'a mut dyn VisitorMut<Break = Error>);

/// Every method of the traits, so that none is left out of what a visitor has.
macro_rules! handed_on {
    ($($kind:ty => $before:ident, $after:ident;)*) => {
        impl Visitor for Looking<'_> {
            type Break = Error;

            $(fn $before(&mut self, part: &$kind) -> ControlFlow<Error> {
                self.0.$before(part)
            }

            fn $after(&mut self, part: &$kind) -> ControlFlow<Error> {
                self.0.$after(part)
            })*
        }

        impl VisitorMut for Changing<'_> {
            type Break = Error;

            $(fn $before(&mut self, part: &mut $kind) -> ControlFlow<Error> {
                self.0.$before(part)
            }

            fn $after(&mut self, part: &mut $kind) -> ControlFlow<Error> {
                self.0.$after(part)
            })*
        }
    };
}

handed_on! {
    Query => pre_visit_query, post_visit_query;
    Select => pre_visit_select, post_visit_select;
    ObjectName => pre_visit_relation, post_visit_relation;
    TableFactor => pre_visit_table_factor, post_visit_table_factor;
    Expr => pre_visit_expr, post_visit_expr;
    Statement => pre_visit_statement, post_visit_statement;
    ValueWithSpan => pre_visit_value, post_visit_value;
}
