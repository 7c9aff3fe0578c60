//! What a small load brings is in memory when it commits. Columns of it that somebody asks for are kept then, in the form
//! in which they would be read from its segments, so that the first question after a commit reads nothing. They are made
//! while the commit is written and kept after it has succeeded; a load that fails leaves nothing here.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::common::runtime::SpawnedTask;
use object_store::path::Path;

use super::columns::Column;
use super::memory::{ColumnKey, Partials};
use crate::storage::writer::object_path;

/// Columns of rows that are being committed.
pub(crate) struct Fresh(Option<SpawnedTask<Vec<Named>>>);

/// A column and where it is kept.
type Named = (ColumnKey, Arc<Column>);

impl Partials {
    /// Begins to make the columns of segments that are about to be committed: those that were asked for before.
    pub(crate) fn prepare(&self, dataset: &Path, segments: Vec<(String, RecordBatch)>) -> Fresh {
        let mut wanted = Vec::new();
        for (segment, rows) in segments {
            let location = object_path(dataset, &segment);
            for (field, array) in rows.schema().fields().iter().zip(rows.columns()) {
                let name: Arc<str> = field.name().as_str().into();
                if self.is_hot(dataset, &name) {
                    wanted.push(((location.clone(), name), Arc::clone(array)));
                }
            }
        }
        if wanted.is_empty() || !self.keeps_columns() {
            return Fresh(None);
        }
        // A column that cannot be made is read when somebody asks for it.
        let make = move || wanted.into_iter().filter_map(|(key, array)| Some((key, Arc::new(Column::of(&array).ok()?)))).collect();
        Fresh(Some(SpawnedTask::spawn_blocking(make)))
    }

    /// Keeps columns whose rows were committed.
    pub(crate) async fn keep(&self, Fresh(made): Fresh) {
        let Some(made) = made else { return };
        for (key, column) in made.join().await.unwrap_or_default() {
            self.put_column(key, column).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use arrow::array::{ArrayRef, Int64Array, StringViewArray};
    use arrow::datatypes::{DataType, Field};
    use object_store::memory::InMemory;

    use super::*;
    use crate::settings::Settings;

    /// Whether a column is there without a look into the store, which is empty.
    async fn is_kept(partials: &Partials, segment: &str, name: &str) -> bool {
        let (dataset, fetched) = (Path::from("acme/orders"), AtomicU64::new(0));
        let found = partials.column(&dataset, &object_path(&dataset, segment), 1_000, &Field::new(name, DataType::Int64, true), &fetched).await;
        assert_eq!(found.is_ok(), fetched.load(Ordering::Relaxed) == 0, "what is kept is not fetched");
        found.is_ok()
    }

    #[tokio::test]
    async fn hot_columns_of_what_was_committed_are_kept_and_nothing_else() {
        let partials = Partials::new(&Settings::default(), Arc::new(InMemory::new()));
        let columns = [("city", Arc::new(StringViewArray::from(vec!["Rome", "Oslo"])) as ArrayRef), ("amount", Arc::new(Int64Array::from(vec![1, 2])))];
        let rows = RecordBatch::try_from_iter(columns).unwrap();
        let (orders, visits) = (Path::from("acme/orders"), Path::from("acme/visits"));
        let bring = |dataset: &Path, segment: &str| partials.prepare(dataset, vec![(segment.to_owned(), rows.clone())]);
        partials.keep(bring(&orders, "before.parquet")).await;
        assert!(!is_kept(&partials, "before.parquet", "amount").await);
        // Now somebody has asked for it.
        drop(bring(&orders, "failed.parquet"));
        assert!(!is_kept(&partials, "failed.parquet", "amount").await);
        partials.keep(bring(&visits, "other.parquet")).await;
        partials.keep(bring(&orders, "committed.parquet")).await;
        assert!(is_kept(&partials, "committed.parquet", "amount").await);
        assert!(!is_kept(&partials, "other.parquet", "amount").await);
        assert!(!is_kept(&partials, "committed.parquet", "city").await);
    }
}
