//! Hierarchies: which dimensions lie one within the other, so that whoever looks at countries can go on to their cities.

use super::join::{Models, way};
use super::model::{Hierarchy, Model};
use crate::error::{Error, Result, near_names};

/// Hierarchies of a model at most.
const HIERARCHIES_MAX: usize = 100;
/// Levels of a hierarchy at most.
const LEVELS_MAX: usize = 20;

/// Checks the hierarchies of a model, as far as they are of its own dimensions.
///
/// # Errors
/// `Invalid` with the path of the level at fault and near names.
pub(crate) fn check(model: &Model) -> Result<()> {
    if model.hierarchies.len() > HIERARCHIES_MAX {
        return Err(Error::exhausted(format!("a model has at most {HIERARCHIES_MAX} hierarchies")).at("hierarchies"));
    }
    for (index, hierarchy) in model.hierarchies.iter().enumerate() {
        let at = |error: Error, rest: &str| error.context(format_args!("hierarchy {}", hierarchy.name)).at(format!("hierarchies[{index}]{rest}"));
        if hierarchy.name.is_empty() || hierarchy.name.contains('.') || hierarchy.name.len() > 255 {
            return Err(at(Error::invalid("its name must have 1 to 255 bytes without dots"), ".name"));
        }
        if model.hierarchies.iter().take(index).any(|before| before.name == hierarchy.name) {
            return Err(at(Error::invalid("its name stands twice"), ".name"));
        }
        if !(2..=LEVELS_MAX).contains(&hierarchy.levels.len()) {
            return Err(at(Error::invalid(format!("it has {} levels; 2 to {LEVELS_MAX} lie one within the other, the widest first", hierarchy.levels.len())), ".levels"));
        }
        for (place, level) in hierarchy.levels.iter().enumerate() {
            let rest = format!(".levels[{place}]");
            let (prefix, name) = parts(model, level);
            if hierarchy.levels.iter().take(place).any(|before| parts(model, before) == (prefix, name)) {
                return Err(at(Error::invalid(format!("the level {level:?} stands twice")), &rest));
            }
            if prefix.is_none() {
                find(model, name).map_err(|error| at(error, &rest))?;
            }
        }
    }
    Ok(())
}

/// Checks levels that joins lead to, where there are any.
///
/// # Errors
/// `Invalid` where no way or several lead there, or what is there is no dimension.
pub(crate) fn check_joined(model: &Model, models: &Models) -> Result<()> {
    for (index, hierarchy) in model.hierarchies.iter().enumerate() {
        for (place, level) in hierarchy.levels.iter().enumerate() {
            joined(model, level, models).map_err(|error| error.context(format_args!("hierarchy {}", hierarchy.name)).at(format!("hierarchies[{index}].levels[{place}]")))?;
        }
    }
    Ok(())
}

/// Whether some level is one that a join leads to.
pub(crate) fn has_joined(model: &Model) -> bool {
    model.hierarchies.iter().flat_map(|hierarchy| &hierarchy.levels).any(|level| parts(model, level).0.is_some())
}

/// Takes out levels that a scope does not see, and hierarchies of which less than two are left.
pub(crate) fn retain_visible(model: &mut Model) {
    retain(model, |model, level| match parts(model, level) {
        (None, name) => find(model, name).is_ok(),
        (Some(_), _) => true,
    });
}

/// The same for levels that joins lead to.
pub(crate) fn retain_joined(model: &mut Model, models: &Models) {
    retain(model, |model, level| joined(model, level, models).is_ok());
}

fn retain(model: &mut Model, keep: impl Fn(&Model, &str) -> bool) {
    let mut hierarchies = std::mem::take(&mut model.hierarchies);
    for Hierarchy { levels, .. } in &mut hierarchies {
        levels.retain(|level| keep(model, level));
    }
    hierarchies.retain(|hierarchy| hierarchy.levels.len() > 1);
    model.hierarchies = hierarchies;
}

fn joined(model: &Model, level: &str, models: &Models) -> Result<()> {
    let (Some(prefix), name) = parts(model, level) else { return Ok(()) };
    let way = way(&model.name, prefix, models)?;
    let target = way.last().and_then(|step| models.get(&step.target)).ok_or_else(|| Error::invalid(format!("there is no model {prefix:?}")))?;
    find(target, name)
}

/// What a level is of, where that is not the model itself, and its name.
fn parts<'l>(model: &Model, level: &'l str) -> (Option<&'l str>, &'l str) {
    match level.split_once('.') {
        Some((prefix, name)) if prefix == model.name => (None, name),
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, level),
    }
}

fn find(model: &Model, name: &str) -> Result<()> {
    if model.dimensions.iter().any(|dimension| dimension.name == name) {
        return Ok(());
    }
    if model.measures.iter().any(|measure| measure.name == name) {
        return Err(Error::invalid(format!("{name:?} is a measure of {}; levels are dimensions", model.name)));
    }
    Err(Error::invalid(format!("model {} has no dimension {name:?}{}", model.name, near_names(name, model.dimensions.iter().map(|dimension| dimension.name.as_str())))))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn model(hierarchies: &Value) -> Model {
        serde_json::from_value(json!({
            "name": "shops", "dataset": "shops", "label": "Shops", "hierarchies": hierarchies,
            "dimensions": [{"name": "country", "label": "C", "type": "string"}, {"name": "city", "label": "C", "type": "string"}],
            "measures": [{"name": "count", "label": "N", "kind": "count"}]
        }))
        .unwrap()
    }

    #[test]
    fn levels_are_dimensions_and_each_stands_once() {
        let of = |levels: Value| json!([{"name": "geo", "label": "Geography", "levels": levels}]);
        for (hierarchies, field, expected) in [
            (of(json!(["country", "city"])), "", ""),
            (of(json!(["shops.country", "city"])), "", ""),
            (of(json!(["country"])), "hierarchies[0].levels", "1 levels"),
            (of(json!(["country", "shops.country"])), "hierarchies[0].levels[1]", "stands twice"),
            (of(json!(["country", "citi"])), "hierarchies[0].levels[1]", "did you mean city?"),
            (of(json!(["country", "count"])), "hierarchies[0].levels[1]", "is a measure"),
            (json!([{"name": "a.b", "label": "", "levels": ["country", "city"]}]), "hierarchies[0].name", "without dots"),
            (json!([{"name": "a", "label": "", "levels": ["country", "city"]}, {"name": "a", "label": "", "levels": ["country", "city"]}]), "hierarchies[1].name", "stands twice"),
        ] {
            match check(&model(&hierarchies)) {
                Ok(()) => assert_eq!(expected, "", "{hierarchies}"),
                Err(error) => {
                    assert_eq!(error.field(), Some(field), "{hierarchies}");
                    assert!(!expected.is_empty() && error.message().contains(expected), "{hierarchies}: {error}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_seen_is_no_level() {
        let mut seen = model(&json!([{"name": "geo", "label": "", "levels": ["country", "city"]}, {"name": "more", "label": "", "levels": ["country", "city", "owners.name"]}]));
        seen.dimensions.retain(|dimension| dimension.name != "city");
        retain_visible(&mut seen);
        assert_eq!(seen.hierarchies.iter().map(|hierarchy| (hierarchy.name.as_str(), hierarchy.levels.len())).collect::<Vec<_>>(), [("more", 2)]);
        let models = Models::from([("shops".to_owned(), std::sync::Arc::new(seen.clone()))]);
        assert!(has_joined(&seen) && check_joined(&seen, &models).is_err());
        retain_joined(&mut seen, &models);
        assert_eq!(seen.hierarchies, []);
    }
}
