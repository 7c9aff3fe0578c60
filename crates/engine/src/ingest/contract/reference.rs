//! Values that rules refer to: all of a column of another dataset, as they are when the load begins. They are kept for the
//! next load as long as that dataset stays as it is, because lookups change less often than what refers to them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStore;

use super::keys::{Key, KeyEncoder};
use super::unique::KEYS_MAX;
use crate::catalog::datasets::Datasets;
use crate::catalog::{Column, ColumnType, Contract, Rule};
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{DatasetName, TenantId};
use crate::storage::{layout, rows};

/// Values of one column, as keys.
pub(crate) type KeySet = HashSet<Key>;

/// Values that are kept for later loads, over all datasets; about 20 bytes each.
const KEPT_KEYS: usize = 2_000_000;

/// What the rules of a contract refer to, by their number.
#[derive(Debug, Clone, Default)]
pub(crate) struct References(HashMap<u32, (ColumnType, Arc<KeySet>)>);

impl References {
    /// The type and the values of what a rule refers to.
    pub(crate) fn of(&self, rule: u32) -> Option<(ColumnType, Arc<KeySet>)> {
        self.0.get(&rule).cloned()
    }

    #[cfg(test)]
    pub(super) fn from_sets(sets: impl IntoIterator<Item = (u32, ColumnType, KeySet)>) -> Self {
        Self(sets.into_iter().map(|(rule, column_type, keys)| (rule, (column_type, Arc::new(keys)))).collect())
    }
}

/// Which values: the id of a table, its version, a column.
type Named = (String, u64, String);

/// Values that were read before.
#[derive(Debug, Default)]
pub(crate) struct KnownReferences(Mutex<VecDeque<(Named, Arc<KeySet>)>>);

impl KnownReferences {
    fn get(&self, named: &Named) -> Option<Arc<KeySet>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(name, _)| name == named).map(|(_, keys)| Arc::clone(keys))
    }

    fn keep(&self, named: Named, keys: &Arc<KeySet>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // An older version of the same column is not asked for again.
        known.retain(|((table, _, column), _)| (table, column) != (&named.0, &named.2));
        known.push_back((named, Arc::clone(keys)));
        while known.len() > 1 && known.iter().map(|(_, keys)| keys.len()).sum::<usize>() > KEPT_KEYS {
            known.pop_front();
        }
    }
}

/// Reads what a contract refers to.
pub(crate) struct ReferenceReader<'a> {
    pub store: &'a Arc<dyn ObjectStore>,
    pub datasets: &'a Datasets,
    pub tenant: &'a TenantId,
    pub known: &'a KnownReferences,
}

impl ReferenceReader<'_> {
    /// # Errors
    /// `Invalid`, naming the rule, when the other dataset or its column is not there; `Exhausted` when it has too many
    /// values; `Corrupt` when it cannot be read.
    pub(crate) async fn read(&self, contract: &Contract) -> Result<References> {
        let mut found = HashMap::new();
        for (number, rule) in contract.numbered() {
            if let Rule::Reference { dataset, key, .. } = rule {
                found.insert(number, self.values(dataset, key).await.map_err(|error| rule.named(number, error))?);
            }
        }
        Ok(References(found))
    }

    async fn values(&self, dataset: &str, column: &str) -> Result<(ColumnType, Arc<KeySet>)> {
        let name = DatasetName::parse(dataset)?;
        let snapshot = match self.datasets.find(self.tenant, &name).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(Error::invalid(format!("{}; load it first, or change the contract", error.message())).at("dataset"));
            }
            found => found?,
        };
        let found = snapshot.metadata.schema.find(column).map_err(|error| Error::invalid(format!("dataset {dataset}: {}", error.message())).at("key"))?;
        if found.column_type.is_nested() {
            return Err(Error::invalid(format!("column {column:?} of dataset {dataset} is a {}, whose values are not compared", found.column_type)).at("key"));
        }
        let named = (snapshot.metadata.id.clone(), snapshot.version, column.to_owned());
        if let Some(known) = self.known.get(&named) {
            return Ok((found.column_type, known));
        }
        let (prefix, place) = (layout::dataset(self.tenant, &name), snapshot.arrow.index_of(column)?);
        let encoder = KeyEncoder::new(&[found.data_type()], vec![place])?;
        let mut keys = KeySet::new();
        let batches: Vec<_> = snapshot.segments.iter().map(|segment| rows::read(self.store, &prefix, segment, &snapshot.arrow, Some(HashSet::from([place])))).collect();
        let mut batches = futures::stream::iter(batches).flatten();
        while let Some(batch) = batches.try_next().await? {
            keys.extend(encoder.keys(&batch)?.into_iter().flatten());
            if keys.len() > KEYS_MAX {
                return Err(Error::exhausted(format!("column {column:?} of dataset {dataset} has more than {KEYS_MAX} values; refer to a smaller dataset")));
            }
        }
        let keys = Arc::new(keys);
        self.known.keep(named, &keys);
        Ok((found.column_type, keys))
    }

    /// Looks whether the types of both sides of each reference agree.
    ///
    /// # Errors
    /// `Invalid`, naming the rule.
    pub(crate) async fn check_types(&self, contract: &Contract, columns: &[Column]) -> Result<()> {
        for (number, rule) in contract.numbered() {
            let Rule::Reference { column, dataset, key, .. } = rule else { continue };
            let checked = async {
                let snapshot = self.datasets.find(self.tenant, &DatasetName::parse(dataset)?).await.map_err(|error| match error.kind() {
                    ErrorKind::NotFound => Error::invalid(format!("{}; load it first", error.message())).at("dataset"),
                    _ => error,
                })?;
                let there = snapshot.metadata.schema.find(key).map_err(|error| Error::invalid(format!("dataset {dataset}: {}", error.message())).at("key"))?.column_type;
                match columns.iter().find(|known| known.name == *column) {
                    Some(here) if here.column_type != there && !there.is_wider_than(here.column_type) => {
                        Err(Error::invalid(format!("column {column:?} is of type {}, but {key:?} of dataset {dataset} of type {there}", here.column_type)).at("key"))
                    }
                    _ => Ok(()),
                }
            };
            checked.await.map_err(|error| rule.named(number, error))?;
        }
        Ok(())
    }
}
