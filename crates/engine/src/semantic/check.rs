//! Whether a model fits its dataset: names, columns, expressions, types, filters. Also what is left of it under a scope. What is stored
//! already is asked less: a model goes on when a load has changed what lies beneath it.

use std::collections::HashMap;

use arrow::datatypes::DataType;
use chrono::DateTime;
use chrono_tz::Tz;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::TreeNode;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::{Expr, ExprSchemable, lit};
use datafusion::optimizer::analyzer::type_coercion::TypeCoercionRewriter;
use datafusion::scalar::ScalarValue;

use super::business::BusinessDays;
use super::date::Reference;
use super::filter;
use super::join::{Models, THEN};
use super::joined::{self, is_joined};
use super::member::{Columns, find_dimension, model_of};
use super::model::{Dimension, Measure, MeasureKind, Model};
use super::query::Filter;
use super::rollup;
use super::{access, derived, geo, granularity, hierarchy, inputs, words};
use crate::catalog::ColumnType;
use crate::error::{Error, Result, near_names};

/// Members of a model at most.
const MEMBERS_MAX: usize = 5_000;

/// Joins of a model at most.
const JOINS_MAX: usize = 100;
/// Pairs of columns of a join at most.
const JOIN_KEYS_MAX: usize = 8;
/// Dimensions at most that are shown of the rows behind a number.
pub(super) const DRILL_MAX: usize = 100;
/// How deep conditions may nest.
const DEPTH_MAX: usize = 64;

/// Checks a whole model.
///
/// # Errors
/// `Invalid` with the path of the member at fault.
pub(crate) fn check(model: &Model, state: &SessionState, schema: &DFSchema) -> Result<()> {
    let columns = Columns { state, schema };
    if model.dimensions.len() + model.measures.len() > MEMBERS_MAX {
        return Err(Error::exhausted(format!("a model has at most {MEMBERS_MAX} members")));
    }
    check_words(model)?;
    let mut seen = std::collections::HashSet::new();
    let names = model.dimensions.iter().map(|dimension| &dimension.name).enumerate().map(|(index, name)| (format!("dimensions[{index}]"), name));
    let names = names.chain(model.measures.iter().map(|measure| &measure.name).enumerate().map(|(index, name)| (format!("measures[{index}]"), name)));
    for (at, name) in names {
        if name.is_empty() || name.contains('.') || name.len() > 255 {
            return Err(Error::invalid(format!("member name {name:?} is not valid: use 1 to 255 bytes without dots")).at(at));
        }
        if !seen.insert(name) {
            return Err(Error::invalid(format!("member {name:?} stands twice")).at(at));
        }
    }
    for (index, dimension) in model.dimensions.iter().enumerate() {
        columns.dimension(dimension).map_err(|error| error.at(format!("dimensions[{index}].{}", source(dimension.expression.as_ref()))))?;
        check_type(dimension, &columns).map_err(|error| error.at(format!("dimensions[{index}].type")))?;
        check_granularities(dimension).map_err(|error| {
            let at = format!("dimensions[{index}].{}", error.field().unwrap_or("granularities"));
            error.context(format!("dimension {}", dimension.name)).at(at)
        })?;
    }
    geo::check(model)?;
    for (index, measure) in model.measures.iter().enumerate() {
        let of_source = |error: Error| error.at(format!("measures[{index}].{}", source(measure.expression.as_ref())));
        if !measure.kind.is_derived() {
            check_conditions(model, &measure.filters, &columns, &format!("measures[{index}]"), None).map_err(|error| error.context(format!("measure {}", measure.name)))?;
            columns.measured(measure).map_err(of_source)?;
        }
        check_measure(model, measure, &columns).map_err(|error| error.at(format!("measures[{index}]")))?;
        check_input(measure, &columns).map_err(of_source)?;
        check_drill(model, measure, &format!("measures[{index}].drill"))?;
    }
    // What the others are computed from is known to be right now.
    let mut types = HashMap::new();
    for (index, measure) in model.measures.iter().enumerate().filter(|(_, measure)| measure.kind == MeasureKind::Number) {
        derived::parse(model, measure, &columns, &mut types).map_err(|error| error.at(format!("measures[{index}].expression")))?;
    }
    if let Some(name) = &model.time_dimension {
        let dimension = find_dimension(model, &format!("{}.{name}", model.name)).map_err(|error| error.at("time_dimension"))?;
        if !matches!(dimension.column_type, ColumnType::Timestamp | ColumnType::Date) {
            return Err(Error::invalid(format!("time dimension {name} is of type {}", dimension.column_type)).at("time_dimension"));
        }
    }
    for (index, dimension) in model.dimensions.iter().enumerate() {
        let Some(other) = &dimension.same_as else { continue };
        if model_of(other).map_or(true, |other| other.is_empty() || other == model.name) {
            return Err(Error::invalid(format!("dimension {} is the same as {other:?}, which is no dimension of another model: write model.dimension", dimension.name))
                .at(format!("dimensions[{index}].same_as")));
        }
    }
    check_joins(model, schema)?;
    for (index, segment) in model.segments.iter().enumerate() {
        let at = |error: Error| error.context(format!("segment {}", segment.name)).at(format!("segments[{index}]"));
        if model.segments.iter().take(index).any(|before| before.name == segment.name) {
            return Err(at(Error::invalid("its name stands twice")));
        }
        if segment.filters.is_empty() {
            return Err(at(Error::invalid("it has no conditions")));
        }
        check_conditions(model, &segment.filters, &columns, &format!("segments[{index}]"), None).map_err(|error| error.context(format!("segment {}", segment.name)))?;
    }
    hierarchy::check(model)?;
    access::check(model, state, schema)?;
    rollup::check(model)
}

