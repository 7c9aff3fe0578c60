//! `cargo xtask fuzz`: the fuzz targets of `fuzz/`, each for some seconds. Where cargo-fuzz and a nightly toolchain are installed, which it
//! does not do, libFuzzer runs them, after a build with sanitizers that takes an hour and more. Elsewhere `crates/engine/tests/fuzz.rs`
//! changes the examples as long, without a look at which code they reach. What does harm is kept in `fuzz/artifacts`, and belongs into `fuzz/corpus` with its repair:
//! `crates/engine/tests/fuzz.rs` replays that folder in every test run. Inputs that a fuzzer makes to get further, thousands of them, go
//! to `fuzz/generated`: they are where its next run begins, and no examples.

use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::command::Command;
use crate::workspace::{SELECTION, Workspace};

/// A build with sanitizers comes first.
const BUILDING: Duration = Duration::from_secs(2 * 3_600);
/// Memory of a target, in megabytes, and seconds for one input.
const MEMORY_MB: u32 = 2_048;
const INPUT_SECONDS: u32 = 20;

/// Options of fuzzing.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// One target; all of them, one after the other, when none is given.
    target: Option<String>,
    /// Seconds for each target.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
}

/// Runs one target or all.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let known = targets(workspace)?;
    let wanted = match &args.target {
        Some(target) if !known.contains(target) => bail!("there is no fuzz target {target:?}; there are {}", known.join(", ")),
        Some(target) => vec![target.clone()],
        None => known,
    };
    let is_there = |arguments: &[&str]| std::process::Command::new("cargo").args(arguments).output().is_ok_and(|output| output.status.success());
    if !is_there(&["+nightly", "--version"]) || !is_there(&["+nightly", "fuzz", "--version"]) {
        println!("  there is no cargo-fuzz with a nightly toolchain (`rustup toolchain install nightly`, `cargo install cargo-fuzz`): a test changes the examples instead");
        return changes(workspace, args, wanted.len());
    }
    for target in wanted {
        // A fuzzer writes into the first folder, and reads all of them.
        let [generated, corpus] = ["generated", "corpus"].map(|folder| workspace.root.join("fuzz").join(folder).join(&target));
        std::fs::create_dir_all(&generated).with_context(|| format!("create {}", generated.display()))?;
        let limits = [format!("-max_total_time={}", args.seconds), format!("-rss_limit_mb={MEMORY_MB}"), format!("-timeout={INPUT_SECONDS}")];
        Command::new("cargo", ["+nightly", "fuzz", "run", target.as_str()])
            .args([&generated, &corpus])
            .args(["--"])
            .args(&limits)
            .directory(&workspace.root)
            .deadline(BUILDING + Duration::from_secs(args.seconds))
            .run()
            .with_context(|| format!("what {target} found lies in fuzz/artifacts/{target}; put it into fuzz/corpus/{target} together with its repair"))?;
    }
    Ok(())
}

/// The same targets by the test that replays their examples, in the profile that everything else is built with.
fn changes(workspace: &Workspace, args: &Args, targets: usize) -> Result<()> {
    let order = [["test", "--test", "fuzz"].as_slice(), &SELECTION, &["--", "--nocapture"]].concat();
    let mut command = Command::cargo(order).environment("TIDEMILL_FUZZ_SECONDS", args.seconds.to_string());
    if let Some(target) = &args.target {
        command = command.environment("TIDEMILL_FUZZ_TARGET", target);
    }
    command.directory(&workspace.root).deadline(BUILDING + Duration::from_secs(args.seconds * targets as u64)).run()
}

/// The targets, by their files.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = workspace.root.join("fuzz/fuzz_targets");
    let files = std::fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))?;
    let mut names: Vec<String> = files.filter_map(|entry| entry.ok()?.path().file_stem()?.to_str().map(str::to_owned)).collect();
    names.sort();
    Ok(names)
}
