//! `GET /metrics`: the daemon's numbers in Prometheus's text format. No content of events, so no token.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;

use super::Shared;
use super::api::{Losses, losses};
use super::error::Failure;
use super::kept::extent;
use super::openapi::PlainText;
use crate::live::Live;
use crate::measure::{BOUNDS_US, Classes, Numbers};
use crate::store::Extent;

/// `GET /metrics`
pub(super) async fn metrics(State(shared): State<Arc<Shared>>) -> Result<PlainText, Failure> {
    let (losses, extent) = (losses(&shared).await?, extent(&shared).await?);
    let mut text = Text::default();
    daemon(&mut text, &shared.measure.numbers(), &losses, &shared.live);
    store(&mut text, &extent);
    process(&mut text);
    Ok(PlainText(text.0))
}

fn daemon(text: &mut Text, numbers: &Numbers, losses: &Losses, live: &Live) {
    text.number("tailhook_events_total", "Events stored since the daemon started.", numbers.events);
    text.number("tailhook_event_bytes_total", "Bytes of their payloads.", numbers.bytes);
    text.number("tailhook_batches_total", "Transactions that stored them.", numbers.batches);
    text.number("tailhook_torn_total", "Regions of the journal that were no frame.", losses.torn);
    text.number("tailhook_dropped_total", "Events that hooks dropped: journal and spool were full.", losses.dropped);
    text.number("tailhook_lost_payloads_total", "Events whose spilled payload was gone.", losses.lost);
    text.number("tailhook_spooled_total", "Events that came through the spool.", losses.spooled);
    text.number("tailhook_truncated_total", "Events of which only a part was kept.", losses.truncated);
    text.number("tailhook_malformed_total", "Events whose payload is no JSON.", losses.malformed);
    text.number("tailhook_duplicates_total", "Events that were told again and left out.", losses.duplicates);
    text.number("tailhook_slow_hooks_total", "Hooks that took longer than slow_hook_ms.", numbers.slow_hook_count);
    text.number("tailhook_store_failures_total", "Times that the store began to fail.", numbers.store_failures);
    text.number("tailhook_gaps_total", "Times that a client was told which events it missed.", live.gaps());
    text.number("tailhook_store_failing", "1 while the store fails.", u64::from(numbers.trouble.is_some()));
    text.number("tailhook_last_seq", "Number of the newest event.", numbers.seq);
    text.number("tailhook_events_stored", "Events in the store.", losses.stored);
    text.number("tailhook_lag_bytes", "Bytes in the journal that are not stored yet.", numbers.lag_bytes);
    text.number("tailhook_ring_batches", "Batches that some client was not sent yet.", live.waiting_batches() as u64);
    text.number("tailhook_subscribers", "Clients of the stream.", live.subscribers() as u64);
    text.number("tailhook_uptime_seconds", "Since the daemon started.", numbers.uptime_s);
    let [hook, delivery, commit] = &numbers.classes;
    text.histogram("tailhook_hook_seconds", "From a hook's start to its append.", hook);
    text.histogram("tailhook_delivery_seconds", "From a hook's append to the store's write.", delivery);
    text.histogram("tailhook_commit_seconds", "One transaction.", commit);
    let version = env!("CARGO_PKG_VERSION");
    text.head("tailhook_build_info", "The program that says this.");
    let _ = writeln!(text.0, "tailhook_build_info{{version=\"{version}\"}} 1");
}

fn store(text: &mut Text, extent: &Extent) {
    text.number("tailhook_store_bytes", "Size of the store, without the room in it that is free.", extent.bytes);
    let oldest = extent.oldest_ns.unwrap_or_default() / 1_000_000_000;
    let help = "When the oldest stored event was appended; 0: there is none.";
    text.number("tailhook_oldest_event_timestamp_seconds", help, oldest);
}

/// What every exporter says of its process, where the system tells it cheaply.
fn process(text: &mut Text) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    if let Some(kib) = resident.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()) {
        text.number("process_resident_memory_bytes", "Resident memory.", kib * 1_024);
    }
    if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
        text.number("process_open_fds", "Open files.", files.count() as u64);
    }
}

#[derive(Default)]
struct Text(String);

impl Text {
    /// The type follows from the name: what counts up is called `_total`.
    fn head(&mut self, name: &str, help: &str) {
        let kind = if name.ends_with("_total") { "counter" } else { "gauge" };
        self.head_of(name, help, kind);
    }

    fn head_of(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn number(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help);
        let _ = writeln!(self.0, "{name} {value}");
    }

    fn histogram(&mut self, name: &str, help: &str, classes: &Classes) {
        self.head_of(name, help, "histogram");
        let mut count = 0;
        for (n, in_class) in classes.counts.iter().enumerate() {
            count += in_class;
            let bound = BOUNDS_US.get(n).map_or("+Inf".into(), |us| (*us as f64 / 1e6).to_string());
            let _ = writeln!(self.0, "{name}_bucket{{le=\"{bound}\"}} {count}");
        }
        let _ = writeln!(self.0, "{name}_sum {}\n{name}_count {count}", classes.sum_us as f64 / 1e6);
    }
}
