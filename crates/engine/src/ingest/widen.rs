//! Whether a load widens columns of the dataset: whole numbers to floats, days to instants. What a file needs is decided by its
//! sample, by what is declared, and for a file that says the types of its columns by any row that would be rejected without;
//! what is decided here is done by `replace` and `storage::widening`, in the commit of the load.
//!
//! A column stays as it is, and rows that do not fit are rejected with the reason, where the contract says its type or compares
//! its values with others, and where few rows would make much be written anew. Refuses a load that would round whole numbers, its
//! own or those that are there, and one into a dataset with steps which cannot do with all of the wider columns.

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

    /// An error about a row of a column that was not widened, with the reason why it was not.
    pub(super) fn advise(&self, error: Error) -> Error {
        let about = |(column, _): &&(String, String)| error.message().contains(&format!("column {column:?}"));
        match self.stay.iter().find(about).filter(|_| error.kind() == ErrorKind::Invalid) {
            Some((_, why)) => Error::invalid(format!("{}; {why}", error.message())).because(error),
            None => error,
        }
    }

    /// Columns that must be widened because of values that did not fit without. No other column is: what a load fails by may have
    /// nothing to do with types.
    pub(super) fn demanded(&self, misfits: &BTreeSet<String>) -> BTreeSet<String> {
        self.ready.iter().filter(|column| misfits.contains(*column)).cloned().collect()
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

/// Why a load fails that is not let widen columns: first what it failed by without, if it did.
pub(super) fn refused(first: Option<Error>, why: Error) -> Error {
    match first {
        Some(first) if why.kind() == ErrorKind::Invalid => {
            let told = Error::invalid(format!("{}; {}", first.message(), why.message()));
            let told = if let Some(field) = why.field() { told.at(field) } else { told };
            told.because(first)
        }
        _ => why,
    }
}

/// Decides for a load into a dataset that is there. A few rows make at most `small_max_bytes` be written anew.
///
/// # Errors
/// `Invalid`, naming the column and the way out, when a value would be changed, and when steps cannot do with the wider columns.
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
        if is_declared(&plan.treatments.contract, &column.name) {
            // The contract says what becomes of its other values, and the reason of a rejected row says enough.
            continue;
        }
        if !has_steps && let Some(why) = objection(plan, before, &column.name, need.to()).or_else(|| too_much(plan, before, small_max_bytes, need.to())) {
            decision.stay.push((column.name.clone(), why));
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
    let made = plan.treatments.outcome(&source).map_err(|error| match error.kind() {
        ErrorKind::Invalid => cannot(&wanted, error.message()).because(error),
        _ => error,
    })?;
    let (mut columns, mut widened) = (schema.columns.clone(), Vec::new());
    for made in &made {
        let Some(column) = columns.iter_mut().find(|column| column.name == made.name && **column != *made) else { continue };
        let (from, to) = (column.column_type, made.column_type);
        if has_steps {
            if !to.is_wider_than(from) || is_declared(&plan.treatments.contract, &made.name) {
                let why = format!("they would make {made} of column {:?}, and the contract or the dataset has it as {from}", made.name);
                return Err(cannot(&wanted, &why));
            }
            if let Some(why) = objection(plan, before, &made.name, to) {
                return Err(cannot(&wanted, &format!("column {:?}: {why}", made.name)));
            }
            // That is about the load and not about a column: all of them stay.
            if let Some(why) = too_much(plan, before, small_max_bytes, to) {
                decision.stay.extend(wanted.into_iter().map(|name| (name, why.clone())));
                return Ok(decision);
            }
        }
        *column = Column::new(&made.name, to);
        widened.push(Widened { column: made.name.clone(), from, to });
    }
    wanted.iter().try_for_each(|name| check_own(plan, name))?;
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

/// Looks whether the load itself has whole numbers that would be rounded. Whoever declares that they are floats wants that.
fn check_own(plan: &Plan, name: &str) -> Result<()> {
    let found = plan.inference.columns.iter().find(|found| found.name == name && !plan.types.contains_key(name));
    let Some(beyond) = found.and_then(|found| found.beyond.as_ref()) else { return Ok(()) };
    Err(Error::invalid(format!(
        "column {name:?} of {} holds whole numbers beyond 2^53, which a float would round ({beyond} for one), so it is not widened to float: declare it as float if they may be rounded, load it into a column of another name, or load with widening \"never\" to reject the rows that are no whole numbers",
        plan.source.name()
    ))
    .at(name.to_owned()))
}

/// Why a load is refused that the steps of its dataset cannot do with. Which column of the dataset comes of which one of the load is
/// the steps' own business, so columns of theirs are widened all together or not at all, and never half of what a load needs.
fn cannot(wanted: &[String], why: &str) -> Error {
    let names: Vec<String> = wanted.iter().map(|name| format!("{name:?}")).collect();
    let refused = Error::invalid(format!(
        "the load needs wider columns ({}), and the steps of the dataset cannot do with that: {why}. Change the steps or the contract first, or load with widening \"never\" to reject the rows that do not fit",
        names.join(", ")
    ));
    match wanted.first() {
        Some(first) => refused.at(first.clone()),
        None => refused,
    }
}

/// Whether the contract says the type of a column.
fn is_declared(contract: &Contract, name: &str) -> bool {
    contract.types().any(|(_, column, ..)| column == name)
}

/// Why a column of the dataset stays as it is.
fn objection(plan: &Plan, before: &Snapshot, name: &str, to: ColumnType) -> Option<String> {
    let contract = &plan.treatments.contract;
    if let Some(why) = compared(contract, name) {
        return Some(why);
    }
    let columns = before.metadata.schema.columns.iter().map(|column| if column.name == name { Column::new(name, to) } else { column.clone() });
    let schema = DatasetSchema { columns: columns.collect(), time_column: before.metadata.schema.time_column.clone() };
    if let Err(error) = contract.fits(&schema) {
        return Some(format!("the column is not widened, because the contract would not fit: {}", error.message()));
    }
    if let LoadMode::Upsert { key } = &plan.mode
        && key.iter().any(|column| column == name)
    {
        return Some("a column by which rows are replaced is not widened".to_owned());
    }
    None
}

/// Why a load of a few rows widens nothing.
fn too_much(plan: &Plan, before: &Snapshot, small_max_bytes: u64, to: ColumnType) -> Option<String> {
    let written = before.bytes;
    let is_few = plan.widening == Widening::Automatic && plan.mode != LoadMode::Replace && plan.source.size() <= SMALL_MAX_BYTES;
    (is_few && written > small_max_bytes).then(|| {
        format!(
            "the column is not widened to {to}, because {written} bytes would be written anew for a few rows; load them with widening \"always\", or as a file of more than 1 MiB"
        )
    })
}

/// Why a column whose values are compared with others is not widened.
fn compared(contract: &Contract, name: &str) -> Option<String> {
    let compares = |rule: &Rule| matches!(rule, Rule::Unique { .. } | Rule::Reference { .. }) && rule.columns().contains(&name);
    let (number, _) = contract.numbered().find(|(_, rule)| compares(rule))?;
    Some(format!("the column is not widened, because rule {number} of the contract compares its values; take the rule out first"))
}
