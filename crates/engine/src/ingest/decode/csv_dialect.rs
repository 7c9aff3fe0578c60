//! Finds out how delimited text is written: delimiter and line end, by which reading gives the most regular rows.

use super::split::{Broken, Signs, Splitter, Tile};
use crate::ingest::ReadOptions;

/// Rows that are looked at.
const ROWS_MAX: usize = 500;

/// Candidates; the earlier wins where two are equally good.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// How rows and cells are set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub delimiter: u8,
    pub terminator: u8,
    pub signs: Signs,
}

impl Signs {
    /// Those that a load says. They are looked at by then: each is one ASCII character.
    pub(crate) fn of(options: &ReadOptions) -> Self {
        let byte = |sign: Option<char>| sign.and_then(|sign| u8::try_from(sign).ok());
        let usual = Self::default();
        Self { quote: options.quote.map_or(usual.quote, |quote| byte(quote.character())), escape: byte(options.escape), comment: byte(options.comment) }
    }
}

impl Dialect {
    /// The dialect of a text, of which `sample` is the beginning; `tabs` says that a file name speaks for tabs. Signs are not found out.
    pub(crate) fn sniff(sample: &[u8], complete: bool, tabs: bool, signs: Signs) -> Self {
        let terminator = line_end(sample, signs);
        let taken = [signs.quote, signs.escape, signs.comment];
        let free = DELIMITERS.into_iter().filter(|delimiter| !taken.contains(&Some(*delimiter)));
        // What is a sign of something else separates nothing, also where nothing is separated: three signs leave one of four.
        let usual = free.clone().next().unwrap_or(b'\t');
        let mut best = Self { delimiter: if tabs { b'\t' } else { usual }, terminator, signs };
        let mut best_score = 0;
        for delimiter in free {
            let candidate = Self { delimiter, terminator, signs };
            let bonus = if tabs && delimiter == b'\t' { 500 } else { 0 };
            let score = candidate.score(sample, complete);
            if score > 0 && score + bonus > best_score {
                best_score = score + bonus;
                best = candidate;
            }
        }
        best
    }

    /// How regular the rows are in this dialect; 0 when it separates nothing.
    fn score(self, sample: &[u8], complete: bool) -> usize {
        let mut tile = Tile::default();
        // A quote that never closes leaves the rows before it, and speaks against the dialect.
        let broken = self.split(sample, complete, ROWS_MAX, &mut tile).is_err();
        let widths: Vec<usize> = (0..tile.rows.len()).map(|row| tile.cells_of(row).len()).collect();
        let Some(&first) = widths.first() else { return 0 };
        let count = |width: usize| widths.iter().filter(|found| **found == width).count();
        let mut usual = first;
        for width in &widths {
            if count(*width) > count(usual) {
                usual = *width;
            }
        }
        if usual < 2 {
            return 0;
        }
        let regular = count(usual) * 1_000 / widths.len();
        let header = if first == usual { 1_000 } else { 0 };
        (regular + header + usual.min(99)) / if broken { 2 } else { 1 }
    }

    /// Cuts the rows of a sample.
    pub(crate) fn split(self, sample: &[u8], complete: bool, limit: usize, tile: &mut Tile) -> Result<usize, Broken> {
        Splitter::new(self.delimiter, self.terminator, self.signs, None).split(sample, complete, limit, tile)
    }
}

