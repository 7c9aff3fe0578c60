//! Arrow IPC as batches, by the `arrow-ipc` crate: a stream, or a file, which is a stream between a magic number and a
//! footer. Messages are read one by one, and what each claims of sizes is held against what the file has before anybody
//! makes room for it. Refuses files that are cut off or damaged, and batches that are larger than memory should be.

use std::collections::HashMap;
use std::io::{ErrorKind as IoKind, Read, Seek, SeekFrom};
use std::sync::Arc;

use arrow::buffer::{Buffer, MutableBuffer};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use arrow_ipc::convert::fb_to_schema;
use arrow_ipc::reader::StreamDecoder;
use arrow_ipc::{Block, MessageHeader, root_as_footer, root_as_message};

use super::Spooled;
use super::columnar::Batches;
use super::plain_size::held_max;
use super::spool::ReadSeek;
use crate::error::{Error, ErrorKind, Result};

/// What Arrow files begin and end with.
pub(crate) const MAGIC: &[u8] = b"ARROW1";
/// The magic number at the beginning, filled up to eight bytes.
const HEAD_BYTES: u64 = 8;
/// Length of the footer and magic number, behind the footer.
const TAIL_BYTES: u64 = 10;
/// What a message of a stream begins with.
pub(crate) const CONTINUATION: [u8; 4] = [0xff; 4];
/// Description of a message or footer at most.
const META_MAX_BYTES: u64 = 64 << 20;
/// Plain bytes of a batch at most, of any file and of a small one: it is in memory whole.
const BATCH_MAX_BYTES: u64 = 512 << 20;
const BATCH_LEAST_BYTES: u64 = 128 << 20;
/// Where the description of a message begins, after a mark and its length.
const DESCRIPTION_AT: usize = 8;
/// The end of a stream.
const END: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
/// Rows of a batch at most, beyond those that a bit each would make.
const ROWS_SPARE: u64 = 1 << 20;

/// Whether content that begins like this is a stream.
pub(crate) fn is_stream(head: &[u8]) -> bool {
    // The description of a schema follows: less than 16 MiB, so that the fourth byte is 0.
    matches!(head, [0xff, 0xff, 0xff, 0xff, _, _, _, 0, ..]) || is_old_stream(head)
}

/// Whether it is a stream as it was written before 2020, which begins with the length of its schema.
fn is_old_stream(head: &[u8]) -> bool {
    let Some((length, rest)) = head.split_first_chunk() else { return false };
    let description = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length > 0).and_then(|length| rest.get(..length));
    description.is_some_and(|bytes| root_as_message(bytes).is_ok_and(|message| message.header_type() == MessageHeader::Schema))
}

/// A file or stream whose schema was read.
pub(crate) struct ArrowSource {
    name: String,
    schema: SchemaRef,
    messages: Messages,
    decoder: StreamDecoder,
    /// What the decoder has not taken of a message: a batch without a body comes out only when the next message goes in.
    message: Buffer,
    ended: bool,
}

struct Messages {
    input: Box<dyn ReadSeek>,
    at: u64,
    end: u64,
    /// Batches that the footer names; none in a stream, which has none.
    batches_named: Option<usize>,
    batches: usize,
    /// Plain bytes of a batch at most.
    batch_max: u64,
    /// Whether the end of a stream was read.
    closed: bool,
    /// Bytes of the dictionaries that the decoder holds, by their ids.
    dictionaries: HashMap<i64, u64>,
}

impl ArrowSource {
    /// Reads up to the schema.
    pub(crate) fn open(source: &Spooled) -> Result<Self> {
        let name = source.name().to_owned();
        let mut messages = Messages::of(source.seekable()?, source.size());
        let refused = |what: String| Error::invalid(format!("{name}: the Arrow file cannot be read: {what}"));
        messages.enter_file().map_err(|trouble| trouble.into_error(&name, "at its footer"))?;
        let mut decoder = StreamDecoder::new();
        let mut message = messages
            .next()
            .map_err(|trouble| trouble.into_error(&name, "at its schema"))?
            .ok_or_else(|| refused("it has no schema; write it anew".to_owned()))?;
        // The decoder says what a message without a body means only when the next one comes.
        let description = message.get(DESCRIPTION_AT..).and_then(|bytes| root_as_message(bytes).ok()?.header_as_schema().map(fb_to_schema));
        let schema = Arc::new(description.ok_or_else(|| refused("its first message is no schema; write it anew".to_owned()))?);
        decoder.decode(&mut message).map_err(|error| refused(format!("{error}; write it anew")).because(error))?;
        Ok(Self { name, schema, messages, decoder, message: Buffer::default(), ended: false })
    }
}

