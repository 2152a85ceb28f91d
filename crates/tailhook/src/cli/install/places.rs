//! Where an agent may be.

use std::path::PathBuf;

use crate::cli::exit::{Code, Failure};
use crate::config::{Home, path_variable};
use crate::install::{AgentInstall, Folders};

/// Where an agent's settings may be.
pub(in crate::cli) struct Places {
    home: PathBuf,
    project: PathBuf,
    agent: Option<PathBuf>,
}

impl Places {
    pub(in crate::cli) fn find(agent: &AgentInstall) -> Result<Self, Failure> {
        let home = Home::user().ok_or_else(|| Failure::new(Code::Config, "no home folder is known", "set HOME"))?;
        let project = std::env::current_dir().map_err(|error| Failure::failed(format!("where am I: {error}")))?;
        Ok(Self { home, project, agent: agent.folder_variable.and_then(path_variable) })
    }

    pub(in crate::cli) fn folders(&self) -> Folders<'_> {
        Folders { home: &self.home, project: &self.project, agent: self.agent.as_deref() }
    }

    /// Whether the agent is on this machine: it has a folder here, or its program is on PATH.
    pub(in crate::cli) fn has(&self, agent: &AgentInstall) -> bool {
        agent.user_folder(self.folders()).is_dir() || on_path(agent.program)
    }
}

fn on_path(program: &str) -> bool {
    std::env::split_paths(&path_variable("PATH").unwrap_or_default()).any(|folder| folder.join(program).is_file())
}
