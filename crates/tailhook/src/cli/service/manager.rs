//! The service manager, by the commands that people would type.

use std::process::{Command, Output, Stdio};

use super::super::exit::{Code, Failure};

/// A program and its arguments.
pub(super) type Words = Vec<String>;

/// What to say to a service manager.
pub(super) struct Manager {
    pub(super) name: &'static str,
    /// Succeeds where the manager can be reached.
    pub(super) reachable: Words,
    /// Succeeds while the service runs, or waits for somebody to connect.
    pub(super) active: Words,
    /// Makes it run now and with every session, once its files are there.
    pub(super) enable: Vec<Words>,
    /// The opposite, before they go.
    pub(super) disable: Vec<Words>,
    /// Once they have gone.
    pub(super) forget: Vec<Words>,
    /// Now only.
    pub(super) start: Vec<Words>,
    pub(super) stop: Vec<Words>,
}

impl Manager {
    pub(super) fn is_reachable(&self) -> bool {
        succeeds(&self.reachable)
    }

    pub(super) fn is_active(&self) -> bool {
        succeeds(&self.active)
    }
}

pub(super) fn command(words: &[&str]) -> Words {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// One after the other; the first that fails is the last.
pub(super) fn run(commands: &[Words]) -> Result<(), Failure> {
    for words in commands {
        let typed = words.join(" ");
        let failed = |why: &str| {
            let hint = format!("{typed}; or without a service: tailhook up");
            Failure::new(Code::Failed, format!("could not run {typed}: {why}"), hint)
        };
        let output = output(words).map_err(|error| failed(&error.to_string()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(failed(said.trim().lines().next().unwrap_or("it says no why")));
        }
    }
    Ok(())
}

fn succeeds(words: &Words) -> bool {
    output(words).is_ok_and(|output| output.status.success())
}

fn output(words: &Words) -> std::io::Result<Output> {
    let (program, arguments) = words.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    Command::new(program).args(arguments).stdin(Stdio::null()).output()
}
