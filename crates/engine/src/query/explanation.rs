//! How a question would be answered, as it is told. `mill/explain.rs` finds it out.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::result::RollupUse;
use crate::budget::{Budget, units};

/// How a question would be answered now. Who sees a part of the rows or columns is told nothing of segments, plans and time: those are zero, empty or
/// missing, and rows and bytes are those of the rows that they see.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Explanation {
    /// The dataset.
    pub dataset: String,
    /// The version that would be read.
    pub version: u64,
    /// Segments of the version.
    pub segments_total: u64,
    /// Segments that statistics rule out.
    pub segments_pruned: u64,
    /// Segments whose partials are in memory.
    pub segments_kept: u64,
    /// Segments that rollups could answer for.
    pub segments_by_rollup: u64,
    /// Segments whose rows would be read.
    pub segments_from_rows: u64,
    /// Rows of these, and of those that are read for totals, ranking and others. For who sees a part of the rows or columns: those of them that the
    /// question looks at.
    pub rows: u64,
    /// Bytes that would be fetched from the store: the share of the segments that the needed columns have, without what
    /// is decoded in memory. An estimate; for who sees a part of the rows or columns: as many as are declared for the values that are asked.
    pub bytes: u64,
    /// What these rows and bytes cost together, in units, by the prices of the engine (`Settings::{rows_a_unit, bytes_a_unit}`).
    pub cost: u64,
    /// Milliseconds that answering would take, by how fast this engine was lately: an estimate, of a machine that does what
    /// it did then. `None` for who sees a part of the rows or columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_ms: Option<f64>,
    /// What the question may read: what the scope grants, lowered by the question.
    pub budget: Budget,
    /// Whether it would be answered.
    pub within_budget: bool,
    /// Where it would not: what to ask instead.
    pub suggestions: Vec<String>,
    /// How each aggregate is computed.
    pub aggregates: Vec<AggregateExplanation>,
    /// Every rollup of the dataset: for how many segments it stands, or what it lacks.
    pub rollups: Vec<RollupUse>,
    /// The plan, an operator a line.
    pub plan: String,
    /// Segments of the answer by the rollup that stands for them.
    #[serde(skip)]
    pub(crate) by_rollup: BTreeMap<String, u64>,
}

/// How one aggregate is computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AggregateExplanation {
    /// The aggregate over the columns of the dataset.
    pub aggregate: String,
    /// The kernel, in words.
    pub kernel: String,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.estimated_ms {
            Some(milliseconds) => {
                writeln!(f, "{} at version {}: {} segments", self.dataset, self.version, self.segments_total)?;
                writeln!(
                    f,
                    "  {} ruled out, {} kept in memory, {} by rollups, {} from {} rows and about {} bytes",
                    self.segments_pruned, self.segments_kept, self.segments_by_rollup, self.segments_from_rows, self.rows, self.bytes
                )?;
                writeln!(f, "  about {milliseconds} ms, {} of cost", units(self.cost))?;
            }
            None => writeln!(f, "{} at version {}: {} rows that are seen and about {} bytes of them", self.dataset, self.version, self.rows, self.bytes)?,
        }
        if self.budget.is_bounded() {
            writeln!(f, "  {} its budget of {}", if self.within_budget { "within" } else { "over" }, self.budget.words())?;
        }
        for suggestion in &self.suggestions {
            writeln!(f, "  instead: {suggestion}")?;
        }
        for aggregate in &self.aggregates {
            writeln!(f, "  {}: {}", aggregate.aggregate, aggregate.kernel)?;
        }
        for rollup in &self.rollups {
            match &rollup.lacks {
                Some(lacks) => writeln!(f, "  rollup {}: {lacks}", rollup.name)?,
                None => writeln!(f, "  rollup {}: {} segments", rollup.name, rollup.segments)?,
            }
        }
        write!(f, "{}", self.plan)
    }
}
