//! Which rows a measure counts, where its conditions name what joins lead to: functions of the rows' own keys where lookups are small
//! (ADR 0022), and columns that are put beside the rows before anything is aggregated where they are not.

use datafusion::logical_expr::LogicalPlan;

use super::Part;
use crate::error::Result;
use crate::semantic::joined::{self, Joined};
use crate::semantic::lookups::{Lookups, UniqueKey};
use crate::semantic::mapped::mapped;
use crate::semantic::member::{Columns, find_measure, model_of};
use crate::semantic::model::Model;

/// What the measures of a part choose rows by.
pub(super) struct Counting {
    /// The rows, with what is looked up for the measures beside them.
    pub rows: LogicalPlan,
    pub joined: Joined,
    /// What must hold for the rows to be as many as they were.
    pub unique_keys: Vec<UniqueKey>,
}

impl<'a> Part<'a> {
    /// Finds what the conditions of the part's measures name over joins. `columns`: those of the rows.
    pub(super) fn counting(&self, model: &'a Model, rows: LogicalPlan, columns: Columns<'_>) -> Result<Counting> {
        let (mut lookups, mut joined) = (Lookups::beside_rows(self.world, self.root), Joined::new());
        for (name, _) in &self.measures {
            // One that is not there is told where its number is computed.
            let Ok(measure) = find_measure(model, &format!("{}.{name}", self.root)) else { continue };
            for member in joined::members(model, &measure.filters) {
                let prefix = model_of(member)?;
                let dimension = member.get(prefix.len() + 1..).unwrap_or_default();
                let function = if self.world.joins_rows { Ok(None) } else { mapped(self.world, self.root, &columns, prefix, dimension) };
                let found = function.and_then(|found| found.map_or_else(|| lookups.dimension(prefix, dimension), Ok));
                let (expr, dimension) = found.map_err(|error| error.context(format!("measure {}", measure.name)))?;
                joined.insert(member.to_owned(), (expr, dimension.column_type));
            }
        }
        let unique_keys = lookups.unique_keys().collect();
        Ok(Counting { rows: lookups.join_rows(rows)?, joined, unique_keys })
    }
}
