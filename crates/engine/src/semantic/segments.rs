//! Filters with a name, put into the question that asks for them.

use super::joined;
use super::member::model_of;
use super::model::Model;
use super::query::Filter;
use crate::error::{Error, Result, near_names};

/// The conditions of a named filter. What they name over joins is told from its model, whatever model is asked.
///
/// # Errors
/// `Invalid` with near names.
pub(crate) fn conditions(model: &Model, member: &str) -> Result<Vec<Filter>> {
    let name = member.get(model_of(member)?.len() + 1..).unwrap_or_default();
    let found = model.segments.iter().find(|segment| segment.name == name);
    let near = || near_names(name, model.segments.iter().map(|segment| segment.name.as_str()));
    let found = found.ok_or_else(|| Error::invalid(format!("model {} has no segment {name:?}{}", model.name, near())))?;
    Ok(joined::as_asked(&found.filters, model, &model.name))
}
