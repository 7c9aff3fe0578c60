//! What is seen of a difference, and what is none.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringViewArray};

use super::*;
use crate::catalog::ColumnType;
use crate::query::result::{Bound, BoundKind, Provenance, ResultColumn};

type Row = (Option<&'static str>, Option<i64>, Option<f64>);

const ROWS: [Row; 3] = [(Some("a"), Some(3), Some(0.3)), (Some("b"), Some(2), Some(1e6)), (None, Some(1), None)];

fn result(rows: &[Row]) -> QueryResult {
    let column = |name: &str, column_type, role| ResultColumn::new(name, column_type, role);
    let columns = vec![
        column("t.key", ColumnType::String, ColumnRole::Dimension),
        column("t.count", ColumnType::Integer, ColumnRole::Measure),
        column("t.sum", ColumnType::Float, ColumnRole::Measure),
    ];
    let keys: ArrayRef = Arc::new(rows.iter().map(|row| row.0).collect::<StringViewArray>());
    let counts: ArrayRef = Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>());
    let sums: ArrayRef = Arc::new(rows.iter().map(|row| row.2).collect::<Float64Array>());
    let batch = RecordBatch::try_from_iter([("t.key", keys), ("t.count", counts), ("t.sum", sums)]).unwrap();
    let provenance = Provenance { total_rows: Some(rows.len() as u64), ..Provenance::default() };
    QueryResult { columns, batch, totals: Vec::new(), others: None, explanation: None, provenance }
}

/// What is found where rows of the answer are others than those of `ROWS`.
fn kinds(answered: &[Row]) -> Vec<DifferenceKind> {
    compare(&result(answered), &result(&ROWS), &[], 0).told.into_iter().map(|difference| difference.kind).collect()
}

#[test]
fn the_same_is_no_difference() {
    let found = compare(&result(&ROWS), &result(&ROWS), &[], 0);
    assert_eq!(found, Comparison { values: 6, ..Comparison::default() });
}

#[test]
fn another_value_is_a_difference_with_its_row_and_column() {
    let [first, _, last] = ROWS;
    let found = compare(&result(&[first, (Some("b"), Some(5), Some(1e6)), last]), &result(&ROWS), &[], 0);
    assert_eq!(found.count, 1, "{found:?}");
    let difference = &found.told[0];
    assert_eq!((difference.kind, difference.column.as_deref()), (DifferenceKind::Value, Some("t.count")));
    assert_eq!((&difference.answered, &difference.recomputed), (&json!(5), &json!(2)));
    assert_eq!(json!(difference.row), json!({"t.key": "b"}));
}

#[test]
fn fractions_are_equal_to_the_last_digit_or_they_differ() {
    let [first, second, last] = ROWS;
    assert_eq!(kinds(&[(Some("a"), Some(3), Some(0.1 + 0.2)), second, last]), [DifferenceKind::Value]);
    assert_eq!(kinds(&[first, (Some("b"), Some(2), Some(1e6_f64.next_up())), last]), [DifferenceKind::Value]);
}

#[test]
fn nothing_is_not_a_value() {
    let [first, second, last] = ROWS;
    assert_eq!(kinds(&[(Some("a"), Some(3), None), second, last]), [DifferenceKind::Value]);
    assert_eq!(kinds(&[first, second, (None, Some(1), Some(0.0))]), [DifferenceKind::Value]);
    // Nor is a group without a name one whose name is empty.
    assert_eq!(kinds(&[first, second, (Some(""), Some(1), None)]), [DifferenceKind::OnlyAnswered, DifferenceKind::OnlyRecomputed]);
}

#[test]
fn rows_that_one_lacks_are_differences() {
    let [first, second, last] = ROWS;
    assert_eq!(kinds(&[first, last]), [DifferenceKind::Whole, DifferenceKind::OnlyRecomputed]);
    assert_eq!(kinds(&[first, second, (Some("c"), Some(1), None), last]), [DifferenceKind::Whole, DifferenceKind::OnlyAnswered]);
    // Twice the same is not once.
    assert_eq!(kinds(&[first, second, second, last]), [DifferenceKind::Whole, DifferenceKind::OnlyAnswered]);
}

#[test]
fn another_order_is_a_difference_unless_both_come_at_the_same_place() {
    let [first, second, last] = ROWS;
    assert_eq!(kinds(&[second, first, last]), [DifferenceKind::Order]);
    let tied: [Row; 2] = [(Some("a"), Some(1), Some(0.3)), (Some("b"), Some(1), Some(0.3))];
    let swapped = [tied[1], tied[0]];
    // A statement that orders by the sum alone leaves them at the same place, a question goes on by the name.
    let by_sum = Comparable { order: vec![2], keys: vec![0], begins: false, ends: false };
    assert_eq!(compare_statement(&result(&swapped), &result(&tied), by_sum).count, 0);
    assert_eq!(compare(&result(&swapped), &result(&tied), &["t.sum"], 0).told.first().map(|difference| difference.kind), Some(DifferenceKind::Order));
}

