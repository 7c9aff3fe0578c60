//! Estimates: the same however they are answered, no farther off than they say, and exact where that is asked for.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};
use tidemill::{BoundKind, ColumnType, Csv, ErrorKind, Measure, Mill, QueryResult, Settings};

use crate::ward::{Ward, open};

/// Numbers that are random enough and the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// A row, as the test knows it.
#[derive(Debug, Clone)]
struct Row {
    city: String,
    who: Option<String>,
    amount: Option<i64>,
    price: Option<f64>,
}

impl Dice {
    /// Few cities, more people than are counted exactly, prices over six powers of ten. The city `none` has no values.
    fn rows(&mut self, count: u64, people: u64) -> Vec<Row> {
        let row = |dice: &mut Self| {
            let city = format!("c{}", dice.roll(4));
            let price = (1 + dice.roll(1_000_000)) as f64 / 100.0 * 10_f64.powi(dice.roll(3) as i32) * if dice.roll(6) == 0 { -1.0 } else { 1.0 };
            Row {
                who: (dice.roll(9) > 0).then(|| format!("person {}", dice.roll(people))),
                amount: (dice.roll(7) > 0).then(|| dice.roll(30_000) as i64 - 500),
                price: (dice.roll(5) > 0).then(|| format!("{price:.2}").parse().unwrap()),
                city,
            }
        };
        let empty = Row { city: "none".to_owned(), who: None, amount: None, price: None };
        (0..count).map(|_| row(self)).chain([empty]).collect()
    }
}

fn csv(rows: &[Row], first_minute: usize) -> String {
    let mut csv = String::from("at,city,who,amount,price\n");
    let text = |value: Option<String>| value.unwrap_or_default();
    for (minute, row) in rows.iter().enumerate() {
        let at = chrono::DateTime::from_timestamp((first_minute + minute) as i64 * 60 + 1_356_998_400, 0).unwrap().to_rfc3339();
        let price = row.price.map(|price| format!("{price:.2}"));
        csv.push_str(&format!("{at},{},{},{},{}\n", row.city, text(row.who.clone()), text(row.amount.map(|amount| amount.to_string())), text(price)));
    }
    csv
}

const PARTS: [f64; 5] = [0.0, 0.25, 0.5, 0.95, 1.0];

/// Adds estimated measures to the model of a dataset.
async fn add_measures(mill: &Mill, dataset: &str) {
    let mut added = vec![
        json!({"name": "people", "label": "People", "kind": "count_distinct_approx", "column": "who"}),
        json!({"name": "persons", "label": "People", "kind": "count_distinct", "column": "who"}),
        json!({"name": "people_in_c1", "label": "People", "kind": "count_distinct_approx", "column": "who", "filters": [{"member": format!("{dataset}.city"), "operator": "equals", "values": ["c1"]}]}),
        json!({"name": "amounts", "label": "Amounts", "kind": "count_distinct", "column": "amount"}),
        json!({"name": "amounts_approx", "label": "Amounts", "kind": "count_distinct_approx", "column": "amount"}),
        json!({"name": "prices_approx", "label": "Prices", "kind": "count_distinct_approx", "column": "price"}),
        json!({"name": "median_price", "label": "Median price", "kind": "quantile", "column": "price"}),
        json!({"name": "median_city_length", "label": "Length", "kind": "quantile", "expression": "character_length(city)"}),
    ];
    for (index, part) in PARTS.iter().enumerate() {
        added.push(json!({"name": format!("price_{index}"), "label": "Price", "kind": "quantile", "column": "price", "quantile": part}));
        added.push(json!({"name": format!("amount_{index}"), "label": "Amount", "kind": "quantile", "column": "amount", "quantile": part}));
    }
    let mut model = mill.model(dataset).await.unwrap();
    model.measures.extend(serde_json::from_value::<Vec<Measure>>(json!(added)).unwrap());
    let version = model.version;
    mill.update_model(model, version).await.unwrap();
}

async fn ask(mill: &Mill, query: &Value) -> QueryResult {
    mill.query(&serde_json::from_value(query.clone()).unwrap()).await.unwrap_or_else(|error| panic!("{error}: {query}"))
}

/// The definition: between the two values at a place, in proportion.
fn quantile(values: impl Iterator<Item = f64>, part: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let place = part * (sorted.len().checked_sub(1)?) as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(low + (high - low) * place.fract())
}

