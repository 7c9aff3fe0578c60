//! Data models of Cube as people write them, and as they had better not.

use serde_json::{Value, json};

use super::super::notes::{Imported, Note};
use super::*;
use crate::error::ErrorKind;
use crate::semantic::model::Model;

const SHOP: &str = include_str!("../../../../tests/fixtures/interchange/cube_shop.yml");

fn imported(text: &str) -> Imported {
    read_cubes(&[("model.yml", text)]).unwrap_or_else(|error| panic!("{error}"))
}

/// One cube with some keys of its own.
fn cube(keys: &str) -> Imported {
    imported(&format!("cubes:\n  - name: orders\n    sql_table: orders\n{}", keys.lines().map(|line| format!("    {line}\n")).collect::<String>()))
}

fn note<'a>(notes: &'a [Note], path: &str) -> &'a str {
    notes.iter().find(|note| note.path == path).map_or("", |note| &note.text)
}

fn json_of(model: &Model) -> Value {
    serde_json::to_value(model).unwrap()
}

#[test]
fn a_shop_is_read_as_its_models() {
    let Imported { models, views, notes, .. } = imported(SHOP);
    let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["orders", "customers", "line_items"]);
    let orders = json_of(&models[0]);
    assert_eq!((&orders["label"], &orders["description"]), (&json!("Shop orders"), &json!("One row an order")));
    assert_eq!(orders["time_dimension"], "created_at");
    assert_eq!(
        orders["dimensions"],
        json!([
            {"name": "id", "label": "Id", "type": "float", "format": "d"},
            {"name": "customer_id", "label": "Customer id", "type": "float"},
            {"name": "state", "label": "State of the order", "description": "As the shop sees it", "meta": {"any": "value"}, "type": "string", "column": "status"},
            {"name": "created_at", "label": "Created at", "type": "timestamp", "granularities": [
                {"name": "fiscal_year", "label": "Fiscal year", "interval": "year", "origin": "2000-04-01"},
                {"name": "sprint", "label": "Sprint of the shop", "interval": "2 weeks", "origin": "2024-01-02"},
            ]},
            {"name": "net", "label": "Net", "type": "float", "expression": "amount - COALESCE(discount, 0)", "format": "currency_eur"},
            {"name": "size", "label": "Size", "type": "string", "expression": "CASE WHEN ((amount - COALESCE(discount, 0)) > 100) THEN 'large' WHEN (status = 'it''s') THEN 'odd' ELSE 'small' END"},
            {"name": "place_latitude", "label": "Place latitude", "type": "float", "column": "lat", "geo": "latitude"},
            {"name": "place_longitude", "label": "Place longitude", "type": "float", "column": "lon", "geo": "longitude", "latitude": "place_latitude"},
            {"name": "secret", "label": "Secret", "public": false, "type": "string", "column": "card_number"},
            {"name": "paid", "label": "Paid", "type": "boolean", "expression": "status = 'paid' OR status = 'shipped'"},
        ])
    );
    assert_eq!(
        orders["measures"],
        json!([
            {"name": "count", "label": "Count", "kind": "count", "drill": ["id", "state"]},
            {"name": "revenue", "label": "Revenue", "kind": "sum", "expression": "amount - COALESCE(discount, 0)"},
            {"name": "paid_revenue", "label": "Paid revenue", "kind": "sum", "expression": "CASE WHEN (status = 'paid') AND (amount > 0) THEN amount END"},
            {"name": "paid_count", "label": "Paid count", "kind": "count", "expression": "CASE WHEN status = 'paid' THEN 1 END"},
            {"name": "buyers", "label": "Buyers", "kind": "count_distinct", "column": "customer_id"},
            {"name": "buyers_about", "label": "Buyers about", "kind": "count_distinct_approx", "column": "customer_id"},
            {"name": "average", "label": "Average", "kind": "avg", "column": "amount"},
            {"name": "least", "label": "Least", "kind": "min", "column": "amount"},
            {"name": "greatest", "label": "Greatest", "kind": "max", "column": "amount"},
            {"name": "per_order", "label": "Per order", "kind": "number", "expression": "1.0 * {revenue} / NULLIF({count}, 0)"},
            {"name": "paid_share", "label": "Paid share", "kind": "number", "expression": "{paid_count} / {count}"},
            {"name": "latest", "label": "Latest", "kind": "max", "column": "created_at"},
            {"name": "count_so_far", "label": "Count so far", "kind": "cumulative", "measure": "count"},
            {"name": "revenue_of_week_in_bucket", "label": "Revenue of week in bucket", "kind": "sum", "column": "amount"},
            {"name": "revenue_of_week", "label": "Revenue of week", "kind": "rolling", "measure": "revenue_of_week_in_bucket", "span": {"count": 7, "unit": "day"}},
            {"name": "revenue_before", "label": "Revenue before", "kind": "time_shift", "measure": "revenue", "span": {"count": 1, "unit": "year"}},
        ])
    );
    assert_eq!(orders["segments"], json!([{"name": "paid", "label": "Paid", "filters": [{"member": "orders.paid", "operator": "equals", "values": [true]}]}]));
    assert_eq!(orders["joins"], json!([{"name": "customers", "relationship": "many_to_one", "on": [{"column": "customer_id", "other": "id"}]}]));
    assert_eq!(orders["rollups"], json!([{"name": "daily", "measures": ["count", "revenue"], "dimensions": ["state"], "time_dimension": "created_at", "granularity": "day"}]));

    // The table of the cube `items` has another name, and so has its model; its joins keep their names.
    let items = json_of(&models[2]);
    assert_eq!(
        items["joins"],
        json!([
            {"name": "orders", "relationship": "many_to_one", "on": [{"column": "order_id", "other": "id"}, {"column": "shop", "other": "shop"}]},
            {"name": "customers", "relationship": "one_to_one", "on": [{"column": "buyer", "other": "id"}]},
        ])
    );
    assert_eq!(json_of(&models[1])["joins"], json!([{"name": "items", "model": "line_items", "relationship": "one_to_many", "on": [{"column": "id", "other": "buyer"}]}]));

    assert_eq!(orders["hierarchies"], json!([{"name": "by_state", "label": "By state", "levels": ["state", "size"]}]));
    assert_eq!(
        serde_json::to_value(&views).unwrap(),
        json!([{"name": "orders_view", "label": "Orders view", "version": 0, "include": [
            {"path": "orders", "members": "*"},
            {"path": "orders.customers", "members": ["city", {
                "name": "id", "alias": "customer_number", "label": "Number of the customer",
                "description": "As it stands on the invoice", "format": "d", "meta": {"owner": "shop"}
            }], "prefix": true},
        ], "folders": [
            {"name": "Who bought", "includes": ["customers_customer_number", {"name": "Where they live", "includes": ["customers_city"]}]},
            {"name": "Orders", "includes": [{"path": "orders"}, "state"]},
        ]}])
    );

    let told: Vec<String> = notes.iter().map(|note| format!("{}: {}", note.path, note.text)).collect();
    let expected = include_str!("../../../../tests/fixtures/interchange/cube_shop.notes.txt");
    assert_eq!(told.join("\n"), expected.trim_end(), "\n{}", told.join("\n"));
}

