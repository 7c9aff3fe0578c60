//! What a process that was killed had staged beside the files of a folder: `x#1`, whole or in part. Nobody lists such names and nobody
//! asks for them, so they would take room for ever. They are looked for when the folder is opened, and go when they are a
//! day old: what is staged by a process that lives has its name within seconds.

use std::path::Path;
use std::time::Duration;

/// How old a staged file is that nobody is writing any more.
pub(crate) const LEFT_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Removes what was staged so long ago in a folder and those inside of it; blocks, until `is_over` says that nobody wants it any more, which is
/// asked before each file. What cannot be read or removed is left for the next time. Gives how many files went.
pub(crate) fn sweep(root: &Path, age: Duration, is_over: impl Fn() -> bool) -> u64 {
    let mut removed = 0;
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            if is_over() {
                return removed;
            }
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                folders.push(entry.path());
                continue;
            }
            let is_old = || entry.metadata().and_then(|metadata| metadata.modified()).is_ok_and(|staged_at| staged_at.elapsed().is_ok_and(|found| found >= age));
            if kind.is_file() && entry.file_name().to_str().is_some_and(is_staged) && is_old() && std::fs::remove_file(entry.path()).is_ok() {
                removed += 1;
            }
        }
    }
    removed
}

/// Whether a name is one that `durable` and `object_store` stage under: they let no object be called so.
fn is_staged(name: &str) -> bool {
    name.rsplit_once('#').is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_was_staged_long_ago_goes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("acme/orders");
        std::fs::create_dir_all(&inner).unwrap();
        for name in ["a.parquet", "a.parquet#1", "b.parquet#27", "c#", "d#x1", "e#1.json"] {
            std::fs::write(inner.join(name), "half").unwrap();
        }
        let sweep = |age| sweep(folder.path(), age, || false);
        assert_eq!(sweep(LEFT_AFTER), 0, "young");
        assert_eq!(sweep(Duration::ZERO), 2);
        let mut left: Vec<String> = std::fs::read_dir(&inner).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, ["a.parquet", "c#", "d#x1", "e#1.json"]);
        assert_eq!(super::sweep(&folder.path().join("nowhere"), Duration::ZERO, || false), 0);
    }

    #[test]
    fn it_ends_between_two_files_when_nobody_wants_it() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..10 {
            std::fs::write(folder.path().join(format!("a.parquet#{number}")), "half").unwrap();
        }
        let asked = Cell::new(0);
        let is_over = || asked.replace(asked.get() + 1) == 3;
        assert_eq!(sweep(folder.path(), Duration::ZERO, is_over), 3);
        assert_eq!((asked.get(), std::fs::read_dir(folder.path()).unwrap().count()), (4, 7));
    }
}
