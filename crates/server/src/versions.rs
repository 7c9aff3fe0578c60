//! What became of datasets over time: their versions, how long rows and versions are kept, what upkeep did.

pub mod handlers;
pub mod wire;
