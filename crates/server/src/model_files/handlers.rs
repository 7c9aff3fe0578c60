//! Routes of models as files.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use tidemill::interchange::Documents;
use tidemill::{Error, ErrorKind, Mill};
use utoipa::IntoParams;

use super::fitting::{Misfit, misfits};
use super::reading::{Format, Read, What, read_all};
use super::storing::{Outcome, Stopped, Stored, standing, store};
use super::wire::{ModelFile, ModelFiles, ModelFilesReport, WrittenModels};
use super::writing::{WrittenFiles, write_all};
use crate::app::App;
use crate::auth::Caller;
use crate::http::{Answer, Code, FieldProblem, JsonBody, Problem, QueryOf};
use crate::middleware::request_id;
use crate::models::handlers::allow_change;
use crate::policy::Action;
use crate::store::audit;

/// Files at most.
const FILES_MAX: usize = 200;
/// Bytes of the name of a file at most.
const NAME_MAX_BYTES: usize = 255;
/// Bytes of a body with files.
pub const BODY_MAX_BYTES: usize = 4 << 20;

/// Which files.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// What to write: `tidemill`, a file for each model and view, or `osi`, one of Open Semantic Interchange. When it is not said, the former.
    #[param(inline)]
    format: Option<Format>,
}

/// Write the models and views of the tenant out as files, as the caller sees them.
#[utoipa::path(get, path = "/model-files", tag = "models", params(Written), responses((status = 200, body = WrittenModels)))]
pub async fn write_model_files(State(app): State<App>, caller: Caller, QueryOf(asked): QueryOf<Written>) -> Answer<Json<WrittenModels>> {
    caller.allow(Action::Read)?;
    let mill = caller.mill(&app);
    let format = asked.format.unwrap_or(Format::Tidemill);
    let WrittenFiles { files, left_out } = write_all(&mill, format).await?;
    let files = files.into_iter().map(|(name, text)| ModelFile { name, text }).collect();
    Ok(Json(WrittenModels { format, files, left_out }))
}

/// Say what would become of files without storing anything: of Cube, of Open Semantic Interchange or our own. Without problems all of
/// them can be stored by the same caller.
#[utoipa::path(post, path = "/model-files/check", tag = "models", request_body = ModelFiles, responses((status = 200, body = ModelFilesReport)))]
pub async fn check_model_files(State(app): State<App>, caller: Caller, JsonBody(files): JsonBody<ModelFiles>) -> Answer<Json<ModelFilesReport>> {
    caller.allow(Action::EditModels)?;
    let mill = caller.mill(&app);
    let (read, problems) = match held_against(&caller, &mill, files).await {
        Ok(held) => held,
        Err(Unread::Text(misfit)) => (Read::default(), vec![misfit]),
        Err(Unread::Refused(problem)) => return Err(problem),
    };
    let outcomes = standing(&mill, &read.found).await?;
    Ok(Json(report(outcomes, read, problems)))
}

/// Store the models and views of files, all of them or, where one does not fit, none. A model replaces the one of its dataset, whose
/// access policies stay where files of others have no words for them; to change these takes the role admin. Where one cannot be stored
/// after others were, `errors` says of each whether it is stored, and the same files again store the rest.
#[utoipa::path(post, path = "/model-files", tag = "models", request_body = ModelFiles, responses((status = 200, body = ModelFilesReport)))]
pub async fn store_model_files(State(app): State<App>, caller: Caller, JsonBody(files): JsonBody<ModelFiles>) -> Answer<Json<ModelFilesReport>> {
    caller.allow(Action::EditModels)?;
    let mill = caller.mill(&app);
    let (mut read, problems) = match held_against(&caller, &mill, files).await {
        Ok(held) => held,
        Err(Unread::Text(misfit)) => return Err(nothing_stored(vec![misfit])),
        Err(Unread::Refused(problem)) => return Err(problem),
    };
    if !problems.is_empty() {
        return Err(nothing_stored(problems));
    }
    let (found, running) = (std::mem::take(&mut read.found), app.clone());
    // Once it has begun it goes to its end, and what it has stored is written down, whether or not somebody still waits.
    let storing = app.tasks.spawn(request_id::behind(async move {
        let Stored { outcomes, stopped } = store(&mill, found).await;
        for outcome in outcomes.iter().filter(|outcome| outcome.changed) {
            let action = if outcome.what == What::View { "view.updated" } else { "model.updated" };
            audit::append(running.store.db(), running.clock.now(), &caller, action, &outcome.name).await?;
        }
        match stopped {
            None => Ok::<_, Problem>(outcomes),
            Some(stopped) => Err(halfway(&outcomes, stopped)),
        }
    }));
    let outcomes = storing.await.map_err(Problem::internal)??;
    Ok(Json(report(outcomes, read, Vec::new())))
}