/// What ends lines: a carriage return where it alone does, which may stand beside line feeds inside of quotes.
fn line_end(sample: &[u8], signs: Signs) -> u8 {
    if memchr::memchr(b'\r', sample).is_none() {
        return b'\n';
    }
    let (mut quoted, mut escaped, mut returns) = (false, false, false);
    for byte in sample.iter().copied() {
        match byte {
            // It is no quote, whatever it is.
            _ if escaped => escaped = false,
            _ if signs.quote == Some(byte) => quoted = !quoted,
            _ if signs.escape == Some(byte) => escaped = quoted,
            b'\n' if !quoted => return b'\n',
            b'\r' if !quoted => returns = true,
            _ => {}
        }
    }
    if returns { b'\r' } else { b'\n' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_feeds_inside_of_quotes_end_no_line_of_a_file_of_carriage_returns() {
        let usual = Signs::default();
        let escaped = Signs { escape: Some(b'\\'), ..usual };
        let unquoted = Signs { quote: None, ..usual };
        for (text, signs, expected) in [
            ("a,b\r1,\"x\ny\"\r2,\"\"\"\n\"\r", usual, b'\r'),
            ("a,b\r1,\"x\\\"\n\"\r", escaped, b'\r'),
            ("\"a\rb\",c\n1,2\n", usual, b'\n'),
            ("\"a\rb\",c\r\n1,\"x\ry\"\r\n", usual, b'\n'),
            ("a,b\r1,\"x\ny\"\r", unquoted, b'\n'),
            ("a,b", usual, b'\n'),
        ] {
            let dialect = Dialect::sniff(text.as_bytes(), true, false, signs);
            assert_eq!((dialect.delimiter, dialect.terminator), (b',', expected), "{text:?}");
        }
        let text = "a,b\r1,\"x\ny\"\r2,z\r";
        let mut tile = Tile::default();
        Dialect::sniff(text.as_bytes(), true, false, usual).split(text.as_bytes(), true, 10, &mut tile).unwrap();
        let cells: Vec<&str> = tile.cells.iter().map(|cell| &text[cell.range()]).collect();
        assert_eq!(cells, ["a", "b", "1", "x\ny", "2", "z"]);
    }

    #[test]
    fn the_delimiter_is_the_one_that_gives_regular_rows() {
        let cases: [(&str, u8); 9] = [
            ("a,b,c\n1,2,3\n", b','),
            ("a;b;c\n1,5;2,5;x\n2,5;3,5;y\n", b';'),
            ("a\tb\n1, 2\t3\n4\t5, 6, 7\n", b'\t'),
            ("a|b|c\n1|2|3\n", b'|'),
            ("a,b\n\"x;y;z\",1\n\"p;q;r\",2\n", b','),
            ("only\none\ncolumn\n", b','),
            ("name;text\n1;\"a, b, c\nd, e\"\n2;x\n", b';'),
            ("a,b\n1,2", b','),
            ("", b','),
        ];
        for (text, expected) in cases {
            assert_eq!(char::from(Dialect::sniff(text.as_bytes(), true, false, Signs::default()).delimiter), char::from(expected), "{text:?}");
        }
        assert_eq!(Dialect::sniff(b"a,b\tc\n1,2\t3\n", true, true, Signs::default()).delimiter, b'\t');
        let signs = Signs::default();
        assert_eq!(Dialect::sniff(b"a,b\r1,2\r", true, false, signs), Dialect { delimiter: b',', terminator: b'\r', signs });
        assert_eq!(Dialect::sniff(b"a,b\r\n1,2\r\n", true, false, signs), Dialect { delimiter: b',', terminator: b'\n', signs });
        // What quotes cells does not set them apart, and what a comment holds says nothing.
        let quoted = Signs { quote: Some(b'|'), comment: Some(b'#'), ..signs };
        assert_eq!(Dialect::sniff(b"# a;b;c\n|a|,|b|\n|1|,|2|\n", true, false, quoted).delimiter, b',');
        // A file of one column has no delimiter, and least of all the one that quotes its cells or begins its comments.
        for (text, comma, expected) in [
            ("said\n,it is; so,\n", Signs { quote: Some(b','), ..signs }, b'\t'),
            ("said\n,left out\nso\n", Signs { comment: Some(b','), ..signs }, b'\t'),
            ("said\nso\n", signs, b','),
        ] {
            assert_eq!(char::from(Dialect::sniff(text.as_bytes(), true, false, comma).delimiter), char::from(expected), "{text:?}");
        }
    }
}
