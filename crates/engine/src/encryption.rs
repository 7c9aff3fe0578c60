//! Encryption at rest: a store around the engine's store, which seals what is put and opens what is read.
//!
//! ```text
//!   master key (KeyProvider: key file, setting, KMS)      wraps
//!     └─ data keys of a tenant (key ring, in the store)   derives, with the salt of an object
//!          └─ key of one object                           seals its chunks of 64 KiB, AES-256-GCM
//! ```
//! Everything that the engine stores goes through it: segments, the log, stored partials, rejected rows, models. A chunk
//! is bound to its tenant, its object's name, its number and whether it is the last, so what was flipped, swapped, moved,
//! cut or put together from two objects is an error and never wrong data. The bytes are in docs/formats/encryption.md.
//!
//! It is off by default: then datasets are open Delta tables that other engines read. A store is encrypted as a whole or
//! not at all, from its first object on, and an engine refuses to open it the wrong way.
//!
//! What waits or is read more than once (uploads, streams) and what queries write away lies in files that are sealed with keys
//! that only this process ever has (`sealed_file.rs`, `spill.rs`).
//!
//! What it does not hide: names of tenants, datasets and time chunks, sizes and times of objects. Nor does it keep
//! somebody who can write to the store from putting an older version of an object in the place of a newer one.
//! Keys are in the memory of the process, and leave it only wrapped.

#[cfg(test)]
mod conformance;
mod error;
mod format;
mod keeper;
mod master;
mod object;
mod provider;
mod ring;
mod sealed_file;
mod secret;
mod spill;
mod store;
mod upload;

pub use keeper::{KeyKeeper, KeyReport, Rewrapped};
pub use master::MasterKeys;
pub use provider::{KeyProvider, WrappedKey};
pub use sealed_file::{SealedFile, SealedReader, SealedWriter};
pub use secret::SecretKey;
pub(crate) use spill::SealedSpills;
pub(crate) use store::EncryptedStore;