#[test]
fn what_a_dimension_cannot_say_is_left_out_with_a_reason() {
    for (keys, reason) in [
        ("type: geo", "no latitude"),
        ("type: geo, latitude: {sql: a}", "no longitude"),
        ("type: geo, latitude: {sql: a}, longitude: {}", "longitude has no sql"),
        ("type: geo, latitude: {sql: a, mask: b}, longitude: {sql: c}", "mask may change"),
        ("sql: x, type: geo, latitude: {sql: a}, longitude: {sql: b}", "sql may change"),
        ("sql: x, type: switch", "switch"),
        ("sql: x, type: money", "type money"),
        ("sql: x", "no type"),
        ("type: string", "no sql"),
        ("sql: '{users.count}', type: number, sub_query: true", "sub_query"),
        ("sql: '{users.city}', type: string", "another cube"),
        ("sql: users.city, type: string", "another cube or table"),
        ("sql: '{count}', type: number", "a measure"),
        ("sql: '{nobody}', type: number", "no member"),
        ("sql: '{it}', type: number", "stands for itself"),
        ("sql: '{CUBE}', type: number", "stands alone"),
        ("sql: \"{FILTER_PARAMS.orders.at.filter('at')}\", type: string", "while a question is asked"),
        ("sql: '{SECURITY_CONTEXT.tenant}', type: string", "while a question is asked"),
        ("sql: \"'{CUBE}.x'\", type: string", "literal"),
        ("sql: '\"{CUBE}\"', type: string", "quoted name"),
        ("sql: '{CUBE', type: string", "not closed"),
        ("sql: a / b, type: number", "whole numbers"),
        ("sql: json_extract(a), type: string", "functions"),
        ("sql: x, type: string, mask: y", "mask may change"),
        ("sql: x, type: time, time_shift: [{name: a}]", "time_shift may change"),
        ("sql: x, type: string, case: {when: []}", "both"),
        ("type: string, case: {switch: x}", "switch"),
        ("type: string, case: {when: [{sql: a, label: b}]}", "no else"),
        ("type: string, case: {when: [{sql: a, label: [b]}], else: {label: c}}", "neither"),
        ("sql: [x], type: string", "no text"),
    ] {
        let Imported { models, notes, .. } = cube(&format!("dimensions:\n  - {{name: it, {keys}}}\nmeasures:\n  - {{name: count, type: count}}"));
        assert!(models[0].dimensions.is_empty(), "{keys}");
        let told = note(&notes, "orders.dimensions.it");
        assert!(told.starts_with("left out: ") && told.contains(reason), "{keys}: {told:?}");
    }
}

