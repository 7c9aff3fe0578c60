//! What one question may read. The scope grants a budget, a question may lower it, and what is over it is refused before
//! anything is read.

use serde::{Deserialize, Serialize};

/// Rows that cost one unit, where the settings say nothing else.
pub(crate) const ROWS_A_UNIT: u64 = 1_000_000;
/// Bytes that do.
pub(crate) const BYTES_A_UNIT: u64 = 10_000_000;

/// Bounds of what one question reads. All of those that are there hold. Partials that are kept and rollups cost nothing. A bound that is absent bounds nothing. For who
/// sees some rows only, bounds of how many of these a question looks at, whatever is kept.
///
/// ```
/// use tidemill::Budget;
/// let granted = Budget { bytes: Some(1_000_000), ..Budget::default() };
/// let asked: Budget = serde_json::from_str(r#"{"bytes": 5000000, "rows": 1000}"#)?;
/// assert_eq!(granted.lowered(asked), Budget { bytes: Some(1_000_000), rows: Some(1_000), cost: None });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Budget {
    /// Bytes that are fetched from the store at most, as they are estimated before: the share of segments that the needed
    /// columns have, without what is decoded in memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Rows of the segments that are looked into, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Units of cost at most: what the rows and the bytes come to together by the prices of the engine
    /// (`Settings::{rows_a_unit, bytes_a_unit}`). One number for who grants, where a question may read many rows or many bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<u64>,
}

impl Budget {
    /// Whether it bounds anything.
    pub fn is_bounded(&self) -> bool {
        self.bytes.is_some() || self.rows.is_some() || self.cost.is_some()
    }

    /// The smaller of both, bound by bound: nobody grants themselves more.
    #[must_use]
    pub fn lowered(self, other: Self) -> Self {
        let smaller = |one: Option<u64>, other: Option<u64>| one.into_iter().chain(other).min();
        Self { bytes: smaller(self.bytes, other.bytes), rows: smaller(self.rows, other.rows), cost: smaller(self.cost, other.cost) }
    }

    /// The bounds in words.
    pub(crate) fn words(&self) -> String {
        let rows = self.rows.map(|rows| format!("{rows} rows"));
        let bytes = self.bytes.map(|bytes| format!("{bytes} bytes"));
        let cost = self.cost.map(|cost| format!("{} of cost", units(cost)));
        rows.into_iter().chain(bytes).chain(cost).collect::<Vec<_>>().join(" and ")
    }
}

/// How many units, in words.
pub(crate) fn units(cost: u64) -> String {
    if cost == 1 { "1 unit".to_owned() } else { format!("{cost} units") }
}

/// What a unit of cost buys: so many rows or so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prices {
    pub rows_a_unit: u64,
    pub bytes_a_unit: u64,
}

impl Default for Prices {
    fn default() -> Self {
        Self { rows_a_unit: ROWS_A_UNIT, bytes_a_unit: BYTES_A_UNIT }
    }
}

impl Prices {
    /// What rows and bytes cost together, in whole units: who reads anything pays one at least.
    pub(crate) fn cost(self, rows: u64, bytes: u64) -> u64 {
        let (of_rows, of_bytes) = (u128::from(self.rows_a_unit.max(1)), u128::from(self.bytes_a_unit.max(1)));
        // Both over one denominator, so that only their sum is rounded. It fits: each factor has 64 bits, and settings bound two of them.
        let both = (u128::from(rows) * of_bytes).saturating_add(u128::from(bytes) * of_rows);
        u64::try_from(both.div_ceil(of_rows * of_bytes)).unwrap_or(u64::MAX)
    }
}

/// A budget by the prices of an engine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Granted {
    pub budget: Budget,
    pub prices: Prices,
}

impl From<Budget> for Granted {
    fn from(budget: Budget) -> Self {
        Self { budget, prices: Prices::default() }
    }
}

impl Granted {
    /// Whether so many rows and bytes may be read.
    pub(crate) fn allows(&self, rows: u64, bytes: u64) -> bool {
        let Budget { rows: most_rows, bytes: most_bytes, cost } = self.budget;
        most_rows.is_none_or(|most| rows <= most) && most_bytes.is_none_or(|most| bytes <= most) && cost.is_none_or(|most| self.prices.cost(rows, bytes) <= most)
    }

    /// One part of so many of it.
    pub(crate) fn part(&self, parts: u64) -> Self {
        let part = |bound: Option<u64>| bound.map(|bound| bound / parts);
        let Budget { rows, bytes, cost } = self.budget;
        Self { budget: Budget { rows: part(rows), bytes: part(bytes), cost: part(cost) }, ..*self }
    }

    /// What rows and bytes cost, in words that go on after them. Nothing where cost is not bounded.
    pub(crate) fn price(&self, rows: u64, bytes: u64) -> String {
        self.budget.cost.map(|_| format!(", which cost {}", units(self.prices.cost(rows, bytes)))).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_only_lowered() {
        let granted = Budget { bytes: Some(100), rows: None, cost: Some(7) };
        assert_eq!(granted.lowered(Budget::default()), granted);
        assert_eq!(granted.lowered(Budget { bytes: Some(200), rows: Some(5), cost: Some(8) }), Budget { bytes: Some(100), rows: Some(5), cost: Some(7) });
        assert_eq!(granted.lowered(Budget { bytes: Some(50), rows: None, cost: Some(6) }), Budget { bytes: Some(50), rows: None, cost: Some(6) });
        let granted = Granted::from(Budget { bytes: Some(100), ..Budget::default() });
        assert!(granted.allows(u64::MAX, 100) && !granted.allows(0, 101) && Granted::default().allows(u64::MAX, u64::MAX));
    }

    #[test]
    fn rows_and_bytes_come_to_one_cost() {
        let prices = Prices { rows_a_unit: 100, bytes_a_unit: 1_000 };
        for (rows, bytes, cost) in [(0, 0, 0), (1, 0, 1), (100, 0, 1), (101, 0, 2), (0, 1_001, 2), (50, 500, 1), (50, 501, 2), (1_000, 9_000, 19)] {
            assert_eq!(prices.cost(rows, bytes), cost, "{rows} rows, {bytes} bytes");
        }
        let dear = Prices { rows_a_unit: 1, bytes_a_unit: 1 };
        assert_eq!(dear.cost(u64::MAX, u64::MAX), u64::MAX);
        let granted = Granted { budget: Budget { cost: Some(2), ..Budget::default() }, prices };
        assert!(granted.allows(150, 500) && !granted.allows(150, 501) && granted.budget.is_bounded());
        assert_eq!(granted.part(2).budget.cost, Some(1));
        assert_eq!((granted.budget.words(), granted.price(150, 501)), ("2 units of cost".to_owned(), ", which cost 3 units".to_owned()));
        assert_eq!(Granted::default().price(1, 1), "");
    }

    #[test]
    fn only_known_bounds_are_read() {
        assert!(serde_json::from_str::<Budget>(r#"{"byte": 1}"#).is_err());
        assert!(!serde_json::from_str::<Budget>("{}").unwrap().is_bounded());
        assert_eq!(serde_json::to_string(&Budget { rows: Some(3), ..Budget::default() }).unwrap(), r#"{"rows":3}"#);
    }
}
