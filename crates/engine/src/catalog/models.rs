//! Models and views on storage: one object a version, each put only if nobody was first. The engine reads the newest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::ids::{DatasetName, TenantId};
use crate::storage::{checked_text, layout};

/// Documents by tenant and name, with versions. What a document means is known above.
#[derive(Debug)]
pub(crate) struct ModelStore {
    store: Arc<dyn ObjectStore>,
    /// What a document is called in errors.
    word: &'static str,
    /// The folder of all documents of a tenant.
    folder: fn(&TenantId) -> Path,
    /// What was read last.
    known: Mutex<HashMap<(TenantId, DatasetName), Document>>,
}

/// A version of a document as it was read.
#[derive(Debug, Clone)]
struct Document {
    /// The dataset that it was read for: one that was deleted and made anew has another id. A view is of none.
    dataset_id: String,
    version: u64,
    bytes: Bytes,
}

impl ModelStore {
    /// The models of datasets.
    pub(crate) fn of_models(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, word: "model", folder: layout::models, known: Mutex::default() }
    }

    /// The views of tenants. They are of no dataset; one that is deleted gets a last version that says so.
    pub(crate) fn of_views(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, word: "view", folder: layout::views, known: Mutex::default() }
    }

    fn folder(&self, tenant: &TenantId, name: &DatasetName) -> Path {
        (self.folder)(tenant).join(name.as_str())
    }

    fn place(&self, tenant: &TenantId, name: &DatasetName, version: u64) -> Path {
        layout::document_version(&self.folder(tenant, name), version)
    }

    /// The names of all documents of a tenant, sorted.
    pub(crate) async fn names(&self, tenant: &TenantId) -> Result<Vec<DatasetName>> {
        let listed = self
            .store
            .list_with_delimiter(Some(&(self.folder)(tenant)))
            .await
            .map_err(|error| Error::from(error).context(format_args!("list {}s", self.word)))?;
        let mut names: Vec<DatasetName> = listed.common_prefixes.iter().filter_map(|prefix| DatasetName::parse(prefix.filename()?).ok()).collect();
        names.sort();
        Ok(names)
    }

    /// The newest version of a document of the dataset that has this id.
    pub(crate) async fn get<T: DeserializeOwned>(&self, tenant: &TenantId, name: &DatasetName, dataset_id: &str) -> Result<Option<(u64, T)>> {
        let Some((version, bytes)) = self.newest_document(tenant, name, dataset_id).await? else { return Ok(None) };
        let model = serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(format!("{} {}: {error}", self.word, self.place(tenant, name, version))).because(error))?;
        Ok(Some((version, model)))
    }

    /// Whether there is no version after this one.
    pub(crate) async fn is_newest(&self, tenant: &TenantId, name: &DatasetName, version: u64) -> Result<bool> {
        match self.store.head(&self.place(tenant, name, version + 1)).await {
            Ok(_) => Ok(false),
            Err(object_store::Error::NotFound { .. }) => Ok(true),
            Err(error) => Err(Error::from(error).context(format_args!("look for {}", self.word))),
        }
    }

    /// Stores the version after `expected` (0: the first).
    ///
    /// # Errors
    /// `Conflict` when another version was stored since.
    pub(crate) async fn put<T: Serialize + Sync>(&self, tenant: &TenantId, name: &DatasetName, expected: u64, model: &T) -> Result<u64> {
        let newest = self.newest(tenant, name).await?.unwrap_or(0);
        if newest != expected {
            return Err(Error::conflict(format!("{} {name} is at version {newest}, not {expected}; read it again", self.word)));
        }
        let version = expected + 1;
        let bytes = Bytes::from(checked_text::seal(serde_json::to_vec_pretty(model)?));
        let location = self.place(tenant, name, version);
        match self.store.put_opts(&location, bytes.clone().into(), PutMode::Create.into()).await {
            Ok(_) => Ok(version),
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
                // It may be this very put, whose answer was lost and which was sent again; or another engine's, not durable yet.
                self.store.head(&location).await.map_err(|error| Error::from(error).context(format_args!("write {}", self.word)))?;
                if self.store.get(&location).await?.bytes().await? == bytes {
                    return Ok(version);
                }
                Err(Error::conflict(format!("{} {name} was changed by somebody else; read it again", self.word)))
            }
            Err(error) => Err(Error::from(error).context(format_args!("write {}", self.word))),
        }
    }

    /// Removes all versions.
    pub(crate) async fn delete(&self, tenant: &TenantId, name: &DatasetName) -> Result<()> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&(tenant.clone(), name.clone()));
        let objects: Vec<_> = self.store.list(Some(&self.folder(tenant, name))).try_collect().await?;
        for object in objects {
            match self.store.delete(&object.location).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(Error::from(error).context(format_args!("delete {}", self.word))),
            }
        }
        Ok(())
    }

    /// The newest version and its text. After what was read before, the next is asked for by name: nothing is listed.
    async fn newest_document(&self, tenant: &TenantId, name: &DatasetName, dataset_id: &str) -> Result<Option<(u64, Bytes)>> {
        let key = (tenant.clone(), name.clone());
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known.filter(|known| known.dataset_id == dataset_id)
            && self.is_newest(tenant, name, known.version).await?
        {
            return Ok(Some((known.version, known.bytes)));
        }
        let Some(version) = self.newest(tenant, name).await? else { return Ok(None) };
        let object = match self.store.get(&self.place(tenant, name, version)).await {
            Ok(object) => object,
            // A document that somebody deletes between the list and the read is not there.
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(Error::from(error).context(format_args!("read {}", self.word))),
        };
        let stored = object.bytes().await?;
        let bytes = stored.slice_ref(checked_text::open(&stored, &format_args!("{} {}", self.word, self.place(tenant, name, version)))?);
        let document = Document { dataset_id: dataset_id.to_owned(), version, bytes: bytes.clone() };
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, document);
        Ok(Some((version, bytes)))
    }

    async fn newest(&self, tenant: &TenantId, name: &DatasetName) -> Result<Option<u64>> {
        let versions: Vec<u64> = self
            .store
            .list(Some(&self.folder(tenant, name)))
            .try_filter_map(|object| async move { Ok(layout::version_of(&object.location)) })
            .try_collect()
            .await?;
        Ok(versions.into_iter().max())
    }
}
