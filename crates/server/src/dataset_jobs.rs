//! Work on what a dataset stores that somebody has ordered: rows that are deleted or erased, small segments that are merged, what nobody
//! needs removed. It runs in the background and can be watched; what changes no row can be cancelled.

pub mod handlers;
pub mod jobs;
pub mod wire;
