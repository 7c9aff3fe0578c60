//! What a load has that the one before it had not: a finding, as reports, profiles and the log carry it. How findings are
//! made is in `ingest::profile::drift`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Findings that the report of a load carries; its profile has all of them.
pub const DRIFT_REPORTED_MAX: usize = 10;

/// Something about a load that is not as it was in the last load that was profiled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The column, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What is not as it was.
    pub kind: DriftKind,
    /// How far.
    pub severity: Severity,
    /// What it was: a count, a share from 0 to 1, a bound, a value; by kind.
    pub before: Value,
    /// What it is now.
    pub now: Value,
    /// The same in a sentence.
    pub message: String,
}

impl Drift {
    /// The same without values of rows, for the log, out of which no value can be erased.
    #[must_use]
    pub(crate) fn without_values(self) -> Self {
        let what = match self.kind {
            DriftKind::NewCategory => "a frequent value is new",
            DriftKind::MissingCategory => "a frequent value is gone",
            DriftKind::Range => "values lie further apart than before",
            _ => return self,
        };
        let column = self.column.as_deref().unwrap_or_default();
        Self { before: Value::Null, now: Value::Null, message: format!("{column:?}: {what}; the profile of the load says which"), ..self }
    }
}

/// What is not as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftKind {
    /// The number of rows: against the median of the last loads.
    Rows,
    /// The share of nulls.
    Nulls,
    /// The number of distinct values.
    Distinct,
    /// Least and greatest value.
    Range,
    /// A frequent value that was not among the most frequent ones.
    NewCategory,
    /// A frequent value that is gone.
    MissingCategory,
    /// How values are distributed; `before` is the threshold, `now` the population stability index.
    Distribution,
}

/// How far something is from what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a look.
    Notice,
    /// Numbers that are made of it are likely to be different.
    Warning,
}
