//! Files of a folder as sources: one file, one dataset. It refuses folders inside the folder, hidden files and links.

mod config;
mod source;

pub use config::FilesConfig;
pub use source::{FileSource, discover};
