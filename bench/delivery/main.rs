//! From the append to a WebSocket client, how much a second, and what an idle daemon costs.
//!
//! The daemon is a private one, laid out as by default: its journal on tmpfs, its database on disk. `TAILHOOK_HOME` is a
//! folder on tmpfs; the database in it is a symbolic link to the disk.
//!
//!     bench-delivery [--quick] [idle] [delivery] [fan-out] [peer] [throughput]

mod bare;
mod client;
mod daemon;
mod fanout;
mod idle;
mod latency;
mod peer;
mod report;
mod throughput;

use anyhow::{Result, bail};

use client::Form;
use report::Run;

const PARTS: [&str; 5] = ["idle", "delivery", "fan-out", "peer", "throughput"];

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    // Enough for a look, and quick; nothing is kept, as of a run in parts.
    let quick = words.iter().any(|word| word == "--quick");
    let chosen: Vec<&str> = words.iter().map(String::as_str).filter(|word| *word != "--quick").collect();
    if let Some(strange) = chosen.iter().find(|word| !PARTS.contains(word)) {
        bail!("{strange} is no part; there are {}, and --quick", PARTS.join(", "));
    }
    let wants = |part| chosen.is_empty() || chosen.contains(&part);
    let seconds = if quick { 2 } else { 10 };
    let mut run = Run::new();
    if wants("idle") {
        eprintln!("idle, {seconds} s each");
        run.idle = idle::run(seconds)?;
    }
    let rates = [(Form::Single, 100), (Form::Batches, 100), (Form::Single, 1_000), (Form::Batches, 1_000)];
    for (form, per_second) in rates.into_iter().filter(|_| wants("delivery")) {
        eprintln!("delivery, {} at {per_second} events/s, {seconds} s", form.name());
        run.latency.push(latency::run(form, per_second, seconds)?);
    }
    let rounds = if quick { 2 } else { 10 };
    for form in [Form::Batches, Form::Single].into_iter().filter(|_| wants("fan-out")) {
        eprintln!("fan-out, {}", form.name());
        run.fan_out.push(fanout::run(form, rounds)?);
    }
    if wants("peer") {
        eprintln!("the peer");
        // Without npm there is no peer, and everything else is worth having.
        run.peer = peer::run(seconds).inspect_err(|error| eprintln!("no peer: {error:#}")).ok();
    }
    if wants("throughput") {
        eprintln!("throughput");
        run.throughput = Some(throughput::run(seconds)?);
    }
    report::write(&run, !quick && chosen.is_empty())
}
