//! Shared refreshes: equal questions of equal scopes are asked once after a commit, not once for each listener.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::MissedTickBehavior;

use crate::error::{Error, ErrorKind, Result};
use crate::events::Event;
use crate::ids::{DatasetName, TenantId};
use crate::query::QueryResult;

/// How often a live query looks for commits of other processes, and for the clock where its range follows it.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A question that can be asked again.
#[async_trait]
pub(crate) trait Question: Send + Sync + 'static {
    /// Asks it now.
    async fn ask(&self) -> Result<QueryResult>;
    /// The version that asking would read.
    async fn version(&self) -> Result<u64>;
    /// What it is about.
    fn dataset(&self) -> (&TenantId, &DatasetName);
    /// Whether the answer changes by the clock alone.
    fn follows_clock(&self) -> bool;
}

/// The newest answer, or why there is none.
pub(crate) type Answer = Option<Result<Arc<QueryResult>, (ErrorKind, String)>>;

/// Questions that somebody listens to, by what they see and ask.
#[derive(Debug, Default)]
pub(crate) struct SharedQueries {
    running: Mutex<HashMap<String, Weak<watch::Sender<Answer>>>>,
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
        tokio::spawn(refresh(question(), Arc::downgrade(&sender), events));
        Listener { answers: sender.subscribe(), _keep: sender }
    }

    /// Questions that are live.
    pub(crate) fn len(&self) -> usize {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).values().filter(|sender| sender.strong_count() > 0).count()
    }
}

/// Asks after each commit that touches the dataset. Commits that come while it asks are answered together by the next time.
async fn refresh(question: Arc<dyn Question>, listeners: Weak<watch::Sender<Answer>>, mut events: broadcast::Receiver<Event>) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    look.reset();
    let mut answered: Option<u64> = None;
    loop {
        let answer = question.ask().await;
        let Some(sender) = listeners.upgrade() else { return };
        answered = answer.as_ref().map_or(answered, |result| result.provenance.version);
        sender.send_replace(Some(answer.map(Arc::new).map_err(|error| (error.kind(), error.message().to_owned()))));
        drop(sender);
        if !wait(&*question, &listeners, &mut events, &mut look, answered).await {
            return;
        }
    }
}

/// Waits until there is a reason to ask again; `false` when nobody listens any more or the engine is gone.
async fn wait(
    question: &dyn Question,
    listeners: &Weak<watch::Sender<Answer>>,
    events: &mut broadcast::Receiver<Event>,
    look: &mut tokio::time::Interval,
    answered: Option<u64>,
) -> bool {
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) if touches(&event, question) => {
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
                if question.follows_clock() || question.version().await.ok() != answered {
                    return true;
                }
            }
        }
    }
}

fn touches(event: &Event, question: &dyn Question) -> bool {
    let (tenant, dataset) = match event {
        Event::SegmentCommitted(commit) => (&commit.tenant, &commit.dataset),
        Event::DatasetDeleted { tenant, dataset } => (tenant, dataset),
    };
    question.dataset() == (tenant, dataset)
}

/// The error of a refresh, once for each listener.
pub(crate) fn error_of((kind, message): &(ErrorKind, String)) -> Error {
    Error::new(*kind, message.clone())
}
