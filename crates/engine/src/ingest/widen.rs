//! Whether a load widens columns of the dataset: whole numbers to floats, days to instants. What a file needs is decided by its
//! sample, by what is declared, and for a file that says the types of its columns by any row that would be rejected without;
//! what is decided here is done by `replace` and `storage::widening`, in the commit of the load.
//!
//! A column stays as it is, and rows that do not fit are rejected with the reason, where the contract says its type or compares
//! its values with others, where the steps of the dataset cannot do with it, and where few rows would make much be written anew.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::load::Widening;
use super::pipeline::Plan;
use super::{LoadMode, Reject};
use crate::catalog::{Column, ColumnType, Contract, DatasetSchema, Rule, Widened};
use crate::error::{Error, ErrorKind, Result};
use crate::storage::log::Snapshot;
use crate::storage::widening::is_exact;

/// Bytes of a file up to which it is a few rows, as a push brings them.
const SMALL_MAX_BYTES: u64 = 1 << 20;

/// What becomes of the types of a dataset.
#[derive(Debug, Default)]
pub(super) struct Decision {
    pub widen: Option<Widen>,
    /// Columns that are widened if a row does not fit without.
    ready: Vec<String>,
    /// Columns that stay although the file has wider values, and why.
    stay: Vec<(String, String)>,
}

/// Columns become wider.
#[derive(Debug, Clone)]
pub(super) struct Widen {
    /// What the file is decoded to.
    pub source: Vec<Column>,
    /// The columns of the dataset then.
    pub columns: Vec<Column>,
    pub widened: Vec<Widened>,
    /// The steps, made for the wider source.
    pub steps: Option<Arc<str>>,
}

impl Decision {
    /// Whether columns are widened if rows do not fit without.
    pub(super) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// These columns.
    pub(super) fn ready(&self) -> impl Iterator<Item = String> + '_ {
        self.ready.iter().cloned()
    }

    /// An error about a row of a column that was not widened, with the reason why it was not.
    pub(super) fn advise(&self, error: Error) -> Error {
        let about = |(column, _): &&(String, String)| error.message().contains(&format!("column {column:?}"));
        match self.stay.iter().find(about).filter(|_| error.kind() == ErrorKind::Invalid) {
            Some((_, why)) => Error::invalid(format!("{}; {why}", error.message())).because(error),
            None => error,
        }
    }

    /// Columns that must be widened because rows were rejected without.
    pub(super) fn demanded(&self, rejects: &[Reject]) -> BTreeSet<String> {
        let of_type = rejects.iter().filter(|reject| reject.rule.is_none() && reject.value.is_some() && !reject.reason.starts_with("step "));
        of_type.filter_map(|reject| reject.column.as_ref()).filter(|column| self.ready.contains(column)).cloned().collect()
    }

    /// Says of rejected rows why their column was not widened.
    pub(super) fn explain(&self, rejects: &mut [Reject]) {
        for (column, why) in &self.stay {
            let of_type = |reject: &&mut Reject| reject.rule.is_none() && reject.value.is_some() && reject.column.as_ref() == Some(column);
            for reject in rejects.iter_mut().filter(of_type) {
                reject.reason = format!("{}; {why}", reject.reason);
            }
        }
    }
}

