//! Different values over several buckets of time: who has bought in the last months, or ever. A value counts once, however many
//! buckets have it, by whatever is looked up, and as somebody with a list of the rows would count.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tidemill::{Csv, ErrorKind, Mill, SemanticQuery};

use crate::composed::{change, refused, rows, settings, shops};
use crate::ward::{Ward, open};

const MONTHS: [&str; 3] = ["2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"];

/// Buyers over months, in the shop with lookups as functions and in the one that joins them.
async fn buying(ward: &Ward) -> [Mill; 2] {
    let mills = shops(ward).await;
    let mut model = mills[0].model("orders").await.unwrap();
    let open_only = json!([{"member": "orders.status", "operator": "equals", "values": ["open"]}]);
    let italian = json!([{"member": "customers.country", "operator": "equals", "values": ["IT"]}]);
    let more = json!([
        {"name": "open_buyers", "label": "B", "kind": "count_distinct", "column": "customer", "filters": open_only},
        {"name": "italian_buyers", "label": "B", "kind": "count_distinct_approx", "column": "customer", "filters": italian},
        {"name": "buyers_so_far", "label": "B", "kind": "cumulative", "measure": "buyers"},
        {"name": "open_so_far", "label": "B", "kind": "cumulative", "measure": "open_buyers"},
        {"name": "italian_so_far", "label": "B", "kind": "cumulative", "measure": "italian_buyers"},
        {"name": "per_buyer_so_far", "label": "B", "kind": "number", "expression": "{so_far} / {buyers_so_far}"},
        {"name": "buyers_two_months", "label": "B", "kind": "rolling", "measure": "buyers", "span": {"count": 2, "unit": "month"}},
        {"name": "open_two_months", "label": "B", "kind": "rolling", "measure": "open_buyers", "span": {"count": 2, "unit": "month"}},
        {"name": "median_two_months", "label": "M", "kind": "rolling", "measure": "median", "span": {"count": 2, "unit": "month"}},
        {"name": "median_so_far", "label": "M", "kind": "cumulative", "measure": "median"},
        {"name": "last_two_months", "label": "L", "kind": "rolling", "measure": "last_amount", "span": {"count": 2, "unit": "month"}}
    ]);
    model.measures.extend(serde_json::from_value::<Vec<tidemill::Measure>>(more).unwrap());
    let version = model.version;
    mills[0].update_model(model, version).await.unwrap();
    mills
}

fn by_month(measures: &[&str], dimensions: &[&str], range: &Value) -> Value {
    let order: Vec<Value> = std::iter::once("orders.at").chain(dimensions.iter().copied()).map(|member| json!([member, "asc"])).collect();
    json!({"measures": measures, "dimensions": dimensions, "order": order, "timeDimensions": [{"dimension": "orders.at", "granularity": "month", "dateRange": range}]})
}

#[tokio::test]
async fn a_value_counts_once_however_many_buckets_have_it() {
    let ward = Ward::new().await;
    for mill in &buying(&ward).await {
        let measures = ["orders.buyers", "orders.buyers_so_far", "orders.buyers_two_months", "orders.open_so_far", "orders.italian_so_far", "orders.per_buyer_so_far"];
        let all = json!([[MONTHS[0], 1, 1, 1, 1, 0, 30.0], [MONTHS[1], 1, 2, 2, 1, 1, 50.0], [MONTHS[2], 2, 4, 3, 2, 2, 70.0]]);
        assert_eq!(rows(mill, by_month(&measures, &[], &Value::Null)).await, all);
        // A range shows what it holds; what is before it still counts.
        let shown = rows(mill, by_month(&measures, &[], &json!(["2024-02-01", "2024-03-31"]))).await;
        assert_eq!(shown, json!([all[1], all[2]]));
        // The one who has an open order in January is gone in March.
        let found = rows(mill, by_month(&["orders.open_two_months"], &[], &Value::Null)).await;
        assert_eq!(found, json!([[MONTHS[0], 1], [MONTHS[1], 1], [MONTHS[2], 1]]));
    }
}

#[tokio::test]
async fn values_are_told_apart_by_what_is_looked_up() {
    let ward = Ward::new().await;
    for mill in &buying(&ward).await {
        let found = rows(mill, by_month(&["orders.buyers_so_far"], &["customers.country"], &Value::Null)).await;
        assert_eq!(found, json!([[MONTHS[0], "NO", 1], [MONTHS[1], "IT", 1], [MONTHS[2], "IT", 2], [MONTHS[2], null, 1]]));
        let found = rows(mill, by_month(&["orders.buyers_two_months"], &["customers.country"], &Value::Null)).await;
        assert_eq!(found, json!([[MONTHS[0], "NO", 1], [MONTHS[1], "IT", 1], [MONTHS[1], "NO", 1], [MONTHS[2], "IT", 2], [MONTHS[2], null, 1]]));
        // A condition on what is looked up leaves its rows out.
        let mut asked = by_month(&["orders.buyers_so_far", "orders.so_far"], &[], &Value::Null);
        asked["filters"] = json!([{"member": "customers.country", "operator": "equals", "values": ["IT"]}]);
        assert_eq!(rows(mill, asked).await, json!([[MONTHS[1], 1, 70], [MONTHS[2], 2, 120]]));
    }
}

