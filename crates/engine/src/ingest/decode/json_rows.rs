//! JSON text to rows: finds where each object of a file begins and ends, and reads one object key by key. Refuses arrays that are not closed; a broken line costs only its row.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use memchr::memchr;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::json_numbers::PathStep;
use super::json_path::{Aside, JsonPath, Walk};
use super::split::ROW_MAX_BYTES;
use super::value;
use crate::catalog::ColumnType;
use crate::ingest::infer::Layout;

/// A value of a key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    /// Beyond the integers.
    Large(u64),
    Float(f64),
    Text(Cow<'a, str>),
    /// An object or array.
    Nested(Cow<'a, Value>),
}

impl<'a> Scalar<'a> {
    /// A value inside of another one.
    pub(crate) fn of(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Boolean(*value),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(value), _) => Self::Integer(value),
                (None, Some(value)) => Self::Large(value),
                (None, None) => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            nested => Self::Nested(Cow::Borrowed(nested)),
        }
    }

    /// Makes null what stands at the end of a way into it; says whether there was something.
    pub(crate) fn forget(&mut self, way: &[PathStep]) -> bool {
        match self {
            Self::Nested(value) if !way.is_empty() => {
                let mut value = value.to_mut();
                for place in way {
                    let inner = match place {
                        PathStep::Key(key) => value.get_mut(&**key),
                        PathStep::Index(index) => value.get_mut(*index),
                    };
                    let Some(inner) = inner else { return false };
                    value = inner;
                }
                !value.take().is_null()
            }
            _ => std::mem::replace(self, Self::Null) != Self::Null,
        }
    }

    fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(value) => Value::Bool(value),
            Self::Integer(value) => Value::from(value),
            Self::Large(value) => Value::from(value),
            // JSON has no other than finite ones.
            Self::Float(value) => Value::from(value),
            Self::Text(text) => Value::String(text.into_owned()),
            Self::Nested(value) => value.into_owned(),
        }
    }

    /// The narrowest type that holds it; none for null, and for text that is null in every type but string.
    pub(crate) fn column_type(&self) -> Option<ColumnType> {
        match self {
            Self::Null => None,
            Self::Boolean(_) => Some(ColumnType::Boolean),
            Self::Integer(_) => Some(ColumnType::Integer),
            Self::Float(_) => Some(ColumnType::Float),
            Self::Large(_) => Some(ColumnType::String),
            Self::Nested(value) => Some(if value.is_object() { ColumnType::Struct } else { ColumnType::List }),
            Self::Text(text) => match value::classify(text.as_bytes()) {
                found @ (ColumnType::Date | ColumnType::Timestamp) => Some(found),
                // A number in quotes was meant as text.
                _ => Some(ColumnType::String).filter(|_| !value::is_null(ColumnType::Date, text.as_bytes(), true)),
            },
        }
    }

    /// Its text; none for null.
    pub(crate) fn text(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Null => return None,
            Self::Boolean(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
            Self::Integer(value) => Cow::Owned(value.to_string()),
            Self::Large(value) => Cow::Owned(value.to_string()),
            Self::Float(value) => Cow::Owned(value.to_string()),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Nested(value) => Cow::Owned(value.to_string()),
        })
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(value).map_or(Scalar::Large(value), Scalar::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Float(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            // The first of two would be gone without a word.
            if object.contains_key(&key) {
                return Err(A::Error::custom(format!("the key {key:?} stands twice in an object")));
            }
            object.insert(key, map.next_value::<Scalar<'de>>()?.into_value());
        }
        Ok(Scalar::Nested(Cow::Owned(Value::Object(object))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element::<Scalar<'de>>()? {
            values.push(value.into_value());
        }
        Ok(Scalar::Nested(Cow::Owned(Value::Array(values))))
    }
}

/// A value that delimited text holds as JSON.
///
/// # Errors
/// Where it is no JSON, and where a key stands twice in an object.
pub(crate) fn read_value(text: &[u8]) -> Result<Scalar<'_>, serde_json::Error> {
    serde_json::from_slice(text)
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct RowVisitor<F>(F);

impl<'de, F: FnMut(&str, Scalar<'de>)> Visitor<'de> for RowVisitor<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        // A key is text like any other; only keys with escapes are copied.
        while let Some(key) = map.next_key::<Scalar<'de>>()? {
            let value = map.next_value()?;
            if let Scalar::Text(key) = key {
                (self.0)(&key, value);
            }
        }
        Ok(())
    }
}

