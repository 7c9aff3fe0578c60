//! Where things are: the checkout and cargo's target folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::command::Command;

/// What is built for the demo, the tests and the benches: one selection, so that all dependencies have one set of features
/// and DataFusion is built once. Naming single packages would build it again.
pub(crate) const SELECTION: [&str; 3] = ["--workspace", "--profile", "demo"];

/// What the benches add to it: the engine itself at full speed. Dependencies stay as they are built.
pub(crate) const BENCH_SPEED: [&str; 4] = ["--config", "profile.demo.package.tidemill.opt-level=3", "--config", "profile.demo.package.tidemill.overflow-checks=false"];

/// The folders that the other modules work in.
pub(crate) struct Workspace {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever the caller put it.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo, so that `CARGO_TARGET_DIR` and configuration files count.
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("find the checkout")?.to_owned();
        let text = Command::cargo(["metadata", "--no-deps", "--format-version", "1"]).directory(&root).deadline(Duration::from_secs(60)).output()?;
        let metadata: serde_json::Value = serde_json::from_str(&text).context("read cargo metadata")?;
        let target = metadata["target_directory"].as_str().context("find target_directory in cargo metadata")?.into();
        Ok(Self { root, target })
    }

    /// The web application.
    pub(crate) fn web(&self) -> PathBuf {
        self.root.join("web")
    }

    /// A binary of a profile.
    pub(crate) fn binary(&self, profile: &str, name: &str) -> PathBuf {
        self.target.join(profile).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }
}
