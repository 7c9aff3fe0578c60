//! A file that no later process is to read, sealed: an upload that waits, a stream that is read more than once. Its key is in the memory of
//! this process alone. What is read at once has no name, so it is gone with whoever holds it, however that ends; what waits has one, so
//! that it is open only while somebody reads it, and who is killed leaves what nobody can read. Chunks lie
//! and are bound as those of a stored object are, so they can be read in any order, and none can be changed, moved or cut off.

use std::fmt;
use std::fs::File;
use std::io::{Error as IoError, ErrorKind as IoKind, Read, Result as IoResult, Seek, SeekFrom, Write};
use std::path::Path as FilePath;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;
use object_store::path::Path;
use tempfile::{NamedTempFile, TempPath};

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
    /// Where it is found again, if it waits.
    path: Option<TempPath>,
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
        let file = tempfile::tempfile_in(folder).map_err(|error| not_made(folder, error))?;
        Self::of(file, None)
    }

    /// Begins a file in a folder that nobody else looks into, which is to wait: it is open only while it is written or read. It goes with the
    /// last who holds it; a process that is killed leaves it, and nobody has its key any more. So empty the folder when it is used again.
    ///
    /// # Errors
    /// As [`in_folder`](Self::in_folder).
    pub fn waiting_in_folder(folder: &FilePath) -> Result<Self> {
        let (file, path) = NamedTempFile::new_in(folder).map_err(|error| not_made(folder, error))?.into_parts();
        Self::of(file, Some(path))
    }

    fn of(file: File, path: Option<TempPath>) -> Result<Self> {
        let (_, key) = ObjectKey::create(&SecretKey::generate()?, uuid::Uuid::new_v4(), &Path::from("waiting"))?;
        Ok(Self { file, path, key: Box::new(key), held: Vec::new(), chunks: 0, size: 0 })
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
        let place = match self.path {
            Some(path) => Place::Named { path, open: Mutex::default() },
            None => Place::Held(Arc::new(Mutex::new(self.file))),
        };
        Ok(SealedFile { place, key: self.key, size: self.size })
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

fn not_made(folder: &FilePath, error: IoError) -> Error {
    Error::new(ErrorKind::Unavailable, format!("make a file in {}: {error}; make room there and try again", folder.display())).because(error)
}

/// Where the bytes of a sealed file are.
enum Place {
    /// In a file without a name, which is open until it goes.
    Held(Arc<Mutex<File>>),
    /// In a file that those who read it have open, all of them together once.
    Named { path: TempPath, open: Mutex<Weak<Mutex<File>>> },
}

impl Place {
    fn open(&self) -> IoResult<Arc<Mutex<File>>> {
        let (path, open) = match self {
            Self::Held(file) => return Ok(Arc::clone(file)),
            Self::Named { path, open } => (path, open),
        };
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.upgrade() {
            return Ok(file);
        }
        let file = Arc::new(Mutex::new(File::open(path)?));
        *open = Arc::downgrade(&file);
        Ok(file)
    }
}

/// A sealed file that was written. Its bytes go with the last who holds it.
pub struct SealedFile {
    place: Place,
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
        SealedReader { file: Arc::clone(self), open: None, at: 0, chunk: None }
    }

    /// Opens one chunk.
    fn chunk(&self, file: &Mutex<File>, number: u64) -> IoResult<Bytes> {
        let plain = self.size.saturating_sub(number * CHUNK_BYTES).min(CHUNK_BYTES);
        let mut sealed = vec![0; (plain + TAG_BYTES) as usize];
        {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
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
    /// From its first chunk on.
    open: Option<Arc<Mutex<File>>>,
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
                let open = match self.open.take() {
                    Some(open) => open,
                    None => self.file.place.open()?,
                };
                let bytes = self.file.chunk(self.open.insert(open), number)?;
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
            let raw = file.place.open().unwrap();
            let mut raw = raw.lock().unwrap();
            raw.seek(SeekFrom::Start(0)).unwrap();
            raw.read_to_end(&mut stored).unwrap();
        }
        assert!(!stored.windows(9).any(|window| window == b"a row of "));
        let read = || file.reader().read_to_end(&mut Vec::new()).is_ok();
        for at in [0, stored.len() / 2, stored.len() - 1] {
            let mut changed = stored.clone();
            changed[at] ^= 1;
            let put = |bytes: &[u8]| {
                let raw = file.place.open().unwrap();
                let mut raw = raw.lock().unwrap();
                raw.seek(SeekFrom::Start(0)).unwrap();
                raw.write_all(bytes).unwrap();
            };
            put(&changed);
            assert!(!read(), "byte {at}");
            put(&stored);
            assert!(read());
        }
        file.place.open().unwrap().lock().unwrap().set_len(SEALED_BYTES).unwrap();
        assert!(!read(), "cut");
    }

    #[test]
    fn what_waits_is_open_only_while_somebody_reads_it() {
        let (folder, plain) = (tempfile::tempdir().unwrap(), plain(2 * CHUNK_BYTES as usize + 7));
        let mut writer = SealedWriter::waiting_in_folder(folder.path()).unwrap();
        writer.write_all(&plain).unwrap();
        let file = Arc::new(writer.finish().unwrap());
        let open = || match &file.place {
            Place::Named { open, .. } => open.lock().unwrap().strong_count(),
            Place::Held(_) => panic!("it is open all the time"),
        };
        let files = || std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
        for _ in 0..2 {
            let (mut one, mut other) = (file.reader(), file.reader());
            assert_eq!(open(), 0);
            let mut found = Vec::new();
            one.read_to_end(&mut found).unwrap();
            assert!(found == plain);
            other.seek(SeekFrom::End(-3)).unwrap();
            other.read_exact(&mut [0; 3]).unwrap();
            let third = other.clone();
            drop((one, other));
            assert_eq!(open(), 1);
            drop(third);
        }
        assert_eq!(open(), 0);
        let stored = std::fs::read(&files()[0]).unwrap();
        assert!(!stored.windows(9).any(|window| window == b"a row of "));
        drop(file);
        assert_eq!(files().len(), 0);
    }
}
