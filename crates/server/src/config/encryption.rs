//! Encryption of what the engine stores: where its master keys are.

use std::path::PathBuf;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tidemill::encryption::MasterKeys;

use super::secret::Secret;

/// Encryption of stored data. Off without keys. It can only be turned on for an empty store.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EncryptionSettings {
    /// File with the master key, which only its owner may read; `tidemill admin create-key` makes one. Keep a copy
    /// elsewhere: without it, everything that is stored is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// The master key itself, 64 hexadecimal digits, where it comes from a secret store as an environment variable. After
    /// it, separated by commas, older ones that are being replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Secret>,
}

impl EncryptionSettings {
    /// Whether there are keys.
    pub fn is_on(&self) -> bool {
        self.key_file.is_some() || self.key.is_some()
    }

    /// Reads the master keys, where there are any.
    ///
    /// # Errors
    /// Two places, a file that cannot be read or that others may read, or something that is not a key.
    pub fn keys(&self) -> anyhow::Result<Option<MasterKeys>> {
        match (&self.key_file, &self.key) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => bail!("settings encryption.key_file and encryption.key are both there; give one of them"),
            (Some(file), None) => MasterKeys::read(file).map(Some).context("setting encryption.key_file"),
            (None, Some(key)) => MasterKeys::parse(key.reveal()).map(Some).context("setting encryption.key"),
        }
    }
}
