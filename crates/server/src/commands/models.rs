//! `tidemill models`: models and views as files.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use tidemill::Mill;
use tidemill::interchange::Documents;

use super::{ConfigArguments, open_engine, terminal};
use crate::model_files::{Format, Misfit, Outcome, Stopped, Stored, What, WrittenFiles, misfits, read_all, store, write_all};

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
    let WrittenFiles { files, left_out } = write_all(mill, pull.format).await?;
    for what in left_out {
        terminal::complain(&format!("left out: {what}"));
    }
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

/// What some files say, all of which fits. What could not be carried over, and what does not fit, is told.
async fn check(mill: &Mill, files: &Files) -> anyhow::Result<Documents> {
    let texts = files.files.iter().map(|path| read(path)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut read = read_all(mill, files.format, &texts).await?;
    for note in &read.notes {
        terminal::complain(&note.to_string());
    }
    let misfits = misfits(mill, files.format, &mut read, files.drop_policies).await?;
    for Misfit { what, name, field, text, place } in &misfits {
        let place = place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let field = field.as_ref().map(|field| format!(" {field}")).unwrap_or_default();
        terminal::complain(&format!("{place}{} {name}{field}: {text}", what.as_str()));
    }
    let found = read.found;
    if !misfits.is_empty() {
        bail!("{} of {} models and {} views do not fit; nothing is stored", misfits.len(), found.models.len(), found.views.len());
    }
    Ok(found)
}

/// Stores what is new.
async fn push(mill: &Mill, files: &Files) -> anyhow::Result<()> {
    let Stored { outcomes, stopped } = store(mill, check(mill, files).await?).await;
    for Outcome { what, name, version, changed } in outcomes {
        let (view, same) = (if what == What::View { "view " } else { "" }, if changed { "" } else { ", as it was" });
        terminal::say(&format!("{view}{name}: version {version}{same}"));
    }
    let Some(Stopped { error, left }) = stopped else { return Ok(()) };
    for (what, name) in left {
        terminal::complain(&format!("{} {name}: not stored", what.as_str()));
    }
    Err(error.into())
}

fn read(path: &Path) -> anyhow::Result<(String, String)> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("read {name}"))?;
    Ok((name, text))
}
