//! The SELECTs of a statement that read a view. Each becomes a question on the view (what it groups by, the measures that it
//! names, its WHERE) and a SELECT over the groups of that question: its HAVING is the WHERE there, and everything else stays
//! what it was. So a measure of a view is computed as every question computes it, and no join is written out in SQL, where a row
//! would count as often as it meets another one.
//!
//! ```text
//!   select region, measure(revenue) / 2 from sales where city = 'Oslo' group by region having measure(orders) > 3
//!     | question   sales.revenue, sales.orders by sales.region, where sales.city equals Oslo
//!     v
//!   select region, sales."measure(revenue)" / 2 from "view 0" as sales where sales."measure(orders)" > 3
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    Distinct, Expr, GroupByExpr, Ident, ObjectName, OrderBy, Query, Select, SelectItem, SetExpr, TableAlias, TableFactor, TableWithJoins, Value, VisitorMut,
};

use super::conditions::{Where, conditions, names_of};
use super::rewriting::{Asked, Key, Rewriting};
use super::{meant, reference};
use crate::catalog::ColumnType;
use crate::error::{Error, Result, near_names};
use crate::query::walk::change_through;
use crate::semantic::query::{SemanticQuery, TimeDimension};
use crate::semantic::view::View;
use crate::semantic::view::reach::{Place, What};

/// SELECTs over views that one statement may have: each is a question.
const BLOCKS_MAX: usize = 16;

/// Why a view stands alone in a FROM, and what to do.
const ALONE: &str = "over a join a row counts as often as it meets another one; group it by what is joined in a subquery, and join that";

/// What a member of a view is to a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Dimension(ColumnType),
    Measure,
}

/// What a view shows.
#[derive(Debug)]
pub(crate) struct Shown {
    view: String,
    members: BTreeMap<String, Kind>,
    segments: BTreeSet<String>,
}

impl Shown {
    pub(crate) fn new(view: &View, places: &[Place<'_>]) -> Self {
        let kind = |what: What<'_>| match what {
            What::Dimension(dimension) => Kind::Dimension(dimension.column_type),
            What::Measure(_) => Kind::Measure,
        };
        Self {
            view: view.name.clone(),
            members: places.iter().flat_map(Place::members).map(|shown| (shown.name, kind(shown.what))).collect(),
            segments: places.iter().flat_map(Place::segments).map(|(name, ..)| name).collect(),
        }
    }

    pub(super) fn view(&self) -> &str {
        &self.view
    }

    pub(super) fn kind(&self, name: &str) -> Option<Kind> {
        self.members.get(name).copied()
    }

    pub(super) fn has_segment(&self, name: &str) -> bool {
        self.segments.contains(name)
    }

    pub(super) fn measures(&self) -> impl Iterator<Item = &str> {
        self.members.iter().filter(|(_, kind)| **kind == Kind::Measure).map(|(name, _)| name.as_str())
    }

    /// A member as questions name it.
    pub(super) fn member(&self, name: &str) -> String {
        format!("{}.{name}", self.view)
    }

    /// The name that stands for a member, be it one or not. `called`: what the view is called there.
    pub(super) fn name_of(&self, expr: &Expr, called: &str) -> Option<String> {
        let mut names = names_of(expr)?;
        match names.as_slice() {
            [_] => names.pop(),
            [table, _] if table == called => names.pop(),
            _ => None,
        }
    }

    pub(super) fn unknown(&self, name: &str) -> Error {
        let known = self.members.keys().chain(&self.segments).map(String::as_str);
        Error::invalid(format!("view {} has no member {name:?}{}", self.view, near_names(name, known)))
    }
}

/// A SELECT over a view.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Block {
    pub view: String,
    /// In the words of the view.
    pub query: SemanticQuery,
    /// What the statement reads in the place of the view.
    pub table: String,
    /// The columns of that: members, and what they are called there.
    pub columns: Vec<(String, String)>,
}

/// Puts groups in the place of views, and tells the questions whose groups they are. The same statement comes to the same. `zone`:
/// that of who asks, which is meant where none is named, so that naming it says nothing.
///
/// # Errors
/// `Invalid` at `sql` for what cannot be asked of a view, with what to write instead.
pub(crate) fn take_out(statement: &mut Statement, views: &[Shown], zone: &str, is_aggregate: &(dyn Fn(&str) -> bool + Sync)) -> Result<Vec<Block>> {
    let Statement::Statement(statement) = statement else { return Ok(Vec::new()) };
    let mut taking = Taking { views, zone, is_aggregate, blocks: Vec::new() };
    change_through(&mut **statement, &mut taking).map_err(|error| error.at("sql"))?;
    Ok(taking.blocks)
}

