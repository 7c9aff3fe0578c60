//! Files that only the owner of the process may read.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::{Context, bail};
use rand::RngCore;

/// Makes a folder that only its owner may enter.
///
/// # Errors
/// The folder cannot be made.
pub fn create_folder(path: &Path) -> anyhow::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).with_context(|| format!("create folder {}", path.display()))
}

/// Writes a new file with mode 0600, durably.
///
/// # Errors
/// The file is there already, or cannot be written.
pub fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).with_context(|| format!("create {}", path.display()))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).with_context(|| format!("write {}", path.display()))
}

/// Puts a file with mode 0600 in the place of another one, or where none is, durably: afterwards there is the old one or
/// the new one, whole.
///
/// # Errors
/// The folder cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let name = path.file_name().with_context(|| format!("{} is not the name of a file", path.display()))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let new = folder.join(format!(".{}.{}", name.to_string_lossy(), hex::encode(random::<4>())));
    write_new(&new, bytes)?;
    let placed = std::fs::rename(&new, path).and_then(|()| std::fs::File::open(folder)?.sync_all());
    placed.inspect_err(|_| drop(std::fs::remove_file(&new))).with_context(|| format!("write {}", path.display()))
}

/// Reads a hex key of `N` bytes, or makes one at the first start.
///
/// # Errors
/// A file that is not such a key.
pub fn read_or_create_key<const N: usize>(path: &Path) -> anyhow::Result<[u8; N]> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let mut key = [0u8; N];
            if hex::decode_to_slice(text.trim(), &mut key).is_err() {
                bail!("{} does not hold a key of {N} bytes in hex; restore it, or remove it to end all sessions", path.display());
            }
            Ok(key)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let key = random::<N>();
            write_new(path, hex::encode(key).as_bytes())?;
            Ok(key)
        }
        Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
    }
}

/// Bytes from the generator of the operating system's seed.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0u8; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}
