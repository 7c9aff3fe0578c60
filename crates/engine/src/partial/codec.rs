//! The operator as bytes: what one engine plans, another one over the same store can run.
//!
//! ```text
//!   "TMSA" | format version | SHA-256 of the rest | message (JSON) | literals | types of casts | columns of the answer
//!                                                                   └────────── Arrow IPC streams ──────────────┘
//! ```
//!
//! A message holds the fragment, and the segments with what the log says of them: the engine that runs it reads no log,
//! so it needs neither be up to date nor agree about the newest version, and a message with some of the segments is the
//! same question about less. Rows are read, and partials kept, by the engine that runs it: its store, its budgets.
//!
//! What this refuses: formats that it does not know, bytes that are not as they were written, datasets of another tenant
//! where the codec is for one tenant, names that would lead out of a dataset. It does not say who may ask: the row filter
//! of a scope is part of the fragment, and whoever can hand in bytes could as well have left it out. Bytes are to be
//! taken from other engines of the same service only.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, FieldRef, Schema, SchemaRef};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use chrono::DateTime;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::scalar::ScalarValue;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::exec::SegmentAggregateExec;
use super::expression::{self, Node, Tables};
use super::fragment::Fragment;
use super::memory::Partials;
use super::source::SegmentSource;
use crate::catalog::DatasetSchema;
use crate::error::{Error, Result};
use crate::ids::{DatasetName, TenantId};
use crate::storage::entry::Metadata;
use crate::storage::keys::Keys;
use crate::storage::layout;
use crate::storage::log::Snapshot;
use crate::storage::rejections::Rejections;
use crate::storage::segment::Segment;
use crate::storage::statistics;

const MAGIC: [u8; 4] = *b"TMSA";
/// Changes whenever the meaning of the bytes changes.
const FORMAT: u16 = 1;
const CHECKSUM_BYTES: usize = 32;

/// Puts the operators of an engine into bytes, and makes operators of bytes that run on this engine.
///
/// It does what a `PhysicalExtensionCodec` of `datafusion-proto` has to do for the one operator that is ours, without that
/// crate: `try_encode` is [`encode`](Self::encode), `try_decode` is [`decode`](Self::decode).
#[derive(Debug, Clone)]
pub struct PlanCodec {
    state: SessionState,
    partials: Arc<Partials>,
    tenant: Option<TenantId>,
}

/// What is sent, apart from what Arrow says better.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    tenant: String,
    dataset: String,
    dataset_id: String,
    version: u64,
    schema: DatasetSchema,
    segments: Vec<Listed>,
    filters: Vec<Vec<Node>>,
    groups: Vec<Vec<Node>>,
    aggregates: Vec<Vec<Node>>,
}

/// A segment, as the log lists it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    path: String,
    rows: u64,
    bytes: u64,
    written_at_ms: i64,
    statistics: String,
}

impl PlanCodec {
    pub(crate) fn new(state: SessionState, partials: Arc<Partials>) -> Self {
        Self { state, partials, tenant: None }
    }

    /// The same for the datasets of one tenant: bytes about any other are refused.
    #[must_use]
    pub fn of_tenant(mut self, tenant: TenantId) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// The bytes of an operator; `None` for one that is not Tidemill's.
    ///
    /// # Errors
    /// `Invalid` for an operator that cannot be sent, because a part of it is not certain to mean the same elsewhere;
    /// `Exhausted` for one that is too large; `Denied` for a dataset of another tenant.
    pub fn encode(&self, plan: &dyn ExecutionPlan) -> Result<Option<Vec<u8>>> {
        let Some(operator) = plan.downcast_ref::<SegmentAggregateExec>() else { return Ok(None) };
        let (fragment, source) = (operator.fragment(), operator.source());
        let snapshot = &source.snapshot;
        let (tenant, dataset) = parse_prefix(source.prefix.as_ref())?;
        self.check_tenant(&tenant)?;
        let listed = |segment: &Arc<Segment>| Listed {
            path: segment.path.clone(),
            rows: segment.rows,
            bytes: segment.bytes,
            written_at_ms: segment.written_at.timestamp_millis(),
            statistics: statistics::to_delta(&snapshot.arrow, segment.rows, &segment.statistics),
        };
        let mut tables = Tables::default();
        let mut all = |exprs: &[Expr]| exprs.iter().map(|expr| expression::write(expr, &self.state, &mut tables)).collect::<Result<Vec<_>>>();
        let message = Message {
            tenant: tenant.as_str().to_owned(),
            dataset: dataset.as_str().to_owned(),
            dataset_id: snapshot.metadata.id.clone(),
            version: snapshot.version,
            schema: snapshot.metadata.schema.clone(),
            segments: snapshot.segments.iter().map(listed).collect(),
            filters: all(&fragment.filters)?,
            groups: all(&fragment.groups)?,
            aggregates: all(&fragment.aggregates)?,
        };
        let answer = plan.schema();
        seal([serde_json::to_vec(&message)?, literals_to_ipc(&tables.literals)?, schema_to_ipc(&Arc::new(Schema::new(tables.types)))?, schema_to_ipc(&answer)?]).map(Some)
    }

