//! The port to whoever holds master keys: this process ([`MasterKeys`](super::MasterKeys)) or a key management service.

use std::fmt;

use async_trait::async_trait;

use super::SecretKey;
use crate::error::Result;

/// A data key that only the holder of a master key can open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// Which master key it was wrapped with, in the words of the provider.
    pub master_key: String,
    /// The wrapped key, in the format of the provider.
    pub bytes: Vec<u8>,
}

/// Wraps and opens data keys with master keys. Called when the key ring of a tenant is made, changed or first read, never
/// for each object, so a network between is fine.
///
/// `context` says what the key is for (tenant and id). It is not secret; a key that was wrapped under one context must
/// not open under another. Services call it encryption context or additional authenticated data.
///
/// Errors: `Unavailable` when the provider cannot be asked or does not have the master key; `Corrupt` when the wrapped key
/// does not open.
#[async_trait]
pub trait KeyProvider: fmt::Debug + Send + Sync + 'static {
    /// The id of the master key that [`wrap`](Self::wrap) uses now.
    async fn current(&self) -> Result<String>;

    /// Wraps a key with the current master key.
    async fn wrap(&self, key: &SecretKey, context: &[u8]) -> Result<WrappedKey>;

    /// Opens a key that was wrapped with the current or an older master key.
    async fn unwrap(&self, wrapped: &WrappedKey, context: &[u8]) -> Result<SecretKey>;
}
