//! Rows that are hard to count: skewed and odd texts, many nulls, late and timeless ones, crowds around clock changes,
//! numbers at both ends of their range. What is summed is chosen so that the sum does not depend on its order: whole
//! numbers that a double holds, fractions that are powers of two, and positive decimals where nothing cancels out.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use serde_json::json;
use tidemill::{ColumnType, Json, Load};
use tidemill_benches::random::{Random, Weighted};

use crate::calendar::{self, CHANGES, LONG, ZONES};
use crate::dice::Dice;
use crate::words::{quoted, whole};

/// Columns of the dataset, in order.
pub(crate) const COLUMNS: [(&str, ColumnType); 11] = [
    ("id", ColumnType::Integer),
    ("seen", ColumnType::Timestamp),
    ("due", ColumnType::Date),
    ("city", ColumnType::String),
    ("device", ColumnType::String),
    ("note", ColumnType::String),
    ("amount", ColumnType::Integer),
    ("big", ColumnType::Integer),
    ("price", ColumnType::Float),
    ("ratio", ColumnType::Float),
    ("flag", ColumnType::Boolean),
];

/// The commonest first.
pub(crate) const CITIES: [&str; 24] = [
    "Rome",
    "Oslo",
    "rome",
    "Århus",
    "",
    "100%",
    "a_b",
    "c\\d",
    "it's",
    "two\nlines",
    "århus",
    "ROME",
    " padded ",
    "Łódź",
    "東京",
    "c1",
    "c2",
    "c3",
    "c10",
    "c11",
    "c12",
    "NULL",
    "ab",
    "a%b",
];
pub(crate) const DEVICES: [&str; 4] = ["mobile", "desktop", "tv", ""];
/// Whole numbers that no double holds, and the ends of their range.
pub(crate) const BIG: [i64; 8] = [i64::MIN, i64::MIN + 1, -9_007_199_254_740_993, 0, 9_007_199_254_740_993, 9_007_199_254_740_995, i64::MAX - 1, i64::MAX];

/// First instant of most rows, and how long they go on.
pub(crate) const START: &str = "2013-01-01T00:00:00Z";
pub(crate) const DAYS: i64 = 372;
pub(crate) const HOUR_US: i64 = 3_600_000_000;
pub(crate) const DAY_US: i64 = 86_400_000_000;

#[derive(Debug, Clone)]
pub(crate) struct Row {
    id: i64,
    at: Option<i64>,
    due: Option<NaiveDate>,
    city: Option<&'static str>,
    device: Option<&'static str>,
    note: Option<String>,
    amount: Option<i64>,
    big: Option<i64>,
    price: Option<f64>,
    ratio: Option<f64>,
    flag: Option<bool>,
}

/// Makes rows.
pub(crate) struct Generator {
    cities: Weighted,
    random: Random,
    next_id: i64,
}

impl Generator {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self { cities: Weighted::zipf(CITIES.len() as u32, 1.1), random: Random::seeded(seed), next_id: 0 }
    }

    /// The rows of one commit of several: most of them lie around its own days, some are late.
    pub(crate) fn tide(&mut self, dice: &mut Dice, count: usize, number: usize, of: usize) -> Vec<Row> {
        let middle = calendar::micros(START) + DAYS * DAY_US * (2 * number as i64 + 1) / (2 * of as i64);
        let late = calendar::micros(START) + dice.between(0, DAYS) * DAY_US;
        let change = calendar::micros(dice.pick(&CHANGES));
        let timeless = if dice.chance(30) { 4 } else { 0 };
        (0..count).map(|_| self.row(dice, middle, late, change, timeless)).collect()
    }

    /// Rows in the order of their time, as they are where no column is said to be the time.
    pub(crate) fn in_order(&mut self, dice: &mut Dice, count: usize) -> Vec<Row> {
        const PARTS: usize = 40;
        let mut rows: Vec<Row> = (0..PARTS).flat_map(|number| self.tide(dice, count / PARTS, number, PARTS)).collect();
        rows.sort_by_key(|row| row.at);
        rows
    }

    fn row(&mut self, dice: &mut Dice, middle: i64, late: i64, change: i64, timeless: usize) -> Row {
        let at = match dice.below(100) {
            0..8 => change + dice.between(-3 * HOUR_US, 3 * HOUR_US),
            8..16 => late + dice.between(0, 2 * DAY_US),
            _ => middle + dice.between(-10 * DAY_US, 10 * DAY_US),
        };
        // Edges attract bugs: whole seconds, quarters of an hour, and the last microsecond before one.
        let at = match dice.below(10) {
            0..4 => at.div_euclid(900_000_000) * 900_000_000,
            4..6 => at.div_euclid(1_000_000) * 1_000_000,
            6 => at.div_euclid(900_000_000) * 900_000_000 - 1,
            _ => at,
        };
        let at = if self.next_id == 3 { -1 } else { at };
        self.next_id += 1;
        Row {
            id: self.next_id,
            at: dice.unless(timeless, |_| at),
            due: dice.unless(20, |dice| day(dice.between(0, DAYS))),
            city: dice.unless(12, |_| CITIES[self.cities.draw(&mut self.random) as usize]),
            device: dice.unless(20, |dice| dice.pick(&DEVICES)),
            note: dice.unless(85, |dice| format!("n{}", dice.below(5_000))),
            amount: dice.unless(15, amount),
            big: dice.unless(50, |dice| dice.pick(&BIG)),
            price: dice.unless(30, price),
            ratio: dice.unless(10, ratio),
            flag: dice.unless(30, |dice| dice.chance(40)),
        }
    }
}

