//! What every test needs: an engine in a folder of its own.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;
use tidemill::clock::ManualClock;
use tidemill::encryption::MasterKeys;
use tidemill::{Engine, EngineBuilder, Mill, QueryResult, Settings};

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
        Self::of(engine, folder)
    }

    /// Over open tables in any run, for tests that look into the files.
    pub(crate) async fn open_tables(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = plain(folder.path(), settings).open().await.unwrap();
        Self::of(engine, folder)
    }

    /// The same over an encrypted store.
    pub(crate) async fn sealed(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = sealed(folder.path(), settings, KEY).open().await.unwrap();
        Self::of(engine, folder)
    }

    fn of(engine: Engine, folder: tempfile::TempDir) -> Self {
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
    builder(folder, settings).open().await.unwrap()
}

/// The master key of tests.
pub(crate) const KEY: &str = "7f3c1a9e5d2b8046c1e7a3f95b0d2648ea71c3590f8b6d24a9e5037c1fd8b642";

/// What `open` opens. With the variable `TIDEMILL_TEST_ENCRYPTED`, which `cargo xtask test` sets for a second run of these
/// tests, every store is encrypted.
pub(crate) fn builder(folder: &std::path::Path, settings: Settings) -> EngineBuilder {
    guarded(plain(folder, settings))
}

/// Encrypted in the second run.
pub(crate) fn guarded(builder: EngineBuilder) -> EngineBuilder {
    if std::env::var_os("TIDEMILL_TEST_ENCRYPTED").is_some() { builder.encryption(Arc::new(MasterKeys::parse(KEY).unwrap())) } else { builder }
}

pub(crate) fn plain(folder: &std::path::Path, mut settings: Settings) -> EngineBuilder {
    settings.upkeep_seconds = 0;
    let now: DateTime<Utc> = "2014-01-15T12:00:00Z".parse().unwrap();
    Engine::builder().path(folder).settings(settings).clock(Arc::new(ManualClock::at(now)))
}

/// Over an encrypted store.
pub(crate) fn sealed(folder: &std::path::Path, settings: Settings, keys: &str) -> EngineBuilder {
    plain(folder, settings).encryption(Arc::new(MasterKeys::parse(keys).unwrap()))
}

pub(crate) fn example(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/data").join(file)
}
