//! The knobs of the engine: plain data, validated once at open. Components (object store, clock) go to the builder.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::budget::{BYTES_A_UNIT, Budget, ROWS_A_UNIT};
use crate::error::{Error, Result};

/// How many times the size of a file its content may be, where nobody says otherwise: text packs to a tenth, logs to a hundredth.
pub(crate) const UNPACK_RATIO: u32 = 1_000;
/// The most that anybody may say.
pub(crate) const UNPACK_RATIO_MAX: u32 = 1_000_000;

/// Settings of an engine. Every field has a default that suits a small machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Memory that queries of this engine may hold together, in bytes. Range 16 MiB and up. Raise it on larger machines.
    pub query_memory_bytes: usize,
    /// Partitions of one query, that is cores it may use. Range 1 to 64.
    pub query_partitions: usize,
    /// Statements of one tenant that are planned at the same time at most, of the 64 of all tenants of an engine. Range 1 to 64.
    /// Raise it where there is one tenant, which need leave nothing to others; lower it where very many ask what takes long to plan.
    pub tenant_planned_statements: usize,
    /// Milliseconds after which somebody is told an answer who may see a part of the data only, or four times as many, or sixteen
    /// times, as it is ready by then; for errors, explanations and lists of values too. Then how long it took tells little of rows that they do not see. 0 tells
    /// at once. Range 0 to 60,000. Choose what nearly all first answers of such people take less than.
    pub time_class_ms: u64,
    /// Rows that cost one unit, where a budget bounds the cost of a question. Range 1 to 1,000,000,000. Lower it where reading rows is dear.
    pub rows_a_unit: u64,
    /// Bytes that cost one unit. Range 1 to 1,000,000,000,000. Lower it where fetching bytes is dear.
    pub bytes_a_unit: u64,
    /// Rows of a segment at most. Range 1,000 to 16,777,216. Larger segments scan faster, smaller ones prune better.
    pub segment_max_rows: usize,
    /// Memory of Parquet footers kept ready, in bytes; bloom filters may take as much again. Raise it when look-ups in many
    /// segments read anew what they have read before.
    pub footer_cache_bytes: usize,
    /// Events that a slow listener may lag behind before it is told to look again. Range 16 to 65,536.
    pub event_capacity: usize,
    /// Memory of partials and merged partials, in bytes; a fifth of it is for the dictionaries of their text keys. 0 turns them off: every aggregate is computed from its rows.
    /// Lookups that are functions, and lists of values, may take a quarter of it each beside it.
    pub partial_cache_bytes: usize,
    /// Memory of decoded columns that partials are computed from, in bytes. Raise it until the columns of the dashboards
    /// that people look at fit.
    pub column_cache_bytes: usize,
    /// Storage of rollups that the advisor keeps, in bytes a dataset. 0 turns the advisor off; declared rollups are kept
    /// all the same.
    pub advised_rollup_bytes: u64,
    /// Rows of a lookup at most that is kept in memory as a function of its keys, so that aggregates by what it says are kept as
    /// well. Larger ones are joined for each question. 0: all are joined. Access policies look up in no more, and in 65,536 in any case.
    /// Range 0 to 16,777,216.
    pub mapped_lookup_rows: u64,
    /// Whether rollups are built in the background. Without it only [`Mill::build_rollups`](crate::Mill::build_rollups)
    /// builds them.
    pub background_rollups: bool,
    /// Milliseconds from the beginning of one commit of several small loads at most until the next one of the same dataset, in
    /// which further loads gather. It begins sooner where as many have come as came together lately. A load that comes alone
    /// does not wait. Range 0 to 10,000. Raise it where very many clients write and fewer, larger segments matter more than an
    /// answer at once.
    pub commit_interval_ms: u64,
    /// Bytes of a dataset at most of which a load of up to 1 MiB widens a column, as a push does: all of its rows are written anew
    /// then. 0: only larger loads widen. Raise it where small loads bring what large datasets need.
    pub push_widening_bytes: u64,
    /// How many times the size of a file its content may be once it is unpacked and written out, where a load does not say it
    /// ([`ReadOptions::unpack_ratio`](crate::ingest::ReadOptions::unpack_ratio)). Looked at from 256 MiB on. Range 1 to 1,000,000. Raise it where files
    /// of very many equal rows come every day.
    pub unpack_ratio: u32,
    /// Seconds after a commit until its dataset is looked at for small segments to merge and old ones to remove. Range 0
    /// to 86,400; 0 turns upkeep off: then call [`Mill::compact`](crate::Mill::compact) and
    /// [`Mill::vacuum`](crate::Mill::vacuum). Raise it where commits are many and questions few.
    pub upkeep_seconds: u64,
    /// Datasets that upkeep looks after at the same time. Range 1 to 16. What their merges hold in memory is shared by all of them, so more of
    /// them read and write beside each other and hold no more. Raise it on machines with many cores and very many datasets.
    pub upkeep_datasets: usize,
    /// Seconds that a segment which a rewrite replaced stays in the store, for queries that read an older version. Longer
    /// than any query runs, here or in another engine over the same store. Range 60 to 2,592,000 (30 days).
    pub replaced_kept_seconds: u64,
    /// Seconds that a version of a dataset stays readable after the next one came, where the dataset says nothing else.
    /// What was replaced stays in the store as long, several times the bytes of what was written meanwhile. Range 0 to
    /// 315,360,000 (ten years). Equal in all engines over one store, or the lowest counts.
    pub versions_kept_seconds: u64,
    /// Commits after which upkeep writes a checkpoint of a dataset's log: opening a dataset reads at most about so many
    /// objects. Range 1 to 10,000.
    pub checkpoint_commits: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            query_memory_bytes: 1 << 30,
            query_partitions: std::thread::available_parallelism().map_or(2, std::num::NonZero::get).min(16),
            tenant_planned_statements: 16,
            time_class_ms: 0,
            rows_a_unit: ROWS_A_UNIT,
            bytes_a_unit: BYTES_A_UNIT,
            segment_max_rows: 1 << 20,
            footer_cache_bytes: 64 << 20,
            event_capacity: 1024,
            partial_cache_bytes: 256 << 20,
            column_cache_bytes: 512 << 20,
            advised_rollup_bytes: 256 << 20,
            mapped_lookup_rows: 1 << 20,
            background_rollups: true,
            commit_interval_ms: 20,
            push_widening_bytes: 64 << 20,
            unpack_ratio: UNPACK_RATIO,
            upkeep_seconds: 10,
            upkeep_datasets: 2,
            replaced_kept_seconds: 3_600,
            versions_kept_seconds: 7 * 86_400,
            checkpoint_commits: 50,
        }
    }
}

