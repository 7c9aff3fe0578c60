//! Lists of the values of dimensions, kept in memory. What is appended adds its own values to a list; nothing else of the
//! dataset is looked at again.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use datafusion::common::Column;
use datafusion::common::runtime::SpawnedTask;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use moka::ops::compute::Op;

use super::Mill;
use super::seen::Seen;
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::partial::fragment::{Fingerprint, identity_of};
use crate::query::allowance::Allowance;
use crate::query::value_list::ValueList;
use crate::query::{execute, write};
use crate::semantic::Dimension;
use crate::semantic::mapped::is_fixed;
use crate::semantic::member::Columns;
use crate::settings::Settings;
use crate::storage::log::Snapshot;
use crate::storage::segment::Segment;

/// Values of a list at most; longer ones are made for each page.
const VALUES_MAX: usize = 2_000_000;
/// Lists take at most one part in so many of what partials may take.
const PART: u64 = 4;
/// Some memory they always have.
const MIN_BYTES: u64 = 16 << 20;

/// Lists by id of the dataset, scope and what is listed; and the bytes that all of them take at most.
#[derive(Debug)]
pub(crate) struct ValueLists(moka::future::Cache<Key, Arc<Kept>>, u64);

type Key = (String, String, Fingerprint);

/// The values of some segments.
#[derive(Debug)]
struct Kept {
    version: u64,
    segments: Vec<Arc<Segment>>,
    /// `None`: too many.
    list: Option<Arc<ValueList>>,
}

impl Kept {
    fn is_of(&self, snapshot: &Snapshot) -> bool {
        let segments = self.segments.iter().zip(&snapshot.segments);
        self.version == snapshot.version && self.segments.len() == snapshot.segments.len() && segments.into_iter().all(|(one, other)| one.path == other.path)
    }
}

impl ValueLists {
    pub(crate) fn new(settings: &Settings) -> Self {
        let bytes = |kept: &Kept| kept.list.as_ref().map_or(0, |list| list.size_bytes()) + kept.segments.len() * size_of::<usize>() + 500;
        let capacity = (settings.partial_cache_bytes as u64 / PART).max(MIN_BYTES);
        let cache = moka::future::Cache::builder()
            .name("value lists")
            .max_capacity(capacity)
            .weigher(move |_, kept: &Arc<Kept>| u32::try_from(bytes(kept)).unwrap_or(u32::MAX));
        Self(cache.build(), capacity)
    }
}

impl Mill {
    /// The values of a dimension under the scope. `None`: they are too many to be kept, or change without a commit. What is kept is
    /// no matter of the allowance.
    pub(super) async fn value_list(&self, dataset: &DatasetName, snapshot: &Seen, dimension: &Dimension, allowance: &Allowance) -> Result<Option<Arc<ValueList>>> {
        let (plan, value) = self.plan_of_values(dataset, snapshot, dimension)?;
        if !is_fixed(&plan)? {
            return Ok(None);
        }
        let key = (snapshot.metadata.id.clone(), snapshot.access().fingerprint().to_owned(), identity_of("values", &[&value]));
        let lists = &self.shared.value_lists.0;
        if let Some(kept) = lists.get(&key).await.filter(|kept| kept.is_of(snapshot)) {
            return Ok(kept.list.clone());
        }
        // One at a time: who comes second finds what the first one made.
        let made = lists.entry(key).and_try_compute_with(async |known| {
            let known = known.map(moka::Entry::into_value);
            if known.as_ref().is_some_and(|known| known.is_of(snapshot)) {
                return Ok(Op::Nop);
            }
            let mut kept = self.brought_up(dataset, snapshot, dimension, known.as_deref(), allowance).await?;
            // One that is not kept would be made for each page.
            kept.list = kept.list.filter(|list| (list.size_bytes() as u64) < self.shared.value_lists.1);
            Ok::<_, Error>(Op::Put(Arc::new(kept)))
        });
        let made = made.await?.into_entry().ok_or_else(|| Error::internal("a list that was made and is not there"))?;
        lists.run_pending_tasks().await;
        Ok(made.into_value().list.clone())
    }

