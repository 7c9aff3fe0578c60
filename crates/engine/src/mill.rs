//! The mill of one scope: what a caller does with the data of its tenant. Loading and describing are in the files beside
//! this one, asking too; each finds the dataset through the scope's tenant and through nothing else.

mod advice;
mod answering;
mod ask;
mod budget;
mod change;
mod chores;
mod compose;
mod contract;
mod damage;
mod describe;
mod explain;
mod follow;
mod ground;
mod held;
mod history;
mod joined_values;
pub(crate) mod keeper;
mod lineage;
mod looks;
mod mappings;
mod models;
mod plan;
mod planners;
mod positions;
mod profiles;
mod provenance;
mod reach;
mod rejects;
mod replay;
mod retention;
mod rollups;
mod seen;
mod settings;
mod shaped;
mod shared;
mod shared_look;
mod sql_models;
mod sql_views;
mod steps;
mod tiles;
mod together;
mod value_lists;
mod values;
mod verify;
mod verify_sql;
mod views;

use std::sync::Arc;
use std::time::Duration;

pub use chores::{Chore, Done, UpkeepRecord, UpkeepReport};
pub(crate) use mappings::Mappings;
pub(crate) use planners::Planners;
pub use rollups::RollupStatus;
pub(crate) use seen::Sight;
pub(crate) use shared::{Shared, UNIQUE_KEYS, VISIBLE_MODELS};
pub(crate) use tiles::Tiles;
pub(crate) use value_lists::ValueLists;

pub use change::{CompactionReport, DeleteReport, VacuumReport};
pub use describe::{ColumnDetail, ColumnProfile, DatasetDetail, DatasetProfile, DatasetSummary, LoadSummary};
pub use history::{CheckpointReport, DatasetChanges, DatasetVersion, Operation, VersionLoad, VersionPage};
pub use lineage::{
    AppliedFilter, AppliedRange, CommitLineage, DatasetLineage, DimensionLineage, Lineage, MeasureLineage, Origin, ReadLineage, SegmentLineage, StatementLineage, StepLineage,
    ViewLineage, WayLineage,
};
pub use positions::SourcePosition;
pub use rejects::{RejectFormat, RejectPage, RejectedRow};
pub use replay::{FixedRow, REPLAY_MAX};
pub use retention::RetentionReport;
pub use values::ValuePage;
pub use verify::Verification;

use futures::future::BoxFuture;

use self::held::Held;
use crate::error::{Error, ErrorKind, Result};
use crate::events::Event;
use crate::ids::DatasetName;
use crate::ingest::pipeline::{LoadHost, run_load};
use crate::ingest::{Load, LoadReport, Widening};
use crate::query::session::Session;
use crate::scope::Scope;
use crate::semantic::CalendarSettings;

/// The data of one tenant, as one scope sees it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mill {
    shared: Arc<Shared>,
    scope: Scope,
    /// Whether answers leave out segments that cannot be read.
    skips_damaged: bool,
    /// Whether answers are computed from rows alone, by nothing that is kept: see `verify`.
    from_rows: bool,
    /// The calendar of statements: when weeks and years begin, and which days are worked.
    calendar: CalendarSettings,
    /// What stays as this scope looked at it first: see `verify_sql` and `together`.
    held: Option<Arc<Held>>,
}

impl Mill {
    pub(crate) fn new(shared: Arc<Shared>, scope: Scope) -> Self {
        Self { shared, scope, skips_damaged: false, from_rows: false, calendar: CalendarSettings::default(), held: None }
    }

    /// What questions are planned and run with.
    fn session(&self) -> &Session {
        if self.from_rows { &self.shared.rows } else { &self.shared.session }
    }

    /// The same, where statements go by a calendar and its zone: the relative dates of measures, buckets over views, and which days
    /// are worked (`is_business_day(at)`). Semantic queries bring their own.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{CalendarSettings, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let mill = mill.with_calendar(CalendarSettings { year_start: Some(4), ..CalendarSettings::default() });
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn with_calendar(&self, calendar: CalendarSettings) -> Self {
        Self { calendar, ..self.clone() }
    }

