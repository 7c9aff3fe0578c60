//! Which row of one answer is which of the other. Where something tells rows apart that is soon said; rows that nothing tells apart are
//! paired with what says the same, and what is left over is paired in its order, and differs.

use std::collections::BTreeMap;

use super::Rows;

/// The rows that both answers have, in the order of the first, and those that one has.
#[derive(Default)]
pub(super) struct Pairs {
    pub both: Vec<(usize, usize)>,
    pub ours: Vec<usize>,
    pub theirs: Vec<usize>,
}

pub(super) fn pairs(ours: &Rows<'_>, theirs: &Rows<'_>) -> Pairs {
    let mut pairs = Pairs::default();
    let mut others = theirs.by_key();
    for (key, here) in ours.by_key() {
        let there = others.remove(&key).unwrap_or_default();
        let (here, there) = match (here.as_slice(), there.as_slice()) {
            ([_], [_]) => (here, there),
            _ => without_same((ours, here), (theirs, there), &mut pairs),
        };
        let common = here.len().min(there.len());
        pairs.both.extend(here.iter().copied().zip(there.iter().copied()));
        pairs.ours.extend(here.into_iter().skip(common));
        pairs.theirs.extend(there.into_iter().skip(common));
    }
    pairs.theirs.extend(others.into_values().flatten());
    pairs.both.sort_unstable();
    pairs.ours.sort_unstable();
    pairs.theirs.sort_unstable();
    pairs
}

/// Pairs those of some rows that say the same, and hands back the others.
fn without_same((ours, here): (&Rows<'_>, Vec<usize>), (theirs, there): (&Rows<'_>, Vec<usize>), pairs: &mut Pairs) -> (Vec<usize>, Vec<usize>) {
    let mut same: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for row in there.into_iter().rev() {
        same.entry(theirs.text(row, true)).or_default().push(row);
    }
    let mut left = Vec::new();
    for row in here {
        match same.get_mut(&ours.text(row, true)).and_then(Vec::pop) {
            Some(there) => pairs.both.push((row, there)),
            None => left.push(row),
        }
    }
    let mut others: Vec<usize> = same.into_values().flatten().collect();
    others.sort_unstable();
    (left, others)
}
