//! What one hook call costs the agent: spawn to reaped, standard streams on socketpairs as Claude Code gives them.
//!
//! The candidates take turns in an order that changes each round, so that the machine's noise hits all alike. Quote the
//! ratios, never the absolute times.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

struct Candidate {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<&'static str>,
    times: Vec<Duration>,
}

fn main() -> Result<()> {
    let mut rounds = 2_000;
    let mut sizes = vec![1 << 10, 32 << 10, 1 << 20];
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => rounds = arguments.next().context("--rounds N")?.parse()?,
            "--size" => sizes = vec![arguments.next().context("--size BYTES")?.parse()?],
            other => anyhow::bail!("unknown argument {other}; known: --rounds N, --size BYTES"),
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the bench folder has a parent")?;
    let work = root.join("target/bench");
    std::fs::create_dir_all(&work)?;
    let hook = root.join("target/release/tailhook-hook");
    ensure!(hook.exists(), "{} is missing: run `make build`", hook.display());

    println!("| payload | candidate | p50 us | p99 us | ratio to exit-only (p50) |\n|---|---|---:|---:|---:|");
    for size in sizes {
        let rounds = if size > 100_000 { rounds.min(1_000) } else { rounds };
        let mut candidates = candidates(root, &work, &hook)?;
        run(&mut candidates, size, rounds)?;
        report(&mut candidates, size);
    }
    Ok(())
}

fn candidates(root: &Path, work: &Path, hook: &Path) -> Result<Vec<Candidate>> {
    let new = |name, program: PathBuf, arguments: &[&'static str]| Candidate {
        name,
        program,
        arguments: arguments.to_vec(),
        times: Vec::new(),
    };
    Ok(vec![
        new("exit-only assembly", assemble(root, work, "exit")?, &[]),
        new("read-only assembly", assemble(root, work, "read")?, &[]),
        new("tailhook-hook", hook.to_owned(), &[]),
        new("tailhook-hook, no hand-off", hook.to_owned(), &[]).with("TAILHOOK_DISABLE", "1"),
        new("/bin/true", "/bin/true".into(), &[]),
    ])
}

fn assemble(root: &Path, work: &Path, name: &str) -> Result<PathBuf> {
    let program = work.join(name);
    let status = Command::new("cc")
        .args(["-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none", "-o"])
        .arg(&program)
        .arg(root.join(format!("bench/floor/{name}.S")))
        .status()
        .context("could not run cc")?;
    ensure!(status.success(), "could not assemble {name}.S");
    Ok(program)
}

fn run(candidates: &mut [Candidate], size: usize, rounds: usize) -> Result<()> {
    let home = Path::new("/dev/shm").join(format!("tailhook-bench-{}", std::process::id()));
    let payload = payload(size);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    for round in 0..rounds + rounds / 20 {
        for at in (1..order.len()).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(at, (random >> 33) as usize % (at + 1));
        }
        for &at in &order {
            let time = once(&candidates[at], &payload, &home)?;
            // The first rounds only warm up.
            if round >= rounds / 20 {
                candidates[at].times.push(time);
            }
        }
        take_away(&home)?;
    }
    Ok(std::fs::remove_dir_all(&home)?)
}

/// What a daemon would have read by now.
fn take_away(home: &Path) -> Result<()> {
    let journal = home.join("journal");
    for file in ["active", "spilled"] {
        if let Ok(file) = std::fs::OpenOptions::new().write(true).open(journal.join(file)) {
            file.set_len(0)?;
        }
    }
    for file in std::fs::read_dir(journal.join("spill")).into_iter().flatten() {
        std::fs::remove_file(file?.path())?;
    }
    Ok(())
}

fn payload(size: usize) -> Vec<u8> {
    let head = br#"{"session_id":"00000000-0000-4000-8000-000000000000","hook_event_name":"PreToolUse","tool_name":"Write","tool_input":{"content":""#;
    let tail = b"\"}}\n";
    let mut payload = head.to_vec();
    payload.resize(size - tail.len(), b'x');
    payload.extend_from_slice(tail);
    payload
}

fn once(candidate: &Candidate, payload: &[u8], home: &Path) -> Result<Duration> {
    let (mut ours, theirs) = UnixStream::pair()?;
    let (_out, out) = UnixStream::pair()?;
    let (_err, err) = UnixStream::pair()?;
    let mut command = Command::new(&candidate.program);
    command
        .args(&candidate.arguments)
        .env("TAILHOOK_HOME", home)
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::from(OwnedFd::from(out)))
        .stderr(Stdio::from(OwnedFd::from(err)));
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("could not start {}", candidate.program.display()))?;
    // The command holds our copies of the child's ends.
    drop(command);
    // A program that does not read may be gone already.
    let _ = ours.write_all(payload);
    drop(ours);
    let status = child.wait()?;
    let time = start.elapsed();
    ensure!(status.success(), "{} ended with {status}", candidate.name);
    Ok(time)
}

fn report(candidates: &mut [Candidate], size: usize) {
    let mut floor = None;
    for candidate in candidates {
        candidate.times.sort_unstable();
        let at = |part: usize| candidate.times[candidate.times.len() * part / 1_000].as_nanos() as f64 / 1_000.0;
        let p50 = at(500);
        let floor = *floor.get_or_insert(p50);
        println!("| {size} | {} | {p50:.0} | {:.0} | {:.2} |", candidate.name, at(990), p50 / floor);
    }
}
