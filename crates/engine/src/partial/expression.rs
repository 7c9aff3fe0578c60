//! Expressions of a fragment as plain data, for the way to another process: a list of nodes, each after its parts, with
//! literals and types in tables beside it. Neither writing nor reading recurses, so that no depth of an expression (or of
//! bytes that somebody made up) can exhaust a stack.
//!
//! What would not certainly be the same over there is refused when it is written: a function that the registry of the
//! engine does not know under its name, a literal with metadata, everything that a fragment does not hold anyway.

use arrow::datatypes::FieldRef;
use datafusion::catalog::Session;
use datafusion::common::Column;
use datafusion::logical_expr::expr::{AggregateFunction, Cast, InList, Like, ScalarFunction, TryCast};
use datafusion::logical_expr::{Between, BinaryExpr, Case, Expr, Operator};
use datafusion::scalar::ScalarValue;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::functions::business_day::BusinessDay;
use crate::functions::date_bucket::DateBucket;
use crate::functions::time_bucket::TimeBucket;
use crate::functions::whole_arithmetic::WholeArithmetic;
use crate::semantic::business::BusinessDays;
use crate::semantic::calendar::Calendar;
use crate::semantic::interval::Interval;

/// Nodes of one expression at most, as in a fragment.
const NODES_MAX: usize = 10_000;
/// Levels of one expression at most: dropping an expression recurses.
const DEPTH_MAX: usize = 2_000;

/// Operators that SQL over the columns of a dataset can hold, by the names that DataFusion prints.
const OPERATORS: [Operator; 29] = [
    Operator::Eq,
    Operator::NotEq,
    Operator::Lt,
    Operator::LtEq,
    Operator::Gt,
    Operator::GtEq,
    Operator::Plus,
    Operator::Minus,
    Operator::Multiply,
    Operator::Divide,
    Operator::Modulo,
    Operator::And,
    Operator::Or,
    Operator::IsDistinctFrom,
    Operator::IsNotDistinctFrom,
    Operator::RegexMatch,
    Operator::RegexIMatch,
    Operator::RegexNotMatch,
    Operator::RegexNotIMatch,
    Operator::LikeMatch,
    Operator::ILikeMatch,
    Operator::NotLikeMatch,
    Operator::NotILikeMatch,
    Operator::BitwiseAnd,
    Operator::BitwiseOr,
    Operator::BitwiseXor,
    Operator::BitwiseShiftRight,
    Operator::BitwiseShiftLeft,
    Operator::StringConcat,
];

/// What JSON cannot say exactly: values with their types, and the types of casts.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub literals: Vec<ScalarValue>,
    pub types: Vec<FieldRef>,
}

/// One node. Its parts are the expressions that were finished before it and not yet taken, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Node {
    Column(String),
    /// A place in the table of literals.
    Literal(usize),
    Binary(String),
    Unary(Unary),
    Like {
        negated: bool,
        escape: Option<char>,
        ignore_case: bool,
        similar: bool,
    },
    Between {
        negated: bool,
    },
    Case {
        operand: bool,
        branches: usize,
        otherwise: bool,
    },
    /// `to` is a place in the table of types.
    Cast {
        to: usize,
        lenient: bool,
    },
    InList {
        items: usize,
        negated: bool,
    },
    Function {
        name: String,
        arguments: usize,
    },
    TimeBucket {
        /// Its width: the name of a unit, or of several.
        grain: Interval,
        zone: String,
    },
    /// The same over a date.
    DateBucket {
        grain: Interval,
        zone: String,
    },
    /// Whether a day is worked.
    BusinessDay {
        calendar: String,
        days: BusinessDays,
    },
    /// A formula over whole numbers, by its steps.
    WholeArithmetic {
        steps: String,
        arguments: usize,
    },
    Aggregate {
        name: String,
        arguments: usize,
        distinct: bool,
        filter: bool,
    },
}

/// Operators of one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unary {
    Not,
    Negative,
    IsNull,
    IsNotNull,
    IsTrue,
    IsFalse,
    IsUnknown,
    IsNotTrue,
    IsNotFalse,
    IsNotUnknown,
}

impl Node {
    /// How many parts it takes.
    fn arity(&self) -> usize {
        match self {
            Self::Column(_) | Self::Literal(_) => 0,
            Self::Unary(_) | Self::Cast { .. } | Self::TimeBucket { .. } | Self::DateBucket { .. } | Self::BusinessDay { .. } => 1,
            Self::Binary(_) | Self::Like { .. } => 2,
            Self::Between { .. } => 3,
            Self::Case { operand, branches, otherwise } => branches.saturating_mul(2).saturating_add(usize::from(*operand)).saturating_add(usize::from(*otherwise)),
            Self::InList { items, .. } => items.saturating_add(1),
            Self::Function { arguments, .. } | Self::WholeArithmetic { arguments, .. } => *arguments,
            Self::Aggregate { arguments, filter, .. } => arguments.saturating_add(usize::from(*filter)),
        }
    }
}

