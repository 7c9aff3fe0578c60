//! The rollups of a dataset: declared in its model or advised, opened when somebody asks, built segment by segment.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use chrono_tz::Tz;
use datafusion::execution::memory_pool::MemoryPool;
use futures::TryStreamExt;
use futures::future::BoxFuture;
use serde::Serialize;

use super::Mill;
use super::seen::Seen;
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::partial::fragment::Fragment;
use crate::partial::rollup::{Rollup as KeptRollup, RollupIdentity, RollupSet, remove};
use crate::partial::source::SegmentSource;
use crate::query::access::Access;
use crate::query::table::{DatasetTable, scoped_plan};
use crate::scope::Scope;
use crate::semantic::business::BusinessDays;
use crate::semantic::date::Reference;
use crate::semantic::model::{Model, Rollup};
use crate::semantic::{compile, rollup};
use crate::storage::compaction::Carry;
use crate::storage::layout;
use crate::storage::log::Snapshot;
use crate::storage::segment::Segment;

/// Merges the stored partials of segments that compaction merges, so that nothing is read of the new one.
pub(super) struct CarryRollups {
    set: Option<RollupSet>,
    source: SegmentSource,
    /// Where memory for states without a bound comes from.
    pool: Arc<dyn MemoryPool>,
}

#[async_trait]
impl Carry for CarryRollups {
    async fn carry(&self, inputs: &[Arc<Segment>], output: &Segment) {
        for rollup in self.set.iter().flat_map(|set| set.rollups.iter()) {
            // What is not carried is built from rows, or read as rows.
            if let Err(error) = rollup.carry(&self.source, inputs, output, &self.pool).await {
                tracing::warn!(rollup = rollup.name, segment = output.path, %error, "stored partials could not be carried along");
            }
        }
    }
}

/// How much of a rollup is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RollupStatus {
    /// What is kept.
    pub rollup: Rollup,
    /// Whether the advisor keeps it, and not the model.
    pub advised: bool,
    /// Segments of the dataset.
    pub segments_total: u64,
    /// Segments with a stored partial. Others have hardly more rows than the rollup has groups, or fewer bytes than the
    /// values that these hold, or are not built yet.
    pub segments_stored: u64,
    /// Bytes of the stored partials.
    pub bytes: u64,
    /// Segments that were answered from it since the engine was opened.
    pub segments_answered: u64,
    /// Rows that did not have to be read for it since the engine was opened.
    pub rows_saved: u64,
}

impl Mill {
    /// The rollups of a dataset and how far they are built.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine, Rollup};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// let mut model = mill.model("orders").await?;
    /// model.rollups.push(Rollup { name: "by_city".into(), measures: vec!["count".into()], dimensions: vec!["city".into()], time_dimension: None, granularity: None });
    /// let read = model.version;
    /// mill.update_model(model, read).await?;
    /// let rollups = mill.rollups("orders").await?;
    /// assert_eq!((rollups[0].rollup.name.as_str(), rollups[0].advised, rollups[0].segments_total), ("by_city", false, 1));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound`; `Denied` for a scope with a row filter or hidden columns.
    pub fn rollups<'a>(&'a self, dataset: &'a str) -> BoxFuture<'a, Result<Vec<RollupStatus>>> {
        Box::pin(async move {
            let (name, snapshot) = self.whole(dataset).await?;
            self.open_rollups(&name, &snapshot).await?;
            self.statuses(&name, &snapshot).await
        })
    }

    /// Builds what is missing of the rollups of a dataset now, instead of waiting for the background: a partial for each
    /// segment, whatever its size. Looks at what was asked first, so that advice is up to date. Dropping the future stops
    /// it; what is stored by then stays.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine, Grain, Rollup};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// # let csv: String = (0..1_000).map(|row| format!("2013-01-{:02}T00:00:00Z,c{},{row}\n", 1 + row % 28, row % 3)).collect();
    /// mill.load("orders", Csv::bytes(format!("at,city,amount\n{csv}"))).await?;
    /// let mut model = mill.model("orders").await?;
    /// model.rollups.push(Rollup {
    ///     name: "daily".into(),
    ///     measures: vec!["count".into(), "sum_amount".into()],
    ///     dimensions: vec!["city".into()],
    ///     time_dimension: Some("at".into()),
    ///     granularity: Some(Grain::Day.into()),
    /// });
    /// let version = model.version;
    /// mill.update_model(model, version).await?;
    /// let built = mill.build_rollups("orders").await?;
    /// assert_eq!((built[0].segments_stored, built[0].segments_total), (1, 1));
    ///
    /// let query = serde_json::from_str(r#"{"measures": ["orders.sum_amount"], "dimensions": ["orders.city"]}"#)?;
    /// let answer = mill.query(&query).await?;
    /// assert_eq!((answer.provenance.rollups[0].segments, answer.provenance.rows_scanned), (1, 0));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound`; `Denied` for a scope with a row filter or hidden columns; `Unavailable` when the store does not answer.
    pub fn build_rollups<'a>(&'a self, dataset: &'a str) -> BoxFuture<'a, Result<Vec<RollupStatus>>> {
        Box::pin(async move {
            let (name, snapshot) = self.whole(dataset).await?;
            self.advise(&name, &snapshot).await?;
            self.keep_rollups(&name, &snapshot, 0).await?;
            self.statuses(&name, &snapshot).await
        })
    }

