//! What the owner of a dataset decides about it: how long rows, versions and keys of loads are kept. Kept in the log of the dataset, so that
//! every engine over the store knows it, other Delta engines among them.

use futures::future::BoxFuture;

use super::Mill;
use super::change::ATTEMPTS;
use crate::catalog::DatasetSettings;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::DatasetName;
use crate::storage::commit::Committed;
use crate::storage::entry::{Entry, Metadata};

const KEEP_DAYS_MAX: u32 = 36_500;
const VERSIONS_KEPT_DAYS_MAX: u32 = 3_650;
const KEYS_KEPT_DAYS_MAX: u32 = 36_500;

impl Mill {
    /// The settings of a dataset.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, DatasetSettings, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// // Rows are kept for ever, versions as long as the engine says.
    /// assert_eq!(mill.dataset_settings("orders").await?, DatasetSettings::default());
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound` with near names.
    pub fn dataset_settings<'a>(&'a self, dataset: &'a str) -> BoxFuture<'a, Result<DatasetSettings>> {
        Box::pin(async move { Ok(self.find(&DatasetName::parse(dataset)?).await?.metadata.settings) })
    }

    /// Replaces the settings of a dataset, by a commit. Rows that are too old then go with the next
    /// [`apply_retention`](Self::apply_retention), which upkeep does by itself.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, DatasetSettings, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("at,amount\n2013-01-01,2\n")).await?;
    /// let settings = DatasetSettings { keep_days: Some(90), versions_kept_days: Some(1), ..Default::default() };
    /// mill.update_dataset_settings("orders", settings).await?;
    /// assert_eq!(mill.dataset_settings("orders").await?, settings);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Invalid` for a setting out of range, or for days to keep rows where no column places rows in time; `NotFound` with
    /// near names; `Denied` for a scope that does not see the whole dataset; `Conflict` when others change them again and
    /// again; `Unavailable` when the store does not answer or the engine is closing.
    pub fn update_dataset_settings<'a>(&'a self, dataset: &'a str, settings: DatasetSettings) -> BoxFuture<'a, Result<DatasetSettings>> {
        Box::pin(async move {
            let (_open, name, log) = self.begin_change(dataset).await?;
            let mut last = Error::internal("no change was tried");
            for _ in 0..ATTEMPTS {
                let snapshot = self.find_whole(&name, "change the settings of").await?;
                check(&settings, snapshot.metadata.schema.time_column.is_some())?;
                if snapshot.metadata.settings == settings {
                    log.rely_on(snapshot.version).await?;
                    return Ok(settings);
                }
                let metadata = Metadata { settings, ..(*snapshot.metadata).clone() };
                let entry = Entry { metadata: Some(metadata), alters: Some(snapshot.metadata.clone()), committed_at: self.shared.clock.now(), ..Entry::default() };
                match log.commit(entry).await {
                    Ok(Committed::Version(snapshot)) => {
                        self.raise_rewritten(&name, &snapshot, &[], &[], None);
                        return Ok(settings);
                    }
                    Ok(Committed::Unknown(error)) => return Err(error),
                    Ok(Committed::Before(..)) => return Err(Error::internal("a change of settings was taken for a load")),
                    Err(error) if error.kind() == ErrorKind::Conflict => last = error,
                    Err(error) => return Err(error.context(format!("change the settings of {name}"))),
                }
            }
            Err(last.context(format!("change the settings of {name}")))
        })
    }
}

fn check(settings: &DatasetSettings, has_time: bool) -> Result<()> {
    if settings.keep_days.is_some() && !has_time {
        return Err(Error::invalid("no column of the dataset places rows in time, so none is too old; leave keep_days out").at("keep_days"));
    }
    let ranges = [
        ("keep_days", settings.keep_days, 1, KEEP_DAYS_MAX),
        ("versions_kept_days", settings.versions_kept_days, 0, VERSIONS_KEPT_DAYS_MAX),
        ("keys_kept_days", settings.keys_kept_days, 0, KEYS_KEPT_DAYS_MAX),
    ];
    for (name, days, low, high) in ranges {
        if let Some(days) = days.filter(|days| !(low..=high).contains(days)) {
            return Err(Error::invalid(format!("{name} is {days}; it must lie between {low} and {high}")).at(name));
        }
    }
    Ok(())
}
