//! The parts of an address that name something. One that is no text is a problem like any other.

use axum::extract::{FromRequestParts, Path as Named};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// What an address names.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Named::from_request_parts(parts, state).await {
            Ok(Named(found)) => Ok(Self(found)),
            // That a route has no such part is a mistake of ours.
            Err(rejection) if rejection.status().is_server_error() => Err(Problem::internal(rejection)),
            Err(rejection) => Err(Problem::invalid(rejection.body_text())),
        }
    }
}
