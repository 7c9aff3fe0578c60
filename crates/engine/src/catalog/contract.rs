//! The contract of a dataset: what each row that comes in must hold to, and what a row gets that does not. It is plain data,
//! kept in the log of the dataset; `ingest::contract` holds rows to it. Refuses rules that no row of the dataset could be
//! held to, naming the rule by its number from 1.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ColumnType, DatasetSchema};
use crate::error::{Error, Result, near_names};
use crate::ids::DatasetName;

pub(crate) mod typed;

use self::typed::{Bounds, Members, whole_pattern};

/// Rules that a contract may have.
pub const RULES_MAX: usize = 200;
/// Values that one rule may allow. More belong into a dataset that a rule refers to.
pub const VALUES_MAX: usize = 10_000;
/// Bytes of a pattern.
pub const PATTERN_MAX_BYTES: usize = 1_000;
/// Columns of a unique key.
pub const KEY_COLUMNS_MAX: usize = 16;
/// Unique keys of a contract at most.
pub const UNIQUE_MAX: usize = 8;
/// References of a contract at most.
pub const REFERENCES_MAX: usize = 16;
/// Bytes of a contract as JSON: it is part of the log.
pub const CONTRACT_MAX_BYTES: usize = 256 << 10;

/// What every row that comes into a dataset must hold to. As JSON it is `{"rules": [..]}`, see [`Rule`].
///
/// Rules are looked at in their order, each on what the ones before it have left; unique keys come last, so that a row that
/// is rejected for something else takes no key. A null holds to every rule but `required`. Rows that are in the dataset
/// already are not looked at again when its contract changes.
///
/// ```
/// use tidemill::catalog::{Contract, Reaction, Rule};
///
/// let contract: Contract = serde_json::from_str(r#"{"rules": [
///     {"check": "required", "column": "id"},
///     {"check": "unique", "columns": ["id"]},
///     {"check": "range", "column": "amount", "min": 0, "on_violation": "null"}
/// ]}"#)?;
/// let same = Contract::new(vec![Rule::required("id"), Rule::unique(["id"]), Rule::range("amount", Some(0.into()), None).otherwise(Reaction::Null)]);
/// assert_eq!(contract, same);
/// assert!(serde_json::from_str::<Contract>(r#"{"rules": [{"check": "required", "colum": "id"}]}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// In the order in which they are looked at. At most [`RULES_MAX`].
    pub rules: Vec<Rule>,
}

/// What happens to a row that does not hold to a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// The row is left out and kept with reason, line and text.
    #[default]
    Reject,
    /// The value becomes null and the row stays. Not for `required` and `unique`.
    Null,
    /// The whole load fails; nothing of it is stored.
    Fail,
}

/// One rule. In JSON the field `check` says which: `required`, `type`, `range`, `allowed`, `pattern`, `reference`, `unique`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "check", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// The value is not null.
    Required {
        /// The column.
        column: String,
        /// What a row gets that does not hold to it.
        #[serde(default)]
        on_violation: Reaction,
    },
    /// The value is of this type. For a new dataset it declares the type; in one that is there the column has it.
    Type {
        /// The column.
        column: String,
        /// Its type: no struct and no list.
        #[serde(rename = "type")]
        column_type: ColumnType,
        /// What a row gets that does not hold to it.
        #[serde(default)]
        on_violation: Reaction,
    },
    /// A number, date or timestamp lies between bounds. What is not a number (NaN) lies nowhere. A date stands for the whole day,
    /// also among timestamps.
    Range {
        /// The column.
        column: String,
        /// The least: a number, a date as `2013-01-31`, a timestamp as `2013-01-31T12:00:00Z`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<Value>,
        /// The greatest, likewise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Value>,
        /// Whether the bounds themselves lie outside.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        exclusive: bool,
        /// What a row gets that does not hold to it.
        #[serde(default)]
        on_violation: Reaction,
    },
    /// The value is one of a list.
    Allowed {
        /// The column: any type but struct and list.
        column: String,
        /// The list, at most [`VALUES_MAX`].
        values: Vec<Value>,
        /// What a row gets that does not hold to it.
        #[serde(default)]
        on_violation: Reaction,
    },
    /// The whole text matches a regular expression, as the crate `regex` reads it: in time linear in text and pattern.
    Pattern {
        /// The column: a string.
        column: String,
        /// The expression, at most [`PATTERN_MAX_BYTES`].
        pattern: String,
        /// What a row gets that does not hold to it.
        #[serde(default)]
        on_violation: Reaction,
    },
    /// The value stands in a column of another dataset when the load begins.
    Reference {
        /// The column: any type but struct and list.
        column: String,
        /// The other dataset, of the same tenant.
        dataset: String,
        /// Its column, of the same type or a wider one.
        key: String,
        /// What a row gets that does not hold to it.
        #[serde(default)]
        on_violation: Reaction,
    },
    /// No other row of the dataset has the same values, nor an earlier one of the load. A key with a null in it is unlike
    /// every other.
    Unique {
        /// The columns of the key: any type but struct and list, at most [`KEY_COLUMNS_MAX`].
        columns: Vec<String>,
        /// What a row gets that does not hold to it.
        #[serde(default)]
        on_violation: Reaction,
    },
}

