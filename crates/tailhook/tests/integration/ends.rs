//! Sessions that end without a word: their process is gone, or their terminal.

use std::path::Path;

use serde_json::Value;

use crate::stored::wait_until;
use crate::support::{Daemon, Home};
use crate::terminal::Terminal;

/// A process that works in a folder and has two hooks told of a session there, then waits.
fn agent(home: &Home, folder: &Path, session: &str, cwd: &Path) -> std::process::Child {
    std::fs::create_dir_all(folder).expect("a folder");
    let payload = |event: &str| {
        let cwd = cwd.display();
        format!(
            r#"{{"session_id":"{session}","cwd":"{cwd}","hook_event_name":"{event}","source":"startup","prompt":"go"}}"#
        )
    };
    std::process::Command::new("sh")
        .args(["-c", r#"printf %s "$1" | "$0"; printf %s "$2" | "$0"; exec sleep 600"#])
        .arg(crate::support::hook_program())
        .args([payload("SessionStart"), payload("UserPromptSubmit")])
        .current_dir(folder)
        .env("TAILHOOK_HOME", &home.path)
        .spawn()
        .expect("a shell")
}

#[test]
fn a_session_whose_process_is_gone_has_ended() {
    let home = Home::new();
    let daemon = home.serve();
    let folder = home.path.join("project");
    let state = |daemon: &Daemon, session: &str| {
        let (_, row) = daemon.get(&format!("/api/v1/sessions/{session}"));
        (row["state"].as_str().unwrap_or_default().to_owned(), row["end_reason"].clone())
    };
    let gone = ("ended".to_owned(), Value::from("process_gone"));
    let mut agents = ["here", "later"].map(|session| agent(&home, &folder, session, &folder));
    let mut elsewhere = agent(&home, &home.path.join("other"), "elsewhere", &folder);
    for session in ["here", "later", "elsewhere"] {
        wait_until("at work", || state(&daemon, session).0 == "working");
    }
    // What was believed is stored with the next batch; a session in another folder's process is never believed.
    wait_until("both are known", || {
        let store = crate::stored::Store::open(&home);
        store.number("SELECT count(*) FROM session WHERE json_extract(state, '$.process.pid') > 0") == 2
    });
    for process in [&mut agents[0], &mut elsewhere] {
        process.kill().expect("it runs");
        process.wait().expect("it ends");
    }
    wait_until("gone", || state(&daemon, "here") == gone);
    let spans = daemon.get("/api/v1/sessions/here/spans").1;
    assert_eq!(
        (&spans["spans"][0]["outcome"], &spans["spans"][0]["closed_by"]),
        (&"gone".into(), &"session.process_gone".into())
    );
    assert_eq!(state(&daemon, "later").0, "working");

    // One that ends while no daemon looks is found gone by the next.
    assert!(daemon.terminate());
    agents[1].kill().expect("it runs");
    agents[1].wait().expect("it ends");
    let daemon = home.serve();
    wait_until("gone", || state(&daemon, "later") == gone);
    assert_eq!(state(&daemon, "elsewhere").0, "working", "its process was never sure");
}

/// As Codex has a server for the sessions of all its terminals: it stands in a folder of none of them, keeps their
/// transcripts open, and tells of one that was left.
#[test]
fn sessions_of_one_process_end_each_by_itself_and_with_it_at_the_latest() {
    let home = Home::new();
    let daemon = home.serve();
    let told = |session: &str, event: &str| {
        let (file, cwd) = (home.path.join(session), home.path.join("project"));
        let (file, cwd) = (file.display(), cwd.display());
        format!(
            r#"{{"session_id":"{session}","transcript_path":"{file}","cwd":"{cwd}","hook_event_name":"{event}","prompt":"go","reason":"other"}}"#
        )
    };
    let mut server = std::process::Command::new("sh")
        .args([
            "-c",
            r#"exec 8>>"$1" 9>>"$2"; shift 2; for told; do printf %s "$told" | "$0" codex; done; exec sleep 600"#,
        ])
        .arg(crate::support::hook_program())
        .args([home.path.join("left"), home.path.join("open")])
        .args([told("left", "SessionStart"), told("left", "UserPromptSubmit"), told("left", "Stop")])
        .args([told("open", "SessionStart"), told("open", "UserPromptSubmit"), told("left", "SessionEnd")])
        .current_dir(&home.path)
        .env("TAILHOOK_HOME", &home.path)
        .spawn()
        .expect("a shell");
    let state = |session: &str| {
        let (_, row) = daemon.get(&format!("/api/v1/sessions/{session}"));
        (row["state"].as_str().unwrap_or_default().to_owned(), row["end_reason"].clone())
    };
    wait_until("left", || state("left") == ("ended".to_owned(), "other".into()));
    wait_until("the server is known", || {
        let store = crate::stored::Store::open(&home);
        store.number(
            "SELECT count(*) FROM session WHERE session_id = 'open' AND json_extract(state, '$.process.pid') > 0",
        ) == 1
    });
    assert_eq!(state("open"), ("working".to_owned(), Value::Null));
    server.kill().expect("it runs");
    server.wait().expect("it ends");
    wait_until("gone", || state("open") == ("ended".to_owned(), "process_gone".into()));
    assert_eq!(state("left"), ("ended".to_owned(), "other".into()));
}

/// A terminal with an agent that outlives it: it tells of a session, and of the rest once there is a file of that name.
fn stubborn_agent(home: &Home, folder: &Path, session: &str, events: &[&str], rest: &[&str]) -> Terminal {
    let hook = crate::support::hook_program();
    let (hook, cwd, root) = (hook.display(), folder.display(), home.path.display());
    let tell = |event: &&str| {
        let fields = r#""prompt":"go","tool_name":"Bash","tool_input":{"command":"ls"},"tool_use_id":"t""#;
        let payload = format!(r#"{{"session_id":"{session}","cwd":"{cwd}","hook_event_name":"{event}",{fields}}}"#);
        format!("printf %s '{payload}' | '{hook}'")
    };
    let told = |events: &[&str]| events.iter().map(tell).collect::<Vec<_>>().join("; ");
    let (first, rest) = (told(events), told(rest));
    Terminal::run(&format!(
        "cd '{cwd}'; export TAILHOOK_HOME='{root}'; trap '' HUP; {first}
         until [ -e {session} ]; do sleep 0.1; done; {rest}
         until [ -e over ]; do sleep 0.1; done"
    ))
}

#[test]
fn a_session_whose_terminal_was_closed_ends_when_it_has_nothing_to_do() {
    let home = Home::new();
    let daemon = home.serve();
    let folder = home.path.join("project");
    std::fs::create_dir_all(&folder).expect("a folder");
    let state = |session: &str| {
        let (_, row) = daemon.get(&format!("/api/v1/sessions/{session}"));
        (row["state"].as_str().unwrap_or_default().to_owned(), row["end_reason"].clone())
    };
    let turn = ["SessionStart", "UserPromptSubmit", "Stop"];
    let terminals = [
        stubborn_agent(&home, &folder, "idle", &turn, &["Notification"]),
        stubborn_agent(&home, &folder, "busy", &["SessionStart", "UserPromptSubmit", "PreToolUse"], &["Stop"]),
        stubborn_agent(&home, &folder, "open", &turn, &["Notification"]),
    ];
    wait_until("all are known", || {
        let store = crate::stored::Store::open(&home);
        store.number("SELECT count(*) FROM session WHERE json_extract(state, '$.process.pid') > 0") == 3
    });
    let closed = ("ended".to_owned(), Value::from("terminal_closed"));
    for terminal in &terminals[..2] {
        terminal.close();
    }
    wait_until("left", || state("idle") == closed);
    wait_until("said of the busy one", || {
        let (_, page) = daemon.get("/api/v1/events?session=busy&type=session.terminal_closed");
        page["events"].as_array().is_some_and(|events| !events.is_empty())
    });
    assert_eq!(state("busy"), ("working".to_owned(), Value::Null));
    assert_eq!(state("open").0, "waiting_user");
    std::fs::write(folder.join("busy"), "").expect("written");
    wait_until("done and left", || state("busy") == closed);
    assert_eq!(state("open").0, "waiting_user");
    for file in ["idle", "open", "over"] {
        std::fs::write(folder.join(file), "").expect("written");
    }
}
