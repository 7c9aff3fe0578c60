//! Models as files: our own as YAML that people keep beside their code, and those of other tools.
//!
//! ```text
//!   yaml   our models and views, read and written; what is written reads back equal
//!   cube   Cube's data models and views, read
//!   osi    the Open Semantic Interchange format, read and written
//!     | text    YAML of others is hostile until it is read: bounded, and every error says where
//!     | places  the line of what an error is about that was found later
//!     | origins what the models of others were read from, and so its line
//!     | sql     only what means the same in every database is taken out of SQL
//!     v
//!   Imported {models, views, notes, origins}
//! ```
//! What cannot be said here exactly is left out and named in a note. A number that is missing is asked for; a number that
//! is wrong is believed. Nothing here looks at data: whether a model fits its dataset is seen when it is saved.

mod aggregate;
mod cube;
mod notes;
mod origins;
mod osi;
mod places;
mod sql;
mod text;
mod write;
mod yaml;

pub use cube::read_cubes;
pub use notes::{Imported, Note};
pub use origins::{Origin, Origins};
pub use osi::{read_osi, write_osi};
pub use places::{Place, Places};
pub use yaml::{Documents, read_documents, read_models, write_model, write_models, write_view};

use self::sql::Reason;
use crate::ids::DatasetName;
use crate::semantic::model::Model;

/// A model that says nothing yet. A model has the name of its dataset.
fn empty_model(dataset: &str, label: String) -> Model {
    Model {
        name: dataset.to_owned(),
        dataset: dataset.to_owned(),
        label,
        description: None,
        meta: None,
        public: true,
        version: 0,
        time_dimension: None,
        dimensions: Vec::new(),
        measures: Vec::new(),
        joins: Vec::new(),
        segments: Vec::new(),
        hierarchies: Vec::new(),
        rollups: Vec::new(),
        access_policies: Vec::new(),
    }
}

/// The dataset that a table is: `shop.public.orders` is `orders`.
fn dataset_of(table: &str) -> Result<String, Reason> {
    let refused = || format!("{} is no table whose name could be one of a dataset", sql::shortened(table));
    let parts: Vec<&str> = table.split('.').map(|part| part.trim_matches(['"', '`', '[', ']'])).collect();
    if parts.len() > 4 || !parts.iter().all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'))) {
        return Err(refused());
    }
    let last = parts.last().map(|last| last.to_lowercase()).unwrap_or_default();
    DatasetName::parse(&last).map(String::from).map_err(|_| refused())
}
