//! The daemon's numbers, as Prometheus and people read them. `promtool` and `prometheus` are Debian's; without them
//! what they would check is not checked, and says so.

use std::io::Write;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::stored::{Appender, frame_of, wait_until};
use crate::support::{Daemon, Home, text};

fn is_installed(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        eprintln!("skipped: there is no {program}; apt-get install prometheus");
    }
    found
}

fn metrics(daemon: &Daemon) -> String {
    daemon.request("GET", "/metrics", &[], b"").text()
}

fn value<'a>(metrics: &'a str, name: &str) -> &'a str {
    let found = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("no {name} in {metrics}"))
}

/// Events whose hooks took so many microseconds.
fn append(home: &Home, hooks_us: &[u32]) {
    let appender = Appender::new(home);
    for (n, us) in hooks_us.iter().enumerate() {
        let payload = json!({ "session_id": "very private", "hook_event_name": "Stop", "n": n }).to_string();
        let mut frame = frame_of("claude-code", payload.as_bytes());
        frame.hook_ns = us * 1_000;
        appender.append_frame(frame);
    }
}

#[test]
fn promtool_finds_nothing_to_complain_about() {
    let home = Home::new();
    let daemon = home.serve();
    append(&home, &[20, 90, 40_000]);
    daemon.wait_for_seq(3);
    let metrics = metrics(&daemon);
    assert!(!metrics.contains("private"), "{metrics}");
    for (name, wanted) in [
        ("tailhook_events_total", "3"),
        ("tailhook_slow_hooks_total", "1"),
        ("tailhook_gaps_total", "0"),
        ("tailhook_hook_seconds_count", "3"),
        ("tailhook_hook_seconds_sum", "0.04011"),
        ("tailhook_hook_seconds_bucket{le=\"0.000025\"}", "1"),
        ("tailhook_hook_seconds_bucket{le=\"0.0001\"}", "2"),
        ("tailhook_hook_seconds_bucket{le=\"+Inf\"}", "3"),
        ("tailhook_delivery_seconds_count", "3"),
    ] {
        assert_eq!(value(&metrics, name), wanted, "{name}: {metrics}");
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let oldest: u64 = value(&metrics, "tailhook_oldest_event_timestamp_seconds").parse().expect("seconds");
    assert!(oldest.abs_diff(now) < 60, "{metrics}");
    assert_ne!(value(&metrics, "tailhook_store_bytes"), "0");
    if !is_installed("promtool") {
        return;
    }
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool starts");
    promtool.stdin.take().expect("piped").write_all(metrics.as_bytes()).expect("promtool reads");
    let output = promtool.wait_with_output().expect("promtool ends");
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success() && said.trim().is_empty(), "{said}");
}

/// A Prometheus, ended with this.
struct Prometheus(Child);

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn prometheus_scrapes_what_the_daemon_says() {
    if !is_installed("prometheus") {
        return;
    }
    let home = Home::new();
    let daemon = home.serve();
    append(&home, &[20; 40]);
    daemon.wait_for_seq(40);
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("prometheus.yml");
    let scrape = format!(
        "scrape_configs:\n- job_name: tailhook\n  scrape_interval: 200ms\n  static_configs:\n  - targets: ['127.0.0.1:{}']\n",
        daemon.port
    );
    std::fs::write(&config, scrape).expect("the configuration");
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let child = Command::new("prometheus")
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--log.level=error")
        .stdin(Stdio::null())
        .spawn()
        .expect("prometheus starts");
    let _prometheus = Prometheus(child);
    let ask = |query: &str| -> Option<f64> {
        let url = format!("http://127.0.0.1:{port}/api/v1/query?query={query}");
        let answer: Value = ureq::get(&url).call().ok()?.body_mut().read_json().ok()?;
        answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
    };
    wait_until("the daemon is up", || ask("up") == Some(1.0));
    wait_until("its events are seen", || ask("tailhook_events_total") == Some(40.0));
    let quantile = ask("histogram_quantile(0.99,tailhook_hook_seconds_bucket)").expect("a histogram");
    assert!((0.000_01..=0.000_025).contains(&quantile), "{quantile}");
}

