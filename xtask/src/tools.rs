//! What the project needs from outside and how it comes here: npm packages, a browser, cargo-deny, DuckDB's library.
//! Each function does nothing when the thing is there already.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::command::Command;
use crate::workspace::Workspace;

const MINUTE: Duration = Duration::from_secs(60);
const NODE_AT_LEAST: (u32, u32) = (20, 19);
const CARGO_DENY: &str = "0.20.2";
const DUCKDB_PACKAGE: &str = "@duckdb/node-bindings-linux-x64";
const DUCKDB_VERSION: &str = "1.5.6-r.1";
const DUCKDB_LIBRARY: &str = "libduckdb.so";
/// In `web/`: the digest of what `web/dist` was built from.
const BUILT_FROM: &str = ".built-from";

/// Node, new enough for Vite.
pub(crate) fn check_node(_workspace: &Workspace) -> Result<()> {
    let (major, minor) = NODE_AT_LEAST;
    let wanted = format!("node {major}.{minor} or newer is needed (https://nodejs.org)");
    let text = Command::new("node", ["--version"]).deadline(MINUTE).output().with_context(|| wanted.clone())?;
    let found = version_of(&text).with_context(|| format!("read node's version from {text:?}"))?;
    if found < NODE_AT_LEAST {
        bail!("{wanted}; found {}", text.trim());
    }
    println!("  node {}", text.trim());
    Ok(())
}

fn version_of(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The packages of `web/`, exactly as the lock file says.
pub(crate) fn install_npm_packages(workspace: &Workspace) -> Result<()> {
    let web = workspace.web();
    let lock = fs::read(web.join("package-lock.json")).context("read web/package-lock.json")?;
    // A copy of the lock file inside the folder says what was installed.
    let stamp = web.join("node_modules/.installed-package-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        println!("  node_modules is up to date");
        return Ok(());
    }
    npm(workspace, ["ci", "--no-audit", "--no-fund"], 10 * MINUTE)?;
    fs::write(&stamp, lock).context("write the stamp in web/node_modules")
}

/// A script or order of npm in `web/`.
pub(crate) fn npm<const N: usize>(workspace: &Workspace, args: [&str; N], deadline: Duration) -> Result<()> {
    Command::new("npm", args).directory(workspace.web()).deadline(deadline).run()
}

/// The web application's production build; the server embeds it. Where nothing has changed nothing is written, or cargo
/// would build the server anew at every start of the demo.
pub(crate) fn build_web(workspace: &Workspace) -> Result<()> {
    let web = workspace.web();
    let stamp = web.join(BUILT_FROM);
    let sources = digest(&web).context("read the sources of the web application")?;
    let built = web.join("dist/assets").is_dir() && fs::read_to_string(&stamp).is_ok_and(|built| built == sources);
    if built {
        println!("  web/dist is up to date");
        return Ok(());
    }
    npm(workspace, ["run", "build"], 5 * MINUTE)?;
    fs::write(&stamp, sources).context("write the stamp in web/")
}

/// A number that changes with whatever the build of the web application reads.
fn digest(web: &Path) -> Result<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(web)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if (path.is_file() && name != BUILT_FROM) || matches!(name, "src" | "public" | "scripts") {
            files.extend(walkdir::WalkDir::new(&path).into_iter().filter_map(Result::ok).map(walkdir::DirEntry::into_path).filter(|path| path.is_file()));
        }
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.strip_prefix(web).unwrap_or(&file).hash(&mut hasher);
        fs::read(&file)?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// A Chromium for the browser tests: the one named by `CHROMIUM_PATH`, one on the path, or Debian's.
pub(crate) fn install_chromium(_workspace: &Workspace) -> Result<()> {
    if let Some(found) = chromium() {
        println!("  {}", found.display());
        return Ok(());
    }
    if find_on_path("apt-get").is_none() {
        bail!("install Chromium, or name one in the environment variable CHROMIUM_PATH");
    }
    apt_install("chromium")
}

/// Python's installer: the tests of buckets fetch an S3 server with it.
pub(crate) fn install_pip(_workspace: &Workspace) -> Result<()> {
    if Command::new("python3", ["-m", "pip", "--version"]).deadline(MINUTE).output().is_ok() {
        println!("  python3 has pip");
        return Ok(());
    }
    if find_on_path("apt-get").is_none() {
        bail!("install python3 with pip");
    }
    apt_install("python3-pip")
}

fn apt_install(package: &str) -> Result<()> {
    let as_root = |args: &[&str]| {
        let user = Command::new("id", ["-u"]).deadline(MINUTE).output().unwrap_or_default();
        let command = if user.trim() == "0" { Command::new("apt-get", args) } else { Command::new("sudo", ["--non-interactive", "apt-get"]).args(args) };
        command.environment("DEBIAN_FRONTEND", "noninteractive").deadline(10 * MINUTE).run()
    };
    as_root(&["update"])?;
    as_root(&["install", "--yes", "--no-install-recommends", package])
}

/// The Chromium that the browser tests use.
pub(crate) fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM_PATH").map(PathBuf::from).filter(|path| path.exists());
    named.or_else(|| ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(find_on_path))
}

