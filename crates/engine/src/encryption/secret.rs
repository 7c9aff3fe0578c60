//! A key: 32 bytes that are wiped when they go and never printed.

use std::fmt;

use rand::TryRngCore;
use rand::rngs::OsRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::error::{Error, ErrorKind, Result};

/// A key of 256 bits. Wiped from memory when it is dropped; `Debug` shows stars.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretKey([u8; Self::BYTES]);

impl SecretKey {
    /// Length in bytes.
    pub const BYTES: usize = 32;

    /// A new key from the operating system's generator.
    ///
    /// # Errors
    /// `Unavailable` when the operating system has no random bytes.
    pub fn generate() -> Result<Self> {
        random().map(Self)
    }

    /// A key that is known. The caller wipes its own copy.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes, for whoever encrypts with them.
    pub fn expose(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Random bytes of the operating system.
pub(super) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| Error::new(ErrorKind::Unavailable, format!("the operating system has no random bytes: {error}")).because(error))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let key = SecretKey::from_bytes([0xab; 32]);
        assert_eq!(format!("{key:?}"), "***");
        assert_ne!(SecretKey::generate().unwrap().expose(), SecretKey::generate().unwrap().expose());
    }
}
