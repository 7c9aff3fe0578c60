//! Time as a component: the engine never asks the system for it, so that tests decide what "now" is.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// A source of the current time.
pub trait Clock: Send + Sync + 'static {
    /// The current instant.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of the machine.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands until it is moved. For tests and simulations.
///
/// ```
/// use tidemill::clock::{Clock, ManualClock};
/// let clock = ManualClock::at("2013-06-01T00:00:00Z".parse().unwrap());
/// clock.advance(chrono::TimeDelta::hours(1));
/// assert_eq!(clock.now().to_rfc3339(), "2013-06-01T01:00:00+00:00");
/// ```
#[derive(Debug)]
pub struct ManualClock {
    now_us: AtomicI64,
}

impl ManualClock {
    /// A clock that stands at `start`, to the microsecond.
    pub fn at(start: DateTime<Utc>) -> Self {
        Self { now_us: AtomicI64::new(start.timestamp_micros()) }
    }

    /// Moves the clock forward (or back, with a negative delta).
    pub fn advance(&self, delta: TimeDelta) {
        self.now_us.fetch_add(delta.num_microseconds().unwrap_or(0), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.now_us.load(Ordering::SeqCst)).unwrap_or_default()
    }
}
