//! Which commits brought segments. A segment does not say so, the log does: each is looked for from the commit on that
//! came before it was written.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::TimeDelta;

use super::{CommitLineage, Origin, of_segment};
use crate::catalog::AsOf;
use crate::error::Result;
use crate::ids::DatasetName;
use crate::mill::Mill;
use crate::mill::history::{DatasetVersion, Operation, described};
use crate::mill::seen::Seen;
use crate::storage::entry::{Entry, Rewrite};
use crate::storage::segment::Segment;

/// Log entries that one question looks at in all.
const ENTRIES_MAX: u64 = 2_000;
/// Log entries that are looked at for one segment: it is written before its commit, by how much nobody knows.
const ENTRIES_AHEAD: u64 = 1_000;
/// The same where the log begins after the segment was written.
const ENTRIES_OF_OLD: u64 = 16;
/// Log entries that are read at once.
const STEP: u64 = 16;
/// Clocks of writers may be so much ahead of that of the log.
const SLACK: TimeDelta = TimeDelta::seconds(1);

/// What is found of segments: the version that has each first, and whether they hold rows that were there before.
#[derive(Default)]
struct Found {
    commits: BTreeMap<u64, DatasetVersion>,
    places: HashMap<String, (u64, bool)>,
}

impl Found {
    fn note(&mut self, version: u64, entry: Entry, wanted: &mut HashSet<&str>) {
        let rewritten = !matches!(entry.rewrite, None | Some(Rewrite::Replacement | Rewrite::Widening));
        let before = self.places.len();
        for segment in &entry.added {
            if wanted.remove(segment.path.as_str()) {
                self.places.insert(segment.path.clone(), (version, rewritten || entry.places.contains_key(&segment.path)));
            }
        }
        if self.places.len() > before {
            self.commits.insert(version, described(version, entry, true));
        }
    }
}

impl Mill {
    /// Segments by the commits that brought them, oldest first; those of which that is not known last.
    pub(super) async fn commits_of(&self, dataset: &DatasetName, seen: &Seen, segments: &[Arc<Segment>]) -> Result<Vec<CommitLineage>> {
        if segments.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.look_for_commits(dataset, seen, segments).await?;
        let mut groups: BTreeMap<(u64, bool), Vec<&Arc<Segment>>> = BTreeMap::new();
        for segment in segments {
            groups.entry(found.places.get(&segment.path).copied().unwrap_or((u64::MAX, true))).or_default().push(segment);
        }
        let commits = groups.into_iter().map(|((version, rewritten), segments)| {
            let commit = found.commits.get(&version);
            let operation = commit.map(|commit| commit.operation);
            let origin = match operation {
                None => Origin::Unknown,
                Some(_) if rewritten => Origin::Rewritten,
                // Another engine may have written anew what was there and not have said so.
                Some(Operation::Load | Operation::Replacement) => Origin::Loaded,
                Some(_) => Origin::Unknown,
            };
            CommitLineage {
                origin,
                version: commit.map(|commit| commit.version),
                committed_at: commit.map(|commit| commit.committed_at),
                operation,
                loads: commit.filter(|_| origin == Origin::Loaded).map(|commit| commit.loads.clone()).unwrap_or_default(),
                rows: segments.iter().map(|segment| segment.rows).sum(),
                segments: segments.into_iter().map(|segment| of_segment(segment, seen)).collect(),
            }
        });
        Ok(commits.collect())
    }

    async fn look_for_commits(&self, dataset: &DatasetName, seen: &Seen, segments: &[Arc<Segment>]) -> Result<Found> {
        let log = self.shared.datasets.log(self.scope.tenant(), dataset);
        let (listed, now) = (log.first_entry().await?, self.shared.clock.now());
        let mut oldest: Vec<&Arc<Segment>> = segments.iter().collect();
        oldest.sort_by_key(|segment| segment.written_at);
        let mut wanted: HashSet<&str> = oldest.iter().map(|segment| segment.path.as_str()).collect();
        let (mut found, mut next, mut left) = (Found::default(), listed, ENTRIES_MAX);
        for segment in oldest {
            if left == 0 {
                break;
            }
            if !wanted.contains(segment.path.as_str()) {
                continue;
            }
            let since = log
                .resolve(seen, AsOf::Time(segment.written_at.checked_sub_signed(SLACK).unwrap_or(segment.written_at)), now)
                .await?
                .filter(|version| *version >= listed);
            let end = since.map_or(listed + ENTRIES_OF_OLD, |since| since + ENTRIES_AHEAD).min(seen.version + 1);
            next = next.max(since.unwrap_or(listed));
            while wanted.contains(segment.path.as_str()) && next < end && left > 0 {
                let to = end.min(next + STEP.min(left));
                for (version, entry) in log.entries(seen, next, to - 1).await? {
                    found.note(version, entry, &mut wanted);
                }
                left -= to - next;
                next = to;
            }
        }
        Ok(found)
    }
}
