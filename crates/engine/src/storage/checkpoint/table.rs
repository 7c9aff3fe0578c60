//! A checkpoint as Delta writes it down: a Parquet file in which each row is one action, in the column of its kind. The rows
//! are the lines of a log entry that would make the whole version at once, so they are written and read as such lines.
//! What Delta has no action for stands in a column of our own, which other readers leave alone: the loads that the version
//! remembers, and which entry of the log it belongs to.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use arrow::json::{LineDelimitedWriter, ReaderBuilder};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use deltalake_core::kernel::Add;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::{Error, ErrorKind, Result};
use crate::storage::checksum;
use crate::storage::entry::{self, LoadRecord, Metadata, transaction_id};
use crate::storage::keys::{KeyTime, Keyed, Keys};
use crate::storage::log::Snapshot;
use crate::storage::positions::Positions;
use crate::storage::rejections::{Rejection, Rejections};
use crate::storage::segment::Segment;
use crate::storage::statistics;

/// Rows that are turned into columns at a time.
const ROWS: usize = 8_192;

/// A segment that is no longer part of the dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tombstone {
    pub path: String,
    pub removed_at: DateTime<Utc>,
    /// Whether rows went with it.
    pub data_change: bool,
}

/// A version of a dataset with all that later versions and other readers need to know of those before it.
#[derive(Debug, Clone)]
pub(crate) struct Checkpoint {
    pub snapshot: Snapshot,
    /// Segments that were taken out not long ago.
    pub tombstones: Vec<Tombstone>,
    /// What tells the log entry of the version from any other: a checkpoint that does not belong to the log beside it, because
    /// the dataset was deleted while it was written, must not bring the dataset back.
    pub entry: String,
}

/// A checkpoint in bytes, with what a hint says of it.
pub(crate) struct Encoded {
    pub bytes: Vec<u8>,
    pub actions: u64,
}

/// What a version is beside its segments, in our own column.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    version: u64,
    /// Milliseconds since 1970.
    committed_at: i64,
    entry: String,
    erased_before: u64,
    retained_from: Option<i64>,
    #[serde(default)]
    profiled: Option<String>,
    /// Loads that rejected rows, from the oldest. Not there before they were kept.
    #[serde(default)]
    rejections: Option<Vec<Rejection>>,
    /// The version from which on none of them is missing.
    #[serde(default)]
    rejections_from: u64,
    /// Keys that loads came by, each with the latest version that did. Not there before they were kept.
    #[serde(default)]
    rejections_by_key: Option<Vec<(Vec<String>, u64)>>,
    /// The time of idempotency keys. Not there before they were forgotten after some days.
    #[serde(default)]
    key_time: Option<KeyTime>,
}

/// A load that the version remembers, in our own column.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Remembered {
    version: u64,
    /// Set for the latest loads, which people see.
    committed_at: Option<i64>,
    /// The day of its idempotency key, by the log; not there where it has none or it is forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_day: Option<i64>,
    load: LoadRecord,
}

