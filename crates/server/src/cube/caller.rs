//! The caller of a Cube client, which sends the token alone and without a scheme; one with a scheme is taken too.

use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;

use super::refused::Refused;
use crate::app::App;
use crate::auth::Caller;
use crate::http::Problem;

/// A caller, by the same tokens and keys as everywhere.
pub struct CubeCaller(pub Caller);

impl FromRequestParts<App> for CubeCaller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let value = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(Problem::unauthenticated)?;
        let token = match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token,
            Some(_) => return Err(Problem::unauthenticated().into()),
            None => value,
        };
        Ok(Self(Caller::from_parts(app, token.trim(), parts).await?))
    }
}
