//! What the stream promises beyond single messages: a sign of life, the truth to who fell behind, a goodbye, and events of
//! other programs.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::raw::RawSocket;
use crate::stored::{Appender, wait_until};
use crate::support::{Daemon, Home};

const BATCHES: &str = "Sec-WebSocket-Protocol: tailhook.v1.json\r\n";

fn sequence(envelopes: &[Value]) -> Vec<u64> {
    envelopes.iter().filter_map(|envelope| envelope["seq"].as_u64()).collect()
}

#[test]
fn a_client_that_fell_behind_hears_what_it_missed_and_catches_up() {
    const EVENTS: u64 = 2_000;
    let home = Home::on_tmpfs();
    let daemon = home.serve();
    let mut slow = RawSocket::greeted(&daemon, "payload=full", BATCHES);
    let mut other = RawSocket::greeted(&daemon, "", BATCHES);
    let appender = Appender::new(&home);
    // 100 MB: more than the ring and the sockets' buffers hold.
    for n in 0..EVENTS {
        let payload = json!({ "session_id": "s", "hook_event_name": "Stop", "n": n, "text": "x".repeat(50_000) });
        appender.append("claude-code", payload.to_string().as_bytes());
        daemon.wait_for_seq((n + 1).saturating_sub(200));
    }
    daemon.wait_for_seq(EVENTS);
    let mut seen = Vec::new();
    while seen.last() != Some(&EVENTS) {
        let envelopes = other.envelopes();
        assert!(envelopes.iter().all(|envelope| envelope["type"] != "system.gap"), "one client slowed another");
        seen.extend(sequence(&envelopes));
    }
    assert!(seen.into_iter().eq(1..=EVENTS));

    // Each number comes, or is said to be missing; nothing comes twice.
    let (mut next, mut missing) = (1, Vec::new());
    while next <= EVENTS {
        for envelope in slow.envelopes() {
            if envelope["type"] == "system.gap" {
                let bounds = ["from", "to"].map(|name| envelope["data"][name].as_u64().expect("a number"));
                assert_eq!(bounds[0], next, "{envelope}");
                missing.push(bounds);
                next = bounds[1] + 1;
            } else if let Some(seq) = envelope["seq"].as_u64() {
                assert_eq!(seq, next);
                next += 1;
            }
        }
    }
    assert!(!missing.is_empty(), "it never fell behind");
    let gaps = daemon.get("/api/v1/stats").1["gaps"].as_u64();
    assert_eq!(gaps, Some(missing.len() as u64));
    // It reads on its own what it missed.
    for [from, to] in missing {
        let mut again = RawSocket::greeted(&daemon, &format!("since={}", from - 1), BATCHES);
        let mut read = Vec::new();
        while read.last().is_none_or(|seq| *seq < to) {
            read.extend(sequence(&again.envelopes()));
        }
        assert!(read.into_iter().take_while(|seq| *seq <= to).eq(from..=to));
    }
}

#[test]
fn each_client_hears_a_goodbye_however_many_do_not_listen() {
    const EVENTS: u64 = 400;
    let home = Home::on_tmpfs();
    let daemon = home.serve();
    let mut readers: Vec<_> = (0..600).map(|_| RawSocket::greeted(&daemon, "", BATCHES)).collect();
    let deaf: Vec<_> = (0..50).map(|_| RawSocket::greeted(&daemon, "payload=full", BATCHES)).collect();
    let appender = Appender::new(&home);
    // More than the buffers of those that do not read hold.
    for n in 0..EVENTS {
        let payload = json!({ "session_id": "s", "hook_event_name": "Stop", "n": n, "text": "x".repeat(50_000) });
        appender.append("claude-code", payload.to_string().as_bytes());
    }
    daemon.wait_for_seq(EVENTS);
    // Handed over when it is told to end: that is stored too.
    appender.append("claude-code", br#"{"session_id":"s","hook_event_name":"SessionEnd"}"#);
    assert!(daemon.terminate());
    for reader in &mut readers {
        assert_eq!(reader.close_code(), Some(1_001));
    }
    drop(deaf);
    let daemon = home.serve();
    assert_eq!(daemon.get("/healthz").1["seq"], EVENTS + 1);
}

#[test]
fn events_of_other_programs_keep_their_type_by_http_too() {
    let home = Home::new();
    let daemon = home.serve();
    let mut watcher = RawSocket::greeted(&daemon, "agent=external&payload=full", "");
    let bearer = format!("Bearer {}", daemon.token);
    let kinds = ["session.start", "agent.delegation", "todo.updated", "status.changed"];
    for kind in kinds {
        let event = json!({ "type": kind, "session_id": "nightly", "data": { "message": "done" } });
        let headers = [("Authorization", bearer.as_str())];
        let answer = daemon.request("POST", "/api/v1/ingest/external", &headers, event.to_string().as_bytes());
        assert_eq!(answer.status, 202, "{}", answer.text());
        let seen = &watcher.envelopes()[0];
        assert_eq!((&seen["type"], &seen["session_id"]), (&kind.into(), &"nightly".into()));
        assert_eq!(seen["payload"], event);
    }
    let (_, found) = daemon.get("/api/v1/events?agent=external&session=nightly");
    let found: Vec<_> = found["events"].as_array().expect("events").iter().map(|event| &event["type"]).collect();
    assert_eq!(found, kinds);
}

#[test]
fn who_hears_nothing_else_hears_that_the_daemon_lives() {
    let home = Home::new();
    let daemon = Daemon::start_with(&home, &["--port", "0", "--legacy-ws"]);
    let patience = Some(Duration::from_mins(2));
    let mut socket = RawSocket::greeted(&daemon, "", BATCHES);
    socket.stream.get_ref().set_read_timeout(patience).expect("a timeout");
    let mut events = TcpStream::connect(("127.0.0.1", daemon.port)).expect("the daemon listens");
    events.set_read_timeout(patience).expect("a timeout");
    let request =
        format!("GET /api/v1/stream/sse HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n", daemon.token);
    events.write_all(request.as_bytes()).expect("sent");
    let (mut legacy, _) = tungstenite::connect(format!("ws://127.0.0.1:{}/", daemon.port)).expect("it opens");
    if let tungstenite::stream::MaybeTlsStream::Plain(stream) = legacy.get_ref() {
        stream.set_read_timeout(patience).expect("a timeout");
    }
    assert!(legacy.read().expect("a message").into_text().expect("text").contains("system.hello"));
    wait_until("all three listen", || daemon.get("/api/v1/stats").1["subscribers"] == 3);

    let heartbeat = &socket.envelopes()[0];
    assert_eq!(heartbeat["type"], "system.heartbeat", "{heartbeat}");
    assert_eq!(heartbeat["data"]["seq"], 0);
    assert_eq!(heartbeat["data"]["subscribers"], 3);
    assert!(heartbeat["data"]["uptime_s"].is_u64(), "{heartbeat}");
    let lines = BufReader::new(events).lines().map_while(Result::ok);
    let heartbeat = lines.skip_while(|line| !line.contains("system.hello")).find(|line| line.contains("heartbeat"));
    assert!(heartbeat.is_some_and(|line| line.starts_with("data: ")), "by server-sent events");
    assert!(legacy.read().expect("a message").into_text().expect("text").contains("system.heartbeat"));
}
