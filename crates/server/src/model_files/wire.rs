//! Models as files as they cross HTTP.

use serde::{Deserialize, Serialize};
use tidemill::interchange::{Note, Origin};
use utoipa::ToSchema;

use super::fitting::Misfit;
use super::reading::{Format, What};
use super::storing::Outcome;

/// Files of models.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelFiles {
    /// What they are.
    pub format: Format,
    /// At most 200.
    pub files: Vec<ModelFile>,
    /// Whether access policies are taken away from models that have some, where the files have none. Everybody of the tenant sees
    /// everything then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub drop_policies: bool,
}

/// One of them.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// What it is called in notes and problems.
    pub name: String,
    /// YAML, 1 MiB at most.
    pub text: String,
}

/// Models that were written out.
#[derive(Debug, Serialize, ToSchema)]
pub struct WrittenModels {
    /// What the files are.
    pub format: Format,
    /// The files, which can be sent back as they are.
    pub files: Vec<ModelFile>,
    /// What the format has no words for, a sentence each.
    pub left_out: Vec<String>,
}

/// What came of files, or would.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelFilesReport {
    /// The models and views of the files, as far as there are datasets for them.
    pub outcomes: Vec<Outcome>,
    /// What files of other tools say that is left out, or said in another way.
    pub notes: Vec<ModelFileNote>,
    /// What does not fit. Empty where all of it can be stored.
    pub problems: Vec<ModelFileProblem>,
}

/// Something that is not carried over as it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelFileNote {
    /// Names from the outermost to the innermost, for instance `orders.measures.revenue`.
    pub path: String,
    /// What became of it and why.
    pub detail: String,
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line of the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Character of the line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
}

/// Something that does not fit.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelFileProblem {
    /// What it is about.
    pub what: What,
    /// Of the model or view; empty of a file.
    pub name: String,
    /// Path of the part that is wrong, for instance `measures[2].column`; empty where it is no part.
    pub field: String,
    /// What is wrong, with near names where there are some.
    pub detail: String,
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line of the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Character of the line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
}

/// The file, line and character of a place.
fn placed(origin: Option<Origin>) -> (Option<String>, Option<u64>, Option<u64>) {
    origin.map_or((None, None, None), |Origin { file, place }| (Some(file), Some(place.line), Some(place.column)))
}

impl From<Note> for ModelFileNote {
    fn from(note: Note) -> Self {
        let (file, line, column) = placed(note.place);
        Self { path: note.path, detail: note.text, file, line, column }
    }
}

impl From<Misfit> for ModelFileProblem {
    fn from(misfit: Misfit) -> Self {
        let (file, line, column) = placed(misfit.place);
        Self { what: misfit.what, name: misfit.name, field: misfit.field.unwrap_or_default(), detail: misfit.text, file, line, column }
    }
}
