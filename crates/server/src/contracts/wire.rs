//! Contracts as they cross HTTP. The engine reads and writes them; these types tell OpenAPI their shape.

use serde::Serialize;
use utoipa::ToSchema;

use crate::datasets::wire::{Cell, ColumnType};

/// What every row that comes into a dataset must hold to. Rules are looked at in their order, unique keys last.
#[derive(Debug, Serialize, ToSchema)]
pub struct Contract {
    /// At most 200.
    pub rules: Vec<Rule>,
}

/// What happens to a row that does not hold to a rule.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// The row is left out and kept.
    Reject,
    /// The value becomes null. Not for `required` and `unique`.
    Null,
    /// The whole load fails.
    Fail,
}

/// One rule. A null holds to every rule but `required`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "check", rename_all = "snake_case")]
#[schema(as = ContractRule)]
pub enum Rule {
    /// The value is not null.
    Required { column: String, on_violation: Option<Reaction> },
    /// The value is of this type.
    Type {
        column: String,
        #[serde(rename = "type")]
        column_type: ColumnType,
        on_violation: Option<Reaction>,
    },
    /// The value lies between bounds.
    Range { column: String, min: Option<Cell>, max: Option<Cell>, exclusive: Option<bool>, on_violation: Option<Reaction> },
    /// The value is one of a list.
    Allowed { column: String, values: Vec<Cell>, on_violation: Option<Reaction> },
    /// The whole text matches a regular expression.
    Pattern { column: String, pattern: String, on_violation: Option<Reaction> },
    /// The value stands in a column of another dataset.
    Reference { column: String, dataset: String, key: String, on_violation: Option<Reaction> },
    /// No other row has the same key.
    Unique { columns: Vec<String>, on_violation: Option<Reaction> },
}
