//! What somebody sees of one dataset: which rows, which columns, and what stands in the place of values that are not shown.
//! It is the scope and the access policies of the model, worked out. Everything that is told of a dataset asks it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::Schema;
use datafusion::common::{Column, DFSchema};
use datafusion::error::DataFusionError;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use sha2::{Digest, Sha256};

use super::result::AppliedAccess;
use crate::error::{Error, Result};
use crate::ids::DatasetName;
use crate::partial::fragment::identity_of;
use crate::partial::looked_up::renamed;
use crate::scope::Scope;

/// What is seen of a dataset.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    /// The row filter that the scope itself has, in SQL.
    scoped: Option<String>,
    /// The rows that policies let be seen; `None`: all.
    rows: Option<Expr>,
    hidden: BTreeSet<String>,
    /// Columns whose values are not shown, or not those of all rows, and what is shown.
    masked: BTreeMap<String, Expr>,
    /// The policies that were applied, and why there are no rows.
    applied: Option<(Vec<String>, Option<String>)>,
    /// The datasets that policies look up in, with their versions.
    lookups: BTreeMap<String, u64>,
    fingerprint: String,
    /// The same whatever the versions that are looked up in.
    lasting: String,
}

/// What policies come to for somebody.
#[derive(Debug, Default)]
pub(crate) struct Granted {
    /// Names of the policies that apply.
    pub policies: Vec<String>,
    /// The rows that are seen; `None`: all.
    pub rows: Option<Expr>,
    /// Why there are none.
    pub no_rows: Option<String>,
    /// Columns that are not there.
    pub hidden: BTreeSet<String>,
    /// What is shown in the place of columns.
    pub masked: BTreeMap<String, Expr>,
    /// The datasets that policies look up in, with their versions.
    pub lookups: BTreeMap<String, u64>,
    /// What functions that look up are called, and what they are whatever the version.
    pub functions: BTreeMap<String, String>,
}

impl Access {
    /// What a scope sees, where its user is subject to policies also by these.
    pub(crate) fn new(scope: &Scope, dataset: &DatasetName, granted: Option<Granted>) -> Self {
        let (scoped, mut hidden) = (scope.row_filter(dataset).map(str::to_owned), scope.hidden(dataset).cloned().unwrap_or_default());
        let Granted { policies, rows, no_rows, hidden: more, masked, lookups, functions } = match granted {
            Some(granted) => granted,
            None if scoped.is_none() && hidden.is_empty() => return Self::default(),
            None => Granted::default(),
        };
        hidden.extend(more);
        let identity = |named: &dyn Fn(&Expr) -> Expr| {
            let mut hash = Sha256::new();
            hash.update(format!("{scoped:?}|{hidden:?}|"));
            let rows = rows.as_ref().map(named);
            hash.update(identity_of("rows", &rows.iter().collect::<Vec<_>>()));
            for (column, shown) in &masked {
                hash.update(identity_of(column, &[&named(shown)]));
            }
            hex::encode(hash.finalize())
        };
        let restricted = scoped.is_some() || rows.is_some() || !hidden.is_empty() || !masked.is_empty();
        let fingerprint = if restricted { identity(&Expr::clone) } else { String::new() };
        // One that could not be made is none that lasts: what is shared by it is then shared for as long as a version.
        let lasting = if restricted && !functions.is_empty() { identity(&|expr: &Expr| renamed(expr, &functions).unwrap_or_else(|_| expr.clone())) } else { fingerprint.clone() };
        let applied = (!policies.is_empty() || no_rows.is_some()).then_some((policies, no_rows));
        Self { scoped, rows, hidden, masked, applied, lookups, fingerprint, lasting }
    }

    /// Whether anything of the dataset is not seen as it is.
    pub(crate) fn restricts(&self) -> bool {
        !self.fingerprint.is_empty()
    }

    /// Whether there may be rows that are not seen.
    pub(crate) fn filters_rows(&self) -> bool {
        self.scoped.is_some() || self.rows.is_some()
    }

