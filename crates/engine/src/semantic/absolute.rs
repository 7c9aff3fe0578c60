//! Conditions as they were applied: relative dates made absolute, so that who reads them later asks for the same rows.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::Value;

use super::date::{self, Range, Reference};
use super::query::{Condition, DateRange, Filter, Operator};
use crate::catalog::ColumnType;
use crate::error::{Error, Result};
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
        Filter::Condition(condition) => fixed(condition, reference, type_of)?,
    })
}

fn fixed(condition: &Condition, reference: &Reference, type_of: &dyn Fn(&str) -> Option<ColumnType>) -> Result<Filter> {
    let column_type = type_of(&condition.member);
    let written = |micros: i64| if column_type == Some(ColumnType::Date) { day(first_date(micros, reference.calendar)) } else { instant(micros) };
    let with = |operator: Operator, values: Vec<Value>| Filter::Condition(Condition { member: condition.member.clone(), operator, values });
    let as_it_is = || Filter::Condition(condition.clone());
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
                _ => as_it_is(),
            }
        }
        Operator::BeforeDate => with(Operator::BeforeDate, vec![written(date::point(first, reference)?.0)]),
        Operator::BeforeOrOnDate => with(Operator::BeforeDate, vec![written(date::point(first, reference)?.1)]),
        Operator::AfterDate => with(Operator::AfterOrOnDate, vec![written(date::point(first, reference)?.1)]),
        Operator::AfterOrOnDate => with(Operator::AfterOrOnDate, vec![written(date::point(first, reference)?.0)]),
        Operator::Equals | Operator::NotEquals if column_type == Some(ColumnType::Timestamp) => listed(condition, reference)?,
        operator if is_of_order(operator) && column_type == Some(ColumnType::Timestamp) => {
            // What is not greater than a value that is whole lies before its end.
            let bound = |text: &str, is_upper: bool| {
                Ok::<_, Error>(match date::whole(text, reference)? {
                    Some((start, end)) => (if is_upper { end } else { start }, true),
                    None => (date::point(text, reference)?.0, false),
                })
            };
            match (operator, condition.values.as_slice()) {
                (Operator::Between | Operator::NotBetween, [Value::String(low), Value::String(high)]) => {
                    let (from, (to, is_whole)) = (bound(low, false)?.0, bound(high, true)?);
                    with(operator, vec![instant(from), instant(to.saturating_sub(is_whole.into()))])
                }
                (_, [Value::String(text)]) => {
                    let (micros, is_whole) = bound(text, matches!(operator, Operator::Gt | Operator::Lte))?;
                    let operator = match operator {
                        Operator::Gt if is_whole => Operator::Gte,
                        Operator::Lte if is_whole => Operator::Lt,
                        other => other,
                    };
                    with(operator, vec![instant(micros)])
                }
                _ => as_it_is(),
            }
        }
        _ => as_it_is(),
    })
}

/// A list of days and instants: days become ranges, and all together say what the list said.
fn listed(condition: &Condition, reference: &Reference) -> Result<Filter> {
    let with = |operator: Operator, values: Vec<Value>| Filter::Condition(Condition { member: condition.member.clone(), operator, values });
    let negated = condition.operator == Operator::NotEquals;
    let (mut values, mut parts) = (Vec::new(), Vec::new());
    for value in &condition.values {
        let Value::String(text) = value else {
            values.push(value.clone());
            continue;
        };
        match date::day(text, reference)? {
            Some((from, to)) if from < to => {
                parts.push(with(if negated { Operator::NotInDateRange } else { Operator::InDateRange }, vec![instant(from), instant(to.saturating_sub(1))]));
            }
            // A day that its zone left out has no instants.
            Some(_) => values.push(value.clone()),
            None => values.push(instant(date::point(text, reference)?.0)),
        }
    }
    if !values.is_empty() || parts.is_empty() {
        parts.push(with(condition.operator, values));
    }
    Ok(match parts.len() {
        1 => parts.remove(0),
        _ if negated => Filter::And { and: parts },
        _ => Filter::Or { or: parts },
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

/// Whether an operator compares with values that are in an order.
fn is_of_order(operator: Operator) -> bool {
    use Operator::{Between, Gt, Gte, Lt, Lte, NotBetween};
    matches!(operator, Gt | Gte | Lt | Lte | Between | NotBetween)
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
            // Days are whole.
            (json!({"member": "f.at", "operator": "gt", "values": ["2013-01-31"]}), json!({"member": "f.at", "operator": "gte", "values": ["2013-02-01T00:00:00Z"]})),
            (json!({"member": "f.at", "operator": "lte", "values": ["now/d"]}), json!({"member": "f.at", "operator": "lt", "values": ["2013-03-15T00:00:00Z"]})),
            (json!({"member": "f.at", "operator": "lt", "values": ["2013-01-31"]}), json!({"member": "f.at", "operator": "lt", "values": ["2013-01-31T00:00:00Z"]})),
            (
                json!({"member": "f.at", "operator": "notBetween", "values": ["2013-01-30", "2013-01-31"]}),
                json!({"member": "f.at", "operator": "notBetween", "values": ["2013-01-30T00:00:00Z", "2013-01-31T23:59:59.999999Z"]}),
            ),
            (
                json!({"member": "f.at", "operator": "between", "values": ["2013-01-30", "now"]}),
                json!({"member": "f.at", "operator": "between", "values": ["2013-01-30T00:00:00Z", "2013-03-14T15:09:26Z"]}),
            ),
            (
                json!({"member": "f.at", "operator": "equals", "values": ["2013-01-31"]}),
                json!({"member": "f.at", "operator": "inDateRange", "values": ["2013-01-31T00:00:00Z", "2013-01-31T23:59:59.999999Z"]}),
            ),
            (
                json!({"member": "f.at", "operator": "notEquals", "values": ["2013-01-31", "now", null]}),
                json!({"and": [
                    {"member": "f.at", "operator": "notInDateRange", "values": ["2013-01-31T00:00:00Z", "2013-01-31T23:59:59.999999Z"]},
                    {"member": "f.at", "operator": "notEquals", "values": ["2013-03-14T15:09:26Z", null]}
                ]}),
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
