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
    pub(super) insecure_plain: Option<bool>,
    pub(super) legacy_ws: Option<bool>,
    pub(super) legacy_skip_prefix: Option<String>,
    pub(super) redact: Option<OnOff>,
    pub(super) log: Option<String>,
    pub(super) transcripts: Option<OnOff>,
    pub(super) redact_patterns: Option<Vec<String>>,
    pub(super) slow_hook_ms: Option<u64>,
    pub(super) retention_days: Option<u32>,
    pub(super) retention_bytes: Option<u64>,
    pub(super) prices: Option<BTreeMap<String, Price>>,
    /// The same as it was typed.
    #[serde(skip)]
    pub(super) written: BTreeMap<String, Written>,
}

/// The value of a key as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// From 1.
    pub(super) line: usize,
    /// Empty for a table over several lines.
    pub(super) text: String,
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
        Self::parse(&text).map_err(|error| ConfigError::Parse {
            file: path.into(),
            meant: meant(error.message()),
            cause: error.to_string().trim_end().to_owned(),
        })
    }

    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let file: Self = toml::from_str(text)?;
        Ok(Self { written: written(text)?, ..file })
    }
}

/// Each key with its value's own characters: `9_000` and `0x2328` are one number, but only one of them was typed.
fn written(text: &str) -> Result<BTreeMap<String, Written>, toml::de::Error> {
    let values: BTreeMap<String, toml::Spanned<toml::Value>> = toml::from_str(text)?;
    let written = values.into_iter().map(|(name, value)| {
        let span = value.span();
        let line = text[..span.start].matches('\n').count() + 1;
        let typed = &text[span];
        // Of a table with a head of its own that is a name.
        let has_head = value.get_ref().is_table() && !typed.starts_with('{');
        (name, Written { line, text: if has_head { String::new() } else { typed.to_owned() } })
    });
    Ok(written.collect())
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
        let prices = file.prices.expect("set");
        assert_eq!(format!("{:?}", prices["mine-*"].output), "2.5");
        let error = toml::from_str::<ConfigFile>("prot = 1").expect_err("unknown key").to_string();
        assert!(error.contains("unknown field `prot`, expected one of `port`"), "{error}");
        let message = |text| toml::from_str::<ConfigFile>(text).expect_err("unknown key").message().to_owned();
        assert_eq!(meant(&message("prot = 1")).as_deref(), Some("port"));
        assert_eq!(meant(&message("transcript = 1")).as_deref(), Some("transcripts"));
        assert_eq!(meant(&message("[prices.m]\ninputs = 1\noutput = 1")).as_deref(), Some("input"));
        assert_eq!(meant(&message("colour = 1")), None);
    }

    #[test]
    fn what_was_typed_is_known_to_the_letter() {
        let text =
            "# mine\nport = 0x2328 # nine\n\nredact_patterns = [\n  'a',\n]\n[prices.m]\ninput = 1\noutput = 2\n";
        let file = ConfigFile::parse(text).expect("valid");
        assert_eq!(file.port, Some(9_000));
        let typed = |name: &str| file.written.get(name).map(|written| (written.line, written.text.as_str()));
        assert_eq!(typed("port"), Some((2, "0x2328")));
        assert_eq!(typed("redact_patterns"), Some((4, "[\n  'a',\n]")));
        assert_eq!(typed("prices"), Some((7, "")));
        assert_eq!(typed("log"), None);
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
        assert_eq!((file.port, file.prices.map(|prices| prices.len())), (Some(8765), Some(1)));
    }
}
