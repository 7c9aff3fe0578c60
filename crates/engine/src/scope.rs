//! Who asks: tenant, what is known of the user, row filters, hidden columns, limits. The engine knows scopes, never tokens.
//! A scope is data that is put into the logical plan, so no query path can forget it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::ids::{DatasetName, TenantId};
use crate::settings::Limits;

/// What is known of a user, for access policies: names with any number of values each.
///
/// ```
/// let ann = tidemill::UserAttributes::default().with("country", ["DE", "FR"]).with("role", ["viewer"]);
/// assert_eq!(ann.values("country").count(), 2);
/// assert_eq!(ann.values("team").count(), 0);
/// assert_eq!(ann.with("team", [""]).values("team").count(), 0);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct UserAttributes(BTreeMap<String, BTreeSet<String>>);

impl UserAttributes {
    /// Sets an attribute. One without values is as if it were not there, and so is a value without text: everything starts with
    /// that, and whoever has it would see every row.
    #[must_use]
    pub fn with<V: Into<String>>(mut self, name: impl Into<String>, values: impl IntoIterator<Item = V>) -> Self {
        self.0.insert(name.into(), values.into_iter().map(Into::into).filter(|value| !value.is_empty()).collect());
        self
    }

    /// The values of an attribute, in order.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.get(name).into_iter().flatten().map(String::as_str)
    }
}

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
    user: Option<Arc<UserAttributes>>,
    row_filters: BTreeMap<DatasetName, String>,
    hidden_columns: BTreeMap<DatasetName, BTreeSet<String>>,
    limits: Limits,
}

impl Scope {
    /// Everything of one tenant, with default limits. Access policies are for users: [`seen_by`](Self::seen_by).
    pub fn of(tenant: TenantId) -> Self {
        Self { tenant, user: None, row_filters: BTreeMap::new(), hidden_columns: BTreeMap::new(), limits: Limits::default() }
    }

    /// Makes it the view of a user, who sees of each dataset what the access policies of its model let them see.
    ///
    /// ```
    /// use tidemill::{Scope, TenantId, UserAttributes};
    /// let ann = UserAttributes::default().with("country", ["DE", "FR"]);
    /// let scope = Scope::of(TenantId::parse("acme")?).seen_by(ann);
    /// assert_eq!(scope.user().map(|user| user.values("country").count()), Some(2));
    /// # Ok::<(), tidemill::Error>(())
    /// ```
    #[must_use]
    pub fn seen_by(mut self, user: UserAttributes) -> Self {
        self.user = Some(Arc::new(user));
        self
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
    ///
    /// ```
    /// use std::time::Duration;
    /// use tidemill::{Limits, Scope, TenantId};
    /// let limits = Limits { deadline: Duration::from_secs(5), result_rows: 1_000, ..Limits::default() };
    /// let scope = Scope::of(TenantId::parse("acme")?).with_limits(limits);
    /// assert_eq!(scope.limits().result_rows, 1_000);
    /// # Ok::<(), tidemill::Error>(())
    /// ```
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The user whose view it is.
    pub fn user(&self) -> Option<&UserAttributes> {
        self.user.as_deref()
    }

    /// The row filter of a dataset that the scope has without any policy.
    pub(crate) fn row_filter(&self, dataset: &DatasetName) -> Option<&str> {
        self.row_filters.get(dataset).map(String::as_str)
    }

    /// Columns of a dataset that the scope hides without any policy.
    pub(crate) fn hidden(&self, dataset: &DatasetName) -> Option<&BTreeSet<String>> {
        self.hidden_columns.get(dataset)
    }

    /// Whether some dataset may not be seen as a whole.
    pub(crate) fn may_restrict(&self) -> bool {
        self.user.is_some() || !self.row_filters.is_empty() || !self.hidden_columns.is_empty()
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Equal for two scopes exactly when they see the same data, whatever policies there are.
    pub(crate) fn fingerprint(&self) -> String {
        format!("{:?}|{:?}|{:?}|{:?}|{}", self.tenant, self.user, self.row_filters, self.hidden_columns, self.limits.result_rows)
    }
}
