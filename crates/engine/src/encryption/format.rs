//! The bytes of a sealed object: a header, then chunks. Pure arithmetic; the cipher is in `object`. The format has its
//! sizes fixed, so that the size of what was put follows from the size of what is stored, without reading anything.

use uuid::Uuid;

/// First bytes of every sealed object: the format and its version.
const MAGIC: [u8; 8] = *b"TMSEAL01";
/// Bytes of the salt that the key of an object is derived with.
pub(super) const SALT_BYTES: usize = 32;
const KEY_ID_BYTES: usize = 16;
/// Bytes before the first chunk.
pub(super) const HEADER_BYTES: u64 = (MAGIC.len() + KEY_ID_BYTES + SALT_BYTES) as u64;
/// Bytes of a chunk before it is sealed; the last one may have fewer.
pub(super) const CHUNK_BYTES: u64 = 64 << 10;
/// What sealing adds to a chunk.
pub(super) const TAG_BYTES: u64 = 16;
/// Bytes of a whole chunk as stored.
pub(super) const SEALED_BYTES: u64 = CHUNK_BYTES + TAG_BYTES;
/// The smallest object: empty, which is one empty chunk.
pub(super) const SMALLEST_BYTES: u64 = HEADER_BYTES + TAG_BYTES;

/// The beginning of a sealed object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The tenant's data key.
    pub key_id: Uuid,
    /// Makes the key of this object another one than that of every other object.
    pub salt: [u8; SALT_BYTES],
}

impl Header {
    pub(super) fn encode(&self) -> Vec<u8> {
        [MAGIC.as_slice(), self.key_id.as_bytes(), &self.salt].concat()
    }

    /// Reads the header at the beginning of these bytes.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, &'static str> {
        let (magic, rest) = bytes.split_first_chunk::<8>().ok_or("it is too short to be encrypted")?;
        let (key_id, rest) = rest.split_first_chunk::<KEY_ID_BYTES>().ok_or("it is too short to be encrypted")?;
        let (salt, _) = rest.split_first_chunk::<SALT_BYTES>().ok_or("it is too short to be encrypted")?;
        match magic {
            magic if *magic == MAGIC => Ok(Self { key_id: Uuid::from_bytes(*key_id), salt: *salt }),
            magic if magic.starts_with(b"TMSEAL") => Err("it is encrypted in a format that this version does not know"),
            _ => Err("it is not encrypted"),
        }
    }
}

/// How many chunks so many bytes make; at least one, so that an empty object has something to check.
pub(super) fn chunks(plain: u64) -> u64 {
    plain.div_ceil(CHUNK_BYTES).max(1)
}

/// Bytes as stored of so many bytes.
pub(super) fn stored_size(plain: u64) -> u64 {
    HEADER_BYTES + plain + chunks(plain) * TAG_BYTES
}

/// Bytes that were put, of so many bytes as stored. `None`: nothing that was put is stored in so many.
pub(super) fn plain_size(stored: u64) -> Option<u64> {
    let body = stored.checked_sub(HEADER_BYTES)?;
    let last = match body % SEALED_BYTES {
        0 if body > 0 => SEALED_BYTES,
        // An empty last chunk belongs to the empty object alone.
        last if last > TAG_BYTES || (last == TAG_BYTES && body == TAG_BYTES) => last,
        _ => return None,
    };
    Some((body - last) / SEALED_BYTES * CHUNK_BYTES + (last - TAG_BYTES))
}

/// Chunks, from the first to before the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunks {
    pub first: u64,
    pub end: u64,
}

impl Chunks {
    /// The chunks that hold a range of an object; at least one.
    pub(super) fn holding(range: &std::ops::Range<u64>) -> Self {
        let first = range.start / CHUNK_BYTES;
        Self { first, end: range.end.div_ceil(CHUNK_BYTES).max(first + 1) }
    }

    /// Those of them that an object of so many chunks has.
    pub(super) fn until(self, count: u64) -> Self {
        Self { first: self.first, end: self.end.min(count).max(self.first) }
    }

