//! What a query writes away when its memory is full, sealed: a file without a name, under a key that only this process
//! ever has. A frame is its length and what was sealed; frames are numbered, so that none can be changed or left out.

use std::fmt;
use std::fs::File;
use std::io::{Error as IoError, Read, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SpillFile, SpillWriter, TempFileFactory};
use futures::Stream;
use object_store::path::Path;

use super::SecretKey;
use super::format::TAG_BYTES;
use super::object::ObjectKey;

/// Bytes of a frame before it is sealed, at most.
const FRAME_BYTES: usize = 256 << 10;
/// Bytes of its length.
const LENGTH_BYTES: usize = 4;
/// What all queries of an engine together may write away; DataFusion's own limit.
const LIMIT_BYTES: u64 = 100 << 30;

/// Makes sealed files in the folder for temporary files.
#[derive(Debug, Default)]
pub(crate) struct SealedSpills {
    used: Arc<AtomicU64>,
}

impl TempFileFactory for SealedSpills {
    fn create_temp_file(&self, description: &str) -> Result<Arc<dyn SpillFile>> {
        let failed = |error: IoError| DataFusionError::Context(format!("make a temporary file for {description}"), Box::new(error.into()));
        let file = tempfile::tempfile().map_err(failed)?;
        let ours = |error: crate::Error| DataFusionError::External(Box::new(error));
        let (_, key) = ObjectKey::create(&SecretKey::generate().map_err(ours)?, uuid::Uuid::new_v4(), &Path::from("spill")).map_err(ours)?;
        Ok(Arc::new(SealedSpill(Arc::new(Spill { file: Mutex::new(file), key, written: AtomicU64::new(0), frames: AtomicU64::new(0), used: Arc::clone(&self.used) }))))
    }
}

struct SealedSpill(Arc<Spill>);

struct Spill {
    file: Mutex<File>,
    key: ObjectKey,
    /// Bytes in the file. Not taken from the file, which somebody may have cut.
    written: AtomicU64,
    frames: AtomicU64,
    used: Arc<AtomicU64>,
}

impl Drop for Spill {
    fn drop(&mut self) {
        self.used.fetch_sub(self.written.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Spill {
    fn file(&self) -> std::sync::MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seals a frame and puts it at the end.
    fn append(&self, plain: &[u8]) -> std::io::Result<()> {
        let number = self.frames.fetch_add(1, Ordering::Relaxed);
        let sealed = u32::try_from(plain.len() + TAG_BYTES as usize).map_err(IoError::other)?;
        let mut frame = Vec::with_capacity(LENGTH_BYTES + sealed as usize);
        frame.extend_from_slice(&sealed.to_be_bytes());
        self.key.seal(number, false, plain, &mut frame).map_err(IoError::other)?;
        let size = frame.len() as u64;
        if self.used.fetch_add(size, Ordering::Relaxed) + size > LIMIT_BYTES {
            self.used.fetch_sub(size, Ordering::Relaxed);
            return Err(IoError::other(format!("queries have written away more than {} GiB", LIMIT_BYTES >> 30)));
        }
        let mut file = self.file();
        file.seek(SeekFrom::Start(self.written.load(Ordering::Acquire)))?;
        file.write_all(&frame)?;
        self.written.fetch_add(size, Ordering::Release);
        Ok(())
    }

    /// The frame that begins here and where the next one does; `None` at the end of what was written so far.
    fn frame(&self, number: u64, at: u64) -> std::io::Result<Option<(Bytes, u64)>> {
        if at >= self.written.load(Ordering::Acquire) {
            return Ok(None);
        }
        let mut length = [0; LENGTH_BYTES];
        let sealed = {
            let mut file = self.file();
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(&mut length)?;
            let length = u32::from_be_bytes(length) as usize;
            if length > FRAME_BYTES + TAG_BYTES as usize {
                return Err(damaged());
            }
            let mut sealed = vec![0; length];
            file.read_exact(&mut sealed)?;
            sealed
        };
        let next = at + (LENGTH_BYTES + sealed.len()) as u64;
        let plain = self.key.open_one(number, &sealed).ok_or_else(damaged)?;
        Ok(Some((plain.into(), next)))
    }
}

fn damaged() -> IoError {
    IoError::other("a temporary file of this query was changed by somebody else; ask again")
}

impl SpillFile for SealedSpill {
    fn size(&self) -> Option<u64> {
        Some(self.0.written.load(Ordering::Acquire))
    }

    fn read_stream(&self) -> Result<Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>> {
        let stream = futures::stream::try_unfold((Arc::clone(&self.0), 0, 0), |(spill, number, at)| async move {
            let read = Arc::clone(&spill);
            let frame = tokio::task::spawn_blocking(move || read.frame(number, at)).await.map_err(IoError::other)??;
            Ok(frame.map(|(bytes, next)| (bytes, (spill, number + 1, next))))
        });
        Ok(Box::pin(stream))
    }

    fn open_writer(&self) -> Result<Box<dyn SpillWriter>> {
        Ok(Box::new(FrameWriter { spill: Arc::clone(&self.0), held: Vec::new() }))
    }
}

impl fmt::Debug for SealedSpill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedSpill").finish_non_exhaustive()
    }
}

/// Gathers bytes until they fill a frame, or are to be seen.
struct FrameWriter {
    spill: Arc<Spill>,
    held: Vec<u8>,
}

impl Write for FrameWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = bytes.len().min(FRAME_BYTES - self.held.len());
        self.held.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        if self.held.len() == FRAME_BYTES {
            self.flush()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        if !self.held.is_empty() {
            self.spill.append(&self.held)?;
            self.held.clear();
        }
        Ok(())
    }
}

