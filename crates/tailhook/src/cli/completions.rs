//! Completion scripts for shells.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory};
use clap_complete::Shell;

use super::arguments::Arguments;
use super::exit::Failure;
use super::print::say;

pub(super) fn completions(shell: Shell) -> Result<(), Failure> {
    say(script(shell).trim_end())
}

/// What the shell is to read.
pub(super) fn script(shell: Shell) -> String {
    let mut command = without_hidden(&Arguments::command());
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "tailhook", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if shell == Shell::Fish {
        script.push_str(&fish_values(&command));
    }
    script
}

/// What is hidden from the help is not offered by a shell either.
fn without_hidden(command: &Command) -> Command {
    let visible = command.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    Command::new("tailhook").version(env!("CARGO_PKG_VERSION")).subcommands(visible)
}

/// Values of arguments without a name, which the generator for fish knows nothing of.
fn fish_values(command: &Command) -> String {
    let mut lines = String::new();
    for command in command.get_subcommands() {
        let names = command.get_positionals().flat_map(Arg::get_possible_values);
        let names: Vec<String> = names.map(|value| value.get_name().to_owned()).collect();
        if !names.is_empty() {
            let (command, names) = (command.get_name(), names.join(" "));
            let _ = writeln!(
                lines,
                "complete -c tailhook -n \"__fish_tailhook_using_subcommand {command}\" -f -a \"{names}\""
            );
        }
    }
    lines
}
