//! Which way a question takes from the rows that it counts to what it looks up. The same name may be that of joins of several
//! models, so it is only told by the model that begins.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::mill::ask::measures_of;
use crate::semantic::join::{Models, way};
use crate::semantic::joined;
use crate::semantic::member::model_of;
use crate::semantic::{Filter, JoinKey, Model, SemanticQuery};

/// The way from rows that are counted to what is looked up for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WayLineage {
    /// What stands before the dot of the members that are looked up.
    pub name: String,
    /// The model whose rows are counted.
    pub from: String,
    /// From one model to the next, at least one.
    pub steps: Vec<StepLineage>,
}

/// One step of a way: at most one row of the next model belongs to each row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepLineage {
    /// What the join calls the next model.
    pub join: String,
    /// The next model.
    pub model: String,
    /// Columns whose values are equal, of the model before and of this one.
    pub on: Vec<JoinKey>,
}

/// Models whose rows a question counts, and what names mean to them.
pub(super) struct Roots<'a> {
    pub models: &'a Models,
    /// In their order.
    pub names: BTreeSet<String>,
}

impl<'a> Roots<'a> {
    /// The model that is called so: from the rows that are counted, or else by its name.
    pub(super) fn target(&self, name: &str) -> Option<&'a Model> {
        let from = |root: &String| if root == name { Some(root.clone()) } else { way(root, name, self.models).ok()?.pop().map(|step| step.target) };
        let target = self.names.iter().find_map(from);
        self.models.get(target.as_deref().unwrap_or(name)).map(|model| &**model)
    }

    /// The ways that a question takes, each once.
    pub(super) fn ways(&self, query: &SemanticQuery) -> Vec<WayLineage> {
        let times = query.time_dimensions.iter().filter(|time| time.granularity.is_some() || time.date_range.is_some()).map(|time| time.dimension.as_str());
        let members: Vec<&str> = query.dimensions.iter().map(String::as_str).chain(times).chain(query.filters.iter().flat_map(Filter::members)).collect();
        let mut ways = Vec::new();
        for root in &self.names {
            let Some(model) = self.models.get(root) else { continue };
            let measures = measures_of(query, model, self.models);
            let counted = model.measures.iter().filter(|measure| measures.contains(&measure.name)).flat_map(|measure| joined::members(model, &measure.filters));
            let looked_up = members
                .iter()
                .copied()
                .filter(|member| !self.is_measure(member) && !is_same(model, member))
                .chain(counted)
                .filter_map(|member| model_of(member).ok());
            for name in looked_up.filter(|name| name != root).collect::<BTreeSet<_>>() {
                let Ok(steps) = way(root, name, self.models) else { continue };
                let steps = steps.into_iter().map(|step| StepLineage {
                    join: step.name,
                    model: step.target,
                    on: step.keys.into_iter().map(|(column, other)| JoinKey { column, other }).collect(),
                });
                ways.push(WayLineage { name: name.to_owned(), from: root.clone(), steps: steps.collect() });
            }
        }
        ways
    }

    /// A filter may be one of measures, which looks at groups.
    fn is_measure(&self, member: &str) -> bool {
        let Some((prefix, name)) = member.split_once('.') else { return false };
        self.models.get(prefix).is_some_and(|model| model.measures.iter().any(|measure| measure.name == name))
    }
}

/// Whether rows of a model tell a member of another one by themselves.
fn is_same(model: &Model, member: &str) -> bool {
    model.dimensions.iter().any(|dimension| dimension.same_as.as_deref() == Some(member))
}
