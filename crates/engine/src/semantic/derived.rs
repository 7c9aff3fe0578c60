//! Measures that are computed from measures, taken apart into what has to be computed from rows and a formula over it.

use std::collections::{HashMap, HashSet};

use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema};
use datafusion::execution::session_state::SessionState;
use datafusion::functions::core::expr_fn::nullif;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator, cast, lit};

use super::compose::World;
use super::inputs;
use super::join::Models;
use super::joined::{self, is_joined};
use super::member::{Columns, find_measure};
use super::model::{Measure, MeasureKind, Model, Span};
use crate::catalog::ColumnType;
use crate::error::{Error, Result};
use crate::functions::checked_number::CheckedNumber;

/// How deep measures may be computed from measures.
const DEPTH_MAX: usize = 12;
/// Parts of a formula at most, when what it is computed from is put in.
const PARTS_MAX: usize = 5_000;

/// Which rows a measure looks at beside those of its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Lens {
    /// Those of its group and no others.
    Own,
    /// Those of all groups.
    Total,
    /// Those of all groups that are alike in some of what is grouped by.
    Within(Places),
    /// Those of the same group some time before.
    Before(Span),
    /// Those of the last buckets too.
    Rolling(Span),
    /// Those of all buckets before too.
    Cumulative,
}

/// Places among what a question groups by: its times and then its dimensions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Places(u128);

impl Places {
    /// Some places, of the first 128: no question groups by more.
    pub(crate) fn of(places: impl Iterator<Item = usize>) -> Self {
        Self(places.filter(|place| *place < 128).fold(0, |all, place| all | (1_u128 << place)))
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// These and others.
    pub(crate) fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    pub(crate) fn has(self, place: usize) -> bool {
        place < 128 && self.0 & (1_u128 << place) != 0
    }
}

/// A measure that is computed from rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Need {
    pub model: String,
    pub measure: String,
    pub lens: Lens,
    /// Whether it is estimated: a count of distinct values that is asked for as it is. What goes into a formula never is.
    pub estimated: bool,
}

impl Need {
    /// Its column in plans. Own ones are called as the member is; no member has a space before its model's name.
    pub(crate) fn column(&self) -> String {
        let Self { model, measure, lens, estimated } = self;
        let member = format!("{model}.{measure}");
        match lens {
            Lens::Own if *estimated => format!("estimate of {member}"),
            Lens::Own => member,
            Lens::Total => format!("total of {member}"),
            Lens::Within(Places(places)) => format!("total within {places:x} of {member}"),
            Lens::Before(Span { count, unit }) => format!("{count} {} before: {member}", unit.as_str()),
            Lens::Rolling(Span { count, unit }) => format!("over {count} {}: {member}", unit.as_str()),
            Lens::Cumulative => format!("so far: {member}"),
        }
    }
}

/// How a measure follows from what is computed.
#[derive(Debug, Clone)]
pub(crate) struct Formula {
    pub expr: Expr,
    pub column_type: ColumnType,
}

/// A measure that says which place a group has.
#[derive(Debug, Clone)]
pub(crate) struct Ranked {
    /// The member.
    pub member: String,
    /// By what it orders.
    pub by: Formula,
    /// Among which groups: those that are alike here.
    pub within: Places,
}

/// Everything that a question's measures come down to.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    pub needs: Vec<Need>,
    pub ranked: Vec<Ranked>,
}

impl Needs {
    /// The formula of a member.
    ///
    /// # Errors
    /// `Invalid` for what is not a measure, or one that cannot be computed, with the reason.
    pub(crate) fn formula(&mut self, world: &World<'_>, member: &str) -> Result<Formula> {
        let model = world.model(super::member::model_of(member)?)?;
        let measure = find_measure(model, member)?;
        if measure.kind != MeasureKind::Rank {
            return self.expand(world, model, measure, Lens::Own, 0);
        }
        if !self.ranked.iter().any(|known| known.member == member) {
            let by = self.expand(world, model, inner(model, measure)?, Lens::Own, 1)?;
            self.ranked.push(Ranked { member: member.to_owned(), by, within: world.within(model, measure) });
        }
        Ok(Formula { expr: by_name(member), column_type: ColumnType::Integer })
    }

