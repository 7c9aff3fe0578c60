//! What IN (SELECT …) says where values are missing. `x NOT IN (SELECT y …)` is not known where some y is missing, or x where there are any
//! y at all; WHERE leaves such a row out. DataFusion 55 knows that of a NOT IN that stands by itself and names nothing of the query around
//! it. Beside OR, under CASE, of a constant, or where rows go by the outer query, it takes what is missing for what is different, or fails.
//!
//! Here such a NOT IN becomes what DataFusion says exactly, three questions of whether there is a row:
//!
//! ```text
//!   x NOT IN (S)    not exists (S where y = x)  and  not exists (S where y is null)  and  (x is not null or not exists (S))
//! ```
//! An IN that only has to be true stays as it is, but for the name of what it asks for. What cannot be put so is refused, and so are EXISTS and IN over an aggregate of rows that
//! go by the outer one: DataFusion groups these rows by what they go by, and then there is no group of no rows, of which a count is zero.
//! (`t IN (SELECT max(t) …)` is known to be true of none of no rows all the same, and stays where it only has to be true.)

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, ExprSchema, Result as PlanResult, Spans, TableReference};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::expr::{Exists, InSubquery, SetComparison};
use datafusion::logical_expr::utils::{conjunction, split_conjunction, split_conjunction_owned};
use datafusion::logical_expr::{Aggregate, BinaryExpr, Expr, Filter, LogicalPlan, LogicalPlanBuilder, Operator, Projection, SkipType, Subquery, lit, when};
use datafusion::scalar::ScalarValue;

use super::written_out;
use crate::error::{Error, Result};

/// Steps at most that a statement gets more of by this: each question of whether there is a row has those of its subquery.
const STEPS_MAX: usize = 1_000;

/// Why an aggregate is not asked for its rows, and what to do.
const LOST: &str = "EXISTS, IN, ANY and ALL over an aggregate whose rows go by the query around it: where there are no rows its group would be lost; \
                    compare the aggregate itself, as in (SELECT count(*) FROM …) > 0";
/// Why the meaning of a comparison cannot be told, and what to do.
const UNTOLD: &str = "what IN, ANY or ALL (SELECT …) means where values are missing cannot be told here; write EXISTS (SELECT 1 FROM … WHERE y = x) or NOT EXISTS";
/// Why some rows of several are not asked for.
const CUT: &str = "EXISTS over rows that go by the query around it, with an OFFSET or with a LIMIT inside, would be planned without it; \
                   compare a count, as in (SELECT count(*) FROM …) > 1";

/// Why a subquery is not planned, and what to do.
const UNPLANNED: &str = "(SELECT …) cannot be planned where it stands: IN, EXISTS, ANY and ALL are planned in WHERE and HAVING; elsewhere join its rows, \
                         or ask for a value, as in (SELECT count(*) FROM … WHERE y = x) > 0";
/// How DataFusion says that it has left an expression where it cannot be computed, followed by all parts of it.
const LEFT_OVER: &str = "Physical plan does not support logical expression ";

/// What is said of a subquery that could not be planned, in place of all parts of it.
pub(crate) fn explained(error: Error) -> Error {
    let kinds = ["InSubquery(", "Exists(", "ScalarSubquery(", "SetComparison(", "OuterReferenceColumn("];
    let is_subquery = error.message().split_once(LEFT_OVER).is_some_and(|(_, part)| kinds.iter().any(|kind| part.starts_with(kind)));
    if is_subquery { error.reworded(|_| format!("SQL: {UNPLANNED}")) } else { error }
}

