//! Interleaved rounds: in every round each contender does the same work once, so that whatever else the machine does
//! hits all of them alike; what counts is the median.

use std::time::{Duration, Instant};

use anyhow::Result;

/// Times work.
pub fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Duration)> {
    let start = Instant::now();
    let done = work()?;
    Ok((done, start.elapsed()))
}

/// The order of contenders in a round: everybody begins as often as everybody else.
pub fn order_of_round(contenders: usize, round: usize) -> impl Iterator<Item = usize> {
    (0..contenders).map(move |place| (place + round) % contenders)
}

/// The middle of the times, in milliseconds.
pub fn median_ms(times: &[Duration]) -> f64 {
    let mut times: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e3).collect();
    times.sort_unstable_by(f64::total_cmp);
    match times.len() {
        0 => f64::NAN,
        len if len % 2 == 1 => times[len / 2],
        len => f64::midpoint(times[len / 2 - 1], times[len / 2]),
    }
}

/// The mean of ratios.
pub fn geometric_mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_means() {
        let times = [3, 1, 2].map(Duration::from_millis);
        assert!((median_ms(&times) - 2.0).abs() < 1e-9);
        assert!((median_ms(&times[..2]) - 2.0).abs() < 1e-9);
        assert!((geometric_mean(&[0.5, 2.0]) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn everybody_begins() {
        assert_eq!(order_of_round(3, 4).collect::<Vec<_>>(), [1, 2, 0]);
    }
}
