//! Errors of the encrypted store. They travel through `object_store` as errors of ours and come out as they were.

use object_store::path::Path;

use crate::error::{Error, ErrorKind};

/// The name under which this store reports errors.
pub(super) const STORE: &str = "encrypted";

/// Puts an error of ours into the shape that a store gives.
pub(super) fn told(error: Error) -> object_store::Error {
    object_store::Error::Generic { store: STORE, source: Box::new(error) }
}

/// The stored bytes are not those that were put.
pub(super) fn damaged(location: &Path, what: impl std::fmt::Display) -> object_store::Error {
    told(Error::corrupt(format!("object {location}: {what}; it was damaged, moved or put there by something else: restore it from a backup")))
}

/// A name that belongs to this store itself.
pub(super) fn reserved(location: &Path) -> object_store::Error {
    told(Error::invalid(format!("{location:?} is not the name of a tenant's object")))
}

/// The keys of the tenant were destroyed.
pub(super) fn erased(tenant: &str, at: chrono::DateTime<chrono::Utc>) -> object_store::Error {
    told(Error::new(
        ErrorKind::NotFound,
        format!("the keys of tenant {tenant} were destroyed at {}: nothing that it stored can be read any more, and nothing new is stored", at.to_rfc3339()),
    ))
}
