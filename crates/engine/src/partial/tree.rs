//! Merges partials in runs, so that a refresh merges a few states and not one for each segment there ever was.
//!
//! A run ends after a segment whose hash says so (one in [`RUN`]), whatever comes before or after it. So runs do not move
//! when segments are appended, replaced by compaction or deleted: all but the runs around the change are as they were,
//! and merged states of runs that ended are kept. Runs of runs are made the same way, until one is left. States are
//! always merged in the order of the segments, which whatever depends on it may rely on; sums of floats do not (ADR 0039).

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use datafusion::execution::memory_pool::MemoryPool;
use futures::future::{BoxFuture, FutureExt};
use futures::{StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};

use super::compute::{Aggregation, Leaf};
use super::fragment::Fingerprint;
use super::held::Held;
use super::memory::Partial;
use crate::error::Result;
use crate::storage::segment::Segment;

/// Mean length of a run.
const RUN: u64 = 8;
/// Longest run, where hashes are unlucky.
const RUN_MAX: usize = 32;

/// Segments, or runs of them.
#[derive(Debug, Clone)]
enum Node {
    Leaf(Leaf),
    Run { key: Fingerprint, boundary: u64, children: Arc<[Node]> },
}

impl Node {
    fn key(&self) -> &Fingerprint {
        match self {
            Self::Leaf(leaf) => &leaf.key,
            Self::Run { key, .. } => key,
        }
    }

    fn boundary(&self) -> u64 {
        match self {
            Self::Leaf(leaf) => leaf.segment_hash,
            Self::Run { boundary, .. } => *boundary,
        }
    }
}

impl Aggregation {
    /// States that together hold all segments, merged as far as it is worth keeping: a few, however many segments.
    ///
    /// # Errors
    /// As computing them; `Exhausted` where the pool has no room for states without a bound.
    pub(crate) async fn states(self: &Arc<Self>, concurrency: usize, pool: &Arc<dyn MemoryPool>) -> Result<Vec<Partial>> {
        let held = Held::of(&self.kernel.layout, pool);
        self.all(plan(self.leaves()), concurrency, pool, &held).await
    }

    /// The states of nodes, in their order.
    async fn all(self: &Arc<Self>, nodes: Vec<Node>, concurrency: usize, pool: &Arc<dyn MemoryPool>, held: &Held) -> Result<Vec<Partial>> {
        let mut found = Vec::with_capacity(nodes.len());
        let mut states = futures::stream::iter(nodes).map(|node| Arc::clone(self).state(node, concurrency, Arc::clone(pool))).buffered(concurrency);
        while let Some(state) = states.try_next().await? {
            held.grow(state.bytes())?;
            found.push(state);
        }
        Ok(found)
    }

    fn state(self: Arc<Self>, node: Node, concurrency: usize, pool: Arc<dyn MemoryPool>) -> BoxFuture<'static, Result<Partial>> {
        async move {
            match node {
                Node::Leaf(leaf) => self.partial(&leaf, &pool).await,
                Node::Run { key, children, .. } => {
                    if let Some(kept) = self.source.partials.get(&key).await {
                        let segments = leaves_below(&children);
                        self.source.counters.reused.fetch_add(segments, std::sync::atomic::Ordering::Relaxed);
                        return Ok(kept);
                    }
                    let merge = async {
                        let held = Held::of(&self.kernel.layout, &pool);
                        let states = self.all(children.to_vec(), concurrency, &pool, &held).await?;
                        self.merge(states, held).await
                    };
                    self.source.partials.get_or_compute(key, |_| true, merge).await
                }
            }
        }
        .boxed()
    }
}

/// What answering would cost.
#[derive(Debug, Clone, Default)]
pub(crate) struct Survey {
    pub pruned: u64,
    /// Segments whose partials, or runs of them, are in memory.
    pub kept: u64,
    pub by_rollup: BTreeMap<String, u64>,
    pub from_rows: u64,
    /// Of the segments whose rows would be read.
    pub rows: u64,
    pub bytes: u64,
    /// These segments, with the bytes of each.
    pub segments: Vec<(Arc<Segment>, u64)>,
    /// Partials and columns that were counted: a plan may need them in several places, and gets them once.
    partials: HashSet<Fingerprint>,
    columns: HashSet<(Fingerprint, usize)>,
}

