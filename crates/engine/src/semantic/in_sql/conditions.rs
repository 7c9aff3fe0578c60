//! The WHERE of a SELECT over a view as filters of a question. A condition of SQL is met where it is true, and neither where it is
//! false nor where a value is missing; the filters that stand for it are met by the same rows. What cannot be said so is refused.

use std::cell::RefCell;
use std::collections::BTreeSet;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, TypedString, UnaryOperator, Value as SqlValue,
};
use serde_json::{Number, Value};

use super::blocks::{Kind, Shown};
use super::calls::is_call;
use super::meant;
use crate::catalog::ColumnType;
use crate::error::{Error, Result};
use crate::functions::is_business_day::NAME as BUSINESS_DAY;
use crate::semantic::absolute::written;
use crate::semantic::query::{Condition, Filter, Operator};

/// What to do about a condition that no filter stands for.
const INSTEAD: &str = "in WHERE a view is filtered by comparing its dimensions with values: =, <>, <, >, between, in, ilike 'x%', is null, is_business_day(x), and, or, not; \
                       what is grouped by may be compared in any way in HAVING, or in a SELECT around this one";

/// What a WHERE comes to.
#[derive(Default)]
pub(super) struct Where {
    pub filters: Vec<Filter>,
    /// Named filters.
    pub segments: Vec<String>,
    /// The time zones whose days it looks at; `None` is that of who asks.
    pub zones: BTreeSet<Option<String>>,
}

/// The filters and the named filters that a WHERE comes to. `called`: what the view is called in its SELECT. `zone`: that of who asks.
///
/// # Errors
/// `Invalid` for a condition that cannot be said as filters, with what to write instead.
pub(super) fn conditions(condition: &Expr, shown: &Shown, called: &str, zone: &str) -> Result<Where> {
    let reading = Reading { shown, called, zone, zones: RefCell::default() };
    let (mut filters, mut segments) = (Vec::new(), Vec::new());
    for part in parts(condition, &BinaryOperator::And) {
        match reading.segment(part) {
            Some(segment) => segments.push(segment),
            None => filters.push(reading.filter(part, false)?),
        }
    }
    Ok(Where { filters, segments, zones: reading.zones.into_inner() })
}

/// What an operator joins, however long the chain is.
fn parts<'e>(expr: &'e Expr, operator: &BinaryOperator) -> Vec<&'e Expr> {
    let (mut found, mut rest) = (Vec::new(), vec![expr]);
    while let Some(expr) = rest.pop() {
        match expr {
            Expr::Nested(inner) => rest.push(inner),
            Expr::BinaryOp { left, op, right } if op == operator => rest.extend([&**right, &**left]),
            other => found.push(other),
        }
    }
    found
}

struct Reading<'a> {
    shown: &'a Shown,
    called: &'a str,
    zone: &'a str,
    zones: RefCell<BTreeSet<Option<String>>>,
}

/// A dimension that is compared.
struct Compared {
    member: String,
    column_type: ColumnType,
}

