//! An input that can be read more than once: files are opened in place (small ones are read at once), bytes are kept, streams go to memory while they
//! are small and to a temporary file beyond that. Such a file is sealed and has no name: whatever becomes of the process, nobody reads it.

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::encryption::{SealedFile, SealedReader, SealedWriter};
use crate::error::{Error, ErrorKind, Result};
use crate::ingest::{Compression, Input, Progress};
use crate::settings::UNPACK_RATIO;

/// Streams up to this size stay in memory.
const MEMORY_MAX_BYTES: usize = 4 << 20;
/// Files up to this size are read at once.
const FILE_IN_MEMORY_MAX_BYTES: u64 = 1 << 20;

/// Bytes at the beginning that tell text from what is none.
const HEAD_BYTES: usize = 64;

/// Bytes that are hashed until somebody is asked whether to go on.
const HASHED_AT_ONCE_BYTES: usize = 1 << 20;

/// Bytes in any order.
pub(crate) trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

/// A source of bytes at hand.
#[derive(Debug)]
pub(crate) struct Spooled {
    name: String,
    size: u64,
    content: Content,
    /// What was found by whoever has read it from end to end; `None` where nobody wants to know.
    passes: Option<Arc<Passes>>,
    /// What it has to be, where somebody has looked before.
    expected: Option<Hash>,
    unpack_ratio: u32,
}

/// A SHA-256.
pub(crate) type Hash = [u8; 32];

/// What passes over all of a content have found.
#[derive(Debug, Default)]
struct Passes {
    hash: OnceLock<Hash>,
    /// Whether one of them has found something else than the others, or than the size that it was taken for.
    differ: AtomicBool,
}

impl Passes {
    /// Notes what one has found; gives what the first has.
    fn note(&self, found: Hash) -> Hash {
        let first = *self.hash.get_or_init(|| found);
        if first != found {
            self.differ.store(true, Ordering::Relaxed);
        }
        first
    }
}

#[derive(Debug)]
enum Content {
    Path(PathBuf),
    Bytes(Bytes),
    Sealed(Arc<SealedFile>),
}

/// A way to the content.
pub(crate) enum Access {
    File(File),
    Sealed(SealedReader),
    Bytes(Bytes),
}

impl Spooled {
    /// The name that messages use.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How many times its size its plain content may be.
    pub(crate) fn unpack_ratio(&self) -> u32 {
        self.unpack_ratio
    }

    /// The same with another ratio, where one is said.
    #[must_use]
    pub(crate) fn with_unpack_ratio(mut self, ratio: Option<u32>) -> Self {
        self.unpack_ratio = ratio.unwrap_or(self.unpack_ratio);
        self
    }

    /// Bytes as stored.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// How much work it may be: as much as its size says, where it is text; what is packed may be very much, however small it is.
    pub(crate) fn weight(&self) -> u64 {
        let is_sign = |byte: &u8| *byte < b' ' && !byte.is_ascii_whitespace();
        let is_packed = |bytes: &&Bytes| Compression::sniff(bytes) != Compression::None || bytes.iter().take(HEAD_BYTES).any(is_sign);
        if self.bytes().filter(is_packed).is_some() { u64::MAX } else { self.size }
    }

    /// The content, where it is in memory.
    pub(crate) fn bytes(&self) -> Option<&Bytes> {
        if let Content::Bytes(bytes) = &self.content { Some(bytes) } else { None }
    }

    /// The content, wherever it is.
    pub(crate) fn access(&self) -> Result<Access> {
        Ok(match &self.content {
            Content::Path(path) => Access::File(open(&self.name, path)?),
            Content::Sealed(file) => Access::Sealed(file.reader()),
            Content::Bytes(bytes) => Access::Bytes(bytes.clone()),
        })
    }

