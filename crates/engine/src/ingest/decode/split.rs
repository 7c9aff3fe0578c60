//! Text to rows and cells. Finds delimiters and line ends eight bytes at a time, follows quotes only where a cell begins
//! with one, and counts lines. It knows nothing of types; it refuses cells and rows that no one can have meant.

use memchr::memchr;

/// Longest cell, in bytes.
pub(crate) const CELL_MAX_BYTES: usize = 16 << 20;
/// Longest row, in bytes.
pub(crate) const ROW_MAX_BYTES: usize = 64 << 20;

const QUOTE: u8 = b'"';
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

    /// Whether quotes inside are doubled.
    #[inline]
    pub(crate) fn is_escaped(self) -> bool {
        self.mark & ESCAPED != 0
    }

    fn is_empty(self) -> bool {
        self.mark & (LENGTH | QUOTED) == 0
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
    pub(crate) fn new(delimiter: u8, terminator: u8, width: Option<usize>) -> Self {
        Self { delimiter, terminator, width, fill: false, line: 1 }
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
        let (delimiter, terminator) = (self.delimiter, self.terminator);
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
        'search: loop {
            // A cell that begins with a quote is followed to its end; then the loop below meets the delimiter behind it.
            if at == cell_start && text.get(cell_start) == Some(&QUOTE) {
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
                if text.get(cell_start) == Some(&QUOTE) {
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
        let mut at = start + 1;
        let mut escaped = false;
        let content_end = loop {
            let Some(found) = text.get(at..).and_then(|rest| memchr(QUOTE, rest)) else { return Quoted::Open };
            let quote = at + found;
            match text.get(quote + 1) {
                Some(&QUOTE) => {
                    escaped = true;
                    at = quote + 2;
                }
                None if !last => return Quoted::Open,
                _ => break quote,
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
