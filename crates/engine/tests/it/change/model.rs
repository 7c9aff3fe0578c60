//! Random loads, deletions and compactions, held against rows in a vector.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tidemill::{ColumnType, Csv, Mill, Settings};

use crate::ward::{Ward, open};

/// Numbers that are random enough and the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[derive(Debug, Clone)]
struct Row {
    day: u64,
    minute: u64,
    city: Option<u64>,
    amount: Option<i64>,
    cents: Option<u64>,
}

impl Row {
    /// Any day of two months, so that every load brings late rows; many nulls.
    fn random(dice: &mut Dice) -> Self {
        Self {
            day: dice.roll(59),
            minute: dice.roll(1_440),
            city: (dice.roll(5) > 0).then(|| dice.roll(6)),
            amount: (dice.roll(4) > 0).then(|| i64::try_from(dice.roll(2_000)).unwrap() - 500),
            cents: (dice.roll(4) > 0).then(|| dice.roll(100_000)),
        }
    }

    fn csv(&self) -> String {
        let text = |value: Option<String>| value.unwrap_or_default();
        let (month, day) = if self.day < 31 { (1, self.day + 1) } else { (2, self.day - 30) };
        format!(
            "2013-{month:02}-{day:02}T{:02}:{:02}:00Z,{},{},{}\n",
            self.minute / 60,
            self.minute % 60,
            text(self.city.map(|city| format!("c{city}"))),
            text(self.amount.map(|amount| amount.to_string())),
            text(self.cents.map(|cents| format!("{}.{:02}", cents / 100, cents % 100)))
        )
    }

    fn revenue(&self) -> Option<f64> {
        self.cents.map(|cents| format!("{}.{:02}", cents / 100, cents % 100).parse().unwrap())
    }
}

fn load(rows: &[Row]) -> tidemill::Load {
    let text: String = std::iter::once("at,city,amount,revenue\n".to_owned()).chain(rows.iter().map(Row::csv)).collect();
    Csv::bytes(text)
        .column_type("at", ColumnType::Timestamp)
        .column_type("city", ColumnType::String)
        .column_type("amount", ColumnType::Integer)
        .column_type("revenue", ColumnType::Float)
}

/// Whether a predicate is true for a row.
type Holds = Box<dyn Fn(&Row) -> bool>;

/// A predicate in SQL, and the rows that it is true for by another hand.
fn predicate(dice: &mut Dice) -> (String, Holds) {
    let amount = i64::try_from(dice.roll(1_500)).unwrap();
    let city = dice.roll(6);
    let day = dice.roll(31);
    match dice.roll(8) {
        0 => (format!("amount > {amount}"), Box::new(move |row| row.amount.is_some_and(|found| found > amount))),
        1 => (format!("city = 'c{city}' and amount < {amount}"), Box::new(move |row| row.city == Some(city) && row.amount.is_some_and(|found| found < amount))),
        2 => (format!("city is null and amount % 7 = {}", city % 7), Box::new(move |row| row.city.is_none() && row.amount.is_some_and(|found| found % 7 == city as i64 % 7))),
        3 => (format!("at < timestamp '2013-01-{:02}T00:00:00'", day + 1), Box::new(move |row| row.day < day)),
        // Null is not true, and neither is its opposite.
        4 => (format!("not (city <> 'c{city}') and not (amount <= {amount})"), Box::new(move |row| row.city == Some(city) && row.amount.is_some_and(|found| found > amount))),
        5 => (format!("date_part('day', at) = {} or amount = {amount}", day + 1), Box::new(move |row| row.day % 31 == day || row.amount == Some(amount))),
        6 => (format!("revenue * 2 > {amount}.5"), Box::new(move |row| row.revenue().is_some_and(|revenue| revenue * 2.0 > amount as f64 + 0.5))),
        _ => ("amount > 1000000".to_owned(), Box::new(|_| false)),
    }
}

const BY_CITY: &str =
    "select city, count(*), count(amount), sum(amount), min(amount), max(amount), sum(revenue), count(distinct amount) from orders group by city order by city nulls last";
const BY_DAY: &str = "select date_part('day', at) as day, count(*), sum(amount) from orders group by 1 order by 1";

