//! Uploads: files that wait, for an hour at most, for somebody to confirm their types.

pub mod handlers;
pub mod staging;
pub mod wire;
