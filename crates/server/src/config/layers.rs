//! How the layers of the configuration are laid over each other: file, environment, flags.

use std::path::Path;

use anyhow::{Context, bail};
use toml::{Table, Value};

use super::Settings;

/// The prefix of variables that the server reads: `TIDEMILL_HTTP__ADDRESS` sets `http.address`.
pub const PREFIX: &str = "TIDEMILL_";

/// A flag: the path of the setting and its text.
pub type Flag = (&'static str, String);

/// Reads the settings of a process.
///
/// # Errors
/// An unreadable file, an unknown key, a value of the wrong type or out of range.
pub fn read(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>, flags: &[Flag]) -> anyhow::Result<Settings> {
    let mut table = match file {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| format!("read configuration {}", path.display()))?;
            text.parse::<Table>().with_context(|| format!("parse configuration {}", path.display()))?
        }
        None => Table::new(),
    };
    let defaults = Value::try_from(Settings::default()).context("write the default settings")?;
    for (name, text) in environment {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let path = rest.to_lowercase().replace("__", ".");
        set(&mut table, &defaults, &path, &text).with_context(|| format!("environment variable {name}"))?;
    }
    for (path, text) in flags {
        set(&mut table, &defaults, path, text)?;
    }
    let settings: Settings = serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| anyhow::anyhow!("setting {}: {}", error.path(), error.inner().message()))?;
    settings.validate()?;
    Ok(settings)
}

/// Puts a text at a path, as the type that the default there has.
fn set(table: &mut Table, defaults: &Value, path: &str, text: &str) -> anyhow::Result<()> {
    let default = path.split('.').try_fold(defaults, |value, key| value.get(key));
    let value = match default {
        Some(Value::Integer(_)) => Value::Integer(text.replace('_', "").parse().with_context(|| format!("{path} is a whole number, not {text:?}"))?),
        Some(Value::Boolean(_)) => Value::Boolean(text.parse().with_context(|| format!("{path} is true or false, not {text:?}"))?),
        Some(Value::Array(_)) => Value::Array(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Value::from).collect()),
        Some(Value::Table(_)) => bail!("{path} is a section; name a setting inside it, for instance with two underscores"),
        _ => Value::String(text.to_owned()),
    };
    let (parents, leaf) = path.rsplit_once('.').unwrap_or(("", path));
    let mut place = table;
    for key in parents.split('.').filter(|key| !key.is_empty()) {
        let Value::Table(next) = place.entry(key).or_insert_with(|| Value::Table(Table::new())) else { bail!("{key} is not a section") };
        place = next;
    }
    place.insert(leaf.to_owned(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn later_layers_win() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tidemill.toml");
        std::fs::write(&file, "data_dir = \"/a\"\n[http]\nrequests_per_minute = 20\naddress = \"127.0.0.1:1\"\n").unwrap();
        let variables = [("TIDEMILL_HTTP__REQUESTS_PER_MINUTE", "30"), ("TIDEMILL_HTTP__ADDRESS", "127.0.0.1:2"), ("OTHER", "x")];
        let settings = read(Some(&file), environment(&variables), &[("http.address", "127.0.0.1:3".into())]).unwrap();
        assert_eq!(settings.data_dir, Path::new("/a"));
        assert_eq!(settings.http.requests_per_minute, 30);
        assert_eq!(settings.http.address.port(), 3);
        let variables = [("TIDEMILL_HTTP__CUBE_ORIGINS", "https://a.example, https://b.example:8443")];
        assert_eq!(read(Some(&file), environment(&variables), &[]).unwrap().http.cube_origins, ["https://a.example", "https://b.example:8443"]);
    }

    #[test]
    fn unknown_keys_and_wrong_types_are_errors() {
        for (variables, expected) in [
            ([("TIDEMILL_HTPP__ADDRESS", "x")], "htpp"),
            ([("TIDEMILL_HTTP__ADRESS", "x")], "adress"),
            ([("TIDEMILL_HTTP__REQUESTS_PER_MINUTE", "many")], "whole number"),
            ([("TIDEMILL_HTTP", "x")], "section"),
            ([("TIDEMILL_AUTH__SECRET", "short")], "auth.secret"),
        ] {
            let error = format!("{:#}", read(None, environment(&variables), &[]).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }
}
