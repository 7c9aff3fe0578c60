//! The kinds of steps, as they are written. What each does is in the file of its idea beside this one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalog::ColumnType;

/// One step. In JSON the field `op` says which: `{"op": "trim", "columns": ["city"]}`.
///
/// A step that writes `into` another column leaves the one that it reads as it is; without `into` it takes its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Step {
    /// Takes space off both ends of texts.
    Trim {
        /// The columns; none: every column of text.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        columns: Vec<String>,
        /// Whether space inside becomes one blank.
        #[serde(default, skip_serializing_if = "is_false")]
        collapse: bool,
    },
    /// Writes texts in capitals, small letters, or each word with a capital.
    Case {
        /// The columns.
        columns: Vec<String>,
        /// How they are written.
        to: Case,
    },
    /// Takes values that stand for nothing as null.
    NullTokens {
        /// The columns; none: every column of text.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        columns: Vec<String>,
        /// What stands for nothing. In a column of numbers, a number: `-999`.
        tokens: Vec<String>,
        /// Whether `N/A` is `n/a` too.
        #[serde(default, skip_serializing_if = "is_false")]
        ignore_case: bool,
    },
    /// Replaces text inside of texts, everywhere it stands.
    Replace {
        /// The columns.
        columns: Vec<String>,
        /// What is looked for: plain text, or a regular expression.
        find: String,
        /// What takes its place; with a regular expression `$1` or `${name}` is a group of it.
        with: String,
        /// Whether `find` is a regular expression.
        #[serde(default, skip_serializing_if = "is_false")]
        regex: bool,
        /// Whether capitals and small letters are the same.
        #[serde(default, skip_serializing_if = "is_false")]
        ignore_case: bool,
    },
    /// Reads texts as days or instants.
    ParseDate {
        /// The column: text, or whole numbers.
        column: String,
        /// How the texts are written, as in `%d.%m.%Y` or `%Y-%m-%d %H:%M`; or `unix`, `unix_ms`, `unix_us` for numbers since
        /// 1970. The first that reads a text counts.
        formats: Vec<String>,
        /// The zone of texts that do not say one, by its IANA name. None: UTC.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
        /// `date` or `timestamp`; none: what the formats say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<ColumnType>,
        /// Where the result goes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        into: Option<String>,
        /// What becomes of a value that cannot be read.
        #[serde(default, skip_serializing_if = "OnError::is_default")]
        on_error: OnError,
    },
    /// Reads texts as numbers: `1.234,50 €`.
    ParseNumber {
        /// The column.
        column: String,
        /// What stands before the fraction.
        #[serde(default = "point", skip_serializing_if = "is_point")]
        decimal: char,
        /// What stands between thousands; a blank stands for any blank.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<char>,
        /// Texts before or after the number that mean nothing: `€`, `km`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        strip: Vec<String>,
        /// `float` (none) or `integer`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<ColumnType>,
        /// Where the result goes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        into: Option<String>,
        /// What becomes of a value that cannot be read.
        #[serde(default, skip_serializing_if = "OnError::is_default")]
        on_error: OnError,
    },
    /// Gives numbers in another unit: `value * factor + offset`.
    Unit {
        /// The column.
        column: String,
        /// Times this.
        factor: f64,
        /// Plus this.
        #[serde(default, skip_serializing_if = "is_zero")]
        offset: f64,
        /// Where the result goes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        into: Option<String>,
        /// What becomes of a number that grows beyond its type.
        #[serde(default, skip_serializing_if = "OnError::is_default")]
        on_error: OnError,
    },
    /// Makes values of another type.
    Cast {
        /// The columns.
        columns: Vec<String>,
        /// The type; no struct or list.
        to: ColumnType,
        /// What becomes of a value that is none of it.
        #[serde(default, skip_serializing_if = "OnError::is_default")]
        on_error: OnError,
    },
    /// Computes a column from others of the same row.
    Derive {
        /// The column, new or not.
        column: String,
        /// SQL over the columns so far: `price * amount`. Aggregates, subqueries and the clock are not there.
        expression: String,
        /// What becomes of a row on which it fails.
        #[serde(default, skip_serializing_if = "OnError::is_default")]
        on_error: OnError,
    },
    /// Cuts texts at a separator into new columns. The last gets the rest; what is not there, or empty, is null.
    Split {
        /// The column.
        column: String,
        /// Where it is cut.
        separator: String,
        /// The new columns.
        into: Vec<String>,
    },
    /// Names columns anew, all at once.
    Rename {
        /// New names by old ones.
        columns: BTreeMap<String, String>,
    },
    /// Takes columns out.
    Drop {
        /// The columns.
        columns: Vec<String>,
    },
    /// Keeps the rows for which a condition is true. The others are left out, which is no fault of theirs.
    Filter {
        /// SQL over the columns so far: `amount > 0 and city is not null`.
        condition: String,
        /// What becomes of a row on which it fails; `null`: it is left out.
        #[serde(default, skip_serializing_if = "OnError::is_default")]
        on_error: OnError,
    },
    /// Puts the fields of a struct in its place, as columns.
    Flatten {
        /// The struct.
        column: String,
        /// What the names of the columns begin with; none: the name of the struct and `_`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prefix: Option<String>,
    },
    /// Keeps one row of those of a load that have the same key.
    Deduplicate {
        /// The columns that are compared; none: all. A row with a null in its key is kept.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        key: Vec<String>,
        /// Which row is kept, in the order of the file.
        #[serde(default)]
        keep: Keep,
    },
    /// Hides the characters of texts, but for some.
    Mask {
        /// The columns.
        columns: Vec<String>,
        /// Characters at the beginning that stay.
        #[serde(default, skip_serializing_if = "is_none")]
        keep_first: usize,
        /// Characters at the end that stay. A text that has no more than what stays is hidden whole.
        #[serde(default, skip_serializing_if = "is_none")]
        keep_last: usize,
        /// What each hidden character is shown as.
        #[serde(default = "star", skip_serializing_if = "is_star")]
        with: char,
    },
    /// Puts a keyed hash (HMAC-SHA-256, 32 hexadecimal digits) in the place of values: equal values stay equal, and nobody
    /// without the key can find out which they were by trying.
    Hash {
        /// The columns.
        columns: Vec<String>,
        /// The key of this step, 16 to 200 bytes. None: a secret of the tenant that never leaves the store, so that equal
        /// values are equal in all of its datasets.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        salt: Option<String>,
    },
    /// Adds columns of another dataset, as it was when the load began.
    LookUp {
        /// The other dataset.
        dataset: String,
        /// Columns here, and those of the other dataset that must be equal. Together they name one row there.
        on: BTreeMap<String, String>,
        /// Columns of the other dataset, and their names here.
        take: BTreeMap<String, String>,
        /// What becomes of a row that nothing is found for.
        #[serde(default)]
        missing: Missing,
    },
}

