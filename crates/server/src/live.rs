//! Live results over one WebSocket a client.
//!
//! ```text
//! hello(token) -> welcome                         within 10 s, from our own origin
//! subscribe(id, query) -> snapshot, then patch | unchanged
//! ack(id, version)                                gives a credit back; two a subscription
//! ```
//! There are no queues: a subscription without credit is not polled, and the engine then keeps only the newest state.
//! The socket has one task; everything that may take long (opening a subscription) runs beside it.

pub mod connection;
pub mod frames;
pub mod handlers;
pub mod subscriptions;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use crate::http::Problem;

/// Sockets of one user at a time: tabs and forgotten tabs.
const SOCKETS_PER_USER: usize = 50;
/// Sockets of the process, those included that have not said hello.
const SOCKETS_MAX: usize = 10_000;

/// Counts the open sockets.
#[derive(Debug, Default, Clone)]
pub struct Sockets {
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_user: HashMap<Uuid, usize>,
}

/// A counted socket; dropping it counts it out.
#[derive(Debug)]
pub struct Seat {
    counts: Arc<Mutex<Counts>>,
    user: Option<Uuid>,
}

impl Sockets {
    /// Counts a socket in.
    ///
    /// # Errors
    /// `Exhausted`.
    pub fn take_seat(&self) -> Result<Seat, Problem> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.all >= SOCKETS_MAX {
            return Err(Problem::exhausted("too many live connections", 30));
        }
        counts.all += 1;
        Ok(Seat { counts: Arc::clone(&self.counts), user: None })
    }
}

impl Seat {
    /// Counts it for a user.
    ///
    /// # Errors
    /// `Exhausted`.
    pub fn assign(&mut self, user: Uuid) -> Result<(), Problem> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.by_user.entry(user).or_default();
        if *count >= SOCKETS_PER_USER {
            return Err(Problem::exhausted("too many live connections of one user", 30));
        }
        *count += 1;
        self.user = Some(user);
        Ok(())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all = counts.all.saturating_sub(1);
        if let Some(user) = self.user
            && let Some(count) = counts.by_user.get_mut(&user)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.by_user.remove(&user);
            }
        }
    }
}
