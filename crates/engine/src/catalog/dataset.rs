//! What a dataset is: columns, time column, time chunk. The schema is what Arrow, Parquet and the Delta log are made from.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, near_names};

/// Most columns a dataset may have.
pub const COLUMNS_MAX: usize = 2_000;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// true or false
    Boolean,
    /// 64-bit signed integer
    Integer,
    /// 64-bit float
    Float,
    /// UTF-8 text
    String,
    /// A calendar day
    Date,
    /// An instant, in microseconds UTC
    Timestamp,
}

impl ColumnType {
    /// The Arrow type that carries it in memory.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::Integer => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::String => DataType::Utf8View,
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        }
    }

    /// The column type that holds every value of an Arrow type, where one does.
    pub fn from_data_type(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Boolean => Self::Boolean,
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 | DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => Self::Integer,
            DataType::Float16 | DataType::Float32 | DataType::Float64 | DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
                Self::Float
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::String,
            DataType::Date32 | DataType::Date64 => Self::Date,
            DataType::Timestamp(..) => Self::Timestamp,
            DataType::Dictionary(_, value) => return Self::from_data_type(value),
            _ => return None,
        })
    }

    /// The name in JSON and in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::String => "string",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
        }
    }

    /// The type that holds every value of both, as far as promotion goes: integer and float give float, date and
    /// timestamp give timestamp, anything else gives string.
    #[must_use]
    pub fn promoted_with(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Integer, Self::Float) | (Self::Float, Self::Integer) => Self::Float,
            (Self::Date, Self::Timestamp) | (Self::Timestamp, Self::Date) => Self::Timestamp,
            _ => Self::String,
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One column. Every column may hold nulls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name, as in the file that brought it.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
}

/// A column whose inferred type had to give way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// The column.
    pub column: String,
    /// The type that the sample suggested.
    pub from: ColumnType,
    /// The type that holds all values.
    pub to: ColumnType,
    /// The first line that disagreed.
    pub line: u64,
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
        if columns.len() > COLUMNS_MAX {
            return Err(Error::invalid(format!("{} columns are more than the {COLUMNS_MAX} that a dataset may have", columns.len())));
        }
        let mut seen = std::collections::HashSet::new();
        for column in &columns {
            if column.name.is_empty() || column.name.len() > 255 || column.name.chars().any(char::is_control) {
                return Err(Error::invalid(format!("column name {:?} is not valid: use 1 to 255 bytes without control characters", column.name)));
            }
            if !seen.insert(column.name.to_lowercase()) {
                return Err(Error::invalid(format!("column name {:?} stands twice (case does not count); rename one", column.name)));
            }
        }
        let schema = Self { columns, time_column };
        if let Some(name) = &schema.time_column {
            let column = schema.find(name)?;
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
        Arc::new(Schema::new(self.columns.iter().map(|column| Field::new(&column.name, column.column_type.data_type(), true)).collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, column_type: ColumnType) -> Column {
        Column { name: name.into(), column_type }
    }

    #[test]
    fn a_schema_refuses_what_cannot_be_stored() {
        let cases = [
            (vec![], None, "at least one"),
            (vec![column("a", ColumnType::Integer), column("A", ColumnType::Float)], None, "twice"),
            (vec![column("", ColumnType::Integer)], None, "not valid"),
            (vec![column("a", ColumnType::Integer)], Some("a".to_owned()), "time column"),
            (vec![column("when", ColumnType::Date)], Some("wen".to_owned()), "did you mean when"),
        ];
        for (columns, time, expected) in cases {
            let error = DatasetSchema::new(columns, time).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn promotion_is_symmetric_and_ends_in_string() {
        use ColumnType::{Boolean, Date, Float, Integer, String, Timestamp};
        for (a, b, expected) in
            [(Integer, Float, Float), (Date, Timestamp, Timestamp), (Boolean, Integer, String), (Float, Date, String), (String, Integer, String), (Date, Date, Date)]
        {
            assert_eq!(a.promoted_with(b), expected);
            assert_eq!(b.promoted_with(a), expected);
        }
    }
}