    /// Reads it in any order.
    pub(crate) fn seekable(&self) -> Result<Box<dyn ReadSeek>> {
        Ok(match self.access()? {
            Access::File(file) => Box::new(BufReader::with_capacity(64 << 10, file)),
            // It holds a chunk at a time.
            Access::Sealed(reader) => Box::new(reader),
            Access::Bytes(bytes) => Box::new(Cursor::new(bytes)),
        })
    }

    /// Reads what is not in memory.
    fn stored(&self) -> Result<Option<Box<dyn Read + Send>>> {
        Ok(match self.access()? {
            Access::File(file) => Some(Box::new(file)),
            Access::Sealed(reader) => Some(Box::new(reader)),
            Access::Bytes(_) => None,
        })
    }

    /// The same, of which the hash will be asked for: whoever reads it from end to end finds it on the way.
    #[must_use]
    pub(crate) fn hashing(self) -> Self {
        Self { passes: Some(Arc::default()), ..self }
    }

    /// The same, whose hash somebody knows already.
    #[must_use]
    pub(crate) fn expecting(self, expected: Option<Hash>) -> Self {
        Self { expected, ..self }
    }

    /// The hash of the content; blocks. Read once more only where nobody has read all of it in order, as with files that are read here
    /// and there.
    ///
    /// # Errors
    /// `Unavailable` when it cannot be read, `Cancelled`; `Conflict` when it is not what was expected, or was not the same each time that it was read.
    pub(crate) fn hash(&self, progress: &Progress) -> Result<Hash> {
        let found = self.found(progress)?;
        let differ = self.passes.as_ref().is_some_and(|passes| passes.differ.load(Ordering::Relaxed));
        match self.expected {
            _ if differ => Err(Error::conflict(format!("{}: it was changed while it was loaded; load it again when nobody writes it", self.name))),
            Some(expected) if expected != found => Err(Error::conflict(format!("{}: it was changed since the load was ordered; load it again", self.name))),
            _ => Ok(found),
        }
    }

    fn found(&self, progress: &Progress) -> Result<Hash> {
        if let Some(found) = self.passes.as_ref().and_then(|passes| passes.hash.get()) {
            return Ok(*found);
        }
        let hash: Hash = match self.stored()? {
            None => Sha256::digest(self.bytes().cloned().unwrap_or_default()).into(),
            Some(mut content) => {
                let (mut hash, mut block) = (Sha256::new(), vec![0; HASHED_AT_ONCE_BYTES]);
                loop {
                    progress.check()?;
                    match content.read(&mut block) {
                        Ok(0) => break,
                        Ok(read) => hash.update(block.get(..read).unwrap_or_default()),
                        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                        Err(error) => return Err(Error::new(ErrorKind::Unavailable, format!("{}: read it again to compare it: {error}; try again", self.name)).because(error)),
                    }
                }
                hash.finalize().into()
            }
        };
        Ok(self.passes.as_ref().map_or(hash, |passes| passes.note(hash)))
    }

    /// Reads it from the beginning.
    pub(crate) fn open(&self) -> Result<Box<dyn Read + Send>> {
        Ok(match self.stored()? {
            Some(file) => match &self.passes {
                // Also where it is known: a file may be another one by the second pass.
                Some(passes) => Box::new(Hashing { inner: file, hash: Sha256::new(), left: self.size, passes: Arc::clone(passes) }),
                None => file,
            },
            None => Box::new(Cursor::new(self.bytes().cloned().unwrap_or_default())),
        })
    }
}

/// A content that is hashed while it is read.
struct Hashing {
    inner: Box<dyn Read + Send>,
    hash: Sha256,
    /// Bytes that are not read yet.
    left: u64,
    passes: Arc<Passes>,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..read).unwrap_or_default());
        let before = self.left;
        self.left = self.left.saturating_sub(read as u64);
        // Some readers stop at the last byte and do not ask whether there is more.
        if before > 0 && self.left == 0 {
            self.passes.note(self.hash.clone().finalize().into());
        }
        // It has grown, or ends too early.
        if read as u64 > before || (read == 0 && before > 0 && !buffer.is_empty()) {
            self.passes.differ.store(true, Ordering::Relaxed);
        }
        Ok(read)
    }
}

