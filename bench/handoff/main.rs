//! Ways in which a hook could hand over a frame of 1 KB, and what wakes the reader; then the journal at full speed.
//!
//! The hand-offs take turns in random order, all in one process: the time is what the writer spends, from nothing open to
//! everything closed, as a process that lives for one event would. A reader of each way runs in a thread and has taken
//! the frame before the next turn begins.

mod journal;
mod reader;
mod report;
mod ring;
mod wake;
mod ways;

use anyhow::Result;
use bench_report::Machine;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // The journal's writers are processes of their own.
    if let [role, how, folder, count] = &arguments[..]
        && role == "--writer"
    {
        return journal::write(how, folder.as_ref(), count.parse()?);
    }
    if arguments.iter().any(|argument| argument == "--journal") {
        for course in journal::run(3)? {
            println!("{:>8.0} frames/s  {}", course.median(), course.name);
        }
        return Ok(());
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let machine = Machine::here();
    eprintln!("hand-offs");
    let ways = ways::run(if quick { 500 } else { 5_000 })?;
    eprintln!("wake-ups");
    let wake = wake::run(if quick { 300 } else { 3_000 })?;
    eprintln!("journal");
    let journal = journal::run(if quick { 1 } else { 5 })?;
    report::write(&report::Run { machine, ways, wake, journal }, !quick)
}
