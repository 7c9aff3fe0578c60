//! A problem as Cube's clients read it: an object with a sentence, and the headers that go with every problem.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use crate::http::Problem;
use crate::http::problem::{WireProblem, add_headers};
use crate::middleware::request_id;

/// What was refused, logged already.
#[derive(Debug, Clone)]
pub struct Refused {
    wire: Box<WireProblem>,
    retry_after_seconds: Option<u64>,
}

#[cfg(test)]
impl Refused {
    /// The HTTP status.
    pub(super) fn status(&self) -> u16 {
        self.wire.status
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        let retry_after_seconds = problem.retry_after_seconds();
        Self { wire: Box::new(problem.into_wire()), retry_after_seconds }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self { wire, retry_after_seconds } = self;
        let status = StatusCode::from_u16(wire.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let code = wire.code;
        let sentence = wire.detail.unwrap_or_else(|| wire.title.to_owned());
        // The work may have been begun by an earlier request.
        let request_id = request_id::current().or(wire.request_id);
        let mut response = (status, Json(json!({"error": sentence, "type": code, "requestId": request_id}))).into_response();
        add_headers(&mut response, code, retry_after_seconds);
        response
    }
}
