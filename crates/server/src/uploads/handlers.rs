//! The route of uploads.

use axum::Json;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use http::StatusCode;
use tidemill::ingest::{self, Load};

use super::wire::{Upload, UploadForm};
use crate::app::App;
use crate::auth::Caller;
use crate::http::{Answer, Problem};
use crate::policy::Action;

/// Upload a file and learn what it seems to hold. Nothing is stored in a dataset before `POST /loads`.
#[utoipa::path(post, path = "/uploads", tag = "loads", request_body(content = UploadForm, content_type = "multipart/form-data"), responses((status = 201, body = Upload)))]
pub async fn create_upload(State(app): State<App>, caller: Caller, form: Result<Multipart, MultipartRejection>) -> Answer<(StatusCode, Json<Upload>)> {
    caller.allow(Action::LoadData)?;
    let form = form.map_err(|_| Problem::invalid("an upload is multipart/form-data with one part named \"file\""))?;
    let staged = app.staging.receive(caller.tenancy(), form, app.clock.now()).await?;
    let inference = ingest::infer(Load::path(staged.path())).await?;
    let inference = serde_json::to_value(inference).map_err(Problem::internal)?;
    let staged = app.staging.keep(staged);
    Ok((StatusCode::CREATED, Json(Upload { upload_id: staged.id, file_name: staged.file_name.clone(), size_bytes: staged.size_bytes, inference })))
}
