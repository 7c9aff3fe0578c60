//! A run of named steps: each says what it does, which of how many it is and how long it took; the first failure ends
//! the run, and a summary closes it either way.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// One thing to do.
pub(crate) struct Step {
    /// What it does, in the imperative.
    pub(crate) name: &'static str,
    /// How it does it.
    pub(crate) work: fn(&Workspace) -> Result<()>,
}

/// Runs the steps in order and stops at the first that fails.
pub(crate) fn run(workspace: &Workspace, steps: &[Step]) -> Result<()> {
    let start = Instant::now();
    let mut done: Vec<(&str, Duration)> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        println!("\n[{}/{}] {} (after {})", index + 1, steps.len(), step.name, shown(start.elapsed()));
        let begun = Instant::now();
        let outcome = (step.work)(workspace);
        done.push((step.name, begun.elapsed()));
        if let Err(error) = outcome {
            summary(&done, steps, start.elapsed(), true);
            return Err(error).with_context(|| format!("step {} of {}, {}", index + 1, steps.len(), step.name));
        }
    }
    summary(&done, steps, start.elapsed(), false);
    Ok(())
}

fn summary(done: &[(&str, Duration)], steps: &[Step], total: Duration, failed: bool) {
    println!("\n{:-<60}", "summary ");
    for (index, step) in steps.iter().enumerate() {
        match done.get(index) {
            Some((name, took)) if failed && index + 1 == done.len() => println!("FAILED   {:>8}  {name}", shown(*took)),
            Some((name, took)) => println!("ok       {:>8}  {name}", shown(*took)),
            None => println!("not run            {}", step.name),
        }
    }
    println!("{} in {}", if failed { "FAILED" } else { "passed" }, shown(total));
}

/// `850 ms`, `12.3 s`, `4 min 05 s`.
fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match duration.as_millis() {
        0..1_000 => format!("{} ms", duration.as_millis()),
        1_000..60_000 => format!("{:.1} s", duration.as_secs_f64()),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Workspace {
        Workspace { root: ".".into(), target: "target".into() }
    }

    #[test]
    fn the_first_failure_ends_the_run_and_is_named() {
        let steps =
            [Step { name: "count", work: |_| Ok(()) }, Step { name: "stumble", work: |_| anyhow::bail!("over a stone") }, Step { name: "never", work: |_| panic!("must not run") }];
        let error = format!("{:#}", run(&here(), &steps).unwrap_err());
        assert_eq!(error, "step 2 of 3, stumble: over a stone");
    }

    #[test]
    fn durations_are_readable() {
        for (duration, expected) in [(850, "850 ms"), (12_300, "12.3 s"), (245_000, "4 min 05 s")] {
            assert_eq!(shown(Duration::from_millis(duration)), expected);
        }
    }
}