impl Survey {
    /// The rows of a segment would be looked into.
    pub(crate) fn read(&mut self, segment: &Arc<Segment>, bytes: u64) {
        self.from_rows += 1;
        self.rows += segment.rows;
        self.bytes += bytes;
        self.segments.push((Arc::clone(segment), bytes));
    }
}

impl Aggregation {
    /// Looks at what is there for each segment, without computing or fetching anything.
    pub(crate) fn survey(&self) -> Survey {
        let mut survey = Survey::default();
        self.look_over(&mut survey);
        survey
    }

    /// The same beside other things that a plan needs.
    pub(crate) fn look_over(&self, survey: &mut Survey) {
        let leaves = self.leaves();
        survey.pruned += (self.source.snapshot.segments.len() - leaves.len()) as u64;
        plan(leaves).iter().for_each(|node| self.look(node, survey));
    }

    fn look(&self, node: &Node, survey: &mut Survey) {
        if self.source.partials.has(node.key()) {
            survey.kept += leaves_below(std::slice::from_ref(node));
            return;
        }
        match node {
            Node::Run { children, .. } => children.iter().for_each(|child| self.look(child, survey)),
            Node::Leaf(leaf) if self.source.partials.keeps_states() && !survey.partials.insert(leaf.key) => survey.kept += 1,
            Node::Leaf(leaf) => match self
                .routes
                .iter()
                .find(|route| route.leads_to(&leaf.segment, &leaf.filters) && route.fits(&self.source.snapshot.arrow, &leaf.segment, &leaf.filters))
            {
                Some(route) => *survey.by_rollup.entry(route.rollup.name.clone()).or_default() += 1,
                None => {
                    let bytes = self.bytes_to_read(leaf, &mut survey.columns);
                    survey.read(&leaf.segment, bytes);
                }
            },
        }
    }
}

/// What an answer merges: the segments at the edge where a window begins, everything that is closed as one node, and the
/// newest segments in a few runs.
fn plan(leaves: Vec<Leaf>) -> Vec<Node> {
    let begin = edge(&leaves);
    let closed = leaves.iter().rposition(|leaf| leaf.segment_hash.is_multiple_of(RUN)).map_or(begin, |last| begin.max(last + 1));
    let nodes: Vec<Node> = leaves.into_iter().map(Node::Leaf).collect();
    let (head, rest) = nodes.split_at_checked(begin).unwrap_or((&nodes, &[]));
    let (closed, tail) = rest.split_at_checked(closed - begin).unwrap_or((rest, &[]));
    let mut level = closed.to_vec();
    loop {
        let longer = runs(&level);
        if longer.len() == level.len() {
            break;
        }
        level = longer;
    }
    let middle = if level.len() > 1 { vec![run(&level)] } else { level };
    head.iter().cloned().chain(middle).chain(halves(tail)).collect()
}

/// What follows the last boundary, in runs of 16, 8, 4, 2 and 1: one more segment makes one new run, as in a binary
/// counter, and a run is the merge of two that were kept.
fn halves(tail: &[Node]) -> Vec<Node> {
    fn balanced(nodes: &[Node]) -> Option<Node> {
        match nodes {
            [] => None,
            [only] => Some(only.clone()),
            _ => {
                let (left, right) = nodes.split_at(nodes.len() / 2);
                Some(run(&[balanced(left)?, balanced(right)?]))
            }
        }
    }
    let mut rest = tail;
    let mut nodes = Vec::new();
    while !rest.is_empty() {
        let (run, after) = rest.split_at(1 << rest.len().ilog2());
        nodes.extend(balanced(run));
        rest = after;
    }
    nodes
}

/// Segments at the beginning up to the last one that leaves other filters open than most do. They change with every
/// step of a window, so they must not be part of what is kept as a whole.
fn edge(leaves: &[Leaf]) -> usize {
    let Some(usual) = leaves.get(leaves.len() / 2).map(|leaf| &leaf.filters) else { return 0 };
    let first = leaves.get(..RUN_MAX.min(leaves.len() / 2)).unwrap_or_default();
    first.iter().rposition(|leaf| leaf.filters != *usual).map_or(0, |last| last + 1)
}

