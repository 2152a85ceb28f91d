//! Following transcripts: a real daemon, the real hook, files written as the agent writes them, and files no agent would.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Daemon, Home, PATIENCE};

const RECORDED: &str = include_str!("../../../tailhook-core/fixtures/transcripts/multi.jsonl");
const SUBAGENT: &str = include_str!("../../../tailhook-core/fixtures/transcripts/subagent-a966.jsonl");
const HOOKS: &str = include_str!("../../../tailhook-core/fixtures/transcripts/hooks.jsonl");
const SESSION: &str = "53793fe4-aaaa-bbbb";

fn transcript(home: &Home, session: &str) -> PathBuf {
    home.path.join("user/.claude/projects/-home-dev").join(format!("{session}.jsonl"))
}

pub(crate) fn append(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .expect("opened")
        .write_all(text.as_bytes())
        .expect("written");
}

fn tell(home: &Home, event: &str, path: &Path, more: &Value) {
    let session = path.file_stem().expect("a name").to_string_lossy();
    let mut payload =
        json!({ "session_id": session, "transcript_path": path, "cwd": "/home/dev", "hook_event_name": event });
    for (name, value) in more.as_object().into_iter().flatten() {
        payload[name] = value.clone();
    }
    home.hook(payload.to_string().as_bytes());
}

