//! One look for all who want to know the same at the same time. Whoever looks does so under limits of their own, so who only waited is
//! not refused by these: they look themselves.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use moka::future::Cache;

use crate::error::{Error, ErrorKind, Result};

/// What is kept under a key, or is found by a look, which is shared by those who come meanwhile and kept.
///
/// # Errors
/// Those of the look; `Exhausted` only where it was the caller's own.
pub(super) async fn once<K, V, L>(known: &Cache<K, V>, key: K, look: impl Fn() -> L) -> Result<V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    L: Future<Output = Result<V>>,
{
    let is_own = AtomicBool::new(false);
    let own = async {
        is_own.store(true, Ordering::Relaxed);
        look().await
    };
    let error: Arc<Error> = match known.try_get_with(key.clone(), own).await {
        Ok(found) => return Ok(found),
        Err(error) => error,
    };
    if error.kind() != ErrorKind::Exhausted || is_own.load(Ordering::Relaxed) {
        return Err(error.shared());
    }
    let found = look().await?;
    known.insert(key, found.clone()).await;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use tokio::sync::Notify;

    use super::*;

    /// What two find who ask at the same time, where the look of the first one fails so; and how often the second one looked.
    async fn both(fails: fn(&'static str) -> Error, own: fn() -> Result<u64>) -> (Result<u64>, Result<u64>, u32, Option<u64>) {
        let known: Cache<&str, u64> = Cache::new(10);
        let (waits, looks) = (Notify::new(), AtomicU32::new(0));
        let first = once(&known, "key", || async {
            waits.notified().await;
            Err(fails("the limit of the first"))
        });
        let second = once(&known, "key", || async {
            looks.fetch_add(1, Ordering::Relaxed);
            own()
        });
        // Polled in this order: the second one waits for the first.
        let (first, second, ()) = futures::join!(first, second, async { waits.notify_one() });
        (first, second, looks.load(Ordering::Relaxed), known.get("key").await)
    }

    #[tokio::test]
    async fn who_waits_is_not_refused_by_limits_of_another() {
        let (first, second, looks, kept) = both(Error::exhausted, || Ok(7)).await;
        assert_eq!((first.unwrap_err().kind(), second.unwrap(), looks, kept), (ErrorKind::Exhausted, 7, 1, Some(7)));
    }

    #[tokio::test]
    async fn who_is_over_their_own_limits_is_told_so_after_one_look() {
        let (_, second, looks, kept) = both(Error::exhausted, || Err(Error::exhausted("the limit of the second"))).await;
        assert_eq!((second.unwrap_err().message(), looks, kept), ("the limit of the second", 1, None));
    }

    #[tokio::test]
    async fn what_does_not_go_by_limits_is_shared() {
        let (_, second, looks, kept) = both(Error::invalid, || Ok(7)).await;
        assert_eq!((second.unwrap_err().kind(), looks, kept), (ErrorKind::Invalid, 0, None));
    }

    #[tokio::test]
    async fn what_is_kept_is_not_looked_for() {
        let known: Cache<&str, u64> = Cache::new(10);
        known.insert("key", 3).await;
        assert_eq!(once(&known, "key", || async { Err(Error::invalid("nobody looks")) }).await.unwrap(), 3);
    }
}
