//! `config.toml` as written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tailhook_core::transcript::price::Price;

use super::ConfigError;

/// Every key; all optional. An unknown one is refused: a misspelt setting that does nothing helps nobody.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ConfigFile {
    pub(super) port: Option<u16>,
    pub(super) host: Option<String>,
    pub(super) tls_cert: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
    pub(super) insecure_plain: bool,
    pub(super) legacy_ws: Option<bool>,
    pub(super) legacy_skip_prefix: Option<String>,
    pub(super) redact: Option<OnOff>,
    pub(super) log: Option<String>,
    pub(super) transcripts: Option<OnOff>,
    pub(super) redact_patterns: Option<Vec<String>>,
    pub(super) slow_hook_ms: Option<u64>,
    pub(super) retention_days: Option<u32>,
    pub(super) retention_bytes: Option<u64>,
    pub(super) prices: BTreeMap<String, Price>,
}

/// `"on"` or `"off"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum OnOff {
    On,
    Off,
}

impl OnOff {
    pub(super) fn is_on(self) -> bool {
        self == Self::On
    }
}

impl ConfigFile {
    /// Reads the file; one that is missing says nothing.
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(cause) => return Err(ConfigError::Read { file: path.into(), cause }),
        };
        toml::from_str(&text).map_err(|error| ConfigError::Parse {
            file: path.into(),
            meant: meant(error.message()),
            cause: error.to_string().trim_end().to_owned(),
        })
    }
}

/// The key that somebody meant who wrote one that does not exist. `message` is the parser's: unknown field `x`, expected
/// `y` or one of several.
fn meant(message: &str) -> Option<String> {
    let mut quoted = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    let written = quoted.next()?;
    let alike = |known: &str| strsim::jaro_winkler(written, known);
    let best = quoted.max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
    (alike(best) > 0.75).then(|| best.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        let file: ConfigFile = toml::from_str("port = 9000\nredact = \"off\"\nlog = \"debug\"").expect("valid");
        assert_eq!(file.port, Some(9000));
        assert_eq!(file.redact, Some(OnOff::Off));
        let file: ConfigFile =
            toml::from_str("transcripts = \"off\"\n[prices.\"mine-*\"]\ninput = 1\noutput = 2.5").expect("valid");
        assert!(file.transcripts.is_some_and(|transcripts| !transcripts.is_on()));
        assert_eq!(format!("{:?}", file.prices["mine-*"].output), "2.5");
        let error = toml::from_str::<ConfigFile>("prot = 1").expect_err("unknown key").to_string();
        assert!(error.contains("unknown field `prot`, expected one of `port`"), "{error}");
        let message = |text| toml::from_str::<ConfigFile>(text).expect_err("unknown key").message().to_owned();
        assert_eq!(meant(&message("prot = 1")).as_deref(), Some("port"));
        assert_eq!(meant(&message("transcript = 1")).as_deref(), Some("transcripts"));
        assert_eq!(meant(&message("[prices.m]\ninputs = 1\noutput = 1")).as_deref(), Some("input"));
        assert_eq!(meant(&message("colour = 1")), None);
    }

    #[test]
    fn the_template_names_every_key_and_every_line_of_it_is_valid() {
        let error = toml::from_str::<ConfigFile>("x = 1").expect_err("unknown key").message().to_owned();
        let known: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
        let named = super::super::key::KEYS.map(|key| key.name);
        assert_eq!(known, named, "config/key.rs has a line for each key, in the same order");
        let template = super::super::key::template();
        assert_eq!(toml::from_str::<toml::Table>(&template).expect("valid").len(), 0);
        let set: String = template
            .lines()
            .filter(|line| !line.starts_with("# "))
            .flat_map(|line| [line.trim_start_matches('#'), "\n"])
            .collect();
        let file: ConfigFile = toml::from_str(&set).expect("valid");
        assert_eq!((file.port, file.prices.len()), (Some(8765), 1));
    }
}
