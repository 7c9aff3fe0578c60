//! Outside commands with a deadline. The command stays in our process group, so that Ctrl-C reaches it too; when its
//! time is over it and everything that it started are killed.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const POLL: Duration = Duration::from_millis(20);

/// A command to be run.
pub(crate) struct Command {
    program: OsString,
    args: Vec<OsString>,
    directory: Option<PathBuf>,
    environment: Vec<(OsString, OsString)>,
    deadline: Duration,
}

impl Command {
    /// A command with a deadline of ten minutes, unless told otherwise.
    pub(crate) fn new<A: AsRef<OsStr>>(program: impl AsRef<OsStr>, args: impl IntoIterator<Item = A>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            args: args.into_iter().map(|arg| arg.as_ref().to_owned()).collect(),
            directory: None,
            environment: Vec::new(),
            deadline: Duration::from_secs(600),
        }
    }

    /// The cargo that runs us.
    pub(crate) fn cargo<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Self {
        Self::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), args)
    }

    /// Adds arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Where it runs.
    pub(crate) fn directory(mut self, directory: impl AsRef<Path>) -> Self {
        self.directory = Some(directory.as_ref().to_owned());
        self
    }

    /// A variable of its environment.
    pub(crate) fn environment(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// When it is killed.
    pub(crate) fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Runs it with our terminal; anything but success is an error.
    pub(crate) fn run(self) -> Result<()> {
        println!("  $ {}", self.shown());
        let mut child = self.prepared().spawn().with_context(|| format!("start `{}`", self.shown()))?;
        let status = self.wait(&mut child)?;
        if !status.success() {
            bail!("`{}` ended with {status}", self.shown());
        }
        Ok(())
    }

    /// Runs it silently and gives what it printed; anything but success is an error that holds what it complained of.
    pub(crate) fn output(self) -> Result<String> {
        let mut child = self
            .prepared()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("start `{}`", self.shown()))?;
        let stdout = child.stdout.take().map(read_in_background);
        let stderr = child.stderr.take().map(read_in_background);
        let status = self.wait(&mut child)?;
        let [stdout, stderr] = [stdout, stderr].map(|reader| reader.and_then(|reader| reader.join().ok()).unwrap_or_default());
        if !status.success() {
            bail!("`{}` ended with {status}\n{}", self.shown(), String::from_utf8_lossy(&stderr).trim_end());
        }
        String::from_utf8(stdout).with_context(|| format!("read the output of `{}`", self.shown()))
    }

    /// Becomes the command. Returns only when that fails.
    #[cfg(unix)]
    pub(crate) fn replace(self) -> Result<()> {
        use std::os::unix::process::CommandExt;
        println!("  $ {}", self.shown());
        let error = self.prepared().exec();
        Err(error).with_context(|| format!("start `{}`", self.shown()))
    }

    /// Runs the command to its end, without a deadline.
    #[cfg(not(unix))]
    pub(crate) fn replace(mut self) -> Result<()> {
        self.deadline = Duration::MAX;
        self.run()
    }

    fn prepared(&self) -> std::process::Command {
        let mut command = std::process::Command::new(&self.program);
        command.args(&self.args);
        // `cargo run` describes xtask's own package to it. Build scripts that look at such variables would run anew
        // whenever cargo is called now by xtask and now by hand, and everything above them would be compiled again.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_") || name.to_string_lossy().starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        command
    }

    fn shown(&self) -> String {
        let program = Path::new(&self.program).file_name().unwrap_or(&self.program).to_string_lossy().into_owned();
        let environment = self.environment.iter().map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy()));
        let args = self.args.iter().map(|arg| arg.to_string_lossy().into_owned());
        environment.chain(std::iter::once(program)).chain(args).collect::<Vec<_>>().join(" ")
    }

    #[expect(clippy::disallowed_methods, reason = "the standard library has no wait with a deadline")]
    fn wait(&self, child: &mut Child) -> Result<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait().with_context(|| format!("wait for `{}`", self.shown()))? {
                return Ok(status);
            }
            if start.elapsed() >= self.deadline {
                kill_with_descendants(child);
                bail!("`{}` did not end within {} s and was killed", self.shown(), self.deadline.as_secs());
            }
            std::thread::sleep(POLL);
        }
    }
}

fn read_in_background(mut pipe: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

fn kill_with_descendants(child: &mut Child) {
    let doomed = descendants(child.id(), &parents());
    let _ = child.kill();
    let _ = child.wait();
    for id in doomed {
        let _ = std::process::Command::new("kill").args(["-KILL", &id.to_string()]).stderr(Stdio::null()).status();
    }
}

/// Parent of every process, where the system tells (Linux); elsewhere only the command itself is killed.
fn parents() -> HashMap<u32, u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return HashMap::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let id: u32 = entry.file_name().to_str()?.parse().ok()?;
            let status = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name, in brackets, may hold anything; the state and the parent follow it.
            let parent = status.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
            Some((id, parent))
        })
        .collect()
}

fn descendants(of: u32, parents: &HashMap<u32, u32>) -> Vec<u32> {
    let mut found = vec![of];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(parents.iter().filter(|(_, its_parent)| **its_parent == parent).map(|(id, _)| *id));
        next += 1;
    }
    found.remove(0);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_hangs_is_killed() {
        let start = Instant::now();
        let error = Command::new("sh", ["-c", "sleep 60; true"]).deadline(Duration::from_millis(100)).run().unwrap_err();
        assert!(error.to_string().contains("was killed"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_failing_command_says_what_it_said() {
        let error = Command::new("sh", ["-c", "echo no such luck >&2; exit 3"]).output().unwrap_err().to_string();
        assert!(error.contains("no such luck") && error.contains('3'), "{error}");
    }

    #[test]
    fn descendants_are_found_through_their_parents() {
        let parents = HashMap::from([(2, 1), (3, 2), (4, 3), (5, 1), (9, 8)]);
        let mut found = descendants(2, &parents);
        found.sort_unstable();
        assert_eq!(found, [3, 4]);
    }
}