    /// Runs of chunks that hold all of these, sorted: none touches another, so that no chunk is fetched or opened twice.
    pub(super) fn merged(spans: impl Iterator<Item = Self>, count: u64) -> Vec<Self> {
        let mut spans: Vec<Self> = spans.map(|span| span.until(count)).collect();
        spans.sort_unstable_by_key(|span| span.first);
        let mut merged: Vec<Self> = Vec::with_capacity(spans.len());
        for span in spans {
            match merged.last_mut() {
                Some(last) if span.first <= last.end => last.end = last.end.max(span.end),
                _ => merged.push(span),
            }
        }
        merged
    }

    /// Where they lie in an object of so many bytes as stored.
    pub(super) fn place(self, stored: u64) -> std::ops::Range<u64> {
        HEADER_BYTES + self.first * SEALED_BYTES..stored.min(HEADER_BYTES + self.end * SEALED_BYTES)
    }

    /// Where a range of the object lies in these chunks once they are opened.
    pub(super) fn inside(self, range: &std::ops::Range<u64>) -> std::ops::Range<usize> {
        let begin = self.first * CHUNK_BYTES;
        let place = |at: u64| usize::try_from(at.saturating_sub(begin)).unwrap_or(usize::MAX);
        place(range.start)..place(range.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_follows_from_the_stored_size() {
        let near = |n: u64| n.saturating_sub(40)..n + 40;
        for plain in near(0).chain(near(CHUNK_BYTES)).chain(near(7 * CHUNK_BYTES)).chain([1 << 40]) {
            assert_eq!(plain_size(stored_size(plain)), Some(plain));
        }
        let possible: std::collections::HashMap<u64, u64> = (0..3 * CHUNK_BYTES).map(|plain| (stored_size(plain), plain)).collect();
        for stored in 0..stored_size(2 * CHUNK_BYTES + 100) {
            assert_eq!(plain_size(stored), possible.get(&stored).copied(), "{stored}");
        }
    }

    #[test]
    fn a_header_is_read_as_it_was_written() {
        let header = Header { key_id: Uuid::from_u128(7), salt: [9; SALT_BYTES] };
        let bytes = header.encode();
        assert_eq!((bytes.len() as u64, Header::decode(&bytes)), (HEADER_BYTES, Ok(header)));
        assert!(Header::decode(&bytes[..bytes.len() - 1]).is_err());
        assert!(Header::decode(&[b"PAR1".as_slice(), &[0; 60]].concat()).unwrap_err().contains("not encrypted"));
        assert!(Header::decode(&[b"TMSEAL02".as_slice(), &[0; 60]].concat()).unwrap_err().contains("format"));
    }

    #[test]
    fn ranges_find_their_chunks() {
        for (range, first, end) in [(0..1, 0, 1), (0..CHUNK_BYTES, 0, 1), (CHUNK_BYTES - 1..CHUNK_BYTES + 1, 0, 2), (CHUNK_BYTES..CHUNK_BYTES + 1, 1, 2), (5..5, 0, 1)] {
            assert_eq!(Chunks::holding(&range), Chunks { first, end }, "{range:?}");
        }
        let chunks = Chunks { first: 1, end: 3 };
        assert_eq!(chunks.place(stored_size(2 * CHUNK_BYTES + 5)), HEADER_BYTES + SEALED_BYTES..stored_size(2 * CHUNK_BYTES + 5));
        assert_eq!(Chunks { first: 1, end: 9 }.until(4), Chunks { first: 1, end: 4 });
        let spans = [(7, 9), (0, 2), (1, 3), (3, 4), (5, 6)].map(|(first, end)| Chunks { first, end });
        assert_eq!(Chunks::merged(spans.into_iter(), 8), [(0, 4), (5, 6), (7, 8)].map(|(first, end)| Chunks { first, end }));
        assert_eq!(chunks.inside(&(CHUNK_BYTES + 3..CHUNK_BYTES + 9)), 3..9);
    }
}
