//! Views: what is asked of one is what is asked of its models, told in its own names; what it cannot hold to is refused when it is
//! saved, and what breaks it later when it would.

mod broken;
mod ways;
mod words;

use futures::StreamExt;
use serde_json::{Value, json};
use tidemill::{Csv, DatasetName, ErrorKind, Mill, Scope, TenantId, UserAttributes, View};

use crate::composed::{change, shop, shops};
use crate::live::next;
use crate::ward::Ward;

/// What the view shows, by the names of the models.
const NAMES: [(&str, &str); 14] = [
    ("orders.revenue", "sales.revenue"),
    ("orders.count", "sales.orders"),
    ("orders.mean", "sales.mean"),
    ("orders.buyers", "sales.buyers"),
    ("orders.median", "sales.median"),
    ("orders.share", "sales.share"),
    ("orders.place", "sales.place"),
    ("orders.so_far", "sales.so_far"),
    ("orders.growth", "sales.growth"),
    ("orders.status", "sales.state"),
    ("orders.at", "sales.ordered_at"),
    ("orders.paid", "sales.paid"),
    ("customers.country", "sales.customers_country"),
    ("countries.title", "sales.nation"),
];

pub(crate) fn sales() -> Value {
    json!({"name": "sales", "label": "Sales", "include": [
        {"path": "orders", "members": [
            "revenue", {"name": "count", "alias": "orders", "label": "Number of orders"}, "mean", "buyers", "median", "share", "place", "so_far", "growth",
            {"name": "status", "alias": "state"}, {"name": "at", "alias": "ordered_at"}, "paid"
        ]},
        {"path": "orders.customers", "members": "*", "except": ["id"], "prefix": true},
        {"path": "orders.customers.countries", "members": [{"name": "title", "alias": "nation"}]}
    ]})
}

/// Stores a view, whatever version there is.
pub(crate) async fn save(mill: &Mill, view: Value) -> tidemill::Result<View> {
    let view: View = serde_json::from_value(view).unwrap();
    let version = mill.view(&view.name).await.map_or(0, |view| view.version);
    mill.update_view(view, version).await
}

/// Why a view is not stored: the place and the reason.
async fn not_saved(mill: &Mill, view: Value) -> (String, String) {
    let error = save(mill, view).await.expect_err("it is stored");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    (error.field().unwrap_or_default().to_owned(), error.message().to_owned())
}

async fn answer(mill: &Mill, question: &Value) -> Value {
    mill.query(&serde_json::from_value(question.clone()).unwrap()).await.unwrap_or_else(|error| panic!("{error}: {question}")).to_json()
}

async fn refused(mill: &Mill, question: Value) -> (String, String) {
    match mill.query(&serde_json::from_value(question.clone()).unwrap()).await {
        Ok(answer) => panic!("{question} was answered: {}", answer.to_json()),
        Err(error) => (error.field().unwrap_or_default().to_owned(), error.message().to_owned()),
    }
}

/// Something with the names of the view put in.
fn in_view(value: &Value) -> Value {
    let mut text = value.to_string();
    for (base, asked) in NAMES {
        text = text.replace(&format!("\"{base}\""), &format!("\"{asked}\"")).replace(&format!(", {base}\""), &format!(", {asked}\""));
    }
    let mut value: Value = serde_json::from_str(&text).unwrap();
    relabel(&mut value);
    value
}