/// The answers to both questions out of a vector.
fn expected(rows: &[Row]) -> [Vec<Vec<Value>>; 2] {
    let mut cities: BTreeMap<(bool, Option<u64>), Vec<&Row>> = BTreeMap::new();
    let mut days: BTreeMap<u64, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        cities.entry((row.city.is_none(), row.city)).or_default().push(row);
        days.entry(if row.day < 31 { row.day + 1 } else { row.day - 30 }).or_default().push(row);
    }
    let amounts = |rows: &[&Row]| rows.iter().filter_map(|row| row.amount).collect::<Vec<i64>>();
    let sum = |amounts: &[i64]| (!amounts.is_empty()).then(|| amounts.iter().sum::<i64>());
    let by_city = cities.into_iter().map(|((_, city), rows)| {
        let amounts = amounts(&rows);
        let revenues: Vec<f64> = rows.iter().filter_map(|row| row.revenue()).collect();
        let distinct: std::collections::BTreeSet<i64> = amounts.iter().copied().collect();
        vec![
            json!(city.map(|city| format!("c{city}"))),
            json!(rows.len()),
            json!(amounts.len()),
            json!(sum(&amounts)),
            json!(amounts.iter().min()),
            json!(amounts.iter().max()),
            json!((!revenues.is_empty()).then(|| exact_sum(&revenues))),
            json!(distinct.len()),
        ]
    });
    let by_day = days.into_iter().map(|(day, rows)| vec![json!(day), json!(rows.len()), json!(sum(&amounts(&rows)))]);
    [by_city.collect(), by_day.collect()]
}

async fn rows_of(mill: &Mill, sql: &str) -> Vec<Vec<Value>> {
    let data = mill.sql(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}")).to_json()["data"].clone();
    let columns: Vec<Vec<Value>> = data.as_array().unwrap().iter().map(|column| column.as_array().unwrap().clone()).collect();
    (0..columns[0].len()).map(|row| columns.iter().map(|column| column[row].clone()).collect()).collect()
}

/// The exact sum, rounded once: no digit depends on the order in which rows lie (ADR 0039). The amounts are whole numbers of this unit.
fn exact_sum(amounts: &[f64]) -> f64 {
    let unit = 2.0_f64.powi(-60);
    let whole = |amount: f64| {
        let units = amount / unit;
        assert!(units.fract() == 0.0 && units.abs() < 2.0_f64.powi(100), "{amount}");
        units as i128
    };
    amounts.iter().copied().map(whole).sum::<i128>() as f64 * unit
}

async fn check(mills: &[(&str, &Mill)], rows: &[Row], what: &str) {
    let [by_city, by_day] = expected(rows);
    for (mode, mill) in mills {
        let what = format!("{mode}, {what}");
        assert_eq!(rows_of(mill, BY_CITY).await, by_city, "{what}");
        assert_eq!(rows_of(mill, BY_DAY).await, by_day, "{what}");
        assert_eq!(mill.dataset("orders").await.unwrap().summary.rows, rows.len() as u64, "{what}");
    }
}

