//! Models that nobody has written: by the names, the types and the profile of what was loaded first, and of columns that came later.

use tidemill::{Csv, Load, LoadMode, Mill, Settings};

use crate::ward::{Ward, example, open};

/// Orders whose names say little. Another seed has other values of the same kinds.
fn orders(rows: u32, seed: u32) -> Load {
    let mut text = "at,ticket,express,vintage,discount_rate,lane,remark,city,wait_time,amount\n".to_owned();
    for row in 0..rows {
        let (express, vintage, rate) = ((row + seed) % 2, 1990 + seed + row % 30, f64::from(row + seed) / 1_000.0);
        text.push_str(&format!("2013-01-{:02}T08:00:00Z,{},{express},{vintage},{rate},{seed},", 1 + row % 28, 7_000 * seed + row));
        text.push_str(&format!("customer {row} wrote that parcel {seed} came late and wet,c{},{},{}\n", (row + seed) % 5, row * 3 + seed, row % 9));
    }
    Csv::bytes(text)
}

async fn measures(mill: &Mill, name: &str) -> Vec<String> {
    mill.model(name).await.unwrap().measures.into_iter().map(|measure| measure.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_goes_by_what_the_first_load_looks_like() {
    let ward = Ward::new().await;
    ward.mill.load("orders", orders(200, 1)).await.unwrap();
    let model = ward.mill.model("orders").await.unwrap();
    let told: Vec<String> = model.measures.iter().map(|measure| format!("{} {}", measure.name, measure.format.as_deref().unwrap())).collect();
    assert_eq!(
        told,
        [
            "count integer",
            "distinct_ticket integer",
            "sum_express integer",
            "avg_express percent",
            "distinct_vintage integer",
            "avg_discount_rate percent",
            "min_discount_rate percent",
            "max_discount_rate percent",
            "distinct_city integer",
            "avg_wait_time number",
            "min_wait_time number",
            "max_wait_time number",
            "sum_amount currency_usd",
            "avg_amount currency_usd",
            "min_amount currency_usd",
            "max_amount currency_usd",
        ]
    );
    let plain: Vec<&str> = model.dimensions.iter().filter(|dimension| dimension.format.as_deref() == Some("d")).map(|dimension| dimension.name.as_str()).collect();
    assert_eq!((plain.as_slice(), model.dimensions.len(), model.joins.len()), (["ticket", "vintage"].as_slice(), 10, 0));
    assert_eq!(ward.data(r#"{"measures": ["orders.avg_express", "orders.distinct_ticket"]}"#).await, serde_json::json!([[0.5], [200]]));
    // It is stored, and another engine reads what this one has made.
    let again = open(ward.folder.path(), Settings::default()).await.tenant("acme").unwrap();
    assert_eq!(again.model("orders").await.unwrap(), model);
    // Other values of the same kinds make the same model: none is in it.
    let other = ward.engine.tenant("other").unwrap();
    other.load("orders", orders(300, 2)).await.unwrap();
    assert_eq!(other.model("orders").await.unwrap(), model);
}

#[tokio::test(flavor = "multi_thread")]
async fn few_rows_prove_nothing() {
    let ward = Ward::new().await;
    ward.mill.load("orders", orders(50, 1)).await.unwrap();
    let found = measures(&ward.mill, "orders").await;
    for name in ["sum_ticket", "max_express", "sum_vintage", "sum_lane", "distinct_remark", "distinct_wait_time", "avg_discount_rate"] {
        assert!(found.iter().any(|found| found == name), "{name} in {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_comes_later_goes_by_the_load_that_brought_it() {
    let ward = Ward::new().await;
    ward.mill.load("orders", orders(200, 1)).await.unwrap();
    let before = measures(&ward.mill, "orders").await;
    for (rows, column, expected) in [(200, "gift", ["sum_gift", "avg_gift"].as_slice()), (20, "wrapped", ["sum_wrapped", "avg_wrapped", "min_wrapped", "max_wrapped"].as_slice())] {
        let lines: String = (0..rows).map(|row| format!("2013-02-01T08:00:00Z,{}\n", row % 2)).collect();
        let report = ward.mill.load("orders", Csv::bytes(format!("at,{column}\n{lines}")).mode(LoadMode::Append)).await.unwrap();
        assert_eq!(report.new_columns, [column]);
        let found = measures(&ward.mill, "orders").await;
        // Those that were there stay, though their columns have no values in this load.
        assert_eq!(found[..before.len()], before);
        assert_eq!(found.iter().filter(|name| name.ends_with(column)).map(String::as_str).collect::<Vec<_>>(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn flights_have_the_measures_that_people_ask_for() {
    let ward = Ward::new().await;
    ward.mill.load("flights", Csv::path(example("flights.csv.gz"))).await.unwrap();
    let found = measures(&ward.mill, "flights").await;
    let distinct = found.iter().filter_map(|name| name.strip_prefix("distinct_")).collect::<Vec<_>>();
    assert_eq!(distinct, ["dep_time", "sched_dep_time", "arr_time", "sched_arr_time", "carrier", "flight", "tailnum", "origin", "dest"]);
    // What a clock shows is told from how long something takes.
    assert_eq!(found.iter().filter_map(|name| name.strip_prefix("avg_")).collect::<Vec<_>>(), ["dep_delay", "arr_delay", "air_time", "distance"]);
    assert_eq!(found.iter().filter_map(|name| name.strip_prefix("sum_")).collect::<Vec<_>>(), ["dep_delay", "arr_delay", "distance"]);
}
