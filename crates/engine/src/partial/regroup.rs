//! Groups the kept groups of a rollup again, into the partial of another fragment over the same segment.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch};
use arrow::compute::{and, filter, filter_record_batch};

use super::aggregator::{Accumulator, Layout};
use super::codes;
use super::derive::{Derivation, Folded};
use super::groups::Groups;
use crate::error::Result;

/// The partial of a fragment from the kept groups of a segment. `filters` are the places of those filters of the
/// fragment that the statistics of the segment leave open. `None`: some kept group holds rows that the fragment tells
/// apart, or a filter fails, perhaps for a group that another one hides; so only the rows can answer.
pub(crate) fn regroup(derivation: &Derivation, layout: &Layout, kept: &RecordBatch, filters: &[usize]) -> Result<Option<RecordBatch>> {
    let mut keys = derivation.keys(kept)?;
    let mut kept = kept.clone();
    let mut passes: Option<BooleanArray> = None;
    for place in filters {
        let Some(Ok(condition)) = derivation.filters.get(*place) else { return Ok(None) };
        let Ok(Some(mask)) = condition.mask(&keys) else { return Ok(None) };
        passes = Some(match passes {
            Some(before) => and(&before, &mask)?,
            None => mask,
        });
    }
    if let Some(passes) = passes.filter(|passes| passes.true_count() < kept.num_rows()) {
        (keys, kept) = (filter_record_batch(&keys, &passes)?, filter_record_batch(&kept, &passes)?);
    }
    if kept.num_rows() == 0 {
        return Ok(Some(RecordBatch::new_empty(Arc::clone(&layout.state))));
    }
    let mut coded = Vec::with_capacity(derivation.groups.len());
    for group in &derivation.groups {
        let Some(values) = group.evaluate(&keys)? else { return Ok(None) };
        coded.push(codes::encode(&values)?);
    }
    let groups = Groups::of(coded, kept.num_rows(), true)?;
    let (rows, count) = (groups.wide(kept.num_rows()), groups.count());
    let mut accumulators = layout.accumulators()?;
    for (aggregate, (accumulator, folded)) in accumulators.iter_mut().zip(&derivation.aggregates).enumerate() {
        let (Folded::States { passes, .. } | Folded::Keys { passes, .. }) = folded;
        let mask = match passes {
            Some(condition) => match condition.mask(&keys)? {
                Some(mask) => Some(mask),
                None => return Ok(None),
            },
            None => None,
        };
        match folded {
            Folded::Keys { arguments, .. } => {
                let mut values = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    let Some(array) = argument.evaluate(&keys)? else { return Ok(None) };
                    values.push(array);
                }
                accumulator.update(&layout.taken(aggregate, values)?, mask.as_ref(), &groups, &rows)?;
            }
            Folded::States { columns, .. } => {
                let states = kept.columns().get(columns.clone()).unwrap_or_default();
                match mask {
                    None => accumulator.merge(states, &rows, count)?,
                    Some(mask) => {
                        // Merging takes no condition: only the states that pass are handed over.
                        let states = states.iter().map(|state| filter(state, &mask)).collect::<std::result::Result<Vec<ArrayRef>, _>>()?;
                        let rows: Vec<usize> = rows.iter().zip(mask.values()).filter(|(_, passes)| *passes).map(|(row, _)| *row).collect();
                        accumulator.merge(&states, &rows, count)?;
                    }
                }
            }
        }
    }
    let states = accumulators.iter_mut().map(Accumulator::state).collect::<Result<Vec<_>>>()?;
    Ok(Some(layout.state(groups.keys(None, layout.dictionaries())?, states, count)?))
}
