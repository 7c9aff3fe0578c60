//! A tenant as it is stored.

use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use tidemill::CalendarSettings;

/// A row of `tenants`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenants")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Name in the engine and in commands; a part of storage paths, so it never changes.
    #[sea_orm(unique)]
    pub slug: String,
    /// What people read.
    pub name: String,
    /// In which zone and when days, weeks and years begin, where a question does not say.
    #[sea_orm(column_type = "JsonBinary")]
    pub calendar: Calendar,
    /// What one question may read.
    #[sea_orm(column_type = "JsonBinary")]
    pub budget: Budget,
    /// When it was made.
    pub created_at: DateTimeUtc,
}

/// A calendar as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Calendar(pub CalendarSettings);

/// A budget as it is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Budget(pub tidemill::Budget);

/// Others point here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
