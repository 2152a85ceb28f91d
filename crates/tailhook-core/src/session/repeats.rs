//! Events that hooks tell twice: the same hook is registered in two places, say in the user's settings and by a plugin.
//!
//! Both hooks get the same bytes at the same moment, in two processes. That alone does not prove it: two calls may be
//! alike, and a person may say the same thing again. What proves it is that *every* event of the session comes as often.
//! So it is learnt for each session from its latest events, and only as many copies of an event are left out as its
//! neighbours have. As long as nothing is known, the second of two copies from children of one process is left out if an
//! agent never tells such an event twice, and is taken back if a third comes.
//!
//! Measured with Claude Code 2.1.197 and two registrations: the two processes start 4 to 13 ms apart in the median, 97 ms at
//! most on a busy machine; one has mostly ended before the other starts; at most two other events lie in between.

use std::collections::VecDeque;

use crate::event::Event;

/// Events looked back on. Copies are neighbours.
const NEIGHBOURS: usize = 16;
/// As long as nothing is known of the session, so many other events may lie between copies.
const BETWEEN: usize = 2;
/// Processes that start within this time may have been started by one event, as long as nothing is known of the session.
const WINDOW_NS: u64 = 250_000_000;
/// The same, where the session is known to be told more than once.
const KNOWN_WINDOW_NS: u64 = 2_000_000_000;
/// So many events in a row that came equally often show how often all come.
const PROOF: usize = 3;
/// Most registrations that are believed in.
const MAX_TIMES: u32 = 4;

/// What is to be done with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// It is new.
    New,
    /// It was told before: leave it out.
    Again,
    /// It is new, and so was the one of these bytes that was left out before it: there are too many of them for one
    /// event that is told twice.
    NewAfterAll,
}

/// One session's latest events, and how often its events are told. Of bounded size; nothing is lost if it is forgotten
/// but what was learnt.
#[derive(Debug, Clone, Default)]
pub struct Repeats {
    latest: VecDeque<Told>,
    /// How often each event is told; 0: not known yet.
    times: u32,
    /// The last groups of equal events: their bytes, and how many came.
    groups: VecDeque<(u64, u32)>,
}

#[derive(Debug, Clone)]
struct Told {
    hash: u64,
    pids: [u32; MAX_TIMES as usize],
    start_ns: u64,
    ppid: u32,
    /// Copies that came, this one included.
    came: u32,
    /// The second was left out without proof.
    is_held: bool,
}

impl Repeats {
    /// Judges one event of the session. `hash` stands for its type and its bytes.
    pub fn judge(&mut self, event: &Event, hash: u64) -> Repeat {
        let start_ns = event.stamp_ns.saturating_sub(event.data.hook_us.saturating_mul(1_000));
        let window_ns = if self.times > 1 { KNOWN_WINDOW_NS } else { WINDOW_NS };
        self.learn(start_ns, window_ns);
        let near = |told: &Told| told.hash == hash && told.start_ns.abs_diff(start_ns) <= window_ns;
        // The oldest that still lacks a copy; two equal events may follow each other.
        let times = self.times;
        let lacks = |told: &Told| times < 2 || told.came < times;
        let pid = event.pid;
        let is_other = |told: &Told| pid != 0 && !told.pids.contains(&pid);
        let since = self.latest.len().saturating_sub(BETWEEN + 1);
        let alike = self.latest.iter_mut().enumerate();
        let is_neighbour = |at: usize| times > 1 || at >= since;
        let mut alike = alike.filter(|(at, told)| is_neighbour(*at) && near(told) && is_other(told) && lacks(told));
        if let Some((_, told)) = alike.next() {
            if let Some(place) = told.pids.get_mut(told.came as usize) {
                *place = pid;
            }
            told.came += 1;
            let is_likely = told.ppid == event.ppid && told.came == 2 && happens_once(event);
            if times > 1 || times == 0 && is_likely {
                told.is_held = times == 0;
                return Repeat::Again;
            }
            if told.came > 2 && times == 0 {
                self.times = 1;
            }
            return if std::mem::take(&mut told.is_held) { Repeat::NewAfterAll } else { Repeat::New };
        }
        if self.latest.len() == NEIGHBOURS {
            self.close_oldest();
        }
        let mut pids = [0; MAX_TIMES as usize];
        pids[0] = pid;
        self.latest.push_back(Told { hash, pids, ppid: event.ppid, start_ns, came: 1, is_held: false });
        Repeat::New
    }

    /// How often each event of the session is told; 0: not known yet.
    pub fn times(&self) -> u32 {
        self.times
    }

    /// Groups that nothing can be added to any more say how often events come.
    fn learn(&mut self, now_ns: u64, window_ns: u64) {
        while self.latest.front().is_some_and(|told| told.start_ns.saturating_add(window_ns) < now_ns) {
            self.close_oldest();
        }
    }

