//! The command line as typed.
#![expect(clippy::doc_markdown, reason = "doc comments here are the help text, where backticks are noise")]

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::selection::{Selection, Since, since};

use crate::config::Flags;
use crate::install::AGENTS;

/// See what your coding agents do, live.
#[derive(Debug, Parser)]
#[command(
    name = "tailhook",
    version,
    max_term_width = 100,
    after_help = "Start with: tailhook up && tailhook install claude-code && tailhook open"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the daemon in the foreground
    Serve(ServeOptions),
    #[command(hide = true)]
    Supervise(ListenOptions),
    /// Run the daemon in the background, and start it again if it dies
    Up(UpOptions),
    /// Stop the daemon
    Down {
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Stop the daemon and start it again
    Restart(UpOptions),
    /// Say whether the daemon runs, and its numbers
    Status {
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Open the dashboard in the browser
    Open {
        /// Show this session
        #[arg(long, value_name = "ID")]
        session: Option<String>,
        /// Print the address in place of opening it; it logs in once, within a minute
        #[arg(long)]
        print: bool,
    },
    /// Register the hook with agents
    Install(InstallOptions),
    /// Take the hook out of agents' settings
    Uninstall(UninstallOptions),
    /// Have the system run the daemon for you: systemd's user manager, on macOS launchd
    Service {
        #[command(subcommand)]
        action: ServiceAction,
    },
    /// Print events as they come
    Tail(TailOptions),
    /// Sessions and events, live, in the whole terminal
    Watch(WatchOptions),
    /// Send one event through the real hook and time each stage
    Emit(EmitOptions),
    /// Prove in one line that an event goes from the hook to the store and back
    Verify {
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Check everything between an agent and the store, and name what mends it
    Doctor(DoctorOptions),
    /// Write stored events to standard output
    Export(ExportOptions),
    /// Say what each hook command costs the agent, anybody's
    Profile(ProfileOptions),
    /// Copy the store to a file, whether the daemon runs or not
    Backup(BackupOptions),
    /// Show tailhook with a recorded session and a daemon of its own; leaves nothing behind
    Demo(DemoOptions),
    /// Measure hook, delivery and throughput on this machine, with a daemon of its own
    Bench {
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print the token that opens the API
    Token {
        /// Make a new one; cookies and open streams of the old one end
        #[arg(long)]
        rotate: bool,
    },
    /// Print every setting and where it came from
    Config {
        /// Write a config.toml with every setting explained, where there is none
        #[arg(long, conflicts_with = "json")]
        init: bool,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Write reference, manual pages or completions into a folder
    #[command(hide = true)]
    Generate(GenerateOptions),
    /// Print a completion script
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// What was said about the settings.
    pub(super) fn flags(&self) -> Flags {
        match self {
            Self::Serve(options) => options.listen.flags(),
            Self::Up(options) | Self::Restart(options) => options.listen.flags(),
            Self::Supervise(listen) => listen.flags(),
            _ => Flags::default(),
        }
    }
}

/// Where the daemon listens.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ListenOptions {
    /// Port on 127.0.0.1 and ::1; 0 picks a free one [default: TAILHOOK_PORT, config.toml, 8765]
    #[arg(long)]
    pub(super) port: Option<u16>,
    /// Also listen on this address or name, for other machines; wants TLS
    #[arg(long, value_name = "ADDR")]
    pub(super) host: Option<String>,
    /// Certificate chain for --host, PEM
    #[arg(long, value_name = "FILE")]
    pub(super) tls_cert: Option<PathBuf>,
    /// Key of the certificate, PEM
    #[arg(long, value_name = "FILE")]
    pub(super) tls_key: Option<PathBuf>,
    /// Let --host go without TLS: the network can then read all, the token too
    #[arg(long)]
    pub(super) insecure_plain: bool,
}

impl ListenOptions {
    /// As they are typed, for another process in another folder.
    pub(super) fn arguments(&self) -> Vec<OsString> {
        let file = |name: &str, file: &Option<PathBuf>| {
            let path = file.as_ref().map(|file| std::path::absolute(file).unwrap_or_else(|_| file.clone()))?;
            Some([OsString::from(name), path.into()])
        };
        let mut arguments: Vec<OsString> = Vec::new();
        arguments.extend(self.port.map(|port| format!("--port={port}").into()));
        arguments.extend(self.host.as_ref().map(|host| format!("--host={host}").into()));
        arguments.extend(file("--tls-cert", &self.tls_cert).into_iter().flatten());
        arguments.extend(file("--tls-key", &self.tls_key).into_iter().flatten());
        arguments.extend(self.insecure_plain.then(|| "--insecure-plain".into()));
        arguments
    }

    /// For the settings.
    pub(super) fn flags(&self) -> Flags {
        Flags {
            port: self.port,
            host: self.host.clone(),
            tls_cert: self.tls_cert.clone(),
            tls_key: self.tls_key.clone(),
            insecure_plain: self.insecure_plain,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct UpOptions {
    #[command(flatten)]
    pub(super) listen: ListenOptions,
    /// One JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// What to do with the service.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum ServiceAction {
    /// Write its files, start it now and with each of your sessions; the port is that of the settings
    Install(Manner),
    /// Stop it and remove its files
    Uninstall(Manner),
}

#[derive(Debug, Args)]
pub(super) struct ServeOptions {
    #[command(flatten)]
    pub(super) listen: ListenOptions,
    /// Print the ready line as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[arg(long, hide = true)]
    pub(super) supervised: bool,
}

/// Whose settings.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ScopeName {
    /// Yours, for all projects
    User,
    /// Those of the project in this folder
    Project,
}

/// Which events.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ProfileName {
    /// Every event
    Full,
    /// Nothing on the tool path
    Lean,
}

#[derive(Debug, Args)]
pub(super) struct InstallOptions {
    /// Which agents
    #[arg(value_name = "AGENT", required_unless_present = "all", conflicts_with = "all", value_parser = agent_names())]
    pub(super) agents: Vec<String>,
    /// Every agent on this machine
    #[arg(long)]
    pub(super) all: bool,
    /// Whose settings
    #[arg(long, value_enum, default_value = "user")]
    pub(super) scope: ScopeName,
    /// Which events
    #[arg(long, value_enum, default_value = "full")]
    pub(super) profile: ProfileName,
    #[command(flatten)]
    pub(super) manner: Manner,
}

/// How settings are changed.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Manner {
    /// Show what would change and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(super) yes: bool,
    /// One JSON object
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct UninstallOptions {
    /// Which agents
    #[arg(value_name = "AGENT", required_unless_present = "all", conflicts_with = "all", value_parser = agent_names())]
    pub(super) agents: Vec<String>,
    /// Every agent that has the hook
    #[arg(long)]
    pub(super) all: bool,
    /// Whose settings
    #[arg(long, value_enum, default_value = "user")]
    pub(super) scope: ScopeName,
    #[command(flatten)]
    pub(super) manner: Manner,
}

#[derive(Debug, Args)]
pub(super) struct TailOptions {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Events after this number or from this time on (10m, 2h, 3d, 14:30, 2026-11-22), then what comes; without it, the
    /// newest few
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub(super) since: Option<Since>,
    /// One envelope per line; the default where standard output is no terminal
    #[arg(long)]
    pub(super) json: bool,
    /// Print what is stored and end
    #[arg(long)]
    pub(super) no_follow: bool,
    /// End after so many events
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<usize>,
}

#[derive(Debug, Args)]
pub(super) struct WatchOptions {
    #[command(flatten)]
    pub(super) selection: Selection,
}

#[derive(Debug, Args)]
pub(super) struct EmitOptions {
    /// Name of the agent that the event is said to come from
    #[arg(long, default_value = "claude-code")]
    pub(super) agent: String,
    /// Name of the event
    #[arg(long, default_value = "Notification")]
    pub(super) event: String,
    /// Session of the event [default: a new one]
    #[arg(long, value_name = "ID")]
    pub(super) session: Option<String>,
    /// The payload itself, from a file or - for standard input; event and session are then what it says
    #[arg(long, value_name = "FILE")]
    pub(super) payload: Option<PathBuf>,
    /// Send so many, and time each stage of all of them
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub(super) count: u64,
    /// So many a second; without it, one after the other
    #[arg(long, value_name = "R", value_parser = rate)]
    pub(super) rate: Option<f64>,
    /// One JSON object
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct DoctorOptions {
    /// One JSON object
    #[arg(long)]
    pub(super) json: bool,
    /// First run the commands that cannot harm: start the daemon, make folders or close them to others, install again
    /// where the hook has moved
    #[arg(long)]
    pub(super) fix: bool,
}

/// How events are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ExportFormat {
    /// One envelope per line
    Jsonl,
    /// A table with a head line
    Csv,
    /// Something to read: prompts, calls, answers; best with --session
    Md,
}

#[derive(Debug, Args)]
pub(super) struct ExportOptions {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Events after this number or from this time on: 10m, 2h, 3d, 14:30, 2026-11-22
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub(super) since: Option<Since>,
    /// How events are written
    #[arg(long, value_enum, default_value = "jsonl")]
    pub(super) format: ExportFormat,
    /// With the agent's own JSON of each event
    #[arg(long)]
    pub(super) payload: bool,
}

/// What can be made from the program itself.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Generated {
    /// Pages of docs/reference
    Reference,
    /// Manual pages
    Man,
    /// Completions for bash, zsh and fish
    Completions,
}

#[derive(Debug, Args)]
pub(super) struct GenerateOptions {
    /// What to write
    #[arg(value_enum)]
    pub(super) what: Generated,
    /// Where to; it is made if it is not there
    pub(super) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct ProfileOptions {
    /// Only this session
    #[arg(long, value_name = "ID")]
    pub(super) session: Option<String>,
    /// Only what ran since then: how long ago, e.g. 90m, 24h, 7d, or a time like 2026-11-22T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<String>,
    /// One JSON object
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct BackupOptions {
    /// Where to write it
    pub(super) file: PathBuf,
    /// Replace a file that is there already
    #[arg(long)]
    pub(super) force: bool,
    /// One JSON object
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct DemoOptions {
    /// Replay so many times as fast as it happened
    #[arg(long, default_value = "1", value_parser = speed)]
    pub(super) speed: f64,
    /// End when the recording does, in place of waiting for Ctrl-C
    #[arg(long)]
    pub(super) exit: bool,
    /// Print the address and open no browser
    #[arg(long)]
    pub(super) no_open: bool,
}

fn agent_names() -> PossibleValuesParser {
    PossibleValuesParser::new(AGENTS.iter().map(|agent| agent.name))
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.001..=1e6).contains(&rate) => Ok(rate),
        _ => Err("events a second, e.g. 100".into()),
    }
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed > 0.0 && speed.is_finite() => Ok(speed),
        _ => Err("a number above 0, e.g. 2".into()),
    }
}
