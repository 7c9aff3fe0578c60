//! YAML that somebody else wrote, read within bounds: so long, so deep, so often repeated and no more. An error says the
//! file, the line, the column and what would have been right.

use serde::de::DeserializeOwned;
use serde_saphyr::options::{AliasLimits, DuplicateKeyPolicy, NonFiniteFloatPolicy};

use crate::error::{Error, Result, near_names};

/// Longest text, in bytes.
const TEXT_MAX_BYTES: usize = 1 << 20;
/// Levels of maps and lists, which the reader goes down by recursion: room for filters in filters up to 28 deep.
const DEPTH_MAX: usize = 64;
/// Values at most.
const NODES_MAX: usize = 200_000;
/// What aliases may repeat at most: enough for a few defaults, not for text that doubles itself.
const REPEATED_MAX: usize = 20_000;

/// Reads a value out of YAML.
///
/// # Errors
/// `Invalid` with file, line and column; `Exhausted` where the text is too long.
pub(super) fn read<T: DeserializeOwned>(file_name: &str, text: &str) -> Result<T> {
    if text.len() > TEXT_MAX_BYTES {
        return Err(Error::exhausted(format!("{file_name}: the file has {} bytes; at most {TEXT_MAX_BYTES} are read, so split it", text.len())));
    }
    let budget = serde_saphyr::budget! {
        max_depth: DEPTH_MAX,
        flow_nesting_limit: DEPTH_MAX,
        max_nodes: NODES_MAX,
        max_events: 2 * NODES_MAX,
        max_aliases: 1_000,
        max_anchors: 1_000,
        max_recorded_anchor_events: NODES_MAX,
        max_recorded_anchor_bytes: 8 * TEXT_MAX_BYTES,
        max_documents: 1,
    };
    let options = serde_saphyr::options! {
        budget: budget,
        alias_limits: aliases(),
        duplicate_keys: DuplicateKeyPolicy::Error,
        non_finite_float_policy: NonFiniteFloatPolicy::Reject,
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| told(file_name, &error))
}

fn aliases() -> AliasLimits {
    serde_saphyr::alias_limits! { max_total_replayed_events: REPEATED_MAX, max_replay_stack_depth: 8, max_alias_expansions_per_anchor: 1_000 }
}

/// An error of the reader in words of ours.
fn told(file_name: &str, error: &serde_saphyr::Error) -> Error {
    let place = error.location().map(|location| format!(":{}:{}", location.line(), location.column())).unwrap_or_default();
    let said = error.without_snippet().to_string();
    // The place stands before the sentence, not behind it.
    let sentence = said.split_once(" at line ").map_or(said.as_str(), |(before, _)| before);
    let near = match (sentence.split('`').nth(1), sentence.split_once(", expected ")) {
        (Some(name), Some((before, known))) if before.starts_with("unknown ") => {
            let known = known.trim_start_matches("one of ").split([',', ' ']).map(|name| name.trim_matches('`')).filter(|name| !name.is_empty() && *name != "or");
            near_names(name, known)
        }
        _ => String::new(),
    };
    let sentence = match sentence.split_once("untagged enum ").map(|(_, rest)| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default()) {
        Some("Filter") => "this is no filter: write {member, operator, values}, {and: [...]} or {or: [...]}",
        Some("Members") => "these are no members of a view: write \"*\", or a list of names and of {name, alias, label, description, format, meta}",
        Some("FolderIncludes") => "this is nothing that a folder includes: write \"*\", or a list of names of members, of {path} and of folders {name, includes}",
        _ => sentence,
    };
    Error::invalid(format!("{file_name}{place}: {sentence}{near}")).at(format!("{file_name}{place}"))
}

/// A place in a text, as errors of the reader name it.
pub(super) fn place_of(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{}:{column}", before.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn what_is_too_much_is_refused_and_says_where() {
        let deep = format!("a: {}{}", "[".repeat(200), "]".repeat(200));
        let block = (0..200).map(|level| format!("{}a:\n", " ".repeat(level))).collect::<String>();
        let doubling = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| format!("{text}a{level}: &a{level} [*a{}, *a{}]\n", level - 1, level - 1));
        let itself = "a: &a [*a]";
        let repeated = format!("a: &a [1]\nb: [{}]", vec!["*a"; 2_000].join(", "));
        let many = format!("[{}]", vec!["1"; 300_000].join(","));
        let documents = "---\na: 1\n---\nb: 1\n";
        for text in [&deep, &block, &doubling, itself, &repeated, &many, documents, "a: 1\na: 2", "a: .nan", "a: 1e999", "\t- x: [", "a: !!binary x", "a: \u{0}"] {
            let shown: String = text.chars().take(40).collect();
            let error = read::<Value>("m.yaml", text).expect_err(&shown);
            assert_eq!(error.kind(), ErrorKind::Invalid, "{shown}: {error}");
            assert!(error.message().starts_with("m.yaml:"), "{shown}: {error}");
            assert!(error.message().len() < 400, "{error}");
        }
        assert_eq!(read::<Value>("m.yaml", &" ".repeat(TEXT_MAX_BYTES + 1)).unwrap_err().kind(), ErrorKind::Exhausted);
    }

    #[test]
    fn defaults_by_anchor_are_read() {
        let value: Value = read("m.yaml", "a: &a {x: 1}\nb:\n  <<: *a\n  y: yes\n").unwrap();
        assert_eq!(value, serde_json::json!({"a": {"x": 1}, "b": {"x": 1, "y": "yes"}}));
    }

    #[test]
    fn a_place_is_counted_from_one() {
        assert_eq!((place_of("ab", 0).as_str(), place_of("ä\nbc", 4).as_str()), ("1:1", "2:2"));
    }
}