/// A statement in which IN says what it says in SQL. It has passed the gate, and nothing of it is optimised.
///
/// # Errors
/// `Invalid` at `sql` for what cannot be said exactly, with what to write; `Exhausted` for more of it than is planned.
pub(crate) fn exact(statement: LogicalPlan) -> Result<LogicalPlan> {
    if let Some(reason) = misasked(&statement)? {
        return Err(Error::invalid(format!("SQL: {reason}")).at("sql"));
    }
    let mut made = Made::default();
    let plan = statement
        .transform_up_with_subqueries(|node| match node {
            LogicalPlan::Filter(filter) if asks(&filter.predicate)? && made.steps <= STEPS_MAX => {
                let mut rewriting = Rewriting { outer: filter.input.schema(), made: &mut made };
                let parts = split_conjunction_owned(filter.predicate.clone()).into_iter().map(|part| rewriting.part(part));
                let predicate = conjunction(parts.collect::<PlanResult<Vec<_>>>()?).unwrap_or_else(|| lit(true));
                Ok(Transformed::yes(LogicalPlan::Filter(Filter::try_new(predicate, filter.input)?)))
            }
            other => Ok(Transformed::no(other)),
        })
        .data()?;
    if made.steps > STEPS_MAX {
        return Err(Error::exhausted(format!(
            "what the statement asks by NOT IN (SELECT …) beside OR or of the query around it comes to more than {STEPS_MAX} steps; write NOT EXISTS (SELECT …)"
        ))
        .at("sql"));
    }
    if made.steps > 0 {
        written_out::check_parts(&plan)?;
    }
    Ok(plan)
}

/// What was added to a statement.
#[derive(Default)]
struct Made {
    steps: usize,
    names: usize,
}

impl Made {
    /// The rows of a subquery under a name of their own, so that none of their columns is called as one around it.
    fn named(&mut self, rows: &LogicalPlan) -> PlanResult<LogicalPlan> {
        self.names += 1;
        LogicalPlanBuilder::from(rows.clone()).alias(TableReference::bare(format!("in {}", self.names)))?.build()
    }

    /// A subquery that asks for an aggregate, under a name of its own: beside OR, DataFusion 55 would read it twice under the same one, and fail.
    fn called(&mut self, subquery: Subquery) -> PlanResult<Subquery> {
        let LogicalPlan::Projection(projection) = subquery.subquery.as_ref() else { return Ok(subquery) };
        let [value @ Expr::Column(Column { relation: None, .. })] = projection.expr.as_slice() else { return Ok(subquery) };
        self.names += 1;
        let named = Projection::try_new(vec![value.clone().alias(format!("in {}", self.names))], Arc::clone(&projection.input))?;
        Ok(Subquery { subquery: LogicalPlan::Projection(named).into(), ..subquery })
    }
}

/// Whether something asks what is among the rows of a subquery.
fn asks(expr: &Expr) -> PlanResult<bool> {
    expr.exists(|part| Ok(matches!(part, Expr::InSubquery(_) | Expr::SetComparison(_))))
}

/// The conditions of one filter.
struct Rewriting<'a> {
    /// The columns that they are about.
    outer: &'a DFSchema,
    made: &'a mut Made,
}

