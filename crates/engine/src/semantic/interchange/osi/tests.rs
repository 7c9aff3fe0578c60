//! Files of the format as others write them, and our own there and back.

use proptest::prelude::*;
use serde_json::json;

use super::super::notes::{Imported, Note};
use super::*;
use crate::catalog::ColumnType;
use crate::error::ErrorKind;
use crate::semantic::model::Model;

const RETAIL: &str = include_str!("../../../../tests/fixtures/interchange/osi_retail.yaml");

fn unknown(_: &str, _: &str) -> Option<ColumnType> {
    None
}

fn note<'a>(notes: &'a [Note], path: &str) -> &'a str {
    notes.iter().find(|note| note.path == path).map_or("", |note| &note.text)
}

/// One dataset with some fields and metrics, each a name and an expression.
fn dataset(fields: &[(&str, &str)], metrics: &[(&str, &str)]) -> Imported {
    let things = |things: &[(&str, &str)]| -> Vec<Value> {
        things.iter().map(|(name, text)| json!({"name": name, "expression": {"dialects": [{"dialect": "ANSI_SQL", "expression": text}]}})).collect()
    };
    let file = json!({"version": "0.2.0.dev0", "semantic_model": [{"name": "s", "datasets": [{"name": "orders", "source": "orders", "fields": things(fields), "metrics": things(metrics)}]}]});
    read_osi("s.yaml", &file.to_string(), &|_, _| Some(ColumnType::Float)).unwrap()
}

#[test]
fn a_retailer_is_read_as_its_models() {
    let types = |dataset: &str, column: &str| match (dataset, column) {
        ("store_sales", "ss_ext_sales_price" | "ss_net_profit") => Some(ColumnType::Float),
        ("store_sales", _) | ("store", "s_number_employees") => Some(ColumnType::Integer),
        _ => None,
    };
    let Imported { models, notes, .. } = read_osi("retail.yaml", RETAIL, &types).unwrap();
    assert_eq!(models.iter().map(|model| model.name.as_str()).collect::<Vec<_>>(), ["store_sales", "date_dim", "customer", "store"]);
    let sales = serde_json::to_value(&models[0]).unwrap();
    assert_eq!(
        sales["dimensions"],
        json!([
            {"name": "ss_item_sk", "label": "Ss item sk", "description": "Foreign key to items", "type": "integer"},
            {"name": "price", "label": "Price", "type": "float", "column": "ss_ext_sales_price"},
            {"name": "ss_net_profit", "label": "Ss net profit", "type": "float"},
        ])
    );
    assert_eq!(
        sales["measures"],
        json!([
            {"name": "lines", "label": "Lines", "kind": "count"},
            {"name": "tickets", "label": "Tickets", "kind": "count_distinct", "column": "ss_ticket_number"},
            {"name": "total_sales", "label": "Total sales", "description": "Total sales revenue", "kind": "sum", "column": "ss_ext_sales_price"},
            {"name": "margin_part_1", "label": "Margin part 1", "kind": "sum", "column": "ss_net_profit"},
            {"name": "margin", "label": "Margin", "kind": "ratio", "measure": "margin_part_1", "denominator": "total_sales"},
            {"name": "mean_quarter", "label": "Mean quarter", "kind": "avg", "expression": "CASE WHEN ss_ext_sales_price > 0 THEN ss_net_profit END"},
        ])
    );
    assert_eq!(
        sales["joins"],
        json!([
            {"name": "date_dim", "relationship": "many_to_one", "on": [{"column": "ss_sold_date_sk", "other": "d_date_sk"}]},
            {"name": "bought_by", "model": "customer", "relationship": "many_to_one", "on": [{"column": "ss_customer_sk", "other": "c_customer_sk"}]},
            {"name": "given_to", "model": "customer", "relationship": "many_to_one", "on": [{"column": "ss_gift_sk", "other": "c_customer_sk"}]},
        ])
    );
    assert_eq!(models[1].time_dimension.as_deref(), Some("d_date"));
    let customer = serde_json::to_value(&models[2]).unwrap();
    assert_eq!(
        customer["dimensions"],
        json!([{"name": "customer_full_name", "label": "Customer full name", "type": "string", "expression": "c_first_name || ' ' || c_last_name"}])
    );

    let told: Vec<String> = notes.iter().map(|note| format!("{}: {}", note.path, note.text)).collect();
    let expected = include_str!("../../../../tests/fixtures/interchange/osi_retail.notes.txt");
    assert_eq!(told.join("\n"), expected.trim_end(), "\n{}", told.join("\n"));
}

