//! Questions that one aggregate over one dataset does not answer: about several models, or with measures computed from
//! measures. Each model's measures are aggregated at their own grain ([`part`](super::part)); only then do they meet, group
//! by group, so that neither a join nor a second table of events can count a row twice.
//!
//! ```text
//!   part of model a -.
//!   part of model b --+-- union, one row a group > totals beside > formulas > ranks > filters > order
//!   part a year ago -'
//! ```

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use datafusion::common::{Column, JoinType, NullEquality};
use datafusion::execution::session_state::SessionState;
use datafusion::functions_window::expr_fn::rank;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, ExprFunctionExt, ExprSchemable, LogicalPlan, LogicalPlanBuilder, cast, lit};
use datafusion::scalar::ScalarValue;
use sha2::{Digest, Sha256};

use super::compile::{Compiler, check_bounds, estimated_count, limit_of, order_of, refuse_repeats};
use super::date::{self, Range, Reference};
use super::derived::{Formula, Lens, Need, Needs, Places, Ranked};
use super::filter;
use super::granularity::{Granularity, interval_of};
use super::horizon::Horizon;
use super::inputs;
use super::interval::Interval;
use super::join::{self, Models, way};
use super::joined::{self, counts_over};
use super::lookups::UniqueKey;
use super::mapped::Mapped;
use super::member::{Columns, find_dimension, find_measure, model_of};
use super::model::{Dimension, Measure, MeasureKind, Model};
use super::part::{Part, is_balance};
use super::query::{Filter, SemanticQuery};
use crate::catalog::ColumnType;
use crate::error::{Error, Result, near_names};
use crate::functions::extreme::max;
use crate::partial::looked_up::MappingSlot;
use crate::query::estimate::Estimated;
use crate::query::result::{ColumnRole, ResultColumn};
use crate::settings::Limits;
use crate::storage::log::Snapshot;

/// What a question is compiled against.
pub(crate) struct World<'a> {
    pub query: &'a SemanticQuery,
    /// The same, asking for exact numbers: estimates have no place in formulas. Counts that are estimated and asked for as they are
    /// stay what they are alone.
    pub exact: &'a SemanticQuery,
    /// The place of the filter that chooses which groups are shown: what is computed over all groups does not look at it.
    pub among: Option<usize>,
    pub models: &'a Models,
    /// What the columns of its times are called.
    pub times: Vec<Option<String>>,
    /// The scoped plan of each model's dataset.
    pub sources: &'a BTreeMap<String, Source>,
    pub state: &'a SessionState,
    pub reference: Reference,
    pub limits: &'a Limits,
    /// Rows of a lookup at most that is a function of its keys; larger ones are joined.
    pub mapped_rows: u64,
    /// Whether what would be such a function is joined to the rows instead, before anything is aggregated: a verification asks no functions,
    /// and its sums are to be rounded where those of the answer are.
    pub joins_rows: bool,
    /// The models whose rows are read.
    pub used: RefCell<BTreeSet<String>>,
    /// Lookups that are functions, by name.
    pub mappings: RefCell<BTreeMap<String, Mapped>>,
}

/// What is read of a model.
pub(crate) struct Source {
    /// The scoped plan of its dataset, or why there is none.
    pub plan: Result<LogicalPlan>,
    /// The column that places rows in time, and the latest of them.
    pub latest: Option<(String, i64)>,
    pub snapshot: Arc<Snapshot>,
    /// What the scope makes of the dataset.
    pub seen_as: String,
    pub identity: OnceLock<String>,
}

impl Source {
    /// What tells these rows under this scope from all others: which segments there are, and what is seen of them.
    pub(crate) fn identity(&self) -> &str {
        self.identity.get_or_init(|| {
            let mut hash = Sha256::new();
            for segment in &self.snapshot.segments {
                hash.update(&segment.path);
                hash.update([0]);
            }
            format!("{}|{}|{}|{}", self.snapshot.metadata.id, self.snapshot.version, hex::encode(hash.finalize()), self.seen_as)
        })
    }
}

