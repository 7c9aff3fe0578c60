//! Routes of health. Anonymous, bounded in time, and they say nothing of what is wrong: the log does.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::{Answer, Code, Problem};

const DEADLINE: Duration = Duration::from_secs(3);

/// How the process is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok` or `ready`.
    pub status: &'static str,
}

/// Whether the process is up.
#[utoipa::path(get, path = "/healthz", tag = "operations", security(()), responses((status = 200, body = Health)))]
pub async fn check_health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Whether the stores of data and metadata answer.
#[utoipa::path(get, path = "/readyz", tag = "operations", security(()), responses((status = 200, body = Health)))]
pub async fn check_readiness(State(app): State<App>) -> Answer<Json<Health>> {
    let unavailable = |what: &str| Problem::new(Code::Unavailable, format!("{what} does not answer"));
    if app.closing.is_cancelled() {
        return Err(Problem::new(Code::Unavailable, "the server is stopping"));
    }
    let checks = async {
        app.store.check().await.map_err(|error| {
            tracing::error!(%error, "the metadata store does not answer");
            unavailable("the metadata store")
        })?;
        app.engine.check().await.map_err(|error| {
            tracing::error!(%error, "the data store does not answer");
            unavailable("the data store")
        })
    };
    tokio::time::timeout(DEADLINE, checks).await.map_err(|_| unavailable("a store"))??;
    Ok(Json(Health { status: "ready" }))
}
