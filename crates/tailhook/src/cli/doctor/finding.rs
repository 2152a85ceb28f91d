//! What one check found.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::exit::Failure;
use crate::cli::text::plain_lines;
use crate::install::{Profile, Scope};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    /// As it should be, or nothing that anybody could expect otherwise.
    Ok,
    /// Works, but not as well as it could.
    Warning,
    /// Events are lost, late or not seen.
    Problem,
}

impl Status {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// One line of the report.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// What was looked at, e.g. `journal` or `claude-code.events`.
    pub(super) check: String,
    pub(super) status: Status,
    /// Free of control characters, whatever it quotes; may have several lines.
    pub(super) message: String,
    /// The command that mends it.
    pub(super) fix: Option<String>,
    /// The same for `--fix`, where it is safe.
    #[serde(skip)]
    pub(super) mend: Option<Mend>,
}

impl Finding {
    pub(super) fn ok(check: &str, message: impl AsRef<str>) -> Self {
        Self::new(check, Status::Ok, message.as_ref())
    }

    pub(super) fn warning(check: &str, message: impl AsRef<str>) -> Self {
        Self::new(check, Status::Warning, message.as_ref())
    }

    pub(super) fn problem(check: &str, message: impl AsRef<str>) -> Self {
        Self::new(check, Status::Problem, message.as_ref())
    }

    /// What a command would have ended with.
    pub(super) fn failure(check: &str, failure: &Failure) -> Self {
        let finding = Self::problem(check, failure.message());
        Self { fix: failure.hint().map(plain_lines), ..finding }
    }

    /// A command for the user to run.
    pub(super) fn fix(self, command: impl AsRef<str>) -> Self {
        Self { fix: Some(plain_lines(command.as_ref())), ..self }
    }

    /// A command that `--fix` runs.
    pub(super) fn mend(self, mend: Mend) -> Self {
        let command = mend.command();
        Self { mend: Some(mend), ..self.fix(command) }
    }

    /// Paths, settings and what programs say are anybody's text: nothing in it may steer the terminal.
    fn new(check: &str, status: Status, message: &str) -> Self {
        Self { check: check.into(), status, message: plain_lines(message), fix: None, mend: None }
    }
}

/// What `--fix` may do: nothing here can lose anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mend {
    /// Starts the daemon.
    Up,
    /// Makes a folder of ours.
    MakeFolder(PathBuf),
    /// Takes a folder of ours away from everybody else.
    Restrict(PathBuf),
    /// Gives a damaged store another name, so that the daemon starts a new one.
    SetAside(PathBuf),
    /// Writes the entries again, for this hook.
    Install { agent: &'static str, scope: Scope, profile: Profile },
}

impl Mend {
    /// Whether this program does it, with the settings as they are.
    pub(super) fn is_command_of_ours(&self) -> bool {
        matches!(self, Self::Up | Self::Install { .. })
    }

    /// As the user would type it.
    pub(super) fn command(&self) -> String {
        match self {
            Self::Up => "tailhook up".into(),
            Self::MakeFolder(path) => format!("mkdir -p -m 700 {}", word(path)),
            Self::Restrict(path) => format!("chmod 700 {}", word(path)),
            Self::SetAside(path) => format!("mv {} {}", word(path), word(&path.with_extension("db.damaged"))),
            Self::Install { agent, scope, profile } => install_command(agent, *scope, *profile),
        }
    }
}

/// The installation that brings a scope up to date.
pub(super) fn install_command(agent: &str, scope: Scope, profile: Profile) -> String {
    let profile = match profile {
        Profile::Full => "",
        Profile::Lean => " --profile lean",
    };
    format!("tailhook install {agent}{}{profile}", scope_flag(scope))
}

/// Empty for the default.
pub(super) fn scope_flag(scope: Scope) -> &'static str {
    match scope {
        Scope::User => "",
        Scope::Project => " --scope project",
    }
}

/// A path as one word of a shell line.
pub(super) fn word(path: &Path) -> String {
    let text = path.display().to_string();
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+,:@%=".contains(c)) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_finding_steers_the_terminal() {
        let finding = Finding::problem("x", "a\x1b]0;owned\x07\r\nb\u{9b}31m").fix("rm '\x1b[2J'");
        assert_eq!(finding.message, "a\u{fffd}]0;owned\u{fffd}\nb\u{fffd}31m");
        assert_eq!(finding.fix.as_deref(), Some("rm '\u{fffd}[2J'"));
    }

    #[test]
    fn paths_are_words() {
        assert_eq!(word(Path::new("/a/b-c")), "/a/b-c");
        assert_eq!(word(Path::new("/a b/o'neil")), r"'/a b/o'\''neil'");
    }
}
