//! A time that is told in several ways by one question: in buckets of several widths, or in buckets and as it is. Each has a column of
//! its own, weeks that lie in two months are in both, and ranges beside it are all conditions.

use serde_json::{Value, json};
use tidemill::{Csv, ErrorKind, Mill};

use crate::composed::{refused, rows, shops};
use crate::views::{sales, save};
use crate::ward::Ward;

const JANUARY: &str = "2024-01-01T00:00:00Z";
const FEBRUARY: &str = "2024-02-01T00:00:00Z";
const MARCH: &str = "2024-03-01T00:00:00Z";

fn day(text: &str) -> String {
    format!("2024-{text}T00:00:00Z")
}

/// With an order of February in the week in which March begins.
async fn with_leap_day(ward: &Ward) -> [Mill; 2] {
    let mills = shops(ward).await;
    mills[0].load("orders", Csv::bytes("id,customer,at,amount,status\n8,a,2024-02-29T10:00:00Z,5,paid\n")).await.unwrap();
    mills
}

fn by(granularities: [&str; 2], ranges: [Option<[&str; 2]>; 2]) -> Value {
    let times = granularities
        .iter()
        .zip(ranges)
        .map(|(granularity, range)| json!({"dimension": "orders.at", "granularity": granularity, "dateRange": range}));
    times.collect::<Vec<_>>().into()
}

#[tokio::test]
async fn groups_are_of_each_pair_of_buckets() {
    let ward = Ward::new().await;
    for mill in &with_leap_day(&ward).await {
        let both = by(["month", "week"], [None, None]);
        let expected = json!([
            [JANUARY, day("01-01"), 10],
            [JANUARY, day("01-15"), 20],
            [FEBRUARY, day("01-29"), 30],
            [FEBRUARY, day("02-05"), 40],
            [FEBRUARY, day("02-26"), 5],
            [MARCH, day("02-26"), 180]
        ]);
        for _ in 0..2 {
            assert_eq!(rows(mill, json!({"measures": ["orders.revenue"], "timeDimensions": both})).await, expected);
        }
        let by_sql = mill
            .sql("select date_trunc('month', at), date_trunc('week', at), sum(amount) from orders group by 1, 2 order by 1, 2")
            .await
            .unwrap()
            .to_json();
        let asked = serde_json::from_value(json!({"measures": ["orders.revenue"], "timeDimensions": both})).unwrap();
        let answer = mill.query(&asked).await.unwrap();
        assert_eq!(answer.to_json()["data"][2], by_sql["data"][2]);
        assert_eq!(answer.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["orders.at", "orders.at.week", "orders.revenue"]);
        assert!(mill.verify(&asked).await.unwrap().equal);
        // Ordered by the second, by which the first rows are cut.
        let last = json!({"measures": ["orders.revenue"], "timeDimensions": both, "order": [["orders.at.week", "desc"]], "limit": 1});
        assert_eq!(rows(mill, last).await, json!([[FEBRUARY, day("02-26"), 5]]));
        // Both ranges hold.
        let ranged = by(["month", "week"], [Some(["2024-02-01", "2024-02-29"]), Some(["2024-02-05", "2024-03-31"])]);
        let found = rows(mill, json!({"measures": ["orders.revenue"], "timeDimensions": ranged})).await;
        assert_eq!(found, json!([[FEBRUARY, day("02-05"), 40], [FEBRUARY, day("02-26"), 5]]));
    }
}

#[tokio::test]
async fn formulas_lookups_and_other_tables_of_events_have_them_too() {
    let ward = Ward::new().await;
    for mill in &with_leap_day(&ward).await {
        let both = by(["month", "week"], [None, None]);
        let italian = json!([{"member": "countries.title", "operator": "equals", "values": ["Italy"]}]);
        let found = rows(mill, json!({"measures": ["orders.revenue", "orders.per_buyer"], "timeDimensions": both, "filters": italian})).await;
        assert_eq!(found, json!([[FEBRUARY, day("01-29"), 30, 30.0], [FEBRUARY, day("02-05"), 40, 40.0], [MARCH, day("02-26"), 50, 50.0]]));
        let found =
            rows(mill, json!({"measures": ["orders.revenue", "returns.sum_refund"], "timeDimensions": by(["month", "week"], [Some(["2024-02-05", "2024-03-31"]), None])})).await;
        assert_eq!(
            found,
            json!([
                [FEBRUARY, day("02-05"), 40, null],
                [FEBRUARY, day("02-19"), null, 5],
                [FEBRUARY, day("02-26"), 5, null],
                [MARCH, day("02-26"), 180, null],
                [MARCH, day("03-18"), null, 13]
            ])
        );
        // As it is, beside its bucket.
        let found =
            rows(mill, json!({"measures": ["orders.revenue"], "dimensions": ["orders.at"], "timeDimensions": [{"dimension": "orders.at", "granularity": "month"}], "limit": 1}));
        assert_eq!(found.await, json!([[JANUARY, "2024-01-05T10:00:00Z", 10]]));
    }
}

#[tokio::test]
async fn what_has_no_meaning_beside_it_is_refused() {
    let ward = Ward::new().await;
    let [mill, _] = with_leap_day(&ward).await;
    let both = by(["month", "week"], [None, None]);
    let month = json!([{"dimension": "orders.at", "granularity": "month"}]);
    for (asked, says) in [
        (json!({"measures": ["orders.revenue"], "timeDimensions": by(["month", "month"], [None, None])}), "\"orders.at\" is asked for twice"),
        (json!({"measures": ["orders.month_before"], "timeDimensions": both}), "several times to group by"),
        (json!({"measures": ["orders.so_far"], "dimensions": ["orders.at"], "timeDimensions": month}), "is grouped by as it is too"),
        (json!({"measures": ["orders.revenue"], "timeDimensions": both, "totals": true}), "told in several ways"),
        (json!({"measures": ["orders.revenue"], "timeDimensions": both, "pivot": ["orders.at"]}), "told in several ways"),
        (json!({"measures": ["orders.revenue"], "timeDimensions": both, "order": [["orders.at.day", "asc"]]}), "no member"),
    ] {
        let (kind, message) = refused(&mill, asked.clone()).await;
        assert_eq!(kind, ErrorKind::Invalid, "{asked}");
        assert!(message.contains(says), "{asked}: {message}");
    }
}

#[tokio::test]
async fn a_view_and_sql_over_it_have_them_under_their_names() {
    let ward = Ward::new().await;
    let [mill, _] = with_leap_day(&ward).await;
    save(&mill, sales()).await.unwrap();
    let asked = json!({
        "measures": ["sales.revenue"], "order": [["sales.ordered_at.week", "asc"], ["sales.ordered_at", "asc"]],
        "timeDimensions": [{"dimension": "sales.ordered_at", "granularity": "month"}, {"dimension": "sales.ordered_at", "granularity": "week"}]
    });
    let answer = mill.query(&serde_json::from_value(asked).unwrap()).await.unwrap();
    assert_eq!(answer.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["sales.ordered_at", "sales.ordered_at.week", "sales.revenue"]);
    let by_sql = mill
        .sql("select date_trunc('month', ordered_at), date_trunc('week', ordered_at), measure(revenue) from sales group by 1, 2 order by 2, 1")
        .await
        .unwrap();
    assert_eq!(answer.to_json()["data"], by_sql.to_json()["data"]);
    assert_eq!(answer.to_json()["data"][2], json!([10, 20, 30, 40, 5, 180]));
}
