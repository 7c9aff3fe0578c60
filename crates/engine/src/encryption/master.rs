//! Master keys in the memory of this process, from a file that only its owner may read or from a setting. The first one
//! wraps; all of them open, so that keys which were wrapped before a rotation can be read until they are wrapped anew.

use std::fmt;
use std::path::Path;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::secret::random;
use super::{KeyProvider, SecretKey, WrappedKey};
use crate::error::{Error, ErrorKind, Result};

/// Bytes of the nonce in front of a wrapped key.
const NONCE_BYTES: usize = 12;
/// Different bytes that a key has at least; a random one has about thirty.
const FEWEST_DISTINCT: usize = 12;
/// Bytes of a key's digest that make its id.
const ID_BYTES: usize = 8;

/// Master keys, the current one first.
///
/// ```
/// use tidemill::encryption::MasterKeys;
///
/// let key = MasterKeys::generate_text()?;
/// let keys = MasterKeys::parse(&format!("# the key since May\n{}\n", *key))?;
/// assert_eq!(keys.ids().len(), 1);
/// # Ok::<(), tidemill::Error>(())
/// ```
pub struct MasterKeys {
    keys: Vec<MasterKey>,
}

struct MasterKey {
    id: String,
    key: SecretKey,
}

impl MasterKeys {
    /// A new key as it is written in key files and settings: 64 hexadecimal digits.
    ///
    /// # Errors
    /// `Unavailable` when the operating system has no random bytes.
    pub fn generate_text() -> Result<Zeroizing<String>> {
        Ok(Zeroizing::new(hex::encode(SecretKey::generate()?.expose())))
    }

    /// Reads keys out of a text: 64 hexadecimal digits each, separated by blanks, commas or line ends, the current one
    /// first; from `#` to the end of a line is a remark.
    ///
    /// # Errors
    /// `Invalid` without a key, for one that is not 64 hexadecimal digits, for one that is not random, and for one that is
    /// there twice. The message holds nothing of the text.
    pub fn parse(text: &str) -> Result<Self> {
        let words = text.lines().filter_map(|line| line.split('#').next()).flat_map(|line| line.split([' ', '\t', ',', '\r'])).filter(|word| !word.is_empty());
        let mut keys: Vec<MasterKey> = Vec::new();
        for (number, word) in (1..).zip(words) {
            let wrong = |what: &str| Err(Error::invalid(format!("master key {number} {what}")));
            let mut bytes = Zeroizing::new([0; SecretKey::BYTES]);
            if hex::decode_to_slice(word, bytes.as_mut_slice()).is_err() {
                return wrong("is not 64 hexadecimal digits; make one with `tidemill admin create-key`, or with `openssl rand -hex 32`");
            }
            if bytes.iter().collect::<std::collections::BTreeSet<_>>().len() < FEWEST_DISTINCT {
                return wrong("has hardly any different bytes, so it is not random; make one with `tidemill admin create-key`");
            }
            let id = id_of(&bytes);
            if keys.iter().any(|key| key.id == id) {
                return wrong("is there twice");
            }
            keys.push(MasterKey { id, key: SecretKey::from_bytes(*bytes) });
        }
        if keys.is_empty() {
            return Err(Error::invalid("there is no master key; write one of 64 hexadecimal digits"));
        }
        Ok(Self { keys })
    }

    /// Reads the keys of a file, in the format of [`parse`](Self::parse).
    ///
    /// # Errors
    /// `NotFound` without a file; `Invalid` when others than its owner may read it, or as `parse`; `Unavailable` when it
    /// cannot be read.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let failed = |error: std::io::Error| {
            let kind = if error.kind() == std::io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Unavailable };
            Error::new(kind, format!("read key file {}: {error}", path.display())).because(error)
        };
        refuse_open(path, &std::fs::metadata(path).map_err(failed)?)?;
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(failed)?);
        Self::parse(&text).map_err(|error| error.context(format!("key file {}", path.display())))
    }

    /// Ids of the keys, the current one first. They say nothing of the keys.
    pub fn ids(&self) -> Vec<&str> {
        self.keys.iter().map(|key| key.id.as_str()).collect()
    }

    fn current_key(&self) -> Result<&MasterKey> {
        self.keys.first().ok_or_else(|| Error::internal("master keys without a key"))
    }
}

/// Ids of keys that were given, but not the keys.
impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MasterKeys").field(&self.ids()).finish()
    }
}

#[cfg(unix)]
fn refuse_open(path: &Path, metadata: &std::fs::Metadata) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Error::invalid(format!("key file {} may be read by others (mode {mode:03o}); make it private: chmod 600 {}", path.display(), path.display())))
}

#[cfg(not(unix))]
fn refuse_open(_: &Path, _: &std::fs::Metadata) -> Result<()> {
    Ok(())
}

/// A name for a key that says nothing of it.
fn id_of(key: &[u8; SecretKey::BYTES]) -> String {
    let digest = Sha256::new().chain_update(b"tidemill master key id\0").chain_update(key).finalize();
    hex::encode(digest.get(..ID_BYTES).unwrap_or_default())
}

