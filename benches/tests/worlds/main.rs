//! The proof that joins count nothing twice, over two worlds that are not made for it: TPC-H, and the flights of 2013 with their
//! weather. Random questions have the answers of DuckDB, where each measure is asked alone and the answers are joined afterwards.
//!
//! ```text
//!   lineitem -- orders -- customer -- customer_nation         flights -- planes, airlines, destination
//!     |  |  \-- part                                             |   \-- origin_airport
//!     |  \--- supplier -- supplier_nation -- region            weather -- origin_airport
//!   partsupp -- part, supplier                                 (their hour and their origin are the same)
//! ```
//! For the long run: `WORLDS_QUESTIONS=10000 WORLDS_TPCH_SCALE=0.1 WORLDS_FLIGHTS_EVERY=1`, and `WORLDS_SEED` for other questions.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may be blunt")]

#[path = "../oracle/calendar.rs"]
mod calendar;
#[path = "../oracle/compare.rs"]
mod compare;
#[path = "../oracle/dice.rs"]
mod dice;
mod flights;
mod measures;
mod models;
#[path = "../oracle/operators.rs"]
mod operators;
mod question;
mod sql;
mod tpch;
#[path = "../constellation/ways.rs"]
mod ways;
#[path = "../oracle/words.rs"]
mod words;
mod world;

use std::str::FromStr;

use dice::Dice;
use models::Dataset;
use tempfile::TempDir;
use world::{TIDES, World};

/// Questions about each world.
const QUESTIONS: usize = 250;
const TPCH_SCALE: f64 = 0.01;
/// One in so many flights is loaded.
const FLIGHTS_EVERY: usize = 6;
const SEED: u64 = 22;
/// Mismatches that are shown, and after which nothing more is asked.
const SHOWN: usize = 12;

async fn run(datasets: Vec<Dataset>, folder: TempDir) -> anyhow::Result<()> {
    let (questions, seed) = (given("WORLDS_QUESTIONS", QUESTIONS), given("WORLDS_SEED", SEED));
    let mut dice = Dice::seeded(seed);
    let mut world = World::new(datasets, folder).await?;
    let (mut asked, mut wrong) = (0, Vec::new());
    for tide in 0..TIDES {
        world.load(tide).await?;
        for number in 0..questions / TIDES {
            let query = question::question(&mut dice, &world);
            asked += 1;
            wrong.extend(world.ask(&query).await?.into_iter().map(|what| format!("seed {seed}, tide {tide}, question {number}, {what}")));
            if wrong.len() >= SHOWN {
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "at least {} mismatches in {asked} questions:\n{}", wrong.len(), wrong.join("\n\n"));
    // A proof over empty answers, or without anything that was kept, would prove nothing.
    assert!(world.telling * 2 > asked, "only {} of {asked} answers had rows", world.telling);
    assert!(world.reused > 0, "no partial was reused");
    Ok(())
}

/// A number of the environment.
fn given<T: FromStr>(name: &str, usual: T) -> T {
    std::env::var(name).ok().map_or(usual, |text| text.parse().ok().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_about_tpch_are_those_of_measures_asked_alone() {
    let folder = TempDir::new().unwrap();
    let datasets = tpch::datasets(folder.path(), given("WORLDS_TPCH_SCALE", TPCH_SCALE)).unwrap();
    run(datasets, folder).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_about_flights_are_those_of_measures_asked_alone() {
    run(flights::datasets(given("WORLDS_FLIGHTS_EVERY", FLIGHTS_EVERY)).unwrap(), TempDir::new().unwrap()).await.unwrap();
}
