//! The result of a scenario: a table for people and `results/<scenario>.json` for documents that quote it.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::machine;
use crate::measure::geometric_mean;

/// One line of a result. `ours` and `peers` are medians of the same run.
#[derive(Debug, Clone)]
pub struct Row {
    /// What was done.
    pub workload: String,
    /// Of `ours` and `peers`.
    pub unit: &'static str,
    /// Tidemill.
    pub ours: f64,
    /// The others.
    pub peers: Vec<(&'static str, f64)>,
    /// What we want, as a sentence.
    pub target: String,
    /// Whether we have it.
    pub holds: bool,
}

/// The result of a scenario.
#[derive(Debug)]
pub struct Report {
    scenario: &'static str,
    data: Value,
    notes: Vec<&'static str>,
    rows: Vec<Row>,
    machine: Value,
}

impl Report {
    /// A result without rows. Notes say what is warm and what a reader must know.
    pub fn new(scenario: &'static str, data: Value, notes: &[&'static str]) -> Self {
        Self { scenario, data, notes: notes.to_vec(), rows: Vec::new(), machine: machine::describe() }
    }

    /// Adds a line.
    pub fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Prints the table and writes the file.
    pub fn finish(&self) -> Result<()> {
        self.print();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
        std::fs::create_dir_all(&folder).context("create the folder of results")?;
        let path = folder.join(format!("{}.json", self.scenario));
        let text = serde_json::to_string_pretty(&self.to_json())?;
        std::fs::write(&path, text + "\n").with_context(|| format!("write {}", path.display()))?;
        println!("\nwritten to benches/results/{}.json", self.scenario);
        Ok(())
    }

    fn to_json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                let peers: Map<String, Value> = row.peers.iter().map(|(name, value)| ((*name).to_owned(), rounded(*value))).collect();
                json!({"workload": row.workload, "unit": row.unit, "ours": rounded(row.ours), "peers": peers, "target": row.target, "holds": row.holds})
            })
            .collect();
        json!({"scenario": self.scenario, "commit": machine::commit(), "machine": self.machine, "data": self.data, "command": command(self.scenario), "notes": self.notes, "rows": rows})
    }

    fn print(&self) {
        println!("\n{} ({} cores; ratios are ours / peer, below 1 we are faster)\n", self.scenario, machine::cores());
        let names: Vec<&str> = self.rows.first().map(|row| row.peers.iter().map(|(name, _)| *name).collect()).unwrap_or_default();
        print!("{:<44} {:>12}", "workload", "tidemill");
        for name in &names {
            print!(" {name:>19} {:>6}", "ratio");
        }
        println!("  target");
        for row in &self.rows {
            print!("{:<44} {:>9.2} {:<2}", row.workload, row.ours, row.unit);
            for (_, value) in &row.peers {
                print!(" {value:>16.2} {:<2} {:>6.2}", row.unit, row.ours / value);
            }
            println!("  {} {}", if row.holds { "holds:" } else { "FAILS:" }, row.target);
        }
        for name in names {
            let ratios: Vec<f64> = self.rows.iter().filter_map(|row| row.peers.iter().find(|(peer, _)| *peer == name).map(|(_, value)| row.ours / value)).collect();
            println!("geometric mean of ours / {name}: {:.2}", geometric_mean(&ratios));
        }
    }
}

/// Three digits after the point are more than the clock is worth.
fn rounded(value: f64) -> Value {
    json!((value * 1e3).round() / 1e3)
}

/// How this program was started, as one would type it.
fn command(scenario: &str) -> String {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let args = if args.is_empty() { String::new() } else { format!(" -- {}", args.join(" ")) };
    format!("cargo xtask bench {scenario}{args}")
}
