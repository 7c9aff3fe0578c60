//! Small loads share a commit. A commit costs a few syncs of the disk, however many rows it has; so while one is on its
//! way, the small loads of the same dataset gather, and the next commit makes all of them visible in one segment.
//!
//! ```text
//!   load a  ──▶ │ a          │ commit 7: a
//!   load b  ─────▶ │ b c d   │            │ commit 8: b c d     each is answered when its commit is durable
//!   load c  ──────▶│         │            │
//!   load d  ────────▶        │            │
//! ```
//! A load that comes alone never waits. After a commit of several the next one waits for as many loads as came together lately,
//! and no longer than an interval: clients that each wait for their answer are all back at once, and a shorter wait would make
//! more commits of fewer loads. Each load keeps its own report, rejected rows and idempotency key. What gathers is
//! bounded, and who waits for room longer than [`ROOM_WAIT`] is told to come again: back-pressure, not loss.

mod commit;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arrow::datatypes::SchemaRef;
use object_store::path::Path;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};

use super::decode::Decoded;
use super::infer::Inference;
use super::pipeline::LoadHost;
use super::profile::ROWS_MIN;
use super::{LoadReport, Progress, Reject};
use crate::catalog::contract::KeptContract;
use crate::error::{Error, Result};
use crate::storage::entry::LoadRecord;

/// Bytes of an input up to which a load shares its commit.
pub(super) const SHARED_MAX_BYTES: u64 = 1 << 20;
/// Bytes of its rows in memory up to which it does: a packed input may be a thousand times smaller.
pub(super) const SHARED_MAX_DECODED_BYTES: usize = 8 << 20;
/// Kilobytes of inputs that may wait for a commit, in all datasets of an engine together; of packed ones those of their rows.
const ROOM_KIB: u32 = 64 << 10;
/// How long a load waits for room.
const ROOM_WAIT: Duration = Duration::from_secs(30);
/// Commits of several loads whose loads are counted to know how many come together. The most of them counts: fewer that came by
/// chance must not make those after it smaller still. After one of so many, the first among them, the whole interval is waited, to
/// see whether more come by now.
const COMMITS_REMEMBERED: usize = 16;

/// A small load that is decoded and waits for its commit.
pub(super) struct SmallLoad {
    /// Without the rejected rows, which stand beside them.
    pub rows: Vec<Decoded>,
    pub rejects: Vec<Reject>,
    /// How its rows are written, for who reads those that were rejected.
    pub inference: Arc<Inference>,
    pub record: LoadRecord,
    pub progress: Progress,
    /// Id of the table that its rows were decoded for: the dataset may have been made anew in the meantime.
    pub table: String,
    /// The steps that its rows went through.
    pub steps: Option<Arc<str>>,
    /// What its rows were held to: nobody may have changed it in the meantime either.
    pub contract: KeptContract,
    /// The columns that they were decoded to; others may have come since.
    pub columns: SchemaRef,
    pub started: Instant,
    /// Given back when it is answered.
    pub _room: OwnedSemaphorePermit,
}

impl SmallLoad {
    /// Whether it has rows enough for a profile to say something. Many loads that share a commit have one or two.
    fn is_profiled(&self) -> bool {
        self.rows.iter().map(|rows| rows.batch.num_rows() as u64).sum::<u64>() >= ROWS_MIN
    }
}

struct Waiting {
    load: SmallLoad,
    reply: oneshot::Sender<Result<LoadReport>>,
}

/// What waits for the next commit of a dataset.
#[derive(Debug)]
struct Gathered {
    loads: Vec<Waiting>,
    /// With so many of them it need not wait longer.
    enough: usize,
    complete: Arc<Notify>,
}

/// How many loads the latest commits of several had: one that came alone says nothing of those that come together.
#[derive(Debug, Default)]
struct Sizes {
    latest: [usize; COMMITS_REMEMBERED],
    next: usize,
}

