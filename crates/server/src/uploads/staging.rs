//! The staging area: one private folder a file, bounded in number and bytes per tenant, gone when nobody holds it.
//!
//! Where what is stored is encrypted, a staged file is sealed (`receiving.rs`), with a key that is gone with the process. What one that was killed
//! has left goes when the area is opened. No file is open while it waits.
//!
//! A staged file is owned by its [`StagedFile`]: dropping the last holder removes it. So a client that disconnects in
//! the middle leaves nothing, and a load that still reads keeps its file although the hour is over.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use chrono::{DateTime, TimeDelta, Utc};
use tidemill::TenantId;
use tidemill::encryption::SealedFile;
use tidemill::ingest::Input;
use uuid::Uuid;

use super::receiving::Receiving;
use crate::auth::Tenancy;
use crate::auth::private_file;
use crate::http::{Answer, Code, Problem};

/// How long a file waits.
const TTL: TimeDelta = TimeDelta::hours(1);
/// A client that sends nothing for so long is taken for gone.
const IDLE: Duration = Duration::from_secs(30);
const FILE_NAME_MAX_CHARS: usize = 100;
/// A tenant may stage this many times the largest file.
const BYTES_FACTOR: u64 = 4;

#[derive(Debug, Default, Clone, Copy)]
struct Usage {
    files: usize,
    bytes: u64,
}

type Ledger = Arc<Mutex<HashMap<TenantId, Usage>>>;

/// A file in the staging area.
#[derive(Debug)]
pub struct StagedFile {
    /// Its id.
    pub id: Uuid,
    /// The name that the client gave, made harmless.
    pub file_name: String,
    /// Its size.
    pub size_bytes: u64,
    tenant: TenantId,
    folder: PathBuf,
    /// The content, where it is sealed: it lies beside the folder, and there is none.
    sealed: Option<Arc<SealedFile>>,
    /// When it began to come.
    pub staged_at: DateTime<Utc>,
    ledger: Ledger,
}

impl StagedFile {
    fn path(&self) -> PathBuf {
        self.folder.join(&self.file_name)
    }

    /// When it is let go of, unless a load holds it.
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.staged_at + TTL
    }

    fn waits_for(&self, tenancy: &Tenancy, now: DateTime<Utc>) -> bool {
        self.tenant == *tenancy.slug() && now < self.expires_at()
    }

    /// The file as a load takes it.
    pub fn input(&self) -> Input {
        match &self.sealed {
            Some(file) => Input::Sealed { name: self.file_name.clone(), file: Arc::clone(file) },
            None => Input::Path(self.path()),
        }
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "a staged file could not be removed");
        }
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(usage) = ledger.get_mut(&self.tenant) {
            usage.files = usage.files.saturating_sub(1);
            usage.bytes = usage.bytes.saturating_sub(self.size_bytes);
        }
    }
}

/// The staging area of a data folder.
#[derive(Debug)]
pub struct Staging {
    root: PathBuf,
    max_upload_bytes: u64,
    max_files: usize,
    /// Whether files are sealed.
    seals: bool,
    files: Mutex<HashMap<Uuid, Arc<StagedFile>>>,
    /// Whose files were discarded, and when, so that who discards one again is told the same as the first time.
    discarded: Mutex<HashMap<Uuid, (TenantId, DateTime<Utc>)>>,
    ledger: Ledger,
}

