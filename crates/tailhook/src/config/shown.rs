//! Every setting twice: as somebody typed it, and what became of it.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, json};

use super::{KEYS, Settings, Source, place};

/// One setting.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// What holds; null: nothing is set.
    pub(crate) value: Value,
    pub(crate) source: Source,
    /// Where it was typed, `TAILHOOK_PORT` or `config.toml:3`, and what; empty for a table over several lines.
    pub(crate) typed: Option<(String, String)>,
}

impl Row {
    fn new(name: &'static str, value: impl Serialize, source: Source) -> Self {
        Self { name, value: json!(value), source, typed: None }
    }

    /// The value for people.
    pub(crate) fn text(&self) -> String {
        match &self.value {
            Value::String(text) if text.is_empty() => "\"\"".into(),
            Value::String(text) => text.clone(),
            Value::Null => "none".into(),
            other => other.to_string(),
        }
    }
}

impl Settings {
    /// All of them: places first, then in the order of the file.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let mut rows = self.resolved();
        for row in &mut rows {
            row.typed = self.typed(row);
        }
        rows
    }

    fn resolved(&self) -> Vec<Row> {
        let (home, listening) = (&self.home, &self.listening);
        let place = home.source();
        // A path need not be UTF-8, a value for people has to be.
        let path = |path: &Path| path.display().to_string();
        let file = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let on_off = |is_on: bool| if is_on { "on" } else { "off" };
        vec![
            Row::new("state_folder", path(home.state()), place),
            Row::new("journal_folder", path(&home.journal()), place),
            Row::new("spool_folder", path(&home.spool()), place),
            Row::new("config_file", path(&home.config_file()), place),
            Row::new("port", self.port.value, self.port.source),
            Row::new("host", &listening.host.value, listening.host.source),
            Row::new("tls_cert", file(&listening.tls_cert.value), listening.tls_cert.source),
            Row::new("tls_key", file(&listening.tls_key.value), listening.tls_key.source),
            Row::new("insecure_plain", listening.insecure_plain.value, listening.insecure_plain.source),
            Row::new("legacy_ws", self.legacy_ws.value, self.legacy_ws.source),
            Row::new("legacy_skip_prefix", &self.legacy_skip_prefix.value, self.legacy_skip_prefix.source),
            Row::new("redact", on_off(self.redact.value), self.redact.source),
            Row::new("log", &self.log.value, self.log.source),
            Row::new("transcripts", on_off(self.transcripts.value), self.transcripts.source),
            Row::new("redact_patterns", &self.redact_patterns.value, self.redact_patterns.source),
            Row::new("slow_hook_ms", self.slow_hook_ms.value, self.slow_hook_ms.source),
            Row::new("retention_days", self.retention_days.value, self.retention_days.source),
            Row::new("retention_bytes", self.retention_bytes.value, self.retention_bytes.source),
            Row::new("prices", &self.prices.value, self.prices.source),
        ]
    }

    fn typed(&self, row: &Row) -> Option<(String, String)> {
        let beaten_by = |is_flag: bool| {
            let beaten_by = KEYS.iter().find(|key| key.name == row.name)?.beaten_by;
            beaten_by.iter().copied().find(|name| name.starts_with("--") == is_flag)
        };
        match row.source {
            Source::Default => None,
            Source::Flag => Some((beaten_by(true)?.into(), row.text())),
            Source::Environment => {
                // What is no key is a place, and these follow from one variable.
                let name = beaten_by(false).unwrap_or("TAILHOOK_HOME");
                Some((name.into(), place::variable(name)?))
            }
            Source::File => {
                let written = self.written.get(row.name)?;
                Some((format!("config.toml:{}", written.line), written.text.clone()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::KEYS;

    #[test]
    fn every_key_is_shown() {
        let settings = Settings::unread().expect("a home");
        let names: Vec<&str> = settings.rows().iter().map(|row| row.name).collect();
        assert_eq!(names[4..], KEYS.map(|key| key.name));
    }
}