    fn expand(&mut self, world: &World<'_>, model: &Model, measure: &Measure, lens: Lens, depth: usize) -> Result<Formula> {
        if depth > DEPTH_MAX {
            return Err(Error::invalid(format!("measure {} is computed from measures more than {DEPTH_MAX} deep, or from itself", measure.name)));
        }
        let under = |inside: Lens| match lens {
            Lens::Own => Ok(inside),
            _ => Err(Error::invalid(format!("measure {} looks at other rows than those of its group, and so does what it is used in; only one of them can", measure.name))),
        };
        match measure.kind {
            MeasureKind::Number => self.number(world, model, measure, lens, depth),
            MeasureKind::Ratio => {
                let [above, below] = [(&measure.measure, "measure"), (&measure.denominator, "denominator")].map(|(name, field)| {
                    let (model, part) = named_anywhere(world, model, measure, name.as_deref(), field)?;
                    self.expand(world, model, part, lens, depth + 1)
                });
                let (above, below) = (above?, below?);
                Ok(Formula { expr: divide(above.expr, below.expr), column_type: ColumnType::Float })
            }
            MeasureKind::ShareOfTotal => {
                let part = inner(model, measure)?;
                let within = world.compared(model, measure, part);
                let total = under(if within.is_empty() { Lens::Total } else { Lens::Within(within) })?;
                let (part, whole) = (self.expand(world, model, part, Lens::Own, depth + 1)?, self.expand(world, model, part, total, depth + 1)?);
                Ok(Formula { expr: divide(part.expr, whole.expr), column_type: ColumnType::Float })
            }
            MeasureKind::TimeShift => self.expand(world, model, inner(model, measure)?, under(Lens::Before(span(measure)?))?, depth + 1),
            MeasureKind::Rolling => self.expand(world, model, inner(model, measure)?, under(Lens::Rolling(span(measure)?))?, depth + 1),
            MeasureKind::Cumulative => self.expand(world, model, inner(model, measure)?, under(Lens::Cumulative)?, depth + 1),
            MeasureKind::Rank => Err(Error::invalid(format!("measure {} is a rank, from which nothing else can be computed", measure.name))),
            _ => {
                let estimated = depth == 0 && world.estimates(model, measure)?;
                let need = Need { model: model.name.clone(), measure: measure.name.clone(), lens, estimated };
                let formula = Formula { expr: by_name(&need.column()), column_type: world.type_of(model, measure)? };
                if !self.needs.contains(&need) {
                    self.needs.push(need);
                }
                Ok(formula)
            }
        }
    }

    fn number(&mut self, world: &World<'_>, model: &Model, measure: &Measure, lens: Lens, depth: usize) -> Result<Formula> {
        let (text, names) = placeholders(measure)?;
        let mut formulas = Vec::new();
        for name in &names {
            let (model, part) = named_anywhere(world, model, measure, Some(name), "expression")?;
            formulas.push(self.expand(world, model, part, lens, depth + 1)?);
        }
        number_of(world.state, measure, &text, &names, &formulas)
    }
}

/// A number over the formulas of the measures that it names.
fn number_of(state: &SessionState, measure: &Measure, text: &str, names: &[String], formulas: &[Formula]) -> Result<Formula> {
    let types = names.iter().zip(formulas).map(|(name, formula)| (name.as_str(), formula.column_type));
    let Read { expr: divided, column_type, schema } = read(state, measure, text, types)?;
    let put_in = |part: Expr| match &part {
        Expr::Column(column) => names
            .iter()
            .position(|name| *name == column.name)
            .and_then(|place| formulas.get(place))
            .map_or(Transformed::no(part.clone()), |formula| Transformed::yes(formula.expr.clone())),
        _ => Transformed::no(part),
    };
    let put_in_all = |expression: Expr| -> Result<Expr> { Ok(expression.transform_up(|part| Ok(put_in(part)))?.data) };
    let expr = cast(put_in_all(divided.clone())?, column_type.data_type());
    let mut parts = 0_usize;
    expr.apply(|_| {
        parts += 1;
        Ok(TreeNodeRecursion::Continue)
    })?;
    if parts > PARTS_MAX {
        return Err(Error::exhausted(format!("measure {}, written out, has {parts} parts; at most {PARTS_MAX} are computed", measure.name)));
    }
    if column_type != ColumnType::Integer {
        return Ok(Formula { expr, column_type });
    }
    // Whole numbers go on at the other end of their range; floats, where they can be put in, do not.
    let floats = divided.transform_up(|part| Ok(as_floats(part)))?.data;
    let checked = match floats.get_type(&schema) {
        Ok(DataType::Float64) => CheckedNumber::udf().call(vec![expr, put_in_all(floats)?]),
        _ => expr,
    };
    Ok(Formula { expr: checked, column_type })
}

