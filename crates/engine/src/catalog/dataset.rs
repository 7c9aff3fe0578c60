//! What a dataset is: columns, time column, time chunk. The schema is what Arrow, Parquet and the Delta log are made from.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use serde::{Deserialize, Serialize};

use super::column::{Column, ColumnType};
use crate::error::{Error, Result, near_names};

/// Most columns a dataset may have; each field inside a struct or list counts.
pub const COLUMNS_MAX: usize = 2_000;

/// A column whose inferred type had to give way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// The column.
    pub column: String,
    /// The type that the sample suggested.
    pub from: ColumnType,
    /// The type that holds all values.
    pub to: ColumnType,
    /// What is inside, where the latter is a struct or list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Column>,
    /// The first line that disagreed.
    pub line: u64,
}

/// A column of a dataset that a load has widened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Widened {
    /// The column.
    pub column: String,
    /// The type that it had.
    pub from: ColumnType,
    /// The type that it has now, in all rows.
    pub to: ColumnType,
}

/// Whether columns that two states of a dataset have in common are of the same types. Columns only ever come behind others.
pub(crate) fn agree(one: &SchemaRef, other: &SchemaRef) -> bool {
    let same = |(one, other): (&FieldRef, &FieldRef)| one.name() != other.name() || one.data_type() == other.data_type();
    Arc::ptr_eq(one, other) || one.fields().iter().zip(other.fields()).all(same)
}

/// How wide a time chunk is. Chosen from the first data, then fixed for the dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeChunk {
    /// 3,600 seconds
    Hour,
    /// a UTC day
    Day,
    /// a week from Monday
    Week,
    /// a calendar month
    Month,
    /// a calendar year
    Year,
    /// all time: the rows are too few to be cut
    All,
}

/// What the owner of a dataset decides about it. Kept in its log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatasetSettings {
    /// Days that rows are kept, by the time column. A time chunk goes as a whole once all of it is older. Range 1 to
    /// 36,500; `None` keeps everything.
    pub keep_days: Option<u32>,
    /// Days that a version stays readable after the next one came. Range 0 to 3,650; `None` takes what the engine says:
    /// [`Settings::versions_kept_seconds`](crate::Settings::versions_kept_seconds).
    pub versions_kept_days: Option<u32>,
    /// Days that the idempotency key of a load is known at least, and never fewer than `versions_kept_days` says. Counted from commit to
    /// commit, a day between two at most, so that no clock that jumps takes keys. Range 0 to 36,500; 0 and `None` keep them for ever.
    pub keys_kept_days: Option<u32>,
}

impl DatasetSettings {
    /// Days that keys are known at least; `None`: for ever.
    pub(crate) fn days_of_keys(&self) -> Option<u32> {
        let days = self.keys_kept_days.filter(|days| *days > 0)?;
        Some(days.max(self.versions_kept_days.unwrap_or_default()))
    }
}

/// Columns of a dataset and which of them is its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetSchema {
    /// The columns in their order.
    pub columns: Vec<Column>,
    /// Name of the column that places a row in time: a timestamp or a date.
    pub time_column: Option<String>,
}

impl DatasetSchema {
    /// Checks names and time column.
    ///
    /// # Errors
    /// `Invalid` for no columns, more than [`COLUMNS_MAX`], an empty or repeated name, or a time column that is missing or is no time.
    pub fn new(columns: Vec<Column>, time_column: Option<String>) -> Result<Self> {
        if columns.is_empty() {
            return Err(Error::invalid("a dataset needs at least one column"));
        }
        let leaves: usize = columns.iter().map(Column::leaves).sum();
        if leaves > COLUMNS_MAX {
            return Err(Error::invalid(format!("{leaves} columns and fields are more than the {COLUMNS_MAX} that a dataset may have; declare nested columns as string")));
        }
        let mut seen: HashMap<String, &str> = HashMap::new();
        for column in &columns {
            if column.name.is_empty() || column.name.len() > 255 || column.name.chars().any(char::is_control) {
                return Err(Error::invalid(format!("column name {:?} is not valid: use 1 to 255 bytes without control characters", column.name)));
            }
            if let Some(first) = seen.insert(column.name.to_lowercase(), &column.name) {
                let name = &column.name;
                return Err(Error::invalid(if first == name {
                    format!("column name {name:?} stands twice; rename one")
                } else {
                    format!("the columns {first:?} and {name:?} differ by case alone; write {first:?} for both where they are the same column, else rename one")
                }));
            }
        }
        let schema = Self { columns, time_column };
        if let Some(name) = &schema.time_column {
            let Some(column) = schema.get(name) else {
                let near = near_names(name, schema.columns.iter().map(|column| column.name.as_str()));
                return Err(Error::invalid(format!("there is no column {name:?} to be the time column{near}")).at("time_column"));
            };
            if !matches!(column.column_type, ColumnType::Timestamp | ColumnType::Date) {
                return Err(Error::invalid(format!("time column {name:?} is of type {}; choose a timestamp or a date", column.column_type)).at("time_column"));
            }
        }
        Ok(schema)
    }

    /// The column of that name.
    ///
    /// # Errors
    /// `Invalid` with near names.
    pub fn find(&self, name: &str) -> Result<&Column> {
        self.get(name)
            .ok_or_else(|| Error::invalid(format!("unknown column {name:?}{}", near_names(name, self.columns.iter().map(|column| column.name.as_str())))))
    }

    /// The column of that name, where there is one.
    pub fn get(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The Arrow schema of its batches.
    pub fn arrow(&self) -> SchemaRef {
        Arc::new(Schema::new(self.columns.iter().map(Column::field).collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, column_type: ColumnType) -> Column {
        Column::new(name, column_type)
    }

    #[test]
    fn a_schema_refuses_what_cannot_be_stored() {
        let cases = [
            (vec![], None, "at least one"),
            (vec![column("a", ColumnType::Integer), column("a", ColumnType::Float)], None, "column name \"a\" stands twice"),
            (vec![column("a", ColumnType::Integer), column("A", ColumnType::Float)], None, "the columns \"a\" and \"A\" differ by case alone; write \"a\" for both"),
            (vec![column("", ColumnType::Integer)], None, "not valid"),
            (vec![column("a", ColumnType::Integer)], Some("a".to_owned()), "time column"),
            (vec![column("when", ColumnType::Date)], Some("wen".to_owned()), "there is no column \"wen\" to be the time column; did you mean when?"),
        ];
        for (columns, time, expected) in cases {
            let error = DatasetSchema::new(columns, time).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
