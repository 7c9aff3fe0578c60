//! What a column is: a name, a type and, for nested data, what is inside. A type without its column says the kind alone.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit};
use serde::{Deserialize, Serialize};

/// Levels of structs and lists that a column may have.
pub const NESTING_MAX: usize = 16;

/// The name of what is inside a list, as Parquet and Delta call it.
pub const ELEMENT: &str = "element";

/// Bytes of a UUID.
pub(crate) const UUID_BYTES: i32 = 16;

/// What Arrow says of a field that holds UUIDs, and where; Parquet says it by a type of its own.
const UUID_MARK: (&str, &str) = ("ARROW:extension:name", "arrow.uuid");

/// The same of Avro.
const UUID_OF_AVRO: (&str, &str) = ("logicalType", "uuid");

/// The greatest whole number of which a float holds it and every smaller one: beyond it, it has none for each of them.
pub(crate) const FLOAT_EXACT_MAX: u64 = 1 << 53;

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
    /// Named fields; the column says which
    Struct,
    /// Any number of values of one type; the column says which
    List,
}

impl ColumnType {
    /// The Arrow type that carries it in memory. A struct or list has one only with its fields: [`Column::data_type`]; here
    /// it is one of no fields, or of nulls.
    ///
    /// ```
    /// assert_eq!(tidemill::ColumnType::Integer.data_type().to_string(), "Int64");
    /// ```
    pub fn data_type(self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::Integer => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::String => DataType::Utf8View,
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Struct => DataType::Struct(Fields::empty()),
            Self::List => DataType::List(Arc::new(Field::new(ELEMENT, DataType::Null, true))),
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
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Time32(_) | DataType::Time64(_) => Self::String,
            DataType::Date32 | DataType::Date64 => Self::Date,
            DataType::Timestamp(..) => Self::Timestamp,
            DataType::Dictionary(_, value) => return Self::from_data_type(value),
            DataType::Struct(_) => Self::Struct,
            DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) | DataType::ListView(_) | DataType::LargeListView(_) | DataType::Map(..) => Self::List,
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
            Self::Struct => "struct",
            Self::List => "list",
        }
    }

    /// Whether it has other types inside.
    pub fn is_nested(self) -> bool {
        matches!(self, Self::Struct | Self::List)
    }

    /// Whether it holds every value of another type as a value of the same meaning: whole numbers as floats, days as their first
    /// instants. A column can be widened to such a type. Everything is text, but text is no wider type.
    ///
    /// ```
    /// use tidemill::ColumnType::{Date, Float, Integer, String, Timestamp};
    /// assert!(Float.is_wider_than(Integer) && Timestamp.is_wider_than(Date));
    /// assert!(!Integer.is_wider_than(Float) && !String.is_wider_than(Integer));
    /// ```
    #[must_use]
    pub fn is_wider_than(self, other: Self) -> bool {
        matches!((self, other), (Self::Float, Self::Integer) | (Self::Timestamp, Self::Date))
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

/// One column. Every column may hold nulls, and so may everything inside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name, as in the file that brought it.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// The fields of a struct, or the one element of a list; empty for every other type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Column>,
}

impl Column {
    /// A column of a type without fields.
    ///
    /// ```
    /// use tidemill::catalog::Column;
    /// assert_eq!(Column::new("n", tidemill::ColumnType::Integer).data_type().to_string(), "Int64");
    /// ```
    pub fn new(name: impl Into<String>, column_type: ColumnType) -> Self {
        Self { name: name.into(), column_type, fields: Vec::new() }
    }

    /// The Arrow type that carries it in memory.
    pub fn data_type(&self) -> DataType {
        match (self.column_type, self.fields.first()) {
            (ColumnType::Struct, Some(_)) => DataType::Struct(self.fields.iter().map(Self::field).collect()),
            (ColumnType::List, Some(element)) => DataType::List(Arc::new(Field::new(ELEMENT, element.data_type(), true))),
            (column_type, _) => column_type.data_type(),
        }
    }

    /// The Arrow field that carries it in memory.
    pub fn field(&self) -> FieldRef {
        Arc::new(Field::new(&self.name, self.data_type(), true))
    }

    /// The column that holds every value of an Arrow field, where one does. What has nulls alone is text, and so is a UUID.
    pub fn from_field(field: &Field) -> Option<Self> {
        Self::inside(field.name(), field, NESTING_MAX)
    }

