//! Long questions: who asks is told to go on waiting and asks again; the work goes on meanwhile and is done once. Work that
//! nobody asks for any more is stopped, and an answer that nobody fetches is forgotten.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;

use super::refused::Refused;
use crate::http::Problem;

/// How long work goes on, or its answer is kept, without anybody asking.
const KEPT: Duration = Duration::from_secs(30);
/// Questions of one caller at most, answers that wait to be fetched among them.
const OF_CALLER_MAX: usize = 16;
/// Questions under way at most, over all callers.
const RUNNING_MAX: usize = 256;

type Outcome = Option<Result<Arc<Value>, Refused>>;

/// A question that is being answered, or was a moment ago.
struct Running {
    caller: Uuid,
    outcome: watch::Receiver<Outcome>,
    work: tokio::task::AbortHandle,
    started: Instant,
    asked: Arc<Mutex<Instant>>,
}

/// Questions under way, by who asks what.
#[derive(Clone)]
pub struct Waiting {
    running: Arc<Mutex<HashMap<String, Running>>>,
    /// How long one request waits.
    wait: Duration,
    /// How long nobody has to ask.
    kept: Duration,
}

/// What a request gets.
#[derive(Debug)]
pub(super) enum Reply {
    Done(Arc<Value>),
    /// Go on waiting; so long it has been.
    Wait(Duration),
}

impl Waiting {
    /// Nobody asks yet. `wait`: how long one request waits.
    pub fn new(wait: Duration) -> Self {
        Self { running: Arc::default(), wait, kept: KEPT }
    }

    /// Begins a question, or joins the same one of the same caller, and waits for a while.
    pub(super) async fn ask<F>(&self, caller: Uuid, question: &str, answer: impl FnOnce() -> F) -> Result<Reply, Refused>
    where
        F: Future<Output = Result<Value, Problem>> + Send + 'static,
    {
        // Two callers never share an answer here, whatever they ask.
        let key = format!("{caller}|{question}");
        let (mut outcome, started) = self.join(caller, &key, answer)?;
        let answered = tokio::time::timeout(self.wait, outcome.wait_for(Option::is_some)).await;
        let found = match &answered {
            Err(_) => return Ok(Reply::Wait(started.elapsed())),
            Ok(Ok(found)) => found.as_ref().cloned(),
            Ok(Err(_)) => None,
        };
        drop(answered);
        self.forget(&key, &outcome);
        found.unwrap_or_else(|| Err(Problem::new(crate::http::Code::Unavailable, "the question was stopped; ask again").into())).map(Reply::Done)
    }

    fn join<F>(&self, caller: Uuid, key: &str, answer: impl FnOnce() -> F) -> Result<(watch::Receiver<Outcome>, Instant), Problem>
    where
        F: Future<Output = Result<Value, Problem>> + Send + 'static,
    {
        let mut running = self.lock();
        if let Some(question) = running.get(key) {
            *question.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            return Ok((question.outcome.clone(), question.started));
        }
        if running.values().filter(|question| question.caller == caller).count() >= OF_CALLER_MAX {
            return Err(Problem::exhausted(format!("{OF_CALLER_MAX} questions of yours are under way; fetch their answers first"), 5));
        }
        if running.values().filter(|question| question.outcome.borrow().is_none()).count() >= RUNNING_MAX {
            return Err(Problem::exhausted("too many long questions are under way", 5));
        }
        let (sender, outcome) = watch::channel(None);
        let asked = Arc::new(Mutex::new(Instant::now()));
        let (answering, of, registry, own, last) = (answer(), key.to_owned(), self.clone(), outcome.clone(), Arc::clone(&asked));
        let work = tokio::spawn(async move {
            let answered = tokio::select! {
                // A panic must not leave anybody waiting for what never comes.
                answered = AssertUnwindSafe(answering).catch_unwind() => Some(answered),
                () = registry.abandoned(&last) => None,
            };
            if let Some(answered) = answered {
                let answer = answered.unwrap_or_else(|_| Err(Problem::internal("answering a question panicked")));
                sender.send_replace(Some(answer.map(Arc::new).map_err(Refused::from)));
                registry.abandoned(&last).await;
            }
            registry.forget(&of, &own);
        });
        let started = Instant::now();
        running.insert(key.to_owned(), Running { caller, outcome: outcome.clone(), work: work.abort_handle(), started, asked });
        Ok((outcome, started))
    }