    /// The operator that bytes describe, to be run on this engine.
    ///
    /// # Errors
    /// `Invalid` for bytes of another format or about functions that this engine does not have, `Corrupt` for damaged
    /// ones, `Denied` for a dataset of another tenant than [`of_tenant`](Self::of_tenant) said.
    pub fn decode(&self, bytes: &[u8]) -> Result<Arc<dyn ExecutionPlan>> {
        let [message, literals, types, answer] = open(bytes)?;
        let message: Message = serde_json::from_slice(message).map_err(|error| Error::corrupt(format!("the message of an operator cannot be read: {error}")).because(error))?;
        let (tenant, dataset) = (TenantId::parse(&message.tenant)?, DatasetName::parse(&message.dataset)?);
        self.check_tenant(&tenant)?;
        let prefix = layout::dataset(&tenant, &dataset);
        let schema = DatasetSchema::new(message.schema.columns, message.schema.time_column)?;
        let arrow = schema.arrow();
        let segments = message.segments.into_iter().map(|segment| segment.read(&arrow).map(Arc::new)).collect::<Result<Vec<_>>>()?;
        let types = schema_from_ipc(types)?.fields().iter().map(FieldRef::clone).collect();
        let tables = Tables { literals: literals_from_ipc(literals)?, types };
        let all = |exprs: Vec<Vec<Node>>| exprs.into_iter().map(|nodes| expression::read(nodes, &self.state, &tables)).collect::<Result<Vec<_>>>();
        let fragment = Fragment { filters: all(message.filters)?, groups: all(message.groups)?, aggregates: all(message.aggregates)? };
        let snapshot = Snapshot {
            version: message.version,
            commit_id: None,
            metadata: Arc::new(Metadata {
                id: message.dataset_id,
                label: dataset.as_str().to_owned(),
                schema,
                chunk: None,
                created_at: DateTime::UNIX_EPOCH,
                settings: Default::default(),
                contract: Default::default(),
                steps: None,
                dropped: false,
            }),
            arrow,
            rows: segments.iter().map(|segment| segment.rows).sum(),
            bytes: segments.iter().map(|segment| segment.bytes).sum(),
            segments,
            updated_at: DateTime::UNIX_EPOCH,
            time_range: None,
            recent_loads: Vec::new(),
            keys: Keys::default(),
            rejections: Rejections::default(),
            positions: Default::default(),
            profiled: None,
            erased_before: 0,
            retained_from: None,
        };
        let source = SegmentSource { snapshot: Arc::new(snapshot), prefix, partials: Arc::clone(&self.partials), counters: Arc::default() };
        Ok(Arc::new(SegmentAggregateExec::of_message(fragment, source, self.state.clone(), schema_from_ipc(answer)?)))
    }

    fn check_tenant(&self, tenant: &TenantId) -> Result<()> {
        match &self.tenant {
            Some(own) if own != tenant => Err(Error::denied(format!("an operator over data of tenant {tenant} does not belong to tenant {own}"))),
            _ => Ok(()),
        }
    }
}

impl Listed {
    fn read(self, schema: &SchemaRef) -> Result<Segment> {
        let path = Path::parse(&self.path).map_err(|error| Error::corrupt(format!("{:?} is not the path of a segment: {error}", self.path)))?;
        if path.as_ref() != self.path || !self.path.ends_with(".parquet") {
            return Err(Error::corrupt(format!("{:?} is not the path of a segment", self.path)));
        }
        let (_, statistics) = statistics::from_delta(schema, &self.statistics).ok_or_else(|| Error::corrupt(format!("the statistics of segment {path} cannot be read")))?;
        let written_at = DateTime::from_timestamp_millis(self.written_at_ms).unwrap_or(DateTime::UNIX_EPOCH);
        Ok(Segment { path: self.path, rows: self.rows, bytes: self.bytes, written_at, statistics })
    }
}

