//! Rows against rules, compared with a checker that looks at one row after the other.

use std::collections::HashSet;

use arrow::array::{Float64Array, Int64Array, StringViewArray};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::unique::UniqueKeys;
use super::*;
use crate::catalog::ColumnType;
use crate::ingest::Reject;
use crate::ingest::contract::unique::Found;
use crate::ingest::decode::Decoded;
use crate::ingest::treatment::rows::objects;

type Row = (Option<i64>, Option<f64>, Option<String>);

fn columns() -> Vec<Column> {
    vec![Column::new("n", ColumnType::Integer), Column::new("f", ColumnType::Float), Column::new("s", ColumnType::String)]
}

fn batch(rows: &[Row]) -> RecordBatch {
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| row.1).collect::<Float64Array>()),
        Arc::new(rows.iter().map(|row| row.2.clone()).collect::<StringViewArray>()),
    ];
    RecordBatch::try_new(DatasetSchema::new(columns(), None).unwrap().arrow(), arrays).unwrap()
}

/// Rows that are left, line and rule of those that are not, and how many values were made null.
type Outcome = (Vec<Row>, Vec<(u64, u32)>, u64);

/// What comes of rows that come in pieces: those that are left, and line and rule of those that are not.
fn run(contract: &Contract, rows: &[Row], piece: usize) -> Result<(Outcome, Vec<Reject>)> {
    let allowed = ["a", "bb"].map(|text| StringViewArray::from(vec![text]));
    let encoder = KeyEncoder::new(&[DataType::Utf8View], vec![0]).unwrap();
    let keys = allowed.into_iter().map(|text| encoder.keys(&RecordBatch::try_from_iter([("s", Arc::new(text) as ArrayRef)]).unwrap()).unwrap()[0].unwrap());
    let keys: KeySet = keys.collect();
    let references = References::from_sets((1..=contract.rules.len() as u32).map(|rule| (rule, ColumnType::String, keys.clone())));
    let mut checks = Checks::new(contract, &columns(), &references)?;
    let mut unique = UniqueKeys::new(contract, &DatasetSchema::new(columns(), None)?)?;
    let (mut left, mut rejects, mut line) = (Vec::new(), Vec::new(), 1);
    for piece in rows.chunks(piece) {
        let lines = (line..).take(piece.len()).collect();
        line += piece.len() as u64;
        let mut rows = Rows::of(Decoded { batch: batch(piece), rejects: Vec::new(), lines, source: None, nulled: 0 });
        checks.apply(&mut rows)?;
        let rows = Rows::of(rows.into_decoded(true));
        let taken = unique.take(unique.keyed(rows)?, &Found::default())?.into_decoded(false);
        rejects.extend(taken.rejects);
        let value = |place: usize| taken.batch.column(place);
        let (n, f, s) = (value(0).as_primitive::<Int64Type>(), value(1).as_primitive::<Float64Type>(), value(2).as_string_view());
        left.extend(n.iter().zip(f.iter()).zip(s.iter()).map(|((n, f), s)| (n, f, s.map(str::to_owned))));
    }
    let told = rejects.iter().map(|reject| (reject.line, reject.rule.unwrap())).collect();
    Ok(((left, told, checks.nulled()), rejects))
}

