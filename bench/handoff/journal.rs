//! The journal at full speed: eight writers, each opening, appending and closing, and a reader that keeps nothing.

use std::path::Path;
use std::process::{Child, Command};
use std::time::Instant;

use anyhow::{Result, bail, ensure};
use bench_report::results::MemoryFolder;
use bench_report::{Turns, payload, statistics};

use crate::reader::{self, Room};
use crate::ways::{FRAME_BYTES, append_bytes, append_frame, frame_bytes};

const WRITERS: u64 = 8;
/// Frames of each writer: enough for the start of eight processes to weigh little.
const FRAMES: u64 = 30_000;

/// How frames are written, and whether somebody reads them meanwhile.
const COURSES: [(&str, &str, bool); 4] = [
    ("append to the journal as a hook does, read meanwhile", "append", true),
    ("open, write, close of 1 KB, read meanwhile", "bare", true),
    ("append to the journal as a hook does, nobody reads", "append", false),
    ("open, write, close of 1 KB, nobody reads", "bare", false),
];

/// Frames per second.
pub(crate) struct Course {
    pub(crate) name: &'static str,
    /// One for each repetition.
    pub(crate) per_second: Vec<f64>,
}

impl Course {
    pub(crate) fn median(&self) -> f64 {
        statistics::median(&self.per_second)
    }
}

/// Runs them in turn.
pub(crate) fn run(repetitions: usize) -> Result<Vec<Course>> {
    let mut courses: Vec<Course> = COURSES.iter().map(|&(name, ..)| Course { name, per_second: Vec::new() }).collect();
    let mut turns = Turns::new(courses.len());
    for _ in 0..repetitions {
        for &at in turns.next_round() {
            let (_, how, read) = COURSES[at];
            courses[at].per_second.push(once(how, read)?);
        }
    }
    Ok(courses)
}

fn once(how: &str, read: bool) -> Result<f64> {
    let home = MemoryFolder::new("journal")?;
    append_frame(home.path(), b"{}")?;
    let start = Instant::now();
    let mut writers = (0..WRITERS)
        .map(|_| {
            let program = std::env::current_exe()?;
            let mut command = Command::new(program);
            Ok(command.args(["--writer", how]).arg(home.path()).arg(FRAMES.to_string()).spawn()?)
        })
        .collect::<Result<Vec<Child>>>()?;
    if read {
        // One more: the frame that made the segment.
        let room = if how == "bare" { Room::Punched } else { Room::Sealed };
        reader::read(home.path(), WRITERS * FRAMES + 1, room)?;
    }
    for writer in &mut writers {
        ensure!(writer.wait()?.success(), "a writer failed");
    }
    Ok((WRITERS * FRAMES) as f64 / start.elapsed().as_secs_f64())
}

/// A writer's part.
pub(crate) fn write(how: &str, home: &Path, count: u64) -> Result<()> {
    let payload = payload::of_size(FRAME_BYTES);
    // The same bytes to the same file, made once: what the kernel alone costs.
    let (bare, whole) = (home.join("journal/active"), frame_bytes(&payload));
    for _ in 0..count {
        match how {
            "append" => append_frame(home, &payload)?,
            "bare" => append_bytes(&bare, &whole)?,
            other => bail!("unknown way {other}"),
        }
    }
    Ok(())
}
