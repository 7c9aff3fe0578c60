//! The paths of views: what joins call otherwise than by its name, and ways that a question of the models would not go.

use serde_json::{Value, json};
use tidemill::{Csv, Mill};

use super::{answer, not_saved, refused, save};
use crate::composed::{change, shop};
use crate::ward::Ward;

/// Flights with two joins to the airports.
async fn flights(ward: &Ward) -> Mill {
    let mill = ward.mill.clone();
    for (name, rows) in [
        ("flights", "origin,dest,seats\nJFK,FCO,10\nFCO,JFK,20\nJFK,MXP,30\nLAX,JFK,40\n"),
        ("airports", "faa,country\nJFK,US\nLAX,US\nFCO,IT\nMXP,IT\nOSL,NO\n"),
        ("countries", "code,title\nUS,United States\nIT,Italy\nNO,Norway\n"),
    ] {
        mill.load(name, Csv::bytes(rows)).await.unwrap();
    }
    let to_airports = |name: &str| json!({"name": name, "model": "airports", "on": [{"column": name, "other": "faa"}]});
    let italian = json!([{"name": "italian", "label": "Italian", "filters": [{"member": "airports.country", "operator": "equals", "values": ["IT"]}]}]);
    change(&mill, "airports", json!({"joins": [{"name": "countries", "on": [{"column": "country", "other": "code"}]}], "segments": italian})).await;
    change(&mill, "flights", json!({"joins": [to_airports("origin"), to_airports("dest")]})).await;
    mill
}

