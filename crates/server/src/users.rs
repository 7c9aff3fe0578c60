//! Users of a tenant.

pub mod handlers;
pub mod model;
pub mod store;
pub mod wire;
