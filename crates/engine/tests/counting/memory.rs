//! Bytes that a test allocates, counted by an allocator that passes everything on: what bytes of others may cost is a promise, and so is measured.
//! For binaries of one test, so that what it counts is its own.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Counts bytes that are allocated, and the most that ever were.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to the system's allocator as it came; counters change nothing that is handed out.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Examples are small; what they unpack to is bounded by what docs/loading.md says.
const MEMORY_MAX_BYTES: usize = 512 << 20;
const TIME_MAX: Duration = Duration::from_secs(10);

/// Does some work; what it gave, and what it took where that was too much.
pub(crate) fn measured<T>(work: impl FnOnce() -> T) -> (T, Option<String>) {
    let before = LIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let began = Instant::now();
    let given = work();
    let (bytes, time) = (PEAK.load(Ordering::Relaxed).saturating_sub(before), began.elapsed());
    let too_much = (bytes > MEMORY_MAX_BYTES || time > TIME_MAX).then(|| format!("it takes {} MiB and {:.1} s", bytes >> 20, time.as_secs_f64()));
    (given, too_much)
}
