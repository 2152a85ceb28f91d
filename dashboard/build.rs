//! Builds the page with npm, so that the program holds it. Without npm the program says so in place of the page.

use std::fs::File;
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
        .and_then(|()| npm(&["run", "build"]))
        .and_then(|()| date_back(page).map_err(|error| error.to_string()));
    if let Err(cause) = built {
        // A half-built page would be worse than a build that stops.
        println!("cargo::error=could not build the page in dashboard/page: {}", cause.trim().replace('\n', " | "));
    }
}

/// Gives the page the date of what it was built from: Cargo takes whatever is younger than the beginning of this run for
/// changed, and would build it again each time.
fn date_back(page: &Path) -> std::io::Result<()> {
    let source = page.join("package.json").metadata()?.modified()?;
    File::options().write(true).open(page.join("dist/index.html"))?.set_modified(source)
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