fn open(name: &str, path: &Path) -> Result<File> {
    File::open(path).map_err(|error| unreadable(name, path, error))
}

fn unreadable(name: &str, path: &Path, error: std::io::Error) -> Error {
    let kind = match error.kind() {
        std::io::ErrorKind::NotFound => ErrorKind::NotFound,
        std::io::ErrorKind::PermissionDenied => ErrorKind::Invalid,
        _ => ErrorKind::Unavailable,
    };
    Error::new(kind, format!("{name}: open {}: {error}; check the path", path.display())).because(error)
}

/// Makes an input readable more than once and says its size to the progress.
///
/// # Errors
/// `NotFound` for a path without a file, `Unavailable` when the stream breaks or the disk is full, `Cancelled`.
pub(crate) async fn spool(input: Input, progress: &Progress) -> Result<Spooled> {
    let name = input.name().to_owned();
    let (content, size) = match input {
        Input::Path(path) => {
            let named = name.clone();
            let looked = tokio::task::spawn_blocking(move || look_at(&named, path)).await;
            looked.map_err(|error| Error::internal("a look at a file ended without a word").because(error))??
        }
        Input::Bytes { bytes, .. } => {
            let size = bytes.len() as u64;
            (Content::Bytes(bytes), size)
        }
        Input::Sealed { file, .. } => {
            let looked = tokio::task::spawn_blocking(move || open_small(file)).await;
            let looked = looked.map_err(|error| Error::internal("a look at a sealed file ended without a word").because(error))?;
            looked.map_err(|error| Error::new(ErrorKind::Unavailable, format!("{name}: read the file that waits: {error}")).because(error))?
        }
        Input::Reader { reader, .. } => spool_stream(&name, reader, progress).await?,
    };
    progress.set_bytes_total(size);
    Ok(Spooled { name, size, content, passes: None, expected: None, unpack_ratio: UNPACK_RATIO })
}

/// A file: read at once where it is small, because it is read more than once, and in pieces.
fn look_at(name: &str, path: PathBuf) -> Result<(Content, u64)> {
    let metadata = std::fs::metadata(&path).map_err(|error| unreadable(name, &path, error))?;
    if !metadata.is_file() {
        return Err(Error::invalid(format!("{name}: {} is not a file; name one file", path.display())));
    }
    if metadata.len() > FILE_IN_MEMORY_MAX_BYTES {
        return Ok((Content::Path(path), metadata.len()));
    }
    let bytes = std::fs::read(&path).map_err(|error| unreadable(name, &path, error))?;
    let size = bytes.len() as u64;
    Ok((Content::Bytes(bytes.into()), size))
}

/// A sealed file: opened at once where it is small, for the same reason.
fn open_small(file: Arc<SealedFile>) -> std::io::Result<(Content, u64)> {
    let size = file.size();
    if size > FILE_IN_MEMORY_MAX_BYTES {
        return Ok((Content::Sealed(file), size));
    }
    let mut bytes = Vec::new();
    file.reader().read_to_end(&mut bytes)?;
    Ok((Content::Bytes(bytes.into()), size))
}

