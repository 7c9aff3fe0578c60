//! How scans read segments: footers come from the engine's cache, and what is opened or fetched is counted at that moment,
//! because a scan may end before it has come to all of its segments.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use datafusion::common::internal_datafusion_err;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::ParquetFileReaderFactory;
use datafusion::error::Result as DataFusionResult;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use futures::FutureExt;
use futures::future::BoxFuture;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ParquetMetaData;

use crate::error::Error;
use crate::partial::memory::Partials;
use crate::partial::source::{ScanCounters, SegmentSource};
use crate::storage::checksum;
use crate::storage::reader::SegmentReader;
use crate::storage::segment::Segment;

/// Goes with each file of a scan.
#[derive(Debug)]
pub(crate) struct ScannedSegment {
    pub segment: Arc<Segment>,
    opened: AtomicBool,
}

/// A segment as a file of a scan.
pub(crate) fn file_of(source: &SegmentSource, segment: Arc<Segment>) -> PartitionedFile {
    let meta = object_store::ObjectMeta { location: source.location(&segment), last_modified: segment.written_at, size: segment.bytes, e_tag: None, version: None };
    PartitionedFile::new_from_meta(meta).with_extension(ScannedSegment { segment, opened: AtomicBool::new(false) })
}

/// The segment that a file of a scan is.
pub(crate) fn segment_of(file: &PartitionedFile) -> Option<Arc<ScannedSegment>> {
    file.extensions.get_arc::<ScannedSegment>()
}

/// Makes the readers of a scan.
#[derive(Debug)]
pub(crate) struct SegmentReaders {
    partials: Arc<Partials>,
    counters: Arc<ScanCounters>,
}

impl SegmentReaders {
    pub(crate) fn new(source: &SegmentSource) -> Self {
        Self { partials: Arc::clone(&source.partials), counters: Arc::clone(&source.counters) }
    }
}

impl ParquetFileReaderFactory for SegmentReaders {
    fn create_reader(&self, _: usize, file: PartitionedFile, _: Option<usize>, _: &ExecutionPlanMetricsSet) -> DataFusionResult<Box<dyn AsyncFileReader + Send>> {
        let scanned = segment_of(&file).ok_or_else(|| internal_datafusion_err!("a scan of {} that is no segment", file.object_meta.location))?;
        let reader = SegmentReader::new(Arc::clone(&self.partials.store), file.object_meta.location.clone(), file.object_meta.size);
        Ok(Box::new(CountingReader {
            reader,
            location: file.object_meta.location,
            scanned,
            partials: Arc::clone(&self.partials),
            counters: Arc::clone(&self.counters),
            checks: false,
        }))
    }
}

/// Reads one segment and counts.
struct CountingReader {
    reader: SegmentReader,
    location: object_store::path::Path,
    scanned: Arc<ScannedSegment>,
    partials: Arc<Partials>,
    counters: Arc<ScanCounters>,
    /// Whether the reader knows the checksums of the segment.
    checks: bool,
}

/// Names the segment. As an error of ours it keeps its kind on its way through the decoder: a store that is away has
/// damaged nothing.
fn named(error: impl Into<Error>, location: &object_store::path::Path) -> ParquetError {
    ParquetError::External(Box::new(error.into().context(format!("read segment {location}"))))
}

impl CountingReader {
    /// The footer; from then on what is read is checked against it.
    async fn checked(&mut self) -> Result<Arc<ParquetMetaData>> {
        let footer = self.partials.footer(&self.location, self.scanned.segment.bytes, &self.counters.bytes).await;
        let footer = footer.map_err(|error| ParquetError::External(Box::new(error)))?;
        if !self.checks {
            self.reader.check(checksum::all_expected(footer.metadata()).map_err(|error| named(error, &self.location))?);
            self.checks = true;
        }
        Ok(Arc::clone(footer.metadata()))
    }

    async fn read(&mut self, ranges: Vec<Range<u64>>) -> Result<Vec<Bytes>> {
        // Who knows the footer from another reader does not ask this one for it.
        if !self.checks {
            self.checked().await?;
        }
        self.counters.bytes.fetch_add(self.reader.bytes_for(&ranges), Ordering::Relaxed);
        self.reader.get_byte_ranges(ranges).await.map_err(|error| named(error, &self.location))
    }
}

impl AsyncFileReader for CountingReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        async move { self.read(vec![range]).await?.pop().ok_or_else(|| ParquetError::EOF("no bytes came".to_owned())) }.boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        self.read(ranges).boxed()
    }

    fn get_metadata<'a>(&'a mut self, _: Option<&'a ArrowReaderOptions>) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        // Several partitions may read parts of one segment.
        if !self.scanned.opened.swap(true, Ordering::Relaxed) {
            self.counters.read.fetch_add(1, Ordering::Relaxed);
            self.counters.rows.fetch_add(self.scanned.segment.rows, Ordering::Relaxed);
        }
        self.checked().boxed()
    }
}
