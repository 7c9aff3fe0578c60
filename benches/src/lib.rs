//! What the benchmarks share: data that every peer gets, peers that answer the same questions, answers that are
//! compared, medians of interleaved rounds, and a file with the result. A scenario is a file beside this folder.
//!
//! A benchmark measures and says what it measured; it refuses to go on when two peers disagree about an answer.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a terminal")]

pub mod alone;
pub mod answer;
pub mod csv_file;
pub mod dashboard;
pub mod events;
pub mod export;
pub mod groupings;
pub mod http;
pub mod machine;
pub mod measure;
pub mod memory_of;
pub mod peers;
pub mod random;
pub mod report;
pub mod star;
pub mod star_questions;
pub mod star_rollups;
