//! What conditions of a model name over joins: filters of its measures and its named filters may choose rows by dimensions of what
//! these belong to, over ways to at most one row. Which do, and where the ways lead.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::logical_expr::Expr;

use super::inputs;
use super::join::{Models, Relationship, Step, THEN, way};
use super::member::{find_dimension, model_of};
use super::model::{Dimension, Measure, Model};
use super::query::{Condition, Filter};
use crate::catalog::ColumnType;
use crate::error::{Error, Result, near_names};

/// Who names it, in errors.
pub(crate) const CONDITION: &str = "a condition";

/// Members over joins by their names, as expressions over the rows that a measure counts; and their types.
pub(crate) type Joined = BTreeMap<String, (Expr, ColumnType)>;

/// Whether a member is none of the model's own.
pub(crate) fn is_joined(model: &Model, member: &str) -> bool {
    model_of(member).is_ok_and(|prefix| prefix != model.name)
}

/// The members over joins that conditions of a model name.
pub(crate) fn members<'f>(model: &'f Model, filters: &'f [Filter]) -> impl Iterator<Item = &'f str> {
    filters.iter().flat_map(Filter::members).filter(move |member| is_joined(model, member))
}

/// Whether a measure chooses the rows that it counts over joins.
pub(crate) fn counts_over(model: &Model, measure: &Measure) -> bool {
    members(model, &measure.filters).next().is_some()
}

/// A dimension that a measure names, `name` or `join.name`, as a member.
pub(crate) fn member(model: &Model, name: &str) -> String {
    if name.contains('.') { name.to_owned() } else { format!("{}.{name}", model.name) }
}

/// The members in which groups are alike that a measure compares.
pub(crate) fn within(model: &Model, measure: &Measure) -> impl Iterator<Item = String> {
    measure.within.iter().map(move |name| member(model, name))
}

/// Whether a measure or some condition of a model names what other models say.
pub(crate) fn has_joined(model: &Model) -> bool {
    if model.measures.iter().any(|measure| !inputs::elsewhere(model, measure).is_empty()) {
        return true;
    }
    if model.measures.iter().flat_map(|measure| within(model, measure)).any(|member| is_joined(model, &member)) {
        return true;
    }
    let of_measures = model.measures.iter().flat_map(|measure| &measure.filters);
    of_measures
        .chain(model.segments.iter().flat_map(|segment| &segment.filters))
        .any(|filter| filter.members().into_iter().any(|member| is_joined(model, member)))
}

/// What measures and conditions of a model call what joins lead to, and the models whose measures its own are computed from.
pub(crate) fn prefixes(model: &Model) -> BTreeSet<String> {
    let of_measures = model.measures.iter().flat_map(|measure| members(model, &measure.filters));
    let of_conditions = of_measures.chain(model.segments.iter().flat_map(|segment| members(model, &segment.filters))).map(str::to_owned);
    let compared = model.measures.iter().flat_map(|measure| within(model, measure)).filter(|member| is_joined(model, member));
    let elsewhere = model.measures.iter().flat_map(|measure| inputs::elsewhere(model, measure));
    of_conditions.chain(compared).chain(elsewhere).filter_map(|member| model_of(&member).ok().map(str::to_owned)).collect()
}

/// Conditions of a model as a question about other models has them: what they name over joins is told from what `here` calls the model,
/// and not by a shorter way that another model may have.
pub(crate) fn as_asked(filters: &[Filter], model: &Model, here: &str) -> Vec<Filter> {
    let asked = |parts: &[Filter]| as_asked(parts, model, here);
    let one = |filter: &Filter| match filter {
        Filter::And { and } => Filter::And { and: asked(and) },
        Filter::Or { or } => Filter::Or { or: asked(or) },
        Filter::Condition(condition) => {
            let member = match condition.member.split_once('.') {
                Some((prefix, name)) if prefix == model.name => format!("{here}.{name}"),
                Some(_) => format!("{here}{THEN}{}", condition.member),
                None => condition.member.clone(),
            };
            Filter::Condition(Condition { member, ..condition.clone() })
        }
    };
    filters.iter().map(one).collect()
}

/// The way from a model to a member that is not its own, and the dimension that it is. `who` names it, in errors.
///
/// # Errors
/// `Invalid` where no way or several lead there, or to many rows, or to no dimension.
pub(crate) fn find<'m>(from: &Model, member: &str, models: &'m Models, who: &str) -> Result<(Vec<Step>, &'m Dimension)> {
    let prefix = model_of(member)?;
    let way = way(&from.name, prefix, models).map_err(|error| refused(from, prefix, error, who))?;
    let target = way.last().and_then(|step| models.get(&step.target)).ok_or_else(|| Error::not_found(format!("there is no model {prefix:?}")))?;
    let name = member.get(prefix.len() + 1..).unwrap_or_default();
    Ok((way, find_dimension(target, &format!("{}.{name}", target.name))?))
}

/// Why what is called `prefix` is not reached.
fn refused(from: &Model, prefix: &str, error: Error, who: &str) -> Error {
    let to_many = from.joins.iter().any(|join| join.relationship == Relationship::OneToMany && (join.name == prefix || join.target() == prefix));
    if !to_many {
        return error.reworded(|words| words.replace("so its measures cannot be told apart by it", &format!("so {who} cannot tell its rows apart by it")));
    }
    let to_one: Vec<&str> = from.joins.iter().filter(|join| join.relationship != Relationship::OneToMany).map(|join| join.name.as_str()).collect();
    let near = near_names(prefix, to_one.iter().copied());
    let others = if to_one.is_empty() { String::new() } else { format!(": {}", to_one.join(", ")) };
    Error::invalid(format!(
        "a row of {} has many of {prefix} (one_to_many), and {who} needs one; name a dimension of {}, or of what its rows belong to{others}{near}",
        from.name, from.name
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_go_with_the_model_that_they_are_of() {
        let model: Model = serde_json::from_value(json!({"name": "orders", "dataset": "orders", "label": "O", "dimensions": [], "measures": []})).unwrap();
        let condition = |member: &str| json!({"member": member, "operator": "set"});
        let filters: Vec<Filter> = serde_json::from_value(json!([{"or": [condition("orders.paid"), {"and": [condition("customers.vip")]}]}])).unwrap();
        for (here, own, joined) in [("orders", "orders.paid", "orders > customers.vip"), ("first_order", "first_order.paid", "first_order > customers.vip")] {
            let expected: Vec<Filter> = serde_json::from_value(json!([{"or": [condition(own), {"and": [condition(joined)]}]}])).unwrap();
            assert_eq!(as_asked(&filters, &model, here), expected, "{here}");
        }
        assert_eq!(members(&model, &filters).collect::<Vec<_>>(), ["customers.vip"]);
    }
}
