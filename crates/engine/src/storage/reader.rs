//! Bytes of a segment for the Parquet decoder, out of the object store, checked against the checksums of the segment.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use super::checksum::{self, Chunk};

/// Bytes at the end that are fetched for the footer in one request.
const FOOTER_BYTES: u64 = 64 << 10;
/// Length of the footer and magic number, behind the footer.
const TAIL_BYTES: u64 = 8;
const MAGIC: [u8; 4] = *b"PAR1";

/// Reads one segment.
#[derive(Debug)]
pub(crate) struct SegmentReader {
    store: Arc<dyn ObjectStore>,
    location: Path,
    size_bytes: u64,
    fetched_bytes: u64,
    /// What is known of the bytes that will be asked for.
    chunks: Vec<Chunk>,
}

impl SegmentReader {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, location: Path, size_bytes: u64) -> Self {
        Self { store, location, size_bytes, fetched_bytes: 0, chunks: Vec::new() }
    }

    /// Checks these chunks when they are read.
    pub(crate) fn checking(mut self, chunks: Vec<Chunk>) -> Self {
        self.check(chunks);
        self
    }

    /// The same, for who has it already.
    pub(crate) fn check(&mut self, chunks: Vec<Chunk>) {
        self.chunks = chunks;
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

    /// Bytes that are fetched for these ranges.
    pub(crate) fn bytes_for(&self, ranges: &[Range<u64>]) -> u64 {
        checksum::whole(ranges, &self.chunks).iter().map(|range| range.end.saturating_sub(range.start)).sum()
    }

    async fn get(&mut self, range: Range<u64>) -> Result<Bytes> {
        let [bytes] = <[Bytes; 1]>::try_from(self.get_all(std::slice::from_ref(&range)).await?).map_err(|_| incomplete(0, 1))?;
        Ok(bytes)
    }

    async fn get_all(&mut self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let whole = checksum::whole(ranges, &self.chunks);
        self.fetched_bytes += whole.iter().map(|range| range.end.saturating_sub(range.start)).sum::<u64>();
        let fetched = match whole.as_slice() {
            [range] => vec![self.store.get_range(&self.location, range.clone()).await.map_err(external)?],
            ranges => self.store.get_ranges(&self.location, ranges).await.map_err(external)?,
        };
        if fetched.len() != whole.len() {
            return Err(incomplete(fetched.len(), whole.len()));
        }
        whole.iter().zip(&fetched).try_for_each(|(range, bytes)| checksum::verify(range, bytes, &self.chunks))?;
        let part = |range: &Range<u64>| {
            let place = whole.partition_point(|whole| whole.start <= range.start).checked_sub(1)?;
            let (from, bytes) = (whole.get(place)?.start, fetched.get(place)?);
            let (from, to) = (usize::try_from(range.start - from).ok()?, usize::try_from(range.end.checked_sub(from)?).ok()?);
            (from <= to && to <= bytes.len()).then(|| bytes.slice(from..to))
        };
        ranges.iter().map(|range| part(range).ok_or_else(|| incomplete(0, 1))).collect()
    }

    async fn footer_bytes(&mut self) -> Result<Bytes> {
        let size = self.size_bytes;
        let begin = size.saturating_sub(FOOTER_BYTES);
        let fetched = self.get(begin..size).await?;
        let not_parquet = || ParquetError::General(format!("{size} bytes that do not end as a Parquet file does"));
        let (rest, magic) = fetched.split_last_chunk::<4>().ok_or_else(not_parquet)?;
        let (_, length) = rest.split_last_chunk::<4>().ok_or_else(not_parquet)?;
        if *magic != MAGIC {
            return Err(not_parquet());
        }
        let end = size - TAIL_BYTES;
        let from = end.checked_sub(u64::from(u32::from_le_bytes(*length))).ok_or_else(not_parquet)?;
        let footer = if from < begin {
            self.get(from..end).await?
        } else {
            let place = |at: u64| usize::try_from(at - begin).unwrap_or(usize::MAX);
            fetched.slice(place(from)..place(end))
        };
        checksum::verify_footer(&footer)?;
        Ok(footer)
    }
}

impl AsyncFileReader for SegmentReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        self.get(range).boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        async move { self.get_all(&ranges).await }.boxed()
    }

    fn get_metadata<'a>(&'a mut self, _: Option<&'a ArrowReaderOptions>) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        async move { Ok(Arc::new(ParquetMetaDataReader::decode_metadata(&self.footer_bytes().await?)?)) }.boxed()
    }
}

fn incomplete(came: usize, wanted: usize) -> ParquetError {
    ParquetError::EOF(format!("{came} ranges came where {wanted} were asked for"))
}

fn external(error: object_store::Error) -> ParquetError {
    match error {
        // The log says that it is there.
        object_store::Error::NotFound { .. } => ParquetError::General("the object is missing".to_owned()),
        error => ParquetError::External(Box::new(error)),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    use object_store::memory::InMemory;
    use parquet::arrow::ArrowWriter;

    use super::*;

    async fn reader(file: Vec<u8>) -> SegmentReader {
        let (store, location, size) = (Arc::new(InMemory::new()), Path::from("s.parquet"), file.len() as u64);
        store.put(&location, file.into()).await.unwrap();
        SegmentReader::new(store, location, size)
    }

    #[tokio::test]
    async fn footers_of_any_size_are_found() {
        for columns in [1, 2_000] {
            let column: ArrayRef = Arc::new(Int64Array::from(vec![7]));
            let batch = RecordBatch::try_from_iter((0..columns).map(|number| (format!("column {number}"), Arc::clone(&column)))).unwrap();
            let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
            writer.write(&batch).unwrap();
            let metadata = reader(writer.into_inner().unwrap()).await.get_metadata(None).await.unwrap();
            assert_eq!(metadata.file_metadata().schema_descr().num_columns(), columns);
        }
    }

    #[tokio::test]
    async fn what_is_no_parquet_file_is_an_error() {
        for file in [&b""[..], b"PAR1", b"\xff\xff\xff\xffPAR1", b"\0\0\0\0PAR2", b"\x04\0\0\0abcdPAR1"] {
            assert!(reader(file.to_vec()).await.get_metadata(None).await.is_err(), "{file:?}");
        }
    }
}