    fn close_oldest(&mut self) {
        let Some(told) = self.latest.pop_front() else { return };
        // The same again and again says nothing of the others.
        if self.groups.iter().any(|(hash, _)| *hash == told.hash) {
            return;
        }
        if self.groups.len() == PROOF {
            self.groups.pop_front();
        }
        self.groups.push_back((told.hash, told.came));
        let alike = self.groups.len() == PROOF && self.groups.iter().all(|(_, came)| *came == told.came);
        if alike && told.came <= MAX_TIMES {
            self.times = told.came;
        }
    }
}

/// Whether an agent never tells these very bytes twice: they hold the id of a call or of a prompt, or a time; or they tell
/// what happens once.
fn happens_once(event: &Event) -> bool {
    let data = &event.data;
    let tells_time = matches!(event.agent.as_str(), "gemini-cli" | "qwen-code" | "copilot" | "cline");
    if tells_time || data.tool_use_id.is_some() || !data.tool_use_ids.is_empty() {
        return true;
    }
    match event.kind.as_str() {
        "hook.session_start" | "hook.session_end" | "hook.setup" | "hook.instructions_loaded" => true,
        "hook.user_prompt" | "hook.stop" | "hook.stop_failure" | "hook.subagent_start" | "hook.subagent_stop" => {
            data.prompt_id.is_some()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::RawEvent;
    use crate::redaction::Redaction;

    const MS: u64 = 1_000_000;

    fn event(at_ns: u64, pid: u32) -> Event {
        let raw = RawEvent { stamp_ns: at_ns, pid, payload: br#"{"tool_use_id":"t"}"#.into(), ..RawEvent::default() };
        crate::agents::parse(&raw, &Redaction::off())
    }

    /// Events as (milliseconds, bytes), each by a process of its own; gives how many of them are kept.
    fn kept(events: impl IntoIterator<Item = (u64, u64)>) -> usize {
        let mut repeats = Repeats::default();
        let mut kept = 0;
        for (n, (at_ms, hash)) in events.into_iter().enumerate() {
            kept += match repeats.judge(&event(at_ms * MS, n as u32 + 1), hash) {
                Repeat::New => 1,
                Repeat::Again => 0,
                Repeat::NewAfterAll => 2,
            };
        }
        kept
    }

    #[test]
    fn what_is_told_twice_counts_once() {
        assert_eq!(kept((0..50).flat_map(|n| [(1_000 + n * 40, n), (1_009 + n * 40, n)])), 50);
        // Copies of neighbours interleave.
        assert_eq!(
            kept((0..50).flat_map(|n| [
                (n * 90, 2 * n),
                (n * 90 + 1, 2 * n + 1),
                (n * 90 + 9, 2 * n + 1),
                (n * 90 + 12, 2 * n)
            ])),
            100
        );
    }

    #[test]
    fn a_session_that_is_told_twice_may_repeat_itself() {
        let pairs = (0..20).flat_map(|n| [(n * 300, n), (n * 300 + 9, n)]);
        let same_again = [(6_000, 7), (6_009, 7), (6_012, 7), (6_020, 7), (9_000, 7), (9_009, 7)];
        assert_eq!(kept(pairs.chain(same_again)), 23);
    }

    #[test]
    fn what_is_told_once_is_kept_however_alike() {
        // Known to be told once: two equal events at the same moment.
        assert_eq!(kept((0..10).map(|n| (n * 300, n)).chain([(3_000, 99), (3_001, 99)])), 12);
        // A person says the same twice.
        assert_eq!(kept([(0, 1), (900, 2), (2_000, 1), (2_900, 2)]), 4);
    }

    #[test]
    fn the_same_bytes_over_and_over_are_all_kept() {
        for (count, apart) in [(3, 1), (4, 0), (1_000, 1), (1_000, 90)] {
            assert_eq!(kept((0..count).map(|n| (n * apart, 1))), count as usize, "{count} every {apart} ms");
        }
        // A few replayed again and again.
        assert_eq!(kept((0..400).map(|n| (n, n % 40))), 400);
        for few in 2..6 {
            assert_eq!(kept((0..400).map(|n| (n, n % few))), 400);
        }
    }

    #[test]
    fn three_registrations_are_learnt() {
        let events = (0..50).flat_map(|n| [(n * 300, n), (n * 300 + 4, n), (n * 300 + 9, n)]);
        assert!(kept(events) <= 50 + 2 * 4);
    }

    #[test]
    fn without_proof_only_children_of_one_process_tell_twice() {
        let mut repeats = Repeats::default();
        for n in 1..3 {
            let event = Event { ppid: n, ..event(u64::from(n), n) };
            assert_eq!(repeats.judge(&event, 1), Repeat::New);
        }
    }

    #[test]
    fn without_proof_what_may_happen_twice_is_kept() {
        let mut repeats = Repeats::default();
        for n in 1..3 {
            let mut event = event(u64::from(n), n);
            event.data.tool_use_id = None;
            assert_eq!(repeats.judge(&event, 1), Repeat::New);
        }
    }

    #[test]
    fn one_process_tells_each_event_once() {
        let mut repeats = Repeats::default();
        for n in 0..10 {
            assert_eq!(repeats.judge(&event(n * MS, 7), 1), Repeat::New);
            assert_eq!(repeats.judge(&event(n * MS, 0), 2), Repeat::New);
        }
    }
}
