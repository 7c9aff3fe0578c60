//! Datasets over HTTP: what there is, what is in it, pushing rows, removing.

pub mod handlers;
pub mod wire;
