//! A semantic query becomes a logical plan over the scoped plan of its dataset.

use arrow::compute::SortOptions;
use chrono_tz::Tz;
use datafusion::common::Column;
use datafusion::execution::session_state::SessionState;
use datafusion::functions::core::expr_fn::get_field;
use datafusion::functions_aggregate::first_last::{first_value_udaf, last_value_udaf};
use datafusion::logical_expr::expr::Sort;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, ExprFunctionExt, LogicalPlan, LogicalPlanBuilder, lit};

use super::calendar::{Calendar, zone_named};
use super::date::{self, Range, Reference};
use super::filter;
use super::granularity::interval_of;
use super::joined::Joined;
use super::member::{self, Columns, Member, find, find_dimension, find_measure};
use super::model::{Measure, MeasureKind, Model};
use super::query::{Direction, Filter, SemanticQuery};
use crate::catalog::ColumnType;
use crate::error::{Error, Result};
use crate::functions::approx_distinct::ApproxDistinct;
use crate::functions::approx_quantile::{ApproxQuantile, Form};
use crate::functions::count::{count, count_distinct};
use crate::functions::exact::aggregate::avg;
use crate::functions::extreme::{max, min};
use crate::functions::sketch::Sketched;
use crate::functions::sum::sum;
use crate::query::estimate::{Estimated, Shows};
use crate::query::result::{ColumnRole, ResultColumn};
use crate::settings::Limits;

/// Rows when a query names no limit.
const DEFAULT_LIMIT: usize = 10_000;
/// The quantile that is meant where none is named.
const MEDIAN: f64 = 0.5;
/// Members of a query at most.
const MEMBERS_MAX: usize = 100;
/// Members that its conditions name, and named conditions, at most.
const CONDITIONS_MAX: usize = 2_000;
/// Rows that a page leaves out at most: nobody reads on behind so many.
const OFFSET_MAX: usize = 1_000_000_000;

/// A compiled query.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub columns: Vec<ResultColumn>,
    /// All rows of the answer, sorted, without limit and offset. After the columns come those that only `estimates` looks at.
    pub plan: LogicalPlan,
    pub estimates: Vec<Estimated>,
    pub offset: usize,
    pub limit: usize,
    pub range: Option<Range>,
}

/// Compiles a query over `source`, the scoped plan of the model's dataset.
///
/// # Errors
/// `Invalid` with the path of the field at fault, `Exhausted` for too many members or too deep filters.
pub(crate) fn compile(query: &SemanticQuery, model: &Model, source: LogicalPlan, state: &SessionState, reference: Reference, limits: &Limits) -> Result<Compiled> {
    if query.measures.is_empty() && query.dimensions.is_empty() && query.time_dimensions.iter().all(|time| time.granularity.is_none()) {
        return Err(Error::invalid("the query asks for nothing; name at least one measure or dimension").at("measures"));
    }
    check_bounds(query)?;
    let schema = source.schema().clone();
    let columns = Columns { state, schema: &schema };
    let compiler = Compiler { query, model, columns, joined: None, reference, limits };
    compiler.compile(source)
}

/// Refuses a query of more members than are answered, or of a page behind more rows than there are. It is asked before any name is looked
/// for: each is a look at the store.
///
/// # Errors
/// `Exhausted` for too many members or conditions, `Invalid` at `offset`.
pub(crate) fn check_bounds(query: &SemanticQuery) -> Result<()> {
    let members = query.measures.len() + query.dimensions.len() + query.time_dimensions.len();
    if members > MEMBERS_MAX {
        return Err(Error::exhausted(format!("the query has {members} members; at most {MEMBERS_MAX} are answered")));
    }
    let conditions = query.filters.iter().flat_map(Filter::members).count() + query.segments.len();
    if conditions > CONDITIONS_MAX {
        let several = "list values of one condition in the place of many conditions";
        return Err(Error::exhausted(format!("the query has {conditions} conditions; at most {CONDITIONS_MAX} are answered: {several}")));
    }
    if let Some(offset) = query.offset.filter(|offset| *offset > OFFSET_MAX) {
        return Err(Error::invalid(format!("{offset} rows would be left out first; at most {OFFSET_MAX} can be")).at("offset"));
    }
    Ok(())
}

