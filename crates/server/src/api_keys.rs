//! API keys of a tenant: credentials of programs, with a role, attributes, a budget and an end of their own (ADR 0034).

pub mod handlers;
pub mod model;
pub mod store;
pub mod wire;
