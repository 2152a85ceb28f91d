//! Whose settings are changed, and how.

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

use crate::install::AGENTS;

/// Whose settings.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum ScopeName {
    /// Yours, for all projects
    User,
    /// Those of the project in this folder
    Project,
}

/// Which events.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in crate::cli) enum ProfileName {
    /// Every event
    Full,
    /// Nothing on the tool path
    Lean,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct InstallOptions {
    /// Which agents
    #[arg(value_name = "AGENT", required_unless_present = "all", conflicts_with = "all", value_parser = agent_names())]
    pub(in crate::cli) agents: Vec<String>,
    /// Every agent on this machine
    #[arg(long)]
    pub(in crate::cli) all: bool,
    /// Whose settings
    #[arg(long, value_enum, default_value = "user")]
    pub(in crate::cli) scope: ScopeName,
    /// Which events [default: those of the profile that is installed, else full]
    #[arg(long, value_enum)]
    pub(in crate::cli) profile: Option<ProfileName>,
    #[command(flatten)]
    pub(in crate::cli) manner: Manner,
}

/// How settings are changed.
#[derive(Debug, Clone, Copy, Args)]
pub(in crate::cli) struct Manner {
    /// Show what would change and change nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(in crate::cli) yes: bool,
    /// One JSON object
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct UninstallOptions {
    /// Which agents
    #[arg(value_name = "AGENT", required_unless_present = "all", conflicts_with = "all", value_parser = agent_names())]
    pub(in crate::cli) agents: Vec<String>,
    /// Every agent that has the hook
    #[arg(long)]
    pub(in crate::cli) all: bool,
    /// Whose settings
    #[arg(long, value_enum, default_value = "user")]
    pub(in crate::cli) scope: ScopeName,
    #[command(flatten)]
    pub(in crate::cli) manner: Manner,
}

fn agent_names() -> PossibleValuesParser {
    PossibleValuesParser::new(AGENTS.iter().map(|agent| agent.name))
}
