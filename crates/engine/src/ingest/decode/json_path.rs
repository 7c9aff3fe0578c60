//! The way to an array inside of a JSON document, by a JSON Pointer (RFC 6901): `/data/items`. What lies before and behind
//! the array is read through without being kept, so a document may be larger than memory. Refuses a way that leads nowhere,
//! naming the keys that are there, and documents that are cut off.

use serde_json::Value;

/// Longest key that is read, in bytes.
const KEY_MAX_BYTES: usize = 64 << 10;
/// Keys that a message names.
const NAMED_KEYS: usize = 10;

/// What a look at the text gave.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Walk {
    /// So many bytes are read through.
    Skip(usize),
    /// More text is needed.
    More,
    /// The array begins with the next byte.
    Found,
}

/// Where the walk stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// Before a value that is on the way.
    Value,
    /// In an object on the way, before a key or its end.
    Key { first: bool },
    /// After the key that is on the way, or after another one.
    Colon { wanted: bool },
    /// In an array on the way, before its element with that number.
    Element(usize),
    /// In a value that is not on the way.
    Aside(Aside),
    /// After such a value.
    AfterAside,
}

/// A value that is read through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Aside {
    depth: usize,
    in_text: bool,
    escaped: bool,
    begun: bool,
}

impl Aside {
    /// What is left of a document after a value inside of so many objects and arrays.
    pub(crate) fn rest(depth: usize) -> Self {
        Self { depth, begun: true, ..Self::default() }
    }

    /// Goes on through the value; says how many bytes belong to it and whether it is over.
    pub(crate) fn pass(&mut self, text: &[u8]) -> (usize, bool) {
        for (at, byte) in text.iter().enumerate() {
            if self.in_text {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.in_text = false;
                        if self.depth == 0 {
                            return (at + 1, true);
                        }
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (at + 1, true);
                    }
                }
                // A bare value ends before what cannot be part of it.
                b'}' | b']' | b',' if self.depth == 0 => return (at, true),
                byte if byte.is_ascii_whitespace() && self.depth == 0 && self.begun => return (at, true),
                _ => {}
            }
            self.begun = self.begun || !byte.is_ascii_whitespace();
        }
        (text.len(), false)
    }
}

/// The walk to the array.
#[derive(Debug, Clone)]
pub(crate) struct JsonPath {
    pointer: String,
    steps: Vec<String>,
    level: usize,
    place: Place,
    keys: Vec<String>,
    /// Elements that were passed in the array that the walk is in; 0 in an object.
    element: usize,
}

/// The steps of a JSON Pointer.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn steps_of(pointer: &str) -> Result<Vec<String>, String> {
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    let Some(rest) = pointer.strip_prefix('/') else { return Err(format!("the path {pointer:?} does not begin with '/'; write it like /data/items")) };
    Ok(rest.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect())
}

impl JsonPath {
    pub(crate) fn new(pointer: &str) -> Self {
        // A pointer was checked when it was declared.
        Self { pointer: pointer.to_owned(), steps: steps_of(pointer).unwrap_or_default(), level: 0, place: Place::Value, keys: Vec::new(), element: 0 }
    }

    /// Objects and arrays around the array that was found.
    pub(crate) fn depth(&self) -> usize {
        self.steps.len()
    }

    fn step(&self) -> &str {
        self.steps.get(self.level).map(String::as_str).unwrap_or_default()
    }

    /// How the walk so far is written.
    fn walked(&self) -> String {
        let walked: Vec<&str> = self.steps.iter().take(self.level).map(String::as_str).collect();
        if walked.is_empty() { "the document".to_owned() } else { format!("/{}", walked.join("/")) }
    }

    fn nowhere(&self) -> String {
        let keys = if self.keys.is_empty() { "it is empty".to_owned() } else { format!("its keys are {}", self.keys.join(", ")) };
        format!("the path {:?} leads nowhere: {} has no {:?}; {keys}", self.pointer, self.walked(), self.step())
    }

