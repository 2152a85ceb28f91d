//! Every command in good and bad situations: what it prints, where, and how it ends.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::{Daemon, Home, text};

/// What a person sees of some commands, one after the other. What differs from run to run is replaced.
fn seen(home: &Home, commands: &[&[&str]]) -> String {
    let mut said = String::new();
    for arguments in commands {
        said.push_str(&one(home.tailhook(arguments).env("TZ", "UTC"), arguments));
    }
    said
}

fn one(command: &mut Command, arguments: &[&str]) -> String {
    let output = command.output().expect("tailhook starts");
    let mut said = format!("$ tailhook {}\n", arguments.join(" "));
    said.push_str(&text(&output.stdout));
    for line in text(&output.stderr).lines() {
        let _ = writeln!(said, "! {line}");
    }
    let _ = writeln!(said, "= {}\n", output.status.code().unwrap_or(-1));
    said
}

/// Compares with what is kept.
macro_rules! assert_seen {
    ($home:expr, $said:expr) => {{
        let home = $home.path.display().to_string();
        let mut settings = insta::Settings::clone_current();
        // Paths first: what is in them looks like other things.
        settings.add_filter(&home.replace('.', "\\."), "HOME");
        settings.add_filter(r"/[^ \n]*/target/[^ \n]*/", "BIN/");
        settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT");
        settings.add_filter(
            r#""(hook_us|delivery_us|process_us|commit_us|total_us|bytes_on_disk|lag_bytes|uptime_s)":(\d+|\{[^}]*\})"#,
            "\"$1\":N",
        );
        settings.add_filter(r#""kept":\{"bytes":\d+"#, "\"kept\":{\"bytes\":N");
        settings.add_filter(r"kept       \d+ .iB since \d{4}-\d\d-\d\d \d\d:\d\d;", "kept       N since DAY CLOCK;");
        // On a busy machine any hook may be one.
        settings.add_filter(r#""slow_hook_count":\d+"#, "\"slow_hook_count\":N");
        settings.add_filter(r"(?m)^slow       .*\n", "");
        settings.add_filter(r#""(history|half_hours|slow_hooks)":\[[^\]]*\]"#, "\"$1\":[…]");
        settings.add_filter(r#""(pid|port)":"?\d+"?"#, "\"$1\":N");
        settings.add_filter(r"\bpid \d+", "pid N");
        settings.add_filter(r"token=[0-9a-f]{64}", "token=TOKEN");
        settings.add_filter(r"(demo|bench)-\d+", "$1-ID");
        settings.add_filter(r"[\d.]+ x the floor", "N x the floor");
        settings.add_filter(r"\d+ events/s of", "N events/s of");
        settings.add_filter(r"port( = :| )\d{4,5}", "port${1}PORT");
        settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "TIME");
        settings.add_filter(r"\b\d\d:\d\d:\d\d(\.\d{3})? ", "CLOCK ");
        settings.add_filter(r"` \d{4}-\d\d-\d\d", "` DAY");
        settings.add_filter(r"false,(\d+),\d+,\d+", "false,$1,N,N");
        settings.add_filter(r"[\d.]+ (us|ms)\b", "N $1");
        settings.add_filter(r"(process|hook|store) [\d.]+", "$1 N");
        settings.add_filter(r"p(50|99) +[\d.]+", "p$1 N");
        settings.add_filter(r"max [\d.]+", "max N");
        settings.add_filter(r"(commit .*)\(\d+\)", "$1(N)");
        settings.add_filter(r"\d+ bytes in the journal", "N bytes in the journal");
        settings.add_filter(r"up \d+s", "up Ns");
        settings.add_filter(r"(verify|emit)-\d+(-\d+)?", "$1-ID");
        settings.add_filter(r"at \d+ a second", "at N a second");
        settings.add_filter(r#""per_second":[\d.]+"#, "\"per_second\":N");
        settings.add_filter(r"  +N", " N");
        settings.bind(|| insta::assert_snapshot!($said));
    }};
}

mod alone;
mod crowd;
mod lifecycle;
mod older;
mod shapes;

/// Commands that ask a daemon.
const ASKING: [&[&str]; 9] = [
    &["status"],
    &["status", "--json"],
    &["open", "--print"],
    &["tail", "--no-follow"],
    &["watch"],
    &["verify"],
    &["emit", "--session", "s"],
    &["emit", "--count", "2"],
    &["export"],
];

/// A home with a few events in it.
fn busy() -> (Home, Daemon) {
    busy_with("")
}

/// The same with this in its `config.toml`.
fn busy_with(settings: &str) -> (Home, Daemon) {
    let home = Home::new();
    home.configure(settings);
    let daemon = home.serve();
    for payload in [
        r#"{"session_id":"aaaa","hook_event_name":"UserPromptSubmit","prompt":"naïve café \u001b[2J","cwd":"/home/dev/shop"}"#,
        r#"{"session_id":"aaaa","hook_event_name":"PreToolUse","tool_name":"Bash","tool_use_id":"t1","tool_input":{"command":"npm test"}}"#,
        r#"{"session_id":"aaaa","hook_event_name":"PostToolUseFailure","tool_name":"Bash","tool_use_id":"t1","error":"exit 1","duration_ms":1234}"#,
        r#"{"session_id":"bbbb","hook_event_name":"Stop","last_assistant_message":"done"}"#,
    ] {
        home.hook(payload.as_bytes());
    }
    daemon.wait_for_seq(4);
    (home, daemon)
}

#[test]
fn without_a_daemon() {
    let home = Home::new();
    assert_seen!(home, seen(&home, &ASKING));
}

#[test]
fn after_a_daemon_that_was_killed() {
    let home = Home::new();
    home.serve().kill();
    assert!(home.path.join("daemon.json").exists(), "stale");
    assert_seen!(home, seen(&home, &[&["status"], &["tail", "--no-follow"], &["down"], &["open", "--print"]]));
}

#[test]
fn with_a_wrong_token() {
    let home = Home::new();
    let _daemon = home.serve();
    std::fs::write(home.path.join("token"), "0".repeat(64)).expect("another token");
    let said = seen(&home, &[&["status"], &["tail", "--no-follow"], &["verify"], &["export"], &["open", "--print"]]);
    // What the hint names mends it.
    assert_seen!(home, said + &seen(&home, &[&["restart"], &["tail", "--no-follow"]]));
}

#[test]
fn in_good_order() {
    let (home, _daemon) = busy();
    let commands: [&[&str]; 11] = [
        &["status", "--json"],
        &["tail", "--no-follow", "--since", "0", "--limit", "1"],
        &["tail", "--no-follow", "--since", "0", "failed"],
        &["tail", "--no-follow", "--since", "1h", "type:hook.stop"],
        &["tail", "--no-follow", "-q", "session:aaaa", "npm"],
        &["export", "--format", "csv", "--since", "2"],
        &["export", "--format", "md", "--session", "aaaa"],
        &["verify"],
        &["verify", "--json"],
        &["emit", "--session", "emit", "--json"],
        &["emit", "--session", "load", "--count", "20", "--rate", "200"],
    ];
    assert_seen!(home, seen(&home, &commands));
}

#[test]
fn with_the_hook_switched_off() {
    let (home, _daemon) = busy();
    let mut said = String::new();
    let commands: [&[&str]; 4] =
        [&["verify"], &["emit"], &["emit", "--count", "3"], &["demo", "--exit", "--no-open", "--speed", "1000"]];
    for arguments in commands {
        said.push_str(&one(home.tailhook(arguments).env("TAILHOOK_DISABLE", "1"), arguments));
    }
    assert_seen!(home, said);
}

#[test]
fn without_a_terminal() {
    let (home, _daemon) = busy();
    let commands: [&[&str]; 4] = [&["install", "opencode"], &["uninstall", "--all"], &["watch"], &["open"]];
    assert_seen!(home, seen(&home, &commands));
}

#[test]
fn a_command_line_that_is_not_understood() {
    let home = Home::new();
    let commands: [&[&str]; 14] = [
        &["tial"],
        &["servic"],
        &["profile", "--since", "yesterday"],
        &["uninstall"],
        &["tail", "--sinse", "1"],
        &["tail", "--since", "soon"],
        &["tail", "(unclosed"],
        &["tail", "-q", "colour:red"],
        &["emit", "--count", "0"],
        &["emit", "--rate", "never"],
        &["export", "--format", "pdf"],
        &["install", "emacs"],
        &["install", "claud-code"],
        &["config", "--jsno"],
    ];
    assert_seen!(home, seen(&home, &commands));
}

#[test]
fn settings() {
    let home = Home::new();
    let said = seen(&home, &[&["config"], &["config", "--init"], &["config", "--init"], &["config", "--json"]]);
    assert_seen!(home, said);
    let mode = std::fs::metadata(home.path.join("config.toml")).expect("written").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn settings_as_they_were_typed() {
    let home = Home::new();
    home.configure(
        "# mine\nport = 9_000\nlog = \"warn\"\nretention_bytes = 0x1000_0000\nredact_patterns = [\n  \"ACME-[0-9]+\",\n]\n\
         tls_cert = \"/tls/cert.pem\"\n\n[prices.\"mine-*\"]\ninput = 3\noutput = 15\n",
    );
    let mut said = String::new();
    for arguments in [&["config"][..], &["config", "--json"]] {
        said.push_str(&one(home.tailhook(arguments).env("TAILHOOK_PORT", "09001"), arguments));
    }
    assert_seen!(home, said);
}

#[test]
fn settings_with_a_slip() {
    let home = Home::new();
    home.configure("prot = 1\n");
    assert_seen!(home, seen(&home, &[&["status"], &["config"], &["serve", "--port", "0"]]));
}

#[test]
fn a_home_that_cannot_be_written() {
    let home = Home::new();
    // A file where the folder should be: that stops root as well.
    std::fs::create_dir_all(home.path.parent().expect("a parent")).expect("a folder");
    std::fs::write(&home.path, "").expect("a file");
    assert_seen!(
        home,
        seen(&home, &[&["up", "--port", "0"], &["token"], &["config", "--init"], &["status"], &["down"]])
    );
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let (home, _daemon) = busy();
    for (environment, coloured) in [("TERM=xterm-256color", true), ("NO_COLOR=1", false), ("TERM=dumb", false)] {
        let terminal = crate::terminal::Terminal::open(&home, (100, 30), environment, "tail --no-follow");
        terminal.wait_for("ended 0");
        assert_eq!(terminal.coloured().contains("38;5;"), coloured, "{environment}: {:?}", terminal.coloured());
    }
}

#[test]
fn lines_fit_the_terminal() {
    let (home, _daemon) = busy();
    for columns in [40, 70, 120] {
        let terminal = crate::terminal::Terminal::open(&home, (columns, 30), "NO_COLOR=1", "tail --no-follow");
        let screen = terminal.wait_for("ended 0");
        let lines: Vec<&str> = screen.lines().take_while(|line| !line.starts_with("ended")).collect();
        assert_eq!(lines.len(), 4, "one line each at {columns} columns:\n{screen}");
        assert!(screen.contains("failed"), "{screen}");
    }
}
