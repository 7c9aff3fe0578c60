//! `tidemill models`: models and views as files.

mod order;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use tidemill::interchange::{Documents, Imported, Origins, Places, read_cubes, read_documents, read_osi, write_model, write_osi, write_view};
use tidemill::{ColumnType, ErrorKind, Mill, Model, View};

use super::{ConfigArguments, open_engine, terminal};

/// Flags.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the models and views of a tenant, a YAML file each, or the models as one file of Open Semantic Interchange
    Pull(Pull),
    /// Check files against the datasets of a tenant, without storing anything
    Check(Files),
    /// Check files, and store their models and views when all of them fit
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
        Command::Check(files) => check(&mill, files).await.map(|found| terminal::say(&format!("{} models fit, and {} views", found.models.len(), found.views.len()))),
        Command::Push(files) => push(&mill, files).await,
    };
    engine.close().await;
    done
}

async fn write(mill: &Mill, pull: &Pull) -> anyhow::Result<()> {
    let models = mill.models().await?;
    let files: Vec<(String, String)> = match pull.format {
        Format::Tidemill => {
            let views = mill.views().await?;
            let models = models.iter().map(|model| (format!("{}.yml", model.name), write_model(model)));
            models.chain(views.iter().map(|view| (format!("{}.view.yml", view.name), write_view(view)))).collect()
        }
        Format::Osi => {
            let views = mill.views().await?.len();
            if views > 0 {
                terminal::complain(&format!("{views} views are not written: Open Semantic Interchange has no words for them"));
            }
            vec![(format!("{}.osi.yml", pull.tenant), write_osi(&pull.tenant, &models))]
        }
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

/// The models and views of some files, all of which fit. What could not be carried over, and what does not fit, is told.
async fn check(mill: &Mill, files: &Files) -> anyhow::Result<Documents> {
    let texts = files.files.iter().map(|path| read(path)).collect::<anyhow::Result<Vec<_>>>()?;
    let (mut found, lines) = read_all(mill, files.format, &texts).await?;
    let mut wrong = 0;
    let mut complain = |what: &str, name: &str, field: Option<&str>, text: String| {
        wrong += 1;
        let place = lines.find(name, field.unwrap_or_default());
        let field = field.map(|field| format!(" {field}")).unwrap_or_default();
        terminal::complain(&format!("{place}{what} {name}{field}: {text}"));
    };
    let mut names = BTreeSet::new();
    let among = found.models.clone();
    for (place, model) in found.models.iter_mut().enumerate() {
        if let Err(error) = mill.check_model_among(model, &among).await {
            complain("model", &model.name, error.field(), error.to_string());
            continue;
        }
        let current = mill.model(&model.name).await?;
        // Who sees what is said here alone: files of others have no words for it.
        if files.format != Format::Tidemill && model.access_policies.is_empty() && !files.drop_policies {
            model.access_policies.clone_from(&current.access_policies);
        }
        if model.access_policies.is_empty() && !current.access_policies.is_empty() && !files.drop_policies {
            let text = "it has access policies, and the file has none: everybody would see everything; pull it again, or say --drop-policies";
            complain("model", &model.name, None, text.to_owned());
        }
        if model.version != 0 && model.version != current.version {
            complain("model", &model.name, Some("version"), of_version(model.version, current.version));
        }
        if !names.insert(model.name.clone()) {
            complain("model", &model.name, None, format!("it stands twice in the files (the second time as number {})", place + 1));
        }
    }
    let mut names = BTreeSet::new();
    for view in &found.views {
        if let Err(error) = mill.check_view(view, &found.models).await {
            complain("view", &view.name, error.field(), error.to_string());
            continue;
        }
        let current = version_of_view(mill, &view.name).await?;
        if view.version != 0 && view.version != current {
            complain("view", &view.name, Some("version"), of_version(view.version, current));
        }
        if !names.insert(view.name.clone()) {
            complain("view", &view.name, None, "it stands twice in the files".to_owned());
        }
    }
    // Those that stay as they are must go on holding over what is new.
    for view in mill.view_details().await?.into_iter().filter(|view| view.problems.is_empty() && !names.contains(&view.definition.name)) {
        if let Err(error) = mill.check_view(&view.definition, &found.models).await {
            complain("view", &view.definition.name, error.field(), format!("{error}; it is stored, and these models would break it"));
        }
    }
    if wrong > 0 {
        bail!("{wrong} of {} models and {} views do not fit; nothing is stored", found.models.len(), found.views.len());
    }
    Ok(found)
}

/// The lines of files.
#[derive(Default)]
struct Lines<'a> {
    /// Of our own, where the paths in errors are those of the file.
    own: Vec<(&'a str, Places)>,
    /// Of those of others.
    origins: Vec<Origins>,
}

impl Lines<'_> {
    /// `orders.yml:12:5: `, or nothing.
    fn find(&self, name: &str, field: &str) -> String {
        let own = self.own.iter().find_map(|(file, places)| Some(format!("{file}:{}: ", places.find(name, field)?)));
        let origin = || self.origins.iter().find_map(|origins| Some(format!("{}: ", origins.find(name, field)?)));
        own.or_else(origin).unwrap_or_default()
    }
}

/// What is in the files, and where.
async fn read_all<'a>(mill: &Mill, format: Format, texts: &'a [(String, String)]) -> anyhow::Result<(Documents, Lines<'a>)> {
    let (mut found, mut lines) = (Documents::default(), Lines::default());
    let imported = match format {
        Format::Tidemill => {
            for (name, text) in texts {
                let Documents { models, views } = read_documents(name, text)?;
                found.models.extend(models);
                found.views.extend(views);
                lines.own.extend(Places::read(name, text).ok().map(|places| (name.as_str(), places)));
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
        for note in notes {
            terminal::complain(&note.to_string());
        }
        found.models.extend(models);
        found.views.extend(views);
        lines.origins.push(origins);
    }
    Ok((found, lines))
}

/// Stores what is new. A view that holds already goes before the models, so that these may drop what it no longer shows; one that
/// needs what they bring goes after them.
async fn push(mill: &Mill, files: &Files) -> anyhow::Result<()> {
    let found = check(mill, files).await?;
    let mut later = Vec::new();
    for view in found.views {
        match mill.check_view(&view, &[]).await {
            Ok(()) => push_view(mill, view).await?,
            Err(_) => later.push(view),
        }
    }
    for model in in_order(mill, found.models).await {
        let name = model.name.clone();
        let current = mill.model(&name).await?;
        let version = current.version;
        if (Model { version, ..model.clone() }) == current {
            terminal::say(&format!("{name}: version {version}, as it was"));
            continue;
        }
        let saved = mill.update_model_before(model, version, &later).await.with_context(|| format!("store {name}; those before it are stored"))?;
        terminal::say(&format!("{name}: version {}", saved.version));
    }
    for view in later {
        push_view(mill, view).await?;
    }
    Ok(())
}

/// Models in an order in which they can be stored: one that is about what another one brings comes after it.
async fn in_order(mill: &Mill, models: Vec<Model>) -> Vec<Model> {
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
            // Where each waits for another, storing the first one says what is wrong.
            ordered.extend(left);
            return ordered;
        }
        waiting = left;
    }
}

async fn push_view(mill: &Mill, view: View) -> anyhow::Result<()> {
    let name = view.name.clone();
    let version = version_of_view(mill, &name).await?;
    if version > 0 && mill.view(&name).await? == (View { version, ..view.clone() }) {
        terminal::say(&format!("view {name}: version {version}, as it was"));
        return Ok(());
    }
    let saved = mill.update_view(view, version).await.with_context(|| format!("store the view {name}; what stands before it is stored"))?;
    terminal::say(&format!("view {name}: version {}", saved.version));
    Ok(())
}

/// The version of a view; 0 where there is none.
async fn version_of_view(mill: &Mill, name: &str) -> anyhow::Result<u64> {
    match mill.view(name).await {
        Ok(view) => Ok(view.version),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error.into()),
    }
}

fn of_version(file: u64, stored: u64) -> String {
    format!("the file is of version {file}, and {stored} is stored; pull it again, or take the version out of the file")
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
