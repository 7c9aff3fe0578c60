//! Columns that were made of values: each number stands where its groups say. What the columns are made of is compared as any answer
//! is; here the wide answer, which people read, is held against the long one that the rows give.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use serde_json::{Map, Value, json};

use super::{Comparison, Difference, DifferenceKind};
use crate::query::result::{ColumnRole, OTHER, QueryResult, ResultColumn, Subtotal};
use crate::query::write::columns_to_json;

/// A number of the long answer.
struct Cell {
    /// The groups that are left in the rows of the wide one.
    line: BTreeMap<String, Value>,
    /// The values that became columns.
    head: Vec<Value>,
    others: bool,
    measure: usize,
    value: Value,
}

impl Cell {
    fn key(&self) -> String {
        json!([self.line, self.head, self.others, self.measure]).to_string()
    }

    /// Its place, as it is told where there is no column for it.
    fn row(&self, members: &[String]) -> Map<String, Value> {
        let mut row: Map<String, Value> = self.line.clone().into_iter().collect();
        for (member, value) in members.iter().zip(&self.head) {
            row.insert(member.clone(), if self.others && value.is_null() { json!(OTHER) } else { value.clone() });
        }
        row
    }
}

/// Compares a wide answer, all rows of it, with the long one of the same question. `members` became columns; `others`: those of one of
/// them, which became columns too.
pub(crate) fn compare_wide(wide: &QueryResult, long: &QueryResult, members: &[String], others: Option<&Subtotal>) -> Comparison {
    let mut found = Comparison::default();
    let measures: Vec<&ResultColumn> = long.columns.iter().filter(|column| is_measure(column)).collect();
    let mut cells: BTreeMap<String, Cell> = BTreeMap::new();
    let parts = std::iter::once((&long.columns, &long.batch, false)).chain(others.map(|others| (&others.columns, &others.batch, true)));
    for (columns, batch, others) in parts {
        for cell in cells_of(columns, batch, others, (members, &measures)) {
            cells.insert(cell.key(), cell);
        }
    }
    let values = columns_to_json(&wide.batch);
    let value = |column: usize, row: usize| values.get(column).and_then(|column| column.get(row)).unwrap_or(&Value::Null);
    for row in 0..wide.batch.num_rows() {
        let line: BTreeMap<String, Value> = wide
            .columns
            .iter()
            .enumerate()
            .filter(|(_, column)| !is_measure(column))
            .map(|(index, column)| (column.name.clone(), value(index, row).clone()))
            .collect();
        // Each head has the measures in their order.
        for (place, (index, column)) in wide.columns.iter().enumerate().filter(|(_, column)| is_measure(column)).enumerate() {
            let measure = place % measures.len().max(1);
            let answered = Cell { line: line.clone(), head: column.pivot.clone(), others: column.others, measure, value: value(index, row).clone() };
            let recomputed = cells.remove(&answered.key()).map_or(Value::Null, |cell| cell.value);
            if answered.value != recomputed {
                let row = line.clone().into_iter().collect();
                found.note(Difference { kind: DifferenceKind::Value, row, column: Some(column.name.clone()), answered: answered.value, recomputed });
            }
        }
    }
    // A group without a number looks as one that is not there.
    for cell in cells.into_values().filter(|cell| !cell.value.is_null()) {
        let column = measures.get(cell.measure).map(|measure| measure.name.clone());
        found.note(Difference { kind: DifferenceKind::OnlyRecomputed, row: cell.row(members), column, answered: Value::Null, recomputed: cell.value });
    }
    found
}

fn is_measure(column: &ResultColumn) -> bool {
    column.role == ColumnRole::Measure
}

