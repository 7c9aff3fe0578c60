//! Conditions of a query as expressions. Negated conditions keep rows without a value, unless `null` is among the values:
//! people who exclude "EWR" do not mean to lose what is unknown. A day that times are compared with is meant as a whole.

use chrono::{NaiveDate, NaiveTime};
use datafusion::logical_expr::expr::Like;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator as Op, lit};
use datafusion::prelude::{cast, in_list};
use datafusion::scalar::ScalarValue;
use serde_json::Value;

use super::date::{self, Reference};
use super::grain::Grain;
use super::query::{Condition, DateRange, Filter, Operator};
use super::relative::{End, Written};
use super::timed::{Timed, instant};
use crate::catalog::ColumnType;
use crate::error::{Error, Result};
use crate::functions::business_day::BusinessDay;

/// Values of one condition at most.
const VALUES_MAX: usize = 10_000;
/// The least float that no whole number of 64 bits has, and, below zero, the least of them.
const BEYOND_WHOLE: f64 = 9_223_372_036_854_775_808.0;
/// Digits at most before the point of a number that is looked at digit by digit: more than any float has.
const DIGITS_MAX: usize = 400;

/// Builds the expression of a filter; `bind` gives the expression and type of a member.
pub(crate) fn build(filter: &Filter, reference: &Reference, depth: usize, bind: &mut dyn FnMut(&str) -> Result<(Expr, ColumnType)>) -> Result<Expr> {
    build_each(filter, depth, &mut |condition| one(condition, bind(&condition.member)?, reference))
}

/// The same, where each condition is built by `built`.
pub(crate) fn build_each(filter: &Filter, depth: usize, built: &mut dyn FnMut(&Condition) -> Result<Expr>) -> Result<Expr> {
    if depth == 0 {
        return Err(Error::exhausted("filters are nested too deep"));
    }
    let (parts, all) = match filter {
        Filter::And { and } => (and, true),
        Filter::Or { or } => (or, false),
        Filter::Condition(condition) => return built(condition),
    };
    if parts.is_empty() {
        return Err(Error::invalid("an and/or group needs at least one condition"));
    }
    let parts = parts.iter().map(|part| build_each(part, depth - 1, built)).collect::<Result<Vec<_>>>()?;
    Ok(balanced(parts, if all { Op::And } else { Op::Or }))
}

/// One condition on a member, of which there are the expression and the type.
pub(crate) fn one(condition: &Condition, (member, column_type): (Expr, ColumnType), reference: &Reference) -> Result<Expr> {
    build_condition(condition, member, column_type, reference).map_err(|error| error.context(format!("filter on {}", condition.member)))
}

/// Whether a condition may hold where there is no value.
pub(crate) fn keeps_missing(condition: &Condition) -> bool {
    use Operator::{AfterDate, AfterOrOnDate, BeforeDate, BeforeOrOnDate, Between, Contains, EndsWith, Equals, Gt, Gte, InDateRange, Lt, Lte, Set, StartsWith};
    let rejects = matches!(
        condition.operator,
        Set | Equals | Contains | StartsWith | EndsWith | Gt | Gte | Lt | Lte | Between | InDateRange | BeforeDate | BeforeOrOnDate | AfterDate | AfterOrOnDate
    );
    !rejects || condition.values.iter().any(Value::is_null)
}

/// Whether what a filter asks for depends on when it is asked.
pub(crate) fn moves(filter: &Filter) -> bool {
    any_text(filter, &|condition, text| written(condition, text).map_or(is_of_dates(condition.operator), Written::follows_clock))
}

/// Whether what a filter asks for is counted from the latest row.
pub(crate) fn follows_data(filter: &Filter) -> bool {
    any_text(filter, &|condition, text| written(condition, text).is_some_and(|written| written.of_data))
}

/// Whether a filter chooses by which days are worked.
pub(crate) fn on_business_days(filter: &Filter) -> bool {
    match filter {
        Filter::And { and: parts } | Filter::Or { or: parts } => parts.iter().any(on_business_days),
        Filter::Condition(condition) => matches!(condition.operator, Operator::OnBusinessDays | Operator::OffBusinessDays),
    }
}

/// Whether what a filter asks for depends on which days are worked: by its operator, or by a date that counts them.
pub(crate) fn asks_business_days(filter: &Filter) -> bool {
    on_business_days(filter) || any_text(filter, &|condition, text| written(condition, text).is_some_and(Written::counts_business_days))
}