    /// Who asks.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::Engine;
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// assert_eq!(mill.scope().tenant().as_str(), "acme");
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Loads rows into a dataset, which is made when it is not there. All rows become visible at once, or none does.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let report = mill.load("orders", Csv::bytes("at,amount\n2013-01-01,2\n2013-01-02,NA\n").idempotency_key("first")).await?;
    /// assert_eq!((report.rows, report.version), (2, 0));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `Invalid` when the input is broken or does not fit, naming file, line, column and value; `Conflict` and `NotFound`
    /// by the load's mode; `Cancelled`; `Unavailable` when the store does not take it. Nothing is stored then.
    pub fn load<'a>(&'a self, dataset: &'a str, mut load: Load) -> BoxFuture<'a, Result<LoadReport>> {
        Box::pin(async move {
            let _running = load.progress.begin();
            let open = self.shared.open.read().await;
            if !*open {
                return Err(Error::new(ErrorKind::Unavailable, "the engine is closing; load again later"));
            }
            let name = DatasetName::parse(dataset)?;
            if !self.shared.datasets.is_known(self.scope.tenant(), &name) {
                self.refuse_view_name(name.as_str(), "the dataset").await?;
            }
            let restricted = self.scope.may_restrict() && self.access_to(&name).await?.restricts();
            if load.mode.replaces() && restricted {
                return Err(Error::denied(format!(
                    "{name}: a scope with a row filter or hidden columns does not replace rows that it may not see; append, or ask somebody who sees the whole dataset"
                )));
            }
            if restricted && load.advance.is_some() {
                return Err(Error::denied(format!(
                    "{name}: a scope with a row filter or hidden columns does not move positions of sources, whose rows it may not all see; load without a position, or ask somebody who sees the whole dataset"
                )));
            }
            if restricted {
                if load.widening == Widening::Always {
                    return Err(Error::denied(format!(
                        "{name}: a scope with a row filter or hidden columns does not widen columns, of which it may not see all rows; ask somebody who sees the whole dataset"
                    )));
                }
                // Why a column cannot be widened may tell of rows that it does not see.
                load.widening = Widening::Never;
            }
            let shared = &self.shared;
            let host = LoadHost {
                store: Arc::clone(&shared.store),
                clock: Arc::clone(&shared.clock),
                log: shared.datasets.log(self.scope.tenant(), &name),
                tenant: self.scope.tenant().clone(),
                dataset: name.clone(),
                partials: Arc::clone(shared.session.partials()),
                events: shared.events.clone(),
                steps: Arc::new(self.clone()),
                gatherings: Arc::clone(&shared.gatherings),
                keeps_order: shared.keeps_order,
                datasets: Arc::clone(&shared.datasets),
                references: Arc::clone(&shared.references),
                segment_max_rows: shared.settings.segment_max_rows,
                commit_interval: Duration::from_millis(shared.settings.commit_interval_ms),
                push_widening_bytes: shared.settings.push_widening_bytes,
                unpack_ratio: shared.settings.unpack_ratio,
            };
            self.allow_references(load.contract.as_ref()).await?;
            if self.scope.may_restrict()
                && let Some(there) = shared.datasets.get(self.scope.tenant(), &name).await?
            {
                // Of rows that refer to something it says which are there.
                self.allow_references(there.metadata.contract.known().ok().as_deref()).await?;
            }
            let mut loaded = run_load(host, load).await?;
            if restricted {
                // It tells of columns and rows of others.
                loaded.report.drift.clear();
                if loaded.report.replayed {
                    // So does the report of a load that may have been somebody else's.
                    let LoadReport { load_id, dataset, version, replayed, .. } = loaded.report;
                    loaded.report = LoadReport { load_id, dataset, version, replayed, ..LoadReport::default() };
                }
            }
            // The rows are there, whatever becomes of this: whoever asks for a model that is missing has it made.
            if loaded.created {
                // A deletion that was cut short may have left that of an earlier dataset of this name.
                let kept = async {
                    self.shared.models.delete(self.scope.tenant(), &name).await?;
                    self.ensure_model(&name).await
                };
                if let Err(error) = kept.await {
                    tracing::warn!(dataset = %name, %error, "the model of a new dataset could not be kept");
                }
            }
            if !loaded.report.widened.is_empty() && !loaded.report.replayed {
                // Dimensions have other types from now on.
                match self.owner().model(name.as_str()).await {
                    Ok(model) => self.shared.events.raise(Event::ModelChanged { tenant: self.scope.tenant().clone(), dataset: name.clone(), version: model.version }),
                    Err(error) => tracing::warn!(dataset = %name, %error, "the model of a dataset that was widened could not be read"),
                }
            }
            let new_columns = &loaded.report.new_columns;
            if !new_columns.is_empty()
                && !loaded.report.replayed
                && let Err(error) = self.owner().extend_model(&name, new_columns).await
            {
                tracing::warn!(dataset = %name, %error, "the model did not get members for new columns");
            }
            Ok(loaded.report)
        })
    }

    /// Deletes a dataset with its model and rejected rows.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
    /// mill.delete_dataset("orders").await?;
    /// assert!(mill.datasets().await?.is_empty());
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// `NotFound` when there is none; `Denied` for a scope that does not see the whole dataset.
    pub fn delete_dataset<'a>(&'a self, dataset: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let name = DatasetName::parse(dataset)?;
            self.find_whole(&name, "delete").await?;
            let models = || self.shared.models.delete(self.scope.tenant(), &name);
            self.shared.datasets.log(self.scope.tenant(), &name).delete(models()).await?;
            // Somebody may have asked for it in between and had it made.
            models().await?;
            self.shared.advisor.forget(self.scope.tenant(), &name);
            self.shared.session.partials().set_rollups(self.shared.datasets.log(self.scope.tenant(), &name).prefix(), None);
            self.shared.events.raise(Event::DatasetDeleted { tenant: self.scope.tenant().clone(), dataset: name });
            Ok(())
        })
    }
}