/// Closed runs become one node each; what follows the last boundary stays as it is.
fn runs(level: &[Node]) -> Vec<Node> {
    let mut longer = Vec::new();
    let mut begin = 0;
    for (index, node) in level.iter().enumerate() {
        let length = index + 1 - begin;
        if !node.boundary().is_multiple_of(RUN) && length < RUN_MAX {
            continue;
        }
        let children = level.get(begin..=index).unwrap_or_default();
        longer.push(match children {
            [only] => only.clone(),
            _ => run(children),
        });
        begin = index + 1;
    }
    longer.extend(level.get(begin..).unwrap_or_default().iter().cloned());
    longer
}

fn run(children: &[Node]) -> Node {
    let mut hash = Sha256::new();
    let mut boundary = Sha256::new();
    for child in children {
        hash.update(child.key());
        boundary.update(child.boundary().to_le_bytes());
    }
    let [a, b, c, d, e, f, g, h, ..] = <Fingerprint>::from(boundary.finalize());
    Node::Run { key: hash.finalize().into(), boundary: u64::from_le_bytes([a, b, c, d, e, f, g, h]), children: children.into() }
}

fn leaves_below(children: &[Node]) -> u64 {
    children.iter().map(|child| if let Node::Run { children, .. } = child { leaves_below(children) } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn leaf(name: u64) -> Node {
        let hash: [u8; 32] = Sha256::digest(name.to_le_bytes()).into();
        let segment = Arc::new(Segment { path: name.to_string(), rows: 1, bytes: 1, written_at: chrono::DateTime::UNIX_EPOCH, statistics: Vec::new() });
        Node::Leaf(Leaf { segment, filters: Arc::from([]), key: hash, identity: hash, segment_hash: u64::from_le_bytes(hash[..8].try_into().unwrap()) })
    }

    fn names(nodes: &[Node]) -> Vec<String> {
        nodes
            .iter()
            .flat_map(|node| {
                if let Node::Run { children, .. } = node {
                    names(children)
                } else {
                    let Node::Leaf(leaf) = node else { unreachable!() };
                    vec![leaf.segment.path.clone()]
                }
            })
            .collect()
    }

    fn keys(nodes: &[Node]) -> std::collections::HashSet<Fingerprint> {
        nodes.iter().filter(|node| matches!(node, Node::Run { .. })).map(|node| *node.key()).collect()
    }

    #[test]
    fn a_refresh_merges_a_few_states() {
        for count in [0, 1, 5, 100, 5_000] {
            let leaves: Vec<Leaf> = (0..count).map(leaf).map(|node| if let Node::Leaf(leaf) = node { leaf } else { unreachable!() }).collect();
            let nodes = plan(leaves.clone());
            assert_eq!(names(&nodes).len() as u64, count);
            assert!(nodes.len() <= 10, "{} of {count}", nodes.len());
            if count > 100 {
                // One more segment at the end leaves the whole of what is closed as it is, unless it closes a run itself.
                let next = (count..).map(leaf).find(|node| !node.boundary().is_multiple_of(RUN)).unwrap();
                let Node::Leaf(next) = next else { unreachable!() };
                let after = plan(leaves.into_iter().chain([next]).collect());
                assert!(keys(&after).difference(&keys(&nodes)).count() <= 1);
            }
        }
    }

    proptest! {
        #[test]
        fn runs_hold_every_segment_in_order(count in 0_u64..500) {
            let level: Vec<Node> = (0..count).map(leaf).collect();
            prop_assert_eq!(names(&runs(&level)), names(&level));
        }

        #[test]
        fn a_change_moves_only_the_runs_around_it(count in 100_u64..300, at in 0_usize..90) {
            let before: Vec<Node> = (0..count).map(leaf).collect();
            let mut after = before.clone();
            after.remove(at);
            after.push(leaf(count));
            let (old, new) = (keys(&runs(&before)), keys(&runs(&after)));
            // The run that lost a segment, perhaps its neighbour, and the run that the new segment closes.
            prop_assert!(new.difference(&old).count() <= 3, "{} of {} runs are new", new.difference(&old).count(), new.len());
        }
    }
}
