//! In which order models are stored that are about each other: what one names goes before it. Each is looked at once, and each name.

use std::collections::HashMap;

use tidemill::{Measure, MeasureKind, Model};

/// Models of which each stands behind those that it names, as far as they do not name each other in a circle; else as they came.
pub(super) fn by_need(models: Vec<Model>) -> Vec<Model> {
    let places: HashMap<&str, usize> = models.iter().enumerate().map(|(place, model)| (model.name.as_str(), place)).collect();
    let needs: Vec<Vec<usize>> = models.iter().map(|model| named(model).filter_map(|name| places.get(name).copied()).collect()).collect();
    let mut models: Vec<Option<Model>> = models.into_iter().map(Some).collect();
    in_turn(&needs).into_iter().filter_map(|place| models.get_mut(place)?.take()).collect()
}

/// The models whose members one names: a dimension is the same as one of theirs, a level is, or a measure is computed from one.
fn named(model: &Model) -> impl Iterator<Item = &str> {
    let same = model.dimensions.iter().filter_map(|dimension| dimension.same_as.as_deref());
    let levels = model.hierarchies.iter().flat_map(|hierarchy| hierarchy.levels.iter().map(String::as_str));
    same.chain(levels).chain(model.measures.iter().flat_map(parts)).filter_map(|member| member.split_once('.')).map(move |(head, _)| {
        // A join may call a model otherwise.
        let join = model.joins.iter().find(|join| join.name == head);
        join.and_then(|join| join.model.as_deref()).unwrap_or(head)
    })
}

/// The measures that one is computed from, as it names them.
fn parts(measure: &Measure) -> impl Iterator<Item = &str> {
    let formula = measure.expression.as_deref().filter(|_| measure.kind == MeasureKind::Number).unwrap_or_default();
    let braced = formula.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name.trim());
    braced.chain(measure.measure.as_deref()).chain(measure.denominator.as_deref())
}

/// Places in an order in which those that one needs stand before it.
fn in_turn(needs: &[Vec<usize>]) -> Vec<usize> {
    let (mut begun, mut order) = (vec![false; needs.len()], Vec::with_capacity(needs.len()));
    for start in 0..needs.len() {
        if !begins(&mut begun, start) {
            continue;
        }
        // What waits for what stands behind it, and which of its needs is next. No recursion: a chain may be as long as the list.
        let mut waiting = vec![(start, 0)];
        while let Some((place, next)) = waiting.last_mut() {
            match needs.get(*place).and_then(|needs| needs.get(*next)) {
                Some(&need) => {
                    *next += 1;
                    if begins(&mut begun, need) {
                        waiting.push((need, 0));
                    }
                }
                None => {
                    order.push(*place);
                    waiting.pop();
                }
            }
        }
    }
    order
}

/// Whether it is looked at for the first time.
fn begins(begun: &mut [bool], place: usize) -> bool {
    begun.get_mut(place).is_some_and(|begun| !std::mem::replace(begun, true))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn model(name: &str, parts: &Value) -> Model {
        let mut model = json!({"name": name, "dataset": name, "label": name, "dimensions": [], "measures": []});
        for (key, part) in parts.as_object().unwrap() {
            model[key] = part.clone();
        }
        serde_json::from_value(model).unwrap()
    }

    /// One whose time is the same as that of another.
    fn after(name: &str, other: &str) -> Model {
        model(name, &json!({"dimensions": [{"name": "at", "label": "At", "type": "timestamp", "same_as": format!("{other}.at")}]}))
    }

    /// One with a measure that is a formula.
    fn per(name: &str, expression: &str) -> Model {
        model(name, &json!({"measures": [{"name": "per", "label": "Per", "kind": "number", "expression": expression}]}))
    }

    fn names(models: Vec<Model>) -> Vec<String> {
        by_need(models).into_iter().map(|model| model.name).collect()
    }

    #[test]
    fn what_a_model_names_stands_before_it() {
        let bare = |name: &str| model(name, &json!({}));
        let levels = json!({
            "joins": [{"name": "origin", "model": "airports", "on": [{"column": "o", "other": "id"}]}, {"name": "planes", "on": [{"column": "p", "other": "id"}]}],
            "hierarchies": [{"name": "h", "label": "H", "levels": ["origin.country", "carrier"]}],
        });
        for (models, expected) in [
            (vec![bare("c"), bare("a"), bare("b")], vec!["c", "a", "b"]),
            (vec![after("a", "b"), after("b", "c"), bare("c"), bare("d")], vec!["c", "b", "a", "d"]),
            (vec![after("a", "c"), after("b", "c"), after("c", "gone")], vec!["c", "a", "b"]),
            // A level is one of the model that the join leads to; a join alone asks nothing of the other model.
            (vec![model("flights", &levels), bare("planes"), bare("airports")], vec!["airports", "flights", "planes"]),
            // A ratio or a formula may be about another model.
            (vec![per("a", "{count} / {c.count}"), per("b", "{b.count} + 1"), bare("c")], vec!["c", "a", "b"]),
            // In a circle, and of one that names itself, each is there once.
            (vec![after("a", "b"), after("b", "a"), after("c", "c"), after("d", "a")], vec!["b", "a", "c", "d"]),
        ] {
            assert_eq!(names(models), expected);
        }
    }

    #[test]
    fn a_chain_as_long_as_the_list_is_followed_once() {
        let count = 200_000;
        // Each needs the next one, and all of them the last.
        let needs: Vec<Vec<usize>> = (0..count).map(|place| if place + 1 < count { vec![place + 1, count - 1] } else { Vec::new() }).collect();
        assert!(in_turn(&needs).into_iter().eq((0..count).rev()));
    }
}
