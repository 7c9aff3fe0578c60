//! A row that could not be taken, kept with where, why and its text.

use serde::{Deserialize, Serialize};

/// Rejected rows that a load keeps; a load with more fails, because then the file is not what it was taken for.
pub const REJECTS_MAX: usize = 10_000;

/// Bytes of text of rejected rows that a load keeps; a load with more fails. Rows are kept whole, so that they can be loaded again.
pub const REJECTS_MAX_BYTES: usize = 64 << 20;

/// One rejected row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// Line of the file where the row begins, from 1 (for Parquet and JSON arrays: number of the row).
    pub line: u64,
    /// The column at fault, where one is.
    pub column: Option<String>,
    /// The value at fault, shortened.
    pub value: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// The rule of the contract that it does not hold to, from 1, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<u32>,
    /// The row as it came, whole; of text with other quotes or escapes than most, its cells with those that most have. Of a file of columns, and
    /// where a rule or a step rejected it, the row as it was read, as a JSON object.
    pub raw: String,
}

/// What the text of a rejected row does not say of its values: their columns, of delimited text and sheets; the texts that mean
/// "no value", where the load named some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowHeader {
    /// The columns of the file, in its order.
    pub columns: Vec<String>,
    /// What separates the cells of a row; none where rows are objects of JSON, which name their values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// The texts that mean "no value" in it, where its load named some in the place of the usual ones. Strings in quotes are what they
    /// are, but for those of JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub null_tokens: Option<Vec<String>>,
}

impl Reject {
    /// `line 7, column "dep_delay", value "abc": not an integer`
    pub fn describe(&self) -> String {
        let mut text = format!("line {}", self.line);
        if let Some(column) = &self.column {
            text.push_str(&format!(", column {column:?}"));
        }
        if let Some(value) = &self.value {
            text.push_str(&format!(", value {value:?}"));
        }
        text.push_str(": ");
        text.push_str(&self.reason);
        if let Some(rule) = self.rule {
            text.push_str(&format!(" (rule {rule})"));
        }
        text
    }
}
