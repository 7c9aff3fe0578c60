//! Scenario `service`: the real binary with ten datasets; how long from start to ready, and how much memory when idle.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark reports to a terminal")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use serde_json::json;
use tidemill_benches::http::{free_address, status};
use tidemill_benches::measure::median_ms;
use tidemill_benches::report::{Report, Row};

const NOTES: [&str; 3] = [
    "The binary is the one that TIDEMILL_BIN names: `cargo xtask bench service` builds it in the demo profile, web application inside.",
    "Ready means that /readyz answers 200, so store and metadata answer; files are in the page cache from the start before.",
    "Memory is the resident set five seconds after that, with nobody connected.",
];
const TENANT: &str = "bench";
/// Files of examples/data, loaded twice each under different names.
const FILES: [&str; 5] = ["flights.csv.gz", "weather.csv", "planes.csv", "airports.csv", "airlines.csv"];
const READY_MAX_MS: f64 = 1_000.0;
const MEMORY_MAX_MIB: f64 = 150.0;
const GIVE_UP: Duration = Duration::from_secs(60);
const IDLE: Duration = Duration::from_secs(5);

#[derive(Parser)]
struct Args {
    /// Timed starts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// The binary.
    #[arg(long, env = "TIDEMILL_BIN")]
    binary: PathBuf,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let work = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(&work)?;
    let folder = tempfile::tempdir_in(&work)?;
    fill(&args.binary, folder.path())?;
    let mut report = Report::new("service", json!({"datasets": 2 * FILES.len(), "files": FILES, "rounds": args.rounds}), &NOTES);

    let mut starts = Vec::new();
    let mut memory = Vec::new();
    for round in 0..=args.rounds {
        let (server, time) = Server::start(&args.binary, folder.path())?;
        if round > 0 {
            starts.push(time);
            idle();
            memory.push(server.resident_mib()?);
        }
    }
    memory.sort_unstable_by(f64::total_cmp);
    let (ready, resident) = (median_ms(&starts), memory.get(memory.len() / 2).copied().context("no rounds")?);
    report.push(row("start to ready, 10 datasets", "ms", ready, READY_MAX_MS));
    report.push(row("resident memory, idle, 10 datasets", "MiB", resident, MEMORY_MAX_MIB));
    report.finish()
}

fn row(workload: &str, unit: &'static str, ours: f64, most: f64) -> Row {
    Row { workload: workload.to_owned(), unit, ours, peers: Vec::new(), target: format!("below {most} {unit}"), holds: ours < most }
}

/// Makes a tenant with ten datasets.
fn fill(binary: &Path, folder: &Path) -> Result<()> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data");
    let run = |order: &str, args: &[&str]| {
        let output = command(binary).args([order, "--data-dir"]).arg(folder).args(args).output().context("start tidemill")?;
        ensure!(output.status.success(), "tidemill {order} {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
        Ok(())
    };
    run("admin", &["create-tenant", TENANT])?;
    for file in FILES {
        let path = examples.join(file);
        let stem = file.split('.').next().unwrap_or(file);
        for copy in ["a", "b"] {
            run("import", &["--tenant", TENANT, "--dataset", &format!("{stem}_{copy}"), path.to_str().context("the path is not UTF-8")?])?;
        }
    }
    Ok(())
}

/// The binary without the variable that named it: the server takes every TIDEMILL_* for a setting.
fn command(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    command.env_remove("TIDEMILL_BIN");
    command
}

/// A running server; ends with its value.
struct Server {
    process: Child,
}

impl Server {
    fn start(binary: &Path, folder: &Path) -> Result<(Self, Duration)> {
        let address: SocketAddr = free_address()?;
        let start = Instant::now();
        let process = command(binary)
            .args(["serve", "--address", &address.to_string(), "--data-dir"])
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("start tidemill")?;
        let mut server = Self { process };
        while status(address, "/readyz").ok() != Some(200) {
            if let Some(ended) = server.process.try_wait()? {
                bail!("tidemill ended with {ended}");
            }
            ensure!(start.elapsed() < GIVE_UP, "tidemill is not ready after {} s", GIVE_UP.as_secs());
            pause(Duration::from_millis(2));
        }
        Ok((server, start.elapsed()))
    }

    fn resident_mib(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).context("read the memory of the server")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("find the resident set")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().context("read the resident set")?;
        Ok(kib / 1_024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn idle() {
    pause(IDLE);
}

#[expect(clippy::disallowed_methods, reason = "an outside process is watched; it raises no event")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}
