//! Whose credential a request has: that of a person, or of a program with an API key. Both have a role, attributes and a
//! budget; only a person has an address, a calendar of their own, and what is bound to people.

use tidemill::Budget;
use uuid::Uuid;

use crate::policy::Role;
use crate::tenants::model::Calendar;
use crate::users::model::Attributes;
use crate::{api_keys, users};

/// A person or a key.
#[derive(Debug, Clone)]
pub enum Identity {
    /// A person who has signed in.
    User(users::model::Model),
    /// A program with a key of its tenant.
    Key(api_keys::model::Model),
}

impl Identity {
    /// The id of the user or key.
    pub fn id(&self) -> Uuid {
        match self {
            Self::User(user) => user.id,
            Self::Key(key) => key.id,
        }
    }

    /// What it may do.
    pub fn role(&self) -> Role {
        match self {
            Self::User(user) => user.role,
            Self::Key(key) => key.role,
        }
    }

    /// What access policies go by.
    pub fn attributes(&self) -> &Attributes {
        match self {
            Self::User(user) => &user.attributes,
            Self::Key(key) => &key.attributes,
        }
    }

    /// What one question may read, beside what the tenant grants.
    pub fn budget(&self) -> Budget {
        match self {
            Self::User(user) => user.budget.0,
            Self::Key(key) => key.budget.0,
        }
    }

    /// When weeks and years begin, where somebody says so for themselves.
    pub fn calendar(&self) -> Option<&Calendar> {
        match self {
            Self::User(user) => user.calendar.as_ref(),
            Self::Key(_) => None,
        }
    }

    /// The address of a person.
    pub fn email(&self) -> Option<&str> {
        match self {
            Self::User(user) => Some(&user.email),
            Self::Key(_) => None,
        }
    }

    /// What people read of it; a key is told apart from a person of the same name.
    pub fn label(&self) -> String {
        match self {
            Self::User(user) => user.name.clone(),
            Self::Key(key) => format!("{} (API key)", key.name),
        }
    }
}
