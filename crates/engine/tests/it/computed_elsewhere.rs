//! Measures that are computed from measures of other models: each part is computed over its own rows, the number by what both can be
//! told apart by, and everything that knows of measures (policies, lineage, live questions, views) knows both models.

use serde_json::{Value, json};
use tidemill::{Csv, DatasetName, ErrorKind, Mill, Model, Scope, SemanticQuery, TenantId};

use crate::composed::{refused, rows, settings, shop, shops};
use crate::live::next;
use crate::ward::{Ward, open};

const MONTHS: [&str; 3] = ["2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"];

/// Adds measures to a model.
async fn add(mill: &Mill, model: &str, measures: Value) -> tidemill::Result<Model> {
    let mut model = mill.model(model).await.unwrap();
    model.measures.extend(serde_json::from_value::<Vec<tidemill::Measure>>(measures).unwrap());
    let version = model.version;
    mill.update_model(model, version).await
}

/// Orders that know how many of them came back.
fn with_returns() -> Value {
    json!([
        {"name": "return_rate", "label": "Return rate", "kind": "ratio", "measure": "returns.count", "denominator": "count"},
        {"name": "kept", "label": "Kept", "kind": "number", "expression": "{revenue} - coalesce({returns.sum_refund}, 0)"},
        {"name": "kept_before", "label": "Kept before", "kind": "time_shift", "measure": "kept", "span": {"count": 1, "unit": "month"}},
        {"name": "rate_share", "label": "Share", "kind": "share_of_total", "measure": "return_rate"},
        {"name": "rate_place", "label": "Place", "kind": "rank", "measure": "return_rate"}
    ])
}

async fn returning(ward: &Ward) -> [Mill; 2] {
    let mills = shops(ward).await;
    add(&mills[0], "orders", with_returns()).await.unwrap();
    mills
}

fn asked(value: &Value) -> SemanticQuery {
    serde_json::from_value(value.clone()).unwrap()
}

#[tokio::test]
async fn each_part_is_computed_over_its_own_rows() {
    let ward = Ward::new().await;
    for mill in &returning(&ward).await {
        // Three returns of seven orders; two of them are of one order, which counts once.
        assert_eq!(rows(mill, json!({"measures": ["orders.return_rate", "orders.kept"]})).await, json!([[3.0 / 7.0, 262]]));
        let by_country =
            json!({"measures": ["orders.return_rate", "orders.kept", "orders.rate_place"], "dimensions": ["customers.country"], "order": [["customers.country", "asc"]]});
        assert_eq!(rows(mill, by_country.clone()).await, json!([["IT", 1.0, 102, 1], ["NO", null, 30, null], [null, null, 130, null]]));
        // By what leads from returns to orders, and by a time that both have.
        let by_status = json!({"measures": ["orders.return_rate"], "dimensions": ["orders.status"], "order": [["orders.status", "asc"]]});
        assert_eq!(rows(mill, by_status).await, json!([["open", null], ["paid", 0.6]]));
        let by_month = json!({"measures": ["orders.kept", "orders.kept_before", "orders.rate_share"], "timeDimensions": [{"dimension": "orders.at", "granularity": "month", "dateRange": ["2024-01-01", "2024-03-31"]}]});
        let share = |rate: f64| rate / (3.0 / 7.0);
        let found = rows(mill, by_month).await;
        assert_eq!(found, json!([[MONTHS[0], 30, null, null], [MONTHS[1], 65, 30, share(0.5)], [MONTHS[2], 167, 65, share(2.0 / 3.0)]]));
        // Filters are those of both.
        let paid = json!([{"member": "orders.status", "operator": "equals", "values": ["paid"]}]);
        assert_eq!(rows(mill, json!({"measures": ["orders.return_rate"], "filters": paid})).await, json!([[0.6]]));
        let high = json!([{"member": "orders.return_rate", "operator": "gt", "values": [0.5]}]);
        assert_eq!(rows(mill, json!({"measures": ["orders.count"], "dimensions": ["customers.country"], "filters": high})).await, json!([["IT", 3]]));
        assert!(mill.verify(&asked(&by_country)).await.unwrap().equal);
    }
}

#[tokio::test]
async fn what_one_of_both_cannot_be_told_apart_by_is_refused() {
    let ward = Ward::new().await;
    let [mill, _] = returning(&ward).await;
    for dimension in ["returns.refund", "returns.id"] {
        let (kind, message) = refused(&mill, json!({"measures": ["orders.return_rate"], "dimensions": [dimension]})).await;
        assert_eq!(kind, ErrorKind::Invalid);
        assert!(message.contains("no row of orders belongs to one of returns"), "{message}");
    }
    // Several datasets have no version in common.
    let (kind, message) = refused(&mill, json!({"measures": ["orders.return_rate"], "asOf": 0})).await;
    assert_eq!(kind, ErrorKind::Invalid);
    assert!(message.contains("several"), "{message}");
    let error = mill.sql("select measure(return_rate) from orders").await.unwrap_err();
    assert!(error.message().contains("of other models"), "{error}");
}

