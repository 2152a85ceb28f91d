//! Everything else.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(in crate::cli) struct DoctorOptions {
    /// One JSON object
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// First run the commands that cannot harm: start the daemon, make folders or close them to others, install again
    /// where the hook has moved
    #[arg(long)]
    pub(in crate::cli) fix: bool,
}

/// What can be made from the program itself.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum Generated {
    /// Pages of docs/reference
    Reference,
    /// Manual pages
    Man,
    /// Completions for bash, zsh and fish
    Completions,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct GenerateOptions {
    /// What to write
    #[arg(value_enum)]
    pub(in crate::cli) what: Generated,
    /// Where to; it is made if it is not there
    pub(in crate::cli) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BackupOptions {
    /// Where to write it
    pub(in crate::cli) file: PathBuf,
    /// Replace a file that is there already
    #[arg(long)]
    pub(in crate::cli) force: bool,
    /// One JSON object
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RestoreOptions {
    /// What `tailhook backup` wrote, by this version or an earlier one
    pub(in crate::cli) file: PathBuf,
    /// One JSON object
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct DemoOptions {
    /// Replay so many times as fast as it happened
    #[arg(long, default_value = "1", value_parser = speed)]
    pub(in crate::cli) speed: f64,
    /// End when the recording does, in place of waiting for Ctrl-C
    #[arg(long)]
    pub(in crate::cli) exit: bool,
    /// Print the address and open no browser
    #[arg(long)]
    pub(in crate::cli) no_open: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed > 0.0 && speed.is_finite() => Ok(speed),
        _ => Err("a number above 0, e.g. 2".into()),
    }
}
