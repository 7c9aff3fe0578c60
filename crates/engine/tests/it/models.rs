//! What is refused when a model is saved, with its place, so that no question has to find out; and what is let through.

use serde_json::{Value, json};
use tidemill::{Csv, DatasetName, ErrorKind, Mill, Model, Scope, TenantId};

use crate::ward::Ward;

async fn shop() -> Ward {
    let ward = Ward::new().await;
    ward.mill
        .load("orders", Csv::bytes("at,city,amount,paid\n2013-01-02T10:00:00Z,Rome,2,true\n2013-01-03T10:00:00Z,Oslo,4,false\n"))
        .await
        .unwrap();
    ward.mill.load("visits", Csv::bytes("day,place,seconds\n2013-01-02,Rome,2.5\n")).await.unwrap();
    ward
}

/// A model with parts put in: lists go on with them, anything else is replaced.
async fn with(mill: &Mill, name: &str, parts: &Value) -> Model {
    let mut model = serde_json::to_value(mill.model(name).await.unwrap()).unwrap();
    for (key, part) in parts.as_object().unwrap() {
        match (model.get_mut(key).and_then(Value::as_array_mut), part) {
            (Some(list), Value::Array(more)) => list.extend(more.iter().cloned()),
            _ => model[key] = part.clone(),
        }
    }
    serde_json::from_value(model).unwrap()
}

async fn refused(mill: &Mill, name: &str, parts: Value) -> (String, String) {
    let model = with(mill, name, &parts).await;
    let version = model.version;
    let error = mill.update_model(model, version).await.expect_err(&parts.to_string());
    assert_eq!(error.kind(), ErrorKind::Invalid, "{parts}: {error}");
    (error.field().unwrap_or_default().to_owned(), error.message().to_owned())
}

