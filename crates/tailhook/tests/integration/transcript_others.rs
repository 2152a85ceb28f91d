//! Following what Codex and Gemini CLI write of their sessions, with files that the real clients wrote.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Daemon, Home};
use crate::transcript::{append, messages, wait_for};

const ROLLOUT: &str = include_str!("../../../tailhook-core/fixtures/transcripts/codex/multi.jsonl");
const ROLLOUT_OF_SUBAGENT: &str = include_str!("../../../tailhook-core/fixtures/transcripts/codex/subagent.jsonl");
const CHAT: &str = include_str!("../../../tailhook-core/fixtures/transcripts/gemini-cli/multi.jsonl");
const CHAT_OF_SUBAGENT: &str = include_str!("../../../tailhook-core/fixtures/transcripts/gemini-cli/subagent.jsonl");

const CODEX: &str = "01a223a9-098d-7521-a5a2-f0c1f3107ad8";
const CODEX_TURN: &str = "01a223a9-09a6-7fe1-9e80-4f32aa3f0747";
const CODEX_SUBAGENT: &str = "01a223a9-c3b5-71e1-a507-5cfa797cbe35";
const GEMINI: &str = "947bb8e1-4a3b-4b99-9edc-e374aed2085e";
const GEMINI_SUBAGENT: &str = "3713784e-089f-4b6b-915a-43652365ce6a";

fn rollout(home: &Home, id: &str) -> PathBuf {
    home.path.join(format!("user/.codex/sessions/2026/11/28/rollout-2026-11-28T19-36-50-{id}.jsonl"))
}

fn chat(home: &Home) -> PathBuf {
    home.path.join("user/.gemini/tmp/project/chats/session-2026-11-28T19-36-947bb8e1.jsonl")
}

fn tell(home: &Home, agent: &str, session: &str, event: &str, path: &Path, more: &Value) {
    let mut payload =
        json!({ "session_id": session, "transcript_path": path, "cwd": "/home/dev", "hook_event_name": event });
    for (name, value) in more.as_object().into_iter().flatten() {
        payload[name] = value.clone();
    }
    home.hook_as(&[agent], payload.to_string().as_bytes());
}

/// Waits until the session has written so many tokens.
fn took(daemon: &Daemon, session: &str, output: u64) -> Value {
    let wanted = |row: &Value| row["tokens"]["output"] == output;
    wait_for(daemon, &format!("/api/v1/sessions/{session}"), &format!("{output} tokens"), wanted)
}

/// Half a line at a time, as a reader in between may see them.
fn append_in_halves(path: &Path, text: &str) {
    for line in text.split_inclusive('\n') {
        let (head, tail) = line.split_at(line.floor_char_boundary(line.len() / 2));
        append(path, head);
        append(path, tail);
    }
}

#[test]
fn a_rollout_tells_what_a_session_of_codex_took() {
    let home = Home::new();
    let daemon = home.serve();
    let path = rollout(&home, CODEX);
    tell(&home, "codex", CODEX, "SessionStart", &path, &json!({ "source": "startup", "model": "gpt-5.2-codex" }));
    tell(&home, "codex", CODEX, "UserPromptSubmit", &path, &json!({ "prompt": "go", "turn_id": CODEX_TURN }));
    append_in_halves(&path, ROLLOUT);
    let session = took(&daemon, CODEX, 220);
    assert_eq!((&session["tokens"]["input"], &session["context_tokens"]), (&json!(1_100), &json!(100)));
    assert_eq!((&session["context_window"], &session["model"]), (&json!(258_400), &json!("gpt-5.2-codex")));
    assert!((session["cost_usd"].as_f64().expect("a price") - 0.005_005).abs() < 1e-9, "{session}");
    let said = messages(&daemon, CODEX, 15);
    assert_eq!((&said[0]["role"], &said[0]["text"]), (&json!("user"), &json!("[[scenario:multi]] go")));
    assert_eq!((&said[1]["text"], &said[1]["tokens"]["input"]), (&json!("Starting."), &json!(100)));
    let (_, usage) = daemon.get(&format!("/api/v1/sessions/{CODEX}/usage"));
    assert_eq!((&usage["turns"][0]["n"], &usage["turns"][0]["tokens"]["output"]), (&json!(1), &json!(220)), "{usage}");
    assert_eq!(usage["turns"].as_array().map(Vec::len), Some(1));
    assert_eq!(daemon.get("/api/v1/stats").1["seq"], 2, "hooks tell of tools, the transcript does not");
}

