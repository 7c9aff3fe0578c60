//! Rows are held to the contract of their dataset: rule after rule, each on whole columns. What does not hold is taken out
//! and kept, made null, or ends the load, as the rule says.
//!
//! ```text
//!  Rows (after the steps) --> local rules, in their order --> unique keys of the load and of the dataset --> writer
//!                             needs the row alone             needs other rows, so it comes last
//! ```
//! References are sets of values that are read before the first row. Unique keys are looked at in `unique`, because what is
//! in the dataset is only known for certain when the load commits.

pub(crate) mod existing;
pub(crate) mod keys;
pub(crate) mod reference;
pub(crate) mod unique;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::nullif;
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow::util::display::array_value_to_string;
use regex::Regex;

use self::keys::{Key, KeyEncoder};
use self::reference::{KeySet, References};
use super::reject::REJECTS_MAX;
use super::treatment::rows::{Fault, Rows};
use crate::catalog::contract::typed::{Bounds, Members, float_bits, whole_pattern};
use crate::catalog::convert::as_wider;
use crate::catalog::{Column, Contract, DatasetSchema, Reaction, Rule};
use crate::error::{Error, Result, near_names};

/// Allowed values that a reason lists.
const LISTED_VALUES: usize = 5;
/// Bytes of a value that a reason repeats, or compares with others.
const SHORT_BYTES: usize = 64;
/// Values of a list at most, among which near ones are looked for: each rejected row looks at all of them.
const NEAR_VALUES: usize = 200;

/// The rules of a contract that need nothing but the row, for columns of known types.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    tests: Vec<Test>,
    /// Values that were made null.
    nulled: u64,
}

/// One rule, ready to run.
#[derive(Debug)]
struct Test {
    rule: u32,
    /// Place of the column.
    place: usize,
    column: String,
    reaction: Reaction,
    demand: Demand,
}

#[derive(Debug)]
enum Demand {
    Present,
    Between {
        bounds: Bounds,
        told: String,
    },
    OneOf {
        members: Members,
        told: String,
    },
    Like {
        pattern: Regex,
        told: String,
    },
    /// What is looked for may have a wider type by now than the column.
    In {
        keys: Arc<KeySet>,
        as_type: DataType,
        encoder: KeyEncoder,
        told: String,
    },
}

impl Checks {
    /// The rules of a contract for rows of these columns.
    ///
    /// # Errors
    /// `Invalid`, naming the rule, when it does not fit the columns.
    pub(crate) fn new(contract: &Contract, columns: &[Column], references: &References) -> Result<Self> {
        if contract.is_empty() {
            return Ok(Self::default());
        }
        let schema = DatasetSchema::new(columns.to_vec(), None)?;
        contract.fits(&schema)?;
        let mut tests = Vec::new();
        for (number, rule) in contract.numbered() {
            let [name] = rule.columns()[..] else { continue };
            let Some(place) = columns.iter().position(|column| column.name == name) else { continue };
            let Some(column) = columns.get(place) else { continue };
            let demand = demand(number, rule, column, references).map_err(|error| rule.named(number, error))?;
            tests.extend(demand.map(|demand| Test { rule: number, place, column: name.to_owned(), reaction: rule.on_violation(), demand }));
        }
        Ok(Self { tests, nulled: 0 })
    }

    /// Values that were made null so far.
    pub(crate) fn nulled(&self) -> u64 {
        self.nulled
    }

    /// Holds rows to the rules.
    ///
    /// # Errors
    /// `Invalid`, naming line, column, value and rule, when a rule wants the load to fail.
    pub(crate) fn apply(&mut self, rows: &mut Rows) -> Result<()> {
        for test in &self.tests {
            let array = Arc::clone(rows.batch.column(test.place));
            let mut found = test.demand.violated(&array)?;
            if found.is_empty() {
                continue;
            }
            match test.reaction {
                Reaction::Null => {
                    self.nulled += found.len() as u64;
                    rows.batch = with_nulls(&rows.batch, test.place, &array, &found)?;
                }
                reaction => {
                    // With more than so many the load ends; they need not be described first.
                    found.truncate(if reaction == Reaction::Fail { 1 } else { REJECTS_MAX + 1 });
                    rows.reject_by(found.into_iter().map(|row| (Some(test.rule), test.fault(&array, row))).collect())?;
                    if reaction == Reaction::Fail {
                        return Err(rows.failed());
                    }
                }
            }
        }
        Ok(())
    }
}

