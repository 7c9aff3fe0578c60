//! What DataFusion 55 plans as something else than what is written, without a word: the answer would be one to another question. Each has
//! another way to be said, which is told.

use datafusion::logical_expr::expr::NullTreatment;
use datafusion::logical_expr::{Expr, WindowFunctionDefinition};
use datafusion::scalar::ScalarValue;
use datafusion::sql::sqlparser::ast::{JoinConstraint, JoinOperator, LimitClause, Query, SetExpr, SetOperator, SetQuantifier, TableWithJoins};

/// It is a join that keeps all copies of a row or none.
const COPIES: &str = "EXCEPT ALL and INTERSECT ALL do not count how often a row is there; leave ALL out, or group both sides and compare their counts";
/// The column of both sides is that of the left one alone, and so missing where only the right one has a row.
const MERGED: &str = "of a RIGHT or FULL JOIN the column in USING (or of NATURAL) would be that of the left side alone; write ON a.k = b.k, and coalesce(a.k, b.k) for the column";
/// Values behind several missing ones are not found.
const AHEAD: &str = "IGNORE NULLS does not find all values that come later; turn the order of the window round and use lag (lag(x) IGNORE NULLS over (order by t desc))";

/// A sort from around it is moved beneath it, or its own is taken away.
const PAGED: &str = "OFFSET inside of a statement would leave out other rows than the first of its order; number the rows there (row_number() over (order by …) as n) and \
    keep those with a greater number (where n > 10)";

/// What is misread of a query inside of another one.
pub(super) fn in_page(query: &Query) -> Option<&'static str> {
    let skipped = match &query.limit_clause {
        Some(LimitClause::LimitOffset { offset, .. }) => &offset.as_ref()?.value,
        Some(LimitClause::OffsetCommaLimit { offset, .. }) => offset,
        None => return None,
    };
    (skipped.to_string() != "0").then_some(PAGED)
}

/// What is misread in the body of a query.
pub(super) fn in_body(body: &SetExpr) -> Option<&'static str> {
    let mut open = vec![body];
    while let Some(body) = open.pop() {
        if let SetExpr::SetOperation { op, set_quantifier, left, right } = body {
            if *op != SetOperator::Union && matches!(set_quantifier, SetQuantifier::All | SetQuantifier::AllByName) {
                return Some(COPIES);
            }
            open.extend([left.as_ref(), right.as_ref()]);
        }
    }
    None
}

/// What is misread in the joins of a table.
pub(super) fn in_joins(table: &TableWithJoins) -> Option<&'static str> {
    let merges = |operator: &JoinOperator| {
        matches!(
            operator,
            JoinOperator::Right(JoinConstraint::Using(_) | JoinConstraint::Natural)
                | JoinOperator::RightOuter(JoinConstraint::Using(_) | JoinConstraint::Natural)
                | JoinOperator::FullOuter(JoinConstraint::Using(_) | JoinConstraint::Natural)
        )
    };
    table.joins.iter().any(|join| merges(&join.join_operator)).then_some(MERGED)
}

/// What is misread in a call that is planned.
pub(super) fn in_call(part: &Expr) -> Option<&'static str> {
    let Expr::WindowFunction(call) = part else { return None };
    let WindowFunctionDefinition::WindowUDF(function) = &call.fun else { return None };
    if call.params.null_treatment != Some(NullTreatment::IgnoreNulls) {
        return None;
    }
    let looks_ahead = match function.name() {
        "lead" => true,
        // By a negative number of rows it looks ahead as well.
        "lag" => !matches!(call.params.args.get(1), None | Some(Expr::Literal(ScalarValue::Int64(Some(0..)), _))),
        _ => false,
    };
    looks_ahead.then_some(AHEAD)
}
