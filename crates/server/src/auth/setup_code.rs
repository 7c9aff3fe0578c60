//! The code that proves, at the very first start, that the browser's user can read the server's terminal or files.

use std::path::{Path, PathBuf};

use anyhow::Context;
use subtle::ConstantTimeEq;

use super::private_file;

/// 128 bits, kept in a private file until the first tenant exists.
#[derive(Debug, Clone)]
pub struct SetupCode {
    path: PathBuf,
}

impl SetupCode {
    /// The code of a data folder.
    pub fn in_folder(data_dir: &Path) -> Self {
        Self { path: data_dir.join("setup-code") }
    }

    /// The code; made at the first call.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn read_or_create(&self) -> anyhow::Result<String> {
        match std::fs::read_to_string(&self.path) {
            Ok(text) => Ok(text.trim().to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let digits = hex::encode(private_file::random::<16>());
                let groups: Vec<String> = digits.as_bytes().chunks(8).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
                let code = groups.join("-");
                private_file::write_new(&self.path, code.as_bytes())?;
                Ok(code)
            }
            Err(error) => Err(error).with_context(|| format!("read {}", self.path.display())),
        }
    }

    /// Whether a text is the code, in a time that does not depend on it.
    pub fn fits(&self, text: &str) -> bool {
        let Ok(code) = std::fs::read_to_string(&self.path) else { return false };
        let code = code.trim();
        !code.is_empty() && bool::from(code.as_bytes().ct_eq(text.trim().as_bytes()))
    }

    /// Removes it, once it has served.
    pub fn remove(&self) {
        if let Err(error) = std::fs::remove_file(&self.path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "the used setup code could not be removed");
        }
    }
}
