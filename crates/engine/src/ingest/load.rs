//! What a caller says of a load, and what a load answers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncRead;

use super::options::{FileFormat, ReadOptions};
use super::progress::Progress;
use super::steps::Steps;
use crate::catalog::{ColumnType, Contract, Drift, LoadMode, Promotion, Widened};
use crate::encryption::SealedFile;
use crate::storage::entry::Replays;
use crate::storage::positions::Advance;

/// Where the bytes come from.
pub enum Input {
    /// A file.
    Path(PathBuf),
    /// Bytes at hand, with the name that messages use.
    Bytes {
        /// For messages and for guessing the format.
        name: String,
        /// The content.
        bytes: Bytes,
    },
    /// A sealed file, with the name that messages use: an upload that has waited.
    Sealed {
        /// For messages and for guessing the format.
        name: String,
        /// The content.
        file: Arc<SealedFile>,
    },
    /// A stream, with the name that messages use. It is spooled to a temporary file, which is sealed, because a promotion reads it twice.
    Reader {
        /// For messages and for guessing the format.
        name: String,
        /// The content.
        reader: Box<dyn AsyncRead + Send + Unpin>,
    },
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Input").field(&self.name()).finish()
    }
}

impl Input {
    /// The name that messages use.
    pub fn name(&self) -> &str {
        match self {
            Self::Path(path) => path.file_name().and_then(|name| name.to_str()).unwrap_or("file"),
            Self::Bytes { name, .. } | Self::Sealed { name, .. } | Self::Reader { name, .. } => name,
        }
    }
}

/// Whether a load may widen columns of a dataset that is there: whole numbers to floats, days to instants. All rows that are there
/// are written anew then, by the commit of the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Widening {
    /// Where the file needs it, unless it is a few rows for a large dataset: a load of up to 1 MiB does not write more anew than
    /// [`Settings::push_widening_bytes`](crate::Settings::push_widening_bytes).
    #[default]
    Automatic,
    /// Where the file needs it, whatever it costs.
    Always,
    /// Never: rows that do not fit are rejected.
    Never,
}

/// An order to load. Everything but the input has a default; format, dialect and types are inferred.
///
/// ```
/// use tidemill::{Avro, ColumnType, Csv, Encoding, Excel, Json, Load, RaggedRows};
///
/// // Content and name decide: CSV, JSON, Parquet, Arrow, Avro or Excel, packed or not.
/// let orders = Load::path("orders.csv.xz");
/// // Where they cannot, say it.
/// let customers = Csv::path("kunden.csv").encoding(Encoding::Latin1).delimiter(';').ragged_rows(RaggedRows::Fill);
/// let events = Json::path("answer.json").json_path("/data/items").column_type("user.zip", ColumnType::String);
/// let budget = Excel::path("budget.xlsx").sheet("Plan").cell_range("B3:H").header(true);
/// let clicks = Avro::path("clicks.avro").time_column(Some("at")).idempotency_key("2026-11-26");
/// # let _ = (orders, customers, events, budget, clicks);
/// ```
#[derive(Debug)]
pub struct Load {
    pub(crate) input: Input,
    pub(crate) options: ReadOptions,
    pub(crate) types: BTreeMap<String, ColumnType>,
    pub(crate) time_column: TimeColumn,
    pub(crate) steps: Option<Steps>,
    pub(crate) label: Option<String>,
    pub(crate) mode: LoadMode,
    pub(crate) widening: Widening,
    pub(crate) contract: Option<Contract>,
    pub(crate) expected: Option<[u8; 32]>,
    pub(crate) replays: Option<Replays>,
    /// Where every row must lie in a time range although none gives way: corrected rows of a load that replaced it.
    pub(crate) within: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) advance: Option<Advance>,
    pub(crate) progress: Progress,
}

/// Which column is the time of a new dataset.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum TimeColumn {
    /// The first timestamp, else the first date.
    #[default]
    Inferred,
    /// None.
    Absent,
    /// This one.
    Named(String),
}

impl Load {
    /// A load of an input.
    pub fn from_input(input: Input) -> Self {
        Self {
            input,
            options: ReadOptions::default(),
            types: BTreeMap::new(),
            time_column: TimeColumn::default(),
            steps: None,
            label: None,
            mode: LoadMode::default(),
            widening: Widening::default(),
            contract: None,
            expected: None,
            replays: None,
            within: None,
            idempotency_key: None,
            advance: None,
            progress: Progress::new(),
        }
    }

    /// A load of a file; the format is inferred from content and name.
    pub fn path(path: impl AsRef<Path>) -> Self {
        Self::from_input(Input::Path(path.as_ref().to_owned()))
    }