fn cipher(key: &SecretKey) -> Aes256Gcm {
    Aes256Gcm::new(key.expose().into())
}

#[async_trait]
impl KeyProvider for MasterKeys {
    async fn current(&self) -> Result<String> {
        Ok(self.current_key()?.id.clone())
    }

    async fn wrap(&self, key: &SecretKey, context: &[u8]) -> Result<WrappedKey> {
        let master = self.current_key()?;
        let nonce = random::<NONCE_BYTES>()?;
        let sealed = cipher(&master.key).encrypt(&Nonce::from(nonce), Payload { msg: key.expose(), aad: context });
        let sealed = sealed.map_err(|_| Error::internal("a key could not be wrapped"))?;
        Ok(WrappedKey { master_key: master.id.clone(), bytes: [nonce.as_slice(), &sealed].concat() })
    }

    async fn unwrap(&self, wrapped: &WrappedKey, context: &[u8]) -> Result<SecretKey> {
        let Some(master) = self.keys.iter().find(|key| key.id == wrapped.master_key) else {
            let message = format!("it is wrapped with master key {}, which is not among those that were given ({})", wrapped.master_key, self.ids().join(", "));
            return Err(Error::new(ErrorKind::Unavailable, message));
        };
        let damaged = || Error::corrupt(format!("the key does not open with master key {}: it was damaged or moved", master.id));
        let (nonce, sealed) = wrapped.bytes.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let opened = cipher(&master.key).decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: context });
        let opened = Zeroizing::new(opened.map_err(|_| damaged())?);
        let bytes = <[u8; SecretKey::BYTES]>::try_from(opened.as_slice()).map(Zeroizing::new).map_err(|_| damaged())?;
        Ok(SecretKey::from_bytes(*bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "7f3c1a9e5d2b8046c1e7a3f95b0d2648ea71c3590f8b6d24a9e5037c1fd8b642";
    const SECOND: &str = "02b4c6d8eaf01325476981abcde0f1234c5b6a798897a6b5c4d3e2f10e1d2c3b";

    #[test]
    fn keys_are_read_and_never_shown() {
        let keys = MasterKeys::parse(&format!("# new\n{FIRST}\n{SECOND} # old\n")).unwrap();
        assert_eq!(keys.ids().len(), 2);
        assert_eq!(MasterKeys::parse(&format!("{FIRST},{SECOND}")).unwrap().ids(), keys.ids());
        let shown = format!("{keys:?}");
        assert!(shown.contains(keys.ids()[0]) && !shown.contains(&FIRST[..8]) && !FIRST.contains(keys.ids()[0]), "{shown}");
        let zeros = "00".repeat(32);
        for (text, expected) in
            [("", "no master key"), ("abc", "64 hexadecimal"), (zeros.as_str(), "not random"), (&format!("{FIRST} {FIRST}"), "twice"), (&FIRST[2..], "64 hexadecimal")]
        {
            let error = MasterKeys::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected) && (text.is_empty() || !error.contains(text)), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert_eq!(MasterKeys::read(&path).unwrap_err().kind(), ErrorKind::NotFound);
        std::fs::write(&path, FIRST).unwrap();
        for (mode, readable) in [(0o644, false), (0o640, false), (0o600, true), (0o400, true)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(MasterKeys::read(&path).is_ok(), readable, "{mode:o}");
        }
    }

    #[tokio::test]
    async fn a_wrapped_key_opens_with_its_master_key_and_context_only() {
        let (old, both, other) = (MasterKeys::parse(FIRST).unwrap(), MasterKeys::parse(&format!("{SECOND} {FIRST}")).unwrap(), MasterKeys::parse(SECOND).unwrap());
        let key = SecretKey::generate().unwrap();
        let wrapped = old.wrap(&key, b"acme").await.unwrap();
        assert_eq!(both.unwrap(&wrapped, b"acme").await.unwrap().expose(), key.expose());
        assert_eq!(both.unwrap(&wrapped, b"other").await.unwrap_err().kind(), ErrorKind::Corrupt);
        let error = other.unwrap(&wrapped, b"acme").await.unwrap_err();
        assert!(error.kind() == ErrorKind::Unavailable && error.message().contains(old.ids()[0]), "{error}");
        for place in 0..wrapped.bytes.len() {
            let mut bytes = wrapped.bytes.clone();
            bytes[place] ^= 1;
            assert!(old.unwrap(&WrappedKey { bytes, ..wrapped.clone() }, b"acme").await.is_err());
            assert!(old.unwrap(&WrappedKey { bytes: wrapped.bytes[..place].to_vec(), ..wrapped.clone() }, b"acme").await.is_err());
        }
        assert_eq!(both.wrap(&key, b"acme").await.unwrap().master_key, both.current().await.unwrap());
        assert_ne!(both.current().await.unwrap(), old.current().await.unwrap());
    }
}
