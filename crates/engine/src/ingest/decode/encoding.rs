//! Bytes of any encoding to UTF-8. A declared encoding is held to: a byte that it does not have ends the load, with its
//! place. Without a declaration a mark decides, then whether the text is UTF-8, then whether it can only be UTF-16, and
//! last windows-1252, which is said as a warning.

use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::ingest::Encoding;

const UTF_8_BOM: &[u8] = b"\xef\xbb\xbf";

/// Bytes that windows-1252 leaves undefined.
const UNDEFINED_IN_1252: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

/// The mark at the beginning of content and the encoding that it says.
fn mark_of(content: &[u8]) -> Option<Encoding> {
    match content {
        [0xef, 0xbb, 0xbf, ..] => Some(Encoding::Utf8),
        [0xff, 0xfe, ..] => Some(Encoding::Utf16Le),
        [0xfe, 0xff, ..] => Some(Encoding::Utf16Be),
        _ => None,
    }
}

impl Encoding {
    /// The encoding of content that begins with `sample`; `complete` says that nothing follows. `declared` is held to.
    ///
    /// # Errors
    /// What speaks against it, for a message that names the file.
    pub(crate) fn find(declared: Option<Self>, sample: &[u8], complete: bool) -> Result<Self, String> {
        let marked = mark_of(sample);
        match (declared, marked) {
            (Some(declared), Some(marked)) if declared != marked => Err(format!("the file begins with the mark of {marked}, but {declared} is declared; declare {marked}")),
            (Some(declared), _) => Ok(declared),
            (None, Some(marked)) => Ok(marked),
            (None, None) => Self::sniff(sample, complete),
        }
    }

    fn sniff(sample: &[u8], complete: bool) -> Result<Self, String> {
        // UTF-16 of plain letters is valid UTF-8 as well, with a NUL for every other byte, which no text has.
        if let Some(found) = sniff_utf_16(sample) {
            return Ok(found);
        }
        match std::str::from_utf8(sample) {
            Ok(_) => return Ok(Self::Utf8),
            // Cut off within a character.
            Err(error) if error.error_len().is_none() && !complete => return Ok(Self::Utf8),
            Err(_) => {}
        }
        // Text that is mostly good UTF-8 stays it: its few bad rows are rejected.
        let (mut good, mut bad) = (0_usize, 0_usize);
        for chunk in sample.utf8_chunks() {
            good += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
            bad += usize::from(!chunk.invalid().is_empty());
        }
        if good > 4 * bad {
            return Ok(Self::Utf8);
        }
        match sample.iter().position(|byte| UNDEFINED_IN_1252.contains(byte)) {
            Some(at) => Err(format!(
                "byte {} (hex {:02x}) is neither UTF-8 nor windows-1252; declare the encoding, or save the file as UTF-8",
                at + 1,
                sample.get(at).copied().unwrap_or_default()
            )),
            None => Ok(Self::Windows1252),
        }
    }

    fn decoder(self) -> Option<Decoder> {
        match self {
            Self::Utf8 | Self::Latin1 => None,
            Self::Utf16Le => Some(UTF_16LE.new_decoder_with_bom_removal()),
            Self::Utf16Be => Some(UTF_16BE.new_decoder_with_bom_removal()),
            Self::Windows1252 => Some(WINDOWS_1252.new_decoder_without_bom_handling()),
        }
    }
}