impl Settings {
    /// Checks every range.
    ///
    /// ```
    /// use tidemill::Settings;
    /// let settings = Settings { segment_max_rows: 10, ..Settings::default() };
    /// assert_eq!(settings.validate().unwrap_err().field(), Some("segment_max_rows"));
    /// ```
    ///
    /// # Errors
    /// `Invalid`, naming the setting and its range.
    pub fn validate(&self) -> Result<()> {
        let checks = [
            ("query_memory_bytes", self.query_memory_bytes, 16 << 20, usize::MAX),
            ("query_partitions", self.query_partitions, 1, 64),
            ("tenant_planned_statements", self.tenant_planned_statements, 1, 64),
            ("segment_max_rows", self.segment_max_rows, 1_000, 1 << 24),
            ("upkeep_datasets", self.upkeep_datasets, 1, 16),
            ("footer_cache_bytes", self.footer_cache_bytes, 0, usize::MAX),
            ("event_capacity", self.event_capacity, 16, 1 << 16),
            ("partial_cache_bytes", self.partial_cache_bytes, 0, usize::MAX),
            ("column_cache_bytes", self.column_cache_bytes, 0, usize::MAX),
        ]
        .map(|(name, value, low, high)| (name, value as u64, low as u64, high as u64));
        let times = [
            ("time_class_ms", self.time_class_ms, 0, 60_000),
            ("commit_interval_ms", self.commit_interval_ms, 0, 10_000),
            ("upkeep_seconds", self.upkeep_seconds, 0, 86_400),
            ("replaced_kept_seconds", self.replaced_kept_seconds, 60, 30 * 86_400),
            ("versions_kept_seconds", self.versions_kept_seconds, 0, 3_650 * 86_400),
            ("checkpoint_commits", self.checkpoint_commits, 1, 10_000),
            ("mapped_lookup_rows", self.mapped_lookup_rows, 0, 1 << 24),
            ("rows_a_unit", self.rows_a_unit, 1, 1_000_000_000),
            ("bytes_a_unit", self.bytes_a_unit, 1, 1_000_000_000_000),
            ("unpack_ratio", u64::from(self.unpack_ratio), 1, u64::from(UNPACK_RATIO_MAX)),
        ];
        for (name, value, low, high) in checks.into_iter().chain(times) {
            if value < low || value > high {
                return Err(Error::invalid(format!("setting {name} is {value}; it must lie between {low} and {high}")).at(name));
            }
        }
        Ok(())
    }
}

/// Bounds of one query, from the scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A query that runs longer is stopped.
    pub deadline: Duration,
    /// Rows of a result at most; a query without a limit of its own is cut here and says so.
    pub result_rows: usize,
    /// Bytes of SQL text at most.
    pub sql_bytes: usize,
    /// Nesting of SQL or of filters at most.
    pub depth: usize,
    /// What a question may read at most. Default: anything.
    pub budget: Budget,
}

impl Default for Limits {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(60), result_rows: 50_000, sql_bytes: 64 << 10, depth: 64, budget: Budget::default() }
    }
}
