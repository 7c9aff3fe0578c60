//! What is computed over one segment, free of which segment it is: filters, group keys and aggregates over the columns
//! of a dataset. A fragment is lifted out of a logical plan, before any optimisation that depends on the whole query.

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, Result};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Aggregate, Expr, ExprSchemable, LogicalPlan, TableScan};

use identity::Identity;

mod identity;

/// Aggregates whose states can be merged in any order and kept: no state depends on the order of rows.
const MERGEABLE: [&str; 21] = [
    "approx_distinct",
    "approx_median",
    "approx_percentile_cont",
    "approx_quantile",
    "avg",
    "bit_and",
    "bit_or",
    "bool_and",
    "bool_or",
    "corr",
    "count",
    "covar_pop",
    "covar_samp",
    "max",
    "min",
    "percentile_cont",
    "stddev",
    "stddev_pop",
    "sum",
    "var",
    "var_pop",
];

/// A part of a name of what is kept: changes whenever a kernel or a layout of states changes.
pub(crate) const STATE_VERSION: &str = "6/datafusion-55";

/// Parts of the expressions of a fragment at most; larger ones are planned as DataFusion does.
const NODES_MAX: usize = 10_000;

/// Identity of what is computed, or of what is kept.
pub(crate) type Fingerprint = [u8; 32];

/// Filters, group keys and aggregates over the columns of a dataset, which they name without a qualifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Fragment {
    /// All of them must hold.
    pub filters: Vec<Expr>,
    pub groups: Vec<Expr>,
    /// Each an `Expr::AggregateFunction`.
    pub aggregates: Vec<Expr>,
}

impl Fragment {
    /// Lifts a fragment out of an aggregate over filters and projections of one scan. `None`: the plan has another
    /// shape, or something in it is not a pure function of the rows.
    pub(crate) fn lift(aggregate: &Aggregate) -> Option<(Self, &TableScan)> {
        let mut fragment = Self {
            filters: Vec::new(),
            groups: aggregate.group_expr.iter().map(|group| group.clone().unalias_nested().data).collect(),
            aggregates: aggregate.aggr_expr.iter().map(|aggregate| aggregate.clone().unalias_nested().data).collect(),
        };
        // A struct or list is neither a key nor a state that is kept; what is inside of it is.
        let nested = |expr: &Expr| expr.get_type(aggregate.input.schema()).map_or(true, |data_type| data_type.is_nested());
        let arguments = fragment
            .aggregates
            .iter()
            .filter_map(|aggregate| if let Expr::AggregateFunction(call) = aggregate { Some(&call.params.args) } else { None });
        if fragment.groups.iter().chain(arguments.flatten()).any(nested) {
            return None;
        }
        let mut plan = aggregate.input.as_ref();
        let scan = loop {
            match plan {
                LogicalPlan::Filter(filter) => {
                    fragment.filters.extend(split_conjunction(&filter.predicate).into_iter().cloned());
                    plan = filter.input.as_ref();
                }
                LogicalPlan::Projection(projection) => {
                    let expressions: Vec<Expr> = projection.expr.iter().map(|expr| expr.clone().unalias_nested().data).collect();
                    fragment = fragment.over(&projection.schema, &expressions).ok()?;
                    plan = projection.input.as_ref();
                }
                LogicalPlan::SubqueryAlias(alias) => {
                    let columns: Vec<Expr> = alias.input.schema().columns().into_iter().map(Expr::Column).collect();
                    fragment = fragment.over(&alias.schema, &columns).ok()?;
                    plan = alias.input.as_ref();
                }
                LogicalPlan::TableScan(scan) if scan.fetch.is_none() => break scan,
                _ => return None,
            }
        };
        fragment.filters.extend(scan.filters.iter().flat_map(split_conjunction).cloned());
        if fragment.all().map(size).sum::<Result<usize>>().ok()? > NODES_MAX {
            return None;
        }
        let fragment = fragment.unqualified().ok()?;
        fragment.is_pure().then_some((fragment, scan))
    }

    /// Filters, group keys and aggregates.
    fn all(&self) -> impl Iterator<Item = &Expr> {
        self.filters.iter().chain(&self.groups).chain(&self.aggregates)
    }

