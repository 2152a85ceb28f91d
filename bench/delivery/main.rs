//! From the append to a WebSocket client, how much a second, and what an idle daemon costs.
//!
//! The daemon is a private one, laid out as by default: its journal on tmpfs, its database on disk. `TAILHOOK_HOME` is a
//! folder on tmpfs; the database in it is a symbolic link to the disk.

mod bare;
mod client;
mod daemon;
mod fanout;
mod idle;
mod latency;
mod peer;
mod report;
mod throughput;

use anyhow::Result;
use bench_report::Machine;

use client::Form;

fn main() -> Result<()> {
    // Enough for a look, and quick; nothing is kept.
    let quick = std::env::args().any(|argument| argument == "--quick");
    let seconds = if quick { 2 } else { 10 };
    let machine = Machine::here();
    eprintln!("idle, {seconds} s each");
    let idle = idle::run(seconds)?;
    let mut latency = Vec::new();
    for (form, per_second) in [(Form::Single, 100), (Form::Batches, 100), (Form::Single, 1_000), (Form::Batches, 1_000)]
    {
        eprintln!("delivery, {} at {per_second} events/s, {seconds} s", form.name());
        latency.push(latency::run(form, per_second, seconds)?);
    }
    let rounds = if quick { 2 } else { 10 };
    let mut fan_out = Vec::new();
    for form in [Form::Batches, Form::Single] {
        eprintln!("fan-out, {}", form.name());
        fan_out.push(fanout::run(form, rounds)?);
    }
    eprintln!("the peer");
    // Without npm there is no peer, and everything else is worth having.
    let peer = peer::run(seconds).inspect_err(|error| eprintln!("no peer: {error:#}")).ok();
    eprintln!("throughput");
    let throughput = throughput::run(seconds)?;
    report::write(&report::Run { machine, latency, fan_out, peer, throughput, idle }, !quick)
}