/// An expression as nodes; its literals and types are added to the tables.
pub(super) fn write(expr: &Expr, session: &dyn Session, tables: &mut Tables) -> Result<Vec<Node>> {
    enum Step<'a> {
        Enter(&'a Expr),
        Leave(Node),
    }
    let mut steps = vec![Step::Enter(expr)];
    let mut nodes = Vec::new();
    while let Some(step) = steps.pop() {
        match step {
            Step::Leave(node) => nodes.push(node),
            Step::Enter(expr) => {
                let (node, parts) = take_apart(expr, session, tables)?;
                steps.push(Step::Leave(node));
                steps.extend(parts.into_iter().rev().map(Step::Enter));
            }
        }
    }
    check_shape(&nodes)?;
    Ok(nodes)
}

/// The expression that nodes say.
pub(super) fn read(nodes: Vec<Node>, session: &dyn Session, tables: &Tables) -> Result<Expr> {
    check_shape(&nodes)?;
    let mut finished: Vec<Expr> = Vec::new();
    for node in nodes {
        let parts = finished.split_off(finished.len().saturating_sub(node.arity()));
        finished.push(put_together(node, Parts(parts.into_iter()), session, tables)?);
    }
    finished.pop().ok_or_else(|| Error::corrupt("an expression without nodes"))
}

/// Whether nodes are one whole expression, not larger and not deeper than one may be.
fn check_shape(nodes: &[Node]) -> Result<()> {
    if nodes.len() > NODES_MAX {
        return Err(Error::exhausted(format!("an expression of {} parts; at most {NODES_MAX} are sent to another engine", nodes.len())));
    }
    let mut depths: Vec<usize> = Vec::new();
    for node in nodes {
        let from = depths.len().checked_sub(node.arity()).ok_or_else(|| Error::corrupt("an expression lacks a part"))?;
        let depth = 1 + depths.drain(from..).max().unwrap_or(0);
        if depth > DEPTH_MAX {
            return Err(Error::exhausted(format!("an expression of more than {DEPTH_MAX} levels is not sent to another engine")));
        }
        depths.push(depth);
    }
    if depths.len() == 1 { Ok(()) } else { Err(Error::corrupt(format!("{} expressions where one is expected", depths.len()))) }
}

