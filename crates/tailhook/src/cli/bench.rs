//! `tailhook bench`: what tailhook costs on this machine, against what nothing costs.

use std::fs;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tailhook_journal::{Appended, Flags, Frame, Limits, Place, append, sys};

use super::client::Client;
use super::emit::hook_program;
use super::exit::Failure;
use super::print::say;
use super::stage::Stage;

/// Each program is started so often.
const ROUNDS: usize = 500;
/// Events that are timed on their way to a subscriber, and the pause between them.
const DELIVERIES: usize = 300;
const PAUSE: Duration = Duration::from_millis(10);
/// Events that are stored as fast as it goes. All of them fit the journal.
const BULK: usize = 20_000;
const PAYLOAD_BYTES: usize = 1_024;

pub(super) fn bench(json: bool) -> Result<(), Failure> {
    let hook = hook_program()?;
    eprintln!("starting {ROUNDS} hooks and as many empty processes, in turn");
    let processes = in_memory(|home| processes(&hook, home))?;
    let stage = Stage::set_up("bench")?;
    eprintln!("timing {DELIVERIES} events on their way to a subscriber");
    let client = stage.client()?;
    let delivery = delivery(&stage.home, &client)?;
    eprintln!("storing {BULK} events as fast as it goes");
    let per_second = throughput(&stage.home, &client)?;
    if json {
        let spread = |times: &[Duration]| json!({ "p50_us": us(times, 50), "p99_us": us(times, 99) });
        let report = json!({
            "empty_process": spread(&processes.empty),
            "hook": spread(&processes.hook),
            "ratio": ratio(&processes),
            "delivery": spread(&delivery),
            "events_per_second": per_second,
        });
        return say(&report.to_string());
    }
    let row = |name: &str, times: &[Duration], note: &str| {
        say(&format!("{name:<15} p50 {:>6.0} us   p99 {:>6.0} us   {note}", us(times, 50), us(times, 99)))
    };
    row("empty process", &processes.empty, "a program that only exits: the floor")?;
    row("hook", &processes.hook, &format!("{:.2} x the floor, 1 KB payload", ratio(&processes)))?;
    row("delivery", &delivery, "append in the journal to arrival at a WebSocket, 100 events/s")?;
    say(&format!("throughput      {per_second:>10.0} events/s of 1 KB, from the journal to committed rows"))
}

/// Gives the hook a home on tmpfs, where its journal is in real life. A daemon's home also holds the store, which is not.
fn in_memory<T>(measure: impl FnOnce(&Path) -> Result<T, Failure>) -> Result<T, Failure> {
    let memory = Path::new("/dev/shm");
    let root = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let home = root.join(format!("tailhook-bench-{}", std::process::id()));
    fs::create_dir(&home).map_err(|error| Failure::failed(format!("could not make {}: {error}", home.display())))?;
    let result = measure(&home);
    let _ = fs::remove_dir_all(&home);
    result
}

/// Times of two programs that took turns, sorted.
struct Processes {
    empty: Vec<Duration>,
    hook: Vec<Duration>,
}

fn ratio(processes: &Processes) -> f64 {
    us(&processes.hook, 50) / us(&processes.empty, 50)
}

fn us(sorted: &[Duration], percent: usize) -> f64 {
    sorted.get(sorted.len() * percent / 100).map_or(0.0, |time| time.as_nanos() as f64 / 1_000.0)
}

fn processes(hook: &Path, home: &Path) -> Result<Processes, Failure> {
    let empty = write_empty_program(home)?;
    let payload = payload("process");
    let mut processes = Processes { empty: Vec::new(), hook: Vec::new() };
    for round in 0..ROUNDS + ROUNDS / 10 {
        // Taking turns in both orders: neither always runs on what the other left in the caches.
        for first in [round % 2 == 0, round % 2 != 0] {
            let (program, times) = if first { (&*empty, &mut processes.empty) } else { (hook, &mut processes.hook) };
            let time = run(program, home, &payload)?;
            if round >= ROUNDS / 10 {
                times.push(time);
            }
        }
    }
    processes.empty.sort_unstable();
    processes.hook.sort_unstable();
    Ok(processes)
}

/// Spawn to reaped, with standard streams as Claude Code gives them: one end of a socket pair each.
fn run(program: &Path, home: &Path, payload: &[u8]) -> Result<Duration, Failure> {
    let failed = |error: std::io::Error| Failure::failed(format!("could not run {}: {error}", program.display()));
    let (mut ours, theirs) = UnixStream::pair().map_err(failed)?;
    let mut command = Command::new(program);
    command
        .env("TAILHOOK_HOME", home)
        .env_remove("TAILHOOK_DISABLE")
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().map_err(failed)?;
    drop(command);
    // The empty program may have gone already.
    let _ = ours.write_all(payload);
    drop(ours);
    child.wait().map_err(failed)?;
    Ok(start.elapsed())
}

