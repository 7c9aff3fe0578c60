//! The windows of time that a planned statement looks through, told from the filters at its scans: those that compare the time
//! column of a dataset with an instant or a date. The plan comes from the statement and the columns alone, and so do they.

use std::collections::BTreeMap;

use datafusion::common::Column;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::utils::{conjunction, disjunction, split_conjunction};
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, Operator};

use super::table::DatasetTable;
use crate::error::Result;
use crate::partial::rule::merge_of;

/// By id of the dataset, what each of its scans looks through; `None`: all rows.
#[derive(Debug, Default)]
pub(crate) struct Windows(BTreeMap<String, Vec<Option<Expr>>>);

impl Windows {
    /// What all scans of a dataset together look through, over its columns. `None`: all rows.
    pub(crate) fn of(&self, dataset_id: &str) -> Option<Expr> {
        let scans = self.0.get(dataset_id)?.iter().cloned().collect::<Option<Vec<_>>>()?;
        disjunction(scans)
    }
}

/// The windows of an optimised plan, in which filters stand at the scans.
///
/// # Errors
/// The plan is none.
pub(crate) fn windows_of(plan: &LogicalPlan) -> Result<Windows> {
    let mut windows = Windows::default();
    plan.apply_with_subqueries(|node| {
        let (filters, source) = match node {
            LogicalPlan::TableScan(scan) => (&scan.filters, source_as_provider(&scan.source).ok().and_then(|table| DatasetTable::source(table.as_ref()))),
            node => match merge_of(node) {
                Some((fragment, source, ..)) => (&fragment.filters, Some(source.clone())),
                None => return Ok(TreeNodeRecursion::Continue),
            },
        };
        if let Some(source) = source {
            let metadata = &source.snapshot.metadata;
            let mut bounds = Vec::new();
            if let Some(column) = &metadata.schema.time_column {
                bounds.extend(filters.iter().flat_map(split_conjunction).filter_map(|filter| bound(filter, column)));
            }
            let window = conjunction(bounds);
            let scans = windows.0.entry(metadata.id.clone()).or_default();
            if !scans.contains(&window) {
                scans.push(window);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(windows)
}

/// A filter that bounds a column by a value, over the column by its name.
fn bound(filter: &Expr, column: &str) -> Option<Expr> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter else { return None };
    let bounds = matches!(op, Operator::Gt | Operator::GtEq | Operator::Lt | Operator::LtEq | Operator::Eq);
    match (left.as_ref(), right.as_ref()) {
        (Expr::Column(named), value @ Expr::Literal(..)) if bounds && named.name == column => {
            Some(Expr::BinaryExpr(BinaryExpr::new(Box::new(Expr::Column(Column::new_unqualified(column))), *op, Box::new(value.clone()))))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::{col, lit};

    use super::*;

    #[test]
    fn only_comparisons_of_the_column_with_a_value_bound_it() {
        let kept = [col("sales.at").gt_eq(lit(1_i64)), col("at").lt(lit(2_i64)), col("at").eq(lit(3_i64))];
        for filter in &kept {
            assert!(bound(filter, "at").is_some(), "{filter}");
        }
        let others = [col("at").not_eq(lit(1_i64)), col("day").gt(lit(1_i64)), col("at").gt(col("day")), col("at").gt(lit(1_i64)).or(col("at").lt(lit(0_i64)))];
        for filter in &others {
            assert_eq!(bound(filter, "at"), None, "{filter}");
        }
        assert_eq!(bound(&kept[0], "at"), Some(Expr::Column(Column::new_unqualified("at")).gt_eq(lit(1_i64))));
    }

    #[test]
    fn a_scan_of_all_rows_makes_it_all_rows() {
        let window = |micros: i64| Some(col("at").gt_eq(lit(micros)));
        let windows = Windows(BTreeMap::from([("bounded".to_owned(), vec![window(1), window(2)]), ("all".to_owned(), vec![window(1), None])]));
        assert_eq!(windows.of("bounded"), Some(col("at").gt_eq(lit(1_i64)).or(col("at").gt_eq(lit(2_i64)))));
        assert_eq!((windows.of("all"), windows.of("other")), (None, None));
    }
}