#[test]
fn metrics_that_are_no_simple_aggregates_are_left_out() {
    for (text, reason) in [
        ("SUM(a) / SUM(b)", ""),
        ("SUM(orders.net)", ""),
        ("SUM(ORDERS.Net)", ""),
        ("MEDIAN(a)", "no aggregate"),
        ("SUM(orders.gone)", "no field gone"),
        ("SUM(customers.a)", "another dataset"),
        ("SUM(a.b.c)", "another dataset"),
        ("SUM(a) OVER (PARTITION BY b)", "more than"),
        ("revenue / 2", "no aggregate"),
        ("SUM(a", "not read"),
    ] {
        let Imported { models, notes, .. } = dataset(&[("net", "amount - discount")], &[("it", text)]);
        assert_eq!(models[0].measures.iter().any(|measure| measure.name == "it"), reason.is_empty(), "{text}: {notes:?}");
        assert!(note(&notes, "s.orders.metrics.it").contains(reason), "{text}: {notes:?}");
    }
    let Imported { models, .. } = dataset(&[("net", "amount - discount")], &[("it", "SUM(orders.net)")]);
    assert_eq!(models[0].measures[0].expression.as_deref(), Some("(amount - discount)"));
    assert!(note(&dataset(&[("it", "a")], &[("it", "SUM(a)")]).notes, "s.orders.metrics.it").contains("already"));
}

#[test]
fn fields_that_are_no_dimensions_are_left_out() {
    for (text, reason) in [("a / b", "whole numbers"), ("now()", "functions"), ("other.a", "names a table"), ("x'", "not read")] {
        let Imported { models, notes, .. } = dataset(&[("it", text)], &[]);
        assert!(models[0].dimensions.is_empty());
        assert!(note(&notes, "s.orders.fields.it").contains(reason), "{text}: {notes:?}");
    }
}

#[test]
fn what_is_no_file_of_the_format_is_refused_where_it_is_wrong() {
    for (text, expected) in [
        ("semantic_model:\n  - name: a\n    datasets: []\n    tables: []", "unknown field `tables`"),
        ("semantic_model:\n  - name: a\n", "missing field `datasets`"),
        ("semantic_models: []", "did you mean semantic_model?"),
        ("version: 7.0\nsemantic_model: []", "version 7.0"),
        ("semantic_model:\n  - name: a\n    datasets: [{name: b, source: c, fields: [{name: d, expression: d}]}]", "s.yaml:3:"),
        ("semantic_model:\n  - {name: a, datasets: [{name: b, source: c, fields: [{name: d, expression: {dialects: []}, datatype: Money}]}]}", "unknown variant `Money`"),
        ("[]", ""),
        ("", ""),
    ] {
        let error = read_osi("s.yaml", text, &unknown).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{text}");
        assert!(error.message().starts_with("s.yaml:") && error.message().contains(expected), "{text}: {error}");
    }
}

fn full() -> Vec<Model> {
    let text = include_str!("../../../../tests/fixtures/interchange/models.yaml");
    super::super::read_models("models.yaml", text).unwrap()
}

#[test]
fn what_we_write_reads_back_as_it_was() {
    let models = full();
    let written = write_osi("everything", &models);
    let Imported { models: read, notes, .. } = read_osi("everything.yaml", &written, &unknown).unwrap();
    assert_eq!(read, models, "{written}");
    assert_eq!(notes, []);
    assert_eq!(write_osi("everything", &read), written);
    // Others read the open part.
    for part in [
        "expression: SUM(amount)",
        "expression: COUNT(DISTINCT customer)",
        "expression: \"1.0 * (SUM(amount)) / NULLIF(COUNT(DISTINCT customer), 0)\"",
        "from_columns: [customer]",
        "datatype: DateTimeTz",
        "is_time: true",
        "description: What it weighs packed",
    ] {
        assert!(written.contains(part), "{part} is not in\n{written}");
    }
}

