//! `--fix`: runs the commands that cannot harm, after saying which.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::process::{Command, Stdio};

use super::finding::{Finding, Mend, Status};
use super::settings::CONFIG;
use crate::cli::text::plain_lines;
use crate::install::Scope;
use crate::store::set_aside;

/// Mends what the findings name. False: there was nothing to mend.
pub(super) fn carry_out(findings: &[Finding]) -> bool {
    // Our own commands would only say once more what is wrong with the settings.
    let settled = !findings.iter().any(|finding| finding.check == CONFIG && finding.status == Status::Problem);
    let mut mends: Vec<&Mend> = Vec::new();
    for mend in findings.iter().filter_map(|finding| finding.mend.as_ref()) {
        // Several findings may name the same command.
        if (settled || !mend.is_command_of_ours()) && !mends.contains(&mend) {
            mends.push(mend);
        }
    }
    // A daemon is of no use before its folders are right.
    mends.sort_by_key(|mend| matches!(mend, Mend::Up));
    for mend in &mends {
        eprintln!("running: {}", plain_lines(&mend.command()));
        if let Err(trouble) = run(mend) {
            eprintln!("error: could not run it: {}", plain_lines(&trouble));
        }
    }
    !mends.is_empty()
}

fn run(mend: &Mend) -> Result<(), String> {
    let said = |error: std::io::Error| error.to_string();
    match mend {
        Mend::MakeFolder(path) => DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(said),
        Mend::Restrict(path) => fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(said),
        Mend::SetAside(path) => set_aside(path, "damaged").map(drop).map_err(said),
        Mend::Up => ourselves(&["up"]),
        Mend::Install { agent, scope, profile } => {
            let scope = match scope {
                Scope::User => "user",
                Scope::Project => "project",
            };
            ourselves(&["install", agent, "--scope", scope, "--profile", profile.name(), "--yes"])
        }
    }
}

/// Runs a command of this program; what it prints would get into the report, what it complains about is shown.
fn ourselves(arguments: &[&str]) -> Result<(), String> {
    let status = std::env::current_exe()
        .and_then(|program| Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).status());
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("it ended with {status}")),
        Err(error) => Err(error.to_string()),
    }
}
