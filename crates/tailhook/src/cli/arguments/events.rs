//! Which events are shown, written and sent.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use crate::cli::selection::{Selection, Since, moment, since};

#[derive(Debug, Args)]
pub(in crate::cli) struct TailOptions {
    #[command(flatten)]
    pub(in crate::cli) selection: Selection,
    /// Events after this number or from this time on (10m, 2h, 3d, 14:30, 2026-11-22), then what comes; without it, the
    /// newest few
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub(in crate::cli) since: Option<Since>,
    /// One envelope per line; the default where standard output is no terminal
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Print what is stored and end
    #[arg(long)]
    pub(in crate::cli) no_follow: bool,
    /// End after so many events
    #[arg(long, value_name = "N")]
    pub(in crate::cli) limit: Option<usize>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct WatchOptions {
    #[command(flatten)]
    pub(in crate::cli) selection: Selection,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct EmitOptions {
    /// Name of the agent that the event is said to come from
    #[arg(long, default_value = "claude-code")]
    pub(in crate::cli) agent: String,
    /// Name of the event
    #[arg(long, default_value = "Notification")]
    pub(in crate::cli) event: String,
    /// Session of the event [default: a new one]
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) session: Option<String>,
    /// The payload itself, from a file or - for standard input; event and session are then what it says
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) payload: Option<PathBuf>,
    /// Send so many, and time each stage of all of them
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub(in crate::cli) count: u64,
    /// So many a second; without it, one after the other
    #[arg(long, value_name = "R", value_parser = rate)]
    pub(in crate::cli) rate: Option<f64>,
    /// One JSON object
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// How events are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum ExportFormat {
    /// One envelope per line
    Jsonl,
    /// A table with a head line
    Csv,
    /// Something to read: prompts, calls, answers; best with --session
    Md,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ExportOptions {
    #[command(flatten)]
    pub(in crate::cli) selection: Selection,
    /// Events after this number or from this time on: 10m, 2h, 3d, 14:30, 2026-11-22
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub(in crate::cli) since: Option<Since>,
    /// How events are written
    #[arg(long, value_enum, default_value = "jsonl")]
    pub(in crate::cli) format: ExportFormat,
    /// With the agent's own JSON of each event
    #[arg(long)]
    pub(in crate::cli) payload: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ProfileOptions {
    /// Only this session
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) session: Option<String>,
    /// Only what ran from this time on: 90m, 24h, 7d, 14:30, 2026-11-22
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    pub(in crate::cli) since: Option<Timestamp>,
    /// One JSON object
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.001..=1e6).contains(&rate) => Ok(rate),
        _ => Err("events a second, e.g. 100".into()),
    }
}
