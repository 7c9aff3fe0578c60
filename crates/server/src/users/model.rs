//! A user as they are stored.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::policy::Role;
use crate::tenants::model::{Budget, Calendar};

/// A row of `users`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Their tenant.
    pub tenant_id: Uuid,
    /// Address in lower case, unique in the whole installation, because people sign in with it alone.
    #[sea_orm(unique)]
    pub email: String,
    /// What people read.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// argon2id in PHC form.
    pub password_hash: String,
    /// What access policies go by.
    #[sea_orm(column_type = "JsonBinary")]
    pub attributes: Attributes,
    /// What one question of theirs may read.
    #[sea_orm(column_type = "JsonBinary")]
    pub budget: Budget,
    /// When weeks and years begin for them; nothing: as for their tenant.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub calendar: Option<Calendar>,
    /// When they were made.
    pub created_at: DateTimeUtc,
}

/// Values by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Attributes(pub BTreeMap<String, BTreeSet<String>>);

/// Joins are not needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
