//! Different values are counted exactly in every question: alone, beside other models, in totals, of the greatest, in formulas, live and
//! in SQL. Only who asks for an estimate gets one, the same in each of them, and no question takes more memory than there is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tidemill::{Csv, ErrorKind, Mill, QueryResult, Settings};

use crate::composed::change;
use crate::live::next;
use crate::ward::{Ward, open};

/// So many that each city has more of them than a sketch holds exactly.
const BUYERS: usize = 12_000;
/// How often there are orders from each.
const CITIES: [&str; 11] = ["Rome", "Rome", "Rome", "Rome", "Rome", "Oslo", "Oslo", "Oslo", "Oslo", "Bonn", "Bonn"];

/// An order: its day, city, customer and price. Everybody orders twice, on different days and mostly from different cities.
fn orders() -> impl Iterator<Item = (usize, &'static str, String, f64)> {
    (0..2 * BUYERS).map(|row| (1 + row / 5_000, CITIES[row * 7 % 11], format!("customer {:05}", row * 13 % BUYERS), (row % BUYERS) as f64 + 0.25))
}

/// Orders and returns, which have city and time in common.
async fn shop(mill: &Mill) {
    let rows: String = orders().map(|(day, city, customer, price)| format!("2013-01-{day:02}T10:00:00Z,{city},{customer},{price}\n")).collect();
    mill.load("orders", Csv::bytes(format!("at,city,customer,price\n{rows}"))).await.unwrap();
    mill.load("returns", Csv::bytes("at,city\n2013-01-01T11:00:00Z,Rome\n2013-01-02T11:00:00Z,Oslo\n2013-01-03T11:00:00Z,Bonn\n"))
        .await
        .unwrap();
    change(
        mill,
        "orders",
        json!({"measures": [
            {"name": "count", "label": "Orders", "kind": "count"},
            {"name": "buyers", "label": "Buyers", "kind": "count_distinct", "column": "customer"},
            {"name": "prices", "label": "Prices", "kind": "count_distinct", "column": "price"},
            {"name": "about_buyers", "label": "About buyers", "kind": "count_distinct_approx", "column": "customer"},
            {"name": "per_buyer", "label": "Orders a buyer", "kind": "ratio", "measure": "count", "denominator": "buyers"},
            {"name": "per_about", "label": "Orders a buyer", "kind": "ratio", "measure": "count", "denominator": "about_buyers"}
        ]}),
    )
    .await;
    change(mill, "returns", json!({"measures": [{"name": "count", "label": "Returns", "kind": "count"}], "same_as": {"at": "orders.at", "city": "orders.city"}})).await;
}

