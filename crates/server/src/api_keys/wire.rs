//! API keys as they cross HTTP. The secret crosses once, in the answer that makes the key.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use tidemill::Budget;
use utoipa::ToSchema;
use uuid::Uuid;

use super::model::Model;
use crate::http::Problem;
use crate::policy::Role;
use crate::queries::wire as schema;
use crate::users::wire::instant;

/// An API key, without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ApiKey {
    /// Id.
    pub id: Uuid,
    /// What people read.
    pub name: String,
    /// How the key begins; what comes after it is the secret.
    #[schema(example = "tmk_0f1e2d3c4b5a")]
    pub prefix: String,
    /// What it may do.
    pub role: Role,
    /// What access policies go by: values by name.
    pub attributes: BTreeMap<String, BTreeSet<String>>,
    /// What one question of it may read at most, beside what the tenant grants.
    #[schema(value_type = schema::Budget)]
    pub budget: Budget,
    /// For `If-Match`.
    pub version: i64,
    /// The name of who made it, then.
    pub created_by: String,
    /// The id of who made it, who may be gone.
    pub created_by_id: Uuid,
    /// When it was made.
    #[schema(value_type = DateTime<Utc>)]
    pub created_at: String,
    /// When it ends, if ever.
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub expires_at: Option<String>,
    /// When it was used, to the minute; nothing: not yet.
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub last_used_at: Option<String>,
}

impl From<&Model> for ApiKey {
    fn from(key: &Model) -> Self {
        Self {
            id: key.id,
            name: key.name.clone(),
            prefix: key.prefix.clone(),
            role: key.role,
            attributes: key.attributes.0.clone(),
            budget: key.budget.0,
            version: key.version,
            created_by: key.created_by_name.clone(),
            created_by_id: key.created_by,
            created_at: instant(key.created_at),
            expires_at: key.expires_at.map(instant),
            last_used_at: key.last_used_at.map(instant),
        }
    }
}

/// The API keys of a tenant that were not revoked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ApiKeyList {
    /// Newest first.
    pub items: Vec<ApiKey>,
}

/// An API key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// What people read.
    #[schema(example = "Nightly export")]
    pub name: String,
    /// What it may do: at most what its maker may, and never owner.
    pub role: Role,
    /// What access policies go by: values by name. `id` and `role` are known anyway.
    pub attributes: Option<BTreeMap<String, BTreeSet<String>>>,
    /// What one question of it may read at most.
    #[schema(value_type = Option<schema::Budget>)]
    pub budget: Option<Budget>,
    /// When it ends; nothing: when it is revoked.
    pub expires_at: Option<DateTime<Utc>>,
}

/// An API key that was just made. Without `Debug`, so that it cannot be logged.
#[derive(Serialize, ToSchema)]
pub struct CreatedApiKey {
    /// The key as the list has it.
    #[serde(flatten)]
    pub key: ApiKey,
    /// The whole key, for `Authorization: Bearer`. It is shown this once and not stored.
    #[schema(example = "tmk_0f1e2d3c4b5a_…")]
    pub token: String,
}

/// What can be changed of an API key. What is not given stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyChange {
    /// What people read.
    pub name: Option<String>,
    /// What access policies go by.
    pub attributes: Option<BTreeMap<String, BTreeSet<String>>>,
    /// What one question of it may read at most; `{}` takes the bounds away.
    #[schema(value_type = Option<schema::Budget>)]
    pub budget: Option<Budget>,
    /// When it ends; `null`: when it is revoked.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub expires_at: Option<Option<DateTime<Utc>>>,
}

/// Tells `null` from what is not there.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<DateTime<Utc>>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Checks when a key ends.
///
/// # Errors
/// `Invalid`, naming the field, for what has passed.
pub fn check_end(field: &str, expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<(), Problem> {
    match expires_at {
        Some(at) if at <= now => Err(Problem::field(field, "has passed; give a time to come, or none for a key that holds until it is revoked")),
        _ => Ok(()),
    }
}
