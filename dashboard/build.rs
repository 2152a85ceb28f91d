//! Builds the page with npm, so that the program holds it. Without npm the program says so in place of the page.

use std::path::Path;
use std::process::Command;

fn main() {
    for input in ["index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json", "src", "public"]
    {
        println!("cargo::rerun-if-changed=page/{input}");
    }
    // A page removed by hand is built again; one built by hand is taken as it is.
    println!("cargo::rerun-if-changed=page/dist/index.html");
    let page = Path::new("page");
    let npm = |arguments: &[&str]| {
        Command::new("npm").args(arguments).current_dir(page).output().map_err(|error| error.to_string()).and_then(
            |out| {
                let text = || String::from_utf8_lossy(&out.stderr).into_owned();
                if out.status.success() { Ok(()) } else { Err(text()) }
            },
        )
    };
    if Command::new("npm").arg("--version").output().is_err() {
        println!("cargo::warning=npm was not found: this tailhook will have no web page (install Node.js 20 or later)");
        return;
    }
    let built = if installed(page) { Ok(()) } else { npm(&["ci", "--no-audit", "--no-fund"]) }
        .and_then(|()| npm(&["run", "build"]));
    if let Err(cause) = built {
        // A half-built page would be worse than a build that stops.
        println!("cargo::error=could not build the page in dashboard/page: {}", cause.trim().replace('\n', " | "));
    }
}

/// Whether the packages are those of the lock file. npm writes its own copy of it last, so one that is older belongs to an
/// install that is outdated or was interrupted.
fn installed(page: &Path) -> bool {
    let written = |file: &str| page.join(file).metadata().and_then(|meta| meta.modified());
    match (written("node_modules/.package-lock.json"), written("package-lock.json")) {
        (Ok(installed), Ok(wanted)) => installed >= wanted,
        _ => false,
    }
}
