//! The measures of one model by the dimensions of a question: each is aggregated over the rows of its own dataset, so that
//! no join can count a row twice.
//!
//! ```text
//!   rows of the dataset > filter > aggregate by (own dimensions, keys of lookups, time)      partials, computed once
//!     > lookups > filters on them > moved in time > merge by the dimensions that are asked for
//! ```
//! Where a measure has no states that can be merged (distinct values, quantiles, the first and the last value), lookups
//! are put beside the rows and everything is aggregated once.

use datafusion::common::Column;
use datafusion::functions_nested::expr_fn::make_array;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast, lit};

use super::compile::{Compiler, members_of};
use super::compose::World;
use super::date::{self, Range};
use super::derived::Lens;
use super::filter;
use super::grain::Grain;
use super::lookups::{Lookups, UniqueKey};
use super::member::{Columns, Member, find, find_dimension, find_measure, model_of};
use super::model::{Dimension, Measure, MeasureKind, Model};
use super::states::States;
use crate::catalog::ColumnType;
use crate::error::{Error, Result};
use crate::functions::time_bucket::TimeBucket;
use crate::functions::time_bucket::bucket_of;
use crate::functions::time_shift::{TimeShift, shift};

/// Buckets that a rolling measure looks over at most: each group is there once for each of them.
const ROLLING_MAX: u32 = 400;
/// How many buckets back a copy of a group stands for.
const OFFSET: &str = "buckets later";

/// Measures of one model that look at the same rows.
pub(super) struct Part<'a> {
    pub world: &'a World<'a>,
    pub root: &'a str,
    pub lens: Lens,
    /// Names of the measures, and their columns.
    pub measures: Vec<(String, String)>,
    /// Whether they are stocks.
    pub balances: bool,
}

/// A plan with the dimensions of the question and the measures as columns, and what must hold for it to be right.
pub(super) struct Planned {
    pub plan: LogicalPlan,
    pub unique_keys: Vec<UniqueKey>,
}

/// Something to group by.
struct Group<'a> {
    member: &'a str,
    expr: Expr,
    /// Whether it is of the root's own dataset.
    own: bool,
    bucket: Option<Grain>,
}

/// A member as it is found from a root.
struct Found<'a> {
    expr: Expr,
    dimension: &'a Dimension,
    own: bool,
}

impl<'a> Part<'a> {
    pub(super) fn plan(&self) -> Result<Planned> {
        let model = self.world.model(self.root)?;
        let source = self.world.source(self.root)?.clone();
        let schema = source.schema().clone();
        let columns = Columns { state: self.world.state, schema: &schema, zone: self.world.reference.zone };
        let compiler = Compiler { query: self.world.exact, model, columns, reference: self.world.reference, limits: self.world.limits };
        let mut lookups = Lookups::new(self.world, self.root);
        let groups = if self.lens == Lens::Total { Vec::new() } else { self.groups(model, &compiler, &mut lookups)? };
        let moved = self.moved(&groups)?;
        let (mut before, mut after) = self.conditions(model, &compiler, &mut lookups, moved)?;
        let measures = self
            .measures
            .iter()
            .map(|(name, column)| Ok((find_measure(model, &format!("{}.{name}", self.root))?, column.as_str())))
            .collect::<Result<Vec<_>>>()?;
        let states = measures.iter().map(|(measure, column)| States::of(measure, column, &compiler)).collect::<Result<Option<Vec<_>>>>()?;
        let unique_keys = lookups.unique_keys().collect();
        let simple = lookups.is_empty() && !self.balances && !matches!(self.lens, Lens::Before(_) | Lens::Rolling(_) | Lens::Cumulative);
        let plan = match (simple, states) {
            (false, Some(states)) => self.merged(source, &groups, (before, after), lookups, &states, moved, &compiler)?,
            (_, states) => {
                if states.is_none() && matches!(self.lens, Lens::Rolling(_) | Lens::Cumulative) {
                    return Err(Error::invalid(format!(
                        "{} counts distinct values or takes a quantile or a single value, which does not add up over buckets of time",
                        self.named()
                    )));
                }
                before.append(&mut after);
                self.aggregated(source, groups, (before, moved), lookups, &measures, &compiler)?
            }
        };
        Ok(Planned { plan, unique_keys })
    }

