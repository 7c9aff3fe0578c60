//! Tenants as they cross HTTP.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidemill::{Budget, CalendarSettings, TenantId};
use utoipa::ToSchema;
use uuid::Uuid;

use super::model::Model;
use crate::http::Problem;
use crate::queries::wire as schema;

const NAME_MAX_CHARS: usize = 120;

/// A tenant.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Tenant {
    /// Id.
    pub id: Uuid,
    /// Short name: lower-case letters, digits and `_`.
    #[schema(example = "acme")]
    pub slug: String,
    /// What people read.
    pub name: String,
    /// In which zone and when days, weeks and years begin, where a question does not say.
    #[schema(value_type = schema::Calendar)]
    pub calendar: CalendarSettings,
    /// What one question may read at most.
    #[schema(value_type = schema::Budget)]
    pub budget: Budget,
}

/// What can be changed of a tenant. What is not given stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantChange {
    /// In which zone and when days, weeks and years begin, where a question does not say. Its fields that are not given stay; `null` takes one away.
    #[schema(value_type = Option<schema::Calendar>)]
    pub calendar: Option<CalendarChange>,
    /// What one question may read at most; `{}` takes the bounds away.
    #[schema(value_type = Option<schema::Budget>)]
    pub budget: Option<Budget>,
}

/// Fields of a calendar that are changed. What is not given stays, so that who changes one does not undo what others changed.
#[derive(Debug, Deserialize)]
pub struct CalendarChange(Map<String, Value>);

impl CalendarChange {
    /// A calendar with these fields changed.
    ///
    /// # Errors
    /// `Invalid`, naming the field below `field`, or `field` where the change cannot be read.
    pub fn over(self, field: &str, stored: &CalendarSettings) -> Result<CalendarSettings, Problem> {
        let mut fields: Map<String, Value> = serde_json::to_value(stored).and_then(serde_json::from_value).map_err(Problem::internal)?;
        fields.extend(self.0);
        let calendar: CalendarSettings = serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
            let path = error.path().to_string();
            let path = if path == "." { field.to_owned() } else { format!("{field}.{path}") };
            Problem::field(path, error.inner().to_string())
        })?;
        check_calendar(field, &calendar)?;
        Ok(calendar)
    }
}

impl From<&Model> for Tenant {
    fn from(tenant: &Model) -> Self {
        Self { id: tenant.id, slug: tenant.slug.clone(), name: tenant.name.clone(), calendar: tenant.calendar.0.clone(), budget: tenant.budget.0 }
    }
}

/// A tenant to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTenant {
    /// Short name: lower-case letters, digits and `_`, at most 63.
    #[schema(example = "acme")]
    pub slug: String,
    /// What people read.
    pub name: String,
}

impl NewTenant {
    /// Checks the slug and the name.
    ///
    /// # Errors
    /// `Invalid`, naming the field below `prefix`.
    pub fn check(&self, prefix: &str) -> Result<(), Problem> {
        TenantId::parse(&self.slug).map_err(|error| Problem::field(format!("{prefix}slug"), error.message()))?;
        check_name(&format!("{prefix}name"), &self.name, NAME_MAX_CHARS)
    }
}

/// Checks zone, month, hour, weekend and holidays of a calendar.
///
/// # Errors
/// `Invalid`, naming the field.
pub fn check_calendar(field: &str, calendar: &CalendarSettings) -> Result<(), Problem> {
    calendar.check().map_err(|error| Problem::field(format!("{field}.{}", error.field().unwrap_or_default()), error.message()))
}

/// Checks a text that people read: not empty, not long, no control characters.
///
/// # Errors
/// `Invalid`, naming the field.
pub fn check_name(field: &str, text: &str, max_chars: usize) -> Result<(), Problem> {
    if text.trim().is_empty() || text.chars().count() > max_chars || text.chars().any(char::is_control) {
        return Err(Problem::field(field, format!("is 1 to {max_chars} characters in one line")));
    }
    Ok(())
}
