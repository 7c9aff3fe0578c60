//! Which row of one answer is which of the other. Where something tells rows apart that is soon said; rows that nothing tells apart are
//! paired with what says the same, then with what is near enough, and only what is left over differs.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Rows, Slack};

/// The rows that both answers have, in the order of the first, and those that one has.
pub(super) struct Pairs {
    pub both: Vec<(usize, usize)>,
    pub ours: Vec<usize>,
    pub theirs: Vec<usize>,
}

pub(super) fn pairs(ours: &Rows<'_>, theirs: &Rows<'_>, slack: &[Slack]) -> Pairs {
    let pairing = Pairing { ours, theirs, slack };
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
}

impl Pairing<'_> {
    /// Pairs rows that nothing tells apart.
    fn pair_up(&self, here: Vec<usize>, there: Vec<usize>, pairs: &mut Pairs) {
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

    /// Pairs rows whose fractions differ in the last digits, and hands back the others in the order of their first number.
    fn pair_near(&self, mine: Vec<usize>, yours: Vec<usize>, pairs: &mut Pairs) -> (Vec<usize>, Vec<usize>) {
        let Some(first) = (0..self.slack.len()).find(|column| self.ours.is_compared(*column)) else { return (mine, yours) };
        let slack = self.slack.get(first).copied().unwrap_or_default();
        // Numbers are near to few others: only these are looked at.
        let number = |value: &Value| value.as_f64().unwrap_or(f64::NEG_INFINITY);
        let sorted = |rows: &Rows<'_>, which: Vec<usize>| {
            let mut sorted: Vec<(f64, usize)> = which.into_iter().map(|row| (number(rows.value(first, row)), row)).collect();
            sorted.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
            sorted
        };
        let (mine, yours) = (sorted(self.ours, mine), sorted(self.theirs, yours));
        let mut taken = vec![false; yours.len()];
        let mut left = Vec::new();
        for (value, row) in mine {
            let reach = slack.reach(value);
            let from = yours.partition_point(|(other, _)| *other < value - reach);
            let near = yours.iter().enumerate().skip(from).take_while(|(_, (other, _))| *other <= value + reach);
            let found = near.filter(|(place, _)| !taken.get(*place).copied().unwrap_or(true)).find(|(_, (_, there))| self.allows(row, *there));
            match found.map(|(place, (_, there))| (place, *there)) {
                Some((place, there)) => {
                    if let Some(taken) = taken.get_mut(place) {
                        *taken = true;
                    }
                    pairs.both.push((row, there));
                }
                None => left.push(row),
            }
        }
        let others = yours.into_iter().zip(taken).filter(|(_, taken)| !taken).map(|((_, row), _)| row).collect();
        (left, others)
    }

    /// Whether all values of two rows that are compared are the same, or near enough.
    fn allows(&self, here: usize, there: usize) -> bool {
        let mut columns = self.slack.iter().enumerate().filter(|(column, _)| self.ours.is_compared(*column));
        columns.all(|(column, slack)| slack.allows(self.ours.value(column, here), self.theirs.value(column, there)))
    }
}