/// Customers of each key.
fn by<K: Ord>(key: impl Fn(usize, &'static str) -> K) -> BTreeMap<K, usize> {
    let mut known: BTreeMap<K, BTreeSet<String>> = BTreeMap::new();
    for (day, city, customer, _) in orders() {
        known.entry(key(day, city)).or_default().insert(customer);
    }
    known.into_iter().map(|(key, customers)| (key, customers.len())).collect()
}

async fn ask(mill: &Mill, value: &Value) -> QueryResult {
    mill.query(&serde_json::from_value(value.clone()).unwrap()).await.unwrap_or_else(|error| panic!("{error}: {value}"))
}

/// An answer that is exact.
async fn exactly(mill: &Mill, value: Value) -> Value {
    let answer = ask(mill, &value).await;
    assert!(answer.provenance.exact && answer.provenance.bounds.is_empty(), "{value}: {:?}", answer.provenance.bounds);
    answer.to_json()
}

/// Engines over the same folder: without partials, with partials that are made each time, and with kept ones.
async fn modes(ward: &Ward) -> Vec<Mill> {
    let mut mills = Vec::new();
    for partial_cache_bytes in [0, 1, 64 << 20] {
        let settings = Settings { partial_cache_bytes, segment_max_rows: 1_500, background_rollups: false, ..Settings::default() };
        mills.push(open(ward.folder.path(), settings).await.tenant("acme").unwrap());
    }
    mills
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_is_the_same_however_it_is_asked() {
    let ward = Ward::new().await;
    let mills = modes(&ward).await;
    shop(&mills[0]).await;
    let (cities, days) = (by(|_, city| city), by(|day, _| day));
    assert!(cities.values().all(|count| (4_097..BUYERS).contains(count)) && days.values().sum::<usize>() > BUYERS);
    let by_city: Vec<Value> = cities.values().map(|count| json!(count)).collect();
    let by_day: Vec<Value> = days.values().map(|count| json!(count)).collect();
    for mill in &mills {
        assert_eq!(exactly(mill, json!({"measures": ["orders.buyers", "orders.prices"]})).await["data"], json!([[BUYERS], [BUYERS]]));
        assert_eq!(exactly(mill, json!({"measures": ["orders.buyers", "returns.count"]})).await["data"], json!([[BUYERS], [3]]));
        let order = json!([["orders.city", "asc"]]);
        let alone = exactly(mill, json!({"measures": ["orders.buyers"], "dimensions": ["orders.city"], "order": order})).await;
        assert_eq!(alone["data"][1], json!(by_city));
        let beside = exactly(mill, json!({"measures": ["orders.buyers", "returns.count"], "dimensions": ["orders.city"], "order": order})).await;
        assert_eq!((&beside["data"][1], &beside["data"][2]), (&alone["data"][1], &json!([1, 1, 1])));
        let daily = json!([{"dimension": "orders.at", "granularity": "day"}]);
        for measures in [json!(["orders.buyers"]), json!(["orders.buyers", "returns.count"])] {
            let answer = exactly(mill, json!({"measures": measures, "timeDimensions": daily, "totals": true})).await;
            assert_eq!((&answer["data"][1], &answer["totals"][0]["data"][0]), (&json!(by_day), &json!([BUYERS])), "{measures}");
        }
        let pivoted = exactly(mill, json!({"measures": ["orders.buyers"], "dimensions": ["orders.city"], "pivot": ["orders.city"]})).await;
        let found: BTreeSet<Option<u64>> = pivoted["data"].as_array().unwrap().iter().map(|column| column[0].as_u64()).collect();
        assert_eq!(found, cities.values().map(|count| Some(*count as u64)).collect::<BTreeSet<_>>());
        let top = json!({"measures": ["orders.buyers"], "dimensions": ["orders.city"], "top": {"dimension": "orders.city", "limit": 1, "others": true}});
        let answer = exactly(mill, top).await;
        let (greatest, most) = cities.iter().max_by_key(|(_, count)| **count).unwrap();
        let others: BTreeSet<String> = orders().filter(|(_, city, ..)| city != greatest).map(|(_, _, customer, _)| customer).collect();
        assert_eq!((&answer["data"], &answer["others"]["data"]), (&json!([[greatest], [most]]), &json!([[others.len()]])));
        assert_eq!(exactly(mill, json!({"measures": ["orders.per_buyer", "orders.per_about"]})).await["data"], json!([[2.0], [2.0]]));
        for sql in ["select measure(buyers), count(distinct customer) from orders", "select count(distinct customer), count(distinct price) from orders"] {
            let answer = mill.sql(sql).await.unwrap();
            assert!(answer.provenance.exact, "{sql}");
            assert_eq!(answer.to_json()["data"], json!([[BUYERS], [BUYERS]]), "{sql}");
        }
        // A group is left out by what it counts, and not by about what it counts.
        let over = json!([{"member": "orders.buyers", "operator": "gte", "values": [BUYERS]}]);
        assert_eq!(exactly(mill, json!({"measures": ["orders.count"], "filters": over})).await["data"], json!([[2 * BUYERS]]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_is_asked_for_and_is_the_same_alone_and_beside_others() {
    let ward = Ward::new().await;
    let mills = modes(&ward).await;
    shop(&mills[0]).await;
    let bounded = |answer: &QueryResult| answer.provenance.bounds.iter().map(|bound| (bound.measure.clone(), bound.confidence)).collect::<Vec<_>>();
    for mill in &mills {
        let alone = ask(mill, &json!({"measures": ["orders.about_buyers"]})).await;
        let estimate = alone.to_json()["data"][0][0].as_u64().unwrap();
        assert!(estimate.abs_diff(BUYERS as u64) * 20 < BUYERS as u64, "{estimate}");
        assert_eq!((alone.provenance.exact, bounded(&alone)), (false, vec![("orders.about_buyers".to_owned(), 0.95)]));
        let beside = ask(mill, &json!({"measures": ["returns.count", "orders.about_buyers", "orders.buyers"]})).await;
        assert_eq!(beside.to_json()["data"], json!([[3], [estimate], [BUYERS]]));
        assert_eq!((beside.provenance.exact, bounded(&beside)), (false, bounded(&alone)));
        // Who says that estimates are fine gets the same ones, where a count would keep all texts.
        for measures in [json!(["orders.buyers"]), json!(["orders.buyers", "returns.count"])] {
            let answer = ask(mill, &json!({"measures": measures, "exact": false})).await;
            assert_eq!(answer.to_json()["data"][0], json!([estimate]), "{measures}");
            assert_eq!(bounded(&answer), [("orders.buyers".to_owned(), 0.95)], "{measures}");
        }
        // What goes into a formula does not follow it, and who asks for exact numbers gets no estimate at all.
        let formula = ask(mill, &json!({"measures": ["orders.per_buyer", "orders.per_about"], "exact": false})).await;
        assert_eq!((formula.to_json()["data"].clone(), formula.provenance.exact), (json!([[2.0], [2.0]]), true));
        assert_eq!(exactly(mill, json!({"measures": ["orders.about_buyers", "returns.count"], "exact": true})).await["data"], json!([[BUYERS], [3]]));
        // Few values are few, also as an estimate.
        let few = json!({"measures": ["orders.about_buyers", "returns.count"], "filters": [{"member": "orders.city", "operator": "equals", "values": ["nowhere"]}]});
        assert_eq!(exactly(mill, few).await["data"], json!([[0], [0]]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_count_is_exact_and_stays_so() {
    let ward = Ward::new().await;
    shop(&ward.mill).await;
    let query = serde_json::from_value(json!({"measures": ["orders.buyers", "returns.count"]})).unwrap();
    let mut live = ward.mill.subscribe(&query).await.unwrap();
    let first = next(&mut live).await.to_json().to_string();
    assert!(first.contains(&BUYERS.to_string()), "{first}");
    ward.mill.load("orders", Csv::bytes("at,city,customer,price\n2013-01-06T10:00:00Z,Rome,somebody new,1.0\n")).await.unwrap();
    assert_eq!(exactly(&ward.mill, json!({"measures": ["orders.buyers", "returns.count"]})).await["data"], json!([[BUYERS + 1], [3]]));
    let second = next(&mut live).await.to_json().to_string();
    assert!(second.contains(&(BUYERS + 1).to_string()), "{second}");
}

/// Texts are what an exact count holds: eight segments of them are more than there is memory for, each alone is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_count_for_which_there_is_no_memory_is_refused_with_what_to_ask_instead() {
    let ward = Ward::new().await;
    let settings = Settings { query_memory_bytes: 16 << 20, background_rollups: false, ..Settings::default() };
    let mill = open(ward.folder.path(), settings).await.tenant("acme").unwrap();
    let (segments, texts) = (8_usize, 40_000_usize);
    for segment in 0..segments {
        let rows: String = (0..texts).map(|row| format!("{segment},visitor number {:08} of the site\n", segment * texts + row)).collect();
        mill.load("visits", Csv::bytes(format!("part,visitor\n{rows}"))).await.unwrap();
    }
    let measures = json!([
        {"name": "count", "label": "Visits", "kind": "count"},
        {"name": "visitors", "label": "Visitors", "kind": "count_distinct", "column": "visitor"},
        {"name": "share", "label": "Share", "kind": "share_of_total", "measure": "visitors"}
    ]);
    change(&mill, "visits", json!({"measures": measures})).await;
    for measures in [json!(["visits.visitors"]), json!(["visits.visitors", "visits.share"])] {
        let error = mill.query(&serde_json::from_value(json!({"measures": measures})).unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exhausted, "{error}");
        let [estimate, kind] = error.suggestions() else { panic!("{:?}", error.suggestions()) };
        assert!(estimate.contains("\"exact\": false") && estimate.contains("visits.visitors") && kind.contains("count_distinct_approx"), "{estimate}; {kind}");
    }
    let estimated = ask(&mill, &json!({"measures": ["visits.visitors"], "exact": false})).await;
    let found = estimated.to_json()["data"][0][0].as_u64().unwrap();
    let known = (segments * texts) as u64;
    assert!(found.abs_diff(known) * 20 < known && !estimated.provenance.exact, "{found}");
    let one = json!({"measures": ["visits.visitors"], "filters": [{"member": "visits.part", "operator": "equals", "values": [3]}]});
    assert_eq!(exactly(&mill, one).await["data"], json!([[texts]]));
    // Nothing is held on to by what was refused.
    assert_eq!(exactly(&mill, json!({"measures": ["visits.count"]})).await["data"], json!([[known]]));
}

/// A segment in which a window begins is computed in blocks, whose merges are kept: of exact counts each would hold all values anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_window_does_not_keep_the_values_of_an_exact_count_over_and_over() {
    let ward = Ward::new().await;
    // One every ten milliseconds.
    let at = |row: usize| format!("2013-01-01T00:{:02}:{:02}.{:03}Z", row / 6_000, row / 100 % 60, row % 100 * 10);
    let rows: String = (0..100_000).map(|row| format!("{},visitor number {row:08} of the site\n", at(row))).collect();
    ward.mill.load("visits", Csv::bytes(format!("at,visitor\n{rows}")).time_column(Some("at"))).await.unwrap();
    change(&ward.mill, "visits", json!({"measures": [{"name": "visitors", "label": "Visitors", "kind": "count_distinct", "column": "visitor"}]})).await;
    let mut kept = Vec::new();
    for (from, visitors) in [("2013-01-01", 100_000), ("2013-01-01T00:00:01Z", 99_900)] {
        let settings = Settings { background_rollups: false, ..Settings::default() };
        let engine = open(ward.folder.path(), settings).await;
        let query = json!({"measures": ["visits.visitors"], "timeDimensions": [{"dimension": "visits.at", "dateRange": [from, "2013-01-01"]}]});
        let answer = ask(&engine.tenant("acme").unwrap(), &query).await;
        assert_eq!((answer.to_json()["data"].clone(), answer.provenance.segments_total), (json!([[visitors]]), 1));
        kept.push(engine.cache_bytes().await.partials);
    }
    assert!(kept[0] > 0 && kept[1] < 2 * kept[0], "{kept:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn zero_is_one_value_whatever_its_sign() {
    let ward = Ward::with(Settings { background_rollups: false, ..Settings::default() }).await;
    for rows in ["a,0.0\na,1.5\nb,2.5\n", "a,-0.0\nb,-0.0\n"] {
        ward.mill.load("moves", Csv::bytes(format!("shop,change\n{rows}"))).await.unwrap();
    }
    let measures = json!([{"name": "changes", "label": "Changes", "kind": "count_distinct", "column": "change"}, {"name": "count", "label": "Moves", "kind": "count"}]);
    change(&ward.mill, "moves", json!({"measures": measures, "rollups": [{"name": "by_change", "measures": ["count"], "dimensions": ["shop", "change"]}]})).await;
    // By rows, and by a rollup whose groups they are.
    for _ in 0..2 {
        for (query, expected) in [
            (json!({"measures": ["moves.changes"]}), json!([[3]])),
            (json!({"measures": ["moves.changes"], "dimensions": ["moves.shop"], "order": [["moves.shop", "asc"]]}), json!([["a", "b"], [2, 2]])),
        ] {
            assert_eq!(ask(&ward.mill, &query).await.to_json()["data"], expected, "{query}");
            let verified = ward.mill.verify(&serde_json::from_value(query.clone()).unwrap()).await.unwrap();
            assert!(verified.equal, "{query}: {:?}", verified.differences);
        }
        ward.mill.build_rollups("moves").await.unwrap();
    }
    for sql in ["select count(distinct change), max(shop) from moves", "select count(distinct change), avg(change) from (select * from moves order by shop limit 9)"] {
        assert_eq!(ward.rows(sql).await[0], json!([3]), "{sql}");
    }
    assert_eq!(ward.rows("select count(*) from (select change from moves group by change)").await, json!([[3]]));
    for (condition, count) in [("change = 0", 3), ("change <> 0", 2), ("change < 0", 0), ("change >= 0", 5)] {
        assert_eq!(ward.rows(&format!("select count(*) from moves where {condition}")).await, json!([[count]]), "{condition}");
        assert_eq!(ward.mill.count_rows("moves", condition).await.unwrap(), count, "what is deleted where {condition}");
    }
}