    /// Looks at what was not read through yet; `last` says that nothing follows.
    ///
    /// # Errors
    /// What is wrong, when there is no array at the end of the way.
    pub(crate) fn walk(&mut self, text: &[u8], last: bool) -> Result<Walk, String> {
        if let Place::Aside(aside) = &mut self.place {
            let (bytes, over) = aside.pass(text);
            if over {
                self.place = Place::AfterAside;
            } else if bytes == 0 {
                return self.more(last);
            }
            return Ok(Walk::Skip(bytes));
        }
        let space = text.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(text.len());
        if space > 0 {
            return Ok(Walk::Skip(space));
        }
        let Some(&byte) = text.first() else { return self.more(last) };
        match self.place.clone() {
            Place::Value if self.level == self.steps.len() => {
                if byte == b'[' {
                    return Ok(Walk::Found);
                }
                Err(format!("at {:?} there is {} and no array; declare the path to the array of rows", self.pointer, kind(byte)))
            }
            Place::Value => {
                self.keys.clear();
                self.element = 0;
                self.place = match byte {
                    b'{' => Place::Key { first: true },
                    b'[' if self.step().parse::<usize>().is_ok() => Place::Element(0),
                    _ => return Err(format!("the path {:?} leads nowhere: {} is {} and has no {:?}", self.pointer, self.walked(), kind(byte), self.step())),
                };
                Ok(Walk::Skip(1))
            }
            Place::Element(number) => {
                if byte == b']' {
                    return Err(format!("the path {:?} leads nowhere: {} has {number} elements", self.pointer, self.walked()));
                }
                if self.step().parse() == Ok(number) {
                    self.level += 1;
                    self.place = Place::Value;
                } else {
                    self.element = number + 1;
                    self.place = Place::Aside(Aside::default());
                }
                Ok(Walk::Skip(0))
            }
            Place::AfterAside => {
                let in_array = self.step_is_element();
                self.place = match byte {
                    b',' if in_array => Place::Element(self.element),
                    b',' => Place::Key { first: false },
                    b'}' if !in_array => return Err(self.nowhere()),
                    b']' if in_array => return Err(format!("the path {:?} leads nowhere: {} has {} elements", self.pointer, self.walked(), self.element)),
                    _ => return Err(format!("{:?} where ',' is expected; correct the file", char::from(byte))),
                };
                Ok(Walk::Skip(1))
            }
            Place::Key { first } => {
                if byte == b'}' && first {
                    return Err(self.nowhere());
                }
                let Some(length) = key_length(text) else {
                    if byte != b'"' || text.len() > KEY_MAX_BYTES {
                        return Err(format!("{:?} where a key in quotes is expected; correct the file", char::from(byte)));
                    }
                    return self.more(last);
                };
                let key = text.get(..length).and_then(|key| serde_json::from_slice::<Value>(key).ok());
                let Some(key) = key.as_ref().and_then(Value::as_str) else { return Err("a key that is not valid JSON; correct the file".to_owned()) };
                self.place = Place::Colon { wanted: key == self.step() };
                if self.keys.len() < NAMED_KEYS {
                    self.keys.push(format!("{key:?}"));
                }
                Ok(Walk::Skip(length))
            }
            Place::Colon { wanted } => {
                if byte != b':' {
                    return Err(format!("{:?} where ':' is expected after a key; correct the file", char::from(byte)));
                }
                if wanted {
                    self.level += 1;
                }
                self.place = if wanted { Place::Value } else { Place::Aside(Aside::default()) };
                Ok(Walk::Skip(1))
            }
            Place::Aside(_) => Ok(Walk::Skip(0)),
        }
    }

    /// Whether the container that the walk is in is an array: only there the element is counted.
    fn step_is_element(&self) -> bool {
        self.element > 0
    }

    fn more(&self, last: bool) -> Result<Walk, String> {
        if last { Err(format!("the document ends before {:?} is found; the file seems to be cut off, send it whole", self.pointer)) } else { Ok(Walk::More) }
    }
}

/// The length of the text in quotes with which this begins, where its end is in sight.
fn key_length(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    if text.first() != Some(&b'"') {
        return None;
    }
    loop {
        match text.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

fn kind(byte: u8) -> &'static str {
    match byte {
        b'{' => "an object",
        b'[' => "an array",
        b'"' => "a text",
        b't' | b'f' => "a boolean",
        b'n' => "null",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks with so many bytes in sight at a time; gives what the array begins with.
    fn walk(document: &str, pointer: &str, sight: usize) -> Result<String, String> {
        let mut path = JsonPath::new(pointer);
        let (mut at, mut seen) = (0, sight);
        for _ in 0..100_000 {
            let seen_end = (at + seen).min(document.len());
            match path.walk(&document.as_bytes()[at..seen_end], seen_end == document.len())? {
                Walk::Skip(bytes) => {
                    at += bytes;
                    seen = sight;
                }
                Walk::More => seen += sight,
                Walk::Found => return Ok(document[at..].chars().take(4).collect()),
            }
        }
        panic!("the walk does not end");
    }

    #[test]
    fn ways_lead_to_arrays_whatever_lies_beside() {
        let document = r#" {"meta": {"items": [1, "]}\"", {"x": "\\"}], "n": 1.5e3}, "none": null, "data" : {"a/b": [9, [ 8, {"items" : [{"k":1}]}]], "": [7]}} "#;
        for sight in [1, 2, 3, 7, 1_000] {
            for (pointer, expected) in [("/meta/items", "[1, "), ("/data/a~1b/1/1/items", "[{\"k"), ("/data/", "[7]}"), ("/data/a~1b/1", "[ 8,")] {
                assert_eq!(walk(document, pointer, sight).as_deref(), Ok(expected), "{pointer} {sight}");
            }
        }
    }

    #[test]
    fn ways_that_lead_nowhere_say_what_is_there() {
        let document = r#"{"meta": {"n": 1}, "data": [[1], 5]}"#;
        for (pointer, expected) in [
            ("/date", "the path \"/date\" leads nowhere: the document has no \"date\"; its keys are \"meta\", \"data\""),
            ("/meta/n", "at \"/meta/n\" there is a number and no array; declare the path to the array of rows"),
            ("/meta", "at \"/meta\" there is an object and no array; declare the path to the array of rows"),
            ("/data/x", "the path \"/data/x\" leads nowhere: /data is an array and has no \"x\""),
            ("/data/2", "the path \"/data/2\" leads nowhere: /data has 2 elements"),
            ("/data/1/a", "the path \"/data/1/a\" leads nowhere: /data/1 is a number and has no \"a\""),
        ] {
            assert_eq!(walk(document, pointer, 3), Err(expected.to_owned()));
        }
        assert_eq!(walk(r#"{"a": [1, 2"#, "/b", 4).unwrap_err(), "the document ends before \"/b\" is found; the file seems to be cut off, send it whole");
        assert_eq!(walk("{}", "/b", 4).unwrap_err(), "the path \"/b\" leads nowhere: the document has no \"b\"; it is empty");
        assert!(steps_of("data").unwrap_err().contains("does not begin with '/'"));
    }
}
