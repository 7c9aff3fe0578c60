//! Data comes in: `source -> decode -> validate -> segment -> commit -> notify`.
//!
//! ```text
//!  Input (path, bytes, reader)         a Load says which format, types, time column, key
//!    | decode   one file a format, by one of three ways: delimited text is cut into cells, JSON and Excel give rows of values,
//!    |          Parquet, Arrow and Avro give columns of Arrow types
//!    |          a value that does not fit: inferred type -> the column is promoted, declared type -> the row is rejected
//!    | treatment  the steps of the dataset: rows are cleaned, filtered, enriched, or rejected with a reason
//!    v
//!  RecordBatch + Reject                bounded channel, two cores at work
//!    | gather                         a small load waits for others that came while a commit was on its way, and shares the next
//!    | storage::SegmentWriter          rows go to their time chunk, are sorted, become Parquet objects (invisible)
//!    v
//!  storage::commit                     the one place where they become visible, together with the key of the load
//! ```
//! A load is atomic: it commits whole or leaves nothing.

pub(crate) mod contract;
pub(crate) mod decode;
pub(crate) mod gather;
pub mod infer;
pub(crate) mod intake;
pub(crate) mod kept_rejects;
mod key_set;
pub mod load;
pub(crate) mod once;
pub mod options;
pub(crate) mod pipeline;
pub mod profile;
pub mod progress;
pub mod reject;
mod repeated;
mod replace;
mod replayed;
mod share;
pub mod steps;
pub(crate) mod treatment;
mod widen;

pub use infer::{Inference, InferredColumn, infer};
pub use load::{Arrow, Avro, Csv, Excel, Input, Json, Load, LoadReport, Parquet, Widening};
pub use options::{Compression, Encoding, FileFormat, Quote, RaggedRows, ReadOptions, Sheet};
pub use profile::LoadProfile;
pub use progress::{Progress, ProgressState};
pub use reject::{Reject, RowHeader};
pub use steps::{DatasetSteps, Step, Steps};

pub use crate::catalog::LoadMode;
