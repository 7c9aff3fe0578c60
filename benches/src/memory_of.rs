//! The most memory that a piece of work takes: it runs in a process of its own, which reads from the system what it held at most
//! (`VmHWM`, resident, with the pages of the program and of files that it has mapped) and says it in its last line.

use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Begins the line in which a child says what it held.
const WORD: &str = "peak_kib:";

/// Runs this program again with other arguments; gives the bytes that it held at most. The child ends with [`tell`].
///
/// # Errors
/// When the child fails or says nothing.
pub fn child(args: &[String]) -> Result<f64> {
    let program = std::env::current_exe().context("find this program")?;
    let output = Command::new(program).args(args).output().context("start a child")?;
    ensure!(output.status.success(), "a child failed: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let told = text.lines().rev().find_map(|line| line.strip_prefix(WORD)).context("a child did not say what it held")?;
    Ok(told.trim().parse::<f64>().context("read what a child held")? * 1_024.0)
}

/// Says what this process held at most, for the one that started it.
///
/// # Errors
/// When the system does not say it.
pub fn tell() -> Result<()> {
    let status = std::fs::read_to_string("/proc/self/status").context("read /proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("the system does not say VmHWM")?;
    println!("{WORD}{}", line.trim().trim_end_matches("kB").trim());
    Ok(())
}
