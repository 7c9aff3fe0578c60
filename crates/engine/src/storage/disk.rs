//! What a durable write is made of: the few calls of a file system that change something. A trait, so that a simulation
//! can lose, tear and refuse each of them; `durable` decides which of them are made, and in which order.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Result, Write};
use std::path::Path;

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::PutPayload;

/// Why something is synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The bytes of a file, before it has its name.
    Content,
    /// The folder that names a new file.
    Name,
    /// A folder above it, which names a new folder.
    Parent,
    /// The folder that named a file which is gone.
    Removal,
    /// The folder of a file that somebody relies on who did not write it.
    Reliance,
}

/// A disk, as far as it is written to.
#[async_trait]
pub trait Disk: fmt::Debug + Send + Sync + 'static {
    /// Writes a new file. After an error it is not there, unless it was before; a part of it may be after a power cut.
    ///
    /// # Errors
    /// `AlreadyExists`, `NotFound` when its folder is missing, and what the operating system says.
    async fn create(&self, file: &Path, content: &PutPayload) -> Result<()>;

    /// Gives a file a second name.
    ///
    /// # Errors
    /// `AlreadyExists` when there is such a name; what the operating system says.
    async fn link(&self, from: &Path, to: &Path) -> Result<()>;

    /// Gives a file another name. What had it is gone.
    ///
    /// # Errors
    /// What the operating system says.
    async fn rename(&self, from: &Path, to: &Path) -> Result<()>;

    /// Takes a name away.
    ///
    /// # Errors
    /// `NotFound`; what the operating system says.
    async fn remove(&self, file: &Path) -> Result<()>;

    /// Makes one folder.
    ///
    /// # Errors
    /// `AlreadyExists`, `NotFound` when the folder above it is missing, and what the operating system says.
    async fn create_folder(&self, folder: &Path) -> Result<()>;

    /// Flushes the bytes of a file, or the names in a folder.
    ///
    /// # Errors
    /// What the operating system says. What was to be flushed may be lost then, whatever a second try says.
    async fn sync(&self, path: &Path, reason: Reason) -> Result<()>;

    /// Whether there is certainly no such file. Asked often, so it must not take long.
    fn lacks(&self, file: &Path) -> bool;

    /// Runs several of these calls, where they hold nobody up.
    fn drive(&self, work: BoxFuture<'static, object_store::Result<()>>) -> BoxFuture<'static, object_store::Result<()>>;
}

/// The disk of the machine. Its calls block, which is why they are driven on a thread for that.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemDisk;

#[async_trait]
impl Disk for SystemDisk {
    async fn create(&self, file: &Path, content: &PutPayload) -> Result<()> {
        let mut created = OpenOptions::new().write(true).create_new(true).open(file)?;
        content.iter().try_for_each(|bytes| created.write_all(bytes)).inspect_err(|_| drop(std::fs::remove_file(file)))
    }

    async fn link(&self, from: &Path, to: &Path) -> Result<()> {
        std::fs::hard_link(from, to)
    }

    async fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        std::fs::rename(from, to)
    }

    async fn remove(&self, file: &Path) -> Result<()> {
        std::fs::remove_file(file)
    }

    async fn create_folder(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir(folder)
    }

    async fn sync(&self, path: &Path, _: Reason) -> Result<()> {
        File::open(path)?.sync_all()
    }

    fn lacks(&self, file: &Path) -> bool {
        std::fs::metadata(file).is_err_and(|error| error.kind() == ErrorKind::NotFound)
    }

    fn drive(&self, work: BoxFuture<'static, object_store::Result<()>>) -> BoxFuture<'static, object_store::Result<()>> {
        let done = tokio::task::spawn_blocking(move || futures::executor::block_on(work));
        async move { done.await.map_err(|source| object_store::Error::Generic { store: "local", source: Box::new(source) })? }.boxed()
    }
}

/// Makes the root folder and those above it, with durable names: nobody syncs them later.
pub(super) fn create_root(root: &Path) -> Result<()> {
    let missing: Vec<_> = root.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists()).collect();
    std::fs::create_dir_all(root)?;
    for folder in missing {
        let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(above)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod recording {
    //! The disk of the machine, with a record of what is synced, and syncs that fail on demand.

    use std::path::PathBuf;
    use std::sync::Mutex;

    use super::*;

    #[derive(Debug, Default)]
    pub(crate) struct RecordingDisk {
        synced: Mutex<Vec<(PathBuf, Reason)>>,
        refused: Mutex<Option<Reason>>,
    }

    impl RecordingDisk {
        /// From now on no sync of this kind succeeds.
        pub(crate) fn refuse(&self, reason: Reason) {
            *self.refused.lock().unwrap() = Some(reason);
        }

        /// What was synced since the last look.
        pub(crate) fn take(&self) -> Vec<(PathBuf, Reason)> {
            std::mem::take(&mut self.synced.lock().unwrap())
        }
    }

    #[async_trait]
    impl Disk for RecordingDisk {
        async fn create(&self, file: &Path, content: &PutPayload) -> Result<()> {
            SystemDisk.create(file, content).await
        }

        async fn link(&self, from: &Path, to: &Path) -> Result<()> {
            SystemDisk.link(from, to).await
        }

        async fn rename(&self, from: &Path, to: &Path) -> Result<()> {
            SystemDisk.rename(from, to).await
        }

        async fn remove(&self, file: &Path) -> Result<()> {
            SystemDisk.remove(file).await
        }

        async fn create_folder(&self, folder: &Path) -> Result<()> {
            SystemDisk.create_folder(folder).await
        }

        async fn sync(&self, path: &Path, reason: Reason) -> Result<()> {
            if *self.refused.lock().unwrap() == Some(reason) {
                return Err(std::io::Error::other("disk is gone"));
            }
            self.synced.lock().unwrap().push((path.to_owned(), reason));
            SystemDisk.sync(path, reason).await
        }

        fn lacks(&self, file: &Path) -> bool {
            SystemDisk.lacks(file)
        }

        fn drive(&self, work: BoxFuture<'static, object_store::Result<()>>) -> BoxFuture<'static, object_store::Result<()>> {
            SystemDisk.drive(work)
        }
    }
}
