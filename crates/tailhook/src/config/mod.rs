//! Settings: as typed ([`file`], flags, environment), then resolved ([`Settings`]), each with where it came from; both
//! layers side by side are in [`shown`].
//!
//! A flag beats the environment, which beats `config.toml`, which beats the default. This is the one place that reads
//! the environment.

mod error;
mod file;
mod key;
mod place;
mod shown;
mod variable;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tailhook_core::Redaction;
use tailhook_core::transcript::price::{Price, PriceTable};

use crate::store::Retention;
pub(crate) use error::{ConfigError, look_at};
use file::Written;
pub(crate) use key::{KEYS, template};
pub(crate) use place::{Home, is_switched_off, path_variable};
pub(crate) use shown::Row;
pub(crate) use variable::VARIABLES;

/// How long events are kept where nobody says anything, and how many bytes of them.
const RETENTION_DAYS: u32 = 30;
const RETENTION_BYTES: u64 = 2 << 30;

/// Where a setting's value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    /// Given on the command line.
    Flag,
    /// From the environment.
    Environment,
    /// From `config.toml`.
    File,
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::File => "config.toml",
            Self::Default => "default",
        })
    }
}

/// A hook takes less than one; a person notices a hundred.
const SLOW_HOOK_MS: u64 = 10;

/// A value and its source.
#[derive(Debug, Clone)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) source: Source,
}

/// All settings, resolved.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Where things are.
    pub(crate) home: Home,
    /// Port of the daemon on the loopback addresses; 0 lets the kernel choose.
    pub(crate) port: Setting<u16>,
    /// Where it listens beyond them.
    pub(crate) listening: Listening,
    /// Whether it answers the historic protocol, without a token.
    pub(crate) legacy_ws: Setting<bool>,
    /// Prompts that begin with this are left out there; empty: none.
    pub(crate) legacy_skip_prefix: Setting<String>,
    /// Whether secrets are removed from events.
    pub(crate) redact: Setting<bool>,
    /// Filter for the daemon's own log.
    pub(crate) log: Setting<String>,
    /// Whether agents' own records of their sessions are read.
    pub(crate) transcripts: Setting<bool>,
    /// Events older than so many days are removed; 0: never.
    pub(crate) retention_days: Setting<u32>,
    /// The oldest events are removed while the store is larger; 0: never.
    pub(crate) retention_bytes: Setting<u64>,
    /// What models cost here, where that is not what the built-in table says.
    prices: Setting<BTreeMap<String, Price>>,
    /// Hooks that take longer are counted and shown, milliseconds.
    pub(crate) slow_hook_ms: Setting<u64>,
    /// Regular expressions for what else is removed from events.
    pub(crate) redact_patterns: Setting<Vec<String>>,
    pub(crate) redaction: Redaction,
    pub(crate) flags: Flags,
    /// What stands in `config.toml`, by key.
    written: BTreeMap<String, Written>,
}

/// Where the daemon listens beyond the loopback addresses.
#[derive(Debug, Clone)]
pub(crate) struct Listening {
    /// An address or a name.
    host: Setting<Option<String>>,
    /// Chain of certificates, PEM.
    pub(crate) tls_cert: Setting<Option<PathBuf>>,
    /// The key of the first, PEM.
    pub(crate) tls_key: Setting<Option<PathBuf>>,
    /// The user knows that others can read everything.
    pub(crate) insecure_plain: Setting<bool>,
}

impl Listening {
    fn resolve(flags: &Flags, file: &file::ConfigFile) -> Self {
        let path = |flag: &Option<PathBuf>, file: &Option<PathBuf>| {
            pick(flag.clone().map(Some), None, file.clone().map(Some), None)
        };
        Self {
            host: pick(flags.host.clone().map(Some), None, file.host.clone().map(Some), None),
            tls_cert: path(&flags.tls_cert, &file.tls_cert),
            tls_key: path(&flags.tls_key, &file.tls_key),
            insecure_plain: pick(flags.insecure_plain.then_some(true), None, file.insecure_plain, false),
        }
    }

    /// What is not 127.0.0.1 or `::1`, where it listens anyway.
    pub(crate) fn beyond(&self) -> Option<&str> {
        self.host.value.as_deref().filter(|host| !["127.0.0.1", "::1", "localhost"].contains(host))
    }
}

/// What the command line may say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    /// `--port`.
    pub(crate) port: Option<u16>,
    /// `--host`.
    pub(crate) host: Option<String>,
    /// `--tls-cert`.
    pub(crate) tls_cert: Option<PathBuf>,
    /// `--tls-key`.
    pub(crate) tls_key: Option<PathBuf>,
    /// `--insecure-plain`.
    pub(crate) insecure_plain: bool,
    /// `--legacy-ws`.
    pub(crate) legacy_ws: bool,
}

