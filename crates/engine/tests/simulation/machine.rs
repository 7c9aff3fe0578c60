//! What the engines of a run share: the disk or the bucket, and who may do the next step. One engine at a time goes on;
//! whenever one reaches for the storage, chance decides whether another one goes on instead, whether the call fails, and
//! whether the power fails. So a seed decides all there is to decide, and the same seed makes the same trace.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use tidemill::clock::{Clock, ManualClock};
use tidemill::storage::Reason;
use tokio::sync::Notify;

use crate::dice::Dice;
use crate::tree::Tree;

/// Where engines store.
#[derive(Debug, Clone)]
pub(crate) enum Storage {
    /// A disk of the machine that all engines run on: they lose power together.
    Disk(Tree),
    /// An object store elsewhere: it never loses anything, but answers may be late or lost.
    Bucket(Bucket),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Bucket {
    pub objects: BTreeMap<String, (Bytes, DateTime<Utc>)>,
    /// Puts whose answer was lost before they were done: the step at which they are.
    late: Vec<(u64, String, Bytes, bool)>,
}

impl Bucket {
    /// Puts an object, if there is none where `create` says so. Gives whether it did.
    pub(crate) fn put(&mut self, name: &str, content: Bytes, create: bool, now: DateTime<Utc>) -> bool {
        if create && self.objects.contains_key(name) {
            return false;
        }
        self.objects.insert(name.to_owned(), (content, now));
        true
    }

    pub(crate) fn put_later(&mut self, step: u64, name: &str, content: Bytes, create: bool) {
        self.late.push((step, name.to_owned(), content, create));
    }

    /// Keeps those that are on their way for longer.
    pub(crate) fn delay(&mut self, steps: u64) {
        self.late.iter_mut().for_each(|(at, ..)| *at += steps);
    }