impl Reading<'_> {
    /// The named filter that a condition is.
    fn segment(&self, expr: &Expr) -> Option<String> {
        let name = self.shown.name_of(expr, self.called)?;
        (!matches!(self.shown.kind(&name), Some(Kind::Dimension(_))) && self.shown.has_segment(&name)).then(|| self.shown.member(&name))
    }

    fn filter(&self, expr: &Expr, negated: bool) -> Result<Filter> {
        match expr {
            Expr::Nested(inner) => self.filter(inner, negated),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => self.filter(expr, !negated),
            Expr::BinaryOp { op: op @ (BinaryOperator::And | BinaryOperator::Or), .. } => {
                let parts = parts(expr, op).into_iter().map(|part| self.filter(part, negated)).collect::<Result<Vec<_>>>()?;
                Ok(if (*op == BinaryOperator::And) == negated { Filter::Or { or: parts } } else { Filter::And { and: parts } })
            }
            Expr::BinaryOp { left, op, right } => self.comparison(left, op, right, negated),
            Expr::IsNull(inner) => Ok(self.compared(inner)?.is_set(negated)),
            Expr::IsNotNull(inner) => Ok(self.compared(inner)?.is_set(!negated)),
            Expr::IsTrue(inner) => self.flag(inner, true, !negated),
            Expr::IsNotTrue(inner) => self.flag(inner, true, negated),
            Expr::IsFalse(inner) => self.flag(inner, false, !negated),
            Expr::IsNotFalse(inner) => self.flag(inner, false, negated),
            Expr::IsNotDistinctFrom(left, right) => self.same(left, right, !negated),
            Expr::IsDistinctFrom(left, right) => self.same(left, right, negated),
            Expr::InList { expr, list, negated: not } => {
                let compared = self.compared(expr)?;
                let values = list.iter().map(|value| compared.value(value)).collect::<Result<Vec<_>>>()?;
                Ok(compared.among(values, *not == negated))
            }
            Expr::Between { expr, negated: not, low, high } => {
                let compared = self.compared(expr)?;
                let values = vec![compared.value(low)?, compared.value(high)?];
                Ok(if *not == negated {
                    compared.condition(Operator::Between, values)
                } else {
                    // Rows without a value are not outside either.
                    Filter::And { and: vec![compared.condition(Operator::NotBetween, values), compared.condition(Operator::Set, Vec::new())] }
                })
            }
            Expr::ILike { negated: not, any: false, expr, pattern, escape_char: None } => self.like(expr, pattern, *not == negated),
            Expr::Like { expr, .. } => {
                let compared = self.compared(expr)?;
                Err(Error::invalid(format!("{}: filters of a view do not look at the case of letters; write ILIKE", compared.member)))
            }
            Expr::Function(call) if is_plain(call, BUSINESS_DAY) => self.business_day(call, negated),
            // A dimension that is a truth by itself.
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
                let compared = self.compared(expr)?;
                compared.of_truths()?;
                Ok(compared.among(vec![Value::Bool(!negated)], true))
            }
            other => Err(self.refused(other)),
        }
    }

    fn comparison(&self, left: &Expr, op: &BinaryOperator, right: &Expr, negated: bool) -> Result<Filter> {
        let flipped = self.shown.name_of(bare(left), self.called).is_none() && self.shown.name_of(bare(right), self.called).is_some();
        let (member, value) = if flipped { (right, left) } else { (left, right) };
        let compared = self.compared(member)?;
        let operator = match (op, flipped) {
            (BinaryOperator::Eq, _) => Operator::Equals,
            (BinaryOperator::NotEq, _) => Operator::NotEquals,
            (BinaryOperator::Lt, false) | (BinaryOperator::Gt, true) => Operator::Lt,
            (BinaryOperator::LtEq, false) | (BinaryOperator::GtEq, true) => Operator::Lte,
            (BinaryOperator::Gt, false) | (BinaryOperator::Lt, true) => Operator::Gt,
            (BinaryOperator::GtEq, false) | (BinaryOperator::LtEq, true) => Operator::Gte,
            _ => return Err(Error::invalid(format!("{} {op}: {INSTEAD}", compared.member))),
        };
        let value = compared.value(value)?;
        Ok(match (operator, negated) {
            (Operator::Equals, _) => compared.among(vec![value], !negated),
            (Operator::NotEquals, _) => compared.among(vec![value], negated),
            (operator, false) => compared.condition(operator, vec![value]),
            (Operator::Lt, true) => compared.condition(Operator::Gte, vec![value]),
            (Operator::Lte, true) => compared.condition(Operator::Gt, vec![value]),
            (Operator::Gt, true) => compared.condition(Operator::Lte, vec![value]),
            (_, true) => compared.condition(Operator::Lt, vec![value]),
        })
    }

    /// `x is true` and the like, which know no missing value.
    fn flag(&self, expr: &Expr, flag: bool, is: bool) -> Result<Filter> {
        let compared = self.compared(expr)?;
        compared.of_truths()?;
        Ok(compared.condition(if is { Operator::Equals } else { Operator::NotEquals }, vec![Value::Bool(flag)]))
    }

    /// `x is not distinct from 1`: a missing value is distinct from every one.
    fn same(&self, left: &Expr, right: &Expr, is: bool) -> Result<Filter> {
        let compared = self.compared(left)?;
        let value = compared.value(right)?;
        Ok(compared.condition(if is { Operator::Equals } else { Operator::NotEquals }, vec![value]))
    }

    /// `is_business_day(at)`, `is_business_day(at, 'Europe/Oslo')`: rows without a time are on no day, whether it is worked or not.
    fn business_day(&self, call: &Function, negated: bool) -> Result<Filter> {
        let (time, zone) = match arguments(call).as_slice() {
            [time] => (*time, None),
            [time, zone] => (*time, Some(*zone)),
            _ => return Err(Error::invalid(format!("{BUSINESS_DAY} takes a time, and a time zone as a text in quotes"))),
        };
        let compared = self.compared(time)?;
        let zone = match zone.map(|zone| text_of(zone).ok_or(zone)) {
            Some(Err(zone)) => return Err(Error::invalid(format!("the time zone of {BUSINESS_DAY} is a text in quotes, not {zone}"))),
            Some(Ok(zone)) => Some(zone),
            None => None,
        };
        match compared.column_type {
            // A date is its own day in every zone.
            ColumnType::Date => {}
            ColumnType::Timestamp => {
                self.zones.borrow_mut().insert(zone.filter(|zone| *zone != self.zone).map(str::to_owned));
            }
            other => return Err(Error::invalid(format!("{} is of type {other}; {BUSINESS_DAY} takes a timestamp or a date", compared.member))),
        }
        Ok(compared.condition(if negated { Operator::OffBusinessDays } else { Operator::OnBusinessDays }, Vec::new()))
    }

    fn like(&self, expr: &Expr, pattern: &Expr, is: bool) -> Result<Filter> {
        let compared = self.compared(expr)?;
        let Some(pattern) = text_of(pattern).filter(|_| compared.column_type == ColumnType::String) else {
            return Err(Error::invalid(format!("{}: ILIKE compares a text with a pattern in quotes", compared.member)));
        };
        let begins = pattern.strip_suffix('%');
        let (inner, operator, not) = match (begins, pattern.strip_prefix('%')) {
            (Some(begins), Some(_)) if pattern.len() > 1 => (begins.get(1..).unwrap_or_default(), Operator::Contains, Operator::NotContains),
            (Some(begins), None) => (begins, Operator::StartsWith, Operator::NotStartsWith),
            (None, Some(ends)) => (ends, Operator::EndsWith, Operator::NotEndsWith),
            _ => ("", Operator::Contains, Operator::NotContains),
        };
        if inner.is_empty() || inner.contains(['%', '_', '\\']) {
            return Err(Error::invalid(format!("{}: filters of a view know the patterns 'x%', '%x' and '%x%', where x has no %, _ and \\", compared.member)));
        }
        let value = Value::String(inner.to_owned());
        Ok(if is { compared.condition(operator, vec![value]) } else { compared.condition(not, vec![value, Value::Null]) })
    }

    /// The dimension that stands on one side.
    fn compared(&self, expr: &Expr) -> Result<Compared> {
        let expr = bare(expr);
        let Some(name) = self.shown.name_of(expr, self.called) else { return Err(self.refused(expr)) };
        match self.shown.kind(&name) {
            Some(Kind::Dimension(column_type)) => Ok(Compared { member: self.shown.member(&name), column_type }),
            Some(Kind::Measure) => Err(Error::invalid(format!("{} is a measure, which groups have; compare measure({name}) in HAVING", self.shown.member(&name)))),
            None if self.shown.has_segment(&name) => {
                Err(Error::invalid(format!("{} is a named filter, which holds as a whole: write it alone or with AND, as in where {name} and …", self.shown.member(&name))))
            }
            None => Err(self.shown.unknown(&name)),
        }
    }

    fn refused(&self, expr: &Expr) -> Error {
        match expr {
            Expr::Function(call) if is_call(call) => Error::invalid("WHERE looks at rows, and groups have measures; compare a measure in HAVING"),
            _ => Error::invalid(format!("view {}: {INSTEAD}", self.shown.view())),
        }
    }
}

