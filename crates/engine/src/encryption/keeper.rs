//! Keeps the key rings of all tenants: reads them when they are first needed, makes them for new tenants, changes them.
//! A ring is an object a version, each put only if nobody was first, so engines on one store agree without a lock; older
//! versions are removed at once, because they hold keys that a rotation or an erasure wants gone.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use futures::{StreamExt, TryStreamExt};
use moka::future::Cache;
use moka::ops::compute::{CompResult, Op};
use object_store::{ObjectStore, ObjectStoreExt, PutMode};
use serde::Serialize;
use tokio::time::Instant;

use super::KeyProvider;
use super::error::{erased, told};
use super::ring::{OpenKeys, Ring};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::storage::layout;

/// The ring of the store itself: it says that the store is encrypted, and opening it shows that the master key is right.
/// No tenant can have this name.
const STORE_RING: &str = "_store";
/// How long a ring is believed before it is looked at again, for what other engines did to it.
const BELIEVED: Duration = Duration::from_secs(60);
/// Tenants whose keys are held.
const HELD: u64 = 10_000;
/// Tries of a change that others race.
const ATTEMPTS: usize = 16;

/// What is known of the keys of a tenant.
#[derive(Debug, Clone)]
pub(super) enum Keys {
    /// Nothing was ever stored.
    None,
    Open(Arc<OpenKeys>),
    Erased(DateTime<Utc>),
}

#[derive(Debug, Clone)]
struct Known {
    version: u64,
    keys: Keys,
    seen: Instant,
}

/// What was done to the keys of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyReport {
    /// Whose keys.
    pub tenant: String,
    /// Data keys of the tenant afterwards.
    pub data_keys: usize,
}

/// What a rotation of the master key did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rewrapped {
    /// The master key with which all data keys are wrapped now.
    pub master_key: String,
    /// Key rings that were wrapped anew, the store's own among them.
    pub rewrapped: usize,
    /// Key rings that were so before.
    pub unchanged: usize,
}

/// Keys of all tenants of an encrypted store. An engine has one; see [`Engine::keys`](crate::Engine::keys).
pub struct KeyKeeper {
    store: Arc<dyn ObjectStore>,
    provider: Arc<dyn KeyProvider>,
    clock: Arc<dyn Clock>,
    known: Cache<String, Known>,
}

/// Nothing of the keys.
impl fmt::Debug for KeyKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyKeeper").field("store", &self.store.to_string()).field("provider", &self.provider).finish_non_exhaustive()
    }
}

