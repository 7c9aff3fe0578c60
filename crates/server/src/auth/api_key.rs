//! API keys as they are sent: `tmk_`, twelve hex digits that are shown everywhere, `_`, and a secret of 256 random bits in
//! hex. One fixed form, so that scanners for leaked secrets know one when they see it. The store has the hash of the
//! secret alone; a fast hash is enough, because nobody guesses 256 bits.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::private_file;

/// What every key begins with. No access token does: a JWT begins with `ey`.
const MARK: &str = "tmk_";

/// An API key with its secret. Without `Debug`, so that it cannot be logged.
pub struct ApiKey {
    id: [u8; 6],
    secret: [u8; 32],
}

impl ApiKey {
    /// What is said of something that is meant to be a key and is none.
    pub const SHAPE: &str = "this is no API key: one is tmk_, 12 hex digits, _ and 64 hex digits";

    /// A random key.
    pub fn generate() -> Self {
        Self { id: private_file::random(), secret: private_file::random() }
    }

    /// Whether a token is meant to be a key.
    pub fn is_meant(token: &str) -> bool {
        token.starts_with(MARK)
    }

    /// The key in a token, if it has the form of one.
    pub fn parse(token: &str) -> Option<Self> {
        if token.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        let (id, secret) = token.strip_prefix(MARK)?.split_once('_')?;
        let mut key = Self { id: [0; 6], secret: [0; 32] };
        hex::decode_to_slice(id, &mut key.id).ok()?;
        hex::decode_to_slice(secret, &mut key.secret).ok()?;
        Some(key)
    }

    /// By what it is found and told apart: all but the secret.
    pub fn prefix(&self) -> String {
        format!("{MARK}{}", hex::encode(self.id))
    }

    /// What the store keeps of the secret.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.secret))
    }

    /// Whether the secret is the one that was hashed, told in the same time for every wrong one.
    pub fn fits(&self, hash: &str) -> bool {
        self.hash().as_bytes().ct_eq(hash.as_bytes()).into()
    }

    /// The whole key, for the one answer that shows it.
    pub fn reveal(&self) -> String {
        format!("{}_{}", self.prefix(), hex::encode(self.secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_as_the_same_key() {
        let key = ApiKey::generate();
        let text = key.reveal();
        assert_eq!(text.len(), 4 + 12 + 1 + 64);
        let read = ApiKey::parse(&text).unwrap();
        assert!(read.prefix() == key.prefix() && read.fits(&key.hash()));
        assert!(!ApiKey::generate().fits(&key.hash()) && !key.fits("") && !key.fits("00"));
        assert!(!key.hash().contains(&hex::encode(key.secret)), "the hash is not the secret");
    }

    #[test]
    fn what_has_another_form_is_no_key() {
        let good = ApiKey::generate().reveal();
        for bad in [
            "",
            "tmk_",
            "tmk__",
            &good[..good.len() - 1],
            &format!("{good}0"),
            &good.replace("tmk_", "tmx_"),
            &good.replacen('_', "-", 2),
            "tmk_zzzzzzzzzzzz_00",
            &good.to_uppercase().replacen("TMK_", "tmk_", 1),
            &format!("{good}_"),
        ] {
            assert!(ApiKey::parse(bad).is_none(), "{bad:?}");
        }
        assert!(ApiKey::is_meant(&good) && ApiKey::is_meant("tmk_x") && !ApiKey::is_meant("eyJ"));
    }
}
