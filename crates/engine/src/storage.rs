//! Open tables on an object store.
//!
//! ```text
//!   acme/flights/_delta_log/00000000000000000000.json   the log: one entry a version, made by one conditional put
//!                           00000000000000000001.json
//!   acme/flights/2013-01/018f….parquet                  segments: immutable, sorted by time, one time chunk each
//!   acme/flights/_rejects/018f….ndjson                  rows that a load could not take
//!   acme/_models/flights/00000000000000000001.json      models, one object a version
//! ```
//! A dataset is a Delta Lake table. Data becomes visible in exactly one place, the put of a log entry with
//! [`PutMode::Create`](object_store::PutMode::Create); everything before it is private, everything after it is derived.
//! The segments of a version are kept in memory and extended entry by entry; nothing is ever listed on the query path.
//! There is no write-ahead log: a write is answered when its log entry is durable (file and folder synced), which gets its name after all that it names
//! is (`writes`). An entry can
//! be seen before that; whoever answers because of what somebody else has written makes sure of it with a `head` first.
//!
//! Segments never change. What changes is which of them make up the dataset: a `rewrite` puts new ones in the place of
//! others, by one commit that holds only if all of them are still there. `compaction` merges small segments of one time
//! chunk, `deletion` leaves rows out, `widening` converts columns, `retention` takes out chunks that are too old. The old ones stay in the store for
//! older versions, which `history` finds, until `garbage` finds that nothing needs them. A `checkpoint` stands for the log
//! before it.

pub(crate) mod arrange;
pub(crate) mod bloom;
mod burial;
pub(crate) mod checked_text;
pub(crate) mod checkpoint;
pub(crate) mod checksum;
pub(crate) mod commit;
pub(crate) mod compaction;
pub(crate) mod deletion;
pub(crate) mod disk;
mod distinct;
pub(crate) mod durable;
pub(crate) mod encoder;
pub(crate) mod encodings;
pub(crate) mod entry;
pub(crate) mod garbage;
pub(crate) mod history;
pub(crate) mod keys;
mod layered;
pub(crate) mod layout;
pub(crate) mod leftovers;
pub(crate) mod load_record;
pub(crate) mod log;
mod look_back;
pub(crate) mod opening;
pub(crate) mod positions;
pub(crate) mod reader;
pub(crate) mod rejections;
mod removals;
pub(crate) mod retention;
pub(crate) mod rewrite;
pub(crate) mod rows;
pub(crate) mod rowsum;
pub(crate) mod s3;
pub(crate) mod segment;
pub(crate) mod statistics;
#[cfg(test)]
mod testing;
pub(crate) mod widening;
pub(crate) mod writer;
pub(crate) mod writes;

#[doc(hidden)]
pub use disk::{Disk, Reason, SystemDisk};
pub use durable::DurableLocalStore;
pub use s3::S3Store;
