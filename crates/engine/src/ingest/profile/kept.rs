//! Profiles in the store: one object a load, beside its rejected rows. One that is damaged is as good as none.

use std::sync::Arc;

use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::LoadProfile;
use crate::error::{Error, Result};
use crate::storage::writes::Unreferenced;
use crate::storage::{checked_text, layout};

/// Bytes of a profile that is stored.
const BYTES_MAX: usize = 8 << 20;

/// Stores a profile.
///
/// # Errors
/// What the store says; `Exhausted` for one that is too large.
pub(crate) async fn put(store: &Arc<dyn ObjectStore>, dataset: &Path, profile: &LoadProfile) -> Result<()> {
    let bytes = serde_json::to_vec(profile)?;
    if bytes.len() > BYTES_MAX {
        return Err(Error::exhausted(format!("the profile takes {} bytes", bytes.len())));
    }
    let put = store.put_opts(&layout::profile(dataset, &profile.load_id), checked_text::seal(bytes).into(), Unreferenced::options()).await;
    put.map(drop).map_err(|error| Error::from(error).context("keep the profile of a load"))
}

/// The profile of a load; `None` where there is none.
///
/// # Errors
/// What the store says; `Corrupt` when it cannot be read.
pub(crate) async fn get(store: &Arc<dyn ObjectStore>, dataset: &Path, load_id: &str) -> Result<Option<LoadProfile>> {
    let location = layout::profile(dataset, load_id);
    let object = match store.get(&location).await {
        Ok(object) => object.bytes().await?,
        Err(object_store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(Error::from(error).context("read the profile of a load")),
    };
    let text = checked_text::open(&object, &format_args!("profile {location}"))?;
    serde_json::from_slice(text).map(Some).map_err(|error| Error::corrupt(format!("profile {location}: {error}")).because(error))
}

/// Removes the profile of a load that did not come about. What stays is removed with others that are old.
pub(crate) async fn remove(store: &Arc<dyn ObjectStore>, dataset: &Path, load_id: &str) {
    drop(store.delete(&layout::profile(dataset, load_id)).await);
}

/// Removes all profiles of a dataset: values of rows that are to be forgotten may be among the frequent ones.
///
/// # Errors
/// What the store says; some are gone then.
pub(crate) async fn remove_all(store: &Arc<dyn ObjectStore>, dataset: &Path) -> Result<()> {
    let listed: Vec<_> = store.list(Some(&layout::profiles(dataset))).try_collect().await.map_err(|error| Error::from(error).context("list profiles"))?;
    for object in listed {
        match store.delete(&object.location).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(Error::from(error).context("remove the profile of a load")),
        }
    }
    Ok(())
}
