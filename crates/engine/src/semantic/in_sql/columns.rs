//! Dimensions as columns. They are looked for only where a statement cannot be planned without them, so a name that is a column
//! stays one, and what could be asked before a model had a dimension means the same after. Then the one that the planner misses
//! is put beside the columns of its dataset, and every `*` over it is written out, because it means the dataset.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use datafusion::common::Column;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlan, LogicalPlanBuilder};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Select, SelectItem, SelectItemQualifiedWildcardKind, TableAlias, TableFactor, TableWithJoins,
    VisitorMut, WildcardAdditionalOptions,
};

use super::calls::Queries;
use super::{meant, reference};
use crate::error::{Error, Result};
use crate::query::walk::change_through;
use crate::semantic::member::Columns;
use crate::semantic::model::Model;

/// The rows of a dataset with those dimensions beside its columns that are named and are no columns. `None`: there are none.
///
/// # Errors
/// The plan is none.
pub(crate) fn with_dimensions(rows: &LogicalPlan, model: &Model, named: &BTreeSet<String>, state: &SessionState) -> Result<Option<LogicalPlan>> {
    let schema = rows.schema();
    let columns = Columns { state, schema };
    let is_column = |name: &str| schema.fields().iter().any(|field| field.name() == name);
    let asked = model.dimensions.iter().filter(|dimension| named.contains(&dimension.name) && !is_column(&dimension.name));
    // One that does not fit the columns of this version is not there in it.
    let dimensions: Vec<PlanExpr> = asked.filter_map(|dimension| Some(columns.dimension(dimension).ok()?.alias(&dimension.name))).collect();
    if dimensions.is_empty() {
        return Ok(None);
    }
    let all = schema.iter().map(|field| PlanExpr::Column(Column::from(field))).chain(dimensions);
    Ok(Some(LogicalPlanBuilder::from(rows.clone()).project(all.collect::<Vec<_>>())?.build()?))
}

/// Writes `*` out where it is about datasets that have dimensions beside their columns. `widened`: their columns without these.
///
/// # Errors
/// `Invalid` at `sql` where that cannot be done.
pub(crate) fn write_stars_out(statement: &mut Statement, widened: &BTreeMap<String, Vec<String>>, queries: &Queries) -> Result<()> {
    let Statement::Statement(statement) = statement else { return Ok(()) };
    change_through(&mut **statement, &mut Stars { widened, queries }).map_err(|error| error.at("sql"))
}

struct Stars<'a> {
    widened: &'a BTreeMap<String, Vec<String>>,
    queries: &'a Queries,
}

/// Something in a FROM whose columns a `*` brings.
struct Source<'a> {
    /// How it is called there; `None`: it has no name.
    name: Option<Vec<Ident>>,
    /// Its columns, where some of what it has must not come.
    columns: Option<&'a [String]>,
}

impl VisitorMut for Stars<'_> {
    type Break = Error;

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Error> {
        match self.written_out(select) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

impl Stars<'_> {
    fn written_out(&self, select: &mut Select) -> Result<()> {
        let (mut sources, mut plain) = (Vec::new(), select.exclude.is_none());
        for table in &select.from {
            self.collect(table, &mut sources, &mut plain)?;
        }
        if sources.iter().all(|source| source.columns.is_none()) {
            return Ok(());
        }
        let mut items = Vec::new();
        for item in std::mem::take(&mut select.projection) {
            match item {
                SelectItem::Wildcard(options) => {
                    if !plain || !is_bare(&options) {
                        return Err(named_instead("*"));
                    }
                    for source in &sources {
                        source.items(&mut items)?;
                    }
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    let about = sources.iter().find(|source| source.columns.is_some() && source.is_called(&name));
                    match about {
                        Some(_) if !is_bare(&options) => return Err(named_instead(&format!("{name}.*"))),
                        Some(source) => source.items(&mut items)?,
                        None => items.push(SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options)),
                    }
                }
                other => items.push(other),
            }
        }
        select.projection = items;
        Ok(())
    }

    /// What a table in FROM and its joins bring. `plain`: whether that is all columns of all of them, one after the other.
    fn collect<'s>(&'s self, table: &TableWithJoins, sources: &mut Vec<Source<'s>>, plain: &mut bool) -> Result<()> {
        let before = sources.len();
        self.collect_one(&table.relation, sources, plain)?;
        for Join { relation, join_operator, .. } in &table.joins {
            self.collect_one(relation, sources, plain)?;
            match constraint_of(join_operator) {
                Some(JoinConstraint::On(_) | JoinConstraint::None) => {}
                // Which columns are compared would depend on which dimensions are named.
                Some(JoinConstraint::Natural) if sources.iter().skip(before).any(|source| source.columns.is_some()) => {
                    return Err(Error::invalid("NATURAL JOIN and dimensions of a model do not go together; write the columns with USING or ON"));
                }
                _ => *plain = false,
            }
        }
        Ok(())
    }

    fn collect_one<'s>(&'s self, table: &TableFactor, sources: &mut Vec<Source<'s>>, plain: &mut bool) -> Result<()> {
        let called = |alias: &Option<TableAlias>| alias.as_ref().map(|alias| vec![alias.name.clone()]);
        match table {
            TableFactor::NestedJoin { table_with_joins, alias: None } => return self.collect(table_with_joins, sources, plain),
            TableFactor::Table { name, alias, args: None, .. } => {
                let of = reference(name)?;
                let columns = if self.queries.has(&of) { None } else { self.widened.get(of.table()).map(Vec::as_slice) };
                if columns.is_some() && alias.as_ref().is_some_and(|alias| !alias.columns.is_empty()) {
                    return Err(Error::invalid(format!("the columns of {of} are given other names, and dimensions of its model are asked for; do one of both")));
                }
                let own = || name.0.iter().filter_map(ObjectNamePart::as_ident).cloned().collect();
                sources.push(Source { name: called(alias).or_else(|| Some(own())), columns });
            }
            TableFactor::Derived { alias, .. } | TableFactor::UNNEST { alias, .. } => sources.push(Source { name: called(alias), columns: None }),
            _ => {
                *plain = false;
                sources.push(Source { name: None, columns: None });
            }
        }
        Ok(())
    }
}

