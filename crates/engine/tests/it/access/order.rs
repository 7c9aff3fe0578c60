//! Which rows somebody is told of, and in what order, says nothing of rows and columns that they do not see: rows have an order of
//! their own then, and what would go by the order in which they are read is refused.

use serde_json::{Value, json};
use tidemill::{ColumnType, Csv, ErrorKind, Json, Mill, Scope, TenantId};

use super::{rows, set_policies, user};
use crate::ward::Ward;

/// Two segments of people: five that are seen, and so many of another country in each that the one or the other is the larger.
async fn people(ward: &Ward, tenant: &str, hidden: [usize; 2]) -> Mill {
    let mill = ward.engine.tenant(tenant).unwrap();
    for (seen, hidden) in [["ann,DE,3", "bob,DE,1", "cid,DE,2"].as_slice(), &["dora,DE,1", "eve,DE,4"]].into_iter().zip(hidden) {
        let others = (0..hidden).map(|number| format!("somebody {number} else,FR,{number}"));
        let lines: Vec<String> = seen.iter().map(|line| (*line).to_owned()).chain(others).collect();
        mill.load("people", Csv::bytes(format!("name,country,n\n{}\n", lines.join("\n")))).await.unwrap();
    }
    set_policies(&mill, "people", json!([{"name": "own", "rows": [{"member": "people.country", "operator": "equals", "values": ["{user.country}"]}]}])).await;
    ward.engine.mill(Scope::of(TenantId::parse(tenant).unwrap()).seen_by(user(&[("country", &["DE"])])))
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_rows_decide_neither_which_rows_are_told_nor_their_order() {
    let ward = Ward::new().await;
    let mills = [people(&ward, "one", [2_000, 0]).await, people(&ward, "two", [0, 2_000]).await];
    for (sql, expected) in [
        ("select name from people", json!([["ann", "bob", "cid", "dora", "eve"]])),
        ("select name from people limit 2", json!([["ann", "bob"]])),
        ("select name from people limit 2 offset 2", json!([["cid", "dora"]])),
        ("select n, name from people order by n limit 2", json!([[1, 1], ["bob", "dora"]])),
        ("select name from people order by n desc limit 3", json!([["eve", "ann", "cid"]])),
        ("select name from people order by n limit 1", json!([["bob"]])),
        // Without an order the first of all that is told, which here is one that is not a column.
        ("select n * 2 as double, name from people limit 1", json!([[2], ["bob"]])),
        ("select name from (select name, row_number() over (order by n, name) as place from (select n, name from people) as p) as q where place = 2", json!([["dora"]])),
    ] {
        for mill in &mills {
            assert_eq!(rows(mill, sql).await, expected, "{sql}");
        }
    }
    for mill in &mills {
        assert_eq!(mill.preview("people", 2).await.unwrap().to_json()["data"], json!([["ann", "bob"], ["DE", "DE"], [3, 1]]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_by_the_order_in_which_rows_are_read_is_refused_with_what_to_write() {
    let ward = Ward::new().await;
    let mill = people(&ward, "acme", [3, 0]).await;
    for (sql, named) in [
        ("select row_number() over () as n, name from people", "row_number"),
        ("select name, lag(name) over () as before from people", "lag"),
        ("select name, ntile(2) over (order by country) as half from people", "ntile"),
        ("select first_value(name) from people", "first_value(x order by at, x)"),
        ("select sum(n) over (rows between 1 preceding and current row) as moving from people", "sum"),
        ("select distinct on (country) country, name from people", "DISTINCT ON"),
        ("select count(*) from (select name from people limit 2) as p", "LIMIT inside"),
        ("select name from people where n = (select n from people limit 1)", "LIMIT inside"),
    ] {
        for refused in [mill.sql(sql).await.unwrap_err(), mill.explain_sql(sql).await.unwrap_err(), mill.plan_sql(sql).await.unwrap_err()] {
            assert_eq!((refused.kind(), refused.field()), (ErrorKind::Invalid, Some("sql")), "{sql}: {refused}");
            assert!(refused.message().contains(named) && refused.message().contains("you see a part"), "{sql}: {refused}");
        }
        // Who sees everything asks as before.
        ward.mill.sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_rows_does_not_tell_when_by_a_column_that_is_hidden_or_masked() {
    let staff = "name,hired\nann,2013-03-01\nbob,2013-01-01\ncid,2013-02-01\n";
    for policy in [json!([{"name": "all", "hidden": ["hired"]}]), json!([{"name": "all", "masked": [{"column": "hired"}]}])] {
        let ward = Ward::new().await;
        ward.mill.load("staff", Csv::bytes(staff).column_type("hired", ColumnType::Timestamp).time_column(Some("hired"))).await.unwrap();
        assert_eq!(ward.mill.dataset("staff").await.unwrap().summary.time_column.as_deref(), Some("hired"));
        set_policies(&ward.mill, "staff", policy.clone()).await;
        let mill = super::seen_by(&ward, &[("team", &["a"])]);
        assert_eq!(rows(&mill, "select name from staff").await, json!([["ann", "bob", "cid"]]), "{policy}");
        let preview: Value = mill.preview("staff", 10).await.unwrap().to_json()["data"][0].clone();
        assert_eq!(preview, json!(["ann", "bob", "cid"]), "{policy}");
        assert_eq!(mill.sql("select name, row_number() over () as n from staff").await.unwrap_err().kind(), ErrorKind::Invalid);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_structs_and_lists_have_an_order_too() {
    let ward = Ward::new().await;
    let lines = r#"{"id": 2, "address": {"city": "Rome"}, "tags": ["b"]}
{"id": 1, "address": {"city": "Oslo"}, "tags": ["c", "a"]}
{"id": 3, "address": null, "tags": []}
"#;
    ward.mill.load("places", Json::bytes(lines)).await.unwrap();
    set_policies(&ward.mill, "places", json!([{"name": "some", "rows": [{"member": "places.id", "operator": "lt", "values": [3]}]}])).await;
    let mill = super::seen_by(&ward, &[]);
    assert_eq!(rows(&mill, "select address from places").await.as_array().unwrap()[0].as_array().unwrap().len(), 2);
    assert_eq!(rows(&mill, "select id from places order by tags").await, json!([[2, 1]]));
    assert_eq!(rows(&mill, "select tags, id from places").await[1], json!([2, 1]));
    assert_eq!(mill.preview("places", 10).await.unwrap().batch.num_rows(), 2);
}
