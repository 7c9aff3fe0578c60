//! Arithmetic of whole numbers is checked in every plan, whatever it was made from: statements, expressions of models, conditions
//! of policies. A rule that comes after types are known puts `functions::whole_arithmetic` where DataFusion's operators wrap round.

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, Result};
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::expr::Case;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::AnalyzerRule;

use crate::functions::whole_arithmetic::{checked, computes, has_formula};

/// The rule.
#[derive(Debug)]
pub(super) struct CheckedArithmetic;

impl AnalyzerRule for CheckedArithmetic {
    fn name(&self) -> &'static str {
        "checked_arithmetic"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(checked_node).data()
    }
}

fn checked_node(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    // How many rows a limit lets pass is computed while it is planned.
    if matches!(plan, LogicalPlan::Limit(_)) || !has_arithmetic(&plan)? {
        return Ok(Transformed::no(plan));
    }
    let mut schema = merge_schema(&plan.inputs());
    if let LogicalPlan::TableScan(scan) = &plan {
        schema.merge(&DFSchema::try_from_qualified_schema(scan.table_name.clone(), &scan.source.schema())?);
    }
    let (names, is_window) = (NamePreserver::new(&plan), matches!(plan, LogicalPlan::Window(_)));
    let changed = plan.map_expressions(|expression| {
        let name = names.save(&expression);
        let mut checked = checked(expression, &schema)?;
        if is_window {
            checked = checked.transform_data(|expression| expression.transform_up(of_counted_rows))?;
        }
        Ok(checked.update_data(|expression| name.restore(expression)))
    })?;
    changed.map_data(LogicalPlan::recompute_schema)
}

/// What a row that does not count comes to is no error: DataFusion's windows compute arguments over all rows, so that a formula has to
/// have the condition itself. (`counted` is the same for groups.)
fn of_counted_rows(part: Expr) -> Result<Transformed<Expr>> {
    let mut window = match part {
        Expr::WindowFunction(window) => window,
        other => return Ok(Transformed::no(other)),
    };
    let (params, mut changed) = (&mut window.params, false);
    if let Some(condition) = &params.filter {
        for argument in &mut params.args {
            if has_formula(argument)? {
                let formula = Box::new(std::mem::take(argument));
                *argument = Expr::Case(Case::new(None, vec![(condition.clone(), formula)], None));
                changed = true;
            }
        }
    }
    Ok(Transformed::new_transformed(Expr::WindowFunction(window), changed))
}

fn has_arithmetic(plan: &LogicalPlan) -> Result<bool> {
    let mut found = false;
    plan.apply_expressions(|expression| {
        found = computes(expression)?;
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::SessionContext;

    use super::*;

    /// The columns of a statement after the rule, and the plan.
    async fn analysed(sql: &str) -> (Vec<String>, String) {
        let context = SessionContext::new();
        context.add_analyzer_rule(std::sync::Arc::new(CheckedArithmetic));
        context.sql("create table t as values (1, 2.5, 'x'), (9223372036854775807, 1.5, 'y')").await.unwrap().collect().await.unwrap();
        let plan = context.sql(sql).await.unwrap().into_unoptimized_plan();
        let before = plan.schema().field_names();
        let optimised = context.state().optimize(&plan).unwrap();
        assert_eq!(optimised.schema().field_names(), before, "{sql}");
        (before, optimised.display_indent().to_string())
    }

    #[tokio::test]
    async fn every_place_of_a_statement_is_reached_and_columns_keep_their_names() {
        for sql in [
            "select column1 + 1 from t",
            "select sum(column1 * 2) from t",
            "select column1 - 1, count(*) from t group by column1 - 1 having max(column1 + 1) > 2 order by column1 - 1",
            "select column3 from t where column1 * 2 > 4",
            "select a.column1 from t a join t b on a.column1 + 1 = b.column1",
            "select sum(column1 + 1) over (partition by column3 order by column1) from t",
            "select column1 from t where column1 in (select column1 + 1 from t)",
            "select (select max(b.column1 + 1) from t b where b.column3 = a.column3) from t a",
            "select -column1 from t order by column1 + 1",
            "select case when column1 > 1 then column1 * column1 else 0 end from t",
        ] {
            let (_, plan) = analysed(sql).await;
            assert!(plan.contains("whole "), "{sql}\n{plan}");
        }
    }

    #[tokio::test]
    async fn fractions_and_limits_are_left_alone() {
        for sql in ["select column2 * 2.0, column2 + column1 from t", "select column1 from t limit 1 + 1", "select column1 / 2 from t where column1 % 2 = 0"] {
            let (_, plan) = analysed(sql).await;
            assert!(!plan.contains("whole "), "{sql}\n{plan}");
        }
    }
}
