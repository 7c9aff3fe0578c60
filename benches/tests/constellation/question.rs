//! Random questions, each as a semantic query and as SQL that asks for every measure alone.

use serde_json::{Value, json};
use tidemill::SemanticQuery;
use tidemill_benches::alone::{joined, with_totals};

use crate::dice::Dice;

pub(crate) struct Question {
    pub(crate) query: SemanticQuery,
    pub(crate) sql: String,
}

/// Joins and measures of the models.
pub(crate) fn models() -> [(&'static str, Value); 3] {
    let join = |name: &str, column: &str| json!({"name": name, "on": [{"column": column, "other": "id"}]});
    let measure = |measure: &Measure| {
        let mut value = measure.model.clone().unwrap_or_else(|| json!({"kind": measure.kind, "column": measure.column}));
        value["name"] = measure.name.into();
        value["label"] = measure.name.into();
        value
    };
    let of = |table: &str| -> Vec<Value> { measures().iter().filter(|found| found.table == table).map(measure).collect() };
    [
        ("products", json!({"joins": [join("suppliers", "supplier")]})),
        ("sales", json!({"joins": [join("customers", "customer"), join("products", "product"), join("shops", "shop")], "measures": of("sales")})),
        ("visits", json!({"joins": [join("customers", "customer"), join("shops", "shop")], "measures": of("visits"), "same_as": {"seen": "sales.seen"}})),
    ]
}

struct Measure {
    table: &'static str,
    name: &'static str,
    kind: &'static str,
    column: Option<&'static str>,
    /// In SQL over the joined table; `{total}` stands for the same over all groups.
    sql: String,
    model: Option<Value>,
}

fn measures() -> Vec<Measure> {
    let plain = |table, name, kind, column: Option<&'static str>, call: &str| {
        let of = column.map_or_else(|| "*".to_owned(), |column| format!("{table}.{column}"));
        Measure { table, name, kind, column, sql: format!("{call}{of})"), model: None }
    };
    let paid = json!([{"member": "sales.status", "operator": "equals", "values": ["paid"]}]);
    let special = |table, name, model: Value, sql: &str| Measure { table, name, kind: "", column: None, sql: sql.to_owned(), model: Some(model) };
    vec![
        plain("sales", "count", "count", None, "count("),
        plain("sales", "sold", "sum", Some("units"), "sum("),
        plain("sales", "mean_price", "avg", Some("price"), "avg("),
        plain("sales", "least", "min", Some("price"), "min("),
        plain("sales", "greatest", "max", Some("units"), "max("),
        plain("sales", "buyers", "count_distinct", Some("customer"), "count(distinct "),
        special("sales", "paid", json!({"kind": "sum", "column": "units", "filters": paid}), "sum(sales.units) filter (where sales.status = 'paid')"),
        special(
            "sales",
            "paid_part",
            json!({"kind": "ratio", "measure": "paid", "denominator": "sold"}),
            "(sum(sales.units) filter (where sales.status = 'paid'))::double / nullif(sum(sales.units), 0)",
        ),
        special("sales", "per_buyer", json!({"kind": "number", "expression": "{sold} / {buyers} + 1"}), "sum(sales.units)::double / nullif(count(distinct sales.customer), 0) + 1"),
        special("sales", "units_share", json!({"kind": "share_of_total", "measure": "sold"}), "sum(sales.units)::double / nullif({total sum(sales.units)}, 0)"),
        special(
            "sales",
            "buyers_share",
            json!({"kind": "share_of_total", "measure": "buyers"}),
            "count(distinct sales.customer)::double / nullif({total count(distinct sales.customer)}, 0)",
        ),
        plain("visits", "count", "count", None, "count("),
        plain("visits", "spent", "sum", Some("minutes"), "sum("),
        plain("visits", "mean_minutes", "avg", Some("minutes"), "avg("),
        plain("visits", "visitors", "count_distinct", Some("customer"), "count(distinct "),
        special(
            "visits",
            "visitors_share",
            json!({"kind": "share_of_total", "measure": "visitors"}),
            "count(distinct visits.customer)::double / nullif({total count(distinct visits.customer)}, 0)",
        ),
    ]
}

/// Dimensions that both tables of events have, and those that only one has.
const SHARED: [&str; 5] = ["customers.tier", "customers.town", "shops.city", "shops.region", "customers.id"];
const OF_SALES: [&str; 5] = ["sales.status", "products.category", "suppliers.country", "products.id", "sales.shop"];
const OF_VISITS: [&str; 2] = ["visits.channel", "visits.shop"];

const LOOKUPS: [(&str, &str); 2] = [
    (
        "sales",
        "sales left join customers on sales.customer = customers.id left join shops on sales.shop = shops.id left join products on sales.product = products.id left join suppliers on products.supplier = suppliers.id",
    ),
    ("visits", "visits left join customers on visits.customer = customers.id left join shops on visits.shop = shops.id"),
];

