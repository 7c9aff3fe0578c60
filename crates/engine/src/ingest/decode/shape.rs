//! What values of JSON have in common, nested ones too: the narrowest type that holds all of them. Objects with too many
//! different keys, or too deep, are text: then they are maps or documents, not rows.

use std::collections::HashMap;

use serde_json::Value;

use super::json_rows::Scalar;
use crate::catalog::column::{ELEMENT, NESTING_MAX};
use crate::catalog::{Column, ColumnType};

/// Different keys that the objects of one column may have.
const FIELDS_MAX: usize = 200;
/// Longest name of a field, in bytes.
const NAME_MAX_BYTES: usize = 255;

/// The narrowest type of some values. `None` inside: there was no value that would tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    Plain(ColumnType),
    Struct(Vec<(String, Option<Shape>)>),
    List(Option<Box<Shape>>),
}

const TEXT: Shape = Shape::Plain(ColumnType::String);

impl Shape {
    /// The shape of one value; none for null, and for text that is null in every type but string.
    pub(crate) fn of(scalar: &Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Nested(value) => Self::of_value(value, NESTING_MAX),
            plain => plain.column_type().map(Self::Plain),
        }
    }

    fn of_value(value: &Value, levels: usize) -> Option<Self> {
        match value {
            Value::Object(_) | Value::Array(_) if levels == 0 => Some(TEXT),
            Value::Object(map) if map.len() > FIELDS_MAX => Some(TEXT),
            Value::Object(map) => Some(Self::with_fields(Vec::new(), map.iter().map(|(key, value)| (key.clone(), Self::of_value(value, levels - 1))).collect())),
            Value::Array(values) => {
                let shapes = values.iter().filter_map(|value| Self::of_value(value, levels - 1));
                Some(Self::List(shapes.reduce(Self::with).map(Box::new)))
            }
            plain => Scalar::of(plain).column_type().map(Self::Plain),
        }
    }

    /// The shape of a column.
    pub(crate) fn of_column(column: &Column) -> Self {
        match column.column_type {
            ColumnType::Struct => Self::Struct(column.fields.iter().map(|field| (field.name.clone(), Some(Self::of_column(field)))).collect()),
            ColumnType::List => Self::List(column.fields.first().map(|element| Box::new(Self::of_column(element)))),
            plain => Self::Plain(plain),
        }
    }

    /// The narrowest shape that holds the values of both.
    #[must_use]
    pub(crate) fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Plain(mine), Self::Plain(other)) => Self::Plain(mine.promoted_with(other)),
            (Self::Struct(mine), Self::Struct(other)) => Self::with_fields(mine, other),
            (Self::List(mine), Self::List(other)) => Self::List(both(mine.map(|shape| *shape), other.map(|shape| *shape)).map(Box::new)),
            _ => TEXT,
        }
    }

    fn with_fields(mut mine: Vec<(String, Option<Self>)>, other: Vec<(String, Option<Self>)>) -> Self {
        // Names that differ only by case are one to most programs. The places are looked up from the first name on that is
        // not where it was.
        let mut places: Option<HashMap<String, usize>> = None;
        for (expected, (name, shape)) in other.into_iter().enumerate() {
            let place = if places.is_none() && mine.get(expected).is_some_and(|(known, _)| *known == name) {
                Some(expected)
            } else {
                let places = places.get_or_insert_with(|| mine.iter().enumerate().map(|(place, (known, _))| (known.to_lowercase(), place)).collect());
                places.get(&name.to_lowercase()).copied()
            };
            if let Some((known, mine)) = place.and_then(|place| mine.get_mut(place)) {
                if *known != name {
                    return TEXT;
                }
                *mine = both(mine.take(), shape);
                continue;
            }
            // What has no place in a schema stays text.
            let strange = name.is_empty() || name.len() > NAME_MAX_BYTES || name.chars().any(char::is_control);
            if strange || mine.len() >= FIELDS_MAX {
                return TEXT;
            }
            if let Some(places) = &mut places {
                places.insert(name.to_lowercase(), mine.len());
            }
            mine.push((name, shape));
        }
        Self::Struct(mine)
    }

    /// Whether it says nothing yet of what is inside.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Struct(fields) => fields.is_empty(),
            Self::List(element) => element.as_ref().is_none_or(|element| element.is_open()),
        }
    }

    /// The kind of type.
    pub(crate) fn column_type(&self) -> ColumnType {
        match self {
            Self::Plain(plain) => *plain,
            Self::Struct(fields) if fields.is_empty() => ColumnType::String,
            Self::Struct(_) => ColumnType::Struct,
            Self::List(_) => ColumnType::List,
        }
    }

    /// A column that holds all of it. What never had a value is text.
    pub(crate) fn column(&self, name: &str) -> Column {
        let inside = |name: &str, shape: Option<&Self>| shape.map_or_else(|| Column::new(name, ColumnType::String), |shape| shape.column(name));
        let fields = match self {
            Self::Plain(_) => Vec::new(),
            Self::Struct(fields) => fields.iter().map(|(name, shape)| inside(name, shape.as_ref())).collect(),
            Self::List(element) => vec![inside(ELEMENT, element.as_deref())],
        };
        Column { name: name.to_owned(), column_type: self.column_type(), fields }
    }
}

