//! The rows of a segment, streamed, in the columns that the dataset has now, whatever the segment was written with:
//! a column that it lacks is null, one of an older type is cast. Nothing is filtered here.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{RecordBatch, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::SchemaRef;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStore;
use object_store::path::Path;
use parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};

use super::checksum;
use super::reader::SegmentReader;
use super::segment::Segment;
use super::writer::object_path;
use crate::error::{Error, Result};

/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 8_192;

/// Batches of a dataset's schema.
pub(crate) type Rows = BoxStream<'static, Result<RecordBatch>>;

/// Reads a segment. With `columns` only these are fetched and all others are null, for who looks at a few of them.
pub(crate) fn read(store: &Arc<dyn ObjectStore>, prefix: &Path, segment: &Segment, schema: &SchemaRef, columns: Option<HashSet<usize>>) -> Rows {
    let opened = open(Arc::clone(store), object_path(prefix, &segment.path), segment.bytes, Arc::clone(schema), columns);
    futures::stream::once(opened).try_flatten().boxed()
}

async fn open(store: Arc<dyn ObjectStore>, location: Path, bytes: u64, schema: SchemaRef, columns: Option<HashSet<usize>>) -> Result<Rows> {
    let named = location.to_string();
    let context = move |error: parquet::errors::ParquetError| Error::from(error).context(format!("read segment {named}"));
    let mut reader = SegmentReader::new(store, location, bytes);
    let footer = reader.footer().await?;
    // What is rewritten gets new checksums, so what is damaged must not get that far.
    let chunks = checksum::all_expected(footer.metadata()).map_err(&context)?;
    let mut builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader.checking(chunks), footer);
    if let Some(columns) = columns {
        let wanted = |name: &str| schema.index_of(name).is_ok_and(|index| columns.contains(&index));
        let stored: Vec<usize> = builder.schema().fields().iter().enumerate().filter(|(_, field)| wanted(field.name())).map(|(index, _)| index).collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), stored);
        builder = builder.with_projection(mask);
    }
    let batches = builder.with_batch_size(BATCH_ROWS).build().map_err(&context)?;
    Ok(batches.map(move |batch| conform(&batch.map_err(&context)?, &schema)).boxed())
}

/// Rows in the columns of a dataset.
pub(crate) fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = schema.fields().iter().map(|field| match batch.column_by_name(field.name()) {
        Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
        Some(column) => Ok(cast(column, field.data_type())?),
        None => Ok(new_null_array(field.data_type(), batch.num_rows())),
    });
    Ok(RecordBatch::try_new(Arc::clone(schema), columns.collect::<Result<Vec<_>>>()?)?)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray, Int64Array, StringViewArray};
    use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema};
    use chrono::DateTime;
    use object_store::memory::InMemory;

    use super::*;
    use crate::storage::encoder::{Packing, SegmentEncoder};

    #[tokio::test]
    async fn rows_come_in_the_columns_of_the_dataset() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let written = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true), Field::new("s", DataType::Utf8View, true)]));
        let columns: Vec<Arc<dyn Array>> = vec![Arc::new(Int64Array::from_iter_values(0..20_000)), Arc::new(StringViewArray::from_iter_values((0..20_000).map(|n| n.to_string())))];
        let mut encoder = SegmentEncoder::new(&written, 0, Packing::Small, Vec::new());
        encoder.write(&RecordBatch::try_new(Arc::clone(&written), columns).unwrap()).unwrap();
        let prefix = Path::from("acme/x");
        let segment = encoder.finish().unwrap().put(&*store, &prefix, "all/x.parquet".into(), DateTime::UNIX_EPOCH).await.unwrap();

        // The dataset has gained a column, widened one and orders them anew.
        let now = Arc::new(Schema::new(vec![Field::new("later", DataType::Utf8View, true), Field::new("s", DataType::Utf8View, true), Field::new("n", DataType::Float64, true)]));
        let all: Vec<RecordBatch> = read(&store, &prefix, &segment, &now, None).try_collect().await.unwrap();
        assert_eq!(all.iter().map(RecordBatch::num_rows).sum::<usize>(), 20_000);
        assert!(all.iter().all(|batch| batch.schema() == now && batch.column(0).null_count() == batch.num_rows()));
        assert_eq!((all[1].column(2).as_primitive::<Float64Type>().value(0), all[1].column(1).as_string_view().value(0)), (8_192.0, "8192"));

        for (columns, nulls) in [(HashSet::from([2]), [true, true, false]), (HashSet::new(), [true, true, true])] {
            let some: Vec<RecordBatch> = read(&store, &prefix, &segment, &now, Some(columns)).try_collect().await.unwrap();
            assert_eq!(some.iter().map(RecordBatch::num_rows).sum::<usize>(), 20_000);
            let found = some[0].columns().iter().map(|column| column.null_count() == column.len()).collect::<Vec<_>>();
            assert_eq!(found, nulls);
        }
        let same: Vec<RecordBatch> = read(&store, &prefix, &segment, &written, None).try_collect().await.unwrap();
        assert_eq!(same[2].column(0).as_primitive::<Int64Type>().value(0), 16_384);
    }

    #[tokio::test]
    async fn a_segment_that_is_not_there_is_named() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
        let segment = Segment { path: "all/gone.parquet".into(), rows: 1, bytes: 100, written_at: DateTime::UNIX_EPOCH, statistics: Vec::new() };
        let error = read(&store, &Path::from("acme/x"), &segment, &schema, None).try_collect::<Vec<_>>().await.unwrap_err();
        assert!(error.to_string().contains("acme/x/all/gone.parquet"), "{error}");
    }
}
