//! The daemon's life: started, told to read its settings again, killed, started again, given up.

use rustix::process::Signal;
use serde_json::Value;

use crate::stored::{Appender, Store, wait_until};
use crate::support::{Home, signal, text};

/// A home on which `up` has started a daemon on a free port.
fn up(home: &Home) {
    let output = home.run(&["up", "--port", "0"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// What stands in one of the files that say who runs.
fn pid_in(home: &Home, file: &str) -> Option<u32> {
    let said: Value = serde_json::from_slice(&std::fs::read(home.path.join(file)).ok()?).ok()?;
    said["pid"].as_u64().or(said.as_u64())?.try_into().ok()
}

fn log(home: &Home) -> String {
    let path = std::fs::read_dir(&home.path)
        .expect("the home")
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "log"));
    path.map_or(String::new(), |path| text(&std::fs::read(path).unwrap_or_default()))
}

fn status(home: &Home) -> Value {
    serde_json::from_slice(&home.run(&["status", "--json"]).stdout).unwrap_or_default()
}

#[test]
fn settings_are_read_again_when_asked() {
    let home = Home::new();
    home.configure("redact_patterns = [\"OSPREY-[0-9]+\"]\nslow_hook_ms = 1000\n");
    up(&home);
    let appender = Appender::new(&home);
    let prompt = |text: &str| {
        let payload = serde_json::json!({ "session_id": "s", "hook_event_name": "UserPromptSubmit", "prompt": text });
        appender.append("claude-code", payload.to_string().as_bytes());
    };
    let stored = |count: usize| {
        wait_until("the event is stored", || Store::open(&home).payloads().len() == count);
        text(&Store::open(&home).payloads()[count - 1])
    };
    prompt("on OSPREY-77 and FALCON-77");
    assert!(stored(1).contains("on [redacted:custom] and FALCON-77"));
    home.configure("redact_patterns = [\"FALCON-[0-9]+\"]\nslow_hook_ms = 3\ntranscripts = \"off\"\nlog = \"warn,tailhook=info\"\n");
    // To the supervisor, who hands it on.
    signal(pid_in(&home, "supervisor.lock").expect("a supervisor"), Signal::HUP);
    wait_until("the settings are read again", || log(&home).contains("read the settings again"));
    let said = log(&home);
    assert!(said.contains("slow_hook_ms is 3 now, it was 1000"), "{said}");
    assert!(said.contains("transcripts changes with a restart"), "{said}");
    assert!(!said.contains("FALCON"), "a pattern tells what nobody shall read: {said}");
    prompt("on OSPREY-77 and FALCON-77");
    assert!(stored(2).contains("on OSPREY-77 and [redacted:custom]"));
    // What cannot be used changes nothing.
    home.configure("redact_patterns = [\"(\"]\nredact = \"off\"\n");
    signal(pid_in(&home, "daemon.json").expect("a daemon"), Signal::HUP);
    wait_until("it complains", || log(&home).contains("those before hold"));
    prompt("on FALCON-77");
    assert!(stored(3).contains("on [redacted:custom]"));
    // With settings like these no command would run.
    home.configure("");
    assert!(home.run(&["down"]).status.success());
}

#[test]
fn a_pattern_that_cannot_be_used_is_named() {
    let home = Home::new();
    home.configure("redact_patterns = [\"fine\", \"not(fine\"]\n");
    let output = home.run(&["serve", "--port", "0"]);
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stderr);
    assert!(said.contains("could not use a pattern of redact_patterns in"), "{said}");
    assert!(said.contains("\"not(fine\": unclosed group"), "{said}");
}

#[test]
fn a_daemon_that_keeps_dying_is_given_up() {
    let home = Home::new();
    up(&home);
    let port = status(&home)["port"].clone();
    let mut last = 0;
    for death in 1..=5 {
        wait_until("a daemon runs", || {
            pid_in(&home, "daemon.json").is_some_and(|pid| pid != last) && status(&home)["running"] == true
        });
        assert_eq!(status(&home)["port"], port, "after {death} deaths");
        last = pid_in(&home, "daemon.json").expect("a daemon");
        signal(last, Signal::KILL);
    }
    wait_until("the supervisor gives up", || log(&home).contains("gave up: the daemon died 5 times in 60 seconds"));
    assert!(log(&home).contains("at last with signal: 9"), "{}", log(&home));
    assert_eq!(status(&home)["running"], false);
    wait_until("it has said why", || log(&home).contains("hint: "));
    for command in ["status", "doctor"] {
        let output = home.run(&[command]);
        let said = text(&[output.stdout, output.stderr].concat());
        assert!(said.contains("its log ends with: gave up: the daemon died 5 times in 60 seconds"), "{said}");
    }
    // The journal takes what comes, and the next daemon stores it.
    home.hook(br#"{"session_id":"s","hook_event_name":"Stop"}"#);
    up(&home);
    wait_until("the event is stored", || status(&home)["events"]["stored"] == 1);
}

#[test]
fn one_that_cannot_be_found_any_more_is_restarted_as_up_says() {
    let home = Home::new();
    home.configure("port = 0\n");
    up(&home);
    std::fs::remove_file(home.path.join("daemon.json")).expect("removed");
    let again = home.run(&["up"]);
    assert_eq!(again.status.code(), Some(5), "{again:?}");
    assert!(text(&again.stderr).ends_with("hint: tailhook restart\n"), "{again:?}");
    assert!(home.run(&["restart"]).status.success());
    assert!(home.run(&["status"]).status.success());
    assert!(home.run(&["down"]).status.success());
}

#[test]
fn a_restart_loses_nothing() {
    let home = Home::new();
    up(&home);
    let port = status(&home)["port"].clone();
    let appender = Appender::new(&home);
    let done = std::sync::atomic::AtomicBool::new(false);
    let sent = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut sent = 0_u64;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let payload = format!(r#"{{"session_id":"s","hook_event_name":"Stop","n":{sent}}}"#);
                appender.append("claude-code", payload.as_bytes());
                sent += 1;
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            sent
        });
        for _ in 0..3 {
            assert!(home.run(&["restart"]).status.success());
            assert_eq!(status(&home)["port"], port, "clients find it where it was");
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        writer.join().expect("the writer")
    });
    wait_until("all is stored", || status(&home)["seq"].as_u64() >= Some(sent));
    let order: Vec<u64> = Store::open(&home)
        .payloads()
        .iter()
        .filter_map(|payload| serde_json::from_slice::<Value>(payload).ok()?["n"].as_u64())
        .collect();
    assert_eq!(order, (0..sent).collect::<Vec<_>>());
    assert!(home.run(&["down"]).status.success());
}
