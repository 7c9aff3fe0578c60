//! A live query as its listener holds it: a stream of changes, each against what was delivered before.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::Stream;
use serde_json::{Value, json};
use tokio_stream::wrappers::WatchStream;

use super::diff::Patch;
use super::refresh::{Answer, Listener, ends};
use super::step::Step;
use crate::error::Result;
use crate::query::write::around_to_json;
use crate::query::{Provenance, QueryResult, Subtotal};

/// A change of a live result.
#[derive(Debug, Clone)]
pub struct Change {
    /// The version that was delivered before; `None` where there is nothing to go on from.
    pub from: Option<u64>,
    /// The version of this state: that of the dataset, or of several that are read, their versions added up. It stays where the answer changes
    /// by the clock, by a model or by what is seen, and is never less than before.
    pub version: u64,
    /// What changed.
    pub kind: ChangeKind,
}

/// What changed.
#[derive(Debug, Clone)]
pub enum ChangeKind {
    /// The whole result.
    Snapshot(Arc<QueryResult>),
    /// Some rows.
    Patch {
        /// The rows.
        patch: Patch,
        /// Where the new numbers come from.
        provenance: Provenance,
        /// All totals as they are now.
        totals: Vec<Subtotal>,
        /// What the values that are not told apart make together now.
        others: Option<Box<Subtotal>>,
    },
    /// A commit touched the dataset, but not this answer.
    Unchanged(Provenance),
}

impl Change {
    /// The change as the fields of a live message: `type` and what belongs to it.
    pub fn to_json(&self) -> Value {
        match &self.kind {
            ChangeKind::Snapshot(result) => json!({"type": "snapshot", "version": self.version, "result": result.to_json()}),
            ChangeKind::Patch { patch, provenance, totals, others } => {
                let mut message = json!({"type": "patch", "from": self.from, "to": self.version, "provenance": provenance});
                if let (Some(message), Value::Object(patch)) = (message.as_object_mut(), patch.to_json()) {
                    message.extend(patch);
                    message.extend(around_to_json(totals, others.as_deref()));
                }
                message
            }
            ChangeKind::Unchanged(provenance) => json!({"type": "unchanged", "from": self.from, "to": self.version, "provenance": provenance}),
        }
    }
}

/// A stream of changes. Whoever polls it late gets one change to the newest state. Dropping it ends the subscription. It ends
/// by itself, after an error of the kind `Conflict`, when access policies were changed: whoever subscribes again sees what they
/// may see now.
#[derive(Debug)]
pub struct Subscription {
    answers: WatchStream<Answer>,
    delivered: Option<Arc<QueryResult>>,
    ended: bool,
    _listener: Listener,
}

impl Subscription {
    pub(crate) fn new(listener: Listener) -> Self {
        Self { answers: WatchStream::new(listener.answers.clone()), delivered: None, ended: false, _listener: listener }
    }

    fn change_to(&mut self, step: &Step) -> Result<Change> {
        let before = self.delivered.replace(Arc::clone(step.result()));
        step.change_from(before.as_ref())
    }
}

impl Stream for Subscription {
    type Item = Result<Change>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        loop {
            return match Pin::new(&mut self.answers).poll_next(context) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(None) => Poll::Ready(None),
                Poll::Ready(Some(None)) => continue,
                Poll::Ready(Some(Some(Err(error)))) => {
                    self.ended = ends(Some(error.kind()));
                    Poll::Ready(Some(Err(error.shared())))
                }
                Poll::Ready(Some(Some(Ok(step)))) => Poll::Ready(Some(self.change_to(&step))),
            };
        }
    }
}