impl Rewriting<'_> {
    /// One of the conditions that hold together.
    fn part(&mut self, expr: Expr) -> PlanResult<Expr> {
        if let Some(within) = plain_not_in(&expr) {
            return Ok(Expr::InSubquery(InSubquery { negated: true, ..within.clone() }));
        }
        self.holds(expr, true)
    }

    /// A condition that is true exactly where an expression is `wanted`.
    fn holds(&mut self, expr: Expr, wanted: bool) -> PlanResult<Expr> {
        if !asks(&expr)? {
            return Ok(if wanted { expr } else { Expr::Not(Box::new(expr)) });
        }
        match expr {
            Expr::Not(inner) => self.holds(*inner, !wanted),
            Expr::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) => {
                let (left, right) = (self.holds(*left, wanted)?, self.holds(*right, wanted)?);
                Ok(if (op == Operator::And) == wanted { left.and(right) } else { left.or(right) })
            }
            Expr::InSubquery(within) if within.negated != wanted => {
                let subquery = self.made.called(within.subquery)?;
                Ok(Expr::InSubquery(InSubquery { negated: false, subquery, expr: within.expr }))
            }
            Expr::InSubquery(within) => self.not_in(&within),
            other => {
                let exact = other.transform_up(|part| match part {
                    Expr::InSubquery(within) => self.three_valued(&within).map(Transformed::yes),
                    Expr::SetComparison(compared) => self.compared(compared).map(Transformed::yes),
                    part => Ok(Transformed::no(part)),
                });
                let exact = exact.data()?;
                Ok(if wanted { exact } else { Expr::Not(Box::new(exact)) })
            }
        }
    }

    /// That a value is known not to be among the rows.
    fn not_in(&mut self, within: &InSubquery) -> PlanResult<Expr> {
        let Looked { found, missing, any } = self.look(within)?;
        let known = Expr::Not(Box::new(found)).and(Expr::Not(Box::new(missing)));
        Ok(known.and(within.expr.as_ref().clone().is_not_null().or(Expr::Not(Box::new(any)))))
    }

    /// Whether a value is among the rows: true, false, or not known.
    fn three_valued(&mut self, within: &InSubquery) -> PlanResult<Expr> {
        let Looked { found, missing, any } = self.look(within)?;
        let unknown = missing.or(within.expr.as_ref().clone().is_null().and(any));
        when(found, lit(!within.negated)).when(unknown, lit(ScalarValue::Boolean(None))).otherwise(lit(within.negated))
    }

    /// A comparison with all rows or any. DataFusion says it exactly where no column is called as one of those around it.
    fn compared(&mut self, compared: SetComparison) -> PlanResult<Expr> {
        let SetComparison { expr, subquery, op, quantifier } = compared;
        let rows = self.apart(&expr, &subquery)?;
        let subquery = Subquery { subquery: rows.into(), ..subquery };
        Ok(Expr::SetComparison(SetComparison { expr, subquery, op, quantifier }))
    }

    fn look(&mut self, within: &InSubquery) -> PlanResult<Looked> {
        let InSubquery { expr, subquery, .. } = within;
        let is_query = |part: &Expr| matches!(part, Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_) | Expr::SetComparison(_));
        if expr.contains_outer() || expr.exists(|part| Ok(is_query(part)))? {
            return Err(refused(UNTOLD));
        }
        if loses(&subquery.subquery, None)? {
            return Err(refused(LOST));
        }
        let rows = self.apart(expr, subquery)?;
        let value = Expr::Column(Column::from(rows.schema().qualified_field(0)));
        let sought = expr.as_ref().clone().transform_up(|part| match part {
            Expr::Column(column) => {
                let field = self.outer.field_from_column(&column)?.clone();
                Ok(Transformed::yes(Expr::OuterReferenceColumn(field, column)))
            }
            part => Ok(Transformed::no(part)),
        });
        let sought = sought.data()?;
        let mut exists = |condition: Option<Expr>| self.exists(&rows, condition);
        Ok(Looked { found: exists(Some(value.clone().eq(sought)))?, missing: exists(Some(value.is_null()))?, any: exists(None)? })
    }

    /// The rows of a subquery, whose columns are told from those that a value is made of.
    fn apart(&mut self, value: &Expr, subquery: &Subquery) -> PlanResult<LogicalPlan> {
        if subquery.outer_ref_columns.is_empty() {
            return self.made.named(&subquery.subquery);
        }
        // A name around these rows would hide from DataFusion which of them go by the outer query.
        if has_namesake(&subquery.subquery, value)? || has_limit(&subquery.subquery)? {
            return Err(refused(UNTOLD));
        }
        Ok(subquery.subquery.as_ref().clone())
    }

    /// Whether there is a row.
    fn exists(&mut self, rows: &LogicalPlan, condition: Option<Expr>) -> PlanResult<Expr> {
        rows.apply_with_subqueries(|_| {
            self.made.steps += 1;
            Ok(TreeNodeRecursion::Continue)
        })?;
        let rows = LogicalPlanBuilder::from(rows.clone());
        let rows = match condition {
            Some(condition) => rows.filter(condition)?,
            None => rows,
        };
        let rows = rows.build()?;
        let outer_ref_columns = rows.all_out_ref_exprs();
        // One says it for all rows around it.
        let rows = if outer_ref_columns.is_empty() { LogicalPlanBuilder::from(rows).limit(0, Some(1))?.build()? } else { rows };
        Ok(Expr::Exists(Exists { subquery: Subquery { subquery: rows.into(), outer_ref_columns, spans: Spans::new() }, negated: false }))
    }
}

