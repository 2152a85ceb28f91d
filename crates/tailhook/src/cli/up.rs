//! `up`, `down`, `restart`: the daemon in the background.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::arguments::{ListenOptions, UpOptions};
use super::commands::print_json;
use super::exit::{Code, Failure};
use super::print::say;
use super::service;
use super::version::{Difference, difference};
use crate::config::{Settings, look_at};
use crate::daemon::presence::{self, Presence};

/// A daemon that ends well does so in under a second.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The daemon that runs now.
struct Running {
    /// None did before.
    started: bool,
    presence: Presence,
}

/// Starts the daemon if none runs, and says where it is.
pub(super) fn up(settings: &Settings, options: &UpOptions) -> Result<(), Failure> {
    let running = start(settings, &options.listen)?;
    if options.json { print_json(&running.as_json()) } else { running.tell() }
}

/// Ends the daemon and whoever would start it again.
pub(super) fn down(settings: &Settings, json: bool) -> Result<(), Failure> {
    let stopped = end(settings)?;
    if json { print_json(&json!({ "stopped": stopped })) } else { say(told(stopped)) }
}

/// Stops and starts, on the same port if none is named.
pub(super) fn restart(settings: &Settings, options: UpOptions) -> Result<(), Failure> {
    let UpOptions { mut listen, json } = options;
    let old = presence::find(&settings.home);
    let stopped = end(settings)?;
    if !json {
        say(told(stopped))?;
    }
    // A service has its port from its socket.
    listen.port = listen.port.or(old.filter(|presence| !presence.service).map(|presence| presence.port));
    let running = start(settings, &listen)?;
    if !json {
        return running.tell();
    }
    let mut said = running.as_json();
    said["stopped"] = stopped.into();
    print_json(&said)
}

fn told(stopped: bool) -> &'static str {
    if stopped { "stopped" } else { "not running" }
}

impl Running {
    /// The words of `status --json`, where it has them.
    fn as_json(&self) -> Value {
        let Presence { pid, supervisor, service, port, url, beyond, version } = &self.presence;
        let mut said = json!({
            "running": true, "started": self.started, "url": url, "port": port, "pid": pid, "version": version,
            "supervised": *service || supervisor.is_some(), "service": service,
        });
        if let Some(beyond) = beyond {
            said["beyond"] = beyond.as_str().into();
        }
        said
    }

    fn tell(&self) -> Result<(), Failure> {
        let Presence { url, beyond, pid, service, version, .. } = &self.presence;
        let state = if self.started { "running" } else { "already running" };
        let beyond = beyond.as_ref().map(|beyond| format!(" and {beyond}")).unwrap_or_default();
        let service = if *service && self.started { ", as a service" } else { "" };
        say(&format!("{state} at {url}{beyond} (pid {pid}){service}"))?;
        // Whoever has just upgraded expects that this was enough.
        if let Some(Difference { message, mend }) = difference(version) {
            eprintln!("note: {message}: {mend}");
        }
        Ok(())
    }
}

fn start(settings: &Settings, listen: &ListenOptions) -> Result<Running, Failure> {
    let home = &settings.home;
    if let Some(presence) = running(settings) {
        return Ok(Running { started: false, presence });
    }
    if listen.arguments().is_empty() && service::start(settings)? {
        let presence = presence::find(home).ok_or_else(|| {
            Failure::new(Code::Failed, "the service did not start", "tailhook serve shows what is wrong")
        })?;
        return Ok(Running { started: true, presence });
    }
    presence::make_state_folder(home)
        .map_err(|error| Failure::failed(format!("could not make {}: {error}", home.state().display())))?;
    let log = home.log_file();
    let file = File::options().create(true).append(true).open(&log);
    let file = file.map_err(|error| Failure::failed(format!("could not open the log {}: {error}", log.display())))?;
    let logged = file.metadata().map_or(0, |m| m.len());
    let (ready, ended) = supervise(listen, file)?;
    // Where it ended before it was ready, somebody else's may have been faster.
    presence::find(home)
        .map_or_else(|| Err(last_words(&log, logged, ended)), |presence| Ok(Running { started: ready, presence }))
}

/// Starts the supervisor and waits until its daemon is ready, or it has ended before that, and with what.
fn supervise(listen: &ListenOptions, log: File) -> Result<(bool, Option<i32>), Failure> {
    let program = std::env::current_exe().map_err(|error| Failure::failed(format!("who am I: {error}")))?;
    let mut child = Command::new(program)
        .arg("supervise")
        .args(listen.arguments())
        // A folder that may be unmounted or removed must not be held by a process that stays.
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::from(log))
        // A group of its own: Ctrl-C in this terminal is not meant for it.
        .process_group(0)
        .spawn()
        .map_err(|error| Failure::failed(format!("could not start the daemon: {error}")))?;
    let mut line = String::new();
    let read = child.stdout.take().map(|out| BufReader::new(out).read_line(&mut line));
    if matches!(read, Some(Ok(n)) if n > 0) {
        return Ok((true, None));
    }
    Ok((false, child.wait().ok().and_then(|status| status.code())))
}

/// What a daemon that ended before it was ready said last says why.
fn last_words(log: &Path, logged: u64, ended: Option<i32>) -> Failure {
    let said = std::fs::read(log).unwrap_or_default();
    let said = said.get(usize::try_from(logged).unwrap_or(0)..).unwrap_or_default();
    let said = String::from_utf8_lossy(said);
    let find = |start: &str| said.lines().find_map(|line| line.strip_prefix(start).map(str::to_owned));
    // It may not have been able to say anything.
    if said.is_empty()
        && let Err(error) = File::options().append(true).open(log).and_then(|mut log| log.write_all(b"\n"))
    {
        let hint = look_at(log.parent().unwrap_or(log), &error);
        return Failure::new(Code::of(ended), format!("could not write the log {}: {error}", log.display()), hint);
    }
    Failure::new(
        Code::of(ended),
        find("error: ").unwrap_or_else(|| "the daemon did not start".into()),
        find("hint: ").unwrap_or_else(|| format!("cat {}", log.display())),
    )
}

/// The same without a word; true: something ran.
pub(super) fn end(settings: &Settings) -> Result<bool, Failure> {
    // Before the daemon: the service's socket would start it again with the next client.
    let stopped = service::stop(settings)?;
    let home = &settings.home;
    let (supervisor, daemon) = (presence::find_supervisor(home), presence::find(home).map(|presence| presence.pid));
    if supervisor.is_none() && daemon.is_none() {
        return Ok(stopped);
    }
    for (pid, signal) in [(supervisor, Signal::TERM), (daemon, Signal::TERM), (daemon, Signal::KILL)] {
        let Some(pid) = pid.and_then(Pid::from_raw) else { continue };
        let _ = kill_process(pid, signal);
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if presence::find_supervisor(home).is_none() && presence::find(home).is_none() {
                return Ok(true);
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }
    let pid = daemon.or(supervisor).unwrap_or_default();
    Err(Failure::new(Code::Failed, format!("could not stop the daemon (pid {pid})"), format!("ps -fp {pid}")))
}

/// The daemon, if one runs or is just being started again.
fn running(settings: &Settings) -> Option<Presence> {
    let start = Instant::now();
    loop {
        let found = presence::find(&settings.home);
        let soon = presence::find_supervisor(&settings.home).is_some() && start.elapsed() < PATIENCE;
        if found.is_some() || !soon {
            return found;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}
