//! A measure as an expression over the rows of a group: its aggregate, or the formula over the aggregates that it is computed from.
//! All of it is what a semantic query would compute, from the same places.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use datafusion::common::Column;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::execution::session_state::SessionState;
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::{Expr, LogicalPlan};

use crate::error::{Error, Result, near_names};
use crate::functions::sketch::Sketched;
use crate::semantic::compile::Compiler;
use crate::semantic::compose::{Source, World};
use crate::semantic::date::Reference;
use crate::semantic::derived::{Lens, Needs};
use crate::semantic::inputs;
use crate::semantic::join::Models;
use crate::semantic::joined::counts_over;
use crate::semantic::member::{Columns, find_measure};
use crate::semantic::model::{Measure, MeasureKind, Model};
use crate::semantic::query::SemanticQuery;
use crate::settings::Limits;
use crate::storage::log::Snapshot;

/// Parts of all measures of a statement at most, when they are written out: about as many as it may have itself.
const PARTS_MAX: usize = 1_000;

/// Where measures of one table are expanded.
pub(crate) struct Ground<'a> {
    pub model: &'a Arc<Model>,
    /// The rows, their columns qualified as the statement does.
    pub rows: LogicalPlan,
    pub snapshot: &'a Arc<Snapshot>,
    pub state: &'a SessionState,
    pub reference: Reference,
    pub limits: &'a Limits,
}

/// The expression of a measure.
///
/// # Errors
/// `Invalid` for what is no measure, with near names, and for one that its group's rows do not tell, with what to do instead.
pub(crate) fn expand(name: &str, ground: Ground<'_>) -> Result<Expr> {
    let Ground { model, rows, snapshot, state, reference, limits } = ground;
    let measure = known(model, name)?;
    let computed_from = inputs::all(std::iter::once(member(model, name)), |named| (named == model.name).then_some(&**model));
    if computed_from.iter().any(|(_, model, measure)| !inputs::elsewhere(model, measure).is_empty()) {
        return Err(elsewhere(model, measure, "it is computed from measures of other models"));
    }
    let schema = Arc::clone(rows.schema());
    let source = Source { plan: Ok(rows), latest: None, snapshot: Arc::clone(snapshot), seen_as: String::new(), identity: OnceLock::new() };
    let models = Models::from([(model.name.clone(), Arc::clone(model))]);
    let sources = BTreeMap::from([(model.name.clone(), source)]);
    let query = SemanticQuery::default();
    let exact = SemanticQuery { exact: Some(true), ..SemanticQuery::default() };
    let world = World {
        query: &query,
        exact: &exact,
        among: None,
        models: &models,
        times: Vec::new(),
        sources: &sources,
        state,
        reference: reference.clone(),
        limits,
        mapped_rows: 0,
        joins_rows: false,
        used: Default::default(),
        mappings: Default::default(),
    };
    let mut needs = Needs::default();
    let formula = needs.formula(&world, &member(model, name))?;
    if !needs.ranked.is_empty() || needs.needs.iter().any(|need| need.lens != Lens::Own) {
        return Err(elsewhere(model, measure, "it looks at other rows than those of its group"));
    }
    // As in a semantic query: what is asked for itself may be estimated, what goes into a formula may not.
    let compiler = Compiler { query: if measure.kind.is_derived() { &exact } else { &query }, model, columns: Columns { state, schema: &schema }, joined: None, reference, limits };
    let mut aggregates = BTreeMap::new();
    for need in &needs.needs {
        let needed = find_measure(model, &member(model, &need.measure))?;
        if needed.kind == MeasureKind::Balance {
            return Err(elsewhere(model, measure, "a stock is the latest row of each combination of dimensions, not one number of a group's rows"));
        }
        if counts_over(model, needed) {
            return Err(elsewhere(model, measure, "it chooses the rows that it counts by what other models say of them"));
        }
        let (aggregate, _, sketched) = compiler.aggregate(needed)?;
        let aggregate = if sketched == Some(Sketched::Quantile) { get_field(aggregate, "value") } else { aggregate };
        aggregates.insert(need.column(), aggregate);
    }
    let put_in = |part: Expr| match part {
        Expr::Column(Column { relation: None, ref name, .. }) => Ok(match aggregates.get(name) {
            Some(aggregate) => Transformed::yes(aggregate.clone()),
            None => Transformed::no(part),
        }),
        _ => Ok(Transformed::no(part)),
    };
    Ok(formula.expr.transform_up(put_in).data()?)
}

fn member(model: &Model, name: &str) -> String {
    format!("{}.{name}", model.name)
}

/// The measure of that name.
fn known<'a>(model: &'a Model, name: &str) -> Result<&'a Measure> {
    if let Some(measure) = model.measures.iter().find(|measure| measure.name == name) {
        return Ok(measure);
    }
    if model.dimensions.iter().any(|dimension| dimension.name == name) {
        return Err(Error::invalid(format!("{name} is a dimension of {}, not a measure; write its name alone", model.name)));
    }
    let near = near_names(name, model.measures.iter().map(|measure| measure.name.as_str()));
    Err(Error::invalid(format!("model {} has no measure {name:?}{near}", model.name)))
}

fn elsewhere(model: &Model, measure: &Measure, reason: &str) -> Error {
    Error::invalid(format!("measure {} cannot be had from a SELECT: {reason}; ask a semantic query for {}", measure.name, member(model, &measure.name)))
}

/// Counts what measures come to, each as often as it is called.
///
/// # Errors
/// `Exhausted` when they are more than a statement may have.
pub(crate) fn check_size<'e>(measures: impl Iterator<Item = (&'e Expr, usize)>) -> Result<()> {
    let mut parts = 0_usize;
    for (expression, times) in measures {
        let mut own = 0_usize;
        expression.apply(|part| {
            own += usize::from(!matches!(part, Expr::Literal(..)));
            Ok(TreeNodeRecursion::Continue)
        })?;
        parts = parts.saturating_add(own.saturating_mul(times));
        if parts > PARTS_MAX {
            return Err(Error::exhausted(format!(
                "the measures of this statement, written out, have {parts} parts or more; at most {PARTS_MAX} are planned: ask for fewer of them, or ask a semantic query"
            )));
        }
    }
    Ok(())
}
