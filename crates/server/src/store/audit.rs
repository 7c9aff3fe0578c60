//! The audit log: who did what to which thing, when. Rows are added, never changed; the database refuses anything else.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ConnectionTrait};

use crate::http::Problem;
use crate::middleware::request_id;

/// A row of the log.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub struct Model {
    /// Order of events.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// When.
    pub happened_at: DateTimeUtc,
    /// In which tenant, where there is one.
    pub tenant_id: Option<Uuid>,
    /// Who, where they are known.
    pub user_id: Option<Uuid>,
    /// What, in the past tense: `dataset.deleted`.
    pub action: String,
    /// To what: a name or an id.
    pub subject: String,
    /// The request that did it.
    pub request_id: Option<String>,
}

/// Rows stand alone: what they speak of may be gone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Who did it, as far as it is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Actor {
    /// The tenant.
    pub tenant_id: Option<Uuid>,
    /// The user.
    pub user_id: Option<Uuid>,
}

impl From<&crate::auth::Caller> for Actor {
    fn from(caller: &crate::auth::Caller) -> Self {
        Self { tenant_id: Some(caller.tenancy().id()), user_id: Some(caller.user.id) }
    }
}

/// Adds a row; inside a transaction it stands or falls with the change.
///
/// # Errors
/// The store does not take it.
pub async fn append<C: ConnectionTrait>(db: &C, now: DateTime<Utc>, actor: impl Into<Actor>, action: &str, subject: &str) -> Result<(), Problem> {
    let actor = actor.into();
    let row = ActiveModel {
        id: NotSet,
        happened_at: Set(now),
        tenant_id: Set(actor.tenant_id),
        user_id: Set(actor.user_id),
        action: Set(action.to_owned()),
        subject: Set(subject.chars().take(256).collect()),
        request_id: Set(request_id::current()),
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}
