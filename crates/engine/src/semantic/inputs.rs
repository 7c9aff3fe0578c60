//! Which measures a measure is computed from: those of its own model and, of ratios and formulas, those of others too. Each of them is
//! computed over the rows of its own model by what the question groups by, so visits that became orders are orders by visits, and no
//! row of either is counted for a row of the other.

use std::collections::BTreeSet;

use super::derived;
use super::join::Models;
use super::joined::{self, is_joined};
use super::member::{Member, find, find_measure, model_of};
use super::model::{Measure, MeasureKind, Model};
use crate::error::{Error, Result, near_names};

/// The measures that a measure is computed from, each as `model.measure`; of a ratio first what is divided.
///
/// # Errors
/// `Invalid` where one that must be named is not.
pub(crate) fn members(model: &Model, measure: &Measure) -> Result<Vec<String>> {
    Ok(derived::named_inputs(measure)?.iter().map(|name| joined::member(model, name)).collect())
}

/// Those of other models.
pub(crate) fn elsewhere(model: &Model, measure: &Measure) -> Vec<String> {
    let mut members = members(model, measure).unwrap_or_default();
    members.retain(|member| is_joined(model, member));
    members
}

/// The measures among some members and all that they are computed from, each once, as far as `model_named` knows the models.
pub(crate) fn all<'m>(asked: impl Iterator<Item = String>, model_named: impl Fn(&str) -> Option<&'m Model>) -> Vec<(String, &'m Model, &'m Measure)> {
    let mut waiting: Vec<String> = asked.collect();
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    while let Some(member) = waiting.pop() {
        if !seen.insert(member.clone()) {
            continue;
        }
        let Some(model) = model_of(&member).ok().and_then(&model_named) else { continue };
        let Ok(Member::Measure(measure)) = find(model, &member) else { continue };
        waiting.extend(members(model, measure).unwrap_or_default());
        found.push((member, model, measure));
    }
    found
}

/// The models whose measures some members are computed from, as far as these models say.
pub(crate) fn models_of(asked: impl Iterator<Item = String>, models: &Models) -> BTreeSet<String> {
    let measures = all(asked, |name| models.get(name).map(|model| &**model));
    let others = measures.into_iter().flat_map(|(_, model, measure)| elsewhere(model, measure));
    others.filter_map(|member| model_of(&member).ok().map(str::to_owned)).collect()
}

/// Checks that what a measure is computed from in other models is there, and does not come back to it. `models`: those others and the own one.
///
/// # Errors
/// `Invalid` with what is missing.
pub(crate) fn check(model: &Model, measure: &Measure, models: &Models) -> Result<()> {
    let others = elsewhere(model, measure);
    for member in &others {
        let name = model_of(member)?;
        let unknown = || Error::invalid(format!("there is no model {name:?}{}", near_names(name, models.keys().map(String::as_str))));
        if find_measure(models.get(name).ok_or_else(unknown)?, member)?.kind == MeasureKind::Rank {
            return Err(Error::invalid(format!("it is computed from {member}, a rank, from which nothing can be computed")));
        }
    }
    let own = joined::member(model, &measure.name);
    let named = others.join(", ");
    if all(others.into_iter(), |name| models.get(name).map(|model| &**model)).iter().any(|(member, ..)| *member == own) {
        return Err(Error::invalid(format!("it is computed from itself, by way of {named}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;

    fn model(name: &str, measures: &Value) -> (String, Arc<Model>) {
        let model = json!({"name": name, "dataset": name, "label": name, "dimensions": [{"name": "at", "label": "At", "type": "timestamp"}], "measures": measures});
        (name.to_owned(), Arc::new(serde_json::from_value(model).unwrap()))
    }

    fn shop() -> Models {
        let ratio = |name: &str, above: &str, below: &str| json!({"name": name, "label": name, "kind": "ratio", "measure": above, "denominator": below});
        let orders = json!([
            {"name": "count", "label": "Orders", "kind": "count"},
            ratio("conversion", "count", "visits.count"),
            ratio("twice", "orders.conversion", "count"),
            ratio("circle", "count", "visits.circle"),
            ratio("unknown", "count", "visitors.count"),
            ratio("of_time", "count", "visits.at"),
            ratio("of_rank", "count", "visits.place")
        ]);
        let visits = json!([
            {"name": "count", "label": "Visits", "kind": "count"},
            {"name": "circle", "label": "Circle", "kind": "number", "expression": "{orders.circle} + {count}"},
            {"name": "place", "label": "Place", "kind": "rank", "measure": "count"}
        ]);
        Models::from([model("orders", &orders), model("visits", &visits)])
    }

    #[test]
    fn what_a_measure_comes_down_to_is_found_over_models() {
        let models = shop();
        let asked = || std::iter::once("orders.twice".to_owned());
        let mut found: Vec<String> = all(asked(), |name| models.get(name).map(|model| &**model)).into_iter().map(|(member, ..)| member).collect();
        found.sort();
        assert_eq!(found, ["orders.conversion", "orders.count", "orders.twice", "visits.count"]);
        assert_eq!(models_of(asked(), &models), BTreeSet::from(["visits".to_owned()]));
        // As far as models are known; a circle ends.
        let mut orders = models.clone();
        orders.remove("visits");
        assert_eq!(models_of(asked(), &orders), BTreeSet::from(["visits".to_owned()]));
        assert_eq!(all(std::iter::once("visits.circle".to_owned()), |name| models.get(name).map(|model| &**model)).len(), 4);
    }

    #[test]
    fn what_is_not_there_or_comes_back_is_refused() {
        let models = shop();
        let orders = &models["orders"];
        let checked = |name: &str| check(orders, find_measure(orders, &format!("orders.{name}")).unwrap(), &models).map_err(|error| error.message().to_owned());
        assert_eq!((checked("count"), checked("conversion"), checked("twice")), (Ok(()), Ok(()), Ok(())));
        for (name, told) in [("circle", "computed from itself"), ("unknown", "did you mean visits?"), ("of_time", "is a dimension"), ("of_rank", "a rank")] {
            let message = checked(name).unwrap_err();
            assert!(message.contains(told), "{name}: {message}");
        }
    }
}
