//! Replays the examples of `fuzz/corpus`, and small changes of them, through the very functions that the fuzz targets call: nothing
//! panics, no error is our own fault, and none takes a great deal of memory or time. `cargo xtask fuzz` looks for more of them.
//!
//! What fuzzing finds becomes a file in the folder of its target. Some changes are the same in every run: `TIDEMILL_FUZZ_ROUNDS` says how
//! many of each example, `TIDEMILL_FUZZ_SEED` which. With `TIDEMILL_FUZZ_SECONDS`, which `cargo xtask fuzz` sets, each target then gets so
//! many of others, by a seed of the day (`TIDEMILL_FUZZ_DAY` repeats one), in which changes are changed again.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may be blunt")]
#![allow(unsafe_code, reason = "a global allocator is an unsafe trait; this one counts and passes everything on")]

#[path = "counting/memory.rs"]
mod memory;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use tidemill::fuzzing::{TARGETS, Target};

use crate::memory::measured;

/// Changes of each example in an ordinary run.
const ROUNDS: u64 = 40;
/// Seconds of further changes for each target: a run of all tests finds the same every day.
const SECONDS: u64 = 0;
/// Changes on top of each other at most.
const LAYERS: usize = 4;
/// Examples larger than this are not changed, only replayed.
const CHANGED_MAX_BYTES: usize = 64 << 10;

/// Numbers that are random enough and the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides.max(1) as u64).unwrap()
    }
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number, not {text:?}")))
}

fn examples(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found: Vec<(String, Vec<u8>)> = files
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap()))
        .collect();
    found.sort();
    found
}

/// A few bytes are changed, cut out, doubled, or taken from another example.
fn changed(bytes: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut made = bytes.to_vec();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(made.len());
        let length = (1 + dice.roll(12)).min(made.len().saturating_sub(at));
        match dice.roll(7) {
            0 if !made.is_empty() => made[at] ^= 1 << dice.roll(8),
            1 if !made.is_empty() => made[at] = [0, 0xff, 0x7f, 0x80, b'"', b'\n', b',', b'{', b'-'][dice.roll(9)],
            2 => drop(made.drain(at..at + length)),
            3 => {
                let part = made[at..at + length].to_vec();
                made.splice(at..at, part);
            }
            4 => made.truncate(at),
            5 => {
                let from = dice.roll(other.len());
                let part = other[from..(from + length * 4).min(other.len())].to_vec();
                made.splice(at..at, part);
            }
            _ => {
                // A number in front of something long: lengths are what readers trust.
                let end = (at + 4).min(made.len());
                let huge = [[0xff, 0xff, 0xff, 0x7f], [0, 0, 0, 0x80], [0, 0, 1, 0], [0xfe, 0xff, 0xff, 0xff]][dice.roll(4)];
                made[at..end].copy_from_slice(&huge[..end - at]);
            }
        }
    }
    made
}

/// Gives the bytes to a target; says what went wrong.
fn tried(target: Target, bytes: &[u8]) -> Result<(), String> {
    let (ended, too_much) = measured(|| catch_unwind(AssertUnwindSafe(|| target(bytes))));
    ended.map_err(|_| "it panics".to_owned())??;
    too_much.map_or(Ok(()), Err)
}

/// A change of an example that did harm is kept; says where.
fn kept(place: &str, bytes: &[u8]) -> String {
    let path = std::env::temp_dir().join(format!("tidemill-fuzz-{place}"));
    std::fs::write(&path, bytes).map_or_else(|error| format!("not kept ({error})"), |()| format!("kept in {}", path.display()))
}

/// Days since 1970.
fn today() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() / 86_400
}

/// One test, so that what it counts is its own. What it finds is told at once: an input that ends the process leaves a trace, too.
#[test]
fn examples_and_changes_of_them_do_no_harm() {
    let (rounds, seed) = (number("TIDEMILL_FUZZ_ROUNDS", ROUNDS), number("TIDEMILL_FUZZ_SEED", 1));
    let (day, seconds) = (number("TIDEMILL_FUZZ_DAY", today()), Duration::from_secs(number("TIDEMILL_FUZZ_SECONDS", SECONDS)));
    let only = std::env::var("TIDEMILL_FUZZ_TARGET").ok();
    let targets = TARGETS.into_iter().filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name));
    let targets: Vec<_> = targets.map(|(name, target)| (name, target, examples(name))).collect();
    assert!(!targets.is_empty(), "there is no target {only:?}");
    let mut found = 0;
    let mut tell = |what: String| {
        eprintln!("{what}");
        found += 1;
    };
    // The examples come first, while a panic still says what it is.
    for (name, target, examples) in &targets {
        assert!(examples.len() >= 3, "fuzz/corpus/{name} has {} examples", examples.len());
        for (file, bytes) in examples {
            if let Err(broken) = tried(*target, bytes) {
                tell(format!("{name}/{file}: {broken}"));
            }
        }
    }
    // Of changes there are many, and panics inside of readers of other crates are caught and become errors: they are nothing to tell of.
    if std::env::var_os("TIDEMILL_FUZZ_PANICS").is_none() {
        std::panic::set_hook(Box::new(|_| ()));
    }
    for (name, target, examples) in &targets {
        for (place, (file, bytes)) in examples.iter().enumerate().filter(|(_, (_, bytes))| bytes.len() <= CHANGED_MAX_BYTES) {
            for round in 0..rounds {
                let mut dice = Dice(seed ^ ((place as u64) << 32) ^ round.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                let (_, other) = &examples[dice.roll(examples.len())];
                let bytes = changed(bytes, other, &mut dice);
                if let Err(broken) = tried(*target, &bytes) {
                    let kept = kept(&format!("{name}-{place}-{round}"), &bytes);
                    tell(format!("{name}/{file}, change {round} of seed {seed}, {kept}: {broken}"));
                }
            }
        }
        let small: Vec<&Vec<u8>> = examples.iter().map(|(_, bytes)| bytes).filter(|bytes| bytes.len() <= CHANGED_MAX_BYTES).collect();
        let (mut dice, mut round, end) = (Dice(day.wrapping_mul(0x9e37_79b9_7f4a_7c15)), 0_u64, Instant::now() + seconds);
        while Instant::now() < end && !small.is_empty() {
            let mut bytes = small[dice.roll(small.len())].clone();
            for _ in 0..=dice.roll(LAYERS) {
                bytes = changed(&bytes, small[dice.roll(small.len())], &mut dice);
            }
            if let Err(broken) = tried(*target, &bytes) {
                let kept = kept(&format!("{name}-day-{day}-{round}"), &bytes);
                tell(format!("{name}, change {round} of day {day}, {kept}: {broken}"));
            }
            round += 1;
        }
    }
    drop(std::panic::take_hook());
    assert_eq!(found, 0, "inputs did harm; they are told above");
}
