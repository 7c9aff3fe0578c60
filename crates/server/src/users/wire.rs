//! Users as they cross HTTP.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use tidemill::{Budget, CalendarSettings};
use utoipa::ToSchema;
use uuid::Uuid;

use super::model::{Attributes, Model};
use crate::http::Problem;
use crate::policy::Role;
use crate::queries::wire as schema;
use crate::tenants::wire::{CalendarChange, check_name};

const EMAIL_MAX_CHARS: usize = 254;
const NAME_MAX_CHARS: usize = 120;
const ATTRIBUTES_MAX: usize = 50;
const ATTRIBUTE_NAME_MAX: usize = 64;
const ATTRIBUTE_VALUES_MAX: usize = 1_000;
const ATTRIBUTE_VALUE_MAX_CHARS: usize = 256;
/// What policies know of every user.
const RESERVED_ATTRIBUTES: [&str; 3] = ["id", "email", "role"];

/// A user.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct User {
    /// Id.
    pub id: Uuid,
    /// Address.
    pub email: String,
    /// What people read.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What access policies go by: values by name.
    pub attributes: BTreeMap<String, BTreeSet<String>>,
    /// What one question of theirs may read at most, beside what the tenant grants.
    #[schema(value_type = schema::Budget)]
    pub budget: Budget,
    /// In which zone and when days, weeks and years begin for them, where a question does not say; what it says nothing of: as for the tenant.
    #[schema(value_type = Option<schema::Calendar>)]
    pub calendar: Option<CalendarSettings>,
}

impl From<&Model> for User {
    fn from(user: &Model) -> Self {
        Self {
            id: user.id,
            email: user.email.clone(),
            name: user.name.clone(),
            role: user.role,
            attributes: user.attributes.0.clone(),
            budget: user.budget.0,
            calendar: user.calendar.clone().map(|calendar| calendar.0),
        }
    }
}

/// A user in the list of a tenant.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UserRow {
    /// The user.
    #[serde(flatten)]
    pub user: User,
    /// When they were made.
    #[schema(value_type = DateTime<Utc>)]
    pub created_at: String,
}

impl From<&Model> for UserRow {
    fn from(user: &Model) -> Self {
        Self { user: user.into(), created_at: instant(user.created_at) }
    }
}

/// The users of a tenant.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UserList {
    /// By address.
    pub items: Vec<UserRow>,
}

/// A user to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// Address; not yet used in this installation.
    pub email: String,
    /// What people read.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// 12 to 256 characters.
    pub password: String,
    /// What access policies go by: values by name. `id`, `email` and `role` are known anyway.
    pub attributes: Option<BTreeMap<String, BTreeSet<String>>>,
}

/// What can be changed of a user. What is not given stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// What people read.
    pub name: Option<String>,
    /// What they may do.
    pub role: Option<Role>,
    /// What access policies go by.
    pub attributes: Option<BTreeMap<String, BTreeSet<String>>>,
    /// What one question of theirs may read at most; `{}` takes the bounds away.
    #[schema(value_type = Option<schema::Budget>)]
    pub budget: Option<Budget>,
}

/// What users change of themselves.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MyChange {
    /// In which zone and when days, weeks and years begin for them, where a question does not say; `null`: as for the tenant. Its fields
    /// that are not given stay; `null` makes one as it is for the tenant.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, value_type = Option<schema::Calendar>)]
    pub calendar: Option<CalendarChange>,
}

/// A password that takes the place of one's own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The one that holds until now.
    pub current_password: String,
    /// The one that holds from now on: 12 to 256 characters.
    pub new_password: String,
}

impl UserChange {
    /// Checks the name.
    ///
    /// # Errors
    /// `Invalid`, naming the field.
    pub fn check(&self) -> Result<(), Problem> {
        self.name.as_ref().map_or(Ok(()), |name| check_name("name", name, NAME_MAX_CHARS))
    }
}

/// Checks an address and brings it into the stored form.
///
/// # Errors
/// `Invalid`, naming the field.
pub fn check_email(field: &str, email: &str) -> Result<String, Problem> {
    let email = email.trim().to_lowercase();
    let plain = !email.chars().any(|character| character.is_whitespace() || character.is_control() || matches!(character, '<' | '>' | ',' | '"'));
    let parts: Vec<&str> = email.split('@').collect();
    let shaped = matches!(parts.as_slice(), [local, domain] if !local.is_empty() && !domain.is_empty() && !domain.starts_with('.') && !domain.ends_with('.'));
    if plain && shaped && email.chars().count() <= EMAIL_MAX_CHARS {
        return Ok(email);
    }
    Err(Problem::field(field, "is not an e-mail address"))
}

/// Checks the name of a new user.
///
/// # Errors
/// `Invalid`, naming the field.
pub fn check_user_name(field: &str, name: &str) -> Result<(), Problem> {
    check_name(field, name, NAME_MAX_CHARS)
}

/// Checks attributes; those without values are left out.
///
/// # Errors
/// `Invalid`, naming the attribute.
pub fn checked_attributes(field: &str, mut attributes: BTreeMap<String, BTreeSet<String>>) -> Result<Attributes, Problem> {
    attributes.retain(|_, values| !values.is_empty());
    if attributes.len() > ATTRIBUTES_MAX {
        return Err(Problem::field(field, format!("holds at most {ATTRIBUTES_MAX} attributes")));
    }
    for (name, values) in &attributes {
        let wrong = |what: String| Err(Problem::field(format!("{field}.{name}"), what));
        if name.is_empty() || name.len() > ATTRIBUTE_NAME_MAX || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
            return wrong(format!("is no name: use 1 to {ATTRIBUTE_NAME_MAX} of a-z, 0-9 and _"));
        }
        if RESERVED_ATTRIBUTES.contains(&name.as_str()) {
            return wrong("is known of every user and cannot be given".to_owned());
        }
        // A policy that asks for what starts with nothing asks for everything.
        if values.contains("") {
            return wrong("has a value without text; leave it out".to_owned());
        }
        if values.len() > ATTRIBUTE_VALUES_MAX || values.iter().any(|value| value.chars().count() > ATTRIBUTE_VALUE_MAX_CHARS) {
            return wrong(format!("has at most {ATTRIBUTE_VALUES_MAX} values of at most {ATTRIBUTE_VALUE_MAX_CHARS} characters"));
        }
    }
    Ok(Attributes(attributes))
}

/// RFC 3339 in UTC with `Z`.
pub fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_and_lowered() {
        assert_eq!(check_email("email", " Ann@Example.COM ").unwrap(), "ann@example.com");
        for bad in ["", "ann", "@x", "ann@", "a@b@c", "a b@c.d", "a@b\r\nBcc: x@y", "<a@b.c>"] {
            assert!(check_email("email", bad).is_err(), "{bad:?}");
        }
    }
}
