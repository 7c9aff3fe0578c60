//! Policies by what joins lead to: which rows they show on every way of asking, what is looked up in and of which version, and what
//! is refused. What is seen by such a policy is also compared with a copy, and with a world of other hidden rows: `oracle.rs`,
//! `interference.rs`.

use std::sync::Arc;

use chrono::{TimeDelta, TimeZone, Utc};
use serde_json::{Value, json};
use tidemill::clock::ManualClock;
use tidemill::{AsOf, ChangeKind, Csv, Engine, ErrorKind, LoadMode, Mill, Settings};
use tokio_stream::StreamExt;

use super::{rows, seen_by, set_policies, sum};
use crate::ward::{Ward, guarded};

/// The fifth order is of a customer who is not there, the sixth of none.
const ORDERS: &str = "at,customer_id,amount,email\n\
    2013-01-01,1,1,a\n2013-01-02,2,2,b\n2013-01-03,3,4,c\n2013-01-04,4,8,d\n2013-01-05,9,16,e\n2013-01-06,,32,f\n";
const CUSTOMERS: &str = "id,region,country\n1,EU,DE\n2,EU,FR\n3,US,US\n4,,IT\n";
/// Nothing is known of Italy.
const COUNTRIES: &str = "code,continent\nDE,Europe\nFR,Europe\nUS,America\n";

pub(super) async fn load_all(mill: &Mill) {
    for (dataset, csv) in [("countries", COUNTRIES), ("customers", CUSTOMERS), ("orders", ORDERS)] {
        mill.load(dataset, Csv::bytes(csv)).await.unwrap();
    }
    set_joins(mill, "customers", json!([{"name": "countries", "on": [{"column": "country", "other": "code"}]}])).await;
    set_joins(mill, "orders", json!([{"name": "customers", "on": [{"column": "customer_id", "other": "id"}]}])).await;
}

async fn set_joins(mill: &Mill, dataset: &str, joins: Value) {
    let mut model = mill.model(dataset).await.unwrap();
    model.joins = serde_json::from_value(joins).unwrap();
    let version = model.version;
    mill.update_model(model, version).await.unwrap();
}

/// Orders of customers of countries, under some policies.
async fn orders(policies: Value) -> Ward {
    let ward = Ward::new().await;
    load_all(&ward.mill).await;
    set_policies(&ward.mill, "orders", policies).await;
    ward
}

fn where_row(member: &str, operator: &str, values: &Value) -> Value {
    json!([{"name": "own", "rows": [{"member": member, "operator": operator, "values": values}]}])
}

fn own_region() -> Value {
    where_row("customers.region", "equals", &json!(["{user.region}"]))
}

fn query(json: Value) -> tidemill::SemanticQuery {
    serde_json::from_value(json).unwrap()
}

