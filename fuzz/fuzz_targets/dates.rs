//! Fuzzes the reader of ranges, dates and widths of buckets as people type them. `crates/engine/tests/fuzz.rs` replays its examples in every test run.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(
    // Readers of other crates may panic over a damaged file; the engine makes an error of it, so a panic alone is no find.
    init: std::panic::set_hook(Box::new(|_| ())),
    |bytes: &[u8]| {
        if let Err(broken) = tidemill::fuzzing::dates(bytes) {
            panic!("{broken}");
        }
    }
);
