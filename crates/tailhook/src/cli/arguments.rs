//! The command line as typed.

mod daemon;
mod events;
mod others;
mod settings;

use clap::{Parser, Subcommand};

use super::selection::filters;
use crate::config::Flags;
pub(super) use daemon::{ListenOptions, ServeOptions, ServiceAction, UpOptions};
pub(super) use events::{EmitOptions, ExportFormat, ExportOptions, ProfileOptions, TailOptions, WatchOptions};
pub(super) use others::{BackupOptions, DemoOptions, DoctorOptions, GenerateOptions, Generated, RestoreOptions};
pub(super) use settings::{InstallOptions, Manner, ProfileName, ScopeName, UninstallOptions};

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
    #[command(override_usage = "tailhook install [OPTIONS] <AGENT>...\n       tailhook install [OPTIONS] --all")]
    Install(InstallOptions),
    /// Take the hook out of agents' settings
    #[command(override_usage = "tailhook uninstall [OPTIONS] <AGENT>...\n       tailhook uninstall [OPTIONS] --all")]
    Uninstall(UninstallOptions),
    /// Have the system run the daemon for you: systemd's user manager, on macOS launchd
    Service {
        #[command(subcommand)]
        action: ServiceAction,
    },
    /// Print events as they come
    #[command(after_long_help = filters())]
    Tail(TailOptions),
    /// Sessions and events, live, in the whole terminal
    #[command(after_long_help = filters())]
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
    #[command(after_long_help = filters())]
    Export(ExportOptions),
    /// Say what each hook command costs the agent, anybody's
    Profile(ProfileOptions),
    /// Copy the store to a file, whether the daemon runs or not
    Backup(BackupOptions),
    /// Put a backup in the place of the store, which is set aside and not deleted
    Restore(RestoreOptions),
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