/// A compiled question.
#[derive(Debug)]
pub(crate) struct Composed {
    pub columns: Vec<ResultColumn>,
    /// All rows of the answer, sorted, without limit and offset.
    pub plan: LogicalPlan,
    pub offset: usize,
    pub limit: usize,
    pub range: Option<Range>,
    /// The models whose rows are counted.
    pub roots: BTreeSet<String>,
    /// What must hold for the answer to be right, and has to be looked at.
    pub unique_keys: Vec<UniqueKey>,
    /// Its columns that are estimates.
    pub estimates: Vec<Estimated>,
}

impl<'a> World<'a> {
    pub(super) fn model(&self, name: &str) -> Result<&'a Model> {
        let near = || near_names(name, self.models.keys().map(String::as_str));
        self.models.get(name).map(|model| &**model).ok_or_else(|| Error::not_found(format!("there is no model {name:?}{}", near())))
    }

    pub(super) fn source(&self, model: &str) -> Result<&'a LogicalPlan> {
        self.used.borrow_mut().insert(model.to_owned());
        let source = self.sources.get(model).ok_or_else(|| Error::internal(format!("model {model} has no plan")))?;
        source.plan.as_ref().map_err(|error| Error::new(error.kind(), error.message().to_owned()))
    }

    /// Notes a mapping that is needed; the place where it will be.
    pub(super) fn needs(&self, mapped: Mapped) -> MappingSlot {
        Arc::clone(&self.mappings.borrow_mut().entry(mapped.name.clone()).or_insert(mapped).slot)
    }

    /// The type of a measure that is computed from rows.
    pub(super) fn type_of(&self, model: &Model, measure: &Measure) -> Result<ColumnType> {
        let schema = self.source(&model.name)?.schema();
        let columns = Columns { state: self.state, schema };
        let compiler = Compiler { query: self.exact, model, columns, joined: None, reference: self.reference.clone(), limits: self.limits };
        Ok(compiler.aggregate(&unfiltered(measure))?.1)
    }

    /// Whether a measure that is asked for as it is is an estimated count of distinct values, as it is alone.
    pub(super) fn estimates(&self, model: &Model, measure: &Measure) -> Result<bool> {
        if !matches!(measure.kind, MeasureKind::CountDistinct | MeasureKind::CountDistinctApprox) {
            return Ok(false);
        }
        let columns = Columns { state: self.state, schema: self.source(&model.name)?.schema() };
        let compiler = Compiler { query: self.query, model, columns, joined: None, reference: self.reference.clone(), limits: self.limits };
        Ok(compiler.aggregate(&unfiltered(measure))?.2.is_some())
    }

    /// The places among what is grouped by at which groups are alike that a measure compares.
    pub(super) fn within(&self, model: &Model, measure: &Measure) -> Places {
        let named: Vec<String> = joined::within(model, measure).collect();
        let is_same = |name: &str, asked: &str| find_dimension(model, name).is_ok_and(|dimension| dimension.same_as.as_deref() == Some(asked));
        // A join and its model are two names of one thing, where there is one way.
        let find = |member: &str| joined::find(model, member, self.models, joined::CONDITION).ok().map(|(way, dimension)| (way, dimension.name.as_str()));
        let there: Vec<_> = named.iter().filter(|name| joined::is_joined(model, name)).filter_map(|name| find(name.as_str())).collect();
        let is_there = |asked: &str| !there.is_empty() && joined::is_joined(model, asked) && find(asked).is_some_and(|found| there.contains(&found));
        let is_meant = |asked: &str| named.iter().any(|name| name == asked || is_same(name, asked)) || is_there(asked);
        let times = self.query.time_dimensions.iter().filter(|time| time.granularity.is_some()).map(|time| &time.dimension);
        Places::of(times.chain(&self.query.dimensions).enumerate().filter(|(_, asked)| is_meant(asked)).map(|(place, _)| place))
    }

    /// The same for a share of a measure. Stocks do not add up over time, so one of them is a part of its own bucket, as it has its place there.
    pub(super) fn compared(&self, model: &Model, share: &Measure, of: &Measure) -> Places {
        let within = self.within(model, share);
        let measures = inputs::all(std::iter::once(joined::member(model, &of.name)), |name| self.models.get(name).map(|model| &**model));
        let is_of_stocks = measures.iter().any(|(.., measure)| is_balance(measure));
        if is_of_stocks { within.with(Places::of(0..self.times.iter().flatten().count())) } else { within }
    }

    /// Whether a filter is one of measures, which acts on groups.
    pub(super) fn is_of_measures(&self, condition: &Filter) -> Result<bool> {
        let is_measure = |member: &str| {
            let model = model_of(member).ok().and_then(|model| self.models.get(model));
            model.is_some_and(|model| model.measures.iter().any(|measure| member.get(model.name.len() + 1..) == Some(&measure.name)))
        };
        let members = condition.members();
        let measures = members.iter().filter(|member| is_measure(member)).count();
        if measures > 0 && measures < members.len() {
            return Err(Error::invalid("a group of filters mixes dimensions and measures; the former act before aggregation, the latter after: put them apart"));
        }
        Ok(measures > 0)
    }

    /// The dimension that a member is, seen from a model: as its part finds it, or, where another one is the same, as it is named.
    pub(super) fn dimension(&self, from: &str, member: &str) -> Result<&'a Dimension> {
        let prefix = model_of(member)?;
        let target = match self.target(from, prefix) {
            Ok(target) => target,
            Err(error) => self.models.get(prefix).map(|model| model.name.clone()).ok_or(error)?,
        };
        let name = member.get(prefix.len() + 1..).unwrap_or_default();
        find_dimension(self.model(&target)?, &format!("{target}.{name}"))
    }

    /// The buckets that are asked for by a time.
    pub(super) fn interval_of(&self, from: &str, member: &str, asked: &Granularity) -> Result<Interval> {
        match asked {
            Granularity::Every(interval) => Ok(*interval),
            Granularity::Named(_) => {
                let dimension = self.dimension(from, member)?;
                interval_of(asked, &dimension.name, &dimension.granularities)
            }
        }
    }

    /// The model that is called `prefix` from another one.
    fn target(&self, from: &str, prefix: &str) -> Result<String> {
        if prefix == from {
            return Ok(from.to_owned());
        }
        Ok(way(from, prefix, self.models)?.last().map_or_else(|| from.to_owned(), |step| step.target.clone()))
    }

    /// Refuses a name that means different models to the models that are asked together.
    fn check_names(&self, roots: &BTreeSet<String>) -> Result<()> {
        let query = self.query;
        let members = query
            .dimensions
            .iter()
            .chain(query.time_dimensions.iter().map(|time| &time.dimension))
            .map(String::as_str)
            .chain(query.filters.iter().flat_map(Filter::members));
        let prefixes: BTreeSet<&str> = members.filter_map(|member| model_of(member).ok()).collect();
        for prefix in prefixes {
            let own = self.models.contains_key(prefix).then(|| prefix.to_owned());
            let targets: BTreeSet<String> = roots.iter().filter_map(|root| self.target(root, prefix).ok()).chain(own).collect();
            if targets.len() > 1 {
                let named = targets.into_iter().collect::<Vec<_>>().join(" and of ");
                return Err(Error::invalid(format!("{prefix} is what joins of the models asked here call rows of {named}; give one of the joins another name")));
            }
        }
        Ok(())
    }
}