/// Windows whose edges cut through segments: what partials are for. There is no second hand here but the rows themselves,
/// read without partials.
async fn check_windows(raw: &Mill, kept: &Mill, dice: &mut Dice, what: &str) {
    for _ in 0..3 {
        let (from, length) = (dice.roll(40), 1 + dice.roll(20));
        let day = |days: u64| (chrono::NaiveDate::from_ymd_opt(2013, 1, 1).unwrap() + chrono::Days::new(days)).to_string();
        let query = json!({
            "measures": ["orders.count", "orders.sum_amount", "orders.sum_revenue", "orders.min_amount"],
            "dimensions": ["orders.city"],
            "timeDimensions": [{"dimension": "orders.at", "granularity": "week", "dateRange": [format!("{}T07:30:00Z", day(from)), day(from + length)]}],
            "limit": 10_000
        });
        let query = serde_json::from_value(query).unwrap();
        let [raw, kept] = [raw.query(&query).await.unwrap(), kept.query(&query).await.unwrap()].map(|answer| answer.to_json()["data"].clone());
        assert_eq!(kept, raw, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_those_of_the_rows_whatever_was_rewritten() {
    for seed in [1, 22, 333] {
        let ward = Ward::new().await;
        let settings = |partial_cache_bytes| Settings { partial_cache_bytes, segment_max_rows: 1_000, ..Settings::default() };
        let [raw, kept] = [open(ward.folder.path(), settings(0)).await, open(ward.folder.path(), settings(32 << 20)).await].map(|engine| engine.tenant("acme").unwrap());
        let mut dice = Dice(seed);
        let mut rows: Vec<Row> = (0..60).map(|_| Row::random(&mut dice)).collect();
        raw.load("orders", load(&rows)).await.unwrap();
        let (mut merged, mut deleted) = (0, 0);
        for step in 0..45 {
            // Whoever changes it, both see it.
            let (mill, other) = if step % 2 == 0 { (&raw, &kept) } else { (&kept, &raw) };
            let what = match dice.roll(10) {
                0..=5 => {
                    let count = [1, 3, 20, 300][usize::try_from(dice.roll(4)).unwrap()];
                    let new: Vec<Row> = (0..count).map(|_| Row::random(&mut dice)).collect();
                    mill.load("orders", load(&new)).await.unwrap();
                    rows.extend(new);
                    format!("a load of {count}")
                }
                6 | 7 => {
                    let (sql, meant) = predicate(&mut dice);
                    let before = rows.len();
                    let version = mill.dataset("orders").await.unwrap().summary.version;
                    let counted = other.count_rows("orders", &sql).await.unwrap();
                    let report = mill.delete_rows("orders", &sql).await.unwrap();
                    rows.retain(|row| !meant(row));
                    assert_eq!((report.rows, counted), ((before - rows.len()) as u64, report.rows), "{sql}");
                    assert_eq!(report.version, version + u64::from(report.rows > 0), "{sql}");
                    assert_eq!(mill.count_rows("orders", &sql).await.unwrap(), 0);
                    deleted += report.rows;
                    sql
                }
                _ => {
                    let version = mill.dataset("orders").await.unwrap().summary.version;
                    let report = mill.compact("orders").await.unwrap();
                    assert_eq!(report.version > version, report.rows > 0);
                    assert_eq!(report.segments_after < report.segments_before, report.rows > 0);
                    let again = mill.compact("orders").await.unwrap();
                    assert_eq!((again.version, again.rows, again.segments_before), (report.version, 0, report.segments_after));
                    merged += report.rows;
                    "a compaction".to_owned()
                }
            };
            let what = format!("seed {seed}, step {step}: {what}");
            check(&[("raw", &raw), ("kept", &kept)], &rows, &what).await;
            check_windows(&raw, &kept, &mut dice, &what).await;
        }
        assert!(merged > 0 && deleted > 0, "seed {seed}: {merged} merged, {deleted} deleted");

        // What was never read from memory: a new engine reads the whole log.
        let fresh = open(ward.folder.path(), settings(32 << 20)).await.tenant("acme").unwrap();
        check(&[("fresh", &fresh)], &rows, &format!("seed {seed}")).await;
        assert_eq!(fresh.delete_rows("orders", "true").await.unwrap().rows, rows.len() as u64);
        check(&[("fresh", &fresh), ("kept", &kept)], &[], "everything deleted").await;
        kept.load("orders", load(&rows)).await.unwrap();
        check(&[("fresh", &fresh), ("kept", &kept)], &rows, "loaded again").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_small_loads_stay_few_segments_and_keep_their_order() {
    let ward = Ward::open_tables(Settings::default()).await;
    let mut dice = Dice(5);
    for _ in 0..70 {
        let rows: Vec<Row> = (0..10).map(|_| Row { day: dice.roll(31), ..Row::random(&mut dice) }).collect();
        ward.mill.load("orders", load(&rows)).await.unwrap();
        ward.mill.compact("orders").await.unwrap();
    }
    let summary = ward.mill.dataset("orders").await.unwrap().summary;
    assert_eq!(summary.rows, 700);
    assert!(summary.segments.unwrap() <= 12, "{:?} segments", summary.segments);
    // A segment is sorted by time, merged or not.
    let segments = ward.objects("orders").into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "parquet"));
    for path in segments {
        let file = std::fs::File::open(&path).unwrap();
        let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        let times: Vec<i64> = reader
            .flat_map(|batch| {
                let batch = batch.unwrap();
                let at = batch.column_by_name("at").unwrap().as_any().downcast_ref::<arrow::array::TimestampMicrosecondArray>().unwrap().clone();
                at.values().to_vec()
            })
            .collect();
        assert!(times.is_sorted() && !times.is_empty(), "{}", path.display());
    }
}
