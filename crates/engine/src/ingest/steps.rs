//! Cleaning and transforming, declared as data. Steps are a list that is stored with its dataset and that every load goes
//! through, between the decoder and the segment writer.
//!
//! ```text
//!  Steps (JSON) --compile--> CompiledSteps            once a load, when the columns of its source are known
//!    | names, types, formats, expressions are checked: an error names the step
//!    v
//!  Rows --trim--parse--derive--filter--deduplicate--look up--> Rows
//!    | a value that a step cannot read rejects its row, with line, column, value and reason
//! ```
//! Steps are pure: the rows that come out depend on the rows that go in, in their order, on what look-ups held when the load
//! began, and on nothing else. How rows are cut into batches changes nothing, and neither does the time of day.

mod cast;
pub(crate) mod compile;
mod deduplicate;
mod expression;
mod frame;
mod look_up;
mod number;
pub(crate) mod op;
mod origin;
pub(crate) mod preview;
pub(crate) mod provisions;
mod secret;
mod shape;
mod split;
mod step;
mod text;
mod time;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

pub use self::preview::{StepRows, StepsPreview};
pub use self::step::{Case, Keep, Missing, OnError, Step};
use crate::catalog::Column;
use crate::error::{Error, Result, near_names};

/// Steps of a dataset at most.
pub const STEPS_MAX: usize = 100;
/// Bytes of all steps together, as JSON: they stand in the log of the dataset.
const STEPS_MAX_BYTES: usize = 64 << 10;

/// A list of steps, done one after the other.
///
/// ```
/// use tidemill::ingest::Steps;
///
/// let steps = Steps::parse(r#"[
///     {"op": "trim"},
///     {"op": "parse_date", "column": "day", "formats": ["%d.%m.%Y"]},
///     {"op": "parse_number", "column": "price", "decimal": ",", "group": "."},
///     {"op": "filter", "condition": "price > 0"}
/// ]"#)?;
/// assert_eq!(steps.len(), 4);
/// let error = Steps::parse(r#"[{"op": "trimm"}]"#).unwrap_err();
/// assert_eq!(error.message(), "step 1: there is no op \"trimm\"; did you mean trim?");
/// # Ok::<(), tidemill::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Steps(Vec<Step>);

impl Steps {
    /// Steps in their order.
    ///
    /// # Errors
    /// `Invalid` for more than [`STEPS_MAX`], or for more than 64 KiB of them.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Result<Self> {
        let steps = Self(steps.into_iter().collect());
        if steps.len() > STEPS_MAX {
            return Err(Error::invalid(format!("{} steps are more than the {STEPS_MAX} that a dataset may have", steps.len())).at("steps"));
        }
        let bytes = serde_json::to_vec(&steps)?.len();
        if bytes > STEPS_MAX_BYTES {
            return Err(Error::invalid(format!("the steps have {bytes} bytes as JSON; at most {STEPS_MAX_BYTES} are kept; look long lists up in another dataset")).at("steps"));
        }
        Ok(steps)
    }

    /// Steps written as a JSON array.
    ///
    /// # Errors
    /// `Invalid`, naming the step and what is wrong with it.
    pub fn parse(json: &str) -> Result<Self> {
        let values = serde_json::from_str(json).map_err(|error| Error::invalid(format!("the steps are not a JSON array: {error}")).at("steps").because(error))?;
        Self::from_values(values)
    }

    fn from_values(values: Vec<serde_json::Value>) -> Result<Self> {
        let steps = values.into_iter().enumerate().map(|(index, value)| read_step(index, value)).collect::<Result<Vec<_>>>()?;
        Self::new(steps)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them masks, hashes or drops. Rows that such steps reject are kept as they came, for whoever may load.
    pub fn hides_values(&self) -> bool {
        self.iter().any(|step| matches!(step, Step::Mask { .. } | Step::Hash { .. } | Step::Drop { .. }))
    }

    /// One after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, Step> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Steps {
    type Item = &'a Step;
    type IntoIter = std::slice::Iter<'a, Step>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'de> Deserialize<'de> for Steps {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_values(Vec::deserialize(deserializer)?).map_err(|error| D::Error::custom(error.message()))
    }
}

fn read_step(index: usize, value: serde_json::Value) -> Result<Step> {
    let number = index + 1;
    let at = |error: Error| error.at(format!("steps[{index}]"));
    let Some(op) = value.get("op").and_then(serde_json::Value::as_str).map(str::to_owned) else {
        return Err(at(Error::invalid(format!("step {number}: it has no \"op\"; one of {}", Step::OPS.join(", ")))));
    };
    if !Step::OPS.contains(&op.as_str()) {
        let near = near_names(&op, Step::OPS.into_iter());
        let near = if near.is_empty() { format!("; there are {}", Step::OPS.join(", ")) } else { near };
        return Err(at(Error::invalid(format!("step {number}: there is no op {op:?}{near}"))));
    }
    serde_json::from_value(value).map_err(|error| at(Error::invalid(format!("step {number} ({op}): {error}")).because(error)))
}

/// The steps of a dataset, and the columns that they were made for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetSteps {
    /// What a load is decoded to before the first step: its file has columns of these names and types.
    #[serde(default)]
    pub source: Vec<Column>,
    /// What is done to its rows then.
    pub steps: Steps,
}

impl DatasetSteps {
    /// As they stand in the log of a dataset.
    pub(crate) fn stored(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| Error::corrupt(format!("the steps of the dataset cannot be read: {error}; a newer engine may have written them")).because(error))
    }

    /// What is put into the log.
    pub(crate) fn to_text(&self) -> Result<String> {
        Ok(serde_json::to_string(self)?)
    }
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
