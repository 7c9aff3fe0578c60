//! Settings of the server: plain data; defaults, then a file, then the environment, then flags. An unknown key is an
//! error, and everything is checked before anything is opened.

pub mod encryption;
pub mod layers;
pub mod secret;
pub mod store;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};

use self::encryption::EncryptionSettings;
use self::secret::Secret;
use self::store::StoreSettings;

/// Stands for every origin.
pub const ANY_ORIGIN: &str = "*";

/// Everything an operator can set.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Folder of all stored things: data, accounts, keys.
    pub data_dir: PathBuf,
    /// The listener and its limits.
    pub http: HttpSettings,
    /// Sessions.
    pub auth: AuthSettings,
    /// Logs.
    pub log: LogSettings,
    /// Where data is stored.
    pub store: StoreSettings,
    /// Encryption of stored data.
    pub encryption: EncryptionSettings,
    /// The engine; its own documentation says what each does.
    pub engine: tidemill::Settings,
}

/// The listener and its limits.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    /// Address and port to listen on. Put a TLS proxy in front of any address that is not this machine.
    pub address: SocketAddr,
    /// What browsers see as origin, for instance `https://bi.example.com`. Without it the `Host` header decides. Set it behind a proxy.
    pub public_origin: Option<String>,
    /// Bytes of an uploaded file at most. Range 1 KiB to 1 TiB.
    pub max_upload_bytes: u64,
    /// Files that a tenant may have staged at a time. Range 1 to 1,000.
    pub max_staged_uploads: usize,
    /// Requests that one caller may make a minute; a burst may be a tenth of it. Range 10 to 1,000,000.
    pub requests_per_minute: u32,
    /// Seconds that running work gets at shutdown. Range 1 to 600.
    pub shutdown_seconds: u64,
    /// Milliseconds after which a question in Cube's dialect is told to go on waiting. Range 0 to 60,000. Lower it where a proxy ends
    /// requests earlier.
    pub continue_wait_ms: u64,
    /// Origins whose pages may ask in Cube's dialect, for instance `["https://shop.example.com"]`; `["*"]` for any. In the environment
    /// with commas between them. Our own pages need none. Default: none.
    pub cube_origins: Vec<String>,
}

/// Sessions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthSettings {
    /// Key of access tokens, at least 32 characters. Leave it out: the server then makes one and keeps it in the data folder.
    /// Set it when several servers share accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
}

/// Logs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// For people or for machines.
    pub format: LogFormat,
    /// What to log, in the syntax of `tracing` filters, for instance `info,tidemill=debug`.
    pub filter: String,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("./data"),
            http: HttpSettings::default(),
            auth: AuthSettings::default(),
            log: LogSettings::default(),
            store: StoreSettings::default(),
            encryption: EncryptionSettings::default(),
            engine: tidemill::Settings::default(),
        }
    }
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_origin: None,
            max_upload_bytes: 2 << 30,
            max_staged_uploads: 20,
            requests_per_minute: 3_000,
            shutdown_seconds: 30,
            continue_wait_ms: 5_000,
            cube_origins: Vec::new(),
        }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::Human, filter: "info".to_owned() }
    }
}

impl Settings {
    /// Checks every range and secret.
    ///
    /// # Errors
    /// Names the setting and what it must be.
    pub fn validate(&self) -> anyhow::Result<()> {
        ensure!(!self.data_dir.as_os_str().is_empty(), "setting data_dir is empty; name a folder");
        let ranges = [
            ("http.max_upload_bytes", self.http.max_upload_bytes, 1 << 10, 1 << 40),
            ("http.max_staged_uploads", self.http.max_staged_uploads as u64, 1, 1_000),
            ("http.requests_per_minute", u64::from(self.http.requests_per_minute), 10, 1_000_000),
            ("http.shutdown_seconds", self.http.shutdown_seconds, 1, 600),
            ("http.continue_wait_ms", self.http.continue_wait_ms, 0, 60_000),
        ];
        for (name, value, low, high) in ranges {
            ensure!((low..=high).contains(&value), "setting {name} is {value}; it must lie between {low} and {high}");
        }
        if let Some(origin) = &self.http.public_origin {
            check_origin("http.public_origin", origin)?;
        }
        for origin in self.http.cube_origins.iter().filter(|origin| *origin != ANY_ORIGIN) {
            check_origin("http.cube_origins", origin)?;
        }
        if let Some(secret) = &self.auth.secret {
            secret.check_strength().map_err(|reason| anyhow::anyhow!("setting auth.secret {reason}"))?;
        }
        self.store.s3()?;
        self.encryption.keys()?;
        tracing_subscriber::EnvFilter::try_new(&self.log.filter).context("setting log.filter")?;
        self.engine.validate().map_err(|error| anyhow::anyhow!("engine: {error}"))?;
        Ok(())
    }
}

/// Checks what browsers call the origin of a page.
fn check_origin(setting: &str, origin: &str) -> anyhow::Result<()> {
    let url = url::Url::parse(origin).with_context(|| format!("setting {setting} {origin:?} is not a URL"))?;
    ensure!(
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == *origin && !origin.contains(ANY_ORIGIN),
        "setting {setting} {origin:?} must be scheme and host only, for instance https://bi.example.com"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        Settings::default().validate().unwrap();
    }

    /// The names of all settings below a path that have a default.
    fn collect(path: &str, value: &toml::Value, names: &mut Vec<String>) {
        match value {
            toml::Value::Table(table) => {
                for (key, inside) in table {
                    collect(&if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, inside, names);
                }
            }
            _ => names.push(path.to_owned()),
        }
    }

    #[test]
    fn every_setting_is_in_the_guide_for_operators() {
        let guide = include_str!("../../../docs/operations.md");
        let mut names: Vec<String> = ["http.public_origin", "auth.secret", "encryption.key_file", "encryption.key"].map(str::to_owned).into();
        names.extend(["url", "endpoint", "region", "access_key_id", "secret_access_key"].map(|name| format!("store.{name}")));
        collect("", &toml::Value::try_from(Settings::default()).unwrap(), &mut names);
        assert!(names.len() > 30, "{names:?}");
        let missing: Vec<&String> = names.iter().filter(|name| !guide.contains(&format!("`{name}`"))).collect();
        assert!(missing.is_empty(), "docs/operations.md says nothing of {missing:?}");
    }

    #[test]
    fn values_out_of_range_are_named() {
        let mut settings = Settings::default();
        settings.http.requests_per_minute = 1;
        assert!(settings.validate().unwrap_err().to_string().contains("http.requests_per_minute"));
        let mut settings = Settings::default();
        settings.http.public_origin = Some("https://a.example/path".into());
        assert!(settings.validate().unwrap_err().to_string().contains("public_origin"));
        for wrong in ["shop.example", "https://shop.example/", "https://*.example", "ftp://shop.example", ""] {
            let mut settings = Settings::default();
            settings.http.cube_origins = vec!["https://other.example:8443".into(), wrong.into()];
            assert!(settings.validate().unwrap_err().to_string().contains("cube_origins"), "{wrong}");
        }
        let mut settings = Settings::default();
        settings.http.cube_origins = vec!["https://other.example:8443".into(), "*".into()];
        settings.validate().unwrap();
        let mut settings = Settings::default();
        settings.auth.secret = Some(Secret::from("changeme".to_owned()));
        assert!(settings.validate().unwrap_err().to_string().contains("auth.secret"));
    }
}
