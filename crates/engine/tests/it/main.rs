//! The engine from the outside: real files, a real folder, real commits.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may be blunt")]

mod access;
mod bad_input;
mod budgets;
mod calendars;
mod change;
mod codec;
mod composed;
mod contracts;
mod encryption;
mod escapes;
mod evolution;
mod faults;
mod flights;
mod formats;
mod formats_bad;
mod gather;
mod golden;
mod granularities;
mod hard_cases;
mod interop;
mod keys;
mod lineage;
mod live;
mod loads;
mod modes;
mod moving;
mod nested;
mod partial_faults;
mod partials;
mod profiles;
mod races;
mod rollups;
mod rows;
mod scopes;
mod shaped;
mod sketches;
mod sql;
mod sql_models;
mod steps;
mod traps;
mod verify;
mod versions;
mod views;
mod ward;