impl Batches for ArrowSource {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn read(&mut self, rows_before: u64) -> Result<Option<RecordBatch>> {
        let place = || format!("after row {rows_before}");
        loop {
            if self.message.is_empty() {
                self.message = match self.messages.next().map_err(|trouble| trouble.into_error(&self.name, &place()))? {
                    Some(message) => message,
                    None if self.ended => return Ok(None),
                    None => {
                        self.ended = true;
                        Buffer::from(END.to_vec())
                    }
                };
            }
            let batch = self
                .decoder
                .decode(&mut self.message)
                .map_err(|error| Error::invalid(format!("{}: the Arrow file is damaged {}: {error}; write it anew", self.name, place())).because(error))?;
            if batch.as_ref().is_some_and(|batch| batch.num_rows() > 0) {
                return Ok(batch);
            }
        }
    }

    fn bytes_read(&self, _: u64) -> u64 {
        self.messages.at
    }
}

/// What is wrong with the next message.
enum Trouble {
    Io(std::io::Error),
    Truncated,
    Damaged(String),
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == IoKind::UnexpectedEof { Self::Truncated } else { Self::Io(error) }
    }
}

impl Trouble {
    fn into_error(self, name: &str, place: &str) -> Error {
        match self {
            Self::Io(error) => Error::new(ErrorKind::Unavailable, format!("{name}: read {place}: {error}; check the file and try again")).because(error),
            Self::Truncated => Error::invalid(format!("{name}: the Arrow file is cut off {place}; send the whole file again")),
            Self::Damaged(what) => Error::invalid(format!("{name}: the Arrow file is damaged {place}: {what}; write it anew")),
        }
    }
}

impl Messages {
    fn of(input: Box<dyn ReadSeek>, size: u64) -> Self {
        let batch_max = held_max(size, BATCH_LEAST_BYTES, BATCH_MAX_BYTES);
        Self { input, at: 0, end: size, batches_named: None, batches: 0, batch_max, closed: false, dictionaries: HashMap::new() }
    }

    /// Where the content is a file and no stream, goes to the first message and learns where the last one ends.
    fn enter_file(&mut self) -> Result<(), Trouble> {
        let mut head = [0; HEAD_BYTES as usize];
        let size = self.end;
        if size < HEAD_BYTES {
            return Err(Trouble::Truncated);
        }
        self.input.read_exact(&mut head)?;
        if !head.starts_with(MAGIC) {
            self.input.seek(SeekFrom::Start(0))?;
            return Ok(());
        }
        let Some(tail_at) = size.checked_sub(TAIL_BYTES).filter(|at| *at >= HEAD_BYTES) else { return Err(Trouble::Truncated) };
        let mut tail = [0; TAIL_BYTES as usize];
        self.input.seek(SeekFrom::Start(tail_at))?;
        self.input.read_exact(&mut tail)?;
        let [a, b, c, d, magic @ ..] = tail;
        if magic != MAGIC {
            return Err(Trouble::Truncated);
        }
        let length = u64::from(u32::from_le_bytes([a, b, c, d]));
        let footer_at = tail_at.checked_sub(length).filter(|at| *at >= HEAD_BYTES && length <= META_MAX_BYTES);
        let footer_at = footer_at.ok_or_else(|| Trouble::Damaged(format!("its footer claims {length} bytes")))?;
        self.input.seek(SeekFrom::Start(footer_at))?;
        let mut footer = vec![0; usize::try_from(length).unwrap_or(0)];
        self.input.read_exact(&mut footer)?;
        let footer = root_as_footer(&footer).map_err(|error| Trouble::Damaged(error.to_string()))?;
        let end_of = |block: &Block| {
            let parts = [block.offset(), i64::from(block.metaDataLength()), block.bodyLength()].map(u64::try_from);
            let [Ok(from), Ok(meta), Ok(body)] = parts else { return u64::MAX };
            from.saturating_add(meta).saturating_add(body)
        };
        self.batches_named = Some(footer.recordBatches().map_or(0, |blocks| blocks.len()));
        let blocks = footer.recordBatches().into_iter().flatten().chain(footer.dictionaries().into_iter().flatten());
        self.end = blocks.map(end_of).max().unwrap_or(footer_at);
        if self.end > footer_at {
            return Err(Trouble::Damaged("its footer names batches beyond its end".to_owned()));
        }
        // Some programs fill up more than the eight bytes of the magic number.
        self.at = HEAD_BYTES;
        self.input.seek(SeekFrom::Start(self.at))?;
        let mut word = [0; HEAD_BYTES as usize];
        while self.at + HEAD_BYTES < self.end {
            self.input.read_exact(&mut word)?;
            if word != [0; HEAD_BYTES as usize] {
                break;
            }
            self.at += HEAD_BYTES;
        }
        self.input.seek(SeekFrom::Start(self.at))?;
        Ok(())
    }

