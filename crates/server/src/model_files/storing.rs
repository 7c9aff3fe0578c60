//! Models and views that fit are stored, in an order in which each may be: what one names goes before it. What is as it was is left.

use serde::Serialize;
use tidemill::interchange::Documents;
use tidemill::{Error, ErrorKind, Mill, Model, View};
use utoipa::ToSchema;

use super::order;
use super::reading::What;

/// What became of a model or view, or would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ModelFileOutcome)]
pub struct Outcome {
    pub what: What,
    pub name: String,
    /// The version that is stored; 0 of a view that is new.
    pub version: u64,
    /// Whether it is another one than before.
    pub changed: bool,
}

/// How models and views stand to what is stored, as far as there are datasets for them.
///
/// # Errors
/// As reading models.
pub async fn standing(mill: &Mill, found: &Documents) -> Result<Vec<Outcome>, Error> {
    let mut outcomes = Vec::new();
    for model in &found.models {
        let Some(current) = there(mill.model(&model.name).await)? else { continue };
        outcomes.push(Outcome { what: What::Model, name: model.name.clone(), version: current.version, changed: !is_same(model, &current) });
    }
    for view in &found.views {
        let current = there(mill.view(&view.name).await)?;
        let version = current.as_ref().map_or(0, |current| current.version);
        let changed = current.is_none_or(|current| current != View { version, ..view.clone() });
        outcomes.push(Outcome { what: What::View, name: view.name.clone(), version, changed });
    }
    Ok(outcomes)
}

/// Stores what is new, and says what became of each, also of those before one that could not be stored. A view that holds already goes
/// before the models, so that these may drop what it no longer shows; one that needs what they bring goes after them.
pub async fn store(mill: &Mill, found: Documents) -> (Vec<Outcome>, Result<(), Error>) {
    let mut outcomes = Vec::new();
    let stored = store_all(mill, found, &mut outcomes).await;
    (outcomes, stored)
}

async fn store_all(mill: &Mill, found: Documents, outcomes: &mut Vec<Outcome>) -> Result<(), Error> {
    let mut later = Vec::new();
    for view in found.views {
        match mill.check_view(&view, &[]).await {
            Ok(()) => outcomes.push(store_view(mill, view).await?),
            Err(_) => later.push(view),
        }
    }
    let (mut ordered, left) = in_order(mill, found.models).await;
    ordered.extend(left);
    for model in ordered {
        let name = model.name.clone();
        let current = mill.model(&name).await?;
        if is_same(&model, &current) {
            outcomes.push(Outcome { what: What::Model, name, version: current.version, changed: false });
            continue;
        }
        // Policies and rights were looked at for this version.
        let version = model.version;
        let saved = mill.update_model_before(model, version, &later).await.map_err(|error| error.context(format!("store {name}; those before it are stored")))?;
        outcomes.push(Outcome { what: What::Model, name, version: saved.version, changed: true });
    }
    for view in later {
        outcomes.push(store_view(mill, view).await?);
    }
    Ok(())
}

/// Models in an order in which they can be stored, where one that is about what another one brings comes after it; and those that wait for each other.
pub(super) async fn in_order(mill: &Mill, models: Vec<Model>) -> (Vec<Model>, Vec<Model>) {
    let mut ordered: Vec<Model> = Vec::with_capacity(models.len());
    // Only of models that name each other in a circle some are left after the first round: what one needs may be stored already.
    let mut waiting = order::by_need(models);
    loop {
        let count = waiting.len();
        let mut left = Vec::new();
        for model in waiting {
            match mill.check_model_among(&model, &ordered).await {
                Ok(()) => ordered.push(model),
                Err(_) => left.push(model),
            }
        }
        if left.is_empty() || left.len() == count {
            return (ordered, left);
        }
        waiting = left;
    }
}

async fn store_view(mill: &Mill, view: View) -> Result<Outcome, Error> {
    let name = view.name.clone();
    let version = version_of_view(mill, &name).await?;
    if version > 0 && mill.view(&name).await? == (View { version, ..view.clone() }) {
        return Ok(Outcome { what: What::View, name, version, changed: false });
    }
    let saved = mill.update_view(view, version).await.map_err(|error| error.context(format!("store the view {name}; what stands before it is stored")))?;
    Ok(Outcome { what: What::View, name, version: saved.version, changed: true })
}

/// The version of a view; 0 where there is none.
pub(super) async fn version_of_view(mill: &Mill, name: &str) -> Result<u64, Error> {
    Ok(there(mill.view(name).await)?.map_or(0, |view| view.version))
}

/// Whether a model says what the stored one says. The version in a file is that of when it was written.
fn is_same(model: &Model, current: &Model) -> bool {
    Model { version: current.version, ..model.clone() } == *current
}

fn there<T>(found: Result<T, Error>) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