/// A day of the year of most rows.
pub(crate) fn day(number: i64) -> NaiveDate {
    DateTime::from_timestamp_micros(calendar::micros(START) + number * DAY_US).unwrap().date_naive()
}

/// Small numbers mostly, some large, some negative. Sums of all of them are below 2^53.
pub(crate) fn amount(dice: &mut Dice) -> i64 {
    match dice.below(10) {
        0..5 => dice.between(-5, 20),
        5..9 => dice.between(-1_000, 200_000),
        _ => dice.between(-100_000_000_000, 100_000_000_000),
    }
}

/// Sixty-fourths, of either sign.
pub(crate) fn price(dice: &mut Dice) -> f64 {
    dice.between(-64_000, 640_000) as f64 / 64.0
}

/// Positive decimals over many magnitudes.
pub(crate) fn ratio(dice: &mut Dice) -> f64 {
    dice.between(1, 999_999_999) as f64 / 10_f64.powi(dice.between(0, 9) as i32)
}

/// An instant as both sides read it.
pub(crate) fn iso(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros).unwrap().format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// The load of rows into Tidemill.
pub(crate) fn load(rows: &[Row], time_column: Option<&str>) -> Load {
    let line = |row: &Row| {
        let Row { id, at, due, city, device, note, amount, big, price, ratio, flag } = row;
        let (at, due) = (at.map(iso), due.map(|day| day.to_string()));
        json!({"id": id, "seen": at, "due": due, "city": city, "device": device, "note": note, "amount": amount, "big": big, "price": price, "ratio": ratio, "flag": flag})
            .to_string()
    };
    let lines: Vec<String> = rows.iter().map(line).collect();
    COLUMNS
        .iter()
        .fold(Json::bytes(lines.join("\n")), |load, (column, column_type)| load.column_type(*column, *column_type))
        .time_column(time_column)
}

/// Statements that make DuckDB's tables: the rows with the first instants of all their buckets, and where rows wait until these are known.
pub(crate) fn tables() -> String {
    let columns: Vec<String> = COLUMNS.iter().map(|(name, column_type)| format!("{name} {}", sql_type(*column_type))).collect();
    let hours: Vec<String> = (0..ZONES.len()).map(|zone| format!("hour_{zone} timestamp")).collect();
    let longer: Vec<String> = (0..ZONES.len()).flat_map(|zone| LONG.map(|unit| format!("{unit}_{zone} timestamp"))).collect();
    let (columns, hours, longer) = (columns.join(", "), hours.join(", "), longer.join(", "));
    format!("create table fresh ({columns}, {hours}); create table facts ({columns}, {hours}, {longer});")
}

/// Statements that add rows to DuckDB.
pub(crate) fn insert(rows: &[Row]) -> String {
    let values: Vec<String> = rows.iter().map(values).collect();
    let longer: Vec<String> = ZONES.iter().flat_map(|zone| LONG.map(|unit| calendar::long_bucket(unit, "seen", zone))).collect();
    format!("insert into fresh values {}; insert into facts select *, {} from fresh; delete from fresh;", values.join(", "), longer.join(", "))
}

fn values(row: &Row) -> String {
    let or_null = |text: Option<String>| text.unwrap_or_else(|| "null".to_owned());
    let text = |text: Option<&str>| or_null(text.map(quoted));
    let number = |number: Option<f64>| or_null(number.map(|number| format!("'{number}'::double")));
    let hours = ZONES.map(|zone| or_null(row.at.map(|at| calendar::instant(calendar::hour_start(at, zone)))));
    let cells = [
        row.id.to_string(),
        or_null(row.at.map(calendar::instant)),
        or_null(row.due.map(|day| format!("date '{day}'"))),
        text(row.city),
        text(row.device),
        text(row.note.as_deref()),
        or_null(row.amount.map(|amount| amount.to_string())),
        or_null(row.big.map(whole)),
        number(row.price),
        number(row.ratio),
        or_null(row.flag.map(|flag| flag.to_string())),
    ];
    format!("({}, {})", cells.join(", "), hours.join(", "))
}

fn sql_type(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::Integer => "bigint",
        ColumnType::Float => "double",
        ColumnType::Boolean => "boolean",
        ColumnType::Date => "date",
        ColumnType::Timestamp => "timestamp",
        ColumnType::String => "varchar",
        ColumnType::Struct | ColumnType::List => unreachable!("the oracle has no nested columns"),
    }
}

/// The store that all engines of a test share.
pub(crate) fn store() -> Arc<dyn object_store::ObjectStore> {
    Arc::new(object_store::memory::InMemory::new())
}
