//! Three ways to group all events by keys of few values, each with a count, a sum and an average.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::dashboard::Question;

/// What is computed of each group, in SQL.
const MEASURES: &str = "count(*), sum(revenue), avg(duration_ms)";

/// The questions. None has a filter: every row is looked at.
pub fn questions() -> Result<Vec<Question>> {
    let day = |grain: &str| json!([{"dimension": "events.event_at", "granularity": grain}]);
    let all: [(&'static str, Value, Value, &str, &str); 3] = [
        ("by country and device", json!(["events.country", "events.device"]), json!([]), "country, device", "1, 2"),
        ("by day", json!([]), day("day"), "date_trunc('day', event_at)", "1"),
        ("by hour and kind", json!(["events.event_type"]), day("hour"), "date_trunc('hour', event_at), event_type", "1, 2"),
    ];
    let question = |(name, dimensions, time, keys, places): (&'static str, Value, Value, &str, &str)| {
        let semantic = json!({
            "measures": ["events.count", "events.sum_revenue", "events.avg_duration_ms"],
            "dimensions": dimensions, "timeDimensions": time, "limit": 50_000,
        });
        let sql = format!("select {keys}, {MEASURES} from events group by {places}");
        Ok(Question { name, semantic: serde_json::from_value(semantic).with_context(|| name)?, sql })
    };
    all.into_iter().map(question).collect()
}
