//! A note of work to be done carries the number of its issue, or it will be there for ever.

use regex::Regex;

use super::{File, Problem};

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    // Written in two parts, so that this file does not find itself.
    let Ok(pattern) = Regex::new(concat!(r"\b(TO", r"DO|FIX", r"ME|X", r"XX|HA", r"CK)\b(.*)")) else { return Vec::new() };
    let code = files.iter().filter(|file| file.is_rust() || file.is_typescript() || matches!(file.extension(), "toml" | "mjs" | "js" | "css"));
    code.flat_map(|file| {
        let lines = file.text.lines().enumerate();
        let found = lines.filter_map(|(index, line)| pattern.captures(line).map(|captures| (index + 1, captures)));
        let without_number = found.filter(|(_, captures)| !has_issue(captures.get(2).map_or("", |rest| rest.as_str())));
        without_number
            .map(|(line, captures)| Problem::error(file, line, format!("{} without an issue number, for instance (#123)", &captures[1])))
            .collect::<Vec<_>>()
    })
    .collect()
}

fn has_issue(rest: &str) -> bool {
    rest.split('#').skip(1).any(|after| after.starts_with(|character: char| character.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::super::files;
    use super::*;

    #[test]
    fn notes_need_a_number() {
        let bad = concat!("// TO", "DO: some day\nlet mastodon = 1;\n");
        let good = concat!("// FIX", "ME(#12): until the crate is released\n");
        let problems = check(&files([("a.rs", bad), ("b.ts", good)]));
        assert_eq!(problems.iter().map(|problem| (problem.path.as_str(), problem.line)).collect::<Vec<_>>(), [("a.rs", 1)]);
    }
}
