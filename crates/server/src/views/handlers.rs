//! Routes of views.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde_json::{Value, json};
use tidemill::{Error, ErrorKind, Mill, ValuePage, View, ViewDetail};

use super::wire;
use crate::app::App;
use crate::auth::Caller;
use crate::http::problem::Code;
use crate::http::{Answer, IfMatch, JsonBody, Path, Problem, QueryOf};
use crate::models::handlers::{Values, values_of};
use crate::models::wire::ValuePage as WireValuePage;
use crate::policy::Action;
use crate::store::audit;

/// List the views of the tenant, each with the members that it shows.
#[utoipa::path(get, path = "/views", tag = "models", responses((status = 200, body = wire::ViewList)))]
pub async fn list_views(State(app): State<App>, caller: Caller) -> Answer<Json<Value>> {
    caller.allow(Action::Read)?;
    let items = caller.mill(&app).view_details().await?;
    Ok(Json(json!({ "items": items })))
}

/// Read one view with the members that it shows, and what is broken in it.
#[utoipa::path(get, path = "/views/{name}", tag = "models", params(("name" = String, Path, description = "The view")), responses((status = 200, body = wire::ViewDetail)))]
pub async fn find_view(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer<Json<ViewDetail>> {
    caller.allow(Action::Read)?;
    Ok(Json(caller.mill(&app).view_detail(&name).await?))
}

/// List the values of a dimension in a view, as far as the caller may see rows that have them.
#[utoipa::path(
    get, path = "/views/{name}/values", tag = "models",
    params(("name" = String, Path, description = "The view"), Values), responses((status = 200, body = WireValuePage)))]
pub async fn list_view_values(State(app): State<App>, caller: Caller, Path(name): Path<String>, QueryOf(asked): QueryOf<Values>) -> Answer<Json<ValuePage>> {
    caller.allow(Action::Read)?;
    let mill = caller.mill(&app);
    mill.view(&name).await?;
    values_of(&mill, &name, &asked).await
}

/// Save a view. `If-Match` carries the version that was read, or `"0"` for a new one; the version in the body does not count. Who does
/// not see its models as a whole does not save it.
#[utoipa::path(
    put, path = "/views/{name}", tag = "models",
    params(("name" = String, Path, description = "The view"), ("If-Match" = String, Header, description = "The version that was read, in double quotes; 0 makes a new view")),
    request_body = wire::View, responses((status = 200, body = wire::View)))]
pub async fn update_view(State(app): State<App>, caller: Caller, Path(name): Path<String>, IfMatch(version): IfMatch, JsonBody(view): JsonBody<View>) -> Answer<Json<View>> {
    caller.allow(Action::EditModels)?;
    if view.name != name {
        return Err(Problem::field("name", "is not the name in the path; a view keeps its name"));
    }
    let mill = caller.mill(&app);
    match version_of(&mill, &name).await? {
        0 if version != 0 => return Err(Problem::new(Code::NotFound, format!("there is no view {name}; If-Match: \"0\" makes one"))),
        current if current != version => return Err(Problem::precondition_failed(current)),
        _ => {}
    }
    let saved = match mill.update_view(view, version).await {
        Ok(saved) => saved,
        // Somebody saved between our look and our write.
        Err(error) if error.kind() == ErrorKind::Conflict => return Err(Problem::precondition_failed(version_of(&mill, &name).await?)),
        Err(error) => return Err(error.into()),
    };
    audit::append(app.store.db(), app.clock.now(), &caller, "view.updated", &name).await?;
    Ok(Json(saved))
}

/// Delete a view. Its models stay as they are.
#[utoipa::path(delete, path = "/views/{name}", tag = "models", params(("name" = String, Path, description = "The view")), responses((status = 204)))]
pub async fn delete_view(State(app): State<App>, caller: Caller, Path(name): Path<String>) -> Answer<StatusCode> {
    caller.allow(Action::EditModels)?;
    caller.mill(&app).delete_view(&name).await?;
    audit::append(app.store.db(), app.clock.now(), &caller, "view.deleted", &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The version of a view; 0 where there is none.
async fn version_of(mill: &Mill, name: &str) -> Result<u64, Error> {
    match mill.view(name).await {
        Ok(view) => Ok(view.version),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}
