//! Commands that bring a daemon and events of their own, and what they lack where they cannot.

use std::process::Command;

use super::{one, seen};
use crate::support::{Home, hook_program};

#[test]
fn demo_and_bench() {
    let home = Home::new();
    assert!(hook_program().exists());
    assert_seen!(home, seen(&home, &[&["demo", "--exit", "--no-open", "--speed", "1000"], &["bench"]]));
}

#[test]
fn without_a_folder_for_what_is_temporary() {
    let home = Home::new();
    std::fs::create_dir_all(&home.path).expect("the home");
    let file = home.path.join("file");
    std::fs::write(&file, "").expect("a file");
    let arguments = ["demo", "--exit", "--no-open"];
    assert_seen!(home, one(home.tailhook(&arguments).env("TMPDIR", &file), &arguments));
}

/// Somebody copied one of the two programs.
#[test]
fn without_the_hook_beside_it() {
    let home = Home::new();
    std::fs::create_dir_all(&home.path).expect("the home");
    let program = home.path.join("tailhook");
    std::fs::copy(env!("CARGO_BIN_EXE_tailhook"), &program).expect("a copy");
    let mut said = String::new();
    let commands: [&[&str]; 6] = [
        &["demo", "--exit", "--no-open"],
        &["bench"],
        &["verify"],
        &["emit"],
        &["install", "claude-code", "--yes"],
        &["--version"],
    ];
    for arguments in commands {
        let mut command = Command::new(&program);
        command.args(arguments).env("TAILHOOK_HOME", &home.path).env("HOME", home.path.join("user"));
        said.push_str(&one(&mut command, arguments));
    }
    assert_seen!(home, said);
}
