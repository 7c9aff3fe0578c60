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
    pub sql: String,
}

/// The questions of the dashboard. Their windows end with the instant `until`, in microseconds, and slide with it.
pub fn questions(until: i64) -> Result<Vec<Question>> {
    all(until)?
        .into_iter()
        .map(|(name, semantic, sql)| Ok(Question { name, semantic: serde_json::from_value(semantic).with_context(|| name)?, sql }))
        .collect()
}

/// The last instant of the events, 2026-03-31, when all of them are there.
pub const END_US: i64 = 1_775_001_599_999_999;

/// A window of whole days before an instant, in Tidemill's words and in SQL.
struct Window {
    from: String,
    until: String,
}

impl Window {
    fn of(days: i64, until: i64) -> Result<Self> {
        let text = |micros: i64| -> Result<String> {
            let array = arrow::array::TimestampMicrosecondArray::from(vec![micros]);
            let time = array.value_as_datetime(0).context("an instant beyond the calendar")?;
            Ok(time.format("%Y-%m-%dT%H:%M:%S%.6f").to_string())
        };
        Ok(Self { from: text(until - days * 86_400_000_000 + 1)?, until: text(until)? })
    }

    fn semantic(&self, grain: Option<&str>) -> Value {
        let range = json!([format!("{}Z", self.from), format!("{}Z", self.until)]);
        match grain {
            Some(grain) => json!([{"dimension": "events.event_at", "granularity": grain, "dateRange": range}]),
            None => json!([{"dimension": "events.event_at", "dateRange": range}]),
        }
    }

    fn sql(&self) -> String {
        format!("event_at >= timestamp '{}' and event_at <= timestamp '{}'", self.from.replace('T', " "), self.until.replace('T', " "))
    }
}

fn equals(column: &str, values: &[&str]) -> Value {
    json!({"member": format!("events.{column}"), "operator": "equals", "values": values})
}

fn all(until: i64) -> Result<Vec<(&'static str, Value, String)>> {
    let (everything, month, fortnight, week) = (Window::of(90, until)?, Window::of(30, until)?, Window::of(14, until)?, Window::of(7, until)?);
    Ok(vec![
        (
            "totals of 30 days",
            json!({"measures": ["events.count", "events.sum_revenue", "events.avg_duration_ms"], "timeDimensions": month.semantic(None)}),
            format!("select count(*), sum(revenue), avg(duration_ms) from events where {}", month.sql()),
        ),
        (
            "events by day, 90 days",
            json!({"measures": ["events.count"], "timeDimensions": everything.semantic(Some("day"))}),
            format!("select date_trunc('day', event_at), count(*) from events where {} group by 1", everything.sql()),
        ),
        (
            "revenue by day and device, 30 days",
            json!({"measures": ["events.sum_revenue"], "dimensions": ["events.device"], "timeDimensions": month.semantic(Some("day"))}),
            format!("select date_trunc('day', event_at), device, sum(revenue) from events where {} group by 1, 2", month.sql()),
        ),
        (
            "events by hour, 7 days",
            json!({"measures": ["events.count"], "timeDimensions": week.semantic(Some("hour"))}),
            format!("select date_trunc('hour', event_at), count(*) from events where {} group by 1", week.sql()),
        ),
        (
            "ten countries with most revenue",
            json!({"measures": ["events.sum_revenue"], "dimensions": ["events.country"], "order": [["events.sum_revenue", "desc"]], "limit": 10}),
            "select country, sum(revenue) from events group by 1 order by 2 desc limit 10".to_owned(),
        ),
        (
            "ten pages with most events",
            json!({"measures": ["events.count"], "dimensions": ["events.url"], "order": [["events.count", "desc"], ["events.url", "asc"]], "limit": 10}),
            "select url, count(*) from events group by 1 order by 2 desc, 1 limit 10".to_owned(),
        ),
        (
            "kinds of events with average duration",
            json!({"measures": ["events.count", "events.avg_duration_ms"], "dimensions": ["events.event_type"]}),
            "select event_type, count(*), avg(duration_ms) from events group by 1".to_owned(),
        ),
        (
            "countries by device",
            json!({"measures": ["events.count"], "dimensions": ["events.country", "events.device"]}),
            "select country, device, count(*) from events group by 1, 2".to_owned(),
        ),
        (
            "three countries by day and kind, 30 days",
            json!({"measures": ["events.count"], "dimensions": ["events.event_type"], "timeDimensions": month.semantic(Some("day")), "filters": [equals("country", &["DE", "FR", "GB"])]}),
            format!("select date_trunc('day', event_at), event_type, count(*) from events where {} and country in ('DE', 'FR', 'GB') group by 1, 2", month.sql()),
        ),
        (
            "browsers on mobile, 14 days",
            json!({"measures": ["events.count", "events.max_duration_ms"], "dimensions": ["events.browser"], "timeDimensions": fortnight.semantic(None), "filters": [equals("device", &["mobile"])]}),
            format!("select browser, count(*), max(duration_ms) from events where {} and device = 'mobile' group by 1", fortnight.sql()),
        ),
        (
            "different users by day, 7 days",
            json!({"measures": ["events.distinct_user_id"], "timeDimensions": week.semantic(Some("day"))}),
            format!("select date_trunc('day', event_at), count(distinct user_id) from events where {} group by 1", week.sql()),
        ),
        (
            "events of checkout pages by week",
            json!({"measures": ["events.count"], "timeDimensions": everything.semantic(Some("week")), "filters": [{"member": "events.url", "operator": "contains", "values": ["/checkout/"]}]}),
            format!("select date_trunc('week', event_at), count(*) from events where {} and url like '%/checkout/%' group by 1", everything.sql()),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_twelve_different_questions() {
        let questions = questions(END_US).unwrap();
        let names: std::collections::HashSet<&str> = questions.iter().map(|question| question.name).collect();
        assert_eq!(names.len(), 12);
    }
}
