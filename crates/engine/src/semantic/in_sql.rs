//! Models in SQL (ADR 0025): `measure(revenue)` is a measure of the dataset that its SELECT reads, and what a model has as
//! dimensions beside the columns of its dataset are columns of it. A SELECT over a view is a question on it (ADR 0032).
//!
//! ```text
//!   statement > blocks   SELECTs over views become questions and SELECTs over their groups (conditions, rewriting)
//!             > calls    each MEASURE is looked at where it stands, and a number is put in the place of its name
//!             > expand   the measures as aggregates and formulas over the columns of their tables
//!             > planner  DataFusion asks what the number is, and plans as if the aggregate had been written there
//!             > columns  only where some name is not known otherwise: dimensions become columns, and `*` stays what it was
//! ```
//! What comes out passes the gate (`query::gate`) as every statement does. Nothing here reads data.

pub(crate) mod blocks;
pub(crate) mod calls;
pub(crate) mod columns;
mod conditions;
pub(crate) mod expand;
pub(crate) mod names;
pub(crate) mod planner;
mod rewriting;

use datafusion::common::TableReference;
use datafusion::sql::planner::object_name_to_table_reference;
use datafusion::sql::sqlparser::ast::{Ident, ObjectName};

use crate::error::Result;

/// What a name means: as it is written in quotes, in small letters without.
fn meant(name: &Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_ascii_lowercase() }
}

/// The table that a name in FROM is of.
fn reference(name: &ObjectName) -> Result<TableReference> {
    Ok(object_name_to_table_reference(name.clone(), true)?)
}
