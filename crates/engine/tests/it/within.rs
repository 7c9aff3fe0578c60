//! Shares and places within what groups have in common: a country, a bucket of time, what a join leads to. Computed by hand.

use serde_json::{Value, json};
use tidemill::{DatasetName, ErrorKind, Mill, Model, Scope, TenantId};

use crate::composed::{change, refused, rows, shops};
use crate::ward::Ward;

/// Adds measures to the model of the orders.
async fn add(mill: &Mill, measures: Value) -> tidemill::Result<Model> {
    let mut model = mill.model("orders").await.unwrap();
    model.measures.extend(serde_json::from_value::<Vec<tidemill::Measure>>(measures).unwrap());
    let version = model.version;
    mill.update_model(model, version).await
}

async fn compared(ward: &Ward) -> [Mill; 2] {
    let mills = shops(ward).await;
    let of = |name: &str, kind: &str, measure: &str, within: Value| json!({"name": name, "label": name, "kind": kind, "measure": measure, "within": within});
    let measures = json!([
        of("share_of_country", "share_of_total", "revenue", json!(["customers.country"])),
        of("buyers_of_country", "share_of_total", "buyers", json!(["customers.country"])),
        of("share_of_month", "share_of_total", "revenue", json!(["at"])),
        of("share_of_both", "share_of_total", "revenue", json!(["at", "status"])),
        of("place_in_country", "rank", "revenue", json!(["customers.country"])),
        {"name": "percent", "label": "Percent", "kind": "number", "expression": "{share_of_country} * 100"}
    ]);
    add(&mills[0], measures).await.unwrap();
    mills
}

#[tokio::test]
async fn a_share_is_one_of_the_groups_that_are_alike() {
    let ward = Ward::new().await;
    for mill in &compared(&ward).await {
        let measures = ["orders.share_of_country", "orders.percent", "orders.share", "orders.place_in_country"];
        let order = json!([["customers.country", "asc"], ["orders.status", "asc"]]);
        let found = rows(mill, json!({"measures": measures, "dimensions": ["customers.country", "orders.status"], "order": order})).await;
        // What has no country is alike in that.
        let expected = json!([
            ["IT", "paid", 1.0, 100.0, 120.0 / 280.0, 1],
            ["NO", "open", 20.0 / 30.0, 20.0 / 30.0 * 100.0, 20.0 / 280.0, 1],
            ["NO", "paid", 10.0 / 30.0, 10.0 / 30.0 * 100.0, 10.0 / 280.0, 2],
            [null, "open", 70.0 / 130.0, 70.0 / 130.0 * 100.0, 70.0 / 280.0, 1],
            [null, "paid", 60.0 / 130.0, 60.0 / 130.0 * 100.0, 60.0 / 280.0, 2]
        ]);
        assert_eq!(found, expected);
        // Of the buyers of Norway, who is one, both groups have all.
        let found = rows(mill, json!({"measures": ["orders.buyers_of_country"], "dimensions": ["customers.country", "orders.status"], "order": order})).await;
        assert_eq!(found, json!([["IT", "paid", 1.0], ["NO", "open", 1.0], ["NO", "paid", 1.0], [null, "open", 1.0], [null, "paid", 0.0]]));
        // A filter on a measure leaves groups out, and a filter on rows is one of both.
        let many = json!({"measures": ["orders.share_of_country"], "dimensions": ["customers.country", "orders.status"], "order": order,
            "filters": [{"member": "orders.place_in_country", "operator": "equals", "values": [2]}, {"member": "orders.amount", "operator": "lt", "values": [70]}]});
        assert_eq!(rows(mill, many).await, json!([["NO", "paid", 10.0 / 30.0]]));
        // Without the country it is a share of everything, as a total is.
        let found = rows(mill, json!({"measures": ["orders.share_of_country"], "dimensions": ["orders.status"], "order": [["orders.status", "asc"]]})).await;
        assert_eq!(found, json!([["open", 90.0 / 280.0], ["paid", 190.0 / 280.0]]));
        assert_eq!(rows(mill, json!({"measures": ["orders.share_of_country"]})).await, json!([[1.0]]));
    }
}

