//! What steps need from outside of their rows: the columns of other datasets, and the secret of the tenant. It is fetched once,
//! when a load begins, so that the steps themselves depend on nothing that moves.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use async_trait::async_trait;
use datafusion::common::utils::memory::get_record_batch_memory_size;
use datafusion::execution::session_state::SessionState;

use super::op::Site;
use super::{Step, Steps};
use crate::catalog::Column;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::DatasetName;

/// Bytes of other datasets that one load holds.
const LOOKUPS_MAX_BYTES: usize = 256 << 20;
/// Bytes of the secret of a tenant.
pub(crate) const SALT_BYTES: usize = 32;

/// Who fetches it, as the scope of the load may.
#[async_trait]
pub(crate) trait StepHost: Send + Sync {
    /// What expressions are planned with.
    fn session(&self) -> &SessionState;

    /// The latest version of a dataset: its columns, and the rows of some of them.
    async fn look_up(&self, dataset: &DatasetName, columns: &BTreeSet<String>, rows: bool) -> Result<LookedUp>;

    /// The secret of the tenant, made when it is asked for first.
    async fn salt(&self) -> Result<[u8; SALT_BYTES]>;
}

/// Another dataset at one version.
#[derive(Debug, Clone)]
pub(crate) struct LookedUp {
    pub version: u64,
    /// The columns that the scope sees.
    pub columns: Vec<Column>,
    /// The rows of the columns that were asked for; none where only types matter.
    pub rows: Option<RecordBatch>,
}

/// All of it.
#[derive(Clone)]
pub(crate) struct Provisions {
    host: Arc<dyn StepHost>,
    pub lookups: BTreeMap<String, LookedUp>,
    salt: Option<[u8; SALT_BYTES]>,
}

impl fmt::Debug for Provisions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provisions({:?})", self.versions())
    }
}

impl Provisions {
    /// Fetches what steps need; without `rows` only what their checks need.
    ///
    /// # Errors
    /// `Invalid`, naming the step, for a dataset or column that the scope does not see; `Exhausted` for more rows than are
    /// kept in memory; `Unavailable` when the store does not answer.
    pub(crate) async fn fetch(host: Arc<dyn StepHost>, steps: &Steps, rows: bool) -> Result<Self> {
        let mut wanted: BTreeMap<String, (Site, BTreeSet<String>)> = BTreeMap::new();
        let mut salted = false;
        for (index, step) in steps.iter().enumerate() {
            match step {
                Step::LookUp { dataset, on, take, .. } => {
                    let (_, columns) = wanted.entry(dataset.clone()).or_insert_with(|| (Site { number: index + 1, op: step.op() }, BTreeSet::new()));
                    columns.extend(on.values().chain(take.keys()).cloned());
                }
                Step::Hash { salt: None, .. } => salted = true,
                _ => {}
            }
        }
        let (mut lookups, mut bytes) = (BTreeMap::new(), 0);
        for (dataset, (site, columns)) in wanted {
            let found = match DatasetName::parse(&dataset) {
                Ok(name) => host.look_up(&name, &columns, rows).await,
                Err(error) => Err(error),
            };
            let found = found.map_err(|error| {
                // It is the steps that are wrong, not what was asked for.
                let kind = if error.kind() == ErrorKind::NotFound { ErrorKind::Invalid } else { error.kind() };
                site.name(Error::new(kind, error.message().to_owned()).because(error))
            })?;
            bytes += found.rows.as_ref().map_or(0, get_record_batch_memory_size);
            if bytes > LOOKUPS_MAX_BYTES {
                let most = LOOKUPS_MAX_BYTES >> 20;
                return Err(site.name(Error::exhausted(format!("the datasets of all look-ups together take more than {most} MB, and all of it is held in memory; look up less"))));
            }
            lookups.insert(dataset, found);
        }
        let salt = if salted { Some(host.salt().await?) } else { None };
        Ok(Self { host, lookups, salt })
    }

    pub(crate) fn session(&self) -> &SessionState {
        self.host.session()
    }

    pub(crate) fn salt(&self) -> Result<&[u8]> {
        self.salt.as_ref().map(<[u8; SALT_BYTES]>::as_slice).ok_or_else(|| Error::internal("the secret of the tenant was not fetched"))
    }

    /// The versions of the other datasets.
    pub(crate) fn versions(&self) -> BTreeMap<String, u64> {
        self.lookups.iter().map(|(dataset, found)| (dataset.clone(), found.version)).collect()
    }
}
