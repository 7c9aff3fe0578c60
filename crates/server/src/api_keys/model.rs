//! An API key as it is stored: with the hash of its secret, never with the secret.

use sea_orm::entity::prelude::*;

use crate::policy::Role;
use crate::tenants::model::Budget;
use crate::users::model::Attributes;

/// A row of `api_keys`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its tenant.
    pub tenant_id: Uuid,
    /// What people read.
    pub name: String,
    /// What comes before the secret: `tmk_` and twelve hex digits.
    #[sea_orm(unique)]
    pub prefix: String,
    /// SHA-256 of the secret, in hex.
    pub hash: String,
    /// What it may do; it never changes.
    pub role: Role,
    /// What access policies go by.
    #[sea_orm(column_type = "JsonBinary")]
    pub attributes: Attributes,
    /// What one question may read.
    #[sea_orm(column_type = "JsonBinary")]
    pub budget: Budget,
    /// Grows by one with every change.
    pub version: i64,
    /// The user who made it, who may be gone.
    pub created_by: Uuid,
    /// Their name then.
    pub created_by_name: String,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it ends, if ever.
    pub expires_at: Option<DateTimeUtc>,
    /// When it was used, to the minute.
    pub last_used_at: Option<DateTimeUtc>,
    /// When it was revoked. Then it is kept for the audit log alone.
    pub revoked_at: Option<DateTimeUtc>,
}

/// Joins are not needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