impl Contract {
    /// A contract of rules.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { rules }
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Rules with their numbers, from 1.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (u32, &Rule)> {
        (1..).zip(&self.rules)
    }

    /// Columns of unique keys, with the number of the rule.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (u32, &[String], Reaction)> {
        self.numbered().filter_map(|(number, rule)| match rule {
            Rule::Unique { columns, on_violation } => Some((number, columns.as_slice(), *on_violation)),
            _ => None,
        })
    }

    /// Types that it declares.
    pub(crate) fn types(&self) -> impl Iterator<Item = (u32, &str, ColumnType, Reaction)> {
        self.numbered().filter_map(|(number, rule)| match rule {
            Rule::Type { column, column_type, on_violation } => Some((number, column.as_str(), *column_type, *on_violation)),
            _ => None,
        })
    }

    /// Checks what can be checked without a dataset: sizes, and reactions that make no sense.
    ///
    /// # Errors
    /// `Invalid`, naming the rule.
    pub fn check_form(&self) -> Result<()> {
        if self.rules.len() > RULES_MAX {
            return Err(Error::invalid(format!("{} rules are more than the {RULES_MAX} that a contract may have", self.rules.len())).at("rules"));
        }
        let bytes = serde_json::to_vec(self)?.len();
        if bytes > CONTRACT_MAX_BYTES {
            return Err(
                Error::invalid(format!("the contract takes {bytes} bytes; {CONTRACT_MAX_BYTES} are allowed. Keep long lists of values in a dataset and refer to it")).at("rules")
            );
        }
        let (mut declared, mut keys, mut references): (Vec<&str>, Vec<&[String]>, usize) = (Vec::new(), Vec::new(), 0);
        for (number, rule) in self.numbered() {
            rule.check_form().map_err(|error| rule.named(number, error))?;
            // Each of these holds millions of keys in memory.
            if let Rule::Unique { columns, .. } = rule {
                if keys.contains(&columns.as_slice()) {
                    return Err(rule.named(number, Error::invalid("another rule says the same").at("columns")));
                }
                keys.push(columns);
            }
            references += usize::from(matches!(rule, Rule::Reference { .. }));
            if keys.len() > UNIQUE_MAX || references > REFERENCES_MAX {
                let message = format!("a contract has at most {UNIQUE_MAX} unique keys and {REFERENCES_MAX} references");
                return Err(rule.named(number, Error::invalid(message).at("check")));
            }
            if let Rule::Type { column, .. } = rule {
                if declared.contains(&column.as_str()) {
                    return Err(rule.named(number, Error::invalid(format!("the type of {column:?} is declared twice")).at("column")));
                }
                declared.push(column);
            }
        }
        Ok(())
    }

    /// Checks the contract as a whole against the columns of a dataset.
    ///
    /// # Errors
    /// `Invalid`, naming the rule, with near names for a column that is not there.
    pub fn check(&self, schema: &DatasetSchema) -> Result<()> {
        self.check_form()?;
        self.fits(schema)
    }

    /// The same for one whose form was checked when it was stored.
    pub(crate) fn fits(&self, schema: &DatasetSchema) -> Result<()> {
        self.numbered().try_for_each(|(number, rule)| rule.check(schema).map_err(|error| rule.named(number, error)))
    }
}

