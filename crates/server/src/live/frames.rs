//! What crosses a live socket.

use serde::Deserialize;
use serde_json::{Value, json};
use tidemill::{Change, SemanticQuery};

use crate::http::Problem;

/// What a client says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientFrame {
    /// The first frame.
    #[serde(rename_all = "camelCase")]
    Hello {
        /// An access token or an API key.
        token: String,
        /// The user through whose eyes an admin looks.
        view_as: Option<uuid::Uuid>,
    },
    /// A new token, before the old one ends.
    Token {
        /// An access token of the same user.
        token: String,
    },
    /// Asks for a live result.
    Subscribe {
        /// The client's name for it.
        id: String,
        /// What to ask.
        query: Box<SemanticQuery>,
    },
    /// Ends it.
    Unsubscribe {
        /// The client's name for it.
        id: String,
    },
    /// Has drawn a version.
    Ack {
        /// The client's name for it.
        id: String,
        /// The version.
        version: u64,
    },
}

/// `welcome`
pub fn welcome(heartbeat_seconds: u64) -> Value {
    json!({"type": "welcome", "heartbeat_seconds": heartbeat_seconds})
}

/// `heartbeat`
pub fn heartbeat(server_time: &str) -> Value {
    json!({"type": "heartbeat", "server_time": server_time})
}

/// `bye`
pub fn bye(reason: &str, retry_after_ms: Option<u64>) -> Value {
    json!({"type": "bye", "reason": reason, "retry_after_ms": retry_after_ms})
}

/// `error`, of a subscription or of the socket.
pub fn error(id: Option<&str>, problem: Problem) -> Value {
    let problem = serde_json::to_value(problem.into_wire()).unwrap_or_default();
    match id {
        Some(id) => json!({"type": "error", "id": id, "problem": problem}),
        None => json!({"type": "error", "problem": problem}),
    }
}

/// `snapshot`, `patch` or `unchanged`.
pub fn change(id: &str, change: &Change) -> Value {
    let mut frame = change.to_json();
    if let Value::Object(fields) = &mut frame {
        fields.insert("id".to_owned(), Value::String(id.to_owned()));
    }
    frame
}