/// Whether some text that a filter compares with passes a test.
pub(crate) fn any_text(filter: &Filter, test: &dyn Fn(&Condition, &str) -> bool) -> bool {
    match filter {
        Filter::And { and: parts } | Filter::Or { or: parts } => parts.iter().any(|part| any_text(part, test)),
        Filter::Condition(condition) => condition.values.iter().filter_map(Value::as_str).any(|text| test(condition, text)),
    }
}

/// What a text says of dates: numbers and texts are compared with `now` too, but with ranges only times are.
fn written(condition: &Condition, text: &str) -> Option<Written> {
    if is_of_dates(condition.operator) { Written::of_value(text) } else { Written::of_end(text) }
}

fn is_of_dates(operator: Operator) -> bool {
    matches!(operator, Operator::InDateRange | Operator::NotInDateRange | Operator::BeforeDate | Operator::BeforeOrOnDate | Operator::AfterDate | Operator::AfterOrOnDate)
}

/// Joins expressions to a tree of logarithmic depth: a chain would be as deep as it is long.
fn balanced(mut parts: Vec<Expr>, operator: Op) -> Expr {
    while parts.len() > 1 {
        let mut halved = Vec::with_capacity(parts.len().div_ceil(2));
        let mut rest = parts.into_iter();
        while let Some(left) = rest.next() {
            halved.push(match rest.next() {
                Some(right) => Expr::BinaryExpr(BinaryExpr::new(Box::new(left), operator, Box::new(right))),
                None => left,
            });
        }
        parts = halved;
    }
    parts.pop().unwrap_or_else(|| lit(true))
}

fn build_condition(condition: &Condition, member: Expr, column_type: ColumnType, reference: &Reference) -> Result<Expr> {
    let values = &condition.values;
    if values.len() > VALUES_MAX {
        return Err(Error::exhausted(format!("{} values are more than the {VALUES_MAX} that one condition may list", values.len())));
    }
    let named = |name: Operator| serde_json::to_value(name).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    let exactly = |count: usize| {
        if values.len() == count { Ok(()) } else { Err(Error::invalid(format!("operator {} takes {count} value(s), not {}", named(condition.operator), values.len()))) }
    };
    let first = || values.first().ok_or_else(|| Error::invalid(format!("operator {} needs a value", named(condition.operator))));
    let side = |operator: Operator, value: &Value| compared(member.clone(), operator, value, column_type, reference);
    match condition.operator {
        Operator::Set => exactly(0).map(|()| member.is_not_null()),
        Operator::NotSet => exactly(0).map(|()| member.is_null()),
        Operator::Equals => any_of(member, values, column_type, reference, false),
        Operator::NotEquals => any_of(member, values, column_type, reference, true),
        Operator::Contains => matching(member, values, column_type, ("%", "%"), false),
        Operator::NotContains => matching(member, values, column_type, ("%", "%"), true),
        Operator::StartsWith => matching(member, values, column_type, ("", "%"), false),
        Operator::NotStartsWith => matching(member, values, column_type, ("", "%"), true),
        Operator::EndsWith => matching(member, values, column_type, ("%", ""), false),
        Operator::NotEndsWith => matching(member, values, column_type, ("%", ""), true),
        Operator::Gt | Operator::Gte | Operator::Lt | Operator::Lte => exactly(1).and_then(|()| side(condition.operator, first()?)),
        Operator::Between | Operator::NotBetween => {
            exactly(2)?;
            let (low, high) = (first()?, values.last().unwrap_or(&Value::Null));
            if condition.operator == Operator::Between {
                return Ok(side(Operator::Gte, low)?.and(side(Operator::Lte, high)?));
            }
            Ok(side(Operator::Lt, low)?.or(side(Operator::Gt, high)?).or(member.is_null()))
        }
        Operator::InDateRange => in_range(member, values, column_type, reference),
        Operator::NotInDateRange => Ok(Expr::Not(Box::new(in_range(member.clone(), values, column_type, reference)?)).or(member.is_null())),
        Operator::BeforeDate | Operator::BeforeOrOnDate | Operator::AfterDate | Operator::AfterOrOnDate => {
            exactly(1)?;
            let timed = timed(column_type, reference)?;
            let (start, end) = date::point(text_of(first()?)?, reference)?;
            Ok(match condition.operator {
                Operator::BeforeDate => timed.before(member, start),
                Operator::BeforeOrOnDate => timed.before(member, end),
                Operator::AfterDate => timed.since(member, end),
                _ => timed.since(member, start),
            })
        }
        Operator::OnBusinessDays => exactly(0).and_then(|()| on_business_day(member, column_type, reference)),
        Operator::OffBusinessDays => exactly(0).and_then(|()| on_business_day(member, column_type, reference)).map(|on| Expr::Not(Box::new(on))),
    }
}

