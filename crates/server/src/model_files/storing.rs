//! Models and views that fit are stored, in an order in which each may be: what one names goes before it. What is as it was is left.
//! Each is a document of its own, and no put is one of several. So what could stop them is looked for before the first is stored; where one
//! is stopped all the same, it is told which are stored, and the same files store the rest.

use serde::Serialize;
use tidemill::interchange::Documents;
use tidemill::{Error, ErrorKind, Mill, Model, View};
use utoipa::ToSchema;

use super::order;
use super::reading::What;

/// What to do about those that are not stored.
const REST: &str = "the others are not; what is in the way is this, and afterwards the same files store the rest";

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
        let changed = current.is_none_or(|current| !is_same_view(view, &current));
        outcomes.push(Outcome { what: What::View, name: view.name.clone(), version, changed });
    }
    Ok(outcomes)
}

/// What came of storing.
#[derive(Debug)]
pub struct Stored {
    /// What became of each that is stored, in the order in which they were.
    pub outcomes: Vec<Outcome>,
    /// Why it ended before all were, where it did.
    pub stopped: Option<Stopped>,
}

/// Why not all is stored.
#[derive(Debug)]
pub struct Stopped {
    /// What was in the way, and what to do.
    pub error: Error,
    /// What is not stored.
    pub left: Vec<(What, String)>,
}

/// Stores what is new, and says what became of each. A view that holds already goes before the models, so that these may drop what it no
/// longer shows; one that needs what they bring goes after them. Where somebody has saved one of them since they were held against what
/// is stored, nothing is; where one is in the way later on, those before it stay stored, and the same files store the rest.
pub async fn store(mill: &Mill, found: Documents) -> Stored {
    let views = found.views.iter().map(|view| (What::View, view.name.clone()));
    let mut left: Vec<(What, String)> = found.models.iter().map(|model| (What::Model, model.name.clone())).chain(views).collect();
    let mut outcomes = Vec::new();
    let stored = store_all(mill, found, &mut outcomes).await;
    left.retain(|(what, name)| !outcomes.iter().any(|outcome| outcome.what == *what && outcome.name == *name));
    let stopped = stored.err().map(|error| Stopped { error: error.context(so_far(&outcomes)), left });
    Stored { outcomes, stopped }
}

/// What is stored of files that were stopped, and what to do about it.
fn so_far(outcomes: &[Outcome]) -> String {
    match outcomes.iter().filter(|outcome| outcome.changed).count() {
        0 => "nothing is stored".to_owned(),
        1 => format!("one of the models and views is stored, and {REST}"),
        count => format!("{count} of the models and views are stored, and {REST}"),
    }
}

async fn store_all(mill: &Mill, found: Documents, outcomes: &mut Vec<Outcome>) -> Result<(), Error> {
    // Somebody may have saved meanwhile, which would stop them halfway.
    for model in &found.models {
        refuse_other("model", &model.name, model.version, mill.model(&model.name).await?.version)?;
    }
    for view in &found.views {
        refuse_other("view", &view.name, view.version, version_of_view(mill, &view.name).await?)?;
    }
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
        let saved = mill.update_model_before(model, version, &later).await.map_err(|error| error.context(format!("store {name}")))?;
        outcomes.push(Outcome { what: What::Model, name, version: saved.version, changed: true });
    }
    for view in later {
        outcomes.push(store_view(mill, view).await?);
    }
    Ok(())
}

/// Refuses to store over another version than what was held against the files.
fn refuse_other(what: &str, name: &str, held: u64, stored: u64) -> Result<(), Error> {
    if held == stored {
        return Ok(());
    }
    Err(Error::conflict(format!("{what} {name} is at version {stored}, not {held}: somebody has changed it meanwhile; look at the files once more")))
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
    let (name, version) = (view.name.clone(), view.version);
    if version > 0 && mill.view(&name).await? == view {
        return Ok(Outcome { what: What::View, name, version, changed: false });
    }
    // It was held against this version, and is stored over no other.
    let saved = mill.update_view(view, version).await.map_err(|error| error.context(format!("store the view {name}")))?;
    Ok(Outcome { what: What::View, name, version: saved.version, changed: true })
}

/// The version of a view; 0 where there is none.
async fn version_of_view(mill: &Mill, name: &str) -> Result<u64, Error> {
    Ok(there(mill.view(name).await)?.map_or(0, |view| view.version))
}

/// Whether a model says what the stored one says. The version in a file is that of when it was written.
pub(super) fn is_same(model: &Model, current: &Model) -> bool {
    Model { version: current.version, ..model.clone() } == *current
}

/// Whether a view does.
pub(super) fn is_same_view(view: &View, current: &View) -> bool {
    View { version: current.version, ..view.clone() } == *current
}

/// What is stored under a name, where something is.
pub(super) fn there<T>(found: Result<T, Error>) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
