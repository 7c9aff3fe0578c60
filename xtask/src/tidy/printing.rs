//! Libraries do not print. The server's commands talk to a terminal and may; so may xtask, benches and examples.

use super::{File, Problem};

const MACROS: [&str; 5] = ["println!(", "eprintln!(", "print!(", "eprint!(", "dbg!("];
const MAY_PRINT: [&str; 2] = ["crates/server/src/main.rs", "crates/server/src/commands"];

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    let silent = files.iter().filter(|file| file.is_rust() && file.path.starts_with("crates/") && file.path.contains("/src/"));
    silent
        .filter(|file| !MAY_PRINT.iter().any(|prefix| file.path.starts_with(prefix)))
        .flat_map(|file| {
            let found = file.shipped_lines().filter_map(|(line, text)| MACROS.iter().find(|name| calls(text, name)).map(|name| (line, *name)));
            found.map(|(line, name)| Problem::error(file, line, format!("`{name})` in a library: log it, or return it"))).collect::<Vec<_>>()
        })
        .collect()
}

/// Whether the macro is called: its name stands alone, not at the end of a longer one.
fn calls(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(place, _)| !text[..place].ends_with(|character: char| character.is_alphanumeric() || character == '_'))
}

#[cfg(test)]
mod tests {
    use super::super::files;
    use super::*;

    #[test]
    fn a_library_that_prints_is_found() {
        let problems = check(&files([
            ("crates/engine/src/a.rs", "fn f() {\n    println!(\"x\");\n    // println!(\"comment\");\n}\n#[cfg(test)]\nmod tests { fn t() { dbg!(1); } }\n"),
            ("crates/server/src/commands/serve.rs", "println!(\"address\");"),
            ("xtask/src/main.rs", "println!(\"step\");"),
        ]));
        assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [2]);
    }
}
