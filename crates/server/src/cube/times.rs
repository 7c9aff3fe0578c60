//! Times as Cube's clients write them, in our words: relative ranges, and a granularity behind the name of a dimension.

use serde_json::{Map, Value, json};
use tidemill::Granularity;

use super::dates;

/// A time by which a question groups, and the width of its buckets.
type Grouped = (String, String);

/// Puts the times of a question, and its order by them, into our words.
pub(super) fn rewrite(object: &mut Map<String, Value>) {
    let mut behind = Vec::new();
    let mut plain: Vec<String> = Vec::new();
    if let Some(dimensions) = object.get_mut("dimensions").and_then(Value::as_array_mut) {
        dimensions.retain(|dimension| match dimension.as_str().and_then(taken_apart) {
            Some((member, granularity)) => {
                behind.push((member.to_owned(), granularity.to_owned()));
                false
            }
            None => true,
        });
        plain.extend(dimensions.iter().filter_map(Value::as_str).map(str::to_owned));
    }
    if !behind.is_empty() {
        object.entry("timeDimensions").or_insert_with(|| json!([]));
    }
    let Some(times) = object.get_mut("timeDimensions").and_then(Value::as_array_mut) else { return };
    for time in times.iter_mut().filter_map(Value::as_object_mut) {
        time.retain(|_, value| !value.is_null());
        if let Some(range) = time.get_mut("dateRange") {
            dates::rewrite(range);
        }
        time.get_mut("compareDateRange").and_then(Value::as_array_mut).into_iter().flatten().for_each(dates::rewrite);
    }
    times.extend(behind.into_iter().map(|(member, granularity)| json!({"dimension": member, "granularity": granularity})));
    let grouped = told_once(times);
    if let Some(order) = object.get_mut("order") {
        rename(order, &grouped, &plain);
    }
}

/// `orders.at` and `month` of `orders.at.month`. Names of members have no dots.
fn taken_apart(text: &str) -> Option<(&str, &str)> {
    let (member, granularity) = text.rsplit_once('.')?;
    let (_, name) = member.split_once('.')?;
    (!name.is_empty() && !name.contains('.') && !granularity.is_empty()).then_some((member, granularity))
}

/// The times by which is grouped, each once: one that comes again by the same width only restricts.
fn told_once(times: &mut Vec<Value>) -> Vec<Grouped> {
    let mut grouped: Vec<Grouped> = Vec::new();
    for time in times.iter_mut() {
        let (Some(member), Some(width)) = (text(time, "dimension"), text(time, "granularity")) else { continue };
        if !grouped.iter().any(|(known, other)| *known == member && is_same(other, &width)) {
            grouped.push((member, width));
        } else if let Some(time) = time.as_object_mut() {
            time.remove("granularity");
        }
    }
    // What neither groups nor restricts any more says nothing.
    times.retain(|time| time.as_object().is_none_or(|time| time.len() != 1 || !time.contains_key("dimension")));
    grouped
}

