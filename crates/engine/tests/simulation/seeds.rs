//! Many seeds: none of them finds anything wrong. And the proof that they would: with any kind of sync left out, one does, and so
//! does one where rows are replaced, repeated or read on from a source without care.

use tidemill::storage::Reason;

use crate::change::Naive;
use crate::world::{Options, has_ledger, run};

/// Seeds of an ordinary run of the tests.
const SEEDS: u64 = 300;
/// Tests that share them, because each test is a process.
const SHARES: u64 = 6;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs a share of the seeds. `TIDEMILL_SEED` runs one alone and prints its trace; `TIDEMILL_SEEDS` says how many there are,
/// `TIDEMILL_FIRST_SEED` where they begin.
#[expect(clippy::print_stdout, reason = "somebody who repeats a seed wants to see it")]
fn share(number: u64) {
    if let Some(seed) = variable("TIDEMILL_SEED") {
        if seed % SHARES == number {
            let ran = run(seed, Options::default()).unwrap_or_else(|error| panic!("{error}"));
            println!("{}", ran.trace.join("\n"));
        }
        return;
    }
    let first = variable("TIDEMILL_FIRST_SEED").unwrap_or(0);
    let count = variable("TIDEMILL_SEEDS").unwrap_or(SEEDS);
    let (mut ran, mut rows, mut cuts, mut acknowledged) = (0, 0, 0, 0);
    let mut failed = Vec::new();
    for seed in (first..first + count).filter(|seed| seed % SHARES == number) {
        match run(seed, Options::default()) {
            Ok(result) => (ran, rows, cuts, acknowledged) = (ran + 1, rows + result.rows, cuts + result.power_cuts, acknowledged + result.acknowledged),
            Err(error) => {
                println!("FAILED {error}\n  repeat it: TIDEMILL_SEED={seed} cargo test -p tidemill --profile demo --test simulation seeds::share -- --nocapture");
                failed.push(seed);
            }
        }
    }
    println!("{ran} seeds held: {acknowledged} batches acknowledged, {cuts} power cuts, {rows} rows at the end");
    assert!(failed.is_empty(), "seeds {failed:?} failed");
    assert!(ran == 0 || (acknowledged > ran && rows > 0), "the seeds prove nothing: {acknowledged} batches, {rows} rows");
}

#[test]
fn share_0_of_the_seeds_loses_nothing() {
    share(0);
}

#[test]
fn share_1_of_the_seeds_loses_nothing() {
    share(1);
}

#[test]
fn share_2_of_the_seeds_loses_nothing() {
    share(2);
}

#[test]
fn share_3_of_the_seeds_loses_nothing() {
    share(3);
}

#[test]
fn share_4_of_the_seeds_loses_nothing() {
    share(4);
}

#[test]
fn share_5_of_the_seeds_loses_nothing() {
    share(5);
}

/// Runs of a seed until two are equal. Most are at once; on a busy machine a thread that took long, which no seed decides,
/// may have changed who was first.
const REPEATS: usize = 4;

#[test]
fn the_same_seed_makes_the_same_trace() {
    let mut steps = 0;
    for seed in 1_000..1_020 {
        let mut traces: Vec<Vec<String>> = Vec::new();
        let repeated = (0..REPEATS).any(|_| {
            let trace = run(seed, Options::default()).unwrap_or_else(|error| panic!("{error}")).trace;
            let known = traces.contains(&trace);
            traces.push(trace);
            known
        });
        let differs = traces[0].iter().zip(&traces[1]).position(|(first, second)| first != second);
        assert!(repeated, "seed {seed}, step {differs:?}: {:?} and {:?}", differs.map(|step| &traces[0][step]), differs.map(|step| &traces[1][step]));
        steps += traces[0].len();
    }
    assert!(steps > 20 * 100, "{steps} steps are next to nothing");
}

/// That there is a seed that fails without a kind of sync, and holds with it.
fn is_missed(reason: Reason) {
    // Which seeds do depends on every call of the store, so there have to be enough of them.
    let found = (0..4_000).find(|seed| run(*seed, Options { disk: true, omitted: Some(reason), naive: None }).is_err());
    let seed = found.unwrap_or_else(|| panic!("nobody misses the sync for {reason:?}"));
    run(seed, Options { disk: true, ..Options::default() }).unwrap_or_else(|error| panic!("it fails with it too: {error}"));
}

#[test]
fn without_the_sync_of_bytes_rows_are_lost() {
    is_missed(Reason::Content);
}

#[test]
fn without_the_sync_of_names_rows_are_lost() {
    is_missed(Reason::Name);
}

#[test]
fn without_the_sync_of_new_folders_rows_are_lost() {
    is_missed(Reason::Parent);
}

#[test]
fn without_the_sync_of_removals_something_comes_back() {
    is_missed(Reason::Removal);
}

#[test]
fn without_the_sync_of_what_others_wrote_rows_are_lost() {
    is_missed(Reason::Reliance);
}

/// That there is a seed which finds what comes of carelessness, and holds without it.
fn is_found(naive: Naive) {
    // What it says is about the ledger: a run that fails by anything else proves nothing.
    let finds = |seed: &u64| run(*seed, Options { naive: Some(naive), ..Options::default() }).is_err_and(|error| error.contains("the ledger"));
    let seed = (0..400).filter(|seed| has_ledger(*seed)).find(finds).unwrap_or_else(|| panic!("nobody finds that one {naive:?}"));
    run(seed, Options::default()).unwrap_or_else(|error| panic!("it fails with care too: {error}"));
}

#[test]
fn rows_that_are_replaced_in_two_commits_are_seen_without_each_other() {
    is_found(Naive::ReplacesInTwoCommits);
}

#[test]
fn loads_that_are_repeated_without_a_key_are_there_twice() {
    is_found(Naive::LoadsWithoutKey);
}

#[test]
fn a_position_that_moves_apart_from_its_rows_is_behind_them() {
    is_found(Naive::MovesPositionsApart);
}
