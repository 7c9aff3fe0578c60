//! The datasets of all tenants: each opened once, through its tenant, and kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use object_store::ObjectStore;

use crate::error::{Error, Result, near_names};
use crate::ids::{DatasetName, TenantId};
use crate::storage::layout;
use crate::storage::log::{DatasetLog, Snapshot};

/// Logs by tenant and name. A log that was never read costs a few hundred bytes.
#[derive(Debug)]
pub(crate) struct Datasets {
    store: Arc<dyn ObjectStore>,
    logs: Mutex<HashMap<(TenantId, DatasetName), Arc<DatasetLog>>>,
}

impl Datasets {
    pub(crate) fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, logs: Mutex::default() }
    }

    /// The log of a dataset, whether there is one or not.
    pub(crate) fn log(&self, tenant: &TenantId, dataset: &DatasetName) -> Arc<DatasetLog> {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let log = logs
            .entry((tenant.clone(), dataset.clone()))
            .or_insert_with(|| Arc::new(DatasetLog::new(Arc::clone(&self.store), layout::dataset(tenant, dataset))));
        Arc::clone(log)
    }

    /// The datasets that were asked for since the engine was opened.
    pub(crate) fn known(&self) -> Vec<(TenantId, DatasetName)> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// Whether a dataset was found before, and is not only looked for just now. Costs nothing; another engine may have deleted it since.
    pub(crate) fn is_known(&self, tenant: &TenantId, dataset: &DatasetName) -> bool {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).get(&(tenant.clone(), dataset.clone())).is_some_and(|log| log.known().is_some())
    }

    /// The latest version of a dataset, where there is one.
    pub(crate) async fn get(&self, tenant: &TenantId, dataset: &DatasetName) -> Result<Option<Arc<Snapshot>>> {
        let found = self.log(tenant, dataset).snapshot().await?;
        if found.is_none() {
            // A name that nobody owns must not stay in memory: callers can make up any number of them.
            let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (tenant.clone(), dataset.clone());
            if logs.get(&key).is_some_and(|log| Arc::strong_count(log) == 1) {
                logs.remove(&key);
            }
        }
        Ok(found)
    }

    /// The latest version of a dataset.
    ///
    /// # Errors
    /// `NotFound` with near names of the same tenant.
    pub(crate) async fn find(&self, tenant: &TenantId, dataset: &DatasetName) -> Result<Arc<Snapshot>> {
        match self.get(tenant, dataset).await? {
            Some(snapshot) => Ok(snapshot),
            None => {
                let known = self.names(tenant).await?;
                Err(Error::not_found(format!("there is no dataset {dataset}{}", near_names(dataset.as_str(), known.iter().map(DatasetName::as_str)))))
            }
        }
    }

    /// Names below a tenant's prefix, sorted. One that is being deleted may still be among them.
    pub(crate) async fn names(&self, tenant: &TenantId) -> Result<Vec<DatasetName>> {
        let listed = self.store.list_with_delimiter(Some(&layout::tenant(tenant))).await.map_err(|error| Error::from(error).context("list datasets"))?;
        let mut names: Vec<DatasetName> = listed.common_prefixes.iter().filter_map(|prefix| DatasetName::parse(prefix.filename()?).ok()).collect();
        names.sort();
        Ok(names)
    }

    /// The latest version of every dataset of a tenant.
    pub(crate) async fn list(&self, tenant: &TenantId) -> Result<Vec<(DatasetName, Arc<Snapshot>)>> {
        let mut found = Vec::new();
        for name in self.names(tenant).await? {
            if let Some(snapshot) = self.get(tenant, &name).await? {
                found.push((name, snapshot));
            }
        }
        Ok(found)
    }
}
