//! Orders of an imaginary shop: endless, lively and exactly repeatable.
//!
//! Time is cut into ticks. The orders of a tick are a pure function of the seed and the tick's number, so nothing needs
//! to be remembered but a [`Position`], and a restart goes on without repeating or losing an order. How many orders
//! there are follows the hour and the weekday of each customer's country and the season; products, cities and customers
//! are skewed as they are in a real shop. Only multiplications and comparisons are used, so every machine makes the
//! same orders.

mod catalogue;
mod config;
mod random;
mod rhythm;
mod source;
mod types;

pub use config::OrdersConfig;
pub use source::{OrderBatch, OrderStream, Position};
pub use types::Order;
