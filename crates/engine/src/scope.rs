//! Who asks: tenant, row filters, hidden columns, limits. The engine knows scopes, never users or tokens.
//! A scope is data that is put into the logical plan, so no query path can forget it.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{DatasetName, TenantId};
use crate::settings::Limits;

/// The view of one tenant's data that a caller has.
///
/// ```
/// use tidemill::{DatasetName, Scope, TenantId};
/// let scope = Scope::of(TenantId::parse("acme")?)
///     .with_row_filter(DatasetName::parse("flights")?, "origin = 'EWR'")
///     .hiding(DatasetName::parse("flights")?, "tailnum");
/// assert_eq!(scope.tenant().as_str(), "acme");
/// # Ok::<(), tidemill::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Scope {
    tenant: TenantId,
    row_filters: BTreeMap<DatasetName, String>,
    hidden_columns: BTreeMap<DatasetName, BTreeSet<String>>,
    limits: Limits,
}

impl Scope {
    /// Everything of one tenant, with default limits.
    pub fn of(tenant: TenantId) -> Self {
        Self { tenant, row_filters: BTreeMap::new(), hidden_columns: BTreeMap::new(), limits: Limits::default() }
    }

    /// Restricts a dataset to the rows for which a SQL predicate over its columns is true.
    #[must_use]
    pub fn with_row_filter(mut self, dataset: DatasetName, predicate: impl Into<String>) -> Self {
        self.row_filters.insert(dataset, predicate.into());
        self
    }

    /// Hides a column: for this scope it does not exist.
    #[must_use]
    pub fn hiding(mut self, dataset: DatasetName, column: impl Into<String>) -> Self {
        self.hidden_columns.entry(dataset).or_default().insert(column.into());
        self
    }

    /// Replaces the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The row filter of a dataset, where there is one.
    pub fn row_filter(&self, dataset: &DatasetName) -> Option<&str> {
        self.row_filters.get(dataset).map(String::as_str)
    }

    /// Whether a column is hidden.
    pub fn hides(&self, dataset: &DatasetName, column: &str) -> bool {
        self.hidden_columns.get(dataset).is_some_and(|columns| columns.contains(column))
    }

    /// Whether anything of a dataset is kept from this scope.
    pub fn restricts(&self, dataset: &DatasetName) -> bool {
        self.row_filters.contains_key(dataset) || self.hidden_columns.contains_key(dataset)
    }

    /// Whether some dataset is not seen as a whole.
    pub(crate) fn restricts_any(&self) -> bool {
        !self.row_filters.is_empty() || !self.hidden_columns.is_empty()
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Equal for two scopes exactly when they see the same of a dataset.
    pub(crate) fn fingerprint_of(&self, dataset: &DatasetName) -> String {
        format!("{:?}|{:?}|{:?}", self.tenant, self.row_filters.get(dataset), self.hidden_columns.get(dataset))
    }

    /// Equal for two scopes exactly when they see the same data: a part of every cache and sharing key.
    pub(crate) fn fingerprint(&self) -> String {
        format!("{:?}|{:?}|{:?}|{}", self.tenant, self.row_filters, self.hidden_columns, self.limits.result_rows)
    }
}