/// Reads one object; `take` gets its keys and values in their order.
///
/// # Errors
/// What is wrong, for a reject.
pub(crate) fn read_row<'de>(row: &'de [u8], take: impl FnMut(&str, Scalar<'de>)) -> Result<(), String> {
    let mut deserializer = serde_json::Deserializer::from_slice(row);
    let read = deserializer.deserialize_map(RowVisitor(take)).and_then(|()| deserializer.end());
    read.map_err(|error| {
        if error.is_data() && error.to_string().contains("expected an object") {
            return "not a JSON object; write each row as {\"column\": value}".to_owned();
        }
        let text = error.to_string();
        let text = text.split(" at line ").next().unwrap_or_default();
        // What is said of the values is of JSON that is valid.
        let wrong = if error.is_data() { "" } else { "not valid JSON " };
        format!("{wrong}at byte {} of the row: {text}", error.column())
    })
}

/// What a look at the text gave.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A row, the line where it begins (in an array: its number), and the bytes up to its end.
    Row { range: Range<usize>, line: u64, consumed: usize },
    /// Nothing but space so far.
    Skip(usize),
    /// More text is needed.
    More,
    /// The file is over.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    BeforeFirst,
    AfterRow,
    AfterComma,
    /// The array is over, the document around it is not.
    Around,
    Closed,
}

/// Finds the rows of a file, from its start on.
#[derive(Debug, Clone)]
pub(crate) struct RowFinder {
    layout: Layout,
    /// The way to the array, while it is not found.
    way: Option<JsonPath>,
    /// What follows the array.
    rest: Option<Aside>,
    place: Place,
    line: u64,
    rows: u64,
}

impl RowFinder {
    /// Rows of a layout; `pointer` says where in the document their array is.
    pub(crate) fn new(layout: Layout, pointer: Option<&str>) -> Self {
        let way = pointer.filter(|pointer| !pointer.is_empty()).map(JsonPath::new);
        let rest = way.as_ref().map(|way| Aside::rest(way.depth()));
        Self { layout, way, rest, place: Place::Start, line: 1, rows: 0 }
    }

    /// Looks for the next row in what was not consumed yet; `last` says that nothing follows.
    ///
    /// # Errors
    /// Where and what is wrong, when the rest cannot be read.
    pub(crate) fn step(&mut self, text: &[u8], last: bool) -> Result<Step, String> {
        if let Some(step) = self.walk(text, last)? {
            return Ok(step);
        }
        if self.layout == Layout::JsonLines { self.step_line(text, last) } else { self.step_element(text, last) }
    }

    /// The same, but only until the array of rows is found; none from there on.
    pub(crate) fn walk(&mut self, text: &[u8], last: bool) -> Result<Option<Step>, String> {
        let Some(way) = &mut self.way else { return Ok(None) };
        Ok(match way.walk(text, last).map_err(|what| format!("line {}: {what}", self.line))? {
            Walk::Skip(bytes) => Some(self.skip(text, bytes)),
            Walk::More => Some(Step::More),
            Walk::Found => {
                self.way = None;
                None
            }
        })
    }

    fn skip(&mut self, text: &[u8], bytes: usize) -> Step {
        self.line += memchr::memchr_iter(b'\n', text.get(..bytes).unwrap_or_default()).count() as u64;
        Step::Skip(bytes)
    }

