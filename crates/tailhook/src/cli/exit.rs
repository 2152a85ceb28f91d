//! What went wrong, for people and for scripts.

use std::process::ExitCode;

use super::text::plain_lines;
use super::version::Difference;
use crate::config::ConfigError;
use crate::daemon::serve::ServeError;
use crate::daemon::supervise::SuperviseError;
use crate::install::InstallError;
use crate::store::StoreError;

/// Documented exit codes; clap itself ends with 2 for a wrong command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Failed = 1,
    Usage = 2,
    Config = 3,
    NotRunning = 4,
    AlreadyRunning = 5,
    Store = 6,
}

impl Code {
    /// All there are.
    pub(super) const ALL: [Self; 6] =
        [Self::Failed, Self::Usage, Self::Config, Self::NotRunning, Self::AlreadyRunning, Self::Store];

    /// For people.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::Failed => "failed; standard error says why",
            Self::Usage => "the command line is not understood",
            Self::Config => "a setting is not understood or cannot be read",
            Self::NotRunning => "the daemon is not running",
            Self::AlreadyRunning => "a daemon runs already",
            Self::Store => "the store cannot be opened or written",
        }
    }

    /// What another run of this program ended with.
    pub(super) fn of(status: Option<i32>) -> Self {
        Self::ALL.into_iter().find(|code| Some(*code as i32) == status).unwrap_or(Self::Failed)
    }
}

/// A command that did not do what it was asked.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    code: Code,
    message: String,
    hint: Option<String>,
    refusal: Option<String>,
}

impl Failure {
    pub(super) fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: Some(hint.into()), refusal: None }
    }

    /// Anything that has no code of its own.
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self { code: Code::Failed, message: message.into(), hint: None, refusal: None }
    }

    /// No daemon on this home.
    pub(super) fn not_running() -> Self {
        Self::new(Code::NotRunning, "the daemon is not running", "tailhook up")
    }

    /// As which exit code it counts.
    pub(super) fn code(&self) -> Code {
        self.code
    }

    /// What went wrong, in words.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub(super) fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// What the daemon said, where it answered that the question is no good.
    pub(super) fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// Says that the question is no good.
    pub(super) fn with_refusal(self, said: String) -> Self {
        Self { refusal: Some(said), ..self }
    }

    /// Where daemon and command are of different versions, that is the likeliest reason of all.
    pub(super) fn with_difference(self, difference: &Difference) -> Self {
        let message = format!("{}; {}", self.message, difference.message);
        Self { message, hint: Some(difference.mend.into()), ..self }
    }

    /// Says it on standard error.
    pub(super) fn report(self) -> ExitCode {
        // A message may quote a file or a path.
        eprintln!("error: {}", plain_lines(&self.message));
        if let Some(hint) = self.hint {
            eprintln!("hint: {}", plain_lines(&hint));
        }
        ExitCode::from(self.code as u8)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Code::Config, error.to_string(), error.hint())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(Code::Store, error.to_string(), error.hint())
    }
}

impl From<InstallError> for Failure {
    fn from(error: InstallError) -> Self {
        Self::new(Code::Failed, error.to_string(), error.hint())
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        let message = error.to_string();
        match error {
            ServeError::AlreadyRunning { .. } => {
                Self::new(Code::AlreadyRunning, message, "tailhook open, or tailhook restart")
            }
            ServeError::JournalTaken { .. } => Self::new(
                Code::AlreadyRunning,
                message,
                "tailhook down where XDG_STATE_HOME is the other one's, or set TAILHOOK_HOME for one of them",
            ),
            ServeError::Listen { port, .. } => Self::new(
                Code::Failed,
                message,
                format!("see who has it: ss -ltnp 'sport = :{port}'; or take a free one: --port 0"),
            ),
            ServeError::PlainBeyond { .. } => Self::new(
                Code::Config,
                message,
                "give --tls-cert FILE and --tls-key FILE; or --insecure-plain where something else keeps the way safe",
            ),
            ServeError::Host { host, .. } => Self::new(Code::Config, message, format!("getent hosts {host}")),
            ServeError::Tls(_) => Self::new(
                Code::Config,
                message,
                "both are files in PEM; for a try: openssl req -x509 -newkey ed25519 -nodes -days 30 -subj /CN=NAME \
                 -addext subjectAltName=DNS:NAME -keyout key.pem -out cert.pem",
            ),
            ServeError::Store(store) => store.into(),
            ServeError::Folder { path, .. } | ServeError::Lock { path, .. } | ServeError::Token { path, .. } => {
                let folder = path.parent().unwrap_or(&path).display().to_string();
                Self::new(Code::Failed, message, format!("ls -ld {folder}; or set TAILHOOK_HOME to a folder of yours"))
            }
            ServeError::HandedOver(_) | ServeError::Ingest(_) | ServeError::Serve(_) => Self::failed(message),
        }
    }
}

impl From<SuperviseError> for Failure {
    fn from(error: SuperviseError) -> Self {
        const SHOWS: &str = "tailhook serve shows what is wrong";
        let (code, hint) = match error {
            // Whoever comes here has found no daemon: that one's `daemon.json` is gone.
            SuperviseError::AlreadyRunning => (Code::AlreadyRunning, "tailhook restart"),
            SuperviseError::NeverStarted(status) => (Code::of(status.code()), SHOWS),
            _ => (Code::Failed, SHOWS),
        };
        Self::new(code, error.to_string(), hint)
    }
}
