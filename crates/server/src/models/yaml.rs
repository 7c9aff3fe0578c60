//! A model as the YAML file that `tidemill models` reads and writes, beside its form as JSON.

use axum::Json;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, header};
use tidemill::interchange::{Place, Places, read_models, write_model};
use tidemill::{Error, Model};

use crate::http::{Problem, body};

/// The type of YAML (RFC 9512).
const YAML: &str = "application/yaml";
/// What errors call the body, before its line and column.
pub const BODY: &str = "body";

/// A body of either form that is not read yet.
pub struct ModelText {
    bytes: Bytes,
    yaml: bool,
}

/// A model that was read from a body of either form.
pub struct ModelBody(pub Model, pub Lines);

/// The lines of a body in YAML; JSON has none that people look at.
pub struct Lines(Option<Places>);

impl Lines {
    /// An error about a model of the body, with its line and column.
    pub fn told(&self, model: &str, error: Error) -> Error {
        match self.find(model, error.field().unwrap_or_default()) {
            Some(place) => error.context(format!("{BODY}:{place}")),
            None => error,
        }
    }

    /// Where the body says something of a model, or what is around it.
    pub fn find(&self, model: &str, field: &str) -> Option<Place> {
        self.0.as_ref()?.find(model, field)
    }
}

impl ModelText {
    /// The one model that the body says.
    ///
    /// # Errors
    /// `Invalid` with the field, or with line and column.
    pub fn read(&self) -> Result<ModelBody, Problem> {
        if self.yaml { read(&self.bytes) } else { Ok(ModelBody(body::parse(&self.bytes)?, Lines(None))) }
    }
}

impl<S: Send + Sync> FromRequest<S> for ModelText {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let yaml = is_yaml(content_type);
        // A form of another site can send neither type without asking first.
        if !yaml && !body::is_json(content_type) {
            return Err(Problem::invalid(format!("a model is JSON or YAML: send content-type application/json or {YAML}, not {content_type:?}")));
        }
        Ok(Self { bytes: body::read(request, state).await?, yaml })
    }
}

impl<S: Send + Sync> FromRequest<S> for ModelBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        ModelText::from_request(request, state).await?.read()
    }
}

/// The one model of a YAML text; an error names line and column.
fn read(bytes: &[u8]) -> Result<ModelBody, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| Problem::invalid(format!("the body is no UTF-8 from its byte {} on", error.valid_up_to())))?;
    let mut models = read_models(BODY, text)?;
    match (models.pop(), models.len()) {
        (Some(model), 0) => Ok(ModelBody(model, Lines(Some(Places::read(BODY, text)?)))),
        (found, others) => Err(Problem::invalid(format!("the body has {} models; one is saved here", others + usize::from(found.is_some())))),
    }
}

/// A model in the form that a client accepts: YAML where it says so, else JSON.
pub fn write(model: Model, headers: &HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = accept.split(',').find(|range| is_yaml(range) || matches!(essence(range), "*/*" | "application/*" | "application/json"));
    if known.is_some_and(is_yaml) { ([(header::CONTENT_TYPE, YAML)], write_model(&model)).into_response() } else { Json(model).into_response() }
}

fn is_yaml(range: &str) -> bool {
    essence(range).eq_ignore_ascii_case(YAML)
}

/// A media type without its parameters.
fn essence(range: &str) -> &str {
    range.split(';').next().unwrap_or_default().trim()
}
