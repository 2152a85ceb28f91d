//! Events that were told before: by a second registration of the hook, by the hook of another agent that Cursor runs as
//! well, or by both a hook and the agent's transcript. The one that is stored first counts, the other is counted and
//! left out.

use std::collections::VecDeque;

use rusqlite::params;
use tailhook_core::session::{Dialects, Repeat, Repeats};
use tailhook_core::{Event, State};
use xxhash_rust::xxh64::xxh64;

use super::folding::{self, Sessions};
use super::transaction::Transaction;
use super::{Map, StoreError, sql};

/// Sessions whose repetitions are known.
const MAX_SESSIONS: usize = 256;
/// Events left out without proof that are kept for a while, and the longest of them.
const MAX_HELD: usize = 64;
const MAX_HELD_BYTES: usize = 64 << 10;

/// Who told an event again.
pub(super) const BY_TRANSCRIPT: &str = "duplicates:transcript";
/// Both Cursor's own hook and the one in Claude Code's settings, which Cursor runs too.
const BY_CURSOR: &str = "duplicates:claude-code-in-cursor";

/// Gemini CLI, which tells the end of a session three times when its user quits, at three times of the clock.
const BY_QUIT: &str = "duplicates:gemini-cli-quit";

/// What was told lately.
#[derive(Default)]
pub(super) struct Retold {
    sessions: Map<Heard>,
    held: VecDeque<(u64, Event)>,
}

/// What was told lately of one session.
#[derive(Default)]
struct Heard {
    repeats: Repeats,
    dialects: Dialects,
}

/// What is to be done with an event.
pub(super) enum Judgement {
    Store,
    /// It was told before, by whom the counter says.
    LeaveOut {
        counter: String,
    },
    /// This one was left out, and should not have been; then comes the event itself.
    StoreAfter {
        held: Box<Event>,
        counter: String,
    },
}

impl Retold {
    /// Forgets everything: what was judged was not stored.
    pub(super) fn clear(&mut self) {
        self.sessions.clear();
        self.held.clear();
    }

    pub(super) fn judge(
        &mut self,
        transaction: &Transaction<'_>,
        sessions: &mut Sessions,
        event: &Event,
    ) -> Result<Judgement, StoreError> {
        if event.session_id.is_empty() {
            return Ok(Judgement::Store);
        }
        if is_told_otherwise(transaction, sessions, event)? {
            return Ok(Judgement::LeaveOut { counter: BY_TRANSCRIPT.to_owned() });
        }
        if ends_again(transaction, sessions, event)? {
            return Ok(Judgement::LeaveOut { counter: BY_QUIT.to_owned() });
        }
        if event.data.source.is_some() || event.pid == 0 {
            return Ok(Judgement::Store);
        }
        if !self.sessions.contains_key(&event.session_id) {
            if self.sessions.len() >= MAX_SESSIONS {
                self.sessions.clear();
            }
            self.sessions.insert(event.session_id.clone(), Heard::default());
        }
        let hash = xxh64(&event.payload, xxh64(event.kind.as_bytes(), 0));
        let heard = self.sessions.get_mut(&event.session_id).expect("it is there now");
        if heard.dialects.is_copy(event) {
            return Ok(Judgement::LeaveOut { counter: BY_CURSOR.to_owned() });
        }
        let verdict = heard.repeats.judge(event, hash);
        let is_known = heard.repeats.times() > 1;
        Ok(match verdict {
            Repeat::New => Judgement::Store,
            Repeat::Again => {
                if !is_known {
                    self.hold(hash, event);
                }
                Judgement::LeaveOut { counter: counter(event) }
            }
            Repeat::NewAfterAll => match self.release(hash, event) {
                Some(held) => Judgement::StoreAfter { held: Box::new(held), counter: counter(event) },
                None => Judgement::Store,
            },
        })
    }

    fn hold(&mut self, hash: u64, event: &Event) {
        if event.payload.len() > MAX_HELD_BYTES {
            return;
        }
        if self.held.len() == MAX_HELD {
            self.held.pop_front();
        }
        self.held.push_back((hash, event.clone()));
    }

    fn release(&mut self, hash: u64, like: &Event) -> Option<Event> {
        let is_it = |(held, event): &(u64, Event)| *held == hash && event.session_id == like.session_id;
        let at = self.held.iter().rposition(is_it)?;
        self.held.remove(at).map(|(_, event)| event)
    }
}

/// Whether the other of hook and transcript has told the same of the same call: that it began, or that it ended.
fn is_told_otherwise(
    transaction: &Transaction<'_>,
    sessions: &mut Sessions,
    event: &Event,
) -> Result<bool, StoreError> {
    let Some(tool_use_id) = &event.data.tool_use_id else { return Ok(false) };
    let statement = match event.kind.as_str() {
        "hook.pre_tool_use" => {
            "SELECT 1 FROM span JOIN event ON event.seq = span.begin_seq JOIN kind ON kind.id = event.kind \
             WHERE span.session = ?1 AND span.id = ?2 AND kind.name = 'hook.pre_tool_use'"
        }
        "hook.post_tool_use" | "hook.post_tool_use_failure" | "hook.permission_denied" => {
            // The end of a call that goes on in the background does not close its span.
            "SELECT 1 FROM span WHERE session = ?1 AND id = ?2 AND (background OR \
             closed_by IN ('hook.post_tool_use', 'hook.post_tool_use_failure', 'hook.permission_denied'))"
        }
        _ => return Ok(false),
    };
    let Some(folded) = folding::find(transaction, sessions, &event.session_id)? else { return Ok(false) };
    if event.data.source.is_none() && !folded.state.hears_transcript() {
        return Ok(false);
    }
    transaction
        .prepare_cached(statement)
        .and_then(|mut select| select.exists(params![folded.id, format!("tool:{tool_use_id}")]))
        .map_err(sql("look for a call"))
}