async fn saved(mill: &Mill, name: &str, parts: Value) {
    let model = with(mill, name, &parts).await;
    let version = model.version;
    mill.update_model(model, version).await.unwrap_or_else(|error| panic!("{parts}: {error}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_fail_with_the_first_question_is_not_saved() {
    let ward = shop().await;
    let before = ward.mill.model("orders").await.unwrap();
    let (dimensions, measures) = (before.dimensions.len(), before.measures.len());
    let number = |expression: &str| json!({"measures": [{"name": "m", "label": "M", "kind": "number", "expression": expression}]});
    let filtered = |member: &str, operator: &str, values: Value| {
        json!({"measures": [{"name": "m", "label": "M", "kind": "count", "filters": [
            {"member": "orders.city", "operator": "set"},
            {"or": [{"member": "orders.paid", "operator": "equals", "values": [true]}, {"member": member, "operator": operator, "values": values}]}
        ]}]})
    };
    let segment =
        |operator: &str, values: Value| json!({"segments": [{"name": "s", "label": "S", "filters": [{"member": "orders.amount", "operator": operator, "values": values}]}]});
    let dimension = |column_type: &str, key: &str, sql: &str| json!({"dimensions": [{"name": "d", "label": "D", "type": column_type, (key): sql}]});
    let (formula, filter) = (format!("measures[{measures}].expression"), format!("measures[{measures}].filters[1]"));
    let (measure, typed) = (format!("measures[{measures}]"), format!("dimensions[{dimensions}].type"));
    let (column, expression) = (format!("{measure}.column"), format!("{measure}.expression"));
    let (of_dimension, computed) = (format!("dimensions[{dimensions}].column"), format!("dimensions[{dimensions}].expression"));
    for (parts, at, says) in [
        (number("{count} /* ("), &formula, "measure m"),
        (number("{count} + ("), &formula, "measure m"),
        (number("sum({count})"), &formula, "an aggregate"),
        (json!({"measures": [{"name": "m", "label": "M", "kind": "sum", "column": "city"}]}), &column, "computes with a string"),
        (json!({"measures": [{"name": "m", "label": "M", "kind": "avg", "expression": "upper(city)"}]}), &expression, "computes with a string"),
        (json!({"measures": [{"name": "m", "label": "M", "kind": "balance", "column": "paid", "by": ["city"]}]}), &column, "computes with a boolean"),
        (json!({"measures": [{"name": "m", "label": "M", "kind": "sum", "column": "amuont"}]}), &column, "did you mean amount"),
        (
            json!({"measures": [{"name": "m", "label": "M", "kind": "max", "expression": "amuont + 1"}]}),
            &expression,
            "there is no column \"amuont\" in dataset orders; did you mean amount?",
        ),
        (json!({"measures": [{"name": "m", "label": "M", "kind": "sum"}]}), &measure, "needs a column or an expression"),
        (dimension("integer", "column", "amuont"), &of_dimension, "did you mean amount"),
        (dimension("integer", "expression", "amuont + 1"), &computed, "there is no column \"amuont\" in dataset orders; did you mean amount?"),
        (number("{count} + cuont"), &formula, "there is no column \"cuont\" here; did you mean count?"),
        (filtered("orders.amuont", "gt", json!([1])), &filter, "did you mean amount"),
        (filtered("orders.count", "gt", json!([1])), &filter, "is a measure"),
        (filtered("orders.amount", "gt", json!(["much"])), &filter, "is not of type integer"),
        (filtered("orders.amount", "gt", json!([1, 2])), &filter, "takes 1 value"),
        (filtered("orders.amount", "inDateRange", json!(["last 7 days"])), &filter, "needs a timestamp or a date"),
        (filtered("orders.at", "inDateRange", json!(["some day"])), &filter, "some day"),
        (filtered("orders.paid", "equals", json!(["perhaps"])), &filter, "is not of type boolean"),
        (filtered("orders.city", "contains", json!([])), &filter, "at least one value"),
        (segment("equals", json!(["many"])), &"segments[0].filters[0]".to_owned(), "is not of type integer"),
        (segment("between", json!([1])), &"segments[0].filters[0]".to_owned(), "takes 2 value"),
        (dimension("integer", "column", "city"), &typed, "its column is of type string"),
        (dimension("boolean", "expression", "amount + 1"), &typed, "its expression is of type integer"),
        (dimension("timestamp", "expression", "amount > 1"), &typed, "its expression is of type boolean"),
        (dimension("string", "column", "amount"), &typed, "its column is of type integer"),
        (json!({"description": "x".repeat(10_001)}), &"description".to_owned(), "at most 10000"),
        (json!({"measures": [{"name": "m", "label": "M", "kind": "count", "meta": {"x": "x".repeat(50_000)}}]}), &format!("{measure}.meta"), "at most 50000"),
    ] {
        let (field, message) = refused(&ward.mill, "orders", parts.clone()).await;
        assert_eq!(&field, at, "{parts}: {message}");
        assert!(message.contains(says), "{parts}: {message}");
    }
    assert_eq!(ward.mill.model("orders").await.unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_needs_quotes_is_told_with_them() {
    let ward = Ward::new().await;
    ward.mill.load("mixed", Csv::bytes("City,n\nRome,1\nOslo,2\n")).await.unwrap();
    let dimension = |expression: &str| json!({"dimensions": [{"name": "d", "label": "D", "type": "string", "expression": expression}]});
    let (_, message) = refused(&ward.mill, "mixed", dimension("upper(City)")).await;
    assert!(message.ends_with("there is no column \"city\" in dataset mixed; write \"City\", in double quotes"), "{message}");
    saved(&ward.mill, "mixed", dimension("upper(\"City\")")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_asked_is_saved() {
    let ward = shop().await;
    let filters = json!([
        {"member": "orders.at", "operator": "inDateRange", "values": ["this year of data"]},
        {"member": "orders.at", "operator": "onBusinessDays"},
        {"member": "orders.amount", "operator": "contains", "values": ["2"]},
        {"member": "orders.amount", "operator": "gt", "values": ["1.5"]},
        {"member": "orders.city", "operator": "equals", "values": [null, "Rome"]}
    ]);
    saved(
        &ward.mill,
        "orders",
        json!({
            "dimensions": [
                {"name": "share", "label": "Share", "type": "float", "expression": "case when paid then 0 else 0.5 end"},
                {"name": "size", "label": "Size", "type": "string", "expression": "case when amount > 3 then null when paid then 'large' else city end"},
                {"name": "day", "label": "Day", "type": "date", "expression": "at"},
                {"name": "whole", "label": "Whole", "type": "float", "column": "amount"}
            ],
            "measures": [
                {"name": "recent", "label": "Recent", "kind": "sum", "column": "amount", "filters": filters},
                {"name": "latest", "label": "Latest", "kind": "max", "column": "at"},
                {"name": "growth", "label": "Growth", "kind": "number", "expression": "{recent} / {sum_amount} - 1"},
                {"name": "late", "label": "Late", "kind": "number", "expression": "case when {latest} is not null then {growth} else 0 end"}
            ],
            "segments": [{"name": "recent_ones", "label": "Recent", "filters": filters}]
        }),
    )
    .await;
    let asked = json!({"measures": ["orders.recent", "orders.growth", "orders.late"], "dimensions": ["orders.share", "orders.size", "orders.day", "orders.whole"], "segments": ["orders.recent_ones"]});
    ward.mill.query(&serde_json::from_value(asked).unwrap()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_model_and_its_members_is_kept() {
    let ward = shop().await;
    let said = json!({
        "description": "One row an order.\n\nPaid or not.", "meta": {"owner": {"team": "shop", "since": [2024, null]}},
        "dimensions": [{"name": "where", "label": "Where", "description": "The city", "meta": {}, "type": "string", "column": "city"}],
        "measures": [{"name": "sum", "label": "Sum", "description": "Of all", "meta": {"unit": "eur"}, "kind": "sum", "column": "amount"}],
        "segments": [{"name": "paid_ones", "label": "Paid", "description": "In full", "meta": {"a": false}, "filters": [{"member": "orders.paid", "operator": "equals", "values": [true]}]}]
    });
    saved(&ward.mill, "orders", said.clone()).await;
    let read = serde_json::to_value(ward.mill.model("orders").await.unwrap()).unwrap();
    assert_eq!((&read["description"], &read["meta"]), (&said["description"], &said["meta"]));
    for list in ["dimensions", "measures", "segments"] {
        assert_eq!(read[list].as_array().unwrap().last(), said[list].as_array().unwrap().first(), "{list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dimension_is_the_same_as_one_that_is_there() {
    let ward = shop().await;
    let same = |column: &str, column_type: &str, other: &str| json!({"dimensions": [{"name": "d", "label": "D", "type": column_type, "column": column, "same_as": other}]});
    let place = format!("dimensions[{}].same_as", ward.mill.model("visits").await.unwrap().dimensions.len());
    for (parts, says) in [
        (same("day", "date", "orders.att"), "did you mean at"),
        (same("day", "date", "orders.count"), "is a measure"),
        (same("place", "string", "orders.at"), "of type timestamp"),
        (same("day", "date", "day"), "no dimension of another model"),
        (same("day", "date", "visits.day"), "no dimension of another model"),
    ] {
        let (field, message) = refused(&ward.mill, "visits", parts.clone()).await;
        assert!(message.contains(says), "{parts}: {message}");
        assert_eq!(field, place, "{parts}");
    }
    let mut model = with(&ward.mill, "visits", &same("day", "date", "order.at")).await;
    let error = ward.mill.check_model(&model).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some(place.as_str())), "{error}");
    // A day is the same as a time, and what is stored beside counts as it will be.
    saved(&ward.mill, "visits", same("day", "date", "orders.at")).await;
    model.dimensions.last_mut().unwrap().same_as = Some("orders.booked".to_owned());
    assert!(ward.mill.check_model(&model).await.is_err());
    let orders = with(&ward.mill, "orders", &json!({"dimensions": [{"name": "booked", "label": "Booked", "type": "date", "expression": "cast(at as date)"}]})).await;
    ward.mill.check_model_among(&model, &[orders]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_already_goes_on() {
    let ward = shop().await;
    saved(
        &ward.mill,
        "visits",
        json!({
            "dimensions": [{"name": "at", "label": "At", "type": "date", "column": "day", "same_as": "orders.at"}],
            "measures": [{"name": "short", "label": "Short", "kind": "count", "filters": [{"member": "visits.place", "operator": "equals", "values": ["Rome"]}]}]
        }),
    )
    .await;
    ward.mill.delete_dataset("orders").await.unwrap();
    // What it is the same as is gone: it is asked as before, and saved when that is put right.
    assert_eq!(ward.data(r#"{"measures": ["visits.short"], "dimensions": ["visits.at"]}"#).await, json!([["2013-01-02"], [1]]));
    let mut model = ward.mill.model("visits").await.unwrap();
    let version = model.version;
    assert!(ward.mill.update_model(model.clone(), version).await.is_err());
    model.dimensions.last_mut().unwrap().same_as = None;
    ward.mill.update_model(model, version).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_of_the_rows_behind_a_measure_are_dimensions_that_are_there() {
    let ward = shop().await;
    let drill = |names: Value| json!({"measures": [{"name": "income", "label": "Income", "kind": "sum", "column": "amount", "drill": names}]});
    let place = format!("measures[{}].drill", ward.mill.model("orders").await.unwrap().measures.len());
    for (names, at, says) in
        [(json!(["city", "ctiy"]), "[1]", "did you mean city"), (json!(["count"]), "[0]", "is a measure"), (json!(["city", "at", "city"]), "[2]", "shown twice")]
    {
        let (field, message) = refused(&ward.mill, "orders", drill(names.clone())).await;
        assert_eq!(field, format!("{place}{at}"), "{names}");
        assert!(message.contains(says), "{names}: {message}");
    }
    saved(&ward.mill, "orders", drill(json!(["city", "at"]))).await;
    let shown = async |mill: &Mill| mill.model("orders").await.unwrap().measures.pop().unwrap().drill;
    assert_eq!(shown(&ward.mill).await, ["city", "at"]);
    // What a scope hides is shown of no row, and the measure is there all the same.
    let orders = DatasetName::parse("orders").unwrap();
    let hiding = ward.engine.mill(Scope::of(TenantId::parse("acme").unwrap()).hiding(orders, "city"));
    assert_eq!(shown(&hiding).await, ["at"]);
}