impl Compared {
    fn condition(&self, operator: Operator, values: Vec<Value>) -> Filter {
        Filter::Condition(Condition { member: self.member.clone(), operator, values })
    }

    fn is_set(&self, set: bool) -> Filter {
        self.condition(if set { Operator::Set } else { Operator::NotSet }, Vec::new())
    }

    /// One of some values, or a value that is none of them.
    fn among(&self, mut values: Vec<Value>, is: bool) -> Filter {
        if !is {
            values.push(Value::Null);
        }
        self.condition(if is { Operator::Equals } else { Operator::NotEquals }, values)
    }

    fn of_truths(&self) -> Result<()> {
        if self.column_type == ColumnType::Boolean {
            return Ok(());
        }
        Err(Error::invalid(format!("{} is of type {}, and a condition by itself is true or false; compare it with a value", self.member, self.column_type)))
    }

    /// A literal as the value of a filter: of the dimension's own type, so that it means the same there.
    fn value(&self, expr: &Expr) -> Result<Value> {
        let (expr, minus) = match bare(expr) {
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => (bare(expr), "-"),
            other => (other, ""),
        };
        let found = match (self.column_type, expr) {
            (ColumnType::Integer | ColumnType::Float, Expr::Value(value)) => match &value.value {
                SqlValue::Number(number, _) => number_of(&format!("{minus}{number}")),
                _ => None,
            },
            _ if !minus.is_empty() => None,
            (ColumnType::Boolean, Expr::Value(value)) => match value.value {
                SqlValue::Boolean(flag) => Some(Value::Bool(flag)),
                _ => None,
            },
            (ColumnType::String, Expr::Value(_)) => text_of(expr).map(|text| Value::String(text.to_owned())),
            (ColumnType::Date, _) => text_of(expr).and_then(day_of),
            (ColumnType::Timestamp, _) => text_of(expr).and_then(instant_of),
            _ => None,
        };
        found.ok_or_else(|| {
            let written = match self.column_type {
                ColumnType::Date => "a day: '2024-01-31'",
                ColumnType::Timestamp => "an instant: '2024-01-31', '2024-01-31 12:00:00' or '2024-01-31T12:00:00Z', of UTC where it names no zone",
                ColumnType::Integer | ColumnType::Float => "a number",
                ColumnType::Boolean => "true or false",
                _ => "a text in quotes",
            };
            Error::invalid(format!("{} is of type {} and is compared with {written}; for missing values write IS NULL", self.member, self.column_type))
        })
    }
}

