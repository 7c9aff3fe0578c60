//! Routes of API keys. People manage them, keys do not; nobody makes, changes or revokes one of a higher role than their own.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::model::Model;
use super::store::{self, NewKey};
use super::wire::{ApiKey, ApiKeyChange, ApiKeyList, CreatedApiKey, NewApiKey, check_end};
use crate::app::App;
use crate::auth::{self, Caller, Person};
use crate::http::{Answer, Code, IfMatch, JsonBody, Path, Problem};
use crate::policy::{Action, Role, may_give_key};
use crate::store::audit;
use crate::tenants::model::Budget;
use crate::users::wire::{check_user_name, checked_attributes};

/// Keys of a tenant that were not revoked, at most.
const KEYS_MAX: u64 = 500;

/// List the API keys of the tenant, without their secrets. Takes the role admin.
#[utoipa::path(get, path = "/api-keys", tag = "users", responses((status = 200, body = ApiKeyList)))]
pub async fn list_api_keys(State(app): State<App>, caller: Person) -> Answer<Json<ApiKeyList>> {
    caller.allow(Action::ManageUsers)?;
    let keys = store::list(app.store.db(), caller.tenancy()).await?;
    Ok(Json(ApiKeyList { items: keys.iter().map(Into::into).collect() }))
}

/// Make an API key. The answer is the only one that ever has its secret. Takes the role admin.
#[utoipa::path(post, path = "/api-keys", tag = "users", request_body = NewApiKey, responses((status = 201, body = CreatedApiKey)))]
pub async fn create_api_key(State(app): State<App>, caller: Person, JsonBody(new): JsonBody<NewApiKey>) -> Answer<(StatusCode, Json<CreatedApiKey>)> {
    caller.allow(Action::ManageUsers)?;
    check_may_give(&caller, new.role)?;
    let now = app.clock.now();
    check_user_name("name", &new.name)?;
    check_end("expires_at", new.expires_at, now)?;
    let attributes = checked_attributes("attributes", new.attributes.unwrap_or_default())?;
    let new = NewKey { name: new.name, role: new.role, attributes, budget: Budget(new.budget.unwrap_or_default()), expires_at: new.expires_at };
    let secret = auth::ApiKey::generate();
    let transaction = app.store.begin().await?;
    if store::count(&transaction, caller.tenancy()).await? >= KEYS_MAX {
        return Err(Problem::new(Code::Conflict, format!("the tenant has {KEYS_MAX} API keys; revoke some first")));
    }
    let key = store::create(&transaction, caller.tenancy(), &secret, new, caller.user(), now).await?;
    audit::append(&transaction, now, &caller, "api_key.created", &key.prefix).await?;
    transaction.commit().await?;
    Ok((StatusCode::CREATED, Json(CreatedApiKey { key: (&key).into(), token: secret.reveal() })))
}

/// Change name, attributes, budget and end of an API key over the version that was read; its role stays. Takes the role admin.
#[utoipa::path(
    put, path = "/api-keys/{id}", tag = "users",
    params(("id" = Uuid, Path, description = "The key"), ("If-Match" = String, Header, description = "The version that was read, in double quotes")),
    request_body = ApiKeyChange, responses((status = 200, body = ApiKey)))]
pub async fn update_api_key(
    State(app): State<App>,
    caller: Person,
    Path(id): Path<String>,
    IfMatch(version): IfMatch,
    JsonBody(change): JsonBody<ApiKeyChange>,
) -> Answer<Json<ApiKey>> {
    caller.allow(Action::ManageUsers)?;
    let now = app.clock.now();
    let transaction = app.store.begin().await?;
    let mut key = find_given(&transaction, &caller, &id).await?;
    if version_of(&key) != version {
        return Err(Problem::precondition_failed(version_of(&key)));
    }
    if let Some(name) = change.name {
        check_user_name("name", &name)?;
        key.name = name;
    }
    if let Some(attributes) = change.attributes {
        key.attributes = checked_attributes("attributes", attributes)?;
    }
    if let Some(budget) = change.budget {
        key.budget = Budget(budget);
    }
    if let Some(expires_at) = change.expires_at {
        check_end("expires_at", expires_at, now)?;
        key.expires_at = expires_at;
    }
    let Some(saved) = store::update(&transaction, caller.tenancy(), key).await? else {
        return Err(Problem::precondition_failed(version_of(&find_given(&transaction, &caller, &id).await?)));
    };
    audit::append(&transaction, now, &caller, "api_key.updated", &saved.prefix).await?;
    transaction.commit().await?;
    Ok(Json((&saved).into()))
}

/// Revoke an API key, at once and for good, whatever its version. Takes the role admin.
#[utoipa::path(delete, path = "/api-keys/{id}", tag = "users", params(("id" = Uuid, Path, description = "The key")), responses((status = 204)))]
pub async fn delete_api_key(State(app): State<App>, caller: Person, Path(id): Path<String>) -> Answer<StatusCode> {
    caller.allow(Action::ManageUsers)?;
    let now = app.clock.now();
    let transaction = app.store.begin().await?;
    let key = find_given(&transaction, &caller, &id).await?;
    store::revoke(&transaction, caller.tenancy(), key.id, now).await?;
    audit::append(&transaction, now, &caller, "api_key.revoked", &key.prefix).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn find_given(transaction: &DatabaseTransaction, caller: &Caller, id: &str) -> Answer<Model> {
    let id: Uuid = id.parse().map_err(|_| Problem::not_found("API key"))?;
    let key = store::get(transaction, caller.tenancy(), id).await?.ok_or_else(|| Problem::not_found("API key"))?;
    check_may_give(caller, key.role)?;
    Ok(key)
}

fn version_of(key: &Model) -> u64 {
    u64::try_from(key.version).unwrap_or(0)
}

fn check_may_give(caller: &Caller, role: Role) -> Answer<()> {
    if may_give_key(caller.role(), role) {
        return Ok(());
    }
    let why = if role == Role::Owner { "no API key has the role owner; owners are people" } else { "an API key has at most the role of who makes it" };
    Err(Problem::new(Code::Denied, why))
}
