//! Time classes: an answer that is told at one of few times tells little of how long it took. How long somebody waits depends on all rows
//! that are read, on those too that they may not see; in classes it is the same for both, unless the end of one lies between them
//! (ADR 0040).

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How many times as long as one class the next one is.
const NEXT: u32 = 4;

tokio::task_local! {
    /// Set while an answer is made that is told at the end of a class.
    static INSIDE: ();
}

/// Does work, and tells its outcome, be it an error, at the end of the time class in which it was done: `first` after the beginning, or four
/// times as long, or sixteen times. Work inside of such work is told as soon as it is done: the outermost alone is seen. Without a first
/// class nothing waits.
pub(crate) async fn told<T>(first: Duration, work: impl Future<Output = T>) -> T {
    if first.is_zero() || INSIDE.try_with(|()| ()).is_ok() {
        return work.await;
    }
    let begun = Instant::now();
    let outcome = INSIDE.scope((), work).await;
    sleep_until(begun + end(first, begun.elapsed())).await;
    outcome
}

/// The end of the class in which something ends that takes so long.
fn end(first: Duration, took: Duration) -> Duration {
    let mut end = first;
    while end < took {
        end = end.saturating_mul(NEXT);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_is_four_times_as_long_as_the_one_before() {
        for (took, told) in [(0, 50), (1, 50), (50, 50), (51, 200), (200, 200), (201, 800), (3_000, 3_200)] {
            assert_eq!(end(Duration::from_millis(50), Duration::from_millis(took)), Duration::from_millis(told), "{took} ms");
        }
    }

    #[tokio::test]
    async fn what_is_done_is_told_at_the_end_of_its_class() {
        let (begun, first) = (Instant::now(), Duration::from_millis(20));
        told(first, async {}).await;
        assert!(begun.elapsed() >= first);
    }

    #[tokio::test]
    async fn answers_inside_of_an_answer_do_not_wait() {
        let inside = told(Duration::from_secs(900), async {});
        tokio::time::timeout(Duration::from_secs(60), told(Duration::from_millis(20), inside)).await.unwrap();
    }
}
