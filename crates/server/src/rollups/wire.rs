//! Rollups and advice as they cross HTTP. The engine writes them; these types tell OpenAPI their shape.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::models::wire::Rollup;
use crate::queries::wire::{Budget, RollupUse};

/// How much of a rollup is stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct RollupStatus {
    pub rollup: Rollup,
    /// Whether the advisor keeps it, and not the model.
    pub advised: bool,
    pub segments_total: u64,
    pub segments_stored: u64,
    pub bytes: u64,
    pub segments_answered: u64,
    pub rows_saved: u64,
}

/// All rollups of a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub struct RollupList {
    pub items: Vec<RollupStatus>,
}

/// What became of a rollup that seemed worth keeping.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdviceState {
    Suggested,
    Kept,
    Pinned,
    Vetoed,
    Retired,
}

/// One decision of the advisor, with its reason and what came of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Advice {
    pub tenant: String,
    pub dataset: String,
    pub rollup: Rollup,
    pub state: AdviceState,
    pub reason: String,
    pub decided_at: DateTime<Utc>,
    pub segments: u64,
    pub bytes: u64,
    pub segments_answered: u64,
    pub rows_saved: u64,
}

/// All advice about a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdviceList {
    pub items: Vec<Advice>,
}

/// What somebody says about advice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdviceChange {
    pub state: WantedState,
}

/// Keep it whatever it saves, or never.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WantedState {
    Pinned,
    Vetoed,
}

/// How one aggregate is computed.
#[derive(Debug, Serialize, ToSchema)]
pub struct AggregateExplanation {
    pub aggregate: String,
    pub kernel: String,
}

/// How a question would be answered now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Explanation {
    pub dataset: String,
    pub version: u64,
    pub segments_total: u64,
    pub segments_pruned: u64,
    pub segments_kept: u64,
    pub segments_by_rollup: u64,
    pub segments_from_rows: u64,
    /// Rows that would be read; for who sees a part of the rows or columns: those of them that the question looks at.
    pub rows: u64,
    pub bytes: u64,
    /// What both cost together, in units, by the prices of the server. Only budgets of cost are held against it.
    pub cost: u64,
    /// Milliseconds that it would take, by how fast answers were lately. Missing for who sees a part of the rows or columns.
    pub estimated_ms: Option<f64>,
    /// What counts: what the tenant grants, lowered by the question.
    pub budget: Budget,
    pub within_budget: bool,
    /// What to ask instead, where it is over the budget.
    pub suggestions: Vec<String>,
    pub aggregates: Vec<AggregateExplanation>,
    pub rollups: Vec<RollupUse>,
    pub plan: String,
}