#[test]
fn how_far_back_the_store_reaches_and_what_goes_is_told() {
    let home = Home::new();
    home.configure("retention_days = 7\nretention_bytes = 0");
    let daemon = home.serve();
    let (_, stats) = daemon.get("/api/v1/stats");
    assert_eq!((&stats["kept"]["since"], &stats["kept"]["max_bytes"]), (&Value::Null, &Value::Null));
    append(&home, &[10; 40]);
    daemon.wait_for_seq(40);
    let (_, stats) = daemon.get("/api/v1/stats");
    let (_, first) = daemon.get("/api/v1/events/1");
    assert_eq!((&stats["kept"]["since"], &stats["kept"]["max_days"]), (&first["timestamp"], &json!(7)));
    assert!(stats["kept"]["bytes"].as_u64().is_some_and(|bytes| (4_096..10 << 20).contains(&bytes)), "{stats}");
    let day = first["timestamp"].as_str().and_then(|time| time.get(..10)).expect("a time");
    let said = text(&home.tailhook(&["status"]).env("TZ", "UTC").output().expect("it runs").stdout);
    let line = said.lines().find(|line| line.starts_with("kept ")).expect("a line");
    assert!(
        line.contains(&format!("iB since {day} ")) && line.ends_with("; what is older than 7 days is removed"),
        "{line}"
    );
}

#[test]
fn slow_hooks_are_named() {
    let home = Home::new();
    home.configure("slow_hook_ms = 5");
    let daemon = home.serve();
    append(&home, &[4_000, 5_001, 30, 7_000]);
    daemon.wait_for_seq(4);
    let (_, stats) = daemon.get("/api/v1/stats");
    assert_eq!(stats["slow_hook_count"], 2);
    let slow = stats["slow_hooks"].as_array().expect("slow hooks");
    assert_eq!(
        slow.iter().map(|one| (&one["seq"], &one["hook_us"])).collect::<Vec<_>>(),
        [(&json!(2), &json!(5_001)), (&json!(4), &json!(7_000))]
    );
    assert_eq!((&slow[0]["session_id"], &slow[0]["event"]), (&"very private".into(), &"Stop".into()));
    let history = stats["history"].as_array().expect("minutes");
    assert_eq!(history.iter().map(|minute| minute["events"].as_u64().expect("events")).sum::<u64>(), 4);
    assert!(history[0]["hook_us"]["p99"].is_u64() && history[0]["at"].is_string(), "{history:?}");
    let half_hours = stats["half_hours"].as_array().expect("half hours");
    let spent = |name: &str| half_hours.iter().map(|half| half[name].as_u64().expect("number")).sum::<u64>();
    assert_eq!((spent("hooks"), spent("hook_us")), (4, 4_000 + 5_001 + 30 + 7_000));
    let printed: Value = serde_json::from_slice(&home.run(&["status", "--json"]).stdout).expect("JSON");
    for name in ["slow_hooks", "slow_hook_count", "events", "hook_us", "gaps", "seq"] {
        assert_eq!(printed[name], stats[name], "{name}");
    }
    let said = text(&home.run(&["status"]).stdout);
    assert!(said.contains("slow       2 hooks took longer than slow_hook_ms, the last 7000 us: Stop of"), "{said}");
    append(&home, &[9_000; 50]);
    daemon.wait_for_seq(54);
    let (_, stats) = daemon.get("/api/v1/stats");
    assert_eq!(stats["slow_hook_count"], 52);
    assert_eq!(stats["slow_hooks"].as_array().map(Vec::len), Some(32), "the newest");
    assert_eq!(value(&metrics(&daemon), "tailhook_slow_hooks_total"), "52");
}