async fn spool_stream(name: &str, mut reader: Box<dyn AsyncRead + Send + Unpin>, progress: &Progress) -> Result<(Content, u64)> {
    let mut held = Vec::new();
    let mut file: Option<SealedWriter> = None;
    let mut size = 0_u64;
    loop {
        progress.check()?;
        let mut block = Vec::with_capacity(256 << 10);
        let read = reader
            .read_buf(&mut block)
            .await
            .map_err(|error| Error::new(ErrorKind::Unavailable, format!("{name}: the stream broke after {size} bytes: {error}; send it again")).because(error))?;
        if read == 0 {
            break;
        }
        size += read as u64;
        held.append(&mut block);
        if held.len() > MEMORY_MAX_BYTES {
            file = Some(write_away(name, file, std::mem::take(&mut held)).await?);
        }
    }
    match file {
        None => Ok((Content::Bytes(held.into()), size)),
        Some(file) => {
            let written = write_away(name, Some(file), held).await?;
            let sealed = tokio::task::spawn_blocking(move || written.finish()).await;
            let sealed = sealed.map_err(|error| Error::internal("the writing of a temporary file ended without a word").because(error))?;
            Ok((Content::Sealed(Arc::new(sealed.map_err(|error| no_room(name, error))?)), size))
        }
    }
}

/// Appends bytes to the temporary file, which is made first where there is none, off the async threads.
async fn write_away(name: &str, file: Option<SealedWriter>, bytes: Vec<u8>) -> Result<SealedWriter> {
    let written = tokio::task::spawn_blocking(move || {
        let mut file = match file {
            Some(file) => file,
            None => SealedWriter::in_folder(&std::env::temp_dir())?,
        };
        Ok::<_, Error>(file.write_all(&bytes).map(|()| file))
    });
    let written = written.await.map_err(|error| Error::internal("the writing of a temporary file ended without a word").because(error))?;
    written.map_err(|error| error.context(name))?.map_err(|error| no_room(name, error))
}

fn no_room(name: &str, error: std::io::Error) -> Error {
    let place = std::env::temp_dir();
    Error::new(ErrorKind::Unavailable, format!("{name}: write to {}: {error}; make room there and try again", place.display())).because(error)
}

#[cfg(test)]
mod tests {
    use tempfile::NamedTempFile;

    use super::*;

    fn sealed(bytes: &[u8]) -> Input {
        let mut writer = SealedWriter::in_folder(&std::env::temp_dir()).unwrap();
        writer.write_all(bytes).unwrap();
        Input::Sealed { name: "s".into(), file: Arc::new(writer.finish().unwrap()) }
    }

    #[tokio::test]
    async fn every_input_can_be_read_twice() {
        let big = vec![b'x'; 3 * MEMORY_MAX_BYTES];
        let mut path = NamedTempFile::new().unwrap();
        path.write_all(b"abc").unwrap();
        let cases: [(Input, &[u8]); 6] = [
            (Input::Bytes { name: "a".into(), bytes: Bytes::from_static(b"abc") }, b"abc"),
            (Input::Path(path.path().to_owned()), b"abc"),
            (sealed(b"abc"), b"abc"),
            (sealed(&big), &big),
            (Input::Reader { name: "r".into(), reader: Box::new(Cursor::new(b"abc".to_vec())) }, b"abc"),
            (Input::Reader { name: "r".into(), reader: Box::new(Cursor::new(big.clone())) }, &big),
        ];
        for (input, expected) in cases {
            let progress = Progress::new();
            let spooled = spool(input, &progress).await.unwrap();
            assert_eq!(progress.bytes_total(), expected.len() as u64);
            for _ in 0..2 {
                let mut content = Vec::new();
                spooled.open().unwrap().read_to_end(&mut content).unwrap();
                assert!(content == expected);
            }
        }
    }

