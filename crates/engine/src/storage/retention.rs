//! Which segments are older than a dataset keeps rows. A segment goes when all of its time chunk is older, so that a chunk goes
//! as a whole and no segment has to be written anew; where time is not cut, when its last row is older. Rows without a time stay.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::arrange::chunk_of;
use super::log::Snapshot;
use super::segment::Segment;
use crate::catalog::TimeChunk;

/// Segments that are too old, and the end of the last of their chunks.
#[derive(Debug, Default)]
pub(crate) struct Expired {
    pub segments: Vec<Arc<Segment>>,
    pub until: Option<DateTime<Utc>>,
}

/// The segments whose chunks ended at or before an instant, at most so many.
pub(crate) fn expired(snapshot: &Snapshot, instant: DateTime<Utc>, limit: usize) -> Expired {
    let mut expired = Expired::default();
    let Some(column) = snapshot.metadata.schema.time_column.as_deref() else { return expired };
    for segment in &snapshot.segments {
        let Some((_, last)) = segment.time_range(&snapshot.arrow, column) else { continue };
        let end = match snapshot.metadata.chunk {
            Some(chunk) if chunk != TimeChunk::All => chunk_of(last.timestamp_micros(), chunk).1,
            _ => last.timestamp_micros().saturating_add(1),
        };
        let Some(end) = DateTime::from_timestamp_micros(end).filter(|end| *end <= instant) else { continue };
        expired.segments.push(Arc::clone(segment));
        expired.until = expired.until.max(Some(end));
        if expired.segments.len() == limit {
            break;
        }
    }
    expired
}

#[cfg(test)]
mod tests {
    use datafusion::scalar::ScalarValue;

    use super::*;
    use crate::catalog::{Column, ColumnType, DatasetSchema};
    use crate::storage::entry::{Entry, Metadata};
    use crate::storage::statistics::ColumnStatistics;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn segment(first: &str, last: &str) -> Segment {
        let bound = |text: &str| (!text.is_empty()).then(|| ScalarValue::TimestampMicrosecond(Some(at(text).timestamp_micros()), Some("UTC".into())));
        let statistics = vec![ColumnStatistics { min: bound(first), max: bound(last), nulls: Some(0), filtered: false }];
        Segment { path: last.to_owned(), rows: 1, bytes: 1, written_at: DateTime::UNIX_EPOCH, statistics }
    }

    #[test]
    fn a_chunk_goes_as_a_whole() {
        let columns = vec![Column::new("at", ColumnType::Timestamp)];
        let schema = DatasetSchema::new(columns, Some("at".into())).unwrap();
        let metadata = Metadata {
            id: "i".into(),
            label: "Orders".into(),
            schema,
            chunk: Some(TimeChunk::Month),
            created_at: DateTime::UNIX_EPOCH,
            settings: Default::default(),
            contract: Default::default(),
            steps: None,
            dropped: false,
        };
        let added = vec![
            segment("2013-01-01T00:00:00Z", "2013-01-02T00:00:00Z"),
            segment("2013-02-01T00:00:00Z", "2013-02-01T00:00:00Z"),
            segment("2013-01-31T23:59:59Z", "2013-01-31T23:59:59Z"),
            segment("", ""),
        ];
        let uncut = Metadata { chunk: Some(TimeChunk::All), ..metadata.clone() };
        let uncut = Snapshot::first(Entry { metadata: Some(uncut), added: added.clone(), ..Entry::default() }).unwrap();
        for (instant, expected) in [("2013-01-02T00:00:00Z", 0), ("2013-01-02T00:00:01Z", 1), ("2013-02-15T00:00:00Z", 3)] {
            assert_eq!(expired(&uncut, at(instant), 10).segments.len(), expected, "{instant}");
        }
        let snapshot = Snapshot::first(Entry { metadata: Some(metadata), added, ..Entry::default() }).unwrap();
        for (instant, expected) in [("2013-01-31T23:59:59Z", 0), ("2013-02-01T00:00:00Z", 2), ("2013-02-28T23:00:00Z", 2), ("2013-03-01T00:00:00Z", 3)] {
            let found = expired(&snapshot, at(instant), 10);
            assert_eq!(found.segments.len(), expected, "{instant}");
        }
        assert_eq!(expired(&snapshot, at("2013-02-15T00:00:00Z"), 10).until, Some(at("2013-02-01T00:00:00Z")));
        assert_eq!(expired(&snapshot, at("2013-04-01T00:00:00Z"), 2).segments.len(), 2);
    }
}