/// UTF-16 without a mark, where it can be nothing else: most of every other byte is NUL, and hardly one of the rest is.
fn sniff_utf_16(sample: &[u8]) -> Option<Encoding> {
    let units = sample.len() / 2;
    if units < 4 || memchr::memchr(0, sample).is_none() {
        return None;
    }
    let (mut even, mut odd) = (0_usize, 0_usize);
    for pair in sample.chunks_exact(2) {
        if let [first, second] = pair {
            even += usize::from(*first == 0);
            odd += usize::from(*second == 0);
        }
    }
    if odd * 10 > units * 6 && even * 100 <= units {
        Some(Encoding::Utf16Le)
    } else if even * 10 > units * 6 && odd * 100 <= units {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

/// Turns content into UTF-8, piece by piece.
pub(crate) struct Transcoder {
    encoding: Encoding,
    decoder: Option<Decoder>,
    begun: bool,
    /// Bytes read and lines made so far.
    read: u64,
    lines: u64,
}

impl Transcoder {
    pub(crate) fn new(encoding: Encoding) -> Self {
        Self { encoding, decoder: encoding.decoder(), begun: false, read: 0, lines: 0 }
    }

    /// The text of the next bytes, without the mark; a character that is cut off waits for the rest of it. UTF-8 goes
    /// through as it is: who reads it looks whether it is.
    ///
    /// # Errors
    /// Where and what is wrong, for a message that names the file.
    pub(crate) fn transcode(&mut self, bytes: Vec<u8>, last: bool) -> Result<Vec<u8>, String> {
        let first = !std::mem::replace(&mut self.begun, true);
        let text = match &mut self.decoder {
            None if self.encoding == Encoding::Utf8 => {
                return Ok(match bytes.strip_prefix(UTF_8_BOM).filter(|_| first) {
                    Some(rest) => rest.to_vec(),
                    None => bytes,
                });
            }
            None => self.latin_1(&bytes)?,
            Some(_) => self.decode(&bytes, last)?,
        };
        self.read += bytes.len() as u64;
        self.lines += memchr::memchr_iter(b'\n', &text).count() as u64;
        Ok(text)
    }

    fn wrong(&self, at: usize, found: &[u8], text: &[u8], hint: &str) -> String {
        let line = self.lines + 1 + memchr::memchr_iter(b'\n', text).count() as u64;
        let hex: Vec<String> = found.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("line {line}: byte {} of the file (hex {}) is not {}; {hint}", self.read + at as u64 + 1, hex.join(" "), self.encoding)
    }

    fn latin_1(&self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let mut text = Vec::with_capacity(bytes.len() + bytes.len() / 8);
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                0..=0x7f => text.push(*byte),
                0x80..=0x9f => return Err(self.wrong(at, &[*byte], &text, "windows-1252 has characters there: declare that, or what the file is in")),
                _ => text.extend_from_slice(&[0xc0 | (byte >> 6), 0x80 | (byte & 0x3f)]),
            }
        }
        Ok(text)
    }

    fn decode(&mut self, bytes: &[u8], last: bool) -> Result<Vec<u8>, String> {
        if self.encoding == Encoding::Windows1252
            && let Some(at) = bytes.iter().position(|byte| UNDEFINED_IN_1252.contains(byte))
        {
            return Err(self.wrong(at, bytes.get(at..=at).unwrap_or_default(), bytes.get(..at).unwrap_or_default(), "declare what the file is in, or save it as UTF-8"));
        }
        let Some(decoder) = &mut self.decoder else { return Ok(Vec::new()) };
        let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(bytes.len() * 3 + 16);
        let mut text = vec![0; room];
        let (mut read, mut written) = (0, 0);
        loop {
            let rest = bytes.get(read..).unwrap_or_default();
            let (result, taken, made) = decoder.decode_to_utf8_without_replacement(rest, text.get_mut(written..).unwrap_or_default(), last);
            read += taken;
            written += made;
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => text.resize(text.len() * 2 + 64, 0),
                DecoderResult::Malformed(length, behind) => {
                    text.truncate(written);
                    let (length, behind) = (usize::from(length), usize::from(behind));
                    let at = read.saturating_sub(length + behind);
                    let hint = if last && read == bytes.len() { "the file may be cut off, or in another encoding" } else { "declare what the file is in" };
                    return Err(self.wrong(at, bytes.get(at..(at + length).min(bytes.len())).unwrap_or_default(), &text, hint));
                }
            }
        }
        text.truncate(written);
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(encoding: Encoding, bytes: &[u8]) -> Result<String, String> {
        Transcoder::new(encoding).transcode(bytes.to_vec(), true).map(|text| String::from_utf8(text).unwrap())
    }

    #[test]
    fn encodings_are_told_apart() {
        let cases: [(&[u8], bool, Encoding); 10] = [
            (b"abc", true, Encoding::Utf8),
            (b"\xef\xbb\xbfabc", true, Encoding::Utf8),
            ("größe".as_bytes(), true, Encoding::Utf8),
            (b"gr\xc3", false, Encoding::Utf8),
            (b"gr\xf6\xdfe", true, Encoding::Windows1252),
            (b"\xff\xfea\0", true, Encoding::Utf16Le),
            (b"\xfe\xff\0a", true, Encoding::Utf16Be),
            (b"a\0,\0b\0\n\x001\0,\0\xe4\0", true, Encoding::Utf16Le),
            (b"\0a\0,\0b\0\n\x001\0,\0\xe4", true, Encoding::Utf16Be),
            (&[0; 100], true, Encoding::Utf8),
        ];
        for (bytes, complete, expected) in cases {
            assert_eq!(Encoding::find(None, bytes, complete), Ok(expected), "{bytes:?}");
        }
        assert_eq!(
            Encoding::find(None, b"a,b\n1,\x81\n", true),
            Err("byte 7 (hex 81) is neither UTF-8 nor windows-1252; declare the encoding, or save the file as UTF-8".to_owned())
        );
        assert_eq!(Encoding::find(Some(Encoding::Utf16Be), b"a,b\n", true), Ok(Encoding::Utf16Be));
        assert_eq!(
            Encoding::find(Some(Encoding::Latin1), b"\xff\xfea\0", true),
            Err("the file begins with the mark of utf-16le, but latin-1 is declared; declare utf-16le".to_owned())
        );
    }

    #[test]
    fn every_encoding_is_read_and_what_it_does_not_have_is_named() {
        assert_eq!(whole(Encoding::Windows1252, b"gr\xf6\xdfe \x80").as_deref(), Ok("größe €"));
        assert_eq!(whole(Encoding::Latin1, b"gr\xf6\xdfe \xa0\xff").as_deref(), Ok("größe \u{a0}ÿ"));
        assert_eq!(whole(Encoding::Utf16Le, b"\xff\xfea\0\xe4\0").as_deref(), Ok("aä"));
        assert_eq!(whole(Encoding::Utf16Be, b"\0a\0\xe4\xd8\x3d\xde\x00").as_deref(), Ok("aä😀"));
        assert_eq!(whole(Encoding::Utf8, b"\xef\xbb\xbfabc").as_deref(), Ok("abc"));
        assert_eq!(
            whole(Encoding::Latin1, b"a\nb\x85").unwrap_err(),
            "line 2: byte 4 of the file (hex 85) is not latin-1; windows-1252 has characters there: declare that, or what the file is in"
        );
        assert_eq!(
            whole(Encoding::Windows1252, b"a\n\nb\x81").unwrap_err(),
            "line 3: byte 5 of the file (hex 81) is not windows-1252; declare what the file is in, or save it as UTF-8"
        );
        assert!(whole(Encoding::Utf16Le, b"a\0\n\0\x00\xdcb\0").unwrap_err().starts_with("line 2: byte 5 of the file (hex 00 dc) is not utf-16le; "));
        assert!(whole(Encoding::Utf16Le, b"a\0b").unwrap_err().ends_with("the file may be cut off, or in another encoding"));
    }

    proptest! {
        /// Wherever a text is cut, it comes out whole.
        #[test]
        fn pieces_give_the_whole(text in "[a-zà-ÿ\n€😀]{0,40}", cuts in prop::collection::vec(0_usize..100, 0..5), big in any::<bool>()) {
            let encoding = if big { Encoding::Utf16Be } else { Encoding::Utf16Le };
            let bytes: Vec<u8> = text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).chain([0, bytes.len()]).collect();
            cuts.sort_unstable();
            let mut transcoder = Transcoder::new(encoding);
            let mut found = Vec::new();
            for pair in cuts.windows(2) {
                found.extend(transcoder.transcode(bytes[pair[0]..pair[1]].to_vec(), false).unwrap());
            }
            found.extend(transcoder.transcode(Vec::new(), true).unwrap());
            prop_assert_eq!(String::from_utf8(found).unwrap(), text);
        }
    }
}
