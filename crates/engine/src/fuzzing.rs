//! For fuzzers and for the test that replays what they found: bytes that somebody else made go into everything that reads such
//! bytes. Whatever they are, nothing panics, and no error says that it is our fault. Not part of the crate's interface.

mod statements;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use chrono::DateTime;
use chrono_tz::Tz;
use datafusion::prelude::col;
use futures::executor::block_on;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

pub use self::statements::sql;
pub use self::words::{cube, dates, model, osi, policy};

use crate::catalog::{ColumnType, DatasetSchema};
use crate::error::{Error, ErrorKind, Result};
use crate::functions::bucket::bucket_of;
use crate::ingest::decode::{DecodeOutcome, DecodeTarget, Spooled, decode, spool};
use crate::ingest::infer::infer_spooled;
use crate::ingest::{FileFormat, Input, Progress, ReadOptions};
use crate::semantic::absolute::absolute;
use crate::semantic::compile::calendar_of;
use crate::semantic::date::Reference;
use crate::semantic::granularity::interval_of;
use crate::semantic::{CalendarSettings, DateRange, SemanticQuery, filter};
use crate::storage::checkpoint::table::Checkpoint;
use crate::storage::layout;
use crate::storage::log::DatasetLog;

/// What bytes go into; an error says which promise was not kept.
pub type Target = fn(&[u8]) -> Result<(), String>;

/// Everything that reads bytes of others, by the name of its fuzz target and of its folder of examples.
pub const TARGETS: [(&str, Target); 17] = [
    ("csv", csv),
    ("ndjson", ndjson),
    ("json", json),
    ("parquet", parquet),
    ("arrow", arrow),
    ("avro", avro),
    ("xlsx", xlsx),
    ("compressed", compressed),
    ("log", log),
    ("checkpoint", checkpoint),
    ("question", question),
    ("dates", dates),
    ("model", model),
    ("cube", cube),
    ("osi", osi),
    ("policy", policy),
    ("sql", sql),
];

/// Passes over a file at most, as a load makes them.
const PASSES_MAX: usize = 3;
/// Nesting of filters, as a scope allows it.
const DEPTH: usize = 64;
/// A log entry that makes a dataset.
const FIRST_ENTRY: &str = concat!(
    r#"{"commitInfo":{"timestamp":1,"operation":"WRITE"}}"#,
    "\n",
    r#"{"metaData":{"id":"i","name":"n","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"at\",\"type\":\"timestamp\",\"nullable\":true,\"metadata\":{}},{\"name\":\"n\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},{\"name\":\"x\",\"type\":\"double\",\"nullable\":true,\"metadata\":{}},{\"name\":\"s\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{"tidemill.timeColumn":"at"}}}"#,
    "\n"
);

/// Delimited text.
///
/// # Errors
/// A promise that was not kept, here and in all others.
pub fn csv(bytes: &[u8]) -> Result<(), String> {
    file("rows.csv", Some(FileFormat::Csv), bytes)
}

/// JSON lines.
#[allow(clippy::missing_errors_doc, reason = "see `csv`")]
pub fn ndjson(bytes: &[u8]) -> Result<(), String> {
    file("rows.ndjson", Some(FileFormat::Ndjson), bytes)
}

/// A JSON document; also the array at a place inside of it.
#[allow(clippy::missing_errors_doc, reason = "see `csv`")]
pub fn json(bytes: &[u8]) -> Result<(), String> {
    file("rows.json", Some(FileFormat::Json), bytes)?;
    let options = ReadOptions { json_path: Some("/data/items".to_owned()), ..ReadOptions::default() };
    load(&spooled("rows.json", bytes)?, &options)
}

/// Parquet.
#[allow(clippy::missing_errors_doc, reason = "see `csv`")]
pub fn parquet(bytes: &[u8]) -> Result<(), String> {
    file("rows.parquet", Some(FileFormat::Parquet), bytes)
}

