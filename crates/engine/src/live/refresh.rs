//! Shared refreshes: equal questions of equal scopes are asked once after a commit, not once for each listener, and what
//! changed since the answer before is found out once too.

use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::MissedTickBehavior;

use super::step::Step;
use crate::error::{Error, ErrorKind, Result};
use crate::events::Event;
use crate::ids::{DatasetName, TenantId};
use crate::query::QueryResult;

/// How often a live query looks for commits of other processes, and for the clock where its range follows it.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Versions of datasets, by their names.
pub(crate) type Versions = BTreeMap<String, u64>;

/// A question that can be asked again.
#[async_trait]
pub(crate) trait Question: Send + Sync + 'static {
    /// Asks it now.
    async fn ask(&self) -> Result<QueryResult>;
    /// The versions that asking would read.
    async fn versions(&self) -> Result<Versions>;
    /// Whether it is about a dataset.
    fn reads(&self, tenant: &TenantId, dataset: &DatasetName) -> bool;
    /// Whether it is asked in the words of a view.
    fn asks(&self, tenant: &TenantId, view: &DatasetName) -> bool;
    /// Whether the answer changes by the clock alone.
    fn follows_clock(&self) -> bool;
}

/// The newest answer with the step to it, or why there is none.
pub(crate) type Answer = Option<Result<Arc<Step>, Arc<Error>>>;

/// Questions that somebody listens to, by what they see and ask.
#[derive(Debug, Default)]
pub(crate) struct SharedQueries {
    running: Mutex<HashMap<String, Weak<watch::Sender<Answer>>>>,
    /// How often a question was asked.
    refreshes: Arc<AtomicU64>,
}

/// One listener's hold on a shared question; the last one to go ends it.
#[derive(Debug)]
pub(crate) struct Listener {
    pub answers: watch::Receiver<Answer>,
    _keep: Arc<watch::Sender<Answer>>,
}

impl SharedQueries {
    /// Joins the question that has this key, or starts it.
    pub(crate) fn listen(&self, key: String, question: impl FnOnce() -> Arc<dyn Question>, events: broadcast::Receiver<Event>) -> Listener {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = running.get(&key).and_then(Weak::upgrade) {
            return Listener { answers: sender.subscribe(), _keep: sender };
        }
        running.retain(|_, sender| sender.strong_count() > 0);
        let sender = Arc::new(watch::Sender::new(None));
        running.insert(key, Arc::downgrade(&sender));
        tokio::spawn(refresh(question(), Arc::downgrade(&sender), events, Arc::clone(&self.refreshes)));
        Listener { answers: sender.subscribe(), _keep: sender }
    }

    /// Answers that were given, over all questions.
    pub(crate) fn refreshes(&self) -> u64 {
        self.refreshes.load(Ordering::Relaxed)
    }

    /// Questions that are live.
    pub(crate) fn len(&self) -> usize {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).values().filter(|sender| sender.strong_count() > 0).count()
    }
}

/// Asks after each commit that touches the dataset. Commits that come while it asks are answered together by the next time.
async fn refresh(question: Arc<dyn Question>, listeners: Weak<watch::Sender<Answer>>, mut events: broadcast::Receiver<Event>, refreshes: Arc<AtomicU64>) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    look.reset();
    let mut answered = Versions::new();
    let mut before: Option<Arc<QueryResult>> = None;
    loop {
        // A panic must not leave listeners waiting for what never comes.
        let answer = AssertUnwindSafe(question.ask()).catch_unwind().await;
        let answer = answer.unwrap_or_else(|_| Err(Error::internal("the question could not be answered; it is asked again after the next commit")));
        refreshes.fetch_add(1, Ordering::Relaxed);
        let Some(sender) = listeners.upgrade() else { return };
        answered = match &answer {
            Ok(result) => versions_of(result),
            // Whatever comes under this name begins to count again.
            Err(error) if error.kind() == ErrorKind::NotFound => Versions::new(),
            Err(_) => answered,
        };
        let answer = answer.map(|result| Arc::new(Step::new(before.take(), Arc::new(result))));
        before = answer.as_ref().ok().map(|step| Arc::clone(step.result()));
        let ended = ends(answer.as_ref().err().map(Error::kind));
        sender.send_replace(Some(answer.map_err(Arc::new)));
        drop(sender);
        if ended {
            return;
        }
        if !wait(&*question, &listeners, &mut events, &mut look, &answered).await {
            return;
        }
    }
}

/// Whether a question is asked no more after an error: those who share it may not see the same any longer.
pub(crate) fn ends(error: Option<ErrorKind>) -> bool {
    error == Some(ErrorKind::Conflict)
}

/// Waits until there is a reason to ask again; `false` when nobody listens any more.
async fn wait(
    question: &dyn Question,
    listeners: &Weak<watch::Sender<Answer>>,
    events: &mut broadcast::Receiver<Event>,
    look: &mut tokio::time::Interval,
    answered: &Versions,
) -> bool {
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) if touches(&event, question, answered) => {
                    // What came in the meantime is answered by the same refresh.
                    while !matches!(events.try_recv(), Err(broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed)) {}
                    return listeners.strong_count() > 0;
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => return true,
                Err(RecvError::Closed) => return false,
            },
            _ = look.tick() => {
                if listeners.strong_count() == 0 {
                    return false;
                }
                if question.follows_clock() || question.versions().await.ok().as_ref() != Some(answered) {
                    return true;
                }
            }
        }
    }
}

/// Whether an event is about the dataset of a question and newer than the answer that was given: a commit that was seen
/// already, because it came while the question was asked, is no reason to ask again.
fn touches(event: &Event, question: &dyn Question, answered: &Versions) -> bool {
    let (tenant, dataset, new) = match event {
        Event::SegmentCommitted(commit) => (&commit.tenant, &commit.dataset, answered.get(commit.dataset.as_str()).is_none_or(|answered| commit.version > *answered)),
        Event::DatasetDeleted { tenant, dataset } | Event::ModelChanged { tenant, dataset, .. } => (tenant, dataset, true),
        Event::ViewChanged { tenant, view, .. } => return question.asks(tenant, view),
    };
    new && question.reads(tenant, dataset)
}

/// The versions that an answer was made from, and those that decided what is seen.
fn versions_of(result: &QueryResult) -> Versions {
    let mut versions: Versions = result.provenance.sources_read().into_iter().map(|source| (source.dataset, source.version)).collect();
    for (dataset, version) in result.provenance.access.iter().flat_map(|access| &access.lookups) {
        versions.entry(dataset.clone()).or_insert(*version);
    }
    versions
}
