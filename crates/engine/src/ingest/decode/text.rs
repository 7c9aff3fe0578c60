//! Plain bytes to UTF-8 text in windows. One thread reads, unpacks and transcodes ahead while the caller parses; a bounded
//! channel between them keeps the memory of a load independent of the size of its file.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::Spooled;
use super::compression::Unpacked;
use super::encoding::Transcoder;
use crate::error::{Error, ErrorKind, Result};
use crate::ingest::{Compression, Encoding, Progress};

const BLOCK_BYTES: usize = 256 << 10;
/// Blocks that the reading thread may be ahead.
const BLOCKS_AHEAD: usize = 8;

enum Block {
    Text(Vec<u8>),
    End,
}

/// The text that was read and not yet consumed.
pub(crate) struct Window {
    buffer: Vec<u8>,
    start: usize,
    ended: bool,
    blocks: Receiver<Result<Block>>,
}

impl Window {
    /// Starts the thread that reads ahead. It ends when the window is dropped or the progress is cancelled.
    pub(crate) fn open(source: &Spooled, compression: Compression, encoding: Encoding, progress: &Progress) -> Result<Self> {
        let unpacked = Unpacked::open(source, compression, progress)?;
        let (sender, blocks) = sync_channel(BLOCKS_AHEAD);
        let progress = progress.clone();
        std::thread::Builder::new()
            .name("tidemill-read".to_owned())
            .spawn(move || {
                if let Err(error) = read_ahead(unpacked, encoding, &progress, &sender) {
                    // Nobody listens any more when the decoder has given up.
                    let _ = sender.send(Err(error));
                }
            })
            .map_err(|error| Error::new(ErrorKind::Unavailable, format!("start a reading thread: {error}; try again when the machine has room")).because(error))?;
        Ok(Self { buffer: Vec::with_capacity(2 * BLOCK_BYTES), start: 0, ended: false, blocks })
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
            match self.blocks.recv() {
                Ok(Ok(Block::Text(text))) if self.buffer.is_empty() => self.buffer = text,
                Ok(Ok(Block::Text(text))) => self.buffer.extend_from_slice(&text),
                Ok(Ok(Block::End)) => {
                    self.ended = true;
                    return Ok(());
                }
                Ok(Err(error)) => return Err(error),
                Err(_) => return Err(Error::internal("the reading thread ended without a word")),
            }
            if !self.buffer.is_empty() && self.buffer.len() >= wanted {
                return Ok(());
            }
        }
    }
}

fn read_ahead(mut unpacked: Unpacked, encoding: Encoding, progress: &Progress, sender: &SyncSender<Result<Block>>) -> Result<()> {
    let mut transcoder = Transcoder::new(encoding);
    loop {
        progress.check()?;
        let mut bytes = vec![0; BLOCK_BYTES];
        let read = unpacked.read_full(&mut bytes)?;
        let last = read < BLOCK_BYTES;
        bytes.truncate(read);
        bytes = transcoder.transcode(bytes, last).map_err(|what| Error::invalid(format!("{} {what}", unpacked.name())))?;
        if sender.send(Ok(Block::Text(bytes))).is_err() {
            return Ok(());
        }
        if last {
            let _ = sender.send(Ok(Block::End));
            return Ok(());
        }
    }
}
