//! Views that do not hold: refused when they are saved, kept from being broken by a model, and told where rows broke them.

use serde_json::{Value, json};
use tidemill::{Csv, ErrorKind, Model};

use super::{answer, not_saved, refused, sales, save};
use crate::composed::{change, shop};
use crate::ward::Ward;

fn with(include: &Value) -> Value {
    json!({"name": "it", "label": "It", "include": include})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_does_not_hold_is_not_stored() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    for (view, field, expected) in [
        (json!({"name": "It", "label": "It", "include": [{"path": "orders", "members": "*"}]}), "name", "view name \"It\" is not valid"),
        (json!({"name": "orders", "label": "It", "include": [{"path": "orders", "members": "*"}]}), "name", "orders is a dataset"),
        (with(&json!([])), "include", "from one model at least"),
        (with(&json!([{"path": "ordres", "members": "*"}])), "include[0].path", "there is no model \"ordres\""),
        (with(&json!([{"path": "orders.custmers", "members": "*"}])), "include[0].path", "did you mean customers?"),
        (with(&json!([{"path": "orders", "members": "*"}, {"path": "customers", "members": "*"}])), "include[1].path", "begin with one model, here orders"),
        (with(&json!([{"path": "orders", "members": ["revenu"]}])), "include[0].members[0]", "did you mean revenue?"),
        (with(&json!([{"path": "orders", "members": "*", "except": ["revenu"]}])), "include[0].except[0]", "did you mean revenue?"),
        (with(&json!([{"path": "orders", "members": ["count"], "except": ["revenue"]}])), "include[0].except", "members are listed here"),
        (with(&json!([{"path": "orders", "members": []}])), "include[0].members", "lists 1 to"),
        (with(&json!([{"path": "orders", "members": [{"name": "count", "alias": "a.b"}]}])), "include[0]", "without dots"),
        (with(&json!([{"path": "orders", "members": ["count"]}, {"path": "orders.customers", "members": ["count"]}])), "include[1]", "both orders.count and customers.count"),
        (with(&json!([{"path": "orders", "members": ["count", {"name": "count", "alias": "again"}]}])), "include[0]", "twice, as count and as again"),
    ] {
        let (at, message) = not_saved(&mill, view.clone()).await;
        assert!(message.contains(expected), "{view}: {message}");
        assert_eq!(at, field, "{view}: {message}");
    }
    assert_eq!(mill.views().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_views_are_nobody_elses() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    save(&mill, sales()).await.unwrap();
    let error = mill.load("sales", Csv::bytes("a\n1\n")).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.message().contains("sales is a view"), "{error}");
    let model = mill.model("returns").await.unwrap();
    let mut joins = model.joins.clone();
    (joins[1].name, joins[1].model) = ("sales".into(), Some("customers".into()));
    let version = model.version;
    let error = mill.update_model(Model { joins, ..model }, version).await.unwrap_err();
    assert!(error.message().contains("sales is a view"), "{error}");
    change(&mill, "returns", json!({"joins": [{"name": "order", "model": "orders", "on": [{"column": "order_id", "other": "id"}]}]})).await;
    let (field, message) = not_saved(&mill, json!({"name": "order", "label": "O", "include": [{"path": "orders", "members": "*"}]})).await;
    assert!(field == "name" && message.contains("what returns calls one of its joins"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_would_break_a_view_is_refused_with_its_member() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    save(&mill, sales()).await.unwrap();
    let model = mill.model("countries").await.unwrap();
    let renamed = || {
        let mut renamed = model.clone();
        renamed.dimensions.iter_mut().filter(|dimension| dimension.name == "title").for_each(|dimension| {
            (dimension.name, dimension.column) = ("name".into(), Some("title".into()));
        });
        renamed
    };
    let error = mill.update_model(renamed(), model.version).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("the view sales would be broken at include[2].members[0]: countries has no member \"title\""), "{error}");
    // Without the join nothing leads to the countries.
    let customers = mill.model("customers").await.unwrap();
    let version = customers.version;
    let error = mill.update_model(Model { joins: Vec::new(), ..customers }, version).await.unwrap_err();
    assert!(error.message().contains("the view sales would be broken at include[2].path"), "{error}");
    // What the view does not take may change, and so may what it takes once it takes it no more. A file may bring both at once.
    let mut narrower = sales();
    narrower["include"][2] = json!({"path": "orders.customers.countries", "members": [{"name": "name", "alias": "nation"}]});
    mill.check_view(&serde_json::from_value(narrower.clone()).unwrap(), &[renamed()]).await.unwrap();
    assert!(mill.check_view(&serde_json::from_value(narrower.clone()).unwrap(), &[]).await.is_err());
    let mut without = sales();
    without["include"].as_array_mut().unwrap().pop();
    save(&mill, without).await.unwrap();
    mill.update_model(renamed(), model.version).await.unwrap();
    save(&mill, narrower).await.unwrap();
    assert_eq!(answer(&mill, &json!({"measures": ["sales.revenue"], "dimensions": ["sales.nation"]})).await["row_count"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rows_have_broken_is_told_and_the_rest_is_answered() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let both = json!({"name": "both", "label": "Both", "include": [{"path": "orders", "members": "*"}, {"path": "orders.customers", "members": ["country"]}]});
    save(&mill, both).await.unwrap();
    assert_eq!(mill.view_detail("both").await.unwrap().problems, Vec::<String>::new());
    // A load brings a column with the name of something else: which one is meant nobody can say.
    mill.load("orders", Csv::bytes("id,customer,at,amount,status,country\n8,a,2024-03-04T10:00:00Z,80,paid,SE\n")).await.unwrap();
    let problems = mill.view_detail("both").await.unwrap().problems;
    assert!(problems.len() == 1 && problems[0].contains("country would be both orders.country and customers.country"), "{problems:?}");
    let (field, message) = refused(&mill, json!({"measures": ["both.revenue"], "dimensions": ["both.country"]})).await;
    assert!(field == "dimensions[0]" && message.contains("give one of them an alias"), "{message}");
    assert_eq!(answer(&mill, &json!({"measures": ["both.revenue"]})).await["data"], json!([[360]]));
    // What was broken before keeps nobody from changing a model.
    change(&mill, "orders", json!({"label": "Our orders"})).await;

    save(&mill, sales()).await.unwrap();
    mill.delete_dataset("countries").await.unwrap();
    let detail = mill.view_detail("sales").await.unwrap();
    assert!(detail.problems.iter().any(|problem| problem.contains("include[2].path: there is no model \"countries\"")), "{:?}", detail.problems);
    assert!(detail.dimensions.iter().all(|dimension| dimension.name != "nation") && detail.measures.iter().any(|measure| measure.name == "revenue"));
    assert!(refused(&mill, json!({"measures": ["sales.revenue"], "dimensions": ["sales.nation"]})).await.1.contains("no member \"nation\""));
    assert_eq!(answer(&mill, &json!({"measures": ["sales.revenue"]})).await["data"], json!([[360]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn hierarchies_are_checked_and_shown_as_far_as_their_levels() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let hierarchies = |levels: Value| json!([{"name": "geo", "label": "Geography", "levels": levels}]);
    change(&mill, "orders", json!({"hierarchies": hierarchies(json!(["countries.title", "customers.name", "status"]))})).await;
    for (levels, expected) in [
        (json!(["customers.contry", "status"]), "did you mean country?"),
        (json!(["returns.refund", "status"]), "no row of orders belongs to one of returns"),
        (json!(["status", "revenue"]), "is a measure"),
    ] {
        let mut model = serde_json::to_value(mill.model("orders").await.unwrap()).unwrap();
        model["hierarchies"] = hierarchies(levels);
        let model: Model = serde_json::from_value(model).unwrap();
        let version = model.version;
        let error = mill.update_model(model, version).await.unwrap_err();
        assert!(error.message().starts_with("hierarchy geo: ") && error.message().contains(expected), "{error}");
        assert!(error.field().is_some_and(|field| field.starts_with("hierarchies[0].levels[")), "{error}");
    }
    save(&mill, sales()).await.unwrap();
    let detail = mill.view_detail("sales").await.unwrap();
    let shown: Vec<(&str, Vec<&str>)> = detail.hierarchies.iter().map(|found| (found.name.as_str(), found.levels.iter().map(String::as_str).collect())).collect();
    assert_eq!(shown, [("geo", vec!["nation", "customers_name", "state"])]);
    assert_eq!(detail.time_dimension.as_deref(), Some("ordered_at"));
    // With one level left there is no hierarchy.
    let mut narrower = sales();
    narrower["include"].as_array_mut().unwrap().truncate(1);
    save(&mill, narrower).await.unwrap();
    assert_eq!(mill.view_detail("sales").await.unwrap().hierarchies, []);
}
