//! Decimals that a model computes are numbers, and never texts that look like some: by them groups are in order, are the greatest, come page by
//! page and are listed, also beside one that no float gives back.

use serde_json::{Value, json};
use tidemill::{ColumnType, Csv, Settings};

use crate::composed::change;
use crate::ward::Ward;

/// As texts `10.25` would come before `9.5`, and `-3.5` after `-20`.
const ROWS: &str = "k,x,at\na,9.5,2013-01-01\nb,10.25,2013-01-02\nc,-3.5,2013-01-04\nd,-20,2013-01-05\ne,9007199254740993.25,2013-01-05\n";

async fn prices(partial_cache_bytes: usize) -> Ward {
    let ward = Ward::with(Settings { partial_cache_bytes, ..Settings::default() }).await;
    ward.mill.load("prices", Csv::bytes(ROWS).column_type("x", ColumnType::String)).await.unwrap();
    let price = "cast(x as decimal(20, 2))";
    let mut dimensions = serde_json::to_value(ward.mill.model("prices").await.unwrap()).unwrap()["dimensions"].take();
    dimensions.as_array_mut().unwrap().push(json!({"name": "price", "label": "Price", "type": "float", "expression": price}));
    let measures = json!([
        {"name": "count", "label": "Prices", "kind": "count"},
        {"name": "total", "label": "Total", "kind": "sum", "expression": price},
        {"name": "dearest", "label": "Dearest", "kind": "max", "expression": price},
        {"name": "half", "label": "Half", "kind": "number", "expression": "{total} * 0.5"}
    ]);
    change(&ward.mill, "prices", json!({"dimensions": dimensions, "measures": measures})).await;
    ward
}

#[tokio::test(flavor = "multi_thread")]
async fn decimals_of_models_are_in_the_order_of_numbers() {
    for cache in [0, 32 << 20] {
        let ward = prices(cache).await;
        let keys = async |asked: Value| ward.data(&asked.to_string()).await[0].clone();
        for measure in ["prices.total", "prices.dearest", "prices.half"] {
            let by = |direction: &str| json!({"measures": [measure], "dimensions": ["prices.k"], "order": [[measure, direction]]});
            assert_eq!(keys(by("asc")).await, json!(["d", "c", "a", "b", "e"]), "{cache}: {measure}");
            assert_eq!(keys(by("desc")).await, json!(["e", "b", "a", "c", "d"]), "{cache}: {measure}");
            for (offset, page) in [(0, json!(["d", "c"])), (2, json!(["a", "b"])), (4, json!(["e"]))] {
                let mut asked = by("asc");
                (asked["limit"], asked["offset"]) = (json!(2), json!(offset));
                assert_eq!(keys(asked).await, page, "{cache}: {measure} from {offset}");
            }
            for (limit, greatest) in [(2, json!(["e", "b"])), (3, json!(["e", "b", "a"])), (4, json!(["e", "b", "a", "c"]))] {
                let mut asked = by("desc");
                asked["top"] = json!({"dimension": "prices.k", "limit": limit});
                assert_eq!(keys(asked).await, greatest, "{cache}: {measure}, the {limit} greatest");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dimension_of_decimals_is_one_of_numbers() {
    for cache in [0, 32 << 20] {
        let ward = prices(cache).await;
        let asked = json!({"measures": ["prices.count"], "dimensions": ["prices.price"], "order": [["prices.price", "asc"]], "limit": 3, "offset": 1});
        assert_eq!(ward.data(&asked.to_string()).await, json!([[-3.5, 9.5, 10.25], [1, 1, 1]]), "{cache}");
        for (offset, page, more) in [(0, json!([-20.0, -3.5]), true), (2, json!([9.5, 10.25]), true)] {
            let found = ward.mill.values("prices.price", None, 2, offset).await.unwrap();
            assert_eq!((json!(found.values), found.more), (page, more), "{cache}: from {offset}");
        }
        // Where the rows of an answer are put in order once more.
        let filled = json!({"measures": ["prices.count"], "dimensions": ["prices.price"], "order": [["prices.price", "asc"], ["prices.at", "asc"]],
            "timeDimensions": [{"dimension": "prices.at", "granularity": "month", "fill": "zero"}], "filters": [{"member": "prices.price", "operator": "lt", "values": [100]}]});
        assert_eq!(ward.data(&filled.to_string()).await[1], json!([-20.0, -3.5, 9.5, 10.25]), "{cache}");
        let long = json!({"measures": ["prices.total"], "dimensions": ["prices.k"], "order": [["prices.total", "desc"]],
            "timeDimensions": [{"dimension": "prices.at", "granularity": "month", "fill": "zero"}]});
        assert_eq!(ward.data(&long.to_string()).await[1], json!(["e", "b", "a", "c", "d"]), "{cache}");
    }
}
