//! The WebSocket protocol itself: compression, control frames, clients that break the rules.

use serde_json::{Value, json};

use crate::raw::RawSocket;
use crate::stored::Appender;
use crate::support::Home;

const DEFLATE: &str = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
const NO_TAKEOVER: &str = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n";
const BATCHES: &str = "Sec-WebSocket-Protocol: tailhook.v1.json\r\n";
const PACKED: &str = "Sec-WebSocket-Protocol: tailhook.v1.msgpack\r\n";

fn event(n: usize) -> String {
    json!({ "session_id": format!("s{}", n % 2), "hook_event_name": "PreToolUse", "tool_name": "Bash",
            "tool_input": { "command": format!("cargo test number {n}") }, "cwd": "/home/dev/code/parser" })
    .to_string()
}

#[test]
fn compressed_streams_say_the_same_in_fewer_bytes() {
    const EVENTS: usize = 200;
    let home = Home::new();
    let daemon = home.serve();
    let headers = [
        String::new(),
        DEFLATE.into(),
        format!("{BATCHES}{DEFLATE}"),
        format!("{PACKED}{DEFLATE}"),
        NO_TAKEOVER.into(),
    ];
    // One that gets everything as others do, and one whose filter makes its messages its own.
    for query in ["payload=full&sessions=true", "payload=full&session=s0"] {
        let mut sockets: Vec<_> = headers.iter().map(|more| RawSocket::open(&daemon, query, more)).collect();
        for (socket, more) in sockets.iter().zip(&headers) {
            let agreed = socket.head.to_ascii_lowercase().contains("sec-websocket-extensions: permessage-deflate");
            assert_eq!(agreed, more.contains("permessage-deflate"), "{}", socket.head);
        }
        let before = daemon.get("/healthz").1["seq"].as_u64().expect("seq");
        let appender = Appender::new(&home);
        for n in 0..EVENTS {
            appender.append("claude-code", event(n).as_bytes());
        }
        let wanted = before + if query.contains("session=s0") { EVENTS as u64 - 1 } else { EVENTS as u64 };
        let all: Vec<Vec<Value>> = sockets.iter_mut().zip(&headers).map(|(s, more)| read_to(s, more, wanted)).collect();
        assert!(all[0].len() >= EVENTS / 2, "{}", all[0].len());
        for (other, more) in all.iter().zip(&headers).skip(1) {
            assert!(other == &all[0], "{more}: {} envelopes, not {}", other.len(), all[0].len());
        }
        let bytes: Vec<usize> = sockets.iter().map(|socket| socket.received).collect();
        assert!(bytes[1] * 4 < bytes[0] && bytes[2] * 4 < bytes[0], "with takeover: {bytes:?}");
        assert!(bytes[4] < bytes[0] && bytes[1] < bytes[4], "without: {bytes:?}");
    }
}

/// Envelopes of events up to this one.
fn read_to(socket: &mut RawSocket, more: &str, last: u64) -> Vec<Value> {
    let mut events: Vec<Value> = Vec::new();
    while events.last().is_none_or(|event| event["seq"] != last) {
        let message = socket.message();
        let said: Value = if more.contains("msgpack") {
            rmp_serde::from_slice(&message).expect("MessagePack")
        } else {
            serde_json::from_slice(&message).expect("JSON")
        };
        let said = if let Value::Array(said) = said { said } else { vec![said] };
        events.extend(said.into_iter().filter(|envelope| envelope["type"] == "hook.pre_tool_use"));
    }
    events
}

#[test]
fn a_client_may_compress_what_it_says() {
    let home = Home::new();
    let daemon = home.serve();
    let mut socket = RawSocket::greeted(&daemon, "", DEFLATE);
    let mut deflater = flate2::Compress::new_with_window_bits(flate2::Compression::default(), false, 10);
    for _ in 0..3 {
        let mut said = Vec::with_capacity(1_000);
        deflater
            .compress_vec(br#"{"command":"get_status"}"#, &mut said, flate2::FlushCompress::Sync)
            .expect("compressed");
        socket.send(0xc1, &said[..said.len() - 4]);
        assert_eq!(socket.envelopes()[0]["type"], "status");
    }
    socket.send(0xc1, &[0xff; 20]);
    assert_eq!(socket.close_code(), Some(1007));
}

#[test]
fn control_frames_are_answered() {
    let home = Home::new();
    let daemon = home.serve();
    let mut socket = RawSocket::greeted(&daemon, "", "");
    socket.send(0x89, b"are you there");
    assert_eq!(socket.frame(), Some((0x8a, b"are you there".to_vec())));
    // In parts, with a ping between them.
    socket.send(0x01, br#"{"command":"#);
    socket.send(0x89, b"");
    socket.send(0x80, br#""get_status"}"#);
    assert_eq!(socket.frame(), Some((0x8a, Vec::new())));
    assert_eq!(socket.envelopes()[0]["type"], "status");
    socket.send(0x88, &4_000_u16.to_be_bytes());
    assert_eq!(socket.close_code(), Some(4_000));
    assert_eq!(socket.frame(), None);
    let mut socket = RawSocket::greeted(&daemon, "", "");
    assert!(daemon.terminate());
    assert_eq!(socket.close_code(), Some(1_001), "the daemon goes away");
}

#[test]
fn what_breaks_the_rules_ends_that_connection_alone() {
    let home = Home::new();
    let daemon = home.serve();
    let mut witness = RawSocket::greeted(&daemon, "", BATCHES);
    let huge = [&[0x81, 0xff][..], &(1_u64 << 40).to_be_bytes(), &[0; 4]].concat();
    for (bytes, code) in [
        (b"\x81\x02hi".to_vec(), 1_002),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), 1_002),
        (vec![0xff; 64], 1_002),
        (vec![0x83, 0x80, 0, 0, 0, 0], 1_002),
        (vec![0xc1, 0x80, 0, 0, 0, 0], 1_002),
        (vec![0x81, 0x81, 0, 0, 0, 0, 0xff], 1_007),
        (huge, 1_009),
    ] {
        let mut socket = RawSocket::greeted(&daemon, "", "");
        socket.send_bytes(&bytes);
        assert_eq!(socket.close_code(), Some(code), "{bytes:x?}");
    }
    let mut socket = RawSocket::greeted(&daemon, "", "");
    socket.send(0x81, &vec![b' '; (1 << 20) + 1]);
    assert_eq!(socket.close_code(), Some(1_009));
    home.hook(event(0).as_bytes());
    assert_eq!(witness.envelopes()[0]["seq"], 1);
    for (what, head) in [
        (
            "no key",
            "GET /api/v1/stream HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
        ),
        (
            "old version",
            "GET /api/v1/stream HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n",
        ),
    ] {
        let lines: Vec<(&str, &str)> = head.lines().skip(1).filter_map(|line| line.split_once(": ")).collect();
        let bearer = format!("Bearer {}", daemon.token);
        let headers = [&[("Authorization", bearer.as_str())][..], &lines].concat();
        assert_eq!(daemon.request("GET", "/api/v1/stream", &headers, b"").status, 400, "{what}");
    }
}
