//! Questions that once had a wrong answer, failed, or said too much: each is the whole way from rows to answer.

use serde_json::{Value, json};
use tidemill::{Csv, DatasetName, Mill, Scope, Settings, TenantId};

use crate::ward::{Ward, open};

async fn data(mill: &Mill, sql: &str) -> Value {
    mill.sql(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}")).to_json()["data"].clone()
}

/// Rows of two regions, where those of one cannot be computed with; and somebody who sees the other one.
async fn regions() -> (Ward, Mill) {
    let ward = Ward::new().await;
    ward.mill.load("t", Csv::bytes("region,secret,amount\nEU,1,5\nUS,hunter2,0\nEU,3,50\n")).await.unwrap();
    let scope = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("t").unwrap(), "region = 'EU'");
    let mill = ward.engine.mill(scope);
    (ward, mill)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_hidden_row_is_no_error() {
    let (ward, mill) = regions().await;
    let of_others = "cast(case when region <> 'EU' then secret end as bigint) > 0";
    for (condition, count) in [
        (of_others.to_owned(), 0),
        ("100 / amount > 10".to_owned(), 1),
        ("cast(secret as bigint) > 0".to_owned(), 2),
        (format!("{of_others} and 100 / amount > 10"), 0),
        ("cast(secret as bigint) > 0 and 100 / amount > 1".to_owned(), 2),
    ] {
        assert_eq!(data(&mill, &format!("select count(*) from t where {condition}")).await, json!([[count]]), "{condition}");
    }
    assert_eq!(data(&mill, "select region, count(*) from t where 100 / amount > 1 group by region").await, json!([["EU"], [2]]));
    // Who sees the row is told.
    for condition in [of_others, "100 / amount > 10"] {
        assert!(ward.mill.sql(&format!("select count(*) from t where {condition}")).await.is_err(), "{condition}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_conditions_that_fail_no_value_is_named() {
    let ward = Ward::new().await;
    ward.mill.load("t", Csv::bytes("region,secret\nEU,apples\nUS,hunter2\n")).await.unwrap();
    let error = ward.mill.sql("select count(*) from t where cast(secret as bigint) > 0 and cast(concat(region, secret) as bigint) > 0").await.unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_of_nulls_is_zero() {
    let (ward, _) = regions().await;
    assert_eq!(ward.rows("select count(case when region = 'EU' then null end), count(*) from t").await, json!([[0], [3]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_is_one_of_its_dimension_and_not_of_a_column_with_its_name() {
    let ward = Ward::new().await;
    ward.mill.load("t", Csv::bytes("at,n\n2013-01-02T03:00:00Z,1\n2013-01-02T06:00:00Z,2\n2013-01-02T07:00:00Z,3\n")).await.unwrap();
    let mut model = ward.mill.model("t").await.unwrap();
    let version = model.version;
    let at = model.dimensions.iter_mut().find(|dimension| dimension.name == "at").unwrap();
    (at.column, at.expression) = (None, Some("\"at\" - interval '5 hours'".to_owned()));
    let mut local = at.clone();
    local.name = "local_at".to_owned();
    model.dimensions.push(local);
    ward.mill.update_model(model, version).await.unwrap();

    let engine = async || open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    let ask = async |mill: &Mill, query: &Value| mill.query(&serde_json::from_value(query.clone()).unwrap()).await.unwrap().to_json()["data"].clone();
    for dimension in ["t.at", "t.local_at"] {
        let always = json!({"measures": ["t.count"], "timeDimensions": [{"dimension": dimension, "granularity": "day"}]});
        let on = |day: &str| json!({"measures": ["t.count"], "timeDimensions": [{"dimension": dimension, "granularity": "day", "dateRange": [day, day]}]});
        let expected = [
            (always, json!([["2013-01-01T00:00:00Z", "2013-01-02T00:00:00Z"], [1, 2]])),
            (on("2013-01-01"), json!([["2013-01-01T00:00:00Z"], [1]])),
            (on("2013-01-02"), json!([["2013-01-02T00:00:00Z"], [2]])),
        ];
        let (forth, back) = (engine().await, engine().await);
        for (query, expected) in &expected {
            assert_eq!(&ask(&engine().await, query).await, expected, "fresh: {query}");
            assert_eq!(&ask(&forth, query).await, expected, "without a window first: {query}");
        }
        for (query, expected) in expected.iter().rev().chain(&expected) {
            assert_eq!(&ask(&back, query).await, expected, "with a window first: {query}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_that_fits_is_found_in_any_order() {
    let ward = Ward::new().await;
    let most = i64::MAX;
    for (number, amounts) in [[most, most, -most, -most], [most, -most, most, -most], [-most, -most, most, most]].into_iter().enumerate() {
        let rows: String = amounts.iter().map(|amount| format!("a,{amount}\nb,{amount}\n")).collect();
        let dataset = format!("sums_{number}");
        ward.mill.load(&dataset, Csv::bytes(format!("k,amount\n{rows}"))).await.unwrap();
        assert_eq!(ward.rows(&format!("select sum(amount) from {dataset}")).await, json!([[0]]), "{amounts:?}");
        assert_eq!(ward.rows(&format!("select k, sum(amount) from {dataset} group by k order by k")).await, json!([["a", "b"], [0, 0]]), "{amounts:?}");
        let error = ward.mill.sql(&format!("select sum(amount) from {dataset} where amount > 0")).await.unwrap_err();
        assert!(error.to_string().contains("exceeds 64 bits"), "{error}");
    }
}
