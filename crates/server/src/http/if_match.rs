//! The version that a client has read, from the `If-Match` header.

use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;

use super::problem::{Code, Problem};

/// The version in `If-Match: "7"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub u64);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else {
            return Err(Problem::new(Code::PreconditionRequired, "send If-Match with the version that you have read, for instance If-Match: \"3\""));
        };
        let text = value.to_str().unwrap_or_default().trim().trim_start_matches("W/").trim_matches('"');
        text.parse().map(Self).map_err(|_| Problem::invalid("If-Match is a version in double quotes"))
    }
}
