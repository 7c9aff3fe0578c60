//! Makes sure that the folder of the web application exists, so that the server compiles before the web is built.

use std::path::Path;

const PLACEHOLDER: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Tidemill</title></head>\n\
<body><main><h1>Tidemill</h1><p>The server is running, but it was built without its web application. Run <code>cargo xtask demo</code>, \
or build <code>web/</code> first. The API is described at <a href=\"/api/docs\">/api/docs</a>.</p></main></body></html>\n";

fn main() -> std::io::Result<()> {
    let dist = Path::new("../../web/dist");
    let index = dist.join("index.html");
    if !index.exists() {
        std::fs::create_dir_all(dist)?;
        std::fs::write(&index, PLACEHOLDER)?;
    }
    println!("cargo::rerun-if-changed=../../web/dist");
    Ok(())
}
