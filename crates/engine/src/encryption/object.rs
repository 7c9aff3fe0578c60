//! The key of one object, and what it does: seal chunks and open them. A chunk is sealed with its number as nonce, which
//! no key sees twice, because every object has a key of its own; what it is bound to is its associated data.
//! The cipher is AWS-LC's, three times as fast as RustCrypto's, which tests hold it against.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use bytes::{Bytes, BytesMut};
use hkdf::Hkdf;
use object_store::path::Path;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::SecretKey;
use super::format::{CHUNK_BYTES, Header, SEALED_BYTES, TAG_BYTES, chunks, stored_size};
use super::secret::random;
use crate::error::{Error, Result};

const DERIVE: &[u8] = b"tidemill object key 1\0";
const BIND: &[u8] = b"tidemill chunk 1\0";

/// The key of one object.
#[derive(Debug)]
pub(super) struct ObjectKey {
    cipher: LessSafeKey,
    /// What every chunk is bound to: the object's name, which begins with its tenant.
    bound: Vec<u8>,
}

impl ObjectKey {
    /// The key that a tenant's data key and the header of an object give.
    pub(super) fn derive(data_key: &SecretKey, header: &Header, location: &Path) -> Result<Self> {
        let mut key = Zeroizing::new([0; SecretKey::BYTES]);
        let derived = Hkdf::<Sha256>::new(Some(&header.salt), data_key.expose()).expand_multi_info(&[DERIVE, header.key_id.as_bytes()], key.as_mut_slice());
        derived.map_err(|error| Error::internal(format!("derive the key of an object: {error}")))?;
        let name = location.as_ref().as_bytes();
        let bound = [BIND, &(name.len() as u64).to_be_bytes(), name].concat();
        let key = UnboundKey::new(&AES_256_GCM, key.as_slice()).map_err(|_| Error::internal("the key of an object has the wrong length"))?;
        Ok(Self { cipher: LessSafeKey::new(key), bound })
    }

    /// A new object under a data key: its header and its key.
    pub(super) fn create(data_key: &SecretKey, key_id: uuid::Uuid, location: &Path) -> Result<(Header, Self)> {
        let header = Header { key_id, salt: random()? };
        Ok((header, Self::derive(data_key, &header, location)?))
    }

    /// Nonce and associated data of a chunk.
    fn place(&self, chunk: u64, last: bool) -> (Nonce, Aad<Vec<u8>>) {
        let mut nonce = [0; 12];
        let (flag, number) = nonce.split_at_mut(4);
        flag.copy_from_slice(&u32::from(last).to_be_bytes());
        number.copy_from_slice(&chunk.to_be_bytes());
        let bound = [self.bound.as_slice(), &chunk.to_be_bytes(), &[u8::from(last)]].concat();
        (Nonce::assume_unique_for_key(nonce), Aad::from(bound))
    }

    /// Seals a chunk behind what is in `out`.
    pub(super) fn seal(&self, chunk: u64, last: bool, plain: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let (nonce, bound) = self.place(chunk, last);
        let begin = out.len();
        out.extend_from_slice(plain);
        let buffer = out.get_mut(begin..).unwrap_or_default();
        let tag = self.cipher.seal_in_place_separate_tag(nonce, bound, buffer).map_err(|_| Error::internal("a chunk could not be sealed"))?;
        out.extend_from_slice(tag.as_ref());
        Ok(())
    }

    /// Seals a whole object.
    pub(super) fn seal_object(&self, header: &Header, plain: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(usize::try_from(stored_size(plain.len() as u64)).unwrap_or_default());
        out.extend_from_slice(&header.encode());
        let last = chunks(plain.len() as u64) - 1;
        if plain.is_empty() {
            self.seal(0, true, plain, &mut out)?;
        }
        for (number, chunk) in (0..).zip(plain.chunks(CHUNK_BYTES as usize)) {
            self.seal(number, number == last, chunk, &mut out)?;
        }
        Ok(out)
    }

