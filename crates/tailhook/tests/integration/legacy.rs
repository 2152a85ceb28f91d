//! The historic protocol: who may open it, what it says, and that nothing can be sent by it.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream};

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, handshake::client::Request};

use crate::http::{Socket, next};
use crate::support::{Answer, Daemon, Home, PATIENCE, text};

const UPGRADE: [(&str, &str); 4] = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

fn serve(home: &Home) -> Daemon {
    Daemon::start_with(home, &["--port", "0", "--legacy-ws"])
}

fn address(daemon: &Daemon, query: &str) -> Request {
    format!("ws://127.0.0.1:{}/{query}", daemon.port).into_client_request().expect("an address")
}

fn connect(request: Request) -> Socket {
    let (socket, _) = tungstenite::connect(request).expect("the stream opens");
    if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    }
    socket
}

/// The same once it is answered with a hello.
fn greeted(daemon: &Daemon, query: &str) -> Socket {
    let mut socket = connect(address(daemon, query));
    assert_eq!(next(&mut socket)["type"], "system.hello");
    socket
}

/// The status that an upgrade is answered with.
fn upgrade(daemon: &Daemon, path: &str, more: &[(&str, &str)]) -> u16 {
    daemon.request("GET", path, &[&UPGRADE[..], more].concat(), b"").status
}

/// Whether this has what every message has, and nothing beside it.
fn is_message(value: &Value) -> bool {
    let keys = ["type", "timestamp", "data"];
    value
        .as_object()
        .is_some_and(|object| object.len() == keys.len() && keys.iter().all(|key| object.contains_key(*key)))
}

