//! Whether the clock can be trusted with what is gone for good. A clock that is set forward by a day would end the time of
//! rows and versions a day early, and often such a clock is set right again soon after.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// A step of the clock that is more than its being set right by a little.
const STEP: TimeDelta = TimeDelta::hours(1);
/// How long a clock has to go evenly after a step. A machine that slept looks the same.
const EVEN: Duration = Duration::from_secs(3_600);

/// Holds the clock against time that passes.
#[derive(Debug)]
pub(super) struct Steady {
    seen: (Instant, DateTime<Utc>),
    /// When the last step was seen.
    stepped: Option<Instant>,
}

impl Steady {
    pub(super) fn new(now: DateTime<Utc>, instant: Instant) -> Self {
        Self { seen: (instant, now), stepped: None }
    }

    /// Whether the clock has gone evenly until this instant, at which it says `now`. Backwards does no harm.
    pub(super) fn is(&mut self, now: DateTime<Utc>, instant: Instant) -> bool {
        let (since, before) = std::mem::replace(&mut self.seen, (instant, now));
        let passed = TimeDelta::from_std(instant - since).unwrap_or(TimeDelta::MAX);
        if (now - before) - passed > STEP {
            self.stepped = Some(instant);
            tracing::warn!(%before, %now, "the clock was set forward; what is too old by it stays for another hour");
        }
        self.stepped.is_none_or(|stepped| instant - stepped >= EVEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumps_is_not_trusted_for_an_hour() {
        let (epoch, start) = (DateTime::UNIX_EPOCH, Instant::now());
        let mut steady = Steady::new(epoch, start);
        // Minutes that passed, minutes by the clock.
        for (passed, clock, expected) in
            [(1, 1, true), (50, 51, true), (600, 630, true), (610, 2_000, false), (640, 2_030, false), (669, 2_059, false), (670, 2_060, true), (680, 0, true), (690, 10, true)]
        {
            let (now, instant) = (epoch + TimeDelta::minutes(clock), start + Duration::from_secs(60 * passed));
            assert_eq!(steady.is(now, instant), expected, "{passed}");
        }
    }
}
