//! What is known of single loads: their list, and their profiles.

use futures::future::BoxFuture;

use super::Mill;
use super::describe::{LoadSummary, load_summaries};
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::ingest::LoadProfile;
use crate::ingest::profile::kept;

impl Mill {
    /// The latest loads of a dataset, at most 20, newest first; none for a scope with a row filter, because they tell of all rows.
    /// All of them are in [`versions`](Self::versions).
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let report = mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let loads = mill.loads("orders").await?;
    /// assert_eq!((&loads[0].load_id, loads[0].rows), (&report.load_id, 2));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound` with near names.
    pub fn loads<'a>(&'a self, dataset: &'a str) -> BoxFuture<'a, Result<Vec<LoadSummary>>> {
        Box::pin(async move {
            let name = DatasetName::parse(dataset)?;
            let snapshot = self.find(&name).await?;
            Ok(load_summaries(&snapshot))
        })
    }

    /// What the rows of one load look like, and what is not as it was in the profiled load before. Loads that make a
    /// dataset have a profile, and others of 100 rows and more; an erasure of rows removes the profiles of all loads
    /// before it.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let report = mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\nRome,\n")).await?;
    /// let profile = mill.load_profile("orders", &report.load_id).await?;
    /// let [city, amount] = profile.columns.as_slice() else { panic!() };
    /// assert_eq!((city.distinct, city.top[0].count, amount.nulls, amount.mean), (2, 2, 1, Some(3.0)));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound` with near names, and when the load has no profile; `Denied` for a scope with a row filter, whose rows
    /// cannot be told from those of others any more; `Corrupt` when the stored profile cannot be read.
    pub fn load_profile<'a>(&'a self, dataset: &'a str, load_id: &'a str) -> BoxFuture<'a, Result<LoadProfile>> {
        Box::pin(async move {
            let name = DatasetName::parse(dataset)?;
            let seen = self.find(&name).await?;
            if seen.access().filters_rows() {
                return Err(Error::denied(format!("profiles of loads of {name} are of all rows, which a scope with a row filter does not see; ask somebody who does")));
            }
            let log = self.shared.datasets.log(self.scope.tenant(), &name);
            let load_id = load_id_of(&name, load_id)?;
            let found = kept::get(&self.shared.store, log.prefix(), &load_id).await?;
            let mut profile = found
                .ok_or_else(|| Error::not_found(format!("there is no profile of load {load_id} of {name}: loads of less than 100 rows have none, and an erasure removes it")))?;
            profile.columns.retain(|column| seen.access().shows(&column.name));
            profile.drift.retain(|drift| drift.column.as_ref().is_none_or(|column| seen.access().shows(column)));
            Ok(profile)
        })
    }
}

/// The id of a load as objects are named by it. What is none is the name of no load.
pub(super) fn load_id_of(dataset: &DatasetName, load_id: &str) -> Result<String> {
    match uuid::Uuid::try_parse(load_id) {
        Ok(id) => Ok(id.to_string()),
        Err(_) => Err(Error::not_found(format!("there is no load {load_id:?} of dataset {dataset}"))),
    }
}
