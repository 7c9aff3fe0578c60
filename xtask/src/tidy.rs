//! The rules of the house that a program can check. A check is a function from the files of the checkout to what is
//! wrong with them; it never touches the disk, so that its tests are a few lines of bad text.

mod ambient;
mod boxed;
mod crates;
mod headers;
mod layers;
mod length;
mod names;
mod paths;
mod printing;
mod promises;
mod routes;

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Folders that hold products or foreign code.
const SKIPPED_FOLDERS: [&str; 8] = [".git", "target", "node_modules", "dist", "test-results", "playwright-report", "demo-data", "peers"];
/// Files that are read; everything else is data.
const TEXT_EXTENSIONS: [&str; 17] = ["rs", "ts", "tsx", "js", "mjs", "css", "html", "toml", "json", "md", "yml", "yaml", "sh", "slt", "snap", "lock", "svg"];

/// A text file of the checkout.
pub(crate) struct File {
    /// Path from the root, with `/`.
    path: String,
    text: String,
}

impl File {
    fn extension(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    fn is_rust(&self) -> bool {
        self.extension() == "rs"
    }

    fn is_typescript(&self) -> bool {
        matches!(self.extension(), "ts" | "tsx")
    }

    /// Numbered lines of code that ships: without comments, and without the tests at the end of a Rust file.
    fn shipped_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().take_while(|(_, line)| !line.starts_with("#[cfg(test)]"));
        lines.map(|(index, line)| (index + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// Something that breaks a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    path: String,
    line: usize,
    message: String,
    severity: Severity,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Severity {
    Error,
    Warning,
}

impl Problem {
    fn error(file: &File, line: usize, message: impl Into<String>) -> Self {
        Self { path: file.path.clone(), line, message: message.into(), severity: Severity::Error }
    }

    fn warning(file: &File, line: usize, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(file, line, message) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}: {}:{}: {}", self.path, self.line, self.message)
    }
}

type Check = fn(&[File]) -> Vec<Problem>;

const CHECKS: [Check; 11] =
    [ambient::check, boxed::check, crates::check, headers::check, layers::check, length::check, names::check, paths::check, printing::check, promises::check, routes::check];

/// Runs every check on a checkout; errors fail, warnings are printed.
pub(crate) fn run(root: &Path) -> Result<()> {
    let files = read(root)?;
    let mut problems: Vec<Problem> = CHECKS.iter().flat_map(|check| check(&files)).collect();
    problems.sort_unstable();
    for problem in &problems {
        println!("  {problem}");
    }
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    println!("  {} files, {errors} errors, {} warnings", files.len(), problems.len() - errors);
    if errors > 0 {
        bail!("{errors} rules of the house are broken");
    }
    Ok(())
}

fn read(root: &Path) -> Result<Vec<File>> {
    let entries = walkdir::WalkDir::new(root).into_iter().filter_entry(|entry| {
        let name = entry.file_name().to_string_lossy();
        !(entry.file_type().is_dir() && SKIPPED_FOLDERS.contains(&name.as_ref()))
    });
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.context("list the checkout")?;
        let path = entry.path();
        let is_text = path.extension().and_then(|extension| extension.to_str()).is_some_and(|extension| TEXT_EXTENSIONS.contains(&extension)) || path.ends_with(".ci/run");
        if !entry.file_type().is_file() || !is_text {
            continue;
        }
        let relative = path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let text = std::fs::read_to_string(path).with_context(|| format!("read {relative}"))?;
        files.push(File { path: relative, text });
    }
    Ok(files)
}

/// Files for tests of checks.
#[cfg(test)]
fn files<const N: usize>(content: [(&str, &str); N]) -> Vec<File> {
    content.into_iter().map(|(path, text)| File { path: path.to_owned(), text: text.to_owned() }).collect()
}
