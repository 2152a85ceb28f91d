//! All candidates in turn, many times.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use bench_report::results::MemoryFolder;
use bench_report::{Sample, Summary, Turns, payload};
use tailhook_journal::frame::INLINE_BYTES;
use tailhook_journal::spare;
use tailhook_journal::sys::Errno;

use crate::call;
use crate::candidates::{Candidate, OURS};
use crate::options::Options;

/// As the daemon does it: a segment of this size makes room for a new one.
const ROTATE_BYTES: u64 = 4 << 20;
/// What a peer started in the background may still be busy with when it is reaped.
const SETTLE: Duration = Duration::from_millis(100);

/// A peer that takes longer for one call is not measured at that size.
pub(crate) const LIMIT: Duration = Duration::from_secs(3);

/// The times at one payload size, in the order of the candidates.
pub(crate) struct Panel {
    pub(crate) size: usize,
    pub(crate) samples: Vec<Sample>,
    /// Our hook in the rounds of the slow ones, to compare those with.
    pub(crate) among_slow: Sample,
    /// Names of those that took longer than [`LIMIT`] for one call.
    pub(crate) too_slow: Vec<String>,
}

impl Panel {
    /// Of one candidate; none: it took no part.
    pub(crate) fn summary(&self, candidates: &[Candidate], name: &str) -> Option<Summary> {
        let at = candidates.iter().position(|candidate| candidate.name == name)?;
        self.samples[at].summary()
    }
}

/// Runs them.
pub(crate) fn run(candidates: &[Candidate], options: &Options, size: usize) -> Result<Panel> {
    let home = MemoryFolder::new("hook")?;
    let payload = payload::of_size(size);
    let ours = candidates.iter().position(|candidate| candidate.name == OURS);
    let takes_part = |candidate: &Candidate| !candidate.without_spare || size > INLINE_BYTES;
    let group = |slow| -> Vec<usize> {
        (0..candidates.len()).filter(|&at| candidates[at].slow == slow && takes_part(&candidates[at])).collect()
    };
    let (fast, mut slow) = (group(false), group(true));
    let mut too_slow = Vec::new();
    for at in std::mem::take(&mut slow) {
        if call::ends_within(LIMIT, &candidates[at], &payload, home.path())? {
            slow.push(at);
        } else {
            too_slow.push(candidates[at].name.clone());
        }
    }
    let slow: Vec<usize> = if slow.is_empty() { slow } else { slow.into_iter().chain(ours).collect() };
    let (mut fast_turns, mut slow_turns) = (Turns::new(fast.len()), Turns::new(slow.len()));

    let rounds = options.rounds_at(size);
    let warm_up = rounds / 20;
    let slow_every = (options.rounds_at(0) / options.slow_rounds.max(1)).max(1);
    let samples = vec![Sample::default(); candidates.len()];
    let mut panel = Panel { size, samples, among_slow: Sample::default(), too_slow };
    for round in 0..warm_up + rounds {
        for &turn in fast_turns.next_round() {
            let time = once(&candidates[fast[turn]], &payload, home.path())?;
            if round >= warm_up {
                panel.samples[fast[turn]].push(time);
            }
        }
        if !slow.is_empty() && round >= warm_up && (round - warm_up).is_multiple_of(slow_every) {
            for &turn in slow_turns.next_round() {
                let at = slow[turn];
                let time = once(&candidates[at], &payload, home.path())?;
                if Some(at) == ours {
                    panel.among_slow.push(time);
                } else {
                    panel.samples[at].push(time);
                }
                std::thread::sleep(SETTLE);
            }
        }
    }
    Ok(panel)
}

/// One call between two looks of a daemon, whose time does not count.
fn once(candidate: &Candidate, payload: &[u8], home: &Path) -> Result<Duration> {
    let spare = home.join("journal/spare");
    if candidate.without_spare && spare.exists() {
        std::fs::remove_file(&spare)?;
    }
    let time = call::once(candidate, payload, home)?;
    take_away(home)?;
    Ok(time)
}

/// What a daemon would have read by now, and what it would hand back.
fn take_away(home: &Path) -> Result<()> {
    let journal = home.join("journal");
    let empty = |name, above| -> Result<()> {
        if let Ok(file) = std::fs::OpenOptions::new().write(true).open(journal.join(name))
            && file.metadata()?.len() > above
        {
            file.set_len(0)?;
        }
        Ok(())
    };
    empty("active", ROTATE_BYTES)?;
    empty("spilled", 0)?;
    let folder = CString::new(journal.as_os_str().as_bytes())?;
    for file in std::fs::read_dir(journal.join("spill")).into_iter().flatten() {
        let file = file?;
        let name = CString::new(file.file_name().into_encoded_bytes())?;
        if let Err(error) = spare::hand_back(&folder, &name) {
            // One is there already: this call did not find it, or does not know of such things.
            ensure!(error == Errno::EXIST, "could not hand back {}: {error:?}", file.path().display());
            std::fs::remove_file(file.path())?;
        }
    }
    Ok(())
}
