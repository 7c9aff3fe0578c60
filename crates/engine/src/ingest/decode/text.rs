//! Plain bytes to UTF-8 text in windows. One thread reads, unpacks and transcodes ahead while the caller parses; a bounded
//! channel between them keeps the memory of a load independent of the size of its file. What is read sooner than a thread is
//! started for it is read by the caller.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::Spooled;
use super::compression::Unpacked;
use super::encoding::Transcoder;
use crate::error::{Error, ErrorKind, Result};
use crate::ingest::{Compression, Encoding, Progress};

const BLOCK_BYTES: usize = 256 << 10;
/// Blocks that the reading thread may be ahead.
const BLOCKS_AHEAD: usize = 8;
/// Stored bytes that the caller reads.
const READ_HERE_MAX_BYTES: u64 = 16 << 10;

/// Reads, unpacks and transcodes block by block.
struct Blocks {
    unpacked: Unpacked,
    transcoder: Transcoder,
    progress: Progress,
    ended: bool,
}

impl Blocks {
    /// The next block; `None` at the end.
    fn next(&mut self) -> Result<Option<Vec<u8>>> {
        if self.ended {
            return Ok(None);
        }
        self.progress.check()?;
        let bytes = self.unpacked.read_up_to(BLOCK_BYTES)?;
        self.ended = bytes.len() < BLOCK_BYTES;
        self.transcoder.transcode(bytes, self.ended).map(Some).map_err(|what| Error::invalid(format!("{} {what}", self.unpacked.name())))
    }

    fn send_all(&mut self, sender: &SyncSender<Result<Option<Vec<u8>>>>) {
        loop {
            let block = self.next();
            let last = !matches!(block, Ok(Some(_)));
            // Nobody listens any more when the decoder has given up.
            if sender.send(block).is_err() || last {
                return;
            }
        }
    }
}

/// Who reads.
enum Reader {
    Thread(Receiver<Result<Option<Vec<u8>>>>),
    Here(Box<Blocks>),
}

/// The text that was read and not yet consumed.
pub(crate) struct Window {
    buffer: Vec<u8>,
    start: usize,
    ended: bool,
    reader: Reader,
}

impl Window {
    /// Begins to read; where that takes a thread, it ends when the window is dropped or the progress is cancelled.
    pub(crate) fn open(source: &Spooled, compression: Compression, encoding: Encoding, progress: &Progress) -> Result<Self> {
        let mut blocks = Blocks { unpacked: Unpacked::open(source, compression, progress)?, transcoder: Transcoder::new(encoding), progress: progress.clone(), ended: false };
        let reader = if source.size() <= READ_HERE_MAX_BYTES {
            Reader::Here(Box::new(blocks))
        } else {
            let (sender, receiver) = sync_channel(BLOCKS_AHEAD);
            std::thread::Builder::new()
                .name("tidemill-read".to_owned())
                .spawn(move || blocks.send_all(&sender))
                .map_err(|error| Error::new(ErrorKind::Unavailable, format!("start a reading thread: {error}; try again when the machine has room")).because(error))?;
            Reader::Thread(receiver)
        };
        Ok(Self { buffer: Vec::new(), start: 0, ended: false, reader })
    }

    pub(crate) fn text(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Whether nothing follows the text.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    pub(crate) fn consume(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.buffer.len());
    }

    /// Waits for more text: as much again as is left, so that a long row is not searched again and again.
    pub(crate) fn fill(&mut self) -> Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let wanted = self.buffer.len() * 2;
        loop {
            let block = match &mut self.reader {
                Reader::Thread(receiver) => receiver.recv().map_err(|_| Error::internal("the reading thread ended without a word"))?,
                Reader::Here(blocks) => blocks.next(),
            };
            match block? {
                Some(text) if self.buffer.is_empty() => self.buffer = text,
                Some(text) => self.buffer.extend_from_slice(&text),
                None => {
                    self.ended = true;
                    return Ok(());
                }
            }
            if !self.buffer.is_empty() && self.buffer.len() >= wanted {
                return Ok(());
            }
        }
    }
}
