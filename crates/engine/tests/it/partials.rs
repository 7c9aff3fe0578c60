//! Partials never change an answer: whatever is kept, the numbers are those of the rows.

use serde_json::{Value, json};
use tidemill::{Csv, DatasetName, Engine, Mill, Scope, Settings, TenantId};

use crate::ward::{Ward, open};

/// Numbers that are random enough and the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.roll(of.len() as u64)).unwrap()]
    }

    /// Skewed text, many nulls, late rows, sums that need their fractions.
    pub(crate) fn rows(&mut self, count: u64) -> String {
        let mut csv = String::from("at,city,device,amount,revenue\n");
        for _ in 0..count {
            let (day, hour, minute) = (1 + self.roll(28), self.roll(24), self.roll(60));
            let city = if self.roll(4) == 0 { String::new() } else { format!("c{}", self.roll(20) * self.roll(5)) };
            let device = self.pick(&["mobile", "desktop", "", "tv"]);
            let amount = if self.roll(5) == 0 { String::new() } else { (self.roll(200_000) as i64 - 1_000).to_string() };
            let revenue = match self.roll(30) {
                ..10 => String::new(),
                // Beside these, fractions are rounded away unless sums are exact.
                10 => format!("{}e13", self.roll(2_000) as i64 - 1_000),
                _ => format!("{}.{:02}", self.roll(1_000), self.roll(100)),
            };
            csv.push_str(&format!("2013-{:02}-{day:02}T{hour:02}:{minute:02}:00Z,{city},{device},{amount},{revenue}\n", 1 + self.roll(3)));
        }
        csv
    }

    pub(crate) fn query(&mut self) -> Value {
        let member = |name: &str| format!("orders.{name}");
        let mut measures: Vec<String> = (0..1 + self.roll(3))
            .map(|_| {
                member(self.pick(&[
                    "count",
                    "sum_amount",
                    "avg_amount",
                    "min_amount",
                    "max_amount",
                    "sum_revenue",
                    "avg_revenue",
                    "min_revenue",
                    "distinct_city",
                    "distinct_device",
                ]))
            })
            .collect();
        measures.sort();
        measures.dedup();
        let mut dimensions: Vec<String> = (0..self.roll(3)).map(|_| member(self.pick(&["city", "device", "amount"]))).collect();
        dimensions.sort();
        dimensions.dedup();
        let mut query = json!({"measures": measures, "dimensions": dimensions, "limit": 50_000});
        let mut time = json!({"dimension": member("at")});
        if self.roll(2) == 0 {
            time["granularity"] = json!(self.pick(&["hour", "day", "week", "month", "quarter"]));
        }
        if self.roll(2) == 0 {
            let (from, length) = (self.roll(80), 1 + self.roll(40));
            let day = |days: u64| (chrono::NaiveDate::from_ymd_opt(2013, 1, 1).unwrap() + chrono::Days::new(days)).to_string();
            time["dateRange"] = json!([format!("{}T{:02}:30:00Z", day(from), self.roll(24)), day(from + length)]);
        }
        if time.as_object().unwrap().len() > 1 {
            query["timeDimensions"] = json!([time]);
        }
        query["timezone"] = json!(self.pick(&["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]));
        let mut filters = Vec::new();
        if self.roll(3) == 0 {
            filters.push(json!({"member": member("city"), "operator": self.pick(&["equals", "notEquals"]), "values": ["c0", format!("c{}", self.roll(40))]}));
        }
        if self.roll(3) == 0 {
            filters.push(json!({"member": member("amount"), "operator": self.pick(&["gt", "lte"]), "values": [self.roll(200_000).to_string()]}));
        }
        if self.roll(4) == 0 {
            filters.push(json!({"member": member(self.pick(&["device", "revenue"])), "operator": self.pick(&["set", "notSet"])}));
        }
        query["filters"] = json!(filters);
        // The first groups of an order, by what is the same to the last digit however it is added up.
        let exact = query["measures"]
            .as_array()
            .unwrap()
            .iter()
            .find(|name| ["count", "sum_amount", "max_amount", "min_amount"].iter().any(|exact| *name == &member(exact)));
        if let (Some(measure), 0) = (exact.cloned(), self.roll(3)) {
            query["order"] = json!([[measure, self.pick(&["asc", "desc"])]]);
            query["limit"] = json!(1 + self.roll(9));
            query["offset"] = json!(self.roll(3));
        }
        query
    }
}

pub(crate) async fn engine(ward: &Ward, partial_cache_bytes: usize) -> Engine {
    open(ward.folder.path(), Settings { partial_cache_bytes, segment_max_rows: 1_000, ..Settings::default() }).await
}

/// Rows by their keys. Sums of floats are exact, so they are the same however rows are cut.
pub(crate) fn assert_equal(ours: &Value, raw: &Value, what: &str) {
    fn cells(data: &Value) -> Vec<Vec<Value>> {
        let columns: Vec<&Vec<Value>> = data.as_array().unwrap().iter().map(|column| column.as_array().unwrap()).collect();
        let mut rows: Vec<Vec<Value>> = (0..columns.first().map_or(0, |column| column.len())).map(|row| columns.iter().map(|column| column[row].clone()).collect()).collect();
        rows.sort_by_cached_key(|row| row.iter().filter(|cell| !cell.is_f64()).map(ToString::to_string).collect::<Vec<_>>());
        rows
    }
    let (ours, raw) = (cells(ours), cells(raw));
    assert_eq!(ours.len(), raw.len(), "{what}");
    for (ours, raw) in ours.iter().flatten().zip(raw.iter().flatten()) {
        assert_eq!(ours, raw, "{what}");
    }
}

pub(crate) async fn ask(mill: &Mill, query: &Value) -> Value {
    mill.query(&serde_json::from_value(query.clone()).unwrap()).await.unwrap_or_else(|error| panic!("{error}: {query}")).to_json()["data"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn random_questions_over_random_commits_have_the_answers_of_the_rows() {
    let ward = Ward::new().await;
    let (raw, cold, kept) = (engine(&ward, 0).await, engine(&ward, 1).await, engine(&ward, 32 << 20).await);
    let [raw, cold, kept] = [raw, cold, kept].map(|engine| engine.tenant("acme").unwrap());
    let mut dice = Dice(2013);
    let mut asked: Vec<Value> = Vec::new();
    for commit in 0..16 {
        let rows = dice.pick(&[1, 7, 60, 900, 3_000]);
        raw.load("orders", Csv::bytes(dice.rows(rows))).await.unwrap();
        asked.extend((0..6).map(|_| dice.query()));
        // New questions, and old ones, whose partials are there for all but the new segments.
        for query in asked.iter().rev().take(6).chain(asked.iter().step_by(7)) {
            let expected = ask(&raw, query).await;
            for (mode, mill) in [("cold", &cold), ("kept", &kept)] {
                assert_equal(&ask(mill, query).await, &expected, &format!("{mode}, commit {commit}: {query}"));
            }
        }
    }
}

/// Questions that come down to partials, wholly or in parts, and some that do not.
pub(crate) const QUESTIONS: [&str; 20] = [
    "select count(*), min(at), max(at) from orders",
    "select min(amount) from orders where city = 'c3'",
    "select city, count(*) filter (where device = 'tv') as tv, sum(amount + 1) from orders group by city having count(*) > 3 order by 2 desc, 1",
    "select distinct device from orders order by 1 limit 2",
    "select distinct device from orders order by 1",
    "select device, count(*) from orders group by device order by 2 desc limit 1",
    "select device, count(*) from orders group by device order by 2 desc",
    "select upper(city) || '!', stddev(revenue), approx_distinct(amount) from orders where revenue is not null group by 1 order by 1",
    "select count(distinct city), count(distinct device), avg(revenue) from orders",
    "select device, count(distinct amount), count(distinct at) from orders group by device order by 1",
    "select count(distinct cast(at as date)) from orders where device is null",
    "select o.device, n from (select device, count(*) as n from orders where amount > 500 group by device) o join (select device, max(revenue) as p from orders group by device) q on o.device = q.device order by 1",
    "with big as (select city as town, amount * 2 as twice from orders where amount > 1000) select town, sum(twice) from big where twice < 100000 group by town order by 1",
    "select extract(month from at), case when amount > 100 then 'much' else 'little' end as size, count(*) from orders group by 1, 2 order by 1, 2",
    "select count(*) from orders where amount > (select avg(amount) from orders)",
    "select device, count(*) from orders where false group by device",
    "select count(*), sum(revenue) from orders where at > timestamp '2020-01-01'",
    "select count(*) from orders where city is distinct from null",
    "select cast(substr(city, 2) as bigint), count(*) from orders where city <> 'c0' and city like 'c%' group by 1 order by 1",
    "select city, device, grouping(city), sum(amount) from orders group by rollup (city, device) order by 1, 2, 3",
];

#[tokio::test(flavor = "multi_thread")]
async fn sql_is_answered_from_partials_too() {
    let ward = Ward::new().await;
    let [raw, kept] = [engine(&ward, 0).await, engine(&ward, 32 << 20).await].map(|engine| engine.tenant("acme").unwrap());
    let mut dice = Dice(7);
    for _ in 0..5 {
        raw.load("orders", Csv::bytes(dice.rows(1_500))).await.unwrap();
        for sql in QUESTIONS {
            let (ours, expected) = (kept.sql(sql).await, raw.sql(sql).await);
            let [ours, expected] = [ours, expected].map(|answer| answer.unwrap_or_else(|error| panic!("{error}: {sql}")).to_json()["data"].clone());
            assert_equal(&ours, &expected, sql);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_new_segments_are_read_again() {
    let ward = Ward::new().await;
    let mill = engine(&ward, 32 << 20).await.tenant("acme").unwrap();
    let mut dice = Dice(3);
    for _ in 0..40 {
        mill.load("orders", Csv::bytes(dice.rows(50))).await.unwrap();
    }
    let query = serde_json::from_value(json!({"measures": ["orders.count", "orders.sum_revenue"], "dimensions": ["orders.city"]})).unwrap();
    let first = mill.query(&query).await.unwrap().provenance;
    assert_eq!((first.segments_read, first.segments_reused), (first.segments_total, 0));
    assert!(first.bytes_read > 0);
    let again = mill.query(&query).await.unwrap().provenance;
    assert_eq!((again.segments_read, again.segments_reused, again.rows_scanned, again.bytes_read), (0, first.segments_total, 0, 0));
    mill.load("orders", Csv::bytes("at,city,device,amount,revenue\n2013-02-01T00:00:00Z,c1,tv,1,1.5\n")).await.unwrap();
    let next = mill.query(&query).await.unwrap().provenance;
    assert_eq!((next.segments_read, next.segments_reused, next.rows_scanned), (1, first.segments_total, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_small_commit_brings_is_not_read_again() {
    let ward = Ward::new().await;
    let [raw, mill] = [engine(&ward, 0).await, engine(&ward, 32 << 20).await].map(|engine| engine.tenant("acme").unwrap());
    let mut dice = Dice(5);
    mill.load("orders", Csv::bytes(dice.rows(500))).await.unwrap();
    let question = json!({
        "measures": ["orders.count", "orders.sum_revenue", "orders.avg_amount", "orders.max_amount"],
        "dimensions": ["orders.city"], "timeDimensions": [{"dimension": "orders.at", "granularity": "week"}], "limit": 50_000,
    });
    let query = serde_json::from_value(question.clone()).unwrap();
    let first = mill.query(&query).await.unwrap().provenance;
    assert!(first.bytes_read > 0);
    for rows in [300, 1, 40] {
        mill.load("orders", Csv::bytes(dice.rows(rows))).await.unwrap();
        let next = mill.query(&query).await.unwrap();
        assert!(next.provenance.segments_read > 0);
        assert_eq!(next.provenance.bytes_read, 0);
        assert_equal(&next.to_json()["data"], &ask(&raw, &question).await, "handed over");
    }
    // What nobody has asked for is not kept, and what somebody else has committed is read.
    let other = json!({"measures": ["orders.min_revenue"], "dimensions": ["orders.device"]});
    assert!(mill.query(&serde_json::from_value(other).unwrap()).await.unwrap().provenance.bytes_read > 0);
    raw.load("orders", Csv::bytes(dice.rows(50))).await.unwrap();
    assert!(mill.query(&query).await.unwrap().provenance.bytes_read > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compiled_question_follows_its_window_its_model_and_its_scope() {
    let ward = Ward::new().await;
    let [raw_engine, engine] = [engine(&ward, 0).await, engine(&ward, 32 << 20).await];
    let [raw, mill] = [&raw_engine, &engine].map(|engine| engine.tenant("acme").unwrap());
    let mut dice = Dice(23);
    for _ in 0..3 {
        mill.load("orders", Csv::bytes(dice.rows(800))).await.unwrap();
    }
    let question = |range: Value| {
        json!({
            "measures": ["orders.sum_amount", "orders.count"], "dimensions": ["orders.city"], "order": [["orders.count", "desc"]], "limit": 5, "offset": 1,
            "timeDimensions": [{"dimension": "orders.at", "granularity": "month", "dateRange": range}],
        })
    };
    let windows = [json!(["2013-01-05", "2013-02-11"]), json!("2013-02-03"), json!("all"), json!("last 9 days of data"), json!(["2013-01-05T07:30:00Z", "2013-03-02"])];
    for window in windows.iter().chain(&windows) {
        let question = question(window.clone());
        assert_equal(&ask(&mill, &question).await, &ask(&raw, &question).await, &question.to_string());
    }
    let query = serde_json::from_value(question(json!("2013-02-03"))).unwrap();
    let range = mill.query(&query).await.unwrap().provenance.time_range.unwrap();
    assert_eq!((range.from.to_rfc3339(), range.to.to_rfc3339()), ("2013-02-03T00:00:00+00:00".to_owned(), "2013-02-04T00:00:00+00:00".to_owned()));
    let wrong = serde_json::from_value(question(json!("some day"))).unwrap();
    assert_eq!(mill.query(&wrong).await.unwrap_err().field(), Some("timeDimensions[0].dateRange"));

    // A model that changed is another question.
    let mut model = serde_json::to_value(mill.model("orders").await.unwrap()).unwrap();
    let sum = model["measures"].as_array_mut().unwrap().iter_mut().find(|measure| measure["name"] == "sum_amount").unwrap();
    sum["filters"] = json!([{"member": "orders.device", "operator": "equals", "values": ["tv"]}]);
    let version = model["version"].as_u64().unwrap();
    mill.update_model(serde_json::from_value(model).unwrap(), version).await.unwrap();
    let all = question(json!("all"));
    assert_equal(&ask(&mill, &all).await, &ask(&raw, &all).await, "another model");

    // A scope that sees less asks another question, or none.
    let orders = || DatasetName::parse("orders").unwrap();
    let acme = || Scope::of(TenantId::parse("acme").unwrap());
    for scope in [acme().with_row_filter(orders(), "device = 'mobile'"), acme().with_row_filter(orders(), "amount < 5000"), acme()] {
        assert_equal(&ask(&engine.mill(scope.clone()), &all).await, &ask(&raw_engine.mill(scope), &all).await, "another scope");
    }
    let blind = engine.mill(acme().hiding(orders(), "city"));
    assert_eq!(blind.query(&serde_json::from_value(all).unwrap()).await.unwrap_err().kind(), tidemill::ErrorKind::Invalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_beyond_64_bits_is_an_error_in_every_mode() {
    let ward = Ward::new().await;
    let engines = [engine(&ward, 0).await, engine(&ward, 1).await, engine(&ward, 32 << 20).await];
    let mills = engines.map(|engine| engine.tenant("acme").unwrap());
    let query = serde_json::from_value(json!({"measures": ["orders.sum_amount"], "dimensions": ["orders.city"]})).unwrap();
    mills[0].load("orders", Csv::bytes("city,amount\nRome,9223372036854775807\nOslo,4\n")).await.unwrap();
    for mill in &mills {
        assert_eq!(mill.query(&query).await.unwrap().to_json()["data"], json!([["Rome", "Oslo"], [i64::MAX, 4]]));
    }
    mills[0].load("orders", Csv::bytes("city,amount\nRome,1\nOslo,-4\n")).await.unwrap();
    for mill in &mills {
        let errors = [
            mill.query(&query).await.unwrap_err(),
            mill.sql("select sum(amount) from orders").await.unwrap_err(),
            mill.sql("select sum(amount) over () from orders").await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), tidemill::ErrorKind::Invalid, "{error}");
            assert!(error.to_string().contains("exceeds 64 bits; cast it to double"), "{error}");
        }
        let approximate = mill.sql("select sum(cast(amount as double)), sum(amount) filter (where city = 'Oslo') from orders").await.unwrap();
        assert_eq!(approximate.to_json()["data"], json!([[9_223_372_036_854_775_808.0_f64], [0]]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_share_no_partial_that_would_leak() {
    let ward = Ward::new().await;
    let engine = engine(&ward, 32 << 20).await;
    let owner = engine.tenant("acme").unwrap();
    let mut dice = Dice(11);
    for _ in 0..6 {
        owner.load("orders", Csv::bytes(dice.rows(400))).await.unwrap();
    }
    let orders = || DatasetName::parse("orders").unwrap();
    let scope = |filter: &str| engine.mill(Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(orders(), filter));
    let raw = self::engine(&ward, 0).await.tenant("acme").unwrap();
    let query = json!({"measures": ["orders.count", "orders.sum_amount"], "dimensions": ["orders.city"]});
    // Everybody asks twice, in turns, so that whatever is kept of one could be served to another.
    for _ in 0..2 {
        for filter in ["device = 'tv'", "device = 'mobile'", "device is null", "amount > 100000"] {
            let expected = raw.sql(&format!("select city, count(*), sum(amount) from orders where {filter} group by city")).await.unwrap().to_json()["data"].clone();
            assert_equal(&ask(&scope(filter), &query).await, &expected, filter);
        }
        let expected = raw.sql("select city, count(*), sum(amount) from orders group by city").await.unwrap().to_json()["data"].clone();
        assert_equal(&ask(&owner, &query).await, &expected, "owner");
    }
    let other = engine.tenant("other").unwrap();
    other.load("orders", Csv::bytes("at,city,device,amount,revenue\n2013-02-01T00:00:00Z,c1,tv,1,1.5\n")).await.unwrap();
    assert_eq!(ask(&other, &query).await, json!([["c1"], [1], [1]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_of_the_same_name_is_another_dataset() {
    let ward = Ward::new().await;
    let mill = engine(&ward, 32 << 20).await.tenant("acme").unwrap();
    let query = json!({"measures": ["orders.sum_amount"]});
    for amount in [1, 2, 3] {
        mill.load("orders", Csv::bytes(format!("city,amount\nRome,{amount}\n"))).await.unwrap();
        assert_eq!(ask(&mill, &query).await, json!([[amount]]));
        mill.delete_dataset("orders").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_a_filter_leaves_out_are_not_in_a_run_of_blocks() {
    let ward = Ward::new().await;
    let engine = open(ward.folder.path(), Settings { partial_cache_bytes: 32 << 20, ..Settings::default() }).await;
    let mill = engine.tenant("acme").unwrap();
    let mut csv = String::from("n,x\n");
    for row in 0..200_000 {
        csv.push_str(&format!("{},{}\n", row / 32_768, row % 7));
    }
    mill.load("blocks", Csv::bytes(csv)).await.unwrap();
    for left_out in [1, 2, 4, 1] {
        let expected: i64 = (0..200_000).filter(|row| row / 32_768 != left_out).map(|row| row % 7).sum();
        let sql = format!("select sum(x) from blocks where n <> {left_out}");
        assert_eq!(mill.sql(&sql).await.unwrap().to_json()["data"], json!([[expected]]), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_never_quotes_a_row_that_a_scope_does_not_see() {
    let ward = Ward::new().await;
    let engine = engine(&ward, 32 << 20).await;
    let owner = engine.tenant("acme").unwrap();
    owner.load("orders", Csv::bytes("code,device\n1,tv\n2,tv\nsecret,mobile\n")).await.unwrap();
    let scope = Scope::of(TenantId::parse("acme").unwrap()).with_row_filter(DatasetName::parse("orders").unwrap(), "device = 'tv'");
    let answer = engine.mill(scope).sql("select cast(code as bigint), count(*) from orders group by 1 order by 1").await.unwrap();
    assert_eq!(answer.to_json()["data"], json!([[1, 2], [1, 1]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_distinct_count_with_a_filter_counts_each_value_once() {
    let ward = Ward::new().await;
    for partial_cache_bytes in [0, 1] {
        let mill = engine(&ward, partial_cache_bytes).await.tenant(&format!("tenant{partial_cache_bytes}")).unwrap();
        mill.load("orders", Csv::bytes("city,device\nRome,tv\nRome,tv\nOslo,tv\nOslo,radio\nBonn,radio\n")).await.unwrap();
        let mut model = mill.model("orders").await.unwrap();
        let measure = json!({"name": "cities", "label": "Cities", "kind": "count_distinct", "column": "city",
            "filters": [{"member": "orders.device", "operator": "equals", "values": ["tv"]}]});
        model.measures.push(serde_json::from_value(measure).unwrap());
        let version = model.version;
        mill.update_model(model, version).await.unwrap();
        assert_eq!(ask(&mill, &json!({"measures": ["orders.cities"]})).await, json!([[2]]));
        let by_device = json!({"measures": ["orders.cities"], "dimensions": ["orders.device"]});
        assert_eq!(ask(&mill, &by_device).await, json!([["tv", "radio"], [2, 0]]));
    }
}
