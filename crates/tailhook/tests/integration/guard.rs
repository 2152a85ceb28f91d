//! Who may ask, on every route that the daemon has: the list is its own document.

use std::io::{Read, Write};
use std::net::{Ipv6Addr, TcpStream};

use serde_json::Value;
use tungstenite::client::IntoClientRequest;

use crate::support::{Answer, Daemon, Home};

/// Every method and path, and whether it needs no token.
fn routes(daemon: &Daemon) -> Vec<(String, String, bool)> {
    let document = daemon.get("/api/v1/openapi.json").1;
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let path = path.replace("{seq}", "1").replace("{id}", "s").replace("{agent}", "codex");
        assert!(!path.contains('{'), "{path}: a parameter that this test does not know");
        for (method, operation) in methods.as_object().expect("methods") {
            let open = operation["security"] == Value::Array(Vec::new());
            routes.push((method.to_uppercase(), path.clone(), open));
        }
    }
    // What the document leaves out: the page and its files.
    routes.extend(["/", "/nothing.js"].map(|path| ("GET".to_owned(), path.to_owned(), true)));
    assert!(routes.len() > 25, "{routes:?}");
    routes
}

#[test]
fn no_route_answers_without_the_token_that_is_not_said_to() {
    let home = Home::new();
    let daemon = home.serve();
    let routes = routes(&daemon);
    let open: Vec<&str> = routes.iter().filter(|(.., open)| *open).map(|(_, path, _)| path.as_str()).collect();
    assert_eq!(open, ["/healthz", "/login", "/metrics", "/", "/nothing.js"]);
    for (method, path, _) in routes.iter().filter(|(.., open)| !open) {
        for headers in [&[][..], &[("Authorization", "Bearer ")], &[("Cookie", "tailhook=x")]] {
            let answer = daemon.request(method, path, headers, b"");
            assert_eq!(answer.status, 401, "{method} {path} {headers:?}");
        }
    }
}

#[test]
fn every_route_refuses_other_sites_and_lets_none_read_its_answers() {
    let home = Home::new();
    let daemon = home.serve();
    let bearer = format!("Bearer {}", daemon.token);
    let ask = |method: &str, path: &str, header: (&str, &str)| {
        daemon.request(method, path, &[("Authorization", &bearer), header], b"{}")
    };
    for (method, path, _) in routes(&daemon) {
        for header in [("Host", "evil.example"), ("Origin", "http://evil.example"), ("Origin", "null")] {
            let answer = ask(&method, &path, header);
            assert_eq!(answer.status, 403, "{method} {path} {header:?}");
            assert!(!answer.head.to_ascii_lowercase().contains("access-control-"), "{}", answer.head);
            let asked_first = ask("OPTIONS", &path, header);
            assert_eq!(asked_first.status, 403, "OPTIONS {path} {header:?}");
            assert!(!asked_first.head.to_ascii_lowercase().contains("access-control-"), "{}", asked_first.head);
        }
    }
    assert_eq!(daemon.get("/healthz").1["seq"], 0, "a refused event was stored");
    assert_eq!(daemon.get("/api/v1/stats").0, 200, "a refused request made a new token");
}

#[test]
fn no_answer_lets_a_page_run_what_is_not_a_file_of_ours() {
    let home = Home::new();
    let daemon = home.serve();
    let bearer = format!("Bearer {}", daemon.token);
    let without_end = |path: &str| path.starts_with("/api/v1/stream");
    for (_, path, _) in routes(&daemon).into_iter().filter(|(method, path, _)| method == "GET" && !without_end(path)) {
        let answer = daemon.request("GET", &path, &[("Authorization", &bearer)], b"");
        let head = answer.head.to_ascii_lowercase();
        let policy = head.lines().find_map(|line| line.strip_prefix("content-security-policy: ")).expect("a policy");
        let rules: Vec<&str> = policy.split(';').map(str::trim).collect();
        assert!(rules.contains(&"default-src 'none'") && rules.contains(&"script-src 'self'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert!(head.contains("x-content-type-options: nosniff"), "{path}: {head}");
    }
}

#[test]
fn an_address_may_name_the_token_of_a_programs_stream_and_of_nothing_else() {
    let home = Home::new();
    let daemon = home.serve();
    let own = format!("http://127.0.0.1:{}", daemon.port);
    let open = |path: &str, token: &str, origin: Option<&str>| {
        let address = format!("ws://127.0.0.1:{}{path}?token={token}", daemon.port);
        let mut request = address.into_client_request().expect("an address");
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().expect("a header"));
        }
        match tungstenite::connect(request) {
            Ok(_) => 101,
            Err(tungstenite::Error::Http(answer)) => answer.status().as_u16(),
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(open("/api/v1/stream", &daemon.token, None), 101);
    assert_eq!(open("/api/v1/stream", &daemon.token[1..], None), 401);
    // A browser keeps addresses: it has a cookie.
    assert_eq!(open("/api/v1/stream", &daemon.token, Some(&own)), 401);
    assert_eq!(daemon.request("GET", &format!("/api/v1/stream?token={}", daemon.token), &[], b"").status, 401);
}

#[test]
fn ipv6_is_as_good_as_ipv4() {
    let home = Home::new();
    let daemon = home.serve();
    let Ok(mut stream) = TcpStream::connect((Ipv6Addr::LOCALHOST, daemon.port)) else {
        return eprintln!("skipped: no ::1 here");
    };
    let head = format!("Host: [::1]:{0}\r\nOrigin: http://[::1]:{0}\r\nConnection: close", daemon.port);
    write!(stream, "GET /api/v1/stats HTTP/1.1\r\n{head}\r\nAuthorization: Bearer {}\r\n\r\n", daemon.token)
        .expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    assert_eq!(Answer::parse(&answer).status, 200);
}