impl Sizes {
    fn note(&mut self, loads: usize) {
        if loads < 2 {
            return;
        }
        if let Some(oldest) = self.latest.get_mut(self.next) {
            *oldest = loads;
        }
        self.next = (self.next + 1) % COMMITS_REMEMBERED;
    }

    /// After a commit of several: as many as nobody need wait longer for.
    fn enough(&self) -> usize {
        if self.next == 1 { usize::MAX } else { self.latest.into_iter().max().unwrap_or(usize::MAX) }
    }
}

/// What everybody is told once all locks are given back: who goes on then must find nothing in its way.
#[derive(Default)]
struct Answers(Vec<(oneshot::Sender<Result<LoadReport>>, Result<LoadReport>)>);

impl Answers {
    fn give(&mut self, waiting: Waiting, answer: Result<LoadReport>) {
        self.0.push((waiting.reply, answer));
    }

    fn refuse(&mut self, gathered: Vec<Waiting>, error: &Error) {
        gathered.into_iter().for_each(|waiting| self.give(waiting, Err(error.shared())));
    }

    fn send(self) {
        // Nobody is there any more where the caller has given up.
        self.0.into_iter().for_each(|(reply, answer)| drop(reply.send(answer)));
    }
}

/// The small loads of all datasets that wait for a commit.
#[derive(Debug)]
pub(crate) struct Gatherings {
    /// By prefix of the dataset. While there is an entry, somebody commits for it.
    waiting: Mutex<HashMap<Path, Gathered>>,
    room: Arc<Semaphore>,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Waiting({})", self.load.record.load_id)
    }
}

impl Default for Gatherings {
    fn default() -> Self {
        Self { waiting: Mutex::default(), room: Arc::new(Semaphore::new(ROOM_KIB as usize)) }
    }
}

impl Gatherings {
    /// Room for an input, once there is some. One that says little of how many rows it is of, because it is packed, takes as much as its rows may
    /// until they are decoded; then it gives back what they do not take ([`fit`]).
    ///
    /// # Errors
    /// `Exhausted` when there is none for a long time.
    pub(super) async fn room(&self, bytes: u64, is_packed: bool) -> Result<OwnedSemaphorePermit> {
        let bytes = if is_packed { bytes.max(SHARED_MAX_DECODED_BYTES as u64) } else { bytes };
        let wanted = kib(bytes);
        match tokio::time::timeout(ROOM_WAIT, Arc::clone(&self.room).acquire_many_owned(wanted)).await {
            Ok(Ok(room)) => Ok(room),
            Ok(Err(_)) => Err(Error::internal("the room for small loads was closed")),
            Err(_) => Err(Error::exhausted(format!("{} MB of small loads have waited for {} s to be committed; load again later", ROOM_KIB >> 10, ROOM_WAIT.as_secs()))),
        }
    }