/// Compares with one value. Of times that is the whole of it: what is greater comes after it, and what is not greater may lie in it.
fn compared(member: Expr, operator: Operator, value: &Value, column_type: ColumnType, reference: &Reference) -> Result<Expr> {
    let whole = match (column_type, value) {
        (ColumnType::Timestamp, Value::String(text)) => date::whole(text, reference)?,
        _ => None,
    };
    if let Some((start, end)) = whole {
        let timed = Timed::instants(reference.calendar);
        return Ok(match operator {
            Operator::Gt => timed.since(member, end),
            Operator::Gte => timed.since(member, start),
            Operator::Lt => timed.before(member, start),
            _ => timed.before(member, end),
        });
    }
    if column_type == ColumnType::Integer
        && let Some((below, false)) = number_text(value).and_then(|text| whole_below(&text))
    {
        // Between two whole numbers there is no third: what is greater is greater than the lower one.
        return Ok(if matches!(operator, Operator::Gt | Operator::Gte) { member.gt(lit(below)) } else { member.lt_eq(lit(below)) });
    }
    let value = literal(value, column_type, reference)?;
    Ok(match operator {
        Operator::Gt => member.gt(zero(value, 0.0)),
        Operator::Gte => member.gt_eq(zero(value, -0.0)),
        Operator::Lt => member.lt(zero(value, -0.0)),
        _ => member.lt_eq(zero(value, 0.0)),
    })
}

/// A value, where it is a zero the one of this sign: comparisons put the negative one before the other, and they are the same number.
fn zero(value: Expr, signed: f64) -> Expr {
    if is_zero(&value) { lit(signed) } else { value }
}

fn is_zero(value: &Expr) -> bool {
    matches!(value, Expr::Literal(ScalarValue::Float64(Some(number)), _) if *number == 0.0)
}

fn is_whole(value: &Expr) -> bool {
    matches!(value, Expr::Literal(ScalarValue::Int64(Some(_)), _))
}

fn timed(column_type: ColumnType, reference: &Reference) -> Result<Timed> {
    Timed::of(column_type, reference.calendar).ok_or_else(|| Error::invalid(format!("a date operator needs a timestamp or a date, not {column_type}")))
}

/// Whether the day of a time is worked; nothing where there is no time, which is on no day.
fn on_business_day(member: Expr, column_type: ColumnType, reference: &Reference) -> Result<Expr> {
    let timed = timed(column_type, reference)?;
    // What an expression makes may be a time of another precision.
    let time = if matches!(member, Expr::Column(_)) { member } else { timed.cast(member) };
    Ok(BusinessDay::of(timed.bucket(time, Grain::Day.into()), reference.calendar, reference.business.clone()))
}

fn in_range(member: Expr, values: &[Value], column_type: ColumnType, reference: &Reference) -> Result<Expr> {
    let range = match values {
        [one] => DateRange::Named(text_of(one)?.to_owned()),
        [from, to] => DateRange::Between([text_of(from)?.to_owned(), text_of(to)?.to_owned()]),
        _ => return Err(Error::invalid(format!("a date range is one or two values, not {}", values.len()))),
    };
    let timed = timed(column_type, reference)?;
    Ok(timed.within(&member, date::resolve(&range, reference)?).unwrap_or_else(|| member.is_not_null()))
}

