//! Where tailhook keeps its things.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use tailhook_journal::Place;

use super::{ConfigError, Source};

/// One variable of the environment; empty counts as not set.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(|value| value.to_string_lossy().into_owned())
}

/// A path from the environment.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub(crate) fn path_variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Whether a hook that is started from here does nothing.
pub(crate) fn is_switched_off() -> bool {
    variable("TAILHOOK_DISABLE").as_deref() == Some("1")
}

/// The folders of one user, or of one `TAILHOOK_HOME`.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    /// `TAILHOOK_HOME`.
    root: Option<PathBuf>,
    state: PathBuf,
    config: PathBuf,
    uid: u32,
}

impl Home {
    /// From the environment.
    pub(super) fn find() -> Result<Self, ConfigError> {
        let uid = rustix::process::geteuid().as_raw();
        if let Some(root) = path_variable("TAILHOOK_HOME") {
            if root.is_relative() {
                return Err(ConfigError::RelativeHome { root });
            }
            return Ok(Self { state: root.clone(), config: root.clone(), root: Some(root), uid });
        }
        let base = etcetera::choose_base_strategy().map_err(|_| ConfigError::NoHome)?;
        let state = base.state_dir().unwrap_or_else(|| base.data_dir()).join("tailhook");
        Ok(Self { root: None, state, config: base.config_dir().join("tailhook"), uid })
    }

    /// The same user's things in a folder of their own.
    pub(crate) fn moved_to(&self, root: &Path) -> Self {
        Self { root: Some(root.into()), state: root.into(), config: root.into(), uid: self.uid }
    }

    /// The user's home folder, where agents keep their settings.
    pub(crate) fn user() -> Option<PathBuf> {
        etcetera::home_dir().ok()
    }

    /// Where the user's programs keep their settings, ours and others'.
    pub(crate) fn user_config() -> Option<PathBuf> {
        etcetera::choose_base_strategy().ok().map(|base| base.config_dir())
    }

    /// Whether `TAILHOOK_HOME` or the platform decided.
    pub(crate) fn source(&self) -> Source {
        if self.root.is_some() { Source::Environment } else { Source::Default }
    }

    /// Database, token, lock.
    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// Events.
    pub(crate) fn database(&self) -> PathBuf {
        self.state.join("tailhook.db")
    }

    /// The secret that opens the API.
    pub(crate) fn token_file(&self) -> PathBuf {
        self.state.join("token")
    }

    /// Locked by the one daemon; says who it is.
    pub(crate) fn daemon_file(&self) -> PathBuf {
        self.state.join("daemon.json")
    }

    /// Locked by the process that starts the daemon again; says which that is.
    pub(crate) fn supervisor_file(&self) -> PathBuf {
        self.state.join("supervisor.lock")
    }

    /// The daemon's log when it runs in the background.
    pub(crate) fn log_file(&self) -> PathBuf {
        self.state.join("daemon.log")
    }

    /// `config.toml`.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// As the hook sees it.
    pub(crate) fn place(&self) -> Place<'_> {
        Place { uid: self.uid, home: self.root.as_deref().map(|root| root.as_os_str().as_bytes()) }
    }

    /// Segments on tmpfs.
    pub(crate) fn journal(&self) -> PathBuf {
        to_path(self.place().journal())
    }

    /// Locked by the one daemon that reads a journal whose place does not follow from the state folder's. Beside the
    /// journal and not in it: an open file keeps a removed folder's notices from coming.
    pub(crate) fn journal_lock(&self) -> Option<PathBuf> {
        self.root.is_none().then(|| self.journal().with_extension("lock"))
    }

    /// Segments on disk.
    pub(crate) fn spool(&self) -> PathBuf {
        to_path(self.place().spool())
    }
}

/// A path too long for the hook becomes one that cannot exist: the daemon then says that it could not open it.
fn to_path(path: Result<tailhook_journal::place::Path, tailhook_journal::sys::Errno>) -> PathBuf {
    path.map_or_else(|_| PathBuf::from("/path-too-long"), |path| OsStr::from_bytes(path.as_bytes()).to_owned().into())
}