fn assert_close(found: Option<f64>, expected: Option<f64>, tolerance: f64, what: &str) {
    match (found, expected) {
        (None, None) => {}
        (Some(found), Some(expected)) => assert!((found - expected).abs() <= tolerance * expected.abs() + 1e-9, "{what}: {found} for {expected}"),
        _ => panic!("{what}: {found:?} for {expected:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn estimates_are_the_same_however_they_are_answered() {
    let ward = Ward::new().await;
    let engine = |partial_cache_bytes: usize| open(ward.folder.path(), Settings { partial_cache_bytes, segment_max_rows: 1_000, ..Settings::default() });
    let (raw, cold, kept) = (engine(0).await, engine(1).await, engine(64 << 20).await);
    let [raw, cold, kept] = [raw, cold, kept].map(|engine| engine.tenant("acme").unwrap());
    let mut dice = Dice(77);
    let questions = [
        json!({"measures": ["shop.people", "shop.persons", "shop.amounts", "shop.amounts_approx", "shop.prices_approx", "shop.median_price", "shop.price_3", "shop.amount_2"]}),
        json!({"measures": ["shop.people", "shop.persons", "shop.people_in_c1", "shop.price_1", "shop.amount_3"], "dimensions": ["shop.city"]}),
        json!({"measures": ["shop.amount_2", "shop.median_price"], "timeDimensions": [{"dimension": "shop.at", "granularity": "day"}], "timezone": "Asia/Kathmandu"}),
        json!({"measures": ["shop.people", "shop.median_price"], "timeDimensions": [{"dimension": "shop.at", "dateRange": ["2013-01-02T05:00:00Z", "2013-01-05"]}]}),
        json!({"measures": ["shop.median_price"], "dimensions": ["shop.city"], "filters": [{"member": "shop.people", "operator": "gt", "values": [700]}]}),
    ];
    let statements = [
        "select approx_distinct(who), approx_distinct(upper(who)), approx_distinct(amount), approx_distinct(price), approx_distinct(at), approx_distinct(price > 10) from shop",
        "select city, approx_median(price), approx_percentile_cont(0.9) within group (order by price desc), approx_percentile_cont(amount, 0.1) from shop group by city order by city",
        "select cast(at as date), approx_distinct(who) filter (where amount > 5000), approx_median(amount) filter (where price < 0) from shop group by 1 order by 1",
        "select approx_distinct(who), approx_median(price) from shop where city = 'nowhere'",
    ];
    for commit in 0..7 {
        let rows = dice.rows([1_500, 40, 2_500, 900][commit % 4], 9_000);
        raw.load("shop", Csv::bytes(csv(&rows, commit * 2_600))).await.unwrap();
        if commit == 0 {
            add_measures(&raw, "shop").await;
        }
        let exactness = |answer: &QueryResult| (answer.to_json()["data"].clone(), answer.provenance.exact, answer.provenance.bounds.clone());
        for query in &questions {
            let expected = exactness(&ask(&raw, query).await);
            assert!(expected.0[0].as_array().is_some_and(|column| !column.is_empty()) || query["filters"].is_array(), "{query}");
            for (mode, mill) in [("cold", &cold), ("kept", &kept), ("kept again", &kept)] {
                assert_eq!(exactness(&ask(mill, query).await), expected, "{mode}, commit {commit}: {query}");
            }
        }
        for sql in statements {
            let expected = exactness(&raw.sql(sql).await.unwrap());
            for (mode, mill) in [("cold", &cold), ("kept", &kept), ("kept again", &kept)] {
                assert_eq!(exactness(&mill.sql(sql).await.unwrap()), expected, "{mode}, commit {commit}: {sql}");
            }
        }
    }
    // The last questions were answered from what was kept, not from rows.
    assert_eq!(ask(&kept, &questions[1]).await.provenance.rows_scanned, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_is_given_where_numbers_are_estimates_and_it_is_kept() {
    let ward = Ward::new().await;
    let mut dice = Dice(5);
    let mut rows = Vec::new();
    for commit in 0..6 {
        let more = dice.rows(6_000, 20_000);
        ward.mill.load("shop", Csv::bytes(csv(&more, commit * 6_001))).await.unwrap();
        rows.extend(more);
    }
    add_measures(&ward.mill, "shop").await;
    let number = |answer: &QueryResult, column: usize, row: usize| answer.to_json()["data"][column][row].as_f64();

    let measures = ["shop.people", "shop.amounts_approx", "shop.prices_approx", "shop.median_price", "shop.price_3", "shop.amounts"];
    let answer = ask(&ward.mill, &json!({"measures": measures})).await;
    let people = rows.iter().filter_map(|row| row.who.as_ref()).collect::<HashSet<_>>().len();
    let amounts = rows.iter().filter_map(|row| row.amount).collect::<HashSet<_>>().len();
    let prices = rows.iter().filter_map(|row| row.price).map(f64::to_bits).collect::<HashSet<_>>().len();
    assert!(people.min(amounts).min(prices) > 4_096);
    let truth = [
        people as f64,
        amounts as f64,
        prices as f64,
        quantile(rows.iter().filter_map(|row| row.price), 0.5).unwrap(),
        quantile(rows.iter().filter_map(|row| row.price), 0.95).unwrap(),
    ];
    assert!(!answer.provenance.exact);
    assert_eq!(answer.provenance.bounds.iter().map(|bound| bound.measure.as_str()).collect::<Vec<_>>(), measures[..5], "what is counted is exact");
    for (index, (bound, truth)) in answer.provenance.bounds.iter().zip(truth).enumerate() {
        assert_eq!(bound.kind, BoundKind::RelativeError);
        assert!(bound.value > 0.0 && bound.value < 0.02 && bound.confidence == if index < 3 { 0.95 } else { 1.0 }, "{bound:?}");
        let error = (number(&answer, index, 0).unwrap() - truth).abs() / truth.abs();
        // A bound of 0.95 may be missed; three standard errors may not.
        assert!(error <= bound.value * if index < 3 { 1.5 } else { 1.0 }, "{bound:?}: off by {error}");
    }
    assert_eq!(number(&answer, 5, 0), Some(amounts as f64));
    let wire = answer.to_json()["provenance"]["bounds"][0].clone();
    assert_eq!((&wire["measure"], &wire["kind"], &wire["confidence"]), (&json!("shop.people"), &json!("relative_error"), &json!(0.95)));

    // Few rows a group: everything is exact, and the answer says so.
    let few =
        ask(&ward.mill, &json!({"measures": ["shop.people", "shop.median_price", "shop.amount_2"], "timeDimensions": [{"dimension": "shop.at", "granularity": "hour"}]})).await;
    assert!(few.provenance.exact && few.provenance.bounds.is_empty(), "{:?}", few.provenance.bounds);
    let first_hour = rows.iter().take(60);
    assert_eq!(number(&few, 1, 0), Some(first_hour.clone().filter_map(|row| row.who.as_ref()).collect::<HashSet<_>>().len() as f64));
    assert_close(number(&few, 2, 0), quantile(first_hour.filter_map(|row| row.price), 0.5), 1e-12, "median of an hour");

    // An estimate that only decides which rows there are has its bound as well.
    let filtered = ask(&ward.mill, &json!({"measures": ["shop.count"], "filters": [{"member": "shop.people", "operator": "gt", "values": [10]}]})).await;
    assert_eq!(filtered.provenance.bounds.iter().map(|bound| bound.measure.as_str()).collect::<Vec<_>>(), ["shop.people"]);
    assert!(!filtered.provenance.exact);

    // The same in SQL.
    let sql = ward
        .mill
        .sql("select approx_distinct(who) as people, approx_median(price) as middle, approx_distinct(city) as cities from shop")
        .await
        .unwrap();
    assert_eq!(sql.provenance.bounds.iter().map(|bound| bound.measure.as_str()).collect::<Vec<_>>(), ["people", "middle"]);
    for (sql, exact) in [
        ("select approx_distinct(city) from shop", true),
        ("select approx_distinct(city) + 1 from shop", false),
        ("select count(*) as approx_count from shop", true),
        ("select city from shop group by city having approx_distinct(who) > 3", false),
        ("select city, percentile_cont(0.5) within group (order by price) from shop group by city", true),
    ] {
        assert_eq!(ward.mill.sql(sql).await.unwrap().provenance.exact, exact, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exact_answers_are_those_of_the_definition() {
    let ward = Ward::new().await;
    for (seed, (count, people)) in [(0, 5), (1, 3), (90, 40), (1_300, 900), (7_000, 30_000)].into_iter().enumerate() {
        let dataset = format!("shop{seed}");
        let mut dice = Dice(seed as u64);
        let rows = dice.rows(count, people);
        let load = Csv::bytes(csv(&rows, 0))
            .column_type("who", ColumnType::String)
            .column_type("amount", ColumnType::Integer)
            .column_type("price", ColumnType::Float);
        ward.mill.load(&dataset, load).await.unwrap();
        add_measures(&ward.mill, &dataset).await;
        let mut measures: Vec<String> = ["people", "amounts_approx", "prices_approx", "median_price"].iter().map(|name| format!("{dataset}.{name}")).collect();
        measures.extend((0..PARTS.len()).flat_map(|index| [format!("{dataset}.price_{index}"), format!("{dataset}.amount_{index}")]));
        let query = json!({"measures": measures, "dimensions": [format!("{dataset}.city")], "order": [[format!("{dataset}.city"), "asc"]], "exact": true});
        let answer = ask(&ward.mill, &query).await;
        assert!(answer.provenance.exact && answer.provenance.bounds.is_empty());
        let mut cities: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in &rows {
            cities.entry(&row.city).or_default().push(row);
        }
        let data = answer.to_json()["data"].clone();
        assert_eq!(answer.batch.num_rows(), cities.len());
        for (place, (city, rows)) in cities.into_iter().enumerate() {
            let found = |column: usize| data[column + 1][place].as_f64();
            let (prices, amounts) = (|| rows.iter().filter_map(|row| row.price), || rows.iter().filter_map(|row| row.amount));
            assert_eq!(data[0][place], json!(city));
            assert_eq!(found(0), Some(rows.iter().filter_map(|row| row.who.as_ref()).collect::<HashSet<_>>().len() as f64), "{city}");
            assert_eq!(found(1), Some(amounts().collect::<HashSet<_>>().len() as f64), "{city}");
            assert_eq!(found(2), Some(prices().map(f64::to_bits).collect::<HashSet<_>>().len() as f64), "{city}");
            assert_close(found(3), quantile(prices(), 0.5), 1e-12, city);
            for (index, part) in PARTS.iter().enumerate() {
                // DataFusion rounds the place between two values to six digits.
                let wide = quantile(prices(), 1.0).unwrap_or(0.0) - quantile(prices(), 0.0).unwrap_or(0.0);
                let price = quantile(prices(), *part);
                assert_close(found(4 + index * 2), price, 1e-12 + 1e-6 * wide / price.map_or(1.0, f64::abs).max(1e-3), city);
                assert_close(found(5 + index * 2), quantile(amounts().map(|amount| amount as f64), *part), 1e-3, city);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_values_have_no_quantile_and_nothing_distinct() {
    let ward = Ward::new().await;
    ward.mill.load("shop", Csv::bytes(csv(&Dice(1).rows(300, 20), 0))).await.unwrap();
    add_measures(&ward.mill, "shop").await;
    for exact in [false, true] {
        let none = json!({"measures": ["shop.people", "shop.amounts_approx", "shop.median_price", "shop.amount_4"], "filters": [{"member": "shop.city", "operator": "equals", "values": ["none"]}], "exact": exact});
        let answer = ask(&ward.mill, &none).await;
        assert_eq!(answer.to_json()["data"], json!([[0], [0], [null], [null]]), "{exact}");
        assert!(answer.provenance.exact);
        let nowhere = json!({"measures": ["shop.people", "shop.median_price"], "filters": [{"member": "shop.city", "operator": "equals", "values": ["nowhere"]}], "exact": exact});
        assert_eq!(ask(&ward.mill, &nowhere).await.to_json()["data"], json!([[0], [null]]), "{exact}");
        let grouped =
            json!({"measures": ["shop.people_in_c1", "shop.median_city_length"], "dimensions": ["shop.city"], "order": [["shop.city", "desc"]], "limit": 1, "exact": exact});
        assert_eq!(ask(&ward.mill, &grouped).await.to_json()["data"], json!([["none"], [0], [4.0]]), "{exact}");
    }
    assert_eq!(ward.rows("select count(*) from (select approx_distinct(who) over (order by at) as n from shop) as running where n > 20").await, json!([[0]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_estimated_is_refused() {
    let ward = Ward::new().await;
    ward.mill.load("shop", Csv::bytes(csv(&Dice(1).rows(30, 20), 0))).await.unwrap();
    for sql in [
        "select approx_percentile_cont(price, 1.5) from shop",
        "select approx_percentile_cont(price, amount) from shop",
        "select approx_median(city) from shop",
        "select approx_distinct() from shop",
        "select approx_quantile(price, 0.5) from shop",
    ] {
        let error = ward.mill.sql(sql).await.expect_err(sql);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{sql}: {error}");
    }
    let model = ward.mill.model("shop").await.unwrap();
    for (measure, problem) in [
        (json!({"name": "m", "label": "M", "kind": "quantile", "column": "price", "quantile": 1.5}), "between 0 and 1"),
        (json!({"name": "m", "label": "M", "kind": "sum", "column": "price", "quantile": 0.5}), "kind quantile"),
        (json!({"name": "m", "label": "M", "kind": "quantile"}), "needs a column"),
        (json!({"name": "m", "label": "M", "kind": "quantile", "column": "city"}), "needs a number"),
    ] {
        let mut changed = model.clone();
        changed.measures.push(serde_json::from_value(measure).unwrap());
        let error = ward.mill.update_model(changed, model.version).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Invalid && error.to_string().contains(problem), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_says_which_counts_are_exact() {
    let ward = Ward::new().await;
    let rows = Dice(9).rows(12_000, 100_000);
    ward.mill.load("shop", Csv::bytes(csv(&rows, 0))).await.unwrap();
    let profile = ward.mill.profile("shop").await.unwrap();
    let of = |name: &str| profile.columns.iter().find(|column| column.name == name).unwrap();
    assert!(of("city").distinct_exact && of("city").distinct == 5);
    let prices = rows.iter().filter_map(|row| row.price).map(f64::to_bits).collect::<HashSet<_>>().len() as f64;
    assert!(!of("price").distinct_exact && (of("price").distinct as f64 - prices).abs() < 0.03 * prices);
}

#[tokio::test(flavor = "multi_thread")]
async fn rollups_keep_sketches() {
    let ward = Ward::new().await;
    let engine = |partial_cache_bytes: usize| {
        let settings = Settings { partial_cache_bytes, segment_max_rows: 16_000, background_rollups: false, ..Settings::default() };
        open(ward.folder.path(), settings)
    };
    let [raw, mill] = [engine(0).await, engine(1).await].map(|engine| engine.tenant("acme").unwrap());
    let mut dice = Dice(23);
    let mut known = HashSet::new();
    for commit in 0..2 {
        let rows = dice.rows(20_000, 20_000);
        mill.load("shop", Csv::bytes(csv(&rows, commit * 20_001))).await.unwrap();
        known.extend(rows.into_iter().filter_map(|row| row.who));
    }
    add_measures(&mill, "shop").await;
    let mut model = mill.model("shop").await.unwrap();
    let rollup =
        json!({"name": "daily", "measures": ["people", "persons", "amounts_approx", "median_price"], "dimensions": ["city"], "time_dimension": "at", "granularity": "day"});
    model.rollups.push(serde_json::from_value(rollup).unwrap());
    let version = model.version;
    mill.update_model(model, version).await.unwrap();
    mill.build_rollups("shop").await.unwrap();
    for question in [
        json!({"measures": ["shop.people", "shop.amounts_approx", "shop.median_price"]}),
        json!({"measures": ["shop.people", "shop.median_price"], "dimensions": ["shop.city"]}),
        json!({"measures": ["shop.people_in_c1", "shop.median_price"], "timeDimensions": [{"dimension": "shop.at", "granularity": "week"}]}),
        json!({"measures": ["shop.persons"], "dimensions": ["shop.city"]}),
        json!({"measures": ["shop.persons"], "timeDimensions": [{"dimension": "shop.at", "granularity": "month"}]}),
    ] {
        let (found, expected) = (ask(&mill, &question).await, ask(&raw, &question).await);
        assert_eq!((found.to_json()["data"].clone(), &found.provenance.bounds), (expected.to_json()["data"].clone(), &expected.provenance.bounds), "{question}");
        assert!(found.provenance.segments_rolled > 0 && found.provenance.rows_scanned == 0, "{question}: {:?}", found.provenance.rollups);
    }
    // Exact counts of texts follow from what the rollup keeps, too.
    let persons = ask(&mill, &json!({"measures": ["shop.persons"]})).await;
    assert!(known.len() > 4_096 && persons.provenance.exact);
    assert_eq!((persons.to_json()["data"].clone(), persons.provenance.rows_scanned), (json!([[known.len()]]), 0));
    // A key that is counted: its hashes must be those of rows.
    let sql = "select approx_distinct(city), approx_distinct(upper(city)) filter (where city <> 'c1') from shop";
    let found = mill.sql(sql).await.unwrap();
    assert_eq!((found.to_json()["data"].clone(), found.provenance.rows_scanned), (json!([[5], [4]]), 0));
}
