//! SQL of other tools, of which what means the same in every database is taken over: names, literals, arithmetic,
//! comparisons, cases and a few functions. Everything else is refused with a reason. Text is SQL's own: comparisons and
//! `like` look at case, as the standard says.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, CeilFloorKind, DataType, DateTimeField, ExactNumberInfo, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, TimezoneInfo,
    UnaryOperator, Value, ValueWithSpan,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Token;

use crate::catalog::ColumnType;

/// Longest expression of a model, in bytes, before and after names are put in.
pub(super) const EXPRESSION_MAX_BYTES: usize = 2_000;
/// Levels of an expression.
const DEPTH_MAX: usize = 64;

/// Why something is not taken over.
pub(super) type Reason = String;

/// What an expression stands over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// Columns of a row. A division must keep its fraction in every database and must not be by zero.
    Row,
    /// Measures of a group. A division is one of fractions, and by zero it is nothing.
    Measures,
}

/// What a name stands for.
pub(super) type Names<'a> = &'a mut dyn FnMut(&[Ident]) -> Result<Expr, Reason>;

/// An expression as it was written.
pub(super) fn parse(text: &str) -> Result<Expr, Reason> {
    if text.len() > EXPRESSION_MAX_BYTES {
        return Err(format!("the expression has {} bytes; at most {EXPRESSION_MAX_BYTES} are read", text.len()));
    }
    let unreadable = |error| format!("{text:?} is not read as SQL: {error}");
    let mut parser = Parser::new(&GenericDialect {}).try_with_sql(text).map_err(unreadable)?;
    let expression = parser.parse_expr().map_err(unreadable)?;
    match parser.peek_token().token {
        Token::EOF => Ok(expression),
        rest => Err(format!("{text:?} goes on behind an expression, at {rest}")),
    }
}

/// An expression with its names put in, when it means the same in every database.
pub(super) fn portable(text: &str, over: Over, names: Names<'_>) -> Result<Expr, Reason> {
    let mut expression = parse(text)?;
    check(&mut expression, over, names)?;
    Ok(expression)
}

/// Puts the names in and refuses what is not the same everywhere.
pub(super) fn check(expression: &mut Expr, over: Over, names: Names<'_>) -> Result<(), Reason> {
    let mut walk = Walk { over, names, bytes: 0 };
    walk.visit(expression, DEPTH_MAX)?;
    let bytes = expression.to_string().len();
    if bytes > EXPRESSION_MAX_BYTES {
        return Err(format!("with its names put in the expression has {bytes} bytes; at most {EXPRESSION_MAX_BYTES} are read"));
    }
    Ok(())
}

/// A column by its exact name.
pub(super) fn column(name: &str) -> Expr {
    let simple = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_') && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    // A word that SQL reads as something else needs quotes.
    let bare = simple && matches!(parse(name), Ok(Expr::Identifier(ident)) if ident.value == name);
    Expr::Identifier(if bare { Ident::new(name) } else { Ident::with_quote('"', name) })
}

/// The column that an expression is, when it is nothing else.
pub(super) fn as_column(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Identifier(ident) => Some(&ident.value),
        Expr::Nested(inner) => as_column(inner),
        _ => None,
    }
}