/// Checks the conditions of measures and named filters that name what joins lead to. `models`: those that they lead to.
///
/// # Errors
/// `Invalid` with the path of the condition at fault, and why no join leads to one row there.
pub(crate) fn check_joined(model: &Model, models: &Models, state: &SessionState, schema: &DFSchema) -> Result<()> {
    let columns = Columns { state, schema };
    for (index, measure) in model.measures.iter().enumerate() {
        let of_measure = |error: Error| error.context(format!("measure {}", measure.name));
        check_conditions(model, &measure.filters, &columns, &format!("measures[{index}]"), Some(models)).map_err(of_measure)?;
        inputs::check(model, measure, models).map_err(|error| of_measure(error).at(format!("measures[{index}]")))?;
        for member in joined::within(model, measure).filter(|member| is_joined(model, member)) {
            joined::find(model, &member, models, joined::CONDITION).map_err(|error| of_measure(error).at(format!("measures[{index}].within")))?;
        }
    }
    for (index, segment) in model.segments.iter().enumerate() {
        check_conditions(model, &segment.filters, &columns, &format!("segments[{index}]"), Some(models)).map_err(|error| error.context(format!("segment {}", segment.name)))?;
    }
    Ok(())
}

/// Checks what is said of the model and its members.
fn check_words(model: &Model) -> Result<()> {
    words::check("", model.description.as_ref(), model.meta.as_ref())?;
    for (index, dimension) in model.dimensions.iter().enumerate() {
        words::check(&format!("dimensions[{index}]"), dimension.description.as_ref(), dimension.meta.as_ref())?;
    }
    for (index, measure) in model.measures.iter().enumerate() {
        words::check(&format!("measures[{index}]"), measure.description.as_ref(), measure.meta.as_ref())?;
    }
    for (index, segment) in model.segments.iter().enumerate() {
        words::check(&format!("segments[{index}]"), segment.description.as_ref(), segment.meta.as_ref())?;
    }
    Ok(())
}

/// What a member is made of, as paths call it.
fn source(expression: Option<&String>) -> &'static str {
    if expression.is_some() { "expression" } else { "column" }
}

/// Checks that a dimension is the same as one that is there and can have the same values. `other` is the model that it names.
///
/// # Errors
/// `Invalid` with the path of the dimension and near names.
pub(crate) fn check_same(dimension: &Dimension, index: usize, other: &Model) -> Result<()> {
    let Some(member) = &dimension.same_as else { return Ok(()) };
    let at = |error: Error| error.context(format!("dimension {}", dimension.name)).at(format!("dimensions[{index}].same_as"));
    let found = find_dimension(other, member).map_err(at)?;
    if !is_of_a_kind(dimension.column_type, found.column_type) {
        return Err(at(Error::invalid(format!("it is of type {}, and {member}, which it is the same as, of type {}", dimension.column_type, found.column_type))));
    }
    Ok(())
}

/// Whether values of two types are told from each other as one: a date may stand for a time, and a whole number for one with a fraction.
fn is_of_a_kind(one: ColumnType, other: ColumnType) -> bool {
    one == other || one.is_wider_than(other) || other.is_wider_than(one)
}

