//! What files say, whichever tool they are of: models, views, what of them is not carried over, and the line of everything.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use tidemill::interchange::{Documents, Imported, Note, Origin, Origins, Places, read_cubes, read_documents, read_osi};
use tidemill::{ColumnType, Error, Mill};
use utoipa::ToSchema;

/// What files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ModelFormat)]
pub enum Format {
    /// Tidemill's own, in YAML
    Tidemill,
    /// A data model of Cube, in YAML
    Cube,
    /// Open Semantic Interchange, in YAML
    Osi,
}

/// What something of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ModelFileKind)]
pub enum What {
    /// A file that cannot be read.
    File,
    /// A model.
    Model,
    /// A view.
    View,
}

impl What {
    /// As it is told.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Model => "model",
            Self::View => "view",
        }
    }
}

/// What is in files.
#[derive(Default)]
pub struct Read {
    /// The models and views.
    pub found: Documents,
    /// What of files of others is not in them, or is in them in another way.
    pub notes: Vec<Note>,
    /// Of our own files, where the paths in errors are those of the file.
    own: Vec<(String, Places)>,
    /// Of those of others.
    origins: Vec<Origins>,
}

impl Read {
    /// Where a model or view says something.
    pub fn find(&self, name: &str, field: &str) -> Option<Origin> {
        let own = self.own.iter().find_map(|(file, places)| Some(Origin { file: file.clone(), place: places.find(name, field)? }));
        own.or_else(|| self.origins.iter().find_map(|origins| origins.find(name, field)))
    }
}

/// Models and views of all files together: each is held against all others.
const DOCUMENTS_MAX: usize = 1_000;

/// Reads files, each with its name and its text.
///
/// # Errors
/// `Invalid` with file, line and column; `Unavailable` when the store does not answer.
pub async fn read_all(mill: &Mill, format: Format, texts: &[(String, String)]) -> Result<Read, Error> {
    let mut read = Read::default();
    let imported = match format {
        Format::Tidemill => {
            for (name, text) in texts {
                let Documents { models, views } = read_documents(name, text)?;
                read.found.models.extend(models);
                read.found.views.extend(views);
                read.own.extend(Places::read(name, text).ok().map(|places| (name.clone(), places)));
            }
            Vec::new()
        }
        Format::Cube => {
            let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            vec![read_cubes(&texts)?]
        }
        Format::Osi => {
            let types = column_types(mill).await?;
            let type_of = |dataset: &str, column: &str| types.iter().find(|(known, name, _)| known == dataset && name == column).map(|(.., found)| *found);
            texts.iter().map(|(name, text)| read_osi(name, text, &type_of)).collect::<Result<Vec<_>, _>>()?
        }
    };
    for Imported { models, views, notes, origins } in imported {
        read.notes.extend(notes);
        read.found.models.extend(models);
        read.found.views.extend(views);
        read.origins.push(origins);
    }
    let count = read.found.models.len() + read.found.views.len();
    if count > DOCUMENTS_MAX {
        return Err(Error::exhausted(format!("the files have {count} models and views; at most {DOCUMENTS_MAX} are read at once")));
    }
    Ok(read)
}

async fn column_types(mill: &Mill) -> Result<Vec<(String, String, ColumnType)>, Error> {
    let mut types = Vec::new();
    for summary in mill.datasets().await? {
        let columns = mill.dataset(&summary.name).await?.columns;
        types.extend(columns.into_iter().map(|column| (summary.name.clone(), column.name, column.column_type)));
    }
    Ok(types)
}
