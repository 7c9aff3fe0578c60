//! Nothing in the checkout knows the machine that it was written on: no folders of a person, no registry in a lock file.

use regex::Regex;

use super::{File, Problem};

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    let Ok(folder) = Regex::new(r#"(?:^|[\s"'`(=:,])(/(?:root|work|home|Users)/[\w.-]+)"#) else { return Vec::new() };
    let foreign = files.iter().filter(|file| file.path != "xtask/src/tidy/paths.rs");
    foreign
        .flat_map(|file| {
            file.text
                .lines()
                .enumerate()
                .filter_map(|(index, line)| complaint(file, line, &folder).map(|message| Problem::error(file, index + 1, message)))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn complaint(file: &File, line: &str, folder: &Regex) -> Option<String> {
    if file.path.ends_with("package-lock.json") && line.trim_start().starts_with("\"resolved\": \"http") {
        return Some("the lock file names a registry; set omit-lockfile-registry-resolved in .npmrc".to_owned());
    }
    if file.path == "Cargo.lock" && line.starts_with("source = \"registry+") && !line.contains("https://github.com/rust-lang/crates.io-index") {
        return Some("the lock file names a registry of its own".to_owned());
    }
    folder.captures(line).map(|captures| format!("`{}` is a folder of one machine", &captures[1]))
}

#[cfg(test)]
mod tests {
    use super::super::files;
    use super::*;

    #[test]
    fn folders_of_a_machine_and_registries_are_found() {
        let problems = check(&files([
            ("a.rs", "let path = \"/home/anna/data\";"),
            ("b.md", "see web/work/notes, http://host/root/x and /api/home"),
            ("web/package-lock.json", "      \"resolved\": \"https://registry.example/a.tgz\","),
            ("Cargo.lock", "source = \"registry+https://mirror.example/index\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\""),
        ]));
        assert_eq!(problems.iter().map(|problem| problem.path.as_str()).collect::<Vec<_>>(), ["a.rs", "web/package-lock.json", "Cargo.lock"]);
    }
}