impl Test {
    fn fault(&self, array: &ArrayRef, row: usize) -> Fault {
        let value = (!array.is_null(row)).then(|| array_value_to_string(array, row).unwrap_or_default());
        Fault { row, column: Some(self.column.clone()), value, reason: self.demand.reason(array, row) }
    }
}

/// What a rule demands of a column; `None` where somebody else looks after it.
fn demand(number: u32, rule: &Rule, column: &Column, references: &References) -> Result<Option<Demand>> {
    Ok(Some(match rule {
        Rule::Required { .. } => Demand::Present,
        Rule::Range { min, max, exclusive, .. } => {
            let bounds = Bounds::new(column.column_type, min.as_ref(), max.as_ref(), *exclusive)?;
            let bound = |value: &Option<serde_json::Value>| value.as_ref().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            let (above, below) = if *exclusive { ("greater than", "less than") } else { ("at least", "at most") };
            let told = match (bound(min), bound(max)) {
                (Some(min), Some(max)) => format!("{above} {min} and {below} {max}"),
                (Some(min), None) => format!("{above} {min}"),
                (None, max) => format!("{below} {}", max.unwrap_or_default()),
            };
            Demand::Between { bounds, told }
        }
        Rule::Allowed { values, .. } => {
            let list: Vec<String> = values.iter().take(LISTED_VALUES).map(|value| shortened(value.to_string())).collect();
            let more = if values.len() > LISTED_VALUES { format!(" and {} others", values.len() - LISTED_VALUES) } else { String::new() };
            Demand::OneOf { members: Members::new(column.column_type, values)?, told: format!("{}{more}", list.join(", ")) }
        }
        Rule::Pattern { pattern, .. } => Demand::Like { pattern: whole_pattern(pattern)?, told: pattern.clone() },
        Rule::Reference { dataset, key, .. } => {
            let (column_type, keys) = references.of(number).ok_or_else(|| Error::internal("the values that a rule refers to were not read"))?;
            if column_type != column.column_type && !column_type.is_wider_than(column.column_type) {
                return Err(Error::invalid(format!("column {:?} is of type {}, but {key:?} of dataset {dataset} of type {column_type}", column.name, column.column_type)).at("key"));
            }
            let as_type = if column_type == column.column_type { column.data_type() } else { column_type.data_type() };
            Demand::In { keys, encoder: KeyEncoder::new(std::slice::from_ref(&as_type), vec![0])?, as_type, told: format!("column {key:?} of dataset {dataset}") }
        }
        Rule::Type { .. } | Rule::Unique { .. } => return Ok(None),
    }))
}

