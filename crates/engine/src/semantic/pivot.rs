//! Values of groups that become columns: of a long answer a wide one, a column for each combination of values and measure.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt64Array};
use arrow::compute::take;
use arrow::datatypes::{Field, Schema};
use serde_json::Value;

use super::combinations::Combinations;
use crate::catalog::json::column_to_json;
use crate::error::{Error, Result};
use crate::query::result::{ColumnRole, OTHER, ResultColumn};

/// Columns of a wide answer at most.
pub(crate) const COLUMNS_MAX: usize = 1_000;

/// Which rows of a long answer stand for the values of a member that are not told apart.
pub(crate) struct Others<'a> {
    /// The member; it has no value in these rows.
    pub member: &'a str,
    /// True for these rows.
    pub are: &'a BooleanArray,
}

/// The wide form of an answer: one row for each combination of what does not become columns, in the order in which they come; columns by
/// ascending values, missing ones last and the others after them, and for each the measures.
///
/// # Errors
/// `Exhausted` where there would be too many columns.
pub(crate) fn pivot(batch: &RecordBatch, columns: &[ResultColumn], members: &[String], others: Option<&Others<'_>>) -> Result<(RecordBatch, Vec<ResultColumn>)> {
    let all = || columns.iter().zip(batch.columns());
    let across: Vec<(&ResultColumn, &ArrayRef)> = members.iter().filter_map(|member| all().find(|(column, _)| column.name == *member)).collect();
    let down: Vec<(&ResultColumn, &ArrayRef)> = all().filter(|(column, _)| column.role != ColumnRole::Measure && !members.contains(&column.name)).collect();
    let measures: Vec<(&ResultColumn, &ArrayRef)> = all().filter(|(column, _)| column.role == ColumnRole::Measure).collect();
    let combined = |columns: &[&ArrayRef]| Combinations::of(columns, batch.num_rows());
    // No value and no value that is told apart are two columns: what tells them stands before the member.
    let are_others: Option<ArrayRef> = others.map(|others| Arc::new(others.are.clone()) as ArrayRef);
    let mut parts: Vec<&ArrayRef> = across.iter().map(|(_, values)| *values).collect();
    let place = others.and_then(|others| across.iter().position(|(column, _)| column.name == others.member));
    if let (Some(place), Some(are)) = (place, &are_others) {
        parts.insert(place, are);
    }
    let (heads, lines) = (combined(&parts)?, combined(&down.iter().map(|(_, values)| *values).collect::<Vec<_>>())?);
    let (head_of, heads) = (&heads.of_row, heads.sorted());
    let (firsts, row_of) = (lines.firsts, lines.of_row);
    let count = heads.len().saturating_mul(measures.len()) + down.len();
    if count > COLUMNS_MAX {
        return Err(Error::exhausted(format!(
            "there would be {count} columns; at most {COLUMNS_MAX} are made: ask for the greatest values only (top), or leave a member out of pivot"
        ))
        .at("pivot"));
    }
    // Which row of the long answer a cell of the wide one comes from.
    let mut cells: HashMap<(usize, usize), u64> = HashMap::new();
    for (index, (head, row)) in head_of.iter().zip(&row_of).enumerate() {
        cells.insert((*head, *row), index as u64);
    }
    let mut shown = Vec::with_capacity(count);
    let mut fields = Vec::with_capacity(count);
    let mut described: Vec<ResultColumn> = Vec::with_capacity(count);
    let picked = UInt64Array::from(firsts.clone());
    for (column, values) in &down {
        shown.push(take(values, &picked, None)?);
        fields.push(Field::new(&column.name, values.data_type().clone(), true));
        described.push((*column).clone());
    }
    for (head, first) in heads {
        let values: Vec<Value> = across
            .iter()
            .map(|(_, values)| Ok(column_to_json(&take(values, &UInt64Array::from(vec![first]), None)?).pop().unwrap_or_default()))
            .collect::<Result<_>>()?;
        let is_other = usize::try_from(first).is_ok_and(|row| others.is_some_and(|others| row < others.are.len() && others.are.value(row)));
        let words = values.iter().enumerate().map(|(index, value)| if is_other && place == Some(index) { OTHER.to_owned() } else { words(value) });
        let words = words.collect::<Vec<_>>().join(", ");
        for (measure, numbers) in &measures {
            let rows: UInt64Array = (0..firsts.len()).map(|row| cells.get(&(head, row)).copied()).collect();
            shown.push(take(numbers, &rows, None)?);
            let name = free_name(&described, format!("{words}, {}", measure.name));
            let label = if measures.len() == 1 { words.clone() } else { format!("{words}, {}", measure.label) };
            fields.push(Field::new(&name, numbers.data_type().clone(), true));
            described.push(ResultColumn { name, label, pivot: values.clone(), others: is_other, ..(*measure).clone() });
        }
    }
    let options = RecordBatchOptions::new().with_row_count(Some(firsts.len()));
    Ok((RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), shown, &options)?, described))
}