fn both(mine: Option<Shape>, other: Option<Shape>) -> Option<Shape> {
    match (mine, other) {
        (Some(mine), Some(other)) => Some(mine.with(other)),
        (mine, other) => mine.or(other),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shape(json: &str) -> Option<Shape> {
        Shape::of(&Scalar::of(&serde_json::from_str(json).unwrap()))
    }

    fn shown(values: &[&str]) -> String {
        values.iter().filter_map(|json| shape(json)).reduce(Shape::with).map_or_else(|| "nothing".to_owned(), |shape| shape.column("x").to_string())
    }

    #[test]
    fn the_narrowest_shape_holds_every_value() {
        let cases: [(&[&str], &str); 12] = [
            (&["1", "null", "2.5"], "float"),
            (&[r#"{"a":1}"#, r#"{"b":"2013-01-01","a":null}"#], "struct(a integer, b date)"),
            (&[r#"{"a":1}"#, "5"], "string"),
            (&["[1,2]", "[]", "[2.5]"], "list(float)"),
            (&["[]"], "list(string)"),
            (&["{}"], "string"),
            (&[r#"[{"a":1},{"b":[true]}]"#], "list(struct(a integer, b list(boolean)))"),
            (&[r#"{"a":1,"A":2}"#], "string"),
            (&[r#"{"":1}"#], "string"),
            (&[r#"{"a":{"b":null}}"#], "struct(a struct(b string))"),
            (&["[[[1]]]"], "list(list(list(integer)))"),
            (&["null"], "nothing"),
        ];
        for (values, expected) in cases {
            assert_eq!(shown(values), expected, "{values:?}");
        }
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        assert!(shown(&[&deep]).starts_with("list(list(list(") && shown(&[&deep]).contains("string"));
        let many: String = (0..FIELDS_MAX + 1).map(|key| format!("\"k{key}\":1")).collect::<Vec<_>>().join(",");
        assert_eq!(shown(&[&format!("{{{many}}}")]), "string");
        // In whatever order the keys come, and however many there are.
        let object = |keys: &mut dyn Iterator<Item = usize>| format!("{{{}}}", keys.map(|key| format!("\"k{key}\":{}", key % 2)).collect::<Vec<_>>().join(","));
        let (half, back) = (object(&mut (0..FIELDS_MAX / 2)), object(&mut (0..FIELDS_MAX).rev()));
        let fields = |shape: Option<Shape>| match shape {
            Some(Shape::Struct(fields)) => fields.len(),
            other => panic!("{other:?}"),
        };
        assert_eq!(fields([&half, &back, &half].into_iter().filter_map(|json| shape(json)).reduce(Shape::with)), FIELDS_MAX);
        assert_eq!(shown(&[&half, &object(&mut (FIELDS_MAX / 2..=FIELDS_MAX))]), "string");
        assert_eq!(shown(&[r#"{"a":1,"b":2}"#, r#"{"b":1,"A":2}"#]), "string");
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            Just(Value::from(0.5)),
            Just(Value::from("x")),
            Just(Value::from("2013-01-01"))
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[ab]", inner), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect()))
            ]
        })
    }

    proptest! {
        /// A shape that has taken in a value does not change when it takes it in again.
        #[test]
        fn a_shape_holds_what_it_has_seen(values in prop::collection::vec(any_value(), 1..6)) {
            let of = |value: &Value| Shape::of(&Scalar::of(value));
            let whole = values.iter().filter_map(of).reduce(Shape::with);
            for value in values.iter().filter_map(of) {
                let whole = whole.clone().unwrap();
                prop_assert_eq!(whole.clone().with(value).column("x"), whole.column("x"));
            }
        }
    }
}
