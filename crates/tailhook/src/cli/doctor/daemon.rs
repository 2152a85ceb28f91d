//! The daemon: running, reachable, the same version, its token ours, its port as asked for, its store working.

use serde_json::Value;

use super::finding::{Finding, Mend, word};
use crate::cli::client::Client;
use crate::cli::version::{Difference, difference};
use crate::config::{Settings, Source};
use crate::daemon::{log, presence};
use crate::store::{Reader, StoreError};

const DAEMON: &str = "daemon";

/// One that answers.
pub(super) struct Daemon {
    pub(super) client: Client,
}

/// `None`: none could be asked.
pub(super) fn check(settings: &Settings) -> (Vec<Finding>, Option<Daemon>) {
    let Some(presence) = presence::find(&settings.home) else {
        let why =
            log::last_error(&settings.home).map(|error| format!("; its log ends with: {error}")).unwrap_or_default();
        let message = format!("no daemon runs: events wait in the journal, and nobody sees them{why}");
        let mut findings = vec![Finding::problem(DAEMON, message).mend(Mend::Up)];
        findings.extend(taken(settings.port.value));
        findings.extend(store_at_rest(settings));
        return (findings, None);
    };
    let client = match Client::find(settings) {
        Ok(client) => client,
        Err(failure) => return (vec![Finding::failure("token", &failure)], None),
    };
    if let Err(failure) = client.get::<Value>("/healthz") {
        let message = format!("pid {} does not answer at {}: {}", presence.pid, presence.url, failure.message());
        return (vec![Finding::problem(DAEMON, message).fix("tailhook restart")], None);
    }
    let mut findings = vec![running(&client)];
    findings.extend(version(&presence.version));
    findings.extend(port(settings, presence.port));
    let stats = match client.get::<Value>("/api/v1/stats") {
        Ok(stats) => stats,
        Err(failure) => {
            findings.push(Finding::problem("token", failure.message()).fix("tailhook restart"));
            return (findings, None);
        }
    };
    findings.push(store(settings, &stats));
    findings.push(losses(&stats));
    findings.extend(duplicates(&stats));
    findings.extend(cursor_beside_claude_code(&stats));
    (findings, Some(Daemon { client }))
}

fn running(client: &Client) -> Finding {
    let presence = &client.presence;
    let message = format!("pid {} answers at {}", presence.pid, presence.url);
    if presence.service {
        return Finding::ok(DAEMON, format!("{message}, run by the service manager"));
    }
    if presence.supervisor.is_some() {
        return Finding::ok(DAEMON, format!("{message}, supervised"));
    }
    Finding::warning(DAEMON, format!("{message}, but nobody starts it again when it dies")).fix("tailhook restart")
}

fn version(running: &str) -> Option<Finding> {
    difference(running).map(|Difference { message, mend }| Finding::warning("version", message).fix(mend))
}

/// One that was asked for on the command line of `up` is nobody's mistake.
fn port(settings: &Settings, actual: u16) -> Option<Finding> {
    let wanted = &settings.port;
    if [0, actual].contains(&wanted.value) || wanted.source == Source::Default {
        return None;
    }
    let message = format!("the daemon listens on port {actual}, but {} says {}", wanted.source, wanted.value);
    Some(Finding::warning("port", message).fix(format!("tailhook restart --port {}", wanted.value)))
}

/// Somebody else listens where our daemon would.
fn taken(port: u16) -> Option<Finding> {
    let listening = std::net::TcpListener::bind(("127.0.0.1", port)).err()?;
    if listening.kind() != std::io::ErrorKind::AddrInUse {
        return None;
    }
    let message = format!("another program listens on port {port}, where the daemon would");
    Some(
        Finding::problem("port", message)
            .fix(format!("ss -ltnp 'sport = :{port}'; or another one: tailhook up --port 0")),
    )
}

fn store(settings: &Settings, stats: &Value) -> Finding {
    let database = settings.home.database();
    match stats["store_trouble"].as_str() {
        Some(trouble) => Finding::problem("store", format!("{trouble}; events wait in the journal")).fix(
            stats["store_hint"]
                .as_str()
                .map_or_else(|| format!("df -h {0}; ls -l {0}", word(&database)), str::to_owned),
        ),
        None => {
            Finding::ok("store", format!("{} works, events in it: {}", database.display(), stats["events"]["stored"]))
        }
    }
}

/// Whether a daemon could open the store. None: there is none yet.
fn store_at_rest(settings: &Settings) -> Option<Finding> {
    let database = settings.home.database();
    database.symlink_metadata().ok()?;
    Some(match Reader::check(&database) {
        Ok(events) => Finding::ok("store", format!("{} can be read, events in it: {events}", database.display())),
        Err(error @ StoreError::Damaged { .. }) => {
            Finding::problem("store", error.to_string()).mend(Mend::SetAside(database))
        }
        Err(error) => Finding::problem("store", error.to_string()).fix(error.hint()),
    })
}

