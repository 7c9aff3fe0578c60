//! Whether what files say could be stored together: each model fits its dataset, policies are not lost, versions are those that were
//! read, and views go on holding. Everything that does not fit is told, and not only what is found first.

use std::collections::BTreeSet;

use tidemill::interchange::Origin;
use tidemill::{Error, ErrorKind, Mill};

use super::reading::{Format, Read, What};
use super::storing::{in_order, is_same, is_same_view, there};

/// Something of a file that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    pub what: What,
    /// Of the model or view.
    pub name: String,
    /// Path of the part that is wrong, where it is one.
    pub field: Option<String>,
    pub text: String,
    /// Where the file says it.
    pub place: Option<Origin>,
}

/// Everything that does not fit. Models of others, which have no words for policies, are given those that are stored, unless these are
/// to be dropped.
///
/// # Errors
/// What no other file would change: a store that does not answer, a scope that may not.
pub async fn misfits(mill: &Mill, format: Format, read: &mut Read, drop_policies: bool) -> Result<Vec<Misfit>, Error> {
    let mut found = Vec::new();
    let mut names = BTreeSet::new();
    let among = read.found.models.clone();
    for (place, mut model) in std::mem::take(&mut read.found.models).into_iter().enumerate() {
        let name = model.name.clone();
        let mut complain = |field: Option<&str>, text: String| found.push(misfit(read, What::Model, &name, field, text));
        match mill.check_model_among(&model, &among).await {
            Ok(()) => {
                let current = mill.model(&name).await?;
                // Who sees what is said here alone: files of others have no words for it.
                if format != Format::Tidemill && model.access_policies.is_empty() && !drop_policies {
                    model.access_policies.clone_from(&current.access_policies);
                    // They may go by what the file does not have.
                    if let Err(error) = mill.check_model_among(&model, &among).await {
                        let error = of_file(error)?;
                        complain(None, format!("{error}; the access policies that are stored stay, and need it"));
                    }
                }
                if model.access_policies.is_empty() && !current.access_policies.is_empty() && !drop_policies {
                    let text = "it has access policies, and the file has none: everybody would see everything; pull it again, or say --drop-policies (drop_policies over HTTP)";
                    complain(None, text.to_owned());
                }
                // What is stored already, of files that were stored halfway for instance, is no other's change.
                if model.version != 0 && model.version != current.version && !is_same(&model, &current) {
                    complain(Some("version"), of_version(model.version, current.version));
                }
                // It is stored over what it was held against, and over nothing that comes meanwhile.
                model.version = current.version;
                if !names.insert(name.clone()) {
                    complain(None, format!("it stands twice in the files (the second time as number {})", place + 1));
                }
            }
            Err(error) => {
                let error = of_file(error)?;
                complain(error.field(), error.to_string());
            }
        }
        read.found.models.push(model);
    }
    if found.is_empty() {
        for model in in_order(mill, read.found.models.clone()).await.1 {
            let text = "it needs what another of these models brings, which needs what this one brings; store one of them without that first";
            found.push(misfit(read, What::Model, &model.name, None, text.to_owned()));
        }
    }
    let mut names = BTreeSet::new();
    for mut view in std::mem::take(&mut read.found.views) {
        let name = view.name.clone();
        let mut complain = |field: Option<&str>, text: String| found.push(misfit(read, What::View, &name, field, text));
        match mill.check_view(&view, &read.found.models).await {
            Ok(()) => {
                let current = there(mill.view(&name).await)?;
                let version = current.as_ref().map_or(0, |current| current.version);
                if view.version != 0 && view.version != version && current.is_none_or(|current| !is_same_view(&view, &current)) {
                    complain(Some("version"), of_version(view.version, version));
                }
                // As models are.
                view.version = version;
                if !names.insert(name.clone()) {
                    complain(None, "it stands twice in the files".to_owned());
                }
            }
            Err(error) => {
                let error = of_file(error)?;
                complain(error.field(), error.to_string());
            }
        }
        read.found.views.push(view);
    }
    // Those that stay as they are must go on holding over what is new.
    for view in mill.view_details().await?.into_iter().filter(|view| view.problems.is_empty() && !names.contains(&view.definition.name)) {
        if let Err(error) = mill.check_view(&view.definition, &read.found.models).await {
            let error = of_file(error)?;
            found.push(misfit(read, What::View, &view.definition.name, error.field(), format!("{error}; it is stored, and these models would break it")));
        }
    }
    Ok(found)
}

fn misfit(read: &Read, what: What, name: &str, field: Option<&str>, text: String) -> Misfit {
    let place = read.find(name, field.unwrap_or_default());
    Misfit { what, name: name.to_owned(), field: field.map(str::to_owned), text, place }
}

/// An error that another file would not have.
fn of_file(error: Error) -> Result<Error, Error> {
    if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::Exhausted) { Ok(error) } else { Err(error) }
}

fn of_version(file: u64, stored: u64) -> String {
    format!("the file is of version {file}, and {stored} is stored; pull it again, or take the version out of the file")
}
