//! The engine that the settings name: where it stores, and with which keys.

use std::path::PathBuf;
use std::sync::Arc;

use tidemill::clock::Clock;
use tidemill::{Engine, EngineBuilder};

use crate::config::Settings;

/// The folder that is stored in where no bucket is named.
pub fn folder(settings: &Settings) -> PathBuf {
    settings.data_dir.join("engine")
}

/// Puts the engine together, without opening anything but key files.
///
/// # Errors
/// Keys that cannot be read.
pub fn builder(settings: &Settings, clock: Arc<dyn Clock>) -> anyhow::Result<EngineBuilder> {
    let builder = Engine::builder().settings(settings.engine.clone()).clock(clock);
    let builder = match settings.store.s3()? {
        Some(bucket) => builder.s3(bucket),
        None => builder.path(folder(settings)),
    };
    Ok(match settings.encryption.keys()? {
        Some(keys) => builder.encryption(Arc::new(keys)),
        None => builder,
    })
}
