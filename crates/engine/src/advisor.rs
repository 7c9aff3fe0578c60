//! The advisor: learns from what is asked which rollups are worth their bytes, and lets go of those that nobody needs.
//!
//! ```text
//!   answer ── record ──► log      shapes of questions: dimensions, time grain, measures; rows that they had to read
//!                         │
//!                         ▼ every so many questions
//!                      candidates   shapes, and unions of two, by the rows that they would have saved
//!                         │  measured on the largest segment: groups, bytes
//!                         ▼
//!                      decisions   kept inside a budget of bytes; pinned and vetoed by people; retired when unused
//! ```
//! Everything it decides is readable ([`Advice`]) in the words of the model, so that advice can be declared by copying it.
//! It never changes an answer: a rollup that it keeps is like one that is declared.

pub(crate) mod choose;
pub(crate) mod log;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use self::log::{Asked, Log, Shape};
use crate::ids::{DatasetName, TenantId};
use crate::semantic::model::Rollup;

/// What became of a rollup that seemed worth keeping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdviceState {
    /// It would save work, but it is not kept; the reason says why.
    Suggested,
    /// It is kept inside the advisor's budget of bytes.
    Kept,
    /// Somebody wants it kept, whatever it saves.
    Pinned,
    /// Somebody does not want it kept.
    Vetoed,
    /// It was kept and nobody needed it any more.
    Retired,
}

impl AdviceState {
    /// Whether its partials are stored.
    pub(crate) fn is_kept(self) -> bool {
        matches!(self, Self::Kept | Self::Pinned)
    }
}

/// One decision of the advisor, with its reason and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Advice {
    /// Tenant of the dataset.
    pub tenant: String,
    /// The dataset.
    pub dataset: String,
    /// What is, was or would be kept, as a model declares it.
    pub rollup: Rollup,
    /// What became of it.
    pub state: AdviceState,
    /// Why, in a sentence with figures.
    pub reason: String,
    /// When it was decided.
    pub decided_at: DateTime<Utc>,
    /// Segments that have a stored partial.
    pub segments: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Segments that were answered from it since the engine was opened.
    pub segments_answered: u64,
    /// Rows that did not have to be read for it since the engine was opened.
    pub rows_saved: u64,
}

/// A decision as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Decision {
    pub rollup: Rollup,
    pub state: AdviceState,
    pub reason: String,
    pub decided_at: DateTime<Utc>,
    /// Rounds in which it was kept and not used.
    #[serde(skip)]
    pub idle_rounds: u32,
    /// Segments that it had answered at the end of the last round.
    #[serde(skip)]
    pub answered_before: u64,
}

impl Decision {
    pub(crate) fn new(rollup: Rollup, state: AdviceState, reason: String, decided_at: DateTime<Utc>) -> Self {
        Self { rollup, state, reason, decided_at, idle_rounds: 0, answered_before: 0 }
    }
}

/// All decisions of a dataset.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Decisions {
    /// Grows with each change of what is kept.
    #[serde(default)]
    pub version: u64,
    #[serde(default)]
    pub decisions: Vec<Decision>,
}

impl Decisions {
    /// The rollups that are kept.
    pub(crate) fn kept(&self) -> impl Iterator<Item = &Rollup> {
        self.decisions.iter().filter(|decision| decision.state.is_kept()).map(|decision| &decision.rollup)
    }

    /// Replaces the decision about a rollup, or adds one.
    pub(crate) fn decide(&mut self, decision: Decision) {
        self.version += 1;
        match self.decisions.iter_mut().find(|known| known.rollup.name == decision.rollup.name) {
            Some(known) => *known = decision,
            None => self.decisions.push(decision),
        }
    }
}

/// What is learned about all datasets of an engine.
#[derive(Debug, Default)]
pub(crate) struct Advisor {
    /// Held by who reads decisions, thinks, and writes them: a veto must not be lost to a round that began before it.
    pub deciding: tokio::sync::Mutex<()>,
    learned: Mutex<HashMap<(TenantId, DatasetName), Learned>>,
}

#[derive(Debug, Default)]
struct Learned {
    log: Log,
    /// `None`: not read from the store yet.
    decisions: Option<Decisions>,
}

impl Advisor {
    fn with<T>(&self, tenant: &TenantId, dataset: &DatasetName, work: impl FnOnce(&mut Learned) -> T) -> T {
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        work(learned.entry((tenant.clone(), dataset.clone())).or_default())
    }

    /// Counts a question, and remembers its shape if it read rows. Says how many came since the last round.
    pub(crate) fn record(&self, tenant: &TenantId, dataset: &DatasetName, read: Option<(Shape, u64)>) -> u64 {
        self.with(tenant, dataset, |learned| {
            learned.log.since_round += 1;
            if let Some((shape, rows)) = read {
                learned.log.record(shape, rows);
            }
            learned.log.since_round
        })
    }

    /// What was asked of a dataset.
    pub(crate) fn shapes(&self, tenant: &TenantId, dataset: &DatasetName) -> Vec<(Shape, Asked)> {
        self.with(tenant, dataset, |learned| learned.log.shapes())
    }

    /// Ends a round of a dataset.
    pub(crate) fn end_round(&self, tenant: &TenantId, dataset: &DatasetName) {
        self.with(tenant, dataset, |learned| learned.log.end_round());
    }

    /// What was decided about a dataset; `None` when it has not been read.
    pub(crate) fn decisions(&self, tenant: &TenantId, dataset: &DatasetName) -> Option<Decisions> {
        self.with(tenant, dataset, |learned| learned.decisions.clone())
    }

    /// The version of what was decided; `None` when it has not been read.
    pub(crate) fn decisions_version(&self, tenant: &TenantId, dataset: &DatasetName) -> Option<u64> {
        self.with(tenant, dataset, |learned| learned.decisions.as_ref().map(|decisions| decisions.version))
    }

    /// Questions since the last round.
    pub(crate) fn questions(&self, tenant: &TenantId, dataset: &DatasetName) -> u64 {
        self.with(tenant, dataset, |learned| learned.log.since_round)
    }

    /// Replaces what was decided.
    pub(crate) fn set_decisions(&self, tenant: &TenantId, dataset: &DatasetName, decisions: Decisions) {
        self.with(tenant, dataset, |learned| learned.decisions = Some(decisions));
    }

    /// Forgets a dataset that was deleted.
    pub(crate) fn forget(&self, tenant: &TenantId, dataset: &DatasetName) {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).remove(&(tenant.clone(), dataset.clone()));
    }

    /// Datasets that something is known of.
    pub(crate) fn datasets(&self) -> Vec<(TenantId, DatasetName)> {
        let mut known: Vec<_> = self.learned.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
        known.sort();
        known
    }
}
