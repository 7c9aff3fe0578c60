//! A result as JSON (columnar), CSV and Arrow IPC.

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringViewArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{Field, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde_json::{Map, Value, json};

use super::result::{ColumnRole, OTHER, QueryResult, Subtotal};
use crate::catalog::convert::convert;
use crate::catalog::exact::{Rounding, floats};
use crate::catalog::json::column_to_json;
use crate::catalog::{Column, ColumnType};
use crate::error::{Error, Result};

impl QueryResult {
    /// The result as a JSON object: `columns`, columnar `data`, `row_count`, `provenance`, and `totals`, `others` and `explanation`
    /// where they were asked for.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let json = mill.sql("select city, amount from orders order by amount").await?.to_json();
    /// assert_eq!(json["data"], serde_json::json!([["Rome", "Oslo"], [2, 4]]));
    /// assert_eq!((json["columns"][1]["type"].as_str(), json["row_count"].as_u64()), (Some("integer"), Some(2)));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn to_json(&self) -> Value {
        let mut json = json!({"columns": self.columns, "data": columns_to_json(&self.batch), "row_count": self.batch.num_rows(), "provenance": self.provenance});
        if let Some(object) = json.as_object_mut() {
            object.extend(around_to_json(&self.totals, self.others.as_ref()));
            object.extend(self.explanation.as_ref().map(|explanation| ("explanation".to_owned(), json!(explanation))));
        }
        json
    }

    /// The rows, without totals, as an Arrow IPC stream.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir()?;
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let bytes = mill.sql("select city, amount from orders").await?.to_arrow_ipc()?;
    /// let rows = arrow::ipc::reader::StreamReader::try_new(bytes.as_slice(), None)?.next().unwrap()?;
    /// assert_eq!((rows.num_rows(), rows.num_columns()), (2, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Internal` when Arrow refuses, which it has no reason to.
    pub fn to_arrow_ipc(&self) -> Result<Vec<u8>> {
        let mut writer = arrow::ipc::writer::StreamWriter::try_new(Vec::new(), &self.batch.schema())?;
        writer.write(&self.batch)?;
        writer.finish()?;
        Ok(writer.into_inner()?)
    }

    /// The rows, without totals, as CSV (RFC 4180) with the member names as header. A missing value is an empty field. Text that a
    /// spreadsheet would run as a formula (it begins with `=`, `+`, `-`, `@`, a tab or a carriage return) gets an
    /// apostrophe before it, as OWASP advises; take [`to_arrow_ipc`](Self::to_arrow_ipc) where every byte counts.
    ///
    /// Where the question asks for what all other values make together, these rows come last, called `Other`, and a last
    /// column `is_other` says which they are, so that a value of that name is never taken for them. They are left out where a
    /// limit cut rows or others: they would stand for less than what is missing then. Where values became columns (`pivot`) the others
    /// are columns or left out.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,note\nRome,=1+1\nOslo,\n")).await?;
    /// assert_eq!(mill.sql("select city, note from orders order by city").await?.to_csv()?, "city,note\r\nOslo,\r\nRome,'=1+1\r\n");
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Internal` when a value cannot be written.
    pub fn to_csv(&self) -> Result<String> {
        let mut text = String::new();
        for (index, column) in self.columns.iter().enumerate() {
            separate(&mut text, index);
            text.push_str(&quoted(&column.name));
        }
        // Where values became columns, so did the others of these values; those of another member have no line among wide ones.
        let is_wide = self.columns.iter().any(|column| !column.pivot.is_empty());
        let Some(others) = self.others.as_ref().filter(|_| !is_wide) else {
            text.push_str("\r\n");
            write_rows(&mut text, &columns_to_json(&self.batch), self.batch.num_rows(), "")?;
            return Ok(text);
        };
        text.push_str(",is_other\r\n");
        write_rows(&mut text, &columns_to_json(&self.batch), self.batch.num_rows(), ",false")?;
        if !self.provenance.truncated && !others.truncated {
            let known = columns_to_json(&others.batch);
            let rows = others.batch.num_rows();
            let beside = self.columns.iter().map(|column| match others.columns.iter().position(|other| other.name == column.name) {
                Some(place) => known.get(place).cloned().unwrap_or_default(),
                None if column.role == ColumnRole::Measure => Vec::new(),
                None => vec![OTHER.into(); rows],
            });
            write_rows(&mut text, &beside.collect::<Vec<_>>(), rows, ",true")?;
        }
        Ok(text)
    }
}

fn separate(text: &mut String, index: usize) {
    if index > 0 {
        text.push(',');
    }
}

/// Lines of CSV from columns; what a column does not have is an empty field. `last` ends each line.
fn write_rows(text: &mut String, columns: &[Vec<Value>], rows: usize, last: &str) -> Result<()> {
    for row in 0..rows {
        for (index, column) in columns.iter().enumerate() {
            separate(text, index);
            match column.get(row) {
                Some(Value::String(value)) => text.push_str(&quoted(value)),
                None | Some(Value::Null) => {}
                Some(nested @ (Value::Array(_) | Value::Object(_))) => text.push_str(&quoted(&nested.to_string())),
                Some(other) => write!(text, "{other}").map_err(|error| Error::internal(error.to_string()))?,
            }
        }
        text.push_str(last);
        text.push_str("\r\n");
    }
    Ok(())
}

/// `totals` and `others`, where there are any.
pub(crate) fn around_to_json(totals: &[Subtotal], others: Option<&Subtotal>) -> Map<String, Value> {
    let mut around = Map::new();
    if !totals.is_empty() {
        around.insert("totals".to_owned(), totals.iter().map(Subtotal::to_json).collect());
    }
    if let Some(others) = others {
        around.insert("others".to_owned(), others.to_json());
    }
    around
}

impl Subtotal {
    fn to_json(&self) -> Value {
        let mut json = json!({
            "by": self.by,
            "columns": self.columns,
            "data": columns_to_json(&self.batch),
            "row_count": self.batch.num_rows(),
            "truncated": self.truncated,
            "bounds": self.bounds
        });
        if let (Some(object), true) = (json.as_object_mut(), self.others) {
            object.insert("others".to_owned(), true.into());
        }
        json
    }
}

/// A cell of a CSV file.
pub(crate) fn quoted(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{guard}{}\"", text.replace('"', "\"\"")) } else { format!("{guard}{text}") }
}

/// One list a column.
pub(crate) fn columns_to_json(batch: &RecordBatch) -> Vec<Vec<Value>> {
    batch.columns().iter().map(column_to_json).collect()
}

/// A batch whose columns are of the types that results have; what has no such type, or no such value, becomes text.
pub(crate) fn normalised(batch: &RecordBatch) -> Result<(RecordBatch, Vec<ColumnType>)> {
    in_types_of_results(batch, Rounding::Refused)
}

/// The same where it is told beforehand, by a model, what each column is: decimals are floats then, and are ordered as such.
pub(crate) fn normalised_as_told(batch: &RecordBatch) -> Result<RecordBatch> {
    Ok(in_types_of_results(batch, Rounding::Allowed)?.0)
}

fn in_types_of_results(batch: &RecordBatch, rounding: Rounding) -> Result<(RecordBatch, Vec<ColumnType>)> {
    let mut types = Vec::with_capacity(batch.num_columns());
    let mut columns = Vec::with_capacity(batch.num_columns());
    let mut fields = Vec::with_capacity(batch.num_columns());
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let ours = Column::from_field(field).unwrap_or_else(|| Column::new(field.name(), ColumnType::String));
        let (column, column_type) = if *column.data_type() == ours.data_type() {
            (Arc::clone(column), ours.column_type)
        } else if ours.column_type.is_nested() {
            (convert(column, &ours)?, ours.column_type)
        } else {
            plain(column, &ours, rounding)?
        };
        types.push(column_type);
        fields.push(Field::new(field.name(), column.data_type().clone(), true));
        columns.push(column);
    }
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok((RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?, types))
}

/// A column of a type that results have, and which. Where a value does not fit that type, or would lose digits by it, the column is text.
fn plain(column: &ArrayRef, ours: &Column, rounding: Rounding) -> Result<(ArrayRef, ColumnType)> {
    let fitting = if column.data_type().is_decimal() {
        floats(column, rounding).filter(|floats| floats.null_count() == column.null_count())
    } else {
        cast_with_options(column, &ours.data_type(), &CastOptions { safe: false, ..CastOptions::default() }).ok()
    };
    match fitting {
        Some(fitting) => Ok((fitting, ours.column_type)),
        None => Ok((as_text(column)?, ColumnType::String)),
    }
}

fn as_text(column: &ArrayRef) -> Result<ArrayRef> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(column, &options)?;
    Ok(Arc::new((0..column.len()).map(|row| (!column.is_null(row)).then(|| formatter.value(row).to_string())).collect::<StringViewArray>()))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Decimal128Array, Int32Array, Int64Array, ListArray, UInt64Array};
    use arrow::datatypes::Int32Type;

    use super::*;
    use crate::query::result::{Provenance, ResultColumn};

    #[test]
    fn no_digit_of_an_answer_is_lost() {
        let decimals = |values: Vec<Option<i128>>| Arc::new(Decimal128Array::from(values).with_precision_and_scale(38, 2).unwrap()) as ArrayRef;
        let long = 900_719_925_474_099_325;
        let told = |column: ArrayRef| {
            let (batch, types) = normalised(&RecordBatch::try_from_iter([("n", column)]).unwrap()).unwrap();
            (types[0], json!(columns_to_json(&batch)))
        };
        assert_eq!(told(decimals(vec![Some(125), None])), (ColumnType::Float, json!([[1.25, null]])));
        assert_eq!(told(decimals(vec![Some(125), None, Some(long)])), (ColumnType::String, json!([["1.25", null, "9007199254740993.25"]])));
        assert_eq!(told(Arc::new(UInt64Array::from(vec![7]))), (ColumnType::Integer, json!([[7]])));
        assert_eq!(told(Arc::new(UInt64Array::from(vec![7, u64::MAX]))), (ColumnType::String, json!([["7", "18446744073709551615"]])));
    }

    #[test]
    fn foreign_types_become_ours() {
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None])]);
        let batch = RecordBatch::try_from_iter([("n", Arc::new(Int32Array::from(vec![1])) as ArrayRef), ("l", Arc::new(list))]).unwrap();
        assert_eq!(normalised_as_told(&batch).unwrap().num_rows(), batch.num_rows());
        let (batch, types) = normalised(&batch).unwrap();
        assert_eq!(types, [ColumnType::Integer, ColumnType::List]);
        assert_eq!(json!(columns_to_json(&batch)), json!([[1], [[1, null]]]));
    }

    #[test]
    fn others_are_a_line_where_there_are_any_whatever_they_come_to() {
        let (city, sum) = (ResultColumn::new("o.city", ColumnType::String, ColumnRole::Dimension), ResultColumn::new("o.sum", ColumnType::Integer, ColumnRole::Measure));
        let sums = |sums: Vec<i64>| Arc::new(Int64Array::from(sums)) as ArrayRef;
        let written = |others: Vec<i64>| {
            let batch = RecordBatch::try_from_iter([("o.sum", sums(others))]).unwrap();
            let others = Subtotal { by: Vec::new(), others: true, columns: vec![sum.clone()], batch, truncated: false, bounds: Vec::new() };
            let batch = RecordBatch::try_from_iter([("o.city", Arc::new(StringViewArray::from(vec!["Rome"])) as ArrayRef), ("o.sum", sums(vec![5]))]).unwrap();
            let columns = vec![city.clone(), sum.clone()];
            QueryResult { columns, batch, totals: Vec::new(), others: Some(others), explanation: None, provenance: Provenance::default() }
                .to_csv()
                .unwrap()
        };
        let head = "o.city,o.sum,is_other\r\nRome,5,false\r\n";
        assert_eq!(written(vec![]), head);
        // What was paid and what was paid back.
        assert_eq!(written(vec![0]), format!("{head}Other,0,true\r\n"));
    }

    #[test]
    fn csv_quotes_what_needs_it() {
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("plain"), "plain");
    }

    #[test]
    fn csv_holds_no_formula() {
        assert_eq!(quoted("=cmd()"), "'=cmd()");
        assert_eq!(quoted("@a,\"b\""), "\"'@a,\"\"b\"\"\"");
        assert_eq!(quoted("-1+1"), "'-1+1");
        assert_eq!(quoted("a=b"), "a=b");
    }
}
