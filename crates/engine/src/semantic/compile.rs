//! A semantic query becomes a logical plan over the scoped plan of its dataset.

use chrono_tz::Tz;
use datafusion::common::Column;
use datafusion::execution::session_state::SessionState;
use datafusion::functions_aggregate::expr_fn::{avg, count, count_distinct, max, min, sum};
use datafusion::logical_expr::expr::Sort;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, ExprFunctionExt, LogicalPlan, LogicalPlanBuilder, lit};

use super::date::{self, Range, Reference};
use super::filter;
use super::member::{self, Columns, Member, find, find_dimension, find_measure};
use super::model::{Measure, MeasureKind, Model};
use super::query::{Direction, Filter, SemanticQuery};
use crate::catalog::ColumnType;
use crate::error::{Error, Result};
use crate::functions::time_bucket::TimeBucket;
use crate::query::result::{ColumnRole, ResultColumn};
use crate::settings::Limits;

/// Rows when a query names no limit.
const DEFAULT_LIMIT: usize = 10_000;
/// Members of a query at most.
const MEMBERS_MAX: usize = 100;

/// A compiled query.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub columns: Vec<ResultColumn>,
    /// All rows of the answer, sorted, without limit and offset.
    pub plan: LogicalPlan,
    pub offset: usize,
    pub limit: usize,
    pub range: Option<Range>,
}

/// Compiles a query over `source`, the scoped plan of the model's dataset.
///
/// # Errors
/// `Invalid` with the path of the field at fault, `Exhausted` for too many members or too deep filters.
pub(crate) fn compile(query: &SemanticQuery, model: &Model, source: LogicalPlan, state: &SessionState, reference: Reference, limits: &Limits) -> Result<Compiled> {
    let members = query.measures.len() + query.dimensions.len() + query.time_dimensions.len();
    if query.measures.is_empty() && query.dimensions.is_empty() && query.time_dimensions.iter().all(|time| time.granularity.is_none()) {
        return Err(Error::invalid("the query asks for nothing; name at least one measure or dimension").at("measures"));
    }
    if members > MEMBERS_MAX {
        return Err(Error::exhausted(format!("the query has {members} members; at most {MEMBERS_MAX} are answered")));
    }
    let schema = source.schema().clone();
    let columns = Columns { state, schema: &schema, zone: reference.zone };
    let compiler = Compiler { query, model, columns, reference, limits };
    compiler.compile(source)
}

/// The zone of a query.
///
/// # Errors
/// `Invalid` for a name that is not in the IANA database.
pub(crate) fn zone_of(query: &SemanticQuery) -> Result<Tz> {
    let name = query.timezone.as_deref().unwrap_or("UTC");
    name.parse().map_err(|_| Error::invalid(format!("unknown time zone {name:?}; use an IANA name such as Europe/Berlin")).at("timezone"))
}

struct Compiler<'a> {
    query: &'a SemanticQuery,
    model: &'a Model,
    columns: Columns<'a>,
    reference: Reference,
    limits: &'a Limits,
}

