//! Numbers of JSON with more digits than what the reader of JSON gives of them, which is the nearest float. Here they are found in the text,
//! with their ways, so that one whose digits are asked for where it stands does not go in with others.

use std::ops::Range;
use std::sync::Arc;

use crate::catalog::exact::{Rounding, Rounds, is_rounded};
use crate::catalog::{Column, ColumnType};

/// Signs of the shortest number that a float may not give back, its point or `e` counted as one: what has neither is whole, and has 64 bits.
const LONG_DIGITS: usize = 17;
/// Digits that a float always gives back.
const KEPT_DIGITS: usize = 15;
/// Digits with which every float is told from all others; programs that do not look for the fewest write as many.
const PRINTED_DIGITS: usize = 17;

/// A step into an object or an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathStep {
    Key(Arc<str>),
    Index(usize),
}

/// A number that a float may not give back, and the way to it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LongNumber<'a> {
    pub way: Vec<PathStep>,
    pub number: &'a str,
}

/// The object or array that a place is in.
#[derive(Debug)]
struct Frame {
    /// Of an object, whether a key comes next; its last key, with the quotes.
    awaits_key: Option<bool>,
    key: Range<usize>,
    /// That key, once it was asked for: it may be long, and the way to very many numbers.
    name: Option<Arc<str>>,
    /// Of an array.
    index: usize,
}

impl Frame {
    fn place(&mut self, json: &[u8]) -> PathStep {
        if self.awaits_key.is_none() {
            return PathStep::Index(self.index);
        }
        let key = self.key.clone();
        let read = || Arc::<str>::from(json.get(key).and_then(|key| serde_json::from_slice::<String>(key).ok()).unwrap_or_default());
        PathStep::Key(Arc::clone(self.name.get_or_insert_with(read)))
    }
}

/// The long numbers of a value of JSON, one after the other: a row may have millions of them, and the way to each is as long as the row is deep.
#[derive(Debug)]
pub(crate) struct LongNumbers<'a> {
    json: &'a [u8],
    at: usize,
    frames: Vec<Frame>,
}

/// The long numbers of a value of JSON, which is valid.
pub(crate) fn long_numbers(json: &[u8]) -> LongNumbers<'_> {
    LongNumbers { json, at: if has_long_run(json) { 0 } else { json.len() }, frames: Vec::new() }
}

impl<'a> Iterator for LongNumbers<'a> {
    type Item = LongNumber<'a>;

