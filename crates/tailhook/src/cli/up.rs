//! `up`, `down`, `restart`: the daemon in the background.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::arguments::ListenOptions;
use super::exit::{Code, Failure};
use super::print::say;
use super::service;
use crate::config::Settings;
use crate::daemon::presence::{self, Presence};

/// A daemon that ends well does so in under a second.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Starts the daemon if none runs, and says where it is.
pub(super) fn up(settings: &Settings, listen: &ListenOptions) -> Result<(), Failure> {
    if let Some(presence) = running(settings) {
        return say(&format!("already running at {} (pid {})", presence.url, presence.pid));
    }
    if listen.arguments().is_empty() && service::start(settings)? {
        let presence = presence::find(&settings.home).ok_or_else(|| {
            Failure::new(Code::Failed, "the service did not start", "tailhook serve shows what is wrong")
        })?;
        return say(&format!("running at {} (pid {}), as a service", presence.url, presence.pid));
    }
    presence::make_state_folder(&settings.home)
        .map_err(|error| Failure::failed(format!("could not make {}: {error}", settings.home.state().display())))?;
    let log = settings.home.log_file();
    let file = File::options().create(true).append(true).open(&log);
    let file = file.map_err(|error| Failure::failed(format!("could not open the log {}: {error}", log.display())))?;
    let logged = file.metadata().map_or(0, |m| m.len());
    let program = std::env::current_exe().map_err(|error| Failure::failed(format!("who am I: {error}")))?;
    let mut command = Command::new(program);
    command.arg("supervise").args(listen.arguments());
    let mut child = command
        // A folder that may be unmounted or removed must not be held by a process that stays.
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::from(file))
        // A group of its own: Ctrl-C in this terminal is not meant for it.
        .process_group(0)
        .spawn()
        .map_err(|error| Failure::failed(format!("could not start the daemon: {error}")))?;
    let mut line = String::new();
    let stdout = child.stdout.take();
    let read = stdout.map(|out| BufReader::new(out).read_line(&mut line));
    if matches!(read, Some(Ok(n)) if n > 0) {
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        let beyond = ready["beyond"].as_str().map(|beyond| format!(" and {beyond}")).unwrap_or_default();
        return say(&format!("running at {}{beyond} (pid {})", ready["url"].as_str().unwrap_or("?"), ready["pid"]));
    }
    // It ended before it was ready: what it said last says why.
    let ended = child.wait().ok().and_then(|status| status.code());
    if let Some(presence) = presence::find(&settings.home) {
        return say(&format!("already running at {} (pid {})", presence.url, presence.pid));
    }
    let said = std::fs::read(&log).unwrap_or_default();
    let said =
        String::from_utf8_lossy(said.get(usize::try_from(logged).unwrap_or(0)..).unwrap_or_default()).into_owned();
    let find = |start: &str| said.lines().find_map(|line| line.strip_prefix(start).map(str::to_owned));
    Err(Failure::new(
        Code::of(ended),
        find("error: ").unwrap_or_else(|| "the daemon did not start".into()),
        find("hint: ").unwrap_or_else(|| format!("cat {}", log.display())),
    ))
}

/// Ends the daemon and whoever would start it again.
pub(super) fn down(settings: &Settings) -> Result<(), Failure> {
    say(if end(settings)? { "stopped" } else { "not running" })
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

/// Stops and starts, on the same port if none is named.
pub(super) fn restart(settings: &Settings, mut listen: ListenOptions) -> Result<(), Failure> {
    let old = presence::find(&settings.home);
    down(settings)?;
    // A service has its port from its socket.
    listen.port = listen.port.or(old.filter(|presence| !presence.service).map(|presence| presence.port));
    up(settings, &listen)
}
