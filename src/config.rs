//! The daemon's own settings (`config/siap17.toml`). Every key is optional; unknown keys are refused with the nearest known one.
//! Secrets come only from files or from the environment.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::intake;
use crate::nik::without_niks;
use crate::words;

/// Longest piece of a message that repeats what a file says, in characters.
const LONGEST_MESSAGE: usize = 300;

/// All settings, with their defaults.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The file that these settings come from, or would.
    #[serde(skip)]
    pub file: PathBuf,
    /// The file that holds the sealing key (`SIAP17_KEY_FILE`).
    pub key_file: PathBuf,
    /// National holidays and joint leave days, `date,name,kind`; the built-in years are used where the file does not exist.
    pub holidays_file: PathBuf,
    /// Folder with `id.ftl` and `en.ftl`, whose messages replace the built-in ones.
    pub messages_dir: PathBuf,
    /// Rosters are dropped here, into a folder named after the place's code.
    pub inbox_dir: PathBuf,
    pub backup_dir: PathBuf,
    pub database: Database,
    pub node: Node,
    pub telegram: Telegram,
    pub http: Http,
    /// When each job runs: job name → cron line (minute hour day month weekday) in the office's zone.
    pub jobs: std::collections::BTreeMap<String, String>,
    pub retention: Retention,
    pub log: Log,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            file: PathBuf::new(),
            key_file: "var/siap17.key".into(),
            holidays_file: "config/holidays.csv".into(),
            messages_dir: "config/messages".into(),
            inbox_dir: "var/inbox".into(),
            backup_dir: "var/backup".into(),
            database: Database::default(),
            node: Node::default(),
            telegram: Telegram::default(),
            http: Http::default(),
            jobs: std::collections::BTreeMap::new(),
            retention: Retention::default(),
            log: Log::default(),
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `sqlite://FILE` or `postgres://…` (`SIAP17_DATABASE_URL`).
    pub url: String,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: "sqlite://var/siap17.db".into() }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Node {
    /// Unique for each live process (`SIAP17_NODE`).
    pub name: String,
}

impl Default for Node {
    fn default() -> Self {
        Self { name: "siap17".into() }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Telegram {
    /// The file that holds the bot's token (`SIAP17_TELEGRAM_TOKEN` holds the token itself).
    pub token_file: PathBuf,
    pub messages_per_second: u32,
    pub api_url: String,
    /// A proxy for the way to Telegram, `http://…` or `socks5://…`.
    pub proxy: Option<String>,
}

impl Default for Telegram {
    fn default() -> Self {
        Self {
            token_file: "var/telegram.token".into(),
            messages_per_second: 25,
            api_url: "https://api.telegram.org".into(),
            proxy: None,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Where `/healthz`, `/metrics` and the calendars answer; loopback by default.
    pub listen: SocketAddr,
    /// How others reach that address, `https://…`, for the links that siap17 gives out.
    pub public_url: Option<String>,
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8017)), public_url: None }
    }
}

/// How long things are kept, in days.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Uploaded rosters: in the inbox folder, and sealed in the database, after they were read.
    pub files: u16,
    /// Telegram updates' numbers, kept so that none is handled twice.
    pub updates: u16,
    /// Backups.
    pub backups: u16,
}

impl Default for Retention {
    fn default() -> Self {
        Self { files: 7, updates: 30, backups: 14 }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    pub format: LogFormat,
    /// A `tracing` filter such as `info` or `siap17=debug`.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".into() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the configuration file {path} cannot be read")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the configuration file {path} is wrong: {message}")]
    Toml { path: PathBuf, message: String },
}

impl Config {
    /// Reads `path`; a missing file is an error only if it was named on the command line. Environment variables come on top.
    pub fn load(path: &Path, named: bool) -> Result<Self, ConfigError> {
        let mut config: Self = match intake::text(path, intake::LARGEST_TEXT) {
            Ok(text) => toml::from_str(&text)
                .map_err(|error| ConfigError::Toml { path: path.into(), message: toml_error(&error) })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !named => Self::default(),
            Err(source) => return Err(ConfigError::Read { path: path.into(), source }),
        };
        path.clone_into(&mut config.file);
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        if let Some(url) = set("SIAP17_DATABASE_URL") {
            config.database.url = url;
        }
        if let Some(file) = set("SIAP17_KEY_FILE") {
            config.key_file = file.into();
        }
        if let Some(name) = set("SIAP17_NODE") {
            config.node.name = name;
        }
        Ok(config)
    }
}

/// A TOML error as one clear sentence: where, what, and for an unknown key the nearest known one.
#[must_use]
pub fn toml_error(error: &toml::de::Error) -> String {
    let message = error.message();
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let nearest = quoted.split_first().and_then(|(wrong, known)| {
        let near = words::nearest(wrong, known.iter().copied())?;
        let wrong = words::quoted(wrong);
        if message.starts_with("unknown field") {
            Some(format!("unknown key '{wrong}'; did you mean '{near}'?"))
        } else if message.starts_with("unknown variant") {
            Some(format!("'{wrong}' is none of the words that stand here; did you mean '{near}'?"))
        } else {
            None
        }
    });
    let place = error.to_string().lines().next().and_then(|line| line.split_once(" at ").map(|(_, at)| at.to_owned()));
    let text = nearest.unwrap_or_else(|| {
        let cut: String = message.replace('\n', " ").chars().take(LONGEST_MESSAGE).collect();
        without_niks(&cut)
    });
    place.map_or_else(|| text.clone(), |at| format!("{at}: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_mistake_is_answered_with_the_nearest_key() {
        let error = toml::from_str::<Config>("[telegram]\ntoken_fiel = \"x\"\n").unwrap_err();
        assert_eq!(toml_error(&error), "line 2, column 1: unknown key 'token_fiel'; did you mean 'token_file'?");
    }

    #[test]
    fn a_mistyped_word_is_answered_with_the_nearest_one() {
        #[derive(Debug, Deserialize)]
        struct File {
            #[expect(dead_code, reason = "only whether it is read matters")]
            print: Print,
        }
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Print {
            Ahead,
            OnArrival,
        }
        let error = toml::from_str::<File>("print = \"on_arival\"\n").unwrap_err();
        assert!(toml_error(&error).contains("did you mean 'on_arrival'?"), "{}", toml_error(&error));
    }

    #[test]
    fn a_wrong_type_is_told_with_its_place() {
        let error = toml::from_str::<Config>("[telegram]\nmessages_per_second = \"many\"\n").unwrap_err();
        assert!(toml_error(&error).starts_with("line 2, column 23: invalid type"), "{}", toml_error(&error));
    }
}