pub(crate) fn ask(dice: &mut Dice) -> Question {
    let all = measures();
    let both = dice.chance(60);
    let only = dice.pick(&["sales", "visits"]);
    let possible: Vec<&Measure> = all.iter().filter(|measure| both || measure.table == only).collect();
    let mut asked: Vec<&Measure> = Vec::new();
    for _ in 0..dice.between(1, 4) {
        let measure = possible[dice.below(possible.len())];
        if !asked.iter().any(|known| std::ptr::eq(*known, measure)) {
            asked.push(measure);
        }
    }
    let tables: Vec<&str> = ["sales", "visits"].into_iter().filter(|table| asked.iter().any(|measure| measure.table == *table)).collect();
    let mut known: Vec<&str> = SHARED.to_vec();
    match tables.as_slice() {
        ["sales"] => known.extend(OF_SALES),
        ["visits"] => known.extend(OF_VISITS),
        _ => {}
    }
    let mut dimensions: Vec<&str> = Vec::new();
    for _ in 0..dice.between(0, 3) {
        let dimension = known[dice.below(known.len())];
        if !dimensions.contains(&dimension) {
            dimensions.push(dimension);
        }
    }
    let grain = dice.unless(60, |dice| dice.pick(&["day", "month", "quarter", "year"]));
    let range = dice.unless(60, |dice| {
        let from = dice.between(0, 180);
        [from, from + dice.between(0, 90)].map(|day| (chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + chrono::Days::new(day as u64)).to_string())
    });
    // A time of sales is known as one of visits too.
    let time = if tables == ["visits"] && dice.chance(50) { "visits.seen" } else { "sales.seen" };
    let filters: Vec<(Value, String)> = (0..dice.below(3)).map(|_| filter(dice, &known)).collect();

    let mut query = json!({
        "measures": asked.iter().map(|measure| format!("{}.{}", measure.table, measure.name)).collect::<Vec<_>>(),
        "dimensions": dimensions,
        "filters": filters.iter().map(|(filter, _)| filter).collect::<Vec<_>>(),
        "limit": 50_000
    });
    if grain.is_some() || range.is_some() {
        query["timeDimensions"] = json!([{"dimension": time, "granularity": grain, "dateRange": range}]);
    }
    let mut columns: Vec<String> = Vec::new();
    let alone: Vec<String> = asked
        .iter()
        .map(|measure| {
            let mut conditions: Vec<String> = filters.iter().map(|(_, sql)| sql.clone()).collect();
            if let Some([from, to]) = &range {
                conditions.push(format!("({0}.seen >= date '{from}' and {0}.seen < date '{to}' + interval 1 day)", measure.table));
            }
            let groups: Vec<String> = grain
                .iter()
                .map(|grain| format!("date_trunc('{grain}', {}.seen)::timestamp", measure.table))
                .chain(dimensions.iter().map(|name| (*name).to_owned()))
                .collect();
            columns = (0..groups.len()).map(|number| format!("d{number}")).collect();
            let from = LOOKUPS.iter().find(|(table, _)| *table == measure.table).unwrap().1;
            let rows = if conditions.is_empty() { from.to_owned() } else { format!("{from} where {}", conditions.join(" and ")) };
            let number = with_totals(&measure.sql, &rows);
            let shown: Vec<String> = groups.iter().enumerate().map(|(number, group)| format!("{group} as d{number}")).chain([format!("{number} as m")]).collect();
            let grouped = if groups.is_empty() { String::new() } else { format!(" group by {}", (1..=groups.len()).map(|place| place.to_string()).collect::<Vec<_>>().join(", ")) };
            format!("(select {} from {rows}{grouped})", shown.join(", "))
        })
        .collect();
    Question { query: serde_json::from_value(query).unwrap(), sql: joined(&alone, &columns) }
}

fn filter(dice: &mut Dice, known: &[&'static str]) -> (Value, String) {
    if dice.chance(25) {
        let ((a, x), (b, y)) = (filter(dice, known), filter(dice, known));
        return if dice.chance(60) { (json!({"or": [a, b]}), format!("({x} or {y})")) } else { (json!({"and": [a, b]}), format!("({x} and {y})")) };
    }
    let member = known[dice.below(known.len())];
    let number = member.ends_with(".shop");
    if dice.chance(25) {
        let (operator, test) = dice.pick(&[("set", "is not null"), ("notSet", "is null")]);
        return (json!({"member": member, "operator": operator}), format!("{member} {test}"));
    }
    if number {
        let value = dice.between(0, 9);
        let (operator, sign) = dice.pick(&[("equals", "="), ("gt", ">"), ("lte", "<=")]);
        return (json!({"member": member, "operator": operator, "values": [value]}), format!("{member} {sign} {value}"));
    }
    let value = dice.pick(&["gold", "silver", "Rome", "Oslo", "it's", "north", "paid", "open", "toys", "books", "NO", "IT", "web", "c7", "p3"]);
    let quoted = value.replace('\'', "''");
    if dice.chance(50) {
        (json!({"member": member, "operator": "equals", "values": [value]}), format!("{member} = '{quoted}'"))
    } else {
        (json!({"member": member, "operator": "notEquals", "values": [value]}), format!("({member} <> '{quoted}' or {member} is null)"))
    }
}