    /// Comes back when nobody has asked for a while.
    async fn abandoned(&self, asked: &Mutex<Instant>) {
        loop {
            let idle = asked.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
            let Some(left) = self.kept.checked_sub(idle).filter(|left| !left.is_zero()) else { return };
            tokio::time::sleep(left).await;
        }
    }

    /// Takes a question out, unless another one has begun under its key.
    fn forget(&self, key: &str, outcome: &watch::Receiver<Outcome>) {
        let mut running = self.lock();
        if running.get(key).is_some_and(|question| question.outcome.same_channel(outcome))
            && let Some(question) = running.remove(key)
        {
            question.work.abort();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    const WAIT: Duration = Duration::from_secs(5);
    const ADA: Uuid = Uuid::from_u128(1);
    const BOB: Uuid = Uuid::from_u128(2);

    async fn never() -> Result<Value, Problem> {
        std::future::pending().await
    }

    fn impatient() -> Waiting {
        Waiting::new(Duration::ZERO)
    }

    #[tokio::test]
    async fn a_long_question_is_answered_when_it_is_asked_again() {
        let mut waiting = impatient();
        let (release, released) = oneshot::channel();
        let slow = || async {
            released.await.unwrap();
            Ok(Value::from(7))
        };
        assert!(matches!(waiting.ask(ADA, "a", slow).await, Ok(Reply::Wait(_))));
        release.send(()).unwrap();
        waiting.wait = WAIT;
        // The same question of somebody else is another one.
        assert!(matches!(waiting.ask(BOB, "a", || async { Ok(Value::from(9)) }).await, Ok(Reply::Done(value)) if value.as_i64() == Some(9)));
        // Asked again, it is joined and not begun anew.
        let again = waiting.ask(ADA, "a", || async { Ok(Value::from(8)) }).await;
        assert!(matches!(again, Ok(Reply::Done(value)) if value.as_i64() == Some(7)));
        assert!(waiting.lock().is_empty());
    }

    #[tokio::test]
    async fn work_that_nobody_asks_for_is_stopped() {
        let waiting = Waiting { kept: Duration::from_millis(50), ..impatient() };
        let (stopped, seen) = oneshot::channel::<()>();
        let endless = || async move {
            // Dropped with the work.
            let _held = stopped;
            never().await
        };
        assert!(matches!(waiting.ask(ADA, "a", endless).await, Ok(Reply::Wait(_))));
        assert!(tokio::time::timeout(WAIT, seen).await.unwrap().is_err(), "the work goes on");
        // It is dropped first and forgotten then.
        let forgotten = async {
            while !waiting.lock().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(WAIT, forgotten).await.unwrap();
    }

    #[tokio::test]
    async fn nobody_takes_the_room_of_others() {
        let waiting = impatient();
        for number in 0..OF_CALLER_MAX {
            assert!(matches!(waiting.ask(ADA, &number.to_string(), never).await, Ok(Reply::Wait(_))));
        }
        assert_eq!(waiting.ask(ADA, "one more", never).await.unwrap_err().status(), 429);
        assert!(matches!(waiting.ask(BOB, "mine", never).await, Ok(Reply::Wait(_))));
    }

    #[tokio::test]
    async fn an_error_is_told_once_and_not_kept() {
        let waiting = Waiting::new(WAIT);
        assert_eq!(waiting.ask(ADA, "a", || async { Err(Problem::field("measures", "is empty")) }).await.unwrap_err().status(), 400);
        assert_eq!(waiting.ask(ADA, "a", || async { panic!("a bug") }).await.unwrap_err().status(), 500);
        assert!(matches!(waiting.ask(ADA, "a", || async { Ok(Value::Null) }).await, Ok(Reply::Done(_))));
    }
}