#[test]
fn without_our_extensions_the_open_part_means_the_same_as_far_as_it_goes() {
    let mut file: Value = super::super::text::read("w", &write_osi("everything", &full())).unwrap();
    strip(&mut file);
    let Imported { models, .. } = read_osi("w", &file.to_string(), &unknown).unwrap();
    let find = |name: &str| models[0].measures.iter().find(|measure| measure.name == name).unwrap_or_else(|| panic!("{name}")).clone();
    assert_eq!((find("revenue").column.as_deref(), find("count").column), (Some("amount"), None));
    assert_eq!(find("per_buyer").expression.as_deref(), Some("1.0 * ({revenue}) / NULLIF({buyers}, 0)"));
    assert_eq!(models[0].time_dimension.as_deref(), Some("at"));
    assert_eq!(models[0].joins.len(), 1);
    assert!(models[0].measures.iter().all(|measure| measure.name != "rank"));
    // Of what is offered the format has no word.
    assert!(find("least").public && !full()[0].measures[3].public);
    // Descriptions are open, and a label that is not the name in other words is what is left to say.
    assert_eq!(models[0].description, full()[0].description);
    assert_eq!((find("mean").description.as_deref(), find("revenue").description), (Some("Without discounts: what was paid"), None));
    assert_eq!((find("buyers_about").description.as_deref(), find("mean").meta), (Some("Buyers or so"), None));
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("custom_extensions");
            map.values_mut().for_each(strip);
        }
        Value::Array(list) => list.iter_mut().for_each(strip),
        _ => {}
    }
}

#[test]
fn what_somebody_changed_counts_as_it_stands() {
    let written = write_osi("everything", &full());
    let changed = written
        .replace("expression: SUM(amount)\n", "expression: SUM(amount_net)\n")
        .replace("{dialect: ANSI_SQL, expression: SUM(amount)}", "{dialect: ANSI_SQL, expression: SUM(amount_net)}");
    assert_ne!(changed, written);
    let Imported { models, notes, .. } = read_osi("w", &changed, &unknown).unwrap();
    let revenue = models[0].measures.iter().find(|measure| measure.name == "revenue").unwrap();
    assert_eq!(revenue.column.as_deref(), Some("amount_net"));
    assert!(note(&notes, "everything.orders.metrics.revenue").contains("of what it was before"), "{notes:?}");
}

#[test]
fn extensions_that_are_nonsense_do_no_harm() {
    let written = write_osi("everything", &full());
    for (from, to) in [("\\\"of\\\"", "\\\"fo\\\""), ("\\\"kind\\\"", "\\\"knid\\\""), ("\\\"model\\\"", "\\\"x\\\""), ("TIDEMILL", "OTHER")] {
        let changed = written.replace(from, to);
        assert_ne!(changed, written, "{from}");
        let Imported { models, .. } = read_osi("w", &changed, &unknown).unwrap();
        assert_eq!(models.len(), full().len());
    }
    let broken = written.replace("data: \"{", "data: \"");
    assert!(read_osi("w", &broken, &unknown).unwrap().notes.iter().any(|note| note.text.contains("no JSON")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn names_and_labels_of_any_kind_survive(label in "\\PC{0,30}", name in "[a-zA-Z_ é-]{1,20}", column in "\\PC{1,20}", expression in "\\PC{0,40}") {
        let mut models = full();
        models[0].label = label.clone();
        models[0].dimensions[1].name = name;
        models[0].dimensions[1].label = label.clone();
        models[0].dimensions[1].column = Some(column.clone());
        models[0].measures[1].label = label;
        models[0].measures[1].column = None;
        models[0].measures[1].expression = Some(expression);
        models[0].joins[0].on[0].column = column;
        let Imported { models: read, .. } = read_osi("w", &write_osi("everything", &models), &unknown).unwrap();
        prop_assert_eq!(read, models);
    }
}