/// Tenant and dataset of a prefix in the store.
fn parse_prefix(prefix: &str) -> Result<(TenantId, DatasetName)> {
    let (tenant, dataset) = prefix.split_once('/').ok_or_else(|| Error::internal(format!("{prefix} is not the prefix of a dataset")))?;
    Ok((TenantId::parse(tenant)?, DatasetName::parse(dataset)?))
}

/// Parts, each behind its length, behind magic, format and checksum.
fn seal<const PARTS: usize>(parts: [Vec<u8>; PARTS]) -> Result<Vec<u8>> {
    let mut body = Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum());
    for part in parts {
        let length = u32::try_from(part.len()).map_err(|_| Error::exhausted("an operator of more than 4 GiB is not sent to another engine"))?;
        body.extend(length.to_le_bytes());
        body.extend(part);
    }
    let mut bytes = Vec::with_capacity(MAGIC.len() + 2 + CHECKSUM_BYTES + body.len());
    bytes.extend(MAGIC);
    bytes.extend(FORMAT.to_le_bytes());
    bytes.extend(Sha256::digest(&body));
    bytes.extend(body);
    Ok(bytes)
}

fn open<const PARTS: usize>(bytes: &[u8]) -> Result<[&[u8]; PARTS]> {
    let rest = bytes.strip_prefix(&MAGIC).ok_or_else(|| Error::invalid("these bytes are not an operator of Tidemill"))?;
    let (format, rest) = rest.split_first_chunk::<2>().ok_or_else(damaged)?;
    let format = u16::from_le_bytes(*format);
    if format != FORMAT {
        return Err(Error::invalid(format!("an operator of format {format}; this engine reads format {FORMAT}: run the same version on both sides")));
    }
    let (checksum, mut body) = rest.split_first_chunk::<CHECKSUM_BYTES>().ok_or_else(damaged)?;
    if <[u8; CHECKSUM_BYTES]>::from(Sha256::digest(body)) != *checksum {
        return Err(damaged());
    }
    let mut parts = [<&[u8]>::default(); PARTS];
    for part in &mut parts {
        let (length, after) = body.split_first_chunk::<4>().ok_or_else(damaged)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        (*part, body) = after.split_at_checked(length).ok_or_else(damaged)?;
    }
    if body.is_empty() { Ok(parts) } else { Err(damaged()) }
}

fn damaged() -> Error {
    Error::corrupt("the bytes of an operator are damaged; plan and send it again")
}

/// Literals as one row, a column each. What would come back as another value is refused.
fn literals_to_ipc(literals: &[ScalarValue]) -> Result<Vec<u8>> {
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(literals.len());
    for literal in literals {
        let array = literal.to_array()?;
        if ScalarValue::try_from_array(&array, 0)? != *literal {
            return Err(Error::invalid(format!("literal {literal} of type {} has no form in which it could be sent to another engine", literal.data_type())));
        }
        columns.push(array);
    }
    let fields: Vec<Field> = columns.iter().map(|column| Field::new("", column.data_type().clone(), true)).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    let row = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?;
    let mut bytes = Vec::new();
    let mut writer = StreamWriter::try_new(&mut bytes, &row.schema())?;
    writer.write(&row)?;
    writer.finish()?;
    drop(writer);
    Ok(bytes)
}

fn literals_from_ipc(bytes: &[u8]) -> Result<Vec<ScalarValue>> {
    let mut reader = StreamReader::try_new(bytes, None)?;
    let row = reader.next().ok_or_else(damaged)??;
    row.columns().iter().map(|column| if column.is_empty() { Err(damaged()) } else { Ok(ScalarValue::try_from_array(column, 0)?) }).collect()
}

fn schema_to_ipc(schema: &SchemaRef) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    StreamWriter::try_new(&mut bytes, schema)?.finish()?;
    Ok(bytes)
}