/// Arrow IPC, a file or a stream.
#[allow(clippy::missing_errors_doc, reason = "see `csv`")]
pub fn arrow(bytes: &[u8]) -> Result<(), String> {
    file("rows.arrow", Some(FileFormat::Arrow), bytes)
}

/// Avro.
#[allow(clippy::missing_errors_doc, reason = "see `csv`")]
pub fn avro(bytes: &[u8]) -> Result<(), String> {
    file("rows.avro", Some(FileFormat::Avro), bytes)
}

/// A workbook.
#[allow(clippy::missing_errors_doc, reason = "see `csv`")]
pub fn xlsx(bytes: &[u8]) -> Result<(), String> {
    file("rows.xlsx", Some(FileFormat::Xlsx), bytes)
}

/// Anything, of which the content decides what it is: packed text above all.
#[allow(clippy::missing_errors_doc, reason = "see `csv`")]
pub fn compressed(bytes: &[u8]) -> Result<(), String> {
    file("rows", None, bytes)
}

/// The log of a dataset: the bytes are its first entry, and the one after a good first one.
#[allow(clippy::missing_errors_doc, reason = "see `csv`")]
pub fn log(bytes: &[u8]) -> Result<(), String> {
    for entries in [vec![bytes], vec![FIRST_ENTRY.as_bytes(), bytes]] {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let prefix = Path::from("acme/orders");
        let read = async {
            for (version, entry) in (0..).zip(entries) {
                store.put(&layout::log_entry(&prefix, version), Bytes::copy_from_slice(entry).into()).await?;
            }
            DatasetLog::new(Arc::clone(&store), prefix.clone()).snapshot().await
        };
        settled(block_on(read))?;
    }
    Ok(())
}

/// A checkpoint of a log.
#[allow(clippy::missing_errors_doc, reason = "see `csv`")]
pub fn checkpoint(bytes: &[u8]) -> Result<(), String> {
    settled(Checkpoint::decode(Bytes::copy_from_slice(bytes))).map(drop)
}

/// A question as JSON: its dates and filters.
#[allow(clippy::missing_errors_doc, reason = "see `csv`")]
pub fn question(bytes: &[u8]) -> Result<(), String> {
    const TYPES: [ColumnType; 6] = [ColumnType::Boolean, ColumnType::Integer, ColumnType::Float, ColumnType::String, ColumnType::Date, ColumnType::Timestamp];
    let Ok(query) = serde_json::from_slice::<SemanticQuery>(bytes) else { return Ok(()) };
    let written = serde_json::to_vec(&query).map_err(|error| error.to_string())?;
    if serde_json::from_slice::<SemanticQuery>(&written).ok().as_ref() != Some(&query) {
        return Err("a question that was written is not the same when it is read".to_owned());
    }
    let calendar = settled(calendar_of(&query))?.unwrap_or(Tz::UTC.into());
    let now = DateTime::from_timestamp(1_767_225_600, 0).unwrap_or_default();
    let reference = Reference { now, latest: Some(now), calendar, business: query.calendar.as_ref().map(CalendarSettings::business_days).unwrap_or_default() };
    for asked in query.time_dimensions.iter().filter_map(|time| time.granularity.as_ref()) {
        let Some(interval) = settled(interval_of(asked, "member", &[]))? else { continue };
        let (start, end) = bucket_of(now.timestamp_micros(), interval, calendar);
        if !(start..end).contains(&now.timestamp_micros()) {
            return Err(format!("an instant lies outside of its bucket of {interval}"));
        }
    }
    for range in query.time_dimensions.iter().filter_map(|time| time.date_range.as_ref()) {
        words::range_again(range, &reference)?;
    }
    for asked in &query.filters {
        if filter::any_text(asked, &|_, text| words::range_again(&DateRange::Named(text.to_owned()), &reference).is_err()) {
            return Err("a range of a filter is another one when it is written and read again".to_owned());
        }
        settled(absolute(asked, &reference, &|_| Some(ColumnType::Timestamp)))?;
        for shift in 0..TYPES.len() {
            // A member has another type in each round.
            let built = filter::build(asked, &reference, DEPTH, &mut |name| {
                let found = TYPES.get((name.len() + shift) % TYPES.len()).copied().unwrap_or(ColumnType::String);
                Ok((col("member"), found))
            });
            settled(built)?;
        }
    }
    Ok(())
}

