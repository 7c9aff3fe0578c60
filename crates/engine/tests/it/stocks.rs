//! Stocks by when they are looked at: a condition on their time chooses among their rows, as a range of it does, and the latest of these
//! is the stock, also where there is a later one; what is compared is of one time. Computed by hand.

use serde_json::{Value, json};
use tidemill::{Csv, Dimension, ErrorKind, Measure, Mill, NamedFilter, Settings};

use crate::composed::{refused, rows, settings, shops};
use crate::ward::{Ward, open};

/// The stock of two shops, and a Saturday on which one of them has a delivery.
async fn kept(ward: &Ward) -> [Mill; 2] {
    let [mill, _] = shops(ward).await;
    mill.load("stock", Csv::bytes("day,shop,article,pieces\n2024-01-06,north,pen,19\n")).await.unwrap();
    let mut model = mill.model("stock").await.unwrap();
    let kept = json!({"name": "kept", "label": "Kept", "kind": "balance", "column": "pieces", "by": ["shop", "article"], "carry": true});
    let number = json!({"name": "number", "label": "Day of the month", "type": "integer", "expression": "cast(extract(day from \"day\") as bigint)"});
    let early = json!({"name": "early", "label": "Early", "filters": [before("2024-01-03")]});
    let share = json!({"name": "share", "label": "Share", "kind": "share_of_total", "measure": "on_hand"});
    model.measures.extend([kept, share].map(|measure| serde_json::from_value::<Measure>(measure).unwrap()));
    model.dimensions.push(serde_json::from_value::<Dimension>(number).unwrap());
    model.segments.push(serde_json::from_value::<NamedFilter>(early).unwrap());
    let version = model.version;
    mill.update_model(model, version).await.unwrap();
    let joins = open(ward.folder.path(), Settings { mapped_lookup_rows: 0, ..settings() }).await;
    [mill, joins.tenant("acme").unwrap()]
}

fn before(day: &str) -> Value {
    condition("day", "beforeDate", &json!([day]))
}

fn condition(member: &str, operator: &str, values: &Value) -> Value {
    json!({"member": format!("stock.{member}"), "operator": operator, "values": values})
}

#[tokio::test]
async fn a_condition_on_the_time_of_a_stock_says_when_it_is_looked_at() {
    let ward = Ward::new().await;
    for mill in &kept(&ward).await {
        let ranged = json!({"measures": ["stock.on_hand"], "timeDimensions": [{"dimension": "stock.day", "dateRange": ["2024-01-01", "2024-01-02"]}]});
        // 7 pens and a cup in the north, 4 pens in the south; what is there by now is 19, 1 and 2.
        assert_eq!(rows(mill, ranged).await, json!([[12]]));
        assert_eq!(rows(mill, json!({"measures": ["stock.on_hand"]})).await, json!([[22]]));
        let many = condition("pieces", "gte", &json!([4]));
        let south = condition("shop", "equals", &json!(["south"]));
        for (filters, expected) in [
            (json!([before("2024-01-03")]), 12),
            (json!([condition("day", "equals", &json!(["2024-01-01"]))]), 6),
            (json!([condition("day", "inDateRange", &json!(["2024-01-01", "2024-01-02"]))]), 12),
            // On Friday the pens of the north were 7.
            (json!([condition("day", "onBusinessDays", &json!([]))]), 10),
            // What is made of the time says when, too.
            (json!([condition("number", "lte", &json!([2]))]), 12),
            (json!([{"or": [before("2024-01-02"), condition("number", "equals", &json!([2]))]}]), 12),
            // What it was then is told by the latest row of these.
            (json!([before("2024-01-03"), many]), 11),
            (json!([{"and": [before("2024-01-03"), many]}]), 11),
            (json!([{"and": [{"and": [before("2024-01-03")]}, south]}]), 4),
            (json!([{"or": [many, south]}]), 21),
        ] {
            assert_eq!(rows(mill, json!({"measures": ["stock.on_hand"], "filters": filters})).await, json!([[expected]]), "{filters}");
        }
        assert_eq!(rows(mill, json!({"measures": ["stock.on_hand", "stock.kept"], "segments": ["stock.early"]})).await, json!([[12, 12]]));
        let by_shop = json!({"measures": ["stock.on_hand"], "dimensions": ["stock.shop"], "filters": [before("2024-01-03")]});
        assert_eq!(rows(mill, by_shop.clone()).await, json!([["north", 8], ["south", 4]]));
        // So it is by what is made of the time: each day of the month has the latest of its rows, as it has where that day is chosen.
        let by_number = json!({"measures": ["stock.on_hand"], "dimensions": ["stock.number"], "order": [["stock.number", "asc"]]});
        assert_eq!(rows(mill, by_number.clone()).await, json!([[1, 6], [2, 11], [3, 2], [6, 19]]));
        let top = json!({"dimension": "stock.number", "limit": 2, "others": true});
        let greatest = json!({"measures": ["stock.on_hand"], "dimensions": ["stock.number"], "top": top});
        assert_eq!(rows(mill, greatest).await, json!([[6, 19], [2, 11]]));
        let verified = mill.verify(&serde_json::from_value(by_shop).unwrap()).await.unwrap();
        assert!(verified.equal, "{:?}", verified.differences);
    }
}

#[tokio::test]
async fn a_share_of_a_stock_is_one_of_its_bucket() {
    let ward = Ward::new().await;
    for mill in &kept(&ward).await {
        // Each day is told by its own rows: 7 and 4 on the second.
        let days = json!({"measures": ["stock.share"], "dimensions": ["stock.shop"], "timeDimensions": [{"dimension": "stock.day", "granularity": "day"}]});
        let day = |number: u32| format!("2024-01-0{number}T00:00:00Z");
        let expected = json!([[day(1), "north", 1.0], [day(2), "north", 7.0 / 11.0], [day(2), "south", 4.0 / 11.0], [day(3), "south", 1.0], [day(6), "north", 1.0]]);
        assert_eq!(rows(mill, days).await, expected);
        assert_eq!(rows(mill, json!({"measures": ["stock.share"], "dimensions": ["stock.shop"]})).await, json!([["north", 20.0 / 22.0], ["south", 2.0 / 22.0]]));
    }
}

#[tokio::test]
async fn one_of_several_conditions_is_not_when_or_what() {
    let ward = Ward::new().await;
    let [mill, _] = kept(&ward).await;
    let mixed = json!([{"or": [before("2024-01-03"), condition("pieces", "gte", &json!([4]))]}]);
    let (kind, message) = refused(&mill, json!({"measures": ["stock.on_hand"], "filters": mixed})).await;
    assert_eq!(kind, ErrorKind::Invalid);
    assert!(message.contains("stock.on_hand is a stock") && message.contains("mixes both"), "{message}");
    // What is no stock is chosen by any of them.
    assert_eq!(rows(&mill, json!({"measures": ["stock.moved"], "filters": mixed})).await, json!([[5]]));
}
