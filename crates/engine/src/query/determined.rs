//! What of the answer to a statement is determined by its rows: all of it, the order or not, or a page that may end in one way or in
//! another. Two computations of what is not determined may differ, and neither is wrong; so they are not compared, and it is said why.
//!
//! Looked at is what the caller wrote, as it was planned and before anything was optimised. Nobody can call what reads the clock or
//! chance (`functions::allowed`), so what is left are places where some rows are taken by an order that others share.

use std::collections::BTreeSet;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{Aggregate, Distinct, Expr, FetchType, Limit, LogicalPlan, SkipType, SortExpr, WindowFrameUnits, WindowFunctionDefinition};

use super::result::QueryResult;
use crate::catalog::ColumnType;
use crate::error::{Error, Result};

/// What a statement has to say so that its page can be compared.
const PAGE: &str = "the rows of this answer are some of more, and which ones is not determined: order by columns that are answered, aggregate, or leave LIMIT and OFFSET out";

/// Which columns tell rows apart.
const APART: &str = "all columns of the rows do, so select those that you need in a subquery, or those that they are grouped by";

/// Windows whose values are those of all rows at the same place of an order.
const OF_PEERS: [&str; 4] = ["rank", "dense_rank", "percent_rank", "cume_dist"];
/// Aggregates and windows that take the value of one row.
const OF_ONE: [&str; 3] = ["first_value", "last_value", "nth_value"];

/// What of an answer is determined.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Determined {
    /// Why it is not, wherever it is asked.
    undetermined: Option<String>,
    /// The columns that rows are ordered by. Empty: in no order, or in one that the answer does not show.
    order: Vec<usize>,
    /// Whether the order, also that of no columns, tells all rows apart.
    settled: bool,
    /// Whether rows before the first one are left out.
    skips: bool,
    /// So many rows at most.
    fetch: Option<usize>,
    /// Columns that tell rows apart, where groups do.
    keys: Option<Vec<usize>>,
}

/// How two answers to a statement are compared.
#[derive(Debug, PartialEq)]
pub(crate) struct Comparable {
    /// The columns that rows are ordered by; none: in any order.
    pub order: Vec<usize>,
    /// Columns that tell rows apart. All others are compared row by row.
    pub keys: Vec<usize>,
    /// Whether there are rows before the first one, and after the last.
    pub begins: bool,
    pub ends: bool,
}

impl Determined {
    /// Looks at a plan that has passed the gate.
    ///
    /// # Errors
    /// None that are known.
    pub(crate) fn of(plan: &LogicalPlan) -> Result<Self> {
        let (page, top) = (Page::of(plan), page_of(plan));
        let mut undetermined = None;
        plan.apply_with_subqueries(|node| {
            let is_top = top.is_some_and(|top| std::ptr::eq(top, node));
            undetermined = if is_top { None } else { undetermined_in(node)? };
            Ok(if undetermined.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })?;
        Ok(Self { undetermined, order: page.order, settled: page.settled, skips: page.skips, fetch: page.fetch, keys: None })
    }

    /// Learns what tells rows apart from the whole plan, where questions have been put into the statement.
    pub(crate) fn tell_rows_apart(&mut self, plan: &LogicalPlan) {
        let keys: BTreeSet<usize> = (0..plan.schema().fields().len()).filter(|column| is_group(plan, *column)).collect();
        self.keys = tell_apart(plan, &keys).then(|| keys.into_iter().collect());
    }

    /// Whether an answer to who sees a part of the data is the same whatever they do not see, once its rows are in a total order.
    ///
    /// # Errors
    /// `Invalid` at `sql` with what to write instead.
    pub(crate) fn check_seen(&self) -> Result<()> {
        match &self.undetermined {
            Some(reason) => Err(Error::invalid(format!("you see a part of the data, and this would go by the order in which all of it is read: {reason} ({APART})")).at("sql")),
            None => Ok(()),
        }
    }

    /// Whether an answer can be compared at all.
    ///
    /// # Errors
    /// `Invalid` at `sql` with what to write instead.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.undetermined {
            Some(reason) => Err(Error::invalid(format!("this cannot be verified: {reason}")).at("sql")),
            None => Ok(()),
        }
    }

    /// How an answer is compared.
    ///
    /// # Errors
    /// `Invalid` at `sql` where the answer is a part of a whole and it is not determined which.
    pub(crate) fn comparable(&self, answer: &QueryResult) -> Result<Comparable> {
        let is_fraction = |column: usize| answer.columns.get(column).is_some_and(|column| column.column_type == ColumnType::Float);
        // Fractions that are not the same are told as values that differ, and not as rows that one answer has alone.
        let keys = match &self.keys {
            Some(keys) if !keys.iter().any(|key| is_fraction(*key)) => keys.clone(),
            _ => (0..answer.columns.len()).filter(|column| !is_fraction(*column)).collect(),
        };
        let (begins, ends) = (self.skips, answer.provenance.truncated || self.fetch.is_some_and(|fetch| answer.batch.num_rows() >= fetch));
        if (begins || ends) && self.order.is_empty() && !self.settled {
            return Err(Error::invalid(format!("this cannot be verified: {PAGE}")).at("sql"));
        }
        // Without an order that is shown nothing tells which rows lie at the ends; there they are the same, as the order tells all apart.
        let shown = !self.order.is_empty();
        Ok(Comparable { order: self.order.clone(), keys, begins: begins && shown, ends: ends && shown })
    }
}

