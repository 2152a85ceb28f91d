//! What one hook call costs the agent: spawn to reaped, standard streams on socketpairs as agents give them.
//!
//! The candidates take turns in an order that changes each round, so that the machine's noise hits all alike. Slow peers
//! take part in fewer rounds, apart from the fast ones, which they would otherwise push out of the caches. Quote the
//! ratios, never the absolute times.

mod call;
mod candidates;
mod node;
mod options;
mod peers;
mod report;
mod rounds;
mod sink;

use anyhow::Result;
use bench_report::Machine;

use options::Options;

fn main() -> Result<()> {
    let options = Options::from_arguments(std::env::args().skip(1))?;
    let machine = Machine::here();
    let mut candidates = candidates::without_peers(&options)?;
    let mut missing = Vec::new();
    let sink = sink::Sink::start()?;
    if !options.quick {
        peers::add(&mut candidates, &mut missing, sink.port())?;
    }
    let mut panels = Vec::new();
    for &size in &options.sizes {
        eprintln!("payload of {} bytes, {} rounds", size, options.rounds_at(size));
        panels.push(rounds::run(&candidates, &options, size)?);
    }
    let node = node::run(&candidates, &options)?;
    report::write(&report::Run { machine, options, candidates, missing, panels, node, posts: sink.posts() })
}