/// The same by looking at one row after the other.
fn naive(contract: &Contract, rows: &[Row]) -> Option<Outcome> {
    let mut taken: Vec<HashSet<String>> = vec![HashSet::new(); contract.rules.len()];
    let (mut left, mut rejects, mut nulled) = (Vec::new(), Vec::new(), 0);
    'rows: for (line, row) in (1..).zip(rows) {
        let mut row = row.clone();
        for (number, rule) in contract.numbered() {
            let holds = match rule {
                Rule::Required { column, .. } => !cell(&row, column).is_null(),
                Rule::Range { column, min, max, exclusive, .. } => match if column == "n" { row.0.map(|n| n as f64) } else { row.1 } {
                    None => true,
                    Some(value) => {
                        let low = min.as_ref().and_then(Value::as_f64).is_none_or(|min| if *exclusive { value > min } else { value >= min });
                        let high = max.as_ref().and_then(Value::as_f64).is_none_or(|max| if *exclusive { value < max } else { value <= max });
                        low && high && !value.is_nan()
                    }
                },
                Rule::Allowed { column, values, .. } => {
                    cell(&row, column).is_null() || values.iter().any(|value| value.as_f64() == cell(&row, column).as_f64() && value.as_str() == cell(&row, column).as_str())
                }
                Rule::Pattern { .. } => row.2.as_ref().is_none_or(|text| !text.is_empty() && text.chars().all(|letter| letter == 'b')),
                Rule::Reference { .. } => row.2.as_ref().is_none_or(|text| text == "a" || text == "bb"),
                Rule::Type { .. } | Rule::Unique { .. } => true,
            };
            match (holds, rule.on_violation()) {
                (true, _) => {}
                (false, Reaction::Fail) => return None,
                (false, Reaction::Reject) => {
                    rejects.push((line, number));
                    continue 'rows;
                }
                (false, Reaction::Null) => {
                    nulled += 1;
                    match rule.columns()[0] {
                        "n" => row.0 = None,
                        "f" => row.1 = None,
                        _ => row.2 = None,
                    }
                }
            }
        }
        let keys: Vec<(usize, u32, Reaction, String)> = contract
            .keys()
            .filter(|(_, columns, _)| columns.iter().all(|column| !cell(&row, column).is_null()))
            .map(|(number, columns, reaction)| (number as usize - 1, number, reaction, columns.iter().map(|column| cell(&row, column).to_string()).collect::<Vec<_>>().join("|")))
            .collect();
        match keys.iter().find(|(index, _, _, key)| taken[*index].contains(key)) {
            Some((.., Reaction::Fail, _)) => return None,
            Some((_, number, ..)) => rejects.push((line, *number)),
            None => {
                keys.into_iter().for_each(|(index, _, _, key)| {
                    taken[index].insert(key);
                });
                left.push(row);
            }
        }
    }
    Some((left, rejects, nulled))
}

/// A value; floats that are equal look alike.
fn cell(row: &Row, column: &str) -> Value {
    match column {
        "n" => json!(row.0),
        "f" => row.1.map_or(Value::Null, |value| if value.is_nan() { json!("NaN") } else { json!(value + 0.0) }),
        _ => json!(row.2),
    }
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let n = prop_oneof![3 => (-3_i64..4).prop_map(Some), 1 => Just(None)];
    let f = prop_oneof![4 => (-3_i64..4).prop_map(|value| Some(value as f64 / 2.0)), 1 => Just(Some(f64::NAN)), 1 => Just(Some(-0.0)), 1 => Just(None)];
    let s = prop_oneof![4 => "[ab]{0,2}".prop_map(Some), 1 => Just(Some("a text of more than fourteen bytes".to_owned())), 1 => Just(None)];
    prop::collection::vec((n, f, s), 0..40)
}

fn rule() -> impl Strategy<Value = Rule> {
    let column = prop::sample::select(vec!["n", "f", "s"]);
    let number = prop::sample::select(vec!["n", "f"]);
    let bound = || prop::option::of(-4_i64..5).prop_map(|bound| bound.map(|bound| json!(bound as f64 / 2.0)));
    let reaction = prop_oneof![4 => Just(Reaction::Reject), 2 => Just(Reaction::Null), 1 => Just(Reaction::Fail)];
    let rule = prop_oneof![
        column.clone().prop_map(Rule::required),
        (number, bound(), bound(), any::<bool>()).prop_map(|(column, min, max, exclusive)| Rule::Range {
            column: column.into(),
            min,
            max,
            exclusive,
            on_violation: Reaction::Reject
        }),
        prop::collection::vec(-2_i64..3, 1..4).prop_map(|values| Rule::allowed("n", values)),
        prop::collection::vec(-2_i64..3, 1..4).prop_map(|values| Rule::allowed("f", values)),
        prop::collection::vec("[ab]{0,2}", 1..4).prop_map(|values| Rule::allowed("s", values)),
        Just(Rule::pattern("s", "b+")),
        Just(Rule::reference("s", "others", "code")),
        prop::sample::subsequence(vec!["n", "f", "s"], 1..=3).prop_map(Rule::unique),
    ];
    (rule, reaction).prop_map(|(rule, reaction)| rule.otherwise(reaction))
}

