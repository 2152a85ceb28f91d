//! Eight writers at full speed, the real hook, and a daemon that is killed again and again.
//!
//! Ten seconds, or as many as `TAILHOOK_SOAK_SECONDS` says. The hook must be built before (`cargo build -p
//! tailhook-hook`); with `TAILHOOK_HOOK_UNDER_TEST` it is another one.

use std::collections::HashMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::stored::{Store, files_in, payload, serve_plainly};
use crate::support::{Home, PATIENCE, hook_program};

const WRITERS: usize = 8;
const LIFE: Duration = Duration::from_millis(200);

fn seconds() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a test's own switch")]
    let asked = std::env::var("TAILHOOK_SOAK_SECONDS").ok();
    asked.map_or(10, |seconds| seconds.parse().expect("TAILHOOK_SOAK_SECONDS is a number"))
}

/// Mostly small, sometimes nothing, sometimes up to 4 MB.
fn event(writer: usize, n: usize) -> Vec<u8> {
    let bytes = match n {
        _ if n % 500 == 250 => 4 << 20,
        _ if n % 60 == 30 => 64 * 1024 + n * 331 % 300_000,
        _ if n % 17 == 8 => 0,
        _ => n * 37 % 4_000,
    };
    payload(bytes, (writer * 1_000_000 + n) as u64)
}

#[test]
fn every_event_is_stored_once_whatever_dies() {
    let home = Home::on_tmpfs();
    let end = Instant::now() + Duration::from_secs(seconds());
    let enough = AtomicBool::new(false);
    let mut kills = 0;
    let sent: Vec<usize> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (home, enough) = (&home, &enough);
                scope.spawn(move || {
                    let mut n = 0;
                    while !enough.load(Ordering::Relaxed) {
                        // A daemon that is killed so often may fall behind by more than the spool's cap, and past that
                        // losing is right.
                        while is_far_behind(home) && !enough.load(Ordering::Relaxed) {
                            std::thread::sleep(Duration::from_millis(5));
                        }
                        hand_over(home, writer, &event(writer, n));
                        n += 1;
                    }
                    n
                })
            })
            .collect();
        while Instant::now() < end {
            let daemon = serve_plainly(&home);
            std::thread::sleep(LIFE);
            daemon.kill();
            kills += 1;
        }
        enough.store(true, Ordering::Relaxed);
        writers.into_iter().map(|writer| writer.join().expect("a writer's hooks all end well")).collect()
    });
    let total: usize = sent.iter().sum();
    println!("{total} events, {kills} daemons killed");
    let mut daemon = serve_plainly(&home);
    daemon.wait_for_seq(total as u64);
    assert_stored(&home, &sent);
    // What a killed daemon had stored but not removed goes when its hook is gone. So many processes were started that
    // another may have the hook's number by now; then a later daemon finds the file.
    for _ in 0..10 {
        if has_swept(&home) {
            break;
        }
        daemon.kill();
        daemon = serve_plainly(&home);
    }
    assert!(has_swept(&home), "spilled payloads go with their events");
}

/// Whether no spilled payload is left, before long.
fn has_swept(home: &Home) -> bool {
    let is_swept = || ["journal", "spool"].iter().all(|at| files_in(&home.path.join(at).join("spill")) == 0);
    let start = Instant::now();
    while !is_swept() && start.elapsed() < PATIENCE / 10 {
        std::thread::sleep(Duration::from_millis(5));
    }
    is_swept()
}

/// Half of what may be spilled lies there, or half of what the spool may hold.
fn is_far_behind(home: &Home) -> bool {
    let size = |name: &str| std::fs::metadata(home.path.join(name)).map_or(0, |metadata| metadata.len());
    size("spool/spilled") > 8_192 || size("spool/active") > 512 << 20
}

fn hand_over(home: &Home, writer: usize, payload: &[u8]) {
    let mut hook = Command::new(hook_program())
        .arg(format!("writer-{writer}"))
        .env("TAILHOOK_HOME", &home.path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the hook starts");
    hook.stdin.take().expect("piped").write_all(payload).expect("the hook reads");
    assert!(hook.wait().expect("the hook ends").success());
}

fn assert_stored(home: &Home, sent: &[usize]) {
    let store = Store::open(home);
    let mut seen: HashMap<String, usize> = HashMap::new();
    store.each(|row| {
        let writer: usize = row.agent.strip_prefix("writer-").and_then(|n| n.parse().ok()).expect("one of the writers");
        let n = seen.entry(row.agent).or_default();
        assert!(row.payload == event(writer, *n), "event {n} of writer {writer} has {} other bytes", row.payload.len());
        assert!(!row.truncated, "event {n} of writer {writer}");
        *n += 1;
    });
    for (writer, sent) in sent.iter().enumerate() {
        assert_eq!(seen.get(&format!("writer-{writer}")).copied().unwrap_or(0), *sent, "events of writer {writer}");
    }
    assert_eq!(store.losses(), [0, 0, 0], "torn, dropped, lost");
}
