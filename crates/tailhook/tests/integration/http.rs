//! The API and the stream from outside: who may ask, what is answered.

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

use crate::support::{Daemon, Home, PATIENCE};

fn bearer(daemon: &Daemon) -> String {
    format!("Bearer {}", daemon.token)
}

#[test]
fn nothing_answers_without_the_token() {
    let home = Home::new();
    let daemon = home.serve();
    for path in
        ["/api/v1/events", "/api/v1/events/1", "/api/v1/sessions", "/api/v1/stats", "/api/v1/stream", "/api/v1/x"]
    {
        assert_eq!(daemon.request("GET", path, &[], b"").status, 401, "{path}");
        assert_eq!(daemon.request("GET", path, &[("Authorization", "Bearer wrong")], b"").status, 401, "{path}");
        assert_eq!(daemon.request("GET", &format!("{path}?token={}", daemon.token), &[], b"").status, 401, "{path}");
    }
    assert_eq!(daemon.request("POST", "/api/v1/ingest/claude-code", &[], b"{}").status, 401);
    for path in ["/healthz", "/metrics", "/"] {
        assert_eq!(daemon.request("GET", path, &[], b"").status, 200, "{path}");
    }
}

#[test]
fn another_host_or_origin_is_refused_everywhere() {
    let home = Home::new();
    let daemon = home.serve();
    let upgrade: &[(&str, &str)] =
        &[("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")];
    let token = bearer(&daemon);
    for path in ["/", "/healthz", "/metrics", "/login?token=x", "/api/v1/events", "/api/v1/stream"] {
        for header in [("Host", "evil.example"), ("Origin", "http://evil.example"), ("Origin", "null")] {
            let mut headers = vec![header, ("Authorization", token.as_str())];
            headers.extend(upgrade);
            assert_eq!(daemon.request("GET", path, &headers, b"").status, 403, "{path} {header:?}");
        }
    }
}

#[test]
fn a_login_works_once_and_sets_a_strict_cookie() {
    let home = Home::new();
    let daemon = home.serve();
    let output = home.run(&["open", "--print", "--session", "a b"]);
    let url = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let path = url.strip_prefix(&format!("http://127.0.0.1:{}", daemon.port)).expect("our address").to_owned();
    assert!(!url.contains(&daemon.token), "the token itself stays out of addresses");
    let login = daemon.request("GET", &path, &[], b"");
    assert_eq!(login.status, 200, "{}", login.head);
    let cookie = login.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
    assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
    assert!(login.text().contains("url=/?session=a%20b"), "{}", login.text());
    let pair = cookie.split(';').next().expect("name=value");
    assert_eq!(daemon.request("GET", "/api/v1/sessions", &[("Cookie", pair)], b"").status, 200);
    assert_eq!(daemon.request("GET", &path, &[], b"").status, 401, "a second time");
    let away = daemon.request("GET", &format!("/login?token={}&to=//evil.example/", daemon.token), &[], b"");
    assert!(!away.text().contains("evil"), "{}", away.text());
}

#[test]
fn bad_input_says_what_is_wrong() {
    let home = Home::new();
    let daemon = home.serve();
    for path in ["/api/v1/events?since=x", "/api/v1/events?limit=-1", "/api/v1/events/one", "/api/v1/stream?since=x"] {
        let (status, body) = daemon.get(path);
        assert_eq!(status, 400, "{path}");
        assert!(body["error"].is_string() && body["hint"].is_string(), "{path}: {body}");
    }
    for path in ["/api/v1/events/99", "/api/v1/sessions/none", "/api/v1/nothing", "/nothing.js"] {
        assert_eq!(daemon.get(path).0, 404, "{path}");
    }
    let token = bearer(&daemon);
    let post = |path: &str, body: &[u8]| daemon.request("POST", path, &[("Authorization", &token)], body);
    assert_eq!(post("/api/v1/ingest/claude-code", b"not json").status, 400);
    assert_eq!(post("/api/v1/ingest/..%2fx", b"{}").status, 400);
    assert_eq!(post("/api/v1/ingest/claude-code", &vec![b' '; (8 << 20) + 1]).status, 413);
}

