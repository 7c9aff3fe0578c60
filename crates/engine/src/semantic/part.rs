//! The measures of one model by the dimensions of a question: each is aggregated over the rows of its own dataset, so that
//! no join can count a row twice.
//!
//! ```text
//!   rows of the dataset > filter > aggregate by (own dimensions, keys of lookups, time)      partials, computed once
//!     > lookups > filters on them > moved in time > merge by the dimensions that are asked for
//! ```
//! Where a measure has no states that can be merged (distinct values, quantiles, the first and the last value), lookups
//! are put beside the rows and everything is aggregated once. So is what the conditions of measures name over joins ([`counting`]),
//! whatever comes behind it. Counts of different values over several buckets keep the values themselves ([`values`]), and where there is
//! nothing to keep over a rolling window each row is there once for each bucket that it counts for.

mod choosing;
mod counting;
mod rows;
mod values;

use std::cell::RefCell;

use datafusion::common::Column;
use datafusion::functions::core::expr_fn::greatest;
use datafusion::functions_nested::expr_fn::make_array;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit, when};

use self::counting::Counting;
use super::balance;
use super::compile::Compiler;
use super::compose::World;
use super::date;
use super::derived::Lens;
use super::filter;
use super::horizon::Horizon;
use super::interval::Interval;
use super::lookups::{Lookups, UniqueKey};
use super::mapped::mapped;
use super::member::{Columns, Member, find, find_dimension, find_measure, model_of, timed};
use super::model::{Dimension, Measure, MeasureKind, Model, Span};
use super::moved::{Buckets, Grouped, Moved, Mover};
use super::query::Filter;
use super::states::States;
use super::timed::{Timed, instant};
use crate::catalog::ColumnType;
use crate::error::{Error, Result};
use crate::functions::time_shift::TimeShift;

/// How many buckets back a copy of a group stands for.
const OFFSET: &str = "buckets later";

/// Measures of one model that look at the same rows.
pub(super) struct Part<'a> {
    pub world: &'a World<'a>,
    pub root: &'a str,
    pub lens: Lens,
    /// Names of the measures, and their columns.
    pub measures: Vec<(String, String)>,
    /// Whether it is a stock, which is alone in its part.
    pub balances: bool,
    /// Whether rows are shown and not groups.
    pub ungrouped: bool,
    /// Whether its measures are counts of distinct values that are estimated.
    pub estimated: bool,
    /// Until when there are rows of the time that is grouped by.
    pub horizon: Horizon,
    /// What is joined to its rows in the place of functions of their keys: members of the question, each once.
    pub beside: RefCell<Vec<String>>,
}

/// A plan with the dimensions of the question and the measures as columns, and what must hold for it to be right.
pub(super) struct Planned {
    pub plan: LogicalPlan,
    pub unique_keys: Vec<UniqueKey>,
}

/// Something to group by.
struct Group<'a> {
    /// The member, or what the column of a time is called that is told in several ways.
    member: &'a str,
    expr: Expr,
    /// Whether it can be told from the root's own rows.
    own: bool,
    bucket: Option<Width>,
}

/// Buckets of a time.
#[derive(Debug, Clone, Copy)]
struct Width {
    interval: Interval,
    timed: Timed,
}

impl Width {
    /// The bucket of a time.
    fn of(self, time: Expr) -> Expr {
        self.timed.bucket(time, self.interval)
    }
}

/// A member as it is found from a root.
struct Found<'a> {
    expr: Expr,
    dimension: &'a Dimension,
    /// Whether it can be told from the root's own rows, be it by what they look up.
    own: bool,
    looked_up: bool,
}

