//! Time and the environment are handed in: the system clock is asked in files called `clock.rs` only, and the engine
//! reads no environment variables at all.

use super::{File, Problem};

const TIME: [&str; 4] = ["Utc::now(", "Local::now(", "SystemTime::now(", "OffsetDateTime::now_utc("];
const ENVIRONMENT: [&str; 4] = ["env::var(", "env::var_os(", "env::vars(", "env::vars_os("];

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    let shipped = files.iter().filter(|file| file.is_rust() && file.path.starts_with("crates/") && file.path.contains("/src/"));
    shipped
        .flat_map(|file| {
            let may_ask_time = file.path.ends_with("/clock.rs");
            let may_ask_environment = !file.path.starts_with("crates/engine/");
            let find = |text: &str, names: &[&'static str]| names.iter().find(|name| text.contains(**name)).copied();
            file.shipped_lines()
                .filter_map(|(line, text)| {
                    let time = find(text, &TIME).filter(|_| !may_ask_time).map(|name| format!("`{name})` outside clock.rs: take a clock"));
                    let environment = find(text, &ENVIRONMENT).filter(|_| !may_ask_environment).map(|name| format!("`{name})` in the engine: take a setting"));
                    time.or(environment).map(|message| Problem::error(file, line, message))
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::files;
    use super::*;

    #[test]
    fn clocks_and_environment_are_found_where_they_do_not_belong() {
        let problems = check(&files([
            ("crates/engine/src/clock.rs", "Utc::now()"),
            ("crates/engine/src/engine.rs", "let a = Utc::now();\nlet b = std::env::var(\"HOME\");"),
            ("crates/server/src/config.rs", "std::env::var(\"TIDEMILL_PORT\")"),
            ("crates/server/src/auth.rs", "SystemTime::now()\n#[cfg(test)]\nmod tests { fn t() { Utc::now(); } }"),
        ]));
        let found: Vec<_> = problems.iter().map(|problem| (problem.path.as_str(), problem.line)).collect();
        assert_eq!(found, [("crates/engine/src/engine.rs", 1), ("crates/engine/src/engine.rs", 2), ("crates/server/src/auth.rs", 1)]);
    }
}
