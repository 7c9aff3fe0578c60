//! What one question may read. The scope grants a budget, a question may lower it, and what is over it is refused before
//! anything is read.

use serde::{Deserialize, Serialize};

/// Bounds of what one question reads. Partials that are kept and rollups cost nothing. A bound that is absent bounds nothing. For who
/// sees some rows only, bounds of how many of these a question looks at, whatever is kept.
///
/// ```
/// use tidemill::Budget;
/// let granted = Budget { bytes: Some(1_000_000), rows: None };
/// let asked: Budget = serde_json::from_str(r#"{"bytes": 5000000, "rows": 1000}"#)?;
/// assert_eq!(granted.lowered(asked), Budget { bytes: Some(1_000_000), rows: Some(1_000) });
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
}

impl Budget {
    /// Whether it bounds anything.
    pub fn is_bounded(&self) -> bool {
        self.bytes.is_some() || self.rows.is_some()
    }

    /// The smaller of both, bound by bound: nobody grants themselves more.
    #[must_use]
    pub fn lowered(self, other: Self) -> Self {
        let smaller = |one: Option<u64>, other: Option<u64>| one.into_iter().chain(other).min();
        Self { bytes: smaller(self.bytes, other.bytes), rows: smaller(self.rows, other.rows) }
    }

    /// Whether so many rows and bytes may be read.
    pub fn allows(&self, rows: u64, bytes: u64) -> bool {
        self.rows.is_none_or(|most| rows <= most) && self.bytes.is_none_or(|most| bytes <= most)
    }

    /// The bounds in words.
    pub(crate) fn words(&self) -> String {
        let rows = self.rows.map(|rows| format!("{rows} rows"));
        let bytes = self.bytes.map(|bytes| format!("{bytes} bytes"));
        rows.into_iter().chain(bytes).collect::<Vec<_>>().join(" and ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_only_lowered() {
        let granted = Budget { bytes: Some(100), rows: None };
        assert_eq!(granted.lowered(Budget::default()), granted);
        assert_eq!(granted.lowered(Budget { bytes: Some(200), rows: Some(5) }), Budget { bytes: Some(100), rows: Some(5) });
        assert_eq!(granted.lowered(Budget { bytes: Some(50), rows: None }).bytes, Some(50));
        assert!(granted.allows(u64::MAX, 100) && !granted.allows(0, 101) && Budget::default().allows(u64::MAX, u64::MAX));
    }

    #[test]
    fn only_known_bounds_are_read() {
        assert!(serde_json::from_str::<Budget>(r#"{"byte": 1}"#).is_err());
        assert!(!serde_json::from_str::<Budget>("{}").unwrap().is_bounded());
        assert_eq!(serde_json::to_string(&Budget { bytes: None, rows: Some(3) }).unwrap(), r#"{"rows":3}"#);
    }
}
