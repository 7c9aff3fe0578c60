//! SQL functions of our own, one a file, and the list of those that a caller may use.

pub(crate) mod allowed;
pub(crate) mod time_bucket;