fn take_apart<'a>(expr: &'a Expr, session: &dyn Session, tables: &mut Tables) -> Result<(Node, Vec<&'a Expr>)> {
    let unary = |operator: Unary, inner: &'a Expr| Ok((Node::Unary(operator), vec![inner]));
    match expr {
        Expr::Column(Column { relation: None, name, .. }) => Ok((Node::Column(name.clone()), Vec::new())),
        Expr::Literal(value, None) => {
            tables.literals.push(value.clone());
            Ok((Node::Literal(tables.literals.len() - 1), Vec::new()))
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if OPERATORS.contains(op) => Ok((Node::Binary(op.to_string()), vec![left.as_ref(), right.as_ref()])),
        Expr::Not(inner) => unary(Unary::Not, inner),
        Expr::Negative(inner) => unary(Unary::Negative, inner),
        Expr::IsNull(inner) => unary(Unary::IsNull, inner),
        Expr::IsNotNull(inner) => unary(Unary::IsNotNull, inner),
        Expr::IsTrue(inner) => unary(Unary::IsTrue, inner),
        Expr::IsFalse(inner) => unary(Unary::IsFalse, inner),
        Expr::IsUnknown(inner) => unary(Unary::IsUnknown, inner),
        Expr::IsNotTrue(inner) => unary(Unary::IsNotTrue, inner),
        Expr::IsNotFalse(inner) => unary(Unary::IsNotFalse, inner),
        Expr::IsNotUnknown(inner) => unary(Unary::IsNotUnknown, inner),
        Expr::Like(like) => Ok(like_apart(like, false)),
        Expr::SimilarTo(like) => Ok(like_apart(like, true)),
        Expr::Between(Between { expr, negated, low, high }) => Ok((Node::Between { negated: *negated }, vec![expr.as_ref(), low.as_ref(), high.as_ref()])),
        Expr::Case(case) => {
            let node = Node::Case { operand: case.expr.is_some(), branches: case.when_then_expr.len(), otherwise: case.else_expr.is_some() };
            let branches = case.when_then_expr.iter().flat_map(|(when, then)| [when, then]);
            Ok((node, case.expr.iter().chain(branches).chain(&case.else_expr).map(|part| part.as_ref()).collect()))
        }
        Expr::Cast(Cast { expr, field }) => Ok((cast_to(field, false, tables), vec![expr.as_ref()])),
        Expr::TryCast(TryCast { expr, field }) => Ok((cast_to(field, true, tables), vec![expr.as_ref()])),
        Expr::InList(InList { expr, list, negated }) => {
            let node = Node::InList { items: list.len(), negated: *negated };
            Ok((node, std::iter::once(expr.as_ref()).chain(list).collect()))
        }
        Expr::ScalarFunction(call) => {
            let parts = call.args.iter().collect();
            if let Some(bucket) = call.func.inner().downcast_ref::<TimeBucket>() {
                return Ok((Node::TimeBucket { grain: bucket.interval(), zone: bucket.calendar().to_string() }, parts));
            }
            if let Some(bucket) = call.func.inner().downcast_ref::<DateBucket>() {
                return Ok((Node::DateBucket { grain: bucket.interval(), zone: bucket.calendar().to_string() }, parts));
            }
            if let Some(day) = call.func.inner().downcast_ref::<BusinessDay>() {
                return Ok((Node::BusinessDay { calendar: day.calendar().to_string(), days: day.days().clone() }, parts));
            }
            if let Some(formula) = call.func.inner().downcast_ref::<WholeArithmetic>() {
                return Ok((Node::WholeArithmetic { steps: formula.steps().to_owned(), arguments: call.args.len() }, parts));
            }
            let name = call.func.name();
            if session.scalar_functions().get(name) != Some(&call.func) {
                return Err(unknown_function(name));
            }
            Ok((Node::Function { name: name.to_owned(), arguments: call.args.len() }, parts))
        }
        Expr::AggregateFunction(call) if call.params.order_by.is_empty() && call.params.null_treatment.is_none() => {
            let (name, params) = (call.func.name(), &call.params);
            if session.aggregate_functions().get(name) != Some(&call.func) {
                return Err(unknown_function(name));
            }
            let node = Node::Aggregate { name: name.to_owned(), arguments: params.args.len(), distinct: params.distinct, filter: params.filter.is_some() };
            Ok((node, params.args.iter().chain(params.filter.as_deref()).collect()))
        }
        other => Err(Error::invalid(format!("`{other}` has no form in which it could be sent to another engine"))),
    }
}

fn like_apart(like: &Like, similar: bool) -> (Node, Vec<&Expr>) {
    let node = Node::Like { negated: like.negated, escape: like.escape_char, ignore_case: like.case_insensitive, similar };
    (node, vec![like.expr.as_ref(), like.pattern.as_ref()])
}

fn cast_to(field: &FieldRef, lenient: bool, tables: &mut Tables) -> Node {
    tables.types.push(FieldRef::clone(field));
    Node::Cast { to: tables.types.len() - 1, lenient }
}

/// The parts of a node that are not yet taken.
struct Parts(std::vec::IntoIter<Expr>);

impl Parts {
    fn next(&mut self) -> Result<Expr> {
        self.0.next().ok_or_else(|| Error::corrupt("an expression lacks a part"))
    }

    fn boxed(&mut self) -> Result<Box<Expr>> {
        self.next().map(Box::new)
    }

    fn boxed_if(&mut self, there: bool) -> Result<Option<Box<Expr>>> {
        there.then(|| self.boxed()).transpose()
    }

    fn some(&mut self, count: usize) -> Vec<Expr> {
        self.0.by_ref().take(count).collect()
    }
}

fn put_together(node: Node, mut parts: Parts, session: &dyn Session, tables: &Tables) -> Result<Expr> {
    Ok(match node {
        Node::Column(name) => Expr::Column(Column::new_unqualified(name)),
        Node::Literal(place) => Expr::Literal(entry(&tables.literals, place)?.clone(), None),
        Node::Binary(name) => {
            let operator = OPERATORS.iter().find(|operator| operator.to_string() == name).ok_or_else(|| Error::corrupt(format!("there is no operator `{name}`")))?;
            Expr::BinaryExpr(BinaryExpr { left: parts.boxed()?, op: *operator, right: parts.boxed()? })
        }
        Node::Unary(operator) => {
            let inner = parts.boxed()?;
            match operator {
                Unary::Not => Expr::Not(inner),
                Unary::Negative => Expr::Negative(inner),
                Unary::IsNull => Expr::IsNull(inner),
                Unary::IsNotNull => Expr::IsNotNull(inner),
                Unary::IsTrue => Expr::IsTrue(inner),
                Unary::IsFalse => Expr::IsFalse(inner),
                Unary::IsUnknown => Expr::IsUnknown(inner),
                Unary::IsNotTrue => Expr::IsNotTrue(inner),
                Unary::IsNotFalse => Expr::IsNotFalse(inner),
                Unary::IsNotUnknown => Expr::IsNotUnknown(inner),
            }
        }
        Node::Like { negated, escape, ignore_case, similar } => {
            let like = Like { negated, expr: parts.boxed()?, pattern: parts.boxed()?, escape_char: escape, case_insensitive: ignore_case };
            if similar { Expr::SimilarTo(like) } else { Expr::Like(like) }
        }
        Node::Between { negated } => Expr::Between(Between { expr: parts.boxed()?, negated, low: parts.boxed()?, high: parts.boxed()? }),
        Node::Case { operand, branches, otherwise } => Expr::Case(Case {
            expr: parts.boxed_if(operand)?,
            when_then_expr: (0..branches).map(|_| Ok((parts.boxed()?, parts.boxed()?))).collect::<Result<_>>()?,
            else_expr: parts.boxed_if(otherwise)?,
        }),
        Node::Cast { to, lenient } => {
            let (expr, field) = (parts.boxed()?, FieldRef::clone(entry(&tables.types, to)?));
            if lenient { Expr::TryCast(TryCast { expr, field }) } else { Expr::Cast(Cast { expr, field }) }
        }
        Node::InList { items, negated } => Expr::InList(InList { expr: parts.boxed()?, list: parts.some(items), negated }),
        Node::Function { name, arguments } => {
            let function = session.scalar_functions().get(&name).ok_or_else(|| unknown_function(&name))?;
            Expr::ScalarFunction(ScalarFunction { func: function.clone(), args: parts.some(arguments) })
        }
        Node::TimeBucket { grain, zone } => TimeBucket::udf(grain, calendar_of(&zone)?).call(vec![parts.next()?]),
        Node::DateBucket { grain, zone } => DateBucket::udf(grain, calendar_of(&zone)?).call(vec![parts.next()?]),
        Node::BusinessDay { calendar, days } => BusinessDay::udf(calendar_of(&calendar)?, days).call(vec![parts.next()?]),
        Node::WholeArithmetic { steps, arguments } => {
            let formula = WholeArithmetic::read(&steps).ok_or_else(|| Error::corrupt(format!("`{steps}` are not the steps of a formula")))?;
            formula.call(parts.some(arguments))
        }
        Node::Aggregate { name, arguments, distinct, filter } => {
            let function = session.aggregate_functions().get(&name).ok_or_else(|| unknown_function(&name))?;
            let args = parts.some(arguments);
            Expr::AggregateFunction(AggregateFunction::new_udf(function.clone(), args, distinct, parts.boxed_if(filter)?, Vec::new(), None))
        }
    })
}

fn entry<T>(table: &[T], place: usize) -> Result<&T> {
    table.get(place).ok_or_else(|| Error::corrupt(format!("an expression refers to entry {place} of a table of {}", table.len())))
}

fn calendar_of(name: &str) -> Result<Calendar> {
    name.parse().map_err(|()| Error::invalid(format!("this engine knows no time zone {name:?}")))
}

fn unknown_function(name: &str) -> Error {
    Error::invalid(format!("function {name} is not one that engines share; run the same version on both sides"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::DataType;
    use datafusion::functions_aggregate::expr_fn::{count_distinct, sum};
    use datafusion::logical_expr::{cast, lit, try_cast, when};
    use datafusion::prelude::{SessionContext, col};

    use super::*;
    use crate::semantic::grain::Grain;

    fn there_and_back(expr: &Expr) -> Expr {
        let state = SessionContext::new().state();
        let mut tables = Tables::default();
        let nodes = write(expr, &state, &mut tables).unwrap();
        let text = serde_json::to_string(&nodes).unwrap();
        read(serde_json::from_str(&text).unwrap(), &state, &tables).unwrap()
    }

    #[test]
    fn every_kind_of_expression_comes_back_as_it_was() {
        use datafusion::functions::expr_fn::{lower, substr};
        let city = || col("city");
        let like = |negated, escape_char, case_insensitive| Like { negated, expr: Box::new(city()), pattern: Box::new(lit("a_%")), escape_char, case_insensitive };
        let bucket = TimeBucket::udf(Grain::Week, chrono_tz::Asia::Kathmandu).call(vec![col("at")]);
        let dates = DateBucket::udf("2 weeks".parse::<Interval>().unwrap(), "America/New_York weeks-Sun days-6".parse::<Calendar>().unwrap()).call(vec![col("day")]);
        let holidays = serde_json::from_str(r#"[{"date": "2026-12-25", "name": "Christmas"}]"#).unwrap();
        let worked = BusinessDay::of(col("at"), chrono_tz::Asia::Kathmandu.into(), BusinessDays::new(None, Some(&holidays)));
        let operators = OPERATORS.iter().map(|op| Expr::BinaryExpr(BinaryExpr { left: Box::new(col("a")), op: *op, right: Box::new(col("b")) }));
        let all = [
            col("city").eq(lit("Rome")).and(col("n").gt(lit(1.5_f64)).or(col("n").is_null())),
            Expr::Not(Box::new(Expr::Negative(Box::new(col("n"))))),
            Expr::IsTrue(Box::new(Expr::IsNotFalse(Box::new(Expr::IsUnknown(Box::new(col("x"))))))),
            Expr::IsFalse(Box::new(Expr::IsNotTrue(Box::new(Expr::IsNotUnknown(Box::new(col("x").is_not_null())))))),
            Expr::Like(like(true, Some('\\'), true)),
            Expr::SimilarTo(like(false, None, false)),
            col("n").between(lit(1_i64), lit(i64::MAX)),
            col("n").not_between(lit(ScalarValue::Null), lit(2_u8)),
            when(col("n").gt(lit(1_i64)), lit("many")).when(col("n").is_null(), lit("none")).otherwise(lit("few")).unwrap(),
            when(col("n").gt(lit(1_i64)), lit("many")).end().unwrap(),
            cast(col("n"), DataType::Decimal128(20, 3)),
            try_cast(city(), DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some("UTC".into()))),
            city().in_list(vec![lit("a"), lit("b"), lit(ScalarValue::Utf8View(None))], true),
            lower(substr(city(), lit(2_i64))),
            bucket,
            dates,
            worked,
            sum(col("n") + lit(1_i64)),
            count_distinct(city()),
            WholeArithmetic::read("xx*x~+").unwrap().call(vec![col("a"), col("b"), col("n")]),
        ];
        for expr in all.into_iter().chain(operators) {
            assert_eq!(there_and_back(&expr), expr);
        }
    }

    #[test]
    fn a_filter_of_an_aggregate_comes_back() {
        let Expr::AggregateFunction(mut call) = sum(col("n")) else { unreachable!() };
        call.params.filter = Some(Box::new(col("n").gt(lit(0_i64))));
        let filtered = Expr::AggregateFunction(call);
        assert_eq!(there_and_back(&filtered), filtered);
    }

    #[test]
    fn what_would_not_be_the_same_is_refused() {
        let state = SessionContext::new().state();
        let refused = |expr: &Expr| write(expr, &state, &mut Tables::default()).unwrap_err().to_string();
        let foreign = datafusion::logical_expr::create_udf(
            "lower",
            vec![DataType::Utf8],
            DataType::Utf8,
            datafusion::logical_expr::Volatility::Immutable,
            Arc::new(|arguments: &[datafusion::logical_expr::ColumnarValue]| Ok(arguments[0].clone())),
        );
        assert!(refused(&foreign.call(vec![col("city")])).contains("function lower"));
        assert!(refused(&col("t.city")).contains("no form"));
        let deep = (0..3_000).fold(col("a"), |expr, _| Expr::Not(Box::new(expr)));
        assert!(refused(&deep).contains("levels"));
        let wide = col("a").in_list((0..20_000_i64).map(lit).collect(), false);
        assert!(refused(&wide).contains("20002 parts"));
    }

    #[test]
    fn nodes_that_are_no_expression_are_refused() {
        let state = SessionContext::new().state();
        let binary = || Node::Binary("=".to_owned());
        let column = || Node::Column("a".to_owned());
        for nodes in [
            vec![],
            vec![binary()],
            vec![column(), column()],
            vec![Node::Literal(7)],
            vec![column(), Node::Cast { to: 0, lenient: false }],
            vec![column(), column(), Node::Binary("xor".to_owned())],
            vec![column(), Node::InList { items: usize::MAX, negated: false }],
            vec![Node::Function { name: "no_such_function".to_owned(), arguments: 0 }],
            vec![column(), Node::WholeArithmetic { steps: "x+".to_owned(), arguments: 1 }],
            vec![column(), Node::TimeBucket { grain: Grain::Day.into(), zone: "Atlantis/Capital".to_owned() }],
        ] {
            assert!(read(nodes.clone(), &state, &Tables::default()).is_err(), "{nodes:?}");
        }
    }
}