impl Settings {
    /// Reads the environment and `config.toml`.
    pub(crate) fn resolve(flags: &Flags) -> Result<Self, ConfigError> {
        let home = Home::find()?;
        let file = file::ConfigFile::read(&home.config_file())?;
        let port = match place::variable("TAILHOOK_PORT") {
            None => None,
            Some(value) => {
                Some(value.parse().map_err(|_| ConfigError::Port { name: "TAILHOOK_PORT", value: value.clone() })?)
            }
        };
        let legacy_ws = place::variable("TAILHOOK_LEGACY_WS").map(|value| switch("TAILHOOK_LEGACY_WS", value));
        let listening = Listening::resolve(flags, &file);
        let redact = pick(None, None, file.redact.map(file::OnOff::is_on), true);
        let patterns = pick(None, None, file.redact_patterns, Vec::new());
        let redaction = if redact.value { Redaction::default() } else { Redaction::off() };
        let redaction = redaction
            .with_patterns(&patterns.value)
            .map_err(|cause| ConfigError::Pattern { file: home.config_file(), cause })?;
        Ok(Self {
            home,
            listening,
            port: pick(flags.port, port, file.port, 8765),
            legacy_ws: pick(flags.legacy_ws.then_some(true), legacy_ws.transpose()?, file.legacy_ws, false),
            legacy_skip_prefix: pick(None, None, file.legacy_skip_prefix, String::new()),
            redact,
            log: pick(None, place::variable("TAILHOOK_LOG"), file.log, "info".into()),
            transcripts: pick(None, None, file.transcripts.map(file::OnOff::is_on), true),
            retention_days: pick(None, None, file.retention_days, RETENTION_DAYS),
            retention_bytes: pick(None, None, file.retention_bytes, RETENTION_BYTES),
            prices: pick(None, None, file.prices, BTreeMap::new()),
            slow_hook_ms: pick(None, None, file.slow_hook_ms, SLOW_HOOK_MS),
            redact_patterns: patterns,
            redaction,
            flags: flags.clone(),
            written: file.written,
        })
    }

    /// Writes a `config.toml` in which everything is explained and nothing is set, unless there is one. Gives its place.
    pub(crate) fn init() -> Result<PathBuf, ConfigError> {
        use std::io::Write;
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        let file = Home::find()?.config_file();
        let folder = file.parent().unwrap_or(&file);
        if let Err(cause) = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder) {
            return Err(ConfigError::Write { file, cause });
        }
        let written = std::fs::File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&file)
            .and_then(|mut out| out.write_all(template().as_bytes()));
        match written {
            Ok(()) => Ok(file),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(ConfigError::Exists { file }),
            Err(cause) => Err(ConfigError::Write { file, cause }),
        }
    }

    /// Where nothing but the place is known: for a look at an installation whose settings cannot be read.
    pub(crate) fn unread() -> Result<Self, ConfigError> {
        Ok(Self {
            home: Home::find()?,
            port: pick(None, None, None, 8765),
            listening: Listening::resolve(&Flags::default(), &file::ConfigFile::default()),
            legacy_ws: pick(None, None, None, false),
            legacy_skip_prefix: pick(None, None, None, String::new()),
            redact: pick(None, None, None, true),
            log: pick(None, None, None, "info".into()),
            transcripts: pick(None, None, None, true),
            retention_days: pick(None, None, None, RETENTION_DAYS),
            retention_bytes: pick(None, None, None, RETENTION_BYTES),
            prices: pick(None, None, None, BTreeMap::new()),
            slow_hook_ms: pick(None, None, None, SLOW_HOOK_MS),
            redact_patterns: pick(None, None, None, Vec::new()),
            redaction: Redaction::default(),
            flags: Flags::default(),
            written: BTreeMap::new(),
        })
    }

    /// How much the store keeps.
    pub(crate) fn retention(&self) -> Retention {
        let days = u64::from(self.retention_days.value);
        Retention {
            max_age_ns: (days > 0).then(|| days.saturating_mul(24 * 60 * 60 * 1_000_000_000)),
            max_bytes: Some(self.retention_bytes.value).filter(|bytes| *bytes > 0),
        }
    }

    /// The redaction to use.
    pub(crate) fn redaction(&self) -> Redaction {
        self.redaction.clone()
    }

    /// Reads the same places again, with the same flags.
    pub(crate) fn again(&self) -> Result<Self, ConfigError> {
        Self::resolve(&self.flags)
    }

    /// From when on a hook is slow.
    pub(crate) fn slow_hook(&self) -> Duration {
        Duration::from_millis(self.slow_hook_ms.value)
    }

    /// The same, in a folder of its own.
    pub(crate) fn moved_to(self, root: &Path) -> Self {
        Self { home: self.home.moved_to(root), ..self }
    }

    /// What models cost. The longest name first: of two that fit a model, it says more.
    pub(crate) fn prices(&self) -> PriceTable {
        let mut overrides: Vec<_> = self.prices.value.clone().into_iter().collect();
        overrides.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        PriceTable::with(overrides)
    }
}

fn switch(name: &'static str, value: String) -> Result<bool, ConfigError> {
    match value.as_str() {
        "1" => Ok(true),
        "0" => Ok(false),
        _ => Err(ConfigError::Switch { name, value }),
    }
}

fn pick<T>(flag: Option<T>, environment: Option<T>, file: Option<T>, default: T) -> Setting<T> {
    let (value, source) = match (flag, environment, file) {
        (Some(value), _, _) => (value, Source::Flag),
        (None, Some(value), _) => (value, Source::Environment),
        (None, None, Some(value)) => (value, Source::File),
        (None, None, None) => (default, Source::Default),
    };
    Setting { value, source }
}