fn any_of(member: Expr, values: &[Value], column_type: ColumnType, reference: &Reference, negated: bool) -> Result<Expr> {
    if values.is_empty() {
        return Err(Error::invalid("equals and notEquals need at least one value"));
    }
    let with_null = values.iter().any(Value::is_null);
    let (mut known, mut parts) = (Vec::new(), Vec::new());
    for value in values.iter().filter(|value| !value.is_null()) {
        let day = match (column_type, value) {
            (ColumnType::Timestamp, Value::String(text)) => date::day(text, reference)?,
            _ => None,
        };
        match day {
            Some((start, end)) => parts.push(within_day(&member, (start, end), reference, negated)),
            None => match literal(value, column_type, reference)? {
                value if is_zero(&value) => known.extend([lit(0.0), lit(-0.0)]),
                value => known.push(value),
            },
        }
    }
    if column_type == ColumnType::Integer && known.iter().any(is_whole) {
        // A fraction equals none of them, and would make floats of all.
        known.retain(is_whole);
    }
    if !known.is_empty() {
        parts.push(in_list(member.clone(), known, negated));
    }
    let listed = (!parts.is_empty()).then(|| balanced(parts, if negated { Op::And } else { Op::Or }));
    Ok(match (listed, with_null, negated) {
        (Some(listed), true, false) | (Some(listed), false, true) => listed.or(member.is_null()),
        (Some(listed), true, true) => listed.and(member.is_not_null()),
        (Some(listed), false, false) => listed,
        (None, _, false) => member.is_null(),
        (None, _, true) => member.is_not_null(),
    })
}

/// Times of a day, or of all others.
fn within_day(member: &Expr, (start, end): (i64, i64), reference: &Reference, negated: bool) -> Expr {
    let timed = Timed::instants(reference.calendar);
    if negated {
        return timed.before(member.clone(), start).or(timed.since(member.clone(), end));
    }
    timed.since(member.clone(), start).and(timed.before(member.clone(), end))
}

fn matching(member: Expr, values: &[Value], column_type: ColumnType, around: (&str, &str), negated: bool) -> Result<Expr> {
    if values.is_empty() {
        return Err(Error::invalid("a text operator needs at least one value"));
    }
    let text = if column_type == ColumnType::String { member.clone() } else { cast(member.clone(), ColumnType::String.data_type()) };
    let with_null = values.iter().any(Value::is_null);
    let mut parts = Vec::new();
    for value in values.iter().filter(|value| !value.is_null()) {
        let escaped = text_of(value)?.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = format!("{}{escaped}{}", around.0, around.1);
        let pattern = lit(ScalarValue::Utf8View(Some(pattern)));
        parts.push(Expr::Like(Like::new(negated, Box::new(text.clone()), Box::new(pattern), None, true)));
    }
    if parts.is_empty() {
        return Ok(if negated { member.is_not_null() } else { member.is_null() });
    }
    let joined = balanced(parts, if negated { Op::And } else { Op::Or });
    Ok(match (negated, with_null) {
        (true, false) | (false, true) => joined.or(member.is_null()),
        (true, true) => joined.and(member.is_not_null()),
        (false, false) => joined,
    })
}

fn text_of(value: &Value) -> Result<&str> {
    value.as_str().ok_or_else(|| Error::invalid(format!("value {value} is not a text")))
}

/// A JSON value as a literal of a type. Text is parsed, so that values from a URL work for every type.
fn literal(value: &Value, column_type: ColumnType, reference: &Reference) -> Result<Expr> {
    let wrong = || Error::invalid(format!("value {value} is not of type {column_type}"));
    let scalar = match (column_type, value) {
        (_, Value::Null) => return Err(Error::invalid("null is not comparable; use set, notSet or equals")),
        (ColumnType::Boolean, Value::Bool(flag)) => ScalarValue::Boolean(Some(*flag)),
        (ColumnType::Boolean, Value::String(text)) => ScalarValue::Boolean(Some(text.parse().map_err(|_| wrong())?)),
        (ColumnType::Integer, value) => number_text(value).and_then(|text| beside_whole(&text)).ok_or_else(wrong)?,
        (ColumnType::Float, Value::Number(number)) => ScalarValue::Float64(Some(number.as_f64().ok_or_else(wrong)?)),
        (ColumnType::Float, Value::String(text)) => ScalarValue::Float64(Some(text.parse().map_err(|_| wrong())?)),
        (ColumnType::String, Value::String(text)) => ScalarValue::Utf8View(Some(text.clone())),
        (ColumnType::String, Value::Number(number)) => ScalarValue::Utf8View(Some(number.to_string())),
        (ColumnType::String, Value::Bool(flag)) => ScalarValue::Utf8View(Some(flag.to_string())),
        (ColumnType::Date, Value::String(text)) => {
            let day = day_of_calendar(text).ok_or_else(|| Error::invalid(format!("value {value} is not of type {column_type}; write a day such as 2024-01-31")))?;
            ScalarValue::Date32(Some(day.to_epoch_days()))
        }
        (ColumnType::Timestamp, Value::String(text)) => return Ok(instant(date::point(text, reference)?.0)),
        _ => return Err(wrong()),
    };
    Ok(lit(scalar))
}