proptest! {
    #[test]
    fn a_contract_takes_the_rows_that_it_says_and_no_others(rows in rows(), rules in prop::collection::vec(rule(), 0..5), piece in 1_usize..50) {
        let contract = Contract::new(rules);
        let Ok(()) = contract.check(&DatasetSchema::new(columns(), None).unwrap()) else { return Ok(()) };
        match (run(&contract, &rows, piece), naive(&contract, &rows)) {
            (Ok(((left, mut rejects, nulled), _)), Some((expected_left, expected_rejects, expected_nulled))) => {
                rejects.sort_unstable();
                prop_assert_eq!(format!("{left:?}"), format!("{expected_left:?}"));
                prop_assert_eq!((rejects, nulled), (expected_rejects, expected_nulled));
            }
            (Err(error), None) => prop_assert!(error.message().contains("by the contract of the dataset the load fails"), "{}", error),
            (found, expected) => prop_assert!(false, "{:?} instead of {:?}", found.map(|found| found.0), expected),
        }
    }
}

#[test]
fn rejects_say_what_was_found_and_keep_the_row_as_it_was_read() {
    let rows: Vec<Row> = vec![
        (None, Some(0.5), Some("a".into())),
        (Some(7), Some(9.5), Some("a".into())),
        (Some(1), Some(0.5), Some("x".into())),
        (Some(2), None, Some("b".into())),
        (Some(2), Some(f64::NAN), None),
        (Some(2), Some(1.0), Some("a".into())),
        (Some(2), Some(2.0), Some("a".into())),
    ];
    let contract = Contract::new(vec![
        Rule::required("n"),
        Rule::range("f", Some(json!(0)), Some(json!(3))).otherwise(Reaction::Null),
        Rule::required("f"),
        Rule::allowed("s", ["a", "b"]),
        Rule::unique(["n", "s"]),
    ]);
    let ((left, _, nulled), rejects) = run(&contract, &rows, 3).unwrap();
    assert_eq!((left.len(), nulled), (1, 2));
    let described: Vec<String> = rejects.iter().map(|reject| format!("{} {}", reject.describe(), reject.raw)).collect();
    assert_eq!(
        described,
        [
            r#"line 1, column "n": a value is required (rule 1) {"f":0.5,"s":"a"}"#,
            r#"line 2, column "f": a value is required (rule 3) {"n":7,"f":9.5,"s":"a"}"#,
            r#"line 3, column "s", value "x": must be one of "a", "b"; did you mean a, b? (rule 4) {"n":1,"f":0.5,"s":"x"}"#,
            r#"line 4, column "f": a value is required (rule 3) {"n":2,"s":"b"}"#,
            r#"line 5, column "f": a value is required (rule 3) {"n":2,"s":null}"#,
            r#"line 7, column "n, s", value "2, a": line 6 has the same key (rule 5) {"n":2,"f":2.0,"s":"a"}"#,
        ]
        .map(|line| line.replace(r#","s":null"#, ""))
    );
    assert_eq!(objects(&batch(&rows[6..]), false)[0]["n"], json!(2));
}

#[test]
fn a_contract_that_does_not_fit_the_columns_names_its_rule() {
    let error = run(&Contract::new(vec![Rule::required("n"), Rule::pattern("f", "x")]), &[], 1).unwrap_err();
    assert!(error.message().starts_with("rule 2 (pattern of f): column \"f\" is of type float"), "{error}");
    let error = run(&Contract::new(vec![Rule::reference("n", "others", "code")]), &[], 1).unwrap_err();
    assert!(error.message().contains("is of type integer, but \"code\" of dataset others of type string"), "{error}");
}
