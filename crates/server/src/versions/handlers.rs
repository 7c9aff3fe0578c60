//! Routes of versions, of how long things are kept, and of upkeep.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use tidemill::AsOf;

use super::wire::{self, ChangeParams, DatasetChanges, UpkeepReport, VersionPage, VersionParams};
use crate::app::App;
use crate::auth::Caller;
use crate::http::{Answer, JsonBody, Path, Problem, QueryOf, json_of};
use crate::policy::Action;
use crate::store::audit;

const VERSIONS_DEFAULT: usize = 100;

/// List the versions of a dataset, newest first, and what made them.
#[utoipa::path(get, path = "/datasets/{name}/versions", tag = "versions", params(("name" = String, Path, description = "The dataset"), VersionParams), responses((status = 200, body = VersionPage)))]
pub async fn list_versions(State(app): State<App>, caller: Caller, Path(name): Path<String>, QueryOf(params): QueryOf<VersionParams>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    json_of(&caller.mill(&app).versions(&name, params.before, params.limit.unwrap_or(VERSIONS_DEFAULT)).await?)
}

/// Say what happened to a dataset between two states: at most 1,000 commits.
#[utoipa::path(get, path = "/datasets/{name}/changes", tag = "versions", params(("name" = String, Path, description = "The dataset"), ChangeParams), responses((status = 200, body = DatasetChanges)))]
pub async fn list_changes(State(app): State<App>, caller: Caller, Path(name): Path<String>, QueryOf(params): QueryOf<ChangeParams>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    let mill = caller.mill(&app);
    let state = |field: &str, text: &str| text.parse::<AsOf>().map_err(|detail| Problem::field(field, detail));
    let from = state("from", &params.from)?;
    let to = match &params.to {
        Some(to) => state("to", to)?,
        None => AsOf::Version(mill.dataset(&name).await?.summary.version),
    };
    json_of(&mill.changes(&name, from, to).await?)
}

/// Read how long rows and versions of a dataset are kept.
#[utoipa::path(get, path = "/datasets/{name}/settings", tag = "versions", params(("name" = String, Path, description = "The dataset")), responses((status = 200, body = wire::DatasetSettings)))]
pub async fn find_settings(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    json_of(&caller.mill(&app).dataset_settings(&name).await?)
}

/// Say how long rows and versions of a dataset are kept. Rows that are older go soon after. Takes the role admin.
#[utoipa::path(
    put, path = "/datasets/{name}/settings", tag = "versions", params(("name" = String, Path, description = "The dataset")),
    request_body = wire::DatasetSettings, responses((status = 200, body = wire::DatasetSettings)))]
pub async fn update_settings(State(app): State<App>, caller: Caller, Path(name): Path<String>, JsonBody(settings): JsonBody<tidemill::DatasetSettings>) -> Answer<Json<Value>> {
    caller.allow(Action::KeepDatasets)?;
    let settings = caller.mill(&app).update_dataset_settings(&name, settings).await?;
    audit::append(app.store.db(), app.clock.now(), &caller, "dataset.settings_changed", &name).await?;
    json_of(&settings)
}

/// Read what upkeep did last for each dataset, how long it took and what failed. Takes the role admin.
#[utoipa::path(get, path = "/upkeep", tag = "versions", responses((status = 200, body = UpkeepReport)))]
pub async fn read_upkeep(State(app): State<App>, caller: Caller) -> Answer<Json<Value>> {
    caller.allow(Action::KeepDatasets)?;
    let report = caller.mill(&app).upkeep_report().await?;
    let record = |record: &tidemill::UpkeepRecord| {
        let tidemill::UpkeepRecord { dataset, chore, started_at, duration_ms, done, error, .. } = record;
        json!({"dataset": dataset, "chore": chore, "started_at": started_at, "duration_ms": duration_ms,
            "rows": done.rows, "objects": done.objects, "bytes": done.bytes, "error": error})
    };
    Ok(Json(json!({"enabled": report.enabled, "listed_at": report.listed_at, "records": report.records.iter().map(record).collect::<Vec<_>>()})))
}
