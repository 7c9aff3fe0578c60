//! The proof that joins count nothing twice: random questions over two tables of events and four lookups, one of which is
//! two steps away, have the answers of DuckDB, where each measure is asked alone and the answers are joined afterwards.
//!
//! ```text
//!   sales  -- customers          each measure: select .. from its own table left join lookups group by ..
//!     |  \--- shops              then: full outer join on all dimensions, nulls equal
//!     |   \-- products -- suppliers
//!   visits -- customers, shops
//! ```
#![expect(clippy::unwrap_used, reason = "a test may be blunt")]

#[path = "../oracle/dice.rs"]
mod dice;
mod question;
mod rows;
mod ways;

use dice::Dice;
use question::Question;
use tidemill::{Json, Settings};
use tidemill_benches::answer::Answer;
use tidemill_benches::peers::DuckDb;

/// Commits of a seed, each followed by questions.
const TIDES: usize = 5;
const QUESTIONS: usize = 100;
/// Mismatches that are shown.
const SHOWN: usize = 6;

async fn run(seed: u64) -> anyhow::Result<()> {
    let mut dice = Dice::seeded(seed);
    let mills = ways::open(&Settings { query_partitions: 2, ..Settings::default() }).await?;
    let duckdb = DuckDb::in_memory("duckdb")?;
    duckdb.execute("set threads = 1")?;
    let (mut wrong, mut telling, mut reused) = (Vec::new(), 0, 0);
    for tide in 0..TIDES {
        for table in rows::tide(&mut dice, tide) {
            mills[0].1.load(table.name, Json::bytes(table.json())).await?;
            duckdb.execute(&table.sql(tide == 0))?;
        }
        if tide == 0 {
            for (name, parts) in question::models() {
                ways::describe(&mills[0].1, name, &parts).await?;
            }
        }
        for number in 0..QUESTIONS {
            let Question { query, sql } = question::ask(&mut dice);
            let expected = duckdb.sql(&sql)?;
            telling += usize::from(expected.rows.len() > 1);
            for (mode, mill) in &mills {
                let what = match mill.query(&query).await {
                    Ok(answer) => {
                        reused += answer.provenance.segments_reused;
                        Answer::from_batches(&[answer.batch])?.compare(expected.clone()).err().map(|error| error.to_string())
                    }
                    Err(error) => Some(error.to_string()),
                };
                wrong.extend(what.map(|what| format!("seed {seed}, tide {tide}, question {number}, {mode}: {what}\n  {}\n  {sql}", serde_json::to_string(&query).unwrap())));
            }
        }
    }
    let shown: Vec<&str> = wrong.iter().take(SHOWN).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} mismatches:\n{}", wrong.len(), shown.join("\n\n"));
    assert!(telling * 2 > TIDES * QUESTIONS, "only {telling} answers had several rows");
    assert!(reused > 0, "no partial was reused");
    Ok(())
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

// 8 times 500 questions.
seeds!(
    measures_of_seed_1_are_those_asked_alone 1,
    measures_of_seed_2_are_those_asked_alone 2,
    measures_of_seed_3_are_those_asked_alone 3,
    measures_of_seed_4_are_those_asked_alone 4,
    measures_of_seed_5_are_those_asked_alone 5,
    measures_of_seed_6_are_those_asked_alone 6,
    measures_of_seed_7_are_those_asked_alone 7,
    measures_of_seed_8_are_those_asked_alone 8
);
