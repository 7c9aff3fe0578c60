//! Writes that are under way while what names them is made ready. Nobody asks for a segment before a log entry names it, so of
//! the syncs that a commit needs only the last has to come after all others: that of the entry's name.
//!
//! ```text
//!   segment   bytes, name ──sync──┐
//!   entry     bytes ────────sync──┴──▶ name ──sync──▶ durable
//! ```
//! Both travel as extensions of a put, which decorators hand on and which other stores do not know. A store that does not know
//! [`Unreferenced`] is as safe; only one that is known to know [`After`] may be given it ([`DurableLocalStore`](super::DurableLocalStore)).

use std::fmt;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, join_all};
use object_store::PutOptions;

use crate::error::{Error, Result};

/// Of a put: nobody asks for the object before another one names it, so it may have its name before its bytes are synced.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unreferenced;

impl Unreferenced {
    /// Options of a put of such an object.
    pub(crate) fn options() -> PutOptions {
        let mut options = PutOptions::default();
        options.extensions.insert(Self);
        options
    }
}

/// Of a put: the object gets its name once these writes are durable, and not at all if one of them fails.
#[derive(Debug, Clone)]
pub(crate) struct After(pub(crate) Writes);

/// Writes that have begun. They go on to their end whether anybody waits for them or not.
#[derive(Clone, Default)]
pub(crate) struct Writes(Vec<Shared<BoxFuture<'static, Ended>>>);

/// How one ends, for as many as ask.
type Ended = Result<(), Arc<Error>>;

impl Writes {
    /// Begins a write, on a task of its own.
    pub(crate) fn begin(write: impl Future<Output = Result<()>> + Send + 'static) -> Self {
        let task = tokio::spawn(write);
        let ended = async move { task.await.unwrap_or_else(|error| Err(Error::internal(format!("write: {error}")).because(error))).map_err(Arc::new) };
        Self(vec![ended.boxed().shared()])
    }

    /// These and others.
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Waits until all of them are durable, or one has failed and the others have ended.
    ///
    /// # Errors
    /// That of a write that failed.
    pub(crate) async fn done(&self) -> Result<()> {
        let ended = join_all(self.0.iter().cloned()).await;
        ended.into_iter().collect::<Result<(), _>>().map_err(|error| error.shared())
    }
}

impl fmt::Debug for Writes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Writes({} of {} ended)", self.0.iter().filter(|write| write.peek().is_some()).count(), self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_have_ended_before_one_that_failed_is_told() {
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let slow = Writes::begin(async move { wait.await.map_err(|error| Error::internal(error.to_string())) });
        let failed = Writes::begin(async { Err(Error::exhausted("the disk is full")) });
        let both = slow.and(failed.clone()).and(Writes::default());
        assert_eq!(failed.done().await.unwrap_err().message(), "the disk is full");
        assert!(both.done().now_or_never().is_none());
        go.send(()).unwrap();
        // As often as somebody asks.
        for _ in 0..2 {
            assert_eq!(both.done().await.unwrap_err().kind(), crate::ErrorKind::Exhausted);
        }
        Writes::default().done().await.unwrap();
    }

    #[tokio::test]
    async fn they_go_on_when_nobody_waits() {
        let (tell, told) = tokio::sync::oneshot::channel();
        drop(Writes::begin(async move {
            tell.send(()).unwrap();
            Ok(())
        }));
        told.await.unwrap();
    }
}
