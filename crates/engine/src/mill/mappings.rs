//! Lookups that are functions of keys, read once for each version and kept.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use datafusion::logical_expr::LogicalPlan;

use super::Mill;
use super::compose::PlannedQuestion;
use crate::error::{Error, Result};
use crate::partial::mapping::{Mapping, Repeated};
use crate::partial::memory::shared;
use crate::query::execute::{self, Executed};
use crate::semantic::mapped::Mapped;
use crate::settings::Settings;

/// Mappings take at most one part in so many of what partials may take, which they are made for.
const PART: u64 = 4;
/// Some memory they always have.
const MIN_BYTES: u64 = 16 << 20;
/// Rows of a lookup that access policies may look up in, however few the setting allows questions: these can join instead.
const POLICY_ROWS_MIN: u64 = 1 << 16;
/// What an entry costs beside what is in it.
const ENTRY_BYTES: usize = 500;

/// Mappings by name.
#[derive(Debug)]
pub(crate) struct Mappings(moka::future::Cache<String, Arc<Mapping>>);

impl Mappings {
    pub(crate) fn new(settings: &Settings) -> Self {
        let cache = moka::future::Cache::builder()
            .name("mappings")
            .max_capacity((settings.partial_cache_bytes as u64 / PART).max(MIN_BYTES))
            .weigher(|_, mapping: &Arc<Mapping>| u32::try_from(mapping.size_bytes() + ENTRY_BYTES).unwrap_or(u32::MAX));
        Self(cache.build())
    }

    /// Whether one is there. Does not count as a use.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

impl Mill {
    /// Puts the mappings of a question in their places.
    ///
    /// # Errors
    /// `Invalid` with a key that stands for several rows: every number over that join would be too large.
    pub(super) async fn map(&self, planned: &PlannedQuestion) -> Result<()> {
        let mut reused = BTreeSet::new();
        for mapped in &planned.mapped {
            let (mapping, read) = self.mapping(mapped).await?;
            if !read {
                reused.insert(mapped.model.as_str());
            }
            // Who asks the same at the same time puts the same here.
            let _ = mapped.slot.set(mapping);
        }
        let segments = planned.used.iter().filter(|(name, _)| reused.contains(name.as_str())).map(|(_, snapshot)| snapshot.segments.len() as u64);
        planned.counters.reused.fetch_add(segments.sum(), Ordering::Relaxed);
        Ok(())
    }

    /// Rows of a dataset at most that access policies look up in.
    pub(super) fn policy_lookup_rows(&self) -> u64 {
        self.shared.settings.mapped_lookup_rows.max(POLICY_ROWS_MIN)
    }

    /// One mapping, and whether it had to be read.
    ///
    /// # Errors
    /// `Invalid` with a key that stands for several rows.
    pub(super) async fn mapping(&self, mapped: &Mapped) -> Result<(Arc<Mapping>, bool)> {
        let mut read = false;
        let mapping = async {
            read = true;
            self.read_mapping(mapped).await.map(Arc::new)
        };
        let mapping = self.shared.mappings.0.try_get_with_by_ref(&mapped.name, mapping).await.map_err(shared)?;
        if read {
            // What is larger than the cache would stay for a while.
            self.shared.mappings.0.run_pending_tasks().await;
        }
        Ok((mapping, read))
    }

    async fn read_mapping(&self, mapped: &Mapped) -> Result<Mapping> {
        let rows = usize::try_from(self.policy_lookup_rows()).unwrap_or(usize::MAX);
        let executed = self.run(&mapped.plan, rows).await?;
        if executed.truncated {
            return Err(Error::internal(format!("{} has more rows than its log says", mapped.model)));
        }
        let batch = executed.batch;
        let Some((values, keys)) = batch.columns().split_last() else { return Err(Error::internal("a mapping without values")) };
        match Mapping::new(keys, values)? {
            Ok(mapping) => Ok(mapping),
            Err(Repeated(row)) => {
                let key: Vec<String> = keys.iter().map(|key| arrow::util::display::array_value_to_string(key, row).unwrap_or_default()).collect();
                Err(repeated(&mapped.model, &mapped.keys, &key))
            }
        }
    }

    /// Runs a plan of ours.
    pub(super) async fn run(&self, plan: &LogicalPlan, rows: usize) -> Result<Executed> {
        execute::run(self.session(), plan, self.scope.limits(), rows).await
    }
}

/// That a key of a lookup stands for several rows.
pub(super) fn repeated(model: &str, columns: &[String], key: &[String]) -> Error {
    let shown: Vec<String> = columns.iter().zip(key).map(|(column, value)| format!("{column} {value}")).collect();
    Error::invalid(format!(
        "the join says that {} tells the rows of {model} apart, and there are several with {}: each number would count them all. Remove the repeats, join by more columns, or turn the join round",
        columns.join(", "),
        shown.join(", ")
    ))
}