/// How texts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// `rome`
    Lower,
    /// `ROME`
    Upper,
    /// `New York`
    Title,
}

/// What becomes of a value that a step cannot read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// Its row is rejected and kept with the reason.
    #[default]
    Reject,
    /// It becomes null.
    Null,
    /// The load ends, and nothing of it is stored.
    Fail,
}

impl OnError {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    fn is_default(&self) -> bool {
        *self == Self::Reject
    }
}

/// Which of several rows with the same key is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// The first.
    #[default]
    First,
    /// The last. The source is read twice.
    Last,
}

/// What becomes of a row for which a look-up finds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The new columns are null.
    #[default]
    Null,
    /// It is rejected.
    Reject,
}

impl Step {
    /// All values of `op`.
    pub(super) const OPS: [&'static str; 18] = [
        "trim",
        "case",
        "null_tokens",
        "replace",
        "parse_date",
        "parse_number",
        "unit",
        "cast",
        "derive",
        "split",
        "rename",
        "drop",
        "filter",
        "flatten",
        "deduplicate",
        "mask",
        "hash",
        "look_up",
    ];

    /// Its `op`.
    pub fn op(&self) -> &'static str {
        match self {
            Self::Trim { .. } => "trim",
            Self::Case { .. } => "case",
            Self::NullTokens { .. } => "null_tokens",
            Self::Replace { .. } => "replace",
            Self::ParseDate { .. } => "parse_date",
            Self::ParseNumber { .. } => "parse_number",
            Self::Unit { .. } => "unit",
            Self::Cast { .. } => "cast",
            Self::Derive { .. } => "derive",
            Self::Split { .. } => "split",
            Self::Rename { .. } => "rename",
            Self::Drop { .. } => "drop",
            Self::Filter { .. } => "filter",
            Self::Flatten { .. } => "flatten",
            Self::Deduplicate { .. } => "deduplicate",
            Self::Mask { .. } => "mask",
            Self::Hash { .. } => "hash",
            Self::LookUp { .. } => "look_up",
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_none(value: &usize) -> bool {
    *value == 0
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

fn point() -> char {
    '.'
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_point(value: &char) -> bool {
    *value == '.'
}

fn star() -> char {
    '*'
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_star(value: &char) -> bool {
    *value == '*'
}