impl Rule {
    /// The column must not be null.
    pub fn required(column: impl Into<String>) -> Self {
        Self::Required { column: column.into(), on_violation: Reaction::default() }
    }

    /// The column is of a type.
    pub fn of_type(column: impl Into<String>, column_type: ColumnType) -> Self {
        Self::Type { column: column.into(), column_type, on_violation: Reaction::default() }
    }

    /// The column lies between two bounds, which are allowed themselves.
    pub fn range(column: impl Into<String>, min: Option<Value>, max: Option<Value>) -> Self {
        Self::Range { column: column.into(), min, max, exclusive: false, on_violation: Reaction::default() }
    }

    /// The column is one of these values.
    pub fn allowed<V: Into<Value>>(column: impl Into<String>, values: impl IntoIterator<Item = V>) -> Self {
        Self::Allowed { column: column.into(), values: values.into_iter().map(Into::into).collect(), on_violation: Reaction::default() }
    }

    /// The whole text of the column matches.
    pub fn pattern(column: impl Into<String>, pattern: impl Into<String>) -> Self {
        Self::Pattern { column: column.into(), pattern: pattern.into(), on_violation: Reaction::default() }
    }

    /// The column refers to one of another dataset.
    pub fn reference(column: impl Into<String>, dataset: impl Into<String>, key: impl Into<String>) -> Self {
        Self::Reference { column: column.into(), dataset: dataset.into(), key: key.into(), on_violation: Reaction::default() }
    }

    /// These columns are a key.
    pub fn unique<C: Into<String>>(columns: impl IntoIterator<Item = C>) -> Self {
        Self::Unique { columns: columns.into_iter().map(Into::into).collect(), on_violation: Reaction::default() }
    }

    /// The same with another reaction.
    #[must_use]
    pub fn otherwise(mut self, reaction: Reaction) -> Self {
        match &mut self {
            Self::Required { on_violation, .. }
            | Self::Type { on_violation, .. }
            | Self::Range { on_violation, .. }
            | Self::Allowed { on_violation, .. }
            | Self::Pattern { on_violation, .. }
            | Self::Reference { on_violation, .. }
            | Self::Unique { on_violation, .. } => *on_violation = reaction,
        }
        self
    }

    /// What a row gets that does not hold to it.
    pub fn on_violation(&self) -> Reaction {
        match self {
            Self::Required { on_violation, .. }
            | Self::Type { on_violation, .. }
            | Self::Range { on_violation, .. }
            | Self::Allowed { on_violation, .. }
            | Self::Pattern { on_violation, .. }
            | Self::Reference { on_violation, .. }
            | Self::Unique { on_violation, .. } => *on_violation,
        }
    }

