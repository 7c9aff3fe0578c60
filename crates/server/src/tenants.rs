//! Tenants: who owns data. They are made by the first setup and by `tidemill admin`, never over HTTP.

pub mod handlers;
pub mod model;
pub mod store;
pub mod wire;
