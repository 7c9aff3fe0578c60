//! Twelve questions of a dashboard over events, each in Tidemill's words and in SQL for the peers.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tidemill::SemanticQuery;

/// A question.
#[derive(Debug, Clone)]
pub struct Question {
    /// What people read.
    pub name: &'static str,
    /// For Tidemill.
    pub semantic: SemanticQuery,
    /// For the peers, over a table `events`.
    pub sql: &'static str,
}

/// The questions of the dashboard.
pub fn questions() -> Result<Vec<Question>> {
    all()
        .into_iter()
        .map(|(name, semantic, sql)| Ok(Question { name, semantic: serde_json::from_value(semantic).with_context(|| name)?, sql }))
        .collect()
}

fn time(grain: Option<&str>, range: &Value) -> Value {
    match grain {
        Some(grain) => json!([{"dimension": "events.event_at", "granularity": grain, "dateRange": range}]),
        None => json!([{"dimension": "events.event_at", "dateRange": range}]),
    }
}

fn equals(column: &str, values: &[&str]) -> Value {
    json!({"member": format!("events.{column}"), "operator": "equals", "values": values})
}

fn all() -> Vec<(&'static str, Value, &'static str)> {
    let (everything, month, fortnight, week) =
        (json!(["2026-01-01", "2026-03-31"]), json!(["2026-03-02", "2026-03-31"]), json!(["2026-03-18", "2026-03-31"]), json!(["2026-03-25", "2026-03-31"]));
    vec![
        (
            "totals of 30 days",
            json!({"measures": ["events.count", "events.sum_revenue", "events.avg_duration_ms"], "timeDimensions": time(None, &month)}),
            "select count(*), sum(revenue), avg(duration_ms) from events where event_at >= timestamp '2026-03-02' and event_at < timestamp '2026-04-01'",
        ),
        (
            "events by day, 90 days",
            json!({"measures": ["events.count"], "timeDimensions": time(Some("day"), &everything)}),
            "select date_trunc('day', event_at), count(*) from events where event_at >= timestamp '2026-01-01' and event_at < timestamp '2026-04-01' group by 1",
        ),
        (
            "revenue by day and device, 30 days",
            json!({"measures": ["events.sum_revenue"], "dimensions": ["events.device"], "timeDimensions": time(Some("day"), &month)}),
            "select device, date_trunc('day', event_at), sum(revenue) from events where event_at >= timestamp '2026-03-02' and event_at < timestamp '2026-04-01' group by 1, 2",
        ),
        (
            "events by hour, 7 days",
            json!({"measures": ["events.count"], "timeDimensions": time(Some("hour"), &week)}),
            "select date_trunc('hour', event_at), count(*) from events where event_at >= timestamp '2026-03-25' and event_at < timestamp '2026-04-01' group by 1",
        ),
        (
            "ten countries with most revenue",
            json!({"measures": ["events.sum_revenue"], "dimensions": ["events.country"], "order": [["events.sum_revenue", "desc"]], "limit": 10}),
            "select country, sum(revenue) from events group by 1 order by 2 desc limit 10",
        ),
        (
            "ten pages with most events",
            json!({"measures": ["events.count"], "dimensions": ["events.url"], "order": [["events.count", "desc"], ["events.url", "asc"]], "limit": 10}),
            "select url, count(*) from events group by 1 order by 2 desc, 1 limit 10",
        ),
        (
            "kinds of events with average duration",
            json!({"measures": ["events.count", "events.avg_duration_ms"], "dimensions": ["events.event_type"]}),
            "select event_type, count(*), avg(duration_ms) from events group by 1",
        ),
        (
            "countries by device",
            json!({"measures": ["events.count"], "dimensions": ["events.country", "events.device"]}),
            "select country, device, count(*) from events group by 1, 2",
        ),
        (
            "three countries by day and kind, 30 days",
            json!({"measures": ["events.count"], "dimensions": ["events.event_type"], "timeDimensions": time(Some("day"), &month), "filters": [equals("country", &["DE", "FR", "GB"])]}),
            "select event_type, date_trunc('day', event_at), count(*) from events where event_at >= timestamp '2026-03-02' and event_at < timestamp '2026-04-01' and country in ('DE', 'FR', 'GB') group by 1, 2",
        ),
        (
            "browsers on mobile, 14 days",
            json!({"measures": ["events.count", "events.max_duration_ms"], "dimensions": ["events.browser"], "timeDimensions": time(None, &fortnight), "filters": [equals("device", &["mobile"])]}),
            "select browser, count(*), max(duration_ms) from events where event_at >= timestamp '2026-03-18' and event_at < timestamp '2026-04-01' and device = 'mobile' group by 1",
        ),
        (
            "different users by day, 7 days",
            json!({"measures": ["events.distinct_user_id"], "timeDimensions": time(Some("day"), &week)}),
            "select date_trunc('day', event_at), count(distinct user_id) from events where event_at >= timestamp '2026-03-25' and event_at < timestamp '2026-04-01' group by 1",
        ),
        (
            "events of checkout pages by week",
            json!({"measures": ["events.count"], "timeDimensions": time(Some("week"), &everything), "filters": [{"member": "events.url", "operator": "contains", "values": ["/checkout/"]}]}),
            "select date_trunc('week', event_at), count(*) from events where event_at >= timestamp '2026-01-01' and event_at < timestamp '2026-04-01' and url like '%/checkout/%' group by 1",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_twelve_different_questions() {
        let questions = questions().unwrap();
        let names: std::collections::HashSet<&str> = questions.iter().map(|question| question.name).collect();
        assert_eq!(names.len(), 12);
    }
}
