//! Which folder is read.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Configuration of the `files` connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesConfig {
    /// The folder.
    pub folder: PathBuf,
}

impl FilesConfig {
    /// The files of a folder.
    pub fn folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}