/// Reads a file whole, with the types that it seems to have; tells how many rows there are, or why it is refused.
///
/// # Errors
/// As a load has them.
pub fn rows_of(name: &str, bytes: &[u8]) -> Result<usize> {
    let input = Input::Bytes { name: name.to_owned(), bytes: Bytes::copy_from_slice(bytes) };
    let source = block_on(spool(input, &Progress::new()))?;
    let inference = infer_spooled(&source, &ReadOptions::default(), None)?;
    let (columns, declared) = inference.declared_with(&BTreeMap::new())?;
    DatasetSchema::new(columns.clone(), None)?;
    let target = DecodeTarget { columns, declared, lines: false, nulling: Vec::new(), rounding: Vec::new() };
    let mut rows = 0;
    decode(&source, &inference, &target, &Progress::new(), &mut |decoded| {
        rows += decoded.batch.num_rows();
        Ok(())
    })?;
    Ok(rows)
}

fn file(name: &str, format: Option<FileFormat>, bytes: &[u8]) -> Result<(), String> {
    load(&spooled(name, bytes)?, &ReadOptions { format, ..ReadOptions::default() })
}

fn spooled(name: &str, bytes: &[u8]) -> Result<Spooled, String> {
    let input = Input::Bytes { name: name.to_owned(), bytes: Bytes::copy_from_slice(bytes) };
    block_on(spool(input, &Progress::new())).map_err(|error| error.to_string())
}

/// Reads a file as a load does: with its own types, and with each column as something else.
fn load(source: &Spooled, options: &ReadOptions) -> Result<(), String> {
    const OTHERS: [ColumnType; 5] = [ColumnType::Integer, ColumnType::String, ColumnType::Timestamp, ColumnType::Float, ColumnType::Date];
    let Some(inference) = settled(infer_spooled(source, options, None))? else { return Ok(()) };
    let others: BTreeMap<String, ColumnType> = inference.columns.iter().zip(OTHERS.iter().cycle()).map(|(column, other)| (column.name.clone(), *other)).collect();
    for types in [BTreeMap::new(), others] {
        let Some((columns, declared)) = settled(inference.declared_with(&types))? else { continue };
        // A load looks at the columns first: their number is bounded.
        if settled(DatasetSchema::new(columns.clone(), None))?.is_none() {
            continue;
        }
        let mut target = DecodeTarget { columns, declared, lines: true, nulling: Vec::new(), rounding: Vec::new() };
        for _ in 0..PASSES_MAX {
            let mut broken = None;
            let outcome = decode(source, &inference, &target, &Progress::new(), &mut |decoded| {
                if decoded.lines.len() != decoded.batch.num_rows() || decoded.batch.num_columns() != target.columns.len() {
                    broken.get_or_insert_with(|| "a batch has other rows or columns than it says".to_owned());
                }
                Ok(())
            });
            if let Some(broken) = broken {
                return Err(broken);
            }
            match settled(outcome)? {
                Some(DecodeOutcome::Promote(promotions)) => {
                    for promotion in promotions {
                        if let Some(column) = target.columns.iter_mut().find(|column| column.name == promotion.column) {
                            (column.column_type, column.fields) = (promotion.to, promotion.fields);
                        }
                    }
                }
                _ => break,
            }
        }
    }
    Ok(())
}

/// What came of it; bytes of others are never our own fault.
fn settled<T>(result: Result<T>) -> Result<Option<T>, String> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::Internal => Err(said(&error)),
        Err(_) => Ok(None),
    }
}

fn said(error: &Error) -> String {
    format!("an error that is ours: {error}")
}
