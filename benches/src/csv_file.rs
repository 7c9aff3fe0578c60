//! Website events as one large CSV file, the same every time: some millions of rows, about 100 bytes each.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::events;
use crate::peers::{DuckDb, literal};

/// Bytes of a row, about.
const ROW_BYTES: u64 = 103;

/// A CSV file of events, and the Parquet file that it was made from.
#[derive(Debug)]
pub struct CsvFile {
    /// The file.
    pub path: PathBuf,
    /// The same rows as Parquet.
    pub parquet: PathBuf,
    /// Its rows.
    pub rows: usize,
    /// Its size.
    pub bytes: u64,
}

/// The file of about so many bytes, written now unless it is there already. It has a header; an empty field is no value.
///
/// # Errors
/// When it cannot be written.
pub fn prepare(folder: &Path, about_bytes: u64) -> Result<CsvFile> {
    let rows = usize::try_from((about_bytes / ROW_BYTES).max(1_000))?;
    let events = events::prepare(folder, rows)?;
    let path = events.path.with_extension("csv");
    if !path.exists() {
        let unfinished = path.with_extension("csv.unfinished");
        let (source, target) = (literal(&events.path)?, literal(&unfinished)?);
        // The order of rows is that of the Parquet file.
        DuckDb::in_memory("duckdb")?.execute(&format!("set preserve_insertion_order = true; copy (select * from read_parquet({source})) to {target} (format csv, header)"))?;
        std::fs::rename(&unfinished, &path).context("give the CSV file its name")?;
    }
    let bytes = std::fs::metadata(&path).context("look at the CSV file")?.len();
    Ok(CsvFile { path, parquet: events.path, rows, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_about_as_large_as_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let file = prepare(folder.path(), 1 << 20).unwrap();
        assert!((800_000..1_400_000).contains(&file.bytes), "{}", file.bytes);
        assert_eq!(std::fs::read_to_string(&file.path).unwrap().lines().count(), file.rows + 1);
    }
}
