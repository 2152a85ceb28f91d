//! Other ways of doing what a hook does. Each is installed below the build folder and tried once; one that cannot be had
//! is named with the reason, never left out.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use bench_report::payload;
use bench_report::plot::Kind;
use bench_report::results::{self, MemoryFolder};

use crate::call;
use crate::candidates::Candidate;

/// A peer that cannot be measured here.
pub(crate) struct Missing {
    pub(crate) name: &'static str,
    pub(crate) reason: String,
}

/// Where the peers live, and where they post to.
struct Setting {
    folder: PathBuf,
    url: String,
    port: u16,
}

type Make = fn(&Setting) -> Result<Candidate>;

/// In the order of the table.
const PEERS: [(&str, Make); 7] = [
    ("curl: POST", curl),
    ("Bun: json + POST", bun),
    ("Node: json + POST", node),
    ("Python: json + POST", python),
    ("uv run: the same Python", uv_run),
    ("claude-mpm: bash fast path", claude_mpm_fast),
    ("claude-mpm: Python handler", claude_mpm),
];

/// Adds those that work; the others go to `missing`.
pub(crate) fn add(candidates: &mut Vec<Candidate>, missing: &mut Vec<Missing>, port: u16) -> Result<()> {
    let setting = Setting { folder: results::work_folder("peers")?, url: format!("http://127.0.0.1:{port}/"), port };
    let home = MemoryFolder::new("peers")?;
    for (name, make) in PEERS {
        eprintln!("setting up {name}");
        let tried = make(&setting).and_then(|candidate| {
            call::once(&candidate, &payload::of_size(1 << 10), home.path())?;
            Ok(candidate)
        });
        match tried {
            Ok(mut candidate) => {
                name.clone_into(&mut candidate.name);
                candidates.push(candidate.slow());
            }
            Err(error) => missing.push(Missing { name, reason: format!("{error:#}").replace('\n', " ") }),
        }
    }
    Ok(())
}

fn peer(program: impl Into<PathBuf>) -> Candidate {
    Candidate::new("", Kind::Peer, program)
}

fn script(name: &str) -> PathBuf {
    results::root().join("bench/hook/peers").join(name)
}

fn curl(setting: &Setting) -> Result<Candidate> {
    output(Command::new("curl").arg("--version"))?;
    let call = ["-s", "-X", "POST", "-H", "Content-Type: application/json", "--data-binary", "@-", &setting.url];
    Ok(call.iter().fold(peer("curl"), |candidate, argument| candidate.argument(*argument)))
}

fn node(setting: &Setting) -> Result<Candidate> {
    output(Command::new("node").arg("--version"))?;
    Ok(peer("node").argument(script("post.mjs")).argument(&setting.url))
}

/// The npm package `bun` fetches its program in an install script; the package that holds it is taken directly.
fn bun(setting: &Setting) -> Result<Candidate> {
    let package = match std::env::consts::ARCH {
        "x86_64" => "@oven/bun-linux-x64",
        "aarch64" => "@oven/bun-linux-aarch64",
        other => bail!("there is no Bun for {other}"),
    };
    let folder = setting.folder.join("bun");
    let program = folder.join("node_modules").join(package).join("bin/bun");
    if !program.exists() {
        std::fs::create_dir_all(&folder)?;
        let npm = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"];
        output(Command::new("npm").args(npm).arg(&folder).arg(package))?;
    }
    output(Command::new(&program).arg("--version"))?;
    Ok(peer(program).argument(script("post.mjs")).argument(&setting.url))
}

fn python(setting: &Setting) -> Result<Candidate> {
    // The interpreter itself, not a version manager's script in front of it.
    let program = output(Command::new("python3").args(["-c", "import sys; print(sys.executable)"]))?;
    Ok(peer(program.trim()).argument(script("post.py")).argument(&setting.url))
}

fn uv_run(setting: &Setting) -> Result<Candidate> {
    let uv = environment(setting, "uv")?.join("uv");
    Ok(peer(uv).argument("run").argument(script("post.py")).argument(&setting.url))
}

/// What its installer writes into the agent's settings by default.
fn claude_mpm_fast(setting: &Setting) -> Result<Candidate> {
    let python = environment(setting, "claude-mpm")?.join("python");
    let find =
        "import claude_mpm, pathlib; print(pathlib.Path(claude_mpm.__file__).parent / 'scripts/claude-hook-fast.sh')";
    let path = output(Command::new(python).args(["-c", find]).stderr(Stdio::null()))?;
    // The last line: the package may have something to say while it is imported.
    let path = path.trim().lines().last().context("no path")?.to_owned();
    ensure!(Path::new(&path).exists(), "this version has no {path}");
    Ok(with_port(peer("/bin/bash").argument(path), setting))
}

/// What its installer writes where the fast path does not do.
fn claude_mpm(setting: &Setting) -> Result<Candidate> {
    Ok(with_port(peer(environment(setting, "claude-mpm")?.join("claude-hook")), setting))
}

fn with_port(candidate: Candidate, setting: &Setting) -> Candidate {
    let home = setting.folder.join("home");
    candidate.variable("HOME", home).variable("CLAUDE_MPM_SOCKETIO_PORT", setting.port.to_string())
}

/// A virtual environment with one package from the Python index; gives its `bin`.
fn environment(setting: &Setting, package: &str) -> Result<PathBuf> {
    let folder = setting.folder.join(package);
    let bin = folder.join("bin");
    std::fs::create_dir_all(setting.folder.join("home"))?;
    // Written last, so that a half-made environment is made again.
    let done = folder.join("done");
    if !done.exists() {
        output(Command::new(newest_python()?).args(["-m", "venv", "--clear"]).arg(&folder))?;
        let pip = ["install", "--quiet", "--disable-pip-version-check", package];
        output(Command::new(bin.join("pip")).args(pip))?;
        std::fs::write(done, "")?;
    }
    Ok(bin)
}

/// The newest interpreter that runs: newer versions of some packages want one.
fn newest_python() -> Result<PathBuf> {
    let managed = std::fs::read_dir(
        Path::new(&output(Command::new("sh").args(["-c", "echo $HOME"]))?.trim()).join(".pyenv/versions"),
    );
    let mut found: Vec<PathBuf> =
        managed.into_iter().flatten().flatten().map(|e| e.path().join("bin/python3")).collect();
    found.extend((9..20).map(|minor| PathBuf::from(format!("python3.{minor}"))));
    found.push("python3".into());
    let version = |program: &PathBuf| {
        let say = "import sys, venv; print(sys.version_info[1])";
        output(Command::new(program).args(["-c", say])).ok()?.trim().parse::<u32>().ok()
    };
    let newest =
        found.into_iter().filter_map(|program| Some((version(&program)?, program))).max_by_key(|(minor, _)| *minor);
    newest.map(|(_, program)| program).context("there is no python3")
}

/// What a command prints, or why it failed.
fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("could not run {name}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name}: {}", said.trim().lines().last().unwrap_or("it failed"));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
