//! Rollups of datasets: how far they are built, and what the advisor thinks.

pub mod handlers;
pub mod wire;