#[test]
fn a_place_is_two_dimensions() {
    let keys = "dimensions:\n  - {name: home, title: Home, type: geo, latitude: {sql: '{CUBE}.lat'}, longitude: {sql: '-1 * west'}, description: d}\n  - {name: north, type: number, sql: '{home_latitude} - 50'}";
    let Imported { models, notes, .. } = cube(keys);
    assert_eq!(
        json_of(&models[0])["dimensions"],
        json!([
            {"name": "home_latitude", "label": "Home latitude", "description": "d", "type": "float", "column": "lat", "geo": "latitude"},
            {"name": "home_longitude", "label": "Home longitude", "description": "d", "type": "float", "expression": "-1 * west", "geo": "longitude", "latitude": "home_latitude"},
            {"name": "north", "label": "North", "type": "float", "expression": "lat - 50"},
        ])
    );
    assert!(note(&notes, "orders.dimensions.home").contains("home_latitude and home_longitude"), "{notes:?}");
    // What cannot be read of one half leaves the other a number like others.
    let Imported { models, notes, .. } = cube("dimensions:\n  - {name: home, type: geo, latitude: {sql: lat}, longitude: {sql: json_extract(lon)}}");
    assert_eq!(json_of(&models[0])["dimensions"], json!([{"name": "home_latitude", "label": "Home latitude", "type": "float", "column": "lat"}]));
    assert!(note(&notes, "orders.dimensions.home_longitude").starts_with("left out: "), "{notes:?}");
    let Imported { models, notes, .. } =
        cube("dimensions:\n  - {name: home, type: geo, latitude: {sql: lat}, longitude: {sql: lon}}\n  - {name: home_latitude, type: number, sql: l}");
    assert_eq!(models[0].dimensions.len(), 1);
    assert!(note(&notes, "orders.dimensions.home").contains("there is a home_latitude already"), "{notes:?}");
}