#[test]
fn events_sent_over_http_come_out_as_they_went_in() {
    let home = Home::new();
    home.configure("redact = \"off\"");
    let daemon = home.serve();
    let large =
        format!(r#"{{"session_id":"s","hook_event_name":"PreToolUse","tool_input":"{}"}}"#, "ü".repeat(400_000));
    for body in [r#"{"session_id":"s","hook_event_name":"Stop"}"#, large.as_str()] {
        let answer =
            daemon.request("POST", "/api/v1/ingest/codex", &[("Authorization", &bearer(&daemon))], body.as_bytes());
        assert_eq!(answer.status, 202, "{}", answer.head);
    }
    daemon.wait_for_seq(2);
    let raw = daemon.request("GET", "/api/v1/events/2/raw", &[("Authorization", &bearer(&daemon))], b"");
    assert!(raw.body == large.as_bytes(), "{} bytes of {}", raw.body.len(), large.len());
    let (_, event) = daemon.get("/api/v1/events/1");
    assert_eq!((&event["agent"], &event["type"]), (&"codex".into(), &"hook.stop".into()));
    assert_eq!(event["payload"], json!({"session_id": "s", "hook_event_name": "Stop"}));
    assert_eq!(std::fs::read_dir(home.path.join("journal/spill")).map_or(0, Iterator::count), 0);
}

#[test]
fn what_json_can_say_and_no_text_can_hold_harms_nothing() {
    let home = Home::new();
    let daemon = home.serve();
    let half = r#"{"session_id":"s","hook_event_name":"UserPromptSubmit","prompt":"\ud800"}"#;
    let answer =
        daemon.request("POST", "/api/v1/ingest/claude-code", &[("Authorization", &bearer(&daemon))], half.as_bytes());
    assert_eq!(answer.status, 202, "{}", answer.head);
    daemon.wait_for_seq(1);
    for path in ["/api/v1/events?payload=full", "/api/v1/events/1"] {
        let answer = daemon.request("GET", path, &[("Authorization", &bearer(&daemon))], b"");
        assert_eq!(answer.status, 200, "{path}");
        assert!(String::from_utf8_lossy(&answer.body).contains(r"\ud800"), "{path}");
    }
}

#[test]
fn secrets_are_gone_before_the_store() {
    let home = Home::new();
    let daemon = home.serve();
    let secret = "sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-AbCdEfGhIjKlMnOpQrStUvWxYz_AA";
    home.hook(
        format!(r#"{{"session_id":"s","hook_event_name":"UserPromptSubmit","prompt":"use {secret}"}}"#).as_bytes(),
    );
    daemon.wait_for_seq(1);
    let (_, event) = daemon.get("/api/v1/events/1");
    assert!(event["payload"]["prompt"].as_str().is_some_and(|prompt| prompt.starts_with("use [redacted:")), "{event}");
    assert_eq!(event["data"]["redacted"], 1);
    assert!(daemon.terminate());
    for file in ["tailhook.db", "tailhook.db-wal"] {
        let bytes = std::fs::read(home.path.join(file)).unwrap_or_default();
        assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{file}");
    }
}

#[test]
fn pages_of_events_go_both_ways() {
    let home = Home::new();
    for n in 1..=25 {
        home.hook(format!(r#"{{"session_id":"s{}","hook_event_name":"Stop","n":{n}}}"#, n % 2).as_bytes());
    }
    let daemon = home.serve();
    daemon.wait_for_seq(25);
    let page = |query: &str| {
        let (status, body) = daemon.get(&format!("/api/v1/events?{query}"));
        assert_eq!(status, 200, "{query}: {body}");
        assert_eq!(body["seq"], 25, "{query}");
        let seqs: Vec<u64> =
            body["events"].as_array().expect("events").iter().map(|e| e["seq"].as_u64().expect("seq")).collect();
        (seqs, body["next"].as_u64())
    };
    assert_eq!(page("limit=3"), (vec![23, 24, 25], Some(23)));
    assert_eq!(page("before=4&limit=10"), (vec![1, 2, 3], None));
    assert_eq!(page("since=20&limit=3"), (vec![21, 22, 23], Some(23)));
    assert_eq!(page("since=23&limit=3"), (vec![24, 25], None));
    assert_eq!(page("session=s1&since=20"), (vec![21, 23, 25], None));
    assert_eq!(page("type=hook.st*&limit=1"), (vec![25], Some(25)));
    assert_eq!(page("type=hook.session_end"), (vec![], None));
    assert_eq!(page("agent=codex"), (vec![], None));
    let (_, sessions) = daemon.get("/api/v1/sessions");
    assert_eq!(sessions["sessions"].as_array().map(Vec::len), Some(2));
    assert_eq!(sessions["seq"], 25);
}

pub(crate) type Socket = WebSocket<MaybeTlsStream<std::net::TcpStream>>;

pub(crate) fn connect(daemon: &Daemon, query: &str, protocol: Option<&str>) -> Socket {
    let address = format!("ws://127.0.0.1:{}/api/v1/stream?{query}", daemon.port);
    let mut request = address.into_client_request().expect("an address");
    request.headers_mut().insert("authorization", bearer(daemon).parse().expect("a header"));
    if let Some(protocol) = protocol {
        request.headers_mut().insert("sec-websocket-protocol", protocol.parse().expect("a header"));
    }
    let (socket, _) = tungstenite::connect(request).expect("the stream opens");
    if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    }
    socket
}

pub(crate) fn next(socket: &mut Socket) -> Value {
    loop {
        match socket.read().expect("a message in time") {
            Message::Text(text) => return serde_json::from_str(text.as_str()).expect("JSON"),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("unexpected {other:?}"),
        }
    }
}

#[test]
fn a_replay_joins_the_live_stream_without_a_gap_or_a_double() {
    let home = Home::new();
    let stop = br#"{"session_id":"s","hook_event_name":"Stop"}"#;
    for _ in 0..40 {
        home.hook(stop);
    }
    let daemon = home.serve();
    // The replay begins while the daemon is still taking in what waited.
    let mut sockets: Vec<Socket> = (0..4).map(|n| connect(&daemon, &format!("since={}", n * 5), None)).collect();
    for _ in 0..40 {
        home.hook(stop);
    }
    for (n, socket) in sockets.iter_mut().enumerate() {
        assert_eq!(next(socket)["type"], "system.hello");
        for seq in (n as u64 * 5 + 1)..=80 {
            assert_eq!(next(socket)["seq"], seq, "subscriber {n}");
        }
    }
}

#[test]
fn batches_and_filters() {
    let home = Home::new();
    let daemon = home.serve();
    let mut all = connect(&daemon, "", Some("tailhook.v1.json"));
    let mut one = connect(&daemon, "session=a&type=hook.stop&payload=full&sessions=true", Some("tailhook.v1.json"));
    for socket in [&mut all, &mut one] {
        assert_eq!(next(socket)[0]["type"], "system.hello");
    }
    for (session, event) in [("a", "Stop"), ("b", "Stop"), ("a", "PreToolUse"), ("a", "Stop")] {
        home.hook(format!(r#"{{"session_id":"{session}","hook_event_name":"{event}"}}"#).as_bytes());
    }
    let gather = |socket: &mut Socket, last: u64| {
        let mut envelopes = Vec::new();
        while envelopes.last().is_none_or(|e: &Value| e["seq"] != last) {
            envelopes.extend(next(socket).as_array().expect("a batch").iter().filter(|e| e["seq"].is_u64()).cloned());
        }
        envelopes
    };
    let seqs = |envelopes: &[Value]| envelopes.iter().filter_map(|e| e["seq"].as_u64()).collect::<Vec<_>>();
    assert_eq!(seqs(&gather(&mut all, 4)), [1, 2, 3, 4]);
    let wanted = gather(&mut one, 4);
    assert_eq!(seqs(&wanted), [1, 4]);
    assert_eq!(wanted[0]["payload"]["session_id"], "a");
}

#[test]
fn message_pack_says_what_json_says() {
    let home = Home::new();
    let daemon = home.serve();
    let mut text = connect(&daemon, "payload=full", Some("tailhook.v1.json"));
    let mut packed = connect(&daemon, "payload=full", Some("tailhook.v1.json, tailhook.v1.msgpack"));
    let unpack = |socket: &mut Socket| match socket.read().expect("a message in time") {
        Message::Binary(bytes) => rmp_serde::from_slice::<Value>(&bytes).expect("MessagePack"),
        other => panic!("unexpected {other:?}"),
    };
    assert_eq!(unpack(&mut packed)[0]["type"], "system.hello");
    assert_eq!(next(&mut text)[0]["type"], "system.hello");
    home.hook(br#"{"session_id":"s","hook_event_name":"Stop","n":[1,-2,3.5,null,"\u00fc"]}"#);
    let wanted = next(&mut text);
    assert_eq!(wanted[0]["payload"]["n"], json!([1, -2, 3.5, null, "ü"]));
    assert_eq!(unpack(&mut packed), wanted);
}

#[test]
fn clients_may_say_anything() {
    let home = Home::new();
    let daemon = home.serve();
    let mut socket = connect(&daemon, "", None);
    assert_eq!(next(&mut socket)["type"], "system.hello");
    for (said, answer) in [
        (r#"{"type":"register","session_id":"a"}"#, "registered"),
        (r#"{"command":"subscribe","channels":["*"]}"#, "subscribed"),
        (r#"{"command":"get_status"}"#, "status"),
        (r#"{"command":"get_history","params":{"event_types":["hook.stop"],"limit":5}}"#, "history"),
        ("not json", "error"),
        ("[]", "error"),
        (r#"{"command":"launch"}"#, "error"),
    ] {
        socket.send(Message::text(said)).expect("sent");
        assert_eq!(next(&mut socket)["type"], answer, "{said}");
    }
    socket.send(Message::binary(vec![0, 159])).expect("sent");
    assert_eq!(next(&mut socket)["type"], "error");
    home.hook(br#"{"session_id":"b","hook_event_name":"Stop"}"#);
    home.hook(br#"{"session_id":"a","hook_event_name":"Stop"}"#);
    assert_eq!(next(&mut socket)["seq"], 2, "only the registered session");
}

#[test]
fn other_programs_publish_events_of_their_own() {
    let home = Home::new();
    let daemon = home.serve();
    let mut watcher = connect(&daemon, "payload=full", None);
    assert_eq!(next(&mut watcher)["type"], "system.hello");
    let mut publisher = connect(&daemon, "type=nothing.of.this", None);
    assert_eq!(next(&mut publisher)["type"], "system.hello");
    for seq in 1..=3 {
        let event =
            json!({ "type": "build.finished", "session_id": "nightly", "data": { "n": seq, "message": "done" } });
        publisher.send(Message::text(event.to_string())).expect("sent");
        assert_eq!(next(&mut publisher), json!({ "type": "published", "seq": seq }));
        let seen = next(&mut watcher);
        assert_eq!(
            (&seen["type"], &seen["seq"], &seen["agent"]),
            (&"build.finished".into(), &seq.into(), &"external".into())
        );
        assert_eq!((&seen["session_id"], &seen["payload"]), (&"nightly".into(), &event));
    }
    for refused in [r#"{"type":"system.gap","data":{}}"#, r#"{"type":"Build.Finished"}"#, r#"{"type":"x"}"#] {
        publisher.send(Message::text(refused)).expect("sent");
        assert_eq!(next(&mut publisher)["type"], "error", "{refused}");
    }
    assert_eq!(daemon.get("/healthz").1["seq"], 3);
}

#[test]
fn a_daemon_that_is_killed_loses_and_repeats_nothing() {
    let home = Home::new();
    let mut sent = 0;
    for _ in 0..5 {
        let daemon = home.serve();
        for _ in 0..10 {
            home.hook(format!(r#"{{"session_id":"s","hook_event_name":"Stop","n":{sent}}}"#).as_bytes());
            sent += 1;
        }
        daemon.kill();
    }
    let daemon = home.serve();
    daemon.wait_for_seq(sent);
    let (_, body) = daemon.get("/api/v1/events?since=0&limit=1000&payload=full");
    let order: Vec<u64> =
        body["events"].as_array().expect("events").iter().map(|e| e["payload"]["n"].as_u64().expect("n")).collect();
    assert_eq!(order, (0..sent).collect::<Vec<_>>());
}

#[test]
fn health_says_that_it_lives() {
    let home = Home::new();
    let daemon = home.serve();
    home.hook(br#"{"session_id":"s","hook_event_name":"Stop"}"#);
    daemon.wait_for_seq(1);
    let health = daemon.request("GET", "/healthz", &[], b"").text();
    assert_eq!(health, format!(r#"{{"seq":1,"status":"ok","version":"{}"}}"#, env!("CARGO_PKG_VERSION")));
}

#[test]
fn server_sent_events_carry_the_same() {
    let home = Home::new();
    let daemon = home.serve();
    home.hook(b"{\"session_id\":\"s\",\r\n\"hook_event_name\":\"Stop\"}");
    home.hook(br#"{"session_id":"s","hook_event_name":"SessionEnd"}"#);
    daemon.wait_for_seq(2);
    let port = daemon.port;
    let token = bearer(&daemon);
    let reader = std::thread::spawn(move || {
        use std::io::{BufRead, Write};
        let mut socket = std::net::TcpStream::connect(("127.0.0.1", port)).expect("the daemon listens");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let request = format!(
            "GET /api/v1/stream/sse?payload=full HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\nLast-Event-ID: 0\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).expect("sent");
        let lines = std::io::BufReader::new(socket).lines().map_while(Result::ok);
        lines.filter(|line| line.starts_with("id: ") || line.starts_with("data: ")).take(7).collect::<Vec<_>>()
    });
    while daemon.get("/api/v1/stats").1["subscribers"] != 1 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    home.hook(br#"{"session_id":"s","hook_event_name":"SessionStart"}"#);
    let lines = reader.join().expect("read to the end");
    assert!(lines[0].contains("\"system.hello\""), "{lines:?}");
    let ids: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(ids, ["1", "2", "3"], "{lines:?}");
    for data in lines.iter().filter_map(|line| line.strip_prefix("data: ")) {
        serde_json::from_str::<Value>(data).expect("each event is one line of JSON");
    }
}
