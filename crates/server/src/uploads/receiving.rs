//! Where the bytes of an upload go while they come: to a file in the staging area, which, where what is stored is encrypted, is sealed with
//! a key that only this process has. Writing blocks nobody.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use tidemill::encryption::{SealedFile, SealedWriter};
use tokio::io::AsyncWriteExt;

use crate::auth::private_file;
use crate::http::{Answer, Problem};

/// Bytes that are sealed at a time.
const HELD_BYTES: usize = 1 << 20;

/// A file that is being written.
pub(super) enum Receiving {
    Plain(tokio::fs::File),
    Sealed { writer: SealedWriter, held: Vec<u8> },
}

impl Receiving {
    /// A file with a name in a folder of its own.
    pub(super) async fn plain(folder: &Path, file: &Path) -> Answer<Self> {
        private_file::create_folder(folder).map_err(|error| Problem::internal(error.to_string()))?;
        let file = tokio::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).await.map_err(Problem::internal)?;
        Ok(Self::Plain(file))
    }

    /// A sealed file in a folder.
    pub(super) fn sealed(folder: &Path) -> Answer<Self> {
        Ok(Self::Sealed { writer: SealedWriter::waiting_in_folder(folder)?, held: Vec::new() })
    }

    /// Takes bytes in.
    pub(super) async fn write(self, bytes: &[u8]) -> Answer<Self> {
        match self {
            Self::Plain(mut file) => {
                file.write_all(bytes).await.map_err(Problem::internal)?;
                Ok(Self::Plain(file))
            }
            Self::Sealed { writer, mut held } => {
                held.extend_from_slice(bytes);
                if held.len() < HELD_BYTES {
                    return Ok(Self::Sealed { writer, held });
                }
                Ok(Self::Sealed { writer: seal(writer, held).await?, held: Vec::new() })
            }
        }
    }

    /// Ends the file; gives a sealed one, which nobody else could read.
    pub(super) async fn finish(self) -> Answer<Option<Arc<SealedFile>>> {
        match self {
            Self::Plain(mut file) => {
                file.flush().await.map_err(Problem::internal)?;
                Ok(None)
            }
            Self::Sealed { writer, held } => {
                let writer = seal(writer, held).await?;
                let file = tokio::task::spawn_blocking(move || writer.finish()).await.map_err(Problem::internal)?;
                Ok(Some(Arc::new(file.map_err(Problem::internal)?)))
            }
        }
    }
}

async fn seal(mut writer: SealedWriter, bytes: Vec<u8>) -> Answer<SealedWriter> {
    let sealed = tokio::task::spawn_blocking(move || writer.write_all(&bytes).map(|()| writer)).await.map_err(Problem::internal)?;
    sealed.map_err(Problem::internal)
}