/// The digits of a number. A float that is whole is written as what it is, and not as what is rounded to it.
fn number_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => match number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0) {
            Some(float) => Some(format!("{float:.0}")),
            None => Some(number.to_string()),
        },
        _ => None,
    }
}

/// What whole numbers are compared with: one of them wherever it is whole, also where it is written `7.0` or `1e18`. Beside a float they would
/// become floats, and of those neighbours beyond 2^53 are equal. A fraction is the same as none of them; on which side of it they are is said
/// by [`whole_below`].
fn beside_whole(text: &str) -> Option<ScalarValue> {
    let below = whole_below(text);
    if let Some((whole, true)) = below {
        return Some(ScalarValue::Int64(Some(whole)));
    }
    let float: f64 = text.parse().ok()?;
    // A fraction that would be a whole number as a float: any other one is the same as none of them too.
    let float = if below.is_some() && float.fract() == 0.0 { 0.5 } else { float };
    // What is beyond both ends must not be taken for them: the greatest one would become the same float, and the least one is it.
    let beyond = if float == BEYOND_WHOLE {
        float.next_up()
    } else if float == -BEYOND_WHOLE {
        float.next_down()
    } else {
        float
    };
    Some(ScalarValue::Float64(Some(beyond)))
}

/// The greatest whole number that is not above one that is written in digits, and whether it is that number. Nothing where it does not have 64
/// bits, and for what is no number or none with digits.
fn whole_below(text: &str) -> Option<(i64, bool)> {
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let unsigned = number.strip_prefix(['-', '+']).unwrap_or(number);
    let (before, behind) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = [before, behind].concat();
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let point = usize::try_from(i64::try_from(before.len()).ok()?.checked_add(exponent)?).unwrap_or(0);
    if point > DIGITS_MAX {
        return None;
    }
    let padded = digits.bytes().chain(std::iter::repeat_n(b'0', point.saturating_sub(digits.len())));
    let (mut whole, mut exact) = (0_i128, true);
    for (place, digit) in padded.enumerate() {
        if place < point {
            whole = whole.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
        } else {
            exact &= digit == b'0';
        }
    }
    let whole = if number.starts_with('-') { -whole - i128::from(!exact) } else { whole };
    Some((i64::try_from(whole).ok()?, exact))
}