/// What is gone is gone: there is no command for it, but the user should know.
fn losses(stats: &Value) -> Finding {
    let count = |name: &str| stats["events"][name].as_u64().unwrap_or(0);
    let (dropped, torn, lost) = (count("dropped"), count("torn"), count("lost"));
    if dropped + torn + lost == 0 {
        return Finding::ok("losses", "no event was ever lost");
    }
    let message = format!(
        "since the store was made: {dropped} events dropped (journal and spool were full), {torn} torn (a hook was \
         killed), {lost} large payloads lost"
    );
    Finding::warning("losses", message).fix("tailhook status")
}

/// Who told events again that no agent's second registration did.
const BY_TRANSCRIPT: &str = "transcript";
const BY_CURSOR: &str = "claude-code-in-cursor";
const BY_QUIT: &str = "gemini-cli-quit";

/// An agent that runs the hook twice for each event: it stands in two of its settings.
fn duplicates(stats: &Value) -> Option<Finding> {
    let by = stats["duplicates_by"].as_object()?;
    let agents: Vec<_> =
        by.iter().filter(|(by, _)| ![BY_TRANSCRIPT, BY_CURSOR, BY_QUIT].contains(&by.as_str())).collect();
    let (agent, _) = agents.iter().max_by_key(|(_, count)| count.as_u64())?;
    let counts: Vec<_> = agents.iter().map(|(agent, count)| format!("{agent} {count}")).collect();
    let message = format!(
        "events that came twice and were stored once: {}. The hook stands in two settings of the agent: those of the user \
         and of the project, or those of a plugin",
        counts.join(", ")
    );
    Some(Finding::warning("told twice", message).fix(format!("tailhook uninstall {agent} --scope project")))
}

/// Cursor tells its own hook and the one in Claude Code's settings; one of them is enough.
fn cursor_beside_claude_code(stats: &Value) -> Option<Finding> {
    let count = stats["duplicates_by"][BY_CURSOR].as_u64().filter(|count| *count > 0)?;
    let message = format!(
        "Cursor runs the hook in Claude Code's settings beside its own: {count} events came to both and were stored once. \
         Without its own, Cursor still tells of itself"
    );
    Some(Finding::warning("told twice by cursor", message).fix("tailhook uninstall cursor"))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::*;

    #[test]
    fn another_version_is_named() {
        assert!(version(env!("CARGO_PKG_VERSION")).is_none());
        let finding = version("0.0.1").expect("a finding");
        assert_eq!((finding.status, finding.fix.as_deref()), (Status::Warning, Some("tailhook restart")));
        assert!(finding.message.starts_with("the daemon is version 0.0.1, this command is "), "{}", finding.message);
    }

    #[test]
    fn a_port_that_somebody_has_is_named() {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let finding = taken(port).expect("a finding");
        assert_eq!(finding.status, Status::Problem);
        assert!(finding.message.contains(&port.to_string()), "{finding:?}");
        assert!(taken(0).is_none());
    }

    #[test]
    fn what_is_told_twice_is_named() {
        let stats = |by: Value| serde_json::json!({ "duplicates_by": by });
        assert!(
            duplicates(&stats(
                serde_json::json!({ "transcript": 3, "claude-code-in-cursor": 1, "gemini-cli-quit": 2 })
            ))
            .is_none()
        );
        assert!(cursor_beside_claude_code(&stats(serde_json::json!({ "cursor": 1 }))).is_none());
        let finding = cursor_beside_claude_code(&stats(serde_json::json!({ "claude-code-in-cursor": 2 })));
        let finding = finding.expect("a finding");
        assert!(finding.message.contains("2 events came to both"), "{finding:?}");
        assert_eq!(finding.fix.as_deref(), Some("tailhook uninstall cursor"));
        let finding = duplicates(&stats(serde_json::json!({ "codex": 1, "claude-code": 3 }))).expect("a finding");
        assert!(finding.message.contains("claude-code 3, codex 1"), "{finding:?}");
        assert_eq!(finding.fix.as_deref(), Some("tailhook uninstall claude-code --scope project"));
    }

    #[test]
    fn losses_are_counted() {
        let stats = |dropped: u64| serde_json::json!({ "events": { "dropped": dropped, "torn": 1, "lost": 0 } });
        assert_eq!(losses(&serde_json::json!({ "events": {} })).status, Status::Ok);
        let finding = losses(&stats(2));
        assert_eq!(finding.status, Status::Warning);
        assert!(finding.message.contains("2 events dropped") && finding.message.contains("1 torn"), "{finding:?}");
    }
}
