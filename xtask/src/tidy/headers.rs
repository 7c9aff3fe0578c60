//! Every file begins by saying what it is for: `//!` in Rust, a comment in TypeScript.

use super::{File, Problem};

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    files
        .iter()
        .filter_map(|file| wanted(file).filter(|wanted| !wanted.1(first_line(file))).map(|(name, _)| (file, name)))
        .map(problem)
        .collect()
}

type Accepts = fn(&str) -> bool;

fn wanted(file: &File) -> Option<(&'static str, Accepts)> {
    if file.is_rust() {
        return Some(("a `//!` header", |line| line.starts_with("//! ")));
    }
    let ours = file.path.starts_with("web/src/") || file.path.starts_with("web/e2e/");
    (file.is_typescript() && ours).then_some(("a header comment", |line: &str| line.starts_with("//") || line.starts_with("/*")))
}

fn first_line(file: &File) -> &str {
    file.text.lines().find(|line| !line.trim().is_empty()).unwrap_or("")
}

fn problem((file, name): (&File, &str)) -> Problem {
    Problem::error(file, 1, format!("the file begins without {name} that says what it is for"))
}

#[cfg(test)]
mod tests {
    use super::super::files;
    use super::*;

    #[test]
    fn files_without_a_header_are_named() {
        let problems = check(&files([
            ("a.rs", "//! Good.\n"),
            ("b.rs", "use std::fmt;\n"),
            ("c.rs", ""),
            ("web/src/d.ts", "// Good.\n"),
            ("web/src/e.tsx", "import x from 'y';\n"),
            ("web/vite.config.ts", "import x from 'y';\n"),
        ]));
        assert_eq!(problems.iter().map(|problem| problem.path.as_str()).collect::<Vec<_>>(), ["b.rs", "c.rs", "web/src/e.tsx"]);
    }
}
