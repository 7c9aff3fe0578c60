//! Text to rows and cells. Finds delimiters and line ends eight bytes at a time, follows quotes only where a cell begins
//! with one, and counts lines. Lines of comment are counted and left out. It knows nothing of types; it refuses cells and rows that no one can have meant.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// Longest cell, in bytes.
pub(crate) const CELL_MAX_BYTES: usize = 16 << 20;
/// Longest row, in bytes.
pub(crate) const ROW_MAX_BYTES: usize = 64 << 20;

const QUOTED: u32 = 1 << 31;
const ESCAPED: u32 = 1 << 30;
const LENGTH: u32 = ESCAPED - 1;

/// Where the text of a cell stands in the window, and how it was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    start: u32,
    mark: u32,
}

impl Cell {
    fn new(start: usize, end: usize, marks: u32) -> Self {
        // A window is shorter than 4 GiB and a cell than 16 MiB, see `Splitter::split`.
        Self { start: u32::try_from(start).unwrap_or(u32::MAX), mark: (u32::try_from(end.saturating_sub(start)).unwrap_or(LENGTH) & LENGTH) | marks }
    }

    #[inline]
    pub(crate) fn range(self) -> std::ops::Range<usize> {
        let start = self.start as usize;
        start..start + (self.mark & LENGTH) as usize
    }

    #[inline]
    pub(crate) fn is_quoted(self) -> bool {
        self.mark & QUOTED != 0
    }

    /// Whether quotes inside are doubled, or anything is escaped.
    #[inline]
    pub(crate) fn is_escaped(self) -> bool {
        self.mark & ESCAPED != 0
    }

    fn is_empty(self) -> bool {
        self.mark & (LENGTH | QUOTED) == 0
    }
}

/// What is written around cells, and before lines that are no rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signs {
    /// Around a cell that may hold anything, doubled inside of it; none where no cell is quoted.
    pub quote: Option<u8>,
    /// Before a character of a quoted cell that stands for itself.
    pub escape: Option<u8>,
    /// Before a line that is no row.
    pub comment: Option<u8>,
}

impl Default for Signs {
    fn default() -> Self {
        Self { quote: Some(b'"'), escape: None, comment: None }
    }
}

impl Signs {
    fn opens(self, byte: Option<&u8>) -> bool {
        byte.is_some() && self.quote.as_ref() == byte
    }

    fn comments(self, byte: Option<&u8>) -> bool {
        byte.is_some() && self.comment.as_ref() == byte
    }

    /// The next quote or escape character.
    fn find(self, quote: u8, text: &[u8]) -> Option<usize> {
        match self.escape {
            Some(escape) => memchr2(quote, escape, text),
            None => memchr(quote, text),
        }
    }

    /// The content of a quoted cell: doubled quotes become one, and what is escaped stands for itself.
    pub(crate) fn unescape(self, raw: &[u8]) -> Cow<'_, [u8]> {
        let Some(quote) = self.quote else { return Cow::Borrowed(raw) };
        let mut content = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = self.find(quote, rest) {
            content.extend_from_slice(rest.get(..at).unwrap_or_default());
            content.extend(rest.get(at + 1));
            rest = rest.get(at + 2..).unwrap_or_default();
        }
        content.extend_from_slice(rest);
        Cow::Owned(content)
    }
}

/// A row: its bytes in the window, its line, its first cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub start: u32,
    pub end: u32,
    pub line: u64,
    pub first_cell: u32,
}

/// A row that cannot be taken apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Malformed {
    pub start: u32,
    pub end: u32,
    pub line: u64,
    pub flaw: Flaw,
}

/// What is wrong with the shape of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It has that many cells.
    Cells(usize),
    /// A cell goes on after its closing quote; the column from 0.
    AfterQuote(usize),
}

/// A shape that ends the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    Unterminated { line: u64, column: usize },
    CellTooLong { line: u64, column: usize, quoted: bool },
    RowTooLong { line: u64 },
}

