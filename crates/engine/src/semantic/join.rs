//! Which rows of one model belong to which of another, and the way from one to the other. Only ways on which each row meets
//! at most one other are ever taken: on no other can a sum be right.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::model::Model;
use crate::error::{Error, Result, near_names};

/// Steps of a way at most.
const STEPS_MAX: usize = 6;
/// What stands between the names of a path. No join is called so.
pub(crate) const THEN: &str = " > ";

/// That rows of a model belong to rows of another.
///
/// ```
/// let join: tidemill::Join = serde_json::from_str(
///     r#"{"name": "origin", "model": "airports", "relationship": "many_to_one", "on": [{"column": "origin", "other": "faa"}]}"#,
/// )?;
/// assert_eq!(join.target(), "airports");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// What the other model is called from here: `name.member`. The name of the model itself, or, where two joins go to the
    /// same model, what tells them apart.
    pub name: String,
    /// The other model; when it is not given, the one of the join's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How many rows belong to how many.
    #[serde(default)]
    pub relationship: Relationship,
    /// Columns whose values are equal. Where one is missing nothing belongs to the row.
    pub on: Vec<JoinKey>,
}

/// A pair of columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinKey {
    /// A column of this model's dataset.
    pub column: String,
    /// The column of the other one's.
    pub other: String,
}

/// How many rows of this model belong to how many of the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relationship {
    /// Many rows of this one belong to one of the other: an order to its customer.
    #[default]
    #[serde(alias = "belongs_to", alias = "belongsTo")]
    ManyToOne,
    /// One to one.
    #[serde(alias = "has_one", alias = "hasOne")]
    OneToOne,
    /// One row of this one has many of the other: a customer and the orders.
    #[serde(alias = "has_many", alias = "hasMany")]
    OneToMany,
}

impl Join {
    /// The name of the other model.
    pub fn target(&self) -> &str {
        self.model.as_deref().unwrap_or(&self.name)
    }
}

/// One step from a model to one of which at most one row belongs to each of its rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step {
    /// What the other model is called.
    pub name: String,
    pub target: String,
    /// Columns here and there.
    pub keys: Vec<(String, String)>,
}

/// Models of a tenant that a question may touch, by name.
pub(crate) type Models = BTreeMap<String, Arc<Model>>;

/// The steps that lead away from a model. A join that another model declares is a way to that model too, when one of its rows
/// belongs to each of ours: but only to where somebody wants to go, for nobody else need have looked at that model.
fn steps<'a>(from: &'a Model, wanted: &str, models: &'a Models) -> Vec<Step> {
    let own = from.joins.iter().filter(|join| join.relationship != Relationship::OneToMany).map(|join| Step {
        name: join.name.clone(),
        target: join.target().to_owned(),
        keys: join.on.iter().map(|key| (key.column.clone(), key.other.clone())).collect(),
    });
    let mut steps: Vec<Step> = own.collect();
    if let Some(other) = models.get(wanted) {
        let joins = other.joins.iter().filter(|join| join.relationship != Relationship::ManyToOne && join.target() == from.name);
        let reversed =
            joins.map(|join| Step { name: other.name.clone(), target: other.name.clone(), keys: join.on.iter().map(|key| (key.other.clone(), key.column.clone())).collect() });
        // The same way declared on both sides is one way.
        let new: Vec<Step> = reversed.filter(|step| !steps.iter().any(|known| known.target == step.target && known.keys == step.keys)).collect();
        steps.extend(new);
    }
    steps
}

/// The way from a model to what is called `name` from there: a join of that name, or else a model of that name; or a path of such names,
/// of which each is told from where the one before leads.
///
/// # Errors
/// `Invalid` when there is no way, or when there are several and none is shorter, with their names.
pub(crate) fn way(from: &str, name: &str, models: &Models) -> Result<Vec<Step>> {
    if !name.contains(THEN) {
        return shortest(from, name, models);
    }
    let (mut steps, mut at) = (Vec::new(), from.to_owned());
    for (place, name) in names(name).enumerate() {
        if place >= STEPS_MAX {
            return Err(Error::exhausted(format!("a path has at most {STEPS_MAX} names")));
        }
        if place > 0 || name != from {
            steps.extend(shortest(&at, name, models)?);
        }
        at = steps.last().map_or(from, |step| step.target.as_str()).to_owned();
    }
    Ok(steps)
}

/// The names of a path, or the one name.
pub(crate) fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split(THEN)
}