/// The zone of a query: what it names itself, or its calendar, or UTC.
///
/// # Errors
/// `Invalid` for a name that is not in the IANA database.
pub(crate) fn zone_of(query: &SemanticQuery) -> Result<Tz> {
    let own = query.timezone.as_deref().map(|name| (name, "timezone"));
    let of_calendar = || Some((query.calendar.as_ref()?.timezone.as_deref()?, "calendar.timezone"));
    own.or_else(of_calendar).map_or(Ok(Tz::UTC), |(name, field)| zone_named(name).map_err(|error| error.at(field)))
}

/// The calendar of a query.
///
/// # Errors
/// `Invalid` for a zone that is not in the IANA database, and what a calendar cannot have.
pub(crate) fn calendar_of(query: &SemanticQuery) -> Result<Calendar> {
    let zone = zone_of(query)?;
    let Some(settings) = &query.calendar else { return Ok(zone.into()) };
    settings.check().map_err(|error| {
        let field = format!("calendar.{}", error.field().unwrap_or_default());
        error.at(field)
    })?;
    Ok(Calendar::new(zone, settings))
}

/// Rows of a question at most.
///
/// # Errors
/// `Invalid` for more than the scope allows, and for none.
pub(crate) fn limit_of(query: &SemanticQuery, limits: &Limits) -> Result<usize> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT.min(limits.result_rows));
    if limit == 0 || limit > limits.result_rows {
        return Err(Error::invalid(format!("limit {limit} must lie between 1 and {}", limits.result_rows)).at("limit"));
    }
    Ok(limit)
}

/// A measure that is an estimate, by its name.
type Estimate = (String, Sketched);

pub(super) struct Compiler<'a> {
    pub query: &'a SemanticQuery,
    pub model: &'a Model,
    pub columns: Columns<'a>,
    /// What the conditions of measures name over joins, where some do.
    pub joined: Option<&'a Joined>,
    pub reference: Reference,
    pub limits: &'a Limits,
}

