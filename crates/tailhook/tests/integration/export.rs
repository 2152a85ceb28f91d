//! `tailhook export`: everything that is stored, as lines and as a table.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Home, hook_program, text};

fn lines(home: &Home, arguments: &[&str]) -> Vec<Value> {
    let output = home.run(&[&["export"], arguments].concat());
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let lines = text(&output.stdout);
    lines.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line:?}"))).collect()
}

fn with_hook() -> Home {
    assert!(hook_program().exists());
    Home::new()
}

#[test]
fn every_event_comes_once_and_in_order() {
    let home = with_hook();
    let daemon = home.serve();
    // More than one page.
    for n in 1..=1_100 {
        let payload = json!({ "session_id": format!("s{}", n % 10), "hook_event_name": "Stop" }).to_string();
        let path = "/api/v1/ingest/claude-code";
        let token = format!("Bearer {}", daemon.token);
        let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
        assert_eq!(daemon.request("POST", path, &headers, payload.as_bytes()).status, 202, "{n}");
    }
    daemon.wait_for_seq(1_100);
    let all = lines(&home, &[]);
    assert!(all.iter().map(|event| event["seq"].as_u64().expect("a seq")).eq(1..=1_100));
    assert_eq!(all[0]["payload"], Value::Null);
    assert_eq!(all[0], {
        let (_, mut event) = daemon.get("/api/v1/events/1");
        event.as_object_mut().expect("an envelope").remove("payload");
        event
    });
    let some = lines(&home, &["--session", "s3", "--type", "hook.st*", "--agent", "claude-code", "--payload"]);
    assert_eq!(some.len(), 110);
    assert!(some.iter().all(|event| event["payload"]["session_id"] == "s3"));
    assert_eq!(lines(&home, &["--session", "nobody"]), Vec::<Value>::new());
}

#[test]
fn large_payloads_come_whole() {
    let home = with_hook();
    let daemon = home.serve();
    for n in 0..4 {
        let content = "x".repeat(3 << 20);
        home.hook(json!({ "session_id": "s", "hook_event_name": "Stop", "n": n, "c": content }).to_string().as_bytes());
    }
    // The agent's own line breaks are no end of a line.
    home.hook(b"{\n  \"session_id\": \"s\",\r\n  \"hook_event_name\": \"Stop\",\n  \"text\": \"a\\nb\"\n}\n");
    daemon.wait_for_seq(5);
    let events = lines(&home, &["--payload"]);
    let sizes: Vec<_> = events.iter().map(|event| event["payload"]["c"].as_str().map_or(0, str::len)).collect();
    assert_eq!(sizes, [3 << 20, 3 << 20, 3 << 20, 3 << 20, 0]);
    assert_eq!(events[4]["payload"]["text"], "a\nb");
}

#[test]
fn a_table_is_quoted_and_starts_no_formula() {
    let home = with_hook();
    let daemon = home.serve();
    for (session, prompt) in [("=1+1", "say \"hi\", please"), ("@s", "=cmd|' /C calc'!A0"), ("-1,\n2", "plain")] {
        let payload = json!({ "session_id": session, "hook_event_name": "UserPromptSubmit", "prompt": prompt });
        home.hook(payload.to_string().as_bytes());
    }
    daemon.wait_for_seq(3);
    let output = home.run(&["export", "--format", "csv"]);
    assert!(output.status.success(), "{output:?}");
    let table = text(&output.stdout);
    let rows: Vec<&str> = table.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), 4, "{table}");
    assert!(rows[0].starts_with("seq,timestamp,type,session_id,agent,"), "{table}");
    assert!(rows[1].contains(",hook.user_prompt,'=1+1,claude-code,"), "{table}");
    assert!(rows[1].contains(",\"say \"\"hi\"\", please\","), "{table}");
    assert!(rows[2].contains(",'@s,") && rows[2].contains(",'=cmd|' /C calc'!A0,"), "{table}");
    assert!(rows[3].contains(",\"'-1,\n2\",claude-code,"), "{table}");
    let full = text(&home.run(&["export", "--format", "csv", "--payload", "--session", "@s"]).stdout);
    assert!(full.lines().next().is_some_and(|head| head.ends_with(",payload")), "{full}");
    assert!(full.contains("\"\"prompt\"\":\"\"=cmd|"), "{full}");
}

#[test]
fn a_closed_pipe_is_no_error_and_no_daemon_is_one() {
    let home = with_hook();
    let none = home.run(&["export"]);
    assert_eq!((none.status.code(), text(&none.stdout).as_str()), (Some(4), ""), "{none:?}");
    assert!(text(&none.stderr).ends_with("hint: tailhook up\n"), "{none:?}");
    let daemon = home.serve();
    for _ in 0..200 {
        home.hook(br#"{"session_id":"s","hook_event_name":"Stop"}"#);
    }
    daemon.wait_for_seq(200);
    for format in ["jsonl", "csv"] {
        let mut child = home
            .tailhook(&["export", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("ends");
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
    }
}