#[test]
fn each_event_is_a_type_a_timestamp_and_data() {
    let home = Home::new();
    let daemon = serve(&home);
    let mut plain = greeted(&daemon, "");
    let mut full = greeted(&daemon, "?payload=full");
    home.hook(br#"{"session_id":"s","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"ls"}}"#);
    let event = next(&mut plain);
    let (_, stored) = daemon.get("/api/v1/events/1");
    assert!(is_message(&event), "{event}");
    assert_eq!((&event["type"], &event["timestamp"]), (&"hook.pre_tool_use".into(), &stored["timestamp"]));
    let mut wanted = stored["data"].clone();
    wanted["session_id"] = "s".into();
    wanted["agent"] = "claude-code".into();
    wanted["seq"] = 1.into();
    assert_eq!(event["data"], wanted);
    wanted["payload"] = stored["payload"].clone();
    assert_eq!(next(&mut full)["data"], wanted);
}

#[test]
fn a_replay_joins_the_live_stream_here_too() {
    let home = Home::new();
    let stop = br#"{"session_id":"s","hook_event_name":"Stop"}"#;
    for _ in 0..10 {
        home.hook(stop);
    }
    let daemon = serve(&home);
    let mut socket = greeted(&daemon, "?since=3");
    for _ in 0..5 {
        home.hook(stop);
    }
    for seq in 4..=15 {
        assert_eq!(next(&mut socket)["data"]["seq"], seq);
    }
}

#[test]
fn commands_are_answered_and_nothing_can_be_sent() {
    let home = Home::new();
    let daemon = serve(&home);
    for session in ["a", "b"] {
        home.hook(format!(r#"{{"session_id":"{session}","hook_event_name":"Stop"}}"#).as_bytes());
    }
    daemon.wait_for_seq(2);
    let mut socket = greeted(&daemon, "");
    let mut ask = |said: &str| {
        socket.send(Message::text(said)).expect("sent");
        let answer = next(&mut socket);
        assert!(is_message(&answer), "{said}: {answer}");
        answer
    };
    for (said, answer) in [
        (r#"{"command":"subscribe","channels":["hook.stop"]}"#, "subscribed"),
        (r#"{"command":"get_status"}"#, "status"),
        ("not json", "error"),
        (r#"{"type":"session.start","session_id":"a","data":{}}"#, "error"),
        (r#"{"type":"hook.stop","session_id":"a","data":{}}"#, "error"),
    ] {
        assert_eq!(ask(said)["type"], answer, "{said}");
    }
    assert_eq!(ask(r#"{"type":"register","session_id":"a"}"#)["type"], "registered");
    let history = ask(r#"{"command":"get_history","params":{"event_types":["hook.stop"],"limit":5}}"#);
    let events = history["data"]["events"].as_array().expect("events");
    assert_eq!(events.len(), 1, "{history}");
    assert!(is_message(&events[0]), "{history}");
    assert_eq!((&events[0]["data"]["session_id"], &events[0]["data"]["seq"]), (&"a".into(), &1.into()));
    for (session, event) in [("b", "Stop"), ("a", "PreToolUse"), ("a", "Stop")] {
        home.hook(format!(r#"{{"session_id":"{session}","hook_event_name":"{event}"}}"#).as_bytes());
    }
    assert_eq!(next(&mut socket)["data"]["seq"], 5, "what was neither registered nor subscribed to came");
    assert_eq!(daemon.get("/healthz").1["seq"], 5, "something was published");
}

#[test]
fn prompts_with_the_prefix_are_left_out() {
    let home = Home::new();
    home.configure("legacy_ws = true\nlegacy_skip_prefix = \"/mpm\"\n");
    let prompt = |text: &str| {
        let payload = json!({ "session_id": "s", "hook_event_name": "UserPromptSubmit", "prompt": text });
        home.hook(payload.to_string().as_bytes());
    };
    let all = ["/mpm status", "say /mpm", "  /mpm:agents", "go on"];
    all.into_iter().for_each(prompt);
    let daemon = home.serve();
    daemon.wait_for_seq(4);
    let mut socket = greeted(&daemon, "?since=0");
    all.into_iter().for_each(prompt);
    // A tool's input may begin like that: it is no prompt.
    home.hook(
        br#"{"session_id":"s","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"/mpm"}}"#,
    );
    let seqs: Vec<_> = (0..5).map(|_| next(&mut socket)["data"]["seq"].clone()).collect();
    assert_eq!(seqs, [2, 4, 6, 8, 9]);
    socket.send(Message::text(r#"{"command":"get_history"}"#)).expect("sent");
    let history = next(&mut socket);
    let events = history["data"]["events"].as_array().expect("events");
    let mut seqs: Vec<_> = events.iter().filter_map(|event| event["data"]["seq"].as_u64()).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, [2, 4, 6, 8, 9], "{history}");
    // Everybody else gets them.
    assert_eq!(daemon.get("/api/v1/events?since=0").1["events"].as_array().map(Vec::len), Some(9));
}

#[test]
fn a_foreign_page_is_refused_and_one_from_a_file_is_not() {
    let home = Home::new();
    let daemon = serve(&home);
    let port = daemon.port;
    for (more, status) in [
        (vec![], 101),
        (vec![("Origin", "null".to_owned())], 101),
        (vec![("Origin", "file://".into())], 101),
        (vec![("Origin", format!("http://127.0.0.1:{port}"))], 101),
        (vec![("Host", format!("localhost:{port}"))], 101),
        (vec![("Origin", "https://evil.example".into())], 403),
        (vec![("Origin", "http://127.0.0.1:1".into())], 403),
        (vec![("Origin", "file://evil.example".into())], 403),
        (vec![("Origin", String::new())], 403),
        (vec![("Host", "evil.example".into())], 403),
        (vec![("Host", "evil.example".into()), ("Origin", "null".into())], 403),
    ] {
        let more: Vec<_> = more.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(open(&daemon, &more), status, "{more:?}");
    }
    // That is for this stream alone.
    assert_eq!(upgrade(&daemon, "/api/v1/stream", &[]), 401);
    assert_eq!(upgrade(&daemon, "/api/v1/stream", &[("Origin", "null")]), 403);
    for path in ["/", "/healthz", "/api/v1/events"] {
        assert_eq!(daemon.request("GET", path, &[("Origin", "null")], b"").status, 403, "{path}");
    }
    let page = daemon.request("GET", "/", &[], b"");
    assert_eq!(page.status, 200);
    assert!(page.head.to_ascii_lowercase().contains("content-type: text/html"), "{}", page.head);
}

/// The status that an upgrade of `/` is answered with; the connection ends then, whatever it became.
fn open(daemon: &Daemon, more: &[(&str, &str)]) -> u16 {
    open_at(IpAddr::from([127, 0, 0, 1]), daemon.port, more)
}

/// The same by another address; the Host is that of the loopback one, unless `more` has another.
fn open_at(address: IpAddr, port: u16, more: &[(&str, &str)]) -> u16 {
    let mut request = b"GET / HTTP/1.1\r\n".to_vec();
    let host = ("Host", &*format!("127.0.0.1:{port}"));
    let host = Some(&host).filter(|_| more.iter().all(|(name, _)| *name != "Host"));
    for (name, value) in host.into_iter().chain(&UPGRADE).chain(more) {
        write!(request, "{name}: {value}\r\n").expect("a vector");
    }
    request.extend_from_slice(b"\r\n");
    let mut stream = TcpStream::connect((address, port)).expect("the daemon listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.write_all(&request).expect("sent");
    let mut answer = [0; 64];
    let read = stream.read(&mut answer).expect("an answer");
    Answer::parse(&answer[..read]).status
}

#[test]
fn without_the_setting_there_is_no_such_stream() {
    let home = Home::new();
    let daemon = home.serve();
    assert_eq!(open(&daemon, &[]), 404);
    assert_eq!(open(&daemon, &[("Origin", "null")]), 403);
    let own = format!("http://127.0.0.1:{}", daemon.port);
    assert_eq!(open(&daemon, &[("Origin", &own)]), 404);
    assert!(tungstenite::connect(address(&daemon, "")).is_err());
    assert_eq!(daemon.request("GET", "/", &[], b"").status, 200);
}

#[test]
fn another_machine_is_refused() {
    // Of this machine, but not loopback; where there is none, the connection could not come from elsewhere either.
    let Some(own) = own_address() else { return eprintln!("skipped: no address but loopback") };
    let home = Home::new();
    let daemon = Daemon::start_with(&home, &["--port", "0", "--legacy-ws", "--host", "0.0.0.0", "--insecure-plain"]);
    // A program writes into Host what it likes.
    assert_eq!(open_at(own, daemon.port, &[]), 403);
    assert_eq!(open(&daemon, &[]), 101);
    assert_eq!(open(&daemon, &[("Host", &format!("{own}:{}", daemon.port))]), 403);
}

/// An address of this machine that is not loopback. A UDP socket that is connected sends nothing.
fn own_address() -> Option<IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

#[test]
fn every_layer_of_the_settings_can_say_so() {
    let home = Home::new();
    let said = |value: Option<&str>| {
        let mut config = home.tailhook(&["config"]);
        if let Some(value) = value {
            config.env("TAILHOOK_LEGACY_WS", value);
        }
        let output = config.output().expect("tailhook starts");
        let line = text(&output.stdout).lines().find(|line| line.starts_with("legacy_ws ")).map(str::to_owned);
        (output.status.code(), line.unwrap_or_default().split_whitespace().skip(1).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(said(None), (Some(0), "false default".into()));
    home.configure("legacy_ws = true\n");
    assert_eq!(said(None), (Some(0), "true config.toml:1 true".into()));
    assert_eq!(said(Some("0")), (Some(0), "false TAILHOOK_LEGACY_WS 0".into()));
    assert_eq!(said(Some("perhaps")).0, Some(3));
    let output =
        home.tailhook(&["up", "--port", "0"]).env("TAILHOOK_LEGACY_WS", "0").output().expect("tailhook starts");
    assert!(output.status.success(), "{output:?}");
    let log = || std::fs::read_to_string(home.path.join("daemon.log")).expect("the log");
    assert!(!log().contains("legacy_ws"), "{}", log());
    assert!(home.run(&["restart", "--legacy-ws"]).status.success());
    assert!(log().contains("WARN legacy_ws (flag)") && log().contains("without the token"), "{}", log());
}