/// Whether Gemini CLI ends a session that it has ended, for the same reason.
fn ends_again(transaction: &Transaction<'_>, sessions: &mut Sessions, event: &Event) -> Result<bool, StoreError> {
    if event.agent != "gemini-cli" || event.kind != "hook.session_end" {
        return Ok(false);
    }
    let folded = folding::find(transaction, sessions, &event.session_id)?;
    let session = folded.map(|folded| &folded.state.session);
    Ok(session.is_some_and(|session| session.state == State::Ended && session.end_reason == event.data.reason))
}

/// Other programs choose their names; the counters for them are bounded.
fn counter(event: &Event) -> String {
    let known = ["claude-code", "codex", "gemini-cli", "cursor"].contains(&event.agent.as_str());
    format!("duplicates:{}", if known { event.agent.as_str() } else { "other" })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tailhook_core::{RawEvent, Redaction, agents};

    use super::super::{Batch, Reader, Writer};
    use super::*;

    fn event(at_ms: u64, pid: u32, name: &str, source: Option<&str>) -> Event {
        let payload = format!(
            r#"{{"session_id":"s","hook_event_name":"{name}","tool_name":"Bash","tool_input":{{"command":"ls"}},"tool_use_id":"t"}}"#
        );
        let (stamp_ns, payload) = (at_ms * 1_000_000, payload.into_bytes().into());
        let raw = RawEvent { stamp_ns, pid, ppid: 1, payload, ..RawEvent::default() };
        let mut event = agents::parse(&raw, &Redaction::default());
        event.data.source = source.map(str::to_owned);
        event
    }

    /// Stores each event in a transaction of its own; gives how many there are then, and by whom others were told.
    fn stored(events: Vec<Event>) -> (u64, BTreeMap<String, u64>) {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("tailhook.db");
        let mut writer = Writer::open(&path).expect("a store");
        for event in events {
            writer.commit(&mut Batch { events: vec![event], ..Batch::default() }, 0).expect("stored");
        }
        let reader = Reader::open(&path).expect("a store");
        (reader.event_count().expect("a count"), reader.duplicates().expect("counts"))
    }

    #[test]
    fn a_call_is_told_by_hook_or_transcript_whichever_comes_first() {
        let transcript = Some("transcript");
        for [first, second] in [[None, transcript], [transcript, None]] {
            let pairs =
                ["PreToolUse", "PostToolUse"].map(|name| [event(1, 7, name, first), event(900, 0, name, second)]);
            let by = BTreeMap::from([("transcript".to_owned(), 2)]);
            assert_eq!(stored(pairs.concat()), (2, by), "{first:?} first");
        }
        // A failure in one is the end in the other; a begin is no end.
        let end = [event(1, 7, "PostToolUse", None), event(2, 0, "PostToolUseFailure", transcript)];
        assert_eq!(stored(end.to_vec()).0, 1);
        let late = [event(1, 7, "PostToolUse", None), event(2, 0, "PreToolUse", transcript)];
        assert_eq!(stored(late.to_vec()).0, 2);
    }

    #[test]
    fn gemini_cli_ends_a_session_once() {
        let event = |at_ms: u64, name: &str, more: &str| {
            let payload = format!(
                r#"{{"session_id":"s","hook_event_name":"{name}","timestamp":"2026-11-22T02:00:00.{at_ms:03}Z",{more}}}"#
            );
            let (stamp_ns, payload) = (at_ms * 1_000_000, payload.into_bytes().into());
            let (agent, pid) = ("gemini-cli".into(), at_ms as u32 + 1);
            agents::parse(
                &RawEvent { stamp_ns, pid, ppid: 1, agent, payload, ..RawEvent::default() },
                &Redaction::default(),
            )
        };
        let start = |at_ms| event(at_ms, "SessionStart", r#""source":"resume""#);
        let end = |at_ms, reason: &str| event(at_ms, "SessionEnd", &format!(r#""reason":"{reason}""#));
        let quit = vec![start(1), end(10, "exit"), end(60, "exit"), end(130, "exit")];
        assert_eq!(stored(quit.clone()), (2, BTreeMap::from([("gemini-cli-quit".to_owned(), 2)])));
        // It goes on and ends again; or it ends for another reason.
        assert_eq!(stored([quit, vec![start(200), end(210, "exit")]].concat()).0, 4);
        assert_eq!(stored(vec![start(1), end(10, "clear"), end(60, "exit")]).0, 3);
    }

    #[test]
    fn what_two_hooks_tell_is_stored_once_and_what_comes_thrice_is_no_copy() {
        let told = |times: u32| (0..times).map(|n| event(u64::from(n) * 5, 10 + n, "PreToolUse", None)).collect();
        assert_eq!(stored(told(2)), (1, BTreeMap::from([("claude-code".to_owned(), 1)])));
        assert_eq!(stored(told(3)), (3, BTreeMap::new()));
        assert_eq!(stored(told(200)), (200, BTreeMap::new()));
    }
}