/// Rows cut out of a window. With a width, `cells` is a table without gaps: row by row, `width` each.
#[derive(Debug, Default)]
pub(crate) struct Tile {
    pub cells: Vec<Cell>,
    pub rows: Vec<Row>,
    pub malformed: Vec<Malformed>,
}

impl Tile {
    pub(crate) fn clear(&mut self) {
        self.cells.clear();
        self.rows.clear();
        self.malformed.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.malformed.is_empty()
    }

    /// The cells of a row.
    pub(crate) fn cells_of(&self, row: usize) -> &[Cell] {
        let start = self.rows.get(row).map_or(self.cells.len(), |row| row.first_cell as usize);
        let end = self.rows.get(row + 1).map_or(self.cells.len(), |row| row.first_cell as usize);
        self.cells.get(start..end).unwrap_or_default()
    }
}

/// Cuts windows of one text, from its first line on.
#[derive(Debug, Clone)]
pub(crate) struct Splitter {
    delimiter: u8,
    terminator: u8,
    signs: Signs,
    /// Cells a row must have; `None` while that is to be found out.
    width: Option<usize>,
    /// Whether cells that a row lacks are empty ones.
    fill: bool,
    line: u64,
}

enum Quoted {
    /// The cell ends before this place, where a delimiter, a line end or the end of the text is.
    Ends {
        at: usize,
        content_end: usize,
        escaped: bool,
        lines: u64,
        clean: bool,
    },
    Open,
}

impl Splitter {
    pub(crate) fn new(delimiter: u8, terminator: u8, signs: Signs, width: Option<usize>) -> Self {
        Self { delimiter, terminator, signs, width, fill: false, line: 1 }
    }

    pub(crate) fn set_width(&mut self, width: usize) {
        self.width = Some(width);
    }

    /// From here on a row with too few cells ends with empty ones.
    pub(crate) fn set_fill(&mut self, fill: bool) {
        self.fill = fill;
    }

    /// Cuts whole rows from the start of `text` into `tile`, at most `limit`; `last` says that nothing follows the text.
    /// Returns the bytes cut. Empty lines are no rows.
    pub(crate) fn split(&mut self, text: &[u8], last: bool, limit: usize, tile: &mut Tile) -> Result<usize, Broken> {
        let mut whole = tile.cells.len();
        let cut = self.split_rows(text, last, limit, tile, &mut whole);
        // The cells of a row that does not end here go.
        tile.cells.truncate(whole);
        cut
    }