    /// Opens one chunk of any size that is not the last.
    pub(super) fn open_one(&self, number: u64, sealed: &[u8]) -> Option<Vec<u8>> {
        let (chunk, tag) = sealed.split_last_chunk::<{ TAG_BYTES as usize }>()?;
        let mut plain = vec![0; chunk.len()];
        let (nonce, bound) = self.place(number, false);
        self.cipher.open_separate_gather(nonce, bound, chunk, tag, &mut plain).ok()?;
        Some(plain)
    }

    /// Opens neighbouring chunks of an object that has `count` of them, the first of these being `first`: where they lie, if nobody
    /// else has these bytes, because room for as many again costs as much as the cipher does.
    ///
    /// # Errors
    /// The number of a chunk that is not what was sealed under this number of this object.
    pub(super) fn open(&self, first: u64, count: u64, sealed: Bytes) -> std::result::Result<Bytes, u64> {
        let mut bytes = sealed.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&*shared));
        let (mut begin, mut plain) = (0, 0);
        for number in first.. {
            let end = bytes.len().min(begin + SEALED_BYTES as usize);
            let chunk = bytes.get_mut(begin..end).filter(|chunk| !chunk.is_empty());
            let Some(chunk) = chunk else { break };
            let (nonce, bound) = self.place(number, number + 1 == count);
            let opened = self.cipher.open_in_place(nonce, bound, chunk).map_err(|_| number)?.len();
            // Close up to the one before it.
            bytes.copy_within(begin..begin + opened, plain);
            (begin, plain) = (end, plain + opened);
        }
        bytes.truncate(plain);
        Ok(bytes.freeze())
    }
}

#[cfg(test)]
mod tests {
    use aes_gcm::aead::{Aead, Payload};
    use aes_gcm::{Aes256Gcm, KeyInit};
    use proptest::prelude::*;

    use super::*;
    use crate::encryption::format::{HEADER_BYTES, plain_size};

    #[test]
    fn another_implementation_of_the_cipher_opens_what_is_sealed_and_seals_the_same() {
        let (key, name) = (SecretKey::from_bytes([7; 32]), "acme/a");
        let (header, object) = ObjectKey::create(&key, uuid::Uuid::nil(), &Path::from(name)).unwrap();
        let mut derived = [0; SecretKey::BYTES];
        Hkdf::<Sha256>::new(Some(&header.salt), key.expose()).expand_multi_info(&[DERIVE, header.key_id.as_bytes()], &mut derived).unwrap();
        let cipher = Aes256Gcm::new((&derived).into());
        let bound = |number: u64, last: bool| [BIND, &(name.len() as u64).to_be_bytes(), name.as_bytes(), &number.to_be_bytes(), &[u8::from(last)]].concat();
        let nonce = |number: u64, last: bool| <[u8; 12]>::try_from([u32::from(last).to_be_bytes().as_slice(), &number.to_be_bytes()].concat()).unwrap();
        for (number, last, size) in [(0, true, 0), (0, false, CHUNK_BYTES as usize), (9, true, 1_000)] {
            let plain = bytes(size);
            let mut sealed = Vec::new();
            object.seal(number, last, &plain, &mut sealed).unwrap();
            let aad = bound(number, last);
            let (nonce, payload) = (nonce(number, last).into(), Payload { msg: &plain, aad: &aad });
            assert_eq!(cipher.encrypt(&nonce, payload).unwrap(), sealed);
            assert_eq!(cipher.decrypt(&nonce, Payload { msg: &sealed, aad: &aad }).unwrap(), plain);
        }
    }

    fn sealed(key: &SecretKey, name: &str, plain: &[u8]) -> Vec<u8> {
        let (header, object) = ObjectKey::create(key, uuid::Uuid::nil(), &Path::from(name)).unwrap();
        object.seal_object(&header, plain).unwrap()
    }

