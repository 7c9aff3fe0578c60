//! The frame of an Avro object container: a header with the schema, then blocks of rows, each packed by itself and closed by
//! a mark. Sizes are held against what the file has, and unpacking is bounded, before anybody makes room. Refuses files that
//! are cut off, blocks that are not where they should be, and packings that Avro does not name.

use std::io::{BufReader, Read};

use super::Spooled;
use super::compression::XZ_MEMORY_KIB;
use super::plain_size::held_max;
use crate::error::{Error, ErrorKind, Result};

/// What containers begin with.
pub(crate) const MAGIC: &[u8] = b"Obj\x01";
/// Header at most.
const HEADER_MAX_BYTES: u64 = 16 << 20;
/// Bytes of a block at most, packed and unpacked, of any file and of a small one: it is in memory whole.
const BLOCK_MAX_BYTES: u64 = 256 << 20;
const BLOCK_LEAST_BYTES: u64 = 32 << 20;

/// How blocks are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Codec {
    Null,
    Deflate,
    Snappy,
    Zstandard,
    Bzip2,
    Xz,
}

impl Codec {
    fn parse(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"null" | b"" => Self::Null,
            b"deflate" => Self::Deflate,
            b"snappy" => Self::Snappy,
            b"zstandard" => Self::Zstandard,
            b"bzip2" => Self::Bzip2,
            b"xz" => Self::Xz,
            _ => return None,
        })
    }

    /// The plain bytes of a block.
    fn unpack(self, packed: Vec<u8>, most: u64) -> std::result::Result<Vec<u8>, String> {
        match self {
            Self::Null => Ok(packed),
            Self::Snappy => unpack_snappy(&packed, most),
            Self::Deflate => bounded(flate2::read::DeflateDecoder::new(packed.as_slice()), most),
            Self::Zstandard => bounded(zstd::stream::read::Decoder::new(packed.as_slice()).map_err(|error| error.to_string())?, most),
            Self::Bzip2 => bounded(bzip2::read::BzDecoder::new(packed.as_slice()), most),
            Self::Xz => bounded(lzma_rust2::XzReader::new_mem_limit(packed.as_slice(), false, XZ_MEMORY_KIB), most),
        }
    }
}

fn too_large(bytes: u64, most: u64) -> String {
    format!("the block takes {bytes} bytes or more; at most {most} are read at a time of a file of this size, so write smaller blocks")
}

fn bounded(reader: impl Read, most: u64) -> std::result::Result<Vec<u8>, String> {
    let mut plain = Vec::new();
    reader.take(most + 1).read_to_end(&mut plain).map_err(|error| error.to_string())?;
    if plain.len() as u64 > most { Err(too_large(most + 1, most)) } else { Ok(plain) }
}

fn unpack_snappy(packed: &[u8], most: u64) -> std::result::Result<Vec<u8>, String> {
    let (packed, checksum) = packed.split_last_chunk::<4>().ok_or("the block has no checksum")?;
    let length = snap::raw::decompress_len(packed).map_err(|error| error.to_string())? as u64;
    if length > most {
        return Err(too_large(length, most));
    }
    let plain = snap::raw::Decoder::new().decompress_vec(packed).map_err(|error| error.to_string())?;
    if crc32fast::hash(&plain) == u32::from_be_bytes(*checksum) { Ok(plain) } else { Err("its checksum is another one".to_owned()) }
}

/// The rows of one block, in their encoding.
#[derive(Debug)]
pub(crate) struct AvroBlock {
    pub rows: u64,
    pub bytes: Vec<u8>,
}

/// A container whose header was read.
pub(crate) struct AvroBlocks {
    name: String,
    /// The schema of its rows, as JSON.
    pub schema: String,
    codec: Codec,
    mark: [u8; 16],
    input: BufReader<Box<dyn Read + Send>>,
    at: u64,
    size: u64,
    blocks: u64,
}

impl AvroBlocks {
    /// Reads the header.
    pub(crate) fn open(source: &Spooled) -> Result<Self> {
        let input = BufReader::with_capacity(256 << 10, source.open()?);
        let mut container = Self { name: source.name().to_owned(), schema: String::new(), codec: Codec::Null, mark: [0; 16], input, at: 0, size: source.size(), blocks: 0 };
        container.read_header()?;
        Ok(container)
    }