/// The formula of a measure over columns that are called as the measures are that it comes down to. `known` has their types; what is none of
/// them is a number or a ratio of them, in a question that was answered.
///
/// # Errors
/// `Invalid` for what is not a measure.
pub(crate) fn over_columns(state: &SessionState, models: &Models, member: &str, known: &HashMap<&str, ColumnType>) -> Result<Formula> {
    if let Some(column_type) = known.get(member) {
        return Ok(Formula { expr: by_name(member), column_type: *column_type });
    }
    let lost = || Error::internal(format!("{member} is computed from what was not asked for"));
    let model = models.get(super::member::model_of(member)?).ok_or_else(lost)?;
    let measure = find_measure(model, member)?;
    let part = |name: &String| over_columns(state, models, &joined::member(model, name), known);
    match measure.kind {
        MeasureKind::Number => {
            let (text, names) = placeholders(measure)?;
            let formulas = names.iter().map(part).collect::<Result<Vec<_>>>()?;
            number_of(state, measure, &text, &names, &formulas)
        }
        MeasureKind::Ratio => match (&measure.measure, &measure.denominator) {
            (Some(above), Some(below)) => Ok(Formula { expr: divide(part(above)?.expr, part(below)?.expr), column_type: ColumnType::Float }),
            _ => Err(lost()),
        },
        _ => Err(lost()),
    }
}

/// The SQL of a number as it was read.
struct Read {
    /// Over its measures as columns, with divisions of fractions.
    expr: Expr,
    column_type: ColumnType,
    /// Its measures.
    schema: DFSchema,
}

fn read<'n>(state: &SessionState, measure: &Measure, text: &str, types: impl Iterator<Item = (&'n str, ColumnType)>) -> Result<Read> {
    let wrong = |error: Error| error.context(format!("measure {}", measure.name));
    let fields: Vec<Field> = types.map(|(name, column_type)| Field::new(name, column_type.data_type(), true)).collect();
    let schema = DFSchema::try_from(Schema::new(fields))?;
    let expression = Columns { state, schema: &schema }.expression(text).map_err(wrong)?;
    let expr = expression.transform_up(|part| Ok(fractions(part)))?.data;
    let data_type = expr.get_type(&schema).map_err(|error| wrong(Error::invalid(format!("expression {text:?}: {}", error.strip_backtrace()))))?;
    let column_type = ColumnType::from_data_type(&data_type).ok_or_else(|| Error::invalid(format!("measure {} is of the type {data_type}", measure.name)))?;
    Ok(Read { expr, column_type, schema })
}

/// The type of a measure that passed [`check`], for which the SQL of each number on the way is read. `known` are types of measures that were
/// asked before, so that each is read once.
///
/// # Errors
/// `Invalid` with what is wrong in the SQL.
pub(crate) fn parse(model: &Model, measure: &Measure, columns: &Columns<'_>, known: &mut HashMap<String, ColumnType>) -> Result<ColumnType> {
    if let Some(found) = known.get(&measure.name) {
        return Ok(*found);
    }
    let found = match measure.kind {
        MeasureKind::Count | MeasureKind::CountDistinct | MeasureKind::CountDistinctApprox | MeasureKind::Rank => ColumnType::Integer,
        MeasureKind::Avg | MeasureKind::Quantile | MeasureKind::Ratio | MeasureKind::ShareOfTotal => ColumnType::Float,
        MeasureKind::TimeShift | MeasureKind::Rolling | MeasureKind::Cumulative => parse(model, inner(model, measure)?, columns, known)?,
        MeasureKind::Number => {
            let (text, names) = placeholders(measure)?;
            let mut types = Vec::new();
            for name in &names {
                // What another model says is not known here and taken for a number; a question tells where it is none.
                let is_own = !is_joined(model, &joined::member(model, name));
                types.push((name.as_str(), if is_own { parse(model, named(model, measure, Some(name), "expression")?, columns, known)? } else { ColumnType::Float }));
            }
            read(columns.state, measure, &text, types.into_iter())?.column_type
        }
        MeasureKind::Sum | MeasureKind::Min | MeasureKind::Max | MeasureKind::First | MeasureKind::Last | MeasureKind::Balance => {
            columns.measured(measure)?.map_or(Ok(ColumnType::Float), |input| type_of(measure, &input, columns))?
        }
    };
    known.insert(measure.name.clone(), found);
    Ok(found)
}

