//! Long questions: who asks is told to go on waiting and asks again; the work goes on meanwhile and is done once. Work that
//! nobody asks for any more is stopped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::watch;

use crate::http::{Code, Problem};

/// How long one request waits.
const WAIT: Duration = Duration::from_secs(5);
/// How long work goes on, or its answer is kept, without anybody asking.
const KEPT: Duration = Duration::from_secs(30);
/// Questions under way at most, over all callers.
const RUNNING_MAX: usize = 256;

type Outcome = Option<Result<Arc<Value>, (Code, String)>>;

/// A question that is being answered, or was a moment ago.
struct Running {
    outcome: watch::Receiver<Outcome>,
    work: tokio::task::AbortHandle,
    started: Instant,
    asked: Instant,
}

/// Questions under way, by who asks what.
pub struct Waiting {
    running: Mutex<HashMap<String, Running>>,
    /// How long one request waits.
    wait: Duration,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { running: Mutex::default(), wait: WAIT }
    }
}

/// What a request gets.
pub(super) enum Reply {
    Done(Arc<Value>),
    /// Go on waiting; so long it has been.
    Wait(Duration),
}

impl Waiting {
    /// Begins a question, or joins the same one of the same caller, and waits for a while.
    pub(super) async fn ask<F>(&self, key: String, answer: impl FnOnce() -> F) -> Result<Reply, Problem>
    where
        F: Future<Output = Result<Value, Problem>> + Send + 'static,
    {
        let (mut outcome, started) = self.join(&key, answer)?;
        let answered = tokio::time::timeout(self.wait, outcome.wait_for(Option::is_some)).await;
        let found = match &answered {
            Err(_) => return Ok(Reply::Wait(started.elapsed())),
            Ok(Ok(found)) => found.as_ref().cloned(),
            Ok(Err(_)) => None,
        };
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        match found {
            Some(Ok(value)) => Ok(Reply::Done(value)),
            Some(Err((code, detail))) => Err(Problem::new(code, detail)),
            None => Err(Problem::new(Code::Unavailable, "the question was stopped; ask again")),
        }
    }

    fn join<F>(&self, key: &str, answer: impl FnOnce() -> F) -> Result<(watch::Receiver<Outcome>, Instant), Problem>
    where
        F: Future<Output = Result<Value, Problem>> + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|_, question| {
            let wanted = question.asked.elapsed() < KEPT;
            if !wanted {
                question.work.abort();
            }
            wanted
        });
        if let Some(question) = running.get_mut(key) {
            question.asked = Instant::now();
            return Ok((question.outcome.clone(), question.started));
        }
        if running.len() >= RUNNING_MAX {
            return Err(Problem::exhausted("too many long questions are under way", 5));
        }
        let (sender, outcome) = watch::channel(None);
        let answering = answer();
        let work = tokio::spawn(async move {
            let answer = answering.await.map(Arc::new).map_err(|problem| {
                let code = problem.code();
                (code, problem.into_wire().detail.unwrap_or_default())
            });
            sender.send_replace(Some(answer));
        });
        let started = Instant::now();
        running.insert(key.to_owned(), Running { outcome: outcome.clone(), work: work.abort_handle(), started, asked: started });
        Ok((outcome, started))
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_long_question_is_answered_when_it_is_asked_again() {
        let mut waiting = Waiting { wait: Duration::ZERO, ..Waiting::default() };
        let (release, released) = oneshot::channel();
        let slow = || async {
            released.await.unwrap();
            Ok(Value::from(7))
        };
        assert!(matches!(waiting.ask("a".into(), slow).await, Ok(Reply::Wait(_))));
        release.send(()).unwrap();
        waiting.wait = WAIT;
        // Asked again, it is joined and not begun anew.
        let again = waiting.ask("a".into(), || async { Ok(Value::from(8)) }).await;
        assert!(matches!(again, Ok(Reply::Done(value)) if value.as_i64() == Some(7)));
        assert!(waiting.running.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_error_is_told_once_and_not_kept() {
        let waiting = Waiting::default();
        let failed = waiting.ask("a".into(), || async { Err(Problem::field("measures", "is empty")) }).await;
        assert!(matches!(failed, Err(problem) if problem.code() == Code::Invalid));
        assert!(matches!(waiting.ask("a".into(), || async { Ok(Value::Null) }).await, Ok(Reply::Done(_))));
    }
}
