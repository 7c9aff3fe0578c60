//! A partial as an object of the store. Derived data: no commit names it, losing it costs a computation, and whatever is
//! damaged or belongs to something else is taken for absent. The format is written down in docs/formats/partials.md.
//!
//! ```text
//!   "TMP1" | length of the head: u32 | head: JSON | body: Arrow IPC stream, zstd | SHA-256 of everything before it
//! ```

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::fragment::{Fingerprint, STATE_VERSION};
use crate::error::{Error, Result};

const MAGIC: &[u8] = b"TMP1";
/// Bytes before the head, and of the checksum.
const LENGTH_BYTES: usize = 4;
const CHECKSUM_BYTES: usize = 32;
/// A little compression: states are read more often than they are written.
const ZSTD_LEVEL: i32 = 1;
/// A stored partial is never larger than this when it is decompressed; a damaged length must not take the memory.
const BODY_MAX_BYTES: usize = 1 << 30;

/// Whose state it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    /// Layout of states.
    state: String,
    /// Identity of the fragment, in hexadecimal.
    fragment: String,
    /// Path of the segment in its dataset.
    segment: String,
    /// Groups in the state.
    groups: u64,
    /// Bytes of the body before compression.
    body_bytes: u64,
}

/// The object of a partial.
pub(crate) fn encode(fragment: &Fingerprint, segment: &str, state: &RecordBatch) -> Result<Vec<u8>> {
    let mut body = Vec::with_capacity(state.get_array_memory_size());
    let mut writer = StreamWriter::try_new(&mut body, &state.schema())?;
    writer.write(state)?;
    writer.finish()?;
    let head = Head { state: STATE_VERSION.to_owned(), fragment: hex(fragment), segment: segment.to_owned(), groups: state.num_rows() as u64, body_bytes: body.len() as u64 };
    let head = serde_json::to_vec(&head)?;
    let length = u32::try_from(head.len()).map_err(|_| Error::internal("a head of 4 GiB"))?;
    let mut bytes = MAGIC.to_vec();
    bytes.extend(length.to_le_bytes());
    bytes.extend(head);
    bytes.extend(zstd::bulk::compress(&body, ZSTD_LEVEL).map_err(|error| Error::internal(format!("compress partial: {error}")).because(error))?);
    let checksum: [u8; CHECKSUM_BYTES] = Sha256::digest(&bytes).into();
    bytes.extend(checksum);
    Ok(bytes)
}

/// The state in an object, if it is that of this fragment over this segment, in this layout, and whole.
///
/// # Errors
/// `Corrupt`, with what is wrong. The caller computes the partial again.
pub(crate) fn decode(bytes: &[u8], fragment: &Fingerprint, segment: &str, layout: &SchemaRef) -> Result<RecordBatch> {
    let damaged = |what: &str| Error::corrupt(format!("stored partial of segment {segment}: {what}"));
    let (content, checksum) = bytes.split_at_checked(bytes.len().saturating_sub(CHECKSUM_BYTES)).ok_or_else(|| damaged("too short"))?;
    if <[u8; CHECKSUM_BYTES]>::from(Sha256::digest(content)) != checksum {
        return Err(damaged("the checksum is wrong"));
    }
    let rest = content.strip_prefix(MAGIC).ok_or_else(|| damaged("not a partial"))?;
    let (length, rest) = rest.split_first_chunk::<LENGTH_BYTES>().ok_or_else(|| damaged("too short"))?;
    let (head, body) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(|| damaged("too short"))?;
    let head: Head = serde_json::from_slice(head).map_err(|_| damaged("its head cannot be read"))?;
    if head.state != STATE_VERSION {
        return Err(damaged("its states have another layout"));
    }
    if head.fragment != hex(fragment) || head.segment != segment {
        return Err(damaged("it belongs to something else"));
    }
    let size = usize::try_from(head.body_bytes).ok().filter(|size| *size <= BODY_MAX_BYTES).ok_or_else(|| damaged("its length is wrong"))?;
    let body = zstd::bulk::decompress(body, size).map_err(|_| damaged("its body cannot be decompressed"))?;
    let mut reader = StreamReader::try_new(body.as_slice(), None)?;
    let state = reader.next().transpose()?.unwrap_or_else(|| RecordBatch::new_empty(reader.schema()));
    let types = |schema: &SchemaRef| schema.fields().iter().map(|field| field.data_type().clone()).collect::<Vec<_>>();
    if types(&state.schema()) != types(layout) || state.num_rows() as u64 != head.groups {
        return Err(damaged("its columns are others"));
    }
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(state.num_rows()));
    Ok(RecordBatch::try_new_with_options(std::sync::Arc::clone(layout), state.columns().to_vec(), &options)?)
}

/// A fingerprint as people and object names have it.
pub(crate) fn hex(fingerprint: &Fingerprint) -> String {
    use std::fmt::Write;
    fingerprint.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringViewArray};

    use super::*;

    fn state() -> RecordBatch {
        let keys: ArrayRef = Arc::new(StringViewArray::from(vec![Some("Rome"), None, Some("a city whose name does not fit into a view")]));
        let counts: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        RecordBatch::try_from_iter_with_nullable([("key.0", keys, true), ("0.rows", counts, true)]).unwrap()
    }

    #[test]
    fn a_partial_survives_its_encoding() {
        let bytes = encode(&[7; 32], "2013-01/a.parquet", &state()).unwrap();
        assert_eq!(decode(&bytes, &[7; 32], "2013-01/a.parquet", &state().schema()).unwrap(), state());
        let empty = RecordBatch::new_empty(state().schema());
        let bytes = encode(&[7; 32], "a", &empty).unwrap();
        assert_eq!(decode(&bytes, &[7; 32], "a", &state().schema()).unwrap(), empty);
    }

    #[test]
    fn what_is_damaged_or_foreign_is_refused() {
        let (schema, bytes) = (state().schema(), encode(&[7; 32], "a", &state()).unwrap());
        for place in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1;
            assert!(decode(&flipped, &[7; 32], "a", &schema).is_err(), "byte {place}");
            assert!(decode(&bytes[..place], &[7; 32], "a", &schema).is_err(), "cut at {place}");
        }
        assert!(decode(&bytes, &[8; 32], "a", &schema).unwrap_err().to_string().contains("something else"));
        assert!(decode(&bytes, &[7; 32], "b", &schema).unwrap_err().to_string().contains("something else"));
        let other = Arc::new(arrow::datatypes::Schema::new(schema.fields().iter().take(1).cloned().collect::<Vec<_>>()));
        assert!(decode(&bytes, &[7; 32], "a", &other).unwrap_err().to_string().contains("columns"));
    }
}