impl Staging {
    /// Opens it, empty: nothing staged outlives the process. `seals` says whether files are sealed.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn open(data_dir: &Path, max_upload_bytes: u64, max_files: usize, seals: bool) -> anyhow::Result<Self> {
        let root = data_dir.join("staging");
        if root.exists() {
            std::fs::remove_dir_all(&root)?;
        }
        private_file::create_folder(&root)?;
        Ok(Self { root, max_upload_bytes, max_files, seals, files: Mutex::default(), discarded: Mutex::default(), ledger: Ledger::default() })
    }

    /// Streams the one part `file` of a form into the area. Until it is [kept](Self::keep), dropping it removes it.
    ///
    /// # Errors
    /// `Invalid`, `TooLarge`, `Exhausted`; then nothing is left.
    pub async fn receive(&self, tenancy: &Tenancy, mut form: Multipart, now: DateTime<Utc>) -> Answer<StagedFile> {
        let mut received = None;
        while let Some(field) = within_idle(form.next_field()).await? {
            if field.name() != Some("file") || received.is_some() {
                return Err(Problem::invalid("send one part named \"file\" and nothing else"));
            }
            received = Some(self.receive_file(tenancy, field, now).await?);
        }
        received.ok_or_else(|| Problem::invalid("send one part named \"file\""))
    }

    async fn receive_file(&self, tenancy: &Tenancy, mut field: Field<'_>, now: DateTime<Utc>) -> Answer<StagedFile> {
        let file_name = harmless_name(field.file_name().ok_or_else(|| Problem::invalid("the part \"file\" needs a file name"))?);
        let mut staged = self.reserve(tenancy, file_name, now)?;
        let mut file = if self.seals { Receiving::sealed(&self.root)? } else { Receiving::plain(&staged.folder, &staged.path()).await? };
        while let Some(chunk) = within_idle(field.chunk()).await? {
            self.account(&mut staged, chunk.len() as u64)?;
            file = file.write(&chunk).await?;
        }
        staged.sealed = file.finish().await?;
        Ok(staged)
    }

    fn reserve(&self, tenancy: &Tenancy, file_name: String, now: DateTime<Utc>) -> Answer<StagedFile> {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let usage = ledger.entry(tenancy.slug().clone()).or_default();
        if usage.files >= self.max_files {
            return Err(Problem::exhausted(
                format!("{} files wait to be loaded already; load or discard one of them, or try again later: each is kept for an hour", usage.files),
                60,
            ));
        }
        usage.files += 1;
        let id = Uuid::now_v7();
        let folder = self.root.join(tenancy.slug().as_str()).join(id.simple().to_string());
        Ok(StagedFile { id, file_name, size_bytes: 0, tenant: tenancy.slug().clone(), folder, sealed: None, staged_at: now, ledger: Arc::clone(&self.ledger) })
    }

    fn account(&self, staged: &mut StagedFile, bytes: u64) -> Answer<()> {
        if staged.size_bytes + bytes > self.max_upload_bytes {
            return Err(Problem::new(Code::TooLarge, format!("a file has at most {} bytes", self.max_upload_bytes)));
        }
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let usage = ledger.entry(staged.tenant.clone()).or_default();
        if usage.bytes + bytes > self.max_upload_bytes.saturating_mul(BYTES_FACTOR) {
            return Err(Problem::exhausted("too many bytes wait to be loaded already; load or discard some of them, or try again later: each file is kept for an hour", 60));
        }
        usage.bytes += bytes;
        staged.size_bytes += bytes;
        Ok(())
    }

    /// Keeps a file until it is taken or its hour is over.
    pub fn keep(&self, staged: StagedFile) -> Arc<StagedFile> {
        let staged = Arc::new(staged);
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(staged.id, Arc::clone(&staged));
        staged
    }

    /// The file with an id, of this tenant.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn find(&self, tenancy: &Tenancy, id: &str, now: DateTime<Utc>) -> Answer<Arc<StagedFile>> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let found = id.parse().ok().and_then(|id: Uuid| files.get(&id)).filter(|file| file.waits_for(tenancy, now));
        found.cloned().ok_or_else(|| Problem::not_found("upload; uploads wait for one hour"))
    }

    /// The files of this tenant, newest first.
    pub fn list(&self, tenancy: &Tenancy, now: DateTime<Utc>) -> Vec<Arc<StagedFile>> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<Arc<StagedFile>> = files.values().filter(|file| file.waits_for(tenancy, now)).cloned().collect();
        // Later ids are greater.
        found.sort_by_key(|file| std::cmp::Reverse(file.id));
        found
    }

    /// Lets go of a file.
    pub fn release(&self, id: Uuid) {
        let released = self.files.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        drop(released);
    }

    /// Lets go of a file that nobody wants to load any more. Within the hour it may be done again.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn discard(&self, tenancy: &Tenancy, id: &str, now: DateTime<Utc>) -> Answer<()> {
        match self.find(tenancy, id, now) {
            Ok(staged) => {
                self.discarded.lock().unwrap_or_else(PoisonError::into_inner).insert(staged.id, (staged.tenant.clone(), now));
                self.release(staged.id);
                Ok(())
            }
            Err(unknown) => {
                let discarded = self.discarded.lock().unwrap_or_else(PoisonError::into_inner);
                let known = id.parse().ok().and_then(|id: Uuid| discarded.get(&id)).is_some_and(|(tenant, _)| tenant == tenancy.slug());
                if known { Ok(()) } else { Err(unknown) }
            }
        }
    }

    /// Lets go of files whose hour is over.
    pub fn sweep(&self, now: DateTime<Utc>) {
        self.discarded.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, (_, discarded_at)| now - *discarded_at < TTL);
        let expired: Vec<Arc<StagedFile>> = {
            let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
            files.extract_if(|_, file| now >= file.expires_at()).map(|(_, file)| file).collect()
        };
        drop(expired);
    }
}

async fn within_idle<T>(step: impl Future<Output = Result<T, MultipartError>>) -> Answer<T> {
    let result = tokio::time::timeout(IDLE, step).await.map_err(|_| Problem::invalid("the upload stood still for too long"))?;
    result.map_err(|error| {
        if error.status() == http::StatusCode::PAYLOAD_TOO_LARGE {
            Problem::new(Code::TooLarge, "the upload is too large")
        } else {
            Problem::invalid(format!("the form cannot be read: {}", error.body_text()))
        }
    })
}

/// Letters, digits, dots, dashes and underscores; never a path, never hidden.
fn harmless_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let tame: String = base
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_') { character } else { '_' })
        .collect();
    let tame = tame.trim_start_matches('.');
    // The end carries the format: keep it.
    let cut: String = tame.chars().skip(tame.chars().count().saturating_sub(FILE_NAME_MAX_CHARS)).collect();
    let cut = cut.trim_start_matches('.');
    if cut.is_empty() { "file".to_owned() } else { cut.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_has_left_is_gone_when_the_area_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join("staging/acme/0197");
        std::fs::create_dir_all(&left).unwrap();
        std::fs::write(left.join("orders.csv"), "half").unwrap();
        Staging::open(folder.path(), 1 << 20, 4, false).unwrap();
        assert_eq!(std::fs::read_dir(folder.path().join("staging")).unwrap().count(), 0);
    }

    #[test]
    fn names_cannot_leave_their_folder() {
        for (name, expected) in [
            ("flights.csv.gz", "flights.csv.gz"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            (".hidden", "hidden"),
            ("..", "file"),
            ("", "file"),
            ("a b;c\0d.csv", "a_b_c_d.csv"),
            ("größe.csv", "gr__e.csv"),
        ] {
            assert_eq!(harmless_name(name), expected, "{name:?}");
        }
        assert_eq!(harmless_name(&("x".repeat(300) + ".csv")).len(), FILE_NAME_MAX_CHARS);
    }
}