    /// A dataset for a scope that sees all of it.
    pub(super) async fn whole(&self, dataset: &str) -> Result<(DatasetName, Seen)> {
        let name = DatasetName::parse(dataset)?;
        let snapshot = self.find(&name).await?;
        if snapshot.access().restricts() {
            return Err(Error::denied("rollups hold the whole dataset, of which this scope sees a part; ask somebody who sees all of it"));
        }
        Ok((name, snapshot))
    }

    /// The same tenant without restrictions, for what is kept for all its scopes.
    pub(super) fn owner(&self) -> Self {
        Self::new(Arc::clone(&self.shared), Scope::of(self.scope.tenant().clone()))
    }

    async fn statuses(&self, name: &DatasetName, snapshot: &Arc<Snapshot>) -> Result<Vec<RollupStatus>> {
        let decisions = self.decisions(name).await?;
        let owner = self.owner();
        let model = owner.model_of(name, &owner.see(name, Arc::clone(snapshot)).await?).await?;
        let set = self.rollup_set(name);
        let find = |rollup: &Rollup| set.iter().flat_map(|set| set.rollups.iter()).find(|kept| kept.name == rollup.name);
        let all = model.rollups.iter().map(|rollup| (rollup, false)).chain(decisions.kept().map(|rollup| (rollup, true)));
        let status = |(rollup, advised): (&Rollup, bool)| {
            let kept = find(rollup);
            let (segments_stored, bytes) = kept.map_or((0, 0), |kept| kept.size());
            RollupStatus {
                rollup: rollup.clone(),
                advised,
                segments_total: snapshot.segments.len() as u64,
                segments_stored,
                bytes,
                segments_answered: kept.map_or(0, |kept| kept.segments_answered.load(Ordering::Relaxed)),
                rows_saved: kept.map_or(0, |kept| kept.rows_saved.load(Ordering::Relaxed)),
            }
        };
        Ok(all.map(status).collect())
    }

    pub(super) fn rollup_set(&self, name: &DatasetName) -> Option<RollupSet> {
        self.shared.session.partials().rollups(self.shared.datasets.log(self.scope.tenant(), name).prefix())
    }

    /// Opens the rollups of a dataset, unless those that are open are those that are declared and advised now. What is
    /// stored is listed once, when a rollup is opened.
    pub(super) async fn open_rollups(&self, name: &DatasetName, snapshot: &Arc<Snapshot>) -> Result<()> {
        if self.shared.settings.partial_cache_bytes == 0 {
            return Ok(());
        }
        let version = self.stored_model(name, snapshot).await?.version;
        self.open_rollups_of(name, snapshot, version).await
    }

    /// The same where the version of the model is known.
    pub(super) async fn open_rollups_of(&self, name: &DatasetName, snapshot: &Arc<Snapshot>, model_version: u64) -> Result<()> {
        if self.shared.settings.partial_cache_bytes == 0 {
            return Ok(());
        }
        let advice_version = self.decisions_version(name).await?;
        let identity = RollupIdentity { dataset_id: snapshot.metadata.id.clone(), model_version, advice_version };
        let before = self.rollup_set(name);
        let is_of = |set: &RollupSet| set.is_of(snapshot);
        // Of an older version whose columns were of other types the rows answer.
        let is_older = |set: &RollupSet| set.identity.dataset_id == identity.dataset_id && !is_of(set) && set.version > snapshot.version;
        if before.as_ref().is_some_and(|set| (set.identity == identity && is_of(set)) || is_older(set)) {
            return Ok(());
        }
        let owner = self.owner();
        let model = owner.model_of(name, &owner.see(name, Arc::clone(snapshot)).await?).await?;
        let decisions = self.decisions(name).await?;
        let source = owner.source(name, snapshot)?;
        let known = before.filter(is_of);
        let mut rollups: Vec<Arc<KeptRollup>> = Vec::new();
        for rollup in model.rollups.iter().chain(decisions.kept()) {
            let fragment = match owner.fragment_of(rollup, &model, name, snapshot) {
                Ok(Some(fragment)) => fragment,
                Ok(None) => {
                    tracing::warn!(dataset = %name, rollup = rollup.name, "a measure of the rollup has no state that can be kept");
                    continue;
                }
                Err(error) => {
                    tracing::warn!(dataset = %name, rollup = rollup.name, %error, "the rollup does not fit its dataset");
                    continue;
                }
            };
            let same = known.iter().flat_map(|set| set.rollups.iter()).find(|open| open.name == rollup.name && open.fragment == fragment);
            rollups.push(match same {
                Some(open) => Arc::clone(open),
                None => Arc::new(KeptRollup::open(rollup.name.clone(), fragment, &source, self.shared.session.shared()).await?),
            });
        }
        self.shared
            .session
            .partials()
            .set_rollups(&source.prefix, Some(RollupSet { identity, columns: Arc::clone(&snapshot.arrow), version: snapshot.version, rollups: rollups.into() }));
        self.shared.keeper.wake(self.scope.tenant(), name);
        Ok(())
    }

