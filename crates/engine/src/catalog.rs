//! Which datasets and models a tenant has, and what they are.

pub mod as_of;
pub mod dataset;
pub(crate) mod datasets;
pub(crate) mod models;

pub use as_of::AsOf;
pub use dataset::{COLUMNS_MAX, Column, ColumnType, DatasetSchema, DatasetSettings, Promotion, TimeChunk};
