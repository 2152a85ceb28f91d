//! Standard output that may be a closed pipe.

use std::io::{self, IsTerminal, Write};

use super::exit::Failure;

/// Prints a line. Whoever read us has seen enough when the pipe is closed: that ends the program well.
pub(super) fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let result = writeln!(out, "{text}").and_then(|()| out.flush());
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => other,
    }
}

/// The same, as a command says it.
pub(super) fn say(text: &str) -> Result<(), Failure> {
    line(text).map_err(|error| Failure::failed(format!("could not print: {error}")))
}

/// Whether standard output is for eyes.
pub(super) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether colours help: a terminal, and nobody said no.
#[expect(clippy::disallowed_methods, reason = "NO_COLOR and TERM speak of the terminal, they are no settings")]
pub(super) fn has_colours() -> bool {
    is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether the terminal can do nothing but print.
#[expect(clippy::disallowed_methods, reason = "TERM speaks of the terminal, it is no setting")]
pub(super) fn is_dumb() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb")
}

/// Whether shapes beyond ASCII can be shown: yes, unless the locale names another character set.
#[expect(clippy::disallowed_methods, reason = "the locale speaks of the terminal, it is no setting")]
pub(super) fn has_unicode() -> bool {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let Some(locale) = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")) else { return true };
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// Columns of the terminal that standard output is; none where it is no terminal.
pub(super) fn columns() -> Option<usize> {
    is_terminal()
        .then(crossterm::terminal::size)?
        .ok()
        .map(|(columns, _)| columns as usize)
        .filter(|columns| *columns > 0)
}
