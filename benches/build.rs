//! Lets the benches find DuckDB's shared library at run time, where `cargo xtask` has put it.
#![allow(clippy::print_stdout, reason = "cargo's protocol for build scripts is standard output")]

use std::env;

const LIBRARY_FOLDER: &str = "DUCKDB_LIB_DIR";

fn main() {
    println!("cargo::rerun-if-env-changed={LIBRARY_FOLDER}");
    if let Ok(folder) = env::var(LIBRARY_FOLDER) {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{folder}");
    }
}