/// A value as people read it.
fn words(value: &Value) -> String {
    match value {
        Value::Null => "no value".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A name that no other column has: a missing value and the text of the same words are two columns.
fn free_name(taken: &[ResultColumn], name: String) -> String {
    let is_free = |name: &str| !taken.iter().any(|column| column.name == name);
    if is_free(&name) {
        return name;
    }
    (2..=COLUMNS_MAX + 1).map(|count| format!("{name} ({count})")).find(|name| is_free(name)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringViewArray};
    use serde_json::json;

    use super::*;
    use crate::catalog::ColumnType;
    use crate::query::write::columns_to_json;

    fn column(name: &str, label: &str, role: ColumnRole) -> ResultColumn {
        ResultColumn {
            name: name.to_owned(),
            label: label.to_owned(),
            column_type: ColumnType::String,
            role,
            grain: None,
            granularity: None,
            interval: None,
            format: None,
            pivot: Vec::new(),
            others: false,
        }
    }

    fn long() -> (RecordBatch, Vec<ResultColumn>) {
        let days = StringViewArray::from(vec!["mon", "mon", "tue", "tue", "tue"]);
        let cities = StringViewArray::from(vec![Some("Rome"), None, Some("Oslo"), Some("Rome"), Some("no value")]);
        let counts = Int64Array::from(vec![1, 2, 3, 4, 5]);
        let batch = RecordBatch::try_from_iter([("d", Arc::new(days) as ArrayRef), ("c", Arc::new(cities)), ("m.n", Arc::new(counts))]).unwrap();
        (batch, vec![column("d", "Day", ColumnRole::Dimension), column("c", "City", ColumnRole::Dimension), column("m.n", "Count", ColumnRole::Measure)])
    }

    #[test]
    fn values_become_columns_and_cells_without_a_row_have_no_number() {
        let (batch, columns) = long();
        let (wide, columns) = pivot(&batch, &columns, &["c".to_owned()], None).unwrap();
        let heads: Vec<(&str, &str, &[Value])> = columns.iter().map(|column| (column.name.as_str(), column.label.as_str(), column.pivot.as_slice())).collect();
        assert_eq!(
            heads,
            [
                ("d", "Day", &[][..]),
                ("Oslo, m.n", "Oslo", &[json!("Oslo")][..]),
                ("Rome, m.n", "Rome", &[json!("Rome")][..]),
                ("no value, m.n", "no value", &[json!("no value")][..]),
                ("no value, m.n (2)", "no value", &[json!(null)][..]),
            ]
        );
        assert_eq!(json!(columns_to_json(&wide)), json!([["mon", "tue"], [null, 3], [1, 4], [null, 5], [2, null]]));
    }

    #[test]
    fn everything_may_become_columns_of_one_row() {
        let (batch, columns) = long();
        let (wide, columns) = pivot(&batch, &columns, &["c".to_owned(), "d".to_owned()], None).unwrap();
        assert_eq!((wide.num_rows(), wide.num_columns(), columns[0].name.as_str()), (1, 5, "Oslo, tue, m.n"));
        let (none, columns) = pivot(&batch.slice(0, 0), &long().1, &["c".to_owned()], None).unwrap();
        assert_eq!((none.num_rows(), columns.len()), (0, 1));
    }

    #[test]
    fn too_many_columns_are_refused() {
        let cities: StringViewArray = (0..=COLUMNS_MAX).map(|city| Some(city.to_string())).collect();
        let counts: Int64Array = (0..=COLUMNS_MAX as i64).map(Some).collect();
        let batch = RecordBatch::try_from_iter([("c", Arc::new(cities) as ArrayRef), ("n", Arc::new(counts))]).unwrap();
        let error = pivot(&batch, &[column("c", "City", ColumnRole::Dimension), column("n", "N", ColumnRole::Measure)], &["c".to_owned()], None).unwrap_err();
        assert!(error.message().contains("1001 columns"), "{error}");
    }
}