impl Compiler<'_> {
    fn compile(&self, source: LogicalPlan) -> Result<Compiled> {
        let mut output = Vec::new();
        let mut groups = Vec::new();
        let conditions = self.time_groups(&mut output, &mut groups)?;
        self.groups(&mut output, &mut groups)?;
        let (before, after) = self.filters()?;
        let (aggregates, sketched) = self.measures(&mut output)?;
        refuse_repeats(&output)?;
        let mut plan = LogicalPlanBuilder::from(source);
        if let Some(condition) = conjunction(conditions.into_iter().chain(before)) {
            plan = plan.filter(condition)?;
        }
        plan = plan.aggregate(groups, aggregates)?;
        plan = split_errors(plan, &sketched)?;
        if let Some(condition) = conjunction(after) {
            plan = plan.filter(condition)?;
        }
        let mut shown: Vec<Expr> = output.iter().map(|column| by_name(&column.name)).collect();
        let order = order_of(self.query, &output, |name| member::find(self.model, name).map(drop))?;
        let estimates = sketched.into_iter().map(|(name, sketched)| self.estimated(name, sketched, &order, &output, &mut shown)).collect();
        plan = plan.project(shown)?.sort(order)?;
        let limit = limit_of(self.query, self.limits)?;
        let range = date::asked(self.query, &self.reference)?;
        Ok(Compiled { columns: output, plan: plan.build()?, estimates, offset: self.query.offset.unwrap_or(0), limit, range })
    }

    /// Time buckets to group by, and the conditions of date ranges.
    fn time_groups(&self, output: &mut Vec<ResultColumn>, groups: &mut Vec<Expr>) -> Result<Vec<Expr>> {
        let mut conditions = Vec::new();
        for (index, (time, name)) in self.query.time_dimensions.iter().zip(self.query.time_columns()).enumerate() {
            let at = |part: &str| format!("timeDimensions[{index}].{part}");
            let dimension = find_dimension(self.model, &time.dimension).map_err(|error| error.at(at("dimension")))?;
            let (values, timed) = self.columns.time(dimension, self.reference.calendar).map_err(|error| error.at(at("dimension")))?;
            if let Some(asked) = &time.date_range {
                let resolved = date::resolve(asked, &self.reference).map_err(|error| error.at(at("dateRange")))?;
                conditions.extend(timed.within(&values, resolved));
            }
            if let (Some(asked), Some(name)) = (&time.granularity, name) {
                let interval = interval_of(asked, &dimension.name, &dimension.granularities).map_err(|error| error.at(at("granularity")))?;
                groups.push(timed.bucket(values, interval).alias(&name));
                let column = ResultColumn::new(&name, ColumnType::Timestamp, ColumnRole::Time).in_buckets(asked, interval);
                output.push(ResultColumn { label: dimension.label.clone(), format: dimension.format.clone(), ..column });
            }
        }
        Ok(conditions)
    }

    fn groups(&self, output: &mut Vec<ResultColumn>, groups: &mut Vec<Expr>) -> Result<()> {
        for (index, name) in self.query.dimensions.iter().enumerate() {
            let at = || format!("dimensions[{index}]");
            let dimension = find_dimension(self.model, name).map_err(|error| error.at(at()))?;
            groups.push(self.columns.dimension(dimension).map_err(|error| error.at(at()))?.alias(name));
            let column = ResultColumn::new(name, dimension.column_type, ColumnRole::Dimension);
            output.push(ResultColumn { label: dimension.label.clone(), format: dimension.format.clone(), ..column });
        }
        Ok(())
    }

    /// The aggregates, and which of them are estimates.
    fn measures(&self, output: &mut Vec<ResultColumn>) -> Result<(Vec<Expr>, Vec<Estimate>)> {
        let (mut aggregates, mut estimates) = (Vec::new(), Vec::new());
        for (index, name) in self.query.measures.iter().enumerate() {
            let at = || format!("measures[{index}]");
            let measure = find_measure(self.model, name).map_err(|error| error.at(at()))?;
            let (aggregate, column_type, sketched) = self.aggregate(measure).map_err(|error| error.at(at()))?;
            aggregates.push(aggregate.alias(name));
            estimates.extend(sketched.map(|sketched| (name.clone(), sketched)));
            let column = ResultColumn::new(name, column_type, ColumnRole::Measure);
            output.push(ResultColumn { label: measure.label.clone(), format: measure.format.clone(), ..column });
        }
        // Measure filters may use measures that are not shown.
        for filter in &self.query.filters {
            for name in filter.members() {
                if let (Member::Measure(measure), false) = (find(self.model, name)?, self.query.measures.iter().any(|shown| shown == name)) {
                    let alias = aggregates.iter().any(|aggregate| matches!(aggregate, Expr::Alias(alias) if alias.name == name));
                    if !alias {
                        let (aggregate, _, sketched) = self.aggregate(measure)?;
                        aggregates.push(aggregate.alias(name));
                        estimates.extend(sketched.map(|sketched| (name.to_owned(), sketched)));
                    }
                }
            }
        }
        Ok((aggregates, estimates))
    }

    /// Where the error of an estimate will show. A column that holds it is added to what is shown.
    fn estimated(&self, measure: String, sketched: Sketched, order: &[Sort], output: &[ResultColumn], shown: &mut Vec<Expr>) -> Estimated {
        if sketched == Sketched::Distinct {
            return estimated_count(self.query, measure, order, output);
        }
        let shows = if output.iter().any(|column| column.name == measure) && !filters_by(self.query, &measure) {
            shown.push(by_name(&error_of(&measure)));
            Shows::InErrors(shown.len() - 1)
        } else {
            Shows::Nowhere(sketched)
        };
        let orders = order.iter().any(|sort| sort.expr == by_name(&measure));
        Estimated { measure, shows, orders }
    }

    /// The aggregate of a measure over rows, its type, and whether it is an estimate.
    pub(super) fn aggregate(&self, measure: &Measure) -> Result<(Expr, ColumnType, Option<Sketched>)> {
        let input = self.columns.measured(measure)?;
        let needed = |input: Option<Expr>| input.ok_or_else(|| Error::invalid(format!("measure {} needs a column or an expression", measure.name)));
        let type_of = |input: &Expr| -> Result<ColumnType> {
            use datafusion::logical_expr::ExprSchemable;
            let data_type = input.get_type(self.columns.schema)?;
            ColumnType::from_data_type(&data_type).ok_or_else(|| Error::invalid(format!("measure {} is of type {data_type}", measure.name)))
        };
        let numeric = |input: &Expr| match type_of(input)? {
            found @ (ColumnType::Integer | ColumnType::Float) => Ok(found),
            found => Err(Error::invalid(format!("measure {} computes with a {found}; it needs a number", measure.name))),
        };
        let (exact, roughly) = (self.query.exact == Some(true), self.query.exact == Some(false));
        let distinct_sketch = |input: Expr| (ApproxDistinct::udaf().call(vec![input]), ColumnType::Integer, Some(Sketched::Distinct));
        let (aggregate, column_type, sketched) = match measure.kind {
            MeasureKind::CountDistinct => {
                let input = needed(input)?;
                // Sets of whole numbers are bitmaps, so small that an estimate would save nothing.
                let grows = matches!(type_of(&input), Ok(ColumnType::String | ColumnType::Float));
                if grows && roughly { distinct_sketch(input) } else { (count_distinct(input), ColumnType::Integer, None) }
            }
            MeasureKind::CountDistinctApprox if exact => (count_distinct(needed(input)?), ColumnType::Integer, None),
            MeasureKind::CountDistinctApprox => distinct_sketch(needed(input)?),
            MeasureKind::Quantile => {
                let input = needed(input)?;
                numeric(&input)?;
                let arguments = vec![input, lit(measure.quantile.unwrap_or(MEDIAN))];
                if exact {
                    (ApproxQuantile::udaf(Form::Exact).call(arguments), ColumnType::Float, None)
                } else {
                    (ApproxQuantile::udaf(Form::WithError).call(arguments), ColumnType::Float, Some(Sketched::Quantile))
                }
            }
            MeasureKind::Count => (count(input.unwrap_or_else(|| lit(1_i64))), ColumnType::Integer, None),
            MeasureKind::Sum => {
                let input = needed(input)?;
                let found = numeric(&input)?;
                (sum(input), found, None)
            }
            MeasureKind::Avg => {
                let input = needed(input)?;
                numeric(&input)?;
                (avg(input), ColumnType::Float, None)
            }
            MeasureKind::Min | MeasureKind::Max => {
                let input = needed(input)?;
                let found = type_of(&input)?;
                (if measure.kind == MeasureKind::Min { min(input) } else { max(input) }, found, None)
            }
            MeasureKind::First | MeasureKind::Last | MeasureKind::Balance => {
                let input = needed(input)?;
                let found = if measure.kind == MeasureKind::Balance { numeric(&input)? } else { type_of(&input)? };
                return Ok((self.by_time(measure, &input)?, found, None));
            }
            kind if kind.is_derived() => return Err(Error::internal(format!("measure {} is computed from measures", measure.name))),
            _ => return Err(Error::internal(format!("measure {} has no aggregate", measure.name))),
        };
        Ok((self.filtered(measure, aggregate)?, column_type, sketched))
    }

    /// An aggregate over the rows that a measure counts in.
    pub(super) fn filtered(&self, measure: &Measure, aggregate: Expr) -> Result<Expr> {
        let Some(condition) = self.counted_in(measure)? else { return Ok(aggregate) };
        // The builder takes an aggregate for one of all values unless it is told.
        let distinct = matches!(&aggregate, Expr::AggregateFunction(call) if call.params.distinct);
        let filtered = aggregate.filter(condition);
        Ok(if distinct { filtered.distinct() } else { filtered }.build()?)
    }

    /// The condition of the rows that a measure counts in.
    pub(super) fn counted_in(&self, measure: &Measure) -> Result<Option<Expr>> {
        let conditions = measure.filters.iter().map(|filter| self.dimension_filter(filter)).collect::<Result<Vec<_>>>();
        Ok(conjunction(conditions.map_err(|error| error.context(format!("measure {}", measure.name)))?))
    }

    /// The value of the latest row, or the earliest one, of those that have a value and a time.
    fn by_time(&self, measure: &Measure, input: &Expr) -> Result<Expr> {
        let time = self.time(&measure.name)?;
        let mut condition = input.clone().is_not_null().and(time.clone().is_not_null());
        if let Some(counted_in) = self.counted_in(measure)? {
            condition = condition.and(counted_in);
        }
        // Of rows of the same time the one with the greatest value counts, so that the answer is the same each time.
        let order = vec![time.sort(true, false), input.clone().sort(measure.kind != MeasureKind::First, false)];
        let function = if measure.kind == MeasureKind::First { first_value_udaf() } else { last_value_udaf() };
        Ok(function.call(vec![input.clone()]).filter(condition).order_by(order).build()?)
    }

    /// The time that a measure goes by.
    pub(super) fn time(&self, measure: &str) -> Result<Expr> {
        let missing = || Error::invalid(format!("measure {measure} goes by time, and model {} has no time dimension", self.model.name));
        let name = self.model.time_dimension.as_ref().ok_or_else(missing)?;
        Ok(self.columns.time(find_dimension(self.model, &format!("{}.{name}", self.model.name))?, self.reference.calendar)?.0)
    }

    /// Conditions before and after aggregation.
    fn filters(&self) -> Result<(Vec<Expr>, Vec<Expr>)> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for (index, filter) in self.query.filters.iter().enumerate() {
            let at = |error: Error| error.at(format!("filters[{index}]"));
            let mut kinds = filter.members().into_iter().map(|name| find(self.model, name).map(|member| matches!(member, Member::Measure(_))));
            let first = kinds.next().transpose().map_err(at)?.unwrap_or(false);
            for other in kinds {
                if other.map_err(at)? != first {
                    return Err(at(Error::invalid("a group of filters mixes dimensions and measures; the former act before aggregation, the latter after: put them apart")));
                }
            }
            if first {
                let built = filter::build(filter, &self.reference, self.limits.depth, &mut |name| {
                    let measure = find_measure(self.model, name)?;
                    Ok((by_name(name), self.aggregate(measure)?.1))
                });
                after.push(built.map_err(at)?);
            } else {
                before.push(self.dimension_filter(filter).map_err(at)?);
            }
        }
        Ok((before, after))
    }

    fn dimension_filter(&self, condition: &Filter) -> Result<Expr> {
        filter::build(condition, &self.reference, self.limits.depth, &mut |name| {
            if let Some(found) = self.joined.and_then(|joined| joined.get(name)) {
                return Ok(found.clone());
            }
            let dimension = find_dimension(self.model, name)?;
            Ok((self.columns.dimension(dimension)?, dimension.column_type))
        })
    }
}

