//! The agent's own program. That it is missing is only information: it may be an extension of an editor, or on PATH
//! elsewhere.

use std::io;
use std::process::Command;
use std::time::Duration;

use super::super::attempt::attempt;
use super::super::finding::Finding;
use super::name;
use crate::install::{AgentInstall, CommandForm};

const PATIENCE: Duration = Duration::from_secs(5);
/// A version is a word or two.
const MAX_CHARACTERS: usize = 60;

/// What `--version` brought.
#[derive(Debug)]
pub(super) enum Client {
    /// Not on PATH.
    Missing,
    /// There, but said no version.
    Unclear(String),
    /// What it said, and the numbers in it.
    Known(String, [u32; 3]),
}

impl Client {
    pub(super) fn look_for(agent: &AgentInstall) -> Self {
        let mut command = Command::new(agent.program);
        // Not in the project, which could have settings of its own about starting.
        command.arg("--version").current_dir("/");
        match attempt(command, PATIENCE) {
            Ok(attempt) => {
                let said = String::from_utf8_lossy(&attempt.stdout);
                let said: String = said.lines().next().unwrap_or_default().chars().take(MAX_CHARACTERS).collect();
                match numbers(&said) {
                    Some(version) if attempt.status.success() => Self::Known(said, version),
                    _ => Self::Unclear(format!("ended with {}", attempt.status)),
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::Missing,
            Err(error) => Self::Unclear(error.to_string()),
        }
    }

    pub(super) fn finding(&self, agent: &AgentInstall) -> Finding {
        let (check, program) = (name(agent, "client"), agent.program);
        match self {
            Self::Missing => Finding::ok(&check, format!("{program} is not on PATH")),
            Self::Unclear(why) => Finding::ok(&check, format!("{program} is on PATH; its version is not known: {why}")),
            Self::Known(said, _) => Finding::ok(&check, format!("{program} says {said}")),
        }
    }

    /// Whether it starts hooks without a shell, as far as that is known.
    pub(super) fn knows_exec(&self, agent: &AgentInstall) -> Option<bool> {
        match self {
            Self::Known(..) if agent.command != CommandForm::Exec => None,
            Self::Known(_, version) => Some(*version >= agent.exec_since),
            _ => None,
        }
    }
}

/// The first three numbers with dots between them.
fn numbers(text: &str) -> Option<[u32; 3]> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.')).find_map(|word| {
        let numbers: Vec<u32> = word.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
        numbers.try_into().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn versions() {
        assert_eq!(numbers("2.1.197 (Claude Code)"), Some([2, 1, 197]));
        assert_eq!(numbers("claude v1.0.3-beta"), Some([1, 0, 3]));
        assert_eq!(numbers("claude 2"), None);
        assert_eq!(numbers(""), None);
        assert!([2, 1, 139] > [2, 1, 99]);
    }
}
