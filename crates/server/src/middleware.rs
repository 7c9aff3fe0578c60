//! Layers around the router, one file each.

pub mod deadline;
pub mod headers;
pub mod panic;
pub mod rate_limit;
pub mod request_id;