fn schema_from_ipc(bytes: &[u8]) -> Result<SchemaRef> {
    Ok(StreamReader::try_new(bytes, None)?.schema())
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;
    use datafusion::functions_aggregate::expr_fn::sum;
    use datafusion::prelude::{SessionContext, col};
    use object_store::memory::InMemory;

    use super::*;
    use crate::catalog::{Column, ColumnType};
    use crate::error::ErrorKind;
    use crate::settings::Settings;

    fn codec() -> PlanCodec {
        PlanCodec::new(SessionContext::new().state(), Arc::new(Partials::new(&Settings::default(), Arc::new(InMemory::new()))))
    }

    fn message(tenant: &str, path: &str) -> Message {
        let columns = vec![Column::new("n", ColumnType::Integer)];
        Message {
            tenant: tenant.to_owned(),
            dataset: "orders".to_owned(),
            dataset_id: "id".to_owned(),
            version: 3,
            schema: DatasetSchema { columns, time_column: None },
            segments: vec![Listed {
                path: path.to_owned(),
                rows: 2,
                bytes: 9,
                written_at_ms: 1,
                statistics: r#"{"numRecords":2,"minValues":{},"maxValues":{},"nullCount":{}}"#.to_owned(),
            }],
            filters: Vec::new(),
            groups: Vec::new(),
            aggregates: vec![expression::write(&sum(col("n")), &SessionContext::new().state(), &mut Tables::default()).unwrap()],
        }
    }

    fn bytes(message: &Message) -> Vec<u8> {
        let answer = Arc::new(Schema::new(vec![Field::new("total", DataType::Int64, true)]));
        let none = Arc::new(Schema::empty());
        seal([serde_json::to_vec(message).unwrap(), literals_to_ipc(&[]).unwrap(), schema_to_ipc(&none).unwrap(), schema_to_ipc(&answer).unwrap()]).unwrap()
    }

    #[test]
    fn an_operator_comes_back_as_it_was() {
        let (codec, sent) = (codec(), bytes(&message("acme", "all/1.parquet")));
        let plan = codec.decode(&sent).unwrap();
        let operator = plan.downcast_ref::<SegmentAggregateExec>().unwrap();
        assert_eq!(operator.fragment().aggregates, [sum(col("n"))]);
        assert_eq!((operator.source().prefix.as_ref(), operator.source().snapshot.version, operator.source().snapshot.rows), ("acme/orders", 3, 2));
        assert_eq!(codec.encode(plan.as_ref()).unwrap().unwrap(), sent);
        let foreign = datafusion::physical_plan::empty::EmptyExec::new(Arc::new(Schema::empty()));
        assert_eq!(codec.encode(&foreign).unwrap(), None);
    }

    #[test]
    fn other_formats_and_other_tenants_are_refused() {
        let sent = bytes(&message("acme", "all/1.parquet"));
        let mut newer = sent.clone();
        newer[4] = 9;
        let error = codec().decode(&newer).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("format 9") && error.to_string().contains("format 1"), "{error}");
        let own = codec().of_tenant(TenantId::parse("globex").unwrap());
        let error = own.decode(&sent).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert!(error.to_string().contains("acme") && error.to_string().contains("globex"), "{error}");
        assert_eq!(own.encode(codec().decode(&sent).unwrap().as_ref()).unwrap_err().kind(), ErrorKind::Denied);
    }

    #[test]
    fn names_that_lead_out_of_the_dataset_are_refused() {
        for path in ["../other/1.parquet", "/etc/passwd", "all//1.parquet", "all/1.json", ""] {
            assert!(codec().decode(&bytes(&message("acme", path))).is_err(), "{path}");
        }
        for tenant in ["", "..", "a/b", "ACME"] {
            assert!(codec().decode(&bytes(&message(tenant, "all/1.parquet"))).is_err(), "{tenant}");
        }
    }

    #[test]
    fn no_damage_goes_unnoticed() {
        let sent = bytes(&message("acme", "all/1.parquet"));
        for length in 0..sent.len() {
            assert!(codec().decode(&sent[..length]).is_err(), "cut to {length}");
        }
        for place in 0..sent.len() {
            let mut flipped = sent.clone();
            flipped[place] ^= 1 << (place % 8);
            assert!(codec().decode(&flipped).is_err(), "bit of byte {place}");
        }
        assert!(codec().decode(&[sent, vec![0]].concat()).is_err());
    }

    #[test]
    fn literals_keep_their_types() {
        let literals = [
            ScalarValue::Null,
            ScalarValue::Int64(Some(i64::MIN)),
            ScalarValue::Float64(Some(0.1)),
            ScalarValue::Utf8(None),
            ScalarValue::Utf8View(Some("a text that does not fit into its view".to_owned())),
            ScalarValue::TimestampMicrosecond(Some(1), Some("UTC".into())),
            ScalarValue::Decimal128(Some(12_345), 20, 3),
            ScalarValue::IntervalMonthDayNano(None),
            ScalarValue::Dictionary(Box::new(DataType::Int32), Box::new(ScalarValue::Utf8(Some("x".to_owned())))),
        ];
        assert_eq!(literals_from_ipc(&literals_to_ipc(&literals).unwrap()).unwrap(), literals);
        assert_eq!(literals_from_ipc(&literals_to_ipc(&[]).unwrap()).unwrap(), []);
    }
}
