//! Rows of six tables: keys that are missing, keys of nobody, values that repeat and values that are not there.

use serde_json::{Map, Value, json};

use crate::dice::Dice;

/// Customers, shops, products, suppliers that there are at first.
const SIZES: [i64; 4] = [40, 8, 30, 6];
const DAY_MS: i64 = 86_400_000;
/// 2024-01-01 in milliseconds.
const START_MS: i64 = 1_704_067_200_000;

/// Rows of a table.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    columns: &'static [(&'static str, &'static str)],
    rows: Vec<Vec<Value>>,
}

impl Table {
    /// One JSON document a line.
    pub(crate) fn json(&self) -> String {
        let line = |row: &Vec<Value>| {
            let fields: Map<String, Value> = self.columns.iter().zip(row).map(|((name, _), value)| ((*name).to_owned(), value.clone())).collect();
            Value::Object(fields).to_string()
        };
        self.rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Statements for DuckDB.
    pub(crate) fn sql(&self, first: bool) -> String {
        let columns: Vec<String> = self.columns.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
        let cell = |value: &Value| match value {
            Value::String(text) => format!("'{}'", text.replace('\'', "''")),
            other => other.to_string(),
        };
        let rows: Vec<String> = self.rows.iter().map(|row| format!("({})", row.iter().map(cell).collect::<Vec<_>>().join(", "))).collect();
        let create = if first { format!("create table {} ({});", self.name, columns.join(", ")) } else { String::new() };
        format!("{create} insert into {} values {};", self.name, rows.join(", "))
    }
}

/// The rows of one commit to each table. Lookups grow: what nobody knew before has a name afterwards.
pub(crate) fn tide(dice: &mut Dice, number: usize) -> Vec<Table> {
    let tide = number as i64;
    let text = |dice: &mut Dice, of: &[&str], missing: usize| dice.unless(missing, |dice| dice.pick(of)).map_or(Value::Null, Value::from);
    let fresh = |size: i64| if tide == 0 { 0..size } else { size + tide - 1..size + tide };
    let [customers, shops, products, suppliers] = SIZES.map(fresh);
    let customers = customers
        .map(|id| vec![json!(format!("c{id}")), text(dice, &["gold", "silver", "none"], 20), text(dice, &["Rome", "Oslo", "it's"], 10)])
        .collect();
    let shops = shops.map(|id| vec![json!(id), text(dice, &["Rome", "Oslo", "Bari"], 10), text(dice, &["north", "south"], 20)]).collect();
    let products = products
        .map(|id| {
            vec![json!(format!("p{id}")), text(dice, &["toys", "food", "books", "tools"], 10), dice.unless(15, |dice| json!(dice.between(0, SIZES[3] + 1))).unwrap_or_default()]
        })
        .collect();
    let suppliers = suppliers.map(|id| vec![json!(id), text(dice, &["NO", "IT", "DE"], 10)]).collect();
    let at = |dice: &mut Dice| {
        let millis = START_MS + dice.between(0, 200) * DAY_MS + dice.between(0, DAY_MS - 1);
        json!(chrono::DateTime::from_timestamp_millis(millis).unwrap().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
    };
    // Keys reach beyond what is there.
    let key = |dice: &mut Dice, prefix: &str, size: i64, missing: usize| dice.unless(missing, |dice| json!(format!("{prefix}{}", dice.between(0, size + 3)))).unwrap_or_default();
    let whole = |dice: &mut Dice, size: i64, missing: usize| dice.unless(missing, |dice| json!(dice.between(0, size + 2))).unwrap_or_default();
    let sales = (0..dice.between(20, 300))
        .map(|row| {
            vec![
                json!(tide * 1_000 + row),
                at(dice),
                key(dice, "c", SIZES[0], 8),
                key(dice, "p", SIZES[2], 5),
                whole(dice, SIZES[1], 5),
                dice.unless(10, |dice| json!(dice.between(-3, 40))).unwrap_or_default(),
                dice.unless(10, |dice| json!(dice.between(1, 64_000) as f64 / 64.0 + 0.015_625)).unwrap_or_default(),
                text(dice, &["paid", "open", "void"], 10),
            ]
        })
        .collect();
    let visits = (0..dice.between(20, 200))
        .map(|row| {
            let minutes = dice.unless(10, |dice| json!(dice.between(0, 90))).unwrap_or_default();
            vec![json!(tide * 1_000 + row), at(dice), key(dice, "c", SIZES[0], 8), whole(dice, SIZES[1], 5), minutes, text(dice, &["web", "shop"], 15)]
        })
        .collect();
    vec![
        Table { name: "suppliers", columns: &[("id", "bigint"), ("country", "varchar")], rows: suppliers },
        Table { name: "products", columns: &[("id", "varchar"), ("category", "varchar"), ("supplier", "bigint")], rows: products },
        Table { name: "shops", columns: &[("id", "bigint"), ("city", "varchar"), ("region", "varchar")], rows: shops },
        Table { name: "customers", columns: &[("id", "varchar"), ("tier", "varchar"), ("town", "varchar")], rows: customers },
        Table {
            name: "sales",
            columns: &[
                ("id", "bigint"),
                ("seen", "timestamp"),
                ("customer", "varchar"),
                ("product", "varchar"),
                ("shop", "bigint"),
                ("units", "bigint"),
                ("price", "double"),
                ("status", "varchar"),
            ],
            rows: sales,
        },
        Table {
            name: "visits",
            columns: &[("id", "bigint"), ("seen", "timestamp"), ("customer", "varchar"), ("shop", "bigint"), ("minutes", "bigint"), ("channel", "varchar")],
            rows: visits,
        },
    ]
}
