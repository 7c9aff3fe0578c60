//! Which row of one answer is which of the other. Where something tells rows apart that is soon said; rows that nothing tells apart are
//! paired with what says the same, then with what is near enough, and only what is left over differs. However many rows nothing tells
//! apart, only so many are held against each other: no deadline stops this.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value;

use super::{Rows, Slack};

/// Rows that are held against each other at most, to find those that are near: well below a second. The rest is paired in order.
const LOOKS_MAX: usize = 2_000_000;

/// The rows that both answers have, in the order of the first, and those that one has.
pub(super) struct Pairs {
    pub both: Vec<(usize, usize)>,
    pub ours: Vec<usize>,
    pub theirs: Vec<usize>,
}

pub(super) fn pairs(ours: &Rows<'_>, theirs: &Rows<'_>, slack: &[Slack]) -> Pairs {
    let mut pairing = Pairing { ours, theirs, slack, looks: LOOKS_MAX };
    let mut pairs = Pairs { both: Vec::new(), ours: Vec::new(), theirs: Vec::new() };
    let mut others = theirs.by_key();
    for (key, here) in ours.by_key() {
        let there = others.remove(&key).unwrap_or_default();
        if let ([here], [there]) = (here.as_slice(), there.as_slice()) {
            pairs.both.push((*here, *there));
        } else {
            pairing.pair_up(here, there, &mut pairs);
        }
    }
    pairs.theirs.extend(others.into_values().flatten());
    pairs.both.sort_unstable();
    pairs.ours.sort_unstable();
    pairs.theirs.sort_unstable();
    pairs
}

struct Pairing<'p> {
    ours: &'p Rows<'p>,
    theirs: &'p Rows<'p>,
    slack: &'p [Slack],
    /// Rows that may still be held against each other.
    looks: usize,
}

impl Pairing<'_> {
    /// Pairs rows that nothing tells apart.
    fn pair_up(&mut self, here: Vec<usize>, there: Vec<usize>, pairs: &mut Pairs) {
        let mut same: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for row in there.into_iter().rev() {
            same.entry(self.theirs.text(row, true)).or_default().push(row);
        }
        let mut mine = Vec::new();
        for row in here {
            match same.get_mut(&self.ours.text(row, true)).and_then(Vec::pop) {
                Some(there) => pairs.both.push((row, there)),
                None => mine.push(row),
            }
        }
        let yours: Vec<usize> = same.into_values().flatten().collect();
        let (mine, yours) = self.pair_near(mine, yours, pairs);
        let common = mine.len().min(yours.len());
        pairs.both.extend(mine.iter().copied().zip(yours.iter().copied()));
        pairs.ours.extend(mine.into_iter().skip(common));
        pairs.theirs.extend(yours.into_iter().skip(common));
    }

    /// Pairs rows whose fractions differ in the last digits, and hands back the others in the order of the numbers that they were
    /// looked for by.
    fn pair_near(&mut self, mine: Vec<usize>, yours: Vec<usize>, pairs: &mut Pairs) -> (Vec<usize>, Vec<usize>) {
        if mine.is_empty() || yours.is_empty() {
            return (mine, yours);
        }
        let Some(telling) = self.telling(&yours) else { return (mine, yours) };
        let slack = self.slack.get(telling).copied().unwrap_or_default();
        // Numbers are near to few others: only these are looked at.
        let sorted = |rows: &Rows<'_>, which: Vec<usize>| {
            let mut sorted: Vec<(f64, usize)> = which.into_iter().map(|row| (number(rows.value(telling, row)), row)).collect();
            sorted.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
            sorted
        };
        let (mine, yours) = (sorted(self.ours, mine), sorted(self.theirs, yours));
        let (mut taken, mut left) = (Taken::none_of(yours.len()), Vec::new());
        for (value, row) in mine {
            let reach = slack.reach(value);
            let mut place = taken.free(yours.partition_point(|(other, _)| *other < value - reach));
            let mut found = None;
            while let Some((_, there)) = yours.get(place).filter(|(other, _)| *other <= value + reach) {
                let Some(looks) = self.looks.checked_sub(1) else { break };
                self.looks = looks;
                if self.allows(row, *there) {
                    found = Some(*there);
                    break;
                }
                place = taken.free(place + 1);
            }
            match found {
                Some(there) => {
                    taken.take(place);
                    pairs.both.push((row, there));
                }
                None => left.push(row),
            }
        }
        let others = yours.into_iter().enumerate().filter(|(place, _)| !taken.has(*place)).map(|(_, (_, row))| row).collect();
        (left, others)
    }

    /// The column of those that are compared whose numbers tell most of these rows of the other answer apart.
    fn telling(&self, yours: &[usize]) -> Option<usize> {
        // What is near counts as one.
        let apart = |column: usize| {
            let slack = self.slack.get(column).copied().unwrap_or_default();
            let mut numbers: Vec<f64> = yours.iter().map(|row| number(self.theirs.value(column, *row))).collect();
            numbers.sort_unstable_by(f64::total_cmp);
            numbers.iter().zip(numbers.iter().skip(1)).filter(|(one, other)| *other - *one > slack.reach(**one)).count()
        };
        let compared = (0..self.slack.len()).filter(|column| self.ours.is_compared(*column));
        // Of several the first one.
        compared.max_by_key(|column| (apart(*column), Reverse(*column)))
    }

    /// Whether all values of two rows that are compared are the same, or near enough.
    fn allows(&self, here: usize, there: usize) -> bool {
        let mut columns = self.slack.iter().enumerate().filter(|(column, _)| self.ours.is_compared(*column));
        columns.all(|(column, slack)| slack.allows(self.ours.value(column, here), self.theirs.value(column, there)))
    }
}