    fn inside(name: &str, field: &Field, levels: usize) -> Option<Self> {
        let data_type = field.data_type();
        if *data_type == DataType::Null || is_uuid(field) {
            return Some(Self::new(name, ColumnType::String));
        }
        let column_type = ColumnType::from_data_type(data_type)?;
        if !column_type.is_nested() {
            return Some(Self::new(name, column_type));
        }
        let levels = levels.checked_sub(1)?;
        let fields = match data_type {
            DataType::Struct(fields) => {
                let mut names = HashSet::new();
                if fields.is_empty() || !fields.iter().all(|field| names.insert(field.name().to_ascii_lowercase())) {
                    return None;
                }
                fields.iter().map(|field| Self::inside(field.name(), field, levels)).collect::<Option<Vec<_>>>()?
            }
            DataType::List(element) | DataType::LargeList(element) | DataType::FixedSizeList(element, _) | DataType::ListView(element) | DataType::LargeListView(element) => {
                vec![Self::inside(ELEMENT, element, levels)?]
            }
            // A map is a list of its entries, each a key and a value.
            DataType::Map(entries, _) => vec![Self::inside(ELEMENT, entries, levels)?],
            _ => return None,
        };
        Some(Self { name: name.to_owned(), column_type, fields })
    }

    /// The columns without fields that it consists of.
    pub fn leaves(&self) -> usize {
        if self.fields.is_empty() { 1 } else { self.fields.iter().map(Self::leaves).sum() }
    }
}

/// Whether a field holds UUIDs: sixteen bytes alone may be anything.
fn is_uuid(field: &Field) -> bool {
    let says = |(key, value): (&str, &str)| field.metadata().get(key).is_some_and(|found| found == value);
    *field.data_type() == DataType::FixedSizeBinary(UUID_BYTES) && (says(UUID_MARK) || says(UUID_OF_AVRO))
}

/// A field of sixteen bytes that says that they are UUIDs.
pub(crate) fn as_uuid(mut field: Field) -> Field {
    let (key, value) = UUID_MARK;
    field.metadata_mut().insert(key.to_owned(), value.to_owned());
    field
}

impl fmt::Display for Column {
    /// Its type as people read it: `struct(city string, zip integer)`, `list(integer)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.column_type.as_str())?;
        for (index, field) in self.fields.iter().enumerate() {
            f.write_str(if index == 0 { "(" } else { ", " })?;
            if self.column_type == ColumnType::Struct {
                write!(f, "{} ", field.name)?;
            }
            write!(f, "{field}")?;
        }
        if self.fields.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_types_go_to_arrow_and_back() {
        let json = r#"{"name":"a","type":"list","fields":[{"name":"element","type":"struct","fields":[{"name":"city","type":"string"},{"name":"zip","type":"integer"}]}]}"#;
        let column: Column = serde_json::from_str(json).unwrap();
        assert_eq!(Column::from_field(&column.field()), Some(column.clone()));
        assert_eq!(serde_json::to_string(&column).unwrap(), json);
        assert_eq!((column.to_string().as_str(), column.leaves()), ("list(struct(city string, zip integer))", 2));
    }

    #[test]
    fn what_cannot_be_kept_is_no_column() {
        let list = |inner: DataType| DataType::List(Arc::new(Field::new("item", inner, true)));
        let deep = (0..=NESTING_MAX).fold(DataType::Int8, |inner, _| list(inner));
        let twice: Fields = vec![Field::new("a", DataType::Int8, true), Field::new("A", DataType::Int8, true)].into();
        for refused in [DataType::Binary, list(DataType::Binary), deep, DataType::Struct(Fields::empty()), DataType::Struct(twice)] {
            assert_eq!(Column::from_field(&Field::new("x", refused.clone(), true)), None, "{refused}");
        }
        let shown = |kept: DataType| Column::from_field(&Field::new("x", kept, true)).unwrap().to_string();
        assert_eq!((shown(DataType::Null), shown(list(DataType::Null))), ("string".to_owned(), "list(string)".to_owned()));
    }

    #[test]
    fn sixteen_bytes_are_text_where_they_say_that_they_are_uuids() {
        let bytes = Field::new("id", DataType::FixedSizeBinary(UUID_BYTES), true);
        let of_avro = bytes.clone().with_metadata([("logicalType".to_owned(), "uuid".to_owned())].into());
        assert_eq!(Column::from_field(&bytes), None);
        for uuid in [as_uuid(bytes), of_avro] {
            assert_eq!(Column::from_field(&uuid), Some(Column::new("id", ColumnType::String)));
            let list = Field::new("l", DataType::List(Arc::new(uuid)), true);
            assert_eq!(Column::from_field(&list).unwrap().to_string(), "list(string)");
        }
        assert_eq!(Column::from_field(&as_uuid(Field::new("id", DataType::FixedSizeBinary(8), true))), None);
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