fn text(time: &Value, key: &str) -> Option<String> {
    time.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn is_same(width: &str, other: &str) -> bool {
    let read = |text: &str| text.parse::<Granularity>().ok();
    width == other || read(width).is_some_and(|width| read(other) == Some(width))
}

/// Orders by the column of a time what is ordered by its buckets: it is called as the time, and where that is told in several ways (or as
/// it is, among `plain`) the others are called by their width too.
fn rename(order: &mut Value, grouped: &[Grouped], plain: &[String]) {
    let renamed = |member: &str| {
        let (time, asked) = taken_apart(member)?;
        let place = grouped.iter().position(|(known, width)| known == time && is_same(width, asked))?;
        let is_told = plain.iter().any(|known| known == time) || grouped.iter().take(place).any(|(known, _)| known == time);
        let width = grouped.get(place).map(|(_, width)| width.parse::<Granularity>().map_or_else(|_| width.clone(), |width| width.to_string()));
        Some(width.filter(|_| is_told).map_or_else(|| time.to_owned(), |width| format!("{time}.{width}")))
    };
    match order {
        Value::Object(members) => {
            *members = std::mem::take(members).into_iter().map(|(member, direction)| (renamed(&member).unwrap_or(member), direction)).collect();
        }
        Value::Array(pairs) => {
            for member in pairs.iter_mut().filter_map(|pair| pair.get_mut(0)) {
                if let Some(time) = member.as_str().and_then(renamed) {
                    *member = time.into();
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(query: Value) -> Value {
        let Value::Object(mut object) = query else { panic!("{query}") };
        rewrite(&mut object);
        Value::Object(object)
    }

    #[test]
    fn a_granularity_stands_behind_a_dimension() {
        let asked = json!({"dimensions": ["o.city", "o.at.month"], "order": {"o.at.month": "desc", "o.city": "asc"}});
        let month = json!({"dimension": "o.at", "granularity": "month"});
        assert_eq!(rewritten(asked), json!({"dimensions": ["o.city"], "order": {"o.at": "desc", "o.city": "asc"}, "timeDimensions": [month]}));
        // The order may be a list, and may name the buckets of a time that is asked for as one.
        let asked = json!({"timeDimensions": [month], "order": [["o.at.month", "asc"], ["o.at.year", "asc"]]});
        assert_eq!(rewritten(asked)["order"], json!([["o.at", "asc"], ["o.at.year", "asc"]]));
        // What is asked for both ways is told once, within the range.
        let ranged = json!({"dimension": "o.at", "granularity": "month", "dateRange": "this year"});
        assert_eq!(rewritten(json!({"dimensions": ["o.at.month"], "timeDimensions": [ranged]})), json!({"dimensions": [], "timeDimensions": [ranged]}));
        let restricted = json!({"dimension": "o.at", "dateRange": "this year"});
        assert_eq!(rewritten(json!({"timeDimensions": [month, ranged]})), json!({"timeDimensions": [month, restricted]}));
    }

    #[test]
    fn a_time_may_be_told_in_several_ways() {
        let (month, day) = (json!({"dimension": "o.at", "granularity": "month"}), json!({"dimension": "o.at", "granularity": "1 day"}));
        let asked = json!({"timeDimensions": [month, day], "order": {"o.at.day": "desc", "o.at.month": "asc", "o.at": "asc"}});
        assert_eq!(rewritten(asked.clone())["timeDimensions"], asked["timeDimensions"]);
        assert_eq!(rewritten(asked)["order"], json!({"o.at.day": "desc", "o.at": "asc"}));
        let asked = json!({"dimensions": ["o.at", "o.at.month"], "order": [["o.at.month", "desc"], ["o.at", "asc"]]});
        assert_eq!(rewritten(asked), json!({"dimensions": ["o.at"], "timeDimensions": [month], "order": [["o.at.month", "desc"], ["o.at", "asc"]]}));
        // Each range is a condition of its own.
        let ranged = |range: &str| json!({"dimension": "o.at", "granularity": "month", "dateRange": range});
        let asked = json!({"timeDimensions": [ranged("this year"), ranged("last 7 days")]});
        assert_eq!(rewritten(asked)["timeDimensions"], json!([ranged("this year"), {"dimension": "o.at", "dateRange": "last 7 days"}]));
    }

    #[test]
    fn ranges_are_in_our_words() {
        let asked = json!({"timeDimensions": [{"dimension": "o.at", "dateRange": "from 7 days ago to now"}, {"dimension": "o.due", "compareDateRange": ["next month", ["2024-01-01", "2024-01-31"]]}]});
        let times = rewritten(asked)["timeDimensions"].take();
        assert_eq!(times[0]["dateRange"], "now-7d/d to now/d");
        assert_eq!(times[1]["compareDateRange"], json!(["now+1M/M to now+1M/M", ["2024-01-01", "2024-01-31"]]));
    }
}
