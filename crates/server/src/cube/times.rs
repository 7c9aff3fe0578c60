//! Times as Cube's clients write them, in our words: relative ranges, and a granularity behind the name of a dimension.

use serde_json::{Map, Value, json};
use tidemill::Granularity;

use super::dates;
use crate::http::Problem;

/// A time by which a question groups, and the width of its buckets.
type Grouped = (String, String);

/// Puts the times of a question, and its order by them, into our words.
///
/// # Errors
/// `Invalid` for a time that is asked for twice.
pub(super) fn rewrite(object: &mut Map<String, Value>) -> Result<(), Problem> {
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
    let Some(times) = object.get_mut("timeDimensions").and_then(Value::as_array_mut) else { return Ok(()) };
    for time in times.iter_mut().filter_map(Value::as_object_mut) {
        time.retain(|_, value| !value.is_null());
        if let Some(range) = time.get_mut("dateRange") {
            dates::rewrite(range);
        }
        time.get_mut("compareDateRange").and_then(Value::as_array_mut).into_iter().flatten().for_each(dates::rewrite);
    }
    times.extend(behind.into_iter().map(|(member, granularity)| json!({"dimension": member, "granularity": granularity})));
    let grouped = told_once(times, &plain)?;
    if let Some(order) = object.get_mut("order") {
        rename(order, &grouped);
    }
    Ok(())
}

/// `orders.at` and `month` of `orders.at.month`. Names of members have no dots.
fn taken_apart(text: &str) -> Option<(&str, &str)> {
    let (member, granularity) = text.rsplit_once('.')?;
    let (_, name) = member.split_once('.')?;
    (!name.is_empty() && !name.contains('.') && !granularity.is_empty()).then_some((member, granularity))
}

/// The times by which is grouped, each once: one that comes again by the same width only restricts.
fn told_once(times: &mut Vec<Value>, plain: &[String]) -> Result<Vec<Grouped>, Problem> {
    let mut grouped: Vec<Grouped> = Vec::new();
    for (index, time) in times.iter_mut().enumerate() {
        let (Some(member), Some(width)) = (text(time, "dimension"), text(time, "granularity")) else { continue };
        let other = grouped.iter().find(|(known, _)| *known == member).map(|(_, width)| width.clone());
        let beside = match other {
            Some(other) if is_same(&other, &width) => {
                if let Some(time) = time.as_object_mut() {
                    time.remove("granularity");
                }
                continue;
            }
            Some(other) => Some(format!("by {other}")),
            None => plain.contains(&member).then(|| "as it is".to_owned()),
        };
        if let Some(beside) = beside {
            let problem = format!("{member} is asked for twice, {beside} and by {width}; a question tells a time in one way, so ask for the other in one of its own");
            return Err(Problem::field(format!("timeDimensions[{index}].granularity"), problem));
        }
        grouped.push((member, width));
    }
    // What neither groups nor restricts any more says nothing.
    times.retain(|time| time.as_object().is_none_or(|time| time.len() != 1 || !time.contains_key("dimension")));
    Ok(grouped)
}

fn text(time: &Value, key: &str) -> Option<String> {
    time.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn is_same(width: &str, other: &str) -> bool {
    let read = |text: &str| text.parse::<Granularity>().ok();
    width == other || read(width).is_some_and(|width| read(other) == Some(width))
}

/// Orders by the time what is ordered by its buckets.
fn rename(order: &mut Value, grouped: &[Grouped]) {
    let renamed = |member: &str| {
        let (time, asked) = taken_apart(member)?;
        grouped.iter().any(|(known, width)| known == time && is_same(width, asked)).then(|| time.to_owned())
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

    fn rewritten(query: Value) -> Result<Value, Problem> {
        let Value::Object(mut object) = query else { panic!("{query}") };
        rewrite(&mut object).map(|()| Value::Object(object))
    }

    #[test]
    fn a_granularity_stands_behind_a_dimension() {
        let asked = json!({"dimensions": ["o.city", "o.at.month"], "order": {"o.at.month": "desc", "o.city": "asc"}});
        let month = json!({"dimension": "o.at", "granularity": "month"});
        assert_eq!(rewritten(asked).unwrap(), json!({"dimensions": ["o.city"], "order": {"o.at": "desc", "o.city": "asc"}, "timeDimensions": [month]}));
        // The order may be a list, and may name the buckets of a time that is asked for as one.
        let asked = json!({"timeDimensions": [month], "order": [["o.at.month", "asc"], ["o.at.year", "asc"]]});
        assert_eq!(rewritten(asked).unwrap()["order"], json!([["o.at", "asc"], ["o.at.year", "asc"]]));
        // What is asked for both ways is told once, within the range.
        let ranged = json!({"dimension": "o.at", "granularity": "month", "dateRange": "this year"});
        assert_eq!(rewritten(json!({"dimensions": ["o.at.month"], "timeDimensions": [ranged]})).unwrap(), json!({"dimensions": [], "timeDimensions": [ranged]}));
        let restricted = json!({"dimension": "o.at", "dateRange": "this year"});
        assert_eq!(rewritten(json!({"timeDimensions": [month, ranged]})).unwrap(), json!({"timeDimensions": [month, restricted]}));
    }

    #[test]
    fn a_time_is_not_told_in_two_ways() {
        let month = json!({"dimension": "o.at", "granularity": "month"});
        for query in [
            json!({"timeDimensions": [month, {"dimension": "o.at", "granularity": "year"}]}),
            json!({"dimensions": ["o.at.month", "o.at.year"]}),
            json!({"dimensions": ["o.at"], "timeDimensions": [month]}),
            json!({"dimensions": ["o.at", "o.at.month"]}),
        ] {
            let problem = rewritten(query.clone()).unwrap_err().into_wire();
            assert!(problem.errors[0].field.starts_with("timeDimensions[") && problem.errors[0].detail.contains("twice"), "{query}");
        }
        // A range beside it tells nothing.
        assert!(rewritten(json!({"timeDimensions": [month, {"dimension": "o.at", "dateRange": "today"}]})).is_ok());
    }

    #[test]
    fn ranges_are_in_our_words() {
        let asked = json!({"timeDimensions": [{"dimension": "o.at", "dateRange": "from 7 days ago to now"}, {"dimension": "o.due", "compareDateRange": ["next month", ["2024-01-01", "2024-01-31"]]}]});
        let times = rewritten(asked).unwrap()["timeDimensions"].take();
        assert_eq!(times[0]["dateRange"], "now-7d/d to now/d");
        assert_eq!(times[1]["compareDateRange"], json!(["now+1M/M to now+1M/M", ["2024-01-01", "2024-01-31"]]));
    }
}
