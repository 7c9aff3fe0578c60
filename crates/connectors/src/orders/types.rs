//! What an order looks like.

use serde::Serialize;

/// One order, as it is written into a line of JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Order {
    /// Unique for ever.
    pub order_id: String,
    /// RFC 3339 in UTC, with milliseconds.
    pub ordered_at: String,
    /// A customer; a few of them buy often.
    pub customer_id: String,
    /// Country of the customer.
    pub country: &'static str,
    /// City of the customer.
    pub city: &'static str,
    /// `web`, `mobile app`, `marketplace` or `store`.
    pub channel: &'static str,
    /// What was bought.
    pub product: &'static str,
    /// Its category.
    pub category: &'static str,
    /// How many of it.
    pub quantity: u32,
    /// Price of one, in dollars.
    pub unit_price: f64,
    /// Quantity times price, in dollars.
    pub revenue: f64,
    /// `completed`, `returned`, `cancelled` or `refunded`.
    pub status: &'static str,
}
