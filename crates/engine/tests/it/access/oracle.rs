//! What somebody sees under policies is what everybody would see of a dataset that holds only that: the policies are worked
//! out by hand here, value by value, and the copy is asked the same.

use serde_json::{Value, json};
use tidemill::{Csv, Load, Mill, Scope, Settings, TenantId};

use super::{set_policies, user};
use crate::ward::Ward;

const COUNTRIES: [&str; 4] = ["DE", "FR", "IT", ""];
const TEAMS: [&str; 3] = ["north", "south", "east"];
const ROWS: u64 = 2_000;

/// A small generator: the same numbers in every run.
pub(super) struct Dice(pub u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    pub(super) fn pick<'a, T: ?Sized>(&mut self, among: &[&'a T]) -> &'a T {
        among[self.roll(among.len() as u64) as usize]
    }
}

#[derive(Clone)]
pub(super) struct Sale {
    pub day: u64,
    pub country: &'static str,
    pub team: &'static str,
    pub amount: i64,
    pub price: Option<f64>,
    pub note: String,
}

pub(super) fn sale(dice: &mut Dice) -> Sale {
    Sale {
        day: dice.roll(60),
        country: dice.pick(&COUNTRIES),
        team: dice.pick(&TEAMS),
        amount: dice.roll(100) as i64 - 20,
        price: (dice.roll(5) > 0).then(|| dice.roll(1_000) as f64 / 4.0),
        note: format!("n{}", dice.roll(30)),
    }
}

/// A day, two keys, two numbers and a text; what is empty is missing.
pub(super) fn csv(sales: &[Sale], shown: impl Fn(&Sale) -> (bool, bool)) -> Load {
    let mut text = "at,country,team,amount,price,note\n".to_owned();
    for sale in sales {
        let day = chrono::NaiveDate::from_ymd_opt(2013, 1, 1).unwrap() + chrono::Days::new(sale.day);
        let (price, note) = shown(sale);
        let price = sale.price.filter(|_| price).map(|price| price.to_string()).unwrap_or_default();
        let note = if note { sale.note.as_str() } else { "" };
        text.push_str(&format!("{day},{},{},{},{price},{note}\n", sale.country, sale.team, sale.amount));
    }
    let text_column = tidemill::ColumnType::String;
    let load = Csv::bytes(text).column_type("price", tidemill::ColumnType::Float).column_type("at", tidemill::ColumnType::Timestamp);
    load.column_type("note", text_column)
        .column_type("country", text_column)
        .column_type("team", text_column)
        .column_type("amount", tidemill::ColumnType::Integer)
}

/// Which zone countries are of; Italy is of none.
const LANDS: &str = "code,zone\nDE,inner\nFR,outer\n";

fn zone_of(country: &str) -> Option<&'static str> {
    match country {
        "DE" => Some("inner"),
        "FR" => Some("outer"),
        _ => None,
    }
}

/// Joins sales to lands, of which a policy may go by the zone.
pub(super) async fn join_lands(mill: &Mill, lands: &str) {
    mill.load("lands", Csv::bytes(lands.to_owned()).column_type("code", tidemill::ColumnType::String).column_type("zone", tidemill::ColumnType::String))
        .await
        .unwrap();
    let mut model = mill.model("sales").await.unwrap();
    model.joins = serde_json::from_value(json!([{"name": "lands", "on": [{"column": "country", "other": "code"}]}])).unwrap();
    let version = model.version;
    mill.update_model(model, version).await.unwrap();
}

/// Four policies: own countries with everything; the own team without prices, its notes only in own countries; small amounts of
/// everybody for the board, without notes; other zones than the own one, over a join, with everything.
pub(super) fn policies() -> Value {
    json!([
        {"name": "countries", "when": [{"attribute": "kind", "values": ["a", "b"]}],
         "rows": [{"member": "sales.country", "operator": "equals", "values": ["{user.country}"]}]},
        {"name": "team", "when": [{"attribute": "kind", "values": ["b", "c", "f"]}],
         "rows": [{"or": [{"member": "sales.team", "operator": "equals", "values": ["{user.team}"]}, {"member": "sales.team", "operator": "startsWith", "values": ["ea"]}]}],
         "hidden": ["price"], "masked": [{"column": "note"}]},
        {"name": "small", "when": [{"attribute": "kind", "values": ["d"]}],
         "rows": [{"member": "sales.amount", "operator": "between", "values": [0, 10]}, {"member": "sales.country", "operator": "set"}],
         "masked": [{"column": "note"}]},
        {"name": "zone", "when": [{"attribute": "kind", "values": ["f", "g"]}],
         "rows": [{"member": "lands.zone", "operator": "notEquals", "values": ["{user.zone}"]}]}
    ])
}

/// Somebody, with what the policies let them see: row, price, note. Worked out by hand.
struct Person {
    kind: &'static str,
    countries: &'static [&'static str],
    team: &'static [&'static str],
    zone: &'static [&'static str],
}

