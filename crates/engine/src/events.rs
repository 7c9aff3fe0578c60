//! What has happened, in the past tense. A commit raises one event; live queries and upkeep listen.
//! Sending never blocks: a listener that lags is told so and looks at the store again.

use chrono::{DateTime, Utc};
use tokio::sync::broadcast;

use crate::ids::{DatasetName, TenantId};

/// A fact about stored data.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A version of a dataset became visible.
    SegmentCommitted(SegmentCommitted),
    /// A model has a new version: the same question may have another answer.
    ModelChanged {
        /// Its tenant.
        tenant: TenantId,
        /// Its dataset.
        dataset: DatasetName,
        /// The version.
        version: u64,
    },
    /// A view has a new version, or is gone.
    ViewChanged {
        /// Its tenant.
        tenant: TenantId,
        /// Its name.
        view: DatasetName,
        /// The version.
        version: u64,
    },
    /// A dataset is gone.
    DatasetDeleted {
        /// Its tenant.
        tenant: TenantId,
        /// Its name.
        dataset: DatasetName,
    },
}

/// A commit to a dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentCommitted {
    /// Tenant of the dataset.
    pub tenant: TenantId,
    /// The dataset.
    pub dataset: DatasetName,
    /// The version that the commit made.
    pub version: u64,
    /// Rows that came in; none when segments were only rewritten.
    pub rows: u64,
    /// Ids of new segments.
    pub segments_added: Vec<String>,
    /// Ids of segments that are no longer part of the dataset.
    pub segments_removed: Vec<String>,
    /// First and last instant of the time column among the new rows, or in the segments that a deletion touched, where
    /// the dataset has one. `None` when no row came or went.
    pub time_range: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// The sending side.
#[derive(Debug, Clone)]
pub(crate) struct Events {
    sender: broadcast::Sender<Event>,
}

impl Events {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { sender: broadcast::channel(capacity).0 }
    }

    /// Tells every listener; nobody listening is fine.
    pub(crate) fn raise(&self, event: Event) {
        drop(self.sender.send(event));
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Event> {
        self.sender.subscribe()
    }
}
