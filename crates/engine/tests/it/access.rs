//! Access policies: who sees which rows and columns, on every way of asking; how several are put together; what happens when
//! they change. What is hidden changes nothing that is seen: `access/interference.rs`.

mod circles;
mod classes;
mod columns;
mod conditions;
mod interference;
mod joined;
mod listed;
mod oracle;
mod order;

use serde_json::{Value, json};
use tidemill::{AccessPolicy, ChangeKind, Csv, ErrorKind, LoadMode, Mill, Scope, TenantId, UserAttributes};
use tokio_stream::StreamExt;

use crate::ward::Ward;

const ORDERS: &str = "at,country,rep,amount,margin,email\n\
    2013-01-01,DE,ann,1,10,a@x.de\n2013-01-02,DE,bob,2,20,b@x.de\n2013-01-03,FR,ann,4,40,c@x.fr\n2013-01-04,IT,cid,8,80,d@x.it\n2013-01-05,,cid,16,160,\n";

/// Orders under some policies.
pub(super) async fn orders(policies: Value) -> Ward {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes(ORDERS)).await.unwrap();
    set_policies(&ward.mill, "orders", policies).await;
    ward
}

pub(super) async fn set_policies(mill: &Mill, dataset: &str, policies: Value) {
    let mut model = mill.model(dataset).await.unwrap();
    model.access_policies = serde_json::from_value(policies).unwrap();
    let version = model.version;
    mill.update_model(model, version).await.unwrap();
}

pub(super) fn user(attributes: &[(&str, &[&str])]) -> UserAttributes {
    attributes.iter().fold(UserAttributes::default(), |user, (name, values)| user.with(*name, values.iter().copied()))
}

pub(super) fn seen_by(ward: &Ward, attributes: &[(&str, &[&str])]) -> Mill {
    ward.engine.mill(Scope::of(TenantId::parse("acme").unwrap()).seen_by(user(attributes)))
}

async fn sum(mill: &Mill) -> Value {
    let answer = mill.query(&serde_json::from_value(json!({"measures": ["orders.sum_amount"]})).unwrap()).await.unwrap();
    answer.to_json()["data"][0][0].clone()
}

async fn rows(mill: &Mill, sql: &str) -> Value {
    mill.sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}")).to_json()["data"].clone()
}

fn own_country() -> Value {
    json!([{"name": "own_country", "rows": [{"member": "orders.country", "operator": "equals", "values": ["{user.country}"]}]}])
}

