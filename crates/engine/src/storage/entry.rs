//! One entry of a dataset's log: Delta actions, one JSON object a line. Writing and reading them is all that happens here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use chrono::{DateTime, Utc};
use deltalake_core::kernel::{Action, Add, Remove, Transaction};
use serde_json::{Value, json};

use super::checked_text;
pub(crate) use super::load_record::{LoadRecord, REPLAY_KEY, Replays, replay_key};
use super::segment::Segment;
use super::statistics;
use crate::catalog::column::{ELEMENT, NESTING_MAX};
use crate::catalog::contract::KeptContract;
use crate::catalog::{Column, ColumnType, DatasetSchema, DatasetSettings, TimeChunk};
use crate::error::{Error, Result};

/// What a dataset is, as its log says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Metadata {
    /// Delta's table id.
    pub id: String,
    /// What people read.
    pub label: String,
    pub schema: DatasetSchema,
    pub chunk: Option<TimeChunk>,
    pub created_at: DateTime<Utc>,
    pub settings: DatasetSettings,
    /// What rows that come in must hold to.
    pub contract: KeptContract,
    /// What is done to the rows of every load, as text that `ingest` reads.
    pub steps: Option<Arc<str>>,
    /// The last word of a dataset that is being deleted.
    pub dropped: bool,
}

/// Why an entry puts segments in the place of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rewrite {
    /// The same rows in fewer segments: `dataChange` is false, nobody downstream sees a change.
    Compaction,
    /// Some rows are gone. Older versions still have them.
    Deletion,
    /// Some rows are gone, and with them every older version, because it may have them.
    Erasure,
    /// Whole time chunks are gone that are older than the dataset keeps rows.
    Retention,
    /// Some rows are gone because those of a load have come in their place.
    Replacement,
    /// The same rows with wider types, and the rows of the load that asked for these.
    Widening,
}

impl Rewrite {
    /// Whether others see other rows after it.
    fn changes_data(self) -> bool {
        self != Self::Compaction
    }

    fn name(self) -> &'static str {
        match self {
            Self::Compaction => "compaction",
            Self::Deletion => "deletion",
            Self::Erasure => "erasure",
            Self::Retention => "retention",
            Self::Replacement => "replacement",
            Self::Widening => "widening",
        }
    }

    const ALL: [Self; 6] = [Self::Compaction, Self::Deletion, Self::Erasure, Self::Retention, Self::Replacement, Self::Widening];
}

/// The content of one log entry.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Entry {
    /// Tells this commit from any other, also from an equal one. Set when it is committed.
    pub commit_id: Option<String>,
    /// Id of the table that the entry is for, where that matters: the dataset may have been made anew in the meantime.
    /// Not stored.
    pub table: Option<String>,
    /// Id of the table that it was put for, as it says. A commit fills it in; older logs do not say.
    pub put_for: Option<String>,
    pub metadata: Option<Metadata>,
    pub added: Vec<Segment>,
    pub removed: Vec<String>,
    /// Set where stored rows are written anew. What the predicate of a deletion was is not told: it may name a person
    /// whose rows are to be forgotten.
    pub rewrite: Option<Rewrite>,
    /// The version that it was made from, where rows that came in since must not be overlooked. Not stored.
    pub based_on: Option<u64>,
    /// Of a load that brings rejected rows corrected: the version in which it was looked up where they may stand. Not stored; a commit
    /// refuses what was taken since.
    pub compared_with: Option<u64>,
    /// Of a load: the steps that its rows went through. Not stored; refused where others are in force when it commits.
    pub steps: Option<Arc<str>>,
    /// By path of an added segment: the removed one whose place it takes in the order of the version. Others come last.
    pub places: HashMap<String, String>,
    /// Rows that are gone with it, where it says so. A commit fills it in.
    pub rows_removed: Option<u64>,
    /// Of a retention: the first instant of which rows are kept.
    pub retained_from: Option<DateTime<Utc>>,
    /// Set where metadata takes the place of this one. Not written: a commit compares it.
    pub alters: Option<Arc<Metadata>>,
    /// What rows that come in were held to. Not written: a commit compares it.
    pub held_to: Option<HeldTo>,
    /// What came in: several small loads share a commit.
    pub loads: Vec<LoadRecord>,
    pub committed_at: DateTime<Utc>,
}