/// Checks that a dimension is of the type that it is said to be of.
fn check_type(dimension: &Dimension, columns: &Columns<'_>) -> Result<()> {
    let wrong = |error: String| Error::invalid(format!("dimension {}: {error}", dimension.name));
    // The branches of a CASE are of one type only when the query is planned.
    let planned = columns.dimension(dimension)?.rewrite(&mut TypeCoercionRewriter::new(columns.schema));
    let data_type = planned.and_then(|planned| planned.data.get_type(columns.schema)).map_err(|error| wrong(error.strip_backtrace()))?;
    let told = dimension.column_type;
    let fits = match ColumnType::from_data_type(&data_type) {
        Some(found) => is_of_a_kind(told, found),
        // Whatever has no type here is written out as a text.
        None => told == ColumnType::String || data_type == DataType::Null,
    };
    let found = ColumnType::from_data_type(&data_type).map_or_else(|| data_type.to_string(), |found| found.to_string());
    let what = if dimension.expression.is_some() { "expression" } else { "column" };
    if fits { Ok(()) } else { Err(wrong(format!("it is said to be of type {told}, and its {what} is of type {found}"))) }
}

/// Checks that what is computed with is a number.
fn check_input(measure: &Measure, columns: &Columns<'_>) -> Result<()> {
    if !matches!(measure.kind, MeasureKind::Sum | MeasureKind::Avg | MeasureKind::Balance | MeasureKind::Quantile) {
        return Ok(());
    }
    let Some(input) = columns.measured(measure)? else { return Ok(()) };
    match derived::type_of(measure, &input, columns)? {
        ColumnType::Integer | ColumnType::Float => Ok(()),
        found => Err(Error::invalid(format!("measure {} computes with a {found}; it needs a number", measure.name))),
    }
}

/// Builds conditions on dimensions once, so that an operator or a value that does not fit is told now and not with the first question.
/// Those that name what joins lead to are left for when it is known (`models`).
fn check_conditions(model: &Model, filters: &[Filter], columns: &Columns<'_>, path: &str, models: Option<&Models>) -> Result<()> {
    // Dates are only read here, so it does not matter when that is.
    let now = DateTime::UNIX_EPOCH;
    let reference = Reference { now, latest: Some(now), calendar: Tz::UTC.into(), business: BusinessDays::default() };
    for (index, filter) in filters.iter().enumerate() {
        if models.is_some() != filter.members().iter().any(|member| is_joined(model, member)) {
            continue;
        }
        let built = filter::build(filter, &reference, DEPTH_MAX, &mut |member| match models.filter(|_| is_joined(model, member)) {
            // What is there does not matter, only of which type it is.
            Some(models) => joined::find(model, member, models, joined::CONDITION).and_then(|(_, dimension)| {
                let missing = ScalarValue::try_from(&dimension.column_type.data_type())?;
                Ok((lit(missing), dimension.column_type))
            }),
            None => {
                let dimension = find_dimension(model, member)?;
                Ok((columns.dimension(dimension)?, dimension.column_type))
            }
        });
        let built = built.and_then(|built| comparable(built, columns.schema).map_err(|error| error.context(format!("filter on {}", filter.members().join(", ")))));
        built.map_err(|error| error.at(format!("{path}.filters[{index}]")))?;
    }
    Ok(())
}

/// Whether both sides of all comparisons can be compared.
fn comparable(condition: Expr, schema: &DFSchema) -> Result<()> {
    let planned = condition.rewrite(&mut TypeCoercionRewriter::new(schema));
    planned.map(drop).map_err(|error| Error::invalid(error.strip_backtrace()))
}

/// Checks the names that a time has for its buckets.
fn check_granularities(dimension: &Dimension) -> Result<()> {
    let is_time = matches!(dimension.column_type, ColumnType::Timestamp | ColumnType::Date);
    if !dimension.granularities.is_empty() && !is_time {
        return Err(Error::invalid(format!("it is of type {}, and only times have granularities", dimension.column_type)));
    }
    granularity::check(&dimension.granularities)
}

