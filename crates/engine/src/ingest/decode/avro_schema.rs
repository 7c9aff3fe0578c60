//! How large an Avro schema is once every named type stands where it is used. A few hundred bytes that use a record twice
//! inside of a record, and that one twice, make more fields than memory holds, and a few bytes of rows more values; so it
//! is counted by name, before anybody expands it. Refuses schemas that expand to too much, and lists of nothing.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Types that a schema may expand to, fields, lists and alternatives among them.
const TYPES_MAX: u64 = 10_000;
/// Types inside of each other.
const LEVELS_MAX: u64 = 64;
/// Text of the schema, once expanded: what is said of a type goes to every place where it is used.
const TEXT_MAX_BYTES: u64 = 64 << 20;

/// How large a type is, with all that it refers to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    types: u64,
    levels: u64,
    text_bytes: u64,
    /// Values that one of the type makes, also where it is null: its record has room for all of its fields. A list counts
    /// for one.
    pub values: u64,
    /// Values that one byte inside of a list makes at most.
    pub values_of_byte: u64,
    /// Bytes that one takes at least.
    bytes_min: u64,
}

impl Extent {
    /// Counts a schema.
    ///
    /// # Errors
    /// What is too large.
    pub(crate) fn of(schema: &Value) -> Result<Self, String> {
        count(schema, &mut HashMap::new())
    }

    fn plain(name: &str) -> Self {
        let bytes_min = u64::from(name != "null");
        Self { types: 1, text_bytes: name.len() as u64, values: 1, bytes_min, ..Self::default() }
    }

    fn checked(self) -> Result<Self, String> {
        if self.types > TYPES_MAX {
            return Err(format!("it expands to more than {TYPES_MAX} fields and types"));
        }
        if self.levels > LEVELS_MAX {
            return Err(format!("its types are more than {LEVELS_MAX} levels deep"));
        }
        if self.text_bytes > TEXT_MAX_BYTES {
            return Err(format!("it expands to more than {TEXT_MAX_BYTES} bytes"));
        }
        Ok(self)
    }

    /// Both, side by side.
    fn beside(self, other: Self) -> Self {
        Self {
            types: self.types.saturating_add(other.types),
            levels: self.levels.max(other.levels),
            text_bytes: self.text_bytes.saturating_add(other.text_bytes),
            values: self.values.saturating_add(other.values),
            values_of_byte: self.values_of_byte.max(other.values_of_byte),
            bytes_min: self.bytes_min.saturating_add(other.bytes_min),
        }
    }

    /// One level around it.
    fn inside(self) -> Self {
        Self { types: self.types.saturating_add(1), levels: self.levels.saturating_add(1), ..self }
    }

    fn with_text(self, bytes: u64) -> Self {
        Self { text_bytes: self.text_bytes.saturating_add(bytes), ..self }
    }

    /// What is worse of both.
    fn worse(self, other: Self) -> Self {
        Self {
            types: self.types.max(other.types),
            levels: self.levels.max(other.levels),
            text_bytes: self.text_bytes.max(other.text_bytes),
            values: self.values.max(other.values),
            values_of_byte: self.values_of_byte.max(other.values_of_byte),
            bytes_min: self.bytes_min.min(other.bytes_min),
        }
    }
}

/// `names` has the types that were named so far, by the last part of their name: two of different namespaces are one here,
/// as bad as the worse of them.
type Names<'a> = HashMap<&'a str, Extent>;

fn count<'a>(schema: &'a Value, names: &mut Names<'a>) -> Result<Extent, String> {
    match schema {
        Value::String(name) => Ok(named(name, names)),
        Value::Array(alternatives) => {
            let mut whole = Extent::default();
            for alternative in alternatives {
                let counted = count(alternative, names)?;
                // Nothing is no value beside the other alternatives.
                let values = if counted.bytes_min == 0 { 0 } else { counted.values };
                whole = whole.beside(Extent { values, ..counted }).checked()?;
            }
            Extent { values: whole.values.max(1), bytes_min: 1, ..whole.inside() }.checked()
        }
        Value::Object(map) => {
            let extent = count_object(map, names)?.with_text(text_of(map)).checked()?;
            if let Some(name) = map.get("name").and_then(Value::as_str) {
                names.entry(last_part(name)).and_modify(|known| *known = known.worse(extent)).or_insert(extent);
            }
            Ok(extent)
        }
        _ => Ok(Extent::default()),
    }
}