    fn next(&mut self) -> Option<LongNumber<'a>> {
        let json = self.json;
        while let Some(byte) = json.get(self.at) {
            match byte {
                b'{' | b'[' => self.frames.push(Frame { awaits_key: (*byte == b'{').then_some(true), key: 0..0, name: None, index: 0 }),
                b'}' | b']' => {
                    self.frames.pop();
                }
                b',' => {
                    if let Some(frame) = self.frames.last_mut() {
                        frame.awaits_key = frame.awaits_key.map(|_| true);
                        frame.index += 1;
                    }
                }
                b'"' => {
                    let end = string_end(json, self.at)?;
                    if let Some(frame) = self.frames.last_mut().filter(|frame| frame.awaits_key == Some(true)) {
                        (frame.awaits_key, frame.key, frame.name) = (Some(false), self.at..end, None);
                    }
                    self.at = end;
                    continue;
                }
                b'-' | b'0'..=b'9' => {
                    let rest = json.get(self.at..).unwrap_or_default();
                    let length = rest.iter().position(|byte| !is_of_number(*byte)).unwrap_or(rest.len());
                    self.at += length;
                    if let Some(number) = rest.get(..length).and_then(|number| std::str::from_utf8(number).ok()).filter(|number| is_long(number)) {
                        return Some(LongNumber { way: self.frames.iter_mut().map(|frame| frame.place(json)).collect(), number });
                    }
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
        None
    }
}

/// Where a long number goes on its way into a column, its digits are kept or not: none where they are, and otherwise how many steps of the way
/// lead to the value that is not what it was. `declared` and `rounds` are those of the column.
pub(crate) fn losing(column: &Column, way: &[PathStep], number: &str, declared: bool, rounds: &Rounds) -> Option<usize> {
    let (mut column, mut depth, mut rounds) = (column, 0, rounds.clone());
    loop {
        column = match (column.column_type, way.get(depth)) {
            // A key that the struct does not have rejects its row by itself.
            (ColumnType::Struct, Some(PathStep::Key(key))) => {
                rounds = rounds.of_field(key);
                column.fields.iter().find(|field| field.name == **key)?
            }
            (ColumnType::List, Some(PathStep::Index(_))) => column.fields.first()?,
            _ => break,
        };
        depth += 1;
    }
    let kept = match column.column_type {
        ColumnType::String => comes_back(number),
        ColumnType::Integer if declared => comes_back(number),
        ColumnType::Float if declared && rounds.here() == Rounding::Allowed => true,
        // With a point it was written as a float, and is what it says.
        _ => is_nearest(number),
    };
    (!kept).then_some(depth)
}

/// Whether a long number may be taken for the float that is nearest.
pub(crate) fn is_nearest(number: &str) -> bool {
    !is_rounded(number)
}

/// Why a long number does not fit.
pub(crate) fn lost_digits(number: &str) -> &'static str {
    if is_whole(number) {
        "a whole number beyond 64 bits, of which a float would lose digits; write it in quotes, or declare the column as float to have it rounded"
    } else {
        "a number of more digits than a float keeps; write it in quotes, or declare the column as float to have it rounded"
    }
}

/// A way as rows that are rejected say it: `.zip`, `[2].zip`.
pub(crate) fn shown(way: &[PathStep]) -> String {
    let step = |place: &PathStep| match place {
        PathStep::Key(key) => format!(".{key}"),
        PathStep::Index(index) => format!("[{index}]"),
    };
    way.iter().map(step).collect()
}

/// Whether the nearest float has the digits of a number, written with as few as tell it from other floats, or with as many as always do:
/// `0.10000000000000001` is what many programs write for the float that others write as `0.1`.
fn comes_back(number: &str) -> bool {
    let digits = significant(number);
    let is_printed = |float: f64| digits.len() <= PRINTED_DIGITS && significant(&format!("{float:.*e}", PRINTED_DIGITS - 1)) == digits;
    number.parse::<f64>().is_ok_and(|float| significant(&float.to_string()) == digits || is_printed(float))
}

/// The digits of a number without zeros around them, which say how large it is; the float that is nearest is as large.
fn significant(number: &str) -> String {
    let digits: String = number.chars().take_while(|sign| !matches!(sign, 'e' | 'E')).filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').to_owned()
}

/// How many digits that are; each number of a row is asked for it.
fn digits_of(number: &str) -> usize {
    let mantissa = number.bytes().take_while(|sign| !matches!(sign, b'e' | b'E')).filter(u8::is_ascii_digit);
    let digits = mantissa.skip_while(|digit| *digit == b'0').enumerate();
    digits.filter(|(_, digit)| *digit != b'0').last().map_or(0, |(place, _)| place + 1)
}

/// Whether so many digits stand together that they may be such a number. One of them is at every place that is looked at.
fn has_long_run(text: &[u8]) -> bool {
    let is_digit = |byte: &&u8| byte.is_ascii_digit() || matches!(**byte, b'.' | b'e' | b'E');
    let digits = |text: &[u8]| text.iter().take_while(is_digit).count();
    let is_long = |at: usize| {
        let (before, behind) = text.split_at(at);
        digits(behind) > 0 && before.iter().rev().take_while(is_digit).count() + digits(behind) >= LONG_DIGITS
    };
    (LONG_DIGITS - 1..text.len()).step_by(LONG_DIGITS).any(is_long)
}

fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
}

