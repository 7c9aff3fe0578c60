//! Live results: a commit wakes the queries that it touches; each is refreshed once, however many listen; a listener gets
//! what changed since what it has, and a slow one gets the newest state, never a queue.
//!
//! ```text
//!   commit -> event -> shared query (one per scope and question) -> newest result and the step to it (watch channel)
//!                                                                     |-> subscription: the step, if it has the result before
//!                                                                     '-> subscription: its own difference, if it lags
//! ```

pub(crate) mod diff;
pub(crate) mod refresh;
pub(crate) mod step;
pub mod subscription;

pub use diff::Patch;
pub use subscription::{Change, ChangeKind, Subscription};
