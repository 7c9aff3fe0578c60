//! How busy the shop is.

use serde::{Deserialize, Serialize};
use tidemill::{Error, Result};

/// Configuration of the `orders` connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrdersConfig {
    /// Another seed is another shop.
    pub seed: u64,
    /// Orders of a day, as the average of a week outside the season. Range 1 to 50,000,000.
    pub orders_per_day: u32,
    /// Rows of one batch at most, as long as one second holds fewer. Range 100 to 1,000,000.
    pub batch_rows: usize,
}

impl Default for OrdersConfig {
    fn default() -> Self {
        Self { seed: 7, orders_per_day: 20_000, batch_rows: 20_000 }
    }
}

impl OrdersConfig {
    /// Checks every range.
    ///
    /// # Errors
    /// `Invalid`, naming the setting and its range.
    pub fn validate(&self) -> Result<()> {
        let checks = [("orders_per_day", self.orders_per_day as usize, 1, 50_000_000), ("batch_rows", self.batch_rows, 100, 1_000_000)];
        match checks.into_iter().find(|(_, value, low, high)| value < low || value > high) {
            None => Ok(()),
            Some((name, value, low, high)) => Err(Error::invalid(format!("setting {name} is {value}; it must lie between {low} and {high}")).at(name)),
        }
    }
}
