//! What people type, in good and bad situations: output, standard error, exit code.

use std::process::Output;

use serde_json::Value;

use crate::support::{Home, hook_program, text};

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

/// Links the hook beside the program where only another one is to be tested.
fn with_hook() -> Home {
    assert!(hook_program().exists());
    Home::new()
}

#[test]
fn a_second_daemon_on_one_home_is_refused() {
    let home = Home::new();
    let daemon = home.serve();
    let second = home.run(&["serve", "--port", "0"]);
    assert_eq!(code(&second), 5, "{second:?}");
    let said = text(&second.stderr);
    assert!(said.contains(&format!("error: could not start: a daemon already runs on this home (pid {})", daemon.pid)));
    assert!(said.contains("hint: tailhook open"), "{said}");
    assert!(second.stdout.is_empty());
}

#[test]
fn a_taken_port_is_named() {
    let (first, second) = (Home::new(), Home::new());
    let daemon = first.serve();
    let output = second.run(&["serve", "--port", &daemon.port.to_string()]);
    assert_eq!(code(&output), 1, "{output:?}");
    let said = text(&output.stderr);
    assert!(said.contains(&format!("error: could not listen on port {}: ", daemon.port)), "{said}");
    assert!(said.contains("--port 0"), "{said}");
    let up = second.run(&["up", "--port", &daemon.port.to_string()]);
    assert_eq!(code(&up), 1, "{up:?}");
    assert!(text(&up.stderr).contains("could not listen on port"), "{up:?}");
}

#[test]
fn up_twice_is_one_daemon_and_down_ends_it() {
    let home = Home::new();
    let first = home.run(&["up", "--port", "0"]);
    assert_eq!(code(&first), 0, "{first:?}");
    let status = || -> Value { serde_json::from_slice(&home.run(&["status", "--json"]).stdout).expect("JSON") };
    let pid = status()["pid"].clone();
    let again = home.run(&["up", "--port", "0"]);
    assert_eq!(code(&again), 0, "{again:?}");
    assert!(text(&again.stdout).starts_with("already running at http://127.0.0.1:"), "{again:?}");
    assert_eq!(status()["pid"], pid);
    assert_eq!(status()["supervised"], true);
    assert_eq!(text(&home.run(&["down"]).stdout), "stopped\n");
    assert_eq!(text(&home.run(&["down"]).stdout), "not running\n");
    let down = home.run(&["status", "--json"]);
    assert_eq!((code(&down), text(&down.stdout).as_str()), (4, "{\"running\":false}\n"));
}

#[test]
fn a_store_that_cannot_be_opened_is_named_by_up_as_well() {
    let home = Home::new();
    std::fs::create_dir_all(home.path.join("tailhook.db")).expect("a folder in its place");
    for arguments in [&["serve", "--port", "0"][..], &["up", "--port", "0"]] {
        let output = home.run(arguments);
        assert_eq!(code(&output), 6, "{arguments:?}: {output:?}");
        assert!(text(&output.stderr).starts_with("error: could not open the store "), "{arguments:?}: {output:?}");
        assert!(text(&output.stderr).contains("\nhint: ls -ld "), "{arguments:?}: {output:?}");
    }
}