/// What is asked of the rows of a subquery.
struct Looked {
    /// Whether one is the value.
    found: Expr,
    /// Whether one is missing.
    missing: Expr,
    /// Whether there are any.
    any: Expr,
}

/// A NOT IN of which DataFusion knows what missing values mean: over rows that go by nothing around them, of a value that columns make.
fn plain_not_in(expr: &Expr) -> Option<&InSubquery> {
    let (mut expr, mut negated) = (expr, false);
    while let Expr::Not(inner) = expr {
        (expr, negated) = (inner, !negated);
    }
    let Expr::InSubquery(within) = expr else { return None };
    let plain = within.subquery.outer_ref_columns.is_empty() && within.expr.any_column_refs() && !within.expr.contains_outer();
    (plain && within.negated != negated).then_some(within)
}

fn refused(reason: &str) -> DataFusionError {
    DataFusionError::External(Box::new(Error::invalid(format!("SQL: {reason}")).at("sql")))
}

/// Whether some of the rows of a subquery have a column that is called as one of those which a value of the query around it is made of.
/// DataFusion would take one for the other where it makes a join of both.
fn has_namesake(plan: &LogicalPlan, value: &Expr) -> PlanResult<bool> {
    let columns = value.column_refs();
    let mut found = false;
    plan.apply(|node| {
        found = columns.iter().any(|column| node.schema().has_column(column));
        // Beneath a name of their own they are called otherwise.
        let apart = matches!(node, LogicalPlan::SubqueryAlias(alias) if alias.input.all_out_ref_exprs().is_empty());
        Ok(match (found, apart) {
            (true, _) => TreeNodeRecursion::Stop,
            (false, true) => TreeNodeRecursion::Jump,
            (false, false) => TreeNodeRecursion::Continue,
        })
    })?;
    Ok(found)
}

/// What of a statement is asked of subqueries in a way that DataFusion plans as another one.
fn misasked(plan: &LogicalPlan) -> Result<Option<&'static str>> {
    let mut found = None;
    plan.apply_with_subqueries(|node| {
        // Of what a filter asks, what has to be known is told apart from what only has to be true.
        let is_filter = matches!(node, LogicalPlan::Filter(_));
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                let (subquery, of_rows) = match part {
                    Expr::Exists(exists) => (&exists.subquery, true),
                    Expr::InSubquery(within) if is_filter && is_missing_of_nothing(&within.subquery.subquery)? => return Ok(TreeNodeRecursion::Continue),
                    Expr::InSubquery(within) => (&within.subquery, false),
                    Expr::SetComparison(compared) => (&compared.subquery, false),
                    _ => return Ok(TreeNodeRecursion::Continue),
                };
                if loses(&subquery.subquery, None)? {
                    found = Some(LOST);
                } else if of_rows && !subquery.outer_ref_columns.is_empty() && is_cut(&subquery.subquery)? {
                    found = Some(CUT);
                }
                Ok(if found.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
            })
        })
    })?;
    Ok(found)
}

/// Whether some of its rows are left out. That no more than so many are asked for says nothing of whether there is one.
fn is_cut(plan: &LogicalPlan) -> PlanResult<bool> {
    let mut node = plan;
    loop {
        match node {
            LogicalPlan::Projection(projection) => node = &projection.input,
            LogicalPlan::Sort(sort) => node = &sort.input,
            LogicalPlan::SubqueryAlias(alias) => node = &alias.input,
            LogicalPlan::Limit(limit) if matches!(limit.get_skip_type(), Ok(SkipType::Literal(0))) => return has_limit(&limit.input),
            _ => return has_limit(node),
        }
    }
}

fn has_limit(plan: &LogicalPlan) -> PlanResult<bool> {
    plan.exists(|node| Ok(matches!(node, LogicalPlan::Limit(_))))
}