impl Compiler<'_> {
    fn compile(&self, source: LogicalPlan) -> Result<Compiled> {
        let mut output = Vec::new();
        let mut groups = Vec::new();
        let (conditions, range) = self.time_groups(&mut output, &mut groups)?;
        self.groups(&mut output, &mut groups)?;
        let (before, after) = self.filters()?;
        let aggregates = self.measures(&mut output)?;
        refuse_repeats(&output)?;
        let mut plan = LogicalPlanBuilder::from(source);
        if let Some(condition) = conjunction(conditions.into_iter().chain(before)) {
            plan = plan.filter(condition)?;
        }
        plan = plan.aggregate(groups, aggregates)?;
        if let Some(condition) = conjunction(after) {
            plan = plan.filter(condition)?;
        }
        let shown: Vec<Expr> = output.iter().map(|column| by_name(&column.name)).collect();
        plan = plan.project(shown)?.sort(self.order(&output)?)?;
        let limit = self.query.limit.unwrap_or(DEFAULT_LIMIT);
        if limit == 0 || limit > self.limits.result_rows {
            return Err(Error::invalid(format!("limit {limit} must lie between 1 and {}", self.limits.result_rows)).at("limit"));
        }
        Ok(Compiled { columns: output, plan: plan.build()?, offset: self.query.offset.unwrap_or(0), limit, range })
    }

    /// Time buckets to group by, and the conditions of date ranges.
    fn time_groups(&self, output: &mut Vec<ResultColumn>, groups: &mut Vec<Expr>) -> Result<(Vec<Expr>, Option<Range>)> {
        let (mut conditions, mut range) = (Vec::new(), None);
        for (index, time) in self.query.time_dimensions.iter().enumerate() {
            let at = |part: &str| format!("timeDimensions[{index}].{part}");
            let dimension = find_dimension(self.model, &time.dimension).map_err(|error| error.at(at("dimension")))?;
            let instant = self.columns.instant(dimension).map_err(|error| error.at(at("dimension")))?;
            if let Some(asked) = &time.date_range {
                let resolved = date::resolve(asked, &self.reference).map_err(|error| error.at(at("dateRange")))?;
                conditions.extend(filter::within(instant.clone(), resolved));
                range = range.or(Some(resolved));
            }
            if let Some(grain) = time.granularity {
                groups.push(TimeBucket::udf(grain, self.columns.zone).call(vec![instant]).alias(&time.dimension));
                output.push(ResultColumn {
                    name: time.dimension.clone(),
                    label: dimension.label.clone(),
                    column_type: ColumnType::Timestamp,
                    role: ColumnRole::Time,
                    grain: Some(grain),
                    format: dimension.format.clone(),
                });
            }
        }
        Ok((conditions, range))
    }

    fn groups(&self, output: &mut Vec<ResultColumn>, groups: &mut Vec<Expr>) -> Result<()> {
        for (index, name) in self.query.dimensions.iter().enumerate() {
            let at = || format!("dimensions[{index}]");
            let dimension = find_dimension(self.model, name).map_err(|error| error.at(at()))?;
            groups.push(self.columns.dimension(dimension).map_err(|error| error.at(at()))?.alias(name));
            output.push(ResultColumn {
                name: name.clone(),
                label: dimension.label.clone(),
                column_type: dimension.column_type,
                role: ColumnRole::Dimension,
                grain: None,
                format: dimension.format.clone(),
            });
        }
        Ok(())
    }

    fn measures(&self, output: &mut Vec<ResultColumn>) -> Result<Vec<Expr>> {
        let mut aggregates = Vec::new();
        for (index, name) in self.query.measures.iter().enumerate() {
            let at = || format!("measures[{index}]");
            let measure = find_measure(self.model, name).map_err(|error| error.at(at()))?;
            let (aggregate, column_type) = self.aggregate(measure).map_err(|error| error.at(at()))?;
            aggregates.push(aggregate.alias(name));
            output.push(ResultColumn { name: name.clone(), label: measure.label.clone(), column_type, role: ColumnRole::Measure, grain: None, format: measure.format.clone() });
        }
        // Measure filters may use measures that are not shown.
        for filter in &self.query.filters {
            for name in members_of(filter) {
                if let (Member::Measure(measure), false) = (find(self.model, name)?, self.query.measures.iter().any(|shown| shown == name)) {
                    let alias = aggregates.iter().any(|aggregate| matches!(aggregate, Expr::Alias(alias) if alias.name == name));
                    if !alias {
                        aggregates.push(self.aggregate(measure)?.0.alias(name));
                    }
                }
            }
        }
        Ok(aggregates)
    }

    fn aggregate(&self, measure: &Measure) -> Result<(Expr, ColumnType)> {
        let input = self.columns.measured(measure)?;
        let needed = |input: Option<Expr>| input.ok_or_else(|| Error::invalid(format!("measure {} needs a column or an expression", measure.name)));
        let type_of = |input: &Expr| -> Result<ColumnType> {
            use datafusion::logical_expr::ExprSchemable;
            let data_type = input.get_type(self.columns.schema)?;
            ColumnType::from_data_type(&data_type).ok_or_else(|| Error::invalid(format!("measure {} is of type {data_type}", measure.name)))
        };
        let numeric = |input: &Expr| match type_of(input)? {
            found @ (ColumnType::Integer | ColumnType::Float) => Ok(found),
            found => Err(Error::invalid(format!("measure {} adds up a {found}; it needs a number", measure.name))),
        };
        let (aggregate, column_type) = match measure.kind {
            MeasureKind::Count => (count(input.unwrap_or_else(|| lit(1_i64))), ColumnType::Integer),
            MeasureKind::CountDistinct => (count_distinct(needed(input)?), ColumnType::Integer),
            MeasureKind::Sum => {
                let input = needed(input)?;
                let found = numeric(&input)?;
                (sum(input), found)
            }
            MeasureKind::Avg => {
                let input = needed(input)?;
                numeric(&input)?;
                (avg(input), ColumnType::Float)
            }
            MeasureKind::Min | MeasureKind::Max => {
                let input = needed(input)?;
                let found = type_of(&input)?;
                (if measure.kind == MeasureKind::Min { min(input) } else { max(input) }, found)
            }
        };
        if measure.filters.is_empty() {
            return Ok((aggregate, column_type));
        }
        let conditions = measure
            .filters
            .iter()
            .map(|filter| self.dimension_filter(filter))
            .collect::<Result<Vec<_>>>()
            .map_err(|error| error.context(format!("measure {}", measure.name)))?;
        let condition = conjunction(conditions).unwrap_or_else(|| lit(true));
        Ok((aggregate.filter(condition).build()?, column_type))
    }

    /// Conditions before and after aggregation.
    fn filters(&self) -> Result<(Vec<Expr>, Vec<Expr>)> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for (index, filter) in self.query.filters.iter().enumerate() {
            let at = |error: Error| error.at(format!("filters[{index}]"));
            let mut kinds = members_of(filter).into_iter().map(|name| find(self.model, name).map(|member| matches!(member, Member::Measure(_))));
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
            let dimension = find_dimension(self.model, name)?;
            Ok((self.columns.dimension(dimension)?, dimension.column_type))
        })
    }

    /// The asked order, or the default one; ties are broken by the groups, so that pages and refreshes are stable.
    fn order(&self, output: &[ResultColumn]) -> Result<Vec<Sort>> {
        let mut order: Vec<(&str, Direction)> = Vec::new();
        for (index, (name, direction)) in self.query.order.iter().enumerate() {
            if !output.iter().any(|column| column.name == *name) {
                member::find(self.model, name).map_err(|error| error.at(format!("order[{index}]")))?;
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
}

/// A column of the aggregate's output: the alias holds a dot, so it must not be parsed.
fn by_name(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}

fn members_of(filter: &Filter) -> Vec<&str> {
    match filter {
        Filter::And { and: parts } | Filter::Or { or: parts } => parts.iter().flat_map(members_of).collect(),
        Filter::Condition(condition) => vec![&condition.member],
    }
}

fn refuse_repeats(output: &[ResultColumn]) -> Result<()> {
    for (index, column) in output.iter().enumerate() {
        if output.iter().take(index).any(|other| other.name == column.name) {
            return Err(Error::invalid(format!("member {:?} is asked for twice", column.name)));
        }
    }
    Ok(())
}
