//! Scopes: another tenant sees nothing; a row filter and hidden columns hold on every way of asking.

use serde_json::json;
use tidemill::{Csv, DatasetName, ErrorKind, Scope, SemanticQuery, TenantId};

use crate::ward::Ward;

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_sees_nothing() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("n\n1\n")).await.unwrap();
    let other = ward.engine.tenant("other").unwrap();
    assert_eq!(other.datasets().await.unwrap(), []);
    assert_eq!(other.models().await.unwrap(), []);
    let query = serde_json::from_str(r#"{"measures": ["orders.count"]}"#).unwrap();
    for kind in [
        other.dataset("orders").await.unwrap_err().kind(),
        other.profile("orders").await.unwrap_err().kind(),
        other.preview("orders", 1).await.unwrap_err().kind(),
        other.rejects("orders", 0, 1).await.unwrap_err().kind(),
        other.model("orders").await.unwrap_err().kind(),
        other.delete_dataset("orders").await.unwrap_err().kind(),
        other.query(&query).await.unwrap_err().kind(),
        other.subscribe(&query).await.unwrap_err().kind(),
        other.sql("select * from orders").await.unwrap_err().kind(),
        other.update_model(ward.mill.model("orders").await.unwrap(), 1).await.unwrap_err().kind(),
    ] {
        assert_eq!(kind, ErrorKind::NotFound);
    }
    // The same name is another dataset there.
    other.load("orders", Csv::bytes("n\n5\n6\n")).await.unwrap();
    assert_eq!(ward.rows("select count(*) from orders").await, json!([[1]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restricted_scope_sees_its_rows_and_columns_only() {
    let ward = Ward::new().await;
    ward.mill.load("orders", Csv::bytes("city,amount,margin\nRome,1,9\nOslo,2,8\nRome,3,7\n")).await.unwrap();
    let orders = || DatasetName::parse("orders").unwrap();
    let scope = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(orders(), "city = 'Rome'").hiding(orders(), "margin");
    let mill = ward.engine.mill(scope);
    let all = mill.query(&serde_json::from_str(r#"{"measures": ["orders.count", "orders.sum_amount"]}"#).unwrap()).await.unwrap();
    assert_eq!(all.to_json()["data"], json!([[2], [4]]));
    assert!(all.provenance.row_filter_applied);
    assert_eq!(mill.sql("select count(*) from orders o where o.city is not null").await.unwrap().to_json()["data"], json!([[2]]));
    assert_eq!(mill.sql("select (select max(amount) from orders) as m").await.unwrap().to_json()["data"], json!([[3]]));
    assert_eq!(mill.preview("orders", 10).await.unwrap().columns.len(), 2);
    assert_eq!(mill.profile("orders").await.unwrap().rows, 2);
    assert!(mill.sql("select margin from orders").await.is_err());
    let model = mill.model("orders").await.unwrap();
    assert!(!model.measures.iter().any(|measure| measure.name.contains("margin")));
    assert!(mill.query(&serde_json::from_str(r#"{"measures": ["orders.sum_margin"]}"#).unwrap()).await.is_err());
    assert_eq!(mill.rejects("orders", 0, 1).await.unwrap_err().kind(), ErrorKind::Denied);
    assert!(!mill.dataset("orders").await.unwrap().columns.iter().any(|column| column.name == "margin"));

    let wrong = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(orders(), "country = 'IT'");
    assert_eq!(ward.engine.mill(wrong).sql("select * from orders").await.unwrap_err().kind(), ErrorKind::Denied);
}

/// People of two regions; one scope sees the EU alone.
async fn people() -> (Ward, tidemill::Mill) {
    let ward = Ward::new().await;
    let text = "n,region,name,amount,at\n1,EU,17,5,2013-01-01\n2,US,Zoe Secret,0,2013-01-02\n3,EU,18,2,2013-01-03\n4,EU,19,1,2013-01-04\n";
    ward.mill.load("people", Csv::bytes(text).column_type("name", tidemill::ColumnType::String)).await.unwrap();
    let people = || DatasetName::parse("people").unwrap();
    let mill = ward.engine.mill(Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(people(), "region = 'EU'").hiding(people(), "at"));
    (ward, mill)
}

#[tokio::test(flavor = "multi_thread")]
async fn predicates_that_fail_see_no_row_that_the_scope_does_not_see() {
    let (ward, mill) = people().await;
    for (sql, rows) in [
        ("select n from people where cast(name as bigint) > 17 order by n", json!([[3, 4]])),
        ("select n from people where 10 / amount > 4 and n > 0 order by n", json!([[3, 4]])),
        ("select n from people where 10 / amount > 4 order by amount limit 1", json!([[4]])),
        ("select count(*) from people where cast(name as bigint) > 17", json!([[2]])),
        ("select count(*), sum(10 / amount) from people where 10 / amount >= 2", json!([[3], [17]])),
        ("select n from people where cast(case when region <> 'EU' then name end as bigint) is null order by n", json!([[1, 3, 4]])),
    ] {
        assert_eq!(mill.sql(sql).await.unwrap().to_json()["data"], rows, "{sql}");
        assert!(!sql.contains("name") || ward.mill.sql(sql).await.is_err(), "it fails for who sees all rows: {sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_filter_that_fails_names_no_row_that_it_hides() {
    let ward = Ward::new().await;
    let text = "n,code,pay,at\n1,17,5,2013-01-01\n2,Zoe Secret,99123,2013-01-02\n";
    ward.mill.load("people", Csv::bytes(text).column_type("code", tidemill::ColumnType::String)).await.unwrap();
    let count: SemanticQuery = serde_json::from_value(json!({"measures": ["people.count"]})).unwrap();
    let recent = json!({"measures": ["people.count"], "timeDimensions": [{"dimension": "people.at", "dateRange": "last 7 days of data"}]});
    let recent: SemanticQuery = serde_json::from_value(recent).unwrap();
    for filter in ["abs(cast(code as bigint)) > 1", "abs(cast(pay as smallint)) > 1"] {
        let scope = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("people").unwrap(), filter);
        let mill = ward.engine.mill(scope);
        for (way, error) in [
            ("query", mill.query(&count).await.unwrap_err()),
            ("query of data", mill.query(&recent).await.unwrap_err()),
            ("check", mill.check(&recent).await.unwrap_err()),
            ("explain", mill.explain(&count).await.unwrap_err()),
            ("lineage", mill.lineage(&recent).await.unwrap_err()),
            ("verify", mill.verify(&count).await.unwrap_err()),
            ("subscribe", mill.subscribe(&recent).await.unwrap_err()),
            ("sql", mill.sql("select count(*) from people").await.unwrap_err()),
            ("explain_sql", mill.explain_sql("select count(*) from people").await.unwrap_err()),
            ("values", mill.values("people.code", None, 10, 0).await.unwrap_err()),
            ("dataset", mill.dataset("people").await.unwrap_err()),
            ("preview", mill.preview("people", 10).await.unwrap_err()),
            ("profile", mill.profile("people").await.unwrap_err()),
            ("count_rows", mill.count_rows("people", "n > 0").await.unwrap_err()),
            ("delete_rows", mill.delete_rows("people", "n > 0").await.unwrap_err()),
        ] {
            let told = error.message();
            assert!(!told.contains("Zoe") && !told.contains("99123"), "{filter} by {way}: {told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_is_not_told_beside_the_answer() {
    let (ward, mill) = people().await;
    let mut model = ward.mill.model("people").await.unwrap();
    model.rollups = serde_json::from_value(json!([{"name": "by_name", "dimensions": ["name"], "measures": ["count"]}])).unwrap();
    let version = model.version;
    ward.mill.update_model(model, version).await.unwrap();
    ward.mill.build_rollups("people").await.unwrap();
    let query = serde_json::from_str(r#"{"measures": ["people.count"], "dimensions": ["people.region"]}"#).unwrap();
    assert!(!ward.mill.query(&query).await.unwrap().provenance.rollups.is_empty(), "who sees everything is told what the rollup lacks");
    assert_eq!(mill.query(&query).await.unwrap().provenance.rollups, []);
    assert_eq!(mill.sql("select region, count(*) from people group by 1").await.unwrap().provenance.rollups, []);
    let explained = mill.explain(&query).await.unwrap();
    assert_eq!((explained.rollups.len(), explained.plan.as_str()), (0, ""));
    let summary = mill.dataset("people").await.unwrap().summary;
    assert_eq!((summary.time_column, summary.time_min, summary.time_max), (None, None, None));
}
