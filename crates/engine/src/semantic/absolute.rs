//! Conditions as they were applied: relative dates made absolute, so that who reads them later asks for the same rows.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::Value;

use super::date::{self, Range, Reference};
use super::query::{Condition, DateRange, Filter, Operator};
use crate::catalog::ColumnType;
use crate::error::Result;
use crate::functions::date_bucket::first_date;

/// A filter that means the same whenever it is asked. `type_of`: the type of a member, where it is known.
///
/// # Errors
/// `Invalid` for text outside the grammar of dates.
pub(crate) fn absolute(filter: &Filter, reference: &Reference, type_of: &dyn Fn(&str) -> Option<ColumnType>) -> Result<Filter> {
    let all = |parts: &[Filter]| parts.iter().map(|part| absolute(part, reference, type_of)).collect::<Result<Vec<_>>>();
    Ok(match filter {
        Filter::And { and } => Filter::And { and: all(and)? },
        Filter::Or { or } => Filter::Or { or: all(or)? },
        Filter::Condition(condition) => Filter::Condition(fixed(condition, reference, type_of)?),
    })
}

fn fixed(condition: &Condition, reference: &Reference, type_of: &dyn Fn(&str) -> Option<ColumnType>) -> Result<Condition> {
    let column_type = type_of(&condition.member);
    let written = |micros: i64| if column_type == Some(ColumnType::Date) { day(first_date(micros, reference.calendar)) } else { instant(micros) };
    let with = |operator: Operator, values: Vec<Value>| Condition { member: condition.member.clone(), operator, values };
    let texts: Vec<&str> = condition.values.iter().filter_map(Value::as_str).collect();
    let first = texts.first().copied().unwrap_or_default();
    Ok(match condition.operator {
        Operator::InDateRange | Operator::NotInDateRange => {
            let range = match texts.as_slice() {
                [from, to] => DateRange::Between([(*from).to_owned(), (*to).to_owned()]),
                _ => DateRange::Named(first.to_owned()),
            };
            match date::resolve(&range, reference)? {
                // Both ends of a range that is written are included.
                Range { from: Some(from), to: Some(to) } if from < to => with(condition.operator, ends(from, to, column_type, reference)),
                _ => condition.clone(),
            }
        }
        Operator::BeforeDate => with(Operator::BeforeDate, vec![written(date::point(first, reference)?.0)]),
        Operator::BeforeOrOnDate => with(Operator::BeforeDate, vec![written(date::point(first, reference)?.1)]),
        Operator::AfterDate => with(Operator::AfterOrOnDate, vec![written(date::point(first, reference)?.1)]),
        Operator::AfterOrOnDate => with(Operator::AfterOrOnDate, vec![written(date::point(first, reference)?.0)]),
        operator if is_of_values(operator) && column_type == Some(ColumnType::Timestamp) => {
            let values = condition.values.iter().map(|value| match value {
                Value::String(text) => Ok(instant(date::point(text, reference)?.0)),
                other => Ok(other.clone()),
            });
            with(operator, values.collect::<Result<_>>()?)
        }
        _ => condition.clone(),
    })
}

/// Both ends of a range as they are written, which are included. Of dates they are dates, which mean the same in every zone; a range
/// of hours without the beginning of a day has none.
fn ends(from: i64, to: i64, column_type: Option<ColumnType>, reference: &Reference) -> Vec<Value> {
    let (first, after) = (first_date(from, reference.calendar), first_date(to, reference.calendar));
    match after.pred_opt().filter(|last| column_type == Some(ColumnType::Date) && first <= *last) {
        Some(last) => vec![day(first), day(last)],
        None => vec![instant(from), instant(to.saturating_sub(1))],
    }
}

fn day(date: NaiveDate) -> Value {
    Value::from(date.to_string())
}

/// Whether an operator compares with values of the member's own type.
fn is_of_values(operator: Operator) -> bool {
    use Operator::{Between, Equals, Gt, Gte, Lt, Lte, NotBetween, NotEquals};
    matches!(operator, Equals | NotEquals | Gt | Gte | Lt | Lte | Between | NotBetween)
}

