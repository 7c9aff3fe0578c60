//! What a contract takes and refuses, and how it is written.

use serde_json::json;

use super::*;
use crate::catalog::Column;

fn schema() -> DatasetSchema {
    let columns = [
        ("id", ColumnType::Integer),
        ("amount", ColumnType::Float),
        ("country", ColumnType::String),
        ("paid", ColumnType::Boolean),
        ("day", ColumnType::Date),
        ("at", ColumnType::Timestamp),
    ];
    let mut columns: Vec<Column> = columns.map(|(name, column_type)| Column::new(name, column_type)).to_vec();
    columns.push(Column { name: "tags".into(), column_type: ColumnType::List, fields: vec![Column::new("element", ColumnType::String)] });
    DatasetSchema::new(columns, Some("at".into())).unwrap()
}

fn contract(rule: &Value) -> Result<Contract, serde_json::Error> {
    serde_json::from_value(json!({ "rules": [rule] }))
}

#[test]
fn rules_that_fit_are_taken_and_survive_their_json() {
    for rule in [
        json!({"check": "required", "column": "tags", "on_violation": "fail"}),
        json!({"check": "type", "column": "id", "type": "integer"}),
        json!({"check": "range", "column": "id", "min": 0, "max": 0}),
        json!({"check": "range", "column": "id", "min": -0.5, "exclusive": true}),
        json!({"check": "range", "column": "amount", "min": 0, "max": 1.5, "on_violation": "null"}),
        json!({"check": "range", "column": "day", "max": "2013-12-31"}),
        json!({"check": "range", "column": "at", "min": "2013-01-01", "max": "2013-12-31T23:59:59Z"}),
        json!({"check": "allowed", "column": "country", "values": ["IT", "NO"]}),
        json!({"check": "allowed", "column": "paid", "values": [true]}),
        json!({"check": "allowed", "column": "at", "values": ["2013-01-01T00:00:00+01:00"]}),
        json!({"check": "pattern", "column": "country", "pattern": "(?i)[a-z]{2}|EU"}),
        json!({"check": "reference", "column": "country", "dataset": "countries", "key": "code"}),
        json!({"check": "unique", "columns": ["id", "day"], "on_violation": "reject"}),
    ] {
        let contract = contract(&rule).unwrap();
        contract.check(&schema()).unwrap_or_else(|error| panic!("{rule}: {error}"));
        let text = serde_json::to_string(&contract).unwrap();
        assert_eq!(serde_json::from_str::<Contract>(&text).unwrap(), contract);
        assert_eq!(KeptContract::read(&text).known().unwrap().as_ref(), &contract);
    }
}

#[test]
fn what_is_not_known_is_refused() {
    for rule in [
        json!({"check": "required", "column": "id", "message": "x"}),
        json!({"check": "requird", "column": "id"}),
        json!({"column": "id"}),
        json!({"check": "required", "column": "id", "on_violation": "ignore"}),
        json!({"check": "unique", "column": "id"}),
    ] {
        assert!(contract(&rule).is_err(), "{rule}");
    }
    assert!(serde_json::from_value::<Contract>(json!({"rules": [], "name": "x"})).is_err());
}