fn find_on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// cargo-deny, kept in the target folder; built once, without optimisation.
pub(crate) fn install_cargo_deny(workspace: &Workspace) -> Result<()> {
    if let Some(found) = cargo_deny(workspace) {
        println!("  {}", found.display());
        return Ok(());
    }
    let folder = tools_folder(workspace);
    Command::cargo(["install", "cargo-deny", "--locked", "--debug", "--version", CARGO_DENY, "--root"])
        .args([folder.as_os_str()])
        .environment("CARGO_PROFILE_DEV_DEBUG", "0")
        // A target folder of its own would be thrown away after a failure; this one is kept.
        .environment("CARGO_TARGET_DIR", folder.join("build"))
        .deadline(20 * MINUTE)
        .run()?;
    let _ = fs::remove_dir_all(folder.join("build"));
    Ok(())
}

/// Our own cargo-deny, or one that the caller has installed.
pub(crate) fn cargo_deny(workspace: &Workspace) -> Option<PathBuf> {
    let own = tools_folder(workspace).join("bin/cargo-deny");
    own.is_file().then_some(own).or_else(|| find_on_path("cargo-deny"))
}

fn tools_folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("tools")
}

/// Whether `cargo nextest` is there; without it `cargo test` runs the tests.
pub(crate) fn has_nextest() -> bool {
    find_on_path("cargo-nextest").is_some()
}

/// DuckDB's shared library, the peer of the benches, from its npm package. Nothing but the benches links it.
pub(crate) fn fetch_duckdb(workspace: &Workspace) -> Result<()> {
    let folder = workspace.root.join("benches/peers/duckdb");
    let stamp = folder.join("version");
    if fs::read_to_string(&stamp).is_ok_and(|version| version == DUCKDB_VERSION) && folder.join(DUCKDB_LIBRARY).is_file() {
        println!("  DuckDB {DUCKDB_VERSION} is there");
        return Ok(());
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        bail!("put DuckDB 1.5.6's shared library into {}, with a file `version` that holds {DUCKDB_VERSION}", folder.display());
    }
    fs::create_dir_all(&folder).context("create benches/peers/duckdb")?;
    let name = Command::new("npm", ["pack", "--silent", &format!("{DUCKDB_PACKAGE}@{DUCKDB_VERSION}")]).directory(&folder).deadline(5 * MINUTE).output()?;
    let archive = folder.join(name.trim());
    Command::new("tar", ["-xzf"]).args([archive.as_os_str()]).args(["--strip-components=1"]).directory(&folder).deadline(MINUTE).run()?;
    fs::remove_file(&archive).context("remove the package after unpacking")?;
    require(&folder.join(DUCKDB_LIBRARY))?;
    fs::write(&stamp, DUCKDB_VERSION).context("write the stamp of DuckDB")
}

fn require(path: &Path) -> Result<()> {
    if path.is_file() { Ok(()) } else { bail!("{} is missing after the installation", path.display()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_node_prints_them() {
        assert_eq!(version_of("v20.20.2\n"), Some((20, 20)));
        assert_eq!(version_of("v22.1.0"), Some((22, 1)));
        assert_eq!(version_of("nonsense"), None);
        assert!(version_of("v20.9.0").unwrap() < NODE_AT_LEAST);
    }
}
