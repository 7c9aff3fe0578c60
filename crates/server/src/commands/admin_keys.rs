//! `tidemill admin`: the keys of an encrypted store. Data keys may be changed beside a running server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Subcommand;
use tidemill::Engine;
use tidemill::clock::{Clock, SystemClock};
use tidemill::encryption::{KeyKeeper, MasterKeys};

use super::{ConfigArguments, terminal};
use crate::auth::private_file;
use crate::config::Settings;
use crate::store::Store;
use crate::store::audit::{self, Actor};
use crate::{engine, tenants};

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeyOrder {
    /// Make a file with a new master key, or put a new one before those of a file that is there
    CreateKey {
        /// The file; only its owner will be able to read it
        file: PathBuf,
    },
    /// Wrap all data keys with the first of the master keys; afterwards the older ones can go
    RotateMasterKey,
    /// Give tenants a new data key for what they store from now on
    RotateDataKey {
        /// Slug of the tenant; all of them when left out
        #[arg(long)]
        tenant: Option<String>,
    },
    /// Destroy the keys of a tenant: nothing of its stored data can be read ever again
    EraseTenant {
        /// Slug of the tenant
        tenant: String,
        /// Say that you mean it: this cannot be undone
        #[arg(long)]
        yes: bool,
    },
}

/// Runs an order.
///
/// # Errors
/// What was asked for cannot be done.
pub async fn run(config: &ConfigArguments, order: KeyOrder) -> anyhow::Result<()> {
    // The settings may name the file that is to be made, so they are not read for that.
    if let KeyOrder::CreateKey { file } = &order {
        return create_key(file);
    }
    let settings = &config.read(Vec::new())?;
    match order {
        KeyOrder::CreateKey { .. } => Ok(()),
        KeyOrder::RotateMasterKey => with_keys(settings, async |keys| rotate_master_key(settings, keys).await).await,
        KeyOrder::RotateDataKey { tenant: Some(tenant) } => with_keys(settings, async |keys| rotate_data_key(settings, keys, &tenant).await).await,
        KeyOrder::RotateDataKey { tenant: None } => with_keys(settings, async |keys| rotate_data_keys(settings, keys).await).await,
        KeyOrder::EraseTenant { tenant, yes } => {
            if !yes {
                bail!("this destroys the keys of tenant {tenant}: nothing that it stored can be read again, from no backup of the data either; say --yes if you mean it");
            }
            with_keys(settings, async |keys| erase_tenant(settings, keys, &tenant).await).await
        }
    }
}

async fn with_keys(settings: &Settings, order: impl AsyncFnOnce(&KeyKeeper) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let engine: Engine = engine::builder(settings, Arc::new(SystemClock))?.open().await.context("open the engine")?;
    let done = match engine.keys() {
        Some(keys) => order(keys).await,
        None => bail!("the store is not encrypted: set encryption.key_file or encryption.key"),
    };
    engine.close().await;
    done
}

fn create_key(file: &Path) -> anyhow::Result<()> {
    let key = MasterKeys::generate_text()?;
    let older = match file.try_exists().with_context(|| format!("look for {}", file.display()))? {
        true => {
            // It must be a key file, or something else would be lost.
            MasterKeys::read(file)?;
            zeroize::Zeroizing::new(std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?)
        }
        false => zeroize::Zeroizing::default(),
    };
    let text = zeroize::Zeroizing::new(format!("{}\n{}", *key, *older));
    let keys = MasterKeys::parse(&text)?;
    private_file::replace(file, text.as_bytes())?;
    let ids = keys.ids();
    terminal::say(&format!("{}: master key {}", file.display(), ids.first().copied().unwrap_or_default()));
    match ids.len() {
        1 => terminal::complain("keep a copy of this file elsewhere: without it, what is stored with it is lost"),
        _ => terminal::complain(&format!(
            "older keys that stay in the file: {}; restart the servers, then run `tidemill admin rotate-master-key`",
            ids.get(1..).unwrap_or_default().join(", ")
        )),
    }
    Ok(())
}

async fn rotate_master_key(settings: &Settings, keys: &KeyKeeper) -> anyhow::Result<()> {
    let done = keys.rewrap().await?;
    note(settings, "keys.master_rotated", &done.master_key, None).await?;
    terminal::say(&format!("master key {}: {} key rings wrapped anew, {} were already", done.master_key, done.rewrapped, done.unchanged));
    terminal::complain("older master keys can be taken out of the settings now");
    Ok(())
}

async fn rotate_data_key(settings: &Settings, keys: &KeyKeeper, tenant: &str) -> anyhow::Result<()> {
    let report = keys.rotate(tenant).await?;
    note(settings, "keys.data_rotated", tenant, Some(tenant)).await?;
    terminal::say(&format!("{tenant}\t{} data keys", report.data_keys));
    Ok(())
}

async fn rotate_data_keys(settings: &Settings, keys: &KeyKeeper) -> anyhow::Result<()> {
    let mut failed = 0;
    for tenant in keys.tenants().await? {
        if let Err(error) = rotate_data_key(settings, keys, &tenant).await {
            terminal::complain(&format!("{tenant}: {error:#}"));
            // One that is erased has no key to rotate.
            let erased = error.downcast_ref::<tidemill::Error>().is_some_and(|error| error.kind() == tidemill::ErrorKind::NotFound);
            failed += usize::from(!erased);
        }
    }
    anyhow::ensure!(failed == 0, "the data keys of {failed} tenants were not rotated; do it again");
    Ok(())
}

async fn erase_tenant(settings: &Settings, keys: &KeyKeeper, tenant: &str) -> anyhow::Result<()> {
    keys.erase(tenant).await?;
    note(settings, "keys.erased", tenant, Some(tenant)).await?;
    terminal::say(&format!("the keys of tenant {tenant} are destroyed"));
    terminal::complain(
        "a running server forgets them within a minute, what it holds in memory at its next start; copies of the key ring in backups open as long as the master key exists",
    );
    Ok(())
}

/// Writes into the audit log what was done.
async fn note(settings: &Settings, action: &str, subject: &str, tenant: Option<&str>) -> anyhow::Result<()> {
    let store = Store::open(&settings.data_dir).await?;
    let tenant_id = match tenant {
        Some(slug) => tenants::store::get_by_slug(store.db(), slug).await?.map(|tenant| tenant.id),
        None => None,
    };
    let written = audit::append(store.db(), SystemClock.now(), Actor::operator(tenant_id), action, subject).await;
    store.close().await;
    written.map_err(|problem| anyhow::anyhow!("it is done, but could not be written into the audit log: {problem:?}"))
}
