//! The outside world for Tidemill. A connector is a kind of source (or sink) in a folder of its own; [`registry`] lists
//! them. Connectors hand over bytes in a format that the engine decodes; they never look into the engine's storage.
//!
//! ```
//! use tidemill_connectors::orders::{OrderStream, OrdersConfig};
//!
//! let mut stream = OrderStream::new(OrdersConfig::default())?;
//! let (from, to) = ("2026-03-02T09:00:00Z".parse()?, "2026-03-02T10:00:00Z".parse()?);
//! let rows: usize = stream.backfill(from, to).map(|batch| batch.rows).sum();
//! assert!(rows > 100);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod files;
pub mod orders;
pub mod registry;
