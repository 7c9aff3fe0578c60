//! SQL of API keys. Those that were revoked are found by their prefix alone, to say so to who still sends them.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select};
use uuid::Uuid;

use super::model::{ActiveModel, Column, Entity, Model};
use crate::auth::{ApiKey, Tenancy};
use crate::policy::Role;
use crate::tenants::model::Budget;
use crate::users::model::{self as users, Attributes};

/// A key to be stored.
pub struct NewKey {
    /// What people read.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// What access policies go by.
    pub attributes: Attributes,
    /// What one question may read.
    pub budget: Budget,
    /// When it ends, if ever.
    pub expires_at: Option<DateTime<Utc>>,
}

fn held(tenancy: &Tenancy) -> Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(tenancy.id())).filter(Column::RevokedAt.is_null())
}

/// The keys of a tenant that were not revoked, newest first.
///
/// # Errors
/// The store does not answer.
pub async fn list<C: ConnectionTrait>(db: &C, tenancy: &Tenancy) -> Result<Vec<Model>, DbErr> {
    held(tenancy).order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).all(db).await
}

/// How many of a tenant's keys were not revoked.
///
/// # Errors
/// The store does not answer.
pub async fn count<C: ConnectionTrait>(db: &C, tenancy: &Tenancy) -> Result<u64, DbErr> {
    held(tenancy).count(db).await
}

/// A key of a tenant that was not revoked.
///
/// # Errors
/// The store does not answer.
pub async fn get<C: ConnectionTrait>(db: &C, tenancy: &Tenancy, id: Uuid) -> Result<Option<Model>, DbErr> {
    held(tenancy).filter(Column::Id.eq(id)).one(db).await
}

/// The key that is presented, before its tenant is known and its secret is compared.
///
/// # Errors
/// The store does not answer.
pub async fn get_by_prefix<C: ConnectionTrait>(db: &C, prefix: &str) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Prefix.eq(prefix)).one(db).await
}

/// Stores a key by the hash of its secret.
///
/// # Errors
/// The store does not answer.
pub async fn create<C: ConnectionTrait>(db: &C, tenancy: &Tenancy, secret: &ApiKey, new: NewKey, by: &users::Model, now: DateTime<Utc>) -> Result<Model, DbErr> {
    let NewKey { name, role, attributes, budget, expires_at } = new;
    let key = Model {
        id: Uuid::now_v7(),
        tenant_id: tenancy.id(),
        name,
        prefix: secret.prefix(),
        hash: secret.hash(),
        role,
        attributes,
        budget,
        version: 1,
        created_by: by.id,
        created_by_name: by.name.clone(),
        created_at: now,
        expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    let row = ActiveModel {
        id: Set(key.id),
        tenant_id: Set(key.tenant_id),
        name: Set(key.name.clone()),
        prefix: Set(key.prefix.clone()),
        hash: Set(key.hash.clone()),
        role: Set(key.role),
        attributes: Set(key.attributes.clone()),
        budget: Set(key.budget),
        version: Set(key.version),
        created_by: Set(key.created_by),
        created_by_name: Set(key.created_by_name.clone()),
        created_at: Set(key.created_at),
        expires_at: Set(key.expires_at),
        last_used_at: Set(None),
        revoked_at: Set(None),
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(key)
}

/// Changes name, attributes, budget and end to those of the row, over the version that was read; whether that version was still there.
///
/// # Errors
/// The store does not answer.
pub async fn update<C: ConnectionTrait>(db: &C, tenancy: &Tenancy, key: Model) -> Result<Option<Model>, DbErr> {
    let of_this_version = Condition::all().add(Column::Id.eq(key.id)).add(Column::TenantId.eq(tenancy.id())).add(Column::Version.eq(key.version));
    let saved = Model { version: key.version + 1, ..key };
    let change = ActiveModel {
        name: Set(saved.name.clone()),
        attributes: Set(saved.attributes.clone()),
        budget: Set(saved.budget),
        version: Set(saved.version),
        expires_at: Set(saved.expires_at),
        ..ActiveModel::default()
    };
    let result = Entity::update_many().set(change).filter(of_this_version).exec(db).await?;
    Ok((result.rows_affected == 1).then_some(saved))
}

/// Ends a key for good.
///
/// # Errors
/// The store does not answer.
pub async fn revoke<C: ConnectionTrait>(db: &C, tenancy: &Tenancy, id: Uuid, now: DateTime<Utc>) -> Result<(), DbErr> {
    let change = ActiveModel { revoked_at: Set(Some(now)), ..ActiveModel::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).filter(Column::TenantId.eq(tenancy.id())).exec(db).await?;
    Ok(())
}

/// Writes down that a verified key is in use.
///
/// # Errors
/// The store does not answer.
pub async fn mark_used<C: ConnectionTrait>(db: &C, id: Uuid, now: DateTime<Utc>) -> Result<(), DbErr> {
    let change = ActiveModel { last_used_at: Set(Some(now)), ..ActiveModel::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(id)).exec(db).await?;
    Ok(())
}
