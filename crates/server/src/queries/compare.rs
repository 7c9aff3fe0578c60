//! Questions that compare ranges of time, taken apart into one question a range: for our own queries and those in Cube's words.

use serde_json::{Map, Value};
use tidemill::SemanticQuery;

use crate::http::Problem;

/// Ranges of one comparison at most.
const RANGES_MAX: usize = 10;
/// Where ranges that are compared stand.
const COMPARED: &str = "compareDateRange";

/// What a body asks.
#[derive(Debug)]
pub struct Asked {
    /// The question, or one for each range.
    pub queries: Vec<SemanticQuery>,
    /// The ranges, where some are compared, as they were written.
    pub ranges: Vec<Value>,
}

/// Reads a question, which may compare ranges.
///
/// # Errors
/// `Invalid` with the field at fault.
pub fn read(body: Value) -> Result<Asked, Problem> {
    let Value::Object(mut object) = body else { return Err(Problem::field("", "a query is an object")) };
    let Some((place, ranges)) = compared(&mut object)? else { return Ok(Asked { queries: vec![parse(object)?], ranges: Vec::new() }) };
    let queries = ranges.iter().map(|range| {
        let mut object = object.clone();
        if let Some(time) = times(&mut object).nth(place) {
            time.insert("dateRange".to_owned(), range.clone());
        }
        parse(object)
    });
    Ok(Asked { queries: queries.collect::<Result<_, _>>()?, ranges })
}

/// Reads a question where there is room for one answer.
///
/// # Errors
/// As [`read`], and where it compares ranges.
pub fn read_one(body: Value) -> Result<SemanticQuery, Problem> {
    let Asked { mut queries, ranges } = read(body)?;
    match queries.pop() {
        Some(query) if ranges.is_empty() => Ok(query),
        _ => Err(Problem::field("timeDimensions", format!("{COMPARED} is answered by /queries alone; here, send one range after the other as dateRange"))),
    }
}

/// Takes out the ranges that are compared, with the place of their time. A list of one date is the date, wherever it stands.
fn compared(object: &mut Map<String, Value>) -> Result<Option<(usize, Vec<Value>)>, Problem> {
    let mut found = None;
    for (place, time) in times(object).enumerate() {
        if let Some(range) = time.get_mut("dateRange") {
            alone(range);
        }
        let Some(ranges) = time.remove(COMPARED).filter(|ranges| !ranges.is_null()) else { continue };
        let wrong = || Problem::field(format!("timeDimensions[{place}].{COMPARED}"), format!("is one list of 1 to {RANGES_MAX} ranges, without a dateRange beside it"));
        let Value::Array(mut ranges) = ranges else { return Err(wrong()) };
        if !(1..=RANGES_MAX).contains(&ranges.len()) || found.is_some() || time.get("dateRange").is_some_and(|range| !range.is_null()) {
            return Err(wrong());
        }
        ranges.iter_mut().for_each(alone);
        found = Some((place, ranges));
    }
    Ok(found)
}

fn alone(range: &mut Value) {
    if let Some([one]) = range.as_array().map(Vec::as_slice) {
        *range = one.clone();
    }
}

/// The times of a question that are objects, each with its place among these.
fn times(object: &mut Map<String, Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    object.get_mut("timeDimensions").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

fn parse(object: Map<String, Value>) -> Result<SemanticQuery, Problem> {
    serde_path_to_error::deserialize(Value::Object(object)).map_err(|error| Problem::field(error.path().to_string(), error.inner().to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tidemill::DateRange;

    use super::*;

    fn asked(time: &Value) -> Result<Asked, Problem> {
        read(json!({"measures": ["a.b"], "timeDimensions": [time]}))
    }

    #[test]
    fn each_range_is_a_question() {
        let Asked { queries, ranges } =
            asked(&json!({"dimension": "a.t", "granularity": "day", "compareDateRange": ["this week", ["2024-01-01", "2024-01-07"], ["2024-02-01"]]})).unwrap();
        assert_eq!(ranges, [json!("this week"), json!(["2024-01-01", "2024-01-07"]), json!("2024-02-01")]);
        let dates: Vec<_> = queries.iter().map(|query| query.time_dimensions[0].date_range.clone().unwrap()).collect();
        let expected = [DateRange::Named("this week".into()), DateRange::Between(["2024-01-01".into(), "2024-01-07".into()]), DateRange::Named("2024-02-01".into())];
        assert_eq!(dates, expected);
    }

    #[test]
    fn a_list_of_one_date_is_the_date() {
        let Asked { queries, ranges } = asked(&json!({"dimension": "a.t", "dateRange": ["this year"], "compareDateRange": null})).unwrap();
        assert_eq!((queries[0].time_dimensions[0].date_range.clone(), ranges.len()), (Some(DateRange::Named("this year".into())), 0));
    }

    #[test]
    fn what_cannot_be_compared_is_said() {
        for (time, expected) in [
            (json!({"dimension": "a.t", "compareDateRange": "today"}), "timeDimensions[0].compareDateRange"),
            (json!({"dimension": "a.t", "compareDateRange": []}), "timeDimensions[0].compareDateRange"),
            (json!({"dimension": "a.t", "compareDateRange": vec!["today"; 11]}), "timeDimensions[0].compareDateRange"),
            (json!({"dimension": "a.t", "compareDateRange": ["today"], "dateRange": "today"}), "timeDimensions[0].compareDateRange"),
            (json!({"dimension": "a.t", "compareDateRange": [["a", "b", "c"]]}), "timeDimensions[0].dateRange"),
        ] {
            let problem = asked(&time).unwrap_err().into_wire();
            assert_eq!(problem.errors[0].field, expected, "{time}");
        }
        assert!(read_one(json!({"measures": ["a.b"], "timeDimensions": [{"dimension": "a.t", "compareDateRange": ["today"]}]})).is_err());
        assert!(read(json!([])).is_err());
    }
}
