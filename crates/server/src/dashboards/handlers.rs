//! Routes of dashboards.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use uuid::Uuid;

use super::generate::{Facts, generate};
use super::model::Model;
use super::store::{self, Content};
use super::wire::{Dashboard, DashboardList, GenerateDashboard, NewDashboard};
use crate::app::App;
use crate::auth::{Caller, Tenancy};
use crate::http::{Answer, Code, IfMatch, JsonBody, Path, Problem};
use crate::policy::Action;
use crate::store::audit::{self, Actor};

const DASHBOARDS_MAX: u64 = 1_000;

/// List the dashboards of the tenant.
#[utoipa::path(get, path = "/dashboards", tag = "dashboards", responses((status = 200, body = DashboardList)))]
pub async fn list_dashboards(State(app): State<App>, caller: Caller) -> Answer<Json<DashboardList>> {
    caller.allow(Action::Read)?;
    let rows = store::list(app.store.db(), caller.tenancy()).await?;
    Ok(Json(DashboardList { items: rows.into_iter().map(Into::into).collect() }))
}

/// Create a dashboard.
#[utoipa::path(post, path = "/dashboards", tag = "dashboards", request_body = NewDashboard, responses((status = 201, body = Dashboard)))]
pub async fn create_dashboard(State(app): State<App>, caller: Caller, JsonBody(new): JsonBody<NewDashboard>) -> Answer<(StatusCode, Json<Dashboard>)> {
    caller.allow(Action::EditDashboards)?;
    let row = save_new(&app, caller.tenancy(), (&caller).into(), new, caller.identity().label()).await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}

/// Make a dashboard for a dataset from its model.
#[utoipa::path(post, path = "/dashboards/generate", tag = "dashboards", request_body = GenerateDashboard, responses((status = 201, body = Dashboard)))]
pub async fn generate_dashboard(State(app): State<App>, caller: Caller, JsonBody(order): JsonBody<GenerateDashboard>) -> Answer<(StatusCode, Json<Dashboard>)> {
    caller.allow(Action::EditDashboards)?;
    let mill = caller.mill(&app);
    let model = mill.model(&order.dataset).await?;
    let facts = Facts::of(&mill.profile(&model.dataset).await?);
    let new = generate(&model, &facts);
    let row = save_new(&app, caller.tenancy(), (&caller).into(), new, caller.identity().label()).await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}

/// Read one dashboard.
#[utoipa::path(get, path = "/dashboards/{id}", tag = "dashboards", params(("id" = Uuid, Path, description = "The dashboard")), responses((status = 200, body = Dashboard)))]
pub async fn find_dashboard(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer<Json<Dashboard>> {
    caller.allow(Action::Read)?;
    Ok(Json(find(&app, &caller, &id).await?.into()))
}

/// Save a dashboard over the version that was read.
#[utoipa::path(
    put, path = "/dashboards/{id}", tag = "dashboards",
    params(("id" = Uuid, Path, description = "The dashboard"), ("If-Match" = String, Header, description = "The version that was read, in double quotes")),
    request_body = NewDashboard, responses((status = 200, body = Dashboard)))]
pub async fn update_dashboard(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    IfMatch(version): IfMatch,
    JsonBody(new): JsonBody<NewDashboard>,
) -> Answer<Json<Dashboard>> {
    caller.allow(Action::EditDashboards)?;
    let read = find_version(&app, &caller, &id, version).await?;
    save(&app, &caller, &read, new).await.map(Json)
}

/// Remove a dashboard.
#[utoipa::path(delete, path = "/dashboards/{id}", tag = "dashboards", params(("id" = Uuid, Path, description = "The dashboard")), responses((status = 204)))]
pub async fn delete_dashboard(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    caller.allow(Action::EditDashboards)?;
    let transaction = app.store.begin().await?;
    if !store::delete(&transaction, caller.tenancy(), parse_id(&id)?).await? {
        return Err(Problem::not_found("dashboard"));
    }
    audit::append(&transaction, app.clock.now(), &caller, "dashboard.deleted", &id).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Checks and stores a new dashboard; the demo uses it too.
///
/// # Errors
/// `Invalid`, `Exhausted`.
pub async fn save_new(app: &App, tenancy: &Tenancy, actor: Actor, new: NewDashboard, saved_by: String) -> Answer<Model> {
    new.check()?;
    let now = app.clock.now();
    let definition = serde_json::to_value(&new.definition).map_err(Problem::internal)?;
    let transaction = app.store.begin().await?;
    if store::count(&transaction, tenancy).await? >= DASHBOARDS_MAX {
        return Err(Problem::exhausted(format!("a tenant has at most {DASHBOARDS_MAX} dashboards; remove one first"), 60));
    }
    let row = store::create(&transaction, tenancy, Content { title: new.title, description: new.description, definition, saved_by }, now).await?;
    audit::append(&transaction, now, actor, "dashboard.created", &row.id.to_string()).await?;
    transaction.commit().await?;
    Ok(row)
}

/// Checks and stores the next version of a dashboard.
///
/// # Errors
/// `Invalid`, `PreconditionFailed`.
pub async fn save(app: &App, caller: &Caller, read: &Model, new: NewDashboard) -> Answer<Dashboard> {
    new.check()?;
    let now = app.clock.now();
    let definition = serde_json::to_value(&new.definition).map_err(Problem::internal)?;
    let content = Content { title: new.title, description: new.description, definition, saved_by: caller.identity().label() };
    let transaction = app.store.begin().await?;
    let Some(saved) = store::update(&transaction, caller.tenancy(), read, content, now).await? else {
        let current = store::get(&transaction, caller.tenancy(), read.id).await?.ok_or_else(|| Problem::not_found("dashboard"))?;
        return Err(Problem::precondition_failed(version_of(&current)));
    };
    audit::append(&transaction, now, caller, "dashboard.updated", &saved.id.to_string()).await?;
    transaction.commit().await?;
    Ok(saved.into())
}

/// The dashboard, if it is still at the version that the client has read.
///
/// # Errors
/// `NotFound`, `PreconditionFailed`.
pub async fn find_version(app: &App, caller: &Caller, id: &str, version: u64) -> Answer<Model> {
    let row = find(app, caller, id).await?;
    if version_of(&row) == version { Ok(row) } else { Err(Problem::precondition_failed(version_of(&row))) }
}

async fn find(app: &App, caller: &Caller, id: &str) -> Answer<Model> {
    store::get(app.store.db(), caller.tenancy(), parse_id(id)?).await?.ok_or_else(|| Problem::not_found("dashboard"))
}

fn parse_id(id: &str) -> Answer<Uuid> {
    id.parse().map_err(|_| Problem::new(Code::NotFound, "there is no such dashboard"))
}

fn version_of(row: &Model) -> u64 {
    u64::try_from(row.version).unwrap_or(0)
}
