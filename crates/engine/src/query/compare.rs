//! Compares two answers to one question that were computed in different ways, value by value. Sums of fractions are exact
//! (`functions::exact`), so everything is equal or it is not.

mod pairing;
mod wide;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use self::pairing::{Pairs, pairs};
use super::determined::Comparable;
use super::result::{ColumnRole, QueryResult};
use super::write::columns_to_json;

pub(crate) use self::wide::compare_wide;

/// Differences that are told.
const TOLD_MAX: usize = 20;

/// Something in which two answers differ.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// In what they differ.
    pub kind: DifferenceKind,
    /// What tells the row apart: its groups and time buckets by member. Empty where it is about the answer as a whole.
    pub row: Map<String, Value>,
    /// The column; of an answer as a whole `columns`, `total_rows` or `truncated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What was answered: the value, or for an order the place of the row, from 0.
    pub answered: Value,
    /// What the rows say.
    pub recomputed: Value,
}

/// In what two answers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// A value of a row that both have.
    Value,
    /// A row that the answer has and the rows do not give.
    OnlyAnswered,
    /// A row that the rows give and the answer lacks.
    OnlyRecomputed,
    /// The place of a row.
    Order,
    /// The answer as a whole: its columns, how many rows there are.
    Whole,
}

/// What a comparison found.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Comparison {
    /// Values of measures that were compared.
    pub values: u64,
    /// All differences.
    pub count: u64,
    /// The first of them.
    pub told: Vec<Difference>,
}

impl Comparison {
    fn note(&mut self, difference: Difference) {
        self.count += 1;
        if self.told.len() < TOLD_MAX {
            self.told.push(difference);
        }
    }

    /// What another comparison found as well.
    pub(crate) fn add(&mut self, other: Self) {
        self.values += other.values;
        self.count += other.count;
        let room = TOLD_MAX.saturating_sub(self.told.len());
        self.told.extend(other.told.into_iter().take(room));
    }

    fn note_whole(&mut self, what: &str, answered: Value, recomputed: Value) {
        if answered != recomputed {
            self.note(Difference { kind: DifferenceKind::Whole, row: Map::new(), column: Some(what.to_owned()), answered, recomputed });
        }
    }
}

/// How answers are compared.
struct Terms {
    /// For each column whether its values are compared row by row; the others tell rows apart.
    compared: Vec<bool>,
    /// The columns that rows are ordered by.
    order: Vec<usize>,
    /// Whether there are rows before the first one.
    begins: bool,
    /// Whether there are rows after the last one, of the answer and of what the rows say.
    ends: [bool; 2],
    /// Values that are counted for each row.
    values_per_row: usize,
}

/// Compares an answer with what the rows say. `order`: the columns that the question is ordered by, where it says so;
/// `offset`: rows that were left out before these.
pub(crate) fn compare(answered: &QueryResult, recomputed: &QueryResult, order: &[&str], offset: usize) -> Comparison {
    let compared: Vec<bool> = answered.columns.iter().map(|column| column.role == ColumnRole::Measure).collect();
    let values_per_row = compared.iter().filter(|compared| **compared).count();
    let ends = [answered.provenance.truncated, recomputed.provenance.truncated];
    compare_by(answered, recomputed, Terms { compared, order: order_of(answered, order), begins: offset > 0, ends, values_per_row })
}

/// The same of a statement, whose columns have no roles: what is not told to tell rows apart is compared row by row.
pub(crate) fn compare_statement(answered: &QueryResult, recomputed: &QueryResult, how: Comparable) -> Comparison {
    let Comparable { order, keys, begins, ends } = how;
    let columns = answered.columns.len();
    let compared = (0..columns).map(|column| !keys.contains(&column)).collect();
    compare_by(answered, recomputed, Terms { compared, order, begins, ends: [ends; 2], values_per_row: columns })
}

