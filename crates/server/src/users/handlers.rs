//! Routes of users. Admins manage viewers and editors; owners manage everybody; one owner always stays.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::model::Model;
use super::store;
use super::wire::{NewUser, User, UserChange, UserList, check_email, check_user_name, checked_attributes};
use crate::app::App;
use crate::auth::{Caller, Person};
use crate::http::{Answer, Code, JsonBody, Path, Problem};
use crate::policy::{Action, Role, may_manage};
use crate::session;
use crate::store::audit;
use crate::tenants::model::Budget;

/// List the users of the tenant. Takes the role admin.
#[utoipa::path(get, path = "/users", tag = "users", responses((status = 200, body = UserList)))]
pub async fn list_users(State(app): State<App>, caller: Person) -> Answer<Json<UserList>> {
    caller.allow(Action::ManageUsers)?;
    let users = store::list(app.store.db(), caller.tenancy()).await?;
    Ok(Json(UserList { items: users.iter().map(Into::into).collect() }))
}

/// Create a user. Takes the role admin; only owners create admins and owners.
#[utoipa::path(post, path = "/users", tag = "users", request_body = NewUser, responses((status = 201, body = User)))]
pub async fn create_user(State(app): State<App>, caller: Person, JsonBody(new): JsonBody<NewUser>) -> Answer<(StatusCode, Json<User>)> {
    caller.allow(Action::ManageUsers)?;
    check_may_manage(&caller, new.role)?;
    let email = check_email("email", &new.email)?;
    check_user_name("name", &new.name)?;
    let attributes = checked_attributes("attributes", new.attributes.unwrap_or_default())?;
    let password_hash = app.passwords.hash("password", new.password).await?;
    let now = app.clock.now();
    let transaction = app.store.begin().await?;
    if store::get_by_email(&transaction, &email).await?.is_some() {
        return Err(Problem::new(Code::Conflict, "there is a user with this address"));
    }
    let user = store::create(&transaction, caller.tenancy(), store::NewUser { email, name: new.name, role: new.role, password_hash, attributes }, now).await?;
    audit::append(&transaction, now, &caller, "user.created", &user.id.to_string()).await?;
    transaction.commit().await?;
    Ok((StatusCode::CREATED, Json((&user).into())))
}

/// Change a user's name, role, attributes and budget. Takes the role admin; only owners change admins and owners.
#[utoipa::path(put, path = "/users/{id}", tag = "users", params(("id" = Uuid, Path, description = "The user")), request_body = UserChange, responses((status = 200, body = User)))]
pub async fn update_user(State(app): State<App>, caller: Person, Path(id): Path<String>, JsonBody(change): JsonBody<UserChange>) -> Answer<Json<User>> {
    caller.allow(Action::ManageUsers)?;
    change.check()?;
    let transaction = app.store.begin().await?;
    let mut user = find_managed(&transaction, &caller, &id).await?;
    let role = change.role.unwrap_or(user.role);
    check_may_manage(&caller, role)?;
    if role != Role::Owner {
        check_not_last_owner(&transaction, &caller, &user).await?;
    }
    user.role = role;
    user.name = change.name.unwrap_or(user.name);
    if let Some(attributes) = change.attributes {
        user.attributes = checked_attributes("attributes", attributes)?;
    }
    if let Some(budget) = change.budget {
        user.budget = Budget(budget);
    }
    store::update(&transaction, caller.tenancy(), &user).await?;
    audit::append(&transaction, app.clock.now(), &caller, "user.updated", &user.id.to_string()).await?;
    transaction.commit().await?;
    app.members.forget(user.id).await;
    Ok(Json((&user).into()))
}

/// Remove a user and end their sessions. Takes the role admin; only owners remove admins and owners.
#[utoipa::path(delete, path = "/users/{id}", tag = "users", params(("id" = Uuid, Path, description = "The user")), responses((status = 204)))]
pub async fn delete_user(State(app): State<App>, caller: Person, Path(id): Path<String>) -> Answer<StatusCode> {
    caller.allow(Action::ManageUsers)?;
    let transaction = app.store.begin().await?;
    let user = find_managed(&transaction, &caller, &id).await?;
    check_not_last_owner(&transaction, &caller, &user).await?;
    session::store::end_all(&transaction, user.id).await?;
    store::delete(&transaction, caller.tenancy(), user.id).await?;
    audit::append(&transaction, app.clock.now(), &caller, "user.deleted", &user.id.to_string()).await?;
    transaction.commit().await?;
    app.members.forget(user.id).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn find_managed(transaction: &DatabaseTransaction, caller: &Caller, id: &str) -> Answer<Model> {
    let id: Uuid = id.parse().map_err(|_| Problem::not_found("user"))?;
    let user = store::get(transaction, caller.tenancy(), id).await?.ok_or_else(|| Problem::not_found("user"))?;
    check_may_manage(caller, user.role)?;
    Ok(user)
}

fn check_may_manage(caller: &Caller, role: Role) -> Answer<()> {
    if may_manage(caller.role(), role) { Ok(()) } else { Err(Problem::new(Code::Denied, "only an owner manages admins and owners")) }
}

async fn check_not_last_owner(transaction: &DatabaseTransaction, caller: &Caller, user: &Model) -> Answer<()> {
    if user.role == Role::Owner && store::count_with_role(transaction, caller.tenancy(), Role::Owner).await? <= 1 {
        return Err(Problem::new(Code::Conflict, "this is the last owner of the tenant; make another one first"));
    }
    Ok(())
}
