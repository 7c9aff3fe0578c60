//! What every test needs: an engine in a folder of its own.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;
use tidemill::clock::ManualClock;
use tidemill::{Engine, Mill, QueryResult, Settings};

/// An engine whose folder goes away with it.
pub(crate) struct Ward {
    pub(crate) engine: Engine,
    pub(crate) mill: Mill,
    pub(crate) folder: tempfile::TempDir,
}

impl Ward {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    /// The clock stands at the 15th of January 2014, two weeks after the last flight.
    pub(crate) async fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = open(folder.path(), settings).await;
        let mill = engine.tenant("acme").unwrap();
        Self { engine, mill, folder }
    }

    pub(crate) async fn ask(&self, query: &str) -> QueryResult {
        self.mill.query(&serde_json::from_str(query).unwrap()).await.unwrap()
    }

    /// Columns of the answer.
    pub(crate) async fn data(&self, query: &str) -> Value {
        self.ask(query).await.to_json()["data"].clone()
    }

    pub(crate) async fn rows(&self, sql: &str) -> Value {
        self.mill.sql(sql).await.unwrap().to_json()["data"].clone()
    }

    /// Paths of all objects of a dataset.
    pub(crate) fn objects(&self, dataset: &str) -> Vec<PathBuf> {
        fn walk(folder: PathBuf, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() { walk(path, found) } else { found.push(path) }
            }
        }
        let mut found = Vec::new();
        walk(self.folder.path().join("acme").join(dataset), &mut found);
        found
    }
}

/// Without upkeep: a test does by hand what it wants done.
pub(crate) async fn open(folder: &std::path::Path, settings: Settings) -> Engine {
    let settings = Settings { upkeep_seconds: 0, ..settings };
    let now: DateTime<Utc> = "2014-01-15T12:00:00Z".parse().unwrap();
    Engine::builder().path(folder).settings(settings).clock(Arc::new(ManualClock::at(now))).open().await.unwrap()
}

pub(crate) fn example(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/data").join(file)
}
