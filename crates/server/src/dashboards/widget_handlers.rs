//! Routes of the widgets of a dashboard. Each is a save of the whole dashboard, so its version guards them too.

use axum::Json;
use axum::extract::State;
use http::StatusCode;

use super::handlers::{find_version, save};
use super::model::Model;
use super::wire::{Dashboard, Definition, NewDashboard, Widget};
use crate::app::App;
use crate::auth::Caller;
use crate::http::{Answer, IfMatch, JsonBody, Path, Problem};
use crate::policy::Action;

/// Add a widget.
#[utoipa::path(
    post, path = "/dashboards/{id}/widgets", tag = "dashboards",
    params(("id" = Uuid, Path, description = "The dashboard"), ("If-Match" = String, Header, description = "The version that was read, in double quotes")),
    request_body = Widget, responses((status = 201, body = Dashboard)))]
pub async fn create_widget(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    IfMatch(version): IfMatch,
    JsonBody(widget): JsonBody<Widget>,
) -> Answer<(StatusCode, Json<Dashboard>)> {
    caller.allow(Action::EditDashboards)?;
    widget.check("")?;
    let read = find_version(&app, &caller, &id, version).await?;
    let mut definition = definition_of(&read)?;
    definition.widgets.push(widget);
    Ok((StatusCode::CREATED, Json(save_definition(&app, &caller, &read, definition).await?)))
}

/// Replace a widget.
#[utoipa::path(
    put, path = "/dashboards/{id}/widgets/{widget_id}", tag = "dashboards",
    params(
        ("id" = Uuid, Path, description = "The dashboard"), ("widget_id" = String, Path, description = "The widget"),
        ("If-Match" = String, Header, description = "The version that was read, in double quotes")),
    request_body = Widget, responses((status = 200, body = Dashboard)))]
pub async fn update_widget(
    State(app): State<App>,
    caller: Caller,
    Path((id, widget_id)): Path<(String, String)>,
    IfMatch(version): IfMatch,
    JsonBody(widget): JsonBody<Widget>,
) -> Answer<Json<Dashboard>> {
    caller.allow(Action::EditDashboards)?;
    widget.check("")?;
    if widget.id != widget_id {
        return Err(Problem::field("id", "is not the id in the path; a widget keeps its id"));
    }
    let read = find_version(&app, &caller, &id, version).await?;
    let mut definition = definition_of(&read)?;
    let place = definition.widgets.iter_mut().find(|other| other.id == widget_id).ok_or_else(|| Problem::not_found("widget"))?;
    *place = widget;
    save_definition(&app, &caller, &read, definition).await.map(Json)
}

/// Remove a widget.
#[utoipa::path(
    delete, path = "/dashboards/{id}/widgets/{widget_id}", tag = "dashboards",
    params(
        ("id" = Uuid, Path, description = "The dashboard"), ("widget_id" = String, Path, description = "The widget"),
        ("If-Match" = String, Header, description = "The version that was read, in double quotes")),
    responses((status = 200, body = Dashboard)))]
pub async fn delete_widget(State(app): State<App>, caller: Caller, Path((id, widget_id)): Path<(String, String)>, IfMatch(version): IfMatch) -> Answer<Json<Dashboard>> {
    caller.allow(Action::EditDashboards)?;
    let read = find_version(&app, &caller, &id, version).await?;
    let mut definition = definition_of(&read)?;
    let before = definition.widgets.len();
    definition.widgets.retain(|other| other.id != widget_id);
    if definition.widgets.len() == before {
        return Err(Problem::not_found("widget"));
    }
    save_definition(&app, &caller, &read, definition).await.map(Json)
}

fn definition_of(row: &Model) -> Answer<Definition> {
    serde_json::from_value(row.definition.clone()).map_err(Problem::internal)
}

async fn save_definition(app: &App, caller: &Caller, read: &Model, definition: Definition) -> Answer<Dashboard> {
    let new = NewDashboard { title: read.title.clone(), description: read.description.clone(), definition };
    save(app, caller, read, new).await
}