    /// Its name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Required { .. } => "required",
            Self::Type { .. } => "type",
            Self::Range { .. } => "range",
            Self::Allowed { .. } => "allowed",
            Self::Pattern { .. } => "pattern",
            Self::Reference { .. } => "reference",
            Self::Unique { .. } => "unique",
        }
    }

    /// The columns that it looks at.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Required { column, .. }
            | Self::Type { column, .. }
            | Self::Range { column, .. }
            | Self::Allowed { column, .. }
            | Self::Pattern { column, .. }
            | Self::Reference { column, .. } => vec![column],
            Self::Unique { columns, .. } => columns.iter().map(String::as_str).collect(),
        }
    }

    /// An error with the number of the rule, whose field is a path into the contract.
    pub(crate) fn named(&self, number: u32, error: Error) -> Error {
        let path = format!("rules[{}]", number - 1);
        let path = error.field().map_or(path.clone(), |field| format!("{path}.{field}"));
        error.context(format!("rule {number} ({} of {})", self.name(), self.columns().join(", "))).at(path)
    }

    fn check_form(&self) -> Result<()> {
        let refuse = |field: &str, message: String| Err(Error::invalid(message).at(field));
        match self {
            Self::Required { on_violation: Reaction::Null, .. } => {
                refuse("on_violation", "a value that is missing is null already; reject the row or let the load fail".to_owned())
            }
            Self::Unique { on_violation: Reaction::Null, .. } => refuse("on_violation", "a row whose key is made null has none; reject the row or let the load fail".to_owned()),
            Self::Type { column_type, .. } if column_type.is_nested() => refuse("type", format!("a {column_type} cannot be declared; leave the rule out and the type is inferred")),
            Self::Range { min: None, max: None, .. } => refuse("min", "give a least or a greatest value".to_owned()),
            Self::Allowed { values, .. } if values.is_empty() => refuse("values", "give at least one value".to_owned()),
            Self::Allowed { values, .. } if values.len() > VALUES_MAX => {
                refuse("values", format!("{} values are more than {VALUES_MAX}; keep them in a dataset and refer to it", values.len()))
            }
            Self::Pattern { pattern, .. } => whole_pattern(pattern).map(drop).map_err(|error| error.at("pattern")),
            Self::Reference { dataset, .. } => DatasetName::parse(dataset).map(drop).map_err(|error| error.at("dataset")),
            Self::Unique { columns, .. } if columns.is_empty() || columns.len() > KEY_COLUMNS_MAX => {
                refuse("columns", format!("a key has 1 to {KEY_COLUMNS_MAX} columns, not {}", columns.len()))
            }
            Self::Unique { columns, .. } => match columns.iter().enumerate().find(|(place, column)| columns.iter().take(*place).any(|earlier| earlier == *column)) {
                Some((_, twice)) => refuse("columns", format!("column {twice:?} stands twice in the key")),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn check(&self, schema: &DatasetSchema) -> Result<()> {
        let field = if matches!(self, Self::Unique { .. }) { "columns" } else { "column" };
        for name in self.columns() {
            let column = schema.get(name).ok_or_else(|| {
                let near = near_names(name, schema.columns.iter().map(|column| column.name.as_str()));
                Error::invalid(format!("the dataset has no column {name:?}{near}")).at(field)
            })?;
            if column.column_type.is_nested() && !matches!(self, Self::Required { .. }) {
                return Err(Error::invalid(format!("column {name:?} is a {}, whose values are not compared; only \"required\" is for it", column.column_type)).at(field));
            }
            match self {
                Self::Type { column_type, .. } if *column_type != column.column_type => {
                    return Err(Error::invalid(format!("column {name:?} is of type {}, not {column_type}", column.column_type)).at("type"));
                }
                Self::Range { min, max, exclusive, .. } => {
                    Bounds::new(column.column_type, min.as_ref(), max.as_ref(), *exclusive)?;
                }
                Self::Allowed { values, .. } => drop(Members::new(column.column_type, values)?),
                Self::Pattern { .. } if column.column_type != ColumnType::String => {
                    return Err(Error::invalid(format!("column {name:?} is of type {}; a pattern is for strings", column.column_type)).at(field));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A contract as the log has it. One that this engine cannot read must not keep anybody from asking, only from loading; it
/// is kept as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeptContract {
    Known(Arc<Contract>),
    Unknown(Arc<str>),
}

impl Default for KeptContract {
    fn default() -> Self {
        Self::Known(Arc::default())
    }
}

impl KeptContract {
    pub(crate) fn of(contract: Contract) -> Self {
        Self::Known(Arc::new(contract))
    }

    /// Out of the log.
    pub(crate) fn read(text: &str) -> Self {
        serde_json::from_str(text).map_or_else(|_| Self::Unknown(text.into()), Self::of)
    }

    /// For the log; `None` where there is nothing to say.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Known(contract) if contract.is_empty() => None,
            Self::Known(contract) => serde_json::to_string(contract.as_ref()).ok(),
            Self::Unknown(text) => Some(text.to_string()),
        }
    }

    /// The contract.
    ///
    /// # Errors
    /// `Corrupt` when this engine cannot read it.
    pub(crate) fn known(&self) -> Result<Arc<Contract>> {
        match self {
            Self::Known(contract) => Ok(Arc::clone(contract)),
            Self::Unknown(text) => {
                let why = serde_json::from_str::<Contract>(text).err().map(|error| error.to_string()).unwrap_or_default();
                Err(Error::corrupt(format!("the contract of the dataset cannot be read: {why}; a newer engine may have written it, or set it anew")))
            }
        }
    }
}

#[cfg(test)]
mod tests;