fn compare_by(answered: &QueryResult, recomputed: &QueryResult, terms: Terms) -> Comparison {
    let Terms { compared, order, begins, ends: [answer_ends, rows_end], values_per_row } = terms;
    let mut found = Comparison::default();
    let columns = |result: &QueryResult| json!(result.columns.iter().map(|column| json!([column.name, column.column_type])).collect::<Vec<_>>());
    found.note_whole("columns", columns(answered), columns(recomputed));
    if found.count > 0 {
        return found;
    }
    let (told, counted) = (&answered.provenance, &recomputed.provenance);
    if let (Some(told), Some(counted)) = (told.total_rows, counted.total_rows) {
        found.note_whole("total_rows", json!(told), json!(counted));
    }
    found.note_whole("truncated", json!(told.truncated), json!(counted.truncated));
    let (ours, theirs) = (Rows::of(answered, &compared), Rows::of(recomputed, &compared));
    let same_place = |(ours, one): (&Rows<'_>, usize), (theirs, other): (&Rows<'_>, usize)| order.iter().all(|column| ours.value(*column, one) == theirs.value(*column, other));
    let Pairs { both, ours: only_ours, theirs: only_theirs } = pairs(&ours, &theirs);
    found.values = (both.len() * values_per_row) as u64;
    for &(here, there) in &both {
        for (index, column) in answered.columns.iter().enumerate().filter(|(index, _)| ours.is_compared(*index)) {
            let (answered, recomputed) = (ours.value(index, here), theirs.value(index, there));
            if answered != recomputed {
                let (answered, recomputed) = (answered.clone(), recomputed.clone());
                found.note(Difference { kind: DifferenceKind::Value, row: ours.key(here), column: Some(column.name.clone()), answered, recomputed });
            }
        }
    }
    for (&(before, its), &(here, there)) in both.iter().zip(both.iter().skip(1)) {
        if its > there && !same_place((&ours, before), (&ours, here)) {
            found.note(Difference { kind: DifferenceKind::Order, row: ours.key(here), column: None, answered: json!(here), recomputed: json!(there) });
        }
    }
    // Of rows that come at the same place, a page may end with one or with another.
    let tied = |rows: &Rows<'_>, row: usize, page: &Rows<'_>, cut: bool| {
        let edges = page.count.checked_sub(1).filter(|_| cut).into_iter().chain((begins && page.count > 0).then_some(0));
        edges.into_iter().any(|edge| same_place((rows, row), (page, edge)))
    };
    for row in only_ours.into_iter().filter(|row| !tied(&ours, *row, &theirs, rows_end)) {
        found.note(Difference { kind: DifferenceKind::OnlyAnswered, row: ours.key(row), column: None, answered: ours.measures(row), recomputed: Value::Null });
    }
    for row in only_theirs.into_iter().filter(|row| !tied(&theirs, *row, &ours, answer_ends)) {
        found.note(Difference { kind: DifferenceKind::OnlyRecomputed, row: theirs.key(row), column: None, answered: Value::Null, recomputed: theirs.measures(row) });
    }
    found
}

/// The rows of a result as values.
struct Rows<'r> {
    result: &'r QueryResult,
    columns: Vec<Vec<Value>>,
    /// For each column whether its values are compared; the others tell rows apart.
    compared: &'r [bool],
    count: usize,
}

impl<'r> Rows<'r> {
    fn of(result: &'r QueryResult, compared: &'r [bool]) -> Self {
        Self { result, columns: columns_to_json(&result.batch), compared, count: result.batch.num_rows() }
    }

    fn is_compared(&self, column: usize) -> bool {
        self.compared.get(column).copied().unwrap_or(false)
    }

    fn value(&self, column: usize, row: usize) -> &Value {
        self.columns.get(column).and_then(|column| column.get(row)).unwrap_or(&Value::Null)
    }

    fn part(&self, row: usize, compared: bool) -> Map<String, Value> {
        let columns = self.result.columns.iter().enumerate().filter(|(index, _)| self.is_compared(*index) == compared);
        columns.map(|(index, column)| (column.name.clone(), self.value(index, row).clone())).collect()
    }

    /// What tells a row apart.
    fn key(&self, row: usize) -> Map<String, Value> {
        self.part(row, false)
    }

    fn measures(&self, row: usize) -> Value {
        Value::Object(self.part(row, true))
    }

    /// The values of a row as a text: those that are compared, or those that tell it apart. Several columns may have one name.
    fn text(&self, row: usize, compared: bool) -> String {
        let values = (0..self.columns.len()).filter(|column| self.is_compared(*column) == compared).map(|column| self.value(column, row));
        values.fold(String::new(), |text, value| format!("{text}{value},"))
    }

    /// Rows by what tells them apart, which several have where nothing is grouped.
    fn by_key(&self) -> BTreeMap<String, Vec<usize>> {
        let mut rows: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for row in 0..self.count {
            rows.entry(self.text(row, false)).or_default().push(row);
        }
        rows
    }
}

/// The columns that rows are ordered by: what is asked, or as it is without that; then the groups.
fn order_of(result: &QueryResult, asked: &[&str]) -> Vec<usize> {
    let place = |name: &str| result.columns.iter().position(|column| column.name == name);
    let first = |role: ColumnRole| result.columns.iter().position(|column| column.role == role);
    let mut order: Vec<usize> = asked.iter().filter_map(|name| place(name)).collect();
    if order.is_empty() {
        order.extend(first(ColumnRole::Time).or_else(|| first(ColumnRole::Measure)));
    }
    for (index, _) in result.columns.iter().enumerate().filter(|(_, column)| column.role != ColumnRole::Measure) {
        if !order.contains(&index) {
            order.push(index);
        }
    }
    order
}

#[cfg(test)]
mod tests;