/// The asked order, or the default one; ties are broken by the groups, so that pages and refreshes are stable. `known` fails for
/// a name that means nothing.
pub(super) fn order_of(query: &SemanticQuery, output: &[ResultColumn], known: impl Fn(&str) -> Result<()>) -> Result<Vec<Sort>> {
    let mut order: Vec<(&str, Direction)> = Vec::new();
    for (index, (name, direction)) in query.order.iter().enumerate() {
        if !output.iter().any(|column| column.name == *name) {
            known(name).map_err(|error| error.at(format!("order[{index}]")))?;
            return Err(Error::invalid(format!("order by {name:?}, which the query does not ask for")).at(format!("order[{index}]")));
        }
        order.push((name, *direction));
    }
    if order.is_empty() {
        let first = |role: ColumnRole| output.iter().find(|column| column.role == role).map(|column| column.name.as_str());
        order.extend(match (first(ColumnRole::Time), first(ColumnRole::Measure)) {
            (Some(time), _) => Some((time, Direction::Asc)),
            (None, Some(measure)) => Some((measure, Direction::Desc)),
            (None, None) => None,
        });
    }
    for column in output.iter().filter(|column| column.role != ColumnRole::Measure) {
        if !order.iter().any(|(name, _)| *name == column.name) {
            order.push((&column.name, Direction::Asc));
        }
    }
    Ok(order.into_iter().map(|(name, direction)| by_name(name).sort(direction == Direction::Asc, false)).collect())
}