fn check_joins(model: &Model, schema: &DFSchema) -> Result<()> {
    if model.joins.len() > JOINS_MAX {
        return Err(Error::exhausted(format!("a model has at most {JOINS_MAX} joins")).at("joins"));
    }
    for (index, join) in model.joins.iter().enumerate() {
        let at = |error: Error| error.context(format!("join {}", join.name)).at(format!("joins[{index}]"));
        if join.name.is_empty() || join.name.contains('.') || join.name.contains(THEN) || join.name.len() > 255 {
            return Err(at(Error::invalid(format!("its name must have 1 to 255 bytes without dots and without {THEN:?}"))));
        }
        if model.joins.iter().take(index).any(|before| before.name == join.name) || join.name == model.name {
            return Err(at(Error::invalid("its name stands for something else already")));
        }
        if join.on.is_empty() || join.on.len() > JOIN_KEYS_MAX {
            return Err(at(Error::invalid(format!("it needs 1 to {JOIN_KEYS_MAX} pairs of columns"))));
        }
        for key in &join.on {
            if !schema.fields().iter().any(|field| *field.name() == key.column) {
                let near = near_names(&key.column, schema.fields().iter().map(|field| field.name().as_str()));
                return Err(at(Error::invalid(format!("unknown column {:?}{near}", key.column))));
            }
        }
    }
    Ok(())
}

fn check_measure(model: &Model, measure: &Measure, columns: &Columns<'_>) -> Result<()> {
    if measure.kind.is_derived() {
        if measure.column.is_some() || (measure.expression.is_some() && measure.kind != MeasureKind::Number) || !measure.filters.is_empty() || measure.carry {
            return Err(Error::invalid(format!("measure {} is computed from measures, so it has no column, expression, filters or carry of its own", measure.name)));
        }
        check_within(model, measure)?;
        return derived::check(model, measure);
    }
    if !measure.within.is_empty() {
        return Err(no_within(measure));
    }
    if measure.carry && measure.kind != MeasureKind::Balance {
        return Err(Error::invalid(format!("measure {} is carried on (carry), which only the kind balance is", measure.name)));
    }
    if matches!(measure.kind, MeasureKind::First | MeasureKind::Last | MeasureKind::Balance) && model.time_dimension.is_none() {
        return Err(Error::invalid(format!("measure {} goes by time, and the model has no time dimension", measure.name)));
    }
    if measure.kind == MeasureKind::Balance && measure.by.is_empty() {
        return Err(Error::invalid(format!("measure {} needs the dimensions of which each combination has a balance (by)", measure.name)));
    }
    for name in &measure.by {
        find_dimension(model, &format!("{}.{name}", model.name)).map_err(|error| error.context(format!("measure {}", measure.name)))?;
    }
    let measured = columns.measured(measure)?;
    if measured.is_none() && measure.kind != MeasureKind::Count {
        return Err(Error::invalid(format!("measure {} needs a column or an expression", measure.name)));
    }
    match measure.quantile {
        Some(_) if measure.kind != MeasureKind::Quantile => return Err(Error::invalid(format!("measure {} has a quantile, which only the kind quantile takes", measure.name))),
        Some(part) if !(0.0..=1.0).contains(&part) => return Err(Error::invalid(format!("measure {}: quantile {part} must lie between 0 and 1", measure.name))),
        _ => {}
    }
    measure.filters.iter().try_for_each(|filter| check_filter(model, filter))
}

/// Checks what groups are alike in that a measure compares. Where joins lead is told where the other models are known.
fn check_within(model: &Model, measure: &Measure) -> Result<()> {
    if !measure.within.is_empty() && !matches!(measure.kind, MeasureKind::ShareOfTotal | MeasureKind::Rank) {
        return Err(no_within(measure));
    }
    let own = joined::within(model, measure).filter(|member| !is_joined(model, member));
    for member in own {
        find_dimension(model, &member).map_err(|error| error.context(format!("measure {}", measure.name)))?;
    }
    Ok(())
}

/// Checks what is shown of the rows behind a measure.
fn check_drill(model: &Model, measure: &Measure, at: &str) -> Result<()> {
    if measure.drill.len() > DRILL_MAX {
        return Err(Error::exhausted(format!("measure {}: at most {DRILL_MAX} dimensions are shown of the rows behind it", measure.name)).at(at));
    }
    for (index, name) in measure.drill.iter().enumerate() {
        let of_measure = |error: Error| error.context(format!("measure {}", measure.name)).at(format!("{at}[{index}]"));
        find_dimension(model, &format!("{}.{name}", model.name)).map_err(of_measure)?;
        if measure.drill.iter().take(index).any(|before| before == name) {
            return Err(of_measure(Error::invalid(format!("dimension {name} is shown twice of the rows behind it"))));
        }
    }
    Ok(())
}

