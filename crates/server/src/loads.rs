//! Loads of uploaded files: they run in the background, can be watched and cancelled.

pub mod handlers;
pub mod jobs;
pub mod wire;
