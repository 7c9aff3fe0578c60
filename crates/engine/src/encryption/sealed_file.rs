//! A file that no later process is to read, sealed: an upload that waits, a stream that is read more than once. It has no name, so
//! it is gone with whoever holds it, however that ends; and its key is in the memory of this process alone. Chunks lie
//! and are bound as those of a stored object are, so they can be read in any order, and none can be changed, moved or cut off.

use std::fmt;
use std::fs::File;
use std::io::{Error as IoError, ErrorKind as IoKind, Read, Result as IoResult, Seek, SeekFrom, Write};
use std::path::Path as FilePath;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use object_store::path::Path;

use super::SecretKey;
use super::format::{CHUNK_BYTES, SEALED_BYTES, TAG_BYTES};
use super::object::ObjectKey;
use crate::error::{Error, ErrorKind, Result};

/// A sealed file that is being written. It blocks.
///
/// ```
/// use std::io::{Read, Write};
/// use std::sync::Arc;
/// use tidemill::encryption::SealedWriter;
/// let mut writer = SealedWriter::in_folder(&std::env::temp_dir())?;
/// writer.write_all(b"city,amount\nRome,2\n")?;
/// let file = Arc::new(writer.finish()?);
/// let mut text = String::new();
/// file.reader().read_to_string(&mut text)?;
/// assert_eq!((text.as_str(), file.size()), ("city,amount\nRome,2\n", 19));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SealedWriter {
    file: File,
    /// Large, and moved with the file from thread to thread.
    key: Box<ObjectKey>,
    /// What is not sealed yet: the last chunk is sealed as such.
    held: Vec<u8>,
    chunks: u64,
    size: u64,
}

impl SealedWriter {
    /// Begins a file without a name on the disk of a folder.
    ///
    /// # Errors
    /// `Unavailable` when no file can be made there, or the operating system has no random bytes.
    pub fn in_folder(folder: &FilePath) -> Result<Self> {
        let made = tempfile::tempfile_in(folder);
        let file =
            made.map_err(|error| Error::new(ErrorKind::Unavailable, format!("make a file in {}: {error}; make room there and try again", folder.display())).because(error))?;
        let (_, key) = ObjectKey::create(&SecretKey::generate()?, uuid::Uuid::new_v4(), &Path::from("waiting"))?;
        Ok(Self { file, key: Box::new(key), held: Vec::new(), chunks: 0, size: 0 })
    }

    fn seal(&mut self, last: bool) -> IoResult<()> {
        let mut sealed = Vec::with_capacity(self.held.len() + TAG_BYTES as usize);
        self.key.seal(self.chunks, last, &self.held, &mut sealed).map_err(IoError::other)?;
        self.file.write_all(&sealed)?;
        self.chunks += 1;
        self.held.clear();
        Ok(())
    }

    /// Seals the rest. Nothing can be read before.
    ///
    /// # Errors
    /// The disk is full.
    pub fn finish(mut self) -> IoResult<SealedFile> {
        if !self.held.is_empty() {
            self.seal(true)?;
        }
        Ok(SealedFile { file: Mutex::new(self.file), key: self.key, size: self.size })
    }
}

impl Write for SealedWriter {
    fn write(&mut self, bytes: &[u8]) -> IoResult<usize> {
        // Only what has something behind it is not the last chunk.
        if !bytes.is_empty() && self.held.len() == CHUNK_BYTES as usize {
            self.seal(false)?;
        }
        let taken = bytes.len().min(CHUNK_BYTES as usize - self.held.len());
        self.held.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        self.size += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> IoResult<()> {
        Ok(())
    }
}

impl fmt::Debug for SealedWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedWriter").field("size", &self.size).finish_non_exhaustive()
    }
}

/// A sealed file that was written. Its bytes go with the last who holds it.
pub struct SealedFile {
    file: Mutex<File>,
    key: Box<ObjectKey>,
    /// Plain bytes. Not taken from the file, which somebody may have cut.
    size: u64,
}

impl SealedFile {
    /// Plain bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Reads it, from its beginning and in any order.
    pub fn reader(self: &Arc<Self>) -> SealedReader {
        SealedReader { file: Arc::clone(self), at: 0, chunk: None }
    }

    /// Opens one chunk.
    fn chunk(&self, number: u64) -> IoResult<Bytes> {
        let plain = self.size.saturating_sub(number * CHUNK_BYTES).min(CHUNK_BYTES);
        let mut sealed = vec![0; (plain + TAG_BYTES) as usize];
        {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(number * SEALED_BYTES))?;
            file.read_exact(&mut sealed)?;
        }
        let changed = |_| IoError::other("a temporary file was changed by somebody else; send it again");
        self.key.open(number, self.size.div_ceil(CHUNK_BYTES), sealed.into()).map_err(changed)
    }
}

