//! Conditions as Cube's clients write them, in our words: other names of operators, values that do not count, numbers where texts
//! are compared, and the conditions of a measure in the place of its name.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use tidemill::Filter;

use super::dates;
use crate::http::Problem;

/// The conditions that measures have themselves, by their names: what `measureFilter` stands for.
pub(super) type OfMeasures = HashMap<String, Vec<Filter>>;

/// The operator that stands for what a measure counts.
pub(super) const MEASURE_FILTER: &str = "measureFilter";
/// Operators that compare texts.
const OF_TEXTS: [&str; 6] = ["contains", "notContains", "startsWith", "notStartsWith", "endsWith", "notEndsWith"];

/// Puts the conditions of a question into our words.
///
/// # Errors
/// `Invalid` with the field at fault.
pub(super) fn rewrite(filters: Vec<Value>, of_measures: &OfMeasures) -> Result<Vec<Value>, Problem> {
    Ok(each(filters, "filters", of_measures)?.into_iter().flatten().collect())
}

/// The member that a condition is about.
pub(super) fn member_of(condition: &Map<String, Value>) -> Option<&str> {
    condition.get("member").or_else(|| condition.get("dimension")).and_then(Value::as_str)
}

fn each(filters: Vec<Value>, at: &str, of_measures: &OfMeasures) -> Result<Vec<Option<Value>>, Problem> {
    filters.into_iter().enumerate().map(|(index, filter)| ours(filter, &format!("{at}[{index}]"), of_measures)).collect()
}

/// A condition in our words; nothing where it always holds.
fn ours(filter: Value, at: &str, of_measures: &OfMeasures) -> Result<Option<Value>, Problem> {
    let Value::Object(mut filter) = filter else { return Ok(Some(filter)) };
    for group in ["and", "or"] {
        let Some(parts) = filter.get_mut(group).and_then(Value::as_array_mut).map(std::mem::take) else { continue };
        let parts = each(parts, &format!("{at}.{group}"), of_measures)?;
        let always = if group == "and" { !parts.is_empty() && parts.iter().all(Option::is_none) } else { parts.iter().any(Option::is_none) };
        if always {
            return Ok(None);
        }
        filter.insert(group.to_owned(), Value::Array(parts.into_iter().flatten().collect()));
    }
    if filter.get("operator").is_some_and(|operator| operator == "onTheDate") {
        if filter.get("values").and_then(Value::as_array).map_or(0, Vec::len) != 1 {
            return Err(Problem::field(format!("{at}.values"), "onTheDate takes one date"));
        }
        call(&mut filter, "inDateRange");
    }
    let operator = filter.get("operator").and_then(Value::as_str).unwrap_or_default().to_owned();
    match operator.as_str() {
        "in" => call(&mut filter, "equals"),
        "notIn" => call(&mut filter, "notEquals"),
        // Cube does not look at their values.
        "set" | "notSet" => drop(filter.remove("values")),
        "inDateRange" | "notInDateRange" => {
            if let Some(values) = filter.get_mut("values") {
                dates::rewrite(values);
            }
        }
        MEASURE_FILTER => return of_measure(&filter, at, of_measures),
        text if OF_TEXTS.contains(&text) => {
            for value in filter.get_mut("values").and_then(Value::as_array_mut).into_iter().flatten() {
                if value.is_number() || value.is_boolean() {
                    *value = value.to_string().into();
                }
            }
        }
        _ => {}
    }
    Ok(Some(Value::Object(filter)))
}

fn call(filter: &mut Map<String, Value>, operator: &str) {
    filter.insert("operator".to_owned(), operator.into());
}

/// What a measure counts only, where it does not count everything.
fn of_measure(filter: &Map<String, Value>, at: &str, of_measures: &OfMeasures) -> Result<Option<Value>, Problem> {
    let conditions = member_of(filter).and_then(|member| of_measures.get(member));
    let conditions = conditions.ok_or_else(|| Problem::field(format!("{at}.member"), format!("{MEASURE_FILTER} needs the name of a measure")))?;
    Ok((!conditions.is_empty()).then(|| json!({ "and": conditions })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(filter: Value) -> Result<Vec<Value>, Problem> {
        let paid = serde_json::from_value(json!([{"member": "o.paid", "operator": "equals", "values": [true]}])).unwrap();
        let of_measures = OfMeasures::from([("o.count".to_owned(), Vec::new()), ("o.paid_count".to_owned(), paid)]);
        rewrite(vec![filter], &of_measures)
    }

    fn condition(operator: &str, values: &Value) -> Value {
        json!({"member": "o.a", "operator": operator, "values": values})
    }

    #[test]
    fn operators_have_our_names() {
        for (asked, expected) in [
            (condition("in", &json!(["x", "y"])), condition("equals", &json!(["x", "y"]))),
            (condition("notIn", &json!(["x", null])), condition("notEquals", &json!(["x", null]))),
            (condition("onTheDate", &json!(["2024-01-31"])), condition("inDateRange", &json!(["2024-01-31"]))),
            (condition("onTheDate", &json!(["tomorrow"])), condition("inDateRange", &json!(["now+1d/d to now+1d/d"]))),
            (condition("inDateRange", &json!(["from 7 days ago to now"])), condition("inDateRange", &json!(["now-7d/d to now/d"]))),
            (condition("set", &json!(["x"])), json!({"member": "o.a", "operator": "set"})),
            (condition("notSet", &json!([])), json!({"member": "o.a", "operator": "notSet"})),
            (condition("contains", &json!([7, "a", true, null])), condition("contains", &json!(["7", "a", "true", null]))),
            (condition("equals", &json!([7])), condition("equals", &json!([7]))),
            (condition("gt", &json!(["7"])), condition("gt", &json!(["7"]))),
        ] {
            assert_eq!(rewritten(asked.clone()).unwrap(), std::slice::from_ref(&expected), "{asked}");
            let nested = json!({"or": [{"and": [asked]}, condition("gt", &json!([1]))]});
            assert_eq!(rewritten(nested).unwrap(), [json!({"or": [{"and": [expected]}, condition("gt", &json!([1]))]})]);
        }
        let problem = rewritten(json!({"or": [condition("onTheDate", &json!(["2024-01-31", "2024-02-01"]))]})).unwrap_err().into_wire();
        assert_eq!(problem.errors[0].field, "filters[0].or[0].values");
    }

    #[test]
    fn the_conditions_of_a_measure_stand_for_its_name() {
        let of = |measure: &str| json!({"member": measure, "operator": "measureFilter"});
        let paid = json!({"and": [{"member": "o.paid", "operator": "equals", "values": [true]}]});
        let other = condition("equals", &json!(["x"]));
        assert_eq!(rewritten(of("o.paid_count")).unwrap(), std::slice::from_ref(&paid));
        // One without conditions counts everything, and so does what it is an alternative to.
        assert!(rewritten(of("o.count")).unwrap().is_empty());
        assert!(rewritten(json!({"or": [of("o.count"), other]})).unwrap().is_empty());
        assert!(rewritten(json!({"and": [of("o.count")]})).unwrap().is_empty());
        assert_eq!(rewritten(json!({"and": [of("o.count"), other, of("o.paid_count")]})).unwrap(), [json!({"and": [other, paid]})]);
        assert_eq!(rewritten(of("o.cuont")).unwrap_err().into_wire().errors[0].field, "filters[0].member");
        // A group of nothing stays one, and is refused where it is read.
        assert_eq!(rewritten(json!({"and": []})).unwrap(), [json!({"and": []})]);
    }
}
