//! The audit log: who did what to which thing, when. Rows are added, never changed; the database refuses anything else.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ConnectionTrait};

use crate::auth::{Caller, Identity, Person};
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
    /// The API key, where it was one.
    pub api_key_id: Option<Uuid>,
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
    /// The API key.
    pub api_key_id: Option<Uuid>,
}

impl Actor {
    /// Somebody of a tenant.
    pub fn user(tenant_id: Option<Uuid>, user_id: Uuid) -> Self {
        Self { tenant_id, user_id: Some(user_id), api_key_id: None }
    }

    /// The operator, in a tenant where it is about one.
    pub fn operator(tenant_id: Option<Uuid>) -> Self {
        Self { tenant_id, ..Self::default() }
    }
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Self {
        let tenant_id = Some(caller.tenancy().id());
        match caller.identity() {
            Identity::User(user) => Self::user(tenant_id, user.id),
            Identity::Key(key) => Self { tenant_id, user_id: None, api_key_id: Some(key.id) },
        }
    }
}

impl From<&Person> for Actor {
    fn from(person: &Person) -> Self {
        Self::from(&**person)
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
        api_key_id: Set(actor.api_key_id),
        action: Set(action.to_owned()),
        subject: Set(subject.chars().take(256).collect()),
        request_id: Set(request_id::current()),
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}
