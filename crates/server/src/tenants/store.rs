//! SQL of tenants.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
};
use uuid::Uuid;

use super::model::{ActiveModel, Budget, Calendar, Column, Entity, Model};
use crate::auth::Tenancy;

/// How many there are.
///
/// # Errors
/// The store does not answer.
pub async fn count<C: ConnectionTrait>(db: &C) -> Result<u64, DbErr> {
    Entity::find().count(db).await
}

/// All of them, by slug. For the operator alone.
///
/// # Errors
/// The store does not answer.
pub async fn list<C: ConnectionTrait>(db: &C) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::Slug).all(db).await
}

/// The tenant with an id.
///
/// # Errors
/// The store does not answer.
pub async fn get<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// The tenant with a slug.
///
/// # Errors
/// The store does not answer.
pub async fn get_by_slug<C: ConnectionTrait>(db: &C, slug: &str) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Slug.eq(slug)).one(db).await
}

/// Changes the calendar and the budget of a tenant.
///
/// # Errors
/// The store does not answer.
pub async fn update<C: ConnectionTrait>(db: &C, tenancy: &Tenancy, calendar: Option<Calendar>, budget: Option<Budget>) -> Result<(), DbErr> {
    // What is not given is not written either: somebody else may change it at the same time.
    if calendar.is_none() && budget.is_none() {
        return Ok(());
    }
    let change = ActiveModel { calendar: calendar.map_or(NotSet, Set), budget: budget.map_or(NotSet, Set), ..ActiveModel::default() };
    Entity::update_many().set(change).filter(Column::Id.eq(tenancy.id())).exec(db).await?;
    Ok(())
}

/// A new tenant.
///
/// # Errors
/// The slug is taken, or the store does not answer.
pub async fn create<C: ConnectionTrait>(db: &C, slug: &str, name: &str, now: DateTime<Utc>) -> Result<Model, DbErr> {
    let tenant = Model { id: Uuid::now_v7(), slug: slug.to_owned(), name: name.to_owned(), calendar: Calendar::default(), budget: Budget::default(), created_at: now };
    let row = ActiveModel {
        id: Set(tenant.id),
        slug: Set(tenant.slug.clone()),
        name: Set(tenant.name.clone()),
        calendar: Set(tenant.calendar.clone()),
        budget: Set(tenant.budget),
        created_at: Set(now),
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(tenant)
}
