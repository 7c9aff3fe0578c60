//! A panic ends one request, not the process, and its text stays in the log.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::http::Problem;

/// Answers a panic.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
pub fn answer(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "no text".to_owned());
    Problem::internal(format!("a handler panicked: {text}")).into_response()
}