#[tokio::test]
async fn what_has_neither_states_nor_values_counts_its_rows_in_each_bucket() {
    let ward = Ward::new().await;
    for mill in &buying(&ward).await {
        let measures = ["orders.median_two_months", "orders.last_two_months", "orders.two_months"];
        let all = json!([[MONTHS[0], 15.0, 20, 30], [MONTHS[1], 25.0, 40, 100], [MONTHS[2], 50.0, 70, 250]]);
        assert_eq!(rows(mill, by_month(&measures, &[], &Value::Null)).await, all);
        let asked = by_month(&measures, &[], &json!(["2024-02-01", "2024-03-31"]));
        assert_eq!(rows(mill, asked.clone()).await, json!([all[1], all[2]]));
        assert!(mill.verify(&serde_json::from_value(asked).unwrap()).await.unwrap().equal);
        let found = rows(mill, by_month(&["orders.median_two_months"], &["customers.country"], &Value::Null)).await;
        assert_eq!(found, json!([[MONTHS[0], "NO", 15.0], [MONTHS[1], "IT", 35.0], [MONTHS[1], "NO", 15.0], [MONTHS[2], "IT", 40.0], [MONTHS[2], null, 65.0]]));
    }
}

#[tokio::test]
async fn what_cannot_go_on_without_end_is_refused() {
    let ward = Ward::new().await;
    let [mill, _] = buying(&ward).await;
    let (kind, message) = refused(&mill, by_month(&["orders.median_so_far", "orders.buyers_so_far"], &[], &Value::Null)).await;
    assert_eq!(kind, ErrorKind::Invalid);
    assert!(message.contains("takes a quantile or a single value") && message.contains("rolling"), "{message}");
    let (kind, message) = refused(&mill, json!({"measures": ["orders.buyers_so_far"]})).await;
    assert_eq!(kind, ErrorKind::Invalid);
    assert!(message.contains("from bucket to bucket"), "{message}");
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// The day of January 2024, who came, and in which way.
type Visit = (u64, Option<u64>, u64);

/// What somebody with a list of the visits counts: by day and kind, all who came within so many days.
fn counted(visits: &[Visit], days: Option<u64>) -> Value {
    let last = visits.iter().map(|visit| visit.0).max().unwrap();
    let mut found = Vec::new();
    for day in 1..=last {
        for kind in 0..3 {
            let within = |visit: &&Visit| visit.2 == kind && visit.0 <= day && days.is_none_or(|days| visit.0 + days > day);
            // So far there is a number where something happened, over the last days where it still counts.
            let is_there = |visit: &Visit| days.is_some() || visit.0 == day;
            if visits.iter().filter(within).any(is_there) {
                let who: BTreeSet<u64> = visits.iter().filter(within).filter_map(|visit| visit.1).collect();
                found.push(json!([format!("2024-01-{day:02}T00:00:00Z"), format!("k{kind}"), who.len()]));
            }
        }
    }
    found.into()
}

#[tokio::test]
async fn it_is_what_a_list_of_the_rows_says() {
    for seed in 0..6 {
        let ward = Ward::new().await;
        let mill = open(ward.folder.path(), settings()).await.tenant("acme").unwrap();
        let mut dice = Dice(seed);
        let mut visits: Vec<Visit> = Vec::new();
        // Several commits, so that a value is in several segments.
        for part in 0..3 {
            let mut lines = String::from("at,who,kind\n");
            for _ in 0..40 {
                let visit = (1 + dice.below(28), Some(dice.below(9)).filter(|who| *who > 0), dice.below(3));
                let who = visit.1.map(|who| who.to_string()).unwrap_or_default();
                lines.push_str(&format!("2024-01-{:02}T{:02}:30:00Z,{who},k{}\n", visit.0, dice.below(24), visit.2));
                visits.push(visit);
            }
            mill.load("visits", Csv::bytes(lines)).await.unwrap_or_else(|error| panic!("{error} in part {part} of seed {seed}"));
        }
        let of = |name: &str, kind: &str, days: Option<u64>| {
            let span = days.map(|count| json!({"count": count, "unit": "day"}));
            json!({"name": name, "label": name, "kind": kind, "measure": "guests", "span": span})
        };
        let guests = json!({"name": "guests", "label": "Guests", "kind": "count_distinct", "column": "who"});
        change(&mill, "visits", json!({"measures": [guests, of("week", "rolling", Some(7)), of("one_day", "rolling", Some(1)), of("ever", "cumulative", None)]})).await;
        for (measure, days) in [("week", Some(7)), ("one_day", Some(1)), ("ever", None)] {
            let asked = json!({
                "measures": [format!("visits.{measure}")], "dimensions": ["visits.kind"], "timeDimensions": [{"dimension": "visits.at", "granularity": "day"}],
                "order": [["visits.at", "asc"], ["visits.kind", "asc"]]
            });
            // Asked for the first time, and out of what is kept.
            for _ in 0..2 {
                assert_eq!(rows(&mill, asked.clone()).await, counted(&visits, days), "{measure} of seed {seed}");
            }
            let query: SemanticQuery = serde_json::from_value(asked).unwrap();
            assert!(mill.verify(&query).await.unwrap().equal, "{measure} of seed {seed}");
        }
    }
}
