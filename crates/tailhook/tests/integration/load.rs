//! Many clients, and clients that behave badly: the daemon's memory stays bounded, and no other subscriber notices.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::raw::RawSocket;
use crate::stored::{Appender, wait_until};
use crate::support::{Daemon, Home};

const BATCHES: &str = "Sec-WebSocket-Protocol: tailhook.v1.json\r\n";

fn event(session: usize, n: usize, bytes: usize) -> Vec<u8> {
    json!({ "session_id": format!("s{session}"), "hook_event_name": if n.is_multiple_of(2) { "PreToolUse" } else { "Stop" },
            "n": n, "text": "x".repeat(bytes) })
    .to_string()
    .into_bytes()
}

/// The daemon's resident memory, MiB.
fn resident_mib(daemon: &Daemon) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.pid)).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.trim().split(' ').next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1_024
}

/// Reads events up to number `last` and asserts that each came, in order, and none was said to be missing.
fn assert_gets_all(mut witness: RawSocket, last: u64) {
    let mut seen = 0;
    while seen < last {
        for envelope in witness.envelopes() {
            assert_ne!(envelope["type"], "system.gap", "{envelope}");
            if let Some(seq) = envelope["seq"].as_u64() {
                assert_eq!(seq, seen + 1);
                seen = seq;
            }
        }
    }
}

/// Lets this process and those that it starts have as many open files as it may.
fn many_files() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    maximum.unwrap_or(u64::MAX)
}

#[test]
fn a_thousand_subscribers_each_get_what_they_asked_for() {
    const EVENTS: usize = 1_000;
    const SESSIONS: usize = 20;
    if many_files() < 2_500 {
        return eprintln!("skipped: this user may not open 2,500 files");
    }
    let home = Home::on_tmpfs();
    let daemon = home.serve();
    // By session, by type, by both, by agent, and everything, in both shapes.
    let filters = |n: usize| match n % 5 {
        0 => format!("session=s{}", n % SESSIONS),
        1 => "type=hook.stop".to_owned(),
        2 => format!("session=s{}&type=hook.pre_*", n % SESSIONS),
        3 => "agent=codex".to_owned(),
        _ => String::new(),
    };
    let mut sockets: Vec<_> =
        (0..1_000).map(|n| RawSocket::greeted(&daemon, &filters(n), if n % 3 == 0 { BATCHES } else { "" })).collect();
    let before = resident_mib(&daemon);
    assert_eq!(daemon.get("/api/v1/stats").1["subscribers"], 1_000);
    let appender = Appender::new(&home);
    for n in 0..EVENTS {
        appender.append(if n % 10 == 0 { "codex" } else { "claude-code" }, &event(n % SESSIONS, n, 100));
    }
    daemon.wait_for_seq(EVENTS as u64);
    let all = daemon.get(&format!("/api/v1/events?since=0&limit={EVENTS}")).1;
    let all = all["events"].as_array().expect("events");
    assert_eq!(all.len(), EVENTS);
    for (n, socket) in sockets.iter_mut().enumerate() {
        let wanted: Vec<u64> = all
            .iter()
            .filter(|event| match n % 5 {
                0 => event["session_id"] == format!("s{}", n % SESSIONS),
                1 => event["type"] == "hook.stop",
                2 => event["session_id"] == format!("s{}", n % SESSIONS) && event["type"] == "hook.pre_tool_use",
                3 => event["agent"] == "codex",
                _ => true,
            })
            .filter_map(|event| event["seq"].as_u64())
            .collect();
        let mut got = Vec::new();
        while got.len() < wanted.len() {
            got.extend(socket.envelopes().iter().filter_map(|envelope: &Value| envelope["seq"].as_u64()));
        }
        assert_eq!(got, wanted, "subscriber {n}: {}", filters(n));
    }
    let after = resident_mib(&daemon);
    assert!(after < before + 150, "{before} MiB before, {after} after");
}