fn shortest(from: &str, name: &str, models: &Models) -> Result<Vec<Step>> {
    let mut ways: Vec<(Vec<Step>, &Model)> = models.get(from).map(|model| (Vec::new(), &**model)).into_iter().collect();
    // Models that shorter ways lead to: a longer one through them is never the shortest.
    let mut reached: BTreeSet<&str> = BTreeSet::from([from]);
    for _ in 0..STEPS_MAX {
        let mut longer: Vec<(Vec<Step>, &Model)> = Vec::new();
        for (way, at) in ways {
            for step in steps(at, name, models) {
                let Some(target) = models.get(&step.target).filter(|target| step.name == name || !reached.contains(target.name.as_str())) else { continue };
                // Two ways that are equally long are told; more of them say nothing new.
                let alike = longer.iter().filter(|(other, _)| other.last().is_some_and(|last| last.name == step.name && last.target == step.target)).count();
                if alike < 2 {
                    longer.push((way.iter().cloned().chain([step]).collect(), &**target));
                }
            }
        }
        let found =
            |by: fn(&Step) -> &str| -> Vec<Vec<Step>> { longer.iter().filter(|(way, _)| way.last().is_some_and(|step| by(step) == name)).map(|(way, _)| way.clone()).collect() };
        let mut named = found(|step| &step.name);
        if named.is_empty() {
            named = found(|step| &step.target);
        }
        match named.len() {
            0 => {
                reached.extend(longer.iter().map(|(_, target)| target.name.as_str()));
                ways = longer;
            }
            1 => return Ok(named.remove(0)),
            _ => {
                let shown: Vec<String> = named.iter().map(|way| shown(from, way)).collect();
                return Err(Error::invalid(format!(
                    "from {from} there are {} ways to {name}: {}; name the join that is meant, or give joins names of their own",
                    shown.len(),
                    shown.join(", ")
                )));
            }
        }
    }
    let near = near_names(name, models.values().flat_map(|model| model.joins.iter().map(|join| join.name.as_str())));
    Err(Error::invalid(format!("no row of {from} belongs to one of {name}, so its measures cannot be told apart by it; declare a join from {from} that leads there{near}")))
}

fn shown(from: &str, way: &[Step]) -> String {
    std::iter::once(from).chain(way.iter().map(|step| step.name.as_str())).collect::<Vec<_>>().join(" > ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models(joins: &[(&str, &str, &str, Relationship)]) -> Models {
        let names = joins.iter().flat_map(|(from, _, to, _)| [*from, *to]);
        names
            .map(|name| {
                let of = joins.iter().filter(|(from, ..)| *from == name);
                let joins = of.map(|(_, name, to, relationship)| Join {
                    name: (*name).into(),
                    model: Some((*to).into()),
                    relationship: *relationship,
                    on: vec![JoinKey { column: format!("{name}_id"), other: "id".into() }],
                });
                let model: Model = serde_json::from_value(serde_json::json!({"name": name, "dataset": name, "label": name, "dimensions": [], "measures": []})).unwrap();
                (name.to_owned(), Arc::new(Model { joins: joins.collect(), ..model }))
            })
            .collect()
    }

    #[test]
    fn a_way_leads_to_at_most_one_row() {
        use Relationship::{ManyToOne, OneToMany, OneToOne};
        let models = models(&[
            ("items", "orders", "orders", ManyToOne),
            ("orders", "customers", "customers", ManyToOne),
            ("customers", "countries", "countries", ManyToOne),
            ("suppliers", "items", "items", OneToMany),
            ("orders", "bills", "bills", OneToOne),
            ("flights", "origin", "airports", ManyToOne),
            ("flights", "dest", "airports", ManyToOne),
        ]);
        let shown = |from: &str, name: &str| match way(from, name, &models) {
            Ok(way) => shown(from, &way),
            Err(error) => error.message().split(',').next().unwrap_or_default().split(':').next().unwrap_or_default().to_owned(),
        };
        for (from, name, expected) in [
            ("items", "countries", "items > orders > customers > countries"),
            ("items", "suppliers", "items > suppliers"),
            // Back along one to one only to where somebody wants to go.
            ("bills", "orders", "bills > orders"),
            ("bills", "customers", "no row of bills belongs to one of customers"),
            ("flights", "origin", "flights > origin"),
            ("flights", "airports", "from flights there are 2 ways to airports"),
            ("orders", "items", "no row of orders belongs to one of items"),
            ("customers", "orders", "no row of customers belongs to one of orders"),
            ("items", "nowhere", "no row of items belongs to one of nowhere"),
            // A path begins where it says, whatever shorter way there is, and a model leads to itself.
            ("items", "orders > customers", "items > orders > customers"),
            ("orders", "orders > customers > countries", "orders > customers > countries"),
            ("customers", "orders > bills", "no row of customers belongs to one of orders"),
            ("items", "orders > suppliers", "no row of orders belongs to one of suppliers"),
        ] {
            assert_eq!(shown(from, name), expected, "{from} to {name}");
        }
    }

    #[test]
    fn relationships_have_the_names_of_before_too() {
        for (text, expected) in [("belongs_to", Relationship::ManyToOne), ("has_many", Relationship::OneToMany), ("one_to_one", Relationship::OneToOne)] {
            assert_eq!(serde_json::from_value::<Relationship>(text.into()).unwrap(), expected);
        }
    }
}