/// Whether a question needs to be composed: it names several models, or measures that are computed from measures or choose rows over
/// joins, or asks for rows.
pub(crate) fn is_composed(query: &SemanticQuery, model: &Model) -> bool {
    let filtered = query.filters.iter().flat_map(Filter::members);
    let mut members = query
        .measures
        .iter()
        .chain(&query.dimensions)
        .map(String::as_str)
        .chain(query.time_dimensions.iter().map(|time| time.dimension.as_str()))
        .chain(filtered);
    query.ungrouped
        || members.any(|member| {
            let other = model_of(member).is_ok_and(|prefix| prefix != model.name);
            other || find_measure(model, member).is_ok_and(|measure| measure.kind.is_derived() || is_balance(measure) || counts_over(model, measure))
        })
}

/// Compiles a question.
///
/// # Errors
/// `Invalid` with the path of the field at fault, or the reason for which no right answer can be computed.
pub(crate) fn compose(world: &World<'_>) -> Result<Composed> {
    let query = world.query;
    check_bounds(query)?;
    if query.ungrouped {
        return rows(world);
    }
    let mut needs = Needs::default();
    let mut formulas: Vec<(&str, Formula)> = Vec::new();
    for (index, member) in query.measures.iter().enumerate() {
        formulas.push((member, needs.formula(world, member).map_err(|error| error.at(format!("measures[{index}]")))?));
    }
    let mut having: Vec<&Filter> = Vec::new();
    for (index, condition) in query.filters.iter().enumerate() {
        if world.is_of_measures(condition).map_err(|error| error.at(format!("filters[{index}]")))? {
            having.push(condition);
            for member in condition.members() {
                if !formulas.iter().any(|(known, _)| *known == member) {
                    formulas.push((member, needs.formula(world, member).map_err(|error| error.at(format!("filters[{index}]")))?));
                }
            }
        }
    }
    let root = match needs.needs.first() {
        Some(need) => need.model.clone(),
        None => root_of_dimensions(world)?,
    };
    let roots: BTreeSet<String> = needs.needs.iter().map(|need| need.model.clone()).chain([root.clone()]).collect();
    world.check_names(&roots)?;
    let dimensions = dimensions(world, &root)?;
    refuse_repeats(&dimensions)?;
    let (mut plan, unique_keys) = groups(world, &needs.needs, &root, &Horizon::of(world, &roots, &needs.needs)?)?;
    plan = computed(plan, &dimensions, &formulas, &needs.ranked)?;
    let conditions = having.into_iter().map(|condition| {
        filter::build(condition, &world.reference, world.limits.depth, &mut |member| {
            let formula = formulas.iter().find(|(known, _)| *known == member).ok_or_else(|| Error::internal("a filtered measure that is not computed"))?;
            Ok((by_name(member), formula.1.column_type))
        })
    });
    if let Some(condition) = conjunction(conditions.collect::<Result<Vec<_>>>()?) {
        plan = plan.filter(condition)?;
    }
    let mut columns = dimensions;
    for member in &query.measures {
        let column_type = formulas.iter().find(|(known, _)| known == member).map_or(ColumnType::Float, |(_, formula)| formula.column_type);
        columns.push(measure_column(world, member, column_type)?);
    }
    let estimated = needs.needs.iter().filter(|need| need.estimated).map(|need| format!("{}.{}", need.model, need.measure)).collect();
    finished(world, plan, columns, roots, unique_keys, estimated)
}