#[test]
fn rules_that_fit_nothing_are_refused_by_number_and_field() {
    let many: Vec<u32> = (0..10_001).collect();
    for (rule, field, expected) in [
        (json!({"check": "required", "column": "contry"}), "column", "rule 1 (required of contry): the dataset has no column \"contry\"; did you mean country?"),
        (json!({"check": "required", "column": "id", "on_violation": "null"}), "on_violation", "is null already"),
        (json!({"check": "type", "column": "id", "type": "string"}), "type", "column \"id\" is of type integer, not string"),
        (json!({"check": "type", "column": "tags", "type": "list"}), "type", "cannot be declared"),
        (json!({"check": "range", "column": "id"}), "min", "a least or a greatest"),
        (json!({"check": "range", "column": "country", "min": 1}), "column", "type string has no range"),
        (json!({"check": "range", "column": "id", "min": "1"}), "min", "\"1\" is no value of a column of type integer; give a whole number"),
        (json!({"check": "range", "column": "day", "max": "yesterday"}), "max", "give a date"),
        (json!({"check": "range", "column": "id", "min": 2, "max": 1}), "max", "nothing lies between"),
        (json!({"check": "range", "column": "id", "min": 0.2, "max": 0.8}), "max", "nothing lies between"),
        (json!({"check": "range", "column": "amount", "min": 1, "max": 1, "exclusive": true}), "max", "nothing lies between"),
        (json!({"check": "allowed", "column": "id", "values": []}), "values", "at least one"),
        (json!({"check": "allowed", "column": "id", "values": many}), "values", "10001 values are more"),
        (json!({"check": "allowed", "column": "id", "values": [1, 1.5]}), "values[1]", "1.5 is no value"),
        (json!({"check": "pattern", "column": "id", "pattern": "1"}), "column", "a pattern is for strings"),
        (json!({"check": "pattern", "column": "country", "pattern": "("}), "pattern", "the pattern \"(\" cannot be used"),
        (json!({"check": "pattern", "column": "country", "pattern": "a)(b"}), "pattern", "cannot be used"),
        (json!({"check": "pattern", "column": "country", "pattern": "(\\pL{50}){50}"}), "pattern", "repeat less"),
        (json!({"check": "pattern", "column": "country", "pattern": "x".repeat(1_001)}), "pattern", "1001 bytes"),
        (json!({"check": "reference", "column": "country", "dataset": "Countries!", "key": "code"}), "dataset", "dataset"),
        (json!({"check": "unique", "columns": []}), "columns", "1 to 16 columns"),
        (json!({"check": "unique", "columns": ["id", "id"]}), "columns", "stands twice"),
        (json!({"check": "unique", "columns": ["tags"]}), "columns", "is a list"),
        (json!({"check": "unique", "columns": ["id"], "on_violation": "null"}), "on_violation", "has none"),
    ] {
        let error = contract(&rule).unwrap().check(&schema()).unwrap_err();
        assert!(error.message().starts_with("rule 1 (") && error.message().contains(expected), "{rule}: {error}");
        assert_eq!(error.field(), Some(format!("rules[0].{field}").as_str()), "{rule}");
    }
    let twice = Contract::new(vec![Rule::of_type("id", ColumnType::Integer), Rule::of_type("id", ColumnType::Integer)]);
    assert!(twice.check(&schema()).unwrap_err().message().starts_with("rule 2 (type of id): the type of \"id\" is declared twice"));
    let many = Contract::new(vec![Rule::required("id"); RULES_MAX + 1]);
    assert!(many.check(&schema()).unwrap_err().message().starts_with("201 rules"));
    let large = Contract::new(vec![Rule::allowed("country", (0..9_000).map(|n| format!("{n:030}"))); 2]);
    assert!(large.check(&schema()).unwrap_err().message().contains("262144 are allowed"));
}

#[test]
fn a_range_of_days_is_the_same_for_days_and_for_instants() {
    const DAY: i64 = 86_400_000_000;
    let bounds = |column_type, min: Value, max: Value, exclusive| match Bounds::new(column_type, Some(&min), Some(&max), exclusive).unwrap() {
        Bounds::Whole { low, high } => (low, high),
        other => panic!("{other:?}"),
    };
    // From the 2nd to the 4th of January 1970, with and without these days.
    for (exclusive, first, last) in [(false, 1, 3), (true, 2, 2)] {
        let days = |column_type| bounds(column_type, json!("1970-01-02"), json!("1970-01-04"), exclusive);
        assert_eq!(days(ColumnType::Date), (first, last));
        assert_eq!(days(ColumnType::Timestamp), (first * DAY, (last + 1) * DAY - 1));
    }
    // An instant is one, and a number between two whole ones is none.
    assert_eq!(bounds(ColumnType::Timestamp, json!("1970-01-01T00:00:00Z"), json!("1970-01-02T00:00:00Z"), true), (1, DAY - 1));
    assert_eq!(bounds(ColumnType::Integer, json!(0.5), json!(2.5), true), (1, 2));
    assert_eq!(bounds(ColumnType::Integer, json!(0.5), json!(2.5), false), (1, 2));
    assert_eq!(Members::new(ColumnType::Timestamp, &[json!("1970-01-02")]).unwrap(), Members::Whole([DAY].into()));
    assert!(Members::new(ColumnType::Integer, &[json!(0.5)]).is_err());
}

#[test]
fn a_contract_of_a_newer_engine_is_kept_as_it_is() {
    let text = r#"{"rules":[{"check":"sorted","column":"id"}]}"#;
    let kept = KeptContract::read(text);
    assert_eq!(kept.text().as_deref(), Some(text));
    assert_eq!(kept.known().unwrap_err().kind(), crate::ErrorKind::Corrupt);
    assert_eq!(KeptContract::default().text(), None);
}
