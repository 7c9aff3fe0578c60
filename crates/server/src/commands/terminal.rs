//! Words to the person at the terminal: answers to standard output, everything else to standard error.

use std::io::Write;

/// A line of the answer. A closed pipe is not an error worth a word.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// A line beside the answer.
pub fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Replaces the last line beside the answer.
pub fn redraw(line: &str) {
    let mut out = std::io::stderr().lock();
    let _ = write!(out, "\r\u{1b}[2K{line}");
    let _ = out.flush();
}

/// Bytes for people: `12.3 MB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1_000.0;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or("B");
    if unit == 0 { format!("{count} {name}") } else { format!("{value:.1} {name}") }
}

#[cfg(test)]
mod tests {
    #[test]
    fn bytes_for_people() {
        for (count, expected) in [(0, "0 B"), (999, "999 B"), (8_206_422, "8.2 MB"), (2_147_483_648, "2.1 GB")] {
            assert_eq!(super::bytes(count), expected);
        }
    }
}
