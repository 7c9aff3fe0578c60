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

use std::sync::Arc;

use dice::Dice;
use question::Question;
use tidemill::{Engine, Json, Mill, Settings};
use tidemill_benches::answer::Answer;
use tidemill_benches::peers::DuckDb;

/// Commits of a seed, each followed by questions.
const TIDES: usize = 5;
const QUESTIONS: usize = 100;
/// How each question is answered: bytes of partials, rows of lookups that are functions.
const MODES: [(&str, usize, u64); 3] = [("raw, by joins", 0, 0), ("kept, by joins", 32 << 20, 0), ("kept, by functions", 32 << 20, 1 << 20)];
/// Mismatches that are shown.
const SHOWN: usize = 6;

async fn run(seed: u64) -> anyhow::Result<()> {
    let mut dice = Dice::seeded(seed);
    let store: Arc<dyn object_store::ObjectStore> = Arc::new(object_store::memory::InMemory::new());
    let mut mills = Vec::new();
    for (_, partial_cache_bytes, mapped_lookup_rows) in MODES {
        let settings = Settings { partial_cache_bytes, mapped_lookup_rows, background_rollups: false, upkeep_seconds: 0, query_partitions: 2, ..Settings::default() };
        mills.push(Engine::builder().object_store(Arc::clone(&store)).settings(settings).open().await?.tenant("acme")?);
    }
    let duckdb = DuckDb::in_memory("duckdb")?;
    duckdb.execute("set threads = 1")?;
    let (mut wrong, mut telling, mut reused) = (Vec::new(), 0, 0);
    for tide in 0..TIDES {
        for table in rows::tide(&mut dice, tide) {
            mills[0].load(table.name, Json::bytes(table.json())).await?;
            duckdb.execute(&table.sql(tide == 0))?;
        }
        if tide == 0 {
            describe(&mills[0]).await?;
        }
        for number in 0..QUESTIONS {
            let Question { query, sql } = question::ask(&mut dice);
            let expected = duckdb.sql(&sql)?;
            telling += usize::from(expected.rows.len() > 1);
            for (mill, mode) in mills.iter().zip(MODES.map(|(mode, ..)| mode)) {
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

/// Declares the joins and measures.
async fn describe(mill: &Mill) -> anyhow::Result<()> {
    for (name, parts) in question::models() {
        let model = mill.model(name).await?;
        let version = model.version;
        let mut value = serde_json::to_value(&model)?;
        for (key, part) in parts.as_object().unwrap() {
            value[key] = part.clone();
        }
        for dimension in value["dimensions"].as_array_mut().unwrap() {
            if name == "visits" && dimension["name"] == "seen" {
                dimension["same_as"] = "sales.seen".into();
            }
        }
        mill.update_model(serde_json::from_value(value)?, version).await?;
    }
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
