//! A refresh token as it is stored: by its hash.

use sea_orm::entity::prelude::*;

/// A row of `refresh_tokens`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub struct Model {
    /// SHA-256 of the token, in hex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// The tokens that follow from one sign-in.
    pub family: Uuid,
    /// Whose.
    pub user_id: Uuid,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it ends unused.
    pub expires_at: DateTimeUtc,
    /// When it was used. A second use, later, is theft.
    pub used_at: Option<DateTimeUtc>,
}

/// Joins are not needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
