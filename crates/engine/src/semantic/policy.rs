//! Access policies: who sees which rows and columns of a dataset. Words only; what they come to for somebody is worked out
//! in `access`.

use serde::{Deserialize, Serialize};

use super::query::Filter;

/// Lets some people see some rows and columns of a model's dataset.
///
/// A model without policies is seen whole by everybody of its tenant. One with policies is seen as far as they say: a value
/// is seen when some policy that applies lets both its row and its column be seen. Where none applies there are no rows.
///
/// ```
/// let policy: tidemill::AccessPolicy = serde_json::from_str(
///     r#"{"name": "own_country", "when": [{"attribute": "role", "values": ["viewer"]}],
///         "rows": [{"member": "orders.country", "operator": "equals", "values": ["{user.country}"]}],
///         "hidden": ["margin"], "masked": [{"column": "email"}]}"#,
/// )?;
/// assert_eq!(policy.hidden, ["margin"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessPolicy {
    /// Name, unique in its model. People read it where an answer is restricted.
    pub name: String,
    /// To whom it applies: all of these hold. Without any it applies to everybody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<AttributeCondition>,
    /// Conditions on dimensions that all hold for the rows which are seen: dimensions of the model, or of what its rows belong to
    /// over many-to-one and one-to-one joins (`customers.region`). A row that belongs to nothing there is not seen by such a one. A value
    /// `{user.name}` stands for all values of that attribute; in a text each brace is written twice. Without any, all rows are seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Filter>,
    /// The only columns of the dataset that are there, with those of `masked`. All others are hidden, also those that a later load brings.
    /// Without it, all columns are there that are not hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// Columns of the dataset that are not there, and with them all members that are made of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
    /// Columns of the dataset whose values are not shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<MaskedColumn>,
}

impl AccessPolicy {
    /// Whether a column is not there under this policy.
    pub(crate) fn hides(&self, column: &str) -> bool {
        let is_among = |names: &[String]| names.iter().any(|name| name == column);
        let is_masked = || self.masked.iter().any(|masked| masked.column == column);
        let is_listed = self.columns.as_ref().is_none_or(|columns| is_among(columns) || is_masked());
        !is_listed || is_among(&self.hidden)
    }
}

/// That a user has one of some values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeCondition {
    /// Name of the attribute.
    pub attribute: String,
    /// One of these is among the user's.
    pub values: Vec<String>,
}

/// A column that is there without its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskedColumn {
    /// The column.
    pub column: String,
    /// What is shown in its place: a SQL expression over the columns of the dataset. Without one, nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
}
