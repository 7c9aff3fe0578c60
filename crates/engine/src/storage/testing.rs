//! What tests of the log begin with: a dataset of one column whose segments are names.

use std::sync::Arc;

use chrono::DateTime;
use object_store::ObjectStore;
use object_store::path::Path;

use super::entry::{Entry, Metadata};
use super::log::{DatasetLog, Snapshot};
use super::segment::Segment;
use crate::catalog::{Column, ColumnType, DatasetSchema};

/// Where it lies.
pub(super) const PREFIX: &str = "acme/orders";

pub(super) fn log(store: Arc<dyn ObjectStore>) -> DatasetLog {
    DatasetLog::new(store, Path::from(PREFIX))
}

pub(super) fn metadata(id: &str) -> Metadata {
    Metadata {
        id: id.to_owned(),
        label: "Orders".into(),
        schema: DatasetSchema::new(vec![Column::new("n", ColumnType::Integer)], None).unwrap(),
        chunk: None,
        created_at: DateTime::UNIX_EPOCH,
        settings: Default::default(),
        contract: Default::default(),
        steps: None,
        dropped: false,
    }
}

pub(super) fn segment(path: &str) -> Segment {
    Segment { path: path.to_owned(), rows: 1, bytes: 1, written_at: DateTime::UNIX_EPOCH, statistics: vec![Default::default()] }
}

/// Brings one segment.
pub(super) fn append(path: &str) -> Entry {
    Entry { added: vec![segment(path)], ..Entry::default() }
}

/// Makes the dataset with one segment.
pub(super) fn creation(id: &str, path: &str) -> Entry {
    Entry { metadata: Some(metadata(id)), ..append(path) }
}

pub(super) fn paths(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.segments.iter().map(|segment| segment.path.as_str()).collect()
}