async fn no_rows(mill: &Mill) -> String {
    let answer = mill.sql("select count(*) from orders").await.unwrap();
    assert_eq!(answer.to_json()["data"], json!([[0]]));
    answer.provenance.access[0].no_rows.clone().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_seen_by_what_a_join_leads_to_on_every_way_of_asking() {
    let ward = orders(own_region()).await;
    let (eu, us, both) = (seen_by(&ward, &[("region", &["EU"])]), seen_by(&ward, &[("region", &["US"])]), seen_by(&ward, &[("region", &["EU", "US"])]));
    for _ in 0..2 {
        assert_eq!((sum(&eu).await, sum(&us).await, sum(&both).await, sum(&ward.mill).await), (json!(3), json!(4), json!(7), json!(63)));
    }
    assert_eq!(rows(&eu, "select count(*), sum(amount) from orders").await, json!([[2], [3]]));
    assert_eq!(rows(&eu, "select email from orders where amount > 1 order by 1").await, json!([["b"]]));
    // What could fail looks at visible rows alone.
    assert_eq!(rows(&eu, "select count(*) from orders where 10 / (amount - 4) < 0").await, json!([[2]]));
    assert_eq!(eu.values("orders.email", None, 10, 0).await.unwrap().values, ["a", "b"]);
    assert_eq!(eu.preview("orders", 10).await.unwrap().batch.num_rows(), 2);
    let summary = eu.dataset("orders").await.unwrap().summary;
    assert_eq!((summary.rows, summary.size_bytes), (2, None));
    assert_eq!(summary.time_max.unwrap().to_rfc3339(), "2013-01-02T00:00:00+00:00");
    assert_eq!(eu.count_rows("orders", "amount > 0").await.unwrap(), 2);
    let by_region = query(json!({"measures": ["orders.sum_amount"], "dimensions": ["customers.region"]}));
    let answer = eu.query(&by_region).await.unwrap();
    assert_eq!(answer.to_json()["data"], json!([["EU"], [3]]));
    let told = serde_json::to_value(&answer.provenance).unwrap();
    assert_eq!(told["access"], json!([{"dataset": "orders", "policies": ["own"], "lookups": {"customers": 0}}]));
    // Of the rows of the lookup all are seen.
    for (question, seen) in [(&by_region, 2 + 4), (&query(json!({"measures": ["orders.count"], "totals": true, "dimensions": ["orders.email"]})), 2)] {
        let verified = eu.verify(question).await.unwrap();
        assert!(verified.equal, "{:?}", verified.differences);
        assert_eq!(eu.explain(question).await.unwrap().rows, seen);
    }
    // Who sees none of the customers sees their orders: the policy of the orders says what is seen of these.
    set_policies(&ward.mill, "customers", where_row("customers.id", "lt", &json!([0]))).await;
    assert_eq!((sum(&eu).await, rows(&eu, "select count(*) from customers").await), (json!(3), json!([[0]])));
    assert_eq!(eu.query(&by_region).await.unwrap().to_json()["data"], json!([[null], [3]]));
    // What is deleted is what is seen.
    assert_eq!(eu.delete_rows("orders", "amount >= 2").await.unwrap().rows, 1);
    assert_eq!(sum(&ward.mill).await, json!(61));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_condition_holds_where_a_join_leads_to_no_row() {
    let ward = orders(json!([])).await;
    let user = seen_by(&ward, &[]);
    for (member, operator, values, seen) in [
        ("customers.region", "set", json!([]), json!(7)),
        ("customers.region", "notSet", json!([]), json!(8)),
        ("customers.region", "notEquals", json!(["EU"]), json!(12)),
        ("customers.region", "notContains", json!(["u"]), json!(8)),
        ("customers.region", "equals", json!(["EU", null]), json!(11)),
        ("customers.region", "equals", json!([null]), json!(8)),
        ("customers.id", "gt", json!([2]), json!(12)),
        // Over two joins, where one may lead nowhere.
        ("countries.continent", "equals", json!(["Europe"]), json!(3)),
        ("countries.continent", "notEquals", json!(["Europe"]), json!(4)),
        ("countries.continent", "notSet", json!([]), Value::Null),
    ] {
        set_policies(&ward.mill, "orders", where_row(member, operator, &values)).await;
        assert_eq!(sum(&user).await, seen, "{member} {operator} {values}");
        assert_eq!(rows(&user, "select sum(amount) from orders").await, json!([[seen]]), "{member} {operator} {values}");
    }
    let either = json!({"or": [{"member": "customers.region", "operator": "notSet"}, {"member": "orders.email", "operator": "equals", "values": ["e"]}]});
    set_policies(&ward.mill, "orders", json!([{"name": "own", "rows": [either]}])).await;
    assert_eq!(sum(&user).await, json!(24));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_policies_are_put_together_value_by_value() {
    let policies = json!([{"name": "all", "masked": [{"column": "email"}]}, {"name": "own", "rows": own_region()[0]["rows"]}]);
    let ward = orders(policies).await;
    let eu = seen_by(&ward, &[("region", &["EU"])]);
    assert_eq!(rows(&eu, "select amount, email from orders order by 1").await, json!([[1, 2, 4, 8, 16, 32], ["a", "b", null, null, null, null]]));
    let nobody = seen_by(&ward, &[]);
    assert_eq!(rows(&nobody, "select count(*), count(email) from orders").await, json!([[6], [0]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_of_a_lookup_holds_at_once_and_live_answers_follow_it() {
    let ward = orders(own_region()).await;
    let (eu, same, us) = (seen_by(&ward, &[("region", &["EU"])]), seen_by(&ward, &[("region", &["EU"]), ("team", &["x"])]), seen_by(&ward, &[("region", &["US"])]));
    let total = query(json!({"measures": ["orders.sum_amount"]}));
    let mut live = eu.subscribe(&total).await.unwrap();
    let _shared = same.subscribe(&total).await.unwrap();
    let ChangeKind::Snapshot(first) = live.next().await.unwrap().unwrap().kind else { panic!("the whole result comes first") };
    assert_eq!((first.to_json()["data"].clone(), ward.engine.live_queries()), (json!([[3]]), 1));
    assert_eq!(rows(&eu, "select count(*) from orders").await, json!([[2]]));
    ward.mill.load("customers", Csv::bytes("id,region,country\n1,EU,DE\n2,US,FR\n3,EU,US\n9,EU,DE\n").mode(LoadMode::Replace)).await.unwrap();
    assert_eq!((sum(&eu).await, sum(&us).await), (json!(21), json!(2)));
    assert_eq!(rows(&eu, "select count(*) from orders").await, json!([[3]]));
    // The orders are of the same version; what decides is not.
    let change = live.next().await.unwrap().unwrap().to_json();
    assert!(change["type"] != "unchanged" && change.to_string().contains("21"), "{change}");
    let answer = eu.query(&total).await.unwrap();
    assert_eq!((answer.provenance.version, answer.provenance.access[0].lookups.get("customers")), (Some(0), Some(&1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_state_is_seen_as_lookups_were_then() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(Utc.with_ymd_and_hms(2014, 1, 15, 12, 0, 0).unwrap()));
    let settings = Settings { upkeep_seconds: 0, ..Settings::default() };
    let engine = guarded(Engine::builder().path(folder.path()).settings(settings).clock(clock.clone())).open().await.unwrap();
    let ward = Ward { mill: engine.tenant("acme").unwrap(), engine, folder };
    load_all(&ward.mill).await;
    set_policies(&ward.mill, "orders", own_region()).await;
    let eu = seen_by(&ward, &[("region", &["EU"])]);
    clock.advance(TimeDelta::hours(1));
    ward.mill.load("customers", Csv::bytes("id,region,country\n3,EU,US\n").mode(LoadMode::Replace)).await.unwrap();
    let as_of = async |at: AsOf| eu.sql_as_of("select sum(amount) from orders", at).await.map(|answer| answer.to_json()["data"][0][0].clone());
    let then = Utc.with_ymd_and_hms(2014, 1, 15, 12, 30, 0).unwrap();
    assert_eq!((sum(&eu).await, as_of(AsOf::Time(then)).await.unwrap()), (json!(4), json!(3)));
    let asked = query(json!({"measures": ["orders.sum_amount"], "asOf": "2014-01-15T12:30:00Z"}));
    assert_eq!(eu.query(&asked).await.unwrap().to_json()["data"], json!([[3]]));
    let by_region = query(json!({"measures": ["orders.sum_amount"], "dimensions": ["customers.region"], "asOf": "2014-01-15T12:30:00Z"}));
    assert_eq!(eu.query(&by_region).await.unwrap().to_json()["data"], json!([["EU"], [3]]));
    // A version that is the latest goes on; one that is not is as it was made.
    assert_eq!(as_of(AsOf::Version(0)).await.unwrap(), json!(4));
    ward.mill.load("orders", Csv::bytes("at,customer_id,amount,email\n2013-01-07,3,64,g\n")).await.unwrap();
    assert_eq!((as_of(AsOf::Version(0)).await.unwrap(), as_of(AsOf::Version(1)).await.unwrap()), (json!(3), json!(68)));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_lookup_does_not_say_there_are_no_rows_and_no_value_is_told() {
    let ward = orders(own_region()).await;
    let eu = seen_by(&ward, &[("region", &["EU"])]);
    assert_eq!(sum(&eu).await, json!(3));
    ward.mill.load("customers", Csv::bytes("id,region,country\n4711,EU,DE\n4711,US,US\n")).await.unwrap();
    for _ in 0..2 {
        let reason = no_rows(&eu).await;
        assert!(reason.contains("several rows have the same key") && reason.contains("customers by id") && !reason.contains("4711"), "{reason}");
    }
    // Who sees everything is told which.
    let error = ward.mill.query(&query(json!({"measures": ["orders.count"], "dimensions": ["customers.region"]}))).await.unwrap_err();
    assert!(error.message().contains("4711"), "{error}");
    ward.mill.load("customers", Csv::bytes(CUSTOMERS).mode(LoadMode::Replace)).await.unwrap();
    assert_eq!(sum(&eu).await, json!(3));
    // A dimension that is gone, and a dataset that is.
    let mut model = ward.mill.model("customers").await.unwrap();
    model.dimensions.retain(|dimension| dimension.name != "region");
    let version = model.version;
    ward.mill.update_model(model, version).await.unwrap();
    assert!(no_rows(&eu).await.contains("no member \"region\""));
    ward.mill.delete_dataset("customers").await.unwrap();
    assert!(no_rows(&eu).await.contains("access policy own does not fit"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_policy_can_look_up_in_is_refused_by_name_and_place() {
    let ward = orders(json!([])).await;
    let many = json!({"name": "orders", "relationship": "one_to_many", "on": [{"column": "id", "other": "customer_id"}]});
    let one = json!({"name": "countries", "on": [{"column": "country", "other": "code"}]});
    set_joins(&ward.mill, "customers", json!([many, one])).await;
    let refused = async |dataset: &str, policies: Value| {
        let mut model = ward.mill.model(dataset).await.unwrap();
        model.access_policies = serde_json::from_value(policies).unwrap();
        let version = model.version;
        ward.mill.update_model(model, version).await.unwrap_err()
    };
    for (dataset, member, says) in [
        ("customers", "orders.amount", "has many of orders (one_to_many), and a policy needs one; name a dimension of customers, or of what its rows belong to: countries"),
        ("orders", "customer.region", "did you mean customers?"),
        ("orders", "customers.regoin", "did you mean region?"),
        ("orders", "customers.count", "is a measure"),
        ("countries", "customers.region", "a policy cannot tell its rows apart by it"),
    ] {
        let error = refused(dataset, json!([{"name": "fine"}, {"name": "own", "rows": [{"member": member, "operator": "set"}]}])).await;
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("access_policies[1]")), "{member}: {error}");
        assert!(error.message().starts_with("access policy own: ") && error.message().contains(says), "{member}: {error}");
    }
    let wrong = refused("orders", where_row("customers.id", "equals", &json!(["north"]))).await;
    assert!(wrong.message().contains("is not of type integer"), "{wrong}");
    // Two ways of the same length are no way; by the name of one of them there is one.
    let keys = json!([{"column": "customer_id", "other": "id"}]);
    set_joins(&ward.mill, "orders", json!([{"name": "buyer", "model": "customers", "on": keys}, {"name": "payer", "model": "customers", "on": keys}])).await;
    assert!(refused("orders", own_region()).await.message().contains("2 ways to customers"));
    set_policies(&ward.mill, "orders", where_row("payer.region", "equals", &json!(["EU"]))).await;
    assert_eq!(sum(&seen_by(&ward, &[])).await, json!(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_of_too_many_rows_is_refused_and_few_are_not_whatever_the_setting() {
    let ward = Ward::with(Settings { mapped_lookup_rows: 0, ..Settings::default() }).await;
    load_all(&ward.mill).await;
    set_policies(&ward.mill, "orders", own_region()).await;
    let eu = seen_by(&ward, &[("region", &["EU"])]);
    assert_eq!(sum(&eu).await, json!(3));
    let many: String = (5..70_000).map(|id| format!("{id},EU,DE\n")).collect();
    ward.mill.load("customers", Csv::bytes(format!("id,region,country\n{many}"))).await.unwrap();
    assert!(no_rows(&eu).await.contains("customers has more rows than the 65536 that a policy looks up in"));
    let mut model = ward.mill.model("orders").await.unwrap();
    model.label = "Sales".to_owned();
    let version = model.version;
    let error = ward.mill.update_model(model, version).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Exhausted, Some("access_policies[0]")), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_policy_reaches_is_known_to_whoever_changes_it() {
    let ward = orders(where_row("countries.continent", "equals", &json!(["Europe"]))).await;
    let changes = async |dataset: &str, change: &dyn Fn(&mut tidemill::Model)| {
        let mut model = ward.mill.model(dataset).await.unwrap();
        change(&mut model);
        ward.mill.changes_access_elsewhere(&model).await.unwrap()
    };
    let set = |name: &'static str, expression: &'static str| {
        move |model: &mut tidemill::Model| {
            let dimension = model.dimensions.iter_mut().find(|dimension| dimension.name == name).unwrap();
            (dimension.label, dimension.column, dimension.expression) = ("Other".to_owned(), None, Some(expression.to_owned()));
        }
    };
    assert!(changes("countries", &set("continent", "'Europe'")).await);
    assert!(!changes("countries", &|model| model.label = "Lands".to_owned()).await);
    assert!(!changes("countries", &|model| model.dimensions.iter_mut().for_each(|dimension| dimension.label = "x".to_owned())).await);
    assert!(changes("customers", &|model| model.joins[0].on[0].column = "region".to_owned()).await);
    assert!(!changes("customers", &set("region", "'EU'")).await);
    // Of the model itself it is told beside its policies.
    let before = ward.mill.model("orders").await.unwrap();
    let mut after = before.clone();
    after.joins.clear();
    assert!(after.changes_access(&before) && !before.changes_access(&before.clone()));
}

#[tokio::test(flavor = "multi_thread")]
async fn which_repeated_key_is_told_does_not_go_by_how_rows_are_read() {
    for mapped_lookup_rows in [Settings::default().mapped_lookup_rows, 0] {
        for loads in [["9,EU\n9,EU\n", "3,US\n3,US\n"], ["3,US\n3,US\n", "9,EU\n9,EU\n"]] {
            let ward = Ward::with(Settings { mapped_lookup_rows, ..Settings::default() }).await;
            for rows in loads {
                ward.mill.load("customers", Csv::bytes(format!("id,region\n{rows}"))).await.unwrap();
            }
            ward.mill.load("orders", Csv::bytes(ORDERS)).await.unwrap();
            set_joins(&ward.mill, "orders", json!([{"name": "customers", "on": [{"column": "customer_id", "other": "id"}]}])).await;
            let asked = query(json!({"measures": ["orders.sum_amount"], "dimensions": ["customers.region"]}));
            let error = ward.mill.query(&asked).await.unwrap_err();
            assert!(error.message().contains("there are several with id 3:"), "{mapped_lookup_rows}, {loads:?}: {error}");
        }
    }
}