/// The type that an expression has by its form alone, whatever its columns are.
pub(super) fn type_of(expression: &Expr) -> Option<ColumnType> {
    use BinaryOperator as Op;
    match expression {
        Expr::Nested(inner) => type_of(inner),
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(_), .. }) | Expr::Trim { .. } => Some(ColumnType::String),
        Expr::BinaryOp { op: Op::StringConcat, .. } => Some(ColumnType::String),
        Expr::Value(ValueWithSpan { value: Value::Boolean(_), .. })
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::InList { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. }
        | Expr::UnaryOp { op: UnaryOperator::Not, .. } => Some(ColumnType::Boolean),
        Expr::BinaryOp { op: Op::And | Op::Or | Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq, .. } => Some(ColumnType::Boolean),
        Expr::Cast { data_type: DataType::Date, .. } => Some(ColumnType::Date),
        Expr::Cast { data_type: DataType::Timestamp(..), .. } => Some(ColumnType::Timestamp),
        Expr::Cast { data_type: DataType::Double(_), .. } | Expr::BinaryOp { op: Op::Divide, .. } => Some(ColumnType::Float),
        Expr::Function(function) if matches!(name_of(function).as_deref(), Some("lower" | "upper")) => Some(ColumnType::String),
        Expr::Case { conditions, else_result, .. } => {
            let mut types = conditions.iter().map(|when| &when.result).chain(else_result.as_deref()).map(type_of);
            let first = types.next()??;
            types.all(|other| other == Some(first)).then_some(first)
        }
        _ => None,
    }
}

/// The name of a function in lower case, when it is a plain one.
pub(super) fn name_of(function: &Function) -> Option<String> {
    match function.name.0.as_slice() {
        [part] => part.as_ident().filter(|ident| ident.quote_style.is_none()).map(|ident| ident.value.to_lowercase()),
        _ => None,
    }
}

struct Walk<'a> {
    over: Over,
    names: Names<'a>,
    /// What has been put in for names.
    bytes: usize,
}

impl Walk<'_> {
    fn visit(&mut self, expression: &mut Expr, depth: usize) -> Result<(), Reason> {
        let Some(depth) = depth.checked_sub(1) else { return Err("the expression is nested too deep".to_owned()) };
        match expression {
            Expr::Identifier(ident) => {
                let put_in = (self.names)(std::slice::from_ref(ident))?;
                self.replace(expression, put_in)
            }
            Expr::CompoundIdentifier(parts) => {
                let put_in = (self.names)(parts)?;
                self.replace(expression, put_in)
            }
            Expr::Value(value) => literal(&value.value),
            Expr::Nested(inner) | Expr::IsNull(inner) | Expr::IsNotNull(inner) | Expr::IsTrue(inner) | Expr::IsFalse(inner) => self.visit(inner, depth),
            Expr::IsNotTrue(inner) | Expr::IsNotFalse(inner) => self.visit(inner, depth),
            Expr::UnaryOp { op: UnaryOperator::Plus | UnaryOperator::Minus | UnaryOperator::Not, expr } => self.visit(expr, depth),
            Expr::BinaryOp { left, op, right } => {
                operator(op)?;
                self.visit(left, depth)?;
                self.visit(right, depth)?;
                if *op == BinaryOperator::Divide && self.over == Over::Row { division(left, right) } else { Ok(()) }
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                let branches = conditions.iter_mut().flat_map(|when| [&mut when.condition, &mut when.result]);
                operand.as_deref_mut().into_iter().chain(branches).chain(else_result.as_deref_mut()).try_for_each(|part| self.visit(part, depth))
            }
            Expr::InList { expr, list, .. } => std::iter::once(&mut **expr).chain(list).try_for_each(|part| self.visit(part, depth)),
            Expr::Between { expr, low, high, .. } => [expr, low, high].into_iter().try_for_each(|part| self.visit(part, depth)),
            Expr::Like { any: false, expr, pattern, escape_char: None, .. } | Expr::ILike { any: false, expr, pattern, escape_char: None, .. } => {
                self.visit(expr, depth)?;
                self.visit(pattern, depth)
            }
            Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type, array: false, format: None } => {
                target(data_type)?;
                self.visit(expr, depth)
            }
            Expr::Ceil { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) }
            | Expr::Floor { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) }
            | Expr::Trim { expr, trim_where: None, trim_what: None, trim_characters: None } => self.visit(expr, depth),
            Expr::Extract { field, expr, .. } => match field {
                DateTimeField::Year | DateTimeField::Quarter | DateTimeField::Month | DateTimeField::Day | DateTimeField::Hour | DateTimeField::Minute => self.visit(expr, depth),
                other => Err(format!("what is extracted as {other} differs between databases")),
            },
            Expr::Function(function) => self.function(function, depth),
            other => Err(format!("{} does not mean the same in every database, or is more than an expression over one row", shortened(&other.to_string()))),
        }
    }

    fn replace(&mut self, expression: &mut Expr, put_in: Expr) -> Result<(), Reason> {
        self.bytes += put_in.to_string().len();
        if self.bytes > EXPRESSION_MAX_BYTES {
            return Err(format!("with its names put in the expression has more than {EXPRESSION_MAX_BYTES} bytes"));
        }
        *expression = put_in;
        Ok(())
    }

    fn function(&mut self, function: &mut Function, depth: usize) -> Result<(), Reason> {
        let shown = shortened(&function.to_string());
        let name = name_of(function).unwrap_or_default();
        let plain = function.over.is_none() && function.filter.is_none() && function.null_treatment.is_none() && function.within_group.is_empty();
        let FunctionArguments::List(list) = &mut function.args else { return Err(format!("{shown} is not a function that means the same in every database")) };
        if !plain || list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
            return Err(format!("{shown} is more than a function over one row"));
        }
        let mut arguments = Vec::new();
        for argument in &mut list.args {
            match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) => arguments.push(argument),
                other => return Err(format!("{other} is no plain argument")),
            }
        }
        let known = match (name.as_str(), arguments.as_slice()) {
            ("coalesce", [_, ..]) | ("nullif", [_, _]) => true,
            ("lower" | "upper" | "abs" | "ceil" | "ceiling" | "floor" | "char_length" | "character_length", [_]) => true,
            ("round", [_]) => true,
            ("round", [_, digits]) => matches!(digits, Expr::Value(_)),
            ("date_trunc", [Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(unit), .. }), _]) => {
                matches!(unit.to_lowercase().as_str(), "year" | "quarter" | "month" | "week" | "day" | "hour" | "minute" | "second")
            }
            ("count" | "sum" | "avg" | "min" | "max", _) => return Err(format!("{shown} is an aggregate, which stands in a measure of its own")),
            _ => false,
        };
        if !known {
            return Err(format!("{shown} is not among the functions that mean the same in every database"));
        }
        arguments.into_iter().try_for_each(|argument| self.visit(argument, depth))
    }
}

