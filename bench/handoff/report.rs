//! The tables and the files.

use anyhow::Result;
use bench_report::table::time_text;
use bench_report::{Machine, Summary, Table, results};

use crate::journal::Course;
use crate::wake::Wake;
use crate::ways::Way;

/// All that a run found out.
pub(crate) struct Run {
    pub(crate) machine: Machine,
    pub(crate) ways: Vec<Way>,
    pub(crate) wake: Vec<Wake>,
    pub(crate) journal: Vec<Course>,
}

/// Prints the tables, and keeps them where that is wanted.
pub(crate) fn write(run: &Run, keep: bool) -> Result<()> {
    let (handoff, journal) = (handoff(run), journal(run));
    println!("{handoff}\n{journal}");
    if keep {
        results::write("handoff.md", &handoff)?;
        results::write("journal.md", &journal)?;
    }
    Ok(())
}

fn handoff(run: &Run) -> String {
    let mut ways = Table::new(1, &["way", "p50", "p99", "to the journal", "count"]);
    let ours = run.ways.first().and_then(|way| way.times.summary());
    for way in &run.ways {
        let Some(s) = way.times.summary() else { continue };
        let ratio = ours.map_or(0.0, |ours| s.p50_us / ours.p50_us);
        ways.row([
            way.name.into(),
            time_text(s.p50_us),
            time_text(s.p99_us),
            format!("{ratio:.2}"),
            s.count.to_string(),
        ]);
    }
    let mut wakes = Table::new(1, &["woken by", "reader p50", "reader p99", "writer p50", "writer p99", "count"]);
    for wake in &run.wake {
        let (Some(reader), Some(writer)) = (wake.reader.summary(), wake.writer.summary()) else { continue };
        let texts = |s: Summary| [time_text(s.p50_us), time_text(s.p99_us)];
        let ([r50, r99], [w50, w99]) = (texts(reader), texts(writer));
        wakes.row([wake.name.into(), r50, r99, w50, w99, reader.count.to_string()]);
    }
    format!(
        "# Ways to hand over a frame\n\n{}. Written by `bench-handoff`.\n\n## What the writer spends\n\nOne frame of 1 KB \
         from a process that has nothing open, up to everything closed again. The journal's append includes what makes it \
         safe: owner and mode of the folder, the lock, the link count, the checksum.\n\n{ways}\n## What wakes the \
         reader\n\nReader: from before the append until the sleeping reader has decoded the frame. Writer: the append, and \
         the datagram where there is one.\n\n{wakes}",
        run.machine
    )
}

fn journal(run: &Run) -> String {
    let mut table = Table::new(1, &["course", "frames/s (median)", "least", "most", "runs"]);
    for course in &run.journal {
        let least = course.per_second.iter().copied().fold(f64::INFINITY, f64::min);
        let most = course.per_second.iter().copied().fold(0.0, f64::max);
        table.row([
            course.name.into(),
            format!("{:.0}", course.median()),
            format!("{least:.0}"),
            format!("{most:.0}"),
            course.per_second.len().to_string(),
        ]);
    }
    format!(
        "# The journal at full speed\n\n{}. Written by `bench-handoff`.\n\nEight writer processes, frames of 1 KB, a file \
         opened and closed for each frame. The reader checks each frame and keeps none; it seals and removes segments as \
         the daemon does, and of the plain file gives back the pages. The writers' start is included.\n\n{table}",
        run.machine
    )
}
