//! The calls of `MEASURE` in a statement: where each of them stands, which table it is about and what stands in its place.
//!
//! A measure counts the rows of one dataset. Beside a join they would be counted as often as they meet something, and the rows
//! of a subquery are not those that the model speaks of. So the FROM of the SELECT around a call is one dataset and nothing
//! else. That it stands where an aggregate may stand is seen when it is one (`query::gate::check_plan`).

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::common::TableReference;
use datafusion::sql::parser::Statement;
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, Query, Select, SelectItem, SetExpr, TableFactor, TableWithJoins, Value, Visitor,
    VisitorMut,
};

use super::planner::FUNCTION;
use super::{meant, reference};
use crate::error::{Error, Result};
use crate::query::walk::{change_through, look_through};

/// Why there is no measure over a join, and what to do.
const JOINED: &str =
    "over a join a row counts as often as it meets another one; aggregate in a subquery and join that, or ask the semantic query, which joins without counting twice";

/// A dataset in a FROM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub dataset: String,
    /// What its columns are qualified with.
    pub name: TableReference,
}

/// A measure of a table, which a statement calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub table: Table,
    pub measure: String,
    /// How often.
    pub times: usize,
}

/// The names that are queries (WITH) somewhere in a statement. Whether they are so at some place in it is not followed: such a name
/// is taken for no dataset anywhere.
///
/// # Errors
/// `Invalid` for a name that is none.
pub(crate) fn queries_of(statement: &Statement) -> Result<Queries> {
    // The planner looks for them by what a reference is written like, dots in a quoted name among it.
    Ok(Queries(resolve_table_references(statement, true)?.1.iter().map(ToString::to_string).collect()))
}

/// Names of queries.
#[derive(Debug)]
pub(crate) struct Queries(BTreeSet<String>);

impl Queries {
    /// Whether what stands in a FROM may be one of them.
    pub(crate) fn has(&self, reference: &TableReference) -> bool {
        self.0.contains(&reference.to_string())
    }
}

/// Puts numbers in the place of what is measured: those of the calls, in their order.
///
/// # Errors
/// `Invalid` at `sql` for a call that cannot be answered where it stands, with the reason.
pub(crate) fn number(statement: &mut Statement, queries: &Queries) -> Result<Vec<Call>> {
    let Statement::Statement(statement) = statement else { return Ok(Vec::new()) };
    let mut numbering = Numbering { queries, rows: Vec::new(), calls: Vec::new() };
    change_through(&mut **statement, &mut numbering).map_err(|error| error.at("sql"))?;
    Ok(numbering.calls)
}

struct Numbering<'a> {
    queries: &'a Queries,
    /// What is aggregated by the SELECTs around a place, the innermost last; or why no measure can be.
    rows: Vec<Result<Table, String>>,
    calls: Vec<Call>,
}

impl VisitorMut for Numbering<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        // What its ORDER BY is about.
        self.rows.push(match &*query.body {
            SetExpr::Select(select) => self.rows_of(select),
            _ => Err("the order of several queries together goes by their columns; give the measure a name and order by that".to_owned()),
        });
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<Error> {
        self.rows.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Error> {
        self.rows.push(self.rows_of(select));
        for item in &mut select.projection {
            // The column would be called by what the measure is computed from.
            if let SelectItem::UnnamedExpr(Expr::Function(call)) = item
                && is_call(call)
                && call.over.is_none()
                && call.filter.is_none()
                && let Some((_, measure)) = named(call)
            {
                *item = SelectItem::ExprWithAlias { alias: Ident::with_quote('"', format!("{FUNCTION}({measure})")), expr: Expr::Function(call.clone()) };
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _: &mut Select) -> ControlFlow<Error> {
        self.rows.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        if !is_call(function) {
            return ControlFlow::Continue(());
        }
        match self.numbered(function) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

impl Numbering<'_> {
    fn numbered(&mut self, function: &mut Function) -> Result<()> {
        let found = named(function);
        let shown = found.as_ref().map_or("…", |(_, measure)| measure).to_owned();
        let refused = |reason: &str| Error::invalid(format!("{FUNCTION}({shown}): {reason}"));
        if function.over.is_some() {
            return Err(refused("a measure is an aggregate of groups and no window function; put it into one, as in sum(measure(revenue)) over ()"));
        }
        let (qualifier, measure) =
            found.ok_or_else(|| refused("write the name of one measure and nothing else, as in measure(revenue) or measure(orders.revenue); FILTER (WHERE …) may follow"))?;
        let table = match self.rows.last() {
            Some(Ok(table)) => table.clone(),
            Some(Err(reason)) => return Err(refused(reason)),
            None => return Err(Error::internal("a call outside of every query")),
        };
        if let Some(qualifier) = qualifier.filter(|qualifier| *qualifier != table.dataset && qualifier != table.name.table()) {
            return Err(refused(&format!("its SELECT reads {}, not {qualifier}", table.name)));
        }
        let known = self.calls.iter_mut().enumerate().find(|(_, call)| call.table == table && call.measure == measure);
        let place = match known {
            Some((place, call)) => {
                call.times += 1;
                place
            }
            None => {
                self.calls.push(Call { table, measure, times: 1 });
                self.calls.len() - 1
            }
        };
        let place = FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::value(Value::Number(place.to_string(), false))));
        function.args = FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args: vec![place], clauses: Vec::new() });
        Ok(())
    }

    fn rows_of(&self, select: &Select) -> Result<Table, String> {
        if unnests(select) {
            return Err("unnest makes several rows of one, which would all count; aggregate first, or put it into a subquery that is joined".to_owned());
        }
        match select.from.as_slice() {
            [] => Err("its SELECT reads no dataset".to_owned()),
            [table] => self.table_of(table),
            _ => Err(JOINED.to_owned()),
        }
    }

    fn table_of(&self, table: &TableWithJoins) -> Result<Table, String> {
        if !table.joins.is_empty() {
            return Err(JOINED.to_owned());
        }
        match &table.relation {
            TableFactor::Table { name, alias, args: None, .. } => {
                let reference = reference(name).map_err(|error| error.message().to_owned())?;
                if self.queries.has(&reference) {
                    return Err(format!("{reference} is a query of WITH, which has no model; put the measure into a query that reads the dataset"));
                }
                let dataset = reference.table().to_owned();
                match alias {
                    Some(alias) if !alias.columns.is_empty() => Err(format!("the columns of {dataset} have other names here, which its model does not know")),
                    Some(alias) => Ok(Table { dataset, name: TableReference::bare(meant(&alias.name)) }),
                    None => Ok(Table { dataset, name: reference }),
                }
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => self.table_of(table_with_joins),
            TableFactor::NestedJoin { .. } => Err(JOINED.to_owned()),
            TableFactor::Derived { .. } => Err("its SELECT reads a subquery, which has no model; put the measure into the subquery, where the dataset is".to_owned()),
            _ => Err("its SELECT reads no dataset".to_owned()),
        }
    }
}