#[tokio::test(flavor = "multi_thread")]
async fn one_model_may_be_reached_by_several_joins() {
    let ward = Ward::new().await;
    let mill = flights(&ward).await;
    let view = json!({"name": "air", "label": "Air", "include": [
        {"path": "flights", "members": ["count", "sum_seats"]},
        {"path": "flights.origin", "members": [{"name": "faa", "alias": "from"}, {"name": "country", "alias": "from_country"}]},
        {"path": "flights.dest", "members": "*", "prefix": true, "alias": "to"}
    ]});
    save(&mill, view).await.unwrap();
    let detail = mill.view_detail("air").await.unwrap();
    // Measures of airports count airports, whichever join leads there: they are not the view's.
    assert_eq!(detail.measures.iter().map(|measure| measure.name.as_str()).collect::<Vec<_>>(), ["count", "sum_seats"]);
    assert_eq!(detail.dimensions.iter().map(|dimension| dimension.member.as_str()).collect::<Vec<_>>(), ["origin.faa", "origin.country", "dest.faa", "dest.country"]);
    assert_eq!(detail.segments.iter().map(|segment| (segment.name.as_str(), segment.member.as_str())).collect::<Vec<_>>(), [("to_italian", "dest.italian")]);
    for (of_view, of_models) in [
        (
            json!({"measures": ["air.sum_seats"], "dimensions": ["air.from_country", "air.to_country"]}),
            json!({"measures": ["flights.sum_seats"], "dimensions": ["origin.country", "dest.country"]}),
        ),
        (
            json!({"measures": ["air.count"], "dimensions": ["air.from"], "segments": ["air.to_italian"]}),
            json!({"measures": ["flights.count"], "dimensions": ["origin.faa"], "filters": [{"member": "dest.country", "operator": "equals", "values": ["IT"]}]}),
        ),
        // Of one lookup alone its own rows say what there is.
        (json!({"dimensions": ["air.to_faa"]}), json!({"dimensions": ["airports.faa"]})),
        (
            json!({"dimensions": ["air.from"], "filters": [{"member": "air.from_country", "operator": "equals", "values": ["US"]}]}),
            json!({"dimensions": ["airports.faa"], "filters": [{"member": "airports.country", "operator": "equals", "values": ["US"]}]}),
        ),
        (json!({"dimensions": ["air.to_country"], "segments": ["air.to_italian"]}), json!({"dimensions": ["airports.country"], "segments": ["airports.italian"]})),
    ] {
        assert_eq!(answer(&mill, &of_view).await["data"], answer(&mill, &of_models).await["data"], "{of_view}");
    }
    let (field, message) = refused(&mill, json!({"dimensions": ["air.from", "air.to_faa"]})).await;
    assert!(field == "measures" && message.contains("looked up by rows of flights"), "{message}");
    assert_eq!(mill.values("air.from", None, 10, 0).await.unwrap().values.len(), 5);

    let with = |path: &str, member: &str| json!({"name": "it", "label": "It", "include": [{"path": "flights", "members": ["count"]}, {"path": path, "members": [member]}]});
    let (field, message) = not_saved(&mill, with("flights.origin", "count")).await;
    assert!(field == "include[1].members[0]" && message.contains("count is a measure of airports"), "{message}");
    // Two ways of one length: a path cannot say which of them a question goes.
    let (field, message) = not_saved(&mill, with("flights.origin.countries", "title")).await;
    assert_eq!(field, "include[1].path");
    for part in ["flights > origin > countries", "flights > dest > countries"] {
        assert!(message.contains(part), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn measures_of_several_models_go_the_ways_of_the_paths_or_are_refused() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let view = |customers: &str| {
        json!({"name": "trade", "label": "Trade", "include": [
            {"path": "orders", "members": ["revenue", "at", "status"]},
            {"path": "orders.returns", "members": ["sum_refund"]},
            {"path": customers, "members": ["country"]}
        ]})
    };
    // Returns have a customer of their own, who need not be that of the order.
    let (field, message) = not_saved(&mill, view("orders.customers")).await;
    assert_eq!(field, "include[2].path");
    assert!(message.contains("the path leads returns > orders > customers, but a question goes returns > customers"), "{message}");
    let buyer = json!([{"name": "buyer", "model": "customers", "on": [{"column": "customer", "other": "id"}]}]);
    change(&mill, "orders", json!({"joins": buyer})).await;
    save(&mill, view("orders.buyer")).await.unwrap();
    let by = |measures: Value, country: &str| json!({"measures": measures, "dimensions": [country]});
    let of_view = answer(&mill, &by(json!(["trade.revenue", "trade.sum_refund"]), "trade.country")).await;
    assert_eq!(of_view["data"], answer(&mill, &by(json!(["orders.revenue", "returns.sum_refund"]), "buyer.country")).await["data"]);
    // Two returns of one order count its revenue once, and both have a bucket by the time that they share.
    assert_eq!(answer(&mill, &json!({"measures": ["trade.revenue", "trade.sum_refund"]})).await["data"], json!([[280], [18]]));
    let months = |prefix: &str, refund: &str, at: &str| json!({"measures": [format!("{prefix}.revenue"), refund], "timeDimensions": [{"dimension": at, "granularity": "month"}]});
    let (of_view, of_models) = (months("trade", "trade.sum_refund", "trade.at"), months("orders", "returns.sum_refund", "orders.at"));
    assert_eq!(answer(&mill, &of_view).await["data"], answer(&mill, &of_models).await["data"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_measure_no_other_way_is_gone() {
    let ward = Ward::new().await;
    let mill = ward.mill.clone();
    for (name, rows) in [
        ("orders", "customer,shipped_to,amount\nAnn,NO,10\nBob,IT,20\n"),
        ("customers", "name,home,city\nAnn,IT,Rome\nBob,IT,Milan\n"),
        ("countries", "code,title\nIT,Italy\nNO,Norway\n"),
    ] {
        mill.load(name, Csv::bytes(rows)).await.unwrap();
    }
    let join = |to: &str, column: &str, other: &str| json!({"name": to, "on": [{"column": column, "other": other}]});
    change(&mill, "customers", json!({"joins": [join("countries", "home", "code")]})).await;
    change(&mill, "orders", json!({"joins": [join("customers", "customer", "name"), join("countries", "shipped_to", "code")]})).await;
    let view = json!({"name": "sales", "label": "Sales", "include": [
        {"path": "orders", "members": ["sum_amount"]}, {"path": "orders.customers", "members": ["name", "city"]}, {"path": "orders.countries", "members": ["title"]}
    ]});
    save(&mill, view).await.unwrap();
    // Ann's order went to Norway, and she lives in Italy.
    let question = json!({"measures": ["sales.sum_amount"], "dimensions": ["sales.title"], "filters": [{"member": "sales.name", "operator": "equals", "values": ["Ann"]}]});
    assert_eq!(answer(&mill, &question).await["data"], json!([["Norway"], [10]]));
    for question in [
        json!({"dimensions": ["sales.name", "sales.title"]}),
        json!({"dimensions": ["sales.name"], "filters": [{"member": "sales.title", "operator": "equals", "values": ["Italy"]}]}),
    ] {
        let (_, message) = refused(&mill, question).await;
        assert!(message.contains("without a measure") && message.contains("a question goes customers > countries"), "{message}");
    }
    assert_eq!(
        answer(&mill, &json!({"dimensions": ["sales.name"], "filters": [{"member": "sales.city", "operator": "equals", "values": ["Rome"]}]})).await["data"],
        json!([["Ann"]])
    );
}
