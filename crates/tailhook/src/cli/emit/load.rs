//! `tailhook emit --count N --rate R`: many events through the real hook, each stage timed.

use std::io::IsTerminal;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use serde_json::json;
use tailhook_core::Envelope;
use tailhook_journal::sys;

use super::{EmitOptions, PATIENCE, hook_program, listen, payload, run_hook};
use crate::cli::client::{Client, Stream};
use crate::cli::exit::{Code, Failure};
use crate::cli::print::say;
use crate::cli::text::milliseconds;
use crate::config::Settings;

/// Progress is shown this often.
const PAUSE: Duration = Duration::from_millis(100);

/// Microseconds of one stage of each event.
#[derive(Default)]
struct Stage(Vec<u64>);

impl Stage {
    fn p50_p99(&mut self) -> (u64, u64) {
        self.0.sort_unstable();
        let at = |percent: usize| self.0.get(self.0.len() * percent / 100).copied().unwrap_or(0);
        (at(50), at(99))
    }
}

/// What an event says and when it was here, microseconds.
struct Arrived {
    hook: u64,
    delivery: u64,
    arrival: u64,
}

pub(super) fn load(settings: &Settings, options: &EmitOptions) -> Result<(), Failure> {
    let hook = hook_program()?;
    let (payload, session) = payload(options)?;
    let client = Client::find(settings)?;
    let stream = listen(&client, &session)?;
    let (sender, arrived) = sync_channel(1_024);
    let count = options.count;
    std::thread::spawn(move || receive(stream, count, |event| sender.send(event).is_ok()));
    let pause = options.rate.map(|rate| Duration::from_secs_f64(1.0 / rate));
    let (mut process, mut events) = (Stage::default(), Vec::new());
    let mut progress = Progress::new(count);
    let start = Instant::now();
    for n in 0..count {
        if let Some(pause) = pause {
            let due = start + pause.mul_f64(n as f64);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        process.0.push(run_hook(&hook, &options.agent, &payload, None)?.as_micros() as u64);
        events.extend(arrived.try_iter());
        progress.show(n + 1, events.len());
    }
    let sent = start.elapsed();
    wait(&arrived, &mut events, &mut progress, count);
    drop(progress);
    report(options, &mut process, &events, sent)
}

fn wait(arrived: &Receiver<Arrived>, events: &mut Vec<Arrived>, progress: &mut Progress, count: u64) {
    while (events.len() as u64) < count {
        // The stream gives up after the same time, and with it the channel.
        match arrived.recv_timeout(PATIENCE + PAUSE) {
            Ok(event) => events.push(event),
            Err(_) => return,
        }
        progress.show(count, events.len());
    }
}

fn receive(mut stream: Stream, count: u64, mut hand_on: impl FnMut(Arrived) -> bool) {
    let mut left = count;
    while left > 0
        && let Some(message) = stream.next()
    {
        let now_us = sys::now_ns() / 1_000;
        let Ok(envelope) = serde_json::from_str::<Envelope>(&message) else { continue };
        let stamp_us = crate::cli::text::micros(&envelope.timestamp).cast_unsigned();
        let event = Arrived {
            hook: envelope.data.hook_us,
            delivery: envelope.data.delivery_us,
            arrival: now_us.saturating_sub(stamp_us),
        };
        left -= 1;
        if !hand_on(event) {
            return;
        }
    }
}

fn report(options: &EmitOptions, process: &mut Stage, events: &[Arrived], sent: Duration) -> Result<(), Failure> {
    let stage = |of: fn(&Arrived) -> u64| Stage(events.iter().map(of).collect()).p50_p99();
    let stages = [
        ("process", process.p50_p99(), "start of the hook's process to its end"),
        ("hook", stage(|event| event.hook), "inside the hook, to its append"),
        ("delivery", stage(|event| event.delivery), "append to store"),
        ("arrival", stage(|event| event.arrival), "append to a subscriber"),
    ];
    let (count, stored) = (options.count, events.len() as u64);
    let per_second = count as f64 / sent.as_secs_f64();
    if options.json {
        let mut json = json!({ "sent": count, "stored": stored, "per_second": per_second.round() });
        for (name, (p50, p99), _) in stages {
            json[format!("{name}_us")] = json!({ "p50": p50, "p99": p99 });
        }
        say(&json.to_string())?;
    } else {
        say(&format!("{stored} of {count} stored, sent at {per_second:.0} a second"))?;
        for (name, (p50, p99), meaning) in stages {
            say(&format!("  {name:<9} p50 {:>6} ms   p99 {:>6} ms   {meaning}", milliseconds(p50), milliseconds(p99)))?;
        }
    }
    if stored < count {
        let missing = count - stored;
        return Err(Failure::new(
            Code::Failed,
            format!("{missing} events were not stored within 5 s"),
            "tailhook doctor",
        ));
    }
    Ok(())
}

/// A line on standard error, for somebody who waits at a terminal.
struct Progress {
    count: u64,
    last: Option<Instant>,
    wanted: bool,
}

impl Progress {
    fn new(count: u64) -> Self {
        Self { count, last: None, wanted: std::io::stderr().is_terminal() }
    }

    fn show(&mut self, sent: u64, stored: usize) {
        if self.wanted && self.last.is_none_or(|last| last.elapsed() > PAUSE) {
            eprint!("\r{sent} of {} sent, {stored} stored\x1b[K", self.count);
            self.last = Some(Instant::now());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.last.is_some() {
            eprint!("\r\x1b[K");
        }
    }
}
