//! Models over HTTP: the words in which datasets are asked.

pub mod diagnostics;
pub mod handlers;
pub mod wire;
pub mod yaml;
