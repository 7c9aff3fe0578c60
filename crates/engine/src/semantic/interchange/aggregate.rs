//! Aggregates written as SQL, taken apart: `sum(a) / count(*)` is two measures and a formula over them.

use datafusion::sql::sqlparser::ast::helpers::attached_token::AttachedToken;
use datafusion::sql::sqlparser::ast::{BinaryOperator, CaseWhen, DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Value, ValueWithSpan};

use super::sql::{self, Names, Over, Reason};
use crate::semantic::generate::humanised;
use crate::semantic::model::{Measure, MeasureKind};

/// Measures of a model at most, those that are made for parts of others among them.
const MEASURES_MAX: usize = 5_000;
/// Levels above an aggregate in an expression.
const DEPTH_MAX: usize = 32;

/// What a division means here, for a note where another database may do it otherwise.
pub(super) const DIVISION: &str = "a division is one of fractions here, and by zero it is nothing; some databases cut off the fraction between whole numbers";

/// What an expression over groups comes down to.
#[derive(Debug)]
pub(super) struct Metric {
    /// The aggregates, in the order in which they stand.
    aggregates: Vec<Aggregate>,
    /// The expression over them, each as a column `{#0}`, `{#1}`, …
    formula: Expr,
    /// Whether a division keeps its fraction here that another database may cut off.
    pub divides_whole_numbers: bool,
}

#[derive(Debug)]
struct Aggregate {
    kind: MeasureKind,
    over: Option<Expr>,
}

/// Reads an expression over groups. Names are those of rows.
pub(super) fn read(text: &str, names: Names<'_>) -> Result<Metric, Reason> {
    if text.contains("{#") {
        return Err("its names have a brace".to_owned());
    }
    let mut formula = sql::parse(text)?;
    let mut aggregates = Vec::new();
    lift(&mut formula, &mut aggregates, names, DEPTH_MAX)?;
    if aggregates.is_empty() {
        return Err(format!("{} holds no aggregate that is known here (count, sum, avg, min, max)", sql::shortened(text)));
    }
    sql::check(&mut formula, Over::Measures, &mut |parts| match parts {
        [one] if one.value.starts_with("{#") => Ok(Expr::Identifier(one.clone())),
        _ => Err("it mixes columns of rows with aggregates".to_owned()),
    })?;
    let divides_whole_numbers = sql::divides_whole_numbers(&formula);
    Ok(Metric { aggregates, formula, divides_whole_numbers })
}

impl Metric {
    /// The measures that it is: the last has the name, those before it are what it is computed from. One that `known` holds
    /// already is used and not made again; `taken` says which names are not free.
    pub(super) fn measures(self, name: &str, label: &str, known: &[Measure], taken: &dyn Fn(&str) -> bool) -> Result<Vec<Measure>, Reason> {
        let single = sql::as_column(&self.formula).is_some();
        let mut made: Vec<Measure> = Vec::new();
        let mut names = Vec::new();
        for (position, aggregate) in self.aggregates.into_iter().enumerate() {
            let measure = aggregate.measure();
            if single {
                return Ok(vec![Measure { name: name.to_owned(), label: label.to_owned(), ..measure }]);
            }
            if let Some(same) = known.iter().chain(&made).find(|other| counts_the_same(other, &measure)) {
                names.push(same.name.clone());
                continue;
            }
            if known.len() + made.len() >= MEASURES_MAX {
                return Err(format!("it would make more than {MEASURES_MAX} measures of the model"));
            }
            let part = format!("{name}_part_{}", position + 1);
            if taken(&part) {
                return Err(format!("it needs a measure {part} for a part of it, and there is one of that name"));
            }
            names.push(part.clone());
            made.push(Measure { label: humanised(&part), name: part, ..measure });
        }
        let whole = match ratio(&self.formula, &names) {
            Some((above, below)) => Measure { kind: MeasureKind::Ratio, measure: Some(above), denominator: Some(below), ..Measure::default() },
            None => {
                let mut text = self.formula.to_string();
                for (position, name) in names.iter().enumerate() {
                    text = text.replace(&format!("\"{{#{position}}}\""), &format!("{{{name}}}"));
                }
                Measure { kind: MeasureKind::Number, expression: Some(text), ..Measure::default() }
            }
        };
        made.push(Measure { name: name.to_owned(), label: label.to_owned(), ..whole });
        Ok(made)
    }
}

/// Whether two measures are the same number, whatever they are called.
pub(super) fn counts_the_same(left: &Measure, right: &Measure) -> bool {
    left.kind == right.kind
        && (&left.column, &left.expression, &left.filters) == (&right.column, &right.expression, &right.filters)
        && (&left.measure, &left.denominator, left.span) == (&right.measure, &right.denominator, right.span)
        && (left.quantile, &left.by, left.carry, &left.within) == (right.quantile, &right.by, right.carry, &right.within)
}

