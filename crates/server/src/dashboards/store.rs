//! SQL of dashboards. Every statement names the tenant.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::Value;
use uuid::Uuid;

use super::model::{ActiveModel, Column, Entity, Model};
use crate::auth::Tenancy;

/// What is saved of a dashboard.
pub struct Content {
    /// What people read.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// The definition.
    pub definition: Value,
    /// Name of the user who saves.
    pub saved_by: String,
}

/// The dashboards of a tenant, the latest first.
///
/// # Errors
/// The store does not answer.
pub async fn list<C: ConnectionTrait>(db: &C, tenancy: &Tenancy) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::TenantId.eq(tenancy.id())).order_by_asc(Column::Title).order_by_asc(Column::Id).all(db).await
}

/// How many a tenant has.
///
/// # Errors
/// The store does not answer.
pub async fn count<C: ConnectionTrait>(db: &C, tenancy: &Tenancy) -> Result<u64, DbErr> {
    Entity::find().filter(Column::TenantId.eq(tenancy.id())).count(db).await
}

/// A dashboard of a tenant.
///
/// # Errors
/// The store does not answer.
pub async fn get<C: ConnectionTrait>(db: &C, tenancy: &Tenancy, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).filter(Column::TenantId.eq(tenancy.id())).one(db).await
}

/// A new dashboard, at version 1.
///
/// # Errors
/// The store does not answer.
pub async fn create<C: ConnectionTrait>(db: &C, tenancy: &Tenancy, content: Content, now: DateTime<Utc>) -> Result<Model, DbErr> {
    let Content { title, description, definition, saved_by } = content;
    let id = Uuid::now_v7();
    let saved = Model { id, tenant_id: tenancy.id(), title, description, definition, version: 1, created_at: now, updated_at: now, updated_by: Some(saved_by) };
    let row = ActiveModel {
        id: Set(id),
        tenant_id: Set(saved.tenant_id),
        title: Set(saved.title.clone()),
        description: Set(saved.description.clone()),
        definition: Set(saved.definition.clone()),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        updated_by: Set(saved.updated_by.clone()),
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(saved)
}

/// Saves over the version that was read; whether that version was still there.
///
/// # Errors
/// The store does not answer.
pub async fn update<C: ConnectionTrait>(db: &C, tenancy: &Tenancy, read: &Model, content: Content, now: DateTime<Utc>) -> Result<Option<Model>, DbErr> {
    let Content { title, description, definition, saved_by } = content;
    let saved = Model { title, description, definition, version: read.version + 1, updated_at: now, updated_by: Some(saved_by), ..read.clone() };
    let change = ActiveModel {
        title: Set(saved.title.clone()),
        description: Set(saved.description.clone()),
        definition: Set(saved.definition.clone()),
        version: Set(saved.version),
        updated_at: Set(now),
        updated_by: Set(saved.updated_by.clone()),
        ..ActiveModel::default()
    };
    let of_this_version = Condition::all().add(Column::Id.eq(read.id)).add(Column::TenantId.eq(tenancy.id())).add(Column::Version.eq(read.version));
    let result = Entity::update_many().set(change).filter(of_this_version).exec(db).await?;
    Ok((result.rows_affected == 1).then_some(saved))
}

/// Removes a dashboard; whether it was there.
///
/// # Errors
/// The store does not answer.
pub async fn delete<C: ConnectionTrait>(db: &C, tenancy: &Tenancy, id: Uuid) -> Result<bool, DbErr> {
    let result = Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::TenantId.eq(tenancy.id())).exec(db).await?;
    Ok(result.rows_affected == 1)
}