/// The rows of one model that the conditions pick.
fn rows(world: &World<'_>) -> Result<Composed> {
    let query = world.query;
    if query.measures.is_empty() && query.dimensions.is_empty() && query.time_dimensions.iter().all(|time| time.granularity.is_none()) {
        return Err(Error::invalid("the query asks for nothing; name at least one measure or dimension").at("measures"));
    }
    let mut root = None;
    for (index, member) in query.measures.iter().enumerate() {
        let model = model_of(member).map_err(|error| error.at(format!("measures[{index}]")))?;
        if root.get_or_insert(model) != &model {
            return Err(Error::invalid("rows are of one model; ask for measures of one, or leave ungrouped out").at(format!("measures[{index}]")));
        }
    }
    for (index, condition) in query.filters.iter().enumerate() {
        if world.is_of_measures(condition)? {
            return Err(
                Error::invalid("a filter on a measure acts on groups, and rows are asked for; filter by dimensions, or leave ungrouped out").at(format!("filters[{index}]"))
            );
        }
    }
    let root = root.map_or_else(|| root_of_dimensions(world), |root| Ok(root.to_owned()))?;
    let roots = BTreeSet::from([root.clone()]);
    world.check_names(&roots)?;
    let mut columns = dimensions(world, &root)?;
    let measures = query.measures.iter().map(|member| (member.get(root.len() + 1..).unwrap_or_default().to_owned(), member.clone())).collect();
    let part = Part { world, root: &root, lens: Lens::Own, measures, balances: false, ungrouped: true, estimated: false, horizon: Horizon::default(), beside: RefCell::default() };
    let (planned, types) = part.rows()?;
    for (member, column_type) in query.measures.iter().zip(types) {
        columns.push(measure_column(world, member, column_type)?);
    }
    finished(world, LogicalPlanBuilder::from(planned.plan), columns, roots, planned.unique_keys, Vec::new())
}

