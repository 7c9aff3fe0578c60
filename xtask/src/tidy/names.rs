//! A file is named after its idea, and `foo.rs` stands beside `foo/`.

use super::{File, Problem};

const FORBIDDEN: [&str; 7] = ["mod", "util", "utils", "common", "helper", "helpers", "misc"];

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    files
        .iter()
        .filter(|file| file.is_rust() || file.is_typescript())
        .filter_map(|file| {
            let stem = file.path.rsplit_once('.').map_or(file.path.as_str(), |(stem, _)| stem);
            let name = stem.split('/').find(|part| FORBIDDEN.contains(part))?;
            Some(Problem::error(file, 1, format!("nothing here is called `{name}`: name the idea")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::files;
    use super::*;

    #[test]
    fn names_that_say_nothing_are_refused_as_files_and_folders() {
        let problems = check(&files([("a/mod.rs", ""), ("a/utils/b.rs", ""), ("web/src/lib/helpers.ts", ""), ("a/model.rs", ""), ("docs/common.md", "")]));
        assert_eq!(problems.len(), 3, "{problems:?}");
    }
}
