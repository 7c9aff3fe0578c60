//! A dashboard as it is stored.

use sea_orm::entity::prelude::*;

/// A row of `dashboards`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "dashboards")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose.
    pub tenant_id: Uuid,
    /// What people read.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// The definition; its own `schema` number says how to read it.
    #[sea_orm(column_type = "JsonBinary")]
    pub definition: Json,
    /// Grows by one with every save.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was saved last.
    pub updated_at: DateTimeUtc,
    /// Name of the user who saved it.
    pub updated_by: Option<String>,
}

/// Joins are not needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
