//! What a question stands on: models and pinned versions, the same for all of its parts, so that a total and what it is the total
//! of are never of two versions.

use std::sync::Arc;

use super::Mill;
use super::compose::{Gathered, LookupsBy};
use super::damage::Damage;
use super::seen::Seen;
use crate::error::Result;
use crate::ids::DatasetName;
use crate::query::QueryResult;
use crate::query::allowance::Allowance;
use crate::semantic::compose::is_composed;
use crate::semantic::date::Reference;
use crate::semantic::join::{Models, way};
use crate::semantic::member::model_of;
use crate::semantic::shape::widest;
use crate::semantic::timed::Timed;
use crate::semantic::{Filter, Model, SemanticQuery};

/// Models and versions, pinned.
pub(super) enum Ground {
    /// One dataset, and measures that are aggregates of its rows.
    One { model: Arc<Model>, models: Models, dataset: DatasetName, seen: Seen, reference: Reference },
    /// Several, or measures that are computed from measures.
    Several(Gathered),
}

/// A question that is being answered: what it stands on, and what all of its parts together may still read.
pub(super) struct Asking<'g> {
    pub ground: &'g Ground,
    pub allowance: Allowance,
}

impl Ground {
    pub(super) fn models(&self) -> &Models {
        match self {
            Self::One { models, .. } => models,
            Self::Several(gathered) => &gathered.models,
        }
    }

    /// What relative ranges are counted from.
    pub(super) fn reference(&self) -> &Reference {
        match self {
            Self::One { reference, .. } => reference,
            Self::Several(gathered) => &gathered.reference,
        }
    }

    /// How a time of a question is looked at.
    pub(super) fn timed(&self, query: &SemanticQuery, member: &str) -> Option<Timed> {
        let (prefix, name) = member.split_once('.')?;
        let models = self.models();
        // The name may be that of a join, and several models may have joins of that name: the one that is asked says which is meant.
        let asked = query.measures.iter().chain(&query.dimensions).chain(query.time_dimensions.iter().map(|time| &time.dimension)).map(String::as_str);
        let mut roots = asked
            .chain(query.filters.iter().flat_map(Filter::members))
            .filter_map(|member| model_of(member).ok())
            .filter(|root| models.contains_key(*root));
        let from = |root: &str| if root == prefix { Some(root.to_owned()) } else { way(root, prefix, models).ok()?.pop().map(|step| step.target) };
        let target = roots.find_map(from).unwrap_or_else(|| prefix.to_owned());
        let dimension = models.get(&target)?.dimensions.iter().find(|dimension| dimension.name == name)?;
        Timed::of(dimension.column_type, self.reference().calendar)
    }

    /// What is seen of what is pinned.
    pub(super) fn seen(&self) -> impl Iterator<Item = &Seen> {
        let (one, several) = match self {
            Self::One { seen, .. } => (Some(seen), None),
            Self::Several(gathered) => (None, Some(gathered.pinned().map(|(_, seen)| seen))),
        };
        one.into_iter().chain(several.into_iter().flatten())
    }

    /// What is pinned.
    pub(super) fn pinned(&self) -> Vec<(DatasetName, Seen)> {
        match self {
            Self::One { dataset, seen, .. } => vec![(dataset.clone(), seen.clone())],
            Self::Several(gathered) => gathered.pinned().cloned().collect(),
        }
    }
}

impl Mill {
    /// Pins everything that a question may touch.
    pub(super) async fn ground(&self, query: &SemanticQuery, damage: &Damage) -> Result<Ground> {
        let query = &*widest(query);
        let (model, seen) = self.model_and_snapshot(query).await?;
        if is_composed(query, &model) {
            return Ok(Ground::Several(self.gather(query, damage).await?));
        }
        let (dataset, reference) = (DatasetName::parse(&model.dataset)?, self.reference(query, &seen)?);
        let models = Models::from([(model.name.clone(), Arc::clone(&model))]);
        Ok(Ground::One { model, models, dataset, seen: damage.out_of(seen), reference })
    }

    /// Checks a plain question without asking it.
    pub(super) async fn check_on(&self, ground: &Ground, query: &SemanticQuery) -> Result<()> {
        match ground {
            Ground::One { model, dataset, seen, .. } => self.check_query(query, model, seen, dataset),
            Ground::Several(gathered) => self.plan_composed(query, gathered, LookupsBy::Joins).map(drop),
        }
    }

    /// Answers a plain question. `among` is the place of the filter that only chooses which groups are shown.
    pub(super) async fn answer_on(&self, asking: &Asking<'_>, query: &SemanticQuery, among: Option<usize>) -> Result<QueryResult> {
        match asking.ground {
            Ground::One { model, seen, reference, .. } => self.answer(query, model, seen.clone(), reference.clone(), &asking.allowance).await,
            Ground::Several(gathered) => self.answer_composed(query, among, gathered, &asking.allowance).await,
        }
    }
}