    /// Whether a column is not there.
    pub(crate) fn hides(&self, column: &str) -> bool {
        self.hidden.contains(column)
    }

    /// Whether the values of a column are seen, in all rows that are.
    pub(crate) fn shows(&self, column: &str) -> bool {
        !self.hides(column) && !self.masked.contains_key(column)
    }

    /// Equal for two accesses exactly when they show the same of a dataset; empty for one that shows everything.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The same, where it does not matter which versions policies look up in.
    pub(crate) fn lasting(&self) -> &str {
        &self.lasting
    }

    /// The datasets that policies look up in, with the versions that decide what is seen.
    pub(crate) fn lookups(&self) -> &BTreeMap<String, u64> {
        &self.lookups
    }

    /// The same for what a model has under it: its members depend on columns alone.
    pub(crate) fn model_fingerprint(&self) -> String {
        if self.restricts() { format!("part|{:?}", self.hidden) } else { String::new() }
    }

    /// What is told of it in an answer.
    pub(crate) fn told(&self, dataset: &DatasetName) -> Option<AppliedAccess> {
        let (policies, no_rows) = self.applied.clone()?;
        self.restricts().then(|| AppliedAccess { dataset: dataset.to_string(), policies, no_rows, lookups: self.lookups.clone() })
    }

    /// The columns that are there.
    pub(crate) fn visible_schema(&self, schema: &Arc<Schema>, dataset: &DatasetName) -> Result<DFSchema> {
        self.schema_of(schema, dataset, |column| !self.hides(column))
    }

    /// The columns whose values are seen.
    pub(crate) fn shown_schema(&self, schema: &Arc<Schema>, dataset: &DatasetName) -> Result<DFSchema> {
        self.schema_of(schema, dataset, |column| self.shows(column))
    }

    fn schema_of(&self, schema: &Arc<Schema>, dataset: &DatasetName, keep: impl Fn(&str) -> bool) -> Result<DFSchema> {
        let fields: Vec<_> = schema.fields().iter().filter(|field| keep(field.name())).cloned().collect();
        Ok(DFSchema::try_from_qualified_schema(dataset.as_str(), &Schema::new(fields))?)
    }

    /// The condition for a row to be seen, over all columns of the dataset, hidden ones too.
    pub(crate) fn row_filter(&self, schema: &DFSchema, dataset: &DatasetName, state: &SessionState) -> Result<Option<Expr>> {
        let scoped = self.scoped.as_ref().map(|predicate| state.create_logical_expr(predicate, schema).map_err(|error| unfit(dataset, &error)));
        if let Some(rows) = &self.rows
            && let Some(missing) = rows.column_refs().into_iter().find(|column| !schema.has_column(column))
        {
            return Err(Error::denied(format!("an access policy of {dataset} looks at {}, which this version does not have", missing.name)));
        }
        Ok(conjunction(scoped.transpose()?.into_iter().chain(self.rows.clone())))
    }

    /// What is seen of the columns, in their order; `None`: all of them as they are.
    pub(crate) fn columns(&self, schema: &Schema, dataset: &DatasetName) -> Option<Vec<Expr>> {
        if self.hidden.is_empty() && self.masked.is_empty() {
            return None;
        }
        let column = |name: &String| match self.masked.get(name) {
            Some(shown) => shown.clone().alias_qualified(Some(dataset.as_str()), name),
            None => Expr::Column(Column::new(Some(dataset.as_str()), name)),
        };
        Some(schema.fields().iter().filter(|field| !self.hides(field.name())).map(|field| column(field.name())).collect())
    }
}

/// A row filter that does not fit its dataset shows nothing rather than everything.
fn unfit(dataset: &DatasetName, error: &DataFusionError) -> Error {
    Error::denied(format!("the row filter of dataset {dataset} does not fit its columns: {}", error.strip_backtrace()))
}