#[tokio::test]
async fn what_a_join_leads_to_is_the_same_by_the_name_of_its_model() {
    let ward = Ward::new().await;
    let mills = shops(&ward).await;
    change(&mills[0], "orders", json!({"joins": [{"name": "buyer", "model": "customers", "on": [{"column": "customer", "other": "id"}]}]})).await;
    let of = |name: &str, kind: &str| json!({"name": name, "label": name, "kind": kind, "measure": "revenue", "within": ["buyer.country"]});
    add(&mills[0], json!([of("share_of_country", "share_of_total"), of("place_in_country", "rank")])).await.unwrap();
    for mill in &mills {
        for country in ["buyer.country", "customers.country"] {
            let measures = ["orders.share_of_country", "orders.place_in_country"];
            let order = json!([[country, "asc"], ["orders.status", "asc"]]);
            let found = rows(mill, json!({"measures": measures, "dimensions": [country, "orders.status"], "order": order})).await;
            let expected =
                json!([["IT", "paid", 1.0, 1], ["NO", "open", 20.0 / 30.0, 1], ["NO", "paid", 10.0 / 30.0, 2], [null, "open", 70.0 / 130.0, 1], [null, "paid", 60.0 / 130.0, 2]]);
            assert_eq!(found, expected, "{country}");
        }
    }
}

#[tokio::test]
async fn a_bucket_of_time_is_something_to_be_alike_in() {
    let ward = Ward::new().await;
    for mill in &compared(&ward).await {
        let month = json!([{"dimension": "orders.at", "granularity": "month"}]);
        let asked = json!({"measures": ["orders.share_of_month", "orders.share_of_both"], "dimensions": ["orders.status"], "timeDimensions": month});
        let (january, february, march) = ("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z");
        let expected = json!([
            [january, "open", 20.0 / 30.0, 1.0],
            [january, "paid", 10.0 / 30.0, 1.0],
            [february, "paid", 1.0, 1.0],
            [march, "open", 70.0 / 180.0, 1.0],
            [march, "paid", 110.0 / 180.0, 1.0]
        ]);
        assert_eq!(rows(mill, asked.clone()).await, expected);
        let verified = mill.verify(&serde_json::from_value(asked).unwrap()).await.unwrap();
        assert!(verified.equal, "{:?}", verified.differences);
        // Beside another table of events: what that alone has is no part of anything.
        let refunds = json!({"measures": ["orders.share_of_month", "returns.sum_refund"], "dimensions": ["customers.country"], "timeDimensions": month});
        let found = rows(mill, refunds).await;
        assert_eq!(found, json!([[january, "NO", 1.0, null], [february, "IT", 1.0, 5], [march, "IT", 50.0 / 180.0, 13], [march, null, 130.0 / 180.0, null]]));
    }
}

#[tokio::test]
async fn what_cannot_be_compared_is_not_saved() {
    let ward = Ward::new().await;
    let [mill, _] = compared(&ward).await;
    for (measure, says) in [
        (json!({"name": "m", "label": "M", "kind": "sum", "column": "amount", "within": ["status"]}), "only the kinds share_of_total and rank take"),
        (json!({"name": "m", "label": "M", "kind": "cumulative", "measure": "revenue", "within": ["status"]}), "only the kinds share_of_total and rank take"),
        (json!({"name": "m", "label": "M", "kind": "rank", "measure": "revenue", "within": ["statsu"]}), "did you mean status?"),
        (json!({"name": "m", "label": "M", "kind": "rank", "measure": "revenue", "within": ["revenue"]}), "is a measure"),
        (json!({"name": "m", "label": "M", "kind": "share_of_total", "measure": "revenue", "within": ["customer.country"]}), "did you mean customers?"),
    ] {
        let error = add(&mill, json!([measure])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.field().unwrap_or_default().starts_with("measures[") && error.message().contains(says), "{measure}: {error}");
    }
}

#[tokio::test]
async fn what_is_hidden_is_nothing_to_be_alike_in() {
    let ward = Ward::new().await;
    let [mill, _] = compared(&ward).await;
    let (orders, customers) = (DatasetName::parse("orders").unwrap(), DatasetName::parse("customers").unwrap());
    let scope = Scope::of(TenantId::parse("acme").unwrap()).hiding(orders, "status").hiding(customers, "country");
    let seen = ward.engine.mill(scope);
    let model = seen.model("orders").await.unwrap();
    let within = |name: &str| model.measures.iter().find(|measure| measure.name == name).unwrap().within.clone();
    assert_eq!((within("share_of_country"), within("share_of_both")), (Vec::<String>::new(), vec!["at".to_owned()]));
    assert_eq!(rows(&seen, json!({"measures": ["orders.share_of_both"]})).await, json!([[1.0]]));
    let (_, message) = refused(&seen, json!({"measures": ["orders.share_of_country"], "dimensions": ["customers.country"]})).await;
    assert!(message.contains("no member"), "{message}");
    assert_eq!(rows(&mill, json!({"measures": ["orders.share_of_country"]})).await, json!([[1.0]]));
}
