//! Routes of uploads.

use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use http::StatusCode;
use tidemill::ingest::{self, Load};

use super::staging::StagedFile;
use super::wire::{ReadOptions, Upload, UploadForm, UploadList, WaitingUpload};
use crate::app::App;
use crate::auth::Caller;
use crate::http::{Answer, Code, JsonBody, Path, Problem, QueryOf};
use crate::jobs::Job;
use crate::policy::Action;

/// Upload a file and learn what it seems to hold. Nothing is stored in a dataset before `POST /loads`.
#[utoipa::path(
    post,
    path = "/uploads",
    tag = "loads",
    params(ReadOptions),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 201, body = Upload))
)]
pub async fn create_upload(
    State(app): State<App>,
    caller: Caller,
    QueryOf(options): QueryOf<ReadOptions>,
    form: Result<Multipart, MultipartRejection>,
) -> Answer<(StatusCode, Json<Upload>)> {
    caller.allow(Action::LoadData)?;
    let options = options.to_engine()?;
    let form = form.map_err(|_| Problem::invalid("an upload is multipart/form-data with one part named \"file\""))?;
    let staged = app.staging.receive(caller.tenancy(), form, app.clock.now()).await?;
    let upload = inferred(&staged, options).await?;
    app.staging.keep(staged);
    Ok((StatusCode::CREATED, Json(upload)))
}

/// List the uploads that wait for their types to be confirmed, newest first. One that is being loaded is among the loads, and here again where its
/// load stores nothing.
#[utoipa::path(get, path = "/uploads", tag = "loads", responses((status = 200, body = UploadList)))]
pub async fn list_uploads(State(app): State<App>, caller: Caller) -> Answer<Json<UploadList>> {
    caller.allow(Action::LoadData)?;
    let running = app.loads.list(caller.tenancy(), |load| load.ended_at().is_none());
    let mut staged = app.staging.list(caller.tenancy(), app.clock.now());
    staged.retain(|file| !running.iter().any(|load| load.is_reading(&file.id.to_string())));
    Ok(Json(UploadList { items: staged.iter().map(|file| WaitingUpload::of(file)).collect() }))
}

/// Infer an uploaded file once more, with more said of how it is written: another sheet, encoding or path. The upload itself
/// stays as it is; send the same options to `POST /loads`.
#[utoipa::path(
    post,
    path = "/uploads/{id}/inference",
    tag = "loads",
    params(("id" = Uuid, Path, description = "The upload")),
    request_body = ReadOptions,
    responses((status = 200, body = Upload))
)]
pub async fn infer_upload(State(app): State<App>, caller: Caller, Path(id): Path<String>, JsonBody(options): JsonBody<ReadOptions>) -> Answer<Json<Upload>> {
    caller.allow(Action::LoadData)?;
    let staged = app.staging.find(caller.tenancy(), &id, app.clock.now())?;
    inferred(&staged, options.to_engine()?).await.map(Json)
}

/// Discard an upload that nobody wants to load any more: its bytes go, and another file may take its place. Done again it is answered as the
/// first time. One that is being loaded stays; cancel the load first.
#[utoipa::path(delete, path = "/uploads/{id}", tag = "loads", params(("id" = Uuid, Path, description = "The upload")), responses((status = 204)))]
pub async fn delete_upload(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    caller.allow(Action::LoadData)?;
    if let Some(load) = app.loads.list(caller.tenancy(), |load| load.is_reading(&id)).first() {
        let load = load.id();
        return Err(Problem::new(Code::Conflict, format!("load {load} is reading this upload; wait for its end, or cancel it first: DELETE /api/v1/loads/{load}")));
    }
    app.staging.discard(caller.tenancy(), &id, app.clock.now())?;
    Ok(StatusCode::NO_CONTENT)
}

async fn inferred(staged: &StagedFile, options: ingest::ReadOptions) -> Answer<Upload> {
    let inference = ingest::infer(Load::from_input(staged.input()).options(options)).await?;
    let inference = serde_json::to_value(inference).map_err(Problem::internal)?;
    Ok(Upload { upload_id: staged.id, file_name: staged.file_name.clone(), size_bytes: staged.size_bytes, inference })
}