impl SpillWriter for FrameWriter {
    fn finish(&mut self) -> Result<()> {
        Ok(self.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;

    use super::*;

    async fn read(file: &dyn SpillFile) -> Result<Vec<u8>> {
        Ok(file.read_stream()?.try_collect::<Vec<Bytes>>().await?.concat())
    }

    #[tokio::test]
    async fn what_is_written_away_is_sealed_and_comes_back() {
        let spills = SealedSpills::default();
        let (_, key) = ObjectKey::create(&SecretKey::generate().unwrap(), uuid::Uuid::nil(), &Path::from("spill")).unwrap();
        let spill = Arc::new(Spill { file: Mutex::new(tempfile::tempfile().unwrap()), key, written: 0.into(), frames: 0.into(), used: Arc::clone(&spills.used) });
        let file = SealedSpill(Arc::clone(&spill));
        let plain: Vec<u8> = b"a row of acme ".iter().copied().cycle().take(3 * FRAME_BYTES + 7).collect();
        let mut writer = file.open_writer().unwrap();
        writer.write_all(&plain[..1000]).unwrap();
        writer.flush().unwrap();
        assert_eq!(read(&file).await.unwrap(), plain[..1000]);
        writer.write_all(&plain[1000..]).unwrap();
        writer.finish().unwrap();
        assert_eq!(read(&file).await.unwrap(), plain);
        assert_eq!(spills.used.load(Ordering::Relaxed), file.size().unwrap());

        let mut stored = Vec::new();
        spill.file().seek(SeekFrom::Start(0)).unwrap();
        spill.file().read_to_end(&mut stored).unwrap();
        assert!(!stored.windows(9).any(|window| window == b"a row of "));
        for at in [0, 3, 4, 500, stored.len() / 2, stored.len() - 1] {
            let mut changed = stored.clone();
            changed[at] ^= 1;
            spill.file().seek(SeekFrom::Start(0)).unwrap();
            spill.file().write_all(&changed).unwrap();
            assert!(read(&file).await.is_err(), "byte {at}");
        }
        spill.file().set_len(1020).unwrap();
        assert!(read(&file).await.is_err(), "cut");
        drop((file, spill, writer));
        assert_eq!(spills.used.load(Ordering::Relaxed), 0);
    }
}