#[test]
fn a_page_may_end_with_either_of_two_rows_at_the_same_place() {
    let page = |rows: &[Row]| {
        let mut page = result(rows);
        page.provenance = Provenance { truncated: true, ..Provenance::default() };
        page
    };
    let [one, other, far]: [Row; 3] = [(Some("a"), Some(1), Some(0.3)), (Some("b"), Some(1), Some(0.3)), (Some("c"), Some(1), Some(0.2))];
    let by_sum = |ends: bool| Comparable { order: vec![2], keys: vec![0], begins: false, ends };
    assert_eq!(compare_statement(&page(&[one]), &page(&[other]), by_sum(true)).count, 0);
    assert_eq!(compare_statement(&page(&[one]), &page(&[far]), by_sum(true)).count, 2);
    // What is there as a whole has no such end, and a question goes on by the name.
    assert_eq!(compare_statement(&result(&[one]), &result(&[other]), by_sum(false)).count, 2);
    assert_eq!(compare(&page(&[one]), &page(&[other]), &["t.sum"], 0).count, 2);
}

#[test]
fn an_estimate_is_as_equal_as_what_is_counted() {
    let bounded = |count: i64| {
        let mut result = result(&[(Some("a"), Some(count), None)]);
        result.provenance.bounds = vec![Bound { measure: "t.count".to_owned(), kind: BoundKind::RelativeError, value: 0.01, confidence: 0.95 }];
        result
    };
    assert_eq!(compare(&bounded(10_000), &bounded(10_000), &[], 0).count, 0);
    assert_eq!(compare(&bounded(10_000), &bounded(10_001), &[], 0).count, 1);
}

#[test]
fn other_columns_are_one_difference() {
    let mut other = result(&ROWS);
    other.columns[1].name = "t.other".to_owned();
    let found = compare(&result(&ROWS), &other, &[], 0);
    assert_eq!((found.count, found.told[0].column.as_deref()), (1, Some("columns")));
}

/// What is found of a statement whose rows nothing tells apart.
fn in_any_order(answered: &[Row], recomputed: &[Row]) -> Vec<DifferenceKind> {
    let how = Comparable { order: Vec::new(), keys: vec![0, 1], begins: false, ends: false };
    compare_statement(&result(answered), &result(recomputed), how).told.into_iter().map(|difference| difference.kind).collect()
}

#[test]
fn rows_that_nothing_tells_apart_are_paired_with_what_says_the_same() {
    let sums = |sums: &[f64]| sums.iter().map(|sum| (Some("a"), Some(1), Some(*sum))).collect::<Vec<Row>>();
    assert_eq!(in_any_order(&sums(&[12.0, 9.5]), &sums(&[9.5, 12.0])), []);
    assert_eq!(in_any_order(&sums(&[10.0, 10.0, 12.0]), &sums(&[12.0, 10.0_f64.next_up(), 10.0])), [DifferenceKind::Value]);
    assert_eq!(in_any_order(&sums(&[10.0, 10.0, 12.0]), &sums(&[10.0, 12.0, 12.0])), [DifferenceKind::Value]);
    assert_eq!(in_any_order(&sums(&[10.0, 12.0]), &sums(&[10.0])), [DifferenceKind::Whole, DifferenceKind::OnlyAnswered]);
    let [first, second, last] = ROWS;
    assert_eq!(in_any_order(&[last, second, first], &ROWS), []);
    assert_eq!(in_any_order(&[(Some("a"), Some(3), None), second, last], &ROWS), [DifferenceKind::Value]);
}

#[test]
fn a_statement_is_in_the_order_that_it_says_and_its_page_may_end_with_what_is_at_the_same_place() {
    let ordered = |answered: &[Row], recomputed: &[Row], ends: bool| {
        let how = Comparable { order: vec![1], keys: vec![0, 1], begins: false, ends };
        compare_statement(&result(answered), &result(recomputed), how).told.into_iter().map(|difference| difference.kind).collect::<Vec<_>>()
    };
    let [first, second, last] = ROWS;
    assert_eq!(ordered(&[second, first, last], &ROWS, false), [DifferenceKind::Order]);
    let tied: Row = (Some("c"), Some(1), None);
    assert_eq!(ordered(&[first, second, tied], &ROWS, true), []);
    assert_eq!(ordered(&[first, second, tied], &ROWS, false), [DifferenceKind::OnlyAnswered, DifferenceKind::OnlyRecomputed]);
    assert_eq!(ordered(&[first, second, (Some("c"), Some(2), None)], &ROWS, true), [DifferenceKind::OnlyAnswered, DifferenceKind::OnlyRecomputed]);
}

#[test]
fn columns_of_one_name_are_two() {
    let mut twice = result(&ROWS);
    twice.columns[1].name = "t.key".to_owned();
    let mut other = result(&[(Some("a"), Some(4), Some(0.3)), ROWS[1], ROWS[2]]);
    other.columns[1].name = "t.key".to_owned();
    let how = Comparable { order: Vec::new(), keys: vec![0, 1], begins: false, ends: false };
    let found = compare_statement(&twice, &other, how);
    assert_eq!((found.count, found.values), (2, 6));
}
