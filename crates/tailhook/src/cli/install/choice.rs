//! Which profile an installation has: the one that was asked for, else the one that is there.

use crate::cli::arguments::ProfileName;
use crate::install::{AgentInstall, Folders, InstallError, Profile, Scope, installed_profile};

#[derive(Debug)]
pub(super) struct Choice {
    pub(super) profile: Profile,
    by: By,
}

/// Who chose.
#[derive(Debug, PartialEq, Eq)]
enum By {
    /// The user, now.
    Option,
    /// Whoever installed it before.
    Earlier,
    /// Nobody has.
    Default,
}

impl Choice {
    pub(super) fn make(
        agent: &AgentInstall,
        scope: Scope,
        asked: Option<ProfileName>,
        folders: Folders<'_>,
    ) -> Result<Self, InstallError> {
        Ok(match asked {
            Some(ProfileName::Full) => Self { profile: Profile::Full, by: By::Option },
            Some(ProfileName::Lean) => Self { profile: Profile::Lean, by: By::Option },
            None => match installed_profile(agent, scope, folders)? {
                Some(profile) => Self { profile, by: By::Earlier },
                None => Self { profile: Profile::Full, by: By::Default },
            },
        })
    }

    pub(super) fn is_kept(&self) -> bool {
        self.by == By::Earlier
    }

    /// What is said of a profile that stays because nothing else was asked for.
    pub(super) fn kept(&self, agent: &AgentInstall) -> Option<String> {
        let (title, name, other) = (agent.title, self.profile.name(), self.profile.other().name());
        self.is_kept().then(|| format!("{title} keeps the {name} profile; --profile {other} changes it"))
    }

    /// What is worth knowing for who has not chosen; who has needs no proposal.
    pub(super) fn proposal(&self, agent: &AgentInstall) -> Option<&'static str> {
        (self.by != By::Option && self.profile == Profile::Full).then(|| agent.proposal()).flatten()
    }
}
