//! Values as YAML that people like to read: blocks, a short map of plain values in one line, text without quotes where
//! every reader takes it for text. The order is the one of the value, so the same model is the same text.

use std::fmt::Write;

use serde_json::{Map, Value};

/// Longest map or list that stands in one line, in characters.
const LINE_MAX: usize = 120;

/// Words that some readers take for something else than text.
const TAKEN: [&str; 15] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "~", "nan", "inf", "infinity", "void", "none"];

/// A value as a YAML document.
pub(super) fn document(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => block_map(&mut out, map, 0),
        Value::Array(list) if !list.is_empty() => block_list(&mut out, list, 0),
        other => {
            out.push_str(&line(other));
            out.push('\n');
        }
    }
    out
}

/// The pairs of a map, one a line; the first line is not indented, for whoever has begun it.
fn block_map(out: &mut String, map: &Map<String, Value>, indent: usize) {
    for (position, (key, value)) in map.iter().enumerate() {
        if position > 0 {
            spaces(out, indent);
        }
        out.push_str(&key_text(key));
        out.push(':');
        below(out, value, indent, false);
    }
}

fn block_list(out: &mut String, list: &[Value], indent: usize) {
    for (position, value) in list.iter().enumerate() {
        if position > 0 {
            spaces(out, indent);
        }
        out.push('-');
        match value {
            Value::Object(map) if !fits(value, indent) => {
                out.push(' ');
                block_map(out, map, indent + 2);
            }
            _ => below(out, value, indent, true),
        }
    }
}

/// A value behind its key or its dash.
fn below(out: &mut String, value: &Value, indent: usize, in_list: bool) {
    match value {
        Value::Object(map) if !fits(value, indent) => {
            start(out, indent + 2);
            block_map(out, map, indent + 2);
        }
        Value::Array(list) if !fits(value, indent) || (!in_list && list.iter().any(Value::is_object)) => {
            start(out, indent + 2);
            block_list(out, list, indent + 2);
        }
        Value::String(text) if is_block(text) => {
            out.push_str(" |-");
            for line in text.split('\n') {
                out.push('\n');
                if !line.is_empty() {
                    spaces(out, indent + 2);
                    out.push_str(line);
                }
            }
            out.push('\n');
        }
        other => {
            out.push(' ');
            out.push_str(&line(other));
            out.push('\n');
        }
    }
}

fn start(out: &mut String, indent: usize) {
    out.push('\n');
    spaces(out, indent);
}

fn spaces(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}

/// Whether a map or list stands well in one line.
fn fits(value: &Value, indent: usize) -> bool {
    let plain = |value: &Value| !matches!(value, Value::Object(_)) && !matches!(value, Value::String(text) if is_block(text));
    let flat = match value {
        Value::Object(map) => map.values().all(|value| plain(value) && !value.as_array().is_some_and(|list| list.iter().any(|value| !plain(value) || value.is_array()))),
        Value::Array(list) => list.iter().all(|value| plain(value) && !value.is_array()),
        _ => return true,
    };
    flat && indent + line(value).chars().count() <= LINE_MAX
}

/// A value in one line.
fn line(value: &Value) -> String {
    match value {
        Value::String(content) => text(content),
        Value::Array(list) => format!("[{}]", list.iter().map(line).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => format!("{{{}}}", map.iter().map(|(key, value)| format!("{}: {}", key_text(key), line(value))).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// Whether a text stands well as a block of lines: it has some, and nothing that blocks change or that cannot be seen.
fn is_block(text: &str) -> bool {
    let visible = |line: &str| !line.chars().any(|character| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'));
    text.contains('\n') && !text.starts_with([' ', '\n']) && !text.ends_with('\n') && text.split('\n').all(|line| visible(line) && !line.ends_with(' '))
}

/// A key. `on` is the one of a join: no reader of ours takes it for a truth, and quotes around it would be odd.
fn key_text(key: &str) -> String {
    if key == "on" { key.to_owned() } else { text(key) }
}

/// Text without quotes where it can be taken for nothing else, else in double quotes.
fn text(content: &str) -> String {
    let first = content.chars().next().is_some_and(|character| character.is_alphabetic() || character == '_');
    let rest = content
        .chars()
        .all(|character| character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | ' ' | '/' | '(' | ')' | '*' | '+' | '=' | '<' | '>' | '%' | '\''));
    let taken = TAKEN.contains(&content.to_lowercase().as_str());
    if first && rest && !taken && !content.ends_with(' ') {
        return content.to_owned();
    }
    let mut quoted = String::from("\"");
    for character in content.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => escape(&mut quoted, character),
            _ if character.is_control() => escape(&mut quoted, character),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

fn escape(out: &mut String, character: char) {
    // Writing to a text cannot fail.
    let _ = write!(out, "\\u{:04x}", u32::from(character));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::text;
    use super::*;

    #[test]
    fn values_are_written_as_people_would() {
        let value = json!({
            "name": "orders", "missing": null, "empty": [], "nothing": {}, "flag": "yes", "number": "12", "sql": "case when a > 1\nthen 'x' end",
            "on": [{"column": "a", "other": "b"}], "list": ["a", 1], "nested": {"and": [{"or": [{"member": "a.b", "values": [true]}]}]},
        });
        let expected = r#"name: orders
missing: null
empty: []
nothing: {}
flag: "yes"
number: "12"
sql: |-
  case when a > 1
  then 'x' end
on:
  - {column: a, other: b}
list: [a, 1]
nested:
  and:
    - or:
        - {member: a.b, values: [true]}
"#;
        let written = document(&value);
        assert_eq!(written, expected);
        assert_eq!(text::read::<Value>("x", &written).unwrap(), value);
    }

    fn values() -> impl Strategy<Value = Value> {
        let words = prop_oneof![
            "\\PC{0,12}".prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            prop::sample::select(vec![
                "",
                "~",
                "null",
                "on",
                "1e5",
                "0x1f",
                "1_000",
                "- a",
                "a: b",
                "a #b",
                "---",
                "...",
                "2020-01-01",
                "=",
                "<<",
                "\u{85}",
                "\u{feff}x",
                " a\nb",
                "a\n\nb",
                "a\n b",
                "a\r\nb",
                "*a",
                "&a",
                "!a",
                "%a",
                "a\n",
                "{a}",
                "Yes",
                "a ",
                "é: x"
            ])
            .prop_map(Value::from),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            words
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("\\PC{0,6}", inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect()))
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_reads_back_equal(value in values()) {
            let written = document(&value);
            prop_assert_eq!(text::read::<Value>("x", &written).map_err(|error| TestCaseError::fail(format!("{error}\n{written}")))?, value);
        }
    }
}
