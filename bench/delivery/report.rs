//! The tables and the files.

use anyhow::Result;
use bench_report::table::time_text;
use bench_report::{Machine, Summary, Table, results};
use serde::Serialize;

use crate::idle::Idle;
use crate::latency::Latency;
use crate::throughput::Throughput;

/// All that a run found out.
pub(crate) struct Run {
    pub(crate) machine: Machine,
    pub(crate) latency: Vec<Latency>,
    pub(crate) throughput: Throughput,
    pub(crate) idle: Vec<Idle>,
}

/// As programs read it.
#[derive(Serialize)]
struct Kept<'a> {
    machine: &'a Machine,
    delivery: Vec<KeptLatency>,
    throughput: Throughput,
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
            throughput: run.throughput,
            idle: &run.idle,
        },
    )
}

fn markdown(run: &Run) -> String {
    let Throughput { prefilled, prefilled_per_second, flat_out, spooled, appended_per_second, stored_per_second } =
        run.throughput;
    format!(
        "# From the append to the client\n\n{}.\n\nA private daemon: journal on tmpfs, database on disk, as by default. \
         Events of 1 KB. Written by `bench-delivery`.\n\n\
         ## Delivery\n\nFrom before the append to the arrival at a loopback WebSocket client. The bare ways were measured \
         in the same run, between the events: one WebSocket message of an envelope's length (half of there and back), and \
         one SQLite commit of the same row (WAL, synchronous NORMAL).\n\n{}\n\
         ## Throughput\n\n\
         - {prefilled} events that waited in the journal: {prefilled_per_second:.0} stored per second, the daemon's start \
         included.\n\
         - {flat_out} events appended flat out by two threads: {appended_per_second:.0} appended per second, \
         {stored_per_second:.0} stored per second until the last one; {spooled} of them found the journal full and went \
         through the spool, none was lost.\n\n\
         ## Idle\n\n{}",
        run.machine,
        delivery_table(run),
        idle_table(run)
    )
}

fn delivery_table(run: &Run) -> Table {
    let mut table = Table::new(1, &["what", "events/s", "p50", "p99", "max", "count"]);
    for latency in &run.latency {
        let rows = [
            (format!("delivery, {}", latency.form.name()), &latency.delivery),
            ("bare: WebSocket, one way".into(), &latency.echo),
            ("bare: SQLite commit".into(), &latency.commit),
        ];
        for (name, sample) in rows {
            let Some(s) = sample.summary() else { continue };
            let per_second = latency.per_second.to_string();
            table.row([
                name,
                per_second,
                time_text(s.p50_us),
                time_text(s.p99_us),
                time_text(s.max_us),
                s.count.to_string(),
            ]);
        }
    }
    table
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