#[test]
fn subscribers_that_never_read_harm_nobody() {
    const EVENTS: u64 = 12_000;
    let home = Home::on_tmpfs();
    let daemon = home.serve();
    let witness = RawSocket::greeted(&daemon, "", BATCHES);
    let idle: Vec<_> = (0..100)
        .map(|n| {
            RawSocket::greeted(&daemon, if n % 2 == 0 { "payload=full" } else { "payload=full&type=hook.*" }, BATCHES)
        })
        .collect();
    let reader = std::thread::spawn(move || assert_gets_all(witness, EVENTS));
    let appender = Appender::new(&home);
    // 190 MB in all: three times what the ring may hold, and more than the sockets' buffers.
    let mut most = 0;
    for n in 0..EVENTS {
        appender.append("claude-code", &event(1, n as usize, 16_000));
        if n.is_multiple_of(100) {
            most = most.max(resident_mib(&daemon));
            // At the daemon's pace: what is measured is the ring, not the journal.
            daemon.wait_for_seq((n + 1).saturating_sub(500));
        }
    }
    daemon.wait_for_seq(EVENTS);
    reader.join().expect("the witness got everything");
    most = most.max(resident_mib(&daemon));
    assert!(most < 300, "{most} MiB");
    drop(idle);
    wait_until("those that left are forgotten", || daemon.get("/api/v1/stats").1["subscribers"] == 0);
}

#[test]
fn ten_thousand_come_and_go() {
    const EVENTS: u64 = 500;
    let home = Home::on_tmpfs();
    let daemon = home.serve();
    let witness = RawSocket::greeted(&daemon, "", BATCHES);
    let reader = std::thread::spawn(move || assert_gets_all(witness, EVENTS));
    let ended = AtomicBool::new(false);
    let (mut early, mut late) = (0, 0);
    std::thread::scope(|scope| {
        let visitors: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    for n in 0..5_000 {
                        match n % 4 {
                            // Gone before it asked, before it was answered, after the hello, and with a goodbye.
                            0 => drop(TcpStream::connect(("127.0.0.1", daemon.port)).expect("a connection")),
                            1 => drop(RawSocket::open(&daemon, "", "")),
                            2 => drop(RawSocket::greeted(&daemon, "since=0", "")),
                            _ => RawSocket::greeted(&daemon, "", BATCHES).send(0x88, &[]),
                        }
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            let appender = Appender::new(&home);
            for n in 0..EVENTS {
                appender.append("claude-code", &event(1, n as usize, 100));
                if !ended.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        });
        early = resident_mib(&daemon);
        for visitor in visitors {
            visitor.join().expect("every visit went as it should");
        }
        late = resident_mib(&daemon);
        ended.store(true, Ordering::Relaxed);
    });
    reader.join().expect("the witness got everything");
    wait_until("those that left are forgotten", || daemon.get("/api/v1/stats").1["subscribers"] == 0);
    let files = || std::fs::read_dir(format!("/proc/{}/fd", daemon.pid)).map_or(0, Iterator::count);
    wait_until("their connections are closed", || files() < 50);
    assert!(late < early + 100, "{early} MiB at first, {late} at last");
}

#[test]
fn half_open_connections_and_nonsense_harm_nobody() {
    const EVENTS: u64 = 300;
    if many_files() < 2_500 {
        return eprintln!("skipped: this user may not open 2,500 files");
    }
    let home = Home::on_tmpfs();
    let daemon = home.serve();
    let witness = RawSocket::greeted(&daemon, "", BATCHES);
    let reader = std::thread::spawn(move || assert_gets_all(witness, EVENTS));
    let appender = Appender::new(&home);
    let begin = |bytes: &[u8]| {
        let mut stream = TcpStream::connect(("127.0.0.1", daemon.port)).expect("a connection");
        let _ = stream.write_all(bytes);
        stream
    };
    let mut halves = Vec::new();
    for n in 0..EVENTS {
        // Nothing, half a request, a handshake's first line, half a frame, a promise of a frame, and no HTTP at all.
        halves.push(begin(b""));
        halves.push(begin(b"POST /api/v1/ingest/codex HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900"));
        halves.push(begin(b"GET /api/v1/stream HTTP/1.1\r\n"));
        halves.push(begin(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]));
        if n % 3 == 0 {
            let mut socket = RawSocket::greeted(&daemon, "", "");
            socket.send_bytes(&[&[0x81, 0xff, 0, 0, 0, 0, 0, 0x0f, 0, 0], &[0; 100][..]].concat());
            halves.push(socket.stream.into_inner());
        }
        appender.append("claude-code", &event(1, n as usize, 100));
    }
    let mut noise = begin(&crate::stored::payload(100_000, 7));
    let mut answer = Vec::new();
    let _ = noise.read_to_end(&mut answer);
    reader.join().expect("the witness got everything");
    assert_eq!(daemon.get("/healthz").0, 200);
    let resident = resident_mib(&daemon);
    assert!(resident < 150, "{resident} MiB with {} connections", halves.len());
}
