//! What a part of a workbook is found to be while it is unpacked: a reader of XML that keeps next to nothing. It measures
//! what a decoder holds at once (a text, a tag, a comment), and reads how many texts a part claims to have, for which a
//! decoder makes room before it has seen one.

use std::io::Write;

/// Bytes of a tag that are looked at. Those of workbooks have some hundred.
const TAG_BYTES: usize = 4 << 10;
const TEXTS: &[u8] = b"sst";
const COUNT: &[u8] = b"uniqueCount";

/// The content goes nowhere.
pub(super) struct Measure {
    pub bytes: u64,
    /// The most bytes of one text, tag, comment, instruction or literal section.
    pub longest: u64,
    /// Where a document type is declared, texts may stand for longer ones.
    pub declares: bool,
    /// How many texts the part claims to hold, where it is asked for.
    pub texts: Option<u64>,
    at: At,
    length: u64,
    /// The beginning of a tag.
    tag: Vec<u8>,
    /// The two bytes before.
    last: [u8; 2],
}

#[derive(Clone, Copy)]
enum At {
    Text,
    /// Also what has only just begun. In an attribute its quote.
    Tag(Option<u8>),
    Comment,
    Literal,
    Instruction,
}

impl Measure {
    pub(super) fn of(texts: bool) -> Self {
        Self { bytes: 0, longest: 0, declares: false, texts: texts.then_some(0), at: At::Text, length: 0, tag: Vec::new(), last: [0; 2] }
    }

    fn see(&mut self, byte: u8) {
        self.length += 1;
        let last = self.last;
        self.last = [last[1], byte];
        match self.at {
            At::Text if byte == b'<' => {
                self.longest = self.longest.max(self.length - 1);
                self.length = 1;
                self.tag.clear();
                self.tag.push(byte);
                self.at = At::Tag(None);
            }
            At::Text => {}
            At::Tag(quote) => self.in_tag(byte, quote),
            At::Comment if last == *b"--" && byte == b'>' => self.end(),
            At::Literal if last == *b"]]" && byte == b'>' => self.end(),
            At::Instruction if last[1] == b'?' && byte == b'>' => self.end(),
            At::Comment | At::Literal | At::Instruction => {}
        }
    }

    fn in_tag(&mut self, byte: u8, quote: Option<u8>) {
        if self.tag.len() <= TAG_BYTES {
            self.tag.push(byte);
        }
        // What begins it does not end it as well: `<!-->` and `<!--->` are comments that go on, for the decoder too.
        let turn = |measure: &mut Self, at| (measure.at, measure.last) = (at, [0; 2]);
        match (self.tag.as_slice(), quote) {
            (b"<!--", _) => turn(self, At::Comment),
            (b"<![CDATA[", _) => turn(self, At::Literal),
            // This one may: the decoder ends `<?>`, and finds it wrong.
            (b"<?", _) => self.at = At::Instruction,
            (_, Some(quote)) if quote == byte => self.at = At::Tag(None),
            (_, None) if matches!(byte, b'"' | b'\'') => self.at = At::Tag(Some(byte)),
            (tag, None) if byte == b'>' => {
                self.texts = self.texts.map(|texts| texts.max(claimed(tag)));
                self.end();
            }
            (tag, _) => self.declares |= tag.starts_with(b"<!") && !b"<!--".starts_with(tag) && !b"<![CDATA[".starts_with(tag),
        }
    }

    fn end(&mut self) {
        self.longest = self.longest.max(self.length);
        (self.length, self.at) = (0, At::Text);
    }
}

impl Write for Measure {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        self.bytes += piece.len() as u64;
        for byte in piece {
            self.see(*byte);
        }
        self.longest = self.longest.max(self.length);
        Ok(piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// How many texts a tag claims; all that there could be for one that is too long to look at.
fn claimed(tag: &[u8]) -> u64 {
    let name = tag.get(1..).unwrap_or_default();
    let name = name.split(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>')).next().unwrap_or_default();
    if name.rsplit(|byte| *byte == b':').next() != Some(TEXTS) {
        return 0;
    }
    if tag.len() > TAG_BYTES {
        return u64::MAX;
    }
    let counts = memchr::memmem::find_iter(tag, COUNT).map(|at| {
        let behind = tag.get(at + COUNT.len()..).unwrap_or_default();
        let digits = behind
            .iter()
            .skip_while(|byte| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'"' | b'\'' | b'+'))
            .take_while(|byte| byte.is_ascii_digit());
        digits.fold(0_u64, |count, digit| count.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
    });
    counts.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str, piece: usize) -> Measure {
        let mut measure = Measure::of(true);
        text.as_bytes().chunks(piece).for_each(|piece| measure.write_all(piece).unwrap());
        measure
    }

    #[test]
    fn what_a_decoder_holds_at_once_is_measured() {
        for (text, longest) in [
            ("<c>abcdefg</c><x", 7),
            // What stands in a comment, a literal section, an instruction or an attribute is no tag.
            ("<c><!-- <a> <b> --> <d></c>", 16),
            ("<c><![CDATA[<a><b>]]]]>x</c>", 20),
            ("<?xml a='>' <b><b> ?><c/>", 21),
            ("<c r=\"><a><b>\" s='\"'>x</c>", 21),
            ("<!-- <a", 7),
        ] {
            for piece in [1, 3, 100] {
                let measure = seen(text, piece);
                assert_eq!((measure.longest, measure.bytes, measure.declares), (longest, text.len() as u64, false), "{text}");
            }
        }
        assert!(seen("<?xml?><!DOCTYPE a [<!ENTITY b 'c'>]><a/>", 2).declares);
    }

    #[test]
    fn a_comment_ends_where_the_decoder_sees_its_end() {
        // In the first two it goes on to the next `-->`, whatever looks like something else in between; the others are over at once.
        for comment in ["<!--><![CDATA[-->", "<!---><![CDATA[-->", "<!---->", "<!----->", "<!-- - -->"] {
            for piece in [1, 2, 3, 5, 100] {
                assert_eq!(seen(&format!("{comment}<sst uniqueCount=\"77\">"), piece).texts, Some(77), "{comment}");
            }
        }
        for hidden in ["<!--><sst uniqueCount=\"77\">-->", "<!---><sst uniqueCount=\"77\">-->", "<![CDATA[]><sst uniqueCount=\"77\">]]>"] {
            assert_eq!(seen(hidden, 3).texts, Some(0), "{hidden}");
        }
    }

    #[test]
    fn claims_of_texts_are_read_however_they_are_written() {
        for (tag, claim) in [
            ("<sst uniqueCount=\"77\">", 77),
            ("<x:sst count=\"1\" uniqueCount = '88'>", 88),
            ("<sst/>", 0),
            // A cell may hold the same words.
            ("<t>uniqueCount=\"99\"</t>", 0),
            ("<t a='uniqueCount=99'>", 0),
        ] {
            assert_eq!(seen(tag, 3).texts, Some(claim), "{tag}");
        }
        assert_eq!(seen(&format!("<sst uniqueCount{}=\"1000000000000\">", " ".repeat(100)), 7).texts, Some(1_000_000_000_000));
        assert_eq!(seen(&format!("<sst uniqueCount{}=\"5\">", " ".repeat(5_000)), 7).texts, Some(u64::MAX));
    }
}
