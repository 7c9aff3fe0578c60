//! `cargo xtask test`: everything that CI checks, in an order that fails early. The network is needed only to install
//! what is missing; advisories are therefore not checked here (`cargo deny check advisories` does).

use std::time::Duration;

use anyhow::{Context, Result};

use crate::command::Command;
use crate::steps::{self, Step};
use crate::workspace::{SELECTION, Workspace};
use crate::{demo, tidy, tools};

const MINUTE: Duration = Duration::from_secs(60);
/// The cap of one build or test step. Caps are there for what hangs: a step takes twice its time on a busy machine.
const LONG: Duration = Duration::from_secs(55 * 60);

/// Options of the tests.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run a part of it.
    #[arg(long)]
    only: Option<Part>,
}

/// Parts of the whole.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Formats, tidy, dependencies, clippy, ESLint, types.
    Lint,
    /// The web application: types, lint, unit tests, build, sizes.
    Web,
    /// The Rust tests and documentation.
    Rust,
    /// The browser tests against the real binary.
    E2e,
}

use Part::{E2e, Lint, Rust, Web};

/// Every step with the parts that it belongs to. What is cheap comes first; the web application is built before the
/// server, which embeds it. The Rust tests build the server with everything else: built alone before them, one core would
/// wait while the other reads the engine.
fn all() -> Vec<(&'static [Part], Step)> {
    vec![
        (&[Lint, Rust], Step { name: "check the format of the Rust code", work: |w| cargo(w, &["fmt", "--all", "--check"], MINUTE) }),
        (&[Lint, Rust], Step { name: "tidy", work: |w| tidy::run(&w.root) }),
        (&[Lint, Web, Rust, E2e], Step { name: "check node", work: tools::check_node }),
        (&[Lint, Web, Rust, E2e], Step { name: "install npm packages", work: tools::install_npm_packages }),
        (&[E2e], Step { name: "find or install Chromium", work: tools::install_chromium }),
        (&[Rust], Step { name: "find or install Python's pip", work: tools::install_pip }),
        (&[Lint, Rust], Step { name: "fetch DuckDB's library for the benches", work: tools::fetch_duckdb }),
        (&[Lint, Web], Step { name: "web: types", work: |w| tools::npm(w, ["run", "typecheck"], 5 * MINUTE) }),
        (&[Lint, Web], Step { name: "web: lint", work: |w| tools::npm(w, ["run", "lint"], 5 * MINUTE) }),
        (&[Lint, Web], Step { name: "web: format", work: |w| tools::npm(w, ["run", "format:check"], 5 * MINUTE) }),
        (&[Web], Step { name: "web: unit tests", work: |w| tools::npm(w, ["test"], 20 * MINUTE) }),
        (&[Lint, Web, Rust, E2e], Step { name: "web: build", work: tools::build_web }),
        (&[Web], Step { name: "web: size budgets", work: |w| tools::npm(w, ["run", "budgets"], MINUTE) }),
        (&[Lint], Step { name: "install cargo-deny", work: tools::install_cargo_deny }),
        (&[Lint], Step { name: "check dependencies: bans, licences, sources (advisories need the network and are not run)", work: deny }),
        (&[Lint], Step { name: "clippy, benches included", work: clippy }),
        (&[Rust], Step { name: "Rust tests", work: rust_tests }),
        (&[Rust], Step { name: "the engine's tests again, over an encrypted store", work: encrypted_tests }),
        (&[Rust], Step { name: "Rust documentation tests", work: |w| on_selection(w, &["test", "--doc"]) }),
        (&[Rust], Step { name: "Rust documentation", work: documentation }),
        (&[E2e], Step { name: "build the server", work: demo::build_server }),
        (&[E2e], Step { name: "browser tests against the real binary", work: browser_tests }),
    ]
}

/// Runs all steps, or those of one part.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let steps: Vec<Step> = all().into_iter().filter(|(parts, _)| args.only.is_none_or(|only| parts.contains(&only))).map(|(_, step)| step).collect();
    steps::run(workspace, &steps)
}

fn cargo(workspace: &Workspace, args: &[&str], deadline: Duration) -> Result<()> {
    Command::cargo(args).directory(&workspace.root).deadline(deadline).run()
}

fn on_selection(workspace: &Workspace, order: &[&str]) -> Result<()> {
    cargo(workspace, &[order, &SELECTION].concat(), LONG)
}

fn deny(workspace: &Workspace) -> Result<()> {
    let tool = tools::cargo_deny(workspace).context("find cargo-deny")?;
    Command::new(tool, ["--workspace", "--locked", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"])
        .directory(&workspace.root)
        .deadline(5 * MINUTE)
        .run()
}

/// Clippy needs the metadata of every dependency but no code of it; `cargo doc` needs the same metadata.
fn clippy(workspace: &Workspace) -> Result<()> {
    cargo(workspace, &["clippy", "--workspace", "--all-targets", "--profile", "demo", "--", "--deny", "warnings"], LONG)
}

fn rust_tests(workspace: &Workspace) -> Result<()> {
    if tools::has_nextest() {
        // nextest has profiles of its own and calls cargo's otherwise.
        let selection = SELECTION.map(|arg| if arg == "--profile" { "--cargo-profile" } else { arg });
        return cargo(workspace, &[["nextest", "run"].as_slice(), &selection].concat(), LONG);
    }
    println!("  cargo-nextest is not installed; cargo test runs the same tests, one binary after the other");
    on_selection(workspace, &["test", "--lib", "--bins", "--tests"])
}

/// Every store that the engine's tests open by the common way is encrypted; they must not notice.
fn encrypted_tests(workspace: &Workspace) -> Result<()> {
    let order: Vec<&str> = [["test", "--test", "engine"].as_slice(), &SELECTION].concat();
    Command::cargo(order).environment("TIDEMILL_TEST_ENCRYPTED", "1").directory(&workspace.root).deadline(LONG).run()
}

fn documentation(workspace: &Workspace) -> Result<()> {
    Command::cargo(["doc", "--workspace", "--no-deps", "--profile", "demo"])
        .environment("RUSTDOCFLAGS", "--deny warnings")
        .directory(&workspace.root)
        .deadline(LONG)
        .run()
}

/// The journey and the scenes, wide and narrow, light and dark.
fn browser_tests(workspace: &Workspace) -> Result<()> {
    let chromium = tools::chromium().context("find Chromium")?;
    Command::new("npx", ["playwright", "test"])
        .environment("TIDEMILL_BIN", workspace.binary("demo", "tidemill"))
        .environment("CHROMIUM_PATH", chromium)
        .directory(workspace.web())
        .deadline(30 * MINUTE)
        .run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_builds_the_web_application_before_it_builds_the_server() {
        let steps = all();
        for (part, builds) in [(Rust, "Rust tests"), (E2e, "build the server")] {
            let names: Vec<&str> = steps.iter().filter(|(parts, _)| parts.contains(&part)).map(|(_, step)| step.name).collect();
            let place = |name| names.iter().position(|step| *step == name).unwrap();
            assert!(place("install npm packages") < place("web: build"));
            assert!(place("web: build") < place(builds));
        }
    }

    #[test]
    fn every_step_belongs_to_a_part() {
        assert!(all().iter().all(|(parts, _)| !parts.is_empty()));
    }
}
