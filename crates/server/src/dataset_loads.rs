//! What became of single loads of a dataset: their list, their profiles, the rows that they rejected.

pub mod handlers;
pub mod wire;
