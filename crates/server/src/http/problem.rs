//! Problem details (RFC 9457) with a stable code. The sentence goes to the client, the cause goes to the log.

use std::fmt;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tidemill::ErrorKind;
use utoipa::ToSchema;

use crate::middleware::request_id;

/// The result of every handler.
pub type Answer<T> = Result<T, Problem>;

/// What went wrong, in one stable word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProblemCode)]
pub enum Code {
    Invalid,
    Unauthenticated,
    Denied,
    NotFound,
    Conflict,
    PreconditionFailed,
    PreconditionRequired,
    TooLarge,
    Exhausted,
    Internal,
    Corrupt,
    Unavailable,
}

impl Code {
    fn status(self) -> StatusCode {
        match self {
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Denied => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Conflict => StatusCode::CONFLICT,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Exhausted => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal | Self::Corrupt => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Invalid => "The request is not valid",
            Self::Unauthenticated => "Sign in first",
            Self::Denied => "Your role does not allow this",
            Self::NotFound => "Not found",
            Self::Conflict => "Conflict",
            Self::PreconditionFailed => "Somebody else has saved in the meantime",
            Self::PreconditionRequired => "The If-Match header is missing",
            Self::TooLarge => "Too large",
            Self::Exhausted => "Too much at once",
            Self::Internal => "Internal error",
            Self::Corrupt => "Stored data cannot be read",
            Self::Unavailable => "Not available at the moment",
        }
    }
}

/// A part of the request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// Path of the field, for instance `filters[0].member`.
    pub field: String,
    /// What is wrong with it.
    pub detail: String,
}

/// An answer that says what the caller can do.
pub struct Problem {
    code: Code,
    detail: Option<String>,
    errors: Vec<FieldProblem>,
    suggestions: Box<[String]>,
    current_version: Option<u64>,
    retry_after_seconds: Option<u64>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// A problem as it crosses HTTP.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct WireProblem {
    /// Always `about:blank`: the code says what it is.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub type_uri: &'static str,
    /// The code in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong, in one stable word.
    pub code: Code,
    /// What exactly, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// To find the request in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The parts of the request that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldProblem>,
    /// What to ask instead, a sentence each, where a question is over its budget.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub suggestions: Vec<String>,
    /// With `precondition_failed`: the version that is stored now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<u64>,
}

impl Problem {
    /// A problem with a sentence.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: Some(detail.into()), errors: Vec::new(), suggestions: Box::default(), current_version: None, retry_after_seconds: None, cause: None }
    }

    /// The request is wrong.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(Code::Invalid, detail)
    }

    /// A field of the request is wrong.
    pub fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        let (field, detail) = (field.into(), detail.into());
        let mut problem = Self::new(Code::Invalid, if field.is_empty() { detail.clone() } else { format!("{field}: {detail}") });
        problem.errors.push(FieldProblem { field, detail });
        problem
    }

    /// The same with the parts of the request that are wrong.
    pub fn with_fields(mut self, errors: Vec<FieldProblem>) -> Self {
        self.errors = errors;
        self
    }

    /// No credential, or one that does not hold.
    pub fn unauthenticated() -> Self {
        Self::new(Code::Unauthenticated, "send a valid access token")
    }

    /// There is no such thing in this tenant.
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("there is no such {what}"))
    }

    /// Somebody else has saved.
    pub fn precondition_failed(current_version: u64) -> Self {
        let mut problem = Self::new(Code::PreconditionFailed, "read the current version, then save again");
        problem.current_version = Some(current_version);
        problem
    }

    /// A limit was reached for a while.
    pub fn exhausted(detail: impl Into<String>, retry_after_seconds: u64) -> Self {
        let mut problem = Self::new(Code::Exhausted, detail);
        problem.retry_after_seconds = Some(retry_after_seconds.max(1));
        problem
    }

    /// A bug or a failure of ours; the cause is for the log alone.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let mut problem = Self::new(Code::Internal, "the server failed; the request id helps to find out why");
        problem.cause = Some(cause.into());
        problem
    }

    /// What went wrong, in one word.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Whether it says which part of the request is wrong.
    pub(crate) fn names_field(&self) -> bool {
        !self.errors.is_empty()
    }

    /// After how long it is worth trying again.
    pub(crate) fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after_seconds
    }

    /// The form that crosses the wire; logs the problem once.
    pub fn into_wire(self) -> WireProblem {
        self.log();
        WireProblem {
            type_uri: "about:blank",
            title: self.code.title(),
            status: self.code.status().as_u16(),
            code: self.code,
            detail: self.detail,
            request_id: request_id::current(),
            errors: self.errors,
            suggestions: self.suggestions.into_vec(),
            current_version: self.current_version,
        }
    }

    fn log(&self) {
        let detail = self.detail.as_deref().unwrap_or_default();
        let cause = self.cause.as_deref().map(causes).unwrap_or_default();
        if self.code.status().is_server_error() {
            tracing::error!(code = ?self.code, cause, "{detail}");
        } else {
            tracing::debug!(code = ?self.code, cause, "{detail}");
        }
    }
}

