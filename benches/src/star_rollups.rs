//! Questions of RTABench that it also asks of pre-aggregated tables, here of rollups. Its own pairs do not all have the same
//! answer; these must: the same question is asked of the rows, of the rollup and of DuckDB.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tidemill::Rollup;

use crate::dashboard::Question;

/// Rollups of the events.
///
/// # Errors
/// None, unless the form of a rollup changes.
pub fn rollups() -> Result<Vec<Rollup>> {
    let rollups = json!([
        {"name": "hourly", "measures": ["count"], "dimensions": ["terminal", "event_type"], "time_dimension": "event_created", "granularity": "hour"},
        {"name": "daily", "measures": ["count", "avg_satisfaction", "max_satisfaction"], "dimensions": ["status"], "time_dimension": "event_created", "granularity": "day"}
    ]);
    serde_json::from_value(rollups).context("read the rollups")
}

/// The questions, with RTABench's numbers for those that it has.
///
/// # Errors
/// None, unless the form of a query changes.
pub fn questions() -> Result<Vec<Question>> {
    all()
        .into_iter()
        .map(|(name, semantic, sql)| Ok(Question { name, semantic: serde_json::from_value(semantic).context(name)?, sql }))
        .collect()
}

fn time(grain: &str, from: &str, to: &str) -> Value {
    json!([{"dimension": "order_events.event_created", "granularity": grain, "dateRange": [from, to]}])
}

fn all() -> Vec<(&'static str, Value, String)> {
    let sql = |columns: &str, from: &str, after: &str, rest: &str| {
        format!("select {columns} from order_events where event_created >= timestamp '{from}' and event_created < timestamp '{after}' {rest}")
    };
    let filter = |member: &str, operator: &str, values: &[&str]| json!({"member": format!("order_events.{member}"), "operator": operator, "values": values});
    vec![
        (
            "1000: events by hour of three terminals, January",
            json!({"measures": ["order_events.count"], "dimensions": ["order_events.terminal"], "timeDimensions": time("hour", "2024-01-01", "2024-01-31"),
                "filters": [filter("event_type", "equals", &["Created", "Departed", "Delivered"]), filter("terminal", "equals", &["Berlin", "Hamburg", "Munich"])]}),
            sql(
                "date_trunc('hour', event_created), terminal, count(*)",
                "2024-01-01",
                "2024-02-01",
                "and event_type in ('Created', 'Departed', 'Delivered') and terminal in ('Berlin', 'Hamburg', 'Munich') group by 1, 2",
            ),
        ),
        (
            "departures from Berlin by day, April",
            json!({"measures": ["order_events.count"], "timeDimensions": time("day", "2024-04-01", "2024-04-30"),
                "filters": [filter("event_type", "equals", &["Departed"]), filter("terminal", "equals", &["Berlin"])]}),
            sql("date_trunc('day', event_created), count(*)", "2024-04-01", "2024-05-01", "and event_type = 'Departed' and terminal = 'Berlin' group by 1"),
        ),
        (
            "1004: days with most delays, May",
            json!({"measures": ["order_events.count"], "timeDimensions": time("day", "2024-05-01", "2024-05-31"), "filters": [filter("status", "contains", &["Delayed"])],
                "order": [["order_events.count", "desc"], ["order_events.event_created", "asc"]], "limit": 20}),
            sql("date_trunc('day', event_created), count(*)", "2024-05-01", "2024-06-01", "and status like '%Delayed%' group by 1 order by 2 desc, 1 limit 20"),
        ),
        (
            "satisfaction by month and status",
            json!({"measures": ["order_events.avg_satisfaction", "order_events.max_satisfaction"], "dimensions": ["order_events.status"], "timeDimensions": time("month", "2024-01-01", "2024-12-31")}),
            sql("date_trunc('month', event_created), status, avg(satisfaction), max(satisfaction)", "2024-01-01", "2025-01-01", "group by 1, 2"),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rollups_and_questions_are_read() {
        assert_eq!(rollups().unwrap().len(), 2);
        assert_eq!(questions().unwrap().len(), 4);
    }
}
