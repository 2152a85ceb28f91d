//! Beyond the loopback addresses: with TLS, or when the user insists. 127.0.0.2 stands for another machine's view: only
//! 127.0.0.1 and `::1` are home.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustix::process::Signal;
use serde_json::Value;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto};
use tungstenite::client::IntoClientRequest;

use crate::stored::wait_until;
use crate::support::{Answer, Daemon, Home, PATIENCE, signal, text};

const BEYOND: &str = "127.0.0.2";

/// A certificate of this test's own, in `cert.pem` and `key.pem`, and a client that trusts it and nothing else.
fn certificate(home: &Home) -> Arc<ClientConfig> {
    let made = rcgen::generate_simple_self_signed(vec![BEYOND.to_owned()]).expect("a certificate");
    std::fs::create_dir_all(&home.path).expect("the home");
    std::fs::write(home.path.join("cert.pem"), made.cert.pem()).expect("written");
    std::fs::write(home.path.join("key.pem"), made.signing_key.serialize_pem()).expect("written");
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("a certificate");
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("versions");
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

fn connect(client: &Arc<ClientConfig>, port: u16) -> StreamOwned<ClientConnection, TcpStream> {
    let socket = TcpStream::connect((BEYOND, port)).expect("the daemon listens");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let name = ServerName::try_from(BEYOND).expect("a name");
    StreamOwned::new(ClientConnection::new(Arc::clone(client), name).expect("a client"), socket)
}

/// One request as a program elsewhere sends it.
fn ask(mut stream: impl Read + Write, port: u16, path: &str, token: &str, headers: &str) -> Answer {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {BEYOND}:{port}\r\nAuthorization: Bearer {token}\r\n{headers}Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    Answer::parse(&answer)
}

#[test]
fn another_machine_gets_tls_and_this_one_plain_http() {
    let home = Home::new();
    let client = certificate(&home);
    let (cert, key) = (home.path.join("cert.pem"), home.path.join("key.pem"));
    let (cert, key) = (cert.to_str().expect("text"), key.to_str().expect("text"));
    let arguments = ["--port", "0", "--host", BEYOND, "--tls-cert", cert, "--tls-key", key];
    let daemon = Daemon::start_with(&home, &arguments);
    let (port, token) = (daemon.port, daemon.token.as_str());

    assert_eq!(daemon.get("/api/v1/stats").0, 200, "plain HTTP at home");
    let answer = ask(connect(&client, port), port, "/api/v1/stats", token, "");
    assert_eq!(answer.status, 200, "{}", answer.head);
    assert_eq!(ask(connect(&client, port), port, "/api/v1/stats", "wrong", "").status, 401);
    let origin = |origin: &str| {
        ask(connect(&client, port), port, "/api/v1/stats", token, &format!("Origin: {origin}\r\n")).status
    };
    assert_eq!(origin(&format!("https://{BEYOND}:{port}")), 200);
    assert_eq!(origin(&format!("http://{BEYOND}:{port}")), 403);
    assert_eq!(origin("https://evil.example"), 403);
    let login = ask(connect(&client, port), port, &format!("/login?token={token}"), token, "");
    assert!(login.head.contains("; SameSite=Strict; Secure;"), "{}", login.head);

    let plain = TcpStream::connect((BEYOND, port)).expect("the daemon listens");
    plain.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let refused = ask(plain, port, "/healthz", token, "");
    assert_eq!((refused.status, refused.head.contains("HTTP")), (0, false), "{}", refused.head);

    let mut request = format!("wss://{BEYOND}:{port}/api/v1/stream").into_client_request().expect("an address");
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().expect("a header"));
    let (mut socket, _) = tungstenite::client(request, connect(&client, port)).expect("the stream opens");
    let mut next =
        || -> Value { serde_json::from_str(socket.read().expect("a message").to_text().expect("text")).expect("JSON") };
    assert_eq!(next()["type"], "system.hello");
    home.hook(br#"{"session_id":"s","hook_event_name":"Stop"}"#);
    assert_eq!(next()["seq"], 1);
}

#[test]
fn without_tls_only_who_insists() {
    let home = Home::new();
    let refused = home.run(&["serve", "--port", "0", "--host", BEYOND]);
    assert_eq!(refused.status.code(), Some(3));
    let said = text(&refused.stderr);
    assert!(said.starts_with("error: could not listen on 127.0.0.2: without TLS"), "{said}");
    assert!(said.contains("\nhint: give --tls-cert FILE and --tls-key FILE; or --insecure-plain"), "{said}");
    home.configure("host = \"127.0.0.2\"");
    assert_eq!(home.run(&["up", "--port", "0"]).status.code(), Some(3), "the file may not either");
    let said = text(&home.run(&["config"]).stdout);
    let row = ["host", "127.0.0.2", "config.toml:1", "\"127.0.0.2\""];
    assert!(said.lines().any(|line| line.split_whitespace().eq(row)), "{said}");

    std::fs::write(home.path.join("no.pem"), "nothing").expect("written");
    let no = home.path.join("no.pem");
    let no = no.to_str().expect("text");
    let refused = home.run(&["serve", "--port", "0", "--tls-cert", no, "--tls-key", no]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(text(&refused.stderr).contains("it holds none in PEM"), "{}", text(&refused.stderr));

    let daemon = Daemon::start_with(&home, &["--port", "0", "--insecure-plain"]);
    let plain = || TcpStream::connect((BEYOND, daemon.port)).expect("the daemon listens");
    assert_eq!(ask(plain(), daemon.port, "/api/v1/stats", &daemon.token, "").status, 200);
    assert_eq!(ask(plain(), daemon.port, "/api/v1/stats", "wrong", "").status, 401);
}

#[test]
fn the_supervisor_hands_it_on() {
    let home = Home::new();
    let client = certificate(&home);
    let up = home
        .tailhook(&["up", "--port", "0", "--host", BEYOND, "--tls-cert", "cert.pem", "--tls-key", "key.pem"])
        .current_dir(&home.path)
        .output()
        .expect("tailhook starts");
    assert!(up.status.success() && text(&up.stdout).contains(" and https://127.0.0.2:"), "{up:?}");
    let log = std::fs::read_to_string(home.path.join("daemon.log")).expect("the log");
    assert!(log.contains("WARN") && log.contains("listens beyond this machine at https://127.0.0.2:"), "{log}");
    // Says nothing while the daemon comes back.
    let status = || -> Value { serde_json::from_slice(&home.run(&["status", "--json"]).stdout).unwrap_or_default() };
    let (port, pid) = (status()["port"].as_u64().expect("a port") as u16, status()["pid"].as_u64().expect("a pid"));
    let token = text(&home.run(&["token"]).stdout).trim().to_owned();
    assert_eq!(ask(connect(&client, port), port, "/api/v1/stats", &token, "").status, 200);
    signal(pid as u32, Signal::KILL);
    wait_until("another daemon", || status()["pid"].as_u64().is_some_and(|new| new != pid));
    assert_eq!(ask(connect(&client, port), port, "/api/v1/stats", &token, "").status, 200);
    assert!(home.run(&["down"]).status.success());
}
