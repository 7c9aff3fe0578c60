//! Public functions of the engine that wait hand out boxed futures: the body of an `async fn` is compiled by every crate that calls
//! it, and there once for each unit of code generation (docs/adr/0036).

use super::{File, Problem};

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    let engine = files.iter().filter(|file| file.is_rust() && file.path.starts_with("crates/engine/src/"));
    engine
        .flat_map(|file| {
            let found = file.shipped_lines().filter(|(_, text)| text.trim_start().starts_with("pub async fn "));
            found
                .map(|(line, _)| Problem::error(file, line, "a public `async fn` is compiled again by everybody who calls it: return a `BoxFuture`"))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::files;
    use super::*;

    #[test]
    fn public_functions_that_wait_are_boxed() {
        let problems = check(&files([
            ("crates/engine/src/a.rs", "    pub async fn query(&self) {}\n    pub(crate) async fn own(&self) {}\n    pub fn boxed(&self) -> BoxFuture<'_, ()> {}\n"),
            ("crates/server/src/a.rs", "pub async fn serve() {}\n"),
        ]));
        assert_eq!(problems.iter().map(|problem| (problem.path.as_str(), problem.line)).collect::<Vec<_>>(), [("crates/engine/src/a.rs", 1)]);
    }
}