#[tokio::test(flavor = "multi_thread")]
async fn each_user_sees_the_rows_of_their_attributes_on_every_way_of_asking() {
    let ward = orders(own_country()).await;
    let (german, western, all) = (seen_by(&ward, &[("country", &["DE"])]), seen_by(&ward, &[("country", &["DE", "FR"])]), &ward.mill);
    for _ in 0..2 {
        assert_eq!((sum(&german).await, sum(&western).await, sum(all).await), (json!(3), json!(7), json!(31)));
    }
    assert_eq!(rows(&german, "select count(*), sum(amount) from orders").await, json!([[2], [3]]));
    assert_eq!(rows(&western, "select o.country, count(*) from orders o left join orders p on o.rep = p.rep group by 1 order by 1").await, json!([["DE", "FR"], [3, 2]]));
    assert_eq!(german.sql_as_of("select count(*) from orders", 0).await.unwrap().to_json()["data"], json!([[2]]));
    assert_eq!(german.values("orders.country", None, 10, 0).await.unwrap().values, ["DE"]);
    assert_eq!(german.values("orders.rep", Some("c"), 10, 0).await.unwrap().values, [] as [&str; 0]);
    assert_eq!(german.preview("orders", 10).await.unwrap().batch.num_rows(), 2);
    assert_eq!(german.profile("orders").await.unwrap().rows, 2);
    let summary = german.dataset("orders").await.unwrap().summary;
    assert_eq!((summary.rows, summary.size_bytes, summary.segments), (2, None, None));
    assert_eq!(summary.time_max.unwrap().to_rfc3339(), "2013-01-02T00:00:00+00:00");
    assert_eq!(german.datasets().await.unwrap()[0], summary);
    // Relative to the latest row that is seen.
    let day = json!({"measures": ["orders.sum_amount"], "timeDimensions": [{"dimension": "orders.at", "dateRange": "last 1 day of data"}]});
    let answer = german.query(&serde_json::from_value(day).unwrap()).await.unwrap();
    assert_eq!(answer.to_json()["data"], json!([[2]]));
    let told = serde_json::to_value(&answer.provenance).unwrap();
    assert_eq!(told["access"], json!([{"dataset": "orders", "policies": ["own_country"]}]));
    assert_eq!((&told["rows_scanned"], &told["complete_until"]), (&json!(0), &json!("2013-01-03T00:00:00Z")));
    let explained = german.explain(&serde_json::from_value(json!({"measures": ["orders.count"]})).unwrap()).await.unwrap();
    assert_eq!((explained.rows, explained.segments_total, explained.plan.as_str()), (2, 0, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_seen_the_answer_says_why() {
    let ward = orders(own_country()).await;
    let unknown = seen_by(&ward, &[("team", &["a"])]);
    let answer = unknown.sql("select count(*) from orders").await.unwrap();
    assert_eq!(answer.to_json()["data"], json!([[0]]));
    assert_eq!(answer.provenance.access[0].no_rows.as_deref(), Some("your attribute country is not set"));
    set_policies(&ward.mill, "orders", json!([{"name": "sales", "when": [{"attribute": "team", "values": ["sales", "board"]}]}])).await;
    let answer = unknown.query(&serde_json::from_value(json!({"measures": ["orders.count"]})).unwrap()).await.unwrap();
    assert_eq!(answer.to_json()["data"], json!([[0]]));
    assert_eq!(answer.provenance.access[0].no_rows.as_deref(), Some("no access policy of Orders is for you"));
    let board = seen_by(&ward, &[("team", &["x", "board"])]);
    assert_eq!(rows(&board, "select count(*) from orders").await, json!([[5]]));
    assert_eq!(board.sql("select count(*) from orders").await.unwrap().provenance.access, []);
    // Somebody whose name begins as a date could.
    set_policies(&ward.mill, "orders", json!([{"name": "own", "rows": [{"member": "orders.rep", "operator": "notEquals", "values": ["{user.name}"]}]}])).await;
    assert_eq!(rows(&seen_by(&ward, &[("name", &["nowak"])]), "select count(*) from orders").await, json!([[5]]));
    // One value where the operator takes one: two are no guess.
    set_policies(&ward.mill, "orders", json!([{"name": "small", "rows": [{"member": "orders.amount", "operator": "lt", "values": ["{user.most}"]}]}])).await;
    assert_eq!(rows(&seen_by(&ward, &[("most", &["4"])]), "select count(*) from orders").await, json!([[2]]));
    for wrong in [&["4", "8"][..], &["many"]] {
        let answer = seen_by(&ward, &[("most", wrong)]).sql("select count(*) from orders").await.unwrap();
        assert_eq!(answer.to_json()["data"], json!([[0]]));
        assert!(answer.provenance.access[0].no_rows.as_deref().unwrap().contains("access policy small does not fit"), "{:?}", answer.provenance.access);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_without_text_is_no_value() {
    let by = |operator: &str| json!([{"name": "own", "rows": [{"member": "orders.country", "operator": operator, "values": ["{user.country}"]}]}]);
    let ward = orders(by("startsWith")).await;
    // Everything starts with nothing, ends with it and contains it.
    for operator in ["startsWith", "endsWith", "contains", "equals"] {
        set_policies(&ward.mill, "orders", by(operator)).await;
        let answer = seen_by(&ward, &[("country", &[""])]).sql("select count(*) from orders").await.unwrap();
        assert_eq!(answer.to_json()["data"], json!([[0]]), "{operator}");
        assert_eq!(answer.provenance.access[0].no_rows.as_deref(), Some("your attribute country is not set"), "{operator}");
        // Beside another one it adds nothing.
        assert_eq!(rows(&seen_by(&ward, &[("country", &["", "DE"])]), "select count(*) from orders").await, json!([[2]]), "{operator}");
    }
    set_policies(&ward.mill, "orders", json!([{"name": "team", "when": [{"attribute": "team", "values": [""]}]}])).await;
    let answer = seen_by(&ward, &[("team", &[""])]).sql("select count(*) from orders").await.unwrap();
    assert_eq!((&answer.to_json()["data"], answer.provenance.access[0].no_rows.as_deref()), (&json!([[0]]), Some("no access policy of Orders is for you")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brace_of_a_text_is_written_twice() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("country,amount\n{user.country},1\nDE,2\n{{,4\n")).await.unwrap();
    for (value, amount) in [("{{user.country}}", 1), ("{user.country}", 2), ("{{{{", 4)] {
        set_policies(&ward.mill, "orders", json!([{"name": "own", "rows": [{"member": "orders.country", "operator": "equals", "values": [value]}]}])).await;
        assert_eq!(rows(&seen_by(&ward, &[("country", &["DE"])]), "select sum(amount) from orders").await, json!([[amount]]), "{value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_policies_are_put_together_value_by_value() {
    let ward = orders(json!([
        {"name": "everything_of_own_country", "rows": [{"member": "orders.country", "operator": "equals", "values": ["{user.country}"]}]},
        {"name": "figures", "when": [{"attribute": "role", "values": ["viewer"]}], "hidden": ["margin"], "masked": [{"column": "email", "expression": "'hidden'"}, {"column": "rep"}]}
    ]))
    .await;
    let both = seen_by(&ward, &[("country", &["DE"]), ("role", &["viewer"])]);
    assert_eq!(rows(&both, "select count(*), sum(amount), sum(margin), count(rep) from orders").await, json!([[5], [31], [30], [2]]));
    assert_eq!(rows(&both, "select email from orders order by amount").await, json!([["a@x.de", "b@x.de", "hidden", "hidden", "hidden"]]));
    // What is masked is masked before anything else looks at it.
    assert_eq!(rows(&both, "select count(*) from orders where margin > 20").await, json!([[0]]));
    assert_eq!(rows(&both, "select count(*) from orders where email like '%.fr'").await, json!([[0]]));
    let by_rep = json!({"measures": ["orders.sum_margin"], "dimensions": ["orders.rep"]});
    for _ in 0..2 {
        let answer = both.query(&serde_json::from_value(by_rep.clone()).unwrap()).await.unwrap();
        assert_eq!(answer.to_json()["data"], json!([["bob", "ann", null], [20, 10, null]]));
    }
    assert_eq!(both.values("orders.rep", None, 10, 0).await.unwrap().values, ["ann", "bob"]);
    assert_eq!(both.count_rows("orders", "email = 'c@x.fr'").await.unwrap_err().kind(), ErrorKind::Invalid, "a masked value is not found out by counting");
    let figures = seen_by(&ward, &[("role", &["viewer"])]);
    // The first policy shows no row of somebody without a country, but it says that there is a margin.
    assert_eq!(rows(&figures, "select count(*), count(margin), count(rep), count(distinct email) from orders").await, json!([[5], [0], [0], [1]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_column_takes_what_is_made_of_it_along() {
    let ward = orders(json!([{"name": "no_margin", "hidden": ["margin", "rep"], "masked": [{"column": "email"}]}])).await;
    let mut model = ward.mill.model("orders").await.unwrap();
    model.measures.extend(
        serde_json::from_value::<Vec<tidemill::Measure>>(json!([
            {"name": "rate", "label": "Rate", "kind": "number", "expression": "{sum_margin} / {sum_amount}"},
            {"name": "rate_rank", "label": "Rank", "kind": "rank", "measure": "rate"},
            {"name": "addresses", "label": "Addresses", "kind": "count_distinct", "column": "email"}
        ]))
        .unwrap(),
    );
    let version = model.version;
    ward.mill.update_model(model, version).await.unwrap();
    let mill = seen_by(&ward, &[]);
    let seen = mill.model("orders").await.unwrap();
    assert!(!seen.measures.iter().any(|measure| ["sum_margin", "rate", "rate_rank"].contains(&measure.name.as_str())));
    assert!(!seen.dimensions.iter().any(|dimension| dimension.name == "rep"));
    assert_eq!(seen.access_policies, []);
    for (member, kind) in [("orders.rate", ErrorKind::Invalid), ("orders.sum_margin", ErrorKind::Invalid)] {
        let query = serde_json::from_value(json!({"measures": [member]})).unwrap();
        assert_eq!(mill.query(&query).await.unwrap_err().kind(), kind);
    }
    let addresses = serde_json::from_value(json!({"measures": ["orders.addresses"]})).unwrap();
    assert_eq!(mill.query(&addresses).await.unwrap().to_json()["data"], json!([[0]]));
    assert!(mill.sql("select margin from orders").await.is_err());
    let columns = mill.dataset("orders").await.unwrap().columns;
    assert!(!columns.iter().any(|column| column.name == "margin"));
    let email = columns.iter().find(|column| column.name == "email").unwrap();
    assert_eq!((&email.min, &email.max, email.nulls), (&Value::Null, &Value::Null, None));
    // All rows are seen, so how many there are is told; what they are stored in depends on hidden columns.
    let summary = mill.dataset("orders").await.unwrap().summary;
    assert_eq!((summary.rows > 0, summary.segments, summary.size_bytes), (true, None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sees_a_part_changes_nothing_that_is_not_theirs() {
    let ward = orders(own_country()).await;
    let mill = seen_by(&ward, &[("country", &["DE"])]);
    let model = ward.mill.model("orders").await.unwrap();
    let version = model.version;
    let found = [
        mill.delete_dataset("orders").await.unwrap_err().kind(),
        mill.update_model(model, version).await.unwrap_err().kind(),
        mill.compact("orders").await.unwrap_err().kind(),
        mill.vacuum("orders").await.unwrap_err().kind(),
        mill.erase_rows("orders", "amount = 1").await.unwrap_err().kind(),
        mill.versions("orders", None, 10).await.unwrap_err().kind(),
        mill.contract("orders").await.unwrap_err().kind(),
        mill.rejects("orders", 0, 10).await.unwrap_err().kind(),
        mill.build_rollups("orders").await.unwrap_err().kind(),
        mill.load("orders", Csv::bytes(ORDERS).mode(LoadMode::Replace)).await.unwrap_err().kind(),
    ];
    assert_eq!(found, [ErrorKind::Denied; 10]);
    assert_eq!(mill.loads("orders").await.unwrap(), []);
    assert_eq!(mill.count_rows("orders", "amount > 0").await.unwrap(), 2);
    assert_eq!(mill.delete_rows("orders", "amount >= 2").await.unwrap().rows, 1);
    assert_eq!(sum(&ward.mill).await, json!(29));
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_that_do_not_fit_are_refused_by_name_and_place() {
    let ward = orders(json!([])).await;
    let good = ward.mill.model("orders").await.unwrap();
    for (policies, at, says) in [
        (json!([{"name": ""}]), "access_policies[0]", "1 to 255 bytes"),
        (json!([{"name": "a"}, {"name": "a"}]), "access_policies[1]", "stands twice"),
        (json!([{"name": "a", "hidden": ["marginn"]}]), "access_policies[0]", "did you mean margin"),
        (json!([{"name": "a", "hidden": ["margin"], "masked": [{"column": "margin"}]}]), "access_policies[0]", "hidden and masked"),
        (json!([{"name": "a", "masked": [{"column": "margin", "expression": "email ||"}]}]), "access_policies[0]", "email ||"),
        (json!([{"name": "a", "masked": [{"column": "margin", "expression": "sum(margin)"}]}]), "access_policies[0]", "an aggregate"),
        (json!([{"name": "a", "when": [{"attribute": "Team", "values": ["x"]}]}]), "access_policies[0]", "attribute \"Team\""),
        (json!([{"name": "a", "when": [{"attribute": "team", "values": []}]}]), "access_policies[0]", "at least one value"),
        (json!([{"name": "a", "rows": [{"member": "orders.contry", "operator": "set"}]}]), "access_policies[0]", "did you mean country"),
        (json!([{"name": "a", "rows": [{"member": "orders.sum_amount", "operator": "gt", "values": ["1"]}]}]), "access_policies[0]", "is a measure"),
        (json!([{"name": "a", "rows": [{"member": "orders.at", "operator": "inDateRange", "values": ["last 7 days"]}]}]), "access_policies[0]", "must be absolute"),
        (json!([{"name": "a", "rows": [{"member": "orders.at", "operator": "inDateRange", "values": ["last 7 days of data"]}]}]), "access_policies[0]", "must be absolute"),
        (json!([{"name": "a", "rows": [{"member": "orders.country", "operator": "equals", "values": ["{user.Country}"]}]}]), "access_policies[0]", "attribute \"Country\""),
        (json!([{"name": "a", "rows": [{"member": "orders.country", "operator": "notEquals", "values": ["{User.country}"]}]}]), "access_policies[0]", "write {user.country} alone"),
        (
            json!([{"name": "a", "rows": [{"or": [{"member": "orders.country", "operator": "notEquals", "values": ["DE", "{country}"]}, {"member": "orders.rep", "operator": "set"}]}]}]),
            "access_policies[0]",
            "the condition on orders.country",
        ),
        (json!([{"name": "a", "rows": [{"member": "orders.country", "operator": "equals", "values": ["user.country"]}]}]), "access_policies[0]", "write {user.country} alone"),
        (json!([{"name": "a", "hidden": ["at", "country", "rep", "amount", "margin", "email"]}]), "access_policies[0]", "hides every column"),
    ] {
        let mut model = good.clone();
        model.access_policies = serde_json::from_value::<Vec<AccessPolicy>>(policies.clone()).unwrap();
        let error = ward.mill.update_model(model, good.version).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some(at)), "{policies}: {error}");
        assert!(error.message().contains(says), "{policies}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_policies_holds_at_once_and_ends_what_is_live() {
    let ward = orders(own_country()).await;
    let (german, other, french) = (seen_by(&ward, &[("country", &["DE"])]), seen_by(&ward, &[("country", &["DE"]), ("team", &["x"])]), seen_by(&ward, &[("country", &["FR"])]));
    let query = serde_json::from_value(json!({"measures": ["orders.sum_amount"]})).unwrap();
    let mut live = [german.subscribe(&query).await.unwrap(), other.subscribe(&query).await.unwrap(), french.subscribe(&query).await.unwrap()];
    let mut first = Vec::new();
    for live in &mut live {
        let ChangeKind::Snapshot(result) = live.next().await.unwrap().unwrap().kind else { panic!("the whole result comes first") };
        first.push(result.to_json()["data"][0][0].clone());
    }
    assert_eq!(first, [json!(3), json!(3), json!(4)]);
    assert_eq!(ward.engine.live_queries(), 2, "who sees the same shares an answer");
    set_policies(
        &ward.mill,
        "orders",
        json!([{"name": "x", "when": [{"attribute": "team", "values": ["x"]}]}, {"name": "own", "rows": [{"member": "orders.country", "operator": "equals", "values": ["{user.country}"]}]}]),
    )
    .await;
    assert_eq!((sum(&german).await, sum(&other).await), (json!(3), json!(31)));
    for live in &mut live {
        assert_eq!(live.next().await.unwrap().unwrap_err().kind(), ErrorKind::Conflict);
        assert!(live.next().await.is_none());
    }
    let mut again = other.subscribe(&query).await.unwrap();
    let ChangeKind::Snapshot(result) = again.next().await.unwrap().unwrap().kind else { panic!("the whole result comes first") };
    assert_eq!(result.to_json()["data"], json!([[31]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_holds_in_questions_over_several_models() {
    let ward = orders(own_country()).await;
    ward.mill.load("countries", Csv::bytes("code,name,secret\nDE,Germany,1\nFR,France,2\nIT,Italy,3\n")).await.unwrap();
    let mut model = ward.mill.model("orders").await.unwrap();
    model.joins = serde_json::from_value(json!([{"name": "countries", "on": [{"column": "country", "other": "code"}]}])).unwrap();
    let version = model.version;
    ward.mill.update_model(model, version).await.unwrap();
    set_policies(&ward.mill, "countries", json!([{"name": "west", "hidden": ["secret"], "rows": [{"member": "countries.code", "operator": "equals", "values": ["DE", "FR"]}]}]))
        .await;
    let query = serde_json::from_value(json!({"measures": ["orders.sum_amount"], "dimensions": ["countries.name"]})).unwrap();
    let mill = seen_by(&ward, &[("country", &["FR", "IT"])]);
    for _ in 0..2 {
        let answer = mill.query(&query).await.unwrap();
        assert_eq!(answer.to_json()["data"], json!([[null, "France"], [8, 4]]));
        assert_eq!(answer.provenance.access.len(), 2);
        assert_eq!(ward.mill.query(&query).await.unwrap().to_json()["data"][1], json!([16, 8, 4, 3]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn listeners_part_when_what_they_see_does() {
    // As a number both are the same; as a text they are not.
    let policies = json!([{"name": "own", "rows": [{"member": "orders.number", "operator": "equals", "values": ["{user.number}"]}]}]);
    let ward = orders(json!([])).await;
    let set_number = async |number: Value, policies: &Value| {
        let mut model = ward.mill.model("orders").await.unwrap();
        model.dimensions.retain(|dimension| dimension.name != "number");
        model.dimensions.push(serde_json::from_value(number).unwrap());
        model.access_policies = serde_json::from_value(policies.clone()).unwrap();
        let version = model.version;
        ward.mill.update_model(model, version).await.unwrap();
    };
    set_number(json!({"name": "number", "label": "Number", "type": "integer", "column": "amount"}), &policies).await;
    let (one, other) = (seen_by(&ward, &[("number", &["4"])]), seen_by(&ward, &[("number", &["04"])]));
    let query = serde_json::from_value(json!({"measures": ["orders.sum_amount"]})).unwrap();
    let mut live = [one.subscribe(&query).await.unwrap(), other.subscribe(&query).await.unwrap()];
    for live in &mut live {
        let ChangeKind::Snapshot(result) = live.next().await.unwrap().unwrap().kind else { panic!("the whole result comes first") };
        assert_eq!(result.to_json()["data"], json!([[4]]));
    }
    assert_eq!(ward.engine.live_queries(), 1);
    set_number(json!({"name": "number", "label": "Number", "type": "string", "expression": "cast(amount as varchar)"}), &policies).await;
    for live in &mut live {
        assert_eq!(live.next().await.unwrap().unwrap_err().kind(), ErrorKind::Conflict);
    }
    assert_eq!((sum(&one).await, sum(&other).await), (json!(4), Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn explanations_and_repeated_loads_tell_nothing_of_what_is_masked_or_of_others() {
    let ward = orders(json!([{"name": "masked", "masked": [{"column": "email", "expression": "concat('pepper', substr(email, 1, 1))"}], "hidden": ["margin"]}])).await;
    let mill = seen_by(&ward, &[]);
    let mut model = ward.mill.model("orders").await.unwrap();
    model.measures.push(serde_json::from_value(json!({"name": "last_address", "label": "Last", "kind": "max", "column": "email"})).unwrap());
    let version = model.version;
    ward.mill.update_model(model, version).await.unwrap();
    let query = serde_json::from_value(json!({"measures": ["orders.last_address"]})).unwrap();
    assert_eq!(mill.query(&query).await.unwrap().to_json()["data"], json!([["pepperd"]]));
    assert!(!ward.mill.explain(&query).await.unwrap().aggregates.is_empty());
    let explained = serde_json::to_string(&mill.explain(&query).await.unwrap()).unwrap();
    assert!(!explained.contains("pepper"), "{explained}");

    let load = || Csv::bytes("at,country,rep,amount,margin,email,note\n2013-02-01,DE,ann,1,1,z@x.de,n\n").idempotency_key("february");
    let first = ward.mill.load("orders", load()).await.unwrap();
    assert_eq!((first.rows, first.new_columns.len()), (1, 1));
    let again = mill.load("orders", load()).await.unwrap();
    assert_eq!((again.load_id, again.version, again.replayed), (first.load_id, first.version, true));
    assert_eq!((again.rows, again.bytes, again.new_columns, again.source.as_str()), (0, 0, Vec::new(), ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_of_formulas_is_checked_once_each_and_refused_where_it_grows_too_large() {
    let ward = orders(json!([])).await;
    let mut model = ward.mill.model("orders").await.unwrap();
    for level in 0..11 {
        for number in 0..10 {
            let below: Vec<String> = (0..10).map(|below| if level == 0 { "{sum_amount}".to_owned() } else { format!("{{m{}_{below}}}", level - 1) }).collect();
            let measure = json!({"name": format!("m{level}_{number}"), "label": "M", "kind": "number", "expression": below.join(" + ")});
            model.measures.push(serde_json::from_value(measure).unwrap());
        }
    }
    let version = model.version;
    // Ten to the eleventh ways lead down.
    ward.mill.update_model(model, version).await.unwrap();
    let asked = |measure: &str| serde_json::from_value::<tidemill::SemanticQuery>(json!({"measures": [measure]})).unwrap();
    assert_eq!(ward.mill.query(&asked("orders.m0_0")).await.unwrap().to_json()["data"], json!([[310]]));
    assert_eq!(ward.mill.query(&asked("orders.m10_0")).await.unwrap_err().kind(), ErrorKind::Exhausted);
}
