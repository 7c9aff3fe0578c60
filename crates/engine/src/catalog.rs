//! Which datasets and models a tenant has, and what they are.

pub mod as_of;
pub mod column;
pub mod contract;
pub(crate) mod convert;
pub mod dataset;
pub(crate) mod datasets;
pub mod drift;
pub(crate) mod exact;
pub(crate) mod json;
pub mod load_mode;
pub(crate) mod models;

pub use as_of::AsOf;
pub use column::{Column, ColumnType};
pub use contract::{Contract, Reaction, Rule};
pub use dataset::{COLUMNS_MAX, DatasetSchema, DatasetSettings, Promotion, TimeChunk, Widened};
pub use drift::{Drift, DriftKind, Severity};
pub use load_mode::LoadMode;
