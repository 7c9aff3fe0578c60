//! The metadata store: accounts, dashboards, audit log. SQLite in the data folder; the queries are SeaORM's and say
//! nothing that PostgreSQL would not understand. Each resource keeps its own SQL in its `store` file.

pub mod audit;
pub mod migration;

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;

/// Older SQLite libraries can damage a WAL database that several connections write to.
const SQLITE_FLOOR: (u32, u32, u32) = (3, 51, 3);
const CONNECTIONS: u32 = 4;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection pool with the newest schema.
#[derive(Debug, Clone)]
pub struct Store {
    db: DatabaseConnection,
}

impl Store {
    /// Opens the store of a data folder and brings its schema up to date.
    ///
    /// # Errors
    /// The file cannot be opened, or a migration fails.
    pub async fn open(data_dir: &Path) -> anyhow::Result<Self> {
        let path = data_dir.join("metadata.sqlite");
        if !path.exists() {
            crate::auth::private_file::write_new(&path, b"")?;
        }
        let mut options = ConnectOptions::new(format!("sqlite://{}", path.display()));
        options
            .max_connections(CONNECTIONS)
            .sqlx_logging_level(log_level())
            .map_sqlx_sqlite_opts(move |sqlite| sqlite.filename(&path).foreign_keys(true).busy_timeout(BUSY_TIMEOUT).pragma("journal_mode", "WAL").pragma("synchronous", "FULL"));
        let db = Database::connect(options).await.context("open the metadata store")?;
        let store = Self { db };
        store.check_version().await?;
        migration::Migrator::up(&store.db, None).await.context("bring the metadata store up to date")?;
        Ok(store)
    }

    /// The pool.
    pub fn db(&self) -> &DatabaseConnection {
        &self.db
    }

    /// A transaction that writes: it takes its lock at the start, so it never fails halfway for want of it.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..TransactionOptions::default() };
        self.db.begin_with_options(options).await
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn check(&self) -> Result<(), DbErr> {
        self.db.ping().await
    }

    /// Closes the pool.
    pub async fn close(self) {
        if let Err(error) = self.db.close().await {
            tracing::warn!(%error, "the metadata store did not close cleanly");
        }
    }

    async fn check_version(&self) -> anyhow::Result<()> {
        if self.db.get_database_backend() != DbBackend::Sqlite {
            return Ok(());
        }
        let row = self
            .db
            .query_one_raw(Statement::from_string(DbBackend::Sqlite, "select sqlite_version()"))
            .await?
            .context("SQLite does not tell its version")?;
        let text: String = row.try_get_by_index(0)?;
        let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
        let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        anyhow::ensure!(version >= SQLITE_FLOOR, "the linked SQLite is {text}; versions before 3.51.3 can damage a database in WAL mode");
        Ok(())
    }
}

fn log_level() -> tracing::log::LevelFilter {
    tracing::log::LevelFilter::Debug
}