/// Asks until the answer is as wanted.
pub(crate) fn wait_for(daemon: &Daemon, path: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        let (_, answer) = daemon.get(path);
        if wanted(&answer) {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "{what} never came: {answer}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn messages(daemon: &Daemon, session: &str, count: usize) -> Vec<Value> {
    let path = format!("/api/v1/sessions/{session}/messages?limit=1000");
    let list = |answer: &Value| answer["messages"].as_array().cloned().unwrap_or_default();
    list(&wait_for(daemon, &path, &format!("{count} messages"), |answer| list(answer).len() >= count))
}

fn line(uuid: &str, id: &str, output: u64, text: &str) -> String {
    let message = json!({ "id": id, "model": "claude-opus-4-8", "content": [{ "type": "text", "text": text }],
        "usage": { "input_tokens": 100, "output_tokens": output, "cache_read_input_tokens": 1000, "cache_creation_input_tokens": 0 } });
    json!({ "type": "assistant", "uuid": uuid, "timestamp": "2026-11-22T07:54:27.280Z", "message": message })
        .to_string()
        + "\n"
}

#[test]
fn a_session_knows_what_it_took_while_it_runs() {
    let home = Home::new();
    let daemon = home.serve();
    let path = transcript(&home, SESSION);
    // The agent tells of a file whose folder is not there yet.
    tell(&home, "SessionStart", &path, &json!({ "source": "startup", "model": "claude-opus-4-8[1m]" }));
    let prompt = json!({ "prompt": "go", "prompt_id": "bc2601e7-9332-40b8-8398-49bec88ea18c" });
    tell(&home, "UserPromptSubmit", &path, &prompt);
    let notice = json!({ "prompt": "<task-notification>x", "prompt_id": "bfc3a9ac-0f99-49a4-9a44-e1882388a6a0" });
    tell(&home, "UserPromptSubmit", &path, &notice);
    daemon.wait_for_seq(3);
    let lines: Vec<_> = RECORDED.split_inclusive('\n').collect();
    for line in &lines {
        // Lines come in two halves, as a reader in between may see them.
        let (head, tail) = line.split_at(line.floor_char_boundary(line.len() / 2));
        append(&path, head);
        append(&path, tail);
    }
    let said = messages(&daemon, SESSION, 21);
    assert_eq!((&said[0]["role"], &said[0]["text"]), (&json!("user"), &json!("[[scenario:multi]] go")));
    assert_eq!(said[1]["tokens"], json!({ "input": 100, "output": 20, "cache_read": 0, "cache_write": 0 }));
    assert_eq!(said[2]["tools"][0], "toolu_edc7b7e17fa94a5494c07fde");
    let url = format!("/api/v1/sessions/{SESSION}");
    let session = wait_for(&daemon, &url, "all tokens", |session| session["tokens"]["input"] == 1500);
    assert_eq!(session["tokens"]["output"], 300, "fifteen answers, although nineteen lines tell of them");
    assert!((session["cost_usd"].as_f64().expect("a price") - 0.015).abs() < 1e-9, "{session}");
    assert_eq!((&session["context_tokens"], &session["context_window"]), (&json!(100), &json!(1_000_000)));
    let (_, usage) = daemon.get(&format!("{url}/usage"));
    assert_eq!(usage["models"][0]["model"], "claude-opus-4-8");
    let turn = &usage["turns"][0];
    assert_eq!(
        (&turn["n"], &turn["tokens"]["output"]),
        (&json!(1), &json!(300)),
        "a task's notice is no turn: {usage}"
    );
    let told = &daemon.get(&format!("{url}/turns")).1["turns"][0];
    assert_eq!((&told["n"], &told["tokens"], &told["cost_usd"]), (&turn["n"], &turn["tokens"], &turn["cost_usd"]));
    assert_eq!(usage["priced"], true);
    assert_eq!(daemon.get("/api/v1/stats").1["seq"], 3, "hooks tell of tools here, so the transcript does not");
    let page = daemon.get(&format!("{url}/messages?limit=2")).1;
    let next = daemon.get(&format!("{url}/messages?limit=1&since={}", page["next"])).1;
    assert_eq!(next["messages"][0], said[2]);
    assert_eq!(daemon.get("/api/v1/sessions/none/usage").0, 404);
    assert_eq!(daemon.get(&format!("{url}/messages?since=x")).0, 400);
}

#[test]
fn nothing_counts_twice_and_nothing_is_missed_across_kills_and_changes_of_the_file() {
    let home = Home::new();
    let path = transcript(&home, SESSION);
    let url = format!("/api/v1/sessions/{SESSION}");
    let took = |daemon: &Daemon, output: u64| {
        wait_for(daemon, &url, &format!("{output} tokens"), |session| session["tokens"]["output"] == output)
    };
    let daemon = home.serve();
    tell(&home, "SessionStart", &path, &json!({ "source": "startup" }));
    append(&path, &line("u1", "m1", 1, "one"));
    took(&daemon, 1);
    append(&path, &line("u2", "m2", 10, "two")[..40]);
    daemon.kill();
    // The rest of the line and more come while no daemon runs.
    append(&path, &line("u2", "m2", 10, "two")[40..]);
    append(&path, &line("u3", "m2", 30, "two again"));
    let daemon = home.serve();
    took(&daemon, 31);
    // Cut to nothing, then written again, with an old line among the new ones.
    File::create(&path).expect("truncated");
    append(&path, &(line("u1", "m1", 1, "one") + &line("u4", "m4", 100, "four")));
    took(&daemon, 131);
    // Replaced by another file.
    let other = path.with_extension("new");
    append(&other, &(line("u4", "m4", 100, "four") + &line("u5", "m5", 1_000, "five")));
    std::fs::rename(&other, &path).expect("replaced");
    took(&daemon, 1_131);
    std::fs::remove_file(&path).expect("removed");
    append(&path, &line("u6", "m6", 10_000, "six"));
    took(&daemon, 11_131);
    let said: Vec<_> = messages(&daemon, SESSION, 6).iter().map(|message| message["text"].clone()).collect();
    assert_eq!(said, ["one", "two", "two again", "four", "five", "six"]);
    assert!(daemon.terminate());
}

#[test]
fn a_subagents_file_belongs_to_its_session() {
    let home = Home::new();
    let daemon = home.serve();
    let path = transcript(&home, SESSION);
    tell(&home, "SessionStart", &path, &json!({ "source": "startup" }));
    append(&path, &line("u1", "m1", 1, "main"));
    tell(&home, "SubagentStart", &path, &json!({ "agent_id": "a966c920f0265018c", "agent_type": "Explore" }));
    append(&path.with_extension("").join("subagents/agent-a966c920f0265018c.jsonl"), SUBAGENT);
    let said = messages(&daemon, SESSION, 5);
    let theirs: Vec<_> = said.iter().filter(|message| message["agent_id"] == "a966c920f0265018c").collect();
    assert_eq!((said.len(), theirs.len()), (5, 4));
    let url = format!("/api/v1/sessions/{SESSION}");
    let session = wait_for(&daemon, &url, "all tokens", |session| session["tokens"]["output"] == 61);
    assert_eq!(session["context_tokens"], 1100, "the main agent's context, not the subagent's");
}

#[test]
fn hostile_files_hurt_nothing() {
    let home = Home::new();
    let daemon = home.serve();
    let folder = transcript(&home, "x").parent().expect("a folder").to_owned();
    std::fs::create_dir_all(&folder).expect("made");
    let secret = home.path.join("secret.jsonl");
    append(&secret, &line("u", "stolen", 1, "stolen"));
    let link = folder.join("link.jsonl");
    std::os::unix::fs::symlink(&secret, &link).expect("linked");
    let pipe = folder.join("pipe.jsonl");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("a pipe");
    let directory = folder.join("folder.jsonl");
    std::fs::create_dir(&directory).expect("made");
    let named = home.path.join("elsewhere").join("named.jsonl");
    append(&named, &line("u", "stolen", 1, "stolen"));
    for path in [&link, &pipe, &directory, &named, Path::new("/dev/zero"), Path::new("/proc/self/environ")] {
        tell(&home, "SessionStart", path, &json!({ "source": "startup" }));
    }
    let long = folder.join("long.jsonl");
    let mut text = line("u1", "m1", 1, "before");
    text.push_str(&"[".repeat(200_000));
    text.push('\n');
    text.push_str(&line("u2", "m2", 2, &"x".repeat(20 << 20)));
    append(&long, &text);
    OpenOptions::new()
        .append(true)
        .open(&long)
        .expect("opened")
        .write_all(b"\xff\xfe\x00{\"a\":\n\n\n")
        .expect("written");
    append(&long, &line("u3", "m3", 4, "after"));
    tell(&home, "SessionStart", &long, &json!({ "source": "startup" }));
    let said: Vec<_> = messages(&daemon, "long", 2).iter().map(|message| message["text"].clone()).collect();
    assert_eq!(said, ["before", "after"], "a line of 20 MB is left out, the rest is there");
    for session in ["link", "pipe", "folder", "named"] {
        let (status, answer) = daemon.get(&format!("/api/v1/sessions/{session}/messages"));
        assert_eq!((status, answer["messages"].as_array().map(Vec::len)), (200, Some(0)), "{session}");
    }
    // A number that no store takes must not keep events from being stored.
    append(&long, &line("u9", "m9", u64::MAX, "too many").replace("2026-11-22", "9999-12-30"));
    assert_eq!(messages(&daemon, "long", 3)[2]["text"], "too many");
    tell(&home, "Stop", &long, &json!({}));
    daemon.wait_for_seq(8);
    assert!(daemon.terminate());
}

#[test]
fn secrets_and_settings_hold_for_transcripts_too() {
    let home = Home::new();
    home.configure("[prices.\"claude-opus-*\"]\ninput = 0\noutput = 1000000\n");
    let path = transcript(&home, SESSION);
    let daemon = home.serve();
    tell(&home, "SessionStart", &path, &json!({ "source": "startup" }));
    append(&path, &line("u1", "m1", 2, "token ghp_0123456789abcdefghijABCDEFGHIJ012345 end"));
    let said = messages(&daemon, SESSION, 1);
    assert_eq!(said[0]["text"], "token [redacted:github_token] end");
    assert_eq!(daemon.get(&format!("/api/v1/sessions/{SESSION}")).1["cost_usd"], 2.0);
    assert!(daemon.terminate());
    home.configure("transcripts = \"off\"\n");
    let daemon = home.serve();
    append(&path, &line("u2", "m2", 2, "unread"));
    tell(&home, "Stop", &path, &json!({}));
    daemon.wait_for_seq(2);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(messages(&daemon, SESSION, 1).len(), 1);
}

#[test]
fn a_profile_names_the_hook_that_costs_most() {
    let home = Home::new();
    let daemon = home.serve();
    let path = transcript(&home, SESSION);
    append(&path, HOOKS);
    tell(&home, "SessionStart", &path, &json!({ "source": "startup" }));
    let all = |answer: &Value| answer["hooks"].as_array().is_some_and(|hooks| hooks.len() >= 9);
    let answer = wait_for(&daemon, &format!("/api/v1/profile?session={SESSION}"), "the hooks", all);
    let slowest = &answer["slowest"];
    assert_eq!((&slowest["event"], &slowest["command"]), (&json!("Stop"), &json!("sleep 5")));
    assert_eq!((&slowest["calls"], &slowest["failures"], &slowest["total_ms"]), (&json!(1), &json!(1), &json!(1009)));
    let second = &answer["hooks"][1];
    assert_eq!((&second["event"], &second["calls"], &second["p50_ms"]), (&json!("PreToolUse"), &json!(3), &json!(309)));
    assert_eq!(second["total_ms"], 926);
    let output = crate::support::text(&home.run(&["profile", "--since", "36500d"]).stdout);
    assert!(output.starts_with("slowest: sleep 5\neach Stop waits 1009 ms for it (p50)"), "{output}");
    assert!(output.contains("echo err >&2; exit 1") && output.contains("tailhook's own hook took"), "{output}");
    let none = daemon.get("/api/v1/profile?since=2030-01-01T00:00:00Z").1;
    assert_eq!((&none["hooks"], &none["slowest"]), (&json!([]), &Value::Null));
    assert_eq!(daemon.get("/api/v1/profile?since=soon").0, 400);
}
