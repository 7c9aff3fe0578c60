//! Dashboards: versioned definitions of widgets. Their numbers come from queries; nothing of them is stored here.

pub mod generate;
pub mod handlers;
pub mod model;
pub mod store;
pub mod widget_handlers;
pub mod wire;
