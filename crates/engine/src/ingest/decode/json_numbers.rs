//! Whole numbers of JSON beyond 64 bits: the reader of JSON gives the nearest float for one, and its digits are gone. Here they are found
//! in the text of a row, so that the row can be rejected where they are asked for.

/// Digits of the shortest number that may be beyond 64 bits.
const LONG_DIGITS: usize = 20;

/// The first whole number of an object that is beyond 64 bits and does not fit where it stands: `fits` is asked with the key of the object that
/// it stands at or below. The object is valid JSON.
pub(crate) fn long_number(object: &[u8], fits: impl Fn(&str, &str) -> bool) -> Option<(String, String)> {
    if !has_long_run(object) {
        return None;
    }
    let (mut depth, mut key, mut is_key, mut at) = (0_usize, String::new(), false, 0);
    while let Some(byte) = object.get(at) {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                is_key = depth == 1;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => is_key = depth == 1,
            b'"' => {
                let end = string_end(object, at)?;
                if std::mem::take(&mut is_key) {
                    key = serde_json::from_slice(object.get(at..end)?).ok()?;
                }
                at = end;
                continue;
            }
            b'-' | b'0'..=b'9' => {
                let rest = object.get(at..)?;
                let length = rest.iter().position(|byte| !is_of_number(*byte)).unwrap_or(rest.len());
                let number = std::str::from_utf8(rest.get(..length)?).ok()?;
                if is_long(number) && !fits(&key, number) {
                    return Some((key, number.to_owned()));
                }
                at += length;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Whether so many digits stand together that they may be such a number. One of them is at every place that is looked at.
fn has_long_run(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_long = |at: usize| {
        let (before, behind) = text.split_at(at);
        digits(behind) > 0 && before.iter().rev().take_while(|byte| byte.is_ascii_digit()).count() + digits(behind) >= LONG_DIGITS
    };
    (LONG_DIGITS - 1..text.len()).step_by(LONG_DIGITS).any(is_long)
}

fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E')
}

fn is_long(number: &str) -> bool {
    let is_whole = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    is_whole && number.parse::<i64>().is_err() && number.parse::<u64>().is_err()
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
    fn long_numbers_are_found_with_their_key() {
        let long = "123456789012345678901";
        let cases = [
            (format!("{{\"a\":1,\"b\":{long}}}"), Some("b")),
            (format!("{{\"a\":-{long},\"b\":2}}"), Some("a")),
            (format!("{{\"a\":{{\"x\":[1,{{\"y\":{long}}}]}},\"b\":2}}"), Some("a")),
            (format!("{{\"a\":{{\"b\":1}},\"\\u0063\\\"\": {long} }}"), Some("c\"")),
            // What 64 bits hold, what was written as a float, and what is text.
            ("{\"a\":18446744073709551615,\"b\":-9223372036854775808}".to_owned(), None),
            (format!("{{\"a\":{long}.5,\"b\":{long}e1}}"), None),
            (format!("{{\"a\":\"{long}\",\"\\\"{long}\":\"\\\\\"}}"), None),
            (format!("{{\"mine\":{long}}}"), None),
            ("{}".to_owned(), None),
        ];
        for (object, expected) in cases {
            // Wherever the digits stand.
            for spaces in 0..LONG_DIGITS {
                let object = format!("{}{object}", " ".repeat(spaces));
                let found = long_number(object.as_bytes(), |key, _| key == "mine");
                assert_eq!(found.as_ref().map(|(key, _)| key.as_str()), expected, "{object}");
                assert!(found.is_none_or(|(_, number)| number.trim_start_matches('-') == long), "{object}");
            }
        }
    }
}
