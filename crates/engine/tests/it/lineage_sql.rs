//! Lineage of statements: what they read after pruning, and what they say in the words of models and views; nothing of segments and
//! conditions to who does not see all of their rows.

use serde_json::{Value, json};
use tidemill::{Csv, DatasetName, ErrorKind, Mill, Origin, Scope, StatementLineage, TenantId, UserAttributes};

use crate::composed::{change, shop};
use crate::views::{sales, save};
use crate::ward::Ward;

const JANUARY: &str = "at,city,amount\n2013-01-05T10:00:00Z,Rome,1\n2013-01-06T10:00:00Z,Oslo,2\n";
const FEBRUARY: &str = "at,city,amount\n2013-02-05T10:00:00Z,Rome,3\n2013-02-06T10:00:00Z,Oslo,4\n2013-02-07T10:00:00Z,Bonn,5\n";

async fn lineage(mill: &Mill, sql: &str) -> StatementLineage {
    mill.lineage_sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// The names of what is read.
fn names(found: &StatementLineage) -> Vec<&str> {
    found.datasets.iter().map(|dataset| dataset.dataset.as_str()).collect()
}

async fn with_orders() -> (Ward, [String; 2]) {
    let ward = Ward::new().await;
    let first = ward.mill.load("orders", Csv::bytes(JANUARY)).await.unwrap();
    let second = ward.mill.load("orders", Csv::bytes(FEBRUARY)).await.unwrap();
    (ward, [first.load_id, second.load_id])
}

#[tokio::test(flavor = "multi_thread")]
async fn only_loads_are_told_whose_rows_the_statement_may_read() {
    let (ward, [first, second]) = with_orders().await;
    let found = lineage(&ward.mill, "select city, sum(amount) from orders where at >= '2013-02-01' and amount > 2 group by city").await;
    let [dataset] = found.datasets.as_slice() else { panic!("{found:?}") };
    assert_eq!((dataset.dataset.as_str(), dataset.version, dataset.restricted, dataset.rows), ("orders", 1, false, 3));
    let [commit] = dataset.commits.as_slice() else { panic!("{dataset:?}") };
    assert_eq!((commit.origin, commit.version, commit.loads[0].load_id.as_str()), (Origin::Loaded, Some(1), second.as_str()));
    // What is asked of the rows, as they are read.
    let [read] = found.reads.as_slice() else { panic!("{found:?}") };
    assert_eq!((read.dataset.as_str(), read.conditions.len()), ("orders", 2), "{read:?}");
    assert!(read.conditions.iter().any(|condition| condition.contains("amount") && condition.contains("> 2")), "{read:?}");
    assert!(read.conditions.iter().any(|condition| condition.contains("2013-02-01")), "{read:?}");

    let all = lineage(&ward.mill, "select count(*) from orders").await;
    let loads: Vec<&str> = all.datasets[0].commits.iter().flat_map(|commit| &commit.loads).map(|load| load.load_id.as_str()).collect();
    assert_eq!(loads, [first.as_str(), second.as_str()]);
    assert!(all.reads[0].conditions.is_empty() && all.measures.is_empty() && all.questions.is_empty());

    // Both places at which it is read.
    let twice = lineage(&ward.mill, "select * from (select max(amount) from orders where at < '2013-01-06') a, (select min(amount) from orders where at > '2013-02-06') b").await;
    assert_eq!((names(&twice), twice.reads.len(), twice.datasets[0].commits.len()), (vec!["orders"], 2, 2));
    let older = ward.mill.lineage_sql_as_of("select count(*) from orders", 0).await.unwrap();
    assert_eq!((older.datasets[0].version, older.datasets[0].rows), (0, 2));
    let nothing = lineage(&ward.mill, "select 1 as one").await;
    assert!(nothing.datasets.is_empty() && nothing.reads.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_models_say_in_a_statement_is_told_by_its_definition() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    let mut model = serde_json::to_value(mill.model("orders").await.unwrap()).unwrap();
    model["dimensions"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "size", "label": "Size", "type": "string", "expression": "case when amount > 10 then 'large' else 'small' end"}));
    change(&mill, "orders", json!({"dimensions": model["dimensions"]})).await;
    let found = lineage(&mill, "select size, measure(paid), measure(o.paid) + 1 as more from orders o group by size").await;
    let measures: Vec<_> = found.measures.iter().map(|measure| (measure.member.as_str(), measure.asked)).collect();
    assert_eq!(measures, [("orders.paid", true)]);
    assert_eq!(json!(found.measures[0].conditions), json!([{"member": "orders.status", "operator": "equals", "values": ["paid"]}]));
    let [size] = found.dimensions.as_slice() else { panic!("{found:?}") };
    assert_eq!((size.member.as_str(), size.model.as_str(), size.definition.label.as_str()), ("orders.size", "orders", "Size"));
    assert_eq!(found.datasets[0].model_version, mill.model("orders").await.unwrap().version);
    // A column is a column, whatever the model calls it.
    assert!(lineage(&mill, "select status from orders").await.dimensions.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_select_over_a_view_is_told_as_the_question_that_it_is() {
    let ward = Ward::new().await;
    let mill = shop(&ward).await;
    save(&mill, sales()).await.unwrap();
    let sql = "select s.nation, s.revenue, c.n from (select nation, measure(revenue) as revenue from sales where state = 'paid' group by nation) s, \
               (select count(*) as n from stock) c";
    let found = lineage(&mill, sql).await;
    let [question] = found.questions.as_slice() else { panic!("{found:?}") };
    let view = question.view.as_ref().unwrap();
    assert_eq!((view.name.as_str(), view.members.get("sales.revenue").map(String::as_str)), ("sales", Some("orders.revenue")));
    assert_eq!((question.measures[0].member.as_str(), question.dimensions[0].member.as_str()), ("orders.revenue", "countries.title"));
    assert_eq!(json!(question.filters), json!([{"filter": {"member": "orders.status", "operator": "equals", "values": ["paid"]}}]));
    assert!(question.datasets.is_empty() && found.measures.is_empty());
    // All that is read, looked up or named, stands once.
    let mut read = names(&found);
    read.sort_unstable();
    assert_eq!(read, ["countries", "customers", "orders", "stock"]);
    assert!(found.datasets.iter().all(|dataset| dataset.commits.len() == 1), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_see_all_is_told_of_no_segment_no_load_and_no_condition() {
    let (ward, _) = with_orders().await;
    ward.mill.load("towns", Csv::bytes("name,land\nRome,IT\nOslo,NO\n")).await.unwrap();
    let policy = json!([{"name": "own_city", "rows": [{"member": "orders.city", "operator": "equals", "values": ["{user.city}"]}]}]);
    change(&ward.mill, "orders", json!({"access_policies": policy})).await;
    let scope = || Scope::of(TenantId::parse("acme").unwrap());
    let orders = || DatasetName::parse("orders").unwrap();
    let user = UserAttributes::default().with("city", ["Rome"]);
    for (mill, policies) in [
        (ward.engine.mill(scope().seen_by(user)), vec!["own_city".to_owned()]),
        (ward.engine.mill(scope().with_row_filter(orders(), "city = 'Rome'")), Vec::new()),
        (ward.engine.mill(scope().hiding(orders(), "city")), Vec::new()),
    ] {
        let found = lineage(&mill, "select measure(sum_amount) from orders where at >= '2013-02-01'").await;
        assert_eq!(found.measures[0].definition.column.as_deref(), Some("amount"));
        let [dataset] = found.datasets.as_slice() else { panic!("{found:?}") };
        assert!(dataset.restricted && found.reads.is_empty());
        assert_eq!(dataset.policies, policies);
        assert_eq!((dataset.segments_total, dataset.segments_matching, dataset.rows, dataset.commits.len()), (0, 0, 0, 0));
        let text = serde_json::to_string(&found).unwrap();
        assert!(!text.contains(".parquet") && !text.contains("load_id"), "{text}");
    }
    // What stands beside it may be read by what the policy says, over the join: no condition of either is told.
    let mill = ward.engine.mill(scope().with_row_filter(orders(), "city = 'Rome'"));
    let joined = lineage(&mill, "select land, sum(amount) from orders join towns on city = name group by land").await;
    assert!(joined.reads.is_empty(), "{joined:?}");
    let told: Value = serde_json::to_value(&joined).unwrap();
    assert!(!told.to_string().contains("Rome"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_has_no_lineage() {
    let (ward, _) = with_orders().await;
    for sql in ["delete from orders", "select nothing from orders", "select * from ordres", "select measure(nothing) from orders"] {
        let error = ward.mill.lineage_sql(sql).await.expect_err(sql);
        let answered = ward.mill.sql(sql).await.expect_err(sql);
        assert_eq!((error.kind(), error.message(), error.field()), (answered.kind(), answered.message(), answered.field()), "{sql}");
    }
    let other = ward.engine.tenant("other").unwrap();
    assert_eq!(other.lineage_sql("select count(*) from orders").await.unwrap_err().kind(), ErrorKind::NotFound);
}
