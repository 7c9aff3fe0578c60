//! Modules of the engine use what stands above them in one list, never what stands below.

use std::collections::HashMap;

use regex::Regex;

use super::{File, Problem};

const SOURCE: &str = "crates/engine/src/";

/// The modules of the engine, low to high. An entry with `::` takes a part of a module out of it: the words of a
/// module, plain data that everybody speaks in, lie below the work that the module does with them.
const ORDER: [&str; 40] = [
    "error",
    "ids",
    "clock",
    "budget",
    "settings",
    "scope",
    "events",
    "metrics",
    // Words: types of columns, names of grains, the shapes of models and queries. They do nothing, so they may lie low.
    "catalog::as_of",
    "catalog::column",
    "catalog::dataset",
    "catalog::contract",
    "catalog::drift",
    "catalog::load_mode",
    "semantic::grain",
    "semantic::interval",
    "semantic::granularity",
    "semantic::weekday",
    "semantic::business",
    "semantic::calendar",
    "semantic::query",
    "semantic::policy",
    "semantic::model",
    "ports",
    "storage",
    // Around the store: nothing of storage knows whether it is there.
    "encryption",
    "catalog",
    // Kernels know the SQL functions of the house (time buckets), the functions know nothing of partials.
    "functions",
    "partial",
    "query",
    "semantic",
    "advisor",
    "ingest",
    "live",
    // Looks into everything that reads bytes of others; nothing uses it.
    "fuzzing",
    // What the mills of an engine share; the engine itself makes the mills.
    "engine::shared",
    "mill",
    "engine",
    "builder",
    "lib",
];

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    let engine: Vec<(&File, Vec<String>)> = files.iter().filter_map(|file| Some((file, module_of(file)?))).collect();
    let exports = exports(&engine);
    let mut problems = Vec::new();
    for (file, module) in &engine {
        let Some(own) = rank(module) else {
            problems.push(Problem::error(file, 1, format!("module `{}` is not in the order of xtask/src/tidy/layers.rs: give it a place", module.join("::"))));
            continue;
        };
        for (line, used) in uses(file, module) {
            let resolved = resolve(&used, &exports);
            // Within one top module everything may be used; so may names that are not modules (macros, `crate::VERSION`).
            if resolved.first() == module.first() {
                continue;
            }
            if rank(&resolved).is_some_and(|its| its > own) {
                problems.push(Problem::error(file, line, format!("`{}` uses `{}`, which lies above it in the order of modules", module.join("::"), used.join("::"))));
            }
        }
    }
    problems
}

/// `crates/engine/src/storage/log.rs` is `[storage, log]`; the root is `[lib]`.
fn module_of(file: &File) -> Option<Vec<String>> {
    let inner = file.path.strip_prefix(SOURCE)?.strip_suffix(".rs")?;
    Some(inner.split('/').map(str::to_owned).collect())
}

/// The place of the longest entry that the path begins with.
fn rank(path: &[String]) -> Option<usize> {
    let begins = |entry: &str| entry.split("::").count() <= path.len() && entry.split("::").zip(path).all(|(a, b)| a == b);
    let entries = ORDER.iter().enumerate().filter(|(_, entry)| begins(entry));
    entries.max_by_key(|(_, entry)| entry.len()).map(|(index, _)| index)
}

/// Where a name that a top module passes on really lives: `[catalog, ColumnType]` is `[catalog, dataset, ColumnType]`.
type Exports = HashMap<(String, String), String>;

fn exports(engine: &[(&File, Vec<String>)]) -> Exports {
    let mut exports = HashMap::new();
    let Ok(pattern) = Regex::new(r"(?s)pub(?:\([a-z]+\))? use (?:self::)?([a-z_]+)::(\{[^}]*\}|[A-Za-z_]+);") else { return exports };
    for (file, module) in engine {
        let [top] = module.as_slice() else { continue };
        for captures in pattern.captures_iter(&file.text) {
            for name in captures[2].trim_matches(['{', '}']).split(',') {
                exports.insert((top.clone(), name.trim().to_owned()), captures[1].to_owned());
            }
        }
    }
    exports
}