    /// That nothing is left, and nothing was lost.
    fn check_end(&self) -> Result<(), Trouble> {
        let left = self.end.saturating_sub(self.at);
        match self.batches_named {
            Some(named) if named != self.batches => Err(Trouble::Damaged(format!("its footer names {named} batches, and there are {}", self.batches))),
            None if left > 0 => Err(Trouble::Damaged(format!("{left} bytes follow the end of the stream"))),
            _ => Ok(()),
        }
    }

    /// The next message, whole, with every claim of it checked; none at the end.
    fn next(&mut self) -> Result<Option<Buffer>, Trouble> {
        if self.closed || self.at >= self.end {
            self.check_end()?;
            return Ok(None);
        }
        let mut word = [0; 4];
        self.take(&mut word)?;
        if word == CONTINUATION {
            self.take(&mut word)?;
        }
        let meta_length = u64::from(u32::from_le_bytes(word));
        if meta_length == 0 {
            self.closed = true;
            self.check_end()?;
            return Ok(None);
        }
        if meta_length > META_MAX_BYTES {
            return Err(Trouble::Damaged(format!("a message claims a description of {meta_length} bytes")));
        }
        if meta_length > self.end.saturating_sub(self.at) {
            return Err(Trouble::Truncated);
        }
        let mut meta = vec![0; usize::try_from(meta_length).unwrap_or(0)];
        self.take(&mut meta)?;
        let message = root_as_message(&meta).map_err(|error| Trouble::Damaged(error.to_string()))?;
        let body_length = u64::try_from(message.bodyLength()).map_err(|_| Trouble::Damaged("a message of negative length".to_owned()))?;
        if body_length > self.end.saturating_sub(self.at) {
            return Err(Trouble::Truncated);
        }
        let most = self.batch_max;
        if body_length > most {
            return Err(Trouble::Damaged(format!("a batch of {body_length} bytes; at most {most} are read at a time, so write smaller batches")));
        }
        // The body begins at a multiple of eight, as it does in the file.
        let begin = DESCRIPTION_AT + meta.len();
        let mut whole = MutableBuffer::from_len_zeroed(begin + usize::try_from(body_length).unwrap_or(0));
        let bytes = whole.as_slice_mut();
        for (to, from) in bytes.iter_mut().zip(CONTINUATION.iter().chain(&word).chain(&meta)) {
            *to = *from;
        }
        self.take(bytes.get_mut(begin..).unwrap_or_default())?;
        self.batches += usize::from(message.header_type() == MessageHeader::RecordBatch);
        let batch = match message.header_type() {
            MessageHeader::RecordBatch => message.header_as_record_batch(),
            MessageHeader::DictionaryBatch => message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data()),
            _ => None,
        };
        if let Some(batch) = batch {
            let plain = check_claims(&batch, whole.as_slice().get(begin..).unwrap_or_default(), most).map_err(Trouble::Damaged)?;
            if let Some(dictionary) = message.header_as_dictionary_batch() {
                self.hold(dictionary.id(), dictionary.isDelta(), plain)?;
            }
        }
        Ok(Some(whole.into()))
    }

    /// Notes a dictionary, which the decoder holds until another one takes its place.
    fn hold(&mut self, id: i64, adds: bool, bytes: u64) -> Result<(), Trouble> {
        let held = self.dictionaries.entry(id).or_default();
        *held = bytes.saturating_add(if adds { *held } else { 0 });
        let all = self.dictionaries.values().fold(0_u64, |all, bytes| all.saturating_add(*bytes));
        let most = self.batch_max;
        if all > most {
            return Err(Trouble::Damaged(format!("its dictionaries take {all} bytes; at most {most} are held of a file of this size, so write these columns without them")));
        }
        Ok(())
    }

    fn take(&mut self, buffer: &mut [u8]) -> Result<(), Trouble> {
        if buffer.len() as u64 > self.end.saturating_sub(self.at) {
            return Err(Trouble::Truncated);
        }
        self.input.read_exact(buffer)?;
        self.at += buffer.len() as u64;
        Ok(())
    }
}