    /// The same, but leaves cells of an unfinished row behind the first `first_cell`.
    fn split_rows(&mut self, text: &[u8], last: bool, limit: usize, tile: &mut Tile, first_cell: &mut usize) -> Result<usize, Broken> {
        let (delimiter, terminator, signs) = (self.delimiter, self.terminator, self.signs);
        let delimiters = u64::from(delimiter).wrapping_mul(LOW_BITS);
        let terminators = u64::from(terminator).wrapping_mul(LOW_BITS);
        let mut row_start = 0;
        let mut rows = 0;
        // Lines that quoted cells of the row at hand go over, and the first flaw of that row.
        let mut row_lines = 0;
        let mut flaw = None;
        let mut cell_start = 0;
        // Where the search for the end of the cell at hand goes on.
        let mut at = 0;
        if let Some(length) = self.separator_line(text) {
            self.line += 1;
            (row_start, cell_start, at) = (length, length, length);
        }
        'search: loop {
            if at == row_start && signs.comments(text.get(at)) {
                let Some(length) = text.get(at..).and_then(|rest| memchr(terminator, rest)).or(last.then_some(text.len() - at)) else { break 'search };
                let next = (at + length + 1).min(text.len());
                self.line += 1;
                (row_start, cell_start, at) = (next, next, next);
                continue 'search;
            }
            // A cell that begins with a quote is followed to its end; then the loop below meets the delimiter behind it.
            if at == cell_start && signs.opens(text.get(cell_start)) {
                match self.quoted(text, cell_start, last) {
                    Quoted::Open => {
                        let (line, column) = (self.line + row_lines, tile.cells.len() - *first_cell);
                        if text.len() - cell_start > CELL_MAX_BYTES {
                            return Err(Broken::CellTooLong { line, column, quoted: true });
                        }
                        if last {
                            return Err(Broken::Unterminated { line, column });
                        }
                        break 'search;
                    }
                    Quoted::Ends { at: end, content_end, escaped, lines, clean } => {
                        let column = tile.cells.len() - *first_cell;
                        if end - cell_start > CELL_MAX_BYTES {
                            return Err(Broken::CellTooLong { line: self.line + row_lines, column, quoted: true });
                        }
                        if !clean {
                            flaw = flaw.or(Some(Flaw::AfterQuote(column)));
                        }
                        row_lines += lines;
                        tile.cells.push(Cell::new(cell_start + 1, content_end, QUOTED | if escaped { ESCAPED } else { 0 }));
                        if end < text.len() && text.get(end) == Some(&delimiter) {
                            cell_start = end + 1;
                            at = cell_start;
                            continue 'search;
                        }
                        let next = (end + 1).min(text.len());
                        self.close_row(tile, row_start, end, *first_cell, flaw.take())?;
                        self.line += row_lines + 1;
                        row_lines = 0;
                        rows += 1;
                        row_start = next;
                        *first_cell = tile.cells.len();
                        cell_start = next;
                        at = next;
                        if rows == limit || next >= text.len() {
                            break 'search;
                        }
                        continue 'search;
                    }
                }
            }
            // Eight bytes at a time; at the end of the text the missing ones are filled with a byte that is neither.
            let Some(rest) = text.get(at..) else { break };
            if rest.is_empty() {
                if !last {
                    break;
                }
                if row_start < text.len() {
                    // The last row has no line end.
                    let end = text.len();
                    if push_plain(tile, text, cell_start, end, true).is_err() {
                        return Err(Broken::CellTooLong { line: self.line + row_lines, column: tile.cells.len() - *first_cell, quoted: false });
                    }
                    self.close_row(tile, row_start, end, *first_cell, flaw.take())?;
                    self.line += row_lines + 1;
                    row_start = end;
                    *first_cell = tile.cells.len();
                }
                break;
            }
            let word = match rest.first_chunk::<8>() {
                Some(chunk) => u64::from_le_bytes(*chunk),
                None => {
                    let mut padded = [!delimiter & !terminator & 0x7f; 8];
                    for (to, from) in padded.iter_mut().zip(rest) {
                        *to = *from;
                    }
                    u64::from_le_bytes(padded)
                }
            };
            let mut hits = equal_bytes(word, delimiters) | equal_bytes(word, terminators);
            while hits != 0 {
                let end = at + (hits.trailing_zeros() / 8) as usize;
                hits &= hits - 1;
                let Some(&byte) = text.get(end) else { break };
                let ends_row = byte == terminator;
                if push_plain(tile, text, cell_start, end, ends_row).is_err() {
                    return Err(Broken::CellTooLong { line: self.line + row_lines, column: tile.cells.len() - *first_cell, quoted: false });
                }
                cell_start = end + 1;
                if ends_row {
                    self.close_row(tile, row_start, end, *first_cell, flaw.take())?;
                    self.line += row_lines + 1;
                    row_lines = 0;
                    rows += 1;
                    row_start = cell_start;
                    *first_cell = tile.cells.len();
                    if rows == limit {
                        break 'search;
                    }
                }
                if signs.opens(text.get(cell_start)) || (ends_row && signs.comments(text.get(cell_start))) {
                    at = cell_start;
                    continue 'search;
                }
            }
            at = (at + 8).min(text.len());
        }
        if text.len() - row_start > ROW_MAX_BYTES {
            return Err(Broken::RowTooLong { line: self.line });
        }
        Ok(row_start)
    }

    /// The length of a first line that says the delimiter to spreadsheets, and is no row: `sep=;`.
    fn separator_line(&self, text: &[u8]) -> Option<usize> {
        let (name, rest) = text.split_first_chunk::<4>().filter(|_| self.line == 1)?;
        let end = match rest {
            [delimiter, b'\r', end, ..] if *delimiter == self.delimiter && *end == self.terminator => 7,
            [delimiter, end, ..] if *delimiter == self.delimiter && *end == self.terminator => 6,
            _ => return None,
        };
        name.eq_ignore_ascii_case(b"sep=").then_some(end)
    }