impl Person {
    fn sees(&self, sale: &Sale) -> (bool, bool, bool) {
        let by_country = ["a", "b"].contains(&self.kind) && self.countries.contains(&sale.country);
        let by_team = ["b", "c", "f"].contains(&self.kind) && !self.team.is_empty() && (self.team.contains(&sale.team) || sale.team.starts_with("ea"));
        let small = self.kind == "d" && (0..=10).contains(&sale.amount) && !sale.country.is_empty();
        // A country that is of no zone is of no other one.
        let by_zone = ["f", "g"].contains(&self.kind) && !self.zone.is_empty() && zone_of(sale.country).is_some_and(|zone| !self.zone.contains(&zone));
        (by_country || by_team || small || by_zone, by_country || small || by_zone, by_country || by_zone)
    }
}

const PEOPLE: [Person; 9] = [
    Person { kind: "a", countries: &["DE"], team: &[], zone: &[] },
    Person { kind: "a", countries: &["DE", "IT"], team: &["north"], zone: &[] },
    Person { kind: "b", countries: &["FR"], team: &["north"], zone: &[] },
    Person { kind: "b", countries: &[], team: &["south", "north"], zone: &[] },
    Person { kind: "c", countries: &["DE"], team: &["south"], zone: &[] },
    Person { kind: "d", countries: &[], team: &[], zone: &[] },
    Person { kind: "e", countries: &["DE"], team: &["south"], zone: &["inner"] },
    Person { kind: "f", countries: &[], team: &["north"], zone: &["inner"] },
    Person { kind: "g", countries: &[], team: &[], zone: &["outer"] },
];

pub(super) const STATEMENTS: [&str; 14] = [
    "select team, measure(sum_amount), measure(count) filter (where amount > 10) from sales group by 1 order by 1",
    "select measure(avg_amount), measure(count) from sales s having measure(s.count) > 0",
    "select count(*), sum(amount), min(amount), max(note), count(distinct country), avg(amount) from sales",
    "select country, team, count(*), sum(amount) from sales group by 1, 2 order by 1, 2",
    "select note, count(*) from sales where amount > 10 group by 1 order by 1",
    "select date_trunc('month', at) as m, sum(amount), count(note) from sales group by 1 order by 1",
    "select at, country, team, amount, note from sales order by at, country, team, amount, note limit 25",
    "select count(*) from sales s join sales t on s.country = t.country and s.note = t.note and s.at = t.at",
    "select team, sum(case when note like 'n1%' then amount end) from sales group by 1 having count(*) > 3 order by 1",
    "select amount, rank() over (order by amount desc) as place from sales order by 2, 1 limit 5",
    "select country from sales union select note from sales order by 1",
    // Fractions of very different sizes: what rounding leaves of a sum depends on the order.
    "select team, sum(amount * 0.1 + case when amount % 7 = 0 then 1.0e15 else 0.0 end), avg(amount / 3.0) from sales group by 1 order by 1",
    "select count(*), stddev(s.amount * 0.1), corr(s.amount * 0.1, extract(day from s.at)), sum(distinct s.amount * 0.1), sum(s.amount / 7.0 * t.amount) from sales s join sales t on s.at = t.at and s.note = t.note",
    "with big as (select * from sales where amount > (select avg(amount) from sales)) select team, count(*) from big group by 1 order by 1",
];

pub(super) fn questions() -> Vec<Value> {
    vec![
        json!({"measures": ["sales.sum_amount", "sales.count"], "dimensions": ["sales.team"], "totals": true, "top": {"dimension": "sales.team", "limit": 1, "others": true}}),
        json!({"measures": ["sales.count"], "dimensions": ["sales.country"], "timeDimensions": [{"dimension": "sales.at", "granularity": "month", "fill": "zero"}], "pivot": ["sales.country"]}),
        json!({"measures": ["sales.sum_amount"], "dimensions": ["sales.country", "sales.note"], "ungrouped": true, "limit": 20}),
        json!({"measures": ["sales.count", "sales.sum_amount"]}),
        json!({"measures": ["sales.count", "sales.avg_amount"], "dimensions": ["sales.country", "sales.team"], "order": [["sales.country", "asc"], ["sales.team", "asc"]]}),
        json!({"measures": ["sales.sum_amount"], "timeDimensions": [{"dimension": "sales.at", "granularity": "week"}], "timezone": "Europe/Berlin"}),
        json!({"measures": ["sales.sum_amount"], "timeDimensions": [{"dimension": "sales.at", "dateRange": "last 10 days of data"}]}),
        json!({"measures": ["sales.count"], "dimensions": ["sales.note"], "filters": [{"member": "sales.note", "operator": "notEquals", "values": ["n3"]}],
               "order": [["sales.note", "asc"]], "limit": 7, "total": true}),
        json!({"measures": ["sales.count", "sales.notes", "sales.share"], "dimensions": ["sales.team"], "order": [["sales.team", "asc"]], "filters": [{"member": "sales.count", "operator": "gt", "values": [2]}]}),
        json!({"measures": ["sales.fractions"], "dimensions": ["sales.team"], "totals": true}),
        json!({"measures": ["sales.fractions", "sales.running_fractions", "sales.avg_amount"], "timeDimensions": [{"dimension": "sales.at", "granularity": "day"}]}),
        json!({"measures": ["sales.running"], "timeDimensions": [{"dimension": "sales.at", "granularity": "month"}]}),
        json!({"dimensions": ["sales.country"], "order": [["sales.country", "asc"]]}),
    ]
}

