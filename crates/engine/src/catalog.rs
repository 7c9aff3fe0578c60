//! Which datasets and models a tenant has, and what they are.

pub mod dataset;
pub(crate) mod datasets;
pub(crate) mod models;

pub use dataset::{COLUMNS_MAX, Column, ColumnType, DatasetSchema, Promotion, TimeChunk};
