//! Operators that go to another engine: planned here, sent as bytes, run there, the same answer.

use std::sync::Arc;

use arrow::compute::concat_batches;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::physical_plan::{ExecutionPlan, collect};
use serde_json::{Value, json};
use tidemill::{Csv, DatasetName, Engine, Mill, PlanCodec, Scope, TenantId};

use crate::partials::{Dice, QUESTIONS, assert_equal, engine};
use crate::ward::Ward;

/// A plan whose operators have gone from one engine to another, and how many went.
fn sent(plan: Arc<dyn ExecutionPlan>, from: &PlanCodec, to: &PlanCodec) -> (Arc<dyn ExecutionPlan>, usize) {
    let mut operators = 0;
    let arrived = plan.transform_up(|operator| {
        Ok(match from.encode(operator.as_ref()).unwrap() {
            Some(bytes) => {
                operators += 1;
                Transformed::yes(to.decode(&bytes).unwrap())
            }
            None => Transformed::no(operator),
        })
    });
    (arrived.unwrap().data, operators)
}

/// The rows of a plan that runs on an engine, as cells of JSON by column.
async fn run(plan: Arc<dyn ExecutionPlan>, engine: &Engine) -> Value {
    let schema = plan.schema();
    let batches = collect(plan, engine.task_context()).await.unwrap();
    let batch = concat_batches(&schema, &batches).unwrap();
    let column = |index: usize| -> Vec<Value> {
        let formatter = arrow::util::display::FormatOptions::default().with_null("null");
        let array = batch.column(index);
        let cells = arrow::util::display::ArrayFormatter::try_new(array, &formatter).unwrap();
        let number = array.data_type().is_numeric();
        (0..array.len())
            .map(|row| {
                let text = cells.value(row).to_string();
                if number { serde_json::from_str(&text).unwrap_or(Value::String(text)) } else { Value::String(text) }
            })
            .collect()
    };
    (0..batch.num_columns()).map(column).map(Value::from).collect()
}

struct Two {
    here: Engine,
    there: Engine,
    mill: Mill,
}

impl Two {
    /// Two engines over the folder of a ward; neither knows of the other.
    async fn over(ward: &Ward) -> Self {
        let (here, there) = (engine(ward, 32 << 20).await, engine(ward, 32 << 20).await);
        let mill = here.tenant("acme").unwrap();
        Self { here, there, mill }
    }

    async fn assert_the_same(&self, plan: Arc<dyn ExecutionPlan>, again: Arc<dyn ExecutionPlan>, what: &str) -> usize {
        let (plan, operators) = sent(plan, &self.here.physical_codec(), &self.there.physical_codec());
        assert_equal(&run(plan, &self.there).await, &run(again, &self.here).await, what);
        operators
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sql_plan_gives_the_same_rows_on_another_engine() {
    let ward = Ward::new().await;
    let two = Two::over(&ward).await;
    let mut dice = Dice(55);
    let mut operators = 0;
    for _ in 0..2 {
        two.mill.load("orders", Csv::bytes(dice.rows(1_500))).await.unwrap();
        for sql in QUESTIONS {
            let (plan, again) = (two.mill.plan_sql(sql).await.unwrap(), two.mill.plan_sql(sql).await.unwrap());
            operators += two.assert_the_same(plan, again, sql).await;
        }
    }
    // All questions but the one whose filter is never true and the one that groups by sets come down to partials.
    assert!(operators >= 2 * (QUESTIONS.len() - 4), "{operators} operators");
}

#[tokio::test(flavor = "multi_thread")]
async fn random_questions_give_the_same_rows_on_another_engine() {
    let ward = Ward::new().await;
    let two = Two::over(&ward).await;
    let mut dice = Dice(4_711);
    let mut operators = 0;
    for _ in 0..3 {
        two.mill.load("orders", Csv::bytes(dice.rows(1_200))).await.unwrap();
        for _ in 0..20 {
            let query = dice.query();
            let parsed = serde_json::from_value(query.clone()).unwrap();
            let (plan, again) = (two.mill.plan(&parsed).await.unwrap(), two.mill.plan(&parsed).await.unwrap());
            operators += two.assert_the_same(plan, again, &query.to_string()).await;
        }
    }
    assert_eq!(operators, 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_is_pinned_to_the_version_it_was_planned_for_and_keeps_the_row_filter() {
    let ward = Ward::new().await;
    let two = Two::over(&ward).await;
    two.mill.load("orders", Csv::bytes("city,amount\nRome,2\nRome,3\nOslo,4\n")).await.unwrap();
    let scope = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("orders").unwrap(), "city = 'Rome'");
    let plan = two.here.mill(scope).plan_sql("select sum(amount) from orders").await.unwrap();
    two.mill.load("orders", Csv::bytes("city,amount\nRome,100\n")).await.unwrap();
    let (plan, operators) = sent(plan, &two.here.physical_codec(), &two.there.physical_codec());
    assert_eq!((operators, run(plan, &two.there).await), (1, json!([[5]])));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_engine_keeps_the_partials() {
    let ward = Ward::new().await;
    let two = Two::over(&ward).await;
    two.mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await.unwrap();
    let sql = "select city, sum(amount) from orders group by city";
    let (plan, _) = sent(two.mill.plan_sql(sql).await.unwrap(), &two.here.physical_codec(), &two.there.physical_codec());
    run(plan, &two.there).await;
    let answer = two.there.tenant("acme").unwrap().sql(sql).await.unwrap();
    assert_eq!((answer.provenance.segments_read, answer.provenance.segments_reused), (0, 1));
}
