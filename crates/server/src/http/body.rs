//! A JSON body. What does not parse is answered with the path of the field.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::header;
use serde::de::DeserializeOwned;

use super::problem::{Code, Problem};

/// A body that was read as JSON.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        // A form of another site cannot send this type without asking first.
        if !is_json(content_type) {
            return Err(Problem::invalid(format!("the body is JSON: send content-type application/json, not {content_type:?}")));
        }
        parse(&read(request, state).await?).map(Self)
    }
}

/// Whether a content type is that of JSON.
pub fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// Reads the whole body within the limit of its route.
///
/// # Errors
/// `TooLarge`, or `Invalid` when the client broke off.
pub async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        http::StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Code::TooLarge, "the body is larger than this route takes"),
        _ => Problem::invalid("the body could not be read to its end"),
    })
}

/// Parses JSON; an error names the field.
///
/// # Errors
/// `Invalid` with the path of the field.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        Problem::field(path, error.inner().to_string())
    })?;
    deserializer.end().map_err(|error| Problem::field("", error.to_string()))?;
    Ok(value)
}
