//! Stocks that are carried on: what a shop has of an article stays what it was until a row says otherwise, also where the range or the
//! bucket that is asked for has none. Computed by hand.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tidemill::clock::ManualClock;
use tidemill::{Csv, ErrorKind, Measure, Mill, Settings};

use crate::composed::{change, refused, rows, settings, shops};
use crate::ward::{Ward, builder};

async fn add(mill: &Mill, measure: Value) -> tidemill::Result<()> {
    let mut model = mill.model("stock").await.unwrap();
    model.measures.push(serde_json::from_value::<Measure>(measure).unwrap());
    let version = model.version;
    mill.update_model(model, version).await.map(drop)
}

async fn kept(ward: &Ward) -> [Mill; 2] {
    let [mill, _] = shops(ward).await;
    let measure = json!({"name": "kept", "label": "Kept", "kind": "balance", "column": "pieces", "by": ["shop", "article"], "carry": true});
    add(&mill, measure).await.unwrap();
    // A week after the last row: nothing is carried beyond now.
    let now: DateTime<Utc> = "2024-01-10T12:00:00Z".parse().unwrap();
    let opened = |settings: Settings| builder(ward.folder.path(), settings).clock(Arc::new(ManualClock::at(now))).open();
    let (functions, joins) = (opened(settings()).await.unwrap(), opened(Settings { mapped_lookup_rows: 0, ..settings() }).await.unwrap());
    [functions, joins].map(|engine| engine.tenant("acme").unwrap())
}

fn by(granularity: Option<&str>, range: [&str; 2]) -> Value {
    json!([{"dimension": "stock.day", "granularity": granularity, "dateRange": range}])
}

fn day(number: u32) -> String {
    format!("2024-01-{number:02}T00:00:00Z")
}

#[tokio::test]
async fn a_stock_stays_what_it_was() {
    let ward = Ward::new().await;
    for mill in &kept(&ward).await {
        let days = by(Some("day"), ["2024-01-01", "2024-01-04"]);
        let found = rows(mill, json!({"measures": ["stock.kept", "stock.on_hand"], "timeDimensions": days})).await;
        assert_eq!(found, json!([[day(1), 6, 6], [day(2), 12, 11], [day(3), 10, 2], [day(4), 10, null]]));
        let asked = json!({"measures": ["stock.kept"], "dimensions": ["stock.shop"], "timeDimensions": days});
        let expected =
            json!([[day(1), "north", 6], [day(2), "north", 8], [day(2), "south", 4], [day(3), "north", 8], [day(3), "south", 2], [day(4), "north", 8], [day(4), "south", 2]]);
        assert_eq!(rows(mill, asked.clone()).await, expected);
        let verified = mill.verify(&serde_json::from_value(asked).unwrap()).await.unwrap();
        assert!(verified.equal, "{:?}", verified.differences);
        // What was there before the range counts, and a filter looks at what there is.
        assert_eq!(rows(mill, json!({"measures": ["stock.kept"], "timeDimensions": by(Some("day"), ["2024-01-03", "2024-01-03"])})).await, json!([[day(3), 10]]));
        assert_eq!(rows(mill, json!({"measures": ["stock.kept"], "timeDimensions": by(Some("day"), ["2024-01-02", "2024-01-03"])})).await, json!([[day(2), 12], [day(3), 10]]));
        assert_eq!(rows(mill, json!({"measures": ["stock.kept"], "timeDimensions": by(Some("week"), ["2024-01-01", "2024-01-07"])})).await, json!([[day(1), 10]]));
        let many = json!([{"member": "stock.pieces", "operator": "gte", "values": [4]}]);
        let found = rows(mill, json!({"measures": ["stock.kept"], "timeDimensions": days, "filters": many})).await;
        assert_eq!(found, json!([[day(1), 5], [day(2), 11], [day(3), 7], [day(4), 7]]));
        // Without buckets: at the end of the range, or of everything.
        let found = rows(mill, json!({"measures": ["stock.kept", "stock.on_hand"], "timeDimensions": by(None, ["2024-01-03", "2024-01-05"])})).await;
        assert_eq!(found, json!([[10, 2]]));
        assert_eq!(rows(mill, json!({"measures": ["stock.kept"]})).await, json!([[10]]));
        let found = rows(mill, json!({"measures": ["stock.kept"], "timeDimensions": by(Some("day"), ["2024-01-08", "2024-01-31"])})).await;
        assert_eq!(found, json!([[day(8), 10], [day(9), 10], [day(10), 10]]));
    }
}