/// The smallest program there is: an ELF header, one segment, and the call of `exit_group(0)`.
fn write_empty_program(folder: &Path) -> Result<PathBuf, Failure> {
    #[cfg(target_arch = "x86_64")]
    const CODE: (u16, &[u8]) = (62, &[0xb8, 231, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05]);
    #[cfg(target_arch = "aarch64")]
    const CODE: (u16, &[u8]) = (183, &[0xc8, 0x0b, 0x80, 0xd2, 0, 0, 0x80, 0xd2, 1, 0, 0, 0xd4]);
    const LOAD_AT: u64 = 0x40_0000;
    const HEADERS: u64 = 64 + 56;
    if !cfg!(target_os = "linux") {
        return Ok("/usr/bin/true".into());
    }
    let (machine, code) = CODE;
    let size = HEADERS + code.len() as u64;
    let mut elf = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut put = |bytes: &[u8]| elf.extend_from_slice(bytes);
    for half in [2_u16, machine] {
        put(&half.to_le_bytes());
    }
    put(&1_u32.to_le_bytes());
    for word in [LOAD_AT + HEADERS, 64, 0] {
        put(&word.to_le_bytes());
    }
    put(&0_u32.to_le_bytes());
    for half in [64_u16, 56, 1, 0, 0, 0] {
        put(&half.to_le_bytes());
    }
    for half in [1_u32, 5] {
        put(&half.to_le_bytes());
    }
    for word in [0, LOAD_AT, LOAD_AT, size, size, 4096] {
        put(&word.to_le_bytes());
    }
    put(code);
    let path = folder.join("empty");
    fs::File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o700)
        .open(&path)
        .and_then(|mut file| file.write_all(&elf))
        .map_err(|error| Failure::failed(format!("could not write {}: {error}", path.display())))?;
    Ok(path)
}

fn payload(session: &str) -> Vec<u8> {
    let mut text = format!(
        r#"{{"session_id":"{session}","hook_event_name":"PreToolUse","tool_name":"Write","tool_input":{{"content":""#
    );
    text.push_str(&"x".repeat(PAYLOAD_BYTES - text.len() - 3));
    text.push_str("\"}}");
    text.into_bytes()
}

/// What the hook does, without its process.
fn hand_over(home: &Path, payload: &[u8]) -> Result<u64, Failure> {
    use std::os::unix::ffi::OsStrExt;
    let stamp_ns = sys::now_ns();
    let frame = Frame {
        flags: Flags::default(),
        pid: sys::process_id(),
        ppid: sys::parent_id(),
        hook_ns: 0,
        stamp_ns,
        total_bytes: payload.len() as u64,
        agent: b"claude-code",
        event: b"",
        payload,
        stages: None,
    };
    let place = Place { uid: sys::effective_uid(), home: Some(home.as_os_str().as_bytes()) };
    match append(&place, Limits::default(), &frame) {
        Appended::Dropped => Err(Failure::failed("the journal and the spool are full")),
        Appended::Journal | Appended::Spool => Ok(stamp_ns),
    }
}

/// From before the append to the envelope's arrival, at a rate at which nothing queues.
fn delivery(home: &Path, client: &Client) -> Result<Vec<Duration>, Failure> {
    let gone = || Failure::failed("the stream closed");
    let mut stream = client.stream("session=delivery")?;
    stream.set_patience(Duration::from_secs(10));
    stream.next().ok_or_else(gone)?;
    let payload = payload("delivery");
    let mut times = Vec::new();
    for _ in 0..DELIVERIES {
        let sent = hand_over(home, &payload)?;
        stream.next().ok_or_else(gone)?;
        times.push(Duration::from_nanos(sys::now_ns().saturating_sub(sent)));
        std::thread::sleep(PAUSE);
    }
    times.sort_unstable();
    Ok(times)
}

fn throughput(home: &Path, client: &Client) -> Result<f64, Failure> {
    let stored = || -> Result<u64, Failure> {
        let health: Value = client.get("/healthz")?;
        Ok(health["seq"].as_u64().unwrap_or(0))
    };
    let payload = payload("throughput");
    let before = stored()?;
    let start = Instant::now();
    for _ in 0..BULK {
        hand_over(home, &payload)?;
    }
    while stored()? < before + BULK as u64 {
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(BULK as f64 / start.elapsed().as_secs_f64())
}