/// Whether a subquery that is asked for its rows is an aggregate which answers of no rows too, over rows that go by the query around it.
/// `having`: the condition on the groups, where a plan is what it is about.
fn loses(plan: &LogicalPlan, having: Option<&Expr>) -> PlanResult<bool> {
    if let LogicalPlan::Aggregate(aggregate) = plan {
        let answers_of_nothing = aggregate.group_expr.is_empty() || aggregate.group_expr.iter().any(|group| matches!(group, Expr::GroupingSet(_)));
        if answers_of_nothing && !aggregate.input.all_out_ref_exprs().is_empty() && !having.map_or(Ok(false), |having| rules_out(having, aggregate))? {
            return Ok(true);
        }
    }
    let having = if let LogicalPlan::Filter(filter) = plan { Some(&filter.predicate) } else { None };
    for input in plan.inputs() {
        if loses(input, having)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the one value of a subquery is missing where its aggregate has no rows, as `max(y)` is: then nothing is known to be that value, as
/// nothing is where there is no group.
fn is_missing_of_nothing(plan: &LogicalPlan) -> PlanResult<bool> {
    let (mut node, mut place) = (plan, 0);
    loop {
        match node {
            LogicalPlan::Projection(projection) => {
                let Some(Expr::Column(column)) = projection.expr.get(place).map(bare) else { return Ok(false) };
                let Some(found) = projection.input.schema().maybe_index_of_column(column) else { return Ok(false) };
                (node, place) = (&projection.input, found);
            }
            LogicalPlan::SubqueryAlias(alias) => node = &alias.input,
            LogicalPlan::Filter(filter) => node = &filter.input,
            LogicalPlan::Aggregate(aggregate) if aggregate.group_expr.is_empty() => {
                let Some(Expr::AggregateFunction(call)) = aggregate.aggr_expr.get(place).map(bare) else { return Ok(false) };
                let of_nothing = call.func.default_value(aggregate.schema.field(place).data_type())?;
                return Ok(of_nothing.is_null() && !loses(&aggregate.input, None)?);
            }
            _ => return Ok(false),
        }
    }
}

/// Whether a condition on groups does not hold for the group of no rows, as `count(*) > 1` and `max(x) > 3` do not.
fn rules_out(having: &Expr, aggregate: &Aggregate) -> PlanResult<bool> {
    let groups = aggregate.schema.fields().len().saturating_sub(aggregate.aggr_expr.len());
    for part in split_conjunction(having) {
        let Expr::BinaryExpr(BinaryExpr { left, op, right }) = part else { continue };
        let (column, value, op) = match (bare(left), bare(right)) {
            (Expr::Column(column), Expr::Literal(value, _)) => (column, value, Some(*op)),
            (Expr::Literal(value, _), Expr::Column(column)) => (column, value, op.swap()),
            _ => continue,
        };
        let Some(place) = aggregate.schema.maybe_index_of_column(column) else { continue };
        let Some(Expr::AggregateFunction(call)) = place.checked_sub(groups).and_then(|place| aggregate.aggr_expr.get(place)).map(bare) else { continue };
        let of_nothing = call.func.default_value(aggregate.schema.field(place).data_type())?;
        // Rounded to its type, a number would be another one.
        let order = if value.data_type() == of_nothing.data_type() { of_nothing.partial_cmp(value) } else { None };
        let fails = match (op, order) {
            (Some(Operator::Eq | Operator::NotEq | Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq), _) if of_nothing.is_null() => true,
            (Some(Operator::Eq), Some(order)) => order.is_ne(),
            (Some(Operator::NotEq), Some(order)) => order.is_eq(),
            (Some(Operator::Lt), Some(order)) => order.is_ge(),
            (Some(Operator::LtEq), Some(order)) => order.is_gt(),
            (Some(Operator::Gt), Some(order)) => order.is_le(),
            (Some(Operator::GtEq), Some(order)) => order.is_lt(),
            _ => false,
        };
        if fails {
            return Ok(true);
        }
    }
    Ok(false)
}

fn bare(mut expr: &Expr) -> &Expr {
    while let Expr::Alias(alias) = expr {
        expr = &alias.expr;
    }
    expr
}

#[cfg(test)]
mod tests;
