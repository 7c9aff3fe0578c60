//! Plain bytes to UTF-8 text in windows. One thread reads, unpacks and transcodes ahead while the caller parses; a bounded
//! channel between them keeps the memory of a load independent of the size of its file.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::Spooled;
use super::compression::Unpacked;
use crate::error::{Error, ErrorKind, Result};
use crate::ingest::{Compression, Progress};

const BLOCK_BYTES: usize = 256 << 10;
/// Blocks that the reading thread may be ahead.
const BLOCKS_AHEAD: usize = 8;

const UTF_8_BOM: &[u8] = b"\xef\xbb\xbf";

/// How characters are written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Encoding {
    #[default]
    Utf8,
    Utf16Le,
    Utf16Be,
    Windows1252,
}

impl Encoding {
    /// The name that the API prints.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }

    /// The encoding of content that begins with `sample`; `complete` says that nothing follows.
    pub(crate) fn sniff(sample: &[u8], complete: bool) -> Self {
        match sample {
            [0xef, 0xbb, 0xbf, ..] => Self::Utf8,
            [0xff, 0xfe, ..] => Self::Utf16Le,
            [0xfe, 0xff, ..] => Self::Utf16Be,
            _ => match std::str::from_utf8(sample) {
                Ok(_) => Self::Utf8,
                // Cut off within a character.
                Err(error) if error.error_len().is_none() && !complete => Self::Utf8,
                Err(_) => Self::Windows1252,
            },
        }
    }

    fn decoder(self) -> Option<Decoder> {
        match self {
            Self::Utf8 => None,
            Self::Utf16Le => Some(UTF_16LE.new_decoder_with_bom_removal()),
            Self::Utf16Be => Some(UTF_16BE.new_decoder_with_bom_removal()),
            Self::Windows1252 => Some(WINDOWS_1252.new_decoder_without_bom_handling()),
        }
    }

    /// The text of a sample, without mark; a character that is cut off stays out.
    pub(crate) fn transcode(self, sample: &[u8]) -> Vec<u8> {
        let mut transcoder = Transcoder::new(self);
        transcoder.transcode(sample, false)
    }
}

struct Transcoder {
    decoder: Option<Decoder>,
    begun: bool,
}

impl Transcoder {
    fn new(encoding: Encoding) -> Self {
        Self { decoder: encoding.decoder(), begun: false }
    }

    fn transcode(&mut self, bytes: &[u8], last: bool) -> Vec<u8> {
        let Some(decoder) = &mut self.decoder else {
            let first = !std::mem::replace(&mut self.begun, true);
            let bytes = if first { bytes.strip_prefix(UTF_8_BOM).unwrap_or(bytes) } else { bytes };
            return bytes.to_vec();
        };
        let mut text = vec![0; decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16)];
        let (mut read, mut written) = (0, 0);
        loop {
            let (result, taken, made, _) = decoder.decode_to_utf8(bytes.get(read..).unwrap_or_default(), text.get_mut(written..).unwrap_or_default(), last);
            read += taken;
            written += made;
            match result {
                CoderResult::InputEmpty => break,
                CoderResult::OutputFull => text.resize(text.len() * 2 + 64, 0),
            }
        }
        text.truncate(written);
        text
    }
}

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
        if encoding != Encoding::Utf8 || !transcoder.begun {
            bytes = transcoder.transcode(&bytes, last);
        }
        if sender.send(Ok(Block::Text(bytes))).is_err() {
            return Ok(());
        }
        if last {
            let _ = sender.send(Ok(Block::End));
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        let cases: [(&[u8], bool, Encoding); 7] = [
            (b"abc", true, Encoding::Utf8),
            (b"\xef\xbb\xbfabc", true, Encoding::Utf8),
            ("größe".as_bytes(), true, Encoding::Utf8),
            (b"gr\xc3", false, Encoding::Utf8),
            (b"gr\xf6\xdfe", true, Encoding::Windows1252),
            (b"\xff\xfea\0", true, Encoding::Utf16Le),
            (b"\xfe\xff\0a", true, Encoding::Utf16Be),
        ];
        for (bytes, complete, expected) in cases {
            assert_eq!(Encoding::sniff(bytes, complete), expected, "{bytes:?}");
        }
        assert_eq!(Encoding::Windows1252.transcode(b"gr\xf6\xdfe \x80"), "größe €".as_bytes());
        assert_eq!(Encoding::Utf16Le.transcode(b"\xff\xfea\0\xe4\0"), "aä".as_bytes());
        assert_eq!(Encoding::Utf8.transcode(b"\xef\xbb\xbfabc"), b"abc");
    }
}