    #[tokio::test]
    async fn what_is_read_from_end_to_end_is_hashed_on_the_way() {
        let mut path = NamedTempFile::new().unwrap();
        let content = vec![b'y'; 2 * usize::try_from(FILE_IN_MEMORY_MAX_BYTES).unwrap()];
        path.write_all(&content).unwrap();
        let expected: Hash = Sha256::digest(&content).into();
        let progress = Progress::new();
        let spool_it = || async { spool(Input::Path(path.path().to_owned()), &Progress::new()).await.unwrap().hashing() };
        let spooled = spool_it().await;
        // Somebody looks at the beginning alone.
        spooled.open().unwrap().read_exact(&mut [0; 100]).unwrap();
        assert!(spooled.passes.as_ref().unwrap().hash.get().is_none());
        spooled.open().unwrap().read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(spooled.passes.as_ref().unwrap().hash.get(), Some(&expected));
        // Found without another look: the file may be gone by now.
        std::fs::write(path.path(), b"other").unwrap();
        assert_eq!(spooled.hash(&progress).unwrap(), expected);
        // Nobody has read it: it is read for this.
        std::fs::write(path.path(), &content).unwrap();
        assert_eq!(spool_it().await.hash(&progress).unwrap(), expected);
        let small = spool(Input::Bytes { name: "a".into(), bytes: Bytes::from_static(b"abc") }, &progress).await.unwrap();
        assert_eq!(small.hash(&progress).unwrap(), <Hash>::from(Sha256::digest(b"abc")));
    }

    #[tokio::test]
    async fn a_file_that_is_another_at_the_second_pass_is_refused() {
        let path = NamedTempFile::new().unwrap();
        let size = 2 * usize::try_from(FILE_IN_MEMORY_MAX_BYTES).unwrap();
        for (later, refused) in [(vec![b'y'; size], false), (vec![b'z'; size], true), (vec![b'y'; size + 1], true), (vec![b'y'; size - 1], true)] {
            std::fs::write(path.path(), vec![b'y'; size]).unwrap();
            let spooled = spool(Input::Path(path.path().to_owned()), &Progress::new()).await.unwrap().hashing();
            for content in [None, Some(&later)] {
                if let Some(content) = content {
                    std::fs::write(path.path(), content).unwrap();
                }
                spooled.open().unwrap().read_to_end(&mut Vec::new()).unwrap();
            }
            let hash = spooled.hash(&Progress::new());
            assert_eq!(hash.map_err(|error| error.kind()).err(), refused.then_some(ErrorKind::Conflict), "{} bytes", later.len());
        }
    }

    #[tokio::test]
    async fn what_is_packed_may_be_much_work_however_small_it_is() {
        let packed = zstd::encode_all([b'x'; 1_000].as_slice(), 1).unwrap();
        for (bytes, is_text) in [
            ("a,b\r\n1,\t2\n".as_bytes(), true),
            ("größe\n".as_bytes(), true),
            (b"", true),
            (packed.as_slice(), false),
            (crate::ingest::decode::testing::gzip(b"a\n1\n").as_slice(), false),
            (b"Obj\x01", false),
            (b"PK\x03\x04", false),
            (b"ARROW1\0\0", false),
        ] {
            let source = spool(Input::Bytes { name: "a".into(), bytes: Bytes::copy_from_slice(bytes) }, &Progress::new()).await.unwrap();
            assert_eq!(source.weight(), if is_text { source.size() } else { u64::MAX }, "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn a_path_without_a_file_is_named() {
        let error = spool(Input::Path("/nowhere/x.csv".into()), &Progress::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.message().starts_with("x.csv: open /nowhere/x.csv: "), "{error}");
        let error = spool(Input::Path(std::env::temp_dir()), &Progress::new()).await.unwrap_err();
        assert!(error.message().contains("is not a file; name one file"), "{error}");
    }

    #[tokio::test]
    async fn what_was_changed_since_somebody_looked_is_refused() {
        let progress = Progress::new();
        let hash: Hash = Sha256::digest(b"abc").into();
        for (bytes, refused) in [(&b"abc"[..], false), (b"abd", true)] {
            let source = spool(Input::Bytes { name: "a".into(), bytes: Bytes::from_static(bytes) }, &progress).await.unwrap().hashing().expecting(Some(hash));
            assert_eq!(source.hash(&progress).map_err(|error| error.kind()).err(), refused.then_some(ErrorKind::Conflict));
        }
    }
}
