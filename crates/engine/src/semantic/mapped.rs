//! Lookups as functions: where another model has few rows, what they say is an expression over the keys of those that look up.
//! Aggregates by it are then partials of the rows' own dataset, computed once for each version of the lookup; nothing is
//! joined when a question is asked.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Volatility};
use datafusion::optimizer::analyzer::type_coercion::TypeCoercionRewriter;
use sha2::{Digest, Sha256};

use super::compose::{Source, World};
use super::join::{Step, way};
use super::lookups::types_differ;
use super::member::{Columns, find_dimension};
use super::model::Dimension;
use crate::error::Result;
use crate::partial::fragment::{Fingerprint, identity_of};
use crate::partial::looked_up::{LookedUp, MappingSlot};

/// Rows of those that look up, at most, for which it does not matter how often a lookup changes: computing them anew takes less
/// than a second.
const QUICK_ROWS: u64 = 20_000_000;
/// Keys tell so many rows at least apart from each other, or aggregates by them are no smaller than the rows.
const ROWS_PER_KEY: u64 = 16;
/// Seconds without a change after which a lookup counts as settled. While it changes, larger tables are aggregated by its keys,
/// and these aggregates stay.
const SETTLED_SECONDS: i64 = 60;

/// A mapping that a question needs.
#[derive(Debug, Clone)]
pub(crate) struct Mapped {
    /// The name of its function: which rows under which scope, which keys, which value.
    pub name: String,
    pub model: String,
    /// The columns that must tell rows of the model apart.
    pub keys: Vec<String>,
    /// The keys and then the value of each row that has them.
    pub plan: LogicalPlan,
    /// Which keys and which value, whatever the rows.
    pub shape: Fingerprint,
    pub slot: MappingSlot,
}

/// What is looked up in: rows, and what tells them from all others.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub plan: &'a LogicalPlan,
    pub identity: &'a str,
}

/// A dimension of what is called `prefix` from a model, as an expression over that model's rows. `None`: it has to be joined.
///
/// # Errors
/// `Invalid` when no way or several lead there, or when there is no such dimension.
pub(super) fn mapped<'a>(world: &World<'a>, root: &str, root_columns: &Columns<'_>, prefix: &str, name: &str) -> Result<Option<(Expr, &'a Dimension)>> {
    let way = way(root, prefix, world.models)?;
    let Some(last) = way.last() else { return Ok(None) };
    if !way.iter().all(|step| is_function(world, root, step)) {
        return Ok(None);
    }
    let dimension = find_dimension(world.model(&last.target)?, &format!("{}.{name}", last.target))?;
    let rows = |target: &str| -> Result<Rows<'a>> {
        let identity = world.sources.get(target).map(Source::identity).unwrap_or_default();
        Ok(Rows { plan: world.source(target)?, identity })
    };
    let found = along(&way, root_columns, &rows, &|columns| columns.dimension(dimension), &|mapped| world.needs(mapped))?;
    Ok(found.map(|value| (value, dimension)))
}

/// What the row says to which a way leads, as an expression over the rows at which it begins: a function of a function for each step.
/// `rows` gives what is looked up in by model, `value` what is said there, `needs` the place where a mapping will be. `None`: keys or
/// value are of a type, or made in a way, for which there is no function.
pub(super) fn along<'a>(
    way: &[Step],
    root: &Columns<'_>,
    rows: &dyn Fn(&str) -> Result<Rows<'a>>,
    value: &dyn Fn(&Columns<'_>) -> Result<Expr>,
    needs: &dyn Fn(Mapped) -> MappingSlot,
) -> Result<Option<Expr>> {
    let mut keys: Vec<Expr> = Vec::new();
    for (place, step) in way.iter().enumerate() {
        let rows = rows(&step.target)?;
        let columns = Columns { state: root.state, schema: rows.plan.schema() };
        if place == 0 {
            keys = step.keys.iter().map(|(here, _)| root.column(here)).collect::<Result<_>>()?;
        }
        let there = step.keys.iter().map(|(_, there)| columns.column(there)).collect::<Result<Vec<_>>>()?;
        let values = match way.get(place + 1) {
            Some(next) => next.keys.iter().map(|(here, _)| columns.column(here)).collect::<Result<_>>()?,
            None => vec![value(&columns)?],
        };
        let found = values.iter().map(|value| look_up(root, step, rows, (&keys, &there), value, needs)).collect::<Result<Option<Vec<_>>>>()?;
        let Some(found) = found else { return Ok(None) };
        keys = found;
    }
    Ok(keys.pop())
}