/// The type of what a measure aggregates.
///
/// # Errors
/// `Invalid` where there is none.
pub(crate) fn type_of(measure: &Measure, input: &Expr, columns: &Columns<'_>) -> Result<ColumnType> {
    let data_type = input.get_type(columns.schema).map_err(|error| Error::invalid(format!("measure {}: {}", measure.name, error.strip_backtrace())))?;
    ColumnType::from_data_type(&data_type).ok_or_else(|| Error::invalid(format!("measure {} is of type {data_type}", measure.name)))
}

/// Checks that what a measure is computed from is there, and does not come back to it.
///
/// # Errors
/// `Invalid` with what is missing.
pub(crate) fn check(model: &Model, measure: &Measure) -> Result<()> {
    walk(model, measure, &mut Vec::new(), &mut HashMap::new()).map(drop)
}

/// How many levels lie beneath a measure. Each is looked at once, however many others are computed from it.
fn walk(model: &Model, measure: &Measure, above: &mut Vec<String>, known: &mut HashMap<String, usize>) -> Result<usize> {
    if let Some(levels) = known.get(&measure.name).filter(|levels| above.len() + **levels <= DEPTH_MAX) {
        return Ok(*levels);
    }
    if above.contains(&measure.name) || above.len() > DEPTH_MAX {
        return Err(Error::invalid(format!("measure {} is computed from itself: {}", measure.name, above.join(" > "))));
    }
    above.push(measure.name.clone());
    let mut levels = 0;
    for member in inputs::members(model, measure)? {
        if is_joined(model, &member) {
            // Whether it is there is told where the other models are known.
            if !matches!(measure.kind, MeasureKind::Number | MeasureKind::Ratio) {
                return Err(Error::invalid(format!(
                    "measure {} looks at {member}, which is of another model; only the kinds number and ratio are computed from such",
                    measure.name
                )));
            }
            continue;
        }
        let input = named(model, measure, Some(&member), "expression")?;
        if input.kind == MeasureKind::Rank {
            return Err(Error::invalid(format!("measure {} is computed from {}, a rank, from which nothing can be computed", measure.name, input.name)));
        }
        levels = levels.max(1 + walk(model, input, above, known)?);
    }
    above.pop();
    known.insert(measure.name.clone(), levels);
    Ok(levels)
}

/// The measures that a measure is computed from, as it names them.
///
/// # Errors
/// `Invalid` where one that must be named is not.
pub(super) fn named_inputs(measure: &Measure) -> Result<Vec<String>> {
    let needed = |name: &Option<String>, field: &str| name.clone().ok_or_else(|| Error::invalid(format!("measure {} needs {field}", measure.name)));
    Ok(match measure.kind {
        MeasureKind::Number => placeholders(measure)?.1,
        MeasureKind::Ratio => vec![needed(&measure.measure, "a measure to divide (measure)")?, needed(&measure.denominator, "a measure to divide by (denominator)")?],
        MeasureKind::TimeShift | MeasureKind::Rolling => {
            span(measure)?;
            vec![needed(&measure.measure, "the measure that it looks at (measure)")?]
        }
        kind if kind.is_derived() => vec![needed(&measure.measure, "the measure that it looks at (measure)")?],
        _ => Vec::new(),
    })
}

fn span(measure: &Measure) -> Result<Span> {
    match measure.span {
        Some(span) if (1..=10_000).contains(&span.count) => Ok(span),
        Some(span) => Err(Error::invalid(format!("measure {}: a span of {} is not between 1 and 10,000", measure.name, span.count))),
        None => Err(Error::invalid(format!("measure {} needs a span, for instance {{\"count\": 7, \"unit\": \"day\"}}", measure.name))),
    }
}

fn inner<'a>(model: &'a Model, measure: &Measure) -> Result<&'a Measure> {
    named(model, measure, measure.measure.as_deref(), "measure")
}

fn named<'a>(model: &'a Model, measure: &Measure, name: Option<&str>, field: &str) -> Result<&'a Measure> {
    let name = name.ok_or_else(|| Error::invalid(format!("measure {} needs the name of a measure ({field})", measure.name)))?;
    let name = name.strip_prefix(&model.name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
    find_measure(model, &format!("{}.{name}", model.name)).map_err(|error| error.context(format!("measure {}", measure.name)))
}