    /// Bytes of the file read so far.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.at
    }

    /// Blocks read so far.
    pub(crate) fn count(&self) -> u64 {
        self.blocks
    }

    fn place(&self) -> String {
        if self.schema.is_empty() { "in its header".to_owned() } else { format!("in block {}", self.blocks + 1) }
    }

    fn damaged(&self, what: &str) -> Error {
        Error::invalid(format!("{}: the Avro file is damaged {}: {what}; write it anew", self.name, self.place()))
    }

    fn read_header(&mut self) -> Result<()> {
        let mut magic = [0; 4];
        self.fill(&mut magic)?;
        if magic != *MAGIC {
            return Err(Error::invalid(format!(
                "{}: the file is declared as Avro but does not begin like an object container; look at the file, or leave the format out",
                self.name
            )));
        }
        let (mut schema, mut codec) = (None, Vec::new());
        loop {
            let entries = self.varint()?;
            if entries == 0 {
                break;
            }
            if entries < 0 {
                // The bytes of the entries follow, for who wants to skip them.
                self.varint()?;
            }
            for _ in 0..entries.unsigned_abs() {
                let key = self.bytes()?;
                let value = self.bytes()?;
                if self.at > HEADER_MAX_BYTES {
                    return Err(self.damaged("the header does not end"));
                }
                match key.as_slice() {
                    b"avro.schema" => schema = Some(value),
                    b"avro.codec" => codec = value,
                    _ => {}
                }
            }
        }
        self.codec = Codec::parse(&codec).ok_or_else(|| {
            Error::invalid(format!(
                "{}: blocks are packed with {:?}, which is not read; write them with deflate, snappy, zstandard, bzip2 or xz",
                self.name,
                String::from_utf8_lossy(&codec)
            ))
        })?;
        let mut mark = [0; 16];
        self.fill(&mut mark)?;
        self.mark = mark;
        let schema = schema.and_then(|schema| String::from_utf8(schema).ok()).filter(|schema| !schema.is_empty());
        self.schema = schema.ok_or_else(|| self.damaged("there is no schema"))?;
        Ok(())
    }

    /// The next block; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<AvroBlock>> {
        if self.at >= self.size {
            return Ok(None);
        }
        let (rows, length) = (self.varint()?, self.varint()?);
        let (Ok(rows), Ok(length)) = (u64::try_from(rows), u64::try_from(length)) else { return Err(self.damaged("a length below zero")) };
        let most = held_max(self.size, BLOCK_LEAST_BYTES, BLOCK_MAX_BYTES);
        if length > most {
            return Err(self.damaged(&too_large(length, most)));
        }
        if length > self.size.saturating_sub(self.at) {
            return Err(self.truncated());
        }
        let mut packed = vec![0; usize::try_from(length).unwrap_or(0)];
        self.fill(&mut packed)?;
        let mut mark = [0; 16];
        self.fill(&mut mark)?;
        if mark != self.mark {
            return Err(self.damaged("it does not end with the mark of the file"));
        }
        let bytes = self.codec.unpack(packed, most).map_err(|what| self.damaged(&what))?;
        // A row takes a byte at least, but for one of nothing but nulls, which is no row.
        if rows > bytes.len() as u64 {
            return Err(self.damaged(&format!("{} bytes claim to be {rows} rows", bytes.len())));
        }
        self.blocks += 1;
        Ok(Some(AvroBlock { rows, bytes }))
    }

    fn truncated(&self) -> Error {
        Error::invalid(format!("{}: the Avro file is cut off {}; send the whole file again", self.name, self.place()))
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<()> {
        self.input.read_exact(buffer).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => self.truncated(),
            _ => Error::new(ErrorKind::Unavailable, format!("{}: read after {} bytes: {error}; check the file and try again", self.name, self.at)).because(error),
        })?;
        self.at += buffer.len() as u64;
        Ok(())
    }

    fn varint(&mut self) -> Result<i64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let mut byte = [0];
            self.fill(&mut byte)?;
            let [byte] = byte;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok((value >> 1).cast_signed() ^ -((value & 1).cast_signed()));
            }
        }
        Err(self.damaged("a number that does not end"))
    }

    fn bytes(&mut self) -> Result<Vec<u8>> {
        let length = u64::try_from(self.varint()?).unwrap_or(u64::MAX);
        if length > HEADER_MAX_BYTES {
            return Err(self.damaged("the header does not end"));
        }
        if length > self.size.saturating_sub(self.at) {
            return Err(self.truncated());
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
}

/// A number as Avro writes it.
pub(crate) fn write_varint(value: i64, out: &mut Vec<u8>) {
    let mut rest = (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned();
    while rest >= 0x80 {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}