#[test]
fn a_subagent_of_codex_has_a_rollout_of_its_own() {
    let home = Home::new();
    let daemon = home.serve();
    let (main, own) = (rollout(&home, CODEX), rollout(&home, CODEX_SUBAGENT));
    tell(&home, "codex", CODEX, "SessionStart", &main, &json!({ "source": "startup" }));
    tell(&home, "codex", CODEX, "SubagentStart", &own, &json!({ "agent_id": CODEX_SUBAGENT, "agent_type": "default" }));
    tell(&home, "codex", CODEX, "UserPromptSubmit", &own, &json!({ "agent_id": CODEX_SUBAGENT, "prompt": "count" }));
    append(&own, ROLLOUT_OF_SUBAGENT);
    append(&main, ROLLOUT);
    let session = took(&daemon, CODEX, 260);
    assert_eq!(session["transcript_path"], json!(main), "not its subagent's");
    let theirs = messages(&daemon, CODEX, 18).into_iter().filter(|message| message["agent_id"] == CODEX_SUBAGENT);
    assert_eq!(theirs.count(), 3);
}

#[test]
fn a_chat_of_gemini_is_followed_with_those_of_its_subagents() {
    let home = Home::new();
    let daemon = home.serve();
    let path = chat(&home);
    tell(&home, "gemini-cli", GEMINI, "SessionStart", &path, &json!({ "source": "startup" }));
    // The turn began when the chat was written, which is where its answers belong by their time.
    tell(&home, "gemini-cli", GEMINI, "BeforeAgent", &path, &json!({ "prompt": "go" }));
    append_in_halves(&path, CHAT);
    let session = took(&daemon, GEMINI, 260);
    assert_eq!((&session["tokens"]["input"], &session["context_tokens"]), (&json!(1_300), &json!(100)));
    assert_eq!((&session["context_window"], &session["model"]), (&json!(1_048_576), &json!("gemini-2.5-flash")));
    assert!((session["cost_usd"].as_f64().expect("a price") - 0.001_04).abs() < 1e-9, "{session}");
    // Nothing but its file tells of a subagent; it is looked for when the turn ends.
    append(&path.with_file_name(GEMINI).join(format!("{GEMINI_SUBAGENT}.jsonl")), CHAT_OF_SUBAGENT);
    append(&path.with_file_name(GEMINI).join("no id.jsonl"), CHAT_OF_SUBAGENT);
    tell(&home, "gemini-cli", GEMINI, "AfterAgent", &path, &json!({ "prompt_response": "done" }));
    let session = took(&daemon, GEMINI, 340);
    assert_eq!(session["context_tokens"], 100, "the main agent's");
    let said = messages(&daemon, GEMINI, 24);
    assert_eq!(said.iter().filter(|message| message["agent_id"] == GEMINI_SUBAGENT).count(), 6, "{said:?}");
}

#[test]
fn answers_without_a_prompt_belong_to_the_turn_they_fall_into() {
    let home = Home::new();
    let daemon = home.serve();
    let path = chat(&home);
    let answer = |id: &str, output: u64| {
        let at = jiff::Timestamp::now().to_string();
        let tokens = json!({ "input": 10, "output": output, "cached": 0, "thoughts": 0, "tool": 0 });
        json!({ "id": id, "timestamp": at, "type": "gemini", "content": id, "tokens": tokens, "model": "gemini-2.5-flash" })
            .to_string()
            + "\n"
    };
    tell(&home, "gemini-cli", GEMINI, "SessionStart", &path, &json!({ "source": "startup" }));
    append(&path, &answer("early", 1));
    for (turn, output) in [("one", 10), ("two", 100)] {
        tell(&home, "gemini-cli", GEMINI, "BeforeAgent", &path, &json!({ "prompt": turn }));
        append(&path, &(answer(&format!("{turn}, begun"), output) + &answer(&format!("{turn}, done"), output)));
        tell(&home, "gemini-cli", GEMINI, "AfterAgent", &path, &json!({ "prompt_response": turn }));
    }
    took(&daemon, GEMINI, 221);
    let usage = daemon.get(&format!("/api/v1/sessions/{GEMINI}/usage")).1;
    let turns: Vec<_> =
        usage["turns"].as_array().expect("a list").iter().map(|t| (&t["n"], &t["tokens"]["output"])).collect();
    assert_eq!(turns, [(&json!(0), &json!(1)), (&json!(1), &json!(20)), (&json!(2), &json!(200))]);
}

