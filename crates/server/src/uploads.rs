//! Uploads: files that wait, for an hour at most, for somebody to confirm their types.

pub mod handlers;
mod receiving;
pub mod staging;
pub mod wire;
