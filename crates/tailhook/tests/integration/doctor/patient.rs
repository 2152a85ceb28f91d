//! A home to be looked at, and what was found.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{Home, hook_program};

/// The doctor of a home, in a project of its own, with a PATH on which nobody's client is.
pub(crate) struct Patient {
    pub(crate) home: Home,
}

impl Patient {
    pub(crate) fn new() -> Self {
        assert!(hook_program().exists());
        let patient = Self { home: Home::new() };
        for folder in ["user", "project", "bin"] {
            fs::create_dir_all(patient.folder(folder)).expect("a folder");
        }
        set_mode(&patient.home.path, 0o700);
        patient
    }

    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.home.path.join(name)
    }

    pub(crate) fn tailhook(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.tailhook(arguments);
        self.prepare(&mut command);
        command
    }

    pub(crate) fn prepare(&self, command: &mut Command) {
        let mut path = self.folder("bin").into_os_string();
        path.push(":/usr/bin:/bin");
        command.env("PATH", path).env("TAILHOOK_PORT", "0").current_dir(self.folder("project"));
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.tailhook(arguments).output().expect("tailhook starts")
    }

    pub(crate) fn doctor(&self) -> Report {
        Report::of(&self.run(&["doctor", "--json"]))
    }

    pub(crate) fn install(&self, arguments: &[&str]) {
        let output = self.run(&[&["install", "claude-code", "--yes"], arguments].concat());
        assert!(output.status.success(), "{output:?}");
    }

    /// Settings that nobody but a test would write.
    pub(crate) fn install_by_hand(&self, settings: &Value) {
        let file = self.user_settings();
        fs::create_dir_all(file.parent().expect("a folder")).expect("the folder");
        fs::write(file, settings.to_string()).expect("settings");
    }

    pub(crate) fn user_settings(&self) -> PathBuf {
        self.folder("user/.claude/settings.json")
    }

    /// Changes what an installation wrote.
    pub(crate) fn edit(&self, change: impl FnOnce(&mut Value)) {
        let text = fs::read_to_string(self.user_settings()).expect("settings");
        let mut value = serde_json::from_str(&text).expect("JSON");
        change(&mut value);
        fs::write(self.user_settings(), value.to_string()).expect("settings");
    }

    /// A `claude` that does what the shell lines say.
    pub(crate) fn client(&self, script: &str) {
        write_program(&self.folder("bin/claude"), script);
    }
}

/// What `--json` printed.
pub(crate) struct Report {
    pub(crate) code: i32,
    pub(crate) findings: Vec<Value>,
}

impl Report {
    pub(crate) fn of(output: &Output) -> Self {
        let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {output:?}"));
        let findings = value["findings"].as_array().expect("a list").clone();
        let has_problem = findings.iter().any(|finding| finding["status"] == "problem");
        let code = output.status.code().unwrap_or(-1);
        assert_eq!(code, i32::from(has_problem), "{output:?}");
        assert_eq!(value["ok"], !has_problem);
        Self { code, findings }
    }

    /// Message and fix of the one finding of a check with this status.
    #[track_caller]
    pub(crate) fn one(&self, check: &str, status: &str) -> (&str, &str) {
        let mut found = self.findings.iter().filter(|finding| finding["check"] == check && finding["status"] == status);
        let Some(finding) = found.next() else { panic!("no {status} of {check} in {:#?}", self.findings) };
        assert!(found.next().is_none(), "more than one {status} of {check} in {:#?}", self.findings);
        (finding["message"].as_str().expect("a message"), finding["fix"].as_str().unwrap_or_default())
    }

    #[track_caller]
    pub(crate) fn is_fine(&self, check: &str) {
        let fine = |finding: &&Value| finding["check"] == check;
        assert!(self.findings.iter().any(|finding| fine(&finding)), "no {check} in {:#?}", self.findings);
        let bad: Vec<_> = self.findings.iter().filter(fine).filter(|finding| finding["status"] != "ok").collect();
        assert!(bad.is_empty(), "{bad:#?}");
    }
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
}

pub(crate) fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o777
}

pub(crate) fn write_program(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}\n")).expect("a script");
    set_mode(path, 0o755);
}

pub(crate) fn each_entry(settings: &mut Value, mut change: impl FnMut(&mut Value)) {
    for groups in settings["hooks"].as_object_mut().expect("hooks").values_mut() {
        change(&mut groups[0]["hooks"][0]);
    }
}
