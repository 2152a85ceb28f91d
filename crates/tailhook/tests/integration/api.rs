//! The API as its own document describes it.

use serde_json::{Value, json};

use crate::support::Home;

#[test]
fn the_document_is_for_those_with_the_token_and_names_what_is_there() {
    let home = Home::new();
    let daemon = home.serve();
    let answer = daemon.request("GET", "/api/v1/openapi.json", &[], b"");
    assert_eq!(answer.status, 401, "{}", answer.head);
    let (status, document) = daemon.get("/api/v1/openapi.json");
    assert_eq!((status, &document["openapi"]), (200, &json!("3.1.0")));
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    home.hook(br#"{"session_id":"s","hook_event_name":"UserPromptSubmit","prompt":"hello"}"#);
    daemon.wait_for_seq(1);
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let Some(operation) = methods.get("get") else { continue };
        let wanted =
            operation["responses"].as_object().expect("responses").keys().find(|status| status.as_str() < "300");
        // The two streams have no end, and the login wants a token.
        if path.starts_with("/api/v1/stream") || path == "/login" {
            continue;
        }
        let (status, said) = daemon.get(&path.replace("{id}", "s").replace("{seq}", "1"));
        assert_eq!(Some(&status.to_string()), wanted, "{path}: {said}");
    }
}

#[test]
fn what_makes_no_sense_is_told_so() {
    let home = Home::new();
    let daemon = home.serve();
    let bearer = format!("Bearer {}", daemon.token);
    for (method, path, wanted) in [
        ("GET", "/api/v1/events?since=-1", 400),
        ("GET", "/api/v1/events?limit=many", 400),
        ("GET", "/api/v1/events?q=(", 400),
        ("GET", "/api/v1/events?since=18446744073709551615", 200),
        ("GET", "/api/v1/events/one", 400),
        ("GET", "/api/v1/events/%ff", 400),
        ("GET", "/api/v1/events/18446744073709551615", 404),
        ("GET", "/api/v1/events/99999999999999999999", 400),
        ("GET", "/api/v1/sessions/none/spans", 404),
        ("GET", "/api/v1/sessions/%ff", 400),
        ("GET", "/api/v1/profile?since=yesterday", 400),
        ("GET", "/api/v1/nothing", 404),
        ("POST", "/api/v1/events", 405),
        ("DELETE", "/api/v1/sessions/s", 405),
        ("GET", "/api/v1/ingest/codex", 405),
        ("POST", "/api/v1/ingest/no%20name", 400),
    ] {
        let answer = daemon.request(method, path, &[("Authorization", &bearer)], b"");
        assert_eq!(answer.status, wanted, "{method} {path}: {}", answer.text());
        let said: Value = serde_json::from_slice(&answer.body).expect("JSON");
        let told = said["error"].is_string() && said["hint"].is_string();
        assert_eq!(told, wanted >= 400, "{method} {path}: {said}");
        assert_eq!(answer.head.to_lowercase().contains("\r\nallow: "), wanted == 405, "{}", answer.head);
    }
}