    fn too_long(&self, text: &[u8]) -> Result<Step, String> {
        if text.len() > ROW_MAX_BYTES {
            return Err(format!("line {}: the row is longer than 64 MiB; look for a line end or a bracket that is missing", self.line));
        }
        Ok(Step::More)
    }

    fn step_line(&mut self, text: &[u8], last: bool) -> Result<Step, String> {
        let (end, consumed) = match memchr(b'\n', text) {
            Some(end) => (end, end + 1),
            None if !last => return self.too_long(text),
            None if text.is_empty() => return Ok(Step::End),
            None => (text.len(), text.len()),
        };
        if end > ROW_MAX_BYTES {
            return self.too_long(text);
        }
        let line = self.line;
        self.line += 1;
        let blank = text.get(..end).unwrap_or_default().iter().all(u8::is_ascii_whitespace);
        Ok(if blank { Step::Skip(consumed) } else { Step::Row { range: 0..end, line, consumed } })
    }

    fn step_element(&mut self, text: &[u8], last: bool) -> Result<Step, String> {
        let array = self.layout == Layout::JsonArray;
        let space = text.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(text.len());
        if space > 0 {
            return Ok(self.skip(text, space));
        }
        let Some(&byte) = text.first() else {
            return match (last, array, self.place) {
                (false, ..) => Ok(Step::More),
                (true, true, Place::Closed) | (true, false, _) => Ok(Step::End),
                (true, true, Place::Around) => Err(format!("line {}: the document is not closed after its array; the file seems to be cut off, send it whole", self.line)),
                (true, true, _) => Err(format!("line {}: the array is not closed after row {}; the file seems to be cut off, send it whole", self.line, self.rows)),
            };
        };
        if let Some(rest) = self.rest.as_mut().filter(|_| self.place == Place::Around) {
            let (bytes, over) = rest.pass(text);
            if over {
                self.place = Place::Closed;
            }
            return Ok(self.skip(text, bytes));
        }
        if array {
            let next = match (self.place, byte) {
                (Place::Start, b'[') => Some(Place::BeforeFirst),
                (Place::BeforeFirst | Place::AfterRow, b']') => Some(if self.rest.is_some() { Place::Around } else { Place::Closed }),
                (Place::AfterRow, b',') => Some(Place::AfterComma),
                // Many programs write a comma behind each row.
                (Place::AfterComma, b',' | b']') => {
                    return Err(format!("line {}: a comma and no row behind it, after row {}; take the comma out", self.line, self.rows));
                }
                (Place::BeforeFirst | Place::AfterComma, _) => None,
                _ => return Err(format!("line {}: {:?} where ',' or the end of the array is expected after row {}; correct the file", self.line, char::from(byte), self.rows)),
            };
            if let Some(next) = next {
                self.place = next;
                return Ok(Step::Skip(1));
            }
        }
        let Some(end) = element_end(text, last) else {
            if last {
                return Err(format!("line {}: row {} is not closed; the file seems to be cut off, send it whole", self.line, self.rows + 1));
            }
            return self.too_long(text);
        };
        self.place = Place::AfterRow;
        self.rows += 1;
        let line = if array { self.rows } else { self.line };
        self.line += memchr::memchr_iter(b'\n', text.get(..end).unwrap_or_default()).count() as u64;
        Ok(Step::Row { range: 0..end, line, consumed: end })
    }
}

/// The end of the value with which the text begins, where it is in sight.
fn element_end(text: &[u8], last: bool) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => {
                at += 1;
                while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
                    at += found;
                    if text.get(at) == Some(&b'"') {
                        break;
                    }
                    at += 2;
                }
                if at >= text.len() || text.get(at) != Some(&b'"') {
                    return None;
                }
            }
            // A bare value ends before what cannot be part of it; one byte at least is taken.
            b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t' if depth == 0 => return Some(at.max(1)),
            _ => {}
        }
        at += 1;
    }
    (last && depth == 0 && at > 0).then_some(text.len())
}