/// A date, written as what it is or as midnight on no particular clock, which is what it is called where there are instants only.
fn day_of_calendar(text: &str) -> Option<NaiveDate> {
    match End::of(text).ok()? {
        End::Day(day) => Some(day),
        End::Wall(at, _) if at.time() == NaiveTime::MIN => Some(at.date()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use chrono_tz::Tz;
    use datafusion::prelude::col;
    use serde_json::json;

    use super::*;
    use crate::semantic::business::BusinessDays;

    #[test]
    fn both_zeros_are_one_number() {
        let x = || col("x");
        for zero in [json!(0), json!(-0.0), json!("0"), json!("-0.0")] {
            for (operator, values, expected) in [
                ("gt", json!([zero]), x().gt(lit(0.0))),
                ("gte", json!([zero]), x().gt_eq(lit(-0.0))),
                ("lt", json!([zero]), x().lt(lit(-0.0))),
                ("lte", json!([zero]), x().lt_eq(lit(0.0))),
                ("between", json!([zero, 1.5]), x().gt_eq(lit(-0.0)).and(x().lt_eq(lit(1.5)))),
                ("between", json!([-1.5, zero]), x().gt_eq(lit(-1.5)).and(x().lt_eq(lit(0.0)))),
                ("notBetween", json!([zero, zero]), x().lt(lit(-0.0)).or(x().gt(lit(0.0))).or(x().is_null())),
                ("equals", json!([zero, 1.5]), in_list(x(), vec![lit(0.0), lit(-0.0), lit(1.5)], false)),
                ("notEquals", json!([zero, null]), in_list(x(), vec![lit(0.0), lit(-0.0)], true).and(x().is_not_null())),
            ] {
                assert_eq!(built(operator, &values, ColumnType::Float), expected, "{operator} {values}");
            }
        }
        assert_eq!(built("gte", &json!([0]), ColumnType::Integer), x().gt_eq(lit(0_i64)));
    }

    #[test]
    fn whole_numbers_are_compared_with_whole_numbers() {
        let x = || col("x");
        for (value, expected) in [
            (json!(9_007_199_254_740_993_i64), lit(9_007_199_254_740_993_i64)),
            (json!("9007199254740993.0"), lit(9_007_199_254_740_993_i64)),
            (json!(9_007_199_254_740_992.0), lit(9_007_199_254_740_992_i64)),
            (json!("1e18"), lit(1_000_000_000_000_000_000_i64)),
            (json!(-0.0), lit(0_i64)),
            (json!("2.50e1"), lit(25_i64)),
            (json!("120e-1"), lit(12_i64)),
            (json!("0e999999999999"), lit(0.0)),
            (json!(-9_223_372_036_854_775_808.0), lit(i64::MIN)),
            (json!(9_223_372_036_854_775_808_u64), lit(9_223_372_036_854_777_856.0)),
            (json!("1e300"), lit(1e300)),
            (json!("-9223372036854775808"), lit(i64::MIN)),
            (json!("-9223372036854775809"), lit(-9_223_372_036_854_777_856.0)),
            (json!("-9223372036854775808.5"), lit(-9_223_372_036_854_777_856.0)),
        ] {
            assert_eq!(built("gt", &json!([value]), ColumnType::Integer), x().gt(expected), "{value}");
        }
        let listed = json!([2.5, 9_007_199_254_740_993_i64]);
        assert_eq!(built("equals", &listed, ColumnType::Integer), in_list(x(), vec![lit(9_007_199_254_740_993_i64)], false));
        assert_eq!(built("equals", &json!([2.5]), ColumnType::Integer), in_list(x(), vec![lit(2.5)], false));
    }

    #[test]
    fn a_fraction_lies_between_two_whole_numbers_however_large_they_are() {
        let (x, below) = (|| col("x"), || lit(9_007_199_254_740_993_i64));
        for between in [json!("9007199254740993.5"), json!("9007199254740993.0000000000000000000001"), json!("9.0071992547409935e15"), json!("90071992547409935E-1")] {
            for (operator, values, expected) in [
                ("gt", json!([between]), x().gt(below())),
                ("gte", json!([between]), x().gt(below())),
                ("lt", json!([between]), x().lt_eq(below())),
                ("lte", json!([between]), x().lt_eq(below())),
                ("between", json!([between, "1e18"]), x().gt(below()).and(x().lt_eq(lit(1_000_000_000_000_000_000_i64)))),
                // The same as none: the float next to it is a whole number.
                ("equals", json!([between]), in_list(x(), vec![lit(0.5)], false)),
                ("notEquals", json!([between]), in_list(x(), vec![lit(0.5)], true).or(x().is_null())),
                ("equals", json!([between, 7]), in_list(x(), vec![lit(7_i64)], false)),
            ] {
                assert_eq!(built(operator, &values, ColumnType::Integer), expected, "{operator} {values}");
            }
        }
        for (value, expected) in [(json!(2.5), 2_i64), (json!("-2.5"), -3), (json!("-.5"), -1), (json!("5e-1"), 0), (json!("1e-400"), 0), (json!("-1e-999999"), -1)] {
            assert_eq!(built("gte", &json!([value]), ColumnType::Integer), x().gt(lit(expected)), "{value}");
        }
        for wrong in ["", ".", "e5", "1e", "--5", "1.2.3", "5 ", "1_000", "0x5"] {
            assert!(try_built("gt", &json!([wrong]), ColumnType::Integer).is_err(), "{wrong:?}");
        }
    }

    /// A condition on `x`, on a Thursday in New York.
    fn built(operator: &str, values: &Value, column_type: ColumnType) -> Expr {
        try_built(operator, values, column_type).unwrap()
    }

    fn try_built(operator: &str, values: &Value, column_type: ColumnType) -> Result<Expr> {
        let now = "2013-03-14T15:09:26Z".parse().unwrap();
        let reference = Reference { now, latest: None, calendar: Tz::America__New_York.into(), business: BusinessDays::default() };
        let filter: Filter = serde_json::from_value(json!({"member": "f.x", "operator": operator, "values": values})).unwrap();
        build(&filter, &reference, 3, &mut |_| Ok((col("x"), column_type)))
    }

    #[test]
    fn a_day_that_times_are_compared_with_is_whole() {
        let x = || col("x");
        let at = |text: &str| instant(text.parse::<DateTime<Utc>>().unwrap().timestamp_micros());
        let since = |text: &str| x().gt_eq(at(text));
        let before = |text: &str| x().lt(at(text));
        let (begins, ends) = ("2013-01-31T05:00:00Z", "2013-02-01T05:00:00Z");
        let on = || since(begins).and(before(ends));
        let off = || before(begins).or(since(ends));
        for (operator, values, expected) in [
            ("gt", json!(["2013-01-31"]), since(ends)),
            ("gte", json!(["2013-01-31"]), since(begins)),
            ("lt", json!(["2013-01-31"]), before(begins)),
            ("lte", json!(["2013-01-31"]), before(ends)),
            ("between", json!(["2013-01-31", "2013-01-31"]), on()),
            ("between", json!(["2013-01-31T00:00", "2013-01-31"]), on()),
            ("notBetween", json!(["2013-01-31", "2013-01-31"]), off().or(x().is_null())),
            // What is rounded, and what is written to few digits of a second.
            ("gt", json!(["now/d"]), since("2013-03-15T04:00:00Z")),
            ("lte", json!(["now-1d/d"]), before("2013-03-14T04:00:00Z")),
            ("lte", json!(["2013-01-31T05:00:00.5Z"]), before("2013-01-31T05:00:00.6Z")),
            // Instants are compared as they are.
            ("gt", json!(["now"]), x().gt(at("2013-03-14T15:09:26Z"))),
            ("lte", json!(["now-1d"]), x().lt_eq(at("2013-03-13T15:09:26Z"))),
            ("gt", json!(["2013-01-31T05:00:00Z"]), x().gt(at(begins))),
            ("lte", json!(["2013-01-31T00:00"]), x().lt_eq(at(begins))),
            // There was no half past two on that day.
            ("gt", json!(["2013-03-10T02:30"]), since("2013-03-10T07:00:00Z")),
            ("lte", json!(["2013-03-10T02:30"]), before("2013-03-10T07:00:00Z")),
            ("equals", json!(["2013-01-31"]), on()),
            ("equals", json!([null, "2013-01-31"]), on().or(x().is_null())),
            ("notEquals", json!(["2013-01-31"]), off().or(x().is_null())),
            ("notEquals", json!([null, "2013-01-31"]), off().and(x().is_not_null())),
            ("equals", json!(["2013-01-31T00:00", "2013-01-31"]), on().or(in_list(x(), vec![at(begins)], false))),
            ("notEquals", json!(["2013-01-31T00:00", "2013-01-31"]), off().and(in_list(x(), vec![at(begins)], true)).or(x().is_null())),
        ] {
            assert_eq!(built(operator, &values, ColumnType::Timestamp), expected, "{operator} {values}");
        }
        // A date is a value of its own.
        let day = || lit(ScalarValue::Date32(Some("2013-01-31".parse::<NaiveDate>().unwrap().to_epoch_days())));
        assert_eq!(built("gt", &json!(["2013-01-31"]), ColumnType::Date), x().gt(day()));
        // Its midnight is the same one, in every zone.
        for midnight in ["2013-01-31T00:00:00.000", "2013-01-31T00:00", "2013-01-31 00:00:00"] {
            assert_eq!(built("gt", &json!([midnight]), ColumnType::Date), x().gt(day()), "{midnight}");
            assert_eq!(built("equals", &json!([midnight]), ColumnType::Date), in_list(x(), vec![day()], false), "{midnight}");
        }
    }

    #[test]
    fn a_date_has_no_time_of_day() {
        for text in ["2013-01-31T10:00:00.000", "2013-01-31T00:00:00Z", "2013-01-31T00:00:00+01:00", "now", "now/d", "January"] {
            for operator in ["equals", "gt", "between"] {
                let values = if operator == "between" { json!([text, text]) } else { json!([text]) };
                let error = try_built(operator, &values, ColumnType::Date).unwrap_err();
                assert!(error.message().contains("write a day such as 2024-01-31"), "{operator} {text}: {error}");
            }
        }
    }
}