/// Whether rows of the step's model are few, and settled, or cheap to count again, or no cheaper to be joined.
fn is_function(world: &World<'_>, root: &str, step: &Step) -> bool {
    let (Some(here), Some(there)) = (world.sources.get(root), world.sources.get(&step.target)) else { return false };
    let settled = world.reference.now.signed_duration_since(there.snapshot.updated_at).num_seconds() >= SETTLED_SECONDS;
    let joined = !settled && here.snapshot.rows > QUICK_ROWS && there.snapshot.rows.saturating_mul(ROWS_PER_KEY) <= here.snapshot.rows;
    world.mapped_rows > 0 && there.snapshot.rows <= world.mapped_rows && !joined
}

/// The value of the row that `keys` lead to. `None`: keys or value are of a type, or made in a way, for which there is no function.
fn look_up(root: &Columns<'_>, step: &Step, rows: Rows<'_>, (keys, there): (&[Expr], &[Expr]), value: &Expr, needs: &dyn Fn(Mapped) -> MappingSlot) -> Result<Option<Expr>> {
    let source = rows.plan;
    // What a case gives is known when its branches are of one type.
    let value = value.clone().rewrite(&mut TypeCoercionRewriter::new(source.schema()))?.data;
    let data_type = value.get_type(source.schema())?;
    let types = keys.iter().map(|key| key.get_type(root.schema)).collect::<std::result::Result<Vec<_>, _>>()?;
    for ((here, key), data_type) in step.keys.iter().map(|(here, _)| here).zip(there).zip(&types) {
        let other = key.get_type(source.schema())?;
        if other != *data_type {
            return Err(types_differ(&step.name, here, &key.to_string(), data_type, &other));
        }
    }
    // Floats are equal in more than one way.
    if data_type.is_nested() || types.iter().any(|key| key.is_floating() || key.is_nested()) {
        return Ok(None);
    }
    let plan = LogicalPlanBuilder::from(source.clone());
    let plan = match conjunction(there.iter().map(|key| key.clone().is_not_null())) {
        Some(present) => plan.filter(present)?,
        None => plan,
    };
    let shown = there.iter().cloned().enumerate().map(|(place, key)| key.alias(format!("key {place}"))).chain([value.clone().alias("value")]);
    let plan = plan.project(shown.collect::<Vec<_>>())?.build()?;
    if !is_fixed(&plan)? {
        return Ok(None);
    }
    let shape = identity_of("mapping", &there.iter().chain([&value]).collect::<Vec<_>>());
    let mut hash = Sha256::new();
    hash.update(rows.identity);
    hash.update(shape);
    let name = format!("looked_up_{}_{}", step.name, hex::encode(hash.finalize()));
    let columns = step.keys.iter().map(|(_, there)| there.clone()).collect();
    let slot = needs(Mapped { name: name.clone(), model: step.target.clone(), keys: columns, plan, shape, slot: MappingSlot::default() });
    Ok(Some(LookedUp::udf(name, types, data_type, slot).call(keys.to_vec())))
}

/// Whether a plan, the filter of a scope in it too, tells the same of the same rows for ever.
pub(crate) fn is_fixed(plan: &LogicalPlan) -> Result<bool> {
    let moves = |part: &Expr| Ok(matches!(part, Expr::ScalarFunction(call) if call.func.signature().volatility != Volatility::Immutable));
    let mut fixed = true;
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            fixed &= !expr.exists(moves)?;
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    Ok(fixed)
}
