//! A token bucket per key: steady refill, a burst of a tenth of a minute's budget, bounded memory.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use moka::future::Cache;

use crate::http::Problem;

/// Buckets that are remembered; beyond it the least used are forgotten.
const BUCKETS_MAX: u64 = 50_000;

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled_at: DateTime<Utc>,
}

/// Buckets of one size, one a key.
pub struct RateLimit<K> {
    buckets: Cache<K, Arc<Mutex<Bucket>>>,
    per_second: f64,
    capacity: f64,
}

impl<K: Hash + Eq + Send + Sync + 'static> RateLimit<K> {
    /// `capacity` at once, refilled with `per_minute`.
    pub fn new(per_minute: f64, capacity: f64) -> Self {
        let per_second = per_minute / 60.0;
        let full_after = Duration::from_secs_f64((capacity / per_second).clamp(1.0, 86_400.0));
        Self { buckets: Cache::builder().max_capacity(BUCKETS_MAX).time_to_idle(full_after).build(), per_second, capacity }
    }

    /// Takes one token.
    ///
    /// # Errors
    /// `Exhausted`, with the time until there is one.
    pub async fn take(&self, key: K, now: DateTime<Utc>) -> Result<(), Problem> {
        let capacity = self.capacity;
        let bucket = self.buckets.get_with(key, async move { Arc::new(Mutex::new(Bucket { tokens: capacity, filled_at: now })) }).await;
        let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = (now - bucket.filled_at).num_milliseconds().max(0) as f64 / 1_000.0;
        bucket.tokens = (bucket.tokens + elapsed * self.per_second).min(self.capacity);
        bucket.filled_at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        let wait_seconds = ((1.0 - bucket.tokens) / self.per_second).ceil() as u64;
        Err(Problem::exhausted(format!("too many requests; try again in {wait_seconds} s"), wait_seconds))
    }

    /// Forgets what was taken, for instance after a success.
    pub async fn reset(&self, key: &K) {
        self.buckets.invalidate(key).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_bucket_empties_and_refills() {
        let limit = RateLimit::new(60.0, 2.0);
        let start: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        assert!(limit.take("a", start).await.is_ok());
        assert!(limit.take("a", start).await.is_ok());
        assert!(limit.take("a", start).await.is_err());
        assert!(limit.take("b", start).await.is_ok(), "keys do not share");
        assert!(limit.take("a", start + chrono::TimeDelta::seconds(1)).await.is_ok());
        assert!(limit.take("a", start + chrono::TimeDelta::seconds(1)).await.is_err());
    }
}