/// The same as places of columns, for rows that are at hand.
pub(crate) fn places_of_order(query: &SemanticQuery, output: &[ResultColumn]) -> Result<Vec<(usize, SortOptions)>> {
    let order = order_of(query, output, |_| Ok(()))?;
    let place = |sort: &Sort| if let Expr::Column(column) = &sort.expr { output.iter().position(|shown| shown.name == column.name) } else { None };
    Ok(order.iter().filter_map(|sort| Some((place(sort)?, SortOptions { descending: !sort.asc, nulls_first: sort.nulls_first }))).collect())
}

/// Whether a filter goes by a measure.
fn filters_by(query: &SemanticQuery, measure: &str) -> bool {
    query.filters.iter().any(|filter| filter.members().contains(&measure))
}

/// Where the error of an estimated count of distinct values will show: in the count itself, unless it decides which rows there are.
pub(super) fn estimated_count(query: &SemanticQuery, measure: String, order: &[Sort], output: &[ResultColumn]) -> Estimated {
    let place = output.iter().position(|column| column.name == measure).filter(|_| !filters_by(query, &measure));
    let shows = place.map_or(Shows::Nowhere(Sketched::Distinct), Shows::InCounts);
    let orders = order.iter().any(|sort| sort.expr == by_name(&measure));
    Estimated { measure, shows, orders }
}