    /// Takes the row in, or notes why not.
    #[inline]
    fn close_row(&self, tile: &mut Tile, start: usize, end: usize, first_cell: usize, flaw: Option<Flaw>) -> Result<(), Broken> {
        if end - start > ROW_MAX_BYTES {
            return Err(Broken::RowTooLong { line: self.line });
        }
        let mut found = tile.cells.len() - first_cell;
        if found == 1 && tile.cells.last().is_some_and(|cell| cell.is_empty()) {
            tile.cells.truncate(first_cell);
            return Ok(());
        }
        if let Some(width) = self.width.filter(|width| self.fill && found < *width) {
            tile.cells.resize(first_cell + width, Cell::new(end, end, 0));
            found = width;
        }
        let (start, end) = (u32::try_from(start).unwrap_or(u32::MAX), u32::try_from(end).unwrap_or(u32::MAX));
        let flaw = flaw.or(self.width.filter(|width| *width != found).map(|_| Flaw::Cells(found)));
        match flaw {
            None => tile.rows.push(Row { start, end, line: self.line, first_cell: u32::try_from(first_cell).unwrap_or(u32::MAX) }),
            Some(flaw) => {
                tile.cells.truncate(first_cell);
                tile.malformed.push(Malformed { start, end, line: self.line, flaw });
            }
        }
        Ok(())
    }

    /// Follows a cell that begins with a quote at `start`.
    fn quoted(&self, text: &[u8], start: usize, last: bool) -> Quoted {
        let Some(quote) = text.get(start).copied() else { return Quoted::Open };
        let mut at = start + 1;
        let mut escaped = false;
        let content_end = loop {
            let Some(found) = text.get(at..).and_then(|rest| self.signs.find(quote, rest)) else { return Quoted::Open };
            let place = at + found;
            let ends = text.get(place) == Some(&quote);
            match text.get(place + 1) {
                Some(next) if !ends || *next == quote => {
                    escaped = true;
                    at = place + 2;
                }
                // What would be escaped is not there.
                None if !last || !ends => return Quoted::Open,
                _ => break place,
            }
        };
        let lines = text.get(start..content_end).map_or(0, |content| memchr::memchr_iter(self.terminator, content).count() as u64);
        let after = content_end + 1;
        let rest = text.get(after..).unwrap_or_default();
        let Some(length) = memchr::memchr2(self.delimiter, self.terminator, rest).or(last.then_some(rest.len())) else { return Quoted::Open };
        let clean = matches!(rest.get(..length), Some([] | [b'\r']));
        Quoted::Ends { at: after + length, content_end, escaped, lines, clean }
    }
}

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const LOW_SEVEN: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// The high bit of every byte of `word` that equals the byte of `pattern`.
#[inline]
fn equal_bytes(word: u64, pattern: u64) -> u64 {
    let difference = word ^ pattern;
    !((difference & LOW_SEVEN).wrapping_add(LOW_SEVEN) | difference | LOW_SEVEN)
}