/// Decides for a load into a dataset that is there. A few rows make at most `small_max_bytes` be written anew.
///
/// # Errors
/// `Invalid`, naming the column and the way out, when a stored value would be changed.
pub(super) fn decide(plan: &Plan, before: &Snapshot, small_max_bytes: u64) -> Result<Decision> {
    let mut decision = Decision::default();
    if plan.widening == Widening::Never {
        return Ok(decision);
    }
    let schema = &before.metadata.schema;
    let has_steps = plan.treatments.source().is_some();
    let mut source = plan.treatments.source().unwrap_or(&schema.columns).to_vec();
    let mut wanted = Vec::new();
    for column in &mut source {
        let Some(need) = need_of(plan, column) else { continue };
        if !has_steps && let Some(why) = objection(plan, before, small_max_bytes, &column.name, need.to()) {
            decision.stay.extend(why.map(|why| (column.name.clone(), why)));
            continue;
        }
        match need {
            Need::Now(to) => {
                wanted.push(column.name.clone());
                *column = Column::new(&column.name, to);
            }
            Need::Perhaps(_) => decision.ready.push(column.name.clone()),
        }
    }
    if wanted.is_empty() {
        return Ok(decision);
    }
    let mut refuse = |why: String| decision.stay.extend(wanted.iter().map(|name| (name.clone(), why.clone())));
    let made = match plan.treatments.outcome(&source) {
        Ok(made) => made,
        Err(error) => {
            refuse(format!("the column is not widened, because the steps of the dataset cannot do with it: {}", error.message()));
            return Ok(decision);
        }
    };
    let (mut columns, mut widened) = (schema.columns.clone(), Vec::new());
    for made in &made {
        let Some(column) = columns.iter_mut().find(|column| column.name == made.name && **column != *made) else { continue };
        let (from, to) = (column.column_type, made.column_type);
        let objection = if to.is_wider_than(from) { objection(plan, before, small_max_bytes, &made.name, to) } else { Some(None) };
        if let Some(why) = objection {
            refuse(why.unwrap_or_else(|| {
                format!("the column is not widened, because the steps would make {made} of column {:?}, and the contract or the dataset has it as {from}", made.name)
            }));
            return Ok(decision);
        }
        *column = Column::new(&made.name, to);
        widened.push(Widened { column: made.name.clone(), from, to });
    }
    if plan.mode != LoadMode::Replace {
        for widened in &widened {
            let place = schema.columns.iter().position(|column| column.name == widened.column);
            place.map(|place| is_exact(before, place)).transpose()?;
        }
    }
    let steps = if has_steps { plan.treatments.kept(&source)? } else { before.metadata.steps.clone() };
    decision.widen = Some(Widen { source, columns, widened, steps });
    Ok(decision)
}

/// A wider type that a file needs for a column, or may need.
enum Need {
    Now(ColumnType),
    Perhaps(ColumnType),
}

impl Need {
    fn to(&self) -> ColumnType {
        let (Self::Now(to) | Self::Perhaps(to)) = self;
        *to
    }
}

fn need_of(plan: &Plan, column: &Column) -> Option<Need> {
    let from = column.column_type;
    if let Some(declared) = plan.types.get(&column.name) {
        return declared.is_wider_than(from).then_some(Need::Now(*declared));
    }
    let found = plan.inference.columns.iter().find(|found| found.name == column.name && !found.undetermined && found.column_type.is_wider_than(from))?;
    if found.needs_width || plan.demanded.contains(&column.name) {
        return Some(Need::Now(found.column_type));
    }
    plan.inference.is_typed().then_some(Need::Perhaps(found.column_type))
}

/// Why a column of the dataset stays as it is; `Some(None)` where the reason of a rejected row says enough.
fn objection(plan: &Plan, before: &Snapshot, small_max_bytes: u64, name: &str, to: ColumnType) -> Option<Option<String>> {
    let contract = &plan.treatments.contract;
    if contract.types().any(|(_, column, ..)| column == name) {
        return Some(None);
    }
    if let Some(why) = compared(contract, name) {
        return Some(Some(why));
    }
    let columns = before.metadata.schema.columns.iter().map(|column| if column.name == name { Column::new(name, to) } else { column.clone() });
    let schema = DatasetSchema { columns: columns.collect(), time_column: before.metadata.schema.time_column.clone() };
    if let Err(error) = contract.fits(&schema) {
        return Some(Some(format!("the column is not widened, because the contract would not fit: {}", error.message())));
    }
    if let LoadMode::Upsert { key } = &plan.mode
        && key.iter().any(|column| column == name)
    {
        return Some(Some("a column by which rows are replaced is not widened".to_owned()));
    }
    let much = before.bytes > small_max_bytes && plan.mode != LoadMode::Replace;
    if plan.widening == Widening::Automatic && plan.source.size() <= SMALL_MAX_BYTES && much {
        let written = before.bytes;
        return Some(Some(format!(
            "the column is not widened to {to}, because {written} bytes would be written anew for a few rows; load them with widening \"always\", or as a file of more than 1 MiB"
        )));
    }
    None
}

/// Why a column whose values are compared with others is not widened.
fn compared(contract: &Contract, name: &str) -> Option<String> {
    let compares = |rule: &Rule| matches!(rule, Rule::Unique { .. } | Rule::Reference { .. }) && rule.columns().contains(&name);
    let (number, _) = contract.numbered().find(|(_, rule)| compares(rule))?;
    Some(format!("the column is not widened, because rule {number} of the contract compares its values; take the rule out first"))
}