fn measure_column(world: &World<'_>, member: &str, column_type: ColumnType) -> Result<ResultColumn> {
    let measure = find_measure(world.model(model_of(member)?)?, member)?;
    Ok(ResultColumn { label: measure.label.clone(), format: measure.format.clone(), ..ResultColumn::new(member, column_type, ColumnRole::Measure) })
}

/// The columns in their order, sorted. `estimated`: measures that are estimates.
fn finished(
    world: &World<'_>,
    plan: LogicalPlanBuilder,
    columns: Vec<ResultColumn>,
    roots: BTreeSet<String>,
    unique_keys: Vec<UniqueKey>,
    estimated: Vec<String>,
) -> Result<Composed> {
    let query = world.query;
    refuse_repeats(&columns)?;
    let mut order = order_of(query, &columns, |name| model_of(name).and_then(|model| world.model(model)).map(drop))?;
    if query.ungrouped {
        // Several rows may be of the same groups: only all that they say puts them in one order.
        let rest = columns.iter().filter(|column| column.role == ColumnRole::Measure && !order.iter().any(|sort| sort.expr == by_name(&column.name)));
        order.extend(rest.map(|column| by_name(&column.name).sort(true, false)).collect::<Vec<_>>());
    }
    let shown: Vec<Expr> = columns.iter().map(|column| by_name(&column.name)).collect();
    let estimates = estimated.into_iter().map(|measure| estimated_count(query, measure, &order, &columns)).collect();
    let plan = plan.project(shown)?.sort(order)?.build()?;
    let limit = limit_of(query, world.limits)?;
    let range = date::asked(query, &world.reference)?;
    Ok(Composed { columns, plan, offset: query.offset.unwrap_or(0), limit, range, roots, unique_keys, estimates })
}