#[test]
fn what_is_said_of_a_cube_and_its_members_is_taken_over() {
    let keys = "\
description: ' One row an order '
meta: {owner: shop}
dimensions:
  - {name: at, sql: at, type: time, description: When, meta: [x], ai_context: {a: b}}
measures:
  - {name: week, type: sum, sql: amount, description: Of a week, meta: {unit: eur}, rolling_window: {trailing: 7 day}}
segments:
  - {name: paid, sql: \"state = 'paid'\", description: Paid in full, meta: {since: 2024}}
";
    let Imported { models, notes, .. } = cube(keys);
    let model = &models[0];
    let said = |description: &Option<String>, meta: &Option<Map<String, Value>>| json!([description, meta]);
    assert_eq!(said(&model.description, &model.meta), json!(["One row an order", {"owner": "shop"}]));
    // What is no map is left out, and the rest is there.
    assert_eq!(said(&model.dimensions[0].description, &model.dimensions[0].meta), json!(["When", null]));
    assert!(notes.iter().any(|note| note.path == "orders.dimensions.at" && note.text.contains("no map")), "{notes:?}");
    assert!(notes.iter().any(|note| note.path == "orders" && note.text.starts_with("ai_context has no place")), "{notes:?}");
    // A measure that is new for another one has no words of that.
    let words: Vec<Value> = model.measures.iter().map(|measure| json!([measure.name, measure.description, measure.meta])).collect();
    assert_eq!(words, [json!(["week_in_bucket", null, null]), json!(["week", "Of a week", {"unit": "eur"}])]);
    assert_eq!(said(&model.segments[0].description, &model.segments[0].meta), json!(["Paid in full", {"since": 2024}]));
    assert!(notes.iter().all(|note| !note.text.starts_with("description") && !note.text.starts_with("meta")), "{notes:?}");
}

#[test]
fn what_a_measure_cannot_say_is_left_out_with_a_reason() {
    for (keys, reason) in [
        ("type: sum", "no sql"),
        ("type: median, sql: x", "type median"),
        ("sql: x", "no type"),
        ("type: running_total, sql: x", "begins with the date range"),
        ("type: runningTotal, sql: x", "begins with the date range"),
        ("type: sum, sql: '{count}'", "a measure"),
        ("type: number, sql: '{gone} + 1'", "no measure"),
        ("type: number, sql: '{it} + 1'", "itself"),
        ("type: number, sql: '{a_dimension} + 1'", "no measure"),
        ("type: number, sql: '{count} + amount'", "mixes"),
        ("type: number, sql: 'sum(amount) / {count}'", "mixes"),
        ("type: number, sql: 'percentile_cont(0.5) within group (order by x)'", "no aggregate"),
        ("type: number, sql: '{count}', filters: [{sql: a}]", "filters and windows"),
        ("type: number, sql: '1'", "names no measure"),
        ("type: sum, sql: x, filters: [{sql: '{users.a} = 1'}]", "another cube"),
        ("type: sum, sql: x, filters: [{member: a}]", "member may change"),
        ("type: sum, sql: x, filters: a", "no list"),
        ("type: avg, sql: x, rolling_window: {trailing: unbounded}", "add up"),
        ("type: count_distinct, sql: x, rolling_window: {trailing: 7 day}", "add up"),
        ("type: sum, sql: x, rolling_window: {trailing: 1 month}", "whole months"),
        ("type: sum, sql: x, rolling_window: {trailing: 7 day, leading: 1 day}", "end with"),
        ("type: sum, sql: x, rolling_window: {trailing: 7 day, offset: start}", "end with"),
        ("type: sum, sql: x, rolling_window: {type: to_date, granularity: month}", "granularity may change"),
        ("type: sum, sql: x, rolling_window: {type: year_to_date}", "begins with a year"),
        ("type: sum, sql: x, rolling_window: {trailing: -7 day}", "number of units"),
        ("type: sum, sql: x, rolling_window: {trailing: 99999 day}", "number of units"),
        ("type: sum, sql: x, rolling_window: {leading: 0}", "no trailing"),
        ("type: number, sql: '{count}', multi_stage: true", "in stages"),
        ("type: rank, multi_stage: true, order_by: [{sql: '{count}'}]", "other dimensions"),
        ("type: number, sql: '{count}', multi_stage: true, group_by: [city]", "other dimensions"),
        ("type: number, sql: '{count}', time_shift: [{interval: 1 year, type: next}]", "later"),
        ("type: number, sql: '{count}', time_shift: [{interval: 1 year}]", "later"),
        ("type: number, sql: '{count}', time_shift: [{name: retail}]", "name may change"),
        ("type: number, sql: '{count}', time_shift: [{interval: soon, type: prior}]", "number of units"),
        ("type: number, sql: '{count} + 1', time_shift: [{interval: 1 year, type: prior}]", "single measure"),
        ("type: number, sql: '{count}', time_shift: [{interval: 1 year, type: prior, time_dimension: other}]", "alone"),
        ("type: sum, sql: '{count}', time_shift: [{interval: 1 year, type: prior}]", "type number"),
        ("type: count, grain: x", "grain may change"),
    ] {
        let Imported { models, notes, .. } =
            cube(&format!("dimensions:\n  - {{name: a_dimension, sql: a, type: string}}\nmeasures:\n  - {{name: count, type: count}}\n  - {{name: it, {keys}}}"));
        assert_eq!(models[0].measures.len(), 1, "{keys}");
        let told = note(&notes, "orders.measures.it");
        assert!(told.starts_with("left out: ") && told.contains(reason), "{keys}: {told:?}");
    }
}

#[test]
fn joins_of_columns_alone_are_taken_over() {
    let model = |sql: &str, keys: &str| {
        let text = format!(
            "cubes:\n  - name: a\n    sql_table: a\n    joins:\n      - {{name: b, {keys}, sql: \"{sql}\"}}\n    dimensions:\n      - {{name: d, sql: dd, type: string}}\n      - {{name: e, sql: x + y, type: number}}\n  - name: b\n    sql_table: b\n    dimensions:\n      - {{name: d, sql: bd, type: string}}\n"
        );
        let Imported { models, notes, .. } = imported(&text);
        (models[0].joins.first().cloned(), note(&notes, "a.joins.b").to_owned())
    };
    for (sql, column, other) in [
        ("{CUBE}.x = {b}.y", "x", "y"),
        ("{b}.y = {CUBE}.x", "x", "y"),
        ("{a}.x = {b.d}", "x", "bd"),
        ("({CUBE.d} = {b.d})", "dd", "bd"),
        ("{d} = {b}.y", "dd", "y"),
        ("{a.d} = b.y", "dd", "y"),
        ("${CUBE}.x = {b}.y", "", ""),
        ("{CUBE}.x = {b}.y OR {CUBE}.z = {b}.z", "", ""),
        ("{CUBE}.x = {b}.y AND {b}.deleted = false", "", ""),
        ("{CUBE}.x > {b}.y", "", ""),
        ("lower({CUBE}.x) = {b}.y", "", ""),
        ("{e} = {b}.y", "", ""),
        ("x = y", "", ""),
        ("{CUBE}.x = {c}.y", "", ""),
        ("{CUBE}.x = 1", "", ""),
        ("{CUBE}.x = {b.gone}", "", ""),
    ] {
        let (join, told) = model(sql, "relationship: many_to_one");
        match join {
            Some(join) => assert_eq!((join.on.len(), join.on[0].column.as_str(), join.on[0].other.as_str()), (1, column, other), "{sql}"),
            None => assert!(column.is_empty() && told.starts_with("left out: "), "{sql}: {told}"),
        }
    }
    for relationship in ["belongsTo", "hasMany", "has_one", "oneToMany"] {
        assert!(model("{CUBE}.x = {b}.y", &format!("relationship: {relationship}")).0.is_some(), "{relationship}");
    }
    assert!(model("{CUBE}.x = {b}.y", "relationship: many_to_many").1.contains("many_to_many"));
}

#[test]
fn cubes_without_a_table_of_their_own_are_left_out() {
    for (keys, reason) in [
        ("sql: select * from a where b", "query"),
        ("sql: 'select a from b'", "query"),
        ("sql_table: '{x}.orders'", "no table"),
        ("sql_table: 'a; drop'", "no table"),
        ("sql_table: a, sql: select * from b", "either"),
        ("title: x", "either"),
        ("extends: other, sql_table: a", "extends"),
        ("sql_table: a, calendar: true", "calendar may change"),
        ("sql_table: a, mesures: []", "did you mean measures?"),
    ] {
        let Imported { models, notes, .. } = imported(&format!("cubes:\n  - {{name: it, {keys}}}"));
        assert!(models.is_empty(), "{keys}");
        assert!(note(&notes, "it").contains(reason), "{keys}: {notes:?}");
    }
    // Which of two tables the dataset is, nobody can say.
    let Imported { models, notes, .. } = imported(
        "cubes:\n  - {name: a, sql_table: x.orders}\n  - {name: b, sql_table: y.orders}\n  - {name: c, sql: SELECT * FROM shop.\"Items\";}\n  - {name: d, sql_table: shop.\"Items\"}",
    );
    assert_eq!(models.iter().map(|model| model.name.as_str()).collect::<Vec<_>>(), ["items"]);
    assert!(note(&notes, "a").contains("several tables") && note(&notes, "b").contains("several tables") && note(&notes, "d").contains("one model"));
}

#[test]
fn granularities_are_taken_over_where_they_begin_at_the_same_instants() {
    for (keys, read, reason) in [
        ("interval: 15 minutes", json!({"interval": "15 minutes"}), ""),
        ("interval: 8 hours, origin: '2024-03-05 06:00:00.000'", json!({"interval": "8 hours", "origin": "2024-03-05T06:00"}), ""),
        ("interval: 8 hours, offset: -2 hours", json!({"interval": "8 hours", "origin": "1999-12-31T22:00"}), ""),
        ("interval: 1 week, offset: -1 day", json!({"interval": "week", "origin": "2000-01-02"}), ""),
        ("interval: 1 month, offset: 24 days", json!({"interval": "month", "origin": "2000-01-25"}), ""),
        ("interval: 1 quarter, offset: 1 month", json!({"interval": "quarter", "origin": "2000-02-01"}), ""),
        ("interval: 10 days, origin: '2024-01-02'", json!({"interval": "10 days", "origin": "2024-01-02"}), ""),
        ("interval: 2 weeks", json!(null), "give it an origin"),
        ("interval: 10 days, offset: 1 day", json!(null), "give it an origin"),
        ("interval: 1 day, offset: 6 hours", json!(null), "dayStart"),
        ("interval: 1 week, offset: 6 hours", json!(null), "dayStart"),
        ("interval: 1 month, offset: 30 days", json!(null), "28th"),
        ("interval: 1 month, offset: 60 days", json!(null), "29th of February"),
        ("interval: 7 minutes", json!(null), "cannot be had"),
        ("interval: 5 years", json!(null), "one by one"),
        ("interval: 1 month 2 days", json!(null), "one unit of time"),
        ("interval: 1 week, origin: monday", json!(null), "no origin"),
        ("interval: 1 week, origin: '2024-01-02', offset: 1 day", json!(null), "both"),
        ("sql: 'floor({CUBE}.at)'", json!(null), "sql may change"),
    ] {
        let Imported { models, notes, .. } = cube(&format!("dimensions:\n  - {{name: at, sql: at, type: time, granularities: [{{name: it, {keys}}}]}}\n"));
        let found = models[0].dimensions[0].granularities.first();
        let mut expected = read.clone();
        if read.is_object() {
            (expected["name"], expected["label"]) = (json!("it"), json!("It"));
        }
        assert_eq!(json!(found), expected, "{keys}");
        let told = note(&notes, "orders.dimensions.at.granularities.it");
        assert!(told.contains(reason) && told.is_empty() == reason.is_empty(), "{keys}: {told}");
    }
    let Imported { models, notes, .. } = cube("dimensions:\n  - {name: at, sql: at, type: time, granularities: [{name: week, interval: 1 week, origin: '2024-01-02'}]}\n");
    assert!(models[0].dimensions[0].granularities.is_empty());
    assert!(note(&notes, "orders.dimensions.at.granularities.week").contains("unit week"));
}

#[test]
fn pre_aggregations_that_are_no_rollups_of_the_cube_are_left_out() {
    let members = "dimensions:\n  - {name: at, sql: at, type: time}\n  - {name: city, sql: city, type: string}\nmeasures:\n  - {name: count, type: count}\n  - {name: twice, type: number, sql: '{count} * 2'}\n";
    for (keys, reason) in [
        ("measures: [count], dimensions: [CUBE.city, orders.at]", ""),
        ("type: rollup, measure_references: '[CUBE.count]', timeDimensionReference: CUBE.at, granularity: week", ""),
        ("measures: [CUBE.count], time_dimensions: [{dimension: CUBE.at, granularity: hour}], partition_granularity: month, refresh_key: {every: 1 hour}", ""),
        ("type: original_sql", "type original_sql"),
        ("type: rollupJoin, rollups: [a]", "rollups may change"),
        ("measures: [count], segments: [paid]", "segments"),
        ("measures: [count], dimensions: [users.city]", "another cube"),
        ("measures: [count], time_dimension: at, granularity: fiscal_year", "calendar"),
        ("measures: [count], time_dimension: at", "go together"),
        ("measures: [twice]", "computed from others"),
        ("measures: [gone]", "not in the model"),
        ("measures: [count], dimensions: [gone]", "not in the model"),
        ("dimensions: [city]", "no measures"),
    ] {
        let Imported { models, notes, .. } = cube(&format!("{members}pre_aggregations:\n  - {{name: it, {keys}}}"));
        let told = note(&notes, "orders.pre_aggregations.it");
        assert_eq!(models[0].rollups.len(), usize::from(reason.is_empty()), "{keys}: {told}");
        assert!(told.contains(reason), "{keys}: {told}");
    }
}

#[test]
fn views_that_would_show_something_else_are_left_out() {
    let cubes = "cubes:\n  - {name: base_orders, sql_table: shop.orders, joins: [{name: users, relationship: many_to_one, sql: '{CUBE}.buyer_id = {users.id}'}], dimensions: [{name: city, sql: city, type: string}], measures: [{name: count, type: count}]}\n  - {name: users, sql_table: shop.users, dimensions: [{name: id, sql: id, type: string, primary_key: true}, {name: city, sql: city, type: string}], measures: [{name: count, type: count}]}\n";
    let of = |view: &str| imported(&format!("{cubes}views:\n  - {{{view}}}\n"));
    // The root has the name of its dataset here, and its members those that Cube gives them.
    let Imported { views, notes, .. } = of(
        "name: sales, cubes: [{join_path: base_orders, includes: '*', prefix: true}, {join_path: base_orders.users, includes: [city, count], excludes: [count], alias: buyer, prefix: true}]",
    );
    assert_eq!(
        serde_json::to_value(&views[0].include).unwrap(),
        json!([
            {"path": "orders", "members": "*", "prefix": true, "alias": "base_orders"},
            {"path": "orders.users", "members": ["city"], "prefix": true, "alias": "buyer"},
        ]),
        "{notes:?}"
    );
    for (view, reason) in [
        ("name: it, public: false, cubes: [{join_path: base_orders, includes: '*'}]", "hides"),
        ("name: orders, cubes: [{join_path: base_orders, includes: '*'}]", "the model orders has its name"),
        ("name: It, cubes: [{join_path: base_orders, includes: '*'}]", "small letters"),
        ("name: it, extends: other, cubes: [{join_path: base_orders, includes: '*'}]", "extends may change"),
        ("name: it, includes: [base_orders.count]", "includes may change"),
        ("name: it, cubes: [{join_path: base_orders, includes: '*'}, {join_path: base_orders.users, includes: '*'}]", "would be both"),
        ("name: it, cubes: [{join_path: nobody, includes: '*'}]", "from one model at least"),
    ] {
        let Imported { views, notes, .. } = of(view);
        assert_eq!(views, [], "{view}");
        let name = view.split([' ', ',']).nth(1).unwrap();
        assert!(note(&notes, &format!("views.{name}")).contains(reason), "{view}: {notes:?}");
    }
    let Imported { notes, .. } = of("name: it, cubes: [{join_path: base_orders.nobody, includes: '*'}, {join_path: base_orders, includes: [count, gone]}]");
    assert!(note(&notes, "views.it.cubes[0]").contains("has no join"), "{notes:?}");
    assert!(note(&notes, "views.it.cubes[1].includes.gone").contains("not in the model"), "{notes:?}");
}

#[test]
fn folders_of_a_view_hold_what_the_view_has_here() {
    let cubes = "cubes:\n  - {name: base_orders, sql_table: shop.orders, joins: [{name: users, relationship: many_to_one, sql: '{CUBE}.buyer_id = {users.id}'}], dimensions: [{name: city, sql: city, type: string}], measures: [{name: count, type: count}]}\n  - {name: users, sql_table: shop.users, dimensions: [{name: id, sql: id, type: string, primary_key: true}], measures: [{name: count, type: count}]}\n";
    let of = |folders: &str| {
        let parts = "[{join_path: base_orders, includes: '*'}, {join_path: base_orders.users, includes: [id], prefix: true}]";
        let Imported { mut views, notes, .. } = imported(&format!("{cubes}views:\n  - {{name: it, cubes: {parts}, folders: {folders}}}\n"));
        (serde_json::to_value(views.remove(0).folders).unwrap(), notes)
    };
    // Paths begin with the dataset here, and keys may be in camel case.
    let (folders, notes) = of("[{name: All, includes: '*'}, {name: A b, includes: [{joinPath: base_orders.users}, {name: All, includes: [city]}]}]");
    assert_eq!(folders, json!([{"name": "All", "includes": "*"}, {"name": "A b", "includes": [{"path": "orders.users"}, {"name": "All", "includes": ["city"]}]}]), "{notes:?}");
    for (folders, path, reason) in [
        ("{name: F}", "views.it.folders", "no list"),
        ("[5]", "views.it.folders[0]", "no name"),
        ("[{includes: [city]}]", "views.it.folders[0]", "no name"),
        ("[{name: F, includes: city}]", "views.it.folders.F", "neither"),
        ("[{name: F, members: [city], includes: [city]}]", "views.it.folders.F", "members may change"),
        ("[{name: F, includes: [users.id]}]", "views.it.folders.F.includes.users.id", "no member of the view"),
        ("[{name: F, includes: [{join_path: users}]}]", "views.it.folders.F.includes[0]", "takes nothing from users"),
        ("[{name: F, includes: [{join_path: nobody}]}]", "views.it.folders.F.includes[0]", "not among those that are read"),
        ("[{name: F, includes: [{name: G, includes: [city]}, {name: G, includes: '*'}]}]", "views.it.folders.F.includes.G", "stands before it"),
    ] {
        let (_, notes) = of(folders);
        assert!(note(&notes, path).contains(reason), "{folders}: {notes:?}");
    }
    let deep = (0..9).fold("[city]".to_owned(), |inner, _| format!("[{{name: F, includes: {inner}}}]"));
    let (folders, notes) = of(&deep);
    assert_eq!(folders, json!([]), "{notes:?}");
    assert!(notes.iter().any(|note| note.text.contains("8 within each other")), "{notes:?}");
}

#[test]
fn hierarchies_are_taken_over_where_their_levels_are() {
    for (levels, reason) in [
        ("[a, CUBE.b]", ""),
        ("['{a}', orders.b]", ""),
        ("[a]", "less than two"),
        ("[a, orders.a]", "stands twice"),
        ("[a, gone]", "not in the model"),
        ("[a, users.city]", "no join leads to users.city"),
        ("a", "no list"),
    ] {
        let Imported { models, notes, .. } = cube(&format!(
            "dimensions:\n  - {{name: a, sql: a, type: string}}\n  - {{name: b, sql: b, type: string}}\nhierarchies:\n  - {{name: it, title: It, levels: {levels}}}"
        ));
        let told = note(&notes, "orders.hierarchies.it");
        assert_eq!(models[0].hierarchies.len(), usize::from(reason.is_empty()), "{levels}: {told}");
        assert!(told.contains(reason), "{levels}: {told}");
    }
}

#[test]
fn what_is_hidden_is_in_the_model_and_not_offered() {
    let keys = "\
public: false
dimensions:
  - {name: a, sql: a, type: string, public: false}
  - {name: b, sql: b, type: string, shown: COMPILE_CONTEXT.admin}
  - {name: c, sql: c, type: string, public: true}
  - {name: home, type: geo, latitude: {sql: lat}, longitude: {sql: lon}, shown: false}
measures:
  - {name: d, type: count, public: false}
  - {name: e, type: number, sql: '{d} * 3'}
segments:
  - {name: f, sql: a = 'x', public: false}
hierarchies:
  - {name: g, levels: [a, b], public: false}
";
    let Imported { models, notes, .. } = cube(keys);
    let model = &models[0];
    assert!(!model.public);
    let dimensions: Vec<_> = model.dimensions.iter().map(|dimension| (dimension.name.as_str(), dimension.public)).collect();
    assert_eq!(dimensions, [("a", false), ("b", false), ("c", true), ("home_latitude", false), ("home_longitude", false), ("f", false)]);
    let measures: Vec<_> = model.measures.iter().map(|measure| (measure.name.as_str(), measure.public)).collect();
    assert_eq!(measures, [("d", false), ("e", true)]);
    assert!(!model.segments[0].public);
    // Cube would refuse a question about them, so who may not ask has to be said.
    for path in ["orders", "orders.dimensions.a", "orders.dimensions.b", "orders.measures.d", "orders.segments.f"] {
        assert!(notes.iter().any(|note| note.path == path && note.text.contains("write an access policy")), "{path}: {notes:?}");
    }
    assert!(note(&notes, "orders.hierarchies.g").starts_with("left out: "), "{notes:?}");
}

#[test]
fn what_is_shown_of_rows_are_dimensions_of_the_cube() {
    let keys = "\
dimensions:
  - {name: id, sql: id, type: number, primary_key: true}
  - {name: city, sql: town, type: string}
  - {name: nothing, sql: '{items.count}', type: number, sub_query: true}
measures:
  - {name: a, type: count, drillMembers: [city, CUBE.id, '{CUBE}.id', orders.city]}
  - {name: b, type: count, drill_members: [customers.name, a, nothing, city]}
  - {name: c, type: sum, sql: amount, drill_members: city}
";
    let Imported { models, notes, .. } = cube(keys);
    let drill: Vec<_> = models[0].measures.iter().map(|measure| measure.drill.clone()).collect();
    assert_eq!(drill, [vec!["city", "id"], vec!["city"], vec![]]);
    let told = note(&notes, "orders.measures.b");
    assert!(told.contains("customers.name, a, nothing is not shown"), "{notes:?}");
    assert_eq!(note(&notes, "orders.measures.a"), "");
}

#[test]
fn what_is_no_file_of_cube_is_refused_where_it_is_wrong() {
    for (text, expected) in [
        ("cubes:\n  - name: {{ x }}", "m.yml:2:11: the file is a template"),
        ("{% for x in y %}", "m.yml:1:1: the file is a template"),
        ("cube: []", "m.yml:1:1: unknown field `cube`"),
        ("cubes: 1", "m.yml:1:8"),
        ("cubes:\n\t- x", "m.yml:2:"),
        ("- 1", "m.yml:1:1"),
    ] {
        let error = read_cubes(&[("m.yml", text)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().starts_with(expected), "{text:?}: {error}");
    }
    for (text, path) in [
        ("cubes: [1]", "cubes[0]"),
        ("cubes: [{sql_table: a}]", "cubes[0]"),
        ("cubes: [{name: 'a b', sql_table: a}]", "cubes[0]"),
        ("views: [{name: v}]", "views.v"),
        ("cubes: [{name: a, sql_table: a, measures: x}]", "a.measures"),
        ("cubes: [{name: a, sql_table: a, measures: [{name: x, type: count}, {name: x, type: count}, 7]}]", "a.measures[1]"),
    ] {
        assert!(note(&imported(text).notes, path).starts_with("left out: "), "{text}");
    }
    assert_eq!(imported("").models, []);
    let many = format!("cubes: [{}]", (0..1_001).map(|index| format!("{{name: a{index}}}")).collect::<Vec<_>>().join(","));
    assert_eq!(read_cubes(&[("m.yml", &many)]).unwrap_err().kind(), ErrorKind::Exhausted);
}

#[test]
fn text_that_grows_when_names_are_put_in_is_refused() {
    let dimensions: String = (1..40).map(|level| format!("  - {{name: d{level}, type: number, sql: '{{d{}}} + {{d{}}}'}}\n", level - 1, level - 1)).collect();
    let Imported { models, notes, .. } = cube(&format!("dimensions:\n  - {{name: d0, type: number, sql: x + 1}}\n{dimensions}"));
    assert!(models[0].dimensions.iter().all(|dimension| dimension.expression.as_ref().is_none_or(|text| text.len() <= 2_000)));
    assert!(note(&notes, "orders.dimensions.d39").starts_with("left out: "));
}