impl Aggregate {
    fn measure(self) -> Measure {
        let column = self.over.as_ref().and_then(sql::as_column).map(str::to_owned);
        let expression = if column.is_some() { None } else { self.over.map(|over| over.to_string()) };
        Measure { kind: self.kind, column, expression, ..Measure::default() }
    }
}

/// Takes the aggregates out of an expression and leaves columns in their places.
fn lift(expression: &mut Expr, found: &mut Vec<Aggregate>, names: Names<'_>, depth: usize) -> Result<(), Reason> {
    let Some(depth) = depth.checked_sub(1) else { return Err("the expression is nested too deep".to_owned()) };
    match expression {
        Expr::Function(function) => {
            if let Some(aggregate) = aggregate(function, names)? {
                let place = Ident::with_quote('"', format!("{{#{}}}", found.len()));
                found.push(aggregate);
                *expression = Expr::Identifier(place);
                return Ok(());
            }
            let FunctionArguments::List(list) = &mut function.args else { return Ok(()) };
            for argument in &mut list.args {
                if let FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) = argument {
                    lift(argument, found, names, depth)?;
                }
            }
            Ok(())
        }
        Expr::Nested(inner) | Expr::UnaryOp { expr: inner, .. } | Expr::Cast { expr: inner, .. } => lift(inner, found, names, depth),
        Expr::BinaryOp { left, right, .. } => {
            lift(left, found, names, depth)?;
            lift(right, found, names, depth)
        }
        _ => Ok(()),
    }
}

/// A function as an aggregate, when it is one that is known.
fn aggregate(function: &mut Function, names: Names<'_>) -> Result<Option<Aggregate>, Reason> {
    let kind = match sql::name_of(function).as_deref() {
        Some("count") => MeasureKind::Count,
        Some("sum") => MeasureKind::Sum,
        Some("avg") => MeasureKind::Avg,
        Some("min") => MeasureKind::Min,
        Some("max") => MeasureKind::Max,
        Some("approx_count_distinct") => MeasureKind::CountDistinctApprox,
        _ => return Ok(None),
    };
    let shown = sql::shortened(&function.to_string());
    let FunctionArguments::List(list) = &mut function.args else { return Err(format!("{shown} has no arguments")) };
    if function.over.is_some() || function.null_treatment.is_some() || !function.within_group.is_empty() || !list.clauses.is_empty() {
        return Err(format!("{shown} is more than an aggregate"));
    }
    let kind = match (&list.duplicate_treatment, kind) {
        (None | Some(DuplicateTreatment::All), kind) => kind,
        (Some(DuplicateTreatment::Distinct), MeasureKind::Count) => MeasureKind::CountDistinct,
        // Of what is distinct the least and the greatest are the same.
        (Some(DuplicateTreatment::Distinct), kind @ (MeasureKind::Min | MeasureKind::Max)) => kind,
        _ => return Err(format!("{shown}: only count takes distinct values here")),
    };
    let [FunctionArg::Unnamed(argument)] = list.args.as_mut_slice() else { return Err(format!("{shown} takes one argument here")) };
    let over = match argument {
        FunctionArgExpr::Wildcard if kind == MeasureKind::Count => None,
        FunctionArgExpr::Expr(over) => {
            sql::check(over, Over::Row, names)?;
            Some(over.clone())
        }
        other => return Err(format!("{shown}: {other} is no column")),
    };
    // `count(1)` counts rows, as every constant that is not null does.
    let over = over.filter(|over| !(kind == MeasureKind::Count && matches!(over, Expr::Value(ValueWithSpan { value, .. }) if *value != Value::Null)));
    let Some(condition) = &mut function.filter else { return Ok(Some(Aggregate { kind, over })) };
    sql::check(condition, Over::Row, names)?;
    Ok(Some(Aggregate { kind, over: Some(only_where((**condition).clone(), over)) }))
}

/// What an aggregate with a condition is over: a row that does not hold has no value. Without a value rows are counted.
pub(super) fn only_where(condition: Expr, value: Option<Expr>) -> Expr {
    let value = value.unwrap_or_else(|| Expr::Value(Value::Number("1".to_owned(), false).into()));
    Expr::Case { case_token: AttachedToken::empty(), end_token: AttachedToken::empty(), operand: None, conditions: vec![CaseWhen { condition, result: value }], else_result: None }
}

/// `{#0} / {#1}`, also where the divisor is kept from being zero and the fraction is kept: dividing measures does both anyway.
fn ratio(formula: &Expr, names: &[String]) -> Option<(String, String)> {
    match formula {
        Expr::Nested(inner) => ratio(inner, names),
        Expr::BinaryOp { left, op: BinaryOperator::Divide, right } => Some((measure(left, names)?, divisor(right, names)?)),
        _ => None,
    }
}

fn measure(part: &Expr, names: &[String]) -> Option<String> {
    match part {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => measure(inner, names),
        Expr::Identifier(ident) => names.get(ident.value.strip_prefix("{#")?.strip_suffix('}')?.parse::<usize>().ok()?).cloned(),
        _ => None,
    }
}