impl Demand {
    /// The rows that do not hold to it, in order. Nulls hold to everything but the demand to be there.
    fn violated(&self, array: &ArrayRef) -> Result<Vec<usize>> {
        Ok(match self {
            Self::Present => (0..if array.null_count() > 0 { array.len() } else { 0 }).filter(|row| array.is_null(*row)).collect(),
            Self::Between { bounds: Bounds::Whole { low, high }, .. } => whole(array, |value| Bounds::holds_whole(*low, *high, value)),
            Self::Between { bounds: Bounds::Real { low, high, exclusive }, .. } => real(array, |value| Bounds::holds_real(*low, *high, *exclusive, value)),
            Self::OneOf { members: Members::Whole(members), .. } => whole(array, |value| members.contains(&value)),
            Self::OneOf { members: Members::Real(members), .. } => real(array, |value| members.contains(&float_bits(value))),
            Self::OneOf { members: Members::Booleans(members), .. } => match array.as_boolean_opt() {
                Some(values) => among(array, |row| members.contains(&values.value(row))),
                None => Vec::new(),
            },
            Self::OneOf { members: Members::Texts(members), .. } => texts(array, |text| members.contains(text)),
            Self::Like { pattern, .. } => texts(array, |text| pattern.is_match(text)),
            Self::In { keys, as_type, encoder, .. } => {
                let found = encoder.keys(&RecordBatch::try_from_iter([("key", as_wider(array, as_type)?)])?)?;
                // A value that the wider type does not have is not there; a null holds.
                let is_missing = |row: usize, key: &Option<Key>| key.map_or_else(|| array.is_valid(row), |key| !keys.contains(&key));
                found.iter().enumerate().filter(|(row, key)| is_missing(*row, key)).map(|(row, _)| row).collect()
            }
        })
    }

    fn reason(&self, array: &ArrayRef, row: usize) -> String {
        match self {
            Self::Present => "a value is required".to_owned(),
            Self::Between { told, .. } => format!("must be {told}"),
            Self::OneOf { members, told } => {
                let near = match (members, array.as_string_view_opt()) {
                    (Members::Texts(members), Some(texts)) if members.len() <= NEAR_VALUES && texts.value(row).len() <= SHORT_BYTES => {
                        let mut known: Vec<&str> = members.iter().map(String::as_str).filter(|member| member.len() <= SHORT_BYTES).collect();
                        known.sort_unstable();
                        near_names(texts.value(row), known.into_iter())
                    }
                    _ => String::new(),
                };
                format!("must be one of {told}{near}")
            }
            Self::Like { told, .. } => format!("does not match the pattern {told}"),
            Self::In { told, .. } => format!("there is no such value in {told}"),
        }
    }
}

fn among(array: &ArrayRef, holds: impl Fn(usize) -> bool) -> Vec<usize> {
    (0..array.len()).filter(|row| array.is_valid(*row) && !holds(*row)).collect()
}

/// Numbers, days and microseconds.
fn whole(array: &ArrayRef, holds: impl Fn(i64) -> bool) -> Vec<usize> {
    match array.data_type() {
        DataType::Int64 => {
            let values = array.as_primitive::<Int64Type>();
            among(array, |row| holds(values.value(row)))
        }
        DataType::Date32 => {
            let values = array.as_primitive::<Date32Type>();
            among(array, |row| holds(i64::from(values.value(row))))
        }
        DataType::Timestamp(..) => match array.as_primitive_opt::<TimestampMicrosecondType>() {
            Some(values) => among(array, |row| holds(values.value(row))),
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn real(array: &ArrayRef, holds: impl Fn(f64) -> bool) -> Vec<usize> {
    match array.as_primitive_opt::<Float64Type>() {
        Some(values) => among(array, |row| holds(values.value(row))),
        None => Vec::new(),
    }
}

fn texts(array: &ArrayRef, holds: impl Fn(&str) -> bool) -> Vec<usize> {
    match array.as_string_view_opt() {
        Some(values) => among(array, |row| holds(values.value(row))),
        None => Vec::new(),
    }
}

/// A batch in which some values of a column are null.
fn with_nulls(batch: &RecordBatch, place: usize, array: &ArrayRef, rows: &[usize]) -> Result<RecordBatch> {
    let mut gone = vec![false; array.len()];
    for row in rows {
        if let Some(gone) = gone.get_mut(*row) {
            *gone = true;
        }
    }
    let mut columns = batch.columns().to_vec();
    if let Some(column) = columns.get_mut(place) {
        *column = nullif(array, &BooleanArray::from(gone))?;
    }
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}

#[cfg(test)]
mod tests;

fn shortened(mut text: String) -> String {
    if text.len() > SHORT_BYTES {
        text.truncate(text.floor_char_boundary(SHORT_BYTES));
        text.push('…');
    }
    text
}
