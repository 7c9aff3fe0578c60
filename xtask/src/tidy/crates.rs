//! Crates depend one way: engine, then connectors, then server. What the engine must never hold, through whatever
//! chain, is in deny.toml.

use super::{File, Problem};

/// Package folders with those of our packages that they may depend on.
const MAY_USE: [(&str, &[&str]); 6] = [
    ("crates/engine", &[]),
    ("crates/connectors", &["tidemill"]),
    ("crates/server", &["tidemill", "tidemill-connectors"]),
    ("examples", &["tidemill", "tidemill-connectors"]),
    ("benches", &["tidemill", "tidemill-connectors"]),
    ("xtask", &[]),
];

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    let manifests = files.iter().filter_map(|file| {
        let folder = file.path.strip_suffix("/Cargo.toml")?;
        MAY_USE.iter().find(|(known, _)| *known == folder).map(|(_, may_use)| (file, *may_use))
    });
    manifests
        .flat_map(|(file, may_use)| ours(file).filter(|(_, name)| !may_use.contains(name)).map(|(line, name)| problem(file, line, name)).collect::<Vec<_>>())
        .collect()
}

/// Our packages that a manifest depends on, with their lines.
fn ours(file: &File) -> impl Iterator<Item = (usize, &str)> {
    let lines = file.text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("name"));
    lines
        .map(|(index, line)| (index + 1, line.split(['.', '=', ' ']).next().unwrap_or("")))
        .filter(|(_, name)| *name == "tidemill" || name.starts_with("tidemill-"))
}

fn problem(file: &File, line: usize, name: &str) -> Problem {
    Problem::error(file, line, format!("dependency on {name} against the direction engine <- connectors <- server"))
}

#[cfg(test)]
mod tests {
    use super::super::files;
    use super::*;

    #[test]
    fn a_dependency_upwards_is_found() {
        let problems = check(&files([
            ("crates/engine/Cargo.toml", "[package]\nname = \"tidemill\"\n[dependencies]\ntidemill-connectors.workspace = true\n"),
            ("crates/connectors/Cargo.toml", "[dependencies]\ntidemill.workspace = true\ntidemill-server = { path = \"../server\" }\n"),
            ("crates/server/Cargo.toml", "[dependencies]\ntidemill.workspace = true\ntidemill-connectors.workspace = true\n"),
        ]));
        let found: Vec<_> = problems.iter().map(|problem| (problem.path.as_str(), problem.line)).collect();
        assert_eq!(found, [("crates/engine/Cargo.toml", 4), ("crates/connectors/Cargo.toml", 3)]);
    }
}
