//! Conditions that contradict each other pick no rows and no groups, also of what has a row whatever it is made of: a total of
//! nothing is no answer to them. Found by random questions, of which one asked for two shares at once.

use serde_json::{Value, json};
use tidemill::{Csv, Mill, Settings};

use crate::ward::{Ward, open};

const ORDERS: &str = "at,clerk,cents\n2024-01-05,a,10\n2024-01-20,b,20\n2024-02-03,a,30\n2024-02-10,c,40\n";

/// Engines that keep partials, and none, over the same folder.
async fn both(ward: &Ward) -> [Mill; 2] {
    ward.mill.load("orders", Csv::bytes(ORDERS)).await.unwrap();
    let mut model = serde_json::to_value(ward.mill.model("orders").await.unwrap()).unwrap();
    model["measures"] = json!([
        {"name": "count", "label": "N", "kind": "count"},
        {"name": "total", "label": "T", "kind": "sum", "column": "cents"},
        {"name": "share", "label": "S", "kind": "share_of_total", "measure": "count"}
    ]);
    let version = model["version"].as_u64().unwrap();
    ward.mill.update_model(serde_json::from_value(model).unwrap(), version).await.unwrap();
    let raw = open(ward.folder.path(), Settings { partial_cache_bytes: 0, ..Settings::default() }).await.tenant("acme").unwrap();
    [ward.mill.clone(), raw]
}

async fn rows(mill: &Mill, query: Value) -> usize {
    let query = serde_json::from_value(query).unwrap();
    assert!(mill.verify(&query).await.unwrap().equal);
    mill.query(&query).await.unwrap().batch.num_rows()
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_of_two_shares_at_once_are_none() {
    let ward = Ward::new().await;
    for mill in &both(&ward).await {
        let between = |value: f64| json!({"member": "orders.share", "operator": "between", "values": [value, value]});
        let asked = |filters: Value| json!({"measures": ["orders.share", "orders.total"], "dimensions": ["orders.clerk"], "filters": filters});
        assert_eq!(rows(mill, asked(json!([between(0.25)]))).await, 2);
        assert_eq!(rows(mill, asked(json!([{"and": [between(0.25), between(0.5)]}]))).await, 0);
        assert_eq!(rows(mill, asked(json!([between(0.25), between(2.0)]))).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_that_are_two_numbers_at_once_are_none() {
    let ward = Ward::new().await;
    for mill in &both(&ward).await {
        for (sql, expected) in [
            ("select * from (select count(*) as n from orders) as t where n between 4 and 4", 1),
            ("select * from (select count(*) as n from orders) as t where n between 4 and 4 and n between 5 and 5", 0),
            ("select * from (select count(*) as n from orders) as t, orders where n between 4 and 4 and n between 5 and 5", 0),
            ("select count(*) as n from orders having count(*) between 4 and 4 and count(*) between 5 and 5", 0),
            ("select clerk, count(*) as n from orders group by rollup (clerk) having count(*) between 4 and 4 and count(*) between 2 and 2", 0),
            ("select * from (select clerk, count(*) as n from orders group by clerk) as t where n between 2 and 2 and n between 1 and 1", 0),
        ] {
            assert_eq!(mill.sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}")).batch.num_rows(), expected, "{sql}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_no_row_has_are_none() {
    let ward = Ward::new().await;
    for mill in &both(&ward).await {
        for sql in [
            "select count(distinct clerk) as n from orders where clerk = 'nobody'",
            "select count(distinct clerk) as n from orders where clerk = 'ann' and (clerk <> 'ann' or clerk is null)",
            "select count(distinct o.clerk) as n from orders o join orders p on o.clerk = p.clerk where o.clerk = 'nobody'",
            "select count(o.clerk) as n from orders o join orders p on o.clerk = p.clerk where p.clerk = 'nobody'",
        ] {
            let answer = mill.sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}")).to_json();
            assert_eq!(answer["data"], json!([[0]]), "{sql}");
        }
    }
}