/// The rows of a node that are handed on, and in what order.
#[derive(Default)]
struct Page {
    order: Vec<usize>,
    settled: bool,
    skips: bool,
    fetch: Option<usize>,
}

impl Page {
    /// Reads LIMIT and ORDER BY, with the lists of columns between them.
    fn of(plan: &LogicalPlan) -> Self {
        let mut page = Self::default();
        // Which column of the node that is looked at each column of the plan is.
        let mut shown: Vec<Option<usize>> = (0..plan.schema().fields().len()).map(Some).collect();
        let (mut node, mut limited) = (plan, false);
        loop {
            match node {
                LogicalPlan::Limit(limit) if !limited => {
                    (page.skips, page.fetch) = bounds(limit);
                    limited = true;
                    node = &limit.input;
                }
                LogicalPlan::Projection(projection) if projection.expr.iter().all(is_literal) => {
                    // All rows are the same one: which of them are taken does not matter.
                    page.settled = true;
                    return page;
                }
                LogicalPlan::Projection(projection) => {
                    let below = |column: usize| column_below(projection.expr.get(column)?, &projection.input);
                    shown = shown.into_iter().map(|column| column.and_then(below)).collect();
                    node = &projection.input;
                }
                LogicalPlan::Sort(sort) => {
                    let sorted = columns_of(&sort.expr, &sort.input);
                    page.settled = tell_apart(&sort.input, &sorted.iter().flatten().copied().collect());
                    let places = sorted.iter().map(|column| column.and_then(|column| shown.iter().position(|known| *known == Some(column))));
                    // An order of which a part is not seen cannot be looked at in the answer.
                    page.order = places.collect::<Option<Vec<usize>>>().unwrap_or_default();
                    return page;
                }
                _ => {
                    page.settled = tell_apart(node, &BTreeSet::new());
                    return page;
                }
            }
        }
    }
}

/// The LIMIT of the statement itself.
fn page_of(plan: &LogicalPlan) -> Option<&LogicalPlan> {
    let mut node = plan;
    loop {
        match node {
            LogicalPlan::Limit(_) => return Some(node),
            LogicalPlan::Projection(projection) => node = &projection.input,
            _ => return None,
        }
    }
}

/// Whether a LIMIT leaves rows out before the first, and how many it lets through. What is not a plain number may be any.
fn bounds(limit: &Limit) -> (bool, Option<usize>) {
    let skips = !matches!(limit.get_skip_type(), Ok(SkipType::Literal(0)));
    let fetch = match limit.get_fetch_type() {
        Ok(FetchType::Literal(fetch)) => fetch,
        _ => Some(0),
    };
    (skips, fetch)
}

/// What in a node depends on more than its rows.
fn undetermined_in(node: &LogicalPlan) -> datafusion::common::Result<Option<String>> {
    Ok(match node {
        LogicalPlan::Limit(_) => {
            let page = Page::of(node);
            let takes_all = !page.skips && page.fetch.is_none();
            (!page.settled && !takes_all)
                .then(|| "a LIMIT inside of the statement takes rows that others are at the same place with; order by columns that tell its rows apart".to_owned())
        }
        LogicalPlan::Distinct(Distinct::On(distinct)) => {
            let sorted = columns_of(distinct.sort_expr.as_deref().unwrap_or_default(), &distinct.input);
            let settled = tell_apart(&distinct.input, &sorted.into_iter().flatten().collect());
            (!settled).then(|| "DISTINCT ON takes one of several rows that are at the same place; order by columns that tell them apart, or group".to_owned())
        }
        LogicalPlan::Window(window) => window.window_expr.iter().find_map(|expr| match bare(expr) {
            Expr::WindowFunction(call) => undetermined_window(call, &window.input),
            _ => None,
        }),
        LogicalPlan::Aggregate(aggregate) => undetermined_aggregate(aggregate)?,
        _ => None,
    })
}

fn undetermined_window(call: &WindowFunction, input: &LogicalPlan) -> Option<String> {
    let (params, frame) = (&call.params, &call.params.window_frame);
    let of_peers = frame.units != WindowFrameUnits::Rows || frame.start_bound.is_unbounded() && frame.end_bound.is_unbounded();
    let by_itself = of_peers && is_ordered_by(&params.args, &params.order_by);
    let (name, settled) = match &call.fun {
        WindowFunctionDefinition::WindowUDF(function) if OF_PEERS.contains(&function.name()) => return None,
        WindowFunctionDefinition::WindowUDF(function) => (function.name(), OF_ONE.contains(&function.name()) && by_itself),
        WindowFunctionDefinition::AggregateUDF(function) if OF_ONE.contains(&function.name()) => (function.name(), by_itself),
        WindowFunctionDefinition::AggregateUDF(function) => (function.name(), of_peers),
    };
    let by = params.partition_by.iter().map(|expr| column_below(expr, input)).chain(columns_of(&params.order_by, input));
    if settled || tell_apart(input, &by.flatten().collect()) {
        return None;
    }
    Some(format!("{name} over rows of which several are at the same place of its ORDER BY; order by columns that tell them apart"))
}