/// A value as a number; what is none comes before all that are.
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NEG_INFINITY)
}

/// Which places are taken, and which is the next one that is not: a walk over those that are taken makes the next one short.
struct Taken {
    /// For each place the place itself while it is free, or one behind it up to which all are taken.
    next: Vec<usize>,
}

impl Taken {
    fn none_of(places: usize) -> Self {
        Self { next: (0..places).collect() }
    }

    fn has(&self, place: usize) -> bool {
        self.next.get(place).is_some_and(|next| *next != place)
    }

    fn take(&mut self, place: usize) {
        if let Some(next) = self.next.get_mut(place) {
            *next = place + 1;
        }
    }

    /// The first free place from one on; how many places there are where none is.
    fn free(&mut self, from: usize) -> usize {
        let mut free = from;
        while let Some(next) = self.next.get(free).copied().filter(|next| *next != free) {
            free = next;
        }
        let mut walked = from;
        while let Some(next) = self.next.get_mut(walked).filter(|next| **next != free) {
            walked = std::mem::replace(next, free);
        }
        free
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, RecordBatch};

    use super::*;
    use crate::catalog::ColumnType;
    use crate::query::compare::RELATIVE_TOLERANCE;
    use crate::query::result::{ColumnRole, Provenance, QueryResult, ResultColumn};

    const COMPARED: [bool; 2] = [true; 2];

    fn result(rows: &[[f64; 2]]) -> QueryResult {
        let columns = ["c", "sum"].map(|name| ResultColumn::new(name, ColumnType::Float, ColumnRole::Measure)).into();
        let values = |column: usize| Arc::new(rows.iter().map(|row| Some(row[column])).collect::<Float64Array>()) as ArrayRef;
        let batch = RecordBatch::try_from_iter([("c", values(0)), ("sum", values(1))]).unwrap();
        QueryResult { columns, batch, totals: Vec::new(), others: None, explanation: None, provenance: Provenance::default() }
    }

    /// What is paired, and how many looks are left of some.
    fn paired(ours: &[[f64; 2]], theirs: &[[f64; 2]], looks: usize) -> (Pairs, usize) {
        let (ours, theirs) = (result(ours), result(theirs));
        let (ours, theirs) = (Rows::of(&ours, &COMPARED), Rows::of(&theirs, &COMPARED));
        let slack = [Slack { relative: RELATIVE_TOLERANCE, absolute: 0.0 }; 2];
        let mut pairing = Pairing { ours: &ours, theirs: &theirs, slack: &slack, looks };
        let mut pairs = Pairs { both: Vec::new(), ours: Vec::new(), theirs: Vec::new() };
        pairing.pair_up((0..ours.count).collect(), (0..theirs.count).collect(), &mut pairs);
        (pairs, pairing.looks)
    }

    #[test]
    fn rows_with_the_same_first_number_are_looked_for_by_another() {
        let ours: Vec<[f64; 2]> = (0..5_000).map(|row| [1.5, f64::from(row + 1)]).collect();
        // Last digits make all of the first numbers others, and tell none apart.
        let theirs: Vec<[f64; 2]> = ours.iter().rev().map(|[c, sum]| [c * (1.0 + sum * f64::EPSILON), sum * (1.0 + f64::EPSILON * 2.0)]).collect();
        let (pairs, left) = paired(&ours, &theirs, 10_000);
        assert_eq!(left, 5_000, "a look for each row");
        assert!(pairs.both.iter().all(|(here, there)| here + there == 4_999) && pairs.both.len() == 5_000);
    }

    #[test]
    fn rows_that_are_all_alike_take_one_look_each() {
        let theirs = vec![[1.5, 7.0 * (1.0 + f64::EPSILON * 2.0)]; 5_000];
        let (pairs, left) = paired(&vec![[1.5, 7.0]; 5_000], &theirs, 10_000);
        assert_eq!((pairs.both.len(), left), (5_000, 5_000));
    }

    #[test]
    fn looks_are_bounded_and_the_rest_is_paired_in_order() {
        // All are near in one number and none is in the other.
        let (mut ours, mut theirs) = (vec![[1.5, 1.0]; 500], vec![[1.5 * (1.0 + f64::EPSILON), 2.0]; 500]);
        ours.push([9.0, 3.0]);
        theirs.push([9.0 * (1.0 + f64::EPSILON), 3.0]);
        let (pairs, left) = paired(&ours, &theirs, 1_000);
        assert_eq!((pairs.both.len(), left), (501, 0));
        assert!(pairs.both.contains(&(500, 500)) && pairs.ours.is_empty() && pairs.theirs.is_empty());
        // Where there are looks enough, what is near is found whatever it stands between.
        theirs.rotate_right(1);
        let (pairs, left) = paired(&ours, &theirs, 1_000_000);
        assert!(left > 700_000 && pairs.both.contains(&(500, 0)), "{left}");
    }

    #[test]
    fn places_are_taken_in_any_order() {
        let mut taken = Taken::none_of(4);
        for (place, free) in [(1, [0, 2, 2, 3, 4]), (2, [0, 3, 3, 3, 4]), (0, [3, 3, 3, 3, 4]), (3, [4; 5])] {
            taken.take(place);
            assert_eq!([0, 1, 2, 3, 4].map(|from| taken.free(from)), free, "{place}");
            assert!(taken.has(place));
        }
        assert!(!taken.has(4));
    }
}