    /// The list of a version out of what is known of an earlier one, where no row has gone since.
    async fn brought_up(&self, dataset: &DatasetName, snapshot: &Seen, dimension: &Dimension, known: Option<&Kept>, allowance: &Allowance) -> Result<Kept> {
        let (version, segments) = (snapshot.version, snapshot.segments.clone());
        let known = known.filter(|known| {
            let paths: HashSet<&str> = segments.iter().map(|segment| segment.path.as_str()).collect();
            known.segments.iter().all(|segment| paths.contains(segment.path.as_str()))
        });
        let list = match known.map(|known| (known, &known.list)) {
            Some((_, None)) => None,
            Some((known, Some(list))) => {
                let paths: HashSet<&str> = known.segments.iter().map(|segment| segment.path.as_str()).collect();
                let new = segments.iter().filter(|segment| !paths.contains(segment.path.as_str())).cloned().collect();
                match self.values_of(dataset, &snapshot.of(Arc::new(Snapshot { segments: new, ..Snapshot::clone(snapshot) })), dimension, allowance).await? {
                    Some(more) if more.is_empty() => Some(Arc::clone(list)),
                    Some(more) if more.data_type() == list.data_type() => {
                        let known = Arc::clone(list);
                        match aside(move || known.with(&more)).await? {
                            Some(longer) => (longer.len() <= VALUES_MAX).then(|| Arc::new(longer)),
                            None => Some(Arc::clone(list)),
                        }
                    }
                    _ => self.list_of(dataset, snapshot, dimension, allowance).await?,
                }
            }
            None => self.list_of(dataset, snapshot, dimension, allowance).await?,
        };
        Ok(Kept { version, segments, list })
    }

    async fn list_of(&self, dataset: &DatasetName, snapshot: &Seen, dimension: &Dimension, allowance: &Allowance) -> Result<Option<Arc<ValueList>>> {
        match self.values_of(dataset, snapshot, dimension, allowance).await? {
            Some(values) => Ok(Some(Arc::new(aside(move || ValueList::new(values)).await?))),
            None => Ok(None),
        }
    }

    /// The values in order; `None`: too many.
    async fn values_of(&self, dataset: &DatasetName, snapshot: &Seen, dimension: &Dimension, allowance: &Allowance) -> Result<Option<ArrayRef>> {
        let (plan, _) = self.plan_of_values(dataset, snapshot, dimension)?;
        let value = Expr::Column(Column::new_unqualified(&dimension.name));
        let plan = LogicalPlanBuilder::from(plan).sort(vec![value.sort(true, false)])?.build()?;
        let executed = execute::run_allowed(self.session(), &plan, self.scope.limits(), VALUES_MAX + 1, allowance).await?;
        let batch = write::normalised_as_told(&executed.batch)?;
        Ok(batch.columns().first().filter(|values| values.len() <= VALUES_MAX).cloned())
    }

    /// The values of a dimension, each once, none missing, as a column of its name; and the expression that it is.
    pub(super) fn plan_of_values(&self, dataset: &DatasetName, snapshot: &Seen, dimension: &Dimension) -> Result<(LogicalPlan, Expr)> {
        let state = self.shared.session.shared();
        let source = self.source_of(dataset, snapshot, &Arc::default())?;
        let schema = source.schema().clone();
        let expr = Columns { state, schema: &schema }.dimension(dimension)?;
        let value = Expr::Column(Column::new_unqualified(&dimension.name));
        let plan = LogicalPlanBuilder::from(source).aggregate(vec![expr.clone().alias(&dimension.name)], Vec::<Expr>::new())?.filter(value.is_not_null())?;
        Ok((plan.build()?, expr))
    }
}

/// Does what takes milliseconds on a thread that may be held up.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    SpawnedTask::spawn_blocking(work).join().await.map_err(|error| Error::internal(format!("searching failed: {error}")))?
}