    fn named(&self) -> String {
        self.measures.iter().map(|(name, _)| format!("{}.{name}", self.root)).collect::<Vec<_>>().join(", ")
    }

    /// Everything aggregated once, over rows with what is looked up beside them.
    fn aggregated(
        &self,
        source: LogicalPlan,
        groups: Vec<Group<'_>>,
        (conditions, moved): (Vec<Expr>, Option<Moved<'_>>),
        lookups: Lookups<'_>,
        measures: &[(&Measure, &str)],
        compiler: &Compiler<'_>,
    ) -> Result<LogicalPlan> {
        let zone = self.world.reference.zone;
        let schema = source.schema().clone();
        let mut plan = source;
        if !lookups.is_empty() {
            plan = lookups.join(plan, |column| schema.iter().find(|(_, field)| field.name() == column).map_or_else(|| Column::new_unqualified(column), Column::from))?;
        }
        let mut plan = LogicalPlanBuilder::from(plan);
        if let Some(condition) = conjunction(conditions) {
            plan = plan.filter(condition)?;
        }
        let grouped = groups.into_iter().map(|group| {
            let expr = match group.bucket {
                Some(grain) => TimeBucket::udf(grain, zone).call(vec![self.in_time(group.expr)]),
                None => group.expr,
            };
            expr.alias(group.member)
        });
        let grouped: Vec<Expr> = grouped.collect();
        let aggregates = measures.iter().map(|(measure, column)| Ok(compiler.aggregate(measure)?.0.alias(*column))).collect::<Result<Vec<_>>>()?;
        let plan = shown_only(plan.aggregate(grouped, aggregates)?, moved)?;
        Ok(plan.build()?)
    }

    /// An instant of a row as one of the group that it counts for.
    fn in_time(&self, instant: Expr) -> Expr {
        match self.lens {
            Lens::Before(span) => TimeShift::udf(span.unit, self.world.reference.zone).call(vec![instant, lit(i64::from(span.count))]),
            _ => instant,
        }
    }

    /// States by own dimensions and keys, merged after lookups and moves in time.
    #[expect(clippy::too_many_arguments, reason = "the stages of one plan")]
    fn merged(
        &self,
        source: LogicalPlan,
        groups: &[Group<'_>],
        (before, after): (Vec<Expr>, Vec<Expr>),
        lookups: Lookups<'_>,
        states: &[States],
        moved: Option<Moved<'_>>,
        compiler: &Compiler<'_>,
    ) -> Result<LogicalPlan> {
        let zone = self.world.reference.zone;
        let mut plan = LogicalPlanBuilder::from(source);
        if let Some(condition) = conjunction(before) {
            plan = plan.filter(condition)?;
        }
        // Columns of the inner groups: own dimensions, those that only filters behind lookups look at, keys.
        let mut inner: Vec<Expr> = Vec::new();
        for group in groups.iter().filter(|group| group.own) {
            let expr = match group.bucket {
                Some(grain) => {
                    let fine = moved.filter(|moved| moved.member == group.member).map_or(grain, |moved| moved.fine);
                    TimeBucket::udf(fine, zone).call(vec![group.expr.clone()])
                }
                None => group.expr.clone(),
            };
            inner.push(expr.alias(own_name(group.member)));
        }
        for member in self.filtered_behind(compiler)? {
            if !groups.iter().any(|group| group.own && group.bucket.is_none() && group.member == member) {
                inner.push(self.find(member, compiler, None)?.expr.alias(filtered_name(member)));
            }
        }
        for key in lookups.root_keys() {
            inner.push(compiler.columns.column(&key)?.alias(key_name(&key)));
        }
        let partial = states.iter().flat_map(|states| states.partial.iter().cloned());
        plan = if self.balances { self.latest(plan, inner, partial.collect(), compiler)? } else { plan.aggregate(inner, partial.collect::<Vec<_>>())? };
        if !lookups.is_empty() {
            plan = LogicalPlanBuilder::from(lookups.join(plan.build()?, |column| Column::new_unqualified(key_name(column)))?);
        }
        if let Some(condition) = conjunction(after) {
            plan = plan.filter(condition)?;
        }
        plan = self.moved_plan(plan, moved, states, groups)?;
        let outer: Vec<Expr> = groups
            .iter()
            .map(|group| {
                let expr = match (group.own, group.bucket) {
                    (true, _) => by_name(&own_name(group.member)),
                    (false, Some(grain)) => TimeBucket::udf(grain, zone).call(vec![group.expr.clone()]),
                    (false, None) => group.expr.clone(),
                };
                expr.alias(group.member)
            })
            .collect();
        plan = plan.aggregate(outer, states.iter().flat_map(|states| states.merge.iter().cloned()).collect::<Vec<_>>())?;
        if self.lens == Lens::Cumulative {
            let Some(moved) = moved else { return Err(Error::internal("a cumulative measure without buckets")) };
            plan = super::states::accumulate(plan, states, moved.member, groups.iter().map(|group| group.member).filter(|member| *member != moved.member))?;
        }
        plan = shown_only(plan, moved)?;
        let shown = groups.iter().map(|group| by_name(group.member)).chain(states.iter().map(|states| states.last.clone())).collect::<Vec<_>>();
        Ok(plan.project(shown)?.build()?)
    }

    /// The latest value of each stock in each bucket, with the dimensions that it had then.
    fn latest(&self, plan: LogicalPlanBuilder, inner: Vec<Expr>, partial: Vec<Expr>, compiler: &Compiler<'_>) -> Result<LogicalPlanBuilder> {
        let model = compiler.model;
        let mut by = Vec::new();
        for (name, _) in &self.measures {
            let measure = find_measure(model, &format!("{}.{name}", self.root))?;
            for dimension in &measure.by {
                let dimension = find_dimension(model, &format!("{}.{dimension}", self.root))?;
                let expr = compiler.columns.dimension(dimension)?.alias(format!("of {}", dimension.name));
                if !by.contains(&expr) {
                    by.push(expr);
                }
            }
        }
        // A bucket is a bucket of each stock; what else it is grouped by is what it had last.
        let (buckets, others): (Vec<Expr>, Vec<Expr>) = inner
            .into_iter()
            .partition(|expr| matches!(expr, Expr::Alias(alias) if matches!(&*alias.expr, Expr::ScalarFunction(call) if call.func.name().starts_with("time_bucket"))));
        let others = others.into_iter().map(|expr| match expr {
            Expr::Alias(alias) => Ok(compiler.latest((*alias.expr).clone())?.alias(alias.name)),
            other => compiler.latest(other),
        });
        let aggregates = others.chain(partial.into_iter().map(Ok)).collect::<Result<Vec<_>>>()?;
        Ok(plan.aggregate(by.into_iter().chain(buckets).collect::<Vec<_>>(), aggregates)?)
    }

    /// Puts groups where they count in time.
    fn moved_plan(&self, plan: LogicalPlanBuilder, moved: Option<Moved<'_>>, states: &[States], groups: &[Group<'_>]) -> Result<LogicalPlanBuilder> {
        let zone = self.world.reference.zone;
        let Some(moved) = moved else { return Ok(plan) };
        let bucket = by_name(&own_name(moved.member));
        let (plan, later) = match self.lens {
            Lens::Before(span) => (plan, TimeShift::udf(span.unit, zone).call(vec![bucket, lit(i64::from(span.count))])),
            Lens::Rolling(span) => {
                let mut shown: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).collect();
                shown.push(make_array((0..i64::from(span.count)).map(lit).collect()).alias(OFFSET));
                let plan = plan.project(shown)?.unnest_column(Column::new_unqualified(OFFSET))?;
                (plan, TimeShift::udf(span.unit, zone).call(vec![bucket, by_name(OFFSET)]))
            }
            _ => return Ok(plan),
        };
        let later = if moved.fine == moved.grain { later } else { TimeBucket::udf(moved.grain, zone).call(vec![later]) };
        let own = own_name(moved.member);
        let mut shown: Vec<Expr> = Vec::new();
        for column in plan.schema().columns() {
            if column.name == own {
                shown.push(later.clone().alias(&own));
            } else if column.name != OFFSET {
                shown.push(Expr::Column(column));
            }
        }
        debug_assert!(shown.len() >= states.len() + groups.iter().filter(|group| group.own).count(), "a state is lost");
        Ok(plan.project(shown)?)
    }

