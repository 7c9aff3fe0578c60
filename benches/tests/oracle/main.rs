//! The proof of being right: ten thousand random semantic queries over random commits have the same answer from the rows,
//! from partials that are computed each time, from partials that are kept, from stored rollups, and from DuckDB, for which
//! the test writes the SQL itself. Seeds are fixed; a mismatch prints the seed, the query, the SQL and both rows.
//!
//! ```text
//!   data ──── rows ────► Tidemill, four ways ───► answers ─┐
//!     └─────── rows ───► DuckDB ───────────────► answers ──┴─ compare
//!   question ─ query ──► Tidemill       sql ─── the query as SQL, buckets and days by DuckDB's calendar
//! ```
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may be blunt")]

mod calendar;
mod compare;
mod data;
mod dice;
mod members;
mod operators;
mod question;
mod sql;
mod words;
mod world;

use dice::Dice;
use world::World;

/// Commits of one seed, each followed by questions.
const TIDES: usize = 10;
/// New questions after each commit; eight seeds make ten thousand.
const QUESTIONS: usize = 125;
/// Old questions after each commit: their partials are there but for the new segments.
const AGAIN: usize = 8;
/// Questions about one large segment.
const WINDOWS: usize = 100;
/// Mismatches that are shown.
const SHOWN: usize = 12;

async fn run(seed: u64) -> anyhow::Result<()> {
    let mut dice = Dice::seeded(seed);
    let mut rows = data::Generator::seeded(seed);
    // Some datasets have no column of time, so that nothing of them is in order.
    let mut world = World::new(if seed % 4 == 3 { None } else { Some("seen") }, 1_000, if seed.is_multiple_of(4) { 2 } else { 1 }).await?;
    let (mut asked, mut wrong) = (Vec::new(), Vec::new());
    for tide in 0..TIDES {
        let count = dice.pick(&[1, 7, 60, 150, 300, 1_050]);
        world.load(&rows.tide(&mut dice, count.max(if tide == 0 { 100 } else { 0 }), tide, TIDES)).await?;
        match tide {
            3 | 6 => world.compact().await?,
            5 => world.delete("id % 17 = 3").await?,
            8 => world.delete("city is null and device is not null").await?,
            _ => {}
        }
        if tide % 2 == 0 {
            world.build_rollups().await?;
        }
        world.stand_at(question::clock(&mut dice, tide, TIDES));
        let again: Vec<_> = (0..AGAIN.min(asked.len())).map(|_| dice.below(asked.len())).collect();
        asked.extend((0..QUESTIONS).map(|_| question::question(&mut dice)));
        for number in again.into_iter().chain(tide * QUESTIONS..asked.len()) {
            let query = &asked[number];
            let read: tidemill::SemanticQuery = serde_json::from_str(&serde_json::to_string(query)?)?;
            anyhow::ensure!(read == *query, "written and read again, it is another query: {query:?}");
            wrong.extend(world.ask(query).await?.into_iter().map(|what| format!("seed {seed}, tide {tide}, question {number}, {what}")));
        }
    }
    judge(&wrong);
    // A proof over empty answers, or without anything that was kept, would prove nothing.
    assert!(world.telling * 4 > asked.len(), "only {} of {} answers had rows", world.telling, asked.len());
    assert!(world.reused > 0, "only {} partials were reused", world.reused);
    assert!(world.rolled > 0, "rollups stood for {} segments only", world.rolled);
    Ok(())
}

fn judge(wrong: &[String]) {
    let shown: Vec<&str> = wrong.iter().take(SHOWN).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} mismatches:\n{}", wrong.len(), shown.join("\n\n"));
}

/// Windows over one segment that is large enough to be computed in blocks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn windows_over_a_large_segment_are_those_of_duckdb() {
    let mut dice = Dice::seeded(2_013);
    let mut world = World::new(None, 1 << 20, 2).await.unwrap();
    world.load(&data::Generator::seeded(2_013).in_order(&mut dice, 100_000)).await.unwrap();
    let mut wrong = Vec::new();
    for number in 0..WINDOWS {
        world.stand_at(question::clock(&mut dice, number, WINDOWS));
        let query = question::windowed(&mut dice);
        wrong.extend(world.ask(&query).await.unwrap().into_iter().map(|what| format!("question {number}, {what}")));
    }
    judge(&wrong);
    assert!(world.telling * 10 > WINDOWS * 6, "only {} of {WINDOWS} answers had rows", world.telling);
}

macro_rules! seeds {
    ($($name:ident $seed:literal),*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                run($seed).await.unwrap();
            }
        )*
    };
}

// Tests of their own, so that they run beside each other: 8 times 1,250 questions.
seeds!(
    answers_of_seed_1_are_those_of_duckdb 1,
    answers_of_seed_2_are_those_of_duckdb 2,
    answers_of_seed_3_are_those_of_duckdb 3,
    answers_of_seed_4_are_those_of_duckdb 4,
    answers_of_seed_5_are_those_of_duckdb 5,
    answers_of_seed_6_are_those_of_duckdb 6,
    answers_of_seed_7_are_those_of_duckdb 7,
    answers_of_seed_8_are_those_of_duckdb 8
);
