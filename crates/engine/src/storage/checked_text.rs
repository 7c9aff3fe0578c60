//! Stored texts that say whether they are whole: JSON documents and JSON lines, with a checksum of everything before it in a
//! last line of its own.
//!
//! ```text
//!   {"name": "orders", …}
//!   {"tidemill.crc32":"5d1f0c2a"}
//! ```
//! A log entry has the same in its first line instead, because other engines read all of its lines: [`seal_entry`]. Texts
//! without a checksum, from before there were any or from somebody else, are read unchecked.

use memchr::memmem;

use crate::error::{Error, Result};

const KEY: &str = "tidemill.crc32";
const DIGITS: usize = 8;

fn digits(checksum: u32) -> String {
    format!("{checksum:08x}")
}

/// A text with its last line.
pub(crate) fn seal(mut text: Vec<u8>) -> Vec<u8> {
    if text.last().is_some_and(|last| *last != b'\n') {
        text.push(b'\n');
    }
    let checksum = digits(crc32fast::hash(&text));
    text.extend(format!("{{\"{KEY}\":\"{checksum}\"}}\n").into_bytes());
    text
}

/// A text without its last line.
///
/// # Errors
/// `Corrupt`, naming the object, when it is not what was stored.
pub(crate) fn open<'a>(stored: &'a [u8], object: &dyn std::fmt::Display) -> Result<&'a [u8]> {
    let begin = format!("{{\"{KEY}\":\"");
    let Some(place) = memmem::rfind(stored, begin.as_bytes()) else { return Ok(stored) };
    let (text, line) = stored.split_at_checked(place).unwrap_or((stored, &[]));
    let expected = format!("{begin}{}\"}}\n", digits(crc32fast::hash(text)));
    if line == expected.as_bytes() { Ok(text) } else { Err(damaged(object)) }
}

/// The member of a log entry's `commitInfo` that [`seal_entry`] fills in.
pub(crate) fn placeholder() -> (&'static str, String) {
    (KEY, "0".repeat(DIGITS))
}

fn place_in_entry(entry: &[u8]) -> Option<std::ops::Range<usize>> {
    let first = entry.split(|byte| *byte == b'\n').next()?;
    let key = format!("\"{KEY}\":\"");
    let from = memmem::find(first, key.as_bytes())? + key.len();
    (from + DIGITS <= first.len()).then_some(from..from + DIGITS)
}

fn checksum_of_entry(entry: &[u8], place: &std::ops::Range<usize>) -> Option<String> {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(entry.get(..place.start)?);
    hasher.update(&[b'0'; DIGITS]);
    hasher.update(entry.get(place.end..)?);
    Some(digits(hasher.finalize()))
}

/// Fills in the checksum of a log entry with a placeholder.
pub(crate) fn seal_entry(entry: &mut [u8]) {
    let Some(place) = place_in_entry(entry) else { return };
    if let (Some(checksum), Some(room)) = (checksum_of_entry(entry, &place), entry.get_mut(place)) {
        room.copy_from_slice(checksum.as_bytes());
    }
}

/// Checks a log entry, if it says what its checksum is.
///
/// # Errors
/// `Corrupt`, naming the object, when it is not what was stored.
pub(crate) fn check_entry(entry: &[u8], object: &dyn std::fmt::Display) -> Result<()> {
    match place_in_entry(entry) {
        Some(place) if checksum_of_entry(entry, &place).as_deref().map(str::as_bytes) != entry.get(place.clone()) => Err(damaged(object)),
        _ => Ok(()),
    }
}

fn damaged(object: &dyn std::fmt::Display) -> Error {
    Error::corrupt(format!("{object} is damaged: its checksum is another one; restore it from a backup"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_changed_bit_of_a_text_goes_unnoticed() {
        for text in ["{\"a\": 1}", "{\"a\": 1}\n{\"b\": \"{\\\"tidemill.crc32\\\":\\\"00000000\\\"}\"}\n", ""] {
            let sealed = seal(text.as_bytes().to_vec());
            assert_eq!(open(&sealed, &"a").unwrap().trim_ascii(), text.trim().as_bytes());
            for (place, bit) in (0..sealed.len()).flat_map(|place| (0..8).map(move |bit| (place, bit))) {
                let mut changed = sealed.clone();
                changed[place] ^= 1 << bit;
                match open(&changed, &"acme/models/1.json") {
                    Err(error) => assert!(error.to_string().starts_with("acme/models/1.json is damaged"), "{error}"),
                    // Where the key was hit the last line is no line of the text either.
                    Ok(read) => assert!(read.len() == changed.len() && place + 32 >= sealed.len(), "{place}"),
                }
            }
            assert!(open(&sealed[..sealed.len() - 1], &"a").is_err());
        }
        assert_eq!(open(b"{}", &"a").unwrap(), b"{}");
    }

    #[test]
    fn no_changed_bit_of_an_entry_goes_unnoticed() {
        let (key, room) = placeholder();
        let mut entry = format!("{{\"commitInfo\":{{\"note\":\"\\\"{key}\\\":\\\"1\\\"\",\"{key}\":\"{room}\",\"timestamp\":5}}}}\n{{\"add\":{{\"size\":7}}}}\n").into_bytes();
        seal_entry(&mut entry);
        check_entry(&entry, &"a").unwrap();
        let place = place_in_entry(&entry).unwrap();
        for (at, bit) in (0..entry.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            let mut changed = entry.clone();
            changed[at] ^= 1 << bit;
            // Without its key there is nothing to check against, and nothing else is changed.
            let unchecked = place_in_entry(&changed).is_none() && (place.start - key.len() - 5..place.end + 1).contains(&at);
            assert!(check_entry(&changed, &"a").is_err() || unchecked, "byte {at}, bit {bit}");
        }
        check_entry(b"{\"commitInfo\":{}}\n", &"a").unwrap();
    }
}
