//! `tailhook doctor`: what it finds, what mends it, and that nothing it shows steers a terminal.

mod patient;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::{Home, hook_program, text};
use patient::{Patient, Report, each_entry, mode, set_mode, write_program};

#[test]
fn all_is_well() {
    let patient = Patient::new();
    patient.client("echo '2.1.197 (Claude Code)'");
    let daemon = patient.home.serve();
    patient.install(&[]);
    patient.home.hook(br#"{"session_id":"s","hook_event_name":"Stop"}"#);
    daemon.wait_for_seq(1);
    let report = patient.doctor();
    assert_eq!(report.code, 0);
    for check in [
        "config",
        "state",
        "journal",
        "spool",
        "store",
        "losses",
        "clock",
        "types",
        "claude-code.events",
        "claude-code.hook",
    ] {
        report.is_fine(check);
    }
    assert_eq!(report.one("claude-code.client", "ok").0, "claude says 2.1.197 (Claude Code)");
    assert!(report.one("claude-code.events", "ok").0.ends_with("has all 27 events (full)"));
    assert!(report.one("claude-code.last_event", "ok").0.starts_with("hook.stop, "));
    let (message, _) = report.one("delivery", "ok");
    // What the daemon found out about the session is an event as well.
    assert!(message.starts_with("an event went through as ") && message.contains("append to store"), "{message}");
    // In the foreground nobody starts it again; that is worth a word and no more.
    assert_eq!(report.one("daemon", "warning").1, "tailhook restart");
    // The probe is nobody's session, and each has one of its own.
    patient.doctor();
    let (_, page) = daemon.get("/api/v1/events?agent=tailhook-doctor");
    let sessions: Vec<_> = page["events"].as_array().expect("events").iter().map(|e| e["session_id"].clone()).collect();
    assert_eq!(sessions.len(), 2, "{page}");
    assert_ne!(sessions[0], sessions[1]);
}

#[test]
fn a_person_sees_aligned_lines_and_the_command_that_mends() {
    let patient = Patient::new();
    let output = patient.run(&["doctor"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = text(&output.stdout);
    let lines: Vec<&str> = said.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("problem  daemon ")).expect("the daemon");
    assert_eq!(lines[at + 1], "  fix: tailhook up");
    assert!(lines.last().expect("a line").starts_with("1 problem, "), "{said}");
    assert!(!said.contains('\x1b'), "no colours in a pipe: {said:?}");
    assert_eq!(
        text(&output.stderr),
        "error: 1 problem\nhint: tailhook doctor --fix runs the commands that cannot harm\n"
    );
}

#[test]
fn fix_starts_the_daemon_and_writes_a_stale_path_again() {
    let patient = Patient::new();
    patient.install(&["--profile", "lean"]);
    patient.edit(|settings| each_entry(settings, |entry| entry["command"] = "/gone/tailhook-hook".into()));
    let before = patient.doctor();
    let (message, fix) = before.one("claude-code.hook", "problem");
    assert!(message.ends_with("names /gone/tailhook-hook, which is not there"), "{message}");
    assert_eq!(fix, "tailhook install claude-code --profile lean");
    let output = patient.run(&["doctor", "--fix", "--json"]);
    let said = text(&output.stderr);
    assert_eq!(said, "running: tailhook install claude-code --profile lean\nrunning: tailhook up\n");
    let after = Report::of(&output);
    assert_eq!(after.code, 0);
    assert!(after.one("daemon", "ok").0.ends_with(", supervised"));
    after.one("delivery", "ok");
    after.is_fine("claude-code.hook");
    assert!(after.one("claude-code.events", "ok").0.ends_with(" events (lean)"));
    assert_eq!(text(&patient.run(&["doctor", "--fix"]).stderr), "", "there is nothing left to mend");
}

#[test]
fn fix_makes_a_home_that_is_missing() {
    let home = Home::new();
    let output = home.tailhook(&["doctor", "--fix", "--json"]).env("TAILHOOK_PORT", "0").output().expect("runs");
    let said = text(&output.stderr);
    assert_eq!(said, format!("running: mkdir -p -m 700 '{}'\nrunning: tailhook up\n", home.path.display()));
    Report::of(&output).one("delivery", "ok");
    assert_eq!(mode(&home.path), 0o700);
}

#[test]
fn fix_leaves_a_shared_file_alone() {
    let patient = Patient::new();
    let _daemon = patient.home.serve();
    patient.install(&["--scope", "project"]);
    let project = patient.folder("project/.claude/settings.json");
    let stale = fs::read_to_string(&project)
        .expect("settings")
        .replace(&hook_beside_the_program().display().to_string(), "/a/colleague/tailhook-hook");
    fs::write(&project, &stale).expect("settings");
    let output = patient.run(&["doctor", "--fix", "--json"]);
    assert_eq!(
        Report::of(&output).one("claude-code.hook", "problem").1,
        "tailhook install claude-code --scope project"
    );
    assert_eq!(fs::read_to_string(&project).expect("there"), stale);
}

fn hook_beside_the_program() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_tailhook")).with_file_name("tailhook-hook")
}

/// Installs, changes what was written, and expects one warning that an installation mends.
#[track_caller]
fn check_entries(patient: &Patient, change: impl FnOnce(&mut Value), check: &str, expected: &str) {
    patient.install(&[]);
    patient.edit(change);
    let report = patient.doctor();
    let (message, fix) = report.one(check, "warning");
    assert!(message.contains(expected), "{message}");
    assert_eq!(fix, "tailhook install claude-code");
}

fn forget(object: &mut Value, key: &str) {
    object.as_object_mut().expect("an object").remove(key).expect("it was there");
}

#[test]
fn events_that_are_not_as_installed_are_named() {
    let patient = Patient::new();
    let check = |change: &dyn Fn(&mut Value), expected: &str| {
        check_entries(&patient, change, "claude-code.events", expected);
    };
    check(&|settings| forget(&mut settings["hooks"], "PreToolUse"), "has 26 of 27 events (full); missing: PreToolUse");
    check(
        &|settings| settings["hooks"]["WorktreeCreate"] = settings["hooks"]["Stop"].clone(),
        "asks for WorktreeCreate, which a relay should not",
    );
    check(
        &|settings| {
            let stop = settings["hooks"]["Stop"][0].clone();
            settings["hooks"]["Stop"].as_array_mut().expect("groups").push(stop);
        },
        "has more than one entry of ours for Stop",
    );
    check(
        &|settings| settings["hooks"]["SessionEnd"][0]["hooks"][0]["async"] = true.into(),
        "are not as this version writes them",
    );
}

#[test]
fn entries_for_another_hook_are_named() {
    let patient = Patient::new();
    let other = patient.folder("bin/tailhook-hook");
    write_program(&other, "exit 0");
    let check = |command: Value, expected: &str| {
        let change = |settings: &mut Value| each_entry(settings, |entry| entry["command"] = command.clone());
        check_entries(&patient, change, "claude-code.hook", expected);
    };
    check(json!(other), "which is not the one beside this program");
    check("tailhook-hook".into(), "names tailhook-hook, which is looked for elsewhere in each folder");
    // The same one by another name is the same one.
    let link = patient.folder("tailhook-hook");
    symlink(hook_beside_the_program(), &link).expect("a link");
    patient.install(&[]);
    patient.edit(|settings| each_entry(settings, |entry| entry["command"] = json!(link)));
    patient.doctor().is_fine("claude-code.hook");
}

fn stop(settings: &mut Value) -> &mut Value {
    &mut settings["hooks"]["Stop"][0]["hooks"][0]
}

#[test]
fn odd_times_and_shells_are_named() {
    let patient = Patient::new();
    patient.client("echo '2.1.197 (Claude Code)'");
    let timeout = "claude-code.timeout";
    check_entries(&patient, |settings| stop(settings)["timeout"] = 1.into(), timeout, "the timeout of Stop in ");
    check_entries(&patient, |settings| stop(settings)["timeout"] = 31.into(), timeout, "is over 30000 ms");
    check_entries(&patient, |settings| forget(stop(settings), "timeout"), timeout, "is over 30000 ms");
    let form = "starts the hook of Stop through a shell";
    check_entries(&patient, |settings| forget(stop(settings), "args"), "claude-code.form", form);
}

#[test]
fn settings_that_keep_hooks_from_running_are_named() {
    let patient = Patient::new();
    patient.install(&[]);
    patient.edit(|settings| settings["disableAllHooks"] = true.into());
    let local = patient.folder("project/.claude/settings.local.json");
    fs::create_dir_all(local.parent().expect("a folder")).expect("the folder");
    fs::write(&local, r#"{"disableAllHooks": true}"#).expect("settings");
    let report = patient.doctor();
    let found: Vec<_> = report.findings.iter().filter(|finding| finding["check"] == "claude-code.hooks").collect();
    assert_eq!(found.len(), 2, "{found:#?}");
    for (finding, file) in found.iter().zip(["user/.claude/settings.json", "project/.claude/settings.local.json"]) {
        let message = finding["message"].as_str().expect("a message");
        assert!(message.contains(file) && message.contains("\"disableAllHooks\": true"), "{message}");
        assert_eq!(finding["status"], "problem");
    }
    fs::write(patient.user_settings(), "{ // mine\n}").expect("settings");
    let report = patient.doctor();
    let (message, fix) = report.one("claude-code.settings", "problem");
    assert!(message.contains("a comment, which JSON does not allow"), "{message}");
    assert!(fix.starts_with("remove the comments from "), "{fix}");
}

#[test]
fn two_scopes_are_one_too_many() {
    let patient = Patient::new();
    patient.install(&[]);
    patient.install(&["--scope", "project", "--profile", "lean"]);
    let report = patient.doctor();
    let (message, fix) = report.one("claude-code.duplicates", "warning");
    assert!(message.contains("would come twice if one of them changed"), "{message}");
    assert_eq!(fix, "tailhook uninstall claude-code --scope project");
    patient.edit(|settings| each_entry(settings, |entry| entry["command"] = "/gone/tailhook-hook".into()));
    assert!(patient.doctor().one("claude-code.duplicates", "warning").0.ends_with("and come twice"));
    // In the home folder both scopes are one file.
    let output = patient.tailhook(&["doctor", "--json"]).current_dir(patient.folder("user")).output().expect("runs");
    assert!(Report::of(&output).findings.iter().all(|finding| finding["check"] != "claude-code.duplicates"));
}

#[test]
fn folders_that_hooks_refuse_are_named_and_mended() {
    let patient = Patient::new();
    let _daemon = patient.home.serve();
    let (journal, spool) = (patient.folder("journal"), patient.folder("spool"));
    set_mode(&journal, 0o777);
    set_mode(&spool, 0o755);
    let report = patient.doctor();
    let (message, fix) = report.one("journal", "problem");
    assert!(message.ends_with("has mode 777, so others may write to it: hooks begin no segment there"), "{message}");
    // The path has a space.
    assert_eq!(fix, format!("chmod 700 '{}'", journal.display()));
    assert!(report.one("spool", "warning").0.ends_with("has mode 755: others may look into it"));
    assert_eq!(Report::of(&patient.run(&["doctor", "--fix", "--json"])).code, 0);
    assert_eq!((mode(&journal), mode(&spool)), (0o700, 0o700));
}

#[test]
fn a_folder_that_is_a_link_or_has_too_long_a_name_is_a_problem() {
    let patient = Patient::new();
    symlink(patient.folder("bin"), patient.folder("journal")).expect("a link");
    assert!(patient.doctor().one("journal", "problem").0.ends_with("is a symbolic link"));
    let long = format!("/tmp/{}", "x/".repeat(300));
    let output = patient.tailhook(&["doctor", "--json"]).env("TAILHOOK_HOME", long).output().expect("runs");
    assert!(Report::of(&output).one("state", "problem").0.contains("too long for the hook"));
}

#[test]
fn a_full_journal_is_named() {
    let patient = Patient::new();
    fs::create_dir(patient.folder("journal")).expect("a folder");
    set_mode(&patient.folder("journal"), 0o700);
    let active = fs::File::create(patient.folder("journal/active")).expect("a segment");
    active.set_len(20 << 20).expect("a size");
    assert!(patient.doctor().one("journal", "warning").0.contains("20 MiB of 32 MiB used: the daemon is behind"));
    active.set_len(32 << 20).expect("a size");
    assert!(patient.doctor().one("journal", "problem").0.ends_with("hooks use the spool on disk"));
}

#[test]
fn settings_that_cannot_be_read_do_not_stop_it() {
    let patient = Patient::new();
    patient.home.configure("prot = 1\n");
    let report = patient.doctor();
    let (message, fix) = report.one("config", "problem");
    assert!(message.contains("unknown field `prot`"), "{message}");
    assert!(fix.starts_with("edit "), "{fix}");
    report.one("daemon", "problem");
    let fix = patient.run(&["doctor", "--fix"]);
    assert_eq!(text(&fix.stderr), "error: 2 problems\n", "no daemon starts with it");
    patient.home.configure("");
    let output = patient.tailhook(&["doctor", "--json"]).env("TAILHOOK_PORT", "many").output().expect("runs");
    let report = Report::of(&output);
    assert!(report.one("config", "problem").0.contains("TAILHOOK_PORT is not a port number"));
    report.one("journal", "ok");
}

#[test]
fn a_daemon_that_is_not_as_asked_for_is_named() {
    let patient = Patient::new();
    let _daemon = patient.home.serve();
    let output = patient.tailhook(&["doctor", "--json"]).env("TAILHOOK_PORT", "4242").output().expect("runs");
    let report = Report::of(&output);
    let (message, fix) = report.one("port", "warning");
    assert!(message.ends_with("but environment says 4242"), "{message}");
    assert_eq!(fix, "tailhook restart --port 4242");
    fs::write(patient.folder("token"), format!("{}\n", "0".repeat(64))).expect("a token");
    let report = patient.doctor();
    assert!(report.one("token", "problem").0.contains("another token than the token's file"));
    report.one("delivery", "warning");
    fs::remove_file(patient.folder("token")).expect("gone");
    assert_eq!(patient.doctor().one("token", "problem").1, "tailhook restart");
}

#[test]
fn a_hook_that_is_switched_off_is_named() {
    let patient = Patient::new();
    let _daemon = patient.home.serve();
    let output = patient.tailhook(&["doctor", "--json"]).env("TAILHOOK_DISABLE", "1").output().expect("runs");
    let report = Report::of(&output);
    assert_eq!(report.one("environment", "problem").1, "unset TAILHOOK_DISABLE");
    assert!(report.one("delivery", "warning").0.starts_with("not tried"));
}

/// The real hook with another version in it.
fn write_hook_of(place: &Path, version: &str) {
    let mut program = fs::read(hook_program()).expect("the hook");
    let mark = b"tailhook-hook version ";
    let at = program.windows(mark.len()).position(|bytes| bytes == mark).expect("a version") + mark.len();
    program[at..at + version.len()].copy_from_slice(version.as_bytes());
    // A file that is written to cannot be run, and a copy in a forked child counts: a new one is moved into place.
    let new = place.with_extension("new");
    fs::write(&new, program).expect("written");
    set_mode(&new, 0o755);
    fs::rename(&new, place).expect("moved");
}

/// The program in a folder of its own, and where its hook would be.
struct Elsewhere<R> {
    hook: PathBuf,
    run: R,
}

fn elsewhere(patient: &Patient) -> Elsewhere<impl Fn(&[&str]) -> Output> {
    let folder = patient.folder("elsewhere");
    fs::create_dir(&folder).expect("a folder");
    let (program, hook) = (folder.join("tailhook"), folder.join("tailhook-hook"));
    let original = env!("CARGO_BIN_EXE_tailhook");
    fs::hard_link(original, &program).or_else(|_| fs::copy(original, &program).map(drop)).expect("a copy");
    let run = move |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.args(arguments).env("TAILHOOK_HOME", &patient.home.path);
        command.env("HOME", patient.folder("user"));
        patient.prepare(&mut command);
        command.output().expect("runs")
    };
    Elsewhere { hook, run }
}

#[test]
fn a_hook_of_another_version_is_told_by_the_daemon_and_its_status() {
    let patient = Patient::new();
    let Elsewhere { hook, run } = elsewhere(&patient);
    assert!(run(&["up", "--port", "0"]).status.success());
    let skew = || -> Value {
        serde_json::from_slice::<Value>(&run(&["status", "--json"]).stdout).expect("JSON")["hook_skew"].clone()
    };
    assert_eq!(skew(), Value::Null, "there is none");
    write_hook_of(&hook, env!("CARGO_PKG_VERSION"));
    assert_eq!(skew(), Value::Null);
    write_hook_of(&hook, "9.9.9");
    let said = format!("{} is version 9.9.9, tailhook is {}", hook.display(), env!("CARGO_PKG_VERSION"));
    assert_eq!(skew(), said);
    let status = text(&run(&["status"]).stdout);
    assert!(status.contains(&format!("\nversion    {said}: make install\n")), "{status}");
}

#[test]
fn a_hook_that_does_not_work_is_named() {
    let patient = Patient::new();
    let Elsewhere { hook, run } = elsewhere(&patient);
    let doctor = || Report::of(&run(&["doctor", "--json"]));
    let report = doctor();
    assert!(report.one("hook", "problem").0.starts_with("there is no tailhook-hook beside "));
    for (script, expected) in [
        ("exit 3", "a hook must end with 0"),
        ("echo hello", "printed something"),
        ("echo hello >&2", "printed something"),
        ("true", "ended well, but handed nothing over"),
        ("exec sleep 60", "it did not end within 5 s"),
    ] {
        write_program(&hook, script);
        let report = doctor();
        let (message, fix) = report.one("hook", "problem");
        assert!(message.contains(expected), "{script}: {message}");
        assert_eq!(fix, "make install");
        report.one("delivery", "warning");
    }
    for (version, expected) in [("9.9.9", " is version 9.9.9"), ("x", " does not say which version it is")] {
        write_hook_of(&hook, version);
        let report = doctor();
        let (message, fix) = report.one("hook", "warning");
        assert!(message.contains(expected), "{message}");
        assert_eq!(fix, "make install");
        report.one("delivery", "warning");
    }
    set_mode(&hook, 0o644);
    assert!(doctor().one("hook", "problem").1.starts_with("chmod u+x '"));
}

#[test]
fn an_old_client_does_not_find_a_path_with_spaces() {
    let patient = Patient::new();
    let folder = patient.folder("elsewhere");
    fs::create_dir(&folder).expect("a folder");
    let hook = folder.join("tailhook-hook");
    write_program(&hook, "exit 0");
    patient.install(&[]);
    patient.client("echo '2.1.120 (Claude Code)'");
    assert!(patient.doctor().findings.iter().all(|finding| finding["check"] != "claude-code.form"));
    patient.edit(|settings| each_entry(settings, |entry| entry["command"] = json!(hook)));
    let report = patient.doctor();
    let (message, fix) = report.one("claude-code.form", "problem");
    assert!(message.starts_with("before 2.1.139 the client starts "), "{message}");
    assert_eq!(fix, "claude update");
}

#[test]
fn a_client_that_hangs_is_not_waited_for() {
    let patient = Patient::new();
    // A child of its own keeps the pipe open.
    patient.client("sleep 60 & sleep 60");
    let report = patient.doctor();
    assert!(report.one("claude-code.client", "ok").0.contains("did not end within 5 s"));
}

#[test]
fn nothing_steers_the_terminal_and_no_secret_is_shown() {
    let patient = Patient::new();
    patient.home.configure("log = \"\x1b]0;owned\x07\"\n\x1b[2J = 1\n");
    patient.client(r"printf '\033[31m2.1.197\033]0;owned\007\n'");
    patient.install_by_hand(&json!({
        "env": { "ANTHROPIC_API_KEY": "sk-ant-hidden" },
        "hooks": { "Stop": [{ "hooks": [
            { "type": "command", "command": "/\u{1b}[2J\u{9b}/tailhook-hook", "args": [] },
        ] }] },
    }));
    for arguments in [&["doctor"][..], &["doctor", "--json"], &["doctor", "--fix"], &["up"]] {
        let output = patient.run(arguments);
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert!(said.contains("[2J = 1"), "{said}");
        assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{arguments:?}: {said:?}");
        assert!(!said.contains("sk-ant-hidden"), "{said}");
    }
}
