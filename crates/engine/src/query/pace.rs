//! How fast this engine reads and computes, measured while it answers: what estimates of time are made from.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Before anything was measured: a millisecond for a question, 50 million rows and 200 million bytes a second.
const DEFAULTS: Rates = Rates { question: 1e6, row: 20.0, byte: 5.0 };
/// Weight of the newest measurement: about the last eight count.
const WEIGHT: f64 = 0.125;
/// Fewer rows are lost in what every question takes.
const ROWS_MIN: u64 = 10_000;
const BYTES_MIN: u64 = 64 << 10;

/// Nanoseconds.
#[derive(Debug, Clone, Copy)]
struct Rates {
    question: f64,
    row: f64,
    byte: f64,
}

/// Moving rates, as bits of floats. Two answers that are measured at once may lose one of both, which does not matter.
#[derive(Debug)]
pub(crate) struct Pace {
    question: AtomicU64,
    row: AtomicU64,
    byte: AtomicU64,
}

impl Default for Pace {
    fn default() -> Self {
        let rate = |rate: f64| AtomicU64::new(rate.to_bits());
        Self { question: rate(DEFAULTS.question), row: rate(DEFAULTS.row), byte: rate(DEFAULTS.byte) }
    }
}

impl Pace {
    fn rates(&self) -> Rates {
        let rate = |rate: &AtomicU64| f64::from_bits(rate.load(Ordering::Relaxed));
        Rates { question: rate(&self.question), row: rate(&self.row), byte: rate(&self.byte) }
    }

    /// Learns from an answer: from one without rows what a question takes, from one without bytes what rows take, and from
    /// the others what bytes take beside these.
    pub(crate) fn learn(&self, rows: u64, bytes: u64, took: Duration) {
        let (Rates { question, row, byte }, took) = (self.rates(), took.as_nanos() as f64);
        let learn = |rate: &AtomicU64, known: f64, seen: f64| rate.store((known + WEIGHT * (seen.max(0.0) - known)).to_bits(), Ordering::Relaxed);
        if bytes >= BYTES_MIN {
            learn(&self.byte, byte, (took - question - row * rows as f64) / bytes as f64);
        } else if bytes == 0 && rows >= ROWS_MIN {
            learn(&self.row, row, (took - question) / rows as f64);
        } else if bytes == 0 && rows == 0 {
            learn(&self.question, question, took);
        }
    }

    /// Milliseconds that an answer takes which reads so much, to the microsecond.
    pub(crate) fn estimate_ms(&self, rows: u64, bytes: u64) -> f64 {
        let Rates { question, row, byte } = self.rates();
        ((question + row * rows as f64 + byte * bytes as f64) / 1e3).round() / 1e3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_come_to_what_was_measured() {
        let pace = Pace::default();
        assert!((pace.estimate_ms(1_000_000, 0) - 21.0).abs() < 1e-9);
        for _ in 0..200 {
            pace.learn(0, 0, Duration::from_millis(2));
            pace.learn(1_000_000, 0, Duration::from_millis(12));
            pace.learn(1_000_000, 10_000_000, Duration::from_millis(112));
        }
        for (rows, bytes, took) in [(0, 0, 2.0), (2_000_000, 0, 22.0), (1_000_000, 10_000_000, 112.0)] {
            let estimate = pace.estimate_ms(rows, bytes);
            assert!((estimate - took).abs() < 0.1, "{estimate} of {took}");
        }
    }

    #[test]
    fn little_is_not_learnt_from() {
        let pace = Pace::default();
        let before = pace.estimate_ms(1_000, 1_000);
        pace.learn(100, 0, Duration::from_secs(1));
        pace.learn(0, 100, Duration::from_secs(1));
        assert!((pace.estimate_ms(1_000, 1_000) - before).abs() < f64::EPSILON);
    }
}
