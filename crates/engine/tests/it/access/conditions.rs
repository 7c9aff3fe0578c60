//! Measures and named filters that choose rows over joins, for who sees a part of what these lead to: what is hidden there chooses
//! nothing, and what is kept of one person's answer is nobody else's.

use serde_json::{Value, json};
use tidemill::{ErrorKind, Measure, Mill, NamedFilter, SemanticQuery, ViewDetail};

use super::joined::load_all;
use super::{seen_by, set_policies};
use crate::ward::Ward;

async fn counting() -> Ward {
    let ward = Ward::new().await;
    load_all(&ward.mill).await;
    let european = json!({"member": "customers.region", "operator": "equals", "values": ["EU"]});
    let mut model = ward.mill.model("orders").await.unwrap();
    let measures = json!([
        {"name": "eu", "label": "EU", "kind": "sum", "column": "amount", "filters": [european]},
        {"name": "nowhere", "label": "Nowhere", "kind": "count", "filters": [{"member": "customers.region", "operator": "notSet"}]},
        {"name": "twice", "label": "Twice", "kind": "number", "expression": "{eu} * 2"}
    ]);
    model.measures.extend(serde_json::from_value::<Vec<Measure>>(measures).unwrap());
    model.segments = serde_json::from_value::<Vec<NamedFilter>>(json!([{"name": "eu", "label": "EU", "filters": [european]}])).unwrap();
    let version = model.version;
    ward.mill.update_model(model, version).await.unwrap();
    ward
}

fn query(value: &Value) -> SemanticQuery {
    serde_json::from_value(value.clone()).unwrap()
}

async fn answers(mill: &Mill) -> Value {
    let measures = mill.query(&query(&json!({"measures": ["orders.eu", "orders.nowhere", "orders.twice"]}))).await.unwrap().to_json()["data"].clone();
    let segment = mill.query(&query(&json!({"measures": ["orders.count"], "segments": ["orders.eu"]}))).await.unwrap().to_json()["data"].clone();
    json!([measures[0][0], measures[1][0], measures[2][0], segment[0][0]])
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_not_seen_choose_none() {
    let ward = counting().await;
    let user = seen_by(&ward, &[]);
    let everything = json!([3, 3, 6, 2]);
    assert_eq!((answers(&ward.mill).await, answers(&user).await), (everything.clone(), everything.clone()));
    set_policies(&ward.mill, "customers", json!([{"name": "some", "rows": [{"member": "customers.id", "operator": "gt", "values": [1]}]}])).await;
    // In turns, so that each could be given what was kept for the other.
    for _ in 0..2 {
        assert_eq!(answers(&user).await, json!([2, 4, 4, 1]));
        assert_eq!(answers(&ward.mill).await, everything);
    }
    set_policies(&ward.mill, "customers", json!([{"name": "masked", "masked": [{"column": "region", "expression": "'EU'"}]}])).await;
    assert_eq!(answers(&user).await, json!([15, 2, 30, 4]));
    assert_eq!(answers(&ward.mill).await, everything);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_of_a_hidden_column_is_not_there() {
    let ward = counting().await;
    let user = seen_by(&ward, &[]);
    set_policies(&ward.mill, "customers", json!([{"name": "no_region", "hidden": ["region"]}])).await;
    let model = user.model("orders").await.unwrap();
    assert!(model.measures.iter().all(|measure| !["eu", "nowhere", "twice"].contains(&measure.name.as_str())), "{:?}", model.measures);
    assert!(model.segments.is_empty());
    // Nor is it in a view over the model.
    let view = json!({"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": "*"}]});
    ward.mill.update_view(serde_json::from_value(view).unwrap(), 0).await.unwrap();
    let shown = |detail: &ViewDetail| [detail.measures.iter().any(|measure| measure.name == "eu"), detail.segments.iter().any(|segment| segment.name == "eu")];
    assert_eq!(shown(&user.view_detail("sales").await.unwrap()), [false, false]);
    assert_eq!(shown(&ward.mill.view_detail("sales").await.unwrap()), [true, true]);
    for (asked, says) in [
        (json!({"measures": ["orders.eu"]}), "no member \"eu\""),
        (json!({"measures": ["orders.twice"]}), "no member \"twice\""),
        (json!({"measures": ["orders.count"], "segments": ["orders.eu"]}), "no segment \"eu\""),
        (json!({"measures": ["sales.eu"]}), "no member \"eu\""),
        (json!({"measures": ["sales.count"], "segments": ["sales.eu"]}), "no segment \"eu\""),
    ] {
        let error = user.query(&query(&asked)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{asked}");
        assert!(error.message().contains(says) && !error.message().contains("region"), "{asked}: {error}");
    }
    assert_eq!(user.query(&query(&json!({"measures": ["orders.count"]}))).await.unwrap().to_json()["data"], json!([[6]]));
    assert_eq!(answers(&ward.mill).await, json!([3, 3, 6, 2]));
}
