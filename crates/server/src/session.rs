//! First setup, signing in and out, refreshing.

pub mod handlers;
pub mod model;
pub mod store;
pub mod wire;
