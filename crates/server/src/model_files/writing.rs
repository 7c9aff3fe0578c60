//! What is stored, written out as files that can be sent back as they are.

use tidemill::interchange::{write_model, write_osi, write_view};
use tidemill::{Error, Mill};

use super::reading::Format;

/// Files of all models and views, and what they leave out.
pub struct WrittenFiles {
    /// The name and the text of each.
    pub files: Vec<(String, String)>,
    /// What the format has no words for, a sentence each.
    pub left_out: Vec<String>,
}

/// Writes the models and views that the scope sees: a file for each of ours, or one of Open Semantic Interchange.
///
/// # Errors
/// `Invalid` at `format` for Cube's; as reading models and views.
pub async fn write_all(mill: &Mill, format: Format) -> Result<WrittenFiles, Error> {
    if format == Format::Cube {
        return Err(Error::invalid("models are not written for Cube; ask for osi, or for tidemill").at("format"));
    }
    let (models, views) = (mill.models().await?, mill.views().await?);
    if format == Format::Osi {
        let tenant = mill.scope().tenant().to_string();
        let left_out = views.iter().map(|view| format!("the view {}: Open Semantic Interchange has no words for views", view.name)).collect();
        return Ok(WrittenFiles { files: vec![(format!("{tenant}.osi.yml"), write_osi(&tenant, &models))], left_out });
    }
    let models = models.iter().map(|model| (format!("{}.yml", model.name), write_model(model)));
    let views = views.iter().map(|view| (format!("{}.view.yml", view.name), write_view(view)));
    Ok(WrittenFiles { files: models.chain(views).collect(), left_out: Vec::new() })
}
