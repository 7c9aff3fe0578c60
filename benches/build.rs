//! Lets the benches find DuckDB's shared library at run time, where `cargo xtask` has put it, and know their profile.
#![allow(clippy::print_stdout, reason = "cargo's protocol for build scripts is standard output")]

use std::env;
use std::path::Path;

const LIBRARY_FOLDER: &str = "DUCKDB_LIB_DIR";

fn main() {
    println!("cargo::rerun-if-env-changed={LIBRARY_FOLDER}");
    if let Ok(folder) = env::var(LIBRARY_FOLDER) {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{folder}");
    }
    // `PROFILE` says `release` for every profile made from it; the folder of the output says which one it is:
    // <target>/<profile>/build/<package>/out.
    let out = env::var("OUT_DIR").unwrap_or_default();
    let profile = Path::new(&out).ancestors().nth(3).and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    println!("cargo::rustc-env=TIDEMILL_BENCH_PROFILE={}", profile.unwrap_or_default());
}