    /// Commits a load together with others of its dataset, and answers when that is durable. A caller that goes away
    /// before takes its rows along.
    pub(super) async fn commit(self: &Arc<Self>, host: &LoadHost, load: SmallLoad) -> Result<LoadReport> {
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting { load, reply };
        let turn = match self.lock().entry(host.log.prefix().clone()) {
            Entry::Occupied(mut gathered) => {
                let gathered = gathered.get_mut();
                gathered.loads.push(waiting);
                if gathered.loads.len() >= gathered.enough {
                    gathered.complete.notify_one();
                }
                None
            }
            Entry::Vacant(nobody) => {
                let complete = Arc::new(Notify::new());
                nobody.insert(Gathered { loads: vec![waiting], enough: usize::MAX, complete: Arc::clone(&complete) });
                Some(Turn { gatherings: Arc::clone(self), dataset: host.log.prefix().clone(), complete, sizes: Sizes::default(), ended: false })
            }
        };
        if let Some(turn) = turn {
            tokio::spawn(turn.run(host.clone()));
        }
        answer.await.map_err(|_| Error::internal("the commit of a small load ended without a word"))?
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Path, Gathered>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Kilobytes of room for so many bytes.
fn kib(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(ROOM_KIB).clamp(1, ROOM_KIB)
}

/// Gives back the room that an input does not take with its rows, once they are known: the larger of both counts.
pub(super) fn fit(room: &mut OwnedSemaphorePermit, input_bytes: u64, decoded_bytes: usize) {
    let needed = kib(input_bytes.max(decoded_bytes as u64)) as usize;
    drop(room.num_permits().checked_sub(needed).and_then(|spare| room.split(spare)));
}

/// Somebody commits what gathers for a dataset. Whatever ends it, the next load begins a new one.
struct Turn {
    gatherings: Arc<Gatherings>,
    dataset: Path,
    complete: Arc<Notify>,
    sizes: Sizes,
    ended: bool,
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.ended {
            self.gatherings.lock().remove(&self.dataset);
        }
    }
}

impl Turn {
    /// What has gathered. Nothing: the turn is over, decided under the lock, so that no load comes in between.
    fn take(&mut self) -> Option<Vec<Waiting>> {
        let mut all = self.gatherings.lock();
        match all.get_mut(&self.dataset) {
            Some(gathered) if !gathered.loads.is_empty() => {
                // Nobody need tell of those that are taken here.
                gathered.enough = usize::MAX;
                Some(std::mem::take(&mut gathered.loads))
            }
            _ => {
                all.remove(&self.dataset);
                self.ended = true;
                None
            }
        }
    }

    /// Whether so many have gathered already. If not, it is told when they have.
    fn has(&self, enough: usize) -> bool {
        self.gatherings.lock().get_mut(&self.dataset).is_none_or(|gathered| {
            gathered.enough = enough;
            gathered.loads.len() >= enough
        })
    }

    async fn run(mut self, host: LoadHost) {
        loop {
            let Some(gathered) = self.take() else { return };
            let (began, several) = (Instant::now(), gathered.len() > 1);
            self.sizes.note(gathered.len());
            commit::commit(&host, gathered).await.send();
            if several && !self.has(self.sizes.enough()) {
                // Told of late, or too often, it commits too early once.
                drop(tokio::time::timeout(host.commit_interval.saturating_sub(began.elapsed()), self.complete.notified()).await);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn packed_inputs_wait_by_the_rows_that_they_may_be_of() {
        let gatherings = Gatherings::default();
        let at_once = |bytes: u64, is_packed: bool| gatherings.room(bytes, is_packed).now_or_never().map(Result::unwrap);
        let mut packed: Vec<_> = (0..8).map(|_| at_once(2_000, true).unwrap()).collect();
        // Eight of them may be all that there is room for; a few bytes more do not fit.
        assert!(at_once(1, false).is_none());
        for room in &mut packed {
            fit(room, 2_000, 40 << 10);
            assert_eq!(room.num_permits(), 40);
        }
        let more = [at_once(2_000, true).unwrap(), at_once(1 << 20, false).unwrap()];
        assert_eq!(more.each_ref().map(OwnedSemaphorePermit::num_permits), [8 << 10, 1 << 10]);
        // An input that is larger than its rows counts by itself, and none takes more than it has.
        let [mut packed, mut plain] = more;
        fit(&mut packed, 900 << 10, 3);
        fit(&mut plain, 1 << 20, 4 << 20);
        assert_eq!((packed.num_permits(), plain.num_permits()), (900, 1 << 10));
    }

    #[test]
    fn the_largest_commit_counts_and_the_interval_is_waited_now_and_then() {
        let mut sizes = Sizes::default();
        // A load that came alone is not among them, so the first that came together are waited for.
        sizes.note(1);
        let mut enough = |loads| {
            sizes.note(loads);
            sizes.enough()
        };
        assert_eq!((enough(2), enough(64)), (usize::MAX, 64));
        assert!((2..COMMITS_REMEMBERED).all(|_| enough(3) == 64));
        assert_eq!((enough(3), enough(50), enough(3)), (usize::MAX, 50, 50));
    }
}