impl KeyKeeper {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, provider: Arc<dyn KeyProvider>, clock: Arc<dyn Clock>) -> Self {
        Self { store, provider, clock, known: Cache::new(HELD) }
    }

    /// Whether a store is encrypted.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn is_encrypted(store: &dyn ObjectStore) -> Result<bool> {
        let first = store.list(Some(&layout::key_ring(STORE_RING))).next().await.transpose();
        Ok(first.map_err(|error| Error::from(error).context("look whether the store is encrypted"))?.is_some())
    }

    /// Opens the store's own ring, to see that the master key is the right one. In a store where nothing is yet, makes it
    /// if `create` says so.
    ///
    /// # Errors
    /// `Invalid` when there are objects which are not encrypted; those of the provider.
    pub(crate) async fn unlock(&self, create: bool) -> Result<()> {
        match self.newest(STORE_RING).await? {
            Some(ring) => ring.open(&*self.provider).await.map(drop).map_err(|error| error.context("the store is encrypted and cannot be opened with the given keys")),
            None => {
                let objects = self.store.list(None).try_filter(|object| std::future::ready(!layout::is_own(&object.location)));
                let first = std::pin::pin!(objects).next().await.transpose().map_err(|error| Error::from(error).context("look whether the store is empty"))?;
                if let Some(object) = first {
                    let message = format!(
                        "the store holds data that is not encrypted ({} for one); encryption begins with an empty store: open it without keys, or load the data anew into an empty one",
                        object.location
                    );
                    return Err(Error::invalid(message));
                }
                if create { self.change(STORE_RING, Change::Ensure).await.map(drop) } else { Ok(()) }
            }
        }
    }

    /// The keys of a tenant, as they were a minute ago at most.
    pub(super) async fn keys(&self, tenant: &str) -> object_store::Result<Keys> {
        if let Some(known) = self.known.get(tenant).await
            && known.seen.elapsed() < BELIEVED
        {
            return answer(tenant, known.keys);
        }
        self.look_again(tenant, BELIEVED).await
    }

    /// The keys of a tenant, as they are now: something was found that is sealed with a key which was not known.
    pub(super) async fn fresh_keys(&self, tenant: &str) -> object_store::Result<Keys> {
        self.look_again(tenant, Duration::ZERO).await
    }

    /// The keys of a tenant that stores something; makes them where there are none.
    pub(super) async fn keys_to_write(&self, tenant: &str) -> object_store::Result<Arc<OpenKeys>> {
        for _ in 0..ATTEMPTS {
            match self.keys(tenant).await? {
                Keys::Open(keys) => return Ok(keys),
                _ => {
                    self.change(tenant, Change::Ensure).await.map_err(told)?;
                }
            }
        }
        Err(told(Error::conflict(format!("the keys of tenant {tenant} are being changed all the time; try again"))))
    }

    async fn look_again(&self, tenant: &str, believed: Duration) -> object_store::Result<Keys> {
        let looked = self.known.entry_by_ref(tenant).and_try_compute_with(|held| async move {
            let held = held.map(moka::Entry::into_value);
            match held {
                Some(held) if held.seen.elapsed() < believed => Ok::<_, Error>(Op::Nop),
                held => self.read(tenant, held.as_ref()).await.map(Op::Put),
            }
        });
        match looked.await.map_err(told)? {
            CompResult::Inserted(entry) | CompResult::ReplacedWith(entry) | CompResult::Unchanged(entry) => answer(tenant, entry.into_value().keys),
            CompResult::Removed(_) | CompResult::StillNone(_) => Ok(Keys::None),
        }
    }

    /// Reads a ring and opens its keys, unless it is the one that is held already.
    async fn read(&self, tenant: &str, held: Option<&Known>) -> Result<Known> {
        let seen = Instant::now();
        let Some(ring) = self.newest(tenant).await? else { return Ok(Known { version: 0, keys: Keys::None, seen }) };
        if let Some(held) = held.filter(|held| held.version == ring.version) {
            return Ok(Known { seen, ..held.clone() });
        }
        let opened = held.and_then(|held| if let Keys::Open(keys) = &held.keys { ring.out_of(keys) } else { None });
        let keys = match (ring.erased_at, opened) {
            (Some(at), _) => Keys::Erased(at),
            (None, Some(keys)) => Keys::Open(Arc::new(keys)),
            (None, None) => Keys::Open(Arc::new(ring.open(&*self.provider).await?)),
        };
        Ok(Known { version: ring.version, keys, seen })
    }

    /// The newest version of a ring.
    async fn newest(&self, tenant: &str) -> Result<Option<Ring>> {
        let failed = |error: object_store::Error| Error::from(error).context(format!("read the keys of {tenant}"));
        for _ in 0..ATTEMPTS {
            let Some(version) = self.versions(tenant).await?.into_iter().max() else { return Ok(None) };
            let location = layout::key_ring_version(tenant, version);
            match self.store.get(&location).await {
                Ok(object) => {
                    // What is sealed with keys that are not durable yet would be lost with them.
                    match self.store.head(&location).await {
                        Ok(_) => {}
                        Err(object_store::Error::NotFound { .. }) => continue,
                        Err(error) => return Err(failed(error)),
                    }
                    return Ring::decode(&object.bytes().await.map_err(failed)?, tenant, version).map(Some);
                }
                // A newer one took its place between the list and the read.
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Err(Error::conflict(format!("the keys of {tenant} are being changed all the time; try again")))
    }

    async fn versions(&self, tenant: &str) -> Result<Vec<u64>> {
        let listed = self.store.list(Some(&layout::key_ring(tenant))).try_filter_map(|object| async move { Ok(layout::version_of(&object.location)) });
        listed.try_collect().await.map_err(|error| Error::from(error).context(format!("list the keys of {tenant}")))
    }

    /// Puts the next version of a ring, and removes those before it. Gives the ring in force, and whether it was changed.
    async fn change(&self, tenant: &str, change: Change) -> Result<(Ring, bool)> {
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let before = self.newest(tenant).await?;
            let next = match (change, &before) {
                (Change::Ensure, None) => Ring::create(&*self.provider, tenant, now).await?,
                (Change::Ensure, Some(ring)) => {
                    let ring = ring.clone();
                    self.known.invalidate(tenant).await;
                    return Ok((ring, false));
                }
                (_, None) => return Err(Error::not_found(format!("tenant {tenant} has no keys: it has stored nothing here"))),
                (_, Some(ring)) if ring.erased_at.is_some() => return Ok((ring.clone(), false)),
                (Change::NewKey, Some(ring)) => ring.with_new_key(&*self.provider, now).await?,
                (Change::Erase, Some(ring)) => ring.erased(now),
                (Change::Rewrap, Some(ring)) => match ring.rewrapped(&*self.provider, now).await? {
                    Some(next) => next,
                    None => {
                        // A rotation that was cut short may have left what it replaced.
                        self.remove_before(tenant, ring.version).await?;
                        return Ok((ring.clone(), false));
                    }
                },
            };
            let location = layout::key_ring_version(tenant, next.version);
            match self.store.put_opts(&location, next.encode()?.into(), PutMode::Create.into()).await {
                // Others may have changed it twice meanwhile and removed what they replaced, so that this number was free again. Then it counts for
                // nothing, and keys that were to be destroyed are still there.
                Ok(_) => match self.versions(tenant).await?.into_iter().max() {
                    Some(newest) if newest > next.version => self.remove_before(tenant, newest).await?,
                    _ => {
                        self.remove_before(tenant, next.version).await?;
                        self.known.invalidate(tenant).await;
                        return Ok((next, true));
                    }
                },
                // Somebody was first, or it was this put, whose answer was lost: the next look says which.
                Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {}
                Err(error) => return Err(Error::from(error).context(format!("store the keys of {tenant}"))),
            }
        }
        Err(Error::conflict(format!("the keys of {tenant} are being changed all the time; try again")))
    }

    async fn remove_before(&self, tenant: &str, version: u64) -> Result<()> {
        for old in self.versions(tenant).await?.into_iter().filter(|old| *old < version) {
            match self.store.delete(&layout::key_ring_version(tenant, old)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(Error::from(error).context(format!("remove older keys of {tenant}; do it again"))),
            }
        }
        Ok(())
    }

    /// Tenants that have or had keys, sorted.
    ///
    /// # Errors
    /// What the store says.
    pub fn tenants(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(async move {
            let listed = self.store.list_with_delimiter(Some(&layout::key_rings())).await.map_err(|error| Error::from(error).context("list the keys of tenants"))?;
            let mut tenants: Vec<String> = listed.common_prefixes.iter().filter_map(|prefix| prefix.filename()).filter(|name| *name != STORE_RING).map(str::to_owned).collect();
            tenants.sort();
            Ok(tenants)
        })
    }

    /// Rotates the master key: wraps the data keys of all tenants with the provider's current master key. No object is
    /// written anew. Until it has ended, the provider must have the older master keys too; it can be repeated after it
    /// was cut short.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// use std::sync::Arc;
    /// use tidemill::encryption::MasterKeys;
    /// use tidemill::{Csv, Engine};
    ///
    /// let (old, new) = (MasterKeys::generate_text()?, MasterKeys::generate_text()?);
    /// let engine = Engine::builder().path(folder.path()).encryption(Arc::new(MasterKeys::parse(&old)?)).open().await?;
    /// engine.tenant("acme")?.load("orders", Csv::bytes("city,amount\nRome,2\n")).await?;
    /// engine.close().await;
    ///
    /// // The new key first, the old one still beside it.
    /// let both = MasterKeys::parse(&format!("{}\n{}", *new, *old))?;
    /// let engine = Engine::builder().path(folder.path()).encryption(Arc::new(both)).open().await?;
    /// assert!(engine.keys().unwrap().rewrap().await?.rewrapped > 0);
    /// engine.close().await;
    /// // Now the old one can go.
    /// Engine::builder().path(folder.path()).encryption(Arc::new(MasterKeys::parse(&new)?)).open().await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// Those of the provider and the store, and the first one of a tenant, with how many tenants failed. All others are
    /// done then.
    pub fn rewrap(&self) -> BoxFuture<'_, Result<Rewrapped>> {
        Box::pin(async move {
            let mut done = Rewrapped { master_key: self.provider.current().await?, rewrapped: 0, unchanged: 0 };
            let mut failed: Vec<(String, Error)> = Vec::new();
            // The store's own ring last: once it is wrapped anew, all are.
            for tenant in self.tenants().await?.iter().map(String::as_str).chain([STORE_RING]) {
                match self.change(tenant, Change::Rewrap).await {
                    Ok((_, true)) => done.rewrapped += 1,
                    Ok((_, false)) => done.unchanged += 1,
                    // One ring that cannot be opened must not keep the others at a key that is to go.
                    Err(error) => failed.push((tenant.to_owned(), error)),
                }
            }
            let count = failed.len();
            match failed.into_iter().next() {
                None => Ok(done),
                Some((tenant, error)) => Err(error.context(format!(
                    "{count} key rings could not be wrapped anew, that of {tenant} for one; {} were, {} needed nothing; keep the older master keys until a repetition succeeds",
                    done.rewrapped, done.unchanged
                ))),
            }
        })
    }

    /// Rotates the data key of a tenant: what is stored from now on is sealed with a new key, what was stored before
    /// stays readable. Other engines on the store notice within a minute.
    ///
    /// # Errors
    /// `NotFound` when the tenant has no keys; those of the provider and the store.
    pub fn rotate<'a>(&'a self, tenant: &'a str) -> BoxFuture<'a, Result<KeyReport>> {
        Box::pin(async move {
            let (ring, _) = self.change(&checked(tenant)?, Change::NewKey).await?;
            match ring.erased_at {
                Some(at) => Err(Error::not_found(format!("the keys of tenant {tenant} were destroyed at {}", at.to_rfc3339()))),
                None => Ok(KeyReport { tenant: tenant.to_owned(), data_keys: ring.len() }),
            }
        })
    }

    /// Destroys the keys of a tenant for good: nothing that it stored can be read any more, here or in a copy of the
    /// store, and it cannot store anything new. Its objects stay where they are, unreadable, and may be removed at
    /// leisure. Engines that hold the keys in memory forget them within a minute. Copies of the key ring (a backup of the
    /// store, deleted blocks of a disk) open as long as the master key does: rotate and destroy that as well.
    ///
    /// # Errors
    /// `NotFound` when the tenant has no keys; what the store says, after which it must be done again.
    pub fn erase<'a>(&'a self, tenant: &'a str) -> BoxFuture<'a, Result<KeyReport>> {
        Box::pin(async move {
            let (ring, _) = self.change(&checked(tenant)?, Change::Erase).await?;
            // An erasure that was cut short may have left versions with keys.
            self.remove_before(tenant, ring.version).await?;
            self.known.invalidate(tenant).await;
            Ok(KeyReport { tenant: tenant.to_owned(), data_keys: 0 })
        })
    }
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Ensure,
    NewKey,
    Rewrap,
    Erase,
}

fn checked(tenant: &str) -> Result<String> {
    crate::ids::TenantId::parse(tenant).map(String::from)
}

fn answer(tenant: &str, keys: Keys) -> object_store::Result<Keys> {
    match keys {
        Keys::Erased(at) => Err(erased(tenant, at)),
        keys => Ok(keys),
    }
}
