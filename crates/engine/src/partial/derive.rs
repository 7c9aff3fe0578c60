//! Whether a fragment can be answered from a coarser set of rows: the groups of a rollup instead of the rows of a segment.
//!
//! ```text
//!   rollup     hour(at), country, device | count, sum(amount)          what is kept
//!   fragment   day in Berlin(at), device | sum(amount) where country in ('DE','AT') and at >= 09:30
//!
//!   filters, groups   are rewritten over the keys of the rollup
//!   aggregates        take the kept states of the same aggregate, or fold keys where repeats do not count
//!   time              an hour that lies wholly on one side of every boundary counts as a row; one that does not, sends
//!                     the segment back to its rows
//! ```
//! Whether hours fit into days of a zone, or a range begins at a full hour, is not reasoned about: every expression of
//! the time is monotone, so it is evaluated at both ends of each kept hour, and where the ends agree all rows agree.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray, RecordBatch, new_null_array};
use arrow::compute::kernels::cmp::distinct;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType};
use datafusion::catalog::Session;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, ScalarUDF, and, binary_expr, cast};
use datafusion::physical_expr::PhysicalExpr;

use super::aggregator::{Layout, is_count_of_rows};
use super::fragment::Fragment;
use crate::error::{Error, Result};
use crate::functions::date_bucket::DateBucket;
use crate::functions::time_bucket::{Buckets, TimeBucket};
use crate::semantic::calendar::Calendar;
use crate::semantic::interval::Interval;

/// Columns beside the keys: first and last instant of the kept bucket.
const FROM: &str = "bucket.from";
const TO: &str = "bucket.to";
/// Buckets of a segment that are looked at beforehand.
const BUCKETS_LOOKED_AT: usize = 4_096;

/// Aggregates that give the same value however often a row is repeated: they can be folded from keys.
const REPEATS_DO_NOT_COUNT: [&str; 7] = ["min", "max", "bool_and", "bool_or", "bit_and", "bit_or", "approx_distinct"];

/// What a rollup keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept<'a> {
    pub fragment: &'a Fragment,
    pub layout: &'a Layout,
}

/// How a fragment follows from a rollup.
#[derive(Debug)]
pub(crate) struct Derivation {
    /// Per filter of the fragment; an error says what the rollup lacks for it. A segment whose statistics settle the
    /// filter does not need it.
    pub filters: Vec<Result<Derived, String>>,
    pub groups: Vec<Derived>,
    pub aggregates: Vec<Folded>,
    /// Keys of the rollup, and the ends of its buckets.
    schema: SchemaRef,
    bucket: Option<(usize, Interval, Calendar)>,
    /// The column of the dataset whose time it is.
    time_column: Option<String>,
}

/// An expression over the keys of a rollup.
#[derive(Debug)]
pub(crate) struct Derived {
    value: Arc<dyn PhysicalExpr>,
    /// Parts of it that depend on the time alone, at both ends of a bucket: they must agree.
    ends: Vec<[Arc<dyn PhysicalExpr>; 2]>,
}

/// Where the state of an aggregate comes from.
#[derive(Debug)]
pub(crate) enum Folded {
    /// From kept states, in these columns; of the groups that pass.
    States { columns: Range<usize>, passes: Option<Derived> },
    /// From keys.
    Keys { arguments: Vec<Derived>, passes: Option<Derived> },
}

impl Derivation {
    /// How `wanted` follows from `kept`.
    ///
    /// # Errors
    /// A sentence that says what the rollup lacks.
    pub(crate) fn new(wanted: &Fragment, kept: Kept<'_>, session: &dyn Session) -> Result<Self, String> {
        // What a rollup leaves out, everything asked of it must leave out too.
        if let Some(filter) = kept.fragment.filters.iter().find(|filter| !wanted.filters.contains(filter)) {
            return Err(format!("it holds only rows where {filter}"));
        }
        let deriver = Deriver::new(kept, session).map_err(|error| error.to_string())?;
        let filters = wanted.filters.iter().map(|filter| deriver.derive(filter)).collect();
        let groups = wanted.groups.iter().map(|group| deriver.derive(group)).collect::<Result<_, _>>()?;
        let aggregates = wanted.aggregates.iter().map(|aggregate| deriver.aggregate(aggregate)).collect::<Result<_, _>>()?;
        let time_column = deriver.time.as_ref().and_then(Time::column);
        Ok(Self { filters, groups, aggregates, schema: deriver.schema, bucket: deriver.time.map(|time| (time.key, time.interval, time.calendar)), time_column })
    }

    /// The column whose time the rollup keeps, where it keeps one.
    pub(crate) fn time_column(&self) -> Option<&str> {
        self.time_column.as_deref()
    }