fn no_within(measure: &Measure) -> Error {
    Error::invalid(format!("measure {} has dimensions within which it is told, which only the kinds share_of_total and rank take (within)", measure.name))
}

fn check_filter(model: &Model, filter: &Filter) -> Result<()> {
    match filter {
        Filter::And { and: parts } | Filter::Or { or: parts } => parts.iter().try_for_each(|part| check_filter(model, part)),
        // Whether a join leads there is told where the other models are known.
        Filter::Condition(condition) if is_joined(model, &condition.member) => Ok(()),
        Filter::Condition(condition) => find_dimension(model, &condition.member).map(drop),
    }
}

/// Gives dimensions the types that their columns have in a version: a load may have widened these since the model was stored, or
/// the version may be an older one.
pub(crate) fn follow(model: &mut Model, state: &SessionState, schema: &DFSchema) {
    let columns = Columns { state, schema };
    for dimension in &mut model.dimensions {
        follow_one(dimension, &columns);
    }
}

/// The same for one dimension.
pub(super) fn follow_one(dimension: &mut Dimension, columns: &Columns<'_>) {
    let found = columns.dimension(dimension).and_then(|expression| Ok(expression.get_type(columns.schema)?));
    let Some(found) = found.ok().as_ref().and_then(ColumnType::from_data_type) else { return };
    let (told, is_column) = (dimension.column_type, dimension.expression.is_none());
    // Whoever wrote an expression may have had a reason to call an instant a day.
    // A date has no time of day, whatever it is called.
    let is_date = found == ColumnType::Date && told == ColumnType::Timestamp;
    if is_date || (found.is_wider_than(told) && (is_column || found == ColumnType::Float)) || (is_column && told.is_wider_than(found)) {
        dimension.column_type = found;
    }
}

/// Takes out what cannot be bound to the columns that a scope leaves visible, derived members included.
pub(crate) fn retain_visible(model: &mut Model, state: &SessionState, schema: &DFSchema) {
    let columns = Columns { state, schema };
    model.dimensions.retain(|dimension| columns.dimension(dimension).is_ok());
    // By what is not there no question groups.
    retain_within(model, |model, member| is_joined(model, member) || find_dimension(model, member).is_ok());
    // What is computed from a measure goes with it.
    loop {
        let visible = model.clone();
        model.measures.retain(|measure| check_measure(&visible, measure, &columns).is_ok());
        if model.measures.len() == visible.measures.len() {
            break;
        }
    }
    for measure in &mut model.measures {
        measure.drill.retain(|name| model.dimensions.iter().any(|dimension| dimension.name == *name));
    }
    let visible = model.clone();
    model.segments.retain(|segment| segment.filters.iter().all(|filter| check_filter(&visible, filter).is_ok()));
    model.joins.retain(|join| join.on.iter().all(|key| schema.fields().iter().any(|field| *field.name() == key.column)));
    model.time_dimension = model.time_dimension.take().filter(|name| model.dimensions.iter().any(|dimension| dimension.name == *name));
    geo::retain_visible(model);
    hierarchy::retain_visible(model);
    rollup::retain_visible(model);
}

fn retain_within(model: &mut Model, keep: impl Fn(&Model, &str) -> bool) {
    let mut measures = std::mem::take(&mut model.measures);
    for measure in &mut measures {
        measure.within.retain(|name| keep(model, &joined::member(model, name)));
    }
    model.measures = measures;
}

/// The same for what the conditions of measures and named filters name over joins. `models`: those that the scope sees there.
pub(crate) fn retain_joined(model: &mut Model, models: &Models) {
    let before = model.clone();
    let is_there = |filter: &Filter| filter.members().into_iter().all(|member| !is_joined(&before, member) || joined::find(&before, member, models, joined::CONDITION).is_ok());
    model.segments.retain(|segment| segment.filters.iter().all(is_there));
    retain_within(model, |model, member| !is_joined(model, member) || joined::find(model, member, models, joined::CONDITION).is_ok());
    model.measures.retain(|measure| measure.filters.iter().all(is_there) && inputs::check(&before, measure, models).is_ok());
    loop {
        let visible = model.clone();
        model.measures.retain(|measure| !measure.kind.is_derived() || derived::check(&visible, measure).is_ok());
        if model.measures.len() == visible.measures.len() {
            break;
        }
    }
}