impl Checkpoint {
    /// Keeps a core busy: call it where that is allowed.
    pub(crate) fn encode(&self) -> Result<Encoded> {
        let schema = schema();
        let compression = Compression::ZSTD(ZstdLevel::try_new(1)?);
        let properties = WriterProperties::builder().set_compression(compression).build();
        let mut writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(properties))?;
        let mut decoder = ReaderBuilder::new(schema).with_batch_size(ROWS).build_decoder()?;
        let rows = self.rows()?;
        for rows in rows.chunks(ROWS) {
            decoder.serialize(rows)?;
            if let Some(batch) = decoder.flush()? {
                writer.write(&batch)?;
            }
        }
        writer.flush()?;
        let chunks = checksum::chunks_of(writer.flushed_row_groups())?;
        writer.append_key_value_metadata(checksum::placeholder(chunks.len(), false));
        let mut bytes = writer.into_inner()?;
        checksum::seal(&mut bytes, &chunks, false)?;
        Ok(Encoded { bytes, actions: rows.len() as u64 })
    }

    /// Segments in their order; it is the order of the version.
    fn rows(&self) -> Result<Vec<Value>> {
        let snapshot = &self.snapshot;
        let mut rejections: Vec<Rejection> = snapshot.rejections.newest().cloned().collect();
        rejections.reverse();
        let state = State {
            version: snapshot.version,
            committed_at: snapshot.updated_at.timestamp_millis(),
            entry: self.entry.clone(),
            erased_before: snapshot.erased_before,
            retained_from: snapshot.retained_from.map(|from| from.timestamp_millis()),
            profiled: snapshot.profiled.clone(),
            rejections: Some(rejections),
            rejections_from: snapshot.rejections.complete_from(),
            rejections_by_key: Some(snapshot.rejections.keys().to_vec()),
            key_time: Some(snapshot.keys.time()),
        };
        let mut rows = vec![
            json!({"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}),
            json!({"metaData": entry::metadata_to_delta(&snapshot.metadata)}),
            json!({"tidemill": {"state": serde_json::to_string(&state)?}}),
        ];
        let mut keys: Vec<(u64, &str)> = snapshot.keys.chosen().map(|(key, (version, _), _)| (*version, key)).collect();
        keys.sort_unstable();
        rows.extend(keys.into_iter().map(|(_, key)| json!({"txn": {"appId": transaction_id(key), "version": 1}})));
        rows.extend(snapshot.positions.all().map(|(source, position, _)| json!({"txn": {"appId": source, "version": position}})));
        for remembered in remembered(snapshot) {
            rows.push(json!({"tidemill": {"load": serde_json::to_string(&remembered)?}}));
        }
        rows.extend(
            self.tombstones
                .iter()
                .map(|gone| json!({"remove": {"path": gone.path, "deletionTimestamp": gone.removed_at.timestamp_millis(), "dataChange": gone.data_change}})),
        );
        rows.extend(snapshot.segments.iter().map(|segment| json!({"add": add(&snapshot.arrow, segment)})));
        Ok(rows)
    }

    /// Keeps a core busy: call it where that is allowed.
    ///
    /// # Errors
    /// `Corrupt` for what is not a checkpoint that this engine wrote.
    pub(crate) fn decode(bytes: Bytes) -> Result<Self> {
        // Where the reader panics, the bytes are at fault, too.
        let read = catch_unwind(AssertUnwindSafe(|| Self::read(bytes))).unwrap_or_else(|_| Err(Error::corrupt("checkpoint: its reader gave up")));
        read.map_err(|error| match error.kind() {
            // What readers say of bytes that are not theirs is damage here.
            ErrorKind::Internal | ErrorKind::Invalid => Error::corrupt(format!("checkpoint: {}", error.message())).because(error),
            _ => error,
        })
    }

    fn read(bytes: Bytes) -> Result<Self> {
        checksum::verify_file(&bytes)?;
        let mut read = Read::default();
        for batch in ParquetRecordBatchReaderBuilder::try_new(bytes)?.with_batch_size(ROWS).build()? {
            let mut writer = LineDelimitedWriter::new(Vec::new());
            writer.write(&batch?)?;
            writer.finish()?;
            for line in writer.into_inner().split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                read.action(serde_json::from_slice(line)?)?;
            }
        }
        read.finish()
    }
}

/// Every load that a snapshot knows, once, oldest first.
fn remembered(snapshot: &Snapshot) -> Vec<Remembered> {
    let days: HashMap<&str, i64> = snapshot.keys.chosen().map(|(_, (_, load), day)| (load.load_id.as_str(), day)).collect();
    let remember =
        |version: u64, committed_at: Option<i64>, load: &LoadRecord| Remembered { version, committed_at, key_day: days.get(load.load_id.as_str()).copied(), load: load.clone() };
    // From the oldest, as they are read again: several may be of one version.
    let recent = snapshot.recent_loads.iter().rev();
    let mut remembered: Vec<Remembered> = recent.map(|(version, at, load)| remember(*version, Some(at.timestamp_millis()), load)).collect();
    let shown: HashSet<&str> = snapshot.recent_loads.iter().map(|(.., load)| load.load_id.as_str()).collect();
    // A load may have several keys.
    let keyed = snapshot.keys.chosen().map(|(_, keyed, _)| keyed).chain(snapshot.keys.replays());
    let known = keyed.chain(snapshot.positions.all().map(|(_, _, keyed)| keyed));
    let others: HashMap<&str, &Keyed> = known.map(|keyed| (keyed.1.load_id.as_str(), keyed)).filter(|(load_id, _)| !shown.contains(load_id)).collect();
    remembered.extend(others.into_values().map(|(version, load)| remember(*version, None, load)));
    remembered.sort_by_key(|load| load.version);
    remembered
}

