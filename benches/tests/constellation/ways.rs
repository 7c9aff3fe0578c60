//! The ways in which a question about several models is answered, and what is added to generated models.

use std::sync::Arc;

use serde_json::Value;
use tidemill::{Engine, Mill, Settings};

/// How each question is answered: bytes of partials, rows of lookups that are functions.
const MODES: [(&str, usize, u64); 3] = [("raw, by joins", 0, 0), ("kept, by joins", 32 << 20, 0), ("kept, by functions", 32 << 20, 1 << 20)];

/// An engine for each way over one store; the first one loads.
pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Vec<(&'static str, Mill)>> {
    let store: Arc<dyn object_store::ObjectStore> = Arc::new(object_store::memory::InMemory::new());
    let mut mills = Vec::new();
    for (mode, partial_cache_bytes, mapped_lookup_rows) in MODES {
        let settings = Settings { partial_cache_bytes, mapped_lookup_rows, background_rollups: false, upkeep_seconds: 0, ..settings.clone() };
        mills.push((mode, Engine::builder().object_store(Arc::clone(&store)).settings(settings).open().await?.tenant("acme")?));
    }
    Ok(mills)
}

/// Puts parts in the place of those of a generated model. `same_as` names dimensions of others for dimensions of this one.
pub(crate) async fn describe(mill: &Mill, name: &str, parts: &Value) -> anyhow::Result<()> {
    let model = mill.model(name).await?;
    let version = model.version;
    let mut value = serde_json::to_value(&model)?;
    for (key, part) in parts.as_object().unwrap() {
        if key != "same_as" {
            value[key] = part.clone();
        }
    }
    for dimension in value["dimensions"].as_array_mut().unwrap() {
        if let Some(other) = parts["same_as"].get(dimension["name"].as_str().unwrap()) {
            dimension["same_as"] = other.clone();
        }
    }
    mill.update_model(serde_json::from_value(value)?, version).await?;
    Ok(())
}