/// The contract that rows were held to, and the columns that they were made for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HeldTo {
    pub contract: KeptContract,
    /// Columns that have come since are null in them; a type that is another one now would be wrong.
    pub columns: SchemaRef,
    /// The version in which their unique keys were looked for, where they have some: the entry must follow it.
    pub version: Option<u64>,
}

const KEY_COMMIT: &str = "tidemill.commit";
const KEY_TABLE: &str = "tidemill.table";
const OPERATION_LOAD: &str = "WRITE";
const OPERATION_COMPACTION: &str = "OPTIMIZE";
const OPERATION_DELETION: &str = "DELETE";
const OPERATION_SETTINGS: &str = "SET TBLPROPERTIES";
/// In `commitInfo`: which rewrite it is, where Delta's operations are too few.
const KEY_REWRITE: &str = "tidemill.rewrite";
const KEY_RETAINED_FROM: &str = "tidemill.retainedFrom";
/// In `operationMetrics`, as other engines write it.
const METRIC_ROWS_REMOVED: &str = "numDeletedRows";

/// Tag of an added segment: the removed one whose place it takes.
const TAG_PLACE: &str = "tidemill.place";

impl Entry {
    /// The entry as the bytes of its object.
    pub(crate) fn encode(&self, schema: &SchemaRef) -> Result<Vec<u8>> {
        let mut lines = Vec::with_capacity(self.added.len() + self.removed.len() + 4);
        let millis = self.committed_at.timestamp_millis();
        let (operation, parameters) = match self.rewrite {
            None if self.alters.is_some() && self.loads.is_empty() => (OPERATION_SETTINGS, json!({})),
            None | Some(Rewrite::Widening) => (OPERATION_LOAD, json!({"mode": "Append"})),
            Some(Rewrite::Replacement) => (OPERATION_LOAD, json!({"mode": "Overwrite"})),
            Some(Rewrite::Compaction) => (OPERATION_COMPACTION, json!({})),
            Some(Rewrite::Deletion | Rewrite::Erasure | Rewrite::Retention) => (OPERATION_DELETION, json!({})),
        };
        let data_change = self.rewrite.is_none_or(Rewrite::changes_data);
        let mut info = json!({
            "timestamp": millis,
            "operation": operation,
            "operationParameters": parameters,
            "isBlindAppend": self.removed.is_empty(),
            "engineInfo": concat!("tidemill/", env!("CARGO_PKG_VERSION")),
            KEY_COMMIT: self.commit_id,
        });
        let (key, room) = checked_text::placeholder();
        let more = [
            self.put_for.as_ref().map(|table| (KEY_TABLE, json!(table))),
            (!self.loads.is_empty()).then(|| serde_json::to_value(&self.loads).map(|loads| ("tidemill.loads", loads))).transpose()?,
            self.rewrite.map(|rewrite| (KEY_REWRITE, json!(rewrite.name()))),
            self.retained_from.map(|from| (KEY_RETAINED_FROM, json!(from.timestamp_millis()))),
            self.rows_removed.map(|rows| ("operationMetrics", json!({METRIC_ROWS_REMOVED: rows.to_string()}))),
        ];
        if let Some(object) = info.as_object_mut() {
            object.insert(key.to_owned(), room.into());
            object.extend(more.into_iter().flatten().map(|(key, value)| (key.to_owned(), value)));
        }
        lines.push(json!({"commitInfo": info}).to_string());
        if let Some(metadata) = &self.metadata {
            lines.push(json!({"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}).to_string());
            lines.push(json!({"metaData": metadata_to_delta(metadata)}).to_string());
        }
        for key in self.loads.iter().filter_map(|load| load.idempotency_key.as_deref()) {
            let action = Action::Txn(Transaction { app_id: transaction_id(key), version: 1, last_updated: Some(millis) });
            lines.push(serde_json::to_string(&action)?);
        }
        // Delta knows one version of an application a commit: of several parts of a source the last one counts.
        let positions: BTreeMap<&str, u64> = self.loads.iter().filter_map(|load| load.advance.as_ref()).map(|advance| (advance.source.as_str(), advance.to)).collect();
        for (source, position) in positions {
            let action = Action::Txn(Transaction { app_id: source.to_owned(), version: i64::try_from(position).unwrap_or(i64::MAX), last_updated: Some(millis) });
            lines.push(serde_json::to_string(&action)?);
        }
        for path in &self.removed {
            let action = Action::Remove(Remove { path: path.clone(), data_change, deletion_timestamp: Some(millis), ..Remove::default() });
            lines.push(serde_json::to_string(&action)?);
        }
        for segment in &self.added {
            let action = Action::Add(Add {
                path: segment.path.clone(),
                partition_values: HashMap::new(),
                size: i64::try_from(segment.bytes).unwrap_or(i64::MAX),
                modification_time: segment.written_at.timestamp_millis(),
                data_change,
                stats: Some(statistics::to_delta(schema, segment.rows, &segment.statistics)),
                tags: self.tags(schema, segment),
                ..Add::default()
            });
            lines.push(serde_json::to_string(&action)?);
        }
        let mut bytes = lines.join("\n").into_bytes();
        bytes.push(b'\n');
        checked_text::seal_entry(&mut bytes);
        Ok(bytes)
    }

    /// What Delta has no words for: where the segment stands, and which columns have bloom filters.
    fn tags(&self, schema: &SchemaRef, segment: &Segment) -> Option<HashMap<String, Option<String>>> {
        let mut tags = filtered_columns(schema, segment).unwrap_or_default();
        if let Some(place) = self.places.get(&segment.path) {
            tags.insert(TAG_PLACE.to_owned(), Some(place.clone()));
        }
        (!tags.is_empty()).then_some(tags)
    }

    /// Reads an entry. `schema` is the schema in force before it; an entry with metadata brings its own.
    pub(crate) fn decode(bytes: &[u8], schema: Option<&DatasetSchema>) -> Result<Self> {
        let mut entry = Self::default();
        let mut adds = Vec::new();
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty()) {
            let damaged = |error: serde_json::Error| Error::corrupt(format!("log entry, line {}: {error}", index + 1)).because(error);
            let value: Value = serde_json::from_slice(line).map_err(damaged)?;
            let Some((kind, body)) = value.as_object().and_then(|object| object.iter().next()) else {
                return Err(Error::corrupt(format!("log entry, line {}: not an action", index + 1)));
            };
            match kind.as_str() {
                "add" => {
                    let add = serde_json::from_value::<Add>(body.clone()).map_err(damaged)?;
                    if let Some(Some(place)) = add.tags.as_ref().and_then(|tags| tags.get(TAG_PLACE)) {
                        entry.places.insert(add.path.clone(), place.clone());
                    }
                    adds.push(add);
                }
                "remove" => entry.removed.push(serde_json::from_value::<Remove>(body.clone()).map_err(damaged)?.path),
                "metaData" => entry.metadata = Some(metadata_from_delta(body)?),
                "commitInfo" => {
                    entry.commit_id = body.get(KEY_COMMIT).and_then(Value::as_str).map(str::to_owned);
                    entry.put_for = body.get(KEY_TABLE).and_then(Value::as_str).map(str::to_owned);
                    entry.committed_at = body.get("timestamp").and_then(Value::as_i64).and_then(DateTime::from_timestamp_millis).unwrap_or_default();
                    entry.rewrite = rewrite_of(body);
                    entry.retained_from = body.get(KEY_RETAINED_FROM).and_then(Value::as_i64).and_then(DateTime::from_timestamp_millis);
                    let removed = body.get("operationMetrics").and_then(|metrics| metrics.get(METRIC_ROWS_REMOVED));
                    entry.rows_removed = removed.and_then(|rows| rows.as_u64().or_else(|| rows.as_str()?.parse().ok()));
                    // Before loads shared commits there was one.
                    entry.loads = match (body.get("tidemill.loads"), body.get("tidemill.load")) {
                        (Some(loads), _) => serde_json::from_value(loads.clone()).map_err(damaged)?,
                        (None, Some(load)) => vec![serde_json::from_value(load.clone()).map_err(damaged)?],
                        (None, None) => Vec::new(),
                    };
                }
                "protocol" => check_protocol(body)?,
                // txn is repeated in the load record; cdc and domainMetadata are not ours.
                _ => {}
            }
        }
        let owned = entry.metadata.as_ref().map(|metadata| metadata.schema.clone());
        let arrow = owned.as_ref().or(schema).map(DatasetSchema::arrow);
        if let Some(arrow) = arrow {
            entry.added = adds.into_iter().map(|add| segment_from_delta(&arrow, add)).collect();
        } else if !adds.is_empty() {
            return Err(Error::corrupt("log entry: segments before any metadata"));
        }
        Ok(entry)
    }
}

fn rewrite_of(info: &Value) -> Option<Rewrite> {
    let ours = info.get(KEY_REWRITE).and_then(Value::as_str).and_then(|name| Rewrite::ALL.into_iter().find(|rewrite| rewrite.name() == name));
    ours.or_else(|| match info.get("operation").and_then(Value::as_str) {
        Some(OPERATION_COMPACTION) => Some(Rewrite::Compaction),
        Some(OPERATION_DELETION) => Some(Rewrite::Deletion),
        _ => None,
    })
}

/// When an entry was committed, without reading the rest of it.
pub(crate) fn committed_at(bytes: &[u8]) -> Option<DateTime<Utc>> {
    info_of(bytes)?.get("timestamp").and_then(Value::as_i64).and_then(DateTime::from_timestamp_millis)
}

/// Which commit an entry is, without reading the rest of it.
pub(crate) fn commit_id(bytes: &[u8]) -> Option<String> {
    info_of(bytes)?.get(KEY_COMMIT).and_then(Value::as_str).map(str::to_owned)
}

/// Which table an entry was put for, where it says so, without reading the rest of it.
pub(crate) fn put_for(bytes: &[u8]) -> Option<String> {
    info_of(bytes)?.get(KEY_TABLE).and_then(Value::as_str).map(str::to_owned)
}

fn info_of(bytes: &[u8]) -> Option<Value> {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| line.starts_with(br#"{"commitInfo""#));
    let mut info = lines.map(serde_json::from_slice::<Value>).find_map(Result::ok)?;
    info.get_mut("commitInfo").map(Value::take)
}

/// The id of Delta's application transaction for an idempotency key.
pub(crate) fn transaction_id(key: &str) -> String {
    format!("tidemill.load/{key}")
}

/// Tag of a segment: the columns that have bloom filters, as a JSON list.
const TAG_FILTERED: &str = "tidemill.bloomFilters";

pub(super) fn filtered_columns(schema: &SchemaRef, segment: &Segment) -> Option<HashMap<String, Option<String>>> {
    let names: Vec<&str> = schema.fields().iter().zip(&segment.statistics).filter(|(_, column)| column.filtered).map(|(field, _)| field.name().as_str()).collect();
    (!names.is_empty()).then(|| HashMap::from([(TAG_FILTERED.to_owned(), Some(json!(names).to_string()))]))
}

pub(super) fn segment_from_delta(schema: &SchemaRef, add: Add) -> Segment {
    let (rows, mut statistics) = add
        .stats
        .as_deref()
        .and_then(|stats| statistics::from_delta(schema, stats))
        .unwrap_or_else(|| (0, vec![statistics::ColumnStatistics::default(); schema.fields().len()]));
    let tag = add.tags.as_ref().and_then(|tags| tags.get(TAG_FILTERED)).and_then(Option::as_deref);
    for name in tag.and_then(|names| serde_json::from_str::<Vec<String>>(names).ok()).unwrap_or_default() {
        if let Some(column) = schema.index_of(&name).ok().and_then(|index| statistics.get_mut(index)) {
            column.filtered = true;
        }
    }
    Segment {
        path: add.path,
        rows,
        bytes: u64::try_from(add.size).unwrap_or(0),
        written_at: DateTime::from_timestamp_millis(add.modification_time).unwrap_or_default(),
        statistics,
    }
}

pub(super) fn check_protocol(body: &Value) -> Result<()> {
    let reader = body.get("minReaderVersion").and_then(Value::as_u64).unwrap_or(1);
    if reader > 1 {
        return Err(Error::corrupt(format!("the table needs a Delta reader of version {reader}; this engine reads version 1")));
    }
    Ok(())
}

const KEY_TIME_COLUMN: &str = "tidemill.timeColumn";
const KEY_CHUNK: &str = "tidemill.timeChunk";
const KEY_STEPS: &str = "tidemill.steps";
pub(super) const KEY_DROPPED: &str = "tidemill.dropped";
const KEY_KEEP_DAYS: &str = "tidemill.keepDays";
const KEY_VERSIONS_KEPT_DAYS: &str = "tidemill.versionsKeptDays";
const KEY_KEYS_KEPT_DAYS: &str = "tidemill.keysKeptDays";
const KEY_CONTRACT: &str = "tidemill.contract";
/// Delta's own words for how long versions are kept, so that a vacuum by another engine keeps to it.
const KEYS_DELTA_KEPT: [&str; 2] = ["delta.deletedFileRetentionDuration", "delta.logRetentionDuration"];

pub(super) fn metadata_to_delta(metadata: &Metadata) -> Value {
    let fields: Vec<Value> = metadata.schema.columns.iter().map(delta_field).collect();
    let mut configuration = serde_json::Map::new();
    if let Some(column) = &metadata.schema.time_column {
        configuration.insert(KEY_TIME_COLUMN.to_owned(), json!(column));
    }
    if let Some(chunk) = metadata.chunk {
        configuration.insert(KEY_CHUNK.to_owned(), json!(chunk));
    }
    if let Some(days) = metadata.settings.keep_days {
        configuration.insert(KEY_KEEP_DAYS.to_owned(), json!(days.to_string()));
    }
    if let Some(days) = metadata.settings.versions_kept_days {
        configuration.insert(KEY_VERSIONS_KEPT_DAYS.to_owned(), json!(days.to_string()));
        configuration.extend(KEYS_DELTA_KEPT.map(|key| (key.to_owned(), json!(format!("interval {days} days")))));
    }
    if let Some(days) = metadata.settings.keys_kept_days {
        configuration.insert(KEY_KEYS_KEPT_DAYS.to_owned(), json!(days.to_string()));
    }
    if let Some(contract) = metadata.contract.text() {
        configuration.insert(KEY_CONTRACT.to_owned(), json!(contract));
    }
    if let Some(steps) = &metadata.steps {
        configuration.insert(KEY_STEPS.to_owned(), json!(steps));
    }
    if metadata.dropped {
        configuration.insert(KEY_DROPPED.to_owned(), json!("true"));
    }
    json!({
        "id": metadata.id,
        "name": metadata.label,
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json!({"type": "struct", "fields": fields}).to_string(),
        "partitionColumns": [],
        "createdTime": metadata.created_at.timestamp_millis(),
        "configuration": configuration,
    })
}

pub(super) fn metadata_from_delta(body: &Value) -> Result<Metadata> {
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let missing = |key: &str| Error::corrupt(format!("log entry: metadata without {key}"));
    let schema: Value =
        serde_json::from_str(text("schemaString").ok_or_else(|| missing("schemaString"))?).map_err(|error| Error::corrupt(format!("schema of the log: {error}")))?;
    let fields = schema.get("fields").and_then(Value::as_array).ok_or_else(|| missing("fields"))?;
    let columns = fields
        .iter()
        .map(|field| {
            let name = field.get("name").and_then(Value::as_str).ok_or_else(|| missing("field name"))?;
            let column = field.get("type").and_then(|delta| column_of(name, delta, NESTING_MAX));
            column.ok_or_else(|| Error::corrupt(format!("column {name:?} has a Delta type that this engine does not read")))
        })
        .collect::<Result<Vec<_>>>()?;
    let configured = |key: &str| body.get("configuration").and_then(|configuration| configuration.get(key)).and_then(Value::as_str);
    let days = |key: &str| configured(key).and_then(|days| days.parse().ok());
    Ok(Metadata {
        id: text("id").unwrap_or_default().to_owned(),
        label: text("name").unwrap_or_default().to_owned(),
        schema: DatasetSchema::new(columns, configured(KEY_TIME_COLUMN).map(str::to_owned))?,
        chunk: configured(KEY_CHUNK).and_then(|chunk| serde_json::from_value(json!(chunk)).ok()),
        created_at: body.get("createdTime").and_then(Value::as_i64).and_then(DateTime::from_timestamp_millis).unwrap_or_default(),
        settings: DatasetSettings { keep_days: days(KEY_KEEP_DAYS), versions_kept_days: days(KEY_VERSIONS_KEPT_DAYS), keys_kept_days: days(KEY_KEYS_KEPT_DAYS) },
        contract: configured(KEY_CONTRACT).map(KeptContract::read).unwrap_or_default(),
        steps: configured(KEY_STEPS).map(Arc::from),
        dropped: configured(KEY_DROPPED) == Some("true"),
    })
}

fn delta_field(column: &Column) -> Value {
    json!({"name": column.name, "type": delta_type(column), "nullable": true, "metadata": {}})
}

fn delta_type(column: &Column) -> Value {
    match column.column_type {
        ColumnType::Boolean => json!("boolean"),
        ColumnType::Integer => json!("long"),
        ColumnType::Float => json!("double"),
        ColumnType::String => json!("string"),
        ColumnType::Date => json!("date"),
        ColumnType::Timestamp => json!("timestamp"),
        ColumnType::Struct => json!({"type": "struct", "fields": column.fields.iter().map(delta_field).collect::<Vec<_>>()}),
        ColumnType::List => json!({"type": "array", "elementType": column.fields.first().map(delta_type), "containsNull": true}),
    }
}

/// The column of a type of Delta, where this engine has one.
fn column_of(name: &str, delta: &Value, levels: usize) -> Option<Column> {
    if let Some(delta) = delta.as_str() {
        return column_type_of(delta).map(|column_type| Column::new(name, column_type));
    }
    let levels = levels.checked_sub(1)?;
    let (column_type, fields) = match delta.get("type")?.as_str()? {
        "struct" => {
            let fields = delta.get("fields")?.as_array()?.iter().map(|field| column_of(field.get("name")?.as_str()?, field.get("type")?, levels));
            (ColumnType::Struct, fields.collect::<Option<Vec<_>>>()?)
        }
        "array" => (ColumnType::List, vec![column_of(ELEMENT, delta.get("elementType")?, levels)?]),
        _ => return None,
    };
    (!fields.is_empty()).then(|| Column { name: name.to_owned(), column_type, fields })
}

fn column_type_of(delta: &str) -> Option<ColumnType> {
    Some(match delta {
        "boolean" => ColumnType::Boolean,
        "long" | "integer" | "short" | "byte" => ColumnType::Integer,
        "double" | "float" => ColumnType::Float,
        "string" => ColumnType::String,
        "date" => ColumnType::Date,
        "timestamp" => ColumnType::Timestamp,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{LoadMode, Widened};
    use crate::storage::positions::Advance;
    use crate::storage::statistics::ColumnStatistics;

    fn metadata() -> Metadata {
        let columns = vec![
            Column::new("when", ColumnType::Timestamp),
            Column::new("a \"b\"", ColumnType::Integer),
            Column {
                name: "places".into(),
                column_type: ColumnType::List,
                fields: vec![Column { name: "element".into(), column_type: ColumnType::Struct, fields: vec![Column::new("city", ColumnType::String)] }],
            },
        ];
        Metadata {
            id: "id".into(),
            label: "Orders".into(),
            schema: DatasetSchema::new(columns, Some("when".into())).unwrap(),
            chunk: Some(TimeChunk::Day),
            created_at: DateTime::from_timestamp_millis(1_000).unwrap(),
            settings: DatasetSettings { keep_days: Some(90), versions_kept_days: Some(3), keys_kept_days: Some(60) },
            contract: KeptContract::read(r#"{"rules":[{"check":"required","column":"when"}]}"#),
            steps: Some(r#"{"steps":[]}"#.into()),
            dropped: false,
        }
    }

    #[test]
    fn an_entry_survives_its_encoding() {
        let metadata = metadata();
        let schema = metadata.schema.arrow();
        let entry = Entry {
            commit_id: Some("c1".into()),
            table: None,
            put_for: Some("id".into()),
            based_on: None,
            compared_with: None,
            steps: None,
            added: vec![Segment {
                path: "2013-01/x y.parquet".into(),
                rows: 3,
                bytes: 10,
                written_at: DateTime::from_timestamp_millis(5).unwrap(),
                statistics: vec![ColumnStatistics::default(), ColumnStatistics { nulls: Some(1), filtered: true, ..Default::default() }, ColumnStatistics::default()],
            }],
            removed: vec!["2013-01/old.parquet".into()],
            rewrite: None,
            rows_removed: None,
            retained_from: None,
            alters: None,
            held_to: None,
            places: HashMap::from([("2013-01/x y.parquet".into(), "2013-01/old.parquet".into())]),
            loads: vec![LoadRecord {
                load_id: "l".into(),
                source: "f.csv".into(),
                rows: 3,
                rejected: 0,
                replaced: 2,
                new_columns: vec!["x y".into()],
                widened: vec![Widened { column: "n".into(), from: ColumnType::Integer, to: ColumnType::Float }],
                bytes: 10,
                segments: 1,
                duration_ms: 1,
                promotions: vec![],
                left_out: 2,
                lookups: BTreeMap::from([("carriers".into(), 4)]),
                idempotency_key: Some("k".into()),
                digest: Some("4-ab".into()),
                nulled: 2,
                rounded: 3,
                profiled: true,
                drift: vec![],
                replays: Some(Replays { load_id: "m".into(), rejects: vec![0, 7] }),
                mode: Some(LoadMode::Upsert { key: vec!["n".into()] }),
                advance: Some(Advance { source: "orders/eu".into(), from: Some(3), to: 9 }),
            }],
            committed_at: DateTime::from_timestamp_millis(7).unwrap(),
            metadata: Some(metadata),
        };
        let bytes = entry.encode(&schema).unwrap();
        assert_eq!(Entry::decode(&bytes, None).unwrap(), entry);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("tidemill.load/k"));
        assert!(text.contains(r#"{"txn":{"appId":"orders/eu","version":9,"#), "{text}");
        assert_eq!(committed_at(&entry.encode(&schema).unwrap()), Some(entry.committed_at));
        assert_eq!(put_for(&entry.encode(&schema).unwrap()), entry.put_for);
        for rewrite in Rewrite::ALL {
            let entry = Entry { rewrite: Some(rewrite), rows_removed: Some(4), retained_from: DateTime::from_timestamp_millis(9), ..entry.clone() };
            let bytes = entry.encode(&schema).unwrap();
            assert_eq!(Entry::decode(&bytes, None).unwrap(), entry);
            let text = String::from_utf8(bytes).unwrap();
            assert_eq!(text.matches("\"dataChange\":false").count(), if rewrite == Rewrite::Compaction { 2 } else { 0 }, "{text}");
        }
    }

    #[test]
    fn equal_commits_are_told_apart() {
        let schema = metadata().schema.arrow();
        let [one, other] = ["c1", "c2"].map(|id| Entry { commit_id: Some(id.into()), removed: vec!["a".into()], rewrite: Some(Rewrite::Deletion), ..Entry::default() });
        assert_ne!(one.encode(&schema).unwrap(), other.encode(&schema).unwrap());
    }

    #[test]
    fn a_damaged_entry_says_where() {
        let error = Entry::decode(b"{\"commitInfo\":{}}\n{\"add\":{\"pa", None).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Corrupt);
        assert!(error.to_string().contains("line 2"), "{error}");
        assert!(Entry::decode(b"{\"protocol\":{\"minReaderVersion\":3}}", None).is_err());
    }
}