/// Quantiles come with their errors; this puts the value under the name of the measure and the error beside it.
fn split_errors(plan: LogicalPlanBuilder, sketched: &[(String, Sketched)]) -> Result<LogicalPlanBuilder> {
    let is_quantile = |name: &str| sketched.iter().any(|(other, sketched)| other == name && *sketched == Sketched::Quantile);
    let names: Vec<String> = plan.schema().fields().iter().map(|field| field.name().clone()).collect();
    if !names.iter().any(|name| is_quantile(name)) {
        return Ok(plan);
    }
    let values = names.iter().map(|name| if is_quantile(name) { get_field(by_name(name), "value").alias(name) } else { by_name(name) });
    let errors = names.iter().filter(|name| is_quantile(name)).map(|name| get_field(by_name(name), "error").alias(error_of(name)));
    Ok(plan.project(values.chain(errors).collect::<Vec<_>>())?)
}

/// Name of the column that holds the error of a measure. No member is called so: members begin with the name of a model.
fn error_of(measure: &str) -> String {
    format!("error of {measure}")
}

/// A column of the aggregate's output: the alias holds a dot, so it must not be parsed.
fn by_name(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}

pub(super) fn refuse_repeats(output: &[ResultColumn]) -> Result<()> {
    for (index, column) in output.iter().enumerate() {
        if output.iter().take(index).any(|other| other.name == column.name) {
            return Err(Error::invalid(format!("member {:?} is asked for twice", column.name)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn what_nobody_could_read_is_refused_before_anything_is_looked_for() {
        let members = |count: usize| vec!["a.b".to_owned(); count];
        let condition = || serde_json::from_value::<Filter>(json!({"member": "a.b", "operator": "set"})).unwrap();
        let within = SemanticQuery {
            measures: members(50),
            dimensions: members(50),
            filters: vec![condition(); 1_990],
            segments: members(10),
            offset: Some(OFFSET_MAX),
            ..SemanticQuery::default()
        };
        check_bounds(&within).unwrap();
        let refused = |query: SemanticQuery| {
            let error = check_bounds(&query).unwrap_err();
            (error.kind(), error.field().map(str::to_owned))
        };
        assert_eq!(refused(SemanticQuery { dimensions: members(51), ..within.clone() }), (ErrorKind::Exhausted, None));
        assert_eq!(refused(SemanticQuery { segments: members(11), ..within.clone() }), (ErrorKind::Exhausted, None));
        // Conditions within groups count each.
        let group = Filter::Or { or: vec![condition(); 2] };
        let grouped = [vec![condition(); 1_989], vec![group]].concat();
        assert_eq!(refused(SemanticQuery { filters: grouped, ..within.clone() }), (ErrorKind::Exhausted, None));
        // As a number of DataFusion's it would be less than nothing.
        assert_eq!(refused(SemanticQuery { offset: Some(usize::MAX), ..within }), (ErrorKind::Invalid, Some("offset".to_owned())));
    }
}
