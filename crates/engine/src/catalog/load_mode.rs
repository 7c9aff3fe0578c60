//! What a load does to a dataset that is there, and to the rows that it has: a word that loads are ordered with, and that the log keeps
//! of each, because rows of it that are corrected later have to come in by the same one.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What to do with a dataset that is there already, or is not, and with the rows that it has.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use tidemill::{Csv, Engine, LoadMode};
/// # let folder = tempfile::tempdir().unwrap();
/// let mill = Engine::open(folder.path()).await?.tenant("acme")?;
/// mill.load("orders", Csv::bytes("id,at,amount\n1,2013-01-01,5\n2,2013-01-02,7\n")).await?;
/// // Rows of the same key give way, all others stay.
/// let by_id = LoadMode::Upsert { key: vec!["id".to_owned()] };
/// let report = mill.load("orders", Csv::bytes("id,at,amount\n2,2013-01-02,8\n3,2013-02-01,1\n").mode(by_id)).await?;
/// assert_eq!((report.rows, report.replaced), (2, 1));
/// // A day or a month is delivered anew, as a whole.
/// let january = LoadMode::ReplaceRange { from: "2013-01-01T00:00:00Z".parse().unwrap(), to: "2013-02-01T00:00:00Z".parse().unwrap() };
/// let report = mill.load("orders", Csv::bytes("id,at,amount\n1,2013-01-01,6\n").mode(january)).await?;
/// assert_eq!((report.rows, report.replaced), (1, 2));
/// assert_eq!(mill.sql("select id, amount from orders order by id").await?.to_csv()?, "id,amount\r\n1,6\r\n3,1\r\n");
/// # Ok::<(), tidemill::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadMode {
    /// Create it, or append to it.
    #[default]
    CreateOrAppend,
    /// Create it; `Conflict` when it is there.
    Create,
    /// Append; `NotFound` when it is not there.
    Append,
    /// Create it, or put the rows in the place of all that it has.
    Replace,
    /// Create it, or put the rows in the place of those that lie in a range of its time column. Every row of the load must
    /// lie in it too.
    ReplaceRange {
        /// First instant.
        from: DateTime<Utc>,
        /// The instant after the last.
        to: DateTime<Utc>,
    },
    /// Create it, or put each row in the place of those with the same key. Every row of the load needs a key of its own. The
    /// key columns of segments that may have one of the keys are read.
    Upsert {
        /// Columns of whole numbers, texts, days, instants or truth values.
        key: Vec<String>,
    },
}

impl LoadMode {
    /// Whether rows that are there may go.
    pub fn replaces(&self) -> bool {
        matches!(self, Self::Replace | Self::ReplaceRange { .. } | Self::Upsert { .. })
    }
}