#[test]
fn nothing_counts_twice_when_files_change_and_daemons_die() {
    let home = Home::new();
    let (rollout, chat) = (rollout(&home, CODEX), chat(&home));
    let daemon = home.serve();
    tell(&home, "codex", CODEX, "SessionStart", &rollout, &json!({ "source": "startup" }));
    tell(&home, "gemini-cli", GEMINI, "SessionStart", &chat, &json!({ "source": "startup" }));
    let half = |text: &str| text.floor_char_boundary(text.len() / 2);
    append(&rollout, &ROLLOUT[..half(ROLLOUT)]);
    append(&chat, &CHAT[..half(CHAT)]);
    wait_for(&daemon, &format!("/api/v1/sessions/{CODEX}"), "tokens", |row| {
        row["tokens"]["output"].as_u64() > Some(60)
    });
    wait_for(&daemon, &format!("/api/v1/sessions/{GEMINI}"), "tokens", |row| {
        row["tokens"]["output"].as_u64() > Some(60)
    });
    daemon.kill();
    append(&rollout, &ROLLOUT[half(ROLLOUT)..]);
    append(&chat, &CHAT[half(CHAT)..]);
    let daemon = home.serve();
    took(&daemon, CODEX, 220);
    took(&daemon, GEMINI, 260);
    // Written anew, as another file.
    for (path, text) in [(&rollout, ROLLOUT), (&chat, CHAT)] {
        let other = path.with_extension("new");
        append(&other, text);
        std::fs::rename(&other, path).expect("replaced");
    }
    append(&chat, "{\"id\":\"last\",\"type\":\"gemini\",\"content\":\"last\"}\n");
    let said = messages(&daemon, GEMINI, 19);
    assert_eq!((said.len(), &said[18]["text"]), (19, &json!("last")));
    took(&daemon, GEMINI, 260);
    append(
        &rollout,
        "{\"type\":\"event_msg\",\"payload\":{\"type\":\"item_completed\",\"item\":{\"type\":\"UserMessage\",\"id\":\"last\",\"content\":[{\"type\":\"text\",\"text\":\"last\"}]}}}\n",
    );
    let said = messages(&daemon, CODEX, 16);
    assert_eq!((said.len(), &said[15]["text"]), (16, &json!("last")));
    took(&daemon, CODEX, 220);
    assert!(daemon.terminate());
}

#[test]
fn a_path_that_no_such_agent_writes_opens_nothing() {
    let home = Home::new();
    let daemon = home.serve();
    let folder = rollout(&home, "x").parent().expect("a folder").to_owned();
    let secret = folder.join("secret.jsonl");
    append(&secret, ROLLOUT);
    let link = rollout(&home, "link");
    std::os::unix::fs::symlink(&secret, &link).expect("linked");
    let pipe = rollout(&home, "pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("a pipe");
    let elsewhere = home.path.join("elsewhere/rollout-2026-11-28T19-36-50-elsewhere.jsonl");
    append(&elsewhere, ROLLOUT);
    // That of another agent, and of another session.
    let claude = home.path.join("user/.claude/projects/p/claude.jsonl");
    append(&claude, ROLLOUT);
    append(&rollout(&home, "other"), ROLLOUT);
    for (session, path) in [
        ("link", &link),
        ("pipe", &pipe),
        ("elsewhere", &elsewhere),
        ("claude", &claude),
        ("another", &rollout(&home, "other")),
        ("secret", &secret),
    ] {
        tell(&home, "codex", session, "SessionStart", path, &json!({ "source": "startup" }));
    }
    let folder_of_chats = chat(&home).with_file_name(GEMINI);
    std::fs::create_dir_all(&folder_of_chats).expect("made");
    std::os::unix::fs::symlink(&secret, folder_of_chats.join("a1.jsonl")).expect("linked");
    tell(&home, "gemini-cli", GEMINI, "SessionStart", &chat(&home), &json!({ "source": "startup" }));
    tell(&home, "gemini-cli", GEMINI, "AfterAgent", &chat(&home), &json!({}));
    // Read after all of those: files that change at once are read in the order of their paths.
    let last = chat(&home).with_file_name("session-2026-11-28T19-36-zzzzzzzz.jsonl");
    append(&last, CHAT);
    tell(&home, "gemini-cli", "zzzzzzzz", "SessionStart", &last, &json!({ "source": "startup" }));
    took(&daemon, "zzzzzzzz", 260);
    for session in ["link", "pipe", "elsewhere", "claude", "another", "secret", GEMINI] {
        let (status, answer) = daemon.get(&format!("/api/v1/sessions/{session}/messages"));
        assert_eq!((status, answer["messages"].as_array().map(Vec::len)), (200, Some(0)), "{session}");
    }
    assert!(daemon.terminate());
}
