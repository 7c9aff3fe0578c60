//! What is done to rows before they are stored: reading and changing the steps of a dataset, seeing what steps do to a file.

pub mod handlers;
pub mod wire;
