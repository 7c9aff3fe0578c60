//! The proof that joins count nothing twice, whatever the models are: random schemas of joins in both directions, N:1, 1:1 and 1:N, by
//! one column or by two, under names of their own, with keys that are missing, that nobody has, and in some of them keys that are there
//! twice. Each measure of a random question is what it is when DuckDB is asked for it alone and the answers are joined afterwards; what
//! several ways or none lead to, and what a key that is there twice would multiply, is refused.
#![expect(clippy::unwrap_used, reason = "a test may be blunt")]

#[path = "../oracle/dice.rs"]
mod dice;
mod question;
mod schema;
#[path = "../constellation/ways.rs"]
mod ways;

use dice::Dice;
use question::{Expected, Question};
use schema::Schema;
use tidemill::{ErrorKind, Settings};
use tidemill_benches::answer::Answer;
use tidemill_benches::peers::DuckDb;

/// Commits of a schema, each followed by questions.
const TIDES: usize = 2;
const QUESTIONS: usize = 16;
/// Schemas of a test.
const SCHEMAS: u64 = 12;
/// Mismatches that are shown.
const SHOWN: usize = 4;

/// What was seen of the questions about a schema.
#[derive(Default)]
struct Seen {
    wrong: Vec<String>,
    answered: usize,
    telling: usize,
    refused: usize,
    doubled: usize,
}

async fn ask(seed: u64, seen: &mut Seen) -> anyhow::Result<()> {
    let mut dice = Dice::seeded(seed);
    let schema = Schema::random(&mut dice);
    let mills = ways::open(&Settings { query_partitions: 2, ..Settings::default() }).await?;
    let duckdb = DuckDb::in_memory("duckdb")?;
    duckdb.execute("set threads = 1")?;
    for tide in 0..TIDES {
        for (number, rows) in schema.rows(&mut dice, tide).into_iter().enumerate() {
            mills[0].1.load(&Schema::name(number), tidemill::Json::bytes(schema.json(number, &rows))).await?;
            duckdb.execute(&schema.sql(number, &rows, tide == 0))?;
        }
        if tide == 0 {
            for number in 0..schema.tables() {
                ways::describe(&mills[0].1, &Schema::name(number), &schema.model(number)).await?;
            }
        }
        for number in 0..QUESTIONS {
            let Question { query, expected } = question::ask(&mut dice, &schema);
            let told = match &expected {
                Expected::Answer(sql) => Some(duckdb.sql(sql)?),
                Expected::NoWay | Expected::Doubled => None,
            };
            match (&expected, &told) {
                (Expected::Doubled, _) => seen.doubled += 1,
                (_, None) => seen.refused += 1,
                (_, Some(told)) => {
                    seen.answered += 1;
                    seen.telling += usize::from(told.rows.len() > 1);
                }
            }
            for (mode, mill) in &mills {
                let what = match (mill.query(&query).await, &told) {
                    (Ok(answer), Some(told)) => Answer::from_batches(&[answer.batch])?.compare(told.clone()).err().map(|error| error.to_string()),
                    (Err(error), None) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict) => None,
                    (Ok(_), None) => Some("it was answered".to_owned()),
                    (Err(error), _) => Some(error.to_string()),
                };
                let shown = || serde_json::to_string(&query).unwrap();
                seen.wrong
                    .extend(what.map(|what| format!("seed {seed}, tide {tide}, question {number}, {mode}: {what}\n  {}\n  {expected:?}\n{schema}", shown())));
            }
        }
    }
    Ok(())
}

async fn run(first: u64) {
    let mut seen = Seen::default();
    for seed in first..first + SCHEMAS {
        ask(seed, &mut seen).await.unwrap();
    }
    let shown: Vec<&str> = seen.wrong.iter().take(SHOWN).map(String::as_str).collect();
    assert!(seen.wrong.is_empty(), "{} mismatches:\n{}", seen.wrong.len(), shown.join("\n\n"));
    let asked = SCHEMAS as usize * TIDES * QUESTIONS;
    assert!(seen.answered * 2 > asked && seen.telling * 3 > asked, "only {} of {asked} were answered, {} with several rows", seen.answered, seen.telling);
    assert!(seen.refused > 0 && seen.doubled > 0, "{} had no way, {} were doubled", seen.refused, seen.doubled);
}

macro_rules! schemas {
    ($($name:ident $seed:literal),*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                run($seed).await;
            }
        )*
    };
}

// 4 times 12 schemas, 32 questions about each.
schemas!(
    measures_over_schemas_from_100_are_those_asked_alone 100,
    measures_over_schemas_from_200_are_those_asked_alone 200,
    measures_over_schemas_from_300_are_those_asked_alone 300,
    measures_over_schemas_from_400_are_those_asked_alone 400
);