fn literal(value: &Value) -> Result<(), Reason> {
    match value {
        Value::Number(_, false) | Value::Boolean(_) | Value::Null => Ok(()),
        // A backslash is a character here and an escape there; a brace is a name that was not put in.
        Value::SingleQuotedString(text) if !text.contains(['\\', '{', '}']) => Ok(()),
        other => Err(format!("the literal {} is not read the same by every database", shortened(&other.to_string()))),
    }
}

fn operator(op: &BinaryOperator) -> Result<(), Reason> {
    use BinaryOperator as Op;
    match op {
        Op::Plus | Op::Minus | Op::Multiply | Op::Divide | Op::Modulo | Op::StringConcat => Ok(()),
        Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq | Op::And | Op::Or => Ok(()),
        other => Err(format!("the operator {other} does not mean the same in every database")),
    }
}

/// Types that a cast goes to without rounding: the one to whole numbers rounds here and cuts off there.
fn target(data_type: &mut DataType) -> Result<(), Reason> {
    match data_type {
        DataType::Date | DataType::Timestamp(None, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => Ok(()),
        DataType::Double(ExactNumberInfo::None) | DataType::DoublePrecision | DataType::Float64 | DataType::Float8 | DataType::Float(ExactNumberInfo::None) => {
            *data_type = DataType::Double(ExactNumberInfo::None);
            Ok(())
        }
        other => Err(format!("a cast to {other} does not give the same in every database; casts to double precision, date and timestamp do")),
    }
}

/// A division of rows keeps its fraction everywhere when one side is a fraction by its form, and is never by zero.
fn division(left: &Expr, right: &Expr) -> Result<(), Reason> {
    if !fraction(left) && !fraction(right) {
        return Err("whether a division of whole numbers keeps its fraction differs between databases; write 1.0 * before it".to_owned());
    }
    match inner(right) {
        Expr::Value(ValueWithSpan { value: Value::Number(number, _), .. }) if number.parse::<f64>().is_ok_and(|number| number != 0.0) => Ok(()),
        Expr::Function(function) if is_kept_from_zero(function) => Ok(()),
        _ => Err("what a division by zero is differs between databases; divide by nullif(..., 0)".to_owned()),
    }
}

/// `nullif(…, 0)`
fn is_kept_from_zero(function: &Function) -> bool {
    let FunctionArguments::List(list) = &function.args else { return false };
    let [_, FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value)))] = list.args.as_slice() else { return false };
    name_of(function).as_deref() == Some("nullif") && matches!(&value.value, Value::Number(number, _) if number.parse::<f64>().is_ok_and(|number| number == 0.0))
}

