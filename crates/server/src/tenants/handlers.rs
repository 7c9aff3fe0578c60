//! The route of the caller's tenant.

use axum::Json;
use axum::extract::State;

use super::model::{Budget, Calendar};
use super::store;
use super::wire::{Tenant, TenantChange};
use crate::app::App;
use crate::auth::Person;
use crate::http::{Answer, JsonBody, Problem};
use crate::policy::Action;
use crate::store::audit;

/// Change when weeks and years of the tenant begin, and what its questions may read. Takes the role admin.
#[utoipa::path(put, path = "/tenant", tag = "users", request_body = TenantChange, responses((status = 200, body = Tenant)))]
pub async fn update_tenant(State(app): State<App>, caller: Person, JsonBody(change): JsonBody<TenantChange>) -> Answer<Json<Tenant>> {
    caller.allow(Action::ManageUsers)?;
    let transaction = app.store.begin().await?;
    let stored = store::get(&transaction, caller.tenancy().id()).await?.ok_or_else(|| Problem::not_found("tenant"))?;
    // Over what is stored now and not over what the caller knows: somebody else may have changed it since.
    let calendar = change.calendar.map(|calendar| calendar.over("calendar", &stored.calendar.0)).transpose()?;
    store::update(&transaction, caller.tenancy(), calendar.map(Calendar), change.budget.map(Budget)).await?;
    let changed = store::get(&transaction, caller.tenancy().id()).await?.ok_or_else(|| Problem::not_found("tenant"))?;
    audit::append(&transaction, app.clock.now(), &caller, "tenant.updated", caller.tenancy().slug().as_str()).await?;
    transaction.commit().await?;
    app.members.forget_all();
    Ok(Json((&changed).into()))
}