/// Whether something is a call of a function by its name, and nothing more.
fn is_plain(call: &Function, name: &str) -> bool {
    let named = matches!(call.name.0.as_slice(), [part] if part.as_ident().is_some_and(|part| meant(part) == name));
    named && call.over.is_none() && call.filter.is_none()
}

fn arguments(call: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, .. }) = &call.args else { return Vec::new() };
    args.iter().filter_map(|arg| if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg { Some(expr) } else { None }).collect()
}

fn bare(mut expr: &Expr) -> &Expr {
    while let Expr::Nested(inner) = expr {
        expr = inner;
    }
    expr
}

/// A text in quotes, also one that is said to be a time.
pub(super) fn text_of(expr: &Expr) -> Option<&str> {
    let of_time = |data_type: &DataType| matches!(data_type, DataType::Date | DataType::Timestamp(..));
    let value = match bare(expr) {
        Expr::Value(value) => &value.value,
        Expr::TypedString(TypedString { data_type, value, .. }) if of_time(data_type) => &value.value,
        Expr::Cast { expr, data_type, .. } if of_time(data_type) => match bare(expr) {
            Expr::Value(value) => &value.value,
            _ => return None,
        },
        _ => return None,
    };
    // A date drops the time of day of a text, which would mean another instant here.
    let is_date = matches!(bare(expr), Expr::TypedString(TypedString { data_type: DataType::Date, .. }) | Expr::Cast { data_type: DataType::Date, .. });
    match value {
        SqlValue::SingleQuotedString(text) if !is_date || day_of(text).is_some() => Some(text),
        _ => None,
    }
}

fn number_of(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Value::Number(whole.into()));
    }
    // A whole number that is larger would be rounded.
    let fraction = text.contains(['.', 'e', 'E']).then(|| text.parse::<f64>().ok()).flatten()?;
    Number::from_f64(fraction).map(Value::Number)
}

fn day_of(text: &str) -> Option<Value> {
    let day: chrono::NaiveDate = text.trim().parse().ok()?;
    Some(Value::String(day.to_string()))
}

/// An instant with its zone: the zone and the calendar of the question do not move it.
fn instant_of(text: &str) -> Option<Value> {
    let text = text.trim();
    let written = |instant: chrono::DateTime<chrono::Utc>| Value::String(written(instant));
    if let Ok(day) = text.parse::<chrono::NaiveDate>() {
        return Some(written(day.and_time(chrono::NaiveTime::MIN).and_utc()));
    }
    if let Ok(instant) = chrono::DateTime::parse_from_rfc3339(text) {
        return Some(written(instant.to_utc()));
    }
    let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    forms.iter().find_map(|form| chrono::NaiveDateTime::parse_from_str(text, form).ok()).map(|local| written(local.and_utc()))
}

/// What a name in quotes or without is.
pub(super) fn names_of(expr: &Expr) -> Option<Vec<String>> {
    match expr {
        Expr::Identifier(name) => Some(vec![meant(name)]),
        Expr::CompoundIdentifier(names) => Some(names.iter().map(meant).collect()),
        _ => None,
    }
}
