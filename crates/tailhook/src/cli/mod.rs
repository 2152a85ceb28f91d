//! What people type.

mod arguments;
mod backup;
mod bench;
mod client;
mod commands;
mod completions;
mod config;
mod demo;
mod doctor;
mod emit;
mod exit;
mod export;
mod generate;
mod install;
mod line;
mod own;
mod print;
mod profile;
mod restore;
mod selection;
mod service;
mod stage;
mod status;
mod tail;
mod text;
mod up;
mod verify;
mod version;
mod watch;

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser};

use crate::config::Settings;
use arguments::{Arguments, Command, ServiceAction};
use exit::Failure;

/// Parses the command line and runs one command.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::try_parse().unwrap_or_else(|error| without_hidden(error).exit());
    match dispatch(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// What is not for people is not suggested to them.
fn without_hidden(mut error: clap::Error) -> clap::Error {
    let suggested = ContextKind::SuggestedSubcommand;
    let Some(ContextValue::Strings(mut names)) = error.remove(suggested) else { return error };
    names.retain(|name| !Arguments::command().find_subcommand(name).is_some_and(clap::Command::is_hide_set));
    if !names.is_empty() {
        error.insert(suggested, ContextValue::Strings(names));
    }
    error
}

fn dispatch(arguments: Arguments) -> Result<(), Failure> {
    let flags = arguments.command.flags();
    // Neither needs to know where anything is, and both must work where nothing is.
    match &arguments.command {
        Command::Completions { shell } => return completions::completions(*shell),
        Command::Generate(options) => return generate::generate(options),
        Command::Demo(options) => return demo::demo(options),
        Command::Bench { json } => return bench::bench(*json),
        // Where the settings cannot be read there is a file already, and it says so.
        Command::Config { init: true, .. } => return config::init_config(),
        // Says what is wrong with the settings in place of ending there.
        Command::Doctor(options) => return doctor::doctor(options),
        _ => {}
    }
    let settings = Settings::resolve(&flags)?;
    match arguments.command {
        Command::Serve(options) => commands::serve(&settings, &options),
        Command::Supervise(listen) => commands::supervise(&settings, &listen),
        Command::Up(options) => up::up(&settings, &options),
        Command::Down { json } => up::down(&settings, json),
        Command::Restart(options) => up::restart(&settings, options),
        Command::Status { json } => status::status(&settings, json),
        Command::Open { session, print } => commands::open(&settings, session.as_deref(), print),
        Command::Install(options) => install::install(&settings, &options),
        Command::Uninstall(options) => install::uninstall(&options),
        Command::Service { action: ServiceAction::Install(manner) } => service::install(&settings, manner),
        Command::Service { action: ServiceAction::Uninstall(manner) } => service::uninstall(&settings, manner),
        Command::Tail(options) => tail::tail(&settings, &options),
        Command::Watch(options) => watch::watch(&settings, &options),
        Command::Emit(options) => emit::emit(&settings, &options),
        Command::Verify { json } => verify::verify(&settings, json),
        Command::Backup(options) => backup::backup(&settings, &options),
        Command::Restore(options) => restore::restore(&settings, &options),
        Command::Export(options) => export::export(&settings, &options),
        Command::Profile(options) => profile::profile(&settings, &options),
        Command::Token { rotate } => commands::token(&settings, rotate),
        Command::Config { json, .. } => config::config(&settings, json),
        Command::Completions { .. }
        | Command::Generate(_)
        | Command::Demo(_)
        | Command::Bench { .. }
        | Command::Doctor(_) => Ok(()),
    }
}