    /// The fragment in terms of what lies below a node whose columns are made by `expressions`.
    fn over(&self, schema: &DFSchema, expressions: &[Expr]) -> Result<Self> {
        // A column that is used twice is written out twice: a few projections could make more than memory holds.
        let sizes = expressions.iter().map(size).collect::<Result<Vec<_>>>()?;
        let mut total = 0;
        for expr in self.all() {
            expr.apply(|part| {
                total += match part {
                    Expr::Column(column) => sizes.get(schema.index_of_column(column)?).copied().unwrap_or(0),
                    _ => 1,
                };
                Ok(TreeNodeRecursion::Continue)
            })?;
        }
        if total > NODES_MAX {
            return datafusion::common::plan_err!("a fragment of {total} parts");
        }
        self.map(|column| {
            let index = schema.index_of_column(column)?;
            expressions.get(index).cloned().ok_or_else(|| datafusion::common::internal_datafusion_err!("a column without an expression"))
        })
    }

    /// Columns by name alone, filters in a canonical order and once each.
    fn unqualified(&self) -> Result<Self> {
        let mut fragment = self.map(|column| Ok(Expr::Column(Column::new_unqualified(&column.name))))?;
        fragment.filters.sort_by_cached_key(Self::order);
        fragment.filters.dedup();
        Ok(fragment)
    }

    /// By what filters are ordered.
    pub(super) fn order(filter: &Expr) -> String {
        format!("{filter:?}")
    }

    fn map(&self, replace: impl Fn(&Column) -> Result<Expr>) -> Result<Self> {
        let one = |expr: &Expr| {
            let replaced = expr.clone().transform_down(|expr| match &expr {
                // What is put in place is already in terms of the level below: it must not be visited again.
                Expr::Column(column) => replace(column).map(|replacement| Transformed::new(replacement, true, TreeNodeRecursion::Jump)),
                _ => Ok(Transformed::no(expr)),
            });
            replaced.map(|replaced| replaced.data)
        };
        let all = |exprs: &[Expr]| exprs.iter().map(one).collect::<Result<Vec<_>>>();
        Ok(Self { filters: all(&self.filters)?, groups: all(&self.groups)?, aggregates: all(&self.aggregates)? })
    }

    fn is_pure(&self) -> bool {
        let pure = |expr: &Expr| {
            let foreign = expr.exists(|part| {
                Ok(matches!(
                    part,
                    Expr::ScalarSubquery(_)
                        | Expr::Exists(_)
                        | Expr::InSubquery(_)
                        | Expr::SetComparison(_)
                        | Expr::OuterReferenceColumn(..)
                        | Expr::Placeholder(_)
                        | Expr::GroupingSet(_)
                        | Expr::WindowFunction(_)
                        | Expr::HigherOrderFunction(_)
                        | Expr::Lambda(_)
                        | Expr::LambdaVariable(_)
                        | Expr::Unnest(_)
                ))
            });
            !expr.is_volatile() && !foreign.unwrap_or(true)
        };
        let mergeable = |expr: &Expr| match expr {
            Expr::AggregateFunction(function) => {
                let name = function.func.name();
                // `within group (order by …)` names the values and a direction, not an order of rows.
                let ordered = !function.params.order_by.is_empty() && !matches!(name, "approx_percentile_cont" | "percentile_cont");
                MERGEABLE.contains(&name) && !ordered && function.params.null_treatment.is_none() && (!function.params.distinct || name == "count")
            }
            _ => false,
        };
        self.all().all(pure) && self.aggregates.iter().all(mergeable)
    }

    /// Identity of the fragment with only some of its filters, the same in every build.
    pub(crate) fn fingerprint(&self, filters: impl Iterator<Item = usize>) -> Fingerprint {
        let mut identity = Identity::of(STATE_VERSION);
        identity.add(&filters.filter_map(|index| self.filters.get(index)).collect::<Vec<_>>());
        identity.add(&self.groups.iter().collect::<Vec<_>>());
        identity.add(&self.aggregates.iter().collect::<Vec<_>>());
        identity.fingerprint()
    }
}