fn count_object<'a>(map: &'a Map<String, Value>, names: &mut Names<'a>) -> Result<Extent, String> {
    let part = |key: &str| map.get(key).unwrap_or(&Value::Null);
    Ok(match part("type") {
        Value::String(kind) => match kind.as_str() {
            "record" => {
                let mut whole = Extent::default();
                for field in part("fields").as_array().into_iter().flatten().filter_map(Value::as_object) {
                    let inner = count(field.get("type").unwrap_or(&Value::Null), names)?;
                    whole = whole.beside(inner.with_text(text_of(field))).checked()?;
                }
                whole.inside()
            }
            "array" => {
                let items = count(part("items"), names)?;
                let of_byte = items.values.checked_div(items.bytes_min).ok_or("it has an array of what takes no bytes, so that it may have any length")?;
                Extent { values: 1, bytes_min: 1, values_of_byte: items.values_of_byte.max(of_byte), ..items.inside() }
            }
            "map" => {
                // The key takes a byte.
                let entries = Extent::plain("string").beside(count(part("values"), names)?);
                let of_byte = entries.values.checked_div(entries.bytes_min).unwrap_or(entries.values);
                Extent { values: 1, bytes_min: 1, values_of_byte: entries.values_of_byte.max(of_byte), ..entries.inside().inside() }
            }
            "fixed" => Extent { bytes_min: part("size").as_u64().unwrap_or(0), ..Extent::plain(kind) },
            "enum" => Extent::plain(kind),
            name => named(name, names),
        },
        inner => count(inner, names)?,
    })
}

/// Bytes of what is said of a type or field besides the types in it.
fn text_of(map: &Map<String, Value>) -> u64 {
    let said = map.iter().filter(|(key, _)| !matches!(key.as_str(), "type" | "fields" | "items" | "values"));
    said.map(|(key, value)| (key.len() + value.to_string().len()) as u64).fold(0, u64::saturating_add)
}

fn named(name: &str, names: &Names<'_>) -> Extent {
    let known = || names.get(last_part(name)).copied();
    match name {
        "null" | "boolean" | "int" | "long" | "float" | "double" | "bytes" | "string" => Extent::plain(name),
        _ => known().unwrap_or_else(|| Extent::plain(name)),
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(name: &str, types: &[Value]) -> Value {
        let fields: Vec<Value> = types.iter().enumerate().map(|(place, kind)| json!({"name": format!("f{place}"), "type": kind})).collect();
        json!({"type": "record", "name": name, "fields": fields})
    }

    #[test]
    fn types_count_at_every_place_where_they_are_used() {
        let place = record("Place", &[json!("double"), json!("double")]);
        let optional = json!(["null", "x.Place"]);
        let found = Extent::of(&record("Row", &[json!("long"), place, optional, json!({"type": "array", "items": ["null", "Place"]})])).unwrap();
        assert_eq!((found.values, found.values_of_byte, found.bytes_min), (6, 2, 5));
        let doubling = (1..40).fold(record("R0", &[json!("int")]), |inner, level| record(&format!("R{level}"), &[inner, json!(format!("R{}", level - 1))]));
        assert!(Extent::of(&doubling).unwrap_err().contains("fields and types"));
        let mut chain = vec![record("C0", &[json!("int")])];
        chain.extend((1..200).map(|level| record(&format!("C{level}"), &[json!(format!("C{}", level - 1))])));
        assert!(Extent::of(&record("Row", &chain)).unwrap_err().contains("levels deep"));
        let mut said = vec![json!({"type": "enum", "name": "E", "symbols": ["a"], "note": "x".repeat(1 << 20)})];
        said.extend((0..100).map(|_| json!("E")));
        assert!(Extent::of(&record("Row", &said)).unwrap_err().contains("bytes"));
    }

    #[test]
    fn arrays_of_nothing_are_refused() {
        for items in [json!("null"), json!({"type": "fixed", "name": "F", "size": 0}), record("E", &[]), record("N", &[json!("null")])] {
            assert!(Extent::of(&json!({"type": "array", "items": items})).unwrap_err().contains("no bytes"), "{items}");
        }
        assert!(Extent::of(&json!({"type": "array", "items": record("N", &[json!("null"), json!("int")])})).is_ok());
    }
}