    fn groups(&self, model: &'a Model, compiler: &Compiler<'a>, lookups: &mut Lookups<'a>) -> Result<Vec<Group<'a>>> {
        let query = self.world.query;
        let mut groups = Vec::new();
        for (index, time) in query.time_dimensions.iter().enumerate() {
            if let Some(grain) = time.granularity {
                let found = self
                    .find(&time.dimension, compiler, Some(lookups))
                    .and_then(|found| self.instant(found, compiler))
                    .map_err(|error| error.at(format!("timeDimensions[{index}].dimension")))?;
                groups.push(Group { member: &time.dimension, expr: found.expr, own: found.own, bucket: Some(grain) });
            }
        }
        for (index, member) in query.dimensions.iter().enumerate() {
            if let Ok(Member::Measure(_)) = find(model, member) {
                return Err(Error::invalid(format!("{member:?} is a measure; only dimensions can be grouped by")).at(format!("dimensions[{index}]")));
            }
            let found = self.find(member, compiler, Some(lookups)).map_err(|error| error.at(format!("dimensions[{index}]")))?;
            groups.push(Group { member, expr: found.expr, own: found.own, bucket: None });
        }
        Ok(groups)
    }

    /// A dimension as this part sees it: of its own model, one that is the same as it, or one that is looked up.
    fn find(&self, member: &str, compiler: &Compiler<'a>, lookups: Option<&mut Lookups<'a>>) -> Result<Found<'a>> {
        let (prefix, model) = (model_of(member)?, compiler.model);
        let own = if prefix == self.root { Some(find_dimension(model, member)?) } else { model.dimensions.iter().find(|dimension| dimension.same_as.as_deref() == Some(member)) };
        if let Some(dimension) = own {
            return Ok(Found { expr: compiler.columns.dimension(dimension)?, dimension, own: true });
        }
        let lookups = lookups.ok_or_else(|| Error::internal("a lookup where none is made"))?;
        let (expr, dimension) = lookups.dimension(prefix, member.get(prefix.len() + 1..).unwrap_or_default())?;
        Ok(Found { expr, dimension, own: false })
    }