/// Identity of some expressions, the same in every build.
pub(crate) fn identity_of(name: &str, exprs: &[&Expr]) -> Fingerprint {
    let mut identity = Identity::of(name);
    identity.add(exprs);
    identity.fingerprint()
}

/// Parts of an expression.
fn size(expr: &Expr) -> Result<usize> {
    let mut parts = 0;
    expr.apply(|_| {
        parts += 1;
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field, Schema};
    use datafusion::functions_aggregate::expr_fn::{array_agg, count, sum};
    use datafusion::logical_expr::{LogicalPlanBuilder, lit, table_scan};
    use datafusion::prelude::col;

    use super::*;

    fn scan() -> LogicalPlanBuilder {
        let fields = ["a", "b"].map(|name| Field::new(name, DataType::Int64, true));
        table_scan(Some("t"), &Schema::new(fields.to_vec()), None).unwrap()
    }

    fn lift(plan: LogicalPlanBuilder, group: Expr, aggregate: Expr) -> Option<Fragment> {
        let LogicalPlan::Aggregate(aggregate) = plan.aggregate([group], [aggregate]).unwrap().build().unwrap() else { unreachable!() };
        Fragment::lift(&aggregate).map(|(fragment, _)| fragment)
    }

    #[test]
    fn names_of_projections_and_aliases_are_seen_through() {
        // The projection gives each name to the other column.
        let swapped = scan().filter(col("t.a").gt(lit(1_i64))).unwrap().project([col("t.a").alias("b"), (col("t.b") + lit(1_i64)).alias("a")]).unwrap();
        let plan = swapped.alias("s").unwrap().filter(col("s.a").lt(lit(9_i64))).unwrap().filter(col("s.a").lt(lit(9_i64))).unwrap();
        let fragment = lift(plan, col("s.b"), sum(col("s.a"))).unwrap();
        assert_eq!(fragment.groups, [col("a")]);
        assert_eq!(fragment.aggregates, [sum(col("b") + lit(1_i64))]);
        let mut filters = vec![col("a").gt(lit(1_i64)), (col("b") + lit(1_i64)).lt(lit(9_i64))];
        filters.sort_by_cached_key(|filter| format!("{filter:?}"));
        assert_eq!(fragment.filters, filters);
    }

    #[test]
    fn what_depends_on_order_or_limits_stays_as_it_is() {
        assert_eq!(lift(scan(), col("t.a"), array_agg(col("t.b"))), None);
        assert_eq!(lift(scan().limit(0, Some(1)).unwrap(), col("t.a"), count(col("t.b"))), None);
    }

    #[test]
    fn projections_that_double_are_not_written_out() {
        let doubled = |levels: usize| (0..levels).fold(scan().project([col("t.a").alias("x")]).unwrap(), |plan, _| plan.project([(col("x") + col("x")).alias("x")]).unwrap());
        assert!(lift(doubled(5), lit(1_i64), sum(col("x"))).is_some());
        assert_eq!(lift(doubled(60), lit(1_i64), sum(col("x"))), None);
    }

    #[test]
    fn expressions_that_are_too_large_are_not_lifted() {
        let sum_of = |parts: usize| sum((0..parts).fold(col("t.a"), |sum, _| sum + col("t.b")));
        assert!(lift(scan(), lit(1_i64), sum_of(20)).is_some());
        // Without a projection, also where each expression alone is not too large.
        let many = (0..60_i64).fold(scan(), |plan, from| plan.filter(col("t.a").in_list((0..200).map(|value| lit(from * 200 + value)).collect(), false)).unwrap());
        assert_eq!(lift(many, lit(1_i64), sum_of(20)), None);
    }

    #[test]
    fn fragments_that_print_alike_have_other_fingerprints() {
        let of = |group: Expr| Fragment { filters: Vec::new(), groups: vec![group], aggregates: Vec::new() }.fingerprint(std::iter::empty());
        let name = Expr::Column(Column::new_unqualified("a + b"));
        assert_ne!(of(name), of(col("a") + col("b")));
        let forged = lit("x\"), None), Literal(Utf8(\"y");
        assert_ne!(of(col("a").in_list(vec![forged], false)), of(col("a").in_list(vec![lit("x"), lit("y")], false)));
        assert_ne!(of(lit(1_i64)), of(lit(1_i32)));
    }
}