#[inline]
fn push_plain(tile: &mut Tile, text: &[u8], start: usize, end: usize, ends_row: bool) -> Result<(), ()> {
    let end = if ends_row && end > start && text.get(end - 1) == Some(&b'\r') { end - 1 } else { end };
    if end - start > CELL_MAX_BYTES {
        return Err(());
    }
    tile.cells.push(Cell::new(start, end, 0));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines and cells of rows, and how many lines are malformed; the text in one window, and in windows that end anywhere.
    fn cut(text: &str, signs: Signs) -> (Vec<(u64, Vec<String>)>, usize) {
        let whole = cut_from(text, signs, text.len());
        for window in 1..text.len() {
            assert_eq!(cut_from(text, signs, window), whole, "{text:?} by {window}");
        }
        whole
    }

    fn cut_from(text: &str, signs: Signs, window: usize) -> (Vec<(u64, Vec<String>)>, usize) {
        let bytes = text.as_bytes();
        let mut splitter = Splitter::new(b',', b'\n', signs, None);
        let (mut rows, mut malformed, mut begin, mut end) = (Vec::new(), 0, 0, window);
        loop {
            let mut tile = Tile::default();
            let at_hand = &bytes[begin..end.min(bytes.len())];
            let consumed = splitter.split(at_hand, end >= bytes.len(), 1_000, &mut tile).unwrap();
            for (index, row) in tile.rows.iter().enumerate() {
                let content = |cell: &Cell| {
                    let raw = &at_hand[cell.range()];
                    String::from_utf8(if cell.is_escaped() { signs.unescape(raw).into_owned() } else { raw.to_vec() }).unwrap()
                };
                rows.push((row.line, tile.cells_of(index).iter().map(content).collect()));
            }
            malformed += tile.malformed.len();
            begin += consumed;
            if end >= bytes.len() {
                return (rows, malformed);
            }
            end += window;
        }
    }

    fn rows(expected: &[(u64, &[&str])]) -> Vec<(u64, Vec<String>)> {
        expected.iter().map(|(line, cells)| (*line, cells.iter().map(|cell| (*cell).to_owned()).collect())).collect()
    }

    #[test]
    fn quotes_are_what_the_load_says() {
        let usual = Signs::default();
        let single = Signs { quote: Some(b'\''), ..usual };
        let none = Signs { quote: None, ..usual };
        assert_eq!(cut("a,\"b,\"\"c\nd\"\ne,f", usual), (rows(&[(1, &["a", "b,\"c\nd"]), (3, &["e", "f"])]), 0));
        assert_eq!(cut("a,'b,''\"c'\n\"d,e", single), (rows(&[(1, &["a", "b,'\"c"]), (2, &["\"d", "e"])]), 0));
        assert_eq!(cut("a,\"b\n'c,d\n", none), (rows(&[(1, &["a", "\"b"]), (2, &["'c", "d"])]), 0));
        assert_eq!(cut("'a'x,b\nc,d\n", single), (rows(&[(2, &["c", "d"])]), 1));
    }

    #[test]
    fn what_is_escaped_stands_for_itself() {
        let signs = Signs { escape: Some(b'\\'), ..Signs::default() };
        assert_eq!(cut("\"a\\\"b\",\"c\\\\\"\n\"d\"\"e\",\"\\é\nf\"\ng,\\h\n", signs), (rows(&[(1, &["a\"b", "c\\"]), (2, &["d\"e", "é\nf"]), (4, &["g", "\\h"])]), 0));
        let mut splitter = Splitter::new(b',', b'\n', signs, None);
        assert_eq!(splitter.split(b"a,\"b\\", true, 10, &mut Tile::default()), Err(Broken::Unterminated { line: 1, column: 1 }));
    }

    #[test]
    fn a_first_line_that_says_the_delimiter_is_no_row() {
        let usual = Signs::default();
        assert_eq!(cut("sep=,\na,b\n1,2\n", usual), (rows(&[(2, &["a", "b"]), (3, &["1", "2"])]), 0));
        assert_eq!(cut("SEP=,\r\na,b", usual), (rows(&[(2, &["a", "b"])]), 0));
        assert_eq!(cut("sep=,", usual), (rows(&[(1, &["sep=", ""])]), 0));
        // It says another one, it is not the first, or it is longer.
        for text in ["sep=;\n", "a\nsep=,\n", "sep=,,\n", "step=,\n"] {
            assert_eq!(cut(text, usual).0.len(), text.lines().count(), "{text}");
        }
    }

    #[test]
    fn lines_of_comment_are_counted_and_left_out() {
        let signs = Signs { comment: Some(b'#'), ..Signs::default() };
        let text = "# exported, \"by hand\n#\na,b\n#c,d\n1,#2\n\"#3\",4\n\n# end";
        assert_eq!(cut(text, signs), (rows(&[(3, &["a", "b"]), (5, &["1", "#2"]), (6, &["#3", "4"])]), 0));
        assert_eq!(cut("#a\n#b", signs), (Vec::new(), 0));
    }
}