struct Taking<'a> {
    views: &'a [Shown],
    zone: &'a str,
    is_aggregate: &'a (dyn Fn(&str) -> bool + Sync),
    blocks: Vec<Block>,
}

impl VisitorMut for Taking<'_> {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Error> {
        // Its order is about what its SELECT reads.
        match query.body.as_mut() {
            SetExpr::Select(select) => self.taken(select, query.order_by.as_mut()),
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Error> {
        self.taken(select, None)
    }

    fn pre_visit_table_factor(&mut self, table: &mut TableFactor) -> ControlFlow<Error> {
        match self.view_of(table) {
            Ok(Some(view)) => ControlFlow::Break(Error::invalid(format!("view {} stands beside something else in FROM: {ALONE}", view.view))),
            Ok(None) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

impl<'a> Taking<'a> {
    fn taken(&mut self, select: &mut Select, order_by: Option<&mut OrderBy>) -> ControlFlow<Error> {
        let view = match select.from.as_slice() {
            [TableWithJoins { relation, joins }] if joins.is_empty() => self.view_of(relation),
            _ => Ok(None),
        };
        match view.and_then(|view| view.map_or(Ok(()), |view| self.take(view, select, order_by))) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }

    /// The view that something in FROM is.
    fn view_of(&self, table: &TableFactor) -> Result<Option<&'a Shown>> {
        let TableFactor::Table { name, args: None, .. } = table else { return Ok(None) };
        let reference = reference(name)?;
        Ok(self.views.iter().find(|view| view.view == reference.table()))
    }

    fn take(&mut self, shown: &'a Shown, select: &mut Select, order_by: Option<&mut OrderBy>) -> Result<()> {
        if self.blocks.len() >= BLOCKS_MAX {
            return Err(Error::exhausted(format!("the statement reads views in more than {BLOCKS_MAX} places; put what it asks into fewer SELECTs")));
        }
        let table = format!("view {}", self.blocks.len());
        let called = put_in_from(select, shown, &table)?;
        refuse_stars(select, shown)?;
        let aliases: BTreeMap<String, Expr> = select.projection.iter().filter_map(aliased).collect();
        let mut rewriting = Rewriting::new(shown, called.clone(), self.zone, aliases.keys().cloned().collect(), self.is_aggregate);
        let plain_distinct = matches!(select.distinct, Some(Distinct::Distinct));
        match std::mem::replace(&mut select.group_by, GroupByExpr::Expressions(Vec::new(), Vec::new())) {
            GroupByExpr::Expressions(keys, modifiers) if modifiers.is_empty() => {
                for key in keys {
                    rewriting.group_by(&key, &select.projection, &aliases)?;
                }
                // Each combination of what a DISTINCT names is there once, which is what groups are.
                rewriting.groups_what_it_names(plain_distinct && rewriting.keys().is_empty() && select.having.is_none());
            }
            _ => return Err(Error::invalid(format!("view {}: GROUP BY names dimensions; write them out, and several groupings as SELECTs with UNION ALL", shown.view))),
        }
        let Where { filters, segments, zones } = select.selection.take().map(|condition| conditions(&condition, shown, &called, self.zone)).transpose()?.unwrap_or_default();
        let having = select.having.take();
        change_through(select, &mut rewriting)?;
        if let Some(mut having) = having {
            rewriting.after_groups(aliases);
            change_through(&mut having, &mut rewriting)?;
            select.selection = Some(having);
        }
        if let Some(order_by) = order_by {
            rewriting.in_order();
            change_through(order_by, &mut rewriting)?;
        }
        let asked = rewriting.finished()?;
        let timezone = one_zone(&asked, zones).ok_or_else(|| Error::invalid(format!("view {}: the buckets and business days of one SELECT are of one time zone", shown.view)))?;
        let mut query = SemanticQuery { filters, segments, timezone, ..SemanticQuery::default() };
        let (mut columns, mut times) = (Vec::new(), Vec::new());
        for key in asked.keys {
            let member = shown.member(key.name());
            columns.push((member.clone(), key.column()));
            match key {
                Key::Dimension(_) => query.dimensions.push(member),
                Key::Bucket { granularity, .. } => {
                    times.push(columns.len() - 1);
                    query.time_dimensions.push(TimeDimension { dimension: member, granularity: Some(granularity), date_range: None, fill: None });
                }
            }
        }
        // One that is grouped by in several ways has several columns.
        for (place, name) in times.into_iter().zip(query.time_columns().into_iter().flatten()) {
            if let Some((member, _)) = columns.get_mut(place) {
                *member = name;
            }
        }
        for measure in asked.measures {
            columns.push((shown.member(&measure), super::rewriting::column_of(&measure)));
            query.measures.push(shown.member(&measure));
        }
        self.blocks.push(Block { view: shown.view.clone(), query, table, columns });
        Ok(())
    }
}

/// The time zone of a question: that of its buckets and of the days that it looks at. `None`: there are several.
fn one_zone(asked: &Asked, mut zones: BTreeSet<Option<String>>) -> Option<Option<String>> {
    if asked.keys.iter().any(|key| matches!(key, Key::Bucket { .. })) {
        zones.insert(asked.zone.clone());
    }
    if zones.len() > 1 { None } else { Some(zones.pop_first().flatten()) }
}

/// Puts another table in the place of the view; what it is called in the SELECT.
fn put_in_from(select: &mut Select, shown: &Shown, table: &str) -> Result<String> {
    let Some(TableWithJoins { relation: TableFactor::Table { name, alias, .. }, .. }) = select.from.first_mut() else {
        return Err(Error::internal("a view that is not in FROM"));
    };
    *name = ObjectName::from(vec![Ident::with_quote('"', table)]);
    match alias {
        Some(alias) if !alias.columns.is_empty() => Err(Error::invalid(format!("the columns of {} have other names here, which the view does not know", shown.view))),
        Some(alias) => Ok(meant(&alias.name)),
        None => {
            *alias = Some(TableAlias { explicit: true, name: Ident::with_quote('"', &shown.view), columns: Vec::new(), at: None });
            Ok(shown.view.clone())
        }
    }
}

fn refuse_stars(select: &Select, shown: &Shown) -> Result<()> {
    let is_star = |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
    if select.projection.iter().any(is_star) || select.projection.is_empty() {
        return Err(Error::invalid(format!(
            "view {} has groups and no rows of its own, so there is no *; name dimensions, group by them, and write measures as measure(x)",
            shown.view
        )));
    }
    Ok(())
}

fn aliased(item: &SelectItem) -> Option<(String, Expr)> {
    match item {
        SelectItem::ExprWithAlias { expr, alias } => Some((meant(alias), expr.clone())),
        _ => None,
    }
}

/// The place in the list of a SELECT that a number names.
pub(super) fn at_place<'s>(expr: &Expr, projection: &'s [SelectItem]) -> Option<&'s Expr> {
    let Expr::Value(value) = expr else { return None };
    let Value::Number(number, _) = &value.value else { return None };
    let place = number.parse::<usize>().ok()?.checked_sub(1)?;
    match projection.get(place)? {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::gate;
    use crate::settings::Limits;

    fn taken(sql: &str) -> Result<(String, Vec<Block>)> {
        taken_in("UTC", sql)
    }

    /// In the zone of who asks.
    fn taken_in(zone: &str, sql: &str) -> Result<(String, Vec<Block>)> {
        let members = [("region", Kind::Dimension(ColumnType::String)), ("at", Kind::Dimension(ColumnType::Timestamp)), ("revenue", Kind::Measure), ("orders", Kind::Measure)];
        let members = members.into_iter().map(|(name, kind)| (name.to_owned(), kind)).collect();
        let shown = Shown { view: "sales".to_owned(), members, segments: BTreeSet::from(["paid".to_owned()]) };
        let mut statement = gate::parse(sql, &Limits::default())?;
        let blocks = take_out(&mut statement, &[shown], zone, &|name| name == "count")?;
        Ok((statement.to_string(), blocks))
    }

    #[test]
    fn a_select_becomes_a_question_and_a_select_over_its_groups() {
        let sql = "select region, measure(revenue) / 2 as half from sales where paid and at >= '2024-01-31' group by 1 having half > 3 or measure(orders) > 3 order by half";
        let (statement, blocks) = taken(sql).unwrap();
        let revenue = "\"sales\".\"measure(revenue)\"";
        assert_eq!(
            statement,
            format!("SELECT region, {revenue} / 2 AS half FROM \"view 0\" AS \"sales\" WHERE ({revenue} / 2) > 3 OR \"sales\".\"measure(orders)\" > 3 ORDER BY half")
        );
        assert_eq!(blocks.len(), 1);
        let block = &blocks[0];
        let expected: SemanticQuery = serde_json::from_str(
            r#"{"measures": ["sales.revenue", "sales.orders"], "dimensions": ["sales.region"], "segments": ["sales.paid"],
                "filters": [{"member": "sales.at", "operator": "gte", "values": ["2024-01-31T00:00:00Z"]}]}"#,
        )
        .unwrap();
        assert_eq!((&block.query, block.table.as_str()), (&expected, "view 0"));
        assert_eq!(block.columns[1], ("sales.revenue".to_owned(), "measure(revenue)".to_owned()));
    }

    #[test]
    fn each_select_is_a_question_of_its_own_and_others_are_left_alone() {
        let sql = "with a as (select date_trunc('Month', s.at, 'Europe/Oslo') as m, measure(revenue) from sales s group by m) \
                   select count(*) from a where m > (select max(at) from b) union all select measure(orders) from sales";
        let (statement, blocks) = taken(sql).unwrap();
        assert!(statement.starts_with("WITH a AS (SELECT \"s\".\"date_trunc('month', at, 'Europe/Oslo')\" AS m, "), "{statement}");
        assert!(statement.contains("SELECT count(*) FROM a WHERE m > (SELECT max(at) FROM b)"), "{statement}");
        assert_eq!(blocks.iter().map(|block| (block.query.measures.len(), block.query.timezone.as_deref())).collect::<Vec<_>>(), [(1, Some("Europe/Oslo")), (1, None)]);
        assert_eq!(taken(sql).unwrap().1, blocks);
    }

    #[test]
    fn business_days_are_a_filter_in_the_zone_of_the_question() {
        let filter = |sql: &str| {
            taken(sql)
                .unwrap()
                .1
                .into_iter()
                .map(|block| (serde_json::to_value(&block.query.filters).unwrap(), block.query.timezone))
                .collect::<Vec<_>>()
        };
        let only = |operator: &str| serde_json::json!([{"member": "sales.at", "operator": operator}]);
        assert_eq!(filter("select measure(revenue) from sales where is_business_day(at)"), [(only("onBusinessDays"), None)]);
        let oslo = Some("Europe/Oslo".to_owned());
        assert_eq!(filter("select measure(revenue) from sales where not IS_BUSINESS_DAY(sales.at, 'Europe/Oslo')"), [(only("offBusinessDays"), oslo.clone())]);
        let by_day = "select date_trunc('day', at, 'Europe/Oslo'), measure(revenue) from sales where is_business_day(at, 'Europe/Oslo') group by 1";
        assert_eq!(filter(by_day), [(only("onBusinessDays"), oslo)]);
    }

    #[test]
    fn the_zone_of_who_asks_may_be_named_and_is_the_same() {
        for (own, other) in [("UTC", "Europe/Oslo"), ("Europe/Oslo", "UTC")] {
            let by_day = |zone: &str, group: &str, day: &str| {
                format!("select date_trunc('day', at{zone}), measure(revenue) from sales where is_business_day(at{day}) group by date_trunc('day', at{group})")
            };
            let (named, another) = (format!(", '{own}'"), format!(", '{other}'"));
            let (named, another) = (named.as_str(), another.as_str());
            let plain = taken_in(own, &by_day("", "", "")).unwrap();
            assert_eq!(plain.1[0].query.timezone, None, "{own}");
            for (zone, group, day) in [(named, "", ""), ("", named, ""), ("", "", named), (named, named, named)] {
                assert_eq!(taken_in(own, &by_day(zone, group, day)).unwrap(), plain, "{own}: {zone}, {group}, {day}");
            }
            let abroad = taken_in(own, &by_day(another, another, another)).unwrap();
            assert_eq!(abroad.1[0].query.timezone.as_deref(), Some(other));
            let error = taken_in(own, &by_day(another, another, "")).unwrap_err();
            assert!(error.message().contains("of one time zone"), "{error}");
        }
    }

    #[test]
    fn what_a_view_does_not_have_is_refused() {
        for (sql, expected) in [
            ("select count(*) from sales", "count in a SELECT over view sales"),
            ("select region from sales", "put region into GROUP BY"),
            ("select measure(revenue) from sales, b", "stands beside something else in FROM"),
            ("select measure(revenue) from sales where not paid", "sales.paid is a named filter"),
            ("select measure(revenue) from sales s where sales.region = 'x'", "in WHERE a view is filtered"),
            ("select measure(revenue) from sales where is_business_day(region)", "takes a timestamp or a date"),
            ("select measure(revenue) from sales where is_business_day(at, region)", "is a text in quotes, not region"),
            ("select measure(revenue) from sales where is_business_day(at) or is_business_day(at, 'Europe/Oslo')", "of one time zone"),
            ("select date_trunc('day', at, 'Europe/Oslo'), measure(revenue) from sales where is_business_day(at) group by 1", "of one time zone"),
        ] {
            let error = taken(sql).unwrap_err();
            assert!(error.message().contains(expected), "{sql}: {error}");
        }
    }
}
