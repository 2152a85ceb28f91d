//! The tables and the files.

use anyhow::Result;
use bench_report::table::time_text;
use bench_report::{Machine, Summary, Table, results};
use serde::Serialize;

use crate::fanout::FanOut;
use crate::fanout::SUBSCRIBERS;
use crate::idle::Idle;
use crate::latency::Latency;
use crate::peer::Peer;
use crate::throughput::Throughput;

/// All that a run found out; what was not measured is empty.
pub(crate) struct Run {
    pub(crate) machine: Machine,
    pub(crate) latency: Vec<Latency>,
    pub(crate) fan_out: Vec<FanOut>,
    pub(crate) peer: Option<Peer>,
    pub(crate) throughput: Option<Throughput>,
    pub(crate) idle: Vec<Idle>,
}

impl Run {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        let (latency, fan_out, idle) = (Vec::new(), Vec::new(), Vec::new());
        Self { machine: Machine::here(), latency, fan_out, peer: None, throughput: None, idle }
    }
}

/// As programs read it.
#[derive(Serialize)]
struct Kept<'a> {
    machine: &'a Machine,
    delivery: Vec<KeptLatency>,
    fan_out: &'a [FanOut],
    peer: Option<KeptPeer>,
    throughput: Option<Throughput>,
    idle: &'a [Idle],
}

#[derive(Serialize)]
struct KeptLatency {
    form: &'static str,
    per_second: u64,
    delivery: Option<Summary>,
    echo: Option<Summary>,
    commit: Option<Summary>,
}

#[derive(Serialize)]
struct KeptPeer {
    #[serde(flatten)]
    rates: Peer,
    bun_delivery: Option<Summary>,
    bun_as_hooks_delivery: Option<Summary>,
    tailhook_http_delivery: Option<Summary>,
    tailhook_delivery: Option<Summary>,
}

/// Prints the tables, and keeps them where that is wanted.
pub(crate) fn write(run: &Run, keep: bool) -> Result<()> {
    let text = markdown(run);
    println!("{text}");
    if !keep {
        return Ok(());
    }
    let kept = |latency: &Latency| KeptLatency {
        form: latency.form.name(),
        per_second: latency.per_second,
        delivery: latency.delivery.summary(),
        echo: latency.echo.summary(),
        commit: latency.commit.summary(),
    };
    results::write("delivery.md", &text)?;
    results::write_json(
        "delivery.json",
        &Kept {
            machine: &run.machine,
            delivery: run.latency.iter().map(kept).collect(),
            fan_out: &run.fan_out,
            peer: run.peer.as_ref().map(|peer| KeptPeer {
                rates: peer.clone(),
                bun_delivery: peer.bun_delivery.summary(),
                bun_as_hooks_delivery: peer.bun_as_hooks_delivery.summary(),
                tailhook_http_delivery: peer.tailhook_http_delivery.summary(),
                tailhook_delivery: peer.tailhook_delivery.summary(),
            }),
            throughput: run.throughput,
            idle: &run.idle,
        },
    )
}

fn markdown(run: &Run) -> String {
    let mut text = format!(
        "# From the append to the client\n\n{}.\n\nA private daemon: journal on tmpfs, database on disk, as by default. \
         Events of 1 KB. Written by `bench-delivery`.\n",
        run.machine
    );
    let mut section = |title: &str, body: String| {
        text.push_str("\n## ");
        text.push_str(title);
        text.push_str("\n\n");
        text.push_str(body.trim_end());
        text.push('\n');
    };
    if !run.latency.is_empty() {
        let before = "From before the append to the arrival at a loopback WebSocket client. The bare ways were measured \
             in the same run, between the events: one WebSocket message of an envelope's length (half of there and back), \
             and one SQLite commit of the same row (WAL, synchronous NORMAL). The last column is delivery's median by the \
             sum of the two.";
        section("Delivery", format!("{before}\n\n{}", delivery_table(run)));
    }
    if !run.fan_out.is_empty() {
        let before = format!(
            "Every event to {SUBSCRIBERS} subscribers that read as fast as they can, in this process, on the same \
             processors: from the first append of a round until all of them have its last event, storing included."
        );
        section("Fan-out", format!("{before}\n\n{}", fan_out_table(run)));
    }
    if let Some(peer) = &run.peer {
        section("A peer", peer_text(peer));
    }
    if let Some(throughput) = &run.throughput {
        section("Throughput", throughput_text(throughput));
    }
    if !run.idle.is_empty() {
        section("Idle", idle_table(run).to_string());
    }
    text
}