/// Groups with everything that formulas need.
fn groups(world: &World<'_>, needs: &[Need], root: &str, horizon: &Horizon) -> Result<(LogicalPlanBuilder, Vec<UniqueKey>)> {
    let mut parts: Vec<(Part<'_>, bool)> = Vec::new();
    for need in needs {
        let measure = find_measure(world.model(&need.model)?, &format!("{}.{}", need.model, need.measure))?;
        let (measures, balances) = (vec![(need.measure.clone(), need.column())], is_balance(measure));
        let part = Part {
            world,
            root: &need.model,
            lens: need.lens,
            measures,
            balances,
            ungrouped: false,
            estimated: need.estimated,
            horizon: horizon.clone(),
            beside: RefCell::default(),
        };
        let merges = merges(measure) || part.joins_nothing()?;
        let alone = |part: &Part<'_>| part.balances || part.counts_values();
        let alike = |other: &Part<'_>| other.root == part.root && other.lens == part.lens && other.estimated == part.estimated && !alone(other) && !alone(&part);
        match parts.iter_mut().find(|(other, likewise)| alike(other) && *likewise == merges) {
            Some((known, _)) => known.measures.extend(part.measures),
            None => parts.push((part, merges)),
        }
    }
    if parts.is_empty() {
        let part =
            Part { world, root, lens: Lens::Own, measures: Vec::new(), balances: false, ungrouped: false, estimated: false, horizon: horizon.clone(), beside: RefCell::default() };
        parts.push((part, true));
    }
    let mut unique_keys = Vec::new();
    let (mut grouped, mut totals, mut within) = (Vec::new(), Vec::new(), Vec::new());
    for (part, _) in &parts {
        let planned = part.plan()?;
        unique_keys.extend(planned.unique_keys);
        match part.lens {
            Lens::Total => totals.push(planned.plan),
            Lens::Within(places) => within.push((places, planned.plan)),
            _ => grouped.push(planned.plan),
        }
    }
    unique_keys.sort();
    unique_keys.dedup();
    let mut plan = LogicalPlanBuilder::from(together(world, grouped)?);
    for total in totals {
        // One row, whatever there is: each group meets it once.
        plan = LogicalPlanBuilder::from(total).cross_join(plan.build()?)?;
    }
    for (number, (places, totals)) in within.into_iter().enumerate() {
        plan = beside_alike(world, plan, totals, places, number)?;
    }
    Ok((plan, unique_keys))
}

/// Puts what groups come to together that are alike at some places beside each of them. A value that is missing is one of its own.
fn beside_alike(world: &World<'_>, plan: LogicalPlanBuilder, totals: LogicalPlan, places: Places, number: usize) -> Result<LogicalPlanBuilder> {
    let groups = world.times.iter().flatten().chain(&world.query.dimensions).enumerate();
    let alike: Vec<&String> = groups.filter(|(place, _)| places.has(*place)).map(|(_, name)| name).collect();
    let called = |name: &str| format!("within {number}: {name}");
    let mut shown = Vec::new();
    for field in totals.schema().fields() {
        let name = field.name();
        if !alike.contains(&name) {
            shown.push(by_name(name));
            continue;
        }
        // Where models meet, one may have the same values of a wider type.
        let data_type = by_name(name).get_type(plan.schema())?;
        let value = if data_type == *field.data_type() { by_name(name) } else { cast(by_name(name), data_type) };
        shown.push(value.alias(called(name)));
    }
    let totals = LogicalPlanBuilder::from(totals).project(shown)?.build()?;
    let left: Vec<Column> = alike.iter().map(|name| Column::new_unqualified(name.as_str())).collect();
    let right: Vec<Column> = alike.iter().map(|name| Column::new_unqualified(called(name))).collect();
    Ok(plan.join_detailed(totals, JoinType::Left, (left, right), None, NullEquality::NullEqualsNull)?)
}

/// One row a group out of parts of which each has some of the measures. A group that a part does not have has no number
/// from it.
fn together(world: &World<'_>, mut parts: Vec<LogicalPlan>) -> Result<LogicalPlan> {
    if parts.len() == 1 {
        return parts.pop().ok_or_else(|| Error::internal("a question without parts"));
    }
    let query = world.query;
    let times = world.times.iter().flatten().cloned();
    let dimensions: Vec<String> = times.chain(query.dimensions.iter().cloned()).collect();
    let mut measures = Vec::new();
    for part in &parts {
        for field in part.schema().fields() {
            if !dimensions.contains(field.name()) {
                measures.push((field.name().clone(), field.data_type().clone()));
            }
        }
    }
    let mut union: Option<LogicalPlanBuilder> = None;
    for part in parts {
        let mut shown: Vec<Expr> = dimensions.iter().map(|name| by_name(name)).collect();
        for (name, data_type) in &measures {
            let here = part.schema().fields().iter().any(|field| field.name() == name);
            let expr = if here { by_name(name) } else { lit(ScalarValue::try_from(data_type)?) };
            shown.push(expr.alias(name));
        }
        let part = LogicalPlanBuilder::from(part).project(shown)?;
        union = Some(match union {
            Some(before) => before.union(part.build()?)?,
            None => part,
        });
    }
    let union = union.ok_or_else(|| Error::internal("a question without parts"))?;
    let grouped: Vec<Expr> = dimensions.iter().map(|name| by_name(name)).collect();
    // Each group has each number once.
    Ok(union.aggregate(grouped, measures.iter().map(|(name, _)| max(by_name(name)).alias(name)).collect::<Vec<_>>())?.build()?)
}

/// The measures that are asked for, under their names, beside the dimensions.
fn computed(plan: LogicalPlanBuilder, dimensions: &[ResultColumn], formulas: &[(&str, Formula)], ranked: &[Ranked]) -> Result<LogicalPlanBuilder> {
    let is_rank = |member: &str| ranked.iter().any(|ranked| ranked.member == member);
    let by = |ranked: &Ranked| format!("order of {}", ranked.member);
    let mut shown: Vec<Expr> = dimensions.iter().map(|column| by_name(&column.name)).collect();
    shown.extend(formulas.iter().filter(|(member, _)| !is_rank(member)).map(|(member, formula)| formula.expr.clone().alias(*member)));
    shown.extend(ranked.iter().map(|ranked| ranked.by.expr.clone().alias(by(ranked))));
    let plan = plan.project(shown)?;
    if ranked.is_empty() {
        return Ok(plan);
    }
    let buckets: Vec<Expr> = dimensions.iter().filter(|column| column.role == ColumnRole::Time).map(|column| by_name(&column.name)).collect();
    let place = |ranked: &Ranked| format!("place of {}", ranked.member);
    let mut plan = plan;
    for ranked in ranked {
        // A node for each: all windows of one are computed in the order of the first, unchecked (DataFusion 55).
        let alike = dimensions.iter().enumerate().filter(|(place, column)| ranked.within.has(*place) && column.role != ColumnRole::Time);
        let among = buckets.iter().cloned().chain(alike.map(|(_, column)| by_name(&column.name))).collect();
        let window = rank().partition_by(among).order_by(vec![by_name(&by(ranked)).sort(false, false)]).build()?;
        plan = plan.window([window.alias(place(ranked))])?;
    }
    let mut shown: Vec<Expr> = dimensions.iter().map(|column| by_name(&column.name)).collect();
    shown.extend(formulas.iter().filter(|(member, _)| !is_rank(member)).map(|(member, _)| by_name(member)));
    for ranked in ranked {
        // What has no value has no place either.
        let place = datafusion::logical_expr::when(by_name(&by(ranked)).is_not_null(), cast(by_name(&place(ranked)), ColumnType::Integer.data_type())).end()?;
        shown.push(place.alias(&ranked.member));
    }
    Ok(plan.project(shown)?)
}

/// The columns of the dimensions.
fn dimensions(world: &World<'_>, root: &str) -> Result<Vec<ResultColumn>> {
    let mut columns = Vec::new();
    for (index, (time, name)) in world.query.time_dimensions.iter().zip(&world.times).enumerate() {
        if let (Some(asked), Some(name)) = (&time.granularity, name) {
            let Dimension { label, format, .. } = world.dimension(root, &time.dimension)?;
            let interval = world.interval_of(root, &time.dimension, asked).map_err(|error| error.at(format!("timeDimensions[{index}].granularity")))?;
            let column = ResultColumn::new(name, ColumnType::Timestamp, ColumnRole::Time).in_buckets(asked, interval);
            columns.push(ResultColumn { label: label.clone(), format: format.clone(), ..column });
        }
    }
    for member in &world.query.dimensions {
        let Dimension { label, column_type, format, .. } = world.dimension(root, member)?;
        columns.push(ResultColumn { label: label.clone(), format: format.clone(), ..ResultColumn::new(member, *column_type, ColumnRole::Dimension) });
    }
    Ok(columns)
}

/// The model whose rows say which combinations of dimensions there are, where no measure does.
fn root_of_dimensions(world: &World<'_>) -> Result<String> {
    let query = world.query;
    let asked = query.dimensions.iter().chain(query.time_dimensions.iter().map(|time| &time.dimension));
    let members: Vec<&str> = asked.map(String::as_str).chain(query.filters.iter().flat_map(Filter::members)).collect();
    let mut reason = Error::invalid("the query asks for nothing; name at least one measure or dimension").at("measures");
    for candidate in &members {
        let first = model_of(candidate).ok().and_then(|prefix| join::names(prefix).next());
        let Some(root) = first.filter(|root| world.models.contains_key(*root)) else { continue };
        let unreached = members.iter().find_map(|member| match model_of(member) {
            Ok(prefix) if prefix == root => None,
            Ok(prefix) => way(root, prefix, world.models).err(),
            Err(error) => Some(error),
        });
        match unreached {
            None => return Ok(root.to_owned()),
            Some(error) => reason = error,
        }
    }
    Err(reason)
}

/// A measure of all rows: which of them it counts changes neither its type nor how exact it is.
fn unfiltered(measure: &Measure) -> Measure {
    Measure { filters: Vec::new(), ..measure.clone() }
}

/// Whether a measure's states can be merged in a plan.
fn merges(measure: &Measure) -> bool {
    matches!(measure.kind, MeasureKind::Count | MeasureKind::Sum | MeasureKind::Avg | MeasureKind::Min | MeasureKind::Max | MeasureKind::Balance)
}

fn by_name(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}
