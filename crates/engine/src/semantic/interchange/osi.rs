//! The Open Semantic Interchange format (Apache Ossie), read and written.
//!
//! Its datasets are models, its fields dimensions, its relationships joins, its metrics measures as far as they are sums,
//! counts, means, extremes, or formulas over those. What it has no word for goes into extensions of our own beside the
//! thing: what we write reads back as it was. An expression, or the columns of a relationship, that somebody has changed since
//! count as they stand in the open part; types, roles and descriptions are those of the extension while it is there.

mod read;
#[cfg(test)]
mod tests;
mod wire;
mod write;

pub use read::read_osi;
pub use write::write_osi;

use serde_json::{Value, json};

/// What an extension of ours holds: the thing as it was, and the open part that it was written beside.
fn sealed(is: &Value, of: &str) -> Value {
    json!({ "of": of, "is": is })
}

/// The thing as it was, when the open part is still the same.
fn unsealed(extension: Option<Value>, of: &str) -> Option<Value> {
    let Some(Value::Object(mut map)) = extension else { return None };
    if map.get("of").and_then(Value::as_str) != Some(of) {
        return None;
    }
    map.remove("is")
}
