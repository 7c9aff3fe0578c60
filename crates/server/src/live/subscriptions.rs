//! The subscriptions of one socket: opened beside the socket's task, polled only while they have credit.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, Stream, StreamExt};
use tidemill::{Change, Error, ErrorKind, Mill, SemanticQuery, Subscription};

use crate::http::{Code, Problem};

/// Subscriptions of one socket at most.
const SUBSCRIPTIONS_MAX: usize = 100;
/// Frames that a client may leave unacknowledged.
const CREDITS: usize = 2;
const ID_MAX_BYTES: usize = 128;

type Opened = (String, u64, Result<Subscription, Error>);

struct Entry {
    generation: u64,
    stream: Option<Pin<Box<Subscription>>>,
    unacknowledged: VecDeque<u64>,
}

/// What happened to a subscription.
pub enum Happened {
    /// There is something to send.
    Changed(String, Box<Change>),
    /// It failed.
    Failed(String, Problem),
}

/// The subscriptions of one socket.
#[derive(Default)]
pub struct Subscriptions {
    entries: HashMap<String, Entry>,
    opening: FuturesUnordered<BoxFuture<'static, Opened>>,
    generations: u64,
    /// Where polling goes on, so that a busy subscription does not starve others.
    turn: usize,
}

impl Subscriptions {
    /// Begins one. One of the same id is replaced.
    ///
    /// # Errors
    /// `Invalid`, `Exhausted`.
    pub fn open(&mut self, id: String, mill: Mill, query: SemanticQuery) -> Result<(), Problem> {
        if id.is_empty() || id.len() > ID_MAX_BYTES {
            return Err(Problem::field("id", format!("is 1 to {ID_MAX_BYTES} bytes")));
        }
        if self.entries.len() >= SUBSCRIPTIONS_MAX && !self.entries.contains_key(&id) {
            return Err(Problem::new(Code::Exhausted, format!("a socket has at most {SUBSCRIPTIONS_MAX} subscriptions")));
        }
        self.generations += 1;
        let generation = self.generations;
        self.entries.insert(id.clone(), Entry { generation, stream: None, unacknowledged: VecDeque::new() });
        self.opening.push(async move { (id, generation, mill.subscribe(&query).await) }.boxed());
        Ok(())
    }

    /// Ends one.
    pub fn close(&mut self, id: &str) {
        self.entries.remove(id);
    }

    /// Gives the credits of a version, and of those before it, back.
    pub fn acknowledge(&mut self, id: &str, version: u64) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.unacknowledged.retain(|sent| *sent > version);
        }
    }

    /// The next thing that happens; pending while nothing does.
    pub async fn next(&mut self) -> Happened {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Happened> {
        while let Poll::Ready(Some((id, generation, result))) = self.opening.poll_next_unpin(context) {
            let Some(entry) = self.entries.get_mut(&id).filter(|entry| entry.generation == generation) else { continue };
            match result {
                Ok(stream) => entry.stream = Some(Box::pin(stream)),
                Err(error) => {
                    self.entries.remove(&id);
                    return Poll::Ready(Happened::Failed(id, error.into()));
                }
            }
        }
        let count = self.entries.len();
        self.turn = self.turn.checked_add(1).filter(|turn| *turn < count).unwrap_or(0);
        let ids: Vec<String> = self.entries.keys().skip(self.turn).chain(self.entries.keys().take(self.turn)).cloned().collect();
        for id in ids {
            let Some(entry) = self.entries.get_mut(&id) else { continue };
            if entry.unacknowledged.len() >= CREDITS {
                continue;
            }
            let Some(stream) = &mut entry.stream else { continue };
            match stream.as_mut().poll_next(context) {
                Poll::Pending => {}
                Poll::Ready(Some(Ok(change))) => {
                    entry.unacknowledged.push_back(change.version);
                    return Poll::Ready(Happened::Changed(id, Box::new(change)));
                }
                // It has ended: the client subscribes again and gets what its user may see now.
                Poll::Ready(Some(Err(error))) if error.kind() == ErrorKind::Conflict => {
                    self.entries.remove(&id);
                    return Poll::Ready(Happened::Failed(id, error.into()));
                }
                // The engine tries again at the next commit, so the subscription stays.
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Happened::Failed(id, error.into())),
                Poll::Ready(None) => {
                    self.entries.remove(&id);
                    return Poll::Ready(Happened::Failed(id, Problem::not_found("dataset any more")));
                }
            }
        }
        Poll::Pending
    }
}
