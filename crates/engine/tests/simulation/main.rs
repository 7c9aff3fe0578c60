//! The proof of losing nothing: the engine over storage that fails, lies still, answers twice or late, and forgets what was not
//! synced. Everything is decided by a seed; `cargo xtask simulate` runs more of them and says how to repeat one.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may be blunt")]

mod change;
mod changing;
mod dice;
mod every_call;
mod flips;
mod kills;
mod late;
mod ledger;
mod machine;
mod node;
mod oracle;
mod script;
mod seeds;
mod tree;
mod world;
