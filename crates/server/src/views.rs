//! Views over HTTP: what people see of one or several models.

pub mod handlers;
pub mod wire;