/// The numbers of a long answer, or of its others, which may lack a measure.
fn cells_of(columns: &[ResultColumn], batch: &RecordBatch, others: bool, (members, measures): (&[String], &[&ResultColumn])) -> Vec<Cell> {
    let values = columns_to_json(batch);
    let mut cells = Vec::new();
    for row in 0..batch.num_rows() {
        let value = |index: usize| values.get(index).and_then(|column| column.get(row)).cloned().unwrap_or_default();
        let of = |member: &String| columns.iter().position(|column| column.name == *member).map(value).unwrap_or_default();
        let head: Vec<Value> = members.iter().map(of).collect();
        let down = columns.iter().enumerate().filter(|(_, column)| !is_measure(column) && !members.contains(&column.name));
        let line: BTreeMap<String, Value> = down.map(|(index, column)| (column.name.clone(), value(index))).collect();
        for (measure, known) in measures.iter().enumerate() {
            let Some(index) = columns.iter().position(|column| column.name == known.name) else { continue };
            cells.push(Cell { line: line.clone(), head: head.clone(), others, measure, value: value(index) });
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, StringViewArray};

    use super::*;
    use crate::catalog::ColumnType;
    use crate::query::result::Provenance;

    type Row = (&'static str, Option<&'static str>, f64);

    fn column(name: &str, column_type: ColumnType, role: ColumnRole) -> ResultColumn {
        ResultColumn::new(name, column_type, role)
    }

    fn result(columns: Vec<ResultColumn>, values: Vec<ArrayRef>) -> QueryResult {
        let batch = RecordBatch::try_from_iter(columns.iter().map(|column| column.name.clone()).zip(values)).unwrap();
        QueryResult { columns, batch, totals: Vec::new(), others: None, explanation: None, provenance: Provenance::default() }
    }

    /// Days, cities and their sums.
    fn long(rows: &[Row]) -> QueryResult {
        let columns = vec![
            column("t.day", ColumnType::String, ColumnRole::Dimension),
            column("t.city", ColumnType::String, ColumnRole::Dimension),
            column("t.sum", ColumnType::Float, ColumnRole::Measure),
        ];
        let days: ArrayRef = Arc::new(rows.iter().map(|row| Some(row.0)).collect::<StringViewArray>());
        let cities: ArrayRef = Arc::new(rows.iter().map(|row| row.1).collect::<StringViewArray>());
        let sums: ArrayRef = Arc::new(rows.iter().map(|row| Some(row.2)).collect::<Float64Array>());
        result(columns, vec![days, cities, sums])
    }

    fn others(rows: &[(&'static str, f64)]) -> Subtotal {
        let all = long(&rows.iter().map(|row| (row.0, None, row.1)).collect::<Vec<_>>());
        let columns = all.columns.into_iter().filter(|column| column.name != "t.city").collect();
        Subtotal { by: Vec::new(), others: true, columns, batch: all.batch.project(&[0, 2]).unwrap(), truncated: false, bounds: Vec::new() }
    }

    /// A wide answer about two days: a column for each city, and one for the others where their rows, which have no city, are there.
    fn wide(rows: &[Row]) -> QueryResult {
        let days = ["mon", "tue"];
        let mut columns = vec![column("t.day", ColumnType::String, ColumnRole::Dimension)];
        let mut values: Vec<ArrayRef> = vec![Arc::new(days.map(Some).into_iter().collect::<StringViewArray>())];
        for city in [Some("Oslo"), Some("Rome"), None] {
            let of = |day: &str| rows.iter().find(|row| row.0 == day && row.1 == city).map(|row| row.2);
            if days.iter().all(|day| of(day).is_none()) {
                continue;
            }
            let name = format!("{}, t.sum", city.unwrap_or(OTHER));
            columns.push(ResultColumn { pivot: vec![json!(city)], others: city.is_none(), ..column(&name, ColumnType::Float, ColumnRole::Measure) });
            values.push(Arc::new(days.map(of).into_iter().collect::<Float64Array>()));
        }
        result(columns, values)
    }

    const ROWS: [Row; 3] = [("mon", Some("Rome"), 0.3), ("tue", Some("Oslo"), 2.0), ("tue", Some("Rome"), 3.0)];

    fn compared(answered: &[Row], others: &Subtotal) -> Comparison {
        compare_wide(&wide(answered), &long(&ROWS), &["t.city".to_owned()], Some(others))
    }

    #[test]
    fn numbers_stand_where_their_groups_say() {
        let rest = others(&[("mon", 7.0)]);
        let right = [("mon", Some("Rome"), 0.3), ("mon", None, 7.0), ROWS[1], ROWS[2]];
        assert_eq!(compared(&right, &rest), Comparison::default());
        // Two numbers that have changed places, one of them that of the others.
        let swapped = [("mon", Some("Rome"), 7.0), ("mon", None, 0.3), ROWS[1], ROWS[2]];
        let told = compared(&swapped, &rest).told;
        let told: Vec<_> = told.iter().map(|difference| (difference.column.as_deref(), &difference.answered, &difference.recomputed)).collect();
        assert_eq!(told, [(Some("Rome, t.sum"), &json!(7.0), &json!(0.3)), (Some("Other, t.sum"), &json!(0.3), &json!(7.0))]);
    }

    #[test]
    fn what_has_no_column_or_no_group_is_told() {
        let rest = others(&[("mon", 7.0)]);
        let lost = compared(&ROWS, &rest);
        assert_eq!((lost.count, lost.told[0].kind), (1, DifferenceKind::OnlyRecomputed));
        assert_eq!(json!(lost.told[0].row), json!({"t.day": "mon", "t.city": OTHER}));
        let more = compared(&[ROWS[0], ("mon", None, 7.0), ("mon", Some("Oslo"), 1.0), ROWS[1], ROWS[2]], &rest);
        assert_eq!((more.count, &more.told[0].answered, &more.told[0].recomputed), (1, &json!(1.0), &Value::Null));
    }
}