impl fmt::Debug for SealedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedFile").field("size", &self.size).finish_non_exhaustive()
    }
}

/// Reads a sealed file. Clones go their own ways.
#[derive(Debug, Clone)]
pub struct SealedReader {
    file: Arc<SealedFile>,
    at: u64,
    /// The chunk at hand.
    chunk: Option<(u64, Bytes)>,
}

impl SealedReader {
    /// Plain bytes of the whole file.
    pub fn size(&self) -> u64 {
        self.file.size
    }
}

impl Read for SealedReader {
    fn read(&mut self, buffer: &mut [u8]) -> IoResult<usize> {
        if buffer.is_empty() || self.at >= self.file.size {
            return Ok(0);
        }
        let number = self.at / CHUNK_BYTES;
        let chunk = match &self.chunk {
            Some((known, bytes)) if *known == number => bytes.clone(),
            _ => {
                let bytes = self.file.chunk(number)?;
                self.chunk = Some((number, bytes.clone()));
                bytes
            }
        };
        let rest = chunk.get((self.at % CHUNK_BYTES) as usize..).unwrap_or_default();
        let taken = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..taken), rest.get(..taken)) {
            to.copy_from_slice(from);
        }
        self.at += taken as u64;
        Ok(taken)
    }
}

impl Seek for SealedReader {
    fn seek(&mut self, to: SeekFrom) -> IoResult<u64> {
        let found = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.file.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = found.ok_or_else(|| IoError::new(IoKind::InvalidInput, "a place before the beginning of a file"))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(plain: &[u8]) -> Arc<SealedFile> {
        let mut writer = SealedWriter::in_folder(&std::env::temp_dir()).unwrap();
        // In pieces that do not meet the chunks.
        plain.chunks(70_001).for_each(|piece| writer.write_all(piece).unwrap());
        assert_eq!(writer.write(&[]).unwrap(), 0);
        Arc::new(writer.finish().unwrap())
    }

    fn plain(size: usize) -> Vec<u8> {
        b"a row of acme ".iter().copied().cycle().take(size).collect()
    }

    #[test]
    fn what_is_written_comes_back_in_any_order() {
        for size in [0, 1, CHUNK_BYTES as usize - 1, CHUNK_BYTES as usize, CHUNK_BYTES as usize + 1, 3 * CHUNK_BYTES as usize] {
            let (plain, mut found) = (plain(size), Vec::new());
            let file = written(&plain);
            file.reader().read_to_end(&mut found).unwrap();
            assert!(found == plain, "{size}");
            let mut reader = file.reader();
            for at in [size / 2, 0, size.saturating_sub(3), size + 5] {
                assert_eq!(reader.seek(SeekFrom::Start(at as u64)).unwrap(), at as u64);
                let mut few = Vec::new();
                (&mut reader).take(10).read_to_end(&mut few).unwrap();
                assert_eq!(few, plain.get(at..plain.len().min(at + 10)).unwrap_or_default(), "{size} at {at}");
            }
            assert_eq!(reader.seek(SeekFrom::End(0)).unwrap(), size as u64);
            assert!(reader.seek(SeekFrom::End(-(size as i64) - 1)).is_err());
        }
    }

    #[test]
    fn nothing_of_it_can_be_read_or_changed_in_the_file() {
        let plain = plain(2 * CHUNK_BYTES as usize + 7);
        let file = written(&plain);
        let mut stored = Vec::new();
        {
            let mut raw = file.file.lock().unwrap();
            raw.seek(SeekFrom::Start(0)).unwrap();
            raw.read_to_end(&mut stored).unwrap();
        }
        assert!(!stored.windows(9).any(|window| window == b"a row of "));
        let read = || file.reader().read_to_end(&mut Vec::new()).is_ok();
        for at in [0, stored.len() / 2, stored.len() - 1] {
            let mut changed = stored.clone();
            changed[at] ^= 1;
            let put = |bytes: &[u8]| {
                let mut raw = file.file.lock().unwrap();
                raw.seek(SeekFrom::Start(0)).unwrap();
                raw.write_all(bytes).unwrap();
            };
            put(&changed);
            assert!(!read(), "byte {at}");
            put(&stored);
            assert!(read());
        }
        file.file.lock().unwrap().set_len(SEALED_BYTES).unwrap();
        assert!(!read(), "cut");
    }
}
