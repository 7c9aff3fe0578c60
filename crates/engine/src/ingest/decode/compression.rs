//! Packed bytes to plain bytes: gzip, Zstandard, bzip2 and xz, several members too. Refuses what is cut off or damaged, with
//! the place, and what unpacks to absurdly much; reports how many stored bytes were consumed.

use std::io::{BufReader, ErrorKind as IoKind, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;

use super::Spooled;
use super::plain_size::Growth;
use crate::error::{Error, ErrorKind, Result};
use crate::ingest::{Compression, Progress};

const BUFFER_BYTES: usize = 256 << 10;
/// Memory that unpacking xz may take; `xz -9` asks for 65 MiB.
pub(crate) const XZ_MEMORY_KIB: u32 = 256 << 10;

impl Compression {
    /// How content that begins like this is packed.
    pub(crate) fn sniff(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            // A skippable frame may come first.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            // A block, or the end of an empty stream.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, ..] | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            _ => Self::None,
        }
    }

    /// The name in messages.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::None => "file",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        }
    }
}

/// The plain content of a source.
pub(crate) struct Unpacked {
    name: String,
    size: u64,
    compression: Compression,
    progress: Progress,
    content: Box<dyn Read + Send>,
    growth: Growth,
}

struct Counted {
    inner: Box<dyn Read + Send>,
    progress: Progress,
    bytes: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        self.progress.set_bytes_read(self.bytes);
        Ok(read)
    }
}

impl Unpacked {
    /// Begins to read a source; the progress counts stored bytes.
    pub(crate) fn open(source: &Spooled, compression: Compression, progress: &Progress) -> Result<Self> {
        let counted = Counted { inner: source.open()?, progress: progress.clone(), bytes: 0 };
        let content: Box<dyn Read + Send> = match compression {
            Compression::None => Box::new(counted),
            Compression::Gzip => Box::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER_BYTES, counted))),
            Compression::Bzip2 => Box::new(MultiBzDecoder::new(BufReader::with_capacity(BUFFER_BYTES, counted))),
            Compression::Xz => Box::new(XzReader::new_mem_limit(BufReader::with_capacity(BUFFER_BYTES, counted), true, XZ_MEMORY_KIB)),
            Compression::Zstd => Box::new(
                zstd::stream::read::Decoder::with_buffer(BufReader::with_capacity(BUFFER_BYTES, counted))
                    .map_err(|error| Error::new(ErrorKind::Unavailable, format!("{}: the zstd reader cannot start: {error}", source.name())).because(error))?,
            ),
        };
        Ok(Self { name: source.name().to_owned(), size: source.size(), compression, progress: progress.clone(), content, growth: Growth::of(source) })
    }

    /// The name that messages use.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Reads until the buffer is full or the content ends.
    fn read_full(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.content.read(rest) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == IoKind::Interrupted => {}
                Err(error) => return Err(self.explain(error)),
            }
        }
        if self.compression != Compression::None {
            self.growth.add(filled as u64, self.progress.bytes_read(), self.compression.as_str())?;
        }
        Ok(filled)
    }

    /// Reads so many bytes, or those that there are. What is small is given no room for more.
    pub(crate) fn read_up_to(&mut self, most: usize) -> Result<Vec<u8>> {
        let expected = match self.compression {
            Compression::None => usize::try_from(self.size).map_or(most, |size| size.saturating_add(1).min(most)),
            _ => most,
        };
        let mut bytes = vec![0; expected];
        let mut read = self.read_full(&mut bytes)?;
        if read == expected && expected < most {
            // A file that has grown since it was looked at.
            bytes.resize(most, 0);
            read += self.read_full(bytes.get_mut(read..).unwrap_or_default())?;
        }
        bytes.truncate(read);
        Ok(bytes)
    }

    fn explain(&self, error: std::io::Error) -> Error {
        let (name, packing, read) = (&self.name, self.compression.as_str(), self.progress.bytes_read());
        let damaged =
            self.compression != Compression::None && matches!(error.kind(), IoKind::InvalidData | IoKind::InvalidInput | IoKind::Other | IoKind::OutOfMemory | IoKind::Unsupported);
        if self.compression != Compression::None && error.kind() == IoKind::UnexpectedEof {
            return Error::invalid(format!("{name}: the {packing} data is truncated: it ends after {read} bytes, before its end mark; send the whole file again")).because(error);
        }
        if damaged {
            let size = self.size;
            return Error::invalid(format!("{name}: the {packing} data is damaged within the first {read} of {size} bytes ({error}); pack the file anew and send it again"))
                .because(error);
        }
        Error::new(ErrorKind::Unavailable, format!("{name}: read after {read} bytes: {error}; check the file and try again")).because(error)
    }
}