/// Whether what a batch says of its buffers and rows can be true, and how large they are once unpacked.
fn check_claims(batch: &arrow_ipc::RecordBatch<'_>, body: &[u8], most: u64) -> Result<u64, String> {
    let packed = batch.compression().is_some();
    let mut plain = 0_u64;
    for buffer in batch.buffers().into_iter().flatten() {
        let range = usize::try_from(buffer.offset()).ok().zip(usize::try_from(buffer.length()).ok());
        let bytes = range.and_then(|(from, length)| body.get(from..from.checked_add(length)?)).ok_or("a buffer beyond its batch")?;
        plain = plain.saturating_add(match bytes.first_chunk::<8>() {
            // The plain length stands before packed bytes; -1 says that they are plain.
            Some(claim) if packed => match i64::from_le_bytes(*claim) {
                -1 => bytes.len() as u64,
                claim => u64::try_from(claim).map_err(|_| "a buffer of negative length")?,
            },
            None if packed && !bytes.is_empty() => return Err("a packed buffer without its length".to_owned()),
            _ => bytes.len() as u64,
        });
    }
    if plain > most {
        return Err(format!("a batch unpacks to {plain} bytes; at most {most} are read at a time of a file of this size, so write smaller batches"));
    }
    let rows_max = plain.saturating_mul(8).saturating_add(ROWS_SPARE);
    let counts = batch.nodes().into_iter().flatten().map(|node| node.length()).chain([batch.length()]);
    match counts.into_iter().find(|count| u64::try_from(*count).is_ok_and(|count| count <= rows_max).eq(&false)) {
        Some(count) => Err(format!("a batch of {plain} bytes claims {count} rows")),
        None => Ok(plain),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, DictionaryArray, Int32Array, ListArray, NullArray, StringArray, StructArray};
    use arrow::buffer::OffsetBuffer;
    use arrow::datatypes::{DataType, Field, Int32Type, Schema};
    use arrow_ipc::CompressionType;
    use arrow_ipc::writer::{DictionaryHandling, FileWriter, IpcWriteOptions, StreamWriter};
    use proptest::prelude::*;

    use super::*;
    use crate::ingest::FileFormat;
    use crate::ingest::decode::testing::{load, refused};

    fn batch(from: i32) -> RecordBatch {
        let inner: ArrayRef = Arc::new(StringArray::from(vec![Some("x"), None]));
        let nested = StructArray::new(vec![Field::new("city", DataType::Utf8, true)].into(), vec![inner], None);
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("n", Arc::new(Int32Array::from(vec![Some(from), None]))),
            ("tag", Arc::new(["a", "b"].into_iter().collect::<DictionaryArray<Int32Type>>())),
            ("address", Arc::new(nested)),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    fn written(file: bool, compression: Option<CompressionType>) -> Vec<u8> {
        let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
        let (schema, mut bytes) = (batch(0).schema(), Vec::new());
        if file {
            let mut writer = FileWriter::try_new_with_options(&mut bytes, &schema, options).unwrap();
            (0..3).for_each(|from| writer.write(&batch(from)).unwrap());
            writer.finish().unwrap();
        } else {
            let mut writer = StreamWriter::try_new_with_options(&mut bytes, &schema, options).unwrap();
            (0..3).for_each(|from| writer.write(&batch(from)).unwrap());
            writer.finish().unwrap();
        }
        bytes
    }

    #[test]
    fn files_and_streams_are_read_packed_or_not() {
        for file in [true, false] {
            for compression in [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)] {
                let loaded = load("t.csv", written(file, compression), &[]).unwrap();
                assert_eq!(loaded.inference.format, FileFormat::Arrow);
                assert_eq!(loaded.types(), "n:integer tag:string address:struct(city string)");
                assert_eq!(loaded.rows()[3..], ["~|b|{\"city\":null}", "2|a|{\"city\":\"x\"}", "~|b|{\"city\":null}"], "{file} {compression:?}");
            }
        }
    }

    #[test]
    fn broken_files_are_refused_with_their_place() {
        let file = written(true, None);
        assert_eq!(refused("t.arrow", file[..file.len() - 3].to_vec(), &[]), "t.arrow: the Arrow file is cut off at its footer; send the whole file again");
        assert_eq!(refused("t.arrow", file[..10].to_vec(), &[]), "t.arrow: the Arrow file is cut off at its footer; send the whole file again");
        let stream = written(false, None);
        // Behind the first batch, within the second.
        assert!(refused("t.arrows", stream[..stream.len() * 3 / 4].to_vec(), &[]).starts_with("t.arrows: the Arrow file is cut off after row "));
        let mut claims = stream;
        claims[4..8].copy_from_slice(&0x00ff_ffff_u32.to_le_bytes());
        assert_eq!(refused("t.arrows", claims, &[]), "t.arrows: the Arrow file is cut off at its schema; send the whole file again");
    }

    /// Where the messages of a stream begin, its end among them.
    fn message_places(stream: &[u8]) -> Vec<usize> {
        let word = |at: usize| u32::from_le_bytes(stream[at..at + 4].try_into().unwrap()) as usize;
        let mut places = vec![0];
        loop {
            let at = places[places.len() - 1];
            let length = word(at + 4);
            if length == 0 {
                return places;
            }
            let body = root_as_message(&stream[at + 8..at + 8 + length]).unwrap().bodyLength();
            places.push(at + 8 + length + usize::try_from(body).unwrap());
        }
    }

    #[test]
    fn nothing_is_lost_behind_an_end() {
        let stream = written(false, None);
        let places = message_places(&stream);
        let (last_batch, end) = (places[places.len() - 2], places[places.len() - 1]);
        // A stream may end without a mark, but not before its end.
        assert_eq!(load("t.arrows", stream[..end].to_vec(), &[]).unwrap().batch.num_rows(), 6);
        let mut early = stream.clone();
        early[last_batch + 4..last_batch + 8].fill(0);
        let found = refused("t.arrows", early, &[]);
        assert_eq!(found, format!("t.arrows: the Arrow file is damaged after row 4: {} bytes follow the end of the stream; write it anew", stream.len() - last_batch - 8));
        assert!(refused("t.arrows", [stream.clone(), stream].concat(), &[]).contains("bytes follow the end of the stream"));

        // In a file the same, and a footer that names other batches than there are.
        let file = written(true, None);
        let length = u32::from_le_bytes(file[file.len() - 10..file.len() - 6].try_into().unwrap()) as usize;
        let footer_at = file.len() - 10 - length;
        let batches = root_as_footer(&file[footer_at..file.len() - 10]).unwrap().recordBatches().unwrap();
        let last_batch = usize::try_from(batches.get(2).offset()).unwrap();
        let mut early = file.clone();
        early[last_batch + 4..last_batch + 8].fill(0);
        assert!(refused("t.arrow", early, &[]).contains("its footer names 3 batches, and there are 2"));
        // Blocks stand in the footer as they are, 24 bytes each, behind their number.
        let number_at = batches.bytes().as_ptr().addr() - file.as_ptr().addr() - 4;
        let mut fewer = file.clone();
        assert_eq!(fewer[number_at..number_at + 4], 3_u32.to_le_bytes());
        // The last batch stays the one that ends last, the second is not named any more.
        fewer.copy_within(number_at + 4 + 48..number_at + 4 + 72, number_at + 4 + 24);
        fewer[number_at..number_at + 4].copy_from_slice(&2_u32.to_le_bytes());
        assert!(refused("t.arrow", fewer, &[]).contains("its footer names 2 batches, and there are 3"));
    }

    #[test]
    fn a_file_without_batches_is_read_and_dictionaries_add_up() {
        let schema = Schema::new(vec![Field::new("n", DataType::Int32, true)]);
        let mut writer = FileWriter::try_new(Vec::new(), &schema).unwrap();
        writer.finish().unwrap();
        let loaded = load("t.arrow", writer.into_inner().unwrap(), &[]).unwrap();
        assert_eq!((loaded.types().as_str(), loaded.rows().len()), ("n:integer", 0));

        let mut messages = Messages::of(Box::new(std::io::Cursor::new(Vec::new())), 0);
        let half = BATCH_LEAST_BYTES / 2;
        for (id, adds) in [(1, false), (2, false), (1, false)] {
            assert!(messages.hold(id, adds, half).is_ok());
        }
        assert!(matches!(messages.hold(2, true, 1), Err(Trouble::Damaged(what)) if what.contains("its dictionaries take")));
    }

    #[test]
    fn batches_without_a_body_lose_no_rows() {
        let nothing = |rows: usize| -> ArrayRef { Arc::new(NullArray::new(rows)) };
        let list = |rows: usize| -> ArrayRef {
            Arc::new(ListArray::new(Arc::new(Field::new("item", DataType::Null, true)), OffsetBuffer::from_lengths(vec![1; rows]), nothing(rows), None))
        };
        let column = |name: &str, make: &dyn Fn(usize) -> ArrayRef, rows: &[usize]| {
            let batches: Vec<RecordBatch> = rows.iter().map(|rows| RecordBatch::try_from_iter_with_nullable([(name, make(*rows), true)]).unwrap()).collect();
            let mut writer = StreamWriter::try_new(Vec::new(), &batches[0].schema()).unwrap();
            batches.iter().for_each(|batch| writer.write(batch).unwrap());
            writer.finish().unwrap();
            load("t.arrows", writer.into_inner().unwrap(), &[]).unwrap()
        };
        let loaded = column("n", &nothing, &[2, 1, 3]);
        assert_eq!((loaded.types().as_str(), loaded.rows()), ("n:string", vec!["~".to_owned(); 6]));
        let numbers = |rows: usize| -> ArrayRef { Arc::new(Int32Array::from_iter_values(0..i32::try_from(rows).unwrap())) };
        assert_eq!(column("n", &numbers, &[0, 2, 0, 1]).rows(), ["0", "1", "0"]);
        let loaded = column("l", &list, &[1, 1]);
        assert_eq!((loaded.types().as_str(), loaded.rows()), ("l:list(string)", vec!["[null]".to_owned(); 2]));
    }

    #[test]
    fn dictionaries_that_grow_or_change_are_followed() {
        let schema = Arc::new(Schema::new(vec![Field::new("tag", DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)), true)]));
        let tags = |keys: Vec<Option<i32>>, values: Vec<&str>| {
            let array = DictionaryArray::<Int32Type>::new(Int32Array::from(keys), Arc::new(StringArray::from(values)));
            RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(array)]).unwrap()
        };
        let batches = [tags(vec![Some(0), Some(1)], vec!["a", "b"]), tags(vec![Some(2), None, Some(0)], vec!["a", "b", "c"]), tags(vec![Some(3)], vec!["a", "b", "c", "d"])];
        for (handling, messages) in [(DictionaryHandling::Delta, 7), (DictionaryHandling::Resend, 7)] {
            let options = IpcWriteOptions::default().with_dictionary_handling(handling);
            let mut writer = StreamWriter::try_new_with_options(Vec::new(), &schema, options).unwrap();
            batches.iter().for_each(|batch| writer.write(batch).unwrap());
            writer.finish().unwrap();
            let stream = writer.into_inner().unwrap();
            let places = message_places(&stream);
            assert_eq!(places.len(), messages + 1, "{handling:?}");
            let deltas = places[..messages].iter().filter(|at| {
                let length = u32::from_le_bytes(stream[**at + 4..**at + 8].try_into().unwrap()) as usize;
                root_as_message(&stream[**at + 8..**at + 8 + length]).unwrap().header_as_dictionary_batch().is_some_and(|dictionary| dictionary.isDelta())
            });
            assert_eq!(deltas.count(), if handling == DictionaryHandling::Delta { 2 } else { 0 });
            assert_eq!(load("t.arrows", stream, &[]).unwrap().rows(), ["a", "b", "c", "~", "a", "d"], "{handling:?}");
        }
    }

    #[test]
    fn claims_beyond_a_batch_are_refused() {
        let packed = written(false, Some(CompressionType::ZSTD));
        // Every place that could be the plain length of a buffer claims a terabyte in turn; none may make room for it.
        let mut refused = 0;
        for at in (0..packed.len() - 8).step_by(8) {
            let mut bytes = packed.clone();
            bytes[at..at + 8].copy_from_slice(&(1_u64 << 40).to_le_bytes());
            let found = load("t.arrows", bytes, &[]).map(|_| ()).map_err(|error| error.message().to_owned());
            refused += usize::from(found.is_err_and(|found| found.contains("a batch unpacks to 10995116")));
        }
        // Offsets and values of two columns of text, in the dictionaries and the three batches.
        assert!(refused >= 6, "{refused}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]

        /// A damaged file is loaded or refused, never more.
        #[test]
        fn damage_is_loaded_or_refused(file in any::<bool>(), packed in any::<bool>(), damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
            let mut bytes = written(file, packed.then_some(CompressionType::LZ4_FRAME));
            for (at, byte) in damage {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let _ = load("t.arrow", bytes, &[]);
        }
    }
}
