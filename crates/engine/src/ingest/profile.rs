//! What the rows of one load look like, column by column, and what is not as it was in the load before. It is made on the
//! way of the rows to their segments and stored as one object beside the rejected rows. It is a help and not a promise:
//! whatever goes wrong with it, the load goes on.
//!
//! ```text
//!  batches --> observe   nulls, least, greatest of every row        --> column   distinct, histogram, frequent values
//!                        every n-th row, 65,536 at most                    |       of the sampled rows
//!                                                                          v
//!                        the profile of the load before        -->  drift    findings
//!                        a dataset or columns that are new     -->  traits   what a model is made by
//! ```

pub(crate) mod column;
pub mod drift;
pub(crate) mod kept;
pub(crate) mod observe;
mod traits;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalog::drift::Drift;
use crate::catalog::{Column, ColumnType};

/// Rows of which a profile tells more than nulls and bounds.
pub const SAMPLE_ROWS: usize = 65_536;
/// Buckets of a histogram at most.
pub const BUCKETS_MAX: usize = 20;
/// Frequent values of a column at most.
pub const TOP_VALUES: usize = 10;
/// Columns that are profiled; those after them are left out.
pub const COLUMNS_MAX: usize = 500;
/// Rows from which on a load into a dataset that is there is profiled.
pub const ROWS_MIN: u64 = 100;

/// The form in which profiles are stored.
const FORMAT: u32 = 1;

/// What the rows of a load look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadProfile {
    /// The form, 1.
    pub format: u32,
    /// The load.
    pub load_id: String,
    /// The dataset.
    pub dataset: String,
    /// Rows stored.
    pub rows: u64,
    /// Rows that everything but nulls, `min` and `max` was taken from: all of them up to 65,536, and every n-th of more.
    pub sampled_rows: u64,
    /// One profile a column, in their order; the first 500.
    pub columns: Vec<LoadColumnProfile>,
    /// The load that this one was compared with, where there was one.
    #[serde(default)]
    pub compared_with: Option<String>,
    /// What is not as it was there.
    #[serde(default)]
    pub drift: Vec<Drift>,
    /// Rows of the profiled loads before, up to 20, the latest last.
    #[serde(default)]
    pub rows_before: Vec<u64>,
}

/// What a column of a load looks like. `nulls`, `min` and `max` are of all rows, everything else of the sampled ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadColumnProfile {
    /// Its name.
    pub name: String,
    /// Its type. Of a struct or list nothing but nulls is known.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Rows without a value.
    pub nulls: u64,
    /// Least value, text shortened.
    pub min: Value,
    /// Greatest value, text shortened.
    pub max: Value,
    /// Sampled rows that have a value.
    pub sampled_values: u64,
    /// Distinct values among them.
    pub distinct: u64,
    /// Mean of numbers.
    #[serde(default)]
    pub mean: Option<f64>,
    /// Lengths of texts in characters.
    #[serde(default)]
    pub lengths: Option<Lengths>,
    /// The most frequent values, most frequent first. None where no value stands twice among many.
    #[serde(default)]
    pub top: Vec<TopValue>,
    /// Numbers and times in up to 20 buckets of equal width, by value.
    #[serde(default)]
    pub histogram: Vec<Bucket>,
    /// The same by tenths, which the next load is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deciles: Option<Deciles>,
}

/// How long texts are, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Lengths {
    /// The shortest.
    pub min: u64,
    /// The longest.
    pub max: u64,
    /// On average.
    pub mean: f64,
}

/// A frequent value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopValue {
    /// The value.
    pub value: Value,
    /// Rows that have it.
    pub count: u64,
}

/// A bucket of a histogram.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// The least value that falls into it.
    pub from: Value,
    /// The first value after it; of the last bucket the greatest value, which falls into it.
    pub to: Value,
    /// Values in it.
    pub count: u64,
}

/// Bins that hold about a tenth of the values each. Numbers, days since 1970, microseconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deciles {
    /// Upper ends of all bins but the last, ascending.
    pub edges: Vec<f64>,
    /// Values in each bin, one more than edges.
    pub counts: Vec<u64>,
}

impl LoadProfile {
    /// The profile of a column.
    pub fn column(&self, name: &str) -> Option<&LoadColumnProfile> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl LoadColumnProfile {
    fn of(column: &Column) -> Self {
        Self {
            name: column.name.clone(),
            column_type: column.column_type,
            nulls: 0,
            min: Value::Null,
            max: Value::Null,
            sampled_values: 0,
            distinct: 0,
            mean: None,
            lengths: None,
            top: Vec::new(),
            histogram: Vec::new(),
            deciles: None,
        }
    }
}

impl Deciles {
    /// How many of some values, ascending, fall into each bin.
    pub(crate) fn count(&self, sorted: &[f64]) -> Vec<u64> {
        let mut from = 0;
        let ends = self.edges.iter().map(|edge| sorted.partition_point(|value| value <= edge)).chain([sorted.len()]);
        ends.map(|end| {
            let count = end.saturating_sub(from);
            from = from.max(end);
            count as u64
        })
        .collect()
    }
}

#[cfg(test)]
mod tests;
