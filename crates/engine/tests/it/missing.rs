//! What subqueries say where values are missing: a row is left out where nobody knows, whatever the condition stands beside.

use serde_json::json;
use tidemill::{Csv, DatasetName, ErrorKind, Scope, TenantId};

use crate::ward::Ward;

async fn shop() -> Ward {
    let ward = Ward::new().await;
    for rows in ["1,north\n2,south\n", ",west\n4,east\n"] {
        ward.mill.load("customers", Csv::bytes(format!("id,region\n{rows}"))).await.unwrap();
    }
    for rows in ["1,north,5\n,south,7\n", "5,east,9\n"] {
        ward.mill.load("orders", Csv::bytes(format!("customer,region,amount\n{rows}"))).await.unwrap();
    }
    ward
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_known_to_be_elsewhere_is_not_told_to_be() {
    let ward = shop().await;
    for (condition, expected) in [
        // One order is of nobody knows whom.
        ("id not in (select customer from orders)", json!([])),
        ("region = 'north' or id not in (select customer from orders)", json!(["north"])),
        ("region = 'north' or id not in (select customer from orders where customer is not null)", json!(["east", "north", "south"])),
        ("id not in (select customer from orders o where o.region = c.region)", json!(["east", "west"])),
        ("3 not in (select customer from orders o where o.region = c.region)", json!(["east", "north", "west"])),
        ("not (id in (select customer from orders where customer > 0) and region <> 'south')", json!(["east", "south"])),
        ("id >= all (select id from customers where id is not null)", json!(["east"])),
    ] {
        let sql = format!("select region from customers c where {condition} order by region");
        let rows = ward.rows(&sql).await;
        assert_eq!(rows, if expected == json!([]) { json!([[]]) } else { json!([expected]) }, "{condition}");
        let verification = ward.mill.verify_sql(&sql).await.unwrap_or_else(|error| panic!("{condition}: {error}"));
        assert!(verification.equal, "{condition}: {:?}", verification.differences);
    }
    let counted = "select count(*) from customers c where region = 'west' or id not in (select customer from orders o where o.amount > 6)";
    assert_eq!(ward.rows(counted).await, json!([[1]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_of_no_rows_is_not_lost_in_a_question_whether_there_is_one() {
    let ward = shop().await;
    for condition in ["exists (select count(*) from orders o where o.customer = c.id)", "0 in (select count(*) from orders o where o.customer = c.id)"] {
        let error = ward.mill.sql(&format!("select region from customers c where {condition}")).await.expect_err(condition);
        assert_eq!((error.kind(), error.field()), (ErrorKind::Invalid, Some("sql")), "{condition}");
        assert!(error.message().contains("(SELECT count(*) FROM …) > 0"), "{condition}: {error}");
    }
    let told = "select region from customers c where (select count(*) from orders o where o.customer = c.id) = 0 order by region";
    assert_eq!(ward.rows(told).await, json!([["east", "south", "west"]]));
    let many = "select region from customers c where exists (select 1 from orders o where o.customer = c.id having count(*) > 0)";
    assert_eq!(ward.rows(many).await, json!([["north"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_not_seen_are_not_missing_values_either() {
    let ward = shop().await;
    let known = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("orders").unwrap(), "region <> 'south'");
    let mill = ward.engine.mill(known);
    let answer = mill.sql("select region from customers where region = 'north' or id not in (select customer from orders)").await.unwrap();
    assert_eq!(answer.to_json()["data"], json!([["east", "north", "south"]]));
}