    /// What compaction carries along for the rollups of a dataset that are open.
    pub(super) fn carry_rollups(&self, name: &DatasetName, snapshot: &Arc<Snapshot>) -> Result<CarryRollups> {
        let pool = Arc::clone(&self.shared.session.shared().runtime_env().memory_pool);
        Ok(CarryRollups { set: self.rollup_set(name), source: self.owner().source(name, snapshot)?, pool })
    }

    /// The segments of a dataset as partials are computed from them.
    pub(super) fn source(&self, name: &DatasetName, snapshot: &Arc<Snapshot>) -> Result<SegmentSource> {
        let table = self.table(name, snapshot, &Arc::default());
        DatasetTable::source(&table).ok_or_else(|| Error::internal("a dataset without segments"))
    }

    /// What a rollup computes; `None` where it is not a fragment.
    pub(super) fn fragment_of(&self, declared: &Rollup, model: &Model, name: &DatasetName, snapshot: &Arc<Snapshot>) -> Result<Option<Fragment>> {
        let state = self.shared.session.shared();
        // A rollup holds the whole dataset, whoever asks first.
        let plan = scoped_plan(self.table(name, snapshot, &Arc::default()), name, &Access::default(), state)?;
        let reference =
            Reference { now: self.shared.clock.now(), latest: snapshot.time_range.map(|(_, latest)| latest), calendar: Tz::UTC.into(), business: BusinessDays::default() };
        let compiled = compile::compile(&rollup::query_of(declared, model), model, plan, state, reference, self.scope.limits())?;
        self.shared.session.fragment(&compiled.plan)
    }

    /// Stores what is missing for segments of at least so many rows, and removes what is no longer of use.
    pub(crate) async fn keep_rollups(&self, name: &DatasetName, snapshot: &Arc<Snapshot>, rows_min: u64) -> Result<()> {
        let owner = self.owner();
        owner.open_rollups(name, snapshot).await?;
        let Some(set) = self.rollup_set(name) else { return Ok(()) };
        {
            // A compaction carries partials to a segment that no version names yet: it must not seem to be gone.
            let log = self.shared.datasets.log(self.scope.tenant(), name);
            let _no_rewrite = log.rewriting.lock().await;
            let latest = owner.source(name, owner.find(name).await?.snapshot())?;
            for rollup in set.rollups.iter() {
                rollup.sweep(&latest).await?;
            }
        }
        let source = owner.source(name, snapshot)?;
        for rollup in set.rollups.iter() {
            for segment in snapshot.segments.iter().filter(|segment| segment.rows >= rows_min) {
                if rollup.find(&segment.path).is_none() {
                    rollup.build(&source, segment).await.map_err(|error| error.context(format!("build rollup {}", rollup.name)))?;
                }
            }
        }
        self.remove_needless(&set, &source).await
    }

    /// Removes the stored partials of fragments that nobody declares or advises any more.
    async fn remove_needless(&self, set: &RollupSet, source: &SegmentSource) -> Result<()> {
        let store = &source.partials.store;
        let used: HashSet<_> = set.rollups.iter().map(|rollup| rollup.folder()).collect();
        let listed = store.list_with_delimiter(Some(&layout::partials(&source.prefix))).await?;
        for folder in listed.common_prefixes.iter().filter(|folder| !used.contains(folder)) {
            let objects: Vec<_> = store.list(Some(folder)).try_collect().await?;
            for object in objects {
                remove(&**store, &object.location).await?;
            }
        }
        Ok(())
    }
}
