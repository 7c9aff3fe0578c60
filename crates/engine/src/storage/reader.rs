//! Bytes of a segment for the Parquet decoder, out of the object store.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, TryFutureExt};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

/// Bytes at the end that are fetched for the footer in one request.
const FOOTER_BYTES: usize = 64 << 10;

/// Reads one segment.
#[derive(Debug)]
pub(crate) struct SegmentReader {
    store: Arc<dyn ObjectStore>,
    location: Path,
    size_bytes: u64,
    fetched_bytes: u64,
}

impl SegmentReader {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, location: Path, size_bytes: u64) -> Self {
        Self { store, location, size_bytes, fetched_bytes: 0 }
    }

    /// The footer, without page indexes.
    pub(crate) async fn footer(&mut self) -> crate::error::Result<ArrowReaderMetadata> {
        let footer = ArrowReaderMetadata::load_async(self, ArrowReaderOptions::new()).await;
        footer.map_err(|error| crate::error::Error::from(error).context(format!("read footer of segment {}", self.location)))
    }

    /// Bytes that were asked of the store so far.
    pub(crate) fn fetched_bytes(&self) -> u64 {
        self.fetched_bytes
    }
}

impl AsyncFileReader for SegmentReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        self.fetched_bytes += range.end.saturating_sub(range.start);
        self.store.get_range(&self.location, range).map_err(external).boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        self.fetched_bytes += ranges.iter().map(|range| range.end.saturating_sub(range.start)).sum::<u64>();
        async move { self.store.get_ranges(&self.location, &ranges).await.map_err(external) }.boxed()
    }

    fn get_metadata<'a>(&'a mut self, _: Option<&'a ArrowReaderOptions>) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        async move {
            let size = self.size_bytes;
            let metadata = ParquetMetaDataReader::new().with_prefetch_hint(Some(FOOTER_BYTES)).load_and_finish(self, size).await?;
            Ok(Arc::new(metadata))
        }
        .boxed()
    }
}

fn external(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}