    fn instant(&self, found: Found<'a>, compiler: &Compiler<'a>) -> Result<Found<'a>> {
        let expr = match (found.own, found.dimension.column_type) {
            (true, _) => compiler.columns.instant(found.dimension)?,
            (false, ColumnType::Timestamp | ColumnType::Date) => cast(found.expr, ColumnType::Timestamp.data_type()),
            (false, other) => return Err(Error::invalid(format!("dimension {} is of type {other}, not a time", found.dimension.name))),
        };
        Ok(Found { expr, ..found })
    }

    /// Conditions that can be told from the rows of this dataset, and those that need what is looked up.
    fn conditions(&self, model: &'a Model, compiler: &Compiler<'a>, lookups: &mut Lookups<'a>, moved: Option<Moved<'_>>) -> Result<(Vec<Expr>, Vec<Expr>)> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for (index, time) in self.world.query.time_dimensions.iter().enumerate() {
            let Some(asked) = &time.date_range else { continue };
            let at = |error: Error, part: &str| error.at(format!("timeDimensions[{index}].{part}"));
            let found = self
                .find(&time.dimension, compiler, Some(lookups))
                .and_then(|found| self.instant(found, compiler))
                .map_err(|error| at(error, "dimension"))?;
            let range = date::resolve(asked, &self.world.reference).map_err(|error| at(error, "dateRange"))?;
            let range = match moved {
                Some(moved) if moved.member == time.dimension => moved.read,
                Some(_) => range,
                None => self.range_before(range)?,
            };
            (if found.own { &mut before } else { &mut after }).extend(filter::within(&found.expr, range));
        }
        // Behind an aggregation own members are columns of the groups; behind plain rows they are what they are.
        for (index, condition) in self.world.query.filters.iter().enumerate() {
            if self.world.is_of_measures(condition)? {
                continue;
            }
            let at = |error: Error| error.at(format!("filters[{index}]"));
            let behind = self.is_behind(condition, compiler.model);
            let grouped = behind && self.groups_first(model, compiler)?;
            let built = filter::build(condition, &self.world.reference, self.world.limits.depth, &mut |member| {
                let found = self.find(member, compiler, Some(lookups))?;
                let column_type = found.dimension.column_type;
                let is_group = self.lens != Lens::Total && self.world.query.dimensions.iter().any(|dimension| dimension == member);
                Ok(match (found.own && grouped, is_group) {
                    (true, true) => (by_name(&own_name(member)), column_type),
                    (true, false) => (by_name(&filtered_name(member)), column_type),
                    (false, _) => (found.expr, column_type),
                })
            });
            (if behind { &mut after } else { &mut before }).push(built.map_err(at)?);
        }
        Ok((before, after))
    }

    /// Whether a condition needs something that is looked up.
    fn is_behind(&self, condition: &super::query::Filter, model: &Model) -> bool {
        let own = |member: &str| model_of(member).is_ok_and(|prefix| prefix == self.root) || model.dimensions.iter().any(|dimension| dimension.same_as.as_deref() == Some(member));
        !members_of(condition).into_iter().all(own)
    }

    /// Whether states are made first, so that conditions behind lookups see groups and not rows.
    fn groups_first(&self, model: &Model, compiler: &Compiler<'_>) -> Result<bool> {
        for (name, column) in &self.measures {
            if States::of(find_measure(model, &format!("{}.{name}", self.root))?, column, compiler)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Own members that conditions behind lookups look at.
    fn filtered_behind(&self, compiler: &Compiler<'_>) -> Result<Vec<&'a str>> {
        let mut members = Vec::new();
        for condition in &self.world.query.filters {
            if !self.world.is_of_measures(condition)? && self.is_behind(condition, compiler.model) {
                let own = |member: &&str| {
                    model_of(member).is_ok_and(|prefix| prefix == self.root) || compiler.model.dimensions.iter().any(|dimension| dimension.same_as.as_deref() == Some(*member))
                };
                members.extend(members_of(condition).into_iter().filter(own));
            }
        }
        members.sort_unstable();
        members.dedup();
        Ok(members)
    }

    /// How the lens moves buckets of time.
    fn moved<'g>(&self, groups: &[Group<'g>]) -> Result<Option<Moved<'g>>> {
        let span = match self.lens {
            Lens::Before(span) | Lens::Rolling(span) => Some(span),
            Lens::Cumulative => None,
            Lens::Own | Lens::Total => return Ok(None),
        };
        let mut times = groups.iter().filter_map(|group| group.bucket.map(|grain| (group, grain)));
        let (group, grain) = match (times.next(), times.next()) {
            (Some(one), None) => one,
            (None, _) if matches!(self.lens, Lens::Before(_)) => {
                if self.world.query.time_dimensions.iter().filter(|time| time.date_range.is_some()).count() > 1 {
                    return Err(Error::invalid(format!("{} moves in time, and the question restricts several times; leave one", self.named())).at("timeDimensions"));
                }
                return Ok(None);
            }
            (None, _) => {
                return Err(Error::invalid(format!("{} is counted from bucket to bucket of time; ask for it with one time dimension that has a granularity", self.named()))
                    .at("timeDimensions"));
            }
            (Some(_), Some(_)) => {
                return Err(Error::invalid(format!("{} moves in time, and the question has several times to group by; leave one", self.named())).at("timeDimensions"));
            }
        };
        if !group.own {
            return Err(Error::invalid(format!("{} moves in time, which must be a time of {} itself; {} is looked up", self.named(), self.root, group.member)).at("timeDimensions"));
        }
        let mut fine = grain;
        if let (Lens::Before(_), Some(span)) = (self.lens, span)
            && !grain.divides(span.unit)
        {
            fine = Grain::Day.min(grain);
        }
        if let (Lens::Rolling(_), Some(span)) = (self.lens, span) {
            if span.unit != grain {
                return Err(Error::invalid(format!("{} is over {} {}s; ask for it by {}", self.named(), span.count, span.unit.as_str(), span.unit.as_str())).at("timeDimensions"));
            }
            if span.count > ROLLING_MAX {
                return Err(Error::exhausted(format!("{} is over {} buckets; at most {ROLLING_MAX} are rolled over", self.named(), span.count)));
            }
        }
        let asked = self.world.query.time_dimensions.iter().find(|time| time.dimension == group.member && time.date_range.is_some());
        let asked = asked.and_then(|time| time.date_range.as_ref()).map(|range| date::resolve(range, &self.world.reference)).transpose()?.unwrap_or_default();
        let zone = self.world.reference.zone;
        // Whole buckets are shown, also where the range begins inside of one.
        // What is moved beyond the data is only shown where somebody asks for it.
        let latest = self.world.reference.latest.map(|latest| bucket_of(latest.timestamp_micros(), grain, zone).1);
        let shown = Range { from: asked.from.map(|from| bucket_of(from, grain, zone).0), to: asked.to.or(latest) };
        let earlier = |micros: i64, count: u32| {
            span.and_then(|span| shift(micros, span.unit, -i64::from(count), zone))
                .ok_or_else(|| Error::invalid(format!("{} looks back further than the calendar goes", self.named())))
        };
        let read = match (self.lens, span) {
            (Lens::Before(_), _) => self.range_before(asked)?,
            (Lens::Rolling(_), Some(span)) => Range { from: shown.from.map(|from| earlier(from, span.count - 1)).transpose()?, to: asked.to },
            _ => Range { from: None, to: asked.to },
        };
        Ok(Some(Moved { member: group.member, grain, fine, shown, read }))
    }

    /// The range of rows that count for a range of the question, where they count for later.
    fn range_before(&self, range: Range) -> Result<Range> {
        let Lens::Before(span) = self.lens else { return Ok(range) };
        let back = |micros: i64| {
            shift(micros, span.unit, -i64::from(span.count), self.world.reference.zone)
                .ok_or_else(|| Error::invalid(format!("{} looks back further than the calendar goes", self.named())))
        };
        Ok(Range { from: range.from.map(back).transpose()?, to: range.to.map(back).transpose()? })
    }
}

/// A time that a lens moves.
#[derive(Clone, Copy)]
struct Moved<'a> {
    member: &'a str,
    /// Of the answer.
    grain: Grain,
    /// Of the states: buckets that stay buckets when they are moved.
    fine: Grain,
    /// Buckets that are shown.
    shown: Range,
    /// Rows that are read for them.
    read: Range,
}

/// The buckets that are shown.
fn shown_only(plan: LogicalPlanBuilder, moved: Option<Moved<'_>>) -> Result<LogicalPlanBuilder> {
    match moved.and_then(|moved| filter::within(&by_name(moved.member), moved.shown)) {
        Some(condition) => Ok(plan.filter(condition)?),
        None => Ok(plan),
    }
}

fn own_name(member: &str) -> String {
    format!("own: {member}")
}

fn filtered_name(member: &str) -> String {
    format!("filtered: {member}")
}

fn key_name(column: &str) -> String {
    format!("key: {column}")
}

fn by_name(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}

/// Whether a measure is a stock, which has a part of its own.
pub(super) fn is_balance(measure: &Measure) -> bool {
    measure.kind == MeasureKind::Balance
}