/// The measure that a ratio or a number names, of its own model or of another one, and the model that it is of.
fn named_anywhere<'m>(world: &'m World<'_>, model: &'m Model, measure: &Measure, name: Option<&str>, field: &str) -> Result<(&'m Model, &'m Measure)> {
    let Some(member) = name.filter(|name| is_joined(model, &joined::member(model, name))) else { return Ok((model, named(model, measure, name, field)?)) };
    let of_measure = |error: Error| error.context(format!("measure {}", measure.name));
    let other = world.model(super::member::model_of(member)?).map_err(of_measure)?;
    Ok((other, find_measure(other, member).map_err(of_measure)?))
}

/// The expression of a number with its measures as quoted columns, and their names.
fn placeholders(measure: &Measure) -> Result<(String, Vec<String>)> {
    let text = measure
        .expression
        .as_deref()
        .ok_or_else(|| Error::invalid(format!("measure {} needs an expression over measures, for instance {{revenue}} / {{orders}}", measure.name)))?;
    let (mut written, mut names, mut rest) = (String::new(), Vec::new(), text);
    let mut seen = HashSet::new();
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or_else(|| Error::invalid(format!("measure {}: a brace in {text:?} is not closed", measure.name)))?;
        let name = name.trim();
        written.push_str(before);
        written.push_str(&format!("\"{}\"", name.replace('"', "\"\"")));
        if seen.insert(name.to_owned()) {
            names.push(name.to_owned());
        }
        rest = after;
    }
    if names.is_empty() {
        return Err(Error::invalid(format!("measure {}: the expression {text:?} names no measure; write their names in braces", measure.name)));
    }
    written.push_str(rest);
    Ok((written, names))
}

/// A division as people mean it: of fractions, and nothing where it is by zero, of either sign (`query::zeros`).
fn divide(above: Expr, below: Expr) -> Expr {
    let float = ColumnType::Float.data_type();
    let below = nullif(cast(below, float.clone()), lit(0.0));
    Expr::BinaryExpr(BinaryExpr::new(Box::new(cast(above, float)), Operator::Divide, Box::new(below)))
}

fn fractions(part: Expr) -> Transformed<Expr> {
    match part {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Divide, right }) => Transformed::yes(divide(*left, *right)),
        other => Transformed::no(other),
    }
}

/// The same of numbers that do not wrap round.
fn as_floats(part: Expr) -> Transformed<Expr> {
    match part {
        Expr::Column(_) => Transformed::yes(cast(part, ColumnType::Float.data_type())),
        other => Transformed::no(other),
    }
}

fn by_name(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(measures: &serde_json::Value) -> Model {
        serde_json::from_value(serde_json::json!({"name": "m", "dataset": "m", "label": "M", "dimensions": [], "measures": measures})).unwrap()
    }

    #[test]
    fn what_a_measure_is_computed_from_must_be_there() {
        let model = model(&serde_json::json!([
            {"name": "a", "label": "A", "kind": "count"},
            {"name": "rank", "label": "R", "kind": "rank", "measure": "a"},
            {"name": "fine", "label": "F", "kind": "number", "expression": "{a} / {m.a} + 1"},
            {"name": "loop", "label": "L", "kind": "number", "expression": "{again} + 1"},
            {"name": "again", "label": "L", "kind": "ratio", "measure": "a", "denominator": "loop"},
            {"name": "missing", "label": "M", "kind": "share_of_total", "measure": "b"},
            {"name": "bare", "label": "M", "kind": "number", "expression": "1 + 1"},
            {"name": "open", "label": "M", "kind": "number", "expression": "{a"},
            {"name": "spanless", "label": "M", "kind": "rolling", "measure": "a"},
            {"name": "of_rank", "label": "M", "kind": "number", "expression": "{rank} + 1"},
        ]));
        let found = |name: &str| check(&model, find_measure(&model, &format!("m.{name}")).unwrap()).err().map(|error| error.message().to_owned());
        for (name, expected) in [
            ("a", None),
            ("rank", None),
            ("fine", None),
            ("loop", Some("computed from itself")),
            ("missing", Some("no member")),
            ("bare", Some("names no measure")),
            ("open", Some("not closed")),
            ("spanless", Some("needs a span")),
            ("of_rank", Some("a rank")),
        ] {
            let found = found(name);
            assert_eq!(found.is_some(), expected.is_some(), "{name}: {found:?}");
            assert!(expected.is_none_or(|expected| found.as_deref().is_some_and(|found| found.contains(expected))), "{name}: {found:?}");
        }
    }
}
