//! The part of an address behind the question mark. What does not fit is a problem like any other.

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// Parameters of an address.
pub struct QueryOf<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryOf<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Query(found) = Query::try_from_uri(&parts.uri).map_err(|rejection| Problem::invalid(rejection.body_text()))?;
        Ok(Self(found))
    }
}
