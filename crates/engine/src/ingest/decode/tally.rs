//! Counts rows and rejected rows, and says when there are so many of the latter that the file is not what it was taken for.

use crate::error::{Error, Result};
use crate::ingest::Progress;
use crate::ingest::reject::{REJECTS_MAX, REJECTS_MAX_BYTES, Reject};

/// Rows after which a file with more bad rows than good ones is given up.
pub(crate) const JUDGED_ROWS: usize = 1_000;

/// Bytes of one value that a reject keeps.
const VALUE_MAX_BYTES: usize = 200;

/// The rows of one pass over a file.
pub(crate) struct Tally<'a> {
    name: &'a str,
    progress: &'a Progress,
    rows: u64,
    rejected: u64,
    rejected_bytes: usize,
    judged: bool,
    first: Option<Reject>,
}

impl<'a> Tally<'a> {
    pub(crate) fn new(name: &'a str, progress: &'a Progress) -> Self {
        Self { name, progress, rows: 0, rejected: 0, rejected_bytes: 0, judged: false, first: None }
    }

    /// Rows seen so far, rejected ones too.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows that may be decoded before the next look: none beyond the judged ones, until they are judged.
    pub(crate) fn step(&self, most: usize) -> usize {
        if self.judged { most } else { most.min(JUDGED_ROWS.saturating_sub(usize::try_from(self.rows).unwrap_or(usize::MAX))).max(1) }
    }

    /// Counts rows (`rejects` among them).
    pub(crate) fn add(&mut self, rows: usize, rejects: &[Reject]) -> Result<()> {
        self.rows += rows as u64;
        self.rejected += rejects.len() as u64;
        self.rejected_bytes += bytes_of(rejects);
        if self.first.is_none() {
            self.first = rejects.first().cloned();
        }
        self.progress.add_rows((rows - rejects.len().min(rows)) as u64, rejects.len() as u64);
        if self.rejected > REJECTS_MAX as u64 {
            return Err(self.give_up(&format!("more than {REJECTS_MAX} rows do not fit")));
        }
        if self.rejected_bytes > REJECTS_MAX_BYTES {
            return Err(self.give_up(&too_long()));
        }
        if self.rows >= JUDGED_ROWS as u64 { self.judge() } else { Ok(()) }
    }

    /// The file is over.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.judge()
    }

    fn judge(&mut self) -> Result<()> {
        if !self.judged && self.rejected * 2 > self.rows {
            return Err(self.give_up(&format!("{} of the first {} rows do not fit", self.rejected, self.rows)));
        }
        self.judged = true;
        Ok(())
    }

    fn give_up(&self, what: &str) -> Error {
        let first = self.first.as_ref().map(Reject::describe).unwrap_or_default();
        Error::invalid(format!("{}: {what}; the first is {first}. Correct the file, or choose other column types, and load it again", self.name))
    }
}

/// A value, shortened for a reject.
pub(crate) fn shorten_value(value: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(value.get(..VALUE_MAX_BYTES + 3).unwrap_or(value)).into_owned();
    if value.len() > VALUE_MAX_BYTES {
        text.truncate(text.floor_char_boundary(VALUE_MAX_BYTES));
        text.push('…');
    }
    text
}

/// A row for a reject.
pub(crate) fn row_text(row: &[u8]) -> String {
    String::from_utf8_lossy(row.strip_suffix(b"\r").unwrap_or(row)).into_owned()
}

/// Bytes of the text of rejected rows.
pub(crate) fn bytes_of(rejects: &[Reject]) -> usize {
    rejects.iter().map(|reject| reject.raw.len()).sum()
}

/// What is wrong with a load whose rejected rows are longer than what is kept of one.
pub(crate) fn too_long() -> String {
    format!("the rows that do not fit are longer than {} MB together", REJECTS_MAX_BYTES >> 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept_whole_up_to_a_bound_for_all() {
        let progress = Progress::new();
        let mut tally = Tally::new("f.csv", &progress);
        let raw = row_text(&[b"x".repeat(20 << 20), b"end\r".to_vec()].concat());
        assert!(raw.ends_with("xend"));
        let reject = [Reject { line: 1, column: None, value: None, reason: "too long".into(), rule: None, raw }];
        for _ in 0..3 {
            tally.add(10, &reject).unwrap();
        }
        let error = tally.add(10, &reject).unwrap_err();
        assert_eq!(
            error.message(),
            "f.csv: the rows that do not fit are longer than 64 MB together; the first is line 1: too long. Correct the file, or choose other column types, and load it again"
        );
    }
}