#[test]
fn a_killed_daemon_comes_back_and_forgets_nothing() {
    let home = with_hook();
    assert_eq!(code(&home.run(&["up", "--port", "0"])), 0);
    let status = || -> Value { serde_json::from_slice(&home.run(&["status", "--json"]).stdout).unwrap_or_default() };
    let before = status();
    let pid = u32::try_from(before["pid"].as_u64().expect("a pid")).expect("a pid");
    crate::support::signal(pid, rustix::process::Signal::KILL);
    home.hook(br#"{"session_id":"s","hook_event_name":"Stop"}"#);
    let start = std::time::Instant::now();
    loop {
        let now = status();
        if now["events"]["stored"] == 1 && now["pid"] != before["pid"] {
            assert_eq!(now["port"], before["port"], "clients look for it where it was");
            break;
        }
        assert!(start.elapsed() < crate::support::PATIENCE, "{now}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn down_also_ends_what_would_start_the_daemon_again() {
    let home = Home::new();
    assert_eq!(code(&home.run(&["up", "--port", "0"])), 0);
    let status: Value = serde_json::from_slice(&home.run(&["status", "--json"]).stdout).expect("JSON");
    let pid = u32::try_from(status["pid"].as_u64().expect("a pid")).expect("a pid");
    crate::support::signal(pid, rustix::process::Signal::KILL);
    // Most likely between the death and the next start.
    assert_eq!(text(&home.run(&["down"]).stdout), "stopped\n");
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(code(&home.run(&["status"])), 4, "it came back");
    assert_eq!(text(&home.run(&["down"]).stdout), "not running\n");
}

#[test]
fn commands_without_a_daemon_say_so() {
    let home = Home::new();
    for arguments in [&["status"][..], &["tail"], &["open", "--print"]] {
        let output = home.run(arguments);
        assert_eq!(code(&output), 4, "{arguments:?}: {output:?}");
        assert_eq!(text(&output.stderr), "error: the daemon is not running\nhint: tailhook up\n", "{arguments:?}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn settings_come_from_where_config_says() {
    let home = Home::new();
    home.configure("port = 4242\nredact = \"off\"\n");
    let output = home.tailhook(&["config"]).env("TAILHOOK_LOG", "debug").output().expect("runs");
    let said = text(&output.stdout);
    for row in [
        ["port", "4242", "config.toml:1", "4242"],
        ["redact", "off", "config.toml:2", "\"off\""],
        ["log", "debug", "TAILHOOK_LOG", "debug"],
    ] {
        assert!(said.lines().any(|line| line.split_whitespace().eq(row)), "{row:?} is missing in\n{said}");
    }
    let port = home.tailhook(&["config", "--json"]).env("TAILHOOK_PORT", "1").output().expect("runs");
    let json: Value = serde_json::from_slice(&port.stdout).expect("JSON");
    assert_eq!((&json["port"]["value"], &json["port"]["source"]), (&1.into(), &"environment".into()));
}

#[test]
fn bad_settings_end_with_3_and_name_the_place() {
    let home = Home::new();
    home.configure("prot = 1\n");
    let output = home.run(&["serve", "--port", "0"]);
    assert_eq!(code(&output), 3, "{output:?}");
    assert!(text(&output.stderr).contains("unknown field `prot`"), "{output:?}");
    home.configure("");
    let output = home.tailhook(&["status"]).env("TAILHOOK_HOME", "here").output().expect("runs");
    assert_eq!(code(&output), 3, "{output:?}");
    assert!(text(&output.stderr).contains("TAILHOOK_HOME is a relative path: here"), "{output:?}");
    let output = home.tailhook(&["status"]).env("TAILHOOK_PORT", "many").output().expect("runs");
    assert_eq!(code(&output), 3, "{output:?}");
    assert!(text(&output.stderr).contains("TAILHOOK_PORT is not a port number: \"many\""), "{output:?}");
}

#[test]
fn an_event_goes_through_the_real_hook() {
    let home = with_hook();
    // Without a daemon the journal takes it, and emit says what is missing.
    let early = home.run(&["emit", "--session", "early"]);
    assert_eq!(code(&early), 4, "{early:?}");
    assert!(text(&early.stderr).contains("the journal has the event"), "{early:?}");
    let daemon = home.serve();
    daemon.wait_for_seq(1);
    let emitted = home.run(&["emit", "--session", "now", "--event", "Stop", "--json"]);
    assert_eq!(code(&emitted), 0, "{emitted:?}");
    let said: Value = serde_json::from_slice(&emitted.stdout).expect("JSON");
    assert_eq!((&said["seq"], &said["type"], &said["session_id"]), (&2.into(), &"hook.stop".into(), &"now".into()));
    assert!(said["process_us"].as_u64() > said["hook_us"].as_u64(), "{said}");
}

#[test]
fn install_and_uninstall_leave_the_settings_as_they_were() {
    let home = with_hook();
    let settings = home.path.join("user/.claude/settings.json");
    std::fs::create_dir_all(settings.parent().expect("a folder")).expect("the folder");
    let before = "{\n\t\"model\": \"opus\",\n\t\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"mine\"}]}]}\n}";
    std::fs::write(&settings, before).expect("settings");
    let ask = home.run(&["install", "claude-code"]);
    assert_eq!(code(&ask), 2, "nobody can be asked: {ask:?}");
    let look = home.run(&["install", "claude-code", "--dry-run"]);
    assert_eq!(code(&look), 0, "{look:?}");
    assert!(text(&look.stdout).contains('+'), "{look:?}");
    assert_eq!(std::fs::read_to_string(&settings).expect("there"), before);
    let done = home.run(&["install", "claude-code", "--yes"]);
    assert_eq!(code(&done), 0, "{done:?}");
    let installed = std::fs::read_to_string(&settings).expect("there");
    let value: Value = serde_json::from_str(&installed).expect("JSON");
    let ours = value["hooks"]["PreToolUse"][0]["hooks"][0]["command"].as_str().expect("a command");
    assert!(ours.ends_with("/tailhook-hook"), "{ours}");
    assert_eq!(value["hooks"]["WorktreeCreate"], Value::Null);
    assert_eq!(value["hooks"]["Stop"].as_array().map(Vec::len), Some(2));
    assert_eq!(code(&home.run(&["install", "claude-code", "--yes"])), 0);
    assert_eq!(std::fs::read_to_string(&settings).expect("there"), installed);
    assert_eq!(code(&home.run(&["uninstall", "claude-code", "--yes"])), 0);
    assert_eq!(std::fs::read_to_string(&settings).expect("there"), before);
}

#[test]
fn install_ends_with_a_proof_or_says_what_is_missing() {
    let home = with_hook();
    let alone = text(&home.run(&["install", "claude-code", "--yes"]).stdout);
    assert!(alone.ends_with("next: tailhook up && tailhook open\n"), "{alone}");
    let again = || {
        assert_eq!(code(&home.run(&["uninstall", "claude-code", "--yes"])), 0);
        home.tailhook(&["install", "claude-code", "--yes"])
    };
    let daemon = home.serve();
    let proven = again().output().expect("runs");
    assert_eq!(code(&proven), 0, "{proven:?}");
    let said = text(&proven.stdout);
    assert!(said.contains("\nok: hook to store and back in "), "{said}");
    assert!(said.ends_with("next: start an agent; tailhook open shows what it does\n"), "{said}");
    daemon.wait_for_seq(1);
    let twice = home.run(&["install", "claude-code", "--yes"]);
    assert!(!text(&twice.stdout).contains("next: "), "nothing was new: {twice:?}");
    let disabled = again().env("TAILHOOK_DISABLE", "1").output().expect("runs");
    assert_eq!(code(&disabled), 0, "{disabled:?}");
    assert!(text(&disabled.stdout).contains("\nnext: unset TAILHOOK_DISABLE"), "{disabled:?}");
    std::fs::write(home.path.join("token"), "0".repeat(64)).expect("another token");
    let unproven = again().output().expect("runs");
    assert_eq!(code(&unproven), 1, "{unproven:?}");
    let said = text(&unproven.stderr);
    assert!(said.contains("error: the hook is registered, but an event did not come through: "), "{said}");
    assert!(said.contains("hint: tailhook doctor"), "{said}");
}

#[test]
fn settings_that_are_not_json_are_refused_and_kept() {
    let home = with_hook();
    let settings = home.path.join("user/.claude/settings.json");
    std::fs::create_dir_all(settings.parent().expect("a folder")).expect("the folder");
    std::fs::write(&settings, "{ // mine\n}").expect("settings");
    let output = home.run(&["install", "claude-code", "--yes"]);
    assert_eq!(code(&output), 1, "{output:?}");
    assert!(text(&output.stderr).starts_with("error: could not "), "{output:?}");
    assert_eq!(std::fs::read_to_string(&settings).expect("there"), "{ // mine\n}");
}

#[test]
fn the_demo_leaves_nothing_behind() {
    let home = with_hook();
    let temporary = home.path.join("tmp");
    std::fs::create_dir_all(&temporary).expect("a folder");
    let output = home
        .tailhook(&["demo", "--exit", "--no-open", "--speed", "1000"])
        .env("TMPDIR", &temporary)
        .output()
        .expect("runs");
    assert_eq!(code(&output), 0, "{output:?}");
    assert!(text(&output.stdout).contains("the dashboard: http://127.0.0.1:"), "{output:?}");
    assert_eq!(std::fs::read_dir(&temporary).expect("there").count(), 0);
}

#[test]
fn unknown_words_are_usage_errors() {
    let home = Home::new();
    for arguments in [&["install", "nobody"][..], &["serve", "--port", "x"], &["frobnicate"], &[]] {
        assert_eq!(code(&home.run(arguments)), 2, "{arguments:?}");
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(text(&home.run(&["completions", shell]).stdout).contains("tailhook"));
    }
}
