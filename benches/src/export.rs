//! Events and questions as files, for peers that are not linked into the benches: scripts in `benches/peers` load the
//! rows and ask the questions, whoever has the peer.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::dashboard::Question;
use crate::events::Events;
use crate::peers::{DuckDb, literal};

/// Writes `events.parquet`, `events.csv` (with a header; an empty field is no value) and `questions.json` (the SQL of the
/// dashboard, and how many rows the answer has) into a folder.
///
/// # Errors
/// When a file cannot be written.
pub fn write(events: &Events, questions: &[Question], folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    fs::copy(&events.path, folder.join("events.parquet")).context("copy the events")?;
    let duckdb = DuckDb::over_parquet("duckdb", &events.path)?;
    duckdb.execute(&format!("copy (select * from events) to {} (header, delimiter ',')", literal(&folder.join("events.csv"))?))?;
    let listed = questions.iter().map(|question| Ok(json!({"name": question.name, "sql": question.sql, "rows": duckdb.sql(&question.sql)?.rows.len()})));
    let listed: Vec<Value> = listed.collect::<Result<_>>()?;
    let text = serde_json::to_string_pretty(&json!({"rows": events.rows, "questions": listed}))?;
    fs::write(folder.join("questions.json"), text + "\n").context("write the questions")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::{END_US, questions};
    use crate::events;

    #[test]
    fn an_export_has_all_rows_and_questions() {
        let folder = tempfile::tempdir().unwrap();
        let events = events::prepare(folder.path(), 1_000).unwrap();
        let to = folder.path().join("export");
        write(&events, &questions(END_US).unwrap(), &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("events.csv")).unwrap().lines().count(), 1_001);
        let exported: Value = serde_json::from_str(&fs::read_to_string(to.join("questions.json")).unwrap()).unwrap();
        assert_eq!(exported["questions"].as_array().unwrap().len(), 12);
        assert_eq!(exported["questions"][0]["rows"], 1);
        assert!(to.join("events.parquet").is_file());
    }
}