fn inner(expression: &Expr) -> &Expr {
    match expression {
        Expr::Nested(nested) => inner(nested),
        other => other,
    }
}

/// Whether a number has a fraction by its form: whatever its columns are, it is no whole number.
pub(super) fn fraction(expression: &Expr) -> bool {
    match expression {
        Expr::Value(ValueWithSpan { value: Value::Number(number, _), .. }) => number.contains(['.', 'e', 'E']),
        Expr::Cast { data_type: DataType::Double(_), .. } => true,
        Expr::Nested(inner) | Expr::UnaryOp { expr: inner, .. } => fraction(inner),
        Expr::BinaryOp { left, op: BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Multiply | BinaryOperator::Divide, right } => fraction(left) || fraction(right),
        _ => false,
    }
}

/// Whether there is a division of which one cannot see that it is not of whole numbers.
pub(super) fn divides_whole_numbers(expression: &Expr) -> bool {
    match expression {
        Expr::BinaryOp { left, op, right } => (*op == BinaryOperator::Divide && !fraction(left) && !fraction(right)) || divides_whole_numbers(left) || divides_whole_numbers(right),
        Expr::Nested(inner) | Expr::UnaryOp { expr: inner, .. } | Expr::Cast { expr: inner, .. } => divides_whole_numbers(inner),
        Expr::Case { conditions, else_result, .. } => conditions.iter().map(|when| &when.result).chain(else_result.as_deref()).any(divides_whole_numbers),
        Expr::Function(Function { args: FunctionArguments::List(list), .. }) => list
            .args
            .iter()
            .any(|argument| matches!(argument, FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) if divides_whole_numbers(argument))),
        _ => false,
    }
}