    /// Declares the type of a column: it is then not promoted, and a value that does not fit rejects its row. Where the dataset is
    /// there and has a narrower type, the column is widened; any other type stays. A field inside
    /// of a struct is named by its path, `address.zip`; declaring a nested column as string keeps its JSON.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{ColumnType, Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// // A number by its looks, a name by its meaning.
    /// mill.load("orders", Csv::bytes("zip,amount\n01067,2\n").column_type("zip", ColumnType::String)).await?;
    /// assert_eq!(mill.sql("select zip from orders").await?.to_json()["data"], serde_json::json!([["01067"]]));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn column_type(mut self, column: impl Into<String>, column_type: ColumnType) -> Self {
        self.types.insert(column.into(), column_type);
        self
    }

    /// Says which column is the time of a new dataset; `None` for no time.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let orders = Csv::bytes("made,paid\n2024-05-01,2024-05-09\n").time_column(Some("paid"));
    /// mill.load("orders", orders).await?;
    /// assert_eq!(mill.dataset("orders").await?.summary.time_column.as_deref(), Some("paid"));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn time_column(mut self, column: Option<&str>) -> Self {
        self.time_column = column.map_or(TimeColumn::Absent, |name| TimeColumn::Named(name.to_owned()));
        self
    }

    /// What is done to the rows of a new dataset before they are stored. The steps are kept with it, and every later load goes
    /// through them too. [`Mill::preview_load`](crate::Mill::preview_load) shows what they do.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine, Steps};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let steps = Steps::parse(r#"[{"op": "case", "columns": ["city"], "to": "title"}]"#)?;
    /// mill.load("orders", Csv::bytes("city,amount\nROME,2\n").steps(steps)).await?;
    /// mill.load("orders", Csv::bytes("city,amount\nrome,3\n")).await?;
    /// assert_eq!(mill.sql("select distinct city from orders").await?.to_json()["data"], serde_json::json!([["Rome"]]));
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn steps(mut self, steps: Steps) -> Self {
        self.steps = Some(steps);
        self
    }

    /// What people read for a new dataset.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("city,amount\nRome,2\n").label("Orders of the shop")).await?;
    /// assert_eq!(mill.dataset("orders").await?.summary.label, "Orders of the shop");
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Says whether the dataset must or must not be there, and what becomes of the rows that it has.
    #[must_use]
    pub fn mode(mut self, mode: LoadMode) -> Self {
        self.mode = mode;
        self
    }

    /// Says whether columns of a dataset that is there may be widened for this load.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{ColumnType, Csv, Engine, Widening};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("id,amount\n1,2\n2,3\n")).await?;
    /// let report = mill.load("orders", Csv::bytes("id,amount\n3,4\n4,2.5\n").widening(Widening::Never)).await?;
    /// assert_eq!((report.rows, report.rejected), (1, 1));
    /// let report = mill.load("orders", Csv::bytes("id,amount\n4,2.5\n")).await?;
    /// assert_eq!((report.rows, report.widened[0].column.as_str(), report.widened[0].to), (1, "amount", ColumnType::Float));
    /// assert_eq!(mill.sql("select sum(amount) as total from orders").await?.to_csv()?, "total\r\n11.5\r\n");
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn widening(mut self, widening: Widening) -> Self {
        self.widening = widening;
        self
    }

    /// Gives a new dataset a contract, which this load is the first to hold to. Where the dataset is there, it must be its own.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// use tidemill::catalog::{Contract, Rule};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let contract = Contract::new(vec![Rule::unique(["id"]), Rule::range("amount", Some(0.into()), None)]);
    /// let report = mill.load("orders", Csv::bytes("id,amount\n1,2\n1,3\n2,-4\n3,5\n").contract(contract)).await?;
    /// assert_eq!((report.rows, report.rejected), (2, 2));
    /// let reasons: Vec<String> = mill.rejects("orders", 0, 10).await?.items.iter().map(|row| row.reject.describe()).collect();
    /// assert_eq!(reasons[0], "line 3, column \"id\", value \"1\": line 2 has the same key (rule 1)");
    /// assert_eq!(reasons[1], "line 4, column \"amount\", value \"-4\": must be at least 0 (rule 2)");
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn contract(mut self, contract: Contract) -> Self {
        self.contract = Some(contract);
        self
    }

    /// Makes the load idempotent: a second load with the same key is answered with the report of the first. It must bring the same: other bytes,
    /// options, declared types or rows to replace are a `Conflict`.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// let orders = || Csv::bytes("city,amount\nRome,2\n").idempotency_key("2026-11-28");
    /// assert!(!mill.load("orders", orders()).await?.replayed);
    /// assert!(mill.load("orders", orders()).await?.replayed);
    /// assert_eq!(mill.dataset("orders").await?.summary.rows, 1);
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// The same with a key that was made of the content: `sha256` is what was found in it then. Where something else is read by now, the load is
    /// refused with a `Conflict`, so that nothing comes in under the key of something else.
    #[must_use]
    pub fn content_key(self, key: impl Into<String>, sha256: [u8; 32]) -> Self {
        Self { expected: Some(sha256), ..self.idempotency_key(key) }
    }

    /// Says which part of a source the load brings: all of it after one position (`None`: from its beginning) up to another. The
    /// position moves in the commit of the load, and only from there: a source that is asked again from
    /// [`Mill::position`](crate::Mill::position) is loaded exactly once, whatever became of the loads before. The same part once
    /// more is answered with the report of the first, and any other is a `Conflict` that says where the source is
    /// ([`Error::position_conflict`](crate::Error::position_conflict)). What positions count is the affair of the source; they grow.
    /// Other engines see them as Delta's `txn` actions.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use tidemill::{Csv, Engine, ErrorKind};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mill = Engine::open(folder.path()).await?.tenant("acme")?;
    /// mill.load("orders", Csv::bytes("id,amount\n1,2\n2,3\n").position("shop", None, 2)).await?;
    /// let next = || Csv::bytes("id,amount\n3,4\n").position("shop", Some(2), 3);
    /// assert!(!mill.load("orders", next()).await?.replayed);
    /// // Nobody heard of it, so it is sent again.
    /// assert!(mill.load("orders", next()).await?.replayed);
    /// assert_eq!(mill.position("orders", "shop").await?, Some(3));
    /// let late = mill.load("orders", Csv::bytes("id,amount\n2,3\n").position("shop", Some(1), 2)).await.unwrap_err();
    /// assert_eq!((late.kind(), late.position_conflict().unwrap().position), (ErrorKind::Conflict, Some(3)));
    /// assert_eq!(mill.sql("select sum(amount) as total from orders").await?.to_csv()?, "total\r\n9\r\n");
    /// # Ok::<(), tidemill::Error>(())
    /// # }).unwrap();
    /// ```
    #[must_use]
    pub fn position(mut self, source: impl Into<String>, from: Option<u64>, to: u64) -> Self {
        self.advance = Some(Advance { source: source.into(), from, to });
        self
    }

    /// Lets somebody watch and cancel.
    #[must_use]
    pub fn progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }
}

