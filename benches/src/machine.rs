//! What a figure was measured on.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

/// Processor, cores, memory, system.
pub fn describe() -> Value {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .and_then(|rest| rest.split_once(':'))
        .map(|(_, name)| name.trim().to_owned());
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    json!({
        "processor": processor,
        "cores": cores(),
        "memory_gib": kilobytes.map(|kilobytes| kilobytes / (1 << 20)),
        "system": format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        "load_average_at_start": fs::read_to_string("/proc/loadavg").ok().and_then(|text| text.split(' ').next().and_then(|first| first.parse::<f64>().ok())),
    })
}

/// Cores that a program may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}

/// The commit of the checkout, with a mark when files differ from it.
pub fn commit() -> String {
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "HEAD"]) else { return "none".to_owned() };
    // Results of earlier scenarios of the same run do not make a commit another one.
    let changed = git(&["status", "--porcelain", "--", ".", ":(exclude)results"]).is_none_or(|text| !text.is_empty());
    if changed { format!("{commit} with changes") } else { commit }
}
