//! Queries over HTTP: semantic and SQL, answered as JSON, Arrow or CSV.

pub mod compare;
pub mod encode;
pub mod handlers;
pub mod wire;
