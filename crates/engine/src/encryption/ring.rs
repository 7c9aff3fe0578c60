//! The key ring of a tenant: its data keys, wrapped, as one small document that is replaced as a whole. New objects are
//! sealed with the current key; older ones stay for what was sealed before. A ring without keys is that of an erased
//! tenant.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{KeyProvider, SecretKey, WrappedKey};
use crate::error::{Error, Result};

const FORMAT: u32 = 1;
const CONTEXT: &str = "tidemill data key 1";

/// A key ring as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ring {
    format: u32,
    pub tenant: String,
    /// Counts the changes; part of the object's name.
    pub version: u64,
    pub changed_at: DateTime<Utc>,
    /// The key for new objects.
    current: Option<Uuid>,
    keys: Vec<StoredKey>,
    /// When the keys were destroyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    id: Uuid,
    created_at: DateTime<Utc>,
    master_key: String,
    /// In hexadecimal.
    wrapped: String,
}

/// The keys of a ring, opened.
#[derive(Debug, Clone)]
pub(super) struct OpenKeys {
    current: Uuid,
    keys: HashMap<Uuid, SecretKey>,
}

impl OpenKeys {
    /// The key for new objects and its id.
    pub(super) fn current(&self) -> Result<(Uuid, &SecretKey)> {
        let key = self.get(self.current).ok_or_else(|| Error::corrupt(format!("key ring without its current key {}", self.current)))?;
        Ok((self.current, key))
    }

    /// The key of this id.
    pub(super) fn get(&self, id: Uuid) -> Option<&SecretKey> {
        self.keys.get(&id)
    }
}

/// What a data key is wrapped for.
fn context(tenant: &str, id: Uuid) -> Vec<u8> {
    format!("{CONTEXT}\0{tenant}\0{id}").into_bytes()
}

async fn wrap(provider: &dyn KeyProvider, tenant: &str, id: Uuid, key: &SecretKey, created_at: DateTime<Utc>) -> Result<StoredKey> {
    let wrapped = provider.wrap(key, &context(tenant, id)).await?;
    // What cannot be opened again must never be stored in the place of what can.
    if provider.unwrap(&wrapped, &context(tenant, id)).await?.expose() != key.expose() {
        return Err(Error::internal(format!("the key provider wraps data key {id} and opens it as another one")));
    }
    Ok(StoredKey { id, created_at, master_key: wrapped.master_key, wrapped: hex::encode(wrapped.bytes) })
}

impl Ring {
    /// The first ring of a tenant, with one new key.
    pub(super) async fn create(provider: &dyn KeyProvider, tenant: &str, now: DateTime<Utc>) -> Result<Self> {
        let empty = Self { format: FORMAT, tenant: tenant.to_owned(), version: 0, changed_at: now, current: None, keys: Vec::new(), erased_at: None };
        empty.with_new_key(provider, now).await
    }

    /// The next version: a new key for new objects.
    pub(super) async fn with_new_key(&self, provider: &dyn KeyProvider, now: DateTime<Utc>) -> Result<Self> {
        let (id, key) = (Uuid::new_v4(), SecretKey::generate()?);
        let mut next = Self { version: self.version + 1, changed_at: now, current: Some(id), ..self.clone() };
        next.keys.push(wrap(provider, &self.tenant, id, &key, now).await?);
        Ok(next)
    }

    /// The next version: every key wrapped with the current master key. `None`: they are already.
    pub(super) async fn rewrapped(&self, provider: &dyn KeyProvider, now: DateTime<Utc>) -> Result<Option<Self>> {
        let master = provider.current().await?;
        if self.keys.iter().all(|key| key.master_key == master) {
            return Ok(None);
        }
        let mut next = Self { version: self.version + 1, changed_at: now, ..self.clone() };
        for key in &mut next.keys {
            if key.master_key != master {
                let opened = self.open_key(provider, key).await?;
                *key = wrap(provider, &self.tenant, key.id, &opened, key.created_at).await?;
            }
        }
        Ok(Some(next))
    }

    /// The last version: no keys.
    pub(super) fn erased(&self, now: DateTime<Utc>) -> Self {
        Self { version: self.version + 1, changed_at: now, current: None, keys: Vec::new(), erased_at: Some(now), ..self.clone() }
    }