#[tokio::test]
async fn rows_that_are_to_come_carry_nothing_beyond_now_and_count_where_they_are() {
    let ward = Ward::new().await;
    let mills = kept(&ward).await;
    mills[0].load("stock", Csv::bytes("day,shop,article,pieces\n2024-02-20,north,pen,1\n2024-06-01,south,pen,9\n")).await.unwrap();
    for mill in &mills {
        let asked = async |granularity: Option<&str>, range: [&str; 2]| {
            let asked = json!({"measures": ["stock.kept"], "timeDimensions": by(granularity, range)});
            let verified = mill.verify(&serde_json::from_value(asked.clone()).unwrap()).await.unwrap();
            assert!(verified.equal, "{range:?}: {:?}", verified.differences);
            rows(mill, asked).await
        };
        // Of a range that ends before them nothing changes.
        assert_eq!(asked(Some("day"), ["2024-01-03", "2024-01-05"]).await, json!([[day(3), 10], [day(4), 10], [day(5), 10]]));
        assert_eq!(asked(None, ["2024-01-03", "2024-01-05"]).await, json!([[10]]));
        // One that ends between now and the next of them ends with now, one that has some with the last of these.
        assert_eq!(asked(Some("day"), ["2024-01-08", "2024-01-31"]).await, json!([[day(8), 10], [day(9), 10], [day(10), 10]]));
        let february = |number: u32| format!("2024-02-{number:02}T00:00:00Z");
        assert_eq!(asked(Some("day"), ["2024-02-18", "2024-02-22"]).await, json!([[february(18), 10], [february(19), 10], [february(20), 4]]));
        assert_eq!(asked(Some("month"), ["2024-01-01", "2024-04-30"]).await, json!([[day(1), 10], [february(1), 4]]));
        assert_eq!(asked(None, ["2024-01-03", "2024-02-29"]).await, json!([[4]]));
        assert_eq!(rows(mill, json!({"measures": ["stock.kept"]})).await, json!([[11]]));
    }
}

#[tokio::test]
async fn rows_that_are_to_come_count_by_a_time_that_is_not_the_column_of_the_dataset() {
    let ward = Ward::new().await;
    let now: DateTime<Utc> = "2024-01-10T12:00:00Z".parse().unwrap();
    let engine = builder(ward.folder.path(), settings()).clock(Arc::new(ManualClock::at(now))).open().await.unwrap();
    let mill = engine.tenant("acme").unwrap();
    let lines = "made,day,shop,pieces\n2024-01-01,2024-01-02,north,7\n2024-01-02,2024-01-20,north,1\n";
    mill.load("stock", Csv::bytes(lines).time_column(Some("made"))).await.unwrap();
    let kept = json!([{"name": "kept", "label": "Kept", "kind": "balance", "column": "pieces", "by": ["shop"], "carry": true}]);
    change(&mill, "stock", json!({"time_dimension": "day", "measures": kept})).await;
    for (range, expected) in
        [(["2024-01-18", "2024-01-22"], json!([[day(18), 7], [day(19), 7], [day(20), 1]])), (["2024-01-08", "2024-01-12"], json!([[day(8), 7], [day(9), 7], [day(10), 7]]))]
    {
        assert_eq!(rows(&mill, json!({"measures": ["stock.kept"], "timeDimensions": by(Some("day"), range)})).await, expected, "{range:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_carried_is_refused() {
    let ward = Ward::new().await;
    let [mill, _] = kept(&ward).await;
    let shifted = json!({"name": "before", "label": "Before", "kind": "time_shift", "measure": "kept", "span": {"count": 1, "unit": "day"}});
    add(&mill, shifted).await.unwrap();
    let open = json!([{"dimension": "stock.day", "granularity": "day"}]);
    let days = by(Some("day"), ["2024-01-01", "2024-01-04"]);
    for (asked, kind, says) in [
        (json!({"measures": ["stock.kept"], "timeDimensions": open}), ErrorKind::Invalid, "a dateRange with a beginning"),
        (json!({"measures": ["stock.kept"], "timeDimensions": by(Some("day"), ["2020-01-01", "2024-01-04"])}), ErrorKind::Exhausted, "at most 400 buckets"),
        (json!({"measures": ["stock.before"], "timeDimensions": days}), ErrorKind::Invalid, "neither shifted nor added up"),
    ] {
        let (found, message) = refused(&mill, asked.clone()).await;
        assert_eq!(found, kind, "{asked}: {message}");
        assert!(message.contains(says), "{asked}: {message}");
    }
    for measure in [
        json!({"name": "m", "label": "M", "kind": "sum", "column": "pieces", "carry": true}),
        json!({"name": "m", "label": "M", "kind": "rank", "measure": "moved", "carry": true}),
    ] {
        let error = add(&mill, measure).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Invalid && error.message().contains("carry"), "{error}");
    }
}
