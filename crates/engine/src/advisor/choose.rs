//! Which rollups are worth keeping: pure decisions over what was asked, what is there, and what a rollup would cost.

use super::log::{Asked, Shape};
use crate::semantic::model::Rollup;

/// Candidates that are measured in one round; measuring reads a segment.
pub(crate) const MEASURED_MAX: usize = 6;
/// A question must have been asked so often.
const TIMES_MIN: u64 = 3;
/// Dimensions of a union of two shapes at most: with each more a rollup grows by a factor.
const UNION_DIMENSIONS_MAX: usize = 4;
/// A rollup has at most one group for so many rows.
const ROWS_PER_GROUP: u64 = 8;
/// Rounds without use after which a rollup is let go.
const IDLE_ROUNDS_MAX: u32 = 3;

/// A rollup that could be kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    pub rollup: Rollup,
    /// Questions that it would have answered, and the rows that these read.
    pub asked: Asked,
}

/// What a candidate costs, extrapolated from one segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub groups: u64,
    pub rows: u64,
    /// Bytes for the whole dataset.
    pub bytes: u64,
}

/// Rollups that would have saved most, the best first. `have` answers its part already.
pub(crate) fn candidates(shapes: &[(Shape, Asked)], have: &[&Rollup], refused: &[&Rollup], rows: u64) -> Vec<Candidate> {
    let open: Vec<&(Shape, Asked)> = shapes.iter().filter(|(shape, asked)| asked.rows_read > 0 && !have.iter().any(|rollup| shape.follows_from(rollup))).collect();
    let mut wanted: Vec<Shape> = open.iter().map(|(shape, _)| shape.clone()).collect();
    for (index, (one, _)) in open.iter().enumerate() {
        let unions = open.iter().skip(index + 1).filter_map(|(two, _)| one.union(two)).filter(|union| union.dimensions.len() <= UNION_DIMENSIONS_MAX);
        wanted.extend(unions);
    }
    wanted.sort();
    wanted.dedup();
    let mut found: Vec<Candidate> = wanted
        .into_iter()
        .map(|shape| {
            let rollup = shape.rollup();
            let saved = open
                .iter()
                .filter(|(shape, _)| shape.follows_from(&rollup))
                .fold(Asked::default(), |sum, (_, asked)| Asked { times: sum.times + asked.times, rows_read: sum.rows_read + asked.rows_read });
            Candidate { rollup, asked: saved }
        })
        .filter(|candidate| candidate.asked.times >= TIMES_MIN && candidate.asked.rows_read >= rows && !refused.iter().any(|rollup| rollup.name == candidate.rollup.name))
        .collect();
    // Of two that save the same, the one that keeps less.
    let members = |rollup: &Rollup| rollup.dimensions.len() + rollup.measures.len();
    found.sort_by(|one, two| {
        two.asked
            .rows_read
            .cmp(&one.asked.rows_read)
            .then(members(&one.rollup).cmp(&members(&two.rollup)))
            .then(one.rollup.name.cmp(&two.rollup.name))
    });
    found.truncate(MEASURED_MAX);
    found
}

/// Whether a candidate is kept, with the reason in a sentence.
pub(crate) fn judge(candidate: &Candidate, size: Size, budget_left_bytes: u64) -> (bool, String) {
    let Asked { times, rows_read } = candidate.asked;
    let saves = format!("{times} questions read {rows_read} rows that it would have answered");
    if size.groups.saturating_mul(ROWS_PER_GROUP) > size.rows {
        return (false, format!("{saves}; but it has {} groups for {} rows, which saves too little", size.groups, size.rows));
    }
    if size.bytes > budget_left_bytes {
        return (false, format!("{saves}; but it takes about {} bytes and {budget_left_bytes} are left of the budget", size.bytes));
    }
    (true, format!("{saves}; it takes about {} bytes", size.bytes))
}

/// Whether a rollup that is kept has been idle for too long.
pub(crate) fn is_idle(idle_rounds: u32) -> bool {
    idle_rounds >= IDLE_ROUNDS_MAX
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::semantic::grain::Grain;

    fn shape(dimensions: &[&str], measure: &str, grain: Option<Grain>) -> Shape {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        Shape { dimensions: names(dimensions), measures: names(&[measure]), time: grain.map(|grain| ("at".to_owned(), grain.into())) }
    }

    const ASKED: Asked = Asked { times: 10, rows_read: 5_000 };

    #[test]
    fn a_union_that_answers_two_questions_comes_first() {
        let shapes = [(shape(&["city"], "count", Some(Grain::Day)), ASKED), (shape(&["device"], "sum", Some(Grain::Month)), ASKED)];
        let found = candidates(&shapes, &[], &[], 1_000);
        assert_eq!(found.len(), 3);
        assert_eq!((found[0].rollup.dimensions.as_slice(), found[0].rollup.granularity), (["city".to_owned(), "device".to_owned()].as_slice(), Some(Grain::Day.into())));
        assert_eq!(found[0].asked.rows_read, 10_000);
    }

    #[test]
    fn what_is_answered_refused_or_seldom_asked_is_left_out() {
        let by_city = shape(&["city"], "count", None);
        let rollup = by_city.rollup();
        let shapes = [(by_city, ASKED)];
        assert_eq!(candidates(&shapes, &[], &[], 1_000).len(), 1);
        assert!(candidates(&shapes, &[&rollup], &[], 1_000).is_empty());
        assert!(candidates(&shapes, &[], &[&rollup], 1_000).is_empty());
        assert!(candidates(&shapes, &[], &[], 6_000).is_empty());
        assert!(candidates(&[(shape(&["city"], "count", None), Asked { times: 2, rows_read: 5_000 })], &[], &[], 1_000).is_empty());
    }

    #[test]
    fn a_rollup_must_be_small_and_fit_the_budget() {
        let candidate = Candidate { rollup: shape(&["city"], "count", None).rollup(), asked: ASKED };
        let size = Size { groups: 10, rows: 1_000, bytes: 500 };
        assert!(judge(&candidate, size, 500).0);
        let (kept, reason) = judge(&candidate, size, 499);
        assert!(!kept && reason.contains("499 are left"), "{reason}");
        assert!(!judge(&candidate, Size { groups: 200, ..size }, 500).0);
    }
}
