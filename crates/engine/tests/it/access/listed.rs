//! A policy that lists its columns: what it does not name is not there, also what comes later.

use serde_json::{Value, json};
use tidemill::{AccessPolicy, Csv, ErrorKind, Mill};

use super::{orders, rows, seen_by, set_policies};

/// A row with a column that was not there before.
const LATER: &str = "at,country,rep,amount,margin,email,ssn\n2013-01-06,DE,ann,32,320,e@x.de,078\n2013-01-07,FR,ann,64,640,f@x.fr,079\n";

async fn columns(mill: &Mill) -> Vec<String> {
    mill.sql("select * from orders").await.unwrap().columns.into_iter().map(|column| column.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_that_are_not_listed_are_not_there_also_those_that_come_later() {
    let ward = orders(json!([{"name": "plain", "columns": ["amount", "country"], "masked": [{"column": "email", "expression": "'***'"}]}])).await;
    let mill = seen_by(&ward, &[]);
    for later in [false, true] {
        if later {
            assert_eq!(ward.mill.load("orders", Csv::bytes(LATER)).await.unwrap().new_columns.len(), 1);
            assert_eq!(columns(&ward.mill).await.last().map(String::as_str), Some("ssn"), "who writes the policies sees it");
        }
        assert_eq!(columns(&mill).await, ["country", "amount", "email"]);
        for hidden in ["margin", "rep", "ssn", "at"] {
            assert_eq!(mill.sql(&format!("select {hidden} from orders")).await.unwrap_err().kind(), ErrorKind::Invalid, "{hidden}");
            assert!(mill.values(&format!("orders.{hidden}"), None, 10, 0).await.is_err(), "{hidden}");
        }
        let model = serde_json::to_string(&mill.model("orders").await.unwrap()).unwrap();
        assert!(!model.contains("ssn") && !model.contains("margin"), "{model}");
        let told: Vec<String> = mill.dataset("orders").await.unwrap().columns.into_iter().map(|column| column.name).collect();
        assert_eq!(told, ["country", "amount", "email"]);
        assert_eq!(mill.preview("orders", 1).await.unwrap().columns.len(), 3);
        assert_eq!(rows(&mill, "select distinct email from orders").await, json!([["***"]]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_policies_with_lists_and_without_are_put_together_value_by_value() {
    let own = |list: Value| json!({"name": "own", "rows": [{"member": "orders.country", "operator": "equals", "values": ["{user.country}"]}], "columns": list});
    let all = json!({"name": "plain", "columns": ["country", "amount"]});
    let ward = orders(json!([own(json!(["country", "amount", "margin"])), all])).await;
    ward.mill.load("orders", Csv::bytes(LATER)).await.unwrap();
    let mill = seen_by(&ward, &[("country", &["DE"])]);
    // Two lists: a margin is seen in rows of the policy that lists it.
    assert_eq!(columns(&mill).await, ["country", "amount", "margin"]);
    assert_eq!(rows(&mill, "select count(*), sum(amount), sum(margin) from orders").await, json!([[7], [127], [350]]));
    // One without a list shows what comes later, in its own rows.
    let mut without = own(Value::Null);
    without.as_object_mut().unwrap().remove("columns");
    set_policies(&ward.mill, "orders", json!([without, all])).await;
    assert_eq!(rows(&mill, "select count(*), sum(margin), count(ssn), count(email) from orders").await, json!([[7], [350], [1], [3]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_meant_is_refused() {
    let ward = orders(json!([])).await;
    let good = ward.mill.model("orders").await.unwrap();
    for (policies, says) in [
        (json!([{"name": "a", "columns": ["contry"]}]), "did you mean country"),
        (json!([{"name": "a", "columns": []}]), "hides every column"),
        (json!([{"name": "a", "columns": ["country", "margin"], "hidden": ["margin"]}]), "take it out of one of both"),
    ] {
        let mut model = good.clone();
        model.access_policies = serde_json::from_value::<Vec<AccessPolicy>>(policies.clone()).unwrap();
        let error = ward.mill.update_model(model, good.version).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("access_policies[0]")), "{policies}: {error}");
        assert!(error.message().contains(says), "{policies}: {error}");
    }
    // No list and an empty one are not the same, also when they are written and read.
    let none: AccessPolicy = serde_json::from_value(json!({"name": "a"})).unwrap();
    let empty = AccessPolicy { columns: Some(Vec::new()), ..none.clone() };
    assert_eq!((json!(none), json!(empty)), (json!({"name": "a"}), json!({"name": "a", "columns": []})));
    assert_eq!(serde_json::from_value::<AccessPolicy>(json!(empty)).unwrap(), empty);
}