/// The label that the view gives to a measure.
fn relabel(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("name") == Some(&json!("sales.orders")) && map.contains_key("label") {
                map.insert("label".to_owned(), json!("Number of orders"));
            }
            map.values_mut().for_each(relabel);
        }
        Value::Array(list) => list.iter_mut().for_each(relabel),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_answers_as_its_models_do_in_all_parts() {
    let ward = Ward::new().await;
    let mills = shops(&ward).await;
    save(&mills[0], sales()).await.unwrap();
    let month = json!({"dimension": "orders.at", "granularity": "month"});
    let questions = [
        json!({"measures": ["orders.revenue", "orders.count"], "dimensions": ["customers.country"], "totals": true}),
        json!({
            "measures": ["orders.revenue", "orders.mean"], "dimensions": ["orders.status"], "order": [["orders.mean", "asc"]],
            "filters": [{"or": [
                {"member": "orders.status", "operator": "equals", "values": ["paid"]},
                {"and": [{"member": "customers.country", "operator": "set"}, {"member": "countries.title", "operator": "equals", "values": ["Norway"]}]}
            ]}]
        }),
        json!({
            "measures": ["orders.revenue", "orders.share"], "dimensions": ["customers.country"], "timeDimensions": [month],
            "top": {"dimension": "customers.country", "limit": 1, "by": "orders.count", "others": true},
            "totals": [["customers.country"], ["orders.at"], []]
        }),
        json!({"measures": ["orders.revenue"], "dimensions": ["countries.title"], "timeDimensions": [month], "pivot": ["countries.title"]}),
        json!({"measures": ["orders.revenue", "orders.buyers"], "dimensions": ["customers.country"], "timeDimensions": [month], "pivot": ["orders.at"], "limit": 2}),
        json!({
            "measures": ["orders.count", "orders.revenue"],
            "timeDimensions": [{"dimension": "orders.at", "granularity": "day", "dateRange": ["2024-01-01", "2024-01-20"], "fill": "zero"}]
        }),
        json!({"measures": ["orders.revenue", "orders.so_far", "orders.growth"], "timeDimensions": [month]}),
        json!({
            "measures": ["orders.revenue"], "dimensions": ["orders.status", "customers.country"], "order": [["orders.revenue", "asc"]], "limit": 2, "offset": 1, "total": true,
            "filters": [{"member": "orders.count", "operator": "gte", "values": [1]}]
        }),
        json!({"measures": ["orders.median", "orders.paid"], "segments": ["orders.paid"], "filters": [{"member": "orders.at", "operator": "afterDate", "values": ["2024-01-31"]}]}),
        json!({"measures": ["orders.revenue"], "dimensions": ["orders.status", "countries.title"], "ungrouped": true}),
        json!({"measures": ["orders.place", "orders.revenue"], "dimensions": ["customers.country"]}),
        json!({"dimensions": ["customers.country"]}),
        json!({"dimensions": ["orders.status", "countries.title"], "timeDimensions": [month], "timezone": "Europe/Oslo"}),
    ];
    for mill in &mills {
        for question in &questions {
            let (of_models, of_view) = (answer(mill, question).await, answer(mill, &in_view(question)).await);
            for part in ["columns", "data", "row_count", "totals", "others"] {
                assert_eq!(of_view[part], in_view(&of_models[part]), "{part} of {question}");
            }
            assert_eq!(of_view["provenance"]["view"], json!({"name": "sales", "version": 1}));
            assert_eq!(of_view["provenance"]["bounds"], in_view(&of_models["provenance"]["bounds"]));
            assert_eq!(of_models["provenance"]["view"], Value::Null);
            // The rows as they are written elsewhere have the names as well.
            let answered = mill.query(&serde_json::from_value(in_view(question)).unwrap()).await.unwrap();
            let fields: Vec<String> = answered.batch.schema().fields().iter().map(|field| field.name().clone()).collect();
            assert_eq!(fields, answered.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_behind_an_answer_is_told_by_both_names() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    save(&mill, sales()).await.unwrap();
    let query = |value: Value| serde_json::from_value(value).unwrap();
    let question = || query(json!({"measures": ["sales.revenue"], "dimensions": ["sales.nation"], "segments": ["sales.paid"]}));
    let lineage = mill.lineage(&question()).await.unwrap();
    let view = lineage.view.unwrap();
    let members: Vec<(&str, &str)> = view.members.iter().map(|(asked, base)| (asked.as_str(), base.as_str())).collect();
    assert_eq!((view.name.as_str(), view.version), ("sales", 1));
    assert_eq!(members, [("sales.nation", "countries.title"), ("sales.paid", "orders.paid"), ("sales.revenue", "orders.revenue")]);
    assert_eq!((lineage.measures[0].member.as_str(), lineage.dimensions[0].model.as_str()), ("orders.revenue", "countries"));
    assert_eq!(lineage.filters[0].segment.as_deref(), Some("orders.paid"));

    let verification = mill.verify(&question()).await.unwrap();
    assert!(verification.equal && verification.rows > 1);
    assert_eq!(verification.answered.view.unwrap().name, "sales");
    assert_eq!(verification.recomputed.view.unwrap().version, 1);
    assert_eq!(mill.explain(&question()).await.unwrap().dataset, "countries, customers, orders");
    let explained = mill.query(&tidemill::SemanticQuery { explain: true, ..question() }).await.unwrap();
    assert_eq!((explained.columns[0].name.as_str(), explained.explanation.unwrap().dataset.as_str()), ("sales.nation", "countries, customers, orders"));
    let plan = mill.plan(&question()).await.unwrap();
    assert_eq!(plan.schema().fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>(), ["sales.nation", "sales.revenue"]);
    // What was computed for a question of the models is kept for the view.
    let alone = json!({"measures": ["orders.mean"], "dimensions": ["orders.status"]});
    answer(&mill, &alone).await;
    assert_eq!(mill.explain(&query(in_view(&alone))).await.unwrap().rows, 0);

    assert_eq!(mill.values("sales.customers_country", None, 10, 0).await.unwrap().values, [json!("IT"), json!("NO")]);
    assert_eq!(mill.values("sales.nation", Some("it"), 10, 0).await.unwrap().values, [json!("Italy")]);
    assert!(mill.values("sales.revenue", None, 10, 0).await.unwrap_err().message().contains("is a measure"));
    assert!(mill.values("sales.naton", None, 10, 0).await.unwrap_err().message().contains("did you mean nation?"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_refused_in_the_names_of_the_view() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    save(&mill, sales()).await.unwrap();
    for (question, field, expected) in [
        (json!({"measures": ["sales.revenu"]}), "measures[0]", "view sales has no member \"revenu\"; did you mean revenue?"),
        (json!({"measures": ["sales.revenue"], "dimensions": ["sales.id"]}), "dimensions[0]", "no member \"id\""),
        (json!({"measures": ["sales.revenue"], "dimensions": ["orders.status"]}), "dimensions[0]", "\"orders.status\" is no member of the view sales"),
        (json!({"measures": ["orders.revenue"], "dimensions": ["sales.state"]}), "measures[0]", "\"orders.revenue\" is no member of the view sales"),
        (
            json!({"measures": ["sales.revenue"], "filters": [{"member": "sales.state", "operator": "set"}, {"or": [{"member": "sales.stat", "operator": "set"}]}]}),
            "filters[1]",
            "did you mean state?",
        ),
        (json!({"measures": ["sales.revenue"], "segments": ["sales.piad"]}), "segments[0]", "did you mean paid?"),
        (json!({"measures": ["sales.revenue"], "order": [["sales.orders", "asc"]]}), "order[0]", "order by \"sales.orders\", which the query does not ask for"),
        (json!({"measures": ["sales.state"]}), "measures[0]", "\"sales.state\" is a dimension"),
        (json!({"measures": ["sales.revenue", "sales.revenue"]}), "", "\"sales.revenue\" is asked for twice"),
        (json!({"measures": ["sales.revenue"], "totals": [["sales.state"]]}), "totals[0]", "a total by \"sales.state\""),
        // Rows of customers do not belong to an order: what the models refuse the view refuses.
        (json!({"measures": ["sales.customers_count"], "dimensions": ["sales.state"]}), "dimensions[0]", "view sales: no row of customers belongs to one of orders"),
    ] {
        let (at, message) = refused(&mill, question.clone()).await;
        assert!(message.contains(expected), "{question}: {message}");
        assert_eq!(at, field, "{question}: {message}");
        assert!(!message.contains("\"orders.count\""), "{message}");
    }
    let (_, message) = refused(&mill, json!({"measures": ["salse.revenue"]})).await;
    assert!(message.contains("did you mean sales?"), "{message}");
    assert!(mill.subscribe(&serde_json::from_value(json!({"measures": ["sales.revenu"]})).unwrap()).await.is_err());
    // Views of others are not there.
    let other = ward.engine.tenant("other").unwrap();
    assert_eq!(other.views().await.unwrap(), []);
    for error in [
        other.view("sales").await.unwrap_err(),
        other.delete_view("sales").await.unwrap_err(),
        other.query(&serde_json::from_value(json!({"measures": ["sales.revenue"]})).unwrap()).await.unwrap_err(),
        other.values("sales.nation", None, 10, 0).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_hold_through_views() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("country,amount,margin\nDE,1,10\nFR,2,20\nDE,4,40\n")).await.unwrap();
    let policy = json!([{"name": "own", "rows": [{"member": "orders.country", "operator": "equals", "values": ["{user.country}"]}], "hidden": ["margin"]}]);
    change(&ward.mill, "orders", json!({"access_policies": policy})).await;
    let view = json!({"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": ["country", {"name": "sum_amount", "alias": "revenue"}, "sum_margin"]}]});
    save(&ward.mill, view.clone()).await.unwrap();
    let scope = || Scope::of(TenantId::parse("acme").unwrap());
    let user = ward.engine.mill(scope().seen_by(UserAttributes::default().with("country", ["DE"])));
    let question = json!({"measures": ["sales.revenue"], "dimensions": ["sales.country"]});
    assert_eq!(answer(&user, &question).await["data"], json!([["DE"], [5]]));
    assert_eq!(answer(&ward.mill, &question).await["data"], json!([["DE", "FR"], [5, 2]]));
    assert_eq!(answer(&user, &question).await["provenance"]["access"], json!([{"dataset": "orders", "policies": ["own"]}]));
    assert_eq!(user.values("sales.country", None, 10, 0).await.unwrap().values, [json!("DE")]);
    // What is hidden is not there, not even its name.
    let detail = user.view_detail("sales").await.unwrap();
    let told = serde_json::to_string(&detail).unwrap();
    assert!(told.contains("revenue") && !told.contains("margin"), "{told}");
    let (_, message) = refused(&user, json!({"measures": ["sales.sum_margi"]})).await;
    assert!(!message.contains("sum_margin"), "{message}");
    assert!(refused(&user, json!({"measures": ["sales.sum_margin"]})).await.1.contains("has no member"));
    // Nor is the view theirs to change.
    for restricted in [user, ward.engine.mill(scope().hiding(DatasetName::parse("orders").unwrap(), "margin"))] {
        assert_eq!(save(&restricted, view.clone()).await.unwrap_err().kind(), ErrorKind::Denied);
        assert_eq!(restricted.delete_view("sales").await.unwrap_err().kind(), ErrorKind::Denied);
    }
    assert_eq!(ward.mill.view("sales").await.unwrap().version, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_get_patches_in_the_names_of_the_view() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("city,amount\nRome,1\nOslo,2\n")).await.unwrap();
    let view = |measure: &str| json!({"name": "sales", "label": "Sales", "include": [{"path": "orders", "members": ["city", {"name": measure, "alias": "revenue"}]}]});
    save(&ward.mill, view("sum_amount")).await.unwrap();
    let query = serde_json::from_value(json!({"measures": ["sales.revenue"], "dimensions": ["sales.city"], "order": [["sales.city", "asc"]]})).unwrap();
    let mut live = ward.mill.subscribe(&query).await.unwrap();
    let first = next(&mut live).await.to_json();
    assert_eq!((&first["result"]["columns"][1]["name"], &first["result"]["data"]), (&json!("sales.revenue"), &json!([["Oslo", "Rome"], [2, 1]])));
    ward.mill.load("orders", Csv::bytes("city,amount\nRome,5\n")).await.unwrap();
    let change = next(&mut live).await.to_json();
    assert_eq!((&change["changed"], &change["provenance"]["view"]["version"]), (&json!({"indices": [1], "data": [["Rome"], [6]]}), &json!(1)));
    // Another meaning of the name is told at once.
    save(&ward.mill, view("count")).await.unwrap();
    let other = next(&mut live).await.to_json();
    assert_eq!(other["result"]["data"], json!([["Oslo", "Rome"], [1, 2]]), "{other}");
    ward.mill.delete_view("sales").await.unwrap();
    let gone = tokio::time::timeout(std::time::Duration::from_secs(20), live.next()).await.unwrap().unwrap().unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound, "{gone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_of_a_view_never_begin_again() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let view: View = serde_json::from_value(sales()).unwrap();
    assert_eq!(mill.update_view(view.clone(), 0).await.unwrap().version, 1);
    let stored = mill.view("sales").await.unwrap();
    assert_eq!(stored, View { version: 1, ..view.clone() });
    assert_eq!(mill.update_view(view.clone(), 0).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(mill.update_view(View { label: "Our sales".into(), ..view.clone() }, 1).await.unwrap().version, 2);
    assert_eq!(mill.update_view(view.clone(), 1).await.unwrap_err().kind(), ErrorKind::Conflict);
    mill.delete_view("sales").await.unwrap();
    assert_eq!((mill.views().await.unwrap(), mill.delete_view("sales").await.unwrap_err().kind()), (Vec::new(), ErrorKind::NotFound));
    assert_eq!(mill.update_view(view, 0).await.unwrap().version, 4);
    assert_eq!(mill.views().await.unwrap().len(), 1);
}
