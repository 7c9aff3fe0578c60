//! An upload in parts, sealed on its way. Parts of the caller are cut anew: chunks have their size, and stores want parts
//! of at least 5 MiB, all of one size but the last.

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::try_join_all;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};

use super::error::told;
use super::format::{CHUNK_BYTES, Header};
use super::object::ObjectKey;
use crate::error::Error;

/// Bytes of a part as it goes to the store.
const PART_BYTES: usize = 8 << 20;

#[derive(Debug)]
pub(super) struct SealingUpload {
    upload: Box<dyn MultipartUpload>,
    key: ObjectKey,
    /// Not sealed yet. It holds back what may be the last chunk, because that one is sealed differently.
    plain: Vec<u8>,
    next_chunk: u64,
    /// Sealed and not sent yet.
    sealed: Vec<u8>,
}

impl SealingUpload {
    pub(super) fn new(upload: Box<dyn MultipartUpload>, key: ObjectKey, header: &Header) -> Self {
        Self { upload, key, plain: Vec::new(), next_chunk: 0, sealed: header.encode() }
    }

    /// Seals all chunks of what is there but the last one.
    fn seal_ahead(&mut self) -> std::result::Result<(), Error> {
        let whole = self.plain.len().saturating_sub(1) / CHUNK_BYTES as usize;
        for chunk in self.plain.chunks(CHUNK_BYTES as usize).take(whole) {
            self.key.seal(self.next_chunk, false, chunk, &mut self.sealed)?;
            self.next_chunk += 1;
        }
        self.plain.drain(..whole * CHUNK_BYTES as usize);
        Ok(())
    }

    /// Sends the parts that are full.
    fn send_full(&mut self) -> Vec<UploadPart> {
        let mut parts = Vec::new();
        while self.sealed.len() >= PART_BYTES {
            let rest = self.sealed.split_off(PART_BYTES);
            parts.push(self.upload.put_part(std::mem::replace(&mut self.sealed, rest).into()));
        }
        parts
    }
}

#[async_trait]
impl MultipartUpload for SealingUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        for bytes in &data {
            self.plain.extend_from_slice(bytes);
        }
        if let Err(error) = self.seal_ahead() {
            return std::future::ready(Err(told(error))).boxed();
        }
        let parts = self.send_full();
        async move { try_join_all(parts).await.map(drop) }.boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.seal_ahead().map_err(told)?;
        let last = std::mem::take(&mut self.plain);
        self.key.seal(self.next_chunk, true, &last, &mut self.sealed).map_err(told)?;
        let mut parts = self.send_full();
        if !self.sealed.is_empty() {
            parts.push(self.upload.put_part(std::mem::take(&mut self.sealed).into()));
        }
        try_join_all(parts).await?;
        self.upload.complete().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.upload.abort().await
    }
}