/// SQL for a sentence.
pub(super) fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(60).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, Reason> {
        let mut names = |parts: &[Ident]| match parts {
            [one] => Ok(column(&one.value)),
            _ => Err("two parts".to_owned()),
        };
        portable(text, Over::Row, &mut names).map(|expression| expression.to_string())
    }

    #[test]
    fn what_means_the_same_everywhere_is_taken_over() {
        for (text, expected) in [
            ("amount", "amount"),
            ("\"Amount\"", "\"Amount\""),
            ("Amount", "\"Amount\""),
            ("`order`", "\"order\""),
            ("a - b * -2 % 3", "a - b * -2 % 3"),
            ("a / 100.0", "a / 100.0"),
            ("1.0 * a / nullif(b, 0)", "1.0 * a / nullif(b, 0)"),
            ("a::float / 2", "a::DOUBLE / 2"),
            ("cast(a as double precision)", "CAST(a AS DOUBLE)"),
            ("case when a > 1 and not b then 'x' else 'y' end -- why", "CASE WHEN a > 1 AND NOT b THEN 'x' ELSE 'y' END"),
            ("a in ('x', 'y') or b between 1 and 2 or c like 'x%' or d is null", "a IN ('x', 'y') OR b BETWEEN 1 AND 2 OR c LIKE 'x%' OR d IS NULL"),
            ("coalesce(lower(first) || ' ' || last, 'none')", "coalesce(lower(\"first\") || ' ' || \"last\", 'none')"),
            ("date_trunc('month', at)", "date_trunc('month', \"at\")"),
            ("extract(year from at)", "EXTRACT(YEAR FROM \"at\")"),
            ("'it''s'", "'it''s'"),
        ] {
            let found = read(text);
            // Whether a word needs quotes is the parser's to say; the meaning is the same.
            assert_eq!(found.map(|found| found.replace('"', "")), Ok(expected.replace('"', "")), "{text}");
        }
    }

    #[test]
    fn what_is_told_again_reads_the_same() {
        for text in ["amount", "Amount", "`order`", "at", "a::float / 2", "case a when 1 then 'x' end", "not (a or b) and c", "extract(year from x)", "ceil(a)", "trim(a)"] {
            let once = read(text).unwrap();
            assert_eq!(read(&once).as_ref(), Ok(&once), "{text}");
        }
    }

    #[test]
    fn what_differs_between_databases_is_refused_with_a_reason() {
        for (text, reason) in [
            ("a / b", "whole numbers"),
            ("a / 100", "whole numbers"),
            ("1.0 * a / b", "by zero"),
            ("a / 0.0", "by zero"),
            ("a::int", "cast to INT"),
            ("a::numeric", "cast to NUMERIC"),
            ("cast(a as varchar)", "cast to VARCHAR"),
            ("try_cast(a as double)", "TRY_CAST"),
            ("now()", "now()"),
            ("current_date", "CURRENT_DATE"),
            ("concat(a, b)", "concat"),
            ("sum(a)", "aggregate"),
            ("row_number() over (order by a)", "one row"),
            ("(select max(x) from y)", "SELECT"),
            ("a in (select b from c)", "SELECT"),
            ("exists (select 1)", "EXISTS"),
            ("a.b", "two parts"),
            ("a -> 'b'", "->"),
            ("a[1]", "a[1]"),
            ("'a\\'", "literal"),
            ("x'00'", "literal"),
            ("a xor b", "XOR"),
            ("a ~ 'x'", "~"),
            ("extract(dow from a)", "DOW"),
            ("interval '1 day'", "INTERVAL"),
            ("a; drop table b", "goes on"),
            ("", "not read"),
            ("a like 'x' escape 'y'", "LIKE"),
            ("?", "literal"),
        ] {
            let refused = read(text).expect_err(text);
            assert!(refused.to_lowercase().contains(&reason.to_lowercase()), "{text}: {refused}");
        }
    }

    #[test]
    fn hostile_expressions_are_refused() {
        for text in [
            "a+".repeat(900) + "a",
            "(".repeat(900) + "a" + &")".repeat(900),
            "not ".repeat(450) + "a",
            "-".repeat(1_900) + "a",
            "a ".repeat(1_500),
            "case when ".repeat(190),
            "\u{0}".to_owned(),
        ] {
            assert!(read(&text).is_err(), "{}", shortened(&text));
        }
    }

    #[test]
    fn a_type_is_known_where_the_form_says_it() {
        for (text, expected) in [
            ("a || 'x'", Some(ColumnType::String)),
            ("a > 1", Some(ColumnType::Boolean)),
            ("case when a then 'x' else upper(b) end", Some(ColumnType::String)),
            ("case when a then 'x' else b end", None),
            ("a::date", Some(ColumnType::Date)),
            ("a + b", None),
        ] {
            assert_eq!(type_of(&parse(text).unwrap()), expected, "{text}");
        }
    }
}