fn undetermined_aggregate(aggregate: &Aggregate) -> datafusion::common::Result<Option<String>> {
    let mut found = None;
    for expr in &aggregate.aggr_expr {
        expr.apply(|part| {
            if let Expr::AggregateFunction(call) = part
                && OF_ONE.contains(&call.func.name())
                && !is_ordered_by(&call.params.args, &call.params.order_by)
            {
                let name = call.func.name();
                found = Some(format!("{name} takes the value of one of several rows; order by that value last, as in {name}(x order by at, x)"));
                return Ok(TreeNodeRecursion::Stop);
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
    }
    Ok(found)
}

/// Whether the first value of an order is the same whichever of the rows at its place comes first: what is taken is ordered by itself.
fn is_ordered_by(args: &[Expr], order: &[SortExpr]) -> bool {
    args.first().is_some_and(|taken| order.iter().any(|sort| bare(&sort.expr) == bare(taken)))
}

/// Whether rows that agree in some columns of a node are one row, or agree in everything.
fn tell_apart(plan: &LogicalPlan, columns: &BTreeSet<usize>) -> bool {
    apart(plan, columns, true)
}

/// The same. `alike`: rows agree in what is the same in all of them, which a window over them may have numbered.
fn apart(plan: &LogicalPlan, columns: &BTreeSet<usize>, alike: bool) -> bool {
    if columns.len() == plan.schema().fields().len() {
        return true;
    }
    match plan {
        LogicalPlan::Projection(projection) => {
            let agrees = |(column, expr): (usize, &Expr)| columns.contains(&column) || is_literal(expr);
            let below = columns.iter().filter_map(|column| column_below(projection.expr.get(*column)?, &projection.input));
            alike && projection.expr.iter().enumerate().all(agrees) || apart(&projection.input, &below.collect(), alike)
        }
        LogicalPlan::Filter(filter) => apart(&filter.input, columns, alike),
        LogicalPlan::Sort(sort) => apart(&sort.input, columns, alike),
        LogicalPlan::Limit(limit) => apart(&limit.input, columns, alike),
        LogicalPlan::SubqueryAlias(alias) => apart(&alias.input, columns, alike),
        LogicalPlan::Distinct(Distinct::All(input)) => apart(input, columns, alike),
        LogicalPlan::Window(window) => {
            let given = window.input.schema().fields().len();
            apart(&window.input, &columns.range(..given).copied().collect(), false)
        }
        LogicalPlan::Aggregate(aggregate) => !has_sets(aggregate) && (0..aggregate.group_expr.len()).all(|group| columns.contains(&group)),
        _ => false,
    }
}

/// Whether a column of a node is what rows are grouped by.
fn is_group(plan: &LogicalPlan, column: usize) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => {
            projection.expr.get(column).and_then(|expr| column_below(expr, &projection.input)).is_some_and(|below| is_group(&projection.input, below))
        }
        LogicalPlan::Filter(filter) => is_group(&filter.input, column),
        LogicalPlan::Sort(sort) => is_group(&sort.input, column),
        LogicalPlan::Limit(limit) => is_group(&limit.input, column),
        LogicalPlan::SubqueryAlias(alias) => is_group(&alias.input, column),
        LogicalPlan::Distinct(Distinct::All(input)) => is_group(input, column),
        LogicalPlan::Window(window) => column < window.input.schema().fields().len() && is_group(&window.input, column),
        LogicalPlan::Aggregate(aggregate) => !has_sets(aggregate) && column < aggregate.group_expr.len(),
        _ => false,
    }
}

/// Whether an aggregate has several groupings, whose rows are told apart by more than their groups.
fn has_sets(aggregate: &Aggregate) -> bool {
    aggregate.group_expr.iter().any(|group| matches!(group, Expr::GroupingSet(_)))
}

/// The columns of a node that rows are ordered by; `None` for what is computed.
fn columns_of(order: &[SortExpr], input: &LogicalPlan) -> Vec<Option<usize>> {
    order.iter().map(|sort| column_below(&sort.expr, input)).collect()
}

/// The column of a node that an expression is.
fn column_below(expr: &Expr, input: &LogicalPlan) -> Option<usize> {
    match bare(expr) {
        Expr::Column(column) => input.schema().maybe_index_of_column(column),
        _ => None,
    }
}

fn is_literal(expr: &Expr) -> bool {
    matches!(bare(expr), Expr::Literal(..))
}

fn bare(mut expr: &Expr) -> &Expr {
    while let Expr::Alias(alias) = expr {
        expr = &alias.expr;
    }
    expr
}

#[cfg(test)]
mod tests;
