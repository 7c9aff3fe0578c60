//! What a view says of its members for people, titles, formats and folders, is told with them and with answers, and changes no
//! number.

use serde_json::{Value, json};
use tidemill::{Csv, DatasetName, FolderMember, Mill, Scope, TenantId, View};

use super::{answer, not_saved, save};
use crate::composed::change;
use crate::ward::Ward;

/// The shop, with a named filter that no measure is called as.
async fn shop(ward: &Ward) -> Mill {
    let mill = crate::composed::shop(ward).await;
    let open = json!([{"name": "open", "label": "Open", "filters": [{"member": "orders.status", "operator": "notEquals", "values": ["paid"]}]}]);
    change(&mill, "orders", json!({"segments": open})).await;
    mill
}

fn view() -> Value {
    json!({"name": "desk", "label": "Desk", "include": [
        {"path": "orders", "members": [
            {"name": "revenue", "label": "Turnover", "description": "Of all orders", "format": "currency_eur", "meta": {"owner": "shop"}},
            {"name": "count", "format": ".2s"},
            {"name": "at", "format": "%d.%m.%Y"},
            {"name": "status", "description": "Where it is"},
            {"name": "open", "label": "Open ones", "description": "Without what is paid", "meta": {"since": 2024}},
        ]},
        {"path": "orders.customers", "members": ["country"], "prefix": true},
    ], "folders": [
        {"name": "Money", "includes": ["revenue", "open", {"name": "Who", "includes": [{"path": "orders.customers"}, "status"]}]},
        {"name": "Everything", "includes": "*"},
    ]})
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_written_as_the_view_says() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    save(&mill, view()).await.unwrap();
    let asked = json!({"measures": ["desk.revenue", "desk.count"], "dimensions": ["desk.status", "desk.customers_country"], "pivot": ["desk.status"]});
    let told = answer(&mill, &asked).await;
    let columns = told["columns"].as_array().unwrap();
    let of = |end: &str| columns.iter().find(|column| column["name"].as_str().unwrap().ends_with(end)).unwrap_or_else(|| panic!("no {end} among {columns:?}"));
    assert_eq!(of("desk.revenue")["format"], "currency_eur");
    assert!(of("desk.revenue")["label"].as_str().unwrap().ends_with("Turnover"), "{columns:?}");
    assert_eq!((&of("desk.count")["format"], &of("desk.customers_country")["format"]), (&json!(".2s"), &Value::Null));
    let plain = answer(&mill, &json!({"measures": ["desk.revenue"], "timeDimensions": [{"dimension": "desk.at", "granularity": "month"}], "totals": true})).await;
    assert_eq!((&plain["columns"][0]["format"], &plain["columns"][1]["label"]), (&json!("%d.%m.%Y"), &json!("Turnover")));
    assert_eq!(plain["totals"][0]["columns"][0]["format"], "currency_eur");
    // The numbers are those of the models, whose words stay what they were.
    let of_models = answer(&mill, &json!({"measures": ["orders.revenue"], "timeDimensions": [{"dimension": "orders.at", "granularity": "month"}]})).await;
    assert_eq!(plain["data"], of_models["data"]);
    assert_ne!(of_models["columns"][1]["label"], "Turnover");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_tells_what_its_members_are_and_where_they_lie() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    save(&mill, view()).await.unwrap();
    let stored: View = serde_json::from_value(view()).unwrap();
    assert_eq!(mill.view("desk").await.unwrap(), View { version: 1, ..stored });
    let detail = mill.view_detail("desk").await.unwrap();
    let told = serde_json::to_value(&detail).unwrap();
    let revenue = &told["measures"][0];
    assert_eq!((&revenue["description"], &revenue["meta"], &revenue["format"]), (&json!("Of all orders"), &json!({"owner": "shop"}), &json!("currency_eur")));
    assert_eq!((&told["dimensions"][0]["format"], &told["dimensions"][1]["description"]), (&json!("%d.%m.%Y"), &json!("Where it is")));
    assert_eq!((&told["segments"][0]["description"], &told["segments"][0]["meta"]), (&json!("Without what is paid"), &json!({"since": 2024})));
    assert!(told["measures"][1].get("description").is_none() && told["measures"][1].get("meta").is_none(), "{told}");
    assert_eq!(
        told["folders"],
        json!([
            {"name": "Money", "members": ["revenue", "open", {"name": "Who", "members": ["customers_country", "status"]}]},
            {"name": "Everything", "members": ["revenue", "count", "at", "status", "open", "customers_country"]},
        ])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_view_says_nothing_of_is_told_as_in_the_model() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let mut model = serde_json::to_value(mill.model("orders").await.unwrap()).unwrap();
    for list in ["dimensions", "measures", "segments"] {
        for member in model[list].as_array_mut().unwrap() {
            member["description"] = json!(format!("The {} of the model", member["name"].as_str().unwrap()));
            member["meta"] = json!({"from": "model"});
        }
    }
    let version = model["version"].as_u64().unwrap();
    mill.update_model(serde_json::from_value(model).unwrap(), version).await.unwrap();
    save(&mill, view()).await.unwrap();
    save(&mill, json!({"name": "all", "label": "All", "include": [{"path": "orders", "members": "*", "prefix": true}]})).await.unwrap();
    let detail = serde_json::to_value(mill.view_detail("desk").await.unwrap()).unwrap();
    let said = |member: &Value| json!([member["name"], member["description"], member["meta"]]);
    let told = |list: &str| detail[list].as_array().unwrap().iter().map(said).collect::<Vec<_>>();
    assert_eq!(told("measures"), [json!(["revenue", "Of all orders", {"owner": "shop"}]), json!(["count", "The count of the model", {"from": "model"}])]);
    assert_eq!(
        told("dimensions"),
        [
            json!(["at", "The at of the model", {"from": "model"}]),
            json!(["status", "Where it is", {"from": "model"}]),
            // Of customers nothing is said.
            json!(["customers_country", null, null]),
        ]
    );
    assert_eq!(told("segments"), [json!(["open", "Without what is paid", {"since": 2024}])]);
    // What is taken with all others has no words but those.
    let all = mill.view_detail("all").await.unwrap();
    assert_eq!(all.segments[0].description.as_deref(), Some("The open of the model"));
    assert!(all.dimensions.iter().all(|dimension| dimension.description.is_some()), "{all:?}");
    // The definition says what it said.
    assert_eq!(detail["definition"]["include"][0]["members"], view()["include"][0]["members"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_offered_is_asked_by_its_name_and_through_views() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let question = json!({"measures": ["orders.revenue"], "dimensions": ["orders.status"], "segments": ["orders.open"], "order": {"orders.status": "asc"}});
    let before = answer(&mill, &question).await["data"].clone();
    let mut model = serde_json::to_value(mill.model("orders").await.unwrap()).unwrap();
    model["public"] = json!(false);
    for (list, name) in [("dimensions", "status"), ("measures", "revenue"), ("segments", "open")] {
        let member = model[list].as_array_mut().unwrap().iter_mut().find(|member| member["name"] == name).unwrap();
        member["public"] = json!(false);
    }
    let version = model["version"].as_u64().unwrap();
    mill.update_model(serde_json::from_value(model).unwrap(), version).await.unwrap();
    assert_eq!(answer(&mill, &question).await["data"], before);
    assert!(mill.models().await.unwrap().iter().any(|model| model.name == "orders" && !model.public));

    save(&mill, json!({"name": "all", "label": "All", "include": [{"path": "orders", "members": "*"}]})).await.unwrap();
    save(&mill, view()).await.unwrap();
    let asked = json!({"measures": ["all.revenue"], "dimensions": ["all.status"], "segments": ["all.open"], "order": {"all.status": "asc"}});
    assert_eq!(answer(&mill, &asked).await["data"], before);
    let hidden = |detail: &tidemill::ViewDetail| {
        let dimensions = detail.dimensions.iter().filter(|shown| !shown.public).map(|shown| shown.name.clone());
        let measures = detail.measures.iter().filter(|shown| !shown.public).map(|shown| shown.name.clone());
        let segments = detail.segments.iter().filter(|shown| !shown.public).map(|shown| shown.name.clone());
        dimensions.chain(measures).chain(segments).collect::<Vec<_>>()
    };
    // What comes with all others is as the model says, and what is listed by its name is offered.
    assert_eq!(hidden(&mill.view_detail("all").await.unwrap()), ["status", "revenue", "open"]);
    assert!(hidden(&mill.view_detail("desk").await.unwrap()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_scope_does_not_see_lies_in_no_folder() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("country,amount,margin\nDE,1,10\nFR,2,20\n")).await.unwrap();
    let folders =
        json!([{"name": "Money", "includes": ["sum_amount", {"name": "Kept", "includes": ["sum_margin"]}, "sum_margin"]}, {"name": "Secret", "includes": ["sum_margin"]}]);
    let members = json!(["country", "sum_amount", {"name": "sum_margin", "description": "What the margin is"}]);
    save(&ward.mill, json!({"name": "desk", "label": "Desk", "include": [{"path": "orders", "members": members}], "folders": folders}))
        .await
        .unwrap();
    let scope = Scope::of(TenantId::parse("acme").unwrap()).hiding(DatasetName::parse("orders").unwrap(), "margin");
    let seen = ward.engine.mill(scope).view_detail("desk").await.unwrap();
    assert_eq!(serde_json::to_value(&seen.folders).unwrap(), json!([{"name": "Money", "members": ["sum_amount"]}]));
    let told = serde_json::to_string(&seen).unwrap();
    assert!(!told.contains("margin") && !told.contains("Secret") && !told.contains("Kept"), "{told}");
    assert_eq!(ward.mill.view_detail("desk").await.unwrap().folders.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_folders_cannot_hold_is_refused() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let with = |key: &str, value: Value| {
        let mut view = view();
        *view.pointer_mut(key).unwrap() = value;
        view
    };
    for (view, at, expected) in [
        (with("/folders/0/includes/0", json!("revenu")), "folders[0].includes[0]", "view desk has no member \"revenu\"; did you mean revenue?"),
        (with("/folders/0/includes/2/includes/1", json!("country")), "folders[0].includes[2].includes[1]", "no member \"country\""),
        (with("/folders/0/includes/1", json!("revenue")), "folders[0].includes[1]", "stands twice"),
        (with("/folders/1/name", json!("Money")), "folders[1].name", "give one of them another name"),
        (with("/include/0/members/3/description", json!("x".repeat(10_001))), "include[0].members[3].description", "at most 10000"),
        (with("/include/0/members/4", json!({"name": "open", "format": "d"})), "include[0].members[4].format", "named filter"),
    ] {
        let (field, message) = not_saved(&mill, view).await;
        assert!(field == at && message.contains(expected), "{field}: {message}");
    }
    // A folder within may have the name of one around it.
    save(&mill, with("/folders/0/includes/2/name", json!("Money"))).await.unwrap();
    // What follows the model has what a load brings.
    let follows = json!({"name": "people", "label": "People", "include": [{"path": "customers", "members": "*"}], "folders": [{"name": "F", "includes": [{"path": "customers"}]}]});
    save(&mill, follows).await.unwrap();
    mill.load("customers", Csv::bytes("id,name,country,town\nz,Zoe,IT,Pisa\n")).await.unwrap();
    let detail = mill.view_detail("people").await.unwrap();
    assert!(detail.folders[0].members.contains(&FolderMember::Member("town".to_owned())), "{detail:?}");
}