fn resolve(used: &[String], exports: &Exports) -> Vec<String> {
    let mut path = used.to_vec();
    if let [top, name, ..] = used
        && let Some(inner) = exports.get(&(top.clone(), name.clone()))
    {
        path.insert(1, inner.clone());
    }
    path
}

/// Paths from the crate's root in the code that ships, with their lines. `super::` is counted from where it stands.
fn uses(file: &File, module: &[String]) -> Vec<(usize, Vec<String>)> {
    let Ok(pattern) = Regex::new(r"\b(crate|super(?:::super)*)((?:::\w+)*)(?:::\{([^}]*)\}?)?") else { return Vec::new() };
    let mut found = Vec::new();
    for (line, text) in file.shipped_lines() {
        for captures in pattern.captures_iter(text) {
            let mut base: Vec<String> = Vec::new();
            if &captures[1] != "crate" {
                let up = captures[1].split("::").count();
                base.extend_from_slice(module.get(..module.len().saturating_sub(up)).unwrap_or_default());
            }
            base.extend(captures[2].split("::").filter(|part| !part.is_empty()).map(str::to_owned));
            match captures.get(3) {
                None => found.push((line, base)),
                Some(list) => found.extend(list.as_str().split(',').filter(|item| !item.trim().is_empty()).map(|item| {
                    let parts = item.trim().split("::").map(|part| part.trim_matches(['{', '}', ' ']).to_owned());
                    (line, base.iter().cloned().chain(parts).collect())
                })),
            }
        }
    }
    found.retain(|(_, path)| !path.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::super::files;
    use super::*;

    fn found(content: [(&str, &str); 3]) -> Vec<(String, usize)> {
        check(&files(content)).into_iter().map(|problem| (problem.path, problem.line)).collect()
    }

    #[test]
    fn an_upward_use_is_found_in_every_way_of_writing_it() {
        let problems = found([
            (
                "crates/engine/src/storage/log.rs",
                "use crate::error::Error;\nuse crate::query::Plan;\nfn f() { super::super::live::wake(); }\n// crate::live\nuse crate::{ids::TenantId, engine::Engine};\n",
            ),
            ("crates/engine/src/live.rs", "use super::engine::Engine;\nuse crate::storage::log;\n#[cfg(test)]\nmod tests { use crate::engine::Engine; }\n"),
            ("crates/engine/src/query/plan.rs", "use super::result::Rows;\nuse crate::storage::log;\n"),
        ]);
        let expected = [("storage/log.rs", 2), ("storage/log.rs", 3), ("storage/log.rs", 5), ("live.rs", 1)];
        assert_eq!(problems, expected.map(|(path, line)| (format!("{SOURCE}{path}"), line)));
    }

    #[test]
    fn words_lie_below_work_also_when_their_module_passes_them_on() {
        let problems = found([
            ("crates/engine/src/catalog.rs", "pub use dataset::{Column,\n    ColumnType};\npub(crate) use datasets::Datasets;\n"),
            ("crates/engine/src/storage.rs", "use crate::catalog::{Column, ColumnType};\nuse crate::catalog::dataset::Column;\n"),
            ("crates/engine/src/storage/log.rs", "use crate::catalog::Datasets;\n"),
        ]);
        assert_eq!(problems, [(format!("{SOURCE}storage/log.rs"), 1)]);
    }

    #[test]
    fn a_module_without_a_place_is_named() {
        let problems = found([("crates/engine/src/surprise.rs", ""), ("crates/engine/src/lib.rs", ""), ("crates/engine/src/ids.rs", "")]);
        assert_eq!(problems, [(format!("{SOURCE}surprise.rs"), 1)]);
    }
}
