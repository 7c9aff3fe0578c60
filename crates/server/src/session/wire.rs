//! Sessions as they cross HTTP.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::tenants::wire::{NewTenant, Tenant};
use crate::users::wire::User;

/// What a client must know before anybody has signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Bootstrap {
    /// Version of the server.
    pub version: &'static str,
    /// Whether there is nobody yet.
    pub setup_required: bool,
    /// Bytes of an uploaded file at most.
    pub max_upload_bytes: u64,
}

/// The first tenant and its owner.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// Printed by the server at its first start.
    pub code: String,
    /// The first tenant.
    pub tenant: NewTenant,
    /// Its owner.
    pub owner: NewOwner,
}

/// The owner of the first tenant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOwner {
    /// Address.
    pub email: String,
    /// What people read.
    pub name: String,
    /// 12 to 256 characters.
    pub password: String,
}

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// A session. The refresh token comes in a cookie beside it.
#[derive(Serialize, ToSchema)]
pub struct Session {
    /// For `Authorization: Bearer`.
    pub access_token: String,
    /// How long it holds.
    #[schema(example = 600)]
    pub expires_in_seconds: i64,
    /// Who.
    pub user: User,
    /// Where.
    pub tenant: Tenant,
}

/// Who is calling.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// Who.
    pub user: User,
    /// Where.
    pub tenant: Tenant,
}
