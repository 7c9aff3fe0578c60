//! What one load did, as the commit that made it visible keeps it, and the keys that a dataset takes once.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::positions::Advance;
use crate::catalog::{Drift, LoadMode, Promotion, Widened};

/// What one load did, kept inside the commit that made it visible.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LoadRecord {
    pub load_id: String,
    pub source: String,
    pub rows: u64,
    pub rejected: u64,
    pub bytes: u64,
    pub segments: u64,
    pub duration_ms: u64,
    #[serde(default)]
    pub promotions: Vec<Promotion>,
    /// Rows that steps left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
    /// Versions of the datasets that rows were looked up in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lookups: BTreeMap<String, u64>,
    /// Columns that it has brought to a dataset that was there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new_columns: Vec<String>,
    /// Columns that it has widened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub widened: Vec<Widened>,
    /// Rows that were there and went for it.
    #[serde(default)]
    pub replaced: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// What tells it from another load under its key: see `ingest::once`. Older logs do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Values that were made null, because they did not hold to the contract.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub nulled: u64,
    /// Values that a float has rounded.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rounded: u64,
    /// Whether a profile of it was stored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub profiled: bool,
    /// What is not as it was in the load before: the strongest findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Drift>,
    /// Rejected rows of another load that it brings corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replays: Option<Replays>,
    /// What it did to rows that were there; older logs do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<LoadMode>,
    /// The part of a source that it brings, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advance: Option<Advance>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Rejected rows that a load brings corrected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Replays {
    /// The load that rejected them.
    pub load_id: String,
    /// Their numbers among the rejected rows of that load, from 0.
    pub rejects: Vec<u64>,
}

impl LoadRecord {
    /// Everything that a dataset takes once: the key of the load, and each rejected row that it brings corrected.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let replays = self.replays.iter().flat_map(|replays| replays.rejects.iter().map(|reject| Cow::Owned(replay_key(&replays.load_id, *reject))));
        self.idempotency_key.iter().map(|key| Cow::Borrowed(key.as_str())).chain(replays)
    }
}

/// The key of a rejected row. No key that somebody chooses begins so, because these have no control characters.
pub(crate) fn replay_key(load_id: &str, reject: u64) -> String {
    format!("{REPLAY_KEY}{load_id}/{reject}")
}

/// How keys of rejected rows begin.
pub(crate) const REPLAY_KEY: &str = "\u{1}replay/";