    /// The keys of this ring out of keys that are open, where all are among them: it was only wrapped anew, or a key was
    /// chosen. Nobody has to be asked then, and an engine with the old master key alone goes on through a rotation.
    pub(super) fn out_of(&self, open: &OpenKeys) -> Option<OpenKeys> {
        let keys = self.keys.iter().map(|key| open.get(key.id).map(|opened| (key.id, opened.clone()))).collect::<Option<_>>()?;
        Some(OpenKeys { current: self.current?, keys })
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Opens all keys.
    ///
    /// # Errors
    /// Those of the provider, naming tenant and key.
    pub(super) async fn open(&self, provider: &dyn KeyProvider) -> Result<OpenKeys> {
        let current = self.current.ok_or_else(|| Error::corrupt(format!("the key ring of {} has no current key", self.tenant)))?;
        let mut keys = HashMap::with_capacity(self.keys.len());
        for key in &self.keys {
            keys.insert(key.id, self.open_key(provider, key).await?);
        }
        Ok(OpenKeys { current, keys })
    }

    async fn open_key(&self, provider: &dyn KeyProvider, key: &StoredKey) -> Result<SecretKey> {
        let bytes = hex::decode(&key.wrapped).map_err(|error| Error::corrupt(format!("data key {} of {}: {error}", key.id, self.tenant)))?;
        let wrapped = WrappedKey { master_key: key.master_key.clone(), bytes };
        provider
            .unwrap(&wrapped, &context(&self.tenant, key.id))
            .await
            .map_err(|error| error.context(format!("open data key {} of {}", key.id, self.tenant)))
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec_pretty(self)?)
    }

    /// Reads a ring that was stored under this name.
    pub(super) fn decode(bytes: &[u8], tenant: &str, version: u64) -> Result<Self> {
        let corrupt = |what: &str| Error::corrupt(format!("the key ring of {tenant}, version {version}: {what}"));
        let ring: Self = serde_json::from_slice(bytes).map_err(|error| corrupt(&error.to_string()))?;
        match &ring {
            ring if ring.format != FORMAT => Err(corrupt("it has a format that this version does not know")),
            ring if ring.tenant != tenant || ring.version != version => Err(corrupt("it belongs to another name")),
            _ => Ok(ring),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encryption::MasterKeys;
    use crate::error::ErrorKind;

    const OLD: &str = "7f3c1a9e5d2b8046c1e7a3f95b0d2648ea71c3590f8b6d24a9e5037c1fd8b642";
    const NEW: &str = "02b4c6d8eaf01325476981abcde0f1234c5b6a798897a6b5c4d3e2f10e1d2c3b";

    #[tokio::test]
    async fn keys_survive_their_master_key() {
        let now = DateTime::UNIX_EPOCH;
        let (old, both, new) = (MasterKeys::parse(OLD).unwrap(), MasterKeys::parse(&format!("{NEW} {OLD}")).unwrap(), MasterKeys::parse(NEW).unwrap());
        let first = Ring::create(&old, "acme", now).await.unwrap();
        let second = first.with_new_key(&old, now).await.unwrap();
        assert_eq!((first.version, second.version, second.len()), (1, 2, 2));
        assert!(second.rewrapped(&old, now).await.unwrap().is_none());
        let third = second.rewrapped(&both, now).await.unwrap().unwrap();
        let (before, after) = (second.open(&old).await.unwrap(), third.open(&new).await.unwrap());
        assert_eq!(before.current, after.current);
        assert!(third.out_of(&before).is_some() && second.out_of(&first.open(&old).await.unwrap()).is_none());
        for key in &second.keys {
            assert_eq!(before.get(key.id).unwrap().expose(), after.get(key.id).unwrap().expose());
        }
        assert_eq!(third.open(&old).await.unwrap_err().kind(), ErrorKind::Unavailable);
        let erased = third.erased(now);
        assert!(erased.len() == 0 && erased.open(&new).await.is_err());
    }

    #[tokio::test]
    async fn the_ring_of_one_tenant_is_not_that_of_another() {
        let keys = MasterKeys::parse(OLD).unwrap();
        let ring = Ring::create(&keys, "acme", DateTime::UNIX_EPOCH).await.unwrap();
        let bytes = ring.encode().unwrap();
        assert_eq!(Ring::decode(&bytes, "acme", 1).unwrap(), ring);
        assert!(Ring::decode(&bytes, "other", 1).is_err() && Ring::decode(&bytes, "acme", 2).is_err());
        let moved = Ring { tenant: "other".into(), ..ring };
        assert_eq!(moved.open(&keys).await.unwrap_err().kind(), ErrorKind::Corrupt);
    }
}
