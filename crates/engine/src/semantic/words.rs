//! What is said of models, views and their members beside what they are called: a description for people, `meta` for the programs that
//! read them, and whether they are offered in lists (`public`). Nothing computes with any of it, so only sizes are looked at.

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Longest description, in bytes.
const DESCRIPTION_MAX_BYTES: usize = 10_000;
/// Longest `meta`, in bytes of JSON.
const META_MAX_BYTES: usize = 50_000;
/// Levels of maps and lists in it at most. A file of models is read to 64, and some of those are around it.
const META_DEPTH_MAX: usize = 32;

/// Whether that is offered of which nothing is said.
pub(crate) fn offered() -> bool {
    true
}

/// Whether something is offered, so that nothing has to be written of it.
pub(crate) fn is_offered(public: &bool) -> bool {
    *public
}

/// Checks the words of what has the path `place`; that of a whole model or view is empty.
///
/// # Errors
/// `Invalid` with the path of what is too long or nests too deep.
pub(crate) fn check(place: &str, description: Option<&String>, meta: Option<&Map<String, Value>>) -> Result<()> {
    let at = |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
    if let Some(length) = description.map(String::len).filter(|length| *length > DESCRIPTION_MAX_BYTES) {
        return Err(Error::invalid(format!("the description has {length} bytes; at most {DESCRIPTION_MAX_BYTES} are kept, so shorten it")).at(at("description")));
    }
    let Some(meta) = meta else { return Ok(()) };
    if !is_flatter(meta.values(), META_DEPTH_MAX) {
        return Err(Error::invalid(format!("meta nests more than {META_DEPTH_MAX} maps and lists; make it flatter")).at(at("meta")));
    }
    let length = serde_json::to_string(meta).map_or(0, |text| text.len());
    if length > META_MAX_BYTES {
        return Err(Error::invalid(format!("meta has {length} bytes as JSON; at most {META_MAX_BYTES} are kept, so keep a reference to the rest in it")).at(at("meta")));
    }
    Ok(())
}

/// Whether what is in a map or list lies at most so many levels deep, that one included.
fn is_flatter<'v>(values: impl IntoIterator<Item = &'v Value>, levels: usize) -> bool {
    let Some(below) = levels.checked_sub(1) else { return false };
    values.into_iter().all(|value| match value {
        Value::Object(map) => is_flatter(map.values().collect::<Vec<_>>(), below),
        Value::Array(list) => is_flatter(list, below),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn nested(levels: usize) -> Map<String, Value> {
        let value = (1..levels).fold(json!(1), |inner, _| json!([inner]));
        Map::from_iter([("a".to_owned(), value)])
    }

    #[test]
    fn what_is_too_much_is_refused_and_says_where() {
        check("", Some(&"é".repeat(DESCRIPTION_MAX_BYTES / 2)), Some(&nested(META_DEPTH_MAX))).unwrap();
        let long = "x".repeat(DESCRIPTION_MAX_BYTES + 1);
        let wide = Map::from_iter([("a".to_owned(), json!("x".repeat(META_MAX_BYTES)))]);
        for (place, description, meta, field, words) in [
            ("", Some(&long), None, "description", "10001 bytes"),
            ("measures[2]", Some(&long), None, "measures[2].description", "shorten it"),
            ("", None, Some(nested(META_DEPTH_MAX + 1)), "meta", "32 maps and lists"),
            ("dimensions[0]", None, Some(wide), "dimensions[0].meta", "at most 50000"),
        ] {
            let error = check(place, description, meta.as_ref()).unwrap_err();
            assert_eq!(error.field(), Some(field));
            assert!(error.message().contains(words), "{error}");
        }
    }
}
