//! Policies that joins lead back to the model that they stand in, over a join to itself or a circle: whoever changes what is reached
//! there changes who sees what.

use serde_json::{Value, json};
use tidemill::{Csv, Mill, Model};

use super::{rows, seen_by, set_policies};
use crate::ward::Ward;

/// Who works for whom: Ann for nobody, two for Ann, one for Dan, who works for nobody.
const EMPLOYEES: &str = "id,manager_id,region,note\n1,,EU,ann\n2,1,US,bob\n3,1,US,cid\n4,,US,dan\n5,4,EU,eve\n";

async fn set_joins(mill: &Mill, dataset: &str, joins: Value) {
    let mut model = mill.model(dataset).await.unwrap();
    model.joins = serde_json::from_value(joins).unwrap();
    let version = model.version;
    mill.update_model(model, version).await.unwrap();
}

/// Everything to editors, and to everybody what `member` says of their region.
fn staff_and_own(member: &str) -> Value {
    json!([
        {"name": "staff", "when": [{"attribute": "role", "values": ["editor"]}]},
        {"name": "own", "rows": [{"member": member, "operator": "equals", "values": ["{user.region}"]}]},
    ])
}

/// What is told about a change of a model: of itself, and of what is reached over joins.
async fn told(mill: &Mill, dataset: &str, change: impl Fn(&mut Model)) -> (bool, bool) {
    let before = mill.model(dataset).await.unwrap();
    let mut after = before.clone();
    change(&mut after);
    (after.changes_access(&before), mill.changes_access_elsewhere(&after).await.unwrap())
}

fn set(name: &'static str, expression: &'static str) -> impl Fn(&mut Model) {
    move |model: &mut Model| {
        let dimension = model.dimensions.iter_mut().find(|dimension| dimension.name == name).unwrap();
        (dimension.column, dimension.expression) = (None, Some(expression.to_owned()));
    }
}

fn label(model: &mut Model) {
    model.label = "Staff".to_owned();
    model.dimensions.iter_mut().for_each(|dimension| dimension.label = "x".to_owned());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_join_to_itself_reaches_is_known_to_whoever_changes_it() {
    let ward = Ward::new().await;
    ward.mill.load("employees", Csv::bytes(EMPLOYEES)).await.unwrap();
    set_joins(&ward.mill, "employees", json!([{"name": "manager", "model": "employees", "on": [{"column": "manager_id", "other": "id"}]}])).await;
    set_policies(&ward.mill, "employees", staff_and_own("manager.region")).await;
    let eu = seen_by(&ward, &[("region", &["EU"])]);
    assert_eq!(rows(&eu, "select note from employees order by 1").await, json!([["bob", "cid"]]));
    assert_eq!(told(&ward.mill, "employees", set("region", "'EU'")).await, (false, true));
    // No policy reaches these.
    assert_eq!(told(&ward.mill, "employees", set("note", "'x'")).await, (false, false));
    assert_eq!(told(&ward.mill, "employees", label).await, (false, false));
    assert_eq!(told(&ward.mill, "employees", |model| model.dimensions.retain(|dimension| dimension.name != "region")).await, (false, true));
    // The policies that count are those that are stored.
    assert_eq!(told(&ward.mill, "employees", |model| model.access_policies.clear()).await, (true, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_circle_reaches_is_known_to_whoever_changes_it() {
    let ward = Ward::new().await;
    ward.mill.load("teams", Csv::bytes("team,lead_id\nred,1\nblue,4\n")).await.unwrap();
    ward.mill.load("members", Csv::bytes("id,team,region\n1,red,EU\n2,red,US\n4,blue,US\n")).await.unwrap();
    set_joins(&ward.mill, "teams", json!([{"name": "lead", "model": "members", "on": [{"column": "lead_id", "other": "id"}]}])).await;
    set_joins(&ward.mill, "members", json!([{"name": "teams", "on": [{"column": "team", "other": "team"}]}])).await;
    set_policies(&ward.mill, "members", staff_and_own("lead.region")).await;
    let eu = seen_by(&ward, &[("region", &["EU"])]);
    assert_eq!(rows(&eu, "select id from members order by 1").await, json!([[1, 2]]));
    assert_eq!(told(&ward.mill, "members", set("region", "'EU'")).await, (false, true));
    assert_eq!(told(&ward.mill, "members", label).await, (false, false));
    // What the other model on the circle says.
    assert!(told(&ward.mill, "teams", |model| model.joins[0].on[0].column = "team".to_owned()).await.1);
}