fn throughput_text(throughput: &Throughput) -> String {
    let Throughput { prefilled, prefilled_per_second, flat_out, spooled, appended_per_second, stored_per_second } =
        throughput;
    format!(
        "- {prefilled} events that waited in the journal: {prefilled_per_second:.0} stored per second, the daemon's start \
         included.\n\
         - {flat_out} events appended flat out by two threads: {appended_per_second:.0} appended per second, \
         {stored_per_second:.0} stored per second until the last one; {spooled} of them found the journal full and went \
         through the spool, none was lost."
    )
}

fn delivery_table(run: &Run) -> Table {
    let mut table = Table::new(1, &["what", "events/s", "p50", "p99", "max", "count", "ratio"]);
    for latency in &run.latency {
        let p50 = |sample: &bench_report::Sample| sample.summary().map(|summary| summary.p50_us);
        let bare = p50(&latency.echo).zip(p50(&latency.commit)).map(|(echo, commit)| echo + commit);
        let ratio = p50(&latency.delivery)
            .zip(bare)
            .map_or(String::new(), |(delivery, bare)| format!("{:.1}", delivery / bare));
        let rows = [
            (format!("delivery, {}", latency.form.name()), &latency.delivery),
            ("bare: WebSocket, one way".into(), &latency.echo),
            ("bare: SQLite commit".into(), &latency.commit),
        ];
        for (n, (name, sample)) in rows.into_iter().enumerate() {
            let Some(s) = sample.summary() else { continue };
            let per_second = latency.per_second.to_string();
            table.row([
                name,
                per_second,
                time_text(s.p50_us),
                time_text(s.p99_us),
                time_text(s.max_us),
                s.count.to_string(),
                if n == 0 { ratio.clone() } else { String::new() },
            ]);
        }
    }
    table
}

fn fan_out_table(run: &Run) -> Table {
    let mut table = Table::new(1, &["form", "deliveries/s", "GB/s", "bytes each", "events"]);
    for fan_out in &run.fan_out {
        table.row([
            fan_out.form.into(),
            format!("{:.0}", fan_out.deliveries_per_second),
            format!("{:.2}", fan_out.gigabytes_per_second),
            format!("{:.0}", fan_out.envelope_bytes),
            fan_out.events.to_string(),
        ]);
    }
    table
}

fn peer_text(peer: &Peer) -> String {
    let mut table = Table::new(1, &["what", "events/s", "to the peer", "delivery p50", "delivery p99"]);
    for (name, per_second, delivery) in [
        ("Bun: a POST from a hook", peer.bun_as_hooks_per_second, Some(&peer.bun_as_hooks_delivery)),
        ("tailhook: an append from a hook", peer.tailhook_per_second, Some(&peer.tailhook_delivery)),
        ("tailhook: appended while it stood still", peer.tailhook_waiting_per_second, None),
        ("Bun: POSTs on connections kept open", peer.bun_per_second, Some(&peer.bun_delivery)),
        ("tailhook: the same POSTs", peer.tailhook_http_per_second, Some(&peer.tailhook_http_delivery)),
    ] {
        let delivery = delivery.and_then(bench_report::Sample::summary);
        let time = |of: fn(&Summary) -> f64| delivery.as_ref().map_or(String::new(), |summary| time_text(of(summary)));
        table.row([
            name.into(),
            format!("{per_second:.0}"),
            format!("{:.1}", per_second / peer.bun_as_hooks_per_second),
            time(|summary| summary.p50_us),
            time(|summary| summary.p99_us),
        ]);
    }
    format!(
        "A small Bun server of our own (`delivery/peer/server.ts`) that takes an event by POST, commits it to SQLite and publishes \
         it: the same events through both, one subscriber each. Ingest is what eight threads post as fast as they are \
         answered, or one writer appends, never much more than 4,000 ahead of the store; delivery is measured at {} events/s. From a hook: each event opens \
         and closes what it is handed to, a connection or the journal, because a hook is a process of its own; what a process \
         costs beside that is the same for both and not counted. All of this shares two processors: the peer's one thread has \
         one to itself, while whoever appends takes half of ours. So the daemon's own rate is measured as well, on events \
         that were appended while it was stopped. Programs that publish events may keep a connection open.\n\n{table}",
        peer.delivery_per_second
    )
}

fn idle_table(run: &Run) -> Table {
    let mut table = Table::new(1, &["state", "wake-ups/s", "threads", "RSS MiB", "PSS MiB"]);
    for idle in &run.idle {
        let mib = |kib: u64| format!("{:.1}", kib as f64 / 1_024.0);
        table.row([
            idle.state.into(),
            format!("{:.1}", idle.wakeups as f64 / idle.seconds as f64),
            idle.threads.to_string(),
            mib(idle.rss_kib),
            mib(idle.pss_kib),
        ]);
    }
    table
}