/// Whether something in a SELECT makes several rows of one.
fn unnests(select: &Select) -> bool {
    let mut unnesting = Unnesting(false);
    look_through(select, &mut unnesting).is_err() || unnesting.0
}

struct Unnesting(bool);

impl Visitor for Unnesting {
    type Break = Error;

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Error> {
        let is_unnest = |name: &Ident| matches!(meant(name).as_str(), "unnest" | "unnest_outer");
        self.0 |= matches!(expr, Expr::Function(call) if call.name.0.last().and_then(|name| name.as_ident()).is_some_and(is_unnest));
        ControlFlow::Continue(())
    }
}

/// The measure that a call names, and the table before its dot. `None`: there is something else, or more.
pub(super) fn named(function: &Function) -> Option<(Option<String>, String)> {
    let plain = !function.uses_odbc_syntax && function.parameters == FunctionArguments::None && function.null_treatment.is_none() && function.within_group.is_empty();
    let FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses }) = &function.args else { return None };
    match args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(name))] if plain && clauses.is_empty() => match name {
            Expr::Identifier(name) => Some((None, meant(name))),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [table, name] => Some((Some(meant(table)), meant(name))),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn is_call(function: &Function) -> bool {
    matches!(function.name.0.as_slice(), [name] if name.as_ident().is_some_and(|name| meant(name) == FUNCTION))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::gate;
    use crate::settings::Limits;

    fn numbered(sql: &str) -> Result<(String, Vec<String>)> {
        let mut statement = gate::parse(sql, &Limits::default())?;
        let queries = queries_of(&statement)?;
        let calls = number(&mut statement, &queries)?;
        Ok((statement.to_string(), calls.iter().map(|call| format!("{} of {} as {}, {}", call.measure, call.table.dataset, call.table.name, call.times)).collect()))
    }

    #[test]
    fn each_measure_of_a_table_has_a_number() {
        let (statement, calls) = numbered("select MEASURE(Revenue), measure(o.\"Count\") / 2 from orders o having measure(orders.revenue) > 1 order by measure(revenue)").unwrap();
        assert_eq!(statement, "SELECT MEASURE(0) AS \"measure(revenue)\", measure(1) / 2 FROM orders o HAVING measure(0) > 1 ORDER BY measure(0)");
        assert_eq!(calls, ["revenue of orders as o, 3", "Count of orders as o, 1"]);
        let (_, calls) = numbered("select measure(n) from a union all select (select measure(n) from public.b) from c x, c y order by 1").unwrap();
        assert_eq!(calls, ["n of a as a, 1", "n of b as public.b, 1"]);
    }

    #[test]
    fn what_counts_no_rows_of_a_dataset_is_refused() {
        for (sql, reason) in [
            ("select measure(n)", "reads no dataset"),
            ("select measure(n) from a, b", "over a join"),
            ("select measure(n) from a join b on a.x = b.x", "over a join"),
            ("select 1 from a join b on measure(n) = b.x", "over a join"),
            ("select measure(n) from (a join b on a.x = b.x)", "over a join"),
            ("select measure(n) from (select * from a) t", "reads a subquery"),
            ("with t as (select * from a) select measure(n) from t", "query of WITH"),
            ("select measure(n) from a t(x)", "other names"),
            ("with \"public.a\" as (select 1) select measure(n) from public.a", "query of WITH"),
            ("select unnest(tags), measure(n) from a group by 1", "several rows of one"),
            ("select measure(n) from a group by cardinality(tags) + unnest(tags)", "several rows of one"),
            ("select measure(t.n) from a", "not t"),
            ("select n from a union select n from b order by measure(n)", "order of several queries"),
            ("select measure(n) over () from a", "no window function"),
            ("select measure() from a", "the name of one measure"),
            ("select measure(*) from a", "the name of one measure"),
            ("select measure(distinct n) from a", "the name of one measure"),
            ("select measure(n order by n) from a", "the name of one measure"),
            ("select measure(n, n) from a", "the name of one measure"),
            ("select measure(n + 1) from a", "the name of one measure"),
            ("select measure(0) from a", "the name of one measure"),
            ("select measure('n') from a", "the name of one measure"),
            ("select measure(public.a.n) from a", "the name of one measure"),
        ] {
            let error = numbered(sql).expect_err(sql);
            assert!(error.message().contains(reason), "{sql}: {error}");
            assert_eq!(error.field(), Some("sql"), "{sql}");
        }
    }
}
