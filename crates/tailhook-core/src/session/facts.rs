//! What no event tells of a session and the daemon finds out.

use serde::{Deserialize, Serialize};

use super::SessionState;

/// What was found out about a session; `None`: nothing new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fact {
    /// Where its directory stands in git.
    pub git: Option<Git>,
    /// The process it runs in.
    pub process: Option<AgentProcess>,
}

/// Where a directory stands in git. Both `None`: in no repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Git {
    /// Top folder of the work tree.
    pub repository: Option<String>,
    /// Branch, or the beginning of the commit where there is none.
    pub branch: Option<String>,
}

/// A process, told apart from all others that have had or will have its number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentProcess {
    /// Its number.
    pub pid: u32,
    /// When it started, in the kernel's ticks since the boot.
    pub started: u64,
    /// The boot, and the namespace that the number belongs to.
    pub place: String,
}

impl SessionState {
    /// Takes in what was found out. False: it was known.
    pub fn learn(&mut self, fact: &Fact) -> bool {
        let mut is_new = false;
        if let Some(Git { repository, branch }) = &fact.git {
            let row = &mut self.session;
            is_new = row.git_branch != *branch || row.git_repository != *repository;
            row.git_branch.clone_from(branch);
            row.git_repository.clone_from(repository);
        }
        if let Some(process) = &fact.process {
            is_new |= self.process.as_ref() != Some(process);
            self.process = Some(process.clone());
        }
        is_new
    }

    /// Takes over from an earlier fold what no event tells.
    pub fn keep_found(&mut self, old: &Self) {
        self.process.clone_from(&old.process);
        self.session.keep_filled_in(&old.session);
    }
}