/// An error and its causes in one line.
fn causes(error: &(dyn std::error::Error + Send + Sync + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.code, self.detail.as_deref().unwrap_or_default())
    }
}

impl From<tidemill::Error> for Problem {
    fn from(error: tidemill::Error) -> Self {
        let code = code_of(error.kind());
        let mut problem = match code {
            // Our own failures keep their sentences for the log: they may hold paths.
            Code::Internal => return Self::internal(error),
            // What is over a budget is so in a second too: no word of when to ask the same again.
            Code::Exhausted if error.suggestions().is_empty() => Self::exhausted(error.message(), 1),
            _ => Self::new(code, error.message()),
        };
        if let Some(field) = error.field() {
            problem.errors.push(FieldProblem { field: field.to_owned(), detail: error.message().to_owned() });
        }
        problem.suggestions = error.suggestions().into();
        problem.cause = Some(Box::new(error));
        problem
    }
}

/// The code of an engine error. Every kind stands here; a new one must be placed by hand.
fn code_of(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::Invalid => Code::Invalid,
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::Conflict | ErrorKind::Cancelled => Code::Conflict,
        ErrorKind::Denied => Code::Denied,
        ErrorKind::Unavailable => Code::Unavailable,
        ErrorKind::Exhausted => Code::Exhausted,
        ErrorKind::Corrupt => Code::Corrupt,
        // The kinds are open for additions (`non_exhaustive`): what we do not know is not the client's fault.
        _ => Code::Internal,
    }
}

impl From<sea_orm::DbErr> for Problem {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::internal(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code, retry_after_seconds) = (self.code.status(), self.code, self.retry_after_seconds);
        let body = serde_json::to_vec(&self.into_wire()).unwrap_or_default();
        let mut response = (status, body).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        add_headers(&mut response, code, retry_after_seconds);
        response
    }
}

/// Headers that say what to do about a problem.
pub(crate) fn add_headers(response: &mut Response, code: Code, retry_after_seconds: Option<u64>) {
    let headers = response.headers_mut();
    if let Some(seconds) = retry_after_seconds.or((code == Code::Unavailable).then_some(1)) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if code == Code::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_engine_has_its_status() {
        for (kind, status) in [
            (ErrorKind::Invalid, 400),
            (ErrorKind::NotFound, 404),
            (ErrorKind::Conflict, 409),
            (ErrorKind::Denied, 403),
            (ErrorKind::Unavailable, 503),
            (ErrorKind::Exhausted, 429),
            (ErrorKind::Corrupt, 500),
            (ErrorKind::Cancelled, 409),
            (ErrorKind::Internal, 500),
        ] {
            assert_eq!(code_of(kind).status().as_u16(), status, "{kind:?}");
        }
    }

    #[test]
    fn causes_and_internal_sentences_stay_inside() {
        let problem = Problem::from(tidemill::Error::internal("open /secret/path").because("disk on fire"));
        let text = serde_json::to_string(&problem.into_wire()).unwrap();
        assert!(!text.contains("secret") && !text.contains("fire"), "{text}");
        let problem = Problem::from(tidemill::Error::invalid("no such member").at("filters[0].member"));
        let text = serde_json::to_string(&problem.into_wire()).unwrap();
        assert!(text.contains("filters[0].member"), "{text}");
    }
}