/// An instant as it is written; one beyond all calendars as its number.
fn instant(micros: i64) -> Value {
    DateTime::from_timestamp_micros(micros).map_or_else(|| Value::from(micros), |instant| Value::from(written(instant)))
}

/// An instant as a text that is read as this microsecond: one with fewer digits of its second would last longer.
pub(super) fn written(instant: DateTime<Utc>) -> String {
    let digits = if instant.timestamp_subsec_micros() == 0 { SecondsFormat::Secs } else { SecondsFormat::Micros };
    instant.to_rfc3339_opts(digits, true)
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use serde_json::json;

    use super::*;
    use crate::semantic::business::BusinessDays;

    #[test]
    fn relative_dates_become_instants() {
        let reference = Reference { now: "2013-03-14T15:09:26Z".parse().unwrap(), latest: None, calendar: Tz::UTC.into(), business: BusinessDays::default() };
        let type_of = |member: &str| match member {
            "f.at" => Some(ColumnType::Timestamp),
            "f.day" => Some(ColumnType::Date),
            _ => None,
        };
        for (written, expected) in [
            (
                json!({"member": "f.at", "operator": "inDateRange", "values": ["yesterday"]}),
                json!({"member": "f.at", "operator": "inDateRange", "values": ["2013-03-13T00:00:00Z", "2013-03-13T23:59:59.999999Z"]}),
            ),
            (
                json!({"member": "f.at", "operator": "inDateRange", "values": ["2013-01-31T10:00:00", "2013-01-31T10:00:00.5"]}),
                json!({"member": "f.at", "operator": "inDateRange", "values": ["2013-01-31T10:00:00Z", "2013-01-31T10:00:00.599999Z"]}),
            ),
            // Written with fewer digits it would last longer when it is read.
            (
                json!({"member": "f.at", "operator": "afterDate", "values": ["2013-01-31T10:00:00.249Z"]}),
                json!({"member": "f.at", "operator": "afterOrOnDate", "values": ["2013-01-31T10:00:00.250000Z"]}),
            ),
            (
                json!({"member": "f.at", "operator": "inDateRange", "values": ["2013-01-31T10:00:00Z", "2013-01-31T10:00:00.249999+00:00"]}),
                json!({"member": "f.at", "operator": "inDateRange", "values": ["2013-01-31T10:00:00Z", "2013-01-31T10:00:00.249999Z"]}),
            ),
            (
                json!({"member": "f.at", "operator": "beforeOrOnDate", "values": ["2013-01-31"]}),
                json!({"member": "f.at", "operator": "beforeDate", "values": ["2013-02-01T00:00:00Z"]}),
            ),
            (
                json!({"member": "f.at", "operator": "afterDate", "values": ["2013-01-31"]}),
                json!({"member": "f.at", "operator": "afterOrOnDate", "values": ["2013-02-01T00:00:00Z"]}),
            ),
            (
                json!({"or": [{"member": "f.at", "operator": "gt", "values": ["now-1d"]}]}),
                json!({"or": [{"member": "f.at", "operator": "gt", "values": ["2013-03-13T15:09:26Z"]}]}),
            ),
            (
                json!({"member": "f.day", "operator": "inDateRange", "values": ["yesterday"]}),
                json!({"member": "f.day", "operator": "inDateRange", "values": ["2013-03-13", "2013-03-13"]}),
            ),
            (json!({"member": "f.day", "operator": "beforeOrOnDate", "values": ["2013-01-31"]}), json!({"member": "f.day", "operator": "beforeDate", "values": ["2013-02-01"]})),
            (json!({"member": "f.name", "operator": "gt", "values": ["now-1d"]}), json!({"member": "f.name", "operator": "gt", "values": ["now-1d"]})),
            (json!({"member": "f.at", "operator": "inDateRange", "values": ["all"]}), json!({"member": "f.at", "operator": "inDateRange", "values": ["all"]})),
        ] {
            let filter: Filter = serde_json::from_value(written).unwrap();
            let fixed = absolute(&filter, &reference, &type_of).unwrap();
            assert_eq!(serde_json::to_value(&fixed).unwrap(), expected);
            // What is absolute stays as it is.
            assert_eq!(absolute(&fixed, &reference, &type_of).unwrap(), fixed);
        }
    }
}