/// What stopped files from being stored as a whole, with what became of each of their models and views.
fn halfway(outcomes: &[Outcome], Stopped { error, left }: Stopped) -> Problem {
    let told = |what: What, name: &str, detail: String| FieldProblem { field: format!("{} {name}", what.as_str()), detail };
    let stored = outcomes.iter().map(|Outcome { what, name, version, changed }| {
        let detail = if *changed { format!("is stored, as version {version}") } else { format!("is version {version}, as it was") };
        told(*what, name, detail)
    });
    let fields = stored.chain(left.into_iter().map(|(what, name)| told(what, &name, "is not stored".to_owned()))).collect();
    Problem::from(error).with_fields(fields)
}

/// Why files come to nothing.
enum Unread {
    /// A text that is wrong.
    Text(Misfit),
    /// Whatever the text is.
    Refused(Problem),
}

impl From<Problem> for Unread {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl From<Error> for Unread {
    fn from(error: Error) -> Self {
        Self::Refused(error.into())
    }
}

/// What files say, and what of it does not fit.
async fn held_against(caller: &Caller, mill: &Mill, files: ModelFiles) -> Result<(Read, Vec<Misfit>), Unread> {
    let ModelFiles { format, files, drop_policies } = files;
    if files.is_empty() || files.len() > FILES_MAX {
        return Err(Problem::field("files", format!("are 1 to {FILES_MAX}")).into());
    }
    if let Some(index) = files.iter().position(|file| file.name.is_empty() || file.name.len() > NAME_MAX_BYTES) {
        return Err(Problem::field(format!("files[{index}].name"), format!("has 1 to {NAME_MAX_BYTES} bytes")).into());
    }
    let texts: Vec<(String, String)> = files.into_iter().map(|file| (file.name, file.text)).collect();
    let mut read = match read_all(mill, format, &texts).await {
        Ok(read) => read,
        Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Exhausted) => {
            return Err(Unread::Text(Misfit { what: What::File, name: String::new(), field: None, text: error.message().to_owned(), place: None }));
        }
        Err(error) => return Err(error.into()),
    };
    let found = misfits(mill, format, &mut read, drop_policies).await?;
    if found.is_empty() {
        allow_changes(caller, mill, &read.found).await?;
    }
    Ok((read, found))
}

/// Whether the caller may make these models of those that are stored.
async fn allow_changes(caller: &Caller, mill: &Mill, found: &Documents) -> Answer<()> {
    for model in &found.models {
        allow_change(caller, mill, &mill.model(&model.name).await?, model).await?;
    }
    // Each for itself may change nothing that all of them do.
    if let Err(denied) = caller.allow(Action::ManageUsers)
        && mill.changes_access_together(&found.models).await?
    {
        return Err(denied);
    }
    Ok(())
}

fn report(outcomes: Vec<Outcome>, read: Read, problems: Vec<Misfit>) -> ModelFilesReport {
    ModelFilesReport { outcomes, notes: read.notes.into_iter().map(Into::into).collect(), problems: problems.into_iter().map(Into::into).collect() }
}

/// That nothing was stored, and what each part is that does not fit.
fn nothing_stored(problems: Vec<Misfit>) -> Problem {
    let several = if problems.len() == 1 { "1 part does".to_owned() } else { format!("{} parts do", problems.len()) };
    let told = problems.into_iter().map(|Misfit { what, name, field, text, place }| {
        let place = place.map(|place| format!("{place}: ")).unwrap_or_default();
        let parts = [what.as_str(), name.as_str(), field.as_deref().unwrap_or_default()];
        let field = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        FieldProblem { field: format!("{place}{field}"), detail: text }
    });
    Problem::new(Code::Invalid, format!("{several} not fit; nothing is stored")).with_fields(told.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_files_that_were_stored_halfway_each_part_is_told() {
        let outcome = |what, name: &str, version, changed| Outcome { what, name: name.to_owned(), version, changed };
        let outcomes = [outcome(What::View, "sales", 4, false), outcome(What::Model, "orders", 3, true)];
        let stopped = Stopped { error: Error::conflict("model lands was changed by somebody else"), left: vec![(What::Model, "lands".to_owned())] };
        let told = halfway(&outcomes, stopped).into_wire();
        assert_eq!((told.status, told.detail.as_deref()), (409, Some("model lands was changed by somebody else")));
        let parts: Vec<_> = told.errors.iter().map(|part| (part.field.as_str(), part.detail.as_str())).collect();
        assert_eq!(parts, [("view sales", "is version 4, as it was"), ("model orders", "is stored, as version 3"), ("model lands", "is not stored")]);
        // Of our own failures the sentence stays inside; what is stored does not.
        let stopped = Stopped { error: Error::internal("disk /secret is on fire"), left: Vec::new() };
        let told = serde_json::to_string(&halfway(&outcomes, stopped).into_wire()).unwrap();
        assert!(!told.contains("secret") && told.contains("is stored, as version 3"), "{told}");
    }
}
