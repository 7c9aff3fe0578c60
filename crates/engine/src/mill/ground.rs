//! What a question stands on: models and pinned versions, the same for all of its parts, so that a total and what it is the total
//! of are never of two versions.

use std::sync::Arc;

use super::Mill;
use super::compose::Gathered;
use super::damage::Damage;
use super::seen::Seen;
use crate::error::Result;
use crate::ids::DatasetName;
use crate::query::QueryResult;
use crate::semantic::compose::is_composed;
use crate::semantic::date::Reference;
use crate::semantic::join::Models;
use crate::semantic::shape::widest;
use crate::semantic::{Model, SemanticQuery};

/// Models and versions, pinned.
pub(super) struct Ground {
    pub models: Models,
    pub reference: Reference,
    kind: Kind,
}

enum Kind {
    /// One dataset, and measures that are aggregates of its rows.
    One { model: Arc<Model>, pinned: [(DatasetName, Seen); 1] },
    /// Several, or measures that are computed from measures.
    Several { gathered: Gathered, pinned: Vec<(DatasetName, Seen)> },
}

impl Ground {
    /// What is pinned.
    pub(super) fn pinned(&self) -> &[(DatasetName, Seen)] {
        match &self.kind {
            Kind::One { pinned, .. } => pinned,
            Kind::Several { pinned, .. } => pinned,
        }
    }
}

impl Mill {
    /// Pins everything that a question may touch.
    pub(super) async fn ground(&self, query: &SemanticQuery, damage: &Damage) -> Result<Ground> {
        let query = &*widest(query);
        let (model, snapshot) = self.model_and_snapshot(query).await?;
        if is_composed(query, &model) {
            let gathered = self.gather(query, damage).await?;
            let pinned = gathered.pinned().cloned().collect();
            return Ok(Ground { models: gathered.models.clone(), reference: gathered.reference, kind: Kind::Several { gathered, pinned } });
        }
        let reference = self.reference(query, &snapshot)?;
        let pinned = [(DatasetName::parse(&model.dataset)?, damage.out_of(snapshot))];
        Ok(Ground { models: Models::from([(model.name.clone(), Arc::clone(&model))]), reference, kind: Kind::One { model, pinned } })
    }

    /// Answers a plain question. `among` is the place of the filter that only chooses which groups are shown.
    pub(super) async fn answer_on(&self, ground: &Ground, query: &SemanticQuery, among: Option<usize>) -> Result<QueryResult> {
        match &ground.kind {
            Kind::One { model, pinned: [(_, snapshot)] } => self.answer(query, model, snapshot.clone(), ground.reference).await,
            Kind::Several { gathered, .. } => self.answer_composed(query, among, gathered).await,
        }
    }
}
