//! Live results: a commit wakes the queries that it touches; each is refreshed once, however many listen; a listener gets
//! what changed since what it has, and a slow one gets the newest state, never a queue.
//!
//! ```text
//!   commit -> event -> shared query (one per scope and question) -> newest result (watch channel)
//!                                                                     |-> subscription: diff with what it delivered last
//!                                                                     '-> subscription: …
//! ```

pub(crate) mod diff;
pub(crate) mod refresh;
pub mod subscription;

pub use diff::Patch;
pub use subscription::{Change, ChangeKind, Subscription};
