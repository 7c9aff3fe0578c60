//! Tidemill is an embeddable analytics engine. Data comes in as immutable segments of open Delta tables, questions are
//! asked in the words of a model or in SQL, and live questions are answered again when a commit touches them.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use futures::StreamExt;
//! use tidemill::{ChangeKind, Csv, Engine, Json};
//!
//! let folder = tempfile::tempdir()?;
//! let engine = Engine::open(folder.path()).await?;
//! let mill = engine.tenant("acme")?;
//! mill.load("orders", Csv::bytes("city,amount\nRome,2\nOslo,4\n")).await?;
//!
//! let query = serde_json::from_str(r#"{"measures": ["orders.count"]}"#)?;
//! let mut live = mill.subscribe(&query).await?;
//! let first = live.next().await.unwrap()?;
//! assert!(matches!(first.kind, ChangeKind::Snapshot(_)));
//!
//! mill.load("orders", Json::bytes(r#"{"city": "Rome", "amount": 3}"#)).await?;
//! let second = live.next().await.unwrap()?;
//! assert_eq!(second.to_json()["changed"]["data"], serde_json::json!([[3]]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! Where to look: [`Engine`] opens a store, [`Mill`] is the data of one tenant as a [`Scope`] sees it, [`Load`] says what
//! to load, [`SemanticQuery`] what to ask, [`QueryResult`] what came of it and from where, [`Subscription`] what changes.
//! Everything that can go wrong is an [`Error`] whose [`ErrorKind`] says what the caller can do.
//!
//! Modules have what is needed less often: [`encryption`] keys, [`storage`] buckets, [`clock`] for tests, [`interchange`] models as files.
//! `docs/embedding.md` has a whole program for each task.
//!
//! The crate does no HTTP, reads no environment and knows no users. Bring a tokio runtime with more than one thread.

#![deny(missing_docs)]

mod budget;
pub mod clock;
mod error;
pub mod events;
mod ids;
mod scope;
mod settings;

mod advisor;
pub mod catalog;
pub mod encryption;
mod functions;
mod partial;
mod semantic;
pub mod storage;

pub mod ingest;
pub mod live;
pub mod query;

mod engine;
#[doc(hidden)]
pub mod fuzzing;
mod mill;

pub use advisor::{Advice, AdviceState};
pub use budget::Budget;
pub use catalog::{AsOf, Column, ColumnType, Contract, DatasetSchema, DatasetSettings, Drift, DriftKind, Reaction, Rule, Severity, Widened};
pub use engine::{Engine, EngineBuilder};
pub use error::{Error, ErrorKind, PositionConflict, Result};
pub use events::Event;
pub use ids::{DatasetName, TenantId, suggest_dataset_name};
pub use ingest::profile::TopValue;
pub use ingest::{
    Arrow, Avro, Csv, DatasetSteps, Encoding, Excel, FileFormat, Input, Json, Load, LoadMode, LoadProfile, LoadReport, Parquet, Progress, ProgressState, RaggedRows, ReadOptions,
    RowHeader, Step, Steps, Widening,
};
pub use live::{Change, ChangeKind, Patch, Subscription};
pub use mill::{
    AppliedFilter, AppliedRange, CommitLineage, DatasetLineage, DimensionLineage, Lineage, MeasureLineage, Origin, ReadLineage, SegmentLineage, StatementLineage, StepLineage,
    ViewLineage, WayLineage,
};
pub use mill::{CheckpointReport, CompactionReport, DatasetChanges, DatasetVersion, DeleteReport, Operation, RetentionReport, VacuumReport, ValuePage, VersionLoad, VersionPage};
pub use mill::{Chore, Done, REPLAY_MAX, UpkeepRecord, UpkeepReport, Verification};
pub use mill::{
    ColumnDetail, ColumnProfile, DatasetDetail, DatasetProfile, DatasetSummary, FixedRow, LoadSummary, Mill, RejectFormat, RejectPage, RejectedRow, RollupStatus, SourcePosition,
};
pub use partial::codec::PlanCodec;
pub use partial::memory::CacheBytes;
pub use query::{
    AggregateExplanation, AppliedAccess, Bound, BoundKind, ColumnRole, DamagedSegment, Difference, DifferenceKind, Explanation, Provenance, QueryResult, ResultColumn, RollupUse,
    SourceVersion, Stage, Subtotal, TimeRange, UsedView,
};
pub use scope::{Scope, UserAttributes};
pub use semantic::interchange;
pub use semantic::{
    AccessPolicy, AttributeCondition, CalendarSettings, Condition, DateRange, Dimension, Direction, Fill, Filter, GeoRole, Grain, Granularity, Hierarchy, Holiday, Holidays,
    Interval, Join, JoinKey, MaskedColumn, Measure, MeasureKind, Model, NamedFilter, NamedGranularity, Operator, Relationship, Rollup, SemanticQuery, Span, TimeDimension, Top,
    Totals, UsedCalendar, Weekend,
};
pub use semantic::{
    Every, Folder, FolderIncludes, FolderItem, FolderMember, FolderPart, Include, Members, View, ViewDetail, ViewDimension, ViewFolder, ViewMeasure, ViewMember, ViewSegment,
};
pub use settings::{Limits, Settings};

/// The programs of the guide are tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
struct Guide;
