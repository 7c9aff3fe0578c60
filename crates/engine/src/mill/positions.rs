//! How far the sources of a dataset have been loaded: where each goes on. Positions are moved by loads alone.

use futures::future::BoxFuture;
use serde::Serialize;

use super::Mill;
use super::seen::Seen;
use crate::catalog::AsOf;
use crate::error::Result;
use crate::ids::DatasetName;

/// Where a source of a dataset is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourcePosition {
    /// Name of the source.
    pub source: String,
    /// Its position: everything up to it has been loaded.
    pub position: u64,
    /// The version that has brought it there.
    pub version: u64,
    /// The load that has.
    pub load_id: String,
}

impl Mill {
    /// Where a source of a dataset goes on: the position up to which it has been loaded with
    /// [`Load::position`](crate::Load::position). `None` at its beginning, also where there is no such dataset yet.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// // The rows of a source, numbered from 1.
    /// let rows = ["a,1", "b,2", "c,3"];
    /// // However often this is stopped and begun anew, each row is loaded once.
    /// loop {
    ///     let from = mill.position("letters", "alphabet").await?;
    ///     let Some(row) = rows.get(from.unwrap_or(0) as usize) else { break };
    ///     let to = from.unwrap_or(0) + 1;
    ///     mill.load("letters", Csv::bytes(format!("letter,place\n{row}\n")).position("alphabet", from, to)).await?;
    /// }
    /// assert_eq!(mill.position("letters", "alphabet").await?, Some(3));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Denied` for a scope that does not see the whole dataset; `Unavailable` when the store does not answer.
    pub fn position<'a>(&'a self, dataset: &'a str, source: &'a str) -> BoxFuture<'a, Result<Option<u64>>> {
        Box::pin(async move {
            let name = DatasetName::parse(dataset)?;
            let Some(seen) = self.look_for(&name).await? else { return Ok(None) };
            let seen = self.allow_whole(seen, &name, "tell positions of")?;
            // Who goes on from there takes for granted that what lies before it is stored.
            self.shared.datasets.log(self.scope.tenant(), &name).rely_on(seen.version).await?;
            Ok(seen.positions.get(source))
        })
    }

    /// The positions of all sources of a dataset, by name.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("id,amount\n1,2\n").position("shop", None, 1)).await?;
    /// mill.load("orders", Csv::bytes("id,amount\n2,3\n").position("shop", Some(1), 2)).await?;
    /// let positions = mill.positions("orders").await?;
    /// assert_eq!((positions[0].source.as_str(), positions[0].position, positions[0].version), ("shop", 2, 1));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`position`](Self::position); `NotFound` with near names.
    pub fn positions<'a>(&'a self, dataset: &'a str) -> BoxFuture<'a, Result<Vec<SourcePosition>>> {
        Box::pin(async move {
            let name = DatasetName::parse(dataset)?;
            let seen = self.find_whole(&name, "tell positions of").await?;
            self.shared.datasets.log(self.scope.tenant(), &name).rely_on(seen.version).await?;
            Ok(told(&seen))
        })
    }

    /// The same in an older state: where its sources were then.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("id,amount\n1,2\n").position("shop", None, 1)).await?;
    /// mill.load("orders", Csv::bytes("id,amount\n2,3\n").position("shop", Some(1), 2)).await?;
    /// assert_eq!(mill.positions_as_of("orders", 0).await?[0].position, 1);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`positions`](Self::positions); `Invalid` at `asOf`, naming what there is, for a state that never was or cannot be read any more.
    pub fn positions_as_of<'a>(&'a self, dataset: &'a str, as_of: impl Into<AsOf>) -> BoxFuture<'a, Result<Vec<SourcePosition>>> {
        let as_of = as_of.into();
        Box::pin(async move {
            let name = DatasetName::parse(dataset)?;
            let latest = self.find_whole(&name, "tell positions of").await?;
            Ok(told(&self.pin(&name, latest, Some(as_of)).await?))
        })
    }
}

fn told(seen: &Seen) -> Vec<SourcePosition> {
    let told =
        seen.positions
            .all()
            .map(|(source, position, (version, load))| SourcePosition { source: source.to_owned(), position, version: *version, load_id: load.load_id.clone() });
    told.collect()
}