#[tokio::test]
async fn a_model_is_saved_only_where_the_parts_are_there() {
    let ward = Ward::new().await;
    let [mill, _] = returning(&ward).await;
    let ratio = |below: &str| json!([{"name": "bad", "label": "Bad", "kind": "ratio", "measure": "count", "denominator": below}]);
    let rolling = json!([{"name": "bad", "label": "Bad", "kind": "rolling", "measure": "returns.count", "span": {"count": 2, "unit": "day"}}]);
    for (measures, told) in [
        (ratio("returned.count"), "no model \"returned\""),
        (ratio("returns.cuont"), "did you mean count"),
        (ratio("returns.refund"), "is a dimension"),
        (rolling, "only the kinds number and ratio"),
    ] {
        let error = add(&mill, "orders", measures).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.message().contains(told), "{told}: {error}");
        assert!(error.field().unwrap().starts_with("measures["), "{error}");
    }
    let back = json!([{"name": "back", "label": "Back", "kind": "number", "expression": "{count} + {orders.circle}"}]);
    add(&mill, "orders", json!([{"name": "circle", "label": "Circle", "kind": "number", "expression": "{count} + {returns.count}"}]))
        .await
        .unwrap();
    add(&mill, "returns", back).await.unwrap();
    let error = add(&mill, "orders", json!([{"name": "round", "label": "Round", "kind": "number", "expression": "{returns.back}"}]))
        .await
        .map(|model| model.version);
    assert!(error.is_ok(), "{error:?}");
    let mut model = mill.model("orders").await.unwrap();
    model.measures.iter_mut().find(|measure| measure.name == "circle").unwrap().expression = Some("{count} + {returns.back}".to_owned());
    let version = model.version;
    let error = mill.update_model(model, version).await.unwrap_err();
    assert!(error.message().contains("computed from itself"), "{error}");
}

#[tokio::test]
async fn what_is_hidden_of_the_other_model_is_no_part() {
    let ward = Ward::new().await;
    drop(returning(&ward).await);
    let of = |name: &str| DatasetName::parse(name).unwrap();
    let scope = || Scope::of(TenantId::parse("acme").unwrap());
    let engine = open(ward.folder.path(), settings()).await;
    // Rows that are not seen are not counted.
    let some = engine.mill(scope().with_row_filter(of("returns"), "refund > 5"));
    assert_eq!(rows(&some, json!({"measures": ["orders.return_rate"]})).await, json!([[2.0 / 7.0]]));
    // A column that is not seen takes along what is computed from it.
    let blind = engine.mill(scope().hiding(of("returns"), "refund"));
    let seen: Vec<String> = blind.model("orders").await.unwrap().measures.into_iter().map(|measure| measure.name).collect();
    assert!(seen.iter().any(|name| name == "return_rate") && !seen.iter().any(|name| name.starts_with("kept")), "{seen:?}");
    let (_, message) = refused(&blind, json!({"measures": ["orders.kept"]})).await;
    assert!(message.contains("no member \"sum_refund\""), "{message}");
}

#[tokio::test]
async fn lineage_live_answers_and_views_know_both_models() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    add(&mill, "orders", with_returns()).await.unwrap();
    let question = json!({"measures": ["orders.return_rate"]});
    let lineage = mill.lineage(&asked(&question)).await.unwrap();
    let members: Vec<&str> = lineage.measures.iter().map(|measure| measure.member.as_str()).collect();
    assert_eq!(members, ["orders.return_rate", "returns.count", "orders.count"]);
    assert_eq!(lineage.measures[0].made_of, ["returns.count", "orders.count"]);
    let datasets: Vec<&str> = lineage.datasets.iter().map(|dataset| dataset.dataset.as_str()).collect();
    assert_eq!(datasets, ["orders", "returns"]);

    let view = json!({"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": ["status", {"name": "return_rate", "alias": "came_back"}]}]});
    mill.update_view(serde_json::from_value(view).unwrap(), 0).await.unwrap();
    let of_view = json!({"measures": ["sales.came_back"], "dimensions": ["sales.status"], "order": [["sales.status", "asc"]]});
    assert_eq!(rows(&mill, of_view).await, json!([["open", null], ["paid", 0.6]]));

    let mut live = mill.subscribe(&asked(&question)).await.unwrap();
    let first = next(&mut live).await;
    assert_eq!((first.from, first.version, &first.to_json()["result"]["data"]), (None, 0, &json!([[3.0 / 7.0]])));
    // The version of a state of several datasets is the sum of theirs.
    for (dataset, row, version, rate) in [
        ("returns", "id,order_id,customer,returned_at,refund\n4,1,a,2024-03-22T00:00:00Z,9\n", 1, 4.0 / 7.0),
        ("orders", "id,customer,at,amount,status\n8,a,2024-03-23T00:00:00Z,9,paid\n", 2, 0.5),
    ] {
        mill.load(dataset, Csv::bytes(row)).await.unwrap();
        let change = next(&mut live).await;
        assert_eq!((change.from, change.version, &change.to_json()["changed"]["data"]), (Some(version - 1), version, &json!([[rate]])));
    }
}

#[tokio::test]
async fn a_live_question_follows_the_model_that_says_what_a_measure_is() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    // No row of orders is read for it.
    add(&mill, "orders", json!([{"name": "per_row", "label": "Per row", "kind": "number", "expression": "{returns.sum_refund} / {stock.moved}"}]))
        .await
        .unwrap();
    let mut live = mill.subscribe(&asked(&json!({"measures": ["orders.per_row"]}))).await.unwrap();
    assert_eq!(next(&mut live).await.to_json()["result"]["data"], json!([[18.0 / 5.0]]));
    let mut model = mill.model("orders").await.unwrap();
    model.measures.last_mut().unwrap().expression = Some("{returns.sum_refund} / {stock.moved} + 1".to_owned());
    let version = model.version;
    mill.update_model(model, version).await.unwrap();
    assert_eq!(next(&mut live).await.to_json()["changed"]["data"], json!([[18.0 / 5.0 + 1.0]]));
}