/// The same below the line, where it may be kept from being zero: above it, that would make zero nothing.
fn divisor(part: &Expr, names: &[String]) -> Option<String> {
    match part {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => divisor(inner, names),
        Expr::Function(function) if sql::name_of(function).as_deref() == Some("nullif") => match &function.args {
            FunctionArguments::List(list) => match list.args.as_slice() {
                [FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)), FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(zero)))]
                    if zero.value == Value::Number("0".to_owned(), false) =>
                {
                    divisor(inner, names)
                }
                _ => None,
            },
            _ => None,
        },
        other => measure(other, names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measures(text: &str, known: &[Measure]) -> Result<Vec<Measure>, Reason> {
        let mut names = |parts: &[Ident]| match parts {
            [one] => Ok(sql::column(&one.value)),
            _ => Err("two parts".to_owned()),
        };
        read(text, &mut names)?.measures("m", "M", known, &|_| false)
    }

    fn told(measures: &[Measure]) -> Vec<String> {
        let of = |measure: &Measure| {
            let over = measure.column.clone().or_else(|| measure.expression.clone()).unwrap_or_default();
            let ratio = measure.measure.iter().chain(&measure.denominator).cloned().collect::<Vec<_>>().join("/");
            format!("{} {:?} {over}{ratio}", measure.name, measure.kind)
        };
        measures.iter().map(of).collect()
    }

    #[test]
    fn aggregates_become_measures() {
        for (text, expected) in [
            ("COUNT(*)", vec!["m Count "]),
            ("count(1)", vec!["m Count "]),
            ("count(id)", vec!["m Count id"]),
            ("COUNT(DISTINCT x)", vec!["m CountDistinct x"]),
            ("approx_count_distinct(x)", vec!["m CountDistinctApprox x"]),
            ("(SUM(a * b))", vec!["m Sum a * b"]),
            ("max(a)", vec!["m Max a"]),
            ("min(distinct a)", vec!["m Min a"]),
            ("avg(case when a > 1 then b end)", vec!["m Avg CASE WHEN a > 1 THEN b END"]),
            ("sum(b) filter (where a > 1)", vec!["m Sum CASE WHEN a > 1 THEN b END"]),
            ("count(*) filter (where a > 1)", vec!["m Count CASE WHEN a > 1 THEN 1 END"]),
            ("sum(a) / count(*)", vec!["m_part_1 Sum a", "m_part_2 Count ", "m Ratio m_part_1/m_part_2"]),
            ("sum(a) / nullif(sum(b), 0)", vec!["m_part_1 Sum a", "m_part_2 Sum b", "m Ratio m_part_1/m_part_2"]),
            ("cast(sum(a) as double) / sum(a)", vec!["m_part_1 Sum a", "m Ratio m_part_1/m_part_1"]),
            ("100.0 * sum(a) / sum(b)", vec!["m_part_1 Sum a", "m_part_2 Sum b", "m Number 100.0 * {m_part_1} / {m_part_2}"]),
            ("coalesce(sum(a), 0) - sum(b)", vec!["m_part_1 Sum a", "m_part_2 Sum b", "m Number coalesce({m_part_1}, 0) - {m_part_2}"]),
        ] {
            assert_eq!(told(&measures(text, &[]).expect(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_measure_that_is_there_is_used() {
        let known = Measure { name: "rows".into(), label: "Rows".into(), kind: MeasureKind::Count, ..Measure::default() };
        assert_eq!(told(&measures("sum(a) / count(*)", &[known]).unwrap()), ["m_part_1 Sum a", "m Ratio m_part_1/rows"]);
    }

    #[test]
    fn what_is_no_such_aggregate_is_refused_with_a_reason() {
        for (text, reason) in [
            ("a", "no aggregate"),
            ("median(a)", "no aggregate"),
            ("sum(distinct a)", "distinct"),
            ("sum(a) over ()", "more than"),
            ("sum(a) + b", "mixes"),
            ("sum(sum(a))", "aggregate"),
            ("count(a, b)", "one argument"),
            ("sum(a / b)", "whole numbers"),
            ("sum(a)::int", "cast"),
            ("sum(t.a)", "two parts"),
            ("sum(*)", "no column"),
            ("sum(a) filter (where now() > b)", "now()"),
        ] {
            let refused = measures(text, &[]).expect_err(text);
            assert!(refused.contains(reason), "{text}: {refused}");
        }
        assert!(measures(&("(".repeat(200) + "sum(a)" + &")".repeat(200)), &[]).is_err());
        assert!(measures(&("sum(a)+".repeat(200) + "1"), &[]).is_err());
    }

    #[test]
    fn a_division_that_may_be_of_whole_numbers_is_seen() {
        let mut names = |parts: &[Ident]| parts.first().map(|part| sql::column(&part.value)).ok_or_else(String::new);
        assert!(read("sum(a) / count(*)", &mut names).unwrap().divides_whole_numbers);
        assert!(!read("1.0 * sum(a) / count(*)", &mut names).unwrap().divides_whole_numbers);
    }
}
