//! Filters with a name, put into the question that asks for them.

use super::member::model_of;
use super::model::{Model, NamedFilter};
use super::query::Filter;
use crate::error::{Error, Result, near_names};

/// The conditions of a named filter.
///
/// # Errors
/// `Invalid` with near names.
pub(crate) fn conditions<'a>(model: &'a Model, member: &str) -> Result<&'a [Filter]> {
    let name = member.get(model_of(member)?.len() + 1..).unwrap_or_default();
    let found = model.segments.iter().find(|segment| segment.name == name);
    let near = || near_names(name, model.segments.iter().map(|segment| segment.name.as_str()));
    found
        .map(|NamedFilter { filters, .. }| filters.as_slice())
        .ok_or_else(|| Error::invalid(format!("model {} has no segment {name:?}{}", model.name, near())))
}
