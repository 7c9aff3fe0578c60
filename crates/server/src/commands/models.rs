//! `tidemill models`: models as files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use tidemill::interchange::{Imported, read_cubes, read_models, read_osi, write_model, write_osi};
use tidemill::{ColumnType, Mill, Model};

use super::{ConfigArguments, open_engine, terminal};

/// Flags.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the models of a tenant, a YAML file each, or one file of Open Semantic Interchange
    Pull(Pull),
    /// Check files against the datasets of a tenant, without storing anything
    Check(Files),
    /// Check files, and store their models when all of them fit
    Push(Files),
}

#[derive(Debug, Args)]
struct Pull {
    #[command(flatten)]
    config: ConfigArguments,
    /// Tenant
    #[arg(long)]
    tenant: String,
    /// What to write
    #[arg(long, value_enum, default_value_t = Format::Tidemill)]
    format: Format,
    /// Folder of the files; standard output when left out
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Files {
    #[command(flatten)]
    config: ConfigArguments,
    /// Tenant
    #[arg(long)]
    tenant: String,
    /// What the files are
    #[arg(long, value_enum, default_value_t = Format::Tidemill)]
    format: Format,
    /// Take policies away from models that have some, where the files have none. Everybody of the tenant sees everything then
    #[arg(long)]
    drop_policies: bool,
    /// The files
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tidemill's own, in YAML
    Tidemill,
    /// A data model of Cube, in YAML
    Cube,
    /// Open Semantic Interchange, in YAML
    Osi,
}

/// Runs the command.
///
/// # Errors
/// Files that cannot be read, models that do not fit, a store that does not answer.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let (config, tenant) = match &arguments.command {
        Command::Pull(pull) => (&pull.config, &pull.tenant),
        Command::Check(files) | Command::Push(files) => (&files.config, &files.tenant),
    };
    let engine = open_engine(&config.read(Vec::new())?).await?;
    let mill = engine.tenant(tenant)?;
    let done = match &arguments.command {
        Command::Pull(pull) => write(&mill, pull).await,
        Command::Check(files) => check(&mill, files).await.map(|models| terminal::say(&format!("{} models fit", models.len()))),
        Command::Push(files) => push(&mill, files).await,
    };
    engine.close().await;
    done
}

async fn write(mill: &Mill, pull: &Pull) -> anyhow::Result<()> {
    let models = mill.models().await?;
    let files: Vec<(String, String)> = match pull.format {
        Format::Tidemill => models.iter().map(|model| (format!("{}.yml", model.name), write_model(model))).collect(),
        Format::Osi => vec![(format!("{}.osi.yml", pull.tenant), write_osi(&pull.tenant, &models))],
        Format::Cube => bail!("models are not written for Cube; use --format osi, or Tidemill's own"),
    };
    for (name, text) in files {
        match &pull.to {
            Some(folder) => {
                std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
                let path = folder.join(name);
                std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
                terminal::say(&path.display().to_string());
            }
            None => terminal::say(text.trim_end()),
        }
    }
    Ok(())
}

/// The models of some files, all of which fit. What could not be carried over, and what does not fit, is told.
async fn check(mill: &Mill, files: &Files) -> anyhow::Result<Vec<Model>> {
    let texts = files.files.iter().map(|path| read(path)).collect::<anyhow::Result<Vec<_>>>()?;
    let (mut models, mut names) = (Vec::new(), BTreeSet::new());
    let told = |imported: Imported| {
        for note in imported.notes {
            terminal::complain(&format!("{}: {}", note.path, note.text));
        }
        imported.models
    };
    match files.format {
        Format::Tidemill => {
            for (name, text) in &texts {
                models.extend(read_models(name, text)?);
            }
        }
        Format::Cube => {
            let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
            models.extend(told(read_cubes(&texts)?));
        }
        Format::Osi => {
            let types = column_types(mill).await?;
            let type_of = |dataset: &str, column: &str| types.iter().find(|(known, name, _)| known == dataset && name == column).map(|(.., found)| *found);
            for (name, text) in &texts {
                models.extend(told(read_osi(name, text, &type_of)?));
            }
        }
    }
    let mut wrong = 0;
    let mut complain = |model: &Model, text: String| {
        wrong += 1;
        terminal::complain(&format!("model {}{text}", model.name));
    };
    for (place, model) in models.iter_mut().enumerate() {
        if let Err(error) = mill.check_model(model).await {
            let field = error.field().map(|field| format!(" {field}")).unwrap_or_default();
            complain(model, format!("{field}: {error}"));
            continue;
        }
        let current = mill.model(&model.name).await?;
        // Who sees what is said here alone: files of others have no words for it.
        if files.format != Format::Tidemill && model.access_policies.is_empty() && !files.drop_policies {
            model.access_policies.clone_from(&current.access_policies);
        }
        if model.access_policies.is_empty() && !current.access_policies.is_empty() && !files.drop_policies {
            complain(model, ": it has access policies, and the file has none: everybody would see everything; pull it again, or say --drop-policies".to_owned());
        }
        if model.version != 0 && model.version != current.version {
            complain(model, format!(": the file is of version {}, and {} is stored; pull it again, or take the version out of the file", model.version, current.version));
        }
        if !names.insert(model.name.clone()) {
            complain(model, format!(": it stands twice in the files (the second time as number {})", place + 1));
        }
    }
    if wrong > 0 {
        bail!("{wrong} of {} models do not fit their datasets; nothing is stored", models.len());
    }
    Ok(models)
}

async fn push(mill: &Mill, files: &Files) -> anyhow::Result<()> {
    for model in check(mill, files).await? {
        let name = model.name.clone();
        let current = mill.model(&name).await?;
        let version = current.version;
        if (Model { version, ..model.clone() }) == current {
            terminal::say(&format!("{name}: version {version}, as it was"));
            continue;
        }
        let saved = mill.update_model(model, version).await.with_context(|| format!("store {name}; those before it are stored"))?;
        terminal::say(&format!("{name}: version {}", saved.version));
    }
    Ok(())
}

async fn column_types(mill: &Mill) -> anyhow::Result<Vec<(String, String, ColumnType)>> {
    let mut types = Vec::new();
    for summary in mill.datasets().await? {
        let columns = mill.dataset(&summary.name).await?.columns;
        types.extend(columns.into_iter().map(|column| (summary.name.clone(), column.name, column.column_type)));
    }
    Ok(types)
}

fn read(path: &Path) -> anyhow::Result<(String, String)> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("read {name}"))?;
    Ok((name, text))
}
