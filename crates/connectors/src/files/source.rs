//! What a folder offers, and the load of one file.

use std::fs;
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use tidemill::{Error, ErrorKind, Load, Result};

use super::config::FilesConfig;

const FORMATS: [&str; 7] = ["csv", "tsv", "txt", "json", "jsonl", "ndjson", "parquet"];
const COMPRESSIONS: [&str; 4] = ["gz", "gzip", "zst", "zstd"];

/// A file that can be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSource {
    /// Where it is.
    pub path: PathBuf,
    /// Its name in the folder, extension included.
    pub file_name: String,
    /// A dataset name made out of the file name.
    pub dataset: String,
    /// Its size as stored.
    pub size_bytes: u64,
}

impl FileSource {
    /// An order to load the file. Its key is made of the name of the file and of what is in it, so that asking twice loads once, and a file
    /// of the same name with other content is another load. All of the file is read for it; a file that was only touched is the same. One that
    /// is written between this and the load is refused when it is loaded (`Conflict`): ask again.
    ///
    /// # Errors
    /// `NotFound` when the file is gone, `Unavailable` when it cannot be read.
    pub fn load(&self) -> Result<Load> {
        let failed = |error: std::io::Error| {
            let kind = if error.kind() == std::io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Unavailable };
            Error::new(kind, format!("read file {}: {error}", self.path.display())).because(error)
        };
        let mut hash = Sha256::new();
        let read = fs::File::open(&self.path).and_then(|mut file| std::io::copy(&mut file, &mut hash)).map_err(failed)?;
        let hash: [u8; 32] = hash.finalize().into();
        // A name may be longer than a key.
        let name = Sha256::digest(&self.file_name);
        let key = format!("files/{}-{read}-{}", hex::encode(name.get(..8).unwrap_or_default()), hex::encode(hash));
        // It is read once more when it is loaded, and may be another file by then.
        Ok(Load::path(&self.path).content_key(key, hash))
    }
}

/// Lists the files of the folder that can be loaded, by name.
///
/// # Errors
/// `NotFound` when there is no such folder, `Unavailable` when it cannot be read.
pub fn discover(config: &FilesConfig) -> Result<Vec<FileSource>> {
    let folder = &config.folder;
    let failed = |error: std::io::Error| {
        let kind = if error.kind() == std::io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Unavailable };
        Error::new(kind, format!("list folder {}: {error}", folder.display())).because(error)
    };
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // The metadata of the entry itself: a link is not followed, so it is never a file.
        let metadata = entry.metadata().map_err(failed)?;
        let Ok(file_name) = entry.file_name().into_string() else { continue };
        if metadata.is_file() && is_loadable(&file_name) {
            let dataset = tidemill::suggest_dataset_name(&file_name).to_string();
            sources.push(FileSource { path: entry.path(), file_name, dataset, size_bytes: metadata.len() });
        }
    }
    sources.sort_unstable_by(|a, b| a.file_name.cmp(&b.file_name));
    Ok(sources)
}

fn is_loadable(file_name: &str) -> bool {
    let lower = file_name.to_ascii_lowercase();
    let mut parts = lower.rsplit('.').peekable();
    parts.next_if(|part| COMPRESSIONS.contains(part));
    let format = parts.next().unwrap_or("");
    FORMATS.contains(&format) && parts.any(|part| !part.is_empty()) && !lower.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_listed_by_name_without_what_cannot_be_loaded() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["Sales 2024.csv", "b.ndjson.zst", "a.csv.gz", ".hidden.csv", "notes.md", "csv", "archive.gz"] {
            fs::write(folder.path().join(name), "x\n1\n").unwrap();
        }
        fs::create_dir(folder.path().join("inner.csv")).unwrap();
        let sources = discover(&FilesConfig::folder(folder.path())).unwrap();
        let found: Vec<_> = sources.iter().map(|source| (source.file_name.as_str(), source.dataset.as_str(), source.size_bytes)).collect();
        assert_eq!(found, [("Sales 2024.csv", "sales_2024", 4), ("a.csv.gz", "a", 4), ("b.ndjson.zst", "b", 4)]);
    }

    #[tokio::test]
    async fn a_file_is_loaded_once_and_again_when_it_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let engine = tidemill::Engine::open(folder.path().join("data")).await.unwrap();
        let mill = engine.tenant("acme").unwrap();
        let path = folder.path().join("daily.csv");
        let load = || {
            let sources = discover(&FilesConfig::folder(folder.path())).unwrap();
            sources[0].load().unwrap()
        };
        for (day, rows) in [("n\n1\n", 1), ("n\n1\n", 1), ("n\n2\n", 2), ("n\n3\n4\n", 4)] {
            fs::write(&path, day).unwrap();
            mill.load("daily", load()).await.unwrap();
            assert_eq!(mill.dataset("daily").await.unwrap().summary.rows, rows, "{day:?}");
        }
    }

    #[tokio::test]
    async fn a_file_that_changes_before_it_is_loaded_is_loaded_under_its_own_key() {
        let folder = tempfile::tempdir().unwrap();
        let engine = tidemill::Engine::open(folder.path().join("data")).await.unwrap();
        let mill = engine.tenant("acme").unwrap();
        let path = folder.path().join("daily.csv");
        let load = || discover(&FilesConfig::folder(folder.path())).unwrap()[0].load().unwrap();
        // Small files are held in memory, others are not.
        for rows in [1, 600_000] {
            fs::write(&path, format!("n\n{}", "1\n".repeat(rows))).unwrap();
            let ordered = load();
            fs::write(&path, format!("n\n{}", "2\n".repeat(rows))).unwrap();
            assert_eq!(mill.load("daily", ordered).await.unwrap_err().kind(), ErrorKind::Conflict);
            let before = mill.dataset("daily").await.map_or(0, |dataset| dataset.summary.rows);
            for _ in 0..2 {
                mill.load("daily", load()).await.unwrap();
                assert_eq!(mill.dataset("daily").await.unwrap().summary.rows, before + rows as u64);
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::NamedTempFile::new().unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("link.csv")).unwrap();
        assert_eq!(discover(&FilesConfig::folder(folder.path())).unwrap(), []);
    }

    #[test]
    fn a_folder_that_is_not_there_is_not_found() {
        let folder = tempfile::tempdir().unwrap();
        let error = discover(&FilesConfig::folder(folder.path().join("none"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