fn add(schema: &SchemaRef, segment: &Segment) -> Value {
    let mut add = json!({
        "path": segment.path,
        "partitionValues": {},
        "size": segment.bytes,
        "modificationTime": segment.written_at.timestamp_millis(),
        "dataChange": false,
        "stats": statistics::to_delta(schema, segment.rows, &segment.statistics),
    });
    if let (Some(tags), Some(fields)) = (entry::filtered_columns(schema, segment), add.as_object_mut()) {
        fields.insert("tags".to_owned(), json!(tags));
    }
    add
}

/// What was read so far.
#[derive(Debug, Default)]
struct Read {
    metadata: Option<Metadata>,
    state: Option<State>,
    loads: Vec<Remembered>,
    adds: Vec<Add>,
    tombstones: Vec<Tombstone>,
}

impl Read {
    fn action(&mut self, action: Value) -> Result<()> {
        let Value::Object(action) = action else { return Ok(()) };
        for (kind, mut body) in action {
            match kind.as_str() {
                "protocol" => entry::check_protocol(&body)?,
                "metaData" => self.metadata = Some(entry::metadata_from_delta(&body)?),
                "add" => self.adds.push(serde_json::from_value(body)?),
                "remove" => self.tombstones.push(Tombstone {
                    path: body.get_mut("path").map(Value::take).and_then(|path| path.as_str().map(str::to_owned)).unwrap_or_default(),
                    removed_at: body.get("deletionTimestamp").and_then(Value::as_i64).and_then(DateTime::from_timestamp_millis).unwrap_or_default(),
                    data_change: body.get("dataChange").and_then(Value::as_bool).unwrap_or(true),
                }),
                "tidemill" => {
                    let text = |key: &str| body.get(key).and_then(Value::as_str);
                    if let Some(state) = text("state") {
                        self.state = Some(serde_json::from_str(state)?);
                    }
                    if let Some(load) = text("load") {
                        self.loads.push(serde_json::from_str(load)?);
                    }
                }
                // Loads say it all once more.
                _ => {}
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<Checkpoint> {
        let metadata = self.metadata.ok_or_else(|| Error::corrupt("checkpoint: no metadata"))?;
        let state = self.state.ok_or_else(|| Error::corrupt("checkpoint: it was not written by this engine, which needs the loads in it"))?;
        let instant = |millis: i64| DateTime::from_timestamp_millis(millis).ok_or_else(|| Error::corrupt("checkpoint: a time out of range"));
        let arrow = metadata.schema.arrow();
        let segments: Vec<Arc<Segment>> = self.adds.into_iter().map(|add| Arc::new(entry::segment_from_delta(&arrow, add))).collect();
        // One from before they were kept knows those of the loads that it remembers; it is all the more careful with what it does not know.
        let rejections = match state.rejections {
            Some(known) => {
                let known = Rejections::kept(known, state.rejections_from);
                match state.rejections_by_key {
                    Some(keys) => known.with_keys(keys),
                    None => known.with_keys_of(self.loads.iter().filter(|load| load.committed_at.is_some()).map(|load| (load.version, &load.load))),
                }
            }
            None => {
                let (latest, keyed): (Vec<_>, Vec<_>) = self.loads.iter().partition(|load| load.committed_at.is_some());
                let (keyed, latest) = (keyed.into_iter().map(|load| (load.version, &load.load)), latest.into_iter().map(|load| (load.version, &load.load)));
                Rejections::of_remembered(state.version, keyed, latest)
            }
        };
        let loads = self.loads.iter().map(|remembered| (remembered.key_day, (remembered.version, remembered.load.clone())));
        let keys = Keys::kept(state.key_time, instant(state.committed_at)?, loads);
        let mut positions = Positions::default();
        self.loads.iter().for_each(|remembered| positions.remember(remembered.version, &remembered.load));
        let mut recent_loads = Vec::new();
        for Remembered { version, committed_at, load, .. } in self.loads {
            if let Some(committed_at) = committed_at {
                recent_loads.insert(0, (version, instant(committed_at)?, load));
            }
        }
        let mut snapshot = Snapshot {
            version: state.version,
            commit_id: None,
            arrow,
            metadata: Arc::new(metadata),
            rows: segments.iter().map(|segment| segment.rows).sum(),
            bytes: segments.iter().map(|segment| segment.bytes).sum(),
            segments: Vec::new(),
            updated_at: instant(state.committed_at)?,
            time_range: None,
            recent_loads,
            keys,
            rejections,
            positions,
            profiled: state.profiled,
            erased_before: state.erased_before,
            retained_from: state.retained_from.map(instant).transpose()?,
        };
        segments.iter().for_each(|segment| snapshot.widen(segment));
        snapshot.segments = segments;
        Ok(Checkpoint { snapshot, tombstones: self.tombstones, entry: state.entry })
    }
}

/// The columns, as the Delta protocol names them, and our own.
fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let long = |name: &str| Field::new(name, DataType::Int64, true);
    let int = |name: &str| Field::new(name, DataType::Int32, true);
    let flag = |name: &str| Field::new(name, DataType::Boolean, true);
    let action = |name: &str, fields: Vec<Field>| Field::new(name, DataType::Struct(Fields::from(fields)), true);
    let map = |name: &str| {
        let entries = DataType::Struct(Fields::from(vec![Field::new("key", DataType::Utf8, false), text("value")]));
        Field::new(name, DataType::Map(Arc::new(Field::new("key_value", entries, false)), false), true)
    };
    let list = |name: &str| Field::new(name, DataType::List(Arc::new(text("element"))), true);
    Arc::new(Schema::new(vec![
        action("txn", vec![text("appId"), long("version"), long("lastUpdated")]),
        action("add", vec![text("path"), map("partitionValues"), long("size"), long("modificationTime"), flag("dataChange"), text("stats"), map("tags")]),
        action("remove", vec![text("path"), long("deletionTimestamp"), flag("dataChange")]),
        action(
            "metaData",
            vec![
                text("id"),
                text("name"),
                text("description"),
                action("format", vec![text("provider"), map("options")]),
                text("schemaString"),
                list("partitionColumns"),
                map("configuration"),
                long("createdTime"),
            ],
        ),
        action("protocol", vec![int("minReaderVersion"), int("minWriterVersion")]),
        action("tidemill", vec![text("state"), text("load")]),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Column, ColumnType, DatasetSchema, DatasetSettings, TimeChunk};
    use crate::storage::entry::{Entry, Replays};
    use crate::storage::positions::Advance;
    use crate::storage::statistics::ColumnStatistics;
    use crate::storage::testing;
    use datafusion::scalar::ScalarValue;

    fn load(id: &str, key: Option<&str>) -> LoadRecord {
        LoadRecord {
            load_id: id.into(),
            source: "f.csv".into(),
            rows: 3,
            rejected: 1,
            replaced: 0,
            new_columns: Vec::new(),
            widened: Vec::new(),
            bytes: 10,
            segments: 1,
            duration_ms: 1,
            promotions: vec![],
            left_out: 2,
            lookups: [("carriers".to_owned(), 4)].into(),
            idempotency_key: key.map(str::to_owned),
            replays: key.map(|key| Replays { load_id: format!("load of {key}"), rejects: vec![1, 4] }),
            profiled: true,
            // Some of many that people no longer see, each source at one of them.
            advance: key.map(|key| Advance { source: format!("source {}", key.len()), from: None, to: key.trim_start_matches('k').parse().unwrap() }),
            ..LoadRecord::default()
        }
    }

    fn segment(id: u64) -> Segment {
        let at = |micros: i64| Some(ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into())));
        Segment {
            path: format!("2013-01/{id}.parquet"),
            rows: id,
            bytes: 100 + id,
            written_at: DateTime::from_timestamp_millis(5).unwrap(),
            statistics: vec![
                ColumnStatistics { min: at(1_000_000 + id as i64), max: at(2_000_000), nulls: Some(0), filtered: false },
                ColumnStatistics { nulls: Some(1), filtered: true, ..Default::default() },
            ],
        }
    }

    #[test]
    fn a_version_survives_its_checkpoint() {
        let columns = vec![Column::new("at", ColumnType::Timestamp), Column::new("a \"b\"", ColumnType::String)];
        let metadata = Metadata {
            id: "id".into(),
            label: "Orders".into(),
            schema: DatasetSchema::new(columns, Some("at".into())).unwrap(),
            chunk: Some(TimeChunk::Day),
            created_at: DateTime::from_timestamp_millis(1_000).unwrap(),
            settings: DatasetSettings { keep_days: Some(9), ..DatasetSettings::default() },
            contract: Default::default(),
            steps: Some("{}".into()),
            dropped: false,
        };
        let time = |millis: i64| DateTime::from_timestamp_millis(millis).unwrap();
        let mut snapshot = Snapshot::first(Entry { metadata: Some(metadata), committed_at: time(1), ..Entry::default() }).unwrap();
        for version in 1..=40_u64 {
            let key = (version % 2 == 0).then(|| format!("k{version}"));
            let entry = Entry { added: vec![segment(version)], loads: vec![load(&version.to_string(), key.as_deref())], committed_at: time(version as i64), ..Entry::default() };
            snapshot = snapshot.extended(version, entry).unwrap();
        }
        let removed = vec![segment(3).path, segment(4).path];
        let places = HashMap::from([(segment(99).path, segment(3).path)]);
        snapshot = snapshot
            .extended(41, Entry { removed, added: vec![segment(99)], places, retained_from: Some(time(3)), committed_at: time(50), ..Entry::default() })
            .unwrap();
        let tombstones = [3, 4].map(|id| Tombstone { path: segment(id).path, removed_at: time(50), data_change: true }).to_vec();
        let checkpoint = Checkpoint { snapshot, tombstones, entry: "ab".into() };
        let encoded = checkpoint.encode().unwrap();
        let read = Checkpoint::decode(encoded.bytes.clone().into()).unwrap();
        let (a, b) = (&read.snapshot, &checkpoint.snapshot);
        assert_eq!((a.version, &a.metadata, &a.segments, a.rows, a.bytes), (b.version, &b.metadata, &b.segments, b.rows, b.bytes));
        assert_eq!((a.updated_at, a.time_range, &a.recent_loads, &a.keys, &a.profiled), (b.updated_at, b.time_range, &b.recent_loads, &b.keys, &b.profiled));
        assert_eq!(a.positions, b.positions);
        // One that is older than all loads that people see, and one of the latest.
        assert_eq!((a.positions.get("source 2"), a.positions.get("source 3")), (Some(8), Some(40)));
        assert_eq!((a.erased_before, a.retained_from, &read.tombstones, &read.entry), (b.erased_before, b.retained_from, &checkpoint.tombstones, &checkpoint.entry));
        assert_eq!(a.segments[2].path, segment(99).path);
        assert_eq!((a.rejections.newest().count(), &a.rejections), (40, &b.rejections));
        for cut in [0, 4, 1_000, encoded.bytes.len() - 1] {
            assert!(Checkpoint::decode(encoded.bytes[..cut].to_vec().into()).is_err(), "{cut}");
        }
    }

    #[test]
    fn keys_that_are_forgotten_leave_the_checkpoint() {
        let at = |hour: i64| DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(hour);
        for (keys_kept_days, expected) in [(Some(2), 3 * 24), (Some(0), 239)] {
            let settings = DatasetSettings { keys_kept_days, ..DatasetSettings::default() };
            let metadata = Metadata { settings, ..testing::metadata("id") };
            let mut snapshot = Snapshot::first(Entry { metadata: Some(metadata), committed_at: at(0), ..Entry::default() }).unwrap();
            for hour in 1..240_i64 {
                let load = LoadRecord { load_id: hour.to_string(), idempotency_key: Some(format!("k{hour}")), ..LoadRecord::default() };
                snapshot = snapshot.extended(hour.unsigned_abs(), Entry { loads: vec![load], committed_at: at(hour), ..Entry::default() }).unwrap();
            }
            let keys = snapshot.keys.clone();
            let checkpoint = Checkpoint { snapshot, tombstones: Vec::new(), entry: "ab".into() };
            let rows = checkpoint.rows().unwrap();
            let count = |path: &str| rows.iter().filter(|row| row.pointer(path).is_some()).count();
            assert_eq!((count("/txn"), count("/tidemill/load")), (expected, expected), "{keys_kept_days:?}");
            assert_eq!(Checkpoint::decode(checkpoint.encode().unwrap().bytes.into()).unwrap().snapshot.keys, keys);
        }
    }
}