macro_rules! source {
    ($(#[$doc:meta])* $name:ident, $format:expr, $file:literal) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl $name {
            /// From a file, compressed or not.
            pub fn path(path: impl AsRef<Path>) -> Load {
                Load::path(path).format($format)
            }

            /// From bytes at hand.
            pub fn bytes(bytes: impl Into<Bytes>) -> Load {
                Load::from_input(Input::Bytes { name: $file.to_owned(), bytes: bytes.into() }).format($format)
            }

            /// From a stream.
            pub fn reader(reader: impl AsyncRead + Send + Unpin + 'static) -> Load {
                Load::from_input(Input::Reader { name: $file.to_owned(), reader: Box::new(reader) }).format($format)
            }
        }
    };
}

source!(
    /// Rows separated by commas, semicolons, tabs or bars.
    Csv,
    FileFormat::Csv,
    "rows.csv"
);
source!(
    /// One JSON object a line, or an array of objects, which may stand inside of a document.
    Json,
    FileFormat::Json,
    "rows.json"
);
source!(
    /// Apache Parquet.
    Parquet,
    FileFormat::Parquet,
    "rows.parquet"
);
source!(
    /// Apache Arrow IPC, a file or a stream.
    Arrow,
    FileFormat::Arrow,
    "rows.arrow"
);
source!(
    /// An Apache Avro object container.
    Avro,
    FileFormat::Avro,
    "rows.avro"
);
source!(
    /// A sheet of an Excel workbook.
    Excel,
    FileFormat::Xlsx,
    "rows.xlsx"
);

/// What a load did. It is part of the commit, so that a repeated load can be answered with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadReport {
    /// Id of the load, for its rejected rows.
    pub load_id: String,
    /// The dataset.
    pub dataset: String,
    /// Name of the file or stream.
    pub source: String,
    /// The version that the load made.
    pub version: u64,
    /// Rows stored.
    pub rows: u64,
    /// Rows that the steps of the dataset left out: a filter, or equal keys.
    #[serde(default)]
    pub left_out: u64,
    /// The datasets that rows were looked up in, and the versions that these had.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lookups: BTreeMap<String, u64>,
    /// Rows rejected; see [`Mill::rejects`](crate::Mill::rejects).
    pub rejected: u64,
    /// Columns that the dataset did not have before.
    #[serde(default)]
    pub new_columns: Vec<String>,
    /// Columns of the dataset that it has widened, in all rows.
    #[serde(default)]
    pub widened: Vec<Widened>,
    /// Rows that were there and went for these.
    #[serde(default)]
    pub replaced: u64,
    /// Bytes stored.
    pub bytes: u64,
    /// Segments made.
    pub segments: u64,
    /// Time from the call to the commit.
    pub duration_ms: u64,
    /// Columns whose inferred type had to give way.
    pub promotions: Vec<Promotion>,
    /// Values that were made null, because they did not hold to the contract.
    #[serde(default)]
    pub nulled: u64,
    /// Values of decimals and long whole numbers that a float has rounded, because their column was declared as float. A row counts once a column.
    #[serde(default)]
    pub rounded: u64,
    /// Whether there is a profile: see [`Mill::load_profile`](crate::Mill::load_profile).
    #[serde(default)]
    pub profiled: bool,
    /// What is not as it was in the load before: up to 10 findings, the strongest first. The profile has all.
    #[serde(default)]
    pub drift: Vec<Drift>,
    /// Whether this is the answer of an earlier load with the same key.
    #[serde(default)]
    pub replayed: bool,
}
