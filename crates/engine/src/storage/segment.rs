//! A segment: one immutable Parquet object with what is known of it without reading it.

use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};

use super::statistics::ColumnStatistics;

/// One immutable object of a dataset.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Segment {
    /// Path relative to the dataset; unique for ever, so it serves as the id.
    pub path: String,
    /// Rows in it.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was written.
    pub written_at: DateTime<Utc>,
    /// Per column of the dataset's schema, in order.
    pub statistics: Vec<ColumnStatistics>,
}

impl Segment {
    /// First and last value of a column as instants, where it is a time and not all null.
    pub(crate) fn time_range(&self, schema: &SchemaRef, column: &str) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let statistics = self.statistics.get(schema.index_of(column).ok()?)?;
        Some((super::statistics::instant(statistics.min.as_ref()?)?, super::statistics::instant(statistics.max.as_ref()?)?))
    }
}
