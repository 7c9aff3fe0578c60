//! Relative ranges as Cube means them, in our words. What both mean alike stays as it is written, and is read by the engine.
//!
//! `from 7 days ago to now` is eight whole days there and ends with today; ours goes to the microsecond. Cube also has words for
//! what is to come, which we write as ends that are counted from now.

use serde_json::Value;

/// Units, with their letters in our grammar.
const UNITS: [(&str, char); 8] = [("second", 's'), ("minute", 'm'), ("hour", 'h'), ("day", 'd'), ("week", 'w'), ("month", 'M'), ("quarter", 'Q'), ("year", 'y')];
/// Units of one range at most; what has more is left to the engine, which says what is wrong.
const COUNT_MAX: u32 = 100_000;

/// Puts a range into our words, where it is one text, alone or in a list.
pub(super) fn rewrite(range: &mut Value) {
    let one = match range {
        Value::Array(list) => match list.as_mut_slice() {
            [one] => one,
            _ => return,
        },
        one => one,
    };
    if let Some(text) = one.as_str().and_then(ours) {
        *one = text.into();
    }
}

/// The range in our words, where Cube's mean something else or are none of ours.
fn ours(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    match words.as_slice() {
        ["tomorrow"] => next("1", "day"),
        ["next", unit] => next("1", unit),
        ["next", count, unit] => next(count, unit),
        ["from", ends @ ..] => {
            let ends: Vec<&[&str]> = ends.split(|word| *word == "to").collect();
            let [from, to] = ends.as_slice() else { return None };
            let (from, to) = (end(from)?, end(to)?);
            // Whole seconds, minutes or hours where these are named, the narrowest first; else whole days.
            let named = |letter: &char| [from.1, to.1].contains(&Some(*letter));
            let whole = ['s', 'm', 'h'].into_iter().find(named).unwrap_or('d');
            Some(format!("now{}/{whole} to now{}/{whole}", from.0, to.0))
        }
        _ => None,
    }
}

/// Whole units after the one in which now lies.
fn next(count: &str, unit: &str) -> Option<String> {
    let (count, letter) = counted(count, unit)?;
    Some(format!("now+1{letter}/{letter} to now+{count}{letter}/{letter}"))
}

/// How far an end is from now, and the letter of its unit.
fn end(words: &[&str]) -> Option<(String, Option<char>)> {
    let (sign, count, unit) = match words {
        ["now"] => return Some((String::new(), None)),
        [count, unit, "ago"] => ('-', count, unit),
        [count, unit, "from", "now"] => ('+', count, unit),
        _ => return None,
    };
    let (count, letter) = counted(count, unit)?;
    Some((format!("{sign}{count}{letter}"), Some(letter)))
}

fn counted(count: &str, unit: &str) -> Option<(u32, char)> {
    let count = count.parse::<u32>().ok().filter(|count| (1..=COUNT_MAX).contains(count))?;
    let unit = unit.strip_suffix('s').unwrap_or(unit);
    UNITS.iter().find(|(name, _)| *name == unit).map(|(_, letter)| (count, *letter))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ranges_mean_what_they_mean_to_cube() {
        for (text, expected) in [
            ("from 7 days ago to now", "now-7d/d to now/d"),
            ("From 1 Day ago to now", "now-1d/d to now/d"),
            ("from 2 weeks ago to now", "now-2w/d to now/d"),
            ("from 3 months ago to now", "now-3M/d to now/d"),
            ("from 1 quarter ago to now", "now-1Q/d to now/d"),
            ("from 2 hours ago to now", "now-2h/h to now/h"),
            ("from 90 minutes ago to now", "now-90m/m to now/m"),
            ("from 5 seconds ago to now", "now-5s/s to now/s"),
            ("from 2 hours ago to 30 minutes from now", "now-2h/m to now+30m/m"),
            ("from now to 2 weeks from now", "now/d to now+2w/d"),
            ("from 7 days ago to 2 days ago", "now-7d/d to now-2d/d"),
            ("tomorrow", "now+1d/d to now+1d/d"),
            ("next month", "now+1M/M to now+1M/M"),
            ("next 3 months", "now+1M/M to now+3M/M"),
        ] {
            let mut range = json!(text);
            rewrite(&mut range);
            assert_eq!(range, json!(expected), "{text}");
            let range: tidemill::DateRange = serde_json::from_value(range).unwrap();
            assert!(range.canonical().is_ok(), "{text} becomes {range:?}, which the engine does not read");
        }
        let mut alone = json!(["from 7 days ago to now"]);
        rewrite(&mut alone);
        assert_eq!(alone, json!(["now-7d/d to now/d"]));
    }

    #[test]
    fn what_both_mean_alike_and_what_is_ours_stays() {
        for range in [
            json!("last 7 days"),
            json!("this month"),
            json!("today"),
            json!("2024-01-01"),
            json!(["2024-01-01", "2024-01-31"]),
            json!("now-7d to now"),
            json!("from 3 business days ago to now"),
            json!("from 7 days ago to now of data"),
            json!("from 0 days ago to now"),
            json!("from many days ago to now"),
            json!("from 7 moons ago to now"),
            json!(7),
        ] {
            let mut rewritten = range.clone();
            rewrite(&mut rewritten);
            assert_eq!(rewritten, range);
        }
    }
}