    /// Opens the bytes of an object as they lie in the store; `None` where they do not open.
    fn opened(key: &SecretKey, name: &str, stored: &[u8]) -> Option<Bytes> {
        let header = Header::decode(stored).ok()?;
        let plain = plain_size(stored.len() as u64)?;
        let object = ObjectKey::derive(key, &header, &Path::from(name)).unwrap();
        let sealed = Bytes::copy_from_slice(&stored[HEADER_BYTES as usize..]);
        // Bytes that somebody else has too are left as they are.
        let shared = object.open(0, chunks(plain), sealed.clone());
        assert_eq!(sealed, stored[HEADER_BYTES as usize..]);
        let opened = object.open(0, chunks(plain), sealed);
        assert_eq!(opened, shared);
        opened.ok()
    }

    fn bytes(size: usize) -> Vec<u8> {
        (0..size).map(|n| (n % 251) as u8).collect()
    }

    #[test]
    fn equal_bytes_are_sealed_differently_and_open() {
        let key = SecretKey::from_bytes([7; 32]);
        for size in [0, 1, 100, CHUNK_BYTES as usize, CHUNK_BYTES as usize + 1, 3 * CHUNK_BYTES as usize] {
            let plain = bytes(size);
            let (one, two) = (sealed(&key, "acme/a", &plain), sealed(&key, "acme/a", &plain));
            assert_eq!(one.len() as u64, stored_size(size as u64));
            assert_ne!(one, two);
            assert_eq!(opened(&key, "acme/a", &one), Some(Bytes::from(plain)));
            assert_eq!(opened(&key, "acme/b", &one), None, "under another name");
            assert_eq!(opened(&SecretKey::from_bytes([8; 32]), "acme/a", &one), None, "with another key");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn a_flipped_byte_opens_nothing(size in 0..3 * CHUNK_BYTES as usize, at in any::<prop::sample::Index>(), flip in 1u8..) {
            let key = SecretKey::from_bytes([7; 32]);
            let mut stored = sealed(&key, "acme/a", &bytes(size));
            let at = at.index(stored.len());
            stored[at] ^= flip;
            // The id of the key is not looked up here; it is part of the derivation.
            prop_assert_eq!(opened(&key, "acme/a", &stored), None);
        }

        #[test]
        fn a_cut_object_opens_nothing(size in 0..3 * CHUNK_BYTES as usize, at in any::<prop::sample::Index>()) {
            let key = SecretKey::from_bytes([7; 32]);
            let stored = sealed(&key, "acme/a", &bytes(size));
            prop_assert_eq!(opened(&key, "acme/a", &stored[..at.index(stored.len())]), None);
        }
    }

    #[test]
    fn chunks_cannot_be_swapped_left_out_or_taken_from_another_object() {
        let key = SecretKey::from_bytes([7; 32]);
        let plain = bytes(4 * CHUNK_BYTES as usize);
        let (stored, other) = (sealed(&key, "acme/a", &plain), sealed(&key, "acme/a", &plain));
        let (header, sealed) = (HEADER_BYTES as usize, SEALED_BYTES as usize);
        let chunk = |n: usize| header + n * sealed..header + (n + 1) * sealed;
        let mut swapped = stored.clone();
        swapped[chunk(0)].copy_from_slice(&stored[chunk(1)]);
        swapped[chunk(1)].copy_from_slice(&stored[chunk(0)]);
        let mut mixed = stored.clone();
        mixed[chunk(2)].copy_from_slice(&other[chunk(2)]);
        let mut doubled = stored.clone();
        doubled[chunk(2)].copy_from_slice(&stored[chunk(1)]);
        let without_last = stored[..chunk(3).start].to_vec();
        let without_first = [&stored[..header], &stored[chunk(1).start..]].concat();
        let longer = [&stored[..], &stored[chunk(3)]].concat();
        for (what, changed) in
            [("swapped", swapped), ("mixed", mixed), ("doubled", doubled), ("without the last", without_last), ("without the first", without_first), ("longer", longer)]
        {
            assert_eq!(opened(&key, "acme/a", &changed), None, "{what}");
        }
    }
}