    /// Does the puts that are due.
    pub(crate) fn arrive(&mut self, step: u64, now: DateTime<Utc>) {
        let (due, late): (Vec<_>, Vec<_>) = std::mem::take(&mut self.late).into_iter().partition(|(at, ..)| *at <= step);
        self.late = late;
        for (_, name, content, create) in due {
            self.put(&name, content, create, now);
        }
    }
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing is done.
    Before,
    /// It is done, and the answer is lost.
    After,
    /// It is done some time after the answer was given up.
    Late,
}

#[derive(Debug, Default)]
struct Engine {
    alive: bool,
    /// Takes part in the turns.
    playing: bool,
    /// The step at which its process is killed.
    killed_at: Option<u64>,
    /// The step at which its caller gives up.
    cancelled_at: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub storage: Storage,
    pub dice: Dice,
    engines: Vec<Engine>,
    turn: usize,
    pub steps: u64,
    /// The step at which the power fails.
    pub cut_at: Option<u64>,
    /// It has failed since somebody asked.
    pub was_cut: bool,
    /// One call in so many fails.
    pub fault_every: usize,
    /// The steps that fail, from the first to before the second, and how.
    pub failing: Option<(u64, u64, Fault)>,
    /// The step from which on no byte more can be written.
    pub full_from: Option<u64>,
    /// A kind of sync that does nothing: what a change of the code would leave out.
    pub omitted: Option<Reason>,
    trace: Vec<String>,
    names: HashMap<String, usize>,
}

#[derive(Debug)]
pub(crate) struct Machine {
    state: Mutex<State>,
    turned: Notify,
    died: Notify,
    cancelled: Notify,
    pub clock: Arc<ManualClock>,
}

impl Machine {
    pub(crate) fn new(storage: Storage, dice: Dice, omitted: Option<Reason>, now: DateTime<Utc>) -> Arc<Self> {
        let state = State {
            storage,
            dice,
            engines: Vec::new(),
            turn: 0,
            steps: 0,
            cut_at: None,
            was_cut: false,
            fault_every: 0,
            failing: None,
            full_from: None,
            omitted,
            trace: Vec::new(),
            names: HashMap::new(),
        };
        let [turned, died, cancelled] = [(); 3].map(|()| Notify::new());
        Arc::new(Self { state: Mutex::new(state), turned, died, cancelled, clock: Arc::new(ManualClock::at(now)) })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A new process. Gives its number.
    pub(crate) fn start(&self) -> usize {
        let mut state = self.lock();
        state.engines.push(Engine { alive: true, ..Engine::default() });
        state.engines.len() - 1
    }

    pub(crate) fn is_alive(&self, engine: usize) -> bool {
        self.lock().engines[engine].alive
    }

    /// Waits until the process is gone.
    pub(crate) async fn death(&self, engine: usize) {
        loop {
            let died = self.died.notified();
            if !self.is_alive(engine) {
                return;
            }
            died.await;
        }
    }

    /// Lets these engines take turns. The first has the first one.
    pub(crate) fn play(&self, engines: &[usize]) {
        let mut state = self.lock();
        for engine in engines {
            state.engines[*engine].playing = true;
        }
        state.turn = engines[0];
    }

    /// An engine has nothing more to do.
    pub(crate) fn rest(&self, engine: usize) {
        let mut state = self.lock();
        state.engines[engine].playing = false;
        if state.turn == engine {
            state.pass_on();
        }
        drop(state);
        self.turned.notify_waiters();
    }

    pub(crate) fn kill(&self, engine: usize) {
        self.lock().engines[engine].alive = false;
        self.died.notify_waiters();
        self.rest(engine);
    }

    pub(crate) fn kill_after(&self, engine: usize, steps: u64) {
        let mut state = self.lock();
        state.engines[engine].killed_at = Some(state.steps + steps);
    }

    pub(crate) fn cancel_after(&self, engine: usize, steps: u64) {
        let mut state = self.lock();
        state.engines[engine].cancelled_at = Some(state.steps + steps);
    }

    /// Waits until the caller gives up.
    pub(crate) async fn cancellation(&self, engine: usize) {
        loop {
            let cancelled = self.cancelled.notified();
            if self.is_cancelled(engine) {
                return;
            }
            cancelled.await;
        }
    }

    fn is_cancelled(&self, engine: usize) -> bool {
        let mut state = self.lock();
        let steps = state.steps;
        state.engines[engine].cancelled_at.take_if(|at| *at <= steps).is_some()
    }

    pub(crate) fn forget_cancellation(&self, engine: usize) {
        self.lock().engines[engine].cancelled_at = None;
    }

    /// The power fails and comes back: no process is left, and of the disk what has reached it.
    pub(crate) fn cut_power(&self) {
        let mut state = self.lock();
        let State { storage, dice, engines, .. } = &mut *state;
        engines.iter_mut().for_each(|engine| (engine.alive, engine.playing) = (false, false));
        if let Storage::Disk(tree) = storage {
            tree.cut_power(dice);
        }
        (state.cut_at, state.was_cut) = (None, true);
        state.trace.push("the power fails".to_owned());
        drop(state);
        self.died.notify_waiters();
        self.turned.notify_waiters();
    }

    /// A step of an engine: waits for its turn, and says how the step fails, if it does. Never returns where the process
    /// is gone.
    pub(crate) async fn step(&self, engine: usize, what: &str, name: &str) -> Option<Fault> {
        self.own_turn(engine).await;
        let passed = {
            let mut state = self.lock();
            let others = state.engines.iter().filter(|engine| engine.playing).count() > 1;
            let passed = others && state.engines[engine].playing && state.dice.one_in(3);
            if passed {
                state.pass_on();
            }
            passed
        };
        if passed {
            self.turned.notify_waiters();
            self.own_turn(engine).await;
        }
        match self.take(engine, what, name) {
            Some(fault) => {
                self.cancelled.notify_waiters();
                fault
            }
            None => std::future::pending().await,
        }
    }

    /// How the step fails; `None` when it is the last of the process.
    fn take(&self, engine: usize, what: &str, name: &str) -> Option<Option<Fault>> {
        let mut state = self.lock();
        state.steps += 1;
        let (step, now) = (state.steps, self.clock.now());
        if let Storage::Bucket(bucket) = &mut state.storage {
            bucket.arrive(step, now);
        }
        if state.cut_at.is_some_and(|at| at <= step) {
            drop(state);
            self.cut_power();
            return None;
        }
        if state.engines[engine].killed_at.is_some_and(|at| at <= step) {
            state.note(format!("{engine} is killed"));
            drop(state);
            self.kill(engine);
            return None;
        }
        let told = state.failing.filter(|(from, to, _)| (*from..*to).contains(&step)).map(|(_, _, fault)| fault);
        let every = state.fault_every;
        let by_chance = every > 0 && state.dice.one_in(every);
        let fault = if by_chance { Some(*state.dice.pick(&[Fault::Before, Fault::Before, Fault::After, Fault::Late])) } else { told };
        let line = format!("{engine} {what} {}{}", state.named(name), fault.map(|fault| format!(" fails {fault:?}")).unwrap_or_default());
        state.note(line);
        Some(fault)
    }

    async fn own_turn(&self, engine: usize) {
        loop {
            let turned = self.turned.notified();
            {
                let state = self.lock();
                if state.engines[engine].alive && (state.turn == engine || !state.engines[engine].playing) {
                    return;
                }
            }
            turned.await;
        }
    }

    pub(crate) fn trace(&self) -> Vec<String> {
        self.lock().trace.clone()
    }
}

impl State {
    pub(crate) fn is_full(&self) -> bool {
        self.full_from.is_some_and(|from| from <= self.steps)
    }

    fn pass_on(&mut self) {
        let playing: Vec<usize> = (0..self.engines.len()).filter(|engine| self.engines[*engine].playing && *engine != self.turn).collect();
        if !playing.is_empty() {
            self.turn = *self.dice.pick(&playing);
        }
    }

    pub(crate) fn note(&mut self, line: String) {
        self.trace.push(line);
    }

    /// A name without what is different in each run: ids are numbered as they come.
    fn named(&mut self, name: &str) -> String {
        let mut told = String::with_capacity(name.len());
        let mut rest = name;
        while let Some(character) = rest.chars().next() {
            if let Some(id) = rest.get(..36).filter(|id| id.as_bytes()[8] == b'-' && uuid::Uuid::try_parse(id).is_ok()) {
                let next = self.names.len();
                let number = *self.names.entry(id.to_owned()).or_insert(next);
                let _ = write!(told, "<{number}>");
                rest = &rest[36..];
            } else {
                told.push(character);
                rest = &rest[character.len_utf8()..];
            }
        }
        told
    }
}
