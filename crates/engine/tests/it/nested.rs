//! Structs and lists: stored as what they are, asked by path, and safe through everything that rewrites rows.

use serde_json::json;
use tidemill::{Csv, DatasetName, ErrorKind, Json, Load, Model, Scope, Settings, TenantId};

use crate::formats::fixture;
use crate::ward::Ward;

async fn orders() -> Ward {
    with(Settings::default()).await
}

async fn with(settings: Settings) -> Ward {
    loaded(Ward::with(settings).await).await
}

async fn loaded(ward: Ward) -> Ward {
    ward.mill.load("orders", Load::path(fixture("orders.ndjson"))).await.unwrap();
    ward.mill.load("orders", Load::path(fixture("orders.parquet"))).await.unwrap();
    ward
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_reaches_inside_by_path() {
    let ward = orders().await;
    for city in ["address.city", "orders.address.city", "address['city']", "get_field(address, 'city')", "o.address.city"] {
        let sql = format!("select {city} as city, count(*) as n, sum(amount) from orders as o group by 1 order by n desc, city nulls last").replace("orders.address", "o.address");
        assert_eq!(ward.rows(&sql).await, json!([["Köln", null, "Bern"], [4, 4, 2], [2_000_019.0, 0.5, -6.0]]), "{city}");
    }
    assert_eq!(ward.rows("select count(*) from orders where address.zip = '50667' and address.city like 'K%'").await, json!([[2]]));
    assert_eq!(ward.rows("select distinct tags[1] as tag from orders where array_has(tags, 'vip') order by tag").await, json!([["new", "vip"]]));
    assert_eq!(ward.rows("select sum(array_length(tags)), count(tags), max(cardinality(tags)) from orders").await, json!([[10], [8], [2]]));
    assert_eq!(
        ward.rows("select tag, count(*) as n from (select unnest(tags) as tag from orders) as t group by tag order by n desc, tag nulls last").await,
        json!([["vip", "new", "x", null], [4, 2, 2, 2]])
    );
    assert_eq!(ward.rows("select count(distinct address) from orders").await, json!([[4]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn partials_are_kept_of_what_is_inside() {
    let raw = with(Settings { partial_cache_bytes: 0, ..Settings::default() }).await;
    let ward = orders().await;
    for sql in [
        "select address.city as city, count(*), sum(amount), min(address.zip), max(id) from orders group by 1 order by 1",
        "select date_trunc('year', at) as year, count(address.zip) from orders where address.city is not null group by 1 order by 1",
        "select array_length(tags) as tags, avg(amount) from orders group by 1 order by 1",
    ] {
        let expected = raw.rows(sql).await;
        assert_eq!(ward.rows(sql).await, expected, "{sql}");
        let again = ward.mill.sql(sql).await.unwrap();
        assert_eq!(again.to_json()["data"], expected, "{sql}");
        assert_eq!((again.provenance.segments_reused, again.provenance.segments_read), (again.provenance.segments_total, 0), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn models_name_fields_as_dimensions() {
    let ward = orders().await;
    // The model that is made for a new dataset has them already.
    let asked = ward.ask(r#"{"measures": ["orders.count"], "dimensions": ["orders.address_city"]}"#).await;
    let mut cities: Vec<String> = asked.to_json()["data"][0].as_array().unwrap().iter().map(ToString::to_string).collect();
    cities.sort();
    assert_eq!(cities, ["\"Bern\"", "\"Köln\"", "null"]);

    let mut model: Model = ward.mill.model("orders").await.unwrap();
    let mut dimension = model.dimensions.iter().find(|dimension| dimension.name == "address_city").unwrap().clone();
    (dimension.name, dimension.expression) = ("town".into(), Some("upper(address.city)".into()));
    model.dimensions.push(dimension);
    let version = model.version;
    ward.mill.update_model(model, version).await.unwrap();
    let asked = ward.ask(r#"{"measures": ["orders.count"], "dimensions": ["orders.town"]}"#).await;
    assert!(asked.to_json()["data"][0].to_string().contains("KÖLN"), "{:?}", asked.to_json());
}

#[tokio::test(flavor = "multi_thread")]
async fn rewriting_keeps_every_value_inside() {
    let ward = orders().await;
    let all = "select id, address, tags from orders order by id";
    let before = ward.rows(all).await;
    ward.mill.compact("orders").await.unwrap();
    assert_eq!(ward.rows(all).await, before);
    assert_eq!(ward.mill.delete_rows("orders", "address.city = 'Bern'").await.unwrap().rows, 2);
    assert_eq!(ward.rows("select count(*) from orders").await, json!([[8]]));
    assert_eq!(ward.rows("select count(*) from orders where address.city = 'Bern'").await, json!([[0]]));
    // And a new engine reads the schema back from the log.
    let again = crate::ward::open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    assert_eq!(again.sql("select address.zip from orders where id = 5 limit 1").await.unwrap().to_json()["data"], json!([["50668"]]));
    let detail = again.dataset("orders").await.unwrap();
    let address = detail.columns.iter().find(|column| column.name == "address").unwrap();
    assert_eq!(serde_json::to_value(address).unwrap()["fields"], json!([{"name": "city", "type": "string"}, {"name": "zip", "type": "string"}]));
    let profile = again.profile("orders").await.unwrap();
    assert_eq!(profile.columns.iter().find(|column| column.name == "tags").map(|column| (column.nulls, column.distinct)), Some((2, 0)));
    assert_eq!(again.preview("orders", 3).await.unwrap().batch.num_rows(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_hides_a_struct_whole_and_filters_by_what_is_inside() {
    let ward = orders().await;
    let scope = || Scope::of(TenantId::parse("acme").unwrap());
    let orders = DatasetName::parse("orders").unwrap();
    let mill = ward.engine.mill(scope().hiding(orders.clone(), "address"));
    for sql in ["select address.city from orders", "select orders.address.city from orders", "select get_field(address, 'city') from orders", "select address from orders"] {
        assert!(ward.mill.sql(sql).await.is_ok(), "{sql}");
        let error = mill.sql(sql).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.message().contains("address") && !error.message().contains("zip"), "{error}");
    }
    let seen = mill.sql("select * from orders").await.unwrap().to_json().to_string();
    assert!(seen.contains("tags") && !seen.contains("address") && !seen.contains("Köln"), "{seen}");
    let mill = ward.engine.mill(scope().with_row_filter(orders, "address.city = 'Köln'"));
    assert_eq!(mill.sql("select count(*), min(address.zip) from orders").await.unwrap().to_json()["data"], json!([[4], ["50667"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn later_rows_widen_what_is_inside() {
    let ward = Ward::new().await;
    let mut text: String = (0..12_000).map(|row| format!("{{\"n\":{row},\"a\":{{\"b\":1}},\"l\":[]}}\n")).collect();
    text.push_str("{\"n\":1,\"a\":{\"b\":1.5,\"c\":[{\"d\":\"x\"}]},\"l\":[7]}\n");
    let report = ward.mill.load("wide", Json::bytes(text)).await.unwrap();
    assert_eq!((report.rows, report.rejected), (12_001, 0));
    let promoted: Vec<String> = report.promotions.iter().map(|promotion| format!("{} {} {}", promotion.column, promotion.to, promotion.line)).collect();
    assert_eq!(promoted, ["a struct 12001", "l list 1"]);
    assert_eq!(ward.rows("select a, l from wide where a.b > 1").await, json!([[{"b": 1.5, "c": [{"d": "x"}]}], [[7]]]));
    assert_eq!(ward.rows("select a, l from wide where n = 5").await, json!([[{"b": 1.0, "c": null}], [[]]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn delimited_text_holds_json_for_nested_columns() {
    let ward = Ward::new().await;
    ward.mill.load("t", Json::bytes("{\"n\":1,\"a\":{\"b\":2},\"l\":[1]}\n")).await.unwrap();
    let report = ward.mill.load("t", Csv::bytes("n,a,l\n2,\"{\"\"b\"\":3}\",\"[4,5]\"\n3,,\n4,{x,[]\n5,\"{\"\"b\"\":6}\",[]\n")).await.unwrap();
    assert_eq!((report.rows, report.rejected), (3, 1));
    assert_eq!(ward.rows("select a, l from t order by n").await, json!([[{"b": 2}, {"b": 3}, null, {"b": 6}], [[1], [4, 5], null, []]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_delta_reader_opens_nested_columns() {
    let ward = loaded(Ward::open_tables(Settings::default()).await).await;
    let url = url::Url::from_directory_path(ward.folder.path().canonicalize().unwrap().join("acme/orders")).unwrap();
    let table = deltalake_core::open_table(url).await.unwrap();
    let schema = serde_json::to_value(table.snapshot().unwrap().schema().as_ref()).unwrap().to_string();
    assert!(schema.contains("\"elementType\":\"string\"") && schema.contains("\"city\""), "{schema}");
    assert_eq!(table.get_file_uris().unwrap().count(), ward.objects("orders").iter().filter(|path| path.extension().is_some_and(|end| end == "parquet")).count());
}