impl Source<'_> {
    fn is_called(&self, name: &ObjectName) -> bool {
        let asked: Vec<String> = name.0.iter().filter_map(ObjectNamePart::as_ident).map(meant).collect();
        // `public.orders` is `orders` too.
        self.name.as_ref().is_some_and(|own| own.iter().map(meant).collect::<Vec<_>>().ends_with(&asked))
    }

    /// All of its columns.
    fn items(&self, items: &mut Vec<SelectItem>) -> Result<()> {
        let Some(name) = &self.name else { return Err(named_instead("*")) };
        match self.columns {
            None => {
                let name = SelectItemQualifiedWildcardKind::ObjectName(ObjectName::from(name.clone()));
                items.push(SelectItem::QualifiedWildcard(name, WildcardAdditionalOptions::default()));
            }
            Some(columns) => items.extend(columns.iter().map(|column| {
                let path = name.iter().cloned().chain([Ident::with_quote('"', column)]);
                SelectItem::UnnamedExpr(Expr::CompoundIdentifier(path.collect()))
            })),
        }
        Ok(())
    }
}

/// What a join compares. `None`: it is of a kind that does not bring all columns of both sides.
fn constraint_of(join: &JoinOperator) -> Option<&JoinConstraint> {
    match join {
        JoinOperator::Join(on)
        | JoinOperator::Inner(on)
        | JoinOperator::Left(on)
        | JoinOperator::LeftOuter(on)
        | JoinOperator::Right(on)
        | JoinOperator::RightOuter(on)
        | JoinOperator::FullOuter(on)
        | JoinOperator::CrossJoin(on) => Some(on),
        // Of these it only matters that they could be natural.
        JoinOperator::Semi(on @ JoinConstraint::Natural)
        | JoinOperator::LeftSemi(on @ JoinConstraint::Natural)
        | JoinOperator::RightSemi(on @ JoinConstraint::Natural)
        | JoinOperator::Anti(on @ JoinConstraint::Natural)
        | JoinOperator::LeftAnti(on @ JoinConstraint::Natural)
        | JoinOperator::RightAnti(on @ JoinConstraint::Natural) => Some(on),
        _ => None,
    }
}

fn is_bare(options: &WildcardAdditionalOptions) -> bool {
    let WildcardAdditionalOptions { opt_ilike, opt_exclude, opt_except, opt_replace, opt_rename, opt_alias, .. } = options;
    opt_ilike.is_none() && opt_exclude.is_none() && opt_except.is_none() && opt_replace.is_none() && opt_rename.is_none() && opt_alias.is_none()
}

fn named_instead(star: &str) -> Error {
    Error::invalid(format!("{star} cannot be used here beside dimensions of a model; name the columns"))
}

#[cfg(test)]
mod tests {
    use super::super::calls::queries_of;
    use super::*;
    use crate::query::gate;
    use crate::settings::Limits;

    fn written(sql: &str) -> Result<String> {
        let mut statement = gate::parse(sql, &Limits::default())?;
        let queries = queries_of(&statement)?;
        let widened = BTreeMap::from([("o".to_owned(), vec!["id".to_owned(), "City".to_owned()])]);
        write_stars_out(&mut statement, &widened, &queries)?;
        Ok(statement.to_string())
    }

    #[test]
    fn stars_bring_the_columns_of_the_dataset() {
        for (sql, expected) in [
            ("SELECT * FROM c", "SELECT * FROM c"),
            ("SELECT *, size FROM o", "SELECT o.\"id\", o.\"City\", size FROM o"),
            ("SELECT * FROM public.o AS x", "SELECT x.\"id\", x.\"City\" FROM public.o AS x"),
            ("SELECT o.* FROM public.o", "SELECT public.o.\"id\", public.o.\"City\" FROM public.o"),
            ("SELECT c.*, x.* FROM o AS x CROSS JOIN c", "SELECT c.*, x.\"id\", x.\"City\" FROM o AS x CROSS JOIN c"),
            ("SELECT * FROM c AS y JOIN o ON y.id = o.id", "SELECT y.*, o.\"id\", o.\"City\" FROM c AS y JOIN o ON y.id = o.id"),
            ("SELECT count(*) FROM (SELECT * FROM o) AS t", "SELECT count(*) FROM (SELECT o.\"id\", o.\"City\" FROM o) AS t"),
            ("WITH o AS (SELECT * FROM c) SELECT * FROM o", "WITH o AS (SELECT * FROM c) SELECT * FROM o"),
        ] {
            assert_eq!(written(sql).unwrap(), expected, "{sql}");
        }
        for sql in [
            "select * from o join c using (id)",
            "select id from o natural join c",
            "select * from o left semi join c on o.id = c.id",
            "select * from o, (select 1)",
            "select id from o as x (a, b)",
        ] {
            assert_eq!(written(sql).expect_err(sql).field(), Some("sql"), "{sql}");
        }
    }
}
