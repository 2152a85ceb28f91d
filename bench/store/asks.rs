//! What a page or a program asks, and how long the answer takes.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use serde::Serialize;
use serde_json::Value;

use crate::daemon::Daemon;

/// Of each kind, with other values each time.
const TIMES: u64 = 200;

/// The query of the nth time.
type Ask<'a> = Box<dyn Fn(u64) -> String + 'a>;

/// How long the answers to one kind of question took.
#[derive(Serialize)]
pub(crate) struct Answers {
    pub(crate) what: &'static str,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
    pub(crate) count: usize,
}

/// Asks everything.
pub(crate) fn run(daemon: &Daemon, events: u64) -> Result<Vec<Answers>> {
    let sessions = sessions(daemon)?;
    let words = [
        "echo project",
        "cargo test",
        "hello world",
        "exit code",
        "write file",
        "node test",
        "scenario echo",
        "stop reason",
    ];
    let kinds =
        ["hook.pre_tool_use", "hook.stop", "hook.user_prompt", "hook.post_tool_use_failure", "hook.session_start"];
    let pick = |list: &[&str], n: u64| list[n as usize % list.len()].replace(' ', "%20");
    let somewhere = |n: u64| 1 + n.wrapping_mul(7_919_777) % events;
    let session = |n: u64| sessions[n as usize * 37 % sessions.len()].clone();
    let asks: [(&'static str, Ask); 7] = [
        ("newest page of a session", Box::new(|n| format!("session={}", session(n)))),
        ("newest page of a session and type", Box::new(|n| format!("session={}&type={}", session(n), pick(&kinds, n)))),
        ("page by type, from anywhere", Box::new(|n| format!("type={}&before={}", pick(&kinds, n), somewhere(n)))),
        (
            "page by type and time",
            Box::new(|n| format!("q=type:{}%20time%3C2030-01-01&before={}", pick(&kinds, n), somewhere(n))),
        ),
        ("two words, newest first", Box::new(|n| format!("q={}", pick(&words, n)))),
        ("two words, from anywhere", Box::new(|n| format!("q={}&before={}", pick(&words, n), somewhere(n)))),
        ("failed calls of a tool", Box::new(|n| format!("q=tool:Bash%20failed&before={}", somewhere(n)))),
    ];
    asks.iter().map(|(what, query)| measure(daemon, what, query)).collect()
}

fn measure(daemon: &Daemon, what: &'static str, query: &dyn Fn(u64) -> String) -> Result<Answers> {
    let mut times = Vec::new();
    for n in 0..TIMES {
        let path = format!("/api/v1/events?limit=100&{}", query(n));
        let start = Instant::now();
        get(daemon, &path)?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share).ceil() as usize];
    Ok(Answers { what, p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1.0), count: times.len() })
}

fn sessions(daemon: &Daemon) -> Result<Vec<String>> {
    let body: Value = serde_json::from_str(&get(daemon, "/api/v1/sessions")?)?;
    let sessions = body["sessions"].as_array().context("no sessions")?;
    Ok(sessions.iter().filter_map(|session| session["session_id"].as_str()).map(str::to_owned).collect())
}

/// The essential fields of an event as JSON.
pub(crate) fn data_of(daemon: &Daemon, seq: u64) -> Result<String> {
    let body: Value = serde_json::from_str(&get(daemon, &format!("/api/v1/events/{seq}"))?)?;
    Ok(body["data"].to_string())
}

fn get(daemon: &Daemon, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, daemon.port))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        daemon.port, daemon.token
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no body")?;
    ensure!(head.starts_with("HTTP/1.1 200"), "{path}: {head} {body}");
    Ok(body.to_owned())
}

/// Up to which event the index goes, read beside the daemon.
#[expect(clippy::disallowed_methods, reason = "what the daemon wrote, looked at from outside")]
pub(crate) fn indexed(home: &Path) -> Result<u64> {
    let index = Connection::open_with_flags(home.join("tailhook.search.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let found = index.query_row("SELECT value FROM meta WHERE name = 'indexed'", [], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(0))
}
