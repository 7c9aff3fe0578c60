//! PostgreSQL: a cluster of its own in a temporary folder, reached by a socket in it, which ends with the value.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use postgres::{Client, Config, NoTls};
use tempfile::TempDir;

/// The table of the events.
const TABLE: &str = "create table events (event_at timestamp not null, event_type text, country text, device text, browser text, url text, user_id bigint, \
                     session_id bigint, duration_ms bigint, revenue double precision)";
/// What its manual advises for a machine that serves nothing else; everything else, durability too, is as it comes.
const SETTINGS: [&str; 6] = ["shared_buffers=2GB", "work_mem=64MB", "effective_cache_size=8GB", "max_wal_size=4GB", "max_connections=200", "listen_addresses="];

/// A running server with an empty table `events`.
pub struct PostgreSql {
    programs: PathBuf,
    folder: TempDir,
}

impl PostgreSql {
    /// Makes a cluster and starts it. `None`: PostgreSQL is not installed (Debian: `apt-get install postgresql`).
    ///
    /// # Errors
    /// When the cluster cannot be made or does not start.
    pub fn start() -> Result<Option<Self>> {
        let Some(programs) = programs() else { return Ok(None) };
        // A socket's path is short, so it cannot lie below a target folder.
        let folder = tempfile::Builder::new().prefix("tidemill-postgresql-").tempdir()?;
        if is_root() {
            let owned = Command::new("chown").arg("postgres:postgres").arg(folder.path()).status().context("chown")?;
            ensure!(owned.success(), "PostgreSQL refuses root, and there is no user postgres");
        }
        let server = Self { programs, folder };
        let data = server.data();
        server.run("initdb", &["--pgdata", &data, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"])?;
        let settings: Vec<String> = SETTINGS.iter().map(|setting| format!("-c {setting}")).collect();
        let options = format!("-k {} {}", server.folder.path().display(), settings.join(" "));
        let log = server.folder.path().join("log");
        server.run("pg_ctl", &["--pgdata", &data, "--wait", "--log", &log.display().to_string(), "--options", &options, "start"])?;
        server.connect()?.batch_execute(TABLE)?;
        Ok(Some(server))
    }

    /// A connection.
    ///
    /// # Errors
    /// When the server does not take it.
    pub fn connect(&self) -> Result<Client> {
        Ok(Config::new().host_path(self.folder.path()).user("postgres").dbname("postgres").connect(NoTls)?)
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let path = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args([OsStr::new("-u"), OsStr::new("postgres"), OsStr::new("--"), path.as_os_str()]);
            command
        } else {
            Command::new(&path)
        };
        let ended = command.args(arguments).current_dir(self.folder.path()).stdout(Stdio::null()).status().with_context(|| format!("run {}", path.display()))?;
        ensure!(ended.success(), "{program} of PostgreSQL ended with {ended}");
        Ok(())
    }
}

impl Drop for PostgreSql {
    fn drop(&mut self) {
        if let Err(error) = self.run("pg_ctl", &["--pgdata", &self.data(), "--mode", "immediate", "stop"]) {
            eprintln!("PostgreSQL did not stop: {error}");
        }
    }
}

/// The folder of the newest PostgreSQL.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let newest = versions
        .filter_map(|version| Some((version.file_name().to_str()?.parse::<u32>().ok()?, version.path())))
        .max_by_key(|(version, _)| *version);
    newest.map(|(_, path)| path.join("bin")).filter(|programs| programs.join("initdb").is_file())
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// A CSV file of events as PostgreSQL's `COPY` takes it: with a header.
///
/// # Errors
/// Whatever the server says.
pub fn copy(client: &mut Client, csv: &Path) -> Result<u64> {
    let mut writer = client.copy_in("copy events from stdin (format csv, header)")?;
    std::io::copy(&mut std::fs::File::open(csv)?, &mut writer)?;
    Ok(writer.finish()?)
}
