//! Where the engine stores: a folder of this machine, or a bucket.

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use tidemill::storage::S3Store;

use super::secret::Secret;

/// Where datasets, models and rollups are stored. Accounts and dashboards stay in the data folder.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSettings {
    /// A bucket, `s3://bucket/prefix`. Without it: the folder `engine` in the data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Address of a store that is not Amazon's, `https://host`; `http://` for this machine only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Region of the bucket; `us-east-1` when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// As whom to ask. Without it, as the machine's role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,
    /// The secret that belongs to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_access_key: Option<Secret>,
}

impl StoreSettings {
    /// The bucket, where there is one.
    ///
    /// # Errors
    /// Something that is not a bucket or an endpoint, half of the credentials, or the rest without a bucket.
    pub fn s3(&self) -> anyhow::Result<Option<S3Store>> {
        let Some(url) = &self.url else {
            let others = self.endpoint.is_some() || self.region.is_some() || self.access_key_id.is_some() || self.secret_access_key.is_some();
            ensure!(!others, "setting store.url is missing, and the others of its section mean nothing without it");
            return Ok(None);
        };
        let mut store = S3Store::at(url).context("setting store.url")?;
        if let Some(endpoint) = &self.endpoint {
            store = store.endpoint(endpoint).context("setting store.endpoint")?;
        }
        if let Some(region) = &self.region {
            store = store.region(region);
        }
        match (&self.access_key_id, &self.secret_access_key) {
            (Some(id), Some(secret)) => store = store.credentials(id, secret.reveal()),
            (None, None) => {}
            _ => anyhow::bail!("settings store.access_key_id and store.secret_access_key go together"),
        }
        Ok(Some(store))
    }
}