impl<'a> Part<'a> {
    pub(super) fn plan(&self) -> Result<Planned> {
        let model = self.world.model(self.root)?;
        let source = self.world.source(self.root)?.clone();
        let schema = source.schema().clone();
        let columns = Columns { state: self.world.state, schema: &schema };
        let Counting { rows: source, joined, unique_keys: counted_by } = self.counting(model, source, columns)?;
        let asked = if self.estimated { self.world.query } else { self.world.exact };
        let compiler = Compiler { query: asked, model, columns, joined: Some(&joined), reference: self.world.reference.clone(), limits: self.world.limits };
        let mut lookups = Lookups::new(self.world, self.root);
        let groups = self.groups(model, &compiler, &mut lookups)?;
        let named = self.named();
        let carried_by = self.carried_by(model);
        let mover = Mover { world: self.world, lens: self.lens, named: &named, balances: self.balances, carried_by, horizon: self.horizon.known };
        let own = |member: &str| self.own(member, model).and_then(|dimension| Timed::of(dimension.column_type, self.world.reference.calendar));
        let times = groups.iter().filter_map(|group| Some(Grouped { member: group.member, interval: group.bucket?.interval, own: own(group.member) }));
        let moved = mover.moved(times, own)?;
        let measures = self
            .measures
            .iter()
            .map(|(name, column)| Ok((find_measure(model, &format!("{}.{name}", self.root))?, column.as_str())))
            .collect::<Result<Vec<_>>>()?;
        if let Some(moved) = moved {
            mover.refuse_conditions(moved, &measures, |member| self.is_time(member, moved.member, &compiler))?;
        }
        let (mut before, mut after) = self.conditions(&compiler, &mut lookups, moved)?;
        if let (true, [(measure, _)]) = (self.balances, measures.as_slice()) {
            before.extend(balance::conditions(measure, &compiler)?);
        }
        let states = match measures.as_slice() {
            [(_, column)] if self.counts_values() => Some(vec![values::states(column, self.lens)]),
            _ => measures.iter().map(|(measure, column)| States::of(measure, column, &compiler)).collect::<Result<Option<Vec<_>>>>()?,
        };
        let beside = self.joined_rows()?;
        let unique_keys = lookups.unique_keys().chain(beside.unique_keys()).chain(counted_by).collect();
        let source = beside.join_rows(source)?;
        let simple = lookups.is_empty() && !self.balances && !matches!(self.lens, Lens::Before(_) | Lens::Rolling(_) | Lens::Cumulative);
        let plan = match (simple, states) {
            (false, Some(states)) => self.merged(source, &groups, (before, after), lookups, &measures, &states, moved, &compiler)?,
            (_, states) => {
                if states.is_none() && self.lens == Lens::Cumulative {
                    let why = "takes a quantile or a single value of everything so far, which does not add up over buckets of time; ask for it over a rolling window";
                    return Err(Error::invalid(format!("{} {why}", self.named())));
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
        let mut plan = LogicalPlanBuilder::from(lookups.join_rows(source)?);
        if let Some(condition) = conjunction(conditions) {
            plan = plan.filter(condition)?;
        }
        if let Lens::Rolling(span) = self.lens {
            plan = copied(plan, span)?;
        }
        let grouped = groups.into_iter().map(|group| {
            let expr = match (group.bucket, self.lens) {
                (Some(width), Lens::Rolling(span)) => self.later(width.of(group.expr), span, width.interval),
                (Some(width), Lens::Before(span)) => {
                    // As states are moved, and not each row by its own clock: what happens after midnight is of the day before where days
                    // begin later, and goes where that day goes.
                    let fine = moved.and_then(|moved| moved.buckets).map_or(width.interval, |buckets| buckets.fine);
                    self.moved_by(Width { interval: fine, ..width }.of(group.expr), span, lit(i64::from(span.count)), width.interval)
                }
                (Some(width), _) => width.of(group.expr),
                (None, _) => group.expr,
            };
            expr.alias(group.member)
        });
        let grouped: Vec<Expr> = grouped.collect();
        let aggregates = measures.iter().map(|(measure, column)| Ok(compiler.aggregate(measure)?.0.alias(*column))).collect::<Result<Vec<_>>>()?;
        let plan = self.shown_only(plan.aggregate(grouped, aggregates)?, moved)?;
        Ok(plan.build()?)
    }

    /// States by own dimensions and keys, merged after lookups and moves in time.
    #[expect(clippy::too_many_arguments, reason = "the stages of one plan")]
    fn merged(
        &self,
        source: LogicalPlan,
        groups: &[Group<'_>],
        (before, after): (Vec<Expr>, Vec<Expr>),
        lookups: Lookups<'_>,
        measures: &[(&Measure, &str)],
        states: &[States],
        moved: Option<Moved<'_>>,
        compiler: &Compiler<'a>,
    ) -> Result<LogicalPlan> {
        let mut plan = LogicalPlanBuilder::from(source);
        if let Some(condition) = conjunction(before) {
            plan = plan.filter(condition)?;
        }
        // Columns of the inner groups: own dimensions, those that only filters behind lookups look at, keys.
        let (mut buckets, mut inner) = (Vec::new(), Vec::new());
        let carries = self.balances && measures.iter().any(|(measure, _)| measure.carry);
        for group in groups.iter().filter(|group| group.own) {
            match group.bucket {
                Some(width) => {
                    let moved = moved.filter(|moved| moved.member == group.member).and_then(|moved| moved.buckets);
                    let fine = moved.map_or(width.interval, |buckets| buckets.fine);
                    let bucket = Width { interval: fine, ..width }.of(group.expr.clone());
                    // What is carried on from before is there in the first bucket: one row of each stock, however long ago it begins.
                    let bucket = match moved.and_then(|buckets| buckets.shown.from).filter(|_| carries) {
                        Some(first) => greatest(vec![bucket, instant(first)]),
                        None => bucket,
                    };
                    buckets.push((own_name(group.member), bucket));
                }
                // What says when a stock is looked at is a bucket, whatever it is called: each has the latest of its rows.
                None if self.balances && !carries && self.tells_when(group.member, compiler) => buckets.push((own_name(group.member), group.expr.clone())),
                None => inner.push((own_name(group.member), group.expr.clone())),
            }
        }
        for member in self.filtered_behind(compiler)? {
            if !groups.iter().any(|group| group.own && group.bucket.is_none() && group.member == member) {
                inner.push((filtered_name(member), self.find(member, compiler, None)?.expr));
            }
        }
        for key in lookups.root_keys() {
            inner.push((key_name(&key), compiler.columns.column(&key)?));
        }
        if let (true, [(measure, _)]) = (self.counts_values(), measures) {
            inner.push(values::of_row(measure, compiler)?);
        }
        let partial = states.iter().flat_map(|states| states.partial.iter().cloned());
        plan = match (self.balances, measures) {
            (true, [(measure, column)]) => {
                let value = compiler.columns.measured(measure)?.ok_or_else(|| Error::internal("a stock without a value"))?;
                let latest = balance::latest(plan, measure, buckets, inner, (States::name_of(column), value), compiler)?;
                match moved.filter(|_| measure.carry).and_then(|moved| Some((moved.member, moved.buckets?))) {
                    Some((member, buckets)) => {
                        let (starts, now) = (buckets.starts(self.world.reference.calendar)?, self.world.reference.now.timestamp_micros());
                        balance::carried(latest, measure, &own_name(member), &starts, buckets.beyond(now))?
                    }
                    None => latest,
                }
            }
            _ => plan.aggregate(buckets.into_iter().chain(inner).map(|(name, expr)| expr.alias(name)).collect::<Vec<_>>(), partial.collect::<Vec<_>>())?,
        };
        if !lookups.is_empty() {
            plan = LogicalPlanBuilder::from(lookups.join(plan.build()?, |column| Column::new_unqualified(key_name(column)))?);
        }
        if let Some(condition) = conjunction(after) {
            plan = plan.filter(condition)?;
        }
        plan = self.moved_plan(plan, moved)?;
        let mut outer: Vec<Expr> = groups
            .iter()
            .map(|group| {
                let expr = match (group.own, group.bucket) {
                    (true, _) => by_name(&own_name(group.member)),
                    (false, Some(width)) => width.of(group.expr.clone()),
                    (false, None) => group.expr.clone(),
                };
                expr.alias(group.member)
            })
            .collect();
        if let (true, Some(moved)) = (self.counts_values() && self.lens == Lens::Cumulative, moved) {
            let names: Vec<&str> = groups.iter().map(|group| group.member).collect();
            plan = values::new_ones(plan, outer, &names, moved.member)?;
            outer = names.into_iter().map(by_name).collect();
        }
        plan = plan.aggregate(outer, states.iter().flat_map(|states| states.merge.iter().cloned()).collect::<Vec<_>>())?;
        if self.lens == Lens::Cumulative {
            let Some(moved) = moved else { return Err(Error::internal("a cumulative measure without buckets")) };
            plan = super::states::accumulate(plan, states, moved.member, groups.iter().map(|group| group.member).filter(|member| *member != moved.member))?;
        }
        plan = self.shown_only(plan, moved)?;
        let shown = groups.iter().map(|group| by_name(group.member)).chain(states.iter().map(|states| states.last.clone())).collect::<Vec<_>>();
        Ok(plan.project(shown)?.build()?)
    }

    /// Puts groups where they count in time.
    fn moved_plan(&self, plan: LogicalPlanBuilder, moved: Option<Moved<'_>>) -> Result<LogicalPlanBuilder> {
        let Some((member, Buckets { interval, shown, .. })) = moved.and_then(|moved| Some((moved.member, moved.buckets?))) else { return Ok(plan) };
        let own = own_name(member);
        let (plan, later) = match self.lens {
            Lens::Before(span) => (plan, self.moved_by(by_name(&own), span, lit(i64::from(span.count)), interval)),
            Lens::Rolling(span) => (copied(plan, span)?, self.later(by_name(&own), span, interval)),
            // What was before the range goes on in its first bucket, of groups without rows in it too.
            Lens::Cumulative if self.world.query.fills(member) => match shown.from.map(instant) {
                Some(first) => (plan, when(by_name(&own).lt(first.clone()), first).otherwise(by_name(&own))?),
                None => return Ok(plan),
            },
            _ => return Ok(plan),
        };
        let columns = plan.schema().columns().into_iter().filter(|column| column.name != OFFSET);
        let shown = columns.map(|column| if column.name == own { later.clone().alias(&own) } else { Expr::Column(column) }).collect::<Vec<_>>();
        Ok(plan.project(shown)?)
    }

    /// The bucket that a copy of a bucket counts for.
    fn later(&self, bucket: Expr, span: Span, interval: Interval) -> Expr {
        self.moved_by(bucket, span, by_name(OFFSET), interval)
    }

    /// A bucket so many units later. It does not begin at the same time of day everywhere in the calendar, so what was moved is put into
    /// its own.
    fn moved_by(&self, bucket: Expr, span: Span, count: Expr, interval: Interval) -> Expr {
        let calendar = self.world.reference.calendar;
        Timed::instants(calendar).bucket(TimeShift::udf(span.unit, calendar.zone).call(vec![bucket, count]), interval)
    }

    fn groups(&self, model: &'a Model, compiler: &Compiler<'a>, lookups: &mut Lookups<'a>) -> Result<Vec<Group<'a>>> {
        let query = self.world.query;
        let mut groups = Vec::new();
        for (index, (time, name)) in query.time_dimensions.iter().zip(&self.world.times).enumerate() {
            if let (Some(asked), Some(name), true) = (&time.granularity, name, self.groups_by(self.world.times.iter().take(index).flatten().count())) {
                let (found, timed) = self
                    .find(&time.dimension, compiler, Some(lookups))
                    .and_then(|found| self.time(found, compiler))
                    .map_err(|error| error.at(format!("timeDimensions[{index}].dimension")))?;
                let interval = self.world.interval_of(self.root, &time.dimension, asked).map_err(|error| error.at(format!("timeDimensions[{index}].granularity")))?;
                groups.push(Group { member: name, expr: found.expr, own: found.own, bucket: Some(Width { interval, timed }) });
            }
        }
        let times = self.world.times.iter().flatten().count();
        for (index, member) in query.dimensions.iter().enumerate().filter(|(index, _)| self.groups_by(times + index)) {
            if let Ok(Member::Measure(_)) = find(model, member) {
                return Err(Error::invalid(format!("{member:?} is a measure; only dimensions can be grouped by")).at(format!("dimensions[{index}]")));
            }
            let found = self.find(member, compiler, Some(lookups)).map_err(|error| error.at(format!("dimensions[{index}]")))?;
            groups.push(Group { member, expr: found.expr, own: found.own, bucket: None });
        }
        Ok(groups)
    }

    /// The dimension of the root that a member is, or that is the same as it.
    fn own<'m>(&self, member: &str, model: &'m Model) -> Option<&'m Dimension> {
        match model_of(member) {
            Ok(prefix) if prefix == self.root => find_dimension(model, member).ok(),
            _ => model.dimensions.iter().find(|dimension| dimension.same_as.as_deref() == Some(member)),
        }
    }

    /// What the question calls the time by which the stock of this part is carried on, where it is.
    fn carried_by(&self, model: &'a Model) -> Option<&'a str> {
        let carried = self.measures.iter().any(|(name, _)| model.measures.iter().any(|measure| measure.name == *name && measure.carry));
        let time = model.time_dimension.as_ref().filter(|_| self.balances && carried)?;
        let named = |member: &str| self.own(member, model).is_some_and(|dimension| dimension.name == *time);
        // One that the question does not name at all is carried on over everything that there is.
        let asked = self.world.query.time_dimensions.iter().map(|asked| asked.dimension.as_str()).find(|member| named(member));
        Some(asked.unwrap_or(time))
    }

    /// Whether a member is a time of the root, perhaps under another name: one that is told to be the same, or is made of the same column.
    fn is_time(&self, member: &str, time: &str, compiler: &Compiler<'_>) -> bool {
        let (own, Some(moved)) = (self.own(member, compiler.model), self.own(time, compiler.model)) else { return member == time };
        let same_as = |dimension: &'_ Dimension| dimension.same_as.clone();
        let named = format!("{}.{}", self.root, moved.name);
        let told = own.or_else(|| self.world.dimension(self.root, member).ok()).and_then(same_as);
        if told.is_some_and(|told| told == time || told == named || same_as(moved).is_some_and(|other| other == told)) {
            return true;
        }
        let bound = |dimension: &Dimension| compiler.columns.dimension(dimension).ok();
        let Some((own, (one, other))) = own.and_then(|own| Some((own, bound(own).zip(bound(moved))?))) else { return member == time };
        // A day or an hour of it that is a number does not move with it; a day that is a time does.
        let is_time = matches!(own.column_type, ColumnType::Timestamp | ColumnType::Date);
        one == other || (is_time && !one.column_refs().is_empty() && one.column_refs() == other.column_refs())
    }

    /// A dimension as this part sees it: of its own model, one that is the same as it, or one that is looked up.
    fn find(&self, member: &str, compiler: &Compiler<'a>, lookups: Option<&mut Lookups<'a>>) -> Result<Found<'a>> {
        let (prefix, model) = (model_of(member)?, compiler.model);
        if prefix == self.root {
            find_dimension(model, member)?;
        }
        if let Some(dimension) = self.own(member, model) {
            return Ok(Found { expr: compiler.columns.dimension(dimension)?, dimension, own: true, looked_up: false });
        }
        if let Some((expr, dimension)) = self.mapped(member, compiler)? {
            return Ok(Found { expr, dimension, own: true, looked_up: true });
        }
        let lookups = lookups.ok_or_else(|| Error::internal("a lookup where none is made"))?;
        let (expr, dimension) = lookups.dimension(prefix, member.get(prefix.len() + 1..).unwrap_or_default())?;
        Ok(Found { expr, dimension, own: false, looked_up: true })
    }

    /// A dimension that is looked up, as a function of the rows of the root. Of stocks only the latest row is looked up.
    fn mapped(&self, member: &str, compiler: &Compiler<'a>) -> Result<Option<(Expr, &'a Dimension)>> {
        if self.balances || (self.ungrouped && self.world.joins_rows) {
            return Ok(None);
        }
        let prefix = model_of(member)?;
        let name = member.get(prefix.len() + 1..).unwrap_or_default();
        let found = mapped(self.world, self.root, &compiler.columns, prefix, name)?;
        if found.is_none() || !self.world.joins_rows {
            return Ok(found);
        }
        if !self.beside.borrow().iter().any(|known| known == member) {
            self.beside.borrow_mut().push(member.to_owned());
        }
        self.joined_rows()?.dimension(prefix, name).map(Some)
    }

    /// What is joined to the rows in the place of functions of their keys. In the order in which it was asked for, so that what is found
    /// once is called the same later on.
    fn joined_rows(&self) -> Result<Lookups<'a>> {
        let mut lookups = Lookups::for_functions(self.world, self.root);
        for member in self.beside.borrow().iter() {
            let prefix = model_of(member)?;
            lookups.dimension(prefix, member.get(prefix.len() + 1..).unwrap_or_default())?;
        }
        Ok(lookups)
    }

    /// Whether everything that is asked can be told from the rows of the root: then all its measures are aggregated at once.
    pub(super) fn joins_nothing(&self) -> Result<bool> {
        let (model, schema) = (self.world.model(self.root)?, self.world.source(self.root)?.schema());
        let columns = Columns { state: self.world.state, schema };
        let compiler = Compiler { query: self.world.exact, model, columns, joined: None, reference: self.world.reference.clone(), limits: self.world.limits };
        let query = self.world.query;
        let conditions = query.filters.iter().filter(|condition| !self.world.is_of_measures(condition).unwrap_or(false)).flat_map(Filter::members);
        let mut members = query.dimensions.iter().map(String::as_str).chain(query.time_dimensions.iter().map(|time| time.dimension.as_str())).chain(conditions);
        Ok(self.lens == Lens::Own && members.all(|member| self.is_told(member, &compiler)))
    }

    /// Whether a member can be told from the rows of the root.
    fn is_told(&self, member: &str, compiler: &Compiler<'a>) -> bool {
        self.own(member, compiler.model).is_some() || matches!(self.mapped(member, compiler), Ok(Some(_)))
    }

    /// A member as a time, and how it is compared and put into buckets.
    fn time(&self, found: Found<'a>, compiler: &Compiler<'a>) -> Result<(Found<'a>, Timed)> {
        let calendar = self.world.reference.calendar;
        let (expr, timed) = if found.looked_up {
            let timed = timed(found.dimension, calendar)?;
            (timed.cast(found.expr), timed)
        } else {
            compiler.columns.time(found.dimension, calendar)?
        };
        Ok((Found { expr, ..found }, timed))
    }

    /// Conditions that can be told from the rows of this dataset, and those that need what is looked up or, of stocks, the row
    /// that was the latest.
    fn conditions(&self, compiler: &Compiler<'a>, lookups: &mut Lookups<'a>, moved: Option<Moved<'_>>) -> Result<(Vec<Expr>, Vec<Expr>)> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for (index, time) in self.world.query.time_dimensions.iter().enumerate() {
            let moved = moved.filter(|moved| moved.member == time.dimension);
            if time.date_range.is_none() && moved.is_none() {
                continue;
            }
            let at = |error: Error, part: &str| error.at(format!("timeDimensions[{index}].{part}"));
            let (found, timed) = self.find(&time.dimension, compiler, Some(lookups)).and_then(|found| self.time(found, compiler)).map_err(|error| at(error, "dimension"))?;
            let asked = time.date_range.as_ref().map(|range| date::resolve(range, &self.world.reference)).transpose().map_err(|error| at(error, "dateRange"))?;
            let range = moved.map_or(asked.unwrap_or_default(), |moved| moved.read);
            let side = if found.own { &mut before } else { &mut after };
            side.extend(timed.within(&found.expr, range));
            // A row without a time counts in no bucket, and so in no later one.
            side.extend(moved.map(|_| found.expr.is_not_null()));
        }
        // Behind an aggregation own members are columns of the groups; behind plain rows they are what they are.
        let grouped = self.groups_first(compiler)?;
        for (index, condition) in self.asked()? {
            let at = |error: Error| error.at(format!("filters[{index}]"));
            let behind = self.is_behind(condition, compiler).map_err(at)?;
            let built = filter::build(condition, &self.world.reference, self.world.limits.depth, &mut |member| {
                let found = self.find(member, compiler, Some(lookups))?;
                let column_type = found.dimension.column_type;
                let times = self.world.times.iter().flatten().count();
                let is_group = self.world.query.dimensions.iter().enumerate().any(|(place, dimension)| dimension == member && self.groups_by(times + place));
                Ok(match (found.own && behind && grouped, is_group) {
                    (true, true) => (by_name(&own_name(member)), column_type),
                    (true, false) => (by_name(&filtered_name(member)), column_type),
                    (false, _) => (found.expr, column_type),
                })
            });
            (if behind { &mut after } else { &mut before }).push(built.map_err(at)?);
        }
        Ok((before, after))
    }

    /// The buckets that are shown.
    fn shown_only(&self, plan: LogicalPlanBuilder, moved: Option<Moved<'_>>) -> Result<LogicalPlanBuilder> {
        let Some((member, buckets)) = moved.and_then(|moved| Some((moved.member, moved.buckets?))) else { return Ok(plan) };
        let (bucket, reference) = (by_name(member), &self.world.reference);
        let plan = match Timed::instants(reference.calendar).within(&bucket, buckets.shown) {
            Some(condition) => plan.filter(condition)?,
            None => plan,
        };
        if !buckets.with_rows {
            return Ok(plan);
        }
        // A range that goes on beyond the rows is shown to now, as far as it goes.
        self.horizon.up_to(plan, &bucket, buckets.shown.to.map(|_| reference.now.timestamp_micros()))
    }

    /// Whether this part tells apart what the question groups by at a place.
    fn groups_by(&self, place: usize) -> bool {
        match self.lens {
            Lens::Total => false,
            Lens::Within(places) => places.has(place),
            _ => true,
        }
    }

    /// Whether a condition only chooses which groups are shown, and this part is about all of them.
    fn is_of_all(&self, index: usize) -> bool {
        matches!(self.lens, Lens::Total | Lens::Within(_)) && self.world.among == Some(index)
    }

    /// Whether states are made first, so that conditions behind lookups see groups and not rows.
    fn groups_first(&self, compiler: &Compiler<'_>) -> Result<bool> {
        if self.ungrouped || self.counts_values() {
            return Ok(!self.ungrouped);
        }
        for (name, column) in &self.measures {
            if States::of(find_measure(compiler.model, &format!("{}.{name}", self.root))?, column, compiler)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Each row once for each bucket that a rolling measure counts it for.
fn copied(plan: LogicalPlanBuilder, span: Span) -> Result<LogicalPlanBuilder> {
    let mut shown: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).collect();
    shown.push(make_array((0..i64::from(span.count)).map(lit).collect()).alias(OFFSET));
    Ok(plan.project(shown)?.unnest_column(Column::new_unqualified(OFFSET))?)
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
