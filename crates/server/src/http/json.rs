//! A JSON answer of what the engine says.

use axum::Json;
use serde::Serialize;
use serde_json::Value;

use super::problem::{Answer, Problem};

/// A value of the engine as the body of an answer.
///
/// # Errors
/// `Internal` for what cannot be written as JSON, which nothing of the engine's is.
pub fn json_of(value: &impl Serialize) -> Answer<Json<Value>> {
    serde_json::to_value(value).map(Json).map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn what_cannot_be_written_is_our_fault_and_no_panic() {
        assert_eq!(json_of(&HashMap::from([("rows", 2)])).unwrap().0, serde_json::json!({"rows": 2}));
        // Keys of objects are texts.
        assert!(json_of(&HashMap::from([((1, 2), 3)])).is_err());
    }
}