pub(super) async fn with_measures(mill: &Mill) {
    let mut model = mill.model("sales").await.unwrap();
    let more = json!([
        {"name": "notes", "label": "Notes", "kind": "count_distinct", "column": "note"},
        {"name": "share", "label": "Share", "kind": "share_of_total", "measure": "count"},
        {"name": "fractions", "label": "Fractions", "kind": "sum", "expression": "amount * 0.1 + case when amount % 7 = 0 then 1.0e15 else 0.0 end"},
        {"name": "running_fractions", "label": "Running fractions", "kind": "cumulative", "measure": "fractions"},
        {"name": "running", "label": "Running", "kind": "cumulative", "measure": "sum_amount"}
    ]);
    model.measures.extend(serde_json::from_value::<Vec<tidemill::Measure>>(more).unwrap());
    let version = model.version;
    mill.update_model(model, version).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_seen_is_what_a_dataset_of_nothing_else_would_show() {
    for cached in [true, false] {
        let settings = Settings { partial_cache_bytes: if cached { 64 << 20 } else { 0 }, ..Settings::default() };
        let ward = Ward::with(settings).await;
        let mut dice = Dice(7);
        let sales: Vec<Sale> = (0..ROWS).map(|_| sale(&mut dice)).collect();
        for part in sales.chunks(700) {
            ward.mill.load("sales", csv(part, |_| (true, true))).await.unwrap();
        }
        with_measures(&ward.mill).await;
        join_lands(&ward.mill, LANDS).await;
        set_policies(&ward.mill, "sales", policies()).await;
        if cached {
            let mut model = ward.mill.model("sales").await.unwrap();
            model.rollups = serde_json::from_value(json!([
                {"name": "by_key", "dimensions": ["country", "team", "note", "amount"], "measures": ["count", "sum_amount"]},
                {"name": "by_team", "dimensions": ["team"], "measures": ["count", "sum_amount"], "time_dimension": "at", "granularity": "hour"}
            ]))
            .unwrap();
            let version = model.version;
            ward.mill.update_model(model, version).await.unwrap();
            ward.mill.build_rollups("sales").await.unwrap();
        }
        for (number, person) in PEOPLE.iter().enumerate() {
            let attributes = user(&[("kind", &[person.kind]), ("country", person.countries), ("team", person.team), ("zone", person.zone)]);
            let mill = ward.engine.mill(Scope::of(TenantId::parse("acme").unwrap()).seen_by(attributes));
            let copy = ward.engine.tenant(&format!("copy{number}")).unwrap();
            // A dataset needs a load to be there; the one who sees nothing gets one of no rows.
            let seen: Vec<Sale> = sales.iter().filter(|sale| person.sees(sale).0).cloned().collect();
            copy.load("sales", csv(&seen, |sale| (person.sees(sale).1, person.sees(sale).2))).await.unwrap();
            with_measures(&copy).await;
            for _ in 0..2 {
                for sql in STATEMENTS {
                    compare(sql, mill.sql(sql).await, copy.sql(sql).await);
                }
                for question in questions() {
                    let query = serde_json::from_value(question.clone()).unwrap();
                    compare(&format!("{number}: {question}"), mill.query(&query).await, copy.query(&query).await);
                }
            }
            let hides_price = person.kind == "c";
            assert_eq!(mill.sql("select sum(price) from sales").await.is_err(), hides_price, "{}", person.kind);
            if !hides_price && person.kind != "e" {
                compare("price", mill.sql("select count(price), sum(price) from sales").await, copy.sql("select count(price), sum(price) from sales").await);
            }
            for member in ["sales.note", "sales.country"] {
                assert_eq!(mill.values(member, Some("2"), 50, 0).await.unwrap(), copy.values(member, Some("2"), 50, 0).await.unwrap());
            }
        }
    }
}

fn compare(what: &str, seen: tidemill::Result<tidemill::QueryResult>, copied: tidemill::Result<tidemill::QueryResult>) {
    let (seen, copied) = (seen.unwrap_or_else(|error| panic!("{what}: {error}")), copied.unwrap_or_else(|error| panic!("{what}: {error}")));
    assert_eq!(seen.to_json()["data"], copied.to_json()["data"], "{what}");
    assert_eq!(seen.provenance.total_rows, copied.provenance.total_rows, "{what}");
    assert_eq!(seen.provenance.time_range, copied.provenance.time_range, "{what}");
}