    /// Whether kept buckets between two instants lie on one side of every boundary, whichever of them there are: then the groups of
    /// the rollup do, and no row is read. Looks at the first 4,096 buckets.
    pub(crate) fn fits(&self, filters: &[usize], from: i64, to: i64) -> Result<bool> {
        let Some((key, interval, calendar)) = self.bucket else { return Ok(true) };
        let (mut buckets, mut starts) = (Buckets::new(interval, calendar), Vec::new());
        let mut at = from;
        while at <= to && starts.len() < BUCKETS_LOOKED_AT {
            let (start, end) = buckets.of(at);
            starts.push(start);
            at = end.max(at.saturating_add(1));
        }
        let mut columns: Vec<ArrayRef> = self.schema.fields().iter().take(self.schema.fields().len() - 2).map(|field| new_null_array(field.data_type(), starts.len())).collect();
        if let Some(time) = columns.get_mut(key) {
            let instants = PrimitiveArray::<TimestampMicrosecondType>::new(starts.into(), None);
            *time = Arc::new(instants.with_data_type(time.data_type().clone()));
        }
        let keys = self.with_ends(columns, key, interval, calendar)?;
        let chosen = filters.iter().filter_map(|place| self.filters.get(*place)?.as_ref().ok());
        let folded = self.aggregates.iter().flat_map(|folded| match folded {
            Folded::States { passes, .. } => passes.iter().chain(&[]),
            Folded::Keys { arguments, passes } => passes.iter().chain(arguments),
        });
        for derived in chosen.chain(&self.groups).chain(folded) {
            if !derived.agrees(&keys)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What the rollup lacks for some filter, where it lacks something: it then answers only for segments whose
    /// statistics settle that filter.
    pub(crate) fn lacks(&self) -> Option<&String> {
        self.filters.iter().find_map(|filter| filter.as_ref().err())
    }

    /// Keys of some kept groups as expressions are evaluated over them.
    pub(crate) fn keys(&self, state: &RecordBatch) -> Result<RecordBatch> {
        let own = self.schema.fields().len() - if self.bucket.is_some() { 2 } else { 0 };
        let columns: Vec<ArrayRef> = state.columns().iter().take(own).cloned().collect();
        if let Some((key, interval, calendar)) = self.bucket {
            return self.with_ends(columns, key, interval, calendar);
        }
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(state.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }
}

impl Derivation {
    /// Keys with the ends of their buckets beside them.
    fn with_ends(&self, mut columns: Vec<ArrayRef>, key: usize, interval: Interval, calendar: Calendar) -> Result<RecordBatch> {
        let starts = Arc::clone(columns.get(key).ok_or_else(|| Error::internal("a rollup without its time"))?);
        let mut buckets = Buckets::new(interval, calendar);
        let instants = starts.as_primitive::<TimestampMicrosecondType>();
        let ends: Vec<i64> = instants.values().iter().map(|start| buckets.of(*start).1.saturating_sub(1)).collect();
        let ends = PrimitiveArray::<TimestampMicrosecondType>::new(ends.into(), instants.nulls().cloned());
        let ends: ArrayRef = Arc::new(ends.with_data_type(starts.data_type().clone()));
        columns.extend([starts, ends]);
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}

impl Derived {
    /// Whether its parts that depend on the time are the same at both ends of each bucket.
    fn agrees(&self, keys: &RecordBatch) -> Result<bool> {
        for [from, to] in &self.ends {
            let at = |end: &Arc<dyn PhysicalExpr>| end.evaluate(keys)?.into_array(keys.num_rows());
            if distinct(&at(from)?, &at(to)?)?.true_count() > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The value for each kept group; `None` where the rows of a group may differ in it.
    pub(crate) fn evaluate(&self, keys: &RecordBatch) -> Result<Option<ArrayRef>> {
        if !self.agrees(keys)? {
            return Ok(None);
        }
        Ok(Some(self.value.evaluate(keys)?.into_array(keys.num_rows())?))
    }

    /// Where a condition is true; null is not.
    pub(crate) fn mask(&self, keys: &RecordBatch) -> Result<Option<BooleanArray>> {
        let Some(value) = self.evaluate(keys)? else { return Ok(None) };
        let mask = value.as_boolean_opt().ok_or_else(|| Error::internal("a filter that is neither true nor false"))?;
        Ok(Some(if mask.null_count() > 0 { arrow::compute::prep_null_mask_filter(mask) } else { mask.clone() }))
    }
}

/// The time of a rollup: which key, in buckets of what, and the expressions that are this time.
struct Time {
    key: usize,
    interval: Interval,
    calendar: Calendar,
    /// An expression of the dataset, and how it is made from an instant.
    roots: Vec<(Expr, Option<DataType>)>,
}

struct Deriver<'a> {
    kept: Kept<'a>,
    session: &'a dyn Session,
    time: Option<Time>,
    schema: SchemaRef,
    bound: DFSchema,
}

impl<'a> Deriver<'a> {
    fn new(kept: Kept<'a>, session: &'a dyn Session) -> Result<Self> {
        let time = kept.fragment.groups.iter().enumerate().find_map(|(key, group)| {
            let Expr::ScalarFunction(call) = group else { return None };
            let [time] = call.args.as_slice() else { return None };
            if let Some(bucket) = call.func.inner().downcast_ref::<TimeBucket>() {
                return Some(Time { key, interval: bucket.interval(), calendar: bucket.calendar(), roots: vec![(time.clone(), None)] });
            }
            // In UTC a date is that of the instants at both ends of its bucket; a rollup in another zone answers what it keeps alone.
            let bucket = call.func.inner().downcast_ref::<DateBucket>().filter(|bucket| bucket.is_of_utc())?;
            Some(Time { key, interval: bucket.interval(), calendar: bucket.calendar(), roots: vec![(time.clone(), Some(DataType::Date32))] })
        });
        let mut fields: Vec<Field> = kept.layout.state.fields().iter().take(kept.fragment.groups.len()).map(|field| field.as_ref().clone()).collect();
        if time.is_some() {
            let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
            fields.extend([FROM, TO].map(|name| Field::new(name, instant.clone(), true)));
        }
        let schema = Arc::new(Schema::new(fields));
        Ok(Self { kept, session, time, bound: DFSchema::try_from(Arc::clone(&schema))?, schema })
    }

    fn derive(&self, expr: &Expr) -> Result<Derived, String> {
        let mut missing = None;
        let mut ends = Vec::new();
        let rewritten = expr.clone().transform_down(|part| {
            if let Some(key) = self.kept.fragment.groups.iter().position(|group| *group == part) {
                return Ok(Transformed::new(self.key(key), true, TreeNodeRecursion::Jump));
            }
            if let Some(time) = &self.time {
                match &part {
                    Expr::IsNull(inner) if time.root(inner).is_some() => {
                        return Ok(Transformed::new(Expr::IsNull(Box::new(self.key(time.key))), true, TreeNodeRecursion::Jump));
                    }
                    Expr::IsNotNull(inner) if time.root(inner).is_some() => {
                        return Ok(Transformed::new(Expr::IsNotNull(Box::new(self.key(time.key))), true, TreeNodeRecursion::Jump));
                    }
                    Expr::Between(between) if !between.negated && time.follows(&between.expr) => {
                        let side = |op, bound: &Expr| binary_expr((*between.expr).clone(), op, bound.clone());
                        let both = and(side(Operator::GtEq, &between.low), side(Operator::LtEq, &between.high));
                        return Ok(Transformed::new(both, true, TreeNodeRecursion::Continue));
                    }
                    step if time.is_step(step) => {
                        let (from, to) = (time.at(step, FROM)?, time.at(step, TO)?);
                        ends.push([from.clone(), to]);
                        return Ok(Transformed::new(from, true, TreeNodeRecursion::Jump));
                    }
                    _ => {}
                }
            }
            if let Expr::Column(column) = &part {
                missing.get_or_insert_with(|| column.name.clone());
            }
            Ok(Transformed::no(part))
        });
        let rewritten = rewritten.map_err(|error| error.strip_backtrace())?.data;
        if let Some(column) = missing {
            return Err(format!("it does not keep {column}, which {expr} needs"));
        }
        let physical = |expr: Expr| self.session.create_physical_expr(expr, &self.bound).map_err(|error| error.strip_backtrace());
        let ends = ends.into_iter().map(|[from, to]| Ok([physical(from)?, physical(to)?])).collect::<Result<_, String>>()?;
        Ok(Derived { value: physical(rewritten)?, ends })
    }

    fn key(&self, key: usize) -> Expr {
        let name = self.schema.fields().get(key).map(|field| field.name().clone()).unwrap_or_default();
        Expr::Column(Column::new_unqualified(name))
    }

    fn aggregate(&self, wanted: &Expr) -> Result<Folded, String> {
        let Expr::AggregateFunction(call) = wanted else { return Err(format!("{wanted} is not an aggregate")) };
        if let Some(columns) = self.states_of(wanted) {
            return Ok(Folded::States { columns, passes: None });
        }
        let passes = call.params.filter.as_deref().map(|filter| self.derive(filter)).transpose();
        let mut plain = call.clone();
        plain.params.filter = None;
        let plain = Expr::AggregateFunction(plain);
        if let (Some(columns), Ok(_)) = (self.states_of(&plain), &passes) {
            return Ok(Folded::States { columns, passes: passes? });
        }
        // Rows where a key is not null are counted without the key's column.
        if let (Some(present), Some(columns)) = (self.counted(call), self.count_of_rows()) {
            return Ok(Folded::States { columns, passes: Some(self.derive(&present)?) });
        }
        let name = call.func.name();
        if REPEATS_DO_NOT_COUNT.contains(&name) || (name == "count" && call.params.distinct) {
            let arguments = call.params.args.iter().map(|argument| self.derive(argument)).collect::<Result<Vec<_>, _>>();
            if let Ok(arguments) = arguments {
                return Ok(Folded::Keys { arguments, passes: passes? });
            }
        }
        Err(format!("it does not keep {wanted}"))
    }

    /// `count(key)`, perhaps filtered, as a condition on keys.
    fn counted(&self, call: &AggregateFunction) -> Option<Expr> {
        let [argument] = call.params.args.as_slice() else { return None };
        if call.func.name() != "count" || call.params.distinct || matches!(argument, Expr::Literal(..)) {
            return None;
        }
        let present = argument.clone().is_not_null();
        Some(match &call.params.filter {
            Some(filter) => and(filter.as_ref().clone(), present),
            None => present,
        })
    }

    fn states_of(&self, wanted: &Expr) -> Option<Range<usize>> {
        if matches!(wanted, Expr::AggregateFunction(call) if is_count_of_rows(call) && call.params.filter.is_none()) {
            return self.count_of_rows();
        }
        let place = self.kept.fragment.aggregates.iter().position(|kept| kept == wanted)?;
        self.kept.layout.states_of(place)
    }

    fn count_of_rows(&self) -> Option<Range<usize>> {
        let is_it = |kept: &Expr| matches!(kept, Expr::AggregateFunction(call) if is_count_of_rows(call) && call.params.filter.is_none());
        self.kept.layout.states_of(self.kept.fragment.aggregates.iter().position(is_it)?)
    }
}

impl Time {
    /// The column that it is of.
    fn column(&self) -> Option<String> {
        self.roots.iter().flat_map(|(root, _)| root.column_refs()).map(|column| column.name.clone()).next()
    }

    /// Whether an expression is the time itself.
    fn root(&self, expr: &Expr) -> Option<&Option<DataType>> {
        self.roots.iter().find(|(root, _)| root == expr).map(|(_, made)| made)
    }

    /// Whether an expression never falls while the time goes on, and depends on nothing else.
    fn follows(&self, expr: &Expr) -> bool {
        let calendar = |function: &ScalarUDF| {
            let ours = function.inner();
            matches!(function.name(), "date_trunc" | "date_bin") || ours.downcast_ref::<TimeBucket>().is_some() || ours.downcast_ref::<DateBucket>().is_some()
        };
        // Local times fall back when clocks do; UTC does not.
        let steady = |data_type: &DataType| match data_type {
            DataType::Date32 => true,
            DataType::Timestamp(_, zone) => zone.as_deref().is_none_or(|zone| zone == "UTC"),
            _ => false,
        };
        match expr {
            _ if self.root(expr).is_some() => true,
            Expr::Cast(inner) => steady(inner.field.data_type()) && self.follows(&inner.expr),
            Expr::ScalarFunction(call) if calendar(&call.func) => {
                let (times, rest): (Vec<&Expr>, Vec<&Expr>) = call.args.iter().partition(|argument| self.follows(argument));
                times.len() == 1 && rest.iter().all(|argument| matches!(argument, Expr::Literal(..)))
            }
            _ => false,
        }
    }

    /// Whether an expression is decided by its values at both ends of a bucket.
    fn is_step(&self, expr: &Expr) -> bool {
        match expr {
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq, right }) => {
                let literal = |expr: &Expr| matches!(expr, Expr::Literal(..));
                (self.follows(left) && literal(right)) || (literal(left) && self.follows(right))
            }
            _ => self.follows(expr),
        }
    }

    /// An expression at one end of the bucket.
    fn at(&self, expr: &Expr, end: &str) -> datafusion::error::Result<Expr> {
        let replaced = expr.clone().transform_down(|part| match self.root(&part) {
            Some(made) => {
                let end = Expr::Column(Column::new_unqualified(end));
                let value = made.as_ref().map_or(end.clone(), |data_type| cast(end, data_type.clone()));
                Ok(Transformed::new(value, true, TreeNodeRecursion::Jump))
            }
            None => Ok(Transformed::no(part)),
        });
        replaced.map(|replaced| replaced.data)
    }
}
