//! Where a YAML file says what an error is about: errors of meaning are found after the file was read, and name a member by its
//! path. People look for a line.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::cube::underscored;
use super::text;
use crate::error::Result;

/// The lines of a file of models and views.
///
/// ```
/// use tidemill::interchange::Places;
/// let text = "
/// name: orders
/// dataset: orders
/// label: Orders
/// dimensions:
///   - {name: city, label: City, type: string}
/// measures:
///   - name: revenue
///     label: Revenue
///     kind: sum
///     column: amuont
/// ";
/// let places = Places::read("orders.yaml", text)?;
/// assert_eq!(places.find("orders", "measures[0].column").unwrap().to_string(), "11:13");
/// assert_eq!(places.find("orders", "measures[0].filters[2]").unwrap().to_string(), "8:5"); // what is nearest to it
/// assert!(places.find("customers", "measures[0]").is_none());
/// # Ok::<(), tidemill::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Places {
    file: Spanned<Node>,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: u64,
    /// Character of the line, from 1.
    pub column: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A value with the place of each of its parts.
#[derive(Debug, Clone, PartialEq)]
enum Node {
    Scalar(String),
    List(Vec<Spanned<Node>>),
    Map(Vec<(String, Spanned<Node>)>),
}

/// A step of a path.
enum Step<'p> {
    Key(&'p str),
    Index(usize),
}

impl Places {
    /// Reads a file as [`read_documents`](super::read_documents) does.
    ///
    /// # Errors
    /// As [`read_documents`](super::read_documents) for text that is no YAML.
    pub fn read(file_name: &str, text: &str) -> Result<Self> {
        Ok(Self { file: text::read(file_name, text)? })
    }

    /// Where the file says something of a model or view: `field` is a path as errors have it, such as `measures[3].expression`; of
    /// what is not there, the place of what it would be in. `None` where the file has no model or view of the name.
    pub fn find(&self, name: &str, field: &str) -> Option<Place> {
        Some(follow(self.document(name)?, field))
    }

    /// Where that stands to which a path leads from the beginning of the file, such as `cubes[0].measures[2]`, or what it would be in.
    pub(super) fn at(&self, path: &str) -> Place {
        follow(&self.file, path)
    }

    /// The model or view of a name: the file itself, or one of its lists.
    fn document(&self, name: &str) -> Option<&Spanned<Node>> {
        let lists = ["models", "views"].into_iter().filter_map(|list| match &self.file.value.part(&Step::Key(list))?.value {
            Node::List(documents) => Some(documents),
            _ => None,
        });
        std::iter::once(&self.file).chain(lists.flatten()).find(|document| document.value.is_named(name))
    }
}

impl Node {
    fn part(&self, step: &Step<'_>) -> Option<&Spanned<Self>> {
        match (self, step) {
            (Self::Map(entries), Step::Key(key)) => {
                // Cube's keys may be in camel case.
                let found = entries.iter().find(|(known, _)| known == key).or_else(|| entries.iter().find(|(known, _)| underscored(known) == *key));
                found.map(|(_, value)| value)
            }
            (Self::List(values), Step::Index(index)) => values.get(*index),
            _ => None,
        }
    }

    fn is_named(&self, name: &str) -> bool {
        self.part(&Step::Key("name")).is_some_and(|found| matches!(&found.value, Self::Scalar(text) if text == name))
    }
}

/// The place to which a path leads, as far as it goes.
fn follow(from: &Spanned<Node>, path: &str) -> Place {
    let mut found = from;
    for step in steps(path) {
        match found.value.part(&step) {
            Some(part) => found = part,
            None => break,
        }
    }
    Place { line: found.referenced.line(), column: found.referenced.column() }
}

/// `measures[3].expression` is the key `measures`, the fourth of its values, and the key `expression`.
fn steps(field: &str) -> impl Iterator<Item = Step<'_>> {
    field.split('.').flat_map(|part| {
        let (key, indices) = part.split_once('[').unwrap_or((part, ""));
        let indices = indices.split(['[', ']']).filter_map(|index| index.parse().ok()).map(Step::Index);
        std::iter::once(Step::Key(key)).chain(indices)
    })
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> std::result::Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> std::result::Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> std::result::Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> std::result::Result<Node, E> {
        Ok(Node::Scalar(value.to_string()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> std::result::Result<Node, E> {
        Ok(Node::Scalar(value.to_owned()))
    }

    fn visit_unit<E: de::Error>(self) -> std::result::Result<Node, E> {
        Ok(Node::Scalar(String::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> std::result::Result<Node, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element()? {
            values.push(value);
        }
        Ok(Node::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LISTS: &str = "\
# Two models and a view.
models:
  - name: a
    dataset: a
    label: A
    dimensions: &dimensions
      - {name: x, label: X, type: string}
      - name: y
        label: Y
        type: string
        expression: >-
          upper(z)
    measures: []
  - {name: b, dataset: b, label: B, dimensions: *dimensions, measures: [{name: n, label: N, kind: count}]}
views:
  - name: v
    label: V
    include:
      - {path: a, members: [x]}
";

    fn find(text: &str, name: &str, field: &str) -> Option<String> {
        Places::read("m.yaml", text).unwrap().find(name, field).map(|place| place.to_string())
    }

    #[test]
    fn a_path_leads_to_a_line() {
        for (name, field, place) in [
            ("a", "", "3:5"),
            ("a", "label", "5:12"),
            ("a", "dimensions[0]", "7:9"),
            ("a", "dimensions[0].type", "7:35"),
            ("a", "dimensions[1].label", "9:16"),
            ("a", "dimensions[1].granularities[0].origin", "8:9"),
            ("a", "dimensions[7].type", "7:7"),
            ("b", "measures[0].kind", "14:97"),
            ("v", "include[0].members[0]", "19:29"),
            ("v", "nothing", "16:5"),
        ] {
            let found = find(LISTS, name, field).unwrap();
            // Where in its line a value begins that has an anchor, or is one, is a matter of taste.
            assert_eq!(found.split(':').next(), place.split(':').next(), "{name} {field}: {found}");
        }
        assert_eq!(find(LISTS, "c", "label"), None);
        assert_eq!(find("name: a\nlabel: A", "a", "label").as_deref(), Some("2:8"));
        assert_eq!(find("name: 5\nlabel: 1.5\non: true\nnothing:", "5", "on").as_deref(), Some("3:5"));
        // JSON is YAML too.
        assert_eq!(find("{\"name\": \"a\",\n \"measures\": [{\"kind\": 1}]}", "a", "measures[0].kind").as_deref(), Some("2:24"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_text_and_path_are_looked_at(text in "[a-z&*<:{}\\[\\]!|>\"'#% \n\\-]{0,60}", field in "[a-z.\\[\\]0-9]{0,20}") {
            if let Ok(places) = Places::read("m.yaml", &text) {
                let _ = places.find("a", &field);
            }
        }
    }
}
