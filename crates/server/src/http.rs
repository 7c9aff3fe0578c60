//! What every handler speaks: problems, JSON bodies with field paths, JSON answers, names in addresses, parameters, entity versions, origins.

pub mod body;
pub mod if_match;
pub mod json;
pub mod origin;
pub mod path;
pub mod peer;
pub mod problem;
pub mod query;

pub use body::JsonBody;
pub use if_match::IfMatch;
pub use json::json_of;
pub use path::Path;
pub use peer::Peer;
pub use problem::{Answer, Code, FieldProblem, Problem};
pub use query::QueryOf;
