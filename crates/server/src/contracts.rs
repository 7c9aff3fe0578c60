//! What a dataset asks of its rows.

pub mod handlers;
pub mod wire;