fn is_whole(number: &str) -> bool {
    number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

fn is_long(number: &str) -> bool {
    if is_whole(number) { number.parse::<i64>().is_err() && number.parse::<u64>().is_err() } else { digits_of(number) > KEPT_DIGITS }
}

/// The place behind a string that begins at `start`.
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_found_with_their_way() {
        let long = "123456789012345678901";
        let cases = [
            (format!("{{\"a\":1,\"b\":{long}}}"), Some(".b")),
            (format!("{{\"a\":-{long},\"b\":2}}"), Some(".a")),
            (format!("{{\"z\":[[],{{}}],\"a\":{{\"x\":[1,{{\"w\":[2,3],\"y\":{long}}}]}},\"b\":2}}"), Some(".a.x[1].y")),
            (format!("{{\"a\":{{\"b\":\"}},\\\"\"}},\"\\u0063\\\"\": {long} }}"), Some(".c\"")),
            (format!("[1,[\"a\",{long}]]"), Some("[1][1]")),
            (format!("{{\"b\":{long}.5}}"), Some(".b")),
            (format!("{{\"b\":0.{long}e-1}}"), Some(".b")),
            ("{\"b\":[12345678.901234567]}".to_owned(), Some(".b[0]")),
            // What 64 bits hold, what a float gives back, and what is text.
            ("{\"a\":18446744073709551615,\"b\":-9223372036854775808}".to_owned(), None),
            ("{\"a\":0.000000000000000000123456789012345,\"b\":123456789012345.000000000}".to_owned(), None),
            (format!("{{\"a\":\"{long}\",\"\\\"{long}\":\"\\\\\"}}"), None),
            ("{}".to_owned(), None),
        ];
        for (object, expected) in cases {
            // Wherever the digits stand.
            for spaces in 0..LONG_DIGITS {
                let object = format!("{}{object}", " ".repeat(spaces));
                let found: Vec<LongNumber<'_>> = long_numbers(object.as_bytes()).collect();
                assert_eq!(found.iter().map(|long| shown(&long.way)).collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>(), "{object}");
                assert!(found.iter().all(|long| object.contains(long.number)), "{object}: {found:?}");
            }
        }
        let negative = format!("-{long}");
        let two = format!("{{\"a\":[{long},{negative}],\"b\":{long}}}");
        let found: Vec<(String, &str)> = long_numbers(two.as_bytes()).map(|found| (shown(&found.way), found.number)).collect();
        assert_eq!(found, [(".a[0]".to_owned(), long), (".a[1]".to_owned(), negative.as_str()), (".b".to_owned(), long)]);
    }

    #[test]
    fn a_long_key_is_kept_once_for_all_numbers_behind_it() {
        let object = "{\"a\":{\"b\":[0.12345678901234567,0.12345678901234568],\"c\":0.12345678901234569}}";
        let ways: Vec<Vec<PathStep>> = long_numbers(object.as_bytes()).map(|long| long.way).collect();
        let is_same = |one: &PathStep, other: &PathStep| matches!((one, other), (PathStep::Key(one), PathStep::Key(other)) if Arc::ptr_eq(one, other));
        assert_eq!(ways.iter().map(|way| shown(way)).collect::<Vec<_>>(), [".a.b[0]", ".a.b[1]", ".a.c"]);
        assert!(is_same(&ways[0][0], &ways[2][0]) && is_same(&ways[0][1], &ways[1][1]) && !is_same(&ways[1][1], &ways[2][1]));
    }

    #[test]
    fn zeros_around_a_number_are_none_of_its_digits() {
        for (number, digits) in [("0", 0), ("-0.0", 0), ("7", 1), ("-0.00120", 2), ("100.0e5", 1), ("1.05E+10", 3), ("12345678901234567.0", 17)] {
            assert_eq!((digits_of(number), significant(number).len()), (digits, digits), "{number}");
        }
    }

    #[test]
    fn a_float_that_was_written_with_all_of_its_digits_comes_back() {
        for number in ["0.10000000000000001", "52.520000000000003", "-1.1000000000000001e-7", "0.30000000000000004", "12345678901234567e3"] {
            assert!(is_long(number) && comes_back(number), "{number}");
        }
        // The nearest float is another number, or more digits were written than floats have.
        for number in ["52.520000000000001", "1234567.1234567891", "12345678901234567.0", "0.1000000000000000055", "36893488147419103232"] {
            assert!(is_long(number) && !comes_back(number), "{number}");
        }
    }

    #[test]
    fn digits_are_kept_by_what_they_go_to() {
        let inside = |column_type: ColumnType| Column { name: "a".into(), column_type: ColumnType::Struct, fields: vec![Column::new("x", column_type)] };
        let (power, long, point, short) = ("36893488147419103232", "123456789012345678901", "0.12345678901234567890", "12345678901234567e3");
        for (column_type, declared, rounding, lost) in [
            (ColumnType::String, true, false, vec![power, long, point]),
            // Of a text nothing is rounded, whatever is said of what stands beside it.
            (ColumnType::String, true, true, vec![power, long, point]),
            (ColumnType::String, false, true, vec![power, long, point]),
            (ColumnType::Float, true, false, vec![long]),
            (ColumnType::Float, true, true, vec![]),
            // Where the type is inferred, nobody has said that something is rounded.
            (ColumnType::Float, false, true, vec![long]),
            (ColumnType::Integer, true, true, vec![power, long, point]),
            (ColumnType::Integer, false, true, vec![long]),
        ] {
            for number in [power, long, point, short] {
                let expected = lost.contains(&number);
                let rounds = if rounding { Rounds::All } else { Rounds::Nothing };
                let found = losing(&Column::new("a", column_type), &[], number, declared, &rounds);
                assert_eq!(found, expected.then_some(0), "{number} to {column_type}, {declared} {rounding}");
                let found = losing(&inside(column_type), &[PathStep::Key("x".into())], number, declared, &rounds);
                assert_eq!(found, expected.then_some(1), "{number} to {column_type} inside, {declared} {rounding}");
            }
        }
        // Text of JSON is one value, however deep in it the number stands.
        let way = [PathStep::Key("x".into()), PathStep::Index(3), PathStep::Key("y".into())];
        assert_eq!(losing(&inside(ColumnType::String), &way, long, true, &Rounds::Nothing), Some(1));
        assert_eq!(losing(&inside(ColumnType::String), &[PathStep::Key("z".into())], long, true, &Rounds::Nothing), None);
        // What is said of one field is said of no other.
        for (field, expected) in [("x", None), ("y", Some(1))] {
            assert_eq!(losing(&inside(ColumnType::Float), &[PathStep::Key("x".into())], long, true, &Rounds::Inside(vec![field.into()])), expected);
        }
    }
}
