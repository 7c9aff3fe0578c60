//! SQL of users.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::model::{ActiveModel, Attributes, Column, Entity, Model};
use crate::auth::Tenancy;
use crate::policy::Role;
use crate::tenants::model::{Budget, Calendar};

/// A user to be stored.
pub struct NewUser {
    /// Address in lower case.
    pub email: String,
    /// What people read.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// argon2id in PHC form.
    pub password_hash: String,
    /// What access policies go by.
    pub attributes: Attributes,
}

/// The users of a tenant, by address.
///
/// # Errors
/// The store does not answer.
pub async fn list<C: ConnectionTrait>(db: &C, tenancy: &Tenancy) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::TenantId.eq(tenancy.id())).order_by_asc(Column::Email).all(db).await
}

/// A user of a tenant.
///
/// # Errors
/// The store does not answer.
pub async fn get<C: ConnectionTrait>(db: &C, tenancy: &Tenancy, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).filter(Column::TenantId.eq(tenancy.id())).one(db).await
}

/// The user of a verified token or cookie, before their tenant is known.
///
/// # Errors
/// The store does not answer.
pub async fn get_any<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// The user who signs in, before their tenant is known.
///
/// # Errors
/// The store does not answer.
pub async fn get_by_email<C: ConnectionTrait>(db: &C, email: &str) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Email.eq(email)).one(db).await
}

/// How many of a tenant's users have a role.
///
/// # Errors
/// The store does not answer.
pub async fn count_with_role<C: ConnectionTrait>(db: &C, tenancy: &Tenancy, role: Role) -> Result<u64, DbErr> {
    Entity::find().filter(Column::TenantId.eq(tenancy.id())).filter(Column::Role.eq(role)).count(db).await
}

/// A new user.
///
/// # Errors
/// The address is taken, or the store does not answer.
pub async fn create<C: ConnectionTrait>(db: &C, tenancy: &Tenancy, user: NewUser, now: DateTime<Utc>) -> Result<Model, DbErr> {
    let NewUser { email, name, role, password_hash, attributes } = user;
    let user = Model { id: Uuid::now_v7(), tenant_id: tenancy.id(), email, name, role, password_hash, attributes, budget: Budget::default(), calendar: None, created_at: now };
    let row = ActiveModel {
        id: Set(user.id),
        tenant_id: Set(user.tenant_id),
        email: Set(user.email.clone()),
        name: Set(user.name.clone()),
        role: Set(user.role),
        password_hash: Set(user.password_hash.clone()),
        attributes: Set(user.attributes.clone()),
        budget: Set(user.budget),
        calendar: Set(user.calendar.clone()),
        created_at: Set(now),
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(user)
}

/// Changes name, role, attributes and budget to those of the row.
///
/// # Errors
/// The store does not answer.
pub async fn update<C: ConnectionTrait>(db: &C, tenancy: &Tenancy, user: &Model) -> Result<(), DbErr> {
    let change = ActiveModel { name: Set(user.name.clone()), role: Set(user.role), attributes: Set(user.attributes.clone()), budget: Set(user.budget), ..ActiveModel::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(user.id)).filter(Column::TenantId.eq(tenancy.id())).exec(db).await?;
    Ok(())
}

/// Changes their calendar.
///
/// # Errors
/// The store does not answer.
pub async fn set_calendar<C: ConnectionTrait>(db: &C, tenancy: &Tenancy, id: Uuid, calendar: Option<Calendar>) -> Result<(), DbErr> {
    let change = ActiveModel { calendar: Set(calendar), ..ActiveModel::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::TenantId.eq(tenancy.id())).exec(db).await?;
    Ok(())
}

/// Changes the password.
///
/// # Errors
/// The store does not answer.
pub async fn set_password<C: ConnectionTrait>(db: &C, tenancy: &Tenancy, id: Uuid, password_hash: String) -> Result<(), DbErr> {
    let change = ActiveModel { password_hash: Set(password_hash), ..ActiveModel::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::TenantId.eq(tenancy.id())).exec(db).await?;
    Ok(())
}

/// Removes a user; their refresh tokens go with them.
///
/// # Errors
/// The store does not answer.
pub async fn delete<C: ConnectionTrait>(db: &C, tenancy: &Tenancy, id: Uuid) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::TenantId.eq(tenancy.id())).exec(db).await?;
    Ok(())
}
